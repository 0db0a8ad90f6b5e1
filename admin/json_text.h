/*
 * Answers written as JSON text: for rows whose values are texts already, or may hold bytes
 * that the JSON library refuses.
 *
 * Thread contract: as the request.
 */
#ifndef ADMIN_JSON_TEXT_H
#define ADMIN_JSON_TEXT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/response.h"

/* Append ,"name":"text", or null for NULL; the same with a time, null for 0. */
void		 json_text_put(struct buf *, const char *name, const char *text);
void		 json_text_put_time(struct buf *, const char *name, int64_t ms);
/* Answer with what the buffer holds, which is empty afterwards. */
enum fz_err	 json_text_send(struct response *, int status, struct buf *);
/* The end of {"data":...: the meta of a page, and the answer. */
enum fz_err	 json_text_list(struct response *, struct buf *, int64_t limit,
		    const char *next_cursor);

#endif
