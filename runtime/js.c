/*
 * The parts bindings are made of.
 *
 * Scratch is one arena a run.  Who calls in from the script finds it empty, except when a
 * host function further up the stack has its texts in it: a toString or getter of the
 * script may call the next host function while the arguments of the first are being read.
 * Such a function marks its frame before it gives control to the script (js_hold), and a
 * function that enters below a mark empties nothing.  A mark left behind by a throw ends
 * when somebody enters above it; until then scratch only grows, and its size is bounded.
 *
 * malloc is work like any other: an abort inside it would leave its lock taken, so
 * scratch is allocated between guard_out and guard_in too.
 *
 * Texts that are plain ASCII are the same on both sides and are borrowed from the engine:
 * the value stays on the stack until the function is over.
 */
#include "runtime/js.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/text.h"

static __thread struct run *current;

void
js_set_run(struct run *run)
{
	current = run;
}

struct run *
js_enter_at(duk_context *ctx, void *frame)
{
	struct run *run = current;

	if (run == NULL)
		js_throw(ctx, "Error", NULL, false, "not available while loading");
	/* The stack grows down. */
	if (run->scratch_frame == NULL || (char *)frame >= (char *)run->scratch_frame) {
		run->scratch_frame = NULL;
		if (arena_used(run->scratch) > 0) {
			guard_out();
			arena_reset(run->scratch);
			guard_in(ctx);
		}
	}
	run->frame = frame;
	return run;
}

void
js_work(struct run *run)
{
	(void)run;
	guard_out();
}

void
js_done(duk_context *ctx, struct run *run)
{
	guard_in(ctx);
	if (arena_used(run->scratch) > RUN_SCRATCH_MAX ||
	    arena_used(run->arena) > RUN_ARENA_MAX)
		guard_over_memory();
}

void *
js_scratch(duk_context *ctx, struct run *run, size_t n)
{
	void *p;

	if (n > RUN_SCRATCH_MAX - 64)
		guard_over_memory();
	js_work(run);
	p = arena_alloc(run->scratch, n);
	js_done(ctx, run);
	return p;
}

void *
js_hold(struct run *run)
{
	void *before = run->scratch_frame;

	if (before == NULL)
		run->scratch_frame = run->frame;
	return before == NULL ? run->frame : NULL;
}

void
js_release(struct run *run, void *held)
{
	if (held == NULL)
		return;
	run->scratch_frame = NULL;
	run->frame = held;
}

/* --- tables --- */

void
js_functions(duk_context *ctx, const struct js_function *f)
{
	for (; f->name != NULL; f++) {
		duk_push_c_function(ctx, f->call, f->nargs);
		duk_set_magic(ctx, -1, f->magic);
		duk_push_string(ctx, "name");
		duk_push_string(ctx, f->name);
		duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_FORCE);
		duk_put_prop_string(ctx, -2, f->name);
	}
}

void
js_namespace(duk_context *ctx, const char *path)
{
	size_t n;

	duk_get_global_string(ctx, "fazt");
	for (; *path != '\0'; path += n + (path[n] == '.')) {
		n = strcspn(path, ".");
		if (!duk_get_prop_lstring(ctx, -1, path, n)) {
			duk_pop(ctx);
			duk_push_object(ctx);
			duk_dup_top(ctx);
			duk_put_prop_lstring(ctx, -3, path, n);
		}
		duk_remove(ctx, -2);
	}
}

void
js_storage(duk_context *ctx, const char *name, const struct js_function *shared,
    const struct js_function *user)
{
	js_namespace(ctx, "storage");
	js_namespace(ctx, "app");
	duk_push_object(ctx);
	js_functions(ctx, shared);
	duk_dup_top(ctx);
	duk_put_prop_string(ctx, -3, name);
	duk_put_prop_string(ctx, -3, name);
	duk_pop_2(ctx);
	js_namespace(ctx, "app.user");
	duk_push_object(ctx);
	js_functions(ctx, user);
	duk_put_prop_string(ctx, -2, name);
	duk_pop(ctx);
}

/* --- arguments --- */

struct space
js_space(duk_context *ctx, struct run *run, const char *what)
{
	struct space space = { run->script->app, 0 };

	if (duk_get_current_magic(ctx) & JS_USER) {
		space.user = run->rq->caller.user;
		if (space.user == 0)
			js_throw(ctx, "AuthError", "LOGIN_REQUIRED", false,
			    "fazt.app.user.%s requires login", what);
	}
	if (run->script->data_none)
		js_throw(ctx, "StorageError", "NOT_SUPPORTED", false,
		    "%s: this preview has no storage", what);
	return space;
}

/* The engine's text as UTF-8, borrowed or in scratch. */
static const char *
to_utf8(duk_context *ctx, struct run *run, const char *s, size_t n, bool copy,
    size_t *len)
{
	bool plain = text_plain(s, n);
	size_t size = plain ? n : text_utf8_len(s, n);
	char *out;

	if (len != NULL)
		*len = size;
	if (plain && !copy)
		return s;
	out = js_scratch(ctx, run, size + 1);
	if (plain)
		memcpy(out, s, n);
	else
		text_to_utf8(s, n, out);
	return out;
}

static bool
is_text(duk_context *ctx, duk_idx_t idx)
{
	return duk_is_string(ctx, idx) && !duk_is_symbol(ctx, idx);
}

const char *
js_text(duk_context *ctx, struct run *run, duk_idx_t idx, const char *message, size_t *len)
{
	const char *s;
	duk_size_t n;

	if (!is_text(ctx, idx))
		js_throw(ctx, "TypeError", NULL, false, "%s", message);
	s = duk_get_lstring(ctx, idx, &n);
	if (memchr(s, '\0', n) != NULL)
		js_throw(ctx, "TypeError", NULL, false, "%s", message);
	return to_utf8(ctx, run, s, n, false, len);
}

const char *
js_any_text(duk_context *ctx, struct run *run, duk_idx_t idx, size_t *len)
{
	const char *s;
	duk_size_t n;
	void *held;

	if (!is_text(ctx, idx)) {
		held = js_hold(run);
		duk_to_string(ctx, idx);	/* throws for a Symbol */
		js_release(run, held);
	}
	s = duk_get_lstring(ctx, idx, &n);
	return to_utf8(ctx, run, s, n, false, len);
}

const void *
js_bytes(duk_context *ctx, struct run *run, duk_idx_t idx, const char *message, size_t *len)
{
	duk_size_t n = 0;
	const void *p;

	if (is_text(ctx, idx)) {
		const char *s = duk_get_lstring(ctx, idx, &n);

		return to_utf8(ctx, run, s, n, false, len);
	}
	if (!duk_is_buffer_data(ctx, idx))
		js_throw(ctx, "TypeError", NULL, false, "%s", message);
	p = duk_get_buffer_data(ctx, idx, &n);
	*len = n;
	return p == NULL ? "" : p;
}

static const char *
take_json(duk_context *ctx, struct run *run, size_t *len)
{
	const char *s, *out = NULL;
	duk_size_t n;

	if (duk_is_string(ctx, -1)) {
		s = duk_get_lstring(ctx, -1, &n);
		out = to_utf8(ctx, run, s, n, true, len);
	}
	duk_pop(ctx);
	return out;
}

const char *
js_json(duk_context *ctx, struct run *run, duk_idx_t idx, size_t *len)
{
	void *held = js_hold(run);

	duk_dup(ctx, idx);
	duk_json_encode(ctx, -1);
	js_release(run, held);
	return take_json(ctx, run, len);
}

/* JSON.stringify's replacer: what it would leave out is null instead. */
static duk_ret_t
absent_is_null(duk_context *ctx)
{
	if (duk_is_undefined(ctx, 1) || duk_is_callable(ctx, 1) || duk_is_symbol(ctx, 1))
		duk_push_null(ctx);
	else
		duk_dup(ctx, 1);
	return 1;
}

const char *
js_json_strict(duk_context *ctx, struct run *run, duk_idx_t idx, size_t *len)
{
	void *held;

	if (duk_is_undefined(ctx, idx) || duk_is_callable(ctx, idx) ||
	    duk_is_symbol(ctx, idx))
		return NULL;
	idx = duk_normalize_index(ctx, idx);
	held = js_hold(run);
	/* Not the script's own JSON, which it may have changed. */
	duk_push_heap_stash(ctx);
	if (!duk_get_prop_string(ctx, -1, "stringify"))
		js_throw(ctx, "Error", NULL, false, "JSON is not there yet");
	duk_remove(ctx, -2);
	duk_dup(ctx, idx);
	duk_push_c_function(ctx, absent_is_null, 2);	/* a light one is ignored */
	duk_call(ctx, 2);
	js_release(run, held);
	return take_json(ctx, run, len);
}

/* Push the option if it is there and neither undefined nor null. */
static bool
push_option(duk_context *ctx, duk_idx_t idx, const char *name)
{
	void *held = NULL;

	if (duk_is_null_or_undefined(ctx, idx) || !duk_is_valid_index(ctx, idx))
		return false;
	if (!duk_is_object(ctx, idx))
		js_throw(ctx, "TypeError", NULL, false, "options must be an object");
	if (current != NULL)
		held = js_hold(current);
	duk_get_prop_string(ctx, idx, name);
	if (current != NULL)
		js_release(current, held);
	if (!duk_is_null_or_undefined(ctx, -1))
		return true;
	duk_pop(ctx);
	return false;
}

bool
js_option_number(duk_context *ctx, duk_idx_t idx, const char *name, double *out)
{
	double v;

	if (!push_option(ctx, idx, name))
		return false;
	if (!duk_is_number(ctx, -1))
		js_throw(ctx, "TypeError", NULL, false, "option %s must be a number", name);
	v = duk_get_number(ctx, -1);
	if (isnan(v))
		js_throw(ctx, "TypeError", NULL, false, "option %s must be a number", name);
	*out = v;
	duk_pop(ctx);
	return true;
}

bool
js_option_flag(duk_context *ctx, duk_idx_t idx, const char *name, bool *out)
{
	if (!push_option(ctx, idx, name))
		return false;
	*out = duk_to_boolean(ctx, -1);
	duk_pop(ctx);
	return true;
}

bool
js_option_text(duk_context *ctx, struct run *run, duk_idx_t idx, const char *name,
    const char **out)
{
	const char *s;
	duk_size_t n;

	if (!push_option(ctx, idx, name))
		return false;
	s = is_text(ctx, -1) ? duk_get_lstring(ctx, -1, &n) : NULL;
	if (s == NULL || memchr(s, '\0', n) != NULL)
		js_throw(ctx, "TypeError", NULL, false, "option %s must be a string", name);
	*out = to_utf8(ctx, run, s, n, true, NULL);
	duk_pop(ctx);
	return true;
}

/* --- results --- */

static void
push_cesu(duk_context *ctx, const char *utf8, size_t len)
{
	size_t n;
	char *p;

	if (text_plain(utf8, len)) {
		duk_push_lstring(ctx, utf8, len);
		return;
	}
	n = text_cesu_len(utf8, len);
	p = duk_push_fixed_buffer(ctx, n);
	text_to_cesu(utf8, len, p);
	duk_buffer_to_string(ctx, -1);
}

void
js_push_text(duk_context *ctx, struct run *run, const char *utf8, size_t len)
{
	(void)run;
	push_cesu(ctx, utf8, len);
}

void
js_push_json(duk_context *ctx, struct run *run, const char *json, size_t len)
{
	js_push_text(ctx, run, json, len);
	duk_json_decode(ctx, -1);
}

void
js_push_string(duk_context *ctx, struct run *run, const char *utf8)
{
	js_push_text(ctx, run, utf8 == NULL ? "" : utf8, utf8 == NULL ? 0 : strlen(utf8));
}

void
js_put_string(duk_context *ctx, struct run *run, const char *name, const char *utf8)
{
	js_push_string(ctx, run, utf8);
	duk_put_prop_string(ctx, -2, name);
}

static duk_ret_t
decode_json(duk_context *ctx, void *arg)
{
	(void)arg;
	duk_json_decode(ctx, -1);
	return 1;
}

bool
js_push_json_of(duk_context *ctx, struct run *run, const char *json, size_t len)
{
	js_push_text(ctx, run, json, len);
	if (duk_safe_call(ctx, decode_json, NULL, 1, 1) == DUK_EXEC_SUCCESS)
		return true;
	duk_pop(ctx);
	return false;
}

void
js_push_bytes(duk_context *ctx, const void *bytes, size_t len)
{
	void *p = duk_push_fixed_buffer(ctx, len);

	if (len > 0)
		memcpy(p, bytes, len);
	duk_push_buffer_object(ctx, -1, 0, len, DUK_BUFOBJ_ARRAYBUFFER);
	duk_remove(ctx, -2);
}

/* --- errors --- */

static duk_errcode_t
engine_class(const char *klass)
{
	if (strcmp(klass, "TypeError") == 0)
		return DUK_ERR_TYPE_ERROR;
	if (strcmp(klass, "RangeError") == 0)
		return DUK_ERR_RANGE_ERROR;
	if (strcmp(klass, "SyntaxError") == 0)
		return DUK_ERR_SYNTAX_ERROR;
	return DUK_ERR_ERROR;
}

static bool
is_ours(const char *klass)
{
	return strcmp(klass, "Error") != 0 && engine_class(klass) == DUK_ERR_ERROR;
}

duk_ret_t
js_throw(duk_context *ctx, const char *klass, const char *code, bool retryable,
    const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	push_cesu(ctx, text, strlen(text));
	/* Without a C file and line: they are no business of a script. */
	duk_push_error_object_raw(ctx, engine_class(klass), NULL, 0, "%s",
	    duk_get_string(ctx, -1));
	if (is_ours(klass)) {
		duk_push_string(ctx, "name");
		duk_push_string(ctx, klass);
		duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WC |
		    DUK_DEFPROP_CLEAR_ENUMERABLE | DUK_DEFPROP_FORCE);
	}
	if (code != NULL) {
		duk_push_string(ctx, "code");
		duk_push_string(ctx, code);
		duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WEC |
		    DUK_DEFPROP_FORCE);
		duk_push_string(ctx, "retryable");
		duk_push_boolean(ctx, retryable);
		duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WEC |
		    DUK_DEFPROP_FORCE);
	}
	(void)duk_throw(ctx);
	__builtin_unreachable();
}

/* What an error of ours is to a script; a row without a class is an internal error. */
static const struct {
	enum fz_err	 err;
	const char	*klass;
	const char	*code;
	bool		 retryable;
} meanings[] = {
	{ FZ_BAD_REQUEST, "TypeError", NULL, false },
	{ FZ_VALIDATION_FAILED, "TypeError", NULL, false },
	{ FZ_INVALID_JSON, "TypeError", NULL, false },
	{ FZ_MISSING_FIELD, "TypeError", NULL, false },
	{ FZ_DS_BAD_QUERY, "StorageError", "DS_BAD_QUERY", false },
	{ FZ_DS_BAD_UPDATE, "StorageError", "DS_BAD_UPDATE", false },
	{ FZ_DS_DUPLICATE, "StorageError", "DS_DUPLICATE", false },
	{ FZ_KV_NOT_NUMBER, "StorageError", "KV_NOT_NUMBER", false },
	{ FZ_TX_NESTED, "StorageError", "TX_NESTED", false },
	{ FZ_TX_NOT_ALLOWED, "StorageError", "TX_NOT_ALLOWED", false },
	{ FZ_READ_ONLY, "StorageError", "READ_ONLY", false },
	{ FZ_OVERLOADED, "StorageError", "BUSY", true },
	{ FZ_SERVICE_UNAVAILABLE, "StorageError", "BUSY", true },
	{ FZ_TIMEOUT, "StorageError", "TIMEOUT", true },
	{ FZ_STORAGE_FULL, "StorageError", "STORAGE_FULL", false },
	{ FZ_NOT_SUPPORTED, "StorageError", "NOT_SUPPORTED", false },
	{ FZ_NOT_FOUND, "StorageError", "NOT_FOUND", false },
	{ FZ_LOGIN_REQUIRED, "AuthError", "LOGIN_REQUIRED", false },
	{ FZ_UNAUTHORIZED, "AuthError", "LOGIN_REQUIRED", false },
	{ FZ_FORBIDDEN, "AuthError", "FORBIDDEN", false },
	{ FZ_LIMIT_EXCEEDED, "LimitError", "LIMIT_EXCEEDED", false },
	{ FZ_PAYLOAD_TOO_LARGE, "LimitError", "LIMIT_EXCEEDED", false },
	{ FZ_QUOTA_EXCEEDED, "LimitError", "QUOTA_EXCEEDED", false },
};

duk_ret_t
js_fail(duk_context *ctx, enum fz_err err, const char *what, const struct why *why)
{
	const char *text = why != NULL && why->text[0] != '\0' ? why->text : err_text(err);

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].err == err)
			js_throw(ctx, meanings[i].klass, meanings[i].code,
			    meanings[i].retryable, "%s: %s", what, text);
	js_throw(ctx, "Error", "INTERNAL_ERROR", false, "%s failed", what);
}
