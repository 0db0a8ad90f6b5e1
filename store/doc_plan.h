/*
 * Which rows a query has to look at.  Private to store/.
 *
 * Thread contract: as the reader given; a plan lives in its arena.
 */
#ifndef STORE_DOC_PLAN_H
#define STORE_DOC_PLAN_H

#include "store/doc_coll.h"
#include "store/doc_query.h"

enum doc_how {
	DOC_BY_SCAN,		/* every document, in the order of creation */
	DOC_BY_ID,		/* these ids */
	DOC_BY_RANGES,		/* entries of indexes, in no order */
	DOC_BY_SORT,		/* one range of an index that is in the order asked for */
	DOC_BY_NOTHING,		/* no document can match */
};

/* lo <= key < hi, or the one key lo. */
struct doc_range {
	const struct doc_def *def;
	struct doc_key	 lo;
	struct doc_key	 hi;
	bool		 point;
};

struct doc_plan {
	enum doc_how	 how;
	const struct doc_cond *ids;	/* the term that names them */
	struct doc_range *range;
	size_t		 n;
	size_t		 fixed;		/* BY_SORT: bytes of lo before the sorted part */
	bool		 down;		/* BY_SORT: from the end */
	bool		 exact;		/* what it finds matches: no need to look */
};

/* Plans that tests may rule out. */
enum { DOC_PLAN_NO_INDEX = 1, DOC_PLAN_NO_SORT = 2, DOC_PLAN_NO_ID = 4 };

/* o NULL: order and limits do not matter. */
enum fz_err	 doc_plan_make(struct reader *, struct arena *, const struct doc_coll *,
		    const struct doc_query *, const struct doc_options *o, int without,
		    struct doc_plan *) MUST_CHECK;

#endif
