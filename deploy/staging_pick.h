/*
 * A part of a staging: archives that hold more than a site (exports, repositories).
 * Thread contract: as staging.h.
 */
#ifndef DEPLOY_STAGING_PICK_H
#define DEPLOY_STAGING_PICK_H

#include "deploy/staging.h"

/* File i < staging_count(), in the order they came or, sealed, sorted. */
const struct file *staging_pick_at(const struct staging *, size_t i);
/* The file of that name, or NULL.  Borrowed until the staging changes. */
const struct file *staging_pick_find(const struct staging *, const char *path);
/* Keep only what is below folder ("files", "a/b"), which is cut off the names. */
void		 staging_pick_below(struct staging *, const char *folder);

#endif
