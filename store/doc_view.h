/*
 * A stored document: its row, its fields by path, and the object that answers show, with
 * id, _createdAt and _updatedAt.  Private to store/.
 *
 * Thread contract: pure functions; a view borrows what its row lends.
 */
#ifndef STORE_DOC_VIEW_H
#define STORE_DOC_VIEW_H

#include "base/buf.h"
#include "store/doc_span.h"
#include "store/sql.h"

/* A document's number: its collection above, its place in the order of creation below. */
#define DOC_NUMBER_BITS 36
#define DOC_NUMBER_MAX ((INT64_C(1) << DOC_NUMBER_BITS) - 1)
#define DOC_RID(collection, n) ((int64_t)(collection) << DOC_NUMBER_BITS | (n))

struct doc_view {
	int64_t		 rid;
	const char	*id;		/* canonical body */
	size_t		 id_len;
	const char	*json;
	size_t		 len;
	int64_t		 created;
	int64_t		 updated;
};

#define DOC_VIEW_COLUMNS "rid,id,data,created,updated"
/* From the first five columns; until the next row. */
void		 doc_view_row(struct sql *, struct doc_view *);
/* FZ_NOT_FOUND.  Borrowed until the statement in *s is closed, which the caller does
 * in every case. */
enum fz_err	 doc_view_read(struct reader *, int64_t rid, struct sql **s,
		    struct doc_view *);
/* The text, taken for the object it is. */
struct doc_span	 doc_view_object(const struct doc_view *);
struct doc_span	 doc_view_field(const struct doc_view *, const struct doc_path *);

/* Which members an answer has. */
struct doc_fields {
	size_t		 n;		/* 0 = all */
	bool		 without;	/* all but these */
	struct doc_path	*path;
};
/* Append the object; fields may be NULL. */
void		 doc_view_print(struct buf *, const struct doc_view *,
		    const struct doc_fields *);

#endif
