/*
 * Files over HTTP: lists and bytes of the live deploy and of any other, and the change of
 * a single file.
 *
 * A change is a deploy: the live list with one entry other, committed only while that
 * list is still the live one.  When somebody was faster it is built again on theirs, so
 * two people who change different files both win, and who must not overwrite
 * says If-Match.
 *
 * Bytes of apps are served on the admin host here, where an HTML file of an app must be
 * nothing but a download: attachment, nosniff and a sandbox.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/route.h"
#include "base/str.h"
#include "deploy/app_view.h"
#include "deploy/deploy_rate.h"
#include "deploy/file_send.h"
#include "deploy/manifest.h"
#include "deploy/staging.h"

#define TRIES 5
#define PIECE (64 * KIB)

/* The version a path names: {n}, else the live one.  *v zero when none is live. */
static enum fz_err
find_version(struct request *rq, struct response *rs, struct reader *rd, struct app *app,
    struct version *v)
{
	const char *text = request_param(rq, "n");
	int64_t n = 0;
	enum fz_err err;

	err = app_param(rq, rs, rd, app);
	if (err == FZ_APP_NOT_FOUND && str_starts(rq->path, "/api/sites/"))
		return FZ_SITE_NOT_FOUND;
	if (err != FZ_OK)
		return err;
	if (text[0] != '\0' && (!str_i64(text, &n) || n < 1))
		return FZ_DEPLOY_NOT_FOUND;
	memset(v, 0, sizeof(*v));
	if (n == 0 && app->live == 0)
		return FZ_OK;
	return version_get(rd, rq->arena, app->id, n, v);
}

static enum fz_err
list_view(struct request *rq, struct response *rs, struct reader *rd, json_t *out)
{
	char since[CLOCK_RFC3339_LEN], hash[SHA256_HEX];
	struct version v;
	struct file *f;
	struct app app;
	enum fz_err err;
	size_t n, i;

	err = find_version(rq, rs, rd, &app, &v);
	if (err != FZ_OK || v.id == 0)
		return err;
	err = file_list(rd, rq->arena, v.id, &f, &n);
	for (i = 0; err == FZ_OK && i < n; i++) {
		clock_rfc3339(since, f[i].since);
		str_hex(hash, f[i].sha256, sizeof(f[i].sha256));
		json_array_append_new(out, json_pack("{s:s,s:I,s:s,s:s,s:s,s:s}",
		    "path", f[i].path, "size", (json_int_t)f[i].size, "mod_time", since,
		    "mime_type", f[i].mime, "hash", hash, "modified", since));
	}
	return err;
}

static enum fz_err
list(struct request *rq, struct response *rs)
{
	struct reader *rd;
	json_t *out;
	enum fz_err err;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	out = json_array();
	err = list_view(rq, rs, rd, out);
	reader_close(rd);
	if (err != FZ_OK) {
		json_decref(out);
		return err;
	}
	return response_data(rs, 200, out);
}

static enum fz_err
show(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct version v;
	struct file f;
	struct app app;
	enum fz_err err;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = find_version(rq, rs, rd, &app, &v);
	if (err == FZ_OK)
		err = v.id == 0 ? FZ_FILE_NOT_FOUND
		    : file_get(rd, rq->arena, v.id, request_param(rq, "path"), &f);
	reader_close(rd);
	if (err == FZ_OK)
		file_send(rq->node->store, rs, &f);
	return err;
}

/* One change of one file of {app}. */
struct edit {
	struct request		*rq;
	struct response		*rs;
	const char		*path;
	bool			 remove;
	struct deploy_options	 opt;
	struct deploy_result	 res;
	struct file		 written;
};

/*
 * Setting `spa` outside of the manifest stays; inside, the manifest that the changed tree
 * holds says it again.
 */
static bool
spa_outside(const struct version *v)
{
	struct manifest *m;
	bool inside;

	if (!v->spa)
		return false;
	m = manifest_parse(v->manifest, strlen(v->manifest), NULL, NULL);
	inside = m->spa;
	manifest_free(m);
	return !inside;
}

/* All files of the live version but the one that changes. */
static enum fz_err
stage_others(struct edit *e, struct reader *rd, struct staging *st)
{
	struct version v;
	struct app app;
	struct file *f;
	bool found = false;
	enum fz_err err;
	size_t n = 0, i;

	err = find_version(e->rq, e->rs, rd, &app, &v);
	if (err == FZ_OK && v.id != 0)
		err = file_list(rd, e->rq->arena, v.id, &f, &n);
	for (i = 0; err == FZ_OK && i < n; i++) {
		struct blob_info b = { .id = f[i].blob, .size = f[i].size, .gz = f[i].gz,
			.br = f[i].br };

		memcpy(b.sha256, f[i].sha256, sizeof(b.sha256));
		if (strcmp(f[i].path, e->path) == 0)
			found = true;
		else
			err = staging_known(st, e->rs, f[i].path, &b);
	}
	if (err == FZ_OK && e->remove && !found)
		err = FZ_FILE_NOT_FOUND;
	if (err != FZ_OK)
		return err;
	e->opt.app_uid = app.uid;
	e->opt.spa = spa_outside(&v);
	e->opt.base_version = v.id != 0 ? v.id : STAGING_BASE_NONE;
	return FZ_OK;
}

static enum fz_err
stage_body(struct edit *e, struct staging *st)
{
	const struct spool *s = e->rq->body;
	uint64_t pos = 0, size = s != NULL ? spool_size(s) : 0;
	char *buf;
	enum fz_err err;
	bool skip;

	err = staging_file(st, e->rs, e->path, (int64_t)size, &skip);
	if (err != FZ_OK)
		return err;
	if (skip)
		return response_invalid(
		    e->rs, "path", "a name that deploys do not leave out");
	buf = xmalloc(PIECE);
	while (pos < size && err == FZ_OK) {
		ssize_t n = spool_read(s, pos, buf, PIECE);

		err = n > 0 ? staging_bytes(st, e->rs, buf, (size_t)n) : FZ_IO;
		pos += n > 0 ? (uint64_t)n : 0;
	}
	free(buf);
	return err == FZ_OK ? staging_file_end(st) : err;
}

static enum fz_err
try_edit(struct edit *e, struct staging *st)
{
	struct reader *rd;
	enum fz_err err;

	err = reader_open(e->rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = stage_others(e, rd, st);
	reader_close(rd);
	if (err == FZ_OK && !e->remove)
		err = stage_body(e, st);
	if (err == FZ_OK)
		err = staging_commit(st, e->rq, e->rs, &e->opt, &e->res);
	return err;
}

/* The path as files are named, FZ_VALIDATION_FAILED when no file may be named so. */
static enum fz_err
edit_path(struct edit *e)
{
	const char *reason;

	e->path = path_file(e->rq->arena, request_param(e->rq, "path"), &reason);
	return e->path != NULL ? FZ_OK : response_invalid(e->rs, "path", reason);
}

static enum fz_err
edit(struct edit *e)
{
	const char *message = request_arg(e->rq, "message");
	struct staging *st;
	enum fz_err err;
	int i;

	err = edit_path(e);
	if (err == FZ_OK && message != NULL && strlen(message) > 1024)
		err = response_invalid(e->rs, "message", "too long");
	if (err == FZ_OK)
		err = deploy_rate_take(e->rq, e->rs);
	if (err != FZ_OK)
		return err;
	e->opt.by = e->rq->caller.name;
	e->opt.if_match = request_header(e->rq, "if-match");
	e->opt.message = message != NULL ? message : arena_printf(e->rq->arena, "%s %s",
	    e->remove ? "Removed" : "Changed", e->path);
	err = FZ_AGAIN;
	for (i = 0; i < TRIES && err == FZ_AGAIN; i++) {
		err = staging_new(e->rq->node->store, e->rq->arena, &st);
		if (err != FZ_OK)
			return err;
		err = try_edit(e, st);
		staging_free(st);
	}
	if (err == FZ_AGAIN)
		return response_why(e->rs, FZ_CONFLICT,
		    "Others deploy faster than this change could be made, try again");
	return err;
}

static enum fz_err
put_file(struct request *rq, struct response *rs)
{
	struct edit e = { .rq = rq, .rs = rs };
	char hash[SHA256_HEX];
	struct reader *rd;
	struct file f;
	enum fz_err err;

	err = edit(&e);
	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = file_get(rd, rq->arena, e.res.version.id, e.path, &f);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	str_hex(hash, f.sha256, sizeof(f.sha256));
	return response_data(rs, 200,
	    json_pack("{s:s,s:I,s:s,s:I}", "path", e.path, "size", (json_int_t)f.size,
		"hash", hash, "deploy", (json_int_t)e.res.version.n));
}

static enum fz_err
delete_file(struct request *rq, struct response *rs)
{
	struct edit e = { .rq = rq, .rs = rs, .remove = true };
	enum fz_err err;

	err = edit(&e);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s,s:I}", "path", e.path, "deploy",
	    (json_int_t)e.res.version.n));
}

extern const struct route file_routes[];

#define LIST(path, help) { METHOD_GET, path, list, WHO_ADMIN, "apps.read", ON_ADMIN, 0, 0, \
	help, NULL, "[File]" }
#define SHOW(path, help) { METHOD_GET, path, show, WHO_ADMIN, "apps.read", ON_ADMIN, \
	ROUTE_BARE, 0, help, NULL, "Bytes" }

const struct route file_routes[] = {
	LIST("/api/apps/{app}/files", "Files of the live deploy"),
	SHOW("/api/apps/{app}/files/{path...}", "One file of the live deploy"),
	{ METHOD_PUT, "/api/apps/{app}/files/{path...}", put_file, WHO_ADMIN, "deploy",
	    ON_ADMIN, ROUTE_BODY_RAW, 6, "Change one file: a new live deploy", "Bytes",
	    "FileWritten" },
	{ METHOD_DELETE, "/api/apps/{app}/files/{path...}", delete_file, WHO_ADMIN, "deploy",
	    ON_ADMIN, 0, 6, "Remove one file: a new live deploy", NULL, "FileDeleted" },
	LIST("/api/apps/{app}/deploys/{n}/files", "Files of one deploy"),
	SHOW("/api/apps/{app}/deploys/{n}/files/{path...}", "One file of one deploy"),
	LIST("/api/sites/{app}/files", "Files of a site's live deploy"),
	SHOW("/api/sites/{app}/files/{path...}", "One file of a site's live deploy"),
	{ 0 }
};
