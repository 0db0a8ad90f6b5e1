/*
 * Three reasons not to be ready, asked in the order in which they explain each other: a
 * draining node is expected to stop writing, a full queue is often the store's fault.
 * Nothing is cached; the questions cost less than the request that asks them.
 */
#include "admin/readiness.h"

#include "store/store.h"

void
readiness_set_draining(struct readiness *r, bool on)
{
	atomic_store_explicit(&r->draining, on, memory_order_relaxed);
}

void
readiness_set_queue_full(struct readiness *r, bool on)
{
	atomic_store_explicit(&r->queue_full, on, memory_order_relaxed);
}

const char *
readiness_reason(const struct readiness *r, struct store *st)
{
	if (atomic_load_explicit(&r->draining, memory_order_relaxed))
		return "draining";
	if (!store_writable(st))
		return "database not writable";
	if (atomic_load_explicit(&r->queue_full, memory_order_relaxed))
		return "queue full";
	return NULL;
}
