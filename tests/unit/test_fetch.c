/* Calls to other servers: what is sent, what is taken, and what never ends a caller. */
#include "tests/unit/https_server.h"

#include "base/clock.h"
#include "base/fetch.h"

#define OK(call) assert_int_equal((call), FZ_OK)

static struct buf body;
static struct why why;

static int
setup_group(void **state)
{
	(void)state;
	https_start();
	return 0;
}

static int
teardown_group(void **state)
{
	(void)state;
	https_stop();
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	buf_init(&body, 1000);
	why = (struct why){ 0 };
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_fini(&body);
	return 0;
}

static struct fetch
call_of(const char *path, int64_t ms)
{
	return (struct fetch){ .url = https_url(path), .ca_file = https_ca, .buf = &body,
		.deadline = clock_mono_ms() + ms };
}

static void
test_url(void **state)
{
	static const struct {
		const char	*url;
		bool		 ok;
	} cases[] = {
		{ "https://a.example", true },
		{ "https://a.example:8443/x?y=z", true },
		{ "https://127.0.0.1/", true },
		{ "https://[::1]/", true },
		{ "HTTPS://a.example/", true },
		{ "http://a.example/", false },
		{ "ftp://a.example/", false },
		{ "file:///etc/passwd", false },
		{ "https:", false },
		{ "https://", false },
		{ "https:///x", false },
		{ "//a.example/", false },
		{ "a.example", false },
		{ "https://u@a.example/", false },
		{ "https://u:p@a.example/", false },
		{ "https://a.example/#f", false },
		{ "https://a.example/ x", false },
		{ "https://a.example/\r\nX: y", false },
		{ "https://a.example/\xc3\xa4", false },
		{ "https://a.example/\"", false },
		{ "https://a.example/\\x", false },
		{ "", false },
	};
	char *longest = xmalloc(FETCH_URL_MAX + 1);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (fetch_url_ok(cases[i].url) != cases[i].ok)
			fail_msg("%s", cases[i].url);
	memset(longest, 'a', FETCH_URL_MAX);
	memcpy(longest, "https://a/", 10);
	longest[FETCH_URL_MAX] = '\0';
	assert_false(fetch_url_ok(longest));
	longest[FETCH_URL_MAX - 1] = '\0';
	assert_true(fetch_url_ok(longest));
	free(longest);
}

static void
test_get(void **state)
{
	static const char *const headers[] = { "Accept: application/json", "X-A: b", NULL };
	struct fetch f = call_of("/get?a=b", 5000);

	(void)state;
	f.headers = headers;
	https_gives("/get", "hello");
	OK(fetch_run(&f, &why));
	assert_int_equal(f.status, 200);
	assert_string_equal(f.redirect, "");
	assert_string_equal(body.data, "hello");
	assert_non_null(strstr(https_asked("/get"), "GET /get?a=b HTTP/1.1\r\n"));
	assert_non_null(strstr(https_asked("/get"), "\r\nX-A: b\r\n"));
	assert_non_null(strstr(https_asked("/get"), "\r\nAccept: application/json\r\n"));
	assert_null(strstr(https_asked("/get"), "*/*"));
}

static void
test_post(void **state)
{
	struct fetch f = call_of("/post", 5000);

	(void)state;
	f.form = "a=b&c=%20";
	https_gives("/post", "ok");
	OK(fetch_run(&f, &why));
	assert_non_null(strstr(https_asked("/post"), "POST /post HTTP/1.1\r\n"));
	assert_non_null(strstr(https_asked("/post"),
	    "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	assert_non_null(strstr(https_asked("/post"), "\r\n\r\na=b&c=%20"));
}

/* What is no 200 has a status and nothing else; redirects are told, not followed. */
static void
test_status(void **state)
{
	struct fetch f = call_of("/other", 5000);

	(void)state;
	https_says("/other", "HTTP/1.1 400 Bad\r\nContent-Length: 6\r\n\r\nsecret");
	OK(fetch_run(&f, &why));
	assert_int_equal(f.status, 400);
	assert_int_equal(body.len, 0);
	https_says("/other", "HTTP/1.1 500 Bad\r\nContent-Length: 1000000\r\n\r\nx");
	OK(fetch_run(&f, &why));
	assert_int_equal(f.status, 500);
	https_forget("/there");
	https_says("/other", "HTTP/1.1 302 Found\r\nLocation: /there?x=1\r\n"
	    "Content-Length: 0\r\n\r\n");
	OK(fetch_run(&f, &why));
	assert_int_equal(f.status, 302);
	assert_string_equal(f.redirect, https_url("/there?x=1"));
	assert_string_equal(https_asked("/there"), "");
	https_gives("/other", "");
	OK(fetch_run(&f, &why));
	assert_int_equal(f.status, 200);
	assert_string_equal(f.redirect, "");
}

static void
test_spool(void **state)
{
	struct spool *s = spool_new("/tmp", 5);
	struct fetch f = call_of("/spool", 5000);

	(void)state;
	f.spool = s;
	https_says("/spool", "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno");
	OK(fetch_run(&f, &why));
	assert_int_equal(spool_size(s), 0);
	https_gives("/spool", "12345");
	OK(fetch_run(&f, &why));
	assert_string_equal(spool_data(s), "12345");
	assert_int_equal(fetch_run(&f, &why), FZ_PAYLOAD_TOO_LARGE);
	spool_free(s);
}

/* A peer that never ends costs the maximum or the deadline, whichever comes first. */
static void
test_bounds(void **state)
{
	static const struct {
		const char	*path;
		const char	*answer;
		enum fz_err	 err;
	} cases[] = {
		{ "/hang", "HANG", FZ_TIMEOUT },
		{ "/slow", "SLOW", FZ_TIMEOUT },
		{ "/flood", "FLOOD", FZ_PAYLOAD_TOO_LARGE },
		{ "/heads", "HEADS", FZ_PAYLOAD_TOO_LARGE },
		{ "/junk", "this is no HTTP\r\n\r\n", FZ_SERVICE_UNAVAILABLE },
		{ "/empty", "", FZ_SERVICE_UNAVAILABLE },
		{ "/short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
		    FZ_SERVICE_UNAVAILABLE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fetch f = call_of(cases[i].path, 700);
		int64_t began = clock_mono_ms();
		enum fz_err err;

		https_says(cases[i].path, cases[i].answer);
		err = fetch_run(&f, &why);
		if (err != cases[i].err)
			fail_msg("%s: %s (%s)", cases[i].path, err_code(err), why.text);
		assert_true(clock_mono_ms() - began < 3000);
		buf_reset(&body);
		body.failed = false;
	}
}

/* Nobody is trusted but whom the file names, by the name that was asked for. */
static void
test_trust(void **state)
{
	struct fetch f = call_of("/get", 5000);
	char other[128];

	(void)state;
	https_gives("/get", "x");
	f.ca_file = NULL;
	assert_int_equal(fetch_run(&f, &why), FZ_SERVICE_UNAVAILABLE);
	f.ca_file = "/nonexistent";
	assert_int_equal(fetch_run(&f, &why), FZ_SERVICE_UNAVAILABLE);
	f.ca_file = https_ca;
	(void)snprintf(other, sizeof(other), "https://127.0.0.2:%d/get", https_port);
	f.url = other;
	assert_int_equal(fetch_run(&f, &why), FZ_SERVICE_UNAVAILABLE);
	assert_int_equal(body.len, 0);
}

static void
test_refused(void **state)
{
	struct fetch f = call_of("/get", 5000);

	(void)state;
	https_forget("/get");
	f.deadline = clock_mono_ms();
	assert_int_equal(fetch_run(&f, &why), FZ_TIMEOUT);
	f = call_of("/get", 5000);
	f.url = "http://localhost/get";
	assert_int_equal(fetch_run(&f, &why), FZ_SERVICE_UNAVAILABLE);
	assert_int_equal(fetch_run(&f, NULL), FZ_SERVICE_UNAVAILABLE);
	assert_string_equal(https_asked("/get"), "");
}

/* Variables of the environment send nobody elsewhere. */
static void
test_proxy(void **state)
{
	struct fetch f = call_of("/get", 5000);

	(void)state;
	https_gives("/get", "x");
	(void)setenv("https_proxy", "http://127.0.0.1:1", 1);
	(void)setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	OK(fetch_run(&f, &why));
	(void)unsetenv("https_proxy");
	(void)unsetenv("ALL_PROXY");
	assert_string_equal(body.data, "x");
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_url), TEST(test_get), TEST(test_post), TEST(test_status),
		TEST(test_spool), TEST(test_bounds), TEST(test_trust), TEST(test_refused),
		TEST(test_proxy),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
