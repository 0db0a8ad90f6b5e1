/*
 * Scopes of API keys: "name" or "name:app", comma-separated.  "admin" holds all;
 * "apps" includes "apps.read", and so on (docs/contract.md 4.5).  app is an app id or an
 * alias.  Scopes of the whole server (keys, users, auth, system, sql, metrics.read) may
 * be written with an app but then grant nothing.
 *
 * Thread contract: pure.
 */
#ifndef AUTH_SCOPE_H
#define AUTH_SCOPE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

enum scope_fit {
	SCOPE_NO,
	SCOPE_SOME_APPS,	/* held, but only for named apps */
	SCOPE_YES,
};

/* For a row that every key may call: fits whatever the key holds. */
#define SCOPE_ANY "*"

#define SCOPE_LIST_MAX 2048	/* bytes of a list */

extern const char scope_default[];

/* Check and bring to canonical form (no blanks, no duplicates).  FZ_VALIDATION_FAILED. */
enum fz_err	 scope_canonical(struct arena *, const char *list, const char **out,
		    struct why *) MUST_CHECK;
enum scope_fit	 scope_fits(const char *list, const char *want);
/* Held for this app, by its uid or one of its aliases. */
bool		 scope_fits_app(const char *list, const char *want,
		    const char *const *names);
/*
 * May a holder of `list` hand out every scope in `wanted` (canonical)?  If not, *lacks
 * (may be NULL) is the first one it lacks, in the arena.
 */
bool		 scope_covers(const char *list, const char *wanted, struct arena *,
		    const char **lacks);

#endif
