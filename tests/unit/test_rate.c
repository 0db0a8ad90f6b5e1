/* Token buckets: rate, burst, who counts as one client, and a table that stays small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"

static _Atomic int64_t now_us = 1000000;

static int64_t
fake_now(void)
{
	return now_us;
}

#define clock_mono_us fake_now
#include "auth/rate.c"
#undef clock_mono_us

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool
allowed(struct rate *r, const char *ip)
{
	struct rate_answer a;

	rate_take(r, ip, &a);
	return a.allowed;
}

static void
test_burst_and_refill(void **state)
{
	struct rate *r = rate_new(2, 5, 1024);
	struct rate_answer a;

	(void)state;
	for (int i = 4; i >= 0; i--) {
		rate_take(r, "192.0.2.1", &a);
		assert_true(a.allowed);
		assert_int_equal(a.remaining, i);
		assert_int_equal(a.reset_s, (5 - i + 1) / 2);
	}
	rate_take(r, "192.0.2.1", &a);
	assert_false(a.allowed);
	assert_int_equal(a.remaining, 0);
	assert_int_equal(a.reset_s, 1);
	assert_true(allowed(r, "192.0.2.2"));
	now_us += 499999;
	assert_false(allowed(r, "192.0.2.1"));
	now_us += 1;
	assert_true(allowed(r, "192.0.2.1"));
	assert_false(allowed(r, "192.0.2.1"));
	/* A long absence fills the bucket once, not more. */
	now_us += 3600LL * 1000000;
	for (int i = 0; i < 5; i++)
		assert_true(allowed(r, "192.0.2.1"));
	assert_false(allowed(r, "192.0.2.1"));
	rate_free(r);
}

static void
test_slow_rate(void **state)
{
	struct rate *r = rate_new(30.0 / 60, 30, 64);
	struct rate_answer a = { 0 };

	(void)state;
	for (int i = 0; i < 30; i++)
		rate_take_key(r, "fazt_key_0123456789AB", &a);
	assert_true(a.allowed);
	assert_int_equal(a.reset_s, 60);
	rate_take_key(r, "fazt_key_0123456789AB", &a);
	assert_false(a.allowed);
	assert_int_equal(a.reset_s, 2);
	rate_take_key(r, "fazt_key_0123456789AC", &a);
	assert_true(a.allowed);
	rate_free(r);
}

static void
test_who_is_one_client(void **state)
{
	static const struct {
		const char	*a;
		const char	*b;
		bool		 same;
	} t[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "192.0.2.1", "::ffff:192.0.2.1", true },
		{ "192.0.2.1", "::192.0.2.1", false },
		{ "2001:db8::1", "2001:DB8:0:0::1", true },
		{ "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true },
		{ "2001:db8::1", "2001:db8:0:1::1", false },
		{ "2001:db8::1", "2001:db9::1", false },
		{ "fe80::1%eth0", "fe80::2%eth1", true },
		{ "", "", true },
		{ "", "x", false },
		{ "unix", "unix", true },
		{ "1.2.3", "1.2.3.0", false },
		{ "192.0.2.1:80", "192.0.2.1", false },
		{ "0:0:0:4::", "0.0.0.0", false },
		{ "a text that is much too long to be any address whatsoever, honestly",
		    "a text that is much too long to be any address whatsoever, honest!", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct rate *r = rate_new(1, 1, 64);

		assert_true(allowed(r, t[i].a));
		if (allowed(r, t[i].b) == t[i].same)
			fail_msg("%s and %s", t[i].a, t[i].b);
		rate_free(r);
	}
}

/* A key named like an address is not that address. */
static void
test_keys_are_not_addresses(void **state)
{
	struct rate *r = rate_new(1, 1, 64);
	struct rate_answer a;

	(void)state;
	assert_true(allowed(r, "192.0.2.1"));
	rate_take_key(r, "192.0.2.1", &a);
	assert_true(a.allowed);
	rate_free(r);
}

static unsigned
remembered(const struct rate *r)
{
	unsigned n = 0;

	for (int i = 0; i < SHARDS; i++)
		n += r->shards[i].used;
	return n;
}

/* The list by use and the chains hold every bucket once. */
static void
check_shape(const struct rate *r)
{
	for (int i = 0; i < SHARDS; i++) {
		const struct shard *s = &r->shards[i];
		uint32_t listed = 0, chained = 0, before = NONE;

		for (uint32_t b = s->newest; b != NONE; b = s->buckets[b].older) {
			assert_int_equal(s->buckets[b].newer, before);
			before = b;
			listed++;
		}
		assert_int_equal(s->oldest, before);
		for (uint32_t j = 0; j < r->size; j++)
			for (uint32_t b = s->slots[j]; b != NONE; b = s->buckets[b].chain)
				chained++;
		assert_int_equal(listed, s->used);
		assert_int_equal(chained, s->used);
	}
}

static void
test_bounded(void **state)
{
	struct rate *r = rate_new(0.001, 1, 256);
	char ip[64];

	(void)state;
	assert_true(allowed(r, "198.51.100.1"));
	for (int i = 0; i < 100000; i++) {
		snprintf(ip, sizeof(ip), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		assert_true(allowed(r, ip));
		/* Who keeps coming is not forgotten. */
		if (i % 4 == 0)
			assert_false(allowed(r, "198.51.100.1"));
	}
	assert_int_equal(remembered(r), 256);
	check_shape(r);
	/* The last ones are still there, the first ones made room. */
	assert_false(allowed(r, ip));
	assert_true(allowed(r, "10.0.0.0"));
	rate_free(r);
}

static void
test_tiny_table(void **state)
{
	struct rate *r = rate_new(1, 1, 0);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char key[16];
		struct rate_answer a;

		snprintf(key, sizeof(key), "%d", i);
		rate_take_key(r, key, &a);
		assert_true(a.allowed);
	}
	assert_true(remembered(r) <= SHARDS);
	check_shape(r);
	rate_free(r);
}

static void *
hammer(void *arg)
{
	struct rate *r = arg;
	uintptr_t taken = 0;
	char ip[32];

	for (int i = 0; i < 20000; i++) {
		taken += allowed(r, "203.0.113.7");
		snprintf(ip, sizeof(ip), "10.0.%d.%d", i >> 8 & 3, i & 255);
		(void)allowed(r, ip);
	}
	return (void *)taken;
}

/* Threads together get the burst and not one more. */
static void
test_threads(void **state)
{
	struct rate *r = rate_new(0.000001, 1000, 65536);
	pthread_t t[4];
	uintptr_t sum = 0;
	void *got;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, hammer, r), 0);
	for (size_t i = 0; i < COUNT(t); i++) {
		pthread_join(t[i], &got);
		sum += (uintptr_t)got;
	}
	assert_int_equal(sum, 1000);
	check_shape(r);
	rate_free(r);
}

/* What is given back is there again, and never more than there can be. */
static void
test_give(void **state)
{
	struct rate *r = rate_new(0.1, 2, 64);
	struct rate_answer a;

	(void)state;
	assert_true(allowed(r, "192.0.2.1"));
	assert_true(allowed(r, "192.0.2.1"));
	assert_false(allowed(r, "192.0.2.1"));
	rate_give(r, "192.0.2.1", &a);
	assert_int_equal(a.remaining, 1);
	assert_int_equal(a.reset_s, 10);
	assert_true(allowed(r, "192.0.2.1"));
	assert_false(allowed(r, "192.0.2.1"));
	for (int i = 0; i < 9; i++)
		rate_give(r, "192.0.2.1", &a);
	assert_int_equal(a.remaining, 2);
	assert_int_equal(a.reset_s, 0);
	assert_true(allowed(r, "192.0.2.1"));
	assert_true(allowed(r, "192.0.2.1"));
	assert_false(allowed(r, "192.0.2.1"));
	rate_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_and_refill),
		cmocka_unit_test(test_slow_rate),
		cmocka_unit_test(test_give),
		cmocka_unit_test(test_who_is_one_client),
		cmocka_unit_test(test_keys_are_not_addresses),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_tiny_table),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
