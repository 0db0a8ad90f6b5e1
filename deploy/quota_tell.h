/*
 * Which quota of an app's data is used up, for people.
 * Thread contract: as the reader and the response.
 */
#ifndef DEPLOY_QUOTA_TELL_H
#define DEPLOY_QUOTA_TELL_H

#include <stdint.h>

#include "base/response.h"
#include "store/quota.h"
#include "store/store.h"

/*
 * If err is FZ_QUOTA_EXCEEDED, put details quota, limit and used into *rs.  kind: the
 * quota that what was written counts for, "kv_keys", "docs" or "blob_bytes"; the answer
 * may be "disk_bytes", which counts for all.  Returns err.
 */
enum fz_err	 quota_tell(struct response *, struct reader *, int64_t app,
		    const struct quota *, const char *kind, enum fz_err err);

#endif
