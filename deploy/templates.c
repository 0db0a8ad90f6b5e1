/*
 * A template is a folder in the source tree; this table says what it is.  Its files go
 * through the same staging as anything that is deployed, so what is wrong with one shows
 * here first.  Nothing is filled in: a name inside a file would have to be escaped for
 * HTML, JSON and JavaScript, to save one edit.
 */
#include "deploy/templates.h"

#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/mem.h"
#include "base/str.h"

#define FOLDER "deploy/templates/"

const struct template templates_all[] = {
	{ "minimal", "Minimal", "One HTML page" },
	{ "static", "Static site", "Pages, a style sheet and headers, nothing to build" },
	{ "vite", "Vite", "JavaScript modules, built by Vite or used as they are" },
	{ "vue", "Vue", "A Vue app to build with Vite" },
	{ "vue-api", "Vue with an API", "A Vue app and its server part in api/main.js" },
	{ NULL, NULL, NULL }
};

const struct template *
templates_find(const char *id)
{
	for (const struct template *t = templates_all; t->id != NULL; t++)
		if (strcmp(t->id, id) == 0)
			return t;
	return NULL;
}

static enum fz_err
stage_file(
    struct staging *st, struct response *rs, const char *name, const struct embed *e)
{
	enum fz_err err;
	bool skip;

	err = staging_file(st, rs, name, (int64_t)e->len, &skip);
	if (err != FZ_OK || skip)
		return err;
	err = staging_bytes(st, rs, e->data, e->len);
	return err == FZ_OK ? staging_file_end(st) : err;
}

enum fz_err
templates_stage(const struct template *t, struct staging *st, struct response *rs)
{
	char *prefix = xasprintf(FOLDER "%s/", t->id);
	enum fz_err err = FZ_OK;

	const struct embed *e;

	for (e = embed_templates; e->path != NULL && err == FZ_OK; e++)
		if (str_starts(e->path, prefix))
			err = stage_file(st, rs, e->path + strlen(prefix), e);
	free(prefix);
	return err;
}
