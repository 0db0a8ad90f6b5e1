/* Text helpers: tables of input and answer, every malformed form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_utf8(void **state)
{
	static const struct {
		const char	*s;
		size_t		 n;
		bool		 ok;
	} t[] = {
		{ "", 0, true },
		{ "a\0b\x7f", 4, true },
		{ "\xc2\x80", 2, true },
		{ "\xdf\xbf", 2, true },
		{ "\xe0\xa0\x80", 3, true },
		{ "\xed\x9f\xbf", 3, true },
		{ "\xee\x80\x80", 3, true },
		{ "\xef\xbf\xbf", 3, true },
		{ "\xf0\x90\x80\x80", 4, true },
		{ "\xf4\x8f\xbf\xbf", 4, true },
		/* overlong */
		{ "\xc0\x80", 2, false },
		{ "\xc1\xbf", 2, false },
		{ "\xe0\x80\x80", 3, false },
		{ "\xe0\x9f\xbf", 3, false },
		{ "\xf0\x80\x80\x80", 4, false },
		{ "\xf0\x8f\xbf\xbf", 4, false },
		/* surrogates, past U+10FFFF, five and six bytes */
		{ "\xed\xa0\x80", 3, false },
		{ "\xed\xbf\xbf", 3, false },
		{ "\xf4\x90\x80\x80", 4, false },
		{ "\xf5\x80\x80\x80", 4, false },
		{ "\xf8\x88\x80\x80\x80", 5, false },
		{ "\xfc\x84\x80\x80\x80\x80", 6, false },
		{ "\xfe", 1, false },
		{ "\xff", 1, false },
		/* continuation alone, cut short, wrong continuation */
		{ "\x80", 1, false },
		{ "a\xbf", 2, false },
		{ "\xc3", 1, false },
		{ "\xe2\x82", 2, false },
		{ "\xf0\x9f\x98", 3, false },
		{ "\xc3" "a", 2, false },
		{ "\xe2\x28\xa1", 3, false },
		{ "\xf0\x28\x8c\xbc", 4, false },
		{ "\xe2\x82\xac", 2, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (str_utf8_ok(t[i].s, t[i].n) != t[i].ok)
			fail_msg("row %zu", i);
}

static void
test_compare(void **state)
{
	char s[] = "AbZ[@\xc3\x89";

	(void)state;
	assert_true(str_starts("abc", "ab") && str_starts("abc", "") && str_starts("a",
	    "a"));
	assert_false(str_starts("ab", "abc") || str_starts("", "a") || str_starts("Ab",
	    "a"));
	assert_true(str_ends("abc", "bc") && str_ends("abc", "") && str_ends("a", "a"));
	assert_false(str_ends("bc", "abc") || str_ends("abC", "c"));
	str_lower(s);
	assert_string_equal(s, "abz[@\xc3\x89");
	assert_true(str_ieq("", "") && str_ieq("Content-LENGTH", "content-length"));
	assert_false(str_ieq("a", "ab") || str_ieq("ab", "a") || str_ieq("@", "`"));
	assert_false(str_ieq("[", "{") || str_ieq("\xc3\x89", "\xc3\xa9"));
}

static void
test_hex(void **state)
{
	static const char *const bad[] = { "", "0", "001", "00f", "00ff0", "00fg", "0x00",
		"00 f", "00f\xff", "00ff00" };
	uint8_t out[2] = { 7, 7 };
	char text[7];

	(void)state;
	str_hex(text, "\x00\xff\x1a", 3);
	assert_string_equal(text, "00ff1a");
	str_hex(text, "", 0);
	assert_string_equal(text, "");
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (str_unhex(out, 2, bad[i], strlen(bad[i])))
			fail_msg("accepted %s", bad[i]);
		assert_memory_equal(out, "\7\7", 2);
	}
	assert_true(str_unhex(out, 2, "00fF", 4));
	assert_memory_equal(out, "\x00\xff", 2);
	assert_true(str_unhex(out, 2, "A9eb", 4));
	assert_memory_equal(out, "\xa9\xeb", 2);
	assert_true(str_unhex(out, 0, "", 0));
}

static void
test_numbers(void **state)
{
	static const char *const bad[] = { "", " ", "+1", "-1", " 1", "1 ", "1x", "0x10",
		"1.0", "1e3", "18446744073709551616", "99999999999999999999",
		"\xd9\xa1" };
	uint64_t u = 77;
	int64_t i64 = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (str_u64(bad[i], &u) || str_i64(bad[i], &i64))
			fail_msg("accepted \"%s\"", bad[i]);
		assert_true(u == 77 && i64 == 77);
	}
	assert_false(str_i64("9223372036854775808", &i64));
	assert_int_equal(i64, 77);
	assert_true(str_u64("0", &u) && u == 0);
	assert_true(str_u64("18446744073709551615", &u) && u == UINT64_MAX);
	assert_true(str_i64("0", &i64) && i64 == 0);
	assert_true(str_i64("9223372036854775807", &i64) && i64 == INT64_MAX);
}

static void
test_duration(void **state)
{
	static const struct {
		const char	*s;
		int64_t		 ms;
	} good[] = {
		{ "0", 0 }, { "30", 30000 }, { "500ms", 500 }, { "30s", 30000 },
		{ "5m", 300000 }, { "2h", 7200000 }, { "90d", 7776000000 },
		{ "9223372036854775807ms", INT64_MAX },
		{ "106751991167d", 9223372036828800000 },
	};
	static const char *const bad[] = { "", "s", "ms", "-1s", "+1s", " 1s", "1 s",
		"1s ", "1S", "1w", "1y", "1.5h", "1h30m", "1mss", "9223372036854775808ms",
		"106751991168d", "9223372036854775807", "18446744073709551616ms" };
	int64_t ms = 5;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (str_duration(bad[i], &ms))
			fail_msg("accepted \"%s\"", bad[i]);
		assert_int_equal(ms, 5);
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(str_duration(good[i].s, &ms));
		assert_int_equal(ms, good[i].ms);
	}
}

static void
test_random62(void **state)
{
	size_t seen[256] = { 0 };
	char a[1001], b[1001], one[2] = "xy";

	(void)state;
	for (int i = 0; i < 62; i++) {
		str_random62(a, 1000);
		assert_int_equal(strlen(a), 1000);
		for (const char *p = a; *p != '\0'; p++)
			seen[(unsigned char)*p]++;
	}
	for (int c = 0; c < 256; c++) {
		bool ours = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z');

		/* 1000 expected, deviation about 31: eight of them either way. */
		assert_true(ours ? seen[c] > 750 && seen[c] < 1250 : seen[c] == 0);
	}
	str_random62(b, 1000);
	assert_string_not_equal(a, b);
	str_random62(one, 0);
	assert_memory_equal(one, "\0y", 2);
}

static void
test_fold(void **state)
{
	static const struct {
		const char	*in;
		const char	*out;
	} t[] = {
		{ "", "" },
		{ "Index.HTML", "index.html" },
		/* sharp s, E acute composed and decomposed, final sigma, fi ligature */
		{ "STRASSE", "strasse" },
		{ "Stra\xc3\x9f" "e", "strasse" },
		{ "\xc3\x89", "\xc3\xa9" },
		{ "E\xcc\x81", "\xc3\xa9" },
		{ "\xce\xa3\xcf\x82", "\xcf\x83\xcf\x83" },
		{ "\xef\xac\x81", "fi" },
		/* Kelvin sign; no Turkish rule whatever the locale */
		{ "\xe2\x84\xaa", "k" },
		{ "I", "i" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_string_equal(str_fold(a, t[i].in), t[i].out);
	assert_null(str_fold(a, "a\xff"));
	assert_null(str_fold(a, "\xed\xa0\x80"));
	arena_free(a);
}

static void
test_alias(void **state)
{
	static const char label63[] =
	    "a23456789012345678901234567890123456789012345678901234567890123";
	static const char *const good[] = { "a", "7", "blog", "my-app", "a--b", "404",
		"root", "admin", "d", "d12", "d-1", "d--x", "e1--x", "d1-x", "d1a--x",
		"wwww", "ns3", label63 };
	static const char *const bad[] = { "", "-", "-a", "a-", "A", "aB", "a_b", "a.b",
		"a b", "a/b", "a\n", "\xc3\xa9", "d1--x", "d123456--blog", "www", "api",
		"mail", "ftp", "smtp", "pop", "imap", "ns1", "ns2", "localhost" };
	char label64[65];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!str_alias_ok(good[i]))
			fail_msg("refused %s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (str_alias_ok(bad[i]))
			fail_msg("accepted %s", bad[i]);
	memset(label64, 'a', 64);
	label64[64] = '\0';
	assert_false(str_alias_ok(label64));
}

/* Ids never repeat within a process and are 16 hex digits. */
static void
test_unique(void **state)
{
	static char ids[2000][17];

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		str_unique(ids[i]);
		assert_int_equal(strspn(ids[i], "0123456789abcdef"), 16);
		assert_int_equal(ids[i][16], '\0');
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(memcmp(ids[i], ids[j], 16), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unique),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_random62),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_alias),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
