/*
 * Export and import of an app over HTTP.
 *
 * An export is made whole before the answer begins, so that one that fails is an error
 * and not half an archive.
 *
 * An import into a new app fills it in the trash, where nobody sees it: settings, then
 * data in many short transactions.  Then it comes out with its name, and its files go
 * live last.  What fails on the way is purged; what a crash leaves is purged when its
 * days in the trash are over.
 *
 * Into an existing app (overwrite) nothing is removed but the files: data of the archive
 * takes the place of what has the same key, id or path, then it is one more deploy, and
 * then the settings.  Visitors see the data change while it is written.  What fails in
 * the middle says how much was written; importing again brings it to its end.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/scope.h"
#include "base/limits.h"
#include "base/mime.h"
#include "base/route.h"
#include "deploy/app_edit.h"
#include "deploy/app_make.h"
#include "deploy/app_view.h"
#include "deploy/dataload.h"
#include "deploy/deploy_target.h"
#include "deploy/reply.h"
#include "deploy/transfer.h"
#include "store/alias.h"
#include "store/version.h"

#define PIECE (64 * KIB)
#define EXPORT_MAX (2 * LIMIT_TREE)

struct spool_source {
	struct body_source	 source;
	struct spool		*spool;
	uint64_t		 at;
	char			 piece[PIECE];
};

static enum fz_err
spool_next(struct body_source *source, const void **p, size_t *n)
{
	struct spool_source *s = (struct spool_source *)source;
	ssize_t got = spool_read(s->spool, s->at, s->piece, sizeof(s->piece));

	if (got < 0)
		return FZ_IO;
	s->at += (uint64_t)got;
	*p = s->piece;
	*n = (size_t)got;
	return FZ_OK;
}

static void
spool_close(struct body_source *source)
{
	struct spool_source *s = (struct spool_source *)source;

	spool_free(s->spool);
	free(s);
}

static void
send_zip(struct response *rs, struct spool *spool, const char *uid, const char *alias)
{
	struct spool_source *s = xmalloc(sizeof(*s));

	s->source = (struct body_source){ .next = spool_next, .close = spool_close };
	s->spool = spool;
	s->at = 0;
	response_bytes(rs, 200, "application/zip", "", 0);
	rs->source = &s->source;
	rs->source_len = (int64_t)spool_size(spool);
	response_header(rs, "Cache-Control", "no-store");
	response_headerf(rs, "Content-Disposition", "attachment; filename=\"%s.zip\"",
	    alias != NULL ? alias : uid);
}

struct export {
	struct app	 app;
	struct version	 version;
	struct file	*files;
	struct env	*env;
	struct datadump	 data;
	struct transfer	 t;
};

/* One moment's picture of the app; the contents it names do not change. */
static enum fz_err
load_in(struct request *rq, struct response *rs, struct reader **rd, struct export *e)
{
	bool with_data = request_flag(rq, "data");
	enum fz_err err = app_param(rq, rs, *rd, &e->app);

	if (err == FZ_OK && e->app.live != 0) {
		e->t.version = &e->version;
		err = version_by_id(*rd, rq->arena, e->app.live, &e->version);
		if (err == FZ_OK)
			err = file_list(
			    *rd, rq->arena, e->app.live, &e->files, &e->t.nfiles);
	}
	if (err == FZ_OK)
		err = env_list(*rd, rq->arena, e->app.id, &e->env, &e->t.nenv);
	if (err == FZ_OK)
		err = app_view(rq, *rd, &e->app, &e->t.app);
	if (err == FZ_OK && with_data) {
		e->t.data = &e->data;
		err = datadump_take(rq, rd, e->app.id, &e->data);
	}
	e->t.files = e->files;
	e->t.env = e->env;
	return err;
}

static enum fz_err
load_export(struct request *rq, struct response *rs, struct export *e)
{
	struct reader *rd;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = load_in(rq, rs, &rd, e);
	reader_close(rd);
	return err;
}

static enum fz_err
export_app(struct request *rq, struct response *rs)
{
	struct export e = { .files = NULL };
	struct spool *spool = NULL;
	enum fz_err err = load_export(rq, rs, &e);

	if (err == FZ_OK) {
		spool = spool_new(rq->node->tmp_dir, EXPORT_MAX);
		err = transfer_write(rq, &e.t, spool);
	}
	if (err == FZ_PAYLOAD_TOO_LARGE)
		err = response_why(
		    rs, FZ_NOT_SUPPORTED, "The app is too much for one archive");
	if (err == FZ_OK)
		send_zip(rs, spool, e.app.uid, json_string_value(json_array_get(
		    json_object_get(e.t.app, "aliases"), 0)));
	else
		spool_free(spool);
	datadump_free(&e.data);
	json_decref(e.t.app);
	return err;
}

struct import {
	struct parts		 parts;
	const struct part	*file;
	const char		*alias;		/* wished for, or NULL */
	bool			 data;
	bool			 overwrite;
	json_t			*doc;
	struct transfer_rest	 rest;
	struct deploy_target	 to;
	struct app		 app;
	struct dataload		 load;
	int64_t			 deploy;	/* its number, 0 = no files came */
};

static enum fz_err
text_field(struct request *rq, struct response *rs, const struct import *im,
    const char *name, const char **out)
{
	const struct part *p = parts_find(&im->parts, name);
	enum fz_err err;

	if (p == NULL || p->len == 0)
		return FZ_OK;
	err = part_text(rq->arena, rq->body, p, 300, out);
	return err == FZ_OK || err == FZ_IO ? err :
	    response_invalid(rs, name, "a short UTF-8 text");
}

static enum fz_err
bool_field(struct request *rq, struct response *rs, const struct import *im,
    const char *name, bool *out)
{
	const char *text = NULL;
	enum fz_err err = text_field(rq, rs, im, name, &text);

	if (err != FZ_OK || text == NULL)
		return err;
	if (strcmp(text, "true") != 0 && strcmp(text, "1") != 0 &&
	    strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
		return response_invalid(rs, name, "true or false");
	*out = text[0] == 't' || text[0] == '1';
	return FZ_OK;
}

static enum fz_err
read_form(struct request *rq, struct response *rs, struct import *im)
{
	struct why why = { 0 };
	enum fz_err err;

	if (rq->body == NULL || spool_size(rq->body) == 0)
		return response_missing(rs, "file");
	if (!mime_is(rq->content_type, "multipart/form-data"))
		return response_why(rs, FZ_UNSUPPORTED_MEDIA_TYPE,
		    "Send multipart/form-data with the archive in the field file");
	err = multipart_parse(rq->arena, rq->body, rq->content_type, &im->parts, &why);
	if (err != FZ_OK)
		return response_why(rs, err, "%s", why.text);
	im->file = parts_find(&im->parts, "file");
	if (im->file == NULL || im->file->len == 0)
		return response_missing(rs, "file");
	err = text_field(rq, rs, im, "alias", &im->alias);
	if (err == FZ_OK)
		err = bool_field(rq, rs, im, "data", &im->data);
	return err == FZ_OK ? bool_field(rq, rs, im, "overwrite", &im->overwrite) : err;
}

/* The row names the scope apps; importing writes data too. */
static enum fz_err
need_data_scope(struct request *rq, struct response *rs)
{
	if (rq->caller.key_id == NULL ||
	    scope_fits(rq->caller.key_scopes, "data") == SCOPE_YES)
		return FZ_OK;
	response_detail(rs, "scope", json_string("data"));
	return response_why(rs, FZ_SCOPE_REQUIRED, "The API key lacks the scope data");
}

/* Without a wish: the first alias the app had, else its title. */
static enum fz_err
choose_alias(struct response *rs, struct import *im)
{
	const json_t *app = json_object_get(im->doc, "app");
	const char *alias = json_string_value(json_array_get(
	    json_object_get(app, "aliases"), 0));
	const char *title = json_string_value(json_object_get(app, "title"));

	if (im->alias == NULL)
		im->alias = alias != NULL ? alias : title;
	if (im->alias == NULL)
		return response_missing(rs, "alias");
	return FZ_OK;
}

static enum fz_err
find_target(struct request *rq, struct response *rs, struct reader *rd, struct import *im)
{
	enum fz_err err = deploy_target_find(rq, rs, rd, im->alias, NULL, &im->to);

	if (err == FZ_OK && im->to.exists && !im->overwrite)
		return response_why(rs, FZ_CONFLICT,
		    "There is an app %s already: send overwrite=true to replace it",
		    im->to.label);
	return err;
}

static enum fz_err
look(struct request *rq, struct response *rs, struct import *im)
{
	struct reader *rd;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = find_target(rq, rs, rd, im);
	reader_close(rd);
	return err;
}

/* Settings of the archive over *a, by the rules of PUT /api/apps/{app}. */
static enum fz_err
lay_over(struct request *rq, struct response *rs, const struct import *im, struct app *a)
{
	const json_t *app = json_object_get(im->doc, "app");
	const char *title = a->title;
	enum fz_err err = app_edit_common(rq, rs, app, false, a);

	if (err == FZ_OK)
		err = app_edit_settings(rq, rs, app, a);
	if (a->system)
		a->title = title;
	return err;
}

/* Name and settings as the archive has them, into the trash. */
static enum fz_err
make_hidden(struct request *rq, struct response *rs, struct writer *w, struct import *im)
{
	const char *label = im->to.label;
	struct app a = { .title = label, .source = "import", .description = "" };
	enum fz_err err;

	a.system = strcmp(label, "root") == 0 || strcmp(label, "404") == 0;
	err = app_make_in(rq, rs, w, &a, NULL);
	if (err == FZ_OK)
		err = lay_over(rq, rs, im, &a);
	if (err == FZ_OK)
		err = app_update(w, &a);
	if (err == FZ_OK)
		err = app_trash(w, a.id);
	im->app = a;
	return err;
}

/* Out of the trash, if the name is still free. */
static enum fz_err
show_hidden(struct request *rq, struct response *rs, struct writer *w, struct import *im)
{
	struct alias al = { .type = ALIAS_PROXY, .app = im->app.id };
	struct app made = im->app;
	enum fz_err err = find_target(rq, rs, writer_reader(w), im);

	if (err == FZ_OK && im->to.exists)
		return response_why(rs, FZ_CONFLICT,
		    "Somebody else has made %s meanwhile", im->to.label);
	if (err == FZ_OK)
		err = app_restore(w, made.id);
	al.name = im->to.label;
	if (err == FZ_OK)
		err = alias_put(w, &al);
	return err;
}

/* What is there gets the settings of the archive. */
static enum fz_err
settings_over(
    struct request *rq, struct response *rs, struct writer *w, struct import *im)
{
	enum fz_err err = app_by_id(writer_reader(w), rq->arena, im->app.id, &im->app);

	if (err == FZ_OK)
		err = lay_over(rq, rs, im, &im->app);
	return err == FZ_OK ? app_update(w, &im->app) : err;
}

typedef enum fz_err step_fn(struct request *, struct response *, struct writer *,
    struct import *);

static enum fz_err
in_writer(struct request *rq, struct response *rs, struct import *im, step_fn *step)
{
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	return err == FZ_OK ? reply_commit(rq, w, step(rq, rs, w, im)) : err;
}

static enum fz_err
load_data(struct request *rq, struct response *rs, struct import *im)
{
	struct app as_will_be = im->app;
	enum fz_err err = lay_over(rq, rs, im, &as_will_be);

	im->load.v = im->rest.v;
	im->load.n = im->rest.n;
	im->load.app = im->app.id;
	quota_read(as_will_be.quotas, &im->load.quota);
	if (err != FZ_OK || !im->data)
		return err;
	err = dataload_run(rq, rs, &im->load);
	if (err != FZ_OK && im->to.exists)
		response_detail(rs, "written", json_pack("{s:I,s:I,s:I}", "kv",
		    (json_int_t)im->load.kv, "docs", (json_int_t)im->load.docs, "blobs",
		    (json_int_t)im->load.blobs));
	return err;
}

static enum fz_err
commit_files(struct request *rq, struct response *rs, struct staging *st,
    struct import *im)
{
	const json_t *app = json_object_get(im->doc, "app");
	struct deploy_options opt = { .app_uid = im->app.uid, .source = "import",
		.message = "Imported", .by = rq->caller.name,
		.spa = json_is_true(json_object_get(app, "spa")) };
	struct deploy_result done;
	enum fz_err err;

	if (staging_count(st) == 0)
		return FZ_OK;
	err = staging_commit(st, rq, rs, &opt, &done);
	if (err == FZ_OK)
		im->deploy = done.version.n;
	return err;
}

static enum fz_err
into_new(struct request *rq, struct response *rs, struct staging *st, struct import *im)
{
	enum fz_err err = staging_seal(st, rs);

	if (err == FZ_OK)
		err = in_writer(rq, rs, im, make_hidden);
	if (err != FZ_OK)
		return err;
	err = load_data(rq, rs, im);
	if (err == FZ_OK)
		err = in_writer(rq, rs, im, show_hidden);
	if (err == FZ_OK)
		err = commit_files(rq, rs, st, im);
	if (err != FZ_OK)
		app_make_undo(rq, im->app.id);
	return err;
}

static enum fz_err
into_existing(
    struct request *rq, struct response *rs, struct staging *st, struct import *im)
{
	enum fz_err err = staging_seal(st, rs);

	im->app = im->to.app;
	if (err == FZ_OK)
		err = load_data(rq, rs, im);
	if (err == FZ_OK)
		err = commit_files(rq, rs, st, im);
	return err == FZ_OK ? in_writer(rq, rs, im, settings_over) : err;
}

/* Names of variables the app had and that somebody has to set. */
static json_t *
wanted_env(const struct import *im)
{
	json_t *v = json_object_get(im->doc, "env");

	return json_is_array(v) ? json_incref(v) : json_array();
}

static enum fz_err
run_import(struct request *rq, struct response *rs, struct staging *st, struct import *im)
{
	enum fz_err err;

	err = transfer_read(rq, rs, st, rq->body, im->file->off, im->file->len, &im->doc,
	    &im->rest);
	if (err == FZ_OK)
		err = choose_alias(rs, im);
	if (err == FZ_OK)
		err = look(rq, rs, im);
	if (err == FZ_OK)
		err = im->to.exists ? into_existing(rq, rs, st, im) :
		    into_new(rq, rs, st, im);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 201, json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:o}",
	    "id", im->app.uid, "title", im->app.title, "alias", im->to.label,
	    "deploy", (json_int_t)im->deploy, "docs", (json_int_t)im->load.docs, "kv",
	    (json_int_t)im->load.kv, "blobs", (json_int_t)im->load.blobs, "skipped",
	    (json_int_t)im->load.skipped, "env", wanted_env(im)));
}

static enum fz_err
import_app(struct request *rq, struct response *rs)
{
	struct import im = { .data = true };
	struct staging *st = NULL;
	enum fz_err err = need_data_scope(rq, rs);

	if (err == FZ_OK)
		err = read_form(rq, rs, &im);
	/* A taken name is told before the archive is unpacked, if it is known by then. */
	if (err == FZ_OK && im.alias != NULL)
		err = look(rq, rs, &im);
	if (err == FZ_OK)
		err = staging_new(rq->node->store, rq->arena, &st);
	if (err == FZ_OK)
		err = run_import(rq, rs, st, &im);
	staging_free(st);
	return err;
}

extern const struct route transfer_routes[];

const struct route transfer_routes[] = {
	{ METHOD_GET, "/api/apps/{app}/export", export_app, WHO_ADMIN, "data.read",
	    ON_ADMIN, ROUTE_BARE, WEIGHT_DEPLOY, "Download an app as a zip archive", NULL,
	    "AppExport" },
	{ METHOD_POST, "/api/apps/import", import_app, WHO_ADMIN, "apps", ON_ADMIN,
	    ROUTE_BODY_RAW | ROUTE_IDEMPOTENT, WEIGHT_DEPLOY,
	    "Make an app from an exported archive", "AppImport", "AppImported" },
	{ 0 }
};
