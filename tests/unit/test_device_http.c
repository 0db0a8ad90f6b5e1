/*
 * The device grant over HTTP: a code, the page that decides, and the key that is handed out
 * once, or not at all.
 */
#include "tests/unit/store_test.h"

#include "auth/session_cookie.h"
#include "auth/throttle.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/route.h"
#include "base/spool.h"
#include "store/apikey.h"
#include "store/device.h"
#include "store/user.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY_MS 86400000LL

extern const struct route device_routes[];

static struct node node;
static struct request rq;
static struct response rs;
static struct user owner, admin, person;
static const struct user *who;		/* calls; NULL = nobody */
static int64_t fresh;
static const char *cookie;
static json_t *answer;
static char body_text[66000];		/* of the last answer */

static enum role
role_of(const struct user *u)
{
	return strcmp(u->role, "owner") == 0 ? ROLE_OWNER :
	    strcmp(u->role, "admin") == 0 ? ROLE_ADMIN : ROLE_USER;
}

static void
drop(void *value)
{
	json_decref(value);
}

static void
keep_answer(void)
{
	size_t n = rs.len < sizeof(body_text) ? rs.len : sizeof(body_text) - 1;

	memcpy(body_text, rs.bytes, n);
	body_text[n] = '\0';
	answer = json_loads(body_text, 0, NULL);
	if (answer != NULL)
		arena_defer(ar, drop, answer);
}

/* The status.  body starts with '{' for JSON, anything else is a form. */
static int
call(enum method m, const char *path, const char *query, const char *body)
{
	const struct route *const tables[] = { device_routes, NULL };
	static struct pair headers[2];
	const char *allow;
	enum fz_err err;

	response_fini(&rs);
	memset(&rq, 0, sizeof(rq));
	rq.arena = ar;
	rq.node = &node;
	rq.method = m;
	rq.path = path;
	rq.query = query;
	rq.ip = "192.0.2.1";
	rq.secure = true;
	rq.content_type = "";
	(void)snprintf(rq.host, sizeof(rq.host), "%s", node.admin_host);
	rq.caller.name = "anonymous";
	if (cookie != NULL) {
		headers[rq.headers.n++] = (struct pair){ "cookie", cookie };
		rq.headers.v = headers;
	}
	if (who != NULL)
		rq.caller = (struct caller){ .role = role_of(who), .user = who->id,
			.user_uid = who->uid, .name = who->username, .fresh = fresh };
	if (body != NULL) {
		rq.content_type = body[0] == '{' ? "application/json" :
		    "application/x-www-form-urlencoded";
		rq.content_length = (int64_t)strlen(body);
		rq.body = spool_new(NULL, MIB);
		OK(spool_add(rq.body, body, strlen(body)));
	}
	if (m == METHOD_GET) {
		headers[rq.headers.n++] = (struct pair){ "accept", "text/html" };
		rq.headers.v = headers;
	}
	response_init(&rs, ar);
	assert_int_equal(route_find(tables, ON_ADMIN, m, path, ar, &rq.route, &rq.params,
	    &allow), ROUTE_FOUND);
	err = rq.route->handle(&rq, &rs);
	if (err != FZ_OK)
		response_error(&rs, err);
	assert_false(rs.broken);
	keep_answer();
	spool_free(rq.body);
	return rs.status;
}

static const char *
data(const char *name)
{
	const char *s = json_string_value(json_object_get(json_object_get(answer, "data"),
	    name));

	return s != NULL ? arena_strdup(ar, s) : "(none)";
}

static const char *
reason(void)
{
	const json_t *details = json_object_get(json_object_get(answer, "error"), "details");
	const char *s = json_string_value(json_object_get(details, "reason"));

	return s != NULL ? s : "(none)";
}

static const char *device_code, *user_code;

static void
ask(void)
{
	assert_int_equal(call(METHOD_POST, "/api/device/code", "",
	    "{\"client\":\"ann's <laptop>\"}"), 200);
	device_code = data("device_code");
	user_code = data("user_code");
}

static int
poll_token(void)
{
	const struct user *saved = who;
	int status;

	who = NULL;
	status = call(METHOD_POST, "/api/device/token", "",
	    arena_printf(ar, "{\"device_code\":\"%s\"}", device_code));
	who = saved;
	return status;
}

static void
later(int64_t ms)
{
	struct writer *w = begin();

	OK(sql_run(w, "UPDATE device SET polled=polled-?1, expires=expires-?2", "ii", ms,
	    ms));
	commit(w);
}

static int
decide(const char *more)
{
	return call(METHOD_POST, "/device", "", arena_printf(ar, "user_code=%s&%s", user_code,
	    more));
}

static int64_t
keys(void)
{
	return number("SELECT count(*) FROM apikey");
}

static void
test_code(void **state)
{
	(void)state;
	who = NULL;
	ask();
	assert_int_equal(strlen(device_code), 43);
	assert_int_equal(strlen(user_code), 9);
	assert_int_equal(user_code[4], '-');
	assert_int_equal(strspn(user_code, "BCDFGHJKLMNPQRSTVWXZ-"), 9);
	assert_string_equal(data("verification_uri"), "https://admin.example.com/device");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "data"),
	    "expires_in")), 600);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "data"),
	    "interval")), 5);
	/* Nothing of the secret is kept. */
	assert_int_equal(number("SELECT count(*) FROM device WHERE length(hash)=32"), 1);
	assert_int_equal(call(METHOD_POST, "/api/device/code", "", NULL), 200);
	assert_int_equal(number("SELECT count(*) FROM device WHERE client='command line'"), 1);
}

static void
test_bad_bodies(void **state)
{
	static const struct {
		const char *path, *body;
		int status;
	} cases[] = {
		{ "/api/device/code", "{\"client\":7}", 400 },
		{ "/api/device/code", "{\"client\":\"\"}", 400 },
		{ "/api/device/code", "{\"client\":\"  \"}", 400 },
		{ "/api/device/code", "{\"client\":\"a\\u202eb\"}", 400 },
		{ "/api/device/code", "{\"client\":\"a\\nb\"}", 400 },
		{ "/api/device/code", "{\"client\":\"a\\u0000b\"}", 400 },
		{ "/api/device/code", "{\"client\":\"01234567890123456789012345678901234567890"
		    "12345678901234567890123456\"}", 400 },
		{ "/api/device/code", "{", 400 },
		{ "/api/device/code", "client=x", 415 },
		{ "/api/device/token", "{}", 400 },
		{ "/api/device/token", "{\"device_code\":null}", 400 },
		{ "/api/device/token", "{\"device_code\":[1]}", 400 },
		{ "/device", "action=approve", 400 },
		{ "/device", "user_code=BBBB-BBBB", 400 },
		{ "/device", "user_code=BBBB-BBBB&action=eat", 400 },
		{ "/device", "user_code=%zz&action=deny", 400 },
	};

	(void)state;
	who = &admin;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (call(METHOD_POST, cases[i].path, "", cases[i].body) != cases[i].status)
			fail_msg("%s %s: %d %s", cases[i].path, cases[i].body, rs.status,
			    body_text);
}

/* The page names every scope that the key has, in its order, and no other. */
static void
check_shown(const char *page, const char *scopes)
{
	char shown[512], *out = shown;

	for (const char *s = scopes; *s != '\0'; s++) {
		*out++ = *s;
		if (*s == ',')
			*out++ = ' ';
	}
	*out = '\0';
	assert_non_null(strstr(page, arena_printf(ar, "<dd>%s</dd>", shown)));
}

static void
test_granted(void **state)
{
	char id[TOKEN_ID_LEN + 1];
	uint8_t hash[SHA256_LEN];
	const char *token, *page;
	struct apikey k;
	struct reader *rd;
	int64_t before = keys();

	(void)state;
	ask();
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "authorization_pending");
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "slow_down");
	later(4700);
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "slow_down");
	later(100);
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "authorization_pending");
	who = &admin;
	assert_int_equal(call(METHOD_GET, "/device",
	    arena_printf(ar, "user_code=%s", user_code), NULL), 200);
	page = arena_strdup(ar, body_text);
	assert_int_equal(decide("action=approve"), 200);
	assert_non_null(strstr(body_text, "Device connected"));
	/* Approving makes no key, and nobody decides twice. */
	assert_int_equal(keys(), before);
	assert_int_equal(decide("action=deny"), 404);
	assert_int_equal(call(METHOD_GET, "/device",
	    arena_printf(ar, "user_code=%s", user_code), NULL), 404);
	assert_int_equal(poll_token(), 200);
	token = data("token");
	assert_string_equal(data("scopes"),
	    "deploy,apps,aliases,data,env,jobs,logs.read,stats.read,system.read");
	assert_true(token_parse(token, id, hash));
	assert_string_equal(data("key_id"), id);
	rd = reader();
	OK(apikey_get(rd, ar, id, &k));
	reader_close(rd);
	assert_memory_equal(k.hash, hash, sizeof(hash));
	assert_string_equal(k.name, "ann's <laptop>");
	assert_string_equal(k.created_by, admin.uid);
	assert_string_equal(k.scopes, data("scopes"));
	check_shown(page, k.scopes);
	assert_in_range(k.expires - clock_wall_ms(), 90 * DAY_MS - 60000, 90 * DAY_MS);
	/* Once. */
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "expired_token");
	assert_int_equal(keys(), before + 1);
}

static void
test_refused(void **state)
{
	int64_t before = keys();

	(void)state;
	who = &admin;
	ask();
	assert_int_equal(decide("action=deny"), 200);
	assert_non_null(strstr(body_text, "Request denied"));
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "access_denied");
	/* Nobody knows it, it is over, it was approved too late. */
	device_code = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "expired_token");
	ask();
	later(DEVICE_LIFE_MS);
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "expired_token");
	assert_int_equal(decide("action=approve"), 404);
	ask();
	assert_int_equal(decide("action=approve"), 200);
	later(DEVICE_LIFE_MS);
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "expired_token");
	assert_int_equal(keys(), before);
}

static void
set_admin(const char *literal)
{
	struct writer *w = begin();

	OK(sql_run(w, literal, "i", admin.id));
	commit(w);
}

/* Who lost what they had between approval and key gives nothing. */
static void
test_approver(void **state)
{
	int64_t before = keys();

	(void)state;
	who = &admin;
	ask();
	assert_int_equal(decide("action=approve"), 200);
	set_admin("UPDATE user SET disabled=1 WHERE id=?1");
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "access_denied");
	set_admin("UPDATE user SET disabled=0 WHERE id=?1");
	/* That was the end of it. */
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "expired_token");
	ask();
	assert_int_equal(decide("action=approve"), 200);
	set_admin("UPDATE user SET role='user' WHERE id=?1");
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "access_denied");
	set_admin("UPDATE user SET role='owner' WHERE id=?1");
	who = &(struct user){ .id = admin.id, .uid = admin.uid, .role = "owner",
		.username = "x" };
	fresh = INT64_MAX;
	ask();
	assert_int_equal(decide("action=approve&full=true"), 200);
	set_admin("UPDATE user SET role='admin' WHERE id=?1");
	assert_int_equal(poll_token(), 400);
	assert_string_equal(reason(), "access_denied");
	fresh = 0;
	assert_int_equal(keys(), before);
}

static void
test_full(void **state)
{
	const char *query;

	(void)state;
	ask();
	query = arena_printf(ar, "user_code=%s", user_code);
	who = &owner;
	fresh = clock_wall_ms() - 1;
	assert_int_equal(call(METHOD_GET, "/device", query, NULL), 200);
	assert_null(strstr(body_text, "Full access"));
	assert_int_equal(decide("action=approve&full=true"), 403);
	who = &admin;
	fresh = clock_wall_ms() + 60000;
	assert_int_equal(call(METHOD_GET, "/device", query, NULL), 200);
	assert_null(strstr(body_text, "Full access"));
	assert_int_equal(decide("action=approve&full=true"), 403);
	who = &owner;
	assert_int_equal(call(METHOD_GET, "/device", query, NULL), 200);
	assert_non_null(strstr(body_text, "Full access"));
	assert_int_equal(decide("action=approve&full=true"), 200);
	assert_int_equal(poll_token(), 200);
	assert_string_equal(data("scopes"), "admin");
	fresh = 0;
}

static void
test_page(void **state)
{
	static const char *const wrong[] = { "BBBB-BBB", "BBBB-BBBBB", "AEIO-UAEI", "x",
		"%3Cscript%3E", "BBBB-BBBB", "%FF", "12345678" };
	const char *typed;

	(void)state;
	ask();
	who = &admin;
	assert_int_equal(call(METHOD_GET, "/device", "", NULL), 200);
	assert_non_null(strstr(body_text, "name=\"user_code\""));
	assert_int_equal(call(METHOD_GET, "/device",
	    arena_printf(ar, "user_code=%s", user_code), NULL), 200);
	assert_non_null(strstr(body_text, user_code));
	assert_non_null(strstr(body_text, "ann&#39;s &lt;laptop&gt;"));
	assert_null(strstr(body_text, "<laptop>"));
	assert_non_null(strstr(body_text, "192.0.2.1"));
	assert_non_null(strstr(body_text, "deploy, apps, aliases"));
	assert_non_null(strstr(body_text, "value=\"approve\""));
	assert_non_null(strstr(body_text, "value=\"deny\""));
	/* Looking approves nothing. */
	assert_int_equal(number("SELECT count(*) FROM device WHERE status<>'pending'"), 0);
	/* As people type. */
	typed = arena_printf(ar, "user_code=%%20%c%c%.2s+%.4s-", user_code[0] + 32,
	    user_code[1] + 32, user_code + 2, user_code + 5);
	assert_int_equal(call(METHOD_GET, "/device", typed, NULL), 200);
	assert_non_null(strstr(body_text, "value=\"approve\""));
	for (size_t i = 0; i < COUNT(wrong); i++) {
		int status = call(METHOD_GET, "/device", arena_printf(ar, "user_code=%s",
		    wrong[i]), NULL);

		if (strcmp(wrong[i], "%FF") == 0)
			assert_int_equal(status, 200);	/* a malformed query is none */
		else
			assert_int_equal(status, 404);
		assert_null(strstr(body_text, "value=\"approve\""));
		assert_null(strstr(body_text, "<script>"));
	}
	/* A program gets JSON. */
	assert_int_equal(call(METHOD_POST, "/device", "", arena_printf(ar,
	    "{\"user_code\":\"%s\",\"action\":\"approve\"}", user_code)), 200);
	assert_string_equal(data("message"), "Approved");
	assert_int_equal(poll_token(), 200);
}

/* The cookie of a new sso session. */
static void
sign_in(const struct user *u)
{
	char text[SESSION_TOKEN_LEN + 1];
	uint8_t hash[SHA256_LEN];
	struct session s = { .kind = SESSION_SSO, .user = *u, .host = "admin.example.com",
		.ip = "", .ua = "", .idle = DAY_MS, .expires = clock_wall_ms() + DAY_MS };
	struct writer *w = begin();

	session_cookie_token(text, hash);
	OK(session_add(w, ar, &s, hash, clock_wall_ms()));
	commit(w);
	cookie = arena_printf(ar, "__Host-fazt_sso=%s", text);
}

static void
test_not_signed_in(void **state)
{
	(void)state;
	who = NULL;
	assert_int_equal(call(METHOD_GET, "/device", "", NULL), 303);
	assert_string_equal(response_get(&rs, "Location"), "/auth/login?redirect=%2Fdevice");
	assert_int_equal(call(METHOD_GET, "/device", "user_code=bb%26app%3Dx", NULL), 303);
	assert_string_equal(response_get(&rs, "Location"),
	    "/auth/login?redirect=%2Fdevice%3Fuser_code%3Dbb%2526app%253Dx");
	/* Signing in again would not help a user; it does help an administrator. */
	sign_in(&person);
	assert_int_equal(call(METHOD_GET, "/device", "", NULL), 403);
	assert_non_null(strstr(body_text, "Only an administrator"));
	sign_in(&owner);
	assert_int_equal(call(METHOD_GET, "/device", "", NULL), 303);
	/* What the cookie of the sign-in host makes of anybody. */
	who = &person;
	assert_int_equal(call(METHOD_GET, "/device", "", NULL), 303);
	cookie = NULL;
}

static void
test_throttled(void **state)
{
	int allowed = 0;

	(void)state;
	who = NULL;
	node.throttle = throttle_new();
	for (int i = 0; i < 12; i++)
		allowed += call(METHOD_POST, "/api/device/code", "", "{}") == 200;
	assert_int_equal(rs.status, 429);
	assert_non_null(response_get(&rs, "Retry-After"));
	assert_int_equal(allowed, 10);
	throttle_free(node.throttle);
	node.throttle = NULL;
}

static void
test_rows(void **state)
{
	(void)state;
	for (const struct route *r = device_routes; r->path != NULL; r++) {
		assert_int_equal(r->hosts, ON_ADMIN);
		assert_null(r->scope);
		if (r->method == METHOD_POST && strcmp(r->path, "/device") == 0) {
			assert_int_equal(r->who, WHO_ADMIN);
			assert_int_equal(r->flags & (ROUTE_ANY_SITE | ROUTE_SIGN_IN), 0);
		}
	}
}

static struct user
make_user(const char *name, const char *role)
{
	struct user u = { .username = name, .email = "", .name = name, .role = role,
		.provider = "", .picture = "" };
	struct writer *w = begin();

	OK(user_add(w, ar, &u));
	commit(w);
	return u;
}

static int
setup(void **state)
{
	if (store_setup(state) != 0)
		return -1;
	node = (struct node){ .domain = "example.com", .admin_host = "admin.example.com",
		.auth_host = "admin.example.com", .scheme = "https", .port_suffix = "",
		.max_json = MIB, .store = st };
	owner = make_user("owner", "owner");
	admin = make_user("admin", "admin");
	person = make_user("person", "user");
	response_init(&rs, ar);
	return 0;
}

static int
teardown(void **state)
{
	response_fini(&rs);
	return store_teardown(state);
}

/* Every test begins with no device and nobody. */
static int
each(void **state)
{
	struct writer *w = begin();

	(void)state;
	OK(sql_run(w, "DELETE FROM device", ""));
	commit(w);
	who = NULL;
	fresh = 0;
	cookie = NULL;
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_code, each),
		cmocka_unit_test_setup(test_bad_bodies, each),
		cmocka_unit_test_setup(test_granted, each),
		cmocka_unit_test_setup(test_refused, each),
		cmocka_unit_test_setup(test_approver, each),
		cmocka_unit_test_setup(test_full, each),
		cmocka_unit_test_setup(test_page, each),
		cmocka_unit_test_setup(test_not_signed_in, each),
		cmocka_unit_test_setup(test_throttled, each),
		cmocka_unit_test_setup(test_rows, each),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
