/*
 * The question Caddy asks before it gets a certificate for a name (on-demand TLS):
 * do we serve it right now?  200 or 403, empty.  Only the front server can ask: the row
 * is internal.
 */
#include "base/path.h"
#include "base/route.h"
#include "fcgi/sites.h"

static enum fz_err
tls_ask(struct request *rq, struct response *rs)
{
	const char *domain = request_arg(rq, "domain");
	char host[254];
	bool known = domain != NULL && path_host(domain, host) &&
	    sites_knows(rq->node, host);

	response_bytes(rs, known ? 200 : 403, NULL, "", 0);
	return FZ_OK;
}

const struct route tls_routes[] = {
	{ METHOD_GET, "/_fazt/tls", tls_ask, WHO_ANON, NULL, ON_INTERNAL, ROUTE_BARE, 0,
	    "May a certificate be issued for ?domain= (front server only)", NULL, NULL },
	{ 0 }
};
