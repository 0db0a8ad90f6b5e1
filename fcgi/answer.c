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

	/* Most names end at their first letter: this runs for each header of each answer. */
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (((names[i][0] ^ name[0]) & ~0x20) == 0 && str_ieq(name, names[i]))
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

static void
number(struct buf *b, uint64_t n)
{
	char text[20], *end = text + sizeof(text), *p = end;

	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	buf_add(b, p, (size_t)(end - p));
}

/* Content-Length, or -1 for none. */
static int64_t
length_of(const struct request *rq, const struct response *rs)
{
	int64_t n = rs->source != NULL ? rs->source_len : (int64_t)rs->len;
	const char *said;

	if (rs->status == 204 || rs->status == 304)
		return -1;
	if (rq->method != METHOD_HEAD || n != 0)
		return n;
	said = response_get(rs, "Content-Length");
	if (said != NULL && !str_i64(said, &n))
		return -1;
	return n;
}

static bool
write_head(struct buf *b, const struct request *rq, const struct response *rs)
{
	int64_t len = length_of(rq, rs);
	bool has_id = false;
	size_t i;

	(void)buf_reserve(b, 1024);
	buf_puts(b, "Status: ");
	number(b, (uint64_t)rs->status);
	buf_add(b, " ", 1);
	buf_puts(b, reason(rs->status));
	buf_add(b, "\r\n", 2);
	for (i = 0; i < rs->nheaders; i++) {
		const char *name = rs->headers[i].name;

		if (!ours(name))
			line(b, name, rs->headers[i].value);
		if ((name[0] == 'X' || name[0] == 'x') && str_ieq(name, "X-Request-ID"))
			has_id = true;
	}
	if (!has_id)
		line(b, "X-Request-ID", rq->id);
	if (len >= 0) {
		buf_puts(b, "Content-Length: ");
		number(b, (uint64_t)len);
		buf_add(b, "\r\n", 2);
	}
	buf_add(b, "\r\n", 2);
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
