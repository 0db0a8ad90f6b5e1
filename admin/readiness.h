/*
 * May the front server send this node requests?  The gate sets the flags, /readyz and
 * /health read them.
 *
 * Thread contract: any thread.
 */
#ifndef ADMIN_READINESS_H
#define ADMIN_READINESS_H

#include <stdatomic.h>
#include <stdbool.h>

struct store;

/* Zeroed = ready.  One per node, inside struct metrics. */
struct readiness {
	atomic_bool	 draining;	/* SIGTERM came: finishing what runs */
	atomic_bool	 queue_full;	/* the next request would be shed */
};

void		 readiness_set_draining(struct readiness *, bool);
void		 readiness_set_queue_full(struct readiness *, bool);
/* NULL when ready, else the reason for people, as "draining". */
const char	*readiness_reason(const struct readiness *, struct store *);

#endif
