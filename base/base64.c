/*
 * libcrypto writes base64; base64url is the same with two other characters and without
 * the padding.  It also reads base64, but leniently (blanks, bits left over), so reading is
 * done here.
 */
#include "base/base64.h"

#include <openssl/evp.h>
#include <string.h>

size_t
base64_encode(char *out, const void *p, size_t n, bool url)
{
	size_t len = (size_t)EVP_EncodeBlock((unsigned char *)out, p, (int)n);

	if (!url)
		return len;
	while (len > 0 && out[len - 1] == '=')
		len--;
	out[len] = '\0';
	for (char *c = out; *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	return len;
}

static int
value_of(char c, bool url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (url ? '-' : '+'))
		return 62;
	return c == (url ? '_' : '/') ? 63 : -1;
}

/* Cut the padding; false if it is not the one that belongs there. */
static bool
cut_padding(const char *s, size_t *len)
{
	size_t n = *len, pad = 0;

	while (pad < 2 && pad < n && s[n - 1 - pad] == '=')
		pad++;
	n -= pad;
	*len = n;
	return n % 4 != 1 && (pad == 0 || n % 4 == 4 - pad);
}

bool
base64_decode(const char *s, size_t n, void *out, size_t *outlen)
{
	bool url = memchr(s, '-', n) != NULL || memchr(s, '_', n) != NULL;
	uint8_t *to = out;
	uint32_t bits = 0;
	size_t made = 0;

	if (!cut_padding(s, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		int v = value_of(s[i], url);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 > 0)
			to[made++] = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	*outlen = made;
	/* What the last character holds beyond the last byte. */
	return n % 4 == 0 || (bits & (n % 4 == 2 ? 15U : 3U)) == 0;
}
