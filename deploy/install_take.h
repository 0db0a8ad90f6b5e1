/*
 * A fetched repository archive into a staging, cut down to the folder that is a site.
 * Thread contract: as the request.
 */
#ifndef DEPLOY_INSTALL_TAKE_H
#define DEPLOY_INSTALL_TAKE_H

#include "deploy/install.h"
#include "deploy/staging.h"

/*
 * FZ_BUILD_REQUIRED, FZ_VALIDATION_FAILED (no such folder), FZ_ARCHIVE_*, told in *rs.
 * The staging is not to be committed then.
 */
enum fz_err	 install_take(struct request *, struct response *, struct staging *,
		    const struct spool *zip, const struct install_source *) MUST_CHECK;

#endif
