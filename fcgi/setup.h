/*
 * From configuration and data.db to a struct node: what serve and doctor start with.
 * Thread contract: main thread.
 */
#ifndef FCGI_SETUP_H
#define FCGI_SETUP_H

#include "base/node.h"
#include "fcgi/config.h"
#include "fcgi/lane.h"

/*
 * Fill *node from the configuration, then the settings in the store, then defaults.
 * Texts live in the arena.  FZ_VALIDATION_FAILED when no domain is known.
 */
enum fz_err	setup_node(struct node *, struct arena *, const struct config *,
		    struct store *, const char *state_dir, struct why *) MUST_CHECK;

/* What lives as long as the daemon and every node points to. */
struct setup_parts {
	struct recorder	*recorder;
	struct scripts	*scripts;
	struct seal	*seal;		/* NULL without a master key */
	struct lane	*lane;
	struct throttle	*throttle;
	struct oauth	*oauth;
	int		 key_lock;	/* keeps the master key from changing; 0 = none */
	struct quarantine *quarantine;	/* NULL if its file cannot be made */
};

/*
 * After config_verify.  FZ_VALIDATION_FAILED for a master key that is none or that others
 * may read.  To be closed in either case, when no request is left and before the store.
 */
enum fz_err	setup_parts_open(struct setup_parts *, const struct config *,
		    struct store *, const char *state_dir, struct why *) MUST_CHECK;
void		setup_parts_close(struct setup_parts *);
void		setup_parts_into(const struct setup_parts *, struct node *);
/* Slots and queues as the configuration has them. */
struct lane_options setup_lane(const struct config *);

#endif
