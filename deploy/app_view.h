/*
 * What the HTTP faces of apps share: finding {app}, and an app as JSON.
 * Thread contract: as the request.
 */
#ifndef DEPLOY_APP_VIEW_H
#define DEPLOY_APP_VIEW_H

#include <jansson.h>

#include "base/request.h"
#include "base/response.h"
#include "store/app.h"

/* The app of this name (id, alias or title) that the caller may act on; errors told in *rs. */
enum fz_err	 app_named(struct request *, struct response *, struct reader *,
		    const char *ref, struct app *) MUST_CHECK;
/* The one that the route's {app} names. */
enum fz_err	 app_param(struct request *, struct response *, struct reader *,
		    struct app *) MUST_CHECK;
/* The object `App` of the contract (3.2), aliases included. */
enum fz_err	 app_view(struct request *, struct reader *, const struct app *,
		    json_t **) MUST_CHECK;
/* May this key act on this app?  "deploy:blog" names an alias or an app id. */
enum fz_err	 app_allowed(struct request *, struct response *, struct reader *,
		    const struct app *) MUST_CHECK;

#endif
