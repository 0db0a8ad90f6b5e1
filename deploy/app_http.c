/*
 * Apps over HTTP: list, look at, make, change, throw away, bring back.
 *
 * Everything that is decided from the store and then written is decided inside the
 * writing transaction: an alias that was free a moment ago may be taken now.
 */
#include <string.h>

#include "base/limits.h"
#include "base/route.h"
#include "deploy/app_edit.h"
#include "deploy/app_make.h"
#include "deploy/app_view.h"
#include "deploy/reply.h"
#include "deploy/templates.h"

#define FORKS_MAX 1000		/* deleted with one request */

static enum fz_err
answer_app(
    struct request *rq, struct response *rs, struct reader *rd, const struct app *a)
{
	json_t *view;
	enum fz_err err = app_view(rq, rd, a, &view);

	return err == FZ_OK ? response_data(rs, 200, view) : err;
}

static enum fz_err
views(struct request *rq, struct reader *rd, const struct app *v, size_t n, json_t **out)
{
	json_t *list = json_array(), *view;

	for (size_t i = 0; i < n; i++) {
		enum fz_err err = app_view(rq, rd, &v[i], &view);

		if (err != FZ_OK) {
			json_decref(list);
			return err;
		}
		json_array_append_new(list, view);
	}
	*out = list;
	return FZ_OK;
}

/* The whole list unless a page is asked for. */
static enum fz_err
list_apps(struct request *rq, struct response *rs)
{
	struct app_filter f = { .trash = request_flag(rq, "trash"), .limit = -1,
		.text = request_arg(rq, "q") };
	bool paged =
	    request_arg(rq, "offset") != NULL || request_arg(rq, "limit") != NULL;
	struct page page = { 0 };
	const char *field;
	struct reader *rd;
	struct app *v;
	json_t *list;
	int64_t total;
	enum fz_err err;
	size_t n;

	f.all = f.trash || request_flag(rq, "all");
	err = reply_unlimited(rq, rs);
	if (err != FZ_OK)
		return err;
	if (paged && request_page(rq, 20, 100, &page, &field) != FZ_OK)
		return response_invalid(rs, field, "out of range");
	if (paged) {
		f.offset = page.offset;
		f.limit = page.limit;
	}
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = app_list(rd, rq->arena, &f, &v, &n, &total);
	if (err == FZ_OK)
		err = views(rq, rd, v, n, &list);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	return paged ? response_page(rs, list, f.offset, f.limit, total) :
	    response_data(rs, 200, list);
}

static enum fz_err
with_app(struct request *rq, struct response *rs, enum fz_err (*answer)(struct request *,
    struct response *, struct reader *, const struct app *))
{
	struct reader *rd;
	struct app a;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = app_param(rq, rs, rd, &a);
	if (err == FZ_OK)
		err = answer(rq, rs, rd, &a);
	reader_close(rd);
	return err;
}

static enum fz_err
get_app(struct request *rq, struct response *rs)
{
	return with_app(rq, rs, answer_app);
}

/* People and data of an app: there are no tables that could hold any. */
static enum fz_err
answer_status(struct request *rq, struct response *rs, struct reader *rd,
    const struct app *a)
{
	static const char *const shown[] = { "id", "name", "source", "manifest",
		"file_count", "size_bytes", "created_at", "updated_at", "aliases" };
	json_t *view, *app;
	enum fz_err err = app_view(rq, rd, a, &view);

	if (err != FZ_OK)
		return err;
	app = json_object();
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		json_object_set(app, shown[i], json_object_get(view, shown[i]));
	json_decref(view);
	return response_data(rs, 200, json_pack("{s:o,s:[],s:{s:i,s:i,s:i}}", "app", app,
	    "users", "totals", "user_count", 0, "kv_count", 0, "doc_count", 0));
}

static enum fz_err
get_status(struct request *rq, struct response *rs)
{
	return with_app(rq, rs, answer_status);
}

static enum fz_err
answer_source(struct request *rq, struct response *rs, struct reader *rd,
    const struct app *a)
{
	json_t *o = json_pack("{s:s}", "type", a->source);

	(void)rq;
	(void)rd;
	if (a->source_url[0] != '\0')
		json_object_set_new(o, "url", json_string(a->source_url));
	if (a->source_ref[0] != '\0')
		json_object_set_new(o, "ref", json_string(a->source_ref));
	if (a->source_commit[0] != '\0')
		json_object_set_new(o, "commit", json_string(a->source_commit));
	return response_data(rs, 200, o);
}

static enum fz_err
get_source(struct request *rq, struct response *rs)
{
	return with_app(rq, rs, answer_source);
}

static enum fz_err
want_template(struct response *rs, const json_t *body, const char *standard,
    const struct template **out)
{
	struct field_error e = { 0 };
	const char *id = standard;
	enum fz_err err = json_want_str(body, "template", false, 64, &id, &e);

	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	*out = id != NULL && id[0] != '\0' ? templates_find(id) : NULL;
	if (*out == NULL && id != NULL && id[0] != '\0')
		return response_invalid(rs, "template", "one of GET /api/templates");
	return FZ_OK;
}

static enum fz_err
create_app(struct request *rq, struct response *rs)
{
	const struct template *t = NULL;
	struct app a = { .description = "" };
	const char *alias = NULL;
	json_t *body, *o;
	enum fz_err err;

	err = reply_unlimited(rq, rs);
	if (err == FZ_OK)
		err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK)
		err = app_edit_common(rq, rs, body, true, &a);
	if (err == FZ_OK)
		err = app_make_wish(rq, rs, body, "alias", false, &alias);
	if (err == FZ_OK)
		err = want_template(rs, body, NULL, &t);
	if (err == FZ_OK)
		err = t != NULL ? app_make_from(rq, rs, t, &a, alias) :
		    app_make(rq, rs, &a, alias);
	if (err != FZ_OK)
		return err;
	o = json_pack("{s:s,s:s,s:s}", "id", a.uid, "title", a.title, "visibility",
	    a.visibility);
	if (alias != NULL) {
		json_object_set_new(o, "alias", json_string(alias));
		json_object_set_new(o, "url",
		    json_string(node_url(rq->node, rq->arena, alias, "")));
	}
	return response_data(rs, 201, o);
}

/* The short way: name is title and alias, and there is always a template. */
static enum fz_err
scaffold_app(struct request *rq, struct response *rs)
{
	const struct template *t = NULL;
	struct app a = { .description = "" };
	const char *name = NULL;
	json_t *body;
	enum fz_err err;

	err = reply_unlimited(rq, rs);
	if (err == FZ_OK)
		err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK)
		err = app_make_wish(rq, rs, body, "name", true, &name);
	if (err == FZ_OK)
		err = want_template(rs, body, "minimal", &t);
	if (err == FZ_OK && t == NULL)	/* "" */
		t = templates_find("minimal");
	if (err != FZ_OK)
		return err;
	a.title = name;
	err = app_make_from(rq, rs, t, &a, name);
	if (err != FZ_OK)
		return err;
	return response_data(rs, 201, json_pack("{s:s,s:s,s:s,s:s}", "name", name,
	    "template", t->id, "url", node_url(rq->node, rq->arena, name, ""),
	    "id", a.uid));
}

static enum fz_err
change_app(struct request *rq, struct response *rs, struct writer *w, const json_t *body,
    struct app *a)
{
	const char *title;
	enum fz_err err = app_param(rq, rs, writer_reader(w), a);

	if (err != FZ_OK)
		return err;
	title = a->title;
	err = app_edit_common(rq, rs, body, false, a);
	if (err == FZ_OK)
		err = app_edit_settings(rq, rs, body, a);
	if (err == FZ_OK && a->system && strcmp(title, a->title) != 0)
		return response_why(
		    rs, FZ_SYSTEM_APP, "The app %s keeps its title", title);
	return err == FZ_OK ? app_update(w, a) : err;
}

static enum fz_err
update_app(struct request *rq, struct response *rs)
{
	struct writer *w;
	json_t *body;
	struct app a;
	enum fz_err err;

	err = request_json(rq, &body, &rs->why);
	if (err == FZ_OK)
		err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = reply_commit(rq, w, change_app(rq, rs, w, body, &a));
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s,s:s}", "id", a.uid, "message",
	    "App updated"));
}

/* v[0] is the app itself; append its forks, theirs, and so on. */
static enum fz_err
add_forks(struct request *rq, struct response *rs, struct reader *rd, struct app *v,
    size_t *n)
{
	for (size_t i = 0; i < *n; i++) {
		struct app *forks;
		size_t count;
		enum fz_err err = app_forks(rd, rq->arena, v[i].uid, &forks, &count);

		for (size_t j = 0; err == FZ_OK && j < count; j++) {
			if (*n == FORKS_MAX)
				return response_why(rs, FZ_CONFLICT,
				    "There are more than %d forks: delete some first",
				    FORKS_MAX);
			err = app_allowed(rq, rs, rd, &forks[j]);
			v[(*n)++] = forks[j];
		}
		if (err != FZ_OK)
			return err;
	}
	return FZ_OK;
}

/* Purging reaches into the trash, by id only. */
static enum fz_err
find_to_delete(struct request *rq, struct response *rs, struct reader *rd, bool purge,
    struct app *a)
{
	enum fz_err err = app_param(rq, rs, rd, a);

	if (err != FZ_APP_NOT_FOUND || !purge)
		return err;
	err = app_by_uid(rd, rq->arena, request_param(rq, "app"), a);
	return err == FZ_OK ? app_allowed(rq, rs, rd, a) : err;
}

static enum fz_err
remove_apps(struct request *rq, struct response *rs, struct writer *w, struct app *v,
    size_t *n)
{
	bool purge = request_flag(rq, "purge");
	struct reader *rd = writer_reader(w);
	enum fz_err err = find_to_delete(rq, rs, rd, purge, &v[0]);

	if (err != FZ_OK)
		return err;
	*n = 1;
	if (request_flag(rq, "with-forks"))
		err = add_forks(rq, rs, rd, v, n);
	for (size_t i = 0; err == FZ_OK && i < *n; i++) {
		if (v[i].system)
			return response_why(rs, FZ_SYSTEM_APP,
			    "The app %s is part of the system", v[i].title);
		err = purge ? app_purge(w, v[i].id) : app_trash(w, v[i].id);
	}
	return err;
}

static enum fz_err
delete_app(struct request *rq, struct response *rs)
{
	struct app *v = arena_alloc(rq->arena, sizeof(*v) *
	    (request_flag(rq, "with-forks") ? FORKS_MAX : 1));
	struct writer *w;
	size_t n = 0;
	enum fz_err err = writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS,
	    &w);

	if (err != FZ_OK)
		return err;
	err = reply_commit(rq, w, remove_apps(rq, rs, w, v, &n));
	if (err != FZ_OK)
		return err;
	return response_data(rs, 200, json_pack("{s:s,s:s,s:s,s:I,s:s}", "id", v[0].uid,
	    "title", v[0].title, "name", v[0].title, "deleted", (json_int_t)n, "message",
	    request_flag(rq, "purge") ? "App deleted" : "App moved to the trash"));
}

static enum fz_err
restore_in(struct request *rq, struct response *rs, struct writer *w)
{
	struct reader *rd = writer_reader(w);
	struct app a;
	enum fz_err err = app_by_uid(rd, rq->arena, request_param(rq, "app"), &a);

	if (err == FZ_OK)
		err = app_allowed(rq, rs, rd, &a);
	if (err == FZ_OK && a.deleted == 0)
		return response_why(rs, FZ_CONFLICT, "This app is not in the trash");
	if (err == FZ_OK)
		err = app_restore(w, a.id);
	if (err == FZ_OK)
		err = app_by_id(rd, rq->arena, a.id, &a);
	return err == FZ_OK ? answer_app(rq, rs, rd, &a) : err;
}

static enum fz_err
restore_app(struct request *rq, struct response *rs)
{
	struct writer *w;
	enum fz_err err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);

	return err == FZ_OK ? reply_commit(rq, w, restore_in(rq, rs, w)) : err;
}

static enum fz_err
list_templates(struct request *rq, struct response *rs)
{
	bool detail = request_flag(rq, "detail");
	json_t *list = json_array();

	for (const struct template *t = templates_all; t->id != NULL; t++)
		json_array_append_new(list, detail ?
		    json_pack("{s:s,s:s,s:s}", "id", t->id, "name", t->name,
		    "description", t->description) : json_string(t->id));
	return response_data(rs, 200, list);
}

extern const struct route app_routes[];

const struct route app_routes[] = {
	{ METHOD_GET, "/api/apps", list_apps, WHO_ADMIN, "apps.read", ON_ADMIN, 0, 0,
	    "List apps", NULL, "[App]" },
	{ METHOD_POST, "/api/apps", create_app, WHO_ADMIN, "apps", ON_ADMIN, 0,
	    WEIGHT_DEPLOY, "Make an app", "AppCreate", "AppCreated" },
	{ METHOD_POST, "/api/apps/create", scaffold_app, WHO_ADMIN, "apps", ON_ADMIN, 0,
	    WEIGHT_DEPLOY, "Make an app and its alias from a template", "AppScaffold",
	    "AppScaffolded" },
	{ METHOD_GET, "/api/apps/{app}", get_app, WHO_ADMIN, "apps.read", ON_ADMIN, 0, 0,
	    "Show an app", NULL, "App" },
	{ METHOD_PUT, "/api/apps/{app}", update_app, WHO_ADMIN, "apps", ON_ADMIN, 0,
	    WEIGHT_CONFIG, "Change an app", "AppUpdate", "AppUpdated" },
	{ METHOD_DELETE, "/api/apps/{app}", delete_app, WHO_ADMIN, "apps", ON_ADMIN, 0,
	    WEIGHT_DEPLOY, "Move an app to the trash, or delete it (?purge=true)", NULL,
	    "AppDeleted" },
	{ METHOD_POST, "/api/apps/{app}/restore", restore_app, WHO_ADMIN, "apps",
	    ON_ADMIN, 0, WEIGHT_DEPLOY, "Take an app out of the trash", NULL, "App" },
	{ METHOD_GET, "/api/apps/{app}/status", get_status, WHO_ADMIN, "apps.read",
	    ON_ADMIN, 0, 0, "An app with the people and data it holds", NULL,
	    "AppStatus" },
	{ METHOD_GET, "/api/apps/{app}/source", get_source, WHO_ADMIN, "apps.read",
	    ON_ADMIN, 0, 0, "Where the files of an app came from", NULL, "AppSource" },
	{ METHOD_GET, "/api/templates", list_templates, WHO_ADMIN, "apps.read", ON_ADMIN,
	    0, 0, "List the templates", NULL, "Templates" },
	{ 0 }
};
