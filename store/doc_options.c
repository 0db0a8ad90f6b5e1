/*
 * The options of find and search.  What is unknown is refused: {limt: 5} would otherwise
 * be a find without a limit.  A member that is null counts as absent, for that is what
 * undefined becomes on its way here.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/doc_query.h"

#define BAD(why, ...) why_set((why), FZ_DS_BAD_QUERY, __VA_ARGS__)

struct reading {
	struct arena		*arena;
	struct doc_options	*o;
	struct why		*why;
};

static enum fz_err
bad_field(struct reading *r, const char *s, size_t len)
{
	return BAD(r->why, "\"%.*s\" cannot be the name of a field",
	    len < 80 ? (int)len : 80, s);
}

static enum fz_err
whole(struct reading *r, const struct doc_node *n, const char *name, int64_t *out)
{
	double d = n->type == DOC_NUMBER ? doc_json_double(n->text, n->len) : -1;

	if (d < 0 || d > 9007199254740991.0 || d != (double)(int64_t)d)
		return BAD(r->why, "%s must be a whole number", name);
	*out = (int64_t)d;
	return FZ_OK;
}

static enum fz_err
read_limit(struct reading *r, const struct doc_node *n)
{
	return whole(r, n, "limit", &r->o->limit);
}

static enum fz_err
read_offset(struct reading *r, const struct doc_node *n)
{
	return whole(r, n, "offset", &r->o->offset);
}

static bool
says(const struct doc_node *n, const char *text)
{
	return n->type == DOC_STRING && n->len == strlen(text) &&
	    memcmp(n->text, text, n->len) == 0;
}

static enum fz_err
read_order(struct reading *r, const struct doc_node *n)
{
	r->o->up = says(n, "asc");
	if (!r->o->up && !says(n, "desc"))
		return BAD(r->why, "order must be \"asc\" or \"desc\"");
	return FZ_OK;
}

/* --- sort --- */

static enum fz_err
sort_add(struct reading *r, const char *s, size_t len, bool down)
{
	struct doc_options *o = r->o;

	if (o->nsort == DOC_SORT_MAX)
		return BAD(r->why, "sort takes at most %d fields", DOC_SORT_MAX);
	if (!doc_path_parse(r->arena, s, len, &o->sort[o->nsort].path))
		return bad_field(r, s, len);
	o->sort[o->nsort++].down = down;
	return FZ_OK;
}

/* "-score,name" */
static enum fz_err
sort_text(struct reading *r, const char *s, size_t len)
{
	const char *end = s + len, *comma;
	enum fz_err err = FZ_OK;
	bool down;

	while (err == FZ_OK && s < end) {
		comma = memchr(s, ',', (size_t)(end - s));
		comma = comma != NULL ? comma : end;
		while (s < comma && *s == ' ')
			s++;
		down = s < comma && *s == '-';
		s += down;
		err = sort_add(r, s, (size_t)(comma - s), down);
		s = comma + 1;
	}
	return err;
}

static enum fz_err
sort_member(struct reading *r, const struct doc_node *n)
{
	double d = n->type == DOC_NUMBER ? doc_json_double(n->text, n->len) : 0;

	if (says(n, "asc") || says(n, "desc"))
		d = says(n, "asc") ? 1 : -1;
	if (d != 1 && d != -1)
		return BAD(r->why, "sort: a field is 1 (up) or -1 (down)");
	return sort_add(r, n->name, n->name_len, d < 0);
}

static enum fz_err
read_sort(struct reading *r, const struct doc_node *n)
{
	enum fz_err err = FZ_OK;

	r->o->sort = arena_alloc(r->arena, DOC_SORT_MAX * sizeof(*r->o->sort));
	if (n->type == DOC_STRING)
		return sort_text(r, n->text, n->len);
	if (n->type != DOC_OBJECT && n->type != DOC_ARRAY)
		return BAD(r->why, "sort is an object, an array or a text of fields");
	for (const struct doc_node *m = n->first; err == FZ_OK && m != NULL;
	     m = m->next) {
		if (n->type == DOC_OBJECT)
			err = sort_member(r, m);
		else if (m->type == DOC_STRING)
			err = sort_text(r, m->text, m->len);
		else
			err = BAD(r->why, "sort: a field is a text");
	}
	return err;
}

/* --- fields --- */

static enum fz_err
fields_add(struct reading *r, const char *s, size_t len)
{
	struct doc_fields *f = &r->o->fields;

	if (f->n == DOC_FIELDS_MAX)
		return BAD(r->why, "fields takes at most %d", DOC_FIELDS_MAX);
	return doc_path_parse(r->arena, s, len, &f->path[f->n++]) ? FZ_OK :
	    bad_field(r, s, len);
}

static enum fz_err
fields_text(struct reading *r, const char *s, size_t len)
{
	const char *end = s + len, *comma;
	enum fz_err err = FZ_OK;

	while (err == FZ_OK && s < end) {
		comma = memchr(s, ',', (size_t)(end - s));
		comma = comma != NULL ? comma : end;
		err = fields_add(r, s, (size_t)(comma - s));
		s = comma + 1;
	}
	return err;
}

/* {a:1} or {a:0}; id is always there and does not say which of both it is. */
static enum fz_err
fields_member(struct reading *r, const struct doc_node *n)
{
	double d = n->type == DOC_NUMBER ? doc_json_double(n->text, n->len) :
	    n->type == DOC_TRUE ? 1 : n->type == DOC_FALSE ? 0 : -1;
	enum fz_err err;

	if (d != 0 && d != 1)
		return BAD(r->why, "fields: a field is 1 (with) or 0 (without)");
	if (n->name_len == 2 && memcmp(n->name, "id", 2) == 0 && d == 0)
		return FZ_OK;
	if (r->o->fields.n > 0 && r->o->fields.without != (d == 0))
		return BAD(r->why, "fields: with and without cannot be mixed");
	r->o->fields.without = d == 0;
	err = fields_add(r, n->name, n->name_len);
	return err;
}

static enum fz_err
read_fields(struct reading *r, const struct doc_node *n)
{
	enum fz_err err = FZ_OK;

	r->o->fields.path = arena_alloc(r->arena,
	    DOC_FIELDS_MAX * sizeof(*r->o->fields.path));
	if (n->type == DOC_STRING)
		return fields_text(r, n->text, n->len);
	if (n->type != DOC_OBJECT && n->type != DOC_ARRAY)
		return BAD(r->why, "fields is an array or an object");
	for (const struct doc_node *m = n->first; err == FZ_OK && m != NULL;
	     m = m->next) {
		if (n->type == DOC_OBJECT)
			err = fields_member(r, m);
		else if (m->type == DOC_STRING)
			err = fields_add(r, m->text, m->len);
		else
			err = BAD(r->why, "fields: a field is a text");
	}
	/* [] chooses nothing but the id. */
	if (err == FZ_OK && n->type == DOC_ARRAY && r->o->fields.n == 0)
		err = fields_add(r, "id", 2);
	return err;
}

/* --- the rest --- */

static enum fz_err
read_after(struct reading *r, const struct doc_node *n)
{
	if (n->type != DOC_STRING)
		return BAD(r->why, "after must be a cursor of an earlier answer");
	r->o->after = arena_strndup(r->arena, n->text, n->len);
	return FZ_OK;
}

static enum fz_err
read_where(struct reading *r, const struct doc_node *n)
{
	enum fz_err err;
	struct buf b;

	buf_init(&b, DOC_BYTES_MAX * 2);
	err = doc_json_print(&b, n);
	if (err == FZ_OK)
		r->o->where = arena_strndup(r->arena, b.data, b.len);
	buf_fini(&b);
	return err;
}

static enum fz_err
read_highlight(struct reading *r, const struct doc_node *n)
{
	r->o->highlight = n->type == DOC_TRUE;
	if (n->type != DOC_TRUE && n->type != DOC_FALSE)
		return BAD(r->why, "highlight must be true or false");
	return FZ_OK;
}

static const struct {
	const char	*name;
	int		 which;		/* a bit each: find, search */
	enum fz_err	(*read)(struct reading *, const struct doc_node *);
} options[] = {
	{ "limit", 3, read_limit },
	{ "offset", 3, read_offset },
	{ "order", 1, read_order },
	{ "sort", 1, read_sort },
	{ "fields", 1, read_fields },
	{ "after", 1, read_after },
	{ "where", 2, read_where },
	{ "highlight", 2, read_highlight },
};

static enum fz_err
read_option(struct reading *r, const struct doc_node *n, int which)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (n->name_len == strlen(options[i].name) &&
		    memcmp(n->name, options[i].name, n->name_len) == 0 &&
		    (options[i].which >> which & 1))
			return n->type == DOC_NULL ? FZ_OK : options[i].read(r, n);
	return BAD(r->why, "unknown option \"%.*s\"",
	    n->name_len < 80 ? (int)n->name_len : 80, n->name);
}

enum fz_err
doc_options_parse(struct arena *a, const char *json, int which, struct doc_options *out,
    struct why *why)
{
	struct doc_options o = { .limit = -1 };
	struct reading r = { a, &o, why };
	enum fz_err err = FZ_OK;
	struct doc_node *n;

	if (json != NULL) {
		err = doc_query_json(a, json, "the options", FZ_DS_BAD_QUERY, &n, why);
		if (err != FZ_OK)
			return err;
		if (n->type != DOC_OBJECT && n->type != DOC_NULL)
			return BAD(why, "options are an object");
		for (n = n->first; err == FZ_OK && n != NULL; n = n->next)
			err = read_option(&r, n, which);
	}
	if (err == FZ_OK)
		*out = o;
	return err;
}

enum fz_err
doc_options_paths(struct arena *a, const struct doc_node *n, size_t max,
    struct doc_path **out, size_t *count, struct why *why)
{
	struct doc_path *v = arena_alloc(a, max * sizeof(*v));
	const struct doc_node *m = n->type == DOC_ARRAY ? n->first : n;
	struct reading r = { .arena = a, .why = why };
	size_t i = 0;

	for (; m != NULL; m = n->type == DOC_ARRAY ? m->next : NULL) {
		if (m->type != DOC_STRING)
			return BAD(why, "a field is a text");
		if (i == max)
			return BAD(why, "at most %zu fields", max);
		if (!doc_path_parse(a, m->text, m->len, &v[i]))
			return bad_field(&r, m->text, m->len);
		for (size_t k = 0; k < i; k++)
			if (strcmp(v[k].text, v[i].text) == 0)
				return BAD(why, "a field is named twice");
		i++;
	}
	if (i == 0)
		return BAD(why, "a field is missing");
	*out = v;
	*count = i;
	return FZ_OK;
}
