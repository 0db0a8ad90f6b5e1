/*
 * Threads that take a connection, advance it as far as it goes and hand it on.  The same
 * loop serves two queues: many threads answer requests, one refuses the ones that are too
 * many (the connection carries the mark), so that saying no is never stuck behind saying
 * yes.
 *
 * An answering thread takes what is queued first; with an empty queue it waits for
 * events itself (park.c) if not enough others do, and else sleeps.  One turn a
 * connection: after it the connection goes back behind all others that are ready.
 *
 * A queue is a list through the connections themselves: pushing cannot fail and costs no
 * memory; how long it may get is the acceptor's decision.  The thread that slept last is
 * woken first: its stack and caches are warm, and the threads that are too many stay
 * asleep.
 *
 * Most turns are short and never block, so waking a thread for each costs more than the
 * turn: no more than `eager` (the number of cores) wait for events or are woken at once;
 * those find the rest when they are done.  Turns that take long (a sync, a script) hold
 * nobody up: the acceptor looks every millisecond while there is a queue or while nobody
 * waits for events.  It wakes one more thread when the first entry has waited that long,
 * and a thread whose turn has lasted that long no longer counts as one of the eager: while
 * scripts run, as many others wait for events as on a quiet server.
 *
 * A script that burns CPU has its thread lowered in priority, which cannot be taken back
 * (runtime/guard.h).  Such a thread starts its successor and ends.
 *
 * Stacks are as large as scripts need.  Signals are blocked: they are the main thread's.
 */
#include <stdlib.h>

#include "admin/metrics.h"
#include "base/clock.h"
#include "base/mem.h"
#include "fcgi/fastcgi.h"
#include "fcgi/gate_inner.h"
#include "runtime/guard.h"

#define LATE_US 1000
#define LONG_MS 2

void
worker_queue_init(struct gate_queue *q, unsigned eager)
{
	pthread_mutex_init(&q->lock, NULL);
	q->last = &q->first;
	q->eager = eager;
}

void
worker_queue_fini(struct gate_queue *q)
{
	pthread_mutex_destroy(&q->lock);
}

static void
wake_one(struct gate_queue *q)
{
	struct gate_worker *w = q->idle;

	if (w == NULL)
		return;
	q->idle = w->idle_next;
	q->awake++;
	w->woken = true;
	pthread_cond_signal(&w->wake);
}

/* How many there are then. */
static unsigned
append(struct gate_queue *q, struct conn *c)
{
	unsigned len;

	c->queue_next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->last = c;
	q->last = &c->queue_next;
	len = atomic_fetch_add(&q->len, 1) + 1;
	if (c->state == CONN_HEAD)
		q->heads++;
	if (q->awake < q->eager)
		wake_one(q);
	pthread_mutex_unlock(&q->lock);
	return len;
}

void
worker_push(struct gate *g, struct gate_queue *q, struct conn *c)
{
	unsigned len = append(q, c);

	if (q == &g->ready && atomic_load(&g->waiting) >= len)
		park_kick(g);
}

void
worker_ready(struct gate *g, struct conn *c)
{
	c->queued_us = clock_mono_us();
	gate_metric(g, METRIC_QUEUE_DEPTH, 1);
	worker_push(g, c->shed ? &g->shed : &g->ready, c);
}

void
worker_relieve(struct gate *g, int64_t now_ms)
{
	struct gate_queue *q = &g->ready;

	pthread_mutex_lock(&q->lock);
	for (unsigned i = 0; i < g->nworkers; i++) {
		struct gate_worker *w = &g->workers[i];
		int64_t since = atomic_load(&w->since_ms);

		if (since != 0 && now_ms - since >= LONG_MS && !atomic_load(&w->away)) {
			atomic_store(&w->away, true);
			q->awake--;
		}
	}
	if (q->awake < q->eager)
		wake_one(q);
	pthread_mutex_unlock(&q->lock);
}

/* Under the queue's lock: its long turn is over. */
static void
back(struct gate_worker *w)
{
	if (atomic_exchange(&w->away, false))
		w->queue->awake++;
}

bool
worker_queue_look(struct gate *g, struct gate_queue *q, int64_t now_us)
{
	bool left, late;

	pthread_mutex_lock(&q->lock);
	left = q->first != NULL;
	late = left && now_us - q->first->queued_us > LATE_US;
	if (late)
		wake_one(q);
	pthread_mutex_unlock(&q->lock);
	if (late && q == &g->ready && atomic_load(&g->waiting) > 0)
		park_kick(g);
	return left;
}

bool
worker_queue_idle(struct gate_queue *q)
{
	return atomic_load(&q->len) == 0 && !atomic_load(&q->closed);
}

/* Under the queue's lock. */
static struct conn *
pop(struct gate_queue *q)
{
	struct conn *c = q->first;

	if (c == NULL)
		return NULL;
	q->first = c->queue_next;
	if (q->first == NULL)
		q->last = &q->first;
	atomic_fetch_sub(&q->len, 1);
	if (c->state == CONN_HEAD)
		q->heads--;
	return c;
}

/* From the queue; NULL after a sleep, when there may be something. */
static struct conn *
pop_or_sleep(struct gate_worker *w)
{
	struct gate_queue *q = w->queue;
	struct conn *c;

	pthread_mutex_lock(&q->lock);
	c = pop(q);
	if (c != NULL)
		gate_metric(w->gate, METRIC_QUEUE_DEPTH, -1);
	else if (!atomic_load(&q->closed)) {
		back(w);
		w->woken = false;
		w->idle_next = q->idle;
		q->idle = w;
		q->awake--;
		while (!w->woken)
			pthread_cond_wait(&w->wake, &q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return c;
}

/* NULL when the queue was closed. */
static struct conn *
next_conn(struct gate_worker *w)
{
	struct gate_queue *q = w->queue;
	struct conn *c = NULL;

	while (c == NULL && !atomic_load(&q->closed)) {
		bool waited = q == &w->gate->ready && worker_queue_idle(q) &&
		    park_wait(w->gate, &c);

		if (!waited)
			c = pop_or_sleep(w);
	}
	return c;
}

void
worker_queue_close(struct gate_queue *q)
{
	pthread_mutex_lock(&q->lock);
	atomic_store(&q->closed, true);
	while (q->idle != NULL)
		wake_one(q);
	pthread_mutex_unlock(&q->lock);
}

unsigned
worker_queue_heads(struct gate_queue *q)
{
	unsigned n;

	pthread_mutex_lock(&q->lock);
	n = q->heads;
	pthread_mutex_unlock(&q->lock);
	return n;
}

static void
hand_on(struct gate_worker *w, struct conn *c, enum conn_next next)
{
	switch (next) {
	case CONN_WANT_TURN:
		gate_metric(w->gate, METRIC_QUEUE_DEPTH, 1);
		worker_push(w->gate, w->queue, c);
		break;
	case CONN_WANT_LATER:
		park_later(w->gate, c);
		break;
	case CONN_GIVEN_AWAY:
		break;
	case CONN_WANT_CLOSE:
		park_forget(w->gate, c);
		break;
	case CONN_WANT_READ:
	case CONN_WANT_WRITE:
	case CONN_WANT_BOTH:
		park_give(w, c, next);
		break;
	}
}

static void
one_turn(struct gate_worker *w, struct conn *c, struct turn *turn)
{
	int64_t now_us = clock_mono_us();

	if (c->queued_us == 0)
		c->queued_us = now_us;
	turn->now = now_us / 1000;
	atomic_store(&w->since_ms, turn->now);
	atomic_fetch_add(&w->gate->busy, 1);
	gate_metric(w->gate, METRIC_WORKERS_BUSY, 1);
	hand_on(w, c, conn_advance(c, turn));
	gate_metric(w->gate, METRIC_WORKERS_BUSY, -1);
	atomic_fetch_sub(&w->gate->busy, 1);
	atomic_store(&w->since_ms, 0);
	if (atomic_load_explicit(&w->away, memory_order_relaxed)) {
		pthread_mutex_lock(&w->queue->lock);
		back(w);
		pthread_mutex_unlock(&w->queue->lock);
	}
}

static void *work(void *arg);

/* Put a fresh thread in the place of this one; false = there is none, go on. */
static bool
renew(struct gate_worker *w)
{
	struct gate *g = w->gate;
	pthread_t fresh;
	bool done = false;

	pthread_mutex_lock(&g->renew_lock);
	if (!g->joining && !w->has_before) {
		w->before = pthread_self();
		w->has_before = true;
		done = gate_thread(&fresh, GUARD_STACK, work, w, NULL) == FZ_OK;
		if (done)
			w->thread = fresh;
		else
			w->has_before = false;
	}
	pthread_mutex_unlock(&g->renew_lock);
	return done;
}

/* The thread whose place this one takes has nothing more to do but end. */
static void
bury(struct gate_worker *w)
{
	struct gate *g = w->gate;

	pthread_mutex_lock(&g->renew_lock);
	if (w->has_before)
		pthread_join(w->before, NULL);
	w->has_before = false;
	pthread_mutex_unlock(&g->renew_lock);
}

static void *
work(void *arg)
{
	struct gate_worker *w = arg;
	struct turn turn = { .gate = w->gate, .worker = (unsigned)(w - w->gate->workers) };
	struct conn *c;

	bury(w);
	pthread_mutex_lock(&w->queue->lock);
	w->queue->awake++;
	pthread_mutex_unlock(&w->queue->lock);
	turn.reader = fastcgi_reader_new();
	turn.scratch = xmalloc(TURN_SCRATCH);
	for (c = next_conn(w); c != NULL; c = next_conn(w)) {
		one_turn(w, c, &turn);
		if ((turn.slow || guard_spent()) && renew(w))
			break;
	}
	pthread_mutex_lock(&w->queue->lock);
	back(w);
	w->queue->awake--;
	pthread_mutex_unlock(&w->queue->lock);
	fastcgi_reader_free(turn.reader);
	free(turn.scratch);
	return NULL;
}

enum fz_err
worker_start(struct gate_worker *w, struct why *why)
{
	enum fz_err err;

	pthread_cond_init(&w->wake, NULL);
	err = gate_thread(&w->thread, GUARD_STACK, work, w, why);
	w->started = err == FZ_OK;
	return err;
}
