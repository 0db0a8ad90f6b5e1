/*
 * The platform's cookies, and who a request's session is (docs/contract.md 4.1, 4.6).
 *
 *	__Host-fazt_admin	ADMIN	Secure HttpOnly SameSite=Strict
 *	__Host-fazt_sso		AUTH	Secure HttpOnly SameSite=Lax
 *	__Host-fazt		apps	Secure HttpOnly SameSite=Lax
 *	__Host-fazt_pre		any	Secure HttpOnly SameSite=Lax, ten minutes
 *
 * In development on plain http the names lose __Host- and the attribute Secure.  Two
 * cookies of one name count as none.  Max-Age is the absolute end of the session; idle
 * time is counted by the table alone.
 *
 * Thread contract: any thread; works on its request.
 */
#ifndef AUTH_SESSION_COOKIE_H
#define AUTH_SESSION_COOKIE_H

#include <stdbool.h>

#include "base/request.h"
#include "base/response.h"
#include "store/session.h"

enum session_cookie { COOKIE_ADMIN, COOKIE_SSO, COOKIE_APP, COOKIE_PRE };

#define SESSION_TOKEN_LEN 43		/* base64url of 256 bits */

/* The one value of that cookie, or NULL (none, several, malformed). */
const char	*session_cookie_get(struct request *, enum session_cookie);
/* value NULL clears it; max_age in seconds. */
void		 session_cookie_set(struct request *, struct response *, enum session_cookie,
		    const char *value, int64_t max_age);
/*
 * Establish rq->caller from the cookie of this host: the admin session on ADMIN; the sso
 * session on AUTH, which counts on an ADMIN that is AUTH for /auth/ and /device alone when
 * there is no admin cookie, and on a DOMAIN that is AUTH for /auth/ alone; else the app
 * session.  An sso session makes a ROLE_USER whatever its user is.  Does nothing when an
 * API key has been established.  A bad or ended cookie is no failure: the caller is
 * anonymous.  Notes the use in the background.  *out (may be NULL) is the session; its id
 * is 0 when there is none.
 */
enum fz_err	 session_cookie_identify(struct request *, struct session *out) MUST_CHECK;
/* Is the session that would say who calls known, but over?  For the reason of a 401. */
bool		 session_cookie_over(struct request *);
/* The session of that cookie on this host; id 0 = none. */
enum fz_err	 session_cookie_read(struct request *, enum session_cookie,
		    struct session *out) MUST_CHECK;
/* The sso session of a request on AUTH, whatever other cookie it has; id 0 = none. */
enum fz_err	 session_cookie_sso(struct request *, struct session *out) MUST_CHECK;
/* A new token: its text for the cookie and its hash for the table. */
void		 session_cookie_token(char text[SESSION_TOKEN_LEN + 1],
		    uint8_t hash[SHA256_LEN]);
/*
 * SHA-256 (hex, arena) of this browser's pre cookie on this host, which is set when there is
 * none yet, and else set again with its value, so that sign-ins in two tabs do not disturb
 * each other.
 */
const char	*session_cookie_pre(struct request *, struct response *);
/* Is `hash` (hex) that of this browser's pre cookie?  Constant time. */
bool		 session_cookie_pre_is(struct request *, const char *hash);
/*
 * May this request change something on the strength of a cookie (docs/contract.md 4.6)?
 * Sec-Fetch-Site must be same-origin; if absent, Origin must be this host's own; with
 * neither only a row with ROUTE_SIGN_IN passes.  FZ_CSRF_REJECTED.
 */
enum fz_err	 session_cookie_csrf(struct request *, struct response *) MUST_CHECK;

#endif
