/*
 * A file from GitHub into a spool, over redirects among GitHub's own hosts.
 * Thread contract: any thread; waits for the network until the deadline.
 */
#ifndef DEPLOY_GITHUB_H
#define DEPLOY_GITHUB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/spool.h"

/* https, default port, no user, one of GitHub's hosts for archives. */
bool		 github_allowed(const char *url);
/*
 * ca_file: certificates we trust, NULL = the system's.  FZ_NOT_FOUND for a 404;
 * FZ_PAYLOAD_TOO_LARGE past the spool's maximum; FZ_TIMEOUT past deadline (clock_mono_ms);
 * FZ_SERVICE_UNAVAILABLE with *why for all else.
 */
enum fz_err	 github_get(const char *url, const char *ca_file, struct spool *,
		    int64_t deadline, struct why *) MUST_CHECK;

#endif
