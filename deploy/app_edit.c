/*
 * What may be said of an app, and what a valid saying is.  Texts are borrowed from the
 * body or the request arena, so the struct is good until the request ends.
 *
 * Preview settings belong to the manifest first: null gives them back to it.
 */
#include "deploy/app_edit.h"

#include <string.h>

#include "base/limits.h"
#include "deploy/manifest.h"
#include "deploy/quota_edit.h"
#include "deploy/reply.h"

#define TITLE_MAX 200
#define DESCRIPTION_MAX 4000
#define MESSAGE_MAX 1000
#define TAGS_MAX 50
#define TAG_MAX 64
#define KEEP_MAX 1000

static enum fz_err
read_title(struct response *rs, const json_t *body, bool need, struct app *a)
{
	struct field_error e = { 0 };
	enum fz_err err = json_want_str(body, "title", need, TITLE_MAX, &a->title, &e);

	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	if (a->title == NULL)
		return FZ_OK;
	if (a->title[0] == '\0')
		return response_invalid(rs, "title", "not empty");
	return reply_line(rs, "title", a->title);
}

static enum fz_err
check_tag(struct response *rs, const json_t *v)
{
	const char *s = json_string_value(v);

	if (s == NULL || json_string_length(v) == 0 || json_string_length(v) > TAG_MAX ||
	    strlen(s) != json_string_length(v))
		return response_invalid(rs, "tags", "texts of 1-64 bytes");
	return reply_line(rs, "tags", s);
}

static enum fz_err
read_tags(struct request *rq, struct response *rs, const json_t *body, struct app *a)
{
	const json_t *tags = json_object_get(body, "tags"), *v;
	enum fz_err err = FZ_OK;
	struct buf b;
	size_t i;

	if (tags == NULL || json_is_null(tags))
		return FZ_OK;
	if (!json_is_array(tags) || json_array_size(tags) > TAGS_MAX)
		return response_invalid(rs, "tags", "array of at most 50 texts");
	json_array_foreach(tags, i, v) {
		err = check_tag(rs, v);
		if (err != FZ_OK)
			return err;
	}
	buf_init(&b, TAGS_MAX * (TAG_MAX * 6 + 4));
	err = json_print(&b, tags);
	if (err == FZ_OK)
		a->tags = arena_strdup(rq->arena, b.data);
	buf_fini(&b);
	return err;
}

static enum fz_err
read_visibility(struct response *rs, const json_t *body, struct app *a)
{
	static const char *const known[] = { "public", "unlisted", "private" };
	struct field_error e = { 0 };
	const char *text = NULL;
	enum fz_err err = json_want_str(body, "visibility", false, 16, &text, &e);

	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	if (text == NULL)
		return FZ_OK;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(text, known[i]) == 0) {
			a->visibility = text;
			return FZ_OK;
		}
	return response_invalid(rs, "visibility", "public, unlisted or private");
}

enum fz_err
app_edit_common(struct request *rq, struct response *rs, const json_t *body,
    bool need_title, struct app *a)
{
	struct field_error e = { 0 };
	enum fz_err err = read_title(rs, body, need_title, a);

	if (err != FZ_OK)
		return err;
	err = json_want_str(
	    body, "description", false, DESCRIPTION_MAX, &a->description, &e);
	if (err != FZ_OK)
		return reply_field(rs, err, &e);
	err = read_tags(rq, rs, body, a);
	return err == FZ_OK ? read_visibility(rs, body, a) : err;
}

/* One word of "preview": a value that the manifest knows too, or null. */
static enum fz_err
read_word(struct response *rs, const json_t *preview, const char *name,
    bool (*known)(const char *), const char *field, const char *constraint,
    const char **out)
{
	const json_t *v = json_object_get(preview, name);
	const char *s = json_string_value(v);

	if (v == NULL)
		return FZ_OK;
	if (!json_is_null(v) && (s == NULL || !known(s)))
		return response_invalid(rs, field, constraint);
	*out = s != NULL ? s : "";
	return FZ_OK;
}

static bool
known_data(const char *s)
{
	enum manifest_data unused;

	return manifest_preview_data_parse(s, &unused);
}

static bool
known_access(const char *s)
{
	enum manifest_access unused;

	return manifest_preview_access_parse(s, &unused);
}

static enum fz_err
read_preview(struct response *rs, const json_t *body, struct app *a)
{
	const json_t *v = json_object_get(body, "preview");
	enum fz_err err;

	if (v == NULL)
		return FZ_OK;
	if (json_is_null(v)) {
		a->preview_data = a->preview_access = "";
		return FZ_OK;
	}
	if (!json_is_object(v))
		return response_invalid(rs, "preview", "object with data and access");
	err = read_word(rs, v, "data", known_data, "preview.data",
	    "readonly, live, none or null", &a->preview_data);
	if (err != FZ_OK)
		return err;
	return read_word(rs, v, "access", known_access, "preview.access",
	    "public, login, admin or null", &a->preview_access);
}

static enum fz_err
read_switches(struct response *rs, const json_t *body, struct app *a)
{
	struct field_error e = { 0 };
	enum fz_err err = json_want_bool(body, "spa", false, &a->spa, &e);

	if (err == FZ_OK)
		err = json_want_bool(body, "enabled", false, &a->enabled, &e);
	if (err == FZ_OK)
		err = json_want_bool(body, "maintenance", false, &a->maintenance, &e);
	if (err == FZ_OK)
		err = json_want_str(body, "maintenance_message", false, MESSAGE_MAX,
		    &a->maintenance_message, &e);
	if (err == FZ_OK)
		err = json_want_int(body, "keep_deploys", false, LIMIT_DEPLOYS_LAST,
		    KEEP_MAX, &a->keep_deploys, &e);
	return err == FZ_OK ? FZ_OK : reply_field(rs, err, &e);
}

enum fz_err
app_edit_settings(struct request *rq, struct response *rs, const json_t *body,
    struct app *a)
{
	const json_t *quotas = json_object_get(body, "quotas");
	enum fz_err err = read_switches(rs, body, a);

	if (err == FZ_OK)
		err = read_preview(rs, body, a);
	if (err == FZ_OK && quotas != NULL && !json_is_null(quotas))
		err = quota_edit_merge(rq->arena, rs, a->quotas, quotas, &a->quotas);
	return err;
}
