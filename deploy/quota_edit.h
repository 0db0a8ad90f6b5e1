/*
 * Changing the quotas of an app over HTTP, and refusing what exceeds them.
 * Thread contract: pure but for quota_edit_check_tree, which is as its reader.
 */
#ifndef DEPLOY_QUOTA_EDIT_H
#define DEPLOY_QUOTA_EDIT_H

#include <jansson.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/response.h"
#include "store/app.h"
#include "store/quota.h"

/*
 * Lay the object `wanted` over the stored text: a number sets, null goes back to the
 * default.  *out is the new text in the arena.  FZ_VALIDATION_FAILED for a name that is
 * no quota and for numbers out of range, told in *rs.
 */
enum fz_err	 quota_edit_merge(struct arena *, struct response *rs, const char *stored,
		    const json_t *wanted, const char **out) MUST_CHECK;
/*
 * Does the app, whose newest version is written in this transaction and has `files`
 * files, stay within "files" and "disk_bytes"?  FZ_QUOTA_EXCEEDED with details quota, limit,
 * used.
 */
enum fz_err	 quota_edit_check_tree(struct reader *, struct response *rs,
		    const struct app *, int64_t files) MUST_CHECK;
/* FZ_QUOTA_EXCEEDED with those details. */
enum fz_err	 quota_edit_exceeded(struct response *rs, const char *quota, int64_t limit,
		    int64_t used);

#endif
