/* Idempotency-Key: the same answer for the same request, one winner of a race. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/idempotency.h"
#include "store/parts.h"
#include "store/sql.h"
#include "tests/unit/store_dir.h"

static struct store *st;
static struct arena *arena;
static const uint8_t deploy[SHA256_LEN] = { 1 }, other[SHA256_LEN] = { 2 };

static int
setup(void **state)
{
	struct store_options o = { .readers = 2, .may_create = true };

	if (store_dir_new(state) != 0)
		return -1;
	o.path = store_db;
	arena = arena_new();
	return store_open(&o, &st, NULL) == FZ_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	store_close(st);
	st = NULL;
	arena_free(arena);
	return store_dir_drop(state);
}

static void
run(const char *literal)
{
	struct writer *w;

	assert_int_equal(writer_begin(st, 1000, &w), FZ_OK);
	assert_int_equal(sql_run(w, literal, ""), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
}

static enum fz_err
begin(const char *caller, const char *key, const uint8_t *request, int *status,
    const char **answer)
{
	*status = -1;
	*answer = NULL;
	return idempotency_begin(st, arena, caller, key, request, status, answer);
}

static void
test_answer_again(void **state)
{
	uint64_t seq = 0;
	const char *answer;
	int status;

	(void)state;
	assert_int_equal(begin("k1", "a", deploy, &status, &answer), FZ_OK);
	assert_int_equal(status, 0);
	/* While it runs. */
	assert_int_equal(begin("k1", "a", deploy, &status, &answer), FZ_CONFLICT);
	assert_int_equal(
	    begin("k1", "a", other, &status, &answer), FZ_IDEMPOTENCY_MISMATCH);
	assert_int_equal(status, -1);
	assert_int_equal(
	    idempotency_finish(st, "k1", "a", 201, "{\"n\":1}", &seq), FZ_OK);
	assert_true(seq > 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(begin("k1", "a", deploy, &status, &answer), FZ_OK);
		assert_int_equal(status, 201);
		assert_string_equal(answer, "{\"n\":1}");
	}
	assert_int_equal(
	    begin("k1", "a", other, &status, &answer), FZ_IDEMPOTENCY_MISMATCH);
	/* Another caller's key of the same name is another key. */
	assert_int_equal(begin("k2", "a", other, &status, &answer), FZ_OK);
	assert_int_equal(status, 0);
}

static void
test_forget(void **state)
{
	const char *answer;
	int status;

	(void)state;
	assert_int_equal(begin("k", "a", deploy, &status, &answer), FZ_OK);
	assert_int_equal(idempotency_finish(st, "k", "a", 0, NULL, NULL), FZ_OK);
	assert_int_equal(begin("k", "a", other, &status, &answer), FZ_OK);
	assert_int_equal(status, 0);
}

/* A killed process does not block its client for a day. */
static void
test_dead_claim(void **state)
{
	const char *answer;
	int status;

	(void)state;
	assert_int_equal(begin("k", "a", deploy, &status, &answer), FZ_OK);
	run("UPDATE idempotency SET answer='999999999:1:00000000'");
	assert_int_equal(begin("k", "a", deploy, &status, &answer), FZ_OK);
	assert_int_equal(status, 0);
	assert_int_equal(begin("k", "a", deploy, &status, &answer), FZ_CONFLICT);
}

static void
test_day(void **state)
{
	const char *answer;
	int status;

	(void)state;
	assert_int_equal(begin("k", "a", deploy, &status, &answer), FZ_OK);
	assert_int_equal(idempotency_finish(st, "k", "a", 200, "old", NULL), FZ_OK);
	run("UPDATE idempotency SET at = at - 86399 * 1000");
	assert_int_equal(begin("k", "a", deploy, &status, &answer), FZ_OK);
	assert_int_equal(status, 200);
	run("UPDATE idempotency SET at = at - 2000");
	assert_int_equal(begin("k", "a", other, &status, &answer), FZ_OK);
	assert_int_equal(status, 0);
}

static void
test_prune(void **state)
{
	int64_t removed = -1, now = clock_wall_ms(), left = 0;
	struct writer *w;

	(void)state;
	assert_int_equal(writer_begin(st, 1000, &w), FZ_OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(sql_run(w,
				     "INSERT INTO idempotency VALUES('k', ?1, x'00', 200,"
				     " '', ?2)",
				     "ii", (int64_t)i, now + (i - 5) * 43000000LL),
		    FZ_OK);
	/* 0..2 are too old, 8 and 9 of a clock that was wrong. */
	assert_int_equal(idempotency_prune(w, 3, &removed), FZ_OK);
	assert_int_equal(removed, 3);
	assert_int_equal(idempotency_prune(w, 3, &removed), FZ_OK);
	assert_int_equal(removed, 2);
	assert_int_equal(sql_get_int(writer_reader(w), &left, "SELECT count(*) FROM"
	    " idempotency WHERE key BETWEEN '3' AND '7'", ""), FZ_OK);
	assert_int_equal(left, 5);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
}

#define ROUNDS 100

static pthread_barrier_t line;
static atomic_int winners[ROUNDS], refused[ROUNDS], wrong;

static void *
race(void *arg)
{
	struct arena *mine = arena_new();
	char key[16];

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		const char *answer = NULL;
		int status = -1;
		enum fz_err err;

		(void)snprintf(key, sizeof(key), "%d", i);
		(void)pthread_barrier_wait(&line);
		err = idempotency_begin(st, mine, "k", key, deploy, &status, &answer);
		if (err == FZ_OK && status == 0)
			(void)atomic_fetch_add(&winners[i], 1);
		else if (err == FZ_CONFLICT)
			(void)atomic_fetch_add(&refused[i], 1);
		else
			(void)atomic_fetch_add(&wrong, 1);
	}
	arena_free(mine);
	return NULL;
}

static void
test_race(void **state)
{
	pthread_t t[2];

	(void)state;
	(void)pthread_barrier_init(&line, NULL, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&t[i], NULL, race, NULL), 0);
	for (size_t i = 0; i < 2; i++)
		(void)pthread_join(t[i], NULL);
	(void)pthread_barrier_destroy(&line);
	assert_int_equal(atomic_load(&wrong), 0);
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(atomic_load(&winners[i]), 1);
		assert_int_equal(atomic_load(&refused[i]), 1);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(test_answer_again),
		T(test_forget),
		T(test_dead_claim),
		T(test_day),
		T(test_prune),
		T(test_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
