/* Setting up providers: what is refused, what is shown, and what is never shown. */
#include "tests/unit/http_fixture.h"

#include "base/seal.h"
#include "store/provider.h"

extern const struct route provider_routes[];
static const struct route *const tables[] = { provider_routes, NULL };
static const uint8_t key[SEAL_KEY_LEN] = { 7 };
static struct fixture f;
static struct seal *seal;

#define LIST() http(&f, tables, "GET", "/api/auth/providers", NULL)
#define PUT(name, body) http(&f, tables, "PUT", "/api/auth/providers/" name, body)

static int
setup(void **state)
{
	(void)state;
	http_key(NULL);
	fixture_open(&f);
	fixture_request(&f);
	seal = seal_of_key(key);
	f.node.seal = seal;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	http_forget();
	fixture_close(&f);
	seal_free(seal);
	return 0;
}

static struct provider
stored(const char *name)
{
	struct provider p;
	struct reader *rd;

	assert_int_equal(reader_open(f.node.store, &rd), FZ_OK);
	assert_int_equal(provider_get(rd, f.arena, seal, name, &p), FZ_OK);
	reader_close(rd);
	return p;
}

/* The built-in ones stand there before anything is set up. */
static void
test_list(void **state)
{
	(void)state;
	assert_int_equal(LIST(), 200);
	assert_int_equal(json_array_size(http_at("data")), 4);
	assert_http("data.0.name", "discord");
	assert_http("data.1.name", "github");
	assert_http("data.1.display_name", "GitHub");
	assert_http("data.1.type", "oauth2");
	assert_http("data.1.issuer", "");
	assert_http("data.1.enabled", "false");
	assert_http("data.1.configured", "false");
	assert_http("data.1.client_id", "");
	assert_http("data.1.callback_url", "https://login.example.com/auth/callback/github");
	assert_http("data.2.name", "google");
	assert_http("data.2.type", "oidc");
	assert_http("data.2.issuer", "https://accounts.google.com");
	assert_http("data.3.name", "microsoft");
}

static void
test_builtin(void **state)
{
	(void)state;
	assert_int_equal(PUT("google", "{\"client_id\":\"0123456789012345678901234\","
	    "\"client_secret\":\"hush\",\"enable\":true}"), 200);
	assert_http("data.name", "google");
	assert_http("data.enabled", "true");
	assert_http("data.configured", "true");
	assert_int_equal(LIST(), 200);
	assert_http("data.2.client_id", "01234567890123456789");
	assert_http("data.2.enabled", "true");
	assert_http("data.2.configured", "true");
	assert_null(strstr(http_bytes.data, "hush"));
	assert_string_equal(stored("google").client_secret, "hush");
	/* what is absent stays */
	assert_int_equal(PUT("google", "{\"enable\":false}"), 200);
	assert_http("data.enabled", "false");
	assert_http("data.configured", "true");
	assert_string_equal(stored("google").client_secret, "hush");
	assert_string_equal(stored("google").client_id, "0123456789012345678901234");
	assert_int_equal(PUT("google", "{\"client_secret\":\"\"}"), 200);
	assert_http("data.configured", "false");
}

static void
test_other(void **state)
{
	(void)state;
	assert_int_equal(PUT("corp", "{\"issuer\":\"https://id.corp.example/realm\","
	    "\"client_id\":\"c\",\"client_secret\":\"hush\",\"display_name\":\"Corp\","
	    "\"scopes\":\"openid email\",\"enable\":true}"), 200);
	assert_int_equal(LIST(), 200);
	assert_http("data.4.name", "corp");
	assert_http("data.4.display_name", "Corp");
	assert_http("data.4.type", "oidc");
	assert_http("data.4.issuer", "https://id.corp.example/realm");
	assert_string_equal(stored("corp").scopes, "openid email");
	/* a public client of OpenID Connect has no secret */
	assert_int_equal(PUT("pub", "{\"issuer\":\"https://p.example\",\"client_id\":\"c\","
	    "\"enable\":true}"), 200);
	assert_http("data.configured", "true");
}

/* A secret is for the issuer it was given for. */
static void
test_issuer_change(void **state)
{
	(void)state;
	assert_int_equal(PUT("corp", "{\"issuer\":\"https://a.example\",\"client_id\":\"c\","
	    "\"client_secret\":\"hush\"}"), 200);
	assert_int_equal(PUT("corp", "{\"issuer\":\"https://a.example\"}"), 200);
	assert_string_equal(stored("corp").client_secret, "hush");
	assert_int_equal(PUT("corp", "{\"issuer\":\"https://evil.example\"}"), 200);
	assert_false(stored("corp").has_secret);
	assert_int_equal(PUT("corp", "{\"issuer\":\"https://b.example\","
	    "\"client_secret\":\"new\"}"), 200);
	assert_string_equal(stored("corp").client_secret, "new");
}

static void
test_refused(void **state)
{
	static const struct {
		const char	*target;
		const char	*body;
		const char	*code;
		const char	*field;
	} cases[] = {
		{ "google", "{\"enable\":true}", "VALIDATION_FAILED", "enable" },
		{ "google", "{\"client_id\":\"c\",\"enable\":true}", "VALIDATION_FAILED",
		    "enable" },
		{ "google", "{\"client_id\":7}", "VALIDATION_FAILED", "client_id" },
		{ "google", "{\"client_id\":\"a b\"}", "VALIDATION_FAILED", "client_id" },
		{ "google", "{\"client_id\":\"a\\r\\nb\"}", "VALIDATION_FAILED",
		    "client_id" },
		{ "google", "{\"client_id\":\"\xc3\xa4\"}", "VALIDATION_FAILED",
		    "client_id" },
		{ "google", "{\"client_secret\":\"a\\nb\"}", "VALIDATION_FAILED",
		    "client_secret" },
		{ "google", "{\"enable\":\"yes\"}", "VALIDATION_FAILED", "enable" },
		{ "google", "{\"issuer\":\"https://evil.example\"}", "VALIDATION_FAILED",
		    "issuer" },
		{ "google", "{\"scopes\":\"all\"}", "VALIDATION_FAILED", "scopes" },
		{ "google", "[]", "VALIDATION_FAILED", NULL },
		{ "corp", "{}", "MISSING_FIELD", "issuer" },
		{ "corp", "{\"issuer\":\"\"}", "VALIDATION_FAILED", "issuer" },
		{ "corp", "{\"issuer\":\"http://a.example\"}", "VALIDATION_FAILED",
		    "issuer" },
		{ "corp", "{\"issuer\":\"https://u@a.example\"}", "VALIDATION_FAILED",
		    "issuer" },
		{ "corp", "{\"issuer\":\"https://a.example?x\"}", "VALIDATION_FAILED",
		    "issuer" },
		{ "corp", "{\"issuer\":\"https://a.example#x\"}", "VALIDATION_FAILED",
		    "issuer" },
		{ "corp", "{\"issuer\":\"https://a.example/ x\"}", "VALIDATION_FAILED",
		    "issuer" },
		{ "corp", "{\"issuer\":\"a.example\"}", "VALIDATION_FAILED", "issuer" },
		{ "corp", "{\"issuer\":\"https://a\",\"scopes\":\"a\\\"b\"}",
		    "VALIDATION_FAILED", "scopes" },
		{ "corp", "{\"issuer\":\"https://a\",\"scopes\":\"a\\nb\"}",
		    "VALIDATION_FAILED", "scopes" },
		{ "corp", "{\"issuer\":\"https://a\",\"display_name\":\"a\\nb\"}",
		    "VALIDATION_FAILED", "display_name" },
		{ "Corp", "{\"issuer\":\"https://a\"}", "VALIDATION_FAILED", "name" },
		{ "-corp", "{\"issuer\":\"https://a\"}", "VALIDATION_FAILED", "name" },
		{ "a.b", "{\"issuer\":\"https://a\"}", "VALIDATION_FAILED", "name" },
		{ "a b", "{\"issuer\":\"https://a\"}", "VALIDATION_FAILED", "name" },
	};
	char target[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(target, sizeof(target), "/api/auth/providers/%s", cases[i].target);
		if (http(&f, tables, "PUT", target, cases[i].body) != 400 ||
		    (cases[i].field != NULL &&
		    (strcmp(http_text("error.code"), cases[i].code) != 0 ||
		    strcmp(http_text("error.details.field"), cases[i].field) != 0)))
			fail_msg("%s %s: %s %s", cases[i].target, cases[i].body,
			    http_text("error.code"), http_text("error.details.field"));
	}
	assert_int_equal(LIST(), 200);
	assert_int_equal(json_array_size(http_at("data")), 4);
}

/* Without a master key nothing secret is taken, and what is on can be switched off. */
static void
test_no_key(void **state)
{
	(void)state;
	assert_int_equal(PUT("google", "{\"client_id\":\"c\",\"client_secret\":\"hush\","
	    "\"enable\":true}"), 200);
	f.node.seal = NULL;
	assert_refused(PUT("google", "{\"client_secret\":\"x\"}"), 503,
	    "SERVICE_UNAVAILABLE");
	assert_non_null(strstr(http_text("error.message"), "master key"));
	assert_refused(PUT("google", "{\"enable\":true}"), 503, "SERVICE_UNAVAILABLE");
	assert_int_equal(PUT("google", "{\"enable\":false}"), 200);
	assert_http("data.enabled", "false");
}

static void
test_many(void **state)
{
	char target[64];

	(void)state;
	for (int i = 0; i < PROVIDERS_MAX; i++) {
		snprintf(target, sizeof(target), "/api/auth/providers/p%d", i);
		assert_int_equal(http(&f, tables, "PUT", target,
		    "{\"issuer\":\"https://a.example\"}"), 200);
	}
	assert_refused(PUT("more", "{\"issuer\":\"https://a.example\"}"), 400,
	    "LIMIT_EXCEEDED");
	assert_int_equal(PUT("p0", "{\"display_name\":\"Zero\"}"), 200);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_list), TEST(test_builtin), TEST(test_other),
		TEST(test_issuer_change), TEST(test_refused), TEST(test_no_key),
		TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
