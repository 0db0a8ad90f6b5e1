/*
 * Everything that is no admin host: apps in the order of docs/contract.md 1.2, redirects,
 * unknown names, misdirected requests.
 *
 * Thread contract: works on its request.
 */
#ifndef FCGI_APPHOST_H
#define FCGI_APPHOST_H

#include "base/request.h"
#include "base/response.h"
#include "fcgi/sites.h"

/*
 * Answer a request for any kind of site.  For a split rq->site becomes the target
 * chosen (kept alive by the split's own reference).
 */
void	apphost_answer(struct request *, struct response *, struct site *);

#endif
