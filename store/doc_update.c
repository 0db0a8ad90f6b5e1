/*
 * Changing and deleting.  What a call is about to change is found first and changed then,
 * so no change can move a document in front of the search again.
 */
#include <stdlib.h>
#include <string.h>

#include "store/doc_change.h"
#include "store/doc_make.h"
#include "store/doc_rows.h"
#include "store/doc_select.h"

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

/* --- changing --- */

static enum fz_err
change_one(struct doc_write *c, int64_t rid, const struct doc_change *change,
    const char **id)
{
	struct doc_view from, to;
	struct doc_node *n;
	enum fz_err err;

	arena_reset(c->scratch);
	err = doc_make_copy(c, rid, &from);
	if (err == FZ_OK)
		err = doc_json_parse(c->scratch, from.json, from.len, &n, c->why);
	if (err == FZ_OK)
		err = doc_change_apply(c->scratch, change, n, c->why);
	if (err != FZ_OK)
		return err;
	to = from;
	to.updated = doc_make_now(c);
	err = doc_make_text(c->scratch, n, &to, c->why);
	if (err == FZ_OK)
		err = doc_rows_change(c, &from, &to);
	if (err == FZ_OK && id != NULL)
		*id = doc_make_plain(c->arena, from.id);
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
		err = doc_make_id(c->scratch, body, strlen(body), &body, c->why);
	if (err == FZ_OK && body == NULL)
		body = doc_make_uuid(c->scratch);
	if (err == FZ_OK)
		err = doc_make_add(c, n, body, doc_make_now(c), doc_make_now(c));
	if (err == FZ_OK)
		*id = doc_make_plain(c->arena, body);
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
	err = doc_make_copy(c, rid, &v);
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
		err = doc_make_body(c.scratch, id, &body, why);
	if (err == FZ_VALIDATION_FAILED && c.marked)
		err = FZ_NOT_FOUND;
	if (err == FZ_OK)
		err = doc_make_rid(&c, body, &rid);
	if (err == FZ_OK)
		err = remove_one(&c, rid);
	return doc_write_end(&c, err);
}
