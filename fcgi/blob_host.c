/*
 * The signature alone decides: no cookie is read here, so no other site can make a
 * visitor's browser do what the visitor may do, and a link works for whoever got it.
 * Public prefixes are of the app's shared space; a user's blobs need a signature.
 *
 * What is asked for without a right is 403 whether it exists or not.
 */
#include "fcgi/blob_host.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mime.h"
#include "base/str.h"
#include "fcgi/pages.h"
#include "runtime/blob_send.h"
#include "runtime/blob_url.h"
#include "store/object.h"

#define ALLOW "GET, HEAD, PUT, OPTIONS"

bool
blob_host_path(const char *path)
{
	return str_starts(path, BLOB_URL_FOLDER);
}

/* The blob path behind /_blob/, or NULL. */
static const char *
path_of(struct request *rq)
{
	const char *rest = rq->path + strlen(BLOB_URL_FOLDER);

	return blob_host_path(rq->path) ? object_path(rq->arena, rest, strlen(rest)) : NULL;
}

static enum manifest_data
data_of(const struct site *site)
{
	return site->preview ? site->preview_data : DATA_LIVE;
}

static bool
is_public(const struct site *site, const char *path)
{
	char **prefix;

	if (site->edition == NULL)
		return false;
	for (prefix = site->edition->manifest->blobs_public; *prefix != NULL; prefix++)
		if (str_starts(path, *prefix))
			return true;
	return false;
}

static void
refuse(struct request *rq, struct response *rs, enum fz_err err, const char *text)
{
	if (err == FZ_OVERLOADED || err == FZ_CORRUPT || err == FZ_IO) {
		pages_error(rq, rs, FZ_SERVICE_UNAVAILABLE, NULL);
		response_header(rs, "Retry-After", "1");
		return;
	}
	pages_error(rq, rs, err, text);
}

/* --- GET, HEAD --- */

static enum fz_err
find(struct request *rq, struct space space, const char *path, struct object *o)
{
	struct reader *rd;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = object_get(rd, rq->arena, space, path, o);
	reader_close(rd);
	return err;
}

static void
serve_get(struct request *rq, struct response *rs, const struct site *site,
    const char *path)
{
	struct blob_url u = { .space.app = site->app, .download = "" };
	struct why why = { 0 };
	struct object o;
	enum fz_err err = blob_url_read(rq, site->app, path, &u, &why);
	bool open = err == FZ_NOT_FOUND && is_public(site, path);

	if (err != FZ_OK && !open) {
		refuse(rq, rs, FZ_FORBIDDEN, err == FZ_FORBIDDEN ? why.text :
		    "This address needs a signature");
		return;
	}
	err = find(rq, u.space, path, &o);
	if (err != FZ_OK) {
		refuse(rq, rs, err, NULL);
		return;
	}
	if (u.download[0] != '\0')
		response_header(rs, "Content-Disposition",
		    response_attachment(rs->arena, u.download));
	if (open)
		response_header(rs, "Cache-Control", "public, max-age=300");
	blob_send(rq, rs, &o, 200);
	response_header(rs, "Referrer-Policy", "strict-origin-when-cross-origin");
}

/* --- PUT --- */

static uint64_t
most(const struct blob_url *u)
{
	return u->max_size > 0 && u->max_size < OBJECT_MAX ? u->max_size : OBJECT_MAX;
}

static enum fz_err
keep(struct request *rq, const struct site *site, const struct blob_url *u,
    struct blob_info *info)
{
	struct object_body body = { .bytes = "" };
	const char *mime = u->mime;

	/* Nobody collected the body: an empty blob would be a lie. */
	if (rq->body_max == 0)
		return FZ_OVERLOADED;
	if (rq->body != NULL) {
		body.spool = rq->body;
		body.len = spool_size(rq->body);
	}
	if (body.len > most(u))
		return FZ_PAYLOAD_TOO_LARGE;
	if (mime[0] == '\0')
		mime = object_mime_ok(rq->content_type) ? rq->content_type :
		    "application/octet-stream";
	else if (!mime_is(rq->content_type, mime))
		return FZ_UNSUPPORTED_MEDIA_TYPE;
	return object_store(rq->node->store, u->space, &site->quota, u->path, &body, mime, NULL,
	    &rq->seq, info);
}

static void
say_kept(struct request *rq, struct response *rs, const char *path,
    const struct blob_info *info)
{
	char hash[SHA256_HEX];
	const char *text;
	struct buf b;

	str_hex(hash, info->sha256, SHA256_LEN);
	buf_init(&b, 8 * OBJECT_PATH_MAX);
	buf_puts(&b, "{\"path\":");
	buf_json(&b, path, strlen(path));
	buf_printf(&b, ",\"size\":%llu,\"hash\":\"%s\"}", (unsigned long long)info->size,
	    hash);
	text = arena_strndup(rq->arena, b.data, b.len);
	response_bytes(rs, 201, "application/json", text, b.len);
	buf_fini(&b);
	response_header(rs, "Cache-Control", "no-store");
	response_header(rs, "X-Content-Type-Options", "nosniff");
	response_header(rs, "Referrer-Policy", "strict-origin-when-cross-origin");
}

static void
serve_put(struct request *rq, struct response *rs, const struct site *site,
    const char *path)
{
	struct why why = { 0 };
	struct blob_info info;
	struct blob_url u;
	enum fz_err err = blob_url_read(rq, site->app, path, &u, &why);

	if (err != FZ_OK) {
		refuse(rq, rs, FZ_FORBIDDEN, err == FZ_FORBIDDEN ? why.text :
		    "This address needs a signature");
		return;
	}
	err = data_of(site) == DATA_READONLY ? FZ_READ_ONLY : keep(rq, site, &u, &info);
	if (err == FZ_OK)
		say_kept(rq, rs, path, &info);
	else
		refuse(rq, rs, err, NULL);
}

/* --- the door --- */

static void
serve_other(struct request *rq, struct response *rs)
{
	if (rq->method == METHOD_OPTIONS)
		response_bytes(rs, 204, NULL, "", 0);
	else
		pages_error(rq, rs, FZ_METHOD_NOT_ALLOWED, NULL);
	response_header(rs, "Allow", ALLOW);
	response_header(rs, "X-Content-Type-Options", "nosniff");
	response_header(rs, "Referrer-Policy", "strict-origin-when-cross-origin");
}

void
blob_host_serve(struct request *rq, struct response *rs, const struct site *site)
{
	const char *path = path_of(rq);

	if (path == NULL || data_of(site) == DATA_NONE)
		pages_error(rq, rs, FZ_NOT_FOUND, NULL);
	else if (rq->method == METHOD_GET || rq->method == METHOD_HEAD)
		serve_get(rq, rs, site, path);
	else if (rq->method == METHOD_PUT)
		serve_put(rq, rs, site, path);
	else
		serve_other(rq, rs);
}

static uint64_t
signed_for(struct request *rq, const struct site *site, const char *path)
{
	struct blob_url u;

	if (site->kind != SITE_APP || data_of(site) != DATA_LIVE ||
	    blob_url_read(rq, site->app, path, &u, NULL) != FZ_OK)
		return 0;
	return most(&u);
}

uint64_t
blob_host_body_max(struct request *rq, const struct site *site)
{
	const char *path = path_of(rq);
	uint64_t max = 0;

	if (rq->method != METHOD_PUT || path == NULL)
		return 0;
	if (site->kind != SITE_SPLIT)
		return signed_for(rq, site, path);
	for (size_t i = 0; i < site->ntargets && max == 0; i++)
		max = signed_for(rq, site->targets[i].site, path);
	return max;
}
