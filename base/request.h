/*
 * One HTTP request as every handler sees it, whatever carried it here.  The gate
 * fills it from FastCGI or SCGI variables; identity comes from REMOTE_ADDR and
 * the front server's own variables, never from HTTP_*.
 *
 * Thread contract: owned by the thread that handles the request.
 */
#ifndef BASE_REQUEST_H
#define BASE_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/multipart.h"
#include "base/node.h"
#include "base/query.h"
#include "base/spool.h"

enum method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER,		/* answered 405 before any handler */
};

/* Who calls, established by auth/access.c before a handler runs. */
enum role { ROLE_ANON, ROLE_USER, ROLE_ADMIN, ROLE_OWNER };

struct caller {
	enum role	 role;		/* of the session; ROLE_ANON for a key */
	const char	*user_uid;	/* "fazt_usr_..." or NULL */
	int64_t		 user;		/* user.id of the session, 0 = none */
	const char	*email;		/* of the user; NULL */
	const char	*picture;
	const char	*provider;
	int64_t		 session;	/* session.id, 0 = none */
	int64_t		 fresh;		/* the password was proven until then, ms; 0 = not */
	const char	*key_id;	/* "fazt_key_..." or NULL */
	const char	*key_scopes;	/* "deploy:blog,apps" or NULL */
	const char	*name;		/* user or key name, for records; "anonymous" */
};

struct route;
struct site;

struct request {
	struct arena	*arena;
	const struct node *node;
	enum method	 method;
	const char	*method_name;
	const char	*path;		/* normalised, starts with '/' */
	const char	*query;		/* raw, "" when absent */
	char		 host[254];	/* lower-case, "" when invalid */
	const char	*ip;		/* client address as text */
	bool		 secure;	/* the visitor came by TLS */
	bool		 internal;	/* the front server said FAZT_INTERNAL=1 */
	char		 id[65];	/* X-Request-ID */
	struct pairs	 headers;	/* names lower-case; repeated ones joined */
	const char	*content_type;	/* "" when absent */
	int64_t		 content_length; /* -1 = unknown, read to the end */
	uint64_t	 body_max;	/* set by dispatch before the body is read */
	struct spool	*body;		/* NULL = none was sent or wanted */
	struct caller	 caller;
	const struct route *route;	/* row of the admin API, or NULL */
	struct site	*site;		/* fcgi/sites.h: whose content this is, or NULL */
	int64_t		 app;		/* of an app host when it is one app's, else 0 */
	struct pairs	 params;	/* {name} of the route's path */
	struct pairs	 args;		/* the decoded query, see request_args */
	bool		 args_parsed;
	uint64_t	 seq;		/* highest store commit the answer waits for */
	int64_t		 began_us;	/* monotonic */
	bool		 from_unknown_origin; /* set by dispatch, contract 1.2 */
};

/* Was this host (lower-case) asked? */
bool		 request_at(const struct request *, const char *host);
/* Header by lower-case name, or NULL. */
const char	*request_header(const struct request *, const char *name);
/* {name} of the route's path; "" when the route has none of that name. */
const char	*request_param(const struct request *, const char *name);
/* First value of a query argument or NULL.  A malformed query counts as empty. */
const char	*request_arg(struct request *, const char *name);
bool		 request_flag(struct request *, const char *name); /* "true" or "1" */
/*
 * The whole body in memory, NUL-terminated, its bytes unchecked; "" for none.
 * FZ_PAYLOAD_TOO_LARGE past max.  Borrowed until the body or the arena goes.
 */
enum fz_err	 request_text(struct request *, size_t max, const char **, size_t *len)
		    MUST_CHECK;
/*
 * The body as a JSON object: empty counts as {}, else the content type must be
 * application/json (FZ_UNSUPPORTED_MEDIA_TYPE) and the size within the node's
 * max_json (FZ_PAYLOAD_TOO_LARGE).  Rows with ROUTE_BODY_FORM take a form
 * (application/x-www-form-urlencoded) too: every value a string, of repeated names the
 * first.  Freed with the arena.
 */
enum fz_err	 request_json(struct request *, json_t **, struct why *) MUST_CHECK;
/* Did a form of a page send this (else a program did)? */
bool		 request_is_form(const struct request *);
/* Would the caller rather see a page than JSON: a form, or Accept names text/html? */
bool		 request_wants_page(const struct request *);
enum method	 method_parse(const char *);
const char	*method_text(enum method);

struct page {
	int64_t	offset;
	int64_t	limit;
};
/* ?offset=&limit=, FZ_VALIDATION_FAILED when out of range; max is the row's limit. */
enum fz_err	 request_page(struct request *, int64_t standard, int64_t max,
		    struct page *, const char **field) MUST_CHECK;

#endif
