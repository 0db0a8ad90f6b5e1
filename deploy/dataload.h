/*
 * Data of an archive into an app: the other side of deploy/datadump.h.
 *
 * Lines are written in many short transactions.  A new app is best filled while nobody
 * sees it.  In an app that has data already, what the archive holds takes the place of
 * what has the same key, id or path, and everything else stays; there an error in the
 * middle leaves what was written so far.
 *
 * Thread contract: as the request.
 */
#ifndef DEPLOY_DATALOAD_H
#define DEPLOY_DATALOAD_H

#include <stddef.h>
#include <stdint.h>

#include "base/request.h"
#include "base/response.h"
#include "store/quota.h"
#include "store/version.h"

struct dataload {
	const struct file *v;		/* of the archive: "data/..." and "blobs/..." */
	size_t		 n;
	int64_t		 app;
	struct quota	 quota;
	/* written */
	int64_t		 kv;
	int64_t		 docs;
	int64_t		 blobs;
	int64_t		 skipped;	/* rows of users this node does not know */
};

/*
 * The upload that holds the files stays open meanwhile.  FZ_ARCHIVE_INVALID with file and
 * line, FZ_HASH_MISMATCH for a blob that is not there, FZ_QUOTA_EXCEEDED,
 * FZ_DS_DUPLICATE, told in *rs.
 */
enum fz_err	 dataload_run(struct request *, struct response *, struct dataload *)
		    MUST_CHECK;

#endif
