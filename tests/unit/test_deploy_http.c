/*
 * The rows of deploys, versions, delta uploads, files and sites, called as the dispatcher
 * calls them, against a real store.
 */
#include "tests/unit/deploy_fixture.h"

#include <pthread.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/str.h"

extern const struct route deploy_routes[];
extern const struct route version_routes[];
extern const struct route delta_routes[];
extern const struct route file_routes[];
extern const struct route site_routes[];

static const struct route *const tables[] = { deploy_routes, version_routes, delta_routes,
	file_routes, site_routes, NULL };

static struct fixture fx;
static const char *if_match;
static const char *scopes;	/* NULL = the owner's session */
static unsigned person;		/* each test is somebody else to the rate limit */
static json_t *answer;

static int
setup(void **state)
{
	(void)state;
	fixture_open(&fx);
	person++;
	if_match = scopes = NULL;
	answer = NULL;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	json_decref(answer);
	fixture_close(&fx);
	return 0;
}

/* Prepare and run one request on f; the answer's status. */
static int
run(struct fixture *f, enum method m, const char *target, const char *type,
    const void *body, size_t len)
{
	struct pair header = { "if-match", if_match };
	const char *allow;
	enum fz_err err;

	fixture_request(f);
	f->rq.method = m;
	assert_int_equal(path_normalise(f->arena, target, &f->rq.path, &f->rq.query), FZ_OK);
	if (body != NULL)
		fixture_body(f, type, body, len);
	if (if_match != NULL)
		f->rq.headers = (struct pairs){ &header, 1 };
	f->rq.caller.user_uid = arena_printf(f->arena, "fazt_usr_%012u", person);
	if (scopes != NULL)
		f->rq.caller = (struct caller){ .name = "ci", .key_scopes = scopes,
			.key_id = arena_printf(f->arena, "fazt_key_%012u", person) };
	assert_int_equal(route_find(tables, ON_ADMIN, m, f->rq.path, f->arena, &f->rq.route,
	    &f->rq.params, &allow), ROUTE_FOUND);
	err = f->rq.route->handle(&f->rq, &f->rs);
	f->rq.headers = (struct pairs){ 0 };
	if (err != FZ_OK)
		response_error(&f->rs, err);
	assert_false(f->rs.broken);
	return f->rs.status;
}

static int
call_bytes(enum method m, const char *target, const char *type, const void *body,
    size_t len)
{
	int status = run(&fx, m, target, type, body, len);

	json_decref(answer);
	answer = fx.rs.bytes != NULL ? json_loadb(fx.rs.bytes, fx.rs.len, 0, NULL) : NULL;
	return status;
}

static int
call(enum method m, const char *target, const char *body)
{
	return call_bytes(m, target, "application/json", body,
	    body != NULL ? strlen(body) : 0);
}

/* "data.diff.added" of the answer; numbers lead into lists. */
static json_t *
at(const char *path)
{
	json_t *j = answer;
	char name[64];

	while (*path != '\0') {
		size_t n = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		j = json_is_array(j) ? json_array_get(j, (size_t)atol(name))
		    : json_object_get(j, name);
		path += n + (path[n] == '.');
	}
	return j;
}

static const char *
text(const char *path)
{
	const char *s = json_string_value(at(path));

	return s != NULL ? s : "(none)";
}

static long long
number(const char *path)
{
	return json_is_integer(at(path)) ? json_integer_value(at(path)) : -999;
}

/* A tar with one or two files. */
static void
make_tar(struct buf *b, const char *name, const char *data)
{
	char h[512] = { 0 };
	unsigned sum = 0;

	snprintf(h, 100, "%s", name);
	memcpy(h + 100, "0000644", 7);
	snprintf(h + 124, 12, "%011o", (unsigned)strlen(data));
	memset(h + 148, ' ', 8);
	h[156] = '0';
	memcpy(h + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	buf_add(b, h, sizeof(h));
	buf_puts(b, data);
	while (b->len % 512 != 0)
		buf_putc(b, '\0');
}

static int
deploy_tar(const char *target, const char *name, const char *data)
{
	static const char zeros[1024];
	struct buf b;
	int status;

	buf_init(&b, MIB);
	make_tar(&b, name, data);
	buf_add(&b, zeros, sizeof(zeros));
	status = call_bytes(METHOD_POST, target, "application/x-tar", b.data, b.len);
	buf_fini(&b);
	return status;
}

/* Bytes of a file reply. */
static const char *
bytes_of(void)
{
	struct buf b;
	const void *p;
	size_t n;
	char *s;

	assert_non_null(fx.rs.source);
	buf_init(&b, MIB);
	for (;;) {
		assert_int_equal(fx.rs.source->next(fx.rs.source, &p, &n), FZ_OK);
		if (n == 0)
			break;
		buf_add(&b, p, n);
	}
	s = arena_strndup(fx.arena, b.data != NULL ? b.data : "", b.len);
	buf_fini(&b);
	return s;
}

static void
test_upload_raw(void **state)
{
	(void)state;
	assert_int_equal(deploy_tar("/api/deploy?site_name=Blog.example.com&message=first"
	    "&spa=true", "index.html", "one"), 200);
	assert_string_equal(text("data.site"), "blog");
	assert_int_equal(number("data.deploy"), 1);
	assert_int_equal(number("data.file_count"), 1);
	assert_int_equal(number("data.size_bytes"), 3);
	assert_string_equal(text("data.message"), "Deployed");
	assert_true(json_is_true(at("data.live")));
	assert_int_equal(json_array_size(at("data.warnings")), 0);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/1", NULL), 200);
	assert_string_equal(text("data.message"), "first");
	assert_string_equal(text("data.deployed_by"), "ann");
	assert_string_equal(text("data.diff.added.0"), "index.html");

	assert_int_equal(deploy_tar("/api/deploy?site_name=blog&strip=1", "x/index.html",
	    "two"), 200);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/2", NULL), 200);
	assert_string_equal(text("data.diff.changed.0"), "index.html");
	assert_int_equal(deploy_tar("/api/deploy?site_name=blog&draft=true", "new.html",
	    "three"), 200);
	assert_true(json_is_false(at("data.live")));
	assert_string_equal(text("data.preview_url"), "https://d3--blog.example.com");
}

static void
test_upload_form(void **state)
{
	static const char zeros[1024];
	struct buf b;

	(void)state;
	buf_init(&b, MIB);
	buf_puts(&b, "--X\r\nContent-Disposition: form-data; name=\"site_name\"\r\n\r\nblog"
	    "\r\n--X\r\nContent-Disposition: form-data; name=\"source_type\"\r\n\r\ngit"
	    "\r\n--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"s.zip\"\r\n"
	    "Content-Type: application/zip\r\n\r\n");
	size_t off = b.len;
	struct buf t;
	buf_init(&t, MIB);
	make_tar(&t, "index.html", "form");
	buf_add(&b, t.data, t.len);
	buf_fini(&t);
	buf_add(&b, zeros, sizeof(zeros));
	buf_puts(&b, "\r\n--X--\r\n");
	assert_true(off > 0);
	assert_int_equal(call_bytes(METHOD_POST, "/api/deploy",
	    "multipart/form-data; boundary=X", b.data, b.len), 200);
	assert_string_equal(text("data.site"), "blog");
	buf_fini(&b);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys", NULL), 200);
	assert_string_equal(text("data.0.source"), "git");
	assert_int_equal(number("meta.total"), 1);
}

static void
test_upload_refused(void **state)
{
	static const struct {
		const char	*target, *type, *body, *code;
	} rows[] = {
		{ "/api/deploy?site_name=blog", "application/zip", NULL, "MISSING_FIELD" },
		{ "/api/deploy", "application/zip", "PK", "MISSING_FIELD" },
		{ "/api/deploy?site_name=blog", "text/plain", "PK", "UNSUPPORTED_MEDIA_TYPE" },
		{ "/api/deploy?site_name=blog", "application/json", "{}",
		    "UNSUPPORTED_MEDIA_TYPE" },
		{ "/api/deploy?site_name=blog", "application/zip", "PK\3\4", "ARCHIVE_INVALID" },
		{ "/api/deploy?site_name=www", "application/zip", "PK\3\4", "RESERVED" },
		{ "/api/deploy?site_name=admin", "application/zip", "PK\3\4", "SYSTEM_ALIAS" },
		{ "/api/deploy?site_name=a_b", "application/zip", "PK\3\4",
		    "VALIDATION_FAILED" },
		{ "/api/deploy?site_name=blog&spa=maybe", "application/zip", "PK\3\4",
		    "VALIDATION_FAILED" },
		{ "/api/deploy?site_name=blog&source_type=fork", "application/zip", "PK\3\4",
		    "VALIDATION_FAILED" },
		{ "/api/deploy", "multipart/form-data; boundary=X", "--X--\r\n",
		    "MISSING_FIELD" },
		{ "/api/deploy", "multipart/form-data", "--X--\r\n", "BAD_REQUEST" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call_bytes(METHOD_POST, rows[i].target, rows[i].type, rows[i].body,
		    rows[i].body != NULL ? strlen(rows[i].body) : 0);
		if (strcmp(text("error.code"), rows[i].code) != 0)
			fail_msg("row %zu: %s", i, text("error.code"));
		assert_int_equal(fixture_count_versions(&fx), 0);
	}
	assert_int_equal(deploy_tar("/api/deploy?site_name=blog", "../x", "x"), 422);
	assert_string_equal(text("error.code"), "ARCHIVE_UNSAFE");
	assert_string_equal(text("error.details.entry"), "../x");
}

static void
test_rate(void **state)
{
	int i, status = 200;

	(void)state;
	for (i = 0; i < 40 && status == 200; i++)
		status = deploy_tar("/api/deploy?site_name=blog", "index.html", "same");
	assert_int_equal(status, 429);
	assert_true(i == 31 || i == 32);
	assert_non_null(response_get(&fx.rs, "Retry-After"));
	assert_string_equal(text("error.code"), "RATE_LIMIT_EXCEEDED");
}

static void
test_rollback(void **state)
{
	(void)state;
	deploy_tar("/api/deploy?site_name=blog", "a", "1");
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/rollback", ""), 404);
	assert_string_equal(text("error.code"), "DEPLOY_NOT_FOUND");
	deploy_tar("/api/deploy?site_name=blog", "a", "2");
	deploy_tar("/api/deploy?site_name=blog", "a", "3");
	deploy_tar("/api/deploy?site_name=blog&draft=1", "a", "4");
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/rollback", ""), 200);
	assert_int_equal(number("data.deploy"), 2);
	assert_int_equal(number("data.previous"), 3);
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/rollback", "{\"to\":1}"), 200);
	assert_int_equal(number("data.deploy"), 1);
	assert_int_equal(number("data.previous"), 2);
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/rollback", "{\"to\":4}"), 409);
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/rollback", "{\"to\":9}"), 404);
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/rollback", "{\"to\":0}"), 400);
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/rollback", "{\"to\":-2}"), 400);
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/rollback", "{\"to\":\"3\"}"), 400);
	assert_int_equal(call(METHOD_POST, "/api/apps/nope/rollback", "{}"), 404);
	if_match = "\"d3\"";
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/rollback", "{\"to\":2}"), 412);
	if_match = NULL;
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/files/a", NULL), 200);
	assert_string_equal(bytes_of(), "1");
}

static void
test_promote(void **state)
{
	(void)state;
	deploy_tar("/api/deploy?site_name=blog", "a", "1");
	deploy_tar("/api/deploy?site_name=blog&draft=1&spa=1", "a", "2");
	deploy_tar("/api/deploy?site_name=shop", "b", "3");
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/promote", "{}"), 400);
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/promote", "{\"deploy\":3}"), 404);
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/promote",
	    "{\"deploy\":2,\"to\":\"shop\"}"), 200);
	assert_int_equal(number("data.deploy"), 2);
	assert_int_equal(number("data.previous"), 1);
	assert_int_equal(call(METHOD_GET, "/api/apps/shop/files/a", NULL), 200);
	assert_string_equal(bytes_of(), "2");
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/files/a", NULL), 200);
	assert_string_equal(bytes_of(), "1");
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/promote", "{\"deploy\":2}"), 200);
	assert_int_equal(number("data.previous"), 1);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/files/a", NULL), 200);
	assert_string_equal(bytes_of(), "2");
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/promote",
	    "{\"deploy\":2,\"to\":\"nope\"}"), 404);
	scopes = "deploy:blog";
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/promote",
	    "{\"deploy\":1,\"to\":\"shop\"}"), 403);
	scopes = "deploy:shop";
	assert_int_equal(call(METHOD_POST, "/api/apps/blog/promote",
	    "{\"deploy\":1,\"to\":\"shop\"}"), 403);
}

static void
test_versions(void **state)
{
	(void)state;
	deploy_tar("/api/deploy?site_name=blog", "a", "1");
	deploy_tar("/api/deploy?site_name=blog", "b", "2");
	deploy_tar("/api/deploy?site_name=blog", "b", "3");
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys?limit=2&offset=1", NULL),
	    200);
	assert_int_equal(json_array_size(at("data")), 2);
	assert_int_equal(number("data.0.n"), 2);
	assert_true(json_is_false(at("meta.has_more")));
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys?limit=101", NULL), 400);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/3?against=1", NULL), 200);
	assert_string_equal(text("data.diff.added.0"), "b");
	assert_string_equal(text("data.diff.removed.0"), "a");
	assert_int_equal(json_array_size(at("data.diff.changed")), 0);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/3?against=8", NULL), 404);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/3?against=x", NULL), 400);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/0", NULL), 404);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/x", NULL), 404);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/1/files", NULL), 200);
	assert_string_equal(text("data.0.path"), "a");
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/1/files/a", NULL), 200);
	assert_string_equal(bytes_of(), "1");
	assert_int_equal(call(METHOD_DELETE, "/api/apps/blog/deploys/3", NULL), 409);
	assert_int_equal(call(METHOD_DELETE, "/api/apps/blog/deploys/1", NULL), 200);
	assert_int_equal(call(METHOD_DELETE, "/api/apps/blog/deploys/1", NULL), 404);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/2", NULL), 200);
	assert_string_equal(text("data.diff.added.0"), "b");
	assert_int_equal(call(METHOD_GET, "/api/deployments", NULL), 200);
	assert_int_equal(json_array_size(at("data.deployments")), 2);
	assert_string_equal(text("data.deployments.0.site_id"), "blog");
}

static void
test_files(void **state)
{
	(void)state;
	deploy_tar("/api/deploy?site_name=blog&spa=1", "sub/\xc3\xa9\".html", "<b>");
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/files", NULL), 200);
	assert_string_equal(text("data.0.path"), "sub/\xc3\xa9\".html");
	assert_int_equal(number("data.0.size"), 3);
	assert_int_equal(strlen(text("data.0.hash")), 64);
	assert_string_equal(text("data.0.mod_time"), text("data.0.modified"));
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/files/sub/%C3%A9%22.html", NULL), 200);
	assert_string_equal(bytes_of(), "<b>");
	assert_string_equal(response_get(&fx.rs, "Content-Type"), "text/html; charset=utf-8");
	assert_string_equal(response_get(&fx.rs, "Content-Disposition"),
	    "attachment; filename=\"___.html\"; filename*=UTF-8''%C3%A9%22.html");
	assert_string_equal(response_get(&fx.rs, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(response_get(&fx.rs, "Content-Security-Policy"), "sandbox");
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/files/nope", NULL), 404);
	assert_string_equal(text("error.code"), "FILE_NOT_FOUND");
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/files/sub/", NULL), 404);

	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/blog/files/a.txt?message=hi",
	    "text/plain", "hello", 5), 200);
	assert_string_equal(text("data.path"), "a.txt");
	assert_int_equal(number("data.size"), 5);
	assert_int_equal(number("data.deploy"), 2);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/2", NULL), 200);
	assert_string_equal(text("data.message"), "hi");
	assert_string_equal(text("data.diff.added.0"), "a.txt");
	assert_int_equal(json_array_size(at("data.diff.removed")), 0);
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/blog/files/a.txt", "", "hello", 5),
	    200);
	assert_int_equal(number("data.deploy"), 2);
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/blog/files/empty", "", NULL, 0), 200);
	assert_int_equal(number("data.size"), 0);
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/blog/files/.env", "", "x", 1), 400);
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/blog/files/A.TXT", "", "x", 1), 422);
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/blog/files/dir/", "", "x", 1), 400);
	if_match = "\"d2\"";
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/blog/files/b", "", "x", 1), 412);
	if_match = "\"d3\"";
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/blog/files/b", "", "x", 1), 200);
	if_match = NULL;
	assert_int_equal(call(METHOD_DELETE, "/api/apps/blog/files/nope", NULL), 404);
	assert_int_equal(call(METHOD_DELETE, "/api/apps/blog/files/b", NULL), 200);
	assert_int_equal(number("data.deploy"), 5);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/files/b", NULL), 404);
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/nope/files/b", "", "x", 1), 404);
}

/* spa asked for at the deploy stays; spa said by the manifest goes with it. */
static void
test_spa_over_edits(void **state)
{
	struct reader *rd;
	struct app a;

	(void)state;
	deploy_tar("/api/deploy?site_name=blog&spa=1", "a", "1");
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/blog/files/b", "", "x", 1), 200);
	assert_int_equal(deploy_tar("/api/deploy?site_name=shop", "manifest.json",
	    "{\"spa\":true}"), 200);
	assert_int_equal(reader_open(fx.node.store, &rd), FZ_OK);
	assert_int_equal(app_find(rd, fx.arena, "shop", &a), FZ_OK);
	assert_true(a.live_spa);
	reader_close(rd);
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/shop/files/manifest.json", "", "{}",
	    2), 200);
	assert_int_equal(number("data.deploy"), 2);
	assert_int_equal(reader_open(fx.node.store, &rd), FZ_OK);
	assert_int_equal(app_find(rd, fx.arena, "blog", &a), FZ_OK);
	assert_true(a.live_spa);
	assert_int_equal(app_find(rd, fx.arena, "shop", &a), FZ_OK);
	assert_false(a.live_spa);
	reader_close(rd);
}

struct editor {
	struct fixture	 f;
	int		 status;
	char		 target[64];
};

static pthread_barrier_t start;

static void *
edit(void *arg)
{
	struct editor *e = arg;

	char *body = calloc(1, 2 * MIB);

	/* Long enough to receive that somebody else commits meanwhile. */
	memcpy(body, e->target, strlen(e->target));
	pthread_barrier_wait(&start);
	e->status = run(&e->f, METHOD_PUT, e->target, "", body, 2 * MIB);
	free(body);
	return NULL;
}

#define EDITORS 4

static void
test_edits_at_once(void **state)
{
	struct editor e[EDITORS];
	pthread_t t[EDITORS];
	int i, round;

	(void)state;
	deploy_tar("/api/deploy?site_name=blog", "index.html", "<p>");
	pthread_barrier_init(&start, NULL, EDITORS);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < EDITORS; i++) {
			e[i].f = (struct fixture){ .node = fx.node };
			snprintf(e[i].f.dir, sizeof(e[i].f.dir), "%s", fx.dir);
			snprintf(e[i].target, sizeof(e[i].target),
			    "/api/apps/blog/files/r%d-%d", round, i);
			assert_int_equal(pthread_create(&t[i], NULL, edit, &e[i]), 0);
		}
		for (i = 0; i < EDITORS; i++) {
			pthread_join(t[i], NULL);
			assert_int_equal(e[i].status, 200);
			fixture_end_request(&e[i].f);
		}
	}
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/files", NULL), 200);
	assert_int_equal(json_array_size(at("data")), 1 + 5 * EDITORS);
	pthread_barrier_destroy(&start);
}

static void
hash_of(const char *s, char hex[SHA256_HEX])
{
	uint8_t h[SHA256_LEN];

	sha256_of(s, strlen(s), h);
	str_hex(hex, h, sizeof(h));
}

static const char *
list_of(const char *extra, const char *site, const char *a, const char *b)
{
	static char out[1024];
	char ha[SHA256_HEX], hb[SHA256_HEX];

	hash_of(a, ha);
	hash_of(b, hb);
	snprintf(out, sizeof(out), "{\"site_name\":\"%s\",%s\"files\":["
	    "{\"path\":\"a.txt\",\"sha256\":\"%s\",\"size\":%zu},"
	    "{\"path\":\"b.txt\",\"sha256\":\"%s\",\"size\":%zu}]}", site, extra, ha,
	    strlen(a), hb, strlen(b));
	return out;
}

static char upload_id[64];

static int
put_blob(const char *content, const char *sha_of)
{
	char target[256], hex[SHA256_HEX];

	hash_of(sha_of, hex);
	snprintf(target, sizeof(target), "/api/deploy/blobs/%s/%s", upload_id, hex);
	return call_bytes(METHOD_PUT, target, "application/octet-stream", content,
	    strlen(content));
}

static int
commit_upload(void)
{
	char body[128];

	snprintf(body, sizeof(body), "{\"upload_id\":\"%s\"}", upload_id);
	return call(METHOD_POST, "/api/deploy/commit", body);
}

static void
open_list(const char *body)
{
	assert_int_equal(call(METHOD_POST, "/api/deploy/manifest", body), 200);
	snprintf(upload_id, sizeof(upload_id), "%s", text("data.upload_id"));
}

static void
test_delta(void **state)
{
	char hex[SHA256_HEX], body[512];

	(void)state;
	open_list(list_of("\"message\":\"by list\",", "blog", "one", "two"));
	assert_int_equal(json_array_size(at("data.missing")), 2);
	assert_int_equal(number("data.expires_in"), 3600);
	assert_int_equal(commit_upload(), 409);
	assert_string_equal(text("error.code"), "BLOBS_MISSING");
	assert_int_equal(json_array_size(at("error.details.missing")), 2);
	assert_int_equal(put_blob("one", "two"), 422);
	assert_string_equal(text("error.code"), "HASH_MISMATCH");
	assert_int_equal(put_blob("three", "three"), 404);
	assert_int_equal(put_blob("one", "one"), 200);
	assert_int_equal(number("data.size"), 3);
	assert_int_equal(put_blob("one", "one"), 200);
	person++;
	assert_int_equal(put_blob("two", "two"), 404);
	assert_int_equal(commit_upload(), 404);
	person--;
	assert_int_equal(commit_upload(), 409);
	hash_of("two", hex);
	assert_string_equal(text("error.details.missing.0"), hex);
	assert_int_equal(put_blob("two", "two"), 200);
	assert_int_equal(commit_upload(), 200);
	assert_int_equal(number("data.deploy"), 1);
	assert_int_equal(number("data.file_count"), 2);
	assert_int_equal(commit_upload(), 404);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/deploys/1", NULL), 200);
	assert_string_equal(text("data.message"), "by list");

	/* What the app has is known; what only another app has is not. */
	open_list(list_of("", "blog", "one", "new"));
	assert_int_equal(json_array_size(at("data.missing")), 1);
	assert_int_equal(put_blob("new", "new"), 200);
	assert_int_equal(commit_upload(), 200);
	assert_int_equal(number("data.deploy"), 2);
	hash_of("one", hex);
	snprintf(body, sizeof(body), "{\"site_name\":\"blog\",\"files\":[{\"path\":\"a\","
	    "\"sha256\":\"%s\",\"size\":4}]}", hex);
	assert_int_equal(call(METHOD_POST, "/api/deploy/manifest", body), 422);
	assert_string_equal(text("error.code"), "HASH_MISMATCH");
	open_list(list_of("", "shop", "one", "new"));
	assert_int_equal(json_array_size(at("data.missing")), 2);
	assert_int_equal(commit_upload(), 409);
}

static void
test_delta_refused(void **state)
{
	char body[1024], sha[SHA256_HEX];
	static const struct {
		const char	*body, *code;
	} rows[] = {
		{ "", "MISSING_FIELD" }, { "[]", "INVALID_JSON" }, { "{", "INVALID_JSON" },
		{ "{\"site_name\":\"blog\"}", "MISSING_FIELD" },
		{ "{\"site_name\":\"blog\",\"files\":[]}", "VALIDATION_FAILED" },
		{ "{\"site_name\":\"blog\",\"files\":[3]}", "VALIDATION_FAILED" },
		{ "{\"site_name\":\"blog\",\"files\":[{\"path\":\"a\"}]}", "MISSING_FIELD" },
		{ "{\"site_name\":\"blog\",\"files\":[{\"path\":\"a\",\"sha256\":\"zz\","
		    "\"size\":1}]}", "VALIDATION_FAILED" },
		{ "{\"site_name\":\"www\",\"files\":[{\"path\":\"a\",\"sha256\":\"@\","
		    "\"size\":1}]}", "RESERVED" },
		{ "{\"site_name\":\"blog\",\"files\":[{\"path\":\"../a\",\"sha256\":\"@\","
		    "\"size\":1}]}", "ARCHIVE_UNSAFE" },
		{ "{\"site_name\":\"blog\",\"files\":[{\"path\":\"a\",\"sha256\":\"@\","
		    "\"size\":-1}]}", "VALIDATION_FAILED" },
		{ "{\"site_name\":\"blog\",\"files\":[{\"path\":\"a\",\"sha256\":\"@\","
		    "\"size\":200000000}]}", "VALIDATION_FAILED" },
		{ "{\"site_name\":\"blog\",\"draft\":1,\"files\":[]}", "VALIDATION_FAILED" },
	};

	(void)state;
	hash_of("x", sha);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *mark = strchr(rows[i].body, '@');

		if (mark != NULL)
			snprintf(body, sizeof(body), "%.*s%s%s", (int)(mark - rows[i].body),
			    rows[i].body, sha, mark + 1);
		else
			snprintf(body, sizeof(body), "%s", rows[i].body);
		call(METHOD_POST, "/api/deploy/manifest", body);
		if (strcmp(text("error.code"), rows[i].code) != 0)
			fail_msg("row %zu: %s", i, text("error.code"));
	}
	/* A size that is not the content's. */
	snprintf(body, sizeof(body), "{\"site_name\":\"blog\",\"files\":[{\"path\":\"a\","
	    "\"sha256\":\"%s\",\"size\":5}]}", sha);
	open_list(body);
	assert_int_equal(put_blob("x", "x"), 422);
	/* A file name that looks like an entry of the kept list. */
	char other[SHA256_HEX];
	hash_of("y", other);
	snprintf(body, sizeof(body), "{\"site_name\":\"blog\",\"files\":[{\"path\":"
	    "\"[\\\"%s\\\",1,\",\"sha256\":\"%s\",\"size\":1}]}", other, sha);
	open_list(body);
	assert_int_equal(put_blob("y", "y"), 404);
	assert_int_equal(put_blob("x", "x"), 200);
	/* Two names that are one. */
	snprintf(body, sizeof(body), "{\"site_name\":\"blog\",\"files\":["
	    "{\"path\":\"a\",\"sha256\":\"%s\",\"size\":1},"
	    "{\"path\":\"A\",\"sha256\":\"%s\",\"size\":1}]}", sha, sha);
	open_list(body);
	assert_int_equal(put_blob("x", "x"), 200);
	assert_int_equal(commit_upload(), 422);
	assert_int_equal(fixture_count_versions(&fx), 0);
}

static void
test_limited_keys(void **state)
{
	static const struct {
		enum method	 m;
		const char	*target;
		const char	*body;
	} rows[] = {
		{ METHOD_GET, "/api/apps/shop/deploys", NULL },
		{ METHOD_GET, "/api/apps/shop/deploys/1", NULL },
		{ METHOD_DELETE, "/api/apps/shop/deploys/1", NULL },
		{ METHOD_POST, "/api/apps/shop/rollback", "{\"to\":1}" },
		{ METHOD_POST, "/api/apps/shop/promote", "{\"deploy\":1}" },
		{ METHOD_GET, "/api/deployments", NULL },
		{ METHOD_GET, "/api/apps/shop/files", NULL },
		{ METHOD_GET, "/api/apps/shop/files/a", NULL },
		{ METHOD_PUT, "/api/apps/shop/files/a", "x" },
		{ METHOD_DELETE, "/api/apps/shop/files/a", NULL },
		{ METHOD_GET, "/api/apps/shop/deploys/1/files", NULL },
		{ METHOD_GET, "/api/apps/shop/deploys/1/files/a", NULL },
		{ METHOD_GET, "/api/sites", NULL }, { METHOD_GET, "/api/sites/shop", NULL },
		{ METHOD_GET, "/api/sites/shop/files", NULL },
		{ METHOD_GET, "/api/sites/shop/files/a", NULL },
		{ METHOD_DELETE, "/api/sites?site_id=shop", NULL },
	};

	(void)state;
	deploy_tar("/api/deploy?site_name=blog", "a", "1");
	deploy_tar("/api/deploy?site_name=shop", "a", "1");
	scopes = "deploy:blog,apps:blog";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = call(rows[i].m, rows[i].target, rows[i].body);

		if (status != 403)
			fail_msg("%s: %d", rows[i].target, status);
	}
	assert_int_equal(call(METHOD_POST, "/api/deploy/manifest", list_of("", "shop", "1",
	    "2")), 403);
	assert_int_equal(call(METHOD_GET, "/api/apps/blog/files", NULL), 200);
	assert_int_equal(call(METHOD_GET, "/api/sites/blog/files/a", NULL), 200);
	assert_int_equal(deploy_tar("/api/deploy?site_name=shop", "a", "9"), 403);
	assert_int_equal(deploy_tar("/api/deploy?site_name=fresh", "a", "9"), 403);
	assert_int_equal(deploy_tar("/api/deploy?site_name=blog", "a", "9"), 200);
	assert_int_equal(call_bytes(METHOD_PUT, "/api/apps/blog/files/a", "", "x", 1), 200);
}

static void
test_sites(void **state)
{
	(void)state;
	deploy_tar("/api/deploy?site_name=blog", "a", "1");
	deploy_tar("/api/deploy?site_name=root", "a", "1");
	assert_int_equal(call(METHOD_GET, "/api/sites", NULL), 200);
	assert_int_equal(json_array_size(at("data")), 2);
	assert_int_equal(call(METHOD_GET, "/api/sites/blog", NULL), 200);
	assert_string_equal(text("data.Name"), "blog");
	assert_string_equal(text("data.Path"), "vfs://blog");
	assert_int_equal(number("data.FileCount"), 1);
	assert_int_equal(number("data.SizeBytes"), 1);
	assert_int_equal(call(METHOD_GET, "/api/sites/nope", NULL), 404);
	assert_string_equal(text("error.code"), "SITE_NOT_FOUND");
	assert_int_equal(call(METHOD_GET, "/api/sites/nope/files", NULL), 404);
	assert_string_equal(text("error.code"), "SITE_NOT_FOUND");
	assert_int_equal(call(METHOD_DELETE, "/api/sites", NULL), 400);
	assert_int_equal(call(METHOD_DELETE, "/api/sites?site_id=nope", NULL), 404);
	assert_int_equal(call(METHOD_DELETE, "/api/sites?site_id=root", NULL), 403);
	assert_string_equal(text("error.code"), "SYSTEM_APP");
	assert_int_equal(call(METHOD_DELETE, "/api/sites?site_id=blog", NULL), 200);
	assert_int_equal(call(METHOD_GET, "/api/sites/blog", NULL), 404);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_upload_raw), TEST(test_upload_form), TEST(test_upload_refused),
		TEST(test_rate), TEST(test_rollback), TEST(test_promote), TEST(test_versions),
		TEST(test_files), TEST(test_spa_over_edits), TEST(test_edits_at_once),
		TEST(test_delta), TEST(test_delta_refused), TEST(test_limited_keys),
		TEST(test_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
