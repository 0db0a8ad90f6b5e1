/*
 * Sign-in providers, the identities they vouch for, and sign-ins on their way.  An identity
 * is (provider, issuer, subject); an e-mail address is text.
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_PROVIDER_H
#define STORE_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/seal.h"
#include "store/store.h"
#include "store/user.h"

#define PROVIDERS_MAX 50

struct provider {
	const char	*name;		/* google github discord microsoft, or another */
	const char	*display_name;
	const char	*client_id;
	const char	*client_secret;	/* opened; NULL when not asked for or not set */
	bool		 has_secret;
	const char	*issuer;	/* "" for the built-in ones */
	const char	*scopes;	/* "" = the standard ones */
	bool		 enabled;
	int64_t		 updated;
};

/* seal NULL: leave the secret closed.  FZ_PROVIDER_NOT_FOUND; FZ_CORRUPT when the key does
 * not open the secret. */
enum fz_err	 provider_get(struct reader *, struct arena *, const struct seal *,
		    const char *name, struct provider *) MUST_CHECK;
enum fz_err	 provider_list(struct reader *, struct arena *, struct provider **v, size_t *n)
		    MUST_CHECK;
/*
 * client_secret NULL keeps the stored one, "" removes it.  FZ_SERVICE_UNAVAILABLE to keep a
 * secret without a master key (seal NULL), FZ_LIMIT_EXCEEDED past PROVIDERS_MAX.
 */
enum fz_err	 provider_put(struct writer *, const struct seal *, const struct provider *,
		    int64_t now) MUST_CHECK;

struct identity {
	const char	*provider;
	const char	*issuer;
	const char	*subject;
	const char	*email;
	int64_t		 user;
	int64_t		 created;
	int64_t		 last_login;
};
/* FZ_USER_NOT_FOUND when nobody has it. */
enum fz_err	 provider_identity(struct reader *, struct arena *, const char *provider,
		    const char *issuer, const char *subject, struct identity *) MUST_CHECK;
/*
 * Takes provider, issuer, subject, email and user; for an identity this user has already,
 * notes e-mail and sign-in.  FZ_CONFLICT when it belongs to another user.
 */
enum fz_err	 provider_link(struct writer *, const struct identity *, int64_t now)
		    MUST_CHECK;
enum fz_err	 provider_identities(struct reader *, struct arena *, int64_t user,
		    struct identity **v, size_t *n) MUST_CHECK;
/* Does a provider vouch for the e-mail address of this user? */
enum fz_err	 provider_vouch(struct writer *, int64_t user, bool) MUST_CHECK;

struct oauth_state {
	const char	*provider;
	const char	*pre;		/* SHA-256 of the cookie on AUTH, hex */
	const char	*nonce;
	const char	*verifier;	/* PKCE; sealed at rest */
	const char	*target;	/* JSON of auth/signin.h */
	int64_t		 link_user;	/* 0 = none */
	int64_t		 expires;
};
/* FZ_SERVICE_UNAVAILABLE without a master key (seal NULL). */
enum fz_err	 provider_state_add(struct writer *, const struct seal *,
		    const uint8_t hash[SHA256_LEN], const struct oauth_state *) MUST_CHECK;
/*
 * Use it up: the row is gone whatever comes of it, so commit in any case.  FZ_NOT_FOUND when
 * unknown, used or expired; FZ_CORRUPT when the key does not open the verifier.
 */
enum fz_err	 provider_state_take(struct writer *, struct arena *, const struct seal *,
		    const uint8_t hash[SHA256_LEN], int64_t now, struct oauth_state *)
		    MUST_CHECK;

#endif
