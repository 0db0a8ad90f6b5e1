/*
 * An answer on its way out, and what becomes of the connection after it: the next request,
 * a gentle close, or a wait for the peer.  What was not wanted of the body is taken off the
 * line meanwhile.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "fcgi/gate_inner.h"

#define IDLE_MS 600000		/* longer than any front server keeps one */
#define LINGER_MS 2000
#define LINGER_TOTAL_MS 30000

/*
 * Half closed is no sign: a peer may have said all it has to say.  Nor is the end of input
 * on TCP, where one cannot be told from the other: there the next write tells.
 */
bool
conn_gone(const struct conn *c)
{
	struct pollfd pfd = { .fd = c->fd };

	return poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLHUP | POLLERR)) != 0;
}

/* The next request on a kept connection. */
static void
reset(struct conn *c, struct turn *t)
{
	c->state = CONN_HEAD;
	c->shed = c->over_cap;
	c->body_end = c->discard = false;
	c->body_err = FZ_OK;
	c->in_len = c->scan = 0;
	memset(&c->record, 0, sizeof(c->record));
	c->received = c->content_left = 0;
	c->deadline = t->now + IDLE_MS;
	if (c->in_cap > CONN_IN_FIRST) {
		free(c->in);
		c->in = NULL;
		c->in_cap = 0;
	}
	atomic_store(&c->idle, true);
}

/* Read and drop what is there; false at the end of the stream or a broken one. */
static bool
drain(struct conn *c, struct turn *t)
{
	size_t total = 0;

	while (total < TURN_BYTES) {
		ssize_t n = recv(c->fd, t->scratch, TURN_SCRATCH, MSG_DONTWAIT);

		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		total += (size_t)n;
	}
	return true;
}

/* The same while the framing may still tell us where the body ends. */
static bool
drain_body(struct conn *c, struct turn *t)
{
	size_t total = 0;

	c->discard = true;
	while (!c->body_end && total < TURN_BYTES) {
		ssize_t n = recv(c->fd, t->scratch, TURN_SCRATCH, MSG_DONTWAIT);

		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		total += (size_t)n;
		if (c->transport->body(c, t->scratch, (size_t)n) == FZ_CLOSED)
			return false;
	}
	return true;
}

/* The answer is out: what becomes of the connection? */
static enum conn_step
send_end(struct conn *c, struct turn *t, enum conn_next *next)
{
	bool keep = c->keep && !c->over_cap && !atomic_load(&t->gate->draining);

	conn_request_done(c);
	c->served++;
	atomic_fetch_add(&t->gate->served, 1);
	/* The padding of the last record would be read as the next request. */
	if (c->body_end && c->record.padding == 0 && keep) {
		/* The next request is not here yet, and others may be. */
		reset(c, t);
		*next = CONN_WANT_READ;
		return CONN_STOP;
	}
	if (!c->body_end && shutdown(c->fd, SHUT_WR) == 0) {
		conn_enter(c, CONN_LINGER);
		return CONN_GO;
	}
	*next = CONN_WANT_CLOSE;
	return CONN_STOP;
}

static enum conn_step
send_blocked(struct conn *c, struct turn *t, enum conn_next *next)
{
	*next = CONN_WANT_WRITE;
	if (!c->body_end) {
		if (!drain_body(c, t))
			*next = CONN_WANT_CLOSE;
		else if (!c->body_end)
			*next = CONN_WANT_BOTH;
	}
	c->deadline = conn_patience(c, c->out.sent);
	return CONN_STOP;
}

/*
 * Nothing to send yet.  When we are about to go, such an answer ends here: it has no end of
 * its own, and whoever reads it will come back to the next process.
 */
static enum conn_step
send_dry(struct conn *c, struct turn *t, enum conn_next *next)
{
	c->books.streamed = true;
	if (conn_gone(c) || (!c->body_end && !drain_body(c, t))) {
		*next = CONN_WANT_CLOSE;
		return CONN_STOP;
	}
	if (atomic_load(&t->gate->draining) && c->out.expect < 0) {
		c->out.last_piece = true;
		return CONN_GO;
	}
	/* Its average rate says nothing. */
	c->began_ms = t->now;
	*next = CONN_WANT_LATER;
	return CONN_STOP;
}

enum conn_step
conn_send(struct conn *c, struct turn *t, enum conn_next *next)
{
	uint64_t from = c->out.sent;

	if (from == 0 && c->rs.not_before > t->now &&
	    !atomic_load(&t->gate->draining)) {
		*next = conn_gone(c) ? CONN_WANT_CLOSE : CONN_WANT_LATER;
		return CONN_STOP;
	}
	switch (conn_out_send(c, TURN_BYTES)) {
	case FZ_OK:
		return send_end(c, t, next);
	case FZ_AGAIN:
		if (c->out.dry && c->out.at == c->out.n)
			return send_dry(c, t, next);
		if (c->out.sent - from < TURN_BYTES)
			return send_blocked(c, t, next);
		*next = CONN_WANT_TURN;
		return CONN_STOP;
	default:
		*next = CONN_WANT_CLOSE;
		return CONN_STOP;
	}
}

/* Our side is shut; wait for the peer to notice. */
enum conn_step
conn_linger(struct conn *c, struct turn *t, enum conn_next *next)
{
	int64_t last = c->began_ms + LINGER_TOTAL_MS;

	*next = drain(c, t) && t->now < last ? CONN_WANT_READ : CONN_WANT_CLOSE;
	c->deadline = t->now + LINGER_MS < last ? t->now + LINGER_MS : last;
	return CONN_STOP;
}
