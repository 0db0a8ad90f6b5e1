/*
 * The document is kept as text and read again at each use: a few kilobytes of JSON cost less
 * than a second form of it would cost in code.  The issuer in it must be the one that was
 * asked, byte for byte, or a server could speak for another.
 *
 * Failures are remembered too, for a short time: a provider that is down is not asked by
 * every visitor who tries.
 */
#include "auth/oauth_discover.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth/oauth_call.h"
#include "base/clock.h"
#include "base/fetch.h"
#include "base/json.h"

#define ENTRIES 64

struct entry {
	char		*issuer;	/* NULL = free */
	char		*text;		/* NULL = it failed */
	int64_t		 until;
};

struct oauth_discover {
	pthread_mutex_t	 lock;		/* guards all below */
	struct entry	 v[ENTRIES];
};

struct oauth_discover *
oauth_discover_new(void)
{
	struct oauth_discover *d = xcalloc(1, sizeof(*d));

	pthread_mutex_init(&d->lock, NULL);
	return d;
}

static void
entry_clear(struct entry *e)
{
	free(e->issuer);
	free(e->text);
	*e = (struct entry){ 0 };
}

void
oauth_discover_free(struct oauth_discover *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < ENTRIES; i++)
		entry_clear(&d->v[i]);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

/* Under the lock: the entry of this issuer, or NULL. */
static struct entry *
entry_find(struct oauth_discover *d, const char *issuer)
{
	for (size_t i = 0; i < ENTRIES; i++)
		if (d->v[i].issuer != NULL && strcmp(d->v[i].issuer, issuer) == 0)
			return &d->v[i];
	return NULL;
}

/* Under the lock: a free one, or the one that ends first. */
static struct entry *
entry_room(struct oauth_discover *d)
{
	struct entry *best = &d->v[0];

	for (size_t i = 0; i < ENTRIES; i++) {
		if (d->v[i].issuer == NULL)
			return &d->v[i];
		if (d->v[i].until < best->until)
			best = &d->v[i];
	}
	return best;
}

static void
remember(struct oauth_discover *d, const char *issuer, const char *text)
{
	int64_t now = clock_mono_ms();
	struct entry *e;

	pthread_mutex_lock(&d->lock);
	e = entry_find(d, issuer);
	if (e == NULL)
		e = entry_room(d);
	/* An answer of before is worth more than a failure of now. */
	if (text == NULL && e->text != NULL && strcmp(e->issuer, issuer) == 0 &&
	    e->until > now)
		goto out;
	entry_clear(e);
	e->issuer = xstrdup(issuer);
	e->text = text != NULL ? xstrdup(text) : NULL;
	e->until = now + (text != NULL ? OAUTH_DISCOVER_GOOD_MS : OAUTH_DISCOVER_BAD_MS);
out:
	pthread_mutex_unlock(&d->lock);
}

enum fz_err
oauth_discover_known(struct oauth_discover *d, struct arena *a, const char *issuer,
    const char *says, int64_t now, struct oauth_server *out, struct why *why)
{
	const char *text = NULL;
	struct entry *e;
	bool known;

	pthread_mutex_lock(&d->lock);
	e = entry_find(d, issuer);
	known = e != NULL && e->until > now;
	if (known && e->text != NULL)
		text = arena_strdup(a, e->text);
	pthread_mutex_unlock(&d->lock);
	if (!known)
		return FZ_AGAIN;
	if (text == NULL)
		return why_set(why, FZ_SERVICE_UNAVAILABLE,
		    "discovery failed a moment ago");
	return oauth_discover_parse(a, text, strlen(text), says, out, why);
}

enum fz_err
oauth_discover_ask(struct oauth_discover *d, struct arena *a, const char *issuer,
    const char *says, const char *ca_file, int64_t deadline, struct oauth_server *out,
    struct why *why)
{
	size_t len = strlen(issuer);
	struct oauth_call call = { .arena = a, .what = "discovery", .ca_file = ca_file,
		.deadline = deadline };
	const char *text = NULL;
	json_t *unused;
	enum fz_err err;

	if (len > 0 && issuer[len - 1] == '/')
		len--;
	call.url =
	    arena_printf(a, "%.*s/.well-known/openid-configuration", (int)len, issuer);
	err = oauth_call(&call, &unused, &text, why);
	if (err == FZ_OK)
		err = oauth_discover_parse(a, text, strlen(text), says, out, why);
	remember(d, issuer, err == FZ_OK ? text : NULL);
	return err == FZ_OK || err == FZ_TIMEOUT ? err : FZ_SERVICE_UNAVAILABLE;
}

/* An https URL; absent is "" unless need. */
static enum fz_err
want_url(struct arena *a, const json_t *doc, const char *name, bool need,
    const char **out, struct why *why)
{
	const json_t *v = json_object_get(doc, name);
	const char *url = json_string_value(v);

	if (v == NULL && !need) {
		*out = "";
		return FZ_OK;
	}
	if (url == NULL || !fetch_url_ok(url))
		return why_set(why, FZ_SERVICE_UNAVAILABLE,
		    "discovery: %s is no https address", name);
	*out = arena_strdup(a, url);
	return FZ_OK;
}

static bool
lists(const json_t *list, const char *word)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		if (json_is_string(v) && strcmp(json_string_value(v), word) == 0)
			return true;
	return false;
}

/* Only when the secret in the body is offered and the secret in a header is not. */
static bool
secret_in_body(const json_t *doc)
{
	const json_t *ways = json_object_get(doc, "token_endpoint_auth_methods_supported");

	return lists(ways, "client_secret_post") && !lists(ways, "client_secret_basic");
}

static enum fz_err
read_document(struct arena *a, const json_t *doc, const char *says,
    struct oauth_server *out, struct why *why)
{
	const char *issuer = json_string_value(json_object_get(doc, "issuer"));
	struct oauth_server got = { 0 };
	enum fz_err err;

	if (issuer == NULL || strcmp(issuer, says) != 0)
		return why_set(why, FZ_SERVICE_UNAVAILABLE,
		    "discovery: the document is another issuer's");
	err = want_url(a, doc, "authorization_endpoint", true, &got.authorize, why);
	if (err == FZ_OK)
		err = want_url(a, doc, "token_endpoint", true, &got.token, why);
	if (err == FZ_OK)
		err = want_url(a, doc, "userinfo_endpoint", false, &got.userinfo, why);
	if (err != FZ_OK)
		return err;
	got.secret_in_body = secret_in_body(doc);
	got.sends_iss = json_is_true(
	    json_object_get(doc, "authorization_response_iss_parameter_supported"));
	*out = got;
	return FZ_OK;
}

enum fz_err
oauth_discover_parse(struct arena *a, const char *text, size_t len, const char *says,
    struct oauth_server *out, struct why *why)
{
	json_t *doc;
	enum fz_err err;

	if (json_parse(text, len, &doc, NULL) != FZ_OK)
		return why_set(why, FZ_SERVICE_UNAVAILABLE, "discovery: this is no JSON");
	err = read_document(a, doc, says, out, why);
	json_decref(doc);
	return err;
}
