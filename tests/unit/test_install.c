/* Addresses of repositories, and which folder of one becomes a site. */
#include "tests/unit/http_fixture.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/clock.h"
#include "deploy/github.h"
#include "deploy/install.h"
#include "deploy/install_take.h"
#include "deploy/staging_pick.h"

extern const struct route app_routes[], install_routes[];
static const struct route *const tables[] = { app_routes, install_routes, NULL };
static struct fixture f;

#define CALL(method, target, body) http(&f, tables, method, target, body)

static int
setup(void **state)
{
	(void)state;
	http_key(NULL);
	fixture_open(&f);
	fixture_request(&f);
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
test_parse(void **state)
{
	static const struct {
		const char	*url;
		const char	*owner;		/* NULL = refused */
		const char	*repo;
		const char	*sub;
		const char	*ref;
	} cases[] = {
		{ "github.com/o/r", "o", "r", "", "" },
		{ "https://github.com/o/r", "o", "r", "", "" },
		{ "HTTPS://GitHub.com/O/R", "O", "R", "", "" },
		{ "https://www.github.com/o/r/", "o", "r", "", "" },
		{ "https://github.com/o/r.git", "o", "r", "", "" },
		{ "github:o/r", "o", "r", "", "" },
		{ "github:o/r/a/b@v1.2", "o", "r", "a/b", "v1.2" },
		{ "github.com/o/r@feature/x", "o", "r", "", "feature/x" },
		{ "github.com/o/r.git@main", "o", "r", "", "main" },
		{ "https://github.com/o/r/tree/main", "o", "r", "", "main" },
		{ "https://github.com/o/r/tree/main/docs/site/", "o", "r", "docs/site",
		    "main" },
		{ "github.com/my-org/my_repo.js/sub dir", "my-org", "my_repo.js",
		    "sub dir", "" },
		{ "github.com/o/r/tree", "o", "r", "tree", "" },
		{ "", NULL, NULL, NULL, NULL },
		{ "o/r", NULL, NULL, NULL, NULL },
		{ "github.com/o", NULL, NULL, NULL, NULL },
		{ "github.com/o/", NULL, NULL, NULL, NULL },
		{ "github.com//r", NULL, NULL, NULL, NULL },
		{ "http://github.com/o/r", NULL, NULL, NULL, NULL },
		{ "https://github.com.evil.example/o/r", NULL, NULL, NULL, NULL },
		{ "https://evil.example/github.com/o/r", NULL, NULL, NULL, NULL },
		{ "https://u@github.com/o/r", NULL, NULL, NULL, NULL },
		{ "https://github.com:444/o/r", NULL, NULL, NULL, NULL },
		{ "git@github.com:o/r", NULL, NULL, NULL, NULL },
		{ "github.com/-o/r", NULL, NULL, NULL, NULL },
		{ "github.com/o/..", NULL, NULL, NULL, NULL },
		{ "github.com/o/.git", NULL, NULL, NULL, NULL },
		{ "github.com/o/r/../x", NULL, NULL, NULL, NULL },
		{ "github.com/o/r/a//b", NULL, NULL, NULL, NULL },
		{ "github.com/o/r/a%2fb", NULL, NULL, NULL, NULL },
		{ "github.com/o/r?x=1", NULL, NULL, NULL, NULL },
		{ "github.com/o/r#x", NULL, NULL, NULL, NULL },
		{ "github.com/o/r@", NULL, NULL, NULL, NULL },
		{ "github.com/o/r@-x", NULL, NULL, NULL, NULL },
		{ "github.com/o/r@../../x", NULL, NULL, NULL, NULL },
		{ "github.com/o/r@a..b", NULL, NULL, NULL, NULL },
		{ "github.com/o/r/a?x=1", NULL, NULL, NULL, NULL },
		{ "github.com/o/r/a#x", NULL, NULL, NULL, NULL },
		{ "github.com/o/r@a//b", NULL, NULL, NULL, NULL },
		{ "github.com/o/r@a b", NULL, NULL, NULL, NULL },
		{ "github.com/o/r@a/", NULL, NULL, NULL, NULL },
		{ "github.com/o/r@x.lock", NULL, NULL, NULL, NULL },
		{ "github.com/o/r/tree//", NULL, NULL, NULL, NULL },
		{ "github.com/o/r/tree//a", NULL, NULL, NULL, NULL },
		{ "github.com/o o/r", NULL, NULL, NULL, NULL },
		{ "github.com/o/r\\x", NULL, NULL, NULL, NULL },
		{ "github.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/r", NULL, NULL,
		    NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct install_source s;
		bool ok = install_parse(f.arena, cases[i].url, &s);

		if (ok != (cases[i].owner != NULL))
			fail_msg("%s: %s", cases[i].url, ok ? "accepted" : "refused");
		if (ok && (strcmp(s.owner, cases[i].owner) != 0 ||
			      strcmp(s.repo, cases[i].repo) != 0 ||
			      strcmp(s.sub, cases[i].sub) != 0 ||
			      strcmp(s.ref, cases[i].ref) != 0))
			fail_msg("%s: %s %s %s %s", cases[i].url, s.owner, s.repo, s.sub,
			    s.ref);
	}
}

static void
test_urls(void **state)
{
	struct install_source all = { "o", "r", "", "" },
			      part = { "o", "R", "a/My.Site", "v1" };
	struct install_source bad = { "o", "__", "", "" };

	(void)state;
	assert_string_equal(install_archive_url(f.arena, &all, ""),
	    "https://codeload.github.com/o/r/zip/HEAD");
	assert_string_equal(install_archive_url(f.arena, &all, "refs/heads/dist"),
	    "https://codeload.github.com/o/r/zip/refs/heads/dist");
	assert_string_equal(install_page_url(f.arena, &all), "https://github.com/o/r");
	assert_string_equal(install_page_url(f.arena, &part),
	    "https://github.com/o/R/tree/v1/a/My.Site");
	assert_string_equal(install_name(f.arena, &all), "r");
	assert_string_equal(install_name(f.arena, &part), "my-site");
	assert_null(install_name(f.arena, &bad));
}

static void
test_allowed(void **state)
{
	static const struct {
		const char	*url;
		bool		 ok;
	} cases[] = {
		{ "https://codeload.github.com/o/r/zip/HEAD", true },
		{ "https://github.com/x", true },
		{ "https://objects.githubusercontent.com/x?y=z", true },
		{ "https://GITHUB.com/x", false },
		{ "http://github.com/x", false },
		{ "https://github.com:443/x", false },
		{ "https://github.com:8443/x", false },
		{ "https://u:p@github.com/x", false },
		{ "https://github.com@evil.example/x", false },
		{ "https://github.com.evil.example/x", false },
		{ "https://evil.example/github.com", false },
		{ "https://raw.githubusercontent.com/x", false },
		{ "https://127.0.0.1/", false },
		{ "file:///etc/passwd", false },
		{ "gopher://github.com/", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (github_allowed(cases[i].url) != cases[i].ok)
			fail_msg("%s", cases[i].url);
}

/* Nothing is asked of a host that is not on the list, nor after the deadline. */
static void
test_fetch_refused(void **state)
{
	struct spool *s = spool_new(f.dir, 1000);
	struct why why = { 0 };

	(void)state;
	assert_int_equal(
	    github_get("https://127.0.0.1:1/", NULL, s, clock_mono_ms() + 1000, &why),
	    FZ_SERVICE_UNAVAILABLE);
	assert_non_null(strstr(why.text, "not GitHub's"));
	assert_int_equal(
	    github_get("https://github.com/", NULL, s, clock_mono_ms() - 1, &why),
	    FZ_TIMEOUT);
	assert_int_equal(spool_size(s), 0);
	spool_free(s);
}

static void
test_wants_build(void **state)
{
	static const struct {
		const char	*text;
		bool		 wants;
	} cases[] = {
		{ "{\"scripts\":{\"build\":\"vite build\"}}", true },
		{ "{\"scripts\":{\"build\":\"\"}}", false },
		{ "{\"scripts\":{\"build\":7}}", false },
		{ "{\"scripts\":{\"start\":\"x\"}}", false },
		{ "{\"scripts\":7}", false }, { "{}", false }, { "[]", false },
		{ "junk", false }, { "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (install_wants_build(cases[i].text, strlen(cases[i].text)) !=
		    cases[i].wants)
			fail_msg("%s", cases[i].text);
}

static void
test_choose(void **state)
{
	static const struct {
		const char		*paths[4];
		const char		*base;
		bool			 build;
		enum install_choice	 want;
		const char		*folder;
	} cases[] = {
		{ { "r/index.html" }, "r", false, INSTALL_FOUND, "r" },
		{ { "r/a/index.html" }, "r/a", false, INSTALL_FOUND, "r/a" },
		{ { "r/index.html", "r/dist/index.html" }, "r", false, INSTALL_FOUND,
		    "r" },
		{ { "r/index.html", "r/dist/index.html" }, "r", true, INSTALL_FOUND,
		    "r/dist" },
		{ { "r/out/index.html", "r/build/index.html" }, "r", true, INSTALL_FOUND,
		    "r/build" },
		{ { "r/out/index.html" }, "r", true, INSTALL_FOUND, "r/out" },
		{ { "r/a/dist/index.html" }, "r", true, INSTALL_BUILD_REQUIRED, NULL },
		{ { "r/dist/main.js" }, "r", true, INSTALL_BUILD_REQUIRED, NULL },
		{ { "r/index.html" }, "r", true, INSTALL_BUILD_REQUIRED, NULL },
		{ { "r/index.html" }, "r/a", false, INSTALL_NO_FOLDER, NULL },
		{ { "r/ab/index.html" }, "r/a", false, INSTALL_NO_FOLDER, NULL },
		{ { "r/a" }, "r/a", false, INSTALL_NO_FOLDER, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *folder = NULL;
		size_t n = 0;

		while (n < 4 && cases[i].paths[n] != NULL)
			n++;
		assert_int_equal(install_choose(f.arena, cases[i].paths, n, cases[i].base,
		    cases[i].build, &folder), cases[i].want);
		if (cases[i].folder == NULL)
			assert_null(folder);
		else
			assert_string_equal(folder, cases[i].folder);
	}
}

#define COMMIT "0123456789abcdef0123456789ABCDEF01234567"

static void
test_commit(void **state)
{
	static const struct {
		const char	*tail;
		size_t		 len;
		const char	*want;
	} cases[] = {
		{ "PK....\x28\x00" COMMIT, 48, COMMIT },
		{ "\x28\x00" COMMIT, 42, COMMIT },
		{ COMMIT, 40, "" },
		{ "\x27\x00" COMMIT, 42, "" },
		{ "\x28\x01" COMMIT, 42, "" },
		{ "\x28\x00" "g123456789abcdef0123456789abcdef01234567", 42, "" },
		{ "", 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spool *s = spool_new(f.dir, 1000);

		assert_int_equal(spool_add(s, cases[i].tail, cases[i].len), FZ_OK);
		assert_string_equal(install_commit(f.arena, s), cases[i].want);
		spool_free(s);
	}
}

struct entry {
	const char	*name;
	const char	*data;
};

static struct spool *
make_zip(const struct entry *v)
{
	static char zip[MIB];
	struct archive *a = archive_write_new();
	struct spool *s = spool_new(f.dir, MIB);
	size_t len;

	archive_write_set_format_zip(a);
	archive_write_open_memory(a, zip, sizeof(zip), &len);
	for (; v->name != NULL; v++) {
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, v->name);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_perm(e, 0644);
		archive_entry_set_size(e, (la_int64_t)strlen(v->data));
		archive_write_header(a, e);
		archive_write_data(a, v->data, strlen(v->data));
		archive_entry_free(e);
	}
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
	assert_int_equal(spool_add(s, zip, len), FZ_OK);
	return s;
}

#define BUILD "{\"scripts\":{\"build\":\"x\"}}"

/* From the archive to what would be deployed. */
static void
test_take(void **state)
{
	static const struct {
		struct entry	 v[4];
		const char	*sub;
		enum fz_err	 err;
		const char	*first;		/* the only file */
	} cases[] = {
		{ { { "r-main/index.html", "x" } }, "", FZ_OK, "index.html" },
		{ { { "r-main/a/b/i.html", "x" }, { "r-main/c", "y" } }, "a", FZ_OK,
		    "b/i.html" },
		{ { { "r-main/package.json", BUILD }, { "r-main/dist/index.html", "x" } },
		    "", FZ_OK, "index.html" },
		{ { { "r-main/package.json", BUILD }, { "r-main/a/index.html", "x" } },
		    "a", FZ_OK, "index.html" },
		{ { { "r-main/package.json", BUILD } }, "", FZ_BUILD_REQUIRED, NULL },
		{ { { "r-main/index.html", "x" } }, "a", FZ_VALIDATION_FAILED, NULL },
		{ { { "r-main/../index.html", "x" } }, "", FZ_ARCHIVE_UNSAFE, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct install_source src = { "o", "r", cases[i].sub, "" };
		struct spool *zip = make_zip(cases[i].v);
		struct staging *st;
		enum fz_err err;

		assert_int_equal(staging_new(f.node.store, f.arena, &st), FZ_OK);
		err = install_take(&f.rq, &f.rs, st, zip, &src);
		if (err != cases[i].err)
			fail_msg("case %zu: %s", i, err_code(err));
		if (err == FZ_OK) {
			assert_int_equal(staging_count(st), 1);
			assert_string_equal(staging_pick_at(st, 0)->path, cases[i].first);
		}
		staging_free(st);
		spool_free(zip);
	}
}

/* What is refused before anything is fetched. */
static void
test_http(void **state)
{
	(void)state;
	assert_refused(CALL("POST", "/api/apps/install", "{}"), 400, "MISSING_FIELD");
	assert_refused(CALL("POST", "/api/apps/install",
	    "{\"url\":\"https://evil.example/o/r\"}"), 400, "VALIDATION_FAILED");
	assert_refused(CALL("POST", "/api/apps/install",
	    "{\"url\":\"github.com/o/r\",\"name\":\"R!\"}"), 400, "VALIDATION_FAILED");
	assert_refused(CALL("POST", "/api/apps/install",
	    "{\"url\":\"github.com/o/r\",\"name\":\"root\"}"), 403, "SYSTEM_ALIAS");
	assert_refused(CALL("POST", "/api/apps/install", "{\"url\":\"github.com/o/__\"}"),
	    400, "MISSING_FIELD");
	assert_int_equal(
	    CALL("POST", "/api/apps", "{\"title\":\"x\",\"alias\":\"r\"}"), 201);
	assert_refused(CALL("POST", "/api/apps/install", "{\"url\":\"github.com/o/r\"}"),
	    409, "CONFLICT");
	http_key("apps:r");
	assert_refused(CALL("POST", "/api/apps/install", "{\"url\":\"github.com/o/n\"}"),
	    403, "SCOPE_REQUIRED");
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_parse), TEST(test_urls), TEST(test_allowed),
		TEST(test_fetch_refused), TEST(test_wants_build), TEST(test_choose),
		TEST(test_commit), TEST(test_take), TEST(test_http),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
