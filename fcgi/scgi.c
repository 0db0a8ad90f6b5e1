/*
 * SCGI: one netstring of NUL-terminated names and values, then CONTENT_LENGTH bytes of
 * body; one request a connection, the answer ends with the connection.
 *
 * CONTENT_LENGTH is the framing, so here it must be there and be a number.  The
 * netstring's length has at most six digits and 64 KiB is the most, before anything is
 * stored.
 */
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "fcgi/cgi_vars.h"
#include "fcgi/conn.h"
#include "fcgi/gate_inner.h"
#include "fcgi/transport.h"

#define DIGITS 6

/* "123:" at the front; *start = behind the colon. */
static enum fz_err
netstring(const struct conn *c, size_t *start, size_t *len)
{
	size_t i, n = 0;

	for (i = 0; i < c->in_len && i <= DIGITS; i++) {
		unsigned char d = c->in[i];

		if (d == ':' && i > 0) {
			*start = i + 1;
			*len = n;
			return n > LIMIT_HEAD ? FZ_HEADERS_TOO_LARGE : FZ_OK;
		}
		if (d < '0' || d > '9' || (i > 0 && n == 0))
			return FZ_CLOSED;
		n = n * 10 + (size_t)(d - '0');
	}
	return i > DIGITS ? FZ_CLOSED : FZ_AGAIN;
}

/* s[0..len) holds whole NUL-terminated strings only. */
static enum fz_err
split(const char *s, size_t len, struct cgi_var *vars, size_t *n)
{
	size_t at = 0;

	if (len == 0 || s[len - 1] != '\0')
		return FZ_BAD_REQUEST;
	for (*n = 0; at < len; (*n)++) {
		struct cgi_var *v = &vars[*n];

		if (*n == LIMIT_PARAMS)
			return FZ_HEADERS_TOO_LARGE;
		v->name = s + at;
		v->name_len = strlen(v->name);
		if (v->name_len > LIMIT_PARAM_NAME)
			return FZ_HEADERS_TOO_LARGE;
		at += v->name_len + 1;
		if (v->name_len == 0 || at >= len)
			return FZ_BAD_REQUEST;
		v->value = s + at;
		at += strlen(v->value) + 1;
	}
	return FZ_OK;
}

/* The protocol's own two rules about variables. */
static bool
is_scgi(const struct cgi_var *vars, size_t n)
{
	size_t i;

	if (strcmp(vars[0].name, "CONTENT_LENGTH") != 0)
		return false;
	for (i = 1; i < n; i++)
		if (strcmp(vars[i].name, "SCGI") == 0)
			return strcmp(vars[i].value, "1") == 0;
	return false;
}

static enum fz_err
head(struct conn *c, struct turn *t)
{
	struct cgi_var vars[LIMIT_PARAMS];
	size_t start, len, n;
	enum fz_err err = netstring(c, &start, &len);

	(void)t;
	if (err != FZ_OK)
		return err;
	if (c->in_len < start + len + 1)
		return FZ_AGAIN;
	if (c->in[start + len] != ',')
		return FZ_CLOSED;
	c->scan = start + len + 1;
	err = split((const char *)c->in + start, len, vars, &n);
	if (err != FZ_OK)
		return err;
	if (!is_scgi(vars, n))
		return FZ_BAD_REQUEST;
	err = cgi_vars_request(&c->rq, vars, n, c->view->trust);
	if (c->rq.content_length < 0)
		return err != FZ_OK ? err : FZ_BAD_REQUEST;
	c->content_left = (uint64_t)c->rq.content_length;
	c->body_end = c->content_left == 0;
	return err;
}

static enum fz_err
body(struct conn *c, const unsigned char *p, size_t n)
{
	size_t take = n < c->content_left ? n : (size_t)c->content_left;

	if (take > 0)
		conn_body(c, p, take);
	c->content_left -= take;
	c->body_end = c->content_left == 0;
	return c->body_end ? FZ_OK : FZ_AGAIN;
}

static size_t
frame(struct conn *c, const void *p, size_t n)
{
	if (!conn_room(c, 1))
		return 0;
	conn_push(c, p, n);
	return n;
}

static bool
end(struct conn *c)
{
	(void)c;
	return true;
}

const struct transport scgi_transport = { "scgi", head, body, frame, end };
