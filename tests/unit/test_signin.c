/*
 * Sign-in from its redirect to its end: what is a safe target, which sessions are made and
 * which end, and the hand-off between hosts with every way to misuse it.
 */
#include "tests/unit/signin_fixture.h"

#include "auth/signin.h"
#include "store/alias.h"
#include "store/app.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HOUR 3600000LL
#define DAY (24 * HOUR)
#define ADMIN "admin.example.com"
#define AUTH "login.example.com"
#define BLOG "blog.example.com"
#define SHOP "shop.example.com"

static struct app blog;

/* --- targets --- */

static void
test_paths(void **state)
{
	static const struct {
		const char	*in;
		const char	*out;	/* NULL = as it came */
	} t[] = {
		{ NULL, "/" },
		{ "", "/" },
		{ "/", NULL },
		{ "/x", NULL },
		{ "/x/y?z=1&q=/a//b#frag", NULL },
		{ "/#/route", NULL },
		{ "/?next=//evil", NULL },
		{ "/%09/evil", NULL },
		{ "/%2f/evil", NULL },
		{ "/%5cevil", NULL },
		{ "/.//evil", NULL },
		{ "/x\\y", NULL },
		{ "/x//evil", NULL },
		{ "/\xc3\xa9", NULL },
		{ "/@evil.com", NULL },
		{ "/:80", NULL },
		{ "//evil", "/" },
		{ "///evil", "/" },
		{ "/\\evil", "/" },
		{ "\\/evil", "/" },
		{ "\\\\evil", "/" },
		{ "/\t/evil", "/" },
		{ "/\n/evil", "/" },
		{ "/x\r\nSet-Cookie: a=b", "/" },
		{ "/x\x7f", "/" },
		{ "/\x01", "/" },
		{ "/\xff", "/" },
		{ " /x", "/" },
		{ "\t/x", "/" },
		{ "x", "/" },
		{ "./x", "/" },
		{ "?x", "/" },
		{ "#x", "/" },
		{ "https:evil", "/" },
		{ "https:/evil", "/" },
		{ "https://blog.example.com/x", "/" },
		{ "javascript:alert(1)", "/" },
		{ "data:text/html,x", "/" },
	};
	char *big = arena_alloc(ar, 1026);

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		const char *want = t[i].out != NULL ? t[i].out : t[i].in;

		if (strcmp(signin_path(ar, t[i].in), want) != 0)
			fail_msg("%s", t[i].in);
	}
	memset(big, 'x', 1024);
	big[0] = '/';
	assert_string_equal(signin_path(ar, big), big);
	big[1024] = 'x';
	assert_string_equal(signin_path(ar, big), "/");
}

static bool
serves(const struct node *n, const char *host)
{
	static const char *const hosts[] = { ADMIN, AUTH, BLOG, SHOP, "example.com",
		"d3--blog.example.com", "shop.example.org" };

	(void)n;
	for (size_t i = 0; i < COUNT(hosts); i++)
		if (strcmp(host, hosts[i]) == 0)
			return true;
	return false;
}

static void
check_target(const char *query, const char *host, const char *path, const char *pre)
{
	struct signin_target t = { NULL, NULL, NULL };

	visit(NULL, AUTH, "/auth/login");
	rq.query = query;
	OK(signin_target(&rq, NULL, &t));
	if (strcmp(t.host, host) != 0 || strcmp(t.path, path) != 0 ||
	    strcmp(t.pre, pre) != 0)
		fail_msg("%s -> %s %s %s", query, t.host, t.path, t.pre);
}

static void
test_targets(void **state)
{
	static const struct {
		const char	*query, *host, *path;
	} t[] = {
		{ "", AUTH, "/" },
		{ "redirect=/x%3Fy%23z", AUTH, "/x?y#z" },
		{ "redirect=/x&app=blog", BLOG, "/x" },
		{ "app=blog", BLOG, "/" },
		{ "redirect=&app=blog", BLOG, "/" },
		{ "redirect=//evil&app=blog", BLOG, "/" },
		{ "redirect=/x&app=blog.example.com", BLOG, "/x" },
		{ "redirect=/x&app=BLOG.Example.com.", BLOG, "/x" },
		{ "redirect=/x&app=d3--blog.example.com", "d3--blog.example.com", "/x" },
		{ "redirect=/x&app=shop.example.org", "shop.example.org", "/x" },
		{ "redirect=/x&app=example.com", "example.com", "/x" },
		{ "redirect=/x&app=root", "example.com", "/x" },
		{ "redirect=/x&app=admin.example.com", ADMIN, "/x" },
		{ "redirect=/x&app=evil.com", AUTH, "/x" },
		{ "redirect=/x&app=blog.example.com@evil.com", AUTH, "/x" },
		{ "redirect=/x&app=nobody", AUTH, "/x" },
		{ "redirect=/x&app=Blog", AUTH, "/x" },		/* no titles */
		{ "redirect=/x&app=hidden", AUTH, "/x" },	/* an alias that is not served */
		{ "redirect=/x&app=", AUTH, "/x" },
		{ "redirect=https://blog.example.com/x%3Fy%23z", BLOG, "/x?y#z" },
		{ "redirect=HTTPS://BLOG.example.com/x", BLOG, "/x" },
		{ "redirect=https://blog.example.com", BLOG, "/" },
		{ "redirect=https://blog.example.com%3Fq%3D1", BLOG, "/?q=1" },
		{ "redirect=https://blog.example.com%23f", BLOG, "/#f" },
		{ "redirect=https://shop.example.org/x&app=blog", "shop.example.org", "/x" },
		{ "redirect=https://blog.example.com//evil", BLOG, "/" },
		{ "redirect=https://blog.example.com/%5Cevil", BLOG, "/" },
		{ "redirect=https://evil.com/x&app=blog", AUTH, "/" },
		{ "redirect=https://blog.example.com.evil.com/", AUTH, "/" },
		{ "redirect=https://blog.example.com@evil.com/", AUTH, "/" },
		{ "redirect=https://u:p@blog.example.com/x", AUTH, "/" },
		{ "redirect=https://@blog.example.com/x", AUTH, "/" },
		{ "redirect=https://evil.com%5C@blog.example.com/x", AUTH, "/" },
		{ "redirect=https://blog.example.com%5C.evil.com/x", AUTH, "/" },
		{ "redirect=https://blog.example.com:443/x", AUTH, "/" },
		{ "redirect=https://blog.example.com:/x", AUTH, "/" },
		{ "redirect=https:///x", AUTH, "/" },
		{ "redirect=https://", AUTH, "/" },
		{ "redirect=http://blog.example.com/x", AUTH, "/" },
		{ "redirect=ftp://blog.example.com/x", AUTH, "/" },
		{ "redirect=https:blog.example.com/x", AUTH, "/" },
		{ "redirect=https:/blog.example.com/x", AUTH, "/" },
		{ "redirect=javascript:alert(1)", AUTH, "/" },
		{ "redirect=%20https://blog.example.com/x", AUTH, "/" },
		{ "redirect=https://blog.ex%09ample.com/x", AUTH, "/" },
		{ "redirect=https://[::1]/x", AUTH, "/" },
		{ "redirect=%zz", AUTH, "/" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		check_target(t[i].query, t[i].host, t[i].path, "");
	check_target(arena_printf(ar, "redirect=/x&app=%s", blog.uid), BLOG, "/x", "");
	check_target("redirect=/x&pre=" HASH, AUTH, "/x", HASH);
	check_target("redirect=/x&pre=" HASH "0", AUTH, "/x", "");
	check_target("redirect=/x&pre=x", AUTH, "/x", "");
	node.port_suffix = ":8443";
	check_target("redirect=https://blog.example.com:8443/x", BLOG, "/x", "");
	check_target("redirect=https://blog.example.com/x", BLOG, "/x", "");
	check_target("redirect=https://blog.example.com:8444/x", AUTH, "/", "");
	node.port_suffix = "";
	node.scheme = "http";
	check_target("redirect=http://blog.example.com/x", BLOG, "/x", "");
	node.scheme = "https";
}

static void
test_target_of_a_body(void **state)
{
	json_t *body = json_pack("{s:s,s:s,s:s}", "redirect", "/x", "app", "blog", "pre", HASH);
	struct signin_target t;

	(void)state;
	visit(NULL, AUTH, "/auth/login");
	rq.query = "redirect=/other&app=shop.example.com";
	OK(signin_target(&rq, body, &t));
	assert_string_equal(t.host, BLOG);
	assert_string_equal(t.path, "/x");
	assert_string_equal(t.pre, HASH);
	json_decref(body);
	body = json_pack("{s:i,s:[],s:b}", "redirect", 7, "app", "pre", 1);
	OK(signin_target(&rq, body, &t));
	assert_string_equal(t.host, AUTH);
	assert_string_equal(t.path, "/");
	json_decref(body);
}

/* An app in the trash, or without a name, is nowhere. */
static void
test_app_without_a_host(void **state)
{
	struct app gone = make_app("Gone");
	struct writer *w;

	(void)state;
	check_target(arena_printf(ar, "redirect=/x&app=%s", gone.uid), AUTH, "/x", "");
	w = begin();
	OK(app_trash(w, gone.id));
	commit(w);
	check_target(arena_printf(ar, "redirect=/x&app=%s", gone.uid), AUTH, "/x", "");
}

static void
test_target_json(void **state)
{
	static const char *const bad[] = {
		"", "{}", "[]", "null", "{\"host\":\"a\",\"path\":\"/\"}",
		"{\"host\":\"a\",\"path\":\"//evil\",\"pre\":\"\"}",
		"{\"host\":\"a\",\"path\":\"x\",\"pre\":\"\"}",
		"{\"host\":\"a@b\",\"path\":\"/\",\"pre\":\"\"}",
		"{\"host\":\"A\",\"path\":\"/\",\"pre\":\"\"}",
		"{\"host\":\"\",\"path\":\"/\",\"pre\":\"\"}",
		"{\"host\":\"a\",\"path\":\"/\",\"pre\":\"x\"}",
		"{\"host\":\"a\",\"path\":\"/\",\"pre\":7}",
		"{\"host\":\"a\",\"path\":\"/\",\"pre\":\"\",\"more\":1}",
		"{\"host\":\"a\",\"host\":\"b\",\"path\":\"/\",\"pre\":\"\"}",
		"{\"host\":\"a\",\"path\":\"/\",\"pre\":\"\"} x",
	};
	struct signin_target t = { BLOG, "/x?y=\"\\\xc3\xa9#z", HASH }, got = { "1", "2", "3" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (signin_target_parse(ar, bad[i], &got) != FZ_CORRUPT)
			fail_msg("%s", bad[i]);
	assert_string_equal(got.host, "1");
	OK(signin_target_parse(ar, signin_target_json(ar, &t), &got));
	assert_string_equal(got.host, t.host);
	assert_string_equal(got.path, t.path);
	assert_string_equal(got.pre, t.pre);
}

static void
test_urls(void **state)
{
	struct signin_target t = { BLOG, "/x?y=1&z=2#f g", "" };

	(void)state;
	assert_string_equal(signin_url(ar, &t, NULL), "/auth/login?app=blog.example.com"
	    "&redirect=%2Fx%3Fy%3D1%26z%3D2%23f%20g");
	t.pre = HASH;
	t.path = "/";
	assert_string_equal(signin_url(ar, &t, "git/hub"),
	    "/auth/login/git%2Fhub?app=blog.example.com&redirect=%2F&pre=" HASH);
}

/* --- the end of a sign-in --- */

/* Proves `u` on that host in that browser; sso may be NULL. */
static enum fz_err
finish(struct jar *jar, const char *host, const struct user *u, const char *provider,
    bool remember, struct session *sso)
{
	enum fz_err err;

	visit(jar, host, "/auth/login");
	add_header("user-agent", "Mozilla/5.0 \xe9");
	OK(session_cookie_identify(&rq, NULL));
	err = signin_finish(&rq, &rs, u, provider, remember, sso);
	keep_cookies();
	return err;
}

/* The live session in that browser; id 0 = none. */
static struct session
session_at(struct jar *jar, const char *host, enum session_cookie which)
{
	struct session s;

	visit(jar, host, "/");
	OK(session_cookie_read(&rq, which, &s));
	return s;
}

static int64_t
sessions(void)
{
	return number("SELECT count(*) FROM session");
}

static void
test_finish_on_auth(void **state)
{
	struct user ann = make_user("ann", "user");
	struct jar jar = { 0 };
	struct session sso, s;

	(void)state;
	OK(finish(&jar, AUTH, &ann, "github", true, &sso));
	assert_int_equal(jar.n, 1);
	assert_true(rq.seq > 0);
	s = session_at(&jar, AUTH, COOKIE_SSO);
	assert_int_equal(s.id, sso.id);
	assert_string_equal(s.uid, sso.uid);
	assert_string_equal(s.kind, SESSION_SSO);
	assert_string_equal(s.host, AUTH);
	assert_int_equal(s.user.id, ann.id);
	assert_string_equal(s.user.provider, "github");
	assert_true(s.user.last_login > 0);
	assert_int_equal(s.idle, 7 * DAY);
	assert_int_equal(s.expires - s.created, 30 * DAY);
	assert_int_equal(s.fresh, 0);
	assert_int_equal(s.parent, 0);
	assert_string_equal(s.ip, "192.0.2.1");
	assert_string_equal(s.ua, "Mozilla/5.0 ?");
	assert_int_equal(sessions(), 1);
	forget_all();
}

static void
test_finish_on_admin_alone(void **state)
{
	struct user ann = make_user("ann", "owner"), bob = make_user("bob", "admin");
	struct user eve = make_user("eve", "user");
	struct jar jar = { 0 }, other = { 0 };
	struct session sso = { .id = 7 }, s;

	(void)state;
	assert_int_equal(finish(&jar, ADMIN, &eve, "", false, &sso), FZ_FORBIDDEN);
	assert_int_equal(sso.id, 7);
	assert_int_equal(jar.n, 0);
	assert_int_equal(sessions(), 0);
	assert_int_equal(number("SELECT count(*) FROM user WHERE last_login IS NOT NULL"), 0);
	OK(finish(&jar, ADMIN, &ann, "", false, &sso));
	assert_int_equal(sso.id, 0);
	assert_int_equal(jar.n, 1);
	s = session_at(&jar, ADMIN, COOKIE_ADMIN);
	assert_string_equal(s.kind, SESSION_ADMIN);
	assert_int_equal(s.idle, 12 * HOUR);
	assert_int_equal(s.expires - s.created, 7 * DAY);
	assert_int_equal(s.fresh - s.created, 600000);
	OK(finish(&other, ADMIN, &bob, "", true, NULL));
	s = session_at(&other, ADMIN, COOKIE_ADMIN);
	assert_int_equal(s.idle, 7 * DAY);
	assert_int_equal(s.expires - s.created, 7 * DAY);
	assert_int_equal(s.fresh, 0);			/* no owner */
	assert_int_equal(sessions(), 2);
	forget_all();
}

static void
test_finish_on_admin_that_is_auth(void **state)
{
	struct user ann = make_user("ann", "owner"), eve = make_user("eve", "user");
	struct jar jar = { 0 };
	struct session sso, admin;

	(void)state;
	node.auth_host = ADMIN;
	OK(finish(&jar, ADMIN, &ann, "google", true, &sso));
	assert_int_equal(jar.n, 2);
	admin = session_at(&jar, ADMIN, COOKIE_ADMIN);
	assert_int_equal(admin.parent, sso.id);
	assert_int_equal(admin.fresh, 0);		/* no password was proven */
	assert_int_equal(session_at(&jar, ADMIN, COOKIE_SSO).id, sso.id);
	/* Somebody else in the same browser: nothing of the owner stays. */
	OK(finish(&jar, ADMIN, &eve, "", true, &sso));
	assert_int_equal(jar.n, 1);
	assert_int_equal(sessions(), 1);
	assert_int_equal(session_at(&jar, ADMIN, COOKIE_SSO).user.id, eve.id);
	node.auth_host = AUTH;
	forget_all();
}

static void
test_finish_refuses(void **state)
{
	struct user ann = make_user("ann", "owner"), ghost = { .id = 4711, .role = "owner" };
	struct jar jar = { 0 };

	(void)state;
	assert_int_equal(finish(&jar, BLOG, &ann, "", false, NULL), FZ_FORBIDDEN);
	assert_int_equal(finish(&jar, AUTH, &ghost, "", false, NULL), FZ_FORBIDDEN);
	/* Disabled since it was read. */
	run_sql("UPDATE user SET disabled=1");
	assert_int_equal(finish(&jar, AUTH, &ann, "", false, NULL), FZ_FORBIDDEN);
	assert_int_equal(finish(&jar, ADMIN, &ann, "", false, NULL), FZ_FORBIDDEN);
	/* No admin any more since it was read. */
	run_sql("UPDATE user SET disabled=0, role='user'");
	assert_int_equal(finish(&jar, ADMIN, &ann, "", false, NULL), FZ_FORBIDDEN);
	assert_int_equal(jar.n, 0);
	assert_int_equal(sessions(), 0);
	forget_all();
}

static void
test_rotation(void **state)
{
	struct user ann = make_user("ann", "admin"), bob = make_user("bob", "user");
	struct jar jar = { 0 }, old;
	struct session first, second, app;

	(void)state;
	OK(finish(&jar, AUTH, &ann, "", false, &first));
	app = make_session(&jar, &ann, SESSION_APP, BLOG, first.id);
	OK(finish(&jar, ADMIN, &ann, "", false, NULL));
	old = jar;
	/* The same person again: a new token, and the apps do not notice. */
	OK(finish(&jar, AUTH, &ann, "", false, &second));
	assert_int_equal(session_at(&old, AUTH, COOKIE_SSO).id, 0);
	assert_int_equal(session_at(&jar, AUTH, COOKIE_SSO).id, second.id);
	assert_int_equal(session_at(&jar, BLOG, COOKIE_APP).id, app.id);
	assert_int_equal(session_at(&jar, BLOG, COOKIE_APP).parent, second.id);
	OK(finish(&jar, ADMIN, &ann, "", false, NULL));
	assert_int_equal(session_at(&old, ADMIN, COOKIE_ADMIN).id, 0);
	assert_true(session_at(&jar, ADMIN, COOKIE_ADMIN).id != 0);
	assert_int_equal(sessions(), 3);
	/* Somebody else: the apps of the one before end. */
	OK(finish(&jar, AUTH, &bob, "", false, &second));
	assert_int_equal(session_at(&jar, BLOG, COOKIE_APP).id, 0);
	assert_int_equal(sessions(), 2);
	forget_all();
}

static int64_t
audits(const char *literal)
{
	for (int i = 0; i < 100 && number(literal) < 1; i++)
		usleep(20000);
	return number(literal);
}

static void
test_audit(void **state)
{
	struct user ann = make_user("ann", "owner");
	struct jar jar = { 0 };

	(void)state;
	run_sql("DELETE FROM activity");
	OK(finish(&jar, AUTH, &ann, "", false, NULL));
	visit(&jar, AUTH, "/auth/logout");
	OK(signin_logout(&rq, &rs, false));
	keep_cookies();
	assert_int_equal(audits("SELECT count(*) FROM activity WHERE action='logout'"
	    " AND weight=8 AND resource_type='session' AND actor_type='user'"), 1);
	assert_int_equal(number("SELECT count(*) FROM activity a JOIN user u ON"
	    " u.uid=a.actor_id WHERE action='login' AND weight=8 AND result='success'"
	    " AND resource_type='session' AND resource_id LIKE 'fazt_ses_%'"
	    " AND actor_ip='192.0.2.1'"), 1);
	assert_int_equal(number("SELECT count(*) FROM activity"), 2);
	forget_all();
}

/* --- the hand-off --- */

/* "code" of an answer that leads to `host`/auth/complete. */
static const char *
code_of(const char *next, const char *host)
{
	const char *start = arena_printf(ar, "https://%s/auth/complete?code=", host);

	if (strncmp(next, start, strlen(start)) != 0)
		fail_msg("%s", next);
	return next + strlen(start);
}

/* The browser visits host/auth/login: the hash of its cookie there. */
static const char *
begin_at(struct jar *jar, const char *host)
{
	const char *pre;

	visit(jar, host, "/auth/login");
	pre = session_cookie_pre(&rq, &rs);
	keep_cookies();
	return pre;
}

static enum fz_err
next_from(struct jar *jar, const char *auth, struct signin_target *t, const char **next)
{
	struct session sso;
	enum fz_err err;

	visit(jar, auth, "/auth/login");
	OK(session_cookie_identify(&rq, NULL));
	OK(session_cookie_sso(&rq, &sso));
	err = signin_next(&rq, &sso, t, next);
	keep_cookies();
	return err;
}

static const char *
code_for(struct jar *jar, const char *host)
{
	struct signin_target t = { host, "/x?y#z", begin_at(jar, host) };
	const char *next;

	OK(next_from(jar, node.auth_host, &t, &next));
	return code_of(next, host);
}

static enum fz_err
complete(struct jar *jar, const char *host, const char *code, const char **path)
{
	enum fz_err err;

	visit(jar, host, "/auth/complete");
	rq.app = strcmp(host, BLOG) == 0 ? blog.id : 0;
	err = signin_complete(&rq, &rs, code, path);
	if (err != FZ_OK)
		assert_null(response_get(&rs, "Set-Cookie"));
	keep_cookies();
	return err;
}

static void
test_handoff_to_an_app(void **state)
{
	struct user ann = make_user("ann", "owner");
	struct jar jar = { 0 };
	struct session sso, app;
	const char *path, *code;

	(void)state;
	OK(finish(&jar, AUTH, &ann, "", false, &sso));
	run_sql("UPDATE session SET expires=expires-1000000000");
	code = code_for(&jar, BLOG);
	assert_int_equal(strlen(code), 22);
	assert_int_equal(number("SELECT count(*) FROM handoff WHERE hash IS NOT NULL"), 1);
	OK(complete(&jar, BLOG, code, &path));
	assert_string_equal(path, "/x?y#z");
	app = session_at(&jar, BLOG, COOKIE_APP);
	assert_string_equal(app.kind, SESSION_APP);
	assert_int_equal(app.user.id, ann.id);
	assert_int_equal(app.app, blog.id);
	assert_int_equal(app.parent, sso.id);
	assert_int_equal(app.idle, 7 * DAY);
	assert_int_equal(app.expires, sso.expires - 1000000000);
	assert_int_equal(app.fresh, 0);
	/* It works once. */
	assert_int_equal(complete(&jar, BLOG, code, &path), FZ_BAD_REQUEST);
	assert_int_equal(session_at(&jar, BLOG, COOKIE_APP).id, app.id);
	/* The next one takes the place of the first. */
	OK(complete(&jar, BLOG, code_for(&jar, BLOG), &path));
	assert_int_equal(sessions(), 2);
	/* Custom domains and previews like any other host. */
	OK(complete(&jar, "shop.example.org", code_for(&jar, "shop.example.org"), &path));
	assert_int_equal(session_at(&jar, "shop.example.org", COOKIE_APP).app, 0);
	forget_all();
}

static void
test_codes_that_do_not_work(void **state)
{
	static const char *const bad[] = { "", "x", "AAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAAA", "' OR 1=1 --aaaaaaaaaaa" };
	struct user ann = make_user("ann", "user");
	struct jar jar = { 0 }, thief = { 0 }, victim = { 0 };
	struct session sso;
	const char *path = "untouched", *code, *pre;

	(void)state;
	OK(finish(&jar, AUTH, &ann, "", false, &sso));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(complete(&jar, BLOG, bad[i], &path), FZ_BAD_REQUEST);
	/* Another browser, with a pre cookie of its own and without any; used up by it. */
	code = code_for(&jar, BLOG);
	(void)begin_at(&thief, BLOG);
	assert_int_equal(complete(&thief, BLOG, code, &path), FZ_BAD_REQUEST);
	assert_int_equal(complete(&jar, BLOG, code, &path), FZ_BAD_REQUEST);
	code = code_for(&jar, BLOG);
	assert_int_equal(complete(&victim, BLOG, code, &path), FZ_BAD_REQUEST);
	/* Another host, even with the same cookie there. */
	code = code_for(&jar, BLOG);
	pre = arena_strdup(ar, held(&jar, BLOG, "__Host-fazt_pre")->value);
	(void)begin_at(&jar, SHOP);
	snprintf(held(&jar, SHOP, "__Host-fazt_pre")->value, 64, "%s", pre);
	assert_int_equal(complete(&jar, SHOP, code, &path), FZ_BAD_REQUEST);
	assert_int_equal(complete(&jar, BLOG, code, &path), FZ_BAD_REQUEST);
	/* Too late. */
	code = code_for(&jar, BLOG);
	run_sql("UPDATE handoff SET expires=expires-60001");
	assert_int_equal(complete(&jar, BLOG, code, &path), FZ_BAD_REQUEST);
	/* Logged out, disabled, deleted meanwhile. */
	code = code_for(&jar, BLOG);
	run_sql("UPDATE user SET disabled=1");
	assert_int_equal(complete(&jar, BLOG, code, &path), FZ_BAD_REQUEST);
	run_sql("UPDATE user SET disabled=0");
	code = code_for(&jar, BLOG);
	run_sql("UPDATE session SET expires=1");
	assert_int_equal(complete(&jar, BLOG, code, &path), FZ_BAD_REQUEST);
	run_sql("UPDATE session SET expires=1e15");
	code = code_for(&jar, BLOG);
	visit(&jar, AUTH, "/auth/logout");
	OK(signin_logout(&rq, &rs, false));
	assert_int_equal(complete(&jar, BLOG, code, &path), FZ_BAD_REQUEST);
	assert_string_equal(path, "untouched");
	assert_int_equal(sessions(), 0);
	assert_int_equal(number("SELECT count(*) FROM handoff"), 0);
	forget_all();
}

/* A link of a stranger's must not sign anybody in: no cookie there, no code. */
static void
test_no_code_without_pre(void **state)
{
	struct user ann = make_user("ann", "user");
	struct signin_target t = { BLOG, "/x?y=1", "" };
	struct jar jar = { 0 };
	struct session sso, none = { 0 };
	const char *next;

	(void)state;
	OK(finish(&jar, AUTH, &ann, "", false, &sso));
	OK(next_from(&jar, AUTH, &t, &next));
	assert_string_equal(next,
	    "https://blog.example.com/auth/login?redirect=%2Fx%3Fy%3D1");
	assert_int_equal(number("SELECT count(*) FROM handoff"), 0);
	/* Nobody is signed in: the same. */
	t.pre = HASH;
	OK(signin_next(&rq, &none, &t, &next));
	assert_string_equal(next,
	    "https://blog.example.com/auth/login?redirect=%2Fx%3Fy%3D1");
	t.host = AUTH;
	OK(signin_next(&rq, &sso, &t, &next));
	assert_string_equal(next, "/x?y=1");
	forget_all();
}

static void
test_handoff_to_admin(void **state)
{
	struct user ann = make_user("ann", "owner"), eve = make_user("eve", "user");
	struct jar jar = { 0 }, hers = { 0 };
	struct signin_target t = { ADMIN, "/apps", HASH };
	struct session sso, admin;
	const char *next, *path, *code;

	(void)state;
	OK(finish(&hers, AUTH, &eve, "", false, NULL));
	assert_int_equal(next_from(&hers, AUTH, &t, &next), FZ_FORBIDDEN);
	OK(finish(&jar, AUTH, &ann, "", false, &sso));
	OK(complete(&jar, ADMIN, code_for(&jar, ADMIN), &path));
	admin = session_at(&jar, ADMIN, COOKIE_ADMIN);
	assert_string_equal(admin.kind, SESSION_ADMIN);
	assert_int_equal(admin.idle, 12 * HOUR);
	assert_int_equal(admin.expires - admin.created, 7 * DAY);
	assert_int_equal(admin.parent, sso.id);
	assert_int_equal(admin.fresh, sso.fresh);
	/* No admin any more when the code arrives. */
	code = code_for(&jar, ADMIN);
	run_sql("UPDATE user SET role='user'");
	assert_int_equal(complete(&jar, ADMIN, code, &path), FZ_FORBIDDEN);
	run_sql("UPDATE user SET role='owner'");
	assert_int_equal(complete(&jar, ADMIN, code, &path), FZ_BAD_REQUEST);
	/* An old sso session opens apps, and not ADMIN. */
	run_sql("UPDATE session SET created=created-601000 WHERE kind='sso'");
	assert_int_equal(next_from(&jar, AUTH, &t, &next), FZ_REAUTH_REQUIRED);
	run_sql("UPDATE session SET created=created+1000000 WHERE kind='sso'");
	assert_int_equal(next_from(&jar, AUTH, &t, &next), FZ_REAUTH_REQUIRED);
	t.host = BLOG;
	OK(next_from(&jar, AUTH, &t, &next));
	forget_all();
}

static void
test_next_on_admin_that_is_auth(void **state)
{
	struct user ann = make_user("ann", "owner"), eve = make_user("eve", "user");
	struct signin_target t = { ADMIN, "/apps", "" };
	struct jar jar = { 0 };
	struct session sso;
	const char *next;

	(void)state;
	node.auth_host = ADMIN;
	/* In the very answer that makes the sessions. */
	OK(finish(&jar, ADMIN, &ann, "", false, &sso));
	OK(signin_next(&rq, &sso, &t, &next));
	assert_string_equal(next, "/apps");
	/* Later, with the admin session alive. */
	run_sql("UPDATE session SET created=created-3600000");
	OK(next_from(&jar, ADMIN, &t, &next));
	assert_string_equal(next, "/apps");
	/* It is over: ask again, though the sso session is alive. */
	run_sql("UPDATE session SET expires=1 WHERE kind='admin'");
	assert_int_equal(next_from(&jar, ADMIN, &t, &next), FZ_REAUTH_REQUIRED);
	run_sql("UPDATE session SET created=created+3600000");
	assert_int_equal(next_from(&jar, ADMIN, &t, &next), FZ_REAUTH_REQUIRED);
	t.path = "/auth/invite/x";
	OK(next_from(&jar, ADMIN, &t, &next));
	/* Who may not enter ends elsewhere, or in the pages of the sign-in. */
	OK(finish(&jar, ADMIN, &eve, "", false, &sso));
	OK(signin_next(&rq, &sso, &t, &next));
	assert_string_equal(next, "/auth/invite/x");
	t.path = "/";
	assert_int_equal(signin_next(&rq, &sso, &t, &next), FZ_FORBIDDEN);
	assert_int_equal(next_from(&jar, ADMIN, &t, &next), FZ_FORBIDDEN);
	node.auth_host = AUTH;
	forget_all();
}

static void
test_domain_that_is_auth(void **state)
{
	struct user ann = make_user("ann", "user");
	struct signin_target t = { "example.com", "/x", "" };
	struct jar jar = { 0 }, other = { 0 };
	struct session sso, app;
	const char *next, *path;

	(void)state;
	node.auth_host = node.domain;
	OK(finish(&jar, "example.com", &ann, "", false, &sso));
	OK(signin_next(&rq, &sso, &t, &next));
	OK(complete(&jar, "example.com", code_of(next, "example.com"), &path));
	assert_string_equal(path, "/x");
	app = session_at(&jar, "example.com", COOKIE_APP);
	assert_int_equal(app.parent, sso.id);
	assert_int_equal(app.app, blog.id);		/* what root is */
	assert_int_equal(session_at(&jar, "example.com", COOKIE_SSO).id, sso.id);
	/* The sso cookie proves the browser: anybody else's code is nothing. */
	OK(next_from(&jar, "example.com", &t, &next));
	OK(finish(&other, "example.com", &ann, "", false, NULL));
	assert_int_equal(complete(&other, "example.com", code_of(next, "example.com"), &path),
	    FZ_BAD_REQUEST);
	t.path = "/auth/session";
	OK(next_from(&jar, "example.com", &t, &next));
	assert_string_equal(next, "/auth/session");
	visit(&jar, "example.com", "/auth/logout");
	OK(signin_logout(&rq, &rs, false));
	keep_cookies();
	assert_int_equal(jar.n, 0);
	node.auth_host = AUTH;
	forget_all();
}

/* --- and out --- */

static void
logout(struct jar *jar, const char *host, bool all)
{
	visit(jar, host, "/auth/logout");
	OK(signin_logout(&rq, &rs, all));
	keep_cookies();
}

static void
test_logout(void **state)
{
	struct user ann = make_user("ann", "owner");
	struct jar jar = { 0 }, old;
	const char *path;

	(void)state;
	OK(finish(&jar, AUTH, &ann, "", false, NULL));
	OK(complete(&jar, BLOG, code_for(&jar, BLOG), &path));
	OK(complete(&jar, SHOP, code_for(&jar, SHOP), &path));
	old = jar;
	/* This app alone. */
	logout(&jar, BLOG, false);
	assert_null(held(&jar, BLOG, "__Host-fazt"));
	assert_int_equal(session_at(&old, BLOG, COOKIE_APP).id, 0);
	assert_true(session_at(&jar, SHOP, COOKIE_APP).id != 0);
	assert_true(session_at(&jar, AUTH, COOKIE_SSO).id != 0);
	/* Everything that came of this sign-in. */
	OK(complete(&jar, BLOG, code_for(&jar, BLOG), &path));
	logout(&jar, BLOG, true);
	assert_int_equal(sessions(), 0);
	/* Nobody to log out: the cookie is cleared all the same, nothing is written. */
	logout(&jar, BLOG, true);
	assert_non_null(response_get(&rs, "Set-Cookie"));
	assert_int_equal(rq.seq, 0);
	/* At AUTH. */
	OK(finish(&jar, AUTH, &ann, "", false, NULL));
	OK(complete(&jar, BLOG, code_for(&jar, BLOG), &path));
	OK(complete(&jar, ADMIN, code_for(&jar, ADMIN), &path));
	logout(&jar, AUTH, false);
	assert_null(held(&jar, AUTH, "__Host-fazt_sso"));
	assert_int_equal(sessions(), 0);
	/* At ADMIN, alone and with the rest. */
	OK(finish(&jar, AUTH, &ann, "", false, NULL));
	OK(complete(&jar, ADMIN, code_for(&jar, ADMIN), &path));
	logout(&jar, ADMIN, false);
	assert_null(held(&jar, ADMIN, "__Host-fazt_admin"));
	assert_int_equal(sessions(), 1);
	OK(complete(&jar, ADMIN, code_for(&jar, ADMIN), &path));
	logout(&jar, ADMIN, true);
	assert_int_equal(sessions(), 0);
	/* One host for both. */
	node.auth_host = ADMIN;
	OK(finish(&jar, ADMIN, &ann, "", false, NULL));
	logout(&jar, ADMIN, false);
	assert_null(held(&jar, ADMIN, "__Host-fazt_admin"));
	assert_null(held(&jar, ADMIN, "__Host-fazt_sso"));
	assert_int_equal(sessions(), 0);
	node.auth_host = AUTH;
	forget_all();
}

static int
setup(void **state)
{
	int rc = signin_setup(state);
	struct app hidden;
	struct writer *w;

	if (rc != 0)
		return rc;
	node.serves = serves;
	blog = make_app("Blog");
	hidden = make_app("Hidden");
	w = begin();
	OK(alias_put(w, &(struct alias){ .name = "blog", .type = ALIAS_PROXY, .app = blog.id }));
	OK(alias_put(w, &(struct alias){ .name = "root", .type = ALIAS_PROXY, .app = blog.id }));
	OK(alias_put(w, &(struct alias){ .name = "hidden", .type = ALIAS_PROXY,
	    .app = hidden.id }));
	commit(w);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_audit),	/* first: rows are written a little later */
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_target_of_a_body),
		cmocka_unit_test(test_app_without_a_host),
		cmocka_unit_test(test_target_json),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_finish_on_auth),
		cmocka_unit_test(test_finish_on_admin_alone),
		cmocka_unit_test(test_finish_on_admin_that_is_auth),
		cmocka_unit_test(test_finish_refuses),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_handoff_to_an_app),
		cmocka_unit_test(test_codes_that_do_not_work),
		cmocka_unit_test(test_no_code_without_pre),
		cmocka_unit_test(test_handoff_to_admin),
		cmocka_unit_test(test_next_on_admin_that_is_auth),
		cmocka_unit_test(test_domain_that_is_auth),
		cmocka_unit_test(test_logout),
	};

	return cmocka_run_group_tests(tests, setup, store_teardown);
}
