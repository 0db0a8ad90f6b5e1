/*
 * Most bodies are small JSON: they stay in one block of memory that doubles up to
 * 64 KiB.  The first byte past that moves everything into a file without a name, so a
 * crash leaves nothing to sweep and no other process can open it.  O_TMPFILE makes
 * such a file in one step; file systems without it get a named one that is unlinked
 * at once.
 *
 * Writing uses pwrite at the known size and reading pread within it: the file offset
 * means nothing, so a reader may hold the descriptor while the owner reads elsewhere,
 * and bytes of a write that failed half-way are never seen.
 *
 * No fsync: what a spool holds has no worth after its request.
 */
#include "base/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"

#define FIRST_BLOCK 1024

struct spool {
	const char *dir;
	uint64_t max;
	uint64_t size;
	char *data; /* while in memory; NULL when empty or in the file */
	size_t cap;
	int fd;
};

struct spool *
spool_new(const char *dir, uint64_t max)
{
	struct spool *s = xcalloc(1, sizeof(*s));

	s->dir = dir;
	s->max = max <= INT64_MAX ? max : INT64_MAX;
	s->fd = -1;
	return s;
}

void
spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s->data);
	free(s);
}

static enum fz_err
disk_error(int e)
{
	return e == ENOSPC || e == EDQUOT ? FZ_STORAGE_FULL : FZ_IO;
}

static int
open_named(const char *dir)
{
	char *name = xasprintf("%s/spool-XXXXXX", dir);
	int fd = mkostemp(name, O_CLOEXEC);
	int saved = errno;

	if (fd >= 0)
		unlink(name);
	free(name);
	errno = saved;
	return fd;
}

static int
open_unlinked(const char *dir)
{
	/* O_EXCL: nobody can give it a name later. */
	int fd = open(dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	/* EISDIR and EINVAL: kernels or file systems that do not know the flag. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = open_named(dir);
	return fd;
}

static enum fz_err
write_at(int fd, const char *p, size_t n, uint64_t off)
{
	while (n > 0) {
		ssize_t done = pwrite(fd, p, n, (off_t)off);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? disk_error(errno) : FZ_IO;
		p += done;
		n -= (size_t)done;
		off += (uint64_t)done;
	}
	return FZ_OK;
}

static enum fz_err
move_to_file(struct spool *s)
{
	enum fz_err err;
	int fd = open_unlinked(s->dir);

	if (fd < 0)
		return disk_error(errno);
	err = write_at(fd, s->data, (size_t)s->size, 0);
	if (err != FZ_OK) {
		close(fd);
		return err;
	}
	free(s->data);
	s->data = NULL;
	s->cap = 0;
	s->fd = fd;
	return FZ_OK;
}

/* Room for need bytes and the NUL; need is at most LIMIT_SPOOL_MEMORY. */
static void
grow(struct spool *s, size_t need)
{
	size_t cap = s->cap > 0 ? s->cap : FIRST_BLOCK;

	while (cap < need + 1)
		cap *= 2;
	if (cap == s->cap)
		return;
	s->data = xrealloc(s->data, cap);
	s->cap = cap;
}

enum fz_err
spool_add(struct spool *s, const void *p, size_t n)
{
	enum fz_err err;

	if (n > s->max - s->size)
		return FZ_PAYLOAD_TOO_LARGE;
	if (n == 0)
		return FZ_OK;
	if (s->fd < 0 && s->size + n > LIMIT_SPOOL_MEMORY) {
		err = move_to_file(s);
		if (err != FZ_OK)
			return err;
	}
	if (s->fd >= 0) {
		err = write_at(s->fd, p, n, s->size);
		if (err != FZ_OK)
			return err;
	} else {
		grow(s, (size_t)s->size + n);
		memcpy(s->data + s->size, p, n);
		s->data[s->size + n] = '\0';
	}
	s->size += n;
	return FZ_OK;
}

uint64_t
spool_size(const struct spool *s)
{
	return s->size;
}

const char *
spool_data(const struct spool *s)
{
	if (s->fd >= 0)
		return NULL;
	return s->data != NULL ? s->data : "";
}

int
spool_fd(const struct spool *s)
{
	return s->fd;
}

ssize_t
spool_read(const struct spool *s, uint64_t off, void *p, size_t n)
{
	ssize_t got;

	if (off >= s->size || n == 0)
		return 0;
	if (n > s->size - off)
		n = (size_t)(s->size - off);
	if (s->fd < 0) {
		memcpy(p, s->data + off, n);
		return (ssize_t)n;
	}
	do
		got = pread(s->fd, p, n, (off_t)off);
	while (got < 0 && errno == EINTR);
	return got;
}
