/*
 * Power cuts.  While threads write and checkpoints run, crash images of the database
 * and its WAL are made (torn_disk.h).  Each is opened as a store: it must be sound, hold
 * both rows of every pair or neither, and every row that was acknowledged before the
 * cut.
 *
 * That the check can fail is shown by acknowledging at the commit instead of
 * store_durable(): then rows are lost.
 *
 * FAZT_SEED repeats the dice, FAZT_IMAGES sets the number of images.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/parts.h"
#include "store/sql.h"
#include "tests/unit/store_dir.h"
#include "tests/unit/torn_disk.h"

#define THREADS 4
#define PAIRS_MAX 100000

static void
write_file(const char *path, const struct bytes *b)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
	fclose(f);
}

static struct store *st;
static bool wait_durable;
static atomic_bool enough;
static atomic_int acked[THREADS];	/* highest pair of each thread */
static atomic_int failures;

static enum fz_err
put_pair(int thread, int pair, uint64_t *seq)
{
	char name[32], value[600];
	struct writer *w;
	enum fz_err err;

	err = writer_begin(st, 10000, &w);
	if (err != FZ_OK)
		return err;
	memset(value, 'a' + pair % 26, sizeof(value) - 1);
	value[sizeof(value) - 1 - (size_t)pair % 500] = '\0';
	for (int half = 0; half < 2 && err == FZ_OK; half++) {
		(void)snprintf(name, sizeof(name), "%d-%d-%d", half, pair, thread);
		err = sql_run(w, "INSERT INTO setting(name, value) VALUES(?1, ?2)", "tt",
		    name, value);
	}
	if (err == FZ_OK)
		return writer_commit(w, seq);
	writer_abort(w);
	return err;
}

static void *
work(void *arg)
{
	int me = (int)(intptr_t)arg;

	for (int i = 1; i < PAIRS_MAX && !atomic_load(&enough); i++) {
		uint64_t seq = 0;

		if (put_pair(me, i, &seq) != FZ_OK) {
			(void)atomic_fetch_add(&failures, 1);
			return NULL;
		}
		if (wait_durable)
			store_durable(st, seq);
		atomic_store(&acked[me], i);
		(void)usleep(2000);
	}
	return NULL;
}

/* As the keeper does, but every few milliseconds instead of 4000 frames. */
static void *
keep_checkpointing(void *arg)
{
	struct reader *c = arg;

	while (!atomic_load(&enough)) {
		(void)usleep(7000);
		(void)sqlite3_wal_checkpoint_v2(
		    c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		if (!writer_hold(&st->writer, 1000))
			continue;
		(void)sqlite3_wal_checkpoint_v2(
		    c->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		writer_release(&st->writer);
	}
	return NULL;
}

struct result {
	int	images;
	int	corrupt;
	int	torn_pairs;
	int	lost_images;
	int	lost_rows;
};

/* Rows acknowledged but absent. */
static int64_t
missing(struct reader *r, const int *promised)
{
	int64_t lost = 0;

	for (int t = 0; t < THREADS; t++) {
		int64_t there = 0;

		assert_int_equal(sql_get_int(r, &there,
				     "SELECT count(*) FROM setting WHERE name LIKE"
				     " '0-%-' || ?1 AND CAST(substr(name, 3) AS INTEGER)"
				     " <= ?2",
				     "ii", (int64_t)t, (int64_t)promised[t]),
		    FZ_OK);
		lost += promised[t] - there;
	}
	return lost;
}

static void
examine(const char *db, const int *promised, struct result *res)
{
	struct store_options o = { .path = db, .readers = 1 };
	struct store *image = NULL;
	struct why why = { 0 };
	int64_t n = 0, lost;
	struct reader *r;
	struct sql *s;

	if (store_open(&o, &image, &why) != FZ_OK) {
		print_message("image %d: %s\n", res->images, why.text);
		res->corrupt++;
		return;
	}
	assert_int_equal(reader_open(image, &r), FZ_OK);
	s = sql_open(r, "PRAGMA integrity_check(1)", "");
	if (sql_row(s) != FZ_OK || strcmp(sql_text(s, 0), "ok") != 0)
		res->corrupt++;
	(void)sql_close(s);
	assert_int_equal(
	    sql_get_int(r, &n,
		"SELECT count(*) FROM setting a WHERE NOT EXISTS"
		" (SELECT 1 FROM setting b WHERE b.name = (1 - substr(a.name, 1, 1)) ||"
		" substr(a.name, 2))",
		""),
	    FZ_OK);
	res->torn_pairs += n != 0;
	lost = missing(r, promised);
	res->lost_images += lost != 0;
	res->lost_rows += (int)lost;
	reader_close(r);
	store_close(image);
}

/* What was promised is read first: whatever is promised later may be there or not. */
static void
cut(struct result *res)
{
	char dir[96], db[112], wal[128];
	struct bytes b, w;
	int promised[THREADS];

	for (int t = 0; t < THREADS; t++)
		promised[t] = atomic_load(&acked[t]);
	torn_disk_cut(&b, &w);
	(void)snprintf(dir, sizeof(dir), "%s/image", store_dir);
	(void)snprintf(db, sizeof(db), "%s/data.db", dir);
	(void)snprintf(wal, sizeof(wal), "%s/data.db-wal", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	write_file(db, &b);
	write_file(wal, &w);
	examine(db, promised, res);
	free(b.data);
	free(w.data);
	store_dir_empty(AT_FDCWD, dir);
	assert_int_equal(rmdir(dir), 0);
	res->images++;
}

static struct result
run(int images, int64_t ms)
{
	struct store_options o = { .path = store_db, .readers = 2, .may_create = true };
	struct result res = { 0 };
	pthread_t t[THREADS], checkpoints;
	int64_t end = clock_mono_ms() + ms;
	struct reader *c;

	torn_disk_trace(store_db);
	atomic_store(&enough, false);
	assert_int_equal(store_open(&o, &st, NULL), FZ_OK);
	assert_int_equal(dbconn_open(store_db, DBCONN_WRITE, &c, NULL), FZ_OK);
	for (intptr_t i = 0; i < THREADS; i++) {
		atomic_store(&acked[i], 0);
		assert_int_equal(pthread_create(&t[i], NULL, work, (void *)i), 0);
	}
	assert_int_equal(pthread_create(&checkpoints, NULL, keep_checkpointing, c), 0);
	while (res.images < images && clock_mono_ms() < end) {
		(void)usleep(1000 + roll(10000));
		cut(&res);
	}
	atomic_store(&enough, true);
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(t[i], NULL);
	(void)pthread_join(checkpoints, NULL);
	dbconn_close(c);
	store_close(st);
	torn_disk_trace(NULL);
	print_message(
	    "%s: %d images, %d corrupt, %d torn pairs, %d lost acknowledged rows "
	    "(%d), last pair %d\n",
	    wait_durable ? "durable" : "not waiting", res.images, res.corrupt,
	    res.torn_pairs, res.lost_images, res.lost_rows, atomic_load(&acked[0]));
	return res;
}

static int
images_wanted(int otherwise)
{
	const char *s = getenv("FAZT_IMAGES");

	return s != NULL ? atoi(s) : otherwise;
}

static void
test_nothing_acknowledged_is_lost(void **state)
{
	struct result res;

	(void)state;
	wait_durable = true;
	res = run(images_wanted(200), 25000);
	assert_int_equal(atomic_load(&failures), 0);
	assert_true(res.images >= 20);
	assert_int_equal(res.corrupt, 0);
	assert_int_equal(res.torn_pairs, 0);
	assert_int_equal(res.lost_images, 0);
}

static void
test_the_check_can_fail(void **state)
{
	struct result res;

	(void)state;
	wait_durable = false;
	res = run(40, 5000);
	assert_int_equal(res.corrupt, 0);
	assert_int_equal(res.torn_pairs, 0);
	assert_true(res.lost_images > 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_acknowledged_is_lost,
		    store_dir_new, store_dir_drop),
		cmocka_unit_test_setup_teardown(test_the_check_can_fail, store_dir_new,
		    store_dir_drop),
	};
	const char *seed = getenv("FAZT_SEED");

	dice = seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	print_message("FAZT_SEED=%llu\n", (unsigned long long)dice);
	if (torn_disk_insert() != SQLITE_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
