/*
 * Ranges of an index that hold all matches of some conditions: the planner's material.
 * Private to store/.
 *
 * Thread contract: pure functions; results live in the planner's arena.
 */
#ifndef STORE_DOC_RANGE_H
#define STORE_DOC_RANGE_H

#include "store/doc_plan.h"

#define DOC_CONDS_MAX 256
#define DOC_RANGES_MAX DOC_IN_MAX

struct doc_planner {
	struct reader		*rd;
	struct arena		*arena;
	const struct doc_coll	*coll;
	const struct doc_query	*q;
	const struct doc_options *o;
};

/* Conditions that must all hold. */
struct doc_conds {
	const struct doc_cond	*v[DOC_CONDS_MAX];
	size_t			 n;
	bool			 all;		/* none was left out */
};

/* A plan in the making. */
struct doc_candidate {
	struct doc_range	*range;
	size_t			 n;
	size_t			 fixed;		/* bytes before the sorted part */
	bool			 exact;
	bool			 unique;	/* at most one document a range */
	bool			 nothing;	/* no document can match */
	bool			 down;
	bool			 elements;	/* of arrays; range[1]: all strings */
	bool			 whole;		/* and exact if there is no string */
	int64_t			 cost;		/* entries; the planner's */
};

/* Add what must hold for `all` to hold. */
void	 doc_range_conds(const struct doc_cond *all, struct doc_conds *);
/* Equal values of the first fields and then a range. */
bool	 doc_range_values(const struct doc_planner *, const struct doc_conds *,
	     const struct doc_def *, struct doc_candidate *);
/* $contains, by the elements of arrays. */
bool	 doc_range_elements(const struct doc_planner *, const struct doc_conds *,
	     const struct doc_def *, struct doc_candidate *);
/* One range in the order of the options. */
bool	 doc_range_sort(const struct doc_planner *, const struct doc_conds *,
	     const struct doc_def *, struct doc_candidate *);

#endif
