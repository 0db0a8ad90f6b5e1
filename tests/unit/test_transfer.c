/*
 * Export and import: a round trip to the byte, data and its users included, and every
 * refusal.
 */
#include "tests/unit/http_fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/str.h"
#include "store/doc.h"
#include "store/env.h"
#include "store/kv.h"
#include "store/object.h"
#include "store/sql.h"
#include "store/usage.h"
#include "store/user.h"
#include "store/version.h"

extern const struct route app_routes[], quota_routes[], transfer_routes[];
static const struct route *const tables[] = { app_routes, quota_routes, transfer_routes,
	NULL };
static struct fixture f;

#define CALL(method, target, body) http(&f, tables, method, target, body)
#define BOUNDARY "xxBOUNDARYxx"
#define ZIP_MAX (4 * MIB)

struct entry {
	const char	*name;
	const char	*data;
};

static char zip[ZIP_MAX];
static size_t zip_len;

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
make_zip(const struct entry *v, size_t n)
{
	struct archive *a = archive_write_new();

	archive_write_set_format_zip(a);
	assert_int_equal(archive_write_open_memory(a, zip, sizeof(zip), &zip_len),
	    ARCHIVE_OK);
	for (size_t i = 0; i < n; i++) {
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, v[i].name);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_perm(e, 0644);
		archive_entry_set_size(e, (la_int64_t)strlen(v[i].data));
		assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
		archive_write_data(a, v[i].data, strlen(v[i].data));
		archive_entry_free(e);
	}
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
}

static void
part(struct buf *b, const char *name, const char *value)
{
	if (value != NULL)
		buf_printf(b, "--" BOUNDARY "\r\n"
		    "Content-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n",
		    name, value);
}

static const char *import_data;		/* of the next imports */

/* The archive in zip, with these fields (NULL = none). */
static int
import(const char *alias, const char *overwrite)
{
	struct buf b;
	int status;

	buf_init(&b, 2 * ZIP_MAX);
	part(&b, "alias", alias);
	part(&b, "overwrite", overwrite);
	part(&b, "data", import_data);
	buf_puts(&b, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; "
	    "filename=\"a.zip\"\r\n\r\n");
	buf_add(&b, zip, zip_len);
	buf_puts(&b, "\r\n--" BOUNDARY "--\r\n");
	status = http_send(&f, tables, "POST", "/api/apps/import",
	    "multipart/form-data; boundary=" BOUNDARY, b.data, b.len);
	buf_fini(&b);
	return status;
}

static void
keep_zip(void)
{
	assert_string_equal(response_get(&f.rs, "Content-Type"), "application/zip");
	assert_in_range(http_bytes.len, 1, ZIP_MAX);
	zip_len = http_bytes.len;
	memcpy(zip, http_bytes.data, zip_len);
}

/* A site with an odd name, an empty file, bytes that do not shrink and text that does. */
static void
deploy_site(const char *label)
{
	struct deploy_options opt = { .label = label, .by = "test", .message = "first" };
	struct deploy_result res;
	struct staging *st;
	char big[300000], text[5000];
	const struct {
		const char	*name;
		const void	*p;
		size_t		 n;
	} v[] = {
		{ "index.html", "<h1>x</h1>", 10 }, { "empty", "", 0 },
		{ "assets/\xc3\xa9t\xc3\xa9.png", big, sizeof(big) },
		{ "long.txt", text, sizeof(text) }, { "export.json", "{}", 2 },
		{ "files/x.txt", "nested", 6 },
		{ "manifest.json", "{\"name\":\"n\"}", 12 },
	};

	random_bytes(big, sizeof(big));
	memset(text, 'a', sizeof(text));
	fixture_request(&f);
	assert_int_equal(staging_new(f.node.store, f.arena, &st), FZ_OK);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		bool skip;

		assert_int_equal(staging_file(st, &f.rs, v[i].name, (int64_t)v[i].n,
		    &skip), FZ_OK);
		assert_int_equal(staging_bytes(st, &f.rs, v[i].p, v[i].n), FZ_OK);
		assert_int_equal(staging_file_end(st), FZ_OK);
	}
	assert_int_equal(staging_commit(st, &f.rq, &f.rs, &opt, &res), FZ_OK);
	staging_free(st);
}

static void
digest_of(const char *name, uint8_t out[SHA256_LEN])
{
	struct version v;
	struct reader *rd;
	struct app a;

	assert_int_equal(reader_open(f.node.store, &rd), FZ_OK);
	assert_int_equal(app_find(rd, f.arena, name, &a), FZ_OK);
	assert_int_equal(version_by_id(rd, f.arena, a.live, &v), FZ_OK);
	reader_close(rd);
	memcpy(out, v.digest, SHA256_LEN);
}

static void
test_round_trip(void **state)
{
	uint8_t before[SHA256_LEN], after[SHA256_LEN];

	(void)state;
	deploy_site("shop");
	assert_int_equal(CALL("PUT", "/api/apps/shop", "{\"title\":\"My shop\","
	    "\"tags\":[\"t\"],"
	    "\"visibility\":\"private\",\"preview\":{\"access\":\"admin\"},\"spa\":true,"
	    "\"quotas\":{\"files\":99},\"description\":\"d\"}"), 200);
	digest_of("shop", before);
	assert_int_equal(CALL("GET", "/api/apps/shop/export?data=true", NULL), 200);
	assert_string_equal(response_get(&f.rs, "Content-Disposition"),
	    "attachment; filename=\"shop.zip\"");
	keep_zip();
	assert_refused(import(NULL, NULL), 409, "CONFLICT");
	assert_refused(import("shop", NULL), 409, "CONFLICT");
	assert_refused(import("shop", "false"), 409, "CONFLICT");
	assert_int_equal(import("copy", NULL), 201);
	assert_http("data.title", "My shop");
	assert_http("data.alias", "copy");
	assert_http("data.deploy", "1");
	assert_http("data.docs", "0");
	digest_of("copy", after);
	/* The digest knows whether a tree is a SPA: the setting is the version's now. */
	assert_int_equal(CALL("GET", "/api/apps/copy", NULL), 200);
	assert_http("data.source", "import");
	assert_http("data.visibility", "private");
	assert_http("data.tags", "[\"t\"]");
	assert_http("data.description", "d");
	assert_http("data.preview.access", "admin");
	assert_http("data.spa", "true");
	assert_http("data.quotas", "{\"files\":99}");
	assert_http("data.file_count", "7");
	assert_http("data.manifest", "{\"name\":\"n\"}");

	/* And once more, from the copy into itself: the same tree is no new deploy. */
	assert_int_equal(CALL("GET", "/api/apps/copy/export", NULL), 200);
	keep_zip();
	assert_int_equal(import("copy", "true"), 201);
	assert_http("data.deploy", "1");
	CALL("PUT", "/api/apps/shop",
	    "{\"description\":\"other\",\"quotas\":{\"files\":50}}");
	assert_int_equal(import("shop", "true"), 201);
	assert_http("data.deploy", "2");
	CALL("GET", "/api/apps/shop", NULL);
	assert_http("data.description", "d");
	assert_http("data.quotas", "{\"files\":99}");
	digest_of("shop", before);
	assert_memory_equal(before, after, SHA256_LEN);
}

#define ODD_NAME "files/assets/\xc3\xa9t\xc3\xa9.png"

/* What unzip and others see: UTF-8 names, plain files, sizes and sums that fit. */
static void
test_readable(void **state)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	const char *name;
	int n = 0;
	bool seen = false;

	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C"));
	deploy_site("shop");
	assert_int_equal(CALL("GET", "/api/apps/shop/export", NULL), 200);
	keep_zip();
	/* Bit 11 of the flags (APPNOTE 4.4.4) says that the name is UTF-8. */
	name = memmem(zip, zip_len, ODD_NAME, strlen(ODD_NAME));
	assert_non_null(name);
	assert_int_equal(name[-30 + 7] & 8, 8);
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	archive_read_support_format_zip_seekable(a);
	assert_int_equal(archive_read_open_memory(a, zip, zip_len), ARCHIVE_OK);
	while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
		name = archive_entry_pathname_utf8(e);
		if (n++ == 0)
			assert_string_equal(name, "export.json");
		assert_int_equal(archive_entry_filetype(e), AE_IFREG);
		seen = seen || strcmp(name, ODD_NAME) == 0;
		assert_int_equal(archive_read_data_skip(a), ARCHIVE_OK);
	}
	assert_int_equal(n, 8);
	assert_true(seen);
	archive_read_free(a);
	setlocale(LC_CTYPE, "C");
}

static void
test_without_version(void **state)
{
	(void)state;
	CALL("POST", "/api/apps", "{\"title\":\"empty\"}");
	assert_int_equal(CALL("GET", "/api/apps/empty/export", NULL), 200);
	assert_non_null(strstr(response_get(&f.rs, "Content-Disposition"), "fazt_app_"));
	keep_zip();
	assert_int_equal(import("again", NULL), 201);
	assert_http("data.deploy", "0");
	assert_int_equal(CALL("GET", "/api/apps/again", NULL), 200);
	assert_http("data.title", "empty");
	assert_refused(CALL("GET", "/api/apps/nobody/export", NULL), 404,
	    "APP_NOT_FOUND");
}

#define APP "\"app\":{\"title\":\"t\",\"aliases\":[\"t\"]}"

/* SHA-256 of "x" without its last digit, a 1. */
#define SUM "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a488"
#define DOC(rest) { "export.json", "{\"format\":1," rest "}" }

/* Archives that somebody else has written. */
static void
test_archives(void **state)
{
	static const struct {
		struct entry	 v[3];
		int		 status;
		const char	*code;
	} cases[] = {
		{ { DOC(APP), { "files/a", "x" } }, 201, "(absent)" },
		{ { { "files/a", "x" }, DOC(APP),
		    { "data/other.ndjson", "{}" } }, 201, "(absent)" },
		{ { DOC(APP), { "files/a", "x" }, { "data/kv.ndjson", "" } }, 201,
		    "(absent)" },
		{ { DOC(APP), { "files/a", "x" }, { "filesx/b", "" } }, 201,
		    "(absent)" },
		{ { { "files/a", "x" } }, 422, "ARCHIVE_INVALID" },
		{ { { "export.json", "{" } }, 422, "ARCHIVE_INVALID" },
		{ { { "export.json", "[]" } }, 422, "ARCHIVE_INVALID" },
		{ { { "export.json", "{\"format\":1}" } }, 422, "ARCHIVE_INVALID" },
		{ { { "export.json", "{\"format\":2," APP "}" } }, 422,
		    "ARCHIVE_INVALID" },
		{ { { "export.json", "{" APP "}" } }, 422, "ARCHIVE_INVALID" },
		{ { DOC(APP ",\"files\":7") }, 422, "ARCHIVE_INVALID" },
		{ { DOC(APP ",\"files\":[7]") }, 422, "ARCHIVE_INVALID" },
		{ { DOC(APP ",\"files\":[{\"path\":\"a\"}]") }, 422, "HASH_MISMATCH" },
		{ { DOC(APP ",\"files\":[]"),
		    { "files/a", "x" } }, 422, "HASH_MISMATCH" },
		{ { DOC(APP ",\"files\":[{\"path\":\"a\","
		    "\"sha256\":\"" SUM "1\"}]"), { "files/a", "x" } }, 201, "(absent)" },
		{ { DOC(APP ",\"files\":[{\"path\":\"a\","
		    "\"sha256\":\"" SUM "2\"}]"), { "files/a", "x" } }, 422,
		    "HASH_MISMATCH" },
		{ { { "export.json", "{\"format\":1,\"app\":{\"title\":\"\"}}" } }, 400,
		    "VALIDATION_FAILED" },
		{ { { "export.json", "{\"format\":1,\"app\":{\"title\":\"T!\"}}" } }, 400,
		    "VALIDATION_FAILED" },
		{ { DOC("\"app\":{}") }, 400, "MISSING_FIELD" },
		{ { DOC("\"app\":{\"title\":\"admin\"}") }, 403, "SYSTEM_ALIAS" },
		{ { DOC("\"app\":{\"title\":\"t\",\"tags\":7}") }, 400,
		    "VALIDATION_FAILED" },
		/* Noticed only after the app is made. */
		{ { DOC(APP), { "files/a", "x" }, { "files/A", "y" } }, 422,
		    "ARCHIVE_UNSAFE" },
		{ { DOC(APP), { "files/../a", "x" } }, 422, "ARCHIVE_UNSAFE" },
		{ { DOC(APP), { "../a", "x" } }, 422, "ARCHIVE_UNSAFE" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = 0;
		int status;

		while (n < 3 && cases[i].v[n].name != NULL)
			n++;
		make_zip(cases[i].v, n);
		status = import(NULL, NULL);
		if (status != cases[i].status ||
		    strcmp(http_text("error.code"), cases[i].code) != 0)
			fail_msg("case %zu: %d %s %s", i, status, http_text("error.code"),
			    http_text("error.message"));
		if (status == 201) {
			assert_http("data.alias", "t");
			assert_int_equal(CALL("GET", "/api/apps/t", NULL), 200);
			assert_http("data.file_count", "1");
			assert_int_equal(CALL("DELETE", "/api/apps/t?purge=true", NULL),
			    200);
		}
		/* What is refused leaves no app. */
		assert_int_equal(CALL("GET", "/api/apps?all=true", NULL), 200);
		assert_http("data", "[]");
	}
}

static void
test_request_refused(void **state)
{
	static const struct entry v[] = { DOC(APP) };
	static const char no_file[] = "--x\r\nContent-Disposition: form-data; "
	    "name=\"alias\"\r\n\r\na\r\n--x--\r\n";

	(void)state;
	assert_refused(CALL("POST", "/api/apps/import", NULL), 400, "MISSING_FIELD");
	assert_refused(CALL("POST", "/api/apps/import", "{}"), 415,
	    "UNSUPPORTED_MEDIA_TYPE");
	assert_refused(http_send(&f, tables, "POST", "/api/apps/import",
	    "multipart/form-data; boundary=x", "junk", 4), 400, "BAD_REQUEST");
	assert_refused(http_send(&f, tables, "POST", "/api/apps/import",
	    "multipart/form-data; boundary=x", no_file, strlen(no_file)), 400,
	    "MISSING_FIELD");
	zip_len = 5;
	memcpy(zip, "junk!", 5);
	assert_refused(import("t", NULL), 422, "ARCHIVE_INVALID");
	make_zip(v, 1);
	assert_refused(import("t", "maybe"), 400, "VALIDATION_FAILED");
	assert_refused(import("T T", NULL), 400, "VALIDATION_FAILED");
	http_key("apps");
	assert_refused(import("t", NULL), 403, "SCOPE_REQUIRED");
	assert_http("error.details.scope", "data");
	http_key("apps:t,data");
	assert_refused(import("t", NULL), 403, "SCOPE_REQUIRED");
	http_key("apps,data");
	assert_int_equal(import("t", NULL), 201);
}

/* --- data --- */

struct row {
	const char	*name;		/* key, document or path */
	const char	*text;
	int64_t		 time;		/* expiry, creation */
};

static const struct row kv_rows[] = {
	{ "a", "1", 0 },
	{ "b/\"c\"\\", "{\"x\":[0.1,1e21,-0.0],\"y\":\"\\u0000\"}", 0 },
	{ "\xc3\xa4 \xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80 ,\\\"value\\\":7\"",
	    4102444800123 },
	{ "n,\"value\":", "null", 0 },
};
static const struct row doc_rows[] = {
	{ "1", "{\"n\":0.1,\"s\":\"\xc3\xa4\",\"data\":{\"data\":1}}", 1000 },
	{ "two", "{\"a\":[1,{\"b\":null}],\"indexes\":3}", 999 },
	{ "3 \"x\"", "{}", 5000 },
};
static const struct row blob_rows[] = {
	{ "dir/a.txt", "hello", 0 }, { "same", "hello", 0 }, { "empty", "", 0 },
	{ "\xc3\xa4.bin", "other", 0 },
};

#define EACH(rows) size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++
#define OK(call) assert_int_equal((call), FZ_OK)

static struct user ann;

/* A user of this node with that uid. */
static void
make_user(const char *uid, struct writer *w)
{
	ann = (struct user){ .username = "ann" };
	OK(user_add(w, f.arena, &ann));
	OK(sql_run(w, "UPDATE user SET uid=?2 WHERE id=?1", "it", ann.id, uid));
	ann.uid = uid;
}

static int64_t
app_id(const char *name)
{
	struct reader *rd;
	struct app a;

	OK(reader_open(f.node.store, &rd));
	OK(app_find(rd, f.arena, name, &a));
	reader_close(rd);
	return a.id;
}

static void
fill_space(struct space space, const char *extra)
{
	struct quota q;
	struct doc_at at = { .space = space, .collection = "a/b \"c\"", .quota = &q };
	struct why why = { { 0 } };
	struct writer *w;
	const char *name;

	quota_read(NULL, &q);
	OK(writer_begin(f.node.store, 1000, &w));
	for (EACH(kv_rows))
		OK(kv_set(w, space, &q, kv_rows[i].name, kv_rows[i].text,
		    strlen(kv_rows[i].text), kv_rows[i].time));
	OK(kv_set(w, space, &q, "extra", extra, strlen(extra), 0));
	for (EACH(doc_rows))
		OK(doc_put(w, f.arena, &at, doc_rows[i].name, doc_rows[i].text,
		    strlen(doc_rows[i].text), doc_rows[i].time, doc_rows[i].time + 1,
		    &why));
	OK(doc_index(w, f.arena, &at, "[\"n\",\"s\"]",
	    "{\"unique\":true,\"name\":\"ns\"}", &name, &why));
	OK(doc_search_index(w, f.arena, &at, "[\"s\"]", &why));
	OK(writer_commit(w, NULL));
	for (EACH(blob_rows)) {
		struct object_body body = { .bytes = blob_rows[i].text,
			.len = strlen(blob_rows[i].text) };

		OK(object_store(f.node.store, space, &q, blob_rows[i].name, &body,
		    "text/x; a=1", NULL, &f.rq.seq, NULL));
	}
}

static const char *
blob_text(const struct object *o)
{
	struct reader *rd;
	char *text;
	void *p;
	size_t n;

	OK(reader_open(f.node.store, &rd));
	OK(blob_read(rd, o->blob, BLOB_PLAIN, MIB, &p, &n));
	reader_close(rd);
	text = arena_strndup(f.arena, p, n);
	free(p);
	return text;
}

static void
check_rest(struct reader *rd, struct space space)
{
	struct doc_at at = { .space = space, .collection = "a/b \"c\"" };
	struct doc_collection *v;
	struct doc_row *rows;
	struct object o;
	size_t n;

	OK(doc_collections(rd, f.arena, space, &v, &n));
	assert_int_equal(n, 1);
	assert_string_equal(v[0].name, at.collection);
	assert_non_null(strstr(v[0].indexes, "\"ns\""));
	assert_non_null(strstr(v[0].indexes, "\"unique\":true"));
	assert_non_null(strstr(v[0].indexes, "\"search\":true"));
	OK(doc_walk(rd, f.arena, &at, 0, 100, &rows, &n));
	assert_int_equal(n, sizeof(doc_rows) / sizeof(doc_rows[0]));
	for (EACH(doc_rows)) {
		assert_string_equal(rows[i].id, doc_rows[i].name);
		assert_string_equal(rows[i].json, doc_rows[i].text);
		assert_int_equal(rows[i].created, doc_rows[i].time);
		assert_int_equal(rows[i].updated, doc_rows[i].time + 1);
	}
	for (EACH(blob_rows)) {
		OK(object_get(rd, f.arena, space, blob_rows[i].name, &o));
		assert_string_equal(o.mime, "text/x; a=1");
		assert_in_range(o.updated, clock_wall_ms() - 60000, clock_wall_ms());
		assert_string_equal(blob_text(&o), blob_rows[i].text);
	}
}

static void
check_space(struct space space, const char *extra)
{
	struct reader *rd;
	struct kv kv;

	OK(reader_open(f.node.store, &rd));
	for (EACH(kv_rows)) {
		OK(kv_get(rd, f.arena, space, kv_rows[i].name, &kv));
		assert_string_equal(kv.value, kv_rows[i].text);
		assert_int_equal(kv.expires, kv_rows[i].time);
	}
	OK(kv_get(rd, f.arena, space, "extra", &kv));
	assert_string_equal(kv.value, extra);
	check_rest(rd, space);
	reader_close(rd);
}

/* An app "shop" with data of all and of ann, exported into zip. */
static void
export_shop(void)
{
	struct writer *w;
	int64_t app;

	deploy_site("shop");
	OK(writer_begin(f.node.store, 1000, &w));
	make_user("fazt_usr_000000000009", w);
	OK(writer_commit(w, NULL));
	app = app_id("shop");
	fill_space((struct space){ app, 0 }, "\"all\"");
	fill_space((struct space){ app, ann.id }, "\"ann\"");
	assert_int_equal(CALL("GET", "/api/apps/shop/export?data=true", NULL), 200);
	keep_zip();
}

/* Names in the archive that begin so; each stands there twice. */
static int
count_names(const char *start)
{
	const char *p = zip;
	int n = 0;

	for (;;) {
		p = memmem(p, (size_t)(zip + zip_len - p), start, strlen(start));
		if (p == NULL)
			return n / 2;
		p++;
		n++;
	}
}

static void
test_data(void **state)
{
	struct usage_data one, two;
	struct reader *rd;
	int64_t app;

	(void)state;
	export_shop();
	/* Eight blobs of three contents. */
	assert_int_equal(count_names("blobs/"), 3);
	assert_int_equal(count_names("data/"), 3);
	assert_int_equal(import("copy", NULL), 201);
	assert_http("data.kv", "10");
	assert_http("data.docs", "6");
	assert_http("data.blobs", "8");
	assert_http("data.skipped", "0");
	app = app_id("copy");
	check_space((struct space){ app, 0 }, "\"all\"");
	check_space((struct space){ app, ann.id }, "\"ann\"");
	OK(reader_open(f.node.store, &rd));
	OK(usage_of_data(rd, app, &two));
	OK(usage_of_data(rd, app_id("shop"), &one));
	reader_close(rd);
	assert_memory_equal(&one, &two, sizeof(one));
	/* What was imported exports to the same data. */
	assert_int_equal(CALL("GET", "/api/apps/copy/export?data=true", NULL), 200);
	assert_int_equal(import("third", NULL), 201);
	assert_http("data.docs", "6");
}

/* On a node without the user, and where nobody asked for data. */
static void
test_data_left_out(void **state)
{
	struct reader *rd;
	struct writer *w;
	struct usage_data u;

	(void)state;
	export_shop();
	OK(writer_begin(f.node.store, 1000, &w));
	OK(sql_run(w, "UPDATE user SET uid='other' WHERE id=?1", "i", ann.id));
	OK(writer_commit(w, NULL));
	assert_int_equal(import("copy", NULL), 201);
	assert_http("data.kv", "5");
	assert_http("data.docs", "3");
	assert_http("data.blobs", "4");
	assert_http("data.skipped", "12");
	check_space((struct space){ app_id("copy"), 0 }, "\"all\"");
	OK(reader_open(f.node.store, &rd));
	OK(usage_of_data(rd, app_id("copy"), &u));
	reader_close(rd);
	assert_int_equal(u.kv_keys, 5);
	assert_int_equal(CALL("GET", "/api/apps/copy/export", NULL), 200);
	assert_null(memmem(http_bytes.data, http_bytes.len, "data/kv", 7));
	assert_null(memmem(http_bytes.data, http_bytes.len, "blobs/", 6));
	keep_zip();
	assert_int_equal(import("bare", NULL), 201);
	assert_http("data.kv", "0");
	assert_int_equal(CALL("GET", "/api/apps/copy/export?data=true", NULL), 200);
	keep_zip();
	import_data = "false";
	assert_int_equal(import("none", NULL), 201);
	import_data = NULL;
	assert_http("data.kv", "0");
	assert_http("data.docs", "0");
	OK(reader_open(f.node.store, &rd));
	OK(usage_of_data(rd, app_id("none"), &u));
	reader_close(rd);
	assert_int_equal(u.kv_keys + u.docs + u.objects, 0);
}

/* Into an app that has data: what has the same name gives way, the rest stays. */
static void
test_data_over(void **state)
{
	struct space space = { 0, 0 };
	struct quota q;
	struct writer *w;
	struct reader *rd;
	struct kv kv;

	(void)state;
	export_shop();
	space.app = app_id("shop");
	quota_read(NULL, &q);
	OK(writer_begin(f.node.store, 1000, &w));
	OK(kv_set(w, space, &q, "extra", "\"changed\"", 9, 0));
	OK(kv_set(w, space, &q, "mine", "7", 1, 0));
	OK(writer_commit(w, NULL));
	assert_refused(import("shop", NULL), 409, "CONFLICT");
	assert_int_equal(import("shop", "true"), 201);
	check_space(space, "\"all\"");
	OK(reader_open(f.node.store, &rd));
	OK(kv_get(rd, f.arena, space, "mine", &kv));
	reader_close(rd);
}

/* No value of a variable leaves; its name does, and comes with the import's answer. */
static void
test_env_names(void **state)
{
	static const uint8_t key[SEAL_KEY_LEN] = { 5 };
	struct seal *seal = seal_of_key(key);
	struct writer *w;

	(void)state;
	deploy_site("shop");
	OK(writer_begin(f.node.store, 1000, &w));
	OK(env_set(w, seal, app_id("shop"), "STRIPE_KEY", "canary-0c1d", 11, 1));
	OK(writer_commit(w, NULL));
	assert_int_equal(CALL("GET", "/api/apps/shop/export?data=true", NULL), 200);
	keep_zip();
	assert_null(memmem(zip, zip_len, "canary-0c1d", 11));
	assert_int_equal(import("copy", NULL), 201);
	assert_http("data.env", "[\"STRIPE_KEY\"]");
	assert_http("data.kv", "0");
	seal_free(seal);
}

#define COLL "{\"collection\":\"c\",\"user\":null,\"indexes\":[]}\n"
#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define HELLO_LINE "{\"path\":\"p\",\"mime\":\"text/x\",\"sha256\":\"" HELLO "\"}"

static void
test_lines(void **state)
{
	static const struct {
		const char	*name;
		const char	*text;
		int		 status;
		const char	*code;
	} rows[] = {
		{ "kv", "{\"key\":\"k\",\"value\":1}", 201, NULL },
		{ "kv",
		    "\n\n{\"key\":\"k\",\"value\":1}\n\n{\"key\":\"l\",\"value\":\"}\"}"
		    "\n",
		    201, NULL },
		{ "kv-2", "{\"key\":\"k\",\"user\":null,\"expires\":1,\"value\":1}", 201,
		    NULL },
		{ "kv", "{\"key\":\"k\",\"user\":\"fazt_usr_nobody00000\",\"value\":1}",
		    201, NULL },
		{ "kvx", "junk", 201, NULL },
		{ "kv", "junk", 422, "ARCHIVE_INVALID" },
		{ "kv", "{}", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"k\"}", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"value\":1}", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":7,\"value\":1}", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"\",\"value\":1}", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"k\",\"value\":}", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"k\",\"value\":1", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"k\",\"value\":1}}", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"k\",\"value\":1 2}", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"k\",\"value\":1,\"x\":2}", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"k\",\"user\":7,\"value\":1}", 422,
		    "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"k\",\"expires\":\"x\",\"value\":1}", 422,
		    "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"k\",\"expires\":-1,\"value\":1}", 422,
		    "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"\xff\",\"value\":1}", 422, "ARCHIVE_INVALID" },
		{ "kv", "{\"key\":\"k\",\"value\":\"\xff\"}", 422, "ARCHIVE_INVALID" },
		{ "docs/1", COLL, 201, NULL },
		{ "docs/x", COLL "{\"id\":\"1\",\"data\":{\"a\":1}}\n" COLL "\n", 201,
		    NULL },
		{ "docs/1", "{\"id\":\"1\",\"data\":{\"a\":1}}", 422, "ARCHIVE_INVALID" },
		{ "docs/1", COLL "{\"id\":\"1\",\"data\":[1]}", 422, "ARCHIVE_INVALID" },
		{ "docs/1", COLL "{\"id\":\"1\",\"data\":{\"a\":}}", 422,
		    "ARCHIVE_INVALID" },
		{ "docs/1", COLL "{\"id\":1,\"data\":{}}", 422, "ARCHIVE_INVALID" },
		{ "docs/1", COLL "{\"data\":{}}", 422, "ARCHIVE_INVALID" },
		{ "docs/1", COLL "{\"id\":\"1\",\"created\":true,\"data\":{}}", 422,
		    "ARCHIVE_INVALID" },
		{ "docs/1", "{\"collection\":7,\"indexes\":[]}", 422, "ARCHIVE_INVALID" },
		{ "docs/1", "{\"collection\":\"c\",\"indexes\":7}", 422,
		    "ARCHIVE_INVALID" },
		{ "docs/1", "{\"collection\":\"c\",\"indexes\":[7]}", 422,
		    "ARCHIVE_INVALID" },
		{ "docs/1",
		    "{\"collection\":\"c\",\"indexes\":[{\"name\":\"n\",\"fields\":"
		    "[\"a b\"]}]}",
		    422, "ARCHIVE_INVALID" },
		{ "docs/1",
		    "{\"collection\":\"c\",\"indexes\":[{\"name\":\"n\",\"fields\":"
		    "[\"a\"],\"unique\":true}]}\n{\"id\":\"1\",\"data\":{\"a\":1}}\n"
		    "{\"id\":\"2\",\"data\":{\"a\":1}}",
		    409, "DS_DUPLICATE" },
		{ "blobs", "", 201, NULL },
		{ "blobs", HELLO_LINE, 201, NULL },
		{ "blobs",
		    "{\"path\":\"p\",\"mime\":\"text/x\",\"sha256\":\"00" HELLO "\"}",
		    422, "ARCHIVE_INVALID" },
		{ "blobs",
		    "{\"path\":\"p\",\"mime\":\"text/x\",\"sha256\":\"3" HELLO "\"}", 422,
		    "ARCHIVE_INVALID" },
		{ "blobs",
		    "{\"path\":\"p\",\"mime\":\"text/x\",\"sha256\":"
		    "\"3cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\""
		    "}",
		    422, "HASH_MISMATCH" },
		{ "blobs",
		    "{\"path\":\"../p\",\"mime\":\"text/x\",\"sha256\":\"" HELLO "\"}",
		    422, "ARCHIVE_INVALID" },
		{ "blobs", "{\"path\":\"p\",\"mime\":\"a\\nb\",\"sha256\":\"" HELLO "\"}",
		    422, "ARCHIVE_INVALID" },
		{ "blobs", "{\"path\":\"p\",\"sha256\":\"" HELLO "\"}", 422,
		    "ARCHIVE_INVALID" },
		{ "blobs", "{\"mime\":\"p\",\"sha256\":\"" HELLO "\"}", 422,
		    "ARCHIVE_INVALID" },
		{ "blobs", "[]", 422, "ARCHIVE_INVALID" },
	};
	char name[60];

	(void)state;
	for (EACH(rows)) {
		struct entry v[] = { DOC(APP), { name, rows[i].text },
			{ "blobs/whatever", "hello" } };
		int status;

		snprintf(name, sizeof(name), "data/%s.ndjson", rows[i].name);
		make_zip(v, 3);
		status = import(NULL, NULL);
		if (status != rows[i].status ||
		    (status != 201 && strcmp(http_text("error.code"), rows[i].code) != 0))
			fail_msg("row %zu: %d %s %s", i, status, http_text("error.code"),
			    http_text("error.message"));
		if (status == 201)
			assert_int_equal(
			    CALL("DELETE", "/api/apps/t?purge=true", NULL), 200);
		/* What is refused leaves no app, in the trash neither. */
		assert_int_equal(CALL("GET", "/api/apps?all=true", NULL), 200);
		assert_http("data", "[]");
		assert_int_equal(CALL("GET", "/api/apps?trash=true", NULL), 200);
		assert_http("data", "[]");
	}
}

/* The line that is wrong is named, and what an existing app got by then is told. */
static void
test_half_way(void **state)
{
	static const struct entry v[] = {
		DOC("\"app\":{\"title\":\"t\",\"quotas\":{\"kv_keys\":2}}"),
		{ "data/kv.ndjson",
		    "{\"key\":\"a\",\"value\":1}\n{\"key\":\"b\",\"value\":2}\n"
		    "{\"key\":\"c\",\"value\":3}\n" }
	};

	(void)state;
	make_zip(v, 2);
	assert_refused(import("t", NULL), 429, "QUOTA_EXCEEDED");
	assert_http("error.details", "{\"quota\":\"kv_keys\",\"limit\":2,\"used\":2}");
	CALL("POST", "/api/apps", "{\"title\":\"t\",\"alias\":\"t\"}");
	assert_refused(import("t", "true"), 429, "QUOTA_EXCEEDED");
	assert_http("error.details.written.kv", "3");
	CALL("GET", "/api/apps/t", NULL);
	assert_http("data.quotas", "{}");
}

/* Each file of documents names its collection itself. */
static void
test_two_files(void **state)
{
	static const struct entry v[] = { DOC(APP), { "data/docs/1.ndjson", COLL },
		{ "data/docs/2.ndjson", "{\"id\":\"1\",\"data\":{}}" } };

	(void)state;
	make_zip(v, 3);
	assert_refused(import("t", NULL), 422, "ARCHIVE_INVALID");
	assert_non_null(strstr(http_text("error.message"), "line 1"));
}

/* More than a piece of the reader, lines across its ends, a line longer than one. */
static void
test_many(void **state)
{
	struct space space = { 0, 0 };
	char *value = malloc(700 * KIB + 1), key[20];
	struct quota q;
	struct writer *w;
	struct reader *rd;
	struct kv kv;

	(void)state;
	memset(value, 'x', 700 * KIB);
	value[0] = value[700 * KIB - 1] = '"';
	CALL("POST", "/api/apps", "{\"title\":\"many\",\"alias\":\"many\"}");
	space.app = app_id("many");
	quota_read(NULL, &q);
	OK(writer_begin(f.node.store, 1000, &w));
	for (int i = 0; i < 6000; i++) {
		snprintf(key, sizeof(key), "k%05d", i);
		if (i % 2000 == 0)
			OK(kv_set(w, space, &q, key, value, 700 * KIB, 0));
		else
			OK(kv_set(w, space, &q, key, "[1,2,3]", 7, 0));
	}
	make_user("fazt_usr_000000000009", w);
	for (int i = 0; i < 1200; i++) {
		snprintf(key, sizeof(key), "a%05d", i);
		OK(kv_set(w, (struct space){ space.app, ann.id }, &q, key, "1", 1, 0));
	}
	OK(writer_commit(w, NULL));
	assert_int_equal(CALL("GET", "/api/apps/many/export?data=true", NULL), 200);
	keep_zip();
	assert_int_equal(import("copy", NULL), 201);
	assert_http("data.kv", "7200");
	OK(reader_open(f.node.store, &rd));
	space.app = app_id("copy");
	OK(kv_get(rd, f.arena, space, "k02000", &kv));
	assert_int_equal(kv.value_len, 700 * KIB);
	OK(kv_get(rd, f.arena, space, "k05999", &kv));
	assert_string_equal(kv.value, "[1,2,3]");
	reader_close(rd);
	free(value);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_round_trip), TEST(test_readable), TEST(test_without_version),
		TEST(test_archives), TEST(test_request_refused),
		TEST(test_data), TEST(test_data_left_out), TEST(test_data_over),
		TEST(test_env_names), TEST(test_lines), TEST(test_half_way),
		TEST(test_two_files), TEST(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
