/*
 * A log as it is written: server-sent events (HTML standard, 9.2).  The connection costs
 * no thread while nothing happens.  That a client is gone is known as soon as the front
 * server tells: nginx at once, Caddy when several comments could not be delivered.
 *
 * Thread contract: as the request.
 */
#ifndef ADMIN_LOG_STREAM_H
#define ADMIN_LOG_STREAM_H

#include "base/request.h"
#include "base/response.h"
#include "store/recorder.h"

#define LOG_STREAM_MOST 64		/* at once */
#define LOG_STREAM_COMMENT_MS 15000	/* with nothing to say, a comment as often */
#define LOG_STREAM_LAST_MS (3600 * 1000)	/* then the client comes again */

struct log_stream_options {
	const char	*site;		/* what the caller called it */
	struct record_filter lines;	/* app, level, text; lives as long as the request */
	bool		 requests;	/* these too */
};

/*
 * Answer with everything that is recorded from now on, or after the header Last-Event-ID.
 * FZ_OVERLOADED when too many follow already.
 */
enum fz_err	 log_stream_begin(struct request *, struct response *,
		    const struct log_stream_options *) MUST_CHECK;

#endif
