/*
 * The files lie in the store already, received and hashed like any upload.  They are read
 * piece by piece, and the lines that a piece completes are one transaction: no reader is
 * asked for while a writer is held, and other writers come in between.
 *
 * A line is taken apart without reading its value: everything before ,"value": is small
 * and is parsed, the rest is the value as it was stored, so numbers stay what they are.
 * Key-values are checked to be JSON here, documents by the store.
 *
 * A blob's content is found by its hash among the files that came with it; what a name in
 * the archive claims counts for nothing.
 */
#include "deploy/dataload.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "deploy/quota_tell.h"
#include "deploy/refuse.h"
#include "store/blob.h"
#include "store/doc.h"
#include "store/kv.h"
#include "store/object.h"
#include "store/user.h"

#define LINE_MAX (2 * MIB)
#define WAIT_MS 10000
#define ROWS_A_TURN 500

struct load {
	struct request	*rq;
	struct response	*rs;
	struct dataload	*in;
	struct writer	*w;		/* within a turn */
	unsigned	 rows;		/* of the turn */
	struct arena	*row;
	const char	*file;
	unsigned	 line;		/* from 1 */
	struct buf	 part;		/* of a line whose end has not come yet */
	struct doc_at	 at;		/* collection NULL = none was named yet */
	bool		 foreign;	/* the collection's user is not known here */
	struct file	*blobs;		/* by hash */
	size_t		 nblobs;
};

typedef enum fz_err line_fn(struct load *, const char *line, size_t len);

static enum fz_err
refuse(struct load *l, const char *reason)
{
	return refuse_archive(l->rs, l->file,
	    arena_printf(l->rq->arena, "line %u: %s", l->line, reason));
}

/* --- turns --- */

static enum fz_err
turn_begin(struct load *l)
{
	l->rows = 0;
	return l->w != NULL ? FZ_OK : writer_begin(l->rq->node->store, WAIT_MS, &l->w);
}

static enum fz_err
turn_end(struct load *l, enum fz_err err)
{
	struct writer *w = l->w;

	l->w = NULL;
	if (w == NULL)
		return err;
	if (err == FZ_OK)
		return writer_commit(w, &l->rq->seq);
	writer_abort(w);
	return err;
}

static enum fz_err
one_line(struct load *l, line_fn *fn, const char *line, size_t len)
{
	enum fz_err err = FZ_OK;

	l->line++;
	if (len == 0)
		return FZ_OK;
	if (++l->rows > ROWS_A_TURN) {
		err = turn_end(l, FZ_OK);
		if (err == FZ_OK)
			err = turn_begin(l);
	}
	arena_reset(l->row);
	return err == FZ_OK ? fn(l, line, len) : err;
}

/* The lines that end in these bytes; what is left waits for the next ones. */
static enum fz_err
lines_of(struct load *l, line_fn *fn, const char *p, size_t n)
{
	const char *end;
	enum fz_err err = FZ_OK;

	while (err == FZ_OK && n > 0) {
		end = memchr(p, '\n', n);
		if (end == NULL || l->part.len > 0) {
			size_t take = end != NULL ? (size_t)(end - p) : n;

			if (buf_add(&l->part, p, take) != FZ_OK) {
				l->line++;
				return refuse(l, "it is too long");
			}
			if (end != NULL) {
				err = one_line(l, fn, l->part.data, l->part.len);
				buf_reset(&l->part);
			}
		} else
			err = one_line(l, fn, p, (size_t)(end - p));
		if (end == NULL)
			break;
		n -= (size_t)(end + 1 - p);
		p = end + 1;
	}
	return err;
}

static enum fz_err
turn(struct load *l, line_fn *fn, const char *p, size_t n)
{
	enum fz_err err = turn_begin(l);

	if (err == FZ_OK)
		err = lines_of(l, fn, p, n);
	return turn_end(l, err);
}

static enum fz_err
read_file(struct load *l, line_fn *fn, const struct file *f)
{
	struct body_source *source;
	const void *p;
	size_t n = 1;
	enum fz_err err = FZ_OK;

	l->file = f->path;
	l->line = 0;
	l->at.collection = NULL;
	buf_reset(&l->part);
	if (f->size == 0)
		return FZ_OK;
	source = blob_source(l->rq->node->store, f->blob, BLOB_PLAIN, 0, f->size);
	while (err == FZ_OK && n > 0) {
		err = source->next(source, &p, &n);
		if (err == FZ_OK && n > 0)
			err = turn(l, fn, p, n);
	}
	source->close(source);
	/* The last line may lack its end. */
	if (err == FZ_OK && l->part.len > 0)
		err = turn(l, fn, "\n", 1);
	return err;
}

/* --- lines --- */

static void
drop_json(void *v)
{
	json_decref(v);
}

/*
 * Take `{head,"name":raw}` apart: *head is parsed and goes with the row.  name NULL: the
 * line is all head.
 */
static enum fz_err
take_apart(struct load *l, const char *line, size_t len, const char *mark, json_t **head,
    const char **raw, size_t *raw_len)
{
	const char *at = mark != NULL ? memmem(line, len, mark, strlen(mark)) : NULL;
	struct why why = { { 0 } };
	char *text;
	size_t n;

	if (line[len - 1] != '}' || (mark != NULL && at == NULL))
		return refuse(l, "it is not as an export writes it");
	n = at != NULL ? (size_t)(at - line) : len - 1;
	text = arena_alloc(l->row, n + 2);
	memcpy(text, line, n);
	text[n] = '}';
	if (json_parse(text, n + 1, head, &why) != FZ_OK)
		return refuse(l, why.text);
	arena_defer(l->row, drop_json, *head);
	if (!json_is_object(*head))
		return refuse(l, "it is no object");
	if (at != NULL) {
		*raw = at + strlen(mark);
		*raw_len = (size_t)(line + len - 1 - *raw);
	}
	return FZ_OK;
}

/* Milliseconds since 1970, 0 for null and absent; false for anything else. */
static bool
get_time(const json_t *head, const char *name, int64_t *ms)
{
	const json_t *v = json_object_get(head, name);

	*ms = 0;
	if (v == NULL || json_is_null(v))
		return true;
	*ms = json_integer_value(v);
	return json_is_integer(v) && *ms >= 0;
}

/* The space of "user"; *known is false for one who is not here. */
static enum fz_err
get_space(struct load *l, const json_t *head, struct space *space, bool *known)
{
	const json_t *v = json_object_get(head, "user");
	struct user u;
	enum fz_err err;

	*space = (struct space){ l->in->app, 0 };
	*known = true;
	if (v == NULL || json_is_null(v))
		return FZ_OK;
	if (!json_is_string(v))
		return refuse(l, "user is no text");
	err = user_by_uid(writer_reader(l->w), l->row, json_string_value(v), &u);
	*known = err == FZ_OK;
	if (err == FZ_OK)
		space->user = u.id;
	return err == FZ_USER_NOT_FOUND ? FZ_OK : err;
}

static enum fz_err
tell(struct load *l, enum fz_err err, const char *kind, const struct why *why)
{
	if (err == FZ_VALIDATION_FAILED || err == FZ_INVALID_JSON ||
	    err == FZ_DS_BAD_QUERY)
		return refuse(l,
		    why->text[0] != '\0' ? why->text : "it is out of bounds");
	if (err == FZ_OK || err == FZ_QUOTA_EXCEEDED)
		return quota_tell(
		    l->rs, writer_reader(l->w), l->in->app, &l->in->quota, kind, err);
	return why->text[0] == '\0' ? err :
	    response_why(l->rs, err, "%s line %u: %s", l->file, l->line, why->text);
}

static bool
is_json(const char *text, size_t len)
{
	json_t *v = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL |
	    JSON_DECODE_INT_AS_REAL, NULL);

	json_decref(v);
	return v != NULL;
}

static enum fz_err
kv_line(struct load *l, const char *line, size_t len)
{
	const struct why none = { { 0 } };
	const char *key, *raw = "";
	struct space space;
	json_t *head;
	int64_t expires;
	size_t n = 0;
	bool known;
	enum fz_err err;

	err = take_apart(l, line, len, ",\"value\":", &head, &raw, &n);
	if (err == FZ_OK)
		err = get_space(l, head, &space, &known);
	if (err != FZ_OK)
		return err;
	key = json_string_value(json_object_get(head, "key"));
	if (key == NULL || !get_time(head, "expires", &expires) || !is_json(raw, n))
		return refuse(l, "it is no key with a value");
	if (!known) {
		l->in->skipped++;
		return FZ_OK;
	}
	l->in->kv++;
	err = kv_set(l->w, space, &l->in->quota, key, raw, n, expires);
	return tell(l, err, "kv_keys", &none);
}

static enum fz_err
make_index(struct load *l, const json_t *v)
{
	char *fields = json_dumps(json_object_get(v, "fields"), JSON_COMPACT), *opts;
	const char *name = json_string_value(json_object_get(v, "name"));
	struct why why = { { 0 } };
	enum fz_err err;
	json_t *o;

	if (fields == NULL || name == NULL) {
		free(fields);
		return refuse(l, "it has an index without name or fields");
	}
	o = json_pack("{s:s,s:b}", "name", name, "unique",
	    json_is_true(json_object_get(v, "unique")));
	opts = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (json_is_true(json_object_get(v, "search")))
		err = doc_search_index(l->w, l->row, &l->at, fields, &why);
	else
		err = doc_index(l->w, l->row, &l->at, fields, opts, &name, &why);
	free(opts);
	free(fields);
	return tell(l, err, "docs", &why);
}

/* Indexes come before documents: then none is built over many at once. */
static enum fz_err
make_indexes(struct load *l, const char *raw, size_t len)
{
	struct why why = { { 0 } };
	json_t *list, *v;
	enum fz_err err;
	size_t i;

	if (json_parse(raw, len, &list, &why) != FZ_OK)
		return refuse(l, why.text);
	err = json_is_array(list) ? FZ_OK : refuse(l, "indexes is no list");
	json_array_foreach(list, i, v)
		if (err == FZ_OK)
			err = make_index(l, v);
	json_decref(list);
	return err;
}

static enum fz_err
collection_line(struct load *l, const char *line, size_t len)
{
	const char *raw = "", *name;
	json_t *head;
	size_t n = 0;
	bool known;
	enum fz_err err;

	err = take_apart(l, line, len, ",\"indexes\":", &head, &raw, &n);
	if (err == FZ_OK)
		err = get_space(l, head, &l->at.space, &known);
	if (err != FZ_OK)
		return err;
	name = json_string_value(json_object_get(head, "collection"));
	if (name == NULL)
		return refuse(l, "the collection's name is no text");
	l->at.collection = arena_strdup(l->rq->arena, name);
	l->at.quota = &l->in->quota;
	l->at.now = clock_wall_ms();
	l->foreign = !known;
	return known ? make_indexes(l, raw, n) : FZ_OK;
}

static enum fz_err
doc_line(struct load *l, const char *line, size_t len)
{
	static const char start[] = "{\"collection\":";
	struct why why = { { 0 } };
	const char *raw = "", *id;
	int64_t created, updated;
	json_t *head;
	size_t n = 0;
	enum fz_err err;

	if (len > sizeof(start) && memcmp(line, start, sizeof(start) - 1) == 0)
		return collection_line(l, line, len);
	if (l->at.collection == NULL)
		return refuse(l, "no collection was named before it");
	err = take_apart(l, line, len, ",\"data\":", &head, &raw, &n);
	if (err != FZ_OK)
		return err;
	id = json_string_value(json_object_get(head, "id"));
	if (id == NULL || !get_time(head, "created", &created) ||
	    !get_time(head, "updated", &updated))
		return refuse(l, "it is no document");
	if (l->foreign) {
		l->in->skipped++;
		return FZ_OK;
	}
	l->in->docs++;
	err = doc_put(l->w, l->row, &l->at, id, raw, n, created, updated, &why);
	return tell(l, err, "docs", &why);
}

/* --- blobs --- */

static int
by_hash(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return memcmp(x->sha256, y->sha256, SHA256_LEN);
}

static enum fz_err
put_object(struct load *l, const json_t *head, struct space space, const struct file *f)
{
	const char *path = json_string_value(json_object_get(head, "path"));
	const char *mime = json_string_value(json_object_get(head, "mime"));
	struct blob_info info = { .id = f->blob, .size = f->size };
	const struct why none = { { 0 } };
	int64_t updated;
	enum fz_err err;

	if (path != NULL)
		path = object_path(l->row, path, strlen(path));
	if (path == NULL || mime == NULL || !get_time(head, "updated", &updated))
		return refuse(l, "it is no blob");
	memcpy(info.sha256, f->sha256, sizeof(info.sha256));
	l->in->blobs++;
	err = object_put(l->w, space, &l->in->quota, NULL, path, &info, mime,
	    updated != 0 ? updated : clock_wall_ms());
	return tell(l, err, "blob_bytes", &none);
}

static enum fz_err
blob_line(struct load *l, const char *line, size_t len)
{
	const struct file *f = NULL;
	struct file want = { 0 };
	struct space space;
	const char *hash;
	json_t *head;
	bool known;
	enum fz_err err;

	err = take_apart(l, line, len, NULL, &head, NULL, NULL);
	if (err == FZ_OK)
		err = get_space(l, head, &space, &known);
	if (err != FZ_OK)
		return err;
	hash = json_string_value(json_object_get(head, "sha256"));
	if (hash == NULL || !str_unhex(want.sha256, SHA256_LEN, hash, strlen(hash)))
		return refuse(l, "it is no blob");
	if (!known) {
		l->in->skipped++;
		return FZ_OK;
	}
	if (l->nblobs > 0)
		f = bsearch(&want, l->blobs, l->nblobs, sizeof(want), by_hash);
	if (f == NULL)
		return response_why(l->rs, FZ_HASH_MISMATCH,
		    "%s line %u: the archive holds no content %s", l->file, l->line,
		    hash);
	return put_object(l, head, space, f);
}

/* The contents that came with the archive, sorted. */
static void
collect_blobs(struct load *l)
{
	l->blobs = arena_alloc(l->rq->arena, (l->in->n + 1) * sizeof(l->blobs[0]));
	for (size_t i = 0; i < l->in->n; i++)
		if (str_starts(l->in->v[i].path, "blobs/"))
			l->blobs[l->nblobs++] = l->in->v[i];
	qsort(l->blobs, l->nblobs, sizeof(l->blobs[0]), by_hash);
}

/* --- files --- */

/* "data/kv.ndjson" and "data/kv-2.ndjson" */
static bool
is_named(const char *path, const char *name)
{
	size_t n = strlen(name);

	return str_starts(path, name) && (path[n] == '.' || path[n] == '-') &&
	       str_ends(path, ".ndjson");
}

static line_fn *
reader_of(const char *path)
{
	if (is_named(path, "data/kv"))
		return kv_line;
	if (is_named(path, "data/blobs"))
		return blob_line;
	if (str_starts(path, "data/docs/") && str_ends(path, ".ndjson"))
		return doc_line;
	return NULL;
}

enum fz_err
dataload_run(struct request *rq, struct response *rs, struct dataload *in)
{
	struct load l = { .rq = rq, .rs = rs, .in = in };
	enum fz_err err = FZ_OK;

	l.row = arena_new();
	buf_init(&l.part, LINE_MAX);
	collect_blobs(&l);
	for (size_t i = 0; err == FZ_OK && i < in->n; i++) {
		line_fn *fn = reader_of(in->v[i].path);

		if (fn != NULL)
			err = read_file(&l, fn, &in->v[i]);
	}
	buf_fini(&l.part);
	arena_free(l.row);
	return err;
}
