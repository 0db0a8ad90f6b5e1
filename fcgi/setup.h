/*
 * From configuration and data.db to a struct node: what serve and doctor start with.
 * Thread contract: main thread.
 */
#ifndef FCGI_SETUP_H
#define FCGI_SETUP_H

#include "base/node.h"
#include "fcgi/config.h"

/*
 * Fill *node from the configuration, then the settings in the store, then defaults.
 * Texts live in the arena.  FZ_VALIDATION_FAILED when no domain is known.
 */
enum fz_err	setup_node(struct node *, struct arena *, const struct config *,
		    struct store *, const char *state_dir, struct why *) MUST_CHECK;

#endif
