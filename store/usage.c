/*
 * Counted when somebody asks instead of kept: a counter beside the rows would have to be
 * right after every deploy, prune and sweep.  A content that ten versions share counts
 * once, one that two apps share counts for both, since deleting either frees nothing.
 */
#include "store/usage.h"

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
