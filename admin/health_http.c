/*
 * Is it alive, may it get requests, and its numbers.  /healthz says that the process
 * answers and asks nothing else: a supervisor that restarts a node because its disk is
 * full makes it worse.  /readyz is for the front server and names its reason.
 *
 * /metrics is two rows: whoever comes through the front server's internal endpoint may
 * read it, on ADMIN it takes an admin or a key.  The internal row stands first, so it
 * wins when a request is both.
 */
#include <stdlib.h>

#include "admin/metrics.h"
#include "admin/readiness.h"
#include "base/route.h"

static enum fz_err
answer_text(struct response *rs, int status, const char *text)
{
	response_text(rs, status, text);
	response_header(rs, "Cache-Control", "no-store");
	return FZ_OK;
}

static enum fz_err
healthz(struct request *rq, struct response *rs)
{
	(void)rq;
	return answer_text(rs, 200, "ok");
}

static const char *
not_ready(const struct request *rq)
{
	return readiness_reason(metrics_readiness(rq->node->metrics), rq->node->store);
}

static enum fz_err
readyz(struct request *rq, struct response *rs)
{
	const char *reason = not_ready(rq);

	if (reason == NULL)
		return answer_text(rs, 200, "ok");
	response_header(rs, "Retry-After", "5");
	return answer_text(rs, 503, reason);
}

/* The compatible one: one word for either case. */
static enum fz_err
health(struct request *rq, struct response *rs)
{
	if (not_ready(rq) == NULL)
		return answer_text(rs, 200, "OK");
	return answer_text(rs, 503, "UNAVAILABLE");
}

static enum fz_err
metrics(struct request *rq, struct response *rs)
{
	struct buf b;
	size_t len;
	char *text;

	buf_init(&b, METRICS_MAX);
	metrics_print(rq->node, &b);
	if (!buf_ok(&b)) {
		buf_fini(&b);
		return response_why(rs, FZ_INTERNAL_ERROR, "the numbers do not fit");
	}
	text = buf_take(&b, &len);
	response_bytes(rs, 200, METRICS_TYPE, text, len);
	rs->release = free;
	rs->release_arg = text;
	response_header(rs, "Cache-Control", "no-store");
	return FZ_OK;
}

const struct route health_routes[] = {
	{ METHOD_GET, "/healthz", healthz, WHO_ANON, NULL, ON_ADMIN | ON_INTERNAL,
	    ROUTE_BARE, 0, "Is the process alive", NULL, "Text" },
	{ METHOD_GET, "/readyz", readyz, WHO_ANON, NULL, ON_ADMIN | ON_INTERNAL,
	    ROUTE_BARE, 0, "May it get requests; if not, 503 and the reason", NULL,
	    "Text" },
	{ METHOD_GET, "/health", health, WHO_ANON, NULL, ON_ADMIN, ROUTE_BARE, 0,
	    "OK, or 503", NULL, "Text" },
	{ METHOD_GET, "/metrics", metrics, WHO_ANON, NULL, ON_INTERNAL, ROUTE_BARE, 0,
	    "Prometheus metrics, for the internal endpoint", NULL, "Metrics" },
	{ METHOD_GET, "/metrics", metrics, WHO_ADMIN, "metrics.read", ON_ADMIN,
	    ROUTE_BARE, 0, "Prometheus metrics", NULL, "Metrics" },
	{ 0 }
};
