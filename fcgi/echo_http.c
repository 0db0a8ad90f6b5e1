/*
 * What the server sees of a request: so that an owner, the doctor and the dashboard can
 * tell whether the front server passes host, address, scheme and length.  It shows the
 * caller nothing but its own request.
 */
#include "base/route.h"

static enum fz_err
echo(struct request *rq, struct response *rs)
{
	uint64_t got = rq->body == NULL ? 0 : spool_size(rq->body);

	return response_data(rs, 200, json_pack("{s:s, s:s, s:b, s:I, s:I}", "host", rq->host,
	    "ip", rq->ip, "secure", rq->secure, "announced",
	    (json_int_t)rq->content_length, "received", (json_int_t)got));
}

const struct route echo_routes[] = {
	{ METHOD_GET, "/api/echo", echo, WHO_ANON, NULL, ON_ADMIN, 0, 0,
	    "What the server sees of this request", NULL, "Echo" },
	{ METHOD_POST, "/api/echo", echo, WHO_ANON, NULL, ON_ADMIN, ROUTE_ANY_SITE, 0,
	    "What the server sees of this request and its body", NULL, "Echo" },
	{ 0 }
};
