/*
 * One sign-in with a provider on its way through oauth.c (the state) and oauth_redeem.c
 * (what a code is worth).  Private to auth/oauth*.c.
 *
 * Thread contract: as its request.
 */
#ifndef AUTH_OAUTH_FLOW_H
#define AUTH_OAUTH_FLOW_H

#include "auth/oauth.h"
#include "auth/oauth_discover.h"
#include "auth/oauth_kind.h"
#include "base/buf.h"

struct oauth_flow {
	struct request	*rq;
	const struct oauth_kind *kind;
	struct provider	 provider;	/* with its secret */
	const char	*issuer;	/* as configured */
	const char *says; /* the issuer in its documents, perhaps a template */
	struct oauth_server server;
	struct oauth_state state;
	const char	*code;
	int64_t		 deadline;	/* clock_mono_ms, of all calls together */
};

/*
 * The provider's row and what is known of its kind.  FZ_PROVIDER_NOT_FOUND for a disabled
 * one too; FZ_SERVICE_UNAVAILABLE on a node that cannot seal.
 */
enum fz_err	 oauth_flow_open(struct oauth_flow *, struct request *, const char *name,
		    struct why *) MUST_CHECK;
/* Where the provider sends the browser back to, the same for all of its sign-ins. */
const char	*oauth_flow_callback(const struct oauth_flow *);
/* Append name=value to an encoded list. */
void		 oauth_flow_arg(struct arena *, struct buf *, const char *name,
		    const char *value);
/* An argument of the request that came exactly once (RFC 6749 3.1), 1 to max bytes; else
 * NULL. */
const char	*oauth_flow_once(struct request *, const char *name, size_t max);

#endif
