/*
 * Finding the app of a deploy, and what the caller asked of its live version.
 * Thread contract: as the request and the reader.
 */
#ifndef DEPLOY_DEPLOY_TARGET_H
#define DEPLOY_DEPLOY_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/request.h"
#include "base/response.h"
#include "store/app.h"

/*
 * Where a deploy goes.  label: an alias (".DOMAIN" is cut, lower-cased), or the title of
 * an app without alias; NULL = app_uid names an existing app.  A name nobody has stands
 * for an app to be made, unless the key is limited to apps.  Errors, also what the
 * caller may not touch, are told in *rs.
 */
struct deploy_target {
	struct app	 app;
	bool		 exists;	/* else app holds nothing */
	bool		 add_alias;	/* label is still to become its alias */
	const char	*label;		/* cleaned, or NULL */
};
enum fz_err	 deploy_target_find(struct request *, struct response *, struct reader *,
		    const char *label, const char *app_uid, struct deploy_target *)
		    MUST_CHECK;
/* If-Match against the live deploy's number (0 = none).  NULL matches. */
enum fz_err	 deploy_target_if_match(struct response *, const char *if_match,
		    int64_t live_n) MUST_CHECK;

#endif
