/*
 * Sorting documents that come in any order.  Private to store/.
 *
 * Thread contract: one thread.
 */
#ifndef STORE_DOC_SORT_H
#define STORE_DOC_SORT_H

#include "store/doc_key.h"
#include "store/doc_query.h"

struct doc_sorting;

/* Only the first `keep` in order matter; the options say the order and stay. */
struct doc_sorting *doc_sort_new(const struct doc_options *, uint64_t keep);
void		 doc_sort_free(struct doc_sorting *);
/* Leave out what comes up to this place; the key is borrowed. */
void		 doc_sort_after(struct doc_sorting *, struct doc_key, int64_t n);
/* FZ_LIMIT_EXCEEDED when the parts held are too large together. */
enum fz_err	 doc_sort_add(struct doc_sorting *, const struct doc_view *) MUST_CHECK;
/* All are in: how many, and the number of the i-th. */
size_t		 doc_sort_end(struct doc_sorting *);
int64_t		 doc_sort_get(const struct doc_sorting *, size_t i);
/* The sort parts of a document, in place of what was in the buffer. */
void		 doc_sort_part(const struct doc_options *, const struct doc_view *,
		    struct buf *);

#endif
