/*
 * Stacks as the author of the code knows it: frames of the app's files, with the lines and
 * columns of what was written; the engine's own text speaks of translated lines, of the
 * library and of C.
 *
 * Thread contract: pure functions; results live in the arena.
 */
#ifndef RUNTIME_FRAMES_H
#define RUNTIME_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "runtime/program.h"

/* An engine's stack text, rewritten.  Lines that are no frames stay. */
const char	*frames_clean(const struct program *, struct arena *, const char *stack,
		    size_t len);
/* File and line of the innermost frame of a clean stack; false if it has none. */
bool		 frames_first(struct arena *, const char *stack, const char **file, int *line);

#endif
