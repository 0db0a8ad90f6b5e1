/*
 * Headers go into a fixed array: forty are more than any answer of ours has, and a
 * handler that adds in a loop is stopped.  They are checked when they are set, not when
 * they are sent, and a bad one is remembered instead of returned: handlers set a dozen
 * of them and none could do anything sensible with the error.  The gate looks at
 * "broken" once and sends a plain 500.  Nothing is repaired: a value with a line break
 * in it is somebody's attack or somebody's bug.
 *
 * JSON answers are printed into one capped buffer that the response owns from then on,
 * and are never stored by caches unless the handler said otherwise before.
 *
 * Errors with status 500 say nothing of their cause to the client; the log has it.
 */
#include "base/response.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/mime.h"
#include "base/path.h"

void
response_init(struct response *r, struct arena *a)
{
	memset(r, 0, sizeof(*r));
	r->arena = a;
	r->source_len = -1;
}

void
response_fini(struct response *r)
{
	if (r->source != NULL && r->source->close != NULL)
		r->source->close(r->source);
	if (r->release != NULL)
		r->release(r->release_arg);
	r->source = NULL;
	r->source_len = -1;
	r->release = NULL;
	r->release_arg = NULL;
	r->bytes = NULL;
	r->len = 0;
}

static bool
value_ok(const char *s)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return false;
	return true;
}

static bool
may_repeat(const char *name)
{
	return strcasecmp(name, "Set-Cookie") == 0 || strcasecmp(name, "Link") == 0;
}

static size_t
total_size(const struct response *r)
{
	size_t i, total = 0;

	for (i = 0; i < r->nheaders; i++)
		total += strlen(r->headers[i].name) + strlen(r->headers[i].value) + 4;
	return total;
}

static void
add_header(struct response *r, const char *name, const char *value)
{
	struct pair *pair;

	if (r->nheaders == RESPONSE_HEADERS) {
		r->broken = true;
		return;
	}
	pair = &r->headers[r->nheaders++];
	pair->name = arena_strdup(r->arena, name);
	pair->value = arena_strdup(r->arena, value);
	if (total_size(r) > LIMIT_RESPONSE_HEADERS)
		r->broken = true;
}

void
response_header(struct response *r, const char *name, const char *value)
{
	if (value == NULL || !mime_token(name, strlen(name)) || !value_ok(value)) {
		r->broken = true;
		return;
	}
	if (!may_repeat(name))
		response_unset(r, name);
	add_header(r, name, value);
}

void
response_headerf(struct response *r, const char *name, const char *fmt, ...)
{
	va_list ap;
	char *value;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (n < 0) {
		r->broken = true;
		return;
	}
	response_header(r, name, value);
	free(value);
}

void
response_unset(struct response *r, const char *name)
{
	size_t i, kept = 0;

	for (i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->headers[i].name, name) != 0)
			r->headers[kept++] = r->headers[i];
	r->nheaders = kept;
}

const char *
response_get(const struct response *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nheaders; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

void
response_bytes(
    struct response *r, int status, const char *type, const void *bytes, size_t len)
{
	response_fini(r);
	r->status = status;
	r->bytes = bytes;
	r->len = len;
	if (type != NULL)
		response_header(r, "Content-Type", type);
}

void
response_text(struct response *r, int status, const char *text)
{
	response_bytes(r, status, "text/plain; charset=utf-8", text, strlen(text));
}

/*
 * The name goes out twice: once cut down to safe ASCII for old readers, once exact as
 * UTF-8, where everything but letters, digits and "-._~" is escaped.
 */
const char *
response_attachment(struct arena *a, const char *name)
{
	char *plain = arena_strdup(a, name), *p;

	for (p = plain; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e || strchr("\"\\/%", *p) != NULL)
			*p = '_';
	return arena_printf(a, "attachment; filename=\"%s\"; filename*=UTF-8''%s", plain,
	    path_escape_value(a, name));
}

void
response_redirect(struct response *r, int status, const char *url)
{
	response_bytes(r, status, NULL, "", 0);
	response_unset(r, "Content-Type");
	response_header(r, "Location", url);
}

enum fz_err
response_go(struct response *r, const char *url)
{
	response_redirect(r, 303, url);
	response_header(r, "Cache-Control", "no-store");
	return FZ_OK;
}

/* The buffer becomes the body; it is empty afterwards. */
static enum fz_err
send_json(struct response *r, int status, struct buf *b)
{
	size_t len;
	char *text;

	if (!buf_ok(b)) {
		buf_fini(b);
		return response_why(r, FZ_INTERNAL_ERROR, "the answer is too large");
	}
	text = buf_take(b, &len);
	response_bytes(r, status, "application/json", text, len);
	r->release = free;
	r->release_arg = text;
	if (response_get(r, "Cache-Control") == NULL)
		response_header(r, "Cache-Control", "no-store");
	return FZ_OK;
}

/* Without a value: null.  A value that cannot be printed fails the buffer's owner. */
static bool
put_value(struct buf *b, const json_t *value)
{
	if (value == NULL)
		return buf_puts(b, "null") == FZ_OK;
	return json_print(b, value) == FZ_OK;
}

static enum fz_err
send_value(
    struct response *r, int status, const char *before, json_t *value, const char *after)
{
	struct buf b;
	bool printed;

	buf_init(&b, LIMIT_RESPONSE_JSON);
	buf_puts(&b, before);
	printed = put_value(&b, value);
	json_decref(value);
	if (!printed && buf_ok(&b)) {
		buf_fini(&b);
		return response_why(r, FZ_INTERNAL_ERROR, "the answer cannot be printed");
	}
	buf_puts(&b, after);
	return send_json(r, status, &b);
}

enum fz_err
response_data(struct response *r, int status, json_t *data)
{
	return send_value(r, status, "{\"data\":", data, "}");
}

enum fz_err
response_bare(struct response *r, int status, json_t *value)
{
	return send_value(r, status, "", value, "");
}

enum fz_err
response_page(
    struct response *r, json_t *data, int64_t offset, int64_t limit, int64_t total)
{
	/* None is negative, so this cannot overflow where offset + limit can. */
	bool more = total - offset > limit;
	char after[160];

	snprintf(after, sizeof(after),
	    ",\"meta\":{\"offset\":%lld,\"limit\":%lld,\"total\":%lld,\"has_more\":%s}}",
	    (long long)offset, (long long)limit, (long long)total,
	    more ? "true" : "false");
	return send_value(r, 200, "{\"data\":", data, after);
}

enum fz_err
response_why(struct response *r, enum fz_err err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why.text, sizeof(r->why.text), fmt, ap);
	va_end(ap);
	return err;
}

static void
drop_json(void *value)
{
	json_decref(value);
}

void
response_detail(struct response *r, const char *name, json_t *value)
{
	if (r->details == NULL) {
		r->details = json_object();
		arena_defer(r->arena, drop_json, r->details);
	}
	json_object_set_new(r->details, name, value);
}

enum fz_err
response_invalid(struct response *r, const char *field, const char *constraint)
{
	response_detail(r, "field", json_string(field));
	response_detail(r, "constraint", json_string(constraint));
	return response_why(r, FZ_VALIDATION_FAILED, "%s: %s", field, constraint);
}

enum fz_err
response_missing(struct response *r, const char *field)
{
	response_detail(r, "field", json_string(field));
	return response_why(r, FZ_MISSING_FIELD, "%s is required", field);
}

/* Headers that spoke of the body which is not sent now. */
static void
unset_representation(struct response *r)
{
	static const char *const names[] = { "Content-Encoding", "Content-Disposition",
		"Content-Range", "Accept-Ranges", "ETag", "Last-Modified", "Location",
		"Cache-Control", NULL };
	const char *const *name;

	for (name = names; *name != NULL; name++)
		response_unset(r, *name);
}

void
response_error(struct response *r, enum fz_err err)
{
	const char *text;
	struct buf b;
	int status;
	bool open;

	if (r->broken) {
		err = FZ_INTERNAL_ERROR;
		r->nheaders = 0;
		r->broken = false;
	}
	status = err_status(err);
	open = status != 500;
	text = open && r->why.text[0] != '\0' ? r->why.text : err_text(err);
	buf_init(&b, MIB);
	buf_printf(&b, "{\"error\":{\"code\":\"%s\",\"message\":", err_code(err));
	buf_json(&b, text, strlen(text));
	if (open && json_object_size(r->details) > 0) {
		buf_puts(&b, ",\"details\":");
		put_value(&b, r->details);
	}
	buf_puts(&b, "}}");
	unset_representation(r);
	if (send_json(r, status, &b) != FZ_OK)
		response_text(r, status, err_text(err));
}
