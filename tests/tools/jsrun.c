/*
 * jsrun [-emx] [-l TEXT] [-p PRELUDE]... [FILE]: scripts in a heap with the library (runtime/lib), for
 * the tests of the library.
 *
 * FILE or standard input holds snippets, each the body of a function, separated by lines
 * that begin with "//---".  Each runs in the heap as it was after the library and the
 * preludes; promise jobs are run and a promise is looked into.  Prints one line a snippet,
 * the JSON of {"value": ...} or {"error": name, "message": ...}, with "unhandled" if there
 * were rejections nobody looked at; a limit is an error, too.
 *
 * -e: load the whole library at the start, what is lazy too.
 * -l: load what a script of that text would want, too.
 * -x: translate each snippet first, as a deploy would.
 * -m: instead, the size of the heap and the time it takes to make one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <uninorm.h>

#include "base/embed.h"
#include "base/mem.h"
#include "base/str.h"
#include "runtime/guard.h"
#include "runtime/text.h"
#include "runtime/transpile.h"

#define SEPARATOR "//---"
#define HEAP (64UL << 20)
#define WALL_MS 20000

static const struct guard_limits limits = { WALL_MS, WALL_MS, HEAP };

/* --- what the host gives the library --- */

static duk_ret_t
hidden(duk_context *ctx)
{
	duk_push_sprintf(ctx, "\xff%s", duk_require_string(ctx, 0));
	return 1;
}

static duk_ret_t
random_bytes(duk_context *ctx)
{
	duk_size_t n = duk_require_uint(ctx, 0);
	void *p = duk_push_fixed_buffer(ctx, n);

	if (n > 65536 || getrandom(p, n, 0) != (ssize_t)n)
		return duk_generic_error(ctx, "no random bytes");
	duk_push_buffer_object(ctx, -1, 0, n, DUK_BUFOBJ_ARRAYBUFFER);
	return 1;
}

static void
push_utf8(duk_context *ctx, const char *utf8, size_t len)
{
	size_t n = text_cesu_len(utf8, len);
	char *cesu = duk_push_fixed_buffer(ctx, n + 1);

	text_to_cesu(utf8, len, cesu);
	duk_push_lstring(ctx, cesu, n);
	duk_remove(ctx, -2);
}

static duk_ret_t
normalize(duk_context *ctx)
{
	duk_size_t len;
	const char *cesu = duk_require_lstring(ctx, 0, &len);
	const char *form = duk_require_string(ctx, 1);
	uninorm_t forms[] = { UNINORM_NFC, UNINORM_NFD, UNINORM_NFKC, UNINORM_NFKD };
	size_t n = text_utf8_len(cesu, len), made;
	char *utf8 = duk_push_fixed_buffer(ctx, n + 1);
	uint8_t *out;

	text_to_utf8(cesu, len, utf8);
	guard_out();
	out = u8_normalize(forms[(form[2] == 'K') * 2 + (form[strlen(form) - 1] == 'D')],
	    (uint8_t *)utf8, n, NULL, &made);
	guard_in(ctx);
	push_utf8(ctx, (char *)out, made);
	free(out);
	return 1;
}

static duk_ret_t load(duk_context *ctx);

static const duk_function_list_entry host[] = {
	{ "__host_hidden", hidden, 1 },
	{ "__host_random", random_bytes, 1 },
	{ "__host_normalize", normalize, 2 },
	{ "__host_load", load, 1 },
	{ NULL, NULL, 0 },
};

/* --- the library --- */

struct bytecode {
	void	*bytes;
	size_t	 len;
};
static struct bytecode compiled[64];

static bool eager, translating;
static const char *wanted;

static bool
is_lazy(const struct embed *e)
{
	return !eager && str_ends(e->path, ".lazy.js");
}

/* Run a script of the library; compiled once. */
static void
run_file(duk_context *ctx, const struct embed *e)
{
	struct bytecode *b = &compiled[e - embed_jslib];
	duk_size_t len;
	const void *p;

	if (b->bytes == NULL) {
		duk_push_lstring(ctx, e->data, (size_t)e->len);
		duk_push_sprintf(ctx, "fazt:%s", strrchr(e->path, '/') + 1);
		duk_compile(ctx, 0);
		duk_dump_function(ctx);
		p = duk_get_buffer(ctx, -1, &len);
		guard_out();
		b->bytes = xmemdup(p, len);
		b->len = len;
		guard_in(ctx);
		duk_pop(ctx);
	}
	memcpy(duk_push_fixed_buffer(ctx, b->len), b->bytes, b->len);
	duk_load_function(ctx);
	duk_call(ctx, 0);
	duk_pop(ctx);
}

/* (name): a script that is not run before it is wanted */
static duk_ret_t
load(duk_context *ctx)
{
	const char *name = duk_require_string(ctx, 0);

	for (const struct embed *e = embed_jslib; e->path != NULL; e++)
		if (str_ends(e->path, name) && is_lazy(e)) {
			run_file(ctx, e);
			return 0;
		}
	return duk_generic_error(ctx, "no library file %s", name);
}

static void
eval_file(duk_context *ctx, const char *path, const char *text, size_t len)
{
	push_utf8(ctx, text, len);
	duk_push_string(ctx, path);
	duk_compile(ctx, 0);
	duk_call(ctx, 0);
	duk_pop(ctx);
}

static char *
slurp(const char *path, size_t *len)
{
	FILE *f = path == NULL ? stdin : fopen(path, "r");
	size_t cap = 1 << 16, n;
	char *s;

	if (f == NULL) {
		fprintf(stderr, "jsrun: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	s = xmalloc(cap);
	*len = 0;
	while ((n = fread(s + *len, 1, cap - *len - 1, f)) > 0) {
		*len += n;
		if (cap - *len < 2)
			s = xrealloc(s, cap *= 2);
	}
	s[*len] = '\0';
	if (f != stdin)
		fclose(f);
	return s;
}

struct prelude {
	const char	*path;
	char		*text;
	size_t		 len;
};
static struct prelude preludes[8];
static size_t npreludes;

/* Move a global into the stash. */
static void
capture(duk_context *ctx, const char *name)
{
	duk_push_heap_stash(ctx);
	duk_get_global_string(ctx, name);
	duk_put_prop_string(ctx, -2, name);
	duk_push_global_object(ctx);
	duk_del_prop_string(ctx, -1, name);
	duk_pop_2(ctx);
}

static duk_ret_t
prepare(duk_context *ctx, void *arg)
{
	(void)arg;
	duk_push_global_object(ctx);
	duk_put_function_list(ctx, -1, host);
	if (eager)
		duk_del_prop_string(ctx, -1, "__host_load");
	duk_pop(ctx);
	for (const struct embed *e = embed_jslib; e->path != NULL; e++)
		if (!is_lazy(e))
			run_file(ctx, e);
	capture(ctx, "__drain");
	capture(ctx, "__promiseState");
	capture(ctx, "__unhandled");
	if (wanted != NULL) {
		duk_get_global_string(ctx, "__preload");
		duk_push_string(ctx, wanted);
		duk_call(ctx, 1);
		duk_pop(ctx);
	}
	capture(ctx, "__preload");
	for (size_t i = 0; i < npreludes; i++)
		eval_file(ctx, preludes[i].path, preludes[i].text, preludes[i].len);
	capture(ctx, "Duktape");
	for (size_t i = 0; host[i].key != NULL; i++)
		capture(ctx, host[i].key);
	return 0;
}

static struct region *
new_heap(void)
{
	struct region *r = region_new(HEAP);
	struct guard_used used;
	enum guard_end end;

	if (r == NULL)
		exit(2);
	end = guard_run(r, prepare, NULL, 0, 1, &limits, &used);
	if (end == GUARD_DONE) {
		duk_pop(region_context(r));
		return r;
	}
	if (end == GUARD_THREW) {
		duk_get_prop_string(region_context(r), -1, "stack");
		fprintf(stderr, "jsrun: %s\n", duk_safe_to_string(region_context(r), -1));
	}
	fprintf(stderr, "jsrun: the library does not run (%d)\n", end);
	exit(2);
}

/* --- snippets --- */

struct snippet {
	const char	*text;
	size_t		 len;
	bool		 translated;	/* a function of a module */
};

static void
call_stashed(duk_context *ctx, const char *name, duk_idx_t nargs)
{
	duk_push_heap_stash(ctx);
	duk_get_prop_string(ctx, -1, name);
	duk_remove(ctx, -2);
	duk_insert(ctx, -1 - nargs);
	duk_call(ctx, nargs);
}

/* [ value ] -> [ what it settled to ] */
static void
look_into(duk_context *ctx)
{
	int state;

	duk_dup_top(ctx);
	call_stashed(ctx, "__promiseState", 1);
	if (duk_is_undefined(ctx, -1)) {
		duk_pop(ctx);
		return;
	}
	duk_get_prop_string(ctx, -1, "s");
	state = duk_get_int(ctx, -1);
	duk_get_prop_string(ctx, -2, "v");
	if (state == 2)
		(void)duk_throw(ctx);
	if (state == 0)
		duk_push_string(ctx, "(pending)");
	duk_replace(ctx, 0);
	duk_set_top(ctx, 1);
}

static duk_ret_t
play(duk_context *ctx, void *arg)
{
	struct snippet *s = arg;

	duk_push_string(ctx, s->translated ? "" : "(function () {\n");
	push_utf8(ctx, s->text, s->len);
	duk_push_string(ctx, s->translated ? "" : "\n})");
	duk_concat(ctx, 3);
	duk_push_string(ctx, "snippet.js");
	duk_compile(ctx, DUK_COMPILE_EVAL);
	duk_call(ctx, 0);
	for (int i = 0; i < 4; i++)
		duk_push_object(ctx);
	duk_call(ctx, 4);
	call_stashed(ctx, "__drain", 0);
	duk_pop(ctx);
	look_into(ctx);
	duk_push_object(ctx);
	duk_insert(ctx, 0);
	duk_put_prop_string(ctx, 0, "value");
	call_stashed(ctx, "__unhandled", 0);
	if (duk_get_length(ctx, -1) > 0)
		duk_put_prop_string(ctx, 0, "unhandled");
	duk_set_top(ctx, 1);
	duk_json_encode(ctx, -1);
	return 1;
}

static duk_ret_t
describe(duk_context *ctx, void *arg)
{
	(void)arg;
	duk_push_object(ctx);
	if (duk_is_object(ctx, -2)) {
		duk_get_prop_string(ctx, -2, "name");
		duk_put_prop_string(ctx, -2, "error");
		duk_get_prop_string(ctx, -2, "message");
		duk_put_prop_string(ctx, -2, "message");
		duk_get_prop_string(ctx, -2, "stack");
		duk_put_prop_string(ctx, -2, "stack");
	} else {
		duk_dup(ctx, -2);
		duk_put_prop_string(ctx, -2, "thrown");
	}
	duk_json_encode(ctx, -1);
	return 1;
}

static void
print_top(duk_context *ctx)
{
	duk_size_t len;
	const char *s = duk_safe_to_lstring(ctx, -1, &len);
	size_t n = text_utf8_len(s, len);
	char *out = xmalloc(n + 1);

	text_to_utf8(s, len, out);
	out[n] = '\n';
	fwrite(out, 1, n + 1, stdout);
	free(out);
}

/* False if its syntax is wrong, which has been printed. */
static bool
translate(struct arena *a, struct snippet *s)
{
	struct code code = { 0 };

	if (transpile(a, TRANSPILE_MAIN, "api/main.js", s->text, s->len, &code) != FZ_OK ||
	    code.error != NULL) {
		printf("{\"error\":\"SyntaxError\",\"message\":\"line %d\"}\n", code.line);
		return false;
	}
	*s = (struct snippet){ code.js, code.js_len, true };
	return true;
}

static void
run_snippet(struct region *r, struct snippet *s)
{
	duk_context *ctx = region_context(r);
	struct guard_used used;
	enum guard_end end;

	end = guard_run(r, play, s, 0, 1, &limits, &used);
	if (end == GUARD_THREW)
		end = guard_run(r, describe, NULL, 1, 1, &limits, &used);
	if (end == GUARD_DONE || end == GUARD_THREW)
		print_top(ctx);
	else
		printf("{\"error\":\"limit %d\"}\n", end);
	region_restore(r);
}

static void
run_all(struct region *r, char *text, size_t len)
{
	char *end = text + len, *at = text, *next;
	struct arena *a = arena_new();
	struct snippet s;

	while (at < end) {
		for (next = at; next != NULL && next < end; next = strchr(next, '\n')) {
			next += *next == '\n';
			if (strncmp(next, SEPARATOR, strlen(SEPARATOR)) == 0)
				break;
		}
		if (next == NULL || next > end)
			next = end;
		s = (struct snippet){ at, (size_t)(next - at), false };
		if (!translating || translate(a, &s))
			run_snippet(r, &s);
		arena_reset(a);
		if (next == end)
			break;
		at = strchr(next, '\n');
		at = at == NULL ? end : at + 1;
	}
	arena_free(a);
}

/* --- measuring --- */

/* Of this thread: other work of the machine does not count. */
static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
measure(void)
{
	struct region *empty = region_new(HEAP), *r = new_heap();
	double best = 1e9, t, best_empty = 1e9;

	if (empty == NULL)
		return 2;
	region_snapshot(empty);
	region_snapshot(r);
	for (int i = 0; i < 50; i++) {
		struct region *again;

		t = now_ms();
		again = region_new(HEAP);
		t = now_ms() - t;
		best_empty = t < best_empty ? t : best_empty;
		region_free(again);
		t = now_ms();
		again = new_heap();
		t = now_ms() - t;
		best = t < best ? t : best;
		region_free(again);
	}
	printf("{\"engine\":%zu,\"heap\":%zu,\"resident\":%zu,\"engine_ms\":%.3f,"
	    "\"library_ms\":%.3f}\n", region_used(empty), region_used(r), region_resident(r),
	    best_empty, best - best_empty);
	region_free(empty);
	region_free(r);
	return 0;
}

int
main(int argc, char **argv)
{
	bool measuring = false;
	struct region *r;
	struct why why;
	size_t len;
	char *text;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "-m") == 0) {
			measuring = true;
		} else if (strcmp(argv[i], "-e") == 0) {
			eager = true;
		} else if (strcmp(argv[i], "-x") == 0) {
			translating = true;
		} else if (strcmp(argv[i], "-l") == 0 && i + 1 < argc) {
			wanted = argv[++i];
		} else if (strcmp(argv[i], "-p") == 0 && i + 1 < argc && npreludes < 8) {
			preludes[npreludes].path = argv[++i];
			preludes[npreludes].text = slurp(argv[i], &preludes[npreludes].len);
			npreludes++;
		} else {
			fprintf(stderr, "usage: jsrun [-emx] [-l TEXT] [-p PRELUDE]... [FILE]\n");
			return 2;
		}
	}
	if (guard_start(&why) != FZ_OK)
		return 2;
	if (measuring)
		return measure();
	r = new_heap();
	region_snapshot(r);
	text = slurp(i < argc ? argv[i] : NULL, &len);
	run_all(r, text, len);
	free(text);
	region_free(r);
	transpile_trim();
	guard_stop();
	return 0;
}
