/*
 * Readers are pooled connections; the one given back last goes out first, so under
 * light load two or three stay warm and the rest stay closed.  A reader holds BEGIN ...
 * COMMIT, because a statement outside a transaction pays two fcntl(2) calls: ten
 * look-ups in one snapshot cost half.
 *
 * BEGIN is deferred: the snapshot is taken by the first look-up.
 *
 * A statement that runs longer than LIMIT_READ_TX_MS is cut by the progress handler and
 * answers FZ_TIMEOUT: while any snapshot is held the WAL cannot start over, so one
 * endless read would fill the disk.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/parts.h"

struct reader_pool {
	struct store	*store;
	unsigned	 max;
	pthread_mutex_t	 lock;		/* of what follows */
	pthread_cond_t	 given_back;
	struct reader	*idle;		/* last in, first out */
	unsigned	 open;		/* idle and in use */
	unsigned	 used;
	unsigned	 waiting;
};

struct reader_pool *
reader_pool_new(struct store *store, unsigned max)
{
	struct reader_pool *pool = xcalloc(1, sizeof(*pool));
	pthread_condattr_t attr;

	pool->store = store;
	pool->max = max > 0 ? max : 1;
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&pool->given_back, &attr);
	(void)pthread_condattr_destroy(&attr);
	return pool;
}

void
reader_pool_free(struct reader_pool *pool)
{
	if (pool == NULL)
		return;
	if (pool->used > 0)
		log_fatal("the store was closed while a reader was open", NULL);
	while (pool->idle != NULL) {
		struct reader *next = pool->idle->next;

		dbconn_close(pool->idle);
		pool->idle = next;
	}
	(void)pthread_mutex_destroy(&pool->lock);
	(void)pthread_cond_destroy(&pool->given_back);
	free(pool);
}

void
reader_pool_stats(struct reader_pool *pool, unsigned *open, unsigned *used)
{
	(void)pthread_mutex_lock(&pool->lock);
	*open = pool->open;
	*used = pool->used;
	(void)pthread_mutex_unlock(&pool->lock);
}

/*
 * A place in the pool: an idle connection in *c, or NULL there for the right to open
 * one.
 */
static enum fz_err
take_place(struct reader_pool *pool, struct reader **c)
{
	int64_t end = clock_mono_ms() + LIMIT_WRITE_WAIT_MS;
	struct timespec until = { end / 1000, end % 1000 * 1000000 };
	enum fz_err err = FZ_OK;
	int rc = 0;

	(void)pthread_mutex_lock(&pool->lock);
	pool->waiting++;
	while (pool->idle == NULL && pool->open >= pool->max && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&pool->given_back, &pool->lock, &until);
	pool->waiting--;
	*c = pool->idle;
	if (*c != NULL)
		pool->idle = (*c)->next;
	else if (pool->open < pool->max)
		pool->open++;
	else
		err = FZ_OVERLOADED;
	if (err == FZ_OK)
		pool->used++;
	(void)pthread_mutex_unlock(&pool->lock);
	return err;
}

/* c NULL: the place goes, the connection is gone already. */
static void
give_place(struct reader_pool *pool, struct reader *c)
{
	(void)pthread_mutex_lock(&pool->lock);
	pool->used--;
	if (c != NULL) {
		c->next = pool->idle;
		pool->idle = c;
	} else {
		pool->open--;
	}
	if (pool->waiting > 0)
		(void)pthread_cond_signal(&pool->given_back);
	(void)pthread_mutex_unlock(&pool->lock);
}

enum fz_err
reader_open(struct store *store, struct reader **out)
{
	unsigned flags = store->no_checkpoint ? DBCONN_KEEP_WAL : 0;
	struct reader *c;
	enum fz_err err;

	err = take_place(store->readers, &c);
	if (err != FZ_OK)
		return err;
	if (c == NULL) {
		err = dbconn_open(store->path, flags, &c, NULL);
		if (err != FZ_OK)
			goto out;
		c->store = store;
	}
	c->deadline = clock_mono_ms() + LIMIT_READ_TX_MS;
	err = dbconn_begin(c, "BEGIN");
	if (err == FZ_OK) {
		*out = c;
		return FZ_OK;
	}
	dbconn_close(c);
out:
	give_place(store->readers, NULL);
	return err;
}

/* After damage or an I/O error a fresh connection is the cheaper doubt. */
void
reader_close(struct reader *c)
{
	struct reader_pool *pool;
	enum fz_err err;

	if (c == NULL)
		return;
	pool = c->store->readers;
	c->deadline = 0;
	err = dbconn_commit(c);
	if (err != FZ_OK && err != FZ_TIMEOUT) {
		dbconn_close(c);
		c = NULL;
	}
	give_place(pool, c);
}
