/*
 * The token is read as one text of three parts (RFC 7515 7.1), decoded strictly, and every
 * claim that says for whom, by whom, when and in answer to what it was made is checked; any
 * doubt refuses it.  A header that this reader would have to understand ("crit") and the
 * algorithm "none" are refused although the signature is not checked: a provider that sends
 * them has not made the token it should have made.
 */
#include "auth/oauth_id_token.h"

#include <string.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/str.h"

#define TENANT "{tenantid}"
#define TENANT_LEN 36
#define AUDIENCES_MAX 16

static void
drop_json(void *value)
{
	json_decref(value);
}

static enum fz_err
refuse(struct why *why, const char *reason)
{
	return why_set(why, FZ_BAD_REQUEST, "ID token: %s", reason);
}

/* One part as a JSON object. */
static enum fz_err
read_part(struct arena *a, const char *text, size_t len, json_t **out, struct why *why)
{
	char *bytes = arena_alloc(a, BASE64_ROOM(len) + 1);
	json_t *value;
	size_t n;

	if (len == 0 || !base64_decode(text, len, bytes, &n))
		return refuse(why, "a part is no base64url");
	if (json_parse(bytes, n, &value, NULL) != FZ_OK)
		return refuse(why, "a part is no JSON");
	arena_defer(a, drop_json, value);
	if (!json_is_object(value))
		return refuse(why, "a part is no JSON object");
	*out = value;
	return FZ_OK;
}

static enum fz_err
check_header(const json_t *header, struct why *why)
{
	const char *alg = json_string_value(json_object_get(header, "alg"));

	if (alg == NULL || alg[0] == '\0' || str_ieq(alg, "none"))
		return refuse(why, "alg");
	if (json_object_get(header, "crit") != NULL)
		return refuse(why, "crit");
	return FZ_OK;
}

static bool
is_guid(const char *s)
{
	if (strlen(s) != TENANT_LEN)
		return false;
	for (size_t i = 0; i < TENANT_LEN; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-' :
		    strchr("0123456789abcdef", s[i]) == NULL)
			return false;
	return true;
}

static enum fz_err
check_issuer(struct arena *a, const json_t *claims, const char *want, const char **out,
    struct why *why)
{
	const char *iss = json_string_value(json_object_get(claims, "iss"));
	const char *hole = strstr(want, TENANT);
	const char *tid;

	if (hole != NULL) {
		tid = json_string_value(json_object_get(claims, "tid"));
		if (tid == NULL || !is_guid(tid))
			return refuse(why, "tid");
		want = arena_printf(a, "%.*s%s%s", (int)(hole - want), want, tid,
		    hole + strlen(TENANT));
	}
	if (iss == NULL || strcmp(iss, want) != 0)
		return refuse(why, "iss");
	*out = iss;
	return FZ_OK;
}

/* For us, and if for others too, then made for us to use. */
static enum fz_err
check_audience(const json_t *claims, const char *client_id, struct why *why)
{
	const json_t *aud = json_object_get(claims, "aud"), *v;
	const json_t *azp = json_object_get(claims, "azp");
	bool found = false;
	size_t i;

	if (json_is_string(aud))
		found = strcmp(json_string_value(aud), client_id) == 0;
	if (json_array_size(aud) > AUDIENCES_MAX)
		return refuse(why, "aud");
	json_array_foreach(aud, i, v) {
		if (!json_is_string(v))
			return refuse(why, "aud");
		found = found || strcmp(json_string_value(v), client_id) == 0;
	}
	if (!found)
		return refuse(why, "aud");
	if (azp == NULL)
		return json_array_size(aud) > 1 ? refuse(why, "azp") : FZ_OK;
	if (!json_is_string(azp) || strcmp(json_string_value(azp), client_id) != 0)
		return refuse(why, "azp");
	return FZ_OK;
}

static bool
read_time(const json_t *claims, const char *name, double *out)
{
	const json_t *v = json_object_get(claims, name);

	if (!json_is_number(v))
		return false;
	*out = json_number_value(v);
	return true;
}

static enum fz_err
check_times(const json_t *claims, double now, struct why *why)
{
	double t;

	if (!read_time(claims, "exp", &t) || t <= now - OAUTH_SKEW_S)
		return refuse(why, "exp");
	if (!read_time(claims, "iat", &t) || t > now + OAUTH_SKEW_S ||
	    t < now - OAUTH_AGE_S)
		return refuse(why, "iat");
	if (json_object_get(claims, "nbf") != NULL &&
	    (!read_time(claims, "nbf", &t) || t > now + OAUTH_SKEW_S))
		return refuse(why, "nbf");
	return FZ_OK;
}

static enum fz_err
check_nonce(const json_t *claims, const char *want, struct why *why)
{
	const json_t *v = json_object_get(claims, "nonce");
	size_t len = strlen(want);

	if (len == 0 || !json_is_string(v) || json_string_length(v) != len ||
	    !ct_equal(json_string_value(v), want, len))
		return refuse(why, "nonce");
	return FZ_OK;
}

const char *
oauth_id_token_subject(const json_t *claims)
{
	const json_t *v = json_object_get(claims, "sub");
	size_t len = json_string_length(v);

	return len > 0 && len <= OAUTH_SUBJECT_MAX ? json_string_value(v) : NULL;
}

static enum fz_err
check_claims(struct arena *a, const json_t *claims,
    const struct oauth_id_token_want *want, struct oauth_id_token *got, struct why *why)
{
	enum fz_err err = check_issuer(a, claims, want->issuer, &got->issuer, why);

	if (err == FZ_OK)
		err = check_audience(claims, want->client_id, why);
	if (err == FZ_OK)
		err = check_times(claims, (double)want->now, why);
	if (err == FZ_OK)
		err = check_nonce(claims, want->nonce, why);
	if (err != FZ_OK)
		return err;
	got->subject = oauth_id_token_subject(claims);
	return got->subject != NULL ? FZ_OK : refuse(why, "sub");
}

/* Header, claims and signature lie between the dots. */
static bool
split(const char *text, size_t len[3])
{
	for (int i = 0; i < 3; i++) {
		len[i] = strcspn(text, ".");
		text += len[i];
		if (*text != (i < 2 ? '.' : '\0'))
			return false;
		text += i < 2;
	}
	return true;
}

enum fz_err
oauth_id_token_read(struct arena *a, const char *text,
    const struct oauth_id_token_want *want, struct oauth_id_token *out, struct why *why)
{
	struct oauth_id_token got = { 0 };
	json_t *header;
	size_t len[3], n;
	enum fz_err err;

	if (!split(text, len))
		return refuse(why, "these are not three parts");
	err = read_part(a, text, len[0], &header, why);
	if (err == FZ_OK)
		err = check_header(header, why);
	if (err == FZ_OK)
		err = read_part(a, text + len[0] + 1, len[1], &got.claims, why);
	if (err != FZ_OK)
		return err;
	text += len[0] + 1 + len[1] + 1;
	if (len[2] == 0 ||
	    !base64_decode(text, len[2], arena_alloc(a, BASE64_ROOM(len[2])), &n))
		return refuse(why, "the signature is missing");
	err = check_claims(a, got.claims, want, &got, why);
	if (err == FZ_OK)
		*out = got;
	return err;
}
