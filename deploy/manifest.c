/*
 * manifest.json is read when a version is served first, from the text the version
 * keeps, so that a setting and the files it speaks of always belong together.  The file
 * doubles as a web-app manifest: what we do not know is somebody else's, and a known
 * name with a wrong type is told once at deploy and then counts as absent.  A
 * manifest never makes a version unservable.
 */
#include "deploy/manifest.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/mem.h"

#define ORIGINS_MAX 32
#define ORIGIN_LEN 300
#define PUBLIC_MAX 32
#define PUBLIC_LEN 1024

struct reading {
	rules_warn_fn	*warn;
	void		*arg;
};

static void
tell(const struct reading *r, const char *name, const char *what)
{
	char text[200];

	if (r->warn == NULL)
		return;
	snprintf(text, sizeof(text), "%s: %s", name, what);
	r->warn(r->arg, "manifest.json", 1, 1, text);
}

struct word {
	const char	*text;
	int		 value;
};

static const struct word private_words[] = {
	{ "login", ACCESS_LOGIN }, { "admin", ACCESS_ADMIN }, { "owner", ACCESS_OWNER },
	{ "none", ACCESS_NONE }, { NULL, 0 }
};
static const struct word access_words[] = {
	{ "public", ACCESS_PUBLIC }, { "login", ACCESS_LOGIN }, { "admin", ACCESS_ADMIN },
	{ NULL, 0 }
};
static const struct word data_words[] = {
	{ "readonly", DATA_READONLY }, { "live", DATA_LIVE }, { "none", DATA_NONE },
	{ NULL, 0 }
};

static bool
word_find(const struct word *words, const char *s, int *out)
{
	for (; s != NULL && words->text != NULL; words++) {
		if (strcmp(words->text, s) != 0)
			continue;
		*out = words->value;
		return true;
	}
	return false;
}

bool
manifest_preview_access_parse(const char *s, enum manifest_access *out)
{
	int v;

	if (!word_find(access_words, s, &v))
		return false;
	*out = (enum manifest_access)v;
	return true;
}

bool
manifest_preview_data_parse(const char *s, enum manifest_data *out)
{
	int v;

	if (!word_find(data_words, s, &v))
		return false;
	*out = (enum manifest_data)v;
	return true;
}

/* The object called name, or NULL; wrong types are told. */
static json_t *
group(const struct reading *r, const json_t *root, const char *name)
{
	json_t *v = json_object_get(root, name);

	if (v == NULL || json_is_object(v))
		return v;
	tell(r, name, "is no object");
	return NULL;
}

static int
want_word(const struct reading *r, const json_t *group, const char *name,
    const char *label, const struct word *words, int standard)
{
	json_t *v = json_object_get(group, name);
	int out = standard;

	if (v != NULL && !word_find(words, json_string_value(v), &out))
		tell(r, label, "has an unknown value");
	return out;
}

static bool
origin_ok(const char *s)
{
	size_t n;

	if (strncmp(s, "https://", 8) == 0)
		s += 8;
	else if (strncmp(s, "http://", 7) == 0)
		s += 7;
	else
		return false;
	n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-");
	if (n == 0 || n > 253)
		return false;
	if (s[n] == ':')
		n += 1 + strspn(s + n + 1, "0123456789");
	return s[n] == '\0' && s[n - 1] != ':';
}

static char **
origins(const struct reading *r, const json_t *cors)
{
	json_t *list = json_object_get(cors, "credentials"), *v;
	char **out = xcalloc(ORIGINS_MAX + 1, sizeof(*out));
	size_t i, n = 0;

	if (list != NULL && !json_is_array(list))
		tell(r, "cors.credentials", "is no array");
	json_array_foreach(list, i, v) {
		const char *s = json_string_value(v);

		if (s == NULL || strlen(s) > ORIGIN_LEN || !origin_ok(s))
			tell(r, "cors.credentials", "has an entry that is no origin");
		else if (n == ORIGINS_MAX)
			tell(r, "cors.credentials", "has more than 32 entries");
		else
			out[n++] = xstrdup(s);
	}
	return out;
}

/* As blob paths are spelled (store/object.h); the empty one would open everything. */
static bool
prefix_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= PUBLIC_LEN && s[0] != '/' && strstr(s, "//") == NULL &&
	       strstr(s, "..") == NULL;
}

static char **
prefixes(const struct reading *r, const json_t *blobs)
{
	json_t *list = json_object_get(blobs, "public"), *v;
	char **out = xcalloc(PUBLIC_MAX + 1, sizeof(*out));
	size_t i, n = 0;

	if (!json_is_array(list)) {
		if (list != NULL)
			tell(r, "blobs.public", "is no array");
		out[0] = xstrdup("public/");
		return out;
	}
	json_array_foreach(list, i, v) {
		const char *s = json_string_value(v);

		if (s == NULL || !prefix_ok(s))
			tell(r, "blobs.public", "has an entry that is no prefix of a path");
		else if (n == PUBLIC_MAX)
			tell(r, "blobs.public", "has more than 32 entries");
		else
			out[n++] = xstrdup(s);
	}
	return out;
}

static void
fill(struct manifest *m, const struct reading *r, const json_t *root)
{
	json_t *spa = json_object_get(root, "spa"), *preview = group(r, root, "preview");

	if (spa != NULL && !json_is_boolean(spa))
		tell(r, "spa", "is neither true nor false");
	m->spa = json_is_true(spa);
	m->private_access = (enum manifest_access)want_word(r, group(r, root, "private"),
	    "access", "private.access", private_words, ACCESS_LOGIN);
	m->preview_data = (enum manifest_data)want_word(r, preview, "data",
	    "preview.data", data_words, DATA_READONLY);
	m->preview_access = (enum manifest_access)want_word(r, preview, "access",
	    "preview.access", access_words, ACCESS_PUBLIC);
	m->cors_origins = origins(r, group(r, root, "cors"));
	m->blobs_public = prefixes(r, group(r, root, "blobs"));
}

struct manifest *
manifest_parse(const char *text, size_t len, rules_warn_fn *warn, void *arg)
{
	struct manifest *m = xcalloc(1, sizeof(*m));
	struct reading r = { warn, arg };
	struct why why = { 0 };
	json_t *root = NULL;

	if (text != NULL && len > LIMIT_MANIFEST)
		tell(&r, "the file", "is larger than 256 KiB");
	else if (text != NULL && json_parse(text, len, &root, &why) != FZ_OK)
		tell(&r, "no JSON", why.text);
	else if (root != NULL && !json_is_object(root))
		tell(&r, "the file", "is no JSON object");
	fill(m, &r, root);
	json_decref(root);
	return m;
}

void
manifest_free(struct manifest *m)
{
	if (m == NULL)
		return;
	for (char **p = m->cors_origins; p != NULL && *p != NULL; p++)
		free(*p);
	free(m->cors_origins);
	for (char **p = m->blobs_public; p != NULL && *p != NULL; p++)
		free(*p);
	free(m->blobs_public);
	free(m);
}
