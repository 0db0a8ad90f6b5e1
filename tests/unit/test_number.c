/* Numbers as JavaScript prints them and JSON spells them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/number.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_text(void **state)
{
	static const struct {
		double		 x;
		const char	*want;
	} rows[] = {
		{ 0, "0" }, { -0.0, "0" }, { 1, "1" }, { -1, "-1" }, { 10, "10" },
		{ 100, "100" }, { 1234567890, "1234567890" }, { 0.1, "0.1" },
		{ 0.5, "0.5" }, { -0.5, "-0.5" }, { 0.1 + 0.2, "0.30000000000000004" },
		{ 0.3, "0.3" }, { 1.5, "1.5" }, { 123.456, "123.456" },
		{ 9007199254740991, "9007199254740991" },
		{ 9007199254740992, "9007199254740992" },
		{ 9007199254740994, "9007199254740994" },
		{ -9007199254740992, "-9007199254740992" },
		{ 123456789012345680000.0, "123456789012345680000" },
		{ 1e20, "100000000000000000000" }, { 1e21, "1e+21" }, { -1e21, "-1e+21" },
		{ 1.5e21, "1.5e+21" }, { 999999999999999900000.0, "999999999999999900000" },
		{ 1e-6, "0.000001" }, { 1.5e-6, "0.0000015" }, { 1e-7, "1e-7" },
		{ -1.25e-7, "-1.25e-7" }, { 0.001, "0.001" }, { 1e100, "1e+100" },
		{ DBL_MAX, "1.7976931348623157e+308" },
		{ DBL_MIN, "2.2250738585072014e-308" }, { 5e-324, "5e-324" },
		{ 1.0 / 3, "0.3333333333333333" }, { 2.0 / 3, "0.6666666666666666" },
		{ 4.35, "4.35" }, { 1e16, "10000000000000000" },
		{ 12345678901234567.0, "12345678901234568" },
		{ 1.7976931348623158e22, "1.7976931348623158e+22" },
		{ -1.2345678901234567e-200, "-1.2345678901234567e-200" },
	};
	char text[NUMBER_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		number_text(text, rows[i].x);
		assert_string_equal(text, rows[i].want);
	}
}

static void
test_parse(void **state)
{
	static const struct {
		const char	*s;
		double		 want;
	} good[] = { { "0", 0 }, { "-0", 0 }, { "1", 1 }, { "-17", -17 }, { "1.0", 1 },
		{ "0.25", 0.25 }, { "1e3", 1000 }, { "1E+3", 1000 }, { "25e-2", 0.25 },
		{ "1.5e1", 15 }, { "100000000000000000000", 1e20 } };
	static const char *const bad[] = { "", "-", "+1", "01", "-01", "00", ".5", "1.",
		"1.e1", "1e", "1e+", "0x10", "1 ", " 1", "1a", "Infinity", "NaN", "nan",
		"1e999", "-1e999", "\"1\"", "null", "1,5", "1_000", "--1", "1.2.3", "1e1e1" };
	double x;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_true(number_parse(good[i].s, strlen(good[i].s), &x));
		assert_true(x == good[i].want);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		x = 42;
		if (number_parse(bad[i], strlen(bad[i]), &x))
			fail_msg("accepted: %s", bad[i]);
		assert_true(x == 42);
	}
	assert_false(number_parse("1\0002", 3, &x));
	/* Only the bytes that were given. */
	assert_true(number_parse("123", 2, &x));
	assert_true(x == 12);
}

/* Whatever is printed reads back as the same number, and no longer than %.17g does. */
static void
test_round(void **state)
{
	uint64_t seed = 1, bits;
	char text[NUMBER_TEXT];
	double x, y;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		bits = seed;
		if (i % 3 == 0)
			bits = (bits & 0x000fffffffffffff) | (uint64_t)(1000 + i % 120) << 52;
		memcpy(&x, &bits, sizeof(x));
		if (!isfinite(x))
			continue;
		number_text(text, x);
		assert_true(strlen(text) < 30);
		assert_true(number_parse(text, strlen(text), &y));
		assert_true(x == y);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
