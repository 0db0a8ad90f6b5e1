/*
 * The real gate over a unix socket, with a small handler of its own in place of
 * dispatch.c, and clients that behave as front servers do, or worse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "fcgi/dispatch.h"
#include "fcgi/gate.h"
#include "fcgi/lane.h"
#include "runtime/guard.h"
#include "tests/tools/cgi_client.h"

#define BIG (50 * MIB)
#define QUIET 15000

static char dir[] = "/tmp/gate-test-XXXXXX";
static char fcgi_path[96], scgi_path[96];
static atomic_int runs, smuggled, done;
static atomic_int released;
static atomic_int watching, scripts, scripts_most, streamed;
static atomic_bool news, hold, spent;
static struct quota quota;

/* In place of runtime/guard.c: this thread was lowered, once for each time it is set. */
bool
guard_spent(void)
{
	static _Thread_local bool mine;
	bool set = atomic_load(&spent);

	if (set && !mine && atomic_exchange(&spent, false))
		mine = true;
	return mine;
}

/* --- the handler --- */

struct big {
	struct body_source source;
	size_t left;
	bool breaks;
	char piece[64 * KIB];
};

static enum fz_err
big_next(struct body_source *s, const void **p, size_t *n)
{
	struct big *b = (struct big *)s;

	if (b->breaks && b->left < MIB)
		return FZ_IO;
	*n = b->left < sizeof(b->piece) ? b->left : sizeof(b->piece);
	b->left -= *n;
	*p = b->piece;
	return FZ_OK;
}

static void
big_close(struct body_source *s)
{
	free(s);
}

static void
answer_big(struct response *rs, size_t n, bool known, bool breaks)
{
	struct big *b = xcalloc(1, sizeof(*b));

	memset(b->piece, 'b', sizeof(b->piece));
	b->source.next = big_next;
	b->source.close = big_close;
	b->left = n;
	b->breaks = breaks;
	rs->status = 200;
	rs->source = &b->source;
	rs->source_len = known ? (int64_t)n : -1;
}

void
dispatch_head(struct request *rq, struct response *rs)
{
	if (strcmp(rq->path, "/smuggled") == 0)
		atomic_fetch_add(&smuggled, 1);
	if (strcmp(rq->path, "/deny") == 0)
		response_text(rs, 403, "no");
	if (strcmp(rq->path, "/echo") == 0)
		rq->body_max = 64 * MIB;
	if (strcmp(rq->path, "/small") == 0)
		rq->body_max = 100;
}

/* A greeting, then nothing until there are news, then the end. */
struct watch {
	struct body_source source;
	unsigned	 at;
};

static enum fz_err
watch_next(struct body_source *s, const void **p, size_t *n)
{
	static const char *const pieces[] = { "hello ", "news", "" };
	struct watch *w = (struct watch *)s;

	if (w->at == 1 && !atomic_load(&news))
		return FZ_AGAIN;
	*p = pieces[w->at];
	*n = strlen(pieces[w->at]);
	w->at++;
	return FZ_OK;
}

static void
watch_close(struct body_source *s)
{
	atomic_fetch_sub(&watching, 1);
	free(s);
}

static void
answer_watch(struct response *rs)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->source.next = watch_next;
	w->source.close = watch_close;
	atomic_fetch_add(&watching, 1);
	rs->status = 200;
	rs->source = &w->source;
	rs->source_len = -1;
}

/* "/script/7": app 7's code, which lasts as long as somebody holds it. */
static void
answer_script(struct response *rs)
{
	int n = atomic_fetch_add(&scripts, 1) + 1, most = atomic_load(&scripts_most);

	while (n > most && !atomic_compare_exchange_weak(&scripts_most, &most, n))
		continue;
	while (atomic_load(&hold))
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	atomic_fetch_sub(&scripts, 1);
	response_text(rs, 200, "script");
}

bool
dispatch_script(struct request *rq, struct response *rs, struct dispatch_script *out)
{
	(void)rs;
	if (strncmp(rq->path, "/script/", 8) != 0)
		return false;
	out->app = atol(rq->path + 8);
	out->version = 1;
	out->quota = &quota;
	return true;
}

void
dispatch_refuse(struct request *rq, struct response *rs, enum fz_err err, const char *text,
    int64_t retry_s)
{
	(void)rq;
	(void)text;
	response_error(rs, err);
	response_headerf(rs, "Retry-After", "%d", (int)retry_s);
}

static void
echo(struct request *rq, struct response *rs)
{
	uint64_t n = rq->body == NULL ? 0 : spool_size(rq->body);
	char *p = arena_alloc(rq->arena, (size_t)n + 1);

	if (n > 0 && spool_read(rq->body, 0, p, (size_t)n) != (ssize_t)n)
		abort();
	response_bytes(rs, 200, "application/octet-stream", p, (size_t)n);
}

void
dispatch_run(struct request *rq, struct response *rs)
{
	static const char megs[5 * MIB] = { 'm' };
	struct timespec slow = { 0, 300000000 };
	struct timespec slower = { 1, 500000000 };

	atomic_fetch_add(&runs, 1);
	if (strcmp(rq->path, "/echo") == 0 || strcmp(rq->path, "/small") == 0)
		echo(rq, rs);
	else if (strcmp(rq->path, "/big") == 0)
		answer_big(rs, BIG, true, false);
	else if (strcmp(rq->path, "/watch") == 0)
		answer_watch(rs);
	else if (strncmp(rq->path, "/script/", 8) == 0)
		answer_script(rs);
	else if (strcmp(rq->path, "/stream") == 0)
		answer_big(rs, 3 * MIB + 5, false, false);
	else if (strcmp(rq->path, "/breaks") == 0)
		answer_big(rs, 3 * MIB, true, true);
	else if (strcmp(rq->path, "/short") == 0 || strcmp(rq->path, "/long") == 0) {
		answer_big(rs, 3 * MIB, true, false);
		rs->source_len += rq->path[1] == 's' ? 1000 : -1000;
	} else if (strcmp(rq->path, "/mem") == 0)
		response_bytes(rs, 200, "text/plain", megs, sizeof(megs));
	else if (strcmp(rq->path, "/204") == 0)
		rs->status = 204;
	else if (strcmp(rq->path, "/304") == 0)
		rs->status = 304;
	else if (strcmp(rq->path, "/badheader") == 0) {
		response_text(rs, 200, "x");
		response_header(rs, "X-Bad", "a\r\nSet-Cookie: b");
	} else if (strcmp(rq->path, "/none") == 0)
		rs->status = 0;
	else if (strcmp(rq->path, "/who") == 0)
		response_text(rs, 200, arena_printf(rq->arena, "%s %s %s %s", rq->ip,
		    rq->host, rq->query, rq->node->domain));
	else {
		if (strcmp(rq->path, "/slow") == 0)
			nanosleep(&slow, NULL);
		else if (strcmp(rq->path, "/slower") == 0)
			nanosleep(&slower, NULL);
		response_text(rs, 200, "hello");
	}
}

void
dispatch_done(struct request *rq, const struct response *rs,
    const struct dispatch_books *books)
{
	(void)rq;
	(void)rs;
	if (books->streamed)
		atomic_fetch_add(&streamed, 1);
	atomic_fetch_add(&done, 1);
}

/* --- a gate of our own for each test --- */

struct rig {
	struct listeners ls;
	struct node node;
	struct gate *gate;
	struct lane *lane;
};

/* The one that runs; stopped by the teardown when a test failed half-way. */
static struct rig *current;

static void
on_release(const struct node *n)
{
	(void)n;
	atomic_fetch_add(&released, 1);
}

static const struct lane_options *with_lane;

static struct rig *
rig_start(unsigned workers, unsigned queue, unsigned max_conns)
{
	struct rig *r = xcalloc(1, sizeof(*r));
	struct gate_options o = { 0 };
	struct why why = { { 0 } };
	char spec[128];

	r->node.domain = "one";
	r->node.tmp_dir = dir;
	if (with_lane != NULL)
		r->node.lane = r->lane = lane_new(with_lane);
	snprintf(spec, sizeof(spec), "unix:%s,mode=0666", fcgi_path);
	assert_int_equal(listen_open(&r->ls, spec, LISTEN_FCGI, &why), FZ_OK);
	snprintf(spec, sizeof(spec), "unix:%s", scgi_path);
	assert_int_equal(listen_open(&r->ls, spec, LISTEN_SCGI, &why), FZ_OK);
	o.listeners = &r->ls;
	o.node = &r->node;
	o.release = on_release;
	o.workers = workers;
	o.queue = queue;
	o.max_conns = max_conns;
	o.grace_ms = 8000;
	assert_int_equal(gate_start(&o, &r->gate, &why), FZ_OK);
	atomic_store(&runs, 0);
	atomic_store(&smuggled, 0);
	atomic_store(&done, 0);
	atomic_store(&released, 0);
	atomic_store(&streamed, 0);
	atomic_store(&scripts_most, 0);
	atomic_store(&news, false);
	atomic_store(&hold, false);
	current = r;
	return r;
}

static void
rig_stop(struct rig *r)
{
	atomic_store(&hold, false);
	gate_stop(r->gate);
	listen_close(&r->ls);
	lane_free(r->lane);
	with_lane = NULL;
	free(r);
	current = NULL;
}

static struct gate_stats
stats(struct rig *r)
{
	struct gate_stats s;

	gate_stats(r->gate, &s);
	return s;
}

/* Until n requests are parked, at most 5 s. */
static void
wait_parked(struct rig *r, unsigned n)
{
	struct timespec ts = { 0, 5000000 };

	for (int i = 0; i < 1000 && stats(r).parked != n; i++)
		nanosleep(&ts, NULL);
	assert_int_equal(stats(r).parked, n);
}

/* A worker's answer may be here before the worker has laid it down. */
static void
wait_idle(struct rig *r)
{
	struct timespec ts = { 0, 1000000 };

	for (int i = 0; i < 1000 && stats(r).busy != 0; i++)
		nanosleep(&ts, NULL);
	assert_int_equal(stats(r).busy, 0);
}

static int
dial(const char *path)
{
	int fd = cc_connect(path);

	assert_true(fd >= 0);
	return fd;
}

static void
vars_of(const char *method, const char *uri, const char *length, const char *vars[10])
{
	static _Thread_local char m[64], u[4096], l[64];
	int n = 0;

	snprintf(m, sizeof(m), "REQUEST_METHOD=%s", method);
	snprintf(u, sizeof(u), "REQUEST_URI=%s", uri);
	snprintf(l, sizeof(l), "CONTENT_LENGTH=%s", length == NULL ? "" : length);
	vars[n++] = l;
	vars[n++] = "SCGI=1";
	vars[n++] = m;
	vars[n++] = u;
	vars[n++] = "HTTP_HOST=Blog.Example.com:443";
	vars[n++] = "REMOTE_ADDR=192.0.2.7";
	vars[n] = NULL;
}

static void
send_head(int fd, bool keep, const char *method, const char *uri, const char *length)
{
	const char *vars[10];
	struct cc_bytes b = { 0 };

	vars_of(method, uri, length, vars);
	cc_fcgi_head(&b, 1, keep, vars);
	assert_true(cc_send(fd, b.p, b.len));
	cc_fini(&b);
}

static void
send_stdin(int fd, const void *p, size_t n, bool close)
{
	struct cc_bytes b = { 0 };

	cc_stream(&b, 5, 1, p, n, close);
	(void)cc_send(fd, b.p, b.len);
	cc_fini(&b);
}

static int
answer(int fd, struct cc_bytes *out)
{
	struct cc_bytes mine = { 0 };
	struct cc_bytes *to = out == NULL ? &mine : out;
	enum cc_end end = cc_fcgi_answer(fd, 1, to, QUIET);
	int status = end == CC_COMPLETE ? cc_status(to) : -(int)end;

	cc_fini(&mine);
	return status;
}

/* A whole request on an open connection; -1 closed, -2 silent. */
static int
ask(int fd, bool keep, const char *method, const char *uri, const void *body, size_t n,
    struct cc_bytes *out)
{
	char length[32];

	snprintf(length, sizeof(length), "%zu", n);
	send_head(fd, keep, method, uri, n > 0 ? length : NULL);
	send_stdin(fd, body, n, true);
	return answer(fd, out);
}

static int
get(const char *uri)
{
	int fd = dial(fcgi_path);
	int status = ask(fd, false, "GET", uri, NULL, 0, NULL);

	close(fd);
	return status;
}

static bool
closed(int fd)
{
	char c;
	struct pollfd pfd = { fd, POLLIN, 0 };

	return poll(&pfd, 1, QUIET) > 0 && recv(fd, &c, 1, 0) <= 0;
}

/* --- tests --- */

static void
keep_alive(void **state)
{
	struct rig *r = rig_start(4, 0, 0);
	int fd = dial(fcgi_path);
	struct cc_bytes out = { 0 };
	size_t len;

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ask(fd, true, "GET", "/hello", NULL, 0, NULL), 200);
	assert_int_equal(ask(fd, false, "GET", "/who?a=b", NULL, 0, &out), 200);
	assert_string_equal(cc_body(&out, &len), "192.0.2.7 blog.example.com a=b one");
	assert_non_null(strstr((char *)out.p, "X-Request-ID: "));
	assert_non_null(strstr((char *)out.p, "Content-Length: 34\r\n"));
	assert_true(closed(fd));
	close(fd);
	cc_fini(&out);
	assert_int_equal(stats(r).served, 1001);
	assert_true(gate_drain(r->gate));
	assert_int_equal(atomic_load(&done), 1001);
	rig_stop(r);
	assert_int_equal(atomic_load(&released), 1);
}

static void
bodies(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 4000, 4096, 65527, 65528, 65529, 65536,
		300000, 5 * MIB + 3 };
	struct rig *r = rig_start(2, 0, 0);
	int fd = dial(fcgi_path);
	char *bytes = xmalloc(5 * MIB + 3);

	(void)state;
	for (size_t i = 0; i < 5 * MIB + 3; i++)
		bytes[i] = (char)(i * 31 + i / 251);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct cc_bytes out = { 0 };
		const char *body;
		size_t n;

		assert_int_equal(ask(fd, true, "POST", "/echo", bytes, sizes[i], &out), 200);
		body = cc_body(&out, &n);
		assert_int_equal(n, sizes[i]);
		assert_memory_equal(body, bytes, n);
		cc_fini(&out);
	}
	/* Unknown length: read to the end. */
	send_head(fd, true, "POST", "/echo", "-1");
	send_stdin(fd, bytes, 100000, true);
	assert_int_equal(answer(fd, NULL), 200);
	/* No body wanted, a small one sent: the connection lives on. */
	assert_int_equal(ask(fd, true, "DELETE", "/hello", bytes, 5000, NULL), 200);
	assert_int_equal(ask(fd, true, "POST", "/deny", bytes, 5000, NULL), 403);
	assert_int_equal(ask(fd, true, "GET", "/hello", NULL, 0, NULL), 200);
	close(fd);
	free(bytes);
	rig_stop(r);
}

static void
one_byte_at_a_time(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	struct cc_bytes b = { 0 }, out = { 0 };
	const char *vars[10];
	int fd = dial(fcgi_path);
	size_t n;

	(void)state;
	vars_of("POST", "/echo", "11", vars);
	cc_fcgi_head(&b, 513, true, vars);
	cc_record(&b, 5, 513, "hello", 5, 3);
	cc_record(&b, 5, 513, " ", 1, 255);
	cc_record(&b, 5, 513, "world", 5, 0);
	cc_record(&b, 5, 513, NULL, 0, 7);
	for (size_t i = 0; i < b.len; i++)
		assert_true(cc_send(fd, b.p + i, 1));
	assert_int_equal(cc_fcgi_answer(fd, 513, &out, QUIET), CC_COMPLETE);
	assert_string_equal(cc_body(&out, &n), "hello world");
	close(fd);
	cc_fini(&b);
	cc_fini(&out);
	rig_stop(r);
}

static void
kinds_of_answers(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	int fd = dial(fcgi_path);
	struct cc_bytes out = { 0 };
	size_t n;

	(void)state;
	assert_int_equal(ask(fd, true, "HEAD", "/hello", NULL, 0, &out), 200);
	assert_non_null(strstr((char *)out.p, "Content-Length: 5\r\n"));
	(void)cc_body(&out, &n);
	assert_int_equal(n, 0);
	cc_fini(&out);
	assert_int_equal(ask(fd, true, "HEAD", "/big", NULL, 0, &out), 200);
	assert_non_null(strstr((char *)out.p, "Content-Length: 52428800\r\n"));
	(void)cc_body(&out, &n);
	assert_int_equal(n, 0);
	cc_fini(&out);
	assert_int_equal(ask(fd, true, "GET", "/204", NULL, 0, &out), 204);
	assert_null(strstr((char *)out.p, "Content-Length"));
	cc_fini(&out);
	assert_int_equal(ask(fd, true, "GET", "/304", NULL, 0, &out), 304);
	assert_null(strstr((char *)out.p, "Content-Length"));
	cc_fini(&out);
	assert_int_equal(ask(fd, true, "GET", "/stream", NULL, 0, &out), 200);
	assert_null(strstr((char *)out.p, "Content-Length"));
	(void)cc_body(&out, &n);
	assert_int_equal(n, 3 * MIB + 5);
	cc_fini(&out);
	assert_int_equal(ask(fd, true, "GET", "/mem", NULL, 0, &out), 200);
	(void)cc_body(&out, &n);
	assert_int_equal(n, 5 * MIB);
	cc_fini(&out);
	assert_int_equal(ask(fd, true, "GET", "/badheader", NULL, 0, &out), 500);
	assert_null(strstr((char *)out.p, "Set-Cookie"));
	cc_fini(&out);
	assert_int_equal(ask(fd, true, "GET", "/none", NULL, 0, NULL), 500);
	close(fd);
	/* What cannot be sent as announced is cut, never ended as if it were whole. */
	for (int i = 0; i < 3; i++) {
		static const char *const uris[] = { "/breaks", "/short", "/long" };

		fd = dial(fcgi_path);
		assert_int_equal(ask(fd, true, "GET", uris[i], NULL, 0, NULL), -CC_CLOSED);
		close(fd);
	}
	rig_stop(r);
}

static void
scgi(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	struct cc_bytes b = { 0 }, out = { 0 };
	const char *vars[10];
	int fd = dial(scgi_path);
	size_t n;

	(void)state;
	vars_of("POST", "/echo", "5", vars);
	cc_scgi_head(&b, vars);
	cc_add(&b, "abcde", 5);
	for (size_t i = 0; i < b.len; i++)
		assert_true(cc_send(fd, b.p + i, 1));
	assert_int_equal(cc_scgi_answer(fd, &out, QUIET), CC_COMPLETE);
	assert_int_equal(cc_status(&out), 200);
	assert_string_equal(cc_body(&out, &n), "abcde");
	cc_fini(&out);
	cc_fini(&b);
	close(fd);

	/* Refused with the body unread: the answer must still arrive. */
	for (int i = 0; i < 20; i++) {
		char *big = xcalloc(1, MIB);

		fd = dial(scgi_path);
		vars_of("POST", "/small", "1048576", vars);
		cc_scgi_head(&b, vars);
		cc_add(&b, big, MIB);
		assert_true(cc_send(fd, b.p, b.len));
		assert_int_equal(cc_scgi_answer(fd, &out, QUIET), CC_COMPLETE);
		assert_int_equal(cc_status(&out), 413);
		cc_fini(&out);
		cc_fini(&b);
		close(fd);
		free(big);
	}
	rig_stop(r);
}

/* A forged request in the body of a request whose handler reads no body. */
static void
smuggling(void **state)
{
	static const char *const forged[] = { "REQUEST_METHOD=GET", "REQUEST_URI=/smuggled",
		"HTTP_HOST=x", "REMOTE_ADDR=127.0.0.1", NULL };
	static const char *const uris[] = { "/hello", "/deny", "/small", "/echo" };
	struct rig *r = rig_start(2, 0, 0);
	struct cc_bytes block = { 0 };
	const char *vars[10];

	(void)state;
	cc_fcgi_head(&block, 1, true, forged);
	cc_record(&block, 5, 1, NULL, 0, 0);
	for (size_t i = 0; i < block.len * 8; i++) {
		struct cc_bytes b = { 0 };
		int fd = dial(fcgi_path);

		/* Every alignment: wherever reading goes on, a forged record begins. */
		cc_add(&b, block.p, i / 8);
		while (b.len < (i % 8 < 4 ? 20000U : 300000U))
			cc_add(&b, block.p, block.len);
		(void)ask(fd, true, "POST", uris[i % 4], b.p, b.len, NULL);
		/* Whatever became of the connection: no forged request on it. */
		b.len = 0;
		vars_of("GET", "/hello", NULL, vars);
		cc_fcgi_head(&b, 1, true, vars);
		cc_record(&b, 5, 1, NULL, 0, 0);
		if (cc_send(fd, b.p, b.len))
			(void)answer(fd, NULL);
		cc_fini(&b);
		close(fd);
	}
	assert_int_equal(atomic_load(&smuggled), 0);
	cc_fini(&block);
	rig_stop(r);
}

static void
slow_bodies(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	int fds[50];
	int64_t began;

	(void)state;
	for (int i = 0; i < 50; i++) {
		fds[i] = dial(fcgi_path);
		send_head(fds[i], i % 2 == 0, "POST", "/echo", "2000");
		send_stdin(fds[i], "12345", 5, false);
	}
	wait_parked(r, 50);
	began = clock_mono_ms();
	assert_int_equal(get("/hello"), 200);
	assert_true(clock_mono_ms() - began < 10000);
	wait_idle(r);
	for (int i = 0; i < 50; i++) {
		char rest[1995] = { 0 };

		send_stdin(fds[i], rest, sizeof(rest), true);
		assert_int_equal(answer(fds[i], NULL), 200);
		close(fds[i]);
	}
	assert_int_equal(stats(r).parked, 0);
	rig_stop(r);
}

static void
slow_readers(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	struct cc_bytes out = { 0 };
	int fds[8];
	size_t n;

	(void)state;
	for (int i = 0; i < 8; i++) {
		fds[i] = dial(fcgi_path);
		send_head(fds[i], true, "GET", "/big", NULL);
		send_stdin(fds[i], NULL, 0, true);
	}
	wait_parked(r, 8);
	assert_int_equal(get("/hello"), 200);
	wait_idle(r);
	assert_int_equal(answer(fds[0], &out), 200);
	(void)cc_body(&out, &n);
	assert_int_equal(n, BIG);
	cc_fini(&out);
	/* And the connection is still good. */
	assert_int_equal(ask(fds[0], true, "GET", "/hello", NULL, 0, NULL), 200);
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	rig_stop(r);
}

/* A front server that sends the whole body before it reads: no deadlock. */
static void
half_duplex(void **state)
{
	struct rig *r = rig_start(1, 0, 0);
	struct cc_bytes out = { 0 };
	char *body = xcalloc(1, 8 * MIB);
	int fd = dial(fcgi_path);
	size_t n;

	(void)state;
	assert_int_equal(ask(fd, true, "POST", "/big", body, 8 * MIB, &out), 200);
	(void)cc_body(&out, &n);
	assert_int_equal(n, BIG);
	cc_fini(&out);
	close(fd);
	/* Refused at once, announced or not: the answer arrives and is whole. */
	for (int i = 0; i < 20; i++) {
		fd = dial(fcgi_path);
		send_head(fd, true, "POST", "/small", i % 2 == 0 ? "8388608" : NULL);
		send_stdin(fd, body, 8 * MIB, true);
		assert_int_equal(answer(fd, &out), 413);
		assert_non_null(strstr((char *)out.p, "PAYLOAD_TOO_LARGE"));
		cc_fini(&out);
		close(fd);
	}
	free(body);
	rig_stop(r);
}

static void
truncated(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	const char *vars[10];
	struct cc_bytes b = { 0 };
	int fd;

	(void)state;
	for (int i = 0; i < 3; i++) {
		fd = dial(fcgi_path);
		send_head(fd, true, "POST", "/echo", i == 0 ? "-1" : "100");
		send_stdin(fd, "abc", 3, false);
		if (i == 2) {
			/* ABORT_REQUEST instead of going away. */
			cc_record(&b, 2, 1, NULL, 0, 0);
			assert_true(cc_send(fd, b.p, b.len));
			cc_fini(&b);
			assert_true(closed(fd));
		}
		close(fd);
	}
	fd = dial(scgi_path);
	vars_of("POST", "/echo", "100", vars);
	cc_scgi_head(&b, vars);
	cc_add(&b, "abc", 3);
	assert_true(cc_send(fd, b.p, b.len));
	shutdown(fd, SHUT_WR);
	assert_true(closed(fd));
	close(fd);
	cc_fini(&b);
	assert_int_equal(get("/hello"), 200);
	assert_int_equal(atomic_load(&runs), 1);
	rig_stop(r);
}

static void
wrong_lengths(void **state)
{
	static const struct {
		const char	*length;
		int		 status;
	} rows[] = { { "3", 400 }, { "7", 400 }, { "0", 400 }, { "5x", 400 }, { " 5", 400 },
		{ "+5", 400 }, { "-2", 400 }, { "99999999999999999999", 400 },
		{ "18446744073709551615", 400 }, { "5", 200 }, { "", 200 }, { "-1", 200 } };
	struct rig *r = rig_start(2, 0, 0);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = dial(fcgi_path);

		send_head(fd, true, "POST", "/echo", rows[i].length);
		send_stdin(fd, "abcde", 5, true);
		assert_int_equal(answer(fd, NULL), rows[i].status);
		if (rows[i].status != 200)
			assert_true(closed(fd));
		close(fd);
	}
	assert_int_equal(atomic_load(&runs), 3);
	rig_stop(r);
}

/* What libfcgi would die of, hang on or answer: closed, and the gate lives. */
static void
malformed(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	struct cc_bytes b = { 0 }, pairs = { 0 };

	(void)state;
	for (int i = 0; i < 14; i++) {
		int fd = dial(fcgi_path);
		int expect = 0;

		b.len = pairs.len = 0;
		switch (i) {
		case 0:
			cc_add(&b, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
			break;
		case 1:		/* the stack overflow of FCGI_GET_VALUES */
			for (int k = 0; k < 12; k++)
				cc_pair(&pairs, "FCGI_MAX_CONNS", "");
			cc_record(&b, 9, 0, pairs.p, pairs.len, 0);
			break;
		case 2:		/* the same between BEGIN and PARAMS */
			cc_begin(&b, 1, true);
			cc_record(&b, 9, 0, NULL, 0, 0);
			break;
		case 3:		/* two lengths of 0x7ffffffe */
			cc_begin(&b, 1, true);
			cc_record(&b, 4, 1, "\xff\xff\xff\xfe\xff\xff\xff\xfe", 8, 0);
			cc_record(&b, 4, 1, NULL, 0, 0);
			expect = 431;
			break;
		case 4:		/* a pair longer than the stream */
			cc_begin(&b, 1, true);
			cc_record(&b, 4, 1, "\x05\x05" "ab", 4, 0);
			cc_record(&b, 4, 1, NULL, 0, 0);
			expect = 400;
			break;
		case 5:		/* too many variables */
			for (int k = 0; k < 300; k++)
				cc_pair(&pairs, "A", "b");
			cc_begin(&b, 1, true);
			cc_stream(&b, 4, 1, pairs.p, pairs.len, true);
			expect = 431;
			break;
		case 6:		/* a role that is not ours */
			cc_begin(&b, 1, true);
			b.p[9] = 2;
			break;
		case 7:		/* version 2 */
			cc_begin(&b, 1, true);
			b.p[0] = 2;
			break;
		case 8:		/* STDIN before the variables */
			cc_begin(&b, 1, true);
			cc_record(&b, 5, 1, NULL, 0, 0);
			break;
		case 9:		/* NUL in a value */
			cc_begin(&b, 1, true);
			cc_record(&b, 4, 1, "\x01\x03" "Aa\0b", 6, 0);
			cc_record(&b, 4, 1, NULL, 0, 0);
			expect = 400;
			break;
		case 10:	/* another request inside this one */
			cc_begin(&b, 1, true);
			cc_begin(&b, 2, true);
			break;
		case 11:	/* request id 0 */
			cc_begin(&b, 0, true);
			break;
		case 12:	/* no variables at all */
			cc_begin(&b, 1, true);
			cc_record(&b, 4, 1, NULL, 0, 0);
			expect = 400;
			break;
		case 13:	/* 40,000 small records of variables */
			cc_begin(&b, 1, true);
			for (int k = 0; k < 40000; k++)
				cc_record(&b, 4, 1, "\x01\x01" "Ab", 4, 4);
			expect = 431;
			break;
		}
		(void)cc_send(fd, b.p, b.len);
		if (expect != 0)
			assert_int_equal(answer(fd, NULL), expect);
		shutdown(fd, SHUT_WR);
		assert_true(closed(fd));
		close(fd);
		assert_int_equal(get("/hello"), 200);
	}
	cc_fini(&b);
	cc_fini(&pairs);
	assert_int_equal(atomic_load(&runs), 14);
	rig_stop(r);
}

/* Headers of 64 KiB in all are served, more is refused however much more it is. */
static void
large_heads(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	struct cc_bytes b = { 0 }, pairs = { 0 };
	char *value = xcalloc(1, 16 * KIB);

	(void)state;
	memset(value, 'v', 16 * KIB - 8);
	for (int headers = 3; headers <= 40; headers += 1 + headers / 4) {
		int fd = dial(fcgi_path);

		b.len = pairs.len = 0;
		cc_pair(&pairs, "REQUEST_METHOD", "GET");
		cc_pair(&pairs, "REQUEST_URI", "/hello");
		for (int i = 0; i < headers; i++) {
			char name[32];

			snprintf(name, sizeof(name), "HTTP_X_%d", i);
			cc_pair(&pairs, name, value);
		}
		cc_begin(&b, 1, true);
		cc_stream(&b, 4, 1, pairs.p, pairs.len, true);
		cc_stream(&b, 5, 1, NULL, 0, true);
		(void)cc_send(fd, b.p, b.len);
		assert_int_equal(answer(fd, NULL), headers <= 3 ? 200 : 431);
		close(fd);
	}
	free(value);
	cc_fini(&b);
	cc_fini(&pairs);
	rig_stop(r);
}

struct crowd {
	const char	*uri;
	bool		 keep;
	int		 rounds;
	atomic_int	 ok, shed, lost, refused;
	atomic_bool	 stop;
};

static void *
crowd_member(void *arg)
{
	struct crowd *c = arg;

	for (int i = 0; i < c->rounds && !atomic_load(&c->stop); i++) {
		struct cc_bytes out = { 0 };
		int fd = cc_connect(fcgi_path), status;

		if (fd < 0) {
			atomic_fetch_add(&c->refused, 1);
			continue;
		}
		status = ask(fd, c->keep, "GET", c->uri, NULL, 0, &out);
		if (status == 200)
			atomic_fetch_add(&c->ok, 1);
		else if (status == 503 && strstr((char *)out.p, "Retry-After: 1\r\n") != NULL &&
		    strstr((char *)out.p, "\"OVERLOADED\"") != NULL)
			atomic_fetch_add(&c->shed, 1);
		else
			atomic_fetch_add(&c->lost, 1);
		cc_fini(&out);
		close(fd);
	}
	return NULL;
}

static void
overload(void **state)
{
	struct rig *r = rig_start(2, 4, 0);
	struct crowd c = { .uri = "/slower", .rounds = 1 };
	pthread_t threads[40];
	int64_t began = clock_mono_ms();

	(void)state;
	for (int i = 0; i < 40; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, crowd_member, &c), 0);
	for (int i = 0; i < 40; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(c.lost + c.refused, 0);
	assert_int_equal(c.ok + c.shed, 40);
	assert_true(c.ok >= 4);
	assert_true(c.shed >= 20);
	assert_true(clock_mono_ms() - began < 40000);
	assert_int_equal(stats(r).shed, c.shed);
	/* Shed requests are in no book but the gate's. */
	assert_true(gate_drain(r->gate));
	assert_int_equal(atomic_load(&done), c.ok);
	rig_stop(r);
}

struct slow {
	pthread_t	 thread;
	int		 status;
};

static void *
slow_one(void *arg)
{
	struct slow *s = arg;

	s->status = get("/slower");
	return NULL;
}

/* Handlers that block hold up nobody while there are more threads than cores. */
static void
blocked_turns(void **state)
{
	struct rig *r = rig_start(16, 0, 0);
	struct slow slow[12];
	int64_t began, worst = 0;
	int kept = dial(fcgi_path);

	(void)state;
	assert_int_equal(ask(kept, true, "GET", "/hello", NULL, 0, NULL), 200);
	for (int i = 0; i < 12; i++)
		assert_int_equal(pthread_create(&slow[i].thread, NULL, slow_one, &slow[i]), 0);
	for (int i = 0; i < 1000 && stats(r).busy < 12; i++)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	assert_in_range(stats(r).busy, 12, 16);
	for (int i = 0; i < 5; i++) {
		began = clock_mono_ms();
		assert_int_equal(ask(kept, true, "GET", "/hello", NULL, 0, NULL), 200);
		assert_int_equal(get("/hello"), 200);
		if (clock_mono_ms() - began > worst)
			worst = clock_mono_ms() - began;
	}
	for (int i = 0; i < 12; i++) {
		pthread_join(slow[i].thread, NULL);
		assert_int_equal(slow[i].status, 200);
	}
	/* A handler takes 1.5 s: nobody waited for one. */
	assert_in_range(worst, 0, 1200);
	close(kept);
	rig_stop(r);
}

/* The same on kept connections, and those that are too many hear it at once. */
static void
overload_kept(void **state)
{
	struct rig *r = rig_start(2, 4, 0);
	int fds[40], shed = 0, ok = 0;
	int64_t began;

	(void)state;
	for (int i = 0; i < 40; i++) {
		fds[i] = dial(fcgi_path);
		assert_int_equal(ask(fds[i], true, "GET", "/hello", NULL, 0, NULL), 200);
	}
	wait_idle(r);
	began = clock_mono_ms();
	for (int i = 0; i < 40; i++) {
		send_head(fds[i], true, "GET", "/slower", NULL);
		send_stdin(fds[i], NULL, 0, true);
	}
	while (shed < 30 && clock_mono_ms() - began < 1200) {
		shed = (int)stats(r).shed;
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
	assert_in_range(shed, 30, 36);
	for (int i = 0; i < 40; i++) {
		int status = answer(fds[i], NULL);

		assert_true(status == 200 || status == 503);
		ok += status == 200;
		close(fds[i]);
	}
	assert_int_equal(ok, 40 - (int)stats(r).shed);
	rig_stop(r);
}

/* Past the cap: told so, or waiting in the backlog; served when others go. */
static void
connection_cap(void **state)
{
	struct rig *r = rig_start(2, 0, 8);
	struct cc_bytes out = { 0 };
	int held[8], fd;
	struct timespec ts = { 0, 100000000 };

	(void)state;
	for (int i = 0; i < 8; i++) {
		held[i] = dial(fcgi_path);
		assert_int_equal(ask(held[i], true, "GET", "/hello", NULL, 0, NULL), 200);
	}
	fd = dial(fcgi_path);
	assert_int_equal(ask(fd, true, "GET", "/hello", NULL, 0, &out), 503);
	assert_true(closed(fd));
	close(fd);
	cc_fini(&out);
	for (int i = 0; i < 8; i++)
		close(held[i]);
	nanosleep(&ts, NULL);
	assert_int_equal(get("/hello"), 200);
	rig_stop(r);
}

/* No descriptor left: the reserve says so, nothing is lost afterwards. */
static void
out_of_descriptors(void **state)
{
	struct rig *r = rig_start(2, 0, 1000);
	struct rlimit lim, low;
	int fd, n = 0, filler[256];

	(void)state;
	assert_int_equal(get("/hello"), 200);
	for (int i = 0; i < 1000 && stats(r).connections > 0; i++)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &lim), 0);
	low = lim;
	low.rlim_cur = 128;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	for (fd = open("/dev/null", O_RDONLY); fd >= 0; fd = open("/dev/null", O_RDONLY))
		filler[n++] = fd;
	/* The client takes the one free place, the gate finds none. */
	if (n > 0)
		close(filler[--n]);
	fd = cc_connect(fcgi_path);
	if (fd >= 0) {
		struct cc_bytes out = { 0 };

		fd = ask(fd, true, "GET", "/hello", NULL, 0, &out) * 1000 + fd;
		cc_fini(&out);
		close(fd % 1000);
	}
	while (n > 0)
		close(filler[--n]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &lim), 0);
	assert_int_equal(fd / 1000, 503);
	assert_int_equal(get("/hello"), 200);
	rig_stop(r);
}

/*
 * Clients hammer while the gate drains.  A connection that was accepted gets its answer;
 * one that was not stays in the backlog of the socket, which here ends with it: the
 * client sees it closed before a byte, and would ask the next process.
 */
static void
drain(void **state)
{
	(void)state;
	for (int round = 0; round < 4; round++) {
		struct rig *r = rig_start(4, 0, 0);
		struct crowd c = { .uri = "/hello", .rounds = 100000, .keep = round % 2 };
		pthread_t threads[8];
		struct timespec ts = { 0, 200000000 };
		int64_t began;
		int idle = dial(fcgi_path), slow = dial(fcgi_path);

		assert_int_equal(ask(idle, true, "GET", "/hello", NULL, 0, NULL), 200);
		for (int i = 0; i < 8; i++)
			pthread_create(&threads[i], NULL, crowd_member, &c);
		send_head(slow, true, "GET", "/slow", NULL);
		send_stdin(slow, NULL, 0, true);
		nanosleep(&ts, NULL);
		began = clock_mono_ms();
		/* Answered or closed by the time drain returns: the rest never came in. */
		assert_true(gate_drain(r->gate));
		assert_true(clock_mono_ms() - began < 8000);
		atomic_store(&c.stop, true);
		assert_int_equal(answer(slow, NULL), 200);
		assert_true(closed(idle));
		rig_stop(r);
		for (int i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
		assert_true(c.ok > 100);
		/* At most the one request of each client that nobody accepted. */
		assert_in_range(c.lost + c.refused, 0, 8);
		assert_int_equal(atomic_load(&done), atomic_load(&runs));
		close(idle);
		close(slow);
	}
}

static void *
drain_thread(void *arg)
{
	return gate_drain(arg) ? arg : NULL;
}

/* A kept connection that is used while we drain gets its answer and is then closed. */
static void
drain_kept(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	int fd = dial(fcgi_path);
	pthread_t t;
	void *result;

	(void)state;
	assert_int_equal(ask(fd, true, "GET", "/hello", NULL, 0, NULL), 200);
	wait_idle(r);
	assert_int_equal(pthread_create(&t, NULL, drain_thread, r->gate), 0);
	nanosleep(&(struct timespec){ 0, 300000000 }, NULL);
	assert_int_equal(ask(fd, true, "GET", "/hello", NULL, 0, NULL), 200);
	assert_true(closed(fd));
	close(fd);
	pthread_join(t, &result);
	assert_non_null(result);
	rig_stop(r);
}

static void
new_node(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	static const char *bad[] = { "10.0.0.0/40", NULL };
	struct node two = r->node, three = r->node;
	struct why why = { { 0 } };
	struct cc_bytes out = { 0 };
	int fd = dial(fcgi_path), other;
	size_t n;

	(void)state;
	/* This one began before the change and keeps what it began with. */
	send_head(fd, true, "POST", "/who", "5");
	wait_parked(r, 1);
	two.domain = "two";
	assert_int_equal(gate_node(r->gate, &two, on_release, &why), FZ_OK);
	assert_int_equal(atomic_load(&released), 0);
	other = dial(fcgi_path);
	assert_int_equal(ask(other, true, "GET", "/who", NULL, 0, &out), 200);
	assert_string_equal(cc_body(&out, &n), "192.0.2.7 blog.example.com  two");
	cc_fini(&out);
	send_stdin(fd, "abcde", 5, true);
	assert_int_equal(answer(fd, &out), 200);
	assert_string_equal(cc_body(&out, &n), "192.0.2.7 blog.example.com  one");
	cc_fini(&out);
	for (int i = 0; i < 200 && atomic_load(&released) == 0; i++)
		nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
	assert_int_equal(atomic_load(&released), 1);
	three.trusted_proxies = bad;
	assert_int_equal(gate_node(r->gate, &three, on_release, &why), FZ_VALIDATION_FAILED);
	assert_non_null(strstr(why.text, "10.0.0.0/40"));
	assert_int_equal(get("/hello"), 200);
	close(fd);
	close(other);
	rig_stop(r);
	assert_int_equal(atomic_load(&released), 2);
}

/* Only root, ourselves and whom the options name. */
static void
foreign_peer(void **state)
{
	struct rig *r;
	pid_t pid;
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	r = rig_start(2, 0, 0);
	chmod(dir, 0755);
	pid = fork();
	if (pid == 0) {
		int fd;
		char c;

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(3);
		fd = cc_connect(fcgi_path);
		if (fd < 0)
			_exit(4);
		(void)send(fd, "\1", 1, MSG_NOSIGNAL);
		_exit(recv(fd, &c, 1, 0) <= 0 ? 0 : 5);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(stats(r).refused, 1);
	assert_int_equal(get("/hello"), 200);
	rig_stop(r);
}

/* Half a head is closed after its 5 s; a body of a byte a second is answered after 10 s. */
static void
deadlines(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	int half = dial(fcgi_path), drip = dial(fcgi_path);
	struct pollfd pfd = { half, POLLIN, 0 };
	int64_t began = clock_mono_ms();
	struct cc_bytes b = { 0 };

	(void)state;
	cc_begin(&b, 1, true);
	assert_true(cc_send(half, b.p, b.len));
	cc_fini(&b);
	send_head(drip, true, "POST", "/echo", "1000");
	assert_int_equal(poll(&pfd, 1, 4000), 0);
	assert_true(closed(half));
	assert_in_range(clock_mono_ms() - began, 4500, 9500);
	pfd.fd = drip;
	while (poll(&pfd, 1, 1000) == 0 && clock_mono_ms() - began < 25000)
		send_stdin(drip, "x", 1, false);
	assert_int_equal(answer(drip, NULL), 504);
	assert_in_range(clock_mono_ms() - began, 9500, 24000);
	assert_int_equal(atomic_load(&runs), 0);
	close(half);
	close(drip);
	rig_stop(r);
}

/* --- answers that wait --- */

/* Until the number is reached, at most 5 s. */
static void
wait_for(atomic_int *n, int want)
{
	for (int i = 0; i < 5000 && atomic_load(n) != want; i++)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	assert_int_equal(atomic_load(n), want);
}

static int
begin_get(const char *uri, bool keep)
{
	int fd = dial(fcgi_path);

	send_head(fd, keep, "GET", uri, NULL);
	send_stdin(fd, NULL, 0, true);
	return fd;
}

/* Does something come within that time? */
static bool
comes(int fd, int ms)
{
	struct pollfd pfd = { fd, POLLIN, 0 };

	return poll(&pfd, 1, ms) > 0;
}

/* What there is comes at once, what happens later soon; nobody's thread is held. */
static void
streams(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	int fds[50];
	struct cc_bytes out = { 0 };
	int64_t began;
	size_t n;

	(void)state;
	for (int i = 0; i < 50; i++)
		fds[i] = begin_get("/watch", i % 2 == 0);
	for (int i = 0; i < 50; i++)
		assert_true(comes(fds[i], QUIET));
	for (int i = 0; i < 20; i++)
		assert_int_equal(get("/hello"), 200);
	nanosleep(&(struct timespec){ 0, 600000000 }, NULL);
	wait_idle(r);
	began = clock_mono_ms();
	atomic_store(&news, true);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(answer(fds[i], &out), 200);
		assert_string_equal(cc_body(&out, &n), "hello news");
		assert_null(strstr((char *)out.p, "Content-Length"));
		cc_fini(&out);
	}
	assert_true(clock_mono_ms() - began < 5000);
	/* The connections are good for more. */
	assert_int_equal(ask(fds[0], true, "GET", "/hello", NULL, 0, NULL), 200);
	for (int i = 0; i < 50; i++)
		close(fds[i]);
	wait_for(&watching, 0);
	assert_int_equal(atomic_load(&streamed), 50);
	rig_stop(r);
}

/* Whoever goes is noticed although there is nothing to send. */
static void
streams_left(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	const char *vars[10];
	struct cc_bytes b = { 0 }, out = { 0 };
	int fds[10], half;
	size_t n;

	(void)state;
	for (int i = 0; i < 10; i++)
		fds[i] = begin_get("/watch", true);
	wait_for(&watching, 10);
	for (int i = 0; i < 10; i += 2)
		close(fds[i]);
	wait_for(&watching, 5);
	for (int i = 1; i < 10; i += 2)
		close(fds[i]);
	wait_for(&watching, 0);
	/* Half closed is not gone. */
	half = dial(scgi_path);
	vars_of("GET", "/watch", "0", vars);
	cc_scgi_head(&b, vars);
	assert_true(cc_send(half, b.p, b.len));
	shutdown(half, SHUT_WR);
	assert_true(comes(half, QUIET));
	nanosleep(&(struct timespec){ 0, 600000000 }, NULL);
	assert_int_equal(atomic_load(&watching), 1);
	atomic_store(&news, true);
	assert_int_equal(cc_scgi_answer(half, &out, QUIET), CC_COMPLETE);
	assert_string_equal(cc_body(&out, &n), "hello news");
	cc_fini(&out);
	cc_fini(&b);
	close(half);
	rig_stop(r);
}

/* A drain does not wait for what has no end, and the answer is whole. */
static void
streams_drain(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	struct cc_bytes out = { 0 };
	int fds[10];
	int64_t began;
	size_t n;

	(void)state;
	for (int i = 0; i < 10; i++)
		fds[i] = begin_get("/watch", true);
	wait_for(&watching, 10);
	nanosleep(&(struct timespec){ 0, 300000000 }, NULL);
	began = clock_mono_ms();
	assert_true(gate_drain(r->gate));
	assert_true(clock_mono_ms() - began < 4000);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(answer(fds[i], &out), 200);
		assert_string_equal(cc_body(&out, &n), "hello ");
		cc_fini(&out);
		assert_true(closed(fds[i]));
		close(fds[i]);
	}
	/* And a stop without one leaves nothing behind. */
	rig_stop(r);
	r = rig_start(2, 0, 0);
	fds[0] = begin_get("/watch", true);
	wait_for(&watching, 1);
	rig_stop(r);
	assert_int_equal(atomic_load(&watching), 0);
	close(fds[0]);
}

/* --- scripts --- */

/* More than there are slots wait without a thread; files are not slower for it. */
static void
script_slots(void **state)
{
	static const struct lane_options o = { 3, 32, 256 };
	struct rig *r;
	int fds[40];

	(void)state;
	with_lane = &o;
	r = rig_start(5, 0, 0);
	atomic_store(&hold, true);
	for (int i = 0; i < 30; i++)
		fds[i] = begin_get("/script/1", true);
	wait_for(&scripts, 2);
	for (int i = 30; i < 40; i++)
		fds[i] = begin_get("/script/2", i % 2 == 0);
	wait_for(&scripts, 3);
	for (int i = 0; i < 50; i++)
		assert_int_equal(get("/hello"), 200);
	for (int i = 0; i < 1000 && stats(r).busy != 3; i++)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	assert_int_equal(stats(r).busy, 3);
	atomic_store(&hold, false);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(answer(fds[i], NULL), 200);
		if (i % 2 == 0)
			assert_int_equal(ask(fds[i], true, "GET", "/hello", NULL, 0, NULL), 200);
		close(fds[i]);
	}
	assert_int_equal(atomic_load(&scripts_most), 3);
	assert_int_equal(atomic_load(&runs), 40 + 50 + 20);
	rig_stop(r);
}

/* Too many, or more than the budget: told so at once. */
static void
script_refused(void **state)
{
	static const struct lane_options o = { 2, 4, 6 };
	struct rig *r;
	struct cc_bytes out = { 0 };
	int fds[9];

	(void)state;
	with_lane = &o;
	r = rig_start(4, 0, 0);
	atomic_store(&hold, true);
	for (int i = 0; i < 5; i++)
		fds[i] = begin_get("/script/1", true);
	wait_for(&scripts, 1);
	for (int i = 0; i < 5000 && stats(r).connections < 5; i++)
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	nanosleep(&(struct timespec){ 0, 200000000 }, NULL);
	fds[5] = begin_get("/script/1", true);
	assert_int_equal(answer(fds[5], &out), 503);
	assert_non_null(strstr((char *)out.p, "Retry-After: 1\r\n"));
	cc_fini(&out);
	quota.requests_per_s = 1;
	fds[6] = begin_get("/script/7", true);
	wait_for(&scripts, 2);
	fds[7] = begin_get("/script/7", true);
	assert_int_equal(answer(fds[7], &out), 429);
	assert_non_null(strstr((char *)out.p, "Retry-After: 1\r\n"));
	cc_fini(&out);
	quota.requests_per_s = 100000;
	atomic_store(&hold, false);
	for (int i = 0; i < 8; i++) {
		if (i != 5 && i != 7)
			assert_int_equal(answer(fds[i], NULL), 200);
		close(fds[i]);
	}
	assert_int_equal(atomic_load(&runs), 6);
	rig_stop(r);
}

/* Who leaves while it waits is not run; a stop finds waiting ones and frees them. */
static void
script_left(void **state)
{
	static const struct lane_options o = { 1, 32, 256 };
	struct rig *r;
	int fds[10];

	(void)state;
	with_lane = &o;
	r = rig_start(3, 0, 0);
	atomic_store(&hold, true);
	for (int i = 0; i < 10; i++) {
		fds[i] = begin_get("/script/1", true);
		wait_for(&scripts, 1);
	}
	nanosleep(&(struct timespec){ 0, 200000000 }, NULL);
	for (int i = 1; i < 9; i++)
		close(fds[i]);
	atomic_store(&hold, false);
	assert_int_equal(answer(fds[0], NULL), 200);
	assert_int_equal(answer(fds[9], NULL), 200);
	assert_int_equal(atomic_load(&runs), 2);
	atomic_store(&hold, true);
	for (int i = 1; i < 9; i++)
		fds[i] = begin_get("/script/1", true);
	wait_for(&scripts, 1);
	nanosleep(&(struct timespec){ 0, 200000000 }, NULL);
	rig_stop(r);
	for (int i = 0; i < 10; i++)
		close(fds[i]);
	assert_int_equal(atomic_load(&done), 18);
}

/* Who has waited ten seconds is told so, whether a slot is free or not. */
static void
script_late(void **state)
{
	static const struct lane_options o = { 1, 32, 256 };
	struct rig *r;
	struct cc_bytes out = { 0 };
	int64_t began = clock_mono_ms();
	int fds[3];

	(void)state;
	with_lane = &o;
	r = rig_start(3, 0, 0);
	atomic_store(&hold, true);
	for (int i = 0; i < 3; i++) {
		fds[i] = begin_get("/script/1", true);
		wait_for(&scripts, 1);
	}
	for (int i = 1; i < 3; i++) {
		assert_int_equal(answer(fds[i], &out), 503);
		assert_non_null(strstr((char *)out.p, "Retry-After: 1\r\n"));
		cc_fini(&out);
	}
	assert_in_range(clock_mono_ms() - began, 9500, 14000);
	assert_int_equal(ask(fds[1], true, "GET", "/hello", NULL, 0, NULL), 200);
	atomic_store(&hold, false);
	assert_int_equal(answer(fds[0], NULL), 200);
	assert_int_equal(atomic_load(&runs), 2);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	rig_stop(r);
}

/* Clients of several apps at once, for a while: all are answered, the caps hold. */
static void
script_crowd(void **state)
{
	static const struct lane_options o = { 3, 100, 100 };
	static const char *const uris[] = { "/script/1", "/script/2", "/script/3", "/hello" };
	struct crowd c[4] = { 0 };
	pthread_t t[16];
	struct rig *r;

	(void)state;
	with_lane = &o;
	r = rig_start(6, 0, 0);
	for (int i = 0; i < 4; i++) {
		c[i].uri = uris[i];
		c[i].rounds = 200;
		c[i].keep = true;
	}
	for (int i = 0; i < 16; i++)
		assert_int_equal(pthread_create(&t[i], NULL, crowd_member, &c[i % 4]), 0);
	for (int i = 0; i < 16; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < 4; i++)
		assert_int_equal(c[i].ok, 800);
	assert_in_range(atomic_load(&scripts_most), 1, 3);
	rig_stop(r);
}

/* A thread that was lowered is replaced, and its connection does not notice. */
static void
fresh_threads(void **state)
{
	struct rig *r = rig_start(2, 0, 0);
	int fd = dial(fcgi_path);

	(void)state;
	for (int i = 0; i < 200; i++) {
		atomic_store(&spent, true);
		assert_int_equal(ask(fd, true, "GET", "/hello", NULL, 0, NULL), 200);
	}
	atomic_store(&spent, true);
	close(fd);
	rig_stop(r);
	atomic_store(&spent, false);
}

static int
setup(void **state)
{
	(void)state;
	quota_read(NULL, &quota);
	quota.requests_per_s = 100000;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(fcgi_path, sizeof(fcgi_path), "%s/fcgi.sock", dir);
	snprintf(scgi_path, sizeof(scgi_path), "%s/scgi.sock", dir);
	return 0;
}

static int
stop_current(void **state)
{
	(void)state;
	if (current != NULL)
		rig_stop(current);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

#define TEST(f) cmocka_unit_test_teardown(f, stop_current)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keep_alive),
		TEST(bodies),
		TEST(one_byte_at_a_time),
		TEST(kinds_of_answers),
		TEST(scgi),
		TEST(smuggling),
		TEST(slow_bodies),
		TEST(slow_readers),
		TEST(half_duplex),
		TEST(truncated),
		TEST(wrong_lengths),
		TEST(malformed),
		TEST(large_heads),
		TEST(overload),
		TEST(overload_kept),
		TEST(blocked_turns),
		TEST(connection_cap),
		TEST(out_of_descriptors),
		TEST(drain),
		TEST(drain_kept),
		TEST(new_node),
		TEST(foreign_peer),
		TEST(deadlines),
		TEST(streams),
		TEST(streams_left),
		TEST(streams_drain),
		TEST(script_slots),
		TEST(script_refused),
		TEST(script_left),
		TEST(script_late),
		TEST(script_crowd),
		TEST(fresh_threads),
	};

	return cmocka_run_group_tests_name("gate", tests, setup, teardown);
}
