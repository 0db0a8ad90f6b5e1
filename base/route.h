/*
 * The route table's row.  Dispatch, access, 405 and Allow, body limits, OpenAPI
 * and the access tests are all read from these rows; a handler in no row cannot be
 * reached, a row without a rule for its callers does not exist.
 *
 * Thread contract: immutable.
 */
#ifndef BASE_ROUTE_H
#define BASE_ROUTE_H

#include <stddef.h>

#include "base/request.h"
#include "base/response.h"

/* Host classes a row answers on. */
enum {
	ON_ADMIN = 1 << 0,	/* ADMIN */
	ON_INTERNAL = 1 << 1,	/* FAZT_INTERNAL=1, whatever the host */
	ON_AUTH = 1 << 2,	/* AUTH, which may be ADMIN or DOMAIN */
	ON_APP = 1 << 3,	/* hosts of apps, previews, custom domains; /auth/... only */
};

/* Lowest session role that may call; keys are judged by scope alone. */
enum {
	WHO_ANON,
	WHO_USER,
	WHO_ADMIN,
	WHO_OWNER,
	WHO_FRESH,		/* owner who proved the password just now */
};

enum {
	ROUTE_BODY_RAW = 1 << 0,	/* any content type; body_max = archive limit */
	ROUTE_BARE = 1 << 1,		/* no envelope on success */
	ROUTE_IDEMPOTENT = 1 << 2,	/* honours Idempotency-Key */
	ROUTE_BODY_FORM = 1 << 3,	/* takes a form beside JSON */
	ROUTE_SIGN_IN = 1 << 4,		/* passes without Sec-Fetch-Site and Origin */
	ROUTE_ANY_SITE = 1 << 5,	/* no CSRF rule: nothing here acts for a visitor */
	ROUTE_AUDITS = 1 << 6,		/* writes its own audit row */
};

/*
 * FZ_OK with the response filled, or an error (response_why and friends say more).
 */
typedef enum fz_err route_fn(struct request *, struct response *);

struct route {
	enum method	 method;
	/* "/api/apps/{app}/files/{path...}": {x} one segment, {x...} the rest, >= 1 byte */
	const char	*path;
	route_fn	*handle;
	int		 who;
	const char	*scope;		/* scope a key needs; NULL = no key accepted */
	int		 hosts;		/* ON_* */
	int		 flags;		/* ROUTE_* */
	int		 weight;	/* of the audit row, 0 = none */
	const char	*help;		/* one line for people and OpenAPI */
	const char	*takes;		/* schema of the request body, NULL = none */
	const char	*gives;		/* schema of data in the answer */
};

enum route_match {
	ROUTE_FOUND,
	ROUTE_UNKNOWN,		/* no row has this path: 404 */
	ROUTE_OTHER_METHOD,	/* a row has it for other methods: 405, Allow */
};

/*
 * Find the row for a request on a host class; fills params (arena) and *route, or
 * *allow ("GET, POST") for ROUTE_OTHER_METHOD.  HEAD matches GET rows.  Literal segments
 * win over {x}, {x} over {x...}.
 */
enum route_match route_find(const struct route *const *tables, int host_class,
		    enum method, const char *path, struct arena *, const struct route **,
		    struct pairs *params, const char **allow);

#endif
