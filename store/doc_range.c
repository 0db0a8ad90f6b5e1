/*
 * From conditions to ranges of keys: for one index, what equal values of its first fields
 * and comparisons of the next one leave of it.  A range may hold more than what matches
 * and never less.
 *
 * exact is worked out here too, and carefully: every condition must be one that went into
 * the key, and no part of the key may say less than the value.
 */
#include "store/doc_range.h"

#include <stdlib.h>
#include <string.h>

#define KEY_ROOM (1UL << 20)

/* --- conditions --- */

void
doc_range_conds(const struct doc_cond *all, struct doc_conds *out)
{
	for (const struct doc_cond *c = all->first; c != NULL; c = c->next) {
		if (c->kind == DOC_ALL)
			doc_range_conds(c, out);
		else if (out->n < DOC_CONDS_MAX)
			out->v[out->n++] = c;
		else
			out->all = false;
	}
}

static bool
on_path(const struct doc_planner *p, const struct doc_cond *c,
    const struct doc_path *path)
{
	return c->kind == DOC_TERM && strcmp(p->q->path[c->path].text, path->text) == 0;
}

/* The term that fixes a field to one value, or with `many` to some. */
static const struct doc_cond *
equality(const struct doc_planner *p, const struct doc_conds *cs,
    const struct doc_path *path, bool many)
{
	const struct doc_cond *found = NULL;

	for (size_t i = 0; i < cs->n; i++) {
		const struct doc_cond *c = cs->v[i];

		if (!on_path(p, c, path))
			continue;
		if (c->op == DOC_EQ || (c->op == DOC_EXISTS && !c->flag))
			return c;
		if (many && c->op == DOC_IN)
			found = c;
	}
	return found;
}

/* --- keys --- */

static struct doc_key
key_dup(struct arena *a, const void *p, size_t len)
{
	struct doc_key k = { .p = memcpy(arena_alloc(a, len), p, len), .len = len };

	return k;
}

static struct doc_key
key_after(struct arena *a, struct doc_key k)
{
	struct buf b;

	buf_init(&b, KEY_ROOM);
	(void)buf_add(&b, k.p, k.len);
	doc_key_after(&b);
	k = key_dup(a, b.data, b.len);
	buf_fini(&b);
	return k;
}

static struct doc_key
key_join(struct arena *a, struct doc_key k, struct doc_span *v, int *flags)
{
	struct doc_span none = { .type = DOC_NULL };
	struct buf b;

	buf_init(&b, KEY_ROOM);
	(void)buf_add(&b, k.p, k.len);
	*flags |= doc_key_part(&b, v != NULL ? v : &none, DOC_KEY_CUT);
	k = key_dup(a, b.data, b.len);
	buf_fini(&b);
	return k;
}

static struct doc_key
key_byte(struct arena *a, struct doc_key k, unsigned char c)
{
	unsigned char *p = arena_alloc(a, k.len + 1);

	memcpy(p, k.p, k.len);
	p[k.len] = c;
	return (struct doc_key){ p, k.len + 1 };
}

static int
by_lo(const void *x, const void *y)
{
	const struct doc_range *a = x, *b = y;

	return doc_key_order(&a->lo, &b->lo);
}

/* Values of $in that are equal, as 1 and true, give one range. */
static void
drop_doubles(struct doc_candidate *c)
{
	size_t last = 0;

	if (c->n == 0)
		return;
	qsort(c->range, c->n, sizeof(*c->range), by_lo);
	for (size_t i = 1; i < c->n; i++)
		if (by_lo(&c->range[last], &c->range[i]) != 0)
			c->range[++last] = c->range[i];
	c->n = last + 1;
}

/* --- equal values --- */

/* Every range grows by the part of every value of the term. */
static bool
grow(const struct doc_planner *p, struct doc_candidate *c, const struct doc_cond *term)
{
	size_t values = term->op == DOC_EXISTS ? 1 : term->nvalues, n = 0;
	struct doc_range *v;
	int flags = 0;

	if (values * c->n > DOC_RANGES_MAX)
		return false;
	c->nothing = c->nothing || values == 0;
	v = arena_alloc(p->arena, (values * c->n + 1) * sizeof(*v));
	for (size_t i = 0; i < c->n; i++) {
		for (size_t k = 0; k < values; k++) {
			v[n] = c->range[i];
			v[n++].lo = key_join(p->arena, c->range[i].lo,
			    term->op == DOC_EXISTS ? NULL : &term->value[k], &flags);
		}
	}
	c->range = v;
	c->n = n;
	c->exact = c->exact && flags == DOC_KEY_EXACT;
	return true;
}

/* --- ranges --- */

struct bounds {
	struct doc_key	 lo;
	struct doc_key	 hi;
	bool		 any;
	bool		 exact;
};

static void
raise(struct doc_key *lo, struct doc_key k)
{
	if (lo->p == NULL || doc_key_order(lo, &k) < 0)
		*lo = k;
}

static void
lower(struct doc_key *hi, struct doc_key k)
{
	if (hi->p == NULL || doc_key_order(hi, &k) > 0)
		*hi = k;
}

/*
 * Comparing a string or number finds only its like.  Of a value that is cut the whole
 * group with that beginning is looked at.
 */
static void
bound(const struct doc_planner *p, struct doc_key base, const struct doc_cond *t,
    struct bounds *b)
{
	unsigned char rank = t->value->type == DOC_STRING ? DOC_KEY_STRING :
	    DOC_KEY_NUMBER;
	int flags = 0;
	struct doc_key k = key_join(p->arena, base, t->value, &flags);

	raise(&b->lo, key_byte(p->arena, base, rank));
	lower(&b->hi, key_byte(p->arena, base, (unsigned char)(rank + 1)));
	b->any = true;
	b->exact = b->exact && flags == DOC_KEY_EXACT;
	if (t->op == DOC_GTE || (t->op == DOC_GT && flags != 0))
		raise(&b->lo, k);
	else if (t->op == DOC_GT)
		raise(&b->lo, key_after(p->arena, k));
	else if (t->op == DOC_LT && flags == 0)
		lower(&b->hi, k);
	else
		lower(&b->hi, key_after(p->arena, k));
}

static void
bound_prefix(const struct doc_planner *p, struct doc_key base, const struct doc_cond *t,
    struct bounds *b)
{
	struct doc_key k;
	struct buf buf;

	buf_init(&buf, KEY_ROOM);
	(void)buf_add(&buf, base.p, base.len);
	if (doc_key_prefix(&buf, t->text, t->len, DOC_KEY_CUT) != DOC_KEY_EXACT)
		b->exact = false;
	k = key_dup(p->arena, buf.data, buf.len);
	buf_fini(&buf);
	raise(&b->lo, k);
	lower(&b->hi, key_after(p->arena, k));
	b->any = true;
}

static bool
comparable(const struct doc_cond *t)
{
	return t->op >= DOC_GT && t->op <= DOC_LTE &&
	    (doc_span_numeric(t->value) || t->value->type == DOC_STRING);
}

/* Narrow a range by what is asked of one more field. */
static bool
narrow(const struct doc_planner *p, const struct doc_conds *cs,
    const struct doc_path *path, struct doc_range *r, bool *exact)
{
	struct bounds b = { .exact = true };

	for (size_t i = 0; i < cs->n; i++) {
		if (!on_path(p, cs->v[i], path))
			continue;
		if (comparable(cs->v[i]))
			bound(p, r->lo, cs->v[i], &b);
		else if (cs->v[i]->op == DOC_PREFIX)
			bound_prefix(p, r->lo, cs->v[i], &b);
	}
	if (!b.any)
		return false;
	r->lo = b.lo;
	r->hi = b.hi;
	*exact = *exact && b.exact;
	return true;
}

/* --- candidates --- */

/* Is this term part of a range? */
static bool
answered(const struct doc_cond *t)
{
	return t->op == DOC_PREFIX || comparable(t);
}

/*
 * Nothing is left to ask when every condition is about a field that went into the key,
 * and is the one that did.
 */
static bool
covers(const struct doc_planner *p, const struct doc_conds *cs, const struct doc_def *def,
    unsigned fixed, bool ranged)
{
	if (!cs->all)
		return false;
	for (size_t i = 0; i < cs->n; i++) {
		bool found = false;

		for (unsigned k = 0; k < fixed && !found; k++)
			found = on_path(p, cs->v[i], &def->path[k]) &&
			    equality(p, cs, &def->path[k], true) == cs->v[i];
		if (!found && ranged && on_path(p, cs->v[i], &def->path[fixed]))
			found = answered(cs->v[i]);
		if (!found)
			return false;
	}
	return true;
}

static void
close_ranges(const struct doc_planner *p, struct doc_candidate *c,
    const struct doc_def *def, bool point)
{
	for (size_t i = 0; i < c->n; i++) {
		c->range[i].def = def;
		c->range[i].point = point;
		if (c->range[i].hi.p == NULL)
			c->range[i].hi = key_after(p->arena, c->range[i].lo);
	}
}

static void
begin(const struct doc_planner *p, struct doc_candidate *c, unsigned char kind)
{
	*c = (struct doc_candidate){ .n = 1, .exact = true };
	c->range = arena_alloc(p->arena, sizeof(*c->range));
	c->range->lo = key_dup(p->arena, &kind, 1);
}

/* Equal values and then a range. */
bool
doc_range_values(const struct doc_planner *p, const struct doc_conds *cs,
    const struct doc_def *def, struct doc_candidate *c)
{
	bool ranged = false;
	unsigned i;

	begin(p, c, DOC_KEY_VALUE);
	for (i = 0; i < def->n; i++) {
		const struct doc_cond *t = equality(p, cs, &def->path[i], true);

		if (t == NULL || !grow(p, c, t))
			break;
	}
	if (i < def->n)
		for (size_t k = 0; k < c->n; k++)
			ranged = narrow(p, cs, &def->path[i], &c->range[k], &c->exact);
	if (i == 0 && !ranged)
		return false;
	close_ranges(p, c, def, i == def->n);
	drop_doubles(c);
	c->unique = def->unique && i == def->n;
	c->exact = c->exact && covers(p, cs, def, i, ranged);
	return true;
}

/*
 * $contains of an index of one field: the element's entries, and as a string may be a
 * part of a string, all strings.
 */
bool
doc_range_elements(const struct doc_planner *p, const struct doc_conds *cs,
    const struct doc_def *def, struct doc_candidate *c)
{
	const struct doc_cond *t = NULL;
	struct doc_key strings;
	int flags = 0;

	for (size_t i = 0; t == NULL && i < cs->n; i++)
		if (on_path(p, cs->v[i], &def->path[0]) && cs->v[i]->op == DOC_CONTAINS)
			t = cs->v[i];
	if (t == NULL || def->n != 1 || (def->flags & DOC_KEY_MANY))
		return false;
	begin(p, c, DOC_KEY_VALUE);
	strings = key_byte(p->arena, c->range->lo, DOC_KEY_STRING);
	begin(p, c, DOC_KEY_ELEMENT);
	c->range = arena_alloc(p->arena, 2 * sizeof(*c->range));
	c->range[0].lo = key_join(p->arena, key_dup(p->arena, "\2", 1), t->value, &flags);
	c->exact = cs->n == 1 && cs->all && flags == DOC_KEY_EXACT;
	close_ranges(p, c, def, true);
	if (t->value->type != DOC_STRING)
		return true;
	c->elements = true;
	c->whole = c->exact;
	c->exact = false;
	c->range[1] = (struct doc_range){ .def = def, .lo = strings,
		.hi = key_after(p->arena, strings) };
	c->n = 2;
	return true;
}

/* Fixed fields, then exactly the sorted ones, all in one direction. */
bool
doc_range_sort(const struct doc_planner *p, const struct doc_conds *cs,
    const struct doc_def *def, struct doc_candidate *c)
{
	const struct doc_options *o = p->o;
	bool ranged;
	unsigned i;

	if (def->n < o->nsort || (def->flags & DOC_KEY_SHORT))
		return false;
	begin(p, c, DOC_KEY_VALUE);
	for (i = 0; i + o->nsort < def->n; i++) {
		const struct doc_cond *t = equality(p, cs, &def->path[i], false);

		if (t == NULL || !grow(p, c, t))
			return false;
	}
	for (unsigned k = 0; k < o->nsort; k++)
		if (strcmp(def->path[i + k].text, o->sort[k].path.text) != 0 ||
		    o->sort[k].down != o->sort[0].down)
			return false;
	c->fixed = c->range->lo.len;
	c->down = o->sort[0].down;
	ranged = narrow(p, cs, &def->path[i], c->range, &c->exact);
	close_ranges(p, c, def, false);
	c->exact = c->exact && covers(p, cs, def, i, ranged);
	return true;
}
