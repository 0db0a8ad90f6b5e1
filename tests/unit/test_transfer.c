/* Export and import: a round trip to the byte, and every refusal. */
#include "tests/unit/http_fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "base/digest.h"
#include "base/str.h"
#include "store/version.h"

extern const struct route app_routes[], transfer_routes[];
static const struct route *const tables[] = { app_routes, transfer_routes, NULL };
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

/* The archive in zip, with these fields (NULL = none). */
static int
import(const char *alias, const char *overwrite)
{
	struct buf b;
	int status;

	buf_init(&b, 2 * ZIP_MAX);
	part(&b, "alias", alias);
	part(&b, "overwrite", overwrite);
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
		    { "data/kv.ndjson", "{}" } }, 201, "(absent)" },
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

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_round_trip), TEST(test_readable), TEST(test_without_version),
		TEST(test_archives), TEST(test_request_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
