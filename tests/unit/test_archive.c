/*
 * Archives made by hand, byte for byte, each with one lie: every one must end in its
 * code with nothing deployed; honest ones of every format must arrive whole.
 */
#include "tests/unit/deploy_fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/resource.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "deploy/zipdir.h"

static struct fixture fx;

/* ---- zip ---------------------------------------------------------------- */

struct zip {
	struct buf	 body;
	struct buf	 dir;
	unsigned	 n;
};

/* What to write besides the truth; zero means the truth. */
struct zent {
	const char	*name;
	size_t		 name_len;	/* 0 = strlen */
	const char	*local_name;
	const void	*data;
	size_t		 len;
	bool		 store;
	unsigned	 flags;
	unsigned	 local_flags;
	unsigned	 method;	/* lie about it, 0 = truth */
	uint32_t	 mode;		/* unix mode */
	uint32_t	 size;		/* both headers lie */
	uint32_t	 local_size;
	uint32_t	 packed;
	uint32_t	 crc;
	uint32_t	 offset;	/* lie, UINT32_MAX = 0 */
	const void	*extra;
	size_t		 extra_len;
	size_t		 pad;		/* bytes behind the packed ones, counted in */
	bool		 trailer;	/* zero numbers in the local header, bit 3 */
};

static void
le(struct buf *b, uint64_t v, int n)
{
	while (n-- > 0) {
		buf_putc(b, (char)(v & 0xff));
		v >>= 8;
	}
}

static void
zip_init(struct zip *z)
{
	buf_init(&z->body, 64 * MIB);
	buf_init(&z->dir, 64 * MIB);
	z->n = 0;
}

static void *
deflate_raw(const void *p, size_t len, size_t *out)
{
	z_stream s = { 0 };
	uLong max = compressBound((uLong)len) + 64;
	void *q = malloc(max);

	assert_int_equal(deflateInit2(&s, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
	s.next_in = (void *)(uintptr_t)p;
	s.avail_in = (uInt)len;
	s.next_out = q;
	s.avail_out = (uInt)max;
	assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
	*out = s.total_out;
	deflateEnd(&s);
	return q;
}

static void
zip_add(struct zip *z, const struct zent *e)
{
	size_t nlen = e->name_len > 0 ? e->name_len : strlen(e->name), packed = e->len;
	const char *lname = e->local_name != NULL ? e->local_name : e->name;
	size_t lnlen = e->local_name != NULL ? strlen(lname) : nlen;
	uint32_t crc = (uint32_t)crc32(0, e->data, (uInt)e->len);
	unsigned method = e->store ? 0 : 8;
	unsigned flags = e->flags | (e->trailer ? 8 : 0);
	size_t offset = z->body.len;
	void *raw = NULL;

	if (e->len == 0)
		crc = 0;
	if (!e->store)
		raw = deflate_raw(e->data != NULL ? e->data : "", e->len, &packed);
	if (e->pad > 0) {
		raw = realloc(raw, packed + e->pad);
		memset((char *)raw + packed, 0, e->pad);
		packed += e->pad;
	}
	if (e->crc != 0)
		crc = e->crc;
	if (e->method != 0)
		method = e->method;
	le(&z->body, 0x04034b50, 4);
	le(&z->body, 20, 2);
	le(&z->body, flags | e->local_flags, 2);
	le(&z->body, method, 2);
	le(&z->body, 0, 4);
	le(&z->body, e->trailer ? 0 : crc, 4);
	le(&z->body, e->trailer ? 0 : e->packed != 0 ? e->packed : packed, 4);
	le(&z->body, e->trailer ? 0 : e->local_size != 0 ? e->local_size
	    : e->size != 0 ? e->size : e->len, 4);
	le(&z->body, lnlen, 2);
	le(&z->body, 0, 2);
	buf_add(&z->body, lname, lnlen);
	buf_add(&z->body, raw != NULL ? raw : e->data, packed);
	if (e->trailer) {
		le(&z->body, 0x08074b50, 4);
		le(&z->body, crc, 4);
		le(&z->body, packed, 4);
		le(&z->body, e->len, 4);
	}

	le(&z->dir, 0x02014b50, 4);
	le(&z->dir, 3 << 8 | 20, 2);
	le(&z->dir, 20, 2);
	le(&z->dir, flags, 2);
	le(&z->dir, method, 2);
	le(&z->dir, 0, 4);
	le(&z->dir, crc, 4);
	le(&z->dir, e->packed != 0 ? e->packed : packed, 4);
	le(&z->dir, e->size != 0 ? e->size : e->len, 4);
	le(&z->dir, nlen, 2);
	le(&z->dir, e->extra_len, 2);
	le(&z->dir, 0, 2 + 2 + 2);
	le(&z->dir, (uint64_t)e->mode << 16, 4);
	le(&z->dir, e->offset == UINT32_MAX ? 0 : e->offset != 0 ? e->offset : offset, 4);
	buf_add(&z->dir, e->name, nlen);
	buf_add(&z->dir, e->extra, e->extra_len);
	z->n++;
	free(raw);
}

static void
zip_file(struct zip *z, const char *name, const char *text)
{
	struct zent e = { .name = name, .data = text, .len = strlen(text) };

	zip_add(z, &e);
}

/* Ends it into out; n entries are told. */
static void
zip_end_as(struct zip *z, struct buf *out, unsigned n, const char *comment)
{
	size_t dir = z->body.len;

	buf_init(out, 128 * MIB);
	buf_add(out, z->body.data, z->body.len);
	buf_add(out, z->dir.data, z->dir.len);
	le(out, 0x06054b50, 4);
	le(out, 0, 4);
	le(out, n, 2);
	le(out, n, 2);
	le(out, z->dir.len, 4);
	le(out, dir, 4);
	le(out, strlen(comment), 2);
	buf_puts(out, comment);
	assert_true(buf_ok(out));
	buf_fini(&z->body);
	buf_fini(&z->dir);
}

static void
zip_end(struct zip *z, struct buf *out)
{
	zip_end_as(z, out, z->n, "");
}

/* ---- deploying ---------------------------------------------------------- */

static struct staging *st;

static enum fz_err
deploy(const void *p, size_t n, struct deploy_result *res)
{
	struct deploy_options opt = { .label = "blog", .source = "deploy", .by = "ann" };
	struct deploy_result unused;
	enum fz_err err;

	fixture_request(&fx);
	fixture_body(&fx, "application/zip", p, n);
	assert_int_equal(staging_new(fx.node.store, fx.arena, &st), FZ_OK);
	err = archive_read_into(st, &fx.rs, fx.rq.body, 0, n);
	if (err == FZ_OK)
		err = staging_commit(st, &fx.rq, &fx.rs, &opt, res != NULL ? res : &unused);
	staging_free(st);
	return err;
}

/* Deploying must fail so, and leave nothing but what was there. */
static void
refused(struct buf *b, enum fz_err want, const char *what)
{
	int64_t before, began = clock_mono_ms();
	enum fz_err err;

	fixture_request(&fx);
	before = fixture_count_versions(&fx);
	err = deploy(b->data, b->len, NULL);
	if (err != want)
		fail_msg("%s: %s instead of %s (%s)", what, err_code(err), err_code(want),
		    fx.rs.why.text);
	if (fixture_detail(&fx, "reason")[0] == '\0')
		fail_msg("%s: no reason", what);
	assert_int_equal(fixture_count_versions(&fx), before);
	assert_true(clock_mono_ms() - began < 60000);
	buf_fini(b);
}

static void
refused_entry(const struct zent *e, enum fz_err want, const char *what)
{
	struct zip z;
	struct buf b;

	zip_init(&z);
	zip_file(&z, "index.html", "<p>");
	zip_add(&z, e);
	zip_end(&z, &b);
	refused(&b, want, what);
}

static int
setup(void **state)
{
	(void)state;
	fixture_open(&fx);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_close(&fx);
	return 0;
}

/* ---- names, for zip and tar alike ---------------------------------------- */

static const struct {
	const char	*name;
	size_t		 len;
} bad_names[] = {
	{ "../evil", 0 }, { "a/../../b", 0 }, { "a/..", 0 }, { "/etc/passwd", 0 },
	{ "a\\b", 0 }, { "..\\evil", 0 }, { "C:\\x", 0 }, { "a\nb", 0 }, { "a\x7f", 0 },
	{ "a\xff", 0 }, { "\xc0\xaf", 0 }, { "\xed\xa0\x80", 0 }, { "a//b", 0 },
	{ "a/./b", 0 }, { ".//etc/passwd", 0 }, { ".git/../x", 0 },
};

static void
test_bad_names(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		struct zent e = { .name = bad_names[i].name, .data = "x", .len = 1 };

		refused_entry(&e, FZ_ARCHIVE_UNSAFE, bad_names[i].name);
	}
	refused_entry(&(struct zent){ .name = "a\0b", .name_len = 3, .data = "x", .len = 1 },
	    FZ_ARCHIVE_UNSAFE, "NUL");
	refused_entry(&(struct zent){ .name = "../up/", .store = true }, FZ_ARCHIVE_UNSAFE,
	    "folder above");
	refused_entry(&(struct zent){ .name = "", .name_len = 0, .data = "x", .len = 1 },
	    FZ_ARCHIVE_UNSAFE, "empty");
}

static void
test_long_name(void **state)
{
	char name[LIMIT_FILE_PATH + 2];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	refused_entry(&(struct zent){ .name = name, .data = "x", .len = 1 },
	    FZ_ARCHIVE_UNSAFE, "1025 bytes");
	name[LIMIT_FILE_PATH] = '\0';
	struct zip z;
	struct buf b;

	zip_init(&z);
	zip_file(&z, name, "x");
	zip_end(&z, &b);
	assert_int_equal(deploy(b.data, b.len, NULL), FZ_OK);
	buf_fini(&b);
}

static void
test_same_names(void **state)
{
	static const struct {
		const char	*a, *b;
		bool		 ok;
	} pairs[] = {
		{ "a.txt", "a.txt", false }, { "A.txt", "a.TXT", false },
		{ "stra\xc3\x9f" "e", "STRASSE", false },
		{ "caf\xc3\xa9", "cafe\xcc\x81", false },
		{ "a", "a/b", false }, { "A", "a/b", false }, { "x/y/z", "x/y", false },
		{ "a!", "a/b", true }, { "a", "a!b", true }, { "a-b", "a/b", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct zip z;
		struct buf b;

		zip_init(&z);
		zip_file(&z, pairs[i].a, "1");
		zip_file(&z, "a!c", "between");
		zip_file(&z, pairs[i].b, "2");
		zip_end(&z, &b);
		if (!pairs[i].ok) {
			refused(&b, FZ_ARCHIVE_UNSAFE, pairs[i].b);
			continue;
		}
		assert_int_equal(deploy(b.data, b.len, NULL), FZ_OK);
		buf_fini(&b);
	}
}

/* ---- lies of zip ---------------------------------------------------------- */

static void
test_zip_lies(void **state)
{
	static char text[5000];
	const struct {
		struct zent	 e;
		enum fz_err	 want;
		const char	*what;
	} rows[] = {
		{ { .name = "a", .data = "x", .len = 1, .mode = 0120777 }, FZ_ARCHIVE_UNSAFE,
		    "symlink" },
		{ { .name = "a", .data = "x", .len = 1, .mode = 0020666 }, FZ_ARCHIVE_UNSAFE,
		    "device" },
		{ { .name = "a", .data = "x", .len = 1, .mode = 0010666 }, FZ_ARCHIVE_UNSAFE,
		    "fifo" },
		{ { .name = "a", .data = "x", .len = 1, .mode = 0040755 }, FZ_ARCHIVE_UNSAFE,
		    "folder by mode" },
		{ { .name = "a/", .data = "x", .len = 1, .store = true }, FZ_ARCHIVE_UNSAFE,
		    "folder with content" },
		{ { .name = "a", .data = "x", .len = 1, .flags = 1 }, FZ_ARCHIVE_UNSAFE,
		    "encrypted" },
		{ { .name = "a", .data = "x", .len = 1, .flags = 0x2000 }, FZ_ARCHIVE_UNSAFE,
		    "masked headers" },
		{ { .name = "a", .data = "x", .len = 1, .local_flags = 1 }, FZ_ARCHIVE_UNSAFE,
		    "encrypted in the local header" },
		{ { .name = "good", .local_name = "evil", .data = "x", .len = 1 },
		    FZ_ARCHIVE_UNSAFE, "other local name" },
		{ { .name = "good", .local_name = "good2", .data = "x", .len = 1 },
		    FZ_ARCHIVE_UNSAFE, "longer local name" },
		{ { .name = "a", .data = text, .len = sizeof(text), .size = 10 },
		    FZ_ARCHIVE_UNSAFE, "more than announced" },
		{ { .name = "a", .data = text, .len = sizeof(text), .size = 6000 },
		    FZ_ARCHIVE_INVALID, "less than announced" },
		{ { .name = "a", .data = text, .len = sizeof(text), .local_size = 10 },
		    FZ_ARCHIVE_UNSAFE, "two sizes" },
		{ { .name = "a", .data = "xyz", .len = 3, .store = true, .size = 2 },
		    FZ_ARCHIVE_UNSAFE, "stored with two sizes" },
		{ { .name = "a", .data = "xyz", .len = 3, .crc = 7 }, FZ_ARCHIVE_INVALID,
		    "checksum" },
		{ { .name = "a", .data = "xyz", .len = 3, .packed = 2 }, FZ_ARCHIVE_INVALID,
		    "packed bytes cut" },
		{ { .name = "a", .data = "xyz", .len = 3, .pad = 9 }, FZ_ARCHIVE_INVALID,
		    "bytes behind the content" },
		{ { .name = "a", .data = "xyz", .len = 3, .method = 12 }, FZ_ARCHIVE_INVALID,
		    "bzip2" },
		{ { .name = "a", .data = "xyz", .len = 3, .method = 99 }, FZ_ARCHIVE_INVALID,
		    "AES" },
		{ { .name = "a", .data = "xyz", .len = 3, .offset = 5 }, FZ_ARCHIVE_INVALID,
		    "local header elsewhere" },
		{ { .name = "a", .data = "xyz", .len = 3, .offset = 0xfffffff0u },
		    FZ_ARCHIVE_INVALID, "local header outside" },
		{ { .name = "a", .data = "xyz", .len = 3, .size = 0xffffffffu },
		    FZ_ARCHIVE_INVALID, "64-bit size missing" },
		{ { .name = "a", .data = "xyz", .len = 3, .size = LIMIT_FILE + 1 },
		    FZ_ARCHIVE_UNSAFE, "announced too large" },
		{ { .name = "index.html", .data = "xyz", .len = 3, .offset = UINT32_MAX },
		    FZ_ARCHIVE_UNSAFE, "same local header twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 31 >> 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused_entry(&rows[i].e, rows[i].want, rows[i].what);
	/* Noticed by the directory, before anything is unpacked. */
	refused_entry(&(struct zent){ .name = "a", .data = "xyz", .len = 3,
	    .packed = 1000000 }, FZ_ARCHIVE_INVALID, "packed bytes outside");
	assert_string_equal(fixture_detail(&fx, "reason"), "its bytes do not lie inside");
}

/* 200 directory entries that share one kernel of packed zeros, as in Fifield 2019. */
static void
test_zip_overlap(void **state)
{
	static char zeros[100000];
	struct zip z, one;
	struct buf b;
	unsigned i;

	(void)state;
	zip_init(&z);
	for (i = 0; i < 200; i++) {
		struct zent e = { .name = "same", .data = zeros, .len = sizeof(zeros),
			.offset = UINT32_MAX };

		zip_init(&one);
		zip_add(&one, &e);
		if (i == 0)
			buf_add(&z.body, one.body.data, one.body.len);
		buf_add(&z.dir, one.dir.data, one.dir.len);
		buf_fini(&one.body);
		buf_fini(&one.dir);
		z.n++;
	}
	zip_end(&z, &b);
	refused(&b, FZ_ARCHIVE_UNSAFE, "overlap");
	assert_string_equal(fixture_detail(&fx, "reason"), "it overlaps another entry");
}

/* The quoted form: each file's bytes begin with the next local header, stored. */
static void
test_zip_overlap_quoted(void **state)
{
	struct zip z;
	struct buf b, inner;
	struct zip in;

	(void)state;
	zip_init(&in);
	zip_file(&in, "inner", "hello");
	buf_init(&inner, MIB);
	buf_add(&inner, in.body.data, in.body.len);
	zip_init(&z);
	zip_add(&z, &(struct zent){ .name = "outer", .data = inner.data, .len = inner.len,
	    .store = true });
	/* The directory record of inner, pointing into the bytes of outer. */
	for (size_t i = 0; i < 4; i++)
		in.dir.data[42 + i] = 0;
	in.dir.data[42] = (char)(30 + strlen("outer"));
	buf_add(&z.dir, in.dir.data, in.dir.len);
	z.n++;
	zip_end(&z, &b);
	refused(&b, FZ_ARCHIVE_UNSAFE, "quoted overlap");
	buf_fini(&in.body);
	buf_fini(&in.dir);
	buf_fini(&inner);
}

static void
test_zip_counts(void **state)
{
	struct zip z;
	struct buf b;
	char name[32];
	unsigned i;

	(void)state;
	zip_init(&z);
	for (i = 0; i <= LIMIT_ENTRIES; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		zip_add(&z, &(struct zent){ .name = name, .store = true, .data = "x", .len = 1 });
	}
	zip_end(&z, &b);
	refused(&b, FZ_ARCHIVE_UNSAFE, "10001 entries");

	zip_init(&z);
	for (i = 0; i < 65536; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		zip_add(&z, &(struct zent){ .name = name, .store = true, .data = "x", .len = 1 });
	}
	zip_end_as(&z, &b, 65536 & 0xffff, "");
	refused(&b, FZ_ARCHIVE_INVALID, "65536 entries, told as 0");

	zip_init(&z);
	zip_file(&z, "a", "x");
	zip_end_as(&z, &b, 0xffff, "");
	refused(&b, FZ_ARCHIVE_UNSAFE, "65535 entries told");
	zip_init(&z);
	zip_file(&z, "a", "x");
	zip_end_as(&z, &b, 2, "");
	refused(&b, FZ_ARCHIVE_INVALID, "an entry too many told");
	zip_init(&z);
	zip_file(&z, "a", "x");
	zip_file(&z, "b", "x");
	zip_end_as(&z, &b, 1, "");
	refused(&b, FZ_ARCHIVE_INVALID, "an entry too few told");
	zip_init(&z);
	zip_end(&z, &b);
	refused(&b, FZ_ARCHIVE_INVALID, "empty");
}

static void
test_zip_ends(void **state)
{
	struct zip z;
	struct buf b, c;
	size_t n;

	(void)state;
	zip_init(&z);
	zip_file(&z, "index.html", "<p>hello");
	zip_end(&z, &b);
	/* Every truncation. */
	for (n = 0; n < b.len; n++) {
		buf_init(&c, MIB);
		buf_add(&c, b.data, n);
		buf_add(&c, "", 0);
		refused(&c, FZ_ARCHIVE_INVALID, "truncated");
	}
	buf_init(&c, MIB);
	buf_add(&c, b.data, b.len);
	buf_puts(&c, "garbage");
	refused(&c, FZ_ARCHIVE_INVALID, "trailing garbage");
	buf_init(&c, MIB);
	buf_puts(&c, "MZ");
	buf_add(&c, b.data, b.len);
	refused(&c, FZ_ARCHIVE_INVALID, "leading garbage");
	buf_init(&c, MIB);
	buf_add(&c, b.data, b.len - 22);
	buf_add(&c, b.data, b.len);
	refused(&c, FZ_ARCHIVE_INVALID, "shifted");
	buf_fini(&b);

	zip_init(&z);
	zip_file(&z, "index.html", "<p>hello");
	zip_end_as(&z, &b, 1, "a comment");
	assert_int_equal(deploy(b.data, b.len, NULL), FZ_OK);
	buf_fini(&b);
	zip_init(&z);
	zip_file(&z, "index.html", "<p>hello");
	zip_end_as(&z, &b, 1, "PK\5\6 another end");
	refused(&b, FZ_ARCHIVE_INVALID, "end record in the comment");
}

static void
test_zip_bombs(void **state)
{
	char *zeros = calloc(1, 50 * MIB), name[32];
	struct zip z;
	struct buf b;
	unsigned i;

	(void)state;
	zip_init(&z);
	zip_add(&z, &(struct zent){ .name = "zeros", .data = zeros, .len = 50 * MIB });
	zip_end(&z, &b);
	refused(&b, FZ_ARCHIVE_UNSAFE, "ratio 1000:1");

	/* Small enough to escape the ratio, together too much. */
	zip_init(&z);
	for (i = 0; i < 520; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		zip_add(&z, &(struct zent){ .name = name, .data = zeros, .len = MIB });
	}
	zip_end(&z, &b);
	refused(&b, FZ_ARCHIVE_UNSAFE, "520 MiB");
	assert_string_equal(fixture_detail(&fx, "reason"), "it is too large when unpacked");
	free(zeros);
}

static void
test_zip_forms(void **state)
{
	static const char up[] = "\x75\x70\x0d\0\1\0\0\0\0s\xc3\xb8.html";
	char extra[sizeof(up)];
	struct deploy_result res;
	struct reader *rd;
	struct file *f;
	struct zip z;
	struct buf b;
	uint32_t crc = (uint32_t)crc32(0, (const void *)"s\xf8.html", 7);
	size_t n;

	(void)state;
	memcpy(extra, up, sizeof(up));
	for (int i = 0; i < 4; i++)
		extra[5 + i] = (char)(crc >> 8 * i);
	zip_init(&z);
	zip_add(&z, &(struct zent){ .name = "./a.txt", .data = "one", .len = 3 });
	zip_add(&z, &(struct zent){ .name = "sub/", .mode = 0040755, .store = true });
	zip_add(&z, &(struct zent){ .name = "sub/b.txt", .data = "two", .len = 3,
	    .trailer = true, .mode = 0100644 });
	zip_add(&z, &(struct zent){ .name = "s\xf8.html", .data = "three", .len = 5,
	    .extra = extra, .extra_len = sizeof(up) - 1 });
	zip_add(&z, &(struct zent){ .name = "empty", .store = true });
	zip_add(&z, &(struct zent){ .name = "inner.zip", .data = "PK\3\4...", .len = 7 });
	zip_end(&z, &b);
	assert_int_equal(deploy(b.data, b.len, &res), FZ_OK);
	buf_fini(&b);
	assert_int_equal(reader_open(fx.node.store, &rd), FZ_OK);
	assert_int_equal(file_list(rd, fx.arena, res.version.id, &f, &n), FZ_OK);
	reader_close(rd);
	assert_int_equal(n, 5);
	assert_string_equal(f[0].path, "a.txt");
	assert_string_equal(f[1].path, "empty");
	assert_string_equal(f[2].path, "inner.zip");
	assert_string_equal(f[3].path, "sub/b.txt");
	assert_string_equal(f[4].path, "s\xc3\xb8.html");
	assert_int_equal(f[4].size, 5);
}

static void
test_big_honest_tree(void **state)
{
	struct deploy_result res;
	struct zip z;
	struct buf b;
	char name[64], text[64];
	unsigned i;

	(void)state;
	zip_init(&z);
	for (i = 0; i < LIMIT_ENTRIES; i++) {
		snprintf(name, sizeof(name), "dir%u/sub%u/file%u.html", i % 7, i % 100, i);
		snprintf(text, sizeof(text), "<p>page %u</p>", i);
		zip_file(&z, name, text);
	}
	zip_end(&z, &b);
	assert_int_equal(deploy(b.data, b.len, &res), FZ_OK);
	assert_int_equal(res.version.file_count, LIMIT_ENTRIES);
	assert_int_equal(deploy(b.data, b.len, &res), FZ_OK);
	assert_true(res.unchanged);
	buf_fini(&b);
}

/* ---- tar -------------------------------------------------------------------- */

static void
tar_entry(struct buf *b, const char *name, char type, const char *link, const void *data,
    uint64_t size, size_t len)
{
	char h[512] = { 0 };
	unsigned sum = 0;

	snprintf(h, 100, "%s", name);
	snprintf(h + 100, 8, "%07o", 0644);
	snprintf(h + 108, 8, "%07o", 0);
	snprintf(h + 116, 8, "%07o", 0);
	snprintf(h + 124, 12, "%011llo", (unsigned long long)size);
	snprintf(h + 136, 12, "%011o", 0);
	h[156] = type;
	snprintf(h + 157, 100, "%s", link);
	memcpy(h + 257, "ustar\00000", 8);
	memset(h + 148, ' ', 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	buf_add(b, h, sizeof(h));
	buf_add(b, data, len);
	while (b->len % 512 != 0)
		buf_putc(b, '\0');
}

static void
tar_file(struct buf *b, const char *name, const char *text)
{
	tar_entry(b, name, '0', "", text, strlen(text), strlen(text));
}

static void
tar_pax(struct buf *b, const char *key, const char *value)
{
	size_t n = strlen(key) + strlen(value) + 3, digits;
	char *rec;

	for (digits = 1; snprintf(NULL, 0, "%zu", n + digits) > (int)digits; digits++)
		;
	rec = malloc(n + digits + 1);
	snprintf(rec, n + digits + 1, "%zu %s=%s\n", n + digits, key, value);
	tar_entry(b, "pax", 'x', "", rec, n + digits, n + digits);
	free(rec);
}

static void
tar_end(struct buf *b)
{
	static const char zeros[1024];

	buf_add(b, zeros, sizeof(zeros));
	assert_true(buf_ok(b));
}

/* A gzip or zstd around b, in place. */
static void
pack(struct buf *b, bool zstd)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	size_t max = b->len + 65536, used = 0;
	char *out = malloc(max);

	archive_write_set_format_raw(a);
	if (zstd)
		assert_int_equal(archive_write_add_filter_zstd(a), ARCHIVE_OK);
	else
		assert_int_equal(archive_write_add_filter_gzip(a), ARCHIVE_OK);
	archive_write_set_bytes_per_block(a, 0);
	assert_int_equal(archive_write_open_memory(a, out, max, &used), ARCHIVE_OK);
	archive_entry_set_filetype(e, AE_IFREG);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, b->data, b->len), b->len);
	archive_entry_free(e);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	buf_reset(b);
	assert_int_equal(buf_add(b, out, used), FZ_OK);
	free(out);
}

static void
test_tar_forms(void **state)
{
	struct deploy_result res;
	struct reader *rd;
	struct file *f;
	struct buf b;
	char longer[300];
	size_t n;
	int form;

	(void)state;
	memset(longer, 'l', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	for (form = 0; form < 3; form++) {
		buf_init(&b, MIB);
		tar_entry(&b, "./", '5', "", "", 0, 0);
		tar_file(&b, "./index.html", form == 0 ? "<p>0" : form == 1 ? "<p>1" : "<p>2");
		tar_entry(&b, "sub/", '5', "", "", 0, 0);
		tar_pax(&b, "path", longer);
		tar_file(&b, "short", "pax");
		tar_pax(&b, "path", "gr\xc3\xbc\xc3\x9f" "e.txt");
		tar_file(&b, "short", "utf-8");
		tar_file(&b, "raw\xc3\xa9", "raw utf-8");
		tar_pax(&b, "path", "raw\x65\xcc\x80");
		tar_file(&b, "short", "accent apart");
		tar_end(&b);
		if (form > 0)
			pack(&b, form == 2);
		assert_int_equal(deploy(b.data, b.len, &res), FZ_OK);
		buf_fini(&b);
		assert_int_equal(reader_open(fx.node.store, &rd), FZ_OK);
		assert_int_equal(file_list(rd, fx.arena, res.version.id, &f, &n), FZ_OK);
		reader_close(rd);
		assert_int_equal(n, 5);
		assert_string_equal(f[3].path, "raw\x65\xcc\x80");
		assert_string_equal(f[0].path, "gr\xc3\xbc\xc3\x9f" "e.txt");
		assert_string_equal(f[1].path, "index.html");
		assert_string_equal(f[2].path, longer);
		assert_string_equal(f[4].path, "raw\xc3\xa9");
	}
}

static void
tar_refused(struct buf *b, enum fz_err want, const char *what, bool also_packed)
{
	struct buf c;

	if (also_packed) {
		buf_init(&c, 64 * MIB);
		buf_add(&c, b->data, b->len);
		pack(&c, false);
		refused(&c, want, what);
		buf_init(&c, 64 * MIB);
		buf_add(&c, b->data, b->len);
		pack(&c, true);
		refused(&c, want, what);
	}
	refused(b, want, what);
}

static void
test_tar_lies(void **state)
{
	static const struct {
		const char	*name;
		char		 type;
		const char	*link;
	} rows[] = {
		{ "l", '2', "/etc/passwd" }, { "h", '1', "index.html" }, { "c", '3', "" },
		{ "b", '4', "" }, { "f", '6', "" }, { "../up/", '5', "" },
		{ "/abs/", '5', "" },
	};
	struct buf b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&b, MIB);
		tar_file(&b, "index.html", "<p>");
		tar_entry(&b, rows[i].name, rows[i].type, rows[i].link, "", 0, 0);
		tar_end(&b);
		tar_refused(&b, FZ_ARCHIVE_UNSAFE, rows[i].name, true);
		assert_string_equal(fixture_detail(&fx, "reason"), rows[i].type == '1'
		    ? "it is a hard link" : rows[i].name[0] == '.'
		    ? "it has a \".\" or \"..\" segment" : rows[i].name[0] == '/'
		    ? "it starts with a slash" : "it is a link or a device");
	}
	for (i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		buf_init(&b, MIB);
		tar_file(&b, "index.html", "<p>");
		tar_file(&b, bad_names[i].name, "x");
		tar_end(&b);
		tar_refused(&b, FZ_ARCHIVE_UNSAFE, bad_names[i].name, false);
		buf_init(&b, MIB);
		tar_pax(&b, "path", bad_names[i].name);
		tar_file(&b, "innocent", "x");
		tar_end(&b);
		tar_refused(&b, FZ_ARCHIVE_UNSAFE, bad_names[i].name, false);
	}
	buf_init(&b, MIB);
	tar_file(&b, "a", "1");
	tar_file(&b, "A", "2");
	tar_end(&b);
	tar_refused(&b, FZ_ARCHIVE_UNSAFE, "case", true);
}

static void
test_tar_ends(void **state)
{
	struct buf b, c;
	size_t n;

	(void)state;
	buf_init(&b, MIB);
	tar_file(&b, "a.txt", "first");
	tar_file(&b, "b.txt", "second");
	tar_end(&b);
	for (n = 512; n < b.len - 512; n += 256) {
		buf_init(&c, MIB);
		buf_add(&c, b.data, n);
		tar_refused(&c, FZ_ARCHIVE_INVALID, "truncated tar", true);
	}
	for (int zstd = 0; zstd < 2; zstd++) {
		buf_init(&c, MIB);
		buf_add(&c, b.data, b.len);
		pack(&c, zstd);
		for (n = 4; n < c.len - 9; n += 7) {
			struct buf d;

			buf_init(&d, MIB);
			buf_add(&d, c.data, n);
			refused(&d, FZ_ARCHIVE_INVALID, zstd ? "truncated zstd" : "truncated gzip");
		}
		buf_fini(&c);
	}
	/* Cut where tar itself has long seen its end. */
	for (int zstd = 0; zstd < 2; zstd++) {
		uint32_t noise = 1;

		buf_init(&c, 4 * MIB);
		buf_add(&c, b.data, b.len);
		while (c.len < MIB)
			le(&c, (noise = noise * 1664525 + 1013904223) >> 8, 3);
		pack(&c, zstd);
		c.len /= 2;
		refused(&c, FZ_ARCHIVE_INVALID, "cut behind the end mark");
	}
	buf_fini(&b);
	buf_init(&b, MIB);
	tar_entry(&b, "a", '0', "", "x", LIMIT_FILE + 1, 1);
	tar_end(&b);
	tar_refused(&b, FZ_ARCHIVE_UNSAFE, "announced too large", true);
	buf_init(&b, MIB);
	tar_end(&b);
	tar_refused(&b, FZ_ARCHIVE_INVALID, "empty gz", false);
}

/* Twice packed: the inner one is a file's content to nobody, so it is no tar. */
static void
test_tar_nested(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, MIB);
	tar_file(&b, "a.txt", "first");
	tar_end(&b);
	pack(&b, false);
	pack(&b, false);
	refused(&b, FZ_ARCHIVE_INVALID, "gzip in gzip");
}

static void
test_tar_bombs(void **state)
{
	char *zeros = calloc(1, 60 * MIB), name[32];
	struct buf b;

	(void)state;
	for (int zstd = 0; zstd < 2; zstd++) {
		buf_init(&b, 128 * MIB);
		tar_entry(&b, "zeros", '0', "", zeros, 60 * MIB, 60 * MIB);
		tar_end(&b);
		pack(&b, zstd);
		refused(&b, FZ_ARCHIVE_UNSAFE, zstd ? "zstd bomb" : "gz bomb");

		/* The same in a name that is left out. */
		buf_init(&b, 128 * MIB);
		tar_file(&b, "a", "x");
		tar_entry(&b, ".git/x", '0', "", zeros, 60 * MIB, 60 * MIB);
		tar_end(&b);
		pack(&b, zstd);
		refused(&b, FZ_ARCHIVE_UNSAFE, "bomb in .git");
	}
	/* Entries without content. */
	buf_init(&b, 128 * MIB);
	for (unsigned i = 0; i <= LIMIT_ENTRIES; i++) {
		snprintf(name, sizeof(name), "d%u/", i);
		tar_entry(&b, name, '5', "", "", 0, 0);
	}
	tar_end(&b);
	refused(&b, FZ_ARCHIVE_UNSAFE, "10001 folders");
	free(zeros);
}

/* A sparse map of a million holes must not become a million nodes. */
static void
test_tar_sparse_map(void **state)
{
	struct rusage before, after;
	char *map;
	size_t i, n = 40 * MIB;
	struct buf b;

	(void)state;
	map = malloc(n);
	i = (size_t)snprintf(map, n, "%zu\n", n / 4 - 4);
	while (i < n)
		i += (size_t)snprintf(map + i, n - i + 1 > 5 ? 5 : n - i, "0\n0\n");
	buf_init(&b, 64 * MIB);
	tar_entry(&b, "pax", 'x', "",
	    "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.realsize=9\n"
	    "21 GNU.sparse.name=a\n", 90, 90);
	tar_entry(&b, "GNUSparseFile.0/a", '0', "", map, n, n);
	tar_end(&b);
	getrusage(RUSAGE_SELF, &before);
	pack(&b, false);
	fixture_request(&fx);
	refused(&b, FZ_ARCHIVE_INVALID, "sparse map");
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_maxrss - before.ru_maxrss < 120 * 1024);
	free(map);
}

/* Holes cost the sender nothing; 100 MiB of zeros must not come out of two kilobytes. */
static void
test_tar_holes(void **state)
{
	static const char map[512] = "1\n0\n3\n";
	char data[515];
	struct buf b;

	(void)state;
	memcpy(data, map, sizeof(map));
	memcpy(data + sizeof(map), "abc", 3);
	buf_init(&b, MIB);
	tar_entry(&b, "pax", 'x', "",
	    "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n32 GNU.sparse.realsize=99999999\n"
	    "21 GNU.sparse.name=a\n", 97, 97);
	tar_entry(&b, "GNUSparseFile.0/a", '0', "", data, sizeof(data), sizeof(data));
	tar_end(&b);
	refused(&b, FZ_ARCHIVE_UNSAFE, "holes");
	assert_string_equal(fixture_detail(&fx, "reason"), "it is a sparse file");
}

/* Sparse blocks out of order make libarchive ask for another try, for ever. */
static void
test_tar_sparse_unordered(void **state)
{
	static const char map[512] = "2\n600\n3\n0\n3\n";
	char data[1024] = { 0 };
	struct buf b;

	(void)state;
	memcpy(data, map, sizeof(map));
	buf_init(&b, MIB);
	tar_entry(&b, "pax", 'x', "",
	    "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n27 GNU.sparse.realsize=900\n"
	    "21 GNU.sparse.name=a\n", 92, 92);
	tar_entry(&b, "GNUSparseFile.0/a", '0', "", data, sizeof(data), sizeof(data));
	tar_end(&b);
	alarm(10);
	refused(&b, FZ_ARCHIVE_INVALID, "sparse blocks out of order");
	alarm(0);
}

static void
test_unknown(void **state)
{
	static const char *const bytes[] = { "", "P", "hello", "\x7f""ELF", "Rar!\x1a\7",
		"7z\xbc\xaf\x27\x1c", "BZh9", "\xfd""7zXZ", "PK\7\10", "\x1f\x8b",
		"\x28\xb5\x2f\xfd" };
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		buf_init(&b, MIB);
		buf_add(&b, bytes[i], strlen(bytes[i]));
		refused(&b, FZ_ARCHIVE_INVALID, bytes[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_same_names),
		cmocka_unit_test(test_zip_lies),
		cmocka_unit_test(test_zip_overlap),
		cmocka_unit_test(test_zip_overlap_quoted),
		cmocka_unit_test(test_zip_counts),
		cmocka_unit_test(test_zip_ends),
		cmocka_unit_test(test_zip_bombs),
		cmocka_unit_test(test_zip_forms),
		cmocka_unit_test(test_big_honest_tree),
		cmocka_unit_test(test_tar_forms),
		cmocka_unit_test(test_tar_lies),
		cmocka_unit_test(test_tar_ends),
		cmocka_unit_test(test_tar_nested),
		cmocka_unit_test(test_tar_bombs),
		cmocka_unit_test(test_tar_sparse_map),
		cmocka_unit_test(test_tar_holes),
		cmocka_unit_test(test_tar_sparse_unordered),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
