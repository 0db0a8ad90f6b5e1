/*
 * How often one caller may make a new version: LIMIT_DEPLOYS_MINUTE (docs/contract.md 8).
 * Thread contract: any thread.
 */
#ifndef DEPLOY_DEPLOY_RATE_H
#define DEPLOY_DEPLOY_RATE_H

#include "base/request.h"
#include "base/response.h"

/* FZ_RATE_LIMIT_EXCEEDED with Retry-After; sets the X-RateLimit headers either way. */
enum fz_err	 deploy_rate_take(struct request *, struct response *) MUST_CHECK;

#endif
