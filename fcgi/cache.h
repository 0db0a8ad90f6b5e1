/*
 * A cache of immutable, counted objects, bounded in bytes.  What was given out stays
 * alive until its last holder lets go, whether it is still in the cache or not.  A key
 * that is missed by many callers at once is loaded once.
 *
 * Every entry has a tag: asking with another tag than the one it was stored under counts
 * as a miss and replaces it.  What never changes is kept under tag 0.
 *
 * Thread contract: any thread.  Loaders run without a lock and may use other caches.
 */
#ifndef FCGI_CACHE_H
#define FCGI_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The first member of whatever is cached. */
struct cache_object {
	unsigned	 refs;		/* starts at 1; atomic */
	size_t		 cost;		/* bytes it stands for in the cache */
	bool		 passing;	/* given to those who wait, but not kept */
	void		(*destroy)(struct cache_object *);
};

void	cache_object_init(struct cache_object *, size_t cost,
	    void (*destroy)(struct cache_object *));
void	cache_ref(struct cache_object *);
/* NULL is allowed. */
void	cache_unref(struct cache_object *);

/*
 * max_bytes bounds the sum of costs; an object that costs more than a shard's share is
 * given out but not kept.  The short form suits thousands of entries.
 */
struct cache	*cache_new(uint64_t max_bytes);
struct cache	*cache_new_shards(uint64_t max_bytes, unsigned shards, unsigned buckets);
/* No lookup may run. */
void		 cache_free(struct cache *);

/* Make the object, one reference for the caller.  Any error goes to all who wait. */
typedef enum fz_err cache_load_fn(void *arg, struct cache_object **);

/* *out is a reference of the caller's. */
enum fz_err	 cache_get(struct cache *, const void *key, size_t len, uint64_t tag,
		    cache_load_fn *, void *arg, struct cache_object **out) MUST_CHECK;
/* The same without loading; NULL when it is not there. */
struct cache_object *cache_find(struct cache *, const void *key, size_t len,
		    uint64_t tag);
/* Keep the object (its own reference is added), instead of what the key had. */
void		 cache_put(struct cache *, const void *key, size_t len, uint64_t tag,
		    struct cache_object *);
void		 cache_clear(struct cache *);

struct cache_stats {
	uint64_t	 hits;
	uint64_t	 misses;
	uint64_t	 entries;
	uint64_t	 bytes;
	uint64_t	 evicted;
};
void		 cache_stats(struct cache *, struct cache_stats *);

#endif
