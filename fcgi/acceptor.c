/*
 * One thread accepts, and stands guard when all workers are busy.  While a worker waits
 * for events (park.c) it has nothing to do with requests; when none does, it looks once
 * a millisecond and moves what it finds into the queue, where it is counted and where
 * its wait is measured: that wakes more workers, or is too much.
 *
 * Too much is refused in three steps: past the queue's limit a request goes to the thread
 * that answers 503; past the connection cap a few more are accepted to be told so; past
 * that nothing is accepted, the kernel's backlog holds them.  A descriptor in reserve
 * lets us accept and refuse even when the process has none left.
 *
 * Four times a second it also goes through what waits: connections past their deadline,
 * answers that go on later, scripts that waited for a slot too long.
 *
 * Who may speak at all is decided before the first byte is read: by uid and gid on unix
 * sockets, by loopback on TCP.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/metrics.h"
#include "base/clock.h"
#include "base/log.h"
#include "fcgi/gate_inner.h"

#define EVENTS 16
#define ACCEPTS 64		/* in a row, then the others get their turn */
#define WALK_MS 250
#define RETRY_MS 50
#define GUARD_MS 1
#define EXTRA 16		/* connections past the cap that are told 503 */
#define SHED_MAX 512		/* requests waiting for their 503 */

static void
watch_listeners(struct gate *g, bool on)
{
	size_t i;

	if (on == g->accepting)
		return;
	g->accepting = on;
	for (i = 0; i < g->listeners->n; i++) {
		struct listener *l = &g->listeners->v[i];
		struct epoll_event ev = { .events = EPOLLIN, .data.ptr = l };

		l->kind = GATE_LISTENER;
		(void)epoll_ctl(g->ep, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, l->fd, &ev);
	}
}

static bool
id_listed(const unsigned *ids, size_t n, unsigned id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static bool
unix_peer_ok(const struct gate *g, int fd)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
		return false;
	return who.uid == 0 || who.uid == geteuid() ||
	    id_listed(g->uids, g->nuids, who.uid) || id_listed(g->gids, g->ngids, who.gid);
}

static bool
tcp_peer_ok(const struct sockaddr_storage *ss)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)ss;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;

	if (ss->ss_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return ss->ss_family == AF_INET6 && (IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ||
	    (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) && in6->sin6_addr.s6_addr[12] == 127));
}

static void
list_add(struct gate *g, struct conn *c)
{
	pthread_mutex_lock(&g->list_lock);
	c->next = g->conns;
	c->prev = &g->conns;
	if (c->next != NULL)
		c->next->prev = &c->next;
	g->conns = c;
	g->nconns++;
	pthread_mutex_unlock(&g->list_lock);
	gate_metric(g, METRIC_CONNECTIONS, 1);
}

static unsigned
conns_count(struct gate *g)
{
	unsigned n;

	pthread_mutex_lock(&g->list_lock);
	n = g->nconns;
	pthread_mutex_unlock(&g->list_lock);
	return n;
}

static void
tell_queue(struct gate *g, bool full)
{
	if (g->queue_full == full)
		return;
	g->queue_full = full;
	if (g->metrics != NULL)
		readiness_set_queue_full(metrics_readiness(g->metrics), full);
}

/* What was begun always goes on; what is new may be too much. */
static void
enqueue(struct gate *g, struct conn *c)
{
	c->queued_us = clock_mono_us();
	if (c->state == CONN_HEAD && !c->over_cap && c->view == NULL) {
		bool full = worker_queue_heads(&g->ready) >= g->queue_max;

		tell_queue(g, full);
		c->shed = full;
	}
	gate_metric(g, METRIC_QUEUE_DEPTH, 1);
	worker_push(g, c->shed ? &g->shed : &g->ready, c);
}

/* Out of descriptors: give up the reserve to accept one more and refuse it. */
static int
accept_reserve(struct gate *g, struct listener *l, struct sockaddr_storage *ss,
    socklen_t *len)
{
	int fd;

	if (g->reserve < 0)
		return -1;
	close(g->reserve);
	g->reserve = -1;
	fd = accept4(l->fd, (struct sockaddr *)ss, len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		g->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd;
}

static void
admit(struct gate *g, struct listener *l, int fd, bool over)
{
	struct conn *c = conn_new(fd,
	    l->protocol == LISTEN_SCGI ? &scgi_transport : &fastcgi_transport);
	int on = 1;

	if (!l->is_unix)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->over_cap = c->shed = over;
	list_add(g, c);
	/* Front servers send at once: look before waiting saves a round through epoll. */
	enqueue(g, c);
}

/* False when there is nothing more to accept now. */
static bool
accept_one(struct gate *g, struct listener *l)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	bool over = conns_count(g) >= g->max_conns;
	int fd;

	memset(&ss, 0, sizeof(ss));
	fd = accept4(l->fd, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		over = true;
		fd = accept_reserve(g, l, &ss, &len);
	}
	if (fd < 0) {
		if (errno == EINTR || errno == ECONNABORTED)
			return true;
		if (errno != EAGAIN)
			g->retry_ms = clock_mono_ms() + RETRY_MS;
		return false;
	}
	if (!(l->is_unix ? unix_peer_ok(g, fd) : tcp_peer_ok(&ss))) {
		atomic_fetch_add(&g->refused, 1);
		close(fd);
		return true;
	}
	admit(g, l, fd, over);
	return true;
}

static bool
may_accept(struct gate *g)
{
	return !atomic_load(&g->draining) && clock_mono_ms() >= g->retry_ms &&
	    conns_count(g) < g->max_conns + EXTRA &&
	    worker_queue_heads(&g->shed) < SHED_MAX;
}

static void
on_event(struct gate *g, const struct epoll_event *ev)
{
	int *kind = ev->data.ptr;
	uint64_t n;

	switch ((enum gate_kind)*kind) {
	case GATE_WAKE:
		if (read(g->wake, &n, sizeof(n)) < 0)
			return;
		break;
	case GATE_LISTENER:
		for (int i = 0; i < ACCEPTS && may_accept(g); i++)
			if (!accept_one(g, ev->data.ptr))
				break;
		break;
	case GATE_CONN:
		break;
	}
}

/*
 * How long epoll may sleep.  A queue is looked at soon, and so is the set of parked
 * connections while no worker waits there.  The last to leave it looks at g->asleep after
 * it is gone, we look whether it is gone after g->asleep is set.
 */
static int
patience(struct gate *g)
{
	int64_t now = clock_mono_us();
	bool ready = worker_queue_look(g, &g->ready, now);
	bool shed = worker_queue_look(g, &g->shed, now);

	atomic_store(&g->asleep, true);
	if (ready || shed || atomic_load(&g->waiting) == 0) {
		atomic_store(&g->asleep, false);
		return GUARD_MS;
	}
	return g->accepting ? WALK_MS : RETRY_MS;
}

/* What nobody came for goes into the queue, where it is counted. */
static void
guard(struct gate *g)
{
	int64_t now = clock_mono_us();

	if (now - g->guarded_us < GUARD_MS * 1000)
		return;
	g->guarded_us = now;
	if (atomic_load(&g->waiting) == 0) {
		park_harvest(g, enqueue);
		worker_relieve(g, now / 1000);
	}
	tell_queue(g, worker_queue_heads(&g->ready) >= g->queue_max);
}

static void
walk(struct gate *g, int64_t now_ms)
{
	park_walk(g, now_ms);
	park_resume(g);
	if (g->lane != NULL)
		gate_grant(g, lane_expire(g->lane, now_ms * 1000));
	if (g->reserve < 0)
		g->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void *
run(void *arg)
{
	struct gate *g = arg;
	struct epoll_event ev[EVENTS];
	int64_t walked = 0;

	while (!atomic_load(&g->stopping)) {
		int64_t now = clock_mono_ms();
		int i, n;

		atomic_store(&g->heartbeat_ms, now);
		if (now - walked >= WALK_MS) {
			walk(g, now);
			walked = now;
		} else if (atomic_load(&g->draining))
			park_resume(g);
		watch_listeners(g, may_accept(g));
		n = epoll_wait(g->ep, ev, EVENTS, patience(g));
		atomic_store(&g->asleep, false);
		for (i = 0; i < n; i++)
			on_event(g, &ev[i]);
		guard(g);
	}
	return NULL;
}

void
acceptor_wake(struct gate *g)
{
	uint64_t one = 1;
	ssize_t n = write(g->wake, &one, sizeof(one));

	(void)n;
}

enum fz_err
acceptor_open(struct gate *g, struct why *why)
{
	struct epoll_event ev = { .events = EPOLLIN };

	g->wake_kind = GATE_WAKE;
	ev.data.ptr = &g->wake_kind;
	g->ep = epoll_create1(EPOLL_CLOEXEC);
	g->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	g->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (g->ep < 0 || g->wake < 0 || epoll_ctl(g->ep, EPOLL_CTL_ADD, g->wake, &ev) < 0)
		return why_set(why, FZ_IO, "epoll: %s", strerror(errno));
	return FZ_OK;
}

enum fz_err
acceptor_start(struct gate *g, struct why *why)
{
	enum fz_err err = gate_thread(&g->acceptor, 0, run, g, why);

	g->acceptor_started = err == FZ_OK;
	return err;
}
