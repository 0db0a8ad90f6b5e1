/*
 * At most WORKERS threads, each with the compiler loaded in a region of its own, made when
 * a file comes and ended when none came for LINGER_MS.  They are threads of their own so
 * that a caller needs no large stack, and since a long run is lowered in priority for
 * good.  The region goes back to its snapshot after every file: the compiler keeps what
 * it read, and a file cannot change how the next one is translated.
 *
 * Loading takes a quarter of a second and some 40 MiB, then a file takes milliseconds.
 *
 * Large modules that are ES5 as they stand (a vendored library) are not translated: what
 * the engine's compiler accepts means the same, but for const, which it takes for var.
 *
 * A file that needs more than LIMITS is wrong, not the machine; what is said about it is
 * kept like a syntax error.  Only wall time, which depends on the load, is worth another
 * try.
 */
#include "runtime/transpile.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/embed.h"
#include "base/str.h"
#include "runtime/guard.h"
#include "runtime/region.h"
#include "runtime/text.h"
#include "runtime/transpile_es5.h"

#define WORKERS 2
#define LINGER_MS 60000
#define QUEUE_MS 60000			/* a file waits for a worker */
#define HEAP (256UL << 20)
#define RESULT_MAX (64UL << 20)

const char transpile_tool[] = TRANSPILE_TOOL;	/* defined by the makefile */

#ifndef TRANSPILE_CPU_MS		/* the test makes it shorter */
#define TRANSPILE_CPU_MS 20000
#endif
static const struct guard_limits limits = { .wall_ms = 60000, .cpu_ms = TRANSPILE_CPU_MS,
	.heap = HEAP };

enum job_state { QUEUED, RUNNING, DONE };

struct job {
	struct job	*next;
	enum job_state	 state;
	int		 kind;
	const char	*src;
	size_t		 len;
	/* results, malloced */
	enum fz_err	 err;
	struct buf	 js;
	struct buf	 map;
	struct buf	 uses;
	struct buf	 error;
	int		 line;
	int		 column;
};

static struct {
	pthread_mutex_t	 lock;		/* all of this */
	pthread_cond_t	 work;
	pthread_cond_t	 done;
	struct job	*first;
	unsigned	 workers;
	unsigned	 idle;
	unsigned	 busy;
	unsigned	 trims;		/* counts transpile_trim */
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER,
	.done = PTHREAD_COND_INITIALIZER };

int
transpile_kind_of(const char *path)
{
	static const struct {
		const char	*end;
		int		 kind;
	} ends[] = {
		{ ".js", 0 }, { ".mjs", 0 }, { ".cjs", 0 }, { ".jsx", TRANSPILE_JSX },
		{ ".ts", TRANSPILE_TS }, { ".mts", TRANSPILE_TS }, { ".cts", TRANSPILE_TS },
		{ ".tsx", TRANSPILE_TS | TRANSPILE_JSX },
	};
	const char *dot = strrchr(path, '.');

	if (!str_starts(path, "api/") || dot == NULL || str_ends(path, ".d.ts") ||
	    str_ends(path, ".d.mts") || str_ends(path, ".d.cts"))
		return -1;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(dot, ends[i].end) == 0)
			return ends[i].kind | (strncmp(path, "api/main.",
			    (size_t)(dot - path) + 1) == 0 ? TRANSPILE_MAIN : 0);
	return -1;
}

static uint32_t
little(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool
transpile_place(const void *map, size_t map_len, int line, int *source_line, int *column)
{
	const uint8_t *p = map;

	if (line < 1 || (size_t)line > map_len / 8)
		return false;
	p += ((size_t)line - 1) * 8;
	if (little(p) == 0)
		return false;
	*source_line = (int)little(p);
	*column = (int)little(p + 4);
	return true;
}

/* --- in the engine --- */

static duk_ret_t
load(duk_context *ctx, void *arg)
{
	const struct embed *e = arg;

	duk_push_lstring(ctx, e->data, e->len);
	duk_push_string(ctx, "compiler");
	duk_compile(ctx, 0);
	(void)duk_call(ctx, 0);
	return 0;
}

/* Results of translate(): the places of these values on the stack. */
enum { JS, MAP, USES, ERROR, LINE, COLUMN, RESULTS };

/* The engine's own compiler has the last word. */
static void
check(duk_context *ctx)
{
	duk_size_t len;
	const uint32_t *map = duk_get_buffer_data(ctx, MAP, &len);
	duk_uint_t line;

	duk_dup(ctx, JS);
	duk_push_string(ctx, "code");
	if (duk_pcompile(ctx, DUK_COMPILE_EVAL) == 0) {
		duk_pop(ctx);
		return;
	}
	duk_get_prop_string(ctx, -1, "lineNumber");
	line = duk_get_uint(ctx, -1);
	duk_pop(ctx);
	duk_get_prop_string(ctx, -1, "message");
	duk_replace(ctx, ERROR);
	if (map != NULL && line > 0 && line <= len / 8) {
		duk_push_uint(ctx, map[(line - 1) * 2]);
		duk_replace(ctx, LINE);
		duk_push_uint(ctx, map[(line - 1) * 2 + 1]);
		duk_replace(ctx, COLUMN);
	}
	duk_pop(ctx);
}

static duk_ret_t
translate(duk_context *ctx, void *arg)
{
	static const char *const names[RESULTS] = { "js", "map", "uses", "error", "line",
		"column" };
	const struct job *job = arg;
	size_t n = text_cesu_len(job->src, job->len);
	duk_idx_t made;

	duk_get_global_string(ctx, "fzTranslate");
	text_to_cesu(job->src, job->len, duk_push_fixed_buffer(ctx, n));
	(void)duk_buffer_to_string(ctx, -1);
	duk_push_int(ctx, job->kind);
	duk_call(ctx, 2);
	made = duk_get_top_index(ctx);
	for (int i = 0; i < RESULTS; i++)
		duk_get_prop_string(ctx, made, names[i]);
	duk_remove(ctx, made);
	if (duk_is_string(ctx, JS))
		check(ctx);
	return RESULTS;
}

/* --- results --- */

static void
take_text(duk_context *ctx, duk_idx_t at, struct buf *out)
{
	duk_size_t len;
	const char *p = duk_get_lstring(ctx, at, &len);
	size_t n;
	char *to;

	if (p == NULL)
		return;
	n = text_utf8_len(p, len);
	to = buf_reserve(out, n + 1);
	if (to == NULL)
		return;
	text_to_utf8(p, len, to);
	to[n] = '\0';
	out->len += n;
}

static void
take_map(duk_context *ctx, struct buf *out)
{
	duk_size_t len;
	const uint32_t *v = duk_get_buffer_data(ctx, MAP, &len);

	for (size_t i = 0; v != NULL && i < len / 4; i++) {
		char b[4] = { (char)v[i], (char)(v[i] >> 8), (char)(v[i] >> 16),
			(char)(v[i] >> 24) };

		(void)buf_add(out, b, sizeof(b));
	}
}

static void
refuse(struct job *job, const char *text)
{
	buf_reset(&job->error);
	(void)buf_puts(&job->error, text);
	job->line = job->column = 1;
}

/* What the engine's compiler says ends in "(line 12, end of input)": its own line. */
static void
cut_line(struct buf *b)
{
	char *at = b->len > 0 ? strstr(b->data, " (line ") : NULL;

	if (at != NULL) {
		b->len = (size_t)(at - b->data);
		*at = '\0';
	}
}

static void
take(struct job *job, duk_context *ctx)
{
	take_text(ctx, ERROR - RESULTS, &job->error);
	if (job->error.len > 0) {
		cut_line(&job->error);
		job->line = duk_get_int(ctx, LINE - RESULTS);
		job->column = duk_get_int(ctx, COLUMN - RESULTS);
		return;
	}
	take_text(ctx, JS - RESULTS, &job->js);
	take_text(ctx, USES - RESULTS, &job->uses);
	take_map(ctx, &job->map);
	if (!buf_ok(&job->js) || !buf_ok(&job->map) || job->js.len == 0)
		refuse(job, "The code is too large when translated");
}

static duk_ret_t
compile(duk_context *ctx, void *arg)
{
	const struct job *job = arg;

	duk_push_lstring(ctx, job->js.data, job->js.len);
	duk_push_string(ctx, "code");
	duk_compile(ctx, DUK_COMPILE_EVAL);
	return 0;
}

/* Does the engine take the module as it is? */
static bool
run_plain(struct region *region, struct job *job)
{
	struct guard_used used;
	bool taken;

	if (job->kind != 0 || !transpile_es5_maybe(job->src, job->len))
		return false;
	transpile_es5_wrap(job->src, job->len, &job->js, &job->map, &job->uses);
	taken = buf_ok(&job->js) && buf_ok(&job->map) && buf_ok(&job->uses) &&
	    guard_run(region, compile, job, 0, 0, &limits, &used) == GUARD_DONE;
	region_restore(region);
	if (!taken) {
		buf_reset(&job->js);
		buf_reset(&job->map);
		buf_reset(&job->uses);
	}
	return taken;
}

static void
run(struct region *region, struct job *job)
{
	struct guard_used used;

	if (run_plain(region, job))
		return;
	switch (guard_run(region, translate, job, 0, RESULTS, &limits, &used)) {
	case GUARD_DONE:
		take(job, region_context(region));
		break;
	case GUARD_THREW:
		refuse(job, "The code cannot be translated");
		break;
	case GUARD_TIMEOUT:
		job->err = FZ_TIMEOUT;
		break;
	case GUARD_CPU:
		refuse(job, "The code takes too long to translate");
		break;
	case GUARD_MEMORY:
	case GUARD_BROKEN:
		refuse(job, "The code takes too much memory to translate");
		break;
	}
	region_restore(region);
}

/* --- workers --- */

static const struct embed *
compiler_text(void)
{
	const struct embed *e;

	for (e = embed_modules; e->path != NULL; e++)
		if (str_ends(e->path, "/transpiler.js") && e->len > 0)
			return e;
	return NULL;
}

static struct region *
compiler_new(void)
{
	const struct guard_limits patient = { .wall_ms = 60000, .cpu_ms = 60000,
		.heap = HEAP };
	const struct embed *e = compiler_text();
	struct region *region = e != NULL ? region_new(HEAP) : NULL;
	struct guard_used used;

	if (region == NULL)
		return NULL;
	if (guard_run(region, load, (void *)e, 0, 0, &patient, &used) != GUARD_DONE) {
		region_free(region);
		return NULL;
	}
	region_snapshot(region);
	return region;
}

static struct job *
queue_take(void)
{
	struct job *job = pool.first;

	pool.first = job->next;
	job->state = RUNNING;
	pool.busy++;
	return job;
}

static void
until(struct timespec *at, int64_t ms)
{
	(void)clock_gettime(CLOCK_MONOTONIC, at);
	at->tv_sec += ms / 1000;
}

/* The next job; NULL when none came for long, or after a trim. */
static struct job *
next_job(unsigned trims)
{
	struct timespec at;
	int rc = 0;

	until(&at, LINGER_MS);
	pool.idle++;
	while (pool.first == NULL && pool.trims == trims && rc != ETIMEDOUT)
		rc = pthread_cond_clockwait(&pool.work, &pool.lock, CLOCK_MONOTONIC,
		    &at);
	pool.idle--;
	return pool.first != NULL ? queue_take() : NULL;
}

static void *
worker(void *arg)
{
	struct region *region = compiler_new();
	struct job *job;
	unsigned trims;

	(void)arg;
	(void)pthread_mutex_lock(&pool.lock);
	trims = pool.trims;
	job = next_job(trims);
	while (job != NULL) {
		(void)pthread_mutex_unlock(&pool.lock);
		if (region != NULL)
			run(region, job);
		else
			job->err = FZ_OVERLOADED;
		(void)pthread_mutex_lock(&pool.lock);
		job->state = DONE;
		pool.busy--;
		(void)pthread_cond_broadcast(&pool.done);
		job = next_job(trims);
	}
	(void)pthread_mutex_unlock(&pool.lock);
	region_free(region);
	(void)pthread_mutex_lock(&pool.lock);
	pool.workers--;
	(void)pthread_cond_broadcast(&pool.done);
	(void)pthread_mutex_unlock(&pool.lock);
	return NULL;
}

static bool
worker_start(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc = pthread_attr_init(&attr);

	if (rc != 0)
		return false;
	(void)pthread_attr_setstacksize(&attr, GUARD_STACK);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &attr, worker, NULL);
	(void)pthread_attr_destroy(&attr);
	if (rc == 0)
		pool.workers++;
	return rc == 0;
}

static bool
queue_leave(struct job *job)
{
	struct job **at;

	for (at = &pool.first; *at != NULL; at = &(*at)->next) {
		if (*at == job) {
			*at = job->next;
			return true;
		}
	}
	return false;
}

static enum fz_err
queue_run(struct job *job)
{
	struct timespec at;
	struct job **last;
	enum fz_err err = FZ_OK;
	int rc = 0;

	until(&at, QUEUE_MS);
	(void)pthread_mutex_lock(&pool.lock);
	for (last = &pool.first; *last != NULL; last = &(*last)->next)
		;
	*last = job;
	if (pool.idle == 0 && pool.workers < WORKERS)
		(void)worker_start();
	(void)pthread_cond_signal(&pool.work);
	if (pool.workers == 0)
		rc = ETIMEDOUT;
	while (job->state == QUEUED && rc != ETIMEDOUT)
		rc = pthread_cond_clockwait(&pool.done, &pool.lock, CLOCK_MONOTONIC,
		    &at);
	if (job->state == QUEUED && queue_leave(job))
		err = FZ_OVERLOADED;
	while (err == FZ_OK && job->state != DONE)
		(void)pthread_cond_wait(&pool.done, &pool.lock);
	(void)pthread_mutex_unlock(&pool.lock);
	return err == FZ_OK ? job->err : err;
}

void
transpile_trim(void)
{
	(void)pthread_mutex_lock(&pool.lock);
	pool.trims++;
	(void)pthread_cond_broadcast(&pool.work);
	while (pool.workers > pool.busy)
		(void)pthread_cond_wait(&pool.done, &pool.lock);
	(void)pthread_mutex_unlock(&pool.lock);
}

static void *
copy_out(struct arena *a, const struct buf *b)
{
	char *out = arena_alloc(a, b->len + 1);

	if (b->len > 0)
		memcpy(out, b->data, b->len);
	return out;
}

static void
answer(struct arena *a, struct job *job, struct code *out)
{
	struct code c = { .uses = "[]" };

	if (job->error.len > 0) {
		c.error = copy_out(a, &job->error);
		c.line = job->line > 0 ? job->line : 1;
		c.column = job->column > 0 ? job->column : 1;
	} else {
		c.js = copy_out(a, &job->js);
		c.js_len = job->js.len;
		c.map = copy_out(a, &job->map);
		c.map_len = job->map.len;
		if (job->uses.len > 0)
			c.uses = copy_out(a, &job->uses);
	}
	*out = c;
}

enum fz_err
transpile(struct arena *a, int kind, const char *path, const char *src, size_t len,
    struct code *out)
{
	struct job job = { .kind = kind, .src = src, .len = len };
	enum fz_err err;

	(void)path;
	if (len > TRANSPILE_MAX)
		return FZ_PAYLOAD_TOO_LARGE;
	buf_init(&job.js, RESULT_MAX);
	buf_init(&job.map, RESULT_MAX);
	buf_init(&job.uses, RESULT_MAX);
	buf_init(&job.error, 4096);
	err = queue_run(&job);
	if (err == FZ_OK)
		answer(a, &job, out);
	buf_fini(&job.js);
	buf_fini(&job.map);
	buf_fini(&job.uses);
	buf_fini(&job.error);
	return err;
}
