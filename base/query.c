/*
 * Both lists are decoded inside one copy of the input: a decoded name or value is
 * never longer than its source and ends before the separator that follows it, so the
 * NUL goes where the separator was.  A list costs one copy and one array, whatever
 * the peer sends.
 *
 * Query strings are strict where the URL standard repairs: a bad escape, a NUL or
 * bytes that are not UTF-8 refuse the whole list, since half an argument list is a
 * different request.
 *
 * Cookies follow the other rule, as a browser holds cookies of many makers: what is
 * malformed is skipped and the rest counts.  Names are compared byte for byte; only
 * space and tab around a piece are dropped.  A reader that trims more (Unicode
 * spaces) or knows the old $Version syntax lets a neighbour of the domain forge
 * names that browsers protect.
 *
 * The comma join needs one more rule.  A neighbour may set "x=1, __Host-y=z" for the
 * whole domain: browsers protect the prefix in names, not in values, and the bytes look
 * like two joined headers.  So a protected name behind a comma keeps its name, which
 * makes the true one ambiguous, but loses its value.  Browsers send one Cookie header
 * and never get there.
 */
#include "base/query.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/str.h"

static bool
decode(char *s, size_t len)
{
	size_t n;

	if (!path_unescape(s, s, len, true, &n) || !str_utf8_ok(s, n))
		return false;
	s[n] = '\0';
	return true;
}

/* s[len] may be overwritten. */
static bool
decode_pair(char *s, size_t len, struct pair *pair)
{
	char *eq = memchr(s, '=', len);

	pair->name = s;
	pair->value = "";
	if (eq == NULL)
		return decode(s, len);
	pair->value = eq + 1;
	return decode(eq + 1, len - (size_t)(eq + 1 - s)) && decode(s, (size_t)(eq - s));
}

enum fz_err
query_parse(struct arena *a, const char *raw, size_t len, struct pairs *out)
{
	struct pairs list = { 0 };
	char *copy, *p, *end, *amp;
	size_t i, max = 1;

	if (len == 0) {
		*out = list;
		return FZ_OK;
	}
	for (i = 0; i < len; i++)
		max += raw[i] == '&';
	list.v = arena_alloc(a, max * sizeof(*list.v));
	copy = arena_alloc(a, len + 1);
	memcpy(copy, raw, len);
	end = copy + len;
	for (p = copy; p < end; p = amp + 1) {
		amp = memchr(p, '&', (size_t)(end - p));
		if (amp == NULL)
			amp = end;
		if (amp == p)
			continue;
		if (!decode_pair(p, (size_t)(amp - p), &list.v[list.n]))
			return FZ_BAD_REQUEST;
		list.n++;
	}
	*out = list;
	return FZ_OK;
}

const char *
pairs_get(const struct pairs *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strcmp(list->v[i].name, name) == 0)
			return list->v[i].value;
	return NULL;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Length of the piece before the next separator or the end. */
static size_t
piece_length(const char *p)
{
	size_t n = 0;

	while (p[n] != '\0' && p[n] != ';' && !(p[n] == ',' && p[n + 1] == ' '))
		n++;
	return n;
}

static bool
cookie_text_ok(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return str_utf8_ok(s, n);
}

/* p[len] may be overwritten. */
static bool
cookie_pair(char *p, size_t len, struct pair *pair)
{
	char *eq;

	while (len > 0 && is_blank(p[0]))
		p++, len--;
	while (len > 0 && is_blank(p[len - 1]))
		len--;
	eq = memchr(p, '=', len);
	if (eq == NULL || eq == p || !cookie_text_ok(p, len))
		return false;
	if (memchr(p, ' ', (size_t)(eq - p)) != NULL)
		return false;
	p[len] = '\0';
	*eq = '\0';
	pair->name = p;
	pair->value = eq + 1;
	return true;
}

static bool
is_protected(const char *name)
{
	return strncasecmp(name, "__Host-", 7) == 0 ||
	       strncasecmp(name, "__Secure-", 9) == 0;
}

void
cookie_parse(struct arena *a, const char *header, struct pairs *out)
{
	struct pairs list = { 0 };
	struct pair pair;
	char *copy, *p, separator = ';', next;
	size_t max = 1, n;

	copy = arena_strdup(a, header != NULL ? header : "");
	for (p = copy; *p != '\0'; p++)
		max += *p == ';' || *p == ',';
	list.v = arena_alloc(a, max * sizeof(*list.v));
	for (p = copy;; p += n + 1) {
		n = piece_length(p);
		next = p[n];
		if (cookie_pair(p, n, &pair)) {
			if (separator == ',' && is_protected(pair.name))
				pair.value = "";
			list.v[list.n++] = pair;
		}
		if (next == '\0')
			break;
		separator = next;
	}
	*out = list;
}

const char *
cookie_single(const struct pairs *list, const char *name)
{
	const char *found = NULL;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (strcmp(list->v[i].name, name) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = list->v[i].value;
	}
	return found;
}
