/*
 * Deploys that send only what is missing: the list of files, then the contents the store
 * asks for, then the commit.
 *
 * Known is what this app already holds, not what the store holds: the answer to
 * "which of these hashes do you miss" must not tell what other apps have.  For the
 * same reason a content is accepted only under a hash that the list announced, with the
 * size it announced, so an upload cannot be used to fill the disk or to probe.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/mime.h"
#include "base/route.h"
#include "base/str.h"
#include "deploy/delta_list.h"
#include "deploy/deploy_rate.h"
#include "deploy/deploy_target.h"
#include "deploy/reply.h"
#include "deploy/staging.h"
#include "store/blob.h"
#include "store/upload.h"

#define LIST_MAX	(4 * MIB)	/* LIMIT_ENTRIES files with long names */
#define PIECE		(64 * KIB)

static const char *
caller_of(const struct request *rq)
{
	const struct caller *c = &rq->caller;

	if (c->key_id != NULL)
		return c->key_id;
	return c->user_uid != NULL ? c->user_uid : "";
}

static void
drop_json(void *j)
{
	json_decref(j);
}

/* The body as an object; the list of files may be larger than other JSON. */
static enum fz_err
read_body(struct request *rq, struct response *rs, size_t max, json_t **out)
{
	struct why why = { 0 };
	const char *text;
	json_t *in = NULL;
	enum fz_err err;
	size_t len;

	err = request_text(rq, max, &text, &len);
	if (err == FZ_PAYLOAD_TOO_LARGE)
		response_detail(rs, "limit", json_integer((json_int_t)max));
	if (err != FZ_OK)
		return err;
	if (len == 0)
		in = json_object();
	else if (strncasecmp(rq->content_type, "application/json", 16) != 0)
		return response_why(rs, FZ_UNSUPPORTED_MEDIA_TYPE,
		    "Send the body as application/json");
	else
		err = json_parse(text, len, &in, &why);
	if (err != FZ_OK)
		return response_why(rs, err, "%s", why.text);
	arena_defer(rq->arena, drop_json, in);
	if (!json_is_object(in))
		return response_why(
		    rs, FZ_INVALID_JSON, "The body must be a JSON object");
	*out = in;
	return FZ_OK;
}

/* The blob of one entry of the list, when the upload or the app holds it. */
static enum fz_err
known(struct reader *rd, const char *upload, int64_t app, const json_t *f,
    struct blob_info *b)
{
	const char *sha = json_string_value(json_array_get(f, 0));
	json_int_t size = json_integer_value(json_array_get(f, 1));
	uint8_t hash[SHA256_LEN];
	int64_t blob;
	enum fz_err err;

	if (sha == NULL || !str_unhex(hash, sizeof(hash), sha, strlen(sha)))
		return FZ_CORRUPT;
	err = upload_knows(rd, upload, app, hash, &blob);
	if (err == FZ_OK)
		err = blob_get(rd, blob, b);
	if (err == FZ_OK && b->size != (uint64_t)size)
		return FZ_HASH_MISMATCH;
	return err;
}

/* Hashes of the list nobody of ours holds, each once. */
static enum fz_err
find_missing(struct reader *rd, const char *upload, int64_t app, const json_t *files,
    json_t *missing)
{
	json_t *seen = json_object();
	enum fz_err err = FZ_OK;
	struct blob_info b;
	const json_t *f;
	size_t i;

	json_array_foreach(files, i, f) {
		json_t *sha = json_array_get(f, 0);

		if (json_object_get(seen, json_string_value(sha)) != NULL)
			continue;
		json_object_set_new(seen, json_string_value(sha), json_true());
		err = known(rd, upload, app, f, &b);
		if (err == FZ_NOT_FOUND)
			json_array_append(missing, sha);
		else if (err != FZ_OK)
			break;
		err = FZ_OK;
	}
	json_decref(seen);
	return err;
}

static enum fz_err
open_upload(struct request *rq, struct response *rs, json_t *in, json_t *files)
{
	struct deploy_options opt = { 0 };
	struct deploy_target to;
	char id[UPLOAD_ID_LEN + 1];
	struct reader *rd;
	json_t *spec, *missing;
	char *text;
	enum fz_err err;

	err = delta_list_options(rs, in, &opt);
	if (err == FZ_OK)
		err = delta_list_read(rq, rs, in, files);
	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = deploy_target_find(rq, rs, rd, opt.label, NULL, &to);
	reader_close(rd);
	if (err == FZ_OK)
		err = deploy_rate_take(rq, rs);
	if (err != FZ_OK)
		return err;

	spec = delta_list_spec(in, files);
	text = json_dumps(spec, JSON_COMPACT);
	json_decref(spec);
	err = text == NULL ? FZ_INVALID_JSON : upload_open_delta(rq->node->store,
	    to.exists ? to.app.id : 0, text, caller_of(rq), id, &rq->seq);
	free(text);
	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	missing = json_array();
	err = find_missing(rd, id, to.exists ? to.app.id : 0, files, missing);
	reader_close(rd);
	if (err != FZ_OK) {
		json_decref(missing);
		return err;
	}
	return response_data(rs, 200, json_pack("{s:s,s:o,s:i}", "upload_id", id,
	    "missing", missing, "expires_in", LIMIT_UPLOAD_S));
}

static enum fz_err
manifest(struct request *rq, struct response *rs)
{
	json_t *in, *files;
	enum fz_err err;

	err = read_body(rq, rs, LIST_MAX, &in);
	if (err != FZ_OK)
		return err;
	files = json_array();
	err = open_upload(rq, rs, in, files);
	json_decref(files);
	return err;
}

/* An upload of this caller; anybody else's does not exist. */
static enum fz_err
find_upload(struct request *rq, struct response *rs, struct reader *rd, const char *id,
    struct upload_delta *u)
{
	enum fz_err err;

	err = upload_get_delta(rd, rq->arena, id, u);
	if (err == FZ_OK && strcmp(u->caller, caller_of(rq)) != 0)
		err = FZ_NOT_FOUND;
	if (err == FZ_NOT_FOUND)
		return response_why(rs, err, "No such upload, or it has expired");
	return err;
}

struct wanted {
	uint8_t		 sha256[SHA256_LEN];
	char		 hex[SHA256_HEX];
	uint64_t	 size;
	const char	*path;		/* first one with this content */
	bool		 held;		/* already */
};

static enum fz_err
look_up(struct request *rq, struct response *rs, const char *id, struct wanted *w)
{
	struct upload_delta u;
	struct reader *rd;
	int64_t blob;
	enum fz_err err;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = find_upload(rq, rs, rd, id, &u);
	if (err == FZ_OK)
		err = delta_list_find(rq->arena, u.spec, w->hex, &w->size, &w->path);
	if (err == FZ_NOT_FOUND && rs->why.text[0] == '\0')
		response_why(rs, err, "This upload did not announce %s", w->hex);
	if (err == FZ_OK) {
		err = upload_knows(rd, id, u.app, w->sha256, &blob);
		w->held = err == FZ_OK;
		if (err == FZ_NOT_FOUND)
			err = FZ_OK;
	}
	reader_close(rd);
	return err;
}

/* Each piece of the body to exactly one of sha and in. */
static enum fz_err
each_piece(const struct spool *s, struct sha256 *sha, struct blob_in *in)
{
	uint64_t pos = 0, size = s != NULL ? spool_size(s) : 0;
	char *buf = xmalloc(PIECE);
	enum fz_err err = FZ_OK;

	while (pos < size && err == FZ_OK) {
		ssize_t n = spool_read(s, pos, buf, PIECE);

		if (n <= 0)
			err = FZ_IO;
		else if (sha != NULL)
			sha256_add(sha, buf, (size_t)n);
		else
			err = blob_in_add(in, buf, (size_t)n);
		pos += n > 0 ? (uint64_t)n : 0;
	}
	free(buf);
	return err;
}

/* Judged before a byte of it is stored. */
static enum fz_err
check_hash(struct request *rq, struct response *rs, const struct wanted *w)
{
	struct sha256 *sha = sha256_new();
	uint64_t size = rq->body != NULL ? spool_size(rq->body) : 0;
	uint8_t got[SHA256_LEN];
	enum fz_err err;

	err = each_piece(rq->body, sha, NULL);
	sha256_take(sha, got);
	sha256_free(sha);
	if (err == FZ_OK && memcmp(got, w->sha256, sizeof(got)) != 0)
		return FZ_HASH_MISMATCH;
	if (err == FZ_OK && size != w->size)
		return response_why(rs, FZ_HASH_MISMATCH,
		    "The content has not the announced size");
	return err;
}

static enum fz_err
keep(struct request *rq, const char *id, const struct wanted *w)
{
	bool compress = mime_is_text(mime_of(w->path)) && w->size >= LIMIT_COMPRESS_FROM;
	struct blob_in *in = blob_in_new(rq->node->store, id, compress);
	struct blob_info b;
	enum fz_err err;

	err = each_piece(rq->body, NULL, in);
	if (err == FZ_OK)
		err = blob_in_end(in, &b);
	blob_in_free(in);
	return err;
}

static enum fz_err
put_blob(struct request *rq, struct response *rs)
{
	const char *id = request_param(rq, "upload_id");
	const char *sha = request_param(rq, "sha256");
	struct wanted w = { 0 };
	enum fz_err err;

	if (!str_unhex(w.sha256, sizeof(w.sha256), sha, strlen(sha)))
		return response_invalid(rs, "sha256", "64 hexadecimal digits");
	str_hex(w.hex, w.sha256, sizeof(w.sha256));
	err = look_up(rq, rs, id, &w);
	if (err == FZ_OK)
		err = check_hash(rq, rs, &w);
	if (err == FZ_OK && !w.held)
		err = keep(rq, id, &w);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s,s:I}", "sha256", w.hex, "size",
	    (json_int_t)w.size));
}

static enum fz_err
stage_known(struct staging *st, struct response *rs, struct reader *rd, const char *id,
    int64_t app, const json_t *files)
{
	const json_t *f;
	struct blob_info b;
	enum fz_err err = FZ_OK;
	size_t i;

	json_array_foreach(files, i, f) {
		const char *path = json_string_value(json_array_get(f, 2));

		err = path == NULL ? FZ_CORRUPT : known(rd, id, app, f, &b);
		if (err == FZ_HASH_MISMATCH)
			return response_why(
			    rs, err, "%s has not the announced size", path);
		if (err == FZ_OK)
			err = staging_known(st, rs, path, &b);
		if (err != FZ_OK)
			break;
	}
	return err;
}

static enum fz_err
tell_missing(struct response *rs, struct reader *rd, const char *id, int64_t app,
    const json_t *files)
{
	json_t *missing = json_array();
	enum fz_err err;

	err = find_missing(rd, id, app, files, missing);
	if (err == FZ_OK) {
		response_detail(rs, "missing", missing);
		return FZ_BLOBS_MISSING;
	}
	json_decref(missing);
	return err;
}

/* Fill the staging and the options from the kept list. */
static enum fz_err
restore(struct request *rq, struct response *rs, struct staging *st, const char *id,
    struct deploy_options *opt)
{
	struct upload_delta u;
	struct reader *rd;
	json_t *spec, *files;
	enum fz_err err;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = find_upload(rq, rs, rd, id, &u);
	if (err != FZ_OK)
		goto out;
	spec = json_loads(u.spec, 0, NULL);
	if (spec == NULL) {
		err = FZ_CORRUPT;
		goto out;
	}
	arena_defer(rq->arena, drop_json, spec);
	err = delta_list_options(rs, spec, opt);
	files = json_object_get(spec, "files");
	if (err == FZ_OK)
		err = stage_known(st, rs, rd, id, u.app, files);
	if (err == FZ_NOT_FOUND)
		err = tell_missing(rs, rd, id, u.app, files);
out:
	reader_close(rd);
	return err;
}

static enum fz_err
commit(struct request *rq, struct response *rs)
{
	struct deploy_options opt = { .by = rq->caller.name,
		.if_match = request_header(rq, "if-match") };
	struct field_error bad = { 0 };
	struct deploy_result res;
	struct staging *st;
	const char *id;
	json_t *in;
	enum fz_err err;

	err = read_body(rq, rs, LIMIT_JSON_BODY, &in);
	if (err != FZ_OK)
		return err;
	err = json_want_str(in, "upload_id", true, UPLOAD_ID_LEN, &id, &bad);
	if (err != FZ_OK)
		return reply_field(rs, err, &bad);
	st = staging_of_upload(rq->node->store, rq->arena, id);
	err = restore(rq, rs, st, id, &opt);
	if (err == FZ_OK)
		err = staging_commit(st, rq, rs, &opt, &res);
	if (err == FZ_OK)
		err = response_data(rs, 200, deploy_view(rq, st, &res));
	staging_free(st);
	return err;
}

extern const struct route delta_routes[];

const struct route delta_routes[] = {
	{ METHOD_POST, "/api/deploy/manifest", manifest, WHO_ADMIN, "deploy", ON_ADMIN,
	    ROUTE_BODY_RAW, 0, "Begin a deploy by its list of files", "DeployManifest",
	    "DeployMissing" },
	{ METHOD_PUT, "/api/deploy/blobs/{upload_id}/{sha256}", put_blob, WHO_ADMIN,
	    "deploy", ON_ADMIN, ROUTE_BODY_RAW, 0, "Send one missing content", "Bytes",
	    "DeployBlob" },
	{ METHOD_POST, "/api/deploy/commit", commit, WHO_ADMIN, "deploy", ON_ADMIN,
	    ROUTE_IDEMPOTENT, 6, "Finish a deploy begun by its list", "DeployCommit",
	    "DeployResult" },
	{ 0 }
};
