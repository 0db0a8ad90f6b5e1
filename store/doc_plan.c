/*
 * The planner reads what must hold for every match, the terms that are joined by AND at
 * the top, and tries each index with them: equal values for its first fields, then a
 * range, or the elements of an array.  If $or is all there is and each branch has its
 * index, the entries of all branches together will do.
 *
 * Few rules instead of statistics.  An id beats all, a full key of a unique index
 * everything else; among the others the entries are counted, up to COUNT_MAX, which costs
 * a tenth of what reading the documents would.  An index in the order that is asked for
 * wins over a filter when a limit lets it stop early: it will read about limit * all /
 * matches entries.
 *
 * Whatever is chosen, documents are judged by the matcher unless the keys say it all
 * (exact), so a wrong guess costs time and never changes a result.
 */
#include "store/doc_plan.h"

#include <string.h>

#include "store/doc_range.h"

#define COUNT_MAX 1000		/* entries, to compare two filters */
#define COUNT_MORE 8000		/* to compare a filter with a sort */
#define CHEAP 1000		/* documents that nobody would count entries for */
#define UNCOUNTED (-2)

static enum fz_err
count_entries(const struct doc_planner *p, struct doc_candidate *c, int64_t most)
{
	enum fz_err err = FZ_OK;
	int64_t n;

	c->cost = 0;
	for (size_t i = 0; err == FZ_OK && i < c->n && c->cost < most; i++) {
		err = sql_get_int(p->rd, &n, "SELECT count(*) FROM (SELECT 1 FROM dx"
		    " WHERE def=?1 AND key>=?2 AND key<?3 LIMIT ?4)", "ibbi",
		    c->range[i].def->id, c->range[i].lo.p, c->range[i].lo.len,
		    c->range[i].hi.p, c->range[i].hi.len, most - c->cost);
		if (err == FZ_OK)
			c->cost += n;
	}
	return err;
}

/*
 * Entries of one key come newest first and all match: what a limit takes is all there is
 * to do.
 */
static bool
stops_early(const struct doc_planner *p, const struct doc_candidate *c)
{
	return c->exact && c->n == 1 && c->range->point && p->o != NULL &&
	    p->o->nsort == 0 && p->o->limit >= 0 && p->o->limit < CHEAP &&
	    p->o->offset < CHEAP;
}

/* The better of what was found so far and this one; *best NULL = nothing yet. */
static enum fz_err
keep_better(const struct doc_planner *p, struct doc_candidate **best,
    struct doc_candidate *c)
{
	struct doc_candidate *copy;
	enum fz_err err = FZ_OK;

	if (c->nothing || c->unique || stops_early(p, c))
		c->cost = c->nothing || !c->unique ? -1 : (int64_t)c->n;
	else if (*best != NULL && (*best)->cost != -1)
		err = count_entries(p, c, COUNT_MAX);
	else if (*best != NULL)
		return FZ_OK;
	else
		c->cost = UNCOUNTED;		/* not counted as long as it is alone */
	if (err == FZ_OK && *best != NULL && (*best)->cost == UNCOUNTED && c->cost >= 0)
		err = count_entries(p, *best, COUNT_MAX);
	if (err != FZ_OK ||
	    (*best != NULL && (*best)->cost != UNCOUNTED && (*best)->cost <= c->cost))
		return err;
	copy = arena_alloc(p->arena, sizeof(*copy));
	*copy = *c;
	*best = copy;
	return FZ_OK;
}

static enum fz_err
best_filter(const struct doc_planner *p, const struct doc_conds *cs,
    struct doc_candidate **best)
{
	struct doc_candidate c;
	enum fz_err err = FZ_OK;

	for (size_t i = 0; err == FZ_OK && i < p->coll->ndefs; i++) {
		const struct doc_def *def = &p->coll->def[i];

		if (doc_range_values(p, cs, def, &c))
			err = keep_better(p, best, &c);
		if (err == FZ_OK && doc_range_elements(p, cs, def, &c))
			err = keep_better(p, best, &c);
	}
	return err;
}

static enum fz_err
try_branches(const struct doc_planner *p, const struct doc_cond *any,
    struct doc_candidate *out, bool *usable)
{
	struct doc_range *v = arena_alloc(p->arena, DOC_RANGES_MAX * sizeof(*v));
	struct doc_candidate *best;
	size_t n = 0;
	enum fz_err err;

	*usable = false;
	for (const struct doc_cond *c = any->first; c != NULL; c = c->next) {
		struct doc_conds *cs = arena_alloc(p->arena, sizeof(*cs));

		best = NULL;
		doc_range_conds(c, cs);
		err = best_filter(p, cs, &best);
		if (err != FZ_OK)
			return err;
		if (best == NULL || n + best->n > DOC_RANGES_MAX)
			return FZ_OK;
		memcpy(v + n, best->range, best->n * sizeof(*v));
		n += best->n;
	}
	*out = (struct doc_candidate){ .range = v, .n = n, .nothing = n == 0 };
	*usable = true;
	return FZ_OK;
}

/* The first $or at the top whose branches all have an index. */
static enum fz_err
best_union(const struct doc_planner *p, const struct doc_conds *cs,
    struct doc_candidate **best)
{
	bool usable = false;
	struct doc_candidate c;
	enum fz_err err = FZ_OK;

	for (size_t i = 0; err == FZ_OK && !usable && i < cs->n; i++) {
		if (cs->v[i]->kind != DOC_ANY)
			continue;
		err = try_branches(p, cs->v[i], &c, &usable);
		if (err == FZ_OK && usable)
			err = keep_better(p, best, &c);
	}
	return err;
}

static bool
best_sort(const struct doc_planner *p, const struct doc_conds *cs,
    struct doc_candidate *best)
{
	struct doc_candidate c;
	bool found = false;

	for (size_t i = 0; i < p->coll->ndefs; i++) {
		if (!doc_range_sort(p, cs, &p->coll->def[i], &c))
			continue;
		if (!found || (c.exact && !best->exact) ||
		    (c.exact == best->exact && c.fixed > best->fixed))
			*best = c;
		found = true;
	}
	return found;
}

/* Will walking in order end before the filter is through? */
static enum fz_err
order_wins(const struct doc_planner *p, const struct doc_candidate *sort,
    struct doc_candidate *filter, bool *wins)
{
	double rows = p->o->limit >= 0 ? (double)(p->o->limit + p->o->offset) :
	    (double)DOC_ROWS_MAX, all = (double)p->coll->count;
	enum fz_err err;

	*wins = sort->exact || (filter == NULL && p->o->limit >= 0);
	if (filter == NULL || sort->exact)
		return FZ_OK;
	if (filter->cost == UNCOUNTED || filter->cost >= COUNT_MAX) {
		err = count_entries(p, filter, COUNT_MORE);
		if (err != FZ_OK)
			return err;
	}
	*wins = filter->cost > 0 &&
	    rows * all / (double)filter->cost < (double)filter->cost;
	return FZ_OK;
}

/*
 * $contains of a text looks through all strings as well; where there are only arrays, the
 * elements say it all.
 */
static enum fz_err
drop_strings(const struct doc_planner *p, struct doc_candidate *c)
{
	struct doc_candidate strings;
	enum fz_err err;

	if (!c->elements)
		return FZ_OK;
	strings = (struct doc_candidate){ .range = c->range + 1, .n = 1 };
	err = count_entries(p, &strings, 1);
	if (err == FZ_OK && strings.cost == 0) {
		c->n = 1;
		c->exact = c->whole;
	}
	return err;
}

static bool
by_id(const struct doc_planner *p, const struct doc_conds *cs, struct doc_plan *out)
{
	for (size_t i = 0; i < cs->n; i++) {
		const struct doc_cond *c = cs->v[i];

		if (c->kind != DOC_TERM || (c->op != DOC_EQ && c->op != DOC_IN) ||
		    p->q->path[c->path].special != DOC_ID ||
		    p->q->path[c->path].n != 1)
			continue;
		*out = (struct doc_plan){ .how = DOC_BY_ID, .ids = c,
			.exact = cs->n == 1 && cs->all };
		return true;
	}
	return false;
}

static void
by_filter(struct doc_candidate *c, struct doc_plan *out)
{
	*out = (struct doc_plan){ .how = c->nothing ? DOC_BY_NOTHING : DOC_BY_RANGES,
		.range = c->range, .n = c->n, .exact = c->exact };
}

enum fz_err
doc_plan_make(struct reader *rd, struct arena *a, const struct doc_coll *coll,
    const struct doc_query *q, const struct doc_options *o, int without,
    struct doc_plan *out)
{
	struct doc_planner p = { rd, a, coll, q, o };
	struct doc_conds *cs = arena_alloc(a, sizeof(*cs));
	struct doc_candidate *filter = NULL, sort = { 0 };
	bool ordered = false, sorted = false;
	enum fz_err err = FZ_OK;

	cs->all = true;
	doc_range_conds(q->root, cs);
	if (!(without & DOC_PLAN_NO_ID) && by_id(&p, cs, out))
		return FZ_OK;
	if (!(without & DOC_PLAN_NO_SORT) && o != NULL && o->nsort > 0)
		sorted = best_sort(&p, cs, &sort);
	if (!(without & DOC_PLAN_NO_INDEX) && !(sorted && sort.exact)) {
		err = best_filter(&p, cs, &filter);
		if (err == FZ_OK && filter == NULL)
			err = best_union(&p, cs, &filter);
	}
	if (err == FZ_OK && sorted)
		err = order_wins(&p, &sort, filter, &ordered);
	if (err == FZ_OK && filter != NULL && !ordered)
		err = drop_strings(&p, filter);
	if (err != FZ_OK)
		return err;
	*out = (struct doc_plan){ .how = DOC_BY_SCAN, .exact = cs->n == 0 && cs->all };
	if (ordered)
		*out = (struct doc_plan){ .how = DOC_BY_SORT, .range = sort.range,
			.n = 1, .fixed = sort.fixed, .down = sort.down,
			.exact = sort.exact };
	else if (filter != NULL)
		by_filter(filter, out);
	return FZ_OK;
}
