/*
 * A range, the pool in it (runtime/pool.c), the engine's heap in the pool, and a copy of
 * the used part.
 *
 * Garbage: reference counting frees most things at once, what is cyclic waits.  The pool's
 * ceiling is half of the limit at first; when it is reached, one allocation is refused.
 * The engine then collects and asks again, and the ceiling is lifted so that a quarter of
 * the limit is free.  Between two collections a sixteenth of it must have been allocated.
 * So a short request never collects, and a long one by the bytes it took, not by the
 * number of its allocations.
 *
 * A request for more than the limit ends the run: an error that a script could catch
 * would let it go on at the edge for ever, with a collection for every step.
 */
#include "runtime/region.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "runtime/dirty.h"
#include "runtime/guard.h"
#include "runtime/pool.h"

#define SLACK (1UL << 20)		/* kept beyond the snapshot by a restore */

struct region {
	struct pool	*pool;		/* = the range */
	size_t		 size;
	size_t		 limit;		/* <= size */
	size_t		 live;		/* in use after the last collection */
	size_t		 asked;		/* request that waits for one; 0 = none */
	duk_context	*ctx;
	struct dirty	 dirty;		/* units of the range, since the copy */
	void		*copy;
	size_t		 copy_len;
	size_t		 copy_room;
	size_t		 touched;	/* bytes of the range that may be resident */
	jmp_buf		*birth;		/* where a heap goes that cannot be made */
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* A collection is over: what is left is live, and leave room for as much again. */
static void
collected(struct region *r)
{
	struct pool *p = r->pool;
	size_t room = p->used + r->limit / 4;

	r->asked = 0;
	r->live = p->used;
	if (room > p->ceiling)
		p->ceiling = least(room, r->limit);
}

/*
 * The pool has no n bytes below its ceiling.  True: it is higher now.  False: the engine
 * shall collect, or is told that memory is gone.  Past the limit a run ends here.
 *
 * The collection is over when the same request comes again; others that come meanwhile are
 * the collector's own.
 */
static bool
make_room(struct region *r, size_t n)
{
	struct pool *p = r->pool;
	size_t want = n > r->limit ? r->limit : p->end + POOL_GROWTH(n);

	if (r->birth != NULL) {
		/* The engine would call itself for ever to say that nobody catches it. */
		if (p->ceiling == r->limit)
			longjmp(*r->birth, 1);
		p->ceiling = r->limit;
		return true;
	}
	if (r->asked != n && p->used >= r->live + r->limit / 16) {
		r->asked = n;
		return false;
	}
	if (r->asked != 0) {
		collected(r);
		if (want < p->ceiling)
			return true;
	}
	if (p->ceiling == r->limit) {
		guard_past_limit();
		return false;
	}
	p->ceiling = least(want + r->limit / 16, r->limit);
	return true;
}

static void *
region_alloc(void *arg, duk_size_t n)
{
	struct region *r = arg;
	void *data;

	if (GUARD_CHECKS)
		guard_assert();
	guard_spend(n);
	if (n == 0)
		return NULL;
	do {
		data = pool_take(r->pool, n);
	} while (data == NULL && make_room(r, n));
	if (r->asked == n && data != NULL)
		collected(r);
	return data;
}

static void
region_give(void *arg, void *data)
{
	struct region *r = arg;

	if (data != NULL)
		pool_give(r->pool, data);
}

static void *
region_resize(void *arg, void *data, duk_size_t n)
{
	struct region *r = arg;
	void *to;

	if (data == NULL)
		return region_alloc(arg, n);
	if (n == 0) {
		pool_give(r->pool, data);
		return NULL;
	}
	guard_spend(n);
	do {
		to = pool_resize(r->pool, data, n);
	} while (to == NULL && make_room(r, n));
	if (r->asked == n && to != NULL)
		collected(r);
	return to;
}

static void
collect_later(struct region *r)
{
	struct pool *p = r->pool;
	size_t half = r->limit / 2, more = p->end + r->limit / 4;

	r->asked = 0;
	r->live = p->used;
	p->ceiling = least(half > more ? half : more, r->limit);
}

static bool
map_range(struct region *r, size_t limit)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *range;

	if (limit < POOL_MIN || limit > POOL_MAX)
		return false;
	r->size = (limit + page - 1) / page * page;
	/* One page more that nobody may touch. */
	range = mmap(NULL, r->size + page, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (range == MAP_FAILED)
		return false;
	r->pool = range;
	/* Small heaps with large pages would weigh four times what they hold. */
	(void)madvise(range, r->size, MADV_NOHUGEPAGE);
	return mprotect(range, r->size, PROT_READ | PROT_WRITE) == 0;
}

static void
fatal(void *arg, const char *message)
{
	struct region *r = arg;

	if (r->birth != NULL)
		longjmp(*r->birth, 1);
	guard_fatal(r, message);
}

/* The engine takes it as fatal when memory is gone before a heap can throw. */
static void
make_heap(struct region *r)
{
	jmp_buf birth;

	r->birth = &birth;
	if (setjmp(birth) == 0)
		r->ctx = duk_create_heap(region_alloc, region_resize, region_give, r,
		    fatal);
	r->birth = NULL;
}

struct region *
region_new(size_t limit)
{
	struct region *r = xcalloc(1, sizeof(*r));

	if (map_range(r, limit)) {
		pool_init(r->pool, 0);
		region_limit(r, r->size);
		make_heap(r);
	}
	if (r->ctx == NULL) {
		region_free(r);
		return NULL;
	}
	return r;
}

/* Nothing of the heap lives outside, so nobody has to take it apart. */
void
region_free(struct region *r)
{
	if (r == NULL)
		return;
	dirty_drop(&r->dirty);
	if (r->pool != NULL) {
		pool_show(r->pool, r->size);
		(void)munmap(r->pool, r->size + (size_t)sysconf(_SC_PAGESIZE));
	}
	if (r->copy != NULL)
		(void)munmap(r->copy, r->copy_room);
	free(r);
}

duk_context *
region_context(struct region *r)
{
	return r->ctx;
}

void
region_limit(struct region *r, size_t limit)
{
	/* Whoever sets it is about to run in the heap. */
	dirty_ready();
	r->limit = least(limit, r->size);
	collect_later(r);
}

static void
make_copy(struct region *r, size_t len)
{
	if (len > r->copy_room) {
		if (r->copy != NULL)
			(void)munmap(r->copy, r->copy_room);
		r->copy = mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (r->copy == MAP_FAILED) {
			perror("fazt: no memory for a snapshot");
			abort();
		}
		r->copy_room = len;
	}
	pool_show(r->pool, len);
	memcpy(r->copy, r->pool, len);
	r->copy_len = len;
}

void
region_snapshot(struct region *r)
{
	/* Twice: the second pass frees what the first one found. */
	duk_gc(r->ctx, 0);
	duk_gc(r->ctx, 0);
	pool_settle(r->pool);
	if (r->pool->top > r->touched)
		r->touched = r->pool->top;
	r->pool->top = r->pool->end;
	make_copy(r, r->pool->end);
	dirty_watch(&r->dirty, r->pool, r->copy, r->copy_len);
	collect_later(r);
}

void
region_restore(struct region *r)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t keep = (r->copy_len + SLACK + page - 1) / page * page;

	if (r->pool->top > r->touched)
		r->touched = r->pool->top;
	if (r->touched > keep) {
		(void)madvise((char *)r->pool + keep, r->touched - keep, MADV_DONTNEED);
		r->touched = keep;
	}
	pool_show(r->pool, r->copy_len);
	dirty_restore(&r->dirty);
	collect_later(r);
}

size_t
region_used(const struct region *r)
{
	return r->pool->used;
}

size_t
region_peak(const struct region *r)
{
	return r->pool->top;
}

size_t
region_resident(const struct region *r)
{
	size_t top = r->pool->top;

	return r->copy_len + (top > r->touched ? top : r->touched);
}
