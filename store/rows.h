/*
 * What every module of the store does with rows.  Private to store/.
 * Thread contract: pure functions, as the arena given.
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include <stddef.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

/* The array v of n elements of size bytes with room for one more, moved if need be. */
static inline void *
rows_more(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	void *more;

	if (n < *cap)
		return v;
	*cap = *cap > 0 ? *cap * 2 : 16;
	more = arena_alloc(a, *cap * size);
	return n > 0 ? memcpy(more, v, n * size) : more;
}

/* FZ_NOT_FOUND told in the words of the module. */
static inline enum fz_err
rows_missing(enum fz_err err, enum fz_err code)
{
	return err == FZ_NOT_FOUND ? code : err;
}

/* The end of a loop over rows: running out of them is no failure. */
static inline enum fz_err
rows_end(enum fz_err step, enum fz_err close)
{
	return step != FZ_OK && step != FZ_NOT_FOUND ? step : close;
}

static inline const char *
rows_or(const char *s, const char *instead)
{
	return s != NULL ? s : instead;
}

/*
 * Ends of a range over texts without NUL that compare by their bytes: the text that
 * comes right after `text`, and one behind everything that starts with `prefix`.
 */
static inline const char *
rows_next(struct arena *a, const char *text)
{
	return arena_printf(a, "%s\x01", text);
}

static inline const char *
rows_prefix_end(struct arena *a, const char *prefix)
{
	size_t n = strlen(prefix);
	char *end;

	if (n == 0)
		return "\xff";
	end = arena_strndup(a, prefix, n);
	/* No byte of UTF-8 is so large that this could wrap. */
	end[n - 1] = (char)((unsigned char)end[n - 1] + 1);
	return end;
}

#endif
