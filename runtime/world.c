/*
 * How a world is made: the library runs, our functions go in, the app's code is compiled
 * (and the library modules it names are run, since they are ours), garbage goes out, and
 * the whole heap is remembered.  A request then costs bringing back what it wrote.
 *
 * App code never runs before the snapshot: what it did then would be seen by every later
 * request, and its random numbers and clocks would be the same in each.  Library modules
 * are chosen so that running them early is harmless, and host functions refuse to work
 * without a request.
 *
 * What the script must not reach lives in the heap's stash: the engine's own object, the
 * promise machinery, compiled functions.  The values this file points to are in there too,
 * so no collection moves them away, and a restore brings back the same addresses.
 */
#include "runtime/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "runtime/guard.h"
#include "runtime/js.h"

#define BASE_MAX (96 * MIB)		/* library, modules and the app's code */
#define MAKE_MS 10000			/* on a machine that is busy */
#define MAKE_CPU_MS 3000

struct making {
	struct library	*library;
	struct world	*world;
	struct why	*why;
	const char	*step;
	bool		 threw;
};

/* --- code --- */

static void
throw_syntax(duk_context *ctx, const char *path, const struct code *code)
{
	if (code->line > 0)
		js_throw(ctx, "SyntaxError", NULL, false, "%s (%s:%d:%d)", code->error,
		    path, code->line, code->column);
	js_throw(ctx, "SyntaxError", NULL, false, "%s (%s)", code->error, path);
}

void
world_compile(duk_context *ctx, const char *path, const struct code *code)
{
	if (code->error != NULL || code->js == NULL)
		throw_syntax(ctx, path, code);
	duk_push_lstring(ctx, code->js, code->js_len);
	duk_push_string(ctx, path);
	duk_compile(ctx, DUK_COMPILE_EVAL);
	duk_call(ctx, 0);
}

void
world_push_function(duk_context *ctx, struct program_file *f)
{
	duk_push_heap_stash(ctx);
	duk_get_prop_string(ctx, -1, "code");
	duk_get_prop_string(ctx, -1, f->path);
	duk_remove(ctx, -2);
	duk_remove(ctx, -2);
	if (duk_is_function(ctx, -1))
		return;
	if (f->code.error != NULL)
		throw_syntax(ctx, f->path, &f->code);
	if (duk_is_string(ctx, -1))
		js_throw(ctx, "SyntaxError", NULL, false, "%s (%s)",
		    duk_get_string(ctx, -1), f->path);
	js_throw(ctx, "Error", NULL, false, "%s is not there", f->path);
}

/* Push the function from the bytecode an earlier world left; false if there is none. */
static bool
load_bytecode(duk_context *ctx, struct program *p, struct program_file *f)
{
	void *bytes;
	size_t len;

	guard_out();
	pthread_mutex_lock(&p->lock);
	bytes = f->bytecode;
	len = f->bytecode_len;
	pthread_mutex_unlock(&p->lock);
	guard_in(ctx);
	if (bytes == NULL)
		return false;
	duk_push_external_buffer(ctx);
	duk_config_buffer(ctx, -1, bytes, len);
	duk_load_function(ctx);
	duk_call(ctx, 0);
	return true;
}

static void
keep_bytecode(duk_context *ctx, struct program *p, struct program_file *f)
{
	duk_size_t len;
	const void *bytes;

	duk_dump_function(ctx);
	bytes = duk_get_buffer(ctx, -1, &len);
	guard_out();
	pthread_mutex_lock(&p->lock);
	if (f->bytecode == NULL) {
		f->bytecode = xmemdup(bytes, len);
		f->bytecode_len = len;
	}
	pthread_mutex_unlock(&p->lock);
	guard_in(ctx);
	duk_pop(ctx);
}

/* [ ... eval function ] -> [ ... function of the file ] */
static duk_ret_t
compile_file(duk_context *ctx, void *arg)
{
	struct program_file *f = arg;

	duk_push_lstring(ctx, f->code.js, f->code.js_len);
	duk_push_string(ctx, f->path);
	duk_compile(ctx, DUK_COMPILE_EVAL);
	return 1;
}

/* What does not compile becomes its message; whoever requires it is told. */
static void
push_file(duk_context *ctx, struct program *p, struct program_file *f)
{
	if (load_bytecode(ctx, p, f))
		return;
	if (duk_safe_call(ctx, compile_file, f, 0, 1) != DUK_EXEC_SUCCESS) {
		duk_safe_to_string(ctx, -1);
		return;
	}
	duk_dup_top(ctx);
	keep_bytecode(ctx, p, f);
	duk_call(ctx, 0);
}

static void
compile_files(duk_context *ctx, struct making *m)
{
	struct program *p = m->world->program;

	duk_push_heap_stash(ctx);
	duk_push_bare_object(ctx);
	for (size_t i = 0; i < p->nfiles; i++) {
		struct program_file *f = &p->files[i];

		m->step = f->path;
		if (!f->reached || f->kind < 0 || f->code.error != NULL)
			continue;
		push_file(ctx, p, f);
		duk_put_prop_string(ctx, -2, f->path);
	}
	duk_put_prop_string(ctx, -2, "code");
	duk_pop(ctx);
}

/* --- library and bindings --- */

static void
run_library(duk_context *ctx, struct making *m)
{
	for (const struct embed *e = embed_jslib; e->path != NULL; e++) {
		if (library_is_lazy(e))
			continue;
		m->step = e->path;
		library_push(m->library, ctx, e);
		duk_call(ctx, 0);
		duk_pop(ctx);
	}
}

/*
 * Parts of the library wait until they are used; what the app's text speaks of is better
 * loaded now.  This comes before all that stays, so that the room the texts took is used
 * again.
 */
static void
preload(duk_context *ctx, struct making *m)
{
	const struct program *p = m->world->program;

	for (size_t i = 0; i < p->nfiles; i++) {
		const struct program_file *f = &p->files[i];

		if (!f->reached || f->kind < 0 || f->code.js == NULL)
			continue;
		m->step = f->path;
		duk_get_global_string(ctx, "__preload");
		duk_push_lstring(ctx, f->code.js, f->code.js_len);
		duk_call(ctx, 1);
		duk_pop(ctx);
	}
}

/* Keep a global function of the library in the stash. */
static void *
capture(duk_context *ctx, const char *name)
{
	void *p;

	duk_push_heap_stash(ctx);
	duk_get_global_string(ctx, name);
	duk_require_function(ctx, -1);
	p = duk_get_heapptr(ctx, -1);
	duk_put_prop_string(ctx, -2, name);
	duk_pop(ctx);
	return p;
}

static void
stash_stringify(duk_context *ctx)
{
	duk_push_heap_stash(ctx);
	duk_get_global_string(ctx, "JSON");
	duk_get_prop_string(ctx, -1, "stringify");
	duk_put_prop_string(ctx, -3, "stringify");
	duk_pop_2(ctx);
}

static void
set_up_bindings(duk_context *ctx)
{
	duk_push_object(ctx);
	duk_push_string(ctx, "fazt");
	duk_dup(ctx, -2);
	duk_push_global_object(ctx);
	duk_insert(ctx, -3);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WC |
	    DUK_DEFPROP_CLEAR_ENUMERABLE | DUK_DEFPROP_FORCE);
	duk_pop_2(ctx);
	js_stack_setup(ctx);
	js_module_setup(ctx);
	js_request_setup(ctx);
	js_respond_setup(ctx);
	js_console_setup(ctx);
	js_small_setup(ctx);
	js_auth_setup(ctx);
	js_crypto_setup(ctx);
	js_session_setup(ctx);
	js_kv_setup(ctx);
	js_blob_setup(ctx);
	js_ds_setup(ctx);
	js_tx_setup(ctx);
}

static bool
is_internal(const char *name)
{
	static const char *const names[] = { "Duktape", "CBOR", "Buffer", "__drain",
		"__preload", "__promiseState", "__unhandled" };

	if (strncmp(name, "__host", 6) == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void
hide_internals(duk_context *ctx)
{
	duk_get_global_string(ctx, "String");
	duk_del_prop_string(ctx, -1, "fromBufferRaw");
	duk_pop(ctx);
	duk_push_global_object(ctx);
	duk_enum(ctx, -1, DUK_ENUM_OWN_PROPERTIES_ONLY | DUK_ENUM_INCLUDE_NONENUMERABLE);
	while (duk_next(ctx, -1, 0)) {
		if (is_internal(duk_get_string(ctx, -1)))
			duk_del_prop(ctx, -3);
		else
			duk_pop(ctx);
	}
	duk_pop_2(ctx);
}

/* name -> exports, of the modules that literals of the app ask for. */
static void
load_modules(duk_context *ctx, struct making *m)
{
	struct program *p = m->world->program;

	for (size_t i = 0; i < p->nbuiltins; i++) {
		m->step = p->builtins[i]->path;
		js_module_builtin(ctx, m->library, p->builtins[i]);
		duk_pop(ctx);
	}
}

static void
keep_main(duk_context *ctx, struct world *w)
{
	const char *path = w->program->main->path;

	duk_push_heap_stash(ctx);
	duk_get_prop_string(ctx, -1, "code");
	duk_get_prop_string(ctx, -1, path);
	w->main = duk_is_function(ctx, -1) ? duk_get_heapptr(ctx, -1) : NULL;
	duk_pop_2(ctx);
	js_module_push(ctx, path);
	w->require = duk_get_heapptr(ctx, -1);
	w->module = duk_get_heapptr(ctx, -2);
	duk_put_prop_string(ctx, -3, "main.require");
	duk_put_prop_string(ctx, -2, "main.module");
	duk_push_object(ctx);
	w->host = duk_get_heapptr(ctx, -1);
	duk_put_prop_string(ctx, -2, "main.host");
	duk_pop(ctx);
}

static duk_ret_t
make_all(duk_context *ctx, void *arg)
{
	struct making *m = arg;
	struct world *w = m->world;

	stash_stringify(ctx);
	js_host_setup(ctx, m->library);
	run_library(ctx, m);
	preload(ctx, m);
	m->step = "bindings";
	w->drain = capture(ctx, "__drain");
	w->promise_state = capture(ctx, "__promiseState");
	w->unhandled = capture(ctx, "__unhandled");
	set_up_bindings(ctx);
	hide_internals(ctx);
	load_modules(ctx, m);
	compile_files(ctx, m);
	m->step = "snapshot";
	keep_main(ctx, w);
	return 0;
}

/* What was thrown is read inside the limits, too. */
static duk_ret_t
make(duk_context *ctx, void *arg)
{
	struct making *m = arg;

	if (duk_safe_call(ctx, make_all, m, 0, 1) == DUK_EXEC_SUCCESS)
		return 0;
	m->threw = true;
	why_set(m->why, FZ_INTERNAL_ERROR, "%s: %.300s", m->step,
	    duk_safe_to_string(ctx, -1));
	return 0;
}

static enum fz_err
make_failed(const struct making *m, enum guard_end end)
{
	switch (end) {
	case GUARD_TIMEOUT:
	case GUARD_CPU:
		return why_set(m->why, FZ_TIMEOUT, "%s took too long", m->step);
	case GUARD_MEMORY:
		return why_set(m->why, FZ_MEMORY_LIMIT, "%s needs too much memory", m->step);
	case GUARD_DONE:
		return FZ_INTERNAL_ERROR;
	default:
		return why_set(m->why, FZ_INTERNAL_ERROR, "%s: the engine gave up", m->step);
	}
}

enum fz_err
world_new(struct library *library, struct program *p, int64_t heap_bytes,
    struct world **out, struct why *why)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct guard_limits limits = { MAKE_MS, MAKE_CPU_MS, BASE_MAX };
	struct making m = { library, w, why, "start", false };
	struct guard_used used;
	enum guard_end end;
	enum fz_err err;

	w->program = p;
	w->library = library;
	w->heap_bytes = (size_t)heap_bytes;
	w->region = region_new(w->heap_bytes + BASE_MAX);
	if (w->region == NULL) {
		free(w);
		return FZ_OVERLOADED;
	}
	w->ctx = region_context(w->region);
	end = guard_run(w->region, make, &m, 0, 1, &limits, &used);
	if (end != GUARD_DONE || m.threw) {
		err = make_failed(&m, end);
		world_free(w);
		return err;
	}
	duk_pop(w->ctx);
	w->scratch = arena_new();
	region_snapshot(w->region);
	w->base = region_used(w->region);
	*out = w;
	return FZ_OK;
}

void
world_free(struct world *w)
{
	if (w == NULL)
		return;
	region_free(w->region);
	if (w->scratch != NULL)
		arena_free(w->scratch);
	free(w);
}

void
world_restore(struct world *w)
{
	region_restore(w->region);
	arena_reset(w->scratch);
}
