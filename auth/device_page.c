/*
 * The danger of the device grant is a person who is talked into typing somebody else's
 * code.  So the page says who asks, from where and when, before it offers anything; a link
 * alone approves nothing; and what is granted stops short of other people: no scope over
 * users, keys or sign-in.  Full access is offered to an owner who has just proved the
 * password, as everywhere.
 *
 * Whoever comes without a session is sent to sign in and comes back with the code.
 */
#include "auth/device_page.h"

#include <string.h>

#include "auth/audit.h"
#include "auth/fields.h"
#include "auth/page.h"
#include "auth/session_cookie.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/route.h"
#include "store/device.h"

#define WORD_MAX 64

const char device_page_letters[] = "BCDFGHJKLMNPQRSTVWXZ";

/* What a command line needs to deploy and to look after apps. */
static const char granted[] =
    "deploy,apps,aliases,data,env,jobs,logs.read,stats.read,system.read";
/* The same for people. */
static const char granted_text[] =
    "deploy, apps, aliases, data, env, jobs, logs.read, stats.read, system.read";

/* As people type it: any case, blanks and dashes anywhere.  False for what is no code. */
static bool
read_user_code(const char *s, char out[DEVICE_CODE_LEN + 1])
{
	size_t n = 0;

	for (; *s != '\0'; s++) {
		char c = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;

		if (c == '-' || c == ' ' || c == '\t')
			continue;
		if (n == DEVICE_CODE_LEN || strchr(device_page_letters, c) == NULL)
			return false;
		if (n == 4)
			out[n++] = '-';
		out[n++] = c;
	}
	out[n] = '\0';
	return n == DEVICE_CODE_LEN;
}

static enum fz_err
find_device(struct request *rq, const char *text, struct device *d)
{
	char code[DEVICE_CODE_LEN + 1];
	struct reader *rd;
	enum fz_err err;

	if (!read_user_code(text, code))
		return FZ_NOT_FOUND;
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = device_by_code(rd, rq->arena, code, clock_wall_ms(), d);
	reader_close(rd);
	return err == FZ_OK && d->status != DEVICE_PENDING ? FZ_NOT_FOUND : err;
}

static enum fz_err
ask_code(struct request *rq, struct response *rs, const char *wrong)
{
	struct page_out p;

	page_open(&p, rq, rs, "Connect a device");
	if (wrong != NULL)
		page_alert(&p, "No device waits with this code. It may have expired: codes are "
		    "good for ten minutes and for one use.");
	page_html(&p, "<p class=\"lead\">Enter the code that your command line shows.</p>\n"
	    "<form method=\"get\" action=\"/device\">\n");
	page_field(&p, &(struct page_field){ .name = "user_code", .type = "text",
	    .label = "Code", .autocomplete = "off", .value = wrong,
	    .hint = "Eight letters, such as BDWP-HQPK", .required = true, .focus = true,
	    .max = 20 });
	page_html(&p, "<p class=\"actions\"><button class=\"button\">Go on</button></p>\n"
	    "</form>\n");
	return page_send(&p, wrong == NULL ? 200 : 404);
}

static bool
may_give_all(const struct request *rq)
{
	return rq->caller.role == ROLE_OWNER && rq->caller.fresh > clock_wall_ms();
}

static void
row(struct page_out *p, const char *name, const char *value)
{
	page_html(p, "<div><dt>");
	page_text(p, "%s", name);
	page_html(p, "</dt><dd>");
	page_text(p, "%s", value);
	page_html(p, "</dd></div>\n");
}

static void
show_device(struct page_out *p, const struct device *d)
{
	char asked[CLOCK_RFC3339_LEN];

	clock_rfc3339(asked, d->expires - DEVICE_LIFE_MS);
	asked[10] = ' ';
	asked[16] = '\0';	/* minutes will do */
	page_html(p, "<p class=\"lead\">Is this the code that your own command line "
	    "shows?</p>\n<p class=\"code\">");
	page_text(p, "%s", d->user_code);
	page_html(p, "</p>\n<dl class=\"facts\">\n");
	row(p, "Calls itself", d->client);
	row(p, "Asks from", d->ip);
	row(p, "Asked at (UTC)", asked);
	row(p, "Gets a key with", granted_text);
	row(p, "For", "90 days");
	page_html(p, "</dl>\n<p>If you did not start this yourself just now, "
	    "deny it: whoever sent you the code wants access to your apps.</p>\n");
}

static enum fz_err
ask_approval(struct request *rq, struct response *rs, const struct device *d)
{
	struct page_out p;

	page_open(&p, rq, rs, "Connect a device");
	show_device(&p, d);
	page_html(&p, "<form method=\"post\" action=\"/device\">\n");
	page_hidden(&p, "user_code", d->user_code);
	if (may_give_all(rq))
		page_html(&p, "<label class=\"check\"><input type=\"checkbox\" name=\"full\" "
		    "value=\"true\"> Full access instead: users, keys and the server "
		    "itself</label>\n");
	page_html(&p, "<p class=\"actions\">"
	    "<button class=\"button\" name=\"action\" value=\"approve\">Approve</button>\n"
	    "<button class=\"button plain\" name=\"action\" value=\"deny\">Deny</button></p>\n"
	    "</form>\n");
	return page_send(&p, 200);
}

/* Without an admin session: to the sign-in page, or no further. */
static enum fz_err
not_admin(struct request *rq, struct response *rs, const char *code)
{
	struct session sso = { .id = 0 };
	const char *back = "/device";
	enum fz_err err = FZ_OK;

	if (strcmp(rq->node->auth_host, rq->host) == 0)
		err = session_cookie_sso(rq, &sso);
	if (err != FZ_OK)
		return err;
	if (sso.id != 0 && strcmp(sso.user.role, "user") == 0)
		return page_error(rq, rs, FZ_FORBIDDEN, "Not for this account",
		    "Only an administrator can connect a device", NULL);
	if (code != NULL)
		back = arena_printf(rq->arena, "/device?user_code=%s",
		    path_escape_value(rq->arena, code));
	return response_go(rs, arena_printf(rq->arena, "/auth/login?redirect=%s",
	    path_escape_value(rq->arena, back)));
}

enum fz_err
device_page_show(struct request *rq, struct response *rs)
{
	const char *code = request_arg(rq, "user_code");
	struct device d;
	enum fz_err err;

	if (rq->caller.role < ROLE_ADMIN)
		return not_admin(rq, rs, code);
	if (code == NULL || *code == '\0')
		return ask_code(rq, rs, NULL);
	err = find_device(rq, code, &d);
	if (err == FZ_NOT_FOUND)
		return ask_code(rq, rs, code);
	return err == FZ_OK ? ask_approval(rq, rs, &d) : err;
}

struct decision {
	const char	*code;
	bool		 approve;
	bool		 full;
};

static enum fz_err
read_decision(struct request *rq, struct response *rs, struct decision *out)
{
	const char *action = NULL, *full = NULL;
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err == FZ_OK)
		err = fields_str(rs, body, "user_code", true, WORD_MAX, &out->code);
	if (err == FZ_OK)
		err = fields_str(rs, body, "action", true, WORD_MAX, &action);
	if (err == FZ_OK)
		err = fields_str(rs, body, "full", false, WORD_MAX, &full);
	if (err != FZ_OK)
		return err;
	out->approve = strcmp(action, "approve") == 0;
	if (!out->approve && strcmp(action, "deny") != 0)
		return response_invalid(rs, "action", "approve or deny");
	out->full = out->approve && full != NULL;
	return FZ_OK;
}

static enum fz_err
decide(struct request *rq, const struct decision *dec, const struct device *d)
{
	enum device_status status = dec->approve ? DEVICE_APPROVED : DEVICE_DENIED;
	const char *scopes = dec->full ? "admin" : granted;
	struct writer *w;
	enum fz_err err;

	err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = device_decide(w, d->user_code, status, rq->caller.user,
	    dec->approve ? scopes : "", clock_wall_ms());
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

static enum fz_err
say_decided(struct request *rq, struct response *rs, bool approved)
{
	const char *text = approved ? "The command line goes on by itself in a few seconds. "
	    "You can close this page." : "It gets no access. You can close this page.";
	struct page_out p;

	if (!request_wants_page(rq))
		return response_data(rs, 200, json_pack("{s:s}", "message",
		    approved ? "Approved" : "Denied"));
	page_open(&p, rq, rs, approved ? "Device connected" : "Request denied");
	page_html(&p, "<p class=\"lead\">");
	page_text(&p, "%s", text);
	page_html(&p, "</p>\n");
	return page_send(&p, 200);
}

enum fz_err
device_page_decide(struct request *rq, struct response *rs)
{
	struct decision dec = { 0 };
	struct device d;
	enum fz_err err = read_decision(rq, rs, &dec);

	if (err == FZ_OK && dec.full && !may_give_all(rq))
		return page_error(rq, rs, FZ_REAUTH_REQUIRED, "Prove your password again",
		    "Full access is given by an owner who has just proved the password",
		    "/device");
	if (err == FZ_OK)
		err = find_device(rq, dec.code, &d);
	if (err == FZ_OK)
		err = decide(rq, &dec, &d);
	if (err == FZ_NOT_FOUND)
		return page_error(rq, rs, err, "Nothing to decide",
		    "No device waits with this code any more", "/device");
	if (err != FZ_OK)
		return page_error(rq, rs, err, "That did not work", NULL, "/device");
	audit_add(rq, &(struct audit){ .weight = DEVICE_WEIGHT, .user = rq->caller.user_uid,
		.type = "device", .id = d.user_code,
		.action = dec.approve ? "approve" : "deny",
		.details = dec.full ? json_pack("{s:s}", "scopes", "admin") : NULL });
	return say_decided(rq, rs, dec.approve);
}
