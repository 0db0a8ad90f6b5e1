/* Backup while others write, verification that finds a flipped byte, careful restore. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "store/backup.h"
#include "store/sql.h"
#include "tests/unit/store_dir.h"

static struct store *st;
static struct arena *arena;
static char backups[96], target[96];

static int
setup(void **state)
{
	struct store_options o = { .readers = 2, .may_create = true };

	if (store_dir_new(state) != 0)
		return -1;
	(void)snprintf(backups, sizeof(backups), "%s/backups", store_dir);
	(void)snprintf(target, sizeof(target), "%s/target", store_dir);
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

/* Two rows in one transaction: a torn snapshot would hold one of them. */
static enum fz_err
put_pair(int i)
{
	struct writer *w;
	enum fz_err err;
	char name[32];

	err = writer_begin(st, 3000, &w);
	if (err != FZ_OK)
		return err;
	for (int k = 0; k < 2 && err == FZ_OK; k++) {
		(void)snprintf(name, sizeof(name), "%d-%d", i, k);
		err = sql_run(
		    w, "INSERT INTO setting(name, value) VALUES(?1, 'v')", "t", name);
	}
	if (err == FZ_OK)
		return writer_commit(w, NULL);
	writer_abort(w);
	return err;
}

static atomic_bool enough;
static atomic_int pairs;

static void *
keep_writing(void *arg)
{
	int64_t slowest = 0;

	(void)arg;
	while (!atomic_load(&enough)) {
		int64_t start = clock_mono_ms();

		if (put_pair(atomic_fetch_add(&pairs, 1)) != FZ_OK)
			return (void *)(intptr_t)-1;
		if (clock_mono_ms() - start > slowest)
			slowest = clock_mono_ms() - start;
	}
	return (void *)(intptr_t)slowest;
}

static void
make(const char *label, struct backup *b)
{
	struct why why = { 0 };

	if (backup_create(st, arena, backups, label, b, &why) != FZ_OK)
		fail_msg("%s", why.text);
}

static int64_t
count(const char *path)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	int64_t n = -1;

	assert_int_equal(
	    sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "SELECT count(*) FROM setting", -1, &s, NULL),
	    SQLITE_OK);
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

static void
test_under_writes(void **state)
{
	struct why why = { 0 };
	struct backup b[3];
	pthread_t writer;
	void *slowest;
	struct stat s;

	(void)state;
	atomic_store(&enough, false);
	atomic_store(&pairs, 0);
	assert_int_equal(pthread_create(&writer, NULL, keep_writing, NULL), 0);
	for (int i = 0; i < 3; i++) {
		(void)usleep(100000);
		make("night run/1", &b[i]);
	}
	atomic_store(&enough, true);
	(void)pthread_join(writer, &slowest);
	assert_true((intptr_t)slowest >= 0 && (intptr_t)slowest < 2000);
	for (int i = 0; i < 3; i++) {
		if (backup_verify(b[i].path, &why) != FZ_OK)
			fail_msg("%s", why.text);
		assert_int_equal(count(b[i].path) % 2, 0);
		assert_true(count(b[i].path) > 0);
		assert_int_equal(stat(b[i].path, &s), 0);
		assert_int_equal(s.st_mode & 07777, 0600);
		assert_true((uint64_t)s.st_size == b[i].size);
	}
	assert_true(count(b[2].path) > count(b[0].path));
	assert_non_null(strstr(b[0].name, "Z-night_run_1"));
	assert_string_equal(b[0].label, "night run/1");
	assert_int_equal(stat(backups, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0700);
}

static void
flip(const char *path, long at)
{
	FILE *f = fopen(path, "r+");
	int c;

	assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
	c = fgetc(f);
	assert_int_equal(fseek(f, -1, SEEK_CUR), 0);
	fputc(c ^ 1, f);
	fclose(f);
}

static void
test_flipped_byte(void **state)
{
	static const long places[] = { 30, 5000, -1 };
	struct why why = { 0 };
	struct backup b;

	(void)state;
	assert_int_equal(put_pair(1), FZ_OK);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		make(NULL, &b);
		assert_int_equal(backup_verify(b.path, &why), FZ_OK);
		flip(b.path, places[i]);
		assert_int_equal(backup_verify(b.path, &why), FZ_CORRUPT);
		assert_non_null(strstr(why.text, "SHA-256"));
	}
}

/* Without its FILE.json a backup still answers for its structure. */
static void
test_without_description(void **state)
{
	struct why why = { 0 };
	char json[200];
	struct backup b;

	(void)state;
	make("x", &b);
	(void)snprintf(json, sizeof(json), "%s.json", b.path);
	assert_int_equal(unlink(json), 0);
	assert_int_equal(backup_verify(b.path, &why), FZ_OK);
	flip(b.path, 4096 * 3 + 3);
	assert_int_equal(backup_verify(b.path, &why), FZ_CORRUPT);
	assert_int_equal(backup_verify("/nonexistent/x.db", &why), FZ_NOT_FOUND);
}

static void
test_bad_description(void **state)
{
	static const char *const texts[] = { "", "{", "{}", "{\"sha256\":\"00\"}",
		"{\"sha256\":5,\"size_bytes\":1}" };
	struct why why = { 0 };
	char json[200];
	struct backup b;

	(void)state;
	make("x", &b);
	(void)snprintf(json, sizeof(json), "%s.json", b.path);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		FILE *f = fopen(json, "w");

		fputs(texts[i], f);
		fclose(f);
		assert_int_equal(backup_verify(b.path, &why), FZ_CORRUPT);
	}
}

static void
test_no_room(void **state)
{
	struct why why = { 0 };
	struct backup b = { 0 };

	(void)state;
	/* A file system without any room for files. */
	assert_int_not_equal(
	    backup_create(st, arena, "/proc/self", "x", &b, &why), FZ_OK);
	assert_null(b.path);
	assert_true(why.text[0] != '\0');
}

static void
test_restore(void **state)
{
	struct store_options o = { .readers = 1 };
	struct why why = { 0 };
	struct store *copy;
	struct backup b;
	struct stat s;
	char db[128];

	(void)state;
	assert_int_equal(put_pair(1), FZ_OK);
	make("x", &b);
	assert_int_equal(put_pair(2), FZ_OK);
	assert_int_equal(backup_restore(b.path, target, false, &why), FZ_OK);
	(void)snprintf(db, sizeof(db), "%s/data.db", target);
	assert_int_equal(stat(db, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0600);
	assert_int_equal(count(db), 2);
	o.path = db;
	assert_int_equal(store_open(&o, &copy, &why), FZ_OK);
	store_close(copy);
	/* There is a file now. */
	assert_int_equal(backup_restore(b.path, target, false, &why), FZ_CONFLICT);
	assert_int_equal(backup_restore(b.path, target, true, &why), FZ_OK);
	assert_int_equal(count(db), 2);
}

static int
files_like(const char *dir, const char *prefix, const char *end)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	for (e = readdir(d); e != NULL; e = readdir(d)) {
		size_t len = strlen(e->d_name), tail = strlen(end);

		n += strncmp(e->d_name, prefix, strlen(prefix)) == 0 && len >= tail &&
		    strcmp(e->d_name + len - tail, end) == 0;
	}
	closedir(d);
	return n;
}

/* A WAL without its file would be replayed into the restored one: moved away as well. */
static void
test_restore_moves_wal(void **state)
{
	struct why why = { 0 };
	struct backup b;
	char wal[128];
	FILE *f;

	(void)state;
	make("x", &b);
	assert_int_equal(mkdir(target, 0700), 0);
	(void)snprintf(wal, sizeof(wal), "%s/data.db-wal", target);
	f = fopen(wal, "w");
	fputs("left over", f);
	fclose(f);
	assert_int_equal(backup_restore(b.path, target, false, &why), FZ_CONFLICT);
	assert_int_equal(backup_restore(b.path, target, true, &why), FZ_OK);
	assert_int_equal(access(wal, F_OK), -1);
	assert_int_equal(files_like(target, "data.db.before-restore-", "-wal"), 1);
}

static void
test_restore_refuses_damage(void **state)
{
	struct why why = { 0 };
	struct backup b;

	(void)state;
	make("x", &b);
	flip(b.path, 5000);
	assert_int_equal(backup_restore(b.path, target, true, &why), FZ_CORRUPT);
	assert_int_equal(access(target, F_OK), -1);
}

/* The store of another process that runs: not even with force. */
static void
test_restore_refuses_running(void **state)
{
	struct store_options o = { .path = store_db, .readers = 1 };
	struct why why = { 0 };
	struct backup b;
	int ready[2], done[2], status;
	char c;
	pid_t pid;

	(void)state;
	make("x", &b);
	store_close(st);
	st = NULL;
	assert_int_equal(pipe(ready) | pipe(done), 0);
	pid = fork();
	if (pid == 0) {
		close(done[1]);
		if (store_open(&o, &st, NULL) != FZ_OK || write(ready[1], "x", 1) != 1)
			_exit(1);
		(void)!read(done[0], &c, 1);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(backup_restore(b.path, store_dir, true, &why), FZ_CONFLICT);
	assert_non_null(strstr(why.text, "stop the server first"));
	close(done[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* It died without closing: its WAL goes with the file. */
	assert_int_equal(backup_restore(b.path, store_dir, true, &why), FZ_OK);
	assert_int_equal(files_like(store_dir, "data.db.before-restore-", "-wal"), 1);
	assert_int_equal(store_open(&o, &st, &why), FZ_OK);
	close(ready[0]);
	close(ready[1]);
	close(done[0]);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(test_under_writes),
		T(test_flipped_byte),
		T(test_without_description),
		T(test_bad_description),
		T(test_no_room),
		T(test_restore),
		T(test_restore_moves_wal),
		T(test_restore_refuses_damage),
		T(test_restore_refuses_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
