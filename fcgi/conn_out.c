/*
 * An answer goes out as batches of iovecs over borrowed bytes: the head, the handler's
 * bytes or the source's next piece, and the transport's framing between them.  An answer
 * that fits one batch, as nearly all do, is one system call.
 *
 * A source is asked for its next piece only when the last one has left: it may reuse its
 * memory.  One that has nothing yet says so, and the connection waits for it without a
 * thread.  If it gives more or less than was announced the connection is cut, because an
 * end mark would make a wrong answer look whole.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "fcgi/answer.h"
#include "fcgi/conn.h"
#include "fcgi/gate_inner.h"

void
conn_out_begin(struct conn *c)
{
	struct conn_out *out = &c->out;
	struct answer a;

	answer_head(&c->rq, &c->rs, &a);
	out->n = out->at = out->nframes = 0;
	out->piece = a.text;
	out->left = a.len;
	out->no_body = a.no_body;
	out->body_started = out->last_piece = out->ended = out->dry = false;
	out->expect = c->rs.source != NULL ? c->rs.source_len : (int64_t)c->rs.len;
	out->sent = 0;
}

bool
conn_room(const struct conn *c, unsigned n)
{
	return c->out.n + n <= CONN_IOV;
}

void
conn_push(struct conn *c, const void *p, size_t n)
{
	struct iovec *iov = &c->out.iov[c->out.n++];

	iov->iov_base = (void *)p;
	iov->iov_len = n;
}

/* The next piece of a source; pieces are borrowed, so only when nothing is on its way. */
static enum fz_err
source_piece(struct conn *c)
{
	struct conn_out *out = &c->out;
	const void *p = NULL;
	size_t n = 0;
	enum fz_err err;

	if (out->expect == 0) {
		out->last_piece = true;
		return FZ_OK;
	}
	err = c->rs.source->next(c->rs.source, &p, &n);
	out->dry = err == FZ_AGAIN;
	if (err != FZ_OK)
		return err;
	/* More or less than announced would garble the answer: cut it instead. */
	if (out->expect >= 0 && (n == 0 || n > (uint64_t)out->expect))
		return FZ_IO;
	out->piece = p;
	out->left = n;
	if (n == 0)
		out->last_piece = true;
	if (out->expect > 0) {
		out->expect -= (int64_t)n;
		out->last_piece = out->expect == 0;
	}
	return FZ_OK;
}

/* Let out->piece be the next bytes to frame, or say last_piece. */
static enum fz_err
next_piece(struct conn *c)
{
	struct conn_out *out = &c->out;

	if (out->no_body || (c->rs.source == NULL && (out->body_started || c->rs.len == 0))) {
		out->last_piece = true;
		return FZ_OK;
	}
	if (c->rs.source != NULL) {
		if (out->n > 0 && out->body_started)
			return FZ_AGAIN;
		out->body_started = true;
		return source_piece(c);
	}
	out->body_started = true;
	out->piece = c->rs.bytes;
	out->left = c->rs.len;
	out->last_piece = true;
	return FZ_OK;
}

/*
 * Fill an empty batch.  FZ_OK: something to send; FZ_CLOSED: all is sent; FZ_AGAIN: there
 * will be more.
 */
static enum fz_err
batch_fill(struct conn *c)
{
	struct conn_out *out = &c->out;
	enum fz_err err = FZ_OK;

	out->n = out->at = out->nframes = 0;
	out->dry = false;
	while (err == FZ_OK && !out->ended) {
		if (out->left > 0) {
			size_t n = c->transport->frame(c, out->piece, out->left);

			if (n == 0)
				break;
			out->piece += n;
			out->left -= n;
		} else if (out->last_piece) {
			out->ended = c->transport->end(c);
			if (!out->ended)
				break;
		} else
			err = next_piece(c);
	}
	if (err != FZ_OK && err != FZ_AGAIN)
		return err;
	if (out->n == 0 && out->dry)
		return FZ_AGAIN;
	return out->n > 0 ? FZ_OK : FZ_CLOSED;
}

static void
batch_sent(struct conn_out *out, size_t n)
{
	out->sent += n;
	while (n > 0) {
		struct iovec *iov = &out->iov[out->at];

		if (n < iov->iov_len) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= n;
			return;
		}
		n -= iov->iov_len;
		out->at++;
	}
}

enum fz_err
conn_out_send(struct conn *c, uint64_t budget)
{
	struct conn_out *out = &c->out;
	uint64_t from = out->sent;

	while (out->sent - from < budget) {
		struct msghdr msg = { 0 };
		ssize_t n;

		if (out->at == out->n) {
			enum fz_err err = batch_fill(c);

			if (err == FZ_CLOSED && out->ended)
				return FZ_OK;
			if (err != FZ_OK)
				return err == FZ_AGAIN ? FZ_AGAIN : FZ_CLOSED;
		}
		msg.msg_iov = &out->iov[out->at];
		msg.msg_iovlen = out->n - out->at;
		n = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return FZ_AGAIN;
		if (n < 0 && errno != EINTR)
			return FZ_CLOSED;
		if (n > 0)
			batch_sent(out, (size_t)n);
	}
	return FZ_AGAIN;
}
