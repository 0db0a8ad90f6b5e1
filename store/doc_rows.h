/*
 * One document as rows: itself, its index entries, its full text.  Private to store/.
 *
 * Thread contract: as the writer given.
 */
#ifndef STORE_DOC_ROWS_H
#define STORE_DOC_ROWS_H

#include "store/doc_coll.h"

/*
 * Add, change or remove.  FZ_DS_DUPLICATE when a unique index or the id has it already,
 * FZ_LIMIT_EXCEEDED when it is too large, FZ_QUOTA_EXCEEDED.  The view of a new document
 * has everything but the rid, which is given to it; texts to be stored end with NUL.
 */
enum fz_err	 doc_rows_add(struct doc_write *, struct doc_view *) MUST_CHECK;
enum fz_err	 doc_rows_change(struct doc_write *, const struct doc_view *from,
		    const struct doc_view *to) MUST_CHECK;
enum fz_err	 doc_rows_remove(struct doc_write *, const struct doc_view *) MUST_CHECK;
/* Entries of a document in a new index, which is not in coll yet. */
enum fz_err	 doc_rows_unique(struct doc_write *, const struct doc_def *,
		    const struct doc_view *, const struct doc_keys *) MUST_CHECK;
enum fz_err	 doc_rows_flags(struct doc_write *, struct doc_def *, int flags)
		    MUST_CHECK;

#endif
