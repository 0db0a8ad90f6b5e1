/*
 * The pool of worlds.  An entry stands for a version: its program, and the worlds of it
 * that nobody uses right now.  The first request of a version loads the program while
 * later ones wait for it; a request that finds no idle world makes one, so a version has
 * as many as ever ran at once.
 *
 * Idle worlds are also in one list by age.  What they keep resident is counted when they
 * come back, and while the sum is above the bound the oldest goes; an entry goes with its
 * last world.  Worlds are made, restored and freed outside the lock.
 *
 * A version whose code does not fit a heap is remembered for a while and refused at once:
 * finding out again costs seconds.
 */
#include "runtime/script.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/node.h"
#include "runtime/call.h"
#include "runtime/js.h"
#include "runtime/outcome.h"
#include "runtime/world.h"

#define SLOTS 256
#define BAD 64			/* versions remembered as too much for a heap */
#define BAD_MS 30000
#define LOAD_WAIT_S 10
#define SHOWN_MAX (256 * KIB)

#define NEAR 8			/* idle worlds looked at */

struct entry {
	struct entry	*next;		/* of the same slot */
	int64_t		 version;
	struct program	*program;	/* NULL while it is loaded */
	enum fz_err	 failed;
	unsigned	 users;		/* worlds in use, threads that load or wait */
	size_t		 bytes;		/* of the program */
	struct world	*idle;
};

/* Code that cannot be compiled within the limits would cost seconds at every request. */
struct bad {
	int64_t		 version;
	int64_t		 until_ms;
	enum fz_err	 err;
};

struct scripts {
	pthread_mutex_t	 lock;		/* guards everything below */
	pthread_cond_t	 loaded;
	struct entry	*slots[SLOTS];
	struct world	*oldest;	/* idle ones of all versions */
	struct world	*newest;
	size_t		 limit;
	struct bad	 bad[BAD];
	size_t		 nbad;		/* since start; the oldest is overwritten */
	struct scripts_stats stats;
	struct library	*library;
};

const char *
script_main(int i)
{
	static const char *const paths[] = { "api/main.js", "api/main.ts", "api/main.mjs",
		"api/main.cjs", "api/main.tsx", "api/main.jsx", "api/main.mts", NULL };

	return i >= 0 && i < (int)(sizeof(paths) / sizeof(paths[0])) ? paths[i] : NULL;
}

enum fz_err
scripts_open(size_t bytes, struct scripts **out, struct why *why)
{
	struct scripts *s;
	pthread_condattr_t attr;
	enum fz_err err = guard_start(why);

	if (err != FZ_OK)
		return err;
	s = xcalloc(1, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->loaded, &attr);
	pthread_condattr_destroy(&attr);
	s->limit = bytes;
	s->library = library_new();
	*out = s;
	return FZ_OK;
}

/* --- lists, under the lock --- */

static struct entry **
slot_of(struct scripts *s, int64_t version)
{
	return &s->slots[(uint64_t)version % SLOTS];
}

static struct entry *
entry_of(struct scripts *s, int64_t version)
{
	struct entry *e = *slot_of(s, version);

	while (e != NULL && e->version != version)
		e = e->next;
	return e;
}

static void
age_remove(struct scripts *s, struct world *w)
{
	*(w->older == NULL ? &s->oldest : &w->older->newer) = w->newer;
	*(w->newer == NULL ? &s->newest : &w->newer->older) = w->older;
	w->older = w->newer = NULL;
}

static void
age_add(struct scripts *s, struct world *w)
{
	w->older = s->newest;
	w->newer = NULL;
	*(s->newest == NULL ? &s->oldest : &s->newest->newer) = w;
	s->newest = w;
}

/*
 * The one this core ran last, if it is among the next few: what it wrote lies in the
 * core's own cache, and to fetch that from another core takes longer than a small run.
 */
static struct world **
idle_near(struct entry *e)
{
	int cpu = sched_getcpu(), looked = 0;

	for (struct world **at = &e->idle; *at != NULL && looked < NEAR; at = &(*at)->next) {
		if ((*at)->cpu == cpu)
			return at;
		looked++;
	}
	return &e->idle;
}

/* An idle world that fits the quota; another one is pushed to *old. */
static struct world *
idle_take(struct scripts *s, struct entry *e, size_t heap, struct world **old)
{
	struct world **at = idle_near(e), *w = *at;

	if (w == NULL)
		return NULL;
	*at = w->next;
	age_remove(s, w);
	s->stats.idle--;
	s->stats.bytes -= w->bytes;
	if (w->heap_bytes == heap)
		return w;
	s->stats.worlds--;
	w->next = *old;
	*old = w;
	return NULL;
}

/* Forget the entry if nobody needs it; the program is given to the caller. */
static struct program *
entry_drop(struct scripts *s, struct entry *e)
{
	struct entry **at = slot_of(s, e->version);
	struct program *p = e->program;

	if (e->users > 0 || e->idle != NULL)
		return NULL;
	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	s->stats.bytes -= e->bytes;
	free(e);
	return p;
}

/* What was taken out of the pool and is freed outside the lock. */
struct trash {
	struct world	*worlds;
	struct program	*programs[64];
	size_t		 n;
};

static void
trash_free(struct trash *t)
{
	struct world *w, *next;

	for (w = t->worlds; w != NULL; w = next) {
		next = w->next;
		world_free(w);
	}
	for (size_t i = 0; i < t->n; i++)
		program_free(t->programs[i]);
}

static void
entry_leave(struct scripts *s, struct entry *e, struct trash *t)
{
	struct program *p;

	e->users--;
	p = entry_drop(s, e);
	if (p != NULL)
		t->programs[t->n++] = p;
}

/* The oldest idle worlds go until the rest fits; a few at a time. */
static void
shrink(struct scripts *s, size_t limit, struct trash *t)
{
	while (s->stats.bytes > limit && s->oldest != NULL && t->n < 60) {
		struct world *w = s->oldest, **at;
		struct entry *e = entry_of(s, w->program->version);
		struct program *p;

		age_remove(s, w);
		for (at = &e->idle; *at != w; at = &(*at)->next)
			continue;
		*at = w->next;
		s->stats.idle--;
		s->stats.worlds--;
		s->stats.bytes -= w->bytes;
		w->next = t->worlds;
		t->worlds = w;
		p = entry_drop(s, e);
		if (p != NULL)
			t->programs[t->n++] = p;
	}
}

/* --- taking and giving back --- */

static enum fz_err
wait_loaded(struct scripts *s, struct entry *e)
{
	struct timespec end;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += LOAD_WAIT_S;
	while (e->program == NULL && e->failed == FZ_OK && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&s->loaded, &s->lock, &end);
	if (e->failed != FZ_OK)
		return e->failed;
	return e->program == NULL ? FZ_OVERLOADED : FZ_OK;
}

/* The entry of the version with its program, held; called and left under the lock. */
static enum fz_err
entry_hold(struct scripts *s, struct store *store, int64_t version, struct entry **out)
{
	struct entry *e = entry_of(s, version), **slot;
	struct program *p = NULL;
	enum fz_err err;

	if (e != NULL) {
		e->users++;
		*out = e;
		return wait_loaded(s, e);
	}
	e = xcalloc(1, sizeof(*e));
	e->version = version;
	e->users = 1;
	slot = slot_of(s, version);
	e->next = *slot;
	*slot = e;
	pthread_mutex_unlock(&s->lock);
	err = program_load(store, version, &p);
	pthread_mutex_lock(&s->lock);
	e->failed = err;
	e->program = p;
	if (p != NULL)
		e->bytes = program_bytes(p);
	s->stats.bytes += e->bytes;
	pthread_cond_broadcast(&s->loaded);
	*out = e;
	return err;
}

static enum fz_err
bad_find(struct scripts *s, int64_t version)
{
	for (size_t i = 0; i < BAD && i < s->nbad; i++)
		if (s->bad[i].version == version && s->bad[i].until_ms > clock_mono_ms())
			return s->bad[i].err;
	return FZ_OK;
}

static void
bad_add(struct scripts *s, int64_t version, enum fz_err err)
{
	s->bad[s->nbad++ % BAD] = (struct bad){ version, clock_mono_ms() + BAD_MS, err };
}

/* A new one; the lock is taken where it is needed. */
static enum fz_err
world_make(struct scripts *s, struct entry *e, size_t heap, struct world **out,
    struct why *why)
{
	enum fz_err err = world_new(s->library, e->program, (int64_t)heap, out, why);
	size_t bytes = program_bytes(e->program);

	pthread_mutex_lock(&s->lock);
	s->stats.made++;
	s->stats.worlds += err == FZ_OK;
	s->stats.bytes += bytes - e->bytes;
	e->bytes = bytes;
	if (err == FZ_TIMEOUT || err == FZ_MEMORY_LIMIT)
		bad_add(s, e->version, err);
	pthread_mutex_unlock(&s->lock);
	return err;
}

static enum fz_err
world_take(struct scripts *s, struct run *run, struct why *why)
{
	size_t heap = (size_t)run->script->quota.heap_bytes;
	struct trash trash = { 0 };
	struct entry *e = NULL;
	enum fz_err err;

	pthread_mutex_lock(&s->lock);
	err = bad_find(s, run->script->version);
	if (err == FZ_OK)
		err = entry_hold(s, run->rq->node->store, run->script->version, &e);
	while (err == FZ_OK && run->world == NULL && e->idle != NULL)
		run->world = idle_take(s, e, heap, &trash.worlds);
	pthread_mutex_unlock(&s->lock);
	if (err == FZ_OK && run->world == NULL)
		err = world_make(s, e, heap, &run->world, why);
	if (err != FZ_OK && e != NULL) {
		pthread_mutex_lock(&s->lock);
		entry_leave(s, e, &trash);
		pthread_mutex_unlock(&s->lock);
	}
	trash_free(&trash);
	return err;
}

static void
count_end(struct scripts_stats *stats, enum guard_end end)
{
	stats->runs++;
	stats->timeouts += end == GUARD_TIMEOUT || end == GUARD_CPU;
	stats->memory += end == GUARD_MEMORY;
}

static void
world_give(struct scripts *s, struct world *w, enum guard_end end)
{
	struct trash trash = { 0 };
	struct entry *e;

	if (end != GUARD_BROKEN)
		world_restore(w);
	w->bytes = region_resident(w->region) + 16 * KIB;
	pthread_mutex_lock(&s->lock);
	count_end(&s->stats, end);
	e = entry_of(s, w->program->version);
	if (end == GUARD_BROKEN) {
		s->stats.worlds--;
		trash.worlds = w;
		w->next = NULL;
	} else {
		w->cpu = sched_getcpu();
		w->next = e->idle;
		e->idle = w;
		age_add(s, w);
		s->stats.idle++;
		s->stats.bytes += w->bytes;
	}
	entry_leave(s, e, &trash);
	shrink(s, s->limit, &trash);
	pthread_mutex_unlock(&s->lock);
	trash_free(&trash);
}

void
scripts_trim(struct scripts *s)
{
	struct trash trash;

	do {
		trash = (struct trash){ 0 };
		pthread_mutex_lock(&s->lock);
		shrink(s, 0, &trash);
		pthread_mutex_unlock(&s->lock);
		trash_free(&trash);
	} while (trash.worlds != NULL);
}

void
scripts_close(struct scripts *s)
{
	if (s == NULL)
		return;
	scripts_trim(s);
	library_free(s->library);
	pthread_cond_destroy(&s->loaded);
	pthread_mutex_destroy(&s->lock);
	free(s);
	guard_stop();
}

void
scripts_stats(struct scripts *s, struct scripts_stats *out)
{
	pthread_mutex_lock(&s->lock);
	*out = s->stats;
	pthread_mutex_unlock(&s->lock);
}

/* --- a request --- */

static const char *
refuse_start(struct run *run, enum fz_err err, const struct why *why)
{
	if (err == FZ_INTERNAL_ERROR)
		log_error("no world", "app", run->script->app_uid, "why", why->text, NULL);
	return outcome_refuse(run, err, why->text[0] == '\0' ? err_text(err) : why->text);
}

static const char *
run_world(struct run *run, struct script_used *used)
{
	const struct quota *q = &run->script->quota;
	struct guard_limits limits = { q->wall_ms, q->cpu_ms,
		run->world->base + (size_t)q->heap_bytes };
	struct guard_used guard = { 0 };
	struct call_error error;
	const char *code;
	enum guard_end end;

	run->scratch = run->world->scratch;
	end = call_app(run, &limits, &guard, &error);
	used->wall_us = guard.wall_us;
	used->cpu_us = guard.cpu_us;
	run_release(run);
	code = outcome_write(run, end, &guard, &error);
	run_end(run);
	world_give(run->rq->node->scripts, run->world, end);
	return code;
}

void
script_answer(const struct script *script, struct request *rq, struct response *rs,
    struct script_used *used)
{
	struct run run = { .script = script, .rq = rq, .rs = rs, .arena = rq->arena,
		.headers_before = rs->nheaders };
	struct why why = { 0 };
	struct buf shown;
	enum fz_err err;

	*used = (struct script_used){ 0 };
	/* A page of another origin does not speak for its visitor (contract 1.2). */
	if (rq->from_unknown_origin)
		rq->caller = (struct caller){ .role = ROLE_ANON, .name = "anonymous" };
	buf_init(&shown, SHOWN_MAX);
	if (script->show_errors)
		run.shown = &shown;
	err = world_take(rq->node->scripts, &run, &why);
	used->error = err == FZ_OK ? run_world(&run, used) : refuse_start(&run, err, &why);
	buf_fini(&shown);
}
