/*
 * Four small parsers over header texts from anybody.  They share one attitude: a
 * condition that is malformed is no condition, because the full answer is always
 * right, only larger.
 *
 * Several ranges are answered with the whole file: multipart/byteranges is a classic
 * of denial of service and nobody needs it.  Range arithmetic stays in 64 bits and is
 * clipped to the size before anything is computed from it.
 *
 * Accept-Encoding: what is not named is not acceptable, but for plain, which is what
 * we send when nothing else fits; a 406 would help nobody.
 */
#include "base/http_cond.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/str.h"

void
http_cond_tag(char out[HTTP_COND_TAG], const uint8_t sha256[32], const char *suffix)
{
	size_t n = strlen(suffix);

	out[0] = '"';
	str_hex(out + 1, sha256, 16);
	memcpy(out + 33, suffix, n);
	memcpy(out + 33 + n, "\"", 2);
}

static const char *
skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* One entity-tag at s; *opaque and *len include the quotes.  NULL if there is none. */
static const char *
tag_parse(const char *s, const char **opaque, size_t *len)
{
	const char *end;

	if (s[0] == 'W' && s[1] == '/')
		s += 2;
	if (*s != '"')
		return NULL;
	end = strchr(s + 1, '"');
	if (end == NULL)
		return NULL;
	*opaque = s;
	*len = (size_t)(end + 1 - s);
	return end + 1;
}

bool
http_cond_etag(const char *list, const char *etag)
{
	const char *p = skip_blanks(list), *opaque;
	size_t len, want = strlen(etag);

	if (*p == '*')
		return *skip_blanks(p + 1) == '\0';
	while (*p != '\0') {
		if (*p == ',' || *p == ' ' || *p == '\t') {
			p++;
			continue;
		}
		p = tag_parse(p, &opaque, &len);
		if (p == NULL)
			return false;
		if (len == want && memcmp(opaque, etag, len) == 0)
			return true;
	}
	return false;
}

bool
http_cond_if_range(const char *value, const char *etag, int64_t modified_ms)
{
	int64_t ms;

	if (value == NULL)
		return true;
	value = skip_blanks(value);
	if (value[0] == '"')
		return strcmp(value, etag) == 0;
	if (value[0] == 'W' && value[1] == '/')
		return false;
	return clock_parse_http(value, &ms) && ms / 1000 == modified_ms / 1000;
}

/* Digits at s, clipped at the top.  NULL if there is none. */
static const char *
number(const char *s, uint64_t *out)
{
	bool over = false;
	uint64_t v = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++)
		over |= __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v);
	*out = over ? UINT64_MAX : v;
	return s;
}

/* "-n": the last n bytes. */
static enum http_cond_range
suffix(const char *s, uint64_t size, uint64_t *from, uint64_t *len)
{
	uint64_t n;

	s = number(s, &n);
	if (s == NULL || *skip_blanks(s) != '\0')
		return HTTP_COND_WHOLE;
	if (n == 0 || size == 0)
		return HTTP_COND_UNSATISFIABLE;
	*len = n < size ? n : size;
	*from = size - *len;
	return HTTP_COND_PART;
}

enum http_cond_range
http_cond_range(const char *value, uint64_t size, uint64_t *from, uint64_t *len)
{
	uint64_t first, last = UINT64_MAX;
	const char *s;

	if (value == NULL || strncasecmp(value, "bytes=", 6) != 0 ||
	    strchr(value, ',') != NULL)
		return HTTP_COND_WHOLE;
	s = skip_blanks(value + 6);
	if (*s == '-')
		return suffix(s + 1, size, from, len);
	s = number(s, &first);
	if (s == NULL || *s != '-')
		return HTTP_COND_WHOLE;
	s++;
	if (*s >= '0' && *s <= '9')
		s = number(s, &last);
	if (*skip_blanks(s) != '\0' || last < first)
		return HTTP_COND_WHOLE;
	if (first >= size)
		return HTTP_COND_UNSATISFIABLE;
	if (last >= size)
		last = size - 1;
	*from = first;
	*len = last - first + 1;
	return HTTP_COND_PART;
}

/* "0.5" -> 500; -1 for what is no weight (RFC 9110 12.4.2). */
static int
weight(const char *s, size_t len)
{
	int v, scale = 100;

	if (len == 0 || len > 5 || (s[0] != '0' && s[0] != '1') ||
	    (len > 1 && s[1] != '.'))
		return -1;
	v = (s[0] - '0') * 1000;
	for (size_t i = 2; i < len; i++, scale /= 10) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		v += (s[i] - '0') * scale;
	}
	return v > 1000 ? -1 : v;
}

/* The q of one element "gzip ; q=0.5" of n bytes whose name has name bytes. */
static int
element_weight(const char *s, size_t n, size_t name)
{
	const char *end = s + n, *p = skip_blanks(s + name);

	if (p >= end)
		return 1000;
	if (*p != ';')
		return -1;
	p = skip_blanks(p + 1);
	if (p + 2 > end || (*p != 'q' && *p != 'Q') || p[1] != '=')
		return -1;
	p += 2;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return weight(p, (size_t)(end - p));
}

static bool
named(const char *s, size_t n, const char *name)
{
	return strlen(name) == n && strncasecmp(s, name, n) == 0;
}

enum http_cond_enc
http_cond_encoding(const char *accept, bool gzip, bool brotli)
{
	int gz = -1, br = -1, plain = -1, any = -1, q;
	const char *p = accept;
	size_t n, name;

	if (accept == NULL || (!gzip && !brotli))
		return HTTP_COND_PLAIN;
	for (; *p != '\0'; p += n + (p[n] == ',')) {
		p = skip_blanks(p);
		n = strcspn(p, ",");
		name = strcspn(p, " \t;,");
		q = element_weight(p, n, name);
		if (named(p, name, "br"))
			br = q;
		else if (named(p, name, "gzip") || named(p, name, "x-gzip"))
			gz = q;
		else if (named(p, name, "identity"))
			plain = q;
		else if (named(p, name, "*"))
			any = q;
	}
	br = brotli ? (br < 0 ? any : br) : 0;
	gz = gzip ? (gz < 0 ? any : gz) : 0;
	if (br > 0 && br >= gz && br >= plain)
		return HTTP_COND_BROTLI;
	return gz > 0 && gz >= plain ? HTTP_COND_GZIP : HTTP_COND_PLAIN;
}
