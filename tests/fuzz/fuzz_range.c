/*
 * Input: a size of 8 bytes, then a header text.  Oracle for ranges: a reading of RFC 9110
 * 14.1.2 with wide numbers.  The text also goes through the other parsers of conditions,
 * whose answers must be consistent with each other.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/http_cond.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* Digits as a number, stuck at the largest size there is; -1 for none. */
static __int128
digits(const char **s)
{
	__int128 v = -1;

	for (; isdigit((unsigned char)**s); ++*s) {
		v = (v < 0 ? 0 : v) * 10 + (**s - '0');
		if (v > UINT64_MAX)
			v = UINT64_MAX;
	}
	return v;
}

static enum http_cond_range
slow_range(const char *s, uint64_t size, uint64_t *from, uint64_t *len)
{
	__int128 first, last, n = size;

	if (strncasecmp(s, "bytes=", 6) != 0 || strchr(s, ',') != NULL)
		return HTTP_COND_WHOLE;
	s += 6;
	s += strspn(s, " \t");
	first = digits(&s);
	if (*s++ != '-')
		return HTTP_COND_WHOLE;
	last = digits(&s);
	s += strspn(s, " \t");
	if (*s != '\0' || (first < 0 && last < 0) ||
	    (first >= 0 && last >= 0 && last < first))
		return HTTP_COND_WHOLE;
	if (first < 0) {
		first = last < n ? n - last : 0;
		last = last == 0 ? -1 : n - 1;
	}
	if (last < 0 || last >= n)
		last = last < 0 && first >= n ? last : n - 1;
	if (first >= n || last < first)
		return HTTP_COND_UNSATISFIABLE;
	*from = (uint64_t)first;
	*len = (uint64_t)(last - first + 1);
	return HTTP_COND_PART;
}

static void
check_range(const char *text, uint64_t size)
{
	uint64_t from = 0, len = 0, from2 = 0, len2 = 0;
	enum http_cond_range got = http_cond_range(text, size, &from, &len);

	check(got == slow_range(text, size, &from2, &len2));
	check(from == from2 && len == len2);
	if (got == HTTP_COND_PART)
		check(len > 0 && from < size && len <= size - from);
}

static void
check_others(const char *text)
{
	enum http_cond_enc both = http_cond_encoding(text, true, true);
	enum http_cond_enc gzip = http_cond_encoding(text, true, false);

	check(gzip != HTTP_COND_BROTLI);
	check(both != HTTP_COND_GZIP || gzip == HTTP_COND_GZIP);
	check(http_cond_encoding(text, false, false) == HTTP_COND_PLAIN);
	if (strstr(text, "\"a\"") == NULL && strchr(text, '*') == NULL)
		check(!http_cond_etag(text, "\"a\""));
	if (strcmp(text, "\"a\"") == 0)
		check(http_cond_if_range(text, "\"a\"", 0));
	else
		(void)http_cond_if_range(text, "\"a\"", 784111777000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t n;
	char *text;

	if (size < sizeof(n) || size > 20000)
		return 0;
	memcpy(&n, data, sizeof(n));
	text = calloc(1, size - sizeof(n) + 1);
	if (text == NULL)
		return 0;
	memcpy(text, data + sizeof(n), size - sizeof(n));
	check_range(text, n);
	check_range(text, n % 100);
	check_others(text);
	free(text);
	return 0;
}
