/*
 * A place in the result of a query, as a text that a client hands back.  Private to
 * store/.
 *
 * Thread contract: pure functions.
 */
#ifndef STORE_DOC_CURSOR_H
#define STORE_DOC_CURSOR_H

#include "store/doc_coll.h"
#include "store/doc_query.h"

/* Behind the document number n with these sort parts. */
const char	*doc_cursor_print(struct arena *, const struct doc_coll *,
		    const struct doc_query *, const struct doc_options *, int64_t n,
		    const struct doc_key *);
/* False for anything but a cursor of the same collection, query and sort. */
bool		 doc_cursor_parse(struct arena *, const struct doc_coll *,
		    const struct doc_query *, const struct doc_options *, const char *,
		    int64_t *n, struct doc_key *);

#endif
