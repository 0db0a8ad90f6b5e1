/*
 * Lines are written to spools before the archive begins, because an entry of a zip says
 * how long it is, and because a snapshot must not wait for a compressor: reading a
 * hundred thousand documents takes less than the time a snapshot may be held, so most
 * exports are one moment's picture.  An app whose data takes longer gets one that is
 * right row by row; who needs more stops the app's writes meanwhile (maintenance).
 *
 * Every page has an arena of its own: memory is bounded by a page, disk by the data.
 */
#include "deploy/datadump.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "store/doc.h"
#include "store/kv.h"
#include "store/object.h"
#include "store/user.h"

#define KEYS_A_PAGE 500
#define DOCS_A_PAGE 16			/* of up to 1 MiB */
#define OBJECTS_A_PAGE 500
#define SNAPSHOT_MS (LIMIT_READ_TX_MS - 500)
#define LINE_MAX (2 * MIB)

struct dump {
	struct request	*rq;
	struct datadump	*out;
	struct reader	*rd;
	int64_t		 began;		/* when rd was opened, about */
	struct arena	*page;
	struct buf	 line;
	struct spool	*spool;		/* the piece that is written, borrowed */
	uint64_t	 total;
	size_t		 cap_pieces;
	size_t		 cap_blobs;
	/* the user asked for last */
	int64_t		 user;
	char		*uid;		/* NULL = nobody we know */
};

/* A new page, and a new snapshot when this one is old. */
static enum fz_err
next_page(struct dump *d)
{
	enum fz_err err;

	arena_reset(d->page);
	if (d->rd != NULL && clock_mono_ms() - d->began < SNAPSHOT_MS)
		return FZ_OK;
	reader_close(d->rd);
	d->rd = NULL;
	d->out->one_moment = false;
	err = reader_open(d->rq->node->store, &d->rd);
	d->began = clock_mono_ms();
	return err;
}

static void
new_piece(struct dump *d, const char *name)
{
	struct datadump *out = d->out;

	if (out->npieces == d->cap_pieces) {
		d->cap_pieces = d->cap_pieces > 0 ? 2 * d->cap_pieces : 8;
		out->pieces = xreallocarray(out->pieces, d->cap_pieces,
		    sizeof(out->pieces[0]));
	}
	d->spool = spool_new(d->rq->node->tmp_dir, DATADUMP_PIECE + LINE_MAX);
	out->pieces[out->npieces++] = (struct datadump_piece){ name, d->spool };
}

static bool
piece_full(const struct dump *d)
{
	return spool_size(d->spool) >= DATADUMP_PIECE;
}

/* data/NAME.ndjson, then data/NAME-2.ndjson. */
static void
next_named(struct dump *d, const char *name, unsigned *n)
{
	if (d->spool != NULL && !piece_full(d))
		return;
	if (++*n == 1)
		new_piece(d, arena_printf(d->rq->arena, "data/%s.ndjson", name));
	else
		new_piece(d, arena_printf(d->rq->arena, "data/%s-%u.ndjson", name, *n));
}

/* Write the line, which is empty afterwards. */
static enum fz_err
end_line(struct dump *d)
{
	enum fz_err err;

	buf_putc(&d->line, '\n');
	if (!buf_ok(&d->line))
		return FZ_CORRUPT;
	d->total += d->line.len;
	err = d->total > DATADUMP_MAX ? FZ_PAYLOAD_TOO_LARGE :
	    spool_add(d->spool, d->line.data, d->line.len);
	buf_reset(&d->line);
	return err;
}

/* Look up a user; *known is false for one who is gone. */
static enum fz_err
find_user(struct dump *d, int64_t id, bool *known)
{
	struct user u;
	enum fz_err err;

	*known = true;
	if (id == 0)
		return FZ_OK;
	if (id != d->user) {
		free(d->uid);
		d->uid = NULL;
		d->user = id;
		err = user_by_id(d->rd, d->page, id, &u);
		if (err != FZ_OK && err != FZ_USER_NOT_FOUND)
			return err;
		if (err == FZ_OK)
			d->uid = xstrdup(u.uid);
	}
	*known = d->uid != NULL;
	return FZ_OK;
}

static void
put_text(struct dump *d, const char *name, const char *text)
{
	buf_printf(&d->line, "%c\"%s\":", d->line.len == 0 ? '{' : ',', name);
	if (text != NULL)
		buf_json(&d->line, text, strlen(text));
	else
		buf_puts(&d->line, "null");
}

static void
put_number(struct dump *d, const char *name, int64_t n)
{
	buf_printf(&d->line, ",\"%s\":%lld", name, (long long)n);
}

static void
put_raw(struct dump *d, const char *name, const char *json, size_t len)
{
	buf_printf(&d->line, ",\"%s\":", name);
	buf_add(&d->line, json, len);
	buf_putc(&d->line, '}');
}

static void
put_user(struct dump *d, int64_t user)
{
	put_text(d, "user", user != 0 ? d->uid : NULL);
}

/* --- key-values --- */

static enum fz_err
dump_key(struct dump *d, int64_t app, const struct kv *key)
{
	struct space space = { app, key->user };
	struct kv kv;
	bool known;
	enum fz_err err = find_user(d, key->user, &known);

	if (err != FZ_OK || !known)
		return err;
	err = kv_get(d->rd, d->page, space, key->key, &kv);
	if (err != FZ_OK)
		return err == FZ_NOT_FOUND ? FZ_OK : err;
	put_text(d, "key", kv.key);
	put_user(d, key->user);
	if (kv.expires != 0)
		put_number(d, "expires", kv.expires);
	else
		put_text(d, "expires", NULL);
	put_raw(d, "value", kv.value, kv.value_len);
	d->out->kv++;
	return end_line(d);
}

static enum fz_err
dump_keys(struct dump *d, int64_t app)
{
	struct kv_filter f = { .prefix = "", .limit = KEYS_A_PAGE, .keys_only = true,
		.all_users = true };
	struct space space = { app, 0 };
	char last[KV_KEY_MAX + 1];
	unsigned piece = 0;
	bool more = true;
	struct kv *v;
	size_t n;
	enum fz_err err = FZ_OK;

	while (err == FZ_OK && more) {
		err = next_page(d);
		if (err == FZ_OK)
			err = kv_list(d->rd, d->page, space, &f, &v, &n, &more);
		for (size_t i = 0; err == FZ_OK && i < n; i++) {
			next_named(d, "kv", &piece);
			err = dump_key(d, app, &v[i]);
		}
		if (err != FZ_OK || n == 0)
			break;
		memcpy(last, v[n - 1].key, strlen(v[n - 1].key) + 1);
		f.after = last;
		f.after_user = v[n - 1].user;
	}
	d->spool = NULL;
	return err;
}

/* --- documents --- */

/* Say whose documents follow, in a new piece if there is none with room. */
static enum fz_err
begin_docs(struct dump *d, const struct doc_collection *c, unsigned *piece)
{
	if (d->spool == NULL || piece_full(d)) {
		++*piece;
		new_piece(d, arena_printf(d->rq->arena, "data/docs/%u.ndjson", *piece));
	}
	put_text(d, "collection", c->name);
	put_user(d, c->user);
	put_raw(d, "indexes", c->indexes, strlen(c->indexes));
	return end_line(d);
}

static enum fz_err
dump_doc(struct dump *d, const struct doc_row *row)
{
	put_text(d, "id", row->id);
	put_number(d, "created", row->created);
	put_number(d, "updated", row->updated);
	put_raw(d, "data", row->json, row->len);
	d->out->docs++;
	return end_line(d);
}

static enum fz_err
dump_collection(
    struct dump *d, int64_t app, const struct doc_collection *c, unsigned *piece)
{
	struct doc_at at = { .space = { app, c->user }, .collection = c->name };
	struct doc_row *v;
	int64_t rid = 0;
	size_t n = 1;
	bool known;
	enum fz_err err = find_user(d, c->user, &known);

	if (err != FZ_OK || !known)
		return err;
	err = begin_docs(d, c, piece);
	while (err == FZ_OK && n > 0) {
		err = next_page(d);
		if (err == FZ_OK)
			err = doc_walk(d->rd, d->page, &at, rid, DOCS_A_PAGE, &v, &n);
		for (size_t i = 0; err == FZ_OK && i < n; i++) {
			if (piece_full(d))
				err = begin_docs(d, c, piece);
			if (err == FZ_OK)
				err = dump_doc(d, &v[i]);
			rid = v[i].rid;
		}
	}
	return err;
}

static enum fz_err
dump_docs(struct dump *d, int64_t app)
{
	struct space space = { app, -1 };
	struct doc_collection *v;
	unsigned piece = 0;
	size_t n;
	enum fz_err err = next_page(d);

	if (err == FZ_OK)
		err = doc_collections(d->rd, d->rq->arena, space, &v, &n);
	for (size_t i = 0; err == FZ_OK && i < n; i++)
		err = dump_collection(d, app, &v[i], &piece);
	d->spool = NULL;
	return err;
}

/* --- blobs --- */

static void
note_blob(struct dump *d, const struct object *o)
{
	struct datadump *out = d->out;
	struct datadump_blob *b;

	if (out->nblobs == d->cap_blobs) {
		d->cap_blobs = d->cap_blobs > 0 ? 2 * d->cap_blobs : 64;
		out->blobs = xreallocarray(out->blobs, d->cap_blobs, sizeof(*b));
	}
	b = &out->blobs[out->nblobs++];
	b->blob = o->blob;
	b->size = o->size;
	memcpy(b->sha256, o->sha256, sizeof(b->sha256));
}

static enum fz_err
dump_object(struct dump *d, const struct object *o)
{
	char hash[SHA256_HEX];
	bool known;
	enum fz_err err = find_user(d, o->user, &known);

	if (err != FZ_OK || !known)
		return err;
	str_hex(hash, o->sha256, SHA256_LEN);
	put_text(d, "path", o->path);
	put_user(d, o->user);
	put_text(d, "mime", o->mime);
	put_number(d, "size", (int64_t)o->size);
	put_text(d, "sha256", hash);
	put_number(d, "updated", o->updated);
	buf_putc(&d->line, '}');
	note_blob(d, o);
	d->out->objects++;
	return end_line(d);
}

static enum fz_err
dump_objects(struct dump *d, int64_t app)
{
	struct object_filter f = { .prefix = "", .limit = OBJECTS_A_PAGE,
		.all_users = true };
	struct space space = { app, 0 };
	char last[OBJECT_PATH_MAX + 1];
	unsigned piece = 0;
	struct object *v;
	bool more = true;
	size_t n;
	enum fz_err err = FZ_OK;

	while (err == FZ_OK && more) {
		err = next_page(d);
		if (err == FZ_OK)
			err = object_list(d->rd, d->page, space, &f, &v, &n, &more);
		for (size_t i = 0; err == FZ_OK && i < n; i++) {
			next_named(d, "blobs", &piece);
			err = dump_object(d, &v[i]);
		}
		if (err != FZ_OK || n == 0)
			break;
		memcpy(last, v[n - 1].path, strlen(v[n - 1].path) + 1);
		f.after = last;
		f.after_user = v[n - 1].user;
	}
	d->spool = NULL;
	return err;
}

static int
by_blob(const void *a, const void *b)
{
	const struct datadump_blob *x = a, *y = b;

	return x->blob < y->blob ? -1 : x->blob > y->blob;
}

/* Each content once. */
static void
unique_blobs(struct datadump *out)
{
	size_t n = 0;

	if (out->nblobs == 0)
		return;
	qsort(out->blobs, out->nblobs, sizeof(out->blobs[0]), by_blob);
	for (size_t i = 1; i < out->nblobs; i++)
		if (out->blobs[i].blob != out->blobs[n].blob)
			out->blobs[++n] = out->blobs[i];
	out->nblobs = n + 1;
}

enum fz_err
datadump_take(struct request *rq, struct reader **rd, int64_t app, struct datadump *out)
{
	struct dump d = { .rq = rq, .out = out, .rd = *rd, .began = clock_mono_ms() };
	enum fz_err err;

	memset(out, 0, sizeof(*out));
	out->one_moment = true;
	d.page = arena_new();
	buf_init(&d.line, LINE_MAX);
	err = dump_keys(&d, app);
	if (err == FZ_OK)
		err = dump_docs(&d, app);
	if (err == FZ_OK)
		err = dump_objects(&d, app);
	unique_blobs(out);
	*rd = d.rd;
	free(d.uid);
	buf_fini(&d.line);
	arena_free(d.page);
	return err;
}

void
datadump_free(struct datadump *d)
{
	for (size_t i = 0; i < d->npieces; i++)
		spool_free(d->pieces[i].spool);
	free(d->pieces);
	free(d->blobs);
	memset(d, 0, sizeof(*d));
}
