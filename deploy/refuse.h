/*
 * How an archive is refused: the same words and details wherever it is noticed.
 * Thread contract: works on its response.
 */
#ifndef DEPLOY_REFUSE_H
#define DEPLOY_REFUSE_H

#include "base/response.h"

/* FZ_ARCHIVE_UNSAFE with details entry and reason.  entry: any bytes, NULL = the whole. */
enum fz_err	 refuse_entry(struct response *, const char *entry, const char *reason);
/* FZ_ARCHIVE_INVALID with a reason for people; entry as above. */
enum fz_err	 refuse_archive(struct response *, const char *entry, const char *reason);

#endif
