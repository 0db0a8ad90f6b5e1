/*
 * The node's identity travels in data.db; the configuration may override it on one
 * machine.  Links are built from here and never from a Host header.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/oauth.h"
#include "auth/throttle.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/path.h"
#include "base/seal.h"
#include "fcgi/quarantine.h"
#include "fcgi/routes.h"
#include "fcgi/setup.h"
#include "fcgi/sites.h"
#include "runtime/script.h"
#include "runtime/transpile.h"
#include "store/app.h"
#include "store/recorder.h"
#include "store/reseal.h"
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
	node->ca_file = c->ca_file == NULL ? NULL : arena_strdup(arena, c->ca_file);
	node->tmp_dir = arena_printf(arena, "%s/tmp", state_dir);
	node->dev = c->dev;
	node->max_json = (uint64_t)c->max_json_kib * KIB;
	node->max_archive = (uint64_t)c->max_archive_mib * MIB;
	node->max_upload = (uint64_t)c->max_upload_mib * MIB;
	node->workers = (unsigned)c->workers;
	node->trusted_proxies = arena_alloc(arena, sizeof(c->trusted_proxies));
	for (size_t i = 0; i < c->ntrusted; i++)
		node->trusted_proxies[i] = arena_strdup(arena, c->trusted_proxies[i]);
	node->access_log = (int)c->access_log;
	node->store = store;
	node->routes = routes_all;
	node->serves = sites_serves;
	if (node->started_ms == 0)
		node->started_ms = clock_wall_ms();
	return FZ_OK;
}

struct lane_options
setup_lane(const struct config *c)
{
	return (struct lane_options){ (unsigned)c->script_slots, (unsigned)c->app_queue,
		(unsigned)c->script_queue };
}

/*
 * The service manager's credential goes before the file.  Without either, what is sealed
 * stays so: a node that was restored without its key still serves its sites.
 */
static enum fz_err
open_seal(struct store *store, const char *state_dir, struct seal **out, struct why *why)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path = xasprintf("%s/master.key", folder == NULL ? state_dir : folder);
	bool fits = true;
	enum fz_err err;

	if (folder != NULL && access(path, F_OK) != 0) {
		free(path);
		path = xasprintf("%s/master.key", state_dir);
	}
	err = seal_open(path, out, why);
	if (err == FZ_NOT_FOUND) {
		log_warn("no master key: variables of apps cannot be read", "path", path, NULL);
		err = FZ_OK;
	}
	if (err == FZ_OK && *out != NULL)
		err = reseal_fits(store, *out, &fits);
	if (!fits)
		log_warn("the master key is not the one that secrets are sealed with", "path",
		    path, NULL);
	free(path);
	return err;
}

/* Say so where the operator looks and where the app's author does. */
static void
tell_held(struct setup_parts *p, struct reader *rd, struct arena *arena,
    const struct quarantine_case *held)
{
	struct app a = { .uid = "?" };
	const char *text;

	(void)!app_by_id(rd, arena, held->app, &a);
	text = arena_printf(arena, "app %s is quarantined: its code was running in %d crashes; "
	    "deploy a new version to release it", a.uid, QUARANTINE_CRASHES);
	log_error(text, "app", a.uid, NULL);
	if (held->fresh) {
		struct record_line line = { .app = held->app, .level = RECORD_ERROR,
			.message = text };
		struct quota quota;

		quota_read(a.quotas, &quota);
		recorder_line(p->recorder, &line, quota.log_rows);
	}
}

static void
open_quarantine(struct setup_parts *p, struct store *store, const char *state_dir)
{
	struct quarantine_case held[QUARANTINE_CASES];
	char *path = xasprintf("%s/running", state_dir);
	struct arena *arena = arena_new();
	struct why why = { { 0 } };
	struct reader *rd;
	size_t n;

	if (quarantine_open(path, &p->quarantine, &why) != FZ_OK)
		log_warn("crashes are not counted", "why", why.text, NULL);
	n = quarantine_cases(p->quarantine, held);
	if (n > 0 && reader_open(store, &rd) == FZ_OK) {
		for (size_t i = 0; i < n; i++)
			tell_held(p, rd, arena, &held[i]);
		reader_close(rd);
	}
	arena_free(arena);
	free(path);
}

enum fz_err
setup_parts_open(struct setup_parts *p, const struct config *c, struct store *store,
    const char *state_dir, struct why *why)
{
	struct lane_options lane = setup_lane(c);
	enum fz_err err;

	err = reseal_lock(state_dir, false, &p->key_lock, why);
	if (err == FZ_OK)
		err = reseal_settle(store, state_dir, why);
	if (err == FZ_OK)
		err = open_seal(store, state_dir, &p->seal, why);
	if (err == FZ_OK)
		err = scripts_open((size_t)c->script_cache_mib * MIB, &p->scripts, why);
	if (err != FZ_OK)
		return err;
	p->recorder = recorder_open(store);
	p->lane = lane_new(&lane);
	p->throttle = throttle_new();
	p->oauth = oauth_new((unsigned)c->workers);
	open_quarantine(p, store, state_dir);
	return FZ_OK;
}

void
setup_parts_close(struct setup_parts *p)
{
	if (p->scripts != NULL) {
		transpile_trim();
		scripts_close(p->scripts);
	}
	quarantine_close(p->quarantine);
	oauth_free(p->oauth);
	throttle_free(p->throttle);
	lane_free(p->lane);
	recorder_close(p->recorder);
	seal_free(p->seal);
	if (p->key_lock > 0)
		close(p->key_lock);
}

void
setup_parts_into(const struct setup_parts *p, struct node *node)
{
	node->recorder = p->recorder;
	node->scripts = p->scripts;
	node->seal = p->seal;
	node->lane = p->lane;
	node->throttle = p->throttle;
	node->oauth = p->oauth;
}
