/*
 * Variables of an app over HTTP.  A value goes in and never comes out: no row here can
 * show one, and the body that brought it is not kept.  Who has to know a value asks the
 * app that uses it.
 */
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "base/str.h"
#include "deploy/app_view.h"
#include "deploy/reply.h"
#include "store/env.h"

#define REF_MAX 200
#define ENV_NAME_BYTES 256

static enum fz_err
list_in(struct request *rq, struct response *rs, struct reader *rd, const char *ref)
{
	json_t *vars;
	struct env *v;
	struct app a;
	size_t n;
	enum fz_err err = app_named(rq, rs, rd, ref, &a);

	if (err == FZ_OK)
		err = env_list(rd, rq->arena, a.id, &v, &n);
	if (err != FZ_OK)
		return err;
	vars = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(vars, json_pack("{s:I,s:s,s:o}", "id",
		    (json_int_t)v[i].id, "name", v[i].name, "updated_at",
		    reply_time(v[i].updated)));
	return response_data(rs, 200, json_pack("{s:o}", "vars", vars));
}

static enum fz_err
list_vars(struct request *rq, struct response *rs)
{
	const char *ref = request_arg(rq, "site_id");
	struct reader *rd;
	enum fz_err err;

	if (ref == NULL || ref[0] == '\0')
		return response_missing(rs, "site_id");
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = list_in(rq, rs, rd, ref);
	reader_close(rd);
	return err;
}

struct wish {
	const char	*ref;
	const char	*name;
	const char	*value;
};

static enum fz_err
read_wish(struct request *rq, struct response *rs, struct wish *wish)
{
	struct field_error e = { 0 };
	json_t *body;
	enum fz_err err = request_json(rq, &body, &rs->why);

	if (err != FZ_OK)
		return err;
	err = json_want_str(body, "site_id", true, REF_MAX, &wish->ref, &e);
	if (err == FZ_OK)
		err = json_want_str(body, "name", true, ENV_NAME_BYTES, &wish->name, &e);
	if (err == FZ_OK)
		err = json_want_str(body, "value", true, ENV_VALUE_MAX, &wish->value, &e);
	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	if (!env_name_ok(wish->name))
		return response_invalid(rs, "name", "A-Z, 0-9 and _, first a letter, "
		    "at most 128; no name that a process gives meaning to");
	return FZ_OK;
}

static enum fz_err
set_in(struct request *rq, struct response *rs, struct writer *w, const struct wish *wish)
{
	struct app a;
	enum fz_err err = app_named(rq, rs, writer_reader(w), wish->ref, &a);

	if (err == FZ_OK)
		err = env_set(w, rq->node->seal, a.id, wish->name, wish->value,
		    strlen(wish->value), clock_wall_ms());
	if (err == FZ_LIMIT_EXCEEDED)
		return response_why(rs, err, "An app may have %d variables", ENV_PER_APP);
	return err;
}

static enum fz_err
set_var(struct request *rq, struct response *rs)
{
	struct wish wish;
	struct writer *w;
	enum fz_err err = read_wish(rq, rs, &wish);

	if (err != FZ_OK)
		return err;
	if (rq->node->seal == NULL)
		return response_why(rs, FZ_SERVICE_UNAVAILABLE,
		    "This node has no master key to seal values with");
	err = writer_begin(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err == FZ_OK)
		err = reply_commit(rq, w, set_in(rq, rs, w, &wish));
	return err == FZ_OK ? response_data(rs, 200, json_object()) : err;
}

/* The app of ?id=, or that of ?site_id=; the caller may act on it. */
static enum fz_err
app_of_args(struct request *rq, struct response *rs, struct reader *rd, int64_t id,
    const char *ref, struct app *a)
{
	int64_t app;
	enum fz_err err;

	if (id == 0)
		return app_named(rq, rs, rd, ref, a);
	err = env_app(rd, id, &app);
	if (err == FZ_OK)
		err = app_by_id(rd, rq->arena, app, a);
	return err == FZ_OK ? app_allowed(rq, rs, rd, a) : err;
}

static enum fz_err
delete_var(struct request *rq, struct response *rs)
{
	const char *text = request_arg(rq, "id"), *ref = request_arg(rq, "site_id");
	const char *name = request_arg(rq, "name");
	struct writer *w;
	struct app a;
	int64_t id = 0;
	enum fz_err err;

	if (text == NULL && (ref == NULL || name == NULL))
		return response_missing(rs, ref == NULL ? "id" : "name");
	if (text != NULL && (!str_i64(text, &id) || id == 0))
		return response_invalid(rs, "id", "the number of a variable");
	err = writer_begin_reserve(rq->node->store, LIMIT_WRITE_WAIT_MS, &w);
	if (err != FZ_OK)
		return err;
	err = app_of_args(rq, rs, writer_reader(w), id, ref, &a);
	if (err == FZ_OK)
		err = env_delete(w, a.id, id, name);
	err = reply_commit(rq, w, err);
	return err == FZ_OK ? response_data(rs, 200, json_object()) : err;
}

extern const struct route env_routes[];

const struct route env_routes[] = {
	{ METHOD_GET, "/api/envvars", list_vars, WHO_ADMIN, "env", ON_ADMIN, 0, 0,
	    "Names of an app's variables (?site_id=); values are never shown", NULL,
	    "EnvList" },
	{ METHOD_POST, "/api/envvars", set_var, WHO_ADMIN, "env", ON_ADMIN, 0,
	    WEIGHT_CONFIG, "Set a variable of an app", "EnvSet", "Empty" },
	{ METHOD_DELETE, "/api/envvars", delete_var, WHO_ADMIN, "env", ON_ADMIN, 0,
	    WEIGHT_CONFIG, "Delete a variable (?id=, or ?site_id=&name=)", NULL,
	    "Empty" },
	{ 0 }
};
