/*
 * The device grant (RFC 8628): the command line shows a short code, a person with the
 * rights it asks for types that code into a page here (device_page.c), and the command
 * line, which asks every few seconds meanwhile, gets a key.
 *
 * The key is made when the device comes for it, and by what the person may do then: who
 * was disabled or lost the role in between gives nothing.
 *
 * The name a device gives itself is text for people, so it is kept to characters that
 * cannot be mistaken for others or reorder a line.
 */
#include <string.h>

#include "auth/audit.h"
#include "auth/device_page.h"
#include "auth/fields.h"
#include "auth/scope.h"
#include "auth/throttle.h"
#include "auth/token.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "store/apikey.h"
#include "store/device.h"
#include "store/user.h"

#define CODE_BYTES 32
#define CODE_TEXT_MAX 64
#define CLIENT_MAX 64
#define USER_CODE_TRIES 5
#define INTERVAL_S 5
#define INTERVAL_MS (INTERVAL_S * 1000 - 250)	/* the network's share in five seconds */
#define KEY_LIFE_MS (90LL * 86400 * 1000)

/* --- the device asks --- */

static enum fz_err
want_client(struct request *rq, struct response *rs, const char **out)
{
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	*out = "command line";
	if (err == FZ_OK)
		err = fields_line(rs, body, "client", false, CLIENT_MAX, out);
	if (err != FZ_OK)
		return err;
	for (const char *s = *out; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			return response_invalid(rs, "client", "printable ASCII");
	if ((*out)[strspn(*out, " ")] == '\0')
		return response_invalid(rs, "client", "not empty");
	return FZ_OK;
}

static void
make_user_code(char out[DEVICE_CODE_LEN + 1])
{
	for (int i = 0; i < DEVICE_CODE_LEN; i++)
		out[i] = device_page_letters[random_below((uint32_t)strlen(device_page_letters))];
	out[4] = '-';
	out[DEVICE_CODE_LEN] = '\0';
}

static enum fz_err
add_device(struct request *rq, const uint8_t hash[SHA256_LEN], struct device *d,
    char code[DEVICE_CODE_LEN + 1])
{
	enum fz_err err = FZ_CONFLICT;
	struct writer *w;

	if (writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w) != FZ_OK)
		return FZ_OVERLOADED;
	for (int i = 0; i < USER_CODE_TRIES && err == FZ_CONFLICT; i++) {
		make_user_code(code);
		err = device_add(w, hash, d);
	}
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err == FZ_CONFLICT ? FZ_OVERLOADED : err;
}

static enum fz_err
device_code(struct request *rq, struct response *rs)
{
	char text[BASE64_SIZE(CODE_BYTES)], code[DEVICE_CODE_LEN + 1];
	uint8_t secret[CODE_BYTES], hash[SHA256_LEN];
	struct device d = { .user_code = code, .ip = rq->ip };
	enum fz_err err = throttle_take(rq, rs, THROTTLE_DEVICE);

	if (err == FZ_OK)
		err = want_client(rq, rs, &d.client);
	if (err != FZ_OK)
		return err;
	random_bytes(secret, sizeof(secret));
	sha256_of(text, base64_encode(text, secret, sizeof(secret), true), hash);
	d.expires = clock_wall_ms() + DEVICE_LIFE_MS;
	err = add_device(rq, hash, &d, code);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s,s:s,s:s,s:i,s:i}",
	    "device_code", text, "user_code", code, "verification_uri",
	    node_host_url(rq->node, rq->arena, rq->node->admin_host, "/device"),
	    "expires_in", DEVICE_LIFE_MS / 1000, "interval", INTERVAL_S));
}

/* --- the device comes for its key --- */

/* RFC 8628 3.5; these are answers, not mistakes. */
static enum fz_err
not_yet(struct response *rs, const char *reason, const char *text)
{
	response_detail(rs, "reason", json_string(reason));
	return response_why(rs, FZ_BAD_REQUEST, "%s", text);
}

static enum fz_err
too_late(struct response *rs)
{
	return not_yet(rs, "expired_token", "This code has expired: start again");
}

static enum fz_err
denied(struct response *rs)
{
	return not_yet(rs, "access_denied", "The request was denied");
}

/* One write every five seconds at most; who asks more often costs a look-up. */
static enum fz_err
pending(struct request *rq, struct response *rs, const struct device *d,
    const uint8_t hash[SHA256_LEN], int64_t now)
{
	struct writer *w;
	enum fz_err err;

	if (now >= d->polled && now - d->polled < INTERVAL_MS)
		return not_yet(rs, "slow_down", "Ask less often");
	err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = device_polled(w, hash, now);
	if (err != FZ_OK)
		writer_abort(w);
	else
		err = writer_commit(w, NULL);
	if (err != FZ_OK)
		return err;
	return not_yet(rs, "authorization_pending", "Nobody has approved it yet");
}

/* May the one who approved still give this? */
static bool
may_still(const struct user *u, const struct device *d)
{
	if (u->disabled || strcmp(u->role, "user") == 0)
		return false;
	return scope_fits(d->scopes, "admin") != SCOPE_YES || strcmp(u->role, "owner") == 0;
}

/* FZ_FORBIDDEN (the row is gone) when the approval counts no more. */
static enum fz_err
take_in(struct request *rq, struct writer *w, const uint8_t hash[SHA256_LEN], int64_t now,
    struct device *d, struct apikey *k)
{
	struct user u;
	enum fz_err err = device_take(w, rq->arena, hash, now, d);

	if (err != FZ_OK)
		return err;
	err = user_by_id(writer_reader(w), rq->arena, d->user, &u);
	if (err == FZ_USER_NOT_FOUND || (err == FZ_OK && !may_still(&u, d)))
		return FZ_FORBIDDEN;
	if (err != FZ_OK)
		return err;
	k->name = d->client;
	k->scopes = d->scopes;
	k->created_by = u.uid;
	k->expires = now + KEY_LIFE_MS;
	return apikey_add(w, k);
}

static enum fz_err
take(struct request *rq, const uint8_t hash[SHA256_LEN], int64_t now, struct device *d,
    struct apikey *k)
{
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w), end;

	if (err != FZ_OK)
		return err;
	err = take_in(rq, w, hash, now, d, k);
	if (err == FZ_OK || err == FZ_FORBIDDEN) {
		end = writer_commit(w, &rq->seq);
		return end == FZ_OK ? err : end;
	}
	writer_abort(w);
	return err;
}

static enum fz_err
hand_out(struct request *rq, struct response *rs, const uint8_t hash[SHA256_LEN],
    int64_t now)
{
	char text[TOKEN_MAX], id[TOKEN_ID_LEN + 1], until[CLOCK_RFC3339_LEN];
	struct apikey k = { .key_id = id };
	struct device d;
	enum fz_err err;

	token_make(text, id, k.hash);
	err = take(rq, hash, now, &d, &k);
	if (err == FZ_FORBIDDEN)
		return denied(rs);
	if (err == FZ_NOT_FOUND)
		return too_late(rs);
	if (err != FZ_OK)
		return err;
	audit_add(rq, &(struct audit){ .weight = DEVICE_WEIGHT, .user = k.created_by,
		.type = "device", .id = id, .action = "token" });
	clock_rfc3339(until, k.expires);
	return response_data(rs, 200, json_pack("{s:s,s:s,s:s,s:s}", "token", text,
	    "key_id", id, "scopes", k.scopes, "expires_at", until));
}

static enum fz_err
want_code(struct request *rq, struct response *rs, uint8_t hash[SHA256_LEN])
{
	const char *text = NULL;
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err == FZ_OK)
		err = fields_str(rs, body, "device_code", true, CODE_TEXT_MAX, &text);
	if (err != FZ_OK)
		return err;
	sha256_of(text, strlen(text), hash);
	return FZ_OK;
}

static enum fz_err
device_token(struct request *rq, struct response *rs)
{
	int64_t now = clock_wall_ms();
	uint8_t hash[SHA256_LEN];
	struct reader *rd;
	struct device d;
	enum fz_err err = want_code(rq, rs, hash);

	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = device_get(rd, rq->arena, hash, &d);
	reader_close(rd);
	if (err != FZ_OK && err != FZ_NOT_FOUND)
		return err;
	if (err == FZ_NOT_FOUND || d.expires <= now)
		return too_late(rs);
	switch (d.status) {
	case DEVICE_DENIED:
		return denied(rs);
	case DEVICE_APPROVED:
		return hand_out(rq, rs, hash, now);
	case DEVICE_PENDING:
		break;
	}
	return pending(rq, rs, &d, hash, now);
}

const struct route device_routes[] = {
	{ METHOD_POST, "/api/device/code", device_code, WHO_ANON, NULL, ON_ADMIN,
	    ROUTE_ANY_SITE, 0, "Start to sign in a device (RFC 8628)", "DeviceAsk",
	    "DeviceCode" },
	{ METHOD_POST, "/api/device/token", device_token, WHO_ANON, NULL, ON_ADMIN,
	    ROUTE_ANY_SITE | ROUTE_AUDITS, DEVICE_WEIGHT,
	    "Has the device been approved: its API key, once", "DevicePoll", "DeviceToken" },
	{ METHOD_GET, "/device", device_page_show, WHO_ANON, NULL, ON_ADMIN, 0, 0,
	    "Page: who asks for access, and approve or deny (?user_code=)", NULL, NULL },
	{ METHOD_POST, "/device", device_page_decide, WHO_ADMIN, NULL, ON_ADMIN,
	    ROUTE_BODY_FORM | ROUTE_AUDITS, DEVICE_WEIGHT,
	    "Approve or deny a device", "DeviceDecision", "Message" },
	{ 0 }
};
