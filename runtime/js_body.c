/*
 * Reading the body of a request.  It lies in a spool, in memory or on disk; what a script
 * does not ask for is never read.  The parts of an upload are ranges of that spool: a file
 * that is only passed on to the blob store never enters the heap.
 *
 * Names come from the visitor, so tables are filled as objects without a prototype and
 * get it at the end: a field called "__proto__" is a field like any other.
 *
 * Bad bodies are no errors but null, with the reason in bodyError: a script must be able
 * to answer them.
 */
#include "runtime/js_body.h"

#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/mime.h"
#include "base/str.h"

#define PART DUK_HIDDEN_SYMBOL("part")

enum kind { BODY_NONE, BODY_JSON, BODY_MULTIPART, BODY_FORM, BODY_TEXT, BODY_OTHER };

static enum kind
kind_of(const struct request *rq)
{
	const char *type = rq->content_type;
	size_t n = strcspn(type, "; \t");

	if (rq->method == METHOD_GET || rq->method == METHOD_HEAD)
		return BODY_NONE;
	if (mime_is(type, "application/json") ||
	    (n > 5 && strncasecmp(type + n - 5, "+json", 5) == 0))
		return BODY_JSON;
	if (mime_is(type, "multipart/form-data"))
		return BODY_MULTIPART;
	if (mime_is(type, "application/x-www-form-urlencoded"))
		return BODY_FORM;
	return strncasecmp(type, "text/", 5) == 0 ? BODY_TEXT : BODY_OTHER;
}

static uint64_t
body_size(const struct run *run)
{
	return run->rq->body == NULL ? 0 : spool_size(run->rq->body);
}

/* What can never fit the heap is told before it kills the run. */
static void
check_size(duk_context *ctx, struct run *run, uint64_t size)
{
	if (size > (uint64_t)run->script->quota.heap_bytes)
		js_throw(ctx, "LimitError", "LIMIT_EXCEEDED", false,
		    "request: the body is larger than the memory of a script");
}

/* Bytes [off, off+len) of the spool into memory of the engine or of scratch. */
static void
read_range(duk_context *ctx, struct run *run, uint64_t off, char *out, size_t len)
{
	size_t at = 0;
	ssize_t n = 1;

	js_work(run);
	while (at < len && n > 0) {
		n = spool_read(run->rq->body, off + at, out + at, len - at);
		if (n > 0)
			at += (size_t)n;
	}
	js_done(ctx, run);
	if (at < len)
		js_throw(ctx, "Error", "INTERNAL_ERROR", false, "the body cannot be read");
}

static void
push_range(duk_context *ctx, struct run *run, uint64_t off, uint64_t len)
{
	void *p;

	check_size(ctx, run, len);
	p = duk_push_fixed_buffer(ctx, (size_t)len);
	read_range(ctx, run, off, p, (size_t)len);
	duk_push_buffer_object(ctx, -1, 0, (size_t)len, DUK_BUFOBJ_ARRAYBUFFER);
	duk_remove(ctx, -2);
}

/* Borrowed from the spool while it is small, else in scratch. */
static const char *
range_text(duk_context *ctx, struct run *run, uint64_t off, uint64_t len)
{
	const char *data = run->rq->body == NULL ? "" : spool_data(run->rq->body);
	char *out;

	if (len == 0)
		return "";
	if (data != NULL)
		return data + off;
	check_size(ctx, run, len);
	out = js_scratch(ctx, run, (size_t)len);
	read_range(ctx, run, off, out, (size_t)len);
	return out;
}

static const char *
body_text(duk_context *ctx, struct run *run, size_t *len)
{
	uint64_t size = body_size(run);

	*len = (size_t)size;
	return range_text(ctx, run, 0, size);
}

void
js_body_push_raw(duk_context *ctx, struct run *run)
{
	push_range(ctx, run, 0, body_size(run));
}

void
js_body_push_text(duk_context *ctx, struct run *run)
{
	size_t len;
	const char *s = body_text(ctx, run, &len);

	js_push_text(ctx, run, s, len);
}

/* --- tables --- */

void
js_body_as_object(duk_context *ctx)
{
	duk_push_object(ctx);
	duk_get_prototype(ctx, -1);
	duk_set_prototype(ctx, -3);
	duk_pop(ctx);
}

/* [ ... table value ] -> [ ... table ]; the first of a name stays. */
static void
put_first(duk_context *ctx, struct run *run, const char *name)
{
	js_push_string(ctx, run, name);
	duk_dup_top(ctx);
	if (duk_has_prop(ctx, -4)) {
		duk_pop_2(ctx);
		return;
	}
	duk_insert(ctx, -2);
	duk_put_prop(ctx, -3);
}

/* [ ... table value ] -> [ ... table ]; appended to the list of the name. */
static void
put_last(duk_context *ctx, struct run *run, const char *name)
{
	js_push_string(ctx, run, name);
	duk_dup_top(ctx);
	if (!duk_get_prop(ctx, -4)) {
		duk_pop(ctx);
		duk_push_array(ctx);
		duk_dup(ctx, -2);
		duk_dup(ctx, -2);
		duk_put_prop(ctx, -6);
	}
	duk_dup(ctx, -3);
	duk_put_prop_index(ctx, -2, (duk_uarridx_t)duk_get_length(ctx, -2));
	duk_pop_3(ctx);
}

typedef void put_fn(duk_context *, struct run *, const char *name);

static void
push_pairs(duk_context *ctx, struct run *run, const struct pairs *pairs, put_fn *put)
{
	duk_push_bare_object(ctx);
	for (size_t i = 0; i < pairs->n; i++) {
		js_push_string(ctx, run, pairs->v[i].value);
		put(ctx, run, pairs->v[i].name);
	}
	js_body_as_object(ctx);
}

void
js_body_push_pairs(duk_context *ctx, struct run *run, const struct pairs *pairs)
{
	push_pairs(ctx, run, pairs, put_first);
}

void
js_body_push_lists(duk_context *ctx, struct run *run, const struct pairs *pairs)
{
	push_pairs(ctx, run, pairs, put_last);
}

/* --- multipart --- */

/* The parts, or NULL with body_error set. */
static const struct parts *
get_parts(duk_context *ctx, struct run *run)
{
	struct why why = { 0 };
	struct parts parts = { 0 };
	enum fz_err err = FZ_OK;

	if (run->parts_parsed)
		return run->parts;
	js_work(run);
	if (run->rq->body != NULL)
		err = multipart_parse(run->arena, run->rq->body, run->rq->content_type,
		    &parts, &why);
	if (err == FZ_OK) {
		run->parts = arena_alloc(run->arena, sizeof(parts));
		*run->parts = parts;
	} else
		run->body_error = arena_strdup(run->arena,
		    why.text[0] == '\0' ? err_text(err) : why.text);
	run->parts_parsed = true;
	js_done(ctx, run);
	return run->parts;
}

static void
push_fields(duk_context *ctx, struct run *run, const struct parts *parts, put_fn *put)
{
	duk_push_bare_object(ctx);
	for (size_t i = 0; i < parts->n; i++) {
		const struct part *p = &parts->v[i];

		if (p->filename != NULL)
			continue;
		check_size(ctx, run, p->len);
		js_push_text(ctx, run, range_text(ctx, run, p->off, p->len), (size_t)p->len);
		put(ctx, run, p->name);
	}
	js_body_as_object(ctx);
}

const struct part *
js_file_part(duk_context *ctx, struct run *run, duk_idx_t idx)
{
	const struct part *part = NULL;
	duk_uint_t i;

	if (run->parts == NULL || !duk_is_object(ctx, idx))
		return NULL;
	if (duk_get_prop_string(ctx, idx, PART)) {
		i = duk_get_uint_default(ctx, -1, DUK_UINT_MAX);
		if (i < run->parts->n)
			part = &run->parts->v[i];
	}
	duk_pop(ctx);
	return part;
}

/* file.data: read when asked for, then a plain member. */
static duk_ret_t
file_data(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const struct part *part;

	duk_push_this(ctx);
	part = js_file_part(ctx, run, -1);
	if (part == NULL)
		return 0;
	duk_push_string(ctx, "data");
	push_range(ctx, run, part->off, part->len);
	duk_dup_top(ctx);
	duk_insert(ctx, -4);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WEC |
	    DUK_DEFPROP_FORCE);
	duk_pop(ctx);
	return 1;
}

static void
push_file(duk_context *ctx, struct run *run, const struct part *part, size_t index)
{
	duk_push_object(ctx);
	js_push_string(ctx, run, part->filename);
	duk_put_prop_literal(ctx, -2, "name");
	js_push_string(ctx, run, part->type == NULL ? "application/octet-stream" : part->type);
	duk_put_prop_literal(ctx, -2, "type");
	duk_push_number(ctx, (double)part->len);
	duk_put_prop_literal(ctx, -2, "size");
	duk_push_uint(ctx, (duk_uint_t)index);
	duk_put_prop_string(ctx, -2, PART);
	duk_push_literal(ctx, "data");
	duk_push_c_lightfunc(ctx, file_data, 0, 0, 0);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_GETTER | DUK_DEFPROP_SET_ENUMERABLE |
	    DUK_DEFPROP_SET_CONFIGURABLE | DUK_DEFPROP_FORCE);
}

static void
push_files(duk_context *ctx, struct run *run, put_fn *put)
{
	const struct parts *parts = NULL;
	size_t n = 0, i;

	if (kind_of(run->rq) == BODY_MULTIPART)
		parts = get_parts(ctx, run);
	duk_push_bare_object(ctx);
	for (i = 0; parts != NULL && i < parts->n; i++)
		if (parts->v[i].filename != NULL) {
			push_file(ctx, run, &parts->v[i], i);
			put(ctx, run, parts->v[i].name);
			n++;
		}
	js_body_as_object(ctx);
	if (n > 0)
		return;
	duk_pop(ctx);
	duk_push_undefined(ctx);
}

void
js_body_push_files(duk_context *ctx, struct run *run)
{
	push_files(ctx, run, put_first);
}

void
js_body_push_files_all(duk_context *ctx, struct run *run)
{
	push_files(ctx, run, put_last);
}

/* --- the others --- */

static void
push_json(duk_context *ctx, struct run *run)
{
	size_t len;
	const char *s = body_text(ctx, run, &len);

	run->body_error = len == 0 ? "the body is empty" :
	    str_utf8_ok(s, len) ? NULL : "the body is not valid UTF-8";
	if (run->body_error == NULL) {
		if (js_push_json_of(ctx, run, s, len))
			return;
		run->body_error = "the body is not valid JSON";
	}
	duk_push_null(ctx);
}

/* False with body_error set. */
static bool
get_form(duk_context *ctx, struct run *run, struct pairs *pairs)
{
	size_t len;
	const char *s = body_text(ctx, run, &len);
	enum fz_err err;

	js_work(run);
	err = query_parse(run->scratch, s, len, pairs);
	js_done(ctx, run);
	if (err != FZ_OK)
		run->body_error = "the form is malformed";
	return err == FZ_OK;
}

/* The fields of a form of either kind; false if there is none that can be read. */
static bool
push_any_form(duk_context *ctx, struct run *run, put_fn *put)
{
	const struct parts *parts;
	struct pairs pairs = { 0 };

	switch (kind_of(run->rq)) {
	case BODY_MULTIPART:
		parts = get_parts(ctx, run);
		if (parts == NULL)
			return false;
		push_fields(ctx, run, parts, put);
		return true;
	case BODY_FORM:
		if (!get_form(ctx, run, &pairs))
			return false;
		push_pairs(ctx, run, &pairs, put);
		return true;
	default:
		return false;
	}
}

void
js_body_push_form(duk_context *ctx, struct run *run)
{
	if (!push_any_form(ctx, run, put_first))
		duk_push_object(ctx);
}

void
js_body_push_form_all(duk_context *ctx, struct run *run)
{
	if (!push_any_form(ctx, run, put_last))
		duk_push_object(ctx);
}

void
js_body_push(duk_context *ctx, struct run *run)
{
	switch (kind_of(run->rq)) {
	case BODY_JSON:
		push_json(ctx, run);
		break;
	case BODY_TEXT:
		js_body_push_text(ctx, run);
		break;
	case BODY_MULTIPART:
	case BODY_FORM:
		if (!push_any_form(ctx, run, put_first))
			duk_push_null(ctx);
		break;
	default:
		duk_push_null(ctx);
	}
}

void
js_body_push_error(duk_context *ctx, struct run *run)
{
	duk_push_this(ctx);
	duk_get_prop_string(ctx, -1, "body");
	duk_pop_2(ctx);
	if (run->body_error == NULL)
		duk_push_undefined(ctx);
	else
		js_push_string(ctx, run, run->body_error);
}
