/*
 * The gate: connections of the front server in, requests through dispatch.h, answers
 * out.  Connections that wait for their peer cost no thread, worker threads own those that
 * can be advanced, an acceptor lets new ones in and stands guard over the workers, one
 * more thread refuses what is too much.
 *
 * Thread contract: gate_start, gate_drain and gate_stop by one thread; the rest any
 * thread between gate_start and gate_stop.
 */
#ifndef FCGI_GATE_H
#define FCGI_GATE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/node.h"
#include "fcgi/listen.h"

struct gate;

struct gate_options {
	struct listeners *listeners;	/* borrowed until gate_stop */
	const struct node *node;	/* see gate_node */
	void		(*release)(const struct node *);	/* may be NULL */
	unsigned	 workers;	/* 0 = 32 */
	unsigned	 queue;		/* requests waiting for a worker; 0 = LIMIT_QUEUE */
	unsigned	 max_conns;	/* 0 = from RLIMIT_NOFILE */
	struct quarantine *quarantine;	/* borrowed until gate_stop; or NULL */
	int64_t		 grace_ms;	/* of a drain; 0 = 10 s */
	/* Who may connect to unix sockets besides root and ourselves; copied. */
	const uid_t	*uids;
	size_t		 nuids;
	const gid_t	*gids;
	size_t		 ngids;
};

struct gate_stats {
	unsigned	 connections;
	unsigned	 parked;	/* requests waiting for their peer */
	unsigned	 queued;
	unsigned	 busy;		/* workers */
	uint64_t	 served;
	uint64_t	 shed;
	uint64_t	 refused;	/* connections of peers that may not */
	int64_t		 oldest_ms;	/* how long the longest running turn runs */
	int64_t		 acceptor_ms;	/* since the acceptor last went round */
};

enum fz_err	 gate_start(const struct gate_options *, struct gate **, struct why *)
		    MUST_CHECK;
/*
 * Requests from now on see this node; release (may be NULL) is called with the old one
 * when its last request is over, by whatever thread that is.  Its metrics and its lane
 * must be those of the first node.  FZ_VALIDATION_FAILED for bad trusted_proxies, then
 * nothing changes.
 */
enum fz_err	 gate_node(struct gate *, const struct node *,
		    void (*release)(const struct node *), struct why *) MUST_CHECK;
/*
 * Stop accepting, answer what was accepted, each answer the last on its connection.
 * Returns when nobody is left, or after the grace; true = nobody was cut off.
 */
bool		 gate_drain(struct gate *);
/* Cut what is left, join all threads, free.  Listeners stay open: listen_close. */
void		 gate_stop(struct gate *);
void		 gate_stats(struct gate *, struct gate_stats *);
/* All signals but those that say that the process is broken: what our threads block. */
void		 gate_signals(sigset_t *);
/* What lane_set and its like return: let these requests go on. */
struct lane_wait;
void		 gate_grant(struct gate *, struct lane_wait *);

#endif
