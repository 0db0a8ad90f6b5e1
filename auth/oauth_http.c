/*
 * Signing in with a provider, as the browser sees it (docs/contract.md 4.2, 4.3), and
 * adding a provider's account to one's own.
 *
 * As with passwords the way starts on the host where it ends, which notes the browser, and
 * goes over AUTH, where the provider sends the browser back to.  What the provider said
 * decides whose account it is by (provider, issuer, subject) alone; whoever is not known
 * becomes a new user.  An e-mail address never joins two accounts: anybody may call
 * themselves anything at some provider.  Joining is what a signed-in user asks for with
 * POST /auth/link/..., and the user who comes back must be the one who left.
 *
 * An account that has a password keeps the name and address it has; what providers say is
 * shown only of those who have nothing else.
 *
 * Pages never repeat a word of the provider's; the log gets our own reason.
 */
#include <string.h>

#include "auth/audit.h"
#include "auth/oauth.h"
#include "auth/oauth_kind.h"
#include "auth/page.h"
#include "auth/session_cookie.h"
#include "auth/signin.h"
#include "auth/throttle.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/route.h"

#define WEIGHT_LOGIN 8
#define WEIGHT_SECURITY 9

static void
audit(struct request *rq, int weight, const char *action, bool ok, const char *user,
    json_t *details)
{
	audit_add(rq, &(struct audit){ .weight = weight, .user = user, .type = "user",
		.id = user, .action = action, .failed = !ok, .details = details });
}

static const char *
failure_text(enum fz_err err)
{
	switch (err) {
	case FZ_OVERLOADED:
		return "Too many people sign in right now. Try again in a moment.";
	case FZ_TIMEOUT:
		return "The provider did not answer in time.";
	case FZ_SERVICE_UNAVAILABLE:
		return "This provider cannot be used right now.";
	default:
		return "Start again from the sign-in page, in this browser.";
	}
}

/* --- there --- */

/* An enabled one. */
static enum fz_err
read_provider(struct request *rq, const char *name, struct provider *p)
{
	struct reader *rd;
	enum fz_err err;

	if (!oauth_kind_name_ok(name))
		return FZ_PROVIDER_NOT_FOUND;
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = provider_get(rd, rq->arena, NULL, name, p);
	reader_close(rd);
	return err == FZ_OK && !p->enabled ? FZ_PROVIDER_NOT_FOUND : err;
}

/* The same step on the host where the visitor will end. */
static const char *
start_url(const struct request *rq, const struct signin_target *t, const char *name)
{
	struct arena *a = rq->arena;

	return node_host_url(rq->node, a, t->host, arena_printf(a,
	    "/auth/login/%s?redirect=%s", name, path_escape_value(a, t->path)));
}

/* Write the state of the way and tell where it leads. */
static enum fz_err
begin(struct request *rq, struct response *rs, const char *name,
    const struct signin_target *t, int64_t link_user, const char **url)
{
	struct why why = { 0 };
	enum fz_err err = throttle_take(rq, rs, THROTTLE_OAUTH);

	if (err != FZ_OK)
		return err;
	err = oauth_begin(rq, name, session_cookie_pre(rq, rs),
	    signin_target_json(rq->arena, t), link_user, url, &why);
	if (err != FZ_OK && why.text[0] != '\0')
		(void)response_why(rs, err, "%s", why.text);
	return err;
}

static enum fz_err
begin_failed(struct request *rq, struct response *rs, enum fz_err err,
    const struct signin_target *t)
{
	const char *again = signin_url(rq->arena, t, NULL);

	if (err == FZ_PROVIDER_NOT_FOUND)
		return page_error(rq, rs, FZ_BAD_REQUEST,
		    "This way to sign in is not offered",
		    "Choose another one on the sign-in page.", again);
	if (err == FZ_RATE_LIMIT_EXCEEDED)
		return page_error(rq, rs, err, "Too many attempts", NULL, NULL);
	return page_error(
	    rq, rs, err, "Signing in did not work", failure_text(err), again);
}

static enum fz_err
login_on_auth(struct request *rq, struct response *rs, const char *name,
    const struct signin_target *t)
{
	const char *url;
	enum fz_err err;

	if (!request_at(rq, t->host) && t->pre[0] == '\0')
		return response_go(rs, start_url(rq, t, name));
	err = begin(rq, rs, name, t, 0, &url);
	return err == FZ_OK ? response_go(rs, url) : begin_failed(rq, rs, err, t);
}

static enum fz_err
get_login(struct request *rq, struct response *rs)
{
	const char *name = request_param(rq, "provider");
	struct signin_target t;
	struct provider pr;
	enum fz_err err = signin_target(rq, NULL, &t);

	if (err != FZ_OK)
		return page_error(rq, rs, err, "This sign-in link does not work", NULL,
		    "/auth/login");
	err = read_provider(rq, name, &pr);
	if (err != FZ_OK)
		return begin_failed(rq, rs, err, &t);
	if (request_at(rq, rq->node->auth_host))
		return login_on_auth(rq, rs, name, &t);
	if (!request_at(rq, t.host))
		return response_go(rs, start_url(rq, &t, name));
	t.pre = session_cookie_pre(rq, rs);
	return response_go(rs, node_host_url(rq->node, rq->arena, rq->node->auth_host,
	    signin_url(rq->arena, &t, name)));
}

/* --- and back --- */

/* A user of the provider's word: what it says is what we know. */
static enum fz_err
refresh(struct writer *w, struct user *u, const struct oauth_person *p)
{
	enum fz_err err;

	if (u->password != NULL)
		return FZ_OK;
	err = user_set_profile(w, u->id, p->name, p->email, p->picture);
	return err == FZ_OK ? provider_vouch(w, u->id, p->email_verified) : err;
}

/* *made: a new account. */
static enum fz_err
find_user(struct request *rq, struct writer *w, const char *provider,
    const struct oauth_person *p, struct user *u, bool *made)
{
	struct identity id;
	enum fz_err err = provider_identity(
	    writer_reader(w), rq->arena, provider, p->issuer, p->subject, &id);

	if (err == FZ_OK)
		err = user_by_id(writer_reader(w), rq->arena, id.user, u);
	if (err == FZ_OK)
		return u->disabled ? FZ_FORBIDDEN : refresh(w, u, p);
	if (err != FZ_USER_NOT_FOUND)
		return err;
	*made = true;
	*u = (struct user){ .email = p->email,
		.name = p->name,
		.picture = p->picture,
		.provider = provider,
		.role = "user",
		.email_verified = p->email_verified };
	return user_add(w, rq->arena, u);
}

static enum fz_err
know_user(struct request *rq, const char *provider, const struct oauth_person *p,
    struct user *u, bool *made)
{
	struct identity id = { .provider = provider, .issuer = p->issuer,
		.subject = p->subject, .email = p->email };
	int64_t now = clock_wall_ms();
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = find_user(rq, w, provider, p, u, made);
	id.user = u->id;
	if (err == FZ_OK)
		err = provider_link(w, &id, now);
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

/* The Strict cookie of ADMIN comes only with a step that one of our own pages makes. */
static enum fz_err
go_on(struct request *rq, struct response *rs, const struct signin_target *t,
    const struct session *sso)
{
	const char *next;
	enum fz_err err = signin_next(rq, sso, t, &next);

	if (err == FZ_FORBIDDEN)
		return response_go(rs, request_at(rq, t->host) && strcmp(t->path, "/") == 0 ?
		    "/auth/login" : signin_url(rq->arena, t, NULL));
	if (err != FZ_OK)
		return page_error(rq, rs, err, "Signing in did not work", NULL,
		    signin_url(rq->arena, t, NULL));
	if (strcmp(t->host, rq->node->admin_host) == 0)
		return page_forward(rq, rs, next);
	return response_go(rs, next);
}

static enum fz_err
sign_in(struct request *rq, struct response *rs, const char *provider,
    const struct oauth_person *p, const struct signin_target *t)
{
	struct session sso = { 0 };
	struct user u = { 0 };
	bool made = false;
	enum fz_err err = know_user(rq, provider, p, &u, &made);

	if (err == FZ_OK && made)
		audit(rq, WEIGHT_LOGIN, "register", true, u.uid,
		    json_pack("{s:s}", "provider", provider));
	if (err == FZ_OK)
		err = signin_finish(rq, rs, &u, provider, false, &sso);
	if (err == FZ_OK)
		return go_on(rq, rs, t, &sso);
	if (err != FZ_FORBIDDEN)
		return page_error(rq, rs, err, "Signing in did not work", NULL,
		    signin_url(rq->arena, t, NULL));
	audit(rq, WEIGHT_LOGIN, "login", false, u.uid,
	    json_pack("{s:s,s:s}", "provider", provider, "reason", "disabled"));
	return page_error(rq, rs, err, "This account is switched off",
	    "An administrator of this server can switch it on again.", NULL);
}

/* Is the user who left still signed in, in this browser? */
static enum fz_err
still_there(struct request *rq, int64_t user, const char **uid)
{
	struct session sso;
	enum fz_err err = session_cookie_sso(rq, &sso);

	if (err != FZ_OK)
		return err;
	if (sso.id == 0 || sso.user.id != user)
		return FZ_BAD_REQUEST;
	*uid = sso.user.uid;
	return FZ_OK;
}

static enum fz_err
link_row(struct request *rq, const char *provider, const struct oauth_person *p,
    int64_t user)
{
	struct identity id = { .provider = provider, .issuer = p->issuer,
		.subject = p->subject, .email = p->email, .user = user };
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = provider_link(w, &id, clock_wall_ms());
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

static enum fz_err
link_identity(struct request *rq, struct response *rs, const struct oauth_state *st,
    const struct oauth_person *p, const struct signin_target *t)
{
	const char *uid = NULL, *url;
	enum fz_err err = still_there(rq, st->link_user, &uid);

	if (err == FZ_BAD_REQUEST)
		return page_error(rq, rs, err, "The account was not connected",
		    "You are not signed in any more as who you were when you began.",
		    "/auth/login");
	if (err == FZ_OK)
		err = link_row(rq, st->provider, p, st->link_user);
	if (err == FZ_OK || err == FZ_CONFLICT)
		audit(rq, WEIGHT_SECURITY, "link", err == FZ_OK,
		    uid, json_pack("{s:s}", "provider", st->provider));
	if (err != FZ_OK)
		return page_error(rq, rs, err, "The account was not connected",
		    err == FZ_CONFLICT ? "It belongs to another user of this server."
				       : NULL,
		    NULL);
	url = request_at(rq, t->host) ? t->path :
	    node_host_url(rq->node, rq->arena, t->host, t->path);
	if (strcmp(t->host, rq->node->admin_host) == 0)
		return page_forward(rq, rs, url);
	return response_go(rs, url);
}

static enum fz_err
callback_failed(struct request *rq, struct response *rs, enum fz_err err,
    const struct oauth_state *st, const struct why *why)
{
	const char *error = request_arg(rq, "error");
	const char *title = "Signing in did not work", *text = failure_text(err);

	/* Not for a state that nobody knows: that would be a row a request. */
	if (st->provider != NULL)
		audit(rq, WEIGHT_LOGIN, "login", false, NULL, json_pack("{s:s,s:s}",
		    "provider", st->provider, "reason", why->text));
	if (err == FZ_PAYLOAD_TOO_LARGE)
		err = FZ_BAD_REQUEST;	/* not the visitor's */
	if (st->provider != NULL && error != NULL &&
	    strcmp(error, "access_denied") == 0) {
		title = "The sign-in was cancelled";
		text = "You can choose another way to sign in.";
	}
	if (why->text[0] != '\0')
		(void)response_why(rs, err, "%s", why->text);
	return page_error(rq, rs, err, title, text, "/auth/login");
}

static enum fz_err
get_callback(struct request *rq, struct response *rs)
{
	const char *name = request_param(rq, "provider");
	struct oauth_person p = { 0 };
	struct oauth_state st = { 0 };
	struct signin_target t;
	struct why why = { 0 };
	enum fz_err err = oauth_finish(rq, name, &st, &p, &why);

	if (err == FZ_OK)
		err = signin_target_parse(rq->arena, st.target, &t);
	if (err != FZ_OK)
		return callback_failed(rq, rs, err, &st, &why);
	if (st.link_user != 0)
		return link_identity(rq, rs, &st, &p, &t);
	return sign_in(rq, rs, st.provider, &p, &t);
}

/* --- adding an account of a provider to one's own --- */

static const char *
link_path(struct request *rq, const char *name, const struct signin_target *t)
{
	struct arena *a = rq->arena;

	return arena_printf(a, "/auth/link/%s?redirect=%s", name, path_escape_value(a,
	    node_host_url(rq->node, a, t->host, t->path)));
}

static enum fz_err
link_page(struct request *rq, struct response *rs, const struct provider *pr,
    const struct user *u, const struct signin_target *t)
{
	const char *name = pr->display_name[0] != '\0' ? pr->display_name :
	    oauth_kind(pr->name)->display_name;
	const char *me = u->name[0] != '\0' ? u->name : u->email;
	struct page_out p;

	page_open(&p, rq, rs, "Connect an account");
	page_html(&p, "<p class=\"lead\">Sign in with ");
	page_text(&p, "%s", name[0] != '\0' ? name : pr->name);
	page_html(&p, " as <strong>");
	page_text(&p, "%s", me);
	page_html(
	    &p, "</strong> from now on.</p>\n<form method=\"post\" action=\"/auth/link/");
	page_text(&p, "%s", pr->name);
	page_html(&p, "\">\n");
	page_hidden(&p, "redirect", node_host_url(rq->node, rq->arena, t->host, t->path));
	page_html(&p, "<button class=\"button\">Connect</button>\n</form>\n");
	return page_send(&p, 200);
}

static enum fz_err
get_link(struct request *rq, struct response *rs)
{
	const char *name = request_param(rq, "provider");
	struct signin_target t, here;
	struct session sso;
	struct provider pr;
	enum fz_err err = signin_target(rq, NULL, &t);

	if (err == FZ_OK)
		err = session_cookie_sso(rq, &sso);
	if (err != FZ_OK)
		return err;
	here = (struct signin_target){ .host = rq->host, .path = link_path(rq, name, &t),
		.pre = "" };
	if (sso.id == 0)
		return response_go(rs, signin_url(rq->arena, &here, NULL));
	err = read_provider(rq, name, &pr);
	if (err != FZ_OK)
		return begin_failed(rq, rs, err, &here);
	return link_page(rq, rs, &pr, &sso.user, &t);
}

/*
 * Where the browser goes to prove the other account.  Only AUTH can tie that to the browser,
 * so from another ADMIN it goes to a page there that asks once more.
 */
static enum fz_err
link_url(struct request *rq, struct response *rs, const char *name,
    const struct signin_target *t, const char **url)
{
	const char *uid;
	struct provider pr;
	enum fz_err err = read_provider(rq, name, &pr);

	if (err != FZ_OK)
		return err;
	if (!request_at(rq, rq->node->auth_host)) {
		*url = node_host_url(rq->node, rq->arena, rq->node->auth_host,
		    link_path(rq, name, t));
		return FZ_OK;
	}
	err = still_there(rq, rq->caller.user, &uid);
	if (err == FZ_BAD_REQUEST)
		return response_why(
		    rs, FZ_UNAUTHORIZED, "Sign in again to connect an account");
	return err == FZ_OK ? begin(rq, rs, name, t, rq->caller.user, url) : err;
}

static enum fz_err
post_link(struct request *rq, struct response *rs)
{
	const char *name = request_param(rq, "provider"), *url;
	struct signin_target t;
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err == FZ_OK)
		err = signin_target(rq, body, &t);
	if (err == FZ_OK)
		err = link_url(rq, rs, name, &t, &url);
	if (err != FZ_OK)
		return request_is_form(rq) ? page_error(rq, rs, err,
		    "The account was not connected", NULL, "/auth/login") : err;
	if (!request_is_form(rq))
		return response_data(rs, 200, json_pack("{s:s}", "url", url));
	/* A redirect would fall under form-action of the page that was sent. */
	return page_forward(rq, rs, url);
}

#define LOGIN_HOSTS (ON_ADMIN | ON_AUTH | ON_APP)

const struct route oauth_routes[] = {
	{ METHOD_GET, "/auth/login/{provider}", get_login, WHO_ANON, NULL, LOGIN_HOSTS,
	    ROUTE_BARE, 0, "Sign in with a provider (?redirect=&app=)", NULL, NULL },
	{ METHOD_GET, "/auth/callback/{provider}", get_callback, WHO_ANON, NULL, ON_AUTH,
	    ROUTE_BARE | ROUTE_AUDITS, WEIGHT_LOGIN,
	    "Where a provider sends the browser back", NULL, NULL },
	{ METHOD_GET, "/auth/link/{provider}", get_link, WHO_ANON, NULL, ON_AUTH,
	    ROUTE_BARE, 0, "Page that asks whether to connect a provider's account", NULL,
	    NULL },
	{ METHOD_POST, "/auth/link/{provider}", post_link, WHO_USER, NULL,
	    ON_ADMIN | ON_AUTH, ROUTE_BODY_FORM | ROUTE_AUDITS, WEIGHT_SECURITY,
	    "Add a provider's account to one's own", "Link", "LinkUrl" },
	{ 0 }
};
