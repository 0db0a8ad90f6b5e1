/*
 * Sealing: a text sealed elsewhere opens, every changed bit is noticed, and a key file
 * that is not private or no key is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/seal.h"
#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define CONTEXT "env|7|KEY"

/* Made with another implementation: AES-256-GCM under HKDF(0..31, "fazt seal"). */
#define SEALED "01a0a1a2a3a4a5a6a7a8a9aaab7fab70dff04258bf77a3945c175ce228812c" \
	"96771a4ea4da50e69f"
#define TEXT "secret \xf0\x9f\x98\x80"
#define URL_KEY "4ac97c4c83701d6cd6f3de5003562846a98302e21f62c6bb3d4681356570a166"

static struct seal *seal;

static int
setup(void **state)
{
	uint8_t key[SEAL_KEY_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	seal = seal_of_key(key);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	seal_free(seal);
	seal_free(NULL);
	return 0;
}

static void
test_known_text(void **state)
{
	uint8_t sealed[(sizeof(SEALED) - 1) / 2], out[64];

	(void)state;
	assert_true(str_unhex(sealed, sizeof(sealed), SEALED, strlen(SEALED)));
	assert_int_equal(sizeof(sealed), sizeof(TEXT) - 1 + SEAL_EXTRA);
	assert_int_equal(seal_unlock(seal, CONTEXT, sealed, sizeof(sealed), out), FZ_OK);
	assert_memory_equal(out, TEXT, sizeof(TEXT) - 1);
}

static void
test_derive(void **state)
{
	uint8_t want[SEAL_KEY_LEN], a[SEAL_KEY_LEN], b[SEAL_KEY_LEN];

	(void)state;
	assert_true(str_unhex(want, sizeof(want), URL_KEY, strlen(URL_KEY)));
	seal_derive(seal, "blob urls", a);
	seal_derive(seal, "blob url", b);
	assert_memory_equal(a, want, sizeof(want));
	assert_memory_not_equal(a, b, sizeof(a));
}

static void
test_lengths(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 65536 };
	uint8_t *text = calloc(1, 65536), *out = calloc(1, 65536);
	uint8_t *sealed = calloc(1, 65536 + SEAL_EXTRA),
		*again = calloc(1, 65536 + SEAL_EXTRA);

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t n = sizes[i];

		memset(text, 'x', n);
		assert_int_equal(seal_lock(seal, CONTEXT, text, n, sealed), FZ_OK);
		assert_int_equal(seal_lock(seal, CONTEXT, text, n, again), FZ_OK);
		assert_memory_not_equal(sealed, again, n + SEAL_EXTRA);
		assert_int_equal(
		    seal_unlock(seal, CONTEXT, sealed, n + SEAL_EXTRA, out), FZ_OK);
		assert_memory_equal(out, text, n);
	}
	free(text);
	free(out);
	free(sealed);
	free(again);
}

static void
test_every_bit(void **state)
{
	uint8_t sealed[8 + SEAL_EXTRA], out[8];

	(void)state;
	assert_int_equal(seal_lock(seal, CONTEXT, "canary12", 8, sealed), FZ_OK);
	for (size_t bit = 0; bit < sizeof(sealed) * 8; bit++) {
		memset(out, 0, sizeof(out));
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(seal_unlock(seal, CONTEXT, sealed, sizeof(sealed), out),
		    FZ_CORRUPT);
		for (size_t i = 0; i < sizeof(out); i++)
			assert_int_equal(out[i], 0);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < sizeof(sealed); n++)
		assert_int_equal(seal_unlock(seal, CONTEXT, sealed, n, out), FZ_CORRUPT);
}

static void
test_context(void **state)
{
	static const char *const others[] = { "env|8|KEY", "env|7|KEY2", "env|7|KE", "" };
	uint8_t sealed[5 + SEAL_EXTRA], out[5], key[SEAL_KEY_LEN] = { 1 };
	struct seal *other = seal_of_key(key);

	(void)state;
	assert_int_equal(seal_lock(seal, CONTEXT, "12345", 5, sealed), FZ_OK);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(
		    seal_unlock(seal, others[i], sealed, sizeof(sealed), out),
		    FZ_CORRUPT);
	assert_int_equal(
	    seal_unlock(other, CONTEXT, sealed, sizeof(sealed), out), FZ_CORRUPT);
	assert_int_equal(seal_unlock(seal, CONTEXT, sealed, sizeof(sealed), out), FZ_OK);
	seal_free(other);
}

static void
write_file(const char *path, const void *p, size_t n, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void
test_files(void **state)
{
	static const char raw[] =
	    "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"
	    "\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d"
	    "\x1e\x1f";
	static const struct {
		const char *text;
		size_t len;
		mode_t mode;
		enum fz_err want;
	} rows[] = {
		{ HEX, 64, 0600, FZ_OK },
		{ HEX, 64, 0400, FZ_OK },
		{ HEX "\n", 65, 0600, FZ_OK },
		{ raw, 32, 0600, FZ_OK },
		{ HEX, 64, 0604, FZ_VALIDATION_FAILED },
		{ HEX, 64, 0601, FZ_VALIDATION_FAILED },
		{ HEX, 64, 0620, FZ_VALIDATION_FAILED },
		{ HEX, 63, 0600, FZ_VALIDATION_FAILED },
		{ HEX " ", 65, 0600, FZ_VALIDATION_FAILED },
		{ HEX "\n\n", 66, 0600, FZ_VALIDATION_FAILED },
		{ HEX "0", 65, 0600, FZ_VALIDATION_FAILED },
		{ HEX "00000000", 72, 0600, FZ_VALIDATION_FAILED },
		{ "g" HEX, 64, 0600, FZ_VALIDATION_FAILED },
		{ raw, 31, 0600, FZ_VALIDATION_FAILED },
		{ raw, 33, 0600, FZ_VALIDATION_FAILED },
		{ "", 0, 0600, FZ_VALIDATION_FAILED },
	};
	char dir[] = "/tmp/fazt-test-XXXXXX", path[64];
	uint8_t a[SEAL_KEY_LEN], b[SEAL_KEY_LEN];
	struct seal *got = NULL;
	struct why why = { { 0 } };

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/master.key", dir);
	assert_int_equal(seal_open(path, &got, &why), FZ_NOT_FOUND);
	assert_non_null(strstr(why.text, path));
	assert_int_equal(seal_open(dir, &got, &why), FZ_VALIDATION_FAILED);
	seal_derive(seal, "x", a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_file(path, rows[i].text, rows[i].len, rows[i].mode);
		why.text[0] = '\0';
		got = NULL;
		if (seal_open(path, &got, &why) != rows[i].want)
			fail_msg("row %zu: %s", i, why.text);
		assert_int_equal(got != NULL, rows[i].want == FZ_OK);
		assert_int_equal(why.text[0] != '\0', rows[i].want != FZ_OK);
		assert_null(strstr(why.text, "0102"));
		if (got != NULL) {
			seal_derive(got, "x", b);
			assert_memory_equal(a, b, sizeof(a));
		}
		seal_free(got);
	}
	unlink(path);
	rmdir(dir);
}

/* Group bits count for a file of our own, not for one of root's (credentials). */
static void
test_group(void **state)
{
	char path[] = "/tmp/fazt-test-XXXXXX";
	struct seal *got = NULL;
	struct why why;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, HEX, 64), 64);
	assert_int_equal(fchmod(fd, 0440), 0);
	if (geteuid() == 0) {
		assert_int_equal(seal_open(path, &got, &why), FZ_OK);
		seal_free(got);
		got = NULL;
		assert_int_equal(fchown(fd, 12345, 12345), 0);
	}
	assert_int_equal(seal_open(path, &got, &why), FZ_VALIDATION_FAILED);
	assert_null(got);
	close(fd);
	unlink(path);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_text), cmocka_unit_test(test_derive),
		cmocka_unit_test(test_lengths), cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_context), cmocka_unit_test(test_files),
		cmocka_unit_test(test_group),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
