/*
 * An alias as JSON (docs/contract.md 3.5).
 * Thread contract: pure.
 */
#ifndef DEPLOY_ALIAS_VIEW_H
#define DEPLOY_ALIAS_VIEW_H

#include <jansson.h>

#include "store/alias.h"

/* The object `Alias`. */
json_t	*alias_view(const struct alias *);
/* Its member targets; NULL for a reserved one. */
json_t	*alias_view_targets(const struct alias *);

#endif
