/*
 * The limits of a run.
 *
 * guard_check() is where the engine asks.  It reads the clock, compares it with one time
 * (`next_ns`: the earliest at which anything can be due) and goes on.  CPU time is a
 * system call, so it is read only when so much wall time has passed that it might be used
 * up, and the remainder gives the next such time.  The same goes for lowering the
 * thread's priority.
 *
 * A run ends with siglongjmp to guard_run, not with an exception: catch and finally of the
 * script never see it, and nothing runs after the deadline.  It is sound because all that
 * the engine had half done lies in the region, which is restored, and because host code
 * holds nothing while it calls the engine (the rule in guard.h).
 *
 * The watchdog is for what does not ask.  It signals the thread of an overdue run; the
 * handler jumps when all of this holds, and else returns to be called again:
 *
 *  - the run is inside the engine by its own account (not guard_out);
 *  - the interrupted instruction is the engine's own.  Then the C stack below it is engine
 *    and host functions that called the engine, thus hold nothing; never malloc, a libc
 *    lock, the region's allocator or this file half way through something.
 *  - the limit of the run that is on this thread now is over, read from the clocks: a late
 *    signal does nothing to the next run.
 *
 * The handler does not block its signal (SA_NODEFER), so neither sigsetjmp nor a jump out
 * of it has to care for the mask.  How no signal is late: runtime/watchdog.c.
 */
#include "runtime/guard.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "runtime/math_random.h"
#include "runtime/priority.h"
#include "runtime/watchdog.h"

#define MS 1000000LL				/* nanoseconds */
#define CREDIT 512				/* checks between two looks at the clock */
#define STACK_RESERVE (GUARD_STACK / 4)		/* for what recurses unasked */
#define GRACE (GUARD_GRACE_MS * MS)
#define NICE_AFTER (20 * MS)
#define CPU_FROM (100 * 1000LL)			/* shorter runs count as CPU alone */
#define NEVER WATCHDOG_NEVER

_Static_assert(GRACE > WATCHDOG_STEP, "the watchdog would look too late");

/* The handler and the thread it interrupts see each other's writes in program order. */
#define FENCE() atomic_signal_fence(memory_order_seq_cst)

struct guard_thread {
	struct watchdog_target	 target;	/* first: see thread_ends() */
	bool			 known;
	bool			 running;
	bool			 spent;
	struct priority		 priority;
	bool			 narrowed;
	sigjmp_buf		 jump;
	struct region		*region;
	struct guard_used	*used;
	/* nanoseconds on the monotonic and on the thread's CPU clock */
	int64_t			 start;
	int64_t			 deadline;
	int64_t			 wide;		/* deadline without guard_narrow */
	int64_t			 cpu_start;
	int64_t			 cpu_end;
	int64_t			 cpu_at;	/* cpu_end is not before this time */
	int64_t			 nice_at;
	int64_t			 next;		/* least of the above */
};

static __thread struct guard_thread self;
__thread int guard_credit;
__thread char *guard_stack_end;

static int64_t
clock_ns(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return ts.tv_sec * 1000 * MS + ts.tv_nsec;
}

static int64_t
now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static int64_t
cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline bool
inside(const struct guard_thread *t)
{
	return atomic_load_explicit(&t->target.inside, memory_order_relaxed);
}

static inline void
set_inside(struct guard_thread *t, bool is)
{
	FENCE();
	atomic_store_explicit(&t->target.inside, is, memory_order_relaxed);
	FENCE();
}

/* --- ending a run --- */

static void
plan(struct guard_thread *t)
{
	t->next = least(least(t->deadline, t->cpu_at), t->nice_at);
	atomic_store(&t->target.hard, least(t->deadline, t->cpu_at) + GRACE);
}

static void leave(struct guard_thread *, enum guard_end) __attribute__((noreturn));

static void
leave(struct guard_thread *t, enum guard_end end)
{
	set_inside(t, false);
	siglongjmp(t->jump, (int)end);
}

/* The same from within the engine, which then knows where the script was. */
static void leave_engine(struct guard_thread *, enum guard_end) __attribute__((noreturn));

static void
leave_engine(struct guard_thread *t, enum guard_end end)
{
	struct guard_used *used = t->used;

	if (!engine_place(region_context(t->region), used->file, sizeof(used->file),
	    &used->line))
		used->line = 0;
	leave(t, end);
}

static void
give_way(struct guard_thread *t)
{
	t->nice_at = NEVER;
	priority_lower(&t->priority);
}

/* Is a limit over?  GUARD_DONE: not yet, and `next` says when to ask again. */
static enum guard_end
due(struct guard_thread *t, int64_t now)
{
	int64_t cpu;

	if (now >= t->deadline)
		return GUARD_TIMEOUT;
	cpu = cpu_ns();
	if (cpu >= t->cpu_end)
		return GUARD_CPU;
	t->cpu_at = now + (t->cpu_end - cpu);
	if (now >= t->nice_at) {
		if (cpu - t->cpu_start >= NICE_AFTER)
			give_way(t);
		else
			t->nice_at = now + NICE_AFTER - (cpu - t->cpu_start);
	}
	plan(t);
	return GUARD_DONE;
}

/* With sanitizers: is the rule of guard.h kept? */
static void
expect(bool is_inside, const char *text)
{
	if (!GUARD_CHECKS || !self.running || inside(&self) == is_inside)
		return;
	(void)!write(STDERR_FILENO, text, strlen(text));
	abort();
}

void
guard_assert(void)
{
	expect(true, "fazt: the engine was called between guard_out and guard_in\n");
}

void
guard_check(void)
{
	struct guard_thread *t = &self;
	enum guard_end end;
	int64_t now;

	guard_credit = CREDIT;
	if (!inside(t))
		return;
	now = now_ns();
	if (now < t->next)
		return;
	end = due(t, now);
	if (end != GUARD_DONE)
		leave_engine(t, end);
}

/*
 * Bytecode runs only inside.  If the flag says otherwise some host function forgot its
 * guard_in, perhaps by a throw; the script must not go on without limits for it.
 */
void
guard_check_bytecode(void)
{
	guard_assert();
	if (self.running)
		set_inside(&self, true);
	guard_check();
}

void
guard_past_limit(void)
{
	struct guard_thread *t = &self;

	if (inside(t))
		leave_engine(t, GUARD_MEMORY);
}

void
guard_over_memory(void)
{
	struct guard_thread *t = &self;

	if (!t->running)
		abort();
	leave_engine(t, GUARD_MEMORY);
}

void
guard_fatal(void *region, const char *message)
{
	struct guard_thread *t = &self;

	if (t->running && t->region == region)
		leave(t, GUARD_BROKEN);
	fprintf(stderr, "fazt: the engine failed outside of a run: %s\n",
	    message ? message : "no reason");
	abort();
}

/* --- the signal --- */

static uintptr_t
interrupted_at(const void *context)
{
	const ucontext_t *uc = context;

#if defined(__x86_64__)
	return (uintptr_t)uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)uc->uc_mcontext.pc;
#else
	(void)uc;
	return 0;		/* no cutting off, the other walls stay */
#endif
}

static enum guard_end
overdue(struct guard_thread *t)
{
	int64_t now = now_ns(), cpu;

	if (now >= t->deadline + GRACE)
		return GUARD_TIMEOUT;
	cpu = cpu_ns();
	if (cpu >= t->cpu_end + GRACE)
		return GUARD_CPU;
	t->cpu_at = now + (t->cpu_end - cpu);
	plan(t);
	return GUARD_DONE;
}

static void
on_signal(int sig, siginfo_t *info, void *context)
{
	struct guard_thread *t = &self;
	enum guard_end end;
	int saved = errno;

	(void)sig;
	(void)info;
	if (inside(t) && engine_code(interrupted_at(context))) {
		end = overdue(t);
		if (end != GUARD_DONE)
			leave(t, end);
	}
	errno = saved;
}

/* --- threads --- */

static pthread_key_t key;		/* tells of the end of a thread */

static void
thread_ends(void *arg)
{
	watchdog_remove(arg);
}

static void
make_key(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER };

	(void)sigemptyset(&sa.sa_mask);
	if (pthread_key_create(&key, thread_ends) != 0 ||
	    sigaction(WATCHDOG_SIGNAL, &sa, NULL) != 0)
		abort();
}

static void
know_thread(struct guard_thread *t)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_attr_t attr;
	sigset_t set;
	void *base;
	size_t size;

	(void)pthread_once(&once, make_key);
	if (pthread_getattr_np(pthread_self(), &attr) != 0 ||
	    pthread_attr_getstack(&attr, &base, &size) != 0 ||
	    pthread_setspecific(key, &t->target) != 0)
		abort();
	(void)pthread_attr_destroy(&attr);
	guard_stack_end = (char *)base + STACK_RESERVE;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, WATCHDOG_SIGNAL);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	watchdog_add(&t->target);
	t->known = true;
}

/* --- a run --- */

static int64_t
span(int64_t ms)
{
	return least(ms > 0 ? ms : 0, 86400 * 1000) * MS;
}

static void
run_begins(struct guard_thread *t, struct region *region,
    const struct guard_limits *limits, struct guard_used *used)
{
	int64_t now = now_ns();

	region_limit(region, limits->heap);
	t->region = region;
	t->used = used;
	used->line = 0;
	used->file[0] = '\0';
	t->running = true;
	t->narrowed = false;
	math_random_reseed();
	t->start = now;
	t->deadline = now + span(limits->wall_ms);
	t->cpu_start = cpu_ns();
	t->cpu_end = t->cpu_start + span(limits->cpu_ms);
	t->cpu_at = now + span(limits->cpu_ms);
	t->nice_at = t->spent ? NEVER : now + NICE_AFTER;
	atomic_store_explicit(&t->target.stuck, now + 2 * span(limits->wall_ms),
	    memory_order_relaxed);
	plan(t);
	guard_credit = CREDIT;
	watchdog_wake();
}

static void
run_ends(struct guard_thread *t, struct guard_used *used)
{
	int64_t wall;

	watchdog_disarm(&t->target);
	t->running = false;
	wall = now_ns() - t->start;
	used->wall_us = wall / 1000;
	/* The system call costs as much as this may be wrong. */
	used->cpu_us = (wall < CPU_FROM ? wall : cpu_ns() - t->cpu_start) / 1000;
	if (!priority_restore(&t->priority))
		t->spent = true;
}

enum guard_end
guard_run(struct region *region, duk_safe_call_function fn, void *arg, duk_idx_t nargs,
    duk_idx_t nrets, const struct guard_limits *limits, struct guard_used *used)
{
	struct guard_thread *t = &self;
	enum guard_end end;

	if (!t->known)
		know_thread(t);
	run_begins(t, region, limits, used);
	end = (enum guard_end)sigsetjmp(t->jump, 0);
	if (end == GUARD_DONE) {
		set_inside(t, true);
		if (duk_safe_call(region_context(region), fn, arg, nargs, nrets) !=
		    DUK_EXEC_SUCCESS)
			end = GUARD_THREW;
		set_inside(t, false);
	}
	run_ends(t, used);
	return end;
}

void
guard_narrow(int64_t wall_ms)
{
	struct guard_thread *t = &self;

	if (!t->running)
		return;
	if (!t->narrowed)
		t->wide = t->deadline;
	t->narrowed = true;
	t->deadline = least(t->deadline, now_ns() + span(wall_ms));
	plan(t);
}

void
guard_widen(void)
{
	struct guard_thread *t = &self;

	if (!t->running || !t->narrowed)
		return;
	t->narrowed = false;
	t->deadline = t->wide;
	plan(t);
}

int64_t
guard_left_ms(void)
{
	struct guard_thread *t = &self;
	int64_t left;

	if (!t->running)
		return 0;
	left = (t->deadline - now_ns()) / MS;
	return left > 0 ? left : 0;
}

void
guard_out(void)
{
	expect(true, "fazt: guard_out inside of guard_out\n");
	set_inside(&self, false);
}

void
guard_in(duk_context *ctx)
{
	struct guard_thread *t = &self;

	(void)ctx;
	if (!t->running)
		return;
	expect(false, "fazt: guard_in without guard_out\n");
	set_inside(t, true);
	guard_check();
}

bool
guard_spent(void)
{
	return self.spent;
}

enum fz_err
guard_start(struct why *why)
{
	return watchdog_start(why);
}

void
guard_stop(void)
{
	watchdog_stop();
}

unsigned
guard_stuck(void)
{
	return watchdog_stuck(now_ns());
}
