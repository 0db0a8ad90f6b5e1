/*
 * ID tokens (OpenID Connect Core 1.0, 2 and 3.1.3.7) that came straight from the token
 * endpoint over verified TLS; so the signature is the one thing that is not looked at.
 *
 * Thread contract: pure functions; results live in the arena.
 */
#ifndef AUTH_OAUTH_ID_TOKEN_H
#define AUTH_OAUTH_ID_TOKEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

#define OAUTH_SUBJECT_MAX 255
#define OAUTH_ISSUER_MAX 512
#define OAUTH_SKEW_S 60
#define OAUTH_AGE_S 3600

struct oauth_id_token_want {
	const char	*issuer;	/* {tenantid} in it = the claim tid, a GUID */
	const char	*client_id;
	const char	*nonce;
	int64_t		 now;		/* seconds since 1970 */
};

struct oauth_id_token {
	const char	*issuer;	/* as in the token */
	const char	*subject;
	json_t		*claims;	/* all of them; goes with the arena */
};

/* FZ_BAD_REQUEST with *why naming the claim, never its value. */
enum fz_err	 oauth_id_token_read(struct arena *, const char *text,
		    const struct oauth_id_token_want *, struct oauth_id_token *,
		    struct why *) MUST_CHECK;
/* A subject in a reply: 1 to OAUTH_SUBJECT_MAX bytes; NULL if it is none. */
const char	*oauth_id_token_subject(const json_t *);

#endif
