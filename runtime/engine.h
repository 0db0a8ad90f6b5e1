/*
 * Duktape 2.7.0, built into our own object file from Debian's source with our options
 * (runtime/duk_config.h).  Everybody who speaks to the engine includes this and never
 * duktape.h: the stock configuration must not come first.
 *
 * A new heap still has what scripts must not: the globals Duktape and CBOR, and
 * String.fromBufferRaw, which makes strings that are Symbols, hidden ones of host code
 * included.  The world deletes them; nobody may keep or use them, and no hidden symbol is
 * a place for a pointer or a secret.  Bytecode (duk_load_function) is not checked by the
 * engine: only what this process or its build made is loaded, never what a peer sent.
 *
 * Thread contract: a context belongs to one thread at a time.
 */
#ifndef RUNTIME_ENGINE_H
#define RUNTIME_ENGINE_H

#include "runtime/duk_config.h"
#include <duktape.h>

#include <stdbool.h>
#include <stdint.h>

#if DUK_VERSION != 20700
#error "the engine is made for Duktape 2.7.0"
#endif

/*
 * Where the script is: file name and line of the innermost function that has them, cut to
 * size.  Allocates nothing and throws nothing; for the guard, when it ends a run.
 */
bool	engine_place(duk_context *, char *file, size_t size, int *line);
/* Is this the address of an instruction of the engine itself? */
bool	engine_code(uintptr_t pc);

#endif
