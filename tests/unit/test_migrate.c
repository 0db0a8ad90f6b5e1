/* Migrations: forward only, all or nothing, a copy before, newer files untouched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "store/disk.h"
#include "store/migrate.h"
#include "store/sql.h"
#include "store/store.h"
#include "tests/unit/store_dir.h"

#define STEP(n, sql) { "store/schema/" n ".sql", sql, sizeof(sql) - 1 }
#define ONE STEP("001-one", "CREATE TABLE a(x); INSERT INTO a VALUES(1);")
#define TWO STEP("002-two", "ALTER TABLE a ADD COLUMN y; UPDATE a SET y=2;")
#define END { NULL, NULL, 0 }

static const struct embed one[] = { ONE, END };
static const struct embed two[] = { ONE, TWO, END };
static const struct embed broken[] = { ONE, TWO, STEP("003-three",
	"CREATE TABLE b(x); INSERT INTO nowhere VALUES(1);"), END };
static const struct embed sneaky[] = { ONE, STEP("002-two", "CREATE TABLE c(x); COMMIT;"),
	END };

static enum fz_err
run(const struct embed *steps, struct why *why)
{
	struct reader *c = NULL;
	enum fz_err err;

	err = dbconn_create(store_db, why);
	if (err == FZ_OK)
		err = dbconn_open(store_db, DBCONN_WRITE, &c, why);
	if (err == FZ_OK)
		err = migrate_check(c, steps, why);
	if (err == FZ_OK)
		err = dbconn_make_wal(c, why);
	if (err == FZ_OK)
		err = migrate_run(c, store_db, steps, why);
	dbconn_close(c);
	return err;
}

/* One integer out of a file. */
static int64_t
ask(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	int64_t v = -1;

	assert_int_equal(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		v = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return v;
}

static void
hash(uint8_t sha[SHA256_LEN])
{
	uint64_t size;

	assert_int_equal(disk_read(store_db, -1, &size, sha, NULL), FZ_OK);
}

static void
test_fresh(void **state)
{
	struct why why = { 0 };

	(void)state;
	assert_int_equal(run(two, &why), FZ_OK);
	assert_int_equal(ask(store_db, "SELECT x + y FROM a"), 3);
	assert_int_equal(ask(store_db, "PRAGMA user_version"), 2);
	assert_int_equal(run(two, &why), FZ_OK);
	assert_int_equal(ask(store_db, "SELECT count(*) FROM a"), 1);
}

static void
test_forward_with_copy(void **state)
{
	struct why why = { 0 };
	char copy[160];

	(void)state;
	(void)snprintf(copy, sizeof(copy), "%s.before-schema-2", store_db);
	assert_int_equal(run(one, &why), FZ_OK);
	assert_int_equal(access(copy, F_OK), -1);
	assert_int_equal(run(two, &why), FZ_OK);
	assert_int_equal(ask(store_db, "SELECT x + y FROM a"), 3);
	assert_int_equal(ask(store_db, "PRAGMA user_version"), 2);
	assert_int_equal(ask(copy, "PRAGMA user_version"), 1);
	assert_int_equal(ask(copy, "SELECT x FROM a"), 1);
	assert_int_equal(ask(copy, "SELECT y FROM a"), -1);
	/* The copy is whole: an old program goes on with it. */
	assert_int_equal(rename(copy, store_db), 0);
	assert_int_equal(run(one, &why), FZ_OK);
}

static void
test_newer_is_untouched(void **state)
{
	uint8_t before[SHA256_LEN], after[SHA256_LEN];
	struct why why = { 0 };
	char copy[160];

	(void)state;
	assert_int_equal(run(two, &why), FZ_OK);
	hash(before);
	assert_int_equal(run(one, &why), FZ_NOT_SUPPORTED);
	assert_non_null(strstr(why.text, "schema 2"));
	hash(after);
	assert_memory_equal(before, after, sizeof(before));
	(void)snprintf(copy, sizeof(copy), "%s.before-schema-3", store_db);
	assert_int_equal(access(copy, F_OK), -1);
}

static void
fails_and_leaves(const struct embed *steps, const char *says)
{
	uint8_t before[SHA256_LEN], after[SHA256_LEN];
	struct why why = { 0 };

	assert_int_equal(run(one, &why), FZ_OK);
	hash(before);
	assert_int_not_equal(run(steps, &why), FZ_OK);
	assert_non_null(strstr(why.text, says));
	hash(after);
	assert_memory_equal(before, after, sizeof(before));
	assert_int_equal(ask(store_db, "PRAGMA user_version"), 1);
	assert_int_equal(ask(store_db, "SELECT count(*) FROM sqlite_schema"), 1);
	assert_int_equal(ask(store_db, "SELECT x FROM a"), 1);
	/* And the program before goes on. */
	assert_int_equal(run(one, &why), FZ_OK);
}

static void
test_broken_step(void **state)
{
	(void)state;
	fails_and_leaves(broken, "003-three.sql: no such table: nowhere");
	/* At every restart: no pile of copies. */
	fails_and_leaves(broken, "003-three.sql");
}

static void
test_step_may_not_commit(void **state)
{
	struct why why = { 0 };

	(void)state;
	assert_int_equal(run(one, &why), FZ_OK);
	assert_int_equal(run(sneaky, &why), FZ_INTERNAL_ERROR);
	assert_non_null(strstr(why.text, "002-two.sql ends the transaction"));
	assert_int_equal(ask(store_db, "PRAGMA user_version"), 1);
}

static void
test_foreign_file(void **state)
{
	struct why why = { 0 };
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(store_db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE theirs(x)", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(run(two, &why), FZ_CORRUPT);
	assert_non_null(strstr(why.text, "not made by fazt-fcgi"));
	assert_int_equal(ask(store_db, "SELECT count(*) FROM sqlite_schema"), 1);
}

/* The steps that ship: numbered 1..n without a gap, and they apply. */
static void
test_shipped_steps(void **state)
{
	struct store_options o = { .path = store_db, .readers = 1, .may_create = true };
	struct store *st;
	int n = 0;

	(void)state;
	for (const struct embed *s = embed_schema; s->path != NULL; s++) {
		const struct embed alone[] = { *s, END };

		n++;
		assert_int_equal(migrate_last(alone), n);
	}
	assert_int_equal(migrate_last(embed_schema), n);
	assert_int_equal(store_open(&o, &st, NULL), FZ_OK);
	store_close(st);
	assert_int_equal(ask(store_db, "PRAGMA user_version"), n);
	assert_int_equal(ask(store_db, "PRAGMA auto_vacuum"), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, store_dir_new, store_dir_drop)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(test_fresh),
		T(test_forward_with_copy),
		T(test_newer_is_untouched),
		T(test_broken_step),
		T(test_step_may_not_commit),
		T(test_foreign_file),
		T(test_shipped_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
