/*
 * serve: from a state folder to a running server and back.  The main thread sets
 * everything up, then only waits for signals and feeds the watchdog:
 *
 *	SIGTERM SIGINT	full drain, then exit 0
 *	SIGHUP		read configuration and settings again, in place
 *	SIGUSR1		reopen the log file
 *
 * Order at start: configuration, store, sockets, threads, READY.  At the end the
 * reverse, so that nothing is used after it is gone and no request that was accepted
 * is lost.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/metrics.h"
#include "auth/rate.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "fcgi/cache.h"
#include "fcgi/command.h"
#include "fcgi/control.h"
#include "fcgi/gate.h"
#include "fcgi/listen.h"
#include "fcgi/notify.h"
#include "fcgi/quarantine.h"
#include "fcgi/setup.h"
#include "fcgi/sites.h"
#include "runtime/guard.h"

#define RATE_CLIENTS 65536
#define STUCK_MS 60000
#define STUCK_SCRIPTS 2

/* A node and the memory its texts live in; freed when its last request is over. */
struct generation {
	struct node	 node;
	struct config	 config;
};

struct server {
	struct store		*store;
	struct metrics		*metrics;
	struct sites		*sites;
	struct cache		*cache;
	struct rate		*rate;
	struct setup_parts	 parts;
	struct listeners	 listeners;
	struct gate		*gate;
	struct control		*control;
	struct generation	*now;
	const struct command	*command;
	int			 argc;
	char			**argv;
	uid_t			 uids[CONFIG_LIST];
	size_t			 nuids;
};

/* What the command line says on top of the file. */
struct overrides {
	const char		*config_file;
	struct option_list	 listen;
	struct option_list	 scgi;
	int64_t			 workers;
	int64_t			 public_port;
	const char		*scheme;
	bool			 dev;
};

static int
parse_overrides(struct server *s, struct overrides *o)
{
	const struct option_row rows[] = {
		{ "config", 'c', OPTION_TEXT, "FILE", &o->config_file,
		    "instead of STATE/fazt.conf or /etc/fazt-fcgi/fazt.conf" },
		{ "listen", 'l', OPTION_LIST, "SPEC", &o->listen,
		    "FastCGI: unix:PATH[,mode=0660][,group=G], tcp:127.0.0.1:PORT, fd:N" },
		{ "scgi", 0, OPTION_LIST, "SPEC", &o->scgi, "the same for SCGI" },
		{ "workers", 'w', OPTION_INT, "N", &o->workers, "worker threads" },
		{ "scheme", 0, OPTION_TEXT, "S", &o->scheme, "https; http needs --dev" },
		{ "public-port", 0, OPTION_INT, "PORT", &o->public_port,
		    "port visitors use, when it is not the scheme's own" },
		{ "dev", 0, OPTION_FLAG, NULL, &o->dev, "development: plain http allowed" },
		{ 0 }
	};
	int first, code = command_options(s->command, rows, s->argc, s->argv, &first);

	if (code >= 0)
		return code;
	if (first < s->argc)
		return command_usage(s->command, "takes no operand");
	return -1;
}

static void
apply_overrides(struct config *c, const struct overrides *o)
{
	if (o->listen.n > 0)
		c->nlisten = 0;
	for (size_t i = 0; i < o->listen.n && i < CONFIG_LISTENERS; i++)
		c->listen[c->nlisten++] = o->listen.v[i];
	if (o->scgi.n > 0)
		c->nscgi = 0;
	for (size_t i = 0; i < o->scgi.n && i < CONFIG_LISTENERS; i++)
		c->scgi[c->nscgi++] = o->scgi.v[i];
	if (o->workers > 0)
		c->workers = o->workers;
	if (o->public_port > 0)
		c->public_port = o->public_port;
	if (o->scheme != NULL)
		c->scheme = o->scheme;
	c->dev = c->dev || o->dev;
}

static void
generation_free(const struct node *node)
{
	struct generation *g = (struct generation *)(uintptr_t)node;

	config_fini(&g->config);
	free(g);
}

/* Configuration and settings as they are now; the shared parts come from the server. */
static enum fz_err
generation_load(struct server *s, const struct overrides *o, struct generation **out,
    struct why *why)
{
	struct generation *g = xcalloc(1, sizeof(*g));
	enum fz_err err;

	config_init(&g->config);
	err = config_load(&g->config, o->config_file, command_state(), why);
	apply_overrides(&g->config, o);
	if (err == FZ_OK)
		err = config_verify(&g->config, why);
	if (err == FZ_OK && s->store != NULL) {
		g->node.started_ms = s->now == NULL ? 0 : s->now->node.started_ms;
		err = setup_node(&g->node, g->config.arena, &g->config, s->store,
		    command_state(), why);
	}
	if (err != FZ_OK) {
		generation_free(&g->node);
		return err;
	}
	g->node.metrics = s->metrics;
	g->node.sites = s->sites;
	g->node.cache = s->cache;
	g->node.rate = s->rate;
	setup_parts_into(&s->parts, &g->node);
	*out = g;
	return FZ_OK;
}

static enum log_level
level_of(const char *text)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	for (int i = 0; i < 4; i++)
		if (strcmp(text, names[i]) == 0)
			return (enum log_level)i;
	return LOG_LEVEL_INFO;
}

static enum fz_err
open_store(struct server *s, const struct config *c, struct why *why)
{
	struct store_options options = { 0 };
	char *path = xasprintf("%s/data.db", command_state());
	char *tmp = xasprintf("%s/tmp", command_state());
	enum fz_err err = FZ_OK;

	options.path = path;
	options.readers = (unsigned)c->readers;
	options.no_checkpoint = c->external_checkpoint;
	if (access(path, F_OK) != 0)
		err = why_set(why, FZ_NOT_FOUND,
		    "no node in %s. Try: fazt-fcgi init --domain example.com --state %s",
		    command_state(), command_state());
	else if (mkdir(tmp, 0700) != 0 && errno != EEXIST)
		err = why_set(why, FZ_IO, "cannot make %s: %s", tmp, strerror(errno));
	if (err == FZ_OK)
		err = store_open(&options, &s->store, why);
	free(path);
	free(tmp);
	return err;
}

static enum fz_err
open_listeners(struct server *s, const struct config *c, struct why *why)
{
	enum fz_err err = listen_inherit(&s->listeners, why);

	/* Sockets that the service manager handed over are the whole truth. */
	if (err != FZ_OK || s->listeners.n > 0)
		return err;
	for (size_t i = 0; i < c->nlisten && err == FZ_OK; i++)
		err = listen_open(&s->listeners, c->listen[i], LISTEN_FCGI, why);
	for (size_t i = 0; i < c->nscgi && err == FZ_OK; i++)
		err = listen_open(&s->listeners, c->scgi[i], LISTEN_SCGI, why);
	if (err == FZ_OK && s->listeners.n == 0)
		err = listen_open(&s->listeners, "unix:/run/fazt/fcgi.sock,mode=0660",
		    LISTEN_FCGI, why);
	return err;
}

/* www-data and caddy are who front servers run as on Debian. */
static void
front_uids(struct server *s, const struct config *c)
{
	static const char *const standard[] = { "www-data", "caddy", "nginx" };
	const char *const *names = c->nfront_users > 0 ?
	    (const char *const *)c->front_users : standard;
	size_t n = c->nfront_users > 0 ? c->nfront_users : 3;

	for (size_t i = 0; i < n; i++) {
		const struct passwd *pw = getpwnam(names[i]);

		if (pw != NULL)
			s->uids[s->nuids++] = pw->pw_uid;
		else if (c->nfront_users > 0)
			log_warn("unknown user in front_users", "user", names[i], NULL);
	}
}

static enum fz_err
start_gate(struct server *s, struct why *why)
{
	const struct config *c = &s->now->config;
	struct gate_options options = { 0 };

	front_uids(s, c);
	options.listeners = &s->listeners;
	options.node = &s->now->node;
	options.release = generation_free;
	options.workers = (unsigned)c->workers;
	options.queue = (unsigned)c->queue;
	options.quarantine = s->parts.quarantine;
	options.grace_ms = c->drain_s * 1000;
	options.uids = s->uids;
	options.nuids = s->nuids;
	return gate_start(&options, &s->gate, why);
}

static void
status_json(struct server *s, struct buf *out)
{
	struct quarantine_case held[QUARANTINE_CASES];
	struct gate_stats gate;
	struct store_stats store;
	struct lane_stats lane;
	const struct node *node = &s->now->node;
	json_t *doc;

	gate_stats(s->gate, &gate);
	store_stats(s->store, &store);
	lane_stats(s->parts.lane, &lane);
	doc = json_pack("{s:s, s:s, s:i, s:I, s:{s:i, s:i}, s:{s:i, s:i, s:i}, "
	    "s:{s:i, s:i, s:i, s:I, s:i}, s:{s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:b}}",
	    "version", node->version, "domain", node->domain, "pid", (int)getpid(),
	    "uptime_seconds", (json_int_t)((clock_wall_ms() - node->started_ms) / 1000),
	    "workers", "total", (int)node->workers, "busy", (int)gate.busy,
	    "queue", "waiting", (int)gate.queued, "parked", (int)gate.parked, "connections",
	    (int)gate.connections, "scripts", "slots", (int)lane.slots, "running",
	    (int)lane.running, "waiting", (int)lane.waiting, "refused",
	    (json_int_t)(lane.full + lane.used_up + lane.late), "quarantined",
	    (int)quarantine_cases(s->parts.quarantine, held), "requests", "served",
	    (json_int_t)gate.served, "shed", (json_int_t)gate.shed, "refused_peers",
	    (json_int_t)gate.refused, "database",
	    "bytes", (json_int_t)store.db_bytes, "wal_bytes", (json_int_t)store.wal_bytes,
	    "commits", (json_int_t)store.commits, "full", store.full);
	json_print(out, doc);
	json_decref(doc);
}

static void
on_control(void *arg, const char *word, struct buf *out)
{
	struct server *s = arg;

	if (strcmp(word, "ping") == 0)
		buf_puts(out, "{\"pong\":true}");
	else if (strcmp(word, "status") == 0)
		status_json(s, out);
	else
		buf_puts(out, "{\"error\":\"unknown word\"}");
}

static void
reload(struct server *s, const struct overrides *o)
{
	struct generation *next = NULL;
	struct why why = { { 0 } };
	enum fz_err err;

	notify_reloading();
	err = generation_load(s, o, &next, &why);
	if (err == FZ_OK)
		err = gate_node(s->gate, &next->node, generation_free, &why);
	if (err == FZ_OK) {
		struct lane_options lane = setup_lane(&next->config);

		s->now = next;
		gate_grant(s->gate, lane_set(s->parts.lane, &lane, clock_mono_us()));
		sites_forget(s->sites);
		log_set_level(level_of(next->config.log_level));
		log_info("configuration reloaded", NULL);
	} else {
		if (next != NULL)
			generation_free(&next->node);
		log_error("configuration not reloaded", "why", why.text, NULL);
	}
	notify_ready();
}

/*
 * systemd restarts us when the acceptor does not go round, when a thread has been stuck on
 * one turn for a minute, or when scripts do not end although their time is long over: then
 * feeding the watchdog would only hide it.
 */
static bool
healthy(struct server *s)
{
	struct gate_stats stats;

	gate_stats(s->gate, &stats);
	return stats.acceptor_ms < STUCK_MS && stats.oldest_ms < STUCK_MS &&
	    guard_stuck() < STUCK_SCRIPTS;
}

static void
wait_for_end(struct server *s, const struct overrides *o)
{
	int64_t interval = notify_interval_ms();
	struct timespec tick = { 3600, 0 };
	sigset_t set;

	if (interval > 0) {
		tick.tv_sec = interval / 1000;
		tick.tv_nsec = interval % 1000 * 1000000;
	}
	gate_signals(&set);
	for (;;) {
		int sig = sigtimedwait(&set, NULL, &tick);

		if (interval > 0 && healthy(s))
			notify_watchdog();
		switch (sig) {
		case SIGTERM:
		case SIGINT:
			return;
		case SIGHUP:
			reload(s, o);
			break;
		case SIGUSR1:
			log_reopen();
			break;
		default:
			break;
		}
	}
}

static void
fd_limit(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur < rl.rlim_max) {
		rl.rlim_cur = rl.rlim_max < 65536 ? rl.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
}

static enum fz_err
start(struct server *s, const struct overrides *o, struct why *why)
{
	struct generation *first = NULL;
	enum fz_err err = generation_load(s, o, &first, why);

	if (err != FZ_OK)
		return err;
	log_open(first->config.log_file, level_of(first->config.log_level));
	err = open_store(s, &first->config, why);
	if (err == FZ_OK) {
		s->metrics = metrics_new();
		s->sites = sites_new();
		s->cache = cache_new((size_t)first->config.cache_mib * MIB);
		if (first->config.rate > 0)
			s->rate = rate_new((double)first->config.rate,
			    (double)first->config.burst, RATE_CLIENTS);
		err = setup_parts_open(&s->parts, &first->config, s->store, command_state(),
		    why);
	}
	generation_free(&first->node);
	if (err == FZ_OK)
		err = generation_load(s, o, &s->now, why);
	if (err == FZ_OK)
		err = open_listeners(s, &s->now->config, why);
	if (err == FZ_OK)
		err = start_gate(s, why);
	if (err == FZ_OK)
		err = control_start(command_state(), on_control, s, &s->control, why);
	return err;
}

static void
stop(struct server *s)
{
	control_stop(s->control);
	if (s->gate != NULL)
		gate_stop(s->gate);
	else if (s->now != NULL)
		generation_free(&s->now->node);
	listen_close(&s->listeners);
	setup_parts_close(&s->parts);
	cache_free(s->cache);
	sites_free(s->sites);
	rate_free(s->rate);
	store_close(s->store);
	metrics_free(s->metrics);
}

int
cmd_serve(const struct command *c, int argc, char **argv)
{
	struct server s = { .command = c, .argc = argc, .argv = argv };
	struct overrides o = { 0 };
	struct why why = { { 0 } };
	sigset_t all;
	bool clean = true;
	int code = parse_overrides(&s, &o);
	enum fz_err err;

	if (code >= 0)
		return code;
	umask(0077);
	gate_signals(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	fd_limit();
	err = start(&s, &o, &why);
	if (err == FZ_OK) {
		log_info("serving", "version", FAZT_VERSION, "domain", s.now->node.domain,
		    "state", command_state(), NULL);
		notify_ready();
		wait_for_end(&s, &o);
		notify_stopping();
		log_info("draining", NULL);
		clean = gate_drain(s.gate);
		log_info("stopped", "cut", clean ? "none" : "some", NULL);
	} else
		code = command_fail(err, &why, "serve");
	stop(&s);
	return err == FZ_OK ? 0 : code;
}
