/*
 * The central directory of a zip archive, read and proven against the local headers
 * before a byte is inflated.  APPNOTE 6.3.3, without multi-disk, encryption and the
 * 64-bit end record, which nothing below 4 GiB needs (64-bit extra fields, as writers to
 * a pipe make them, are read).
 *
 * Thread contract: one thread; results live in the arena.
 */
#ifndef DEPLOY_ZIPDIR_H
#define DEPLOY_ZIPDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/response.h"
#include "base/spool.h"

enum { ZIPDIR_STORED = 0, ZIPDIR_DEFLATED = 8 };

struct zipdir_entry {
	const char	*name;		/* UTF-8 unchecked, no NUL, without a final slash */
	bool		 folder;
	int		 method;	/* ZIPDIR_* */
	uint32_t	 crc;
	uint64_t	 packed;	/* bytes in the archive */
	uint64_t	 size;		/* bytes announced */
	uint64_t	 header;	/* of the local header, from the archive's start */
	uint64_t	 data;		/* of the packed bytes, likewise */
};

struct zipdir {
	struct zipdir_entry *v;		/* in the order of their bytes */
	size_t		 n;
};

/*
 * Read the directory of the archive at [off, off+len) of the spool.  On FZ_OK: at most
 * LIMIT_ENTRIES entries, each a plain file or folder, their bytes inside the archive and
 * apart from each other, each told the same by both headers.  FZ_ARCHIVE_INVALID,
 * FZ_ARCHIVE_UNSAFE (details in *rs), FZ_IO.
 */
enum fz_err	 zipdir_read(struct arena *, struct response *rs, const struct spool *,
		    uint64_t off, uint64_t len, struct zipdir *) MUST_CHECK;

#endif
