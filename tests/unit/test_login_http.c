/* Signing in with a password by program and by form, and who one is. */
#include "tests/unit/auth_fixture.h"

#include <argon2.h>

#include "auth/throttle.h"

extern const struct route login_routes[], password_routes[], key_routes[];
static const struct route *const tables[] = { login_routes, password_routes, key_routes,
	NULL };

#define RIGHT "{\"username\":\"ann\",\"password\":\"" PASSWORD "\"}"
#define WRONG "{\"username\":\"ann\",\"password\":\"not this one\"}"

static void
test_program(void **state)
{
	struct user now;

	(void)state;
	assert_int_equal(auth_call(tables, "POST", "/api/login", RIGHT), 200);
	assert_auth("data.message", "Signed in");
	assert_true(fx.rq.seq > 0);
	assert_true(auth_sets("__Host-fazt_admin"));
	assert_false(auth_sets("__Host-fazt_sso"));
	now = auth_again(&admin);
	assert_true(now.last_login > 0);
	assert_int_equal(sessions_of(&admin), 1);

	/* By e-mail, under either name, whatever its case. */
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "{\"email\":\"Ann@Example.com\",\"password\":\"" PASSWORD "\"}"), 200);
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "{\"username\":\"ann@example.com\",\"email\":\"x\",\"password\":\"" PASSWORD
	    "\",\"remember_me\":true}"), 200);
	/* On AUTH also those who may not enter ADMIN. */
	auth_host = fx.node.auth_host;
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "{\"username\":\"bob\",\"password\":\"" PASSWORD "\"}"), 200);
	assert_true(auth_sets("__Host-fazt_sso"));
	assert_false(auth_sets("__Host-fazt_admin"));
}

static void
test_refusals(void **state)
{
	static const struct {
		const char	*body;
		int		 status;
		const char	*code;
	} t[] = {
		{ WRONG, 401, "INVALID_CREDENTIALS" },
		{ "{\"username\":\"nobody\",\"password\":\"" PASSWORD "\"}", 401,
		    "INVALID_CREDENTIALS" },
		{ "{\"username\":\"off\",\"password\":\"" PASSWORD "\"}", 401,
		    "INVALID_CREDENTIALS" },
		{ "{\"username\":\"provided\",\"password\":\"" PASSWORD "\"}", 401,
		    "INVALID_CREDENTIALS" },
		{ "{\"username\":\"bob\",\"password\":\"" PASSWORD "\"}", 403, "FORBIDDEN" },
		{ "{}", 400, "MISSING_FIELD" },
		{ "{\"username\":\"ann\"}", 400, "MISSING_FIELD" },
		{ "{\"username\":\"ann\",\"password\":\"\"}", 400, "MISSING_FIELD" },
		{ "{\"username\":\"\",\"password\":\"x\"}", 400, "MISSING_FIELD" },
		{ "{\"username\":1,\"password\":\"x\"}", 400, "VALIDATION_FAILED" },
		{ "{\"username\":\"ann\",\"password\":[]}", 400, "VALIDATION_FAILED" },
		{ "{\"username\":\"ann\",\"password\":\"x\\u0000y\"}", 400,
		    "INVALID_JSON" },
		{ "{\"username\":\"ann\",\"password\":\"x\",\"remember_me\":7}", 400,
		    "VALIDATION_FAILED" },
		{ "[]", 400, "INVALID_JSON" },
	};
	struct user off = auth_add("off", "", "admin");
	struct user provided = auth_add("provided", "", "admin");
	struct writer *w;

	(void)state;
	OK(writer_begin(fx.node.store, 5000, &w));
	OK(user_set_disabled(w, off.id, true));
	OK(sql_run(w, "UPDATE user SET password=NULL WHERE id=?1", "i", provided.id));
	OK(writer_commit(w, NULL));
	for (size_t i = 0; i < COUNT(t); i++) {
		int status = auth_call(tables, "POST", "/api/login", t[i].body);

		if (status != t[i].status || strcmp(auth_text("error.code"), t[i].code) != 0)
			fail_msg("%s: %d %s", t[i].body, status, auth_text("error.code"));
		assert_null(response_get(&fx.rs, "Set-Cookie"));
	}
	assert_int_equal(auth_number("SELECT count(*) FROM session", "", 0), 0);
}

/* An app's page never gets to ask for a password. */
static void
test_not_on_apps(void **state)
{
	(void)state;
	auth_host = "blog.example.com";
	assert_denied(auth_call(tables, "POST", "/auth/login", RIGHT), 403, "FORBIDDEN");
	assert_denied(auth_call(tables, "POST", "/auth/login", "{broken"), 403, "FORBIDDEN");
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "username=ann&password=" "correct+horse+7"), 403);
}

static void
test_form(void **state)
{
	(void)state;
	auth_host = fx.node.auth_host;
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "username=bob&password=correct+horse+7&redirect=%2Fx%3Fy"), 303);
	assert_string_equal(auth_location(), "/x?y");
	assert_true(auth_sets("__Host-fazt_sso"));
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "username=bob&password=correct+horse+7&redirect=%2F%2Fevil"), 303);
	assert_string_equal(auth_location(), "/");

	/* The page again, escaped, with the name but not the password. */
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "username=b%22%3E%3Cb&password=not+this+one"), 401);
	assert_true(auth_shows("role=\"alert\""));
	assert_true(auth_shows("Wrong name or password"));
	assert_true(auth_shows("b&quot;&gt;&lt;b"));
	assert_false(auth_shows("not this one"));
	assert_int_equal(auth_call(tables, "POST", "/auth/login", "username=bob"), 400);
	assert_true(auth_shows("role=\"alert\""));
	assert_int_equal(auth_call(tables, "POST", "/auth/login", "username=%zz"), 400);

	/* ADMIN is entered by hand-off, with a page that goes on. */
	fx.node.serves = NULL;
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "username=ann&password=correct+horse+7&remember_me=on"), 303);
	/* On ADMIN itself the way is short, and closed for some. */
	auth_host = fx.node.admin_host;
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "username=ann&password=correct+horse+7&redirect=%2Fapps"), 303);
	assert_string_equal(auth_location(), "/apps");
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "username=bob&password=correct+horse+7"), 403);
	assert_true(auth_shows("may not open the dashboard"));
}

static bool
serves(const struct node *node, const char *host)
{
	(void)node;
	return strcmp(host, "blog.example.com") == 0 || strcmp(host, "admin.example.com") == 0;
}

static void
test_form_for_elsewhere(void **state)
{
	static const char pre[] = "0123456789abcdef0123456789abcdef"
				  "0123456789abcdef0123456789abcdef";
	const char *to_blog = arena_printf(ar, "username=bob&password=correct+horse+7"
	    "&app=blog.example.com&redirect=%%2Fx&pre=%s", pre);
	const char *to_admin = arena_printf(ar, "username=ann&password=correct+horse+7"
	    "&app=admin.example.com&redirect=%%2F&pre=%s", pre);

	(void)state;
	fx.node.serves = serves;
	auth_host = fx.node.auth_host;
	assert_int_equal(auth_call(tables, "POST", "/auth/login", to_blog), 200);
	assert_true(auth_shows("https://blog.example.com/auth/complete?code="));
	assert_int_equal(auth_call(tables, "POST", "/auth/login", to_admin), 200);
	assert_true(auth_shows("https://admin.example.com/auth/complete?code="));
	/* Who may not enter is told by the sign-in page. */
	assert_int_equal(auth_call(tables, "POST", "/auth/login", arena_printf(ar,
	    "username=bob&password=correct+horse+7&app=admin.example.com&redirect=%%2Fa&pre=%s",
	    pre)), 303);
	assert_memory_equal(auth_location(), "/auth/login?", 12);
}

static void
test_throttled(void **state)
{
	(void)state;
	fx.node.throttle = throttle_new();
	assert_int_equal(auth_call(tables, "POST", "/api/login", RIGHT), 200);
	assert_int_equal(fx.rs.not_before, 0);
	assert_int_equal(auth_call(tables, "POST", "/api/login", WRONG), 401);
	assert_int_equal(fx.rs.not_before, 0);
	assert_int_equal(auth_call(tables, "POST", "/api/login", WRONG), 401);
	assert_true(fx.rs.not_before > clock_mono_ms());
	/* The right one waits too. */
	assert_int_equal(auth_call(tables, "POST", "/api/login", RIGHT), 200);
	assert_true(fx.rs.not_before > clock_mono_ms() + 1000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(auth_call(tables, "POST", "/api/login", WRONG), 401);
	assert_denied(auth_call(tables, "POST", "/api/login", RIGHT), 429,
	    "RATE_LIMIT_EXCEEDED");
	assert_non_null(response_get(&fx.rs, "Retry-After"));
	assert_int_equal(auth_call(tables, "POST", "/auth/login", "username=ann&password=x"),
	    429);
	assert_true(auth_shows("Too many attempts"));
	throttle_free(fx.node.throttle);
	fx.node.throttle = NULL;
}

/* What an older program hashed with less work is hashed anew, once. */
static void
test_renewed(void **state)
{
	char old[PASSWORD_PHC_MAX];
	struct user now, ever;
	struct writer *w;

	(void)state;
	assert_int_equal(argon2id_hash_encoded(1, 64, 1, "oldpassword", 11, "saltsalt", 8, 32,
	    old, sizeof(old)), ARGON2_OK);
	assert_true(password_stale(old));
	OK(writer_begin(fx.node.store, 5000, &w));
	OK(user_set_password(w, admin.id, old));
	OK(writer_commit(w, NULL));
	assert_int_equal(auth_call(tables, "POST", "/api/login",
	    "{\"username\":\"ann\",\"password\":\"oldpassword\"}"), 200);
	now = auth_again(&admin);
	assert_string_not_equal(now.password, old);
	assert_false(password_stale(now.password));
	assert_int_equal(auth_call(tables, "POST", "/api/login",
	    "{\"username\":\"ann\",\"password\":\"oldpassword\"}"), 200);
	ever = auth_again(&admin);
	assert_string_equal(ever.password, now.password);

	/* Where the row is looked at again, it is the same password still. */
	OK(writer_begin(fx.node.store, 5000, &w));
	OK(user_set_password(w, owner.id, old));
	OK(writer_commit(w, NULL));
	auth_as(&owner);
	assert_int_equal(auth_call(tables, "POST", "/api/reauth",
	    "{\"password\":\"oldpassword\"}"), 200);
	OK(writer_begin(fx.node.store, 5000, &w));
	OK(user_set_password(w, owner.id, old));
	OK(writer_commit(w, NULL));
	assert_int_equal(auth_call(tables, "POST", "/api/password",
	    "{\"current\":\"oldpassword\",\"new\":\"a quite new one\"}"), 200);
}

static void
test_who(void **state)
{
	(void)state;
	assert_int_equal(auth_call(tables, "GET", "/auth/session", NULL), 200);
	assert_auth("data", "{\"authenticated\":false}");
	assert_int_equal(auth_call(tables, "GET", "/api/auth/status", NULL), 200);
	assert_auth("data", "{\"authenticated\":false}");
	assert_denied(auth_call(tables, "GET", "/api/user/me", NULL), 401, "UNAUTHORIZED");
	assert_denied(auth_call(tables, "GET", "/api/me", NULL), 401, "UNAUTHORIZED");
	auth_as(&admin);
	assert_int_equal(auth_call(tables, "GET", "/auth/session", NULL), 200);
	assert_auth("data.authenticated", "true");
	assert_auth("data.user.id", admin.uid);
	assert_auth("data.user.username", "(absent)");
	assert_int_equal(auth_call(tables, "GET", "/api/auth/status", NULL), 200);
	assert_auth("data", "{\"authenticated\":true,\"username\":\"ann\","
	    "\"email\":\"ann@example.com\",\"role\":\"admin\"}");
	assert_int_equal(auth_call(tables, "GET", "/api/user/me", NULL), 200);
	assert_auth("data", "{\"username\":\"ann\",\"email\":\"ann@example.com\","
	    "\"role\":\"admin\",\"version\":\"1.2.3\"}");
	assert_int_equal(auth_call(tables, "GET", "/api/me", NULL), 200);
	assert_auth("data.email", "ann@example.com");
	auth_host = "blog.example.com";
	assert_int_equal(auth_call(tables, "GET", "/auth/session", NULL), 200);
	auth_host = fx.node.admin_host;
	/* A key is nobody. */
	auth_key("admin");
	assert_int_equal(auth_call(tables, "GET", "/auth/session", NULL), 200);
	assert_auth("data", "{\"authenticated\":false}");
	assert_denied(auth_call(tables, "GET", "/api/user/me", NULL), 403, "FORBIDDEN");
}

static void
test_logout(void **state)
{
	(void)state;
	assert_int_equal(auth_call(tables, "POST", "/api/logout", NULL), 200);
	assert_auth("data.message", "Signed out");
	auth_header("accept", "text/html,*/*");
	auth_host = "blog.example.com";
	assert_int_equal(auth_call(tables, "POST", "/auth/logout?all=true", NULL), 303);
	assert_string_equal(auth_location(), "/auth/login");
}

static void
test_reauth(void **state)
{
	int64_t until;

	(void)state;
	assert_denied(auth_call(tables, "POST", "/api/reauth", "{}"), 401, "UNAUTHORIZED");
	auth_as(&admin);
	assert_denied(auth_call(tables, "POST", "/api/reauth", "{}"), 403, "FORBIDDEN");
	auth_as(&owner);
	assert_denied(auth_call(tables, "POST", "/api/reauth", "{}"), 400, "MISSING_FIELD");
	assert_denied(auth_call(tables, "POST", "/api/reauth", "{\"password\":\"wrong one\"}"),
	    401, "INVALID_CREDENTIALS");
	assert_int_equal(auth_number("SELECT fresh FROM session WHERE id=?1", "i",
	    auth_caller.session), 0);
	assert_int_equal(auth_call(tables, "POST", "/api/reauth",
	    "{\"password\":\"" PASSWORD "\"}"), 200);
	assert_true(clock_parse_rfc3339(auth_text("data.fresh_until"), &until));
	assert_true(until > clock_wall_ms() + 590000 && until <= clock_wall_ms() + 600000);
	assert_true(auth_number("SELECT fresh FROM session WHERE id=?1", "i",
	    auth_caller.session) >= until);
}

static void
test_password(void **state)
{
	static const struct {
		const char	*body;
		int		 status;
		const char	*code;
	} t[] = {
		{ "{}", 400, "MISSING_FIELD" },
		{ "{\"current\":\"" PASSWORD "\"}", 400, "MISSING_FIELD" },
		{ "{\"current\":\"" PASSWORD "\",\"new\":\"short\"}", 400,
		    "VALIDATION_FAILED" },
		{ "{\"current\":\"" PASSWORD "\",\"new\":\"password123\"}", 400,
		    "VALIDATION_FAILED" },
		{ "{\"current\":\"wrong one\",\"new\":\"a quite new one\"}", 401,
		    "INVALID_CREDENTIALS" },
	};
	struct user now;
	int64_t other;
	struct writer *w;

	(void)state;
	auth_as(&user);
	other = auth_session(&user, SESSION_SSO, 0);
	for (size_t i = 0; i < COUNT(t); i++)
		assert_denied(auth_call(tables, "POST", "/api/password", t[i].body),
		    t[i].status, t[i].code);
	assert_int_equal(sessions_of(&user), 2);
	assert_int_equal(auth_call(tables, "POST", "/api/password",
	    "{\"current\":\"" PASSWORD "\",\"new\":\"a quite new one\"}"), 200);
	assert_int_equal(sessions_of(&user), 1);
	assert_int_equal(auth_number("SELECT count(*) FROM session WHERE id=?1", "i", other),
	    0);
	now = auth_again(&user);
	assert_string_not_equal(now.password, phc);
	assert_denied(auth_call(tables, "POST", "/api/password",
	    "{\"current\":\"" PASSWORD "\",\"new\":\"a quite new one\"}"), 401,
	    "INVALID_CREDENTIALS");
	OK(writer_begin(fx.node.store, 5000, &w));
	OK(sql_run(w, "UPDATE user SET password=NULL WHERE id=?1", "i", user.id));
	OK(writer_commit(w, NULL));
	assert_denied(auth_call(tables, "POST", "/api/password",
	    "{\"current\":\"" PASSWORD "\",\"new\":\"a quite new one\"}"), 400, "BAD_REQUEST");
}

/* Failures stand in the log; what may be a password in the wrong field does not. */
static void
test_audit(void **state)
{
	char body[300];

	(void)state;
	(void)auth_call(tables, "POST", "/api/login", WRONG);
	(void)auth_call(tables, "POST", "/api/login",
	    "{\"username\":\"some\\\"body\",\"password\":\"not this one\"}");
	(void)snprintf(body, sizeof(body), "{\"username\":\"%0150d\",\"password\":\"x\"}", 0);
	(void)auth_call(tables, "POST", "/api/login", body);
	(void)auth_call(tables, "POST", "/api/login", "{}");
	for (int i = 0; i < 100 && auth_number("SELECT count(*) FROM activity", "", 0) < 3; i++)
		usleep(50000);
	assert_int_equal(auth_number("SELECT count(*) FROM activity WHERE action='login' AND"
	    " result='failure' AND weight=8 AND resource_type='session' AND"
	    " actor_ip='192.0.2.1'", "", 0), 3);
	assert_int_equal(auth_number("SELECT count(*) FROM activity WHERE resource_id="
	    "(SELECT uid FROM user WHERE id=?1) AND details LIKE '%\"ann\"%'", "i",
	    admin.id), 1);
	/* What nobody is called may be a password in the wrong field. */
	assert_int_equal(auth_number("SELECT count(*) FROM activity WHERE"
	    " details LIKE '%some%'", "", 0), 0);
	assert_int_equal(auth_number("SELECT count(*) FROM activity WHERE"
	    " details LIKE '%000%' OR details LIKE '%not this%'", "", 0), 0);
}

/* The same by a page, for who may not open the dashboard. */
static void
test_password_page(void **state)
{
	(void)state;
	auth_as(NULL);
	assert_int_equal(auth_call(tables, "GET", "/auth/password", NULL), 303);
	assert_string_equal(auth_location(), "/auth/login?redirect=/auth/password");
	auth_as(&user);
	assert_int_equal(auth_call(tables, "GET", "/auth/password", NULL), 200);
	assert_true(auth_shows("name=\"current\""));
	assert_int_equal(auth_call(tables, "POST", "/auth/password",
	    "current=wrong&new=a+quite+new+one"), 401);
	assert_true(auth_shows("role=\"alert\""));
	assert_int_equal(auth_call(tables, "POST", "/auth/password",
	    "current=correct+horse+7&new=short"), 400);
	assert_string_equal(auth_again(&user).password, phc);
	assert_int_equal(auth_call(tables, "POST", "/auth/password",
	    "current=correct+horse+7&new=a+quite+new+one"), 200);
	assert_true(auth_shows("<h1>Your password is changed</h1>"));
	assert_string_not_equal(auth_again(&user).password, phc);
}

/* Keys made by sessions: what the role and the proof allow. */
static void
test_keys(void **state)
{
	static const struct {
		const struct user *who;
		bool		 fresh;
		const char	*scopes;
		int		 status;
		const char	*code;
	} t[] = {
		{ &admin, false, "deploy:app,apps.read,users.read", 200, "(absent)" },
		{ &admin, false, "keys,env,secrets", 200, "(absent)" },
		{ &admin, false, "sql", 403, "FORBIDDEN" },
		{ &admin, false, "deploy,sql.read", 403, "FORBIDDEN" },
		{ &admin, true, "users", 403, "FORBIDDEN" },
		{ &admin, true, "admin", 403, "FORBIDDEN" },
		{ &owner, false, "sql,users,system,backup,auth", 200, "(absent)" },
		{ &owner, false, "admin", 403, "REAUTH_REQUIRED" },
		{ &owner, false, "deploy,admin", 403, "REAUTH_REQUIRED" },
		{ &owner, true, "admin", 200, "(absent)" },
		{ &user, true, "deploy", 403, "FORBIDDEN" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		auth_as(t[i].who);
		auth_caller.fresh = clock_wall_ms() + (t[i].fresh ? 60000 : -1);
		assert_int_equal(auth_call(tables, "POST", "/api/keys", arena_printf(ar,
		    "{\"name\":\"k\",\"scopes\":\"%s\"}", t[i].scopes)), t[i].status);
		assert_auth("error.code", t[i].code);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, auth_setup, auth_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_program), TEST(test_refusals), TEST(test_not_on_apps), TEST(test_form),
		TEST(test_form_for_elsewhere), TEST(test_throttled), TEST(test_renewed),
		TEST(test_who), TEST(test_logout), TEST(test_reauth), TEST(test_password), TEST(test_password_page),
		TEST(test_audit), TEST(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
