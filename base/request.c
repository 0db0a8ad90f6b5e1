/*
 * Reading a request: what the gate has put into the struct is taken as it is, what
 * only some handlers want (the decoded query, the body as text or JSON) is made when
 * it is asked for.  Nothing here waits for the peer; the body is at rest by then.
 */
#include "base/request.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/mime.h"
#include "base/route.h"
#include "base/str.h"

static const char *const method_names[] = {
	[METHOD_GET] = "GET",
	[METHOD_HEAD] = "HEAD",
	[METHOD_POST] = "POST",
	[METHOD_PUT] = "PUT",
	[METHOD_PATCH] = "PATCH",
	[METHOD_DELETE] = "DELETE",
	[METHOD_OPTIONS] = "OPTIONS",
};

/* Methods are case-sensitive (RFC 9110 9.1). */
enum method
method_parse(const char *s)
{
	enum method m;

	for (m = METHOD_GET; m < METHOD_OTHER; m++)
		if (s != NULL && strcmp(s, method_names[m]) == 0)
			return m;
	return METHOD_OTHER;
}

const char *
method_text(enum method m)
{
	return m < METHOD_OTHER ? method_names[m] : "OTHER";
}

bool
request_at(const struct request *r, const char *host)
{
	return strcmp(r->host, host) == 0;
}

const char *
request_header(const struct request *r, const char *name)
{
	return pairs_get(&r->headers, name);
}

const char *
request_param(const struct request *r, const char *name)
{
	const char *value = pairs_get(&r->params, name);

	return value != NULL ? value : "";
}

const char *
request_arg(struct request *r, const char *name)
{
	if (!r->args_parsed) {
		r->args_parsed = true;
		if (query_parse(r->arena, r->query, strlen(r->query), &r->args) != FZ_OK)
			r->args = (struct pairs){ 0 };
	}
	return pairs_get(&r->args, name);
}

bool
request_flag(struct request *r, const char *name)
{
	const char *value = request_arg(r, name);

	return value != NULL && (strcmp(value, "true") == 0 || strcmp(value, "1") == 0);
}

static uint64_t
body_size(const struct request *r)
{
	return r->body != NULL ? spool_size(r->body) : 0;
}

enum fz_err
request_text(struct request *r, size_t max, const char **text, size_t *len)
{
	uint64_t size = body_size(r), done;
	ssize_t got;
	char *copy;

	if (size > max)
		return FZ_PAYLOAD_TOO_LARGE;
	if (size == 0 || spool_data(r->body) != NULL) {
		*text = size > 0 ? spool_data(r->body) : "";
		*len = (size_t)size;
		return FZ_OK;
	}
	copy = arena_alloc(r->arena, (size_t)size + 1);
	for (done = 0; done < size; done += (uint64_t)got) {
		got = spool_read(r->body, done, copy + done, (size_t)(size - done));
		if (got <= 0)
			return FZ_IO;
	}
	copy[size] = '\0';
	*text = copy;
	*len = (size_t)size;
	return FZ_OK;
}

static void
drop_json(void *value)
{
	json_decref(value);
}

bool
request_is_form(const struct request *r)
{
	/* Caddy gives every POST without a body this type. */
	return r->content_length != 0 &&
	    mime_is(r->content_type, "application/x-www-form-urlencoded");
}

bool
request_wants_page(const struct request *r)
{
	const char *accept = request_header(r, "accept");

	return request_is_form(r) || (accept != NULL && strstr(accept, "text/html") != NULL);
}

/* Every value is a text; of repeated names the first counts, as in a query. */
static enum fz_err
form_json(struct request *r, const char *text, size_t len, json_t **out, struct why *why)
{
	struct pairs fields;
	json_t *o;

	if (query_parse(r->arena, text, len, &fields) != FZ_OK)
		return why_set(why, FZ_BAD_REQUEST, "the form is malformed");
	o = json_object();
	for (size_t i = 0; i < fields.n; i++)
		if (json_object_get(o, fields.v[i].name) == NULL)
			json_object_set_new(o, fields.v[i].name,
			    json_string(fields.v[i].value));
	*out = o;
	return FZ_OK;
}

enum fz_err
request_json(struct request *r, json_t **out, struct why *why)
{
	bool form = request_is_form(r) && r->route != NULL &&
	    (r->route->flags & ROUTE_BODY_FORM) != 0;
	uint64_t max = r->node != NULL ? r->node->max_json : LIMIT_JSON_BODY;
	json_t *value;
	const char *text;
	enum fz_err err;
	size_t len;

	if (body_size(r) == 0) {
		value = json_object();
	} else {
		if (!form && !mime_is(r->content_type, "application/json"))
			return why_set(why, FZ_UNSUPPORTED_MEDIA_TYPE,
			    "send the body as application/json");
		err = request_text(r, max, &text, &len);
		if (err != FZ_OK)
			return why_set(why, err, "%s", err_text(err));
		err = form ? form_json(r, text, len, &value, why) :
		    json_parse(text, len, &value, why);
		if (err != FZ_OK)
			return err;
	}
	if (!json_is_object(value)) {
		json_decref(value);
		return why_set(why, FZ_INVALID_JSON, "the body must be a JSON object");
	}
	arena_defer(r->arena, drop_json, value);
	*out = value;
	return FZ_OK;
}

static bool
number_arg(struct request *r, const char *name, int64_t min, int64_t max, int64_t *out)
{
	const char *text = request_arg(r, name);
	int64_t value;

	if (text == NULL)
		return true;
	if (!str_i64(text, &value) || value < min || value > max)
		return false;
	*out = value;
	return true;
}

enum fz_err
request_page(struct request *r, int64_t standard, int64_t max, struct page *out,
    const char **field)
{
	struct page page = { .offset = 0, .limit = standard };

	if (!number_arg(r, "offset", 0, INT64_MAX, &page.offset)) {
		*field = "offset";
		return FZ_VALIDATION_FAILED;
	}
	if (!number_arg(r, "limit", 1, max, &page.limit)) {
		*field = "limit";
		return FZ_VALIDATION_FAILED;
	}
	*out = page;
	return FZ_OK;
}
