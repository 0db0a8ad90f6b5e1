/*
 * Digests, randomness and base64 for scripts, by libcrypto and getrandom(2): there is no
 * generator state in a heap that a snapshot could bring back a second time.
 *
 * base64.decode is strict, because a lenient decoder lets two texts mean the same bytes:
 * one alphabet, no blanks, padding whole or left out, and no bits left over.
 */
#include <openssl/evp.h>
#include <string.h>

#include "base/digest.h"
#include "base/str.h"
#include "runtime/js.h"

#define RANDOM_MAX 65536

enum encoding { HEX, BASE64, BASE64URL, BUFFER };

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* --- base64 --- */

static size_t
base64_len(size_t n, bool url)
{
	return url ? n / 3 * 4 + (n % 3 > 0 ? n % 3 + 1 : 0) : (n + 2) / 3 * 4;
}

/* base64_len characters and a NUL; base64url comes without padding (RFC 4648 5). */
static void
base64_encode(const uint8_t *p, size_t n, bool url, char *out)
{
	const char *set = url ? alphabet_url : alphabet;

	for (; n > 0; p += 3) {
		size_t take = n > 3 ? 3 : n;
		uint32_t bits = (uint32_t)p[0] << 16;

		bits |= take > 1 ? (uint32_t)p[1] << 8 : 0;
		bits |= take > 2 ? (uint32_t)p[2] : 0;
		for (size_t i = 0; i <= take; i++)
			*out++ = set[bits >> (18 - 6 * i) & 63];
		for (size_t i = take; i < 3 && !url; i++)
			*out++ = '=';
		n -= take;
	}
	*out = '\0';
}

static int
base64_value(char c, bool url)
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

/* Characters without a padding that fits, or false. */
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

static bool
base64_decode(const char *s, size_t n, uint8_t *out, size_t *outlen)
{
	bool url = memchr(s, '-', n) != NULL || memchr(s, '_', n) != NULL;
	uint32_t bits = 0;
	size_t made = 0;

	if (!cut_padding(s, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		int v = base64_value(s[i], url);

		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 > 0)
			out[made++] = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	*outlen = made;
	/* What the last character holds beyond the last byte. */
	return n % 4 == 0 || (bits & (n % 4 == 2 ? 15U : 3U)) == 0;
}

static duk_ret_t
base64_encode_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const uint8_t *p;
	bool url = false;
	size_t n, len;
	char *out;

	js_option_flag(ctx, 1, "url", &url);
	p = js_bytes(ctx, run, 0, "base64.encode requires a string or bytes", &n);
	len = base64_len(n, url);
	out = js_scratch(ctx, run, len + 1);
	base64_encode(p, n, url, out);
	duk_push_lstring(ctx, out, len);
	return 1;
}

static duk_ret_t
base64_decode_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	uint8_t *out;
	const char *s;
	size_t n, len;

	s = js_text(ctx, run, 0, "base64.decode requires a string", &n);
	out = js_scratch(ctx, run, n / 4 * 3 + 3);
	if (!base64_decode(s, n, out, &len))
		js_throw(
		    ctx, "TypeError", NULL, false, "base64.decode: not valid base64");
	js_push_bytes(ctx, out, len);
	return 1;
}

/* --- digests --- */

static enum encoding
want_encoding(duk_context *ctx, struct run *run, duk_idx_t idx)
{
	static const char *const names[] = { "hex", "base64", "base64url", "buffer" };
	static const char message[] =
	    "the encoding must be hex, base64, base64url or buffer";
	const char *name;

	if (duk_is_undefined(ctx, idx))
		return HEX;
	name = js_text(ctx, run, idx, message, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum encoding)i;
	js_throw(ctx, "TypeError", NULL, false, "%s", message);
}

static duk_ret_t
push_digest(duk_context *ctx, const uint8_t *p, size_t n, enum encoding enc)
{
	char text[2 * EVP_MAX_MD_SIZE + 1];

	if (enc == BUFFER) {
		js_push_bytes(ctx, p, n);
		return 1;
	}
	if (enc == HEX)
		str_hex(text, p, n);
	else
		base64_encode(p, n, enc == BASE64URL, text);
	duk_push_string(ctx, text);
	return 1;
}

static duk_ret_t
sha256_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	enum encoding enc = want_encoding(ctx, run, 1);
	uint8_t out[SHA256_LEN];
	const void *p;
	size_t n;

	p = js_bytes(ctx, run, 0, "crypto.sha256 requires a string or bytes", &n);
	js_work(run);
	sha256_of(p, n, out);
	js_done(ctx, run);
	return push_digest(ctx, out, sizeof(out), enc);
}

static const char *
want_algorithm(duk_context *ctx, struct run *run)
{
	static const char *const names[] = { "sha1", "sha256", "sha512" };
	static const char message[] =
	    "crypto.hmac: the algorithm must be sha1, sha256 or sha512";
	const char *name = js_text(ctx, run, 0, message, NULL);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return names[i];
	js_throw(ctx, "TypeError", NULL, false, "%s", message);
}

static duk_ret_t
hmac_js(duk_context *ctx)
{
	static const char message[] = "crypto.hmac requires an algorithm, a key and data";
	struct run *run = js_enter(ctx);
	const char *algorithm = want_algorithm(ctx, run);
	enum encoding enc = want_encoding(ctx, run, 3);
	const void *key, *data, *done;
	uint8_t out[EVP_MAX_MD_SIZE];
	size_t key_len, len, n = 0;

	key = js_bytes(ctx, run, 1, message, &key_len);
	data = js_bytes(ctx, run, 2, message, &len);
	js_work(run);
	done = EVP_Q_mac(NULL, "HMAC", NULL, algorithm, NULL, key, key_len, data, len,
	    out, sizeof(out), &n);
	js_done(ctx, run);
	if (done == NULL)
		js_fail(ctx, FZ_IO, "crypto.hmac", NULL);
	return push_digest(ctx, out, n, enc);
}

static duk_ret_t
timing_safe_equal_js(duk_context *ctx)
{
	static const char message[] =
	    "crypto.timingSafeEqual requires two strings or bytes";
	struct run *run = js_enter(ctx);
	const void *a, *b;
	size_t alen, blen;

	a = js_bytes(ctx, run, 0, message, &alen);
	b = js_bytes(ctx, run, 1, message, &blen);
	duk_push_boolean(ctx, alen == blen && ct_equal(a, b, alen));
	return 1;
}

/* --- randomness --- */

static duk_ret_t
random_uuid_js(duk_context *ctx)
{
	uint8_t b[16];
	char hex[33];

	(void)js_enter(ctx);
	random_bytes(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);		/* RFC 9562 5.4 */
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	str_hex(hex, b, sizeof(b));
	duk_push_sprintf(
	    ctx, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
	return 1;
}

static duk_ret_t
random_bytes_js(duk_context *ctx)
{
	double n = duk_is_number(ctx, 0) ? duk_get_number(ctx, 0) : -1;
	struct run *run = js_enter(ctx);
	void *p;

	if (!(n >= 0 && n <= RANDOM_MAX) || n != (double)(size_t)n)
		js_throw(ctx, "TypeError", NULL, false,
		    "crypto.randomBytes requires a whole number from 0 to %d",
		    RANDOM_MAX);
	p = js_scratch(ctx, run, (size_t)n + 1);
	random_bytes(p, (size_t)n);
	js_push_bytes(ctx, p, (size_t)n);
	return 1;
}

static const struct js_function functions[] = {
	{ "sha256", sha256_js, 2, 0 },
	{ "hmac", hmac_js, 4, 0 },
	{ "timingSafeEqual", timing_safe_equal_js, 2, 0 },
	{ "randomUUID", random_uuid_js, 0, 0 },
	{ "randomBytes", random_bytes_js, 1, 0 },
	{ 0 }
};

static const struct js_function base64_functions[] = {
	{ "encode", base64_encode_js, 2, 0 },
	{ "decode", base64_decode_js, 1, 0 },
	{ 0 }
};

void
js_crypto_setup(duk_context *ctx)
{
	js_namespace(ctx, "crypto");
	js_functions(ctx, functions);
	duk_pop(ctx);
	js_namespace(ctx, "crypto.base64");
	js_functions(ctx, base64_functions);
	duk_pop(ctx);
}
