/*
 * GET /openapi.json.  Anybody may read it: what the API can do is no secret, and tools
 * fetch it before they have a key.
 */
#include <stdlib.h>

#include "admin/openapi.h"
#include "base/route.h"

static enum fz_err
show_document(struct request *rq, struct response *rs)
{
	struct buf b;
	size_t len;
	char *text;

	buf_init(&b, OPENAPI_MAX);
	openapi_print(rq->node, &b);
	if (!buf_ok(&b)) {
		buf_fini(&b);
		return response_why(rs, FZ_INTERNAL_ERROR, "the document does not fit");
	}
	text = buf_take(&b, &len);
	response_bytes(rs, 200, "application/json", text, len);
	rs->release = free;
	rs->release_arg = text;
	return FZ_OK;
}

const struct route openapi_routes[] = {
	{ METHOD_GET, "/openapi.json", show_document, WHO_ANON, NULL, ON_ADMIN,
	    ROUTE_BARE, 0, "This document: OpenAPI 3.1, from the route table", NULL,
	    "OpenAPI" },
	{ 0 }
};
