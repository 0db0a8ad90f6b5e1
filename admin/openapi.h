/*
 * The OpenAPI 3.1 document of this node, made from the rows of node->routes.  Besides
 * the standard members an operation says x-who (lowest role), x-scope (what a key needs,
 * "*" = any key), x-hosts, x-body-limit (bytes) and x-audit-weight; a parameter that takes
 * several segments of the path says x-segments.
 *
 * Of the node version, scheme, admin_host, port_suffix, max_json, max_archive and routes
 * are used.
 * Thread contract: any thread.
 */
#ifndef ADMIN_OPENAPI_H
#define ADMIN_OPENAPI_H

#include <jansson.h>

#include "base/buf.h"
#include "base/node.h"

#define OPENAPI_MAX (1024UL * 1024)

/* As compact JSON text; a buffer of OPENAPI_MAX holds it. */
void	 openapi_print(const struct node *, struct buf *);
/* As a value the caller owns; never NULL. */
json_t	*openapi_document(const struct node *);

#endif
