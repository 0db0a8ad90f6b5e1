/*
 * The compiler is a script (runtime/modules); translating is a call of its one function.
 * What it gives is copied out of the heap, which then goes back to its snapshot: the
 * compiler keeps what it read, and a file cannot change how the next one is translated.
 *
 * TypeScript's parser lets pass what only its type checker would object to, so the result
 * goes through the engine's own compiler before it is believed.
 *
 * A file that needs more than the limits is wrong, not the machine; what is said about it
 * is kept like a syntax error.  Only wall time, which depends on the load, is worth
 * another try.
 */
#include "runtime/transpile_job.h"

#include <string.h>

#include "base/embed.h"
#include "base/str.h"
#include "runtime/guard.h"
#include "runtime/text.h"
#include "runtime/transpile_es5.h"

#define HEAP (256UL << 20)
#define RESULT_MAX (64UL << 20)

#ifndef TRANSPILE_CPU_MS		/* the test makes it shorter */
#define TRANSPILE_CPU_MS 20000
#endif
static const struct guard_limits limits = { .wall_ms = 60000, .cpu_ms = TRANSPILE_CPU_MS,
	.heap = HEAP };

void
transpile_job_init(struct transpile_job *job, int kind, const char *src, size_t len)
{
	memset(job, 0, sizeof(*job));
	job->kind = kind;
	job->src = src;
	job->len = len;
	buf_init(&job->js, RESULT_MAX);
	buf_init(&job->map, RESULT_MAX);
	buf_init(&job->uses, RESULT_MAX);
	buf_init(&job->error, 4096);
}

void
transpile_job_fini(struct transpile_job *job)
{
	buf_fini(&job->js);
	buf_fini(&job->map);
	buf_fini(&job->uses);
	buf_fini(&job->error);
}

static const struct embed *
compiler_text(void)
{
	const struct embed *e;

	for (e = embed_modules; e->path != NULL; e++)
		if (str_ends(e->path, "/transpiler.js") && e->len > 0)
			return e;
	return NULL;
}

static duk_ret_t
load(duk_context *ctx, void *arg)
{
	const struct embed *e = arg;

	duk_push_lstring(ctx, e->data, e->len);
	duk_push_string(ctx, "compiler");
	duk_compile(ctx, 0);
	(void)duk_call(ctx, 0);
	return 0;
}

struct region *
transpile_job_heap(void)
{
	const struct guard_limits patient = { .wall_ms = 60000, .cpu_ms = 60000,
		.heap = HEAP };
	const struct embed *e = compiler_text();
	struct region *region = e != NULL ? region_new(HEAP) : NULL;
	struct guard_used used;

	if (region == NULL)
		return NULL;
	if (guard_run(region, load, (void *)e, 0, 0, &patient, &used) != GUARD_DONE) {
		region_free(region);
		return NULL;
	}
	region_snapshot(region);
	return region;
}

/* Results of translate(): the places of these values on the stack. */
enum { JS, MAP, USES, ERROR, LINE, COLUMN, RESULTS };

/* The engine's own compiler has the last word. */
static void
check(duk_context *ctx)
{
	duk_size_t len;
	const uint32_t *map = duk_get_buffer_data(ctx, MAP, &len);
	duk_uint_t line;

	duk_dup(ctx, JS);
	duk_push_string(ctx, "code");
	if (duk_pcompile(ctx, DUK_COMPILE_EVAL) == 0) {
		duk_pop(ctx);
		return;
	}
	duk_get_prop_string(ctx, -1, "lineNumber");
	line = duk_get_uint(ctx, -1);
	duk_pop(ctx);
	duk_get_prop_string(ctx, -1, "message");
	duk_replace(ctx, ERROR);
	if (map != NULL && line > 0 && line <= len / 8) {
		duk_push_uint(ctx, map[(line - 1) * 2]);
		duk_replace(ctx, LINE);
		duk_push_uint(ctx, map[(line - 1) * 2 + 1]);
		duk_replace(ctx, COLUMN);
	}
	duk_pop(ctx);
}

static duk_ret_t
translate(duk_context *ctx, void *arg)
{
	static const char *const names[RESULTS] = { "js", "map", "uses", "error", "line",
		"column" };
	const struct transpile_job *job = arg;
	size_t n = text_cesu_len(job->src, job->len);
	duk_idx_t made;

	duk_get_global_string(ctx, "fzTranslate");
	text_to_cesu(job->src, job->len, duk_push_fixed_buffer(ctx, n));
	(void)duk_buffer_to_string(ctx, -1);
	duk_push_int(ctx, job->kind);
	duk_call(ctx, 2);
	made = duk_get_top_index(ctx);
	for (int i = 0; i < RESULTS; i++)
		duk_get_prop_string(ctx, made, names[i]);
	duk_remove(ctx, made);
	if (duk_is_string(ctx, JS))
		check(ctx);
	return RESULTS;
}

/* --- results --- */

static void
take_text(duk_context *ctx, duk_idx_t at, struct buf *out)
{
	duk_size_t len;
	const char *p = duk_get_lstring(ctx, at, &len);
	size_t n;
	char *to;

	if (p == NULL)
		return;
	n = text_utf8_len(p, len);
	to = buf_reserve(out, n + 1);
	if (to == NULL)
		return;
	text_to_utf8(p, len, to);
	to[n] = '\0';
	out->len += n;
}

static void
take_map(duk_context *ctx, struct buf *out)
{
	duk_size_t len;
	const uint32_t *v = duk_get_buffer_data(ctx, MAP, &len);

	for (size_t i = 0; v != NULL && i < len / 4; i++) {
		char b[4] = { (char)v[i], (char)(v[i] >> 8), (char)(v[i] >> 16),
			(char)(v[i] >> 24) };

		(void)buf_add(out, b, sizeof(b));
	}
}

static void
refuse(struct transpile_job *job, const char *text)
{
	buf_reset(&job->error);
	(void)buf_puts(&job->error, text);
	job->line = job->column = 1;
}

/* What the engine's compiler says ends in "(line 12, end of input)": its own line. */
static void
cut_line(struct buf *b)
{
	char *at = b->len > 0 ? strstr(b->data, " (line ") : NULL;

	if (at != NULL) {
		b->len = (size_t)(at - b->data);
		*at = '\0';
	}
}

static void
take(struct transpile_job *job, duk_context *ctx)
{
	take_text(ctx, ERROR - RESULTS, &job->error);
	if (job->error.len > 0) {
		cut_line(&job->error);
		job->line = duk_get_int(ctx, LINE - RESULTS);
		job->column = duk_get_int(ctx, COLUMN - RESULTS);
		return;
	}
	take_text(ctx, JS - RESULTS, &job->js);
	take_text(ctx, USES - RESULTS, &job->uses);
	take_map(ctx, &job->map);
	if (!buf_ok(&job->js) || !buf_ok(&job->map) || job->js.len == 0)
		refuse(job, "The code is too large when translated");
}

static duk_ret_t
compile(duk_context *ctx, void *arg)
{
	const struct transpile_job *job = arg;

	duk_push_lstring(ctx, job->js.data, job->js.len);
	duk_push_string(ctx, "code");
	duk_compile(ctx, DUK_COMPILE_EVAL);
	return 0;
}

/* Does the engine take the module as it is? */
static bool
run_plain(struct region *region, struct transpile_job *job)
{
	struct guard_used used;
	bool taken;

	if (job->kind != 0 || !transpile_es5_maybe(job->src, job->len))
		return false;
	transpile_es5_wrap(job->src, job->len, &job->js, &job->map, &job->uses);
	taken = buf_ok(&job->js) && buf_ok(&job->map) && buf_ok(&job->uses) &&
	    guard_run(region, compile, job, 0, 0, &limits, &used) == GUARD_DONE;
	region_restore(region);
	if (!taken) {
		buf_reset(&job->js);
		buf_reset(&job->map);
		buf_reset(&job->uses);
	}
	return taken;
}

void
transpile_job_run(struct region *region, struct transpile_job *job)
{
	struct guard_used used;

	if (run_plain(region, job))
		return;
	switch (guard_run(region, translate, job, 0, RESULTS, &limits, &used)) {
	case GUARD_DONE:
		take(job, region_context(region));
		break;
	case GUARD_THREW:
		refuse(job, "The code cannot be translated");
		break;
	case GUARD_TIMEOUT:
		job->err = FZ_TIMEOUT;
		break;
	case GUARD_CPU:
		refuse(job, "The code takes too long to translate");
		break;
	case GUARD_MEMORY:
	case GUARD_BROKEN:
		refuse(job, "The code takes too much memory to translate");
		break;
	}
	region_restore(region);
}
