/*
 * The housekeeping thread.  Every 20 ms it looks for commits of other processes and
 * at the WAL's length; every 200 ms it writes the audit log and asks for a sync of
 * what nobody waits for; every second it looks for key-values that have expired; every
 * hour, and once at the start, it tidies, or sooner when there is much to remove: what an
 * app has replaced is no longer in its quota but still on the disk.
 *
 * Checkpoints.  SQLite's own run inside the commit that crosses the mark and stall it.
 * PASSIVE from a second connection disturbs nobody, but under steady writes it never
 * reaches the end and the WAL grows for ever.  So: PASSIVE once unlocked for the bulk,
 * then once more with the writers held for the few frames that came meanwhile; the next
 * commit then starts the WAL over.  While the disk has room the WAL file is never
 * truncated: overwriting allocated blocks syncs in half the time of growing it.
 *
 * With Litestream (no_checkpoint) it must be the only one that checkpoints.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/data.h"
#include "store/kv.h"
#include "store/parts.h"

#define TICK_MS 20
#define FLUSH_MS 200
#define TIDY_MS (3600 * 1000)
#define TIDY_AGAIN_MS (60 * 1000)
#define LOOK_MS 1000
#define IDLE_MS 1000
#define CHECKPOINT_FRAMES 4000
#define RETRY_MS 250
#define HOLD_MS 1000
#define GIVE_BACK_MS 1000

struct keeper {
	struct store	*store;
	struct reader	*conn;
	pthread_t	 thread;
	pthread_mutex_t	 lock;		/* of stop */
	pthread_cond_t	 wake;
	bool		 stop;
	int64_t		 flushed;	/* monotonic ms */
	int64_t		 tidy_at;	/* begin, or go on with what was begun */
	int64_t		 tidy_soonest;	/* after one that failed */
	struct tidy	 tidy;
	int64_t		 looked;	/* last look for what has expired or waits */
	bool		 expiring;	/* some of it is still there */
	int64_t		 quiet_since;
	uint64_t	 seen;		/* newest commit at quiet_since */
	int64_t		 not_before;	/* no checkpoint earlier */
	int64_t		 given_back;	/* last look at a full disk */
	bool		 failing;	/* the last checkpoint failed */
};

/*
 * Everything copied?  BUSY is another process's checkpoint, which does the work, or for
 * TRUNCATE a reader in the WAL.  A full disk is told once, not at every try.
 */
static bool
pass(struct keeper *k, int mode)
{
	int frames = 0, copied = 0;
	int rc = sqlite3_wal_checkpoint_v2(k->conn->db, NULL, mode, &frames, &copied);
	bool failed = rc != SQLITE_OK && rc != SQLITE_BUSY;
	/* Ends the process when it was the sync that failed. */
	enum fz_err err = failed ? dbconn_err(k->conn, rc) : FZ_OK;

	if (failed && !k->failing)
		log_error("checkpoint failed", "error", err_text(err), NULL);
	else if (rc == SQLITE_OK && k->failing)
		log_info("checkpoints work again", NULL);
	if (rc != SQLITE_BUSY)
		k->failing = failed;
	return rc == SQLITE_OK && frames == copied;
}

static void
checkpoint(struct keeper *k)
{
	struct store *store = k->store;
	bool all = pass(k, SQLITE_CHECKPOINT_PASSIVE);

	if (writer_hold(&store->writer, HOLD_MS)) {
		all = pass(k, SQLITE_CHECKPOINT_PASSIVE);
		if (all)
			atomic_store(&store->wal_frames, 0);
		writer_release(&store->writer);
	}
	/* A reader holds old frames, or the disk is full: give it time. */
	k->not_before = clock_mono_ms() + (all ? 0 : RETRY_MS);
}

/*
 * The one case for a truncated WAL: the disk is full and the WAL, once copied, is space
 * that only we can give back.
 */
static void
maybe_give_back(struct keeper *k, int64_t now)
{
	struct store *store = k->store;

	if (store->no_checkpoint || now - k->given_back < GIVE_BACK_MS)
		return;
	k->given_back = now;
	if (!writer_disk_full(store))
		return;
	/* Deleted apps are space too: do not make their owner wait an hour for it. */
	if (k->tidy_at > now)
		k->tidy_at = now;
	if (!writer_hold(&store->writer, HOLD_MS))
		return;
	(void)sqlite3_busy_timeout(k->conn->db, 0);
	if (pass(k, SQLITE_CHECKPOINT_TRUNCATE))
		atomic_store(&store->wal_frames, 0);
	(void)sqlite3_busy_timeout(k->conn->db, DBCONN_BUSY_MS);
	writer_release(&store->writer);
}

static void
maybe_checkpoint(struct keeper *k, int64_t now)
{
	unsigned frames = atomic_load(&k->store->wal_frames);
	uint64_t committed = atomic_load(&k->store->committed);

	if (committed != k->seen) {
		k->seen = committed;
		k->quiet_since = now;
	}
	if (k->store->no_checkpoint || frames == 0 || now < k->not_before)
		return;
	if (frames >= CHECKPOINT_FRAMES || now - k->quiet_since >= IDLE_MS)
		checkpoint(k);
}

/* A little each tick, for checkpoints must not wait for the end of a large sweep. */
static void
maybe_tidy(struct keeper *k, int64_t now)
{
	if (now < k->tidy_at)
		return;
	while (store_tidy_slice(k->store, &k->tidy))
		if (clock_mono_ms() - now >= TICK_MS)
			return;
	if (k->tidy.skipped)
		k->tidy_soonest = now + TIDY_AGAIN_MS;
	k->tidy_at = now + (k->tidy.skipped ? TIDY_AGAIN_MS : TIDY_MS);
	k->tidy = (struct tidy){ 0 };
}

/* Cheap questions to our own connection; a failure shows where it matters. */
static void
look(struct keeper *k, int64_t now)
{
	bool waits = false;

	k->looked = now;
	if (kv_expired(k->conn, clock_wall_ms(), &k->expiring) != FZ_OK)
		k->expiring = false;
	if (k->tidy_at > now && k->tidy_soonest <= now &&
	    data_waits(k->conn, &waits) == FZ_OK && waits)
		k->tidy_at = now;
}

/* One slice a tick: thousands that expire together must not hold the writers. */
static void
maybe_expire(struct keeper *k, int64_t now)
{
	if (!k->expiring && now - k->looked >= LOOK_MS)
		look(k, now);
	if (k->expiring)
		k->expiring = store_expire_slice(k->store);
}

static void
tick(struct keeper *k)
{
	int64_t now = clock_mono_ms();

	writer_look_around(k->store);
	maybe_checkpoint(k, now);
	maybe_give_back(k, now);
	if (now - k->flushed >= FLUSH_MS) {
		k->flushed = now;
		activity_flush(k->store);
		syncer_poke(k->store->syncer);
	}
	maybe_expire(k, now);
	maybe_tidy(k, now);
}

static void *
run(void *arg)
{
	struct keeper *k = arg;

	(void)pthread_mutex_lock(&k->lock);
	while (!k->stop) {
		int64_t at;
		struct timespec until;

		(void)pthread_mutex_unlock(&k->lock);
		tick(k);
		at = clock_mono_ms() + TICK_MS;
		until = (struct timespec){ at / 1000, at % 1000 * 1000000 };
		(void)pthread_mutex_lock(&k->lock);
		if (!k->stop)
			(void)pthread_cond_timedwait(&k->wake, &k->lock, &until);
	}
	(void)pthread_mutex_unlock(&k->lock);
	activity_flush(k->store);
	return NULL;
}

enum fz_err
keeper_new(struct store *store, struct keeper **out, struct why *why)
{
	unsigned flags = DBCONN_WRITE | (store->no_checkpoint ? DBCONN_KEEP_WAL : 0);
	struct keeper *k = xcalloc(1, sizeof(*k));
	pthread_condattr_t attr;
	enum fz_err err;
	int rc;

	k->store = store;
	k->flushed = k->quiet_since = clock_mono_ms();
	err = dbconn_open(store->path, flags, &k->conn, why);
	if (err != FZ_OK) {
		free(k);
		return err;
	}
	k->conn->store = store;
	(void)pthread_mutex_init(&k->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&k->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	rc = pthread_create(&k->thread, NULL, run, k);
	if (rc != 0) {
		dbconn_close(k->conn);
		free(k);
		return why_set(
		    why, FZ_IO, "cannot start a thread: %s", strerrordesc_np(rc));
	}
	*out = k;
	return FZ_OK;
}

void
keeper_free(struct keeper *k)
{
	if (k == NULL)
		return;
	atomic_store(&k->store->stopping, true);
	(void)pthread_mutex_lock(&k->lock);
	k->stop = true;
	(void)pthread_cond_signal(&k->wake);
	(void)pthread_mutex_unlock(&k->lock);
	(void)pthread_join(k->thread, NULL);
	(void)pthread_mutex_destroy(&k->lock);
	(void)pthread_cond_destroy(&k->wake);
	dbconn_close(k->conn);
	free(k);
}
