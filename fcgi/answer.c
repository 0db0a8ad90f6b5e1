/*
 * Both front servers read the answer of a CGI program: no HTTP version, "Status:"
 * first.  What decides how the front server frames the answer to the client
 * (Content-Length, Transfer-Encoding, Connection, Status) is written here and here only;
 * a handler that sets such a header is ignored.
 *
 * One exception: the length that an answer to HEAD or a 304 would have had is known to
 * the handler alone.
 */
#include "fcgi/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

/* RFC 9110 15; the others get the name of their class. */
static const char *
reason(int status)
{
	static const struct {
		int		 status;
		const char	*text;
	} names[] = { { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 204, "No Content" }, { 206, "Partial Content" },
		{ 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" },
		{ 304, "Not Modified" }, { 307, "Temporary Redirect" },
		{ 308, "Permanent Redirect" }, { 400, "Bad Request" }, { 401, "Unauthorized" },
		{ 403, "Forbidden" }, { 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 408, "Request Timeout" }, { 409, "Conflict" }, { 410, "Gone" },
		{ 412, "Precondition Failed" }, { 413, "Content Too Large" },
		{ 414, "URI Too Long" }, { 415, "Unsupported Media Type" },
		{ 416, "Range Not Satisfiable" }, { 421, "Misdirected Request" },
		{ 422, "Unprocessable Content" }, { 426, "Upgrade Required" },
		{ 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
		{ 502, "Bad Gateway" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" }, { 507, "Insufficient Storage" } };
	static const char *const classes[] = { "OK", "Redirect", "Refused", "Error" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].text;
	return classes[(status / 100 - 2) & 3];
}

static bool
ours(const char *name)
{
	static const char *const names[] = { "Status", "Content-Length", "Transfer-Encoding",
		"Connection", "Keep-Alive", "Trailer", "Upgrade" };
	size_t i;

	if (strchr("CKSTUckstu", name[0]) == NULL)
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_ieq(name, names[i]))
			return true;
	return false;
}

/* "Name: value"; formatted printing would be a sixth of a small request. */
static void
line(struct buf *b, const char *name, const char *value)
{
	buf_puts(b, name);
	buf_add(b, ": ", 2);
	buf_puts(b, value);
	buf_add(b, "\r\n", 2);
}

/* Content-Length, or -1 for none. */
static int64_t
length_of(const struct request *rq, const struct response *rs)
{
	const char *said = response_get(rs, "Content-Length");
	int64_t n;

	if (rs->status == 204)
		return -1;
	if (rs->source != NULL)
		n = rs->source_len;
	else
		n = (int64_t)rs->len;
	if (rs->status == 304)
		n = -1;
	else if (rq->method == METHOD_HEAD && n == 0 && said != NULL && !str_i64(said, &n))
		n = -1;
	return n;
}

static bool
write_head(struct buf *b, const struct request *rq, const struct response *rs)
{
	int64_t len = length_of(rq, rs);
	char text[80];
	size_t i;

	(void)buf_reserve(b, 1024);
	snprintf(text, sizeof(text), "%d %s", rs->status, reason(rs->status));
	line(b, "Status", text);
	for (i = 0; i < rs->nheaders; i++)
		if (!ours(rs->headers[i].name))
			line(b, rs->headers[i].name, rs->headers[i].value);
	if (response_get(rs, "X-Request-ID") == NULL)
		line(b, "X-Request-ID", rq->id);
	if (len >= 0) {
		snprintf(text, sizeof(text), "%lld", (long long)len);
		line(b, "Content-Length", text);
	}
	buf_puts(b, "\r\n");
	return buf_ok(b);
}

void
answer_error(const struct request *rq, struct response *rs, enum fz_err err)
{
	response_fini(rs);
	rs->broken = false;
	rs->nheaders = 0;
	response_error(rs, err);
	response_header(rs, "X-Request-ID", rq->id);
	if (rs->status == 503)
		response_header(rs, "Retry-After", "1");
}

void
answer_head(const struct request *rq, struct response *rs, struct answer *out)
{
	struct buf b;

	buf_init(&b, LIMIT_RESPONSE_HEADERS);
	if (rs->broken || rs->status < 200 || rs->status > 599)
		answer_error(rq, rs, FZ_INTERNAL_ERROR);
	if (!write_head(&b, rq, rs)) {
		buf_reset(&b);
		answer_error(rq, rs, FZ_INTERNAL_ERROR);
		(void)write_head(&b, rq, rs);
	}
	out->len = b.len;
	out->text = arena_strndup(rs->arena, b.data, b.len);
	out->no_body = rq->method == METHOD_HEAD || rs->status == 204 || rs->status == 304;
	buf_fini(&b);
}
