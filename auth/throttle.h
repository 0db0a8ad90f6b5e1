/*
 * How often one may try (docs/contract.md 4.6): by client address (IPv4 /32, IPv6 /64),
 * and for passwords by account.
 *
 * A password attempt costs a token of its client before the hash is computed, and gets it
 * back when it was right; so 200 attempts at once are 5 attempts and 195 refusals.  Failures
 * on an account delay its next answers, right or wrong, by 1, 2, 4, 8, 16 s; nobody is ever
 * locked out.
 *
 * Thread contract: any thread.
 */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/request.h"
#include "base/response.h"

struct throttle;

enum throttle_kind {
	THROTTLE_OAUTH,		/* 20 a minute */
	THROTTLE_INVITE,	/* 10 a minute */
	THROTTLE_DEVICE,	/* 10 a minute */
};

/* A request whose node has no throttle is not limited. */
struct throttle	*throttle_new(void);
void		 throttle_free(struct throttle *);
/* FZ_RATE_LIMIT_EXCEEDED with Retry-After and the X-RateLimit headers. */
enum fz_err	 throttle_take(struct request *, struct response *, enum throttle_kind)
		    MUST_CHECK;
/* Before a password is checked.  FZ_RATE_LIMIT_EXCEEDED as above. */
enum fz_err	 throttle_password_begin(struct request *, struct response *) MUST_CHECK;
/*
 * After it was checked, or could not be (THROTTLE_UNCHECKED: counts for nothing).  account:
 * user uid, or the name as typed when there is no such user.  Sets rs->not_before.
 */
enum throttle_outcome {
	THROTTLE_RIGHT,
	THROTTLE_WRONG,
	THROTTLE_UNKNOWN,	/* wrong, and no such user */
	THROTTLE_UNCHECKED,
};
void		 throttle_password_end(struct request *, struct response *,
		    const char *account, enum throttle_outcome);

#endif
