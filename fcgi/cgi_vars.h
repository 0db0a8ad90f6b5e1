/*
 * CGI variables (RFC 3875) -> struct request, the same for every transport.  Who the
 * client is comes from REMOTE_ADDR, HTTPS, REQUEST_SCHEME and FAZT_INTERNAL, which the
 * front server sets; HTTP_* is what the client said.
 *
 * Thread contract: cgi_trust is immutable; the rest works on its request.
 */
#ifndef FCGI_CGI_VARS_H
#define FCGI_CGI_VARS_H

#include <stddef.h>

#include "base/err.h"
#include "base/request.h"

struct cgi_var {
	const char	*name;
	size_t		 name_len;
	const char	*value;		/* NUL-terminated */
};

/* Proxies in front of the front server whose X-Forwarded-* is believed. */
struct cgi_trust;

/* cidrs: NULL-ended "10.0.0.0/8", "2001:db8::/32", "192.0.2.7"; NULL = nobody. */
enum fz_err	 cgi_trust_new(const char *const *cidrs, struct cgi_trust **, struct why *)
		    MUST_CHECK;
void		 cgi_trust_free(struct cgi_trust *);

/* Fields that an error answer needs, before anything is known. */
void		 cgi_vars_defaults(struct request *);
/*
 * Fill rq from the variables; copies into its arena.  FZ_BAD_REQUEST, FZ_URI_TOO_LONG or
 * FZ_HEADERS_TOO_LARGE for what cannot be served; rq is then still good for an answer.
 */
enum fz_err	 cgi_vars_request(struct request *, const struct cgi_var *, size_t n,
		    const struct cgi_trust *) MUST_CHECK;

#endif
