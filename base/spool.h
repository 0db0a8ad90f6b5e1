/*
 * A request body or a generated document at rest: the first 64 KiB in memory,
 * from then on an unlinked file in the state folder (O_TMPFILE), so a large body
 * costs disk and never memory, and vanishes with the process.
 *
 * Errors: FZ_PAYLOAD_TOO_LARGE past max, FZ_STORAGE_FULL when the disk is full, FZ_IO.
 * Thread contract: owned by one thread at a time; may be handed over.
 */
#ifndef BASE_SPOOL_H
#define BASE_SPOOL_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct spool;

/* dir: folder for the file, borrowed for the spool's life. */
struct spool	*spool_new(const char *dir, uint64_t max);
void		 spool_free(struct spool *);
enum fz_err	 spool_add(struct spool *, const void *, size_t) MUST_CHECK;
uint64_t	 spool_size(const struct spool *);
/* All bytes in memory, NUL-terminated, or NULL once they are in a file. */
const char	*spool_data(const struct spool *);
/* The file, or -1 while in memory.  Borrowed; use pread(2) only. */
int		 spool_fd(const struct spool *);
/* Up to n bytes at off; 0 at the end, -1 with errno. */
ssize_t		 spool_read(const struct spool *, uint64_t off, void *, size_t n);

#endif
