/*
 * _headers and _redirects of a version (docs/contract.md 1.4): parsed once a version,
 * immutable afterwards, matched per request.  No regular expressions: patterns are
 * literals, ":name" for one segment and "*" at the end.
 *
 * Thread contract: immutable after parsing.
 */
#ifndef DEPLOY_RULES_H
#define DEPLOY_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "base/query.h"
#include "base/response.h"

struct rules;

typedef void rules_warn_fn(void *arg, const char *file, int line, int column,
		    const char *message);

/* Either text may be NULL.  Bad lines are left out and told to warn (may be NULL). */
struct rules	*rules_parse(const char *headers, size_t headers_len, const char *redirects,
		    size_t redirects_len, rules_warn_fn *warn, void *arg);
void		 rules_free(struct rules *);

/* Apply all matching _headers blocks in order. */
void		 rules_headers(const struct rules *, const char *path, struct response *);

struct rules_hit {
	int		 status;	/* 200 404 410 or 3xx */
	/*
	 * 3xx: percent-encoded, "/..." with one leading slash or http(s)://...;
	 * else the decoded path of a file, which may name anything.
	 */
	const char	*to;
};
/*
 * First _redirects rule for path (query decoded).  forced: only those with '!', asked
 * before files; else the rest, asked when no file was found.
 */
bool		 rules_redirect(const struct rules *, struct arena *, const char *path,
		    const struct pairs *query, bool forced, struct rules_hit *);

#endif
