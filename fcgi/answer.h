/*
 * The head of an answer as CGI wants it: "Status: 200 OK", the headers, an empty line.
 * Thread contract: works on its response.
 */
#ifndef FCGI_ANSWER_H
#define FCGI_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/request.h"
#include "base/response.h"

struct answer {
	const char	*text;		/* in the request's arena */
	size_t		 len;
	bool		 no_body;	/* HEAD, 204, 304: the head is all */
};

/*
 * A response that is broken, has no status or a head above LIMIT_RESPONSE_HEADERS is
 * replaced by a 500 first.  Content-Length stands wherever the length is known.
 */
void	answer_head(const struct request *, struct response *, struct answer *);
/* Replace the response by the JSON error; 503 gets Retry-After. */
void	answer_error(const struct request *, struct response *, enum fz_err);

#endif
