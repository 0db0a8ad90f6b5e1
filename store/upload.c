/*
 * An upload is a row that names blobs until a version does.  Three ways to end: its
 * version is made and it is closed in the same transaction, it is dropped, or the sweep
 * finds that its process is gone or its time is over.  In each case the rows of
 * upload_blob go and the schema's trigger remembers the blobs that lost a name.
 *
 * Whether a content is "known" is asked by whoever may deploy, so the answer
 * must not tell what other apps hold: only what this upload or this app already has
 * counts.  The look-up walks the app's versions (bounded by keep_deploys), not the
 * uses of the blob, which others can multiply.
 */
#include "store/upload.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "store/owner.h"
#include "store/rows.h"
#include "store/sql.h"

#define LIFE_MS ((int64_t)LIMIT_UPLOAD_S * 1000)

static enum fz_err
upload_insert(struct store *st, const char *id, int64_t app, const char *owner,
    const char *spec, const char *caller, uint64_t *seq)
{
	struct writer *w;
	enum fz_err err = writer_begin(st, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = sql_run(w, "INSERT INTO upload(id,app,owner,spec,caller,expires)"
	    " VALUES(?1,?2,?3,?4,?5,?6)", "tIttti", id, app > 0 ? app : (int64_t)-1,
	    owner, spec, caller, clock_wall_ms() + LIFE_MS);
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	return writer_commit(w, seq);
}

enum fz_err
upload_open(struct store *st, char id[UPLOAD_ID_LEN + 1])
{
	char owner[OWNER_LEN], made[UPLOAD_ID_LEN + 1];
	enum fz_err err;

	owner_self(owner);
	str_random62(made, UPLOAD_ID_LEN);
	err = upload_insert(st, made, 0, owner, "", "", NULL);
	if (err == FZ_OK)
		memcpy(id, made, sizeof(made));
	return err;
}

enum fz_err
upload_open_delta(struct store *st, int64_t app, const char *spec, const char *caller,
    char id[UPLOAD_ID_LEN + 1], uint64_t *seq)
{
	char made[UPLOAD_ID_LEN + 1];
	enum fz_err err;

	str_random62(made, UPLOAD_ID_LEN);
	err = upload_insert(st, made, app, "", spec, caller, seq);
	if (err == FZ_OK)
		memcpy(id, made, sizeof(made));
	return err;
}

enum fz_err
upload_hold(struct writer *w, const char *id, int64_t blob)
{
	int64_t now = clock_wall_ms(), owned;
	enum fz_err err = sql_get_int(writer_reader(w), &owned,
	    "SELECT owner<>'' FROM upload WHERE id=?1 AND expires>?2", "ti", id, now);

	if (err != FZ_OK)
		return err;
	/* Half a life is soon enough: not one more page for each of 10,000 files. */
	if (owned)
		err = sql_run(w, "UPDATE upload SET expires=?2"
		    " WHERE id=?1 AND expires<?3", "tii", id, now + LIFE_MS,
		    now + LIFE_MS / 2);
	if (err != FZ_OK)
		return err;
	return sql_run(w, "INSERT OR IGNORE INTO upload_blob(upload,blob) VALUES(?1,?2)",
	    "ti", id, blob);
}

enum fz_err
upload_get_delta(struct reader *rd, struct arena *a, const char *id,
    struct upload_delta *u)
{
	struct sql *s = sql_open(rd, "SELECT app,spec,caller FROM upload WHERE id=?1"
	    " AND owner='' AND expires>?2", "ti", id, clock_wall_ms());
	enum fz_err err = sql_row(s), end;

	if (err == FZ_OK) {
		u->app = sql_int(s, 0);
		u->spec = sql_dup(s, 1, a);
		u->caller = sql_dup(s, 2, a);
	}
	end = sql_close(s);
	return err == FZ_OK ? end : err;
}

enum fz_err
upload_knows(struct reader *rd, const char *id, int64_t app,
    const uint8_t sha256[SHA256_LEN], int64_t *blob)
{
	int64_t found, one;
	enum fz_err err;

	err = sql_get_int(rd, &found, "SELECT id FROM blob WHERE sha256=?1", "b", sha256,
	    (size_t)SHA256_LEN);
	if (err != FZ_OK)
		return err;
	err = sql_get_int(rd, &one,
	    "SELECT 1 FROM upload_blob WHERE upload=?1 AND blob=?2", "ti", id, found);
	if (err == FZ_NOT_FOUND && app > 0)
		err = sql_get_int(rd, &one,
		    "SELECT 1 FROM version v WHERE v.app=?1 AND EXISTS"
		    "(SELECT 1 FROM file f WHERE f.blob=?2 AND f.version=v.id)"
		    " ORDER BY v.n DESC LIMIT 1",
		    "ii", app, found);
	if (err == FZ_OK)
		*blob = found;
	return err;
}

static enum fz_err
upload_remove(struct writer *w, const char *id)
{
	enum fz_err err = sql_run(w, "DELETE FROM upload_blob WHERE upload=?1", "t", id);

	if (err == FZ_OK)
		err = sql_run(w, "DELETE FROM upload WHERE id=?1", "t", id);
	return err;
}

enum fz_err
upload_close(struct writer *w, const char *id)
{
	enum fz_err err = upload_remove(w, id);

	return err == FZ_OK && sql_changes(w) == 0 ? FZ_NOT_FOUND : err;
}

void
upload_drop(struct store *st, const char *id)
{
	struct writer *w;

	if (writer_begin(st, LIMIT_WRITE_WAIT_MS, &w) != FZ_OK)
		return;
	if (upload_remove(w, id) == FZ_OK)
		(void)!writer_commit(w, NULL);
	else
		writer_abort(w);
}

/* The ids to remove are collected first: the loop must not read what it deletes. */
static enum fz_err
stale(struct writer *w, struct arena *a, char ***ids, size_t *n)
{
	struct sql *s = sql_open(writer_reader(w),
	    "SELECT id,owner,expires<=?1 FROM upload", "i", clock_wall_ms());
	size_t cap = 0;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		const char *owner = sql_text(s, 1);

		if (sql_int(s, 2) == 0 && (owner[0] == '\0' || owner_alive(owner)))
			continue;
		*ids = rows_more(a, *ids, *n, &cap, sizeof(**ids));
		(*ids)[(*n)++] = sql_dup(s, 0, a);
	}
	return rows_end(err, sql_close(s));
}

enum fz_err
upload_sweep(struct writer *w)
{
	struct arena *a = arena_new();
	char **ids = NULL;
	size_t n = 0;
	enum fz_err err = stale(w, a, &ids, &n);

	for (size_t i = 0; err == FZ_OK && i < n; i++)
		err = upload_remove(w, ids[i]);
	arena_free(a);
	return err;
}
