/*
 * From a whole request to an answer.  Files and the admin API are answered at once.  A
 * request that runs a script needs a slot (lane.h): without a free one the connection is
 * put down there and the thread goes on with others; whoever ends a run picks the next and
 * puts it into the queue of the ready, its slot granted.
 *
 * From the moment the lane has it, it may be granted, run and freed by another thread
 * before lane_enter has even returned here.  So that is the last thing this thread does
 * with it.
 *
 * A slot is held while the script runs and not while its changes reach the disk: that wait
 * takes as long as a short script and costs no CPU.
 *
 * The guard lowers the priority of a run that uses much CPU, but only when it has.  An app
 * whose runs did so lately begins there: else a few clients of endless loops would have the
 * first milliseconds of one run after the other at full weight.  A thread that cannot be
 * raised again (without privileges none can) ends after its turn, see worker.c.
 */
#include <time.h>

#include "admin/metrics.h"
#include "base/clock.h"
#include "fcgi/answer.h"
#include "fcgi/gate_inner.h"
#include "fcgi/quarantine.h"
#include "runtime/priority.h"
#include "store/store.h"

#define QUARANTINE_RETRY_S 300
#define HEAVY_US 10000		/* an app whose runs take so much CPU */

/* CPU time of this thread, us. */
static int64_t
cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
run_script(struct conn *c, struct turn *t, const struct dispatch_script *script)
{
	struct gate *g = t->gate;
	bool heavy = c->lane.state == LANE_RUNS && c->lane.charged_us >= HEAVY_US;
	struct priority priority = { 0 };
	int64_t before = cpu_us();

	if (heavy)
		priority_lower(&priority);
	quarantine_begin(g->quarantine, t->worker, script->app, script->version);
	dispatch_run(&c->rq, &c->rs);
	quarantine_end(g->quarantine, t->worker);
	if (!priority_restore(&priority))
		t->slow = true;
	c->books.cpu_us = cpu_us() - before;
	if (c->lane.state == LANE_RUNS)
		gate_grant(g, lane_leave(g->lane, &c->lane, c->books.cpu_us,
		    clock_mono_us()));
}

/* A place for a request that has none yet; an answer if it cannot have one. */
static enum fz_err
ask_lane(struct conn *c, struct gate *g, const struct dispatch_script *script)
{
	int64_t retry_s = 0;
	enum fz_err err;

	if (quarantine_holds(g->quarantine, script->app, script->version)) {
		dispatch_refuse(&c->rq, &c->rs, FZ_SERVICE_UNAVAILABLE,
		    "This app's code is stopped because it crashed the server",
		    QUARANTINE_RETRY_S);
		return FZ_OK;
	}
	if (g->lane == NULL)
		return FZ_OK;
	err = lane_enter(g->lane, &c->lane, script->app, script->quota, clock_mono_us(),
	    &retry_s);
	if (err == FZ_AGAIN)
		return err;
	if (err != FZ_OK)
		dispatch_refuse(&c->rq, &c->rs, err, NULL, err == FZ_OVERLOADED ? 1 : retry_s);
	return FZ_OK;
}

/* The same request again, when its wait is over. */
static enum fz_err
lane_over(struct conn *c, struct gate *g)
{
	if (c->lane.state == LANE_LATE) {
		c->lane.state = LANE_OUT;
		dispatch_refuse(&c->rq, &c->rs, FZ_OVERLOADED, NULL, 1);
		return FZ_OK;
	}
	if (!conn_gone(c))
		return FZ_OK;
	gate_grant(g, lane_leave(g->lane, &c->lane, 0, clock_mono_us()));
	return FZ_CLOSED;
}

static enum fz_err
handle(struct conn *c, struct turn *t)
{
	struct dispatch_script script = { 0 };
	enum fz_err err;

	if (!dispatch_script(&c->rq, &c->rs, &script)) {
		dispatch_run(&c->rq, &c->rs);
		return FZ_OK;
	}
	c->books.script = true;
	if (c->lane.state == LANE_OUT)
		err = ask_lane(c, t->gate, &script);
	else
		err = lane_over(c, t->gate);
	if (err == FZ_OK && c->rs.status == 0)
		run_script(c, t, &script);
	return err;
}

enum fz_err
conn_run(struct conn *c, struct turn *t)
{
	if (c->rs.status == 0) {
		enum fz_err err = handle(c, t);

		if (err != FZ_OK)
			return err;
	}
	if (c->rs.status == 0)
		answer_error(&c->rq, &c->rs, FZ_INTERNAL_ERROR);
	/* What the answer claims must be on the disk before anybody reads it. */
	if (c->rq.seq > 0)
		store_durable(c->rq.node->store, c->rq.seq);
	return FZ_OK;
}

/* Only when everything stops is there one that holds a slot and nobody else to have it. */
void
conn_run_cancel(struct conn *c)
{
	struct lane *lane = c->rq.node->lane;

	if (c->lane.state == LANE_WAITS)
		lane_cancel(lane, &c->lane);
	else if (c->lane.state == LANE_RUNS)
		(void)lane_leave(lane, &c->lane, 0, clock_mono_us());
	c->lane.state = LANE_OUT;
}
