/* Printed keys: form, check, typos, and what a flood of invented keys costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "auth/token.h"
#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LEN 72

static bool
parses(const char *text)
{
	char id[TOKEN_ID_LEN + 1] = "untouched";
	uint8_t hash[SHA256_LEN] = { 1, 2, 3 };
	static const uint8_t before[SHA256_LEN] = { 1, 2, 3 };
	bool ok = token_parse(text, id, hash);

	if (!ok) {
		assert_string_equal(id, "untouched");
		assert_memory_equal(hash, before, sizeof(hash));
	}
	return ok;
}

static void
test_make_and_parse(void **state)
{
	char text[TOKEN_MAX], other[TOKEN_MAX], id[TOKEN_ID_LEN + 1], id2[TOKEN_ID_LEN + 1];
	uint8_t hash[SHA256_LEN], hash2[SHA256_LEN], whole[SHA256_LEN];

	(void)state;
	token_make(text, id, hash);
	assert_int_equal(strlen(text), LEN);
	assert_int_equal(strlen(id), TOKEN_ID_LEN);
	assert_true(str_starts(text, id));
	assert_true(str_starts(id, "fazt_key_"));
	sha256_of(text, LEN, whole);
	assert_memory_equal(hash, whole, sizeof(hash));
	assert_true(token_parse(text, id2, hash2));
	assert_string_equal(id2, id);
	assert_memory_equal(hash2, hash, sizeof(hash));
	token_make(other, id2, hash2);
	assert_string_not_equal(other, text);
	assert_string_not_equal(id2, id);
}

/* The form is frozen: a key printed by an earlier build stays good. */
static void
test_known_key(void **state)
{
	(void)state;
	assert_true(parses("fazt_key_0123456789AB_"
	    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg_25rgBf"));
}

static void
test_malformed(void **state)
{
	char good[TOKEN_MAX], text[TOKEN_MAX + 8], id[TOKEN_ID_LEN + 1];
	uint8_t hash[SHA256_LEN];
	static const char *const bad[] = {
		"", "fazt_key_", "fazt_key_x", "Bearer", "____",
		"fazt_key_0123456789AB_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg_000000",
		"fazt_usr_0123456789AB_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg_000000",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(parses(bad[i]));
	token_make(good, id, hash);
	assert_true(parses(good));
	for (size_t n = 0; n < LEN; n++) {
		snprintf(text, sizeof(text), "%.*s", (int)n, good);
		assert_false(parses(text));
	}
	snprintf(text, sizeof(text), "%sx", good);
	assert_false(parses(text));
	snprintf(text, sizeof(text), " %s", good);
	assert_false(parses(text));
	snprintf(text, sizeof(text), "%s\n", good);
	assert_false(parses(text));
}

/* Any one wrong character and any two exchanged neighbours are noticed. */
static void
test_typos(void **state)
{
	char good[TOKEN_MAX], text[TOKEN_MAX], id[TOKEN_ID_LEN + 1];
	uint8_t hash[SHA256_LEN];

	(void)state;
	token_make(good, id, hash);
	for (size_t i = 0; i < LEN; i++) {
		for (const char *c = "0123456789azAZ_-. \x01\xff"; *c != '\0'; c++) {
			memcpy(text, good, sizeof(text));
			text[i] = *c;
			assert_int_equal(parses(text), *c == good[i]);
		}
		if (i + 1 == LEN || good[i] == good[i + 1])
			continue;
		memcpy(text, good, sizeof(text));
		text[i] = good[i + 1];
		text[i + 1] = good[i];
		assert_false(parses(text));
	}
}

static void
test_bogus(void **state)
{
	enum { KEYS = 10000 };
	char text[TOKEN_MAX], id[TOKEN_ID_LEN + 1];
	uint8_t hash[SHA256_LEN];
	struct timespec a, b;
	int taken = 0;
	double us;

	(void)state;
	token_make(text, id, hash);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (int i = 0; i < KEYS; i++) {
		snprintf(text + 9, 13, "%012d", i);
		text[21] = '_';
		taken += token_parse(text, id, hash);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	us = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
	print_message("%d bogus keys: %.2f us of CPU each\n", KEYS, us / KEYS);
	assert_int_equal(taken, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make_and_parse),
		cmocka_unit_test(test_known_key),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_typos),
		cmocka_unit_test(test_bogus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
