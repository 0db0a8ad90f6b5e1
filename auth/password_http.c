/*
 * The password one has: proving it again (reauth) makes this session fresh for ten minutes,
 * changing it ends all others.  Both count as sign-ins for the limits: a stolen session is
 * no way to guess faster.
 *
 * A user who may not open the dashboard changes it on the sign-in host, by a page of ours;
 * the form and the API are one handler.
 */
#include <string.h>

#include "auth/fields.h"
#include "auth/page.h"
#include "auth/password.h"
#include "auth/prove.h"
#include "auth/user_view.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "store/session.h"

#define FRESH_MS (10LL * 60 * 1000)
#define WEIGHT_LOGIN 8
#define WEIGHT_SECURITY 9

static enum fz_err
caller_with_password(struct request *rq, struct response *rs, struct user *u)
{
	enum fz_err err = user_view_caller(rq, u);

	if (err == FZ_OK && u->password == NULL)
		err = response_why(rs, FZ_BAD_REQUEST, "This account has no password");
	return err;
}

static enum fz_err
make_fresh(struct request *rq, const struct user *u, int64_t until)
{
	struct user now;
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = user_by_id(writer_reader(w), rq->arena, u->id, &now);
	if (err == FZ_OK && !prove_same(u, &now))
		err = FZ_INVALID_CREDENTIALS;
	if (err == FZ_OK)
		err = session_refresh(w, rq->caller.session, until);
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

static enum fz_err
reauth(struct request *rq, struct response *rs)
{
	char until[CLOCK_RFC3339_LEN];
	const char *password = NULL;
	int64_t end;
	struct user u;
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err == FZ_OK)
		err = fields_str(rs, body, "password", true, PASSWORD_MAX, &password);
	if (err == FZ_OK)
		err = caller_with_password(rq, rs, &u);
	if (err == FZ_OK)
		err = prove_password(rq, rs, &u, u.username, password);
	if (err != FZ_OK)
		return err;
	end = clock_wall_ms() + FRESH_MS;
	err = make_fresh(rq, &u, end);
	if (err != FZ_OK)
		return err;
	clock_rfc3339(until, end);
	return response_data(rs, 200, json_pack("{s:s}", "fresh_until", until));
}

/* The row as it was when the password was proven, or not at all. */
static enum fz_err
set_password(struct request *rq, const struct user *u, const char *phc)
{
	struct user now;
	struct writer *w;
	int64_t ended;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = user_by_id(writer_reader(w), rq->arena, u->id, &now);
	if (err == FZ_OK && !prove_same(u, &now))
		err = FZ_INVALID_CREDENTIALS;
	if (err == FZ_OK)
		err = user_set_password(w, u->id, phc);
	if (err == FZ_OK)
		err = session_end_user(w, u->id, rq->caller.session, &ended);
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

static enum fz_err
password_page(struct request *rq, struct response *rs, int status, const char *alert)
{
	static const struct page_field current = { .name = "current",
		.label = "Current password", .type = "password",
		.autocomplete = "current-password", .required = true, .focus = true };
	static const struct page_field wanted = { .name = "new", .label = "New password",
		.type = "password", .autocomplete = "new-password", .required = true,
		.hint = "At least 8 characters", .min = PASSWORD_MIN,
		.max = PASSWORD_MAX };
	struct page_out p;

	page_open(&p, rq, rs, "Change your password");
	if (alert != NULL)
		page_alert(&p, "%s", alert);
	page_html(&p, "<form method=\"post\" action=\"/auth/password\">\n");
	page_field(&p, &current);
	page_field(&p, &wanted);
	page_html(&p, "<button class=\"button\">Change password</button>\n</form>\n");
	return page_send(&p, status);
}

static enum fz_err
changed_page(struct request *rq, struct response *rs)
{
	struct page_out p;

	page_open(&p, rq, rs, "Your password is changed");
	page_html(&p, "<p class=\"lead\">Everybody else who was signed in as you has been "
	    "signed out.</p>\n<div class=\"actions\"><a class=\"button\" href=\"/auth/login\">"
	    "Go on</a></div>\n");
	return page_send(&p, 200);
}

/* Who is not signed in does so first and comes back. */
static enum fz_err
show_password(struct request *rq, struct response *rs)
{
	struct user u;
	enum fz_err err = user_view_caller(rq, &u);

	if (err == FZ_USER_NOT_FOUND)
		return response_go(rs, "/auth/login?redirect=/auth/password");
	if (err == FZ_OK && u.password == NULL)
		return page_error(rq, rs, FZ_BAD_REQUEST, "This account has no password",
		    "It signs in with a provider.", "/auth/login");
	return err == FZ_OK ? password_page(rq, rs, 200, NULL) : err;
}

static enum fz_err
change_password(struct request *rq, struct response *rs)
{
	const char *current = NULL, *wanted = NULL;
	char phc[PASSWORD_PHC_MAX];
	struct why why = { { 0 } };
	struct user u;
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err == FZ_OK)
		err = fields_str(rs, body, "current", true, PASSWORD_MAX, &current);
	if (err == FZ_OK)
		err = fields_str(rs, body, "new", true, PASSWORD_MAX, &wanted);
	if (err == FZ_OK && password_ok(wanted, strlen(wanted), &why) != FZ_OK)
		err = response_invalid(rs, "new", why.text);
	if (err == FZ_OK)
		err = caller_with_password(rq, rs, &u);
	if (err == FZ_OK)
		err = prove_password(rq, rs, &u, u.username, current);
	if (err == FZ_OK)
		err = password_hash(wanted, strlen(wanted), phc);
	if (err == FZ_OK)
		err = set_password(rq, &u, phc);
	if (request_is_form(rq) && err == FZ_OK)
		return changed_page(rq, rs);
	if (request_is_form(rq) && err_status(err) < 500)
		return password_page(rq, rs, err_status(err), arena_strdup(rq->arena,
		    rs->why.text[0] != '\0' ? rs->why.text : err_text(err)));
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s}", "message",
	    "The password is changed; other sessions have ended"));
}

const struct route password_routes[] = {
	{ METHOD_POST, "/api/reauth", reauth, WHO_OWNER, NULL, ON_ADMIN, 0, WEIGHT_LOGIN,
	    "Prove the password again, for what asks for it", "Reauth", "FreshUntil" },
	{ METHOD_POST, "/api/password", change_password, WHO_USER, NULL, ON_ADMIN | ON_AUTH, 0,
	    WEIGHT_SECURITY, "Change one's password; other sessions end", "PasswordChange",
	    "Message" },
	{ METHOD_GET, "/auth/password", show_password, WHO_ANON, NULL, ON_ADMIN | ON_AUTH,
	    ROUTE_BARE, 0, "Page: change one's password", NULL, NULL },
	{ METHOD_POST, "/auth/password", change_password, WHO_USER, NULL, ON_ADMIN | ON_AUTH,
	    ROUTE_BODY_FORM, WEIGHT_SECURITY, "Change one's password; other sessions end",
	    "PasswordChange", "Message" },
	{ 0 }
};
