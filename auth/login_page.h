/*
 * The sign-in page: name and password, and a link for each provider that is enabled.
 *
 * Thread contract: works on its request.
 */
#ifndef AUTH_LOGIN_PAGE_H
#define AUTH_LOGIN_PAGE_H

#include "auth/signin.h"
#include "base/request.h"
#include "base/response.h"

/*
 * Answer with the page, on AUTH or ADMIN.  alert: what went wrong, or for a status below
 * 400 why it is shown, NULL = nothing to say; username: what stands in the field, NULL =
 * nothing.  Errors are those of the store.
 */
enum fz_err	 login_page(struct request *, struct response *,
		    const struct signin_target *, int status, const char *alert,
		    const char *username) MUST_CHECK;

#endif
