/*
 * A store's life: opening new, damaged and shared files, checkpoints, tidying, what a
 * killed process left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/owner.h"
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

static bool
generation_moves(uint64_t from, int64_t ms)
{
	int64_t end = clock_mono_ms() + ms;

	while (store_generation(st) == from && clock_mono_ms() < end)
		(void)usleep(2000);
	return store_generation(st) != from;
}

/* Until the keeper has copied the WAL into the file. */
static void
wait_idle(void)
{
	for (int i = 0; i < 200 && atomic_load(&st->wal_frames) != 0; i++)
		(void)usleep(20000);
	assert_int_equal(atomic_load(&st->wal_frames), 0);
}

/* The WAL starts over and keeps its size, however much is written. */
static void
test_wal_stays_small(void **state)
{
	struct store_stats stats;
	char big[4000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (int i = 0; i < 12000; i++) {
		put("a", big, NULL);
		if (i % 2000 == 0)
			(void)usleep(30000);
	}
	store_stats(st, &stats);
	assert_true(stats.wal_bytes > 0);
	assert_true(stats.wal_bytes < 90 * MIB);
	/* Idle: everything is copied and the WAL is still there. */
	wait_idle();
	store_stats(st, &stats);
	assert_true(stats.wal_bytes > 0);
}

/* What is freed goes back to the disk, in slices. */
static void
test_tidy_gives_back(void **state)
{
	struct store_stats before, after;
	struct writer *w;

	(void)state;
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	assert_int_equal(sql_run(w,
			     "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1"
			     " FROM c WHERE x<4000) INSERT INTO chunk(blob, enc, n,"
			     " data) SELECT -1, 0, x, zeroblob(4000) FROM c",
			     ""),
	    FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	wait_idle();
	store_stats(st, &before);
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	assert_int_equal(sql_run(w, "DELETE FROM chunk", ""), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	store_tidy(st);
	wait_idle();
	store_stats(st, &after);
	assert_true(before.db_bytes > 12 * MIB);
	assert_true(after.db_bytes < 6 * MIB);
}

static void
test_owner(void **state)
{
	static const char *const dead[] = { "", "1", "1:2", "x:y:z",
		"999999999:1:00000000", "-1:1:00000000" };
	char self[OWNER_LEN], other[OWNER_LEN + 8];

	(void)state;
	owner_self(self);
	assert_true(owner_alive(self));
	for (size_t i = 0; i < sizeof(dead) / sizeof(dead[0]); i++)
		assert_false(owner_alive(dead[i]));
	(void)snprintf(other, sizeof(other), "%sx", self);
	assert_false(owner_alive(other));
	/* Our pid, started at another time. */
	(void)snprintf(other, sizeof(other), "%d:1%s", (int)getpid(), strrchr(self, ':'));
	assert_false(owner_alive(other));
	/* Our pid and start, of another boot. */
	(void)snprintf(other, sizeof(other), "%s", self);
	other[strlen(other) - 1] = other[strlen(other) - 1] == '0' ? '1' : '0';
	assert_false(owner_alive(other));
}

/* What a killed process received is gone after the next start; ours stays. */
static void
test_orphans_are_swept(void **state)
{
	struct store_options o = { .readers = 2 };
	char self[OWNER_LEN];
	struct reader *r;
	struct writer *w;
	int64_t n = 0;

	(void)state;
	owner_self(self);
	assert_int_equal(writer_begin(st, 100, &w), FZ_OK);
	assert_int_equal(
	    sql_run(w,
		"INSERT INTO upload(id, app, owner, expires) VALUES"
		" ('dead', NULL, '999999999:1:00000000', 9e15), ('ours', NULL, ?1, 9e15)",
		"t", self),
	    FZ_OK);
	assert_int_equal(sql_run(w,
			     "INSERT INTO blob(id, sha256, size) VALUES(1, NULL, 5),"
			     " (2, x'02', 5), (3, x'03', 5)",
			     ""),
	    FZ_OK);
	assert_int_equal(sql_run(w,
			     "INSERT INTO chunk(blob, enc, n, data) VALUES(1, 0, 0,"
			     " 'abcde'), (2, 0, 0, 'abcde'), (3, 0, 0, 'abcde')",
			     ""),
	    FZ_OK);
	assert_int_equal(sql_run(w,
			     "INSERT INTO upload_blob VALUES('dead', 1), ('dead', 2),"
			     " ('ours', 3)",
			     ""),
	    FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	store_close(st);
	o.path = store_db;
	assert_int_equal(store_open(&o, &st, NULL), FZ_OK);
	store_tidy(st);
	assert_int_equal(reader_open(st, &r), FZ_OK);
	assert_int_equal(
	    sql_get_int(r, &n, "SELECT group_concat(id) = '3' FROM blob", ""), FZ_OK);
	assert_int_equal(n, 1);
	assert_int_equal(sql_get_int(r, &n, "SELECT count(*) FROM chunk", ""), FZ_OK);
	assert_int_equal(n, 1);
	assert_int_equal(sql_get_int(r, &n, "SELECT count(*) FROM upload", ""), FZ_OK);
	assert_int_equal(n, 1);
	reader_close(r);
}

static void
test_open_refuses(void **state)
{
	struct store_options o = { .readers = 2 };
	struct store *other = NULL;
	struct why why = { 0 };
	char path[160];
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/absent.db", store_dir);
	o.path = path;
	assert_int_equal(store_open(&o, &other, &why), FZ_NOT_FOUND);
	f = fopen(path, "w");
	for (int i = 0; i < 5000; i++)
		fputs("not a database ", f);
	fclose(f);
	assert_int_equal(store_open(&o, &other, &why), FZ_CORRUPT);
	assert_non_null(strstr(why.text, "fazt-fcgi restore FILE --to /tmp/"));
	assert_null(other);
}

/* A page overwritten at rest is seen at the next start. */
static void
test_damage_is_seen(void **state)
{
	struct store_options o = { .path = store_db, .readers = 2 };
	struct store *other = NULL;
	struct why why = { 0 };
	char junk[4096];
	int fd;

	(void)state;
	for (int i = 0; i < 100; i++)
		put("a", "1", NULL);
	store_close(st);
	st = NULL;
	memset(junk, 0xa5, sizeof(junk));
	fd = open(store_db, O_WRONLY);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 4096L * 4), sizeof(junk));
	close(fd);
	assert_int_equal(store_open(&o, &other, &why), FZ_CORRUPT);
	assert_non_null(strstr(why.text, "is damaged"));
}

/* Two stores on one file, as during an upgrade. */
static void
test_two_stores(void **state)
{
	struct store_options o = { .path = store_db, .readers = 2 };
	struct store *first = st, *second = NULL;
	uint64_t seq = 0, g;

	(void)state;
	assert_int_equal(store_open(&o, &second, NULL), FZ_OK);
	put("a", "1", &seq);
	store_durable(first, seq);
	(void)usleep(100000);
	g = store_generation(first);
	st = second;
	seq = 0;
	put("b", "2", &seq);
	store_durable(second, seq);
	assert_int_equal(rows(), 2);
	st = first;
	assert_true(generation_moves(g, 1000));
	assert_int_equal(rows(), 2);
	store_close(second);
	put("c", "3", &seq);
	assert_int_equal(rows(), 3);
}

#define PROCESSES 6

static int
open_and_write(int n)
{
	struct store_options o = { .path = store_db, .readers = 1, .may_create = true };
	struct writer *w;
	uint64_t seq = 0;

	if (store_open(&o, &st, NULL) != FZ_OK)
		return 2;
	if (writer_begin(st, 5000, &w) != FZ_OK)
		return 3;
	if (sql_run(w, "INSERT INTO setting(name, value) VALUES(?1, '')", "i",
		(int64_t)n) != FZ_OK ||
	    writer_commit(w, &seq) != FZ_OK)
		return 4;
	store_durable(st, seq);
	store_close(st);
	return 0;
}

/* Several processes make the file at the same moment: one schema, every row. */
static void
test_created_together(void **state)
{
	struct store_options o = { .path = store_db, .readers = 1 };
	pid_t pid[PROCESSES];
	int status;

	(void)state;
	for (int i = 0; i < PROCESSES; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(open_and_write(i));
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(store_open(&o, &st, NULL), FZ_OK);
	assert_int_equal(rows(), PROCESSES);
	store_close(st);
	st = NULL;
}

/* Left to an outside tool: nothing is copied, not even on close. */
static void
test_no_checkpoint(void **state)
{
	struct store_options o = {
		.path = store_db, .readers = 2, .no_checkpoint = true
	};
	struct stat s;
	char wal[128];

	(void)state;
	store_close(st);
	assert_int_equal(store_open(&o, &st, NULL), FZ_OK);
	put("a", "1", NULL);
	(void)usleep(1300000);
	assert_true(atomic_load(&st->wal_frames) > 0);
	store_close(st);
	(void)snprintf(wal, sizeof(wal), "%s-wal", store_db);
	assert_int_equal(stat(wal, &s), 0);
	assert_true(s.st_size > 0);
	assert_int_equal(store_open(&o, &st, NULL), FZ_OK);
	assert_int_equal(rows(), 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(test_wal_stays_small),
		T(test_tidy_gives_back),
		T(test_owner),
		T(test_orphans_are_swept),
		T(test_open_refuses),
		T(test_damage_is_seen),
		T(test_two_stores),
		T(test_no_checkpoint),
		cmocka_unit_test_setup_teardown(test_created_together, store_dir_new,
		    store_dir_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
