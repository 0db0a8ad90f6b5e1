/*
 * User as JSON (docs/contract.md 3.1): times are unix seconds.
 * Thread contract: pure.
 */
#ifndef AUTH_USER_VIEW_H
#define AUTH_USER_VIEW_H

#include <jansson.h>

#include "base/request.h"
#include "base/response.h"
#include "store/user.h"

/* {"id","email","name","picture","provider","role","created_at",...}; a new reference. */
json_t		*user_view(const struct user *);
/* The user of rq->caller, read again.  FZ_USER_NOT_FOUND without a session. */
enum fz_err	 user_view_caller(struct request *, struct user *) MUST_CHECK;
enum role	 user_view_role(const char *role);
/* FZ_VALIDATION_FAILED (field "email") unless it looks like one: one @, 3-254 bytes, no
 * blanks or control bytes.  In lower case (ASCII), in the arena. */
enum fz_err	 user_view_email(struct response *, struct arena *, const char *,
		    const char **out) MUST_CHECK;

#endif
