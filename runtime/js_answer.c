/*
 * Status and headers of an answer.  Everything is read first, which may run code of the
 * script (getters, even another respond), and only then set in one step without any of it;
 * so there is no half answer, and a refused one may be caught and said better.
 *
 * What would let a script speak for the server or split the answer is refused, never
 * repaired: names that are no tokens, control bytes, the headers of base/header_rules.h,
 * and characters above U+00FF, which other software is known to cut down to a line break.
 */
#include "runtime/js.h"

#include <math.h>
#include <string.h>

#include "base/header_rules.h"
#include "base/limits.h"
#include "base/mime.h"
#include "base/str.h"

#define VALUE_MAX 8192		/* bytes of one header value */

/* --- headers --- */

/* Node's rule: what does not fit a byte has no place in a header; nor have the control
 * characters of both halves. */
static bool
value_ok(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f || c > 0xc3)
			return false;
		if (c == 0xc2 && (unsigned char)s[i + 1] < 0xa0)
			return false;
	}
	return true;
}

static void
add_header(duk_context *ctx, const char *name, const char *value, size_t len,
    struct js_answer *a)
{
	if (len > VALUE_MAX || !value_ok(value, len))
		js_throw(ctx, "TypeError", NULL, false, "respond: bad value of header %s",
		    name);
	if (str_ieq(name, "Set-Cookie") && header_rules_cookie_denied(value))
		js_throw(ctx, "TypeError", NULL, false,
		    "respond: a cookie may have neither Domain nor a platform name");
	if (a->n == RESPONSE_HEADERS)
		js_throw(ctx, "TypeError", NULL, false, "respond: too many headers");
	if (str_ieq(name, "Content-Type"))
		a->type = value;
	a->headers[a->n++] = (struct pair){ name, value };
}

/* One value on top: text, number or flag; absent ones are left out. */
static void
read_value(duk_context *ctx, struct run *run, const char *name, struct js_answer *a)
{
	const char *s;
	char *copy;
	size_t n;

	if (duk_is_null_or_undefined(ctx, -1))
		return;
	if (duk_is_symbol(ctx, -1) || !duk_check_type_mask(ctx, -1,
	    DUK_TYPE_MASK_STRING | DUK_TYPE_MASK_NUMBER | DUK_TYPE_MASK_BOOLEAN))
		js_throw(ctx, "TypeError", NULL, false,
		    "respond: header %s must be a string or number", name);
	duk_dup_top(ctx);
	s = js_any_text(ctx, run, -1, &n);
	copy = js_scratch(ctx, run, n + 1);
	memcpy(copy, s, n);
	duk_pop(ctx);
	add_header(ctx, name, copy, n, a);
}

static bool
repeats(const char *name)
{
	return str_ieq(name, "Set-Cookie") || str_ieq(name, "Link");
}

/* Several values of a name that does not repeat are one list (RFC 9110 5.3). */
static void
join_last(duk_context *ctx, struct run *run, struct js_answer *a, size_t from)
{
	size_t n = 1, i, len;
	char *out, *p;

	for (i = from; i < a->n; i++)
		n += strlen(a->headers[i].value) + 2;
	out = p = js_scratch(ctx, run, n);
	for (i = from; i < a->n; i++) {
		if (i > from) {
			memcpy(p, ", ", 2);
			p += 2;
		}
		len = strlen(a->headers[i].value);
		memcpy(p, a->headers[i].value, len);
		p += len;
	}
	a->headers[from].value = out;
	a->n = from + 1;
}

static void
read_list(duk_context *ctx, struct run *run, const char *name, struct js_answer *a)
{
	duk_size_t n = duk_get_length(ctx, -1), i;
	size_t from = a->n;

	for (i = 0; i < n && i <= RESPONSE_HEADERS; i++) {
		duk_get_prop_index(ctx, -1, (duk_uarridx_t)i);
		read_value(ctx, run, name, a);
		duk_pop(ctx);
	}
	if (a->n - from > 1 && !repeats(name))
		join_last(ctx, run, a, from);
}

/* [ ... name value ] */
static void
read_header(duk_context *ctx, struct run *run, struct js_answer *a)
{
	duk_size_t n;
	const char *engine = duk_get_lstring(ctx, -2, &n);
	char *name;

	if (!mime_token(engine, n) || strlen(engine) != n || n > 256)
		js_throw(ctx, "TypeError", NULL, false, "respond: bad header name");
	name = js_scratch(ctx, run, n + 1);
	memcpy(name, engine, n);
	if (header_rules_denied(name))
		js_throw(ctx, "TypeError", NULL, false,
		    "respond: header %s belongs to the server", name);
	if (duk_is_array(ctx, -1))
		read_list(ctx, run, name, a);
	else
		read_value(ctx, run, name, a);
}

static void
check_amount(duk_context *ctx, const struct js_answer *a)
{
	size_t bytes = 0, cookies = 0;

	for (size_t i = 0; i < a->n; i++) {
		bytes += strlen(a->headers[i].name) + strlen(a->headers[i].value) + 4;
		cookies += str_ieq(a->headers[i].name, "Set-Cookie");
	}
	/* Some room is the server's own. */
	if (cookies > RUN_COOKIES || a->n > RESPONSE_HEADERS - 8 ||
	    bytes > LIMIT_RESPONSE_HEADERS - 1024)
		js_throw(ctx, "TypeError", NULL, false, "respond: too many headers");
}

void
js_answer_headers(duk_context *ctx, struct run *run, duk_idx_t idx, struct js_answer *a)
{
	void *held;

	if (duk_is_null_or_undefined(ctx, idx) || !duk_is_valid_index(ctx, idx))
		return;
	if (!duk_is_object(ctx, idx))
		js_throw(ctx, "TypeError", NULL, false, "respond: headers must be an object");
	held = js_hold(run);
	duk_enum(ctx, idx, DUK_ENUM_OWN_PROPERTIES_ONLY);
	while (duk_next(ctx, -1, 1)) {
		read_header(ctx, run, a);
		duk_pop_2(ctx);
	}
	duk_pop(ctx);
	js_release(run, held);
	check_amount(ctx, a);
}

/* --- status --- */

int
js_answer_status(duk_context *ctx, duk_idx_t idx)
{
	double status = NAN;

	if (duk_is_number(ctx, idx))
		status = duk_get_number(ctx, idx);
	else if (duk_is_string(ctx, idx) && !duk_is_symbol(ctx, idx) &&
	    duk_get_length(ctx, idx) == 3) {
		uint64_t n;

		if (str_u64(duk_get_string(ctx, idx), &n))
			status = (double)n;
	}
	if (!(status >= 200 && status <= 599) || status != floor(status))
		js_throw(ctx, "TypeError", NULL, false,
		    "respond: status must be an integer from 200 to 599");
	return (int)status;
}

bool
js_answer_set(duk_context *ctx, struct run *run, const struct js_answer *a)
{
	struct response *rs = run->rs;
	size_t i;

	if (run->responded) {
		run->ignored++;
		return false;
	}
	js_work(run);
	for (i = 0; i < a->n; i++)
		response_header(rs, a->headers[i].name, a->headers[i].value);
	rs->status = a->status;
	run->responded = true;
	js_done(ctx, run);
	return true;
}

void
js_push_answer(duk_context *ctx, int status, duk_idx_t body, duk_idx_t headers)
{
	if (body >= 0)
		body = duk_normalize_index(ctx, body);
	if (headers >= 0)
		headers = duk_normalize_index(ctx, headers);
	duk_push_object(ctx);
	duk_push_int(ctx, status);
	duk_put_prop_literal(ctx, -2, "status");
	if (body >= 0) {
		duk_dup(ctx, body);
		duk_put_prop_literal(ctx, -2, "body");
	}
	if (headers >= 0) {
		duk_dup(ctx, headers);
		duk_put_prop_literal(ctx, -2, "headers");
	}
}
