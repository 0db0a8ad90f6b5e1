/*
 * Names that say how the answer is framed, that the front servers act upon, or that bind
 * the whole host are the server's.  They are matched without regard to case, like
 * everybody who reads them does.
 *
 * A cookie is judged as the most lenient browser would read it: blanks before the name
 * do not count, and neither does an empty name, since "=__Host-x=1" comes back as
 * "__Host-x=1" from some.
 */
#include "base/header_rules.h"

#include <string.h>
#include <strings.h>

bool
header_rules_denied(const char *name)
{
	static const char *const whole[] = { "Status", "Content-Length",
		"Transfer-Encoding", "Connection", "Trailer", "Upgrade", "X-Sendfile",
		"Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data" };
	static const char *const starts[] = { "X-Accel-", "X-LiteSpeed-" };

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (strcasecmp(name, whole[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (strncasecmp(name, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

static bool
platform_name(const char *name)
{
	return strncasecmp(name, "__Host-fazt", 11) == 0 ||
	    strncasecmp(name, "__Secure-fazt", 13) == 0 ||
	    strncasecmp(name, "fazt", 4) == 0;
}

bool
header_rules_cookie_denied(const char *value)
{
	const char *p;
	size_t n;

	if (platform_name(value + strspn(value, " \t=")))
		return true;
	for (p = strchr(value, ';'); p != NULL; p = strchr(p, ';')) {
		p++;
		p += strspn(p, " \t");
		n = strcspn(p, "=; \t");
		if (n == 6 && strncasecmp(p, "domain", 6) == 0)
			return true;
	}
	return false;
}
