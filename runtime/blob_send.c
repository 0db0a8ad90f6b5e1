/*
 * A blob's type is what the uploader said, and it is answered on the app's own host: an
 * HTML page among the avatars would act as the visitor.  So only types that nothing runs
 * are shown; everything else is a download, and if a browser opens it all the same, it does
 * so in a sandbox without the host's origin.  Images that hold scripts (SVG) still work
 * inside a page, where browsers do not run them.  What claims to be JavaScript, or is no
 * type at all, is sent as octets: with nosniff no page of the app can load it as a script.
 *
 * The tag is that of static files, from the content's hash; ranges are cut before anything
 * is read.  Bytes are streamed piece by piece, whatever the size: nothing of a blob is
 * in memory while a slow client takes its time but one piece.
 */
#include "runtime/blob_send.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/http_cond.h"
#include "base/mime.h"
#include "store/blob.h"

#define OCTETS "application/octet-stream"

static bool
well_formed(const char *type)
{
	size_t n = strcspn(type, ";"), main_len;
	const char *slash = memchr(type, '/', n);

	while (n > 0 && (type[n - 1] == ' ' || type[n - 1] == '\t'))
		n--;
	if (slash == NULL || strchr(type, ',') != NULL)
		return false;
	main_len = (size_t)(slash - type);
	return main_len < n && mime_token(type, main_len) &&
	       mime_token(slash + 1, n - main_len - 1);
}

bool
blob_send_safe(const char *mime)
{
	static const char *const list[] = { "image/png", "image/jpeg", "image/gif",
		"image/webp", "image/avif", "image/apng", "image/bmp", "image/x-icon",
		"image/vnd.microsoft.icon", "image/heic", "image/heif", "image/jxl",
		"image/tiff", "text/plain", "text/csv", "text/tab-separated-values",
		"text/markdown", "text/vtt", "text/calendar", "text/vcard",
		"application/json", "application/ld+json", "application/geo+json",
		"application/manifest+json", "application/x-ndjson", "application/pdf",
		"application/zip", "application/gzip", "application/x-tar",
		"application/epub+zip", "application/wasm", "application/ogg",
		"application/vnd.apple.mpegurl", "model/gltf+json", "model/gltf-binary",
		OCTETS, NULL };

	if (!well_formed(mime) || mime_is_active(mime))
		return false;
	if (strncasecmp(mime, "audio/", 6) == 0 || strncasecmp(mime, "video/", 6) == 0 ||
	    strncasecmp(mime, "font/", 5) == 0)
		return true;
	for (size_t i = 0; list[i] != NULL; i++)
		if (mime_is(mime, list[i]))
			return true;
	return false;
}

static bool
is_script(const char *mime)
{
	return strcasestr(mime, "javascript") != NULL ||
	       strcasestr(mime, "ecmascript") != NULL ||
	       strcasestr(mime, "jscript") != NULL ||
	       strcasestr(mime, "livescript") != NULL;
}

static void
put_default(struct response *rs, const char *name, const char *value)
{
	if (response_get(rs, name) == NULL)
		response_header(rs, name, value);
}

static void
policy_headers(struct response *rs, const struct object *o)
{
	bool typed = response_get(rs, "Content-Type") != NULL;

	if (!typed)
		response_header(rs, "Content-Type",
		    well_formed(o->mime) && !is_script(o->mime) ? o->mime : OCTETS);
	if (!typed && !blob_send_safe(o->mime)) {
		put_default(rs, "Content-Disposition", "attachment");
		put_default(rs, "Content-Security-Policy", "sandbox");
	}
	put_default(rs, "Cache-Control", "private, no-cache");
	response_header(rs, "X-Content-Type-Options", "nosniff");
}

static void
entity_headers(struct response *rs, const struct object *o, const char *tag)
{
	char date[CLOCK_HTTP_LEN];

	clock_http(date, o->updated);
	response_header(rs, "ETag", tag);
	response_header(rs, "Last-Modified", date);
	response_header(rs, "Accept-Ranges", "bytes");
}

/* RFC 9110 13.2.2 */
static bool
unchanged(const struct request *rq, const struct object *o, const char *tag)
{
	const char *list = request_header(rq, "if-none-match");
	const char *since = request_header(rq, "if-modified-since");
	int64_t ms;

	if (rq->method != METHOD_GET && rq->method != METHOD_HEAD)
		return false;
	if (list != NULL)
		return http_cond_etag(list, tag);
	return since != NULL && clock_parse_http(since, &ms) &&
	       o->updated / 1000 <= ms / 1000;
}

static enum http_cond_range
wanted_range(const struct request *rq, const struct object *o, const char *tag,
    uint64_t *from, uint64_t *len)
{
	const char *range = request_header(rq, "range");

	if (range == NULL || rq->method != METHOD_GET ||
	    !http_cond_if_range(request_header(rq, "if-range"), tag, o->updated))
		return HTTP_COND_WHOLE;
	return http_cond_range(range, o->size, from, len);
}

static void
send_bytes(struct request *rq, struct response *rs, const struct object *o, int status,
    uint64_t from, uint64_t len)
{
	response_bytes(rs, status, NULL, "", 0);
	if (len == 0)
		return;
	rs->source = blob_source(rq->node->store, o->blob, BLOB_PLAIN, from, len);
	rs->source_len = (int64_t)len;
}

static void
send_nothing(struct response *rs, int status)
{
	response_bytes(rs, status, NULL, "", 0);
	response_unset(rs, "Content-Type");
	response_unset(rs, "Content-Disposition");
}

static void
send_part(struct request *rq, struct response *rs, const struct object *o, uint64_t from,
    uint64_t len)
{
	response_headerf(rs, "Content-Range", "bytes %llu-%llu/%llu",
	    (unsigned long long)from, (unsigned long long)(from + len - 1),
	    (unsigned long long)o->size);
	send_bytes(rq, rs, o, 206, from, len);
}

static void
send_unsatisfiable(struct response *rs, const struct object *o)
{
	send_nothing(rs, 416);
	response_header(rs, "Cache-Control", "no-store");
	response_headerf(rs, "Content-Range", "bytes */%llu", (unsigned long long)o->size);
}

void
blob_send(struct request *rq, struct response *rs, const struct object *o, int status)
{
	char tag[HTTP_COND_TAG];
	uint64_t from = 0, len = 0;

	policy_headers(rs, o);
	if (status != 200) {
		send_bytes(rq, rs, o, status, 0, o->size);
		return;
	}
	http_cond_tag(tag, o->sha256, "");
	entity_headers(rs, o, tag);
	if (unchanged(rq, o, tag)) {
		send_nothing(rs, 304);
		return;
	}
	switch (wanted_range(rq, o, tag, &from, &len)) {
	case HTTP_COND_PART:
		send_part(rq, rs, o, from, len);
		break;
	case HTTP_COND_UNSATISFIABLE:
		send_unsatisfiable(rs, o);
		break;
	case HTTP_COND_WHOLE:
		send_bytes(rq, rs, o, 200, 0, o->size);
		break;
	}
}
