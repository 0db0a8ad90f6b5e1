/*
 * The body is at rest already, so parsing is a search: find the delimiter, read one
 * block of part headers, note where the content begins, find the next delimiter.  A
 * window of 64 KiB slides over the spool and overlaps by the delimiter's length, so
 * memory stays the same for a form field and for an upload of 100 MiB, and it makes
 * no difference whether the spool is in memory or in a file.
 *
 * The grammar is read strictly, as browsers and HTTP libraries write it: nothing
 * before the first delimiter, CRLF after each, a last delimiter with "--" and at most
 * one CRLF behind it.  RFC 2046 allows more (preamble, blanks after a delimiter,
 * epilogue, folded headers); what two parsers could read differently is refused.  A
 * delimiter that goes on with other bytes is malformed too and not content: RFC 2046
 * compares the beginning of the line only.
 *
 * Names are taken as sent.  Browsers write a quote in a file name as %22 or \" and a
 * backslash as itself; so \" and \\ are undone, nothing else, and %22 stays.
 */
#include "base/multipart.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/mime.h"
#include "base/path.h"
#include "base/str.h"

#define WINDOW (64 * KIB)
#define DELIMITER_MAX (4 + LIMIT_BOUNDARY) /* CRLF "--" boundary */

struct scan {
	struct arena *arena;
	const struct spool *spool;
	char *buf;     /* WINDOW bytes */
	size_t window; /* how much of buf one search step uses */
	char delimiter[DELIMITER_MAX + 1];
	size_t dlen;
	size_t part; /* number of the current part, for messages */
	struct why *why;
};

static enum fz_err
bad(const struct scan *s, const char *what)
{
	return why_set(
	    s->why, FZ_BAD_REQUEST, "multipart body, part %zu: %s", s->part, what);
}

/* n bytes at off, fewer at the end of the spool. */
static enum fz_err
read_at(const struct spool *spool, uint64_t off, char *p, size_t n, size_t *got)
{
	size_t done = 0;
	ssize_t r;

	while (done < n) {
		r = spool_read(spool, off + done, p + done, n - done);
		if (r < 0)
			return FZ_IO;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	*got = done;
	return FZ_OK;
}

/* Where the next delimiter at or after off begins. */
static enum fz_err
find_delimiter(struct scan *s, uint64_t off, uint64_t *at)
{
	enum fz_err err;
	const char *hit;
	size_t n;

	for (;;) {
		err = read_at(s->spool, off, s->buf, s->window, &n);
		if (err != FZ_OK)
			return err;
		hit = memmem(s->buf, n, s->delimiter, s->dlen);
		if (hit != NULL) {
			*at = off + (uint64_t)(hit - s->buf);
			return FZ_OK;
		}
		if (n < s->window)
			return bad(s, "no delimiter follows it");
		off += n - (s->dlen - 1);
	}
}

/*
 * Undo a quoted-string in place; s is behind the opening quote.  Returns what follows
 * the closing one or NULL.
 */
static char *
unquote(char *s)
{
	char *w = s;

	while (*s != '"') {
		if (*s == '\0')
			return NULL;
		if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
			s++;
		*w++ = *s++;
	}
	*w = '\0';
	return s + 1;
}

enum param_end { PARAM_FOUND, PARAM_NONE, PARAM_BAD };

/* The next "name=value" of *p, which stands at the start or behind a ';'. */
static enum param_end
param_next(char **p, char **name, char **value)
{
	char *s = *p + strspn(*p, " \t"), *end;
	size_t n;

	if (*s == '\0')
		return PARAM_NONE;
	n = strcspn(s, "=");
	if (s[n] != '=' || !mime_token(s, n))
		return PARAM_BAD;
	*name = s;
	s[n] = '\0';
	s += n + 1;
	if (*s == '"') {
		*value = s + 1;
		end = unquote(s + 1);
		if (end == NULL)
			return PARAM_BAD;
	} else {
		*value = s;
		end = s + strcspn(s, "; \t\"");
		if (end == s)
			return PARAM_BAD;
	}
	s = end + strspn(end, " \t");
	if (*s != ';' && *s != '\0')
		return PARAM_BAD;
	*p = *s == ';' ? s + 1 : s;
	*end = '\0';
	return PARAM_FOUND;
}

/* RFC 2046 5.1.1: bchars, no space at the end. */
static bool
boundary_ok(const char *s)
{
	size_t n = strlen(s), i;

	if (n == 0 || n > LIMIT_BOUNDARY || s[n - 1] == ' ')
		return false;
	for (i = 0; i < n; i++) {
		char c = s[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9'))
			continue;
		if (strchr("'()+_,-./:=? ", c) == NULL)
			return false;
	}
	return true;
}

static enum fz_err
take_boundary(struct scan *s, const char *content_type)
{
	char *p, *name, *value, *boundary = NULL;
	enum param_end end;

	if (!mime_is(content_type, "multipart/form-data"))
		return why_set(
		    s->why, FZ_BAD_REQUEST, "the body is not multipart/form-data");
	p = arena_strdup(s->arena, content_type);
	p += strcspn(p, ";");
	p += *p == ';';
	for (;;) {
		end = param_next(&p, &name, &value);
		if (end != PARAM_FOUND)
			break;
		if (strcasecmp(name, "boundary") != 0)
			continue;
		if (boundary != NULL)
			return why_set(
			    s->why, FZ_BAD_REQUEST, "two multipart boundaries");
		boundary = value;
	}
	if (end == PARAM_BAD || boundary == NULL || !boundary_ok(boundary))
		return why_set(s->why, FZ_BAD_REQUEST, "no usable multipart boundary");
	s->dlen = 4 + strlen(boundary);
	memcpy(s->delimiter, "\r\n--", 4);
	memcpy(s->delimiter + 4, boundary, s->dlen - 4 + 1);
	return FZ_OK;
}

static bool
name_ok(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return str_utf8_ok(s, strlen(s));
}

/* RFC 5987 3.2.1 with UTF-8, decoded in place; NULL if it is another charset or bad. */
static char *
extended_value(char *s)
{
	char *text;
	size_t n;

	if (strncasecmp(s, "UTF-8'", 6) != 0)
		return NULL;
	text = strchr(s + 6, '\'');
	if (text == NULL)
		return NULL;
	text++;
	if (!path_unescape(text, text, strlen(text), false, &n))
		return NULL;
	text[n] = '\0';
	return text;
}

/* Content-Disposition (RFC 7578 4.2); line is rewritten. */
static enum fz_err
read_disposition(struct scan *s, char *line, struct part *part)
{
	char *p = line + strcspn(line, ";"), *name, *value, *extended = NULL;
	enum param_end end;
	const char **slot;

	if (part->name != NULL)
		return bad(s, "two Content-Disposition headers");
	if (!mime_is(line, "form-data"))
		return bad(s, "Content-Disposition is not form-data");
	p += *p == ';';
	for (;;) {
		end = param_next(&p, &name, &value);
		if (end != PARAM_FOUND)
			break;
		if (strcasecmp(name, "filename*") == 0) {
			extended = value;
			continue;
		}
		if (strcasecmp(name, "name") == 0)
			slot = &part->name;
		else if (strcasecmp(name, "filename") == 0)
			slot = &part->filename;
		else
			continue;
		if (*slot != NULL)
			return bad(s, "a parameter of Content-Disposition occurs twice");
		if (!name_ok(value))
			return bad(s, "a name holds control bytes or is not UTF-8");
		*slot = arena_strdup(s->arena, value);
	}
	if (end == PARAM_BAD)
		return bad(s, "Content-Disposition is malformed");
	if (part->name == NULL)
		return bad(s, "Content-Disposition has no name");
	if (part->filename == NULL && extended != NULL) {
		extended = extended_value(extended);
		if (extended == NULL || !name_ok(extended))
			return bad(s, "filename* is malformed");
		part->filename = arena_strdup(s->arena, extended);
	}
	return FZ_OK;
}

static enum fz_err
read_header(struct scan *s, char *line, struct part *part)
{
	char *value = strchr(line, ':'), *end;

	if (value == NULL || !mime_token(line, (size_t)(value - line)))
		return bad(s, "a header line is malformed");
	*value++ = '\0';
	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	if (strcasecmp(line, "Content-Disposition") == 0)
		return read_disposition(s, value, part);
	if (strcasecmp(line, "Content-Type") == 0) {
		if (part->type != NULL)
			return bad(s, "two Content-Type headers");
		if (!str_utf8_ok(value, strlen(value)))
			return bad(s, "Content-Type is not UTF-8");
		part->type = arena_strdup(s->arena, value);
	}
	/* RFC 7578 4.7: deprecated, and content is never decoded here. */
	if (strcasecmp(line, "Content-Transfer-Encoding") == 0 &&
	    strcasecmp(value, "binary") != 0 && strcasecmp(value, "8bit") != 0 &&
	    strcasecmp(value, "7bit") != 0)
		return bad(s, "this Content-Transfer-Encoding is not accepted");
	return FZ_OK;
}

/*
 * The header lines of a part: block starts behind the delimiter's CRLF and each of its
 * len bytes belongs to a line that ends with CRLF.
 */
static enum fz_err
read_headers(struct scan *s, char *block, size_t len, struct part *part)
{
	char *line, *cr, *end = block + len;
	enum fz_err err;
	size_t i;

	for (line = block; line < end; line = cr + 2) {
		cr = memmem(line, (size_t)(end - line), "\r\n", 2);
		if (cr == NULL)
			return bad(s, "a header line does not end with CRLF");
		for (i = 0; line + i < cr; i++)
			if (((unsigned char)line[i] < 0x20 && line[i] != '\t') ||
			    line[i] == 0x7f)
				return bad(s, "a header line holds control bytes");
		*cr = '\0';
		err = read_header(s, line, part);
		if (err != FZ_OK)
			return err;
	}
	if (part->name == NULL)
		return bad(s, "no Content-Disposition header");
	return FZ_OK;
}

/*
 * One part; off is behind its delimiter.  *next is where the delimiter after its
 * content begins.
 */
static enum fz_err
read_part(struct scan *s, uint64_t off, struct part *part, uint64_t *next)
{
	enum fz_err err;
	size_t n;
	char *end;

	err = read_at(s->spool, off, s->buf, 2 + LIMIT_PART_HEADER + 2, &n);
	if (err != FZ_OK)
		return err;
	end = memmem(s->buf, n, "\r\n\r\n", 4);
	if (end == NULL)
		return bad(s, n == 2 + LIMIT_PART_HEADER + 2
				  ? "its headers are too large"
				  : "it ends within its headers");
	err = read_headers(s, s->buf + 2, (size_t)(end - s->buf), part);
	if (err != FZ_OK)
		return err;
	part->off = off + (uint64_t)(end - s->buf) + 4;
	err = find_delimiter(s, part->off, next);
	if (err != FZ_OK)
		return err;
	part->len = *next - part->off;
	return FZ_OK;
}

/* What follows a delimiter: CRLF and a part, or "--", an optional CRLF and the end. */
static enum fz_err
after_delimiter(struct scan *s, uint64_t off, bool *last)
{
	char tail[5];
	enum fz_err err;
	size_t n;

	err = read_at(s->spool, off, tail, sizeof(tail), &n);
	if (err != FZ_OK)
		return err;
	if (n >= 2 && memcmp(tail, "\r\n", 2) == 0) {
		*last = false;
		return FZ_OK;
	}
	if (n < 2 || memcmp(tail, "--", 2) != 0)
		return bad(s, "its delimiter line is malformed");
	if (n != 2 && !(n == 4 && memcmp(tail + 2, "\r\n", 2) == 0))
		return bad(s, "bytes follow the last delimiter");
	*last = true;
	return FZ_OK;
}

static enum fz_err
read_parts(struct scan *s, struct parts *out)
{
	struct parts parts = { 0 };
	enum fz_err err;
	uint64_t at = 0, off;
	size_t n;
	bool last;

	/* The first delimiter has no CRLF before it. */
	err = read_at(s->spool, 0, s->buf, s->dlen - 2, &n);
	if (err != FZ_OK)
		return err;
	s->part = 1;
	if (n < s->dlen - 2 || memcmp(s->buf, s->delimiter + 2, n) != 0)
		return bad(s, "the body does not start with the delimiter");
	parts.v = arena_alloc(s->arena, LIMIT_PARTS * sizeof(*parts.v));
	for (off = n;; off = at + s->dlen) {
		err = after_delimiter(s, off, &last);
		if (err != FZ_OK)
			return err;
		if (last)
			break;
		if (parts.n == LIMIT_PARTS)
			return bad(s, "too many parts");
		err = read_part(s, off, &parts.v[parts.n], &at);
		if (err != FZ_OK)
			return err;
		parts.n++;
		s->part++;
	}
	*out = parts;
	return FZ_OK;
}

static enum fz_err
parse(struct arena *a, const struct spool *spool, const char *content_type, size_t window,
    struct parts *out, struct why *why)
{
	struct scan s = { .arena = a, .spool = spool, .window = window, .why = why };
	enum fz_err err;

	err = take_boundary(&s, content_type);
	if (err != FZ_OK)
		return err;
	s.buf = xmalloc(WINDOW);
	err = read_parts(&s, out);
	free(s.buf);
	return err;
}

enum fz_err
multipart_parse(struct arena *a, const struct spool *spool, const char *content_type,
    struct parts *out, struct why *why)
{
	return parse(a, spool, content_type, WINDOW, out, why);
}

const struct part *
parts_find(const struct parts *parts, const char *name)
{
	size_t i;

	for (i = 0; i < parts->n; i++)
		if (strcmp(parts->v[i].name, name) == 0)
			return &parts->v[i];
	return NULL;
}

enum fz_err
part_text(struct arena *a, const struct spool *spool, const struct part *part, size_t max,
    const char **out)
{
	enum fz_err err;
	size_t n, got;
	char *text;

	if (part->len > max)
		return FZ_PAYLOAD_TOO_LARGE;
	n = (size_t)part->len;
	text = arena_alloc(a, n + 1);
	err = read_at(spool, part->off, text, n, &got);
	if (err != FZ_OK)
		return err;
	if (got != n)
		return FZ_IO;
	if (memchr(text, '\0', n) != NULL || !str_utf8_ok(text, n))
		return FZ_BAD_REQUEST;
	text[n] = '\0';
	*out = text;
	return FZ_OK;
}
