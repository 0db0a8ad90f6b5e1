/*
 * Which pages of a range of memory were written since it was copied: bringing it back then
 * costs by what was written, not by its size.
 *
 * Thread contract: a struct dirty, and what it watches, belong to one thread at a time.
 */
#ifndef RUNTIME_DIRTY_H
#define RUNTIME_DIRTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIRTY_UNIT 8192UL

struct dirty {
	char		*base;		/* page-aligned; NULL: nothing to restore */
	const char	*copy;
	size_t		 len;
	int		 slot;		/* of those that are watched; -1: copied whole */
	uint8_t		*hot;		/* by unit: writable, copied back; COLD, HOT, ... */
	size_t		 units;
	size_t		 nhot;
	unsigned	 turn;		/* restores so far */
};

/*
 * base[0, len) equals copy now and is watched from here on: whole units of it become
 * read-only until they are written.  Both stay the caller's; base must be writable memory
 * of its own mapping.  System calls fail (EFAULT) where they would write to a unit that
 * nothing has written yet.
 */
void	dirty_watch(struct dirty *, void *base, const void *copy, size_t len);
/* Before writing after a while in which others ran, who may have taken SIGSEGV for
 * themselves (test programs do). */
void	dirty_ready(void);
/* Stop, and forget; base is writable again.  Before it is unmapped. */
void	dirty_drop(struct dirty *);
/* base[0, len) = copy. */
void	dirty_restore(struct dirty *);

#endif
