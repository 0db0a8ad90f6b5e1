/*
 * A platform cookie is a bearer secret of one host.  Four rules keep it there.  The name
 * starts with __Host-, so that no neighbour under the same domain can set it; two of one
 * name mean that somebody tried, and count as none.  The value has one shape, and anything
 * else is not looked up.  The table is asked for the kind and the host too, so that a
 * token carried elsewhere is worth nothing.  And nothing here logs or echoes a value.
 *
 * Which cookie counts is decided by the host of the request alone, see cookie_here.  On an
 * ADMIN that is also AUTH the sso session is seen by the pages of the sign-in and by what
 * every user may do to their own account, and only without an admin session.  It is made to
 * last for weeks and says who somebody is, not that they may administrate: whatever the role
 * of its user, the caller it makes is a ROLE_USER.
 */
#include "auth/session_cookie.h"

#include <string.h>

#include "auth/user_view.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/route.h"
#include "base/str.h"

#define PRE_SECONDS 600

static const struct {
	const char	*name;
	const char	*plain_name;	/* development on plain http */
	const char	*same_site;
	const char	*kind;		/* of the session, NULL = none */
} cookies[] = {
	[COOKIE_ADMIN] = { "__Host-fazt_admin", "fazt_admin", "Strict", SESSION_ADMIN },
	[COOKIE_SSO] = { "__Host-fazt_sso", "fazt_sso", "Lax", SESSION_SSO },
	[COOKIE_APP] = { "__Host-fazt", "fazt", "Lax", SESSION_APP },
	[COOKIE_PRE] = { "__Host-fazt_pre", "fazt_pre", "Lax", NULL },
};

static bool
is_plain(const struct request *rq)
{
	return !rq->secure && rq->node->dev;
}

static const char *
cookie_name(const struct request *rq, enum session_cookie which)
{
	return is_plain(rq) ? cookies[which].plain_name : cookies[which].name;
}

/* base64url of 256 bits and nothing else. */
static bool
token_ok(const char *text)
{
	uint8_t bytes[BASE64_ROOM(SESSION_TOKEN_LEN)];
	size_t n;

	return strlen(text) == SESSION_TOKEN_LEN && strpbrk(text, "+/=") == NULL &&
	    base64_decode(text, SESSION_TOKEN_LEN, bytes, &n) && n == 32;
}

const char *
session_cookie_get(struct request *rq, enum session_cookie which)
{
	const char *header = request_header(rq, "cookie");
	const char *value;
	struct pairs list;

	if (header == NULL)
		return NULL;
	cookie_parse(rq->arena, header, &list);
	value = cookie_single(&list, cookie_name(rq, which));
	return value != NULL && token_ok(value) ? value : NULL;
}

void
session_cookie_set(struct request *rq, struct response *rs, enum session_cookie which,
    const char *value, int64_t max_age)
{
	response_headerf(rs, "Set-Cookie", "%s=%s; Path=/; Max-Age=%lld%s; HttpOnly; "
	    "SameSite=%s", cookie_name(rq, which), value != NULL ? value : "",
	    value != NULL ? (long long)max_age : 0LL, is_plain(rq) ? "" : "; Secure",
	    cookies[which].same_site);
}

void
session_cookie_token(char text[SESSION_TOKEN_LEN + 1], uint8_t hash[SHA256_LEN])
{
	uint8_t secret[32];

	random_bytes(secret, sizeof(secret));
	(void)base64_encode(text, secret, sizeof(secret), true);
	explicit_bzero(secret, sizeof(secret));
	sha256_of(text, SESSION_TOKEN_LEN, hash);
}

static bool
is_admin_host(const struct request *rq)
{
	return request_at(rq, rq->node->admin_host);
}

static bool
is_auth_host(const struct request *rq)
{
	return request_at(rq, rq->node->auth_host);
}

/* The sign-in itself, and what every user may do to their own account. */
static bool
is_own_matter(const char *path)
{
	static const char *const folders[] = { "/auth", "/device", "/api/sessions",
		"/api/password" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (path_under(path, folders[i]))
			return true;
	return false;
}

/* The cookie that says who calls on this host. */
static enum session_cookie
cookie_here(struct request *rq)
{
	if (is_admin_host(rq)) {
		if (is_auth_host(rq) && session_cookie_get(rq, COOKIE_ADMIN) == NULL &&
		    is_own_matter(rq->path))
			return COOKIE_SSO;
		return COOKIE_ADMIN;
	}
	if (is_auth_host(rq) && (path_under(rq->path, "/auth") || rq->site == NULL))
		return COOKIE_SSO;
	return COOKIE_APP;
}

/*
 * The session behind a cookie of this request.  FZ_SESSION_NOT_FOUND for no cookie too.
 */
static enum fz_err
session_of(struct request *rq, enum session_cookie which, struct session *out)
{
	const char *token = session_cookie_get(rq, which);
	uint8_t hash[SHA256_LEN];
	struct reader *rd;
	enum fz_err err;

	if (token == NULL)
		return FZ_SESSION_NOT_FOUND;
	sha256_of(token, SESSION_TOKEN_LEN, hash);
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = session_get(rd, rq->arena, hash, cookies[which].kind, rq->host,
	    clock_wall_ms(), out);
	reader_close(rd);
	return err;
}

enum fz_err
session_cookie_read(struct request *rq, enum session_cookie which, struct session *out)
{
	enum fz_err err;

	memset(out, 0, sizeof(*out));
	err = session_of(rq, which, out);
	return err == FZ_SESSION_NOT_FOUND || err == FZ_SESSION_EXPIRED ? FZ_OK : err;
}

static const char *
name_of(const struct user *u)
{
	if (u->name[0] != '\0')
		return u->name;
	if (u->username[0] != '\0')
		return u->username;
	return u->email[0] != '\0' ? u->email : u->uid;
}

static void
become(struct request *rq, const struct session *s)
{
	enum role role = user_view_role(s->user.role);

	if (strcmp(s->kind, SESSION_SSO) == 0)
		role = ROLE_USER;
	rq->caller = (struct caller){
		.role = role,
		.user_uid = s->user.uid,
		.user = s->user.id,
		.email = s->user.email,
		.picture = s->user.picture,
		.provider = s->user.provider,
		.session = s->id,
		.fresh = s->fresh,
		.name = name_of(&s->user),
	};
}

enum fz_err
session_cookie_identify(struct request *rq, struct session *out)
{
	enum session_cookie which;
	struct session s = { 0 };
	enum fz_err err;

	if (out != NULL)
		*out = s;
	if (rq->caller.key_id != NULL)
		return FZ_OK;
	rq->caller = (struct caller){ .role = ROLE_ANON, .name = "anonymous" };
	if (request_header(rq, "cookie") == NULL)
		return FZ_OK;
	which = cookie_here(rq);
	err = session_cookie_read(rq, which, &s);
	if (err != FZ_OK || s.id == 0)
		return err;
	/* Who is no admin any more: the session ends with the change, this is the net. */
	if (which == COOKIE_ADMIN && user_view_role(s.user.role) < ROLE_ADMIN)
		return FZ_OK;
	become(rq, &s);
	session_used(rq->node->store, &s, clock_wall_ms());
	if (out != NULL)
		*out = s;
	return FZ_OK;
}

bool
session_cookie_over(struct request *rq)
{
	struct session s;

	return request_header(rq, "cookie") != NULL &&
	    session_of(rq, cookie_here(rq), &s) == FZ_SESSION_EXPIRED;
}

enum fz_err
session_cookie_sso(struct request *rq, struct session *out)
{
	enum fz_err err;

	memset(out, 0, sizeof(*out));
	if (!is_auth_host(rq))
		return FZ_OK;
	err = session_cookie_read(rq, COOKIE_SSO, out);
	if (err == FZ_OK && out->id != 0)
		session_used(rq->node->store, out, clock_wall_ms());
	return err;
}

static const char *
hash_text(struct request *rq, const char *value)
{
	uint8_t hash[SHA256_LEN];
	char hex[SHA256_HEX];

	sha256_of(value, SESSION_TOKEN_LEN, hash);
	str_hex(hex, hash, sizeof(hash));
	return arena_strdup(rq->arena, hex);
}

const char *
session_cookie_pre(struct request *rq, struct response *rs)
{
	const char *value = session_cookie_get(rq, COOKIE_PRE);
	char made[SESSION_TOKEN_LEN + 1];
	uint8_t hash[SHA256_LEN];

	if (value == NULL) {
		session_cookie_token(made, hash);
		value = made;
	}
	session_cookie_set(rq, rs, COOKIE_PRE, value, PRE_SECONDS);
	return hash_text(rq, value);
}

bool
session_cookie_pre_is(struct request *rq, const char *hash)
{
	const char *value = session_cookie_get(rq, COOKIE_PRE);

	return value != NULL && strlen(hash) == SHA256_HEX - 1 &&
	    ct_equal(hash_text(rq, value), hash, SHA256_HEX - 1);
}

static bool
changes_something(enum method m)
{
	return m == METHOD_POST || m == METHOD_PUT || m == METHOD_PATCH ||
	    m == METHOD_DELETE;
}

enum fz_err
session_cookie_csrf(struct request *rq, struct response *rs)
{
	const char *site = request_header(rq, "sec-fetch-site");
	const char *origin = request_header(rq, "origin");
	int flags = rq->route != NULL ? rq->route->flags : 0;
	bool same;

	if (!changes_something(rq->method) || rq->caller.key_id != NULL ||
	    (flags & ROUTE_ANY_SITE))
		return FZ_OK;
	if (site != NULL)
		same = strcmp(site, "same-origin") == 0;
	else if (origin != NULL)
		same = strcmp(origin, node_host_url(rq->node, rq->arena, rq->host, "")) == 0;
	else
		same = (flags & ROUTE_SIGN_IN) != 0;
	if (same)
		return FZ_OK;
	return response_why(rs, FZ_CSRF_REJECTED, "The request came from another site, "
	    "or does not say where it came from");
}
