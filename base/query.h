/*
 * Query strings, form bodies and cookies: name/value lists.
 * Sources: WHATWG URL 5.1 (application/x-www-form-urlencoded), RFC 6265 5.4 with
 * byte-exact names, and both joins that front servers produce ("; " and Caddy's ", ").
 * Thread contract: pure, results live in the arena.
 */
#ifndef BASE_QUERY_H
#define BASE_QUERY_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

struct pair {
	const char	*name;
	const char	*value;
};

struct pairs {
	struct pair	*v;
	size_t		 n;
};

/* Decoded; pairs with a bad escape, NUL or invalid UTF-8 make it FZ_BAD_REQUEST. */
enum fz_err	 query_parse(struct arena *, const char *raw, size_t len, struct pairs *)
		    MUST_CHECK;
/* First value of name or NULL. */
const char	*pairs_get(const struct pairs *, const char *name);
/*
 * Cookies in order of appearance; malformed ones are skipped.  A "__Host-" or
 * "__Secure-" name behind a comma may stem from another cookie's value: it is listed
 * with the value "", so that it makes the true one ambiguous and is worth nothing.
 */
void		 cookie_parse(struct arena *, const char *header, struct pairs *);
/* The value if name occurs exactly once, else NULL (tossed cookies count for nothing). */
const char	*cookie_single(const struct pairs *, const char *name);

#endif
