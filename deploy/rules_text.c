/*
 * The files come from whoever deploys: any bytes, any line ends, any length up to the
 * limit of their reader.  A line is copied out so that it can be cut in place; a NUL in
 * it becomes a control byte, which every later check refuses, instead of silently ending
 * the line.
 */
#include "deploy/rules_text.h"

#include <string.h>

#include "base/limits.h"

void
rules_text_init(struct rules_text *t, const char *text, size_t len)
{
	memset(t, 0, sizeof(*t));
	t->text = text;
	t->len = len;
	buf_init(&t->line, LIMIT_MANIFEST);
	/* A byte order mark is no part of the first path. */
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		t->text += 3;
		t->len -= 3;
	}
}

void
rules_text_fini(struct rules_text *t)
{
	buf_fini(&t->line);
}

char *
rules_text_line(struct rules_text *t)
{
	const char *end;
	size_t n;

	if (t->len == 0)
		return NULL;
	end = memchr(t->text, '\n', t->len);
	n = end == NULL ? t->len : (size_t)(end - t->text);
	buf_reset(&t->line);
	if (buf_add(&t->line, t->text, n) != FZ_OK)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (t->line.data[i] == '\0')
			t->line.data[i] = '\001';
	t->text += n;
	t->len -= n;
	if (t->len > 0) {
		t->text++;
		t->len--;
	}
	t->number++;
	return t->line.data;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

char *
rules_text_trim(char *s)
{
	size_t n;

	while (is_blank(*s))
		s++;
	n = strlen(s);
	while (n > 0 && is_blank(s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

size_t
rules_text_words(char *s, char **word)
{
	size_t n = 0;

	while (n < RULES_TEXT_WORDS) {
		while (is_blank(*s))
			s++;
		if (*s == '\0' || *s == '#')
			break;
		word[n++] = s;
		while (*s != '\0' && !is_blank(*s))
			s++;
		if (*s != '\0')
			*s++ = '\0';
	}
	return n;
}

size_t
rules_text_lines(const char *text, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* RFC 3986 2.3 */
static int
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

void
rules_fill(struct buf *b, const char *s, size_t len, enum rules_fill how)
{
	for (size_t i = 0; i < len; i++) {
		if (how == RULES_FILL_RAW || is_unreserved(s[i]) ||
		    (s[i] == '/' && how == RULES_FILL_PATH))
			buf_putc(b, s[i]);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)s[i]);
	}
}
