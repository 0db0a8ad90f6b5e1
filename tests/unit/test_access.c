/*
 * Who calls and who may: every form of an Authorization header against a real store, the
 * cookie when there is none, and every kind of row against every kind of caller.
 */
#include "tests/unit/store_test.h"

#include <time.h>

#include "auth/scope.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/digest.h"
#include "store/apikey.h"
#include "store/session.h"
#include "store/user.h"

static int compared;

static bool
counting_equal(const void *a, const void *b, size_t n)
{
	compared++;
	return ct_equal(a, b, n);
}

#define ct_equal counting_equal
#include "auth/access.c"
#undef ct_equal

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct node node = { .domain = "example.com", .admin_host = "admin.example.com",
	.auth_host = "admin.example.com", .scheme = "https", .port_suffix = "" };

struct made {
	char	text[TOKEN_MAX];
	char	id[TOKEN_ID_LEN + 1];
	int64_t	row;
};

/* life: milliseconds from now, 0 = never ends. */
static struct made
make_key(const char *name, const char *scopes, int64_t life)
{
	struct made m;
	struct apikey k = { .key_id = m.id, .name = name, .scopes = scopes };
	struct writer *w = begin();

	token_make(m.text, m.id, k.hash);
	k.expires = life != 0 ? clock_wall_ms() + life : 0;
	OK(apikey_add(w, &k));
	OK(writer_commit(w, NULL));
	m.row = k.id;
	return m;
}

static void
base64(char *out, const char *s)
{
	static const char set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i += 3) {
		unsigned v = (unsigned)(unsigned char)s[i] << 16;

		v |= i + 1 < len ? (unsigned)(unsigned char)s[i + 1] << 8 : 0;
		v |= i + 2 < len ? (unsigned)(unsigned char)s[i + 2] : 0;
		*out++ = set[v >> 18];
		*out++ = set[v >> 12 & 63];
		*out++ = (char)(i + 1 < len ? set[v >> 6 & 63] : '=');
		*out++ = (char)(i + 2 < len ? set[v & 63] : '=');
	}
	*out = '\0';
}

static struct request rq;
static struct response rs;
static struct pair header;

/* A request with this Authorization header, or none. */
static enum fz_err
identify(const char *authorization)
{
	memset(&rq, 0, sizeof(rq));
	rq.arena = ar;
	rq.node = &node;
	rq.ip = "192.0.2.1";
	header = (struct pair){ "authorization", authorization };
	rq.headers = (struct pairs){ &header, authorization != NULL };
	response_init(&rs, ar);
	return access_identify(&rq, &rs);
}

static enum fz_err
bearer(const char *key)
{
	return identify(arena_printf(ar, "Bearer %s", key));
}

static enum fz_err
basic(const char *userpass)
{
	char text[1024];

	base64(text, userpass);
	return identify(arena_printf(ar, "Basic %s", text));
}

static void
assert_anonymous(void)
{
	assert_null(rq.caller.key_id);
	assert_null(rq.caller.key_scopes);
	assert_null(rq.caller.user_uid);
	assert_int_equal(rq.caller.role, ROLE_ANON);
	assert_string_equal(rq.caller.name, "anonymous");
}

static void
assert_refused(enum fz_err err)
{
	assert_int_equal(err, FZ_INVALID_API_KEY);
	assert_anonymous();
	assert_non_null(response_get(&rs, "WWW-Authenticate"));
}

static void
test_no_credentials(void **state)
{
	(void)state;
	OK(identify(NULL));
	assert_anonymous();
	assert_null(response_get(&rs, "WWW-Authenticate"));
}

static void
test_bearer_and_basic(void **state)
{
	struct made m = make_key("ci", "deploy:blog", 0);
	const char *const forms[] = { "Bearer %s", "bearer %s", "BEARER   %s" };

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		OK(identify(arena_printf(ar, forms[i], m.text)));
		assert_string_equal(rq.caller.key_id, m.id);
		assert_string_equal(rq.caller.key_scopes, "deploy:blog");
		assert_string_equal(rq.caller.name, "ci");
		assert_int_equal(rq.caller.role, ROLE_ANON);
		assert_null(rq.caller.user_uid);
	}
	OK(basic(arena_printf(ar, "x:%s", m.text)));
	assert_string_equal(rq.caller.key_id, m.id);
	OK(basic(arena_printf(ar, ":%s", m.text)));
	OK(basic(arena_printf(ar, "ab:%s", m.text)));
	assert_string_equal(rq.caller.key_scopes, "deploy:blog");
}

static void
test_malformed_headers(void **state)
{
	struct made m = make_key("ci", "deploy", 0);
	const char *const bad[] = {
		"", "Bearer", "Bearer ", "Basic", "Basic ", "Basic =", "Basic ====",
		"Basic ab", "Basic a===", "Basic !!!!", "Basic AAAA", "Basic eDp4", "Digest x",
		"Negotiate abc", "fazt_key_x", m.text,
		arena_printf(ar, "Bearer\t%s", m.text),
		arena_printf(ar, "Bearer %s ", m.text),
		arena_printf(ar, "Bearer %s,", m.text),
		arena_printf(ar, "Bearer %s, Bearer %s", m.text, m.text),
		arena_printf(ar, "Bearer x%s", m.text),
		arena_printf(ar, "Bearerx %s", m.text),
		arena_printf(ar, "Bearer \"%s\"", m.text),
		arena_printf(ar, "Basic %s", m.text),
	};
	char *big = arena_alloc(ar, 8192 + 16);

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		enum fz_err err = identify(bad[i]);

		if (err != FZ_INVALID_API_KEY)
			fail_msg("accepted \"%s\"", bad[i]);
		assert_refused(err);
	}
	memset(big, 'A', 8192);
	memcpy(big, "Basic ", 6);
	assert_refused(identify(big));
	assert_refused(basic(m.text));			/* no colon */
	assert_refused(basic(arena_printf(ar, "%s:", m.text)));
	assert_refused(basic(arena_printf(ar, "x:%s:", m.text)));
	assert_refused(basic("admin:password"));
	/* One bad letter where the user name is. */
	OK(basic(arena_printf(ar, "user:%s", m.text)));
	header.value = arena_printf(ar, "Basic !%s", header.value + 7);
	assert_refused(access_identify(&rq, &rs));
}

static void
test_unknown_wrong_expired_revoked(void **state)
{
	struct made m = make_key("old", "admin", -1), other, fresh;
	char text[TOKEN_MAX], id[TOKEN_ID_LEN + 1];
	uint8_t hash[SHA256_LEN];
	struct writer *w;

	(void)state;
	assert_refused(bearer(m.text));			/* expired a millisecond ago */
	fresh = make_key("fresh", "admin", 60000);
	OK(bearer(fresh.text));
	token_make(text, id, hash);
	compared = 0;
	assert_refused(bearer(text));			/* well-formed, never made */
	assert_int_equal(compared, 1);			/* and compared all the same */
	OK(bearer(fresh.text));
	assert_int_equal(compared, 2);
	/* Right id, a secret of another key: the check fits, the hash does not. */
	other = make_key("other", "deploy", 0);
	memcpy(text, other.text, sizeof(text));
	memcpy(text, fresh.text, TOKEN_ID_LEN);
	{
		static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "abcdefghijklmnopqrstuvwxyz";
		uint32_t crc = crc32_of(text, 65);

		for (int i = 71; i > 65; i--, crc /= 62)
			text[i] = set[crc % 62];
	}
	assert_true(token_parse(text, id, hash));
	assert_string_equal(id, fresh.id);
	assert_refused(bearer(text));
	w = begin();
	OK(apikey_delete(w, other.row));
	OK(writer_commit(w, NULL));
	assert_refused(bearer(other.text));
}

static void
test_use_is_noted(void **state)
{
	struct made m = make_key("ci", "deploy", 0);
	struct reader *rd;
	struct apikey k;

	(void)state;
	OK(bearer(m.text));
	OK(reader_open(st, &rd));
	OK(apikey_get(rd, ar, m.id, &k));
	reader_close(rd);
	assert_true(k.last_used > 0);
	assert_string_equal(k.last_ip, "192.0.2.1");
}

/* Even keys with a right check and a known id cost little. */
static void
test_bogus_are_cheap(void **state)
{
	enum { KEYS = 2000 };
	struct arena *keep = ar;
	struct timespec a, b;
	double us;

	(void)state;
	ar = arena_new();
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (int i = 0; i < KEYS; i++) {
		char text[TOKEN_MAX], id[TOKEN_ID_LEN + 1];
		uint8_t hash[SHA256_LEN];

		token_make(text, id, hash);
		assert_int_equal(bearer(text), FZ_INVALID_API_KEY);
		arena_reset(ar);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	arena_free(ar);
	ar = keep;
	us = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
	print_message("%d well-formed unknown keys: %.1f us of CPU each, making included\n",
	    KEYS, us / KEYS);
}

static enum fz_err
nothing(struct request *q, struct response *s)
{
	(void)q;
	(void)s;
	return FZ_OK;
}

static void
test_rows_and_callers(void **state)
{
	static const struct {
		int		 who;
		const char	*scope;
		enum fz_err	 anon;
		enum fz_err	 deployer;	/* deploy,apps.read */
		enum fz_err	 blogger;	/* deploy:blog */
		enum fz_err	 holder;	/* admin */
	} t[] = {
		{ WHO_ANON, NULL, FZ_OK, FZ_OK, FZ_OK, FZ_OK },
		{ WHO_USER, NULL, FZ_UNAUTHORIZED, FZ_FORBIDDEN, FZ_FORBIDDEN, FZ_FORBIDDEN },
		{ WHO_ADMIN, NULL, FZ_UNAUTHORIZED, FZ_FORBIDDEN, FZ_FORBIDDEN,
		    FZ_FORBIDDEN },
		{ WHO_OWNER, NULL, FZ_UNAUTHORIZED, FZ_FORBIDDEN, FZ_FORBIDDEN,
		    FZ_FORBIDDEN },
		{ WHO_FRESH, NULL, FZ_UNAUTHORIZED, FZ_FORBIDDEN, FZ_FORBIDDEN,
		    FZ_FORBIDDEN },
		{ WHO_USER, SCOPE_ANY, FZ_UNAUTHORIZED, FZ_OK, FZ_OK, FZ_OK },
		{ WHO_ADMIN, "deploy", FZ_UNAUTHORIZED, FZ_OK, FZ_OK, FZ_OK },
		{ WHO_ADMIN, "apps.read", FZ_UNAUTHORIZED, FZ_OK, FZ_SCOPE_REQUIRED, FZ_OK },
		{ WHO_ADMIN, "apps", FZ_UNAUTHORIZED, FZ_SCOPE_REQUIRED, FZ_SCOPE_REQUIRED,
		    FZ_OK },
		{ WHO_OWNER, "sql", FZ_UNAUTHORIZED, FZ_SCOPE_REQUIRED, FZ_SCOPE_REQUIRED,
		    FZ_OK },
		{ WHO_FRESH, "backup", FZ_UNAUTHORIZED, FZ_SCOPE_REQUIRED, FZ_SCOPE_REQUIRED,
		    FZ_OK },
	};
	struct made deployer = make_key("d", "deploy,apps.read", 0);
	struct made blogger = make_key("b", "deploy:blog", 0);
	struct made holder = make_key("h", "admin", 0);

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct route row = { METHOD_GET, "/x", nothing, t[i].who, t[i].scope, ON_ADMIN,
			0, 0, "x", NULL, NULL };

		OK(identify(NULL));
		assert_int_equal(access_check(&rq, &rs, &row), t[i].anon);
		assert_int_equal(response_get(&rs, "WWW-Authenticate") != NULL,
		    t[i].anon == FZ_UNAUTHORIZED);
		OK(bearer(deployer.text));
		assert_int_equal(access_check(&rq, &rs, &row), t[i].deployer);
		OK(bearer(blogger.text));
		assert_int_equal(access_check(&rq, &rs, &row), t[i].blogger);
		if (t[i].blogger == FZ_SCOPE_REQUIRED)
			assert_string_equal(json_string_value(json_object_get(rs.details,
			    "scope")), t[i].scope);
		OK(bearer(holder.text));
		assert_int_equal(access_check(&rq, &rs, &row), t[i].holder);
	}
}

/* A key of one app passes the row and meets access_app in the handler. */
static void
test_key_of_one_app(void **state)
{
	static const char *const blog[] = { "fazt_app_9kQ2mZ7xWb1C", "blog", NULL };
	static const char *const shop[] = { "fazt_app_000000000000", "shop", NULL };
	static const struct route row = { METHOD_POST, "/x", nothing, WHO_ADMIN, "deploy",
		ON_ADMIN, 0, 6, "x", NULL, NULL };
	struct made limited = make_key("ci", "deploy:blog,logs.read", 0);
	struct made full = make_key("ci", "deploy", 0);

	(void)state;
	OK(bearer(limited.text));
	rq.route = &row;
	OK(access_check(&rq, &rs, &row));
	assert_true(access_limited(&rq));
	OK(access_app(&rq, &rs, blog));
	assert_int_equal(access_app(&rq, &rs, shop), FZ_SCOPE_REQUIRED);
	assert_string_equal(json_string_value(json_object_get(rs.details, "scope")),
	    "deploy");
	OK(bearer(full.text));
	rq.route = &row;
	assert_false(access_limited(&rq));
	OK(access_app(&rq, &rs, shop));
	/* Without a row nobody knows what is asked: a key gets nothing. */
	OK(bearer(full.text));
	assert_true(access_limited(&rq));
	assert_int_equal(access_app(&rq, &rs, blog), FZ_SCOPE_REQUIRED);
	OK(identify(NULL));
	rq.route = &row;
	assert_false(access_limited(&rq));
	OK(access_app(&rq, &rs, shop));
}

/* Every role against every kind of row, the owner's password proven or not. */
static void
test_roles(void **state)
{
	static const struct {
		enum role	 role;
		int64_t		 fresh;		/* from now */
		enum fz_err	 answers[5];	/* anon user admin owner fresh */
	} t[] = {
		{ ROLE_ANON, 0, { FZ_OK, FZ_UNAUTHORIZED, FZ_UNAUTHORIZED, FZ_UNAUTHORIZED,
		    FZ_UNAUTHORIZED } },
		{ ROLE_USER, 60000, { FZ_OK, FZ_OK, FZ_FORBIDDEN, FZ_FORBIDDEN,
		    FZ_FORBIDDEN } },
		{ ROLE_ADMIN, 60000, { FZ_OK, FZ_OK, FZ_OK, FZ_FORBIDDEN, FZ_FORBIDDEN } },
		{ ROLE_OWNER, -1, { FZ_OK, FZ_OK, FZ_OK, FZ_OK, FZ_REAUTH_REQUIRED } },
		{ ROLE_OWNER, 60000, { FZ_OK, FZ_OK, FZ_OK, FZ_OK, FZ_OK } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		for (int who = WHO_ANON; who <= WHO_FRESH; who++) {
			struct route row = { METHOD_GET, "/x", nothing, who, "deploy", ON_ADMIN,
				0, 0, "x", NULL, NULL };

			OK(identify(NULL));
			rq.caller.role = t[i].role;
			rq.caller.fresh = clock_wall_ms() + t[i].fresh;
			assert_int_equal(access_check(&rq, &rs, &row), t[i].answers[who]);
		}
	OK(identify(NULL));
	rq.caller.role = ROLE_OWNER;		/* never proven */
	assert_int_equal(access_check(&rq, &rs, &(struct route){ .who = WHO_FRESH }),
	    FZ_REAUTH_REQUIRED);
}

/* The cookie of an admin session that lasts so long. */
static const char *
make_cookie(const char *name, const char *role, int64_t life)
{
	struct user u = { .username = name, .role = role };
	struct session s = { .kind = SESSION_ADMIN, .host = "admin.example.com",
		.idle = 60000, .expires = clock_wall_ms() + life };
	char text[SESSION_TOKEN_LEN + 1];
	uint8_t hash[SHA256_LEN];
	struct writer *w = begin();

	OK(user_add(w, ar, &u));
	s.user = u;
	session_cookie_token(text, hash);
	OK(session_add(w, ar, &s, hash, clock_wall_ms()));
	commit(w);
	return arena_printf(ar, "__Host-fazt_admin=%s", text);
}

static enum fz_err
identify_both(const char *cookie, const char *authorization, struct site *site)
{
	static struct pair both[2];

	(void)identify(NULL);
	both[0] = (struct pair){ "cookie", cookie };
	both[1] = (struct pair){ "authorization", authorization };
	rq.headers = (struct pairs){ both, authorization != NULL ? 2 : 1 };
	rq.secure = true;
	rq.path = "/api/apps";
	snprintf(rq.host, sizeof(rq.host), "admin.example.com");
	rq.site = site;
	return access_identify(&rq, &rs);
}

static void
test_cookies(void **state)
{
	static const struct route row = { METHOD_GET, "/x", nothing, WHO_ADMIN, "apps",
		ON_ADMIN, 0, 0, "x", NULL, NULL };
	static const struct route open = { METHOD_GET, "/x", nothing, WHO_ANON, NULL,
		ON_ADMIN, 0, 0, "x", NULL, NULL };
	const char *cookie = make_cookie("ann", "admin", 60000);
	const char *old = make_cookie("bob", "admin", -1);
	struct made key = make_key("ci", "apps", 0);
	const char *bearer_key = arena_printf(ar, "Bearer %s", key.text);

	(void)state;
	OK(identify_both(cookie, NULL, NULL));
	assert_int_equal(rq.caller.role, ROLE_ADMIN);
	assert_string_equal(rq.caller.name, "ann");
	OK(access_check(&rq, &rs, &row));
	/* A key goes before the cookie, a bad one is not repaired by it. */
	OK(identify_both(cookie, bearer_key, NULL));
	assert_string_equal(rq.caller.key_id, key.id);
	assert_int_equal(rq.caller.role, ROLE_ANON);
	assert_int_equal(rq.caller.session, 0);
	assert_refused(identify_both(cookie, "Bearer x", NULL));
	/* On an app's host the header is the app's. */
	OK(identify_both(cookie, "Bearer x", (struct site *)(void *)&node));
	assert_null(rq.caller.key_id);
	OK(identify_both(cookie, bearer_key, (struct site *)(void *)&node));
	assert_null(rq.caller.key_id);
	/* Over: anonymous, and told why where that is not enough. */
	OK(identify_both(old, NULL, NULL));
	assert_anonymous();
	assert_int_equal(access_check(&rq, &rs, &row), FZ_SESSION_EXPIRED);
	assert_non_null(response_get(&rs, "WWW-Authenticate"));
	OK(access_check(&rq, &rs, &open));
	OK(identify_both("__Host-fazt_admin=x", NULL, NULL));
	assert_int_equal(access_check(&rq, &rs, &row), FZ_UNAUTHORIZED);
}

static int
setup(void **state)
{
	int rc = store_setup(state);

	node.store = st;
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_credentials),
		cmocka_unit_test(test_bearer_and_basic),
		cmocka_unit_test(test_malformed_headers),
		cmocka_unit_test(test_unknown_wrong_expired_revoked),
		cmocka_unit_test(test_use_is_noted),
		cmocka_unit_test(test_bogus_are_cheap),
		cmocka_unit_test(test_rows_and_callers),
		cmocka_unit_test(test_key_of_one_app),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_cookies),
	};

	return cmocka_run_group_tests(tests, setup, store_teardown);
}
