/*
 * Sign-in without a password, for people who build apps on their own machine: anybody may
 * become anybody.  Three things stand before it.  This file is compiled in development
 * builds only, so that a release holds nothing that a mistake could switch on; the node
 * must have been started as one for development; and every listener is a unix socket or
 * loopback (fcgi/listen.c refuses others).  What a request says of where it comes from
 * counts for nothing.
 */
#include <string.h>

#include "auth/fields.h"
#include "auth/page.h"
#include "auth/signin.h"
#include "base/limits.h"
#include "base/route.h"
#include "store/user.h"

#define TEXT_MAX 320
#define WEIGHT_SECURITY 9

struct wish {
	const char	*email;
	const char	*name;
	const char	*role;
};

static enum fz_err
show_form(struct request *rq, struct response *rs)
{
	struct signin_target t = { 0 };
	struct page_out p;
	enum fz_err err;

	if (!rq->node->dev)
		return FZ_NOT_FOUND;
	err = signin_target(rq, NULL, &t);
	if (err != FZ_OK)
		return err;
	page_open(&p, rq, rs, "Development sign-in");
	page_html(&p, "<form method=\"post\" action=\"/auth/dev/callback\">\n");
	page_hidden(&p, "redirect", t.path);
	if (strcmp(t.host, rq->host) != 0)
		page_hidden(&p, "app", t.host);
	if (t.pre[0] != '\0')
		page_hidden(&p, "pre", t.pre);
	page_field(&p, &(struct page_field){ .name = "email", .label = "E-mail",
	    .type = "email", .value = "dev@example.com", .required = true });
	page_field(&p, &(struct page_field){ .name = "name", .label = "Name",
	    .type = "text", .value = "Dev" });
	page_field(&p, &(struct page_field){ .name = "role", .label = "Role",
	    .type = "text", .value = "user", .hint = "owner, admin or user",
	    .required = true });
	page_html(&p, "<p class=\"actions\"><button class=\"button\">Sign in</button></p>\n"
	    "</form>\n");
	return page_send(&p, 200);
}

static enum fz_err
read_wish(const json_t *body, struct response *rs, struct wish *out)
{
	enum fz_err err;

	*out = (struct wish){ .name = "", .role = "user" };
	err = fields_line(rs, body, "email", true, TEXT_MAX, &out->email);
	if (err == FZ_OK)
		err = fields_line(rs, body, "name", false, TEXT_MAX, &out->name);
	if (err == FZ_OK)
		err = fields_str(rs, body, "role", false, TEXT_MAX, &out->role);
	if (err != FZ_OK)
		return err;
	if (strcmp(out->role, "owner") != 0 && strcmp(out->role, "admin") != 0 &&
	    strcmp(out->role, "user") != 0)
		return response_invalid(rs, "role", "owner, admin or user");
	return FZ_OK;
}

/* The user with this e-mail address, made or given the role when need be. */
static enum fz_err
find_or_make(struct request *rq, struct writer *w, const struct wish *wish, struct user *u)
{
	enum fz_err err = user_find(writer_reader(w), rq->arena, wish->email, u);

	if (err == FZ_USER_NOT_FOUND) {
		*u = (struct user){ .email = wish->email, .name = wish->name,
			.role = wish->role, .provider = "dev" };
		err = user_add(w, rq->arena, u);
	} else if (err == FZ_OK && strcmp(u->role, wish->role) != 0) {
		err = user_set_role(w, u->id, wish->role);
	}
	if (err == FZ_OK)
		err = user_by_id(writer_reader(w), rq->arena, u->id, u);
	return err;
}

static enum fz_err
become(struct request *rq, const struct wish *wish, struct user *u)
{
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = find_or_make(rq, w, wish, u);
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

static enum fz_err
callback(struct request *rq, struct response *rs)
{
	struct signin_target t;
	struct session sso = { .id = 0 };
	const char *next = "/";
	struct wish wish;
	struct user u;
	json_t *body;
	enum fz_err err;

	if (!rq->node->dev)
		return FZ_NOT_FOUND;
	err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK)
		err = read_wish(body, rs, &wish);
	if (err == FZ_OK)
		err = signin_target(rq, body, &t);
	if (err == FZ_OK)
		err = become(rq, &wish, &u);
	if (err == FZ_OK)
		err = signin_finish(rq, rs, &u, "dev", false, &sso);
	/* An ADMIN that is not AUTH has no sso session and leads nowhere else. */
	if (err == FZ_OK && sso.id != 0)
		err = signin_next(rq, &sso, &t, &next);
	else if (err == FZ_OK)
		next = t.path;
	if (err != FZ_OK)
		return page_error(rq, rs, err, "Development sign-in", NULL,
		    "/auth/dev/login");
	if (next[0] != '/')
		return page_forward(rq, rs, next);
	return response_go(rs, next);
}

const struct route dev_routes[] = {
	{ METHOD_GET, "/auth/dev/login", show_form, WHO_ANON, NULL, ON_ADMIN | ON_AUTH, 0, 0,
	    "Page: sign in as anybody (development builds only)", NULL, NULL },
	{ METHOD_POST, "/auth/dev/callback", callback, WHO_ANON, NULL, ON_ADMIN | ON_AUTH,
	    ROUTE_BODY_FORM | ROUTE_SIGN_IN | ROUTE_AUDITS, WEIGHT_SECURITY,
	    "Sign in as anybody (development builds only)", "DevSignIn", NULL },
	{ 0 }
};
