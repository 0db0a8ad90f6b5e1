/*
 * Inserting, changing and deleting.  What a call is about to change is found first and
 * changed then, so no change can move a document in front of the search again.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/str.h"
#include "store/doc_change.h"
#include "store/doc_rows.h"
#include "store/doc_select.h"

#define UUID_LEN 36

static int64_t
now_of(const struct doc_write *c)
{
	return c->at->now != 0 ? c->at->now : clock_wall_ms();
}

/* --- ids --- */

/* RFC 9562 5.4. */
static const char *
uuid(struct arena *a)
{
	uint8_t b[16];
	char hex[33];

	random_bytes(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	str_hex(hex, b, sizeof(b));
	return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
	    hex + 16, hex + 20);
}

/* Its canonical body. */
static enum fz_err
id_check(struct arena *a, const char *body, size_t len, const char **out, struct why *why)
{
	char *plain = arena_alloc(a, len + 4);
	size_t n = doc_json_plain(plain, body, len);

	if (n < 1 || n > DOC_ID_MAX)
		return why_set(why, FZ_VALIDATION_FAILED, "an id has 1 to %d bytes",
		    DOC_ID_MAX);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)plain[i] < 0x20 || plain[i] == 0x7f)
			return why_set(why, FZ_VALIDATION_FAILED,
			    "an id has no control characters");
	*out = arena_strndup(a, body, len);
	return FZ_OK;
}

static enum fz_err
id_of(struct arena *a, const struct doc_node *n, const char **out, struct why *why)
{
	if (n == NULL || n->type == DOC_NULL) {
		*out = uuid(a);
		return FZ_OK;
	}
	if (n->type != DOC_STRING && n->type != DOC_NUMBER)
		return why_set(why, FZ_VALIDATION_FAILED,
		    "an id is a string or a number");
	return id_check(a, n->text, n->len, out, why);
}

/* An id that came as plain text. */
static enum fz_err
id_body(struct arena *a, const char *id, const char **out, struct why *why)
{
	const char *body;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	(void)doc_json_body(&b, id, strlen(id));
	body = arena_strndup(a, b.data != NULL ? b.data : "", b.len);
	buf_fini(&b);
	return id_check(a, body, strlen(body), out, why);
}

static const char *
id_plain(struct arena *a, const char *body)
{
	size_t len = strlen(body);
	char *out = arena_alloc(a, len + 4);

	out[doc_json_plain(out, body, len)] = '\0';
	return out;
}

/* --- documents --- */

static enum fz_err
doc_print(struct arena *a, const struct doc_node *n, struct doc_view *v, struct why *why)
{
	struct buf b;
	enum fz_err err;

	buf_init(&b, 2 * DOC_BYTES_MAX);
	err = doc_json_print(&b, n);
	if (err == FZ_OK) {
		v->json = arena_strndup(a, b.data, b.len);
		v->len = b.len;
	} else if (err == FZ_VALIDATION_FAILED) {
		(void)why_set(why, err, "a document is nested too deeply");
	} else {
		err = why_set(why, FZ_LIMIT_EXCEEDED,
		    "a document has at most %lu bytes", DOC_BYTES_MAX);
	}
	buf_fini(&b);
	return err;
}

static void
drop_member(struct doc_node *n, const char *name)
{
	struct doc_node *m = doc_json_get(n, name, strlen(name));

	if (m != NULL)
		doc_json_remove(n, m);
}

/* The session a call is bound to is a field like others, but not the script's to choose. */
static void
set_session(struct doc_write *c, struct doc_node *n)
{
	struct buf b;

	if (c->at->session == NULL)
		return;
	buf_init(&b, DOC_BYTES_MAX);
	(void)doc_json_body(&b, c->at->session, strlen(c->at->session));
	doc_json_set(c->scratch, n, "session", 7, doc_json_text(c->scratch, DOC_STRING,
	    arena_strndup(c->scratch, b.data, b.len), b.len));
	buf_fini(&b);
}

/* Store the tree under this id (canonical body). */
static enum fz_err
add_tree(struct doc_write *c, struct doc_node *n, const char *id, int64_t created,
    int64_t updated)
{
	struct doc_view v = { .id = id, .id_len = strlen(id), .created = created,
		.updated = updated };
	enum fz_err err;

	drop_member(n, "id");
	drop_member(n, "_createdAt");
	drop_member(n, "_updatedAt");
	set_session(c, n);
	err = doc_print(c->scratch, n, &v, c->why);
	return err == FZ_OK ? doc_rows_add(c, &v) : err;
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
		err = add_tree(c, n, *id, now_of(c), now_of(c));
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
		plain = id_plain(a, body);
	err = doc_write_end(&c, err);
	if (err == FZ_OK)
		*id = plain;
	return err;
}

/* One after the other, for a tree of all of them could take a hundred times their text. */
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

/* --- finding what to change --- */

struct rids {
	int64_t	*v;
	size_t	 n;
	size_t	 cap;
};

static enum fz_err
rid_add(void *arg, const struct doc_view *v)
{
	struct rids *r = arg;

	if (r->n == r->cap) {
		r->cap = r->cap > 0 ? r->cap * 2 : 64;
		r->v = xreallocarray(r->v, r->cap, sizeof(*r->v));
	}
	r->v[r->n++] = v->rid;
	return FZ_OK;
}

/* Oldest first. */
static enum fz_err
find_rids(struct doc_write *c, const struct doc_query *q, int64_t limit, struct rids *out)
{
	struct doc_options o = { .limit = limit, .up = true };
	struct doc_plan plan;
	struct doc_select s = { .rd = c->rd, .arena = c->arena, .time = &c->time,
		.coll = &c->coll, .q = q, .o = &o, .plan = &plan, .limit = limit,
		.emit = rid_add, .arg = out, .rids_only = true };
	enum fz_err err;

	if (!c->there)
		return FZ_OK;
	err = doc_plan_make(c->rd, c->arena, &c->coll, q, NULL, 0, &plan);
	return err == FZ_OK ? doc_select_run(&s, c->why) : err;
}

/* The document, copied into scratch. */
static enum fz_err
read_copy(struct doc_write *c, int64_t rid, struct doc_view *v)
{
	struct sql *s;
	enum fz_err err = doc_view_read(c->rd, rid, &s, v), end;

	if (err == FZ_OK) {
		v->id = arena_strndup(c->scratch, v->id, v->id_len);
		v->json = arena_strndup(c->scratch, v->json, v->len);
	}
	end = sql_close(s);
	return err == FZ_OK ? end : err;
}

/* --- changing --- */

static enum fz_err
change_one(struct doc_write *c, int64_t rid, const struct doc_change *change,
    const char **id)
{
	struct doc_view from, to;
	struct doc_node *n;
	enum fz_err err;

	arena_reset(c->scratch);
	err = read_copy(c, rid, &from);
	if (err == FZ_OK)
		err = doc_json_parse(c->scratch, from.json, from.len, &n, c->why);
	if (err == FZ_OK)
		err = doc_change_apply(c->scratch, change, n, c->why);
	if (err != FZ_OK)
		return err;
	to = from;
	to.updated = now_of(c);
	err = doc_print(c->scratch, n, &to, c->why);
	if (err == FZ_OK)
		err = doc_rows_change(c, &from, &to);
	if (err == FZ_OK && id != NULL)
		*id = id_plain(c->arena, from.id);
	return err == FZ_OK ? doc_time_check(&c->time) : err;
}

enum fz_err
doc_update(struct writer *w, struct arena *a, const struct doc_at *at, const char *query,
    const char *changes, int64_t *n, struct why *why)
{
	struct rids rids = { 0 };
	struct doc_change change;
	struct doc_query q;
	struct doc_write c;
	enum fz_err err;

	err = doc_write_start(&c, w, a, at, why);
	if (err == FZ_OK)
		err = doc_query_parse(a, query, at->session, &q, why);
	if (err == FZ_OK)
		err = doc_change_parse(a, changes, at->session != NULL ? "session" : NULL,
		    &change, why);
	if (err == FZ_OK)
		err = find_rids(&c, &q, INT64_MAX, &rids);
	for (size_t i = 0; err == FZ_OK && i < rids.n; i++)
		err = change_one(&c, rids.v[i], &change, NULL);
	err = doc_write_end(&c, err);
	if (err == FZ_OK)
		*n = (int64_t)rids.n;
	free(rids.v);
	return err;
}

static enum fz_err
upsert_new(struct doc_write *c, const struct doc_query *q,
    const struct doc_change *change, const char **id)
{
	struct doc_node *n = doc_json_new(c->scratch, DOC_OBJECT);
	const char *body = NULL;
	enum fz_err err;

	err = doc_change_seed(c->scratch, q, n, &body, c->why);
	if (err == FZ_OK)
		err = doc_change_apply(c->scratch, change, n, c->why);
	if (err == FZ_OK && body != NULL)
		err = id_check(c->scratch, body, strlen(body), &body, c->why);
	if (err == FZ_OK && body == NULL)
		body = uuid(c->scratch);
	if (err == FZ_OK)
		err = add_tree(c, n, body, now_of(c), now_of(c));
	if (err == FZ_OK)
		*id = id_plain(c->arena, body);
	return err;
}

enum fz_err
doc_upsert(struct writer *w, struct arena *a, const struct doc_at *at, const char *query,
    const char *changes, const char **id, bool *inserted, struct why *why)
{
	struct rids rids = { 0 };
	const char *got = NULL;
	struct doc_change change;
	struct doc_query q;
	struct doc_write c;
	enum fz_err err;

	err = doc_write_start(&c, w, a, at, why);
	if (err == FZ_OK)
		err = doc_query_parse(a, query, at->session, &q, why);
	if (err == FZ_OK)
		err = doc_change_parse(a, changes, at->session != NULL ? "session" : NULL,
		    &change, why);
	if (err == FZ_OK)
		err = find_rids(&c, &q, 2, &rids);
	if (err == FZ_OK && rids.n > 1)
		err = why_set(why, FZ_DS_BAD_QUERY,
		    "upsert: the query matches more than one document");
	if (err == FZ_OK && rids.n == 1)
		err = change_one(&c, rids.v[0], &change, &got);
	else if (err == FZ_OK)
		err = upsert_new(&c, &q, &change, &got);
	err = doc_write_end(&c, err);
	if (err == FZ_OK) {
		*id = got;
		*inserted = rids.n == 0;
	}
	free(rids.v);
	return err;
}

/* --- deleting --- */

static enum fz_err
remove_one(struct doc_write *c, int64_t rid)
{
	struct doc_view v;
	enum fz_err err;

	arena_reset(c->scratch);
	err = read_copy(c, rid, &v);
	if (err == FZ_OK)
		err = doc_rows_remove(c, &v);
	return err == FZ_OK ? doc_time_check(&c->time) : err;
}

static enum fz_err
remove_rids(struct doc_write *c, const struct rids *rids, size_t n)
{
	enum fz_err err = FZ_OK;

	for (size_t i = 0; err == FZ_OK && i < n; i++)
		err = remove_one(c, rids->v[i]);
	return err;
}

/* keep < 0: all that match, else all but the newest so many. */
static enum fz_err
delete_but(struct writer *w, struct arena *a, const struct doc_at *at, const char *query,
    int64_t keep, int64_t *n, struct why *why)
{
	struct rids rids = { 0 };
	struct doc_query q;
	struct doc_write c;
	int64_t limit = INT64_MAX;
	enum fz_err err;
	size_t gone = 0;

	err = doc_write_start(&c, w, a, at, why);
	if (err == FZ_OK)
		err = doc_query_parse(a, query, at->session, &q, why);
	/* Of a whole collection it is known how many are too many. */
	if (keep >= 0 && at->session == NULL)
		limit = keep < c.coll.count ? c.coll.count - keep : 0;
	if (err == FZ_OK && limit > 0)
		err = find_rids(&c, &q, limit, &rids);
	if (err == FZ_OK)
		gone = keep < 0 || at->session == NULL ? rids.n :
		    (int64_t)rids.n > keep ? rids.n - (size_t)keep : 0;
	if (err == FZ_OK)
		err = remove_rids(&c, &rids, gone);
	err = doc_write_end(&c, err);
	if (err == FZ_OK)
		*n = (int64_t)gone;
	free(rids.v);
	return err;
}

enum fz_err
doc_delete(struct writer *w, struct arena *a, const struct doc_at *at, const char *query,
    int64_t *n, struct why *why)
{
	return delete_but(w, a, at, query, -1, n, why);
}

enum fz_err
doc_delete_oldest(struct writer *w, struct arena *a, const struct doc_at *at,
    int64_t keep, int64_t *n, struct why *why)
{
	return delete_but(w, a, at, NULL, keep < 0 ? 0 : keep, n, why);
}

/* --- by id --- */

static enum fz_err
rid_of(struct doc_write *c, const char *body, int64_t *rid)
{
	if (!c->there)
		return FZ_NOT_FOUND;
	return sql_get_int(c->rd, rid, "SELECT rid FROM doc WHERE collection=?1 AND id=?2",
	    "it", c->coll.id, body);
}

static enum fz_err
replace(struct doc_write *c, int64_t rid, struct doc_node *n, int64_t created,
    int64_t updated)
{
	struct doc_view from, to;
	enum fz_err err;

	drop_member(n, "id");
	drop_member(n, "_createdAt");
	drop_member(n, "_updatedAt");
	set_session(c, n);
	err = read_copy(c, rid, &from);
	if (err != FZ_OK)
		return err;
	to = from;
	if (created != 0)
		to.created = created;
	to.updated = updated != 0 ? updated : now_of(c);
	err = doc_print(c->scratch, n, &to, c->why);
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
		err = id_body(c.scratch, id, &body, why);
	if (err != FZ_OK)
		return doc_write_end(&c, err);
	err = rid_of(&c, body, &rid);
	if (err == FZ_OK)
		err = replace(&c, rid, n, created, updated);
	else if (err == FZ_NOT_FOUND)
		err = add_tree(&c, n, body, created != 0 ? created : now_of(&c),
		    updated != 0 ? updated : now_of(&c));
	return doc_write_end(&c, err);
}

enum fz_err
doc_remove(struct writer *w, struct arena *a, const struct doc_at *at, const char *id,
    struct why *why)
{
	const char *body;
	struct doc_write c;
	enum fz_err err;
	int64_t rid;

	err = doc_write_start(&c, w, a, at, why);
	if (err == FZ_OK)
		err = id_body(c.scratch, id, &body, why);
	if (err == FZ_VALIDATION_FAILED && c.marked)
		err = FZ_NOT_FOUND;
	if (err == FZ_OK)
		err = rid_of(&c, body, &rid);
	if (err == FZ_OK)
		err = remove_one(&c, rid);
	return doc_write_end(&c, err);
}
