/*
 * Where the endpoints of an OpenID provider are (OpenID Connect Discovery 1.0), remembered
 * for an hour, a failure for half a minute.
 *
 * Thread contract: any thread; oauth_discover waits for the provider until the deadline.
 */
#ifndef AUTH_OAUTH_DISCOVER_H
#define AUTH_OAUTH_DISCOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

#define OAUTH_DISCOVER_GOOD_MS (3600LL * 1000)
#define OAUTH_DISCOVER_BAD_MS (30LL * 1000)

struct oauth_server {
	const char	*authorize;
	const char	*token;
	const char	*userinfo;	/* "" = none */
	bool secret_in_body;            /* client_secret_post, not client_secret_basic */
	bool		 sends_iss;	/* RFC 9207 */
};

struct oauth_discover;

struct oauth_discover *oauth_discover_new(void);
void		 oauth_discover_free(struct oauth_discover *);

/* What is remembered at this time (clock_mono_ms).  FZ_AGAIN: ask. */
enum fz_err	 oauth_discover_known(struct oauth_discover *, struct arena *,
		    const char *issuer, const char *says, int64_t now,
		    struct oauth_server *, struct why *) MUST_CHECK;
/* Ask and remember.  says: the issuer that must stand in the document. */
enum fz_err	 oauth_discover_ask(struct oauth_discover *, struct arena *,
		    const char *issuer, const char *says, const char *ca_file,
		    int64_t deadline, struct oauth_server *, struct why *) MUST_CHECK;
/* Pure: the document.  FZ_SERVICE_UNAVAILABLE for one that cannot be used. */
enum fz_err	 oauth_discover_parse(struct arena *, const char *text, size_t len,
		    const char *says, struct oauth_server *, struct why *) MUST_CHECK;

#endif
