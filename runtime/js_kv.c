/*
 * fazt.app.kv, fazt.storage.kv and fazt.app.user.kv (docs/contract.md 5.6): one set of
 * functions; whose keys they mean is in the function (js_space), never in an argument.
 *
 * Values cross as JSON text: what the script's JSON.stringify makes of them is what is
 * kept, and what comes back is parsed afresh, so nothing of one request's objects lives on.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "runtime/js.h"
#include "store/kv.h"

#define LATEST 8640000000000000.0	/* the last millisecond a Date can name */

static const char *
key_arg(duk_context *ctx, struct run *run, const char *what, const char *message)
{
	size_t n;
	const char *key = js_text(ctx, run, 0, message, &n);

	if (n == 0 || n > KV_KEY_MAX)
		js_throw(ctx, "TypeError", NULL, false, "%s: a key has 1 to %d bytes", what,
		    KV_KEY_MAX);
	return key;
}

/* JSON text of the value at idx; NULL for undefined alone. */
static const char *
value_arg(duk_context *ctx, struct run *run, duk_idx_t idx, const char *what, size_t *len)
{
	bool absent = duk_is_undefined(ctx, idx);
	const char *json = js_json(ctx, run, idx, len);

	if (json == NULL && !absent)
		js_throw(ctx, "TypeError", NULL, false, "%s: this value has no JSON", what);
	return json;
}

static void
value_fits(duk_context *ctx, const char *what, size_t len)
{
	if (len > KV_VALUE_MAX)
		js_throw(ctx, "LimitError", "LIMIT_EXCEEDED", false,
		    "%s: the value is larger than 1 MiB", what);
}

/* When the entry ends by the milliseconds at idx; false without them. */
static bool
ttl_arg(duk_context *ctx, duk_idx_t idx, const char *what, int64_t *expires)
{
	double ttl, at;

	*expires = 0;
	if (duk_is_null_or_undefined(ctx, idx))
		return false;
	ttl = duk_is_number(ctx, idx) ? duk_get_number(ctx, idx) : NAN;
	if (isnan(ttl))
		js_throw(ctx, "TypeError", NULL, false,
		    "%s: ttl must be a number of milliseconds", what);
	at = (double)clock_wall_ms() + ceil(ttl);
	*expires = ttl <= 0 ? 1 : at > LATEST ? (int64_t)LATEST : (int64_t)at;
	return true;
}

static duk_ret_t
set_js(duk_context *ctx)
{
	static const char needs[] = "kv.set requires key and value";
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "kv.set");
	const char *key = key_arg(ctx, run, "kv.set", needs), *value;
	struct writer *w;
	int64_t expires;
	enum fz_err err;
	size_t len;

	value = value_arg(ctx, run, 1, "kv.set", &len);
	if (value == NULL)
		js_throw(ctx, "TypeError", NULL, false, "%s", needs);
	value_fits(ctx, "kv.set", len);
	(void)ttl_arg(ctx, 2, "kv.set", &expires);
	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK) {
		err = kv_set(w, space, &run->script->quota, key, value, len, expires);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	return err == FZ_OK ? 0 : js_fail(ctx, err, "kv.set", NULL);
}

static duk_ret_t
get_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "kv.get");
	const char *key = key_arg(ctx, run, "kv.get", "kv.get requires a key");
	struct reader *rd;
	struct kv kv;
	enum fz_err err;

	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = kv_get(rd, run->scratch, space, key, &kv);
		run_read_end(run);
	}
	js_done(ctx, run);
	if (err == FZ_NOT_FOUND)
		return 0;
	if (err != FZ_OK)
		return js_fail(ctx, err, "kv.get", NULL);
	js_push_json(ctx, run, kv.value, kv.value_len);
	return 1;
}

static duk_ret_t
delete_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "kv.delete");
	const char *key = key_arg(ctx, run, "kv.delete", "kv.delete requires a key");
	struct writer *w;
	enum fz_err err;

	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK)
		err = run_write_end(run, w, kv_delete(w, space, key));
	js_done(ctx, run);
	return err == FZ_OK ? 0 : js_fail(ctx, err, "kv.delete", NULL);
}

static duk_ret_t
incr_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "kv.incr");
	const char *key = key_arg(ctx, run, "kv.incr", "kv.incr requires a key");
	double by = 1, now = 0;
	int64_t expires;
	struct writer *w;
	enum fz_err err;
	bool keep;

	if (!duk_is_undefined(ctx, 1))
		by = duk_is_number(ctx, 1) ? duk_get_number(ctx, 1) : NAN;
	if (!isfinite(by))
		js_throw(ctx, "TypeError", NULL, false, "kv.incr: by must be a number");
	keep = !ttl_arg(ctx, 2, "kv.incr", &expires);
	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK) {
		err = kv_incr(w, space, &run->script->quota, key, by, keep, expires, &now);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	if (err != FZ_OK)
		return js_fail(ctx, err, "kv.incr", NULL);
	duk_push_number(ctx, now);
	return 1;
}

static duk_ret_t
cas_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "kv.cas");
	const char *key = key_arg(ctx, run, "kv.cas", "kv.cas requires a key");
	size_t expected_len = 0, len = 0;
	const char *expected = value_arg(ctx, run, 1, "kv.cas", &expected_len);
	const char *value = value_arg(ctx, run, 2, "kv.cas", &len);
	struct writer *w;
	int64_t expires;
	enum fz_err err;
	bool done = false;

	value_fits(ctx, "kv.cas", len);
	(void)ttl_arg(ctx, 3, "kv.cas", &expires);
	js_work(run);
	err = run_write(run, &w);
	if (err == FZ_OK) {
		err = kv_cas(w, run->scratch, space, &run->script->quota, key, expected,
		    expected_len, value, len, expires, &done);
		err = run_write_end(run, w, err);
	}
	js_done(ctx, run);
	if (err != FZ_OK)
		return js_fail(ctx, err, "kv.cas", NULL);
	duk_push_boolean(ctx, done);
	return 1;
}

static void
filter_args(duk_context *ctx, struct run *run, struct kv_filter *f)
{
	double limit;

	f->prefix = "";
	if (!duk_is_null_or_undefined(ctx, 0))
		f->prefix = js_text(ctx, run, 0, "kv.list: prefix must be a string", NULL);
	if (js_option_number(ctx, 1, "limit", &limit)) {
		if (limit < 1)
			js_throw(ctx, "TypeError", NULL, false,
			    "kv.list: limit must be at least 1");
		f->limit = limit > KV_ROWS_MAX ? KV_ROWS_MAX + 1 : (int64_t)limit;
	}
	(void)js_option_text(ctx, run, 1, "after", &f->after);
	(void)js_option_flag(ctx, 1, "keysOnly", &f->keys_only);
}

static void
push_row(duk_context *ctx, struct run *run, const struct kv *kv)
{
	duk_push_object(ctx);
	js_put_string(ctx, run, "key", kv->key);
	if (kv->value != NULL) {
		js_push_json(ctx, run, kv->value, kv->value_len);
		duk_put_prop_string(ctx, -2, "value");
	}
	if (kv->expires != 0) {
		duk_push_number(ctx, (double)kv->expires);
		duk_put_prop_string(ctx, -2, "expiresAt");
	}
}

static duk_ret_t
list_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct space space = js_space(ctx, run, "kv.list");
	struct kv_filter f = { 0 };
	struct kv *v = NULL;
	struct reader *rd;
	enum fz_err err;
	size_t n = 0;
	bool more;

	filter_args(ctx, run, &f);
	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = kv_list(rd, run->scratch, space, &f, &v, &n, &more);
		run_read_end(run);
	}
	js_done(ctx, run);
	if (err != FZ_OK)
		return js_fail(ctx, err, "kv.list", NULL);
	duk_push_array(ctx);
	for (size_t i = 0; i < n; i++) {
		push_row(ctx, run, &v[i]);
		duk_put_prop_index(ctx, -2, (duk_uarridx_t)i);
	}
	return 1;
}

#define FUNCTIONS(whose) { \
	{ "get", get_js, 1, whose }, \
	{ "set", set_js, 3, whose }, \
	{ "delete", delete_js, 1, whose }, \
	{ "list", list_js, 2, whose }, \
	{ "incr", incr_js, 3, whose }, \
	{ "cas", cas_js, 4, whose }, \
	{ NULL, NULL, 0, 0 } \
}

static const struct js_function of_app[] = FUNCTIONS(JS_SHARED);
static const struct js_function of_user[] = FUNCTIONS(JS_USER);

void
js_kv_setup(duk_context *ctx)
{
	js_storage(ctx, "kv", of_app, of_user);
}
