/*
 * The members of a request body that describe an app.
 * Thread contract: as the request.
 */
#ifndef DEPLOY_APP_EDIT_H
#define DEPLOY_APP_EDIT_H

#include "base/request.h"
#include "base/response.h"
#include "store/app.h"

/* title, description, tags, visibility; what is absent stays. */
enum fz_err	 app_edit_common(struct request *, struct response *, const json_t *body,
		    bool need_title, struct app *) MUST_CHECK;
/* spa, enabled, maintenance*, preview, keep_deploys, quotas; what is absent stays. */
enum fz_err	 app_edit_settings(struct request *, struct response *,
		    const json_t *body, struct app *) MUST_CHECK;

#endif
