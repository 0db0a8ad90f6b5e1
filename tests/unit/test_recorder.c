/* Log lines and requests: in order out as in, nothing beyond the bounds, old ones go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>

#include "base/clock.h"
#include "store/app.h"
#include "store/recorder_inner.h"
#include "store/sql.h"
#include "tests/unit/store_dir.h"

#define OK(call) assert_int_equal((call), FZ_OK)
#define DAY (24LL * 3600 * 1000)

static struct store *st;
static struct recorder *rec;
static struct arena *ar;
static int64_t app_a, app_b;
static bool more;			/* of the last look-up */

static int64_t
new_app(const char *title)
{
	struct app a = { .title = title };
	struct writer *w;

	OK(writer_begin(st, 5000, &w));
	OK(app_create(w, ar, &a));
	OK(writer_commit(w, NULL));
	return a.id;
}

static int
setup(void **state)
{
	struct store_options o = { .readers = 4, .may_create = true };

	if (store_dir_new(state) != 0)
		return -1;
	o.path = store_db;
	if (store_open(&o, &st, NULL) != FZ_OK)
		return -1;
	ar = arena_new();
	app_a = new_app("a");
	app_b = new_app("b");
	rec = recorder_open(st);
	return 0;
}

static int
teardown(void **state)
{
	recorder_close(rec);
	arena_free(ar);
	store_close(st);
	st = NULL;
	return store_dir_drop(state);
}

static int64_t
ask(const char *literal)
{
	struct reader *r;
	int64_t v = -1;

	OK(reader_open(st, &r));
	OK(sql_get_int(r, &v, literal, ""));
	reader_close(r);
	return v;
}

static void
run(const char *literal)
{
	struct writer *w;

	OK(writer_begin(st, 5000, &w));
	OK(sql_run(w, literal, ""));
	OK(writer_commit(w, NULL));
}

static void
line(int64_t app, const char *text, int64_t keep)
{
	struct record_line l = { .app = app, .level = RECORD_INFO, .message = text };

	recorder_line(rec, &l, keep);
}

static size_t
lines(const struct record_filter *f, struct record_line **v)
{
	struct reader *r;
	size_t n = 0;

	OK(reader_open(st, &r));
	OK(recorder_lines(r, ar, f, v, &n, &more));
	reader_close(r);
	return n;
}

static size_t
requests(const struct record_filter *f, struct record_request **v)
{
	struct reader *r;
	size_t n = 0;

	OK(reader_open(st, &r));
	OK(recorder_requests(r, ar, f, v, &n, &more));
	reader_close(r);
	return n;
}

static void
test_line_fields(void **state)
{
	struct record_line l = { .app = app_a, .at = 1234, .level = RECORD_ERROR,
		.message = "it broke", .file = "api/main.js", .line = 7, .request = "r1" };
	struct record_filter f = { .app = app_a, .limit = 10 };
	uint64_t before = recorder_generation(rec);
	struct record_line *v;

	(void)state;
	/* Old, but it came just now: only the hourly look takes it away. */
	recorder_flush(rec);
	recorder_line(rec, &l, 100);
	line(app_a, NULL, 100);
	recorder_flush(rec);
	assert_true(recorder_generation(rec) > before);
	assert_int_equal(lines(&f, &v), 2);
	assert_string_equal(v[0].message, "");
	assert_in_range(v[0].at, clock_wall_ms() - 10000, clock_wall_ms());
	assert_int_equal(v[1].at, 1234);
	assert_int_equal(v[1].app, app_a);
	assert_int_equal(v[1].level, RECORD_ERROR);
	assert_string_equal(v[1].message, "it broke");
	assert_string_equal(v[1].file, "api/main.js");
	assert_int_equal(v[1].line, 7);
	assert_string_equal(v[1].request, "r1");
}

static void
test_line_filters(void **state)
{
	struct record_line *v;

	(void)state;
	for (int i = 1; i <= 9; i++) {
		char text[32];
		struct record_line l = { .app = i % 3 == 0 ? app_b : app_a,
			.at = 1000 * i + clock_wall_ms(), .level = (enum recorder_level)(i % 4),
			.message = text };

		snprintf(text, sizeof(text), "%s %d", i < 5 ? "Apple" : "pear", i);
		recorder_line(rec, &l, 100);
	}
	recorder_flush(rec);
	/* Messages by their number, newest first unless forward. */
	struct {
		struct record_filter f;
		const char *want;
	} rows[] = {
		{ { .limit = 100 }, "987654321" }, { { .limit = 3 }, "987" },
		{ { .app = app_b, .limit = 100 }, "963" },
		{ { .app = app_a, .limit = 100 }, "875421" },
		{ { .app = app_a, .limit = 2 }, "87" }, { { .level = 3, .limit = 100 }, "73" },
		{ { .level = 2, .limit = 100 }, "7632" },
		{ { .text = "APPLE", .limit = 100 }, "4321" },
		{ { .text = "r 6", .limit = 100 }, "6" }, { { .text = "%", .limit = 100 }, "" },
		{ { .before = 4, .limit = 100 }, "321" },
		{ { .before = 4, .app = app_b, .limit = 100 }, "3" },
		{ { .forward = true, .limit = 100 }, "123456789" },
		{ { .forward = true, .after = 7, .limit = 100 }, "89" },
		{ { .forward = true, .after = 3, .app = app_b, .limit = 1 }, "6" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char got[32] = "";
		size_t n = lines(&rows[i].f, &v);

		for (size_t k = 0; k < n; k++) {
			got[k] = v[k].message[strlen(v[k].message) - 1];
			got[k + 1] = '\0';
		}
		assert_string_equal(got, rows[i].want);
	}
	struct record_filter all = { .limit = 100 }, some = { .limit = 100 };

	(void)lines(&all, &v);
	some.since = v[6].at;
	some.until = v[4].at;
	assert_int_equal(lines(&some, &v), 3);
	assert_string_equal(v[0].message, "pear 5");
	struct reader *r;
	int64_t l = -1, q = -1;

	OK(reader_open(st, &r));
	OK(recorder_newest(r, &l, &q));
	reader_close(r);
	assert_int_equal(l, 9);
	assert_int_equal(q, 0);
}

static void
test_requests(void **state)
{
	static const struct record_request one = { .at = 5, .deploy = 3, .host = "h",
		.method = "GET", .path = "/Api/x", .status = 404, .us = 1500, .cpu_us = 20,
		.bytes_in = 7, .bytes_out = 8, .ip = "192.0.2.1", .ua = "curl", .user = "u1",
		.error = "NOT_FOUND", .request = "r9" };
	struct record_request *v, q = one;
	struct record_filter f = { .limit = 10 };

	(void)state;
	recorder_flush(rec);
	q.app = app_a;
	recorder_request(rec, &q);
	q.app = app_b;
	q.status = 503;
	q.us = 9000;
	q.method = "POST";
	q.ip = "192.0.2.2";
	q.path = "/other";
	q.at = 0;
	recorder_request(rec, &q);
	recorder_flush(rec);
	assert_int_equal(requests(&f, &v), 2);
	assert_int_equal(v[0].status, 503);
	assert_int_equal(v[1].app, app_a);
	assert_int_equal(v[1].at, 5);
	assert_int_equal(v[1].deploy, 3);
	assert_string_equal(v[1].host, "h");
	assert_string_equal(v[1].method, "GET");
	assert_string_equal(v[1].path, "/Api/x");
	assert_int_equal(v[1].us, 1500);
	assert_int_equal(v[1].cpu_us, 20);
	assert_int_equal(v[1].bytes_in, 7);
	assert_int_equal(v[1].bytes_out, 8);
	assert_string_equal(v[1].ip, "192.0.2.1");
	assert_string_equal(v[1].ua, "curl");
	assert_string_equal(v[1].user, "u1");
	assert_string_equal(v[1].error, "NOT_FOUND");
	assert_string_equal(v[1].request, "r9");
	struct {
		struct record_filter f;
		int64_t want;		/* status of the only one, 0 = none, 2 = both */
	} rows[] = {
		{ { .app = app_a, .limit = 9 }, 404 }, { { .status = 4, .limit = 9 }, 404 },
		{ { .status = 5, .limit = 9 }, 503 }, { { .status = 503, .limit = 9 }, 503 },
		{ { .status = 500, .limit = 9 }, 0 }, { { .min_us = 2000, .limit = 9 }, 503 },
		{ { .min_us = 1500, .limit = 9 }, 2 }, { { .method = "GET", .limit = 9 }, 404 },
		{ { .ip = "192.0.2.2", .limit = 9 }, 503 },
		{ { .text = "api", .limit = 9 }, 404 }, { { .before = 2, .limit = 9 }, 404 },
		{ { .text = "CURL", .limit = 9 }, 2 }, { { .path = "/Api", .limit = 9 }, 404 },
		{ { .path = "/api", .limit = 9 }, 0 }, { { .path = "Api", .limit = 9 }, 0 },
		{ { .forward = true, .after = 1, .limit = 9 }, 503 },
		{ { .since = 6, .limit = 9 }, 503 }, { { .until = 6, .limit = 9 }, 404 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = requests(&rows[i].f, &v);
		int64_t got = n == 1 ? v[0].status : (int64_t)n;

		assert_int_equal(got, rows[i].want);
	}
}

/* Cut between characters. */
static void
test_long_texts(void **state)
{
	size_t n = 100001;
	char *text = xmalloc(n + 1);
	struct record_request q = { .path = text, .app = app_a };

	(void)state;
	text[0] = 'a';
	for (size_t i = 1; i < n; i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	text[n] = '\0';
	line(app_a, text, 10);
	recorder_request(rec, &q);
	recorder_flush(rec);
	assert_int_equal(ask("SELECT length(CAST(message AS BLOB)) FROM log"), 65535);
	assert_int_equal(ask("SELECT length(CAST(path AS BLOB)) FROM request"), 1023);
	free(text);
}

/* The store takes nothing: what has room waits, the rest is counted and said. */
static void
test_dropped(void **state)
{
	struct writer *w;
	int64_t kept;

	(void)state;
	recorder_flush(rec);
	OK(writer_begin(st, 5000, &w));
	for (int i = 0; i < 30000; i++)
		line(app_a, "flood", 100000);
	line(app_b, "calm", 10);
	for (int i = 0; i < RECORDER_ROWS + 100; i++) {
		struct record_request q = { .app = app_a, .path = "/" };

		recorder_request(rec, &q);
	}
	writer_abort(w);
	recorder_flush(rec);
	recorder_flush(rec);
	kept = ask("SELECT count(*) FROM log WHERE message='flood'");
	assert_in_range(kept, 1000, 3 * RECORDER_ROWS);
	assert_int_equal(ask("SELECT count(*) FROM log WHERE message='calm'"), 1);
	assert_int_equal(ask("SELECT sum(CAST(message AS INTEGER)) FROM log"
	    " WHERE message LIKE '% log lines were dropped: they came faster than%'"
	    " AND level=2 AND app=(SELECT id FROM app WHERE title='a')"), 30000 - kept);
	assert_int_equal(recorder_dropped(rec),
	    30000 - kept + RECORDER_ROWS + 100 - ask("SELECT count(*) FROM request"));
	assert_true(recorder_dropped(rec) > 30000 - 3 * RECORDER_ROWS);
}

/* Rows go by the quota of their own app, oldest first; a quota of none keeps none. */
static void
test_prune(void **state)
{
	(void)state;
	line(app_b, "stays", 10);
	for (int i = 0; i < 5000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "%d", i);
		line(app_a, text, 10);
		if (i % 500 == 499)
			recorder_flush(rec);
	}
	recorder_flush(rec);
	assert_int_equal(ask("SELECT count(*) FROM log WHERE message<>'stays'"), 10);
	assert_int_equal(ask("SELECT min(CAST(message AS INTEGER)) FROM log"
	    " WHERE message<>'stays'"), 4990);
	assert_int_equal(ask("SELECT count(*) FROM log WHERE message='stays'"), 1);
	line(app_a, "never", 0);
	recorder_flush(rec);
	assert_int_equal(ask("SELECT count(*) FROM log WHERE message='never'"), 0);
	/* Somebody else deletes, the quota shrinks: the count is found again. */
	run("DELETE FROM log WHERE message<>'4999'");
	for (int i = 0; i < 20; i++)
		line(app_a, "later", 8);
	recorder_flush(rec);
	assert_in_range(ask("SELECT count(*) FROM log"), 1, 8);
	for (int i = 0; i < 20; i++)
		line(app_a, "later", 8);
	recorder_flush(rec);
	assert_int_equal(ask("SELECT count(*) FROM log"), 8);
}

/* A new process counts what it finds, and looks at ages at once. */
static void
test_sweep(void **state)
{
	(void)state;
	recorder_flush(rec);
	recorder_close(rec);
	run("WITH RECURSIVE i(n) AS (SELECT 0 UNION ALL SELECT n+1 FROM i WHERE n<2500)"
	    " INSERT INTO log(app, at, level, message) SELECT (SELECT min(id) FROM app),"
	    " 0, 1, 'old' FROM i");
	run("INSERT INTO log(app, at, level, message) SELECT id,"
	    " CAST(strftime('%s') AS INTEGER)*1000, 1, 'new' FROM app");
	run("INSERT INTO log(app, at, level, message) VALUES(999,"
	    " CAST(strftime('%s') AS INTEGER)*1000, 1, 'gone')");
	run("INSERT INTO request(app, at, deploy, host, method, path, status, us, cpu_us,"
	    " bytes_in, bytes_out, ip, ua, user, error, request) SELECT id, 0, 1, '', '',"
	    " 'old', 1, 1, 1, 1, 1, '', '', '', '', '' FROM app");
	run("INSERT INTO request(app, at, deploy, host, method, path, status, us, cpu_us,"
	    " bytes_in, bytes_out, ip, ua, user, error, request) VALUES(998,"
	    " CAST(strftime('%s') AS INTEGER)*1000, 1, '', '',"
	    " 'gone', 1, 1, 1, 1, 1, '', '', '', '', '')");
	rec = recorder_open(st);
	recorder_flush(rec);
	recorder_flush(rec);
	assert_int_equal(ask("SELECT count(*) FROM log WHERE message='old'"), 0);
	assert_int_equal(ask("SELECT count(*) FROM log WHERE message='gone'"), 0);
	assert_int_equal(ask("SELECT count(*) FROM log WHERE message='new'"), 2);
	assert_int_equal(ask("SELECT count(*) FROM request"), 0);
	line(app_a, "x", 1);
	recorder_flush(rec);
	assert_int_equal(ask("SELECT count(*) FROM log WHERE message='new'"), 1);
	assert_int_equal(ask("SELECT count(*) FROM log WHERE message='x'"), 1);
}

/* Files are many: a few a second are recorded, other requests more. */
static void
test_wants(void **state)
{
	int64_t second;
	int routine, other;

	(void)state;
	do {
		second = clock_mono_ms() / 1000;
		while (clock_mono_ms() / 1000 == second)
			continue;
		second++;
		routine = other = 0;
		for (int i = 0; i < 5000; i++)
			routine += recorder_wants(rec, true);
		for (int i = 0; i < 5000; i++)
			other += recorder_wants(rec, false);
	} while (clock_mono_ms() / 1000 != second);
	assert_int_equal(routine, RECORDER_ROUTINE);
	assert_int_equal(other, RECORDER_MOST - RECORDER_ROUTINE);
	assert_true(recorder_dropped(rec) >= (uint64_t)(5000 - other));
}

/* What it costs, for those who read the log of this test. */
static void
test_cost(void **state)
{
	struct record_request q = { .path = "/index.html", .host = "blog.example.com",
		.method = "GET", .ip = "192.0.2.1", .ua = "Mozilla/5.0 (X11; Linux x86_64)" };
	int64_t began = clock_mono_us(), wants, copies;

	(void)state;
	for (int i = 0; i < 100000; i++)
		(void)recorder_wants(rec, true);
	wants = clock_mono_us() - began;
	began = clock_mono_us();
	for (int i = 0; i < 4000; i++)
		recorder_request(rec, &q);
	copies = clock_mono_us() - began;
	print_message("asking %lld ns, recording %lld ns\n", (long long)wants / 100,
	    (long long)copies / 4);
}

#define THREADS 4
#define EACH 3000

static void *
many(void *arg)
{
	(void)arg;
	for (int i = 0; i < EACH; i++) {
		struct record_request q = { .app = app_b, .path = "/" };

		line(app_a, "t", 100000);
		if (recorder_wants(rec, false))
			recorder_request(rec, &q);
		if (i % 1000 == 0)
			recorder_flush(rec);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t t[THREADS];
	int64_t n;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, many, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	/* The end writes what is left. */
	recorder_close(rec);
	n = ask("SELECT (SELECT count(*) FROM log WHERE message='t') +"
	    " (SELECT coalesce(sum(CAST(message AS INTEGER)), 0) FROM log"
	    " WHERE message LIKE '%dropped%')");
	assert_int_equal(n, THREADS * EACH);
	rec = recorder_open(st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(test_line_fields),
		TEST(test_line_filters),
		TEST(test_requests),
		TEST(test_long_texts),
		TEST(test_dropped),
		TEST(test_prune),
		TEST(test_sweep),
		TEST(test_wants),
		TEST(test_cost),
		TEST(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
