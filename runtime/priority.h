/*
 * A thread that runs what strangers wrote, and long, gives way to the others.
 * Thread contract: about the calling thread.
 */
#ifndef RUNTIME_PRIORITY_H
#define RUNTIME_PRIORITY_H

#include <stdbool.h>

struct priority {
	bool	lowered;
	int	before;
};

/* Lower it, if it can be and is not yet. */
void	priority_lower(struct priority *);
/*
 * Back to what it was.  False: it stays low, as it does for whoever may not raise it
 * (setpriority(2)); such a thread should end and another take its place.
 */
bool	priority_restore(struct priority *);

#endif
