/*
 * The pages a browser is sent through on its way in (docs/contract.md 4.2, 4.3).
 *
 * A sign-in starts on the host where it ends: only that host can set the cookie that ties
 * it to this browser.  So a host that is not AUTH notes the browser and goes to AUTH, and
 * an AUTH that was reached directly with another host as the target goes there first.
 * What is left for AUTH are targets that carry `pre`, and its own pages.
 *
 * A visitor who follows a link from another site to ADMIN comes without the Strict
 * cookie.  Before anybody is asked to sign in again for that, a page of ours sends the
 * browser to the same address once more, now with the cookie.
 */
#include <string.h>

#include "auth/login_page.h"
#include "auth/page.h"
#include "auth/session_cookie.h"
#include "auth/signin.h"
#include "auth/user_view.h"
#include "base/embed.h"
#include "base/path.h"
#include "base/route.h"
#include "store/session.h"

#define ANYWHERE (ON_ADMIN | ON_AUTH | ON_APP)

/* The sign-in page of the host where the visitor will end. */
static const char *
start_url(const struct request *rq, const char *host, const char *path)
{
	struct arena *a = rq->arena;

	return node_host_url(rq->node, a, host,
	    arena_printf(a, "/auth/login?redirect=%s", path_escape_value(a, path)));
}

static bool
from_other_site(const struct request *rq)
{
	const char *site = request_header(rq, "sec-fetch-site");

	return site != NULL && strcmp(site, "cross-site") == 0;
}

/* An admin session on ADMIN. */
static bool
admin_here(const struct request *rq)
{
	return request_at(rq, rq->node->admin_host) && rq->caller.session != 0 &&
	    rq->caller.role >= ROLE_ADMIN;
}

static void
sign_out_form(struct page_out *p)
{
	page_html(p, "<form method=\"post\" action=\"/auth/logout?all=true\">\n"
	    "<button class=\"button plain\">Sign out</button>\n</form>\n");
}

static void
who(struct page_out *p, const struct user *u)
{
	const char *name = u->name != NULL && u->name[0] != '\0' ? u->name : u->username;

	page_html(p, "<p class=\"lead\">You are signed in as <strong>");
	page_text(p, "%s", name != NULL && name[0] != '\0' ? name : u->email);
	page_html(p, "</strong>.</p>\n");
}

/* Nothing else was asked for. */
static enum fz_err
signed_in_page(struct request *rq, struct response *rs, const struct user *u)
{
	struct page_out p;

	page_open(&p, rq, rs, "Signed in");
	who(&p, u);
	page_html(&p, "<div class=\"actions\">\n");
	if (user_view_role(u->role) >= ROLE_ADMIN) {
		page_html(&p, "<a class=\"button\" href=\"");
		page_text(&p, "%s", start_url(rq, rq->node->admin_host, "/"));
		page_html(&p, "\">Open the dashboard</a>\n");
	}
	sign_out_form(&p);
	page_html(&p, "</div>\n");
	if (u->provider[0] == '\0')
		page_html(&p, "<p><a href=\"/auth/password\">Change your password</a></p>\n");
	return page_send(&p, 200);
}

static enum fz_err
refused_page(struct request *rq, struct response *rs, const struct user *u)
{
	struct page_out p;

	page_open(&p, rq, rs, "Your account may not open the dashboard");
	who(&p, u);
	page_html(&p, "<p>The dashboard is for administrators of this server. Sign out "
	    "to use another account.</p>\n<div class=\"actions\">\n");
	sign_out_form(&p);
	page_html(&p, "</div>\n");
	return page_send(&p, 403);
}

static enum fz_err
ask_again(struct request *rq, struct response *rs, const struct session *sso,
    const struct signin_target *t)
{
	const struct user *u = &sso->user;

	return login_page(rq, rs, t, 200, "Sign in again to open the dashboard",
	    u->username[0] != '\0' ? u->username : u->email);
}

/*
 * ADMIN is AUTH and where it ends; the visitor is known and yet has shown no admin
 * session.  None can be made on the way, and a redirect would only lead back here.
 */
static enum fz_err
enter_dashboard(struct request *rq, struct response *rs, const struct session *sso,
    const struct signin_target *t)
{
	if (path_under(t->path, "/auth"))
		return response_go(rs, t->path);
	if (user_view_role(sso->user.role) < ROLE_ADMIN)
		return refused_page(rq, rs, &sso->user);
	if (from_other_site(rq))
		return page_forward(rq, rs, signin_url(rq->arena, t, NULL));
	return ask_again(rq, rs, sso, t);
}

/* AUTH knows the visitor: straight on. */
static enum fz_err
go_on(struct request *rq, struct response *rs, const struct session *sso,
    const struct signin_target *t)
{
	const char *next;
	enum fz_err err = signin_next(rq, sso, t, &next);

	switch (err) {
	case FZ_OK:
		if (next[0] != '/' && strcmp(t->host, rq->node->admin_host) == 0)
			return page_forward(rq, rs, next);
		return response_go(rs, next);
	case FZ_REAUTH_REQUIRED:
		return ask_again(rq, rs, sso, t);
	case FZ_FORBIDDEN:
		return refused_page(rq, rs, &sso->user);
	default:
		return err;
	}
}

/* Who has just signed out of one app is not signed in again by the way. */
static bool
wants_choice(struct request *rq)
{
	const char *prompt = request_arg(rq, "prompt");

	return prompt != NULL && strcmp(prompt, "select_account") == 0;
}

static enum fz_err
choice_page(struct request *rq, struct response *rs, const struct session *sso,
    const struct signin_target *t)
{
	struct page_out p;

	page_open(&p, rq, rs, "You are signed out of this app");
	who(&p, &sso->user);
	page_html(&p, "<p>Sign in to <strong>");
	page_text(&p, "%s", t->host);
	page_html(&p, "</strong> again?</p>\n<div class=\"actions\">\n<a class=\"button\" href=\"");
	page_text(&p, "%s", signin_url(rq->arena, t, NULL));
	page_html(&p, "\">Continue</a>\n");
	sign_out_form(&p);
	page_html(&p, "</div>\n");
	return page_send(&p, 200);
}

static enum fz_err
login_on_auth(struct request *rq, struct response *rs, const struct signin_target *t)
{
	bool here = request_at(rq, t->host), asked = request_arg(rq, "redirect") != NULL;
	struct session sso;
	enum fz_err err;

	if (!here && t->pre[0] == '\0')
		return response_go(rs, start_url(rq, t->host, t->path));
	err = session_cookie_sso(rq, &sso);
	if (err != FZ_OK)
		return err;
	if (here && asked && admin_here(rq))
		return response_go(rs, t->path);
	if (sso.id == 0)
		return login_page(rq, rs, t, 200, NULL, NULL);
	if (here && !asked)
		return signed_in_page(rq, rs, &sso.user);
	if (here && request_at(rq, rq->node->admin_host))
		return enter_dashboard(rq, rs, &sso, t);
	if (!here && wants_choice(rq))
		return choice_page(rq, rs, &sso, t);
	return go_on(rq, rs, &sso, t);
}

/* An app host, or ADMIN when AUTH is another host. */
static enum fz_err
login_elsewhere(struct request *rq, struct response *rs, struct signin_target *t)
{
	if (!request_at(rq, t->host))
		return response_go(rs, start_url(rq, t->host, t->path));
	if (admin_here(rq))
		return response_go(rs, t->path);
	if (request_at(rq, rq->node->admin_host) && from_other_site(rq))
		return page_forward(rq, rs, signin_url(rq->arena, t, NULL));
	t->pre = session_cookie_pre(rq, rs);
	return response_go(rs, node_host_url(rq->node, rq->arena, rq->node->auth_host,
	    arena_printf(rq->arena, "%s%s", signin_url(rq->arena, t, NULL),
	    wants_choice(rq) ? "&prompt=select_account" : "")));
}

static enum fz_err
get_login(struct request *rq, struct response *rs)
{
	struct signin_target t;
	enum fz_err err = signin_target(rq, NULL, &t);

	if (err != FZ_OK)
		return page_error(rq, rs, err, "This sign-in link does not work", NULL,
		    "/auth/login");
	if (request_at(rq, rq->node->auth_host))
		return login_on_auth(rq, rs, &t);
	return login_elsewhere(rq, rs, &t);
}

/* Where sign-ins without a target end, as long as AUTH has no other page at "/". */
static enum fz_err
get_home(struct request *rq, struct response *rs)
{
	(void)rq;
	return response_go(rs, "/auth/login");
}

static enum fz_err
get_complete(struct request *rq, struct response *rs)
{
	const char *code = request_arg(rq, "code"), *path;
	enum fz_err err = FZ_BAD_REQUEST;

	if (code != NULL)
		err = signin_complete(rq, rs, code, &path);
	if (err == FZ_BAD_REQUEST)
		return page_error(rq, rs, err, "This sign-in link is not valid any more",
		    "It works once, for one minute, in the browser where it began.",
		    "/auth/login");
	if (err == FZ_FORBIDDEN)
		return page_error(rq, rs, err, "Your account may not open the dashboard",
		    "The dashboard is for administrators of this server.", "/auth/login");
	if (err != FZ_OK)
		return page_error(rq, rs, err, "Signing in did not work", NULL,
		    "/auth/login");
	if (request_at(rq, rq->node->admin_host))
		return page_forward(rq, rs, path);
	return response_go(rs, path);
}

/* Kept for a year under the address that names its content, else asked for each time. */
static enum fz_err
get_style(struct request *rq, struct response *rs)
{
	const char *seen = request_header(rq, "if-none-match"), *v = request_arg(rq, "v");
	char tag[HTTP_COND_TAG];
	const struct embed *e = page_style(tag);
	bool named = v != NULL && v[0] != '\0' && strncmp(tag + 1, v, strlen(v)) == 0;

	if (seen != NULL && http_cond_etag(seen, tag))
		response_bytes(rs, 304, NULL, "", 0);
	else
		response_bytes(rs, 200, "text/css; charset=utf-8", e->data, e->len);
	response_header(rs, "ETag", tag);
	response_header(rs, "Cache-Control", named ?
	    "public, max-age=31536000, immutable" : "public, max-age=300");
	return FZ_OK;
}

const struct route page_routes[] = {
	{ METHOD_GET, "/auth/login", get_login, WHO_ANON, NULL, ANYWHERE, ROUTE_BARE, 0,
	    "Sign-in page (?redirect=&app=), or the way to it", NULL, NULL },
	{ METHOD_GET, "/", get_home, WHO_ANON, NULL, ON_AUTH, ROUTE_BARE, 0,
	    "To the sign-in page", NULL, NULL },
	{ METHOD_GET, "/auth/complete", get_complete, WHO_ANON, NULL, ANYWHERE,
	    ROUTE_BARE, 0, "End of a sign-in: trade ?code= for a session of this host",
	    NULL, NULL },
	{ METHOD_GET, "/auth/style.css", get_style, WHO_ANON, NULL, ANYWHERE, ROUTE_BARE,
	    0, "Style sheet of these pages", NULL, NULL },
	{ 0 }
};
