/*
 * Keys are found by their public id; the caller compares the hash in constant time.
 *
 * Noting a use must not slow a request down.  A read decides first whether the minute
 * is over, and that read is the throttle: it needs no table in memory, and it holds for
 * a second process at the same file too.  Then one short transaction that waits
 * a few milliseconds for the writer and gives up: the next use will note it.
 */
#include "store/apikey.h"

#include <string.h>

#include "base/clock.h"
#include "store/rows.h"
#include "store/sql.h"

#define USED_EVERY_MS 60000
#define USED_WAIT_MS 5
#define COLS "id,key_id,hash,name,scopes,created,created_by,expires,last_used,last_ip"

static enum fz_err
apikey_fill(struct sql *s, struct arena *a, struct apikey *k)
{
	const void *hash;
	size_t len;
	int c = 0;

	k->id = sql_int(s, c++);
	k->key_id = sql_dup(s, c++, a);
	hash = sql_blob(s, c++, &len);
	if (len != sizeof(k->hash))
		return FZ_CORRUPT;
	memcpy(k->hash, hash, len);
	k->name = sql_dup(s, c++, a);
	k->scopes = sql_dup(s, c++, a);
	k->created = sql_int(s, c++);
	k->created_by = sql_dup(s, c++, a);
	k->expires = sql_int(s, c++);
	k->last_used = sql_int(s, c++);
	k->last_ip = arena_strdup(a, sql_text(s, c++));
	return FZ_OK;
}

enum fz_err
apikey_add(struct writer *w, struct apikey *k)
{
	int64_t now = clock_wall_ms();
	enum fz_err err = sql_run(w, "INSERT INTO apikey(key_id,hash,name,scopes,created,"
	    "created_by,expires) VALUES(?1,?2,?3,?4,?5,?6,?7)", "tbttitI", k->key_id,
	    k->hash, sizeof(k->hash), k->name, rows_or(k->scopes, ""), now,
	    rows_or(k->created_by, ""), k->expires > 0 ? k->expires : (int64_t)-1);

	if (err != FZ_OK)
		return err;
	k->id = sql_rowid(w);
	k->created = now;
	return FZ_OK;
}

enum fz_err
apikey_get(struct reader *rd, struct arena *a, const char *key_id, struct apikey *k)
{
	struct sql *s = sql_open(rd, "SELECT " COLS " FROM apikey WHERE key_id=?1",
	    "t", key_id);
	enum fz_err err = sql_row(s), end;
	struct apikey got;

	if (err == FZ_OK)
		err = apikey_fill(s, a, &got);
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*k = got;
	return rows_missing(err, FZ_KEY_NOT_FOUND);
}

enum fz_err
apikey_list(struct reader *rd, struct arena *a, struct apikey **v, size_t *n)
{
	struct sql *s = sql_open(rd, "SELECT " COLS " FROM apikey ORDER BY id", "");
	size_t count = 0, cap = 0;
	struct apikey *list = NULL;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		err = apikey_fill(s, a, &list[count]);
		if (err != FZ_OK)
			break;
		count++;
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

enum fz_err
apikey_delete(struct writer *w, int64_t id)
{
	enum fz_err err = sql_run(w, "DELETE FROM apikey WHERE id=?1", "i", id);

	if (err == FZ_OK && sql_changes(w) == 0)
		return FZ_KEY_NOT_FOUND;
	return err;
}

/* Is the noted use a minute old?  Not when that cannot be told. */
static bool
used_due(struct store *st, int64_t id, int64_t now)
{
	struct reader *rd;
	int64_t last;
	enum fz_err err;

	if (reader_open(st, &rd) != FZ_OK)
		return false;
	err = sql_get_int(
	    rd, &last, "SELECT coalesce(last_used,0) FROM apikey WHERE id=?1", "i", id);
	reader_close(rd);
	/* A clock that was set back must not stop the notes for long. */
	return err == FZ_OK && (now - last >= USED_EVERY_MS || last > now);
}

void
apikey_used(struct store *st, int64_t id, int64_t now, const char *ip)
{
	struct writer *w;
	enum fz_err err;

	if (!used_due(st, id, now))
		return;
	if (writer_begin(st, USED_WAIT_MS, &w) != FZ_OK)
		return;
	err = sql_run(w, "UPDATE apikey SET last_used=?2, last_ip=?3 WHERE id=?1"
	    " AND (last_used IS NULL OR ?2-last_used>=?4 OR last_used>?2)",
	    "iiti", id, now, ip, (int64_t)USED_EVERY_MS);
	if (err != FZ_OK || sql_changes(w) == 0)
		writer_abort(w);
	else
		(void)!writer_commit(w, NULL);
}
