/*
 * What a full text search asks for, and where it stands in a text.  Private to store/.
 *
 * Thread contract: pure functions; results live in the arena given.
 */
#ifndef STORE_DOC_TERMS_H
#define STORE_DOC_TERMS_H

#include "base/buf.h"
#include "store/doc_ft.h"

#define DOC_TERMS_WORDS 64	/* of all terms together */

/* One word, or a phrase. */
struct doc_term {
	bool		 no;		/* must not be there */
	bool		 prefix;	/* the last word is the beginning of one */
	size_t		 n;
	struct doc_word	*word;
	double		 idf;
};
struct doc_word {
	const char	*s;
	size_t		 len;
};
struct doc_terms {
	struct arena	*arena;
	struct doc_term	*term;
	size_t		 n;
	size_t		 words;
};

/* FZ_DS_BAD_QUERY for one that is too long. */
enum fz_err	 doc_terms_parse(struct arena *, const char *, struct doc_terms *,
		    struct why *) MUST_CHECK;
/* Append what FTS5 is asked for a term: each word in quotes, joined by AND. */
void		 doc_terms_match(const struct doc_term *, const struct doc_ft *,
		    struct buf *);

/* A word of a text. */
struct doc_token {
	const char	*s;
	size_t		 len;
	size_t		 from;		/* bytes of the text */
	size_t		 to;
	bool		 marked;
};
size_t		 doc_terms_tokens(struct arena *, const char *, size_t,
		    struct doc_token **);
/* How often the term stands among these words. */
size_t		 doc_terms_count(const struct doc_term *, const struct doc_token *,
		    size_t);
/*
 * Append {"field":"snippet"}: for each field with a match the first text that has one, a
 * piece of it as HTML with the words of the terms in <mark>.
 */
void		 doc_terms_highlight(struct arena *, const struct doc_terms *,
		    const struct doc_ft *, const struct doc_view *, struct buf *);

#endif
