/*
 * Which providers people may sign in with.  The client secret goes in and never comes out,
 * and it goes to the issuer it was given for only: with another issuer it must be given
 * again, or a key that may set providers could have it sent anywhere.
 *
 * The built-in ones are listed whether or not they are set up, since a dashboard must show
 * the callback address before anybody can get a client id for it.
 */
#include <string.h>

#include "auth/fields.h"
#include "auth/oauth_id_token.h"
#include "auth/oauth_kind.h"
#include "base/clock.h"
#include "base/fetch.h"
#include "base/limits.h"
#include "base/route.h"
#include "store/provider.h"

#define CLIENT_ID_MAX 512
#define CLIENT_ID_SHOWN 20
#define SECRET_MAX 4096
#define NAME_MAX_LEN 100
#define SCOPES_MAX 500
#define WEIGHT_SECURITY 9

static bool
is_builtin(const char *name)
{
	return oauth_kind(name)->name[0] != '\0';
}

/* A client of OpenID Connect may be public: PKCE is its proof. */
static bool
configured(const struct provider *p)
{
	return p->client_id[0] != '\0' && (p->has_secret || !is_builtin(p->name));
}

static json_t *
provider_json(struct request *rq, const struct provider *p)
{
	const struct oauth_kind *k = oauth_kind(p->name);
	const char *name = p->display_name, *issuer = p->issuer;
	struct arena *a = rq->arena;

	if (name[0] == '\0')
		name = k->display_name[0] != '\0' ? k->display_name : p->name;
	if (is_builtin(p->name))
		issuer = k->how == OAUTH_OIDC ? k->issuer : "";
	return json_pack("{s:s,s:s,s:b,s:s,s:s,s:b,s:s,s:s}", "name", p->name,
	    "display_name", name, "enabled", (int)p->enabled,
	    "client_id", arena_printf(a, "%.*s", CLIENT_ID_SHOWN, p->client_id),
	    "type", k->how == OAUTH_OIDC ? "oidc" : "oauth2",
	    "configured", (int)configured(p), "issuer", issuer,
	    "callback_url", node_host_url(rq->node, a, rq->node->auth_host,
	    arena_printf(a, "/auth/callback/%s", p->name)));
}

static const struct provider *
find(const struct provider *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return &v[i];
	return NULL;
}

/* As it is before anybody has set it up. */
static struct provider
blank(const char *name)
{
	return (struct provider){ .name = name, .display_name = "", .client_id = "",
		.issuer = "", .scopes = "" };
}

static enum fz_err
list_providers(struct request *rq, struct response *rs)
{
	json_t *list;
	struct reader *rd;
	struct provider *v;
	size_t n;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = provider_list(rd, rq->arena, &v, &n);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	list = json_array();
	for (const struct oauth_kind *k = oauth_kind_all; k->name[0] != '\0'; k++) {
		const struct provider *p = find(v, n, k->name);
		struct provider none = blank(k->name);

		json_array_append_new(list, provider_json(rq, p != NULL ? p : &none));
	}
	for (size_t i = 0; i < n; i++)
		if (!is_builtin(v[i].name))
			json_array_append_new(list, provider_json(rq, &v[i]));
	return response_data(rs, 200, list);
}

/* Printable ASCII; blanks between words if they may be there. */
static bool
printable(const char *s, bool blanks)
{
	for (; *s != '\0'; s++)
		if (*s < (blanks ? 0x20 : 0x21) || *s >= 0x7f)
			return false;
	return true;
}

static enum fz_err
want_client(struct response *rs, const json_t *body, struct provider *p)
{
	enum fz_err err = fields_str(rs, body, "client_id", false, CLIENT_ID_MAX,
	    &p->client_id);

	if (err == FZ_OK && !printable(p->client_id, false))
		err = response_invalid(rs, "client_id", "printable ASCII without blanks");
	if (err == FZ_OK)
		err = fields_str(rs, body, "client_secret", false, SECRET_MAX,
		    &p->client_secret);
	if (err == FZ_OK && p->client_secret != NULL &&
	    !printable(p->client_secret, true))
		err = response_invalid(rs, "client_secret", "printable ASCII");
	return err;
}

/* RFC 6749 3.3. */
static bool
scopes_ok(const char *s)
{
	return printable(s, true) && strpbrk(s, "\"\\") == NULL;
}

static bool
issuer_ok(const char *url)
{
	return strlen(url) <= OAUTH_ISSUER_MAX && fetch_url_ok(url) &&
	    strchr(url, '?') == NULL;
}

static enum fz_err
want_issuer(struct response *rs, const json_t *body, struct provider *p)
{
	const char *had = p->issuer;
	enum fz_err err = fields_str(rs, body, "issuer", had[0] == '\0', OAUTH_ISSUER_MAX,
	    &p->issuer);

	if (err != FZ_OK)
		return err;
	if (!issuer_ok(p->issuer))
		return response_invalid(rs, "issuer",
		    "an https URL without user, query and fragment");
	if (strcmp(had, p->issuer) != 0 && p->client_secret == NULL)
		p->client_secret = "";
	return FZ_OK;
}

/* What is ours to know of the built-in ones is not the owner's to say. */
static enum fz_err
want_nothing(struct response *rs, const json_t *body)
{
	static const char *const names[] = { "issuer", "display_name", "scopes", NULL };
	const char *text;
	enum fz_err err;

	for (size_t i = 0; names[i] != NULL; i++) {
		text = "";
		err = fields_str(rs, body, names[i], false, OAUTH_ISSUER_MAX, &text);
		if (err != FZ_OK)
			return err;
		if (text[0] != '\0')
			return response_invalid(
			    rs, names[i], "not for a built-in provider");
	}
	return FZ_OK;
}

static enum fz_err
want_others(struct response *rs, const json_t *body, struct provider *p)
{
	enum fz_err err;

	if (is_builtin(p->name))
		return want_nothing(rs, body);
	err = want_issuer(rs, body, p);
	if (err == FZ_OK)
		err = fields_line(rs, body, "display_name", false, NAME_MAX_LEN,
		    &p->display_name);
	if (err == FZ_OK)
		err = fields_str(rs, body, "scopes", false, SCOPES_MAX, &p->scopes);
	if (err == FZ_OK && !scopes_ok(p->scopes))
		err = response_invalid(rs, "scopes", "names separated by blanks");
	return err;
}

/* The stored row with the members of the body in place of its own. */
static enum fz_err
merge(struct request *rq, struct response *rs, const json_t *body, struct provider *p)
{
	enum fz_err err = want_client(rs, body, p);

	if (err == FZ_OK)
		err = want_others(rs, body, p);
	if (err == FZ_OK)
		err = fields_bool(rs, body, "enable", false, &p->enabled);
	if (err != FZ_OK)
		return err;
	if (p->client_secret != NULL)
		p->has_secret = p->client_secret[0] != '\0';
	if (p->enabled && !configured(p))
		return response_invalid(rs, "enable", is_builtin(p->name) ?
		    "only with client_id and client_secret" : "only with client_id");
	if (rq->node->seal == NULL && (p->enabled ||
	    (p->client_secret != NULL && p->client_secret[0] != '\0')))
		return response_why(rs, FZ_SERVICE_UNAVAILABLE,
		    "This node has no master key to seal secrets with");
	return FZ_OK;
}

static enum fz_err
write_provider(struct request *rq, struct response *rs, struct writer *w,
    const json_t *body, struct provider *p)
{
	enum fz_err err = provider_get(writer_reader(w), rq->arena, NULL, p->name, p);

	if (err == FZ_OK || err == FZ_PROVIDER_NOT_FOUND)
		err = merge(rq, rs, body, p);
	if (err == FZ_OK)
		err = provider_put(w, rq->node->seal, p, clock_wall_ms());
	if (err == FZ_LIMIT_EXCEEDED)
		return response_why(
		    rs, err, "There are %d providers already", PROVIDERS_MAX);
	return err;
}

static enum fz_err
put_provider(struct request *rq, struct response *rs)
{
	struct provider p = blank(request_param(rq, "name"));
	struct writer *w;
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err != FZ_OK)
		return err;
	if (!oauth_kind_name_ok(p.name))
		return response_invalid(rs, "name", "a-z, 0-9 and -, at most 32");
	err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = write_provider(rq, rs, w, body, &p);
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	err = writer_commit(w, &rq->seq);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200,
	    json_pack("{s:s,s:b,s:b}", "name", p.name, "enabled", (int)p.enabled,
		"configured", (int)configured(&p)));
}

const struct route provider_routes[] = {
	{ METHOD_GET, "/api/auth/providers", list_providers, WHO_ADMIN, "auth", ON_ADMIN,
	    0, 0, "List sign-in providers; client ids are cut, secrets never shown", NULL,
	    "[Provider]" },
	{ METHOD_PUT, "/api/auth/providers/{name}", put_provider, WHO_OWNER, "auth",
	    ON_ADMIN, 0, WEIGHT_SECURITY,
	    "Set up a sign-in provider; what is absent stays", "ProviderSet",
	    "ProviderState" },
	{ 0 }
};
