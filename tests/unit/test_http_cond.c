/* Conditions, ranges, encodings: tables of header and meaning, every malformed form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/http_cond.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_etag(void **state)
{
	static const struct {
		const char	*list;
		bool		 match;
	} t[] = {
		{ "\"a\"", true }, { "W/\"a\"", true }, { "*", true }, { " * ", true },
		{ "\"b\", \"a\"", true }, { "\"b\",\"a\"", true },
		{ "\"b\"W/\"a\"", true },
		{ "  \"b\" ,, W/\"a\" ", true }, { "\"x,y\", \"a\"", true },
		{ "\"\", \"a\"", true },
		{ "", false }, { "a", false }, { "\"a", false }, { "a\"", false },
		{ "\"aa\"", false }, { "\"A\"", false }, { "w/\"a\"", false },
		{ "W/ \"a\"", false }, { "*, \"a\"", false }, { "\"b\", *", false },
		{ "b, \"a\"", false }, { ",", false }, { "W/", false }, { "\"", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (http_cond_etag(t[i].list, "\"a\"") != t[i].match)
			fail_msg("If-None-Match: %s", t[i].list);
}

static void
test_if_range(void **state)
{
	static const int64_t ms = 784111777123;
	static const struct {
		const char	*value;
		bool		 same;
	} t[] = {
		{ NULL, true }, { "\"a\"", true }, { " \"a\"", true },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", true },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", true },
		{ "W/\"a\"", false }, { "\"b\"", false }, { "\"a", false },
		{ "\"a\", \"b\"", false }, { "*", false }, { "", false },
		{ "Sun, 06 Nov 1994 08:49:38 GMT", false },
		{ "Sun, 06 Nov 1994 08:49:36 GMT", false }, { "yesterday", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (http_cond_if_range(t[i].value, "\"a\"", ms) != t[i].same)
			fail_msg("If-Range: %s", t[i].value);
}

static void
test_range(void **state)
{
	enum { W = HTTP_COND_WHOLE, P = HTTP_COND_PART, U = HTTP_COND_UNSATISFIABLE };
	static const struct {
		const char	*value;
		uint64_t	 size;
		int		 want;
		uint64_t	 from, len;
	} t[] = {
		{ NULL, 10, W, 0, 0 },
		{ "bytes=0-", 10, P, 0, 10 }, { "bytes=0-0", 10, P, 0, 1 },
		{ "bytes=3-5", 10, P, 3, 3 }, { "bytes=9-", 10, P, 9, 1 },
		{ "bytes=9-9", 10, P, 9, 1 }, { "bytes=5-100", 10, P, 5, 5 },
		{ "bytes=-3", 10, P, 7, 3 }, { "bytes=-10", 10, P, 0, 10 },
		{ "bytes=-11", 10, P, 0, 10 }, { "Bytes=1-2", 10, P, 1, 2 },
		{ "bytes= 1-2 ", 10, P, 1, 2 }, { "bytes=000001-2", 10, P, 1, 2 },
		{ "bytes=1-99999999999999999999999999", 10, P, 1, 9 },
		{ "bytes=1-18446744073709551615", 10, P, 1, 9 },
		{ "bytes=18446744073709551615-99999999999999999999", 10, U, 0, 0 },
		{ "bytes=-99999999999999999999999999", 10, P, 0, 10 },
		{ "bytes=10-", 10, U, 0, 0 }, { "bytes=10-20", 10, U, 0, 0 },
		{ "bytes=99999999999999999999999999-", 10, U, 0, 0 },
		{ "bytes=-0", 10, U, 0, 0 }, { "bytes=0-", 0, U, 0, 0 },
		{ "bytes=-1", 0, U, 0, 0 },
		{ "", 10, W, 0, 0 }, { "bytes", 10, W, 0, 0 }, { "bytes=", 10, W, 0, 0 },
		{ "bytes=-", 10, W, 0, 0 }, { "bytes=--1", 10, W, 0, 0 },
		{ "bytes=5-3", 10, W, 0, 0 }, { "bytes=a-b", 10, W, 0, 0 },
		{ "bytes=1", 10, W, 0, 0 }, { "bytes=1-2x", 10, W, 0, 0 },
		{ "bytes=1 -2", 10, W, 0, 0 }, { "bytes=1-2-3", 10, W, 0, 0 },
		{ "bytes=+1-2", 10, W, 0, 0 }, { "bytes=0x1-2", 10, W, 0, 0 },
		{ "lines=1-2", 10, W, 0, 0 }, { "bytes 1-2", 10, W, 0, 0 },
		{ "bytes=0-1,3-4", 10, W, 0, 0 }, { "bytes=0-1,", 10, W, 0, 0 },
		{ "bytes=-1,", 10, W, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		uint64_t from = 0, len = 0;
		int got = (int)http_cond_range(t[i].value, t[i].size, &from, &len);

		if (got != t[i].want || from != t[i].from || len != t[i].len)
			fail_msg("Range: %s of %llu gave %d %llu+%llu", t[i].value,
			    (unsigned long long)t[i].size, got, (unsigned long long)from,
			    (unsigned long long)len);
	}
}

static void
test_encoding(void **state)
{
	enum { P = HTTP_COND_PLAIN, G = HTTP_COND_GZIP, B = HTTP_COND_BROTLI };
	static const struct {
		const char	*accept;
		int		 both, gzip_only;
	} t[] = {
		{ NULL, P, P }, { "", P, P }, { "gzip", G, G }, { "br", B, P },
		{ "gzip, deflate, br", B, G }, { "gzip, deflate, br, zstd", B, G },
		{ "GZIP", G, G }, { "x-gzip", G, G }, { "Br", B, P },
		{ "br;q=0.5, gzip;q=0.8", G, G }, { "br;q=0.5, gzip;q=0.5", B, G },
		{ "br;q=0, gzip", G, G }, { "gzip;q=0", P, P }, { "br;q=0", P, P },
		{ "*", B, G }, { "*;q=0", P, P }, { "*;q=0.1, gzip;q=0.2", G, G },
		{ "br;q=0, *", G, G }, { "gzip;q=0, *", B, P },
		{ "identity", P, P }, { "identity, gzip;q=0.5", P, P },
		{ "identity, br;q=0.5", P, P },
		{ "identity;q=0.5, gzip", G, G }, { "identity;q=0, gzip;q=0.001", G, G },
		{ "gzip ; q=1.000", G, G }, { "gzip;Q=1", G, G },
		{ "gzip; q=0.000", P, P },
		{ " gzip\t, br ;q=0.2", G, G }, { ",,gzip,,", G, G },
		{ "gzip;q=2", P, P }, { "gzip;q=-1", P, P }, { "gzip;q=", P, P },
		{ "gzip;q=0.1234", P, P }, { "gzip;q=1.5", P, P }, { "gzip;q", P, P },
		{ "gzip;x=1", P, P }, { "gzipp", P, P }, { "deflate", P, P },
		{ "gzip br", P, P }, { ";q=1", P, P }, { "gzip;q=0.5;q=1", P, P },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		int both = (int)http_cond_encoding(t[i].accept, true, true);
		int gzip = (int)http_cond_encoding(t[i].accept, true, false);

		if (both != t[i].both || gzip != t[i].gzip_only)
			fail_msg("Accept-Encoding: %s gave %d %d", t[i].accept, both,
			    gzip);
		assert_int_equal(http_cond_encoding(t[i].accept, false, false), P);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_etag),
		cmocka_unit_test(test_if_range),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
