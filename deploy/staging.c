/*
 * The list of files on its way to a version.  Whatever fills it (an archive, a delta
 * upload, one changed file, a copied version) goes through the same few functions, so a
 * rule about names or sizes stands here once and no source can forget it.
 *
 * Bytes go to the store as they come and are never held here; what is held per file is
 * its name and one row, so ten thousand files cost a few megabytes.  Sizes are counted,
 * announced ones only end things sooner.
 *
 * Duplicates are looked for when the list is complete: one sort by the folded name puts
 * equal names, and a file and the folder of its name, next to each other, and costs no
 * table that a peer could fill.  '/' sorts first in it, else "a!" would stand between
 * "a" and "a/b".
 */
#include "deploy/staging.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mime.h"
#include "base/path.h"
#include "base/str.h"
#include "deploy/refuse.h"
#include "deploy/staging_impl.h"

#define WARNINGS_KEPT 100

static struct staging *
make(struct store *store, struct arena *a)
{
	struct staging *st = xcalloc(1, sizeof(*st));

	st->store = store;
	st->arena = a;
	st->warnings = json_array();
	return st;
}

enum fz_err
staging_new(struct store *store, struct arena *a, struct staging **out)
{
	struct staging *st = make(store, a);
	enum fz_err err;

	err = upload_open(store, st->upload);
	if (err != FZ_OK) {
		st->keep = true;
		staging_free(st);
		return err;
	}
	*out = st;
	return FZ_OK;
}

struct staging *
staging_of_upload(struct store *store, struct arena *a, const char *upload_id)
{
	struct staging *st = make(store, a);

	st->keep = true;
	snprintf(st->upload, sizeof(st->upload), "%s", upload_id);
	return st;
}

void
staging_free(struct staging *st)
{
	if (st == NULL)
		return;
	blob_in_free(st->in);
	if (!st->keep)
		upload_drop(st->store, st->upload);
	json_decref(st->warnings);
	free(st->v);
	free(st);
}

void
staging_warn(struct staging *st, const char *file, int line, int column, const char *fmt,
    ...)
{
	char text[400];
	json_t *w;
	va_list ap;

	if (json_array_size(st->warnings) >= WARNINGS_KEPT) {
		st->unsaid++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	w = json_pack("{s:s}", "file", file);
	if (line > 0)
		json_object_set_new(w, "line", json_integer(line));
	if (line > 0 && column > 0)
		json_object_set_new(w, "column", json_integer(column));
	/* A text cut inside a character is no string to jansson. */
	json_object_set_new(w, "message",
	    json_string(str_utf8_ok(text, strlen(text)) ? text : "this line is refused"));
	json_array_append_new(st->warnings, w);
}

size_t
staging_count(const struct staging *st)
{
	return st->n;
}

static bool
segment_is(const char *p, size_t n, const char *name)
{
	return strlen(name) == n && strncasecmp(p, name, n) == 0;
}

/* Length of the leading part of path that is left out of every deploy, 0 = none. */
static size_t
dropped(const char *path)
{
	const char *p = path;

	for (;;) {
		size_t n = strcspn(p, "/");
		bool last = p[n] == '\0';

		if (segment_is(p, n, ".git") || segment_is(p, n, "__MACOSX") ||
		    (last && segment_is(p, n, ".DS_Store")) ||
		    (last && strncasecmp(p, ".env", 4) == 0))
			return (size_t)(p - path) + n + (last ? 0 : 1);
		if (last)
			return 0;
		p += n + 1;
	}
}

static void
warn_dropped(struct staging *st, const char *path, size_t n)
{
	const char *what = arena_strndup(st->arena, path, n);
	size_t i;
	json_t *w;

	json_array_foreach(st->warnings, i, w)
		if (strcmp(json_string_value(json_object_get(w, "file")), what) == 0)
			return;
	staging_warn(st, what, 0, 0, "left out of the deploy");
}

/* The checked name in *path; *skip when it is left out. */
static enum fz_err
check_name(struct staging *st, struct response *rs, const char *name, const char **path,
    bool *skip)
{
	const char *reason, *checked;
	size_t n;

	checked = path_file(st->arena, name, &reason);
	if (checked == NULL)
		return refuse_entry(rs, name, reason);
	n = dropped(checked);
	if (n > 0)
		warn_dropped(st, checked, n);
	*skip = n > 0;
	*path = checked;
	return FZ_OK;
}

enum fz_err
staging_folder(struct staging *st, struct response *rs, const char *name)
{
	const char *path;
	bool skip;

	return check_name(st, rs, name, &path, &skip);
}

static enum fz_err
check_room(struct staging *st, struct response *rs, const char *path, uint64_t size)
{
	if (st->n >= LIMIT_ENTRIES)
		return refuse_entry(rs, path, "it is one file too many");
	if (size > LIMIT_FILE)
		return refuse_entry(rs, path, "it is too large");
	if (size > LIMIT_TREE - st->total)
		return refuse_entry(rs, path, "all files together are too large");
	return FZ_OK;
}

static void
append(struct staging *st, const char *path, const struct blob_info *b)
{
	struct file *f;

	if (st->n == st->cap) {
		st->cap = st->cap > 0 ? 2 * st->cap : 64;
		st->v = xreallocarray(st->v, st->cap, sizeof(*st->v));
	}
	f = &st->v[st->n++];
	memset(f, 0, sizeof(*f));
	f->path = path;
	f->blob = b->id;
	memcpy(f->sha256, b->sha256, sizeof(f->sha256));
	f->size = b->size;
	f->gz = b->gz;
	f->br = b->br;
	f->mime = mime_of(path);
}

enum fz_err
staging_file(struct staging *st, struct response *rs, const char *name, int64_t size,
    bool *skip)
{
	bool compress, left_out;
	const char *path;
	enum fz_err err;

	blob_in_free(st->in);
	st->in = NULL;
	err = check_name(st, rs, name, &path, &left_out);
	if (err == FZ_OK && !left_out)
		err = check_room(st, rs, path, size > 0 ? (uint64_t)size : 0);
	if (err != FZ_OK)
		return err;
	*skip = left_out;
	if (left_out)
		return FZ_OK;
	compress =
	    mime_is_text(mime_of(path)) && (size < 0 || size >= LIMIT_COMPRESS_FROM);
	st->in = blob_in_new(st->store, st->upload, compress);
	st->path = path;
	st->got = 0;
	return FZ_OK;
}

enum fz_err
staging_bytes(struct staging *st, struct response *rs, const void *p, size_t n)
{
	enum fz_err err;

	err = check_room(st, rs, st->path, st->got + n);
	if (err != FZ_OK)
		return err;
	st->got += n;
	return blob_in_add(st->in, p, n);
}

enum fz_err
staging_file_end(struct staging *st)
{
	struct blob_info b;
	enum fz_err err;

	err = blob_in_end(st->in, &b);
	blob_in_free(st->in);
	st->in = NULL;
	if (err != FZ_OK)
		return err;
	st->total += b.size;
	append(st, st->path, &b);
	return FZ_OK;
}

enum fz_err
staging_known(struct staging *st, struct response *rs, const char *name,
    const struct blob_info *b)
{
	const char *path;
	enum fz_err err;
	bool skip;

	err = check_name(st, rs, name, &path, &skip);
	if (err == FZ_OK && !skip)
		err = check_room(st, rs, path, b->size);
	if (err != FZ_OK || skip)
		return err;
	st->total += b->size;
	append(st, path, b);
	return FZ_OK;
}

enum fz_err
staging_strip(struct staging *st, struct response *rs)
{
	size_t i, n;

	if (st->n == 0)
		return FZ_OK;
	n = strcspn(st->v[0].path, "/") + 1;
	for (i = 0; i < st->n; i++)
		if (strncmp(st->v[i].path, st->v[0].path, n) != 0 ||
		    st->v[i].path[n - 1] != '/')
			return refuse_entry(rs, st->v[i].path,
			    "the files do not share one leading folder to strip");
	for (i = 0; i < st->n; i++) {
		st->v[i].path += n;
		st->v[i].mime = mime_of(st->v[i].path);
	}
	return FZ_OK;
}

struct folded {
	const char	*name;
	const char	*path;
};

static int
rank(char c)
{
	return c == '/' ? 1 : (unsigned char)c;	/* control bytes are in no name */
}

static int
by_folded(const void *a, const void *b)
{
	const char *x = ((const struct folded *)a)->name;
	const char *y = ((const struct folded *)b)->name;

	while (*x != '\0' && *x == *y) {
		x++;
		y++;
	}
	return rank(*x) - rank(*y);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static enum fz_err
check_distinct(struct response *rs, const struct folded *v, size_t n)
{
	size_t i, len;

	for (i = 1; i < n; i++) {
		len = strlen(v[i - 1].name);
		if (strcmp(v[i - 1].name, v[i].name) == 0)
			return refuse_entry(
			    rs, v[i].path, "another file has the same name");
		if (strncmp(v[i - 1].name, v[i].name, len) == 0 && v[i].name[len] == '/')
			return refuse_entry(
			    rs, v[i].path, "a file stands for its folder");
	}
	return FZ_OK;
}

enum fz_err
staging_seal(struct staging *st, struct response *rs)
{
	struct folded *f = xcalloc(st->n + 1, sizeof(*f));
	enum fz_err err = FZ_OK;
	size_t i;

	for (i = 0; i < st->n && err == FZ_OK; i++) {
		f[i].path = st->v[i].path;
		f[i].name = str_fold(st->arena, f[i].path);
		if (f[i].name == NULL)
			err = refuse_entry(rs, f[i].path, "it is not UTF-8");
	}
	if (err == FZ_OK) {
		qsort(f, st->n, sizeof(*f), by_folded);
		err = check_distinct(rs, f, st->n);
	}
	free(f);
	if (err == FZ_OK && st->n > 0)
		qsort(st->v, st->n, sizeof(*st->v), by_path);
	return err;
}
