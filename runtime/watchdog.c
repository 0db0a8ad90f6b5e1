/*
 * One thread looks at all that run scripts, at least every WATCHDOG_STEP while any of them
 * does, and sleeps when none has for a second: a run then costs one look at `asleep`, and
 * only the first one after a pause a wake-up.
 *
 * A signal must not arrive after its run, where it would interrupt a system call of
 * somebody who does not expect it.  So the watchdog says that it takes aim, looks again,
 * and only then signals; a run that ends first withdraws its time, waits while the
 * watchdog aims, and if a signal was sent makes one system call: the kernel delivers what
 * is pending when that returns.
 */
#include "runtime/watchdog.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000LL
#define SECOND (1000 * MS)
#define AGAIN (3 * MS)			/* after a signal that did not help */
#define LINGER SECOND			/* awake after the last run */

/* ThreadSanitizer delivers a signal at some later point, which could be anywhere. */
#ifdef __SANITIZE_THREAD__
#define MAY_SIGNAL false
#else
#define MAY_SIGNAL true
#endif

static struct {
	pthread_mutex_t		 lock;		/* all but asleep, started */
	pthread_cond_t		 wake;
	pthread_t		 thread;
	bool			 started;
	bool			 stop;
	struct watchdog_target	*targets;
	_Atomic(bool)		 asleep;
} dog = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int64_t
monotonic(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

/* Signal the thread if its run is overdue.  When to look again, from now. */
static int64_t
aim(struct watchdog_target *t, int64_t now)
{
	int64_t hard = atomic_load(&t->hard);

	if (hard == WATCHDOG_NEVER)
		return WATCHDOG_NEVER;
	if (now < hard || !MAY_SIGNAL)
		return now < hard ? hard - now : WATCHDOG_STEP;
	atomic_store(&t->aiming, true);
	if (now >= atomic_load(&t->hard) && atomic_load(&t->inside)) {
		atomic_store(&t->signalled, true);
		(void)tgkill(getpid(), t->tid, WATCHDOG_SIGNAL);
	}
	atomic_store(&t->aiming, false);
	return AGAIN;
}

static int64_t
aim_all(int64_t now)
{
	int64_t wait = WATCHDOG_NEVER, one;

	for (struct watchdog_target *t = dog.targets; t != NULL; t = t->next) {
		one = aim(t, now);
		wait = one < wait ? one : wait;
	}
	return wait;
}

static void
wait_until(int64_t when)
{
	struct timespec ts = { .tv_sec = when / SECOND, .tv_nsec = when % SECOND };

	(void)pthread_cond_timedwait(&dog.wake, &dog.lock, &ts);
}

/* A run that begins after a look has its hard time after the next one. */
static void *
watch(void *arg)
{
	int64_t last = monotonic(), now, wait;

	(void)arg;
	(void)pthread_mutex_lock(&dog.lock);
	while (!dog.stop) {
		now = monotonic();
		wait = aim_all(now);
		if (wait != WATCHDOG_NEVER)
			last = now;
		if (now - last < LINGER) {
			wait_until(now + (wait < WATCHDOG_STEP ? wait : WATCHDOG_STEP));
			continue;
		}
		atomic_store(&dog.asleep, true);
		if (aim_all(now) != WATCHDOG_NEVER)
			atomic_store(&dog.asleep, false);
		while (atomic_load(&dog.asleep) && !dog.stop)
			(void)pthread_cond_wait(&dog.wake, &dog.lock);
		last = monotonic();
	}
	(void)pthread_mutex_unlock(&dog.lock);
	return NULL;
}

enum fz_err
watchdog_start(struct why *why)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	int rc;

	if (dog.started)
		return FZ_OK;
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&dog.wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	dog.stop = false;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&dog.thread, NULL, watch, NULL);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0)
		return why_set(why, FZ_IO, "cannot start the watchdog thread: %s",
		    strerror(rc));
	dog.started = true;
	return FZ_OK;
}

void
watchdog_stop(void)
{
	if (!dog.started)
		return;
	(void)pthread_mutex_lock(&dog.lock);
	dog.stop = true;
	(void)pthread_cond_signal(&dog.wake);
	(void)pthread_mutex_unlock(&dog.lock);
	(void)pthread_join(dog.thread, NULL);
	(void)pthread_cond_destroy(&dog.wake);
	atomic_store(&dog.asleep, false);
	dog.started = false;
}

void
watchdog_add(struct watchdog_target *t)
{
	t->tid = gettid();
	atomic_store(&t->hard, WATCHDOG_NEVER);
	atomic_store(&t->stuck, WATCHDOG_NEVER);
	(void)pthread_mutex_lock(&dog.lock);
	t->next = dog.targets;
	dog.targets = t;
	(void)pthread_mutex_unlock(&dog.lock);
}

void
watchdog_remove(struct watchdog_target *t)
{
	struct watchdog_target **at = &dog.targets;

	(void)pthread_mutex_lock(&dog.lock);
	while (*at != NULL && *at != t)
		at = &(*at)->next;
	if (*at != NULL)
		*at = t->next;
	(void)pthread_mutex_unlock(&dog.lock);
}

void
watchdog_wake(void)
{
	if (!atomic_load(&dog.asleep))
		return;
	(void)pthread_mutex_lock(&dog.lock);
	atomic_store(&dog.asleep, false);
	(void)pthread_cond_signal(&dog.wake);
	(void)pthread_mutex_unlock(&dog.lock);
}

void
watchdog_disarm(struct watchdog_target *t)
{
	atomic_store(&t->hard, WATCHDOG_NEVER);
	while (atomic_load(&t->aiming))
		(void)sched_yield();
	if (atomic_load_explicit(&t->signalled, memory_order_relaxed)) {
		(void)sched_yield();
		atomic_store_explicit(&t->signalled, false, memory_order_relaxed);
	}
	atomic_store_explicit(&t->stuck, WATCHDOG_NEVER, memory_order_relaxed);
}

unsigned
watchdog_stuck(int64_t now)
{
	unsigned n = 0;

	(void)pthread_mutex_lock(&dog.lock);
	for (struct watchdog_target *t = dog.targets; t != NULL; t = t->next)
		n += now > atomic_load_explicit(&t->stuck, memory_order_relaxed);
	(void)pthread_mutex_unlock(&dog.lock);
	return n;
}
