/*
 * tar, tar.gz and tar.zst into a staging.
 * Thread contract: one thread an archive.
 */
#ifndef DEPLOY_TARBALL_H
#define DEPLOY_TARBALL_H

#include <stdint.h>

#include "base/spool.h"
#include "deploy/staging.h"

enum tarball_packing { TARBALL_PLAIN, TARBALL_GZIP, TARBALL_ZSTD };

/* As archive_read_into (deploy/archive.h), the packing being known. */
enum fz_err	 tarball_read_into(struct staging *, struct response *, const struct spool *,
		    uint64_t off, uint64_t len, enum tarball_packing) MUST_CHECK;

#endif
