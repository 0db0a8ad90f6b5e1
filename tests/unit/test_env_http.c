/* Variables over HTTP: every refusal, keys for single apps, no answer with a value. */
#include "tests/unit/http_fixture.h"

#include "store/env.h"

extern const struct route app_routes[], env_routes[];
static const struct route *const tables[] = { app_routes, env_routes, NULL };
static struct fixture f;
static char id_a[64];

#define CALL(method, target, body) http(&f, tables, method, target, body)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECRET "sk_live_canary"

static int
setup(void **state)
{
	uint8_t key[SEAL_KEY_LEN] = { 1 };

	(void)state;
	http_key(NULL);
	fixture_open(&f);
	f.node.seal = seal_of_key(key);
	CALL("POST", "/api/apps", "{\"title\":\"App A\",\"alias\":\"a\"}");
	snprintf(id_a, sizeof(id_a), "%s", http_text("data.id"));
	CALL("POST", "/api/apps", "{\"title\":\"App B\",\"alias\":\"b\"}");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	http_forget();
	seal_free(f.node.seal);
	fixture_close(&f);
	return 0;
}

static int
set(const char *app, const char *name, const char *value)
{
	char body[300];
	int status;

	snprintf(body, sizeof(body),
	    "{\"site_id\":\"%s\",\"name\":\"%s\",\"value\":\"%s\"}", app, name, value);
	status = CALL("POST", "/api/envvars", body);
	if (http_bytes.len > 0)
		assert_null(strstr(http_bytes.data, SECRET));
	return status;
}

static void
test_set_list_delete(void **state)
{
	char target[100];

	(void)state;
	assert_int_equal(CALL("GET", "/api/envvars?site_id=a", NULL), 200);
	assert_http("data", "{\"vars\":[]}");
	assert_int_equal(set("a", "STRIPE_KEY", SECRET), 200);
	assert_http("data", "{}");
	assert_int_equal(set(id_a, "ALPHA", ""), 200);
	assert_int_equal(set("App A", "STRIPE_KEY", SECRET "2"), 200);
	assert_int_equal(set("b", "STRIPE_KEY", SECRET), 200);
	assert_int_equal(CALL("GET", "/api/envvars?site_id=a", NULL), 200);
	assert_null(strstr(http_bytes.data, "canary"));
	assert_http("data.vars.0.name", "ALPHA");
	assert_http("data.vars.1.name", "STRIPE_KEY");
	assert_http("data.vars.2", "(absent)");
	assert_int_equal(strlen(http_text("data.vars.1.updated_at")), 20);
	assert_int_equal(json_object_size(http_at("data.vars.1")), 3);
	snprintf(
	    target, sizeof(target), "/api/envvars?id=%s", http_text("data.vars.0.id"));
	assert_int_equal(CALL("DELETE", target, NULL), 200);
	assert_http("data", "{}");
	assert_refused(CALL("DELETE", target, NULL), 404, "NOT_FOUND");
	assert_int_equal(
	    CALL("DELETE", "/api/envvars?site_id=a&name=STRIPE_KEY", NULL), 200);
	assert_refused(CALL("DELETE", "/api/envvars?site_id=a&name=STRIPE_KEY", NULL),
	    404, "NOT_FOUND");
	assert_int_equal(CALL("GET", "/api/envvars?site_id=b", NULL), 200);
	assert_http("data.vars.0.name", "STRIPE_KEY");
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *method, *target, *body;
		int status;
		const char *code;
	} rows[] = {
		{ "GET", "/api/envvars", NULL, 400, "MISSING_FIELD" },
		{ "GET", "/api/envvars?site_id=", NULL, 400, "MISSING_FIELD" },
		{ "GET", "/api/envvars?site_id=nobody", NULL, 404, "APP_NOT_FOUND" },
		{ "POST", "/api/envvars", "{}", 400, "MISSING_FIELD" },
		{ "POST", "/api/envvars", "{\"site_id\":\"a\",\"name\":\"A\"}", 400,
		    "MISSING_FIELD" },
		{ "POST", "/api/envvars", "{\"site_id\":\"a\",\"value\":\"A\"}", 400,
		    "MISSING_FIELD" },
		{ "POST", "/api/envvars", "{\"name\":\"A\",\"value\":\"A\"}", 400,
		    "MISSING_FIELD" },
		{ "POST", "/api/envvars",
		    "{\"site_id\":\"nobody\",\"name\":\"A\",\"value\":\"A\"}", 404,
		    "APP_NOT_FOUND" },
		{ "POST", "/api/envvars",
		    "{\"site_id\":\"a\",\"name\":\"PATH\",\"value\":\"A\"}", 400,
		    "VALIDATION_FAILED" },
		{ "POST", "/api/envvars",
		    "{\"site_id\":\"a\",\"name\":\"LD_PRELOAD\",\"value\":\"A\"}", 400,
		    "VALIDATION_FAILED" },
		{ "POST", "/api/envvars",
		    "{\"site_id\":\"a\",\"name\":\"low\",\"value\":\"A\"}", 400,
		    "VALIDATION_FAILED" },
		{ "POST", "/api/envvars",
		    "{\"site_id\":\"a\",\"name\":\"A\",\"value\":1}", 400,
		    "VALIDATION_FAILED" },
		{ "POST", "/api/envvars", "{\"site_id\":\"a\",", 400, "INVALID_JSON" },
		{ "DELETE", "/api/envvars", NULL, 400, "MISSING_FIELD" },
		{ "DELETE", "/api/envvars?site_id=a", NULL, 400, "MISSING_FIELD" },
		{ "DELETE", "/api/envvars?name=A", NULL, 400, "MISSING_FIELD" },
		{ "DELETE", "/api/envvars?id=x", NULL, 400, "VALIDATION_FAILED" },
		{ "DELETE", "/api/envvars?id=0", NULL, 400, "VALIDATION_FAILED" },
		{ "DELETE", "/api/envvars?id=-1", NULL, 400, "VALIDATION_FAILED" },
		{ "DELETE", "/api/envvars?id=99999", NULL, 404, "NOT_FOUND" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int got = CALL(rows[i].method, rows[i].target, rows[i].body);

		if (got != rows[i].status)
			fail_msg("row %zu: %d", i, got);
		assert_http("error.code", rows[i].code);
	}
}

static void
test_large(void **state)
{
	char *body = calloc(1, ENV_VALUE_MAX + 100);
	size_t at =
	    (size_t)sprintf(body, "{\"site_id\":\"a\",\"name\":\"BIG\",\"value\":\"");

	(void)state;
	memset(body + at, 'v', ENV_VALUE_MAX);
	memcpy(body + at + ENV_VALUE_MAX, "\"}", 3);
	assert_int_equal(CALL("POST", "/api/envvars", body), 200);
	memcpy(body + at + ENV_VALUE_MAX, "v\"}", 4);
	assert_refused(CALL("POST", "/api/envvars", body), 400, "VALIDATION_FAILED");
	assert_http("error.details.field", "value");
	free(body);
}

static void
test_limited_key(void **state)
{
	char target[100];

	(void)state;
	assert_int_equal(set("b", "OF_B", "1"), 200);
	CALL("GET", "/api/envvars?site_id=b", NULL);
	snprintf(
	    target, sizeof(target), "/api/envvars?id=%s", http_text("data.vars.0.id"));
	http_key("env:a");
	assert_int_equal(CALL("GET", "/api/envvars?site_id=a", NULL), 200);
	assert_int_equal(set("a", "OF_A", "1"), 200);
	assert_refused(
	    CALL("GET", "/api/envvars?site_id=b", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(set("b", "X", "1"), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("DELETE", target, NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("DELETE", "/api/envvars?site_id=b&name=OF_B", NULL), 403,
	    "SCOPE_REQUIRED");
	assert_int_equal(CALL("DELETE", "/api/envvars?site_id=a&name=OF_A", NULL), 200);
	http_key("env");
	assert_int_equal(CALL("DELETE", target, NULL), 200);
	http_key(NULL);
}

static void
test_room_and_key(void **state)
{
	struct seal *seal = f.node.seal;
	char name[16];

	(void)state;
	for (int i = 0; i < ENV_PER_APP; i++) {
		snprintf(name, sizeof(name), "V%d", i);
		set("a", name, "x");
	}
	assert_refused(set("a", "ONE_MORE", "x"), 400, "LIMIT_EXCEEDED");
	assert_int_equal(set("a", "V7", "y"), 200);
	f.node.seal = NULL;
	assert_refused(set("a", "V8", "y"), 503, "SERVICE_UNAVAILABLE");
	f.node.seal = seal;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_list_delete), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_large), cmocka_unit_test(test_limited_key),
		cmocka_unit_test(test_room_and_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
