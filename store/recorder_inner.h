/*
 * What recorder.c, which takes, and recorder_write.c, which writes and prunes, share;
 * nobody else includes it.
 *
 * Thread contract: as each field says.
 */
#ifndef STORE_RECORDER_INNER_H
#define STORE_RECORDER_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/limits.h"
#include "store/recorder.h"

#define RECORDER_ROWS 4096		/* of a kind, between two writes */
#define RECORDER_BYTES (1 * MIB)	/* of their texts */
#define RECORDER_LOST 64		/* apps whose dropped lines are counted apart */
#define RECORDER_SHARES 256		/* a power of two */
#define RECORDER_TALLIES 1024

/* Lines of an app that found no room. */
struct recorder_lost {
	int64_t		 app;
	int64_t		 keep;
	uint64_t	 n;
};

/* Rows that wait; texts point into bytes. */
struct recorder_bin {
	struct record_line lines[RECORDER_ROWS];
	int64_t		 keep[RECORDER_ROWS];	/* of the lines */
	size_t		 nlines;
	size_t		 line_bytes;
	uint32_t	 share[RECORDER_SHARES];	/* of line_bytes, by app */
	struct recorder_lost lost[RECORDER_LOST];
	size_t		 nlost;
	struct record_request requests[RECORDER_ROWS];
	size_t		 nrequests;
	size_t		 request_bytes;
	char		 texts[2][RECORDER_BYTES];	/* of lines, of requests */
};

/* How many rows of an app a table holds; app 0 = not counted yet. */
struct recorder_tally {
	int64_t		 app;
	int64_t		 rows;
	int64_t		 keep;
	bool		 look;		/* may have too many */
};

enum recorder_kind { RECORDER_LINES, RECORDER_REQUEST_ROWS };

struct recorder {
	struct store	*store;
	pthread_t	 thread;
	pthread_mutex_t	 lock;		/* of the next two */
	struct recorder_bin *open;	/* takes */
	bool		 stop;
	pthread_cond_t	 wake;
	_Atomic uint64_t window[2];	/* second and rows so far: in all, routine */
	_Atomic uint64_t dropped;
	_Atomic uint64_t generation;
	pthread_mutex_t	 writing;	/* of what follows */
	struct recorder_bin *full;	/* is written */
	size_t		 at[2];		/* written of each kind */
	struct recorder_tally tally[2][RECORDER_TALLIES];
	unsigned	 sweep;		/* step of the hourly tidying */
	int64_t		 sweep_at;	/* monotonic ms */
};

/* Under r->writing: what r->full holds; false when the store takes nothing now. */
bool		 recorder_write_bin(struct recorder *);
/* Under r->writing: delete what is too much or too old, a bounded piece of it. */
void		 recorder_write_prune(struct recorder *, int64_t now_ms);

#endif
