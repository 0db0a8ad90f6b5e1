/*
 * What both halves of a sign-in need: the provider as it is now, not as it was when the
 * sign-in began, so that one which was switched off meanwhile lets nobody in.
 */
#include "auth/oauth_flow.h"

#include <string.h>

#include "base/clock.h"
#include "base/path.h"

#define DEADLINE_MS 10000

enum fz_err
oauth_flow_open(
    struct oauth_flow *f, struct request *rq, const char *name, struct why *why)
{
	struct reader *rd;
	enum fz_err err;

	f->rq = rq;
	f->deadline = clock_mono_ms() + DEADLINE_MS;
	if (rq->node->oauth == NULL || rq->node->seal == NULL)
		return why_set(why, FZ_SERVICE_UNAVAILABLE,
		    "sign-in with providers needs the node's master key");
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = provider_get(rd, rq->arena, rq->node->seal, name, &f->provider);
	reader_close(rd);
	if (err == FZ_OK && (!f->provider.enabled || f->provider.client_id[0] == '\0'))
		err = FZ_PROVIDER_NOT_FOUND;
	if (err == FZ_CORRUPT)
		return why_set(
		    why, err, "the master key does not open the client secret");
	if (err == FZ_PROVIDER_NOT_FOUND)
		return why_set(why, err, "the provider is unknown or disabled");
	if (err != FZ_OK)
		return err;
	f->kind = oauth_kind(name);
	f->issuer = f->kind->issuer[0] != '\0' ? f->kind->issuer : f->provider.issuer;
	f->says = f->kind->token_issuer[0] != '\0' ? f->kind->token_issuer : f->issuer;
	return FZ_OK;
}

const char *
oauth_flow_callback(const struct oauth_flow *f)
{
	struct request *rq = f->rq;

	return node_host_url(rq->node, rq->arena, rq->node->auth_host,
	    arena_printf(rq->arena, "/auth/callback/%s", f->provider.name));
}

void
oauth_flow_arg(struct arena *a, struct buf *b, const char *name, const char *value)
{
	const char *between = b->len == 0 ? "" : "&";

	buf_printf(b, "%s%s=%s", between, name, path_escape_value(a, value));
}

const char *
oauth_flow_once(struct request *rq, const char *name, size_t max)
{
	const char *s =
	    request_arg(rq, name) != NULL ? cookie_single(&rq->args, name) : NULL;

	return s != NULL && s[0] != '\0' && strlen(s) <= max ? s : NULL;
}
