/*
 * request.  Every member is a getter that makes its value when it is first read and then
 * replaces itself by it: a handler that looks at the path pays for the path.  The object
 * and its getters are made once, before the snapshot; each request finds them untouched.
 *
 * Cookies of the platform are cut out before anything else sees them.  The header is
 * rebuilt from the pieces only when there is something to cut, so that an app's own odd
 * cookies arrive as they were sent.
 */
#include "runtime/js.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/node.h"
#include "base/path.h"
#include "base/query.h"
#include "base/str.h"
#include "runtime/js_body.h"

static void
push_method(duk_context *ctx, struct run *run)
{
	js_push_string(ctx, run, method_text(run->rq->method));
}

static void
push_path(duk_context *ctx, struct run *run)
{
	js_push_string(ctx, run, run->rq->path);
}

static const struct pairs *
query(duk_context *ctx, struct run *run)
{
	js_work(run);
	(void)request_arg(run->rq, "");
	js_done(ctx, run);
	return &run->rq->args;
}

static void
push_query(duk_context *ctx, struct run *run)
{
	js_body_push_pairs(ctx, run, query(ctx, run));
}

static void
push_query_all(duk_context *ctx, struct run *run)
{
	js_body_push_lists(ctx, run, query(ctx, run));
}

/* --- headers and cookies --- */

/* The platform's names; a development node leaves "__Host-" out. */
static bool
platform_cookie(const char *name)
{
	return strncasecmp(name, "__Host-fazt", 11) == 0 ||
	    strncasecmp(name, "__Secure-fazt", 13) == 0 ||
	    strcasecmp(name, "fazt") == 0 || strncasecmp(name, "fazt_", 5) == 0;
}

static void
get_cookies(duk_context *ctx, struct run *run, struct pairs *out)
{
	size_t kept = 0;

	js_work(run);
	cookie_parse(run->scratch, request_header(run->rq, "cookie"), out);
	js_done(ctx, run);
	for (size_t i = 0; i < out->n; i++)
		if (!platform_cookie(out->v[i].name))
			out->v[kept++] = out->v[i];
	out->n = kept;
}

static void
push_cookies(duk_context *ctx, struct run *run)
{
	struct pairs cookies;

	get_cookies(ctx, run, &cookies);
	js_body_push_pairs(ctx, run, &cookies);
}

/* The header without the platform's cookies; NULL if nothing is left. */
static const char *
cookie_header(duk_context *ctx, struct run *run, const char *sent)
{
	struct pairs cookies;
	char *out, *p;
	size_t n = 1;

	if (strcasestr(sent, "fazt") == NULL)
		return sent;
	get_cookies(ctx, run, &cookies);
	for (size_t i = 0; i < cookies.n; i++)
		n += strlen(cookies.v[i].name) + strlen(cookies.v[i].value) + 3;
	out = p = js_scratch(ctx, run, n);
	for (size_t i = 0; i < cookies.n; i++)
		p += snprintf(p, n - (size_t)(p - out), "%s%s=%s", i > 0 ? "; " : "",
		    cookies.v[i].name, cookies.v[i].value);
	return cookies.n > 0 ? out : NULL;
}

static const char *
header_value(duk_context *ctx, struct run *run, const struct pair *h)
{
	return strcmp(h->name, "cookie") == 0 ? cookie_header(ctx, run, h->value) : h->value;
}

/* headers.get trap: (target, name).  The target's names are in lower case. */
static duk_ret_t
header_get(duk_context *ctx)
{
	char name[64];
	duk_size_t n;
	const char *s;

	duk_dup(ctx, 1);
	if (duk_get_prop(ctx, 0) || !duk_is_string(ctx, 1) || duk_is_symbol(ctx, 1))
		return 1;
	s = duk_get_lstring(ctx, 1, &n);
	if (n >= sizeof(name))
		return 0;
	memcpy(name, s, n);
	name[n] = '\0';
	str_lower(name);
	duk_get_prop_lstring(ctx, 0, name, n);
	return 1;
}

static void
push_headers(duk_context *ctx, struct run *run)
{
	const struct pairs *h = &run->rq->headers;

	duk_push_bare_object(ctx);
	for (size_t i = 0; i < h->n; i++) {
		const char *value = header_value(ctx, run, &h->v[i]);

		if (value == NULL)
			continue;
		js_push_string(ctx, run, value);
		duk_put_prop_string(ctx, -2, h->v[i].name);
	}
	js_body_as_object(ctx);
	duk_push_bare_object(ctx);
	duk_push_c_lightfunc(ctx, header_get, 3, 3, 0);
	duk_put_prop_literal(ctx, -2, "get");
	duk_push_proxy(ctx, 0);
}

static void
push_headers_all(duk_context *ctx, struct run *run)
{
	const struct pairs *h = &run->rq->headers;

	duk_push_bare_object(ctx);
	for (size_t i = 0; i < h->n; i++) {
		const char *value = header_value(ctx, run, &h->v[i]);

		if (value == NULL)
			continue;
		duk_push_array(ctx);
		js_push_string(ctx, run, value);
		duk_put_prop_index(ctx, -2, 0);
		duk_put_prop_string(ctx, -2, h->v[i].name);
	}
	js_body_as_object(ctx);
}

/* --- where it came from --- */

static void
push_host(duk_context *ctx, struct run *run)
{
	js_push_string(ctx, run, run->rq->host);
}

static void
push_url(duk_context *ctx, struct run *run)
{
	struct request *rq = run->rq;
	const char *url, *path;

	js_work(run);
	path = path_escape(run->scratch, rq->path);
	url = node_host_url(rq->node, run->scratch, rq->host, path);
	if (rq->query[0] != '\0')
		url = arena_printf(run->scratch, "%s?%s", url, rq->query);
	js_done(ctx, run);
	js_push_string(ctx, run, url);
}

static void
push_ip(duk_context *ctx, struct run *run)
{
	js_push_string(ctx, run, run->rq->ip);
}

static void
push_id(duk_context *ctx, struct run *run)
{
	js_push_string(ctx, run, run->rq->id);
}

static void
push_secure(duk_context *ctx, struct run *run)
{
	duk_push_boolean(ctx, run->rq->secure);
}

static void
push_deploy(duk_context *ctx, struct run *run)
{
	duk_push_number(ctx, (double)run->script->deploy);
}

/* --- the object --- */

static const struct {
	const char	*name;
	void		(*push)(duk_context *, struct run *);
	bool		 listed;	/* enumerable */
} members[] = {
	{ "method", push_method, true },
	{ "path", push_path, true },
	{ "query", push_query, true },
	{ "headers", push_headers, true },
	{ "body", js_body_push, true },
	{ "files", js_body_push_files, true },
	{ "host", push_host, true },
	{ "url", push_url, true },
	{ "ip", push_ip, true },
	{ "id", push_id, true },
	{ "secure", push_secure, true },
	{ "deploy", push_deploy, true },
	{ "queryAll", push_query_all, false },
	{ "headersAll", push_headers_all, false },
	{ "cookies", push_cookies, false },
	{ "bodyError", js_body_push_error, false },
	{ "filesAll", js_body_push_files_all, false },
	{ "raw", js_body_push_raw, false },
	{ "form", js_body_push_form, false },
	{ "formAll", js_body_push_form_all, false },
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

/* [ ... this value ] -> the value is a plain member from now on. */
static void
define(duk_context *ctx, int i)
{
	duk_push_string(ctx, members[i].name);
	duk_insert(ctx, -2);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WRITABLE |
	    DUK_DEFPROP_SET_CONFIGURABLE | DUK_DEFPROP_FORCE);
}

static duk_ret_t
get_member(duk_context *ctx)
{
	struct run *run = js_enter(ctx);
	int i = duk_get_current_magic(ctx);

	members[i].push(ctx, run);
	duk_push_this(ctx);
	duk_dup(ctx, -2);
	define(ctx, i);
	duk_pop(ctx);
	return 1;
}

static duk_ret_t
set_member(duk_context *ctx)
{
	duk_push_this(ctx);
	duk_dup(ctx, 0);
	define(ctx, duk_get_current_magic(ctx));
	return 0;
}

static duk_ret_t
text_js(duk_context *ctx)
{
	struct run *run = js_enter(ctx);

	js_body_push_text(ctx, run);
	return 1;
}

static void
add_member(duk_context *ctx, int i)
{
	duk_push_string(ctx, members[i].name);
	duk_push_c_function(ctx, get_member, 0);
	duk_set_magic(ctx, -1, i);
	duk_push_c_function(ctx, set_member, 1);
	duk_set_magic(ctx, -1, i);
	duk_def_prop(ctx, -4, DUK_DEFPROP_HAVE_GETTER | DUK_DEFPROP_HAVE_SETTER |
	    DUK_DEFPROP_SET_CONFIGURABLE | DUK_DEFPROP_FORCE |
	    (members[i].listed ? DUK_DEFPROP_SET_ENUMERABLE :
	    DUK_DEFPROP_CLEAR_ENUMERABLE));
}

void
js_request_push(duk_context *ctx)
{
	duk_push_heap_stash(ctx);
	duk_get_prop_string(ctx, -1, "request");
	duk_remove(ctx, -2);
}

void
js_request_setup(duk_context *ctx)
{
	duk_push_object(ctx);
	for (int i = 0; i < (int)MEMBERS; i++)
		add_member(ctx, i);
	duk_push_string(ctx, "text");
	duk_push_c_function(ctx, text_js, 0);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WC |
	    DUK_DEFPROP_CLEAR_ENUMERABLE | DUK_DEFPROP_FORCE);
	duk_push_heap_stash(ctx);
	duk_dup(ctx, -2);
	duk_put_prop_string(ctx, -2, "request");
	duk_pop(ctx);
	duk_push_global_object(ctx);
	duk_push_string(ctx, "request");
	duk_dup(ctx, -3);
	duk_def_prop(ctx, -3, DUK_DEFPROP_HAVE_VALUE | DUK_DEFPROP_SET_WC |
	    DUK_DEFPROP_CLEAR_ENUMERABLE | DUK_DEFPROP_FORCE);
	duk_pop_2(ctx);
}
