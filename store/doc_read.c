/*
 * Finding, counting, explaining.  An answer is written as text while the rows go by; no
 * document is parsed on its way from the file to the script but by the matcher.
 */
#include <stdlib.h>
#include <string.h>

#include "store/doc_select.h"
#include "store/rows.h"

struct answer {
	struct buf	 b;
	const struct doc_fields *fields;
};

static enum fz_err
answer_add(void *arg, const struct doc_view *v)
{
	struct answer *an = arg;

	if (an->b.len > 1)
		(void)buf_putc(&an->b, ',');
	doc_view_print(&an->b, v, an->fields);
	return buf_ok(&an->b) ? FZ_OK : FZ_PAYLOAD_TOO_LARGE;
}

/* A collection that is not there is empty. */
static enum fz_err
open_collection(struct reader *rd, struct arena *a, const struct doc_at *at,
    struct doc_coll *coll, struct why *why)
{
	enum fz_err err = doc_coll_read(rd, a, at, coll, why);

	if (err != FZ_NOT_FOUND)
		return err;
	*coll = (struct doc_coll){ .id = -1 };
	return FZ_OK;
}

struct find {
	struct doc_coll	 coll;
	struct doc_query q;
	struct doc_options o;
	struct doc_plan	 plan;
	struct doc_time	 time;
};

static enum fz_err
prepare(struct find *f, struct reader *rd, struct arena *a, const struct doc_at *at,
    const char *query, const char *opts, bool one, struct why *why)
{
	enum fz_err err = doc_query_parse(a, query, at->session, &f->q, why);

	if (err == FZ_OK)
		err = doc_options_parse(a, opts, DOC_OPTIONS_FIND, &f->o, why);
	if (one)
		f->o.limit = 1;
	if (err == FZ_OK)
		err = open_collection(rd, a, at, &f->coll, why);
	if (err == FZ_OK)
		err = doc_plan_make(rd, a, &f->coll, &f->q, &f->o, 0, &f->plan);
	return err;
}

static enum fz_err
find_rows(struct find *f, struct reader *rd, struct arena *a, struct answer *an,
    struct doc_text *out, struct why *why)
{
	struct doc_select s = { .rd = rd, .arena = a, .time = &f->time, .coll = &f->coll,
		.q = &f->q, .o = &f->o, .plan = &f->plan, .limit = f->o.limit,
		.emit = answer_add, .arg = an };
	enum fz_err err;

	if (f->o.limit < 0)
		s.limit = DOC_ROWS_MAX;
	err = doc_select_run(&s, why);
	if (err == FZ_PAYLOAD_TOO_LARGE)
		return why_set(why, FZ_LIMIT_EXCEEDED,
		    "the result is larger than %lu bytes: use limit or fields",
		    DOC_FOUND_MAX);
	if (err == FZ_OK && s.more && f->o.limit < 0)
		return why_set(why, FZ_LIMIT_EXCEEDED,
		    "more than %d documents: use a limit", DOC_ROWS_MAX);
	out->n = (size_t)s.n;
	out->cursor = NULL;
	if (err == FZ_OK && s.more && s.n > 0)
		err = doc_select_cursor(&s, &out->cursor);
	return err;
}

static enum fz_err
find(struct reader *rd, struct arena *a, const struct doc_at *at, const char *query,
    const char *opts, bool one, struct doc_text *out, struct why *why)
{
	struct answer an = { 0 };
	struct doc_text got;
	struct find f;
	enum fz_err err;

	doc_time_start(&f.time, rd, at);
	buf_init(&an.b, DOC_FOUND_MAX);
	an.fields = &f.o.fields;
	err = prepare(&f, rd, a, at, query, opts, one, why);
	if (!one)
		(void)buf_putc(&an.b, '[');
	if (err == FZ_OK)
		err = find_rows(&f, rd, a, &an, &got, why);
	if (err == FZ_OK && one && got.n == 0)
		err = FZ_NOT_FOUND;
	if (err == FZ_OK && !one && buf_putc(&an.b, ']') != FZ_OK)
		err = FZ_LIMIT_EXCEEDED;
	if (err == FZ_OK) {
		got.json = buf_take(&an.b, &got.len);
		arena_defer(a, free, (char *)got.json);
		*out = got;
	}
	buf_fini(&an.b);
	doc_time_end(&f.time);
	return err;
}

enum fz_err
doc_find(struct reader *rd, struct arena *a, const struct doc_at *at, const char *query,
    const char *opts, struct doc_text *out, struct why *why)
{
	return find(rd, a, at, query, opts, false, out, why);
}

enum fz_err
doc_find_one(struct reader *rd, struct arena *a, const struct doc_at *at,
    const char *query, const char *opts, struct doc_text *out, struct why *why)
{
	return find(rd, a, at, query, opts, true, out, why);
}

enum fz_err
doc_get(struct reader *rd, struct arena *a, const struct doc_at *at, const char *id,
    const char *opts, struct doc_text *out, struct why *why)
{
	struct buf b;
	enum fz_err err;

	buf_init(&b, DOC_BYTES_MAX);
	(void)buf_puts(&b, "{\"id\":");
	(void)doc_json_string(&b, id, strlen(id));
	if (buf_putc(&b, '}') != FZ_OK)
		err = FZ_NOT_FOUND;
	else
		err = find(rd, a, at, b.data, opts, true, out, why);
	buf_fini(&b);
	return err;
}

/* --- counting --- */

static enum fz_err
count_add(void *arg, const struct doc_view *v)
{
	(void)arg;
	(void)v;
	return FZ_OK;
}

/* Entries, where they say it all: ranges of values do not overlap. */
static enum fz_err
count_entries(struct reader *rd, const struct doc_plan *plan, int64_t *n)
{
	enum fz_err err = FZ_OK;
	int64_t one;

	for (size_t i = 0; err == FZ_OK && i < plan->n; i++) {
		const struct doc_range *r = &plan->range[i];

		err = sql_get_int(rd, &one, "SELECT count(*) FROM dx WHERE def=?1"
		    " AND key>=?2 AND key<?3", "ibb", r->def->id, r->lo.p, r->lo.len,
		    r->hi.p, r->hi.len);
		*n += one;
	}
	return err;
}

static enum fz_err
count(struct find *f, struct reader *rd, struct arena *a, int64_t *n, struct why *why)
{
	struct doc_select s = { .rd = rd, .arena = a, .time = &f->time, .coll = &f->coll,
		.q = &f->q, .plan = &f->plan, .limit = INT64_MAX, .emit = count_add,
		.rids_only = true };
	enum fz_err err;

	*n = 0;
	if (doc_query_all(&f->q)) {
		*n = f->coll.count;
		return FZ_OK;
	}
	if (f->plan.how == DOC_BY_RANGES && f->plan.exact)
		return count_entries(rd, &f->plan, n);
	err = doc_select_run(&s, why);
	*n = s.n;
	return err;
}

enum fz_err
doc_count(struct reader *rd, struct arena *a, const struct doc_at *at, const char *query,
    int64_t *n, struct why *why)
{
	struct find f;
	int64_t got;
	enum fz_err err;

	doc_time_start(&f.time, rd, at);
	err = prepare(&f, rd, a, at, query, NULL, false, why);
	if (err == FZ_OK)
		err = count(&f, rd, a, &got, why);
	if (err == FZ_OK)
		*n = got;
	doc_time_end(&f.time);
	return err;
}

/* --- explaining --- */

static void
explain_names(struct buf *b, const struct doc_plan *plan)
{
	size_t shown = 0;

	for (size_t i = 0; i < plan->n; i++) {
		bool before = false;

		for (size_t k = 0; k < i; k++)
			before = before || plan->range[k].def == plan->range[i].def;
		if (before)
			continue;
		(void)buf_puts(b, shown++ > 0 ? "," : "");
		(void)doc_json_string(b, plan->range[i].def->name,
		    strlen(plan->range[i].def->name));
	}
	if (plan->how == DOC_BY_ID)
		(void)buf_puts(b, "\"id\"");
}

enum fz_err
doc_explain(struct reader *rd, struct arena *a, const struct doc_at *at,
    const char *query, const char *opts, const char **json, struct why *why)
{
	struct find f;
	struct buf b;
	enum fz_err err;

	doc_time_start(&f.time, rd, at);
	err = prepare(&f, rd, a, at, query, opts, false, why);
	if (err == FZ_OK) {
		buf_init(&b, 1 << 20);
		(void)buf_puts(&b, "{\"indexes\":[");
		explain_names(&b, &f.plan);
		(void)buf_printf(&b, "],\"scan\":%s}",
		    f.plan.how == DOC_BY_SCAN ? "true" : "false");
		*json = arena_strndup(a, b.data, b.len);
		buf_fini(&b);
	}
	doc_time_end(&f.time);
	return err;
}
