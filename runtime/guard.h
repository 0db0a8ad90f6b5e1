/*
 * Running JavaScript so that it ends: by wall time, by CPU time, by memory, by depth of
 * the C stack.
 *
 * Three walls, one inside the other.  The engine asks at every few thousand bytecodes, at
 * native calls, in long string searches and in the allocator whether the deadline has
 * passed, and throws what a script cannot keep; a script that catches it is still told
 * GUARD_TIMEOUT about.  An allocation past the limit jumps straight out of the heap.  What
 * the engine does without asking (a garbage collection of a long list) is ended by a
 * signal from the watchdog.  After a jump the heap is not touched again before
 * region_restore.
 *
 * The price is a rule for everything that is called from JavaScript: between guard_out
 * and guard_in, where memory, locks, statements and descriptors of ours are taken and
 * given back, no engine function is called; outside of it nothing of that kind is held,
 * unless a list that the caller of guard_run clears knows about it.
 *
 * Thread contract: guard_run on threads that called guard_thread once; several at a time.
 */
#ifndef RUNTIME_GUARD_H
#define RUNTIME_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "runtime/engine.h"
#include "runtime/region.h"

enum guard_end {
	GUARD_DONE,		/* fn returned; its results are on the stack */
	GUARD_THREW,		/* the error value is on top of the stack */
	GUARD_TIMEOUT,		/* wall time; the heap must be restored */
	GUARD_CPU,		/* CPU time; the same */
	GUARD_MEMORY,		/* the same */
	GUARD_BROKEN,		/* the engine gave up (fatal error); the same */
};

struct guard_limits {
	int64_t	wall_ms;
	int64_t	cpu_ms;		/* of this thread */
	size_t	heap;		/* bytes */
};

struct guard_used {
	int64_t	wall_us;
	int64_t	cpu_us;
};

/* Start the watchdog, once a process; and stop it. */
enum fz_err	 guard_start(struct why *) MUST_CHECK;
void		 guard_stop(void);

/*
 * duk_safe_call(fn, arg, nargs, nrets) on the region's context under limits.  Not nested on
 * one thread.
 */
enum guard_end	 guard_run(struct region *, duk_safe_call_function fn, void *arg,
		    duk_idx_t nargs, duk_idx_t nrets, const struct guard_limits *,
		    struct guard_used *used);
/*
 * Inside guard_run: a narrower deadline, e.g. of a transaction; the former one comes back
 * with guard_widen.  When the narrow one passes, the run as a whole has timed out.
 */
void		 guard_narrow(int64_t wall_ms);
void		 guard_widen(void);
/* Milliseconds left of the run's wall time, >= 0; for waits in host functions. */
int64_t		 guard_left_ms(void);
/* Leave and enter the engine: see above.  guard_in does not return if time is up. */
void		 guard_out(void);
void		 guard_in(duk_context *);
/*
 * End the run from a host function, now, for memory of ours that it wanted.  Not between
 * guard_out and guard_in.
 */
void		 guard_over_memory(void) __attribute__((noreturn));

#endif
