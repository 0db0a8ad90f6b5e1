/*
 * Addresses that people hand in: absolute http and https URLs, and host names.
 * Thread contract: pure.
 */
#ifndef DEPLOY_WEBURL_H
#define DEPLOY_WEBURL_H

#include <stdbool.h>

#define WEBURL_MAX 2048

/*
 * RFC 3986 absolute http(s) URL: a host name or bracketed address, no user, printable
 * ASCII without blanks, quotes, '<', '>' and '\', so that it may stand in a header.
 */
bool	weburl_ok(const char *);
/*
 * A full host name in lower case: two or more labels of [a-z0-9-], the last one not
 * numeric, 253 bytes at most.
 */
bool	weburl_host_ok(const char *);

#endif
