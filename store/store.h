/*
 * The one SQLite file: opening it, reading, and writing durably.
 *
 * Reads: a reader is a pooled read-only connection holding one snapshot, taken by its
 * first look-up.  Keep it for one look-up or one request, at most LIMIT_READ_TX_MS: a
 * statement that runs when that is over ends with FZ_TIMEOUT.
 *
 * Writes: one write connection behind a mutex.  The caller's own thread runs
 * BEGIN IMMEDIATE ... COMMIT at synchronous=NORMAL, so the change is visible to all
 * readers at once, and gets a sequence number; a syncer thread fdatasyncs the WAL
 * for everybody who committed meanwhile.  Before an answer or an effect leaves the
 * process it waits once, store_durable(), for its highest number.  A failing sync
 * ends the process: after it nobody knows what the disk holds.
 *
 * Thread contract: struct store any thread; a reader or writer belongs to the
 * thread that opened it.  A thread that holds a reader may open a writer (it does
 * not see the writer's changes until it renews the reader).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct store;
struct reader;
struct writer;

struct store_options {
	const char	*path;		/* ".../data.db" */
	unsigned	 readers;	/* connections at most; more callers wait */
	bool		 no_checkpoint;	/* an outside tool (Litestream) checkpoints */
	bool		 may_create;	/* else FZ_NOT_FOUND when the file is absent */
};

/*
 * Open, check (header, quick_check bounded to 2 s of work), migrate with a backup
 * copy before (store/migrate.c), sweep what an earlier process left unfinished, and
 * start the syncer and the keeper thread.  FZ_CORRUPT with *why naming the restore
 * command; FZ_NOT_SUPPORTED for a file of a newer program.  umask/mode: the file is 0600.
 */
enum fz_err	 store_open(const struct store_options *, struct store **, struct why *)
		    MUST_CHECK;
/* Sync, checkpoint, join the threads, close.  No reader or writer may be open. */
void		 store_close(struct store *);

/* A snapshot.  FZ_OVERLOADED when none came free in LIMIT_WRITE_WAIT_MS. */
enum fz_err	 reader_open(struct store *, struct reader **) MUST_CHECK;
void		 reader_close(struct reader *);

/*
 * Take the write mutex and begin.  FZ_OVERLOADED after wait_ms or when
 * LIMIT_WRITERS_WAITING others wait; FZ_STORAGE_FULL when a reserve of 16 MiB is gone.
 * Every begin ends in exactly one commit or abort.
 */
enum fz_err	 writer_begin(struct store *, int64_t wait_ms, struct writer **) MUST_CHECK;
/* The same, but may use up the reserve: for what frees space or moves one pointer. */
enum fz_err	 writer_begin_reserve(struct store *, int64_t wait_ms, struct writer **)
		    MUST_CHECK;
/* The same connection for look-ups inside the transaction; ends with it. */
struct reader	*writer_reader(struct writer *);
/* The site table changed (app, alias, domain, live version): bump the generation. */
void		 writer_touch(struct writer *);
/*
 * Commit and raise *seq (may be NULL) to this commit's number.  On failure nothing
 * was written.  FZ_STORAGE_FULL, FZ_IO.  Frees the writer either way.
 */
enum fz_err	 writer_commit(struct writer *, uint64_t *seq) MUST_CHECK;
void		 writer_abort(struct writer *);

/* Wait until everything up to seq is on the disk; 0 returns at once. */
void		 store_durable(struct store *, uint64_t seq);
/* Moves whenever a commit, ours or of another process, may have changed the sites. */
uint64_t	 store_generation(const struct store *);

struct store_stats {
	uint64_t	 commits;	/* since start */
	uint64_t	 syncs;
	uint64_t	 busy;		/* refused or timed-out writers */
	uint64_t	 wal_bytes;
	uint64_t	 db_bytes;
	unsigned	 readers_open;
	unsigned	 readers_used;
	unsigned	 writers_waiting;
	bool		 full;		/* below the disk reserve now */
};
void		 store_stats(struct store *, struct store_stats *);
/* Can a transaction begin right now?  For readiness. */
bool		 store_writable(struct store *);

/*
 * One pass of pruning and garbage collection in short transactions; the keeper runs it at
 * the start and every hour.
 */
void		 store_tidy(struct store *);

#endif
