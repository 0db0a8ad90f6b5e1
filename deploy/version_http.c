/*
 * The versions of an app over HTTP: look at, delete, roll back, promote.
 *
 * Rolling back and promoting inside an app move one pointer; what the caller demanded
 * (If-Match) is judged in the transaction that moves it.  Promoting into another app
 * copies no bytes: the version's rows are staged as contents the store already holds and
 * take the same road as any upload.
 */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/route.h"
#include "base/str.h"
#include "deploy/app_view.h"
#include "deploy/deploy_rate.h"
#include "deploy/deploy_target.h"
#include "deploy/reply.h"
#include "deploy/staging.h"
#include "store/alias.h"

/* First alias of the app or NULL. */
static const char *
first_alias(struct request *rq, struct reader *rd, int64_t app)
{
	const char **names;
	size_t n;

	if (alias_of_app(rd, rq->arena, app, &names, &n) != FZ_OK || n == 0)
		return NULL;
	return names[0];
}

static json_t *
version_view(struct request *rq, const struct version *v, const char *alias)
{
	char created[CLOCK_RFC3339_LEN], digest[SHA256_HEX];
	const char *preview = "";

	clock_rfc3339(created, v->created);
	str_hex(digest, v->digest, sizeof(v->digest));
	if (alias != NULL)
		preview = node_url(rq->node, rq->arena,
		    arena_printf(rq->arena, "d%lld--%s", (long long)v->n, alias), "");
	return json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:s,s:b,s:b,s:s}",
	    "n", (json_int_t)v->n, "created_at", created, "deployed_by", v->deployed_by,
	    "message", v->message, "source", v->source, "source_url", v->source_url,
	    "source_ref", v->source_ref, "source_commit", v->source_commit,
	    "file_count", (json_int_t)v->file_count, "size_bytes", (json_int_t)v->size,
	    "digest", digest, "live", (int)v->live, "draft", (int)v->draft,
	    "preview_url", preview);
}

/* {n}, a number from 1. */
static enum fz_err
find_number(struct request *rq, int64_t *n)
{
	int64_t value;

	if (!str_i64(request_param(rq, "n"), &value) || value < 1)
		return FZ_DEPLOY_NOT_FOUND;
	*n = value;
	return FZ_OK;
}

static enum fz_err
list_page(struct request *rq, struct response *rs, struct reader *rd,
    const struct page *page)
{
	struct version *v;
	struct app app;
	const char *alias;
	int64_t total;
	json_t *out;
	enum fz_err err;
	size_t n, i;

	err = app_param(rq, rs, rd, &app);
	if (err == FZ_OK)
		err = version_list(
		    rd, rq->arena, app.id, page->offset, page->limit, &v, &n, &total);
	if (err != FZ_OK)
		return err;
	alias = first_alias(rq, rd, app.id);
	out = json_array();
	for (i = 0; i < n; i++)
		json_array_append_new(out, version_view(rq, &v[i], alias));
	return response_page(rs, out, page->offset, page->limit, total);
}

static enum fz_err
list(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct page page;
	const char *bad;
	enum fz_err err;

	if (request_page(rq, 20, 100, &page, &bad) != FZ_OK)
		return response_invalid(rs, bad, "a number in range");
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = list_page(rq, rs, rd, &page);
	reader_close(rd);
	return err;
}

/* ?against=m, else the number before; what is gone by now counts as empty. */
static enum fz_err
find_base(struct request *rq, struct response *rs, struct reader *rd, int64_t app,
    int64_t n, int64_t *id)
{
	const char *text = request_arg(rq, "against");
	struct version base;
	int64_t m = n - 1;
	enum fz_err err;

	if (text != NULL && !str_i64(text, &m))
		return response_invalid(rs, "against", "a deploy number");
	*id = 0;
	if (m < 1)
		return FZ_OK;
	err = version_get(rd, rq->arena, app, m, &base);
	if (err == FZ_DEPLOY_NOT_FOUND && text == NULL)
		return FZ_OK;
	if (err == FZ_OK)
		*id = base.id;
	return err;
}

static enum fz_err
show_one(struct request *rq, struct response *rs, struct reader *rd)
{
	struct file_diff d;
	struct version v;
	struct app app;
	int64_t n, base;
	json_t *out;
	enum fz_err err;

	err = app_param(rq, rs, rd, &app);
	if (err == FZ_OK)
		err = find_number(rq, &n);
	if (err == FZ_OK)
		err = version_get(rd, rq->arena, app.id, n, &v);
	if (err == FZ_OK)
		err = find_base(rq, rs, rd, app.id, n, &base);
	if (err == FZ_OK)
		err = file_compare(rd, rq->arena, base, v.id, &d);
	if (err != FZ_OK)
		return err;
	out = version_view(rq, &v, first_alias(rq, rd, app.id));
	json_object_set_new(out, "diff", json_pack("{s:o,s:o,s:o}",
	    "added", reply_names(d.added, d.nadded),
	    "changed", reply_names(d.changed, d.nchanged),
	    "removed", reply_names(d.removed, d.nremoved)));
	return response_data(rs, 200, out);
}

static enum fz_err
show(struct request *rq, struct response *rs)
{
	struct reader *rd;
	enum fz_err err;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = show_one(rq, rs, rd);
	reader_close(rd);
	return err;
}

/* Runs inside a transaction that is committed when it returns FZ_OK. */
typedef enum fz_err change_fn(struct request *, struct response *, struct writer *,
    const struct app *, void *arg);

static enum fz_err
change(struct request *rq, struct response *rs, change_fn *fn, void *arg)
{
	struct writer *w;
	struct app app;
	enum fz_err err;

	err = writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = app_param(rq, rs, writer_reader(w), &app);
	if (err == FZ_OK)
		err = fn(rq, rs, w, &app, arg);
	return reply_commit(rq, w, err);
}

static enum fz_err
remove_one(struct request *rq, struct response *rs, struct writer *w,
    const struct app *app, void *arg)
{
	int64_t *n = arg;
	enum fz_err err;

	err = find_number(rq, n);
	if (err == FZ_OK)
		err = version_delete(w, app->id, *n);
	if (err == FZ_CONFLICT)
		return response_why(rs, err, "Deploy %lld is live", (long long)*n);
	return err;
}

static enum fz_err
remove_deploy(struct request *rq, struct response *rs)
{
	enum fz_err err;
	int64_t n = 0;

	err = change(rq, rs, remove_one, &n);
	if (err != FZ_OK)
		return err;
	return reply_message(
	    rs, arena_printf(rq->arena, "Deploy %lld deleted", (long long)n));
}

struct going_live {
	int64_t		 n;		/* wanted; -1 = the one before the live one */
	bool		 draft_ok;
	int64_t		 previous;
	const char	*app_uid;
};

static enum fz_err
go_live(struct request *rq, struct response *rs, struct writer *w, const struct app *app,
    void *arg)
{
	struct going_live *g = arg;
	struct version v;
	enum fz_err err;

	g->previous = app->live_n;
	g->app_uid = app->uid;
	err = deploy_target_if_match(rs, request_header(rq, "if-match"), app->live_n);
	if (err == FZ_OK && g->n == -1)
		err = version_before(writer_reader(w), app->id, &g->n);
	if (err == FZ_OK)
		err = version_get(writer_reader(w), rq->arena, app->id, g->n, &v);
	if (err != FZ_OK)
		return err;
	if (v.draft && !g->draft_ok)
		return response_why(rs, FZ_CONFLICT,
		    "Deploy %lld is a draft that never was live; promote it",
		    (long long)g->n);
	return v.live ? FZ_OK : version_go_live(w, app->id, v.id);
}

static enum fz_err
body(struct request *rq, struct response *rs, json_t **out)
{
	struct why why = { 0 };
	enum fz_err err;

	err = request_json(rq, out, &why);
	return err == FZ_OK ? FZ_OK : response_why(rs, err, "%s", why.text);
}

static enum fz_err
rollback(struct request *rq, struct response *rs)
{
	struct going_live g = { .n = -1 };
	struct field_error bad = { 0 };
	enum fz_err err;
	json_t *in;

	err = body(rq, rs, &in);
	if (err != FZ_OK)
		return err;
	err = json_want_int(in, "to", false, -1, INT64_MAX, &g.n, &bad);
	if (err != FZ_OK)
		return reply_field(rs, err, &bad);
	if (g.n == 0)
		return response_invalid(rs, "to", "a deploy number or -1");
	err = change(rq, rs, go_live, &g);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200,
	    json_pack("{s:I,s:I,s:s}", "deploy", (json_int_t)g.n, "previous",
		(json_int_t)g.previous, "message",
		arena_printf(rq->arena, "Deploy %lld is live", (long long)g.n)));
}

static enum fz_err
promoted(struct request *rq, struct response *rs, const char *uid, int64_t n,
    int64_t previous)
{
	return response_data(rs, 200, json_pack("{s:s,s:I,s:I,s:s}", "id", uid,
	    "deploy", (json_int_t)n, "previous", (json_int_t)previous, "message",
	    arena_printf(rq->arena, "Deploy %lld is live", (long long)n)));
}

/* Stage the files of a version of {app} and find out where they shall go. */
static enum fz_err
stage_copy(struct request *rq, struct response *rs, struct reader *rd, int64_t n,
    const char *to, struct staging *st, struct deploy_options *opt)
{
	struct app from, target;
	struct version v;
	struct file *f;
	enum fz_err err;
	size_t nf, i;

	err = app_param(rq, rs, rd, &from);
	if (err == FZ_OK)
		err = version_get(rd, rq->arena, from.id, n, &v);
	if (err == FZ_OK)
		err = app_find(rd, rq->arena, to, &target);
	if (err == FZ_OK)
		err = file_list(rd, rq->arena, v.id, &f, &nf);
	if (err != FZ_OK)
		return err;
	for (i = 0; i < nf && err == FZ_OK; i++) {
		struct blob_info b = { .id = f[i].blob, .size = f[i].size, .gz = f[i].gz,
			.br = f[i].br };

		memcpy(b.sha256, f[i].sha256, sizeof(b.sha256));
		err = staging_known(st, rs, f[i].path, &b);
	}
	opt->app_uid = target.uid;
	opt->spa = v.spa;
	opt->source = v.source;
	opt->source_url = v.source_url;
	opt->source_ref = v.source_ref;
	opt->source_commit = v.source_commit;
	opt->message = arena_printf(rq->arena, "Deploy %lld of %s", (long long)v.n,
	    from.title);
	return err;
}

static enum fz_err
promote_to(struct request *rq, struct response *rs, int64_t n, const char *to)
{
	struct deploy_options opt = { .by = rq->caller.name,
		.if_match = request_header(rq, "if-match") };
	struct deploy_result res;
	struct staging *st;
	struct reader *rd;
	enum fz_err err;

	err = deploy_rate_take(rq, rs);
	if (err == FZ_OK)
		err = staging_new(rq->node->store, rq->arena, &st);
	if (err != FZ_OK)
		return err;
	err = reader_open(rq->node->store, &rd);
	if (err == FZ_OK) {
		err = stage_copy(rq, rs, rd, n, to, st, &opt);
		reader_close(rd);
	}
	if (err == FZ_OK)
		err = staging_commit(st, rq, rs, &opt, &res);
	staging_free(st);
	if (err != FZ_OK)
		return err;
	return promoted(rq, rs, res.app.uid, res.version.n, res.previous_n);
}

static enum fz_err
promote(struct request *rq, struct response *rs)
{
	struct going_live g = { .draft_ok = true };
	struct field_error bad = { 0 };
	const char *to = NULL;
	enum fz_err err;
	json_t *in;

	err = body(rq, rs, &in);
	if (err != FZ_OK)
		return err;
	err = json_want_int(in, "deploy", true, 1, INT64_MAX, &g.n, &bad);
	if (err == FZ_OK)
		err = json_want_str(in, "to", false, 300, &to, &bad);
	if (err != FZ_OK)
		return reply_field(rs, err, &bad);
	if (to != NULL)
		return promote_to(rq, rs, g.n, to);
	err = change(rq, rs, go_live, &g);
	return err == FZ_OK ? promoted(rq, rs, g.app_uid, g.n, g.previous) : err;
}

static enum fz_err
recent_view(struct request *rq, struct reader *rd, json_t *out)
{
	char created[CLOCK_RFC3339_LEN];
	struct version *v;
	const char *alias;
	struct app app;
	int64_t total;
	enum fz_err err;
	size_t n, i;

	err = version_list(rd, rq->arena, 0, 0, 50, &v, &n, &total);
	for (i = 0; err == FZ_OK && i < n; i++) {
		err = app_by_id(rd, rq->arena, v[i].app, &app);
		if (err != FZ_OK)
			break;
		alias = first_alias(rq, rd, app.id);
		clock_rfc3339(created, v[i].created);
		json_array_append_new(out, json_pack("{s:I,s:s,s:I,s:I,s:s,s:s}",
		    "id", (json_int_t)v[i].id, "site_id", alias != NULL ? alias : app.uid,
		    "size_bytes", (json_int_t)v[i].size,
		    "file_count", (json_int_t)v[i].file_count,
		    "deployed_by", v[i].deployed_by, "created_at", created));
	}
	return err;
}

static enum fz_err
recent(struct request *rq, struct response *rs)
{
	struct reader *rd;
	json_t *out;
	enum fz_err err;

	err = reply_unlimited(rq, rs);
	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	out = json_array();
	err = recent_view(rq, rd, out);
	reader_close(rd);
	if (err != FZ_OK) {
		json_decref(out);
		return err;
	}
	return response_data(rs, 200, json_pack("{s:o}", "deployments", out));
}

extern const struct route version_routes[];

const struct route version_routes[] = {
	{ METHOD_GET, "/api/apps/{app}/deploys", list, WHO_ADMIN, "apps.read", ON_ADMIN, 0,
	    0, "Deploys of an app, newest first", NULL, "[Deploy]" },
	{ METHOD_GET, "/api/apps/{app}/deploys/{n}", show, WHO_ADMIN, "apps.read", ON_ADMIN,
	    0, 0, "One deploy and what it changed", NULL, "DeployDetail" },
	{ METHOD_DELETE, "/api/apps/{app}/deploys/{n}", remove_deploy, WHO_ADMIN, "deploy",
	    ON_ADMIN, 0, 6, "Delete a deploy that is not live", NULL, "Message" },
	{ METHOD_POST, "/api/apps/{app}/rollback", rollback, WHO_ADMIN, "deploy", ON_ADMIN,
	    ROUTE_IDEMPOTENT, 6, "Make an earlier deploy live", "Rollback", "RolledBack" },
	{ METHOD_POST, "/api/apps/{app}/promote", promote, WHO_ADMIN, "deploy", ON_ADMIN,
	    ROUTE_IDEMPOTENT, 6, "Make a draft live, or copy it into another app", "Promote",
	    "Promoted" },
	{ METHOD_GET, "/api/deployments", recent, WHO_ADMIN, "apps.read", ON_ADMIN, 0, 0,
	    "Last 50 deploys of all apps", NULL, "Deployments" },
	{ 0 }
};
