/*
 * Runs that are ended while host functions are at work: by time, by memory, by an error
 * and by the watchdog's signal.  The host functions keep the rule of runtime/guard.h and
 * use what real ones do: statements, transactions, malloc, a lock, descriptors, libcurl.
 * Thousands of runs later nothing is open, locked or lost.
 *
 * The guard is compiled in with a short grace, or a signal would take 100 ms each.
 */
#define GUARD_GRACE_MS 3
#define WATCHDOG_STEP (2 * 1000000LL)

#include "tests/unit/store_test.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "runtime/guard.c"
#include "runtime/watchdog.c"

#ifdef __SANITIZE_THREAD__
#define RUNS 600
#define SIGNALS 0
#elif GUARD_CHECKS
#define RUNS 2000
#define SIGNALS 1
#else
#define RUNS 10000
#define SIGNALS 1
#endif
#define WORKERS 2

/* What outlives a host function, given back after the run whatever way it ended. */
struct held {
	struct reader	*rd;
	struct sql	*statement;
	struct writer	*tx;
	CURL		*curl;
	char		*memory;
	int		 fd;
};

struct worker {
	pthread_t	 thread;
	struct region	*region;
	struct arena	*arena;
	struct held	 held;
	pthread_mutex_t	 lock;
	uint64_t	 seed;
	unsigned	 ends[GUARD_BROKEN + 1];
	unsigned	 signals;
	char		 wrong[200];
};

static __thread struct worker *me;
static char closed_url[64], silent_url[64];

static uint64_t
chance(void)
{
	me->seed ^= me->seed << 13;
	me->seed ^= me->seed >> 7;
	me->seed ^= me->seed << 17;
	return me->seed;
}

static void
give_back(struct held *h)
{
	if (h->statement != NULL)
		(void)sql_close(h->statement);
	reader_close(h->rd);
	if (h->tx != NULL)
		writer_abort(h->tx);
	curl_easy_cleanup(h->curl);
	free(h->memory);
	if (h->fd >= 0)
		(void)close(h->fd);
	*h = (struct held){ .fd = -1 };
}

/* --- host functions --- */

static int64_t
query(struct reader *rd)
{
	struct sql *s = sql_open(rd, "SELECT id, v FROM abort_test ORDER BY v LIMIT 20", "");
	int64_t sum = 0;

	while (sql_row(s) == FZ_OK)
		sum += sql_int(s, 0) + (int64_t)strlen(sql_text(s, 1));
	(void)sql_close(s);
	return sum;
}

static duk_ret_t
host_read(duk_context *ctx)
{
	struct reader *rd;
	int64_t sum = 0;

	guard_out();
	if (reader_open(st, &rd) == FZ_OK) {
		sum = query(rd);
		reader_close(rd);
	}
	guard_in(ctx);
	duk_push_number(ctx, (double)sum);
	return 1;
}

/* A statement half way through while the script runs. */
static duk_ret_t
host_read_each(duk_context *ctx)
{
	struct held *h = &me->held;
	int64_t id = 0;
	bool more = false;

	if (h->rd != NULL)
		return 0;
	guard_out();
	if (reader_open(st, &h->rd) == FZ_OK)
		h->statement = sql_open(h->rd, "SELECT id FROM abort_test", "");
	for (;;) {
		more = h->statement != NULL && sql_row(h->statement) == FZ_OK;
		id = more ? sql_int(h->statement, 0) : 0;
		guard_in(ctx);
		if (!more || id > 5)
			break;
		duk_dup(ctx, 0);
		duk_push_number(ctx, (double)id);
		duk_call(ctx, 1);
		duk_pop(ctx);
		guard_out();
	}
	guard_out();
	if (h->statement != NULL)
		(void)sql_close(h->statement);
	h->statement = NULL;
	reader_close(h->rd);
	h->rd = NULL;
	guard_in(ctx);
	return 0;
}

static void
put_row(struct writer *w)
{
	(void)!sql_run(w, "INSERT OR REPLACE INTO abort_test(id, v) VALUES(?1, ?2)", "it",
	    (int64_t)(chance() % 100), "a value");
}

static duk_ret_t
host_write(duk_context *ctx)
{
	struct writer *w;

	guard_out();
	if (me->held.tx != NULL) {
		put_row(me->held.tx);
	} else if (writer_begin(st, 2000, &w) == FZ_OK) {
		put_row(w);
		(void)!writer_commit(w, NULL);
	}
	guard_in(ctx);
	return 0;
}

/* The lock of all writers held while the script runs. */
static duk_ret_t
host_tx(duk_context *ctx)
{
	struct held *h = &me->held;
	enum fz_err err;

	if (h->tx != NULL)
		return duk_error(ctx, DUK_ERR_ERROR, "nested");
	guard_out();
	err = writer_begin(st, 2000, &h->tx);
	guard_in(ctx);
	if (err != FZ_OK)
		return duk_error(ctx, DUK_ERR_ERROR, "busy");
	duk_dup(ctx, 0);
	duk_call(ctx, 0);
	guard_out();
	put_row(h->tx);
	(void)!writer_commit(h->tx, NULL);
	h->tx = NULL;
	guard_in(ctx);
	return 0;
}

static duk_ret_t
host_memory(duk_context *ctx)
{
	size_t n = 1 + chance() % 200000;
	char *p, *q;

	guard_out();
	p = xmalloc(n);
	q = arena_alloc(me->arena, n / 4);
	memset(p, 1, n);
	q[0] = p[n - 1];
	arena_reset(me->arena);
	free(p);
	guard_in(ctx);
	return 0;
}

static duk_ret_t
host_keep_memory(duk_context *ctx)
{
	guard_out();
	free(me->held.memory);
	me->held.memory = xmalloc(1 + chance() % 50000);
	guard_in(ctx);
	return 0;
}

/* No guard_out: nothing is held when the engine is called, that is enough. */
static duk_ret_t
host_careless(duk_context *ctx)
{
	int64_t until = clock_mono_us() + (int64_t)(chance() % (chance() % 16 ? 100 : 9000));
	char *p;

	while (clock_mono_us() < until) {
		p = xmalloc(1 + chance() % 5000);
		(void)pthread_mutex_lock(&me->lock);
		p[0] = 1;
		(void)pthread_mutex_unlock(&me->lock);
		free(p);
	}
	duk_push_string(ctx, "done");
	return 1;
}

static duk_ret_t
host_lock(duk_context *ctx)
{
	guard_out();
	(void)pthread_mutex_lock(&me->lock);
	free(xmalloc(100));
	(void)pthread_mutex_unlock(&me->lock);
	guard_in(ctx);
	return 0;
}

static duk_ret_t
host_fd(duk_context *ctx)
{
	char byte;
	int fd;

	guard_out();
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &byte, 1) != 1)
		abort();
	(void)close(fd);
	guard_in(ctx);
	return 0;
}

static duk_ret_t
host_keep_fd(duk_context *ctx)
{
	guard_out();
	if (me->held.fd < 0)
		me->held.fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	guard_in(ctx);
	duk_dup(ctx, 0);
	duk_call(ctx, 0);
	return 0;
}

static CURL *
prepare(const char *url)
{
	CURL *curl = curl_easy_init();

	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 6L);
	return curl;
}

static duk_ret_t
host_fetch(duk_context *ctx)
{
	CURLcode code;
	CURL *curl;

	guard_out();
	curl = prepare(chance() % 24 ? closed_url : silent_url);
	code = curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	guard_in(ctx);
	if (code == CURLE_OK)
		abort();
	return duk_error(ctx, DUK_ERR_ERROR, "fetch %d", (int)code);
}

static duk_ret_t
host_keep_curl(duk_context *ctx)
{
	guard_out();
	if (me->held.curl == NULL)
		me->held.curl = prepare(closed_url);
	(void)curl_easy_perform(me->held.curl);
	guard_in(ctx);
	duk_dup(ctx, 0);
	duk_call(ctx, 0);
	return 0;
}

static duk_ret_t
host_fail(duk_context *ctx)
{
	guard_out();
	free(xmalloc(10));
	guard_in(ctx);
	return duk_type_error(ctx, "a host function failed");
}

static duk_ret_t
host_pick(duk_context *ctx)
{
	duk_push_uint(ctx, (duk_uint_t)(chance() % duk_require_uint(ctx, 0)));
	return 1;
}

static const duk_function_list_entry host[] = {
	{ "read", host_read, 0 },
	{ "readEach", host_read_each, 1 },
	{ "write", host_write, 0 },
	{ "tx", host_tx, 1 },
	{ "memory", host_memory, 0 },
	{ "keepMemory", host_keep_memory, 0 },
	{ "careless", host_careless, 0 },
	{ "lock", host_lock, 0 },
	{ "fd", host_fd, 0 },
	{ "keepFd", host_keep_fd, 1 },
	{ "fetch", host_fetch, 0 },
	{ "keepCurl", host_keep_curl, 1 },
	{ "fail", host_fail, 0 },
	{ "pick", host_pick, 1 },
	{ NULL, NULL, 0 },
};

/* --- scripts --- */

static const char prelude[] =
    "var big = new Uint8Array(400000), keep = [], last;"
    "function deaf() { for (;;) Array.prototype.indexOf.call(big, 1) }"
    "function eat() { for (var i = 0; i < 200; i++) keep.push({ i: i, s: 'x' + keep.length }) }"
    "function gulp() { keep.push('x'.repeat(1 + pick(400000)) + keep.length) }"
    "var plain = [read, write, memory, keepMemory, lock, fd, careless,"
    " function () { try { fetch() } catch (e) { last = e.message } },"
    " function () { try { fail() } catch (e) { last = e.stack } }];"
    "function some() { return plain[pick(plain.length)]() }"
    "function within(f) {"
    " switch (pick(6)) {"
    " case 0: return readEach(f);"
    " case 1: return tx(f);"
    " case 2: return keepFd(f);"
    " case 3: return keepCurl(f);"
    " case 4: return [1, 2].map(f).length;"
    " default: some(); return f();"
    " } }"
    "function deeper(f) { within(function () { try { within(f) } finally { last = f } }) }";

struct kind {
	const char		*source;
	enum guard_end		 end;
	struct guard_limits	 limits;
};

static const struct kind kinds[] = {
	{ "for (;;) { if (pick(3)) some(); else try { within(some) } catch (e) { } }",
	    GUARD_TIMEOUT, { 2, 1000, 8 * MIB } },
	{ "for (;;) try { deeper(pick(2) ? eat : gulp) } catch (e) { }",
	    GUARD_MEMORY, { 4000, 4000, 3 * MIB / 2 } },
	{ "for (;;) { within(some); if (pick(3) === 0) deeper(pick(2) ? fail : fetch) }",
	    GUARD_THREW, { 4000, 4000, 8 * MIB } },
	{ "lock(); deeper(deaf)",
	    GUARD_TIMEOUT, { 1, 1000, 8 * MIB } },
	{ "for (;;) try { within(pick(4) ? careless : deaf) } catch (e) { }",
	    GUARD_TIMEOUT, { 4, 1000, 8 * MIB } },
};

static duk_ret_t
evaluate(duk_context *ctx, void *src)
{
	duk_eval_string(ctx, src);
	return 1;
}

static bool
sane(struct worker *w)
{
	const struct guard_limits plenty = { 20000, 20000, 8 * MIB };
	struct guard_used used;
	enum guard_end end = guard_run(w->region, evaluate, (void *)(uintptr_t)
	    "keep.length + [3, 1].sort().join() + JSON.stringify({ a: [last] }) + read()", 0,
	    1, &plenty, &used);
	const char *text = duk_safe_to_string(region_context(w->region), -1);
	bool good = end == GUARD_DONE && strncmp(text, "01,3{\"a\":[null]}", 16) == 0;

	if (!good)
		(void)snprintf(w->wrong, sizeof(w->wrong), "after an abort: %s", text);
	region_restore(w->region);
	return good;
}

static bool
once(struct worker *w, const struct kind *kind)
{
	struct guard_used used;
	enum guard_end end = guard_run(w->region, evaluate,
	    (void *)(uintptr_t)kind->source, 0, 1, &kind->limits, &used);

	w->ends[end]++;
	w->signals += end == GUARD_TIMEOUT && used.line == 0;
	region_restore(w->region);
	give_back(&w->held);
	if (pthread_mutex_trylock(&w->lock) != 0) {
		(void)snprintf(w->wrong, sizeof(w->wrong), "a lock is held after: %s",
		    kind->source);
		return false;
	}
	(void)pthread_mutex_unlock(&w->lock);
	/* A slow machine may let a run of another kind time out. */
	if (end == kind->end || end == GUARD_TIMEOUT ||
	    (kind->end == GUARD_TIMEOUT && end == GUARD_THREW))
		return true;
	(void)snprintf(w->wrong, sizeof(w->wrong), "ended %d: %s", (int)end, kind->source);
	return false;
}

static unsigned runs;

static void *
work(void *arg)
{
	static const unsigned char mix[] = { 0, 0, 0, 1, 1, 1, 2, 2, 3, 4 };
	struct worker *w = arg;

	me = w;
	for (unsigned i = 0; i < runs / WORKERS; i++) {
		unsigned k = mix[chance() % sizeof(mix)];

		if (k >= 3 && !SIGNALS)
			k = 0;
		if (!once(w, &kinds[k]) || (i % 64 == 0 && !sane(w)))
			break;
	}
	return NULL;
}

/* --- around them --- */

static void
listen_at(char url[64], bool open)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	if (open)
		assert_int_equal(listen(fd, 4000), 0);
	(void)snprintf(url, 64, "http://127.0.0.1:%d/", ntohs(at.sin_port));
	if (!open)
		(void)close(fd);
}

static unsigned
open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
begin_worker(struct worker *w, unsigned i)
{
	duk_context *ctx;

	*w = (struct worker){ .seed = 0x9e3779b97f4a7c15U * (i + 1), .held.fd = -1 };
	(void)pthread_mutex_init(&w->lock, NULL);
	w->arena = arena_new();
	w->region = region_new(8 * MIB);
	ctx = region_context(w->region);
	duk_push_global_object(ctx);
	duk_put_function_list(ctx, -1, host);
	duk_pop(ctx);
	duk_eval_string_noresult(ctx, prelude);
	region_snapshot(w->region);
}

static void
run_all(struct worker *workers, unsigned n)
{
	pthread_attr_t attr;

	runs = n;
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, GUARD_STACK);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&workers[i].thread, &attr, work,
		    &workers[i]), 0);
	for (unsigned i = 0; i < WORKERS; i++)
		(void)pthread_join(workers[i].thread, NULL);
	(void)pthread_attr_destroy(&attr);
	for (unsigned i = 0; i < WORKERS; i++)
		if (workers[i].wrong[0] != '\0')
			fail_msg("%s", workers[i].wrong);
}

/* No statement of any connection is in use. */
static void
assert_no_statement(void)
{
	struct reader *readers[8];
	struct writer *w = begin();

	for (size_t i = 0; i < 8; i++) {
		sqlite3_stmt *s = NULL;
		sqlite3 *db;

		readers[i] = reader();
		db = sql_handle(readers[i]);
		for (s = sqlite3_next_stmt(db, NULL); s != NULL;
		     s = sqlite3_next_stmt(db, s))
			assert_false(sqlite3_stmt_busy(s));
	}
	for (size_t i = 0; i < 8; i++)
		reader_close(readers[i]);
	writer_abort(w);
}

static void
test_aborts(void **state)
{
	struct worker workers[WORKERS];
	unsigned ends[GUARD_BROKEN + 1] = { 0 }, signals = 0, fds;
	struct store_stats stats;
	struct writer *w = begin();
	struct why why = { 0 };
	size_t in_use;

	(void)state;
	OK(sql_run(w, "CREATE TABLE abort_test(id INTEGER PRIMARY KEY, v TEXT)", ""));
	for (int64_t i = 0; i < 100; i++)
		OK(sql_run(w, "INSERT INTO abort_test(id, v) VALUES(?1, 'first')", "i", i));
	commit(w);
	OK(guard_start(&why));
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
	listen_at(closed_url, false);
	listen_at(silent_url, true);
	for (unsigned i = 0; i < WORKERS; i++)
		begin_worker(&workers[i], i);

	run_all(workers, RUNS / 10);
	assert_no_statement();
	fds = open_fds();
	in_use = mallinfo2().uordblks;
	run_all(workers, RUNS);

	assert_int_equal(open_fds(), fds);
	assert_no_statement();
	store_stats(st, &stats);
	assert_int_equal(stats.readers_used, 0);
	assert_int_equal(stats.writers_waiting, 0);
	assert_true(store_writable(st));
	for (unsigned i = 0; i < WORKERS; i++) {
		for (unsigned k = 0; k <= GUARD_BROKEN; k++)
			ends[k] += workers[i].ends[k];
		signals += workers[i].signals;
	}
	print_message("%u by time (%u of them by a signal), %u by memory, %u by an error; "
	    "%lld bytes more in use\n", ends[GUARD_TIMEOUT], signals, ends[GUARD_MEMORY],
	    ends[GUARD_THREW], (long long)(mallinfo2().uordblks - in_use));
	assert_int_equal(ends[GUARD_BROKEN], 0);
	assert_true(ends[GUARD_MEMORY] > RUNS / 8 && ends[GUARD_THREW] > RUNS / 10);
	assert_true(ends[GUARD_TIMEOUT] > RUNS / 4);
	assert_true(!SIGNALS || signals > RUNS / 50);
	assert_true(mallinfo2().uordblks < in_use + 256 * KIB);
	for (unsigned i = 0; i < WORKERS; i++) {
		region_free(workers[i].region);
		arena_free(workers[i].arena);
	}
	guard_stop();
	/* And store_teardown closes the store, which ends the process if any is open. */
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_aborts) };

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
