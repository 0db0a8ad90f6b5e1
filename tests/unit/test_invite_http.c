/* Invites over HTTP: who may make which, and that a use is an account, once. */
#include "tests/unit/auth_fixture.h"

#include <pthread.h>

#include "auth/throttle.h"

extern const struct route invite_routes[], login_routes[];
static const struct route *const tables[] = { invite_routes, login_routes, NULL };

#define BODY "{\"email\":\"New@Example.com\",\"name\":\"New\",\"password\":\"" PASSWORD "\"}"
#define FORM "email=New%40Example.com&name=New&password=correct+horse+7"

static char target[64];

/* An invite of the owner; target is where it is used. */
static const char *
invite(const char *body)
{
	auth_host = fx.node.admin_host;
	auth_as(&owner);
	assert_int_equal(auth_call(tables, "POST", "/api/invites", body), 201);
	(void)snprintf(target, sizeof(target), "/auth/invite/%s", auth_text("data.code"));
	auth_as(NULL);
	auth_host = fx.node.auth_host;
	return target;
}

static int64_t
users(void)
{
	return auth_number("SELECT count(*) FROM user", "", 0);
}

static void
test_make(void **state)
{
	const char *code;

	(void)state;
	auth_as(&admin);
	assert_int_equal(auth_call(tables, "POST", "/api/invites", NULL), 201);
	code = arena_strdup(ar, auth_text("data.code"));
	assert_int_equal(strlen(code), 22);
	assert_auth("data.url", arena_printf(ar, "https://login.example.com/auth/invite/%s",
	    code));
	assert_auth("data.role", "user");
	assert_int_equal(auth_call(tables, "GET", "/api/invites", NULL), 200);
	assert_false(auth_shows(code));
	assert_auth("data.0.role", "user");
	assert_auth("data.0.created_by", admin.uid);
	assert_auth("data.0.max_uses", "1");
	assert_auth("data.0.use_count", "0");
	assert_auth("data.0.status", "active");
	assert_int_equal(json_integer_value(auth_at("data.0.expires_at")) -
	    json_integer_value(auth_at("data.0.created_at")), 7 * 86400);
	assert_int_equal(auth_number("SELECT count(*) FROM invite WHERE"
	    " instr(hash,(SELECT uid FROM invite))", "", 0), 0);
	assert_int_equal(auth_call(tables, "DELETE", arena_printf(ar, "/api/invites/%s",
	    auth_text("data.0.id")), NULL), 200);
	assert_int_equal(auth_call(tables, "GET", "/auth/invites", NULL), 200);
	assert_auth("data", "[]");
	assert_denied(auth_call(tables, "DELETE", "/api/invites/x", NULL), 404,
	    "INVITE_NOT_FOUND");
}

static void
test_bodies(void **state)
{
	static const struct {
		const char	*body;
		const char	*field;		/* NULL = good */
	} t[] = {
		{ "{\"role\":\"admin\",\"max_uses\":1000,\"expiry_days\":365,"
		  "\"email\":\"A@b.C\"}", NULL },
		{ "{\"role\":null,\"email\":\"\"}", NULL },
		{ "{\"role\":\"king\"}", "role" },
		{ "{\"role\":1}", "role" },
		{ "{\"max_uses\":0}", "max_uses" },
		{ "{\"max_uses\":1001}", "max_uses" },
		{ "{\"max_uses\":\"5\"}", "max_uses" },
		{ "{\"expiry_days\":0}", "expiry_days" },
		{ "{\"expiry_days\":366}", "expiry_days" },
		{ "{\"email\":\"nobody\"}", "email" },
		{ "{\"email\":7}", "email" },
	};

	(void)state;
	auth_as(&owner);
	for (size_t i = 0; i < COUNT(t); i++) {
		assert_int_equal(auth_call(tables, "POST", "/api/invites", t[i].body),
		    t[i].field == NULL ? 201 : 400);
		assert_auth("error.details.field", t[i].field == NULL ? "(absent)" :
		    t[i].field);
	}
}

static void
test_who_makes(void **state)
{
	static const struct {
		const struct user *who;
		const char	*scopes;
		const char	*role;
		int		 status;
	} t[] = {
		{ &owner, NULL, "owner", 201 }, { &admin, NULL, "admin", 201 },
		{ &admin, NULL, "owner", 403 }, { &user, NULL, "user", 403 },
		{ NULL, "users", "user", 201 }, { NULL, "users", "admin", 403 },
		{ NULL, "admin", "owner", 201 }, { NULL, "users.read", "user", 403 },
		{ NULL, NULL, "user", 401 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		if (t[i].scopes != NULL)
			auth_key(t[i].scopes);
		else
			auth_as(t[i].who);
		assert_int_equal(auth_call(tables, "POST", "/auth/invite", arena_printf(ar,
		    "{\"role\":\"%s\"}", t[i].role)), t[i].status);
	}
	/* The cookie of AUTH is no admin's. */
	auth_host = fx.node.auth_host;
	auth_as(&owner);
	assert_denied(auth_call(tables, "POST", "/auth/invite", "{}"), 403, "FORBIDDEN");
	assert_denied(auth_call(tables, "GET", "/auth/invites", NULL), 403, "FORBIDDEN");
	auth_key("users");
	assert_int_equal(auth_call(tables, "POST", "/auth/invite", "{}"), 201);
	assert_int_equal(auth_call(tables, "GET", "/auth/invites", NULL), 200);
}

static void
test_use(void **state)
{
	(void)state;
	(void)invite("{\"role\":\"admin\"}");
	assert_int_equal(auth_call(tables, "GET", target, NULL), 200);
	assert_auth("data.role", "admin");
	assert_int_equal(auth_call(tables, "POST", target, BODY), 201);
	assert_auth("data.user.email", "new@example.com");
	assert_auth("data.user.name", "New");
	assert_auth("data.user.role", "admin");
	assert_auth("data.user.invited_by", owner.uid);
	assert_auth("data.user.provider", "password");
	assert_true(fx.rq.seq > 0);
	assert_null(response_get(&fx.rs, "Set-Cookie"));
	assert_denied(auth_call(tables, "POST", target, BODY), 400, "BAD_REQUEST");
	assert_denied(auth_call(tables, "GET", target, NULL), 400, "BAD_REQUEST");
	assert_int_equal(users(), 4);
	assert_int_equal(auth_call(tables, "POST", "/auth/login",
	    "{\"username\":\"new@example.com\",\"password\":\"" PASSWORD "\"}"), 200);
}

static void
test_form(void **state)
{
	(void)state;
	(void)invite("{}");
	auth_header("accept", "text/html");
	assert_int_equal(auth_call(tables, "GET", target, NULL), 200);
	assert_true(auth_shows("<form method=\"post\">"));
	assert_int_equal(auth_call(tables, "POST", target,
	    "email=x%22%3E%3Cb&name=%3Ci%3E&password=correct+horse+7"), 400);
	assert_true(auth_shows("role=\"alert\""));
	assert_true(auth_shows("x&quot;&gt;&lt;b"));
	assert_true(auth_shows("&lt;i&gt;"));
	assert_false(auth_shows("correct horse"));
	assert_int_equal(auth_call(tables, "POST", target,
	    "email=a%40b.c&password=correct+hor%zz"), 400);
	assert_int_equal(auth_call(tables, "POST", target, FORM), 303);
	assert_string_equal(auth_location(), "/");
	assert_true(auth_sets("__Host-fazt_sso"));
	assert_int_equal(auth_call(tables, "POST", target, FORM), 400);
	assert_true(auth_shows("<html"));
	assert_int_equal(auth_call(tables, "GET", target, NULL), 400);
	assert_true(auth_shows("<html"));
	assert_int_equal(users(), 4);
}

static void
test_refused(void **state)
{
	static const struct {
		const char	*body;
		int		 status;
		const char	*code;
	} t[] = {
		{ "{}", 400, "MISSING_FIELD" },
		{ "{\"password\":\"" PASSWORD "\"}", 400, "MISSING_FIELD" },
		{ "{\"email\":\"a@b.c\"}", 400, "MISSING_FIELD" },
		{ "{\"email\":\"\",\"password\":\"" PASSWORD "\"}", 400,
		    "VALIDATION_FAILED" },
		{ "{\"email\":\"no\",\"password\":\"" PASSWORD "\"}", 400,
		    "VALIDATION_FAILED" },
		{ "{\"email\":\"a@b.c\",\"password\":\"short\"}", 400, "VALIDATION_FAILED" },
		{ "{\"email\":\"a@b.c\",\"password\":\"password123\"}", 400,
		    "VALIDATION_FAILED" },
		{ "{\"email\":\"a@b.c\",\"name\":\"a\\tb\",\"password\":\"" PASSWORD "\"}",
		    400, "VALIDATION_FAILED" },
		{ "{\"email\":\"Bob@Example.com\",\"password\":\"" PASSWORD "\"}", 409,
		    "CONFLICT" },
		{ "[", 400, "INVALID_JSON" },
	};
	static const char *const codes[] = { "x", "0000000000000000000000",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "' OR 1=1 --" };

	(void)state;
	(void)invite("{}");
	for (size_t i = 0; i < COUNT(t); i++)
		assert_denied(auth_call(tables, "POST", target, t[i].body), t[i].status,
		    t[i].code);
	for (size_t i = 0; i < COUNT(codes); i++)
		assert_denied(auth_call(tables, "POST", arena_printf(ar, "/auth/invite/%s",
		    codes[i]), BODY), 400, "BAD_REQUEST");
	assert_int_equal(users(), 3);
	/* None of that took the use. */
	assert_int_equal(auth_call(tables, "POST", target, BODY), 201);
}

static void
test_address(void **state)
{
	(void)state;
	(void)invite("{\"email\":\"New@example.com\"}");
	assert_denied(auth_call(tables, "POST", target, "{\"email\":\"other@example.com\","
	    "\"password\":\"" PASSWORD "\"}"), 400, "VALIDATION_FAILED");
	assert_int_equal(auth_call(tables, "POST", target, BODY), 201);
}

static void
test_other_hosts(void **state)
{
	const char *const hosts[] = { fx.node.admin_host, "blog.example.com" };

	(void)state;
	(void)invite("{}");
	for (size_t i = 0; i < 2; i++) {
		auth_host = hosts[i];
		assert_int_equal(auth_call(tables, "GET", target, NULL), 303);
		assert_string_equal(auth_location(), arena_printf(ar,
		    "https://login.example.com%s", target));
		assert_int_equal(auth_call(tables, "POST", target, BODY), 303);
		assert_denied(auth_call(tables, "GET", "/auth/invite/a\r\nb", NULL), 400,
		    "BAD_REQUEST");
	}
	assert_int_equal(users(), 3);
}

static void
test_limited(void **state)
{
	(void)state;
	(void)invite("{}");
	fx.node.throttle = throttle_new();
	for (int i = 0; i < 10; i++)
		assert_int_equal(auth_call(tables, "POST", "/auth/invite/x", BODY), 400);
	assert_denied(auth_call(tables, "POST", target, BODY), 429, "RATE_LIMIT_EXCEEDED");
	assert_int_equal(auth_call(tables, "POST", target, FORM), 429);
	assert_true(auth_shows("<html"));
	throttle_free(fx.node.throttle);
	fx.node.throttle = NULL;
}

/* --- all at once --- */

struct racer {
	pthread_t	 id;
	int		 n;
	int		 status;
};

static void *
race(void *arg)
{
	struct racer *r = arg;
	struct arena *a = arena_new();
	struct request rq = { .arena = a, .node = &fx.node, .method = METHOD_POST,
		.path = target, .query = "", .ip = "192.0.2.1",
		.content_type = "application/json" };
	struct response rs;
	const char *allow, *body = arena_printf(a, "{\"email\":\"r%d@x.y\",\"password\":\""
	    PASSWORD "\"}", r->n);
	enum fz_err err;

	response_init(&rs, a);
	(void)snprintf(rq.host, sizeof(rq.host), "%s", fx.node.auth_host);
	rq.body = spool_new(fx.dir, 4096);
	(void)!spool_add(rq.body, body, strlen(body));
	(void)route_find(tables, ON_AUTH, rq.method, rq.path, a, &rq.route, &rq.params,
	    &allow);
	do
		err = rq.route->handle(&rq, &rs);
	while (err == FZ_OVERLOADED);
	r->status = err == FZ_OK ? rs.status : err_status(err);
	response_fini(&rs);
	spool_free(rq.body);
	arena_free(a);
	return NULL;
}

static void
test_race(void **state)
{
	struct racer r[50];
	int made = 0;

	(void)state;
	(void)invite("{\"max_uses\":2}");
	for (int i = 0; i < 50; i++) {
		r[i].n = i;
		assert_int_equal(pthread_create(&r[i].id, NULL, race, &r[i]), 0);
	}
	for (int i = 0; i < 50; i++) {
		pthread_join(r[i].id, NULL);
		assert_true(r[i].status == 201 || r[i].status == 400);
		made += r[i].status == 201;
	}
	assert_int_equal(made, 2);
	assert_int_equal(users(), 5);
}

/* The log names the invite and never the code. */
static void
test_audit(void **state)
{
	(void)state;
	(void)invite("{}");
	(void)auth_call(tables, "POST", target, "{}");
	(void)auth_call(tables, "POST", target, BODY);
	for (int i = 0; i < 100 && auth_number("SELECT count(*) FROM activity", "", 0) < 2; i++)
		usleep(50000);
	assert_int_equal(auth_number("SELECT count(*) FROM activity WHERE"
	    " resource_id=(SELECT uid FROM invite) AND resource_type='invite'", "", 0), 2);
	assert_int_equal(auth_number("SELECT count(*) FROM activity WHERE result='success'"
	    " AND actor_id=(SELECT uid FROM user ORDER BY id DESC)", "", 0), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, auth_setup, auth_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_make), TEST(test_bodies), TEST(test_who_makes), TEST(test_use),
		TEST(test_form), TEST(test_refused), TEST(test_address), TEST(test_other_hosts),
		TEST(test_limited), TEST(test_race), TEST(test_audit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
