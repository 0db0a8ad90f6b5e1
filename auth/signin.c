/*
 * The end of a sign-in, and logging out.  A sign-in starts anywhere, happens on AUTH and
 * ends on the host it was for; how it gets there is in signin_handoff.c.
 *
 * Every session but the sso one has its sso session for a parent, if there was one: it
 * never lives longer and ends with it.  A sign-in replaces what the browser had on that
 * host; what the same user's old sso session bore goes on under the new one, anybody
 * else's ends.
 *
 * Who somebody is and what they may is read once more inside the transaction.  It is
 * committed before a cookie is set, and any refusal leaves neither row nor cookie.
 */
#include "auth/signin.h"


#include "auth/audit.h"
#include "auth/prove.h"
#include "auth/signin_inner.h"
#include "base/clock.h"
#include "base/limits.h"

#define HOUR_MS (60 * SIGNIN_MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

#define IDLE_MS (7 * DAY_MS)
#define LIFE_MS (30 * DAY_MS)
#define ADMIN_IDLE_MS (12 * HOUR_MS)
#define ADMIN_LIFE_MS (7 * DAY_MS)
#define UA_MAX 256
#define WEIGHT_SESSION 8

/* --- sessions --- */

/* What the browser calls itself: for people to recognise it by. */
static const char *
user_agent(struct request *rq)
{
	const char *ua = request_header(rq, "user-agent");
	char *out = arena_strndup(rq->arena, ua != NULL ? ua : "",
	    ua != NULL ? strnlen(ua, UA_MAX) : 0);

	for (char *p = out; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	return out;
}

static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum fz_err
signin_make(struct request *rq, struct writer *w, struct signin_made *m,
    const struct user *user, const struct session *parent, bool remember, int64_t now)
{
	static const struct {
		const char	*kind;
		int64_t		 idle, life;
	} kinds[] = {
		[COOKIE_ADMIN] = { SESSION_ADMIN, ADMIN_IDLE_MS, ADMIN_LIFE_MS },
		[COOKIE_SSO] = { SESSION_SSO, IDLE_MS, LIFE_MS },
		[COOKIE_APP] = { SESSION_APP, IDLE_MS, LIFE_MS },
	};
	uint8_t hash[SHA256_LEN];
	struct session *s = &m->row;

	s->kind = kinds[m->cookie].kind;
	s->user = *user;
	s->host = rq->host;
	s->app = m->cookie == COOKIE_APP ? rq->app : 0;
	s->app_uid = "";
	s->ip = rq->ip;
	s->ua = user_agent(rq);
	s->idle = remember && m->cookie == COOKIE_ADMIN ? IDLE_MS : kinds[m->cookie].idle;
	s->expires = now + kinds[m->cookie].life;
	if (parent != NULL && parent->id != 0) {
		s->parent = parent->id;
		s->expires = smaller(s->expires, parent->expires);
	}
	session_cookie_token(m->token, hash);
	return session_add(w, rq->arena, s, hash, now);
}

void
signin_hand_out(struct request *rq, struct response *rs, const struct signin_made *m)
{
	session_cookie_set(rq, rs, m->cookie, m->token,
	    (m->row.expires - m->row.created) / 1000);
}

enum fz_err
signin_begin(struct request *rq, bool reserve, struct writer **w)
{
	return reserve ? writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS, w) :
	    writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, w);
}

enum fz_err
signin_retire(struct writer *w, const struct session *old)
{
	int64_t n;

	return old->id != 0 ? session_end(w, old->id, &n) : FZ_OK;
}

void
signin_audit(struct request *rq, const char *action, const struct session *s,
    const char *provider)
{
	const struct audit a = { .weight = WEIGHT_SESSION, .user = s->user.uid,
		.type = "session", .id = s->uid, .action = action,
		.details = json_pack("{s:s,s:s,s:s*}", "kind", s->kind, "host", s->host,
		    "provider", provider != NULL && provider[0] == '\0' ? "password" :
		    provider) };

	audit_add(rq, &a);
}

/* --- the end of a sign-in on AUTH or ADMIN --- */

struct finish {
	const char	*provider;
	bool		 remember;
	bool		 on_auth;
	bool		 on_admin;
	struct session	 old_sso;	/* what the browser had */
	struct session	 old_admin;
	struct user	 user;
	struct signin_made sso;
	struct signin_made admin;
};

/* What the user is now, inside the transaction. */
static enum fz_err
finish_user(struct request *rq, struct writer *w, struct finish *f, int64_t id)
{
	enum fz_err err = user_by_id(writer_reader(w), rq->arena, id, &f->user);

	if (err == FZ_USER_NOT_FOUND || (err == FZ_OK && f->user.disabled))
		return FZ_FORBIDDEN;
	if (err == FZ_OK && !f->on_auth && !signin_is_admin(&f->user))
		return FZ_FORBIDDEN;
	return err;
}

static enum fz_err
finish_sso(struct request *rq, struct writer *w, struct finish *f, int64_t now)
{
	enum fz_err err;

	f->sso.cookie = COOKIE_SSO;
	err = signin_make(rq, w, &f->sso, &f->user, NULL, false, now);
	if (err == FZ_OK && f->old_sso.id != 0)
		err = session_succeed(w, f->old_sso.id, f->sso.row.id);
	return err;
}

/*
 * On ADMIN the old admin session ends even when no new one is made: it may be somebody
 * else's.
 */
static enum fz_err
finish_admin(struct request *rq, struct writer *w, struct finish *f, int64_t now)
{
	enum fz_err err = signin_retire(w, &f->old_admin);

	if (err != FZ_OK || !signin_is_admin(&f->user))
		return err;
	f->admin.cookie = COOKIE_ADMIN;
	return signin_make(rq, w, &f->admin, &f->user, &f->sso.row, f->remember, now);
}

static enum fz_err
finish_rows(struct request *rq, struct writer *w, struct finish *f,
    const struct user *user)
{
	int64_t now = clock_wall_ms();
	enum fz_err err = finish_user(rq, w, f, user->id);

	/* Changed since it was proven: then it was the old one. */
	if (err == FZ_OK && f->provider[0] == '\0' && user->password != NULL &&
	    !prove_same(user, &f->user))
		err = FZ_INVALID_CREDENTIALS;
	/* The owner's password has just been proven. */
	if (err == FZ_OK && f->provider[0] == '\0' &&
	    user_view_role(f->user.role) == ROLE_OWNER)
		f->sso.row.fresh = f->admin.row.fresh = now + SIGNIN_FRESH_MS;
	if (err == FZ_OK && f->on_auth)
		err = finish_sso(rq, w, f, now);
	if (err == FZ_OK && f->on_admin)
		err = finish_admin(rq, w, f, now);
	return err == FZ_OK ? user_signed_in(w, user->id, f->provider, now) : err;
}

static void
finish_cookies(struct request *rq, struct response *rs, const struct finish *f)
{
	if (f->on_auth)
		signin_hand_out(rq, rs, &f->sso);
	if (f->admin.row.id != 0)
		signin_hand_out(rq, rs, &f->admin);
	else if (f->on_admin)
		session_cookie_set(rq, rs, COOKIE_ADMIN, NULL, 0);
}

enum fz_err
signin_finish(struct request *rq, struct response *rs, const struct user *user,
    const char *provider, bool remember, struct session *sso)
{
	struct finish f = {
		.provider = provider,
		.remember = remember,
		.on_auth = request_at(rq, rq->node->auth_host),
		.on_admin = request_at(rq, rq->node->admin_host),
	};
	struct writer *w;
	enum fz_err err = FZ_OK;

	if (!f.on_auth && !f.on_admin)
		return FZ_FORBIDDEN;
	if (f.on_auth)
		err = session_cookie_read(rq, COOKIE_SSO, &f.old_sso);
	if (err == FZ_OK && f.on_admin)
		err = session_cookie_read(rq, COOKIE_ADMIN, &f.old_admin);
	if (err == FZ_OK)
		err = signin_begin(rq, signin_is_admin(user), &w);
	if (err != FZ_OK)
		return err;
	err = finish_rows(rq, w, &f, user);
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	err = writer_commit(w, &rq->seq);
	if (err != FZ_OK)
		return err;
	finish_cookies(rq, rs, &f);
	signin_audit(rq, "login", f.admin.row.id != 0 ? &f.admin.row : &f.sso.row, provider);
	if (sso != NULL)
		*sso = f.sso.row;
	return FZ_OK;
}

/* --- and out --- */

#define LOGOUT_KINDS 3
static const enum session_cookie logout_kinds[LOGOUT_KINDS] = { COOKIE_ADMIN, COOKIE_SSO,
	COOKIE_APP };

static enum fz_err
logout_rows(struct request *rq, const struct session s[LOGOUT_KINDS], bool all)
{
	struct writer *w;
	enum fz_err err = signin_begin(rq, true, &w);
	int64_t n;

	if (err != FZ_OK)
		return err;
	for (size_t i = 0; i < LOGOUT_KINDS && err == FZ_OK; i++) {
		if (s[i].id != 0)
			err = session_end(w, s[i].id, &n);
		if (err == FZ_OK && all && s[i].parent != 0)
			err = session_end(w, s[i].parent, &n);
	}
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

/* Is it a cookie that this host sets? */
static bool
belongs_here(const struct request *rq, enum session_cookie which)
{
	const struct node *node = rq->node;

	if (which == COOKIE_ADMIN)
		return request_at(rq, node->admin_host);
	if (which == COOKIE_SSO)
		return request_at(rq, node->auth_host);
	return !request_at(rq, node->admin_host) &&
	    (!request_at(rq, node->auth_host) || request_at(rq, node->domain));
}

enum fz_err
signin_logout(struct request *rq, struct response *rs, bool all)
{
	struct session s[LOGOUT_KINDS];
	bool any = false;
	enum fz_err err = FZ_OK;

	for (size_t i = 0; i < LOGOUT_KINDS && err == FZ_OK; i++) {
		err = session_cookie_read(rq, logout_kinds[i], &s[i]);
		any |= s[i].id != 0;
	}
	if (err == FZ_OK && any)
		err = logout_rows(rq, s, all);
	if (err != FZ_OK)
		return err;
	for (size_t i = 0; i < LOGOUT_KINDS; i++) {
		if (s[i].id != 0)
			signin_audit(rq, "logout", &s[i], NULL);
		if (s[i].id != 0 || belongs_here(rq, logout_kinds[i]))
			session_cookie_set(rq, rs, logout_kinds[i], NULL, 0);
	}
	return FZ_OK;
}
