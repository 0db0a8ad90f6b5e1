/*
 * The store says no, not why: whoever is refused gets the numbers here, from the same
 * counters.  What was refused is not known any more, so of two bounds in bytes the one
 * with less room left is named.
 */
#include "deploy/quota_tell.h"

#include <string.h>

#include "deploy/quota_edit.h"
#include "store/usage.h"

enum fz_err
quota_tell(struct response *rs, struct reader *rd, int64_t app, const struct quota *q,
    const char *kind, enum fz_err err)
{
	struct usage_data u;
	int64_t bytes;

	if (err != FZ_QUOTA_EXCEEDED || usage_of_data(rd, app, &u) != FZ_OK)
		return err;
	bytes = u.kv_bytes + u.doc_bytes + u.object_bytes;
	if (strcmp(kind, "kv_keys") == 0 && u.kv_keys >= q->kv_keys)
		return quota_edit_exceeded(rs, kind, q->kv_keys, u.kv_keys);
	if (strcmp(kind, "docs") == 0 && u.docs >= q->docs)
		return quota_edit_exceeded(rs, kind, q->docs, u.docs);
	if (strcmp(kind, "blob_bytes") == 0 &&
	    q->blob_bytes - u.object_bytes <= q->disk_bytes - bytes)
		return quota_edit_exceeded(rs, kind, q->blob_bytes, u.object_bytes);
	return quota_edit_exceeded(rs, "disk_bytes", q->disk_bytes, bytes);
}
