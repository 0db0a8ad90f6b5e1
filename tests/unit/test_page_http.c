/*
 * Where a browser is sent on its way in, for every kind of host, target and session, and
 * what the sign-in page makes of texts from outside.  A jar of cookies per browser; no
 * socket.
 */
#include "tests/unit/deploy_fixture.h"

#include "auth/login_page.h"
#include "auth/page.h"
#include "auth/session_cookie.h"
#include "base/digest.h"
#include "base/embed.h"
#include "base/path.h"
#include "base/str.h"
#include "store/provider.h"
#include "store/sql.h"
#include "tests/unit/xss.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OK(call) assert_int_equal((call), FZ_OK)
#define NOBODY_PRE "00000000000000000000000000000000000000000000000000000000000000ff"

extern const struct route page_routes[];

static const struct route *const tables[] = { page_routes, NULL };
static struct fixture f;
static int64_t owner, plain;	/* users */

/* A browser: the cookies of one host, and where the next request comes from. */
static char jar[600];
static const char *fetch_site = "none";

static bool
serves(const struct node *n, const char *host)
{
	static const char *const names[] = { "blog.example.com", "shop.example.com",
		"www.custom.net" };

	for (size_t i = 0; i < COUNT(names); i++)
		if (strcmp(names[i], host) == 0)
			return true;
	return strcmp(host, n->admin_host) == 0 || strcmp(host, n->auth_host) == 0 ||
	    strcmp(host, n->domain) == 0;
}

static int64_t
add_user(const char *username, const char *role)
{
	struct user u = { .username = username, .email = "", .name = "", .picture = "",
		.provider = "", .role = role };
	struct arena *a = arena_new();
	struct writer *w;

	OK(writer_begin(f.node.store, 1000, &w));
	OK(user_add(w, a, &u));
	OK(writer_commit(w, NULL));
	arena_free(a);
	return u.id;
}

static int
setup(void **state)
{
	(void)state;
	fixture_open(&f);
	f.node.serves = serves;
	owner = add_user("ann", "owner");
	plain = add_user("bob", "user");
	jar[0] = '\0';
	fetch_site = "none";
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void
one_host(void)
{
	f.node.auth_host = f.node.admin_host;
}

static void
make_request(const char *host, const char *target)
{
	const char *query = strchr(target, '?');
	struct pair *h;

	fixture_request(&f);
	h = arena_alloc(f.arena, 3 * sizeof(*h));
	f.rq.caller = (struct caller){ .role = ROLE_ANON, .name = "anonymous" };
	f.rq.method = METHOD_GET;
	f.rq.secure = true;
	f.rq.path = query == NULL ? target :
	    arena_strndup(f.arena, target, (size_t)(query - target));
	f.rq.query = query != NULL ? query + 1 : "";
	snprintf(f.rq.host, sizeof(f.rq.host), "%s", host);
	h[0] = (struct pair){ "accept", "text/html" };
	h[1] = (struct pair){ "sec-fetch-site", fetch_site };
	h[2] = (struct pair){ "cookie", arena_strdup(f.arena, jar) };
	f.rq.headers = (struct pairs){ h, jar[0] != '\0' ? 3 : 2 };
}

/* Put the cookies of the answer into the jar, beside those there. */
static void
keep_cookies(void)
{
	for (size_t i = 0; i < f.rs.nheaders; i++) {
		const char *v = f.rs.headers[i].value;
		size_t n = strlen(jar);

		if (strcmp(f.rs.headers[i].name, "Set-Cookie") == 0)
			snprintf(jar + n, sizeof(jar) - n, "%s%.*s", n > 0 ? "; " : "",
			    (int)strcspn(v, ";"), v);
	}
}

/* This user has just signed in with a password on this host. */
static void
sign_in(int64_t user, const char *host)
{
	struct reader *rd;
	struct user u;

	jar[0] = '\0';
	make_request(host, "/auth/login");
	OK(reader_open(f.node.store, &rd));
	OK(user_by_id(rd, f.arena, user, &u));
	reader_close(rd);
	OK(signin_finish(&f.rq, &f.rs, &u, "", false, NULL));
	keep_cookies();
}

static void
forget_cookie(const char *name)
{
	char *at = strstr(jar, name), *end;

	assert_non_null(at);
	end = strchr(at, ';');
	if (end != NULL)
		memmove(at, end + 2, strlen(end + 2) + 1);
	else
		*at = '\0';
}

/* All sign-ins are an hour old. */
static void
grow_old(void)
{
	struct writer *w;

	OK(writer_begin(f.node.store, 1000, &w));
	OK(sql_run(w, "UPDATE session SET created = created - 3600000", ""));
	OK(writer_commit(w, NULL));
}

static int
get(const char *host, const char *target)
{
	const char *allow;
	enum fz_err err;

	make_request(host, target);
	assert_int_equal(route_find(tables, ON_ADMIN | ON_AUTH | ON_APP, METHOD_GET,
	    f.rq.path, f.arena, &f.rq.route, &f.rq.params, &allow), ROUTE_FOUND);
	if (strcmp(f.rq.path, "/auth/style.css") != 0)
		OK(session_cookie_identify(&f.rq, NULL));
	err = f.rq.route->handle(&f.rq, &f.rs);
	if (err != FZ_OK)
		response_error(&f.rs, err);
	assert_false(f.rs.broken);
	return f.rs.status;
}

static const char *
location(void)
{
	const char *s = response_get(&f.rs, "Location");

	return s != NULL ? s : "(none)";
}

static const char *
page(void)
{
	return f.rs.bytes != NULL ? f.rs.bytes : "";
}

static void
goes_to(const char *host, const char *target, const char *want)
{
	assert_int_equal(get(host, target), 303);
	assert_string_equal(location(), want);
	assert_string_equal(response_get(&f.rs, "Cache-Control"), "no-store");
}

static void
shows(const char *host, const char *target, int status, const char *part)
{
	assert_int_equal(get(host, target), status);
	if (strstr(page(), part) == NULL)
		fail_msg("%s%s: %s\nis not in\n%s", host, target, part, page());
}

/* SHA-256 of the pre cookie in the jar. */
static const char *
jar_pre(void)
{
	static char hex[SHA256_HEX];
	const char *at = strstr(jar, "fazt_pre=");
	uint8_t hash[SHA256_LEN];

	assert_non_null(at);
	at += strlen("fazt_pre=");
	sha256_of(at, strcspn(at, ";"), hash);
	str_hex(hex, hash, sizeof(hash));
	return hex;
}

static void
app_host_notes_the_browser(void **state)
{
	char want[300];

	(void)state;
	assert_int_equal(get("blog.example.com", "/auth/login?redirect=/x%3Fy%3Dz%23f"), 303);
	keep_cookies();
	snprintf(want, sizeof(want), "https://login.example.com/auth/login?"
	    "app=blog.example.com&redirect=%%2Fx%%3Fy%%3Dz%%23f&pre=%s", jar_pre());
	assert_string_equal(location(), want);
	/* A second tab keeps the cookie. */
	assert_int_equal(get("blog.example.com", "/auth/login?redirect=/x%3Fy%3Dz%23f"), 303);
	assert_string_equal(location(), want);
}

static void
app_host_refuses_strangers(void **state)
{
	static const char *const bad[] = { "//evil.example/", "https://evil.example/x",
		"/\\evil.example", "javascript:alert(1)", "https:evil", "http://blog.example.com/x",
		"https://user@blog.example.com/", "/%0d%0aSet-Cookie:a=b" };
	char target[200];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		make_request("blog.example.com", "/");
		snprintf(target, sizeof(target), "/auth/login?redirect=%s", strchr(bad[i], '%') ?
		    bad[i] : path_escape_value(f.arena, bad[i]));
		assert_int_equal(get("blog.example.com", target), 303);
		assert_true(str_starts(location(), "https://login.example.com/auth/login?"
		    "app=blog.example.com&redirect=%2F&pre="));
	}
}

static void
another_host_comes_first(void **state)
{
	static const struct { const char *host, *target, *want; } rows[] = {
		{ "blog.example.com", "?redirect=https://shop.example.com/a?b",
		    "https://shop.example.com/auth/login?redirect=%2Fa%3Fb" },
		{ "admin.example.com", "?redirect=https://www.custom.net/",
		    "https://www.custom.net/auth/login?redirect=%2F" },
		{ "admin.example.com", "?app=blog.example.com&redirect=/q",
		    "https://blog.example.com/auth/login?redirect=%2Fq" },
		{ "login.example.com", "?redirect=https://blog.example.com/x",
		    "https://blog.example.com/auth/login?redirect=%2Fx" },
		{ "login.example.com", "?app=blog.example.com&redirect=/x&pre=short",
		    "https://blog.example.com/auth/login?redirect=%2Fx" },
		{ "login.example.com", "?redirect=https://admin.example.com/",
		    "https://admin.example.com/auth/login?redirect=%2F" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char target[200];

		snprintf(target, sizeof(target), "/auth/login%s", rows[i].target);
		goes_to(rows[i].host, target, rows[i].want);
		/* Whoever is known to AUTH too: the browser is not bound yet. */
		sign_in(owner, "login.example.com");
		goes_to("login.example.com", "/auth/login?app=blog.example.com&redirect=/q",
		    "https://blog.example.com/auth/login?redirect=%2Fq");
		jar[0] = '\0';
	}
}

static void
auth_asks_who_it_is(void **state)
{
	(void)state;
	shows("login.example.com", "/auth/login?app=blog.example.com&redirect=/x&pre="
	    NOBODY_PRE, 200, "<h1>Sign in to blog.example.com</h1>");
	assert_non_null(strstr(page(), "<input type=\"hidden\" name=\"redirect\" value=\"/x\">"));
	assert_non_null(strstr(page(),
	    "<input type=\"hidden\" name=\"app\" value=\"blog.example.com\">"));
	assert_non_null(strstr(page(),
	    "<input type=\"hidden\" name=\"pre\" value=\"" NOBODY_PRE "\">"));
	assert_non_null(strstr(page(), "autocomplete=\"username\""));
	assert_non_null(strstr(page(), "autocomplete=\"current-password\""));
	assert_null(strstr(page(), "remember_me"));
	assert_null(strstr(page(), "class=\"or\""));
	assert_null(response_get(&f.rs, "Set-Cookie"));
	shows("login.example.com", "/auth/login", 200, "<h1>Sign in</h1>");
	assert_null(strstr(page(), "name=\"app\""));
	one_host();
	shows("admin.example.com", "/auth/login?redirect=/", 200, "name=\"remember_me\"");
}

static void
auth_knows_the_visitor(void **state)
{
	(void)state;
	sign_in(plain, "login.example.com");
	assert_int_equal(get("login.example.com",
	    "/auth/login?app=blog.example.com&redirect=/x&pre=" NOBODY_PRE), 303);
	assert_true(str_starts(location(), "https://blog.example.com/auth/complete?code="));
	goes_to("login.example.com", "/auth/login?redirect=/auth/invite/abc",
	    "/auth/invite/abc");
	grow_old();
	assert_int_equal(get("login.example.com",
	    "/auth/login?app=blog.example.com&redirect=/x&pre=" NOBODY_PRE), 303);
}

static void
signed_in_with_nowhere_to_go(void **state)
{
	(void)state;
	sign_in(plain, "login.example.com");
	shows("login.example.com", "/auth/login", 200, "signed in as <strong>bob</strong>");
	assert_non_null(strstr(page(), "action=\"/auth/logout?all=true\""));
	assert_null(strstr(page(), "dashboard"));
	goes_to("login.example.com", "/auth/login?redirect=//evil", "/");
	goes_to("login.example.com", "/", "/auth/login");
	sign_in(owner, "login.example.com");
	shows("login.example.com", "/auth/login", 200,
	    "href=\"https://admin.example.com/auth/login?redirect=%2F\"");
	one_host();
	sign_in(owner, "admin.example.com");
	shows("admin.example.com", "/auth/login", 200, "<strong>ann</strong>");
	goes_to("admin.example.com", "/", "/auth/login");
}

static void
domain_is_auth(void **state)
{
	(void)state;
	f.node.auth_host = f.node.domain;
	sign_in(plain, "example.com");
	assert_int_equal(get("example.com", "/auth/login?redirect=/"), 303);
	assert_true(str_starts(location(), "https://example.com/auth/complete?code="));
	shows("example.com", "/auth/login", 200, "<strong>bob</strong>");
}

/* ADMIN and AUTH are one host. */
static void
dashboard_on_one_host(void **state)
{
	(void)state;
	one_host();
	sign_in(owner, "admin.example.com");
	goes_to("admin.example.com", "/auth/login?redirect=/", "/");
	goes_to("admin.example.com", "/auth/login?redirect=/device", "/device");
	grow_old();
	goes_to("admin.example.com", "/auth/login?redirect=/device", "/device");
	/* A link from elsewhere: the Strict cookie is there, but not in this request. */
	forget_cookie("__Host-fazt_admin");
	fetch_site = "cross-site";
	shows("admin.example.com", "/auth/login?redirect=/device", 200,
	    "content=\"0; url=/auth/login?app=admin.example.com&amp;redirect=%2Fdevice\"");
	fetch_site = "same-origin";
	shows("admin.example.com", "/auth/login?redirect=/device", 200,
	    "<p class=\"note\" role=\"status\">Sign in again to open the dashboard</p>");
	assert_non_null(strstr(page(), "value=\"ann\""));
	fetch_site = "none";
	goes_to("admin.example.com", "/auth/login?redirect=/auth/session", "/auth/session");
	/* Young, and still no admin session: no redirect that leads back here. */
	sign_in(owner, "admin.example.com");
	forget_cookie("__Host-fazt_admin");
	shows("admin.example.com", "/auth/login?redirect=/", 200, "Sign in again");
}

static void
dashboard_refuses_users(void **state)
{
	(void)state;
	one_host();
	sign_in(plain, "admin.example.com");
	shows("admin.example.com", "/auth/login?redirect=/", 403,
	    "Your account may not open the dashboard");
	assert_non_null(strstr(page(), "action=\"/auth/logout?all=true\""));
	f.node.auth_host = "login.example.com";
	sign_in(plain, "login.example.com");
	shows("login.example.com", "/auth/login?app=admin.example.com&redirect=/&pre="
	    NOBODY_PRE, 403, "may not open the dashboard");
}

static void
dashboard_on_another_host(void **state)
{
	char next[300];

	(void)state;
	/* ADMIN notes the browser, */
	assert_int_equal(get("admin.example.com", "/auth/login?redirect=/apps"), 303);
	keep_cookies();
	assert_true(str_starts(location(), "https://login.example.com/auth/login?"
	    "app=admin.example.com&redirect=%2Fapps&pre="));
	snprintf(next, sizeof(next), "/auth/login?app=admin.example.com&redirect=/apps&pre=%s",
	    jar_pre());
	/* AUTH asks once more when it is long ago, else sends on by a page. */
	sign_in(owner, "login.example.com");
	shows("login.example.com", next, 200,
	    "content=\"0; url=https://admin.example.com/auth/complete?code=");
	grow_old();
	shows("login.example.com", next, 200, "Sign in again to open the dashboard");
}

static void
admin_without_its_strict_cookie(void **state)
{
	(void)state;
	fetch_site = "cross-site";
	shows("admin.example.com", "/auth/login?redirect=/apps", 200,
	    "content=\"0; url=/auth/login?app=admin.example.com&amp;redirect=%2Fapps\"");
	fetch_site = "same-origin";
	assert_int_equal(get("admin.example.com", "/auth/login?redirect=/apps"), 303);
}

/* From an app host to AUTH and back; the jars of two hosts. */
static void
hand_off(const char *host, const char *path, char code[300], char host_jar[600])
{
	char target[400];
	const char *at;

	jar[0] = '\0';
	make_request(host, "/");
	snprintf(target, sizeof(target), "/auth/login?redirect=%s",
	    path_escape_value(f.arena, path));
	assert_int_equal(get(host, target), 303);
	keep_cookies();
	snprintf(host_jar, 600, "%s", jar);
	snprintf(target, sizeof(target), "%s", strstr(location(), "/auth/login"));
	sign_in(owner, "login.example.com");
	get("login.example.com", target);
	at = strcmp(host, "admin.example.com") == 0 ? page() : location();
	at = strstr(at, "/auth/complete?code=");
	assert_non_null(at);
	snprintf(code, 300, "%.*s", (int)strcspn(at, "\""), at);
}

static void
complete_on_an_app_host(void **state)
{
	char code[300], mine[600];

	(void)state;
	hand_off("blog.example.com", "/x?y#z", code, mine);
	snprintf(jar, sizeof(jar), "%s", mine);
	goes_to("blog.example.com", code, "/x?y#z");
	assert_non_null(strstr(response_get(&f.rs, "Set-Cookie"), "__Host-fazt="));
	shows("blog.example.com", code, 400, "This sign-in link is not valid any more");
	assert_null(response_get(&f.rs, "Set-Cookie"));
	assert_non_null(strstr(page(), "href=\"/auth/login\""));
}

static void
complete_on_admin_forwards(void **state)
{
	char code[300], mine[600];

	(void)state;
	hand_off("admin.example.com", "/apps", code, mine);
	snprintf(jar, sizeof(jar), "%s", mine);
	shows("admin.example.com", code, 200, "content=\"0; url=/apps\"");
	assert_non_null(strstr(response_get(&f.rs, "Set-Cookie"), "__Host-fazt_admin="));
}

static void
complete_refuses(void **state)
{
	static const char *const bad[] = { "/auth/complete", "/auth/complete?code=",
		"/auth/complete?code=abc", "/auth/complete?code=0000000000000000000000",
		"/auth/complete?code=%3Cscript%3E" };
	char code[300], mine[600];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		shows("blog.example.com", bad[i], 400, "not valid any more");
		assert_null(strstr(page(), "<script"));
		assert_null(response_get(&f.rs, "Set-Cookie"));
	}
	/* Another browser. */
	hand_off("blog.example.com", "/x", code, mine);
	jar[0] = '\0';
	assert_int_equal(get("blog.example.com", code), 400);
	/* Another host. */
	hand_off("blog.example.com", "/x", code, mine);
	snprintf(jar, sizeof(jar), "%s", mine);
	assert_int_equal(get("shop.example.com", code), 400);
	assert_null(response_get(&f.rs, "Set-Cookie"));
}

static void
add_provider(const char *name, const char *display, bool enabled)
{
	struct provider p = { .name = name, .display_name = display, .client_id = "id",
		.issuer = "https://idp.example", .scopes = "", .enabled = enabled };
	struct writer *w;

	OK(writer_begin(f.node.store, 1000, &w));
	OK(provider_put(w, NULL, &p, 1));
	OK(writer_commit(w, NULL));
}

static void
providers_are_links(void **state)
{
	(void)state;
	add_provider("google", "", true);
	add_provider("plain", "", true);
	add_provider("github", "GitHub", false);
	add_provider("corp", "Corp <b> \"SSO\"", true);
	shows("login.example.com", "/auth/login?app=blog.example.com&redirect=/x%26y&pre="
	    NOBODY_PRE, 200,
	    "href=\"/auth/login/google?app=blog.example.com&amp;redirect=%2Fx%26y&amp;pre="
	    NOBODY_PRE "\">Continue with Google</a>");
	assert_non_null(strstr(page(), "Continue with plain</a>"));
	assert_null(strstr(page(), "GitHub"));
	assert_non_null(strstr(page(), "Continue with Corp &lt;b&gt; &quot;SSO&quot;</a>"));
}

/* The skeleton of the sign-in page with these texts. */
static void
skeleton(char out[XSS_SKELETON], const char *path, const char *alert, const char *username)
{
	struct signin_target t = { "blog.example.com", path, NOBODY_PRE };

	make_request("login.example.com", "/auth/login");
	OK(login_page(&f.rq, &f.rs, &t, 401, alert, username));
	assert_int_equal(f.rs.status, 401);
	xss_skeleton(out, page());
}

static void
payloads_stay_text(void **state)
{
	char want[XSS_SKELETON], got[XSS_SKELETON], target[600];

	(void)state;
	skeleton(want, "/x", "wrong", "ann");
	for (size_t i = 0; i < XSS_COUNT; i++) {
		char *path;

		skeleton(got, "/x", xss[i], xss[i]);
		assert_string_equal(got, want);
		make_request("login.example.com", "/");
		path = arena_printf(f.arena, "/%s", xss[i]);
		snprintf(target, sizeof(target), "/auth/login?redirect=%s&app=%s&pre=%s",
		    path_escape_value(f.arena, path), path_escape_value(f.arena, xss[i]),
		    path_escape_value(f.arena, xss[i]));
		assert_int_equal(get("login.example.com", target), 200);
		for (const char *s = page(); *s != '\0'; s++)
			assert_true(strncmp(s, "<img", 4) != 0 && strncmp(s, "<scr", 4) != 0 &&
			    strncmp(s, "<svg", 4) != 0 && strncmp(s, "<b>", 3) != 0 &&
			    strncmp(s, "<base", 5) != 0 && strncmp(s, "<ifr", 4) != 0);
		assert_int_equal(get("blog.example.com", target), 303);
		assert_null(strpbrk(location(), "<>\"'"));
	}
}

static void
focus_is_where_typing_goes_on(void **state)
{
	char unused[XSS_SKELETON];

	(void)state;
	skeleton(unused, "/x", NULL, NULL);
	assert_non_null(strstr(page(), "spellcheck=\"false\" required autofocus>"));
	assert_null(strstr(page(), "role=\"alert\""));
	skeleton(unused, "/x", "Wrong name or password", "ann");
	assert_non_null(strstr(page(),
	    "<p class=\"why\" role=\"alert\">Wrong name or password</p>"));
	assert_non_null(strstr(page(), "autocomplete=\"current-password\" required autofocus>"));
	assert_non_null(strstr(page(), "value=\"ann\" autocapitalize"));
}

static void
style_is_cached_by_its_hash(void **state)
{
	char tag[HTTP_COND_TAG], target[100];
	const struct embed *e = page_style(tag);
	const struct route *row;

	(void)state;
	assert_int_equal(get("blog.example.com", "/auth/style.css"), 200);
	assert_string_equal(response_get(&f.rs, "Content-Type"), "text/css; charset=utf-8");
	assert_string_equal(response_get(&f.rs, "Cache-Control"), "public, max-age=300");
	assert_string_equal(response_get(&f.rs, "ETag"), tag);
	assert_int_equal(f.rs.len, e->len);
	snprintf(target, sizeof(target), "/auth/style.css?v=%.16s", tag + 1);
	assert_int_equal(get("blog.example.com", target), 200);
	assert_string_equal(response_get(&f.rs, "Cache-Control"),
	    "public, max-age=31536000, immutable");
	assert_int_equal(get("blog.example.com", "/auth/style.css?v=0123456789abcdef"), 200);
	assert_string_equal(response_get(&f.rs, "Cache-Control"), "public, max-age=300");
	row = f.rq.route;
	make_request("blog.example.com", "/auth/style.css");
	f.rq.headers.v[0] = (struct pair){ "if-none-match", tag };
	OK(row->handle(&f.rq, &f.rs));
	assert_int_equal(f.rs.status, 304);
	assert_int_equal(f.rs.len, 0);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(app_host_notes_the_browser),
		TEST(app_host_refuses_strangers),
		TEST(another_host_comes_first),
		TEST(auth_asks_who_it_is),
		TEST(auth_knows_the_visitor),
		TEST(signed_in_with_nowhere_to_go),
		TEST(domain_is_auth),
		TEST(dashboard_on_one_host),
		TEST(dashboard_refuses_users),
		TEST(dashboard_on_another_host),
		TEST(admin_without_its_strict_cookie),
		TEST(complete_on_an_app_host),
		TEST(complete_on_admin_forwards),
		TEST(complete_refuses),
		TEST(providers_are_links),
		TEST(payloads_stay_text),
		TEST(focus_is_where_typing_goes_on),
		TEST(style_is_cached_by_its_hash),
	};

	return cmocka_run_group_tests_name("page_http", tests, NULL, NULL);
}
