/*
 * The engine as one translation unit: Debian ships Duktape's source for exactly this, and
 * its shared library lacks every limit we need.  Nothing of it is kept in this tree.
 */
#define DUK_COMPILING_DUKTAPE
#include "runtime/duk_config.h"

#include <duktape.c>
