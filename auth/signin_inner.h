/*
 * What the two halves of a sign-in share: its end on AUTH or ADMIN (signin.c) and the
 * hand-off to another host (signin_handoff.c).  Private to them.
 *
 * Thread contract: any thread; works on its request.
 */
#ifndef AUTH_SIGNIN_INNER_H
#define AUTH_SIGNIN_INNER_H

#include <string.h>

#include "auth/session_cookie.h"
#include "auth/user_view.h"
#include "base/request.h"
#include "store/session.h"
#include "store/user.h"

#define SIGNIN_MINUTE_MS 60000LL
/* So long after a sign-in the password counts as just proven. */
#define SIGNIN_FRESH_MS (10 * SIGNIN_MINUTE_MS)

/* A session on its way: its row, and the token its cookie will hold. */
struct signin_made {
	enum session_cookie cookie;
	struct session	 row;
	char		 token[SESSION_TOKEN_LEN + 1];
};

/* A transaction; with the reserve for admins, who must get in while the disk is full. */
enum fz_err	 signin_begin(struct request *, bool reserve, struct writer **) MUST_CHECK;
/*
 * Add the session m->cookie asks for on this host; m->row.fresh is the caller's.  parent
 * may be NULL or have id 0.
 */
enum fz_err	 signin_make(struct request *, struct writer *, struct signin_made *m,
		    const struct user *, const struct session *parent, bool remember,
		    int64_t now) MUST_CHECK;
/* The browser shall hold it from now on: after the commit. */
void		 signin_hand_out(struct request *, struct response *,
		    const struct signin_made *);
/* End the session that was behind a cookie, if any. */
enum fz_err	 signin_retire(struct writer *, const struct session *old) MUST_CHECK;
/* An audit row; provider NULL = not about one, "" = password. */
void		 signin_audit(struct request *, const char *action, const struct session *,
		    const char *provider);

static inline bool
signin_is_admin(const struct user *u)
{
	return user_view_role(u->role) >= ROLE_ADMIN;
}

#endif
