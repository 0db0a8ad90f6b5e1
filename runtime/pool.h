/*
 * An allocator over one range of memory, all of whose state lies in that range: a copy of
 * its first `end` bytes, put back, is the allocator and everything in it as it was.
 *
 * The struct stands at the start of the range; the caller owns the range.
 *
 * Thread contract: owned by one thread at a time.
 */
#ifndef RUNTIME_POOL_H
#define RUNTIME_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_MAX (1UL << 32)		/* bytes of a range */
#define POOL_LEVELS 28
#define POOL_STEPS 16
#define POOL_SMALL 512UL

struct pool_block;

struct pool {
	size_t		 end;		/* offset of the first byte not in use */
	size_t		 top;		/* the most `end` has been; may be lowered */
	size_t		 used;		/* bytes in blocks that are handed out */
	size_t		 ceiling;	/* `end` stays below; set by the caller */
	struct pool_block *chunk;	/* small blocks are cut off its front */
	uint32_t	 levels;	/* which have a list that is not empty */
	uint16_t	 steps[POOL_LEVELS];
	struct pool_block *lists[POOL_LEVELS][POOL_STEPS];
	struct pool_block *small[POOL_SMALL / 16 + 1];
};

/* Smallest range, and most a block of n bytes can add to `end`. */
#define POOL_MIN (sizeof(struct pool) + 64)
#define POOL_GROWTH(n) ((n) + 4096 + 32)

/* Set up at the start of a zeroed range; ceiling <= its size. */
void	 pool_init(struct pool *, size_t ceiling);
/* 16-byte aligned, not zeroed; NULL if it would lift `end` above the ceiling. */
void	*pool_take(struct pool *, size_t n);
/* The same block larger or smaller, perhaps elsewhere; NULL: it is as it was. */
void	*pool_resize(struct pool *, void *, size_t n);
void	 pool_give(struct pool *, void *);
/* Join all that is free: `end` is then as low as it can be. */
void	 pool_settle(struct pool *);
/* Before the first len bytes are copied or unmapped: tell AddressSanitizer. */
void	 pool_show(struct pool *, size_t len);

#endif
