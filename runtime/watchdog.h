/*
 * The thread that signals runs that are overdue.  Only runtime/guard.c uses it; which
 * limit is over, and whether the run may be cut off now, is decided there.
 *
 * Thread contract: any thread; a watched is its own thread's, but for what is atomic.
 */
#ifndef RUNTIME_WATCHDOG_H
#define RUNTIME_WATCHDOG_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define WATCHDOG_SIGNAL (SIGRTMIN + 3)
#define WATCHDOG_NEVER INT64_MAX
/* Of all times here: monotonic nanoseconds.  A run's `hard` is later than this from its
 * start. */
#ifndef WATCHDOG_STEP
#define WATCHDOG_STEP (50 * 1000000LL)
#endif

/* A thread that runs scripts. */
struct watchdog_target {
	struct watchdog_target	*next;
	pid_t			 tid;
	/* Written by its thread: */
	_Atomic(bool)		 inside;	/* a signal may be of use now */
	_Atomic(int64_t)	 hard;		/* signal from then on; NEVER: no run */
	_Atomic(int64_t)	 stuck;		/* counts as stuck from then on */
	/* Written by the watchdog: */
	_Atomic(bool)		 aiming;
	_Atomic(bool)		 signalled;
};

enum fz_err	 watchdog_start(struct why *) MUST_CHECK;
void		 watchdog_stop(void);
/* Before its first run, after its last one. */
void		 watchdog_add(struct watchdog_target *);
void		 watchdog_remove(struct watchdog_target *);
/* A run begins: call after `hard` was set. */
void		 watchdog_wake(void);
/* It is over: when this returns no signal for it is on its way any more. */
void		 watchdog_disarm(struct watchdog_target *);
unsigned	 watchdog_stuck(int64_t now);

#endif
