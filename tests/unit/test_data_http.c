/*
 * Key-values, documents and blobs of an app over HTTP: forms, refusals, pages, keys for
 * single apps.
 */
#include "tests/unit/http_fixture.h"

#include "base/clock.h"
#include "store/blob.h"
#include "store/doc.h"
#include "store/kv.h"
#include "store/user.h"

extern const struct route app_routes[], quota_routes[], data_kv_routes[],
    data_doc_routes[], data_blob_routes[];
static const struct route *const tables[] = { app_routes, quota_routes, data_kv_routes,
	data_doc_routes, data_blob_routes, NULL };
static struct fixture f;
static struct user ann, bob;

#define CALL(method, target, body) http(&f, tables, method, target, body)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KV "/api/apps/a/data/kv"
#define DOCS "/api/apps/a/data/docs"
#define BLOBS "/api/apps/a/data/blobs"

static int
setup(void **state)
{
	struct arena *a = arena_new();
	struct writer *w;

	(void)state;
	http_key(NULL);
	fixture_open(&f);
	ann = (struct user){ .username = "ann" };
	bob = (struct user){ .username = "bob" };
	assert_int_equal(writer_begin(f.node.store, 1000, &w), FZ_OK);
	assert_int_equal(user_add(w, a, &ann), FZ_OK);
	assert_int_equal(user_add(w, a, &bob), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	ann.uid = xstrdup(ann.uid);
	bob.uid = xstrdup(bob.uid);
	arena_free(a);
	CALL("POST", "/api/apps", "{\"title\":\"App A\",\"alias\":\"a\"}");
	CALL("POST", "/api/apps", "{\"title\":\"App B\",\"alias\":\"b\"}");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	http_forget();
	fixture_close(&f);
	free((char *)ann.uid);
	free((char *)bob.uid);
	return 0;
}

/* The target with ?user= or &user= of ann. */
static const char *
of_ann(const char *target)
{
	static char texts[4][300];
	static unsigned turn;
	char *out = texts[turn++ % 4];

	snprintf(out, sizeof(texts[0]), "%s%cuser=%s", target,
	    strchr(target, '?') != NULL ? '&' : '?', ann.uid);
	return out;
}

static void
test_kv_one(void **state)
{
	static const struct {
		const char *sent, *kept;
	} values[] = {
		{ "1", "1" },
		{ "null", "null" },
		{ "\"x y\"", "\"x y\"" },
		{ "0.1", "0.1" },
		{ " { \"a\" : [ 1 , 2.50 ] }\n", "{\"a\":[1,2.50]}" },
		{ "\"a\\\" b\"", "\"a\\\" b\"" },
		{ "true", "true" },
		{ "\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\"" },
	};
	char want[100];

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		assert_int_equal(CALL("PUT", KV "/dir/k 1", values[i].sent), 200);
		snprintf(want, sizeof(want),
		    "{\"data\":{\"key\":\"dir/k 1\",\"value\":%s,"
		    "\"expires_at\":null,\"user_id\":null}}",
		    values[i].kept);
		assert_string_equal(http_bytes.data, want);
		assert_int_equal(CALL("GET", KV "/dir/k 1", NULL), 200);
		assert_string_equal(http_bytes.data, want);
		assert_string_equal(response_get(&f.rs, "Cache-Control"), "no-store");
	}
	assert_refused(
	    CALL("GET", "/api/apps/b/data/kv/dir/k 1", NULL), 404, "NOT_FOUND");
	assert_refused(CALL("GET", of_ann(KV "/dir/k 1"), NULL), 404, "NOT_FOUND");
	assert_int_equal(CALL("PUT", of_ann(KV "/dir/k 1"), "2"), 200);
	assert_http("data.user_id", ann.uid);
	assert_int_equal(CALL("GET", of_ann(KV "/dir/k 1"), NULL), 200);
	assert_http("data.value", "2");
	assert_http("data.user_id", ann.uid);
	assert_int_equal(CALL("DELETE", of_ann(KV "/dir/k 1"), NULL), 200);
	assert_int_equal(CALL("GET", KV "/dir/k 1", NULL), 200);
	assert_int_equal(CALL("DELETE", KV "/dir/k 1", NULL), 200);
	assert_http("data", "{\"message\":\"Key deleted\"}");
	assert_refused(CALL("DELETE", KV "/dir/k 1", NULL), 404, "NOT_FOUND");
}

static void
test_kv_expiry(void **state)
{
	int64_t at;

	(void)state;
	assert_int_equal(CALL("PUT", KV "/soon?ttl_ms=3600000", "1"), 200);
	assert_true(clock_parse_rfc3339(http_text("data.expires_at"), &at));
	assert_true(at > clock_wall_ms() + 3590000 && at <= clock_wall_ms() + 3600000);
	assert_int_equal(CALL("PUT", KV "/soon", "1"), 200);
	assert_int_equal(CALL("GET", KV "/soon", NULL), 200);
	assert_http("data.expires_at", "null");
	assert_int_equal(CALL("PUT", KV "/soon?ttl_ms=1", "1"), 200);
	usleep(5000);
	assert_refused(CALL("GET", KV "/soon", NULL), 404, "NOT_FOUND");
	assert_refused(CALL("DELETE", KV "/soon", NULL), 404, "NOT_FOUND");
	assert_int_equal(CALL("GET", KV, NULL), 200);
	assert_http("data", "[]");
}

static void
test_kv_refusals(void **state)
{
	static const struct {
		const char *method, *target, *body;
		int status;
		const char *code;
	} rows[] = {
		{ "GET", "/api/apps/nobody/data/kv", NULL, 404, "APP_NOT_FOUND" },
		{ "GET", KV "?user=fazt_usr_nobody00000", NULL, 404, "USER_NOT_FOUND" },
		{ "GET", KV "?limit=0", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "?limit=101", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "?limit=x", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "?cursor=x", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "?cursor=0.", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "?cursor=.61", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "?cursor=0.6", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "?cursor=0.6x", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "?cursor=0.00", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "?cursor=0.ff", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "?cursor=-1.61", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", KV "/none", NULL, 404, "NOT_FOUND" },
		{ "PUT", KV "/k", NULL, 400, "INVALID_JSON" },
		{ "PUT", KV "/k", "{", 400, "INVALID_JSON" },
		{ "PUT", KV "/k", "1 2", 400, "INVALID_JSON" },
		{ "PUT", KV "/k", "{\"a\":1,\"a\":2}", 400, "INVALID_JSON" },
		{ "PUT", KV "/k?ttl_ms=0", "1", 400, "VALIDATION_FAILED" },
		{ "PUT", KV "/k?ttl_ms=-5", "1", 400, "VALIDATION_FAILED" },
		{ "PUT", KV "/k?ttl_ms=99999999999999999", "1", 400,
		    "VALIDATION_FAILED" },
		{ "PUT", KV "/k?user=fazt_usr_nobody00000", "1", 404, "USER_NOT_FOUND" },
		{ "DELETE", KV "/none", NULL, 404, "NOT_FOUND" },
	};
	char target[700] = KV "/";

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int got = CALL(rows[i].method, rows[i].target, rows[i].body);

		if (got != rows[i].status)
			fail_msg("row %zu: %d %s", i, got, http_bytes.data);
		assert_http("error.code", rows[i].code);
	}
	assert_int_equal(
	    http_send(&f, tables, "PUT", KV "/k", "text/plain", "1", 1), 415);
	memset(target + strlen(target), 'k', KV_KEY_MAX + 1);
	assert_refused(CALL("PUT", target, "1"), 400, "VALIDATION_FAILED");
	assert_http("error.details.field", "key");
	target[strlen(target) - 1] = '\0';
	assert_int_equal(CALL("PUT", target, "1"), 200);
	assert_int_equal(CALL("DELETE", target, NULL), 200);
}

static void
fill_keys(void)
{
	static const char *const keys[] = { "a", "b/1", "b/2", "b%", "c" };
	char target[100];

	for (size_t i = 0; i < COUNT(keys); i++) {
		snprintf(target, sizeof(target), KV "/%s", keys[i]);
		assert_int_equal(CALL("PUT", target, "1"), 200);
		assert_int_equal(CALL("PUT", of_ann(target), "2"), 200);
	}
}

/* All pages of a list; member of each row joined with blanks. */
static const char *
pages(const char *list, const char *member, int limit)
{
	static char all[800];
	char target[600], path[40], cursor[300] = "";
	size_t at = 0;

	all[0] = '\0';
	do {
		snprintf(target, sizeof(target), "%s%climit=%d&cursor=%s", list,
		    strchr(list, '?') != NULL ? '&' : '?', limit, cursor);
		assert_int_equal(CALL("GET", target, NULL), 200);
		assert_true(json_array_size(http_at("data")) <= (size_t)limit);
		for (int i = 0; i < (int)json_array_size(http_at("data")); i++) {
			snprintf(path, sizeof(path), "data.%d.%s", i, member);
			at += (size_t)snprintf(
			    all + at, sizeof(all) - at, "%s ", http_text(path));
		}
		snprintf(cursor, sizeof(cursor), "%s", http_text("meta.next_cursor"));
		assert_http(
		    "meta.has_more", strcmp(cursor, "null") != 0 ? "true" : "false");
	} while (strcmp(cursor, "null") != 0);
	return all;
}

static void
test_kv_list(void **state)
{
	char target[100];

	(void)state;
	fill_keys();
	for (int limit = 1; limit < 12; limit++) {
		assert_string_equal(pages(KV, "key", limit),
		    "a b% b/1 b/2 c a b% b/1 b/2 c ");
		assert_string_equal(pages(KV "?user=", "key", limit), "a b% b/1 b/2 c ");
		assert_string_equal(pages(of_ann(KV), "value", limit), "2 2 2 2 2 ");
		assert_string_equal(
		    pages(KV "?prefix=b/", "key", limit), "b/1 b/2 b/1 b/2 ");
		assert_string_equal(pages(KV "?prefix=b%25&user=", "key", limit), "b% ");
		assert_string_equal(pages(KV "?prefix=none", "key", limit), "");
	}
	assert_int_equal(CALL("GET", KV "?limit=1", NULL), 200);
	assert_string_equal(http_bytes.data, "{\"data\":[{\"key\":\"a\",\"value\":1,"
					     "\"expires_at\":null,\"user_id\":null}],"
					     "\"meta\":{\"limit\":1,\"has_more\":true,"
					     "\"next_cursor\":\"0.61\"}}");
	assert_int_equal(CALL("GET", "/api/apps/b/data/kv", NULL), 200);
	assert_http("data", "[]");
	snprintf(target, sizeof(target), KV "/a?user=%s", bob.uid);
	assert_int_equal(CALL("PUT", target, "3"), 200);
	snprintf(target, sizeof(target), "null %s %s ", ann.uid, bob.uid);
	assert_string_equal(pages(KV "?prefix=a", "user_id", 5), target);
}

/* Large values: a page is cut by bytes and goes on. */
static void
test_kv_large(void **state)
{
	size_t n = 900 * 1024;
	char *body = malloc(n + 1), target[40];

	(void)state;
	memset(body, '1', n);
	body[0] = body[n - 1] = '"';
	body[n] = '\0';
	for (int i = 0; i < 12; i++) {
		snprintf(target, sizeof(target), KV "/k%02d", i);
		assert_int_equal(CALL("PUT", target, body), 200);
	}
	assert_int_equal(CALL("GET", KV "?limit=100", NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 5);
	assert_string_equal(pages(KV, "key", 100),
	    "k00 k01 k02 k03 k04 k05 k06 k07 k08 k09 k10 k11 ");
	free(body);
}

static void
test_kv_quota(void **state)
{
	(void)state;
	assert_int_equal(CALL("PUT", "/api/apps/a/quotas", "{\"kv_keys\":1}"), 200);
	assert_int_equal(CALL("PUT", KV "/one", "1"), 200);
	assert_refused(CALL("PUT", KV "/two", "1"), 429, "QUOTA_EXCEEDED");
	assert_http("error.details", "{\"quota\":\"kv_keys\",\"limit\":1,\"used\":1}");
	assert_int_equal(CALL("PUT", KV "/one", "2"), 200);
}

static void
test_limited_key(void **state)
{
	(void)state;
	assert_int_equal(CALL("PUT", KV "/k", "1"), 200);
	assert_int_equal(CALL("PUT", "/api/apps/b/data/kv/k", "1"), 200);
	http_key("data:a");
	assert_int_equal(CALL("GET", KV, NULL), 200);
	assert_int_equal(CALL("PUT", KV "/k", "2"), 200);
	assert_int_equal(
	    http_send(&f, tables, "PUT", BLOBS "/x", "text/plain", "x", 1), 200);
	assert_refused(CALL("GET", "/api/apps/b/data/kv", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", "/api/apps/b/data/kv/k", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("PUT", "/api/apps/b/data/kv/k", "2"), 403, "SCOPE_REQUIRED");
	assert_refused(
	    CALL("DELETE", "/api/apps/b/data/kv/k", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(
	    CALL("GET", "/api/apps/b/data/blobs", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(
	    CALL("GET", "/api/apps/b/data/blobs/x", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(http_send(&f, tables, "PUT", "/api/apps/b/data/blobs/x",
			   "text/plain", "x", 1),
	    403, "SCOPE_REQUIRED");
	assert_refused(CALL("DELETE", "/api/apps/b/data/blobs/x", NULL), 403,
	    "SCOPE_REQUIRED");
	http_key(NULL);
	assert_int_equal(CALL("GET", "/api/apps/b/data/kv/k", NULL), 200);
	assert_http("data.value", "1");
}

static void
test_doc_one(void **state)
{
	char target[200];

	(void)state;
	assert_int_equal(
	    CALL("POST", DOCS "/notes", "{\"id\":\"n/1\",\"a\":0.10,\"b\":[1]}"), 201);
	assert_http("data", "{\"id\":\"n/1\"}");
	assert_int_equal(CALL("GET", DOCS "/notes/n/1", NULL), 200);
	assert_non_null(strstr(http_bytes.data, "\"a\":0.10"));
	assert_http("data.id", "n/1");
	assert_http("data.b", "[1]");
	assert_true(
	    json_integer_value(http_at("data._createdAt")) > clock_wall_ms() - 60000);
	assert_string_equal(response_get(&f.rs, "Cache-Control"), "no-store");
	assert_refused(
	    CALL("POST", DOCS "/notes", "{\"id\":\"n/1\"}"), 409, "DS_DUPLICATE");
	assert_int_equal(CALL("POST", DOCS "/notes", "{\"c\":1}"), 201);
	assert_int_equal(strlen(http_text("data.id")), 36);
	snprintf(target, sizeof(target), DOCS "/notes/%s", http_text("data.id"));
	assert_int_equal(CALL("DELETE", target, NULL), 200);
	assert_http("data", "{\"message\":\"Document deleted\"}");
	assert_refused(CALL("DELETE", target, NULL), 404, "NOT_FOUND");
	assert_refused(CALL("GET", target, NULL), 404, "NOT_FOUND");
	/* PUT replaces the whole document, or makes it. */
	assert_int_equal(CALL("PUT", DOCS "/notes/n/1", " { \"z\" : null } "), 200);
	assert_http("data.z", "null");
	assert_http("data.a", "(absent)");
	assert_int_equal(
	    CALL("PUT", DOCS "/notes/new", "{\"id\":\"other\",\"x\":1}"), 200);
	assert_http("data.id", "new");
	/* A collection of a user is another one. */
	assert_refused(CALL("GET", of_ann(DOCS "/notes/new"), NULL), 404, "NOT_FOUND");
	assert_int_equal(CALL("PUT", of_ann(DOCS "/notes/new"), "{\"x\":2}"), 200);
	assert_int_equal(CALL("GET", DOCS "/notes/new", NULL), 200);
	assert_http("data.x", "1");
	assert_int_equal(CALL("GET", DOCS, NULL), 200);
	assert_http("data.0.collection", "notes");
	assert_http("data.0.count", "2");
	assert_http("data.0.indexes", "[]");
	assert_http("data.0.user_id", "null");
	assert_http("data.1.count", "1");
	assert_http("data.1.user_id", ann.uid);
	assert_int_equal(CALL("GET", of_ann(DOCS), NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 1);
	assert_http("data.0.user_id", ann.uid);
	assert_int_equal(CALL("GET", DOCS "?user=", NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 1);
	assert_http("data.0.user_id", "null");
}

static void
test_doc_find(void **state)
{
	char body[80];

	(void)state;
	for (int i = 0; i < 9; i++) {
		snprintf(body, sizeof(body),
		    "{\"id\":\"%d\",\"n\":%d,\"odd\":%s,\"t\":{\"x\":1}}", i, i,
		    i % 2 != 0 ? "true" : "false");
		assert_int_equal(CALL("POST", DOCS "/c", body), 201);
	}
	for (int limit = 1; limit < 11; limit++) {
		assert_string_equal(pages(DOCS "/c", "id", limit), "8 7 6 5 4 3 2 1 0 ");
		assert_string_equal(pages(DOCS "/c?sort=-odd,n", "id", limit),
		    "1 3 5 7 0 2 4 6 8 ");
		assert_string_equal(pages(DOCS "/c?q={\"n\":{\"$gte\":6}}", "id", limit),
		    "8 7 6 ");
		assert_string_equal(pages(DOCS "/c?q={\"odd\":true}&sort=n", "n", limit),
		    "1 3 5 7 ");
	}
	assert_int_equal(CALL("GET", DOCS "/c?fields=n,,t.x,&limit=1", NULL), 200);
	assert_http("data", "[{\"id\":\"8\",\"n\":8,\"t\":{\"x\":1}}]");
	assert_int_equal(CALL("GET", DOCS "/c?q=", NULL), 200);
	assert_int_equal(json_array_size(http_at("data")), 9);
	assert_int_equal(CALL("GET", DOCS "/none", NULL), 200);
	assert_string_equal(http_bytes.data, "{\"data\":[],\"meta\":{\"limit\":20,"
	    "\"has_more\":false,\"next_cursor\":null}}");
	assert_int_equal(CALL("GET", of_ann(DOCS "/c"), NULL), 200);
	assert_http("data", "[]");
}

static void
test_doc_refusals(void **state)
{
	static const struct {
		const char *method, *target, *body;
		int status;
		const char *code;
	} rows[] = {
		{ "GET", "/api/apps/nobody/data/docs", NULL, 404, "APP_NOT_FOUND" },
		{ "GET", DOCS "?user=nobody", NULL, 404, "USER_NOT_FOUND" },
		{ "GET", DOCS "/c?limit=0", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", DOCS "/c?limit=101", NULL, 400, "VALIDATION_FAILED" },
		{ "GET", DOCS "/c?q={", NULL, 400, "DS_BAD_QUERY" },
		{ "GET", DOCS "/c?q=7", NULL, 400, "DS_BAD_QUERY" },
		{ "GET", DOCS "/c?q={\"$x\":1}", NULL, 400, "DS_BAD_QUERY" },
		{ "GET", DOCS "/c?q={\"a b\":1}", NULL, 400, "DS_BAD_QUERY" },
		{ "GET", DOCS "/c?sort=a b", NULL, 400, "DS_BAD_QUERY" },
		{ "GET", DOCS "/c?cursor=junk", NULL, 400, "DS_BAD_QUERY" },
		{ "GET", DOCS "/c/none", NULL, 404, "NOT_FOUND" },
		{ "POST", DOCS "/c", NULL, 400, "INVALID_JSON" },
		{ "POST", DOCS "/c", "{", 400, "INVALID_JSON" },
		{ "POST", DOCS "/c", "[1]", 400, "VALIDATION_FAILED" },
		{ "POST", DOCS "/c", "{\"id\":{}}", 400, "VALIDATION_FAILED" },
		{ "PUT", DOCS "/c/x", "7", 400, "VALIDATION_FAILED" },
		{ "DELETE", DOCS "/c/none", NULL, 404, "NOT_FOUND" },
	};
	char target[300] = DOCS "/";

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int got = CALL(rows[i].method, rows[i].target, rows[i].body);

		if (got != rows[i].status ||
		    strcmp(http_text("error.code"), rows[i].code) != 0)
			fail_msg("row %zu: %d %s", i, got, http_bytes.data);
	}
	assert_int_equal(
	    http_send(&f, tables, "POST", DOCS "/c", "text/plain", "{}", 2), 415);
	memset(target + strlen(target), 'c', DOC_COLLECTION_MAX + 1);
	assert_refused(CALL("POST", target, "{}"), 400, "VALIDATION_FAILED");
	assert_int_equal(CALL("PUT", "/api/apps/a/quotas", "{\"docs\":1}"), 200);
	assert_int_equal(CALL("POST", DOCS "/c", "{}"), 201);
	assert_refused(CALL("POST", DOCS "/c", "{}"), 429, "QUOTA_EXCEEDED");
	assert_http("error.details", "{\"quota\":\"docs\",\"limit\":1,\"used\":1}");
	assert_refused(CALL("PUT", DOCS "/c/x", "{}"), 429, "QUOTA_EXCEEDED");
	http_key("data:b");
	assert_refused(CALL("GET", DOCS, NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", DOCS "/c", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("GET", DOCS "/c/x", NULL), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("POST", DOCS "/c", "{}"), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("PUT", DOCS "/c/x", "{}"), 403, "SCOPE_REQUIRED");
	assert_refused(CALL("DELETE", DOCS "/c/x", NULL), 403, "SCOPE_REQUIRED");
}

static int
put_blob(const char *target, const char *type, const char *text)
{
	return http_send(&f, tables, "PUT", target, type, text, strlen(text));
}

static void
test_blob_one(void **state)
{
	static const char hash[] =
	    "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

	(void)state;
	assert_int_equal(put_blob(BLOBS "/dir/a.txt", "text/x; a=b", "hello"), 200);
	assert_http("data.path", "dir/a.txt");
	assert_http("data.size", "5");
	assert_http("data.hash", hash);
	assert_int_equal(CALL("GET", BLOBS "/dir/a.txt", NULL), 200);
	assert_string_equal(http_bytes.data, "hello");
	assert_string_equal(response_get(&f.rs, "Content-Type"), "text/x; a=b");
	assert_string_equal(response_get(&f.rs, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(response_get(&f.rs, "Content-Security-Policy"), "sandbox");
	assert_non_null(strstr(response_get(&f.rs, "Content-Disposition"), "attachment"));
	assert_refused(
	    CALL("GET", of_ann(BLOBS "/dir/a.txt"), NULL), 404, "FILE_NOT_FOUND");
	assert_int_equal(put_blob(of_ann(BLOBS "/dir/a.txt"), "", "of ann"), 200);
	assert_int_equal(CALL("GET", of_ann(BLOBS "/dir/a.txt"), NULL), 200);
	assert_string_equal(http_bytes.data, "of ann");
	assert_string_equal(
	    response_get(&f.rs, "Content-Type"), "text/plain; charset=utf-8");
	assert_int_equal(CALL("GET", BLOBS "?user=", NULL), 200);
	assert_http("data.1", "(absent)");
	assert_http("data.0.mime", "text/x; a=b");
	assert_http("data.0.hash", hash);
	assert_int_equal(CALL("DELETE", BLOBS "/dir/a.txt", NULL), 200);
	assert_http("data", "{\"path\":\"dir/a.txt\"}");
	assert_refused(CALL("DELETE", BLOBS "/dir/a.txt", NULL), 404, "FILE_NOT_FOUND");
	assert_int_equal(CALL("GET", of_ann(BLOBS "/dir/a.txt"), NULL), 200);
}

static void
test_blob_list(void **state)
{
	char target[60], want[400] = "";

	(void)state;
	for (int i = 0; i < 7; i++) {
		snprintf(target, sizeof(target), BLOBS "/p%d/x", i);
		assert_int_equal(
		    put_blob(target, "application/x-www-form-urlencoded", "b"), 200);
		assert_http("data.mime", "application/octet-stream");
		assert_int_equal(put_blob(of_ann(target), "image/png", ""), 200);
	}
	for (int i = 0; i < 14; i++)
		snprintf(want + strlen(want), 10, "p%d/x ", i % 7);
	for (int limit = 1; limit < 16; limit++)
		assert_string_equal(pages(BLOBS, "path", limit), want);
	assert_string_equal(pages(BLOBS "?prefix=p3", "size", 1), "1 0 ");
	assert_refused(CALL("GET", BLOBS "/p9/x", NULL), 404, "FILE_NOT_FOUND");
}

/* A body that lies in a file goes out as it came in. */
static void
test_blob_large(void **state)
{
	size_t n = 3 * 1024 * 1024 + 17;
	char *body = malloc(n);

	(void)state;
	for (size_t i = 0; i < n; i++)
		body[i] = (char)(i * 31 >> 7);
	assert_int_equal(
	    http_send(&f, tables, "PUT", BLOBS "/large", "video/mp4", body, n), 200);
	assert_int_equal(CALL("GET", BLOBS "/large", NULL), 200);
	assert_int_equal(http_bytes.len, n);
	assert_memory_equal(http_bytes.data, body, n);
	assert_int_equal(
	    CALL("PUT", "/api/apps/a/quotas", "{\"blob_bytes\":3200000}"), 200);
	assert_refused(http_send(&f, tables, "PUT", BLOBS "/more", "video/mp4", body, n),
	    429, "QUOTA_EXCEEDED");
	assert_http("error.details.quota", "blob_bytes");
	assert_http("error.details.used", "3145745");
	assert_int_equal(CALL("PUT", "/api/apps/a/quotas",
	    "{\"blob_bytes\":null,\"disk_bytes\":3200000}"), 200);
	assert_refused(http_send(&f, tables, "PUT", BLOBS "/more", "video/mp4", body, n),
	    429, "QUOTA_EXCEEDED");
	assert_http("error.details.quota", "disk_bytes");
	assert_int_equal(
	    http_send(&f, tables, "PUT", BLOBS "/large", "video/mp4", body, n), 200);
	free(body);
}

static void
test_blob_type(void **state)
{
	char type[400];

	(void)state;
	memset(type, 'x', sizeof(type));
	type[255] = '\0';
	assert_int_equal(put_blob(BLOBS "/t", type, "x"), 200);
	type[255] = 'x';
	type[256] = '\0';
	assert_refused(put_blob(BLOBS "/t", type, "x"), 400, "VALIDATION_FAILED");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kv_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kv_expiry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kv_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kv_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kv_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kv_quota, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limited_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_doc_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_doc_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_doc_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_blob_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_blob_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_blob_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_blob_type, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
