/*
 * A query becomes a tree of at most DOC_TERMS_MAX terms, each a field, an operator out of
 * a fixed table and a value.  The matcher reads all fields of a query in one pass over
 * the document's text and then walks the tree.
 *
 * Everything that looks like an operator must be one: {"age":{"$gtt":5}} as a comparison
 * with an object would find nothing and tell nobody why.  Empty lists of conditions are
 * refused, for "all of no conditions" would be every document.
 */
#include "store/doc_query.h"

#include <string.h>

#include "base/limits.h"

#define OBJECTS_MAX 256
#define BAD(why, ...) why_set((why), FZ_DS_BAD_QUERY, __VA_ARGS__)

struct compile {
	struct doc_query	*q;
	struct arena		*arena;
	unsigned		 depth;
	unsigned		 objects;	/* empty ones have no terms */
	struct why		*why;
};

static const struct {
	const char *name;
	enum doc_op op;
} operators[] = {
	{ "$eq", DOC_EQ },
	{ "$ne", DOC_NE },
	{ "$gt", DOC_GT },
	{ "$gte", DOC_GTE },
	{ "$lt", DOC_LT },
	{ "$lte", DOC_LTE },
	{ "$in", DOC_IN },
	{ "$nin", DOC_NIN },
	{ "$contains", DOC_CONTAINS },
	{ "$exists", DOC_EXISTS },
	{ "$prefix", DOC_PREFIX },
};

static bool
named(const struct doc_node *n, const char *name)
{
	return n->name_len == strlen(name) && memcmp(n->name, name, n->name_len) == 0;
}

static bool
dollar(const struct doc_node *n)
{
	return n->name_len > 0 && *n->name == '$';
}

static struct doc_cond *
cond_new(struct compile *c, struct doc_cond *parent, enum doc_kind kind)
{
	struct doc_cond *cond = arena_alloc(c->arena, sizeof(*cond));

	cond->kind = kind;
	if (parent != NULL && parent->last != NULL)
		parent->last->next = cond;
	else if (parent != NULL)
		parent->first = cond;
	if (parent != NULL)
		parent->last = cond;
	return cond;
}

/* --- terms --- */

static enum fz_err
find_path(struct compile *c, const struct doc_node *n, unsigned *index)
{
	struct doc_query *q = c->q;
	struct doc_path path;

	if (!doc_path_parse(c->arena, n->name, n->name_len, &path))
		return BAD(c->why, "\"%.*s\" cannot be the name of a field",
		    n->name_len < 80 ? (int)n->name_len : 80, n->name);
	for (unsigned i = 0; i < q->npaths; i++) {
		if (strcmp(q->path[i].text, path.text) == 0) {
			*index = i;
			return FZ_OK;
		}
	}
	/* A path comes with a term, so there is always room for one more. */
	q->path[q->npaths] = path;
	*index = q->npaths++;
	return FZ_OK;
}

/* An id is a text, whatever it was given as. */
static struct doc_span
operand(struct compile *c, unsigned path, const struct doc_node *n)
{
	struct doc_span v = doc_span_node(c->arena, n);

	if (c->q->path[path].special == DOC_ID && v.type == DOC_NUMBER)
		v.type = DOC_STRING;
	return v;
}

static enum fz_err
term_list(struct compile *c, struct doc_cond *term, const struct doc_node *n)
{
	size_t i = 0;

	if (n->type != DOC_ARRAY)
		return BAD(c->why, "$in and $nin need an array");
	if (n->n > DOC_IN_MAX)
		return BAD(c->why, "$in and $nin take at most %d values", DOC_IN_MAX);
	term->value = arena_alloc(c->arena, n->n * sizeof(*term->value));
	for (const struct doc_node *v = n->first; v != NULL; v = v->next)
		term->value[i++] = operand(c, term->path, v);
	term->nvalues = n->n;
	return FZ_OK;
}

static enum fz_err
term_value(struct compile *c, struct doc_cond *term, const struct doc_node *n)
{
	if (term->op == DOC_IN || term->op == DOC_NIN)
		return term_list(c, term, n);
	if (term->op == DOC_EXISTS && n->type != DOC_TRUE && n->type != DOC_FALSE)
		return BAD(c->why, "$exists needs true or false");
	if (term->op == DOC_PREFIX && n->type != DOC_STRING)
		return BAD(c->why, "$prefix needs a string");
	term->flag = n->type == DOC_TRUE;
	term->value = arena_alloc(c->arena, sizeof(*term->value));
	*term->value = operand(c, term->path, n);
	term->nvalues = 1;
	if (term->value->type == DOC_STRING)
		term->text = doc_span_text(c->arena, term->value, &term->len);
	return FZ_OK;
}

static enum fz_err
term_add(struct compile *c, struct doc_cond *parent, unsigned path, enum doc_op op,
    const struct doc_node *value)
{
	struct doc_cond *term = cond_new(c, parent, DOC_TERM);

	if (++c->q->terms > DOC_TERMS_MAX)
		return BAD(c->why, "a query has at most %d terms", DOC_TERMS_MAX);
	term->op = op;
	term->path = path;
	return term_value(c, term, value);
}

static enum fz_err	operator_list(struct compile *, struct doc_cond *, unsigned path,
			    const struct doc_node *);

static enum fz_err
operator_add(struct compile *c, struct doc_cond *parent, unsigned path,
    const struct doc_node *n)
{
	enum fz_err err;

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (named(n, operators[i].name))
			return term_add(c, parent, path, operators[i].op, n);
	if (!named(n, "$not"))
		return BAD(c->why, "unknown operator \"%.*s\"",
		    n->name_len < 80 ? (int)n->name_len : 80, n->name);
	if (n->type != DOC_OBJECT || n->first == NULL)
		return BAD(c->why, "$not behind a field needs operators");
	if (++c->depth > DOC_DEPTH_MAX + 1)
		return BAD(c->why, "a query is at most %d deep", DOC_DEPTH_MAX);
	parent = cond_new(c, parent, DOC_NOT);
	err = operator_list(c, cond_new(c, parent, DOC_ALL), path, n);
	c->depth--;
	return err;
}

static enum fz_err
operator_list(struct compile *c, struct doc_cond *parent, unsigned path,
    const struct doc_node *list)
{
	enum fz_err err = FZ_OK;

	for (const struct doc_node *n = list->first; err == FZ_OK && n != NULL;
	     n = n->next) {
		if (!dollar(n))
			return BAD(c->why, "operators and other members are mixed");
		err = operator_add(c, parent, path, n);
	}
	return err;
}

static enum fz_err
field_add(struct compile *c, struct doc_cond *parent, const struct doc_node *n)
{
	bool any = false;
	unsigned path = 0;
	enum fz_err err;

	if (c->q->terms >= DOC_TERMS_MAX)
		return BAD(c->why, "a query has at most %d terms", DOC_TERMS_MAX);
	err = find_path(c, n, &path);
	if (err != FZ_OK)
		return err;
	if (n->type == DOC_OBJECT)
		for (const struct doc_node *m = n->first; m != NULL; m = m->next)
			any = any || dollar(m);
	if (any)
		return operator_list(c, parent, path, n);
	return term_add(c, parent, path, DOC_EQ, n);
}

/* --- conditions --- */

static enum fz_err	object_add(struct compile *, struct doc_cond *,
			    const struct doc_node *);

static enum fz_err
list_add(struct compile *c, struct doc_cond *parent, const struct doc_node *list,
    enum doc_kind kind)
{
	struct doc_cond *cond = cond_new(c, parent, kind);
	enum fz_err err = FZ_OK;

	if (list->type != DOC_ARRAY || list->first == NULL)
		return BAD(c->why, "$and and $or need an array of queries");
	for (const struct doc_node *n = list->first; err == FZ_OK && n != NULL;
	     n = n->next)
		err = object_add(c, cond_new(c, cond, DOC_ALL), n);
	return err;
}

static enum fz_err
logic_add(struct compile *c, struct doc_cond *parent, const struct doc_node *n)
{
	if (named(n, "$and"))
		return list_add(c, parent, n, DOC_ALL);
	if (named(n, "$or"))
		return list_add(c, parent, n, DOC_ANY);
	if (!named(n, "$not"))
		return BAD(c->why, "unknown operator \"%.*s\"",
		    n->name_len < 80 ? (int)n->name_len : 80, n->name);
	parent = cond_new(c, parent, DOC_NOT);
	return object_add(c, cond_new(c, parent, DOC_ALL), n);
}

static enum fz_err
object_add(struct compile *c, struct doc_cond *parent, const struct doc_node *object)
{
	enum fz_err err = FZ_OK;

	if (object->type != DOC_OBJECT)
		return BAD(c->why, "a query is an object");
	if (++c->objects > OBJECTS_MAX)
		return BAD(c->why, "a query has at most %d conditions", OBJECTS_MAX);
	if (c->depth++ > DOC_DEPTH_MAX)
		return BAD(c->why, "a query is at most %d deep", DOC_DEPTH_MAX);
	for (const struct doc_node *n = object->first; err == FZ_OK && n != NULL;
	     n = n->next)
		err = dollar(n) ? logic_add(c, parent, n) : field_add(c, parent, n);
	c->depth--;
	return err;
}

enum fz_err
doc_query_json(struct arena *a, const char *json, const char *what, enum fz_err code,
    struct doc_node **out, struct why *why)
{
	struct why inner = { 0 };
	size_t len = strlen(json);

	if (len > DOC_BYTES_MAX)
		return why_set(why, code, "%s: larger than %lu bytes", what,
		    DOC_BYTES_MAX);
	if (doc_json_parse(a, json, len, out, &inner) == FZ_OK)
		return FZ_OK;
	return why_set(why, code, "%s: no JSON: %.300s", what, inner.text);
}

static enum fz_err
session_add(struct compile *c, const char *session)
{
	static char name[] = "session";
	struct doc_node n = { .type = DOC_STRING, .name = name, .name_len = 7 };
	struct buf b;
	enum fz_err err;

	buf_init(&b, DOC_BYTES_MAX);
	err = doc_json_body(&b, session, strlen(session));
	n.text = arena_strndup(c->arena, b.data != NULL ? b.data : "", b.len);
	n.len = b.len;
	buf_fini(&b);
	c->q->terms = 0;		/* not counted: it was not asked for */
	return err != FZ_OK ? err : field_add(c, c->q->root, &n);
}

static uint64_t
hash_text(uint64_t h, const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

enum fz_err
doc_query_parse(struct arena *a, const char *json, const char *session,
    struct doc_query *out, struct why *why)
{
	struct doc_query q = { .arena = a };
	struct compile c = { .q = &q, .arena = a, .why = why };
	struct doc_node *n;
	enum fz_err err = FZ_OK;

	q.path = arena_alloc(a, (DOC_TERMS_MAX + 1) * sizeof(*q.path));
	q.root = cond_new(&c, NULL, DOC_ALL);
	q.hash = hash_text(hash_text(UINT64_C(0xcbf29ce484222325), json), session);
	if (json != NULL)
		err = doc_query_json(a, json, "the query", FZ_DS_BAD_QUERY, &n, why);
	if (err == FZ_OK && json != NULL)
		err = object_add(&c, q.root, n);
	if (err == FZ_OK && session != NULL)
		err = session_add(&c, session);
	if (err == FZ_OK)
		*out = q;
	return err;
}

bool
doc_query_all(const struct doc_query *q)
{
	return q->root->first == NULL;
}

/* --- matching --- */

static bool
compare(const struct doc_cond *t, struct doc_span *v)
{
	double x, y;
	int c;

	if (doc_span_numeric(v) && doc_span_numeric(t->value)) {
		x = doc_span_double(v);
		y = doc_span_double(t->value);
		c = (x > y) - (x < y);
	} else if (v->type == DOC_STRING && t->value->type == DOC_STRING) {
		c = doc_span_order(v, t->value);
	} else {
		return false;
	}
	switch (t->op) {
	case DOC_GT:
		return c > 0;
	case DOC_GTE:
		return c >= 0;
	case DOC_LT:
		return c < 0;
	default:
		return c <= 0;
	}
}

static bool
among(const struct doc_cond *t, struct doc_span *v)
{
	for (size_t i = 0; i < t->nvalues; i++)
		if (doc_span_equal(v, &t->value[i]))
			return true;
	return false;
}

static bool
contains(const struct doc_cond *t, struct doc_span *v)
{
	struct doc_child c;

	if (v->type == DOC_STRING)
		return t->text != NULL && doc_span_holds(v, t->text, t->len);
	if (v->type != DOC_ARRAY)
		return false;
	doc_child_start(&c, v);
	while (doc_child_next(&c))
		if (doc_span_equal(&c.value, t->value))
			return true;
	return false;
}

static bool
match_term(const struct doc_cond *t, struct doc_span *v)
{
	switch (t->op) {
	case DOC_EQ:
		return doc_span_equal(v, t->value);
	case DOC_NE:
		return !doc_span_equal(v, t->value);
	case DOC_IN:
		return among(t, v);
	case DOC_NIN:
		return !among(t, v);
	case DOC_CONTAINS:
		return contains(t, v);
	case DOC_EXISTS:
		return (v->type != DOC_NULL) == t->flag;
	case DOC_PREFIX:
		return v->type == DOC_STRING && doc_span_starts(v, t->text, t->len);
	default:
		return compare(t, v);
	}
}

static bool
match_cond(const struct doc_cond *cond, struct doc_span *v)
{
	switch (cond->kind) {
	case DOC_TERM:
		return match_term(cond, &v[cond->path]);
	case DOC_NOT:
		return !match_cond(cond->first, v);
	default:
		break;
	}
	for (const struct doc_cond *c = cond->first; c != NULL; c = c->next)
		if (match_cond(c, v) == (cond->kind == DOC_ANY))
			return cond->kind == DOC_ANY;
	return cond->kind == DOC_ALL;
}

/* All fields in one pass over the text. */
static void
read_fields(const struct doc_query *q, const struct doc_view *view, struct doc_span *v)
{
	struct doc_span all = doc_view_object(view);
	struct doc_child c;
	unsigned missing = 0;

	for (unsigned i = 0; i < q->npaths; i++) {
		v[i] = (struct doc_span){ .type = DOC_NULL };
		if (q->path[i].special != DOC_PLAIN)
			v[i] = doc_view_field(view, &q->path[i]);
		else
			missing++;
	}
	doc_child_start(&c, &all);
	while (missing > 0 && doc_child_next(&c)) {
		for (unsigned i = 0; i < q->npaths; i++) {
			const struct doc_path *p = &q->path[i];

			if (p->special != DOC_PLAIN || p->name[0].len != c.name_len ||
			    memcmp(p->name[0].s, c.name, c.name_len) != 0)
				continue;
			v[i] = p->n > 1 ? doc_span_path(c.value, p, 1) : c.value;
			missing--;
		}
	}
}

bool
doc_query_match(const struct doc_query *q, const struct doc_view *view)
{
	struct doc_span v[DOC_TERMS_MAX + 1];

	if (q->root->first == NULL)
		return true;
	read_fields(q, view, v);
	return match_cond(q->root, v);
}
