/*
 * Keys whose bytes sort like values: what indexes, sorting and cursors are made of.
 * Private to store/.
 *
 *	null, missing	10
 *	number, bool	20, then the double in 8 bytes, sign turned
 *	string		30, its bytes with 00 as 00 ff, then 00 01; cut: 00 02
 *	object		40, then a hash in 8 bytes
 *	array		50, then a hash in 8 bytes
 *
 * No part is the beginning of another, so several behind each other sort by the first,
 * then by the second; turning all bits of a part turns its order.
 *
 * An index entry is DOC_KEY_VALUE and the parts of its fields, or, for an index of one
 * field, DOC_KEY_ELEMENT and the part of one element of an array.
 *
 * Thread contract: pure functions.
 */
#ifndef STORE_DOC_KEY_H
#define STORE_DOC_KEY_H

#include "base/buf.h"
#include "store/doc.h"
#include "store/doc_span.h"
#include "store/doc_view.h"

#define DOC_KEY_VALUE 1
#define DOC_KEY_ELEMENT 2
#define DOC_KEY_STRING 0x30
#define DOC_KEY_NUMBER 0x20
#define DOC_KEY_CUT 160			/* bytes of a string in an index */
#define DOC_KEY_ELEMENTS 1000		/* of an array; a longer one is left out */

enum {
	DOC_KEY_EXACT = 0,
	DOC_KEY_SHORT = 1,	/* some value is cut: equal keys have no order */
	DOC_KEY_MANY = 2,	/* some array is too long: its elements are missing */
	DOC_KEY_HASHED = 4,	/* equal keys may be unequal values */
};

/*
 * Append the part of a value; cut 0 = the whole string.  Returns DOC_KEY_SHORT if it was
 * cut, DOC_KEY_HASHED for objects and arrays.
 */
int	 doc_key_part(struct buf *, struct doc_span *, size_t cut);
/* The beginning of all strings that begin with this text. */
int	 doc_key_prefix(struct buf *, const char *, size_t, size_t cut);
/* Turn all bits from here on: descending. */
void	 doc_key_turn(struct buf *, size_t from);
/* The first key behind all that begin with this one. */
void	 doc_key_after(struct buf *);

/* One index of a collection. */
struct doc_def {
	int64_t		 id;
	const char	*name;
	const char	*fields;	/* "a,b.c" */
	bool		 unique;
	int		 flags;		/* DOC_KEY_SHORT, DOC_KEY_MANY of some entry */
	unsigned	 n;
	struct doc_path	 path[DOC_INDEX_FIELDS_MAX];
};

struct doc_key {
	const unsigned char *p;
	size_t		 len;
};
/* The entries of one document, sorted, each once; the first is the value's. */
struct doc_keys {
	struct doc_key	*v;
	size_t		 n;
	int		 flags;
	bool		 null;		/* some field is null: unique does not apply */
};
void	 doc_keys_of(struct arena *, const struct doc_def *, const struct doc_view *,
	     struct doc_keys *);
int	 doc_key_order(const struct doc_key *, const struct doc_key *);

#endif
