/*
 * The list of sessions and ending them: who sees and ends whose.
 */
#include "tests/unit/http_fixture.h"

#include "base/clock.h"
#include "store/session.h"
#include "store/user.h"

extern const struct route session_routes[];
static const struct route *const tables[] = { session_routes, NULL };
static struct fixture f;
static struct arena *ar;

static struct user ann, bob, eve, olga;		/* owner, admin, user, another owner */
static const struct user *calls;
static enum role role;
static int64_t session;
static uint8_t next_hash;

static struct user
make_user(const char *name, const char *r)
{
	struct user u = { .username = name, .name = name, .role = r,
		.email = arena_printf(ar, "%s@example.com", name) };
	struct writer *w;

	assert_int_equal(writer_begin(f.node.store, 1000, &w), FZ_OK);
	assert_int_equal(user_add(w, ar, &u), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	return u;
}

static struct session
make(const struct user *u, const char *kind, int64_t parent)
{
	int64_t now = clock_wall_ms();
	struct session s = { .kind = kind, .user = *u, .host = "blog.example.com",
		.ip = "192.0.2.7", .ua = "curl", .parent = parent, .idle = 60000,
		.expires = now + 90000 };
	uint8_t hash[SHA256_LEN];
	struct writer *w;

	memset(hash, ++next_hash, sizeof(hash));
	assert_int_equal(writer_begin(f.node.store, 1000, &w), FZ_OK);
	assert_int_equal(session_add(w, ar, &s, hash, now), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	return s;
}

static void
as(const struct user *u, enum role r, int64_t id)
{
	calls = u;
	role = r;
	session = id;
}

/* As the fixture calls, but by `calls`; NULL = the key of http_key. */
static int
call(const char *method, const char *target)
{
	const char *allow, *query = strchr(target, '?');
	enum fz_err err;

	http_forget();
	fixture_request(&f);
	f.rq.method = method_parse(method);
	f.rq.method_name = method;
	f.rq.query = query != NULL ? query + 1 : "";
	f.rq.path = query == NULL ? target :
	    arena_strndup(f.arena, target, (size_t)(query - target));
	f.rq.caller = (struct caller){ .role = role, .name = "x", .session = session,
		.user = calls != NULL ? calls->id : 0,
		.user_uid = calls != NULL ? calls->uid : NULL,
		.key_id = calls == NULL ? "fazt_key_000000000000" : NULL,
		.key_scopes = calls == NULL ? http_scopes : NULL };
	assert_int_equal(route_find(tables, ON_ADMIN, f.rq.method, f.rq.path, f.arena,
	    &f.rq.route, &f.rq.params, &allow), ROUTE_FOUND);
	err = f.rq.route->handle(&f.rq, &f.rs);
	if (err != FZ_OK)
		response_error(&f.rs, err);
	else if (f.rq.method == METHOD_DELETE)
		assert_true(f.rq.seq > 0);
	http_read_body(&f.rs);
	return f.rs.status;
}

static int
end(const struct session *s)
{
	return call("DELETE", arena_printf(ar, "/api/sessions/%s", s->uid));
}

static int
end_all(const struct user *u)
{
	return call("DELETE", arena_printf(ar, "/api/sessions?user=%s", u->uid));
}

static int64_t
total(void)
{
	return json_integer_value(http_at("meta.total"));
}

static void
clean(void)
{
	int64_t n;
	struct writer *w;
	const struct user *all[] = { &ann, &bob, &eve, &olga };

	assert_int_equal(writer_begin(f.node.store, 1000, &w), FZ_OK);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(session_end_user(w, all[i]->id, 0, &n), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
}

static void
test_list(void **state)
{
	struct session sso = make(&eve, SESSION_SSO, 0);
	struct session app = make(&eve, SESSION_APP, sso.id);
	int64_t before = clock_wall_ms() / 1000;

	(void)state;
	(void)make(&bob, SESSION_ADMIN, 0);
	as(&eve, ROLE_USER, sso.id);
	assert_int_equal(call("GET", "/api/sessions"), 200);
	assert_int_equal(total(), 2);
	assert_http("data.0.id", app.uid);
	assert_http("data.0.kind", "app");
	assert_http("data.0.user.id", eve.uid);
	assert_http("data.0.user.email", "eve@example.com");
	assert_http("data.0.user.password", "(absent)");
	assert_http("data.0.app", "null");
	assert_http("data.0.host", "blog.example.com");
	assert_http("data.0.ip", "192.0.2.7");
	assert_http("data.0.user_agent", "curl");
	assert_http("data.0.current", "false");
	assert_http("data.1.current", "true");
	assert_true(json_integer_value(http_at("data.0.created_at")) - before < 3);
	assert_int_equal(json_integer_value(http_at("data.0.created_at")),
	    json_integer_value(http_at("data.0.last_seen_at")));
	assert_int_equal(json_integer_value(http_at("data.0.expires_at")),
	    app.expires / 1000);
	assert_http("data.0.hash", "(absent)");
	assert_int_equal(call("GET", "/api/sessions?limit=1&offset=1"), 200);
	assert_http("data.0.id", sso.uid);
	assert_http("meta.has_more", "false");
	assert_refused(call("GET", "/api/sessions?limit=0"), 400, "VALIDATION_FAILED");
	clean();
}

static void
test_who_sees_whose(void **state)
{
	const char *of_eve = arena_printf(ar, "/api/sessions?user=%s", eve.uid);
	const char *of_ann = arena_printf(ar, "/api/sessions?user=%s", ann.uid);

	(void)state;
	(void)make(&ann, SESSION_ADMIN, 0);
	(void)make(&bob, SESSION_ADMIN, 0);
	(void)make(&eve, SESSION_SSO, 0);
	as(&eve, ROLE_USER, 1);
	assert_int_equal(call("GET", of_eve), 200);
	assert_int_equal(total(), 1);
	assert_refused(call("GET", of_ann), 404, "USER_NOT_FOUND");
	/* An admin by an sso session is a user. */
	as(&bob, ROLE_USER, 1);
	assert_int_equal(call("GET", "/api/sessions"), 200);
	assert_int_equal(total(), 1);
	assert_refused(call("GET", of_ann), 404, "USER_NOT_FOUND");
	as(&bob, ROLE_ADMIN, 1);
	assert_int_equal(call("GET", "/api/sessions"), 200);
	assert_int_equal(total(), 3);
	assert_int_equal(call("GET", of_ann), 200);
	assert_int_equal(total(), 1);
	assert_refused(call("GET", "/api/sessions?user=x"), 404, "USER_NOT_FOUND");
	assert_refused(call("GET", "/api/sessions?user="), 404, "USER_NOT_FOUND");
	as(NULL, ROLE_ANON, 0);
	http_key("users.read");
	assert_int_equal(call("GET", "/api/sessions"), 200);
	assert_int_equal(total(), 3);
	clean();
}

static void
test_ending_one(void **state)
{
	struct session anns = make(&ann, SESSION_ADMIN, 0), bobs = make(&bob, SESSION_SSO, 0);
	struct session eves = make(&eve, SESSION_SSO, 0);
	struct session app = make(&eve, SESSION_APP, eves.id), other;

	(void)state;
	as(&eve, ROLE_USER, eves.id);
	assert_refused(end(&anns), 404, "SESSION_NOT_FOUND");
	assert_refused(end(&bobs), 404, "SESSION_NOT_FOUND");
	assert_refused(call("DELETE", "/api/sessions/fazt_ses_000000000000"), 404,
	    "SESSION_NOT_FOUND");
	assert_int_equal(end(&app), 200);
	assert_http("data.revoked", "1");
	assert_refused(end(&app), 404, "SESSION_NOT_FOUND");
	as(&bob, ROLE_ADMIN, bobs.id);
	assert_refused(end(&anns), 403, "FORBIDDEN");
	(void)make(&eve, SESSION_APP, eves.id);
	assert_int_equal(end(&eves), 200);
	assert_http("data.revoked", "2");
	as(NULL, ROLE_ANON, 0);
	http_key("users");
	assert_refused(end(&anns), 403, "FORBIDDEN");
	assert_int_equal(end(&bobs), 200);
	http_key("admin");
	other = make(&olga, SESSION_ADMIN, 0);
	assert_int_equal(end(&other), 200);
	/* Owners among themselves, and oneself in whatever role. */
	other = make(&olga, SESSION_ADMIN, 0);
	as(&ann, ROLE_OWNER, anns.id);
	assert_int_equal(end(&other), 200);
	as(&ann, ROLE_USER, 0);
	assert_int_equal(end(&anns), 200);
	clean();
}

static void
test_ending_many(void **state)
{
	struct session sso = make(&eve, SESSION_SSO, 0);

	(void)state;
	(void)make(&eve, SESSION_APP, sso.id);
	(void)make(&eve, SESSION_SSO, 0);
	(void)make(&ann, SESSION_ADMIN, 0);
	as(&eve, ROLE_USER, sso.id);
	assert_refused(call("DELETE", "/api/sessions"), 400, "MISSING_FIELD");
	assert_refused(call("DELETE", "/api/sessions?others=false"), 400, "MISSING_FIELD");
	assert_refused(call("DELETE", arena_printf(ar, "/api/sessions?others=true&user=%s",
	    eve.uid)), 400, "VALIDATION_FAILED");
	assert_refused(end_all(&ann), 404, "USER_NOT_FOUND");
	assert_int_equal(call("DELETE", "/api/sessions?others=true"), 200);
	assert_http("data.revoked", "1");
	assert_int_equal(end_all(&eve), 200);
	assert_http("data.revoked", "2");
	as(&bob, ROLE_ADMIN, 0);
	assert_refused(end_all(&ann), 403, "FORBIDDEN");
	assert_refused(call("DELETE", "/api/sessions?others=true"), 400, "VALIDATION_FAILED");
	as(NULL, ROLE_ANON, 0);
	http_key("users");
	assert_refused(end_all(&ann), 403, "FORBIDDEN");
	assert_refused(call("DELETE", "/api/sessions?others=true"), 400, "VALIDATION_FAILED");
	assert_int_equal(end_all(&eve), 200);
	assert_http("data.revoked", "0");
	as(&olga, ROLE_OWNER, 0);
	assert_int_equal(end_all(&ann), 200);
	assert_http("data.revoked", "1");
	clean();
}

static int
setup(void **state)
{
	(void)state;
	fixture_open(&f);
	ar = arena_new();
	ann = make_user("ann", "owner");
	bob = make_user("bob", "admin");
	eve = make_user("eve", "user");
	olga = make_user("olga", "owner");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	http_forget();
	arena_free(ar);
	fixture_close(&f);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_who_sees_whose),
		cmocka_unit_test(test_ending_one),
		cmocka_unit_test(test_ending_many),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
