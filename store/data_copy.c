/*
 * Rows are read from a snapshot and written through the functions that scripts' own calls
 * end in, one by one: counters, index entries and full text come out right by
 * themselves, whatever the source app does meanwhile.  Copying entries of indexes as
 * rows would be faster, and wrong as soon as a document changes between two transactions.
 *
 * A turn is one transaction of about 20 ms, so that others get theirs.  No reader is
 * asked for while a writer is held: the page is read before its turn.
 *
 * Two things may have changed since the snapshot and are looked up in the transaction
 * that writes: whether a user is still there, and whether a blob still is.
 */
#include "store/data_copy.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/blob.h"
#include "store/doc_coll.h"
#include "store/kv.h"
#include "store/object.h"
#include "store/sql.h"
#include "store/user.h"

#define WAIT_MS 10000
#define TURN_MS 20
#define SNAPSHOT_MS (LIMIT_READ_TX_MS - 500)
#define KEYS_A_PAGE 500
#define DOCS_A_PAGE 32			/* of up to 1 MiB */
#define OBJECTS_A_PAGE 500

struct copy {
	struct store	*store;
	struct data_copy *job;
	uint64_t	*seq;
	struct why	*why;
	struct reader	*rd;
	int64_t		 began;		/* when rd was opened, about */
	struct arena	*page;
	struct arena	*row;
	struct writer	*w;		/* within a turn */
	int64_t		 turn_ends;
	int64_t		 user;		/* asked for last in this turn */
	bool		 known;
};

/* What the source has, its copy may have. */
static const struct quota everything = { .kv_keys = INT64_MAX, .blob_bytes = INT64_MAX,
	.disk_bytes = INT64_MAX };

static enum fz_err
turn_end(struct copy *c, enum fz_err err)
{
	struct writer *w = c->w;

	c->w = NULL;
	if (w == NULL)
		return err;
	if (err == FZ_OK)
		return writer_commit(w, c->seq);
	writer_abort(w);
	return err;
}

/* A new page, and a new snapshot when this one is old. */
static enum fz_err
next_page(struct copy *c)
{
	enum fz_err err = turn_end(c, FZ_OK);

	arena_reset(c->page);
	if (err != FZ_OK || (c->rd != NULL && clock_mono_ms() - c->began < SNAPSHOT_MS))
		return err;
	reader_close(c->rd);
	c->rd = NULL;
	c->began = clock_mono_ms();
	return reader_open(c->store, &c->rd);
}

/* Before each row: *known is false for what belongs to a user who is gone. */
static enum fz_err
next_row(struct copy *c, int64_t user, bool *known)
{
	enum fz_err err = FZ_OK;
	struct user u;

	arena_reset(c->row);
	if (c->w != NULL && clock_mono_ms() >= c->turn_ends)
		err = turn_end(c, FZ_OK);
	if (err == FZ_OK && c->w == NULL) {
		err = writer_begin(c->store, WAIT_MS, &c->w);
		c->turn_ends = clock_mono_ms() + TURN_MS;
		c->user = 0;
		c->known = true;
	}
	if (err == FZ_OK && user != c->user) {
		c->user = user;
		err = user == 0 ? FZ_OK :
		    user_by_id(writer_reader(c->w), c->row, user, &u);
		c->known = err == FZ_OK;
	}
	*known = c->known;
	return err == FZ_USER_NOT_FOUND ? FZ_OK : err;
}

/* --- key-values --- */

static enum fz_err
copy_key(struct copy *c, const struct kv *key)
{
	struct space from = { c->job->from, key->user }, to = { c->job->to, key->user };
	struct kv kv;
	bool known;
	enum fz_err err = next_row(c, key->user, &known);

	if (err != FZ_OK || !known)
		return err;
	err = kv_get(c->rd, c->row, from, key->key, &kv);
	if (err != FZ_OK)
		return err == FZ_NOT_FOUND ? FZ_OK : err;
	c->job->kv++;
	return kv_set(c->w, to, &everything, kv.key, kv.value, kv.value_len, kv.expires);
}

static enum fz_err
copy_keys(struct copy *c)
{
	struct kv_filter f = { .prefix = "", .limit = KEYS_A_PAGE, .keys_only = true,
		.all_users = true };
	struct space space = { c->job->from, 0 };
	char last[KV_KEY_MAX + 1];
	bool more = true;
	struct kv *v;
	size_t n;
	enum fz_err err = FZ_OK;

	while (err == FZ_OK && more) {
		err = next_page(c);
		if (err == FZ_OK)
			err = kv_list(c->rd, c->page, space, &f, &v, &n, &more);
		for (size_t i = 0; err == FZ_OK && i < n; i++)
			err = copy_key(c, &v[i]);
		if (err != FZ_OK || n == 0)
			break;
		memcpy(last, v[n - 1].key, strlen(v[n - 1].key) + 1);
		f.after = last;
		f.after_user = v[n - 1].user;
	}
	return err;
}

/* --- documents --- */

/* The collection and its indexes, which have no entries yet. */
static enum fz_err
make_collection(struct copy *c, const struct doc_at *to, const struct doc_coll *from)
{
	struct doc_write d;
	enum fz_err err = doc_write_start(&d, c->w, c->row, to, c->why);

	if (err == FZ_OK)
		err = doc_write_make(&d);
	for (size_t i = 0; err == FZ_OK && i < from->ndefs; i++)
		err = sql_run(c->w, "INSERT INTO dxdef(collection,name,fields,uniq)"
		    " VALUES(?1,?2,?3,?4)", "itti", d.coll.id, from->def[i].name,
		    from->def[i].fields, (int64_t)from->def[i].unique);
	if (err == FZ_OK && from->ft != NULL)
		err = sql_run(c->w, "INSERT INTO ftdef(collection,fields) VALUES(?1,?2)",
		    "it", d.coll.id, from->ft->fields);
	if (err == FZ_OK)
		err = sql_run(c->w, "UPDATE collection SET indexes=?2 WHERE id=?1", "ii",
		    d.coll.id, (int64_t)from->ndefs + (from->ft != NULL));
	return doc_write_end(&d, err);
}

static enum fz_err
begin_collection(struct copy *c, const struct doc_at *from, const struct doc_at *to,
    bool *known)
{
	struct doc_coll coll = { 0 };
	enum fz_err err = next_page(c);

	if (err == FZ_OK)
		err = doc_coll_read(c->rd, c->page, from, &coll, c->why);
	if (err == FZ_NOT_FOUND) {
		*known = false;
		return FZ_OK;
	}
	if (err == FZ_OK)
		err = next_row(c, to->space.user, known);
	return err == FZ_OK && *known ? make_collection(c, to, &coll) : err;
}

static enum fz_err
copy_collection(struct copy *c, const struct doc_collection *dc)
{
	struct doc_at from = { .space = { c->job->from, dc->user },
		.collection = dc->name };
	struct doc_at to = { .space = { c->job->to, dc->user }, .collection = dc->name };
	struct doc_row *v;
	int64_t rid = 0;
	size_t n = 1;
	bool known;
	enum fz_err err = begin_collection(c, &from, &to, &known);

	while (err == FZ_OK && known && n > 0) {
		err = next_page(c);
		if (err == FZ_OK)
			err = doc_walk(c->rd, c->page, &from, rid, DOCS_A_PAGE, &v, &n);
		for (size_t i = 0; err == FZ_OK && i < n; i++) {
			rid = v[i].rid;
			err = next_row(c, dc->user, &known);
			if (err != FZ_OK || !known)
				break;
			err = doc_put(c->w, c->row, &to, v[i].id, v[i].json, v[i].len,
			    v[i].created, v[i].updated, c->why);
			c->job->docs++;
		}
	}
	return err;
}

static enum fz_err
copy_docs(struct copy *c)
{
	struct arena *names = arena_new();
	struct doc_collection *v;
	size_t n = 0;
	enum fz_err err = next_page(c);

	if (err == FZ_OK)
		err = doc_collections(
		    c->rd, names, (struct space){ c->job->from, -1 }, &v, &n);
	for (size_t i = 0; err == FZ_OK && i < n; i++)
		err = copy_collection(c, &v[i]);
	arena_free(names);
	return err;
}

/* --- blobs --- */

static enum fz_err
copy_object(struct copy *c, const struct object *o)
{
	struct space to = { c->job->to, o->user };
	struct blob_info info;
	bool known;
	enum fz_err err = next_row(c, o->user, &known);

	if (err != FZ_OK || !known)
		return err;
	err = blob_get(writer_reader(c->w), o->blob, &info);
	if (err != FZ_OK)
		return err == FZ_NOT_FOUND ? FZ_OK : err;
	c->job->objects++;
	return object_put(
	    c->w, to, &everything, NULL, o->path, &info, o->mime, o->updated);
}

static enum fz_err
copy_objects(struct copy *c)
{
	struct object_filter f = { .prefix = "", .limit = OBJECTS_A_PAGE,
		.all_users = true };
	struct space space = { c->job->from, 0 };
	char last[OBJECT_PATH_MAX + 1];
	bool more = true;
	struct object *v;
	size_t n;
	enum fz_err err = FZ_OK;

	while (err == FZ_OK && more) {
		err = next_page(c);
		if (err == FZ_OK)
			err = object_list(c->rd, c->page, space, &f, &v, &n, &more);
		for (size_t i = 0; err == FZ_OK && i < n; i++)
			err = copy_object(c, &v[i]);
		if (err != FZ_OK || n == 0)
			break;
		memcpy(last, v[n - 1].path, strlen(v[n - 1].path) + 1);
		f.after = last;
		f.after_user = v[n - 1].user;
	}
	return err;
}

enum fz_err
data_copy_run(struct store *st, struct data_copy *job, uint64_t *seq, struct why *why)
{
	struct copy c = { .store = st, .job = job, .seq = seq, .why = why };
	enum fz_err err;

	job->kv = job->docs = job->objects = 0;
	c.page = arena_new();
	c.row = arena_new();
	err = copy_keys(&c);
	if (err == FZ_OK)
		err = copy_docs(&c);
	if (err == FZ_OK)
		err = copy_objects(&c);
	err = turn_end(&c, err);
	reader_close(c.rd);
	arena_free(c.row);
	arena_free(c.page);
	return err;
}
