/*
 * One form, which posts to the host that shows it, and plain links to the providers.  It
 * says in its heading where the visitor will be when it is done: a person who came here
 * from a link should see the name of the app before typing a password.  The name is one
 * that is served here (auth/signin.h), never what the link said.
 *
 * "Keep me signed in" is shown where it does something: it makes the session of the
 * dashboard longer, those of apps are long anyway.
 */
#include "auth/login_page.h"

#include <string.h>

#include "auth/oauth_kind.h"
#include "auth/page.h"
#include "store/provider.h"

static const char *
heading(const struct request *rq, const struct signin_target *t)
{
	if (strcmp(t->host, rq->node->admin_host) == 0)
		return "Sign in to the dashboard";
	if (strcmp(t->host, rq->host) == 0)
		return "Sign in";
	return arena_printf(rq->arena, "Sign in to %s", t->host);
}

static void
form(struct page_out *p, const struct signin_target *t, const char *username)
{
	bool named = username != NULL && username[0] != '\0';

	page_html(p, "<form method=\"post\" action=\"/auth/login\">\n");
	page_hidden(p, "redirect", t->path);
	if (strcmp(t->host, p->rq->host) != 0)
		page_hidden(p, "app", t->host);
	if (t->pre[0] != '\0')
		page_hidden(p, "pre", t->pre);
	page_field(p, &(struct page_field){ .name = "username", .type = "text",
	    .label = "User name or e-mail", .autocomplete = "username",
	    .value = username, .required = true, .focus = !named });
	page_field(p, &(struct page_field){ .name = "password", .type = "password",
	    .label = "Password", .autocomplete = "current-password", .required = true,
	    .focus = named });
	if (strcmp(p->rq->host, p->rq->node->admin_host) == 0)
		page_html(p, "<label class=\"check\"><input type=\"checkbox\" "
		    "name=\"remember_me\" value=\"true\"> Keep me signed in</label>\n");
	page_html(p, "<p class=\"actions\">"
	    "<button class=\"button\">Sign in</button></p>\n</form>\n");
}

static const char *
display_name(const struct provider *v)
{
	const struct oauth_kind *k = oauth_kind(v->name);

	if (v->display_name[0] != '\0')
		return v->display_name;
	return k->display_name[0] != '\0' ? k->display_name : v->name;
}

/* What is said first: a failure, or on a page that is none, why it is shown. */
static void
tell(struct page_out *p, int status, const char *text)
{
	if (status >= 400) {
		page_alert(p, "%s", text);
		return;
	}
	page_html(p, "<p class=\"note\" role=\"status\">");
	page_text(p, "%s", text);
	page_html(p, "</p>\n");
}

static void
providers(struct page_out *p, const struct signin_target *t, const struct provider *v,
    size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		const char *name = display_name(&v[i]);

		if (!v[i].enabled)
			continue;
		if (!any)
			page_html(p, "<p class=\"or\">or</p>\n<ul class=\"choices\">\n");
		any = true;
		page_html(p, "<li><a class=\"button plain\" href=\"");
		page_text(p, "%s", signin_url(p->rq->arena, t, v[i].name));
		page_html(p, "\">Continue with ");
		page_text(p, "%s", name);
		page_html(p, "</a></li>\n");
	}
	if (any)
		page_html(p, "</ul>\n");
}

enum fz_err
login_page(struct request *rq, struct response *rs, const struct signin_target *t,
    int status, const char *alert, const char *username)
{
	struct provider *v = NULL;
	struct page_out p;
	struct reader *rd;
	enum fz_err err;
	size_t n = 0;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = provider_list(rd, rq->arena, &v, &n);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	page_open(&p, rq, rs, heading(rq, t));
	if (alert != NULL)
		tell(&p, status, alert);
	form(&p, t, username);
	providers(&p, t, v, n);
	return page_send(&p, status);
}
