/*
 * A zip archive says everything twice, once before each file and once in the central
 * directory at its end, and readers differ in whom they believe.  Bombs and smuggled
 * files live in that difference: fifty thousand directory entries that share one block
 * of packed bytes (Fifield 2019), a name that one reader sees and another does not, a
 * size that is true in one place only.
 *
 * So there is one reader here and it believes neither side alone.  The directory leads;
 * each local header must lie inside the archive, agree in name, method, flags, sizes and
 * checksum, and no two files may share a byte.  What inflates those bytes (archive.c)
 * works from the result and looks at no header again.
 *
 * Refused rather than repaired: bytes after the end record or a second end record in its
 * comment (readers would start at different ones), several disks, encryption, any method
 * but stored and deflate, and modes that are neither file nor folder.  Sizes an archive
 * announces are only ever used to refuse it sooner.
 */
#include "deploy/zipdir.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/limits.h"
#include "deploy/refuse.h"

#define SIG_LOCAL	0x04034b50u
#define SIG_CENTRAL	0x02014b50u
#define SIG_END		0x06054b50u
#define LOCAL_LEN	30
#define CENTRAL_LEN	46
#define END_LEN		22
#define COMMENT_MAX	65535
#define EXTRA_MAX	65535

#define FLAG_ENCRYPTED	0x0001
#define FLAG_TRAILER	0x0008	/* sizes and checksum follow the data */
#define FLAG_PATCH	0x0020
#define FLAG_STRONG	0x0040
#define FLAG_MASKED	0x2000

#define EXTRA_ZIP64	0x0001
#define EXTRA_UNICODE	0x7075

struct reading {
	struct arena *arena;
	struct response *rs;
	const struct spool *spool;
	uint64_t off;
	uint64_t len;
	uint64_t dir;	/* start of the central directory */
	uint64_t dir_end;
	size_t count;
	uint8_t *scratch;	/* an extra field or a comment */
	char name[LIMIT_FILE_PATH + 1];
};

static uint16_t
le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static uint64_t
le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

static enum fz_err
invalid(struct reading *r, const char *entry, const char *reason)
{
	return refuse_archive(r->rs, entry, reason);
}

/* Exactly n bytes at pos, which must lie before end. */
static enum fz_err
take(struct reading *r, uint64_t pos, uint64_t end, void *out, size_t n)
{
	uint8_t *p = out;

	if (end > r->len || pos > end || n > end - pos)
		return invalid(r, NULL, "it ends too early");
	while (n > 0) {
		ssize_t got = spool_read(r->spool, r->off + pos, p, n);

		if (got < 0)
			return FZ_IO;
		if (got == 0)
			return invalid(r, NULL, "it ends too early");
		p += got;
		pos += (uint64_t)got;
		n -= (size_t)got;
	}
	return FZ_OK;
}

/*
 * The last signature whose comment reaches exactly to the end; tail holds the last n
 * bytes of the archive.  -1 when there is none or when the comment holds another one.
 */
static ssize_t
find_end(const uint8_t *tail, size_t n)
{
	ssize_t last = -1;
	size_t i;

	for (i = 0; i + 4 <= n; i++)
		if (le32(tail + i) == SIG_END)
			last = (ssize_t)i;
	if (last < 0 || n - (size_t)last < END_LEN ||
	    n - (size_t)last - END_LEN != le16(tail + last + 20))
		return -1;
	return last;
}

static enum fz_err
read_end(struct reading *r)
{
	size_t n = END_LEN + COMMENT_MAX;
	const uint8_t *end;
	enum fz_err err;
	ssize_t at;
	uint64_t pos;

	if (n > r->len)
		n = (size_t)r->len;
	err = take(r, r->len - n, r->len, r->scratch, n);
	if (err != FZ_OK)
		return err;
	at = find_end(r->scratch, n);
	if (at < 0)
		return invalid(
		    r, NULL, "its end record is missing, cut or not the last thing");
	end = r->scratch + at;
	pos = r->len - n + (size_t)at;
	if (le16(end + 10) > LIMIT_ENTRIES)
		return refuse_entry(r->rs, NULL, "it holds too many entries");
	if (le16(end + 4) != 0 || le16(end + 6) != 0 || le16(end + 8) != le16(end + 10))
		return invalid(r, NULL, "it is one part of several");
	r->count = le16(end + 10);
	r->dir = le32(end + 16);
	r->dir_end = r->dir + le32(end + 12);
	/* A gap is where readers that count from the end would see another directory. */
	if (r->dir_end != pos)
		return invalid(r, NULL, "its directory does not end at the end record");
	return FZ_OK;
}

/* The field id of an extra block, or NULL. */
static const uint8_t *
extra_find(const uint8_t *p, size_t n, unsigned id, size_t *len)
{
	while (n >= 4) {
		size_t m = le16(p + 2);

		if (m > n - 4)
			return NULL;
		if (le16(p) == id) {
			*len = m;
			return p + 4;
		}
		p += 4 + m;
		n -= 4 + m;
	}
	return NULL;
}

/*
 * Values of 0xffffffff stand for 64-bit ones in the extra field, in this order and
 * only those that are needed.
 */
static bool
extra_sizes(const uint8_t *extra, size_t n, uint64_t *const *values, size_t nvalues)
{
	const uint8_t *p;
	size_t len = 0, i;

	p = extra_find(extra, n, EXTRA_ZIP64, &len);
	for (i = 0; i < nvalues; i++) {
		if (*values[i] != UINT32_MAX)
			continue;
		if (p == NULL || len < 8)
			return false;
		*values[i] = le64(p);
		p += 8;
		len -= 8;
	}
	return true;
}

/*
 * Old writers put the UTF-8 name beside one in the local character set.  Every reader
 * prefers it when its checksum fits the other name.
 */
static const char *
extra_name(struct reading *r, const uint8_t *extra, size_t n, size_t raw)
{
	const uint8_t *p;
	size_t len = 0;

	p = extra_find(extra, n, EXTRA_UNICODE, &len);
	if (p == NULL || len < 6 || p[0] != 1 || le32(p + 1) != crc32_of(r->name, raw))
		return NULL;
	if (len - 5 > LIMIT_FILE_PATH || memchr(p + 5, '\0', len - 5) != NULL)
		return "";	/* refused as an empty name */
	return arena_strndup(r->arena, (const char *)p + 5, len - 5);
}

static enum fz_err
check_kind(struct reading *r, const uint8_t *c, const char *name)
{
	unsigned flags = le16(c + 8), method = le16(c + 10);
	mode_t mode = (mode_t)(le32(c + 38) >> 16);

	if ((flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED)) != 0)
		return refuse_entry(r->rs, name, "it is encrypted");
	if ((mode & S_IFMT) != 0 && !S_ISREG(mode) && !S_ISDIR(mode))
		return refuse_entry(r->rs, name, "it is a link or a device");
	if ((flags & FLAG_PATCH) != 0 ||
	    (method != ZIPDIR_STORED && method != ZIPDIR_DEFLATED))
		return invalid(r, name, "its compression is not supported");
	if (le16(c + 34) != 0)
		return invalid(r, name, "it is on another disk");
	return FZ_OK;
}

static enum fz_err
check_sizes(struct reading *r, const uint8_t *c, const struct zipdir_entry *e)
{
	if (!e->folder && S_ISDIR((mode_t)(le32(c + 38) >> 16)))
		return refuse_entry(r->rs, e->name, "it is a folder by its mode only");
	if (e->size > LIMIT_FILE)
		return refuse_entry(r->rs, e->name, "it is too large");
	if (e->folder && e->size != 0)
		return refuse_entry(r->rs, e->name, "it is a folder with content");
	if (e->method == ZIPDIR_STORED && e->size != e->packed)
		return refuse_entry(r->rs, e->name, "it lies about its size");
	return FZ_OK;
}

/* The name as it stands in r->name, raw bytes long. */
static enum fz_err
read_name(struct reading *r, uint64_t pos, size_t raw)
{
	enum fz_err err;

	if (raw > LIMIT_FILE_PATH)
		return refuse_entry(r->rs, NULL, "a name is too long");
	err = take(r, pos, r->dir_end, r->name, raw);
	if (err != FZ_OK)
		return err;
	r->name[raw] = '\0';
	if (memchr(r->name, '\0', raw) != NULL)
		return refuse_entry(r->rs, r->name, "its name holds a NUL");
	return FZ_OK;
}

static void
set_name(struct reading *r, struct zipdir_entry *e, const char *name)
{
	size_t n = strlen(name);

	e->folder = n > 0 && name[n - 1] == '/';
	e->name = arena_strndup(r->arena, name, e->folder ? n - 1 : n);
}

/* One record of the directory at *pos, which moves past it; c keeps its fixed part. */
static enum fz_err
read_central(struct reading *r, uint64_t *pos, uint8_t c[CENTRAL_LEN],
    struct zipdir_entry *e)
{
	uint64_t *const sizes[] = { &e->size, &e->packed, &e->header };
	size_t raw, extra;
	const char *better;
	enum fz_err err;

	err = take(r, *pos, r->dir_end, c, CENTRAL_LEN);
	if (err != FZ_OK)
		return err;
	if (le32(c) != SIG_CENTRAL)
		return invalid(r, NULL, "its directory is damaged");
	raw = le16(c + 28);
	extra = le16(c + 30);
	err = read_name(r, *pos + CENTRAL_LEN, raw);
	if (err == FZ_OK)
		err = take(r, *pos + CENTRAL_LEN + raw, r->dir_end, r->scratch, extra);
	if (err != FZ_OK)
		return err;

	better = extra_name(r, r->scratch, extra, raw);
	set_name(r, e, better != NULL ? better : r->name);
	e->method = le16(c + 10);
	e->crc = le32(c + 16);
	e->packed = le32(c + 20);
	e->size = le32(c + 24);
	e->header = le32(c + 42);
	err = check_kind(r, c, e->name);
	if (err != FZ_OK)
		return err;
	if (!extra_sizes(r->scratch, extra, sizes, 3))
		return invalid(r, e->name, "its sizes are missing");
	*pos += CENTRAL_LEN + raw + extra + le16(c + 32);
	return check_sizes(r, c, e);
}

/*
 * Sizes and checksum of a local header.  With a trailer they may be absent (zero, or
 * all ones in writers to a pipe); where they stand they must be the directory's.
 */
static bool
same_numbers(const struct zipdir_entry *e, const uint8_t *l, const uint8_t *extra,
    size_t n)
{
	uint64_t packed = le32(l + 18), size = le32(l + 22);
	uint64_t *const sizes[] = { &size, &packed };
	bool trailer = (le16(l + 6) & FLAG_TRAILER) != 0;

	if (!extra_sizes(extra, n, sizes, 2) && !trailer)
		return false;
	if (trailer && (packed == 0 || packed == UINT32_MAX))
		packed = e->packed;
	if (trailer && (size == 0 || size == UINT32_MAX))
		size = e->size;
	return packed == e->packed && size == e->size &&
	    (le32(l + 14) == e->crc || (trailer && le32(l + 14) == 0));
}

/* Hold the local header against the directory; fills e->data.  r->name is the raw name. */
static enum fz_err
check_local(struct reading *r, const uint8_t c[CENTRAL_LEN], struct zipdir_entry *e)
{
	const uint16_t flags = FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED | FLAG_PATCH |
	    FLAG_TRAILER;
	size_t raw = le16(c + 28), extra;
	uint8_t l[LOCAL_LEN];
	enum fz_err err;

	err = take(r, e->header, r->dir, l, sizeof(l));
	if (err != FZ_OK)
		return err;
	extra = le16(l + 28);
	if (le32(l) != SIG_LOCAL)
		return invalid(r, e->name, "its header is not where the directory says");
	if (le16(l + 26) != raw || le16(l + 8) != le16(c + 10) ||
	    ((le16(l + 6) ^ le16(c + 8)) & flags) != 0)
		return refuse_entry(r->rs, e->name, "its two headers differ");
	err = take(r, e->header + LOCAL_LEN, r->dir, r->scratch, raw);
	if (err != FZ_OK)
		return err;
	if (memcmp(r->scratch, r->name, raw) != 0)
		return refuse_entry(r->rs, e->name, "its two headers differ in the name");
	err = take(r, e->header + LOCAL_LEN + raw, r->dir, r->scratch, extra);
	if (err != FZ_OK)
		return err;
	if (!same_numbers(e, l, r->scratch, extra))
		return refuse_entry(r->rs, e->name, "its two headers differ in a size");
	e->data = e->header + LOCAL_LEN + raw + extra;
	if (e->packed > r->dir - e->data)
		return invalid(r, e->name, "its bytes do not lie inside");
	return FZ_OK;
}

static int
by_header(const void *a, const void *b)
{
	const struct zipdir_entry *x = a, *y = b;

	return x->header < y->header ? -1 : x->header > y->header;
}

static enum fz_err
check_apart(struct reading *r, struct zipdir *z)
{
	uint64_t total = 0;
	size_t i;

	qsort(z->v, z->n, sizeof(z->v[0]), by_header);
	for (i = 0; i < z->n; i++) {
		if (i > 0 && z->v[i].header < z->v[i - 1].data + z->v[i - 1].packed)
			return refuse_entry(
			    r->rs, z->v[i].name, "it overlaps another entry");
		total += z->v[i].size;	/* 10 000 times 100 MiB at most */
	}
	if (total > LIMIT_TREE)
		return refuse_entry(r->rs, NULL, "it is too large when unpacked");
	return FZ_OK;
}

static enum fz_err
read_entries(struct reading *r, struct zipdir *z)
{
	uint8_t c[CENTRAL_LEN];
	uint64_t pos = r->dir;
	enum fz_err err;
	size_t i;

	z->n = r->count;
	z->v = arena_alloc(r->arena, (z->n + 1) * sizeof(z->v[0]));
	for (i = 0; i < z->n; i++) {
		err = read_central(r, &pos, c, &z->v[i]);
		if (err == FZ_OK)
			err = check_local(r, c, &z->v[i]);
		if (err != FZ_OK)
			return err;
	}
	if (pos != r->dir_end)
		return invalid(r, NULL, "its directory lies about its length");
	return check_apart(r, z);
}

enum fz_err
zipdir_read(struct arena *a, struct response *rs, const struct spool *s, uint64_t off,
    uint64_t len, struct zipdir *out)
{
	struct reading r = { .arena = a, .rs = rs, .spool = s, .off = off, .len = len };
	struct zipdir z;
	enum fz_err err;

	if (len < END_LEN)
		return refuse_archive(rs, NULL, "it ends too early");
	r.scratch = xmalloc(END_LEN + COMMENT_MAX);
	_Static_assert(
	    EXTRA_MAX <= END_LEN + COMMENT_MAX, "scratch holds an extra field");
	err = read_end(&r);
	if (err == FZ_OK)
		err = read_entries(&r, &z);
	free(r.scratch);
	if (err == FZ_OK)
		*out = z;
	return err;
}
