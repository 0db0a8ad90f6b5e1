/*
 * The namespaces that only tell: which app and deploy this is, its variables, its private
 * files, and lines for its log.
 *
 * A warm heap serves many requests, so whatever may differ between two of them is a
 * getter that asks the run; nothing here puts a value into the heap before its request.
 * Variables are opened when asked for.  What was opened is kept in the heap's stash,
 * where the script cannot reach it and which the next restore forgets.
 *
 * Private files are those of the running version, so a preview reads its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "runtime/js.h"
#include "store/blob.h"
#include "store/env.h"
#include "store/object.h"
#include "store/version.h"

#define LEVEL "1.0.0"		/* fazt.version: what scripts may rely on */
#define PRIVATE "private/"
#define PRIVATE_MAX (16 * MIB)
#define STASH_ENV "env"
#define ENV_NAME_NEEDED "env.get requires a name"

/* --- fazt.app, fazt.version --- */

static duk_ret_t
app_id_js(duk_context *ctx)
{
	duk_push_string(ctx, js_enter(ctx)->script->app_uid);
	return 1;
}

static duk_ret_t
app_name_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	const char *alias = run->script->alias;

	if (alias == NULL)
		return 0;
	js_push_string(ctx, run, alias);
	return 1;
}

static duk_ret_t
app_deploy_js(duk_context *ctx)
{
	duk_push_number(ctx, (double)js_enter(ctx)->script->deploy);
	return 1;
}

static duk_ret_t
app_preview_js(duk_context *ctx)
{
	duk_push_boolean(ctx, js_enter(ctx)->script->preview);
	return 1;
}

/* A property of the object on top that asks each time. */
static void
put_getter(duk_context *ctx, const char *name, duk_c_function call)
{
	duk_push_string(ctx, name);
	duk_push_c_function(ctx, call, 0);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_GETTER | DUK_DEFPROP_SET_ENUMERABLE |
	    DUK_DEFPROP_CLEAR_CONFIGURABLE);
}

static void
put_constant(duk_context *ctx, const char *name)
{
	duk_push_string(ctx, name);
	duk_insert(ctx, -2);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_ENUMERABLE |
	    DUK_DEFPROP_CLEAR_WRITABLE | DUK_DEFPROP_CLEAR_CONFIGURABLE);
}

static void
setup_app(duk_context *ctx)
{
	js_namespace(ctx, "app");
	put_getter(ctx, "id", app_id_js);
	put_getter(ctx, "name", app_name_js);
	put_getter(ctx, "deploy", app_deploy_js);
	put_getter(ctx, "preview", app_preview_js);
	duk_pop(ctx);
	js_namespace(ctx, "");
	duk_push_string(ctx, LEVEL);
	put_constant(ctx, "version");
	duk_push_object(ctx);
	duk_push_string(ctx, "fazt-fcgi");
	put_constant(ctx, "name");
	duk_push_string(ctx, FAZT_VERSION);
	put_constant(ctx, "version");
	put_constant(ctx, "server");
	duk_pop(ctx);
}

/* --- fazt.env --- */

/*
 * Push the variable's value as the stash has it, else as the store has it: a string, or
 * null for one that is not there.
 */
static void
push_env(duk_context *ctx, struct run *run)
{
	const char *name = js_text(ctx, run, 0, ENV_NAME_NEEDED, NULL), *value = NULL;
	struct reader *rd;
	enum fz_err err;
	size_t len = 0;

	duk_push_heap_stash(ctx);
	(void)duk_get_prop_string(ctx, -1, STASH_ENV);
	duk_dup(ctx, 0);
	if (duk_get_prop(ctx, -2))
		return;
	duk_pop(ctx);
	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = env_get(rd, run->scratch, run->rq->node->seal, run->script->app,
		    name, &value, &len);
		run_read_end(run);
	}
	js_done(ctx, run);
	if (err == FZ_OK)
		js_push_text(ctx, run, value, len);
	else if (err == FZ_NOT_FOUND)
		duk_push_null(ctx);
	else
		js_fail(ctx, err, "env.get", NULL);
	duk_dup(ctx, 0);
	duk_dup(ctx, -2);
	duk_put_prop(ctx, -4);
}

static duk_ret_t
env_get_js(duk_context *ctx)
{
	push_env(ctx, js_enter(ctx));
	if (duk_is_null(ctx, -1))
		duk_dup(ctx, 1);
	return 1;
}

static duk_ret_t
env_has_js(duk_context *ctx)
{
	push_env(ctx, js_enter(ctx));
	duk_push_boolean(ctx, !duk_is_null(ctx, -1));
	return 1;
}

static const struct js_function env_functions[] = {
	{ "get", env_get_js, 2, 0 },
	{ "has", env_has_js, 1, 0 },
	{ 0 }
};

static void
setup_env(duk_context *ctx)
{
	duk_push_heap_stash(ctx);
	duk_push_bare_object(ctx);
	duk_put_prop_string(ctx, -2, STASH_ENV);
	duk_pop(ctx);
	js_namespace(ctx, "env");
	js_functions(ctx, env_functions);
	duk_pop(ctx);
}

/* --- fazt.private --- */

struct private {
	struct file	 file;
	const char	*text;
	size_t		 len;
};

/* Work: find the file; read says whether its bytes are wanted, in scratch. */
static enum fz_err
private_load(struct run *run, const char *asked, size_t len, bool read, struct private *p)
{
	const char *path = object_path(run->scratch, asked, len);
	struct reader *rd;
	void *bytes = NULL;
	char *text;
	enum fz_err err;

	if (path == NULL)
		return FZ_NOT_FOUND;
	path = arena_printf(run->scratch, PRIVATE "%s", path);
	err = run_read(run, &rd);
	if (err != FZ_OK)
		return err;
	err = file_get(rd, run->scratch, run->script->version, path, &p->file);
	if (err == FZ_OK && read)
		err = blob_read(rd, p->file.blob, BLOB_PLAIN, PRIVATE_MAX, &bytes,
		    &p->len);
	run_read_end(run);
	if (err == FZ_OK && read) {
		text = arena_alloc(run->scratch, p->len + 1);
		memcpy(text, bytes, p->len);
		p->text = text;
	}
	free(bytes);
	return err == FZ_FILE_NOT_FOUND ? FZ_NOT_FOUND : err;
}

/* The file named by the first argument; false when there is none. */
static bool
private_get(duk_context *ctx, struct run *run, const char *what, bool read,
    struct private *p)
{
	struct why why = { { 0 } };
	const char *path;
	char message[64];
	enum fz_err err;
	size_t len;

	(void)snprintf(message, sizeof(message), "%s requires a path", what);
	path = js_text(ctx, run, 0, message, &len);
	memset(p, 0, sizeof(*p));
	js_work(run);
	err = private_load(run, path, len, read, p);
	js_done(ctx, run);
	if (err == FZ_NOT_FOUND)
		return false;
	if (err == FZ_PAYLOAD_TOO_LARGE)
		err = why_set(&why, FZ_LIMIT_EXCEEDED, "the file is larger than %lu MiB",
		    PRIVATE_MAX / MIB);
	if (err != FZ_OK)
		js_fail(ctx, err, what, &why);
	return true;
}

static duk_ret_t
private_read_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct private p;

	if (!private_get(ctx, run, "private.read", true, &p))
		return 0;
	js_push_text(ctx, run, p.text, p.len);
	return 1;
}

static duk_ret_t
private_bytes_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct private p;

	if (!private_get(ctx, run, "private.readBytes", true, &p))
		return 0;
	js_push_bytes(ctx, p.text, p.len);
	return 1;
}

static duk_ret_t
private_json_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct private p;

	if (!private_get(ctx, run, "private.readJSON", true, &p) ||
	    !js_push_json_of(ctx, run, p.text, p.len))
		duk_push_null(ctx);
	return 1;
}

static duk_ret_t
private_exists_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct private p;

	duk_push_boolean(ctx, private_get(ctx, run, "private.exists", false, &p));
	return 1;
}

static duk_ret_t
private_list_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	struct file *files = NULL;
	struct reader *rd;
	duk_uarridx_t at = 0;
	enum fz_err err;
	size_t n = 0;

	js_work(run);
	err = run_read(run, &rd);
	if (err == FZ_OK) {
		err = file_list(rd, run->scratch, run->script->version, &files, &n);
		run_read_end(run);
	}
	js_done(ctx, run);
	if (err != FZ_OK)
		js_fail(ctx, err, "private.list", NULL);
	duk_push_array(ctx);
	for (size_t i = 0; i < n; i++) {
		const char *path = files[i].path;

		if (strncmp(path, PRIVATE, sizeof(PRIVATE) - 1) != 0)
			continue;
		path += sizeof(PRIVATE) - 1;
		js_push_string(ctx, run, path);
		duk_put_prop_index(ctx, -2, at++);
	}
	return 1;
}

static const struct js_function private_functions[] = {
	{ "read", private_read_js, 1, 0 },
	{ "readJSON", private_json_js, 1, 0 },
	{ "readBytes", private_bytes_js, 1, 0 },
	{ "exists", private_exists_js, 1, 0 },
	{ "list", private_list_js, 0, 0 },
	{ 0 }
};

/* --- fazt.log --- */

static duk_ret_t
log_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	size_t len;
	const char *text = js_any_text(ctx, run, 0, &len);
	enum recorder_level level = (enum recorder_level)duk_get_current_magic(ctx);

	js_work(run);
	run_log(run, level, text, len, NULL, 0);
	js_done(ctx, run);
	return 0;
}

static const struct js_function log_functions[] = {
	{ "debug", log_js, 1, RECORD_DEBUG },
	{ "info", log_js, 1, RECORD_INFO },
	{ "warn", log_js, 1, RECORD_WARN },
	{ "error", log_js, 1, RECORD_ERROR },
	{ 0 }
};

void
js_small_setup(duk_context *ctx)
{
	setup_app(ctx);
	setup_env(ctx);
	js_namespace(ctx, "private");
	js_functions(ctx, private_functions);
	duk_pop(ctx);
	js_namespace(ctx, "log");
	js_functions(ctx, log_functions);
	duk_pop(ctx);
}
