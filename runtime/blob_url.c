/*
 * HMAC-SHA-256 under a key that serves nothing else, over every field in a fixed order, one
 * a line.  None of them can hold a line break, so no two addresses have the same text.
 *
 * The app is not in the address: it is the one of the host that is asked, and a
 * signature of another app is as wrong as one that was made up.
 */
#include "runtime/blob_url.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/str.h"
#include "store/object.h"

#define MAC_TEXT 43			/* 32 bytes as base64url without padding */

bool
blob_url_name_ok(const char *s)
{
	size_t n = strnlen(s, BLOB_URL_NAME_MAX + 1);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return n > 0 && n <= BLOB_URL_NAME_MAX && str_utf8_ok(s, n);
}

static void
mac(struct arena *a, const struct seal *seal, const struct blob_url *u,
    char out[BASE64_SIZE(SHA256_LEN)])
{
	const char *text = arena_printf(a, "1\n%s\n%lld\n%lld\n%s\n%lld\n%llu\n%s\n%s",
	    u->put ? "PUT" : "GET", (long long)u->space.app, (long long)u->space.user,
	    u->path, (long long)u->expires, (unsigned long long)u->max_size, u->mime,
	    u->download);
	uint8_t key[SEAL_KEY_LEN], sum[SHA256_LEN];
	unsigned len = 0;

	seal_derive(seal, "blob urls", key);
	(void)HMAC(EVP_sha256(), key, sizeof(key), (const unsigned char *)text,
	    strlen(text), sum, &len);
	explicit_bzero(key, sizeof(key));
	(void)base64_encode(out, sum, sizeof(sum), true);
}

/* "&name=value", or nothing for "". */
static const char *
member(struct arena *a, const char *name, const char *value)
{
	return value[0] == '\0' ? "" :
	    arena_printf(a, "&%s=%s", name, path_escape_value(a, value));
}

static const char *
number(struct arena *a, const char *name, uint64_t value)
{
	return value == 0 ? "" :
	    arena_printf(a, "&%s=%llu", name, (unsigned long long)value);
}

const char *
blob_url_make(struct arena *a, const struct seal *seal, const struct blob_url *u)
{
	char k[BASE64_SIZE(SHA256_LEN)];

	mac(a, seal, u, k);
	return arena_printf(a, BLOB_URL_FOLDER "%s?e=%lld&k=%s%s%s%s%s%s",
	    path_escape(a, u->path), (long long)u->expires, k, u->put ? "&m=PUT" : "",
	    number(a, "u", (uint64_t)u->space.user), number(a, "n", u->max_size),
	    member(a, "t", u->mime), member(a, "d", u->download));
}

/* A member's text, "" when absent. */
static const char *
text_arg(struct request *rq, const char *name)
{
	const char *v = request_arg(rq, name);

	return v == NULL ? "" : v;
}

/* A member's number, 0 when absent; nothing else may spell the same number. */
static bool
number_arg(struct request *rq, const char *name, uint64_t *out)
{
	const char *v = request_arg(rq, name);

	*out = 0;
	return v == NULL || (v[0] != '0' && str_u64(v, out) && *out <= INT64_MAX);
}

static bool
members(struct request *rq, struct blob_url *u)
{
	const char *method = text_arg(rq, "m");
	uint64_t user, expires;

	if (!number_arg(rq, "u", &user) || !number_arg(rq, "e", &expires) ||
	    !number_arg(rq, "n", &u->max_size))
		return false;
	u->space.user = (int64_t)user;
	u->expires = (int64_t)expires;
	u->put = strcmp(method, "PUT") == 0;
	u->mime = text_arg(rq, "t");
	u->download = text_arg(rq, "d");
	return (u->put || method[0] == '\0') &&
	       (u->mime[0] == '\0' || object_mime_ok(u->mime)) &&
	       (u->download[0] == '\0' || blob_url_name_ok(u->download));
}

enum fz_err
blob_url_read(struct request *rq, int64_t app, const char *path, struct blob_url *out,
    struct why *why)
{
	const char *k = request_arg(rq, "k");
	struct blob_url u = { .space.app = app, .path = path };
	char want[BASE64_SIZE(SHA256_LEN)];

	if (k == NULL && request_arg(rq, "e") == NULL)
		return FZ_NOT_FOUND;
	if (k == NULL || strlen(k) != MAC_TEXT || rq->node->seal == NULL ||
	    !members(rq, &u))
		return why_set(why, FZ_FORBIDDEN, "The signature of this address is wrong");
	mac(rq->arena, rq->node->seal, &u, want);
	if (!ct_equal(k, want, MAC_TEXT) || u.put != (rq->method == METHOD_PUT))
		return why_set(why, FZ_FORBIDDEN, "The signature of this address is wrong");
	if (u.expires * 1000 <= clock_wall_ms())
		return why_set(why, FZ_FORBIDDEN, "This address has expired");
	*out = u;
	return FZ_OK;
}
