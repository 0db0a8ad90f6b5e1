/*
 * What every binding (js_NAME.c) is made of.
 *
 * A binding is a table of functions.  Each has three steps: read the arguments (engine
 * calls, may throw), do the work (between js_work and js_done: no engine calls), push the
 * result (engine calls, may throw).  Texts read in the first step and everything in
 * run->scratch stay until the function is over; what the second step took it gives back
 * before js_done.  So a throw, an abort for memory or time can never leave something open.
 *
 *	static duk_ret_t
 *	kv_get_js(duk_context *ctx)
 *	{
 *		struct run *run = js_enter(ctx);
 *		struct space space = js_space(ctx, run, "kv.get");
 *		const char *key = js_text(ctx, run, 0, "kv.get requires a key", NULL);
 *		struct reader *rd;
 *		struct kv kv;
 *		enum fz_err err;
 *
 *		js_work(run);
 *		err = run_read(run, &rd);
 *		if (err == FZ_OK) {
 *			err = kv_get(rd, run->scratch, space, key, &kv);
 *			run_read_end(run);
 *		}
 *		js_done(ctx, run);
 *		if (err == FZ_NOT_FOUND)
 *			return 0;
 *		if (err != FZ_OK)
 *			return js_fail(ctx, err, "kv.get", NULL);
 *		js_push_json(ctx, run, kv.value, kv.value_len);
 *		return 1;
 *	}
 *
 * Thread contract: the thread that runs the script.
 */
#ifndef RUNTIME_JS_H
#define RUNTIME_JS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/engine.h"
#include "runtime/guard.h"
#include "runtime/run.h"
#include "store/object.h"

struct library;
struct embed;

/* --- a run around engine calls --- */

/* The run of this thread; the scratch arena is empty unless a host function further up
 * the stack still uses it. */
#define js_enter(ctx) js_enter_at((ctx), __builtin_frame_address(0))
struct run	*js_enter_at(duk_context *, void *frame);
void		 js_work(struct run *);
/* Ends the run if time is up or scratch has grown past what a request may take. */
void		 js_done(duk_context *, struct run *);
/* For runs outside of a request's: who sets, clears. */
void		 js_set_run(struct run *);
/* n zeroed bytes of scratch; before js_work or after js_done. */
void		*js_scratch(duk_context *, struct run *, size_t n);
/*
 * Around engine calls of a host function that may run the script's own code (duk_call,
 * getters, toString) while it still needs its scratch: host functions that are called
 * from there leave it alone.  The js_* functions below do this by themselves.
 */
void		*js_hold(struct run *);
void		 js_release(struct run *, void *held);

/* --- tables --- */

struct js_function {
	const char	*name;
	duk_c_function	 call;
	duk_idx_t	 nargs;		/* or DUK_VARARGS */
	int		 magic;		/* JS_* below, and what the binding likes above */
};
enum { JS_SHARED = 0, JS_USER = 1 };	/* magic & 1: the shared space or the user's */

/* Put them as properties of the object on top; the table ends without a name. */
void		 js_functions(duk_context *, const struct js_function *);
/* Push the object a.b.c under fazt, made if missing. */
void		 js_namespace(duk_context *, const char *path);

/*
 * One namespace of storage: fazt.app.NAME and fazt.storage.NAME are the same object with
 * the functions of the shared space, fazt.app.user.NAME has those of the user's.
 */
void		 js_storage(duk_context *, const char *name, const struct js_function *shared,
		    const struct js_function *user);

/* --- arguments (engine calls; throw) --- */

/*
 * The app's shared space, or with JS_USER in the function's magic that of the visitor:
 * without one AuthError LOGIN_REQUIRED "fazt.app.user.<what> requires login".
 */
struct space	 js_space(duk_context *, struct run *, const char *what);
/* A string argument as UTF-8 in scratch, NUL-terminated; anything else, or a text with
 * NUL, throws TypeError(message). */
const char	*js_text(duk_context *, struct run *, duk_idx_t, const char *message,
		    size_t *len);
/* The same for any value by JavaScript's own conversion; len may be NULL. */
const char	*js_any_text(duk_context *, struct run *, duk_idx_t, size_t *len);
/* String (as UTF-8), ArrayBuffer or view: the bytes, borrowed from the value or in
 * scratch; else TypeError(message). */
const void	*js_bytes(duk_context *, struct run *, duk_idx_t, const char *message,
		    size_t *len);
/*
 * The value as JSON text (JSON.stringify: toJSON, Date honoured) in UTF-8 in scratch.
 * NULL for undefined, functions and symbols; cycles throw TypeError.
 */
const char	*js_json(duk_context *, struct run *, duk_idx_t, size_t *len);
/*
 * The value for a query or options: as js_json, but undefined members count as null, not
 * as absent.  A query that says {owner: undefined} must not mean "everybody".
 */
const char	*js_json_strict(duk_context *, struct run *, duk_idx_t, size_t *len);
/* Option `name` of the object at idx: a number, flag or text if it is there. */
bool		 js_option_number(duk_context *, duk_idx_t, const char *name, double *);
bool		 js_option_flag(duk_context *, duk_idx_t, const char *name, bool *);
bool		 js_option_text(duk_context *, struct run *, duk_idx_t, const char *name,
		    const char **);
/* The part of the body behind an object of request.files; NULL for any other value.
 * Its bytes are run->rq->body[off, off+len). */
const struct part *js_file_part(duk_context *, struct run *, duk_idx_t);

/* --- results (engine calls; throw) --- */

void		 js_push_text(duk_context *, struct run *, const char *utf8, size_t len);
/* The same ended by NUL; NULL is "". */
void		 js_push_string(duk_context *, struct run *, const char *utf8);
/* The same as member `name` of the object on top. */
void		 js_put_string(duk_context *, struct run *, const char *name,
		    const char *utf8);
/* Parse JSON text; what the store kept is trusted to be JSON. */
void		 js_push_json(duk_context *, struct run *, const char *json, size_t len);
/* JSON text of anybody's: false, and nothing pushed, if it is none. */
bool		 js_push_json_of(duk_context *, struct run *, const char *json, size_t len);
/* A fresh ArrayBuffer with a copy of these bytes. */
void		 js_push_bytes(duk_context *, const void *, size_t len);

/* --- answers --- */

/* What a respond call says, checked and in scratch, before it counts. */
struct js_answer {
	int		 status;
	const char	*type;		/* Content-Type among the headers, or NULL */
	struct pair	 headers[RESPONSE_HEADERS];
	size_t		 n;
};
/* 200-599, also as text; anything else throws TypeError. */
int		 js_answer_status(duk_context *, duk_idx_t);
/*
 * Read the headers object at idx (undefined: none) into the answer.  Throws TypeError for
 * what docs/contract.md 5.3 refuses.  May run code of the script.
 */
void		 js_answer_headers(duk_context *, struct run *, duk_idx_t, struct js_answer *);
/*
 * Make it the answer of the request: status and headers are in run->rs, which has no body
 * yet.  False if there was one already: the call is counted and changes nothing.
 */
bool		 js_answer_set(duk_context *, struct run *, const struct js_answer *);
/*
 * The value a handler returned (contract 5.1, 3): an object with status, body or headers,
 * or a body.  False, and nothing happens, for undefined and functions.
 */
bool		 js_respond_value(duk_context *, struct run *, duk_idx_t);
/* Push the request object. */
void		 js_request_push(duk_context *);
/* Push the response object {status, headers, body} that every respond call returns; body
 * and headers are values at these indexes, undefined if < 0. */
void		 js_push_answer(duk_context *, int status, duk_idx_t body, duk_idx_t headers);
/*
 * The string at idx stands for that blob: given back unchanged as an answer it is sent as
 * the blob's bytes (docs/contract.md 5.3).  The object's texts live in run->arena.
 */
void		 js_served(duk_context *, struct run *, duk_idx_t, const struct object *);
/*
 * js_blob.c: after the run, outside of the engine, for an answer whose run->blob is set:
 * give run->rs the bytes (Range, ETag, HEAD).  Status and headers are in rs already.
 */
void		 js_blob_send(struct run *);

/* --- modules (js_module.c) --- */

/* Push the exports of a library module, run at its first use. */
void		 js_module_builtin(duk_context *, struct library *, const struct embed *);
/* Push a fresh module object for the file and, on top, its require. */
void		 js_module_push(duk_context *, const char *path);

/* --- errors --- */

/* Throw an error of the class ("TypeError", "StorageError", ...) with code and retryable
 * (docs/contract.md 5.4).  code NULL: none. */
duk_ret_t	 js_throw(duk_context *, const char *klass, const char *code, bool retryable,
		    const char *fmt, ...) PRINTF(5, 6) __attribute__((noreturn));
/*
 * Throw what an error of ours means to a script: its code, the class by the table in
 * docs/contract.md 5.4, retryable for FZ_OVERLOADED and the like.  why may be NULL.
 */
duk_ret_t	 js_fail(duk_context *, enum fz_err, const char *what, const struct why *)
		    __attribute__((noreturn));

/* --- the bindings: each puts its functions into a new heap --- */

/* For runtime/lib, before it runs. */
void		 js_host_setup(duk_context *, struct library *);
void		 js_stack_setup(duk_context *);		/* after it has run */
void		 js_request_setup(duk_context *);
void		 js_respond_setup(duk_context *);
void		 js_console_setup(duk_context *);
void		 js_module_setup(duk_context *);
void		 js_small_setup(duk_context *);		/* app, version, env, private */
void		 js_auth_setup(duk_context *);
void		 js_crypto_setup(duk_context *);
void		 js_session_setup(duk_context *);
void		 js_kv_setup(duk_context *);
void		 js_blob_setup(duk_context *);
void		 js_ds_setup(duk_context *);
void		 js_tx_setup(duk_context *);

#endif
