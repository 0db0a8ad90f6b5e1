/*
 * The older view of apps as sites: one element an app, names with capital letters, and
 * the live deploy under a path nobody can open.  Files of a site are file_http.c's.
 */
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "deploy/app_view.h"
#include "deploy/reply.h"
#include "store/alias.h"

static json_t *
site_view(struct request *rq, struct reader *rd, const struct app *a)
{
	char updated[CLOCK_RFC3339_LEN];
	const char **names, *name = a->title;
	size_t n;

	if (alias_of_app(rd, rq->arena, a->id, &names, &n) == FZ_OK && n > 0)
		name = names[0];
	clock_rfc3339(updated, a->updated);
	return json_pack("{s:s,s:s,s:I,s:I,s:s}", "Name", name,
	    "Path", arena_printf(rq->arena, "vfs://%s", name),
	    "FileCount", (json_int_t)a->file_count, "SizeBytes", (json_int_t)a->size,
	    "ModTime", updated);
}

static enum fz_err
list_view(struct request *rq, struct reader *rd, json_t *out)
{
	struct app_filter all = { .all = true, .limit = -1 };
	struct app *v;
	int64_t total;
	enum fz_err err;
	size_t n, i;

	err = app_list(rd, rq->arena, &all, &v, &n, &total);
	for (i = 0; err == FZ_OK && i < n; i++)
		json_array_append_new(out, site_view(rq, rd, &v[i]));
	return err;
}

static enum fz_err
list(struct request *rq, struct response *rs)
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
	err = list_view(rq, rd, out);
	reader_close(rd);
	if (err != FZ_OK) {
		json_decref(out);
		return err;
	}
	return response_data(rs, 200, out);
}

static enum fz_err
as_site(enum fz_err err)
{
	return err == FZ_APP_NOT_FOUND ? FZ_SITE_NOT_FOUND : err;
}

static enum fz_err
show(struct request *rq, struct response *rs)
{
	struct reader *rd;
	struct app app;
	enum fz_err err;

	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = app_param(rq, rs, rd, &app);
	if (err == FZ_OK)
		err = response_data(rs, 200, site_view(rq, rd, &app));
	reader_close(rd);
	return as_site(err);
}

static enum fz_err
trash(struct request *rq, struct response *rs, struct writer *w, const char *id,
    struct app *app)
{
	enum fz_err err;

	err = app_find(writer_reader(w), rq->arena, id, app);
	if (err == FZ_OK)
		err = app_allowed(rq, rs, writer_reader(w), app);
	if (err == FZ_OK && app->system)
		return response_why(
		    rs, FZ_SYSTEM_APP, "%s is part of the system", app->title);
	return err == FZ_OK ? app_trash(w, app->id) : as_site(err);
}

static enum fz_err
remove_site(struct request *rq, struct response *rs)
{
	const char *id = request_arg(rq, "site_id");
	struct writer *w;
	struct app app;
	enum fz_err err;

	if (id == NULL || id[0] == '\0')
		return response_missing(rs, "site_id");
	err = writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = reply_commit(rq, w, trash(rq, rs, w, id, &app));
	if (err != FZ_OK)
		return err;
	return reply_message(rs, arena_printf(rq->arena, "Site %s deleted", app.title));
}

extern const struct route site_routes[];

const struct route site_routes[] = {
	{ METHOD_GET, "/api/sites", list, WHO_ADMIN, "apps.read", ON_ADMIN, 0, 0,
	    "All apps as sites", NULL, "[Site]" },
	{ METHOD_GET, "/api/sites/{app}", show, WHO_ADMIN, "apps.read", ON_ADMIN, 0, 0,
	    "One app as a site", NULL, "Site" },
	{ METHOD_DELETE, "/api/sites", remove_site, WHO_ADMIN, "apps", ON_ADMIN, 0, 6,
	    "Put an app into the trash, by ?site_id=", NULL, "Message" },
	{ 0 }
};
