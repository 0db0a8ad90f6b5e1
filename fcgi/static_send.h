/*
 * Sending one file of an edition.  Private to static.c.
 *
 * Thread contract: works on its request.
 */
#ifndef FCGI_STATIC_SEND_H
#define FCGI_STATIC_SEND_H

#include "fcgi/static.h"

enum static_send {
	STATIC_SEND_PUBLIC,
	STATIC_SEND_PRIVATE,	/* for one visitor: no rules, no shared caches */
};

/*
 * status 200 honours conditions and ranges and may become 304, 206 or 416; any other is
 * sent as it is.
 */
void	static_send(struct request *, struct response *, const struct site *,
	    const struct edition_file *, int status, enum static_send);

#endif
