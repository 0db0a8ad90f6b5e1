/*
 * fazt.app.s3, fazt.storage.s3 and fazt.app.user.s3 (docs/contract.md 5.6).
 *
 * Bytes take the shortest way.  A file of the request goes from its spool into the store
 * in pieces and never through the heap; an answer that is a blob (js_blob_answer.c) is
 * streamed after the script has ended.  Only what a script asks to see is in its memory,
 * and what cannot fit there is refused by name instead of ending the run.
 *
 * Storing takes transactions of its own, piece by piece, so it cannot be part of fazt.tx.
 */
#include <math.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/node.h"
#include "base/str.h"
#include "runtime/blob_url.h"
#include "runtime/js.h"
#include "runtime/js_blob.h"
#include "store/blob.h"
#include "store/object.h"

#define OCTETS "application/octet-stream"
#define PATH_RULE "%s: a path has 1 to %d bytes and no \"..\""

const char *
js_blob_path(duk_context *ctx, struct run *run, const char *what, const char *message)
{
	size_t n;
	const char *given = js_text(ctx, run, 0, message, &n), *path;

	js_work(run);
	path = object_path(run->scratch, given, n);
	js_done(ctx, run);
	if (path == NULL)
		js_throw(ctx, "TypeError", NULL, false, PATH_RULE, what, OBJECT_PATH_MAX);
	return path;
}

enum fz_err
js_blob_find(struct run *run, struct arena *a, struct space space, const char *path,
    struct object *o)
{
	struct reader *rd;
	enum fz_err err = run_read(run, &rd);

	if (err != FZ_OK)
		return err;
	err = object_get(rd, a, space, path, o);
	run_read_end(run);
	return err;
}

/* --- put, delete --- */

static bool
time_left(void)
{
	return guard_left_ms() > 0;
}

static enum fz_err
may_store(const struct run *run)
{
	enum fz_err err = run_may_write(run);

	return err == FZ_OK && run->tx != NULL ? FZ_TX_NOT_ALLOWED : err;
}

/* What is to be stored, and the type it brings along. */
static const char *
body_arg(duk_context *ctx, struct run *run, const char *message, struct object_body *body)
{
	const struct part *part = js_file_part(ctx, run, 1);
	size_t n;

	memset(body, 0, sizeof(*body));
	if (part == NULL) {
		body->bytes = js_bytes(ctx, run, 1, message, &n);
		body->len = n;
		return OCTETS;
	}
	body->spool = run->rq->body;
	body->from = part->off;
	body->len = part->len;
	return part->type != NULL && object_mime_ok(part->type) ? part->type : OCTETS;
}

static duk_ret_t
put_js(duk_context *ctx)
{
	static const char needs[] = "s3.put requires path and data";
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "s3.put");
	const char *path = js_blob_path(ctx, run, "s3.put", needs), *mime;
	struct object_body body;
	enum fz_err err;

	mime = body_arg(ctx, run, needs, &body);
	if (!duk_is_null_or_undefined(ctx, 2))
		mime = js_text(ctx, run, 2, "s3.put: mime must be a string", NULL);
	if (!object_mime_ok(mime))
		js_throw(ctx, "TypeError", NULL, false, "s3.put: this is no media type");
	js_work(run);
	err = may_store(run);
	if (err == FZ_OK)
		err = object_store(run->rq->node->store, space, &run->script->quota, path,
		    &body, mime, time_left, &run->rq->seq, NULL);
	js_done(ctx, run);
	if (err == FZ_PAYLOAD_TOO_LARGE)
		js_throw(ctx, "LimitError", "LIMIT_EXCEEDED", false,
		    "s3.put: the data is larger than 100 MiB");
	return err == FZ_OK ? 0 : js_fail(ctx, err, "s3.put", NULL);
}

static duk_ret_t
delete_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "s3.delete");
	const char *path = js_blob_path(ctx, run, "s3.delete", "s3.delete requires a path");
	struct writer *w;
	enum fz_err err;

	js_work(run);
	err = may_store(run);
	if (err == FZ_OK)
		err = run_write(run, &w);
	if (err == FZ_OK)
		err = run_write_end(run, w, object_delete(w, space, path));
	js_done(ctx, run);
	return err == FZ_OK ? 0 : js_fail(ctx, err, "s3.delete", NULL);
}

/* --- get, head, list --- */

enum as { AS_BASE64, AS_BUFFER, AS_TEXT };

static enum as
as_arg(duk_context *ctx, struct run *run)
{
	const char *as;

	if (!js_option_text(ctx, run, 1, "as", &as))
		return AS_BASE64;
	if (strcmp(as, "buffer") == 0)
		return AS_BUFFER;
	if (strcmp(as, "text") == 0)
		return AS_TEXT;
	if (strcmp(as, "base64") != 0)
		js_throw(ctx, "TypeError", NULL, false,
		    "s3.get: as is \"base64\", \"buffer\" or \"text\"");
	return AS_BASE64;
}

/* Would the heap, and we beside it, hold the content in this form? */
static bool
fits_heap(const struct run *run, uint64_t size, enum as as)
{
	uint64_t form = as == AS_BASE64 ? BASE64_SIZE(size) : size;

	return form < (uint64_t)run->script->quota.heap_bytes &&
	       size + form < RUN_SCRATCH_MAX - MIB;
}

/* The object and its content, of one snapshot; as base64 if so asked. */
static enum fz_err
read_content(struct run *run, struct space space, const char *path, enum as as,
    struct object *o, const char **data, size_t *len)
{
	struct reader *rd;
	enum fz_err err = run_read(run, &rd);
	char *bytes = NULL, *text;

	if (err != FZ_OK)
		return err;
	err = object_get(rd, run->arena, space, path, o);
	if (err == FZ_OK && !fits_heap(run, o->size, as))
		err = FZ_PAYLOAD_TOO_LARGE;
	if (err == FZ_OK) {
		bytes = arena_alloc(run->scratch, (size_t)o->size + 1);
		err = blob_copy(rd, o->blob, bytes, (size_t)o->size);
	}
	run_read_end(run);
	if (err != FZ_OK)
		return err;
	*data = bytes;
	*len = (size_t)o->size;
	if (as == AS_BASE64) {
		*data = text = arena_alloc(run->scratch, BASE64_SIZE(o->size));
		*len = base64_encode(text, bytes, (size_t)o->size, false);
	}
	return FZ_OK;
}

static void
put_number(duk_context *ctx, const char *name, double value)
{
	duk_push_number(ctx, value);
	duk_put_prop_string(ctx, -2, name);
}

static void
put_hash(duk_context *ctx, const struct object *o)
{
	char hash[SHA256_HEX];

	str_hex(hash, o->sha256, SHA256_LEN);
	duk_push_string(ctx, hash);
	duk_put_prop_string(ctx, -2, "hash");
}

static duk_ret_t
get_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "s3.get");
	const char *path = js_blob_path(ctx, run, "s3.get", "s3.get requires a path");
	enum as as = as_arg(ctx, run);
	const char *data = "";
	struct object o = { 0 };
	enum fz_err err;
	size_t len = 0;

	js_work(run);
	err = read_content(run, space, path, as, &o, &data, &len);
	js_done(ctx, run);
	if (err == FZ_NOT_FOUND) {
		duk_push_null(ctx);
		return 1;
	}
	if (err == FZ_PAYLOAD_TOO_LARGE)
		js_throw(ctx, "LimitError", "LIMIT_EXCEEDED", false,
		    "s3.get: the blob does not fit into memory; answer with respond.blob");
	if (err != FZ_OK)
		return js_fail(ctx, err, "s3.get", NULL);
	duk_push_object(ctx);
	if (as == AS_BUFFER)
		js_push_bytes(ctx, data, len);
	else
		js_push_text(ctx, run, data, len);
	if (as == AS_BASE64)
		js_served(ctx, run, -1, &o);
	duk_put_prop_string(ctx, -2, "data");
	js_put_string(ctx, run, "mime", o.mime);
	put_number(ctx, "size", (double)o.size);
	put_hash(ctx, &o);
	return 1;
}

static duk_ret_t
head_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "s3.head");
	const char *path = js_blob_path(ctx, run, "s3.head", "s3.head requires a path");
	struct object o;
	enum fz_err err;

	js_work(run);
	err = js_blob_find(run, run->scratch, space, path, &o);
	js_done(ctx, run);
	if (err == FZ_NOT_FOUND) {
		duk_push_null(ctx);
		return 1;
	}
	if (err != FZ_OK)
		return js_fail(ctx, err, "s3.head", NULL);
	duk_push_object(ctx);
	js_put_string(ctx, run, "mime", o.mime);
	put_number(ctx, "size", (double)o.size);
	put_hash(ctx, &o);
	put_number(ctx, "updatedAt", (double)o.updated);
	return 1;
}

/* Returns whether only paths were asked for. */
static bool
filter_args(duk_context *ctx, struct run *run, struct object_filter *f)
{
	bool keys_only = false;
	double limit;

	f->prefix = "";
	if (!duk_is_null_or_undefined(ctx, 0))
		f->prefix = js_text(ctx, run, 0, "s3.list: prefix must be a string", NULL);
	/* Paths have no leading slash, whatever they were put with. */
	f->prefix += strspn(f->prefix, "/");
	if (js_option_number(ctx, 1, "limit", &limit)) {
		if (limit < 1)
			js_throw(ctx, "TypeError", NULL, false,
			    "s3.list: limit must be at least 1");
		f->limit = limit > OBJECT_ROWS_MAX ? OBJECT_ROWS_MAX + 1 : (int64_t)limit;
	}
	(void)js_option_text(ctx, run, 1, "after", &f->after);
	(void)js_option_flag(ctx, 1, "keysOnly", &keys_only);
	return keys_only;
}

static void
push_row(duk_context *ctx, struct run *run, const struct object *o, bool keys_only)
{
	duk_push_object(ctx);
	js_put_string(ctx, run, "path", o->path);
	if (keys_only)
		return;
	js_put_string(ctx, run, "mime", o->mime);
	put_number(ctx, "size", (double)o->size);
	put_number(ctx, "updatedAt", (double)o->updated);
}

static duk_ret_t
list_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "s3.list");
	struct object_filter f = { 0 };
	struct object *v = NULL;
	struct reader *rd;
	bool more, keys_only = filter_args(ctx, run, &f);
	enum fz_err err;
	size_t n = 0;

	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = object_list(rd, run->scratch, space, &f, &v, &n, &more);
		run_read_end(run);
	}
	js_done(ctx, run);
	if (err != FZ_OK)
		return js_fail(ctx, err, "s3.list", NULL);
	duk_push_array(ctx);
	for (size_t i = 0; i < n; i++) {
		push_row(ctx, run, &v[i], keys_only);
		duk_put_prop_index(ctx, -2, (duk_uarridx_t)i);
	}
	return 1;
}

/* --- url --- */

static void
url_limits(duk_context *ctx, struct blob_url *u)
{
	double life = BLOB_URL_LIFE, size = 0;

	(void)js_option_number(ctx, 1, "expires", &life);
	if (!(life >= 1 && life <= BLOB_URL_LIFE_MAX))
		js_throw(ctx, "TypeError", NULL, false,
		    "s3.url: expires is 1 to %d seconds", BLOB_URL_LIFE_MAX);
	u->expires = (clock_wall_ms() + 999) / 1000 + (int64_t)ceil(life);
	if (js_option_number(ctx, 1, "maxSize", &size)) {
		if (size < 1)
			js_throw(ctx, "TypeError", NULL, false,
			    "s3.url: maxSize must be at least 1");
		u->max_size = size > (double)OBJECT_MAX ? OBJECT_MAX : (uint64_t)size;
	}
}

static void
url_args(duk_context *ctx, struct run *run, struct blob_url *u)
{
	const char *method = "GET";

	u->mime = u->download = "";
	url_limits(ctx, u);
	(void)js_option_text(ctx, run, 1, "method", &method);
	u->put = strcmp(method, "PUT") == 0;
	if (!u->put && strcmp(method, "GET") != 0)
		js_throw(ctx, "TypeError", NULL, false, "s3.url: method is GET or PUT");
	if (js_option_text(ctx, run, 1, "mime", &u->mime) && !object_mime_ok(u->mime))
		js_throw(ctx, "TypeError", NULL, false, "s3.url: this is no media type");
	if (js_option_text(ctx, run, 1, "download", &u->download) &&
	    !blob_url_name_ok(u->download))
		js_throw(ctx, "TypeError", NULL, false, "s3.url: this is no file name");
}

static duk_ret_t
url_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct blob_url u = { .space = js_space(ctx, run, "s3.url") };
	const struct seal *seal = run->rq->node->seal;
	const char *url;

	u.path = js_blob_path(ctx, run, "s3.url", "s3.url requires a path");
	url_args(ctx, run, &u);
	if (u.put && run->script->data_readonly)
		return js_fail(ctx, FZ_READ_ONLY, "s3.url", NULL);
	if (seal == NULL)
		return js_fail(ctx, FZ_NOT_SUPPORTED, "s3.url", NULL);
	js_work(run);
	url = blob_url_make(run->scratch, seal, &u);
	js_done(ctx, run);
	js_push_string(ctx, run, url);
	return 1;
}

/* --- setup --- */

#define FUNCTIONS(whose) { \
	{ "put", put_js, 3, whose }, \
	{ "get", get_js, 2, whose }, \
	{ "head", head_js, 1, whose }, \
	{ "list", list_js, 2, whose }, \
	{ "delete", delete_js, 1, whose }, \
	{ "url", url_js, 2, whose }, \
	{ NULL, NULL, 0, 0 } \
}

static const struct js_function of_app[] = FUNCTIONS(JS_SHARED);
static const struct js_function of_user[] = FUNCTIONS(JS_USER);

void
js_blob_setup(duk_context *ctx)
{
	js_storage(ctx, "s3", of_app, of_user);
	js_blob_answer_setup(ctx);
}
