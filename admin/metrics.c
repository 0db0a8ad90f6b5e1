/*
 * Numbers that cost a request a handful of relaxed additions, and a text that is made
 * when somebody asks.
 *
 * Requests are counted by app, and a node may have thousands of apps, so only fifty get
 * a series of their own and the rest share app="other".  A counter of Prometheus must
 * never fall, so an app is not moved by arithmetic: each app has a flag, and a request
 * counts either in the app's own numbers or in the shared ones, at once and for good.
 * The first fifty apps are shown from their first request; with more, who is among the
 * fifty is decided anew when the text is printed, by all the requests an app ever had.
 *
 * The table of apps is open addressing over pointers that are set once with a
 * compare-and-swap; readers take no lock.  It holds APPS_MAX apps until the process ends,
 * later ones count as "other".
 */
#include "admin/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "admin/process.h"
#include "base/mem.h"
#include "store/activity.h"
#include "store/app.h"
#include "store/recorder.h"
#include "store/store.h"

#define SLOTS 4096		/* a power of two */
#define APPS_MAX 3072
#define SHOWN_MAX 50
#define CLASSES 5		/* 1xx .. 5xx */

typedef _Atomic uint64_t counter;

struct app_count {
	char		 uid[APP_UID_MAX + 1];
	atomic_bool	 shown;
	counter		 all;			/* what the rank is made of */
	counter		 own[CLASSES];
	counter		 runs[METRIC_RUN_COUNT];
};

/* Upper bounds of the histogram; the text goes into le="". */
static const struct {
	int64_t		 us;
	const char	*text;
} bounds[] = {
	{ 1000, "0.001" }, { 2500, "0.0025" }, { 5000, "0.005" }, { 10000, "0.01" },
	{ 25000, "0.025" }, { 50000, "0.05" }, { 100000, "0.1" }, { 250000, "0.25" },
	{ 500000, "0.5" }, { 1000000, "1" }, { 2500000, "2.5" }, { 5000000, "5" },
	{ 10000000, "10" },
};
#define BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

struct histogram {
	counter		 buckets[BOUNDS + 1];
	counter		 sum_us;
};

struct metrics {
	_Atomic int64_t	 values[METRIC_COUNT];
	counter		 system[CLASSES];	/* requests that belong to no app */
	counter		 other[CLASSES];
	counter		 other_runs[METRIC_RUN_COUNT];
	struct histogram requests;
	struct histogram runs;
	struct readiness ready;
	pthread_mutex_t	 rank_lock;		/* one thread ranks at a time */
	_Atomic unsigned napps;
	_Atomic(struct app_count *) apps[SLOTS];
};

static void
bump(counter *c, uint64_t n)
{
	atomic_fetch_add_explicit(c, n, memory_order_relaxed);
}

static uint64_t
look(const counter *c)
{
	return atomic_load_explicit((counter *)c, memory_order_relaxed);
}

struct metrics *
metrics_new(void)
{
	struct metrics *m = xcalloc(1, sizeof(*m));

	pthread_mutex_init(&m->rank_lock, NULL);
	return m;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free(atomic_load(&m->apps[i]));
	pthread_mutex_destroy(&m->rank_lock);
	free(m);
}

struct readiness *
metrics_readiness(struct metrics *m)
{
	return &m->ready;
}

void
metrics_add(struct metrics *m, enum metric which, int64_t n)
{
	atomic_fetch_add_explicit(&m->values[which], n, memory_order_relaxed);
}

int64_t
metrics_get(const struct metrics *m, enum metric which)
{
	return atomic_load_explicit((_Atomic int64_t *)&m->values[which],
	    memory_order_relaxed);
}

/* FNV-1a; app ids are ours, nobody chooses them to collide. */
static size_t
hash(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

static struct app_count *
new_app(struct metrics *m, const char *uid)
{
	struct app_count *a;
	unsigned before;

	if (strlen(uid) > APP_UID_MAX)
		return NULL;
	before = atomic_fetch_add_explicit(&m->napps, 1, memory_order_relaxed);
	if (before >= APPS_MAX) {
		atomic_fetch_sub_explicit(&m->napps, 1, memory_order_relaxed);
		return NULL;
	}
	a = xcalloc(1, sizeof(*a));
	memcpy(a->uid, uid, strlen(uid) + 1);
	atomic_init(&a->shown, before < SHOWN_MAX);
	return a;
}

/* The app's numbers, made at its first request; NULL when there is no room. */
static struct app_count *
app_count(struct metrics *m, const char *uid)
{
	struct app_count *made = NULL, *a;
	size_t i = hash(uid);

	for (;; i++) {
		a = atomic_load_explicit(&m->apps[i % SLOTS], memory_order_acquire);
		if (a == NULL) {
			if (made == NULL)
				made = new_app(m, uid);
			if (made == NULL || atomic_compare_exchange_strong(
			    &m->apps[i % SLOTS], &a, made))
				return made;
		}
		/* Here a is whoever was in the slot, or was faster. */
		if (strcmp(a->uid, uid) == 0)
			break;
	}
	if (made != NULL) {
		free(made);
		atomic_fetch_sub_explicit(&m->napps, 1, memory_order_relaxed);
	}
	return a;
}

static counter *
class_counters(struct metrics *m, const char *app)
{
	struct app_count *a;

	if (app == NULL)
		return m->system;
	a = app_count(m, app);
	if (a == NULL)
		return m->other;
	bump(&a->all, 1);
	return atomic_load_explicit(&a->shown, memory_order_relaxed) ? a->own : m->other;
}

static void
observe(struct histogram *h, int64_t us)
{
	size_t i = 0;

	if (us < 0)
		us = 0;
	while (i < BOUNDS && us > bounds[i].us)
		i++;
	bump(&h->buckets[i], 1);
	bump(&h->sum_us, (uint64_t)us);
}

void
metrics_request(struct metrics *m, const char *app, int status, int64_t us)
{
	if (status < 100 || status > 599)
		status = 500;
	bump(&class_counters(m, app)[status / 100 - 1], 1);
	observe(&m->requests, us);
}

void
metrics_run(struct metrics *m, const char *app, enum metric_run result, int64_t us)
{
	struct app_count *a = app == NULL ? NULL : app_count(m, app);
	bool shown = a != NULL && atomic_load_explicit(&a->shown, memory_order_relaxed);

	bump(shown ? &a->runs[result] : &m->other_runs[result], 1);
	observe(&m->runs, us);
}

uint64_t
metrics_requests_total(const struct metrics *m)
{
	uint64_t n = 0;

	for (size_t i = 0; i <= BOUNDS; i++)
		n += look(&m->requests.buckets[i]);
	return n;
}

static void
head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static int
by_rank(const void *x, const void *y)
{
	const struct app_count *a = *(struct app_count *const *)x;
	const struct app_count *b = *(struct app_count *const *)y;
	uint64_t na = look(&a->all), nb = look(&b->all);

	return na != nb ? (na < nb ? 1 : -1) : strcmp(a->uid, b->uid);
}

/* The apps that are shown, at most SHOWN_MAX, into list; the flags follow. */
static size_t
rank(struct metrics *m, struct app_count *list[SHOWN_MAX])
{
	struct app_count **all = xmalloc(APPS_MAX * sizeof(struct app_count *)), *a;
	size_t n = 0, shown;

	pthread_mutex_lock(&m->rank_lock);
	for (size_t i = 0; i < SLOTS && n < APPS_MAX; i++) {
		a = atomic_load_explicit(&m->apps[i], memory_order_acquire);
		if (a != NULL)
			all[n++] = a;
	}
	qsort(all, n, sizeof(all[0]), by_rank);
	shown = n < SHOWN_MAX ? n : SHOWN_MAX;
	for (size_t i = 0; i < n; i++)
		atomic_store_explicit(&all[i]->shown, i < shown, memory_order_relaxed);
	pthread_mutex_unlock(&m->rank_lock);
	memcpy(list, all, shown * sizeof(all[0]));
	free(all);
	return shown;
}

static void
print_classes(struct buf *b, const char *app, const counter *v)
{
	for (int i = 0; i < CLASSES; i++)
		if (look(&v[i]) != 0)
			buf_printf(b, "fazt_requests_total{app=\"%s\",class=\"%dxx\"} %"
			    PRIu64 "\n", app, i + 1, look(&v[i]));
}

static void
print_requests(struct metrics *m, struct buf *b)
{
	struct app_count *list[SHOWN_MAX];
	size_t n = rank(m, list);

	head(b, "fazt_requests_total", "counter",
	    "Requests answered; app is an app id, \"system\" or \"other\".");
	for (size_t i = 0; i < n; i++)
		print_classes(b, list[i]->uid, list[i]->own);
	print_classes(b, "other", m->other);
	print_classes(b, "system", m->system);
}

static void
print_runs(struct metrics *m, struct buf *b)
{
	static const char *const results[METRIC_RUN_COUNT] = { "ok", "error", "timeout",
		"memory", "refused" };
	struct app_count *list[SHOWN_MAX];
	size_t n = rank(m, list);

	head(b, "fazt_js_runs_total", "counter", "Requests for app code, by how they ended.");
	for (size_t i = 0; i <= n; i++) {
		const counter *v = i < n ? list[i]->runs : m->other_runs;

		for (int r = 0; r < METRIC_RUN_COUNT; r++)
			if (look(&v[r]) != 0)
				buf_printf(b, "fazt_js_runs_total{app=\"%s\",result=\"%s\"} %"
				    PRIu64 "\n", i < n ? list[i]->uid : "other", results[r],
				    look(&v[r]));
	}
}

static void
print_histogram(const struct histogram *h, struct buf *b, const char *name,
    const char *help)
{
	uint64_t sum = look(&h->sum_us), n = 0;

	head(b, name, "histogram", help);
	for (size_t i = 0; i < BOUNDS; i++) {
		n += look(&h->buckets[i]);
		buf_printf(b, "%s_bucket{le=\"%s\"} %" PRIu64 "\n", name,
		    bounds[i].text, n);
	}
	n += look(&h->buckets[BOUNDS]);
	buf_printf(b, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, n);
	buf_printf(b, "%s_sum %" PRIu64 ".%06" PRIu64 "\n", name, sum / 1000000,
	    sum % 1000000);
	buf_printf(b, "%s_count %" PRIu64 "\n", name, n);
}

static void
print_workers(const struct node *node, struct buf *b)
{
	int64_t busy = metrics_get(node->metrics, METRIC_WORKERS_BUSY);
	int64_t idle = (int64_t)node->workers - busy;

	head(b, "fazt_workers", "gauge", "Worker threads.");
	buf_printf(b, "fazt_workers{state=\"busy\"} %" PRId64 "\n", busy);
	buf_printf(b, "fazt_workers{state=\"idle\"} %" PRId64 "\n", idle > 0 ? idle : 0);
}

static void
print_one(struct buf *b, const char *name, const char *type, const char *help, uint64_t v)
{
	head(b, name, type, help);
	buf_printf(b, "%s %" PRIu64 "\n", name, v);
}

static uint64_t
value(const struct node *node, enum metric which)
{
	int64_t v = metrics_get(node->metrics, which);

	return v > 0 ? (uint64_t)v : 0;
}

void
metrics_print(const struct node *node, struct buf *b)
{
	struct store_stats stats;

	store_stats(node->store, &stats);
	head(b, "fazt_build_info", "gauge", "The running version.");
	buf_printf(b, "fazt_build_info{version=\"%s\"} 1\n", node->version);
	print_requests(node->metrics, b);
	print_histogram(&node->metrics->requests, b, "fazt_request_duration_seconds",
	    "From the request's head to the end of its answer.");
	print_runs(node->metrics, b);
	print_histogram(&node->metrics->runs, b, "fazt_js_duration_seconds",
	    "Requests for app code, the wait for a slot included.");
	print_one(b, "fazt_queue_depth", "gauge", "Requests waiting for a worker.",
	    value(node, METRIC_QUEUE_DEPTH));
	print_workers(node, b);
	head(b, "fazt_deploys_total", "counter", "Deploys.");
	buf_printf(b, "fazt_deploys_total{result=\"ok\"} %" PRIu64 "\n",
	    value(node, METRIC_DEPLOYS_OK));
	buf_printf(b, "fazt_deploys_total{result=\"failed\"} %" PRIu64 "\n",
	    value(node, METRIC_DEPLOYS_FAILED));
	print_one(b, "fazt_sqlite_busy_total", "counter",
	    "Writers refused or timed out at the database.", stats.busy);
	print_one(b, "fazt_cache_hits_total", "counter", "Files served from memory.",
	    value(node, METRIC_CACHE_HITS));
	print_one(b, "fazt_cache_misses_total", "counter",
	    "Files read from the database.", value(node, METRIC_CACHE_MISSES));
	print_one(b, "fazt_log_dropped_total", "counter",
	    "Rows of the logs dropped because there was no room.",
	    activity_dropped(node->store) +
	    (node->recorder == NULL ? 0 : recorder_dropped(node->recorder)));
	print_one(b, "fazt_log_streams", "gauge", "Logs that are followed now.",
	    value(node, METRIC_STREAMS));
	process_print(b);
}
