/*
 * Whole sign-ins with a provider that this program plays itself: the way there, the way
 * back, and everything a browser or a provider can do wrong on it.
 */
#include "tests/unit/signin_fixture.h"

#include "tests/unit/https_server.h"

#include <pthread.h>
#include <sqlite3.h>

#include "auth/access.h"
#include "auth/oauth.h"
#include "auth/oauth_kind.h"
#include "base/base64.h"
#include "base/seal.h"
#include "base/str.h"
#include "store/provider.h"

#define WELL_KNOWN "/.well-known/openid-configuration"
#define AUTH "login.example.com"
#define ADMIN "admin.example.com"
#define BLOG "blog.example.com"
#define EMAIL "\"email\":\"p@corp.example\",\"email_verified\":true,\"name\":\"Pat\""

extern const struct route oauth_routes[];
static const struct route *const tables[] = { oauth_routes, NULL };
static const uint8_t key[SEAL_KEY_LEN] = { 9 };
static struct jar jar, stranger;
static char issuer[64];

static bool
serves(const struct node *n, const char *host)
{
	return strcmp(host, BLOG) == 0 || strcmp(host, n->admin_host) == 0 ||
	    strcmp(host, n->auth_host) == 0 || strcmp(host, n->domain) == 0;
}

static void
set_provider(const char *name, const char *secret, bool enabled)
{
	struct provider p = { .name = name, .client_id = "client/1",
		.client_secret = secret, .enabled = enabled,
		.issuer = oauth_kind(name)->name[0] != '\0' ? "" : issuer };
	struct writer *w = begin();

	OK(provider_put(w, node.seal, &p, 1));
	commit(w);
}

/* more: further members, each with a comma before it. */
static void
set_document(const char *more)
{
	oauth_free(node.oauth);
	node.oauth = oauth_new(4);
	https_gives("/op" WELL_KNOWN, arena_printf(ar, "{\"issuer\":\"%s\","
	    "\"authorization_endpoint\":\"%s/auth?x=1\",\"token_endpoint\":\"%s/token\","
	    "\"userinfo_endpoint\":\"%s/me\"%s}", issuer, issuer, issuer, issuer, more));
}

static int
setup_group(void **state)
{
	https_start();
	(void)snprintf(issuer, sizeof(issuer), "%s", https_url("/op"));
	node.serves = serves;
	node.ca_file = https_ca;
	node.seal = seal_of_key(key);
	node.max_json = LIMIT_JSON_BODY;
	return signin_setup(state);
}

static int
teardown_group(void **state)
{
	https_stop();
	response_fini(&rs);
	oauth_free(node.oauth);
	seal_free(node.seal);
	return store_teardown(state);
}

static int
setup(void **state)
{
	(void)state;
	jar.n = stranger.n = 0;
	node.auth_host = AUTH;
	forget_all();
	run_sql("DELETE FROM identity");
	run_sql("DELETE FROM oauth_state");
	run_sql("DELETE FROM provider");
	set_provider("corp", "s:cret", true);
	set_document("");
	return 0;
}

static int
host_class(const char *host)
{
	int on = 0;

	if (strcmp(host, ADMIN) == 0)
		on |= ON_ADMIN;
	if (strcmp(host, node.auth_host) == 0)
		on |= ON_AUTH;
	return on != 0 ? on : ON_APP;
}

/* One request; the status. */
static int
call(struct jar *who, const char *method, const char *host, const char *target,
    const char *type, const char *body)
{
	const char *query = strchr(target, '?'), *allow;
	enum fz_err err;

	response_fini(&rs);
	visit(who, host, query == NULL ? target :
	    arena_strndup(ar, target, (size_t)(query - target)));
	rq.method = method_parse(method);
	rq.query = query != NULL ? query + 1 : "";
	add_header("accept", "text/html,*/*");
	if (body != NULL) {
		rq.content_type = type;
		rq.content_length = (int64_t)strlen(body);
		rq.body = spool_new(test_dir, MIB);
		OK(spool_add(rq.body, body, strlen(body)));
	}
	if (route_find(tables, host_class(host), rq.method, rq.path, ar, &rq.route,
	    &rq.params, &allow) != ROUTE_FOUND)
		fail_msg("no row for %s %s%s", method, host, target);
	err = access_identify(&rq, &rs);
	if (err == FZ_OK)
		err = access_check(&rq, &rs, rq.route);
	if (err == FZ_OK)
		err = rq.route->handle(&rq, &rs);
	if (err != FZ_OK)
		response_error(&rs, err);
	assert_false(rs.broken);
	keep_cookies();
	spool_free(rq.body);
	rq.body = NULL;
	return rs.status;
}

static int
get(struct jar *who, const char *host, const char *target)
{
	return call(who, "GET", host, target, NULL, NULL);
}

static const char *
location(void)
{
	const char *s = response_get(&rs, "Location");

	return s != NULL ? s : "(none)";
}

static const char *
text(void)
{
	return arena_strndup(ar, rs.bytes != NULL ? rs.bytes : "", rs.len);
}

/* An argument of the last Location, decoded by nobody. */
static const char *
arg_of(const char *url, const char *name)
{
	const char *at = strstr(url, arena_printf(ar, "&%s=", name));

	if (at == NULL)
		at = strstr(url, arena_printf(ar, "?%s=", name));
	if (at == NULL)
		return "";
	at += strlen(name) + 2;
	return arena_strndup(ar, at, strcspn(at, "&#"));
}

/* From the sign-in page to the provider: the URL there. */
static const char *
leave(struct jar *who, const char *target)
{
	if (get(who, AUTH, target) != 303)
		fail_msg("%s: %d %s", target, rs.status, text());
	return arena_strdup(ar, location());
}

static const char *
b64(const char *s)
{
	char *out = arena_alloc(ar, BASE64_SIZE(strlen(s)));

	base64_encode(out, s, strlen(s), true);
	return out;
}

/* What the token endpoint says for this sign-in; claims: members that a test chooses. */
static void
set_token(const char *url, const char *subject, const char *claims)
{
	int64_t now = clock_wall_ms() / 1000;
	const char *json = arena_printf(ar, "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"client/1\","
	    "\"exp\":%lld,\"iat\":%lld,\"nonce\":\"%s\"%s%s}", issuer, subject,
	    (long long)now + 300, (long long)now, arg_of(url, "nonce"), claims[0] ? "," : "",
	    claims);

	https_gives("/op/token", arena_printf(ar, "{\"access_token\":\"at-1\","
	    "\"token_type\":\"Bearer\",\"id_token\":\"%s.%s.c2ln\"}",
	    b64("{\"alg\":\"RS256\"}"), b64(json)));
}

static int
come_back(struct jar *who, const char *url, const char *more)
{
	return get(who, AUTH, arena_printf(ar, "/auth/callback/corp?code=c%%2F1&state=%s%s",
	    arg_of(url, "state"), more));
}

static int64_t
count(const char *literal)
{
	return number(literal);
}

#define USERS() count("SELECT count(*) FROM user")
#define SESSIONS() count("SELECT count(*) FROM session")
#define IDENTITIES() count("SELECT count(*) FROM identity")

/* Sign in from the blog, whole way; the URL of the provider. */
static const char *
sign_in(const char *subject, const char *claims)
{
	const char *url;

	assert_int_equal(get(&jar, BLOG, "/auth/login/corp?redirect=/x"), 303);
	assert_true(str_starts(location(), "https://" AUTH "/"));
	url = leave(&jar, location() + strlen("https://" AUTH));
	set_token(url, subject, claims);
	assert_int_equal(come_back(&jar, url, ""), 303);
	return url;
}

/* --- there --- */

static void
test_start(void **state)
{
	const char *to;

	(void)state;
	/* a host notes the browser and goes to AUTH */
	assert_int_equal(get(&jar, BLOG, "/auth/login/corp?redirect=/x%3Fy"), 303);
	assert_true(str_starts(location(), "https://" AUTH "/auth/login/corp?"));
	assert_string_equal(arg_of(location(), "app"), BLOG);
	assert_string_equal(arg_of(location(), "redirect"), "%2Fx%3Fy");
	assert_int_equal(strlen(arg_of(location(), "pre")), 64);
	assert_non_null(held(&jar, BLOG, "__Host-fazt_pre"));
	assert_int_equal(get(&jar, ADMIN, "/auth/login/corp?redirect=/apps"), 303);
	assert_true(str_starts(location(), "https://" AUTH "/auth/login/corp?"));
	assert_string_equal(arg_of(location(), "app"), ADMIN);
	/* AUTH, ADMIN and other hosts go to the host where it ends first */
	to = "https://" BLOG "/auth/login/corp?redirect=%2Fx";
	assert_int_equal(get(&jar, AUTH, "/auth/login/corp?redirect=https://" BLOG "/x"),
	    303);
	assert_string_equal(location(), to);
	assert_int_equal(get(&jar, ADMIN, "/auth/login/corp?redirect=https://" BLOG "/x"),
	    303);
	assert_string_equal(location(), to);
	assert_int_equal(SESSIONS() + count("SELECT count(*) FROM oauth_state"), 0);
	/* an address of somebody else is no target */
	to = leave(&jar, "/auth/login/corp?redirect=https://evil.example/x");
	assert_true(str_starts(to, issuer));
}

static void
test_authorize(void **state)
{
	const char *url = leave(&jar, "/auth/login/corp"), *form;
	uint8_t hash[SHA256_LEN];
	char want[BASE64_SIZE(SHA256_LEN)];

	(void)state;
	assert_true(str_starts(url, arena_printf(ar, "%s/auth?x=1&", issuer)));
	assert_string_equal(arg_of(url, "response_type"), "code");
	assert_string_equal(arg_of(url, "client_id"), "client%2F1");
	assert_string_equal(arg_of(url, "redirect_uri"),
	    "https%3A%2F%2F" AUTH "%2Fauth%2Fcallback%2Fcorp");
	assert_string_equal(arg_of(url, "scope"), "openid%20email%20profile");
	assert_string_equal(arg_of(url, "code_challenge_method"), "S256");
	assert_int_equal(strlen(arg_of(url, "state")), 22);
	assert_int_equal(strlen(arg_of(url, "nonce")), 22);
	assert_string_equal(response_get(&rs, "Cache-Control"), "no-store");
	assert_int_equal(count("SELECT expires FROM oauth_state") / 1000 -
	    clock_wall_ms() / 1000 - 599 <= 1, 1);
	/* the verifier that comes with the code belongs to the challenge */
	set_token(url, "s1", EMAIL);
	assert_int_equal(come_back(&jar, url, ""), 303);
	form = https_asked("/op/token");
	form = arena_strdup(ar, strstr(form, "\r\n\r\n") + 3);
	sha256_of(arg_of(form, "code_verifier"), strlen(arg_of(form, "code_verifier")), hash);
	base64_encode(want, hash, sizeof(hash), true);
	assert_string_equal(arg_of(url, "code_challenge"), want);
	/* and no two sign-ins are alike */
	form = leave(&jar, "/auth/login/corp");
	assert_string_not_equal(arg_of(form, "state"), arg_of(url, "state"));
	assert_string_not_equal(arg_of(form, "nonce"), arg_of(url, "nonce"));
	assert_string_not_equal(arg_of(form, "code_challenge"),
	    arg_of(url, "code_challenge"));
}

static void
test_builtin(void **state)
{
	static const struct {
		const char	*name;
		const char	*start;
		const char	*scope;
	} cases[] = {
		{ "github", "https://github.com/login/oauth/authorize?",
		    "read%3Auser%20user%3Aemail" },
		{ "discord", "https://discord.com/oauth2/authorize?", "identify%20email" },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *url;

		set_provider(cases[i].name, "x", true);
		url = leave(&jar, arena_printf(ar, "/auth/login/%s", cases[i].name));
		assert_true(str_starts(url, cases[i].start));
		assert_string_equal(arg_of(url, "scope"), cases[i].scope);
		assert_string_equal(arg_of(url, "nonce"), "");
		assert_int_equal(strlen(arg_of(url, "code_challenge")), 43);
	}
}

static void
test_unknown(void **state)
{
	static const char *const names[] = { "nobody", "off", "google", "CORP", "corp.",
		"%2e%2e", "-" };
	static const char *const hosts[] = { AUTH, ADMIN, BLOG };

	(void)state;
	set_provider("off", "x", false);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t h = 0; h < 3; h++)
			if (get(&jar, hosts[h], arena_printf(ar, "/auth/login/%s",
			    names[i])) != 400)
				fail_msg("%s %s: %d", hosts[h], names[i], rs.status);
	assert_int_equal(count("SELECT count(*) FROM oauth_state"), 0);
}

static void
test_discovery_down(void **state)
{
	(void)state;
	https_says("/op" WELL_KNOWN, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(get(&jar, AUTH, "/auth/login/corp"), 503);
	assert_non_null(strstr(text(), "cannot be used right now"));
	assert_int_equal(count("SELECT count(*) FROM oauth_state"), 0);
}

/* --- back --- */

static void
test_sign_in(void **state)
{
	const char *asked;

	(void)state;
	sign_in("s1", EMAIL ",\"picture\":\"https://corp.example/p.png\"");
	assert_true(str_starts(location(), "https://" BLOG "/auth/complete?code="));
	assert_non_null(held(&jar, AUTH, "__Host-fazt_sso"));
	assert_int_equal(USERS(), 1);
	assert_int_equal(count("SELECT count(*) FROM user WHERE role='user' AND"
	    " username IS NULL AND password IS NULL AND name='Pat' AND email_verified AND"
	    " email='p@corp.example' AND picture='https://corp.example/p.png' AND"
	    " provider='corp'"), 1);
	assert_int_equal(count("SELECT count(*) FROM identity WHERE provider='corp' AND"
	    " subject='s1' AND instr(issuer,'/op')>0 AND email='p@corp.example'"), 1);
	asked = https_asked("/op/token");
	assert_non_null(strstr(asked, "\r\nAuthorization: Basic "
	    "Y2xpZW50JTJGMTpzJTNBY3JldA==\r\n"));
	assert_non_null(strstr(asked, "grant_type=authorization_code&code=c%2F1&"
	    "redirect_uri=https%3A%2F%2F" AUTH "%2Fauth%2Fcallback%2Fcorp&code_verifier="));
	assert_null(strstr(asked, "client_secret"));
	assert_null(strstr(asked, "client_id"));
	/* the same person again, under another name */
	jar.n = 0;
	sign_in("s1", "\"email\":\"new@corp.example\",\"name\":\"Patricia\"");
	assert_int_equal(USERS(), 1);
	assert_int_equal(IDENTITIES(), 1);
	assert_int_equal(count("SELECT count(*) FROM user WHERE name='Patricia' AND"
	    " email='new@corp.example' AND NOT email_verified"), 1);
}

/* The address of another account opens nothing. */
static void
test_same_email(void **state)
{
	struct user ann = make_user("ann", "owner");

	(void)state;
	sign_in("s1", "\"email\":\"ann@example.com\",\"email_verified\":true,\"name\":\"x\"");
	assert_int_equal(USERS(), 2);
	assert_int_equal(count("SELECT count(*) FROM session s JOIN user u ON u.id=s.user"
	    " WHERE u.role='owner'"), 0);
	assert_int_equal(count("SELECT count(*) FROM identity i JOIN user u ON u.id=i.user"
	    " WHERE u.username='ann'"), 0);
	(void)ann;
}

static void
test_secret_ways(void **state)
{
	const char *url;

	(void)state;
	set_document(",\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]");
	url = sign_in("s1", EMAIL);
	assert_non_null(strstr(https_asked("/op/token"),
	    "&client_id=client%2F1&client_secret=s%3Acret"));
	assert_null(strstr(https_asked("/op/token"), "Authorization"));
	set_provider("corp", "", true);
	url = sign_in("s1", EMAIL);
	assert_non_null(strstr(https_asked("/op/token"), "&client_id=client%2F1"));
	assert_null(strstr(https_asked("/op/token"), "client_secret"));
	assert_null(strstr(https_asked("/op/token"), "Authorization"));
	(void)url;
}

/* Name and address may come from the other endpoint, for the same subject. */
static void
test_userinfo(void **state)
{
	const char *url;

	(void)state;
	https_gives("/op/me", "{\"sub\":\"s1\"," EMAIL "}");
	sign_in("s1", "");
	assert_non_null(strstr(https_asked("/op/me"), "\r\nAuthorization: Bearer at-1\r\n"));
	assert_int_equal(count("SELECT count(*) FROM user WHERE name='Pat'"), 1);
	https_forget("/op/me");
	sign_in("s1", EMAIL);
	assert_string_equal(https_asked("/op/me"), "");
	https_gives("/op/me", "{\"sub\":\"s2\"," EMAIL "}");
	url = leave(&jar, "/auth/login/corp");
	set_token(url, "s1", "");
	assert_int_equal(come_back(&jar, url, ""), 400);
	https_gives("/op/me", "{" EMAIL "}");
	url = leave(&jar, "/auth/login/corp");
	set_token(url, "s1", "");
	assert_int_equal(come_back(&jar, url, ""), 400);
}

/* What a browser, or somebody who plays one, can do with the callback. */
static void
test_hostile_browser(void **state)
{
	const char *url = leave(&jar, "/auth/login/corp"), *other;

	(void)state;
	set_token(url, "s1", EMAIL);
	https_forget("/op/token");
	/* another browser, or none; then the state is used up for everybody */
	(void)leave(&stranger, "/auth/login/corp");
	assert_int_equal(come_back(&stranger, url, ""), 400);
	assert_int_equal(come_back(&jar, url, ""), 400);
	url = leave(&jar, "/auth/login/corp");
	assert_int_equal(come_back(NULL, url, ""), 400);
	/* twice */
	url = leave(&jar, "/auth/login/corp");
	set_token(url, "s1", EMAIL);
	assert_int_equal(come_back(&jar, url, ""), 303);
	assert_int_equal(come_back(&jar, url, ""), 400);
	run_sql("DELETE FROM session");
	https_forget("/op/token");
	/* at the callback of another provider */
	set_provider("other", "x", true);
	url = leave(&jar, "/auth/login/corp");
	assert_int_equal(get(&jar, AUTH, arena_printf(ar,
	    "/auth/callback/other?code=c&state=%s", arg_of(url, "state"))), 400);
	/* too late */
	url = leave(&jar, "/auth/login/corp");
	run_sql("UPDATE oauth_state SET expires=1");
	assert_int_equal(come_back(&jar, url, ""), 400);
	/* no code, two codes, two states, no state */
	url = leave(&jar, "/auth/login/corp");
	assert_int_equal(get(&jar, AUTH, arena_printf(ar, "/auth/callback/corp?state=%s",
	    arg_of(url, "state"))), 400);
	url = leave(&jar, "/auth/login/corp");
	assert_int_equal(come_back(&jar, url, "&code=d"), 400);
	url = leave(&jar, "/auth/login/corp");
	other = leave(&jar, "/auth/login/corp");
	assert_int_equal(come_back(&jar, url, arena_printf(ar, "&state=%s",
	    arg_of(other, "state"))), 400);
	assert_int_equal(get(&jar, AUTH, "/auth/callback/corp?code=c"), 400);
	assert_int_equal(get(&jar, AUTH, "/auth/callback/corp"), 400);
	assert_int_equal(get(&jar, AUTH, "/auth/callback/corp?code=c&state="
	    "aaaaaaaaaaaaaaaaaaaaaa"), 400);
	/* switched off meanwhile */
	url = leave(&jar, "/auth/login/corp");
	set_provider("corp", NULL, false);
	assert_int_equal(come_back(&jar, url, ""), 400);
	/* nobody was asked, and nobody is in */
	assert_string_equal(https_asked("/op/token"), "");
	assert_int_equal(SESSIONS(), 0);
}

/* RFC 9207: a provider must not be taken for another. */
static void
test_iss(void **state)
{
	const char *url = leave(&jar, "/auth/login/corp");
	const char *mine = arena_printf(ar, "&iss=%s", issuer);

	(void)state;
	set_token(url, "s1", EMAIL);
	https_forget("/op/token");
	assert_int_equal(come_back(&jar, url, "&iss=https://evil.example"), 400);
	assert_string_equal(https_asked("/op/token"), "");	/* it never gets the code */
	url = leave(&jar, "/auth/login/corp");
	set_token(url, "s1", EMAIL);
	assert_int_equal(come_back(&jar, url, mine), 303);
	url = leave(&jar, "/auth/login/corp");
	assert_int_equal(come_back(&jar, url, arena_printf(ar, "%s%s", mine, mine)), 400);
	url = leave(&jar, "/auth/login/corp");
	assert_int_equal(come_back(&jar, url, "&iss="), 400);
	set_document(",\"authorization_response_iss_parameter_supported\":true");
	url = leave(&jar, "/auth/login/corp");
	set_token(url, "s1", EMAIL);
	assert_int_equal(come_back(&jar, url, ""), 400);
	url = leave(&jar, "/auth/login/corp");
	set_token(url, "s1", EMAIL);
	assert_int_equal(come_back(&jar, url, mine), 303);
}

/* What the token endpoint can say instead. */
static void
test_hostile_token(void **state)
{
	static const struct {
		int		 status;
		const char	*answer;
	} cases[] = {
		{ 400, "HTTP/1.1 400 Bad\r\nContent-Length: 25\r\n\r\n{\"error\":\"invalid_grant\"}" },
		{ 503, "HTTP/1.1 500 Bad\r\nContent-Length: 0\r\n\r\n" },
		{ 503, "HTTP/1.1 302 Found\r\nLocation: /op/else\r\nContent-Length: 0\r\n\r\n" },
		{ 400, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\njunk" },
		{ 400, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]" },
		{ 400, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" },
		{ 400, "HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"a\",\"token_type\":\"Bearer\"}" },
		{ 400, "HTTP/1.1 200 OK\r\n\r\n{\"access_token\":\"a\",\"token_type\":\"Bearer\","
		    "\"id_token\":\"a.b.c\"}" },
		{ 400, "HTTP/1.1 200 OK\r\n\r\n{\"error\":\"bad_verification_code\"}" },
		{ 503, "" }, { 400, "FLOOD" }, { 400, "HEADS" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *url = leave(&jar, "/auth/login/corp");

		https_says("/op/token", cases[i].answer);
		if (come_back(&jar, url, "") != cases[i].status)
			fail_msg("%s: %d", cases[i].answer, rs.status);
	}
	assert_string_equal(https_asked("/op/else"), "");
	assert_int_equal(SESSIONS() + USERS(), 0);
}

/* A right ID token in an answer that is not. */
static void
test_hostile_tokens(void **state)
{
	static const char *const changes[][2] = {
		{ "\"token_type\":\"Bearer\"", "\"token_type\":\"DPoP\"  " },
		{ "\"token_type\":\"Bearer\"", "\"token_typ\":\"Bearer\" " },
		{ "\"access_token\":\"at-1\"", "\"access_token\":\"a\\r1\"" },
		{ "\"access_token\":\"at-1\"", "\"access_token\":\"\"    " },
		{ "\"access_token\":\"at-1\"", "\"access_token\":[\"a\"] " },
	};
	char name[160], *bytes;
	size_t n;
	FILE *file;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const char *url = leave(&jar, "/auth/login/corp");
		char *at;

		set_token(url, "s1", EMAIL);
		https_file(name, "says", "/op/token");
		file = fopen(name, "rb");
		bytes = arena_alloc(ar, 8192);
		n = fread(bytes, 1, 8191, file);
		(void)fclose(file);
		at = strstr(bytes, changes[i][0]);
		assert_non_null(at);
		if (strlen(changes[i][0]) == strlen(changes[i][1])) {
			memcpy(at, changes[i][1], strlen(changes[i][1]));
			https_says_bytes("/op/token", bytes, n);
		} else {
			fail_msg("change %zu has another length", i);
		}
		if (come_back(&jar, url, "") != 400)
			fail_msg("%s: %d", changes[i][1], rs.status);
	}
	assert_int_equal(SESSIONS() + USERS(), 0);
}

/* The ID token of another sign-in, client or issuer; each claim alone is tested elsewhere. */
static void
test_hostile_id_token(void **state)
{
	const char *first = leave(&jar, "/auth/login/corp");
	const char *second = leave(&jar, "/auth/login/corp");

	(void)state;
	set_token(first, "s1", EMAIL);
	assert_int_equal(come_back(&jar, second, ""), 400);
	set_token(first, "s1", EMAIL ",\"azp\":\"other\"");
	assert_int_equal(come_back(&jar, first, ""), 400);
	assert_int_equal(SESSIONS() + USERS(), 0);
}

/* Nothing that a provider says stands in a page. */
static void
test_echo(void **state)
{
	const char *url = leave(&jar, "/auth/login/corp");

	(void)state;
	https_forget("/op/token");
	assert_int_equal(come_back(&jar, url, "&error=access_denied&error_description="
	    "%3Cscript%3Eevil%3C/script%3E"), 400);
	assert_non_null(strstr(text(), "The sign-in was cancelled"));
	assert_null(strstr(text(), "evil"));
	url = leave(&jar, "/auth/login/corp");
	assert_int_equal(come_back(&jar, url, "&error=evil_error"), 400);
	assert_null(strstr(text(), "evil"));
	assert_string_equal(https_asked("/op/token"), "");
	/* used up all the same, and a stranger's word changes nothing */
	assert_int_equal(come_back(&jar, url, ""), 400);
	assert_int_equal(get(&jar, AUTH, "/auth/callback/corp?error=access_denied&state="
	    "aaaaaaaaaaaaaaaaaaaaaa"), 400);
	assert_null(strstr(text(), "cancelled"));
}

static void
test_disabled(void **state)
{
	const char *url;

	(void)state;
	sign_in("s1", EMAIL);
	run_sql("UPDATE user SET disabled=1");
	run_sql("DELETE FROM session");
	url = leave(&jar, "/auth/login/corp");
	set_token(url, "s1", "\"email\":\"x@y.example\",\"name\":\"New\"");
	assert_int_equal(come_back(&jar, url, ""), 403);
	assert_int_equal(SESSIONS(), 0);
	assert_int_equal(count("SELECT count(*) FROM user WHERE name='New'"), 0);
}

/* Signed in here with nowhere to go: AUTH's front page says so (page_http.c). */
static void
test_aimless(void **state)
{
	const char *url = leave(&jar, "/auth/login/corp");

	(void)state;
	set_token(url, "s1", EMAIL);
	assert_int_equal(come_back(&jar, url, ""), 303);
	assert_string_equal(location(), "/");
}

/* AUTH and ADMIN on one host: the Strict cookie needs a step of our own. */
static void
test_admin(void **state)
{
	struct user ann = make_user("ann", "owner");
	struct identity id = { .provider = "corp", .issuer = issuer, .subject = "s1",
		.user = ann.id };
	struct writer *w = begin();
	const char *url;

	(void)state;
	OK(provider_link(w, &id, 1));
	commit(w);
	run_sql("UPDATE user SET password='x'");
	node.auth_host = ADMIN;
	assert_int_equal(get(&jar, ADMIN, "/auth/login/corp?redirect=/apps"), 303);
	url = arena_strdup(ar, location());
	set_token(url, "s1", EMAIL);
	assert_int_equal(get(&jar, ADMIN, arena_printf(ar,
	    "/auth/callback/corp?code=c&state=%s", arg_of(url, "state"))), 200);
	assert_non_null(strstr(text(), "0; url=/apps"));
	assert_non_null(held(&jar, ADMIN, "__Host-fazt_admin"));
	assert_non_null(held(&jar, ADMIN, "__Host-fazt_sso"));
	/* who has a password keeps the name and address */
	assert_int_equal(count("SELECT count(*) FROM user WHERE name='ann' AND"
	    " email='ann@example.com' AND NOT email_verified"), 1);
	/* a user of no rank has no business there */
	jar.n = 0;
	assert_int_equal(get(&jar, ADMIN, "/auth/login/corp?redirect=/apps"), 303);
	url = arena_strdup(ar, location());
	set_token(url, "s2", EMAIL);
	assert_int_equal(get(&jar, ADMIN, arena_printf(ar,
	    "/auth/callback/corp?code=c&state=%s", arg_of(url, "state"))), 303);
	assert_true(str_starts(location(), "/auth/login"));
	assert_null(held(&jar, ADMIN, "__Host-fazt_admin"));
}

/* --- connecting --- */

static const char *
start_link(const char *body)
{
	json_t *v;
	const char *url;

	assert_int_equal(call(&jar, "POST", AUTH, "/auth/link/corp", "application/json", body),
	    200);
	v = json_loadb(rs.bytes, rs.len, 0, NULL);
	url = arena_strdup(ar, json_string_value(json_object_get(json_object_get(v, "data"),
	    "url")));
	json_decref(v);
	return url;
}

static void
test_link(void **state)
{
	struct user ann = make_user("ann", "user");
	const char *url;

	(void)state;
	assert_int_equal(call(&jar, "POST", AUTH, "/auth/link/corp", "application/json", "{}"),
	    401);
	(void)make_session(&jar, &ann, SESSION_SSO, AUTH, 0);
	assert_int_equal(call(&jar, "POST", AUTH, "/auth/link/nobody", "application/json",
	    "{}"), 404);
	url = start_link("{\"redirect\":\"/auth/session\"}");
	assert_true(str_starts(url, issuer));
	set_token(url, "s1", EMAIL);
	assert_int_equal(come_back(&jar, url, ""), 303);
	assert_string_equal(location(), "/auth/session");
	assert_int_equal(USERS(), 1);
	assert_int_equal(SESSIONS(), 1);
	assert_int_equal(count("SELECT i.user=u.id FROM identity i, user u"), 1);
	assert_int_equal(count("SELECT count(*) FROM user WHERE name='ann'"), 1);
	/* from now on it is a way in */
	jar.n = 0;
	sign_in("s1", EMAIL);
	assert_int_equal(USERS(), 1);
}

static void
test_link_taken(void **state)
{
	struct user ann = make_user("ann", "user");
	const char *url;

	(void)state;
	sign_in("s1", EMAIL);
	jar.n = 0;
	(void)make_session(&jar, &ann, SESSION_SSO, AUTH, 0);
	url = start_link("{}");
	set_token(url, "s1", EMAIL);
	assert_int_equal(come_back(&jar, url, ""), 409);
	assert_int_equal(count("SELECT count(*) FROM identity i JOIN user u ON u.id=i.user"
	    " WHERE u.username='ann'"), 0);
}

/* Who comes back must be who left. */
static void
test_link_other(void **state)
{
	struct user ann = make_user("ann", "user"), bob = make_user("bob", "user");
	const char *url;

	(void)state;
	(void)make_session(&jar, &ann, SESSION_SSO, AUTH, 0);
	url = start_link("{}");
	set_token(url, "s1", EMAIL);
	run_sql("DELETE FROM session");
	assert_int_equal(come_back(&jar, url, ""), 400);
	jar.n = 0;
	(void)make_session(&jar, &ann, SESSION_SSO, AUTH, 0);
	url = start_link("{}");
	set_token(url, "s1", EMAIL);
	*held(&jar, AUTH, "__Host-fazt_sso") = (struct jar_cookie){ 0 };
	(void)make_session(&jar, &bob, SESSION_SSO, AUTH, 0);
	assert_int_equal(come_back(&jar, url, ""), 400);
	assert_int_equal(IDENTITIES(), 0);
}

/* From an ADMIN elsewhere it goes over a page of AUTH that asks. */
static void
test_link_admin(void **state)
{
	struct user ann = make_user("ann", "owner");
	const char *url;
	json_t *v;

	(void)state;
	(void)make_session(&jar, &ann, SESSION_ADMIN, ADMIN, 0);
	assert_int_equal(call(&jar, "POST", ADMIN, "/auth/link/corp", "application/json",
	    "{\"redirect\":\"/settings\"}"), 200);
	v = json_loadb(rs.bytes, rs.len, 0, NULL);
	url = arena_strdup(ar, json_string_value(json_object_get(json_object_get(v, "data"),
	    "url")));
	json_decref(v);
	assert_string_equal(url, "https://" AUTH "/auth/link/corp?redirect="
	    "https%3A%2F%2F" ADMIN "%2Fsettings");
	url += strlen("https://" AUTH);
	/* nobody there yet */
	assert_int_equal(get(&jar, AUTH, url), 303);
	assert_true(str_starts(location(), "/auth/login?"));
	(void)make_session(&jar, &ann, SESSION_SSO, AUTH, 0);
	assert_int_equal(get(&jar, AUTH, url), 200);
	assert_non_null(strstr(text(), "action=\"/auth/link/corp\""));
	assert_non_null(strstr(text(), "value=\"https://" ADMIN "/settings\""));
	assert_int_equal(get(&jar, AUTH, "/auth/link/nobody"), 400);
	assert_int_equal(call(&jar, "POST", AUTH, "/auth/link/corp",
	    "application/x-www-form-urlencoded", "redirect=https://" ADMIN "/settings"), 200);
	url = arena_strdup(ar, strstr(text(), "0; url=") + 7);
	assert_true(str_starts(url, issuer));
}

/* --- a provider that hangs --- */

static void *
hang(void *arg)
{
	struct request own = rq;
	const char *url;

	own.arena = arena_new();
	*(enum fz_err *)arg = oauth_begin(&own, "slow", "", "{}", 0, &url, NULL);
	arena_free(own.arena);
	return NULL;
}

/* It costs its own sign-ins: others do not wait, and who is known is not asked. */
static void
test_slow(void **state)
{
	enum fz_err err = FZ_OK;
	pthread_t thread;
	int64_t began;

	(void)state;
	(void)leave(&jar, "/auth/login/corp");
	https_says("/slow" WELL_KNOWN, "LATE");
	run_sql("INSERT INTO provider(name,display_name,client_id,issuer,enabled,updated)"
	    " SELECT 'slow','','c',replace(issuer,'/op','/slow'),1,1 FROM provider");
	run_sql("INSERT INTO provider(name,display_name,client_id,issuer,enabled,updated)"
	    " SELECT 'third','','c',replace(issuer,'/op','/third'),1,1 FROM provider"
	    " WHERE name='corp'");
	response_fini(&rs);
	visit(&jar, AUTH, "/");
	https_forget("/slow" WELL_KNOWN);
	assert_int_equal(pthread_create(&thread, NULL, hang, &err), 0);
	for (int i = 0; i < 200 && https_asked("/slow" WELL_KNOWN)[0] == '\0'; i++)
		(void)usleep(10000);
	began = clock_mono_ms();
	assert_int_equal(get(&stranger, AUTH, "/auth/login/third"), 503);
	assert_non_null(strstr(text(), "Too many people"));
	(void)leave(&stranger, "/auth/login/corp");
	assert_true(clock_mono_ms() - began < 1000);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(err, FZ_SERVICE_UNAVAILABLE);
	/* the place is free again */
	assert_int_equal(get(&stranger, AUTH, "/auth/login/third"), 503);
	assert_null(strstr(text(), "Too many people"));
}

/* With more places than one a provider cannot have them all. */
static void
test_share(void **state)
{
	enum fz_err err = FZ_OK;
	pthread_t thread;

	(void)state;
	oauth_free(node.oauth);
	node.oauth = oauth_new(8);
	https_says("/slow" WELL_KNOWN, "LATE");
	https_forget("/slow" WELL_KNOWN);
	run_sql("INSERT INTO provider(name,display_name,client_id,issuer,enabled,updated)"
	    " SELECT 'slow','','c',replace(issuer,'/op','/slow'),1,1 FROM provider");
	response_fini(&rs);
	visit(&jar, AUTH, "/");
	assert_int_equal(pthread_create(&thread, NULL, hang, &err), 0);
	for (int i = 0; i < 200 && https_asked("/slow" WELL_KNOWN)[0] == '\0'; i++)
		(void)usleep(10000);
	assert_int_equal(get(&stranger, AUTH, "/auth/login/slow"), 503);
	assert_non_null(strstr(text(), "Too many people"));
	(void)leave(&stranger, "/auth/login/corp");
	assert_int_equal(pthread_join(thread, NULL), 0);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	static const struct CMUnitTest tests[] = {
		TEST(test_start), TEST(test_authorize), TEST(test_builtin), TEST(test_unknown),
		TEST(test_discovery_down), TEST(test_sign_in), TEST(test_same_email),
		TEST(test_secret_ways), TEST(test_userinfo), TEST(test_hostile_browser),
		TEST(test_iss), TEST(test_hostile_token), TEST(test_hostile_tokens),
		TEST(test_hostile_id_token), TEST(test_echo), TEST(test_disabled),
		TEST(test_aimless), TEST(test_admin), TEST(test_link), TEST(test_link_taken),
		TEST(test_link_other), TEST(test_link_admin), TEST(test_slow), TEST(test_share),
	};

	return cmocka_run_group_tests(tests, setup_group, teardown_group);
}
