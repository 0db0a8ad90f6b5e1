/*
 * Durable writes a second: the store against one connection a thread.
 *
 *	store_bench [--seconds N] [--dir DIR] [--callers 1,8,32,128] [--delay-us 0,1000]
 *
 * One write is an upsert of 100 bytes at a random key of 200,000 and counts when it is on
 * the disk.  "naive" is what one writes first: a connection a thread, BEGIN IMMEDIATE,
 * synchronous=FULL, busy_timeout.  --delay-us adds that much to each sync, for disks
 * slower than this one.  Rounds are interleaved; the medians of three are printed.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/sql.h"
#include "store/store.h"

#define KEYS 200000
#define ROUNDS 3
#define CALLERS_MAX 256
#define LATENCIES 400000	/* of one caller */
#define UPSERT "INSERT INTO bench(k, v) VALUES(?1, ?2) ON CONFLICT(k) DO UPDATE SET v=?2"
#define TABLE "CREATE TABLE IF NOT EXISTS bench(k INTEGER PRIMARY KEY, v TEXT NOT NULL)"
#define FILL                                                                           \
	"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<200000)" \
	" INSERT OR IGNORE INTO bench SELECT x, printf('%0100d', x) FROM c"

/* -- a slower disk: the default VFS with a pause in each sync ------------------------ */

static atomic_int delay_us;
static sqlite3_vfs *under;
static int (*real_sync)(sqlite3_file *, int);

static int
slow_sync(sqlite3_file *f, int flags)
{
	int us = atomic_load(&delay_us);

	if (us > 0)
		(void)usleep((useconds_t)us);
	return real_sync(f, flags);
}

/* The unix VFS has one method table for files that are locked and shared alike. */
static int
slow_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags, int *out)
{
	static sqlite3_io_methods slow[4];
	static const sqlite3_io_methods *real[4];
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int rc = under->xOpen(under, name, f, flags, out);
	size_t i = 0;

	(void)vfs;
	if (rc != SQLITE_OK)
		return rc;
	(void)pthread_mutex_lock(&lock);
	while (i < 4 && real[i] != NULL && real[i] != f->pMethods)
		i++;
	if (i < 4) {
		if (real[i] == NULL) {
			real[i] = f->pMethods;
			slow[i] = *f->pMethods;
			real_sync = slow[i].xSync;
			slow[i].xSync = slow_sync;
		}
		f->pMethods = &slow[i];
	}
	(void)pthread_mutex_unlock(&lock);
	return SQLITE_OK;
}

static void
insert_slow_disk(void)
{
	static sqlite3_vfs vfs;

	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	under = sqlite3_vfs_find(NULL);
	vfs = *under;
	vfs.zName = "slow";
	vfs.pNext = NULL;
	vfs.xOpen = slow_open;
	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		exit(1);
}

/* -- the two ways ------------------------------------------------------------------ */

struct caller {
	pthread_t	 thread;
	unsigned	 seed;
	sqlite3		*db;		/* naive */
	sqlite3_stmt	*st;
	uint64_t	 writes;
	uint64_t	 failed;
	uint32_t	*us;		/* latencies */
};

static atomic_bool enough;
static struct store *store;
static char naive_path[512], store_path[512];

static void
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "store_bench: %s: %s\n", what, why);
	exit(1);
}

static bool
naive_write(struct caller *c, int64_t key, const char *value)
{
	if (sqlite3_exec(c->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return false;
	(void)sqlite3_bind_int64(c->st, 1, key);
	(void)sqlite3_bind_text(c->st, 2, value, -1, SQLITE_STATIC);
	if (sqlite3_step(c->st) != SQLITE_DONE)
		die("naive", sqlite3_errmsg(c->db));
	(void)sqlite3_reset(c->st);
	return sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

static bool
store_write(struct caller *c, int64_t key, const char *value)
{
	uint64_t seq = 0;
	struct writer *w;

	(void)c;
	if (writer_begin(store, 10000, &w) != FZ_OK)
		return false;
	if (sql_run(w, UPSERT, "it", key, value) != FZ_OK) {
		writer_abort(w);
		return false;
	}
	if (writer_commit(w, &seq) != FZ_OK)
		return false;
	store_durable(store, seq);
	return true;
}

static void *
call(void *arg)
{
	struct caller *c = arg;
	char value[101];

	while (!atomic_load_explicit(&enough, memory_order_relaxed)) {
		int64_t key = 1 + rand_r(&c->seed) % KEYS, start = clock_mono_us();

		/* Never what is there already: SQLite would not write that. */
		(void)snprintf(value, sizeof(value), "%0100lld", (long long)start);
		if (!(c->db != NULL ? naive_write : store_write)(c, key, value)) {
			c->failed++;
			continue;
		}
		if (c->writes < LATENCIES)
			c->us[c->writes] = (uint32_t)(clock_mono_us() - start);
		c->writes++;
	}
	return NULL;
}

static void
naive_open(struct caller *c)
{
	if (sqlite3_open_v2(naive_path, &c->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(c->db, 10000) != SQLITE_OK ||
	    sqlite3_exec(c->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", NULL,
		NULL, NULL) != SQLITE_OK)
		die("naive", sqlite3_errmsg(c->db));
}

static void
naive_close(struct caller *c)
{
	(void)sqlite3_finalize(c->st);
	(void)sqlite3_close(c->db);
	c->db = NULL;
	c->st = NULL;
}

static void
prepare_files(void)
{
	struct store_options o = { .path = store_path, .readers = 4, .may_create = true };
	struct caller c = { 0 };
	struct why why = { 0 };
	struct writer *w;

	naive_open(&c);
	if (sqlite3_exec(c.db, TABLE "; " FILL, NULL, NULL, NULL) != SQLITE_OK)
		die("naive", sqlite3_errmsg(c.db));
	naive_close(&c);
	if (store_open(&o, &store, &why) != FZ_OK)
		die("store", why.text);
	if (writer_begin(store, 10000, &w) != FZ_OK || sql_run(w, TABLE, "") != FZ_OK ||
	    sql_run(w, FILL, "") != FZ_OK || writer_commit(w, NULL) != FZ_OK)
		die("store", "cannot fill");
}

/* -- measuring --------------------------------------------------------------------- */

struct result {
	double	rate;
	double	p50;		/* ms */
	double	p99;
	double	max;
	double	failed;
};

static int
by_us(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static struct result
sum_up(struct caller *callers, int n, double seconds)
{
	struct result r = { 0 };
	size_t total = 0;
	uint32_t *all;

	for (int i = 0; i < n; i++)
		total += callers[i].writes < LATENCIES ? callers[i].writes : LATENCIES;
	all = xreallocarray(NULL, total + 1, sizeof(*all));
	total = 0;
	for (int i = 0; i < n; i++) {
		size_t kept = callers[i].writes < LATENCIES ? callers[i].writes
							    : LATENCIES;

		memcpy(all + total, callers[i].us, kept * sizeof(*all));
		total += kept;
		r.rate += (double)callers[i].writes / seconds;
		r.failed += (double)callers[i].failed;
	}
	qsort(all, total, sizeof(*all), by_us);
	if (total > 0) {
		r.p50 = all[total / 2] / 1000.0;
		r.p99 = all[total * 99 / 100] / 1000.0;
		r.max = all[total - 1] / 1000.0;
	}
	free(all);
	return r;
}

static struct result
measure(bool naive, int n, double seconds)
{
	static struct caller callers[CALLERS_MAX];
	struct result r;
	int64_t start;

	memset(callers, 0, sizeof(callers));
	atomic_store(&enough, false);
	for (int i = 0; i < n; i++) {
		callers[i].seed = (unsigned)i + 1;
		callers[i].us = xreallocarray(NULL, LATENCIES, sizeof(uint32_t));
		if (!naive)
			continue;
		naive_open(&callers[i]);
		if (sqlite3_prepare_v2(callers[i].db, UPSERT, -1, &callers[i].st, NULL) !=
		    SQLITE_OK)
			die("naive", sqlite3_errmsg(callers[i].db));
	}
	start = clock_mono_us();
	for (int i = 0; i < n; i++)
		if (pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0)
			die("thread", "cannot start");
	(void)usleep((useconds_t)(seconds * 1e6));
	atomic_store(&enough, true);
	for (int i = 0; i < n; i++)
		(void)pthread_join(callers[i].thread, NULL);
	r = sum_up(callers, n, (double)(clock_mono_us() - start) / 1e6);
	for (int i = 0; i < n; i++) {
		if (naive)
			naive_close(&callers[i]);
		free(callers[i].us);
	}
	return r;
}

static double
median(double a, double b, double c)
{
	if ((a <= b) == (b <= c))
		return b;
	return (b <= a) == (a <= c) ? a : c;
}

static struct result
middle(const struct result *r)
{
	return (struct result){
		.rate = median(r[0].rate, r[1].rate, r[2].rate),
		.p50 = median(r[0].p50, r[1].p50, r[2].p50),
		.p99 = median(r[0].p99, r[1].p99, r[2].p99),
		.max = median(r[0].max, r[1].max, r[2].max),
		.failed = r[0].failed + r[1].failed + r[2].failed,
	};
}

static void
print_row(const char *who, int us, int callers, const struct result *r)
{
	(void)printf("%5d  %7d  %-6s %9.0f %9.2f %9.2f %9.1f %7.0f", us, callers, who,
	    r->rate, r->p50, r->p99, r->max, r->failed);
}

static void
compare(int us, int callers, double seconds)
{
	struct result naive[ROUNDS], ours[ROUNDS], n, o;
	struct store_stats stats;

	atomic_store(&delay_us, us);
	for (int i = 0; i < ROUNDS; i++) {
		naive[i] = measure(true, callers, seconds);
		ours[i] = measure(false, callers, seconds);
	}
	store_stats(store, &stats);
	n = middle(naive);
	o = middle(ours);
	print_row("naive", us, callers, &n);
	(void)printf("\n");
	print_row("store", us, callers, &o);
	(void)printf(
	    "   x %.2f   WAL %.0f MB\n", o.rate / n.rate, (double)stats.wal_bytes / 1e6);
	(void)fflush(stdout);
}

static int
numbers(const char *list, int max, int *out)
{
	int n = 0;

	for (const char *s = list; s != NULL && n < max; n++) {
		out[n] = atoi(s);
		s = strchr(s, ',');
		if (s != NULL)
			s++;
	}
	return n;
}

int
main(int argc, char **argv)
{
	const char *callers_list = "1,8,32,128", *delay_list = "0,1000", *dir = NULL;
	int callers[8], delays[8], ncallers, ndelays;
	char made[] = "/tmp/store_bench-XXXXXX";
	double seconds = 2;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--seconds") == 0)
			seconds = atof(argv[i + 1]);
		else if (strcmp(argv[i], "--callers") == 0)
			callers_list = argv[i + 1];
		else if (strcmp(argv[i], "--delay-us") == 0)
			delay_list = argv[i + 1];
		else if (strcmp(argv[i], "--dir") == 0)
			dir = argv[i + 1];
		else
			die(argv[i], "unknown option");
	}
	if (dir == NULL)
		dir = mkdtemp(made);
	if (dir == NULL)
		die("folder", "cannot create");
	(void)snprintf(naive_path, sizeof(naive_path), "%s/naive.db", dir);
	(void)snprintf(store_path, sizeof(store_path), "%s/data.db", dir);
	ncallers = numbers(callers_list, 8, callers);
	ndelays = numbers(delay_list, 8, delays);
	insert_slow_disk();
	prepare_files();
	(void)printf(
	    "Durable upserts of 100 bytes among %d keys, %.1f s a run, medians of %d "
	    "interleaved rounds.\nnaive: a connection a thread, BEGIN IMMEDIATE, "
	    "synchronous=FULL.  delay: added to each sync.\nTimes are of a single write "
	    "in milliseconds; folder %s\n\n",
	    KEYS, seconds, ROUNDS, dir);
	(void)printf(
	    "delay  callers  who       acks/s       p50       p99       max  failed\n");
	for (int d = 0; d < ndelays; d++)
		for (int c = 0; c < ncallers; c++)
			if (callers[c] > 0 && callers[c] <= CALLERS_MAX)
				compare(delays[d], callers[c], seconds);
	atomic_store(&delay_us, 0);
	store_close(store);
	if (dir == made) {
		(void)unlink(naive_path);
		(void)unlink(store_path);
		(void)rmdir(dir);
	}
	return 0;
}
