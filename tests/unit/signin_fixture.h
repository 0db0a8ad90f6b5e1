/*
 * A node with a store, its users, and browsers: what a Set-Cookie says is kept by host and
 * sent again, so that a test reads like a visit.  For the tests of sessions and sign-in.
 */
#ifndef TESTS_SIGNIN_FIXTURE_H
#define TESTS_SIGNIN_FIXTURE_H

#include "tests/unit/store_test.h"

#include "auth/session_cookie.h"
#include "base/clock.h"
#include "base/request.h"
#include "base/response.h"
#include "base/route.h"
#include "store/session.h"

static struct node node = {
	.domain = "example.com",
	.admin_host = "admin.example.com",
	.auth_host = "login.example.com",
	.scheme = "https",
	.port_suffix = "",
};

struct jar_cookie {
	char	host[254];
	char	name[32];
	char	value[64];
};
/* One browser. */
struct jar {
	struct jar_cookie v[32];
	size_t	n;
};

static struct request rq;
static struct response rs;
static struct pair headers[8];
static struct jar *browser;

static inline void
add_header(const char *name, const char *value)
{
	assert_true(rq.headers.n < sizeof(headers) / sizeof(headers[0]));
	headers[rq.headers.n++] = (struct pair){ name, value };
}

/* The next request, with what the browser holds for that host; NULL = no cookies. */
static inline void
visit(struct jar *jar, const char *host, const char *path)
{
	const char *cookies = NULL;

	memset(&rq, 0, sizeof(rq));
	rq.arena = ar;
	rq.node = &node;
	rq.ip = "192.0.2.1";
	rq.secure = true;
	rq.method = METHOD_GET;
	rq.path = path;
	rq.query = "";
	rq.content_type = "";
	rq.caller.name = "anonymous";
	snprintf(rq.host, sizeof(rq.host), "%s", host);
	rq.headers.v = headers;
	response_init(&rs, ar);
	browser = jar;
	for (size_t i = 0; jar != NULL && i < jar->n; i++)
		if (strcmp(jar->v[i].host, host) == 0)
			cookies = arena_printf(ar, "%s%s%s=%s", cookies != NULL ? cookies : "",
			    cookies != NULL ? "; " : "", jar->v[i].name, jar->v[i].value);
	if (cookies != NULL)
		add_header("cookie", cookies);
}

UNUSED static inline struct jar_cookie *
held(struct jar *jar, const char *host, const char *name)
{
	for (size_t i = 0; i < jar->n; i++)
		if (strcmp(jar->v[i].host, host) == 0 && strcmp(jar->v[i].name, name) == 0)
			return &jar->v[i];
	return NULL;
}

/* Take over what the answer sets; a real browser's rules for the prefix are asserted. */
UNUSED static inline void
keep_cookies(void)
{
	store_durable(st, rq.seq);
	for (size_t i = 0; i < rs.nheaders; i++) {
		const char *v = rs.headers[i].value, *eq;
		struct jar_cookie *c;
		char name[32];

		if (strcmp(rs.headers[i].name, "Set-Cookie") != 0)
			continue;
		eq = strchr(v, '=');
		assert_non_null(eq);
		snprintf(name, sizeof(name), "%.*s", (int)(eq - v), v);
		if (strncmp(name, "__Host-", 7) == 0) {
			assert_non_null(strstr(v, "; Path=/;"));
			assert_non_null(strstr(v, "; Secure;"));
			assert_null(strstr(v, "Domain"));
		}
		c = held(browser, rq.host, name);
		if (strstr(v, "Max-Age=0;") != NULL) {
			if (c != NULL)
				*c = browser->v[--browser->n];
			continue;
		}
		if (c == NULL) {
			assert_true(browser->n < 32);
			c = &browser->v[browser->n++];
		}
		snprintf(c->host, sizeof(c->host), "%s", rq.host);
		snprintf(c->name, sizeof(c->name), "%s", name);
		snprintf(c->value, sizeof(c->value), "%.*s", (int)strcspn(eq + 1, ";"),
		    eq + 1);
	}
}

UNUSED static struct user
make_user(const char *name, const char *role)
{
	struct user u = { .username = name, .role = role, .name = name, .email =
	    arena_printf(ar, "%s@example.com", name) };
	struct writer *w = begin();

	OK(user_add(w, ar, &u));
	commit(w);
	return u;
}

UNUSED static void
run_sql(const char *literal)
{
	struct writer *w = begin();

	OK(sql_run(w, literal, ""));
	commit(w);
}

/* A session on `host` that lasts a day, in this browser's jar. */
UNUSED static struct session
make_session(struct jar *jar, const struct user *u, const char *kind, const char *host,
    int64_t parent)
{
	int64_t now = clock_wall_ms();
	struct session s = { .kind = kind, .user = *u, .host = host, .parent = parent,
		.ip = "192.0.2.1", .ua = "curl", .idle = 86400000, .expires = now + 86400000 };
	struct jar_cookie *c = &jar->v[jar->n++];
	uint8_t hash[SHA256_LEN];
	struct writer *w = begin();

	snprintf(c->host, sizeof(c->host), "%s", host);
	snprintf(c->name, sizeof(c->name), "%s", strcmp(kind, SESSION_ADMIN) == 0 ?
	    "__Host-fazt_admin" : strcmp(kind, SESSION_SSO) == 0 ? "__Host-fazt_sso" :
	    "__Host-fazt");
	session_cookie_token(c->value, hash);
	OK(session_add(w, ar, &s, hash, now));
	commit(w);
	return s;
}

UNUSED static void
forget_all(void)
{
	run_sql("DELETE FROM session");
	run_sql("DELETE FROM handoff");
	run_sql("DELETE FROM user");
}

static int
signin_setup(void **state)
{
	int rc = store_setup(state);

	node.store = st;
	return rc;
}

#endif
