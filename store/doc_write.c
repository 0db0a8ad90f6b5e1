/*
 * Storing documents: one, many, or one under a given id.
 */
#include <string.h>

#include "store/doc_make.h"
#include "store/doc_rows.h"

static enum fz_err
id_of(struct arena *a, const struct doc_node *n, const char **out, struct why *why)
{
	if (n == NULL || n->type == DOC_NULL) {
		*out = doc_make_uuid(a);
		return FZ_OK;
	}
	if (n->type != DOC_STRING && n->type != DOC_NUMBER)
		return why_set(why, FZ_VALIDATION_FAILED,
		    "an id is a string or a number");
	return doc_make_id(a, n->text, n->len, out, why);
}

static enum fz_err
object_check(const struct doc_node *n, struct why *why)
{
	if (n->type != DOC_OBJECT)
		return why_set(why, FZ_VALIDATION_FAILED, "a document is an object");
	return FZ_OK;
}

static enum fz_err
insert_tree(struct doc_write *c, struct doc_node *n, const char **id)
{
	enum fz_err err = object_check(n, c->why);

	if (err == FZ_OK)
		err = id_of(c->scratch, doc_json_get(n, "id", 2), id, c->why);
	if (err == FZ_OK)
		err = doc_make_add(c, n, *id, doc_make_now(c), doc_make_now(c));
	return err;
}

static enum fz_err
parse_doc(struct doc_write *c, const char *json, size_t len, struct doc_node **n)
{
	enum fz_err err;

	/* Blanks do not count, but there are bounds. */
	if (len > 4 * DOC_BYTES_MAX)
		return why_set(c->why, FZ_LIMIT_EXCEEDED,
		    "a document has at most %lu bytes", DOC_BYTES_MAX);
	err = doc_json_parse(c->scratch, json, len, n, c->why);
	return err == FZ_INVALID_JSON ? FZ_VALIDATION_FAILED : err;
}

enum fz_err
doc_insert(struct writer *w, struct arena *a, const struct doc_at *at, const char *json,
    size_t len, const char **id, struct why *why)
{
	const char *body = NULL, *plain = NULL;
	struct doc_write c;
	struct doc_node *n;
	enum fz_err err;

	err = doc_write_start(&c, w, a, at, why);
	if (err == FZ_OK)
		err = parse_doc(&c, json, len, &n);
	if (err == FZ_OK)
		err = insert_tree(&c, n, &body);
	if (err == FZ_OK)
		plain = doc_make_plain(a, body);
	err = doc_write_end(&c, err);
	if (err == FZ_OK)
		*id = plain;
	return err;
}

/* One after the other: a tree of all of them could take a hundred times their text. */
static enum fz_err
insert_each(struct doc_write *c, const char *json, size_t len, struct buf *ids)
{
	size_t at = 0, count = 0;
	struct doc_node *n;
	const char *id = NULL;
	enum fz_err err;

	for (;; count++) {
		arena_reset(c->scratch);
		err = doc_json_each(c->scratch, json, len, &at, &n, c->why);
		if (err == FZ_NOT_FOUND)
			return FZ_OK;
		if (err == FZ_OK && count == DOC_MANY_MAX)
			err = why_set(c->why, FZ_LIMIT_EXCEEDED,
			    "insertMany takes at most %d documents", DOC_MANY_MAX);
		if (err == FZ_OK)
			err = insert_tree(c, n, &id);
		if (err == FZ_OK)
			err = doc_time_check(&c->time);
		if (err != FZ_OK)
			return err == FZ_INVALID_JSON ? FZ_VALIDATION_FAILED : err;
		(void)buf_printf(ids, "%s\"%s\"", count > 0 ? "," : "", id);
	}
}

enum fz_err
doc_insert_many(struct writer *w, struct arena *a, const struct doc_at *at,
    const char *json, size_t len, const char **ids, struct why *why)
{
	struct doc_write c;
	struct buf b;
	enum fz_err err;

	buf_init(&b, 8 * DOC_MANY_MAX * DOC_ID_MAX);
	err = doc_write_start(&c, w, a, at, why);
	(void)buf_putc(&b, '[');
	if (err == FZ_OK)
		err = insert_each(&c, json, len, &b);
	err = doc_write_end(&c, err);
	if (err == FZ_OK && buf_putc(&b, ']') != FZ_OK)
		err = FZ_INTERNAL_ERROR;
	if (err == FZ_OK)
		*ids = arena_strndup(a, b.data, b.len);
	buf_fini(&b);
	return err;
}

/* --- by id --- */

static enum fz_err
replace(struct doc_write *c, int64_t rid, struct doc_node *n, int64_t created,
    int64_t updated)
{
	struct doc_view from, to;
	enum fz_err err;

	doc_make_own(c, n);
	err = doc_make_copy(c, rid, &from);
	if (err != FZ_OK)
		return err;
	to = from;
	if (created != 0)
		to.created = created;
	to.updated = updated != 0 ? updated : doc_make_now(c);
	err = doc_make_text(c->scratch, n, &to, c->why);
	return err == FZ_OK ? doc_rows_change(c, &from, &to) : err;
}

enum fz_err
doc_put(struct writer *w, struct arena *a, const struct doc_at *at, const char *id,
    const char *json, size_t len, int64_t created, int64_t updated, struct why *why)
{
	struct doc_node *n;
	const char *body;
	struct doc_write c;
	enum fz_err err;
	int64_t rid;

	err = doc_write_start(&c, w, a, at, why);
	if (err == FZ_OK)
		err = parse_doc(&c, json, len, &n);
	if (err == FZ_OK)
		err = object_check(n, why);
	if (err == FZ_OK)
		err = doc_make_body(c.scratch, id, &body, why);
	if (err != FZ_OK)
		return doc_write_end(&c, err);
	err = doc_make_rid(&c, body, &rid);
	if (err == FZ_OK)
		err = replace(&c, rid, n, created, updated);
	else if (err == FZ_NOT_FOUND)
		err = doc_make_add(&c, n, body, created != 0 ? created : doc_make_now(&c),
		    updated != 0 ? updated : doc_make_now(&c));
	return doc_write_end(&c, err);
}
