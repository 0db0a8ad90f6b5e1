/*
 * Variables to request: tables of what front servers send and what clients try.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "fcgi/cgi_vars.h"

static struct arena *arena;
static struct request rq;

static const char *const proxies[] = { "10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1",
	NULL };

/* "NAME=value" texts, NULL-ended. */
static enum fz_err
read_vars(const char *const *texts, const struct cgi_trust *trust)
{
	struct cgi_var vars[LIMIT_PARAMS];
	size_t n = 0;

	arena_reset(arena);
	memset(&rq, 0, sizeof(rq));
	rq.arena = arena;
	cgi_vars_defaults(&rq);
	for (; *texts != NULL; texts++) {
		const char *eq = strchr(*texts, '=');

		vars[n].name = *texts;
		vars[n].name_len = (size_t)(eq - *texts);
		vars[n++].value = eq + 1;
	}
	return cgi_vars_request(&rq, vars, n, trust);
}

/* A good request with up to two more variables in front. */
static enum fz_err
read_with(const char *a, const char *b, const struct cgi_trust *trust)
{
	const char *texts[8];
	int n = 0;

	if (a != NULL)
		texts[n++] = a;
	if (b != NULL)
		texts[n++] = b;
	texts[n++] = "REQUEST_METHOD=GET";
	texts[n++] = "REQUEST_URI=/x/../p%20q?a=%20b";
	texts[n++] = "REMOTE_ADDR=198.51.100.9";
	texts[n] = NULL;
	return read_vars(texts, trust);
}

static void
plain(void **state)
{
	static const char *const texts[] = { "REQUEST_METHOD=PATCH",
		"REQUEST_URI=/a//b/./c?x=1&y", "HTTP_HOST=Blog.Example.COM.:8443",
		"REMOTE_ADDR=192.0.2.77", "HTTPS=on", "CONTENT_TYPE=application/json",
		"CONTENT_LENGTH=42", "HTTP_X_FAZT=1", "HTTP_COOKIE=a=1", "PATH_INFO=/evil",
		"SCRIPT_NAME=/evil", "HTTP_X_REQUEST_ID=abcdefgh-1.2_3", NULL };

	(void)state;
	assert_int_equal(read_vars(texts, NULL), FZ_OK);
	assert_int_equal(rq.method, METHOD_PATCH);
	assert_string_equal(rq.path, "/a/b/c");
	assert_string_equal(rq.query, "x=1&y");
	assert_string_equal(rq.host, "blog.example.com");
	assert_string_equal(rq.ip, "192.0.2.77");
	assert_true(rq.secure);
	assert_false(rq.internal);
	assert_string_equal(rq.content_type, "application/json");
	assert_int_equal(rq.content_length, 42);
	assert_string_equal(request_header(&rq, "x-fazt"), "1");
	assert_string_equal(request_header(&rq, "content-type"), "application/json");
	assert_string_equal(rq.id, "abcdefgh-1.2_3");
}

static void
lengths(void **state)
{
	static const struct {
		const char	*text;
		enum fz_err	 err;
		int64_t		 n;
	} rows[] = {
		{ NULL, FZ_OK, -1 },
		{ "CONTENT_LENGTH=", FZ_OK, -1 },
		{ "CONTENT_LENGTH=-1", FZ_OK, -1 },
		{ "CONTENT_LENGTH=0", FZ_OK, 0 },
		{ "CONTENT_LENGTH=9223372036854775807", FZ_OK, INT64_MAX },
		{ "CONTENT_LENGTH=9223372036854775808", FZ_BAD_REQUEST, 0 },
		{ "CONTENT_LENGTH=18446744073709551616", FZ_BAD_REQUEST, 0 },
		{ "CONTENT_LENGTH=99999999999999999999", FZ_BAD_REQUEST, 0 },
		{ "CONTENT_LENGTH=-2", FZ_BAD_REQUEST, 0 },
		{ "CONTENT_LENGTH=+1", FZ_BAD_REQUEST, 0 },
		{ "CONTENT_LENGTH= 1", FZ_BAD_REQUEST, 0 },
		{ "CONTENT_LENGTH=1 ", FZ_BAD_REQUEST, 0 },
		{ "CONTENT_LENGTH=1,1", FZ_BAD_REQUEST, 0 },
		{ "CONTENT_LENGTH=0x10", FZ_BAD_REQUEST, 0 },
		{ "CONTENT_LENGTH=1e3", FZ_BAD_REQUEST, 0 },
		/* The client's own word does not count. */
		{ "HTTP_CONTENT_LENGTH=7", FZ_OK, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum fz_err err = read_with(rows[i].text, NULL, NULL);

		if (err != rows[i].err || (err == FZ_OK && rq.content_length != rows[i].n))
			fail_msg("%s: %d %lld", rows[i].text, err,
			    (long long)rq.content_length);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char	*method;
		const char	*uri;
		enum fz_err	 err;
	} rows[] = {
		{ "REQUEST_METHOD=", "REQUEST_URI=/", FZ_BAD_REQUEST },
		{ "X=", "REQUEST_URI=/", FZ_BAD_REQUEST },
		{ "REQUEST_METHOD=G\tT\x01", "REQUEST_URI=/", FZ_BAD_REQUEST },
		{ "REQUEST_METHOD=GET", "REQUEST_URI=", FZ_BAD_REQUEST },
		{ "REQUEST_METHOD=GET", "X=", FZ_BAD_REQUEST },
		{ "REQUEST_METHOD=GET", "REQUEST_URI=x", FZ_BAD_REQUEST },
		{ "REQUEST_METHOD=GET", "REQUEST_URI=*", FZ_BAD_REQUEST },
		{ "REQUEST_METHOD=GET", "REQUEST_URI=/%00", FZ_BAD_REQUEST },
		{ "REQUEST_METHOD=GET", "REQUEST_URI=/../a", FZ_BAD_REQUEST },
		{ "REQUEST_METHOD=GET", "REQUEST_URI=/%2e%2e/a", FZ_BAD_REQUEST },
		{ "REQUEST_METHOD=BREW", "REQUEST_URI=/", FZ_OK },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const texts[] = { rows[i].method, rows[i].uri,
			"REMOTE_ADDR=192.0.2.3", "HTTP_X_REQUEST_ID=12345678", NULL };

		if (read_vars(texts, NULL) != rows[i].err)
			fail_msg("row %zu", i);
		/* Good for an answer and a log line all the same. */
		assert_string_equal(rq.id, "12345678");
		assert_string_equal(rq.ip, "192.0.2.3");
		assert_non_null(rq.path);
		assert_non_null(rq.method_name);
	}
	assert_int_equal(rq.method, METHOD_OTHER);
}

static void
duplicates(void **state)
{
	static const char *const texts[] = { "REQUEST_METHOD=GET", "REQUEST_METHOD=POST",
		"REQUEST_URI=/first", "REQUEST_URI=/second", "REMOTE_ADDR=192.0.2.1",
		"REMOTE_ADDR=192.0.2.2", "HTTP_X_DUP=1", "HTTP_X_DUP=2", "HTTP_X_DUP=3",
		"HTTP_COOKIE=a=1", "HTTP_COOKIE=b=2", "HTTP_HOST=a.example",
		"HTTP_HOST=b.example", NULL };

	(void)state;
	assert_int_equal(read_vars(texts, NULL), FZ_OK);
	assert_int_equal(rq.method, METHOD_GET);
	assert_string_equal(rq.path, "/first");
	assert_string_equal(rq.ip, "192.0.2.1");
	assert_string_equal(request_header(&rq, "x-dup"), "1, 2, 3");
	assert_string_equal(request_header(&rq, "cookie"), "a=1; b=2");
	/* Two hosts are none. */
	assert_string_equal(rq.host, "");
}

static void
header_names(void **state)
{
	(void)state;
	assert_int_equal(read_with("HTTP_PROXY=http://evil", "HTTP_REMOTE_USER=root", NULL),
	    FZ_OK);
	assert_int_equal(rq.headers.n, 0);
	assert_int_equal(read_with("HTTP_CONTENT_TYPE=a/b", "HTTP_TRANSFER_ENCODING=chunked",
	    NULL), FZ_OK);
	assert_int_equal(rq.headers.n, 0);
	assert_string_equal(rq.content_type, "");
	assert_int_equal(read_with("HTTP_=x", "HTTP_A B=x", NULL), FZ_OK);
	assert_int_equal(rq.headers.n, 0);
	assert_int_equal(read_with("HTTP_FAZT_INTERNAL=1", "HTTP_HTTPS=on", NULL), FZ_OK);
	assert_false(rq.internal);
	assert_false(rq.secure);
	assert_int_equal(read_with("FAZT_INTERNAL=1", "REQUEST_SCHEME=https", NULL), FZ_OK);
	assert_true(rq.internal);
	assert_true(rq.secure);
	assert_int_equal(read_with("FAZT_INTERNAL=yes", "HTTPS=off", NULL), FZ_OK);
	assert_false(rq.internal);
	assert_false(rq.secure);
	assert_int_equal(read_with("HTTP_X_A=b\rc", NULL, NULL), FZ_BAD_REQUEST);
	assert_int_equal(read_with("CONTENT_TYPE=b\nc", NULL, NULL), FZ_BAD_REQUEST);
	assert_int_equal(read_with("HTTP_X_A=tab\tis fine", NULL, NULL), FZ_OK);
}

static void
header_sizes(void **state)
{
	char *text = xcalloc(1, LIMIT_HEADER + 100);

	(void)state;
	memcpy(text, "HTTP_X_A=", 9);
	memset(text + 9, 'v', LIMIT_HEADER);
	assert_int_equal(read_with(text, NULL, NULL), FZ_OK);
	text[9 + LIMIT_HEADER] = 'v';
	assert_int_equal(read_with(text, NULL, NULL), FZ_HEADERS_TOO_LARGE);
	free(text);
}

static void
clients(void **state)
{
	static const struct {
		const char	*remote;
		const char	*chain;
		const char	*ip;
	} rows[] = {
		/* Not a trusted proxy: the chain is the client's story. */
		{ "198.51.100.9", "1.2.3.4", "198.51.100.9" },
		{ "11.0.0.1", "1.2.3.4", "11.0.0.1" },
		{ "192.0.2.2", "1.2.3.4", "192.0.2.2" },
		{ "2001:db9::1", "1.2.3.4", "2001:db9::1" },
		/* Trusted ones: the rightmost that is not. */
		{ "10.1.2.3", "1.2.3.4", "1.2.3.4" },
		{ "192.0.2.1", "6.6.6.6, 1.2.3.4", "1.2.3.4" },
		{ "192.0.2.1", "6.6.6.6, 1.2.3.4, 10.9.9.9", "1.2.3.4" },
		{ "::1", "6.6.6.6,2a00::7 ,2001:db8::5", "2a00::7" },
		{ "::ffff:10.1.2.3", "1.2.3.4", "1.2.3.4" },
		{ "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3" },
		/* What is no address ends the chain. */
		{ "10.0.0.1", "1.2.3.4, unknown", "10.0.0.1" },
		{ "10.0.0.1", "1.2.3.4, x, 10.0.0.2", "10.0.0.2" },
		{ "10.0.0.1", "", "10.0.0.1" },
		{ "10.0.0.1", ",", "10.0.0.1" },
		{ "10.0.0.1", "1.2.3.4:80", "10.0.0.1" },
		/* One spelling for one client. */
		{ "2001:DB9:0:0::1", "", "2001:db9::1" },
		{ "::ffff:9.9.9.9", "", "9.9.9.9" },
		{ "unix:", "1.2.3.4", "0.0.0.0" },
		{ "", "1.2.3.4", "0.0.0.0" },
	};
	struct cgi_trust *trust = NULL;

	(void)state;
	assert_int_equal(cgi_trust_new(proxies, &trust, NULL), FZ_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char remote[64], chain[128];

		snprintf(remote, sizeof(remote), "REMOTE_ADDR=%s", rows[i].remote);
		snprintf(chain, sizeof(chain), "HTTP_X_FORWARDED_FOR=%s", rows[i].chain);
		assert_int_equal(read_with(remote, chain, trust), FZ_OK);
		if (strcmp(rq.ip, rows[i].ip) != 0)
			fail_msg("row %zu: %s, want %s", i, rq.ip, rows[i].ip);
	}
	/* The scheme too. */
	assert_int_equal(read_with("REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_PROTO=http, https",
	    trust), FZ_OK);
	assert_true(rq.secure);
	assert_int_equal(read_with("REMOTE_ADDR=11.0.0.1", "HTTP_X_FORWARDED_PROTO=https",
	    trust), FZ_OK);
	assert_false(rq.secure);
	cgi_trust_free(trust);
}

static void
bad_networks(void **state)
{
	static const char *const bad[] = { "", "/8", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.0/-1", "10.0.0/8", "::/129", "example.com", "10.0.0.0/8 ", "1.2.3.4/x",
		"11111111111111111111111111111111111111111111111111/8" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *const list[] = { "10.0.0.0/8", bad[i], NULL };
		struct cgi_trust *trust = NULL;
		struct why why = { { 0 } };

		if (cgi_trust_new(list, &trust, &why) != FZ_VALIDATION_FAILED)
			fail_msg("%s was taken", bad[i]);
		assert_null(trust);
		assert_true(why.text[0] != '\0');
	}
}

static void
request_ids(void **state)
{
	static const char *const bad[] = { "HTTP_X_REQUEST_ID=1234567",
		"HTTP_X_REQUEST_ID=12345678901234567890123456789012345678901234567890123456789012345",
		"HTTP_X_REQUEST_ID=abcdefgh\"x", "HTTP_X_REQUEST_ID=abcd efgh",
		"HTTP_X_REQUEST_ID=" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_with(bad[i], NULL, NULL), FZ_OK);
		assert_int_equal(strlen(rq.id), 16);
		assert_int_equal(strspn(rq.id, "0123456789abcdef"), 16);
	}
}

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),
		cmocka_unit_test(lengths),
		cmocka_unit_test(refused),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(header_names),
		cmocka_unit_test(header_sizes),
		cmocka_unit_test(clients),
		cmocka_unit_test(bad_networks),
		cmocka_unit_test(request_ids),
	};

	return cmocka_run_group_tests_name("cgi_vars", tests, setup, teardown);
}
