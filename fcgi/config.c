/*
 * One table describes every name of the file: section, name, kind, where it goes and
 * its bounds.  Parsing, the checks, the man page's list and "config check" all read it.
 */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "fcgi/config.h"

enum kind { KIND_TEXT, KIND_LIST, KIND_BOOL, KIND_INT, KIND_ACCESS_LOG };

struct entry {
	const char	*section;
	const char	*name;
	enum kind	 kind;
	size_t		 at;		/* offset in struct config */
	size_t		 count_at;	/* KIND_LIST: its counter */
	int64_t		 min, max;	/* KIND_INT; KIND_LIST: max entries */
};

#define AT(f) offsetof(struct config, f)
static const struct entry entries[] = {
	{ "server", "listen", KIND_LIST, AT(listen), AT(nlisten), 0, CONFIG_LISTENERS },
	{ "server", "scgi", KIND_LIST, AT(scgi), AT(nscgi), 0, CONFIG_LISTENERS },
	{ "server", "front_users", KIND_LIST, AT(front_users), AT(nfront_users), 0,
	    CONFIG_LIST },
	{ "server", "trusted_proxies", KIND_LIST, AT(trusted_proxies), AT(ntrusted), 0,
	    CONFIG_LIST },
	{ "server", "domain", KIND_TEXT, AT(domain), 0, 0, 0 },
	{ "server", "admin_host", KIND_TEXT, AT(admin_host), 0, 0, 0 },
	{ "server", "auth_host", KIND_TEXT, AT(auth_host), 0, 0, 0 },
	{ "server", "scheme", KIND_TEXT, AT(scheme), 0, 0, 0 },
	{ "server", "dns_server", KIND_TEXT, AT(dns_server), 0, 0, 0 },
	{ "server", "ca_file", KIND_TEXT, AT(ca_file), 0, 0, 0 },
	{ "server", "public_port", KIND_INT, AT(public_port), 0, 0, 65535 },
	{ "server", "dev", KIND_BOOL, AT(dev), 0, 0, 0 },
	{ "server", "workers", KIND_INT, AT(workers), 0, 2, 256 },
	{ "server", "script_slots", KIND_INT, AT(script_slots), 0, 0, 255 },
	{ "server", "drain_s", KIND_INT, AT(drain_s), 0, 1, 300 },
	{ "limits", "queue", KIND_INT, AT(queue), 0, 8, 65536 },
	{ "limits", "app_queue", KIND_INT, AT(app_queue), 0, 1, 65536 },
	{ "limits", "script_queue", KIND_INT, AT(script_queue), 0, 1, 65536 },
	{ "limits", "script_cache_mib", KIND_INT, AT(script_cache_mib), 0, 0, 65536 },
	{ "limits", "rate", KIND_INT, AT(rate), 0, 0, 1000000 },
	{ "limits", "burst", KIND_INT, AT(burst), 0, 1, 10000000 },
	{ "limits", "cache_mib", KIND_INT, AT(cache_mib), 0, 1, 65536 },
	{ "limits", "max_json_kib", KIND_INT, AT(max_json_kib), 0, 16, 65536 },
	{ "limits", "max_upload_mib", KIND_INT, AT(max_upload_mib), 0, 0, 4096 },
	{ "limits", "max_archive_mib", KIND_INT, AT(max_archive_mib), 0, 1, 4096 },
	{ "log", "file", KIND_TEXT, AT(log_file), 0, 0, 0 },
	{ "log", "level", KIND_TEXT, AT(log_level), 0, 0, 0 },
	{ "log", "access", KIND_ACCESS_LOG, AT(access_log), 0, 0, 0 },
	{ "store", "readers", KIND_INT, AT(readers), 0, 2, 256 },
	{ "store", "external_checkpoint", KIND_BOOL, AT(external_checkpoint), 0, 0, 0 },
};

#define APP_QUEUE 128
#define SCRIPT_QUEUE 512
/* Unless said otherwise: */
#define SCRIPT_CACHE_MIB 256		/* at most */
#define SCRIPT_CACHE_LEAST 16
#define SCRIPT_SLOTS 4			/* at least, where there is memory for them */
#define SCRIPT_MIB 64			/* heap and buffers of one, by the usual quota */

struct reading {
	struct config	*config;
	struct why	*why;
	bool		 failed;
};

void
config_init(struct config *c)
{
	memset(c, 0, sizeof(*c));
	c->arena = arena_new();
	c->scheme = "https";
	c->workers = 32;
	c->queue = LIMIT_QUEUE;
	c->app_queue = APP_QUEUE;
	c->script_queue = SCRIPT_QUEUE;
	c->rate = LIMIT_RATE;
	c->burst = LIMIT_BURST;
	c->cache_mib = 64;
	c->max_json_kib = LIMIT_JSON_BODY / KIB;
	c->max_archive_mib = LIMIT_ARCHIVE_BODY / MIB;
	c->readers = 16;
	c->drain_s = 10;
	c->log_level = "info";
	c->access_log = ACCESS_LOG_ERRORS;
}

void
config_fini(struct config *c)
{
	arena_free(c->arena);
	memset(c, 0, sizeof(*c));
}

static bool
list_add(struct config *c, const struct entry *e, const char *value)
{
	const char **list = (const char **)((char *)c + e->at);
	size_t *n = (size_t *)((char *)c + e->count_at);
	const char *p = value;

	while (*p != '\0') {
		size_t blank = strspn(p, " \t,");
		size_t len = strcspn(p + blank, " \t,");

		if (len > 0) {
			if (*n >= (size_t)e->max)
				return false;
			list[(*n)++] = arena_strndup(c->arena, p + blank, len);
		}
		p += blank + len;
	}
	return true;
}

static bool
bool_parse(const char *s, bool *out)
{
	if (str_ieq(s, "yes") || str_ieq(s, "true") || str_ieq(s, "on") ||
	    strcmp(s, "1") == 0)
		*out = true;
	else if (str_ieq(s, "no") || str_ieq(s, "false") || str_ieq(s, "off") ||
	    strcmp(s, "0") == 0)
		*out = false;
	else
		return false;
	return true;
}

static bool
access_log_parse(const char *s, enum config_access_log *out)
{
	static const char *const names[] = { "off", "errors", "all" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(s, names[i]) == 0) {
			*out = (enum config_access_log)i;
			return true;
		}
	return false;
}

static bool
set(struct config *c, const struct entry *e, const char *value)
{
	void *to = (char *)c + e->at;
	int64_t n;

	switch (e->kind) {
	case KIND_TEXT:
		*(const char **)to = *value == '\0' ? NULL : arena_strdup(c->arena, value);
		return true;
	case KIND_LIST:
		return list_add(c, e, value);
	case KIND_BOOL:
		return bool_parse(value, to);
	case KIND_ACCESS_LOG:
		return access_log_parse(value, to);
	case KIND_INT:
		if (!str_i64(value, &n) || n < e->min || n > e->max)
			return false;
		*(int64_t *)to = n;
		return true;
	}
	return false;
}

static int
on_entry(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		const struct entry *e = &entries[i];

		if (strcmp(section, e->section) != 0 || strcmp(name, e->name) != 0)
			continue;
		if (set(r->config, e, value))
			return 1;
		if (!r->failed && e->kind == KIND_INT)
			why_set(r->why, FZ_VALIDATION_FAILED,
			    "[%s] %s = %.60s: want a number from %lld to %lld", section, name,
			    value, (long long)e->min, (long long)e->max);
		else if (!r->failed)
			why_set(r->why, FZ_VALIDATION_FAILED, "[%s] %s = %.60s: not valid",
			    section, name, value);
		r->failed = true;
		return 0;
	}
	if (!r->failed)
		why_set(r->why, FZ_VALIDATION_FAILED, "unknown name [%.40s] %.40s", section,
		    name);
	r->failed = true;
	return 0;
}

enum fz_err
config_load(struct config *c, const char *path, const char *state_dir, struct why *why)
{
	const char *standard[2] = { arena_printf(c->arena, "%s/fazt.conf", state_dir),
		"/etc/fazt-fcgi/fazt.conf" };
	struct why inner = { { 0 } };
	struct reading r = { c, &inner, false };
	int line;

	for (size_t i = 0; path == NULL && i < 2; i++)
		if (access(standard[i], F_OK) == 0)
			path = standard[i];
	if (path == NULL)
		return FZ_OK;
	line = ini_parse(path, on_entry, &r);
	if (line == -1)
		return why_set(why, FZ_NOT_FOUND, "cannot read %s: %s", path,
		    strerror(errno));
	if (line > 0)
		return why_set(why, FZ_VALIDATION_FAILED, "%s:%d: %s", path, line,
		    r.failed ? inner.text : "neither [section] nor name = value");
	c->file = arena_strdup(c->arena, path);
	return FZ_OK;
}

static int64_t
ram_mib(void)
{
	int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

	return pages / (int64_t)(MIB / 1024) * (page / 1024);
}

/*
 * The sum of what the parts may hold at worst must be a size a server can have: an
 * absurd combination is refused at start rather than by the kernel under load.
 */
static enum fz_err
memory_verify(const struct config *c, int64_t *left, struct why *why)
{
	int64_t worst = c->workers * 4 + (c->queue * 2) / 8 + c->cache_mib + c->readers * 3 +
	    c->script_cache_mib + c->script_slots * SCRIPT_MIB + 64;
	int64_t ram = ram_mib();

	*left = ram > 0 ? ram - worst : INT32_MAX;
	if (*left < 0)
		return why_set(why, FZ_VALIDATION_FAILED,
		    "workers, script_slots, queue, cache_mib, script_cache_mib and readers "
		    "together may need %lld MiB; this machine has %lld MiB",
		    (long long)worst, (long long)ram);
	return FZ_OK;
}

static int64_t
within(int64_t n, int64_t least, int64_t most)
{
	if (n > most)
		n = most;
	return n < least ? least : n;
}

/* What was left to us, by what the machine has left.  One thread is never a script's. */
static void
choose_script_sizes(struct config *c, int64_t left)
{
	int64_t cores = sysconf(_SC_NPROCESSORS_ONLN), ram = ram_mib();

	if (c->script_slots == 0) {
		c->script_slots = cores * 2 > SCRIPT_SLOTS ? cores * 2 : SCRIPT_SLOTS;
		c->script_slots = within(c->script_slots, 1, left / 2 / SCRIPT_MIB);
		c->script_slots = within(c->script_slots, 1, c->workers - 1);
	}
	if (c->max_upload_mib == 0)
		c->max_upload_mib = within(ram / 10, 10, 100);
	if (c->script_cache_mib == 0) {
		c->script_cache_mib = within(ram / 4, SCRIPT_CACHE_LEAST, SCRIPT_CACHE_MIB);
		c->script_cache_mib = within(c->script_cache_mib, SCRIPT_CACHE_LEAST,
		    left / 2);
	}
}

enum fz_err
config_verify(struct config *c, struct why *why)
{
	static const char *const levels[] = { "debug", "info", "warn", "error" };
	bool level_ok = false;
	int64_t left = 0;
	enum fz_err err;

	for (size_t i = 0; i < 4; i++)
		level_ok = level_ok || strcmp(c->log_level, levels[i]) == 0;
	if (!level_ok)
		return why_set(why, FZ_VALIDATION_FAILED,
		    "log level %.40s: want debug, info, warn or error", c->log_level);
	if (strcmp(c->scheme, "https") != 0 && strcmp(c->scheme, "http") != 0)
		return why_set(why, FZ_VALIDATION_FAILED, "scheme %.40s: want https or http",
		    c->scheme);
	if (strcmp(c->scheme, "http") == 0 && !c->dev)
		return why_set(why, FZ_VALIDATION_FAILED,
		    "scheme http is for development: add dev = yes");
	if (c->script_slots > c->workers - 1)
		return why_set(why, FZ_VALIDATION_FAILED,
		    "script_slots %lld: want fewer than workers (%lld)",
		    (long long)c->script_slots, (long long)c->workers);
	err = memory_verify(c, &left, why);
	if (err == FZ_OK)
		choose_script_sizes(c, left);
	return err;
}
