/*
 * FastCGI 1.0 (the specification by Open Market, 1996): records of 8 bytes of header,
 * content and padding.
 *
 * libfcgi takes the variables apart, and nothing else: left to itself it waits for the
 * peer in read(2) with a thread in its hand, allocates what a peer's four bytes tell it
 * to, keeps no bound on variables, writes past a stack buffer on FCGI_GET_VALUES, and
 * throws away unread input on a kept connection so that the rest of a body becomes the
 * next request.  Therefore its own accept loop is replaced by a hand-off: the records of
 * one head are collected here without waiting, their framing, sizes and count are
 * checked, and then exactly one request (BEGIN, PARAMS, end of PARAMS, written by us from
 * the checked content) goes to it through a pipe.  It never sees a byte that was not
 * checked, never a management record, never STDIN; and since it always has the whole
 * head, it never waits.  Its request structure is told to keep the "connection" (the
 * pipe) and that its output streams are closed, both by fields of the public header.
 *
 * STDIN is read here record by record.  Content is only ever content: what looks like a
 * record inside it cannot be taken for one.  What is not the record that must come next
 * ends the connection: no front server sends it.  That covers multiplexing, roles other
 * than the responder, management records and ABORT (front servers close instead).
 *
 * Answers are STDOUT records of up to 65,528 bytes in front of borrowed bytes, nothing is
 * copied; eight times fewer records than the library would write, and one for the head
 * and the body of a small answer.
 */
#include "fcgi/fastcgi.h"

#include <errno.h>
#include <fcgi_config.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "fcgi/cgi_vars.h"
#include "fcgi/conn.h"
#include "fcgi/gate_inner.h"
#include "fcgi/transport.h"

/* Record types and the one role. */
#define BEGIN_REQUEST 1
#define END_REQUEST 3
#define PARAMS 4
#define STDIN 5
#define STDOUT 6
#define RESPONDER 1
#define KEEP_CONN 1

#define HEADER 8
/* Content of PARAMS: names, values and 8 bytes of lengths a pair. */
#define PARAMS_MAX (LIMIT_HEAD + 8 * LIMIT_PARAMS)

struct fastcgi_reader {
	FCGX_Request	 f;
	int		 pipe[2];	/* -1 = none yet */
};

struct header {
	unsigned	 type;
	unsigned	 id;
	unsigned	 content;
	unsigned	 padding;
};

enum fz_err
fastcgi_init(struct why *why)
{
	static const int signals[] = { SIGPIPE, SIGUSR1, SIGTERM };
	struct sigaction saved[3];
	int i, err;

	/* The library installs handlers of its own where it finds none. */
	for (i = 0; i < 3; i++)
		sigaction(signals[i], NULL, &saved[i]);
	err = FCGX_Init();
	for (i = 0; i < 3; i++)
		sigaction(signals[i], &saved[i], NULL);
	if (err != 0)
		return why_set(why, FZ_INTERNAL_ERROR, "libfcgi does not start (%d)", err);
	return FZ_OK;
}

static void
pipe_drop(struct fastcgi_reader *r)
{
	if (r->pipe[0] >= 0)
		close(r->pipe[0]);
	if (r->pipe[1] >= 0)
		close(r->pipe[1]);
	r->pipe[0] = r->pipe[1] = -1;
}

static bool
pipe_open(struct fastcgi_reader *r)
{
	if (r->pipe[0] >= 0)
		return true;
	if (pipe2(r->pipe, O_CLOEXEC | O_NONBLOCK) < 0) {
		r->pipe[0] = r->pipe[1] = -1;
		return false;
	}
	if (fcntl(r->pipe[1], F_SETPIPE_SZ, 2 * PARAMS_MAX) < 0)
		(void)fcntl(r->pipe[1], F_SETPIPE_SZ, 64 * KIB);
	return true;
}

struct fastcgi_reader *
fastcgi_reader_new(void)
{
	struct fastcgi_reader *r = xcalloc(1, sizeof(*r));

	/* No listening socket: should it ever want to accept, that fails at once. */
	FCGX_InitRequest(&r->f, -1, FCGI_FAIL_ACCEPT_ON_INTR);
	r->pipe[0] = r->pipe[1] = -1;
	/* Now, and not when descriptors have run out; else the next request tries again. */
	(void)pipe_open(r);
	return r;
}

void
fastcgi_reader_free(struct fastcgi_reader *r)
{
	if (r == NULL)
		return;
	pipe_drop(r);
	free(r);
}

static bool
header_parse(const unsigned char *p, struct header *h)
{
	h->type = p[1];
	h->id = (unsigned)p[2] << 8 | p[3];
	h->content = (unsigned)p[4] << 8 | p[5];
	h->padding = p[6];
	return p[0] == 1;
}

static void
header_write(unsigned char *p, unsigned type, unsigned id, size_t content, size_t padding)
{
	p[0] = 1;
	p[1] = (unsigned char)type;
	p[2] = (unsigned char)(id >> 8);
	p[3] = (unsigned char)id;
	p[4] = (unsigned char)(content >> 8);
	p[5] = (unsigned char)content;
	p[6] = (unsigned char)padding;
	p[7] = 0;
}

/* The writer's room: BEGIN and the head of each PARAMS record. */
struct feed {
	unsigned char	 begin[16];
	unsigned char	 heads[4][HEADER];
	struct iovec	 iov[10];
	int		 n;
	size_t		 len;
};

static void
feed_add(struct feed *f, void *p, size_t n)
{
	f->iov[f->n].iov_base = p;
	f->iov[f->n++].iov_len = n;
	f->len += n;
}

static void
feed_build(struct feed *f, unsigned char *params, size_t len)
{
	int i = 0;

	memset(f, 0, sizeof(*f));
	header_write(f->begin, BEGIN_REQUEST, 1, 8, 0);
	f->begin[9] = RESPONDER;
	f->begin[10] = KEEP_CONN;
	feed_add(f, f->begin, sizeof(f->begin));
	while (len > 0) {
		size_t n = len < CONN_RECORD ? len : CONN_RECORD;

		header_write(f->heads[i], PARAMS, 1, n, 0);
		feed_add(f, f->heads[i++], HEADER);
		feed_add(f, params, n);
		params += n;
		len -= n;
	}
	header_write(f->heads[i], PARAMS, 1, 0, 0);
	feed_add(f, f->heads[i], HEADER);
}

static enum fz_err
library_read(struct fastcgi_reader *r, unsigned char *params, size_t len)
{
	struct feed feed;

	if (!pipe_open(r))
		return FZ_IO;
	feed_build(&feed, params, len);
	if (writev(r->pipe[1], feed.iov, feed.n) != (ssize_t)feed.len) {
		pipe_drop(r);
		return FZ_HEADERS_TOO_LARGE;
	}
	r->f.ipcFd = r->pipe[0];
	r->f.keepConnection = 1;
	r->f.detached = 1;	/* on failure close the pipe at once, no lingering */
	if (FCGX_Accept_r(&r->f) == 0)
		return FZ_OK;
	/* Cannot be: the library closed its end, make a new pipe next time. */
	r->f.ipcFd = -1;
	r->f.keepConnection = 0;
	r->f.detached = 0;
	r->pipe[0] = -1;
	pipe_drop(r);
	return FZ_BAD_REQUEST;
}

/* Free what the library allocated; it must write nothing and keep the pipe. */
static void
library_done(struct fastcgi_reader *r)
{
	r->f.out->wasFCloseCalled = 1;
	r->f.err->wasFCloseCalled = 1;
	r->f.keepConnection = 1;
	FCGX_Finish_r(&r->f);
	r->f.ipcFd = -1;
	r->f.keepConnection = 0;
}

/* One or four bytes; false when they are not all there. */
static bool
length_parse(const unsigned char *p, size_t len, size_t *at, size_t *out)
{
	if (*at >= len)
		return false;
	if ((p[*at] & 0x80) == 0) {
		*out = p[(*at)++];
		return true;
	}
	if (len - *at < 4)
		return false;
	*out = (size_t)(p[*at] & 0x7f) << 24 | (size_t)p[*at + 1] << 16 |
	    (size_t)p[*at + 2] << 8 | p[*at + 3];
	*at += 4;
	return true;
}

/* The pairs as the library will see them: whole, bounded, without NUL or '=' in a name. */
static enum fz_err
pairs_check(const unsigned char *p, size_t len)
{
	size_t at = 0, count = 0, total = 0, name, value;

	while (at < len) {
		if (!length_parse(p, len, &at, &name) || !length_parse(p, len, &at, &value))
			return FZ_BAD_REQUEST;
		if (name > LIMIT_PARAM_NAME || value > LIMIT_HEAD)
			return FZ_HEADERS_TOO_LARGE;
		if (name == 0 || name + value > len - at)
			return FZ_BAD_REQUEST;
		if (memchr(p + at, '\0', name + value) != NULL ||
		    memchr(p + at, '=', name) != NULL)
			return FZ_BAD_REQUEST;
		at += name + value;
		total += name + value;
		if (++count > LIMIT_PARAMS || total > LIMIT_HEAD)
			return FZ_HEADERS_TOO_LARGE;
	}
	return FZ_OK;
}

static enum fz_err
head_decode(struct conn *c, struct turn *t)
{
	struct cgi_var vars[LIMIT_PARAMS + 1];
	enum fz_err err = pairs_check(c->in, c->record.params);
	size_t n = 0;
	char **e;

	if (err != FZ_OK)
		return err;
	err = library_read(t->reader, c->in, c->record.params);
	if (err != FZ_OK)
		return err;
	/* The library puts one of its own (FCGI_ROLE) in front. */
	for (e = t->reader->f.envp; *e != NULL && n < LIMIT_PARAMS + 1; e++) {
		char *eq = strchr(*e, '=');

		vars[n].name = *e;
		vars[n].name_len = (size_t)(eq - *e);
		vars[n++].value = eq + 1;
	}
	err = cgi_vars_request(&c->rq, vars, n, c->view->trust);
	library_done(t->reader);
	return err;
}

/* BEGIN's eight bytes. */
static enum fz_err
head_begin(struct conn *c, const struct header *h, const unsigned char *body)
{
	if (h->type != BEGIN_REQUEST || h->id == 0 || h->content != 8)
		return FZ_CLOSED;
	if (((unsigned)body[0] << 8 | body[1]) != RESPONDER)
		return FZ_CLOSED;
	c->record.id = h->id;
	c->record.begun = true;
	c->record.params = 0;
	c->keep = (body[2] & KEEP_CONN) != 0;
	return FZ_AGAIN;
}

/* The record at c->scan, if it is all there; FZ_OK at the end of the variables. */
static enum fz_err
head_record(struct conn *c, bool *taken)
{
	unsigned char *p = c->in + c->scan;
	size_t have = c->in_len - c->scan;
	struct header h;
	enum fz_err err = FZ_AGAIN;

	*taken = false;
	if (have > 0 && p[0] != 1)
		return FZ_CLOSED;
	if (have < HEADER)
		return FZ_AGAIN;
	if (!header_parse(p, &h))
		return FZ_CLOSED;
	if (c->record.begun && (h.type != PARAMS || h.id != c->record.id))
		return FZ_CLOSED;
	if (!c->record.begun && (h.type != BEGIN_REQUEST || h.content != 8))
		return FZ_CLOSED;
	if (c->record.begun && c->record.params + h.content > PARAMS_MAX)
		return FZ_HEADERS_TOO_LARGE;
	if (have < HEADER + h.content + h.padding)
		return FZ_AGAIN;
	if (!c->record.begun)
		err = head_begin(c, &h, p + HEADER);
	else if (h.content == 0)
		err = FZ_OK;
	else
		memmove(c->in + c->record.params, p + HEADER, h.content);
	if (h.type == PARAMS)
		c->record.params += h.content;
	c->scan += HEADER + h.content + h.padding;
	*taken = true;
	return err;
}

static enum fz_err
head(struct conn *c, struct turn *t)
{
	enum fz_err err;
	bool taken;

	do
		err = head_record(c, &taken);
	while (err == FZ_AGAIN && taken);
	if (err == FZ_OK)
		return head_decode(c, t);
	/* Variables of many small records leave gaps: close them, so that they fit. */
	if (err == FZ_AGAIN && c->scan > c->record.params) {
		memmove(c->in + c->record.params, c->in + c->scan, c->in_len - c->scan);
		c->in_len -= c->scan - c->record.params;
		c->scan = c->record.params;
	}
	return err;
}

/* A complete header after the variables: STDIN of this request or nothing. */
static bool
body_record(struct conn *c)
{
	struct header h;

	if (!header_parse(c->record.header, &h))
		return false;
	if (h.type != STDIN || h.id != c->record.id || c->body_end)
		return false;
	c->record.content = h.content;
	c->record.padding = h.padding;
	c->record.have = 0;
	if (h.content == 0)
		c->body_end = true;
	return true;
}

static size_t
at_most(size_t n, size_t max)
{
	return n < max ? n : max;
}

static enum fz_err
body(struct conn *c, const unsigned char *p, size_t n)
{
	struct conn_record *r = &c->record;
	size_t take;

	while (n > 0) {
		if (r->content > 0) {
			take = at_most(n, r->content);
			conn_body(c, p, take);
			r->content -= (unsigned)take;
		} else if (r->padding > 0) {
			take = at_most(n, r->padding);
			r->padding -= (unsigned)take;
		} else if (c->body_end) {
			/* Nobody sends the next request before this answer. */
			c->keep = false;
			return FZ_OK;
		} else {
			take = at_most(n, HEADER - r->have);
			memcpy(r->header + r->have, p, take);
			r->have += (unsigned)take;
			if (r->have == HEADER && !body_record(c))
				return FZ_CLOSED;
		}
		p += take;
		n -= take;
	}
	return c->body_end && r->padding == 0 ? FZ_OK : FZ_AGAIN;
}

/*
 * The record that the next bytes go into: the last of this batch if there is room in it,
 * so that a small answer is one record with its head, or a new one.
 */
static unsigned char *
record_open(struct conn *c, struct header *h)
{
	struct conn_out *out = &c->out;

	if (out->nframes > 0) {
		(void)header_parse(out->frames[out->nframes - 1], h);
		if (h->content < CONN_RECORD) {
			if (h->padding > 0)
				out->n--;
			return out->frames[out->nframes - 1];
		}
	}
	memset(h, 0, sizeof(*h));
	conn_push(c, out->frames[out->nframes], HEADER);
	return out->frames[out->nframes++];
}

/* Records in front of borrowed bytes, padded to 8 as the specification advises. */
static size_t
frame(struct conn *c, const void *bytes, size_t n)
{
	static const unsigned char zeros[8];
	const char *p = bytes;
	size_t done = 0;

	while (done < n && c->out.nframes < CONN_FRAMES && conn_room(c, 3)) {
		struct header h;
		unsigned char *at = record_open(c, &h);
		size_t take = at_most(n - done, CONN_RECORD - h.content);
		size_t len = h.content + take, padding = (8 - len % 8) % 8;

		header_write(at, STDOUT, c->record.id, len, padding);
		conn_push(c, p + done, take);
		if (padding > 0)
			conn_push(c, zeros, padding);
		done += take;
	}
	return done;
}

/* End of STDOUT, then END_REQUEST: status 0, request complete. */
static bool
end(struct conn *c)
{
	unsigned char *p = c->out.tail;

	if (!conn_room(c, 1))
		return false;
	memset(p, 0, sizeof(c->out.tail));
	header_write(p, STDOUT, c->record.id, 0, 0);
	header_write(p + HEADER, END_REQUEST, c->record.id, 8, 0);
	conn_push(c, p, sizeof(c->out.tail));
	return true;
}

const struct transport fastcgi_transport = { "fastcgi", head, body, frame, end };
