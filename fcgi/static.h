/*
 * Static files of a site (docs/contract.md 1.4): which file a path means, _redirects and
 * _headers, conditional and range requests, variants.  RFC 9110.
 *
 * Thread contract: works on its request; any thread.
 */
#ifndef FCGI_STATIC_H
#define FCGI_STATIC_H

#include "base/request.h"
#include "base/response.h"
#include "fcgi/sites.h"

/* Answer rq->path. */
void	static_serve(struct request *, struct response *, const struct site *);
/* The file of exactly rq->path under private/, for a visitor who may have it. */
void	static_private(struct request *, struct response *, const struct site *);
/* One page of the site with this status; false if the site has no such file. */
bool	static_page(struct request *, struct response *, const struct site *,
	    const char *path, int status);

#endif
