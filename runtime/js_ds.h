/*
 * What the functions of fazt.app.ds share.  Private to the bindings js_ds*.c.
 *
 * Thread contract: as runtime/js.h.
 */
#ifndef RUNTIME_JS_DS_H
#define RUNTIME_JS_DS_H

#include "runtime/js.h"
#include "store/doc.h"

/* One call. */
struct js_ds_call {
	struct run	*run;
	const char	*what;		/* "ds.find" */
	struct doc_at	 at;
	struct why	 why;
};

/* The first argument is the collection; needs says what is missing when it is not. */
void		 js_ds_begin(duk_context *, struct run *, struct js_ds_call *,
		    const char *what, const char *needs);
/* A query or options as JSON text; NULL when it is not there. */
const char	*js_ds_query_arg(duk_context *, struct js_ds_call *, duk_idx_t);
/* The same, a TypeError(needs) if it is no object. */
const char	*js_ds_need_query(duk_context *, struct js_ds_call *, duk_idx_t,
		    const char *needs);
/* A document or changes. */
const char	*js_ds_need_object(duk_context *, struct js_ds_call *, duk_idx_t,
		    const char *needs, size_t *len);

duk_ret_t	 js_ds_fail(duk_context *, struct js_ds_call *, enum fz_err);
/* Push the result, or throw what err means. */
duk_ret_t	 js_ds_push_count(duk_context *, struct js_ds_call *, enum fz_err,
		    int64_t);
duk_ret_t	 js_ds_push_json(duk_context *, struct js_ds_call *, enum fz_err,
		    const char *json);
duk_ret_t	 js_ds_push_text(duk_context *, struct js_ds_call *, enum fz_err,
		    const char *text);

/* js_ds_write.c */
duk_ret_t	 js_ds_insert(duk_context *);
duk_ret_t	 js_ds_insert_many(duk_context *);
duk_ret_t	 js_ds_update(duk_context *);
duk_ret_t	 js_ds_upsert(duk_context *);
duk_ret_t	 js_ds_delete(duk_context *);
duk_ret_t	 js_ds_delete_oldest(duk_context *);
duk_ret_t	 js_ds_index(duk_context *);
duk_ret_t	 js_ds_search_index(duk_context *);
duk_ret_t	 js_ds_drop_index(duk_context *);
duk_ret_t	 js_ds_indexes(duk_context *);

#endif
