/*
 * What one request of a script costs inside the process, without HTTP: the fresh world, the
 * handler, a look-up by index, the translation at deploy.  Medians of several rounds; the
 * figures are microseconds of this machine, the ratios beside them are what counts.
 *
 *	script_bench [--dir DIR]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/node.h"
#include "runtime/guard.h"
#include "runtime/script.h"
#include "runtime/transpile.h"
#include "runtime/world.h"
#include "store/app.h"
#include "store/blob.h"
#include "store/doc.h"
#include "store/recorder.h"
#include "store/upload.h"
#include "store/version.h"

#define ROUNDS 5
#define DOCS 100000

static struct node node;
static struct script site;
static int missed;

static void
must(enum fz_err err, const char *what)
{
	if (err == FZ_OK)
		return;
	(void)fprintf(stderr, "script_bench: %s: %s\n", what, err_code(err));
	exit(1);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median over the rounds of fn's microseconds a call. */
static double
measure(void (*fn)(void *), void *arg, int calls)
{
	double us[ROUNDS];

	fn(arg);
	for (int r = 0; r < ROUNDS; r++) {
		int64_t from = clock_mono_us();

		for (int i = 0; i < calls; i++)
			fn(arg);
		us[r] = (double)(clock_mono_us() - from) / calls;
	}
	qsort(us, ROUNDS, sizeof(us[0]), by_value);
	return us[ROUNDS / 2];
}

static void
row(const char *what, double us, double goal)
{
	(void)printf("%-56s %10.1f us", what, us);
	if (goal > 0)
		(void)printf("   want <= %.0f  %s", goal, us <= goal ? "ok" : "MISSED");
	(void)printf("\n");
	if (goal > 0 && us > goal)
		missed = 1;
}

static void
make_app(struct arena *a)
{
	struct app app = { .title = "bench" };
	struct writer *w;

	must(writer_begin(node.store, 5000, &w), "begin");
	must(app_create(w, a, &app), "app_create");
	must(writer_commit(w, NULL), "commit");
	site = (struct script){ .app = app.id, .app_uid = "fazt_app_bench",
		.alias = "bench", .host = "bench.example.com" };
	quota_read(NULL, &site.quota);
}

/* A version with this api/main.js. */
static void
deploy(const char *text)
{
	struct version v = { .app = site.app, .manifest = "{}", .message = "",
		.source = "deploy", .source_url = "", .source_ref = "",
		.source_commit = "", .deployed_by = "" };
	struct file f = { .path = "api/main.js", .mime = "text/javascript" };
	char upload[UPLOAD_ID_LEN + 1];
	struct blob_info info;
	struct blob_in *in;
	struct writer *w;

	must(upload_open(node.store, upload), "upload");
	in = blob_in_new(node.store, upload, false);
	must(blob_in_add(in, text, strlen(text)), "blob");
	must(blob_in_end(in, &info), "blob");
	blob_in_free(in);
	f.blob = info.id;
	f.size = info.size;
	memcpy(f.sha256, info.sha256, sizeof(f.sha256));
	must(writer_begin(node.store, 5000, &w), "begin");
	must(version_create(w, &v, &f, 1), "version");
	must(upload_close(w, upload), "upload");
	must(writer_commit(w, NULL), "commit");
	site.version = v.id;
	site.deploy = v.n;
}

static void
answer_once(void *arg)
{
	struct arena *a = arg;
	struct script_used used = { 0 };
	struct response rs;
	struct request rq = { .arena = a, .node = &node, .method = METHOD_GET,
		.method_name = "GET", .path = "/api/x", .query = "", .ip = "192.0.2.7",
		.content_type = "", .content_length = -1, .id = "0123456789abcdef",
		.host = "bench.example.com",
		.caller = { .role = ROLE_ANON, .name = "anonymous" } };

	response_init(&rs, a);
	script_answer(&site, &rq, &rs, &used);
	if (rs.status != 200) {
		(void)fprintf(stderr, "script_bench: status %d: %.*s\n", rs.status,
		    (int)rs.len, (const char *)rs.bytes);
		exit(1);
	}
	response_fini(&rs);
	arena_reset(a);
}

static double
script_us(struct arena *a, const char *source)
{
	deploy(source);
	return measure(answer_once, a, 4000);
}

static void
bench_requests(struct arena *a)
{
	double hello = script_us(a, "respond('hello world\\n')");
	double none = script_us(a, "");
	double json = script_us(a, "const items = []; for (let i = 0; i < 10; i++)"
	    " items.push({ id: i, name: `item ${i}`, tags: ['a', 'b'] });"
	    " respond({ path: request.path, items })");
	double async = script_us(a, "export default async () => { const f = async (x) => x;"
	    " return { a: await f(1), b: await f(2) } }");
	double heavy = script_us(a, "const _ = require('lodash'), { z } = require('zod');"
	    " respond(_.chunk([1, 2, 3], 2).length + typeof z)");
	double get = script_us(a, "fazt.app.kv.get('k'); respond('ok')");

	row("a whole request: respond('hello world')", hello, 0);
	row("  empty main.js", none, 0);
	row("  10 objects as JSON", json, 0);
	row("  async handler with two awaits", async, 0);
	row("  with lodash and zod in the world", heavy, 0);
	row("  one kv.get", get, 0);
}

static void
restore_once(void *arg)
{
	world_restore(arg);
}

static double
restore_us(const char *source, size_t *base)
{
	struct program *program;
	struct library *library;
	struct world *world;
	struct why why = { 0 };
	double us;

	deploy(source);
	library = library_new();
	must(program_load(node.store, site.version, &program), "program");
	must(world_new(library, program, site.quota.heap_bytes, &world, &why), why.text);
	*base = world->base;
	us = measure(restore_once, world, 4000);
	world_free(world);
	program_free(program);
	library_free(library);
	return us;
}

static void
bench_isolation(void)
{
	size_t base, heavy;
	double us = restore_us("respond(1)", &base);
	double more = restore_us("require('lodash'); require('zod'); respond(1)", &heavy);

	row("isolation: a fresh world, nothing but the library", us, 10);
	(void)printf("  (%zu KiB copied; nothing of the last request in the caches of a core\n"
	    "   that did something else meanwhile costs more)\n", base / 1024);
	row("  with lodash and zod", more, 0);
	(void)printf("  (%zu KiB)\n", heavy / 1024);
}

/* --- documents --- */

static void
fill_documents(struct arena *a, const struct doc_at *at)
{
	struct why why = { 0 };
	struct writer *w;
	struct buf b;

	for (int i = 0; i < DOCS; i += DOC_MANY_MAX) {
		const char *ids;

		buf_init(&b, 4 * MIB);
		for (int k = i; k < i + DOC_MANY_MAX; k++)
			buf_printf(&b, "%c{\"name\":\"user%d\",\"score\":%d,\"status\":\"%s\","
			    "\"text\":\"%0200d\"}", k == i ? '[' : ',', k, k * 7919 % 100003,
			    k % 4 == 0 ? "active" : "idle", k);
		buf_putc(&b, ']');
		must(writer_begin(node.store, 5000, &w), "begin");
		must(doc_insert_many(w, a, at, b.data, b.len, &ids, &why), why.text);
		must(writer_commit(w, NULL), "commit");
		buf_fini(&b);
		arena_reset(a);
	}
}

struct look {
	struct arena	*arena;
	struct doc_at	 at;
	const char	*format;	/* of the query, one %d */
	const char	*opts;
	int		 n;
};

static void
find_once(void *arg)
{
	struct look *l = arg;
	struct doc_text found;
	struct why why = { 0 };
	struct reader *rd;
	char query[128];

	l->n = (l->n + 7919) % DOCS;
	(void)snprintf(query, sizeof(query), l->format, l->n);
	must(reader_open(node.store, &rd), "reader");
	must(doc_find(rd, l->arena, &l->at, query, l->opts, &found, &why), why.text);
	reader_close(rd);
	arena_reset(l->arena);
}

static void
bench_documents(struct arena *a)
{
	struct quota quota = site.quota;
	struct look look = { .arena = a, .at = { .space = { site.app, 0 },
		.collection = "people", .quota = &quota, .now = 1 } };
	struct why why = { 0 };
	struct writer *w;
	const char *name;

	fill_documents(a, &look.at);
	look.format = "{\"name\":\"user%d\"}";
	row("find one of 100,000 documents without an index", measure(find_once, &look, 3), 0);
	must(writer_begin(node.store, 5000, &w), "begin");
	must(doc_index(w, a, &look.at, "\"name\"", NULL, &name, &why), why.text);
	must(doc_index(w, a, &look.at, "\"score\"", NULL, &name, &why), why.text);
	must(writer_commit(w, NULL), "commit");
	row("  by index", measure(find_once, &look, 4000), 50);
	look.format = "{\"score\":{\"$gte\":%d}}";
	look.opts = "{\"sort\":\"score\",\"limit\":20}";
	row("  20 by range and sort", measure(find_once, &look, 2000), 0);
}

/* --- translation --- */

static void
translate_once(void *arg)
{
	const struct buf *b = arg;
	struct arena *a = arena_new();
	struct code code;

	must(transpile(a, TRANSPILE_MAIN, "api/main.js", b->data, b->len, &code), "transpile");
	if (code.error != NULL) {
		(void)fprintf(stderr, "script_bench: %d:%d: %s\n", code.line, code.column,
		    code.error);
		exit(1);
	}
	arena_free(a);
}

static void
bench_translation(void)
{
	static const char unit[] =
	    "class Cart%d {\n"
	    "  #items = new Map();\n"
	    "  static max = 10;\n"
	    "  add({ id, price, count = 1, ...rest }) {\n"
	    "    const old = this.#items.get(id)?.count ?? 0;\n"
	    "    this.#items.set(id, { price, count: old + count, ...rest });\n"
	    "    return this;\n"
	    "  }\n"
	    "  get total() {\n"
	    "    let sum = 0;\n"
	    "    for (const [, { price, count }] of this.#items) sum += price * count;\n"
	    "    return sum;\n"
	    "  }\n"
	    "  async save(kv, ...tags) {\n"
	    "    const text = `cart %d ${this.total.toFixed(2)} ${tags.join()}`;\n"
	    "    await Promise.all([...this.#items.keys()].map(async (k) => {\n"
	    "      kv.set(`item:${k}`, await this.#items.get(k));\n"
	    "    }));\n"
	    "    return text?.length > Cart%d.max ? [...text].slice(0, 10) : text;\n"
	    "  }\n"
	    "}\n";
	struct buf b;
	int lines = 0;

	buf_init(&b, MIB);
	for (int i = 0; lines < 1000; i++, lines += 21)
		buf_printf(&b, unit, i, i, i);
	buf_puts(&b, "respond(new Cart1().total);\n");
	row("translating 1,000 lines of modern main.js at deploy", measure(translate_once, &b, 1),
	    2e6);
	buf_fini(&b);
}

int
main(int argc, char **argv)
{
	struct store_options options = { .readers = 4, .may_create = true };
	char dir[] = "/tmp/fazt-bench-XXXXXX", path[80];
	struct arena *a = arena_new();
	struct why why = { 0 };

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "--help") == 0)) {
		(void)printf("usage: script_bench\n");
		return 2;
	}
	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/data.db", dir);
	options.path = path;
	must(store_open(&options, &node.store, &why), why.text);
	must(guard_start(&why), why.text);
	must(scripts_open(64 * MIB, &node.scripts, &why), why.text);
	node.recorder = recorder_open(node.store);
	node.version = "0";
	node.domain = "example.com";
	node.admin_host = "admin.example.com";
	node.scheme = "https";
	node.port_suffix = "";
	node.state_dir = node.tmp_dir = dir;
	make_app(a);
	(void)printf("in one process, one thread, no HTTP; medians of %d rounds\n\n", ROUNDS);
	bench_requests(a);
	bench_isolation();
	bench_documents(a);
	bench_translation();
	scripts_close(node.scripts);
	recorder_close(node.recorder);
	store_close(node.store);
	guard_stop();
	arena_free(a);
	(void)snprintf(path, sizeof(path), "%s/data.db", dir);
	(void)unlink(path);
	(void)rmdir(dir);
	return missed;
}
