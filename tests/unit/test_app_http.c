/* Apps over HTTP: their whole life, quotas, forks. */
#include "tests/unit/http_fixture.h"

#include "base/str.h"
#include "store/doc.h"
#include "store/kv.h"
#include "store/usage.h"
#include "store/version.h"

extern const struct route app_routes[], lineage_routes[], quota_routes[], alias_routes[];
static const struct route *const tables[] = { app_routes, lineage_routes, quota_routes,
	alias_routes, NULL };
static struct fixture f;

#define CALL(method, target, body) http(&f, tables, method, target, body)

static int
setup(void **state)
{
	(void)state;
	http_key(NULL);
	fixture_open(&f);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	http_forget();
	fixture_close(&f);
	return 0;
}

static void
test_create_and_show(void **state)
{
	char id[64];

	(void)state;
	assert_int_equal(
	    CALL("POST", "/api/apps",
		"{\"title\":\"My blog\",\"description\":"
		"\"d\",\"tags\":[\"docs\",\"\xc3\xa9\"],\"visibility\":\"public\","
		"\"alias\":\"blog\"}"),
	    201);
	assert_http("data.title", "My blog");
	assert_http("data.visibility", "public");
	assert_http("data.alias", "blog");
	assert_http("data.url", "https://blog.example.com");
	snprintf(id, sizeof(id), "%s", http_text("data.id"));
	assert_true(str_starts(id, "fazt_app_"));
	assert_true(f.rq.seq > 0);

	assert_int_equal(CALL("GET", "/api/apps/blog", NULL), 200);
	assert_http("data.id", id);
	assert_http("data.name", "My blog");
	assert_http("data.description", "d");
	assert_http("data.tags", "[\"docs\",\"\xc3\xa9\"]");
	assert_http("data.source", "deploy");
	assert_http("data.source_url", "");
	assert_http("data.original_id", "");
	assert_http("data.file_count", "0");
	assert_http("data.aliases", "[\"blog\"]");
	assert_http("data.url", "https://blog.example.com");
	assert_http("data.deploy", "null");
	assert_http("data.spa", "false");
	assert_http("data.enabled", "true");
	assert_http("data.maintenance", "false");
	assert_http("data.manifest", "{}");
	assert_http("data.preview", "{\"data\":null,\"access\":null}");
	assert_http("data.deleted_at", "(absent)");
	assert_int_equal(strlen(http_text("data.created_at")), 20);
	assert_int_equal(CALL("GET", "/api/apps/My blog", NULL), 200);
	assert_refused(CALL("GET", "/api/apps/nobody", NULL), 404, "APP_NOT_FOUND");
}

static void
test_create_refused(void **state)
{
	static const struct {
		const char	*body;
		int		 status;
		const char	*code;
		const char	*field;
	} cases[] = {
		{ "{}", 400, "MISSING_FIELD", "title" },
		{ "{\"title\":\"\"}", 400, "VALIDATION_FAILED", "title" },
		{ "{\"title\":\"  \"}", 400, "VALIDATION_FAILED", "title" },
		{ "{\"title\":\"a\\u0007\"}", 400, "VALIDATION_FAILED", "title" },
		{ "{\"title\":7}", 400, "VALIDATION_FAILED", "title" },
		{ "{\"title\":\"a\",\"tags\":\"x\"}", 400, "VALIDATION_FAILED", "tags" },
		{ "{\"title\":\"a\",\"tags\":[\"\"]}", 400, "VALIDATION_FAILED", "tags" },
		{ "{\"title\":\"a\",\"tags\":[1]}", 400, "VALIDATION_FAILED", "tags" },
		{ "{\"title\":\"a\",\"visibility\":\"secret\"}", 400, "VALIDATION_FAILED",
		    "visibility" },
		{ "{\"title\":\"a\",\"alias\":\"A!\"}", 400, "VALIDATION_FAILED",
		    "alias" },
		{ "{\"title\":\"a\",\"alias\":\"www\"}", 400, "VALIDATION_FAILED",
		    "alias" },
		{ "{\"title\":\"a\",\"alias\":\"d1--x\"}", 400, "VALIDATION_FAILED",
		    "alias" },
		{ "{\"title\":\"a\",\"alias\":\"admin\"}", 403, "SYSTEM_ALIAS",
		    "(absent)" },
		{ "{\"title\":\"a\",\"alias\":\"login\"}", 403, "SYSTEM_ALIAS",
		    "(absent)" },
		{ "{\"title\":\"a\",\"alias\":\"root\"}", 403, "SYSTEM_ALIAS",
		    "(absent)" },
		{ "{\"title\":\"a\",\"template\":\"none\"}", 400, "VALIDATION_FAILED",
		    "template" },
		{ "[]", 400, "INVALID_JSON", "(absent)" },
		{ "{\"title\":\"a\"", 400, "INVALID_JSON", "(absent)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = CALL("POST", "/api/apps", cases[i].body);

		if (status != cases[i].status ||
		    strcmp(http_text("error.code"), cases[i].code) != 0 ||
		    strcmp(http_text("error.details.field"), cases[i].field) != 0)
			fail_msg("%s: %d %s %s", cases[i].body, status,
			    http_text("error.code"), http_text("error.details.field"));
	}
	assert_int_equal(
	    CALL("POST", "/api/apps", "{\"title\":\"a\",\"alias\":\"a\"}"), 201);
	assert_refused(CALL("POST", "/api/apps", "{\"title\":\"b\",\"alias\":\"a\"}"),
	    409, "CONFLICT");
	assert_int_equal(CALL("GET", "/api/apps?all=true", NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 1);
}

static void
test_list(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		char body[80];

		snprintf(body, sizeof(body),
		    "{\"title\":\"app %d\",\"visibility\":\"%s\"}", i,
		    i < 2 ? "public" : "unlisted");
		assert_int_equal(CALL("POST", "/api/apps", body), 201);
	}
	assert_int_equal(CALL("GET", "/api/apps", NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 2);
	assert_http("meta", "(absent)");
	assert_int_equal(CALL("GET", "/api/apps?all=true", NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 5);
	assert_int_equal(CALL("GET", "/api/apps?all=1&offset=1&limit=2", NULL), 200);
	assert_http("data.0.title", "app 1");
	assert_http("meta", "{\"offset\":1,\"limit\":2,\"total\":5,\"has_more\":true}");
	assert_int_equal(CALL("GET", "/api/apps?all=1&q=app+3", NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 1);
	assert_refused(
	    CALL("GET", "/api/apps?limit=101", NULL), 400, "VALIDATION_FAILED");
	assert_refused(CALL("GET", "/api/apps?limit=x", NULL), 400, "VALIDATION_FAILED");
}

static void
test_update(void **state)
{
	(void)state;
	CALL("POST", "/api/apps",
	    "{\"title\":\"a\",\"alias\":\"a\",\"description\":\"old\"}");
	assert_int_equal(CALL("PUT", "/api/apps/a", "{\"title\":\"b\",\"spa\":true,"
	    "\"enabled\":false,\"maintenance\":true,\"maintenance_message\":\"soon\","
	    "\"preview\":{\"data\":\"none\",\"access\":\"admin\"},\"keep_deploys\":20,"
	    "\"quotas\":{\"files\":50}}"), 200);
	assert_http("data.message", "App updated");
	assert_int_equal(CALL("GET", "/api/apps/a", NULL), 200);
	assert_http("data.title", "b");
	assert_http("data.description", "old");
	assert_http("data.spa", "true");
	assert_http("data.enabled", "false");
	assert_http("data.maintenance", "true");
	assert_http("data.maintenance_message", "soon");
	assert_http("data.preview", "{\"data\":\"none\",\"access\":\"admin\"}");
	assert_http("data.keep_deploys", "20");
	assert_http("data.quotas", "{\"files\":50}");
	assert_int_equal(
	    CALL("PUT", "/api/apps/a", "{\"preview\":{\"data\":null}}"), 200);
	CALL("GET", "/api/apps/a", NULL);
	assert_http("data.preview", "{\"data\":null,\"access\":\"admin\"}");
	assert_int_equal(CALL("PUT", "/api/apps/a", NULL), 200);
	assert_refused(CALL("PUT", "/api/apps/zz", "{}"), 404, "APP_NOT_FOUND");
}

static void
test_update_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "{\"title\":\"\"}", "title" },
		{ "{\"spa\":1}", "spa" },
		{ "{\"keep_deploys\":9}", "keep_deploys" },
		{ "{\"keep_deploys\":1001}", "keep_deploys" },
		{ "{\"preview\":\"live\"}", "preview" },
		{ "{\"preview\":{\"data\":\"some\"}}", "preview.data" },
		{ "{\"preview\":{\"access\":7}}", "preview.access" },
		{ "{\"quotas\":[]}", "quotas" },
		{ "{\"quotas\":{\"disc\":1}}", "disc" },
	};

	(void)state;
	CALL("POST", "/api/apps", "{\"title\":\"a\",\"alias\":\"a\"}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_refused(CALL("PUT", "/api/apps/a", cases[i][0]), 400,
		    "VALIDATION_FAILED");
		assert_http("error.details.field", cases[i][1]);
	}
}

static void
test_trash(void **state)
{
	char id[64], target[128];

	(void)state;
	CALL("POST", "/api/apps", "{\"title\":\"a\",\"alias\":\"a\"}");
	snprintf(id, sizeof(id), "%s", http_text("data.id"));
	assert_int_equal(CALL("DELETE", "/api/apps/a", NULL), 200);
	assert_http("data.id", id);
	assert_http("data.name", "a");
	assert_http("data.deleted", "1");
	assert_refused(CALL("GET", "/api/apps/a", NULL), 404, "APP_NOT_FOUND");
	assert_int_equal(CALL("GET", "/api/apps?trash=true", NULL), 200);
	assert_http("data.0.id", id);
	assert_int_equal(strlen(http_text("data.0.deleted_at")), 20);
	assert_int_equal(CALL("GET", "/api/apps?all=true", NULL), 200);
	assert_http("data", "[]");

	assert_refused(CALL("POST", "/api/apps/a/restore", NULL), 404, "APP_NOT_FOUND");
	snprintf(target, sizeof(target), "/api/apps/%s/restore", id);
	assert_int_equal(CALL("POST", target, NULL), 200);
	assert_http("data.id", id);
	assert_http("data.aliases", "[]");
	assert_http("data.url", "null");
	assert_refused(CALL("POST", target, NULL), 409, "CONFLICT");

	snprintf(target, sizeof(target), "/api/apps/%s", id);
	assert_int_equal(CALL("DELETE", target, NULL), 200);
	assert_refused(CALL("DELETE", target, NULL), 404, "APP_NOT_FOUND");
	strcat(target, "?purge=true");
	assert_int_equal(CALL("DELETE", target, NULL), 200);
	assert_int_equal(CALL("GET", "/api/apps?trash=true", NULL), 200);
	assert_http("data", "[]");
}

static void
make_system(const char *name)
{
	struct app a = { .title = name, .system = true };
	struct alias al = { .name = name, .type = ALIAS_PROXY };
	struct writer *w;

	fixture_request(&f);
	assert_int_equal(writer_begin(f.node.store, 1000, &w), FZ_OK);
	assert_int_equal(app_create(w, f.arena, &a), FZ_OK);
	al.app = a.id;
	assert_int_equal(alias_put(w, &al), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
}

static void
test_system_app(void **state)
{
	(void)state;
	make_system("root");
	assert_int_equal(CALL("GET", "/api/apps/root", NULL), 200);
	assert_http("data.url", "https://example.com");
	assert_refused(CALL("DELETE", "/api/apps/root", NULL), 403, "SYSTEM_APP");
	assert_refused(
	    CALL("DELETE", "/api/apps/root?purge=true", NULL), 403, "SYSTEM_APP");
	assert_refused(
	    CALL("PUT", "/api/apps/root", "{\"title\":\"x\"}"), 403, "SYSTEM_APP");
	assert_int_equal(CALL("PUT", "/api/apps/root", "{\"description\":\"x\"}"), 200);
}

static void
test_template(void **state)
{
	(void)state;
	assert_int_equal(CALL("POST", "/api/apps/create", "{\"name\":\"shop\"}"), 201);
	assert_http("data.name", "shop");
	assert_http("data.template", "minimal");
	assert_http("data.url", "https://shop.example.com");
	assert_int_equal(CALL("GET", "/api/apps/shop", NULL), 200);
	assert_http("data.deploy", "1");
	assert_http("data.source", "template");
	assert_http("data.manifest.name", "minimal");
	assert_int_equal(CALL("GET", "/api/apps/shop/source", NULL), 200);
	assert_http("data", "{\"type\":\"template\",\"ref\":\"minimal\"}");
	assert_refused(CALL("POST", "/api/apps/create", "{\"name\":\"shop\"}"), 409,
	    "CONFLICT");
	assert_refused(CALL("POST", "/api/apps/create", "{\"template\":\"vue\"}"), 400,
	    "MISSING_FIELD");
	assert_int_equal(CALL("POST", "/api/apps",
	    "{\"title\":\"S\",\"alias\":\"s\",\"template\":\"static\"}"), 201);
	assert_int_equal(CALL("GET", "/api/apps/s/status", NULL), 200);
	assert_http("data.app.name", "S");
	assert_http("data.app.manifest.name", "static");
	assert_http("data.app.visibility", "(absent)");
	assert_http("data.users", "[]");
	assert_http("data.totals", "{\"user_count\":0,\"kv_count\":0,\"doc_count\":0}");
	assert_true(json_integer_value(http_at("data.app.file_count")) > 4);
	assert_int_equal(CALL("GET", "/api/templates", NULL), 200);
	assert_http("data", "[\"minimal\",\"static\",\"vite\",\"vue\",\"vue-api\"]");
	assert_int_equal(CALL("GET", "/api/templates?detail=true", NULL), 200);
	assert_http("data.4.id", "vue-api");
}

static void
test_source(void **state)
{
	struct app a = { .title = "g",
		.source = "git",
		.source_url = "https://x.example/r",
		.source_ref = "main",
		.source_commit = "0123456789abcdef0123456789abcdef01234567" };
	struct writer *w;

	(void)state;
	fixture_request(&f);
	assert_int_equal(writer_begin(f.node.store, 1000, &w), FZ_OK);
	assert_int_equal(app_create(w, f.arena, &a), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	assert_int_equal(CALL("GET", "/api/apps/g/source", NULL), 200);
	assert_http("data",
	    "{\"type\":\"git\",\"url\":\"https://x.example/r\",\"ref\":\"main\","
	    "\"commit\":\"0123456789abcdef0123456789abcdef01234567\"}");
}

static void
test_quotas(void **state)
{
	(void)state;
	CALL("POST", "/api/apps/create", "{\"name\":\"a\"}");
	assert_int_equal(CALL("GET", "/api/apps/a/usage", NULL), 200);
	assert_http("data.files", "{\"used\":2,\"limit\":10000}");
	assert_http("data.disk.limit", "5368709120");
	assert_true(json_integer_value(http_at("data.disk.used")) > 500);
	assert_http("data.docs", "{\"used\":0,\"limit\":1000000}");
	assert_http("data.kv", "{\"used\":0,\"limit\":100000}");
	assert_http("data.blobs", "{\"used\":0,\"limit\":2147483648}");
	assert_http("data.logs", "{\"used\":0,\"limit\":50000}");
	assert_int_equal(CALL("PUT", "/api/apps/a/quotas",
	    "{\"disk_bytes\":1000000,\"files\":10,\"kv_keys\":5}"), 200);
	assert_http("data.files.limit", "10");
	assert_http("data.disk.limit", "1000000");
	assert_int_equal(CALL("PUT", "/api/apps/a/quotas", "{\"files\":null}"), 200);
	assert_http("data.files.limit", "10000");
	assert_http("data.disk.limit", "1000000");
	CALL("GET", "/api/apps/a", NULL);
	assert_http("data.quotas", "{\"disk_bytes\":1000000,\"kv_keys\":5}");
	assert_refused(CALL("PUT", "/api/apps/a/quotas", "{\"file\":1}"), 400,
	    "VALIDATION_FAILED");
	assert_refused(CALL("PUT", "/api/apps/a/quotas", "{\"files\":0}"), 400,
	    "VALIDATION_FAILED");
	assert_refused(CALL("PUT", "/api/apps/a/quotas", "{\"files\":10001}"), 400,
	    "VALIDATION_FAILED");
	assert_refused(CALL("PUT", "/api/apps/a/quotas", "{\"files\":1.5}"), 400,
	    "VALIDATION_FAILED");
}

/* Usage counts a content once, however many versions name it. */
static void
test_usage_shared(void **state)
{
	char before[40];

	(void)state;
	CALL("POST", "/api/apps/create", "{\"name\":\"a\"}");
	CALL("GET", "/api/apps/a/usage", NULL);
	snprintf(before, sizeof(before), "%s", http_text("data.disk.used"));
	CALL("POST", "/api/apps/create", "{\"name\":\"other\",\"template\":\"static\"}");
	CALL("GET", "/api/apps/a/usage", NULL);
	assert_http("data.disk.used", before);
	assert_int_equal(CALL("POST", "/api/apps/a/fork", "{\"alias\":\"b\"}"), 201);
	CALL("GET", "/api/apps/b/usage", NULL);
	assert_http("data.disk.used", before);
	CALL("GET", "/api/apps/a/usage", NULL);
	assert_http("data.disk.used", before);
}

static void
test_fork(void **state)
{
	char a[64], b[64], digest[2 * SHA256_LEN + 1];
	struct version v1, v2;
	struct reader *rd;
	struct app app;

	(void)state;
	CALL("POST", "/api/apps",
	    "{\"title\":\"a\",\"alias\":\"a\",\"template\":\"static\",\"visibility\":"
	    "\"private\"}");
	snprintf(a, sizeof(a), "%s", http_text("data.id"));
	CALL("PUT", "/api/apps/a", "{\"preview\":{\"access\":\"admin\"},\"spa\":true}");
	assert_int_equal(CALL("POST", "/api/apps/a/fork", NULL), 201);
	assert_http("data.title", "a-fork");
	assert_http("data.forked_from_id", a);
	assert_http("data.original_id", a);
	assert_http("data.alias", "(absent)");
	snprintf(b, sizeof(b), "%s", http_text("data.id"));
	assert_int_equal(
	    CALL("POST", "/api/apps/a/fork", "{\"copy_storage\":false}"), 201);
	assert_http("data.title", "a-fork-2");
	assert_int_equal(CALL("POST", "/api/apps/a-fork/fork", "{\"alias\":\"c\"}"), 201);
	assert_http("data.forked_from_id", b);
	assert_http("data.original_id", a);
	assert_http("data.alias", "c");
	assert_http("data.url", "https://c.example.com");
	assert_int_equal(CALL("GET", "/api/apps/c", NULL), 200);
	assert_http("data.source", "fork");
	assert_http("data.deploy", "1");
	assert_http("data.visibility", "private");
	assert_http("data.preview.access", "admin");
	assert_http("data.spa", "true");

	fixture_request(&f);
	assert_int_equal(reader_open(f.node.store, &rd), FZ_OK);
	assert_int_equal(app_find(rd, f.arena, "a", &app), FZ_OK);
	assert_int_equal(version_by_id(rd, f.arena, app.live, &v1), FZ_OK);
	assert_int_equal(app_find(rd, f.arena, "c", &app), FZ_OK);
	assert_int_equal(version_by_id(rd, f.arena, app.live, &v2), FZ_OK);
	reader_close(rd);
	str_hex(digest, v1.digest, SHA256_LEN);
	assert_memory_equal(v1.digest, v2.digest, SHA256_LEN);

	assert_refused(
	    CALL("POST", "/api/apps/a/fork", "{\"alias\":\"c\"}"), 409, "CONFLICT");
	assert_refused(CALL("POST", "/api/apps/a/fork", "{\"alias\":\"404\"}"), 403,
	    "SYSTEM_ALIAS");
	assert_refused(CALL("POST", "/api/apps/a/fork", "{\"copy_storage\":1}"), 400,
	    "VALIDATION_FAILED");
	assert_int_equal(CALL("GET", "/api/apps/a/forks", NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 2);
	assert_http("data.0.title", "a-fork");
	assert_http("data.0.aliases", "[]");
	assert_int_equal(CALL("GET", "/api/apps/c/lineage", NULL), 200);
	assert_http("data.id", a);
	assert_http("data.aliases", "[\"a\"]");
	assert_http("data.forks.0.forks.0.aliases", "[\"c\"]");
	assert_http("data.forks.0.forks.0.forks", "[]");

	/* Without its root the family begins at what is left. */
	assert_int_equal(CALL("DELETE", "/api/apps/a", NULL), 200);
	assert_http("data.deleted", "1");
	assert_int_equal(CALL("GET", "/api/apps/c/lineage", NULL), 200);
	assert_http("data.id", b);
	assert_int_equal(CALL("DELETE", "/api/apps/a-fork?with-forks=true", NULL), 200);
	assert_http("data.deleted", "2");
	assert_refused(CALL("GET", "/api/apps/c", NULL), 404, "APP_NOT_FOUND");
}

static void
test_fork_without_version(void **state)
{
	(void)state;
	CALL("POST", "/api/apps", "{\"title\":\"a\",\"alias\":\"a\"}");
	assert_int_equal(CALL("POST", "/api/apps/a/fork", "{\"alias\":\"b\"}"), 201);
	assert_int_equal(CALL("GET", "/api/apps/b", NULL), 200);
	assert_http("data.deploy", "null");
}

static void
put_data(const char *name)
{
	struct space space = { 0, 0 };
	struct doc_at at = { .collection = "c" };
	struct quota quota;
	struct writer *w;
	struct app app;
	const char *id;

	quota_read(NULL, &quota);
	fixture_request(&f);
	assert_int_equal(writer_begin(f.node.store, 5000, &w), FZ_OK);
	assert_int_equal(app_find(writer_reader(w), f.arena, name, &app), FZ_OK);
	at.space.app = space.app = app.id;
	assert_int_equal(kv_set(w, space, &quota, "k", "1", 1, 0), FZ_OK);
	assert_int_equal(
	    doc_insert(w, f.arena, &at, "{\"a\":1}", 7, &id, NULL), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
}

/* Keys and documents of an app, -1 if there is none of this name. */
static int64_t
data_of(const char *name)
{
	struct usage_data u = { .docs = -1 };
	struct reader *rd;
	struct app app;

	fixture_request(&f);
	assert_int_equal(reader_open(f.node.store, &rd), FZ_OK);
	if (app_find(rd, f.arena, name, &app) == FZ_OK)
		assert_int_equal(usage_of_data(rd, app.id, &u), FZ_OK);
	reader_close(rd);
	return u.kv_keys + u.docs;
}

static void
test_fork_with_data(void **state)
{
	(void)state;
	CALL("POST", "/api/apps", "{\"title\":\"a\",\"alias\":\"a\",\"template\":\"static\"}");
	put_data("a");
	assert_int_equal(
	    CALL("POST", "/api/apps/a/fork", "{\"alias\":\"b\",\"copy_storage\":true}"), 201);
	assert_http("data.title", "b");
	assert_http("data.alias", "b");
	assert_int_equal(data_of("b"), 2);
	assert_int_equal(CALL("GET", "/api/apps/b", NULL), 200);
	assert_http("data.source", "fork");
	assert_http("data.deploy", "1");
	assert_http("data.aliases", "[\"b\"]");
	assert_int_equal(CALL("POST", "/api/apps/a/fork", "{\"alias\":\"c\"}"), 201);
	assert_int_equal(data_of("c"), 0);
	assert_int_equal(CALL("POST", "/api/apps/b/fork", "{\"copy_storage\":true}"), 201);
	assert_http("data.title", "b-fork");
	assert_int_equal(data_of("b-fork"), 2);

	assert_refused(
	    CALL("POST", "/api/apps/a/fork", "{\"alias\":\"c\",\"copy_storage\":true}"), 409,
	    "CONFLICT");
	assert_int_equal(CALL("GET", "/api/apps?trash=true", NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 0);
	assert_int_equal(data_of("a"), 2);
}

/* A key for one app sees that one and makes none. */
static void
test_limited_key(void **state)
{
	(void)state;
	CALL("POST", "/api/apps/create", "{\"name\":\"a\"}");
	CALL("POST", "/api/apps/create", "{\"name\":\"b\"}");
	http_key("apps:a,stats.read:a");
	assert_int_equal(CALL("GET", "/api/apps/a", NULL), 200);
	assert_int_equal(CALL("GET", "/api/apps/a/usage", NULL), 200);
	assert_int_equal(CALL("PUT", "/api/apps/a", "{\"description\":\"x\"}"), 200);
	assert_refused(CALL("GET", "/api/apps/b", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/apps/b/usage", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("PUT", "/api/apps/b", "{}"), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("DELETE", "/api/apps/b", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/apps", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(
	    CALL("POST", "/api/apps", "{\"title\":\"c\"}"), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("POST", "/api/apps/create", "{\"name\":\"c\"}"), 403,
	    "SCOPE_REQUIRED");
	assert_refused(CALL("POST", "/api/apps/a/fork", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/apps/a/lineage", NULL), 403, "SCOPE_REQUIRED");
	http_key(NULL);
	assert_int_equal(CALL("POST", "/api/apps/a/fork", "{\"alias\":\"c\"}"), 201);
	http_key("apps:a");
	assert_refused(CALL("DELETE", "/api/apps/a?with-forks=true", NULL), 403,
	    "SCOPE_REQUIRED");
	assert_int_equal(CALL("DELETE", "/api/apps/a", NULL), 200);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_create_and_show), TEST(test_create_refused), TEST(test_list),
		TEST(test_update), TEST(test_update_refused), TEST(test_trash),
		TEST(test_system_app), TEST(test_template), TEST(test_source),
		TEST(test_quotas), TEST(test_usage_shared), TEST(test_fork),
		TEST(test_fork_without_version), TEST(test_fork_with_data),
		TEST(test_limited_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
