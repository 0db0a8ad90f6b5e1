/*
 * Large modules that are ES5 already and need no translation: a vendored library of half a
 * megabyte would cost seconds and come out the same.
 * Thread contract: pure functions.
 */
#ifndef RUNTIME_TRANSPILE_ES5_H
#define RUNTIME_TRANSPILE_ES5_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Worth asking the engine whether it takes the text as it is. */
bool	transpile_es5_maybe(const char *src, size_t len);
/* The results of runtime/transpile.h for it. */
void	transpile_es5_wrap(const char *src, size_t len, struct buf *js, struct buf *map,
	    struct buf *uses);

#endif
