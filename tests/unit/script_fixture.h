/*
 * A node that runs scripts, for tests of the runtime and its bindings: a store in a folder
 * of its own, one app, its files deployed as versions, requests through script_answer.
 *
 *	#include "tests/unit/script_fixture.h"
 *
 *	static void
 *	test_get(void **state)
 *	{
 *		struct answer a;
 *
 *		(void)state;
 *		// The usual case: one api/main.js, one GET /api/x.
 *		script_eval(&a, "fazt.app.kv.set('k', 1); respond(fazt.app.kv.get('k'))");
 *		assert_int_equal(a.status, 200);
 *		assert_string_equal(a.body, "1");
 *		script_is("respond('a' + 1)", "a1");		// 200 and this body
 *		script_throws("null.x", "cannot read");		// 500, message has this
 *
 *		// More: files, method, path with query, headers, body, caller, switches.
 *		script_deploy("api/main.js", "respond(request.body)", "api/lib.js", "...",
 *		    NULL);
 *		script_as.user = 7;		// and role, email ... of the caller
 *		script_site.data_readonly = true;
 *		script_ask(&a, "POST", "/api/x?q=1", "{\"a\":1}",
 *		    "content-type: application/json", NULL);
 *		script_log(0);			// text of its newest log line, "" = none
 *	}
 *
 *	int
 *	main(void)
 *	{
 *		const struct CMUnitTest tests[] = { cmocka_unit_test(test_get) };
 *
 *		return cmocka_run_group_tests(tests, script_setup, script_teardown);
 *	}
 *
 * Every script_deploy is a new version and becomes the one that is asked; its heap is new.
 * script_app is the app's row id, script_user a user that exists; script_as and
 * script_site go back to their defaults by script_plain().  Answers stay until the next
 * script_ask.
 */
#ifndef TESTS_SCRIPT_FIXTURE_H
#define TESTS_SCRIPT_FIXTURE_H

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/limits.h"
#include "base/mime.h"
#include "base/node.h"
#include "base/path.h"
#include "base/seal.h"
#include "base/str.h"
#include "runtime/guard.h"
#include "runtime/script.h"
#include "store/app.h"
#include "store/blob.h"
#include "store/recorder.h"
#include "store/store.h"
#include "store/upload.h"
#include "store/user.h"
#include "store/version.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OK(call) assert_int_equal((call), FZ_OK)
#define SCRIPT_UNUSED __attribute__((unused))

struct answer {
	int		 status;
	const char	*body;		/* with a NUL after it */
	size_t		 len;
	const char	*error;		/* code of script_used, "" = none */
	struct script_used used;
	struct response	*rs;
};

static char script_dir[64];
static struct node script_node;
static struct script script_site;	/* what the route would say */
static struct caller script_as;
static bool script_foreign;		/* rq->from_unknown_origin */
static int64_t script_app;
static int64_t script_user;

static struct arena *script_arena;
static struct arena *script_kept;	/* of the last look at the log */
static struct request script_rq;
static struct response script_rs;

SCRIPT_UNUSED static void
script_plain(void)
{
	struct script keep = script_site;

	script_site = (struct script){ .app = script_app, .app_uid = "fazt_app_test",
		.alias = "test", .host = "test.example.com", .version = keep.version,
		.deploy = keep.deploy, .show_errors = true };
	quota_read(NULL, &script_site.quota);
	script_as = (struct caller){ .role = ROLE_ANON, .name = "anonymous" };
	script_foreign = false;
}

SCRIPT_UNUSED static int64_t
script_make_app(const char *title)
{
	struct arena *a = arena_new();
	struct app app = { .title = title };
	struct writer *w;
	int64_t id;

	OK(writer_begin(script_node.store, 5000, &w));
	OK(app_create(w, a, &app));
	OK(writer_commit(w, NULL));
	id = app.id;
	arena_free(a);
	return id;
}

SCRIPT_UNUSED static int
script_setup(void **state)
{
	static const uint8_t key[SEAL_KEY_LEN] = { 1, 2, 3 };
	struct store_options options = { .readers = 8, .may_create = true };
	struct why why = { 0 };
	char path[96];

	(void)state;
	snprintf(script_dir, sizeof(script_dir), "/tmp/fazt-test-XXXXXX");
	assert_non_null(mkdtemp(script_dir));
	snprintf(path, sizeof(path), "%s/data.db", script_dir);
	options.path = path;
	memset(&script_node, 0, sizeof(script_node));
	if (store_open(&options, &script_node.store, &why) != FZ_OK)
		fail_msg("store_open: %s", why.text);
	script_node.version = "0";
	script_node.domain = "example.com";
	script_node.admin_host = "admin.example.com";
	script_node.auth_host = "login.example.com";
	script_node.scheme = "https";
	script_node.port_suffix = "";
	script_node.state_dir = script_node.tmp_dir = script_dir;
	script_node.max_json = LIMIT_JSON_BODY;
	script_node.max_archive = LIMIT_ARCHIVE_BODY;
	script_node.seal = seal_of_key(key);
	script_node.recorder = recorder_open(script_node.store);
	if (scripts_open(64 * MIB, &script_node.scripts, &why) != FZ_OK)
		fail_msg("scripts_open: %s", why.text);
	script_app = script_make_app("test");
	script_user = 7;
	script_plain();
	return 0;
}

SCRIPT_UNUSED static void
script_end(void)
{
	if (script_arena == NULL)
		return;
	response_fini(&script_rs);
	spool_free(script_rq.body);
	arena_free(script_arena);
	script_arena = NULL;
}

SCRIPT_UNUSED static int
script_teardown(void **state)
{
	char path[400];
	struct dirent *e;
	DIR *d;

	(void)state;
	script_end();
	if (script_kept != NULL)
		arena_free(script_kept);
	scripts_close(script_node.scripts);
	recorder_close(script_node.recorder);
	seal_free(script_node.seal);
	store_close(script_node.store);
	d = opendir(script_dir);
	for (e = d == NULL ? NULL : readdir(d); e != NULL; e = readdir(d)) {
		snprintf(path, sizeof(path), "%s/%s", script_dir, e->d_name);
		unlink(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(script_dir);
	return 0;
}

/* --- deploying --- */

static inline int
script_by_path(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static inline void
script_receive(const char *upload, struct file *f, const char *path, const char *text)
{
	struct blob_info info;
	struct blob_in *in = blob_in_new(script_node.store, upload, false);

	OK(blob_in_add(in, text, strlen(text)));
	OK(blob_in_end(in, &info));
	blob_in_free(in);
	f->path = path;
	f->mime = mime_of(path);
	f->blob = info.id;
	f->size = info.size;
	memcpy(f->sha256, info.sha256, sizeof(f->sha256));
}

/* Pairs of path and text, ended by NULL: version and deploy of script_site. */
SCRIPT_UNUSED static void
script_deploy(const char *path, const char *text, ...)
{
	struct version v = { .app = script_site.app, .manifest = "{}", .message = "",
		.source = "deploy", .source_url = "", .source_ref = "",
		.source_commit = "", .deployed_by = "" };
	struct file list[64] = { { 0 } };
	char upload[UPLOAD_ID_LEN + 1];
	struct writer *w;
	size_t n = 0;
	va_list ap;

	OK(upload_open(script_node.store, upload));
	va_start(ap, text);
	while (path != NULL) {
		assert_true(n < COUNT(list));
		script_receive(upload, &list[n++], path, text);
		path = va_arg(ap, const char *);
		text = path == NULL ? NULL : va_arg(ap, const char *);
	}
	va_end(ap);
	qsort(list, n, sizeof(list[0]), script_by_path);
	OK(writer_begin(script_node.store, 5000, &w));
	OK(version_create(w, &v, list, n));
	OK(upload_close(w, upload));
	OK(writer_commit(w, NULL));
	script_site.version = v.id;
	script_site.deploy = v.n;
}

/* --- asking --- */

static inline void
script_add_header(struct request *rq, const char *line)
{
	const char *colon = strchr(line, ':');
	char *name;

	assert_non_null(colon);
	name = arena_strndup(rq->arena, line, (size_t)(colon - line));
	str_lower(name);
	colon++;
	colon += *colon == ' ';
	rq->headers.v[rq->headers.n++] = (struct pair){ name, colon };
	if (strcmp(name, "content-type") == 0)
		rq->content_type = colon;
}

static inline void
script_read_body(struct answer *a)
{
	char *out;
	const void *p;
	size_t n = 0, at = 0;

	a->body = script_rs.len > 0 ? script_rs.bytes : "";
	a->len = script_rs.len;
	if (script_rs.source == NULL) {
		out = arena_alloc(script_arena, a->len + 1);
		memcpy(out, a->body, a->len);
		a->body = out;
		return;
	}
	out = arena_alloc(script_arena, (size_t)script_rs.source_len + 1);
	for (;;) {
		OK(script_rs.source->next(script_rs.source, &p, &n));
		if (n == 0)
			break;
		memcpy(out + at, p, n);
		at += n;
	}
	a->body = out;
	a->len = at;
}

static void *
script_run_thread(void *arg)
{
	script_answer(&script_site, &script_rq, &script_rs, &((struct answer *)arg)->used);
	return NULL;
}

/* Sanitizers make frames large: then a thread with a larger stack than main's. */
static inline void
script_run(struct answer *a)
{
	pthread_attr_t attr;
	pthread_t thread;

	if (GUARD_STACK <= 4 * MIB) {
		script_run_thread(a);
		return;
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, GUARD_STACK + MIB);
	assert_int_equal(pthread_create(&thread, &attr, script_run_thread, a), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
}

static inline void
script_vask(struct answer *a, const char *method, const char *uri, const void *body,
    size_t len, va_list ap)
{
	const char *line = va_arg(ap, const char *), *path, *query;

	script_end();
	script_arena = arena_new();
	memset(&script_rq, 0, sizeof(script_rq));
	response_init(&script_rs, script_arena);
	script_rq.arena = script_arena;
	script_rq.node = &script_node;
	script_rq.method_name = method;
	script_rq.method = method_parse(method);
	OK(path_normalise(script_arena, uri, &path, &query));
	script_rq.path = path;
	script_rq.query = query;
	snprintf(script_rq.host, sizeof(script_rq.host), "%s", script_site.host);
	snprintf(script_rq.id, sizeof(script_rq.id), "0123456789abcdef");
	script_rq.ip = "192.0.2.7";
	script_rq.secure = true;
	script_rq.content_type = "";
	script_rq.content_length = -1;
	script_rq.caller = script_as;
	script_rq.from_unknown_origin = script_foreign;
	script_rq.headers.v = arena_alloc(script_arena, 64 * sizeof(struct pair));
	script_add_header(&script_rq, "host: test.example.com");
	for (; line != NULL; line = va_arg(ap, const char *))
		script_add_header(&script_rq, line);
	if (body != NULL) {
		script_rq.body = spool_new(script_dir, 256 * MIB);
		OK(spool_add(script_rq.body, body, len));
	}
	memset(a, 0, sizeof(*a));
	script_run(a);
	store_durable(script_node.store, script_rq.seq);
	a->rs = &script_rs;
	a->status = script_rs.status;
	a->error = a->used.error == NULL ? "" : a->used.error;
	assert_false(script_rs.broken);
	script_read_body(a);
}

/* uri as a client sends it; body may be NULL; then "Name: value" lines, ended by NULL. */
SCRIPT_UNUSED static void
script_ask(struct answer *a, const char *method, const char *uri, const char *body, ...)
{
	va_list ap;

	va_start(ap, body);
	script_vask(a, method, uri, body, body == NULL ? 0 : strlen(body), ap);
	va_end(ap);
}

SCRIPT_UNUSED static void
script_ask_bytes(struct answer *a, const char *method, const char *uri, const void *body,
    size_t len, ...)
{
	va_list ap;

	va_start(ap, len);
	script_vask(a, method, uri, body, len, ap);
	va_end(ap);
}

/* Deploy this as api/main.js and GET /api/x. */
SCRIPT_UNUSED static void
script_eval(struct answer *a, const char *main)
{
	script_deploy("api/main.js", main, NULL);
	script_ask(a, "GET", "/api/x", NULL, NULL);
}

SCRIPT_UNUSED static const char *
script_header(const struct answer *a, const char *name)
{
	const char *v = response_get(a->rs, name);

	return v == NULL ? "-" : v;
}

#define script_is(source, want) script_is_at((source), (want), __FILE__, __LINE__)
SCRIPT_UNUSED static void
script_is_at(const char *source, const char *want, const char *file, int line)
{
	struct answer a;

	script_eval(&a, source);
	if (a.status == 200 && strcmp(a.body, want) == 0)
		return;
	print_error("%s\n  status %d: %s\n  wanted: %s\n", source, a.status, a.body, want);
	_fail(file, line);
}

#define script_throws(source, want) script_throws_at((source), (want), __FILE__, __LINE__)
SCRIPT_UNUSED static void
script_throws_at(const char *source, const char *want, const char *file, int line)
{
	struct answer a;

	script_eval(&a, source);
	if (a.status >= 400 && strstr(a.body, want) != NULL)
		return;
	print_error("%s\n  status %d: %s\n  wanted: %s\n", source, a.status, a.body, want);
	_fail(file, line);
}

/* Line i of the app's log, newest first; "" past the end. */
SCRIPT_UNUSED static const char *
script_log_line(size_t i, struct record_line *out)
{
	struct record_filter filter = { .app = script_site.app, .limit = 1000 };
	struct record_line *v = NULL;
	struct reader *rd;
	size_t n = 0;
	bool more;

	if (script_kept != NULL)
		arena_free(script_kept);
	script_kept = arena_new();
	recorder_flush(script_node.recorder);
	OK(reader_open(script_node.store, &rd));
	OK(recorder_lines(rd, script_kept, &filter, &v, &n, &more));
	reader_close(rd);
	memset(out, 0, sizeof(*out));
	out->message = out->file = "";
	if (i < n)
		*out = v[i];
	return out->message;
}

/* Its message. */
SCRIPT_UNUSED static const char *
script_log(size_t i)
{
	struct record_line line;

	return script_log_line(i, &line);
}

#endif
