/* SHA-256 against the NIST examples, CRC-32, random numbers, comparison. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "base/str.h"

static const struct {
	const char	*text;
	size_t		 times;
	const char	*hex;
} vectors[] = {
	{ "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu", 1,
	    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	{ "a", 1000000,
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

static void
test_sha256(void **state)
{
	struct sha256 *h = sha256_new();

	(void)state;
	/* One object for all: take starts afresh. */
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t n = strlen(vectors[i].text);
		uint8_t out[SHA256_LEN];
		char hex[SHA256_HEX];

		for (size_t j = 0; j < vectors[i].times; j++)
			sha256_add(h, vectors[i].text, n);
		sha256_take(h, out);
		str_hex(hex, out, sizeof(out));
		assert_string_equal(hex, vectors[i].hex);
		if (vectors[i].times > 1)
			continue;
		sha256_of(vectors[i].text, n, out);
		str_hex(hex, out, sizeof(out));
		assert_string_equal(hex, vectors[i].hex);
	}
	sha256_add(h, NULL, 0);
	sha256_add(h, "left over", 9);
	sha256_free(h);
	sha256_free(NULL);
}

static void
test_crc32(void **state)
{
	(void)state;
	assert_int_equal(crc32_of("", 0), 0);
	assert_int_equal(crc32_of(NULL, 0), 0);
	assert_int_equal(crc32_of("123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_of("\0\0\0\0", 4), 0x2144df1c);
	assert_int_equal(crc32_of("\xff\xff\xff\xff", 4), 0xffffffff);
}

static void
test_random(void **state)
{
	uint8_t a[1000] = { 0 }, b[1000] = { 0 };
	size_t seen[10] = { 0 }, zeroes = 0;

	(void)state;
	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	for (size_t i = 0; i < sizeof(a); i++)
		zeroes += a[i] == 0;
	assert_true(zeroes < 50);
	memset(a, 7, 4);
	random_bytes(a + 2, 0);
	assert_memory_equal(a, "\7\7\7\7", 4);

	assert_int_equal(random_below(0), 0);
	assert_int_equal(random_below(1), 0);
	for (int i = 0; i < 10000; i++) {
		uint32_t v = random_below(10);

		assert_true(v < 10);
		seen[v]++;
	}
	for (int i = 0; i < 10; i++)
		assert_true(seen[i] > 750 && seen[i] < 1250);
}

/* With this bound a plain remainder gives the lower half two of three times. */
static void
test_random_fair(void **state)
{
	uint32_t bound = 0xaaaaaaab;
	int low = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		uint32_t v = random_below(bound);

		assert_true(v < bound);
		low += v < bound / 2;
	}
	assert_true(low > 4600 && low < 5400);
}

static void
test_equal(void **state)
{
	(void)state;
	assert_true(ct_equal("", "", 0));
	assert_true(ct_equal("a\0b", "a\0b", 3));
	assert_false(ct_equal("a\0b", "a\0c", 3));
	assert_false(ct_equal("xbc", "abc", 3));
	assert_true(ct_equal("abc", "abd", 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_crc32),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_fair),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
