/*
 * What this node is: its names, folders and switches, and the open store.  One
 * object, made at start and at SIGHUP; requests hold the one they began with.
 *
 * Thread contract: immutable after start; the store has its own contract.
 */
#ifndef BASE_NODE_H
#define BASE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct store;
struct route;
struct metrics;
struct sites;
struct cache;
struct rate;
struct recorder;
struct scripts;
struct seal;
struct lane;
struct throttle;
struct oauth;

struct node {
	const char	*version;
	const char	*domain;	/* "example.com" */
	const char	*admin_host;	/* "admin.example.com" */
	const char	*auth_host;
	const char	*scheme;	/* "https"; "http" only for development */
	const char	*port_suffix;	/* "" or ":8080", for links */
	const char	*state_dir;	/* data.db, control socket, master key */
	const char	*tmp_dir;	/* spooled bodies; inside state_dir */
	bool		 dev;
	uint64_t	 max_json;	/* bytes */
	uint64_t	 max_archive;
	uint64_t	 max_upload;	/* multipart bodies of apps */
	unsigned	 workers;
	const char	**trusted_proxies;	/* CIDR texts, NULL-ended */
	const char	*dns_server;	/* "IP:PORT" asked about domains; NULL = the system's */
	const char	*ca_file;	/* certificates we trust; NULL = the system's */
	int64_t		 started_ms;	/* wall clock */
	struct store	*store;
	struct metrics	*metrics;	/* admin/metrics.h */
	struct sites	*sites;		/* fcgi/sites.h */
	struct cache	*cache;		/* fcgi/cache.h */
	struct rate	*rate;		/* per client address; NULL = no limit */
	struct recorder	*recorder;	/* store/recorder.h */
	struct scripts	*scripts;	/* runtime/script.h */
	struct seal	*seal;		/* base/seal.h; NULL = no master key */
	struct lane	*lane;		/* fcgi/lane.h: who may run scripts now */
	struct throttle	*throttle;	/* auth/throttle.h */
	struct oauth	*oauth;		/* auth/oauth.h */
	/* Does an app answer at this host, or is it the admin or sign-in host? */
	bool		 (*serves)(const struct node *, const char *host);
	int		 access_log;	/* 0 off, 1 errors and slow ones, 2 all */
	const struct route *const *routes;	/* NULL-ended list of tables */
};

/* "https://blog.example.com[:port]" + path ("" or "/..."); label "" = the domain. */
const char	*node_url(const struct node *, struct arena *, const char *label,
		    const char *path);
/* The same for a whole host name. */
const char	*node_host_url(const struct node *, struct arena *, const char *host,
		    const char *path);

#endif
