/*
 * Signing in with a password, signing out, and who one is.
 *
 * A sign-in is refused on app hosts before anything of it is read: nobody shall get used
 * to typing the password of the platform into a page of an app.  Elsewhere a program sends
 * JSON and gets JSON, the form of the sign-in page gets a redirect or that page again with
 * what went wrong; both go through prove.c and signin.c.
 *
 * Failed sign-ins stand in the audit log, with the name that was typed only when somebody is
 * called that: people type passwords into the wrong field.  Refusals for coming too often do
 * not, or a flood of requests would be a flood of rows.
 */
#include <string.h>

#include "auth/audit.h"
#include "auth/fields.h"
#include "auth/login_page.h"
#include "auth/page.h"
#include "auth/password.h"
#include "auth/prove.h"
#include "auth/session_cookie.h"
#include "auth/user_view.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "base/str.h"

#define LOGIN_MAX 254		/* bytes of a user name or an e-mail address */
#define WEIGHT_LOGIN 8

struct attempt {
	const char		*name;		/* as typed */
	const char		*password;
	bool			 remember;
	struct signin_target	 target;	/* of a form */
};

/* --- signing in --- */

/* A box of a form says "on" or nothing. */
static enum fz_err
want_remember(struct response *rs, const json_t *body, bool *out)
{
	const char *text = json_string_value(json_object_get(body, "remember_me"));

	if (text == NULL)
		return fields_bool(rs, body, "remember_me", false, out);
	*out = strcmp(text, "on") == 0 || strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	return FZ_OK;
}

static enum fz_err
read_attempt(struct response *rs, const json_t *body, struct attempt *a)
{
	enum fz_err err = fields_str(rs, body, "username", false, LOGIN_MAX, &a->name);

	if (err == FZ_OK && (a->name == NULL || *a->name == '\0'))
		err = fields_str(rs, body, "email", false, LOGIN_MAX, &a->name);
	if (err == FZ_OK && (a->name == NULL || *a->name == '\0'))
		err = response_missing(rs, "username");
	if (err == FZ_OK)
		err = fields_str(rs, body, "password", true, PASSWORD_MAX, &a->password);
	if (err == FZ_OK && *a->password == '\0')
		err = response_missing(rs, "password");
	if (err == FZ_OK)
		err = want_remember(rs, body, &a->remember);
	return err;
}

static enum fz_err
find_user(struct request *rq, const char *name, struct user *u)
{
	struct reader *rd;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = user_by_login(rd, rq->arena, name, u);
	reader_close(rd);
	return err;
}

/* The row of a success is written by signin.c. */
static void
audit_failure(struct request *rq, const struct attempt *a, const struct user *u)
{
	struct audit row = { .weight = WEIGHT_LOGIN, .type = "session", .action = "login",
		.failed = true };

	row.details = json_pack("{s:s}", "reason", u == NULL ? "unknown user" :
	    u->disabled ? "disabled" : "wrong password");
	if (u != NULL) {
		row.id = u->uid;
		json_object_set_new(row.details, "username", json_string(a->name));
	}
	audit_add(rq, &row);
}

static enum fz_err
prove(struct request *rq, struct response *rs, const struct attempt *a, struct user *u)
{
	enum fz_err err = find_user(rq, a->name, u);
	bool known = err == FZ_OK;

	if (err != FZ_OK && err != FZ_USER_NOT_FOUND)
		return err;
	err = prove_password(rq, rs, known ? u : NULL, a->name, a->password);
	if (err == FZ_INVALID_CREDENTIALS)
		audit_failure(rq, a, known ? u : NULL);
	return err;
}

/* A program is told by the envelope, a person by the page they came from. */
static enum fz_err
refuse(struct request *rq, struct response *rs, const struct attempt *a, enum fz_err err)
{
	const char *text = rs->why.text[0] != '\0' ? rs->why.text : err_text(err);

	if (!request_is_form(rq) || a->target.host == NULL || err_status(err) == 500)
		return err;
	return login_page(rq, rs, &a->target, err_status(err), arena_strdup(rq->arena, text),
	    a->name);
}

/*
 * Signed in by a form: where it was going.  Who may not go there is told so by the sign-in
 * page, which knows them now.
 */
static enum fz_err
go_on(struct request *rq, struct response *rs, const struct signin_target *t,
    const struct session *sso)
{
	const char *next;
	enum fz_err err = signin_next(rq, sso, t, &next);

	if (err == FZ_FORBIDDEN)
		return response_go(rs, strcmp(t->path, "/") == 0 && request_at(rq, t->host) ?
		    "/auth/login" : signin_url(rq->arena, t, NULL));
	if (err != FZ_OK)
		return err;
	/* Not by a redirect: browsers hold those of a form against form-action, app and all. */
	if (next[0] != '/')
		return page_forward(rq, rs, next);
	return response_go(rs, next);
}

static enum fz_err
login(struct request *rq, struct response *rs)
{
	struct session sso = { 0 };
	struct attempt a = { 0 };
	struct user user;
	json_t *body;
	enum fz_err err;

	if (!request_at(rq, rq->node->admin_host) && !request_at(rq, rq->node->auth_host))
		return response_why(rs, FZ_FORBIDDEN, "Passwords are asked for at %s only",
		    rq->node->auth_host);
	err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK && request_is_form(rq))
		err = signin_target(rq, body, &a.target);
	if (err == FZ_OK)
		err = read_attempt(rs, body, &a);
	if (err == FZ_OK)
		err = prove(rq, rs, &a, &user);
	if (err == FZ_OK)
		err = signin_finish(rq, rs, &user, "", a.remember, &sso);
	if (err == FZ_FORBIDDEN && rs->why.text[0] == '\0')
		(void)response_why(rs, err, "This account may not open the dashboard");
	if (err != FZ_OK)
		return refuse(rq, rs, &a, err);
	if (request_is_form(rq))
		return go_on(rq, rs, &a.target, &sso);
	return response_data(rs, 200, json_pack("{s:s}", "message", "Signed in"));
}

static enum fz_err
logout(struct request *rq, struct response *rs)
{
	enum fz_err err = signin_logout(rq, rs, request_flag(rq, "all"));

	if (err != FZ_OK)
		return err;
	if (request_wants_page(rq))
		return response_go(rs, request_flag(rq, "all") || request_at(rq, rq->node->auth_host) ?
		    "/auth/login" : "/auth/login?prompt=select_account");
	return response_data(rs, 200, json_pack("{s:s}", "message", "Signed out"));
}

/* --- who am I --- */

/* *known false: nobody. */
static enum fz_err
look_up_caller(struct request *rq, struct user *u, bool *known)
{
	enum fz_err err = user_view_caller(rq, u);

	*known = err == FZ_OK;
	return err == FZ_USER_NOT_FOUND ? FZ_OK : err;
}

static enum fz_err
show_session(struct request *rq, struct response *rs)
{
	struct user u;
	bool known;
	enum fz_err err = look_up_caller(rq, &u, &known);

	if (err != FZ_OK)
		return err;
	if (!known)
		return response_data(rs, 200, json_pack("{s:b}", "authenticated", 0));
	return response_data(rs, 200, json_pack("{s:b,s:o}", "authenticated", 1, "user",
	    user_view(&u)));
}

static enum fz_err
show_status(struct request *rq, struct response *rs)
{
	struct user u;
	bool known;
	enum fz_err err = look_up_caller(rq, &u, &known);

	if (err != FZ_OK)
		return err;
	if (!known)
		return response_data(rs, 200, json_pack("{s:b}", "authenticated", 0));
	return response_data(rs, 200, json_pack("{s:b,s:s,s:s,s:s}", "authenticated", 1,
	    "username", u.username, "email", u.email, "role", u.role));
}

static enum fz_err
show_user(struct request *rq, struct response *rs)
{
	struct user u;
	enum fz_err err = user_view_caller(rq, &u);

	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s,s:s,s:s,s:s}", "username", u.username,
	    "email", u.email, "role", u.role, "version", rq->node->version));
}

#define ANYWHERE (ON_ADMIN | ON_AUTH | ON_APP)
#define LOGIN_FLAGS (ROUTE_BODY_FORM | ROUTE_SIGN_IN | ROUTE_AUDITS)

const struct route login_routes[] = {
	{ METHOD_POST, "/auth/login", login, WHO_ANON, NULL, ANYWHERE, LOGIN_FLAGS,
	    WEIGHT_LOGIN, "Sign in with a password; not on app hosts", "Login", "Message" },
	{ METHOD_POST, "/api/login", login, WHO_ANON, NULL, ON_ADMIN, LOGIN_FLAGS,
	    WEIGHT_LOGIN, "Sign in with a password", "Login", "Message" },
	{ METHOD_POST, "/auth/logout", logout, WHO_ANON, NULL, ANYWHERE, LOGIN_FLAGS,
	    WEIGHT_LOGIN, "Sign out of this host (?all=true: of all of them)", NULL,
	    "Message" },
	{ METHOD_POST, "/api/logout", logout, WHO_ANON, NULL, ON_ADMIN, LOGIN_FLAGS,
	    WEIGHT_LOGIN, "Sign out (?all=true: of all hosts)", NULL, "Message" },
	{ METHOD_GET, "/auth/session", show_session, WHO_ANON, NULL, ANYWHERE, 0, 0,
	    "Who is signed in on this host", NULL, "AuthSession" },
	{ METHOD_GET, "/api/auth/status", show_status, WHO_ANON, NULL, ON_ADMIN, 0, 0,
	    "Who is signed in", NULL, "AuthStatus" },
	{ METHOD_GET, "/api/user/me", show_user, WHO_USER, NULL, ON_ADMIN, 0, 0,
	    "The user of this session", NULL, "UserMe" },
	{ 0 }
};
