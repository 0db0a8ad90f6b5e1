/*
 * Disk faults below the store: a write that fails leaves nothing of its transaction and
 * the next one works; a sync that fails ends the process; below the reserve
 * writers are refused, readers go on, and space that comes back is noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <signal.h>
#include <stdatomic.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "store/activity.h"
#include "store/backup.h"
#include "store/parts.h"
#include "store/sql.h"
#include "tests/unit/store_dir.h"

/* -- a failing disk ---------------------------------------------------------------- */

static atomic_int fail_in;		/* the n-th write from now, 0 = none */
static atomic_bool fail_on;		/* all after it, too */
static atomic_int fail_rc;
static atomic_bool fail_sync_wal;
static atomic_bool fail_sync_db;
static atomic_bool disk_is_full;
static sqlite3_vfs *under;
static const sqlite3_io_methods *real;	/* its writing and syncing serve both kinds */

static int
f_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
	if (atomic_load(&fail_in) > 0 && atomic_fetch_sub(&fail_in, 1) == 1) {
		if (atomic_load(&fail_on))
			atomic_store(&fail_in, 1);
		return atomic_load(&fail_rc);
	}
	return real->xWrite(f, data, len, at);
}

static int
f_sync_wal(sqlite3_file *f, int flags)
{
	return atomic_load(&fail_sync_wal) ? SQLITE_IOERR_FSYNC : real->xSync(f, flags);
}

static int
f_sync_db(sqlite3_file *f, int flags)
{
	return atomic_load(&fail_sync_db) ? SQLITE_IOERR_FSYNC : real->xSync(f, flags);
}

/* The default VFS has a table for the database, which is locked, and one for the WAL. */
static int
v_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *out)
{
	static sqlite3_io_methods for_db, for_wal;
	int rc = under->xOpen(under, name, f, flags, out);
	sqlite3_io_methods *mine = flags & SQLITE_OPEN_WAL ? &for_wal : &for_db;

	(void)vfs;
	if (rc != SQLITE_OK || !(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
		return rc;
	if (mine->xWrite == NULL) {
		real = f->pMethods;
		*mine = *real;
		mine->xWrite = f_write;
		mine->xSync = flags & SQLITE_OPEN_WAL ? f_sync_wal : f_sync_db;
	}
	f->pMethods = mine;
	return SQLITE_OK;
}

static int
insert_disk(void)
{
	static sqlite3_vfs vfs;

	under = sqlite3_vfs_find(NULL);
	vfs = *under;
	vfs.zName = "failing";
	vfs.pNext = NULL;
	vfs.xOpen = v_open;
	return sqlite3_vfs_register(&vfs, 1);
}

/* In place of the C library's: the store asks how much room there is. */
int
statvfs(const char *path, struct statvfs *fs)
{
	struct statvfs64 real_fs;
	int rc = statvfs64(path, &real_fs);

	memcpy(fs, &real_fs, sizeof(*fs));
	if (atomic_load(&disk_is_full))
		fs->f_bavail = 15 * 1024 * 1024 / fs->f_frsize;
	return rc;
}

/* -- tests ------------------------------------------------------------------------- */

static struct store *st;

static int
setup(void **state)
{
	struct store_options o = { .readers = 2, .may_create = true };

	if (store_dir_new(state) != 0)
		return -1;
	o.path = store_db;
	if (store_open(&o, &st, NULL) != FZ_OK)
		return -1;
	/* The keeper's first tidying would meet the faults meant for the test. */
	(void)usleep(100000);
	return 0;
}

static int
teardown(void **state)
{
	atomic_store(&fail_in, 0);
	atomic_store(&fail_on, false);
	atomic_store(&disk_is_full, false);
	store_close(st);
	st = NULL;
	return store_dir_drop(state);
}

static enum fz_err
put_pair(int n)
{
	char name[32], big[9000];
	struct writer *w;
	enum fz_err err;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	err = writer_begin(st, 1000, &w);
	if (err != FZ_OK)
		return err;
	for (int half = 0; half < 2 && err == FZ_OK; half++) {
		(void)snprintf(name, sizeof(name), "%d-%d", half, n);
		err = sql_run(w, "INSERT INTO setting(name, value) VALUES(?1, ?2)", "tt",
		    name, big);
	}
	if (err == FZ_OK)
		return writer_commit(w, NULL);
	writer_abort(w);
	return err;
}

static int64_t
rows(void)
{
	struct reader *r;
	int64_t n = -1;

	assert_int_equal(reader_open(st, &r), FZ_OK);
	assert_int_equal(sql_get_int(r, &n, "SELECT count(*) FROM setting", ""), FZ_OK);
	reader_close(r);
	return n;
}

static bool
sound(void)
{
	struct reader *r;
	struct sql *s;
	bool ok;

	assert_int_equal(reader_open(st, &r), FZ_OK);
	s = sql_open(r, "PRAGMA integrity_check(1)", "");
	ok = sql_row(s) == FZ_OK && strcmp(sql_text(s, 0), "ok") == 0;
	(void)sql_close(s);
	reader_close(r);
	return ok;
}

static void
each_write_fails_once(int rc, enum fz_err expected, bool on)
{
	int64_t good = 0;
	int failed = 0;

	for (int k = 1; k <= 30; k++) {
		enum fz_err err;

		atomic_store(&fail_rc, rc);
		atomic_store(&fail_on, on);
		atomic_store(&fail_in, k);
		err = put_pair(k);
		atomic_store(&fail_in, 0);
		if (err == FZ_OK) {
			good += 2;
		} else {
			failed++;
			assert_int_equal(err, expected);
		}
		assert_int_equal(rows(), good);
		/* The store goes on without a restart. */
		assert_int_equal(put_pair(1000 + k), FZ_OK);
		good += 2;
		assert_int_equal(rows(), good);
	}
	/* Some counts are beyond what one transaction writes. */
	assert_true(failed >= 5);
	assert_true(failed < 30);
	assert_true(sound());
}

static void
test_full(void **state)
{
	(void)state;
	each_write_fails_once(SQLITE_FULL, FZ_STORAGE_FULL, false);
}

static void
test_full_and_stays_so(void **state)
{
	(void)state;
	each_write_fails_once(SQLITE_FULL, FZ_STORAGE_FULL, true);
}

static void
test_io_error(void **state)
{
	(void)state;
	each_write_fails_once(SQLITE_IOERR_WRITE, FZ_IO, false);
}

/* Copying into the file fails for a while: nothing is lost and it is done later. */
static void
test_checkpoint_fails(void **state)
{
	(void)state;
	assert_int_equal(put_pair(1), FZ_OK);
	atomic_store(&fail_rc, SQLITE_FULL);
	atomic_store(&fail_on, true);
	atomic_store(&fail_in, 1);
	(void)usleep(1500000);
	assert_true(atomic_load(&st->wal_frames) > 0);
	assert_int_equal(rows(), 2);
	atomic_store(&fail_in, 0);
	for (int i = 0; i < 150 && atomic_load(&st->wal_frames) != 0; i++)
		(void)usleep(20000);
	assert_int_equal(atomic_load(&st->wal_frames), 0);
	assert_int_equal(rows(), 2);
	assert_true(sound());
}

static void
test_reserve(void **state)
{
	struct activity a = { .actor_type = "user" };
	struct arena *arena = arena_new();
	struct store_stats stats;
	struct why why = { 0 };
	struct backup b;
	struct writer *w = NULL;
	char dir[96];

	(void)state;
	assert_int_equal(put_pair(1), FZ_OK);
	atomic_store(&disk_is_full, true);
	assert_int_equal(writer_begin(st, 100, &w), FZ_STORAGE_FULL);
	assert_null(w);
	assert_int_equal(rows(), 2);
	assert_false(store_writable(st));
	store_stats(st, &stats);
	assert_true(stats.full);
	(void)snprintf(dir, sizeof(dir), "%s/backups", store_dir);
	assert_int_equal(backup_create(st, arena, dir, "x", &b, &why), FZ_STORAGE_FULL);
	assert_non_null(strstr(why.text, "MiB"));
	/* The WAL is room that only the store can give back. */
	for (int i = 0; i < 150 && stats.wal_bytes > 0; i++) {
		(void)usleep(20000);
		store_stats(st, &stats);
	}
	assert_true(stats.wal_bytes == 0);
	assert_int_equal(rows(), 2);
	/* Rows of the audit log wait; tidying may use the reserve. */
	activity_add(st, &a);
	(void)usleep(300000);
	store_tidy(st);
	atomic_store(&disk_is_full, false);
	assert_true(store_writable(st));
	assert_int_equal(put_pair(2), FZ_OK);
	store_stats(st, &stats);
	assert_false(stats.full);
	assert_int_equal(activity_dropped(st), 0);
	arena_free(arena);
}

/* In a child that opens the store itself: SQLite does not survive a fork. */
static int
child(bool checkpoint)
{
	struct store_options o = { .path = store_db, .readers = 1, .may_create = true };
	struct writer *w;
	uint64_t seq = 0;

	if (freopen("/dev/null", "w", stderr) == NULL ||
	    store_open(&o, &st, NULL) != FZ_OK || writer_begin(st, 1000, &w) != FZ_OK ||
	    sql_run(w, "INSERT OR REPLACE INTO setting VALUES('a', 'b')", "") != FZ_OK ||
	    writer_commit(w, &seq) != FZ_OK)
		return 2;
	atomic_store(checkpoint ? &fail_sync_db : &fail_sync_wal, true);
	if (checkpoint)
		(void)usleep(3000000);
	else
		store_durable(st, seq);
	return 3;
}

static void
dies(bool checkpoint)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(child(checkpoint));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void
test_sync_fails(void **state)
{
	(void)state;
	dies(false);
	dies(true);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sync_fails, store_dir_new,
		    store_dir_drop),
		T(test_full),
		T(test_full_and_stays_so),
		T(test_io_error),
		T(test_checkpoint_fails),
		T(test_reserve),
	};

	if (insert_disk() != SQLITE_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
