/*
 * Archives into a staging: zip, tar, tar.gz, tar.zst, told apart by magic bytes.  zip is
 * read by zipdir.c and zlib, the others by tarball.c and libarchive.  Neither library
 * checks names; staging does.  Refused here: symlinks, hard links, devices, encryption,
 * overlapping or lying zip entries, inflated sizes and ratios beyond base/limits.h
 * (counted as bytes come out, never believed from headers).
 *
 * Thread contract: one thread an archive.
 */
#ifndef DEPLOY_ARCHIVE_H
#define DEPLOY_ARCHIVE_H

#include <stdint.h>

#include "base/spool.h"
#include "deploy/staging.h"

/*
 * Read bytes [off, off+len) of the spool as an archive into st; at least one file.
 * FZ_ARCHIVE_INVALID, FZ_ARCHIVE_UNSAFE (details entry, reason), FZ_STORAGE_FULL.
 */
enum fz_err	 archive_read_into(struct staging *, struct response *rs,
		    const struct spool *, uint64_t off, uint64_t len) MUST_CHECK;

#endif
