/* People over HTTP: who may see, change and remove whom. */
#include "tests/unit/auth_fixture.h"

#include "store/app.h"
#include "store/kv.h"
#include "store/quota.h"

extern const struct route user_routes[];
static const struct route *const tables[] = { user_routes, NULL };

static void
put_key(int64_t app, int64_t who)
{
	static const struct quota quota = { .kv_keys = 100, .disk_bytes = INT64_MAX };
	struct writer *w;

	OK(writer_begin(fx.node.store, 5000, &w));
	OK(kv_set(w, (struct space){ app, who }, &quota, "k", "1", 1, 0));
	OK(writer_commit(w, NULL));
}

static struct app
make_app(const char *title)
{
	struct app a = { .title = title };
	struct writer *w;

	OK(writer_begin(fx.node.store, 5000, &w));
	OK(app_create(w, ar, &a));
	OK(writer_commit(w, NULL));
	return a;
}

static void
test_list(void **state)
{
	struct app app = make_app("blog");

	(void)state;
	put_key(app.id, user.id);
	auth_key("users.read");
	assert_int_equal(auth_call(tables, "GET", "/api/users", NULL), 200);
	assert_auth("meta", "{\"offset\":0,\"limit\":20,\"total\":3,\"has_more\":false}");
	assert_auth("data.0.id", owner.uid);
	assert_auth("data.2.email", "bob@example.com");
	assert_auth("data.0.password", "(absent)");
	assert_int_equal(auth_call(tables, "GET", "/api/users?limit=1&offset=1", NULL), 200);
	assert_auth("data.0.id", admin.uid);
	assert_auth("data.1", "(absent)");
	assert_int_equal(auth_call(tables, "GET", "/api/users?q=BOB", NULL), 200);
	assert_auth("meta.total", "1");
	assert_int_equal(auth_call(tables, "GET", "/api/users?role=admin&q=", NULL), 200);
	assert_auth("meta.total", "1");
	assert_int_equal(auth_call(tables, "GET", "/api/users?app=blog", NULL), 200);
	assert_auth("meta.total", "1");
	assert_auth("data.0.id", user.uid);
	assert_int_equal(auth_call(tables, "GET", "/api/users?q=zz", NULL), 200);
	assert_auth("data", "[]");
	assert_denied(auth_call(tables, "GET", "/api/users?app=none", NULL), 404,
	    "APP_NOT_FOUND");
	assert_denied(auth_call(tables, "GET", "/api/users?role=king", NULL), 400,
	    "VALIDATION_FAILED");
	assert_denied(auth_call(tables, "GET", "/api/users?limit=101", NULL), 400,
	    "VALIDATION_FAILED");
	assert_auth("error.details.field", "limit");
	assert_denied(auth_call(tables, "GET", arena_printf(ar, "/api/users?q=%0300d", 0),
	    NULL), 400, "VALIDATION_FAILED");
}

static void
test_who(void **state)
{
	(void)state;
	assert_denied(auth_call(tables, "GET", "/api/users", NULL), 401, "UNAUTHORIZED");
	auth_as(&user);
	assert_denied(auth_call(tables, "GET", "/api/users", NULL), 403, "FORBIDDEN");
	auth_key("deploy,apps,system");
	assert_denied(auth_call(tables, "GET", "/api/users", NULL), 403, "SCOPE_REQUIRED");
	auth_key("users.read");
	assert_denied(auth_call(tables, "PATCH", "/api/users/x", "{}"), 403,
	    "SCOPE_REQUIRED");
	auth_as(&admin);
	assert_denied(auth_call(tables, "DELETE", "/api/users/x", NULL), 403, "FORBIDDEN");
}

static void
test_status(void **state)
{
	struct app one = make_app("one"), two = make_app("two");

	(void)state;
	put_key(one.id, user.id);
	put_key(two.id, user.id);
	put_key(two.id, admin.id);
	auth_as(&admin);
	assert_int_equal(auth_call(tables, "GET", arena_printf(ar, "/api/users/%s/status",
	    user.uid), NULL), 200);
	assert_auth("data.user.email", "bob@example.com");
	assert_auth("data.apps.0.app_id", one.uid);
	assert_auth("data.apps.1", arena_printf(ar,
	    "{\"app_id\":\"%s\",\"kv_count\":1,\"doc_count\":0}", two.uid));
	assert_auth("data.totals", "{\"app_count\":2,\"kv_count\":2,\"doc_count\":0}");
	assert_int_equal(auth_call(tables, "GET", "/api/users/root@example.com/status", NULL),
	    200);
	assert_auth("data.apps", "[]");
	assert_denied(auth_call(tables, "GET", "/api/users/none@example.com/status", NULL),
	    404, "USER_NOT_FOUND");
	(void)auth_add(NULL, "bob@example.com", "user");
	assert_denied(auth_call(tables, "GET", "/api/users/bob@example.com/status", NULL),
	    409, "CONFLICT");
}

static void
test_role(void **state)
{
	static const struct {
		const struct user *who;		/* NULL = a key */
		const char	*scopes;
		const struct user *whom;
		const char	*role;
		int		 status;
		const char	*code;
	} t[] = {
		{ &admin, NULL, &user, "admin", 200, "(absent)" },
		{ &admin, NULL, &user, "user", 200, "(absent)" },
		{ &admin, NULL, &user, "owner", 403, "FORBIDDEN" },
		{ &admin, NULL, &owner, "user", 403, "FORBIDDEN" },
		{ &admin, NULL, &admin, "owner", 403, "FORBIDDEN" },
		{ &admin, NULL, &user, "emperor", 400, "VALIDATION_FAILED" },
		{ &owner, NULL, &owner, "admin", 409, "LAST_OWNER" },
		{ &owner, NULL, &user, "owner", 200, "(absent)" },
		{ &owner, NULL, &user, "user", 200, "(absent)" },
		{ NULL, "users", &user, "admin", 403, "SCOPE_REQUIRED" },
		{ NULL, "users", &user, "owner", 403, "FORBIDDEN" },
		{ NULL, "users", &owner, "user", 403, "FORBIDDEN" },
		{ NULL, "users", &admin, "user", 200, "(absent)" },
		{ NULL, "admin", &admin, "admin", 200, "(absent)" },
		{ NULL, "admin", &owner, "user", 409, "LAST_OWNER" },
		{ NULL, "admin", &user, "owner", 200, "(absent)" },
		{ NULL, "admin", &owner, "user", 200, "(absent)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		bool good = t[i].status == 200;
		char before[16];

		(void)snprintf(before, sizeof(before), "%s", auth_again(t[i].whom).role);
		if (t[i].who != NULL)
			auth_as(t[i].who);
		else
			auth_key(t[i].scopes);
		if (auth_call(tables, "POST", "/api/users/role", arena_printf(ar,
		    "{\"user_id\":\"%s\",\"role\":\"%s\"}", t[i].whom->uid, t[i].role)) !=
		    t[i].status)
			fail_msg("row %zu: %d", i, fx.rs.status);
		assert_auth("error.code", t[i].code);
		assert_string_equal(auth_again(t[i].whom).role, good ? t[i].role : before);
		assert_int_equal(fx.rq.seq > 0, good);
	}
}

static void
test_role_ends_sessions(void **state)
{
	(void)state;
	(void)auth_session(&user, SESSION_APP, auth_session(&user, SESSION_SSO, 0));
	auth_as(&owner);
	assert_int_equal(auth_call(tables, "POST", "/api/users/role",
	    "{\"email\":\"Bob@example.com\",\"role\":\"user\"}"), 200);
	assert_int_equal(sessions_of(&user), 2);
	assert_int_equal(auth_call(tables, "POST", "/api/users/role",
	    "{\"email\":\"Bob@example.com\",\"role\":\"admin\"}"), 200);
	assert_auth("data.user_id", user.uid);
	assert_auth("data.email", "bob@example.com");
	assert_auth("data.role", "admin");
	assert_int_equal(sessions_of(&user), 0);
	assert_int_equal(sessions_of(&owner), 1);
	assert_denied(auth_call(tables, "POST", "/api/users/role", "{\"role\":\"admin\"}"),
	    400, "MISSING_FIELD");
	assert_denied(auth_call(tables, "POST", "/api/users/role",
	    "{\"user_id\":\"fazt_usr_none\"}"), 400, "MISSING_FIELD");
	assert_denied(auth_call(tables, "POST", "/api/users/role",
	    "{\"user_id\":\"fazt_usr_none\",\"role\":\"user\"}"), 404, "USER_NOT_FOUND");
}

static void
test_change(void **state)
{
	const char *bob = arena_printf(ar, "/api/users/%s", user.uid);
	const char *root = arena_printf(ar, "/api/users/%s", owner.uid);

	(void)state;
	(void)auth_session(&user, SESSION_SSO, 0);
	auth_as(&admin);
	assert_int_equal(auth_call(tables, "PATCH", bob, "{\"name\":\"Robert\"}"), 200);
	assert_auth("data.name", "Robert");
	assert_auth("data.disabled", "false");
	assert_int_equal(sessions_of(&user), 1);
	assert_int_equal(auth_call(tables, "PATCH", bob, "{\"disabled\":true}"), 200);
	assert_auth("data.disabled", "true");
	assert_auth("data.name", "Robert");
	assert_int_equal(sessions_of(&user), 0);
	assert_int_equal(auth_call(tables, "PATCH", bob, "{}"), 200);
	assert_auth("data.disabled", "true");
	assert_int_equal(auth_call(tables, "PATCH", bob, "{\"disabled\":false}"), 200);
	assert_auth("data.disabled", "false");
	assert_denied(auth_call(tables, "PATCH", bob, "{\"disabled\":\"yes\"}"), 400,
	    "VALIDATION_FAILED");
	assert_denied(auth_call(tables, "PATCH", bob, "{\"name\":\"a\\nb\"}"), 400,
	    "VALIDATION_FAILED");
	assert_denied(auth_call(tables, "PATCH", root, "{\"name\":\"x\"}"), 403, "FORBIDDEN");
	assert_denied(auth_call(tables, "PATCH", "/api/users/none", "{}"), 404,
	    "USER_NOT_FOUND");
	auth_as(&owner);
	assert_denied(auth_call(tables, "PATCH", root,
	    "{\"name\":\"x\",\"disabled\":true}"), 409, "LAST_OWNER");
	assert_string_equal(auth_again(&owner).name, "root");
}

static void
test_delete(void **state)
{
	struct app app = make_app("app");
	const char *bob = arena_printf(ar, "/api/users/%s", user.uid);
	const char *root = arena_printf(ar, "/api/users/%s", owner.uid);

	(void)state;
	put_key(app.id, user.id);
	put_key(app.id, admin.id);
	(void)auth_session(&user, SESSION_SSO, 0);
	auth_key("users");
	assert_denied(auth_call(tables, "DELETE", root, NULL), 403, "FORBIDDEN");
	auth_as(&owner);
	assert_denied(auth_call(tables, "DELETE", root, NULL), 409, "LAST_OWNER");
	assert_false(auth_again(&owner).disabled);
	assert_denied(auth_call(tables, "DELETE", arena_printf(ar, "%s?data=some", bob), NULL),
	    400, "VALIDATION_FAILED");
	assert_int_equal(auth_call(tables, "DELETE", bob, NULL), 200);
	assert_true(fx.rq.seq > 0);
	assert_int_equal(auth_again(&user).id, 0);
	assert_int_equal(sessions_of(&user), 0);
	assert_int_equal(auth_number("SELECT count(*) FROM kv WHERE user=?1", "i", user.id), 1);
	assert_denied(auth_call(tables, "DELETE", bob, NULL), 404, "USER_NOT_FOUND");
	assert_int_equal(auth_call(tables, "DELETE",
	    "/api/users/ann@example.com?data=delete", NULL), 200);
	assert_int_equal(auth_number("SELECT count(*) FROM kv WHERE user=?1", "i", admin.id),
	    0);
	assert_int_equal(auth_again(&admin).id, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, auth_setup, auth_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list), TEST(test_who), TEST(test_status), TEST(test_role),
		TEST(test_role_ends_sessions), TEST(test_change), TEST(test_delete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
