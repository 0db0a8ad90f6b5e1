/*
 * A version never changes, so it is read once and kept by the cache until others need
 * the room.  The key is more than the version's id: the digest and the creation time
 * make it safe against ids that are used again, and the draft flag is in it because
 * going live dates the files.
 *
 * The rule files are capped like the manifest; one that is larger is left out (the
 * deploy has warned).  Types and dates repeat from file to file and are stored once.
 *
 * What may be kept for a year must be recognised with care: a wrong yes cannot be taken
 * back from browsers, a wrong no costs a revalidation.  So digits alone are no hash
 * (dates), and neither is a word with a number at its end.
 */
#include "fcgi/edition.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/mime.h"
#include "base/str.h"
#include "runtime/script.h"
#include "store/blob.h"

#define HASH_MIN 8

static bool
hex_hash(const char *s, size_t n)
{
	bool letter = false;

	for (size_t i = 0; i < n; i++) {
		bool digit = s[i] >= '0' && s[i] <= '9';

		if (!digit && (s[i] < 'a' || s[i] > 'f'))
			return false;
		letter |= !digit;
	}
	return letter;
}

/* Capitals, and a digit that a letter follows: "5XKWPN2D" but not "Summer2024". */
static bool
base64_hash(const char *s, size_t n)
{
	bool upper = false, inner = false, digit = false;

	for (size_t i = 0; i < n; i++) {
		bool number = s[i] >= '0' && s[i] <= '9';
		bool big = s[i] >= 'A' && s[i] <= 'Z';

		if (!number && !big && s[i] != '_' && (s[i] < 'a' || s[i] > 'z'))
			return false;
		upper |= big;
		inner |= digit && !number;
		digit |= number;
	}
	return upper && inner;
}

/* Has the file name, after its first part, a part that looks like a hash? */
static bool
hashed_name(const char *name)
{
	const char *p = name + strcspn(name, ".-_");
	size_t n;

	while (*p != '\0') {
		p++;
		n = strcspn(p, ".-");
		if (n >= HASH_MIN && (hex_hash(p, n) || base64_hash(p, n)))
			return true;
		n = strcspn(p, ".-_");
		if (n >= HASH_MIN && hex_hash(p, n))
			return true;
		p += n;
	}
	return false;
}

enum edition_age
edition_age_of(const char *path, const char *mime)
{
	const char *name = strrchr(path, '/');

	name = name == NULL ? path : name + 1;
	if (mime_is(mime, "text/html") || mime_is(mime, "application/xhtml+xml"))
		return EDITION_CHECK;
	if (str_starts(path, "assets/") && strchr(name + (*name == '-'), '-') != NULL)
		return EDITION_FOREVER;
	return hashed_name(name) ? EDITION_FOREVER : EDITION_SHORT;
}

/* FNV-1a: the paths are the deployer's, a visitor cannot choose the chains. */
static uint32_t
path_hash(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ^ h >> 15;
}

const struct edition_file *
edition_find(const struct edition *e, const char *path, size_t len)
{
	uint32_t i = e->nfiles == 0 ? 0 : e->index[path_hash(path, len) & e->mask];

	while (i != 0) {
		const struct edition_file *f = &e->files[i - 1];

		if (strncmp(f->path, path, len) == 0 && f->path[len] == '\0')
			return f;
		i = f->chain;
	}
	return NULL;
}

static void
edition_destroy(struct cache_object *o)
{
	struct edition *e = (struct edition *)o;

	rules_free(e->rules);
	manifest_free(e->manifest);
	arena_free(e->arena);
	free(e->files);
	free(e->index);
	free(e);
}

/* The same type text as an earlier file has, or a copy. */
static const char *
shared_mime(struct edition *e, size_t at, const char *mime)
{
	size_t back = at < 64 ? at : 64;

	/* It becomes a header without another look. */
	for (const char *p = mime; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return "application/octet-stream";
	for (size_t i = at; i > at - back; i--)
		if (strcmp(e->files[i - 1].mime, mime) == 0)
			return e->files[i - 1].mime;
	return arena_strdup(e->arena, mime);
}

static const char *
shared_date(struct edition *e, size_t at, int64_t since)
{
	char text[CLOCK_HTTP_LEN];

	if (at > 0 && e->files[at - 1].since == since)
		return e->files[at - 1].modified;
	clock_http(text, since);
	return arena_strdup(e->arena, text);
}

static void
add_file(struct edition *e, size_t at, const struct file *f)
{
	struct edition_file *to = &e->files[at];
	uint32_t *slot;

	to->path = arena_strdup(e->arena, f->path);
	to->blob = f->blob;
	memcpy(to->sha256, f->sha256, sizeof(to->sha256));
	to->size = f->size;
	to->gz = f->gz;
	to->br = f->br;
	to->mime = shared_mime(e, at, f->mime);
	to->modified = shared_date(e, at, f->since);
	to->since = f->since;
	to->age = edition_age_of(f->path, f->mime);
	slot = &e->index[path_hash(to->path, strlen(to->path)) & e->mask];
	to->chain = *slot;
	*slot = (uint32_t)at + 1;
	e->object.cost += sizeof(*to) + strlen(to->path) + 40;
}

static void
add_files(struct edition *e, const struct file *v, size_t n)
{
	size_t slots = 16;

	while (slots < n)
		slots *= 2;
	e->files = xcalloc(n, sizeof(*e->files));
	e->index = xcalloc(slots, sizeof(*e->index));
	e->mask = (uint32_t)slots - 1;
	for (size_t i = 0; i < n; i++)
		add_file(e, i, &v[i]);
	e->nfiles = n;
	e->object.cost += slots * sizeof(*e->index);
}

/* A rule file's text; NULL when it is absent or too large. */
static enum fz_err
read_text(const struct edition *e, struct reader *rd, const char *path, void **text,
    size_t *len)
{
	const struct edition_file *f = edition_find(e, path, strlen(path));
	enum fz_err err;

	if (f == NULL || f->size > LIMIT_MANIFEST)
		return FZ_OK;
	err = blob_read(rd, f->blob, BLOB_PLAIN, LIMIT_MANIFEST, text, len);
	return err == FZ_PAYLOAD_TOO_LARGE ? FZ_OK : err;
}

static enum fz_err
add_rules(struct edition *e, struct reader *rd)
{
	void *headers = NULL, *redirects = NULL;
	size_t nheaders = 0, nredirects = 0;
	enum fz_err err = read_text(e, rd, "_headers", &headers, &nheaders);

	if (err == FZ_OK)
		err = read_text(e, rd, "_redirects", &redirects, &nredirects);
	if (err == FZ_OK && (headers != NULL || redirects != NULL)) {
		e->rules = rules_parse(headers, nheaders, redirects, nredirects, NULL,
		    NULL);
		e->object.cost += 4 * (nheaders + nredirects) + 16 * KIB;
	}
	free(headers);
	free(redirects);
	return err;
}

/* The first one counts when there are several (runtime/script.h). */
static const char *
find_main(const struct edition *e)
{
	const struct edition_file *f;
	const char *path;

	for (int i = 0;; i++) {
		path = script_main(i);
		f = path == NULL ? NULL : edition_find(e, path, strlen(path));
		if (path == NULL || f != NULL)
			return f == NULL ? NULL : f->path;
	}
}

struct loading {
	struct store		*store;
	const struct version	*version;
};

static enum fz_err
fill(struct edition *e, const struct loading *l, struct arena *scratch)
{
	struct file *files = NULL;
	struct reader *rd;
	size_t n = 0;
	enum fz_err err = reader_open(l->store, &rd);

	if (err != FZ_OK)
		return err;
	err = file_list(rd, scratch, l->version->id, &files, &n);
	if (err == FZ_OK) {
		add_files(e, files, n);
		err = add_rules(e, rd);
	}
	reader_close(rd);
	return err;
}

static enum fz_err
load(void *arg, struct cache_object **out)
{
	const struct loading *l = arg;
	const char *manifest = l->version->manifest;
	struct edition *e = xcalloc(1, sizeof(*e));
	struct arena *scratch = arena_new();
	enum fz_err err;

	cache_object_init(&e->object, sizeof(*e) + 8 * KIB, edition_destroy);
	e->version = l->version->id;
	e->arena = arena_new();
	e->manifest = manifest_parse(manifest, manifest == NULL ? 0 : strlen(manifest),
	    NULL, NULL);
	err = fill(e, l, scratch);
	arena_free(scratch);
	if (err != FZ_OK) {
		cache_unref(&e->object);
		return err;
	}
	e->main = find_main(e);
	*out = &e->object;
	return FZ_OK;
}

enum fz_err
edition_get(struct cache *cache, struct store *store, const struct version *v,
    struct edition **out)
{
	struct {
		int64_t	 id;
		int64_t	 created;
		int64_t	 draft;
		uint8_t	 digest[SHA256_LEN];
	} key = { v->id, v->created, v->draft, { 0 } };
	struct loading l = { store, v };
	struct cache_object *o = NULL;
	enum fz_err err;

	memcpy(key.digest, v->digest, sizeof(key.digest));
	err = cache_get(cache, &key, sizeof(key), 0, load, &l, &o);
	if (err == FZ_OK)
		*out = (struct edition *)o;
	return err;
}
