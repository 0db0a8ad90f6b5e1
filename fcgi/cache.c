/*
 * One kind of cache serves hosts, versions and file bytes: all three are "look up by
 * key under a short lock, take a reference, let go of the lock".  Nothing is changed in
 * place, so there is nothing to invalidate: file bytes are named by their digest, and
 * hosts carry the generation of the site table as tag.
 *
 * Shards keep workers off each other's locks.  Each has its own share of the bytes and
 * its own clock hand: a hit sets a bit, the hand clears bits and removes the first entry
 * it finds without one.  That is nearly least-recently-used for one store a hit and no
 * list to reorder.
 *
 * A miss leaves a flight behind, and callers of the same key and tag wait for it instead
 * of loading too: a deploy that goes live under load costs one read of its files, not
 * one per worker.  A flight of another tag is not joined, since it may have begun before
 * the change that the caller must see.
 *
 * The hash is seeded at start, as host names are chosen by strangers.
 */
#include "fcgi/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

struct entry {
	struct entry	*chain;
	struct entry	*prev, *next;	/* ring of the clock */
	struct cache_object *object;
	uint64_t	 hash;
	uint64_t	 tag;
	size_t		 cost;
	bool		 used;
	size_t		 len;
	unsigned char	 key[];
};

/* A load under way, on the stack of the thread that does it. */
struct flight {
	struct flight	*next;
	const void	*key;
	size_t		 len;
	uint64_t	 hash;
	uint64_t	 tag;
	unsigned	 waiting;
	bool		 landed;
	enum fz_err	 err;
	struct cache_object *object;
};

struct shard {
	pthread_mutex_t	 lock;		/* guards all below */
	pthread_cond_t	 landed;
	struct entry	**buckets;
	struct entry	*hand;
	struct flight	*flights;
	struct cache_stats stats;
	char		 apart[64];	/* no two shards on one cache line */
};

struct cache {
	struct shard	*shards;
	unsigned	 nshards;
	unsigned	 nbuckets;
	uint64_t	 max;		/* bytes of one shard */
	uint64_t	 seed;
};

void
cache_object_init(struct cache_object *o, size_t cost,
    void (*destroy)(struct cache_object *))
{
	o->refs = 1;
	o->cost = cost;
	o->passing = false;
	o->destroy = destroy;
}

void
cache_ref(struct cache_object *o)
{
	__atomic_add_fetch(&o->refs, 1, __ATOMIC_RELAXED);
}

void
cache_unref(struct cache_object *o)
{
	if (o != NULL && __atomic_sub_fetch(&o->refs, 1, __ATOMIC_ACQ_REL) == 0)
		o->destroy(o);
}

struct cache *
cache_new(uint64_t max_bytes)
{
	return cache_new_shards(max_bytes, 16, 1024);
}

struct cache *
cache_new_shards(uint64_t max_bytes, unsigned shards, unsigned buckets)
{
	struct cache *c = xcalloc(1, sizeof(*c));

	c->nshards = shards;
	c->nbuckets = buckets;
	c->max = max_bytes / shards;
	random_bytes(&c->seed, sizeof(c->seed));
	c->shards = xcalloc(shards, sizeof(*c->shards));
	for (unsigned i = 0; i < shards; i++) {
		pthread_mutex_init(&c->shards[i].lock, NULL);
		pthread_cond_init(&c->shards[i].landed, NULL);
		c->shards[i].buckets = xcalloc(buckets, sizeof(struct entry *));
	}
	return c;
}

void
cache_free(struct cache *c)
{
	if (c == NULL)
		return;
	cache_clear(c);
	for (unsigned i = 0; i < c->nshards; i++) {
		pthread_mutex_destroy(&c->shards[i].lock);
		pthread_cond_destroy(&c->shards[i].landed);
		free(c->shards[i].buckets);
	}
	free(c->shards);
	free(c);
}

/* Eight bytes a step, multiplied and folded; keyed, though no cryptographic hash. */
static uint64_t
hash_of(const struct cache *c, const void *key, size_t len)
{
	const unsigned char *p = key;
	uint64_t h = c->seed ^ len, word;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	word = 0;
	memcpy(&word, p, len);
	h = (h ^ word ^ c->seed >> 7) * 0xbf58476d1ce4e5b9u;
	h ^= h >> 32;
	h *= 0x94d049bb133111ebu;
	return h ^ h >> 29;
}

static struct shard *
shard_of(const struct cache *c, uint64_t hash)
{
	return &c->shards[(hash >> 40) % c->nshards];
}

static struct entry **
slot_of(const struct cache *c, struct shard *s, uint64_t hash, const void *key,
    size_t len)
{
	struct entry **p = &s->buckets[hash % c->nbuckets];

	for (; *p != NULL; p = &(*p)->chain)
		if ((*p)->hash == hash && (*p)->len == len &&
		    memcmp((*p)->key, key, len) == 0)
			break;
	return p;
}

/* Take the entry out; its object is the caller's to let go, without the lock. */
static struct cache_object *
entry_remove(struct shard *s, struct entry **slot)
{
	struct entry *e = *slot;
	struct cache_object *object = e->object;

	*slot = e->chain;
	if (s->hand == e)
		s->hand = e->next == e ? NULL : e->next;
	e->prev->next = e->next;
	e->next->prev = e->prev;
	s->stats.bytes -= e->cost;
	s->stats.entries--;
	free(e);
	return object;
}

/* What was evicted dies outside the lock. */
struct dead {
	struct cache_object *v[32];
	size_t	 n;
};

static void
bury(struct dead *dead)
{
	for (size_t i = 0; i < dead->n; i++)
		cache_unref(dead->v[i]);
	dead->n = 0;
}

/* Turn the hand until one entry is out. */
static void
evict_one(struct cache *c, struct shard *s, struct dead *dead)
{
	struct entry *e = s->hand;

	while (e->used) {
		e->used = false;
		e = e->next;
	}
	s->hand = e;
	s->stats.evicted++;
	dead->v[dead->n++] = entry_remove(s, slot_of(c, s, e->hash, e->key, e->len));
}

static void
entry_add(struct cache *c, struct shard *s, struct entry *e)
{
	struct entry **bucket = &s->buckets[e->hash % c->nbuckets];

	e->chain = *bucket;
	*bucket = e;
	if (s->hand == NULL) {
		e->prev = e->next = e;
		s->hand = e;
	} else {
		e->next = s->hand;
		e->prev = s->hand->prev;
		e->prev->next = e;
		e->next->prev = e;
	}
	s->stats.bytes += e->cost;
	s->stats.entries++;
}

static struct entry *
entry_new(uint64_t hash, const void *key, size_t len, uint64_t tag,
    struct cache_object *o)
{
	struct entry *e = xmalloc(sizeof(*e) + len);

	memset(e, 0, sizeof(*e));
	e->hash = hash;
	e->tag = tag;
	e->object = o;
	e->cost = o->cost + sizeof(*e) + len;
	e->len = len;
	memcpy(e->key, key, len);
	cache_ref(o);
	return e;
}

static void
keep(struct cache *c, uint64_t hash, const void *key, size_t len, uint64_t tag,
    struct cache_object *o)
{
	struct shard *s = shard_of(c, hash);
	struct dead dead = { .n = 0 };
	struct entry **slot, *e;

	if (o->cost + sizeof(*e) + len > c->max)
		return;
	e = entry_new(hash, key, len, tag, o);
	pthread_mutex_lock(&s->lock);
	while (s->stats.bytes + e->cost > c->max) {
		evict_one(c, s, &dead);
		if (dead.n == sizeof(dead.v) / sizeof(dead.v[0])) {
			pthread_mutex_unlock(&s->lock);
			bury(&dead);
			pthread_mutex_lock(&s->lock);
		}
	}
	slot = slot_of(c, s, hash, key, len);
	if (*slot != NULL)
		dead.v[dead.n++] = entry_remove(s, slot);
	entry_add(c, s, e);
	pthread_mutex_unlock(&s->lock);
	bury(&dead);
}

void
cache_put(struct cache *c, const void *key, size_t len, uint64_t tag,
    struct cache_object *o)
{
	keep(c, hash_of(c, key, len), key, len, tag, o);
}

/* The lock is held. */
static struct cache_object *
find(struct cache *c, struct shard *s, uint64_t hash, const void *key, size_t len,
    uint64_t tag)
{
	struct entry *e = *slot_of(c, s, hash, key, len);

	if (e == NULL || e->tag != tag)
		return NULL;
	e->used = true;
	cache_ref(e->object);
	s->stats.hits++;
	return e->object;
}

struct cache_object *
cache_find(struct cache *c, const void *key, size_t len, uint64_t tag)
{
	uint64_t hash = hash_of(c, key, len);
	struct shard *s = shard_of(c, hash);
	struct cache_object *o;

	pthread_mutex_lock(&s->lock);
	o = find(c, s, hash, key, len, tag);
	pthread_mutex_unlock(&s->lock);
	return o;
}

/* The lock is held. */
static struct flight *
flight_find(struct shard *s, const struct flight *like)
{
	struct flight *f = s->flights;

	while (f != NULL && (f->landed || f->hash != like->hash || f->tag != like->tag ||
	    f->len != like->len || memcmp(f->key, like->key, like->len) != 0))
		f = f->next;
	return f;
}

/* Wait for somebody else's load.  The lock is held and stays held. */
static enum fz_err
flight_join(struct shard *s, struct flight *f, struct cache_object **out)
{
	enum fz_err err;

	f->waiting++;
	while (!f->landed)
		pthread_cond_wait(&s->landed, &s->lock);
	err = f->err;
	if (err == FZ_OK) {
		cache_ref(f->object);
		*out = f->object;
	}
	if (--f->waiting == 0)
		pthread_cond_broadcast(&s->landed);
	return err;
}

/* Tell those who wait and leave only when the last has looked: f is on our stack. */
static void
flight_land(struct shard *s, struct flight *f)
{
	struct flight **p;

	pthread_mutex_lock(&s->lock);
	f->landed = true;
	pthread_cond_broadcast(&s->landed);
	while (f->waiting > 0)
		pthread_cond_wait(&s->landed, &s->lock);
	for (p = &s->flights; *p != f; p = &(*p)->next)
		;
	*p = f->next;
	pthread_mutex_unlock(&s->lock);
}

enum fz_err
cache_get(struct cache *c, const void *key, size_t len, uint64_t tag, cache_load_fn *load,
    void *arg, struct cache_object **out)
{
	struct flight f = { .key = key, .len = len, .tag = tag }, *other;
	struct cache_object *o;
	struct shard *s;
	enum fz_err err = FZ_OK;

	f.hash = hash_of(c, key, len);
	s = shard_of(c, f.hash);
	pthread_mutex_lock(&s->lock);
	o = find(c, s, f.hash, key, len, tag);
	if (o == NULL) {
		s->stats.misses++;
		other = flight_find(s, &f);
		if (other != NULL) {
			err = flight_join(s, other, &o);
		} else {
			f.next = s->flights;
			s->flights = &f;
		}
	}
	pthread_mutex_unlock(&s->lock);
	if (o == NULL && err == FZ_OK) {
		f.err = err = load(arg, &f.object);
		o = f.object;
		if (err == FZ_OK && !o->passing)
			keep(c, f.hash, key, len, tag, o);
		flight_land(s, &f);
	}
	if (err == FZ_OK)
		*out = o;
	return err;
}

void
cache_clear(struct cache *c)
{
	struct cache_object *o;

	for (unsigned i = 0; i < c->nshards; i++) {
		struct shard *s = &c->shards[i];

		pthread_mutex_lock(&s->lock);
		while (s->hand != NULL) {
			struct entry *e = s->hand;

			o = entry_remove(s, slot_of(c, s, e->hash, e->key, e->len));
			pthread_mutex_unlock(&s->lock);
			cache_unref(o);
			pthread_mutex_lock(&s->lock);
		}
		pthread_mutex_unlock(&s->lock);
	}
}

void
cache_stats(struct cache *c, struct cache_stats *out)
{
	struct cache_stats sum = { 0 };

	for (unsigned i = 0; i < c->nshards; i++) {
		struct shard *s = &c->shards[i];

		pthread_mutex_lock(&s->lock);
		sum.hits += s->stats.hits;
		sum.misses += s->stats.misses;
		sum.entries += s->stats.entries;
		sum.bytes += s->stats.bytes;
		sum.evicted += s->stats.evicted;
		pthread_mutex_unlock(&s->lock);
	}
	*out = sum;
}
