/*
 * The scripts every heap begins with (runtime/lib) and the modules an app may require
 * (runtime/modules), as functions in a heap.  Compiled once a process; other heaps load
 * the bytecode, which never leaves this memory.
 *
 * Thread contract: any thread; pushing inside guard_run.
 */
#ifndef RUNTIME_LIBRARY_H
#define RUNTIME_LIBRARY_H

#include <stdbool.h>

#include "base/embed.h"
#include "runtime/engine.h"

struct library;

struct library	*library_new(void);
void		 library_free(struct library *);
/* Does it wait until a script uses what it defines ("x.lazy.js")? */
bool		 library_is_lazy(const struct embed *);
/* Push a script of runtime/lib as a function without arguments. */
void		 library_push(struct library *, duk_context *, const struct embed *);
/* Push a module as function (exports, require, module). */
void		 library_push_module(struct library *, duk_context *, const struct embed *);

#endif
