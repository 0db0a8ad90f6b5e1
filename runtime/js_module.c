/*
 * require.  Node's, as far as it makes sense inside api/: a wrapper with module, exports
 * and require, one run of each file a request, cycles see what is exported so far.  A
 * module that throws is forgotten, so the next require runs it again.
 *
 * A file with a top-level await is an async function.  There is no event loop to go back
 * to, so its jobs are run to the end on the spot.
 */
#include "runtime/js.h"

#include <string.h>

#include "runtime/call.h"
#include "runtime/world.h"

#define FROM DUK_HIDDEN_SYMBOL("from")

/* Push stash[name], made if missing. */
static void
push_table(duk_context *ctx, const char *name)
{
	duk_push_heap_stash(ctx);
	if (!duk_get_prop_string(ctx, -1, name)) {
		duk_pop(ctx);
		duk_push_bare_object(ctx);
		duk_dup_top(ctx);
		duk_put_prop_string(ctx, -3, name);
	}
	duk_remove(ctx, -2);
}

/* [ ... function this-module ] -> runs function(exports, require, module, {}) */
static void
run_function(duk_context *ctx, duk_idx_t module, duk_idx_t require)
{
	duk_get_prop_string(ctx, module, "exports");
	duk_dup_top(ctx);
	duk_dup(ctx, require);
	duk_dup(ctx, module);
	duk_push_object(ctx);
	duk_call_method(ctx, 4);
}

static duk_ret_t
builtin_require(duk_context *ctx)
{
	js_throw(ctx, "Error", NULL, false, "cannot require '%s'",
	    duk_safe_to_string(ctx, 0));
}

void
js_module_builtin(duk_context *ctx, struct library *library, const struct embed *file)
{
	duk_idx_t table, module;

	push_table(ctx, "builtins");
	table = duk_get_top_index(ctx);
	if (duk_get_prop_string(ctx, table, file->path)) {
		duk_remove(ctx, table);
		return;
	}
	duk_pop(ctx);
	duk_push_object(ctx);
	module = duk_get_top_index(ctx);
	duk_push_object(ctx);
	duk_put_prop_string(ctx, module, "exports");
	duk_push_c_lightfunc(ctx, builtin_require, 1, 1, 0);
	library_push_module(library, ctx, file);
	run_function(ctx, module, module + 1);
	duk_get_prop_string(ctx, module, "exports");
	duk_dup_top(ctx);
	duk_put_prop_string(ctx, table, file->path);
	duk_replace(ctx, table);
	duk_set_top(ctx, table + 1);
}

/* --- require --- */

static duk_ret_t require_js(duk_context *);

/* [ ... ] -> [ ... function ] of a file outside of the program in memory. */
static void
push_unreached(duk_context *ctx, struct run *run, struct program_file *f)
{
	struct code code = { 0 };
	struct reader *rd;
	enum fz_err err;
	const char *text;
	size_t len;

	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = program_read(rd, run->scratch, f, &code, &text, &len);
		run_read_end(run);
	}
	js_done(ctx, run);
	if (err != FZ_OK)
		js_throw(ctx, "Error", NULL, false, "cannot require '%s'", f->path);
	world_compile(ctx, f->path, &code);
}

static void
push_json(duk_context *ctx, struct run *run, struct program_file *f)
{
	const char *text = f->text;
	size_t len = f->text_len;
	struct reader *rd;
	enum fz_err err = FZ_OK;

	if (!f->reached) {
		js_work(run);
		err = run_read(run, &rd);
		if (err == FZ_OK) {
			err = program_read(rd, run->scratch, f, NULL, &text, &len);
			run_read_end(run);
		}
		js_done(ctx, run);
	}
	if (err != FZ_OK)
		js_throw(ctx, "Error", NULL, false, "cannot require '%s'", f->path);
	js_push_json(ctx, run, text, len);
}

void
js_module_push(duk_context *ctx, const char *path)
{
	duk_push_object(ctx);
	duk_push_object(ctx);
	duk_put_prop_string(ctx, -2, "exports");
	duk_push_string(ctx, path);
	duk_put_prop_string(ctx, -2, "id");
	duk_push_string(ctx, path);
	duk_put_prop_string(ctx, -2, "filename");
	push_table(ctx, "loaded");
	duk_dup(ctx, -2);
	duk_put_prop_string(ctx, -2, path);
	duk_pop(ctx);
	duk_push_c_function(ctx, require_js, 1);
	duk_push_string(ctx, "name");
	duk_push_string(ctx, "require");
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_FORCE);
	duk_push_string(ctx, path);
	duk_put_prop_string(ctx, -2, FROM);
}

struct loading {
	struct run	*run;
	struct program_file *file;
};

/* Fill module.exports; [ module require ] are the arguments. */
static duk_ret_t
load_file(duk_context *ctx, void *arg)
{
	struct loading *l = arg;
	duk_idx_t module = duk_get_top(ctx) - 2;

	if (l->file->kind < 0) {
		push_json(ctx, l->run, l->file);
		duk_put_prop_string(ctx, module, "exports");
		return 0;
	}
	if (l->file->reached)
		world_push_function(ctx, l->file);
	else
		push_unreached(ctx, l->run, l->file);
	run_function(ctx, module, module + 1);
	if (!call_settle(ctx, l->run))
		js_throw(ctx, "Error", NULL, false, "%s: a top-level await never ends",
		    l->file->path);
	return 0;
}

/* [ ... ] -> [ ... exports ] */
static void
require_file(duk_context *ctx, struct run *run, struct program_file *f)
{
	struct loading l = { run, f };

	push_table(ctx, "loaded");
	if (duk_get_prop_string(ctx, -1, f->path)) {
		duk_get_prop_string(ctx, -1, "exports");
		return;
	}
	duk_pop(ctx);
	js_module_push(ctx, f->path);
	duk_dup(ctx, -2);
	duk_insert(ctx, -3);
	if (duk_safe_call(ctx, load_file, &l, 2, 1) != DUK_EXEC_SUCCESS) {
		push_table(ctx, "loaded");
		duk_del_prop_string(ctx, -1, f->path);
		duk_pop(ctx);
		(void)duk_throw(ctx);
	}
	duk_pop(ctx);
	duk_get_prop_string(ctx, -1, "exports");
}

static duk_ret_t
require_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct program *p = run->world->program;
	const char *name = js_text(ctx, run, 0, "require needs a name", NULL);
	const struct embed *builtin;
	struct program_file *file;
	const char *from;

	duk_push_current_function(ctx);
	duk_get_prop_string(ctx, -1, FROM);
	from = duk_get_string(ctx, -1);
	if (from == NULL || !program_resolve(p, from, name, &builtin, &file))
		js_throw(ctx, "Error", "MODULE_NOT_FOUND", false, "cannot require '%s'", name);
	if (builtin != NULL)
		js_module_builtin(ctx, run->world->library, builtin);
	else
		require_file(ctx, run, file);
	return 1;
}

void
js_module_setup(duk_context *ctx)
{
	push_table(ctx, "builtins");
	push_table(ctx, "loaded");
	duk_pop_2(ctx);
}
