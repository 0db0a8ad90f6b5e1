/*
 * Calls to other servers, the only place that makes any: https with a verified certificate,
 * no proxy of the environment, no redirect followed, one deadline over everything, a maximum
 * for what comes back.  Which hosts may be asked is the caller's business.
 *
 * Thread contract: any thread; waits for the network until the deadline.
 */
#ifndef BASE_FETCH_H
#define BASE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/spool.h"

#define FETCH_URL_MAX 4096

struct fetch {
	const char	*url;
	const char	*ca_file;	/* certificates we trust; NULL = the system's */
	const char	*form;		/* encoded body of a POST; NULL = GET */
	const char *const *headers;	/* "Name: value", NULL-ended; NULL = none */
	int64_t		 deadline;	/* clock_mono_ms */
	/* Where the body goes, to one of both; its maximum is the reply's. */
	struct buf	*buf;
	struct spool	*spool;

	/* What came back. */
	long		 status;
	char		 redirect[FETCH_URL_MAX];	/* absolute; "" = none */
};

/*
 * FZ_OK when an answer came, whatever its status: the body is kept for 200 and not even
 * received for any other.  FZ_TIMEOUT past the deadline, FZ_PAYLOAD_TOO_LARGE past the
 * maximum, FZ_SERVICE_UNAVAILABLE for all else that stops an answer; *why (may be NULL)
 * holds no word of the peer's.
 */
enum fz_err	 fetch_run(struct fetch *, struct why *) MUST_CHECK;
/* https, a host, no user and password, no fragment, printable, below FETCH_URL_MAX bytes. */
bool		 fetch_url_ok(const char *url);

#endif
