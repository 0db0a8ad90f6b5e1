/*
 * What the library (runtime/lib) cannot do in the language: keys nobody else can make,
 * Unicode's tables, true randomness.  The functions are globals while the library starts;
 * the world takes them away before any other code runs.  And what it could do but should
 * not have to: stacks that speak of the author's lines.
 */
#include <sys/random.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

#include "base/str.h"
#include "runtime/frames.h"
#include "runtime/js.h"
#include "runtime/world.h"

#define RANDOM_MAX 65536
/* NFKC makes up to eleven times as much of a text, in memory no heap limit counts. */
#define NORMALIZE_MAX (4UL * 1024 * 1024)

/* A hidden symbol: a key that no enumeration shows. */
static duk_ret_t
host_hidden(duk_context *ctx)
{
	duk_push_sprintf(ctx, "\xff" "lib.%s", duk_require_string(ctx, 0));
	return 1;
}

static uninorm_t
form_of(const char *name)
{
	static const char *const names[] = { "NFC", "NFD", "NFKC", "NFKD" };
	const uninorm_t forms[] = { UNINORM_NFC, UNINORM_NFD, UNINORM_NFKC, UNINORM_NFKD };

	for (size_t i = 0; i < 4; i++)
		if (strcmp(names[i], name) == 0)
			return forms[i];
	return UNINORM_NFC;
}

/* (text, form) */
static duk_ret_t
host_normalize(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	uninorm_t form = form_of(duk_require_string(ctx, 1));
	size_t len, n = 0;
	const char *text = js_any_text(ctx, run, 0, &len);
	uint8_t *made;
	char *out = NULL;

	if (len > NORMALIZE_MAX)
		js_throw(ctx, "RangeError", NULL, false,
		    "a text to normalize has at most 4 MiB");
	js_work(run);
	made = u8_normalize(form, (const uint8_t *)text, len, NULL, &n);
	if (made != NULL) {
		out = arena_alloc(run->scratch, n + 1);
		memcpy(out, made, n);
		free(made);
	}
	js_done(ctx, run);
	if (out == NULL)
		js_throw(ctx, "RangeError", NULL, false, "this text cannot be normalized");
	js_push_text(ctx, run, out, n);
	return 1;
}

/* (n) -> ArrayBuffer */
static duk_ret_t
host_random(duk_context *ctx)
{
	duk_uint_t n = duk_require_uint(ctx, 0);
	unsigned char *p;
	size_t at = 0;
	ssize_t got;

	(void)js_enter(ctx);
	if (n > RANDOM_MAX)
		js_throw(ctx, "RangeError", NULL, false, "too many random bytes");
	p = duk_push_fixed_buffer(ctx, n);
	while (at < n) {
		got = getrandom(p + at, n - at, 0);
		if (got > 0)
			at += (size_t)got;
		else if (errno != EINTR)
			js_throw(ctx, "Error", "INTERNAL_ERROR", false, "no random bytes");
	}
	duk_push_buffer_object(ctx, -1, 0, n, DUK_BUFOBJ_ARRAYBUFFER);
	return 1;
}

/* Run a part of the library that was left out; (file name). */
static duk_ret_t
host_load(duk_context *ctx)
{
	const char *name = duk_require_string(ctx, 0);
	const struct embed *e = embed_jslib;
	struct library *library;

	while (e->path != NULL && !(library_is_lazy(e) && str_ends(e->path, name)))
		e++;
	if (e->path == NULL)
		js_throw(ctx, "Error", NULL, false, "the library has no %s", name);
	duk_push_heap_stash(ctx);
	duk_get_prop_string(ctx, -1, "library");
	library = duk_require_pointer(ctx, -1);
	library_push(library, ctx, e);
	duk_call(ctx, 0);
	return 0;
}

/* --- stacks --- */

/* Error.prototype.stack: the engine's text in the author's terms. */
static duk_ret_t
get_stack(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const char *raw, *clean;
	size_t len;

	duk_push_heap_stash(ctx);
	duk_get_prop_string(ctx, -1, "stack");
	duk_push_this(ctx);
	duk_call_method(ctx, 0);
	if (!duk_is_string(ctx, -1))
		return 1;
	raw = js_any_text(ctx, run, -1, &len);
	js_work(run);
	clean = frames_clean(run->world->program, run->scratch, raw, len);
	js_done(ctx, run);
	js_push_string(ctx, run, clean);
	return 1;
}

void
js_stack_setup(duk_context *ctx)
{
	duk_get_global_string(ctx, "Error");
	duk_get_prop_string(ctx, -1, "prototype");
	duk_push_heap_stash(ctx);
	duk_push_string(ctx, "stack");
	duk_get_prop_desc(ctx, -3, 0);
	duk_get_prop_string(ctx, -1, "get");
	duk_put_prop_string(ctx, -3, "stack");
	duk_get_prop_string(ctx, -1, "set");
	duk_push_string(ctx, "stack");
	duk_insert(ctx, -2);
	duk_push_c_function(ctx, get_stack, 0);
	duk_insert(ctx, -2);
	duk_def_prop(ctx, -6, DUK_DEFPROP_HAVE_GETTER | DUK_DEFPROP_HAVE_SETTER |
	    DUK_DEFPROP_FORCE);
	duk_pop_n(ctx, 4);
}

void
js_host_setup(duk_context *ctx, struct library *library)
{
	static const struct js_function functions[] = {
		{ "__host_hidden", host_hidden, 1, 0 },
		{ "__host_load", host_load, 1, 0 },
		{ "__host_normalize", host_normalize, 2, 0 },
		{ "__host_random", host_random, 1, 0 },
		{ NULL, NULL, 0, 0 }
	};

	duk_push_heap_stash(ctx);
	duk_push_pointer(ctx, library);
	duk_put_prop_string(ctx, -2, "library");
	duk_pop(ctx);
	duk_push_global_object(ctx);
	js_functions(ctx, functions);
	duk_pop(ctx);
}
