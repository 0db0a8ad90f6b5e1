/*
 * The shapes that rows of the route table name in takes and gives.  A name in brackets,
 * "[App]", is a list of that shape.
 *
 * Thread contract: immutable.
 */
#ifndef ADMIN_SCHEMA_H
#define ADMIN_SCHEMA_H

#include <stdbool.h>

#include "base/buf.h"

/* Is there a shape of this name, or of the name in the brackets? */
bool		 schema_known(const char *name);
/* {"$ref":...} to it, or a list of them; {} (anything) for an unknown name or NULL. */
void		 schema_ref(struct buf *, const char *name);
/* Its media types, comma-separated; the shape describes the first, others are bytes. */
const char	*schema_media(const char *name);
/* All shapes as members of components/schemas, without the braces around. */
void		 schema_print(struct buf *);

#endif
