/*
 * An app as the API shows it.  Its names are read with it, by the same reader, so that
 * the answer is one moment's truth.  The manifest is stored as text and was an object
 * when it was stored; a text that no longer parses is shown as {} instead of failing a
 * whole list.
 *
 * The address is the one of the oldest alias: it is what people were given first, and it
 * does not move when an alias is added.  The app root lives at the bare domain.
 */
#include "deploy/app_view.h"

#include <string.h>

#include "auth/access.h"
#include "base/json.h"
#include "deploy/reply.h"
#include "store/alias.h"

static json_t *
stored(const char *text, json_t *instead)
{
	json_t *v;

	if (json_parse(text, strlen(text), &v, NULL) != FZ_OK)
		return instead;
	if (json_typeof(v) != json_typeof(instead)) {
		json_decref(v);
		return instead;
	}
	json_decref(instead);
	return v;
}

enum fz_err
app_allowed(
    struct request *rq, struct response *rs, struct reader *rd, const struct app *a)
{
	const char **aliases, **names;
	enum fz_err err;
	size_t n;

	if (rq->caller.key_id == NULL)
		return FZ_OK;
	err = alias_of_app(rd, rq->arena, a->id, &aliases, &n);
	if (err != FZ_OK)
		return err;
	names = arena_alloc(rq->arena, (n + 2) * sizeof(*names));
	names[0] = a->uid;
	for (size_t i = 0; i < n; i++)
		names[i + 1] = aliases[i];
	return access_app(rq, rs, names);
}

enum fz_err
app_named(struct request *rq, struct response *rs, struct reader *rd, const char *ref,
    struct app *a)
{
	struct app got;
	enum fz_err err = app_find(rd, rq->arena, ref, &got);

	if (err == FZ_CONFLICT)
		return response_why(rs, err, "Several apps have this title: use the id");
	if (err == FZ_OK)
		err = app_allowed(rq, rs, rd, &got);
	if (err == FZ_OK)
		*a = got;
	return err;
}

enum fz_err
app_param(struct request *rq, struct response *rs, struct reader *rd, struct app *a)
{
	return app_named(rq, rs, rd, request_param(rq, "app"), a);
}

static const char *
url_of(struct request *rq, const char *alias)
{
	return node_url(rq->node, rq->arena, strcmp(alias, "root") == 0 ? "" : alias, "");
}

/* "" = as the manifest says. */
static json_t *
set_or_null(const char *s)
{
	return s[0] != '\0' ? json_string(s) : json_null();
}

enum fz_err
app_view(struct request *rq, struct reader *rd, const struct app *a, json_t **out)
{
	const char **names;
	enum fz_err err;
	json_t *o;
	size_t n;

	err = alias_of_app(rd, rq->arena, a->id, &names, &n);
	if (err != FZ_OK)
		return err;
	o = json_pack("{s:s,s:s,s:s,s:s,s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I}",
	    "id", a->uid, "title", a->title, "name", a->title,
	    "description", a->description, "tags", stored(a->tags, json_array()),
	    "visibility", a->visibility, "source", a->source, "source_url", a->source_url,
	    "source_ref", a->source_ref, "source_commit", a->source_commit,
	    "original_id", a->original_id, "forked_from_id", a->forked_from_id,
	    "file_count", (json_int_t)a->file_count, "size_bytes", (json_int_t)a->size);
	json_object_set_new(o, "created_at", reply_time(a->created));
	json_object_set_new(o, "updated_at", reply_time(a->updated));
	json_object_set_new(o, "aliases", reply_names(names, n));
	json_object_set_new(
	    o, "url", n > 0 ? json_string(url_of(rq, names[0])) : json_null());
	json_object_set_new(o, "deploy",
	    a->live_n > 0 ? json_integer(a->live_n) : json_null());
	json_object_set_new(o, "spa", json_boolean(a->spa || a->live_spa));
	json_object_set_new(o, "enabled", json_boolean(a->enabled));
	json_object_set_new(o, "maintenance", json_boolean(a->maintenance));
	json_object_set_new(
	    o, "maintenance_message", json_string(a->maintenance_message));
	json_object_set_new(o, "preview",
	    json_pack("{s:o,s:o}", "data", set_or_null(a->preview_data), "access",
		set_or_null(a->preview_access)));
	json_object_set_new(o, "keep_deploys", json_integer(a->keep_deploys));
	json_object_set_new(o, "quotas", stored(a->quotas, json_object()));
	json_object_set_new(o, "manifest", stored(a->manifest, json_object()));
	if (a->deleted != 0)
		json_object_set_new(o, "deleted_at", reply_time(a->deleted));
	*out = o;
	return FZ_OK;
}
