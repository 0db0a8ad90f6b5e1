/* UTF-8 and CESU-8: every character, every short malformed form, and never a Symbol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/text.h"

#define FFFD "\xef\xbf\xbd"

struct conversion {
	const char	*in;
	size_t		 len;
	const char	*out;
};
#define ROW(in, out) { in, sizeof(in) - 1, out }

static const struct conversion to_cesu[] = {
	ROW("", ""),
	ROW("plain text, longer than one word of eight bytes\x7f",
	    "plain text, longer than one word of eight bytes\x7f"),
	ROW("\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf"),
	ROW("\xe0\xa0\x80\xef\xbf\xbf", "\xe0\xa0\x80\xef\xbf\xbf"),
	/* U+10000, U+1F600, U+10FFFF */
	ROW("\xf0\x90\x80\x80", "\xed\xa0\x80\xed\xb0\x80"),
	ROW("a\xf0\x9f\x98\x80" "b", "a\xed\xa0\xbd\xed\xb8\x80" "b"),
	ROW("\xf4\x8f\xbf\xbf", "\xed\xaf\xbf\xed\xbf\xbf"),
	/* above U+10FFFF, and lead bytes that never are */
	ROW("\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD),
	ROW("\xf5\x80\x80\x80", FFFD FFFD FFFD FFFD),
	ROW("\xff" "x", FFFD "x"),
	ROW("\xfe", FFFD),
	/* what the engine would take for a Symbol */
	ROW("\x80" "a", FFFD "a"),
	ROW("\x81" "a", FFFD "a"),
	ROW("\x82" "a", FFFD "a"),
	/* overlong */
	ROW("\xc0\x80", FFFD FFFD),
	ROW("\xc1\xbf", FFFD FFFD),
	ROW("\xe0\x9f\xbf", FFFD FFFD FFFD),
	ROW("\xf0\x8f\xbf\xbf", FFFD FFFD FFFD FFFD),
	/* surrogates in UTF-8, alone and as a pair */
	ROW("\xed\xa0\x80", FFFD FFFD FFFD),
	ROW("\xed\xbf\xbf", FFFD FFFD FFFD),
	ROW("\xed\xa0\xbd\xed\xb8\x80", FFFD FFFD FFFD FFFD FFFD FFFD),
	/* cut off, at the end and before ASCII */
	ROW("\xc3", FFFD),
	ROW("\xe2\x82", FFFD FFFD),
	ROW("\xf0\x9f\x98", FFFD FFFD FFFD),
	ROW("\xe2\x82" "A", FFFD FFFD "A"),
	ROW("\xf0\x9f\x98" "A", FFFD FFFD FFFD "A"),
	ROW("\xc3\xc3\xa9", FFFD "\xc3\xa9"),
};

static const struct conversion to_utf8[] = {
	ROW("", ""),
	ROW("abc\xc3\xa9\xe2\x82\xac", "abc\xc3\xa9\xe2\x82\xac"),
	ROW("\xed\xa0\x80\xed\xb0\x80", "\xf0\x90\x80\x80"),
	ROW("a\xed\xa0\xbd\xed\xb8\x80" "b", "a\xf0\x9f\x98\x80" "b"),
	ROW("\xed\xaf\xbf\xed\xbf\xbf", "\xf4\x8f\xbf\xbf"),
	/* lone halves */
	ROW("\xed\xa0\xbd", FFFD),
	ROW("\xed\xb8\x80", FFFD),
	ROW("\xed\xa0\xbdx", FFFD "x"),
	ROW("\xed\xa0\xbd\xed\xa0\xbd\xed\xb8\x80", FFFD "\xf0\x9f\x98\x80"),
	ROW("\xed\xb8\x80\xed\xa0\xbd", FFFD FFFD),
	ROW("\xed\xa0\xbd\xed\xb8", FFFD FFFD FFFD),
	/* four bytes stay, the rest is invalid */
	ROW("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"),
	ROW("\xff\x80\x81\x82\xfe", FFFD FFFD FFFD FFFD FFFD),
	ROW("\xc0\x80", FFFD FFFD),
};

static void
convert(const struct conversion *row, size_t (*measure)(const char *, size_t),
    void (*write)(const char *, size_t, char *))
{
	size_t len = measure(row->in, row->len);
	char *out = malloc(len + 1);

	assert_non_null(out);
	out[len] = '!';
	write(row->in, row->len, out);
	assert_int_equal(out[len], '!');
	assert_int_equal(len, strlen(row->out));
	assert_memory_equal(out, row->out, len);
	free(out);
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(to_cesu) / sizeof(*to_cesu); i++)
		convert(&to_cesu[i], text_cesu_len, text_to_cesu);
	for (size_t i = 0; i < sizeof(to_utf8) / sizeof(*to_utf8); i++)
		convert(&to_utf8[i], text_utf8_len, text_to_utf8);
}

static size_t
encode(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 + c / 64);
		out[1] = (char)(0x80 + c % 64);
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 + c / 4096);
		out[1] = (char)(0x80 + c / 64 % 64);
		out[2] = (char)(0x80 + c % 64);
		return 3;
	}
	out[0] = (char)(0xf0 + c / 262144);
	out[1] = (char)(0x80 + c / 4096 % 64);
	out[2] = (char)(0x80 + c / 64 % 64);
	out[3] = (char)(0x80 + c % 64);
	return 4;
}

static void
test_every_character(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char utf8[4], want[6], cesu[6], back[4];
		size_t n = encode(c, utf8), m = n;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		memcpy(want, utf8, n);
		if (c >= 0x10000) {
			m = encode(0xd800 + (c - 0x10000) / 1024, want);
			m += encode(0xdc00 + (c - 0x10000) % 1024, want + m);
		}
		if (text_cesu_len(utf8, n) != m || text_utf8_len(want, m) != n)
			fail_msg("length of U+%04X", c);
		text_to_cesu(utf8, n, cesu);
		text_to_utf8(want, m, back);
		if (memcmp(cesu, want, m) != 0 || memcmp(back, utf8, n) != 0)
			fail_msg("bytes of U+%04X", c);
		assert_int_equal(text_plain(utf8, n), c < 0x80);
	}
}

/* All of up to three bytes: lengths within bounds, nothing that begins a Symbol. */
static void
test_short_inputs(void **state)
{
	char in[3], out[18];

	(void)state;
	for (uint32_t bits = 0; bits < 1U << 24; bits += bits < 1U << 16 ? 1 : 7) {
		size_t n = 1 + (bits >= 1U << 8) + (bits >= 1U << 16);
		unsigned char first;
		size_t len;

		in[0] = (char)bits;
		in[1] = (char)(bits >> 8);
		in[2] = (char)(bits >> 16);
		len = text_cesu_len(in, n);
		assert_true(len >= 1 && len <= 3 * n);
		text_to_cesu(in, n, out);
		first = (unsigned char)out[0];
		if (!(first < 0x80 || (first >= 0xc2 && first <= 0xef)))
			fail_msg("%06x begins with %02x", bits, first);
		assert_int_equal(text_cesu_len(out, len), len);
		len = text_utf8_len(in, n);
		assert_true(len >= 1 && len <= 3 * n);
	}
}

/* Non-ASCII at every place of a word, so that the fast way meets every edge. */
static void
test_plain(void **state)
{
	char s[40];

	(void)state;
	for (size_t len = 0; len < sizeof(s); len++) {
		for (size_t at = 0; at < len; at++) {
			memset(s, 'a', sizeof(s));
			assert_true(text_plain(s, len));
			s[at] = '\x80';
			assert_false(text_plain(s, len));
			assert_true(text_plain(s, at));
			assert_int_equal(text_cesu_len(s, len), len + 2);
			assert_int_equal(text_utf8_len(s, len), len + 2);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_short_inputs),
		cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
