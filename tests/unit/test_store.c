/* The store's core: what is read, what is durable, what happens when it cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/parts.h"
#include "store/sql.h"
#include "tests/unit/store_dir.h"

static struct store *st;

static int
setup(void **state)
{
	struct store_options o = { .readers = 4, .may_create = true };
	struct why why = { 0 };

	if (store_dir_new(state) != 0)
		return -1;
	o.path = store_db;
	if (store_open(&o, &st, &why) != FZ_OK) {
		print_error("%s\n", why.text);
		return -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	store_close(st);
	st = NULL;
	return store_dir_drop(state);
}

static void
put(const char *name, const char *value, uint64_t *seq)
{
	struct writer *w;

	assert_int_equal(writer_begin(st, 3000, &w), FZ_OK);
	assert_int_equal(sql_run(w, "INSERT OR REPLACE INTO setting(name, value)"
	    " VALUES(?1, ?2)", "tt", name, value), FZ_OK);
	assert_int_equal(writer_commit(w, seq), FZ_OK);
}

static int64_t
rows_in(struct reader *r)
{
	int64_t n = -1;

	assert_int_equal(sql_get_int(r, &n, "SELECT count(*) FROM setting", ""), FZ_OK);
	return n;
}

static int64_t
rows(void)
{
	struct reader *r;
	int64_t n;

	assert_int_equal(reader_open(st, &r), FZ_OK);
	n = rows_in(r);
	reader_close(r);
	return n;
}

/* Another process, as SQLite sees it: a connection with nothing of ours. */
static sqlite3 *
foreign_open(void)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(store_db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, 5000), SQLITE_OK);
	return db;
}

static void
foreign_run(sqlite3 *db, const char *sql)
{
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
}

struct setting {
	const char	*pragma;
	const char	*reader;
	const char	*writer;
};

static void
pragma_is(sqlite3 *db, const char *pragma, const char *want)
{
	sqlite3_stmt *s;
	char sql[80];

	(void)snprintf(sql, sizeof(sql), "PRAGMA %s", pragma);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	if (sqlite3_step(s) != SQLITE_ROW ||
	    strcmp((const char *)sqlite3_column_text(s, 0), want) != 0)
		fail_msg("%s is %s, not %s", pragma, sqlite3_column_text(s, 0), want);
	sqlite3_finalize(s);
}

static void
test_pragmas(void **state)
{
	static const struct setting table[] = {
		{ "busy_timeout", "5000", "5000" },
		{ "secure_delete", "2", "2" },
		{ "temp_store", "2", "2" },
		{ "trusted_schema", "0", "0" },
		{ "foreign_keys", "0", "0" },
		{ "synchronous", "1", "1" },
		{ "wal_autocheckpoint", "0", "0" },
		{ "journal_mode", "wal", "wal" },
		{ "page_size", "4096", "4096" },
		{ "auto_vacuum", "2", "2" },
		{ "query_only", "1", "0" },
		{ "cache_size", "-2000", "-32000" },
		{ "application_id", "1180793460", "1180793460" },
	};
	struct reader *r[4];
	struct writer *w;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(reader_open(st, &r[i]), FZ_OK);
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (size_t k = 0; k < 4; k++)
			pragma_is(sql_handle(r[k]), table[i].pragma, table[i].reader);
		pragma_is(sql_handle(writer_reader(w)), table[i].pragma, table[i].writer);
	}
	writer_abort(w);
	for (size_t i = 0; i < 4; i++)
		reader_close(r[i]);
}

static void
test_mode(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct stat s;
	char name[128];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", store_db, suffixes[i]);
		assert_int_equal(stat(name, &s), 0);
		assert_int_equal(s.st_mode & 07777, 0600);
	}
}

static void
test_own_writes(void **state)
{
	struct reader *before;

	(void)state;
	assert_int_equal(reader_open(st, &before), FZ_OK);
	assert_int_equal(rows_in(before), 0);
	put("a", "1", NULL);
	assert_int_equal(rows(), 1);
	assert_int_equal(rows_in(before), 0);
	reader_close(before);
}

static void
test_writer_reads_itself(void **state)
{
	struct writer *w;

	(void)state;
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	assert_int_equal(sql_run(w, "INSERT INTO setting VALUES('a', 'b')", ""), FZ_OK);
	assert_int_equal(sql_changes(w), 1);
	assert_int_equal(rows_in(writer_reader(w)), 1);
	assert_int_equal(rows(), 0);
	writer_abort(w);
	assert_int_equal(rows(), 0);
}

static void
test_seq(void **state)
{
	uint64_t first = 0, second = 0, high = UINT64_MAX;

	(void)state;
	store_durable(st, 0);
	put("a", "1", &first);
	put("b", "2", &second);
	assert_true(first > 0);
	assert_true(second > first);
	put("c", "3", &high);
	assert_true(high == UINT64_MAX);
	store_durable(st, second);
	store_durable(st, first);
}

static void
test_durable_syncs(void **state)
{
	struct store_stats before, after;
	uint64_t seq = 0;

	(void)state;
	put("a", "1", &seq);
	store_stats(st, &before);
	store_durable(st, seq);
	store_stats(st, &after);
	assert_true(after.syncs >= 2);
	assert_true(after.commits >= 1);
	assert_true(after.wal_bytes > 0);
	assert_true(after.db_bytes > 0);
}

/* A constraint costs its statement, not the transaction. */
static void
test_conflict_keeps_transaction(void **state)
{
	struct writer *w;

	(void)state;
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	assert_int_equal(sql_run(w, "INSERT INTO setting VALUES('a', '1')", ""), FZ_OK);
	assert_int_equal(
	    sql_run(w, "INSERT INTO setting VALUES('a', '2')", ""), FZ_CONFLICT);
	assert_int_equal(sql_run(w, "INSERT INTO setting VALUES('b', '2')", ""), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	assert_int_equal(rows(), 2);
}

/* SQLite may give the whole transaction up; nothing of it may be written afterwards. */
static void
test_lost_transaction(void **state)
{
	uint64_t seq = 0;
	struct writer *w;

	(void)state;
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	assert_int_equal(sql_run(w, "INSERT INTO setting VALUES('a', '1')", ""), FZ_OK);
	assert_int_not_equal(
	    sql_run(w, "INSERT OR ROLLBACK INTO setting VALUES('a', '2')", ""), FZ_OK);
	assert_int_not_equal(
	    sql_run(w, "INSERT INTO setting VALUES('b', '2')", ""), FZ_OK);
	assert_int_not_equal(writer_commit(w, &seq), FZ_OK);
	assert_true(seq == 0);
	assert_int_equal(rows(), 0);
	put("c", "3", NULL);
	assert_int_equal(rows(), 1);
}

/* The file may not grow: the insert fails, reads go on, more room heals it. */
static void
test_full(void **state)
{
	char big[20000];
	enum fz_err err;
	struct writer *w;
	int64_t pages;

	(void)state;
	put("a", "1", NULL);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	assert_int_equal(
	    sql_get_int(writer_reader(w), &pages, "PRAGMA page_count", ""), FZ_OK);
	assert_int_equal(sqlite3_exec(sql_handle(writer_reader(w)),
			     "PRAGMA max_page_count=1", NULL, NULL, NULL),
	    SQLITE_OK);
	err = sql_run(w, "INSERT INTO setting VALUES('big', ?1)", "t", big);
	assert_int_equal(err, FZ_STORAGE_FULL);
	writer_abort(w);
	assert_int_equal(rows(), 1);
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	assert_int_equal(sqlite3_exec(sql_handle(writer_reader(w)),
	    "PRAGMA max_page_count=1073741823", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(
	    sql_run(w, "INSERT INTO setting VALUES('big', ?1)", "t", big), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	assert_int_equal(rows(), 2);
}

static void
test_busy(void **state)
{
	sqlite3 *db = foreign_open();
	struct store_stats stats;
	struct writer *w = NULL;
	int64_t start, took;

	(void)state;
	put("a", "1", NULL);
	foreign_run(db, "BEGIN EXCLUSIVE");
	start = clock_mono_ms();
	assert_int_equal(writer_begin(st, 200, &w), FZ_OVERLOADED);
	took = clock_mono_ms() - start;
	assert_null(w);
	assert_true(took >= 150);
	assert_true(took < 5000);
	assert_int_equal(rows(), 1);
	store_stats(st, &stats);
	assert_true(stats.busy >= 1);
	foreign_run(db, "COMMIT");
	sqlite3_close(db);
	assert_true(store_writable(st));
}

/* A thread says where it failed. */
#define LINE ((void *)(intptr_t)__LINE__)

static void *
hold(void *arg)
{
	pthread_barrier_t *held = arg;
	struct writer *w;

	if (writer_begin(st, 1000, &w) != FZ_OK)
		return LINE;
	(void)pthread_barrier_wait(held);
	(void)usleep(400000);
	writer_abort(w);
	return NULL;
}

static void
test_deadline(void **state)
{
	pthread_barrier_t held;
	struct writer *w = NULL;
	int64_t start, took;
	pthread_t other;
	void *failed;

	(void)state;
	(void)pthread_barrier_init(&held, NULL, 2);
	assert_int_equal(pthread_create(&other, NULL, hold, &held), 0);
	(void)pthread_barrier_wait(&held);
	start = clock_mono_ms();
	assert_int_equal(writer_begin(st, 100, &w), FZ_OVERLOADED);
	took = clock_mono_ms() - start;
	assert_true(took >= 90 && took < 3000);
	assert_int_equal(writer_begin(st, 3000, &w), FZ_OK);
	writer_abort(w);
	(void)pthread_join(other, &failed);
	assert_null(failed);
	(void)pthread_barrier_destroy(&held);
}

static bool
generation_moves(uint64_t from, int64_t ms)
{
	int64_t end = clock_mono_ms() + ms;

	while (store_generation(st) == from && clock_mono_ms() < end)
		(void)usleep(2000);
	return store_generation(st) != from;
}

static void
test_generation(void **state)
{
	struct writer *w;
	uint64_t g;
	sqlite3 *db;

	(void)state;
	/* Once the keeper's first look is over it stands still. */
	(void)usleep(100000);
	g = store_generation(st);
	put("a", "1", NULL);
	assert_false(generation_moves(g, 100));
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	writer_touch(w);
	writer_abort(w);
	assert_true(store_generation(st) == g);
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	writer_touch(w);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	assert_true(store_generation(st) != g);
	g = store_generation(st);
	db = foreign_open();
	foreign_run(db, "INSERT INTO setting VALUES('foreign', 'x')");
	assert_true(generation_moves(g, 1000));
	sqlite3_close(db);
}

static void
test_reader_pool(void **state)
{
	struct reader *r[4], *again;
	struct store_stats stats;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(reader_open(st, &r[i]), FZ_OK);
	store_stats(st, &stats);
	assert_int_equal(stats.readers_open, 4);
	assert_int_equal(stats.readers_used, 4);
	assert_int_equal(reader_open(st, &again), FZ_OVERLOADED);
	reader_close(r[2]);
	assert_int_equal(reader_open(st, &again), FZ_OK);
	assert_ptr_equal(again, r[2]);
	reader_close(again);
	reader_close(r[0]);
	reader_close(r[1]);
	reader_close(r[3]);
	store_stats(st, &stats);
	assert_int_equal(stats.readers_used, 0);
}

static void
test_long_read_is_cut(void **state)
{
	int64_t n, start = clock_mono_ms();
	struct reader *r;

	(void)state;
	assert_int_equal(reader_open(st, &r), FZ_OK);
	assert_int_equal(sql_get_int(r, &n, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL"
	    " SELECT x+1 FROM c) SELECT count(*) FROM c", ""), FZ_TIMEOUT);
	assert_true(clock_mono_ms() - start < LIMIT_READ_TX_MS + 6000);
	reader_close(r);
	assert_int_equal(rows(), 0);
}

static void
test_reader_cannot_write(void **state)
{
	struct reader *r;
	struct sql *s;

	(void)state;
	assert_int_equal(reader_open(st, &r), FZ_OK);
	s = sql_open(r, "INSERT INTO setting VALUES('a', 'b')", "");
	assert_int_not_equal(sql_row(s), FZ_NOT_FOUND);
	assert_int_not_equal(sql_close(s), FZ_OK);
	reader_close(r);
	assert_int_equal(rows(), 0);
}

/* One literal opened inside itself, and every kind of value there and back. */
static void
test_statements(void **state)
{
	static const char q[] = "SELECT ?1, ?2, ?3, ?4, ?5, ?6";
	struct arena *arena = arena_new();
	struct sql *outer, *inner;
	struct reader *r;
	size_t len;

	(void)state;
	assert_int_equal(reader_open(st, &r), FZ_OK);
	outer = sql_open(
	    r, q, "iItbdn", (int64_t)7, (int64_t)-1, "text", "b\0b", (size_t)3, 0.5);
	assert_int_equal(sql_row(outer), FZ_OK);
	inner = sql_open(
	    r, q, "iItbdn", (int64_t)8, (int64_t)9, NULL, "", (size_t)0, 1.5);
	assert_int_equal(sql_row(inner), FZ_OK);
	assert_int_equal(sql_int(outer, 0), 7);
	assert_true(sql_is_null(outer, 1));
	assert_string_equal(sql_text(outer, 2), "text");
	assert_memory_equal(sql_blob(outer, 3, &len), "b\0b", 3);
	assert_int_equal(len, 3);
	assert_true(sql_is_null(outer, 5));
	assert_int_equal(sql_int(inner, 0), 8);
	assert_int_equal(sql_int(inner, 1), 9);
	assert_string_equal(sql_text(inner, 2), "");
	assert_null(sql_dup(inner, 2, arena));
	assert_string_equal(sql_dup(outer, 2, arena), "text");
	assert_int_equal(sql_row(inner), FZ_NOT_FOUND);
	assert_int_equal(sql_row(inner), FZ_NOT_FOUND);
	assert_int_equal(sql_close(inner), FZ_OK);
	assert_int_equal(sql_close(outer), FZ_OK);
	assert_int_equal(
	    sql_close(sql_open(r, "SELECT nothing FROM nowhere", "")), FZ_IO);
	assert_int_equal(
	    sql_close(sql_open(r, "SELECT ?1, ?2, ?3", "")), FZ_INTERNAL_ERROR);
	reader_close(r);
	arena_free(arena);
}

#define THREADS 8
#define EACH 200

static void *
write_and_read(void *arg)
{
	char name[32];

	for (int i = 0; i < EACH; i++) {
		uint64_t seq = 0;
		struct reader *r;
		struct writer *w;
		int64_t n = 0;

		(void)snprintf(name, sizeof(name), "%d-%d", (int)(intptr_t)arg, i);
		if (writer_begin(st, 10000, &w) != FZ_OK)
			return LINE;
		if (sql_run(w, "INSERT INTO setting(name, value) VALUES(?1, '')", "t",
		    name) != FZ_OK)
			return LINE;
		if (writer_commit(w, &seq) != FZ_OK)
			return LINE;
		if (reader_open(st, &r) != FZ_OK)
			return LINE;
		if (sql_get_int(
			r, &n, "SELECT 1 FROM setting WHERE name=?1", "t", name) != FZ_OK)
			return LINE;
		reader_close(r);
		if (i % 4 == 0)
			store_durable(st, seq);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t t[THREADS];
	struct store_stats stats;

	(void)state;
	for (intptr_t i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&t[i], NULL, write_and_read, (void *)i), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;

		(void)pthread_join(t[i], &failed);
		if (failed != NULL)
			fail_msg("a thread failed in line %d", (int)(intptr_t)failed);
	}
	assert_int_equal(rows(), THREADS * EACH);
	store_stats(st, &stats);
	assert_true(stats.commits >= THREADS * EACH);
	assert_int_equal(stats.writers_waiting, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(test_pragmas),
		T(test_mode),
		T(test_own_writes),
		T(test_writer_reads_itself),
		T(test_seq),
		T(test_durable_syncs),
		T(test_conflict_keeps_transaction),
		T(test_lost_transaction),
		T(test_full),
		T(test_busy),
		T(test_deadline),
		T(test_generation),
		T(test_reader_pool),
		T(test_long_read_is_cut),
		T(test_reader_cannot_write),
		T(test_statements),
		T(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
