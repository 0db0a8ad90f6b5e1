/*
 * Reading texts into objects only to print them again would cost memory and change
 * numbers; the buffer's JSON strings replace what is not UTF-8.
 */
#include "admin/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void
json_text_put(struct buf *b, const char *name, const char *text)
{
	buf_printf(b, ",\"%s\":", name);
	if (text == NULL)
		buf_puts(b, "null");
	else
		buf_json(b, text, strlen(text));
}

void
json_text_put_time(struct buf *b, const char *name, int64_t ms)
{
	char text[CLOCK_RFC3339_LEN];

	if (ms != 0)
		clock_rfc3339(text, ms);
	json_text_put(b, name, ms != 0 ? text : NULL);
}

enum fz_err
json_text_send(struct response *rs, int status, struct buf *b)
{
	size_t len;
	char *text;

	if (!buf_ok(b)) {
		buf_fini(b);
		return response_why(rs, FZ_INTERNAL_ERROR, "the answer is too large");
	}
	text = buf_take(b, &len);
	response_bytes(rs, status, "application/json", text, len);
	rs->release = free;
	rs->release_arg = text;
	response_header(rs, "Cache-Control", "no-store");
	return FZ_OK;
}

enum fz_err
json_text_list(struct response *rs, struct buf *b, int64_t limit, const char *next)
{
	buf_printf(b, ",\"meta\":{\"limit\":%lld,\"has_more\":%s", (long long)limit,
	    next != NULL ? "true" : "false");
	json_text_put(b, "next_cursor", next);
	buf_puts(b, "}}");
	return json_text_send(rs, 200, b);
}
