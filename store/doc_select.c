/*
 * Four ways lead to the documents (doc_plan.h), and what they find goes through one gate:
 * visit() skips what the offset says, judges what is not sure, and hands the rest out
 * until the limit.  A document is read only when somebody needs it: entries of an exact
 * plan that an offset skips cost a step in the index.
 *
 * Where the order of finding is not the order asked for, numbers are gathered first and
 * sorted, or the parts of a sort (doc_sort.h).
 *
 * Ties of a sort are in the order of creation that `order` asks for.  When an index runs
 * the other way, equal keys are held back until the key changes and come out turned.
 */
#include "store/doc_select.h"

#include <stdlib.h>
#include <string.h>

#include "store/doc_cursor.h"
#include "store/doc_sort.h"
#include "store/rows.h"

#define GATHER_MAX 4000000		/* numbers, 32 MB */
#define KEY_ROOM (4UL * 1024 * 1024)

static bool
up(const struct doc_select *s)
{
	return s->o != NULL && s->o->up;
}

/* --- the gate --- */

static enum fz_err
hand_out(struct doc_select *s, const struct doc_view *v)
{
	if (s->skip > 0) {
		s->skip--;
		return FZ_OK;
	}
	if (s->n == s->limit) {
		s->more = s->done = true;
		return FZ_OK;
	}
	s->n++;
	s->last = v->rid;
	return s->emit(s->arg, v);
}

static enum fz_err
visit_view(struct doc_select *s, const struct doc_view *v)
{
	enum fz_err err = doc_time_check(s->time);

	if (err != FZ_OK || (!s->sure && !doc_query_match(s->q, v)))
		return err;
	return hand_out(s, v);
}

static enum fz_err
visit(struct doc_select *s, int64_t n)
{
	struct doc_view v = { .rid = DOC_RID(s->coll->id, n) };
	struct sql *row;
	enum fz_err err, end;

	if (s->sure && (s->rids_only || s->skip > 0 || s->n == s->limit)) {
		err = doc_time_check(s->time);
		return err == FZ_OK ? hand_out(s, &v) : err;
	}
	err = doc_view_read(s->rd, v.rid, &row, &v);
	if (err == FZ_OK)
		err = visit_view(s, &v);
	end = sql_close(row);
	/* An entry without its document is damage, but not the reader's problem. */
	return err == FZ_OK || err == FZ_NOT_FOUND ? end : err;
}

/* --- every document --- */

static enum fz_err
scan_rows(struct doc_select *s, struct sql *row)
{
	struct doc_view v;
	enum fz_err err;

	for (err = sql_row(row); err == FZ_OK && !s->done; err = sql_row(row)) {
		doc_view_row(row, &v);
		err = visit_view(s, &v);
		if (err != FZ_OK)
			break;
	}
	return rows_end(err, sql_close(row));
}

static enum fz_err
scan(struct doc_select *s)
{
	int64_t from = DOC_RID(s->coll->id, 0), to = DOC_RID(s->coll->id, DOC_NUMBER_MAX);

	if (s->resumed && up(s))
		from += s->after_n;
	else if (s->resumed)
		to = DOC_RID(s->coll->id, s->after_n - 1);
	if (up(s))
		return scan_rows(s, sql_open(s->rd, "SELECT " DOC_VIEW_COLUMNS " FROM doc"
		    " WHERE rid>?1 AND rid<=?2 ORDER BY rid", "ii", from, to));
	return scan_rows(s, sql_open(s->rd, "SELECT " DOC_VIEW_COLUMNS " FROM doc"
	    " WHERE rid>?1 AND rid<=?2 ORDER BY rid DESC", "ii", from, to));
}

/* --- numbers, gathered and sorted --- */

struct numbers {
	int64_t	*v;
	size_t	 n;
	size_t	 cap;
};

static bool
number_add(struct numbers *l, int64_t n)
{
	if (l->n == l->cap) {
		l->cap = l->cap > 0 ? l->cap * 2 : 256;
		l->v = xreallocarray(l->v, l->cap, sizeof(*l->v));
	}
	l->v[l->n++] = n;
	return l->n <= GATHER_MAX;
}

static int
by_number(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static void
numbers_sort(struct numbers *l)
{
	size_t last = 0;

	if (l->n == 0)
		return;
	qsort(l->v, l->n, sizeof(*l->v), by_number);
	for (size_t i = 1; i < l->n; i++)
		if (l->v[i] != l->v[last])
			l->v[++last] = l->v[i];
	l->n = last + 1;
}

static enum fz_err
visit_numbers(struct doc_select *s, const struct numbers *l)
{
	enum fz_err err = FZ_OK;

	for (size_t i = 0; err == FZ_OK && !s->done && i < l->n; i++) {
		int64_t n = up(s) ? l->v[i] : l->v[l->n - 1 - i];

		if (!s->resumed || (up(s) ? n > s->after_n : n < s->after_n))
			err = visit(s, n);
	}
	return err;
}

static enum fz_err
gather_ids(struct doc_select *s, struct numbers *l)
{
	const struct doc_cond *ids = s->plan->ids;
	enum fz_err err = FZ_OK;

	for (size_t i = 0; err == FZ_OK && i < ids->nvalues; i++) {
		const struct doc_span *v = &ids->value[i];
		int64_t rid;

		if (v->type != DOC_STRING)
			continue;
		err = sql_get_int(s->rd, &rid, "SELECT rid FROM doc WHERE collection=?1"
		    " AND id=?2", "it", s->coll->id,
		    arena_strndup(s->arena, v->p, v->len));
		if (err == FZ_OK)
			(void)number_add(l, rid & DOC_NUMBER_MAX);
		else if (err == FZ_NOT_FOUND)
			err = FZ_OK;
	}
	return err;
}

static struct sql *
open_range(struct doc_select *s, const struct doc_range *r)
{
	return sql_open(s->rd, "SELECT n FROM dx WHERE def=?1 AND key>=?2 AND key<?3",
	    "ibb", r->def->id, r->lo.p, r->lo.len, r->hi.p, r->hi.len);
}

/* FZ_LIMIT_EXCEEDED when there are too many: then a scan is no worse. */
static enum fz_err
gather_ranges(struct doc_select *s, struct numbers *l)
{
	enum fz_err err = FZ_OK;

	for (size_t i = 0; err == FZ_OK && i < s->plan->n; i++) {
		struct sql *row = open_range(s, &s->plan->range[i]);

		for (err = sql_row(row); err == FZ_OK; err = sql_row(row)) {
			if (!number_add(l, sql_int(row, 0)))
				err = FZ_LIMIT_EXCEEDED;
			if (err == FZ_OK)
				err = doc_time_check(s->time);
			if (err != FZ_OK)
				break;
		}
		err = rows_end(err, sql_close(row));
	}
	return err;
}

static enum fz_err
by_numbers(struct doc_select *s)
{
	struct numbers l = { 0 };
	enum fz_err err;

	if (s->plan->how == DOC_BY_ID)
		err = gather_ids(s, &l);
	else
		err = gather_ranges(s, &l);
	if (err == FZ_OK) {
		numbers_sort(&l);
		err = visit_numbers(s, &l);
	}
	free(l.v);
	if (err == FZ_LIMIT_EXCEEDED && s->n == 0 && l.n > GATHER_MAX) {
		s->sure = false;
		err = scan(s);
	}
	return err;
}

/* Entries of one key are in the order of creation: no need to gather. */
static enum fz_err
by_point(struct doc_select *s, const struct doc_range *r)
{
	int64_t end = up(s) ? 0 : DOC_NUMBER_MAX + 1;
	struct sql *row;
	enum fz_err err;

	if (s->resumed)
		end = s->after_n;
	if (up(s))
		row = sql_open(s->rd, "SELECT n FROM dx WHERE def=?1 AND key=?2 AND n>?3"
		    " ORDER BY n", "ibi", r->def->id, r->lo.p, r->lo.len, end);
	else
		row = sql_open(s->rd, "SELECT n FROM dx WHERE def=?1 AND key=?2 AND n<?3"
		    " ORDER BY n DESC", "ibi", r->def->id, r->lo.p, r->lo.len, end);
	for (err = sql_row(row); err == FZ_OK && !s->done; err = sql_row(row)) {
		err = visit(s, sql_int(row, 0));
		if (err != FZ_OK)
			break;
	}
	return rows_end(err, sql_close(row));
}

/* --- an index in order --- */

/* Where the walk begins: behind the key of a cursor, or before it if its ties go on. */
static struct doc_range
resumed_range(struct doc_select *s)
{
	struct doc_range r = s->plan->range[0];
	struct doc_key k = { .len = s->plan->fixed + s->after.len };
	unsigned char *p;
	struct buf b;

	if (!s->resumed)
		return r;
	k.p = p = arena_alloc(s->arena, k.len);
	memcpy(p, r.lo.p, s->plan->fixed);
	for (size_t i = 0; i < s->after.len; i++)
		p[s->plan->fixed + i] = (unsigned char)
		    (s->plan->down ? ~s->after.p[i] : s->after.p[i]);
	if (!s->plan->down) {
		if (doc_key_order(&r.lo, &k) < 0)
			r.lo = k;
		return r;
	}
	buf_init(&b, KEY_ROOM);
	(void)buf_add(&b, k.p, k.len);
	doc_key_after(&b);
	k = (struct doc_key){ memcpy(arena_alloc(s->arena, b.len), b.data, b.len),
		b.len };
	buf_fini(&b);
	if (doc_key_order(&r.hi, &k) > 0)
		r.hi = k;
	return r;
}

static struct sql *
open_walk(struct doc_select *s, const struct doc_range *r)
{
	if (s->plan->down)
		return sql_open(s->rd, "SELECT n,key FROM dx WHERE def=?1 AND key>=?2"
		    " AND key<?3 ORDER BY key DESC,n DESC", "ibb", r->def->id, r->lo.p,
		    r->lo.len, r->hi.p, r->hi.len);
	return sql_open(s->rd, "SELECT n,key FROM dx WHERE def=?1 AND key>=?2"
	    " AND key<?3 ORDER BY key,n", "ibb", r->def->id, r->lo.p, r->lo.len, r->hi.p,
	    r->hi.len);
}

struct walk {
	struct doc_select *s;
	struct buf	 key;		/* of the group */
	struct numbers	 group;		/* held back until its key ends */
	bool		 tied;		/* the group's key is the cursor's */
};

/* Equal keys came in the index's order; they leave in the one asked for. */
static enum fz_err
group_out(struct walk *w)
{
	struct doc_select *s = w->s;
	enum fz_err err = FZ_OK;

	for (size_t i = w->group.n; err == FZ_OK && !s->done && i > 0; i--) {
		int64_t n = w->group.v[i - 1];

		if (!w->tied || (up(s) ? n > s->after_n : n < s->after_n))
			err = visit(s, n);
	}
	w->group.n = 0;
	return err;
}

static bool
key_tied(const struct doc_select *s, const void *key, size_t len)
{
	const unsigned char *p = key;
	size_t fixed = s->plan->fixed;

	if (!s->resumed || len != fixed + s->after.len)
		return false;
	for (size_t i = 0; i < s->after.len; i++) {
		unsigned char c = s->after.p[i];

		if (p[fixed + i] != (s->plan->down ? (unsigned char)~c : c))
			return false;
	}
	return true;
}

static enum fz_err
walk_entry(struct walk *w, struct sql *row)
{
	struct doc_select *s = w->s;
	int64_t n = sql_int(row, 0);
	enum fz_err err = FZ_OK;
	const void *key;
	size_t len;

	key = sql_blob(row, 1, &len);
	if (len != w->key.len || memcmp(key, w->key.data, len) != 0) {
		err = group_out(w);
		buf_reset(&w->key);
		(void)buf_add(&w->key, key, len);
		w->tied = key_tied(s, key, len);
	}
	if (err != FZ_OK || s->done)
		return err;
	/* The index runs down when the plan does; n runs with it. */
	if (s->plan->down == up(s))
		return number_add(&w->group, n) ? doc_time_check(s->time) :
		    FZ_LIMIT_EXCEEDED;
	if (w->tied && (up(s) ? n <= s->after_n : n >= s->after_n))
		return doc_time_check(s->time);
	return visit(s, n);
}

static enum fz_err
by_sort(struct doc_select *s)
{
	struct doc_range r = resumed_range(s);
	struct sql *row = open_walk(s, &r);
	struct walk w = { .s = s };
	enum fz_err err;

	buf_init(&w.key, KEY_ROOM);
	for (err = sql_row(row); err == FZ_OK && !s->done; err = sql_row(row)) {
		err = walk_entry(&w, row);
		if (err != FZ_OK)
			break;
	}
	err = rows_end(err, sql_close(row));
	if (err == FZ_OK)
		err = group_out(&w);
	free(w.group.v);
	buf_fini(&w.key);
	return err;
}

/* --- a sort without an index --- */

static enum fz_err
by_plan(struct doc_select *s)
{
	switch (s->plan->how) {
	case DOC_BY_NOTHING:
		return FZ_OK;
	case DOC_BY_SCAN:
		return scan(s);
	case DOC_BY_SORT:
		return by_sort(s);
	default:
		break;
	}
	if (s->plan->how == DOC_BY_RANGES && s->plan->n == 1 && s->plan->range[0].point)
		return by_point(s, &s->plan->range[0]);
	return by_numbers(s);
}

static enum fz_err
sorted_emit(void *arg, const struct doc_view *v)
{
	return doc_sort_add(arg, v);
}

static enum fz_err
run_sorted(struct doc_select *s, struct why *why)
{
	struct doc_select all = *s;
	struct doc_sorting *so;
	enum fz_err err = FZ_OK;
	size_t n;

	so = doc_sort_new(s->o, (uint64_t)s->skip + 1 + (uint64_t)s->limit);
	if (s->resumed)
		doc_sort_after(so, s->after, s->after_n);
	all.emit = sorted_emit;
	all.arg = so;
	all.limit = INT64_MAX;
	all.skip = 0;
	all.resumed = all.rids_only = false;
	err = by_plan(&all);
	if (err == FZ_LIMIT_EXCEEDED)
		(void)why_set(why, err, "too much to sort: use a limit or an index");
	n = doc_sort_end(so);
	s->sure = true;
	for (size_t i = 0; err == FZ_OK && !s->done && i < n; i++)
		err = visit(s, doc_sort_get(so, i));
	doc_sort_free(so);
	return err;
}

enum fz_err
doc_select_run(struct doc_select *s, struct why *why)
{
	s->skip = s->o != NULL ? s->o->offset : 0;
	s->sure = s->plan->exact;
	if (s->o != NULL && s->o->after != NULL) {
		if (!doc_cursor_parse(s->arena, s->coll, s->q, s->o, s->o->after,
		    &s->after_n, &s->after))
			return why_set(why, FZ_DS_BAD_QUERY, "after is not a cursor of "
			    "this query and sort");
		s->resumed = true;
	}
	if (s->o != NULL && s->o->nsort > 0 && s->plan->how != DOC_BY_SORT)
		return run_sorted(s, why);
	return by_plan(s);
}

enum fz_err
doc_select_cursor(struct doc_select *s, const char **out)
{
	struct doc_key k = { .p = (const unsigned char *)"" };
	struct doc_view v;
	struct sql *row;
	enum fz_err err, end;
	struct buf b;

	buf_init(&b, KEY_ROOM);
	err = doc_view_read(s->rd, s->last, &row, &v);
	if (err == FZ_OK && s->o->nsort > 0) {
		doc_sort_part(s->o, &v, &b);
		k = (struct doc_key){ (unsigned char *)b.data, b.len };
	}
	end = sql_close(row);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*out = doc_cursor_print(s->arena, s->coll, s->q, s->o,
		    s->last & DOC_NUMBER_MAX, &k);
	buf_fini(&b);
	return err;
}
