/*
 * respond: what a body is, and what a handler returns.  As with status and headers
 * (js_answer.c), everything is read before anything is set.  The body is copied out of the
 * heap once, as bytes of the wire.
 */
#include "runtime/js.h"

#include <string.h>

#include "base/limits.h"
#include "base/mime.h"
#include "base/str.h"
#include "runtime/text.h"

/* --- body --- */

struct body {
	const void	*bytes;		/* of the value at idx, which stays on the stack */
	size_t		 len;
	bool		 text;
	const char	*type;
	const struct object *blob;
};

static bool
looks_like_json(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r'))
		i++;
	return i < n && (s[i] == '{' || s[i] == '[');
}

static const struct object *
find_served(const struct run *run, const void *text)
{
	const struct run_served *s = run->served;

	while (s != NULL && s->text != text)
		s = s->next;
	return s == NULL ? NULL : &s->object;
}

void
js_served(duk_context *ctx, struct run *run, duk_idx_t idx, const struct object *object)
{
	struct run_served *s;

	idx = duk_normalize_index(ctx, idx);
	/* Alive as long as the run, so that no other string gets its address. */
	duk_push_heap_stash(ctx);
	if (!duk_get_prop_string(ctx, -1, "served")) {
		duk_pop(ctx);
		duk_push_bare_object(ctx);
		duk_dup_top(ctx);
		duk_put_prop_string(ctx, -3, "served");
	}
	duk_dup(ctx, idx);
	duk_push_true(ctx);
	duk_put_prop(ctx, -3);
	duk_pop_2(ctx);
	js_work(run);
	s = arena_alloc(run->arena, sizeof(*s));
	s->text = duk_get_heapptr(ctx, idx);
	s->object = *object;
	s->next = run->served;
	run->served = s;
	js_done(ctx, run);
}

static void
read_string(duk_context *ctx, struct run *run, duk_idx_t idx, const struct js_answer *a,
    struct body *b)
{
	duk_size_t n;

	b->bytes = duk_get_lstring(ctx, idx, &n);
	b->len = n;
	b->text = true;
	b->type = looks_like_json(b->bytes, n) ? "application/json" :
	    "text/plain; charset=utf-8";
	if (run->served != NULL && a->type != NULL && !mime_is(a->type, "application/json"))
		b->blob = find_served(run, duk_get_heapptr(ctx, idx));
}

/* The value at idx may be replaced by its JSON text. */
static void
read_body(duk_context *ctx, struct run *run, duk_idx_t idx, const struct js_answer *a,
    struct body *b)
{
	duk_size_t n = 0;
	void *held;

	if (duk_is_undefined(ctx, idx) || a->status == 204 || a->status == 304)
		return;
	if (duk_is_symbol(ctx, idx) || duk_is_function(ctx, idx))
		js_throw(ctx, "TypeError", NULL, false,
		    "respond: a function or symbol is no body");
	if (duk_is_string(ctx, idx)) {
		read_string(ctx, run, idx, a, b);
		return;
	}
	if (duk_is_buffer_data(ctx, idx)) {
		b->bytes = duk_get_buffer_data(ctx, idx, &n);
		b->type = "application/octet-stream";
	} else {
		held = js_hold(run);
		duk_json_encode(ctx, idx);
		js_release(run, held);
		b->bytes = duk_get_lstring(ctx, idx, &n);
		b->text = true;
		b->type = "application/json";
	}
	b->len = n;
}

static size_t
wire_length(duk_context *ctx, const struct body *b, bool *plain)
{
	size_t n = b->len;

	*plain = !b->text || text_plain(b->bytes, n);
	/* Counting what is far too long would only cost time. */
	if (!*plain && n <= 2 * RUN_BODY_MAX)
		n = text_utf8_len(b->bytes, n);
	if (n > RUN_BODY_MAX)
		js_throw(ctx, "LimitError", "LIMIT_EXCEEDED", false,
		    "respond: the body is larger than 16 MiB");
	return n;
}

/* Everything is read: now it counts. */
static void
commit(duk_context *ctx, struct run *run, const struct js_answer *a, const struct body *b)
{
	struct response *rs = run->rs;
	bool plain = true;
	size_t n = wire_length(ctx, b, &plain);
	char *out;

	if (!js_answer_set(ctx, run, a))
		return;
	if (b->blob != NULL) {
		run->blob = b->blob;
		return;
	}
	if (b->bytes == NULL && b->type == NULL)
		return;
	js_work(run);
	out = arena_alloc(run->arena, n + 1);
	if (plain && n > 0)
		memcpy(out, b->bytes, n);
	else if (n > 0)
		text_to_utf8(b->bytes, b->len, out);
	rs->bytes = out;
	rs->len = n;
	if (a->type == NULL)
		response_header(rs, "Content-Type", b->type);
	js_done(ctx, run);
}

/* Values at these indexes; headers may be undefined.  Pushes the response object. */
static void
respond_with(duk_context *ctx, struct run *run, int status, duk_idx_t body,
    duk_idx_t headers)
{
	struct js_answer a = { .status = status };
	struct body b = { 0 };

	if (!run->responded) {
		js_answer_headers(ctx, run, headers, &a);
		duk_dup(ctx, body);
		read_body(ctx, run, duk_get_top_index(ctx), &a, &b);
		commit(ctx, run, &a, &b);
		duk_pop(ctx);
	} else
		run->ignored++;
	js_push_answer(ctx, status, body, headers);
}

static duk_ret_t
respond_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	duk_idx_t n = duk_get_top(ctx);
	int status = 200;

	duk_set_top(ctx, 3);
	if (n >= 2) {
		status = js_answer_status(ctx, 0);
		respond_with(ctx, run, status, 1, 2);
	} else if (n == 1 && duk_is_number(ctx, 0)) {
		status = js_answer_status(ctx, 0);
		respond_with(ctx, run, status, 1, 2);
	} else
		respond_with(ctx, run, status, 0, 2);
	return 1;
}

static duk_ret_t
redirect_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct js_answer a = { .status = 302 };

	js_text(ctx, run, 0, "respond.redirect requires a URL", NULL);
	if (!duk_is_undefined(ctx, 1))
		a.status = js_answer_status(ctx, 1);
	if (a.status < 300 || a.status > 399 || a.status == 304)
		js_throw(ctx, "TypeError", NULL, false,
		    "respond.redirect: status must be a redirect");
	duk_set_top(ctx, 1);
	duk_push_object(ctx);
	duk_dup(ctx, 0);
	duk_put_prop_string(ctx, 1, "Location");
	js_answer_headers(ctx, run, 1, &a);
	js_answer_set(ctx, run, &a);
	js_push_answer(ctx, a.status, -1, 1);
	return 1;
}

/* --- what a handler returns --- */

static bool
is_answer(duk_context *ctx, duk_idx_t idx)
{
	static const char *const names[] = { "status", "body", "headers" };

	if (!duk_is_object(ctx, idx) || duk_is_array(ctx, idx) ||
	    duk_is_buffer_data(ctx, idx) || duk_is_error(ctx, idx))
		return false;
	for (size_t i = 0; i < 3; i++)
		if (duk_has_prop_string(ctx, idx, names[i]))
			return true;
	return false;
}

bool
js_respond_value(duk_context *ctx, struct run *run, duk_idx_t idx)
{
	duk_idx_t top = duk_get_top(ctx);
	int status = 200;

	if (duk_is_undefined(ctx, idx) || duk_is_function(ctx, idx))
		return false;
	(void)js_enter(ctx);
	idx = duk_normalize_index(ctx, idx);
	if (is_answer(ctx, idx)) {
		if (duk_get_prop_string(ctx, idx, "status"))
			status = js_answer_status(ctx, -1);
		duk_get_prop_string(ctx, idx, "body");
		duk_get_prop_string(ctx, idx, "headers");
		respond_with(ctx, run, status, top + 1, top + 2);
	} else {
		duk_push_undefined(ctx);
		respond_with(ctx, run, status, idx, top);
	}
	duk_set_top(ctx, top);
	return true;
}

void
js_respond_setup(duk_context *ctx)
{
	static const struct js_function functions[] = {
		{ "redirect", redirect_js, 2, 0 },
		{ NULL, NULL, 0, 0 }
	};

	duk_push_global_object(ctx);
	duk_push_string(ctx, "respond");
	duk_push_c_function(ctx, respond_js, DUK_VARARGS);
	duk_push_string(ctx, "name");
	duk_push_string(ctx, "respond");
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_FORCE);
	js_functions(ctx, functions);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WC |
	    DUK_DEFPROP_CLEAR_ENUMERABLE | DUK_DEFPROP_FORCE);
	duk_pop(ctx);
}
