/*
 * The words of a text as full text search sees them: runs of letters, marks and digits in
 * their compatibility form, without case and accents; of Chinese and Japanese each
 * character.  Private to store/.
 *
 * Thread contract: pure functions; an iterator belongs to one thread.
 */
#ifndef STORE_DOC_WORDS_H
#define STORE_DOC_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define DOC_WORD_MAX 64		/* bytes; what is longer is cut */

struct doc_words {
	const char	*start;
	const char	*p;
	const char	*end;
	/* the word found last */
	size_t		 from;		/* bytes of the text */
	size_t		 to;
	size_t		 len;
	char		 word[DOC_WORD_MAX + 1];
};

/* UTF-8; what is not splits words. */
void	 doc_words_start(struct doc_words *, const char *, size_t);
bool	 doc_words_next(struct doc_words *);

#endif
