/*
 * Slots, queues, budgets and whose turn it is, with apps that exist on paper and a clock
 * of our own; then the same with real threads, for lost wake-ups.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sched.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "fcgi/lane.h"

#define SECOND 1000000LL

static struct quota standard;

static int
setup(void **state)
{
	(void)state;
	quota_read(NULL, &standard);
	standard.requests_per_s = 100000;
	standard.cpu_ms_per_min = 60000 * 64;
	return 0;
}

static struct lane *
lane(unsigned slots, unsigned app_queue, unsigned queue)
{
	struct lane_options o = { slots, app_queue, queue };

	return lane_new(&o);
}

static enum fz_err
enter(struct lane *l, struct lane_wait *w, int64_t app, int64_t now)
{
	int64_t retry;

	return lane_enter(l, w, app, &standard, now, &retry);
}

static struct lane_stats
stats(struct lane *l)
{
	struct lane_stats s;

	lane_stats(l, &s);
	return s;
}

/* An app holds all slots but one, less if its quota says so, one if there is only one. */
static void
caps(void **state)
{
	static const struct {
		unsigned	 slots;
		int64_t		 concurrency;
		unsigned	 want;
	} rows[] = { { 4, 32, 3 }, { 4, 2, 2 }, { 2, 32, 1 }, { 1, 32, 1 }, { 8, 1, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lane *l = lane(rows[i].slots, 100, 100);
		struct lane_wait w[10] = { 0 }, other = { 0 };
		struct quota q = standard;
		unsigned runs = 0;
		int64_t retry;

		q.concurrency = rows[i].concurrency;
		for (int k = 0; k < 10; k++)
			runs += lane_enter(l, &w[k], 1, &q, 0, &retry) == FZ_OK;
		assert_int_equal(runs, rows[i].want);
		assert_int_equal(stats(l).running, runs);
		assert_int_equal(stats(l).waiting, 10 - runs);
		assert_int_equal(enter(l, &other, 2, 0),
		    rows[i].slots > runs ? FZ_OK : FZ_AGAIN);
		lane_free(l);
	}
}

/* Who leaves makes room for the oldest of its app, once. */
static void
first_come(void **state)
{
	struct lane *l = lane(2, 10, 10);
	struct lane_wait w[6] = { 0 }, *next;

	(void)state;
	assert_int_equal(enter(l, &w[0], 1, 0), FZ_OK);
	for (int i = 1; i < 6; i++)
		assert_int_equal(enter(l, &w[i], 1, i), FZ_AGAIN);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(w[i].state, LANE_RUNS);
		next = lane_leave(l, &w[i], 100, 1000 * i);
		assert_int_equal(w[i].state, LANE_OUT);
		assert_ptr_equal(next, &w[i + 1]);
		assert_null(next->next);
	}
	assert_null(lane_leave(l, &w[5], 100, 9000));
	assert_int_equal(stats(l).running + stats(l).waiting, 0);
	lane_free(l);
}

/* A free slot is not for the app at its cap, but for the next one's request at once. */
static void
others_pass(void **state)
{
	struct lane *l = lane(3, 10, 10);
	struct lane_wait a[5] = { 0 }, b[3] = { 0 }, *next;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(enter(l, &a[i], 1, 0), i < 2 ? FZ_OK : FZ_AGAIN);
	assert_int_equal(enter(l, &b[0], 2, 0), FZ_OK);
	assert_int_equal(enter(l, &b[1], 2, 0), FZ_AGAIN);
	/* The slot of b goes to b: a has two already. */
	next = lane_leave(l, &b[0], 50, 10);
	assert_ptr_equal(next, &b[1]);
	assert_null(lane_leave(l, &b[1], 50, 20));
	assert_int_equal(stats(l).running, 2);
	assert_int_equal(enter(l, &b[2], 2, 30), FZ_OK);
	lane_free(l);
}

static void
queues(void **state)
{
	struct lane *l = lane(1, 3, 5);
	struct lane_wait w[20] = { 0 };

	(void)state;
	assert_int_equal(enter(l, &w[0], 1, 0), FZ_OK);
	for (int i = 1; i <= 3; i++)
		assert_int_equal(enter(l, &w[i], 1, 0), FZ_AGAIN);
	assert_int_equal(enter(l, &w[4], 1, 0), FZ_OVERLOADED);
	assert_int_equal(w[4].state, LANE_OUT);
	assert_int_equal(enter(l, &w[5], 2, 0), FZ_AGAIN);
	assert_int_equal(enter(l, &w[6], 2, 0), FZ_AGAIN);
	assert_int_equal(enter(l, &w[7], 3, 0), FZ_OVERLOADED);
	assert_int_equal(stats(l).full, 2);
	/* Its owner goes: first, middle and last of a queue. */
	lane_cancel(l, &w[2]);
	lane_cancel(l, &w[2]);
	lane_cancel(l, &w[6]);
	lane_cancel(l, &w[0]);
	assert_int_equal(stats(l).waiting, 3);
	assert_int_equal(enter(l, &w[8], 1, 0), FZ_AGAIN);
	lane_cancel(l, &w[1]);
	lane_cancel(l, &w[5]);
	assert_ptr_equal(lane_leave(l, &w[0], 1, 1), &w[3]);
	assert_ptr_equal(lane_leave(l, &w[3], 1, 2), &w[8]);
	assert_null(lane_leave(l, &w[8], 1, 3));
	lane_free(l);
}

static void
late(void **state)
{
	struct lane *l = lane(1, 10, 10);
	struct lane_wait w[5] = { 0 }, *list;
	int64_t budget = LIMIT_REQUEST_MS * 1000;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(enter(l, &w[i], 1 + i % 2, i * SECOND),
		    i == 0 ? FZ_OK : FZ_AGAIN);
	assert_null(lane_expire(l, 1 * SECOND + budget));
	list = lane_expire(l, 2 * SECOND + budget + 1);
	assert_non_null(list);
	assert_non_null(list->next);
	assert_null(list->next->next);
	assert_int_equal(w[1].state, LANE_LATE);
	assert_int_equal(w[2].state, LANE_LATE);
	assert_int_equal(w[3].state, LANE_WAITS);
	assert_int_equal(stats(l).late, 2);
	assert_int_equal(stats(l).waiting, 2);
	list = lane_leave(l, &w[0], 1, 20 * SECOND);
	assert_non_null(list);
	assert_null(list->next);
	lane_free(l);
}

static void
requests_budget(void **state)
{
	struct lane *l = lane(8, 100, 100);
	struct quota q = standard;
	struct lane_wait w = { 0 };
	int64_t retry = 0, now = 5 * SECOND;
	int ran = 0;

	(void)state;
	q.requests_per_s = 10;
	for (int i = 0; i < 100; i++)
		if (lane_enter(l, &w, 1, &q, now, &retry) == FZ_OK) {
			ran++;
			assert_null(lane_leave(l, &w, 10, now));
		}
	assert_int_equal(ran, 10);
	assert_int_equal(retry, 1);
	assert_int_equal(stats(l).used_up, 90);
	/* A tenth of a second is one request; another app has its own. */
	now += SECOND / 10;
	assert_int_equal(lane_enter(l, &w, 1, &q, now, &retry), FZ_OK);
	assert_null(lane_leave(l, &w, 10, now));
	assert_int_equal(lane_enter(l, &w, 1, &q, now, &retry), FZ_QUOTA_EXCEEDED);
	assert_int_equal(lane_enter(l, &w, 2, &q, now, &retry), FZ_OK);
	assert_null(lane_leave(l, &w, 10, now));
	/* A larger quota holds at once. */
	q.requests_per_s = 100;
	assert_int_equal(lane_enter(l, &w, 1, &q, now, &retry), FZ_OK);
	lane_free(l);
}

static void
cpu_budget(void **state)
{
	struct lane *l = lane(8, 100, 100);
	struct quota q = standard;
	struct lane_wait w = { 0 };
	int64_t retry = 0, now = 0;
	int ran = 0;

	(void)state;
	q.cpu_ms_per_min = 600;		/* 10 ms a second */
	while (lane_enter(l, &w, 1, &q, now, &retry) == FZ_OK) {
		ran++;
		assert_null(lane_leave(l, &w, 100000, now));
	}
	assert_int_equal(ran, 6);
	assert_int_equal(retry, 1);
	/* Debt of 90 ms: nine seconds. */
	now += 100;
	assert_int_equal(lane_enter(l, &w, 1, &q, now, &retry), FZ_OK);
	assert_null(lane_leave(l, &w, 90000, now));
	assert_int_equal(lane_enter(l, &w, 1, &q, now, &retry), FZ_QUOTA_EXCEEDED);
	assert_int_equal(retry, 9);
	assert_int_equal(lane_enter(l, &w, 1, &q, now + 8 * SECOND, &retry),
	    FZ_QUOTA_EXCEEDED);
	assert_int_equal(lane_enter(l, &w, 1, &q, now + 9 * SECOND, &retry), FZ_OK);
	/* However much it was: never more than a minute to wait. */
	assert_null(lane_leave(l, &w, 3600 * SECOND, now + 9 * SECOND));
	assert_int_equal(lane_enter(l, &w, 1, &q, now + 9 * SECOND, &retry),
	    FZ_QUOTA_EXCEEDED);
	assert_int_equal(retry, 60);
	assert_int_equal(lane_enter(l, &w, 1, &q, now + 70 * SECOND, &retry), FZ_OK);
	lane_free(l);
}

/*
 * A machine on paper: each app always has `clients` requests, each takes cost_us of wall
 * and CPU time.  Returns what each app was given.
 */
struct paper_app {
	int64_t		 cost_us;
	int		 clients;
	int64_t		 got_us;
	int64_t		 worst_us;	/* wait */
	int		 done;
};

struct paper_run {
	struct lane_wait w;
	int		 app;
	int64_t		 asked;
	int64_t		 ends;		/* 0 = does not run */
};

static void
begin(struct paper_app *apps, struct paper_run *r, int64_t now)
{
	struct paper_app *a = &apps[r->app];

	r->ends = now + a->cost_us;
	if (now - r->asked > a->worst_us)
		a->worst_us = now - r->asked;
}

static void
simulate(unsigned slots, struct paper_app *apps, int napps, int64_t until)
{
	struct lane *l = lane(slots, 100, 1000);
	struct paper_run runs[200] = { 0 };
	int n = 0;
	int64_t now = 0;

	for (int i = 0; i < napps; i++)
		for (int k = 0; k < apps[i].clients; k++)
			runs[n++].app = i;
	for (int i = 0; i < n; i++)
		if (enter(l, &runs[i].w, runs[i].app + 1, now) == FZ_OK)
			begin(apps, &runs[i], now);
	while (now < until) {
		struct paper_run *next = NULL;
		struct lane_wait *w;

		for (int i = 0; i < n; i++)
			if (runs[i].ends != 0 && (next == NULL || runs[i].ends < next->ends))
				next = &runs[i];
		assert_non_null(next);
		now = next->ends;
		next->ends = 0;
		apps[next->app].got_us += apps[next->app].cost_us;
		apps[next->app].done++;
		for (w = lane_leave(l, &next->w, apps[next->app].cost_us, now); w != NULL;
		    w = w->next)
			begin(apps, (struct paper_run *)w, now);
		next->asked = now;
		if (enter(l, &next->w, next->app + 1, now) == FZ_OK)
			begin(apps, next, now);
		assert_in_range(stats(l).running, 1, slots);
		/* No slot is idle while somebody who may run waits. */
		if (napps > 1)
			assert_int_equal(stats(l).running, slots);
	}
	lane_free(l);
}

/* Shares of CPU, not of requests, when three want one slot. */
static void
shares(void **state)
{
	struct paper_app apps[3] = { { .cost_us = 1000000, .clients = 20 },
		{ .cost_us = 5000, .clients = 20 }, { .cost_us = 50000, .clients = 5 } };

	(void)state;
	simulate(1, apps, 3, 120 * SECOND);
	for (int i = 0; i < 3; i++)
		assert_in_range(apps[i].got_us, 38 * SECOND, 42 * SECOND);
	assert_true(apps[1].done > 100 * apps[0].done);
}

/* Alike ones take turns exactly. */
static void
turns(void **state)
{
	struct paper_app apps[4] = { { .cost_us = 3000, .clients = 9 },
		{ .cost_us = 3000, .clients = 1 }, { .cost_us = 3000, .clients = 30 },
		{ .cost_us = 3000, .clients = 2 } };

	(void)state;
	simulate(2, apps, 4, 30 * SECOND);
	assert_in_range(apps[2].done, apps[0].done - 2, apps[0].done + 2);
	assert_in_range(apps[3].done, apps[0].done - 2, apps[0].done + 2);
	/* One at a time with a pause between is less than a share, but not much. */
	assert_true(apps[1].done * 2 > apps[0].done);
}

/* Endless loops on all their slots: a small app waits for nobody. */
static void
loops_beside_small(void **state)
{
	struct paper_app apps[2] = { { .cost_us = 1000000, .clients = 50 },
		{ .cost_us = 5000, .clients = 1 } };

	(void)state;
	simulate(4, apps, 2, 60 * SECOND);
	assert_true(apps[1].worst_us < 5000);
	assert_true(apps[1].done > 10000);
}

/* Two small apps share the slot that the loops leave. */
static void
loops_beside_two(void **state)
{
	struct paper_app apps[3] = { { .cost_us = 1000000, .clients = 50 },
		{ .cost_us = 5000, .clients = 1 }, { .cost_us = 5000, .clients = 3 } };

	(void)state;
	simulate(4, apps, 3, 60 * SECOND);
	assert_true(apps[1].worst_us <= 10000);
	assert_true(apps[2].worst_us <= 20000);
}

/* What a run cost is paid by the next ones, although nobody could know it before. */
static void
debt(void **state)
{
	struct lane *l = lane(1, 100, 100);
	struct lane_wait a[3] = { 0 }, b[50] = { 0 };
	int64_t now = SECOND;
	int i;

	(void)state;
	assert_int_equal(enter(l, &a[0], 1, 0), FZ_OK);
	assert_int_equal(enter(l, &a[1], 1, 0), FZ_AGAIN);
	for (i = 0; i < 50; i++)
		assert_int_equal(enter(l, &b[i], 2, 0), FZ_AGAIN);
	assert_ptr_equal(lane_leave(l, &a[0], SECOND, now), &b[0]);
	for (i = 0; i < 49; i++)
		assert_ptr_equal(lane_leave(l, &b[i], 5000, now += 5000), &b[i + 1]);
	/* Cheaper than it was thought to be: given back. */
	assert_ptr_equal(lane_leave(l, &b[49], 5000, now), &a[1]);
	assert_int_equal(enter(l, &a[2], 1, now), FZ_AGAIN);
	assert_int_equal(enter(l, &b[0], 3, now), FZ_AGAIN);
	assert_ptr_equal(lane_leave(l, &a[1], 10, now), &a[2]);
	lane_free(l);
}

/* A thousand apps come and go: those at rest are forgotten, the others not. */
static void
forgotten(void **state)
{
	struct lane *l = lane(2, 10, 10);
	struct lane_wait w = { 0 };
	int64_t now = 0;

	(void)state;
	for (int round = 0; round < 5; round++) {
		for (int64_t app = 1; app <= 2000; app++) {
			assert_int_equal(enter(l, &w, app, now), FZ_OK);
			assert_null(lane_leave(l, &w, 500, now));
		}
		now += 100 * SECOND;
	}
	lane_free(l);
}

/* Fewer slots: nobody is stopped; more: those who wait run at once. */
static void
other_numbers(void **state)
{
	struct lane *l = lane(2, 10, 10);
	struct lane_options one = { 1, 10, 10 }, four = { 4, 10, 10 };
	struct lane_wait w[6] = { 0 }, *list;

	(void)state;
	for (int i = 0; i < 6; i++)
		(void)!enter(l, &w[i], 1 + i % 2, 0);
	assert_int_equal(stats(l).running, 2);
	assert_null(lane_set(l, &one, 0));
	assert_null(lane_leave(l, &w[0], 5, 0));
	list = lane_set(l, &four, 0);
	assert_int_equal(stats(l).running, 4);
	assert_non_null(list->next->next);
	assert_null(list->next->next->next);
	lane_free(l);
}

/* --- real threads --- */

#define THREADS 8
#define EACH 3000

struct seat {
	struct lane_wait w;
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;
	bool		 granted;
};

static struct lane *shared;
static atomic_int inside, inside_app[4], served, refused, broken;

static void
wake(struct lane_wait *w)
{
	while (w != NULL) {
		struct seat *s = (struct seat *)w;

		/* From its grant on the seat may be used again. */
		w = w->next;
		pthread_mutex_lock(&s->lock);
		s->granted = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->lock);
	}
}

static void
one_run(struct seat *s, int app, unsigned *seed)
{
	int64_t retry;
	enum fz_err err = lane_enter(shared, &s->w, app + 1, &standard, clock_mono_us(),
	    &retry);

	if (err == FZ_OVERLOADED) {
		atomic_fetch_add(&refused, 1);
		return;
	}
	if (err == FZ_AGAIN) {
		pthread_mutex_lock(&s->lock);
		while (!s->granted)
			pthread_cond_wait(&s->wake, &s->lock);
		s->granted = false;
		pthread_mutex_unlock(&s->lock);
	}
	if (atomic_fetch_add(&inside, 1) >= 3 || atomic_fetch_add(&inside_app[app], 1) >= 2)
		atomic_fetch_add(&broken, 1);
	if (rand_r(seed) % 4 == 0)
		sched_yield();
	atomic_fetch_add(&served, 1);
	atomic_fetch_sub(&inside_app[app], 1);
	atomic_fetch_sub(&inside, 1);
	wake(lane_leave(shared, &s->w, rand_r(seed) % 3000, clock_mono_us()));
}

static void *
client(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	struct seat s = { .w = { 0 } };

	pthread_mutex_init(&s.lock, NULL);
	pthread_cond_init(&s.wake, NULL);
	for (int i = 0; i < EACH; i++)
		one_run(&s, rand_r(&seed) % 4, &seed);
	pthread_cond_destroy(&s.wake);
	pthread_mutex_destroy(&s.lock);
	return NULL;
}

static void
threads(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	shared = lane(3, 2, 4);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, client, (void *)(i + 1)), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(broken, 0);
	assert_int_equal(served + refused, THREADS * EACH);
	assert_true(served > THREADS * EACH / 4);
	assert_int_equal(stats(shared).running + stats(shared).waiting, 0);
	lane_free(shared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caps),
		cmocka_unit_test(first_come),
		cmocka_unit_test(others_pass),
		cmocka_unit_test(queues),
		cmocka_unit_test(late),
		cmocka_unit_test(requests_budget),
		cmocka_unit_test(cpu_budget),
		cmocka_unit_test(shares),
		cmocka_unit_test(turns),
		cmocka_unit_test(loops_beside_small),
		cmocka_unit_test(loops_beside_two),
		cmocka_unit_test(debt),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(other_numbers),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
