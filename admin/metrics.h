/*
 * Counters and histograms of the node and their Prometheus text (exposition format
 * 0.0.4).  Updating is a relaxed atomic add.
 *
 * Thread contract: any thread.
 */
#ifndef ADMIN_METRICS_H
#define ADMIN_METRICS_H

#include <stdint.h>

#include "admin/readiness.h"
#include "base/buf.h"
#include "base/node.h"

enum metric {
	METRIC_DEPLOYS_OK,
	METRIC_DEPLOYS_FAILED,
	METRIC_CACHE_HITS,
	METRIC_CACHE_MISSES,
	METRIC_SHED,			/* requests answered 503 unserved */
	METRIC_CONNECTIONS,		/* gauge */
	METRIC_PARKED,			/* gauge: requests waiting for a slow peer */
	METRIC_QUEUE_DEPTH,		/* gauge */
	METRIC_WORKERS_BUSY,		/* gauge */
	METRIC_STREAMS,			/* gauge: logs that are followed */
	METRIC_COUNT
};

/* How a script's request ended. */
enum metric_run {
	METRIC_RUN_OK,
	METRIC_RUN_ERROR,
	METRIC_RUN_TIMEOUT,
	METRIC_RUN_MEMORY,
	METRIC_RUN_REFUSED,		/* not run: queue, budget or quarantine */
	METRIC_RUN_COUNT
};

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_MAX (256UL * 1024)	/* bytes of the text */

struct metrics	*metrics_new(void);
void		 metrics_free(struct metrics *);
void		 metrics_add(struct metrics *, enum metric, int64_t);
int64_t		 metrics_get(const struct metrics *, enum metric);
/* A finished request; app uid or NULL (system), status, duration. */
void		 metrics_request(struct metrics *, const char *app, int status, int64_t us);
/* The same for what of it was a script, waiting for a slot included. */
void		 metrics_run(struct metrics *, const char *app, enum metric_run, int64_t us);
void		 metrics_print(const struct node *, struct buf *);
/* Requests finished since start, for status. */
uint64_t	 metrics_requests_total(const struct metrics *);
/* The flags behind /readyz; lives as long as the metrics. */
struct readiness *metrics_readiness(struct metrics *);

#endif
