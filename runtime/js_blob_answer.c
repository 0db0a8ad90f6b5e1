/*
 * respond.blob (docs/contract.md 5.3): the answer names an object now and is sent when the
 * script has ended, so a range of 100 MiB costs the script what a word costs.
 *
 * What the object's own type may do in a browser is decided by runtime/blob_send.c, unless
 * the script gives a Content-Type: then the script has spoken for the bytes.
 */
#include <string.h>

#include "runtime/blob_send.h"
#include "runtime/blob_url.h"
#include "runtime/js.h"
#include "runtime/js_blob.h"
#include "store/object.h"

static void
answer_header(duk_context *ctx, struct js_answer *a, const char *name, const char *value)
{
	if (a->n == RESPONSE_HEADERS)
		js_throw(ctx, "TypeError", NULL, false, "respond.blob: too many headers");
	a->headers[a->n++] = (struct pair){ name, value };
}

static void
answer_download(duk_context *ctx, struct run *run, struct js_answer *a)
{
	const char *name, *value;

	if (!js_option_text(ctx, run, 1, "download", &name))
		return;
	if (!blob_url_name_ok(name))
		js_throw(ctx, "TypeError", NULL, false,
		    "respond.blob: this is no file name");
	js_work(run);
	value = response_attachment(run->scratch, name);
	js_done(ctx, run);
	answer_header(ctx, a, "Content-Disposition", value);
}

static void
answer_args(duk_context *ctx, struct run *run, struct js_answer *a)
{
	const char *cache;
	void *held;

	memset(a, 0, sizeof(*a));
	a->status = 200;
	if (duk_is_null_or_undefined(ctx, 1))
		return;
	if (!duk_is_object(ctx, 1))
		js_throw(ctx, "TypeError", NULL, false, "options must be an object");
	answer_download(ctx, run, a);
	if (js_option_text(ctx, run, 1, "cache", &cache)) {
		if (!object_mime_ok(cache))
			js_throw(ctx, "TypeError", NULL, false,
			    "respond.blob: bad value of cache");
		answer_header(ctx, a, "Cache-Control", cache);
	}
	held = js_hold(run);
	duk_get_prop_string(ctx, 1, "status");
	duk_get_prop_string(ctx, 1, "headers");
	js_release(run, held);
	if (!duk_is_undefined(ctx, -2))
		a->status = js_answer_status(ctx, -2);
	js_answer_headers(ctx, run, -1, a);
	duk_pop_2(ctx);
}

static struct space
answer_space(duk_context *ctx, struct run *run)
{
	struct space space = js_space(ctx, run, "respond.blob");
	const char *scope;

	if (!js_option_text(ctx, run, 1, "scope", &scope) || strcmp(scope, "app") == 0)
		return space;
	if (strcmp(scope, "user") != 0)
		js_throw(ctx, "TypeError", NULL, false,
		    "respond.blob: scope is \"app\" or \"user\"");
	space.user = run->rq->caller.user;
	if (space.user == 0)
		js_throw(ctx, "AuthError", "LOGIN_REQUIRED", false,
		    "respond.blob with scope user requires login");
	return space;
}

static void
answer_missing(duk_context *ctx, struct run *run)
{
	static const struct js_answer missing = { .status = 404 };
	const char *text;

	if (!js_answer_set(ctx, run, &missing))
		return;
	js_work(run);
	text = arena_printf(run->arena, "{\"error\":\"Not found\",\"code\":\"NOT_FOUND\","
	    "\"id\":\"%s\"}", run->rq->id);
	response_bytes(run->rs, 404, "application/json", text, strlen(text));
	js_done(ctx, run);
}

static duk_ret_t
respond_blob_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const char *path = js_blob_path(ctx, run, "respond.blob",
	    "respond.blob requires a path");
	struct space space = answer_space(ctx, run);
	struct js_answer answer;
	struct object *o;
	enum fz_err err;

	answer_args(ctx, run, &answer);
	js_work(run);
	o = arena_alloc(run->arena, sizeof(*o));
	err = js_blob_find(run, run->arena, space, path, o);
	js_done(ctx, run);
	if (err != FZ_OK && err != FZ_NOT_FOUND)
		return js_fail(ctx, err, "respond.blob", NULL);
	if (err == FZ_NOT_FOUND) {
		answer.status = 404;
		answer_missing(ctx, run);
	} else if (js_answer_set(ctx, run, &answer))
		run->blob = o;
	js_push_answer(ctx, answer.status, -1, -1);
	return 1;
}

void
js_blob_send(struct run *run)
{
	blob_send(run->rq, run->rs, run->blob, run->rs->status);
}

void
js_blob_answer_setup(duk_context *ctx)
{
	static const struct js_function functions[] = {
		{ "blob", respond_blob_js, 2, JS_SHARED },
		{ NULL, NULL, 0, 0 }
	};

	duk_get_global_string(ctx, "respond");
	js_functions(ctx, functions);
	duk_pop(ctx);
}
