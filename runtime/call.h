/*
 * One call of an app: api/main runs, its promises are driven to their end, and what
 * answers is found by the order in docs/contract.md 5.1.
 *
 * Thread contract: the thread that runs it.
 */
#ifndef RUNTIME_CALL_H
#define RUNTIME_CALL_H

#include <stdbool.h>

#include "runtime/guard.h"
#include "runtime/run.h"

/* What an uncaught error said; texts are UTF-8 in the run's arena, never NULL. */
struct call_error {
	bool		 thrown;
	const char	*name;
	const char	*message;
	const char	*stack;		/* with name and message; "" = none */
	const char	*code;
	bool		 retryable;
};

/* Inside the run's world; afterwards run->rs or *error holds the result. */
enum guard_end	 call_app(struct run *, const struct guard_limits *, struct guard_used *,
		    struct call_error *error);

/*
 * [ ... value ] -> [ ... what it settles to ]: run the jobs of promises until none is left;
 * then a promise is replaced by its value, its rejection thrown.  False: it is still
 * pending, and will be for ever.  Inside the run's world.
 */
bool		 call_settle(duk_context *, const struct run *);

#endif
