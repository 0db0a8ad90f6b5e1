/*
 * One connection of the front server as a state machine.  Whoever owns it calls
 * conn_advance, which does what can be done without waiting for the peer and says
 * what must happen before it is worth calling again.
 *
 *	HEAD -> BODY -> RUN -> SEND -> HEAD again, LINGER or closed
 *
 * Thread contract: owned by nobody while parked in epoll, by a worker while advanced, by
 * a queue (for a worker, for a script's slot, for an answer that goes on later) in between;
 * never by two.  Fields marked atomic are read by the acceptor at any
 * time.
 */
#ifndef FCGI_CONN_H
#define FCGI_CONN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/limits.h"
#include "base/request.h"
#include "base/response.h"
#include "fcgi/dispatch.h"
#include "fcgi/lane.h"
#include "fcgi/transport.h"

#define CONN_IN_FIRST (4 * KIB)		/* input buffer of an ordinary head */
#define CONN_IN_MAX (LIMIT_HEAD + 16 * KIB)
#define CONN_IOV 40
#define CONN_FRAMES 12			/* record headers in one batch */
#define CONN_RECORD 65528		/* content of a full record, a multiple of 8 */
#define CONN_DRAIN_MAX (64 * KIB)	/* unwanted body that is read to keep a connection */

enum conn_state { CONN_HEAD, CONN_BODY, CONN_RUN, CONN_SEND, CONN_LINGER };

enum conn_next {
	CONN_WANT_READ,
	CONN_WANT_WRITE,
	CONN_WANT_BOTH,
	CONN_WANT_TURN,		/* others first, then go on at once */
	CONN_WANT_LATER,	/* there is nothing to send yet: ask its source again soon */
	CONN_GIVEN_AWAY,	/* somebody else may have it by now: not to be touched */
	CONN_WANT_CLOSE,
};

/* The batch of iovecs being sent, and what comes after it. */
struct conn_out {
	struct iovec	 iov[CONN_IOV];
	unsigned	 n;
	unsigned	 at;			/* first one not sent completely */
	unsigned char	 frames[CONN_FRAMES][8];
	unsigned	 nframes;
	unsigned char	 tail[24];
	const char	*piece;			/* bytes not framed yet */
	size_t		 left;
	bool		 body_started;		/* piece is no longer the head */
	bool		 no_body;		/* HEAD, 204, 304 */
	bool		 last_piece;
	bool		 ended;
	bool		 dry;			/* the source had nothing when last asked */
	int64_t		 expect;		/* body bytes announced and not framed; -1 */
	uint64_t	 sent;			/* bytes the kernel took */
};

/* FastCGI: where we are in the stream of records after the head. */
struct conn_record {
	unsigned	 id;
	unsigned char	 header[8];
	unsigned	 have;			/* bytes of header[] */
	unsigned	 content;		/* bytes left of the record */
	unsigned	 padding;
	size_t		 params;		/* head: content moved to the front of in */
	bool		 begun;
};

struct gate_view;

struct conn {
	int		 kind;			/* what epoll hands back, gate_inner.h */
	int		 fd;
	const struct transport *transport;
	enum conn_state	 state;
	bool		 in_epoll;
	bool		 shed;			/* answer 503 instead of serving */
	bool		 over_cap;		/* accepted past the cap: one answer, then close */
	bool		 keep;			/* the front server wants to use it again */
	bool		 dispatched;		/* dispatch_head saw the request */
	bool		 body_end;
	bool		 discard;		/* body bytes are counted and dropped */
	enum fz_err	 body_err;

	struct arena	*arena;
	struct gate_view *view;			/* configuration this request began with */
	struct request	 rq;
	struct response	 rs;
	struct lane_wait lane;			/* a script's place */
	struct dispatch_books books;

	unsigned char	*in;			/* head, and what came with it */
	size_t		 in_len;
	size_t		 in_cap;
	size_t		 scan;
	struct conn_record record;
	uint64_t	 content_left;		/* SCGI: body bytes to come */
	uint64_t	 received;		/* body bytes so far */
	struct conn_out	 out;

	int64_t		 began_ms;		/* of the state: rate and total deadlines */
	int64_t		 deadline;		/* monotonic ms; owner only */
	int64_t		 queued_us;		/* or when its turn began, if not queued */
	uint64_t	 served;

	atomic_int_fast64_t parked_until;	/* deadline while in epoll, else 0 */
	atomic_bool	 answerable;		/* parked in BODY */
	atomic_bool	 idle;			/* nothing begun; may be closed in a drain */

	struct conn	*queue_next;
	struct conn	*next;			/* all connections, gate's list lock */
	struct conn	**prev;
};

/* What a thread brings along to advance connections. */
struct fastcgi_reader;
struct gate;
struct turn {
	struct gate	*gate;
	unsigned	 worker;		/* its number */
	bool		 slow;			/* the thread was lowered in priority for good */
	struct fastcgi_reader *reader;
	unsigned char	*scratch;		/* TURN_SCRATCH bytes */
	int64_t		 now;			/* monotonic ms at the begin of the turn */
};
#define TURN_SCRATCH (64 * KIB)
#define TURN_BYTES (4 * MIB)	/* in or out in one turn */

/* Takes the fd. */
struct conn	*conn_new(int fd, const struct transport *);
/* Closes the fd; ends a request that is under way. */
void		 conn_free(struct conn *);
/* turn->now is set by the caller. */
enum conn_next	 conn_advance(struct conn *, struct turn *);

/* Did the peer close both directions? */
bool		 conn_gone(const struct conn *);

/* For transports: n bytes of body content. */
void		 conn_body(struct conn *, const void *, size_t n);
/* For transports: room in c->out for n iovecs and one frame? */
bool		 conn_room(const struct conn *, unsigned n);
void		 conn_push(struct conn *, const void *, size_t n);

#endif
