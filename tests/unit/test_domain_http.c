/* Custom domains over HTTP, verified by a DNS server of the test's own. */
#include "tests/unit/http_fixture.h"

#include "store/setting.h"
#include "tests/unit/dns_server.h"

extern const struct route app_routes[], domain_routes[];
static const struct route *const tables[] = { app_routes, domain_routes, NULL };
static struct fixture f;
static struct dns_server server;
static char id_a[64];

#define CALL(method, target, body) http(&f, tables, method, target, body)
#define ADD(domain) CALL("POST", "/api/apps/a/domains", "{\"domain\":\"" domain "\"}")

static int
setup(void **state)
{
	(void)state;
	http_key(NULL);
	fixture_open(&f);
	CALL("POST", "/api/apps", "{\"title\":\"A\",\"alias\":\"a\"}");
	snprintf(id_a, sizeof(id_a), "%s", http_text("data.id"));
	CALL("POST", "/api/apps", "{\"title\":\"B\",\"alias\":\"b\"}");
	if (!dns_server_start(&server))
		return -1;
	f.node.dns_server = server.address;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dns_server_stop(&server);
	http_forget();
	fixture_close(&f);
	return 0;
}

/* Let the DNS show what the last answer asks for. */
static void
publish(void)
{
	static char rdata[256];
	const char *value = http_text("data.dns.value");

	rdata[0] = (char)strlen(value);
	memcpy(rdata + 1, value, strlen(value));
	server.txt = rdata;
	server.txt_len = strlen(value) + 1;
}

static void
test_add(void **state)
{
	char value[80];

	(void)state;
	assert_int_equal(ADD("Shop.Example."), 201);
	assert_http("data.domain", "shop.example");
	assert_http("data.app_id", id_a);
	assert_http("data.status", "pending");
	assert_http("data.redirect_to", "null");
	assert_http("data.dns.type", "TXT");
	assert_http("data.dns.name", "_fazt.shop.example");
	assert_http("data.checked_at", "null");
	assert_http("data.error", "null");
	snprintf(value, sizeof(value), "%s", http_text("data.dns.value"));
	assert_int_equal(strncmp(value, "fazt-verify=", 12), 0);
	assert_int_equal(strlen(value), 12 + 32);
	/* Again: the token stays, the target changes. */
	assert_int_equal(CALL("POST", "/api/apps/a/domains",
	    "{\"domain\":\"shop.example\",\"redirect_to\":\"www.shop.example\"}"), 201);
	assert_http("data.dns.value", value);
	assert_http("data.redirect_to", "www.shop.example");
	assert_refused(
	    CALL("POST", "/api/apps/b/domains", "{\"domain\":\"shop.example\"}"), 409,
	    "DOMAIN_TAKEN");
	assert_int_equal(ADD("other.example"), 201);
	assert_string_not_equal(http_text("data.dns.value"), value);
	assert_int_equal(CALL("DELETE", "/api/apps/a/domains/other.example", NULL), 200);
	assert_int_equal(CALL("GET", "/api/custom-domains", NULL), 200);
	assert_http("data.0.domain", "shop.example");
	assert_int_equal(json_array_size(http_at("data")), 1);
}

static void
test_add_refused(void **state)
{
	static const char *const names[] = {
		"", "x", "example.com", "www.example.com", "a.b.example.com",
		"admin.example.com", "login.example.com", "admin.other.test",
		"shop.example:443", "https://shop.example", "shop_.example", "-a.example",
		"a-.example", "a..example", ".example.org", "127.0.0.1", "shop.123",
		"sh\xc3\xb6p.example", "[::1]", "*.example.org",
		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg.example"
	};
	char body[256];

	(void)state;
	f.node.admin_host = "admin.other.test";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(body, sizeof(body), "{\"domain\":\"%s\"}", names[i]);
		if (CALL("POST", "/api/apps/a/domains", body) != 400)
			fail_msg("%s is not refused", names[i]);
		assert_http("error.details.field", "domain");
	}
	assert_refused(CALL("POST", "/api/apps/a/domains", "{}"), 400, "MISSING_FIELD");
	assert_refused(CALL("POST", "/api/apps/zz/domains", "{\"domain\":\"x.example\"}"),
	    404, "APP_NOT_FOUND");
	assert_refused(CALL("POST", "/api/apps/a/domains",
	    "{\"domain\":\"x.example\",\"redirect_to\":\"x.example\"}"), 400,
	    "VALIDATION_FAILED");
	assert_refused(CALL("POST", "/api/apps/a/domains",
	    "{\"domain\":\"x.example\",\"redirect_to\":\"//evil\"}"), 400,
	    "VALIDATION_FAILED");
	assert_int_equal(CALL("GET", "/api/custom-domains", NULL), 200);
	assert_http("data", "[]");
}

#define VERIFY CALL("POST", "/api/apps/a/domains/shop.example/verify", NULL)

static void
test_verify(void **state)
{
	(void)state;
	assert_int_equal(ADD("shop.example"), 201);
	assert_int_equal(VERIFY, 200);
	assert_string_equal(server.name, "_fazt.shop.example");
	assert_http("data.status", "error");
	assert_non_null(strstr(http_text("data.error"), "no TXT record"));
	assert_int_equal(strlen(http_text("data.checked_at")), 20);
	publish();
	assert_int_equal(VERIFY, 200);
	assert_http("data.status", "active");
	assert_http("data.error", "null");

	/* The DNS is down: what was proven stays. */
	server.rcode = 2;
	assert_int_equal(VERIFY, 200);
	assert_http("data.status", "active");
	assert_string_not_equal(http_text("data.error"), "null");
	/* The record is gone: so is the proof. */
	server.rcode = 0;
	server.txt = NULL;
	assert_int_equal(VERIFY, 200);
	assert_http("data.status", "error");
}

static void
test_verify_not_found(void **state)
{
	(void)state;
	assert_int_equal(ADD("shop.example"), 201);
	assert_refused(CALL("POST", "/api/apps/b/domains/shop.example/verify", NULL), 404,
	    "DOMAIN_NOT_FOUND");
	assert_refused(CALL("POST", "/api/apps/a/domains/x.example/verify", NULL), 404,
	    "DOMAIN_NOT_FOUND");
	assert_refused(CALL("POST", "/api/apps/a/domains/x y/verify", NULL), 404,
	    "DOMAIN_NOT_FOUND");
	assert_int_equal(atomic_load(&server.asked), 0);
}

static void
test_delete(void **state)
{
	(void)state;
	assert_int_equal(ADD("shop.example"), 201);
	assert_refused(CALL("DELETE", "/api/apps/b/domains/shop.example", NULL), 404,
	    "DOMAIN_NOT_FOUND");
	assert_int_equal(CALL("DELETE", "/api/apps/a/domains/SHOP.example", NULL), 200);
	assert_http("data.message", "Domain removed");
	assert_refused(CALL("DELETE", "/api/apps/a/domains/shop.example", NULL), 404,
	    "DOMAIN_NOT_FOUND");
	assert_int_equal(
	    CALL("POST", "/api/apps/b/domains", "{\"domain\":\"shop.example\"}"), 201);
}

static void
test_limited_key(void **state)
{
	(void)state;
	http_key("aliases:a");
	assert_int_equal(ADD("shop.example"), 201);
	assert_refused(CALL("POST", "/api/apps/b/domains", "{\"domain\":\"b.example\"}"),
	    403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/custom-domains", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("DELETE", "/api/apps/b/domains/shop.example", NULL), 403,
	    "SCOPE_REQUIRED");
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_add), TEST(test_add_refused), TEST(test_verify),
		TEST(test_verify_not_found), TEST(test_delete), TEST(test_limited_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
