/* Passwords: the rules, the hash, the work of a check, and the turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "auth/password.c"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_rules(void **state)
{
	static const struct {
		const char	*s;
		bool		 ok;
	} t[] = {
		{ "", false },
		{ "short7!", false },
		{ "eight8!?", true },
		{ "\xc3\xa5\xc3\xa6\xc3\xb8\xc3\xa9", true },	/* four letters, 8 bytes */
		{ "password", false },
		{ "PassWord1", false },
		{ "12345678", false },
		{ "zzzzzzzz", false },
		{ "        ", false },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
		{ "aaaaaaaab", true },
		{ "password-of-the-house", true },
		{ "correct horse battery staple", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct why why = { 0 };
		enum fz_err err = password_ok(t[i].s, strlen(t[i].s), &why);

		if (err != (t[i].ok ? FZ_OK : FZ_VALIDATION_FAILED))
			fail_msg("\"%s\"", t[i].s);
		assert_int_equal(why.text[0] == '\0', t[i].ok);
	}
}

static void
test_longest(void **state)
{
	char s[1026];

	(void)state;
	for (size_t i = 0; i < sizeof(s); i++)
		s[i] = (char)('a' + i % 26);
	assert_int_equal(password_ok(s, 1024, NULL), FZ_OK);
	assert_int_equal(password_ok(s, 1025, NULL), FZ_VALIDATION_FAILED);
}

/* bsearch needs the table sorted, low() needs it lower-case; every entry is found. */
static void
test_common_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(password_common); i++) {
		const char *s = password_common[i];
		char low[64];

		assert_true(strlen(s) >= PASSWORD_MIN && strlen(s) < 32);
		snprintf(low, sizeof(low), "%s", s);
		str_lower(low);
		assert_string_equal(low, s);
		if (i > 0)
			assert_true(strcmp(password_common[i - 1], s) < 0);
		assert_int_equal(password_ok(s, strlen(s), NULL), FZ_VALIDATION_FAILED);
	}
}

static void
test_hash_and_check(void **state)
{
	char phc[PASSWORD_PHC_MAX], other[PASSWORD_PHC_MAX];
	bool ok = false;

	(void)state;
	assert_int_equal(password_hash("hunter2 and more", 16, phc), FZ_OK);
	assert_int_equal(strncmp(phc, "$argon2id$v=19$m=47104,t=1,p=1$", 31), 0);
	assert_int_equal(password_hash("hunter2 and more", 16, other), FZ_OK);
	assert_string_not_equal(phc, other);
	assert_int_equal(password_check(phc, "hunter2 and more", 16, &ok), FZ_OK);
	assert_true(ok);
	assert_int_equal(password_check(phc, "hunter2 and morf", 16, &ok), FZ_OK);
	assert_false(ok);
	ok = true;
	assert_int_equal(password_check(phc, "hunter2 and mor", 15, &ok), FZ_OK);
	assert_false(ok);
	ok = true;
	assert_int_equal(password_check(NULL, "hunter2 and more", 16, &ok), FZ_OK);
	assert_false(ok);
	ok = true;
	assert_int_equal(password_check(phc, "", 0, &ok), FZ_OK);
	assert_false(ok);
}

/* NUL is a byte like others. */
static void
test_bytes(void **state)
{
	char phc[PASSWORD_PHC_MAX];
	bool ok = true;

	(void)state;
	assert_int_equal(password_hash("abcd\0efgh", 9, phc), FZ_OK);
	assert_int_equal(password_check(phc, "abcd\0efgx", 9, &ok), FZ_OK);
	assert_false(ok);
	assert_int_equal(password_check(phc, "abcd\0efgh", 9, &ok), FZ_OK);
	assert_true(ok);
}

static void
test_broken_phc(void **state)
{
	static const char *const bad[] = { "", "x", "$argon2id$", "$argon2i$v=19$m=8,t=1,p=1$"
	    "c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "plain text" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		bool ok = false;

		assert_int_equal(password_check(bad[i], "password", 8, &ok),
		    FZ_INTERNAL_ERROR);
		assert_false(ok);
	}
	assert_int_equal(turn.running, 0);
}

static double
seconds_of_check(const char *phc)
{
	struct timespec a, b;
	bool ok;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	assert_int_equal(password_check(phc, "wrong password", 14, &ok), FZ_OK);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

static int
by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

/* Whether there is a user must not show in the time. */
static void
test_no_user_costs_the_same(void **state)
{
	enum { ROUNDS = 9 };
	double with[ROUNDS], without[ROUNDS], ratio;
	char phc[PASSWORD_PHC_MAX];

	(void)state;
	assert_int_equal(password_hash("a good password", 15, phc), FZ_OK);
	for (int i = 0; i < ROUNDS; i++) {
		with[i] = seconds_of_check(phc);
		without[i] = seconds_of_check(NULL);
	}
	qsort(with, ROUNDS, sizeof(double), by_value);
	qsort(without, ROUNDS, sizeof(double), by_value);
	ratio = without[ROUNDS / 2] / with[ROUNDS / 2];
	print_message("a check: %.1f ms of CPU, without a user %.2f of it\n",
	    with[ROUNDS / 2] * 1e3, ratio);
	assert_true(ratio > 0.7 && ratio < 1.4);
}

struct caller_thread {
	pthread_t	 id;
	enum fz_err	 err;
	bool		 ok;
};

static void *
check_in_thread(void *arg)
{
	struct caller_thread *t = arg;

	t->err = password_check(NULL, "wrong password", 14, &t->ok);
	return NULL;
}

/* All turns are taken: eight wait, the ninth is sent away at once, all eight finish. */
static void
test_turns(void **state)
{
	struct caller_thread t[WAITING_MAX];
	unsigned waiting = 0;
	bool ok;

	(void)state;
	for (unsigned i = 0; i < running_max(); i++)
		assert_int_equal(turn_take(), FZ_OK);
	for (size_t i = 0; i < WAITING_MAX; i++) {
		t[i].ok = true;
		assert_int_equal(pthread_create(&t[i].id, NULL, check_in_thread, &t[i]), 0);
	}
	while (waiting < WAITING_MAX) {
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
		pthread_mutex_lock(&turn.lock);
		waiting = turn.waiting;
		assert_int_equal(turn.running, running_max());
		pthread_mutex_unlock(&turn.lock);
	}
	assert_int_equal(password_check(NULL, "x", 1, &ok), FZ_OVERLOADED);
	for (unsigned i = 0; i < running_max(); i++)
		turn_give();
	for (size_t i = 0; i < WAITING_MAX; i++) {
		pthread_join(t[i].id, NULL);
		assert_int_equal(t[i].err, FZ_OK);
		assert_false(t[i].ok);
	}
	assert_int_equal(turn.running, 0);
	assert_int_equal(turn.waiting, 0);
}

static void
test_stale(void **state)
{
	static const struct {
		const char	*phc;
		bool		 stale;
	} t[] = {
		{ NULL, false },
		{ "$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$aGFzaA", false },
		{ "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA", false },
		{ "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", true },
		{ "$argon2id$v=19$m=47103,t=1,p=1$c2FsdA$aGFzaA", true },
		{ "$argon2i$v=19$m=47104,t=1,p=1$c2FsdA$aGFzaA", true },
		{ "$argon2id$v=16$m=47104,t=1,p=1$c2FsdA$aGFzaA", true },
		{ "$2y$10$abcdefghijklmnopqrstuv", true },
		{ "", true },
	};
	char phc[PASSWORD_PHC_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(password_stale(t[i].phc), t[i].stale);
	assert_int_equal(password_hash("some password", 13, phc), FZ_OK);
	assert_false(password_stale(phc));
}

static void
test_generate(void **state)
{
	char a[23], b[23];

	(void)state;
	password_generate(a);
	password_generate(b);
	assert_int_equal(strlen(a), 22);
	assert_string_not_equal(a, b);
	assert_int_equal(password_ok(a, 22, NULL), FZ_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_common_table),
		cmocka_unit_test(test_hash_and_check),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_broken_phc),
		cmocka_unit_test(test_no_user_costs_the_same),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_generate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
