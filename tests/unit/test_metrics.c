/* Numbers: their text, apps beyond fifty, threads; health, readiness and who may ask. */
#include "tests/unit/store_test.h"

#include <pthread.h>

#include "admin/metrics.c"
#include "admin/process.h"
#include "auth/access.h"
#include "base/digest.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

extern const struct route health_routes[];

static struct node node;
static char *text;		/* the last print */

static void
print(void)
{
	struct buf b;
	size_t len;

	buf_init(&b, METRICS_MAX);
	metrics_print(&node, &b);
	assert_true(buf_ok(&b));
	free(text);
	text = buf_take(&b, &len);
}

/* Value of a series by its whole name with labels; -1 = not there. */
static double
series(const char *name)
{
	size_t n = strlen(name);

	for (const char *p = text; p != NULL; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, name, n) == 0 && p[n] == ' ')
			return strtod(p + n, NULL);
		if (*p == '\0')
			break;
	}
	return -1;
}

static int
new_metrics(void **state)
{
	(void)state;
	node.metrics = metrics_new();
	return 0;
}

static int
drop_metrics(void **state)
{
	(void)state;
	metrics_free(node.metrics);
	free(text);
	text = NULL;
	return 0;
}

static void
test_empty(void **state)
{
	static const struct {
		const char	*name;
		double		 value;
	} t[] = {
		{ "fazt_build_info{version=\"1.2.3\"}", 1 },
		{ "fazt_request_duration_seconds_bucket{le=\"0.001\"}", 0 },
		{ "fazt_request_duration_seconds_bucket{le=\"+Inf\"}", 0 },
		{ "fazt_request_duration_seconds_sum", 0 },
		{ "fazt_request_duration_seconds_count", 0 },
		{ "fazt_queue_depth", 0 },
		{ "fazt_workers{state=\"busy\"}", 0 },
		{ "fazt_workers{state=\"idle\"}", 8 },
		{ "fazt_deploys_total{result=\"ok\"}", 0 },
		{ "fazt_deploys_total{result=\"failed\"}", 0 },
		{ "fazt_sqlite_busy_total", 0 },
		{ "fazt_cache_hits_total", 0 },
		{ "fazt_cache_misses_total", 0 },
		{ "fazt_log_dropped_total", 0 },
	};

	(void)state;
	print();
	for (size_t i = 0; i < COUNT(t); i++)
		if (series(t[i].name) != t[i].value)
			fail_msg("%s is %g in\n%s", t[i].name, series(t[i].name), text);
	assert_true(series("process_resident_memory_bytes") > 1e6);
	assert_true(series("process_cpu_seconds_total") >= 0);
	assert_true(series("process_open_fds") > 2);
	assert_true(series("process_max_fds") > 2);
	assert_true(series("process_threads") >= 1);
	assert_true(series("process_start_time_seconds") > 1.6e9);
}

/* Exposition format 0.0.4: a family is HELP, TYPE, then its samples, and comes once. */
static void
test_format(void **state)
{
	char family[80] = "", seen[4096] = "";
	char *line, *save;

	(void)state;
	metrics_request(node.metrics, "fazt_app_aaaaaaaaaaaa", 200, 1);
	metrics_request(node.metrics, NULL, 404, 1);
	print();
	assert_int_equal(text[strlen(text) - 1], '\n');
	for (line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		char name[80], tag[90];

		if (strncmp(line, "# HELP ", 7) == 0) {
			assert_int_equal(sscanf(line, "# HELP %79s", family), 1);
			(void)snprintf(tag, sizeof(tag), "|%s|", family);
			assert_null(strstr(seen, tag));
			strncat(seen, tag, sizeof(seen) - strlen(seen) - 1);
		} else if (line[0] == '#') {
			assert_int_equal(sscanf(line, "# TYPE %79s", name), 1);
			assert_string_equal(name, family);
		} else {
			assert_int_equal(strncmp(line, family, strlen(family)), 0);
			assert_non_null(strrchr(line, ' '));
		}
	}
}

static void
test_requests_and_durations(void **state)
{
	static const struct {
		const char	*app;
		int		 status;
		int64_t		 us;
	} t[] = {
		{ "fazt_app_aaaaaaaaaaaa", 200, 500 },
		{ "fazt_app_aaaaaaaaaaaa", 204, 1000 },
		{ "fazt_app_aaaaaaaaaaaa", 404, 1001 },
		{ "fazt_app_bbbbbbbbbbbb", 304, 30000 },
		{ NULL, 200, 9999999 },
		{ NULL, 503, 60000000 },
		{ NULL, 0, -5 },		/* nothing said, clock went back */
		{ NULL, 999, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		metrics_request(node.metrics, t[i].app, t[i].status, t[i].us);
	print();
	assert_true(series("fazt_requests_total{app=\"fazt_app_aaaaaaaaaaaa\",class=\"2xx\"}")
	    == 2);
	assert_true(series("fazt_requests_total{app=\"fazt_app_aaaaaaaaaaaa\",class=\"4xx\"}")
	    == 1);
	assert_true(series("fazt_requests_total{app=\"fazt_app_bbbbbbbbbbbb\",class=\"3xx\"}")
	    == 1);
	assert_true(series("fazt_requests_total{app=\"system\",class=\"2xx\"}") == 1);
	assert_true(series("fazt_requests_total{app=\"system\",class=\"5xx\"}") == 3);
	assert_true(series("fazt_requests_total{app=\"other\",class=\"2xx\"}") == -1);
	assert_true(series("fazt_request_duration_seconds_bucket{le=\"0.001\"}") == 4);
	assert_true(series("fazt_request_duration_seconds_bucket{le=\"0.0025\"}") == 5);
	assert_true(series("fazt_request_duration_seconds_bucket{le=\"0.05\"}") == 6);
	assert_true(series("fazt_request_duration_seconds_bucket{le=\"10\"}") == 7);
	assert_true(series("fazt_request_duration_seconds_bucket{le=\"+Inf\"}") == 8);
	assert_true(series("fazt_request_duration_seconds_count") == 8);
	assert_non_null(strstr(text, "_sum 70.032500\n"));
	assert_int_equal(metrics_requests_total(node.metrics), 8);
}

static void
test_values(void **state)
{
	(void)state;
	metrics_add(node.metrics, METRIC_DEPLOYS_OK, 3);
	metrics_add(node.metrics, METRIC_QUEUE_DEPTH, 5);
	metrics_add(node.metrics, METRIC_QUEUE_DEPTH, -2);
	metrics_add(node.metrics, METRIC_WORKERS_BUSY, 11);
	metrics_add(node.metrics, METRIC_CACHE_HITS, 7);
	metrics_add(node.metrics, METRIC_SHED, 2);
	print();
	assert_true(series("fazt_deploys_total{result=\"ok\"}") == 3);
	assert_true(series("fazt_queue_depth") == 3);
	assert_true(series("fazt_workers{state=\"busy\"}") == 11);
	assert_true(series("fazt_workers{state=\"idle\"}") == 0);
	assert_true(series("fazt_cache_hits_total") == 7);
	assert_int_equal(metrics_get(node.metrics, METRIC_SHED), 2);
}

static const char *
app_name(int i)
{
	return arena_printf(ar, "fazt_app_%012d", i);
}

static double
app_series(int i)
{
	return series(arena_printf(ar,
	    "fazt_requests_total{app=\"%s\",class=\"2xx\"}", app_name(i)));
}

static int
shown_series(void)
{
	int n = 0;

	for (const char *p = text; (p = strstr(p, "{app=\"fazt_app_")) != NULL; p++)
		n++;
	return n;
}

static void
requests(int app, int n)
{
	while (n-- > 0)
		metrics_request(node.metrics, app_name(app), 200, 1);
}

/* Busy apps get a series, no series ever falls, and the sum is what happened. */
static void
test_top_fifty(void **state)
{
	double own, other;

	(void)state;
	for (int i = 0; i < 60; i++)
		requests(i, 2);
	print();
	assert_int_equal(shown_series(), 50);
	own = app_series(0);
	other = series("fazt_requests_total{app=\"other\",class=\"2xx\"}");
	assert_true(own == 2);
	assert_true(other == 20);
	requests(59, 30);		/* not among the fifty yet */
	print();			/* now it is */
	assert_true(series("fazt_requests_total{app=\"other\",class=\"2xx\"}") == 50);
	assert_true(app_series(59) == -1);
	requests(59, 7);
	print();
	assert_true(app_series(59) == 7);
	assert_true(series("fazt_requests_total{app=\"other\",class=\"2xx\"}") == 50);
	assert_true(shown_series() <= 50);
}

/* More apps than the table holds: they count, together. */
static void
test_too_many_apps(void **state)
{
	struct arena *keep = ar;
	double sum = 0;

	(void)state;
	ar = arena_new();
	for (int i = 0; i < APPS_MAX + 500; i++)
		requests(i, 1);
	metrics_request(node.metrics, "a-uid-that-is-longer-than-any-uid-of-an-app-can-be", 200,
	    1);
	print();
	assert_int_equal(shown_series(), 50);
	for (int i = 0; i < APPS_MAX; i++)
		sum += app_series(i) > 0 ? app_series(i) : 0;
	assert_true(sum + series("fazt_requests_total{app=\"other\",class=\"2xx\"}") ==
	    APPS_MAX + 501);
	assert_int_equal(atomic_load(&node.metrics->napps), APPS_MAX);
	arena_free(ar);
	ar = keep;
}

static void *
hammer(void *arg)
{
	char uid[32];
	struct buf b;

	(void)arg;
	for (int i = 0; i < 20000; i++) {
		(void)snprintf(uid, sizeof(uid), "fazt_app_%012d", i % 70);
		metrics_request(node.metrics, uid, 200, i);
		if (i % 5000 == 0) {
			buf_init(&b, METRICS_MAX);
			metrics_print(&node, &b);
			buf_fini(&b);
		}
	}
	return NULL;
}

static void
test_threads(void **state)
{
	double sum = 0;
	pthread_t t[4];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, hammer, NULL), 0);
	for (size_t i = 0; i < COUNT(t); i++)
		pthread_join(t[i], NULL);
	print();
	assert_int_equal(metrics_requests_total(node.metrics), 80000);
	assert_int_equal(atomic_load(&node.metrics->napps), 70);
	for (size_t i = 0; i < SLOTS; i++) {
		struct app_count *a = atomic_load(&node.metrics->apps[i]);

		for (int c = 0; a != NULL && c < CLASSES; c++)
			sum += (double)look(&a->own[c]);
	}
	assert_true(sum + series("fazt_requests_total{app=\"other\",class=\"2xx\"}") == 80000);
}

static struct request rq;
static struct response rs;

static enum fz_err
get(const char *path, int host)
{
	const struct route *const tables[] = { health_routes, NULL };
	const char *allow;
	enum fz_err err;

	memset(&rq, 0, sizeof(rq));
	rq.arena = ar;
	rq.node = &node;
	rq.query = "";
	rq.path = path;
	response_fini(&rs);
	response_init(&rs, ar);
	if (route_find(tables, host, METHOD_GET, path, ar, &rq.route, &rq.params, &allow) !=
	    ROUTE_FOUND)
		return FZ_NOT_FOUND;
	err = access_identify(&rq, &rs);
	if (err == FZ_OK)
		err = access_check(&rq, &rs, rq.route);
	return err == FZ_OK ? rq.route->handle(&rq, &rs) : err;
}

static void
assert_answer(const char *path, int host, int status, const char *body)
{
	OK(get(path, host));
	assert_int_equal(rs.status, status);
	assert_int_equal(rs.len, strlen(body));
	assert_memory_equal(rs.bytes, body, rs.len);
	assert_string_equal(response_get(&rs, "Cache-Control"), "no-store");
}

static void
test_health(void **state)
{
	struct readiness *r = metrics_readiness(node.metrics);

	(void)state;
	assert_answer("/healthz", ON_ADMIN, 200, "ok");
	assert_answer("/healthz", ON_INTERNAL, 200, "ok");
	assert_answer("/readyz", ON_ADMIN, 200, "ok");
	assert_answer("/readyz", ON_INTERNAL, 200, "ok");
	assert_answer("/health", ON_ADMIN, 200, "OK");
	assert_int_equal(get("/health", ON_INTERNAL), FZ_NOT_FOUND);
	readiness_set_queue_full(r, true);
	assert_answer("/readyz", ON_INTERNAL, 503, "queue full");
	assert_non_null(response_get(&rs, "Retry-After"));
	readiness_set_draining(r, true);
	assert_answer("/readyz", ON_INTERNAL, 503, "draining");
	assert_answer("/health", ON_ADMIN, 503, "UNAVAILABLE");
	assert_answer("/healthz", ON_ADMIN, 200, "ok");
	readiness_set_draining(r, false);
	readiness_set_queue_full(r, false);
	assert_answer("/readyz", ON_ADMIN, 200, "ok");
}

static void *
hold_writer(void *arg)
{
	pthread_barrier_t *both = arg;
	struct writer *w = begin();

	pthread_barrier_wait(both);	/* it is held */
	pthread_barrier_wait(both);	/* enough */
	writer_abort(w);
	return NULL;
}

/* While somebody sits on the writer the node is alive but not ready. */
static void
test_not_writable(void **state)
{
	pthread_barrier_t both;
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_barrier_init(&both, NULL, 2), 0);
	assert_int_equal(pthread_create(&t, NULL, hold_writer, &both), 0);
	pthread_barrier_wait(&both);
	assert_answer("/readyz", ON_ADMIN, 503, "database not writable");
	assert_answer("/healthz", ON_ADMIN, 200, "ok");
	pthread_barrier_wait(&both);
	pthread_join(t, NULL);
	pthread_barrier_destroy(&both);
	assert_answer("/readyz", ON_ADMIN, 200, "ok");
}

static void
test_who_reads_metrics(void **state)
{
	(void)state;
	assert_int_equal(get("/metrics", ON_ADMIN), FZ_UNAUTHORIZED);
	OK(get("/metrics", ON_INTERNAL));
	assert_string_equal(response_get(&rs, "Content-Type"),
	    "text/plain; version=0.0.4; charset=utf-8");
	assert_non_null(memmem(rs.bytes, rs.len, "fazt_build_info", 15));
	response_fini(&rs);
}

static int
setup(void **state)
{
	int rc = store_setup(state);

	node.store = st;
	node.version = "1.2.3";
	node.workers = 8;
	return rc;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, new_metrics, drop_metrics)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_format),
		TEST(test_requests_and_durations),
		TEST(test_values),
		TEST(test_top_fifty),
		TEST(test_too_many_apps),
		TEST(test_threads),
		TEST(test_health),
		TEST(test_not_writable),
		TEST(test_who_reads_metrics),
	};

	return cmocka_run_group_tests(tests, setup, store_teardown);
}
