/* Discovery documents: what is read of them, what refuses them, and how long they count. */
#include "tests/unit/https_server.h"

#include "auth/oauth_discover.h"
#include "base/clock.h"

#define WELL_KNOWN "/.well-known/openid-configuration"
#define DOC(members) "{\"issuer\":\"https://a.example\"," \
	"\"authorization_endpoint\":\"https://a.example/auth\"," \
	"\"token_endpoint\":\"https://a.example/token\"" members "}"

static struct arena *ar;
static struct oauth_discover *d;

static int
setup_group(void **state)
{
	(void)state;
	https_start();
	return 0;
}

static int
teardown_group(void **state)
{
	(void)state;
	https_stop();
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	ar = arena_new();
	d = oauth_discover_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	oauth_discover_free(d);
	arena_free(ar);
	return 0;
}

static void
test_parse(void **state)
{
	static const struct {
		const char	*text;
		bool		 ok;
		const char	*userinfo;
		bool		 body;		/* the secret goes into the body */
		bool		 iss;
	} cases[] = {
		{ DOC(""), true, "", false, false },
		{ DOC(",\"userinfo_endpoint\":\"https://b.example/me\""), true,
		    "https://b.example/me", false, false },
		{ DOC(",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]"),
		    true, "", true, false },
		{ DOC(",\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\"]"),
		    true, "", false, false },
		{ DOC(",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\","
		    "\"client_secret_basic\"]"), true, "", false, false },
		{ DOC(",\"token_endpoint_auth_methods_supported\":[\"private_key_jwt\",7]"),
		    true, "", false, false },
		{ DOC(",\"token_endpoint_auth_methods_supported\":7"), true, "", false,
		    false },
		{ DOC(",\"authorization_response_iss_parameter_supported\":true"), true, "",
		    false, true },
		{ DOC(",\"authorization_response_iss_parameter_supported\":\"true\""), true,
		    "", false, false },
		{ DOC(",\"userinfo_endpoint\":\"http://a.example/me\""), false, "", false,
		    false },
		{ DOC(",\"userinfo_endpoint\":7"), false, "", false, false },
		{ DOC(",\"userinfo_endpoint\":\"\""), false, "", false, false },
		{ DOC(",\"issuer\":\"https://a.example\""), false, "", false, false },
		{ "{\"issuer\":\"https://a.example\","
		    "\"token_endpoint\":\"https://a.example/t\"}", false, "", false, false },
		{ "{\"issuer\":\"https://a.example\","
		    "\"authorization_endpoint\":\"https://a.example/t\"}", false, "", false,
		    false },
		{ "{\"issuer\":\"https://a.example\",\"authorization_endpoint\":"
		    "\"javascript:alert(1)\",\"token_endpoint\":\"https://a.example/t\"}",
		    false, "", false, false },
		{ "{\"issuer\":\"https://a.example\",\"authorization_endpoint\":"
		    "\"https://a.example/\\r\\nX: y\",\"token_endpoint\":"
		    "\"https://a.example/t\"}", false, "", false, false },
		{ "{\"issuer\":\"https://a.example\",\"authorization_endpoint\":"
		    "\"https://a.example/\",\"token_endpoint\":\"http://a.example/t\"}",
		    false, "", false, false },
		{ "{\"issuer\":\"https://a.example/\",\"authorization_endpoint\":"
		    "\"https://a.example/\",\"token_endpoint\":\"https://a.example/t\"}",
		    false, "", false, false },
		{ "{\"authorization_endpoint\":\"https://a.example/\","
		    "\"token_endpoint\":\"https://a.example/t\"}", false, "", false, false },
		{ "[]", false, "", false, false }, { "null", false, "", false, false },
		{ "", false, "", false, false }, { "<html>", false, "", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct oauth_server s = { .token = "untouched" };
		struct why why = { 0 };
		enum fz_err err = oauth_discover_parse(ar, cases[i].text,
		    strlen(cases[i].text), "https://a.example", &s, &why);

		if (err != (cases[i].ok ? FZ_OK : FZ_SERVICE_UNAVAILABLE))
			fail_msg("%s: %s", cases[i].text, err_code(err));
		if (!cases[i].ok) {
			assert_string_equal(s.token, "untouched");
			continue;
		}
		assert_string_equal(s.authorize, "https://a.example/auth");
		assert_string_equal(s.token, "https://a.example/token");
		assert_string_equal(s.userinfo, cases[i].userinfo);
		assert_int_equal(s.secret_in_body, cases[i].body);
		assert_int_equal(s.sends_iss, cases[i].iss);
	}
}

static enum fz_err
ask(const char *issuer, struct oauth_server *s)
{
	return oauth_discover_ask(d, ar, issuer, issuer, https_ca, clock_mono_ms() + 3000, s,
	    NULL);
}

static enum fz_err
known(const char *issuer, int64_t later, struct oauth_server *s)
{
	return oauth_discover_known(d, ar, issuer, issuer, clock_mono_ms() + later, s, NULL);
}

static const char *
document(const char *issuer)
{
	return arena_printf(ar, "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/a\","
	    "\"token_endpoint\":\"%s/t\"}", issuer, issuer, issuer);
}

/* Asked once an hour, and with or without the slash that some issuers end with. */
static void
test_ask(void **state)
{
	const char *issuer = https_url("/good"), *slash = https_url("/slash/");
	struct oauth_server s;

	(void)state;
	https_gives("/good" WELL_KNOWN, document(issuer));
	assert_int_equal(known(issuer, 0, &s), FZ_AGAIN);
	assert_int_equal(ask(issuer, &s), FZ_OK);
	assert_non_null(strstr(https_asked("/good" WELL_KNOWN), "GET /good" WELL_KNOWN " "));
	https_gives("/good" WELL_KNOWN, "junk");
	assert_int_equal(known(issuer, OAUTH_DISCOVER_GOOD_MS - 5000, &s), FZ_OK);
	assert_string_equal(s.token, arena_printf(ar, "%s/t", issuer));
	assert_int_equal(known(issuer, OAUTH_DISCOVER_GOOD_MS + 5000, &s), FZ_AGAIN);
	assert_int_equal(known(https_url("/good2"), 0, &s), FZ_AGAIN);
	https_gives("/slash" WELL_KNOWN, document(slash));
	assert_int_equal(ask(slash, &s), FZ_OK);
}

/* A failure counts for half a minute, and not against what is still good. */
static void
test_fail(void **state)
{
	const char *issuer = https_url("/bad");
	struct oauth_server s;

	(void)state;
	assert_int_equal(ask(issuer, &s), FZ_SERVICE_UNAVAILABLE);
	assert_int_equal(known(issuer, OAUTH_DISCOVER_BAD_MS - 5000, &s),
	    FZ_SERVICE_UNAVAILABLE);
	assert_int_equal(known(issuer, OAUTH_DISCOVER_BAD_MS + 5000, &s), FZ_AGAIN);
	https_gives("/bad" WELL_KNOWN, document("https://evil.example"));
	assert_int_equal(ask(issuer, &s), FZ_SERVICE_UNAVAILABLE);
	https_gives("/bad" WELL_KNOWN, document(issuer));
	assert_int_equal(ask(issuer, &s), FZ_OK);
	https_says("/bad" WELL_KNOWN, "FLOOD");
	assert_int_equal(ask(issuer, &s), FZ_SERVICE_UNAVAILABLE);
	assert_int_equal(known(issuer, 0, &s), FZ_OK);
}

/* More issuers than are remembered: the newest are there, nothing else happens. */
static void
test_many(void **state)
{
	struct oauth_server s;
	char path[32];

	(void)state;
	for (int i = 0; i < 70; i++) {
		(void)snprintf(path, sizeof(path), "/none%d", i);
		assert_int_equal(ask(https_url(path), &s), FZ_SERVICE_UNAVAILABLE);
	}
	assert_int_equal(known(https_url("/none69"), 0, &s), FZ_SERVICE_UNAVAILABLE);
	assert_int_equal(known(https_url("/none0"), 0, &s), FZ_AGAIN);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_parse), TEST(test_ask), TEST(test_fail), TEST(test_many),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
