/*
 * fazt.app.ds, fazt.storage.ds, fazt.app.user.ds and fazt.session.ds (docs/contract.md
 * 5.7): one set of functions; whose documents they mean is in the function, never in an
 * argument.
 *
 * Everything crosses as JSON text.  Queries and options go through js_json_strict, where
 * undefined becomes null, so a misspelt variable matches what has no such field and not
 * everything; documents and changes through js_json, where it is left out.  A call that
 * changes or deletes must say what: without a query it is a TypeError.
 */
#include <string.h>

#include "base/clock.h"
#include "runtime/js_ds.h"

#define SESSION 2		/* in the magic: the documents of this workspace */
#define NAMER DUK_HIDDEN_SYMBOL("session")

/* The workspace's name, by fazt.session.require as it was at the start; it throws without
 * one.  Its text stays on the stack. */
static const char *
session_name(duk_context *ctx, struct run *run)
{
	void *held = js_hold(run);

	duk_push_heap_stash(ctx);
	duk_get_prop_string(ctx, -1, NAMER);
	duk_remove(ctx, -2);
	duk_call(ctx, 0);
	js_release(run, held);
	return js_text(ctx, run, -1, "session required", NULL);
}

void
js_ds_begin(duk_context *ctx, struct run *run, struct js_ds_call *c, const char *what,
    const char *needs)
{
	int64_t left;
	size_t len;

	memset(c, 0, sizeof(*c));
	c->run = run;
	c->what = what;
	c->at.space = js_space(ctx, run, what);
	c->at.collection = js_text(ctx, run, 0, needs, &len);
	c->at.quota = &run->script->quota;
	if (duk_get_current_magic(ctx) & SESSION)
		c->at.session = session_name(ctx, run);
	left = guard_left_ms();
	c->at.deadline = clock_mono_ms() + (left < DOC_CALL_MS ? left : DOC_CALL_MS);
}

duk_ret_t
js_ds_fail(duk_context *ctx, struct js_ds_call *c, enum fz_err err)
{
	return js_fail(ctx, err, c->what, &c->why);
}

/* --- arguments --- */

const char *
js_ds_query_arg(duk_context *ctx, struct js_ds_call *c, duk_idx_t idx)
{
	size_t len;

	if (duk_is_null_or_undefined(ctx, idx))
		return NULL;
	return js_json_strict(ctx, c->run, idx, &len);
}

static bool
plain_object(duk_context *ctx, duk_idx_t idx)
{
	return duk_is_object(ctx, idx) && !duk_is_array(ctx, idx) &&
	    !duk_is_callable(ctx, idx);
}

const char *
js_ds_need_query(duk_context *ctx, struct js_ds_call *c, duk_idx_t idx, const char *needs)
{
	if (!plain_object(ctx, idx))
		js_throw(ctx, "TypeError", NULL, false, "%s", needs);
	return js_ds_query_arg(ctx, c, idx);
}

const char *
js_ds_need_object(duk_context *ctx, struct js_ds_call *c, duk_idx_t idx,
    const char *needs, size_t *len)
{
	const char *json = NULL;

	if (plain_object(ctx, idx))
		json = js_json(ctx, c->run, idx, len);
	if (json == NULL)
		js_throw(ctx, "TypeError", NULL, false, "%s", needs);
	return json;
}

/* --- results --- */

duk_ret_t
js_ds_push_count(duk_context *ctx, struct js_ds_call *c, enum fz_err err, int64_t n)
{
	if (err != FZ_OK)
		return js_ds_fail(ctx, c, err);
	duk_push_number(ctx, (double)n);
	return 1;
}

duk_ret_t
js_ds_push_json(duk_context *ctx, struct js_ds_call *c, enum fz_err err, const char *json)
{
	if (err != FZ_OK)
		return js_ds_fail(ctx, c, err);
	js_push_json(ctx, c->run, json, strlen(json));
	return 1;
}

duk_ret_t
js_ds_push_text(duk_context *ctx, struct js_ds_call *c, enum fz_err err, const char *text)
{
	if (err != FZ_OK)
		return js_ds_fail(ctx, c, err);
	js_push_string(ctx, c->run, text);
	return 1;
}

/* The array, with a cursor that JSON.stringify and for-in do not see. */
static duk_ret_t
push_found(duk_context *ctx, struct js_ds_call *c, enum fz_err err,
    const struct doc_text *t)
{
	if (err != FZ_OK)
		return js_ds_fail(ctx, c, err);
	js_push_json(ctx, c->run, t->json, t->len);
	duk_push_string(ctx, "cursor");
	if (t->cursor != NULL)
		duk_push_string(ctx, t->cursor);
	else
		duk_push_null(ctx);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WC |
	    DUK_DEFPROP_CLEAR_ENUMERABLE);
	return 1;
}

/* --- reading --- */

static duk_ret_t
find_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const char *query, *opts;
	struct doc_text found;
	struct reader *rd;
	struct js_ds_call c;
	enum fz_err err;

	js_ds_begin(ctx, run, &c, "ds.find", "ds.find requires a collection");
	query = js_ds_query_arg(ctx, &c, 1);
	opts = js_ds_query_arg(ctx, &c, 2);
	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = doc_find(rd, run->scratch, &c.at, query, opts, &found, &c.why);
		run_read_end(run);
	}
	js_done(ctx, run);
	return push_found(ctx, &c, err, &found);
}

/* A number is an id too: as the text it is stored as. */
static duk_ret_t
find_one_js(duk_context *ctx)
{
	static const char needs[] = "ds.findOne requires collection and query or id";
	struct run *run = js_enter(ctx);
	const char *query = NULL, *id = NULL, *opts;
	struct doc_text found;
	struct reader *rd;
	struct js_ds_call c;
	enum fz_err err;

	js_ds_begin(ctx, run, &c, "ds.findOne", needs);
	if (duk_is_string(ctx, 1) || duk_is_number(ctx, 1))
		id = js_any_text(ctx, run, 1, NULL);
	else
		query = js_ds_need_query(ctx, &c, 1, needs);
	opts = js_ds_query_arg(ctx, &c, 2);
	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		if (id != NULL)
			err = doc_get(rd, run->scratch, &c.at, id, opts, &found, &c.why);
		else
			err = doc_find_one(rd, run->scratch, &c.at, query, opts, &found,
			    &c.why);
		run_read_end(run);
	}
	js_done(ctx, run);
	if (err == FZ_NOT_FOUND) {
		duk_push_null(ctx);
		return 1;
	}
	return js_ds_push_json(ctx, &c, err, found.json);
}

static duk_ret_t
count_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const char *query;
	struct reader *rd;
	struct js_ds_call c;
	enum fz_err err;
	int64_t n = 0;

	js_ds_begin(ctx, run, &c, "ds.count", "ds.count requires a collection");
	query = js_ds_query_arg(ctx, &c, 1);
	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = doc_count(rd, run->scratch, &c.at, query, &n, &c.why);
		run_read_end(run);
	}
	js_done(ctx, run);
	return js_ds_push_count(ctx, &c, err, n);
}

static duk_ret_t
explain_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const char *query, *opts, *json = NULL;
	struct reader *rd;
	struct js_ds_call c;
	enum fz_err err;

	js_ds_begin(ctx, run, &c, "ds.explain", "ds.explain requires a collection");
	query = js_ds_query_arg(ctx, &c, 1);
	opts = js_ds_query_arg(ctx, &c, 2);
	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = doc_explain(rd, run->scratch, &c.at, query, opts, &json, &c.why);
		run_read_end(run);
	}
	js_done(ctx, run);
	return js_ds_push_json(ctx, &c, err, json);
}

static duk_ret_t
search_js(duk_context *ctx)
{
	static const char needs[] = "ds.search requires collection and text";
	struct run *run = js_enter(ctx);
	const char *text, *opts;
	struct doc_text found = { 0 };
	struct reader *rd;
	struct js_ds_call c;
	enum fz_err err;

	js_ds_begin(ctx, run, &c, "ds.search", needs);
	text = js_text(ctx, run, 1, needs, NULL);
	opts = js_ds_query_arg(ctx, &c, 2);
	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = doc_search(rd, run->scratch, &c.at, text, opts, &found, &c.why);
		run_read_end(run);
	}
	js_done(ctx, run);
	return js_ds_push_json(ctx, &c, err, found.json);
}

/* --- tables --- */

#define ROWS(magic) { \
	{ "insert", js_ds_insert, 2, magic }, \
	{ "insertMany", js_ds_insert_many, 2, magic }, \
	{ "find", find_js, 3, magic }, \
	{ "findOne", find_one_js, 3, magic }, \
	{ "count", count_js, 2, magic }, \
	{ "update", js_ds_update, 3, magic }, \
	{ "upsert", js_ds_upsert, 3, magic }, \
	{ "delete", js_ds_delete, 2, magic }, \
	{ "deleteOldest", js_ds_delete_oldest, 2, magic }, \
	{ "index", js_ds_index, 3, magic }, \
	{ "dropIndex", js_ds_drop_index, 2, magic }, \
	{ "indexes", js_ds_indexes, 1, magic }, \
	{ "searchIndex", js_ds_search_index, 2, magic }, \
	{ "search", search_js, 3, magic }, \
	{ "explain", explain_js, 3, magic }, \
	{ 0 } }

static const struct js_function shared[] = ROWS(JS_SHARED);
static const struct js_function user[] = ROWS(JS_USER);
static const struct js_function session[] = ROWS(SESSION);

/* Keep fazt.session.require before a script can replace it. */
static bool
keep_namer(duk_context *ctx)
{
	bool there;

	js_namespace(ctx, "session");
	duk_push_heap_stash(ctx);
	there = duk_get_prop_string(ctx, -2, "require");
	duk_put_prop_string(ctx, -2, NAMER);
	duk_pop_2(ctx);
	return there;
}

void
js_ds_setup(duk_context *ctx)
{
	js_storage(ctx, "ds", shared, user);
	if (!keep_namer(ctx))
		return;
	js_namespace(ctx, "session.ds");
	js_functions(ctx, session);
	duk_pop(ctx);
}
