/*
 * A file from GitHub over HTTPS into a spool.
 * Thread contract: any thread; waits for the network until the deadline.
 */
#ifndef DEPLOY_FETCH_H
#define DEPLOY_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/spool.h"

/* https, default port, no user, one of GitHub's hosts for archives. */
bool		 fetch_allowed(const char *url);
/*
 * FZ_NOT_FOUND for a 404; FZ_PAYLOAD_TOO_LARGE past the spool's maximum; FZ_TIMEOUT past
 * deadline (clock_mono_ms); FZ_SERVICE_UNAVAILABLE with *why for all else.
 */
enum fz_err	 fetch_get(const char *url, struct spool *, int64_t deadline,
		    struct why *) MUST_CHECK;

#endif
