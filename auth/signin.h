/*
 * Where a sign-in is going, making the sessions at its end, and the hand-off of a sign-in
 * from AUTH to another host (docs/contract.md 4.3).
 *
 * Thread contract: any thread; works on its request.
 */
#ifndef AUTH_SIGNIN_H
#define AUTH_SIGNIN_H

#include <stdbool.h>

#include "base/request.h"
#include "base/response.h"
#include "store/session.h"

/* Where the visitor ends: a host of ours and a path on it. */
struct signin_target {
	const char	*host;		/* lower-case; the host of the request = stay here */
	const char	*path;		/* "/x?y#z", safe */
	const char	*pre;		/* SHA-256 hex of the cookie on that host, "" = none */
};

/*
 * A path that is safe to redirect to (docs/contract.md 4.2), else "/".  NULL is "/".  In
 * the arena, normalised not at all.
 */
const char	*signin_path(struct arena *, const char *redirect);
/*
 * The arguments redirect, app and pre of a request (query, or the fields of `body` when it is
 * not NULL).  app is an app id, an alias or a host; what is not served here counts as
 * absent.  An absolute redirect to a host we serve decides over app; hosts that are not
 * served here, other schemes and userinfo make it "/" on the host of the request.
 */
enum fz_err	 signin_target(struct request *, const json_t *body, struct signin_target *)
		    MUST_CHECK;
/* For the row of a sign-in on its way; parse is FZ_CORRUPT for anything json did not make. */
const char	*signin_target_json(struct arena *, const struct signin_target *);
enum fz_err	 signin_target_parse(struct arena *, const char *json, struct signin_target *)
		    MUST_CHECK;
/* "/auth/login?app=...&redirect=...&pre=..." for links between our own pages; provider
 * NULL or the name behind /auth/login/.  In the arena. */
const char	*signin_url(struct arena *, const struct signin_target *,
		    const char *provider);

/*
 * The user has proven who they are, on the host of this request (AUTH, or ADMIN): ends
 * the sessions of the cookies that are replaced; makes an sso session on AUTH and, on ADMIN
 * for roles admin and owner, an admin session; sets their cookies; notes the sign-in and
 * writes the audit row.  provider "" = password.  remember: the admin session idles 7 d, not
 * 12 h.  FZ_INVALID_CREDENTIALS when the password has been changed since user was read,
 * FZ_FORBIDDEN for a disabled user, and on an ADMIN that is not AUTH for role user.
 * *sso (may be NULL) is the sso session, id 0 when none was made.
 */
enum fz_err	 signin_finish(struct request *, struct response *, const struct user *,
		    const char *provider, bool remember, struct session *sso) MUST_CHECK;
/*
 * Where a browser with this sso session goes next, absolute or a path, in the arena: for
 * another host https://host/auth/complete with a new one-time code, here the target's path.
 * FZ_FORBIDDEN when the target is ADMIN and the user may not enter it.  FZ_REAUTH_REQUIRED
 * when the target is ADMIN and the sign-in is older than ten minutes: ask again.
 */
enum fz_err	 signin_next(struct request *, const struct session *sso,
		    const struct signin_target *, const char **next) MUST_CHECK;
/*
 * GET /auth/complete: trade the code for a session of this host (app session; on ADMIN an
 * admin session) and set its cookie; *path is where to go.  FZ_BAD_REQUEST for a code that
 * is unknown, used, expired, another host's or another browser's; nothing is made then.
 */
enum fz_err	 signin_complete(struct request *, struct response *, const char *code,
		    const char **path) MUST_CHECK;
/*
 * Log out on this host: ends its session, or sessions (ADMIN and AUTH on one host), and clears
 * the cookies.  all: also the sso session it was born from, and so every app session of it.
 */
enum fz_err	 signin_logout(struct request *, struct response *, bool all) MUST_CHECK;

#endif
