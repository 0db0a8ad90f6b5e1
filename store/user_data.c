/*
 * A user may have ten thousand keys in each of a hundred apps, and everybody's writes wait
 * while a transaction runs.  So key-values and blobs go row by row through the functions
 * that scripts' own calls end in, which keeps the counters right, a page a transaction.
 * Documents are disowned in one step (store/doc.h).
 *
 * No table is ordered by user alone; apps are few, and each is asked by its key.
 */
#include "store/user_data.h"

#include "base/limits.h"
#include "store/doc.h"
#include "store/kv.h"
#include "store/object.h"
#include "store/rows.h"
#include "store/sql.h"

#define PAGE 100

enum fz_err
user_data_list(struct reader *rd, struct arena *a, int64_t user, int64_t now,
    struct user_data **v, size_t *n)
{
	struct sql *s = sql_open(rd, "SELECT * FROM(SELECT a.uid,(SELECT count(*) FROM kv"
	    " WHERE app=a.id AND user=?1 AND (expires IS NULL OR expires>?2)) AS kvs,"
	    "(SELECT coalesce(sum(count),0) FROM collection WHERE app=a.id AND user=?1)"
	    " AS docs,EXISTS(SELECT 1 FROM object WHERE app=a.id AND user=?1) AS objects"
	    " FROM app a WHERE a.deleted IS NULL ORDER BY a.id)"
	    " WHERE kvs>0 OR docs>0 OR objects", "ii", user, now);
	struct user_data *list = NULL;
	size_t count = 0, cap = 0;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		list[count].app_uid = sql_dup(s, 0, a);
		list[count].kv = sql_int(s, 1);
		list[count++].docs = sql_int(s, 2);
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

/* Some of what the user has in one app; *more: there may be more. */
static enum fz_err
delete_page(struct writer *w, struct arena *a, struct space space, bool *more)
{
	struct kv_filter keys = { .prefix = "", .limit = PAGE, .keys_only = true };
	struct object_filter paths = { .prefix = "", .limit = PAGE };
	bool more_keys, more_paths;
	struct object *o;
	struct kv *k;
	size_t nk, no;
	enum fz_err err;

	err = kv_list(writer_reader(w), a, space, &keys, &k, &nk, &more_keys);
	for (size_t i = 0; err == FZ_OK && i < nk; i++)
		err = kv_delete(w, space, k[i].key);
	if (err == FZ_OK)
		err = object_list(writer_reader(w), a, space, &paths, &o, &no, &more_paths);
	for (size_t i = 0; err == FZ_OK && i < no; i++)
		err = object_delete(w, space, o[i].path);
	if (err == FZ_OK)
		*more = more_keys || more_paths;
	return err;
}

static enum fz_err
delete_turn(struct store *st, struct arena *a, struct space space, uint64_t *seq, bool *more)
{
	struct writer *w;
	enum fz_err err = writer_begin_reserve(st, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = delete_page(w, a, space, more);
	if (err == FZ_OK)
		return writer_commit(w, seq);
	writer_abort(w);
	return err;
}

/* Also in the trash. */
static enum fz_err
apps_of(struct store *st, struct arena *a, int64_t user, int64_t **v, size_t *n)
{
	struct reader *rd;
	struct sql *s;
	int64_t *list = NULL;
	size_t count = 0, cap = 0;
	enum fz_err err = reader_open(st, &rd);

	if (err != FZ_OK)
		return err;
	s = sql_open(rd, "SELECT id FROM app a WHERE EXISTS(SELECT 1 FROM kv WHERE app=a.id"
	    " AND user=?1) OR EXISTS(SELECT 1 FROM object WHERE app=a.id AND user=?1)", "i",
	    user);
	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		list[count++] = sql_int(s, 0);
	}
	err = rows_end(err, sql_close(s));
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

static enum fz_err
disown(struct store *st, int64_t user, uint64_t *seq)
{
	struct writer *w;
	enum fz_err err = writer_begin_reserve(st, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = doc_disown(w, user);
	if (err == FZ_OK)
		return writer_commit(w, seq);
	writer_abort(w);
	return err;
}

enum fz_err
user_data_delete(struct store *st, int64_t user, uint64_t *seq)
{
	struct arena *apps = arena_new(), *page = arena_new();
	int64_t *app = NULL;
	size_t n = 0;
	enum fz_err err = apps_of(st, apps, user, &app, &n);

	for (size_t i = 0; err == FZ_OK && i < n; i++) {
		struct space space = { app[i], user };
		bool more = true;

		while (err == FZ_OK && more) {
			arena_reset(page);
			err = delete_turn(st, page, space, seq, &more);
		}
	}
	if (err == FZ_OK)
		err = disown(st, user, seq);
	arena_free(page);
	arena_free(apps);
	return err;
}
