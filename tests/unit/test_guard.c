/*
 * The limits of a run: each on its own, then every script of tests/hostile, each of which
 * must end in time, as its first line says, and leave a heap that is right after a restore.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "runtime/guard.h"

#define MIB (1UL << 20)
#define WALL 200

/* Sanitizers take several times as long, and ThreadSanitizer has no cutting off. */
#if defined(__SANITIZE_THREAD__)
#define SIGNALS 0
#define SLOW 1
#define LATE 8000
#elif GUARD_CHECKS
#define SIGNALS 1
#define SLOW 1
#define LATE 900
#else
#define SIGNALS 1
#define SLOW 0
#define LATE 300
#endif

/* Microseconds this thread was ready to run and had no core: nobody's fault here. */
static int64_t
waited_us(void)
{
	unsigned long long ran = 0, waited = 0;
	FILE *f = fopen("/proc/thread-self/schedstat", "r");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%llu %llu", &ran, &waited) != 2)
		waited = 0;
	(void)fclose(f);
	return (int64_t)(waited / 1000);
}

static const struct guard_limits usual = { .wall_ms = WALL, .cpu_ms = 5000,
	.heap = 16 * MIB };
static const struct guard_limits plenty = { .wall_ms = 20000, .cpu_ms = 20000,
	.heap = 16 * MIB };
static struct region *region;
static struct guard_used used;
static int64_t net_us;			/* wall time without waiting for a core */
static int reached;

static duk_ret_t
evaluate(duk_context *ctx, void *src)
{
	duk_push_string(ctx, src);
	duk_push_string(ctx, "test.js");
	duk_compile(ctx, 0);
	duk_call(ctx, 0);
	return 1;
}

static enum guard_end
run_with(const struct guard_limits *limits, const char *src)
{
	int64_t waited = waited_us();
	enum guard_end end = guard_run(region, evaluate, (void *)(uintptr_t)src, 0, 1,
	    limits, &used);

	net_us = used.wall_us - (waited_us() - waited);
	return end;
}

static void
assert_took(int64_t from_ms, int64_t to_ms)
{
	if (used.wall_us < from_ms * 1000 || net_us > to_ms * 1000)
		fail_msg("took %lld us, %lld of them with a core; not %lld to %lld ms",
		    (long long)used.wall_us, (long long)net_us, (long long)from_ms,
		    (long long)to_ms);
}

static enum guard_end
run(const char *src)
{
	return run_with(&usual, src);
}

static const char *
result(void)
{
	return duk_safe_to_string(region_context(region), -1);
}

static void
assert_sane(void)
{
	static const char src[] =
	    "var a = []; for (var i = 0; i < 300; i++) a.push({ i: i, s: 'x' + i });"
	    "[typeof keep, JSON.parse(JSON.stringify(a)).length, [3, 1, 2].sort().join(''),"
	    " /b+/.exec('abbc')[0], Object.keys({}).length, [].push(1), ({}).toJSON].join()";
	assert_int_equal(run_with(&plenty, src), GUARD_DONE);
	assert_string_equal(result(), "undefined,300,123,bb,0,1,");
	region_restore(region);
}

/* --- host functions --- */

static duk_ret_t
host_sleep(duk_context *ctx)
{
	int64_t ms = duk_require_int(ctx, 0), until = clock_mono_ms() + ms;

	guard_out();
	while (clock_mono_ms() < until)
		(void)usleep(1000);
	guard_in(ctx);
	return 0;
}

/* Busy in code of ours, inside: no signal may cut this off. */
static duk_ret_t
host_spin(duk_context *ctx)
{
	int64_t until = clock_mono_ms() + duk_require_int(ctx, 0);

	reached = 0;
	while (clock_mono_ms() < until)
		free(xmalloc(100));
	reached = 1;
	return 0;
}

/* A system call between guard_out and guard_in is not interrupted, however late it is. */
static duk_ret_t
host_nap(duk_context *ctx)
{
	struct timespec nap = { .tv_nsec = duk_require_int(ctx, 0) * 1000000L };

	guard_out();
	reached = nanosleep(&nap, NULL) == 0;
	guard_in(ctx);
	return 0;
}

static duk_ret_t
host_reached(duk_context *ctx)
{
	(void)ctx;
	reached = 1;
	return 0;
}

static duk_ret_t
host_over_memory(duk_context *ctx)
{
	(void)ctx;
	guard_over_memory();
}

static duk_ret_t
host_fatal(duk_context *ctx)
{
	return duk_fatal(ctx, "on purpose");
}

static duk_ret_t
host_narrow(duk_context *ctx)
{
	guard_narrow(duk_require_int(ctx, 0));
	duk_dup(ctx, 1);
	duk_call(ctx, 0);
	guard_widen();
	duk_push_int(ctx, (int)guard_left_ms());
	return 1;
}

static duk_ret_t
host_left(duk_context *ctx)
{
	duk_push_int(ctx, (int)guard_left_ms());
	return 1;
}

static duk_ret_t
host_forget(duk_context *ctx)
{
	guard_out();
	return duk_error(ctx, DUK_ERR_ERROR, "forgot guard_in");
}

static duk_ret_t
host_nice(duk_context *ctx)
{
	duk_push_int(ctx, getpriority(PRIO_PROCESS, (id_t)gettid()));
	return 1;
}

static const duk_function_list_entry host[] = {
	{ "sleep", host_sleep, 1 },
	{ "spin", host_spin, 1 },
	{ "nap", host_nap, 1 },
	{ "reach", host_reached, 0 },
	{ "overMemory", host_over_memory, 0 },
	{ "fatal", host_fatal, 0 },
	{ "narrow", host_narrow, 2 },
	{ "left", host_left, 0 },
	{ "forget", host_forget, 0 },
	{ "nice", host_nice, 0 },
	{ NULL, NULL, 0 },
};

/* What the world does to a new heap, as far as it matters here. */
static struct region *
new_region(void)
{
	struct region *r = region_new(32 * MIB);
	duk_context *ctx = region_context(r);

	duk_push_global_object(ctx);
	duk_put_function_list(ctx, -1, host);
	duk_pop(ctx);
	duk_eval_string_noresult(ctx, "delete globalThis.Duktape; delete globalThis.CBOR;"
	    "delete String.fromBufferRaw;");
	region_snapshot(r);
	return r;
}

static int
setup(void **state)
{
	struct why why = { 0 };

	(void)state;
	region = new_region();
	reached = 0;
	return guard_start(&why) == FZ_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	guard_stop();
	region_free(region);
	return 0;
}

/* --- one limit each --- */

/* Which code is the engine's own: nothing of the C library, nothing of ours. */
static void
test_code(void **state)
{
	(void)state;
	assert_true(engine_code((uintptr_t)duk_push_lstring));
	assert_true(engine_code((uintptr_t)duk_get_prop));
	assert_true(engine_code((uintptr_t)duk_gc));
	assert_false(engine_code((uintptr_t)malloc));
	assert_false(engine_code((uintptr_t)memcpy));
	assert_false(engine_code((uintptr_t)guard_run));
	assert_false(engine_code((uintptr_t)region_new));
	assert_false(engine_code((uintptr_t)test_code));
	assert_false(engine_code(0));
}

static void
test_done(void **state)
{
	(void)state;
	assert_int_equal(run("6 * 7"), GUARD_DONE);
	assert_string_equal(result(), "42");
	assert_true(used.wall_us >= 0 && used.cpu_us <= used.wall_us + 1000);
	assert_int_equal(used.line, 0);
	duk_pop(region_context(region));
	assert_int_equal(run("throw new TypeError('no')"), GUARD_THREW);
	assert_string_equal(result(), "TypeError: no");
	assert_int_equal(duk_get_top(region_context(region)), 1);
	duk_pop(region_context(region));
	assert_int_equal(run("1 +"), GUARD_THREW);
	/* The heap goes on without a restore. */
	duk_pop(region_context(region));
	assert_int_equal(run("var n = 1; n"), GUARD_DONE);
	assert_int_equal(guard_left_ms(), 0);
}

static void
test_place(void **state)
{
	(void)state;
	assert_int_equal(run("function f() {\n\tfor (;;) {\n\t}\n}\n\nf();"),
	    GUARD_TIMEOUT);
	assert_string_equal(used.file, "test.js");
	assert_in_range(used.line, 2, 3);
	region_restore(region);
	assert_int_equal(run_with(&plenty, "var a = [];\nfor (;;)\n"
	    "\ta.push('x'.repeat(100000) + a.length)"), GUARD_MEMORY);
	assert_string_equal(used.file, "test.js");
	assert_int_equal(used.line, 3);
	region_restore(region);
	assert_int_equal(run("\n\n[1].map(function () {\n\tsleep(300)\n})"), GUARD_TIMEOUT);
	assert_int_equal(used.line, 4);
	region_restore(region);
	assert_sane();
}

static void
test_cpu(void **state)
{
	const struct guard_limits limits = { .wall_ms = 20000, .cpu_ms = 100,
		.heap = 16 * MIB };
	const struct guard_limits wide = { .wall_ms = 20000, .cpu_ms = 60,
		.heap = 16 * MIB };

	(void)state;
	assert_int_equal(run_with(&limits, "for (;;) { }"), GUARD_CPU);
	assert_in_range(used.cpu_us, 99000, 100000 + LATE * 1000);
	region_restore(region);
	/* Waiting in host code costs none. */
	assert_int_equal(run_with(&wide, "for (var i = 0; i < 4; i++) sleep(40); 1"),
	    GUARD_DONE);
	assert_took(150, 10000);
	assert_in_range(used.cpu_us, 0, 60000);
	duk_pop(region_context(region));
	assert_int_equal(run_with(&limits, "sleep(150); for (;;) { }"), GUARD_CPU);
	assert_took(240, 10000);
	region_restore(region);
	assert_sane();
}

static void
test_memory(void **state)
{
	struct guard_limits limits = { .wall_ms = 20000, .cpu_ms = 20000, .heap = 2 * MIB };

	(void)state;
	assert_int_equal(run_with(&limits, "'x'.repeat(3000000)"), GUARD_MEMORY);
	region_restore(region);
	assert_int_equal(run_with(&limits, "try { 'x'.repeat(3000000) } catch (e) { } 1"),
	    GUARD_MEMORY);
	region_restore(region);
	limits.heap = 8 * MIB;
	assert_int_equal(run_with(&limits, "'x'.repeat(3000000).length"), GUARD_DONE);
	region_restore(region);
	/* Not more than the region has. */
	limits.heap = 1000 * MIB;
	assert_int_equal(run_with(&limits, "'x'.repeat(40000000)"), GUARD_MEMORY);
	region_restore(region);
	assert_int_equal(run("try { overMemory() } finally { reach() }"), GUARD_MEMORY);
	assert_int_equal(used.line, 1);
	assert_int_equal(reached, 0);
	region_restore(region);
	assert_sane();
}

static void
test_broken(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(run("try { fatal() } finally { reach() }"), GUARD_BROKEN);
		assert_int_equal(reached, 0);
		region_restore(region);
		assert_sane();
	}
}

/* When time is up in a host function, nothing of the script runs any more. */
static void
test_host_time(void **state)
{
	(void)state;
	assert_int_equal(run("try { sleep(250) } catch (e) { reach() } finally { reach() }"),
	    GUARD_TIMEOUT);
	assert_int_equal(reached, 0);
	assert_took(249, 10000);
	region_restore(region);
	assert_int_equal(run("for (;;) sleep(10)"), GUARD_TIMEOUT);
	assert_took(WALL - 1, WALL + LATE);
	region_restore(region);
	assert_int_equal(run("left()"), GUARD_DONE);
	assert_in_range(duk_get_int(region_context(region), -1), WALL - 150, WALL);
	region_restore(region);
	assert_sane();
}

/* Host code that is inside is cut off only when it calls the engine. */
static void
test_host_busy(void **state)
{
	(void)state;
	assert_int_equal(run("spin(500); for (;;) { }"), GUARD_TIMEOUT);
	assert_int_equal(reached, 1);
	assert_took(499, 500 + LATE);
	region_restore(region);
	reached = 0;
	assert_int_equal(run("nap(500)"), GUARD_TIMEOUT);
	assert_int_equal(reached, 1);
	assert_took(499, 500 + LATE);
	region_restore(region);
	assert_sane();
}

static void
test_narrow(void **state)
{
	(void)state;
	assert_int_equal(run_with(&plenty, "narrow(100, function () { for (;;) { } })"),
	    GUARD_TIMEOUT);
	assert_took(99, 100 + LATE);
	region_restore(region);
	assert_int_equal(run_with(&plenty, "narrow(100, function () {"
	    " if (left() > 100) throw 1 })"), GUARD_DONE);
	assert_in_range(duk_get_int(region_context(region), -1), 15000, 20000);
	region_restore(region);
	/* It cannot make a run longer. */
	assert_int_equal(run("narrow(100000, function () { for (;;) { } })"), GUARD_TIMEOUT);
	assert_took(WALL - 1, WALL + LATE);
	region_restore(region);
	assert_sane();
}

static void
test_random(void **state)
{
	char texts[6][400];
	double sum = 0;

	(void)state;
	for (int i = 0; i < 6; i++) {
		assert_int_equal(run("var a = []; for (var i = 0; i < 12; i++)"
		    " a.push(Math.random()); a.join()"), GUARD_DONE);
		(void)snprintf(texts[i], sizeof(texts[i]), "%s", result());
		for (int k = 0; k < i; k++)
			assert_string_not_equal(texts[i], texts[k]);
		region_restore(region);
	}
	for (int i = 0; i < 10000; i++) {
		double d = math_random();

		assert_true(d >= 0 && d < 1);
		sum += d;
	}
	assert_true(sum > 4800 && sum < 5200);
}

/* --- the watchdog --- */

/* The engine is busy without asking; only the signal ends it. */
static const char deaf[] =
    "var a = new Uint8Array(6000000);"
    "for (;;) Array.prototype.indexOf.call(a, 1);";

static void
test_cut_off(void **state)
{
	struct guard_limits limits = { .wall_ms = 30, .cpu_ms = 5000, .heap = 16 * MIB };
	struct guard_limits cpu = { .wall_ms = 5000, .cpu_ms = 30, .heap = 16 * MIB };

	(void)state;
	if (!SIGNALS)
		skip();
	for (int i = 0; i < 20; i++) {
		struct timespec nap = { .tv_nsec = 2000000 };

		if (i % 2)
			assert_int_equal(run_with(&cpu, deaf), GUARD_CPU);
		else
			assert_int_equal(run_with(&limits, deaf), GUARD_TIMEOUT);
		assert_took(29, 30 + LATE);
		/* No signal comes late: this would be interrupted. */
		assert_int_equal(nanosleep(&nap, NULL), 0);
		region_restore(region);
		assert_int_equal(run("1 + 1"), GUARD_DONE);
		region_restore(region);
	}
	assert_sane();
}

static void *
sleepy(void *arg)
{
	const struct guard_limits limits = { .wall_ms = 50, .cpu_ms = 5000,
		.heap = 16 * MIB };
	struct guard_used u;
	struct region *r = new_region();

	*(enum guard_end *)arg = guard_run(r, evaluate,
	    (void *)(uintptr_t)"sleep(600)", 0, 1, &limits, &u);
	region_free(r);
	return NULL;
}

static void
start(pthread_t *thread, void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, GUARD_STACK);
	assert_int_equal(pthread_create(thread, &attr, fn, arg), 0);
	(void)pthread_attr_destroy(&attr);
}

static void
test_stuck(void **state)
{
	pthread_t threads[3];
	enum guard_end ends[3];
	unsigned most = 0;

	(void)state;
	assert_int_equal(guard_stuck(), 0);
	for (int i = 0; i < 3; i++)
		start(&threads[i], sleepy, &ends[i]);
	for (int i = 0; i < 60; i++) {
		unsigned n = guard_stuck();

		most = n > most ? n : most;
		if (i < 2)
			assert_int_equal(n, 0);
		(void)usleep(10000);
	}
	for (int i = 0; i < 3; i++) {
		(void)pthread_join(threads[i], NULL);
		assert_int_equal(ends[i], GUARD_TIMEOUT);
	}
	assert_int_equal(most, 3);
	assert_int_equal(guard_stuck(), 0);
}

/* Threads come and go while the watchdog looks, with and without runs. */
static void *
short_lived(void *arg)
{
	struct region *r = new_region();
	struct guard_used u;

	(void)arg;
	for (int i = 0; i < 20; i++) {
		if (guard_run(r, evaluate, (void *)(uintptr_t)"1", 0, 1, &usual, &u) !=
		    GUARD_DONE)
			abort();
		duk_pop(region_context(r));
	}
	region_free(r);
	return NULL;
}

static void
test_threads(void **state)
{
	(void)state;
	for (int round = 0; round < 15; round++) {
		pthread_t threads[4];

		for (int i = 0; i < 4; i++)
			start(&threads[i], short_lived, NULL);
		for (int i = 0; i < 4; i++)
			(void)pthread_join(threads[i], NULL);
		if (round % 5 == 0) {
			struct why why = { 0 };

			guard_stop();
			assert_int_equal(guard_start(&why), FZ_OK);
		}
	}
	/* Asleep after a pause, and awake again in time. */
	(void)usleep(1300000);
	assert_int_equal(run(SIGNALS ? deaf : "for (;;) { }"), GUARD_TIMEOUT);
	assert_took(WALL - 1, WALL + LATE);
	region_restore(region);
}

/* --- priority --- */

static const char busy[] = "var t = Date.now(), n = nice(); while (Date.now() < t + 90) { }"
    " n + ' ' + nice()";

/* Exit code: what was wrong. */
static void *
unprivileged(void *arg)
{
	struct region *r = new_region();
	struct guard_used u;
	const char *text;

	(void)arg;
	if (guard_run(r, evaluate, (void *)(uintptr_t)"1", 0, 1, &usual, &u) != GUARD_DONE ||
	    guard_spent())
		_exit(1);
	duk_pop(region_context(r));
	if (guard_run(r, evaluate, (void *)(uintptr_t)busy, 0, 1, &usual, &u) != GUARD_DONE)
		_exit(2);
	text = duk_get_string(region_context(r), -1);
	if (strcmp(text, "0 15") != 0 || !guard_spent())
		_exit(3);
	duk_pop(region_context(r));
	if (guard_run(r, evaluate, (void *)(uintptr_t)busy, 0, 1, &usual, &u) != GUARD_DONE ||
	    strcmp(duk_get_string(region_context(r), -1), "15 15") != 0 || !guard_spent())
		_exit(4);
	_exit(0);
}

static void
test_nice(void **state)
{
	pthread_t thread;
	int status;
	pid_t pid;

	(void)state;
	if (getpriority(PRIO_PROCESS, 0) != 0 || SLOW)
		skip();
	if (geteuid() == 0) {
		assert_int_equal(run(busy), GUARD_DONE);
		assert_string_equal(result(), "0 15");
		assert_int_equal(getpriority(PRIO_PROCESS, (id_t)gettid()), 0);
		assert_false(guard_spent());
		region_restore(region);
	}
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(5);
		start(&thread, unprivileged, NULL);
		(void)pthread_join(thread, NULL);
		_exit(6);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* A host function that breaks the rule does not free a script from its limits. */
static void
test_forgotten(void **state)
{
	(void)state;
	if (GUARD_CHECKS)
		skip();
	assert_int_equal(run("try { forget() } catch (e) { } for (;;) { }"), GUARD_TIMEOUT);
	region_restore(region);
	assert_sane();
}

/* --- the corpus --- */

struct hostile {
	char	*name;
	char	*source;
	char	*ends;
};
static struct hostile corpus[300];
static size_t corpus_len;

static char *
slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = xmalloc(65536);
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, 65535, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct hostile *)a)->name, ((const struct hostile *)b)->name);
}

static void
load(void)
{
	DIR *d = opendir("tests/hostile");
	struct dirent *e;

	assert_non_null(d);
	for (e = readdir(d); e != NULL; e = readdir(d)) {
		struct hostile *h = &corpus[corpus_len];
		char path[300], *ends, *line;

		if (strstr(e->d_name, ".js") == NULL)
			continue;
		(void)snprintf(path, sizeof(path), "tests/hostile/%s", e->d_name);
		h->name = xstrdup(e->d_name);
		h->source = slurp(path);
		line = strchr(h->source, '\n');
		assert_non_null(line);
		ends = strstr(h->source, "; ends: ");
		if (strncmp(h->source, "// ", 3) != 0 || ends == NULL || ends > line)
			fail_msg("first line of %s", path);
		h->ends = xstrndup(ends + 8, (size_t)(line - ends - 8));
		corpus_len++;
		assert_true(corpus_len < sizeof(corpus) / sizeof(*corpus));
	}
	closedir(d);
	assert_true(corpus_len >= 48);
	qsort(corpus, corpus_len, sizeof(*corpus), by_name);
}

/* As a server would: an error becomes text under the same limits. */
static duk_ret_t
execute(duk_context *ctx, void *arg)
{
	const struct hostile *h = arg;

	duk_push_string(ctx, h->source);
	duk_push_string(ctx, h->name);
	if (duk_pcompile(ctx, 0) == 0 && duk_pcall(ctx, 0) == 0)
		return 0;
	(void)duk_safe_to_string(ctx, -1);
	return duk_throw(ctx);
}

static bool
as_told(const struct hostile *h, enum guard_end end, int64_t net_ms)
{
	static const char *const words[] = { "ok", "error", "timeout", "cpu", "memory",
		"broken" };

	/* How soon a script comes to its point depends on the machine. */
	if (end == GUARD_TIMEOUT &&
	    (SLOW || net_ms < WALL - 5 || strstr(h->ends, "memory") != NULL))
		return true;
	return strstr(h->ends, words[end]) != NULL;
}

static size_t
rss(void)
{
	unsigned long all = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL || fscanf(f, "%lu %lu", &all, &resident) != 2)
		abort();
	(void)fclose(f);
	return resident * 4096;
}

struct half {
	size_t	first;
	char	wrong[300];
	int64_t	worst;
};

/* cmocka's asserts are for the main thread: the first thing wrong is returned. */
static bool
attack(struct region *r, const struct hostile *h, struct half *half)
{
	static const char sane[] = "typeof keep + [1, 2].length + JSON.stringify({ a: [] })";
	struct guard_used u;
	enum guard_end end;
	int64_t ms, waited = waited_us();

	end = guard_run(r, execute, (void *)(uintptr_t)h, 0, 1, &usual, &u);
	ms = (u.wall_us - (waited_us() - waited)) / 1000;
	region_restore(r);
	if (!as_told(h, end, ms) || ms > WALL + LATE) {
		(void)snprintf(half->wrong, sizeof(half->wrong),
		    "%s ended %d after %lld ms, must be %s", h->name, (int)end,
		    (long long)ms, h->ends);
		return false;
	}
	half->worst = ms > half->worst ? ms : half->worst;
	end = guard_run(r, evaluate, (void *)(uintptr_t)sane, 0, 1, &plenty, &u);
	if (end != GUARD_DONE || strcmp(duk_safe_to_string(region_context(r), -1),
	    "undefined2{\"a\":[]}") != 0) {
		(void)snprintf(half->wrong, sizeof(half->wrong), "broken after %s", h->name);
		return false;
	}
	region_restore(r);
	return true;
}

static void *
attack_half(void *arg)
{
	struct half *half = arg;
	struct region *r = new_region();

	for (size_t i = half->first; i < corpus_len; i += 2)
		if (!attack(r, &corpus[i], half))
			break;
	region_free(r);
	return NULL;
}

static void
test_hostile(void **state)
{
	struct half halves[2] = { { .first = 0 }, { .first = 1 } };
	pthread_t threads[2];
	size_t before;

	(void)state;
	if (!SIGNALS)
		skip();
	load();
	before = rss();
	for (int i = 0; i < 2; i++)
		start(&threads[i], attack_half, &halves[i]);
	for (int i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++)
		if (halves[i].wrong[0] != '\0')
			fail_msg("%s", halves[i].wrong);
	print_message("%zu scripts, the last to end after %lld ms, %zu KiB more\n",
	    corpus_len, (long long)(halves[0].worst > halves[1].worst ? halves[0].worst :
	    halves[1].worst), (rss() - before) / 1024);
	if (!SLOW)
		assert_true(rss() < before + 4 * MIB);
	for (size_t i = 0; i < corpus_len; i++) {
		free(corpus[i].name);
		free(corpus[i].source);
		free(corpus[i].ends);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_code),
		T(test_done),
		T(test_place),
		T(test_cpu),
		T(test_memory),
		T(test_broken),
		T(test_host_time),
		T(test_host_busy),
		T(test_narrow),
		T(test_random),
		T(test_cut_off),
		T(test_stuck),
		T(test_threads),
		T(test_nice),
		T(test_forgotten),
		T(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
