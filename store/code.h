/*
 * App code after translation (runtime/transpile.h), kept beside the content it was made
 * from: the same file in another version, fork or app is translated once.  A row goes
 * with its blob.
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_CODE_H
#define STORE_CODE_H

#include <stdint.h>

#include "base/mem.h"
#include "store/store.h"

struct code {
	const char	*js;		/* ES5, NULL when error is set */
	size_t		 js_len;
	const void	*map;		/* runtime/transpile.h */
	size_t		 map_len;
	const char	*uses;		/* JSON array: literals of require and import */
	const char	*error;		/* NULL = fine */
	int		 line;		/* of the error, from 1 */
	int		 column;
};

/* kind: how the content was read (runtime/transpile.h); tool: what made it.
 * FZ_NOT_FOUND also when another tool made it. */
enum fz_err	 code_get(struct reader *, struct arena *, int64_t blob, int kind,
		    const char *tool, struct code *) MUST_CHECK;
enum fz_err	 code_put(struct writer *, int64_t blob, int kind, const char *tool,
		    const struct code *) MUST_CHECK;

#endif
