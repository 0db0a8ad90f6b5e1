/*
 * The provider sent the browser back with a code: who is it?  Private to auth/oauth*.c.
 *
 * Thread contract: as its request; waits for the provider until the flow's deadline.
 */
#ifndef AUTH_OAUTH_REDEEM_H
#define AUTH_OAUTH_REDEEM_H

#include "auth/oauth_flow.h"

/*
 * f->server, f->state and f->code are set.  FZ_BAD_REQUEST for everything that is not as it
 * must be; FZ_TIMEOUT, FZ_PAYLOAD_TOO_LARGE, FZ_SERVICE_UNAVAILABLE from the calls.
 */
enum fz_err	 oauth_redeem(struct oauth_flow *, struct oauth_person *, struct why *)
		    MUST_CHECK;

#endif
