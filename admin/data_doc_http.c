/*
 * An app's documents for its owner's tools, in the words that scripts use: ?q= is a query
 * of docs/contract.md 5.7, ?sort= and ?fields= its options as text, the cursor the one of
 * find.  Whoever gets to see the documents of all spaces does so one space at a time,
 * since a collection of a user and the shared one of the same name are two.
 */
#include <string.h>

#include "admin/data_at.h"
#include "admin/json_text.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "deploy/quota_tell.h"
#include "deploy/reply.h"
#include "store/doc.h"

static struct doc_at
doc_place(struct request *rq, const struct data_at *at)
{
	return (struct doc_at){ .space = at->space, .collection = request_param(rq, "c"),
		.quota = &at->quota, .now = clock_wall_ms() };
}

/* Errors of store/doc.h as the admin API says them. */
static enum fz_err
tell(struct response *rs, enum fz_err err, const struct why *why)
{
	if (err == FZ_OK || why->text[0] == '\0')
		return err;
	if (err == FZ_VALIDATION_FAILED)
		response_detail(rs, "constraint", json_string(why->text));
	return response_why(rs, err, "%s", why->text);
}

static void
put_collection(struct buf *b, const struct doc_collection *c, const char *uid)
{
	buf_puts(b, "{\"collection\":");
	buf_json(b, c->name, strlen(c->name));
	buf_printf(b, ",\"count\":%lld,\"bytes\":%lld,\"indexes\":%s",
	    (long long)c->count, (long long)c->bytes, c->indexes);
	json_text_put(b, "user_id", uid);
	buf_putc(b, '}');
}

static enum fz_err
write_collections(
    struct request *rq, struct response *rs, struct reader *rd, struct buf *b)
{
	struct data_user user = { 0 };
	struct doc_collection *v;
	struct data_at at;
	size_t n;
	enum fz_err err = data_at_find(rq, rs, rd, &at);

	if (err != FZ_OK)
		return err;
	if (at.all_users)
		at.space.user = -1;
	err = doc_collections(rd, rq->arena, at.space, &v, &n);
	for (size_t i = 0; err == FZ_OK && i < n; i++) {
		if (i > 0)
			buf_putc(b, ',');
		put_collection(b, &v[i], data_at_uid(rd, rq->arena, &user, v[i].user));
	}
	return err;
}

static enum fz_err
list_collections(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct buf b;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	buf_init(&b, LIMIT_RESPONSE_JSON);
	buf_puts(&b, "{\"data\":[");
	err = write_collections(rq, rs, rd, &b);
	reader_close(rd);
	if (err != FZ_OK) {
		buf_fini(&b);
		return err;
	}
	buf_puts(&b, "]}");
	return json_text_send(rs, 200, &b);
}

/* "a,b.c" -> ["a","b.c"] */
static void
put_fields(struct buf *b, const char *text)
{
	size_t n;

	buf_puts(b, ",\"fields\":[");
	for (bool first = true; *text != '\0'; text += n + (text[n] == ',')) {
		n = strcspn(text, ",");
		if (n == 0)
			continue;
		if (!first)
			buf_putc(b, ',');
		buf_json(b, text, n);
		first = false;
	}
	buf_putc(b, ']');
}

/* The options of find as JSON text, in the arena. */
static const char *
find_options(struct request *rq, const struct data_page *page)
{
	const char *sort = request_arg(rq, "sort"), *fields = request_arg(rq, "fields");
	const char *text;
	struct buf b;

	/* Every argument lies within the query, and JSON makes a byte six at most. */
	buf_init(&b, 8 * LIMIT_QUERY);
	buf_printf(&b, "{\"limit\":%lld", (long long)page->limit);
	if (sort != NULL && sort[0] != '\0')
		json_text_put(&b, "sort", sort);
	if (fields != NULL && fields[0] != '\0')
		put_fields(&b, fields);
	if (page->cursor != NULL)
		json_text_put(&b, "after", page->cursor);
	buf_putc(&b, '}');
	text = arena_strdup(rq->arena, b.data);
	buf_fini(&b);
	return text;
}

static enum fz_err
find_in(struct request *rq, struct response *rs, struct reader *rd,
    const struct data_page *page, struct doc_text *out)
{
	const char *q = request_arg(rq, "q");
	struct why why = { { 0 } };
	struct data_at at;
	struct doc_at place;
	enum fz_err err = data_at_find(rq, rs, rd, &at);

	if (err != FZ_OK)
		return err;
	place = doc_place(rq, &at);
	err = doc_find(rd, rq->arena, &place, q != NULL && q[0] != '\0' ? q : NULL,
	    find_options(rq, page), out, &why);
	return tell(rs, err, &why);
}

static enum fz_err
find_docs(struct request *rq, struct response *rs)
{
	struct data_page page;
	struct doc_text found;
	struct reader *rd;
	struct buf b;
	enum fz_err err = data_at_page(rq, rs, &page);

	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = find_in(rq, rs, rd, &page, &found);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	buf_init(&b, LIMIT_RESPONSE_JSON);
	buf_puts(&b, "{\"data\":");
	buf_add(&b, found.json, found.len);
	return json_text_list(rs, &b, page.limit, found.cursor);
}

static enum fz_err
send_doc(struct response *rs, const struct doc_text *doc)
{
	struct buf b;

	buf_init(&b, LIMIT_RESPONSE_JSON);
	buf_puts(&b, "{\"data\":");
	buf_add(&b, doc->json, doc->len);
	buf_putc(&b, '}');
	return json_text_send(rs, 200, &b);
}

static enum fz_err
get_in(struct request *rq, struct response *rs, struct reader *rd, struct doc_text *out)
{
	struct why why = { { 0 } };
	struct data_at at;
	struct doc_at place;
	enum fz_err err = data_at_find(rq, rs, rd, &at);

	if (err != FZ_OK)
		return err;
	place = doc_place(rq, &at);
	err = doc_get(rd, rq->arena, &place, request_param(rq, "id"), NULL, out, &why);
	return tell(rs, err, &why);
}

static enum fz_err
get_doc(struct request *rq, struct response *rs)
{
	struct doc_text doc;
	struct reader *rd;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = get_in(rq, rs, rd, &doc);
	reader_close(rd);
	return err == FZ_OK ? send_doc(rs, &doc) : err;
}

static enum fz_err
insert_in(struct request *rq, struct response *rs, struct writer *w, const char *text,
    size_t len, const char **id)
{
	struct why why = { { 0 } };
	struct data_at at;
	struct doc_at place;
	enum fz_err err = data_at_find(rq, rs, writer_reader(w), &at);

	if (err != FZ_OK)
		return err;
	place = doc_place(rq, &at);
	err = doc_insert(w, rq->arena, &place, text, len, id, &why);
	err = tell(rs, err, &why);
	return quota_tell(rs, writer_reader(w), at.app.id, &at.quota, "docs", err);
}

static enum fz_err
insert_doc(struct request *rq, struct response *rs)
{
	const char *text, *id;
	struct writer *w;
	enum fz_err err;
	size_t len;

	err = data_at_body(rq, rs, &text, &len);
	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = insert_in(rq, rs, w, text, len, &id);
	err = reply_commit(rq, w, err);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 201, json_pack("{s:s}", "id", id));
}

static enum fz_err
put_in(struct request *rq, struct response *rs, struct writer *w, const char *text,
    size_t len, struct doc_text *out)
{
	const char *id = request_param(rq, "id");
	struct why why = { { 0 } };
	struct data_at at;
	struct doc_at place;
	enum fz_err err = data_at_find(rq, rs, writer_reader(w), &at);

	if (err != FZ_OK)
		return err;
	place = doc_place(rq, &at);
	err = doc_put(w, rq->arena, &place, id, text, len, 0, 0, &why);
	if (err == FZ_OK)
		err = doc_get(writer_reader(w), rq->arena, &place, id, NULL, out, &why);
	err = tell(rs, err, &why);
	return quota_tell(rs, writer_reader(w), at.app.id, &at.quota, "docs", err);
}

static enum fz_err
put_doc(struct request *rq, struct response *rs)
{
	struct doc_text doc;
	struct writer *w;
	const char *text;
	enum fz_err err;
	size_t len;

	err = data_at_body(rq, rs, &text, &len);
	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = put_in(rq, rs, w, text, len, &doc);
	err = reply_commit(rq, w, err);
	return err == FZ_OK ? send_doc(rs, &doc) : err;
}

static enum fz_err
delete_in(struct request *rq, struct response *rs, struct writer *w)
{
	struct why why = { { 0 } };
	struct data_at at;
	struct doc_at place;
	enum fz_err err = data_at_find(rq, rs, writer_reader(w), &at);

	if (err != FZ_OK)
		return err;
	place = doc_place(rq, &at);
	err = doc_remove(w, rq->arena, &place, request_param(rq, "id"), &why);
	return tell(rs, err, &why);
}

static enum fz_err
delete_doc(struct request *rq, struct response *rs)
{
	struct writer *w;
	enum fz_err err = writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err == FZ_OK)
		err = reply_commit(rq, w, delete_in(rq, rs, w));
	return err == FZ_OK ? reply_message(rs, "Document deleted") : err;
}

#define DOCS "/api/apps/{app}/data/docs"

extern const struct route data_doc_routes[];

const struct route data_doc_routes[] = {
	{ METHOD_GET, DOCS, list_collections, WHO_ADMIN, "data.read", ON_ADMIN, 0, 0,
	    "Collections of an app (?user=)", NULL, "[DataCollection]" },
	{ METHOD_GET, DOCS "/{c}", find_docs, WHO_ADMIN, "data.read", ON_ADMIN, 0, 0,
	    "Documents of a collection (?q=&sort=&fields=&user=&limit=&cursor=)", NULL,
	    "[Document]" },
	{ METHOD_POST, DOCS "/{c}", insert_doc, WHO_ADMIN, "data", ON_ADMIN, 0,
	    DATA_AT_WEIGHT, "Insert a document (?user=)", "Document", "DocumentId" },
	{ METHOD_GET, DOCS "/{c}/{id...}", get_doc, WHO_ADMIN, "data.read", ON_ADMIN, 0,
	    0, "One document (?user=)", NULL, "Document" },
	{ METHOD_PUT, DOCS "/{c}/{id...}", put_doc, WHO_ADMIN, "data", ON_ADMIN, 0,
	    DATA_AT_WEIGHT, "Replace or create a document (?user=)", "Document",
	    "Document" },
	{ METHOD_DELETE, DOCS "/{c}/{id...}", delete_doc, WHO_ADMIN, "data", ON_ADMIN, 0,
	    DATA_AT_WEIGHT, "Delete a document (?user=)", NULL, "Message" },
	{ 0 }
};
