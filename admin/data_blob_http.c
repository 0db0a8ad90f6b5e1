/*
 * An app's blobs for its owner's tools.  Bytes stream in both directions: a body lies in
 * its spool when it comes here, an answer is read piece by piece while it is sent.  On
 * the admin host a blob of an app is a download and nothing a browser would run.
 */
#include <string.h>

#include "admin/data_at.h"
#include "admin/json_text.h"
#include "base/limits.h"
#include "base/mime.h"
#include "base/route.h"
#include "base/str.h"
#include "deploy/file_send.h"
#include "deploy/quota_tell.h"
#include "deploy/reply.h"
#include "store/object.h"

static void
put_object(struct buf *b, const struct object *o, const char *uid)
{
	char hash[SHA256_HEX];

	str_hex(hash, o->sha256, SHA256_LEN);
	buf_puts(b, "{\"path\":");
	buf_json(b, o->path, strlen(o->path));
	json_text_put(b, "mime", o->mime);
	buf_printf(
	    b, ",\"size\":%llu,\"hash\":\"%s\"", (unsigned long long)o->size, hash);
	json_text_put_time(b, "updated_at", o->updated);
	json_text_put(b, "user_id", uid);
	buf_putc(b, '}');
}

static enum fz_err
write_page(struct request *rq, struct response *rs, struct reader *rd,
    const struct data_page *page, struct buf *b, const char **next)
{
	const char *prefix = request_arg(rq, "prefix");
	struct object_filter f = { .prefix = prefix != NULL ? prefix : "",
		.limit = page->limit };
	struct data_user user = { 0 };
	struct data_at at;
	struct object *v;
	enum fz_err err;
	bool more;
	size_t n;

	err = data_at_find(rq, rs, rd, &at);
	if (err == FZ_OK)
		err = data_at_after(rq, rs, page, &f.after_user, &f.after);
	f.all_users = at.all_users;
	if (err == FZ_OK)
		err = object_list(rd, rq->arena, at.space, &f, &v, &n, &more);
	if (err != FZ_OK)
		return err;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(b, ',');
		put_object(b, &v[i], data_at_uid(rd, rq->arena, &user, v[i].user));
	}
	if (more && n > 0)
		*next = data_at_cursor(rq->arena, v[n - 1].user, v[n - 1].path);
	return FZ_OK;
}

static enum fz_err
list_blobs(struct request *rq, struct response *rs)
{
	return data_at_list(rq, rs, write_page);
}

/* {path} as a blob's path, or NULL. */
static const char *
path_param(struct request *rq)
{
	const char *path = request_param(rq, "path");

	return object_path(rq->arena, path, strlen(path));
}

static enum fz_err
find_blob(struct request *rq, struct response *rs, struct reader *rd, struct data_at *at,
    struct object *o)
{
	const char *path = path_param(rq);
	enum fz_err err = data_at_find(rq, rs, rd, at);

	if (err == FZ_OK)
		err = path == NULL ? FZ_NOT_FOUND :
		    object_get(rd, rq->arena, at->space, path, o);
	return err == FZ_NOT_FOUND ? FZ_FILE_NOT_FOUND : err;
}

static enum fz_err
get_blob(struct request *rq, struct response *rs)
{
	struct file f = { 0 };
	struct reader *rd;
	struct data_at at;
	struct object o;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = find_blob(rq, rs, rd, &at, &o);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	f.path = o.path;
	f.blob = o.blob;
	f.size = o.size;
	f.mime = o.mime;
	memcpy(f.sha256, o.sha256, sizeof(f.sha256));
	file_send(rq->node->store, rs, &f);
	response_header(rs, "Cache-Control", "no-store");
	return FZ_OK;
}

/* As sent; a form's type is what curl says when nobody said anything. */
static const char *
type_of(struct request *rq, const char *path)
{
	const char *type = rq->content_type;

	if (type[0] == '\0' || mime_is(type, "application/x-www-form-urlencoded"))
		return mime_of(path);
	return type;
}

static enum fz_err
find_space(struct request *rq, struct response *rs, struct data_at *at)
{
	struct reader *rd;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = data_at_find(rq, rs, rd, at);
	reader_close(rd);
	return err;
}

/* Which quota it was, told in *rs. */
static enum fz_err
refused(
    struct request *rq, struct response *rs, const struct data_at *at, enum fz_err err)
{
	struct reader *rd;

	if (err == FZ_PAYLOAD_TOO_LARGE)
		response_detail(rs, "limit", json_integer(OBJECT_MAX));
	if (err != FZ_QUOTA_EXCEEDED || reader_open(rq->node->store, &rd) != FZ_OK)
		return err;
	err = quota_tell(rs, rd, at->app.id, &at->quota, "blob_bytes", err);
	reader_close(rd);
	return err;
}

static enum fz_err
put_blob(struct request *rq, struct response *rs)
{
	const char *path = path_param(rq), *type;
	struct object_body body = { .bytes = "" };
	struct blob_info info;
	struct data_at at;
	char hash[SHA256_HEX];
	enum fz_err err = find_space(rq, rs, &at);

	if (err != FZ_OK)
		return err;
	if (path == NULL)
		return response_invalid(rs, "path", "1 to 1024 bytes, no \"..\"");
	type = type_of(rq, path);
	if (!object_mime_ok(type))
		return response_invalid(rs, "Content-Type", "up to 255 characters");
	if (rq->body != NULL) {
		body.spool = rq->body;
		body.len = spool_size(rq->body);
	}
	err = object_store(rq->node->store, at.space, &at.quota, path, &body, type, NULL,
	    &rq->seq, &info);
	if (err != FZ_OK)
		return refused(rq, rs, &at, err);
	str_hex(hash, info.sha256, SHA256_LEN);
	return response_data(rs, 200, json_pack("{s:s,s:I,s:s,s:s}", "path", path, "size",
	    (json_int_t)info.size, "hash", hash, "mime", type));
}

static enum fz_err
delete_blob(struct request *rq, struct response *rs)
{
	struct data_at at;
	struct writer *w;
	struct object o;
	enum fz_err err = writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = find_blob(rq, rs, writer_reader(w), &at, &o);
	if (err == FZ_OK)
		err = object_delete(w, at.space, o.path);
	err = reply_commit(rq, w, err);
	return err == FZ_OK ? response_data(rs, 200, json_pack("{s:s}", "path", o.path)) :
	    err;
}

#define BLOBS "/api/apps/{app}/data/blobs"

extern const struct route data_blob_routes[];

const struct route data_blob_routes[] = {
	{ METHOD_GET, BLOBS, list_blobs, WHO_ADMIN, "data.read", ON_ADMIN, 0, 0,
	    "Blobs of an app (?prefix=&user=&limit=&cursor=)", NULL, "[DataBlob]" },
	{ METHOD_GET, BLOBS "/{path...}", get_blob, WHO_ADMIN, "data.read", ON_ADMIN,
	    ROUTE_BARE, 0, "A blob's bytes (?user=)", NULL, "Bytes" },
	{ METHOD_PUT, BLOBS "/{path...}", put_blob, WHO_ADMIN, "data", ON_ADMIN,
	    ROUTE_BODY_RAW, DATA_AT_WEIGHT, "Store the body as a blob (?user=)", "Bytes",
	    "BlobWritten" },
	{ METHOD_DELETE, BLOBS "/{path...}", delete_blob, WHO_ADMIN, "data", ON_ADMIN, 0,
	    DATA_AT_WEIGHT, "Delete a blob (?user=)", NULL, "BlobDeleted" },
	{ 0 }
};
