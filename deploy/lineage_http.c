/*
 * Forks: an app made from another, and who came from whom.
 *
 * A fork copies the live version by reference: new rows over the same contents, so a
 * fork of a large site costs a transaction and no disk.  It takes over who may see it
 * (visibility, previews), because a copy of something private is private.
 *
 * With its data (copy_storage) it is filled in the trash, where nobody sees it, and comes
 * out with its name and its files when all is there.  What fails on the way is purged;
 * what a crash leaves goes when its days in the trash are over.  Variables are left out:
 * secrets are given to one app by somebody.
 *
 * The family is walked over rows that people may delete, so a parent can be missing: then
 * the oldest one left is the root.  Depth and count are bounded; rows that were changed
 * by hand into a circle end there too.
 */
#include <string.h>

#include "base/limits.h"
#include "base/route.h"
#include "deploy/app_make.h"
#include "deploy/app_view.h"
#include "deploy/reply.h"
#include "store/alias.h"
#include "store/data_copy.h"
#include "store/version.h"

#define DEPTH_MAX 50
#define FAMILY_MAX 1000
#define NAME_TRIES 100

/* What is not alias: "<title>-fork", with a number when there is one already. */
static enum fz_err
title_of_fork(struct request *rq, struct response *rs, struct reader *rd,
    const struct app *from, const char **out)
{
	for (int i = 1; i <= NAME_TRIES; i++) {
		const char *title = arena_printf(rq->arena, "%s-fork", from->title);
		struct app other;
		enum fz_err err;

		if (i > 1)
			title = arena_printf(rq->arena, "%s-%d", title, i);
		err = app_find(rd, rq->arena, title, &other);
		if (err == FZ_APP_NOT_FOUND) {
			*out = title;
			return FZ_OK;
		}
		if (err != FZ_OK && err != FZ_CONFLICT && err != FZ_RESERVED)
			return err;
	}
	return response_why(
	    rs, FZ_CONFLICT, "There are many forks already: name an alias");
}

static enum fz_err
copy_version(struct request *rq, struct writer *w, const struct app *from, int64_t to)
{
	struct reader *rd = writer_reader(w);
	struct version v;
	struct file *files;
	size_t n;
	enum fz_err err = version_by_id(rd, rq->arena, from->live, &v);

	if (err == FZ_OK)
		err = file_list(rd, rq->arena, from->live, &files, &n);
	if (err != FZ_OK)
		return err;
	v.app = to;
	v.message = arena_printf(rq->arena, "Fork of %s, deploy %lld", from->title,
	    (long long)v.n);
	v.source = "fork";
	v.source_url = v.source_ref = v.source_commit = "";
	v.deployed_by = rq->caller.name;
	err = version_create(w, &v, files, n);
	return err == FZ_OK ? version_go_live(w, to, v.id) : err;
}

struct fork {
	const char	*alias;		/* wished for, or NULL */
	bool		 copy_storage;
	struct app	 from;
	struct app	 app;
};

/* The app without a version, and the name it asked for. */
static enum fz_err
make_in(struct request *rq, struct response *rs, struct writer *w, struct fork *f)
{
	struct app *a = &f->app;
	enum fz_err err = app_param(rq, rs, writer_reader(w), &f->from);

	if (err != FZ_OK)
		return err;
	*a = f->from;
	a->system = false;
	a->source = "fork";
	a->source_url = a->source_ref = a->source_commit = "";
	a->forked_from_id = f->from.uid;
	a->original_id = f->from.original_id[0] != '\0' ? f->from.original_id :
	    f->from.uid;
	a->title = f->alias;
	if (f->alias == NULL)
		err = title_of_fork(rq, rs, writer_reader(w), &f->from, &a->title);
	if (err == FZ_OK)
		err = app_make_in(rq, rs, w, a, f->alias);
	if (err != FZ_OK)
		return err;
	a->spa = f->from.spa;
	a->preview_data = f->from.preview_data;
	a->preview_access = f->from.preview_access;
	a->keep_deploys = f->from.keep_deploys;
	a->quotas = f->from.quotas;
	return app_update(w, a);
}

static enum fz_err
fork_in(struct request *rq, struct response *rs, struct writer *w, struct fork *f)
{
	enum fz_err err = make_in(rq, rs, w, f);

	return err == FZ_OK && f->from.live != 0 ?
	    copy_version(rq, w, &f->from, f->app.id) : err;
}

static enum fz_err
hide_in(struct request *rq, struct response *rs, struct writer *w, struct fork *f)
{
	enum fz_err err = make_in(rq, rs, w, f);

	return err == FZ_OK ? app_trash(w, f->app.id) : err;
}

/* Out of the trash, if the name is still free, with what is live now. */
static enum fz_err
show_in(struct request *rq, struct response *rs, struct writer *w, struct fork *f)
{
	struct reader *rd = writer_reader(w);
	struct alias al = { .name = f->alias, .type = ALIAS_PROXY, .app = f->app.id }, old;
	enum fz_err err = app_by_id(rd, rq->arena, f->from.id, &f->from);

	if (err == FZ_OK)
		err = app_restore(w, f->app.id);
	if (err == FZ_OK && f->alias != NULL) {
		err = alias_get(rd, rq->arena, f->alias, &old);
		if (err == FZ_OK)
			return response_why(rs, FZ_CONFLICT,
			    "Somebody else has taken %s meanwhile", f->alias);
		err = err == FZ_ALIAS_NOT_FOUND ? alias_put(w, &al) : err;
	}
	return err == FZ_OK && f->from.live != 0 ?
	    copy_version(rq, w, &f->from, f->app.id) : err;
}

typedef enum fz_err step_fn(struct request *, struct response *, struct writer *,
    struct fork *);

static enum fz_err
in_writer(struct request *rq, struct response *rs, struct fork *f, step_fn *step)
{
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	return err == FZ_OK ? reply_commit(rq, w, step(rq, rs, w, f)) : err;
}

static enum fz_err
fork_with_data(struct request *rq, struct response *rs, struct fork *f)
{
	struct data_copy copy = { 0 };
	enum fz_err err = in_writer(rq, rs, f, hide_in);

	if (err != FZ_OK)
		return err;
	copy.from = f->from.id;
	copy.to = f->app.id;
	err = data_copy_run(rq->node->store, &copy, &rq->seq, &rs->why);
	if (err == FZ_OK)
		err = in_writer(rq, rs, f, show_in);
	if (err != FZ_OK)
		app_make_undo(rq, f->app.id);
	return err;
}

static enum fz_err
fork_app(struct request *rq, struct response *rs)
{
	struct field_error e = { 0 };
	struct fork f = { .alias = NULL };
	json_t *body, *o;
	enum fz_err err;

	err = reply_unlimited(rq, rs);
	if (err == FZ_OK)
		err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK)
		err = app_make_wish(rq, rs, body, "alias", false, &f.alias);
	if (err == FZ_OK)
		err = reply_field(rs, json_want_bool(body, "copy_storage", false,
		    &f.copy_storage, &e), &e);
	if (err == FZ_OK)
		err = f.copy_storage ? fork_with_data(rq, rs, &f) :
		    in_writer(rq, rs, &f, fork_in);
	if (err != FZ_OK)
		return err;
	o = json_pack("{s:s,s:s,s:s,s:s}", "id", f.app.uid, "title", f.app.title,
	    "forked_from_id", f.app.forked_from_id, "original_id", f.app.original_id);
	if (f.alias != NULL) {
		json_object_set_new(o, "alias", json_string(f.alias));
		json_object_set_new(o, "url",
		    json_string(node_url(rq->node, rq->arena, f.alias, "")));
	}
	return response_data(rs, 201, o);
}

/* {"id","title","aliases"} */
static enum fz_err
brief(struct request *rq, struct reader *rd, const struct app *a, json_t **out)
{
	const char **names;
	size_t n;
	enum fz_err err = alias_of_app(rd, rq->arena, a->id, &names, &n);

	if (err == FZ_OK)
		*out = json_pack("{s:s,s:s,s:o}", "id", a->uid, "title", a->title,
		    "aliases", reply_names(names, n));
	return err;
}

static enum fz_err
family(struct request *rq, struct reader *rd, const struct app *a, int depth, int *left,
    json_t **out)
{
	json_t *node, *forks, *child;
	struct app *v;
	size_t n;
	enum fz_err err = brief(rq, rd, a, &node);

	if (err != FZ_OK)
		return err;
	forks = json_array();
	json_object_set_new(node, "forks", forks);
	err = app_forks(rd, rq->arena, a->uid, &v, &n);
	for (size_t i = 0; err == FZ_OK && depth < DEPTH_MAX && i < n && *left > 0; i++) {
		(*left)--;
		err = family(rq, rd, &v[i], depth + 1, left, &child);
		if (err == FZ_OK)
			json_array_append_new(forks, child);
	}
	if (err == FZ_OK)
		*out = node;
	else
		json_decref(node);
	return err;
}

static enum fz_err
root_of(struct request *rq, struct reader *rd, struct app *a)
{
	struct app parent;

	for (int i = 0; i < DEPTH_MAX && a->forked_from_id[0] != '\0'; i++) {
		enum fz_err err = app_by_uid(rd, rq->arena, a->forked_from_id, &parent);

		if (err == FZ_APP_NOT_FOUND || (err == FZ_OK && parent.deleted != 0))
			return FZ_OK;
		if (err != FZ_OK)
			return err;
		*a = parent;
	}
	return FZ_OK;
}

static enum fz_err
answer_lineage(struct request *rq, struct response *rs, struct reader *rd, struct app *a)
{
	int left = FAMILY_MAX;
	json_t *tree;
	enum fz_err err = root_of(rq, rd, a);

	if (err == FZ_OK)
		err = family(rq, rd, a, 0, &left, &tree);
	return err == FZ_OK ? response_data(rs, 200, tree) : err;
}

static enum fz_err
answer_forks(struct request *rq, struct response *rs, struct reader *rd, struct app *a)
{
	json_t *list, *one;
	struct app *v;
	size_t n;
	enum fz_err err = app_forks(rd, rq->arena, a->uid, &v, &n);

	if (err != FZ_OK)
		return err;
	list = json_array();
	for (size_t i = 0; err == FZ_OK && i < n; i++) {
		err = brief(rq, rd, &v[i], &one);
		if (err == FZ_OK)
			json_array_append_new(list, one);
	}
	if (err == FZ_OK)
		return response_data(rs, 200, list);
	json_decref(list);
	return err;
}

/* Other apps are shown, so a key for single apps sees none of this. */
static enum fz_err
with_family(struct request *rq, struct response *rs,
    enum fz_err (*answer)(struct request *, struct response *, struct reader *,
    struct app *))
{
	struct reader *rd;
	struct app a;
	enum fz_err err = reply_unlimited(rq, rs);

	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = app_param(rq, rs, rd, &a);
	if (err == FZ_OK)
		err = answer(rq, rs, rd, &a);
	reader_close(rd);
	return err;
}

static enum fz_err
get_lineage(struct request *rq, struct response *rs)
{
	return with_family(rq, rs, answer_lineage);
}

static enum fz_err
get_forks(struct request *rq, struct response *rs)
{
	return with_family(rq, rs, answer_forks);
}

extern const struct route lineage_routes[];

const struct route lineage_routes[] = {
	{ METHOD_POST, "/api/apps/{app}/fork", fork_app, WHO_ADMIN, "apps", ON_ADMIN, 0,
	    WEIGHT_DEPLOY, "Make a new app from the live version of another", "AppFork",
	    "AppForked" },
	{ METHOD_GET, "/api/apps/{app}/lineage", get_lineage, WHO_ADMIN, "apps.read",
	    ON_ADMIN, 0, 0, "The family of an app from its first ancestor", NULL,
	    "AppLineage" },
	{ METHOD_GET, "/api/apps/{app}/forks", get_forks, WHO_ADMIN, "apps.read",
	    ON_ADMIN, 0, 0, "The apps forked from an app", NULL, "[AppRef]" },
	{ 0 }
};
