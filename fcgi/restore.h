/*
 * One app out of a backup.
 * Thread contract: main thread.
 */
#ifndef FCGI_RESTORE_H
#define FCGI_RESTORE_H

#include "base/err.h"

/*
 * Make a new app of the node in command_state() from the live version of `app` (uid,
 * alias or title) in the backup, under the alias `as`, which must be free.  Prints what was
 * made.  FZ_APP_NOT_FOUND, FZ_DEPLOY_NOT_FOUND, FZ_CONFLICT.
 */
enum fz_err	restore_app(const char *backup, const char *app, const char *as,
		    struct why *) MUST_CHECK;

#endif
