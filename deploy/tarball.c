/*
 * Two libarchive readers in a row: the first does nothing but unpack gzip or zstd, the
 * second reads tar from what the first gives.  Between them stands our own counter, and
 * that is why there are two: inside one reader nobody sees the unpacked bytes before its
 * header parser has swallowed them, and a sparse map or a long run of skipped data may
 * swallow gigabytes without returning once.  Here every unpacked byte is counted, against
 * the total, against the ratio, and against what one header may take.
 *
 * Filters are named, never guessed: guessing would unpack gzip inside gzip inside gzip.
 *
 * Names are wanted as the archive has them; staging judges them.  In a UTF-8 locale
 * libarchive would compose the accents of pax names, and of no others: the thread has the
 * locale C while an archive is read, in which it says that it cannot and gives the bytes.
 *
 * ARCHIVE_RETRY counts as a failure: some of its causes never pass.  ARCHIVE_WARN on a
 * header is for things that matter nothing here (times, owners, the name's locale).
 *
 * An archive without its end mark is refused: cut at a file's end it would look whole.
 */
#include "deploy/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "deploy/refuse.h"

#define PIECE		(64 * KIB)
/* Headers, padding and long names of LIMIT_ENTRIES entries besides their content. */
#define STREAM_MAX	(LIMIT_TREE + 64 * MIB)
/* One header with its extensions; read ahead included. */
#define HEADER_MAX	(1 * MIB)

struct tarball {
	struct staging		*st;
	struct response		*rs;
	const struct spool	*spool;
	uint64_t		 pos;		/* next byte of the spool */
	uint64_t		 start;
	uint64_t		 end;
	struct archive		*unpack;	/* NULL for a plain tar */
	struct archive		*tar;
	uint64_t		 out;		/* unpacked bytes given to tar */
	uint64_t		 content;	/* bytes of files that came of these */
	uint64_t		 header;	/* of out since the last header began */
	bool			 in_header;
	bool			 ran_out;	/* tar asked for more than there is */
	enum fz_err		 err;		/* what a callback had to say */
	char			 piece[PIECE];
};

/* The spool to whoever reads first. */
static la_ssize_t
read_spool(struct archive *a, void *arg, const void **p)
{
	struct tarball *t = arg;
	uint64_t n = t->end - t->pos;
	ssize_t got;

	if (n > sizeof(t->piece))
		n = sizeof(t->piece);
	got = spool_read(t->spool, t->pos, t->piece, (size_t)n);
	if (got < 0) {
		t->err = FZ_IO;
		archive_set_error(a, EIO, "read error");
		return ARCHIVE_FATAL;
	}
	t->pos += (uint64_t)got;
	*p = t->piece;
	return got;
}

static enum fz_err
check_stream(struct tarball *t)
{
	if (t->out > STREAM_MAX)
		return refuse_entry(t->rs, NULL, "it is too large when unpacked");
	if (t->unpack != NULL && t->out > LIMIT_RATIO_FROM &&
	    t->out / LIMIT_RATIO > t->pos - t->start)
		return refuse_entry(t->rs, NULL, "it unpacks to far more than it is");
	if (t->in_header && t->header > HEADER_MAX)
		return refuse_archive(t->rs, NULL, "a header is too long");
	return FZ_OK;
}

static la_ssize_t
next_piece(struct archive *a, struct tarball *t, const void **p)
{
	la_int64_t off;
	size_t n = 0;
	int rc;

	if (t->unpack == NULL)
		return read_spool(a, t, p);
	rc = archive_read_data_block(t->unpack, p, &n, &off);
	if (rc == ARCHIVE_EOF)
		return 0;
	if (rc != ARCHIVE_OK) {
		archive_set_error(a, EIO, "%s",
		    archive_error_string(t->unpack));
		return ARCHIVE_FATAL;
	}
	return (la_ssize_t)n;
}

/* Unpacked bytes to the tar reader, counted. */
static la_ssize_t
read_counted(struct archive *a, void *arg, const void **p)
{
	struct tarball *t = arg;
	la_ssize_t n;

	n = next_piece(a, t, p);
	if (n < 0)
		return n;
	t->ran_out = t->ran_out || n == 0;
	t->out += (uint64_t)n;
	t->header += (uint64_t)n;
	t->err = check_stream(t);
	if (t->err != FZ_OK) {
		archive_set_error(a, EIO, "refused");
		return ARCHIVE_FATAL;
	}
	return n;
}

static enum fz_err
failed(struct tarball *t, struct archive *a)
{
	const char *text = archive_error_string(a);

	if (t->err != FZ_OK)
		return t->err;
	if (text == NULL || !str_utf8_ok(text, strlen(text)))
		text = "it is damaged";
	return refuse_archive(t->rs, NULL, text);
}

static enum fz_err
open_unpacker(struct tarball *t, enum tarball_packing packing)
{
	struct archive_entry *e;
	int filter;

	if (packing == TARBALL_PLAIN)
		return FZ_OK;
	filter = packing == TARBALL_GZIP ? ARCHIVE_FILTER_GZIP : ARCHIVE_FILTER_ZSTD;
	t->unpack = archive_read_new();
	if (archive_read_append_filter(t->unpack, filter) != ARCHIVE_OK ||
	    archive_read_support_format_raw(t->unpack) != ARCHIVE_OK)
		return FZ_NOT_SUPPORTED;
	if (archive_read_open(t->unpack, t, NULL, read_spool, NULL) != ARCHIVE_OK ||
	    archive_read_next_header(t->unpack, &e) != ARCHIVE_OK)
		return failed(t, t->unpack);
	return FZ_OK;
}

static enum fz_err
open_tar(struct tarball *t)
{
	t->tar = archive_read_new();
	if (archive_read_append_filter(t->tar, ARCHIVE_FILTER_NONE) != ARCHIVE_OK ||
	    archive_read_support_format_tar(t->tar) != ARCHIVE_OK)
		return FZ_NOT_SUPPORTED;
	if (archive_read_open(t->tar, t, NULL, read_counted, NULL) != ARCHIVE_OK)
		return failed(t, t->tar);
	return FZ_OK;
}

/*
 * All bytes of one entry; also of one that is left out, since they must be counted.
 * More than the stream had can only be the holes of sparse files, filled with zeros out
 * of nothing.
 */
static enum fz_err
read_content(struct tarball *t, const char *name, bool skip)
{
	char *buf = xmalloc(PIECE);
	enum fz_err err = FZ_OK;

	while (err == FZ_OK) {
		la_ssize_t n = archive_read_data(t->tar, buf, PIECE);

		if (n < 0)
			err = failed(t, t->tar);
		if (n <= 0)
			break;
		t->content += (uint64_t)n;
		if (t->content > t->out)
			err = refuse_entry(t->rs, name, "it is a sparse file");
		else if (!skip)
			err = staging_bytes(t->st, t->rs, buf, (size_t)n);
	}
	free(buf);
	return err;
}

/* Name without "./" in front, as `tar c .` writes it; "" is the root itself. */
static const char *
plain_name(struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);

	if (name == NULL)
		return NULL;
	while (name[0] == '.' && name[1] == '/')
		name += 2;
	return strcmp(name, ".") == 0 ? name + 1 : name;
}

static enum fz_err
read_folder(struct tarball *t, const char *name)
{
	size_t n = strlen(name);
	char *copy;
	enum fz_err err;

	if (n == 0)
		return FZ_OK;
	copy = xstrndup(name, n - (name[n - 1] == '/'));
	err = staging_folder(t->st, t->rs, copy);
	free(copy);
	return err;
}

static enum fz_err
read_entry(struct tarball *t, struct archive_entry *e)
{
	const char *name = plain_name(e);
	int64_t size = archive_entry_size_is_set(e) ? archive_entry_size(e) : -1;
	enum fz_err err;
	bool skip;

	if (name == NULL)
		return refuse_entry(t->rs, NULL, "a name cannot be read");
	if (archive_entry_hardlink(e) != NULL)
		return refuse_entry(t->rs, name, "it is a hard link");
	if (archive_entry_filetype(e) == AE_IFDIR)
		return read_folder(t, name);
	if (archive_entry_filetype(e) != AE_IFREG)
		return refuse_entry(t->rs, name, "it is a link or a device");
	err = staging_file(t->st, t->rs, name, size, &skip);
	if (err == FZ_OK)
		err = read_content(t, name, skip);
	if (err == FZ_OK && !skip)
		err = staging_file_end(t->st);
	return err;
}

/* What is packed behind the end mark is nobody's, but it must unpack without an error. */
static enum fz_err
drain(struct tarball *t)
{
	const void *p;
	la_ssize_t n = 1;

	while (n > 0 && t->unpack != NULL)
		n = read_counted(t->tar, t, &p);
	return n < 0 ? failed(t, t->tar) : FZ_OK;
}

static enum fz_err
read_all(struct tarball *t)
{
	struct archive_entry *e;
	unsigned entries = 0;
	enum fz_err err;
	int rc;

	for (;;) {
		t->in_header = true;
		t->header = 0;
		rc = archive_read_next_header(t->tar, &e);
		t->in_header = false;
		if (rc == ARCHIVE_EOF)
			break;
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return failed(t, t->tar);
		if (++entries > LIMIT_ENTRIES)
			return refuse_entry(t->rs, NULL, "it holds too many entries");
		err = read_entry(t, e);
		if (err != FZ_OK)
			return err;
	}
	if (t->ran_out)
		return refuse_archive(t->rs, NULL, "its end mark is missing");
	return drain(t);
}

enum fz_err
tarball_read_into(struct staging *st, struct response *rs, const struct spool *s,
    uint64_t off, uint64_t len, enum tarball_packing packing)
{
	struct tarball *t = xcalloc(1, sizeof(*t));
	locale_t plain, before;
	enum fz_err err;

	plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (plain == (locale_t)0) {
		free(t);
		return FZ_NOT_SUPPORTED;
	}
	before = uselocale(plain);
	t->st = st;
	t->rs = rs;
	t->spool = s;
	t->pos = t->start = off;
	t->end = off + len;
	err = open_unpacker(t, packing);
	if (err == FZ_OK)
		err = open_tar(t);
	if (err == FZ_OK)
		err = read_all(t);
	archive_read_free(t->tar);
	archive_read_free(t->unpack);
	uselocale(before);
	freelocale(plain);
	free(t);
	return err;
}
