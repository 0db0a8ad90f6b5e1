/*
 * The documents of a query, one after the other and in order, by whatever plan.  Private
 * to store/.
 *
 * Thread contract: as the reader given.
 */
#ifndef STORE_DOC_SELECT_H
#define STORE_DOC_SELECT_H

#include "store/doc_coll.h"
#include "store/doc_plan.h"

struct doc_select {
	/* set by the caller */
	struct reader	*rd;
	struct arena	*arena;
	struct doc_time	*time;
	const struct doc_coll *coll;
	const struct doc_query *q;
	const struct doc_options *o;	/* sort, order, offset, after */
	const struct doc_plan *plan;
	int64_t		 limit;		/* documents at most */
	/*
	 * Called for each: FZ_OK to go on.  With rids_only the view may have its rid
	 * alone.
	 */
	enum fz_err	(*emit)(void *, const struct doc_view *);
	void		*arg;
	bool		 rids_only;
	/* results */
	int64_t		 n;		/* documents emitted */
	bool		 more;		/* there was at least one more */
	/* its own */
	bool		 sure;		/* what comes is known to match */
	bool		 done;
	int64_t		 skip;
	int64_t		 last;		/* rid of the last one emitted */
	bool		 resumed;	/* go on behind what follows */
	int64_t		 after_n;
	struct doc_key	 after;		/* the sorted part */
};

/* FZ_DS_BAD_QUERY for a cursor of something else, FZ_LIMIT_EXCEEDED when there is too
 * much to sort. */
enum fz_err	 doc_select_run(struct doc_select *, struct why *) MUST_CHECK;
/* Where the last one emitted stands, as a text for the option `after`. */
enum fz_err	 doc_select_cursor(struct doc_select *, const char **) MUST_CHECK;

#endif
