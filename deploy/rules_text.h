/*
 * Reading rule files line by line and writing targets.  Private to the rules.
 *
 * Thread contract: owned by one thread.
 */
#ifndef DEPLOY_RULES_TEXT_H
#define DEPLOY_RULES_TEXT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/mem.h"

#define RULES_TEXT_WORDS 12

struct rules_text {
	const char	*text;
	size_t		 len;
	int		 number;	/* of the line last given, from 1 */
	struct buf	 line;
};

void		 rules_text_init(struct rules_text *, const char *, size_t);
void		 rules_text_fini(struct rules_text *);
/* The next line without its end, until the next call; NULL after the last. */
char		*rules_text_line(struct rules_text *);
/* Blanks at both ends cut, in place. */
char		*rules_text_trim(char *);
/* Cut into words in place, at most RULES_TEXT_WORDS; "#" at the front of one ends it. */
size_t		 rules_text_words(char *, char **word);
/* How many lines the text has at most. */
size_t		 rules_text_lines(const char *, size_t);

/* A target being put together. */
enum rules_fill {
	RULES_FILL_RAW,
	RULES_FILL_PATH,	/* unreserved and '/' stay, the rest becomes %XX */
	RULES_FILL_QUERY,	/* only unreserved stays */
};
void		 rules_fill(struct buf *, const char *, size_t, enum rules_fill);

#endif
