/*
 * Path patterns of _headers and _redirects (docs/contract.md 1.4): literal segments,
 * ":name" for one whole segment, "*" at the very end for the rest.  A trailing slash
 * makes no difference, and "/a/" followed by a star matches "/a" too.
 *
 * Thread contract: immutable after parsing.
 */
#ifndef DEPLOY_PATTERN_H
#define DEPLOY_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

#define PATTERN_NAMES 8		/* placeholders of one pattern */
#define PATTERN_TAKEN (2 * PATTERN_NAMES + 1)

enum pattern_part { PATTERN_TEXT, PATTERN_NAME, PATTERN_SPLAT };

struct pattern_segment {
	enum pattern_part kind;
	const char	*text;		/* the name; of a splat what stands before '*' */
	size_t		 len;
};

struct pattern {
	struct pattern_segment *v;
	size_t		 n;
};

/* What a match took out of a request, under its name; the texts are borrowed. */
struct pattern_taken {
	struct {
		const char	*name;
		size_t		 name_len;
		const char	*value;
		size_t		 len;
	} v[PATTERN_TAKEN];
	size_t	 n;
};

/* NULL, or why the text is refused.  Percent escapes are decoded. */
const char	*pattern_parse(struct arena *, const char *, struct pattern *);
/* path is normalised.  Placeholders are added to *taken, the star as "splat". */
bool		 pattern_match(const struct pattern *, const char *path,
		    struct pattern_taken *taken);
void		 pattern_take(struct pattern_taken *, const char *name, size_t name_len,
		    const char *value, size_t len);
/* Bytes of the placeholder name at the front of s, 0 if there is none. */
size_t		 pattern_name(const char *s);

#endif
