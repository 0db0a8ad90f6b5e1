/*
 * One file at a time: a short look whether it is known, the translation with nothing held,
 * a short transaction for its row.  The row belongs to the content, so most files of most
 * deploys are only looked up.  Rows written for a deploy that then fails go with their
 * blobs.
 *
 * A deploy of many large scripts does not keep its caller waiting for ever: past
 * TRANSLATE_MS the rest is left to its first use.
 */
#include "deploy/translate.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "deploy/staging_impl.h"
#include "runtime/transpile.h"
#include "store/code.h"

#define TRANSLATE_MS 20000

/* The row of the file, or its source when there is none. */
static enum fz_err
look_up(struct staging *st, struct arena *a, const struct file *f, int kind,
    struct code *code, void **src, size_t *len)
{
	struct reader *rd;
	enum fz_err err = reader_open(st->store, &rd);

	if (err != FZ_OK)
		return err;
	err = code_get(rd, a, f->blob, kind, transpile_tool, code);
	if (err == FZ_NOT_FOUND)
		err = blob_read(rd, f->blob, BLOB_PLAIN, TRANSPILE_MAX, src, len);
	reader_close(rd);
	return err;
}

static enum fz_err
keep(struct staging *st, const struct file *f, int kind, const struct code *code)
{
	struct writer *w;
	enum fz_err err = writer_begin(st->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = code_put(w, f->blob, kind, transpile_tool, code);
	if (err == FZ_OK)
		return writer_commit(w, NULL);
	writer_abort(w);
	return err;
}

/* False: it is left to its first use. */
static bool
translate_one(struct staging *st, struct arena *a, const struct file *f, int kind,
    bool late)
{
	struct code code = { 0 };
	void *src = NULL;
	size_t len = 0;
	enum fz_err err = look_up(st, a, f, kind, &code, &src, &len);

	if (err == FZ_OK && src != NULL && !late) {
		err = transpile(a, kind, f->path, src, len, &code);
		if (err == FZ_OK)
			(void)!keep(st, f, kind, &code);
	}
	if (err == FZ_PAYLOAD_TOO_LARGE)
		staging_warn(st, f->path, 0, 0,
		    "cannot run: scripts are at most %lu bytes", TRANSPILE_MAX);
	else if (err == FZ_OK && code.error != NULL)
		staging_warn(st, f->path, code.line, code.column, "%s", code.error);
	free(src);
	return err == FZ_PAYLOAD_TOO_LARGE ||
	    (err == FZ_OK && (code.js != NULL || code.error != NULL));
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
