/*
 * Files beside the database, for backups: synced, hashed, named in errors.  Never
 * used on a file that a connection of this process has open: closing any descriptor
 * of it would drop the process's locks (fcntl(2)).
 *
 * Thread contract: any thread.
 */
#ifndef STORE_DISK_H
#define STORE_DISK_H

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

/* "cannot DOING PATH: errno's text"; FZ_STORAGE_FULL or FZ_IO. */
enum fz_err	 disk_failed(struct why *, const char *doing, const char *path);
/* fsync a file, or a folder with flags O_DIRECTORY. */
enum fz_err	 disk_sync(const char *path, int flags, struct why *) MUST_CHECK;
/* Size and SHA-256 of a file; copied to the descriptor `to` on the way unless -1. */
enum fz_err	 disk_read(const char *path, int to, uint64_t *size,
		    uint8_t sha[SHA256_LEN], struct why *) MUST_CHECK;
/* A new empty file of mode 0600, in the place of an old one. */
enum fz_err	 disk_create(const char *path, int *fd, struct why *) MUST_CHECK;
/* Is there room for so many bytes and the reserve? */
enum fz_err	 disk_room(const char *dir, uint64_t bytes, struct why *) MUST_CHECK;

#endif
