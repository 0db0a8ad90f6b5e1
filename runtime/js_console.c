/*
 * console, printed the way Node's users expect a line to look, as far as a log line goes.
 * Objects are JSON to a depth of four; what JSON cannot say (undefined, functions,
 * cycles, errors) is named.
 *
 * A line is built in a buffer of fixed size in scratch and cut where it is full: nobody
 * reads more of one line, and a script cannot make the server print for seconds.
 */
#include "runtime/js.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/text.h"

#define LINE 8192
#define DEPTH 4

struct line {
	struct run	*run;
	char		*p;		/* the engine's encoding */
	size_t		 n;
	const void	*open[DEPTH + 1]; /* objects being printed */
};

static void
add(struct line *l, const char *s, size_t n)
{
	if (n > LINE - l->n)
		n = LINE - l->n;
	memcpy(l->p + l->n, s, n);
	l->n += n;
}

static void
puts_line(struct line *l, const char *s)
{
	add(l, s, strlen(s));
}

static bool
full(const struct line *l)
{
	return l->n >= LINE;
}

/* The value at idx as text. */
static void
add_text(duk_context *ctx, struct line *l, duk_idx_t idx)
{
	duk_size_t n;
	const char *s;

	duk_dup(ctx, idx);
	s = duk_safe_to_lstring(ctx, -1, &n);
	if (duk_is_symbol(ctx, idx))
		puts_line(l, "Symbol()");
	else
		add(l, s, n);
	duk_pop(ctx);
}

static void
add_quoted(duk_context *ctx, struct line *l, duk_idx_t idx)
{
	duk_dup(ctx, idx);
	duk_json_encode(ctx, -1);
	add_text(ctx, l, -1);
	duk_pop(ctx);
}

static void add_value(duk_context *, struct line *, duk_idx_t, int depth, bool quote);

static void
add_array(duk_context *ctx, struct line *l, duk_idx_t idx, int depth)
{
	duk_size_t n = duk_get_length(ctx, idx), i;

	puts_line(l, "[");
	for (i = 0; i < n && !full(l); i++) {
		if (i > 0)
			puts_line(l, ",");
		duk_get_prop_index(ctx, idx, (duk_uarridx_t)i);
		add_value(ctx, l, -1, depth + 1, true);
		duk_pop(ctx);
	}
	puts_line(l, "]");
}

static void
add_members(duk_context *ctx, struct line *l, duk_idx_t idx, int depth)
{
	bool first = true;

	puts_line(l, "{");
	duk_enum(ctx, idx, DUK_ENUM_OWN_PROPERTIES_ONLY);
	while (!full(l) && duk_next(ctx, -1, 1)) {
		if (!first)
			puts_line(l, ",");
		first = false;
		add_quoted(ctx, l, -2);
		puts_line(l, ":");
		add_value(ctx, l, -1, depth + 1, true);
		duk_pop_2(ctx);
	}
	duk_pop(ctx);
	puts_line(l, "}");
}

static bool
is_open(const struct line *l, const void *p, int depth)
{
	for (int i = 0; i < depth; i++)
		if (l->open[i] == p)
			return true;
	return false;
}

/* Replace the object at idx by what its toJSON says, if it has one. */
static void
apply_to_json(duk_context *ctx, duk_idx_t idx)
{
	duk_get_prop_string(ctx, idx, "toJSON");
	if (duk_is_callable(ctx, -1)) {
		duk_dup(ctx, idx);
		duk_call_method(ctx, 0);
		duk_replace(ctx, idx);
	} else
		duk_pop(ctx);
}

static void
add_error(duk_context *ctx, struct line *l, duk_idx_t idx)
{
	duk_get_prop_string(ctx, idx, "stack");
	if (!duk_is_string(ctx, -1)) {
		duk_pop(ctx);
		duk_dup(ctx, idx);
	}
	add_text(ctx, l, -1);
	duk_pop(ctx);
}

static void
add_function(duk_context *ctx, struct line *l, duk_idx_t idx)
{
	puts_line(l, "[Function");
	duk_get_prop_string(ctx, idx, "name");
	if (duk_is_string(ctx, -1) && duk_get_length(ctx, -1) > 0) {
		puts_line(l, ": ");
		add_text(ctx, l, -1);
	}
	duk_pop(ctx);
	puts_line(l, "]");
}

static void
add_object(duk_context *ctx, struct line *l, duk_idx_t idx, int depth)
{
	void *p = duk_get_heapptr(ctx, idx);

	if (is_open(l, p, depth)) {
		puts_line(l, "[Circular]");
		return;
	}
	if (depth >= DEPTH) {
		puts_line(l, duk_is_array(ctx, idx) ? "[Array]" : "[Object]");
		return;
	}
	l->open[depth] = p;
	if (duk_is_array(ctx, idx))
		add_array(ctx, l, idx, depth);
	else if (duk_is_buffer_data(ctx, idx)) {
		char text[40];

		snprintf(text, sizeof(text), "[%zu bytes]",
		    (size_t)duk_get_length(ctx, idx));
		puts_line(l, text);
	} else
		add_members(ctx, l, idx, depth);
}

/* quote: texts as inside of JSON, else as they are. */
static void
add_value(duk_context *ctx, struct line *l, duk_idx_t idx, int depth, bool quote)
{
	duk_require_stack(ctx, 16);
	duk_dup(ctx, idx);
	idx = duk_get_top_index(ctx);
	if (duk_is_object(ctx, idx) && !duk_is_function(ctx, idx) &&
	    !duk_is_buffer_data(ctx, idx) && !duk_is_error(ctx, idx))
		apply_to_json(ctx, idx);
	if (duk_is_string(ctx, idx) && quote && !duk_is_symbol(ctx, idx))
		add_quoted(ctx, l, idx);
	else if (duk_is_function(ctx, idx))
		add_function(ctx, l, idx);
	else if (duk_is_error(ctx, idx))
		add_error(ctx, l, idx);
	else if (duk_is_object(ctx, idx) || duk_is_buffer_data(ctx, idx))
		add_object(ctx, l, idx, depth);
	else
		add_text(ctx, l, idx);
	duk_set_top(ctx, idx);
}

static void
add_number(duk_context *ctx, struct line *l, duk_idx_t idx, bool whole)
{
	double v = duk_is_symbol(ctx, idx) ? NAN : duk_to_number(ctx, idx);

	duk_push_number(ctx, whole ? trunc(v) : v);
	add_text(ctx, l, -1);
	duk_pop(ctx);
}

/* One directive; false if it takes no argument or is none. */
static bool
directive(duk_context *ctx, struct line *l, char c, duk_idx_t idx)
{
	switch (c) {
	case 's':
		add_value(ctx, l, idx, 0, false);
		return true;
	case 'd':
	case 'i':
		add_number(ctx, l, idx, c == 'i');
		return true;
	case 'f':
		add_number(ctx, l, idx, false);
		return true;
	case 'j':
	case 'o':
	case 'O':
	case 'v':
		add_value(ctx, l, idx, 0, c == 'j');
		return true;
	default:
		return false;
	}
}

/* Print by the format at 0; the index of the first argument it did not use. */
static duk_idx_t
format(duk_context *ctx, struct line *l, duk_idx_t count)
{
	duk_idx_t next = 1;
	duk_size_t n, i;
	const char *s = duk_get_lstring(ctx, 0, &n);

	for (i = 0; i < n; i++) {
		if (s[i] == '%' && i + 1 < n && s[i + 1] == '%') {
			add(l, "%", 1);
			i++;
		} else if (s[i] == '%' && i + 1 < n && next < count &&
		    directive(ctx, l, s[i + 1], next)) {
			next++;
			i++;
		} else
			add(l, &s[i], 1);
	}
	return next;
}

static duk_ret_t
console_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	duk_idx_t count = duk_get_top(ctx), i = 0;
	struct line l = { .run = run };
	void *held;
	size_t n;
	char *out;

	/* What nobody will read need not be printed. */
	if (run_log_full(run))
		return 0;
	l.p = js_scratch(ctx, run, LINE);
	held = js_hold(run);
	if (count > 0 && duk_is_string(ctx, 0) && !duk_is_symbol(ctx, 0))
		i = format(ctx, &l, count);
	for (; i < count && !full(&l); i++) {
		if (i > 0)
			add(&l, " ", 1);
		add_value(ctx, &l, i, 0, false);
	}
	js_release(run, held);
	n = text_utf8_len(l.p, l.n);
	out = js_scratch(ctx, run, n + 1);
	text_to_utf8(l.p, l.n, out);
	js_work(run);
	run_log(run, (enum recorder_level)duk_get_current_magic(ctx), out, n, NULL, 0);
	js_done(ctx, run);
	return 0;
}

void
js_console_setup(duk_context *ctx)
{
	static const struct js_function functions[] = {
		{ "log", console_js, DUK_VARARGS, RECORD_INFO },
		{ "info", console_js, DUK_VARARGS, RECORD_INFO },
		{ "warn", console_js, DUK_VARARGS, RECORD_WARN },
		{ "error", console_js, DUK_VARARGS, RECORD_ERROR },
		{ "debug", console_js, DUK_VARARGS, RECORD_DEBUG },
		{ "trace", console_js, DUK_VARARGS, RECORD_DEBUG },
		{ NULL, NULL, 0, 0 }
	};

	duk_push_global_object(ctx);
	duk_push_string(ctx, "console");
	duk_push_object(ctx);
	js_functions(ctx, functions);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WC |
	    DUK_DEFPROP_CLEAR_ENUMERABLE | DUK_DEFPROP_FORCE);
	duk_pop(ctx);
}
