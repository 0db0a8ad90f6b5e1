/*
 * Deficit round robin over apps, in CPU microseconds.  What a script costs is known only
 * when it is over, so a run is charged what the app's runs took lately and corrected
 * afterwards.  Each app has a credit; the first in the ring of waiting apps whose credit
 * is positive goes next and moves to the end.  When none is positive, all get as many
 * quanta as the best of them needs: the ratio between apps is kept, nobody loops.
 *
 * Debts are forgiven slowly with time (a sixteenth), and credit does not grow past one
 * quantum: who was quiet for an hour gets no hour of precedence, who burnt the machine
 * while nobody else wanted it is not locked out afterwards.
 *
 * Slots are counted, an app may hold all but one: the last is there for everybody else.
 * With the round robin alone an app of endless loops would, between two turns of its
 * neighbour, hold every slot for as long as one of its runs may last.
 *
 * The budgets are two token buckets, of one second's requests and one minute's CPU.  They
 * are in the smallest unit that keeps them exact: a millionth of a request, a
 * sixty-thousandth of a microsecond (so that a quota of one millisecond a minute grows by
 * one each microsecond).
 *
 * An app is here from its first request until its buckets are full again; then whoever
 * next walks its chain of the table frees it.
 */
#include "fcgi/lane.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"

#define BUCKETS 256
#define QUANTUM_US 5000
#define FORGIVE 16
#define DEBT_MAX_US 5000000
#define GUESS_US 1000		/* of an app's first run */
#define REQUEST 1000000LL	/* one of the bucket of requests */
#define CPU_US 60000LL		/* one microsecond of the bucket of CPU */
#define MINUTE_US 60000000LL

struct lane_app {
	int64_t		 id;
	unsigned	 running;
	unsigned	 most;		/* at once, of its quota */
	struct lane_wait *first;	/* waiting, oldest first */
	struct lane_wait **last;
	unsigned	 waiting;
	int64_t		 credit_us;
	int64_t		 guess_us;
	int64_t		 requests;	/* buckets */
	int64_t		 cpu;
	int64_t		 requests_max;
	int64_t		 cpu_max;
	int64_t		 seen_us;	/* buckets and credit are of this time */
	struct lane_app	*chain;
	struct lane_app	*ring_next;	/* while somebody waits */
	struct lane_app	*ring_prev;
};

struct lane {
	pthread_mutex_t	 lock;		/* of all that follows */
	struct lane_options options;
	struct lane_app	*apps[BUCKETS];
	struct lane_app	*ring;		/* whose turn it is; circular */
	unsigned	 running;
	unsigned	 waiting;
	uint64_t	 full;
	uint64_t	 used_up;
	uint64_t	 late;
};

struct lane *
lane_new(const struct lane_options *o)
{
	struct lane *l = xcalloc(1, sizeof(*l));

	(void)pthread_mutex_init(&l->lock, NULL);
	l->options = *o;
	return l;
}

void
lane_free(struct lane *l)
{
	struct lane_app *a;

	if (l == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (l->apps[i] != NULL) {
			a = l->apps[i];
			l->apps[i] = a->chain;
			free(a);
		}
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

/* --- an app's budget; all of it under the lock --- */

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Buckets and credit as of now. */
static void
refill(struct lane_app *a, int64_t now)
{
	int64_t past = now - a->seen_us;

	if (past <= 0)
		return;
	a->seen_us = now;
	past = least(past, 2 * MINUTE_US);
	a->requests = least(a->requests_max, a->requests + past * (a->requests_max / REQUEST));
	a->cpu = least(a->cpu_max, a->cpu + past * (a->cpu_max / MINUTE_US));
	a->credit_us = least(QUANTUM_US, a->credit_us + past / FORGIVE);
}

/* The quota may be another one than last time. */
static void
adopt(struct lane_app *a, const struct quota *q)
{
	int64_t requests = q->requests_per_s * REQUEST, cpu = q->cpu_ms_per_min * MINUTE_US;

	a->most = (unsigned)q->concurrency;
	if (requests != a->requests_max)
		a->requests += requests - a->requests_max;
	if (cpu != a->cpu_max)
		a->cpu += cpu - a->cpu_max;
	a->requests_max = requests;
	a->cpu_max = cpu;
}

static bool
rested(const struct lane_app *a)
{
	return a->running == 0 && a->waiting == 0 && a->requests == a->requests_max &&
	    a->cpu == a->cpu_max && a->credit_us == QUANTUM_US;
}

/* The app, new if need be; frees those in its chain that nothing is to be known about. */
static struct lane_app *
app_of(struct lane *l, int64_t id, const struct quota *q, int64_t now)
{
	struct lane_app *a, *found = NULL, **at = &l->apps[(uint64_t)id % BUCKETS];

	while (*at != NULL) {
		a = *at;
		refill(a, now);
		if (a->id == id)
			found = a;
		if (a->id != id && rested(a)) {
			*at = a->chain;
			free(a);
		} else {
			at = &a->chain;
		}
	}
	if (found == NULL) {
		found = xcalloc(1, sizeof(*found));
		found->id = id;
		found->last = &found->first;
		found->credit_us = QUANTUM_US;
		found->guess_us = GUESS_US;
		found->seen_us = now;
		*at = found;
	}
	adopt(found, q);
	return found;
}

/* Seconds until a bucket that grows by rate a microsecond is positive, 1..60. */
static int64_t
seconds_until(int64_t level, int64_t need, int64_t rate)
{
	int64_t us = (need - level) / (rate > 0 ? rate : 1);

	if (us < 1)
		us = 1;
	return least(60, (us + 999999) / 1000000);
}

static bool
within_budget(struct lane_app *a, int64_t *retry_s)
{
	if (a->cpu <= 0) {
		*retry_s = seconds_until(a->cpu, 1, a->cpu_max / MINUTE_US);
		return false;
	}
	if (a->requests < REQUEST) {
		*retry_s = seconds_until(a->requests, REQUEST, a->requests_max / REQUEST);
		return false;
	}
	a->requests -= REQUEST;
	return true;
}

/* --- slots and queues --- */

static unsigned
cap_of(const struct lane *l, const struct lane_app *a)
{
	unsigned most = l->options.slots > 1 ? l->options.slots - 1 : 1;

	return a->most < most ? a->most : most;
}

static void
ring_add(struct lane *l, struct lane_app *a)
{
	if (l->ring == NULL) {
		l->ring = a->ring_next = a->ring_prev = a;
		return;
	}
	a->ring_next = l->ring;
	a->ring_prev = l->ring->ring_prev;
	a->ring_prev->ring_next = a;
	l->ring->ring_prev = a;
}

static void
ring_remove(struct lane *l, struct lane_app *a)
{
	if (a->ring_next == a) {
		l->ring = NULL;
		return;
	}
	a->ring_prev->ring_next = a->ring_next;
	a->ring_next->ring_prev = a->ring_prev;
	if (l->ring == a)
		l->ring = a->ring_next;
}

static void
grant(struct lane *l, struct lane_app *a, struct lane_wait *w)
{
	w->state = LANE_RUNS;
	w->app = a;
	w->next = NULL;
	w->charged_us = a->guess_us;
	a->credit_us -= a->guess_us;
	a->running++;
	l->running++;
}

/* Take the link that *at points to out of the app's queue. */
static struct lane_wait *
unqueue(struct lane *l, struct lane_app *a, struct lane_wait **at)
{
	struct lane_wait *w = *at;

	*at = w->next;
	if (a->last == &w->next)
		a->last = at;
	w->next = NULL;
	l->waiting--;
	a->waiting--;
	if (a->waiting == 0)
		ring_remove(l, a);
	return w;
}

/* The best credit of those who wait and may run; false if there is none. */
static bool
best_credit(const struct lane *l, int64_t *best)
{
	const struct lane_app *a = l->ring;
	bool any = false;

	do {
		if (a->running < cap_of(l, a) && (!any || a->credit_us > *best)) {
			*best = a->credit_us;
			any = true;
		}
		a = a->ring_next;
	} while (a != l->ring);
	return any;
}

/* Whose turn it is; NULL if nobody who waits may run. */
static struct lane_app *
choose(struct lane *l)
{
	struct lane_app *a = l->ring;
	int64_t best = 0, more;

	if (a == NULL || !best_credit(l, &best))
		return NULL;
	more = best > 0 ? 0 : (-best / QUANTUM_US + 1) * QUANTUM_US;
	do {
		a->credit_us = least(QUANTUM_US, a->credit_us + more);
		a = a->ring_next;
	} while (a != l->ring);
	while (a->running >= cap_of(l, a) || a->credit_us <= 0)
		a = a->ring_next;
	return a;
}

/* Give away what is free. */
static struct lane_wait *
grant_all(struct lane *l, int64_t now)
{
	struct lane_wait *list = NULL, **last = &list;

	while (l->running < l->options.slots) {
		struct lane_app *a = choose(l);

		if (a == NULL)
			break;
		refill(a, now);
		*last = unqueue(l, a, &a->first);
		if (a->waiting > 0) {
			ring_remove(l, a);
			ring_add(l, a);
		}
		grant(l, a, *last);
		last = &(*last)->next;
	}
	return list;
}

enum fz_err
lane_enter(struct lane *l, struct lane_wait *w, int64_t app, const struct quota *quota,
    int64_t now, int64_t *retry_s)
{
	enum fz_err err = FZ_OK;
	struct lane_app *a;

	(void)pthread_mutex_lock(&l->lock);
	a = app_of(l, app, quota, now);
	if (!within_budget(a, retry_s)) {
		l->used_up++;
		err = FZ_QUOTA_EXCEEDED;
	} else if (a->waiting == 0 && l->running < l->options.slots &&
	    a->running < cap_of(l, a)) {
		grant(l, a, w);
	} else if (a->waiting >= l->options.app_queue || l->waiting >= l->options.queue) {
		l->full++;
		err = FZ_OVERLOADED;
	} else {
		w->state = LANE_WAITS;
		w->app = a;
		w->next = NULL;
		w->since_us = now;
		*a->last = w;
		a->last = &w->next;
		l->waiting++;
		if (a->waiting++ == 0)
			ring_add(l, a);
		err = FZ_AGAIN;
	}
	(void)pthread_mutex_unlock(&l->lock);
	return err;
}

struct lane_wait *
lane_leave(struct lane *l, struct lane_wait *w, int64_t cpu, int64_t now)
{
	struct lane_app *a = w->app;
	struct lane_wait *list;

	(void)pthread_mutex_lock(&l->lock);
	refill(a, now);
	a->running--;
	l->running--;
	a->credit_us += w->charged_us - cpu;
	if (a->credit_us < -DEBT_MAX_US)
		a->credit_us = -DEBT_MAX_US;
	a->credit_us = least(QUANTUM_US, a->credit_us);
	a->guess_us += (cpu - a->guess_us) / 4;
	a->cpu -= cpu * CPU_US;
	if (a->cpu < -a->cpu_max)
		a->cpu = -a->cpu_max;
	w->state = LANE_OUT;
	w->app = NULL;
	list = grant_all(l, now);
	(void)pthread_mutex_unlock(&l->lock);
	return list;
}

struct lane_wait *
lane_set(struct lane *l, const struct lane_options *o, int64_t now)
{
	struct lane_wait *list;

	(void)pthread_mutex_lock(&l->lock);
	l->options = *o;
	list = grant_all(l, now);
	(void)pthread_mutex_unlock(&l->lock);
	return list;
}

struct lane_wait *
lane_expire(struct lane *l, int64_t now)
{
	struct lane_wait *list = NULL, **last = &list;
	struct lane_app *a;

	(void)pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < BUCKETS && l->waiting > 0; i++)
		for (a = l->apps[i]; a != NULL; a = a->chain)
			while (a->first != NULL &&
			    now - a->first->since_us > LIMIT_REQUEST_MS * 1000) {
				*last = unqueue(l, a, &a->first);
				(*last)->state = LANE_LATE;
				(*last)->app = NULL;
				last = &(*last)->next;
				l->late++;
			}
	(void)pthread_mutex_unlock(&l->lock);
	return list;
}

void
lane_cancel(struct lane *l, struct lane_wait *w)
{
	struct lane_wait **at;

	(void)pthread_mutex_lock(&l->lock);
	if (w->state == LANE_WAITS) {
		at = &w->app->first;
		while (*at != w)
			at = &(*at)->next;
		(void)unqueue(l, w->app, at);
		w->state = LANE_OUT;
		w->app = NULL;
	}
	(void)pthread_mutex_unlock(&l->lock);
}

void
lane_stats(struct lane *l, struct lane_stats *out)
{
	(void)pthread_mutex_lock(&l->lock);
	*out = (struct lane_stats){ .slots = l->options.slots, .running = l->running,
		.waiting = l->waiting, .full = l->full, .used_up = l->used_up,
		.late = l->late };
	(void)pthread_mutex_unlock(&l->lock);
}
