/*
 * Whose data a call is about.  The app id comes from the route, never from a script;
 * every statement binds both numbers.
 * Thread contract: a value.
 */
#ifndef STORE_SPACE_H
#define STORE_SPACE_H

#include <stdint.h>

struct space {
	int64_t	app;
	int64_t	user;		/* user.id, 0 = shared by the whole app */
};

#endif
