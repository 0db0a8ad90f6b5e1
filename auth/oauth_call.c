/*
 * Providers are strangers: what they send is capped, parsed strictly, and never repeated to
 * anybody, not even to the log, which learns which endpoint and what was wrong.
 */
#include "auth/oauth_call.h"

#include "base/buf.h"
#include "base/fetch.h"
#include "base/json.h"

static void
drop_json(void *value)
{
	json_decref(value);
}

static enum fz_err
judge(const struct oauth_call *c, long status, struct why *why)
{
	if (status == 200)
		return FZ_OK;
	return why_set(why,
	    status >= 400 && status < 500 ? FZ_BAD_REQUEST : FZ_SERVICE_UNAVAILABLE,
	    "%s answered %ld", c->what, status);
}

static enum fz_err
parse(const struct oauth_call *c, const struct buf *b, json_t **out, struct why *why)
{
	enum fz_err err;
	json_t *value;

	if (b->len == 0)
		return why_set(why, FZ_BAD_REQUEST, "%s sent nothing", c->what);
	/* The reason would quote the provider. */
	err = json_parse(b->data, b->len, &value, NULL);
	if (err != FZ_OK)
		return why_set(why, FZ_BAD_REQUEST, "%s sent no JSON", c->what);
	arena_defer(c->arena, drop_json, value);
	*out = value;
	return FZ_OK;
}

enum fz_err
oauth_call(const struct oauth_call *c, json_t **out, const char **text, struct why *why)
{
	const char *headers[3] = { "Accept: application/json", NULL, NULL };
	struct fetch f = { .url = c->url, .ca_file = c->ca_file, .form = c->form,
		.headers = headers, .deadline = c->deadline };
	struct why reason = { 0 };
	struct buf body;
	enum fz_err err;

	if (c->credentials != NULL)
		headers[1] = arena_printf(c->arena, "Authorization: %s", c->credentials);
	buf_init(&body, OAUTH_REPLY_MAX);
	f.buf = &body;
	err = fetch_run(&f, &reason);
	if (err != FZ_OK)
		why_set(why, err, "%s: %s", c->what, reason.text);
	else
		err = judge(c, f.status, why);
	if (err == FZ_OK)
		err = parse(c, &body, out, why);
	if (err == FZ_OK && text != NULL)
		*text = arena_strndup(c->arena, body.data, body.len);
	buf_fini(&body);
	return err;
}
