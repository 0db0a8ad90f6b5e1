/*
 * Three reasons not to be ready, the cheap ones first: whether the store can write is
 * found out by beginning a transaction, which waits its turn behind other writers, and a
 * node that is busy or on its way out should not be asked to wait.
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
	if (atomic_load_explicit(&r->queue_full, memory_order_relaxed))
		return "queue full";
	return store_writable(st) ? NULL : "database not writable";
}
