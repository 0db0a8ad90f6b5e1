/*
 * From a parsed request to an answer, in two steps, so that a body nobody may send is
 * never read.
 *
 * Thread contract: any worker thread; works on its request.
 */
#ifndef FCGI_DISPATCH_H
#define FCGI_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/request.h"
#include "base/response.h"
#include "store/quota.h"

/*
 * The head is here: rate limit, host, route, caller.  Afterwards either rs->status is
 * set (answer now, read no body) or rq->body_max says how much body to collect first
 * (0: none is wanted; what comes is drained).
 */
void	dispatch_head(struct request *, struct response *);
/* The body is here (or the peer sent none): run the handler, fill *rs. */
void	dispatch_run(struct request *, struct response *);

/* Whose code a request would run. */
struct dispatch_script {
	int64_t		 app;
	int64_t		 version;
	const struct quota *quota;	/* as the site lives */
};
/*
 * Does dispatch_run run a script?  To be asked before it; for a name with several apps this
 * is where one of them is chosen.
 */
bool	dispatch_script(struct request *, struct response *, struct dispatch_script *);
/* The answer instead of running it.  retry_s 0 = nothing to say about when. */
void	dispatch_refuse(struct request *, struct response *, enum fz_err, const char *text,
	    int64_t retry_s);

/* What a request was. */
struct dispatch_books {
	bool		 script;	/* wanted to run one */
	bool		 streamed;	/* its answer waited for things to happen */
	int64_t		 cpu_us;	/* of the script */
	uint64_t	 bytes_in;	/* of the body */
	uint64_t	 bytes_out;
};
/* The answer is out or the peer is gone: numbers, log line, rows. */
void	dispatch_done(struct request *, const struct response *,
	    const struct dispatch_books *);

#endif
