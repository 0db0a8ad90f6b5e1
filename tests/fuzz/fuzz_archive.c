/*
 * The input is an archive of any format, read into a staging that only counts.  Oracle:
 * calls come in the order the header of staging asks for, no name arrives that path_file
 * refuses, nothing comes out beyond the limits, and what is refused is refused with one
 * of the two codes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "deploy/archive.h"

#include "deploy/archive.c"
#undef PIECE
#include "deploy/tarball.c"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct staging {
	struct arena	*arena;
	bool		 open;
	uint64_t	 file;
	uint64_t	 total;
	size_t		 n;
};

enum fz_err
staging_folder(struct staging *s, struct response *rs, const char *name)
{
	const char *reason;

	if (s->open)
		abort();
	if (path_file(s->arena, name, &reason) == NULL)
		return refuse_entry(rs, name, reason);
	return FZ_OK;
}

enum fz_err
staging_file(struct staging *s, struct response *rs, const char *name, int64_t size,
    bool *skip)
{
	enum fz_err err = staging_folder(s, rs, name);

	if (err != FZ_OK)
		return err;
	if (size > (int64_t)LIMIT_FILE)
		return refuse_entry(rs, name, "it is too large");
	*skip = strstr(name, ".git") != NULL;
	s->open = !*skip;
	s->file = 0;
	return FZ_OK;
}

enum fz_err
staging_bytes(struct staging *s, struct response *rs, const void *p, size_t n)
{
	const char *c = p;

	if (!s->open)
		abort();
	/* Two bytes never add up to this, but both are touched. */
	if (n > 0 && c[0] + c[n - 1] == 1000)
		abort();
	s->file += n;
	s->total += n;
	if (s->file > LIMIT_FILE || s->total > LIMIT_TREE)
		return refuse_entry(rs, "", "it is too large");
	return FZ_OK;
}

enum fz_err
staging_file_end(struct staging *s)
{
	if (!s->open)
		abort();
	s->open = false;
	s->n++;
	return FZ_OK;
}

size_t
staging_count(const struct staging *s)
{
	return s->n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct staging s = { .arena = arena_new() };
	struct spool *spool = spool_new("/tmp", UINT64_MAX);
	struct response rs;
	enum fz_err err;

	response_init(&rs, s.arena);
	if (spool_add(spool, data, size) != FZ_OK)
		abort();
	err = archive_read_into(&s, &rs, spool, 0, size);
	if (err == FZ_OK && (s.n == 0 || s.open))
		abort();
	if (err != FZ_OK && err != FZ_ARCHIVE_INVALID && err != FZ_ARCHIVE_UNSAFE)
		abort();
	if (s.n > LIMIT_ENTRIES)
		abort();
	/* One piece more than the rule, an entry's first MiB, may have come out. */
	if (s.total > (LIMIT_RATIO * size) + (s.n + 1) * (LIMIT_RATIO_FROM + 256 * KIB))
		abort();
	response_fini(&rs);
	spool_free(spool);
	arena_free(s.arena);
	return 0;
}
