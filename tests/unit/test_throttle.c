/* Limits by client, delays by account, and a table of accounts that stays small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"

static int64_t now_ms = 1000000;

static int64_t
fake_ms(void)
{
	return now_ms;
}

static int64_t
fake_us(void)
{
	return now_ms * 1000;
}

#define clock_mono_us fake_us
#include "auth/rate.c"
#undef clock_mono_us
#define find throttle_find
#define take throttle_take_one
#define clock_mono_ms fake_ms
#include "auth/throttle.c"
#undef clock_mono_ms

static struct node node;
static struct request rq;
static struct response rs;

static void
fresh(const char *ip)
{
	if (rq.arena != NULL) {
		response_fini(&rs);
		arena_free(rq.arena);
	}
	memset(&rq, 0, sizeof(rq));
	rq.arena = arena_new();
	rq.node = &node;
	rq.ip = ip;
	response_init(&rs, rq.arena);
}

/* One attempt; how long its answer waits in s, -1 = refused. */
static int
attempt(const char *ip, const char *account, enum throttle_outcome outcome)
{
	fresh(ip);
	if (throttle_password_begin(&rq, &rs) != FZ_OK)
		return -1;
	throttle_password_end(&rq, &rs, account, outcome);
	return rs.not_before == 0 ? 0 : (int)((rs.not_before - now_ms) / 1000);
}

/* From a client of its own, so that only the account counts. */
static int
elsewhere(const char *account, enum throttle_outcome outcome)
{
	static unsigned n;
	char ip[32];
	int s;

	n++;
	(void)snprintf(ip, sizeof(ip), "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	s = attempt(ip, account, outcome);
	rq.ip = "";
	return s;
}

static int
setup(void **state)
{
	(void)state;
	node.throttle = throttle_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	throttle_free(node.throttle);
	node.throttle = NULL;
	return 0;
}

static void
test_client(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_not_equal(attempt("192.0.2.1", "a", THROTTLE_WRONG), -1);
	assert_int_equal(attempt("192.0.2.1", "b", THROTTLE_WRONG), -1);
	assert_string_equal(response_get(&rs, "Retry-After"), "180");
	assert_string_equal(response_get(&rs, "X-RateLimit-Limit"), "5");
	assert_string_equal(response_get(&rs, "X-RateLimit-Remaining"), "0");
	assert_string_equal(response_get(&rs, "X-RateLimit-Reset"), "180");
	assert_int_equal(rs.not_before, 0);
	assert_int_not_equal(attempt("192.0.2.2", "b", THROTTLE_WRONG), -1);
	now_ms += 180 * 1000;
	assert_int_not_equal(attempt("192.0.2.1", "b", THROTTLE_WRONG), -1);
	assert_int_equal(attempt("192.0.2.1", "b", THROTTLE_WRONG), -1);
	/* One /64 is one client. */
	for (int i = 0; i < 5; i++)
		(void)attempt("2001:db8::1", "c", THROTTLE_WRONG);
	assert_int_equal(attempt("2001:db8::2", "c", THROTTLE_WRONG), -1);
	assert_int_not_equal(attempt("2001:db8:0:1::2", "c", THROTTLE_WRONG), -1);
}

static void
test_right_costs_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(attempt("192.0.2.1", "a", THROTTLE_RIGHT), 0);
	assert_string_equal(response_get(&rs, "X-RateLimit-Remaining"), "5");
	for (int i = 0; i < 20; i++)
		assert_int_equal(attempt("192.0.2.1", "a", THROTTLE_UNCHECKED), 0);
	/* But it is paid before: many at once are five. */
	for (int i = 0; i < 5; i++) {
		fresh("192.0.2.1");
		assert_int_equal(throttle_password_begin(&rq, &rs), FZ_OK);
	}
	fresh("192.0.2.1");
	assert_int_equal(throttle_password_begin(&rq, &rs), FZ_RATE_LIMIT_EXCEEDED);
}

static void
test_delay_grows(void **state)
{
	static const int want[] = { 0, 1, 2, 4, 8, 16, 16, 16 };

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(elsewhere("ann", THROTTLE_WRONG), want[i]);
	assert_int_equal(elsewhere("bob", THROTTLE_WRONG), 0);
	/* The right one waits too, and those beside it as long as it waits. */
	assert_int_equal(elsewhere("ann", THROTTLE_RIGHT), 16);
	now_ms += 15999;
	assert_int_equal(elsewhere("ann", THROTTLE_RIGHT), 16);
	now_ms += 16000;
	assert_int_equal(elsewhere("ann", THROTTLE_RIGHT), 0);
	assert_int_equal(elsewhere("ann", THROTTLE_WRONG), 0);
	assert_int_equal(elsewhere("ann", THROTTLE_WRONG), 1);
	/* What could not be checked counts for nothing. */
	assert_int_equal(elsewhere("ann", THROTTLE_UNCHECKED), 0);
	assert_int_equal(elsewhere("ann", THROTTLE_WRONG), 2);
}

static void
test_decay(void **state)
{
	(void)state;
	(void)elsewhere("ann", THROTTLE_WRONG);
	(void)elsewhere("ann", THROTTLE_WRONG);
	now_ms += FORGET_MS - 1;
	assert_int_equal(elsewhere("ann", THROTTLE_WRONG), 2);
	now_ms += FORGET_MS;
	assert_int_equal(elsewhere("ann", THROTTLE_WRONG), 0);
}

/* As the table of users compares names; ids are compared byte by byte. */
static void
test_names_without_case(void **state)
{
	(void)state;
	assert_int_equal(elsewhere("Nobody", THROTTLE_UNKNOWN), 0);
	assert_int_equal(elsewhere("nobody", THROTTLE_UNKNOWN), 1);
	assert_int_equal(elsewhere("fazt_usr_a", THROTTLE_WRONG), 0);
	assert_int_equal(elsewhere("fazt_usr_A", THROTTLE_WRONG), 0);
}

static void
test_bounded(void **state)
{
	struct throttle *t = node.throttle;
	unsigned used = 0;
	char name[32];

	(void)state;
	for (unsigned i = 0; i < SETS * WAYS * 2; i++) {
		(void)snprintf(name, sizeof(name), "name%u", i);
		(void)elsewhere(name, THROTTLE_UNKNOWN);
		now_ms++;
	}
	for (size_t i = 0; i < SETS; i++)
		for (size_t k = 0; k < WAYS; k++)
			used += t->accounts[i][k].failures > 0;
	assert_true(used > SETS * WAYS * 9 / 10);
	/* The newest is among them. */
	assert_int_equal(elsewhere(name, THROTTLE_UNKNOWN), 1);
}

static void
test_kinds(void **state)
{
	static const int want[] = { 20, 10, 10 };

	(void)state;
	for (int kind = THROTTLE_OAUTH; kind <= THROTTLE_DEVICE; kind++) {
		for (int i = 0; i < want[kind]; i++) {
			fresh("192.0.2.1");
			assert_int_equal(throttle_take(&rq, &rs, (enum throttle_kind)kind),
			    FZ_OK);
		}
		fresh("192.0.2.1");
		assert_int_equal(throttle_take(&rq, &rs, (enum throttle_kind)kind),
		    FZ_RATE_LIMIT_EXCEEDED);
		assert_non_null(response_get(&rs, "Retry-After"));
	}
	now_ms += 60 * 1000;
	for (int i = 0; i < 10; i++) {
		fresh("192.0.2.1");
		assert_int_equal(throttle_take(&rq, &rs, THROTTLE_DEVICE), FZ_OK);
	}
}

static void
test_without(void **state)
{
	struct throttle *t = node.throttle;

	(void)state;
	node.throttle = NULL;
	for (int i = 0; i < 30; i++) {
		assert_int_equal(attempt("192.0.2.1", "a", THROTTLE_WRONG), 0);
		assert_int_equal(throttle_take(&rq, &rs, THROTTLE_INVITE), FZ_OK);
	}
	assert_null(response_get(&rs, "X-RateLimit-Limit"));
	node.throttle = t;
	throttle_free(NULL);
	fresh("");
	arena_free(rq.arena);
	rq.arena = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_client, setup, teardown),
		cmocka_unit_test_setup_teardown(test_right_costs_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_delay_grows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_decay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_without_case, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
