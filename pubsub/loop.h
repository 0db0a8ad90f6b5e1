/*
 * One epoll set, one thread: descriptors, timers, and what is to be done at the end of a turn.
 *
 * Thread contract: the thread that runs it, but for loop_stop (a signal handler may call it).
 */
#ifndef PUBSUB_LOOP_H
#define PUBSUB_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loop;

/* Embedded in what owns a descriptor.  events: EPOLLIN and so on. */
struct loop_fd {
	int	 fd;
	uint32_t events;		/* asked for */
	void	(*ready)(struct loop_fd *, uint32_t events);
};

/* Embedded; fires once at `at` (monotonic ms) unless moved or stopped. */
struct loop_timer {
	int64_t	 at;			/* 0 = not set */
	void	(*fire)(struct loop_timer *);
	struct loop_timer **prev, *next;	/* of the wheel */
};

enum fz_err	 loop_new(struct loop **, struct why *) MUST_CHECK;
void		 loop_free(struct loop *);
void		 loop_run(struct loop *);	/* until loop_stop */
void		 loop_stop(struct loop *);
int64_t		 loop_now(const struct loop *);	/* monotonic ms of this turn */

enum fz_err	 loop_add(struct loop *, struct loop_fd *) MUST_CHECK;
void		 loop_want(struct loop *, struct loop_fd *, uint32_t events);
/* No event of it is delivered any more, also none of this turn. */
void		 loop_remove(struct loop *, struct loop_fd *);
void		 loop_at(struct loop *, struct loop_timer *, int64_t at);
void		 loop_cancel(struct loop *, struct loop_timer *);
/* Called at the end of each turn; true = there is more: come back without sleeping. */
void		 loop_each_turn(struct loop *, bool (*)(void *), void *);

#endif
