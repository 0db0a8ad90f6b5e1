/*
 * A code becomes tokens, tokens become a person.  For OpenID Connect the ID token is the
 * proof and the access token at most adds a name; for the others the access token is asked
 * whose it is, at once and at the provider it came from, so that a token made for another
 * client never gets here.  Tokens are dropped with the request.
 */
#include "auth/oauth_redeem.h"

#include <string.h>

#include "auth/oauth_call.h"
#include "auth/oauth_id_token.h"
#include "auth/oauth_profile.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"

#define TOKEN_MAX_LEN (32 * KIB)

struct tokens {
	const char	*access;
	const char	*id;	/* NULL = none came */
};

/*
 * RFC 9207: whoever sent the browser back must be who it was sent to.  A template cannot
 * be compared before the ID token names the tenant; then see check_same.
 */
static enum fz_err
check_iss(struct oauth_flow *f, struct why *why)
{
	const char *iss = oauth_flow_once(f->rq, "iss", OAUTH_ISSUER_MAX);

	if (request_arg(f->rq, "iss") == NULL && !f->server.sends_iss)
		return FZ_OK;
	if (iss != NULL &&
	    (f->kind->token_issuer[0] != '\0' || strcmp(iss, f->issuer) == 0))
		return FZ_OK;
	return why_set(why, FZ_BAD_REQUEST, "callback: iss is missing or another's");
}

static enum fz_err
check_same(struct oauth_flow *f, const char *issuer, struct why *why)
{
	const char *iss = oauth_flow_once(f->rq, "iss", OAUTH_ISSUER_MAX);

	if (iss == NULL || strcmp(iss, issuer) == 0)
		return FZ_OK;
	return why_set(why, FZ_BAD_REQUEST, "callback: iss is not the ID token's");
}

/* RFC 6749 2.3.1: both parts form-encoded, then Basic. */
static const char *
basic_of(struct arena *a, const char *id, const char *secret)
{
	const char *pair = arena_printf(a, "%s:%s", path_escape_value(a, id),
	    path_escape_value(a, secret));
	size_t len = strlen(pair);
	char *text = arena_alloc(a, BASE64_SIZE(len));

	base64_encode(text, pair, len, false);
	return arena_printf(a, "Basic %s", text);
}

static enum fz_err
token_form(struct oauth_flow *f, bool with_id, bool with_secret, const char **form)
{
	struct arena *a = f->rq->arena;
	enum fz_err err = FZ_INTERNAL_ERROR;
	struct buf b;

	buf_init(&b, 64 * KIB);
	oauth_flow_arg(a, &b, "grant_type", "authorization_code");
	oauth_flow_arg(a, &b, "code", f->code);
	oauth_flow_arg(a, &b, "redirect_uri", oauth_flow_callback(f));
	oauth_flow_arg(a, &b, "code_verifier", f->state.verifier);
	if (with_id)
		oauth_flow_arg(a, &b, "client_id", f->provider.client_id);
	if (with_secret)
		oauth_flow_arg(a, &b, "client_secret", f->provider.client_secret);
	if (buf_ok(&b)) {
		*form = arena_strndup(a, b.data, b.len);
		err = FZ_OK;
	}
	buf_fini(&b);
	return err;
}

/* It goes into a header: RFC 6750 2.1 allows less than this. */
static bool
token_ok(const char *s)
{
	size_t len = s != NULL ? strlen(s) : 0;

	for (size_t i = 0; i < len; i++)
		if (s[i] <= 0x20 || s[i] >= 0x7f)
			return false;
	return len > 0 && len <= TOKEN_MAX_LEN;
}

static enum fz_err
read_tokens(struct oauth_flow *f, const json_t *reply, struct tokens *t, struct why *why)
{
	const char *type = json_string_value(json_object_get(reply, "token_type"));

	t->access = json_string_value(json_object_get(reply, "access_token"));
	t->id = json_string_value(json_object_get(reply, "id_token"));
	if (!token_ok(t->access))
		return why_set(why, FZ_BAD_REQUEST, "the token endpoint gave no token");
	if (type == NULL || !str_ieq(type, "bearer"))
		return why_set(why, FZ_BAD_REQUEST,
		    "the token endpoint gave a token of another type");
	if (f->kind->how == OAUTH_OIDC && t->id == NULL)
		return why_set(
		    why, FZ_BAD_REQUEST, "the token endpoint gave no ID token");
	return FZ_OK;
}

static enum fz_err
get_tokens(struct oauth_flow *f, struct tokens *t, struct why *why)
{
	const char *secret = f->provider.client_secret;
	bool in_body = secret == NULL || f->server.secret_in_body;
	struct oauth_call call = { .arena = f->rq->arena, .what = "the token endpoint",
		.url = f->server.token, .ca_file = f->rq->node->ca_file,
		.deadline = f->deadline };
	enum fz_err err;
	json_t *reply;

	if (!in_body)
		call.credentials = basic_of(f->rq->arena, f->provider.client_id, secret);
	err = token_form(f, in_body, in_body && secret != NULL, &call.form);
	if (err == FZ_OK)
		err = oauth_call(&call, &reply, NULL, why);
	return err == FZ_OK ? read_tokens(f, reply, t, why) : err;
}

/* A question with the access token. */
static enum fz_err
ask(struct oauth_flow *f, const struct tokens *t, const char *what, const char *url,
    json_t **out, struct why *why)
{
	struct oauth_call call = { .arena = f->rq->arena, .what = what, .url = url,
		.ca_file = f->rq->node->ca_file, .deadline = f->deadline,
		.credentials = arena_printf(f->rq->arena, "Bearer %s", t->access) };

	return oauth_call(&call, out, NULL, why);
}

/* What the ID token did not say, for the same subject only (OpenID Connect Core 5.3.2). */
static enum fz_err
add_userinfo(struct oauth_flow *f, const struct tokens *t, struct oauth_person *p,
    struct why *why)
{
	const char *subject;
	json_t *claims;
	enum fz_err err;

	if (f->server.userinfo[0] == '\0' || (p->email[0] != '\0' && p->name[0] != '\0'))
		return FZ_OK;
	err = ask(f, t, "the userinfo endpoint", f->server.userinfo, &claims, why);
	if (err != FZ_OK)
		return err;
	subject = oauth_id_token_subject(claims);
	if (subject == NULL || strcmp(subject, p->subject) != 0)
		return why_set(why, FZ_BAD_REQUEST,
		    "the userinfo endpoint spoke of another subject");
	oauth_profile_claims(f->rq->arena, claims, p);
	return FZ_OK;
}

static enum fz_err
person_oidc(struct oauth_flow *f, const struct tokens *t, struct oauth_person *out,
    struct why *why)
{
	struct oauth_id_token_want want = { .issuer = f->says,
		.client_id = f->provider.client_id, .nonce = f->state.nonce,
		.now = clock_wall_ms() / 1000 };
	struct oauth_person p = { 0 };
	struct oauth_id_token token;
	enum fz_err err = oauth_id_token_read(f->rq->arena, t->id, &want, &token, why);

	if (err == FZ_OK)
		err = check_same(f, token.issuer, why);
	if (err != FZ_OK)
		return err;
	p.issuer = token.issuer;
	p.subject = token.subject;
	oauth_profile_claims(f->rq->arena, token.claims, &p);
	err = add_userinfo(f, t, &p, why);
	if (f->kind->email_is_text)
		p.email_verified = false;
	if (err == FZ_OK)
		*out = p;
	return err;
}

static enum fz_err
get_person(struct oauth_flow *f, const struct tokens *t, struct oauth_person *p,
    struct why *why)
{
	json_t *user, *emails = NULL;
	enum fz_err err;

	if (f->kind->how == OAUTH_OIDC)
		return person_oidc(f, t, p, why);
	err = ask(f, t, "the user endpoint", f->kind->user, &user, why);
	if (err == FZ_OK && f->kind->emails != NULL)
		err = ask(f, t, "the e-mail endpoint", f->kind->emails, &emails, why);
	if (err != FZ_OK)
		return err;
	if (f->kind->how == OAUTH_GITHUB)
		return oauth_profile_github(f->rq->arena, user, emails, p, why);
	return oauth_profile_discord(f->rq->arena, user, p, why);
}

enum fz_err
oauth_redeem(struct oauth_flow *f, struct oauth_person *p, struct why *why)
{
	struct tokens t = { 0 };
	enum fz_err err = check_iss(f, why);

	if (err == FZ_OK)
		err = get_tokens(f, &t, why);
	return err == FZ_OK ? get_person(f, &t, p, why) : err;
}
