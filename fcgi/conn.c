/*
 * A request is a sequence of states, and a thread holds it only while there is something
 * to do: whoever sends a body at a byte a second, or reads an answer at one, costs an
 * entry in epoll and no thread.  Every state does as much as it can without waiting and
 * then names the readiness it needs.
 *
 * An answer whose source has nothing yet costs less still: it is asked again four times a
 * second (park_later), and looked at for whether anybody still wants it.
 *
 * The body is collected before the handler runs.  Both front servers want that (one
 * sends the whole body before it reads a byte of the answer) and handlers become plain
 * functions.  A body that ends early never reaches a handler; one whose length differs
 * from what was announced is refused.
 *
 * What is not wanted is still read: up to 64 KiB to keep the connection usable, beyond
 * that the connection is closed after the answer, gently (LINGER): closing with unread
 * input makes the front server see a broken connection instead of the answer.  While an
 * answer waits for the peer and the peer still sends, its bytes are read and dropped,
 * so the two can never wait for each other.
 *
 * Every wait has a deadline: without progress, and by average rate.  Fairness: after
 * TURN_BYTES the connection goes to the end of the queue, after an answer back to epoll.
 */
#include "fcgi/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/metrics.h"
#include "base/clock.h"
#include "base/spool.h"
#include "fcgi/answer.h"
#include "fcgi/dispatch.h"
#include "fcgi/gate_inner.h"
#include "fcgi/pages.h"

#define RATE_GRACE_MS 10000	/* before the average rate counts */

struct conn *
conn_new(int fd, const struct transport *transport)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->kind = GATE_CONN;
	c->fd = fd;
	c->transport = transport;
	c->arena = arena_new();
	c->deadline = clock_mono_ms() + LIMIT_STALL_MS;
	atomic_init(&c->parked_until, 0);
	atomic_init(&c->idle, true);
	return c;
}

void
conn_request_done(struct conn *c)
{
	if (c->view == NULL)
		return;
	conn_run_cancel(c);
	c->books.bytes_in = c->received;
	c->books.bytes_out = c->out.sent;
	if (c->dispatched)
		dispatch_done(&c->rq, &c->rs, &c->books);
	response_fini(&c->rs);
	spool_free(c->rq.body);
	c->rq.body = NULL;
	arena_reset(c->arena);
	gate_view_drop(c->view);
	c->view = NULL;
	c->dispatched = false;
}

void
conn_free(struct conn *c)
{
	if (c == NULL)
		return;
	conn_request_done(c);
	close(c->fd);
	free(c->in);
	arena_free(c->arena);
	free(c);
}

int64_t
conn_patience(const struct conn *c, uint64_t bytes)
{
	int64_t stall = clock_mono_ms() + LIMIT_STALL_MS;
	int64_t rate = c->began_ms + RATE_GRACE_MS +
	    (int64_t)(bytes / LIMIT_BODY_RATE > INT32_MAX ? INT32_MAX :
	    bytes / LIMIT_BODY_RATE) * 1000;

	return stall < rate ? stall : rate;
}

void
conn_enter(struct conn *c, enum conn_state state)
{
	c->state = state;
	c->began_ms = clock_mono_ms();
}

/* --- sending --- */

static void
send_begin(struct conn *c)
{
	conn_out_begin(c);
	conn_enter(c, CONN_SEND);
}

static void
fail(struct conn *c, enum fz_err err)
{
	answer_error(&c->rq, &c->rs, err);
	/* An app's visitors get errors in the shape of its host, not of the admin API. */
	if (c->rq.site != NULL)
		pages_error(&c->rq, &c->rs, err, NULL);
	send_begin(c);
}

/* --- the body --- */

void
conn_body(struct conn *c, const void *p, size_t n)
{
	enum fz_err err;

	c->received += n;
	if (c->discard)
		return;
	if (c->rq.body == NULL)
		c->rq.body = spool_new(c->rq.node->tmp_dir, c->rq.body_max);
	err = spool_add(c->rq.body, p, n);
	if (err != FZ_OK) {
		c->body_err = err;
		c->discard = true;
	}
}

static void
too_large(struct conn *c)
{
	response_detail(&c->rs, "limit", json_integer((json_int_t)c->rq.body_max));
	c->keep = c->keep && c->body_end;
	fail(c, FZ_PAYLOAD_TOO_LARGE);
}

/* The body is here, or as much of an unwanted one as we read. */
static void
whole(struct conn *c)
{
	if (c->rs.status == 0 && c->rq.content_length >= 0 && c->body_end &&
	    (uint64_t)c->rq.content_length != c->received) {
		c->keep = false;
		response_why(&c->rs, FZ_BAD_REQUEST,
		    "The body is not as long as Content-Length says");
		fail(c, FZ_BAD_REQUEST);
		return;
	}
	/* dispatch_head may have answered; then the body was only taken off the line. */
	if (c->rs.status == 0)
		c->rq.began_us = clock_mono_us();
	conn_enter(c, CONN_RUN);
}

static enum conn_step
on_run(struct conn *c, struct turn *t, enum conn_next *next)
{
	switch (conn_run(c, t)) {
	case FZ_OK:
		send_begin(c);
		return CONN_GO;
	case FZ_AGAIN:
		*next = CONN_GIVEN_AWAY;
		return CONN_STOP;
	default:
		*next = CONN_WANT_CLOSE;
		return CONN_STOP;
	}
}

/* After bytes were taken: is that all, too much, or garbage? */
static enum conn_step
body_taken(struct conn *c, enum fz_err err, enum conn_next *next)
{
	if (err == FZ_CLOSED) {
		*next = CONN_WANT_CLOSE;
		return CONN_STOP;
	}
	if (c->body_err == FZ_PAYLOAD_TOO_LARGE)
		too_large(c);
	else if (c->body_err != FZ_OK)
		fail(c, c->body_err);
	else if (err == FZ_OK || (c->discard && c->received > CONN_DRAIN_MAX))
		whole(c);
	return CONN_GO;
}

/* What came with the head; none of it also asks whether there is an end to wait for. */
static enum fz_err
body_first(struct conn *c)
{
	size_t n = c->in_len - c->scan;
	const unsigned char *p = c->in + c->scan;

	c->scan = c->in_len;
	return c->transport->body(c, p, n);
}

static enum conn_step
body_stopped(struct conn *c, ssize_t n, enum conn_next *next)
{
	if (n < 0 && errno == EAGAIN) {
		*next = CONN_WANT_READ;
		c->deadline = conn_patience(c, c->received);
		return CONN_STOP;
	}
	/* The acceptor shuts the reading side when the deadline passes. */
	if (n == 0 && clock_mono_ms() >= c->deadline) {
		c->keep = false;
		response_why(&c->rs, FZ_TIMEOUT, "The body came too slowly");
		fail(c, FZ_TIMEOUT);
		return CONN_GO;
	}
	*next = CONN_WANT_CLOSE;
	return CONN_STOP;
}

static enum conn_step
on_body(struct conn *c, struct turn *t, enum conn_next *next)
{
	uint64_t from = c->received;
	enum conn_step step = CONN_GO;

	if (c->scan < c->in_len || c->body_end)
		step = body_taken(c, body_first(c), next);
	while (step == CONN_GO && c->state == CONN_BODY) {
		ssize_t n = recv(c->fd, t->scratch, TURN_SCRATCH, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return body_stopped(c, n, next);
		step = body_taken(c, c->transport->body(c, t->scratch, (size_t)n), next);
		if (step == CONN_GO && c->state == CONN_BODY &&
		    c->received - from >= TURN_BYTES) {
			*next = CONN_WANT_TURN;
			return CONN_STOP;
		}
	}
	return step;
}

/* --- the head --- */

/* False at the end of input or when it does not fit. */
static bool
read_head(struct conn *c, bool *again)
{
	ssize_t n;

	*again = false;
	if (c->in_len == c->in_cap) {
		size_t cap = c->in_cap == 0 ? CONN_IN_FIRST : c->in_cap * 2;

		if (c->in_cap == CONN_IN_MAX)
			return false;
		c->in_cap = cap < CONN_IN_MAX ? cap : CONN_IN_MAX;
		c->in = xrealloc(c->in, c->in_cap);
	}
	do
		n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN) {
		*again = true;
		return true;
	}
	if (n <= 0)
		return false;
	c->in_len += (size_t)n;
	return true;
}

/* First bytes of a request. */
static void
request_begin(struct conn *c, struct turn *t)
{
	atomic_store(&c->idle, false);
	atomic_store(&t->gate->active_ms, t->now);
	c->view = gate_view_take(t->gate);
	memset(&c->rq, 0, sizeof(c->rq));
	c->rq.arena = c->arena;
	c->rq.node = c->view->node;
	c->rq.began_us = c->queued_us;
	cgi_vars_defaults(&c->rq);
	response_init(&c->rs, c->arena);
	memset(&c->out, 0, sizeof(c->out));
	memset(&c->books, 0, sizeof(c->books));
	c->keep = false;
	c->deadline = t->now + LIMIT_PARAMS_MS;
}

/* The variables are here and good: may it come in, and does it have a body? */
static void
admit(struct conn *c, struct turn *t)
{
	int64_t waited = t->now - c->queued_us / 1000;

	if (c->shed || waited > LIMIT_REQUEST_MS) {
		atomic_fetch_add(&t->gate->shed_count, 1);
		gate_metric(t->gate, METRIC_SHED, 1);
		fail(c, FZ_OVERLOADED);
		return;
	}
	c->dispatched = true;
	dispatch_head(&c->rq, &c->rs);
	if (c->rs.status != 0 && c->rq.content_length > (int64_t)CONN_DRAIN_MAX) {
		send_begin(c);
		return;
	}
	c->discard = c->rq.body_max == 0 || c->rs.status != 0;
	if (!c->discard && c->rq.content_length > 0 &&
	    (uint64_t)c->rq.content_length > c->rq.body_max) {
		too_large(c);
		return;
	}
	conn_enter(c, CONN_BODY);
}

static void
head_done(struct conn *c, struct turn *t, enum fz_err err)
{
	if (err == FZ_OK)
		admit(c, t);
	else {
		c->keep = false;
		c->dispatched = true;
		fail(c, err);
	}
	/* Answered without its body: take what came along, the connection may live on. */
	if (c->state == CONN_SEND && err == FZ_OK) {
		c->discard = true;
		if (body_first(c) == FZ_CLOSED)
			c->keep = false;
	}
}

static enum conn_step
on_head(struct conn *c, struct turn *t, enum conn_next *next)
{
	bool again;
	enum fz_err err;

	for (;;) {
		if (!read_head(c, &again))
			break;
		if (again) {
			*next = CONN_WANT_READ;
			return CONN_STOP;
		}
		if (c->view == NULL)
			request_begin(c, t);
		err = c->transport->head(c, t);
		if (err == FZ_CLOSED)
			break;
		if (err != FZ_AGAIN) {
			head_done(c, t, err);
			return CONN_GO;
		}
		if (t->now >= c->deadline)
			break;
	}
	*next = CONN_WANT_CLOSE;
	return CONN_STOP;
}

enum conn_next
conn_advance(struct conn *c, struct turn *t)
{
	static enum conn_step (*const states[])(struct conn *, struct turn *, enum conn_next *) = {
		[CONN_HEAD] = on_head, [CONN_BODY] = on_body, [CONN_RUN] = on_run,
		[CONN_SEND] = conn_send, [CONN_LINGER] = conn_linger,
	};
	enum conn_next next = CONN_WANT_CLOSE;

	while (states[c->state](c, t, &next) == CONN_GO)
		continue;
	return next;
}
