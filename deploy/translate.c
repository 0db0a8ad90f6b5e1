/*
 * Code is translated before its version exists, so that the first request finds it done and
 * whoever deploys reads what is wrong with it.
 *
 * A deploy of many large scripts does not keep its caller waiting for ever: past
 * TRANSLATE_MS the rest is left to its first use.
 */
#include "deploy/translate.h"

#include "base/clock.h"
#include "base/limits.h"
#include "deploy/staging_impl.h"
#include "runtime/transpile.h"

#define TRANSLATE_MS 20000

/* False: it is left to its first use. */
static bool
translate_one(struct staging *st, struct arena *a, const struct file *f, int kind,
    bool late)
{
	struct code code = { 0 };
	enum fz_err err = late ? transpile_known(st->store, a, f->blob, kind, &code) :
	    transpile_stored(st->store, a, f->blob, kind, f->path, &code);

	if (err == FZ_PAYLOAD_TOO_LARGE)
		staging_warn(st, f->path, 0, 0,
		    "cannot run: scripts are at most %lu bytes", TRANSPILE_MAX);
	else if (err == FZ_OK && code.error != NULL)
		staging_warn(st, f->path, code.line, code.column, "%s", code.error);
	return err == FZ_OK || err == FZ_PAYLOAD_TOO_LARGE;
}

void
translate_staged(struct staging *st)
{
	int64_t end = clock_mono_ms() + TRANSLATE_MS;
	struct arena *a = arena_new();
	size_t left = 0;

	for (size_t i = 0; i < st->n; i++) {
		int kind = transpile_kind_of(st->v[i].path);

		if (kind < 0)
			continue;
		if (!translate_one(st, a, &st->v[i], kind, clock_mono_ms() > end))
			left++;
		arena_reset(a);
	}
	arena_free(a);
	if (left > 0)
		staging_warn(st, "api", 0, 0, "%zu scripts are translated when first used",
		    left);
}
