/*
 * Who may run a script now.  Scripts are the only requests whose length strangers decide,
 * so they have a number of slots that is smaller than the number of worker threads: files
 * and the admin API never wait for a script.  One app never holds all slots.  Who finds
 * none free waits in the queue of its app, without a thread; a slot that comes free goes
 * to the app that has had the least CPU.
 *
 * Before that each app has a budget: requests a second and CPU time a minute (its quota).
 *
 * A request takes part with a struct lane_wait, which lies in whatever represents it.
 * "Granted" ones come back as a list through next; the caller makes them go on.
 *
 * Thread contract: any thread.  A struct lane_wait belongs to its owner but for the time
 * between LANE_WAIT and its being granted or late.
 */
#ifndef FCGI_LANE_H
#define FCGI_LANE_H

#include <stdint.h>

#include "base/err.h"
#include "store/quota.h"

struct lane;
struct lane_app;

struct lane_options {
	unsigned	 slots;		/* scripts at once, >= 1 */
	unsigned	 app_queue;	/* waiting requests of one app */
	unsigned	 queue;		/* of all apps */
};

enum lane_state {
	LANE_OUT,		/* no business with the lane; zeroed memory is this */
	LANE_WAITS,
	LANE_RUNS,		/* holds a slot: lane_leave must follow */
	LANE_LATE,		/* waited too long and was taken out */
};

struct lane_wait {
	enum lane_state	 state;
	struct lane_app	*app;
	struct lane_wait *next;
	int64_t		 since_us;
	int64_t		 charged_us;	/* CPU it is expected to take */
};

struct lane	*lane_new(const struct lane_options *);
void		 lane_free(struct lane *);
/* Other numbers from now on; returns who may run because of them. */
struct lane_wait *lane_set(struct lane *, const struct lane_options *, int64_t now_us);

/*
 * A request of this app wants to run.  FZ_OK: it holds a slot.  FZ_AGAIN: it waits, and
 * may be granted before this function has returned, so whoever gets this does not touch
 * the request again.  FZ_OVERLOADED: a queue is full.  FZ_QUOTA_EXCEEDED: the app has used
 * up its budget until *retry_s seconds from now.
 */
enum fz_err	 lane_enter(struct lane *, struct lane_wait *, int64_t app,
		    const struct quota *, int64_t now_us, int64_t *retry_s) MUST_CHECK;
/* The run is over and took so much CPU; returns who may run now. */
struct lane_wait *lane_leave(struct lane *, struct lane_wait *, int64_t cpu_us,
		    int64_t now_us);
/* Those who have waited longer than LIMIT_REQUEST_MS, now LANE_LATE. */
struct lane_wait *lane_expire(struct lane *, int64_t now_us);
/* The owner goes away while it waits; nothing for any other state. */
void		 lane_cancel(struct lane *, struct lane_wait *);

struct lane_stats {
	unsigned	 slots;
	unsigned	 running;
	unsigned	 waiting;
	uint64_t	 full;		/* refused because of a queue, since start */
	uint64_t	 used_up;	/* because of a budget */
	uint64_t	 late;
};
void		 lane_stats(struct lane *, struct lane_stats *);

#endif
