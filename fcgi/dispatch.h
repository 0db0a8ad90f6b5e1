/*
 * From a parsed request to an answer, in two steps, so that a body nobody may send is
 * never read.
 *
 * Thread contract: any worker thread; works on its request.
 */
#ifndef FCGI_DISPATCH_H
#define FCGI_DISPATCH_H

#include "base/request.h"
#include "base/response.h"

/*
 * The head is here: rate limit, host, route, caller.  Afterwards either rs->status is
 * set (answer now, read no body) or rq->body_max says how much body to collect first
 * (0: none is wanted; what comes is drained).
 */
void	dispatch_head(struct request *, struct response *);
/* The body is here (or the peer sent none): run the handler, fill *rs. */
void	dispatch_run(struct request *, struct response *);
/* The answer is out or the peer is gone: numbers, log line, audit row. */
void	dispatch_done(struct request *, const struct response *, uint64_t bytes_out);

#endif
