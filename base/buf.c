/*
 * The buffer grows by doubling and never past its maximum; one byte beyond the
 * maximum is always there for the NUL.  An append is whole or nothing, and the first
 * that does not fit marks the buffer: a writer of a long document checks once, at the
 * end, and cannot send the first half by mistake.
 *
 * Unlike the x* functions it does not end the process when memory is gone: its
 * size is the peer's doing, so it counts as too large.  It does not shrink, and what
 * is appended must not lie in the buffer itself.
 */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/mem.h"

#define FIRST_CAP 256

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){ .max = max < SIZE_MAX ? max : SIZE_MAX - 1 };
}

void
buf_fini(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}

static bool
set_cap(struct buf *b, size_t need)
{
	size_t cap = b->cap > b->max / 2 ? b->max + 1 : b->cap * 2;
	char *data;

	if (cap < FIRST_CAP)
		cap = b->max < FIRST_CAP ? b->max + 1 : FIRST_CAP;
	if (cap < need)
		cap = need;
	data = mem_resize(b->data, cap);
	if (data == NULL)
		return false;
	b->data = data;
	b->cap = cap;
	return true;
}

/* Room for n more bytes and the NUL. */
static enum fz_err
grow(struct buf *b, size_t n)
{
	if (!b->failed && n <= b->max - b->len) {
		size_t need = b->len + n + 1;

		if (need <= b->cap || set_cap(b, need))
			return FZ_OK;
	}
	b->failed = true;
	return FZ_PAYLOAD_TOO_LARGE;
}

enum fz_err
buf_add(struct buf *b, const void *p, size_t n)
{
	enum fz_err err = grow(b, n);

	if (err != FZ_OK)
		return err;
	if (n > 0)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
	return FZ_OK;
}

enum fz_err
buf_puts(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

enum fz_err
buf_putc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

enum fz_err
buf_printf(struct buf *b, const char *fmt, ...)
{
	enum fz_err err = FZ_PAYLOAD_TOO_LARGE;
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0) {
		b->failed = true;
		goto out;
	}
	err = grow(b, (size_t)n);
	if (err != FZ_OK)
		goto out;
	(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
	b->len += (size_t)n;
out:
	va_end(again);
	va_end(ap);
	return err;
}

static char
short_escape(unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		return (char)c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return '\0';
	}
}

size_t
buf_json_step(char out[BUF_JSON_STEP], size_t *n, const char *s, size_t len)
{
	unsigned char c = (unsigned char)s[0];
	char brief = short_escape(c);
	ucs4_t u;
	int took;

	if (brief != '\0') {
		out[0] = '\\';
		out[1] = brief;
		*n = 2;
		return 1;
	}
	if (c >= ' ' && c < 0x7f) {
		out[0] = (char)c;
		*n = 1;
		return 1;
	}
	/* No sequence is longer than 4 bytes. */
	took = u8_mbtouc(&u, (const uint8_t *)s, len < 4 ? len : 4);
	if (u < ' ' || (u >= 0x7f && u < 0xa0) || u == 0x2028 || u == 0x2029)
		*n = (size_t)snprintf(out, BUF_JSON_STEP, "\\u%04x",
		    (unsigned)u & 0xffff);
	else
		*n = (size_t)u8_uctomb((uint8_t *)out, u, BUF_JSON_STEP);
	return took > 0 ? (size_t)took : 1;
}

static bool
plain(unsigned char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

enum fz_err
buf_json(struct buf *b, const char *s, size_t len)
{
	size_t i = 0;

	buf_putc(b, '"');
	while (i < len && !b->failed) {
		char out[BUF_JSON_STEP];
		size_t from = i, n;

		while (i < len && plain((unsigned char)s[i]))
			i++;
		buf_add(b, s + from, i - from);
		if (i < len) {
			i += buf_json_step(out, &n, s + i, len - i);
			buf_add(b, out, n);
		}
	}
	return buf_putc(b, '"');
}

static const char *
html_escape(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	default:
		return "&#39;";
	}
}

enum fz_err
buf_html(struct buf *b, const char *s)
{
	while (*s != '\0' && !b->failed) {
		size_t n = strcspn(s, "&<>\"'");

		buf_add(b, s, n);
		s += n;
		if (*s != '\0')
			buf_puts(b, html_escape(*s++));
	}
	return b->failed ? FZ_PAYLOAD_TOO_LARGE : FZ_OK;
}

void *
buf_reserve(struct buf *b, size_t n)
{
	if (grow(b, n) != FZ_OK)
		return NULL;
	b->data[b->len] = '\0';
	b->data[b->len + n] = '\0';
	return b->data + b->len;
}

char *
buf_take(struct buf *b, size_t *len)
{
	char *data = b->data != NULL ? b->data : xstrdup("");

	if (len != NULL)
		*len = b->len;
	b->data = NULL;
	b->cap = 0;
	buf_reset(b);
	return data;
}
