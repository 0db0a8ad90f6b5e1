/*
 * Puts the threads together and takes them apart.  Order of a start: acceptor last, so
 * that nothing comes in before there is somebody to serve it.  Order of a drain: stop
 * accepting (listeners leave epoll; they are never shut down, the next process may share
 * them), let every connection have its answer, then go.  A front server's idle kept
 * connections would hold a drain for minutes: they are closed when for a second no
 * request came on any of them.
 *
 * The node changes at SIGHUP under running requests: each holds a counted reference to
 * the one it began with.
 */
#include "fcgi/gate.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "admin/metrics.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "fcgi/fastcgi.h"
#include "fcgi/gate_inner.h"

#define WORKERS 32
#define GRACE_MS 10000
#define QUIET_MS 1000		/* no request for so long: idle connections may go */
#define CONNS_LEAST 8
#define CONNS_MOST 16384
#define FDS_WORKER 4		/* pipe of the FastCGI reader, a spool, a file */
#define FDS_OTHER 16

void
gate_signals(sigset_t *set)
{
	static const int broken[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS,
		SIGTRAP };

	sigfillset(set);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		sigdelset(set, broken[i]);
}

enum fz_err
gate_thread(pthread_t *thread, size_t stack, void *(*fn)(void *), void *arg,
    struct why *why)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int err;

	pthread_attr_init(&attr);
	if (stack > 0)
		(void)pthread_attr_setstacksize(&attr, stack);
	gate_signals(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(thread, &attr, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (err != 0)
		return why_set(why, FZ_IO, "cannot start a thread: %s", strerror(err));
	return FZ_OK;
}

struct gate_view *
gate_view_take(struct gate *g)
{
	struct gate_view *v;

	pthread_mutex_lock(&g->view_lock);
	v = g->view;
	atomic_fetch_add(&v->refs, 1);
	pthread_mutex_unlock(&g->view_lock);
	return v;
}

void
gate_view_drop(struct gate_view *v)
{
	if (v == NULL || atomic_fetch_sub(&v->refs, 1) != 1)
		return;
	if (v->release != NULL)
		v->release(v->node);
	cgi_trust_free(v->trust);
	free(v);
}

void
gate_metric(struct gate *g, int metric, int64_t n)
{
	if (g->metrics != NULL)
		metrics_add(g->metrics, (enum metric)metric, n);
}

static enum fz_err
view_new(const struct node *node, void (*release)(const struct node *),
    struct gate_view **out, struct why *why)
{
	struct cgi_trust *trust;
	enum fz_err err = cgi_trust_new(node->trusted_proxies, &trust, why);
	struct gate_view *v;

	if (err != FZ_OK)
		return err;
	v = xcalloc(1, sizeof(*v));
	v->node = node;
	v->trust = trust;
	v->release = release;
	atomic_init(&v->refs, 1);
	*out = v;
	return FZ_OK;
}

void
gate_grant(struct gate *g, struct lane_wait *w)
{
	struct lane_wait *next;

	for (; w != NULL; w = next) {
		next = w->next;
		worker_ready(g, (struct conn *)((char *)w - offsetof(struct conn, lane)));
	}
}

enum fz_err
gate_node(struct gate *g, const struct node *node, void (*release)(const struct node *),
    struct why *why)
{
	struct gate_view *fresh, *old;
	enum fz_err err = view_new(node, release, &fresh, why);

	if (err != FZ_OK)
		return err;
	pthread_mutex_lock(&g->view_lock);
	old = g->view;
	g->view = fresh;
	pthread_mutex_unlock(&g->view_lock);
	gate_view_drop(old);
	return FZ_OK;
}

static unsigned
open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	if (d == NULL)
		return 64;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* What is left of the descriptors when everything else has its own. */
static unsigned
conns_from_limit(unsigned workers)
{
	struct rlimit lim;
	uint64_t others = open_fds() + (uint64_t)workers * FDS_WORKER + FDS_OTHER;
	uint64_t n;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return CONNS_LEAST;
	n = lim.rlim_cur > others ? lim.rlim_cur - others : 0;
	/* One of three may be a spooled body. */
	n = n * 3 / 4;
	if (n < CONNS_LEAST)
		n = CONNS_LEAST;
	return n > CONNS_MOST ? CONNS_MOST : (unsigned)n;
}

static struct gate *
gate_new(const struct gate_options *o)
{
	struct gate *g = xcalloc(1, sizeof(*g));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	g->listeners = o->listeners;
	g->metrics = o->node->metrics;
	g->lane = o->node->lane;
	g->quarantine = o->quarantine;
	g->nworkers = o->workers > 0 ? o->workers : WORKERS;
	g->queue_max = o->queue > 0 ? o->queue : LIMIT_QUEUE;
	g->max_conns = o->max_conns > 0 ? o->max_conns : conns_from_limit(g->nworkers);
	g->grace_ms = o->grace_ms > 0 ? o->grace_ms : GRACE_MS;
	g->uids = xmemdup(o->uids, o->nuids * sizeof(*o->uids));
	g->nuids = o->nuids;
	g->gids = xmemdup(o->gids, o->ngids * sizeof(*o->gids));
	g->ngids = o->ngids;
	g->ep = g->wake = g->reserve = g->parked_ep = g->kick = -1;
	g->workers = xcalloc(g->nworkers + 1, sizeof(*g->workers));
	worker_queue_init(&g->ready, cores > 0 ? (unsigned)cores : 1);
	worker_queue_init(&g->shed, 1);
	pthread_mutex_init(&g->list_lock, NULL);
	pthread_cond_init(&g->list_changed, NULL);
	pthread_mutex_init(&g->view_lock, NULL);
	pthread_mutex_init(&g->later_lock, NULL);
	pthread_mutex_init(&g->renew_lock, NULL);
	return g;
}

static enum fz_err
start_threads(struct gate *g, struct why *why)
{
	enum fz_err err = acceptor_open(g, why);

	if (err == FZ_OK)
		err = park_open(g, why);
	for (unsigned i = 0; i <= g->nworkers && err == FZ_OK; i++) {
		g->workers[i].gate = g;
		g->workers[i].queue = i < g->nworkers ? &g->ready : &g->shed;
		err = worker_start(&g->workers[i], why);
	}
	return err != FZ_OK ? err : acceptor_start(g, why);
}

enum fz_err
gate_start(const struct gate_options *o, struct gate **out, struct why *why)
{
	struct gate *g;
	enum fz_err err = fastcgi_init(why);

	if (err != FZ_OK)
		return err;
	g = gate_new(o);
	err = view_new(o->node, o->release, &g->view, why);
	if (err == FZ_OK)
		err = start_threads(g, why);
	if (err != FZ_OK) {
		/* The node stays the caller's. */
		if (g->view != NULL)
			g->view->release = NULL;
		gate_stop(g);
		return err;
	}
	*out = g;
	return FZ_OK;
}

/* Under list_lock: cut connections, idle ones only or all. */
static void
cut(struct gate *g, bool all)
{
	struct conn *c;

	for (c = g->conns; c != NULL; c = c->next)
		if (all || atomic_load(&c->idle))
			(void)shutdown(c->fd, SHUT_RDWR);
}

/* Under list_lock. */
static bool
all_idle(struct gate *g)
{
	struct conn *c;

	for (c = g->conns; c != NULL; c = c->next)
		if (!atomic_load(&c->idle))
			return false;
	return true;
}

/* Under list_lock, which is given up meanwhile. */
static void
wait_list(struct gate *g, long ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += ms * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	pthread_cond_timedwait(&g->list_changed, &g->list_lock, &ts);
}

bool
gate_drain(struct gate *g)
{
	int64_t began = clock_mono_ms(), now = began;
	bool clean;

	atomic_store(&g->draining, true);
	if (g->metrics != NULL)
		readiness_set_draining(metrics_readiness(g->metrics), true);
	acceptor_wake(g);
	pthread_mutex_lock(&g->list_lock);
	while (g->nconns > 0 && now - began < g->grace_ms) {
		if (now - began >= QUIET_MS && all_idle(g) &&
		    now - atomic_load(&g->active_ms) >= QUIET_MS)
			cut(g, false);
		wait_list(g, 20);
		now = clock_mono_ms();
	}
	clean = g->nconns == 0;
	cut(g, true);
	pthread_mutex_unlock(&g->list_lock);
	return clean;
}

void
gate_stop(struct gate *g)
{
	struct conn *c, *next;

	if (g == NULL)
		return;
	atomic_store(&g->stopping, true);
	if (g->acceptor_started) {
		acceptor_wake(g);
		pthread_join(g->acceptor, NULL);
	}
	pthread_mutex_lock(&g->renew_lock);
	g->joining = true;
	pthread_mutex_unlock(&g->renew_lock);
	worker_queue_close(&g->ready);
	worker_queue_close(&g->shed);
	park_stop(g);
	for (unsigned i = 0; i <= g->nworkers; i++)
		if (g->workers[i].started) {
			pthread_join(g->workers[i].thread, NULL);
			pthread_cond_destroy(&g->workers[i].wake);
		}
	for (c = g->conns; c != NULL; c = next) {
		next = c->next;
		park_forget(g, c);
	}
	if (g->ep >= 0)
		close(g->ep);
	if (g->wake >= 0)
		close(g->wake);
	if (g->reserve >= 0)
		close(g->reserve);
	park_close(g);
	gate_view_drop(g->view);
	worker_queue_fini(&g->ready);
	worker_queue_fini(&g->shed);
	pthread_mutex_destroy(&g->list_lock);
	pthread_cond_destroy(&g->list_changed);
	pthread_mutex_destroy(&g->view_lock);
	pthread_mutex_destroy(&g->later_lock);
	pthread_mutex_destroy(&g->renew_lock);
	free(g->workers);
	free(g->uids);
	free(g->gids);
	free(g);
}

void
gate_stats(struct gate *g, struct gate_stats *out)
{
	int64_t now = clock_mono_ms();
	int parked = atomic_load(&g->parked);

	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&g->list_lock);
	out->connections = g->nconns;
	pthread_mutex_unlock(&g->list_lock);
	out->parked = parked > 0 ? (unsigned)parked : 0;
	out->queued = atomic_load(&g->ready.len);
	out->busy = atomic_load(&g->busy);
	out->served = atomic_load(&g->served);
	out->shed = atomic_load(&g->shed_count);
	out->refused = atomic_load(&g->refused);
	out->acceptor_ms = now - atomic_load(&g->heartbeat_ms);
	for (unsigned i = 0; i < g->nworkers; i++) {
		int64_t since = atomic_load(&g->workers[i].since_ms);

		if (since != 0 && now - since > out->oldest_ms)
			out->oldest_ms = now - since;
	}
}
