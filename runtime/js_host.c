/*
 * What the library (runtime/lib) cannot do in the language: keys nobody else can make,
 * Unicode's tables, true randomness.  The functions are globals while the library starts;
 * the world takes them away before any other code runs.
 */
#include <sys/random.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

#include "runtime/js.h"

#define RANDOM_MAX 65536

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

void
js_host_setup(duk_context *ctx)
{
	static const struct js_function functions[] = {
		{ "__host_hidden", host_hidden, 1, 0 },
		{ "__host_normalize", host_normalize, 2, 0 },
		{ "__host_random", host_random, 1, 0 },
		{ NULL, NULL, 0, 0 }
	};

	duk_push_global_object(ctx);
	js_functions(ctx, functions);
	duk_pop(ctx);
}
