/*
 * Who visits, as a script may know it.  All of it comes from what access control found
 * out before the script ran; a script cannot claim anything.  A request that came from a
 * page of an unknown origin is nobody's by then, whatever cookie it carries (script.c).
 *
 * require*() throw; what such an error means to a browser (the sign-in page) and to a
 * program (401, 403) is decided where errors become answers.  hasRole compares names: an
 * owner has the role owner and no other, isAdmin() is the question that counts owners in.
 */
#include <string.h>

#include "runtime/js.h"

#define REDIRECT_MAX 1024
#define ROLE_SHOWN 64

/* The signed-in user of this request, or NULL. */
static const struct caller *
visitor(const struct run *run)
{
	const struct caller *c = &run->rq->caller;

	return c->user_uid != NULL && c->role != ROLE_ANON ? c : NULL;
}

static const char *
role_name(const struct caller *c)
{
	switch (c->role) {
	case ROLE_OWNER:
		return "owner";
	case ROLE_ADMIN:
		return "admin";
	default:
		return "user";
	}
}

static bool
has_role(const struct caller *c, const char *role)
{
	if (c == NULL)
		return false;
	return strcmp(role, "user") == 0 || strcmp(role, role_name(c)) == 0;
}

static bool
at_least(const struct caller *c, enum role role)
{
	return c != NULL && c->role >= role;
}

static duk_ret_t
get_user_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const struct caller *c = visitor(run);

	if (c == NULL) {
		duk_push_null(ctx);
		return 1;
	}
	duk_push_object(ctx);
	js_put_string(ctx, run, "id", c->user_uid);
	js_put_string(ctx, run, "email", c->email);
	js_put_string(ctx, run, "name", c->name);
	js_put_string(ctx, run, "picture", c->picture);
	js_put_string(ctx, run, "role", role_name(c));
	js_put_string(ctx, run, "provider", c->provider);
	return 1;
}

/* Magic: the role that is asked for. */
static duk_ret_t
is_js(duk_context *ctx)
{
	const struct caller *c = visitor(js_enter(ctx));

	duk_push_boolean(ctx, at_least(c, (enum role)duk_get_current_magic(ctx)));
	return 1;
}

static duk_ret_t
has_role_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const char *role = js_text(ctx, run, 0, "auth.hasRole requires a role", NULL);

	duk_push_boolean(ctx, has_role(visitor(run), role));
	return 1;
}

static const struct caller *
need_login(duk_context *ctx, struct run *run)
{
	const struct caller *c = visitor(run);

	if (c == NULL)
		js_throw(ctx, "AuthError", "LOGIN_REQUIRED", false, "login required");
	return c;
}

static duk_ret_t
refuse_role(duk_context *ctx, const char *role)
{
	js_throw(ctx, "AuthError", "FORBIDDEN", false, "forbidden: requires role '%.*s'",
	    ROLE_SHOWN, role);
}

/* Magic: the role that is needed; ROLE_USER is a login. */
static duk_ret_t
require_js(duk_context *ctx)
{
	const struct caller *c = need_login(ctx, js_enter(ctx));
	enum role role = (enum role)duk_get_current_magic(ctx);

	if (!at_least(c, role))
		return refuse_role(ctx, role == ROLE_OWNER ? "owner" : "admin");
	return 0;
}

static duk_ret_t
require_role_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const char *role = js_text(ctx, run, 0, "auth.requireRole requires a role", NULL);

	if (!has_role(need_login(ctx, run), role))
		return refuse_role(ctx, role);
	return 0;
}

/* A place on this host and nowhere else: "//x" and "/\x" are other hosts to a browser. */
static bool
redirect_ok(const char *s, size_t len)
{
	if (len > REDIRECT_MAX || s[0] != '/' || s[1] == '/' || s[1] == '\\')
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static duk_ret_t
login_url_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const char *to = "/", *url;
	size_t len = 1;

	if (duk_is_string(ctx, 0) && !duk_is_symbol(ctx, 0))
		to = js_any_text(ctx, run, 0, &len);
	if (strlen(to) != len || !redirect_ok(to, len))
		to = "/";
	js_work(run);
	url = run_login_url(run, run->scratch, to);
	js_done(ctx, run);
	duk_push_string(ctx, url);
	return 1;
}

static duk_ret_t
logout_url_js(duk_context *ctx)
{
	duk_push_string(ctx, "/auth/logout");
	return 1;
}

static const struct js_function functions[] = {
	{ "getUser", get_user_js, 0, 0 },
	{ "isLoggedIn", is_js, 0, ROLE_USER },
	{ "isAdmin", is_js, 0, ROLE_ADMIN },
	{ "isOwner", is_js, 0, ROLE_OWNER },
	{ "hasRole", has_role_js, 1, 0 },
	{ "requireLogin", require_js, 0, ROLE_USER },
	{ "requireAdmin", require_js, 0, ROLE_ADMIN },
	{ "requireOwner", require_js, 0, ROLE_OWNER },
	{ "requireRole", require_role_js, 1, 0 },
	{ "getLoginURL", login_url_js, 1, 0 },
	{ "getLogoutURL", logout_url_js, 0, 0 },
	{ 0 }
};

void
js_auth_setup(duk_context *ctx)
{
	js_namespace(ctx, "auth");
	js_functions(ctx, functions);
	duk_pop(ctx);
}
