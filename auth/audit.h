/*
 * One row of the audit log about a request, for handlers that say themselves what happened
 * (ROUTE_AUDITS, and what no row of the table stands for).
 *
 * Thread contract: any thread; works on its request.
 */
#ifndef AUTH_AUDIT_H
#define AUTH_AUDIT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/request.h"

struct audit {
	int		 weight;	/* 8 sign-in, 9 security */
	const char	*user;		/* "fazt_usr_..." who did it; NULL = anonymous */
	const char	*type;		/* "session" "user" "invite" "device" */
	const char	*id;		/* of it, NULL = none */
	const char	*action;
	bool		 failed;
	json_t		*details;	/* NULL = none; the reference is taken */
};
void		 audit_add(struct request *, const struct audit *);

#endif
