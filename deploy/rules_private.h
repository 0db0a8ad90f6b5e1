/*
 * What rules.c and rules_redirect.c share.  Nobody else includes this.
 *
 * Thread contract: as deploy/rules.h.
 */
#ifndef DEPLOY_RULES_PRIVATE_H
#define DEPLOY_RULES_PRIVATE_H

#include "deploy/pattern.h"
#include "deploy/rules.h"

#define RULES_VALUE_MAX 4096	/* bytes of a header value or a target */

struct rules_term {
	const char	*name;
	const char	*value;		/* NULL = take whatever is there as `take` */
	const char	*take;
};

struct rules_target {
	struct pattern	 from;
	struct rules_term *terms;
	size_t		 nterms;
	const char	*to;
	int		 status;
	bool		 forced;
};

struct rules_line {
	const char	*name;
	const char	*value;		/* NULL = remove */
};

struct rules_block {
	struct pattern	 path;
	struct rules_line *v;
	size_t		 n;
};

struct rules {
	struct arena	*arena;
	struct rules_block *blocks;
	size_t		 nblocks;
	struct rules_target *targets;
	size_t		 ntargets;
	bool		 any_forced;
};

/* A file being read. */
struct rules_reading {
	struct rules	*rules;
	const char	*file;
	rules_warn_fn	*warn;
	void		*arg;
	int		 line;
};

/* fmt has one %s. */
void	rules_warn(const struct rules_reading *, const char *fmt, const char *what);
void	rules_redirect_parse(struct rules_reading *, const char *text, size_t len);

#endif
