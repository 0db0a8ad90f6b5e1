/* Logs and requests of apps over HTTP: filters, pages, refusals, and the stream. */
#include "tests/unit/http_fixture.h"

#include "admin/log_stream.h"
#include "admin/metrics.h"
#include "base/str.h"
#include "base/clock.h"
#include "store/app.h"
#include "store/recorder.h"

extern const struct route app_routes[], log_routes[];
static const struct route *const tables[] = { app_routes, log_routes, NULL };
static struct fixture f;
static int64_t app_a, app_b;

#define CALL(method, target, body) http(&f, tables, method, target, body)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int64_t
new_app(const char *title, const char *alias)
{
	char body[100];
	struct app a = { 0 };
	struct reader *rd;

	snprintf(body, sizeof(body), "{\"title\":\"%s\",\"alias\":\"%s\"}", title, alias);
	assert_int_equal(CALL("POST", "/api/apps", body), 201);
	assert_int_equal(reader_open(f.node.store, &rd), FZ_OK);
	assert_int_equal(app_find(rd, f.arena, alias, &a), FZ_OK);
	reader_close(rd);
	return a.id;
}

static int
setup(void **state)
{
	(void)state;
	http_key(NULL);
	fixture_open(&f);
	f.node.recorder = recorder_open(f.node.store);
	f.node.metrics = metrics_new();
	app_a = new_app("App A", "a");
	app_b = new_app("App B", "b");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	http_forget();
	fixture_end_request(&f);
	recorder_close(f.node.recorder);
	metrics_free(f.node.metrics);
	fixture_close(&f);
	return 0;
}

static void
line(int64_t app, enum recorder_level level, const char *text)
{
	struct record_line l = { .app = app, .level = level, .message = text,
		.file = level == RECORD_ERROR ? "api/main.js" : "",
		.line = level == RECORD_ERROR ? 3 : 0, .request = "req-1" };

	recorder_line(f.node.recorder, &l, 1000);
}

static void
requested(int64_t app, const char *path, int status, int64_t us)
{
	struct record_request q = { .app = app, .deploy = 2, .host = "a.example.com",
		.method = status == 500 ? "POST" : "GET", .path = path, .status = status,
		.us = us, .cpu_us = 1500, .bytes_in = 3, .bytes_out = 4, .ip = "192.0.2.1",
		.ua = "curl", .user = status == 200 ? "fazt_usr_1" : "",
		.error = status == 500 ? "INTERNAL_ERROR" : "", .request = "req-2" };

	recorder_request(f.node.recorder, &q);
}

static void
test_lines(void **state)
{
	char text[64];

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(text, sizeof(text), "line %d", i);
		line(i % 2 == 0 ? app_a : app_b, (enum recorder_level)(i % 4), text);
	}
	recorder_flush(f.node.recorder);
	assert_int_equal(CALL("GET", "/api/logs?site_id=a", NULL), 200);
	assert_int_equal(json_array_size(http_at("data.logs")), 5);
	assert_http("data.logs.0.message", "line 8");
	assert_http("data.logs.0.level", "debug");
	assert_http("data.logs.0.site_id", "a");
	assert_http("data.logs.0.file", "(absent)");
	assert_http("data.logs.0.line", "(absent)");
	assert_http("data.logs.0.request_id", "req-1");
	assert_int_equal(strlen(http_text("data.logs.0.created_at")), 20);
	assert_http("meta.next_cursor", "null");
	assert_http("meta.has_more", "false");
	assert_int_equal(CALL("GET", "/api/logs?site_id=all&limit=3", NULL), 200);
	assert_http("data.logs.0.message", "line 9");
	assert_http("data.logs.0.site_id", "b");
	assert_http("data.logs.2.file", "api/main.js");
	assert_http("data.logs.2.line", "3");
	assert_http("meta.next_cursor", "8");
	assert_http("meta.limit", "3");
	assert_int_equal(CALL("GET", "/api/logs?site_id=all&limit=3&cursor=8", NULL), 200);
	assert_http("data.logs.0.message", "line 6");
	assert_int_equal(CALL("GET", "/api/logs?site_id=all&limit=3&cursor=2", NULL), 200);
	assert_int_equal(json_array_size(http_at("data.logs")), 1);
	assert_http("meta.next_cursor", "null");
	assert_int_equal(CALL("GET", "/api/logs?site_id=App%20B&level=error", NULL), 200);
	assert_int_equal(json_array_size(http_at("data.logs")), 2);
	assert_int_equal(CALL("GET", "/api/logs?site_id=all&q=E%205", NULL), 200);
	assert_http("data.logs.0.message", "line 5");
	assert_int_equal(json_array_size(http_at("data.logs")), 1);
	assert_int_equal(CALL("GET", "/api/logs?site_id=all&since=1h", NULL), 200);
	assert_int_equal(json_array_size(http_at("data.logs")), 10);
	assert_int_equal(CALL("GET", "/api/logs?site_id=all&until=1h", NULL), 200);
	assert_int_equal(json_array_size(http_at("data.logs")), 0);
	assert_int_equal(CALL("GET", "/api/logs?site_id=all&since=2001-02-03", NULL), 200);
	assert_int_equal(json_array_size(http_at("data.logs")), 10);
	assert_int_equal(CALL("GET", "/api/logs?site_id=all&until=2001-02-03T04:05:06Z", NULL),
	    200);
	assert_int_equal(json_array_size(http_at("data.logs")), 0);
}

/* Whatever an app logs, the answer is JSON. */
static void
test_odd_lines(void **state)
{
	(void)state;
	line(app_a, RECORD_INFO, "\xff\xfe \x01 \"quoted\" \xf0\x9f\x98\x80 \xe2\x80\xa8");
	recorder_flush(f.node.recorder);
	assert_int_equal(CALL("GET", "/api/logs?site_id=a", NULL), 200);
	assert_http("data.logs.0.message",
	    "\xef\xbf\xbd\xef\xbf\xbd \x01 \"quoted\" \xf0\x9f\x98\x80 \xe2\x80\xa8");
}

/* A page of long lines is a short one and says where to go on. */
static void
test_long_lines(void **state)
{
	char *text = xcalloc(1, 60001);
	int64_t seen = 0;

	(void)state;
	memset(text, 'x', 60000);
	for (int i = 0; i < 150; i++) {
		line(app_a, RECORD_INFO, text);
		if (i % 5 == 0)
			recorder_flush(f.node.recorder);
	}
	free(text);
	recorder_flush(f.node.recorder);
	assert_int_equal(CALL("GET", "/api/logs?site_id=a&limit=1000", NULL), 200);
	assert_in_range(json_array_size(http_at("data.logs")), 60, 90);
	while (json_is_true(http_at("meta.has_more"))) {
		char target[100];

		seen += (int64_t)json_array_size(http_at("data.logs"));
		snprintf(target, sizeof(target), "/api/logs?site_id=a&limit=1000&cursor=%s",
		    http_text("meta.next_cursor"));
		assert_int_equal(CALL("GET", target, NULL), 200);
	}
	assert_int_equal(seen + (int64_t)json_array_size(http_at("data.logs")), 150);
}

static void
test_requests(void **state)
{
	(void)state;
	requested(app_a, "/", 200, 1234);
	requested(app_a, "/missing", 404, 20);
	requested(app_b, "/api/x", 500, 2500000);
	recorder_flush(f.node.recorder);
	assert_int_equal(CALL("GET", "/api/requests", NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 3);
	assert_http("data.2.path", "/");
	assert_http("data.2.status", "200");
	assert_http("data.2.ms", "1.234");
	assert_http("data.2.cpu_ms", "1.5");
	assert_http("data.2.bytes_in", "3");
	assert_http("data.2.bytes_out", "4");
	assert_http("data.2.deploy", "2");
	assert_http("data.2.host", "a.example.com");
	assert_http("data.2.method", "GET");
	assert_http("data.2.ip", "192.0.2.1");
	assert_http("data.2.ua", "curl");
	assert_http("data.2.user_id", "fazt_usr_1");
	assert_http("data.2.error", "null");
	assert_http("data.0.user_id", "null");
	assert_http("data.0.error", "INTERNAL_ERROR");
	assert_http("data.0.request_id", "req-2");
	assert_true(strncmp(http_text("data.0.app_id"), "fazt_app_", 9) == 0);
	static const struct {
		const char *query, *path;	/* of the only one; NULL = none */
	} rows[] = {
		{ "app=b", "/api/x" }, { "app=all&status=404", "/missing" },
		{ "status=5xx", "/api/x" }, { "status=3xx", NULL }, { "method=POST", "/api/x" },
		{ "path=/m", "/missing" }, { "path=m", NULL }, { "q=MISS", "/missing" },
		{ "q=fazt_usr", "/" }, { "q=internal", "/api/x" }, { "min_ms=2000", "/api/x" },
		{ "min_ms=1&app=a", "/" }, { "ip=192.0.2.2", NULL }, { "cursor=2", "/" },
		{ "limit=1", "/api/x" }, { "until=1h", NULL }, { "app=a&status=4xx", "/missing" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		char target[100];

		snprintf(target, sizeof(target), "/api/requests?%s", rows[i].query);
		assert_int_equal(CALL("GET", target, NULL), 200);
		assert_int_equal(json_array_size(http_at("data")), rows[i].path != NULL);
		if (rows[i].path != NULL)
			assert_http("data.0.path", rows[i].path);
	}
}

static void
test_refused(void **state)
{
	static const char *const bad[] = { "/api/logs?site_id=a&limit=0",
		"/api/logs?site_id=a&limit=1001", "/api/logs?site_id=a&limit=x",
		"/api/logs?site_id=a&level=loud", "/api/logs?site_id=a&cursor=-1",
		"/api/logs?site_id=a&cursor=z", "/api/logs?site_id=a&since=yesterday",
		"/api/logs?site_id=a&until=2026-13-01", "/api/requests?status=600",
		"/api/requests?status=4x", "/api/requests?status=4xxx", "/api/requests?status=40a",
		"/api/requests?min_ms=-1", "/api/logs/stream?site_id=a&level=0" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_refused(CALL("GET", bad[i], NULL), 400, "VALIDATION_FAILED");
	assert_refused(CALL("GET", "/api/logs", NULL), 400, "MISSING_FIELD");
	assert_refused(CALL("GET", "/api/logs/stream?site_id=", NULL), 400, "MISSING_FIELD");
	assert_refused(CALL("GET", "/api/logs?site_id=nope", NULL), 404, "APP_NOT_FOUND");
	assert_refused(CALL("GET", "/api/requests?app=nope", NULL), 404, "APP_NOT_FOUND");
	/* A key for one app sees that app. */
	http_key("logs.read:a");
	assert_int_equal(CALL("GET", "/api/logs?site_id=a", NULL), 200);
	assert_int_equal(CALL("GET", "/api/requests?app=a", NULL), 200);
	assert_refused(CALL("GET", "/api/logs?site_id=b", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/logs?site_id=all", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/requests", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/logs/stream?site_id=b", NULL), 403, "SCOPE_REQUIRED");
	http_key(NULL);
}

/* --- the stream --- */

static enum fz_err
follow(const char *query, const char *last_id)
{
	static struct pair headers[1];
	const char *allow;

	http_forget();
	fixture_request(&f);
	f.rq.method = METHOD_GET;
	f.rq.path = "/api/logs/stream";
	f.rq.query = query;
	if (last_id != NULL) {
		headers[0] = (struct pair){ .name = "last-event-id", .value = last_id };
		f.rq.headers = (struct pairs){ .v = headers, .n = 1 };
	}
	assert_int_equal(route_find(tables, ON_ADMIN, METHOD_GET, f.rq.path, f.arena,
	    &f.rq.route, &f.rq.params, &allow), ROUTE_FOUND);
	return f.rq.route->handle(&f.rq, &f.rs);
}

/* All there is now. */
static const char *
heard(void)
{
	static char text[65536];
	size_t len = 0, n;
	const void *p;
	enum fz_err err;

	recorder_flush(f.node.recorder);
	for (;;) {
		err = f.rs.source->next(f.rs.source, &p, &n);
		if (err == FZ_AGAIN)
			break;
		assert_int_equal(err, FZ_OK);
		assert_true(n > 0 && len + n < sizeof(text));
		memcpy(text + len, p, n);
		len += n;
	}
	text[len] = '\0';
	return text;
}

static int
count(const char *text, const char *what)
{
	int n = 0;

	for (text = strstr(text, what); text != NULL; text = strstr(text + 1, what))
		n++;
	return n;
}

static void
test_stream(void **state)
{
	const char *text;

	(void)state;
	line(app_a, RECORD_INFO, "before");
	recorder_flush(f.node.recorder);
	assert_int_equal(follow("site_id=a&requests=true", NULL), FZ_OK);
	assert_int_equal(f.rs.status, 200);
	assert_int_equal(f.rs.source_len, -1);
	assert_string_equal(response_get(&f.rs, "Content-Type"), "text/event-stream");
	assert_string_equal(response_get(&f.rs, "X-Accel-Buffering"), "no");
	assert_string_equal(heard(),
	    "id: 1.0\nevent: connected\ndata: {\"site_id\":\"a\"}\n\n");
	assert_string_equal(heard(), "");
	line(app_a, RECORD_ERROR, "now\nwith a break");
	line(app_b, RECORD_ERROR, "of another app");
	requested(app_a, "/x", 200, 5);
	text = heard();
	assert_true(str_starts(text, "id: 2.0\nevent: log\ndata: {\"id\":2,\"site_id\":\"a\","
	    "\"level\":\"error\",\"message\":\"now\\nwith a break\",\"file\":\"api/main.js\","
	    "\"line\":3,\"request_id\":\"req-1\",\"created_at\":\""));
	assert_non_null(strstr(text, "\n\nid: 2.1\nevent: request\ndata: {\"id\":1,"));
	assert_int_equal(count(text, "event: "), 2);
	assert_int_equal(count(text, "\n\n"), 2);
	/* More than one piece, in order, each once. */
	for (int i = 0; i < 100; i++)
		line(app_a, RECORD_INFO, "many");
	text = heard();
	assert_int_equal(count(text, "event: log\n"), 100);
	assert_non_null(strstr(text, "id: 103.1\nevent: log\ndata: {\"id\":103,"));
	assert_string_equal(heard(), "");
}

static void
test_stream_filters(void **state)
{
	const char *text;

	(void)state;
	assert_int_equal(follow("site_id=all&level=warn&q=PEAR", NULL), FZ_OK);
	(void)heard();
	line(app_a, RECORD_INFO, "a pear");
	line(app_a, RECORD_WARN, "an apple");
	line(app_b, RECORD_WARN, "a Pear");
	requested(app_a, "/pear", 200, 5);
	text = heard();
	assert_int_equal(count(text, "event: "), 1);
	assert_non_null(strstr(text, "\"site_id\":\"b\",\"level\":\"warn\",\"message\":\"a Pear\""));
}

/* A client that comes back hears what it missed. */
static void
test_stream_again(void **state)
{
	static const struct {
		const char *id;
		int lines, requests;
	} rows[] = { { "0.0", 5, 3 }, { "3.1", 2, 2 }, { "3", 2, 0 }, { "5.3", 0, 0 },
		{ "x", 0, 0 }, { "3.x", 0, 0 }, { "-1.0", 0, 0 }, { "99.99", 0, 0 } };

	(void)state;
	for (int i = 0; i < 5; i++)
		line(app_a, RECORD_INFO, "x");
	for (int i = 0; i < 3; i++)
		requested(app_a, "/", 200, 1);
	recorder_flush(f.node.recorder);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text;

		assert_int_equal(follow("site_id=a&requests=1", rows[i].id), FZ_OK);
		text = heard();
		assert_int_equal(count(text, "event: log\n"), rows[i].lines);
		assert_int_equal(count(text, "event: request\n"), rows[i].requests);
	}
}

/* So many and no more; who ends makes room. */
static void
test_stream_cap(void **state)
{
	struct fixture all[LOG_STREAM_MOST];

	(void)state;
	http_forget();
	fixture_end_request(&f);
	for (int i = 0; i < LOG_STREAM_MOST; i++) {
		assert_int_equal(follow("site_id=a", NULL), FZ_OK);
		all[i] = f;
		f.open = false;
	}
	assert_int_equal(follow("site_id=a", NULL), FZ_OVERLOADED);
	fixture_end_request(&f);
	assert_int_equal(metrics_get(f.node.metrics, METRIC_STREAMS), LOG_STREAM_MOST);
	fixture_end_request(&all[0]);
	assert_int_equal(follow("site_id=a", NULL), FZ_OK);
	fixture_end_request(&f);
	for (int i = 1; i < LOG_STREAM_MOST; i++)
		fixture_end_request(&all[i]);
	assert_int_equal(metrics_get(f.node.metrics, METRIC_STREAMS), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(test_lines),
		TEST(test_odd_lines),
		TEST(test_long_lines),
		TEST(test_requests),
		TEST(test_refused),
		TEST(test_stream),
		TEST(test_stream_filters),
		TEST(test_stream_again),
		TEST(test_stream_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
