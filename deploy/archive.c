/*
 * The first bytes say what it is; a file name or a content type says nothing.
 *
 * Zip files are inflated here, straight from the ranges that zipdir.c has proven, with
 * zlib.  A second zip parser (libarchive's) would read headers again in its own way,
 * prefer other names and other sizes, and every difference between two parsers of one
 * format is a hole; this way no header is read twice.  libarchive keeps tar, where there
 * is only one place for each fact.
 */
#include "deploy/archive.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/limits.h"
#include "deploy/refuse.h"
#include "deploy/tarball.h"
#include "deploy/zipdir.h"

#define PIECE (64 * KIB)

struct unzip {
	struct staging			*st;
	struct response			*rs;
	const struct spool		*spool;
	uint64_t			 pos;	/* next packed byte in the spool */
	uint64_t			 left;	/* packed bytes still there */
	const struct zipdir_entry	*e;
	uint64_t			 out;
	uint32_t			 crc;
	uint8_t				 packed[PIECE];
	uint8_t				 plain[PIECE];
};

static enum fz_err
read_packed(struct unzip *u, size_t *n)
{
	size_t want = u->left < sizeof(u->packed) ? (size_t)u->left : sizeof(u->packed);
	ssize_t got = spool_read(u->spool, u->pos, u->packed, want);

	if (got < 0)
		return FZ_IO;
	if (got == 0 && want > 0)
		return refuse_archive(u->rs, u->e->name, "it ends too early");
	u->pos += (uint64_t)got;
	u->left -= (uint64_t)got;
	*n = (size_t)got;
	return FZ_OK;
}

/* Pass on n unpacked bytes; used: packed bytes they took so far. */
static enum fz_err
give(struct unzip *u, const uint8_t *p, size_t n, uint64_t used)
{
	u->out += n;
	if (u->out > u->e->size)
		return refuse_entry(u->rs, u->e->name, "it lies about its size");
	if (u->out > LIMIT_RATIO_FROM && u->out / LIMIT_RATIO > used)
		return refuse_entry(
		    u->rs, u->e->name, "it unpacks to far more than it is");
	u->crc = (uint32_t)crc32(u->crc, p, (uInt)n);
	return staging_bytes(u->st, u->rs, p, n);
}

static enum fz_err
copy_stored(struct unzip *u)
{
	enum fz_err err = FZ_OK;
	size_t n;

	while (u->left > 0 && err == FZ_OK) {
		err = read_packed(u, &n);
		if (err == FZ_OK)
			err = give(u, u->packed, n, u->out + n);
	}
	return err;
}

static enum fz_err
inflate_all(struct unzip *u, z_stream *z)
{
	enum fz_err err;
	size_t n;
	int rc;

	do {
		if (z->avail_in == 0 && u->left > 0) {
			err = read_packed(u, &n);
			if (err != FZ_OK)
				return err;
			z->next_in = u->packed;
			z->avail_in = (uInt)n;
		}
		z->next_out = u->plain;
		z->avail_out = sizeof(u->plain);
		rc = inflate(z, Z_NO_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END)
			return refuse_archive(
			    u->rs, u->e->name, "its content is damaged");
		err = give(u, u->plain, sizeof(u->plain) - z->avail_out,
		    u->e->packed - u->left - z->avail_in);
		if (err != FZ_OK)
			return err;
	} while (rc != Z_STREAM_END);
	if (z->avail_in > 0 || u->left > 0)
		return refuse_archive(u->rs, u->e->name, "bytes follow its content");
	return FZ_OK;
}

static enum fz_err
copy_deflated(struct unzip *u)
{
	z_stream z;
	enum fz_err err;

	memset(&z, 0, sizeof(z));
	if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
		return FZ_OVERLOADED;
	err = inflate_all(u, &z);
	inflateEnd(&z);
	return err;
}

static enum fz_err
unzip_entry(struct unzip *u, const struct zipdir_entry *e, uint64_t base)
{
	const char *name = e->name;
	enum fz_err err;
	bool skip;

	while (name[0] == '.' && name[1] == '/')
		name += 2;
	if (e->folder)
		return strcmp(name, ".") == 0
		    ? FZ_OK : staging_folder(u->st, u->rs, name);
	err = staging_file(u->st, u->rs, name, (int64_t)e->size, &skip);
	if (err != FZ_OK || skip)
		return err;
	u->e = e;
	u->pos = base + e->data;
	u->left = e->packed;
	u->out = 0;
	u->crc = 0;
	err = e->method == ZIPDIR_STORED ? copy_stored(u) : copy_deflated(u);
	if (err != FZ_OK)
		return err;
	if (u->out != e->size || u->crc != e->crc)
		return refuse_archive(u->rs, e->name, "its size or checksum is wrong");
	return staging_file_end(u->st);
}

static enum fz_err
read_zip(struct staging *st, struct response *rs, const struct spool *s, uint64_t off,
    uint64_t len)
{
	struct unzip *u;
	struct zipdir z;
	enum fz_err err;
	size_t i;

	err = zipdir_read(rs->arena, rs, s, off, len, &z);
	if (err != FZ_OK)
		return err;
	u = xcalloc(1, sizeof(*u));
	u->st = st;
	u->rs = rs;
	u->spool = s;
	for (i = 0; i < z.n && err == FZ_OK; i++)
		err = unzip_entry(u, &z.v[i], off);
	free(u);
	return err;
}

enum fz_err
archive_read_into(struct staging *st, struct response *rs, const struct spool *s,
    uint64_t off, uint64_t len)
{
	char head[512] = { 0 };
	ssize_t n;
	enum fz_err err;

	n = spool_read(s, off, head, len < sizeof(head) ? (size_t)len : sizeof(head));
	if (n < 0)
		return FZ_IO;
	if (memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0)
		err = read_zip(st, rs, s, off, len);
	else if (memcmp(head, "\x1f\x8b", 2) == 0)
		err = tarball_read_into(st, rs, s, off, len, TARBALL_GZIP);
	else if (memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0)
		err = tarball_read_into(st, rs, s, off, len, TARBALL_ZSTD);
	else if (memcmp(head + 257, "ustar", 5) == 0)
		err = tarball_read_into(st, rs, s, off, len, TARBALL_PLAIN);
	else
		err = refuse_archive(
		    rs, NULL, "it is neither zip nor tar, tar.gz, tar.zst");
	if (err == FZ_OK && staging_count(st) == 0)
		err = refuse_archive(rs, NULL, "it holds no files");
	return err;
}
