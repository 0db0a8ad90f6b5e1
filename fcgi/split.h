/*
 * Which app of a split a visitor sees: drawn by weight once, then kept by a cookie for
 * 30 days (docs/contract.md 1.1).
 *
 * Thread contract: works on its request.
 */
#ifndef FCGI_SPLIT_H
#define FCGI_SPLIT_H

#include "fcgi/sites.h"
#include "base/request.h"
#include "base/response.h"

/* The target, borrowed from site; sets the cookie when it was drawn now. */
struct site	*split_choose(struct request *, struct response *, const struct site *);
/* The target of ticket, 0 <= ticket < sum of the weights. */
struct site	*split_by_ticket(const struct site *, uint32_t ticket);

#endif
