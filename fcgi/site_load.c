/*
 * The rules of who answers where (contract 1.1), in their order: the node's own names,
 * names under the domain, custom domains.  Nothing is granted because of a name: a host
 * class only selects whose content is shown.
 *
 * One reader serves all questions about the host and is given back before the version's
 * files are read, since no thread should hold two.  Everything a site says is copied out
 * of the request-sized arena into the site.
 *
 * The page for unknown names is that of app 404, found by its own host like any other
 * site, which shares it among all unknown names.
 */
#include "fcgi/site_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "store/app.h"
#include "store/domain.h"
#include "store/setting.h"

struct loading {
	const struct node *node;
	const char	*host;
	struct arena	*arena;
	struct reader	*rd;
	struct site	*site;
};

static void
site_destroy(struct cache_object *o)
{
	struct site *s = (struct site *)o;

	for (size_t i = 0; i < s->ntargets; i++)
		site_unref(s->targets[i].site);
	site_unref(s->fallback);
	if (s->edition != NULL)
		cache_unref(&s->edition->object);
	free(s->app_uid);
	free(s->alias);
	free(s->message);
	free(s->url);
	free(s);
}

static struct site *
site_new(enum site_kind kind)
{
	struct site *s = xcalloc(1, sizeof(*s));

	cache_object_init(&s->object, sizeof(*s) + 256, site_destroy);
	s->kind = kind;
	s->known = kind != SITE_UNKNOWN && kind != SITE_MISDIRECTED;
	return s;
}

/* Maintenance of the whole node: {"enabled":bool,"message":text}. */
static enum fz_err
node_closed(struct loading *l, struct site *s)
{
	const char *text = NULL, *message = "";
	struct field_error field;
	json_t *root = NULL;
	bool on = false;
	enum fz_err err = setting_get(l->rd, l->arena, "maintenance", &text);

	if (err != FZ_OK || text == NULL)
		return err;
	if (json_parse(text, strlen(text), &root, NULL) == FZ_OK &&
	    json_want_bool(root, "enabled", false, &on, &field) == FZ_OK && on) {
		if (json_want_str(root, "message", false, 4096, &message, &field) !=
		    FZ_OK)
			message = "";
		s->closed = true;
		free(s->message);
		s->message = xstrdup(message);
	}
	json_decref(root);
	return FZ_OK;
}

static void
preview_rules(struct site *s, const struct app *a)
{
	const struct manifest *m = s->edition->manifest;

	s->preview_data = m->preview_data;
	s->preview_access = m->preview_access;
	(void)manifest_preview_data_parse(a->preview_data, &s->preview_data);
	(void)manifest_preview_access_parse(a->preview_access, &s->preview_access);
}

/* The reader goes back to the pool here, as the edition needs one of its own. */
static enum fz_err
add_version(struct loading *l, struct site *s, const struct app *a,
    const struct version *v)
{
	enum fz_err err;

	s->version = v->id;
	s->deploy = v->n;
	reader_close(l->rd);
	l->rd = NULL;
	err = edition_get(sites_editions(l->node->sites), l->node->store, v, &s->edition);
	if (err != FZ_OK)
		return err;
	s->spa = a->spa || v->spa || s->edition->manifest->spa;
	s->object.cost += s->edition->object.cost;
	preview_rules(s, a);
	return FZ_OK;
}

/*
 * An app: n = 0 for what is live.  FZ_NOT_FOUND when there is no such app or deploy.  An
 * app without a live version is a site without files.
 */
static enum fz_err
app_site(struct loading *l, int64_t id, int64_t n, const char *alias, struct site **out)
{
	struct site *s = site_new(SITE_APP);
	struct version v = { 0 };
	struct app a = { 0 };
	enum fz_err err = FZ_OK;

	if (l->rd == NULL)
		err = reader_open(l->node->store, &l->rd);
	if (err == FZ_OK)
		err = app_by_id(l->rd, l->arena, id, &a);
	if (err == FZ_APP_NOT_FOUND || (err == FZ_OK && a.deleted != 0))
		err = FZ_NOT_FOUND;
	if (err != FZ_OK)
		goto out;
	s->app = a.id;
	s->app_uid = xstrdup(a.uid);
	s->alias = xstrdup(alias);
	s->preview = n != 0;
	quota_read(a.quotas, &s->quota);
	s->closed = a.maintenance || !a.enabled;
	s->message = xstrdup(a.maintenance ? a.maintenance_message : "");
	err = node_closed(l, s);
	if (err != FZ_OK)
		goto out;
	err = version_get(l->rd, l->arena, a.id, n, &v);
	if (err == FZ_OK)
		err = add_version(l, s, &a, &v);
	else if (err == FZ_DEPLOY_NOT_FOUND)
		err = n == 0 ? FZ_OK : FZ_NOT_FOUND;
out:
	if (err != FZ_OK)
		site_unref(s);
	else
		*out = s;
	return err;
}

static void
redirect_site(struct loading *l, const char *url, int status, bool keep_path)
{
	struct site *s = site_new(SITE_REDIRECT);

	s->url = xstrdup(url);
	s->status = status == 0 ? 301 : status;
	s->keep_path = keep_path;
	l->site = s;
}

/* Targets whose app is gone do not count; with none left the name answers 404. */
static enum fz_err
split_site(struct loading *l, const struct alias *alias)
{
	struct site *s = site_new(SITE_SPLIT), *target;
	enum fz_err err;

	for (size_t i = 0; i < alias->ntargets; i++) {
		err = app_site(l, alias->targets[i].app, 0, alias->name, &target);
		if (err == FZ_NOT_FOUND)
			continue;
		if (err != FZ_OK) {
			site_unref(s);
			return err;
		}
		s->object.cost += target->object.cost;
		s->targets[s->ntargets].site = target;
		s->targets[s->ntargets++].weight = alias->targets[i].weight;
	}
	if (s->ntargets == 0) {
		site_unref(s);
		return FZ_NOT_FOUND;
	}
	l->site = s;
	return FZ_OK;
}

/* "d12--blog" -> 12 and "blog".  A number has one spelling. */
static bool
preview_name(const char *label, int64_t *n, const char **alias)
{
	size_t digits = strspn(label + (*label == 'd'), "0123456789");
	char number[20];

	if (*label != 'd' || digits == 0 || digits >= sizeof(number) || label[1] == '0' ||
	    strncmp(label + 1 + digits, "--", 2) != 0)
		return false;
	memcpy(number, label + 1, digits);
	number[digits] = '\0';
	*alias = label + 1 + digits + 2;
	return str_i64(number, n);
}

static enum fz_err
alias_site(struct loading *l, const char *label)
{
	const char *name = label;
	struct alias alias = { 0 };
	int64_t n = 0;
	bool preview = preview_name(label, &n, &name);
	enum fz_err err = alias_get(l->rd, l->arena, name, &alias);

	if (err != FZ_OK)
		return err == FZ_ALIAS_NOT_FOUND ? FZ_NOT_FOUND : err;
	if (preview && alias.type != ALIAS_PROXY)
		return FZ_NOT_FOUND;
	switch (alias.type) {
	case ALIAS_PROXY:
		return app_site(l, alias.app, n, name, &l->site);
	case ALIAS_SPLIT:
		return split_site(l, &alias);
	case ALIAS_REDIRECT:
		redirect_site(l, alias.url, alias.status, alias.keep_path);
		return FZ_OK;
	case ALIAS_RESERVED:
		break;
	}
	l->site = site_new(SITE_UNKNOWN);
	l->site->known = true;
	return FZ_OK;
}

static enum fz_err
domain_site(struct loading *l)
{
	struct domain d = { 0 };
	const char *url;
	enum fz_err err = domain_get(l->rd, l->arena, l->host, &d);

	if (err == FZ_OK && strcmp(d.status, "active") == 0) {
		if (d.redirect_to == NULL || d.redirect_to[0] == '\0')
			return app_site(l, d.app, 0, "", &l->site);
		url = d.redirect_to;
		if (!str_starts(url, "http://") && !str_starts(url, "https://"))
			url = node_host_url(l->node, l->arena, url, "");
		redirect_site(l, url, 301, true);
		return FZ_OK;
	}
	if (err != FZ_OK && err != FZ_DOMAIN_NOT_FOUND)
		return err;
	l->site = site_new(SITE_MISDIRECTED);
	return FZ_OK;
}

/* The part of host before ".DOMAIN", NULL if it does not end so. */
static const char *
label_of(const struct loading *l)
{
	size_t n = strlen(l->host), m = strlen(l->node->domain);

	if (n <= m + 1 || strcmp(l->host + n - m, l->node->domain) != 0 ||
	    l->host[n - m - 1] != '.')
		return NULL;
	return arena_strndup(l->arena, l->host, n - m - 1);
}

static enum fz_err
find(struct loading *l)
{
	const struct node *node = l->node;
	const char *label = label_of(l);

	if (strcmp(l->host, node->admin_host) == 0) {
		l->site = site_new(SITE_ADMIN);
		return FZ_OK;
	}
	if (strcmp(l->host, node->domain) == 0)
		return alias_site(l, "root");
	if (strcmp(l->host, node->auth_host) == 0)
		return FZ_NOT_FOUND;
	if (label == NULL)
		return domain_site(l);
	if (strcmp(label, "www") == 0) {
		redirect_site(l, node_url(node, l->arena, "", ""), 301, true);
		return FZ_OK;
	}
	return alias_site(l, label);
}

/* The node's own names may have a certificate even while nothing is deployed there. */
static bool
own_name(const struct loading *l)
{
	const char *label = label_of(l);

	return strcmp(l->host, l->node->domain) == 0 ||
	       strcmp(l->host, l->node->auth_host) == 0 ||
	       (label != NULL &&
	       (strcmp(label, "root") == 0 || strcmp(label, "404") == 0));
}

static void
add_fallback(struct loading *l)
{
	const char *host = arena_printf(l->arena, "404.%s", l->node->domain);
	struct site *s;

	if (strcmp(l->host, host) == 0)
		return;
	s = sites_lookup(l->node, host);
	if (s != NULL && s->kind == SITE_APP)
		l->site->fallback = s;
	else
		site_unref(s);
}

enum fz_err
site_load(const struct node *node, const char *host, struct site **out)
{
	struct loading l = { .node = node, .host = host };
	enum fz_err err;

	if (host[0] == '\0') {
		*out = site_new(SITE_MISDIRECTED);
		return FZ_OK;
	}
	err = reader_open(node->store, &l.rd);
	if (err != FZ_OK)
		return err;
	l.arena = arena_new();
	err = find(&l);
	reader_close(l.rd);
	if (err == FZ_NOT_FOUND) {
		l.site = site_new(SITE_UNKNOWN);
		l.site->known = own_name(&l);
		err = FZ_OK;
	}
	if (err == FZ_OK && l.site->kind == SITE_UNKNOWN)
		add_fallback(&l);
	arena_free(l.arena);
	if (err == FZ_OK)
		*out = l.site;
	return err;
}
