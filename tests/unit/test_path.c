/* Path and host rule: tables of input and answer, every refused form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "base/path.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_normalise(void **state)
{
	static const struct {
		const char	*uri;
		const char	*path;
		const char	*query;
	} t[] = {
		{ "/", "/", "" },
		{ "/a", "/a", "" },
		{ "/a/", "/a/", "" },
		{ "/a?b=1", "/a", "b=1" },
		{ "/a?", "/a", "" },
		{ "/a?b?c", "/a", "b?c" },
		{ "/a?..//%zz\\", "/a", "..//%zz\\" },
		{ "//", "/", "" },
		{ "//a///b//", "/a/b/", "" },
		{ "/%61%2Fb", "/a/b", "" },
		{ "/%2e%2E", NULL, NULL },
		{ "/a/%2e%2e/b", "/b", "" },
		{ "/a/%2e/b", "/a/b", "" },
		{ "/%2561", "/%61", "" },
		{ "/%252e%252e/", "/%2e%2e/", "" },
		{ "/a%3Fb?c", "/a?b", "c" },
		{ "/a%23b", "/a#b", "" },
		{ "/a+b%20c", "/a+b c", "" },
		{ "/.", "/", "" },
		{ "/./", "/", "" },
		{ "/a/.", "/a/", "" },
		{ "/a/./b", "/a/b", "" },
		{ "/a/..", "/", "" },
		{ "/a/../", "/", "" },
		{ "/a/b/..", "/a/", "" },
		{ "/a/b/../c", "/a/c", "" },
		{ "/a//../b", "/b", "" },
		{ "/a/b/../../c", "/c", "" },
		{ "/a%2f..%2fprivate", "/private", "" },
		{ "/...", "/...", "" },
		{ "/.a/..b/c.", "/.a/..b/c.", "" },
		{ "/x/../private/k", "/private/k", "" },
		{ "//private///k", "/private/k", "" },
		{ "/\xc3\xa4", "/\xc3\xa4", "" },
		{ "/%c3%a4", "/\xc3\xa4", "" },
		{ "http://h/a?b", "/a", "b" },
		{ "HTTPS://h:1/a", "/a", "" },
		{ "http://h", "/", "" },
		{ "http://h?q", "/", "q" },
		{ "http://u@h/../a", NULL, NULL },
		/* refused */
		{ "", NULL, NULL },
		{ "*", NULL, NULL },
		{ "a", NULL, NULL },
		{ "?a", NULL, NULL },
		{ "h:80", NULL, NULL },
		{ "http:/a", NULL, NULL },
		{ "http:///a", NULL, NULL },
		{ "http://", NULL, NULL },
		{ "http://?a", NULL, NULL },
		{ "http://h\\x/a", NULL, NULL },
		{ "http://h x/a", NULL, NULL },
		{ "http://h\nx/a", NULL, NULL },
		{ "ftp://h/a", NULL, NULL },
		{ "/..", NULL, NULL },
		{ "/../", NULL, NULL },
		{ "/./..", NULL, NULL },
		{ "/a/../..", NULL, NULL },
		{ "//..//", NULL, NULL },
		{ "/a%2f%2e%2e%2f..", NULL, NULL },
		{ "/%", NULL, NULL },
		{ "/%4", NULL, NULL },
		{ "/%4g", NULL, NULL },
		{ "/%g4", NULL, NULL },
		{ "/% 4", NULL, NULL },
		{ "/%u0041", NULL, NULL },
		{ "/%00", NULL, NULL },
		{ "/a%00.html", NULL, NULL },
		{ "/a\nb", NULL, NULL },
		{ "/a%0ab", NULL, NULL },
		{ "/a%1fb", NULL, NULL },
		{ "/a%7fb", NULL, NULL },
		{ "/a\x7f", NULL, NULL },
		{ "/a\\b", NULL, NULL },
		{ "/a%5Cb", NULL, NULL },
		{ "/..%5c", NULL, NULL },
		{ "/%ff", NULL, NULL },
		{ "/%c0%af", NULL, NULL },
		{ "/\xc0\xae\xc0\xae/", NULL, NULL },
		{ "/%ed%a0%80", NULL, NULL },
		{ "/%c3", NULL, NULL },
		{ "/a?b\nc", NULL, NULL },
		{ "/a?b\x7f", NULL, NULL },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		const char *path = NULL, *query = NULL;
		enum fz_err err = path_normalise(a, t[i].uri, &path, &query);

		if (t[i].path == NULL) {
			if (err != FZ_BAD_REQUEST)
				fail_msg("accepted: %s", t[i].uri);
			assert_null(path);
			assert_null(query);
			continue;
		}
		if (err != FZ_OK)
			fail_msg("refused: %s", t[i].uri);
		assert_string_equal(path, t[i].path);
		assert_string_equal(query, t[i].query);
	}
	arena_free(a);
}

/* "/" + n times text + end */
static char *
repeat(struct arena *a, const char *text, size_t n, const char *end)
{
	size_t len = strlen(text);
	char *s = arena_alloc(a, 1 + n * len + strlen(end) + 1);

	s[0] = '/';
	for (size_t i = 0; i < n; i++)
		memcpy(s + 1 + i * len, text, len);
	strcpy(s + 1 + n * len, end);
	return s;
}

static void
test_limits(void **state)
{
	struct arena *a = arena_new();
	const char *path, *query;

	(void)state;
	assert_int_equal(path_normalise(a, repeat(a, "a", LIMIT_PATH - 1, ""), &path, &query),
	    FZ_OK);
	assert_int_equal(strlen(path), LIMIT_PATH);
	assert_int_equal(path_normalise(a, repeat(a, "a", LIMIT_PATH, ""), &path, &query),
	    FZ_URI_TOO_LONG);
	/* The result counts, not its spelling. */
	assert_int_equal(path_normalise(a, repeat(a, "%61", LIMIT_PATH - 1, ""), &path, &query),
	    FZ_OK);
	assert_int_equal(strlen(path), LIMIT_PATH);
	assert_int_equal(path_normalise(a, repeat(a, "/./", LIMIT_PATH, ""), &path, &query),
	    FZ_OK);
	assert_string_equal(path, "/");
	assert_int_equal(path_normalise(a, repeat(a, "a", LIMIT_PATH, "/%"), &path, &query),
	    FZ_BAD_REQUEST);
	assert_int_equal(path_normalise(a, repeat(a, "?", LIMIT_QUERY + 1, ""), &path, &query),
	    FZ_OK);
	assert_int_equal(strlen(query), LIMIT_QUERY);
	assert_int_equal(path_normalise(a, repeat(a, "?", LIMIT_QUERY + 2, ""), &path, &query),
	    FZ_URI_TOO_LONG);
	arena_free(a);
}

static void
test_unescape(void **state)
{
	static const struct {
		const char	*in;
		bool		 plus;
		const char	*out;
	} t[] = {
		{ "", true, "" },
		{ "a+b", true, "a b" },
		{ "a+b", false, "a+b" },
		{ "%2b+", true, "+ " },
		{ "%41%4a%4A", false, "AJJ" },
		{ "%ff", false, "\xff" },
		{ "%", false, NULL },
		{ "%a", false, NULL },
		{ "a%zz", false, NULL },
		{ "%00", false, NULL },
	};
	char out[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		bool ok = path_unescape(out, t[i].in, strlen(t[i].in), t[i].plus, &n);

		assert_int_equal(ok, t[i].out != NULL);
		if (!ok)
			continue;
		assert_int_equal(n, strlen(t[i].out));
		assert_memory_equal(out, t[i].out, n);
	}
	assert_false(path_unescape(out, "a\0b", 3, false, &n));
	/* An escape may not reach past the end. */
	assert_false(path_unescape(out, "%41", 2, false, &n));
}

static void
test_escape(void **state)
{
	static const struct {
		const char	*in;
		const char	*out;
	} t[] = {
		{ "/", "/" },
		{ "/a b?c#d%e", "/a%20b%3Fc%23d%25e" },
		{ "/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@" },
		{ "/\xc3\xa4\"<>\\^`{|}[]\n", "/%C3%A4%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D%0A" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_string_equal(path_escape(a, t[i].in), t[i].out);
	arena_free(a);
}

static void
test_file(void **state)
{
	static const char *const good[] = { "a", "index.html", "a/b/c.txt", ".well-known/x",
		"a b", "...", "\xc3\xa4/\xe2\x82\xac", "a/..b/c..", "%2e%2e" };
	static const char *const refused[] = { "", "/", "/a", "a/", "a//b", ".", "..", "./a",
		"a/.", "a/./b", "../a", "a/../b", "a/..", "a\\b", "a\nb", "a\x7f", "\xff",
		"a/\xc0\xaf", "\x01" };
	struct arena *a = arena_new();
	char *s = repeat(a, "a", LIMIT_FILE_PATH, "");
	const char *reason;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		reason = NULL;
		assert_string_equal(path_file(a, good[i], &reason), good[i]);
		assert_null(reason);
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		reason = NULL;
		if (path_file(a, refused[i], &reason) != NULL)
			fail_msg("accepted: %s", refused[i]);
		assert_non_null(reason);
	}
	assert_non_null(path_file(a, s + 1, &reason));
	s[0] = 'a';
	assert_null(path_file(a, s, &reason));
	arena_free(a);
}

static void
test_host(void **state)
{
	static const struct {
		const char	*in;
		const char	*out;
	} t[] = {
		{ "example.com", "example.com" },
		{ "EXAMPLE.com", "example.com" },
		{ "a.example.com:8080", "a.example.com" },
		{ "admin.x.", "admin.x" },
		{ "admin.x.:80", "admin.x" },
		{ "admin.x..", "admin.x." },
		{ "x:", "x" },
		{ "127.0.0.1:80", "127.0.0.1" },
		{ "d12--blog.x", "d12--blog.x" },
		{ "", NULL },
		{ ".", NULL },
		{ ":80", NULL },
		{ "x:80:80", NULL },
		{ "x:a", NULL },
		{ "x: 80", NULL },
		{ "x:80.", NULL },
		{ "a@admin.x", NULL },
		{ "a.b,admin.x", NULL },
		{ "a b", NULL },
		{ " a", NULL },
		{ "a_b", NULL },
		{ "a/b", NULL },
		{ "a\tb", NULL },
		{ "[::1]", NULL },
		{ "[::1]:80", NULL },
		{ "\xc3\xa4.x", NULL },
		{ "x%2e", NULL },
	};
	char out[254], host[300];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		strcpy(out, "?");
		if (path_host(t[i].in, out) != (t[i].out != NULL))
			fail_msg("wrong: \"%s\"", t[i].in);
		assert_string_equal(out, t[i].out != NULL ? t[i].out : "?");
	}
	memset(host, 'a', sizeof(host));
	host[253] = '\0';
	assert_true(path_host(host, out));
	assert_int_equal(strlen(out), 253);
	strcpy(host + 253, ".:1");
	assert_true(path_host(host, out));
	strcpy(host + 253, "a");
	assert_false(path_host(host, out));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_normalise),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_unescape),
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
