/*
 * The answers the platform itself gives on app hosts: a short page for people, JSON
 * {"error":"text","code":"CODE","id":"..."} for programs (docs/contract.md 5.4).
 *
 * Thread contract: works on its request.
 */
#ifndef FCGI_PAGES_H
#define FCGI_PAGES_H

#include "base/request.h"
#include "base/response.h"

/*
 * Answer with err's status; text (plain, escaped here) instead of the default one if
 * not NULL.  JSON when the path is the app's API or the client asks for JSON and
 * not for HTML.  Never cached by others.
 */
void	pages_error(struct request *, struct response *, enum fz_err, const char *text);
/* The same for a status that has no error of its own (410). */
void	pages_status(struct request *, struct response *, int status, const char *title,
	    const char *code, const char *text);

#endif
