/*
 * The inside of a staging, for the files staging*.c alone.
 * Thread contract: as staging.h.
 */
#ifndef DEPLOY_STAGING_IMPL_H
#define DEPLOY_STAGING_IMPL_H

#include "deploy/staging.h"
#include "store/upload.h"

struct staging {
	struct store	*store;
	struct arena	*arena;		/* names and warnings live here */
	char		 upload[UPLOAD_ID_LEN + 1];
	bool		 keep;		/* delta, or committed: not ours to drop */
	struct file	*v;
	size_t		 n;
	size_t		 cap;
	uint64_t	 total;		/* bytes of all files */
	struct blob_in	*in;		/* the file begun, NULL between files */
	const char	*path;		/* of it */
	uint64_t	 got;
	json_t		*warnings;	/* array of {file, line, column, message} */
	size_t		 unsaid;	/* warnings beyond the ones kept */
};

#endif
