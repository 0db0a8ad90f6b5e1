/*
 * What providers say of a person, in the words of each, made into one form.  All of it is
 * text to be shown, cut to size and without control characters; only the subject means
 * something.
 *
 * Thread contract: pure functions; results live in the arena.
 */
#ifndef AUTH_OAUTH_PROFILE_H
#define AUTH_OAUTH_PROFILE_H

#include <jansson.h>

#include "auth/oauth.h"
#include "base/mem.h"

/*
 * Claims of an ID token or of the userinfo endpoint: fills of email, email_verified, name
 * and picture what *p has not yet.
 */
void		 oauth_profile_claims(struct arena *, const json_t *claims,
		    struct oauth_person *p);
/* GET /user and GET /user/emails.  FZ_BAD_REQUEST for what these are not. */
enum fz_err	 oauth_profile_github(struct arena *, const json_t *user,
		    const json_t *emails, struct oauth_person *, struct why *) MUST_CHECK;
/* GET /users/@me. */
enum fz_err	 oauth_profile_discord(struct arena *, const json_t *user,
		    struct oauth_person *, struct why *) MUST_CHECK;

#endif
