/*
 * What a struct store is made of, and what its parts say to each other.  Private to
 * store/; everybody else reads store.h.
 *
 * Thread contract: any thread unless said otherwise.  Locks are taken in the order
 * held writer, then one of reader pool, syncer, activity; never two of those.
 */
#ifndef STORE_PARTS_H
#define STORE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/dbconn.h"
#include "store/store.h"

struct reader_pool;
struct syncer;
struct keeper;
struct activity_ring;

struct writer {
	struct store	*store;
	struct reader	*conn;
	bool		 touched;	/* of who holds it, like the connection */
	int64_t		 data_version;
	pthread_mutex_t	 lock;		/* of what follows */
	pthread_cond_t	 released;
	pthread_cond_t	 turn;		/* of who goes first */
	bool		 held;		/* from begin to commit or abort */
	unsigned	 waiting;
	unsigned	 first;		/* waiters that go before all others */
};

struct store {
	char		*path;
	bool		 no_checkpoint;
	struct writer	 writer;
	struct reader_pool *readers;
	struct syncer	*syncer;
	struct keeper	*keeper;
	struct activity_ring *activity;
	_Atomic uint64_t generation;
	_Atomic uint64_t committed;	/* number of the newest commit */
	_Atomic uint64_t busy;
	atomic_uint	 wal_frames;	/* not yet copied into the file; a hint */
	atomic_bool	 stopping;
};

#define STORE_RESERVE (16 * MIB)

/* reader.c */
struct reader_pool *reader_pool_new(struct store *, unsigned max);
void		 reader_pool_free(struct reader_pool *);
void		 reader_pool_stats(struct reader_pool *, unsigned *open, unsigned *used);

/* writer.c: before the threads start and after they ended. */
enum fz_err	 writer_start(struct store *, struct reader *conn) MUST_CHECK;
void		 writer_stop(struct store *);
/* Keep writers out, before any that waits; false when not reached in wait_ms. */
bool		 writer_hold(struct writer *, int64_t wait_ms);
void		 writer_release(struct writer *);
unsigned	 writer_waiting(struct writer *);
/* Look for commits of other processes; nothing when a writer is at work. */
void		 writer_look_around(struct store *);
/* Is the reserve touched? */
bool		 writer_disk_full(const struct store *);

/* store.c: tidying in short transactions, from step 0. */
struct tidy {
	unsigned	 step;
	unsigned	 refused;	/* times this step found the writer busy */
	bool		 skipped;	/* a step was given up: try again soon */
};
/* One transaction; false when all is done. */
bool		 store_tidy_slice(struct store *, struct tidy *);
/* Remove some key-values that have expired; true when there may be more. */
bool		 store_expire_slice(struct store *);

/* syncer.c */
enum fz_err	 syncer_new(struct store *, sqlite3 *db, struct syncer **, struct why *)
		    MUST_CHECK;
/* Sync what was committed, end the thread. */
void		 syncer_free(struct syncer *);
/* Ask for a sync of everything committed so far without waiting. */
void		 syncer_poke(struct syncer *);
void		 syncer_wait(struct syncer *, uint64_t seq);
uint64_t	 syncer_count(struct syncer *);

/* keeper.c */
enum fz_err	 keeper_new(struct store *, struct keeper **, struct why *) MUST_CHECK;
void		 keeper_free(struct keeper *);

/* activity.c */
struct activity_ring *activity_ring_new(void);
void		 activity_ring_free(struct activity_ring *);
/* Write what the ring holds; one thread at a time (keeper). */
void		 activity_flush(struct store *);
/* Delete at most max rows beyond LIMIT_ACTIVITY_ROWS. */
enum fz_err	 activity_prune(struct writer *, int64_t keep, int64_t max,
		    int64_t *removed) MUST_CHECK;

/* idempotency.c */
/* Delete at most max answers that are past their day. */
enum fz_err	 idempotency_prune(struct writer *, int64_t max, int64_t *removed)
		    MUST_CHECK;

#endif
