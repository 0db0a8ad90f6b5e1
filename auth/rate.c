/*
 * One bucket a client, in shards so that worker threads seldom meet at a lock.  A shard
 * is a fixed array of buckets, a hash table of indexes into it and a list by last use;
 * nothing is allocated after start.  When a new client comes to a full shard the bucket
 * used longest ago becomes its own.  That forgets somebody's debt at worst: a flood of
 * addresses widens nobody's rate beyond what a fresh address has anyway.
 *
 * IPv6 clients own a /64 at least, so the /64 is the client.  An IPv4 address wrapped
 * in IPv6 is that IPv4 address.  Anything that is no address (a unix peer, a key id)
 * counts by its text, as 128 bits of SHA-256.
 *
 * The place in the table depends on a random seed; whoever owns many addresses cannot
 * choose them to share one chain.
 */
#include "auth/rate.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"

#define SHARDS 16
#define NONE UINT32_MAX
#define HAIR 1e-6	/* what sums of fractions may be off by */

struct rate_key {
	uint64_t	 a;
	uint64_t	 b;
};

struct bucket {
	struct rate_key	 key;
	double		 tokens;
	int64_t		 at_us;		/* when tokens was true */
	uint32_t	 chain;		/* next of the same slot */
	uint32_t	 newer;		/* by last use */
	uint32_t	 older;
};

struct shard {
	pthread_mutex_t	 lock;		/* guards everything below */
	struct bucket	*buckets;
	uint32_t	*slots;
	uint32_t	 used;
	uint32_t	 newest;
	uint32_t	 oldest;
};

struct rate {
	double		 per_us;
	double		 burst;
	uint32_t	 size;		/* buckets a shard, slots too; a power of two */
	uint64_t	 seed[2];
	struct shard	 shards[SHARDS];
};

struct rate *
rate_new(double per_s, double burst, unsigned entries)
{
	struct rate *r = xcalloc(1, sizeof(*r));

	r->per_us = per_s / 1e6;
	r->burst = burst;
	r->size = 1;
	while (r->size < entries / SHARDS && r->size < 1u << 24)
		r->size *= 2;
	random_bytes(r->seed, sizeof(r->seed));
	for (int i = 0; i < SHARDS; i++) {
		struct shard *s = &r->shards[i];

		pthread_mutex_init(&s->lock, NULL);
		s->buckets = xcalloc(r->size, sizeof(*s->buckets));
		s->slots = xmalloc(r->size * sizeof(*s->slots));
		memset(s->slots, 0xff, r->size * sizeof(*s->slots));
		s->newest = s->oldest = NONE;
	}
	return r;
}

void
rate_free(struct rate *r)
{
	if (r == NULL)
		return;
	for (int i = 0; i < SHARDS; i++) {
		pthread_mutex_destroy(&r->shards[i].lock);
		free(r->shards[i].buckets);
		free(r->shards[i].slots);
	}
	free(r);
}

/* Multiply and fold, twice, with a secret in between (after splitmix64). */
static uint64_t
mix(const struct rate *r, const struct rate_key *k)
{
	uint64_t h = k->a ^ r->seed[0];

	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
	h ^= k->b ^ r->seed[1];
	h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
	return h ^ (h >> 31);
}

static void
unlink_use(struct shard *s, uint32_t i)
{
	struct bucket *b = &s->buckets[i];

	if (b->newer != NONE)
		s->buckets[b->newer].older = b->older;
	else
		s->newest = b->older;
	if (b->older != NONE)
		s->buckets[b->older].newer = b->newer;
	else
		s->oldest = b->newer;
}

static void
link_newest(struct shard *s, uint32_t i)
{
	struct bucket *b = &s->buckets[i];

	b->newer = NONE;
	b->older = s->newest;
	if (s->newest != NONE)
		s->buckets[s->newest].newer = i;
	else
		s->oldest = i;
	s->newest = i;
}

static uint32_t *
slot_of(const struct rate *r, struct shard *s, const struct rate_key *k)
{
	return &s->slots[(mix(r, k) / SHARDS) & (r->size - 1)];
}

/* Take the oldest bucket out of its chain and out of the list. */
static uint32_t
reclaim(const struct rate *r, struct shard *s)
{
	uint32_t i = s->oldest;
	uint32_t *link = slot_of(r, s, &s->buckets[i].key);

	while (*link != i)
		link = &s->buckets[*link].chain;
	*link = s->buckets[i].chain;
	unlink_use(s, i);
	return i;
}

/* The client's bucket, a full one if it is new, moved to the front of the list. */
static struct bucket *
find(const struct rate *r, struct shard *s, const struct rate_key *k, int64_t now)
{
	uint32_t *slot = slot_of(r, s, k), i = *slot;

	while (i != NONE &&
	    (s->buckets[i].key.a != k->a || s->buckets[i].key.b != k->b))
		i = s->buckets[i].chain;
	if (i != NONE) {
		unlink_use(s, i);
	} else {
		i = s->used < r->size ? s->used++ : reclaim(r, s);
		s->buckets[i].key = *k;
		s->buckets[i].tokens = r->burst;
		s->buckets[i].at_us = now;
		s->buckets[i].chain = *slot;
		*slot = i;
	}
	link_newest(s, i);
	return &s->buckets[i];
}

/* Whole seconds, rounded up; capped long before a double stops fitting. */
static int64_t
seconds(double us)
{
	double s = us / 1e6 - HAIR;

	if (s >= 1e9)
		return 1000000000;
	return s <= 0 ? 0 : (int64_t)s + ((double)(int64_t)s < s);
}

/* The client's bucket as it stands now. */
static struct bucket *
fill(const struct rate *r, struct shard *s, const struct rate_key *k)
{
	int64_t now = clock_mono_us();
	struct bucket *b = find(r, s, k, now);

	if (now > b->at_us) {
		b->tokens += (double)(now - b->at_us) * r->per_us;
		if (b->tokens > r->burst)
			b->tokens = r->burst;
		b->at_us = now;
	}
	return b;
}

static void
take(struct rate *r, const struct rate_key *k, struct rate_answer *out)
{
	struct shard *s = &r->shards[mix(r, k) % SHARDS];
	struct bucket *b;
	double tokens;

	pthread_mutex_lock(&s->lock);
	b = fill(r, s, k);
	out->allowed = b->tokens >= 1 - HAIR;
	if (out->allowed)
		b->tokens = b->tokens > 1 ? b->tokens - 1 : 0;
	tokens = b->tokens;
	pthread_mutex_unlock(&s->lock);

	out->remaining = (int64_t)(tokens + HAIR);
	out->reset_s = seconds(((out->allowed ? r->burst : 1) - tokens) / r->per_us);
}

static void
text_key(const char *text, struct rate_key *k)
{
	uint8_t hash[SHA256_LEN];

	sha256_of(text, strlen(text), hash);
	memcpy(k, hash, sizeof(*k));
}

/* The kinds do not meet: b is 4 or 6 for addresses, 64 bits of a hash for texts. */
static bool
address_key(const char *ip, struct rate_key *k)
{
	static const uint8_t wrapped[12] = { [10] = 0xff, [11] = 0xff };
	struct in6_addr six;
	struct in_addr four;
	char bare[INET6_ADDRSTRLEN];
	size_t n = strcspn(ip, "%");

	if (n >= sizeof(bare))
		return false;
	memcpy(bare, ip, n);
	bare[n] = '\0';
	if (inet_pton(AF_INET, bare, &four) == 1) {
		*k = (struct rate_key){ four.s_addr, 4 };
		return true;
	}
	if (inet_pton(AF_INET6, bare, &six) != 1)
		return false;
	if (memcmp(&six, wrapped, sizeof(wrapped)) == 0) {
		memcpy(&four, six.s6_addr + 12, sizeof(four));
		*k = (struct rate_key){ four.s_addr, 4 };
		return true;
	}
	k->b = 6;
	memcpy(&k->a, six.s6_addr, sizeof(k->a));
	return true;
}

void
rate_take(struct rate *r, const char *ip, struct rate_answer *out)
{
	struct rate_key k;

	if (!address_key(ip, &k))
		text_key(ip, &k);
	take(r, &k, out);
}

void
rate_give(struct rate *r, const char *ip, struct rate_answer *out)
{
	struct rate_key k;
	struct shard *s;
	struct bucket *b;
	double tokens;

	if (!address_key(ip, &k))
		text_key(ip, &k);
	s = &r->shards[mix(r, &k) % SHARDS];
	pthread_mutex_lock(&s->lock);
	b = fill(r, s, &k);
	b->tokens = b->tokens + 1 < r->burst ? b->tokens + 1 : r->burst;
	tokens = b->tokens;
	pthread_mutex_unlock(&s->lock);

	out->remaining = (int64_t)(tokens + HAIR);
	out->reset_s = seconds((r->burst - tokens) / r->per_us);
}

void
rate_take_key(struct rate *r, const char *key, struct rate_answer *out)
{
	struct rate_key k;

	text_key(key, &k);
	take(r, &k, out);
}
