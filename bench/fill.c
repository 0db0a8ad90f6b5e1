/*
 * fill STATE APPS FILES: put APPS apps of FILES small files each into a state that init
 * made, through the store's own operations.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/alias.h"
#include "store/app.h"
#include "store/blob.h"
#include "store/store.h"
#include "store/upload.h"
#include "store/version.h"

static void
must(enum fz_err err, const char *what)
{
	if (err == FZ_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, err_code(err));
	exit(1);
}

static void
make_file(struct store *store, const char *upload, int app, int n, struct file *f,
    struct arena *arena)
{
	struct blob_in *in = blob_in_new(store, upload, true);
	struct blob_info info;
	char text[2048];
	int len = snprintf(text, sizeof(text), "<!doctype html><title>%d/%d</title>", app, n);

	memset(text + len, 'a' + n % 26, sizeof(text) - (size_t)len);
	must(blob_in_add(in, text, sizeof(text)), "bytes");
	must(blob_in_end(in, &info), "blob");
	blob_in_free(in);
	f->path = n == 0 ? "index.html" : arena_printf(arena, "page-%03d.html", n);
	f->blob = info.id;
	memcpy(f->sha256, info.sha256, SHA256_LEN);
	f->size = info.size;
	f->mime = "text/html; charset=utf-8";
}

static void
make_app(struct store *store, int i, int nfiles)
{
	struct arena *arena = arena_new();
	struct file *files = arena_alloc(arena, (size_t)nfiles * sizeof(*files));
	const char *name = arena_printf(arena, "app%d", i);
	struct app app = { .title = name, .description = "", .tags = "[]",
		.visibility = "unlisted", .source = "deploy", .source_url = "",
		.source_ref = "", .source_commit = "", .original_id = "",
		.forked_from_id = "" };
	struct alias alias = { .name = name, .type = ALIAS_PROXY, .url = "", .status = 301 };
	struct version v = { .manifest = "{}", .message = "", .source = "deploy",
		.source_url = "", .source_ref = "", .source_commit = "", .deployed_by = "" };
	char upload[UPLOAD_ID_LEN + 1];
	struct writer *w;

	must(upload_open(store, upload), "upload");
	for (int n = 0; n < nfiles; n++)
		make_file(store, upload, i, n, &files[n], arena);
	must(writer_begin(store, 5000, &w), "begin");
	must(app_create(w, arena, &app), "app");
	alias.app = app.id;
	must(alias_put(w, &alias), "alias");
	v.app = app.id;
	must(version_create(w, &v, files, (size_t)nfiles), "version");
	must(version_go_live(w, app.id, v.id), "live");
	must(upload_close(w, upload), "close");
	must(writer_commit(w, NULL), "commit");
	arena_free(arena);
}

int
main(int argc, char **argv)
{
	struct store_options options = { .readers = 2 };
	struct store *store;
	struct why why = { { 0 } };
	char path[512];

	if (argc != 4)
		return 2;
	snprintf(path, sizeof(path), "%s/data.db", argv[1]);
	options.path = path;
	must(store_open(&options, &store, &why), why.text);
	for (int i = 0; i < strtol(argv[2], NULL, 10); i++)
		make_app(store, i, (int)strtol(argv[3], NULL, 10));
	store_close(store);
	return 0;
}
