/*
 * The node's identity travels in data.db; the configuration may override it on one
 * machine.  Links are built from here and never from a Host header.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/path.h"
#include "fcgi/routes.h"
#include "fcgi/setup.h"
#include "store/setting.h"

static enum fz_err
name_of(struct reader *rd, struct arena *arena, const char *override, const char *setting,
    const char **out, struct why *why)
{
	const char *value = override;
	char host[254];
	enum fz_err err = FZ_OK;

	if (value == NULL)
		err = setting_get(rd, arena, setting, &value);
	if (err != FZ_OK || value == NULL)
		return err;
	if (!path_host(value, host))
		return why_set(why, FZ_VALIDATION_FAILED, "%s %.80s is no host name", setting,
		    value);
	*out = arena_strdup(arena, host);
	return FZ_OK;
}

enum fz_err
setup_node(struct node *node, struct arena *arena, const struct config *c,
    struct store *store, const char *state_dir, struct why *why)
{
	struct reader *rd = NULL;
	enum fz_err err = reader_open(store, &rd);

	if (err != FZ_OK)
		return err;
	err = name_of(rd, arena, c->domain, "domain", &node->domain, why);
	if (err == FZ_OK)
		err = name_of(rd, arena, c->admin_host, "admin_host", &node->admin_host, why);
	if (err == FZ_OK)
		err = name_of(rd, arena, c->auth_host, "auth_host", &node->auth_host, why);
	reader_close(rd);
	if (err == FZ_OK && node->domain == NULL)
		err = why_set(why, FZ_VALIDATION_FAILED, "no domain is set");
	if (err != FZ_OK)
		return err;
	if (node->admin_host == NULL)
		node->admin_host = arena_printf(arena, "admin.%s", node->domain);
	if (node->auth_host == NULL)
		node->auth_host = node->admin_host;
	node->version = FAZT_VERSION;
	node->scheme = arena_strdup(arena, c->scheme);
	node->port_suffix = c->public_port == 0 ? "" :
	    arena_printf(arena, ":%d", (int)c->public_port);
	node->state_dir = arena_strdup(arena, state_dir);
	node->dns_server = c->dns_server == NULL ? NULL : arena_strdup(arena, c->dns_server);
	node->tmp_dir = arena_printf(arena, "%s/tmp", state_dir);
	node->dev = c->dev;
	node->max_json = (uint64_t)c->max_json_kib * KIB;
	node->max_archive = (uint64_t)c->max_archive_mib * MIB;
	node->workers = (unsigned)c->workers;
	node->trusted_proxies = arena_alloc(arena, sizeof(c->trusted_proxies));
	for (size_t i = 0; i < c->ntrusted; i++)
		node->trusted_proxies[i] = arena_strdup(arena, c->trusted_proxies[i]);
	node->access_log = (int)c->access_log;
	node->store = store;
	node->routes = routes_all;
	if (node->started_ms == 0)
		node->started_ms = clock_wall_ms();
	return FZ_OK;
}
