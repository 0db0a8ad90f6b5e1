/*
 * What the C library needs three lines for, with an error that names the path, so that
 * backup and restore read as what they do.
 */
#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "store/parts.h"

enum fz_err
disk_failed(struct why *why, const char *doing, const char *path)
{
	int e = errno;

	return why_set(why, e == ENOSPC || e == EDQUOT ? FZ_STORAGE_FULL : FZ_IO,
	    "cannot %s %s: %s", doing, path, strerrordesc_np(e));
}

enum fz_err
disk_sync(const char *path, int flags, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	enum fz_err err = FZ_OK;

	if (fd < 0)
		return disk_failed(why, "open", path);
	if (fsync(fd) != 0)
		err = disk_failed(why, "sync", path);
	close(fd);
	return err;
}

enum fz_err
disk_read(const char *path, int to, uint64_t *size, uint8_t sha[SHA256_LEN],
    struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum fz_err err = FZ_OK;
	struct sha256 *hash;
	char *piece;
	ssize_t n;

	if (fd < 0)
		return disk_failed(why, "open", path);
	piece = xmalloc(LIMIT_CHUNK);
	hash = sha256_new();
	*size = 0;
	for (n = read(fd, piece, LIMIT_CHUNK); n > 0; n = read(fd, piece, LIMIT_CHUNK)) {
		sha256_add(hash, piece, (size_t)n);
		*size += (uint64_t)n;
		if (to >= 0 && write(to, piece, (size_t)n) != n) {
			err = disk_failed(why, "copy", path);
			break;
		}
	}
	if (n < 0)
		err = disk_failed(why, "read", path);
	sha256_take(hash, sha);
	sha256_free(hash);
	free(piece);
	close(fd);
	return err;
}

enum fz_err
disk_create(const char *path, int *fd, struct why *why)
{
	(void)unlink(path);
	*fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return *fd < 0 ? disk_failed(why, "create", path) : FZ_OK;
}

enum fz_err
disk_room(const char *dir, uint64_t bytes, struct why *why)
{
	uint64_t room, need = bytes + STORE_RESERVE;
	struct statvfs fs;

	if (statvfs(dir, &fs) != 0)
		return disk_failed(why, "look at", dir);
	room = fs.f_bavail * fs.f_frsize;
	if (fs.f_blocks > 0 && room < need)
		return why_set(why, FZ_STORAGE_FULL,
		    "%s has %llu MiB free, %llu MiB are needed", dir,
		    (unsigned long long)(room / MIB), (unsigned long long)(need / MIB));
	return FZ_OK;
}
