/*
 * Running JavaScript so that it ends: by wall time, by CPU time, by memory, by depth of
 * the C stack.
 *
 * Three walls, one inside the other.  The engine asks at every few thousand bytecodes, at
 * native calls, when it compares or moves memory and in the allocator whether the run is
 * over; if so, it is left with a jump out of the heap, which no catch of the script sees.
 * An allocation past the limit is left in the same way.  What the engine does without
 * asking (a garbage collection of a long list) is cut off by a signal from the watchdog,
 * 100 ms later, and only when it stands in the engine's own instructions.  After a jump
 * the heap is not touched again before region_restore.
 *
 * The price is a rule for everything that is called from JavaScript: between guard_out
 * and guard_in, where memory, locks, statements and descriptors of ours are taken and
 * given back, no engine function is called; outside of it nothing of that kind is held
 * while an engine function is called, unless a list that the caller of guard_run clears
 * knows about it.  Any engine function may jump, just as any may throw.
 *
 * Thread contract: guard_run on any thread with a stack of GUARD_STACK bytes, several at
 * a time; the functions for host code on the thread of their run.
 */
#ifndef RUNTIME_GUARD_H
#define RUNTIME_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "runtime/engine.h"
#include "runtime/region.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GUARD_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GUARD_SANITIZED 1
#endif
#endif
/* Sanitizers make frames several times as large; with them the rule above is checked. */
#ifdef GUARD_SANITIZED
#define GUARD_STACK (16UL << 20)
#define GUARD_CHECKS 1
#else
#define GUARD_STACK (4UL << 20)
#define GUARD_CHECKS 0
#endif
/* Later than this after its limits a run is cut off by a signal. */
#ifndef GUARD_GRACE_MS
#define GUARD_GRACE_MS 100
#endif

enum guard_end {
	GUARD_DONE,		/* fn returned; its results are on the stack */
	GUARD_THREW,		/* the error value is the first result */
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

#define GUARD_FILE 128

struct guard_used {
	int64_t	wall_us;
	int64_t	cpu_us;		/* at most */
	/* Where a run was when a limit ended it; line 0: not known. */
	char	file[GUARD_FILE];
	int	line;
};

/* Start the watchdog, once a process; and stop it, when no run is left. */
enum fz_err	 guard_start(struct why *) MUST_CHECK;
void		 guard_stop(void);

/*
 * duk_safe_call(fn, arg, nargs, nrets) on the region's context under limits.  Not nested on
 * one thread.  A signal the watchdog sent has arrived when this returns.
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

/*
 * A run that uses much CPU is lowered to nice 15, so that it does not take it from others.
 * Without the right to raise a thread again it stays so: true then, on that thread, and
 * its owner should end it and start another.
 */
bool		 guard_spent(void);
/* Runs, of all threads, that have not ended although twice their wall time is over. */
unsigned	 guard_stuck(void);

/* For runtime/region.c.  With sanitizers: the engine runs, so guard_out is not in force. */
void		 guard_assert(void);
/* Memory is gone.  Returns if there is no run to end. */
void		 guard_past_limit(void);
void		 guard_fatal(void *region, const char *message) __attribute__((noreturn));

#endif
