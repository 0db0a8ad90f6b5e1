/* Blobs: every size around a piece, dedupe, variants, ranges, what is left behind. */
#include "tests/unit/store_test.h"

#include <brotli/decode.h>
#include <pthread.h>
#include <zlib.h>

#define K ((size_t)1024)

static char upload[UPLOAD_ID_LEN + 1];

static int
open_upload(void **state)
{
	(void)state;
	return upload_open(st, upload) != FZ_OK;
}

static int
drop_upload(void **state)
{
	(void)state;
	upload_drop(st, upload);
	(void)sweep();
	return number("SELECT (SELECT count(*) FROM blob)+(SELECT count(*) FROM chunk)"
	    "+(SELECT count(*) FROM upload_blob)"
	    "+(SELECT count(*) FROM garbage_blob)") != 0;
}

/* Bytes that do not compress, the same for the same seed. */
static void
noise(char *p, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		p[i] = (char)(seed >> 24);
	}
}

/* Text with lines that differ. */
static void
prose(char *p, size_t n)
{
	char line[64];
	size_t at = 0;

	for (unsigned i = 0; at < n; i++) {
		int len = snprintf(line, sizeof(line), "line %u of a page, %x\n", i,
		    i * 2654435761u);

		for (int j = 0; j < len && at < n; j++)
			p[at++] = line[j];
	}
}

static void
same(int64_t id, enum blob_enc enc, const void *want, size_t n)
{
	struct reader *rd = reader();
	void *got;
	size_t len;

	OK(blob_read(rd, id, enc, n, &got, &len));
	assert_int_equal(len, n);
	assert_memory_equal(got, want, n);
	assert_int_equal(((char *)got)[n], 0);
	free(got);
	reader_close(rd);
}

static void
test_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 256 * K - 1, 256 * K, 256 * K + 1, 512 * K,
		1024 * K, 1024 * K + 7 };
	static const size_t steps[] = { 1 << 30, 100000, 256 * K, 4096, 256 * K - 1 };
	char *p = xmalloc(1024 * K + 7);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct blob_info info, again;
		uint8_t hash[SHA256_LEN];
		struct reader *rd;

		noise(p, sizes[i], (uint32_t)i);
		OK(put_steps(upload, p, sizes[i], steps[i % 5], false, &info));
		assert_int_equal(info.size, sizes[i]);
		assert_int_equal(info.gz + info.br, 0);
		sha256_of(p, sizes[i], hash);
		assert_memory_equal(info.sha256, hash, SHA256_LEN);
		same(info.id, BLOB_PLAIN, p, sizes[i]);
		rd = reader();
		OK(blob_find(rd, hash, &again));
		assert_int_equal(again.id, info.id);
		OK(blob_get(rd, info.id, &again));
		assert_int_equal(again.size, sizes[i]);
		reader_close(rd);
	}
	assert_int_equal(number("SELECT max(length(data)) FROM chunk"), 256 * K);
	assert_int_equal(number("SELECT count(*) FROM chunk"), 1 + 1 + 1 + 2 + 2 + 4 + 5);
	free(p);
}

static void
test_dedupe(void **state)
{
	static const size_t sizes[] = { 0, 5, 256 * K, 700 * K };
	char *p = xmalloc(700 * K), other[UPLOAD_ID_LEN + 1];

	(void)state;
	OK(upload_open(st, other));
	for (size_t i = 0; i < 4; i++) {
		struct blob_info a, b, c;

		noise(p, sizes[i], 77);
		OK(put_steps(upload, p, sizes[i], 9999, true, &a));
		OK(put_steps(upload, p, sizes[i], 1 << 20, true, &b));
		OK(put_steps(other, p, sizes[i], 3333, false, &c));
		assert_int_equal(a.id, b.id);
		assert_int_equal(a.id, c.id);
		assert_int_equal(c.size, sizes[i]);
	}
	(void)sweep();
	assert_int_equal(number("SELECT count(*) FROM blob"), 4);
	assert_int_equal(number("SELECT count(*) FROM upload_blob"), 8);
	assert_int_equal(number("SELECT count(*) FROM chunk"), 0 + 1 + 1 + 3);
	upload_drop(st, upload);
	(void)sweep();
	assert_int_equal(number("SELECT count(*) FROM blob"), 4);
	upload_drop(st, other);
	assert_true(sweep() > 0);
	assert_int_equal(number("SELECT count(*) FROM blob"), 0);
	free(p);
}

static void
gunzip(const void *in, size_t n, char *out, size_t want)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in, .avail_in = (uInt)n,
		.next_out = (Bytef *)out, .avail_out = (uInt)want };

	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, want);
	inflateEnd(&z);
}

static void
variants_ok(const struct blob_info *info, const char *want, size_t n)
{
	struct reader *rd = reader();
	char *out = xmalloc(n);
	size_t len, got = n;
	void *p;

	assert_true(info->gz > 0 && info->gz < n);
	assert_true(info->br > 0 && info->br < n);
	OK(blob_read(rd, info->id, BLOB_GZIP, n, &p, &len));
	assert_int_equal(len, info->gz);
	/* Flags and time of the gzip header: nothing that changes from day to day. */
	assert_memory_equal(p, "\x1f\x8b\x08\0\0\0\0\0", 8);
	gunzip(p, len, out, n);
	assert_memory_equal(out, want, n);
	free(p);
	OK(blob_read(rd, info->id, BLOB_BROTLI, n, &p, &len));
	assert_int_equal(len, info->br);
	memset(out, 0, n);
	assert_int_equal(BrotliDecoderDecompress(len, p, &got, (uint8_t *)out),
	    BROTLI_DECODER_RESULT_SUCCESS);
	assert_int_equal(got, n);
	assert_memory_equal(out, want, n);
	free(p);
	free(out);
	reader_close(rd);
}

static void
test_variants(void **state)
{
	static const size_t sizes[] = { 1024, 5000, 256 * K, 256 * K + 1, 3000 * K };
	char *p = xmalloc(3000 * K);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct blob_info info;

		prose(p, sizes[i]);
		OK(put_steps(upload, p, sizes[i], 50000, true, &info));
		same(info.id, BLOB_PLAIN, p, sizes[i]);
		variants_ok(&info, p, sizes[i]);
	}
	/* Variants of more than one piece were among them. */
	assert_true(number("SELECT max(n) FROM chunk WHERE enc=1") > 0);
	assert_true(number("SELECT max(n) FROM chunk WHERE enc=2") > 0);
	free(p);
}

static void
test_variants_not_made(void **state)
{
	struct blob_info info;
	struct reader *rd;
	size_t size = LIMIT_COMPRESS_TO + 1, len;
	char *p = xcalloc(1, size);
	void *out;

	(void)state;
	prose(p, 1023);
	OK(put_steps(upload, p, 1023, 50000, true, &info));
	assert_int_equal(info.gz + info.br, 0);
	prose(p, 2000);
	OK(put_steps(upload, p, 2000, 50000, false, &info));
	assert_int_equal(info.gz + info.br, 0);
	/* Not smaller: in one piece, and in several of which some are in rows already. */
	noise(p, 900 * K, 5);
	OK(put_steps(upload, p, 4000, 50000, true, &info));
	assert_int_equal(info.gz + info.br, 0);
	OK(put_steps(upload, p, 900 * K, 50000, true, &info));
	assert_int_equal(info.gz + info.br, 0);
	same(info.id, BLOB_PLAIN, p, 900 * K);
	assert_int_equal(number("SELECT count(*) FROM chunk WHERE enc<>0"), 0);
	rd = reader();
	assert_int_equal(
	    blob_read(rd, info.id, BLOB_GZIP, size, &out, &len), FZ_NOT_FOUND);
	assert_int_equal(blob_read(rd, info.id, BLOB_PLAIN, 900 * K - 1, &out, &len),
	    FZ_PAYLOAD_TOO_LARGE);
	assert_int_equal(
	    blob_read(rd, 1 << 30, BLOB_PLAIN, size, &out, &len), FZ_NOT_FOUND);
	reader_close(rd);
	OK(put_steps(upload, p, size, 1 << 20, true, &info));
	assert_int_equal(info.gz + info.br, 0);
	free(p);
}

static void
test_ranges(void **state)
{
	static const struct {
		size_t from, len;
	} ranges[] = {
		{ 0, 0 },
		{ 0, 1 },
		{ 0, 600 * K },
		{ 600 * K - 1, 1 },
		{ 256 * K - 1, 2 },
		{ 256 * K, 256 * K },
		{ 10, 300 * K },
		{ 511 * K, 2 * K },
		{ 255 * K, 1 * K },
	};
	struct blob_info info;
	char *p = xmalloc(600 * K);

	(void)state;
	noise(p, 600 * K, 9);
	OK(put_steps(upload, p, 600 * K, 50000, false, &info));
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct body_source *src = blob_source(st, info.id, BLOB_PLAIN,
		    ranges[i].from, ranges[i].len);
		size_t at = 0, n = 1;
		const void *piece;

		while (n > 0) {
			OK(src->next(src, &piece, &n));
			assert_true(n <= 256 * K && at + n <= ranges[i].len);
			if (n > 0)
				assert_memory_equal(piece, p + ranges[i].from + at, n);
			at += n;
		}
		assert_int_equal(at, ranges[i].len);
		src->close(src);
	}
	free(p);
}

static void
test_source_of_variant(void **state)
{
	struct blob_info info;
	struct body_source *src;
	const void *piece;
	struct reader *rd;
	size_t n, len;
	char *p = xmalloc(9000);
	void *want;

	(void)state;
	prose(p, 9000);
	OK(put_steps(upload, p, 9000, 100, true, &info));
	rd = reader();
	OK(blob_read(rd, info.id, BLOB_BROTLI, 9000, &want, &len));
	reader_close(rd);
	src = blob_source(st, info.id, BLOB_BROTLI, 0, info.br);
	OK(src->next(src, &piece, &n));
	assert_int_equal(n, len);
	assert_memory_equal(piece, want, n);
	src->close(src);
	/* Past the end of what is stored: an error, not a piece of something else. */
	src = blob_source(st, info.id, BLOB_BROTLI, 0, info.br + 1);
	assert_int_equal(src->next(src, &piece, &n), FZ_CORRUPT);
	src->close(src);
	free(want);
	free(p);
}

static void
test_vanishes(void **state)
{
	struct blob_info info, next;
	struct body_source *src;
	const void *piece;
	size_t n;
	char *p = xmalloc(600 * K);

	(void)state;
	noise(p, 600 * K, 10);
	OK(put_steps(upload, p, 600 * K, 50000, false, &info));
	src = blob_source(st, info.id, BLOB_PLAIN, 0, 600 * K);
	OK(src->next(src, &piece, &n));
	upload_drop(st, upload);
	(void)sweep();
	OK(upload_open(st, upload));
	/* The next content does not get the id: the open source would send it. */
	noise(p, 600 * K, 11);
	OK(put_steps(upload, p, 600 * K, 50000, false, &next));
	assert_int_not_equal(next.id, info.id);
	assert_int_equal(src->next(src, &piece, &n), FZ_NOT_FOUND);
	src->close(src);
	free(p);
}

static void
test_unfinished(void **state)
{
	static const size_t sizes[] = { 0, 10, 256 * K, 256 * K + 1, 1000 * K };
	char *p = xcalloc(1, 1000 * K);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct blob_in *in = blob_in_new(st, upload, true);

		OK(blob_in_add(in, p, sizes[i]));
		blob_in_free(in);
		(void)sweep();
		assert_int_equal(number("SELECT count(*) FROM blob"), 0);
		assert_int_equal(number("SELECT count(*) FROM chunk"), 0);
		assert_int_equal(number("SELECT count(*) FROM upload_blob"), 0);
	}
	blob_in_free(NULL);
	free(p);
}

static void
test_unfinished_is_hidden(void **state)
{
	struct blob_in *in = blob_in_new(st, upload, true);
	struct blob_info info;
	struct reader *rd;
	char *p = xcalloc(1, 600 * K);

	(void)state;
	OK(blob_in_add(in, p, 600 * K));
	assert_int_equal(number("SELECT count(*) FROM blob WHERE sha256 IS NULL"), 1);
	/* The sweep does not touch what an upload is filling. */
	assert_int_equal(sweep(), 0);
	rd = reader();
	assert_int_equal(
	    blob_get(rd, number("SELECT id FROM blob"), &info), FZ_NOT_FOUND);
	reader_close(rd);
	OK(blob_in_end(in, &info));
	same(info.id, BLOB_PLAIN, p, 600 * K);
	assert_int_not_equal(blob_in_add(in, p, 1), FZ_OK);
	assert_int_not_equal(blob_in_end(in, &info), FZ_OK);
	blob_in_free(in);
	free(p);
}

static void
test_upload_gone(void **state)
{
	struct blob_info info;
	struct blob_in *small, *large, *over;
	char *p = xcalloc(1, 900 * K);

	(void)state;
	small = blob_in_new(st, upload, true);
	OK(blob_in_add(small, "abc", 3));
	large = blob_in_new(st, upload, true);
	OK(blob_in_add(large, p, 600 * K));
	over = blob_in_new(st, upload, true);
	OK(blob_in_add(over, p, 300 * K));
	upload_drop(st, upload);
	assert_int_equal(blob_in_end(small, &info), FZ_NOT_FOUND);
	assert_int_equal(blob_in_end(large, &info), FZ_NOT_FOUND);
	(void)sweep();
	/* No piece may be added after the sweep: nobody would find it. */
	assert_int_equal(blob_in_add(over, p, 600 * K), FZ_NOT_FOUND);
	assert_int_equal(blob_in_add(over, p, 1), FZ_NOT_FOUND);
	assert_int_equal(blob_in_end(over, &info), FZ_NOT_FOUND);
	blob_in_free(small);
	blob_in_free(large);
	blob_in_free(over);
	assert_int_equal(number("SELECT count(*) FROM chunk"), 0);
	assert_int_equal(number("SELECT count(*) FROM blob"), 0);
	OK(upload_open(st, upload));
	free(p);
}

static void
test_sweep_bound(void **state)
{
	struct blob_info info;
	struct writer *w;
	int64_t n;
	char text[16];

	(void)state;
	for (int i = 0; i < 30; i++) {
		(void)snprintf(text, sizeof(text), "content %d", i);
		put(upload, text, &info);
	}
	upload_drop(st, upload);
	OK(upload_open(st, upload));
	put(upload, "content 7", &info);	/* named again before the sweep looks */
	w = begin();
	OK(blob_sweep(w, 10, &n));
	commit(w);
	assert_int_equal(n, 10);
	assert_int_equal(sweep(), 19);
	assert_int_equal(number("SELECT count(*) FROM blob"), 1);
	same(info.id, BLOB_PLAIN, "content 7", 9);
}

static void *
put_all(void *arg)
{
	char mine[UPLOAD_ID_LEN + 1], *p = xmalloc(700 * K);
	struct blob_info info;

	(void)arg;
	OK(upload_open(st, mine));
	for (uint32_t i = 0; i < 20; i++) {
		size_t n = i % 4 == 0 ? 700 * K : 3000 + i;

		prose(p, n);
		p[0] = (char)i;
		OK(put_steps(mine, p, n, 60000, true, &info));
		same(info.id, BLOB_PLAIN, p, n);
		if (i % 5 == 0) {
			upload_drop(st, mine);
			(void)sweep();
			OK(upload_open(st, mine));
		}
	}
	upload_drop(st, mine);
	free(p);
	return NULL;
}

/* The same contents from several threads, with sweeps in between. */
static void
test_threads(void **state)
{
	pthread_t t[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&t[i], NULL, put_all, NULL), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_upload, drop_upload)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sizes),
		TEST(test_dedupe),
		TEST(test_variants),
		TEST(test_variants_not_made),
		TEST(test_ranges),
		TEST(test_source_of_variant),
		TEST(test_vanishes),
		TEST(test_unfinished),
		TEST(test_unfinished_is_hidden),
		TEST(test_upload_gone),
		TEST(test_sweep_bound),
		TEST(test_threads),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
