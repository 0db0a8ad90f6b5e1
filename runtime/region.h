/*
 * The memory of one heap: an mmapped range in which everything the engine allocates
 * lives, the allocator's own tables included.  Copying the used part away and back brings
 * the whole heap to the state it had then, so a request that ran in it leaves nothing:
 * no object, no prototype, no half-done garbage collection after an abort.
 *
 * Within guard_run an allocation past the limit, or past the deadline, does not return.
 * Outside of it the engine gets NULL and throws; what it cannot throw (no protected call
 * around it) ends the process.
 *
 * Thread contract: owned by one thread at a time.
 */
#ifndef RUNTIME_REGION_H
#define RUNTIME_REGION_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/engine.h"

struct region;

/*
 * A heap in a region of at most `limit` bytes.  NULL when the address space or the memory
 * for the first objects is gone.
 */
struct region	*region_new(size_t limit);
void		 region_free(struct region *);
duk_context	*region_context(struct region *);
/* Collect garbage and remember this state.  The value stack must be what restores expect. */
void		 region_snapshot(struct region *);
/* Back to it; pages far beyond it go back to the system. */
void		 region_restore(struct region *);
/* Bytes the heap uses now, the most it ever reached since the restore, and what snapshot
 * and heap keep resident together. */
size_t		 region_used(const struct region *);
size_t		 region_peak(const struct region *);
size_t		 region_resident(const struct region *);
/* The limit of the next runs; never above the one of region_new. */
void		 region_limit(struct region *, size_t limit);

#endif
