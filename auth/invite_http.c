/*
 * Invites: an admin makes a code, somebody makes an account of it.
 *
 * The code has 128 bits and stands in the answer that makes it, in the address that is
 * passed on, and nowhere else: the table holds its hash, and the row of the audit log is
 * written here because the dispatcher's own would name the path.
 *
 * Whoever has the code gets an account on AUTH only.  All that can be refused is refused
 * before a use is taken, and the use is taken in the transaction that makes the account; the
 * password is hashed before it, since that takes a tenth of a second and a transaction is
 * everybody's.  An address that somebody signs in with already is refused: they could not
 * be told apart.
 *
 * Making invites by the name of AUTH is for programs with a key.  When AUTH is not ADMIN its
 * cookie is no admin's, and AUTH may be a host where an app's scripts run.
 */
#include <string.h>

#include "auth/access.h"
#include "auth/audit.h"
#include "auth/fields.h"
#include "auth/page.h"
#include "auth/password.h"
#include "auth/prove.h"
#include "auth/signin.h"
#include "auth/throttle.h"
#include "auth/user_view.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "base/str.h"
#include "store/invite.h"

#define CODE_LEN 22		/* base62: 131 bits */
#define NAME_MAX_LEN 200
#define EMAIL_MAX_LEN 254
#define USES_MAX 1000
#define DAYS_MAX 365
#define DAY_MS (86400LL * 1000)
#define WEIGHT_ACCOUNT 8
#define WEIGHT_SECURITY 9

/* --- making them --- */

static enum fz_err
may_manage(struct request *rq, struct response *rs)
{
	if (rq->caller.key_id == NULL && !request_at(rq, rq->node->admin_host))
		return response_why(rs, FZ_FORBIDDEN, "Invites are managed at %s",
		    rq->node->admin_host);
	return FZ_OK;
}

static enum fz_err
read_invite(struct request *rq, struct response *rs, struct invite *i, int64_t *days)
{
	const char *email = NULL;
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	*i = (struct invite){ .role = "user", .email = "", .max_uses = 1 };
	*days = 7;
	if (err == FZ_OK)
		err = fields_str(rs, body, "role", false, 16, &i->role);
	if (err == FZ_OK && user_view_role(i->role) == ROLE_ANON)
		err = response_invalid(rs, "role", "owner, admin or user");
	if (err == FZ_OK)
		err = fields_int(rs, body, "max_uses", false, 1, USES_MAX, &i->max_uses);
	if (err == FZ_OK)
		err = fields_int(rs, body, "expiry_days", false, 1, DAYS_MAX, days);
	if (err == FZ_OK)
		err = fields_str(rs, body, "email", false, EMAIL_MAX_LEN, &email);
	if (err == FZ_OK && email != NULL && *email != '\0')
		err = user_view_email(rs, rq->arena, email, &i->email);
	return err == FZ_OK ? access_may_give(rq, rs, i->role) : err;
}

static enum fz_err
add_invite(struct request *rq, struct response *rs, struct invite *i, const char *code,
    int64_t now)
{
	uint8_t hash[SHA256_LEN];
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	sha256_of(code, CODE_LEN, hash);
	err = invite_add(w, rq->arena, i, hash, now);
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	if (err != FZ_QUOTA_EXCEEDED)
		return err;
	response_detail(rs, "quota", json_string("invites"));
	response_detail(rs, "limit", json_integer(INVITE_MAX));
	response_detail(rs, "used", json_integer(INVITE_MAX));
	return response_why(rs, err, "There are %d invites already", INVITE_MAX);
}

static enum fz_err
create_invite(struct request *rq, struct response *rs)
{
	char code[CODE_LEN + 1];
	int64_t now = clock_wall_ms(), days;
	struct invite i;
	const char *url;
	enum fz_err err = may_manage(rq, rs);

	if (err == FZ_OK)
		err = read_invite(rq, rs, &i, &days);
	if (err != FZ_OK)
		return err;
	str_random62(code, CODE_LEN);
	i.created_by = rq->caller.user;
	i.expires = now + days * DAY_MS;
	err = add_invite(rq, rs, &i, code, now);
	if (err != FZ_OK)
		return err;
	url = node_host_url(rq->node, rq->arena, rq->node->auth_host,
	    arena_printf(rq->arena, "/auth/invite/%s", code));
	return response_data(rs, 201, json_pack("{s:s,s:s,s:s,s:s,s:I}", "id", i.uid, "code",
	    code, "url", url, "role", i.role, "expires_at",
	    (json_int_t)(i.expires / 1000)));
}

static json_t *
invite_json(const struct invite *i, int64_t now)
{
	const char *status = i->use_count >= i->max_uses ? "used" :
	    i->expires <= now || !i->valid ? "expired" : "active";
	json_t *o = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:s}", "id", i->uid,
	    "role", i->role, "created_by", i->created_by_uid,
	    "created_at", (json_int_t)(i->created / 1000),
	    "expires_at", (json_int_t)(i->expires / 1000),
	    "max_uses", (json_int_t)i->max_uses, "use_count", (json_int_t)i->use_count,
	    "status", status);

	if (i->email[0] != '\0')
		json_object_set_new(o, "email", json_string(i->email));
	return o;
}

static enum fz_err
list_invites(struct request *rq, struct response *rs)
{
	int64_t now = clock_wall_ms();
	struct reader *rd;
	struct invite *v = NULL;
	json_t *list;
	size_t n = 0;
	enum fz_err err = may_manage(rq, rs);

	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = invite_list(rd, rq->arena, &v, &n);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, invite_json(&v[i], now));
	return response_data(rs, 200, list);
}

static enum fz_err
delete_invite(struct request *rq, struct response *rs)
{
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = invite_delete(w, request_param(rq, "id"));
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	err = writer_commit(w, &rq->seq);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s}", "message", "Invite revoked"));
}

/* --- using one --- */

/* What somebody filled in, and what it becomes. */
struct account {
	struct invite	 invite;
	uint8_t		 hash[SHA256_LEN];	/* of the code */
	const char	*email;			/* as typed, then in our form */
	const char	*name;
	const char	*password;
	char		 phc[PASSWORD_PHC_MAX];
	struct user	 user;
};

static enum fz_err
bad_invite(struct response *rs)
{
	return response_why(rs, FZ_BAD_REQUEST,
	    "This invite does not exist, is used up or has expired");
}

static enum fz_err
find_invite(struct request *rq, struct response *rs, struct account *a)
{
	const char *code = request_param(rq, "code");
	struct reader *rd;
	enum fz_err err;

	if (strlen(code) != CODE_LEN)
		return bad_invite(rs);
	sha256_of(code, CODE_LEN, a->hash);
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = invite_get(rd, rq->arena, a->hash, clock_wall_ms(), &a->invite);
	reader_close(rd);
	return err == FZ_INVITE_NOT_FOUND ? bad_invite(rs) : err;
}

/* The form, with what was filled in but the password. */
static enum fz_err
form_page(struct request *rq, struct response *rs, const struct account *a, int status,
    const char *alert)
{
	bool bound = a->invite.email[0] != '\0';
	struct page_out p;

	page_open(&p, rq, rs, "Make your account");
	if (alert != NULL)
		page_alert(&p, "%s", alert);
	page_html(&p, "<p class=\"lead\">You are invited to ");
	page_text(&p, "%s", rq->node->domain);
	page_html(&p, user_view_role(a->invite.role) > ROLE_USER ? " as an " : ".");
	if (user_view_role(a->invite.role) > ROLE_USER)
		page_text(&p, "%s.", a->invite.role);
	page_html(&p, "</p>\n<form method=\"post\">\n");
	page_field(&p, &(struct page_field){ .name = "email", .label = "E-mail",
	    .type = "email", .autocomplete = "username", .required = true,
	    .value = a->email != NULL ? a->email : a->invite.email, .max = EMAIL_MAX_LEN,
	    .hint = bound ? "The invite is for this address" : "You sign in with it",
	    .focus = !bound });
	page_field(&p, &(struct page_field){ .name = "name", .label = "Name", .type = "text",
	    .autocomplete = "name", .value = a->name, .max = NAME_MAX_LEN, .focus = bound });
	page_field(&p, &(struct page_field){ .name = "password", .label = "Password",
	    .type = "password", .autocomplete = "new-password", .required = true,
	    .min = PASSWORD_MIN, .max = PASSWORD_MAX, .hint = "At least 8 characters" });
	page_html(&p, "<p class=\"actions\"><button class=\"button\">Make account</button>"
	    "</p>\n</form>\n");
	return page_send(&p, status);
}

static enum fz_err
go_to_auth(struct request *rq, struct response *rs)
{
	const char *code = request_param(rq, "code");

	/* Nothing that came in stands in the redirect but a code of our form. */
	if (strlen(code) != CODE_LEN || strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz") != CODE_LEN)
		return page_error(rq, rs, bad_invite(rs), "This invite does not work", NULL,
		    NULL);
	return response_go(rs, node_host_url(rq->node, rq->arena, rq->node->auth_host,
	    arena_printf(rq->arena, "/auth/invite/%s", code)));
}

static enum fz_err
show_invite(struct request *rq, struct response *rs)
{
	struct account a = { 0 };
	enum fz_err err;

	if (!request_at(rq, rq->node->auth_host))
		return go_to_auth(rq, rs);
	err = find_invite(rq, rs, &a);
	if (err != FZ_OK)
		return page_error(rq, rs, err, "This invite does not work", NULL, NULL);
	if (request_wants_page(rq))
		return form_page(rq, rs, &a, 200, NULL);
	return response_data(rs, 200, json_pack("{s:s,s:s,s:I}", "role", a.invite.role,
	    "email", a.invite.email, "expires_at",
	    (json_int_t)(a.invite.expires / 1000)));
}

static enum fz_err
read_account(struct request *rq, struct response *rs, const json_t *body,
    struct account *a)
{
	struct why why = { { 0 } };
	enum fz_err err = fields_line(rs, body, "name", false, NAME_MAX_LEN, &a->name);

	if (err == FZ_OK)
		err = fields_str(rs, body, "email", true, EMAIL_MAX_LEN, &a->email);
	if (err == FZ_OK)
		err = user_view_email(rs, rq->arena, a->email, &a->email);
	if (err == FZ_OK && a->invite.email[0] != '\0' &&
	    strcmp(a->email, a->invite.email) != 0) {
		(void)response_invalid(rs, "email", "the address the invite is for");
		err = response_why(rs, FZ_VALIDATION_FAILED,
		    "The invite is for another e-mail address");
	}
	/* One byte more than fits, so that password_ok says what is wrong. */
	if (err == FZ_OK)
		err = fields_str(rs, body, "password", true, PASSWORD_MAX + 1, &a->password);
	if (err == FZ_OK && password_ok(a->password, strlen(a->password), &why) != FZ_OK) {
		err = response_invalid(rs, "password", why.text);
		(void)response_why(rs, err, "Choose another password: %s", why.text);
	}
	return err;
}

static enum fz_err
check_address(struct response *rs, struct reader *rd, const char *email)
{
	bool taken;
	enum fz_err err = user_signs_in(rd, email, &taken);

	if (err == FZ_OK && taken)
		return response_why(rs, FZ_CONFLICT,
		    "Somebody signs in with this e-mail address already");
	return err;
}

/* The use and the account, both or neither. */
static enum fz_err
make_account(struct request *rq, struct response *rs, struct account *a)
{
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = invite_use(w, rq->arena, a->hash, clock_wall_ms(), &a->invite);
	if (err == FZ_INVITE_NOT_FOUND)
		err = bad_invite(rs);
	if (err == FZ_OK)
		err = check_address(rs, writer_reader(w), a->email);
	if (err == FZ_OK) {
		a->user = (struct user){ .email = a->email, .name = a->name,
			.role = a->invite.role, .password = a->phc,
			.invited_by = a->invite.created_by };
		err = user_add(w, rq->arena, &a->user);
	}
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

static void
audit(struct request *rq, const struct account *a, enum fz_err err)
{
	bool ok = err == FZ_OK;

	audit_add(rq, &(struct audit){ .weight = WEIGHT_ACCOUNT,
		.user = ok ? a->user.uid : NULL, .type = "invite", .id = a->invite.uid,
		.action = "use", .failed = !ok, .details = json_pack("{s:s}",
		    ok ? "role" : "code", ok ? a->user.role : err_code(err)) });
}

static enum fz_err
redeem(struct request *rq, struct response *rs, struct account *a)
{
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err == FZ_OK)
		err = read_account(rq, rs, body, a);
	if (err == FZ_OK)
		err = password_hash(a->password, strlen(a->password), a->phc);
	return err == FZ_OK ? make_account(rq, rs, a) : err;
}

/* A program is told by the envelope, a person by the form or, when it is over, a page. */
static enum fz_err
refuse(struct request *rq, struct response *rs, const struct account *a, enum fz_err err)
{
	const char *text = rs->why.text[0] != '\0' ? rs->why.text : err_text(err);

	if (!request_is_form(rq) || err_status(err) == 500)
		return err;
	if (a->invite.uid == NULL || err == FZ_BAD_REQUEST)
		return page_error(rq, rs, err, "This invite does not work", NULL, NULL);
	return form_page(rq, rs, a, err_status(err), arena_strdup(rq->arena, text));
}

static enum fz_err
use_invite(struct request *rq, struct response *rs)
{
	struct account a = { 0 };
	enum fz_err err;

	if (!request_at(rq, rq->node->auth_host))
		return go_to_auth(rq, rs);
	err = throttle_take(rq, rs, THROTTLE_INVITE);
	if (err != FZ_OK)
		return page_error(rq, rs, err, "Too many attempts", NULL, NULL);
	err = find_invite(rq, rs, &a);
	if (err == FZ_OK)
		err = redeem(rq, rs, &a);
	audit(rq, &a, err);
	if (err != FZ_OK)
		return refuse(rq, rs, &a, err);
	if (!request_is_form(rq))
		return response_data(rs, 201, json_pack("{s:o,s:s}", "user",
		    user_view(&a.user), "message", "The account is made; sign in with it"));
	/* The account is there; who cannot be signed in now can do it themselves. */
	return response_go(rs, signin_finish(rq, rs, &a.user, "", false, NULL) == FZ_OK ? "/" :
	    "/auth/login");
}

#define MANAGE (ON_ADMIN | ON_AUTH)
#define ANYWHERE (ON_ADMIN | ON_AUTH | ON_APP)

const struct route invite_routes[] = {
	{ METHOD_GET, "/api/invites", list_invites, WHO_ADMIN, "users", ON_ADMIN, 0, 0,
	    "List invites, newest first", NULL, "[Invite]" },
	{ METHOD_GET, "/auth/invites", list_invites, WHO_ADMIN, "users", MANAGE, 0, 0,
	    "List invites, newest first", NULL, "[Invite]" },
	{ METHOD_POST, "/api/invites", create_invite, WHO_ADMIN, "users", ON_ADMIN, 0,
	    WEIGHT_SECURITY, "Make an invite; its code is shown once", "InviteCreate",
	    "InviteCreated" },
	{ METHOD_POST, "/auth/invite", create_invite, WHO_ADMIN, "users", MANAGE, 0,
	    WEIGHT_SECURITY, "Make an invite; its code is shown once", "InviteCreate",
	    "InviteCreated" },
	{ METHOD_DELETE, "/api/invites/{id}", delete_invite, WHO_ADMIN, "users", ON_ADMIN, 0,
	    WEIGHT_SECURITY, "Revoke an invite", NULL, "Message" },
	{ METHOD_GET, "/auth/invite/{code}", show_invite, WHO_ANON, NULL, ANYWHERE, 0, 0,
	    "What an invite gives, or the page to use it", NULL, "InviteOffer" },
	{ METHOD_POST, "/auth/invite/{code}", use_invite, WHO_ANON, NULL, ANYWHERE,
	    ROUTE_BODY_FORM | ROUTE_SIGN_IN | ROUTE_AUDITS, WEIGHT_ACCOUNT,
	    "Use an invite: make an account", "InviteUse", "InviteUsed" },
	{ 0 }
};
