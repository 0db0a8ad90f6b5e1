/*
 * Making apps: the name that is wished for, and the rows.
 * Thread contract: as the request and the writer.
 */
#ifndef DEPLOY_APP_MAKE_H
#define DEPLOY_APP_MAKE_H

#include "base/request.h"
#include "base/response.h"
#include "deploy/templates.h"
#include "store/app.h"

/* The alias named by a member of the body; *out stays when it is absent or empty. */
enum fz_err	 app_make_wish(struct request *, struct response *, const json_t *body,
		    const char *member, bool need, const char **out) MUST_CHECK;
/*
 * Create *a (store/app.h: app_create) and its alias (NULL = none).  FZ_CONFLICT when the
 * alias is taken.
 */
enum fz_err	 app_make_in(struct request *, struct response *, struct writer *,
		    struct app *a, const char *alias) MUST_CHECK;
/* The same in a transaction of its own. */
enum fz_err	 app_make(struct request *, struct response *, struct app *a,
		    const char *alias) MUST_CHECK;
/* And live with the template's files. */
enum fz_err	 app_make_from(struct request *, struct response *,
		    const struct template *, struct app *a, const char *alias) MUST_CHECK;
/*
 * Take back an app that was just made and could not be filled.  Best effort: what
 * remains is an app without files, which can be deleted by hand.
 */
void		 app_make_undo(struct request *, int64_t id);

#endif
