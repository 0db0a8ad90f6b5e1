/*
 * What acceptor.c, park.c, worker.c, conn.c and gate.c share; nobody else includes it.
 *
 * Thread contract: as each field says; "fixed" = set before the first thread starts.
 */
#ifndef FCGI_GATE_INNER_H
#define FCGI_GATE_INNER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fcgi/cgi_vars.h"
#include "fcgi/conn.h"
#include "fcgi/gate.h"

/* First int of whatever epoll_event.data.ptr points to. */
enum gate_kind { GATE_CONN, GATE_LISTENER, GATE_WAKE };

/* A node and what was parsed from it, kept by the requests that began with it. */
struct gate_view {
	const struct node *node;
	struct cgi_trust *trust;
	void		(*release)(const struct node *);
	atomic_uint	 refs;
};

struct gate_queue {
	pthread_mutex_t	 lock;
	struct conn	*first;		/* under lock, as the rest */
	struct conn	**last;
	atomic_uint	 len;		/* written under lock */
	unsigned	 heads;		/* of them requests not begun */
	struct gate_worker *idle;	/* the one that slept last first */
	unsigned	 awake;		/* threads neither in idle nor away for long */
	unsigned	 eager;		/* fixed: as many are woken at once */
	atomic_bool	 closed;
};

struct gate_worker {
	struct gate	*gate;		/* fixed */
	struct gate_queue *queue;	/* fixed */
	pthread_t	 thread;
	bool		 started;
	pthread_cond_t	 wake;
	bool		 woken;		/* under the queue's lock */
	struct gate_worker *idle_next;	/* under the queue's lock */
	_Atomic(const struct conn *) arming;	/* see park.c */
	atomic_int_fast64_t since_ms;	/* begin of the turn that runs now, 0 = none */
	atomic_bool	 away;		/* written under the queue's lock: not in awake */
	pthread_t	 before;	/* to be joined by its successor; renew_lock */
	bool		 has_before;
};

struct gate {
	struct listeners *listeners;	/* fixed */
	struct metrics	*metrics;	/* fixed: the same for every node; or NULL */
	struct lane	*lane;		/* fixed, the same; NULL = scripts just run */
	struct quarantine *quarantine;	/* fixed; or NULL */
	unsigned	 nworkers;	/* fixed, as all options */
	unsigned	 queue_max;
	unsigned	 max_conns;
	int64_t		 grace_ms;
	uid_t		*uids;
	size_t		 nuids;
	gid_t		*gids;
	size_t		 ngids;

	int		 ep;		/* of the acceptor: listeners and wake; fixed */
	int		 wake_kind;	/* GATE_WAKE */
	int		 wake;		/* eventfd, fixed */
	int		 reserve;	/* acceptor only: a descriptor to give up */
	bool		 accepting;	/* acceptor only: listeners are in epoll */
	bool		 queue_full;	/* acceptor only: last told readiness */
	int64_t		 retry_ms;	/* acceptor only: no accept before */
	int64_t		 guarded_us;	/* acceptor only: when it last stood guard */
	pthread_t	 acceptor;
	bool		 acceptor_started;
	struct gate_worker *workers;	/* nworkers, then the one that sheds */
	struct gate_queue ready;
	struct gate_queue shed;
	pthread_mutex_t	 renew_lock;
	bool		 joining;	/* under renew_lock: no new threads */

	pthread_mutex_t	 list_lock;
	pthread_cond_t	 list_changed;
	struct conn	*conns;		/* under list_lock */
	unsigned	 nconns;	/* under list_lock */

	int		 parked_ep;	/* fixed */
	int		 kick_kind;	/* GATE_WAKE */
	int		 kick;		/* eventfd in parked_ep, fixed */
	atomic_uint	 waiting;	/* workers in parked_ep, at most ready.eager */
	atomic_bool	 asleep;	/* the acceptor: tell it when nobody waits */

	pthread_mutex_t	 later_lock;
	struct conn	*later;		/* under later_lock, through queue_next */

	pthread_mutex_t	 view_lock;
	struct gate_view *view;		/* under view_lock */

	atomic_bool	 draining;
	atomic_bool	 stopping;
	atomic_int_fast64_t active_ms;	/* last time a request began */
	atomic_int_fast64_t heartbeat_ms;	/* of the acceptor */
	atomic_uint	 busy;
	atomic_int	 parked;
	atomic_uint_fast64_t served;
	atomic_uint_fast64_t shed_count;
	atomic_uint_fast64_t refused;
};

/* Borrow the present view; give it back with gate_view_drop. */
struct gate_view *gate_view_take(struct gate *);
void		 gate_view_drop(struct gate_view *);

/* Start a thread with every signal blocked; stack 0 = the system's. */
enum fz_err	 gate_thread(pthread_t *, size_t stack, void *(*)(void *), void *,
		    struct why *) MUST_CHECK;
void		 gate_metric(struct gate *, int metric, int64_t);

/* acceptor.c: open before the first worker starts, start after the last. */
enum fz_err	 acceptor_open(struct gate *, struct why *) MUST_CHECK;
enum fz_err	 acceptor_start(struct gate *, struct why *) MUST_CHECK;
void		 acceptor_wake(struct gate *);

/* park.c: connections that wait for their peer, and the workers that wait for those. */
enum fz_err	 park_open(struct gate *, struct why *) MUST_CHECK;
void		 park_close(struct gate *);
/*
 * Sleep until a connection can be advanced.  False = enough others do that already; true
 * with NULL = no connection, but look at the queue again.
 */
bool		 park_wait(struct gate *, struct conn **out) MUST_CHECK;
/* Send one of those who wait to the queue. */
void		 park_kick(struct gate *);
/* Send all away, for ever. */
void		 park_stop(struct gate *);
/* Everything that can be advanced now to a function, without waiting. */
void		 park_harvest(struct gate *, void (*)(struct gate *, struct conn *));
/* Let a connection wait until it is readable/writable or its deadline passes. */
void		 park_give(struct gate_worker *, struct conn *, enum conn_next);
/* Take it off the list, close and free. */
void		 park_forget(struct gate *, struct conn *);
/* Make those whose deadline has passed readable. */
void		 park_walk(struct gate *, int64_t now_ms);
/* Keep it until park_resume. */
void		 park_later(struct gate *, struct conn *);
/* Everything that was kept so goes into the queue. */
void		 park_resume(struct gate *);

/* conn.c, for its parts that stand in files of their own. */
enum conn_step {		/* of the machine: go on with the next state, or stop */
	CONN_GO,
	CONN_STOP,
};
void		 conn_enter(struct conn *, enum conn_state);
/* A deadline: without progress, or slower on average than LIMIT_BODY_RATE. */
int64_t		 conn_patience(const struct conn *, uint64_t bytes);
/* The request is over, one way or the other; the connection is like new. */
void		 conn_request_done(struct conn *);

/* conn_send.c */
enum conn_step	 conn_send(struct conn *, struct turn *, enum conn_next *);
enum conn_step	 conn_linger(struct conn *, struct turn *, enum conn_next *);

/* conn_run.c: the handler of a request whose body is here. */
/*
 * FZ_OK: there is an answer.  FZ_AGAIN: it waits for a slot and is not to be touched any
 * more.  FZ_CLOSED: the peer left while it waited.
 */
enum fz_err	 conn_run(struct conn *, struct turn *) MUST_CHECK;
/* The request ends without having been run. */
void		 conn_run_cancel(struct conn *);

/* conn_out.c: make the response of a connection ready to be sent. */
void		 conn_out_begin(struct conn *);
/*
 * Send about so many bytes.  FZ_OK: all is sent; FZ_AGAIN: the peer takes no more now, the
 * budget is used up, or (all is sent so far and out.dry) the source has nothing yet;
 * FZ_CLOSED: it cannot be sent.
 */
enum fz_err	 conn_out_send(struct conn *, uint64_t budget) MUST_CHECK;

/* worker.c */
void		 worker_queue_init(struct gate_queue *, unsigned eager);
void		 worker_queue_fini(struct gate_queue *);
void		 worker_push(struct gate *, struct gate_queue *, struct conn *);
/* Behind all others that are ready now. */
void		 worker_ready(struct gate *, struct conn *);
/*
 * Threads whose turn is a long one no longer count as awake, and others take their places:
 * called when nobody waits for events.
 */
void		 worker_relieve(struct gate *, int64_t now_ms);
/* Anything queued?  If its first has waited too long, wake one more thread. */
bool		 worker_queue_look(struct gate *, struct gate_queue *, int64_t now_us);
/* Empty and not closed. */
bool		 worker_queue_idle(struct gate_queue *);
void		 worker_queue_close(struct gate_queue *);
unsigned	 worker_queue_heads(struct gate_queue *);
enum fz_err	 worker_start(struct gate_worker *, struct why *) MUST_CHECK;

#endif
