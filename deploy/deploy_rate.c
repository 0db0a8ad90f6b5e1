/*
 * A version costs a transaction over all its files, however small the change, so those
 * are counted and not bytes.  Callers are told apart by key, else by user: an address
 * says nothing about who deploys from a build farm.
 *
 * The buckets are made at the first use and live as long as the process.
 */
#include "deploy/deploy_rate.h"

#include <pthread.h>

#include "auth/rate.h"
#include "base/limits.h"

#define CALLERS 1024

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct rate *buckets;

static void
make_buckets(void)
{
	buckets = rate_new(LIMIT_DEPLOYS_MINUTE / 60.0, LIMIT_DEPLOYS_MINUTE, CALLERS);
}

enum fz_err
deploy_rate_take(struct request *rq, struct response *rs)
{
	const struct caller *c = &rq->caller;
	const char *who = c->key_id != NULL ? c->key_id : c->user_uid;
	struct rate_answer answer;

	pthread_once(&once, make_buckets);
	rate_take_key(buckets, who != NULL ? who : "", &answer);
	response_headerf(rs, "X-RateLimit-Limit", "%d", LIMIT_DEPLOYS_MINUTE);
	response_headerf(
	    rs, "X-RateLimit-Remaining", "%lld", (long long)answer.remaining);
	response_headerf(rs, "X-RateLimit-Reset", "%lld", (long long)answer.reset_s);
	if (answer.allowed)
		return FZ_OK;
	response_headerf(rs, "Retry-After", "%lld",
	    (long long)(answer.reset_s > 0 ? answer.reset_s : 1));
	return response_why(rs, FZ_RATE_LIMIT_EXCEEDED, "At most %d deploys a minute",
	    LIMIT_DEPLOYS_MINUTE);
}
