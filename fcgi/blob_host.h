/*
 * /_blob/<path> on app hosts (docs/contract.md 5.6): an app's blobs without its code,
 * under a signed address or a public prefix; PUT under a signed one.
 *
 * Thread contract: works on its request.
 */
#ifndef FCGI_BLOB_HOST_H
#define FCGI_BLOB_HOST_H

#include "base/request.h"
#include "base/response.h"
#include "fcgi/sites.h"

/* Answer rq->path, which is /_blob or below. */
void	 blob_host_serve(struct request *, struct response *, const struct site *);
/* Is rq->path such a path? */
bool	 blob_host_path(const char *path);
/*
 * How large a body a request for such a path may bring; 0 = none is wanted: only who may
 * put something here makes us receive it.
 */
uint64_t blob_host_body_max(struct request *, const struct site *);

#endif
