/*
 * Does this person know the password?  The one way a password is checked, with all that it
 * costs: the limit by client, the work for names that nobody has, the delay by account.
 *
 * Thread contract: any thread that holds neither reader nor writer; works on its request.
 */
#ifndef AUTH_PROVE_H
#define AUTH_PROVE_H

#include <stdbool.h>

#include "base/request.h"
#include "base/response.h"
#include "store/user.h"

/*
 * u NULL: nobody has the name that was given; the same work, and no.  Disabled users and
 * those without a password are refused like a wrong one.  A right one that was hashed
 * with less work than is due is hashed anew, in u too.  FZ_INVALID_CREDENTIALS,
 * FZ_RATE_LIMIT_EXCEEDED, FZ_OVERLOADED (counts for nothing).  Sets rs->not_before.
 */
enum fz_err	 prove_password(struct request *, struct response *, struct user *u,
		    const char *name, const char *password) MUST_CHECK;
/* Is it still the password that was proven?  Ask inside the transaction that relies on it. */
bool		 prove_same(const struct user *was, const struct user *is);

#endif
