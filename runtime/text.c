/*
 * One decoder for both directions: it takes the next character of either encoding and
 * says what it was.  Nearly all text is ASCII, so runs of it are measured and copied eight
 * bytes at a time and the decoder sees the rest.
 *
 * Each invalid byte becomes one U+FFFD of its own.  Overlong forms, bytes above 0xf4 and
 * values above U+10FFFF are invalid.  A surrogate in three bytes is invalid in UTF-8 and
 * half a character in CESU-8.  A four-byte character inside the engine (it has none, but
 * bytecode could) leaves it as it is.
 */
#include "runtime/text.h"

#include <stdint.h>
#include <string.h>

#define REPLACEMENT 0xfffdU
#define HIGH_BITS 0x8080808080808080U

/* How many bytes from the start are ASCII. */
static size_t
plain_len(const char *s, size_t len)
{
	size_t i = 0;
	uint64_t word;

	for (; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		if (word & HIGH_BITS)
			break;
	}
	while (i < len && !(s[i] & 0x80))
		i++;
	return i;
}

bool
text_plain(const char *s, size_t len)
{
	return plain_len(s, len) == len;
}

static inline bool
is_high(uint32_t c)
{
	return c >> 10 == 0xd800 >> 10;
}

static inline bool
is_low(uint32_t c)
{
	return c >> 10 == 0xdc00 >> 10;
}

/*
 * The sequence at s (len >= 1): how many bytes, and the code point, which may be a
 * surrogate.  0: the first byte is invalid.
 */
static size_t
sequence(const unsigned char *s, size_t len, uint32_t *c)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 :
	    s[0] < 0xf5 ? 4 : 0;
	uint32_t v;

	if (n == 0 || n > len)
		return 0;
	v = n == 1 ? s[0] : s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		v = v << 6 | (s[i] & 0x3fU);
	}
	if (v < least[n] || v > 0x10ffff)
		return 0;
	*c = v;
	return n;
}

/* The next character of UTF-8, never a surrogate. */
static size_t
next_utf8(const char *s, size_t len, uint32_t *c)
{
	size_t n = sequence((const unsigned char *)s, len, c);

	if (n == 0 || is_high(*c) || is_low(*c)) {
		*c = REPLACEMENT;
		return 1;
	}
	return n;
}

/* The next of the engine's strings: a pair is one, a lone surrogate is replaced. */
static size_t
next_cesu(const char *s, size_t len, uint32_t *c)
{
	size_t n = sequence((const unsigned char *)s, len, c);
	uint32_t low;

	if (n == 0) {
		*c = REPLACEMENT;
		return 1;
	}
	if (is_high(*c) && len > n &&
	    sequence((const unsigned char *)s + n, len - n, &low) == 3 && is_low(low)) {
		*c = 0x10000 + ((*c & 0x3ff) << 10) + (low & 0x3ff);
		return 6;
	}
	if (is_high(*c) || is_low(*c))
		*c = REPLACEMENT;
	return n;
}

static inline size_t
width(uint32_t c, size_t beyond)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : beyond;
}

/* One of at most three bytes. */
static char *
put(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

static char *
put_utf8(char *out, uint32_t c)
{
	if (c < 0x10000)
		return put(out, c);
	*out++ = (char)(0xf0 | c >> 18);
	*out++ = (char)(0x80 | (c >> 12 & 0x3f));
	*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	*out++ = (char)(0x80 | (c & 0x3f));
	return out;
}

static char *
put_cesu(char *out, uint32_t c)
{
	if (c < 0x10000)
		return put(out, c);
	out = put(out, 0xd800 + ((c - 0x10000) >> 10));
	return put(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

size_t
text_cesu_len(const char *s, size_t len)
{
	size_t i = plain_len(s, len), total = i;
	uint32_t c;

	while (i < len) {
		i += next_utf8(s + i, len - i, &c);
		total += width(c, 6);
	}
	return total;
}

size_t
text_utf8_len(const char *s, size_t len)
{
	size_t i = plain_len(s, len), total = i;
	uint32_t c;

	while (i < len) {
		i += next_cesu(s + i, len - i, &c);
		total += width(c, 4);
	}
	return total;
}

void
text_to_cesu(const char *s, size_t len, char *out)
{
	size_t i = plain_len(s, len);
	uint32_t c;

	memcpy(out, s, i);
	out += i;
	while (i < len) {
		i += next_utf8(s + i, len - i, &c);
		out = put_cesu(out, c);
	}
}

void
text_to_utf8(const char *s, size_t len, char *out)
{
	size_t i = plain_len(s, len);
	uint32_t c;

	memcpy(out, s, i);
	out += i;
	while (i < len) {
		i += next_cesu(s + i, len - i, &c);
		out = put_utf8(out, c);
	}
}
