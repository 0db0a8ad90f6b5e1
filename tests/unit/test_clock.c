/* Dates written and read: RFC 3339 and the three forms of RFC 9110 5.6.7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/clock.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_write(void **state)
{
	static const struct {
		int64_t		 ms;
		const char	*rfc3339;
		const char	*http;
	} t[] = {
		{ 0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT" },
		{ 784111777000, "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT" },
		{ 1772359200999, "2026-03-01T10:00:00Z",
		    "Sun, 01 Mar 2026 10:00:00 GMT" },
		{ 951782400000, "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT" },
		{ -1, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT" },
		{ -1000, "1969-12-31T23:59:59Z", "Wed, 31 Dec 1969 23:59:59 GMT" },
		{ INT64_MAX, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT" },
		{ INT64_MIN, "0000-01-01T00:00:00Z", "Sat, 01 Jan 0000 00:00:00 GMT" },
	};
	char out[32];

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		clock_rfc3339(out, t[i].ms);
		assert_string_equal(out, t[i].rfc3339);
		clock_http(out, t[i].ms);
		assert_string_equal(out, t[i].http);
	}
}

static void
test_rfc3339(void **state)
{
	static const struct {
		const char	*s;
		int64_t		 ms;
	} good[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-03-01T10:00:00Z", 1772359200000 },
		{ "2026-03-01t10:00:00z", 1772359200000 },
		{ "2026-03-01T10:00:00.5Z", 1772359200500 },
		{ "2026-03-01T10:00:00.04Z", 1772359200040 },
		{ "2026-03-01T10:00:00.123456789Z", 1772359200123 },
		{ "2026-03-01T10:00:00.9999999999999999999999Z", 1772359200999 },
		{ "2026-03-01T12:00:00+02:00", 1772359200000 },
		{ "2026-03-01T04:30:00-05:30", 1772359200000 },
		{ "2026-02-28T10:01:00-23:59", 1772359200000 },
		{ "2026-03-01T10:00:00.25-00:00", 1772359200250 },
		{ "1969-12-31T23:59:59.750Z", -250 },
		{ "2016-12-31T23:59:60Z", 1483228800000 },
		{ "2000-02-29T00:00:00Z", 951782400000 },
		{ "0000-01-01T00:00:00Z", -62167219200000 },
		{ "9999-12-31T23:59:59Z", 253402300799000 },
	};
	static const char *const bad[] = { "", "2026", "2026-03-01",
		"2026-03-01T10:00:00", "2026-03-01 10:00:00Z", "2026-03-01T10:00Z",
		"2026-3-1T10:00:00Z", "2026-03-01T10:00:00Zx", "2026-03-01T10:00:00Z ",
		" 2026-03-01T10:00:00Z", "2026-03-01T10:00:00.Z",
		"2026-03-01T10:00:00,5Z", "2026-03-01T10:00:00.5", "2026-00-01T10:00:00Z",
		"2026-13-01T10:00:00Z", "2026-03-00T10:00:00Z", "2026-03-32T10:00:00Z",
		"2026-04-31T10:00:00Z", "2026-02-29T10:00:00Z", "1900-02-29T10:00:00Z",
		"2026-03-01T24:00:00Z", "2026-03-01T10:60:00Z", "2026-03-01T10:00:61Z",
		"2026-03-01T10:00:00+2:00", "2026-03-01T10:00:00+0200",
		"2026-03-01T10:00:00+02", "2026-03-01T10:00:00+24:00",
		"2026-03-01T10:00:00+02:60", "2026-03-01T10:00:00+02:00Z",
		"2026-03-01T10:00:00+", "+026-03-01T10:00:00Z", "-026-03-01T10:00:00Z",
		"12026-03-01T10:00:00Z", "2026-03- 1T10:00:00Z" };
	int64_t ms = 42;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (clock_parse_rfc3339(bad[i], &ms))
			fail_msg("accepted \"%s\"", bad[i]);
		assert_int_equal(ms, 42);
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		if (!clock_parse_rfc3339(good[i].s, &ms))
			fail_msg("refused \"%s\"", good[i].s);
		assert_int_equal(ms, good[i].ms);
	}
}

static void
test_http(void **state)
{
	static const struct {
		const char	*s;
		int64_t		 ms;
	} good[] = {
		{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777000 },
		{ "Sunday, 06-Nov-94 08:49:37 GMT", 784111777000 },
		{ "Sun Nov  6 08:49:37 1994", 784111777000 },
		{ "Wed Nov 16 08:49:37 1994", 784975777000 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1000 },
		{ "Tue, 29 Feb 2000 00:00:00 GMT", 951782400000 },
		{ "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800000 },
	};
	static const char *const bad[] = { "", "0", "Sun", "Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 gmt",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 06 Nov 1994 08:49:37 GMT; length=9", "Sun,06 Nov 1994 08:49:37 GMT",
		"Sun, 6 Nov 1994 08:49:37 GMT", "Sun,  6 Nov 1994 08:49:37 GMT",
		"sun, 06 nov 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nix 1994 08:49:37 GMT", "Sun, 06 November 1994 08:49:37 GMT",
		"Sunday, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
		"Tue, 29 Feb 1900 00:00:00 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37", "Sun Nov 6 08:49:37 1994",
		"Sun Nov  6 08:49:37 1994 GMT", "Sun Nov  6 08:49:37 94",
		"Sun Nov 31 08:49:37 1994", "1994-11-06T08:49:37Z" };
	int64_t ms = 42;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		if (clock_parse_http(bad[i], &ms))
			fail_msg("accepted \"%s\"", bad[i]);
		assert_int_equal(ms, 42);
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		if (!clock_parse_http(good[i].s, &ms))
			fail_msg("refused \"%s\"", good[i].s);
		assert_int_equal(ms, good[i].ms);
	}
}

/* Two digits mean the year nearest to now, at most 50 ahead. */
static void
test_two_digits(void **state)
{
	time_t t = time(NULL);
	struct tm tm;
	int now;

	(void)state;
	gmtime_r(&t, &tm);
	now = tm.tm_year + 1900;
	for (int year = now - 49; year <= now + 50; year++) {
		char text[80], back[32], want[40];
		int64_t ms = 0;

		(void)snprintf(text, sizeof(text), "Monday, 15-Jun-%02d 12:00:00 GMT",
		    year % 100);
		(void)snprintf(want, sizeof(want), "%04d-06-15T12:00:00Z", year);
		assert_true(clock_parse_http(text, &ms));
		clock_rfc3339(back, ms);
		assert_string_equal(back, want);
	}
}

/* Every day of 800 years there and back, against the C library. */
static void
test_round(void **state)
{
	(void)state;
	for (int64_t day = -146097; day <= 146097; day++) {
		int64_t ms = (day * 86400 + 12345) * 1000, back = -1;
		char text[32];

		clock_rfc3339(text, ms);
		if (!clock_parse_rfc3339(text, &back) || back != ms)
			fail_msg("%s", text);
		clock_http(text, ms);
		if (!clock_parse_http(text, &back) || back != ms)
			fail_msg("%s", text);
	}
}

static void
test_clocks(void **state)
{
	int64_t us = clock_mono_us(), ms = clock_mono_ms();
	int64_t wall = (int64_t)time(NULL) * 1000;

	(void)state;
	assert_true(us > 0 && ms >= us / 1000 && ms - us / 1000 < 60000);
	assert_true(clock_mono_us() >= us);
	assert_true(clock_wall_ms() >= wall && clock_wall_ms() - wall < 60000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_rfc3339),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_two_digits),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
