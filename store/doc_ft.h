/*
 * The full text entry of a document: its words in one table for all (FTS5).  Private to
 * store/.
 *
 * Thread contract: as the reader or writer given.
 */
#ifndef STORE_DOC_FT_H
#define STORE_DOC_FT_H

#include "store/doc.h"
#include "store/doc_view.h"
#include "store/doc_words.h"

#define DOC_FT_NAME "search"	/* as an index */
#define DOC_FT_WORDS 20000	/* of one document that are found */

struct doc_ft {
	int64_t		 id;
	const char	*fields;	/* "a,b.c" */
	unsigned	 n;
	struct doc_path	 path[DOC_INDEX_FIELDS_MAX];
	int64_t		 docs;		/* that have a word */
	int64_t		 words;		/* of all of them */
};

/* The texts of a document, one after the other: its fields, of arrays each element. */
struct doc_texts {
	const struct doc_ft *ft;
	const struct doc_view *view;
	struct arena	*arena;
	unsigned	 next;
	struct doc_child child;
	bool		 inside;	/* of an array */
	/* the one found last */
	unsigned	 field;
	const char	*s;
	size_t		 len;
};
void		 doc_texts_start(struct doc_texts *, struct arena *,
		    const struct doc_ft *, const struct doc_view *);
bool		 doc_texts_next(struct doc_texts *);

/* What stands for a word of this collection in the table: begins every word of it. */
#define DOC_FT_MARK 24
void		 doc_ft_mark(char out[DOC_FT_MARK], const struct doc_ft *);
/* The document's entry, each word once; "" for none.  *words: how many there are. */
const char	*doc_ft_entry(struct arena *, const struct doc_ft *,
		    const struct doc_view *, size_t *words);
enum fz_err	 doc_ft_add(struct writer *, int64_t rid, const char *entry) MUST_CHECK;
enum fz_err	 doc_ft_remove(struct writer *, int64_t rid, const char *entry)
		    MUST_CHECK;

#endif
