/*
 * Answering with an object: ETag, conditional and range requests, HEAD (RFC 9110 13, 14),
 * and the headers that keep from running what a stranger may have uploaded.
 *
 * Thread contract: works on its request.
 */
#ifndef RUNTIME_BLOB_SEND_H
#define RUNTIME_BLOB_SEND_H

#include "base/request.h"
#include "base/response.h"
#include "store/object.h"

/*
 * Fill *rs with the object's bytes.  Content-Type, Cache-Control, Content-Disposition and
 * Content-Security-Policy stay where rs has them; with a Content-Type of the caller's it is
 * the caller's word that these bytes may be shown.  status other than 200: no conditions,
 * no ranges.
 */
void	blob_send(struct request *, struct response *, const struct object *, int status);
/* May a browser show this type by itself? */
bool	blob_send_safe(const char *mime);

#endif
