/*
 * A block is a word (its size and two flags) and the payload, 16-byte aligned.
 *
 * Sizes up to POOL_SMALL are kept in exact lists when they are given back and are not
 * joined: nearly all of a script's objects are these, and taking and giving one is a few
 * instructions.  New ones are cut off a chunk, one behind the other.  Larger blocks join
 * with free neighbours at once and wait in lists by power of two and sixteenths, found by
 * bit maps (two-level segregated fit, Masmano et al. 2004), so a string that grows by
 * appending leaves no trail of holes.  Before the range grows past its ceiling the small
 * ones are joined too.
 *
 * Refused: moving the range, handing a piece back to the system.  No check of what the
 * engine passes in: its own memory is all it could damage.
 *
 * AddressSanitizer is told which bytes are nobody's, so that host code that reads past a
 * text of the engine is found.  What the pool itself writes into free blocks (links in
 * front, a size at the end) stays allowed.
 */
#include "runtime/pool.h"

#include <stdbool.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
#include <sanitizer/asan_interface.h>
#define HIDE(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define HIDE(p, n) ((void)(p), (void)(n))
#define SHOW(p, n) ((void)(p), (void)(n))
#endif

#define GRANULE 16UL
#define MIN_SIZE 32UL			/* header, two links, a footer */
#define CHUNK 4096UL
#define LOOKS 4				/* blocks in the list of one's own size */

#define FREE 1UL			/* in a list of large blocks */
#define PREV_FREE 2UL			/* so is the one in front */
#define FLAGS 15UL

/*
 * `size` includes the header.  The links are there while the block is free; a block in a
 * list of large ones repeats its size in its last word for the neighbour behind it.
 */
struct pool_block {
	size_t			 size;
	struct pool_block	*next;
	struct pool_block	*prev;
};

/* The first header: payloads are aligned, headers stand 8 bytes in front. */
#define FIRST ((sizeof(struct pool) + GRANULE - 1) / GRANULE * GRANULE + 8)

static inline size_t
size_of(const struct pool_block *b)
{
	return b->size & ~FLAGS;
}

static inline struct pool_block *
at(void *p, ptrdiff_t offset)
{
	return (struct pool_block *)((char *)p + offset);
}

static inline struct pool_block *
behind(struct pool_block *b)
{
	return at(b, (ptrdiff_t)size_of(b));
}

static inline void *
payload(struct pool_block *b)
{
	return (char *)b + sizeof(size_t);
}

/* Only n bytes of the block are somebody's. */
static inline void
hide_rest(struct pool_block *b, size_t n)
{
	HIDE((char *)payload(b) + n, size_of(b) - sizeof(size_t) - n);
}

/* None are, but for links and footer. */
static inline void
hide_free(struct pool_block *b)
{
	SHOW(b, size_of(b));
	HIDE(b + 1, size_of(b) - sizeof(*b) - sizeof(size_t));
}

static inline struct pool_block *
end_of(struct pool *p)
{
	return at(p, (ptrdiff_t)p->end);
}

static inline size_t
block_size(size_t n)
{
	size_t size = (n + sizeof(size_t) + GRANULE - 1) & ~(GRANULE - 1);

	return size < MIN_SIZE ? MIN_SIZE : size;
}

/* --- the lists of large blocks --- */

static inline void
place_of(size_t size, unsigned *level, unsigned *step)
{
	unsigned log = 63U - (unsigned)__builtin_clzl(size);

	*level = log - 5;
	*step = (unsigned)(size >> (log - 4)) & (POOL_STEPS - 1);
}

static void
list_add(struct pool *p, struct pool_block *b)
{
	size_t size = size_of(b);
	unsigned level, step;
	struct pool_block *first;

	place_of(size, &level, &step);
	first = p->lists[level][step];
	b->size |= FREE;
	b->prev = NULL;
	b->next = first;
	if (first != NULL)
		first->prev = b;
	p->lists[level][step] = b;
	p->levels |= 1U << level;
	p->steps[level] = (uint16_t)(p->steps[level] | 1U << step);
	behind(b)->size |= PREV_FREE;
	*(size_t *)((char *)b + size - sizeof(size_t)) = size;
}

static void
list_remove(struct pool *p, struct pool_block *b)
{
	unsigned level, step;

	if (b->next != NULL)
		b->next->prev = b->prev;
	if (b->prev != NULL) {
		b->prev->next = b->next;
	} else {
		place_of(size_of(b), &level, &step);
		p->lists[level][step] = b->next;
		if (b->next == NULL) {
			p->steps[level] = (uint16_t)(p->steps[level] & ~(1U << step));
			if (p->steps[level] == 0)
				p->levels &= ~(1U << level);
		}
	}
	b->size &= ~FREE;
	behind(b)->size &= ~PREV_FREE;
}

/* A free block of at least `size`.  Scripts ask for the same sizes again and again. */
static struct pool_block *
list_find(struct pool *p, size_t size)
{
	struct pool_block *b;
	unsigned level, step;
	uint32_t map;

	place_of(size, &level, &step);
	b = p->lists[level][step];
	for (int i = 0; b != NULL && i < LOOKS; i++, b = b->next)
		if (size_of(b) >= size)
			return b;
	/* Any of the next larger list will do. */
	place_of(size + (1UL << (59 - __builtin_clzl(size))) - 1, &level, &step);
	map = p->steps[level] & (~0U << step);
	if (map == 0) {
		map = p->levels & (~0U << (level + 1));
		if (map == 0)
			return NULL;
		level = (unsigned)__builtin_ctz(map);
		map = p->steps[level];
	}
	return p->lists[level][__builtin_ctz(map)];
}

/* --- blocks --- */

/* Free a block: join it with what is free on both sides. */
static void
join(struct pool *p, struct pool_block *b)
{
	struct pool_block *next;
	size_t size = size_of(b);

	if (b->size & PREV_FREE) {
		size_t before = *(size_t *)((char *)b - sizeof(size_t));

		b = at(b, -(ptrdiff_t)before);
		list_remove(p, b);
		size += before;
	}
	next = at(b, (ptrdiff_t)size);
	if (next == end_of(p)) {
		p->end -= size;
		return;
	}
	if (next->size & FREE) {
		size += size_of(next);
		list_remove(p, next);
	}
	b->size = size | (b->size & PREV_FREE);
	list_add(p, b);
}

/* Cut a block that is in use down to `size` and free the rest. */
static void
trim(struct pool *p, struct pool_block *b, size_t size)
{
	size_t rest = size_of(b) - size;
	struct pool_block *tail;

	if (rest < MIN_SIZE)
		return;
	b->size = size | (b->size & PREV_FREE);
	tail = behind(b);
	tail->size = rest;
	join(p, tail);
}

static void
join_small(struct pool *p)
{
	for (size_t i = 0; i <= POOL_SMALL / GRANULE; i++) {
		struct pool_block *b = p->small[i];

		p->small[i] = NULL;
		while (b != NULL) {
			struct pool_block *next = b->next;

			join(p, b);
			b = next;
		}
	}
}

/* No block in front of `end` is in a list: join() lowers it instead. */
static struct pool_block *
grow(struct pool *p, size_t size)
{
	struct pool_block *b;

	if (size > p->ceiling || p->end > p->ceiling - size)
		return NULL;
	b = end_of(p);
	SHOW(b, size);
	b->size = size;
	p->end += size;
	if (p->end > p->top)
		p->top = p->end;
	return b;
}

/* A block of at least `size`, as it comes; if there is none, a new one of `fresh`. */
static struct pool_block *
find(struct pool *p, size_t size, size_t fresh)
{
	struct pool_block *b = list_find(p, size);

	if (b == NULL) {
		b = grow(p, fresh);
		if (b != NULL)
			return b;
		join_small(p);
		b = list_find(p, size);
		if (b == NULL)
			return grow(p, fresh);
	}
	list_remove(p, b);
	SHOW(b, size_of(b));
	return b;
}

static struct pool_block *
take_large(struct pool *p, size_t size)
{
	struct pool_block *b = find(p, size, size);

	if (b != NULL)
		trim(p, b, size);
	return b;
}

/* A new small block: off the chunk, or off the next one. */
static struct pool_block *
cut(struct pool *p, size_t size)
{
	struct pool_block *b = p->chunk, *rest;

	if (b == NULL || size_of(b) < size) {
		b = find(p, size, CHUNK);
		if (b == NULL)
			return NULL;
		if (size_of(b) > 2 * CHUNK)
			trim(p, b, CHUNK);
		if (p->chunk != NULL)
			join(p, p->chunk);
		p->chunk = NULL;
	}
	if (size_of(b) - size < MIN_SIZE) {
		p->chunk = NULL;
		return b;
	}
	rest = at(b, (ptrdiff_t)size);
	rest->size = size_of(b) - size;
	b->size = size | (b->size & PREV_FREE);
	p->chunk = rest;
	return b;
}

void
pool_init(struct pool *p, size_t ceiling)
{
	p->end = FIRST;
	p->top = FIRST;
	p->ceiling = ceiling;
}

void *
pool_take(struct pool *p, size_t n)
{
	size_t size = block_size(n);
	struct pool_block *b = NULL;

	if (n > POOL_MAX)
		return NULL;
	if (size > POOL_SMALL) {
		b = take_large(p, size);
	} else {
		b = p->small[size / GRANULE];
		if (b != NULL)
			p->small[size / GRANULE] = b->next;
		else
			b = cut(p, size);
	}
	if (b == NULL)
		return NULL;
	p->used += size_of(b);
	SHOW(b, size_of(b));
	hide_rest(b, n);
	return payload(b);
}

void
pool_give(struct pool *p, void *data)
{
	struct pool_block *b = at(data, -(ptrdiff_t)sizeof(size_t));
	size_t size = size_of(b);

	p->used -= size;
	hide_free(b);
	if (size > POOL_SMALL) {
		join(p, b);
	} else {
		b->next = p->small[size / GRANULE];
		p->small[size / GRANULE] = b;
	}
}

/* Make a block larger where it stands. */
static bool
extend(struct pool *p, struct pool_block *b, size_t size)
{
	struct pool_block *next = behind(b);
	size_t have = size_of(b);

	if (next == end_of(p)) {
		if (grow(p, size - have) == NULL)
			return false;
		b->size += size - have;
		return true;
	}
	if (!(next->size & FREE) || have + size_of(next) < size)
		return false;
	list_remove(p, next);
	SHOW(next, size_of(next));
	b->size += size_of(next);
	return true;
}

void *
pool_resize(struct pool *p, void *data, size_t n)
{
	struct pool_block *b = at(data, -(ptrdiff_t)sizeof(size_t));
	size_t have = size_of(b), size = block_size(n);
	void *to;

	if (n > POOL_MAX)
		return NULL;
	SHOW(b, have);
	if (size <= have || extend(p, b, size)) {
		trim(p, b, size);
		p->used += size_of(b) - have;
		hide_rest(b, n);
		return data;
	}
	to = pool_take(p, n);
	if (to == NULL)
		return NULL;
	memcpy(to, data, have - sizeof(size_t));
	pool_give(p, data);
	return to;
}

void
pool_settle(struct pool *p)
{
	if (p->chunk != NULL)
		join(p, p->chunk);
	p->chunk = NULL;
	join_small(p);
}

void
pool_show(struct pool *p, size_t len)
{
	SHOW(p, len);
}
