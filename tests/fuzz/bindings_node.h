/*
 * For fuzz_bindings.c: a node with two apps, their data, and canaries in what the fuzzed
 * one must not see: data of the other app and of another user, under the names its own
 * data has.
 */
#ifndef TESTS_BINDINGS_NODE_H
#define TESTS_BINDINGS_NODE_H

#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/node.h"
#include "base/seal.h"
#include "base/str.h"
#include "runtime/guard.h"
#include "runtime/script.h"
#include "runtime/transpile.h"
#include "store/app.h"
#include "store/blob.h"
#include "store/code.h"
#include "store/data.h"
#include "store/doc.h"
#include "store/env.h"
#include "store/kv.h"
#include "store/object.h"
#include "store/recorder.h"
#include "store/sql.h"
#include "store/upload.h"
#include "store/version.h"

#define USER 7
#define OTHER_USER 8
#define CANARY_LEN 33			/* whole in base64 */

static const char main_js[] =
    "if (request.method === 'POST')\n"
    "	return new Function('require', 'module', 'exports', request.text())"
    "(require, module, exports);\n"
    "var seen = [1 + 1, fazt.app.id, fazt.auth.getUser()];\n"
    "[this, Object, Object.prototype, Function.prototype, Array, Array.prototype,\n"
    "    String.prototype, RegExp.prototype, Promise.prototype, JSON, Math, fazt,\n"
    "    fazt.app, fazt.app.kv, fazt.app.ds, fazt.app.s3, fazt.app.user, fazt.auth,\n"
    "    fazt.env, fazt.crypto, respond, console, request].forEach(function (o) {\n"
    "	seen.push(Object.getOwnPropertyNames(o).join(' '), Object.isFrozen(o));\n"
    "});\n"
    "for (var name in {}) seen.push(name);\n"
    "respond(200, JSON.stringify(seen), {'X-Plain': String(Math.max(1, 2))});\n";

static char dir[] = "/tmp/fazt-fuzz-XXXXXX";
static struct node node;
static struct script script;
static int64_t foreign;
static char upload[UPLOAD_ID_LEN + 1];
static struct blob_info own_blob, canary_blob;
static char canary[CANARY_LEN + 1], canary64[CANARY_LEN / 3 * 4 + 1];
static uint64_t commits;

static void
must_at(bool ok, const char *what, int line)
{
	if (ok)
		return;
	fprintf(stderr, "line %d: not true: %s\n", line, what);
	abort();
}
#define must(ok) must_at((ok), #ok, __LINE__)

/* --- the store --- */

static struct blob_info
receive(const char *text)
{
	struct blob_in *in = blob_in_new(node.store, upload, false);
	struct blob_info info;

	must(blob_in_add(in, text, strlen(text)) == FZ_OK);
	must(blob_in_end(in, &info) == FZ_OK);
	blob_in_free(in);
	return info;
}

static void
put_data(struct writer *w, struct arena *a, int64_t app, int64_t user, const char *text,
    const struct blob_info *blob)
{
	struct space space = { app, user };
	struct doc_at at = { .space = space, .collection = "c", .now = 1000 };
	const char *json = arena_printf(a, "\"%s\"", text), *id;
	const char *doc = arena_printf(a, "{\"id\":\"a\",\"s\":\"%s\"}", text);

	must(kv_set(w, space, &script.quota, "k", json, strlen(json), 0) == FZ_OK);
	must(doc_insert(w, a, &at, doc, strlen(doc), &id, NULL) == FZ_OK);
	must(doc_index(w, a, &at, "\"s\"", NULL, &id, NULL) == FZ_OK);
	must(doc_search_index(w, a, &at, "\"s\"", NULL) == FZ_OK);
	must(object_put(w, space, &script.quota, NULL, "o.txt", blob, "text/plain", 1000) ==
	    FZ_OK);
	if (user == 0)
		must(env_set(w, node.seal, app, "VALUE", text, strlen(text), 1000) ==
		    FZ_OK);
}

static void
put_own(struct writer *w, struct arena *a)
{
	put_data(w, a, script.app, 0, "own", &own_blob);
	put_data(w, a, script.app, USER, "own", &own_blob);
	put_data(w, a, script.app, OTHER_USER, canary, &canary_blob);
}

static int64_t
count(struct reader *rd, const char *sql, const char *fmt, const char *text)
{
	int64_t n = -1;

	must(sql_get_int(rd, &n, sql, fmt, text) == FZ_OK);
	return n;
}

static void
canaries_are_there(struct reader *rd)
{
	int64_t n;

	must(count(rd, "SELECT count(*) FROM kv WHERE value='\"'||?1||'\"'", "t",
	    canary) == 3);
	must(count(rd, "SELECT count(*) FROM doc WHERE data='{\"s\":\"'||?1||'\"}'", "t",
	    canary) == 3);
	must(sql_get_int(rd, &n, "SELECT count(*) FROM object WHERE blob=?1", "i",
	    canary_blob.id) == FZ_OK);
	must(n == 3);
}

/* The app's data as it was; nobody else may hold the writer. */
static void
restore(struct arena *a)
{
	struct store_stats stats;
	struct writer *w;
	int64_t n;

	store_stats(node.store, &stats);
	must(writer_begin(node.store, 5000, &w) == FZ_OK);
	if (stats.commits == commits) {
		writer_abort(w);
		return;
	}
	canaries_are_there(writer_reader(w));
	/* Swept as what a purged app leaves. */
	must(sql_run(w, "INSERT OR IGNORE INTO garbage_app VALUES(?1)", "i", script.app) ==
	    FZ_OK);
	do {
		must(data_sweep(w, &n) == FZ_OK);
	} while (n > 0);
	must(count(writer_reader(w), "SELECT count(*) FROM doc d WHERE NOT EXISTS(SELECT 1"
	    " FROM collection WHERE id=d.collection)", "", NULL) == 0);
	put_own(w, a);
	must(blob_sweep(w, 1000, &n) == FZ_OK);
	must(writer_commit(w, NULL) == FZ_OK);
	store_stats(node.store, &stats);
	commits = stats.commits;
}

/* --- setting up --- */

static int64_t
make_app(struct writer *w, struct arena *a, const char *title, char **uid)
{
	struct app app = { .title = title };

	must(app_create(w, a, &app) == FZ_OK);
	if (uid != NULL)
		*uid = xstrdup(app.uid);
	return app.id;
}

/* As if the translator had read it: line by line what it was. */
static void
put_code(struct writer *w, struct arena *a, const char *path, const char *text,
    int64_t blob)
{
	static uint32_t map[200];
	const char *js = arena_printf(a, "(function (exports, require, module, __host) {"
	    "%s\n})", text);
	struct code code = { .js = js, .js_len = strlen(js), .map = map,
		.map_len = sizeof(map), .uses = "[\"./lib\",\"./data.json\"]" };

	for (uint32_t i = 0; i < 100; i++) {
		map[2 * i] = i + 1;
		map[2 * i + 1] = 1;
	}
	if (transpile_kind_of(path) >= 0)
		must(code_put(w, blob, transpile_kind_of(path), transpile_tool, &code) ==
		    FZ_OK);
}

/* Pairs of path and text, by path. */
static int64_t
make_version(struct arena *a, int64_t app, const char *const files[][2], size_t n)
{
	struct version v = { .app = app, .manifest = "{}", .message = "",
		.source = "deploy", .source_url = "", .source_ref = "",
		.source_commit = "", .deployed_by = "" };
	struct file list[8] = { { 0 } };
	struct blob_info info;
	struct writer *w;

	for (size_t i = 0; i < n; i++) {
		info = receive(files[i][1]);
		list[i].path = files[i][0];
		list[i].mime = "text/plain";
		list[i].blob = info.id;
		list[i].size = info.size;
		memcpy(list[i].sha256, info.sha256, sizeof(list[i].sha256));
	}
	must(writer_begin(node.store, 5000, &w) == FZ_OK);
	must(version_create(w, &v, list, n) == FZ_OK);
	for (size_t i = 0; i < n; i++)
		put_code(w, a, files[i][0], files[i][1], list[i].blob);
	must(writer_commit(w, NULL) == FZ_OK);
	return v.id;
}

static void
make_canary(void)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char random[CANARY_LEN];

	must(getentropy(random, sizeof(random)) == 0);
	for (size_t i = 0; i < CANARY_LEN; i++)
		canary[i] = digits[random[i] % 32];
	(void)EVP_EncodeBlock((unsigned char *)canary64, (unsigned char *)canary,
	    CANARY_LEN);
}

static void
open_node(void)
{
	static const uint8_t key[SEAL_KEY_LEN] = { 1, 2, 3 };
	struct store_options o = { .readers = 4, .may_create = true };
	struct why why = { 0 };
	char path[64];

	must(mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/data.db", dir);
	o.path = path;
	must(store_open(&o, &node.store, &why) == FZ_OK);
	node.version = "0";
	node.domain = "example.com";
	node.admin_host = "admin.example.com";
	node.auth_host = "login.example.com";
	node.scheme = "https";
	node.port_suffix = "";
	node.state_dir = node.tmp_dir = dir;
	node.max_upload = MIB;
	node.seal = seal_of_key(key);
	node.recorder = recorder_open(node.store);
	must(scripts_open(64 * MIB, &node.scripts, &why) == FZ_OK);
}

static void
fill(struct arena *a)
{
	const char *const own[][2] = {
		{ "api/data.json", "{\"a\":[1,null,\"x\"]}" },
		{ "api/lib.js", "exports.twice = function (n) { return 2 * n };" },
		{ "api/main.js", main_js },
		{ "private/own.json", "{\"own\":true}" },
	};
	const char *const others[][2] = {
		{ "api/lib.js", canary },
		{ "private/own.json", canary },
	};
	struct writer *w;

	must(writer_begin(node.store, 5000, &w) == FZ_OK);
	script.app = make_app(w, a, "own", (char **)&script.app_uid);
	foreign = make_app(w, a, "foreign", NULL);
	must(writer_commit(w, NULL) == FZ_OK);
	must(upload_open(node.store, upload) == FZ_OK);
	own_blob = receive("own");
	canary_blob = receive(canary);
	script.version = make_version(a, script.app, own, 4);
	(void)make_version(a, foreign, others, 2);
	must(writer_begin(node.store, 5000, &w) == FZ_OK);
	put_data(w, a, foreign, 0, canary, &canary_blob);
	put_data(w, a, foreign, USER, canary, &canary_blob);
	put_own(w, a);
	must(writer_commit(w, NULL) == FZ_OK);
}

static void
close_node(void)
{
	char path[96];

	scripts_close(node.scripts);
	recorder_close(node.recorder);
	seal_free(node.seal);
	store_close(node.store);
	free((char *)script.app_uid);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/data.db%s", dir,
		    i == 0 ? "" : i == 1 ? "-wal" : "-shm");
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

#endif
