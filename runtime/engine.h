/*
 * Duktape 2.7.0, built into our own object file from Debian's source with our options
 * (runtime/duk_config.h).  Everybody who speaks to the engine includes this and never
 * duktape.h: the stock configuration must not come first.
 *
 * Thread contract: a context belongs to one thread at a time.
 */
#ifndef RUNTIME_ENGINE_H
#define RUNTIME_ENGINE_H

#include "runtime/duk_config.h"
#include <duktape.h>

#if DUK_VERSION != 20700
#error "the engine is made for Duktape 2.7.0"
#endif

#endif
