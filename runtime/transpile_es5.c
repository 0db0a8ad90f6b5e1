/*
 * A text is looked at as bytes here, not parsed: whether it is ES5 the engine's compiler
 * says, which refuses nearly all that is newer.  What it accepts and means otherwise is
 * `const`, so a text with that word anywhere goes the long way.  So does a line separator
 * in raw form, which would end a comment.
 *
 * Other characters outside of ASCII become escapes: harmless in a comment, the same in a
 * string, a regular expression and a name.  Behind a backslash the character stands for
 * itself and the backslash already there begins the escape.
 *
 * Literals of require() are found by eye, too: one in a comment loads a module that nobody
 * asks for.
 */
#include "runtime/transpile_es5.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "runtime/text.h"

#define SMALLEST (32UL << 10)
#define USES_MAX 256
#define NAME_MAX 256UL

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* The next place of the word in src[at..len), or len. */
static size_t
find_word(const char *src, size_t len, size_t at, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	while (at < len) {
		p = memmem(src + at, len - at, word, n);
		if (p == NULL)
			return len;
		at = (size_t)(p - src);
		if ((at == 0 || !is_word(src[at - 1])) &&
		    (at + n >= len || !is_word(src[at + n])))
			return at;
		at += n;
	}
	return len;
}

bool
transpile_es5_maybe(const char *src, size_t len)
{
	return len >= SMALLEST && find_word(src, len, 0, "const") == len &&
	    memmem(src, len, "\xe2\x80\xa8", 3) == NULL &&
	    memmem(src, len, "\xe2\x80\xa9", 3) == NULL && src[0] != '#' &&
	    memchr(src, '\0', len) == NULL;
}

static void
put_unit(struct buf *b, unsigned unit, bool escaped)
{
	(void)buf_printf(b, escaped ? "u%04x" : "\\u%04x", unit);
}

/* One character, which is not ASCII; how many bytes of it were read. */
static size_t
put_character(struct buf *b, const char *p, size_t len, bool escaped)
{
	unsigned char cesu[3 * 4];
	unsigned unit;
	size_t n = 1, got;

	while (n < len && n < 4 && ((unsigned char)p[n] & 0xc0) == 0x80)
		n++;
	got = text_cesu_len(p, n);
	text_to_cesu(p, n, (char *)cesu);
	for (size_t i = 0; i + 1 < got; escaped = false) {
		if (cesu[i] < 0xe0) {
			unit = (cesu[i] & 0x1fU) << 6 | (cesu[i + 1] & 0x3fU);
			i += 2;
		} else {
			unit = (cesu[i] & 0xfU) << 12 | (cesu[i + 1] & 0x3fU) << 6 |
			    (cesu[i + 2] & 0x3fU);
			i += 3;
		}
		put_unit(b, unit, escaped);
	}
	return n;
}

static void
put_ascii(struct buf *b, const char *src, size_t len)
{
	bool escaped = false;		/* behind a backslash that is not escaped itself */
	size_t at = 0, from;

	while (at < len) {
		from = at;
		while (at < len && (unsigned char)src[at] < 0x80) {
			escaped = src[at] == '\\' && !escaped;
			at++;
		}
		(void)buf_add(b, src + from, at - from);
		if (at < len) {
			at += put_character(b, src + at, len - at, escaped);
			escaped = false;
		}
	}
}

static void
put_little(struct buf *b, uint32_t v)
{
	char bytes[4] = { (char)v, (char)(v >> 8), (char)(v >> 16), (char)(v >> 24) };

	(void)buf_add(b, bytes, sizeof(bytes));
}

/* Line for line; the column is where its text begins. */
static void
put_map(struct buf *b, const char *src, size_t len)
{
	uint32_t line = 1, column;
	size_t at = 0;
	const char *end;

	while (at < len) {
		for (column = 1; at < len && (src[at] == ' ' || src[at] == '\t'); column++)
			at++;
		put_little(b, line++);
		put_little(b, column);
		end = memchr(src + at, '\n', len - at);
		at = end != NULL ? (size_t)(end - src) + 1 : len;
	}
}

static size_t
skip_blank(const char *src, size_t len, size_t at)
{
	while (at < len && memchr(" \t\r\n", src[at], 4) != NULL)
		at++;
	return at;
}

/* The literal of require( "..." ) whose name begins at src[at]; 0 = none. */
static size_t
literal(const char *src, size_t len, size_t at, const char **name)
{
	char quote;
	size_t n;

	at = skip_blank(src, len, at);
	if (at >= len || src[at] != '(')
		return 0;
	at = skip_blank(src, len, at + 1);
	if (at >= len || (src[at] != '"' && src[at] != '\''))
		return 0;
	quote = src[at++];
	for (n = 0; at + n < len && n < NAME_MAX && src[at + n] != quote; n++)
		if (src[at + n] == '\\' || src[at + n] == '\n')
			return 0;
	*name = src + at;
	return n < NAME_MAX && at + n < len ? n : 0;
}

static void
put_uses(struct buf *b, const char *src, size_t len)
{
	struct { const char *name; size_t len; } seen[USES_MAX];
	size_t n = 0, i, at, got;
	const char *name;

	(void)buf_putc(b, '[');
	for (at = find_word(src, len, 0, "require"); at < len && n < USES_MAX;
	    at = find_word(src, len, at, "require")) {
		at += sizeof("require") - 1;
		got = literal(src, len, at, &name);
		for (i = 0; i < n && got > 0; i++)
			if (seen[i].len == got && memcmp(seen[i].name, name, got) == 0)
				got = 0;
		if (got == 0)
			continue;
		seen[n].name = name;
		seen[n].len = got;
		if (n++ > 0)
			(void)buf_putc(b, ',');
		(void)buf_json(b, name, got);
	}
	(void)buf_putc(b, ']');
}

void
transpile_es5_wrap(const char *src, size_t len, struct buf *js, struct buf *map,
    struct buf *uses)
{
	if (len >= 3 && memcmp(src, "\xef\xbb\xbf", 3) == 0) {
		src += 3;
		len -= 3;
	}
	(void)buf_puts(js, "(function (exports, require, module, __host) {");
	put_ascii(js, src, len);
	(void)buf_puts(js, "\n})");
	put_map(map, src, len);
	put_uses(uses, src, len);
}
