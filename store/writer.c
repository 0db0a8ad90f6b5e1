/*
 * One write connection behind one lock, and no writer thread: a handler's own
 * thread runs its transaction, so a transaction is ordinary code, and a commit at
 * synchronous=NORMAL costs some 20 us.  Durability comes later and shared (syncer.c).
 * The lock is not fair on purpose: a strict queue halves the rate, because every
 * hand-over would wait for a sleeping thread.  Waiting is bounded in number and time.
 *
 * Another process may hold the file's own lock (an upgrade, the CLI).  BEGIN IMMEDIATE
 * waits for it within the same deadline, then it is FZ_OVERLOADED like any queue.
 *
 * Disk full.  Below STORE_RESERVE free bytes writers are refused before they begin;
 * what is left belongs to checkpoints, pruning and whoever cleans up.  statvfs(2) at each
 * begin costs about a microsecond, needs no state and so recovers by itself the
 * moment space is back.  A reserve file was refused: it must be given up and made
 * again by someone, two overlapping processes and the CLI would fight over it, and
 * making it again competes with the space it should protect.  A disk that fills within
 * a transaction is SQLITE_FULL, and nothing of the transaction stays.
 *
 * Commits of other processes show as a moved data_version on this connection, which
 * never counts its own.  It is looked at inside each transaction and, while
 * nobody writes, by the keeper.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/statvfs.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/parts.h"
#include "store/sql.h"

/* SQLite tells the number of frames in the WAL after each commit of ours. */
static int
count_frames(void *arg, sqlite3 *db, const char *schema, int frames)
{
	struct store *store = arg;

	(void)db;
	(void)schema;
	atomic_store_explicit(&store->wal_frames, (unsigned)frames, memory_order_relaxed);
	return SQLITE_OK;
}

static void
look(struct writer *w)
{
	int64_t now;

	if (sql_get_int(w->conn, &now, "PRAGMA data_version", "") != FZ_OK ||
	    now == w->data_version)
		return;
	w->data_version = now;
	atomic_fetch_add(&w->store->generation, 1);
	/* Whoever wrote may be gone: its frames are ours to copy. */
	(void)atomic_fetch_add(&w->store->wal_frames, 1);
}

enum fz_err
writer_start(struct store *store, struct reader *conn)
{
	struct writer *w = &store->writer;
	pthread_condattr_t attr;

	w->store = store;
	w->conn = conn;
	conn->store = store;
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->released, &attr);
	(void)pthread_cond_init(&w->turn, &attr);
	(void)pthread_condattr_destroy(&attr);
	(void)sqlite3_wal_hook(conn->db, count_frames, store);
	return sql_get_int(conn, &w->data_version, "PRAGMA data_version", "");
}

void
writer_stop(struct store *store)
{
	struct writer *w = &store->writer;

	if (w->conn == NULL)
		return;
	if (w->held)
		log_fatal("the store was closed while a writer was open", NULL);
	dbconn_close(w->conn);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->released);
	(void)pthread_cond_destroy(&w->turn);
}

bool
writer_disk_full(const struct store *store)
{
	struct statvfs fs;

	/* Some file systems do not count blocks: SQLITE_FULL will tell. */
	return statvfs(store->path, &fs) == 0 && fs.f_blocks > 0 &&
	    fs.f_bavail * fs.f_frsize < STORE_RESERVE;
}

/*
 * A flag under a mutex rather than the mutex itself, for the deadline must not follow the
 * wall clock.  Whoever comes while it is free takes it, also before those who wait.
 */
static bool
hold(struct writer *w, int64_t end)
{
	struct timespec until = { end / 1000, end % 1000 * 1000000 };
	bool got;
	int rc = 0;

	(void)pthread_mutex_lock(&w->lock);
	if (w->held && w->waiting >= LIMIT_WRITERS_WAITING)
		rc = ETIMEDOUT;
	w->waiting++;
	while ((w->held || w->first > 0) && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&w->released, &w->lock, &until);
	w->waiting--;
	got = !w->held && w->first == 0;
	if (got)
		w->held = true;
	(void)pthread_mutex_unlock(&w->lock);
	return got;
}

/* Without precedence a checkpoint would starve among many writers and the WAL grow. */
bool
writer_hold(struct writer *w, int64_t wait_ms)
{
	int64_t end = clock_mono_ms() + wait_ms;
	struct timespec until = { end / 1000, end % 1000 * 1000000 };
	bool got;
	int rc = 0;

	(void)pthread_mutex_lock(&w->lock);
	w->first++;
	while (w->held && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&w->turn, &w->lock, &until);
	w->first--;
	got = !w->held;
	w->held = true;
	(void)pthread_mutex_unlock(&w->lock);
	return got;
}

void
writer_release(struct writer *w)
{
	(void)pthread_mutex_lock(&w->lock);
	w->held = false;
	if (w->first > 0)
		(void)pthread_cond_signal(&w->turn);
	else if (w->waiting > 0)
		(void)pthread_cond_signal(&w->released);
	(void)pthread_mutex_unlock(&w->lock);
}

unsigned
writer_waiting(struct writer *w)
{
	unsigned n;

	(void)pthread_mutex_lock(&w->lock);
	n = w->waiting;
	(void)pthread_mutex_unlock(&w->lock);
	return n;
}

enum fz_err
writer_begin_reserve(struct store *store, int64_t wait_ms, struct writer **out)
{
	int64_t left, end = clock_mono_ms() + wait_ms;
	struct writer *w = &store->writer;
	enum fz_err err;

	err = hold(w, end) ? FZ_OK : FZ_OVERLOADED;
	if (err != FZ_OK)
		goto out;
	left = end - clock_mono_ms();
	(void)sqlite3_busy_timeout(w->conn->db, left > 0 ? (int)left : 0);
	err = dbconn_begin(w->conn, "BEGIN IMMEDIATE");
	(void)sqlite3_busy_timeout(w->conn->db, DBCONN_BUSY_MS);
	if (err != FZ_OK) {
		writer_release(w);
		goto out;
	}
	w->touched = false;
	look(w);
	*out = w;
out:
	if (err == FZ_OVERLOADED)
		(void)atomic_fetch_add(&store->busy, 1);
	return err;
}

enum fz_err
writer_begin(struct store *store, int64_t wait_ms, struct writer **out)
{
	if (writer_disk_full(store))
		return FZ_STORAGE_FULL;
	return writer_begin_reserve(store, wait_ms, out);
}

struct reader *
writer_reader(struct writer *w)
{
	return w->conn;
}

void
writer_touch(struct writer *w)
{
	w->touched = true;
}

enum fz_err
writer_commit(struct writer *w, uint64_t *seq)
{
	struct store *store = w->store;
	enum fz_err err = dbconn_commit(w->conn);
	uint64_t n;

	if (err == FZ_OK) {
		n = atomic_fetch_add(&store->committed, 1) + 1;
		if (w->touched)
			(void)atomic_fetch_add(&store->generation, 1);
		if (seq != NULL && *seq < n)
			*seq = n;
	}
	writer_release(w);
	return err;
}

void
writer_abort(struct writer *w)
{
	dbconn_rollback(w->conn);
	writer_release(w);
}

void
writer_look_around(struct store *store)
{
	struct writer *w = &store->writer;

	if (!writer_hold(w, 0))
		return;
	look(w);
	writer_release(w);
}
