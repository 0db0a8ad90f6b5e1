/* Aliases over HTTP: every type, every refusal, keys for single apps. */
#include "tests/unit/http_fixture.h"

extern const struct route app_routes[], alias_routes[];
static const struct route *const tables[] = { app_routes, alias_routes, NULL };
static struct fixture f;
static char id_a[64], id_b[64];

#define CALL(method, target, body) http(&f, tables, method, target, body)

static int
setup(void **state)
{
	(void)state;
	http_key(NULL);
	fixture_open(&f);
	CALL("POST", "/api/apps", "{\"title\":\"App A\",\"alias\":\"a\"}");
	snprintf(id_a, sizeof(id_a), "%s", http_text("data.id"));
	CALL("POST", "/api/apps", "{\"title\":\"App B\",\"alias\":\"b\"}");
	snprintf(id_b, sizeof(id_b), "%s", http_text("data.id"));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	http_forget();
	fixture_close(&f);
	return 0;
}

static void
test_list(void **state)
{
	(void)state;
	assert_int_equal(CALL("GET", "/api/aliases", NULL), 200);
	assert_http("meta", "{\"offset\":0,\"limit\":20,\"total\":2,\"has_more\":false}");
	assert_http("data.0.subdomain", "a");
	assert_http("data.0.type", "proxy");
	assert_http("data.0.targets.app_id", id_a);
	assert_int_equal(strlen(http_text("data.0.created_at")), 20);
	assert_int_equal(CALL("GET", "/api/aliases?offset=1&limit=1", NULL), 200);
	assert_http("data.0.subdomain", "b");
	assert_refused(
	    CALL("GET", "/api/aliases?limit=0", NULL), 400, "VALIDATION_FAILED");
}

/* app_id takes an id, an alias or a title. */
static void
test_proxy(void **state)
{
	const char *bodies[] = { NULL, "{\"subdomain\":\"c\",\"app_id\":\"b\"}",
		"{\"subdomain\":\"c\",\"type\":\"app\",\"app_id\":\"App B\"}" };
	char body[128];

	(void)state;
	snprintf(body, sizeof(body),
	    "{\"subdomain\":\"c\",\"type\":\"proxy\",\"app_id\":\"%s\"}", id_b);
	bodies[0] = body;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(CALL("POST", "/api/aliases", bodies[i]), 201);
		assert_http("data.type", "proxy");
		assert_http("data.targets.app_id", id_b);
		assert_http("data.message", "Alias saved");
	}
	assert_int_equal(CALL("GET", "/api/aliases/c", NULL), 200);
	assert_http("data.subdomain", "c");
	assert_int_equal(CALL("PUT", "/api/aliases/c", "{\"app_id\":\"a\"}"), 200);
	assert_http("data.targets.app_id", id_a);
	assert_int_equal(CALL("PUT", "/api/aliases/c", "{}"), 200);
	assert_http("data.targets.app_id", id_a);
	assert_int_equal(CALL("DELETE", "/api/aliases/c", NULL), 200);
	assert_http("data.subdomain", "c");
	assert_refused(CALL("GET", "/api/aliases/c", NULL), 404, "ALIAS_NOT_FOUND");
	assert_refused(CALL("DELETE", "/api/aliases/c", NULL), 404, "ALIAS_NOT_FOUND");
	assert_refused(CALL("PUT", "/api/aliases/c", "{\"app_id\":\"a\"}"), 404,
	    "ALIAS_NOT_FOUND");
}

static void
test_redirect(void **state)
{
	(void)state;
	assert_int_equal(CALL("POST", "/api/aliases", "{\"subdomain\":\"old\",\"type\":"
	    "\"redirect\",\"url\":\"https://new.example/x?y=1#z\"}"), 201);
	assert_http("data.targets",
	    "{\"url\":\"https://new.example/x?y=1#z\",\"status\":301,"
	    "\"keep_path\":false}");
	assert_int_equal(CALL("PUT", "/api/aliases/old",
	    "{\"status\":308,\"keep_path\":true}"), 200);
	assert_http("data.targets",
	    "{\"url\":\"https://new.example/x?y=1#z\",\"status\":308,"
	    "\"keep_path\":true}");
	assert_int_equal(CALL("PUT", "/api/aliases/old",
	    "{\"type\":\"proxy\",\"app_id\":\"a\"}"), 200);
	assert_http("data.targets.url", "(absent)");
	assert_refused(CALL("PUT", "/api/aliases/old", "{\"type\":\"redirect\"}"), 400,
	    "MISSING_FIELD");
	assert_http("error.details.field", "url");
}

static void
test_redirect_url(void **state)
{
	static const struct {
		const char	*url;
		bool		 ok;
	} cases[] = {
		{ "http://x.example", true },
		{ "HTTPS://x.example:8443/a", true },
		{ "https://127.0.0.1/", true },
		{ "https://[::1]:80/", true },
		{ "https://x.example?a=b", true },
		{ "", false },
		{ "/path", false },
		{ "//x.example", false },
		{ "x.example", false },
		{ "javascript:alert(1)", false },
		{ "ftp://x.example", false },
		{ "https:/x.example", false },
		{ "https:///x.example", false },
		{ "https://", false },
		{ "https://u@x.example", false },
		{ "https://u:p@x.example/", false },
		{ "https://x.example:0/", false },
		{ "https://x.example:99999/", false },
		{ "https://x.example:/", false },
		{ "https://x.example:8a/", false },
		{ "https://x.example\\\\@y.example/", false },
		{ "https://x.example/a b", false },
		{ "https://x.example/\\r\\nSet-Cookie: a=b", false },
		{ "https://x.example/\\u00e9", false },
		{ "https://[::1/", false },
		{ "https://.x.example/", false },
		{ "https://x_y.example/", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char body[256];
		int status;

		snprintf(body, sizeof(body),
		    "{\"subdomain\":\"r\",\"type\":\"redirect\",\"url\":\"%s\"}",
		    cases[i].url);
		status = CALL("POST", "/api/aliases", body);
		if (status != (cases[i].ok ? 201 : 400))
			fail_msg("%s: %d", cases[i].url, status);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char	*body;
		int		 status;
		const char	*code;
		const char	*field;
	} cases[] = {
		{ "{}", 400, "MISSING_FIELD", "subdomain" },
		{ "{\"subdomain\":\"c\"}", 400, "MISSING_FIELD", "app_id" },
		{ "{\"subdomain\":\"c\",\"app_id\":\"nobody\"}", 404, "APP_NOT_FOUND",
		    "(absent)" },
		{ "{\"subdomain\":\"c\",\"type\":\"split\"}", 400, "VALIDATION_FAILED",
		    "type" },
		{ "{\"subdomain\":\"c\",\"type\":\"x\"}", 400, "VALIDATION_FAILED",
		    "type" },
		{ "{\"subdomain\":\"c\",\"type\":\"redirect\"}", 400, "MISSING_FIELD",
		    "url" },
		{ "{\"subdomain\":\"c\",\"type\":\"redirect\",\"url\":\"https://"
		  "x.example\","
		  "\"status\":303}",
		    400, "VALIDATION_FAILED", "status" },
		{ "{\"subdomain\":\"c\",\"type\":\"redirect\",\"url\":\"https://"
		  "x.example\","
		  "\"status\":200}",
		    400, "VALIDATION_FAILED", "status" },
		{ "{\"subdomain\":\"C\",\"app_id\":\"a\"}", 400, "VALIDATION_FAILED",
		    "subdomain" },
		{ "{\"subdomain\":\"-c\",\"app_id\":\"a\"}", 400, "VALIDATION_FAILED",
		    "subdomain" },
		{ "{\"subdomain\":\"c.d\",\"app_id\":\"a\"}", 400, "VALIDATION_FAILED",
		    "subdomain" },
		{ "{\"subdomain\":\"d7--a\",\"app_id\":\"a\"}", 400, "VALIDATION_FAILED",
		    "subdomain" },
		{ "{\"subdomain\":\"\",\"app_id\":\"a\"}", 400, "VALIDATION_FAILED",
		    "subdomain" },
		{ "{\"subdomain\":\"api\",\"app_id\":\"a\"}", 400, "VALIDATION_FAILED",
		    "subdomain" },
		{ "{\"subdomain\":\"root\",\"app_id\":\"a\"}", 403, "SYSTEM_ALIAS",
		    "(absent)" },
		{ "{\"subdomain\":\"404\",\"app_id\":\"a\"}", 403, "SYSTEM_ALIAS",
		    "(absent)" },
		{ "{\"subdomain\":\"admin\",\"app_id\":\"a\"}", 403, "SYSTEM_ALIAS",
		    "(absent)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = CALL("POST", "/api/aliases", cases[i].body);

		if (status != cases[i].status ||
		    strcmp(http_text("error.code"), cases[i].code) != 0 ||
		    strcmp(http_text("error.details.field"), cases[i].field) != 0)
			fail_msg("%s: %d %s %s", cases[i].body, status,
			    http_text("error.code"), http_text("error.details.field"));
	}
	assert_int_equal(CALL("GET", "/api/aliases", NULL), 200);
	assert_http("meta.total", "2");
}

static void
test_system(void **state)
{
	static const char *const names[] = { "root", "404", "admin", "login" };
	char target[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(target, sizeof(target), "/api/aliases/%s", names[i]);
		assert_refused(CALL("DELETE", target, NULL), 403, "SYSTEM_ALIAS");
		assert_refused(
		    CALL("PUT", target, "{\"app_id\":\"a\"}"), 403, "SYSTEM_ALIAS");
		snprintf(target, sizeof(target), "/api/aliases/%s/reserve", names[i]);
		assert_refused(CALL("POST", target, NULL), 403, "SYSTEM_ALIAS");
		snprintf(target, sizeof(target), "/api/aliases/%s/split", names[i]);
		assert_refused(CALL("POST", target, "{}"), 403, "SYSTEM_ALIAS");
	}
	assert_refused(CALL("POST", "/api/aliases/swap",
	    "{\"alias1\":\"a\",\"alias2\":\"root\"}"), 403, "SYSTEM_ALIAS");
	assert_refused(
	    CALL("POST", "/api/aliases/x!/reserve", NULL), 400, "VALIDATION_FAILED");
	assert_refused(
	    CALL("DELETE", "/api/aliases/Blog", NULL), 400, "VALIDATION_FAILED");
	assert_http("error.details.field", "subdomain");
}

static void
test_reserve(void **state)
{
	(void)state;
	assert_int_equal(CALL("POST", "/api/aliases/kept/reserve", NULL), 201);
	assert_http("data.type", "reserved");
	assert_http("data.targets", "(absent)");
	assert_http("data.message", "Alias reserved");
	assert_refused(CALL("GET", "/api/apps/kept", NULL), 404, "RESERVED");
	assert_refused(
	    CALL("POST", "/api/aliases", "{\"subdomain\":\"c\",\"app_id\":\"kept\"}"),
	    404, "RESERVED");
	assert_int_equal(CALL("POST", "/api/aliases", "{\"subdomain\":\"c\",\"type\":"
	    "\"reserved\"}"), 201);
	assert_http("data.type", "reserved");
}

static void
test_split(void **state)
{
	static const struct {
		const char	*body;
		int		 status;
	} cases[] = {
		{ "{\"targets\":[{\"app_id\":\"a\",\"weight\":70},"
		  "{\"app_id\":\"b\",\"weight\":30}]}",
		    201 },
		{ "{}", 400 },
		{ "{\"targets\":{}}", 400 },
		{ "{\"targets\":[]}", 400 },
		{ "{\"targets\":[{\"app_id\":\"a\",\"weight\":100}]}", 400 },
		{ "{\"targets\":[{\"app_id\":\"a\",\"weight\":70},"
		  "{\"app_id\":\"b\",\"weight\":31}]}",
		    400 },
		{ "{\"targets\":[{\"app_id\":\"a\",\"weight\":100},"
		  "{\"app_id\":\"b\",\"weight\":0}]}",
		    400 },
		{ "{\"targets\":[{\"app_id\":\"a\",\"weight\":50},"
		  "{\"app_id\":\"App A\",\"weight\":50}]}",
		    400 },
		{ "{\"targets\":[{\"app_id\":\"a\"},{\"app_id\":\"b\",\"weight\":30}]}",
		    400 },
		{ "{\"targets\":[7,8]}", 400 },
		{ "{\"targets\":[{\"weight\":70},{\"app_id\":\"b\",\"weight\":30}]}",
		    400 },
		{ "{\"targets\":[{\"app_id\":\"zz\",\"weight\":70},"
		  "{\"app_id\":\"b\",\"weight\":30}]}",
		    404 },
		{ "{\"targets\":[1,1,1,1,1,1,1,1,1,1,1]}", 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = CALL("POST", "/api/aliases/ab/split", cases[i].body);

		if (status != cases[i].status)
			fail_msg("%s: %d", cases[i].body, status);
		if (status == 400)
			assert_string_not_equal(http_text("error.details.field"),
			    "(absent)");
	}
	assert_int_equal(CALL("POST", "/api/aliases/ab/split", cases[0].body), 201);
	assert_http("data.subdomain", "ab");
	assert_http("data.type", "split");
	assert_http("data.targets.1.app_id", id_b);
	assert_http("data.targets.1.weight", "30");
	assert_http("data.message", "Traffic is split");
	assert_int_equal(CALL("GET", "/api/aliases/ab", NULL), 200);
	assert_http("data.targets.0.weight", "70");
	assert_refused(CALL("PUT", "/api/aliases/ab", "{\"app_id\":\"a\"}"), 400,
	    "VALIDATION_FAILED");
	assert_int_equal(CALL("PUT", "/api/aliases/ab",
	    "{\"type\":\"proxy\",\"app_id\":\"a\"}"), 200);
	assert_http("data.targets.app_id", id_a);
}

static void
test_swap(void **state)
{
	(void)state;
	assert_int_equal(CALL("POST", "/api/aliases/swap",
	    "{\"alias1\":\"a\",\"alias2\":\"b\"}"), 200);
	assert_http("data.alias1", "a");
	assert_http("data.alias2", "b");
	CALL("GET", "/api/aliases/a", NULL);
	assert_http("data.targets.app_id", id_b);
	CALL("GET", "/api/aliases/b", NULL);
	assert_http("data.targets.app_id", id_a);
	assert_refused(CALL("POST", "/api/aliases/swap", "{\"alias1\":\"a\"}"), 400,
	    "MISSING_FIELD");
	assert_refused(CALL("POST", "/api/aliases/swap",
	    "{\"alias1\":\"a\",\"alias2\":\"zz\"}"), 404, "ALIAS_NOT_FOUND");
	CALL("POST", "/api/aliases/kept/reserve", NULL);
	assert_refused(CALL("POST", "/api/aliases/swap",
	    "{\"alias1\":\"a\",\"alias2\":\"kept\"}"), 409, "CONFLICT");
}

static void
test_limited_key(void **state)
{
	(void)state;
	CALL("POST", "/api/aliases", "{\"subdomain\":\"r\",\"type\":\"redirect\",\"url\":"
	    "\"https://x.example\"}");
	CALL("POST", "/api/aliases/ab/split",
	    "{\"targets\":[{\"app_id\":\"a\",\"weight\":70},"
	    "{\"app_id\":\"b\",\"weight\":30}]}");
	http_key("aliases:a");
	assert_int_equal(CALL("POST", "/api/aliases",
	    "{\"subdomain\":\"new\",\"app_id\":\"a\"}"), 201);
	assert_int_equal(CALL("GET", "/api/aliases/a", NULL), 200);
	assert_refused(CALL("GET", "/api/aliases", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/aliases/b", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/aliases/r", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/aliases/ab", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("DELETE", "/api/aliases/b", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(
	    CALL("POST", "/api/aliases", "{\"subdomain\":\"b\",\"app_id\":\"a\"}"), 403,
	    "SCOPE_REQUIRED");
	assert_refused(
	    CALL("POST", "/api/aliases", "{\"subdomain\":\"n\",\"app_id\":\"b\"}"), 403,
	    "SCOPE_REQUIRED");
	assert_refused(CALL("POST", "/api/aliases", "{\"subdomain\":\"n\",\"type\":"
	    "\"redirect\",\"url\":\"https://x.example\"}"), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("POST", "/api/aliases", "{\"subdomain\":\"n\",\"type\":"
	    "\"reserved\"}"), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("PUT", "/api/aliases/new", "{\"app_id\":\"b\"}"), 403,
	    "SCOPE_REQUIRED");
	assert_refused(
	    CALL("POST", "/api/aliases/n/reserve", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("POST", "/api/aliases/swap",
	    "{\"alias1\":\"a\",\"alias2\":\"b\"}"), 403, "SCOPE_REQUIRED");
	assert_int_equal(CALL("DELETE", "/api/aliases/new", NULL), 200);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_list),
		TEST(test_proxy),
		TEST(test_redirect),
		TEST(test_redirect_url),
		TEST(test_refused),
		TEST(test_system),
		TEST(test_reserve),
		TEST(test_split),
		TEST(test_swap),
		TEST(test_limited_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
