/*
 * The half of fazt.app.ds that writes: documents and indexes.  See js_ds.c.
 */
#include <math.h>
#include <string.h>

#include "runtime/js_ds.h"

/* --- documents --- */

duk_ret_t
js_ds_insert(duk_context *ctx)
{
	static const char needs[] = "ds.insert requires collection and document";
	struct run *run = js_enter(ctx);
	const char *json, *id = NULL;
	struct writer *w;
	struct js_ds_call c;
	enum fz_err err;
	size_t len;

	js_ds_begin(ctx, run, &c, "ds.insert", needs);
	json = js_ds_need_object(ctx, &c, 1, needs, &len);
	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK) {
		err = doc_insert(w, run->scratch, &c.at, json, len, &id, &c.why);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	return js_ds_push_text(ctx, &c, err, id);
}

duk_ret_t
js_ds_insert_many(duk_context *ctx)
{
	static const char needs[] = "ds.insertMany requires collection and documents";
	struct run *run = js_enter(ctx);
	const char *json = NULL, *ids = NULL;
	struct writer *w;
	struct js_ds_call c;
	enum fz_err err;
	size_t len;

	js_ds_begin(ctx, run, &c, "ds.insertMany", needs);
	if (duk_is_array(ctx, 1))
		json = js_json(ctx, run, 1, &len);
	if (json == NULL)
		js_throw(ctx, "TypeError", NULL, false, "%s", needs);
	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK) {
		err = doc_insert_many(w, run->scratch, &c.at, json, len, &ids, &c.why);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	return js_ds_push_json(ctx, &c, err, ids);
}

duk_ret_t
js_ds_update(duk_context *ctx)
{
	static const char needs[] = "ds.update requires collection, query and changes";
	struct run *run = js_enter(ctx);
	const char *query, *changes;
	struct writer *w;
	struct js_ds_call c;
	enum fz_err err;
	int64_t n = 0;
	size_t len;

	js_ds_begin(ctx, run, &c, "ds.update", needs);
	query = js_ds_need_query(ctx, &c, 1, needs);
	changes = js_ds_need_object(ctx, &c, 2, needs, &len);
	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK) {
		err = doc_update(w, run->scratch, &c.at, query, changes, &n, &c.why);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	return js_ds_push_count(ctx, &c, err, n);
}

duk_ret_t
js_ds_upsert(duk_context *ctx)
{
	static const char needs[] = "ds.upsert requires collection, query and changes";
	struct run *run = js_enter(ctx);
	const char *query, *changes, *id = NULL;
	bool inserted = false;
	struct writer *w;
	struct js_ds_call c;
	enum fz_err err;
	size_t len;

	js_ds_begin(ctx, run, &c, "ds.upsert", needs);
	query = js_ds_need_query(ctx, &c, 1, needs);
	changes = js_ds_need_object(ctx, &c, 2, needs, &len);
	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK) {
		err = doc_upsert(w, run->scratch, &c.at, query, changes, &id, &inserted,
		    &c.why);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	if (err != FZ_OK)
		return js_ds_fail(ctx, &c, err);
	duk_push_object(ctx);
	js_push_string(ctx, run, id);
	duk_put_prop_string(ctx, -2, "id");
	duk_push_boolean(ctx, inserted);
	duk_put_prop_string(ctx, -2, "inserted");
	return 1;
}

duk_ret_t
js_ds_delete(duk_context *ctx)
{
	static const char needs[] = "ds.delete requires collection and query";
	struct run *run = js_enter(ctx);
	const char *query;
	struct writer *w;
	struct js_ds_call c;
	enum fz_err err;
	int64_t n = 0;

	js_ds_begin(ctx, run, &c, "ds.delete", needs);
	query = js_ds_need_query(ctx, &c, 1, needs);
	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK) {
		err = doc_delete(w, run->scratch, &c.at, query, &n, &c.why);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	return js_ds_push_count(ctx, &c, err, n);
}

duk_ret_t
js_ds_delete_oldest(duk_context *ctx)
{
	static const char needs[] =
	    "ds.deleteOldest requires collection and a number to keep";
	struct run *run = js_enter(ctx);
	struct writer *w;
	struct js_ds_call c;
	enum fz_err err;
	int64_t n = 0;
	double keep;

	js_ds_begin(ctx, run, &c, "ds.deleteOldest", needs);
	keep = duk_is_number(ctx, 1) ? duk_get_number(ctx, 1) : -1;
	if (!(keep >= 0 && keep <= 9007199254740991.0) || keep != floor(keep))
		js_throw(ctx, "TypeError", NULL, false, "%s", needs);
	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK) {
		err = doc_delete_oldest(w, run->scratch, &c.at, (int64_t)keep, &n,
		    &c.why);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	return js_ds_push_count(ctx, &c, err, n);
}

/* --- indexes --- */

static const char *
fields_arg(duk_context *ctx, struct js_ds_call *c, const char *needs)
{
	const char *json = NULL;
	size_t len;

	if (duk_is_string(ctx, 1) || duk_is_array(ctx, 1))
		json = js_json_strict(ctx, c->run, 1, &len);
	if (json == NULL)
		js_throw(ctx, "TypeError", NULL, false, "%s", needs);
	return json;
}

/* Asked for at every request, made at the first: look before taking the writer. */
duk_ret_t
js_ds_index(duk_context *ctx)
{
	static const char needs[] = "ds.index requires collection and fields";
	struct run *run = js_enter(ctx);
	const char *fields, *opts, *name = NULL;
	struct reader *rd;
	struct writer *w;
	struct js_ds_call c;
	enum fz_err err;

	js_ds_begin(ctx, run, &c, "ds.index", needs);
	fields = fields_arg(ctx, &c, needs);
	opts = js_ds_query_arg(ctx, &c, 2);
	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = doc_index_there(rd, run->scratch, &c.at, fields, opts, &name,
		    &c.why);
		run_read_end(run);
	}
	if (err == FZ_NOT_FOUND)
		err = run_write(run, &w);
	if (err == FZ_OK && name == NULL) {
		err = doc_index(w, run->scratch, &c.at, fields, opts, &name, &c.why);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	return js_ds_push_text(ctx, &c, err, name);
}

duk_ret_t
js_ds_search_index(duk_context *ctx)
{
	static const char needs[] = "ds.searchIndex requires collection and fields";
	struct run *run = js_enter(ctx);
	struct reader *rd;
	struct writer *w = NULL;
	const char *fields;
	struct js_ds_call c;
	enum fz_err err;

	js_ds_begin(ctx, run, &c, "ds.searchIndex", needs);
	fields = fields_arg(ctx, &c, needs);
	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = doc_search_index_there(rd, run->scratch, &c.at, fields, &c.why);
		run_read_end(run);
	}
	if (err == FZ_NOT_FOUND)
		err = run_write(run, &w);
	if (err == FZ_OK && w != NULL) {
		err = doc_search_index(w, run->scratch, &c.at, fields, &c.why);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	return err == FZ_OK ? 0 : js_ds_fail(ctx, &c, err);
}

/* One that is not there is dropped already. */
duk_ret_t
js_ds_drop_index(duk_context *ctx)
{
	static const char needs[] = "ds.dropIndex requires collection and name";
	struct run *run = js_enter(ctx);
	const char *name;
	struct writer *w;
	struct js_ds_call c;
	enum fz_err err;

	js_ds_begin(ctx, run, &c, "ds.dropIndex", needs);
	name = js_text(ctx, run, 1, needs, NULL);
	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK) {
		err = doc_drop_index(w, run->scratch, &c.at, name, &c.why);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	return err == FZ_OK || err == FZ_NOT_FOUND ? 0 : js_ds_fail(ctx, &c, err);
}

duk_ret_t
js_ds_indexes(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const char *json = NULL;
	struct reader *rd;
	struct js_ds_call c;
	enum fz_err err;

	js_ds_begin(ctx, run, &c, "ds.indexes", "ds.indexes requires a collection");
	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = doc_indexes(rd, run->scratch, &c.at, &json);
		run_read_end(run);
	}
	js_done(ctx, run);
	return js_ds_push_json(ctx, &c, err, json);
}
