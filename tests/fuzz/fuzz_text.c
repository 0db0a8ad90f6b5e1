/*
 * UTF-8 <-> CESU-8 against a reference that works on arrays of code points: same lengths
 * and bytes, never a first byte that makes a Symbol, valid text comes back as it was.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/text.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define INVALID 0xffffffffU

static void
check(bool good)
{
	if (!good)
		abort();
}

/* By the table of RFC 3629, with surrogates let through. */
static size_t
slow_decode(const uint8_t *s, size_t len, uint32_t *c)
{
	uint8_t b[4] = { 0 };

	memcpy(b, s, len < 4 ? len : 4);
	for (size_t i = 1; i < 4; i++)
		b[i] = i < len && b[i] >= 0x80 && b[i] <= 0xbf ? b[i] - 0x80 : 0xff;
	*c = b[0];
	if (b[0] <= 0x7f)
		return 1;
	*c = (b[0] - 0xc0U) * 64 + b[1];
	if (b[0] >= 0xc2 && b[0] <= 0xdf && b[1] != 0xff)
		return 2;
	*c = (b[0] - 0xe0U) * 4096 + b[1] * 64U + b[2];
	if (b[0] >= 0xe0 && b[0] <= 0xef && b[1] != 0xff && b[2] != 0xff && *c >= 0x800)
		return 3;
	*c = (b[0] - 0xf0U) * 262144 + b[1] * 4096U + b[2] * 64U + b[3];
	if (b[0] >= 0xf0 && b[0] <= 0xf4 && b[1] != 0xff && b[2] != 0xff && b[3] != 0xff &&
	    *c >= 0x10000 && *c <= 0x10ffff)
		return 4;
	*c = INVALID;
	return 1;
}

static bool
surrogate(uint32_t c)
{
	return c >= 0xd800 && c <= 0xdfff;
}

/* Code points of the input; in UTF-8 a surrogate is three invalid bytes. */
static size_t
slow_points(const uint8_t *s, size_t len, bool cesu, uint32_t *out)
{
	size_t n = 0, i = 0;

	while (i < len) {
		uint32_t c;
		size_t used = slow_decode(s + i, len - i, &c);

		if (!cesu && surrogate(c) && used == 3) {
			c = INVALID;
			used = 1;
		}
		out[n++] = c;
		i += used;
	}
	return n;
}

static size_t
slow_write(char *out, uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n - 1; i > 0; i--) {
		out[i] = (char)(0x80 + c % 64);
		c /= 64;
	}
	out[0] = (char)(lead[n] + c);
	return n;
}

static size_t
slow_cesu(const uint32_t *points, size_t n, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t c = points[i] == INVALID ? 0xfffd : points[i];

		if (c > 0xffff) {
			len += slow_write(out + len, 0xd800 + (c - 0x10000) / 1024);
			c = 0xdc00 + (c - 0x10000) % 1024;
		}
		len += slow_write(out + len, c);
	}
	return len;
}

static size_t
slow_utf8(const uint32_t *points, size_t n, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t c = points[i];

		if (c >= 0xd800 && c <= 0xdbff && i + 1 < n && points[i + 1] >= 0xdc00 &&
		    points[i + 1] <= 0xdfff) {
			c = 0x10000 + (c - 0xd800) * 1024 + (points[i + 1] - 0xdc00);
			i++;
		}
		len += slow_write(out + len, c == INVALID || surrogate(c) ? 0xfffd : c);
	}
	return len;
}

static void
check_symbol(const char *s, size_t len)
{
	static const char starts[] = { '\x80', '\x81', '\x82', '\xff' };

	check(len == 0 || memchr(starts, s[0], sizeof(starts)) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	uint32_t *points = malloc((size + 1) * sizeof(*points));
	char *want = malloc(3 * size + 1), *got, *back;
	size_t n, len, again;

	n = slow_points(data, size, false, points);
	len = slow_cesu(points, n, want);
	check(text_cesu_len(text, size) == len && len <= 3 * size);
	got = malloc(len + 1);
	text_to_cesu(text, size, got);
	check(memcmp(got, want, len) == 0);
	check_symbol(got, len);
	check(!text_plain(text, size) || (len == size && memcmp(got, text, size) == 0));

	/* There and back: what was valid is unchanged. */
	again = text_utf8_len(got, len);
	back = malloc(again + 1);
	text_to_utf8(got, len, back);
	check(again == slow_utf8(points, n, want) && memcmp(back, want, again) == 0);
	free(back);
	free(got);

	n = slow_points(data, size, true, points);
	len = slow_utf8(points, n, want);
	check(text_utf8_len(text, size) == len && len <= 3 * size);
	got = malloc(len + 1);
	text_to_utf8(text, size, got);
	check(memcmp(got, want, len) == 0);
	free(got);
	free(want);
	free(points);
	return 0;
}
