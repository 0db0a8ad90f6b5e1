/*
 * At most WORKERS threads, each with the compiler loaded in a region of its own, made when
 * a file comes and ended when none came for LINGER_MS.  They are threads of their own so
 * that a caller needs no large stack, and since a long run is lowered in priority for
 * good.  Loading takes a quarter of a second and some 40 MiB, a file milliseconds.
 *
 * A caller waits in line, and gives up if its turn does not come: nobody is better off
 * with a queue that takes a minute.
 */
#include "runtime/transpile.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "runtime/guard.h"
#include "runtime/transpile_job.h"

#define WORKERS 2
#define LINGER_MS 60000
#define QUEUE_MS 60000			/* a file waits for a worker */

const char transpile_tool[] = TRANSPILE_TOOL;	/* defined by the makefile */

enum job_state { QUEUED, RUNNING, DONE };

struct job {
	struct job	*next;
	enum job_state	 state;
	struct transpile_job work;
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

/* --- workers --- */

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
	struct region *region = transpile_job_heap();
	struct job *job;
	unsigned trims;

	(void)arg;
	(void)pthread_mutex_lock(&pool.lock);
	trims = pool.trims;
	job = next_job(trims);
	while (job != NULL) {
		(void)pthread_mutex_unlock(&pool.lock);
		if (region != NULL)
			transpile_job_run(region, &job->work);
		else
			job->work.err = FZ_OVERLOADED;
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
	return err == FZ_OK ? job->work.err : err;
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
answer(struct arena *a, struct transpile_job *job, struct code *out)
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
	struct job job = { .state = QUEUED };
	enum fz_err err;

	(void)path;
	if (len > TRANSPILE_MAX)
		return FZ_PAYLOAD_TOO_LARGE;
	transpile_job_init(&job.work, kind, src, len);
	err = queue_run(&job);
	if (err == FZ_OK)
		answer(a, &job.work, out);
	transpile_job_fini(&job.work);
	return err;
}
