/*
 * Input: the header of an ID token as JSON, a newline, its claims as JSON; or, after an 'R',
 * the token itself.  Whatever is accepted is for this client, of this issuer, in answer to
 * this nonce and of this hour, as a second look at the claims finds; and what is taken over
 * of the person is short UTF-8 without control bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "auth/oauth_discover.h"
#include "auth/oauth_id_token.h"
#include "auth/oauth_profile.h"
#include "base/base64.h"
#include "base/fetch.h"
#include "base/str.h"

#define NOW 1800000000
#define ISS "https://corp.example"
#define TEMPLATE "https://login.microsoftonline.com/{tenantid}/v2.0"
#define TEMPLATE_START "https://login.microsoftonline.com/"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static const char *
part(struct arena *a, const char *p, size_t n)
{
	char *out = arena_alloc(a, BASE64_SIZE(n));

	base64_encode(out, p, n, true);
	return out;
}

static bool
is(const json_t *claims, const char *name, const char *want)
{
	const json_t *v = json_object_get(claims, name);

	return json_is_string(v) && strcmp(json_string_value(v), want) == 0;
}

static bool
for_us(const json_t *claims)
{
	const json_t *aud = json_object_get(claims, "aud"), *v;
	bool found = is(claims, "aud", "client");
	size_t i;

	json_array_foreach(aud, i, v)
		found = found || strcmp(json_string_value(v), "client") == 0;
	if (json_array_size(aud) > 1 || json_object_get(claims, "azp") != NULL)
		found = found && is(claims, "azp", "client");
	return found;
}

static void
check_token(const struct oauth_id_token *t)
{
	double exp = json_number_value(json_object_get(t->claims, "exp"));
	double iat = json_number_value(json_object_get(t->claims, "iat"));

	check(strcmp(t->issuer, ISS) == 0 ||
	    strncmp(t->issuer, TEMPLATE_START, strlen(TEMPLATE_START)) == 0);
	check(is(t->claims, "iss", t->issuer) && is(t->claims, "sub", t->subject));
	check(is(t->claims, "nonce", "nonce-1") && for_us(t->claims));
	check(strlen(t->subject) >= 1 && strlen(t->subject) <= 255);
	check(exp > NOW - 60 && iat <= NOW + 60 && iat >= NOW - 3600);
}

static void
check_line(const char *s, size_t max)
{
	check(strlen(s) <= max && str_utf8_ok(s, strlen(s)));
	for (; *s != '\0'; s++)
		check((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void
check_person(const struct oauth_person *p)
{
	check_line(p->name, 200);
	check_line(p->email, 254);
	check_line(p->picture, 1024);
	check(p->email[0] != '\0' || !p->email_verified);
	check(p->email[0] == '\0' || strchr(p->email, '@') == strrchr(p->email, '@'));
	check(p->picture[0] == '\0' || fetch_url_ok(p->picture));
}

static void
read_token(struct arena *a, const char *text, const char *issuer)
{
	struct oauth_id_token_want want = { .issuer = issuer, .client_id = "client",
		.nonce = "nonce-1", .now = NOW };
	struct oauth_person p = { 0 };
	struct oauth_id_token t;

	if (oauth_id_token_read(a, text, &want, &t, NULL) != FZ_OK)
		return;
	check_token(&t);
	oauth_profile_claims(a, t.claims, &p);
	check_person(&p);
}

static void
read_others(struct arena *a, const char *text, size_t len)
{
	json_t *v = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	struct oauth_person p = { 0 };
	struct oauth_server s;

	if (oauth_discover_parse(a, text, len, ISS, &s, NULL) == FZ_OK)
		check(fetch_url_ok(s.authorize) && fetch_url_ok(s.token) &&
		    (s.userinfo[0] == '\0' || fetch_url_ok(s.userinfo)));
	if (v != NULL) {
		oauth_profile_claims(a, v, &p);
		check_person(&p);
		if (oauth_profile_discord(a, v, &p, NULL) == FZ_OK)
			check_person(&p);
		if (oauth_profile_github(a, v, json_object_get(v, "emails"), &p, NULL) ==
		    FZ_OK)
			check_person(&p);
	}
	json_decref(v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	const char *text = arena_strndup(a, (const char *)data, size), *token;
	const char *end = memchr(data, '\n', size);
	size_t head = end != NULL ? (size_t)(end - (const char *)data) : size;
	size_t from = head < size ? head + 1 : size;

	if (size > 0 && data[0] == 'R')
		token = text + 1;
	else
		token = arena_printf(a, "%s.%s.c2ln", part(a, (const char *)data, head),
		    part(a, (const char *)data + from, size - from));
	read_token(a, token, ISS);
	read_token(a, token, TEMPLATE);
	read_others(a, (const char *)data + from, size - from);
	arena_free(a);
	return 0;
}
