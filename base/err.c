/*
 * One list (FZ_ERRORS in the header) makes the enum, the codes and the texts, so
 * a new error is one line and cannot miss a column.  The rows below the list are
 * for our own ears: a client that ever meets one of them is told 500
 * INTERNAL_ERROR, because it can do nothing with more; a damaged file alone is 503,
 * for it is the node that is broken and not this one request.
 */
#include "base/err.h"

#include <stddef.h>
#include <stdio.h>

struct row {
	int		 status;
	const char	*code;
	const char	*text;
};

static const struct row rows[FZ_ERR_COUNT] = {
	[FZ_OK] = { 200, "OK", "OK" },
#define X(name, status, text) [FZ_##name] = { status, #name, text },
	FZ_ERRORS(X)
#undef X
	[FZ_CORRUPT] = { 503, "SERVICE_UNAVAILABLE", "The database is damaged" },
};

static const struct row *
row_of(enum fz_err err)
{
	size_t i = (size_t)err;

	if (i >= FZ_ERR_COUNT || rows[i].code == NULL)
		return &rows[FZ_INTERNAL_ERROR];
	return &rows[i];
}

int
err_status(enum fz_err err)
{
	return row_of(err)->status;
}

const char *
err_code(enum fz_err err)
{
	return row_of(err)->code;
}

const char *
err_text(enum fz_err err)
{
	return row_of(err)->text;
}

enum fz_err
why_set(struct why *why, enum fz_err err, const char *fmt, ...)
{
	va_list ap;

	if (why == NULL)
		return err;
	va_start(ap, fmt);
	(void)vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return err;
}
