/*
 * The two halves of a sign-in with a provider.  Between them the browser is out of our
 * hands; what ties them together is one row, found by the hash of the state, used once,
 * bound to the browser by its cookie and to the provider by its name.  The row holds what
 * must come back (nonce) and what proves that it is us who asked (PKCE verifier), so that a
 * code caught on the way is worth nothing to anybody.
 *
 * Nothing waits for a provider while it holds a reader or a writer, and only so many threads
 * wait for providers at all, not all of them for the same one: a provider that hangs costs
 * the sign-ins with it, and no page of any app.
 */
#include "auth/oauth.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/oauth_flow.h"
#include "auth/oauth_redeem.h"
#include "auth/session_cookie.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/limits.h"

#define STATE_LIFE_MS (600LL * 1000)
#define STATE_BYTES 16
#define STATE_LEN 22
#define VERIFIER_BYTES 32
#define CODE_MAX 4096

struct oauth {
	struct oauth_discover *discover;
	pthread_mutex_t	 lock;		/* guards inside */
	unsigned	 most;		/* threads that wait for providers */
	unsigned	 each;		/* and for one of them */
	char		 (*inside)[OAUTH_NAME_MAX + 1];	/* by place; "" = free */
};

struct oauth *
oauth_new(unsigned workers)
{
	struct oauth *o = xcalloc(1, sizeof(*o));

	o->discover = oauth_discover_new();
	pthread_mutex_init(&o->lock, NULL);
	o->most = workers >= 8 ? workers / 4 : 1;
	o->each = o->most - (o->most + 3) / 4 + (o->most == 1);
	o->inside = xcalloc(o->most, sizeof(*o->inside));
	return o;
}

void
oauth_free(struct oauth *o)
{
	if (o == NULL)
		return;
	oauth_discover_free(o->discover);
	pthread_mutex_destroy(&o->lock);
	free(o->inside);
	free(o);
}

/* A place among those who wait for this provider. */
static enum fz_err
enter(struct oauth *o, const char *name, unsigned *place, struct why *why)
{
	unsigned found = o->most, same = 0;
	bool room;

	pthread_mutex_lock(&o->lock);
	for (unsigned i = 0; i < o->most; i++) {
		if (o->inside[i][0] == '\0')
			found = i;
		same += strcmp(o->inside[i], name) == 0;
	}
	room = found < o->most && same < o->each;
	if (room)
		(void)snprintf(o->inside[found], sizeof(o->inside[found]), "%s", name);
	pthread_mutex_unlock(&o->lock);
	*place = found;
	return room ? FZ_OK :
	    why_set(why, FZ_OVERLOADED, "too many sign-ins wait for providers");
}

static void
leave(struct oauth *o, unsigned place)
{
	pthread_mutex_lock(&o->lock);
	o->inside[place][0] = '\0';
	pthread_mutex_unlock(&o->lock);
}

/* May wait for the provider: the caller has entered. */
static enum fz_err
flow_ask_server(struct oauth_flow *f, struct why *why)
{
	return oauth_discover_ask(f->rq->node->oauth->discover, f->rq->arena, f->issuer,
	    f->says, f->rq->node->ca_file, f->deadline, &f->server, why);
}

/* Never waits; FZ_AGAIN when the provider must be asked. */
static enum fz_err
flow_know_server(struct oauth_flow *f, struct why *why)
{
	if (f->kind->how != OAUTH_OIDC) {
		f->server = (struct oauth_server){ .authorize = f->kind->authorize,
			.token = f->kind->token, .userinfo = "", .secret_in_body = true };
		return FZ_OK;
	}
	return oauth_discover_known(f->rq->node->oauth->discover, f->rq->arena, f->issuer,
	    f->says, clock_mono_ms(), &f->server, why);
}

/* n random bytes as base64url; n <= VERIFIER_BYTES. */
static const char *
random_text(struct arena *a, size_t n)
{
	char text[BASE64_SIZE(VERIFIER_BYTES)];
	uint8_t raw[VERIFIER_BYTES];

	random_bytes(raw, n);
	base64_encode(text, raw, n, true);
	return arena_strdup(a, text);
}

/* RFC 7636 4.2, S256. */
static const char *
challenge_of(struct arena *a, const char *verifier)
{
	char text[BASE64_SIZE(SHA256_LEN)];
	uint8_t hash[SHA256_LEN];

	sha256_of(verifier, strlen(verifier), hash);
	base64_encode(text, hash, sizeof(hash), true);
	return arena_strdup(a, text);
}

/* A list of scopes of OpenID Connect holds "openid", whatever the owner wrote. */
static const char *
scopes_of(const struct oauth_flow *f)
{
	const char *s = f->provider.scopes;

	if (s[0] == '\0')
		return f->kind->scopes;
	if (f->kind->how != OAUTH_OIDC ||
	    strstr(arena_printf(f->rq->arena, " %s ", s), " openid ") != NULL)
		return s;
	return arena_printf(f->rq->arena, "openid %s", s);
}

static enum fz_err
authorize_url(struct oauth_flow *f, const char *state, const char **url)
{
	struct arena *a = f->rq->arena;
	const char *at = f->server.authorize;
	enum fz_err err = FZ_INTERNAL_ERROR;
	struct buf b;

	buf_init(&b, 16 * KIB);
	oauth_flow_arg(a, &b, "response_type", "code");
	oauth_flow_arg(a, &b, "client_id", f->provider.client_id);
	oauth_flow_arg(a, &b, "redirect_uri", oauth_flow_callback(f));
	oauth_flow_arg(a, &b, "scope", scopes_of(f));
	oauth_flow_arg(a, &b, "state", state);
	oauth_flow_arg(a, &b, "code_challenge", challenge_of(a, f->state.verifier));
	oauth_flow_arg(a, &b, "code_challenge_method", "S256");
	if (f->kind->how == OAUTH_OIDC)
		oauth_flow_arg(a, &b, "nonce", f->state.nonce);
	if (buf_ok(&b)) {
		*url = arena_printf(a, "%s%s%s", at, strchr(at, '?') != NULL ? "&" : "?",
		    b.data);
		err = FZ_OK;
	}
	buf_fini(&b);
	return err;
}

static enum fz_err
write_state(struct oauth_flow *f, const char *state)
{
	struct request *rq = f->rq;
	uint8_t hash[SHA256_LEN];
	struct writer *w;
	enum fz_err err;

	sha256_of(state, strlen(state), hash);
	err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = provider_state_add(w, rq->node->seal, hash, &f->state);
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}

/* Where its endpoints are, waiting for it if it must be asked. */
static enum fz_err
flow_find_server(struct oauth_flow *f, struct why *why)
{
	enum fz_err err = flow_know_server(f, why);
	unsigned place;

	if (err != FZ_AGAIN)
		return err;
	err = enter(f->rq->node->oauth, f->provider.name, &place, why);
	if (err != FZ_OK)
		return err;
	err = flow_ask_server(f, why);
	leave(f->rq->node->oauth, place);
	return err;
}

enum fz_err
oauth_begin(struct request *rq, const char *provider, const char *pre, const char *target,
    int64_t link_user, const char **url, struct why *why)
{
	struct oauth_flow f = { 0 };
	const char *state, *to;
	enum fz_err err = oauth_flow_open(&f, rq, provider, why);

	if (err == FZ_OK)
		err = flow_find_server(&f, why);
	if (err != FZ_OK)
		return err;
	state = random_text(rq->arena, STATE_BYTES);
	f.state = (struct oauth_state){ .provider = f.provider.name, .pre = pre,
		.nonce = random_text(rq->arena, STATE_BYTES),
		.verifier = random_text(rq->arena, VERIFIER_BYTES), .target = target,
		.link_user = link_user, .expires = clock_wall_ms() + STATE_LIFE_MS };
	err = authorize_url(&f, state, &to);
	if (err == FZ_OK)
		err = write_state(&f, state);
	if (err == FZ_OK)
		*url = to;
	return err;
}

/* Use the state up, then see whether it was this browser's and this provider's. */
static enum fz_err
take_state(struct request *rq, const char *provider, struct oauth_state *st,
    struct why *why)
{
	const char *text = oauth_flow_once(rq, "state", STATE_LEN);
	struct oauth_state got;
	uint8_t hash[SHA256_LEN];
	struct writer *w;
	enum fz_err err, end;

	if (text == NULL || strlen(text) != STATE_LEN)
		return why_set(why, FZ_BAD_REQUEST, "callback: no state");
	sha256_of(text, STATE_LEN, hash);
	err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = provider_state_take(
	    w, rq->arena, rq->node->seal, hash, clock_wall_ms(), &got);
	/* Guesses must not cost a write to the disk each. */
	if (err == FZ_NOT_FOUND) {
		writer_abort(w);
		return why_set(why, FZ_BAD_REQUEST, "callback: unknown or used state");
	}
	end = writer_commit(w, &rq->seq);
	if (end != FZ_OK)
		return end;
	if (err != FZ_OK)
		return why_set(why, err, "callback: the state cannot be read");
	if (strcmp(got.provider, provider) != 0)
		return why_set(why, FZ_BAD_REQUEST, "callback: another provider's state");
	if (!session_cookie_pre_is(rq, got.pre))
		return why_set(why, FZ_BAD_REQUEST, "callback: another browser's state");
	*st = got;
	return FZ_OK;
}

static enum fz_err
flow_finish(struct oauth_flow *f, struct oauth_person *p, struct why *why)
{
	enum fz_err err = flow_know_server(f, why);

	if (err == FZ_AGAIN)
		err = flow_ask_server(f, why);
	return err == FZ_OK ? oauth_redeem(f, p, why) : err;
}

enum fz_err
oauth_finish(struct request *rq, const char *provider, struct oauth_state *st,
    struct oauth_person *person, struct why *why)
{
	struct oauth_person p = { 0 };
	struct oauth_flow f = { 0 };
	enum fz_err err = take_state(rq, provider, &f.state, why);
	unsigned place;

	if (err != FZ_OK)
		return err;
	*st = f.state;
	if (request_arg(rq, "error") != NULL)
		return why_set(why, FZ_BAD_REQUEST, "callback: the provider refused");
	f.code = oauth_flow_once(rq, "code", CODE_MAX);
	if (f.code == NULL)
		return why_set(why, FZ_BAD_REQUEST, "callback: no code");
	err = oauth_flow_open(&f, rq, provider, why);
	if (err != FZ_OK)
		return err == FZ_PROVIDER_NOT_FOUND ? FZ_BAD_REQUEST : err;
	err = enter(rq->node->oauth, f.provider.name, &place, why);
	if (err != FZ_OK)
		return err;
	err = flow_finish(&f, &p, why);
	leave(rq->node->oauth, place);
	if (err == FZ_OK)
		*person = p;
	return err;
}
