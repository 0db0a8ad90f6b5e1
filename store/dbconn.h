/*
 * One connection to the file with every pragma set; private to store/.  A struct
 * reader is a connection: the pool's, the one writer's, the keeper's or a backup's.
 *
 * Thread contract: a connection belongs to one thread at a time.
 */
#ifndef STORE_DBCONN_H
#define STORE_DBCONN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

#define DBCONN_BUCKETS 64
#define DBCONN_BUSY_MS 5000
#define DBCONN_APPLICATION_ID 0x46617a74	/* "Fazt" */

struct sql;

struct reader {
	sqlite3		*db;
	struct sql	*kept[DBCONN_BUCKETS];	/* of sql.c, by the literal's address */
	struct reader	*next;			/* idle list of the pool */
	struct store	*store;
	int64_t		 deadline;		/* monotonic ms for what runs, 0 = none */
	bool		 in_tx;			/* between begin and end */
	enum fz_err	 lost;			/* why SQLite rolled back */
};

#define DBCONN_WRITE	1	/* may write; else READONLY and query_only */
#define DBCONN_KEEP_WAL	2	/* somebody else checkpoints: not even on close */
#define DBCONN_SNAPSHOT	4	/* a lone reader that may VACUUM INTO: no query_only */

/* Create an empty file of mode 0600 and sync its folder; FZ_OK when it is there. */
enum fz_err	 dbconn_create(const char *path, struct why *) MUST_CHECK;
enum fz_err	 dbconn_open(const char *path, unsigned flags, struct reader **,
		    struct why *) MUST_CHECK;
/* NULL is fine. */
void		 dbconn_close(struct reader *);
/* Turn a new or restored file into ours: page size, auto_vacuum, WAL. */
enum fz_err	 dbconn_make_wal(struct reader *, struct why *) MUST_CHECK;
/* Run SQL without results. */
enum fz_err	 dbconn_exec(struct reader *, const char *sql) MUST_CHECK;
/* BEGIN with that text, and its end.  After an end the connection is free again. */
enum fz_err	 dbconn_begin(struct reader *, const char *literal) MUST_CHECK;
enum fz_err	 dbconn_commit(struct reader *) MUST_CHECK;
void		 dbconn_rollback(struct reader *);
/* What to tell about a failed SQLite call on this connection. */
enum fz_err	 dbconn_err(struct reader *, int rc);

#endif
