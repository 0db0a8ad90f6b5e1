/*
 * Linux keeps a nice value for each thread: 0 means the calling one.
 */
#include "runtime/priority.h"

#include <errno.h>
#include <sys/resource.h>

#define LOW 15			/* nice(2) */

void
priority_lower(struct priority *p)
{
	errno = 0;
	p->before = getpriority(PRIO_PROCESS, 0);
	p->lowered = errno == 0 && p->before < LOW &&
	    setpriority(PRIO_PROCESS, 0, LOW) == 0;
}

bool
priority_restore(struct priority *p)
{
	bool lowered = p->lowered;

	p->lowered = false;
	return !lowered || setpriority(PRIO_PROCESS, 0, p->before) == 0;
}
