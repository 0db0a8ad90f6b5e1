/*
 * Two limits meet at a password.  By client: a bucket of five tokens, one of which is paid
 * before the hash is computed, so that a burst costs five hashes and not two hundred;
 * only a right password gives it back.  By account: whoever guesses from many addresses
 * finds each answer later than the one before, up to sixteen seconds.  It is the answer that
 * waits (rs->not_before), no thread does, and the right one waits as long as a wrong one
 * would: time tells nothing.  Nobody is locked out, since anybody could do that to anybody.
 *
 * Accounts stand in a fixed table of sets of eight, placed by a seeded digest: a flood of
 * names that nobody has costs no memory, and cannot aim at the place of a name that
 * somebody has.  In a full set the one that failed longest ago makes room.  A name nobody
 * has is treated like one that is there, else the delay would tell which is which.
 *
 * A right answer takes away the account's failures when it has been sent, not before: as
 * long as it waits, answers to others must not get faster.
 */
#include "auth/throttle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth/rate.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/str.h"

#define CLIENTS 16384
#define SETS 1024		/* a power of two */
#define WAYS 8
#define FORGET_MS (15LL * 60 * 1000)
#define DELAYS 5		/* 1 2 4 8 16 s */

static const struct {
	double	per_s;
	double	burst;
} limits[] = {
	[THROTTLE_OAUTH] = { 20.0 / 60, 20 },
	[THROTTLE_INVITE] = { 10.0 / 60, 10 },
	[THROTTLE_DEVICE] = { 10.0 / 60, 10 },
};
#define KINDS (sizeof(limits) / sizeof(limits[0]))
#define PASSWORD_BURST 5
#define PASSWORD_PER_S (5.0 / (15 * 60))

struct account {
	uint8_t		 key[16];
	unsigned	 failures;	/* 0 = free */
	int64_t		 at;		/* of the last one, monotonic ms */
	int64_t		 right_at;	/* then they are forgotten, 0 = not */
};

struct throttle {
	struct rate	*kinds[KINDS];
	struct rate	*passwords;
	uint8_t		 seed[16];
	pthread_mutex_t	 lock;		/* guards accounts */
	struct account	 accounts[SETS][WAYS];
};

struct throttle *
throttle_new(void)
{
	struct throttle *t = xcalloc(1, sizeof(*t));

	for (size_t i = 0; i < KINDS; i++)
		t->kinds[i] = rate_new(limits[i].per_s, limits[i].burst, CLIENTS);
	t->passwords = rate_new(PASSWORD_PER_S, PASSWORD_BURST, CLIENTS);
	random_bytes(t->seed, sizeof(t->seed));
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void
throttle_free(struct throttle *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < KINDS; i++)
		rate_free(t->kinds[i]);
	rate_free(t->passwords);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static void
tell(struct response *rs, double burst, const struct rate_answer *a)
{
	response_headerf(rs, "X-RateLimit-Limit", "%d", (int)burst);
	response_headerf(rs, "X-RateLimit-Remaining", "%lld", (long long)a->remaining);
	response_headerf(rs, "X-RateLimit-Reset", "%lld", (long long)a->reset_s);
}

static enum fz_err
take(struct rate *r, double burst, struct request *rq, struct response *rs)
{
	struct rate_answer a = { 0 };

	rate_take(r, rq->ip, &a);
	tell(rs, burst, &a);
	if (a.allowed)
		return FZ_OK;
	response_headerf(rs, "Retry-After", "%lld", (long long)a.reset_s);
	return response_why(rs, FZ_RATE_LIMIT_EXCEEDED,
	    "Too many attempts; try again in %lld s", (long long)a.reset_s);
}

enum fz_err
throttle_take(struct request *rq, struct response *rs, enum throttle_kind kind)
{
	struct throttle *t = rq->node->throttle;

	if (t == NULL)
		return FZ_OK;
	return take(t->kinds[kind], limits[kind].burst, rq, rs);
}

enum fz_err
throttle_password_begin(struct request *rq, struct response *rs)
{
	struct throttle *t = rq->node->throttle;

	if (t == NULL)
		return FZ_OK;
	return take(t->passwords, PASSWORD_BURST, rq, rs);
}

/* Its digest; names count without case, as they do in the table of users. */
static void
account_key(const struct throttle *t, struct arena *a, const char *account,
    enum throttle_outcome outcome, uint8_t out[SHA256_LEN])
{
	char *name = arena_strdup(a, account);
	struct sha256 *h = sha256_new();

	if (outcome == THROTTLE_UNKNOWN)
		str_lower(name);
	sha256_add(h, t->seed, sizeof(t->seed));
	sha256_add(h, name, strlen(name));
	sha256_take(h, out);
	sha256_free(h);
}

/* The account's entry as it stands now, else the one that may become it. */
static struct account *
find(struct throttle *t, const uint8_t key[SHA256_LEN], int64_t now)
{
	struct account *set = t->accounts[(key[16] | key[17] << 8) & (SETS - 1)];
	struct account *room = &set[0];

	for (int i = 0; i < WAYS; i++) {
		struct account *a = &set[i];

		if (now - a->at >= FORGET_MS || (a->right_at != 0 && now >= a->right_at))
			*a = (struct account){ 0 };
		if (a->failures > 0 && memcmp(a->key, key, sizeof(a->key)) == 0)
			return a;
		if (a->at < room->at)
			room = a;
	}
	return room;
}

/* How long this answer waits, in ms. */
static int64_t
count(struct throttle *t, const uint8_t key[SHA256_LEN], bool right, int64_t now)
{
	struct account *a = find(t, key, now);
	bool known = a->failures > 0 && memcmp(a->key, key, sizeof(a->key)) == 0;
	unsigned before = known ? a->failures : 0;
	int64_t delay = before == 0 ? 0 : 1000 << ((before < DELAYS ? before : DELAYS) - 1);

	if (right) {
		if (known)
			a->right_at = now + delay;
		return delay;
	}
	if (!known) {
		*a = (struct account){ 0 };
		memcpy(a->key, key, sizeof(a->key));
	}
	a->failures = before < DELAYS ? before + 1 : before;
	a->at = now;
	return delay;
}

void
throttle_password_end(struct request *rq, struct response *rs, const char *account,
    enum throttle_outcome outcome)
{
	struct throttle *t = rq->node->throttle;
	bool right = outcome == THROTTLE_RIGHT;
	struct rate_answer answer = { 0 };
	uint8_t key[SHA256_LEN];
	int64_t now = clock_mono_ms(), delay;

	if (t == NULL)
		return;
	if (right || outcome == THROTTLE_UNCHECKED) {
		rate_give(t->passwords, rq->ip, &answer);
		tell(rs, PASSWORD_BURST, &answer);
	}
	if (outcome == THROTTLE_UNCHECKED)
		return;
	account_key(t, rq->arena, account, outcome, key);
	pthread_mutex_lock(&t->lock);
	delay = count(t, key, right, now);
	pthread_mutex_unlock(&t->lock);
	if (delay > 0)
		rs->not_before = now + delay;
}
