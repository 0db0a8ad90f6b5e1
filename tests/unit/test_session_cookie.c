/*
 * The platform's cookies: which value counts, what is written, which cookie says who calls
 * on which host, and the rule against requests that another site forged.
 */
#include "tests/unit/signin_fixture.h"

#include "base/digest.h"
#include "base/str.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define A43 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B43 "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA"

static const char *
get(const char *header, enum session_cookie which)
{
	visit(NULL, "blog.example.com", "/");
	if (header != NULL)
		add_header("cookie", header);
	return session_cookie_get(&rq, which);
}

static void
test_reading(void **state)
{
	static const struct {
		const char	*header;
		const char	*value;
	} t[] = {
		{ NULL, NULL },
		{ "", NULL },
		{ "__Host-fazt=" A43, A43 },
		{ "a=1; __Host-fazt=" A43 "; b=2", A43 },
		{ "a=1, __Host-fazt=" A43, NULL },	/* may stem from another's value */
		{ "__Host-fazt=" A43 ", a=1", A43 },
		{ "__Host-fazt=" A43 "; __Host-fazt=" B43, NULL },
		{ "__Host-fazt=" A43 "; __Host-fazt=" A43, NULL },
		{ "__Host-fazt=" A43 ", __Host-fazt=" B43, NULL },
		{ "__Host-fazt=x; __Host-fazt=" A43, NULL },
		{ "__Host-fazt=; __Host-fazt=" A43, NULL },
		{ "__host-fazt=" A43, NULL },
		{ "__HOST-FAZT=" A43, NULL },
		{ "__Host-Fazt=" A43, NULL },
		{ "fazt=" A43, NULL },
		{ "__Secure-fazt=" A43, NULL },
		{ "__Host-fazt2=" A43, NULL },
		{ "__Host-fazt_admin=" A43, NULL },
		{ "\xe2\x80\x80__Host-fazt=" A43, NULL },
		{ "\xc2\xa0__Host-fazt=" A43, NULL },
		{ "$Version=1; __Host-fazt=\"" A43 "\"", NULL },
		{ "\"__Host-fazt\"=" A43, NULL },
		{ "__Host-fazt =" A43, NULL },
		{ "__Host-fazt=" A43 "A", NULL },
		{ "__Host-fazt=AAAA", NULL },
		{ "__Host-fazt=", NULL },
		{ "__Host-fazt=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL },
		{ "__Host-fazt=+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL },
		{ "__Host-fazt=/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", NULL },
		{ "__Host-fazt=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ", NULL },
		{ "__Host-fazt=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", NULL },	/* bits left */
		{ "__Host-fazt=-_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		    "-_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		const char *v = get(t[i].header, COOKIE_APP);

		if (t[i].value == NULL ? v != NULL : v == NULL || strcmp(v, t[i].value) != 0)
			fail_msg("case %zu: %s", i, v != NULL ? v : "(none)");
	}
	assert_string_equal(get("__Host-fazt_admin=" A43, COOKIE_ADMIN), A43);
	assert_string_equal(get("__Host-fazt_sso=" A43, COOKIE_SSO), A43);
	assert_string_equal(get("__Host-fazt_pre=" A43, COOKIE_PRE), A43);
}

static void
test_development_names(void **state)
{
	static const struct {
		bool	 dev, secure, plain;
	} t[] = {
		{ false, true, false }, { false, false, false }, { true, true, false },
		{ true, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		visit(NULL, "blog.example.com", "/");
		node.dev = t[i].dev;
		rq.secure = t[i].secure;
		add_header("cookie", "fazt=" A43 "; __Host-fazt=" B43);
		assert_string_equal(session_cookie_get(&rq, COOKIE_APP),
		    t[i].plain ? A43 : B43);
		session_cookie_set(&rq, &rs, COOKIE_APP, A43, 9);
		assert_string_equal(response_get(&rs, "Set-Cookie"), t[i].plain ?
		    "fazt=" A43 "; Path=/; Max-Age=9; HttpOnly; SameSite=Lax" :
		    "__Host-fazt=" A43 "; Path=/; Max-Age=9; Secure; HttpOnly; SameSite=Lax");
	}
	node.dev = false;
}

static void
test_writing(void **state)
{
	static const struct {
		enum session_cookie which;
		const char	*value;
		const char	*want;
	} t[] = {
		{ COOKIE_ADMIN, A43, "__Host-fazt_admin=" A43
		    "; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Strict" },
		{ COOKIE_SSO, A43, "__Host-fazt_sso=" A43
		    "; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax" },
		{ COOKIE_APP, A43, "__Host-fazt=" A43
		    "; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax" },
		{ COOKIE_PRE, A43, "__Host-fazt_pre=" A43
		    "; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax" },
		{ COOKIE_ADMIN, NULL, "__Host-fazt_admin="
		    "; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		visit(NULL, "blog.example.com", "/");
		session_cookie_set(&rq, &rs, t[i].which, t[i].value, 600);
		assert_string_equal(response_get(&rs, "Set-Cookie"), t[i].want);
	}
	session_cookie_set(&rq, &rs, COOKIE_SSO, A43, 5);
	assert_int_equal(rs.nheaders, 2);
	assert_false(rs.broken);
}

static void
test_tokens(void **state)
{
	char a[SESSION_TOKEN_LEN + 1], b[SESSION_TOKEN_LEN + 1];
	uint8_t ha[SHA256_LEN], hb[SHA256_LEN], again[SHA256_LEN];

	(void)state;
	session_cookie_token(a, ha);
	session_cookie_token(b, hb);
	assert_int_equal(strlen(a), 43);
	assert_string_not_equal(a, b);
	sha256_of(a, 43, again);
	assert_memory_equal(ha, again, SHA256_LEN);
	assert_string_equal(get(arena_printf(ar, "__Host-fazt=%s", a), COOKIE_APP), a);
}

static void
test_pre(void **state)
{
	struct jar one = { 0 }, two = { 0 };
	const char *hash, *value, *wrong;
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX];

	(void)state;
	visit(&one, "blog.example.com", "/");
	assert_false(session_cookie_pre_is(&rq, ""));
	hash = session_cookie_pre(&rq, &rs);
	keep_cookies();
	assert_int_equal(strlen(hash), 64);
	value = arena_strdup(ar, held(&one, "blog.example.com", "__Host-fazt_pre")->value);
	sha256_of(value, strlen(value), digest);
	str_hex(hex, digest, sizeof(digest));
	assert_string_equal(hash, hex);
	/* A second tab gets the same one, for another ten minutes. */
	visit(&one, "blog.example.com", "/");
	assert_string_equal(session_cookie_pre(&rq, &rs), hash);
	assert_non_null(strstr(response_get(&rs, "Set-Cookie"), "Max-Age=600;"));
	assert_non_null(strstr(response_get(&rs, "Set-Cookie"), value));
	assert_true(session_cookie_pre_is(&rq, hash));
	wrong = arena_printf(ar, "%.63s%c", hash, hash[63] == '0' ? '1' : '0');
	assert_false(session_cookie_pre_is(&rq, wrong));
	assert_false(session_cookie_pre_is(&rq, ""));
	assert_false(session_cookie_pre_is(&rq, arena_printf(ar, "%.63s", hash)));
	assert_false(session_cookie_pre_is(&rq, arena_printf(ar, "%s0", hash)));
	visit(&one, "shop.example.com", "/");
	assert_false(session_cookie_pre_is(&rq, hash));
	visit(&two, "blog.example.com", "/");
	assert_string_not_equal(session_cookie_pre(&rq, &rs), hash);
	visit(&two, "blog.example.com", "/");
	assert_false(session_cookie_pre_is(&rq, hash));
}

/* 0 = nobody */
static int64_t
caller_at(struct jar *jar, const char *host, const char *path, struct site *site)
{
	struct session s;

	visit(jar, host, path);
	rq.site = site;
	OK(session_cookie_identify(&rq, &s));
	assert_int_equal(s.id, rq.caller.session);
	assert_int_equal(rq.caller.role == ROLE_ANON, s.id == 0);
	assert_int_equal(rq.caller.user_uid == NULL, s.id == 0);
	return s.id;
}

static void
test_which_cookie_counts(void **state)
{
	struct site *site = (struct site *)(void *)&node;	/* never looked into */
	struct user ann = make_user("ann", "owner");
	struct jar jar = { 0 };
	int64_t admin = make_session(&jar, &ann, SESSION_ADMIN, "admin.example.com", 0).id;
	int64_t sso = make_session(&jar, &ann, SESSION_SSO, "login.example.com", 0).id;
	int64_t app = make_session(&jar, &ann, SESSION_APP, "blog.example.com", 0).id;

	(void)state;
	assert_int_equal(caller_at(&jar, "admin.example.com", "/api/apps", NULL), admin);
	assert_int_equal(rq.caller.role, ROLE_OWNER);
	assert_int_equal(caller_at(&jar, "admin.example.com", "/auth/session", NULL), admin);
	assert_int_equal(caller_at(&jar, "login.example.com", "/auth/session", NULL), sso);
	assert_int_equal(caller_at(&jar, "login.example.com", "/api/sessions", NULL), sso);
	/* It says who somebody is, not what they may. */
	assert_int_equal(rq.caller.role, ROLE_USER);
	assert_int_equal(caller_at(&jar, "blog.example.com", "/api/x", site), app);
	assert_int_equal(rq.caller.role, ROLE_OWNER);
	assert_int_equal(caller_at(&jar, "blog.example.com", "/auth/session", site), app);
	assert_int_equal(caller_at(&jar, "shop.example.com", "/", site), 0);
	/* A token of one host is worth nothing on another, nor under another name. */
	for (size_t i = 0; i < jar.n; i++)
		snprintf(jar.v[i].host, sizeof(jar.v[i].host), "shop.example.com");
	assert_int_equal(caller_at(&jar, "shop.example.com", "/", site), 0);
	for (size_t i = 0; i < jar.n; i++) {
		snprintf(jar.v[i].host, sizeof(jar.v[i].host), "admin.example.com");
		snprintf(jar.v[i].name, sizeof(jar.v[i].name), "__Host-fazt_admin");
	}
	assert_int_equal(caller_at(&jar, "admin.example.com", "/", NULL), 0);
	jar.v[0] = jar.v[1];
	jar.n = 1;
	assert_int_equal(caller_at(&jar, "admin.example.com", "/", NULL), 0);
	forget_all();
}

static void
test_admin_that_is_auth(void **state)
{
	struct user ann = make_user("ann", "owner");
	struct jar jar = { 0 }, both = { 0 };
	int64_t sso = make_session(&jar, &ann, SESSION_SSO, "admin.example.com", 0).id, admin;
	struct session s;

	(void)state;
	node.auth_host = node.admin_host;
	assert_int_equal(caller_at(&jar, "admin.example.com", "/auth/session", NULL), sso);
	assert_int_equal(rq.caller.role, ROLE_USER);
	assert_int_equal(caller_at(&jar, "admin.example.com", "/device", NULL), sso);
	assert_int_equal(rq.caller.role, ROLE_USER);
	assert_int_equal(caller_at(&jar, "admin.example.com", "/api/me", NULL), 0);
	assert_int_equal(caller_at(&jar, "admin.example.com", "/", NULL), 0);
	assert_int_equal(caller_at(&jar, "admin.example.com", "/authx", NULL), 0);
	assert_int_equal(caller_at(&jar, "admin.example.com", "/devices", NULL), 0);
	assert_int_equal(caller_at(&jar, "admin.example.com", "/api/password", NULL), sso);
	assert_int_equal(caller_at(&jar, "admin.example.com", "/api/sessions/x", NULL), sso);
	assert_int_equal(rq.caller.role, ROLE_USER);
	assert_int_equal(caller_at(&jar, "admin.example.com", "/api/passwords", NULL), 0);
	both = jar;
	admin = make_session(&both, &ann, SESSION_ADMIN, "admin.example.com", 0).id;
	assert_int_equal(caller_at(&both, "admin.example.com", "/auth/session", NULL), admin);
	assert_int_equal(caller_at(&both, "admin.example.com", "/api/me", NULL), admin);
	OK(session_cookie_sso(&rq, &s));
	assert_int_equal(s.id, sso);
	node.auth_host = "login.example.com";
	visit(&jar, "admin.example.com", "/auth/session");
	OK(session_cookie_sso(&rq, &s));
	assert_int_equal(s.id, 0);
	forget_all();
}

static void
test_domain_that_is_auth(void **state)
{
	struct site *site = (struct site *)(void *)&node;
	struct user ann = make_user("ann", "user");
	struct jar jar = { 0 };
	int64_t sso = make_session(&jar, &ann, SESSION_SSO, "example.com", 0).id, app;

	(void)state;
	node.auth_host = node.domain;
	assert_int_equal(caller_at(&jar, "example.com", "/auth/session", NULL), sso);
	assert_int_equal(caller_at(&jar, "example.com", "/api/x", site), 0);
	app = make_session(&jar, &ann, SESSION_APP, "example.com", sso).id;
	assert_int_equal(caller_at(&jar, "example.com", "/api/x", site), app);
	assert_int_equal(caller_at(&jar, "example.com", "/auth/session", NULL), sso);
	assert_int_equal(caller_at(&jar, "example.com", "/auth/session", site), sso);
	node.auth_host = "login.example.com";
	forget_all();
}

static void
test_caller_is_whole(void **state)
{
	struct user ann = make_user("ann", "admin");
	struct jar jar = { 0 };
	struct session s = make_session(&jar, &ann, SESSION_ADMIN, "admin.example.com", 0);

	(void)state;
	run_sql("UPDATE user SET picture='https://x/p.png', provider='github', name=''");
	run_sql("UPDATE session SET fresh=4711");
	assert_int_equal(caller_at(&jar, "admin.example.com", "/", NULL), s.id);
	assert_int_equal(rq.caller.role, ROLE_ADMIN);
	assert_string_equal(rq.caller.user_uid, ann.uid);
	assert_int_equal(rq.caller.user, ann.id);
	assert_string_equal(rq.caller.email, "ann@example.com");
	assert_string_equal(rq.caller.picture, "https://x/p.png");
	assert_string_equal(rq.caller.provider, "github");
	assert_string_equal(rq.caller.name, "ann");
	assert_int_equal(rq.caller.fresh, 4711);
	assert_null(rq.caller.key_id);
	/* Whoever is no admin any more has no admin session. */
	run_sql("UPDATE user SET role='user'");
	assert_int_equal(caller_at(&jar, "admin.example.com", "/", NULL), 0);
	run_sql("UPDATE user SET role='admin'");
	/* A key goes before. */
	visit(&jar, "admin.example.com", "/");
	rq.caller.key_id = "fazt_key_000000000000";
	OK(session_cookie_identify(&rq, &s));
	assert_int_equal(s.id, 0);
	assert_int_equal(rq.caller.user, 0);
	forget_all();
}

static void
test_over(void **state)
{
	struct user ann = make_user("ann", "owner");
	struct jar jar = { 0 };

	(void)state;
	(void)make_session(&jar, &ann, SESSION_ADMIN, "admin.example.com", 0);
	assert_true(caller_at(&jar, "admin.example.com", "/", NULL) != 0);
	assert_false(session_cookie_over(&rq));
	run_sql("UPDATE session SET expires=1");
	assert_int_equal(caller_at(&jar, "admin.example.com", "/", NULL), 0);
	assert_true(session_cookie_over(&rq));
	visit(&jar, "blog.example.com", "/");
	assert_false(session_cookie_over(&rq));
	run_sql("DELETE FROM session");
	assert_int_equal(caller_at(&jar, "admin.example.com", "/", NULL), 0);
	assert_false(session_cookie_over(&rq));
	forget_all();
}

static void
test_use_is_noted(void **state)
{
	struct user ann = make_user("ann", "owner");
	struct jar jar = { 0 };

	(void)state;
	(void)make_session(&jar, &ann, SESSION_APP, "blog.example.com", 0);
	run_sql("UPDATE session SET seen=seen-3600000");
	assert_true(caller_at(&jar, "blog.example.com", "/", NULL) != 0);
	assert_true(clock_wall_ms() - number("SELECT seen FROM session") < 60000);
	forget_all();
}

static void
test_csrf(void **state)
{
	static const struct route plain = { .flags = 0 }, sign_in = { .flags = ROUTE_SIGN_IN };
	static const struct route any = { .flags = ROUTE_ANY_SITE };
	static const struct {
		const char	*site, *origin;
		enum fz_err	 want;		/* of a plain row */
	} t[] = {
		{ "same-origin", NULL, FZ_OK },
		{ "same-origin", "https://admin.example.com", FZ_OK },
		{ "same-origin", "null", FZ_OK },	/* forms of pages without referrer */
		{ "same-site", NULL, FZ_CSRF_REJECTED },
		{ "same-site", "https://admin.example.com", FZ_CSRF_REJECTED },
		{ "cross-site", NULL, FZ_CSRF_REJECTED },
		{ "cross-site", "https://admin.example.com", FZ_CSRF_REJECTED },
		{ "none", NULL, FZ_CSRF_REJECTED },
		{ "", NULL, FZ_CSRF_REJECTED },
		{ "Same-Origin", NULL, FZ_CSRF_REJECTED },
		{ "same-origin, same-origin", NULL, FZ_CSRF_REJECTED },
		{ "same-origin ", NULL, FZ_CSRF_REJECTED },
		{ NULL, "https://admin.example.com", FZ_OK },
		{ NULL, "https://admin.example.com:443", FZ_CSRF_REJECTED },
		{ NULL, "https://admin.example.com:8443", FZ_CSRF_REJECTED },
		{ NULL, "http://admin.example.com", FZ_CSRF_REJECTED },
		{ NULL, "https://admin.example.com/", FZ_CSRF_REJECTED },
		{ NULL, "https://admin.example.com.evil.com", FZ_CSRF_REJECTED },
		{ NULL, "https://blog.example.com", FZ_CSRF_REJECTED },
		{ NULL, "https://xadmin.example.com", FZ_CSRF_REJECTED },
		{ NULL, "https://ADMIN.example.com", FZ_CSRF_REJECTED },
		{ NULL, "admin.example.com", FZ_CSRF_REJECTED },
		{ NULL, "null", FZ_CSRF_REJECTED },
		{ NULL, "", FZ_CSRF_REJECTED },
	};
	static const enum method changing[] = { METHOD_POST, METHOD_PUT, METHOD_PATCH,
		METHOD_DELETE };
	static const enum method reading[] = { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		visit(NULL, "admin.example.com", "/api/apps");
		if (t[i].site != NULL)
			add_header("sec-fetch-site", t[i].site);
		if (t[i].origin != NULL)
			add_header("origin", t[i].origin);
		for (size_t m = 0; m < COUNT(changing); m++) {
			rq.method = changing[m];
			rq.route = &plain;
			if (session_cookie_csrf(&rq, &rs) != t[i].want)
				fail_msg("case %zu", i);
			rq.route = &sign_in;
			assert_int_equal(session_cookie_csrf(&rq, &rs), t[i].want);
			rq.route = NULL;
			assert_int_equal(session_cookie_csrf(&rq, &rs), t[i].want);
			rq.route = &any;
			OK(session_cookie_csrf(&rq, &rs));
		}
		rq.route = &plain;
		for (size_t m = 0; m < COUNT(reading); m++) {
			rq.method = reading[m];
			OK(session_cookie_csrf(&rq, &rs));
		}
		rq.method = METHOD_POST;
		rq.caller.key_id = "fazt_key_000000000000";
		OK(session_cookie_csrf(&rq, &rs));
	}
	/* Neither header: a program, and only to sign in. */
	visit(NULL, "admin.example.com", "/api/login");
	rq.method = METHOD_POST;
	rq.route = &plain;
	assert_int_equal(session_cookie_csrf(&rq, &rs), FZ_CSRF_REJECTED);
	rq.route = &sign_in;
	OK(session_cookie_csrf(&rq, &rs));
	rq.route = NULL;
	assert_int_equal(session_cookie_csrf(&rq, &rs), FZ_CSRF_REJECTED);
	/* A node on a port of its own. */
	node.port_suffix = ":8443";
	visit(NULL, "blog.example.com", "/auth/logout");
	rq.method = METHOD_POST;
	rq.route = &plain;
	add_header("origin", "https://blog.example.com:8443");
	OK(session_cookie_csrf(&rq, &rs));
	headers[0].value = "https://blog.example.com";
	assert_int_equal(session_cookie_csrf(&rq, &rs), FZ_CSRF_REJECTED);
	node.port_suffix = "";
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_development_names),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_pre),
		cmocka_unit_test(test_which_cookie_counts),
		cmocka_unit_test(test_admin_that_is_auth),
		cmocka_unit_test(test_domain_that_is_auth),
		cmocka_unit_test(test_caller_is_whole),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_use_is_noted),
		cmocka_unit_test(test_csrf),
	};

	return cmocka_run_group_tests(tests, signin_setup, store_teardown);
}
