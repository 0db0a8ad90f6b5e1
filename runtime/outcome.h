/*
 * What a visitor is told: the answer a script gave, or what its failure means
 * (docs/contract.md 5.4).
 *
 * Thread contract: the thread that ran it; nothing here touches the heap.
 */
#ifndef RUNTIME_OUTCOME_H
#define RUNTIME_OUTCOME_H

#include "runtime/call.h"

/*
 * Complete run->rs after call_app and log the failure, if there is one.  Returns the code
 * of an error answer, NULL for the script's own answer.
 */
const char	*outcome_write(struct run *, enum guard_end, const struct guard_used *,
		    const struct call_error *);
/* The same for what went wrong before the script could run. */
const char	*outcome_refuse(struct run *, enum fz_err, const char *message);

#endif
