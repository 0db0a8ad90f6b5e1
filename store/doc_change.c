/*
 * Changes are a list of steps in the order they were written, each one path.  They are
 * parsed once and done to every document's tree; the documents are separate, but a step
 * that fails ends the whole update, and nothing of it stays.
 *
 * A path makes the objects that are missing on its way.  It goes through an array by
 * number and may append to one, but not leave a hole; it never goes through a text or a
 * number, for that would destroy what is there.
 */
#include "store/doc_change.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"

#define BAD(why, ...) why_set((why), FZ_DS_BAD_UPDATE, __VA_ARGS__)

struct reading {
	struct arena		*arena;
	struct doc_change	*change;
	const char		*fixed;
	struct why		*why;
};

static struct doc_step *
step_add(struct arena *a, struct doc_change *c, enum doc_act act,
    const struct doc_path *path)
{
	struct doc_step *s = arena_alloc(a, sizeof(*s));

	s->act = act;
	s->path = *path;
	if (c->last != NULL)
		c->last->next = s;
	else
		c->first = s;
	c->last = s;
	return s;
}

static bool
is_fixed(const struct reading *r, const struct doc_path *path)
{
	size_t len = path->name[0].len;

	if (path->special != DOC_PLAIN)
		return true;
	return r->fixed != NULL && strlen(r->fixed) == len &&
	    memcmp(r->fixed, path->name[0].s, len) == 0;
}

static enum fz_err
read_field(struct reading *r, enum doc_act act, const struct doc_node *n)
{
	struct doc_path path;
	struct doc_step *s;

	if (!doc_path_parse(r->arena, n->name, n->name_len, &path))
		return BAD(r->why, "\"%.*s\" cannot be the name of a field",
		    n->name_len < 80 ? (int)n->name_len : 80, n->name);
	if (act == DOC_INC && n->type != DOC_NUMBER)
		return BAD(r->why, "$inc: %s: not a number", path.text);
	if (is_fixed(r, &path))
		return FZ_OK;
	s = step_add(r->arena, r->change, act, &path);
	s->value = n;
	if (act == DOC_INC)
		s->by = doc_json_double(n->text, n->len);
	return FZ_OK;
}

static enum fz_err
read_operator(struct reading *r, const struct doc_node *n)
{
	static const char *const names[] = { "$set", "$unset", "$inc" };
	enum fz_err err = FZ_OK;
	unsigned act;

	for (act = 0; act < 3; act++)
		if (n->name_len == strlen(names[act]) &&
		    memcmp(n->name, names[act], n->name_len) == 0)
			break;
	if (act == 3)
		return BAD(r->why, "unknown operator \"%.*s\"",
		    n->name_len < 80 ? (int)n->name_len : 80, n->name);
	if (act == DOC_UNSET && n->type == DOC_ARRAY) {
		for (struct doc_node *m = n->first; err == FZ_OK && m != NULL;
		     m = m->next) {
			if (m->type != DOC_STRING)
				return BAD(r->why, "$unset: a field is a text");
			m->name = m->text;
			m->name_len = (uint32_t)m->len;
			err = read_field(r, DOC_UNSET, m);
		}
		return err;
	}
	if (n->type != DOC_OBJECT)
		return BAD(r->why, "%s needs an object", names[act]);
	for (const struct doc_node *m = n->first; err == FZ_OK && m != NULL; m = m->next)
		err = read_field(r, (enum doc_act)act, m);
	return err;
}

enum fz_err
doc_change_parse(struct arena *a, const char *json, const char *fixed,
    struct doc_change *out, struct why *why)
{
	struct doc_change c = { 0 };
	struct reading r = { a, &c, fixed, why };
	struct doc_node *n;
	enum fz_err err = doc_query_json(a, json, "the changes", FZ_DS_BAD_UPDATE, &n,
	    why);

	if (err != FZ_OK)
		return err;
	if (n->type != DOC_OBJECT)
		return BAD(why, "changes are an object");
	for (n = n->first; err == FZ_OK && n != NULL; n = n->next)
		err = n->name_len > 0 && *n->name == '$' ? read_operator(&r, n) :
		    read_field(&r, DOC_SET, n);
	if (err == FZ_OK)
		*out = c;
	return err;
}

/* --- doing them --- */

static struct doc_node *
element(struct doc_node *array, int64_t index)
{
	struct doc_node *n = index >= 0 ? array->first : NULL;

	for (; n != NULL && index > 0; index--)
		n = n->next;
	return n;
}

static struct doc_node *
child_of(struct doc_node *n, const struct doc_path *path, unsigned i)
{
	if (n->type == DOC_ARRAY)
		return element(n, path->name[i].index);
	if (n->type == DOC_OBJECT)
		return doc_json_get(n, path->name[i].s, path->name[i].len);
	return NULL;
}

/* Put value there, in place of what was. */
static enum fz_err
put_child(struct arena *a, struct doc_node *n, const struct doc_path *path, unsigned i,
    struct doc_node *value, struct why *why)
{
	struct doc_node *old;

	if (n->type == DOC_OBJECT) {
		doc_json_set(a, n, path->name[i].s, path->name[i].len, value);
		return FZ_OK;
	}
	old = element(n, path->name[i].index);
	if (old != NULL)
		doc_json_replace(n, old, value);
	else if (path->name[i].index == (int64_t)n->n)
		doc_json_append(n, value);
	else
		return BAD(why, "%s: an array has no such place", path->text);
	return FZ_OK;
}

/* The container that holds the last name of the path, made if need be. */
static enum fz_err
descend(struct arena *a, struct doc_node *n, const struct doc_path *path,
    struct doc_node **out, struct why *why)
{
	enum fz_err err = FZ_OK;

	for (unsigned i = 0; err == FZ_OK && i + 1 < path->n; i++) {
		struct doc_node *next = child_of(n, path, i);

		if (next == NULL || next->type == DOC_NULL) {
			next = doc_json_new(a, DOC_OBJECT);
			err = put_child(a, n, path, i, next, why);
		} else if (next->type != DOC_OBJECT && next->type != DOC_ARRAY) {
			err = BAD(why, "%s: there is a value on the way", path->text);
		}
		n = next;
	}
	*out = n;
	return err;
}

static enum fz_err
do_unset(struct doc_node *n, const struct doc_path *path)
{
	struct doc_node *child = n;

	for (unsigned i = 0; i < path->n; i++) {
		n = child;
		child = child_of(n, path, i);
		if (child == NULL)
			return FZ_OK;
	}
	/* An element cannot go without moving the others: it becomes null. */
	if (n->type == DOC_OBJECT)
		doc_json_remove(n, child);
	else
		child->type = DOC_NULL;
	return FZ_OK;
}

static enum fz_err
do_inc(struct arena *a, struct doc_node *parent, const struct doc_step *s,
    struct why *why)
{
	struct doc_node *n = child_of(parent, &s->path, s->path.n - 1);
	double v = 0;
	char *text;

	if (n != NULL && n->type == DOC_NUMBER)
		v = doc_json_double(n->text, n->len);
	else if (n != NULL && n->type != DOC_NULL)
		return BAD(why, "$inc: %s is not a number", s->path.text);
	v += s->by;
	if (!isfinite(v))
		return BAD(why, "$inc: %s becomes too large", s->path.text);
	text = arena_alloc(a, DOC_JSON_NUMBER);
	doc_json_number(text, v);
	n = doc_json_text(a, DOC_NUMBER, text, strlen(text));
	return put_child(a, parent, &s->path, s->path.n - 1, n, why);
}

enum fz_err
doc_change_apply(struct arena *a, const struct doc_change *c, struct doc_node *doc,
    struct why *why)
{
	enum fz_err err = FZ_OK;
	struct doc_node *n;

	for (const struct doc_step *s = c->first; err == FZ_OK && s != NULL;
	     s = s->next) {
		if (s->act == DOC_UNSET) {
			err = do_unset(doc, &s->path);
			continue;
		}
		err = descend(a, doc, &s->path, &n, why);
		if (err == FZ_OK && s->act == DOC_INC)
			err = do_inc(a, n, s, why);
		else if (err == FZ_OK)
			err = put_child(a, n, &s->path, s->path.n - 1,
			    doc_json_copy(a, s->value), why);
	}
	return err;
}

/* --- upsert --- */

static enum fz_err
seed_term(struct arena *a, const struct doc_query *q, const struct doc_cond *t,
    struct doc_node *doc, const char **id, struct why *why)
{
	const struct doc_path *path = &q->path[t->path];
	struct doc_node *n, *value;
	enum fz_err err;
	const char *text;

	if (path->special == DOC_ID && path->n == 1 && t->value->type == DOC_STRING)
		*id = arena_strndup(a, t->value->p, t->value->len);
	if (path->special != DOC_PLAIN || t->value->type == DOC_NULL)
		return FZ_OK;
	text = t->value->p;
	if (t->value->type == DOC_STRING)
		text--;
	err = doc_json_parse(a, text, t->value->len + (t->value->type == DOC_STRING) * 2,
	    &value, why);
	if (err == FZ_OK)
		err = descend(a, doc, path, &n, why);
	return err == FZ_OK ? put_child(a, n, path, path->n - 1, value, why) : err;
}

static enum fz_err
seed(struct arena *a, const struct doc_query *q, const struct doc_cond *all,
    struct doc_node *doc, const char **id, struct why *why)
{
	enum fz_err err = FZ_OK;

	for (const struct doc_cond *c = all->first; err == FZ_OK && c != NULL;
	     c = c->next) {
		if (c->kind == DOC_ALL)
			err = seed(a, q, c, doc, id, why);
		else if (c->kind == DOC_TERM && c->op == DOC_EQ)
			err = seed_term(a, q, c, doc, id, why);
	}
	return err;
}

enum fz_err
doc_change_seed(struct arena *a, const struct doc_query *q, struct doc_node *doc,
    const char **id, struct why *why)
{
	return seed(a, q, q->root, doc, id, why);
}
