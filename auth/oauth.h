/*
 * Sign-in with a provider: OAuth 2.0 (RFC 6749, 7636, 9207, 9700) for github and discord,
 * OpenID Connect Core 1.0 with discovery for google, microsoft and every other name
 * (docs/contract.md 4.4).
 *
 * Thread contract: any thread; calls wait for the provider up to their deadline, at most a
 * quarter of the workers at once, three quarters of those for one provider.
 */
#ifndef AUTH_OAUTH_H
#define AUTH_OAUTH_H

#include "base/request.h"
#include "store/provider.h"

struct oauth;

/* workers: threads that may run requests.  Holds what discovery found, for an hour. */
struct oauth	*oauth_new(unsigned workers);
void		 oauth_free(struct oauth *);

/* What a provider says of the person. */
struct oauth_person {
	const char	*issuer;	/* "github", "discord", or iss of the ID token */
	const char	*subject;
	const char	*email;		/* "" = none */
	bool		 email_verified;
	const char	*name;
	const char	*picture;	/* https URL or "" */
};

/*
 * The URL to send the browser to; the state row is written (bound to pre).  link_user: add
 * the identity to this user instead of signing in, 0 = sign in.  FZ_PROVIDER_NOT_FOUND for
 * unknown and disabled ones, FZ_SERVICE_UNAVAILABLE or FZ_TIMEOUT when discovery fails,
 * FZ_OVERLOADED when too many wait.
 */
enum fz_err	 oauth_begin(struct request *, const char *provider, const char *pre,
		    const char *target, int64_t link_user, const char **url,
		    struct why *) MUST_CHECK;
/*
 * The provider sent the browser back with these arguments.  FZ_BAD_REQUEST for everything
 * that is not exactly what must come (*why is for the log, never provider text);
 * FZ_PAYLOAD_TOO_LARGE for replies past 64 KiB; FZ_SERVICE_UNAVAILABLE, FZ_TIMEOUT,
 * FZ_OVERLOADED as above.  The state is used up whatever comes of it; *state is filled as
 * soon as it was this browser's and this provider's, even if the rest fails.
 */
enum fz_err	 oauth_finish(struct request *, const char *provider,
		    struct oauth_state *, struct oauth_person *, struct why *) MUST_CHECK;

#endif
