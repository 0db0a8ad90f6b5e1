/* fazt.auth: who is who, what refusals become, and addresses that lead nowhere else. */
#include "tests/unit/script_fixture.h"

static void
as(enum role role)
{
	script_plain();
	if (role == ROLE_ANON)
		return;
	script_as = (struct caller){ .role = role,
		.user_uid = "fazt_usr_000000000001",
		.user = 7,
		.email = "ann@x.example",
		.name = "Ann \xc3\x84",
		.picture = "/p.png",
		.provider = "github" };
}

#define ALL                                                                              \
	"respond(['isLoggedIn','isAdmin','isOwner'].map(function (n) {"                  \
	"return +fazt.auth[n]() }).concat(['user','admin','owner','x',''].map(function " \
	"(r) {"                                                                          \
	"return +fazt.auth.hasRole(r) })).join(''))"

static void
test_roles(void **state)
{
	static const struct {
		enum role role;
		const char *want;
	} rows[] = {
		{ ROLE_ANON, "00000000" }, { ROLE_USER, "10010000" },
		{ ROLE_ADMIN, "11011000" }, { ROLE_OWNER, "11110100" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		as(rows[i].role);
		script_is(ALL, rows[i].want);
		/* Whatever the cookie says, a page of an unknown origin is nobody. */
		script_foreign = true;
		script_is(ALL, "00000000");
	}
	/* An API key is no visitor of the app. */
	script_plain();
	script_as = (struct caller){ .role = ROLE_ANON, .name = "key",
		.key_id = "fazt_key_000000000000", .key_scopes = "admin" };
	script_is(ALL, "00000000");
	as(ROLE_USER);
	script_as.role = ROLE_ANON;
	script_is(ALL, "00000000");
	script_plain();
	script_throws("fazt.auth.hasRole()", "auth.hasRole requires a role");
	script_throws("fazt.auth.hasRole(7)", "auth.hasRole requires a role");
}

static void
test_user(void **state)
{
	(void)state;
	as(ROLE_ANON);
	script_is("respond([fazt.auth.getUser()])", "[null]");
	as(ROLE_ADMIN);
	script_is("respond(fazt.auth.getUser())",
	    "{\"id\":\"fazt_usr_000000000001\","
	    "\"email\":\"ann@x.example\",\"name\":\"Ann "
	    "\xc3\x84\",\"picture\":\"/p.png\","
	    "\"role\":\"admin\",\"provider\":\"github\"}");
	script_foreign = true;
	script_is("respond([fazt.auth.getUser()])", "[null]");
	as(ROLE_USER);
	script_as.email = script_as.picture = script_as.provider = NULL;
	script_is("var u = fazt.auth.getUser(); respond([u.email, u.picture, u.provider,"
	    "u.role])", "[\"\",\"\",\"\",\"user\"]");
	/* A script changes its own copy. */
	script_is("fazt.auth.getUser().role = 'owner'; respond(fazt.auth.getUser().role)",
	    "user");
	script_plain();
}

static void
refused(const char *call, int status, const char *code)
{
	char main[200], want[60];
	struct answer a;

	snprintf(main, sizeof(main), "fazt.auth.%s; respond('passed')", call);
	script_eval(&a, main);
	snprintf(want, sizeof(want), "\"code\":\"%s\"", code);
	if (a.status != status || (status != 200 && strstr(a.body, want) == NULL))
		fail_msg("%s: %d %s", call, a.status, a.body);
	if (status == 200)
		assert_string_equal(a.body, "passed");
}

static void
test_require(void **state)
{
	static const struct {
		const char *call;
		int status[4];		/* anonymous, user, admin, owner */
	} rows[] = {
		{ "requireLogin()", { 401, 200, 200, 200 } },
		{ "requireAdmin()", { 401, 403, 200, 200 } },
		{ "requireOwner()", { 401, 403, 403, 200 } },
		{ "requireRole('user')", { 401, 200, 200, 200 } },
		{ "requireRole('admin')", { 401, 403, 200, 403 } },
		{ "requireRole('owner')", { 401, 403, 403, 200 } },
		{ "requireRole('editor')", { 401, 403, 403, 403 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int role = ROLE_ANON; role <= ROLE_OWNER; role++) {
			int status = rows[i].status[role];

			as((enum role)role);
			refused(rows[i].call, status,
			    status == 401 ? "UNAUTHORIZED" : "FORBIDDEN");
			script_foreign = true;
			refused(rows[i].call, 401, "UNAUTHORIZED");
		}
	}
	script_plain();
	script_throws("fazt.auth.requireRole()", "auth.requireRole requires a role");
}

static void
test_errors(void **state)
{
	struct answer a;

	(void)state;
	as(ROLE_ANON);
	script_is("try { fazt.auth.requireLogin() } catch (e) {"
	    "respond([e.name, e.code, e.retryable, e instanceof Error]) }",
	    "[\"AuthError\",\"LOGIN_REQUIRED\",false,true]");
	as(ROLE_USER);
	script_is("try { fazt.auth.requireRole('adm\\'in') } catch (e) {"
	    "respond([e.name, e.code, e.message]) }",
	    "[\"AuthError\",\"FORBIDDEN\",\"forbidden: requires role 'adm'in'\"]");
	script_eval(&a, "fazt.auth.requireAdmin()");
	assert_int_equal(a.status, 403);
	assert_non_null(strstr(a.body, "\"error\":\"forbidden: requires role 'admin'\""));
	script_is("try { fazt.auth.requireRole(new Array(1e5).join('x')) } catch (e) {"
	    "respond('' + (e.message.length < 200)) }", "true");
	as(ROLE_ANON);
	script_deploy("api/main.js", "fazt.auth.requireLogin()", NULL);
	script_ask(&a, "GET", "/api/x?a=1", NULL, "accept: text/html", NULL);
	assert_int_equal(a.status, 303);
	assert_non_null(strstr(script_header(&a, "Location"), "/auth/login?redirect="));
	script_ask(&a, "POST", "/api/x", "", "accept: text/html", NULL);
	assert_int_equal(a.status, 401);
	script_plain();
}

static void
test_urls(void **state)
{
	static const struct {
		const char *argument, *want;	/* what stands behind redirect= */
	} rows[] = {
		{ "", "%2F" },
		{ "'/'", "%2F" },
		{ "'/a/b?x=1&y=2#z'", "%2Fa%2Fb%3Fx%3D1%26y%3D2%23z" },
		{ "'/\xc3\xa4 \xf0\x9f\x98\x80'", "%2F%C3%A4%20%F0%9F%98%80" },
		{ "'/a%2fb'", "%2Fa%252fb" },
		{ "'/-_.~'", "%2F-_.~" },
		{ "undefined", "%2F" },
		{ "null", "%2F" },
		{ "7", "%2F" },
		{ "{toString: function () { return '/x' }}", "%2F" },
		{ "Symbol('x')", "%2F" },
		{ "''", "%2F" },
		{ "'a'", "%2F" },
		{ "'//evil.example'", "%2F" },
		{ "'/\\\\evil.example'", "%2F" },
		{ "'\\\\\\\\evil'", "%2F" },
		{ "'https://evil.example'", "%2F" },
		{ "'javascript:alert(1)'", "%2F" },
		{ "'/a\\nb'", "%2F" },
		{ "'/\\t/evil.example'", "%2F" },
		{ "'/a\\u007f'", "%2F" },
		{ "'/a\\0b'", "%2F" },
		{ "' /a'", "%2F" },
		{ "'\\ud83d'", "%2F" },
		{ "'/\\ud83d'", "%2F%EF%BF%BD" },
		{ "'/' + new Array(1025).join('x')", "%2F" },
	};
	char main[300], want[200];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(main, sizeof(main), "respond(fazt.auth.getLoginURL(%s))",
		    rows[i].argument);
		snprintf(want, sizeof(want), "/auth/login?redirect=%s&app=fazt_app_test",
		    rows[i].want);
		script_is(main, want);
	}
	script_is(
	    "respond('' + fazt.auth.getLoginURL('/' + new Array(1024).join('\xc3\xa4'))"
	    ".length)",
	    "42");
	script_is("respond('' + fazt.auth.getLoginURL('/' + new Array(1024).join('+'))"
	    ".length)", "3111");
	script_is("respond(fazt.auth.getLogoutURL())", "/auth/logout");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles), cmocka_unit_test(test_user),
		cmocka_unit_test(test_require), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
