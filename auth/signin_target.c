/*
 * Where a sign-in is going.  A redirect is a path, or an absolute URL to a host that this
 * node serves, taken apart and built again from the node's own names: nothing of the text
 * but host and path survives.  What does not fit becomes "/", never an error, for the
 * visitor did not write it.
 *
 * A path is safe when no browser can read an authority out of it.  Browsers drop tabs and
 * newlines and read "\" as "/", so control bytes are refused and the second byte is
 * neither slash.  Escapes stay as they are: "/%09/x" is a path on our host for everybody.
 */
#include "auth/signin.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/str.h"
#include "store/alias.h"
#include "store/app.h"

#define REDIRECT_MAX 1024
#define HASH_HEX (SHA256_HEX - 1)

const char *
signin_path(struct arena *a, const char *redirect)
{
	size_t n = redirect != NULL ? strlen(redirect) : 0;

	if (n == 0 || n > REDIRECT_MAX || redirect[0] != '/' || redirect[1] == '/' ||
	    redirect[1] == '\\' || !str_utf8_ok(redirect, n))
		return "/";
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)redirect[i] < 0x20 || redirect[i] == 0x7f)
			return "/";
	return arena_strndup(a, redirect, n);
}

static bool
serves(const struct request *rq, const char *host)
{
	const struct node *node = rq->node;

	return host[0] != '\0' && (strcmp(host, rq->host) == 0 ||
	    (node->serves != NULL && node->serves(node, host)));
}

/* "https://", or what this node speaks instead in development. */
static const char *
behind_scheme(const struct node *node, const char *url)
{
	const char *const schemes[] = { "https", node->scheme };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t n = strlen(schemes[i]);

		if (strncasecmp(url, schemes[i], n) == 0 &&
		    strncmp(url + n, "://", 3) == 0)
			return url + n + 3;
	}
	return NULL;
}

/* An absolute URL to a host we serve; false for every other. */
static bool
absolute(struct request *rq, const char *url, struct signin_target *t)
{
	const char *p = behind_scheme(rq->node, url), *port;
	char host[254];
	size_t n;
	char *name;

	if (p == NULL || strlen(url) > REDIRECT_MAX)
		return false;
	n = strcspn(p, "/?#");
	name = arena_strndup(rq->arena, p, n);
	port = strchr(name, ':');
	if (port != NULL && strcmp(port, rq->node->port_suffix) != 0)
		return false;
	/* Takes no userinfo and no backslash: its letters are those of host names. */
	if (!path_host(name, host) || !serves(rq, host))
		return false;
	t->host = arena_strdup(rq->arena, host);
	t->path = signin_path(rq->arena, p[n] == '/' ? p + n :
	    arena_printf(rq->arena, "/%s", p + n));
	return true;
}

static const char *
alias_host(struct request *rq, const char *alias)
{
	if (strcmp(alias, "root") == 0)
		return rq->node->domain;
	return arena_printf(rq->arena, "%s.%s", alias, rq->node->domain);
}

/* The host of an app id or alias; *host stays NULL when there is none. */
static enum fz_err
app_host(struct request *rq, const char *app, const char **host)
{
	const char **names;
	struct reader *rd;
	struct app found = { 0 };
	struct alias alias;
	enum fz_err err;
	size_t n = 0;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = app_by_uid(rd, rq->arena, app, &found);
	/* One in the trash has no alias any more. */
	if (err == FZ_OK)
		err = alias_of_app(rd, rq->arena, found.id, &names, &n);
	else if (err == FZ_APP_NOT_FOUND)
		err = alias_get(rd, rq->arena, app, &alias);
	reader_close(rd);
	if (err == FZ_OK && n > 0)
		*host = alias_host(rq, names[0]);
	else if (err == FZ_OK && found.id == 0)
		*host = alias_host(rq, alias.name);
	return err == FZ_ALIAS_NOT_FOUND ? FZ_OK : err;
}

/* What `app` means: a host we serve, or that of this request. */
static enum fz_err
hinted_host(struct request *rq, const char *app, const char **out)
{
	const char *host = NULL;
	char name[254];
	enum fz_err err = FZ_OK;

	*out = rq->host;
	if (app == NULL || app[0] == '\0')
		return FZ_OK;
	if (strchr(app, '.') == NULL)
		err = app_host(rq, app, &host);
	else if (path_host(app, name))
		host = arena_strdup(rq->arena, name);
	if (err == FZ_OK && host != NULL && serves(rq, host))
		*out = host;
	return err;
}

static const char *
argument(struct request *rq, const json_t *body, const char *name)
{
	if (body == NULL)
		return request_arg(rq, name);
	return json_string_value(json_object_get(body, name));
}

static bool
hash_ok(const char *s)
{
	return strlen(s) == HASH_HEX && strspn(s, "0123456789abcdef") == HASH_HEX;
}

enum fz_err
signin_target(struct request *rq, const json_t *body, struct signin_target *out)
{
	const char *redirect = argument(rq, body, "redirect");
	const char *pre = argument(rq, body, "pre");
	struct signin_target t = { rq->host, "/", "" };
	enum fz_err err = FZ_OK;

	if (redirect == NULL || redirect[0] == '\0' || redirect[0] == '/') {
		err = hinted_host(rq, argument(rq, body, "app"), &t.host);
		t.path = signin_path(rq->arena, redirect);
	} else {
		(void)absolute(rq, redirect, &t);
	}
	if (err != FZ_OK)
		return err;
	if (pre != NULL && hash_ok(pre))
		t.pre = arena_strdup(rq->arena, pre);
	*out = t;
	return FZ_OK;
}

const char *
signin_target_json(struct arena *a, const struct signin_target *t)
{
	json_t *o = json_pack("{s:s,s:s,s:s}", "host", t->host, "path", t->path, "pre",
	    t->pre);
	char *text = json_dumps(o, JSON_COMPACT);
	const char *out = arena_strdup(a, text != NULL ? text : "{}");

	free(text);
	json_decref(o);
	return out;
}

enum fz_err
signin_target_parse(struct arena *a, const char *json, struct signin_target *out)
{
	json_t *o = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	const char *host, *path, *pre;
	enum fz_err err = FZ_CORRUPT;
	char name[254];

	if (json_unpack(o, "{s:s,s:s,s:s!}", "host", &host, "path", &path, "pre",
	    &pre) == 0 && path_host(host, name) && strcmp(host, name) == 0 &&
	    strcmp(path, signin_path(a, path)) == 0 && (pre[0] == '\0' || hash_ok(pre))) {
		*out = (struct signin_target){ arena_strdup(a, host), arena_strdup(a, path),
			arena_strdup(a, pre) };
		err = FZ_OK;
	}
	json_decref(o);
	return err;
}

const char *
signin_url(struct arena *a, const struct signin_target *t, const char *provider)
{
	return arena_printf(a, "/auth/login%s%s?app=%s&redirect=%s%s%s",
	    provider != NULL ? "/" : "",
	    provider != NULL ? path_escape_value(a, provider) : "",
	    path_escape_value(a, t->host), path_escape_value(a, t->path),
	    t->pre[0] != '\0' ? "&pre=" : "", t->pre);
}
