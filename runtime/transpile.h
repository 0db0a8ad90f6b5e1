/*
 * Modern JavaScript and TypeScript to the ES5 the engine runs, done at deploy by the
 * TypeScript compiler running inside the engine itself.
 *
 * The result of a file is the text of a function expression, in ASCII:
 *
 *	(function (exports, require, module, __host) { ... })
 *
 * For api/main.* (TRANSPILE_MAIN) `request` and `respond` and `fazt` are globals, a
 * top-level return is allowed, the value of the last expression is returned, and
 * __host.handler is set to the top-level function `handler` if there is one.  A file with
 * a top-level await is an async function.  A JSON file is no code and never comes here.
 * The result calls helpers that runtime/lib defines as globals (__awaiter, __re, ...).
 *
 * Lines of the result are cut so that one line holds one place of the source: map is
 * pairs of little-endian uint32, source line and column (in UTF-16 units, from 1), for
 * each line of js from 1.
 *
 * Thread contract: any thread; a few at a time, others wait.
 */
#ifndef RUNTIME_TRANSPILE_H
#define RUNTIME_TRANSPILE_H

#include "base/mem.h"
#include "store/code.h"

/* kind of store/code.h */
enum transpile_kind {
	TRANSPILE_MAIN = 1,	/* api/main.*, else a module */
	TRANSPILE_TS = 2,	/* .ts .mts .cts .tsx */
	TRANSPILE_JSX = 4,	/* .jsx .tsx */
};
#define TRANSPILE_MAX (2UL * 1024 * 1024)	/* bytes of one file */

/* Names the compiler, the library and their versions: results of another are made anew. */
extern const char transpile_tool[];

/* -1: the path is no code (outside of api/, declarations, or another extension). */
int		 transpile_kind_of(const char *path);
/*
 * path for messages.  FZ_OK also when the source is wrong or takes more time or memory
 * than there is: then out->error, line, column say so, and trying again is of no use.
 * FZ_PAYLOAD_TOO_LARGE past TRANSPILE_MAX; FZ_OVERLOADED, FZ_TIMEOUT: the machine is busy,
 * it may work later.  Everything in *out lives in the arena.
 */
enum fz_err	 transpile(struct arena *, int kind, const char *path, const char *src,
		    size_t len, struct code *out) MUST_CHECK;
/* The code of a stored file as it is kept (store/code.h); FZ_NOT_FOUND. */
enum fz_err	 transpile_known(struct store *, struct arena *, int64_t blob, int kind,
		    struct code *out) MUST_CHECK;
/* The same, else translated now, and kept for everybody. */
enum fz_err	 transpile_stored(struct store *, struct arena *, int64_t blob, int kind,
		    const char *path, struct code *out) MUST_CHECK;
/* Source place of a line of the result; false if unknown. */
bool		 transpile_place(const void *map, size_t map_len, int line, int *source_line,
		    int *column);
/*
 * Give back the compiler's heaps that are idle; they are made again when needed, and go by
 * themselves after a minute.
 */
void		 transpile_trim(void);

#endif
