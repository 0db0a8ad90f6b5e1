/*
 * Digests, randomness and base64 for scripts, by libcrypto and getrandom(2): there is no
 * generator state in a heap that a snapshot could bring back a second time.
 */
#include <openssl/evp.h>
#include <string.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/str.h"
#include "runtime/js.h"

#define RANDOM_MAX 65536

enum encoding { HEX, BASE64, BASE64URL, BUFFER };

/* --- base64 --- */

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
	out = js_scratch(ctx, run, BASE64_SIZE(n));
	len = base64_encode(out, p, n, url);
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
	out = js_scratch(ctx, run, BASE64_ROOM(n));
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
		(void)base64_encode(text, p, n, enc == BASE64URL);
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
