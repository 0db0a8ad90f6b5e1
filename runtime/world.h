/*
 * A world: one heap of one version, with the library, the bindings and the app's code
 * compiled in it, and the state it had then to return to.
 *
 * Thread contract: owned by one thread at a time; runtime/script.c hands them out.
 */
#ifndef RUNTIME_WORLD_H
#define RUNTIME_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "runtime/engine.h"
#include "runtime/library.h"
#include "runtime/program.h"
#include "runtime/region.h"

struct world {
	struct program	*program;
	struct library	*library;
	struct region	*region;
	duk_context	*ctx;
	struct arena	*scratch;
	size_t		 heap_bytes;	/* quota it was made for */
	size_t		 base;		/* bytes in use at the snapshot */
	/* Values of the heap that outlive restores; the stash holds them. */
	void		*drain;		/* () runs promise jobs until none is left */
	void		*promise_state;	/* (v) -> {s: 0, 1 or 2, v}, looked at; undefined */
	void		*unhandled;	/* () -> reasons of rejections nobody looked at */
	void		*main;		/* (exports, require, module, __host); NULL = broken */
	void		*module;
	void		*require;
	void		*host;
	/* of the pool */
	struct world	*older;
	struct world	*newer;
	struct world	*next;		/* idle one of the same version */
	size_t		 bytes;		/* resident, as counted by the pool */
	int		 cpu;		/* it ran on last */
};

/*
 * FZ_MEMORY_LIMIT, FZ_TIMEOUT: the app's code is too much for a heap.  FZ_INTERNAL_ERROR:
 * the library is broken, *why says how.
 */
enum fz_err	 world_new(struct library *, struct program *, int64_t heap_bytes,
		    struct world **, struct why *) MUST_CHECK;
void		 world_free(struct world *);
/* As new; whatever happened in it. */
void		 world_restore(struct world *);
/*
 * Push the compiled function of a file (engine calls).  Throws SyntaxError with the
 * author's place if the code is wrong.
 */
void		 world_push_function(duk_context *, struct program_file *);
/* The same from code that is not part of the program in memory. */
void		 world_compile(duk_context *, const char *path, const struct code *);

#endif
