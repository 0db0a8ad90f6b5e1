/*
 * Why one function for the path: the front servers disagree about it.  One hands
 * over PATH_INFO decoded but not resolved, the other SCRIPT_NAME resolved, and both
 * differ from what a gate would see in the raw request line.  So the daemon starts
 * from the raw request target, decodes it exactly once and resolves it, and every
 * later decision sees that result only.
 *
 * "%2F" therefore is a slash like any other and "%2e%2e" climbs like "..": a path that
 * means two things to two readers cannot be written.  What is refused rather than
 * repaired: escapes that are none, control bytes, backslashes (a slash to some
 * readers), text that is not UTF-8, and climbing above the root.
 *
 * The query stays raw, but control bytes in it are refused here too: no client sends
 * them unescaped and redirects copy the query into a header.
 */
#include "base/path.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/str.h"

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

bool
path_unescape(char *out, const char *in, size_t len, bool plus_is_space, size_t *outlen)
{
	size_t r, w;

	for (r = 0, w = 0; r < len; r++, w++) {
		char c = in[r];

		if (c == '%') {
			int hi, lo;

			if (len - r < 3)
				return false;
			hi = hex_value(in[r + 1]);
			lo = hex_value(in[r + 2]);
			if (hi < 0 || lo < 0)
				return false;
			c = (char)(hi << 4 | lo);
			r += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		if (c == '\0')
			return false;
		out[w] = c;
	}
	*outlen = w;
	return true;
}

/* Where the path of the request target starts, NULL for a form that is refused. */
static const char *
after_authority(const char *uri)
{
	const char *p;
	size_t len, i;

	if (uri[0] == '/')
		return uri;
	if (strncasecmp(uri, "http://", 7) == 0)
		p = uri + 7;
	else if (strncasecmp(uri, "https://", 8) == 0)
		p = uri + 8;
	else
		return NULL;
	len = strcspn(p, "/?");
	for (i = 0; i < len; i++)
		if (is_control(p[i]) || p[i] == ' ' || p[i] == '\\')
			return NULL;
	return len > 0 ? p + len : NULL;
}

/*
 * Collapse slashes and resolve dots in place; s[0] is '/'.  What is written is always
 * ("/" segment)*, so taking a segment back means going back to the last slash; empty
 * is the root, and ".." there climbs out.
 */
static bool
resolve(char *s, size_t n, size_t *outlen)
{
	size_t r = 0, w = 0, start, len;

	while (r < n) {
		while (r < n && s[r] == '/')
			r++;
		start = r;
		while (r < n && s[r] != '/')
			r++;
		len = r - start;
		if (len == 2 && s[start] == '.' && s[start + 1] == '.') {
			if (w == 0)
				return false;
			do
				w--;
			while (s[w] != '/');
		} else if (len > 0 && !(len == 1 && s[start] == '.')) {
			s[w++] = '/';
			memmove(s + w, s + start, len);
			w += len;
			continue;
		}
		/* "/", "/." and "/.." at the end leave a trailing slash. */
		if (r == n)
			s[w++] = '/';
	}
	*outlen = w;
	return true;
}

static bool
query_ok(const char *q)
{
	for (; *q != '\0'; q++)
		if (is_control(*q))
			return false;
	return true;
}

static bool
text_ok(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_control(s[i]) || s[i] == '\\')
			return false;
	return str_utf8_ok(s, n);
}

enum fz_err
path_normalise(struct arena *a, const char *uri, const char **path, const char **query)
{
	const char *raw, *q;
	char *buf;
	size_t len, n;

	raw = after_authority(uri);
	if (raw == NULL)
		return FZ_BAD_REQUEST;
	len = strcspn(raw, "?");
	q = raw[len] == '?' ? raw + len + 1 : "";
	if (!query_ok(q))
		return FZ_BAD_REQUEST;

	buf = arena_alloc(a, len + 2);
	buf[0] = '/';
	if (len > 0 && !path_unescape(buf, raw, len, false, &n))
		return FZ_BAD_REQUEST;
	if (len == 0)
		n = 1;
	if (!text_ok(buf, n) || !resolve(buf, n, &n))
		return FZ_BAD_REQUEST;
	if (n > LIMIT_PATH || strlen(q) > LIMIT_QUERY)
		return FZ_URI_TOO_LONG;
	buf[n] = '\0';
	*path = buf;
	*query = arena_strdup(a, q);
	return FZ_OK;
}

/* RFC 3986 3.3: pchar without escapes, and the slash. */
static bool
stands_in_path(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("-._~!$&'()*+,;=:@/", c) != NULL;
}

static bool
unreserved(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("-._~", c) != NULL;
}

static char *
escape(struct arena *a, const char *s, bool (*stands)(char))
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;
	const char *p;
	char *out, *w;

	for (p = s; *p != '\0'; p++)
		n += stands(*p) ? 1 : 3;
	out = arena_alloc(a, n + 1);
	for (p = s, w = out; *p != '\0'; p++) {
		if (stands(*p)) {
			*w++ = *p;
			continue;
		}
		*w++ = '%';
		*w++ = hex[(unsigned char)*p >> 4];
		*w++ = hex[(unsigned char)*p & 15];
	}
	*w = '\0';
	return out;
}

char *
path_escape(struct arena *a, const char *s)
{
	return escape(a, s, stands_in_path);
}

char *
path_escape_value(struct arena *a, const char *s)
{
	return escape(a, s, unreserved);
}

static const char *
segments_refused(const char *name)
{
	const char *p = name;
	size_t n;

	for (;;) {
		n = strcspn(p, "/");
		if (n == 0)
			return "it has an empty segment";
		if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return "it has a \".\" or \"..\" segment";
		if (p[n] == '\0')
			return NULL;
		p += n + 1;
	}
}

const char *
path_file(struct arena *a, const char *name, const char **reason)
{
	size_t n = strlen(name), i;
	const char *bad = NULL;

	if (n == 0)
		bad = "it is empty";
	else if (n > LIMIT_FILE_PATH)
		bad = "it is too long";
	else if (name[0] == '/')
		bad = "it starts with a slash";
	for (i = 0; i < n && bad == NULL; i++) {
		if (is_control(name[i]))
			bad = "it holds a control byte";
		else if (name[i] == '\\')
			bad = "it holds a backslash";
	}
	if (bad == NULL && !str_utf8_ok(name, n))
		bad = "it is not UTF-8";
	if (bad == NULL)
		bad = segments_refused(name);
	if (bad != NULL) {
		*reason = bad;
		return NULL;
	}
	return arena_strdup(a, name);
}

bool
path_host(const char *host, char out[254])
{
	char name[254];
	size_t n = strcspn(host, ":"), i;

	/* An empty port is a port to RFC 3986. */
	if (host[n] == ':' && host[n + 1 + strspn(host + n + 1, "0123456789")] != '\0')
		return false;
	if (n > 0 && host[n - 1] == '.')
		n--;
	if (n == 0 || n > 253)
		return false;
	for (i = 0; i < n; i++) {
		char c = host[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
			c == '-'))
			return false;
		name[i] = c;
	}
	name[n] = '\0';
	memcpy(out, name, n + 1);
	return true;
}

bool
path_under(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}
