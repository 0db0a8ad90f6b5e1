/*
 * Quotas of an app: what it may use, where its owner has set something else than the
 * default.  Stored with the app as one JSON object.
 * Thread contract: pure but for quota_check_tree, which is as its reader.
 */
#ifndef DEPLOY_QUOTA_H
#define DEPLOY_QUOTA_H

#include <jansson.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/response.h"
#include "store/app.h"

/*
 * Lay the object `wanted` over the stored text: a number sets, null goes back to the
 * default.  *out is the new text in the arena.  FZ_VALIDATION_FAILED for a name that is
 * no quota and for numbers out of range, told in *rs.
 */
enum fz_err	 quota_merge(struct arena *, struct response *rs, const char *stored,
		    const json_t *wanted, const char **out) MUST_CHECK;
/* The number that applies: stored, else the default.  name is one of the table's. */
int64_t		 quota_limit(const char *stored, const char *name);
/*
 * Does the app, whose newest version is written in this transaction and has `files`
 * files, stay within "files" and "disk_bytes"?  FZ_QUOTA_EXCEEDED with details quota, limit,
 * used.
 */
enum fz_err	 quota_check_tree(struct reader *, struct response *rs, const struct app *,
		    int64_t files) MUST_CHECK;

#endif
