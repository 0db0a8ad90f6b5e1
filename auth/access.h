/*
 * Who may call a row of the route table.  Keys: Authorization Bearer, or Basic with the
 * key as password.  Without that header the session of a cookie counts, if there is one,
 * and else a caller is anonymous.
 *
 * Thread contract: any thread; works on its request.
 */
#ifndef AUTH_ACCESS_H
#define AUTH_ACCESS_H

#include <stdbool.h>

#include "base/request.h"
#include "base/response.h"
#include "base/route.h"

/*
 * Establish rq->caller.  FZ_INVALID_API_KEY for an Authorization header that is malformed
 * or holds an unknown or expired key; no credentials at all is FZ_OK and anonymous.  On an
 * app's host (rq->site) that header is the app's and is not read.  On any failure the
 * caller is anonymous.
 */
enum fz_err	 access_identify(struct request *, struct response *) MUST_CHECK;
/*
 * May rq->caller call this row?  FZ_UNAUTHORIZED, FZ_SESSION_EXPIRED, FZ_FORBIDDEN,
 * FZ_REAUTH_REQUIRED, FZ_SCOPE_REQUIRED (details scope).  A key whose scope is limited to
 * an app passes here and is judged by access_app in the handler.
 */
enum fz_err	 access_check(struct request *, struct response *, const struct route *)
		    MUST_CHECK;
/*
 * May a key limited to apps act on this one?  names: app uid and its aliases,
 * NULL-ended.  rq->route must be set.  Callers without a key and unlimited keys: FZ_OK.
 */
enum fz_err	 access_app(struct request *, struct response *, const char *const *names)
		    MUST_CHECK;
/* Is the key limited to single apps for the row's scope (may not list, create)? */
bool		 access_limited(const struct request *);
/*
 * The role a caller acts with on rows about people: a session's own; a key with scope admin
 * an owner's, any other key that has come so far an admin's.
 */
enum role	 access_rank(const struct request *);
/*
 * May the caller give somebody this role?  Nobody gives one above their own (FZ_FORBIDDEN); a
 * key without scope admin gives "user" only (FZ_SCOPE_REQUIRED): with an admin's session it
 * could do what it has no scope for.
 */
enum fz_err	 access_may_give(struct request *, struct response *, const char *role)
		    MUST_CHECK;

#endif
