/*
 * Reading JSON.  jansson reads numbers as int64 or double and prints doubles with 17
 * digits: 0.1 comes back as 0.10000000000000001 and 1e20, which JavaScript prints without
 * a dot, is an error.  Documents have to come back as they went in, so they have a reader
 * of their own.
 *
 * Most strings are borrowed from the text as they stand; those with escapes are written
 * anew in the one canonical way.
 */
#include "store/doc_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/limits.h"
#include "base/str.h"

struct parse {
	struct arena	*arena;
	const char	*start;
	const char	*p;
	const char	*end;
	const char	*error;
	unsigned	 depth;
};

static bool
fail(struct parse *ps, const char *error)
{
	if (ps->error == NULL)
		ps->error = error;
	return false;
}

static void
blanks(struct parse *ps)
{
	while (ps->p < ps->end &&
	    (*ps->p == ' ' || *ps->p == '\t' || *ps->p == '\n' || *ps->p == '\r'))
		ps->p++;
}

static bool
take(struct parse *ps, char c)
{
	blanks(ps);
	if (ps->p == ps->end || *ps->p != c)
		return false;
	ps->p++;
	return true;
}

static bool
hex4(const char *s, unsigned *out)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v << 4 | (unsigned)((c | 32) - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

static size_t
put_code(char *out, unsigned uc)
{
	int n = u8_uctomb((uint8_t *)out, uc, 4);

	if (n > 0)
		return (size_t)n;
	memcpy(out, "\xef\xbf\xbd", 3);
	return 3;
}

/* Behind "\u": a code point, a surrogate pair being one. */
static bool
read_code(struct parse *ps, unsigned *uc)
{
	unsigned low;

	if (ps->end - ps->p < 4 || !hex4(ps->p, uc))
		return fail(ps, "\\u needs four hex digits");
	ps->p += 4;
	if (*uc < 0xd800 || *uc > 0xdbff)
		return true;
	if (ps->end - ps->p >= 6 && ps->p[0] == '\\' && ps->p[1] == 'u' &&
	    hex4(ps->p + 2, &low) && low >= 0xdc00 && low <= 0xdfff) {
		*uc = 0x10000 + ((*uc - 0xd800) << 10) + (low - 0xdc00);
		ps->p += 6;
	}
	return true;
}

static bool
read_escape(struct parse *ps, char *out, size_t *n)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *at;
	unsigned uc;

	if (ps->p == ps->end)
		return fail(ps, "a string does not end");
	if (*ps->p == 'u') {
		ps->p++;
		if (!read_code(ps, &uc))
			return false;
		*n = put_code(out, uc);
		return true;
	}
	at = memchr(names, *ps->p, sizeof(names) - 1);
	if (at == NULL)
		return fail(ps, "unknown escape");
	ps->p++;
	*out = bytes[at - names];
	*n = 1;
	return true;
}

/* A string with escapes; no escape grows, for "\n" and "\u000a" are the shortest. */
static bool
rewrite(struct parse *ps, const char **body, size_t *len)
{
	const char *close = ps->p;
	char *out, *w, one[4];
	size_t n;

	while (close < ps->end && *close != '"')
		close += *close == '\\' ? 2 : 1;
	if (close >= ps->end)
		return fail(ps, "a string does not end");
	out = w = arena_alloc(ps->arena, (size_t)(close - ps->p) + 8);
	while (*ps->p != '"') {
		n = 1;
		one[0] = *ps->p++;
		if ((unsigned char)one[0] < 0x20)
			return fail(ps, "a control character in a string");
		if (one[0] == '\\' && !read_escape(ps, one, &n))
			return false;
		if (n == 1 && (unsigned char)one[0] >= 0x80)
			*w++ = one[0];
		else
			w += doc_json_escape(w, one, n);
	}
	ps->p++;
	*body = out;
	*len = (size_t)(w - out);
	return true;
}

/* Behind the opening quote. */
static bool
read_string(struct parse *ps, const char **body, size_t *len)
{
	const char *s = ps->p;

	while (s < ps->end && *s != '"' && *s != '\\' && (unsigned char)*s >= 0x20)
		s++;
	if (s < ps->end && *s == '\\')
		return rewrite(ps, body, len);
	if (s == ps->end)
		return fail(ps, "a string does not end");
	if (*s != '"') {
		ps->p = s;
		return fail(ps, "a control character in a string");
	}
	*body = ps->p;
	*len = (size_t)(s - ps->p);
	ps->p = s + 1;
	return true;
}

static const char *
digits(const char *s, const char *end)
{
	while (s < end && *s >= '0' && *s <= '9')
		s++;
	return s;
}

static bool
read_number(struct parse *ps, struct doc_node *n)
{
	const char *s = ps->p, *whole, *more;

	if (*s == '-')
		s++;
	whole = s;
	s = digits(s, ps->end);
	if (s == whole || (*whole == '0' && s > whole + 1))
		return fail(ps, "not a JSON value");
	if (s < ps->end && *s == '.') {
		more = ++s;
		s = digits(s, ps->end);
		if (s == more)
			return fail(ps, "a digit is missing");
	}
	if (s < ps->end && (*s == 'e' || *s == 'E')) {
		s++;
		if (s < ps->end && (*s == '+' || *s == '-'))
			s++;
		more = s;
		s = digits(s, ps->end);
		if (s == more)
			return fail(ps, "a digit is missing");
	}
	n->type = DOC_NUMBER;
	n->text = ps->p;
	n->len = (size_t)(s - ps->p);
	if (!isfinite(doc_json_double(n->text, n->len)))
		return fail(ps, "a number is too large");
	ps->p = s;
	return true;
}

static bool
read_word(struct parse *ps, const char *word, enum doc_type type, struct doc_node *n)
{
	size_t len = strlen(word);

	if ((size_t)(ps->end - ps->p) < len || memcmp(ps->p, word, len) != 0)
		return fail(ps, "not a JSON value");
	ps->p += len;
	n->type = type;
	return true;
}

static struct doc_node *read_value(struct parse *);

static bool
read_member(struct parse *ps, struct doc_node *object)
{
	const char *name = NULL;
	struct doc_node *child;
	size_t len = 0;

	if (!take(ps, '"'))
		return fail(ps, "a member's name is missing");
	if (!read_string(ps, &name, &len))
		return false;
	if (!take(ps, ':'))
		return fail(ps, "':' is missing");
	if (doc_json_get(object, name, len) != NULL)
		return fail(ps, "a member is named twice");
	child = read_value(ps);
	if (child == NULL)
		return false;
	child->name = name;
	child->name_len = (uint32_t)len;
	doc_json_add(ps->arena, object, child);
	return true;
}

static bool
read_element(struct parse *ps, struct doc_node *array)
{
	struct doc_node *child = read_value(ps);

	if (child != NULL)
		doc_json_append(array, child);
	return child != NULL;
}

static bool
read_children(struct parse *ps, struct doc_node *n)
{
	bool object = *ps->p++ == '{';
	char close = object ? '}' : ']';

	n->type = object ? DOC_OBJECT : DOC_ARRAY;
	if (++ps->depth > LIMIT_JSON_DEPTH)
		return fail(ps, "nested too deeply");
	if (!take(ps, close)) {
		do {
			if (!(object ? read_member(ps, n) : read_element(ps, n)))
				return false;
		} while (take(ps, ','));
		if (!take(ps, close))
			return fail(ps, object ? "'}' is missing" : "']' is missing");
	}
	ps->depth--;
	return true;
}

static struct doc_node *
read_value(struct parse *ps)
{
	struct doc_node *n = doc_json_new(ps->arena, DOC_NULL);
	bool ok;

	blanks(ps);
	switch (ps->p < ps->end ? *ps->p : '\0') {
	case '{':
	case '[':
		ok = read_children(ps, n);
		break;
	case '"':
		ps->p++;
		n->type = DOC_STRING;
		ok = read_string(ps, &n->text, &n->len);
		break;
	case 't':
		ok = read_word(ps, "true", DOC_TRUE, n);
		break;
	case 'f':
		ok = read_word(ps, "false", DOC_FALSE, n);
		break;
	case 'n':
		ok = read_word(ps, "null", DOC_NULL, n);
		break;
	default:
		ok = ps->p < ps->end ? read_number(ps, n) :
		    fail(ps, "a value is missing");
	}
	return ok ? n : NULL;
}

static enum fz_err
refused(const struct parse *ps, struct why *why)
{
	return why_set(why, FZ_INVALID_JSON, "at byte %zu: %s",
	    (size_t)(ps->p - ps->start), ps->error);
}

enum fz_err
doc_json_parse(struct arena *a, const char *s, size_t len, struct doc_node **out,
    struct why *why)
{
	struct parse ps = { .arena = a, .start = s, .p = s, .end = s + len };
	struct doc_node *n;

	if (!str_utf8_ok(s, len))
		return why_set(why, FZ_INVALID_JSON, "not UTF-8");
	n = read_value(&ps);
	blanks(&ps);
	if (n != NULL && ps.p != ps.end)
		(void)fail(&ps, "more than one value");
	if (ps.error != NULL)
		return refused(&ps, why);
	*out = n;
	return FZ_OK;
}

enum fz_err
doc_json_each(struct arena *a, const char *s, size_t len, size_t *at,
    struct doc_node **out, struct why *why)
{
	struct parse ps = { .arena = a, .start = s, .p = s + *at, .end = s + len };
	struct doc_node *n;
	bool first = *at == 0;

	if (first && !str_utf8_ok(s, len))
		return why_set(why, FZ_INVALID_JSON, "not UTF-8");
	if (first && !take(&ps, '['))
		return why_set(why, FZ_INVALID_JSON, "not an array");
	if (take(&ps, ']')) {
		blanks(&ps);
		if (ps.p == ps.end)
			return FZ_NOT_FOUND;
		(void)fail(&ps, "more than one value");
		return refused(&ps, why);
	}
	if (!first && !take(&ps, ','))
		(void)fail(&ps, "']' is missing");
	n = ps.error == NULL ? read_value(&ps) : NULL;
	if (n == NULL)
		return refused(&ps, why);
	*out = n;
	*at = (size_t)(ps.p - s);
	return FZ_OK;
}

size_t
doc_json_plain(char *out, const char *body, size_t len)
{
	struct parse ps = { .start = body, .p = body, .end = body + len };
	char *w = out;
	size_t n;

	while (ps.p < ps.end) {
		if (*ps.p != '\\') {
			*w++ = *ps.p++;
			continue;
		}
		ps.p++;
		if (!read_escape(&ps, w, &n))
			break;
		w += n;
	}
	return (size_t)(w - out);
}

/* Whole numbers of up to 15 digits, nearly all there are, without strtod(3). */
double
doc_json_double(const char *s, size_t len)
{
	bool minus = len > 0 && *s == '-';
	char copy[64], *big = NULL;
	int64_t whole = 0;
	size_t i = minus;
	double v;

	for (; i < len && i < 16 && s[i] >= '0' && s[i] <= '9'; i++)
		whole = whole * 10 + (s[i] - '0');
	if (i == len && len > 0)
		return minus ? -(double)whole : (double)whole;
	if (len >= sizeof(copy))
		big = xstrndup(s, len);
	else
		*(char *)mempcpy(copy, s, len) = '\0';
	v = strtod(big != NULL ? big : copy, NULL);
	free(big);
	return v;
}
