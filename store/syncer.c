/*
 * Commits are visible at once and durable together: one thread fdatasyncs the WAL and
 * everybody whose commit was in it goes on.  While it sleeps in the disk the next
 * group gathers, so the rate of durable commits grows with the number of callers and
 * not with the disk.
 *
 * The number to publish is read before the sync: whatever was committed by then
 * was written to the WAL by then.  That the WAL starts over after a checkpoint does
 * no harm, because a checkpoint syncs the WAL before it copies and the file before
 * the WAL may start over.
 *
 * The sync goes through the write connection's own file object (xSync is reentrant:
 * one system call), since closing a second descriptor on the WAL would be harmless but
 * opening one can miss the first sync of the folder, which SQLite does in the same
 * call.
 *
 * A sync that fails ends the process: the kernel may have dropped the dirty pages and
 * report success next time.  What was answered is on the disk; the rest was never
 * answered.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/parts.h"

struct syncer {
	struct store	*store;
	sqlite3_file	*wal;
	pthread_t	 thread;
	_Atomic uint64_t durable;
	_Atomic uint32_t turn;		/* moves with durable; waiters sleep on it */
	_Atomic uint64_t syncs;
	pthread_mutex_t	 lock;		/* of what follows */
	pthread_cond_t	 work;
	uint64_t	 wanted;
	bool		 stop;
};

static void
sync_wal(struct syncer *s)
{
	int rc = s->wal->pMethods->xSync(s->wal, SQLITE_SYNC_NORMAL);

	if (rc != SQLITE_OK)
		log_fatal("the disk failed to sync", "error", sqlite3_errstr(rc), NULL);
	(void)atomic_fetch_add_explicit(&s->syncs, 1, memory_order_relaxed);
}

/* Nobody who wakes needs the lock, so they do not queue for it one after the other. */
static void
publish(struct syncer *s, uint64_t upto)
{
	atomic_store(&s->durable, upto);
	(void)atomic_fetch_add(&s->turn, 1);
	(void)syscall(SYS_futex, &s->turn, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void *
run(void *arg)
{
	struct syncer *s = arg;
	uint64_t upto;

	(void)pthread_mutex_lock(&s->lock);
	for (;;) {
		while (!s->stop && s->wanted <= atomic_load(&s->durable))
			(void)pthread_cond_wait(&s->work, &s->lock);
		if (s->wanted <= atomic_load(&s->durable))
			break;
		(void)pthread_mutex_unlock(&s->lock);
		upto = atomic_load(&s->store->committed);
		sync_wal(s);
		publish(s, upto);
		(void)pthread_mutex_lock(&s->lock);
	}
	(void)pthread_mutex_unlock(&s->lock);
	return NULL;
}

enum fz_err
syncer_new(struct store *store, sqlite3 *db, struct syncer **out, struct why *why)
{
	struct syncer *s = xcalloc(1, sizeof(*s));
	int rc;

	s->store = store;
	rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &s->wal);
	if (rc != SQLITE_OK || s->wal == NULL || s->wal->pMethods == NULL) {
		free(s);
		return why_set(why, FZ_IO, "SQLite gives no access to its WAL");
	}
	/* Also the folder's entry of a new WAL; later syncs are of the data alone. */
	sync_wal(s);
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->work, NULL);
	rc = pthread_create(&s->thread, NULL, run, s);
	if (rc != 0) {
		free(s);
		return why_set(
		    why, FZ_IO, "cannot start a thread: %s", strerrordesc_np(rc));
	}
	*out = s;
	return FZ_OK;
}

void
syncer_free(struct syncer *s)
{
	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&s->lock);
	s->wanted = atomic_load(&s->store->committed);
	s->stop = true;
	(void)pthread_cond_signal(&s->work);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->thread, NULL);
	(void)pthread_mutex_destroy(&s->lock);
	(void)pthread_cond_destroy(&s->work);
	free(s);
}

/* Under the lock: the thread sleeps only while wanted <= durable. */
static void
want(struct syncer *s, uint64_t seq)
{
	if (s->wanted >= seq)
		return;
	s->wanted = seq;
	(void)pthread_cond_signal(&s->work);
}

void
syncer_poke(struct syncer *s)
{
	(void)pthread_mutex_lock(&s->lock);
	want(s, atomic_load(&s->store->committed));
	(void)pthread_mutex_unlock(&s->lock);
}

void
syncer_wait(struct syncer *s, uint64_t seq)
{
	uint32_t turn;

	if (seq <= atomic_load(&s->durable))
		return;
	(void)pthread_mutex_lock(&s->lock);
	want(s, seq);
	(void)pthread_mutex_unlock(&s->lock);
	for (;;) {
		turn = atomic_load(&s->turn);
		if (atomic_load(&s->durable) >= seq)
			return;
		(void)syscall(SYS_futex, &s->turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
	}
}

uint64_t
syncer_count(struct syncer *s)
{
	return atomic_load_explicit(&s->syncs, memory_order_relaxed);
}
