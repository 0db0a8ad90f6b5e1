/* ID tokens: one that is right, and one for each thing that can be wrong with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "auth/oauth_id_token.h"
#include "base/base64.h"

#define NOW 1800000000
#define ISS "https://corp.example"
#define GOOD_HEADER "{\"alg\":\"RS256\",\"kid\":\"k\"}"
#define TEMPLATE "https://login.microsoftonline.com/{tenantid}/v2.0"
#define GUID "9188040d-6c67-4c5b-b112-36a304b66dad"

static struct arena *ar;

static int
setup(void **state)
{
	(void)state;
	ar = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(ar);
	return 0;
}

static const char *
part(const char *json)
{
	size_t len = strlen(json);
	char *out = arena_alloc(ar, BASE64_SIZE(len));

	base64_encode(out, json, len, true);
	return out;
}

static const char *
token(const char *header, const char *claims)
{
	return arena_printf(ar, "%s.%s.c2ln", part(header), part(claims));
}

static struct oauth_id_token_want
wanted(const char *issuer)
{
	return (struct oauth_id_token_want){ .issuer = issuer, .client_id = "client",
		.nonce = "nonce-1", .now = NOW };
}

/* The claims of a right token with one of them replaced; value NULL = left out. */
static const char *
claims_with(const char *name, const char *value, const char *more)
{
	static const struct {
		const char	*name;
		const char	*value;
	} good[] = {
		{ "iss", "\"" ISS "\"" }, { "sub", "\"s1\"" }, { "aud", "\"client\"" },
		{ "exp", "1800000300" }, { "iat", "1800000000" }, { "nonce", "\"nonce-1\"" },
	};
	char *out = arena_strdup(ar, "{");
	bool found = false;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		bool this = strcmp(good[i].name, name) == 0;
		const char *v = this ? value : good[i].value;

		found = found || this;
		if (v != NULL)
			out = arena_printf(ar, "%s%s\"%s\":%s", out, out[1] ? "," : "",
			    good[i].name, v);
	}
	if (!found && value != NULL)
		out = arena_printf(ar, "%s,\"%s\":%s", out, name, value);
	return arena_printf(ar, "%s%s%s}", out, more[0] ? "," : "", more);
}

static void
test_good(void **state)
{
	struct oauth_id_token_want want = wanted(ISS);
	struct oauth_id_token t;
	struct why why = { 0 };

	(void)state;
	assert_int_equal(oauth_id_token_read(ar, token(GOOD_HEADER,
	    claims_with("", NULL, "\"email\":\"a@b\"")), &want, &t, &why), FZ_OK);
	assert_string_equal(t.issuer, ISS);
	assert_string_equal(t.subject, "s1");
	assert_string_equal(json_string_value(json_object_get(t.claims, "email")), "a@b");
}

#define S255 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* One claim each. */
static void
test_claims(void **state)
{
	static const struct {
		const char	*name;
		const char	*value;		/* NULL = absent */
		const char	*more;
		bool		 ok;
	} cases[] = {
		{ "iss", NULL, "", false },
		{ "iss", "\"https://evil.example\"", "", false },
		{ "iss", "\"" ISS "/\"", "", false },
		{ "iss", "\"HTTPS://corp.example\"", "", false },
		{ "iss", "[\"" ISS "\"]", "", false },
		{ "iss", "\"\"", "", false },
		{ "iss", "null", "", false },

		{ "sub", NULL, "", false },
		{ "sub", "\"\"", "", false },
		{ "sub", "7", "", false },
		{ "sub", "null", "", false },
		{ "sub", "\"" S255 "\"", "", true },
		{ "sub", "\"" S255 "a\"", "", false },
		{ "sub", "\"a\\u0000b\"", "", false },

		{ "aud", NULL, "", false },
		{ "aud", "\"other\"", "", false },
		{ "aud", "\"client2\"", "", false },
		{ "aud", "\"Client\"", "", false },
		{ "aud", "[]", "", false },
		{ "aud", "[\"client\"]", "", true },
		{ "aud", "[\"other\"]", "", false },
		{ "aud", "[\"client\",\"other\"]", "", false },
		{ "aud", "[\"client\",\"other\"]", "\"azp\":\"client\"", true },
		{ "aud", "[\"client\",\"other\"]", "\"azp\":\"other\"", false },
		{ "aud", "[\"client\",7]", "\"azp\":\"client\"", false },
		{ "aud", "{\"client\":1}", "", false },
		{ "aud", "[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\","
		    "\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"client\"]", "\"azp\":\"client\"",
		    false },
		{ "azp", "\"client\"", "", true },
		{ "azp", "\"other\"", "", false },
		{ "azp", "null", "", false },

		{ "exp", NULL, "", false },
		{ "exp", "1799999941", "", true },
		{ "exp", "1799999940", "", false },
		{ "exp", "1", "", false },
		{ "exp", "-1", "", false },
		{ "exp", "1800000300.5", "", true },
		{ "exp", "\"1800000300\"", "", false },
		{ "exp", "null", "", false },
		{ "iat", NULL, "", false },
		{ "iat", "1800000060", "", true },
		{ "iat", "1800000061", "", false },
		{ "iat", "1799996400", "", true },
		{ "iat", "1799996399", "", false },
		{ "iat", "\"1800000000\"", "", false },
		{ "nbf", "1800000060", "", true },
		{ "nbf", "1800000061", "", false },
		{ "nbf", "\"0\"", "", false },

		{ "nonce", NULL, "", false },
		{ "nonce", "\"nonce-2\"", "", false },
		{ "nonce", "\"nonce-\"", "", false },
		{ "nonce", "\"nonce-11\"", "", false },
		{ "nonce", "\"\"", "", false },
		{ "nonce", "[\"nonce-1\"]", "", false },

		{ "x", "1", "\"sub\":\"s2\"", false },	/* twice */
	};
	struct oauth_id_token_want want = wanted(ISS);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct oauth_id_token t = { .issuer = "untouched" };
		struct why why = { 0 };
		const char *claims = claims_with(cases[i].name, cases[i].value,
		    cases[i].more);
		enum fz_err err = oauth_id_token_read(ar, token(GOOD_HEADER, claims), &want,
		    &t, &why);

		if (err != (cases[i].ok ? FZ_OK : FZ_BAD_REQUEST))
			fail_msg("%s: %s", claims, err_code(err));
		if (!cases[i].ok) {
			assert_string_equal(t.issuer, "untouched");
			assert_true(why.text[0] != '\0');
			assert_null(strstr(why.text, "evil"));
		}
	}
}

/* An empty nonce in our row would match an empty one in the token. */
static void
test_no_nonce(void **state)
{
	struct oauth_id_token_want want = wanted(ISS);
	struct oauth_id_token t;

	(void)state;
	want.nonce = "";
	assert_int_equal(oauth_id_token_read(ar, token(GOOD_HEADER,
	    claims_with("nonce", "\"\"", "")), &want, &t, NULL), FZ_BAD_REQUEST);
}

static void
test_header(void **state)
{
	static const struct {
		const char	*header;
		bool		 ok;
	} cases[] = {
		{ "{\"alg\":\"ES256\"}", true },
		{ "{\"alg\":\"none\"}", false },
		{ "{\"alg\":\"NoNe\"}", false },
		{ "{\"alg\":\"\"}", false },
		{ "{\"alg\":7}", false },
		{ "{}", false },
		{ "[]", false },
		{ "\"RS256\"", false },
		{ "{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", false },
		{ "{\"alg\":\"RS256\",\"alg\":\"RS256\"}", false },
		{ "{\"alg\":\"RS256\"", false },
	};
	struct oauth_id_token_want want = wanted(ISS);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct oauth_id_token t;

		if ((oauth_id_token_read(ar, token(cases[i].header,
			 claims_with("", NULL, "")), &want, &t, NULL) == FZ_OK) !=
		    cases[i].ok)
			fail_msg("%s", cases[i].header);
	}
}

/* Texts that are no token; %s stands for the two parts of a right one. */
static void
test_form(void **state)
{
	const char *h = part(GOOD_HEADER), *c = part(claims_with("", NULL, ""));
	const char *const bad[] = {
		"", ".", "..", "...", h, arena_printf(ar, "%s.%s", h, c),
		arena_printf(ar, "%s.%s.", h, c), arena_printf(ar, "%s..c2ln", h),
		arena_printf(ar, ".%s.c2ln", c), arena_printf(ar, "%s.%s.c2ln.", h, c),
		arena_printf(ar, "%s.%s.c2ln.c2ln.c2ln", h, c),
		arena_printf(ar, " %s.%s.c2ln", h, c), arena_printf(ar, "%s.%s.c2l!", h, c),
		arena_printf(ar, "%s.%s.c", h, c), arena_printf(ar, "%s.%s\n.c2ln", h, c),
		arena_printf(ar, "%s.%s.c2ln", h, part("[]")),
		arena_printf(ar, "%s.%s.c2ln", h, part("null")),
		arena_printf(ar, "%s.%s.c2ln", h, part("{} x")),
		arena_printf(ar, "%s.%s.c2ln", h, part("\xff")),
		arena_printf(ar, "%s.%s.c2ln", c, h),
	};
	struct oauth_id_token_want want = wanted(ISS);
	struct oauth_id_token t;

	(void)state;
	assert_int_equal(oauth_id_token_read(ar, arena_printf(ar, "%s.%s.c2ln", h, c), &want,
	    &t, NULL), FZ_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (oauth_id_token_read(ar, bad[i], &want, &t, NULL) != FZ_BAD_REQUEST)
			fail_msg("%s", bad[i]);
}

/* One document for all tenants, each its own issuer. */
static void
test_tenant(void **state)
{
	static const struct {
		const char	*iss;
		const char	*more;
		bool		 ok;
	} cases[] = {
		{ "https://login.microsoftonline.com/" GUID "/v2.0", "\"tid\":\"" GUID "\"",
		    true },
		{ "https://login.microsoftonline.com/" GUID "/v2.0", "", false },
		{ "https://login.microsoftonline.com/" GUID "/v2.0", "\"tid\":7", false },
		{ "https://login.microsoftonline.com/" GUID "/v2.0",
		    "\"tid\":\"9188040d-6c67-4c5b-b112-36a304b66dae\"", false },
		{ "https://login.microsoftonline.com/x/v2.0", "\"tid\":\"x\"", false },
		{ "https://login.microsoftonline.com/{tenantid}/v2.0",
		    "\"tid\":\"{tenantid}\"", false },
		{ "https://login.microsoftonline.com//v2.0", "\"tid\":\"\"", false },
		{ "https://evil.example/" GUID "/v2.0", "\"tid\":\"" GUID "\"", false },
		{ "https://login.microsoftonline.com/" GUID "/v2.0x",
		    "\"tid\":\"" GUID "\"", false },
		{ "https://login.microsoftonline.com/9188040D-6C67-4C5B-B112-36A304B66DAD"
		    "/v2.0", "\"tid\":\"9188040D-6C67-4C5B-B112-36A304B66DAD\"", false },
	};
	struct oauth_id_token_want want = wanted(TEMPLATE);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct oauth_id_token t;
		const char *claims = claims_with("iss",
		    arena_printf(ar, "\"%s\"", cases[i].iss), cases[i].more);
		enum fz_err err = oauth_id_token_read(ar, token(GOOD_HEADER, claims), &want,
		    &t, NULL);

		if ((err == FZ_OK) != cases[i].ok)
			fail_msg("%s", claims);
		if (err == FZ_OK)
			assert_string_equal(t.issuer, cases[i].iss);
	}
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_good), TEST(test_claims), TEST(test_no_nonce), TEST(test_header),
		TEST(test_form), TEST(test_tenant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
