/*
 * One HTTP response.  A handler sets status, headers and one body; the gate sends
 * it.  Bodies are bytes (arena, constant, or kept alive by a reference) or a
 * source that is asked for the next piece when the peer has taken the last one, so
 * a slow client holds memory for one piece and no thread.
 *
 * Header names are RFC 9110 tokens; values with control bytes are refused.  Bad
 * ones make the response a 500, they never reach the wire.
 *
 * Thread contract: owned by the thread that handles the request.
 */
#ifndef BASE_RESPONSE_H
#define BASE_RESPONSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/query.h"

struct body_source {
	/*
	 * The next piece, borrowed until the next call or close; *n = 0 at the end.
	 * May wait for the local disk, never for a peer.  FZ_AGAIN: nothing yet; it is asked
	 * again within a quarter of a second and holds no thread meanwhile.
	 */
	enum fz_err	(*next)(struct body_source *, const void **p, size_t *n);
	void		(*close)(struct body_source *);
};

#define RESPONSE_HEADERS 40

struct response {
	struct arena	*arena;
	int		 status;	/* 0 = nothing said yet */
	struct pair	 headers[RESPONSE_HEADERS];
	size_t		 nheaders;
	bool		 broken;	/* a refused header: send a 500 instead */
	const void	*bytes;
	size_t		 len;
	struct body_source *source;	/* instead of bytes */
	int64_t		 source_len;	/* -1 = unknown, no Content-Length */
	void		(*release)(void *);	/* drops what bytes borrow */
	void		*release_arg;
	/*
	 * Monotonic ms before which nothing of it is sent, 0 = at once: an answer that takes
	 * its time without holding a thread.
	 */
	int64_t		 not_before;
	/* What an error answer says; see response_why. */
	struct why	 why;
	json_t		*details;	/* freed with the arena */
};

void	response_init(struct response *, struct arena *);
/* Drop body references; safe to call twice. */
void	response_fini(struct response *);

/* Add a header; Set-Cookie and Link may repeat, others replace. */
void	response_header(struct response *, const char *name, const char *value);
void	response_headerf(struct response *, const char *name, const char *fmt, ...)
	    PRINTF(3, 4);
void	response_unset(struct response *, const char *name);
const char *response_get(const struct response *, const char *name);

/* bytes and text must live as long as the arena (or be constant). */
void	response_bytes(struct response *, int status, const char *type, const void *,
	    size_t);
void	response_text(struct response *, int status, const char *text);
/*
 * Content-Disposition of a download under this name (RFC 6266, RFC 8187), in the arena;
 * the name is UTF-8 without control bytes.
 */
const char *response_attachment(struct arena *, const char *name);
/* 3xx with Location. */
void	response_redirect(struct response *, int status, const char *url);
/* 303, never kept: where the browser goes on now.  FZ_OK. */
enum fz_err response_go(struct response *, const char *url);

/* JSON answers say Cache-Control: no-store unless the handler has set its own. */
/* {"data": data}; takes the reference. */
enum fz_err response_data(struct response *, int status, json_t *data);
/* {"data": data, "meta": meta}; takes both references. */
enum fz_err response_page(struct response *, json_t *data, int64_t offset, int64_t limit,
	    int64_t total);
/* The value itself, no envelope; takes the reference. */
enum fz_err response_bare(struct response *, int status, json_t *);

/*
 * Prepare the error answer and return err: the text for people and, with
 * response_detail, members of "details".  The dispatcher writes the envelope when the
 * handler returns an error.
 */
enum fz_err response_why(struct response *, enum fz_err, const char *fmt, ...)
	    PRINTF(3, 4);
void	response_detail(struct response *, const char *name, json_t *value);
/* FZ_VALIDATION_FAILED with details field and constraint. */
enum fz_err response_invalid(struct response *, const char *field, const char *constraint);
/* FZ_MISSING_FIELD with details field. */
enum fz_err response_missing(struct response *, const char *field);
/*
 * Turn err (and why/details) into the JSON envelope {"error":{...}}.  Status 500 shows
 * neither; headers about a body that is not sent now are dropped.  A broken response
 * loses all its headers, becomes INTERNAL_ERROR and is whole again.
 */
void	response_error(struct response *, enum fz_err);

#endif
