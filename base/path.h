/*
 * The path rule and the host rule (docs/contract.md 1.1, 1.3).  Every gate, every
 * file look-up and request.path use the result of these two functions and
 * nothing else; the front server's own idea of the path is ignored.
 * Thread contract: pure functions, any thread.
 */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

/*
 * REQUEST_URI -> normalised path and raw query.  (0) absolute form: scheme and
 * authority cut; (1) percent-decoded exactly once; (2) NUL, control bytes,
 * backslash, invalid UTF-8 refused; (3) "//" collapsed; (4) "." and ".." resolved,
 * climbing above the root refused.  FZ_BAD_REQUEST, or FZ_URI_TOO_LONG when the result is
 * past LIMIT_PATH or the query past LIMIT_QUERY.
 * *path starts with '/'; a trailing slash is kept.  *query is raw but holds no control
 * bytes, and is "" without '?'.
 */
enum fz_err	 path_normalise(struct arena *, const char *uri, const char **path,
		    const char **query) MUST_CHECK;

/* Decode once into out (may be in), no NUL behind it; false on a bad escape or NUL. */
bool		 path_unescape(char *out, const char *in, size_t len, bool plus_is_space,
		    size_t *outlen);
/* Percent-encode what may not stand in a path ('/' is kept). */
char		*path_escape(struct arena *, const char *);
/* The same for a value in a query: all but RFC 3986's unreserved characters. */
char		*path_escape_value(struct arena *, const char *);

/*
 * A name from an archive or an API path -> file path of a version: no leading
 * slash, no empty, "." or ".." segment, no control byte or backslash, valid UTF-8,
 * 1..LIMIT_FILE_PATH bytes.  NULL if it is refused, with the reason in *reason.
 */
const char	*path_file(struct arena *, const char *name, const char **reason);

/* Is it this folder ("/api", no slash at the end) or something in it? */
bool		 path_under(const char *path, const char *folder);

/*
 * Host header -> lower-case name without port and one trailing dot, matching
 * [a-z0-9.-]{1,253}.  False otherwise; out holds 254 bytes.
 */
bool		 path_host(const char *host, char out[254]);

#endif
