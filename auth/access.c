/*
 * One place says who calls and one whether they may; a handler that runs can rely on
 * both.  Everything is refused unless a row allows it: anonymous callers get what is
 * marked for them, keys get what names a scope they hold.  Where a caller comes from
 * (host name, loopback, private address) counts for nothing.
 *
 * An Authorization header is a claim: if it does not prove itself the request ends, also
 * on rows that anybody may call, so that a wrong key is noticed where it is used first.
 *
 * Without that header the caller is who the cookie of this host says (session_cookie.c).  A
 * cookie is no claim: browsers send old ones, so one that is over only changes the words of
 * a refusal.
 *
 * A key is found by its id and compared as a hash.  An unknown id is compared too, with
 * a hash nothing has, so that both ways look alike.
 */
#include "auth/access.h"

#include <string.h>
#include <strings.h>

#include "auth/scope.h"
#include "auth/session_cookie.h"
#include "auth/token.h"
#include "auth/user_view.h"
#include "base/base64.h"
#include "base/clock.h"
#include "store/apikey.h"

#define CREDENTIALS_MAX 512	/* a key is 72 bytes, a user name may stand before it */

static enum fz_err
refuse_key(struct response *rs)
{
	response_header(rs, "WWW-Authenticate",
	    "Bearer realm=\"fazt\", error=\"invalid_token\"");
	return FZ_INVALID_API_KEY;
}

/* RFC 4648 4 with padding; false for anything else, NUL bytes included. */
static bool
base64_text(const char *s, char *out, size_t size)
{
	size_t len = strlen(s), n;

	if (len == 0 || len % 4 != 0 || BASE64_ROOM(len) > size || strpbrk(s, "-_") != NULL ||
	    !base64_decode(s, len, out, &n) || memchr(out, '\0', n) != NULL)
		return false;
	out[n] = '\0';
	return true;
}

/* The credentials behind a scheme name, or NULL. */
static const char *
after_scheme(const char *header, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncasecmp(header, scheme, n) != 0 || header[n] != ' ')
		return NULL;
	return header + n + strspn(header + n, " ");
}

/* The key of an Authorization header, or NULL when there is none in it. */
static const char *
presented(const char *header, char *space, size_t size)
{
	const char *text = after_scheme(header, "Bearer");
	char *colon;

	if (text != NULL)
		return text;
	text = after_scheme(header, "Basic");
	if (text == NULL || !base64_text(text, space, size))
		return NULL;
	colon = strchr(space, ':');
	return colon != NULL ? colon + 1 : NULL;
}

static enum fz_err
load_key(struct request *rq, const char *id, struct apikey *key)
{
	struct reader *rd;
	enum fz_err err;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = apikey_get(rd, rq->arena, id, key);
	reader_close(rd);
	return err;
}

static enum fz_err
by_key(struct request *rq, struct response *rs, const char *text)
{
	struct apikey key = { 0 };
	uint8_t hash[SHA256_LEN];
	char id[TOKEN_ID_LEN + 1];
	int64_t now = clock_wall_ms();
	enum fz_err err;

	if (text == NULL || !token_parse(text, id, hash))
		return refuse_key(rs);
	err = load_key(rq, id, &key);
	if (err != FZ_OK && err != FZ_KEY_NOT_FOUND)
		return err;
	if (!ct_equal(hash, key.hash, sizeof(hash)) || err != FZ_OK)
		return refuse_key(rs);
	if (key.expires != 0 && key.expires <= now)
		return refuse_key(rs);
	rq->caller.key_id = key.key_id;
	rq->caller.key_scopes = key.scopes;
	rq->caller.name = key.name;
	apikey_used(rq->node->store, key.id, now, rq->ip);
	return FZ_OK;
}

enum fz_err
access_identify(struct request *rq, struct response *rs)
{
	/* On an app's host the header is the app's. */
	const char *header = rq->site == NULL ? request_header(rq, "authorization") : NULL;
	char space[CREDENTIALS_MAX];

	rq->caller = (struct caller){ .role = ROLE_ANON, .name = "anonymous" };
	if (header == NULL)
		return session_cookie_identify(rq, NULL);
	return by_key(rq, rs, presented(header, space, sizeof(space)));
}

static enum fz_err
need_scope(struct response *rs, const char *scope)
{
	response_detail(rs, "scope", json_string(scope));
	return response_why(rs, FZ_SCOPE_REQUIRED, "The API key lacks the scope %s",
	    scope);
}

static enum fz_err
check_key(struct request *rq, struct response *rs, const struct route *row)
{
	if (row->scope == NULL)
		return response_why(rs, FZ_FORBIDDEN, "An API key may not do this");
	if (scope_fits(rq->caller.key_scopes, row->scope) == SCOPE_NO)
		return need_scope(rs, row->scope);
	return FZ_OK;
}

static enum role
role_needed(int who)
{
	switch (who) {
	case WHO_ANON:
		return ROLE_ANON;
	case WHO_USER:
		return ROLE_USER;
	case WHO_ADMIN:
		return ROLE_ADMIN;
	default:
		return ROLE_OWNER;
	}
}

enum fz_err
access_check(struct request *rq, struct response *rs, const struct route *row)
{
	if (row->who == WHO_ANON)
		return FZ_OK;
	if (rq->caller.key_id != NULL)
		return check_key(rq, rs, row);
	if (rq->caller.role == ROLE_ANON) {
		response_header(rs, "WWW-Authenticate", "Bearer realm=\"fazt\"");
		return session_cookie_over(rq) ? FZ_SESSION_EXPIRED : FZ_UNAUTHORIZED;
	}
	if (rq->caller.role < role_needed(row->who))
		return FZ_FORBIDDEN;
	if (row->who == WHO_FRESH && rq->caller.fresh <= clock_wall_ms())
		return FZ_REAUTH_REQUIRED;
	return FZ_OK;
}

enum fz_err
access_app(struct request *rq, struct response *rs, const char *const *names)
{
	if (rq->caller.key_id == NULL)
		return FZ_OK;
	if (rq->route == NULL || rq->route->scope == NULL ||
	    !scope_fits_app(rq->caller.key_scopes, rq->route->scope, names))
		return need_scope(rs, rq->route != NULL && rq->route->scope != NULL ?
		    rq->route->scope : "admin");
	return FZ_OK;
}

bool
access_limited(const struct request *rq)
{
	if (rq->caller.key_id == NULL)
		return false;
	return rq->route == NULL || rq->route->scope == NULL ||
	    scope_fits(rq->caller.key_scopes, rq->route->scope) != SCOPE_YES;
}

enum role
access_rank(const struct request *rq)
{
	if (rq->caller.key_id == NULL)
		return rq->caller.role;
	return scope_fits(rq->caller.key_scopes, "admin") == SCOPE_YES ? ROLE_OWNER :
	    ROLE_ADMIN;
}

enum fz_err
access_may_give(struct request *rq, struct response *rs, const char *role)
{
	enum role wanted = user_view_role(role), own = access_rank(rq);

	if (wanted > own)
		return response_why(rs, FZ_FORBIDDEN, "Only an owner gives the role %s", role);
	if (rq->caller.key_id == NULL || own == ROLE_OWNER || wanted < ROLE_ADMIN)
		return FZ_OK;
	return need_scope(rs, "admin");
}
