/*
 * Workspaces named in the URL (?s=quiet-amber-heron): who has the link takes part.  The
 * name is a share link and no secret, so it may stand in a log, but it is drawn without
 * bias from the kernel's randomness, so that nobody meets another's by counting.
 *
 * The first place that names one decides: a malformed name in the query is not rescued
 * by a good one in the body.
 */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "runtime/js.h"
#include "runtime/words.h"

#define NAME_BYTES 64
#define WORDS_MIN 2
#define WORDS_MAX 8
#define WORDS_STANDARD 3

_Static_assert(WORDS_MAX * (WORDS_LETTERS + 1) - 1 <= NAME_BYTES, "names that fit");

/* ^[a-z0-9]+(-[a-z0-9]+){1,7}$, at most 64 bytes */
static bool
name_ok(const char *s, size_t len)
{
	unsigned words = 0;
	size_t n;

	if (len > NAME_BYTES || strlen(s) != len)
		return false;
	for (;; s++) {
		n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789");
		words++;
		s += n;
		if (n == 0 || *s != '-')
			break;
	}
	return n > 0 && *s == '\0' && words >= WORDS_MIN && words <= WORDS_MAX;
}

/* request.body.session, in scratch or borrowed from the stack; NULL without. */
static const char *
from_body(duk_context *ctx, struct run *run, size_t *len)
{
	void *held = js_hold(run);
	bool found = duk_get_global_string(ctx, "request") && duk_is_object(ctx, -1) &&
	    duk_get_prop_string(ctx, -1, "body") && duk_is_object(ctx, -1) &&
	    duk_get_prop_string(ctx, -1, "session");

	js_release(run, held);
	if (!found || !duk_is_string(ctx, -1) || duk_is_symbol(ctx, -1))
		return NULL;
	return js_any_text(ctx, run, -1, len);
}

/* Push the name, or null. */
static bool
push_name(duk_context *ctx, struct run *run)
{
	const char *name;
	size_t len = 0;

	js_work(run);
	name = request_arg(run->rq, "s");
	if (name == NULL)
		name = request_arg(run->rq, "session");
	js_done(ctx, run);
	if (name != NULL)
		len = strlen(name);
	else
		name = from_body(ctx, run, &len);
	if (name != NULL && name_ok(name, len)) {
		duk_push_lstring(ctx, name, len);
		return true;
	}
	duk_push_null(ctx);
	return false;
}

static duk_ret_t
id_js(duk_context *ctx)
{
	push_name(ctx, js_enter(ctx));
	return 1;
}

static duk_ret_t
require_js(duk_context *ctx)
{
	if (!push_name(ctx, js_enter(ctx)))
		js_throw(
		    ctx, "SessionError", "SESSION_REQUIRED", false, "session required");
	return 1;
}

static void
draw(char out[NAME_BYTES + 1], unsigned words)
{
	size_t at = 0;

	for (unsigned i = 1; i < words; i++)
		at += (size_t)snprintf(out + at, NAME_BYTES + 1 - at, "%s-",
		    words_first[random_below(words_first_count)]);
	(void)snprintf(out + at, NAME_BYTES + 1 - at, "%s",
	    words_last[random_below(words_last_count)]);
}

static duk_ret_t
create_js(duk_context *ctx)
{
	double words = WORDS_STANDARD;
	char name[NAME_BYTES + 1];

	(void)js_enter(ctx);
	if (!duk_is_undefined(ctx, 0))
		words = duk_is_number(ctx, 0) ? duk_get_number(ctx, 0) : -1;
	if (!(words >= WORDS_MIN && words <= WORDS_MAX) ||
	    words != (double)(unsigned)words)
		js_throw(ctx, "TypeError", NULL, false,
		    "session.create requires a number of words from %d to %d", WORDS_MIN,
		    WORDS_MAX);
	draw(name, (unsigned)words);
	duk_push_string(ctx, name);
	return 1;
}

static const struct js_function functions[] = {
	{ "id", id_js, 0, 0 },
	{ "require", require_js, 0, 0 },
	{ "create", create_js, 1, 0 },
	{ 0 }
};

void
js_session_setup(duk_context *ctx)
{
	js_namespace(ctx, "session");
	js_functions(ctx, functions);
	duk_pop(ctx);
}
