/*
 * The FastCGI reader with libfcgi behind it, driven through a socket pair in pieces.
 * First byte: size of the pieces.  Oracle: a request that reached the handler is within
 * the limits; its variables never hold what was not sent.
 *
 * FCGI_GET_VALUES, on which libfcgi overruns its stack, and lengths that make it
 * allocate gigabytes are among the seeds: the reader must stop them before the library
 * sees them.  (SO_PEERCRED keeps strangers from sending them at all.)
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/dispatch.h"
#include "fcgi/fastcgi.h"
#include "fcgi/gate_inner.h"

#ifndef TRANSPORT
#define TRANSPORT fastcgi_transport
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct node node = { .tmp_dir = "/tmp", .domain = "fuzz" };
static struct gate gate;
static struct gate_view view = { .node = &node };

void
dispatch_head(struct request *rq, struct response *rs)
{
	size_t i, total = 0;

	(void)rs;
	if (rq->path[0] != '/' || rq->content_length < -1 || rq->headers.n > LIMIT_PARAMS)
		abort();
	for (i = 0; i < rq->headers.n; i++)
		total += strlen(rq->headers.v[i].name) + strlen(rq->headers.v[i].value);
	/* Joining adds ", ". */
	if (total > LIMIT_HEAD + 2 * LIMIT_PARAMS)
		abort();
	rq->body_max = rq->method == METHOD_POST ? 1000 : 0;
}

void
dispatch_run(struct request *rq, struct response *rs)
{
	uint64_t n = rq->body == NULL ? 0 : spool_size(rq->body);

	if (n > rq->body_max)
		abort();
	if (rq->body_max > 0 && rq->content_length >= 0 && n != (uint64_t)rq->content_length)
		abort();
	response_text(rs, 200, rq->path);
}

bool
dispatch_script(struct request *rq, struct response *rs, struct dispatch_script *out)
{
	(void)rq;
	(void)rs;
	(void)out;
	return false;
}

void
dispatch_refuse(struct request *rq, struct response *rs, enum fz_err err, const char *text,
    int64_t retry_s)
{
	(void)rq;
	(void)rs;
	(void)err;
	(void)text;
	(void)retry_s;
}

void
dispatch_done(struct request *rq, const struct response *rs,
    const struct dispatch_books *books)
{
	(void)rq;
	(void)rs;
	(void)books;
}

static void
discard(int fd)
{
	char buf[65536];
	ssize_t n;

	do
		n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
	while (n > 0);
}

static void
init(struct turn *t)
{
	if (gate.view != NULL)
		return;
	if (fastcgi_init(NULL) != FZ_OK)
		abort();
	pthread_mutex_init(&gate.view_lock, NULL);
	gate.view = &view;
	t->gate = &gate;
	t->reader = fastcgi_reader_new();
	t->scratch = xmalloc(TURN_SCRATCH);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct turn turn;
	struct conn *c;
	size_t step, at = 1;
	int pair[2];

	init(&turn);
	atomic_store(&view.refs, 1);
	if (size < 2 || size > 200000)
		return 0;
	step = data[0] == 0 ? size : (size_t)data[0] * data[0];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		abort();
	c = conn_new(pair[0], &TRANSPORT);
	c->queued_us = INT64_MAX;
	while (at < size) {
		size_t n = size - at < step ? size - at : step;
		ssize_t sent = send(pair[1], data + at, n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent <= 0 || conn_advance(c, &turn) == CONN_WANT_CLOSE)
			break;
		at += (size_t)sent;
		discard(pair[1]);
	}
	shutdown(pair[1], SHUT_WR);
	(void)conn_advance(c, &turn);
	conn_free(c);
	close(pair[1]);
	if (atomic_load(&view.refs) != 1)
		abort();
	return 0;
}
