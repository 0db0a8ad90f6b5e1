/*
 * Requests of people for the tests of auth/: a node with an owner, an admin and a user who
 * know one password, and calls of rows by them or by a key.  Access is judged (access_check),
 * cookies are not read: who calls is said by auth_as.
 *
 *	auth_as(&owner);
 *	assert_int_equal(auth_call(tables, "GET", "/api/users", NULL), 200);
 *	assert_auth("data.0.role", "owner");
 */
#ifndef TESTS_AUTH_FIXTURE_H
#define TESTS_AUTH_FIXTURE_H

#include "tests/unit/deploy_fixture.h"

#include "auth/access.h"
#include "auth/password.h"
#include "base/clock.h"
#include "store/session.h"
#include "store/sql.h"

#define PASSWORD "correct horse 7"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OK(call) assert_int_equal((call), FZ_OK)
#define MAYBE __attribute__((unused))

static struct fixture fx;
static struct arena *ar;		/* lives as long as the program */
static struct user owner, admin, user;
static char phc[PASSWORD_PHC_MAX];	/* of PASSWORD */

/* The next calls. */
static const char *auth_host;
static struct caller auth_caller;
static struct pair auth_headers[4];
static size_t auth_nheaders;
static json_t *auth_answer;

static inline struct user
auth_add(const char *username, const char *email, const char *role)
{
	struct user u = { .username = username, .email = email, .name = username,
		.role = role, .password = phc };
	struct writer *w;

	OK(writer_begin(fx.node.store, 5000, &w));
	OK(user_add(w, ar, &u));
	OK(writer_commit(w, NULL));
	return u;
}

/* A row of a session, as signin.c makes it; its id. */
static MAYBE int64_t
auth_session(const struct user *u, const char *kind, int64_t parent)
{
	struct session s = { .kind = kind, .user = *u, .host = "h", .parent = parent,
		.ip = "192.0.2.1", .ua = "", .idle = 3600000 };
	uint8_t hash[SHA256_LEN];
	struct writer *w;

	random_bytes(hash, sizeof(hash));
	s.expires = clock_wall_ms() + 3600000;
	OK(writer_begin(fx.node.store, 5000, &w));
	OK(session_add(w, ar, &s, hash, clock_wall_ms()));
	OK(writer_commit(w, NULL));
	return s.id;
}

static MAYBE int64_t
auth_number(const char *literal, const char *fmt, int64_t arg)
{
	struct reader *rd;
	int64_t n = -1;

	OK(reader_open(fx.node.store, &rd));
	(void)!sql_get_int(rd, &n, literal, fmt, arg);
	reader_close(rd);
	return n;
}

#define sessions_of(u) \
	auth_number("SELECT count(*) FROM session WHERE user=?1", "i", (u)->id)

/* The row now; id 0 = gone. */
static MAYBE struct user
auth_again(const struct user *u)
{
	struct user now = { 0 };
	struct reader *rd;

	OK(reader_open(fx.node.store, &rd));
	if (user_by_id(rd, ar, u->id, &now) != FZ_OK)
		now.id = 0;
	reader_close(rd);
	return now;
}

/* The next calls come from this person with an admin session; NULL = nobody. */
static inline void
auth_as(const struct user *u)
{
	auth_caller = (struct caller){ .role = ROLE_ANON, .name = "anonymous" };
	if (u == NULL)
		return;
	auth_caller.role = strcmp(u->role, "owner") == 0 ? ROLE_OWNER :
	    strcmp(u->role, "admin") == 0 ? ROLE_ADMIN : ROLE_USER;
	auth_caller.user = u->id;
	auth_caller.user_uid = u->uid;
	auth_caller.name = u->username;
	auth_caller.session = auth_session(u, SESSION_ADMIN, 0);
}

static MAYBE void
auth_key(const char *scopes)
{
	auth_caller = (struct caller){ .role = ROLE_ANON, .name = "key",
		.key_id = "fazt_key_000000000000", .key_scopes = scopes };
}

static MAYBE void
auth_header(const char *name, const char *value)
{
	auth_headers[auth_nheaders++] = (struct pair){ name, value };
}

static inline int
auth_classes(void)
{
	int c = 0;

	if (strcmp(auth_host, fx.node.admin_host) == 0)
		c |= ON_ADMIN;
	if (strcmp(auth_host, fx.node.auth_host) == 0)
		c |= ON_AUTH;
	return c != 0 ? c : ON_APP;
}

/* A body that starts with '{' or '[' is JSON, any other a form. */
static inline int
auth_call(const struct route *const *tables, const char *method, const char *target,
    const char *body)
{
	const char *allow, *query = strchr(target, '?');
	enum fz_err err;

	json_decref(auth_answer);
	auth_answer = NULL;
	fixture_request(&fx);
	fx.rq.method = method_parse(method);
	fx.rq.method_name = method;
	fx.rq.path = query == NULL ? target :
	    arena_strndup(fx.arena, target, (size_t)(query - target));
	fx.rq.query = query != NULL ? query + 1 : "";
	fx.rq.ip = "192.0.2.1";
	fx.rq.caller = auth_caller;
	fx.rq.headers = (struct pairs){ auth_headers, auth_nheaders };
	(void)snprintf(fx.rq.host, sizeof(fx.rq.host), "%s", auth_host);
	if (body != NULL)
		fixture_body(&fx, body[0] == '{' || body[0] == '[' ? "application/json" :
		    "application/x-www-form-urlencoded", body, strlen(body));
	if (route_find(tables, auth_classes(), fx.rq.method, fx.rq.path, fx.arena,
	    &fx.rq.route, &fx.rq.params, &allow) != ROUTE_FOUND)
		fail_msg("no row for %s %s on %s", method, target, auth_host);
	err = access_check(&fx.rq, &fx.rs, fx.rq.route);
	if (err == FZ_OK)
		err = fx.rq.route->handle(&fx.rq, &fx.rs);
	store_durable(fx.node.store, fx.rq.seq);
	if (err != FZ_OK)
		response_error(&fx.rs, err);
	assert_false(fx.rs.broken);
	if (fx.rs.len > 0)
		auth_answer = json_loadb(fx.rs.bytes, fx.rs.len, 0, NULL);
	return fx.rs.status;
}

static inline json_t *
auth_at(const char *path)
{
	json_t *v = auth_answer;
	char name[64];

	while (v != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, path);
		v = json_is_array(v) ? json_array_get(v, (size_t)strtoul(name, NULL, 10)) :
		    json_object_get(v, name);
		path += n + (path[n] == '.');
	}
	return v;
}

static inline const char *
auth_text(const char *path)
{
	json_t *v = auth_at(path);
	char *s, *out;

	if (v == NULL)
		return "(absent)";
	if (json_is_string(v))
		return json_string_value(v);
	s = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	out = arena_strdup(ar, s);
	free(s);
	return out;
}

#define assert_auth(path, want) assert_string_equal(auth_text(path), want)
#define assert_denied(call, status, code) do {			\
		assert_int_equal(call, status);			\
		assert_auth("error.code", code);		\
	} while (0)

/* Does the body of the last answer hold this text? */
static MAYBE bool
auth_shows(const char *text)
{
	return fx.rs.len > 0 &&
	    memmem(fx.rs.bytes, fx.rs.len, text, strlen(text)) != NULL;
}

static MAYBE const char *
auth_location(void)
{
	const char *v = response_get(&fx.rs, "Location");

	return v != NULL ? v : "(none)";
}

/* Is a cookie of this name set to a value? */
static MAYBE bool
auth_sets(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < fx.rs.nheaders; i++)
		if (strcmp(fx.rs.headers[i].name, "Set-Cookie") == 0 &&
		    strncmp(fx.rs.headers[i].value, name, n) == 0 &&
		    fx.rs.headers[i].value[n] == '=' && fx.rs.headers[i].value[n + 1] != ';')
			return true;
	return false;
}

static inline int
auth_setup(void **state)
{
	(void)state;
	fixture_open(&fx);
	fx.node.version = "1.2.3";
	ar = arena_new();
	if (phc[0] == '\0')
		OK(password_hash(PASSWORD, strlen(PASSWORD), phc));
	owner = auth_add("root", "root@example.com", "owner");
	admin = auth_add("ann", "ann@example.com", "admin");
	user = auth_add("bob", "bob@example.com", "user");
	auth_host = fx.node.admin_host;
	auth_nheaders = 0;
	auth_as(NULL);
	return 0;
}

static inline int
auth_teardown(void **state)
{
	(void)state;
	json_decref(auth_answer);
	auth_answer = NULL;
	fixture_close(&fx);
	arena_free(ar);
	return 0;
}

#endif
