/*
 * The file runs as one function; then, if nobody has responded, whatever it exports is
 * called.  There is no event loop: "await" means running the queue of promise jobs until
 * it is empty, and what is still pending then can never be settled.
 *
 * A rejection that nobody handled is an uncaught error, as in Node.  An answer given
 * before it does not count: half a job that failed is no success.
 *
 * The error value is read inside the same limits, as reading its properties may run the
 * script's code again.
 */
#include "runtime/call.h"

#include <string.h>

#include "runtime/js.h"
#include "runtime/text.h"
#include "runtime/world.h"

#define TEXT_MAX 8192UL

struct call {
	struct run	*run;
	struct call_error *error;
};

/* Push the state of the promise at idx; undefined for what is none of ours. */
static bool
push_state(duk_context *ctx, const struct world *w, duk_idx_t idx)
{
	idx = duk_normalize_index(ctx, idx);
	duk_push_heapptr(ctx, w->promise_state);
	duk_dup(ctx, idx);
	duk_call(ctx, 1);
	if (duk_is_object(ctx, -1))
		return true;
	duk_pop(ctx);
	return false;
}

bool
call_settle(duk_context *ctx, const struct run *run)
{
	const struct world *w = run->world;
	int state;

	duk_push_heapptr(ctx, w->drain);
	duk_call(ctx, 0);
	duk_pop(ctx);
	if (!duk_is_object(ctx, -1) || !push_state(ctx, w, -1))
		return true;
	duk_get_prop_string(ctx, -1, "s");
	state = duk_to_int(ctx, -1);
	duk_get_prop_string(ctx, -2, "v");
	if (state == 2)
		(void)duk_throw(ctx);
	duk_replace(ctx, -4);
	duk_pop_2(ctx);
	return state != 0;
}

/* A thenable of somebody else's making becomes a promise. */
static void
adopt(duk_context *ctx)
{
	bool thenable;

	duk_get_prop_string(ctx, -1, "then");
	thenable = duk_is_callable(ctx, -1);
	duk_pop(ctx);
	if (!thenable)
		return;
	duk_get_global_string(ctx, "Promise");
	duk_push_string(ctx, "resolve");
	duk_dup(ctx, -3);
	duk_call_prop(ctx, -3, 1);
	duk_replace(ctx, -3);
	duk_pop(ctx);
}

/* [ ... value ] -> [ ... what it settles to ] */
static void
settle(duk_context *ctx, const struct run *run)
{
	if (duk_is_object(ctx, -1) && !duk_is_function(ctx, -1))
		adopt(ctx);
	if (!call_settle(ctx, run) && !run->responded)
		js_throw(ctx, "Error", NULL, false,
		    "the handler waits for a promise that nothing will settle");
}

/* Rejections that nobody looked at: the first one is the error. */
static void
check_unhandled(duk_context *ctx, const struct world *w)
{
	duk_push_heapptr(ctx, w->unhandled);
	duk_call(ctx, 0);
	if (duk_get_length(ctx, -1) > 0) {
		duk_get_prop_index(ctx, -1, 0);
		(void)duk_throw(ctx);
	}
	duk_pop(ctx);
}

/* Push the exported handler; false if there is none. */
static bool
push_exported(duk_context *ctx, const struct world *w)
{
	static const char *const names[] = { "default", "handler" };
	size_t i;

	duk_push_heapptr(ctx, w->module);
	duk_get_prop_string(ctx, -1, "exports");
	duk_remove(ctx, -2);
	if (duk_is_callable(ctx, -1))
		return true;
	for (i = 0; i < 2 && duk_is_object(ctx, -1); i++) {
		duk_get_prop_string(ctx, -1, names[i]);
		if (duk_is_callable(ctx, -1)) {
			duk_remove(ctx, -2);
			return true;
		}
		duk_pop(ctx);
	}
	duk_pop(ctx);
	return false;
}

static bool
push_named(duk_context *ctx, const struct world *w)
{
	duk_push_heapptr(ctx, w->host);
	duk_get_prop_string(ctx, -1, "handler");
	duk_remove(ctx, -2);
	if (duk_is_callable(ctx, -1))
		return true;
	duk_pop(ctx);
	return false;
}

/* [ ... handler ] -> [ ... ] */
static void
call_handler(duk_context *ctx, struct run *run)
{
	js_request_push(ctx);
	duk_call(ctx, 1);
	settle(ctx, run);
	if (!run->responded)
		js_respond_value(ctx, run, -1);
	duk_pop(ctx);
}

static void
push_main(duk_context *ctx, const struct world *w)
{
	if (w->main != NULL)
		duk_push_heapptr(ctx, w->main);
	else
		world_push_function(ctx, w->program->main);
	duk_push_heapptr(ctx, w->module);
	duk_get_prop_string(ctx, -1, "exports");
	duk_remove(ctx, -2);
	duk_dup_top(ctx);
	duk_push_heapptr(ctx, w->require);
	duk_push_heapptr(ctx, w->module);
	duk_push_heapptr(ctx, w->host);
}

static duk_ret_t
play(duk_context *ctx, void *arg)
{
	struct call *c = arg;
	struct run *run = c->run;

	push_main(ctx, run->world);
	duk_call_method(ctx, 4);
	settle(ctx, run);
	if (!run->responded) {
		if (push_exported(ctx, run->world))
			call_handler(ctx, run);
		else if (!js_respond_value(ctx, run, -1) && push_named(ctx, run->world))
			call_handler(ctx, run);
	}
	check_unhandled(ctx, run->world);
	return 0;
}

/* --- errors --- */

static const char *
copy_text(duk_context *ctx, struct run *run, duk_idx_t idx)
{
	duk_size_t n;
	const char *s = duk_get_lstring(ctx, idx, &n);
	size_t len;
	char *out;

	if (s == NULL || duk_is_symbol(ctx, idx))
		return "";
	if (n > TEXT_MAX)
		n = TEXT_MAX;
	len = text_utf8_len(s, n);
	guard_out();
	out = arena_alloc(run->arena, len + 1);
	guard_in(ctx);
	text_to_utf8(s, n, out);
	return out;
}

static const char *
member(duk_context *ctx, struct run *run, const char *name)
{
	const char *s = "";

	duk_get_prop_string(ctx, -1, name);
	if (duk_is_string(ctx, -1))
		s = copy_text(ctx, run, -1);
	duk_pop(ctx);
	return s;
}

/* The thrown value is on top. */
static duk_ret_t
describe(duk_context *ctx, void *arg)
{
	struct call *c = arg;
	struct call_error *e = c->error;

	if (!duk_is_object(ctx, -1)) {
		e->name = "Error";
		duk_dup_top(ctx);
		duk_safe_to_string(ctx, -1);
		e->message = copy_text(ctx, c->run, -1);
		return 0;
	}
	e->name = member(ctx, c->run, "name");
	e->message = member(ctx, c->run, "message");
	e->code = member(ctx, c->run, "code");
	duk_get_prop_string(ctx, -1, "retryable");
	e->retryable = duk_get_boolean(ctx, -1);
	duk_pop(ctx);
	e->stack = member(ctx, c->run, "stack");
	return 0;
}

static duk_ret_t
call(duk_context *ctx, void *arg)
{
	struct call *c = arg;

	if (duk_safe_call(ctx, play, c, 0, 1) == DUK_EXEC_SUCCESS)
		return 0;
	c->error->thrown = true;
	(void)duk_safe_call(ctx, describe, c, 1, 1);
	return 0;
}

enum guard_end
call_app(struct run *run, const struct guard_limits *limits, struct guard_used *used,
    struct call_error *error)
{
	struct call c = { run, error };
	enum guard_end end;

	*error = (struct call_error){ false, "Error", "", "", "", false };
	js_set_run(run);
	end = guard_run(run->world->region, call, &c, 0, 0, limits, used);
	js_set_run(NULL);
	if (end == GUARD_THREW)
		error->thrown = true;
	return end;
}
