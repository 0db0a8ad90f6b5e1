/*
 * Connections that wait for their peer lie in one epoll set and belong to nobody.
 * EPOLLONESHOT makes the change of owner exact: an event disarms the descriptor, whoever
 * was handed the event has the connection, and only the owner arms it again.  What the
 * last owner wrote is handed over through parked_until.
 *
 * The workers wait in the set themselves, so an event costs no hand-over between
 * threads; but only as many as there are cores, because turns are short and each thread
 * that wakes costs more than a turn.  The kernel wakes one for an event, the one that
 * waited last first.  Who waits alone takes a few events at once and queues what it
 * cannot serve yet: under load that saves most of the waiting.  When all are at work at
 * once, the acceptor is told and stands guard: what nobody comes for in a millisecond it
 * moves into the queue, and from there more threads are woken.
 *
 * Whoever arms a connection may lose it before epoll_ctl has come back, and the new owner
 * may close it.  The kernel would not mind (it holds the file), but so that nothing is
 * ever freed while another thread speaks of it, a worker writes down what it arms, and
 * who frees a connection waits until nobody does.
 *
 * An answer that has nothing to send for now (a log that is followed) waits for nothing
 * epoll knows.  It lies in a list of its own that the acceptor turns into ready
 * connections four times a second.
 *
 * Deadlines need no timers: each parked connection has one number, and a walk over the
 * list four times a second finds the late ones.  They are not taken away from epoll (the
 * owner could be arming them at this moment) but shut down, which makes them readable;
 * the worker that gets them sees what happened.  A connection is freed under the list's
 * lock, so the walk never meets a dead one.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/metrics.h"
#include "base/clock.h"
#include "base/log.h"
#include "fcgi/gate_inner.h"

#define EVENTS 128
#define BATCH 8			/* events for one worker */

enum fz_err
park_open(struct gate *g, struct why *why)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };

	g->kick_kind = GATE_WAKE;
	ev.data.ptr = &g->kick_kind;
	g->parked_ep = epoll_create1(EPOLL_CLOEXEC);
	g->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (g->parked_ep < 0 || g->kick < 0 ||
	    epoll_ctl(g->parked_ep, EPOLL_CTL_ADD, g->kick, &ev) < 0)
		return why_set(why, FZ_IO, "epoll: %s", strerror(errno));
	return FZ_OK;
}

void
park_close(struct gate *g)
{
	if (g->parked_ep >= 0)
		close(g->parked_ep);
	if (g->kick >= 0)
		close(g->kick);
}

/* Every write is one edge, and an edge wakes one thread. */
void
park_kick(struct gate *g)
{
	uint64_t one = 1;
	ssize_t n = write(g->kick, &one, sizeof(one));

	(void)n;
}

/* A level wakes one thread after the other, for good. */
void
park_stop(struct gate *g)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = &g->kick_kind };

	park_kick(g);
	(void)epoll_ctl(g->parked_ep, EPOLL_CTL_MOD, g->kick, &ev);
}

/* NULL if it is no connection. */
static struct conn *
taken(struct gate *g, const struct epoll_event *ev)
{
	struct conn *c = ev->data.ptr;

	if (ev->data.ptr == &g->kick_kind)
		return NULL;
	/* Pairs with the store in park_give: all its last owner wrote is here. */
	(void)atomic_exchange(&c->parked_until, 0);
	if (c->state == CONN_BODY || c->state == CONN_SEND) {
		atomic_fetch_sub(&g->parked, 1);
		gate_metric(g, METRIC_PARKED, -1);
	}
	return c;
}

/* A place among those who wait, if there is one. */
static bool
wait_begin(struct gate *g)
{
	unsigned n = atomic_load(&g->waiting);

	while (n < g->ready.eager)
		if (atomic_compare_exchange_weak(&g->waiting, &n, n + 1))
			return true;
	return false;
}

/* The last to leave tells the guard, who may think that all is quiet. */
static void
wait_end(struct gate *g)
{
	if (atomic_fetch_sub(&g->waiting, 1) == 1 && atomic_load(&g->asleep) &&
	    atomic_exchange(&g->asleep, false))
		acceptor_wake(g);
}

/* How many to take when nobody else could: one to serve, the rest to queue. */
static int
batch(const struct gate *g)
{
	return g->queue_max < BATCH ? (int)g->queue_max : BATCH;
}

bool
park_wait(struct gate *g, struct conn **out)
{
	struct epoll_event ev[BATCH];
	int i, n = 0, most;

	if (!wait_begin(g))
		return false;
	most = atomic_load(&g->waiting) > 1 ? 1 : batch(g);
	/* Who pushes looks at g->waiting afterwards: one of us sees the other. */
	if (worker_queue_idle(&g->ready))
		n = epoll_wait(g->parked_ep, ev, most, -1);
	wait_end(g);
	*out = NULL;
	for (i = 0; i < n; i++) {
		struct conn *c = taken(g, &ev[i]);

		if (c == NULL)
			continue;
		/* There is somebody to serve it, so it is not too much. */
		if (c->state == CONN_HEAD && c->view == NULL)
			c->shed = c->over_cap;
		c->queued_us = 0;
		if (*out == NULL)
			*out = c;
		else
			worker_ready(g, c);
	}
	return true;
}

void
park_harvest(struct gate *g, void (*fn)(struct gate *, struct conn *))
{
	struct epoll_event ev[EVENTS];
	int i, n = epoll_wait(g->parked_ep, ev, EVENTS, 0);

	for (i = 0; i < n; i++) {
		struct conn *c = taken(g, &ev[i]);

		if (c != NULL)
			fn(g, c);
	}
}

void
park_give(struct gate_worker *w, struct conn *c, enum conn_next next)
{
	struct gate *g = w->gate;
	struct epoll_event ev = { .events = EPOLLONESHOT | EPOLLRDHUP, .data.ptr = c };
	int op = c->in_epoll ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	int fd = c->fd;
	bool failed;

	if (next != CONN_WANT_WRITE)
		ev.events |= EPOLLIN;
	else
		ev.events &= ~(unsigned)EPOLLRDHUP;
	if (next != CONN_WANT_READ)
		ev.events |= EPOLLOUT;
	if (c->state == CONN_BODY || c->state == CONN_SEND) {
		atomic_fetch_add(&g->parked, 1);
		gate_metric(g, METRIC_PARKED, 1);
	}
	c->in_epoll = true;
	atomic_store_explicit(&c->answerable, c->state == CONN_BODY, memory_order_relaxed);
	atomic_store_explicit(&w->arming, c, memory_order_relaxed);
	/* Publishes all of the above to the next owner. */
	atomic_store_explicit(&c->parked_until, c->deadline, memory_order_release);
	/* From here on it may belong to somebody else. */
	failed = epoll_ctl(g->parked_ep, op, fd, &ev) < 0;
	atomic_store_explicit(&w->arming, NULL, memory_order_release);
	if (!failed)
		return;
	atomic_store(&c->parked_until, 0);
	log_error("epoll_ctl failed, connection dropped", "reason", strerror(errno), NULL);
	park_forget(g, c);
}

/* A new owner sees the mark of the thread that armed it: it was set before. */
static void
wait_armed(struct gate *g, const struct conn *c)
{
	unsigned i;

	for (i = 0; i <= g->nworkers; i++)
		while (atomic_load_explicit(&g->workers[i].arming, memory_order_acquire) == c)
			sched_yield();
}

void
park_forget(struct gate *g, struct conn *c)
{
	if (c->in_epoll)
		wait_armed(g, c);
	/* Before the lock: the books may take a moment. */
	gate_metric(g, METRIC_CONNECTIONS, -1);
	pthread_mutex_lock(&g->list_lock);
	*c->prev = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	g->nconns--;
	if (g->nconns == 0)
		pthread_cond_broadcast(&g->list_changed);
	pthread_mutex_unlock(&g->list_lock);
	conn_free(c);
}

void
park_later(struct gate *g, struct conn *c)
{
	pthread_mutex_lock(&g->later_lock);
	c->queue_next = g->later;
	g->later = c;
	pthread_mutex_unlock(&g->later_lock);
}

void
park_resume(struct gate *g)
{
	struct conn *c, *next;

	pthread_mutex_lock(&g->later_lock);
	c = g->later;
	g->later = NULL;
	pthread_mutex_unlock(&g->later_lock);
	for (; c != NULL; c = next) {
		next = c->queue_next;
		worker_ready(g, c);
	}
}

/* A late body has its reading side shut only, so that it still gets an answer. */
void
park_walk(struct gate *g, int64_t now)
{
	struct conn *c;

	pthread_mutex_lock(&g->list_lock);
	for (c = g->conns; c != NULL; c = c->next) {
		int64_t until = atomic_load(&c->parked_until);

		if (until != 0 && until <= now)
			(void)shutdown(c->fd, atomic_load(&c->answerable) ? SHUT_RD :
			    SHUT_RDWR);
	}
	pthread_mutex_unlock(&g->list_lock);
}
