/*
 * Strict and small on purpose.  What is stored here is sent to browsers as Location, and
 * browsers forgive much: "http:/host", "https:\\host" and blanks inside lead somewhere
 * else than the text says.  Such forms are refused, nothing is repaired.
 */
#include "deploy/weburl.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>


static bool
letters_ok(const char *s)
{
	if (strlen(s) > WEBURL_MAX)
		return false;
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f || strchr("\"<>\\^`{|}", *s) != NULL)
			return false;
	return true;
}

/* Length of the host at s: a name, an IPv4 address or [IPv6]; 0 if it is none. */
static size_t
host_len(const char *s)
{
	size_t n;

	if (*s == '[') {
		n = 1 + strspn(s + 1, "0123456789abcdefABCDEF:.");
		return n > 3 && s[n] == ']' ? n + 1 : 0;
	}
	n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");
	return n <= 253 && s[0] != '.' && s[0] != '-' ? n : 0;
}

static bool
port_ok(const char *s, size_t n)
{
	unsigned port = 0;

	if (n < 1 || n > 5)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		port = port * 10 + (unsigned)(s[i] - '0');
	}
	return port > 0 && port <= 65535;
}

bool
weburl_ok(const char *url)
{
	const char *s;
	size_t n;

	if (!letters_ok(url))
		return false;
	if (strncasecmp(url, "https://", 8) == 0)
		s = url + 8;
	else if (strncasecmp(url, "http://", 7) == 0)
		s = url + 7;
	else
		return false;
	n = host_len(s);
	if (n == 0)
		return false;
	s += n;
	if (*s == ':') {
		n = strcspn(++s, "/?#");
		if (!port_ok(s, n))
			return false;
		s += n;
	}
	return *s == '\0' || *s == '/' || *s == '?' || *s == '#';
}

static bool
label_ok(const char *s, size_t n)
{
	return n >= 1 && n <= 63 && s[0] != '-' && s[n - 1] != '-' &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") >= n;
}

bool
weburl_host_ok(const char *s)
{
	const char *last = NULL;
	size_t labels = 0;

	if (strlen(s) > 253)
		return false;
	for (;;) {
		size_t n = strcspn(s, ".");

		if (!label_ok(s, n))
			return false;
		labels++;
		last = s;
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
	return labels >= 2 && last[strspn(last, "0123456789")] != '\0';
}
