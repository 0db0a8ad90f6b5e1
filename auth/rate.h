/*
 * Token buckets by client address (IPv4 /32, IPv6 /64): bounded table, oldest buckets
 * make room.  Monotonic time.
 *
 * Thread contract: any thread (sharded locks).
 */
#ifndef AUTH_RATE_H
#define AUTH_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate;

/* per_s tokens a second up to burst; entries clients remembered. */
struct rate	*rate_new(double per_s, double burst, unsigned entries);
void		 rate_free(struct rate *);
struct rate_answer {
	bool	 allowed;
	int64_t	 remaining;
	int64_t	 reset_s;	/* until a token is there, or the bucket is full */
};
void		 rate_take(struct rate *, const char *ip, struct rate_answer *);
/* Put one token back that was taken for nothing; allowed stays as it is. */
void		 rate_give(struct rate *, const char *ip, struct rate_answer *);
/* The same as rate_take for any other key (a key id). */
void		 rate_take_key(struct rate *, const char *key, struct rate_answer *);

#endif
