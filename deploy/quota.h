/*
 * Quotas of an app: what it may use, where its owner has set something else than the
 * default.  Stored with the app as one JSON object.
 * Thread contract: pure.
 */
#ifndef DEPLOY_QUOTA_H
#define DEPLOY_QUOTA_H

#include <jansson.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/response.h"

/*
 * Lay the object `wanted` over the stored text: a number sets, null goes back to the
 * default.  *out is the new text in the arena.  FZ_VALIDATION_FAILED for a name that is
 * no quota and for numbers out of range, told in *rs.
 */
enum fz_err	 quota_merge(struct arena *, struct response *rs, const char *stored,
		    const json_t *wanted, const char **out) MUST_CHECK;
/* The number that applies: stored, else the default.  name is one of the table's. */
int64_t		 quota_limit(const char *stored, const char *name);

#endif
