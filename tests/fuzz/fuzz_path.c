/*
 * Oracle: a second normaliser that follows the contract step by step, with no thought
 * for speed, gives the same answer; and normalising a result's escaped form again
 * changes nothing.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MAX_INPUT 20000

static int
digit(char c)
{
	const char *all = "0123456789abcdef0123456789ABCDEF", *p;

	p = c != '\0' ? strchr(all, c) : NULL;
	return p != NULL ? (int)(p - all) % 16 : -1;
}

/* RFC 3629, decoded and compared with the smallest value of its length. */
static bool
utf8(const unsigned char *s, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	for (size_t i = 0, len; i < n; i += len) {
		uint32_t c = s[i];

		len = c < 0x80       ? 1
		      : c >> 5 == 6  ? 2
		      : c >> 4 == 14 ? 3
		      : c >> 3 == 30 ? 4
				     : 0;
		if (len == 0 || len > n - i)
			return false;
		c = len == 1 ? c : c & (0x7fu >> len);
		for (size_t k = 1; k < len; k++) {
			if (s[i + k] >> 6 != 2)
				return false;
			c = c << 6 | (s[i + k] & 0x3f);
		}
		if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

/* Decodes the raw path; -1 if it is refused. */
static long
decoded(const char *raw, size_t len, char *out)
{
	long n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = raw[i];

		if (c == '%') {
			if (i + 2 >= len || digit(raw[i + 1]) < 0 ||
			    digit(raw[i + 2]) < 0)
				return -1;
			c = (char)(digit(raw[i + 1]) * 16 + digit(raw[i + 2]));
			i += 2;
		}
		if ((unsigned char)c < 32 || c == 127 || c == '\\')
			return -1;
		out[n++] = c;
	}
	return utf8((unsigned char *)out, (size_t)n) ? n : -1;
}

/* Segments on a stack; false above the root. */
static bool
resolved(char *s, char *out)
{
	static char *stack[MAX_INPUT];
	size_t depth = 0;
	char *p = s, *slash;
	bool folder = true;

	while (p != NULL) {
		slash = strchr(p, '/');
		if (slash != NULL)
			*slash = '\0';
		folder = *p == '\0' || strcmp(p, ".") == 0 || strcmp(p, "..") == 0;
		if (strcmp(p, "..") == 0 && depth-- == 0)
			return false;
		if (!folder)
			stack[depth++] = p;
		p = slash != NULL ? slash + 1 : NULL;
	}
	*out = '\0';
	for (size_t i = 0; i < depth; i++) {
		out = stpcpy(out, "/");
		out = stpcpy(out, stack[i]);
	}
	if (folder)
		strcpy(out, "/");
	return true;
}

static enum fz_err
reference(const char *uri, char *path, const char **query)
{
	static char text[MAX_INPUT + 2];
	const char *raw = uri, *end;
	long n;

	if (*uri != '/') {
		size_t scheme = strncasecmp(uri, "http://", 7) == 0    ? 7
				: strncasecmp(uri, "https://", 8) == 0 ? 8
								       : 0;
		raw = uri + scheme + strcspn(uri + scheme, "/?");
		if (scheme == 0 || raw == uri + scheme)
			return FZ_BAD_REQUEST;
		for (end = uri; end < raw; end++)
			if ((unsigned char)*end <= 32 || *end == 127 || *end == '\\')
				return FZ_BAD_REQUEST;
	}
	end = strchrnul(raw, '?');
	*query = *end == '?' ? end + 1 : end;
	for (const char *q = *query; *q != '\0'; q++)
		if ((unsigned char)*q < 32 || *q == 127)
			return FZ_BAD_REQUEST;
	n = decoded(raw, (size_t)(end - raw), text);
	if (n < 0)
		return FZ_BAD_REQUEST;
	text[n] = '\0';
	if (!resolved(text, path))
		return FZ_BAD_REQUEST;
	if (strlen(path) > LIMIT_PATH || strlen(*query) > LIMIT_QUERY)
		return FZ_URI_TOO_LONG;
	return FZ_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char uri[MAX_INPUT + 1], want[MAX_INPUT + 2];
	const char *path = NULL, *query = NULL, *want_query, *again, *file,
		   *reason = NULL;
	struct arena *a = arena_new();
	char host[254];
	enum fz_err err;

	size = size < MAX_INPUT ? size : MAX_INPUT;
	memcpy(uri, data, size);
	uri[size] = '\0';
	err = path_normalise(a, uri, &path, &query);
	if (err != reference(uri, want, &want_query))
		abort();
	if (err == FZ_OK) {
		if (strcmp(path, want) != 0 || strcmp(query, want_query) != 0)
			abort();
		if (path_normalise(a, path_escape(a, path), &again, &query) != FZ_OK ||
		    strcmp(path, again) != 0)
			abort();
		/* A normalised path without its slashes at the ends names a file. */
		file = path_file(a, path + 1, &reason);
		if (file == NULL && path[1] != '\0' && path[strlen(path) - 1] != '/' &&
		    strlen(path) <= LIMIT_FILE_PATH)
			abort();
	}
	if (path_file(a, uri, &reason) == NULL && reason == NULL)
		abort();
	if (path_host(uri, host) &&
	    (host[0] == '\0' ||
		strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(host)))
		abort();
	arena_free(a);
	return 0;
}
