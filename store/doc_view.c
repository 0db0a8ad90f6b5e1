/*
 * What a row keeps and what an answer shows differ by three members, which are spliced
 * into the text: no answer is parsed to be printed again unless fields are chosen.
 *
 * A choice of fields walks the document once for each object that a path leads
 * through, with the paths that are still alive below it as a bit set.
 */
#include "store/doc_view.h"

#include <inttypes.h>
#include <string.h>

void
doc_view_row(struct sql *s, struct doc_view *v)
{
	v->rid = sql_int(s, 0);
	v->id = sql_blob(s, 1, &v->id_len);
	v->json = sql_blob(s, 2, &v->len);
	v->created = sql_int(s, 3);
	v->updated = sql_int(s, 4);
}

enum fz_err
doc_view_read(struct reader *rd, int64_t rid, struct sql **s, struct doc_view *v)
{
	enum fz_err err;

	*s = sql_open(rd, "SELECT " DOC_VIEW_COLUMNS " FROM doc WHERE rid=?1", "i", rid);
	err = sql_row(*s);
	if (err == FZ_OK)
		doc_view_row(*s, v);
	return err;
}

struct doc_span
doc_view_object(const struct doc_view *v)
{
	return (struct doc_span){ .type = DOC_OBJECT, .p = v->json, .len = v->len };
}

static struct doc_span
number_span(int64_t n)
{
	return (struct doc_span){ .type = DOC_NUMBER, .read = true, .num = (double)n };
}

struct doc_span
doc_view_field(const struct doc_view *v, const struct doc_path *path)
{
	struct doc_span none = { .type = DOC_NULL };

	switch (path->special) {
	case DOC_PLAIN:
		return doc_span_path(doc_view_object(v), path, 0);
	case DOC_ID:
		if (path->n > 1)
			return none;
		return (struct doc_span){ .type = DOC_STRING, .p = v->id,
			.len = v->id_len };
	case DOC_CREATED:
		return path->n > 1 ? none : number_span(v->created);
	default:
		return path->n > 1 ? none : number_span(v->updated);
	}
}

/* --- printing --- */

struct print {
	struct buf		 *out;
	const struct doc_fields	 *fields;
};

static bool
same(const struct doc_path *path, unsigned at, const struct doc_child *c, int64_t index)
{
	if (c->name == NULL)
		return path->name[at].index == index;
	return path->name[at].len == c->name_len &&
	    memcmp(path->name[at].s, c->name, c->name_len) == 0;
}

/*
 * Which of the paths alive here (a bit each) lead to this child, and whether one ends
 * in it.
 */
static uint64_t
alive_below(const struct print *pr, uint64_t alive, unsigned at,
    const struct doc_child *c, int64_t index, bool *ends)
{
	uint64_t below = 0;

	*ends = false;
	for (size_t i = 0; i < pr->fields->n; i++) {
		const struct doc_path *path = &pr->fields->path[i];

		if (!(alive >> i & 1) || !same(path, at, c, index))
			continue;
		if (path->n == at + 1)
			*ends = true;
		else
			below |= UINT64_C(1) << i;
	}
	return below;
}

static bool
container(const struct doc_span *v)
{
	return v->type == DOC_OBJECT || v->type == DOC_ARRAY;
}

static void
raw(struct buf *b, const struct doc_span *v)
{
	if (v->type == DOC_STRING)
		(void)buf_add(b, v->p - 1, v->len + 2);
	else
		(void)buf_add(b, v->p, v->len);
}

static void
member_name(struct buf *b, const struct doc_child *c, bool *first)
{
	if (!*first)
		(void)buf_putc(b, ',');
	*first = false;
	if (c->name != NULL) {
		(void)buf_putc(b, '"');
		(void)buf_add(b, c->name, c->name_len);
		(void)buf_add(b, "\":", 2);
	}
}

static void
chosen(const struct print *pr, const struct doc_span *v, uint64_t alive, unsigned at)
{
	bool without = pr->fields->without, first = true, ends;
	bool object = v->type == DOC_OBJECT;
	int64_t index = 0;
	struct doc_child c;

	if (at > 0)
		(void)buf_putc(pr->out, object ? '{' : '[');
	else
		first = false;		/* id was printed */
	doc_child_start(&c, v);
	for (; doc_child_next(&c); index++) {
		uint64_t below = alive_below(pr, alive, at, &c, index, &ends);

		if (ends ? without : !without && (below == 0 || !container(&c.value)))
			continue;
		member_name(pr->out, &c, &first);
		if (!ends && below != 0 && container(&c.value))
			chosen(pr, &c.value, below, at + 1);
		else
			raw(pr->out, &c.value);
	}
	if (at > 0)
		(void)buf_putc(pr->out, object ? '}' : ']');
}

static bool
shown(const struct doc_fields *fields, enum doc_special special)
{
	bool listed = false;

	if (fields == NULL || fields->n == 0)
		return true;
	for (size_t i = 0; i < fields->n; i++)
		listed = listed || fields->path[i].special == special;
	return listed != fields->without;
}

void
doc_view_print(struct buf *b, const struct doc_view *v, const struct doc_fields *fields)
{
	struct doc_span all = doc_view_object(v);
	struct print pr = { b, fields };

	(void)buf_add(b, "{\"id\":\"", 7);
	(void)buf_add(b, v->id, v->id_len);
	(void)buf_putc(b, '"');
	if (fields != NULL && fields->n > 0) {
		chosen(&pr, &all, UINT64_MAX, 0);
	} else if (v->len > 2) {
		(void)buf_putc(b, ',');
		(void)buf_add(b, v->json + 1, v->len - 2);
	}
	if (shown(fields, DOC_CREATED))
		(void)buf_printf(b, ",\"_createdAt\":%" PRId64, v->created);
	if (shown(fields, DOC_UPDATED))
		(void)buf_printf(b, ",\"_updatedAt\":%" PRId64, v->updated);
	(void)buf_putc(b, '}');
}
