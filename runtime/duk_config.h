/*
 * Our options for Duktape 2.7.0 on top of Debian's configuration.  Included before
 * duktape.h everywhere (runtime/engine.h): its guard then keeps the stock one out.
 */
#ifndef RUNTIME_DUK_CONFIG_H
#define RUNTIME_DUK_CONFIG_H

#include <duk_config.h>

#endif
