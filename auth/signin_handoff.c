/*
 * From AUTH to the host a sign-in was for.  What travels between hosts is a target (host,
 * path, the hash of a cookie that the browser got there) and at the end a one-time code;
 * never a token.
 *
 * The code is worth something only in the browser that holds the pre cookie of that host,
 * so that nobody can be signed in to a stranger's account by a link.  A target without such
 * a hash gets no code: the browser is sent to that host first, which sets the cookie and
 * comes back.  One host needs no second cookie: a DOMAIN that is AUTH too hands off to
 * itself, and there the sso cookie proves the browser.
 *
 * An sso session lasts for weeks and the admin session for half a day.  So it opens ADMIN
 * only while it is ten minutes young; after that people are asked again.
 *
 * A code is used up by whoever brings it, also when that is refused.
 */
#include "auth/signin.h"

#include "auth/signin_inner.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/path.h"
#include "store/alias.h"

#define CODE_MS SIGNIN_MINUTE_MS
#define CODE_BYTES 16
#define CODE_LEN 22

static enum fz_err
handoff_url(struct request *rq, const struct session *sso, const struct signin_target *t,
    const char *pre, const char **next)
{
	struct handoff h = { .user = sso->user.id, .session = sso->id, .host = t->host,
		.pre = pre, .redirect = t->path, .expires = clock_wall_ms() + CODE_MS };
	uint8_t secret[CODE_BYTES], hash[SHA256_LEN];
	char code[BASE64_SIZE(CODE_BYTES)];
	struct writer *w;
	enum fz_err err;

	random_bytes(secret, sizeof(secret));
	(void)base64_encode(code, secret, sizeof(secret), true);
	sha256_of(code, CODE_LEN, hash);
	err = signin_begin(rq, signin_is_admin(&sso->user), &w);
	if (err != FZ_OK)
		return err;
	err = session_handoff_add(w, hash, &h);
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	err = writer_commit(w, &rq->seq);
	if (err == FZ_OK)
		*next = node_host_url(rq->node, rq->arena, t->host,
		    arena_printf(rq->arena, "/auth/complete?code=%s", code));
	return err;
}

static bool
is_young(const struct session *sso)
{
	int64_t age = clock_wall_ms() - sso->created;

	/* A clock that was set back a little is nobody's fault. */
	return age >= -SIGNIN_MINUTE_MS && age <= SIGNIN_FRESH_MS;
}

/* Has this sign-in made an admin session that lives? */
static enum fz_err
has_admin(struct request *rq, const struct session *sso, bool *yes)
{
	struct session_filter f = { .kind = SESSION_ADMIN, .parent = sso->id, .limit = 1 };
	struct session *v;
	struct reader *rd;
	int64_t total = 0;
	size_t n;
	enum fz_err err;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = session_list(rd, rq->arena, &f, clock_wall_ms(), &v, &n, &total);
	reader_close(rd);
	*yes = total > 0;
	return err;
}

/*
 * May the browser go on to ADMIN?  When that is this host nothing can be made on the way:
 * it must have its admin session, or have got it with this very answer.
 */
static enum fz_err
check_admin(struct request *rq, const struct session *sso, const struct signin_target *t)
{
	bool entered = false;
	enum fz_err err;

	if (request_at(rq, t->host) && path_under(t->path, "/auth"))
		return FZ_OK;
	if (!signin_is_admin(&sso->user))
		return FZ_FORBIDDEN;
	if (request_at(rq, t->host) && rq->caller.role >= ROLE_ADMIN &&
	    rq->caller.user == sso->user.id)
		return FZ_OK;
	if (!is_young(sso))
		return FZ_REAUTH_REQUIRED;
	if (!request_at(rq, t->host))
		return FZ_OK;
	err = has_admin(rq, sso, &entered);
	return err != FZ_OK || entered ? err : FZ_REAUTH_REQUIRED;
}

/* A DOMAIN that is AUTH too has an app, whose visitors need a session of their own. */
static bool
hands_to_itself(const struct request *rq, const struct signin_target *t)
{
	return request_at(rq, rq->node->auth_host) && request_at(rq, rq->node->domain) &&
	    !path_under(t->path, "/auth");
}

enum fz_err
signin_next(struct request *rq, const struct session *sso, const struct signin_target *t,
    const char **next)
{
	enum fz_err err = FZ_OK;
	bool here = request_at(rq, t->host);

	if (sso->id != 0 && strcmp(t->host, rq->node->admin_host) == 0)
		err = check_admin(rq, sso, t);
	if (err != FZ_OK)
		return err;
	if (here && (sso->id == 0 || !hands_to_itself(rq, t)))
		*next = t->path;
	else if (here)
		return handoff_url(rq, sso, t, "", next);
	else if (sso->id != 0 && t->pre[0] != '\0')
		return handoff_url(rq, sso, t, t->pre, next);
	else
		*next = node_host_url(rq->node, rq->arena, t->host,
		    arena_printf(rq->arena, "/auth/login?redirect=%s",
		    path_escape_value(rq->arena, t->path)));
	return FZ_OK;
}

struct complete {
	struct handoff	 handoff;
	struct session	 sso;		/* of this request, on AUTH */
	struct session	 old;		/* what the browser had here */
	struct signin_made made;
	bool		 used;		/* the code was known and is gone */
};

/* Is it the host, and the browser, that this code was made for? */
static bool
handoff_fits(struct request *rq, const struct complete *c)
{
	const struct handoff *h = &c->handoff;

	if (!request_at(rq, h->host))
		return false;
	if (h->pre[0] != '\0')
		return session_cookie_pre_is(rq, h->pre);
	return c->sso.id != 0 && c->sso.id == h->session;
}

/* On a DOMAIN that is AUTH the dispatcher looked for no app: it is root's. */
static enum fz_err
find_app(struct request *rq, struct reader *rd)
{
	struct alias root;
	enum fz_err err;

	if (rq->app != 0 || !request_at(rq, rq->node->domain))
		return FZ_OK;
	err = alias_get(rd, rq->arena, "root", &root);
	if (err == FZ_OK)
		rq->app = root.app;
	return err == FZ_ALIAS_NOT_FOUND ? FZ_OK : err;
}

static enum fz_err
complete_rows(struct request *rq, struct writer *w, struct complete *c)
{
	struct reader *rd = writer_reader(w);
	int64_t now = clock_wall_ms();
	struct session sso;
	enum fz_err err;

	err = session_by_id(rd, rq->arena, c->handoff.session, now, &sso);
	if (err == FZ_SESSION_NOT_FOUND || err == FZ_SESSION_EXPIRED ||
	    (err == FZ_OK && sso.user.id != c->handoff.user))
		return FZ_BAD_REQUEST;
	if (err == FZ_OK)
		err = find_app(rq, rd);
	if (err != FZ_OK)
		return err;
	if (c->made.cookie == COOKIE_ADMIN) {
		if (!signin_is_admin(&sso.user))
			return FZ_FORBIDDEN;
		c->made.row.fresh = sso.fresh;
	}
	err = signin_retire(w, &c->old);
	return err == FZ_OK ? signin_make(rq, w, &c->made, &sso.user, &sso, false, now) : err;
}

static enum fz_err
complete_take(struct request *rq, struct writer *w, const char *code, struct complete *c)
{
	uint8_t hash[SHA256_LEN];
	enum fz_err err;

	sha256_of(code, CODE_LEN, hash);
	err = session_handoff_take(w, rq->arena, hash, clock_wall_ms(), &c->handoff);
	if (err == FZ_NOT_FOUND)
		return FZ_BAD_REQUEST;
	if (err != FZ_OK)
		return err;
	c->used = true;
	return handoff_fits(rq, c) ? complete_rows(rq, w, c) : FZ_BAD_REQUEST;
}

/* What this browser has already. */
static enum fz_err
complete_before(struct request *rq, struct complete *c)
{
	enum fz_err err = session_cookie_sso(rq, &c->sso);

	c->made.cookie = request_at(rq, rq->node->admin_host) ? COOKIE_ADMIN : COOKIE_APP;
	return err == FZ_OK ? session_cookie_read(rq, c->made.cookie, &c->old) : err;
}

enum fz_err
signin_complete(struct request *rq, struct response *rs, const char *code,
    const char **path)
{
	struct complete c = { 0 };
	struct writer *w;
	enum fz_err err, end;

	if (strlen(code) != CODE_LEN)
		return FZ_BAD_REQUEST;
	err = complete_before(rq, &c);
	if (err == FZ_OK)
		err = signin_begin(rq, c.made.cookie == COOKIE_ADMIN, &w);
	if (err != FZ_OK)
		return err;
	err = complete_take(rq, w, code, &c);
	if (err == FZ_OK || (c.used && (err == FZ_BAD_REQUEST || err == FZ_FORBIDDEN))) {
		end = writer_commit(w, &rq->seq);
		err = err == FZ_OK ? end : err;
	} else {
		writer_abort(w);
	}
	if (err != FZ_OK)
		return err;
	signin_hand_out(rq, rs, &c.made);
	signin_audit(rq, "login", &c.made.row, NULL);
	*path = c.handoff.redirect;
	return FZ_OK;
}
