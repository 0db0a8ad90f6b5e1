/*
 * Which app's code runs on which thread, in memory that outlives a crash of the process:
 * whose code was running in three crashes within an hour is not run again until a new
 * version of it is deployed.  Its files go on.
 *
 * Thread contract: open and close by one thread; begin and end by the thread the slot
 * belongs to; the rest any thread.  NULL is a quarantine that knows nobody.
 */
#ifndef FCGI_QUARANTINE_H
#define FCGI_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define QUARANTINE_SLOTS 256	/* threads of a process */
#define QUARANTINE_CASES 64	/* apps that are remembered */
#define QUARANTINE_CRASHES 3
#define QUARANTINE_WITHIN_MS (3600 * 1000)

struct quarantine;

/*
 * Open or make the file, count what an earlier process of this boot left in it.  Several
 * processes may have it open, as when the next one starts before this one ends.
 */
enum fz_err	 quarantine_open(const char *path, struct quarantine **, struct why *)
		    MUST_CHECK;
/* A clean end: nothing of ours was running. */
void		 quarantine_close(struct quarantine *);

/* Code of this version runs now in this slot; and does so no more. */
void		 quarantine_begin(struct quarantine *, unsigned slot, int64_t app,
		    int64_t version);
void		 quarantine_end(struct quarantine *, unsigned slot);
bool		 quarantine_holds(const struct quarantine *, int64_t app, int64_t version);

struct quarantine_case {
	int64_t		 app;
	int64_t		 version;
	bool		 fresh;		/* because of the crash just found */
};
/* Who is held; at most QUARANTINE_CASES.  Returns how many. */
size_t		 quarantine_cases(const struct quarantine *,
		    struct quarantine_case out[QUARANTINE_CASES]);

#endif
