/*
 * fazt.tx(fn): one write transaction around what fn does with kv and ds (docs/contract.md
 * 5.7).  While it is open nobody else writes, so its time is narrow: when TX_MS are over
 * the run ends as one that took too long, and run_release takes the transaction back.
 *
 * Everything that could run the script's code, the call and the look at what it returned,
 * happens inside one protected call: there is no way out of here with the transaction
 * still open but the one that ends the run.
 */
#include "runtime/js.h"

#define TX_MS 1000

static enum fz_err
close_tx(struct run *run, bool keep)
{
	struct writer *w = run->tx;

	run->tx = NULL;
	if (keep)
		return writer_commit(w, &run->rq->seq);
	writer_abort(w);
	return FZ_OK;
}

/* [ fn ] -> [ its value ]: a thenable would go on after the end. */
static duk_ret_t
call_fn(duk_context *ctx, void *arg)
{
	(void)arg;
	duk_call(ctx, 0);
	if (!duk_is_object(ctx, -1))
		return 1;
	duk_get_prop_string(ctx, -1, "then");
	if (duk_is_callable(ctx, -1))
		js_throw(ctx, "StorageError", "TX_NOT_ALLOWED", false,
		    "tx: the function must not be async or return a Promise");
	duk_pop(ctx);
	return 1;
}

static duk_ret_t
tx_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	enum fz_err err;
	bool ok;

	if (!duk_is_callable(ctx, 0))
		js_throw(ctx, "TypeError", NULL, false, "tx requires a function");
	if (run->tx != NULL)
		return js_fail(ctx, FZ_TX_NESTED, "tx", NULL);
	js_work(run);
	err = run_begin(run, &run->tx);
	js_done(ctx, run);
	if (err != FZ_OK)
		return js_fail(ctx, err, "tx", NULL);
	guard_narrow(TX_MS);
	ok = duk_safe_call(ctx, call_fn, NULL, 1, 1) == DUK_EXEC_SUCCESS;
	guard_widen();
	js_work(run);
	err = close_tx(run, ok);
	js_done(ctx, run);
	if (err != FZ_OK)
		return js_fail(ctx, err, "tx", NULL);
	if (!ok)
		(void)duk_throw(ctx);
	return 1;
}

static const struct js_function functions[] = {
	{ "tx", tx_js, 1, 0 },
	{ 0 }
};

void
js_tx_setup(duk_context *ctx)
{
	js_namespace(ctx, "");
	js_functions(ctx, functions);
	duk_pop(ctx);
}
