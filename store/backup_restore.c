/*
 * Restoring never overwrites.  The old file and its WAL are one thing: both are renamed
 * before the copy takes the name, and a WAL without a file is moved away too, because
 * SQLite would replay it into the restored one.
 *
 * A file that any process has open is not restored over: a running server would go on
 * with the renamed one.  This is asked of the lock every connection in WAL mode
 * holds, not of the content, which may be damaged.
 */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/disk.h"

/* PENDING_BYTE and what follows: sqlite.org/fileformat2.html 1.2.11, lock-byte page. */
#define LOCK_START 0x40000000
#define LOCK_LEN 512

/*
 * Does any process hold SQLite's lock on the file?  The description-bound lock sees
 * our own process too, but closing the descriptor would drop this process's locks,
 * so it stays open when there are any.
 */
static bool
in_use(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = LOCK_START,
		.l_len = LOCK_LEN };
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
		return true;
	close(fd);
	return false;
}

static const char *const suffixes[] = { "", "-wal", "-shm" };
#define NSUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))

static bool
anything_there(const char *db)
{
	bool found = false;

	for (size_t i = 0; i < NSUFFIXES; i++) {
		char *name = xasprintf("%s%s", db, suffixes[i]);

		found = found || access(name, F_OK) == 0;
		free(name);
	}
	return found;
}

static enum fz_err
move_away(const char *db, struct why *why)
{
	long long now = (long long)clock_wall_ms();
	enum fz_err err = FZ_OK;

	for (size_t i = 0; i < NSUFFIXES && err == FZ_OK; i++) {
		char *from = xasprintf("%s%s", db, suffixes[i]);
		char *to = xasprintf("%s.before-restore-%lld%s", db, now, suffixes[i]);

		if (rename(from, to) != 0 && errno != ENOENT)
			err = disk_failed(why, "rename", from);
		free(to);
		free(from);
	}
	return err;
}

/* A private, synced copy; what was read is hashed against what was verified. */
static enum fz_err
copy_to(const char *path, const char *temporary, struct why *why)
{
	uint8_t before[SHA256_LEN], after[SHA256_LEN];
	enum fz_err err;
	uint64_t size;
	int fd;

	err = disk_create(temporary, &fd, why);
	if (err != FZ_OK)
		return err;
	err = disk_read(path, fd, &size, before, why);
	if (err == FZ_OK && fsync(fd) != 0)
		err = disk_failed(why, "sync", temporary);
	close(fd);
	if (err == FZ_OK)
		err = disk_read(temporary, -1, &size, after, why);
	if (err == FZ_OK && memcmp(before, after, sizeof(before)) != 0)
		err = why_set(why, FZ_IO, "the copy of %s differs from it", path);
	return err;
}

enum fz_err
backup_restore(const char *path, const char *dir, bool force, struct why *why)
{
	char *db = xasprintf("%s/data.db", dir);
	char *temporary = xasprintf("%s/data.db.restoring", dir);
	enum fz_err err;

	err = backup_verify(path, why);
	if (err == FZ_OK && !force && anything_there(db))
		err = why_set(why, FZ_CONFLICT, "%s is there already", db);
	if (err == FZ_OK && in_use(db))
		err = why_set(
		    why, FZ_CONFLICT, "%s is in use: stop the server first", db);
	if (err == FZ_OK && mkdir(dir, 0700) != 0 && errno != EEXIST)
		err = disk_failed(why, "create", dir);
	if (err == FZ_OK)
		err = copy_to(path, temporary, why);
	if (err == FZ_OK)
		err = move_away(db, why);
	if (err == FZ_OK)
		err = disk_sync(dir, O_DIRECTORY, why);
	if (err == FZ_OK && rename(temporary, db) != 0)
		err = disk_failed(why, "rename", temporary);
	if (err == FZ_OK)
		err = disk_sync(dir, O_DIRECTORY, why);
	if (err != FZ_OK)
		(void)unlink(temporary);
	free(temporary);
	free(db);
	return err;
}
