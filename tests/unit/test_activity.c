/* The audit ring: in order out as in, a full ring counts, rows are pruned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>

#include "base/str.h"
#include "store/activity.h"
#include "store/parts.h"
#include "store/sql.h"
#include "tests/unit/store_dir.h"

static struct store *st;

static int
setup(void **state)
{
	struct store_options o = { .readers = 2, .may_create = true };

	if (store_dir_new(state) != 0)
		return -1;
	o.path = store_db;
	return store_open(&o, &st, NULL) == FZ_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	store_close(st);
	st = NULL;
	return store_dir_drop(state);
}

static int64_t
ask(const char *literal)
{
	struct reader *r;
	int64_t v = -1;

	assert_int_equal(reader_open(st, &r), FZ_OK);
	assert_int_equal(sql_get_int(r, &v, literal, ""), FZ_OK);
	reader_close(r);
	return v;
}

static int64_t
rows_soon(int64_t want)
{
	int64_t n = ask("SELECT count(*) FROM activity");

	for (int i = 0; i < 100 && n < want; i++) {
		(void)usleep(20000);
		n = ask("SELECT count(*) FROM activity");
	}
	return n;
}

static void
test_all_columns(void **state)
{
	static const struct activity a = { 123, 9, "user", "u1", "192.0.2.1", "curl",
		"app", "a1", "blog", "deploy", "success", "{\"n\":1}" };

	(void)state;
	activity_add(st, &a);
	assert_int_equal(rows_soon(1), 1);
	assert_int_equal(ask("SELECT at=123 AND weight=9 AND actor_type='user' AND"
	    " actor_id='u1' AND actor_ip='192.0.2.1' AND actor_ua='curl' AND"
	    " resource_type='app' AND resource_id='a1' AND app='blog' AND action='deploy'"
	    " AND result='success' AND details='{\"n\":1}' FROM activity"), 1);
}

static void
test_nulls(void **state)
{
	static const struct activity a = { .weight = 1 };

	(void)state;
	activity_add(st, &a);
	assert_int_equal(rows_soon(1), 1);
	assert_int_equal(
	    ask("SELECT at > 1e12 AND actor_type='anonymous' AND actor_id IS NULL"
		" AND actor_ip IS NULL AND actor_ua IS NULL AND resource_type=''"
		" AND resource_id IS NULL AND app IS NULL AND action=''"
		" AND result='success' AND details IS NULL FROM activity"),
	    1);
}

/* Cut between characters; half of a JSON text is replaced by a whole one. */
static void
test_long_texts(void **state)
{
	struct activity a = { .actor_type = "user" };
	char ascii[301], umlauts[601], json[4000];

	(void)state;
	memset(ascii, 'x', 300);
	ascii[300] = '\0';
	umlauts[0] = 'a';
	for (int i = 1; i < 600; i += 2)
		memcpy(umlauts + i, "\xc3\xa4", 2);
	umlauts[599] = '\0';
	memset(json, '"', sizeof(json) - 1);
	json[sizeof(json) - 1] = '\0';
	a.actor_ua = ascii;
	a.actor_id = umlauts;
	a.details = json;
	activity_add(st, &a);
	assert_int_equal(rows_soon(1), 1);
	assert_int_equal(ask("SELECT length(actor_ua) FROM activity"), 256);
	assert_int_equal(ask("SELECT length(CAST(actor_id AS BLOB)) FROM activity"), 255);
	assert_int_equal(ask("SELECT details='{\"truncated\":true}' FROM activity"), 1);
}

#define THREADS 4
#define EACH 2000

static void *
add_many(void *arg)
{
	char id[16];
	struct activity a = { .actor_type = "user", .action = "test", .actor_id = id };

	for (int i = 0; i < EACH; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		a.weight = (int)(intptr_t)arg;
		activity_add(st, &a);
		if (i % 500 == 0)
			(void)usleep(1000);
	}
	return NULL;
}

/* Each row is either written or counted, and each thread's rows stay in order. */
static void
test_threads(void **state)
{
	pthread_t t[THREADS];
	int64_t dropped;

	(void)state;
	for (intptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, add_many, (void *)i), 0);
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(t[i], NULL);
	dropped = (int64_t)activity_dropped(st);
	assert_int_equal(rows_soon(THREADS * EACH - dropped), THREADS * EACH - dropped);
	assert_int_equal(
	    ask("SELECT count(*) FROM (SELECT CAST(actor_id AS INTEGER) AS n,"
		" lag(CAST(actor_id AS INTEGER)) OVER (PARTITION BY weight ORDER BY id)"
		" AS p FROM activity) WHERE p >= n"),
	    0);
}

/* With the file locked by others rows wait, then are dropped, never written twice. */
static void
test_full_ring(void **state)
{
	struct activity a = { .actor_type = "user" };
	sqlite3 *db;
	int64_t kept;

	(void)state;
	assert_int_equal(sqlite3_open(store_db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, 5000), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 5000; i++)
		activity_add(st, &a);
	kept = 5000 - (int64_t)activity_dropped(st);
	assert_true(kept < 5000);
	assert_true(kept >= 1000);
	(void)usleep(500000);
	assert_int_equal(ask("SELECT count(*) FROM activity"), 0);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(rows_soon(kept), kept);
}

/* What was added before the end is there after it. */
static void
test_close_writes(void **state)
{
	struct store_options o = { .path = store_db, .readers = 1 };
	struct activity a = { .actor_type = "user" };

	(void)state;
	for (int i = 0; i < 10; i++)
		activity_add(st, &a);
	store_close(st);
	assert_int_equal(store_open(&o, &st, NULL), FZ_OK);
	assert_int_equal(ask("SELECT count(*) FROM activity"), 10);
}

static void
test_prune(void **state)
{
	int64_t removed = -1;
	struct writer *w;

	(void)state;
	assert_int_equal(writer_begin(st, 1000, &w), FZ_OK);
	assert_int_equal(sql_run(w,
			     "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1"
			     " FROM c WHERE x<100) INSERT INTO activity(at, weight,"
			     " actor_type, resource_type, action, result)"
			     " SELECT x, 1, '', '', '', '' FROM c",
			     ""),
	    FZ_OK);
	assert_int_equal(activity_prune(w, 60, 30, &removed), FZ_OK);
	assert_int_equal(removed, 30);
	assert_int_equal(activity_prune(w, 60, 30, &removed), FZ_OK);
	assert_int_equal(removed, 10);
	assert_int_equal(activity_prune(w, 60, 30, &removed), FZ_OK);
	assert_int_equal(removed, 0);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	assert_int_equal(ask("SELECT count(*) = 60 AND min(at) = 41 FROM activity"), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(test_all_columns),
		T(test_nulls),
		T(test_long_texts),
		T(test_threads),
		T(test_full_ring),
		T(test_close_writes),
		T(test_prune),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
