/*
 * The configuration file: INI (inih), sections [server] [limits] [log] [store].  What
 * belongs to the node's identity (domain, hosts, settings) lives in data.db, so that
 * the file travels alone; here stands what belongs to the machine.  Everything has a
 * default; an unknown name or a bad value is an error that names its line.
 *
 * Precedence: command line, file, data.db, default.
 * Thread contract: immutable after config_load.
 */
#ifndef FCGI_CONFIG_H
#define FCGI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

#define CONFIG_LISTENERS 8
#define CONFIG_LIST 32

enum config_access_log { ACCESS_LOG_OFF, ACCESS_LOG_ERRORS, ACCESS_LOG_ALL };

struct config {
	struct arena	*arena;
	const char	*file;			/* read from, NULL = none */
	const char	*listen[CONFIG_LISTENERS];	/* unix:PATH tcp:HOST:PORT fd:N */
	size_t		 nlisten;
	const char	*scgi[CONFIG_LISTENERS];
	size_t		 nscgi;
	const char	*front_users[CONFIG_LIST + 1];	/* who may speak on unix sockets */
	size_t		 nfront_users;
	const char	*trusted_proxies[CONFIG_LIST + 1];	/* CIDR */
	size_t		 ntrusted;
	const char	*domain;		/* NULL = as in data.db */
	const char	*admin_host;
	const char	*auth_host;
	const char	*scheme;		/* https; http needs dev */
	int64_t		 public_port;		/* in links; 0 = the scheme's own */
	bool		 dev;
	int64_t		 workers;
	int64_t		 script_slots;		/* scripts at once; 0 = by workers and cores */
	int64_t		 queue;
	int64_t		 app_queue;		/* requests of an app that wait for a slot */
	int64_t		 script_queue;		/* of all apps */
	int64_t		 script_cache_mib;	/* warm heaps; 0 = by memory */
	int64_t		 rate;			/* requests/s of one client */
	int64_t		 burst;
	int64_t		 cache_mib;
	int64_t		 max_json_kib;
	int64_t		 max_archive_mib;
	int64_t		 max_upload_mib;	/* 0 = a tenth of the memory, 10 to 100 */
	int64_t		 readers;
	int64_t		 drain_s;
	bool		 external_checkpoint;
	const char	*dns_server;		/* IP:PORT; NULL = the system's resolver */
	const char	*ca_file;		/* certificates we trust; NULL = the system's */
	const char	*log_file;		/* NULL = stderr */
	const char	*log_level;		/* debug info warn error */
	enum config_access_log access_log;
};

/* Defaults; the caller frees with config_fini. */
void		 config_init(struct config *);
void		 config_fini(struct config *);
/*
 * Read path (NULL: state_dir/fazt.conf, then /etc/fazt-fcgi/fazt.conf, and none of them is no
 * error).  FZ_NOT_FOUND for a named file that is absent, FZ_VALIDATION_FAILED with the line in
 * *why.
 */
enum fz_err	 config_load(struct config *, const char *path, const char *state_dir,
		    struct why *) MUST_CHECK;
/* Cross-checks, after the command line was applied; fills in what was left to us. */
enum fz_err	 config_verify(struct config *, struct why *) MUST_CHECK;

#endif
