/*
 * Files are counted when somebody asks instead of kept: a counter beside the rows would have to be
 * right after every deploy, prune and sweep.  A content that ten versions share counts
 * once, one that two apps share counts for both, since deleting either frees nothing.
 *
 * Data is the other way round: it changes row by row in short transactions, its quotas are
 * asked at every write, and counting a million documents for that is out of the question.
 */
#include "store/usage.h"

#include <string.h>

#include "store/sql.h"

enum fz_err
usage_of_app(struct reader *rd, int64_t app, struct usage *out)
{
	struct usage u = { 0 };
	enum fz_err err;

	err = sql_get_int(rd, &u.disk, "SELECT coalesce(sum(size+gz+br),0) FROM blob"
	    " WHERE id IN(SELECT f.blob FROM version v JOIN file f ON f.version=v.id"
	    " WHERE v.app=?1)", "i", app);
	if (err == FZ_OK)
		err = sql_get_int(rd, &u.files,
		    "SELECT coalesce((SELECT v.file_count FROM app a"
		    " JOIN version v ON v.id=a.live WHERE a.id=?1),0)",
		    "i", app);
	if (err == FZ_OK)
		*out = u;
	return err;
}

/* A variant is kept only when it is smaller: three times the plain bytes is the most. */
enum fz_err
usage_bound(struct reader *rd, int64_t app, int64_t *bytes)
{
	int64_t plain;
	enum fz_err err = sql_get_int(rd, &plain,
	    "SELECT coalesce(sum(size),0) FROM version WHERE app=?1", "i", app);

	if (err == FZ_OK)
		*bytes = plain * 3;
	return err;
}

enum fz_err
usage_of_data(struct reader *rd, int64_t app, struct usage_data *out)
{
	struct sql *s = sql_open(rd, "SELECT kv_keys,kv_bytes,docs,doc_bytes,objects,"
	    "object_bytes FROM holding WHERE app=?1", "i", app);
	enum fz_err err = sql_row(s), end;

	memset(out, 0, sizeof(*out));
	if (err == FZ_OK)
		*out = (struct usage_data){ sql_int(s, 0), sql_int(s, 1), sql_int(s, 2),
			sql_int(s, 3), sql_int(s, 4), sql_int(s, 5) };
	end = sql_close(s);
	return err == FZ_NOT_FOUND ? end : err;
}

enum fz_err
usage_add(struct writer *w, int64_t app, const struct usage_data *d)
{
	return sql_run(w, "INSERT INTO holding VALUES(?1,?2,?3,?4,?5,?6,?7)"
	    " ON CONFLICT(app) DO UPDATE SET kv_keys=kv_keys+?2,kv_bytes=kv_bytes+?3,"
	    "docs=docs+?4,doc_bytes=doc_bytes+?5,objects=objects+?6,"
	    "object_bytes=object_bytes+?7", "iiiiiii", app, d->kv_keys, d->kv_bytes,
	    d->docs, d->doc_bytes, d->objects, d->object_bytes);
}

enum fz_err
usage_of_log(struct reader *rd, int64_t app, int64_t *rows)
{
	return sql_get_int(rd, rows, "SELECT count(*) FROM log WHERE app=?1", "i", app);
}
