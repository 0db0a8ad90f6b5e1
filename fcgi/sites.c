/*
 * The generation is read before the store is, so a site can only be newer than its tag
 * says, and then the next question replaces it.  There is no list of hosts in memory
 * and nothing to republish: a node with ten thousand names starts as fast as one with
 * ten, and a change costs each name in use a handful of look-ups.
 *
 * A site costs its version too: while it is here its edition cannot go, so the bound of
 * this table is the one that counts.
 */
#include "fcgi/sites.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "fcgi/site_load.h"
#include "store/store.h"

struct sites {
	struct cache	*hosts;
	struct cache	*unknown;
	struct cache	*editions;
};

struct sites *
sites_new(void)
{
	struct sites *s = xcalloc(1, sizeof(*s));

	s->hosts = cache_new_shards(64 * MIB, 8, 1024);
	s->unknown = cache_new_shards(2 * MIB, 8, 512);
	s->editions = cache_new_shards(32 * MIB, 4, 512);
	return s;
}

void
sites_free(struct sites *s)
{
	if (s == NULL)
		return;
	cache_free(s->hosts);
	cache_free(s->unknown);
	cache_free(s->editions);
	free(s);
}

void
sites_forget(struct sites *s)
{
	cache_clear(s->hosts);
	cache_clear(s->unknown);
}

struct cache *
sites_editions(struct sites *s)
{
	return s->editions;
}

struct cache *
sites_hosts(struct sites *s)
{
	return s->hosts;
}

void
site_unref(struct site *s)
{
	if (s != NULL)
		cache_unref(&s->object);
}

const char *
site_app_uid(const struct site *s)
{
	return s->app_uid == NULL ? "" : s->app_uid;
}

struct asked {
	const struct node	*node;
	const char		*host;
};

static enum fz_err
load(void *arg, struct cache_object **out)
{
	const struct asked *asked = arg;
	struct site *site = NULL;
	enum fz_err err = site_load(asked->node, asked->host, &site);

	if (err != FZ_OK)
		return err;
	site->object.passing = site->kind == SITE_UNKNOWN ||
	    site->kind == SITE_MISDIRECTED;
	*out = &site->object;
	return FZ_OK;
}

struct site *
sites_lookup(const struct node *node, const char *host)
{
	struct asked asked = { node, host };
	uint64_t generation = store_generation(node->store);
	size_t len = strlen(host);
	struct cache_object *o = cache_find(node->sites->hosts, host, len, generation);

	if (o == NULL)
		o = cache_find(node->sites->unknown, host, len, generation);
	if (o != NULL)
		return (struct site *)o;
	if (cache_get(node->sites->hosts, host, len, generation, load, &asked, &o) !=
	    FZ_OK)
		return NULL;
	if (o->passing)
		cache_put(node->sites->unknown, host, len, generation, o);
	return (struct site *)o;
}

bool
sites_knows(const struct node *node, const char *host)
{
	struct site *s = sites_lookup(node, host);
	bool known = s != NULL && s->known;

	site_unref(s);
	return known;
}

bool
sites_serves(const struct node *node, const char *host)
{
	struct site *s;
	bool yes;

	if (strcmp(host, node->admin_host) == 0 || strcmp(host, node->auth_host) == 0)
		return true;
	s = sites_lookup(node, host);
	yes = s != NULL && (s->kind == SITE_APP || s->kind == SITE_SPLIT);
	site_unref(s);
	return yes;
}
