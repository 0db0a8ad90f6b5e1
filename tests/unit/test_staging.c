/*
 * A staging and its commit: names left out, stripping, the target of a deploy, what the
 * caller asked to be true, and what becomes of the upload.
 */
#include "tests/unit/deploy_fixture.h"

#include "base/str.h"
#include "deploy/deploy_target.h"
#include "store/upload.h"

static struct fixture fx;
static struct staging *st;

static void
begin(void)
{
	fixture_request(&fx);
	assert_int_equal(staging_new(fx.node.store, fx.arena, &st), FZ_OK);
}

static enum fz_err
put(const char *name, const char *text)
{
	enum fz_err err;
	bool skip = false;

	err = staging_file(st, &fx.rs, name, (int64_t)strlen(text), &skip);
	if (err != FZ_OK || skip)
		return err;
	err = staging_bytes(st, &fx.rs, text, strlen(text));
	return err == FZ_OK ? staging_file_end(st) : err;
}

static void
must_put(const char *name, const char *text)
{
	assert_int_equal(put(name, text), FZ_OK);
}

static enum fz_err
commit(const struct deploy_options *opt, struct deploy_result *res)
{
	enum fz_err err = staging_commit(st, &fx.rq, &fx.rs, opt, res);

	if (err == FZ_OK)
		assert_true(fx.rq.seq > 0);
	return err;
}

/* One file to a label, in one go. */
static enum fz_err
deploy(const char *label, const char *text, struct deploy_result *res)
{
	struct deploy_options opt = { .label = label, .source = "deploy", .by = "ann" };
	enum fz_err err;

	begin();
	must_put("index.html", text);
	err = commit(&opt, res);
	staging_free(st);
	return err;
}

static enum fz_err
put_alias(const char *name, enum alias_type type, const struct app *a)
{
	struct alias al = { .name = name, .type = type, .app_uid = "", .url = "" };
	struct writer *w;

	if (a != NULL) {
		al.app = a->id;
		al.app_uid = a->uid;
	}
	if (type == ALIAS_REDIRECT) {
		al.url = "https://example.org/";
		al.status = 301;
	}
	if (type == ALIAS_SPLIT) {
		al.ntargets = 2;
		al.targets[0] = al.targets[1] = (struct alias_target){ a->id, a->uid, 50 };
	}
	assert_int_equal(writer_begin(fx.node.store, 1000, &w), FZ_OK);
	assert_int_equal(alias_put(w, &al), FZ_OK);
	return writer_commit(w, NULL);
}

static void
limited_key(const char *scopes)
{
	static const struct route row = { .scope = "deploy" };

	fx.rq.route = &row;
	fx.rq.caller = (struct caller){ .key_id = "fazt_key_000000000000",
		.key_scopes = scopes, .name = "ci" };
}

static int
setup(void **state)
{
	(void)state;
	fixture_open(&fx);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_close(&fx);
	return 0;
}

static const char *
warning(size_t i, const char *field)
{
	json_t *all, *w;
	const char *s;

	struct deploy_result r = { .app = { .title = "", .uid = "" } };
	json_t *view = deploy_view(&fx.rq, st, &r);

	all = json_object_get(view, "warnings");
	w = json_array_get(all, i);
	s = json_string_value(json_object_get(w, field));
	s = s != NULL ? arena_strdup(fx.arena, s) : NULL;
	json_decref(view);
	return s;
}

static void
test_left_out(void **state)
{
	static const char *const out[] = { ".git/config", "a/.git/x", ".GIT/x", "__MACOSX/a",
		"x/__MACOSX/b", ".DS_Store", "a/.ds_store", ".env", "a/.env.local", ".ENV",
		".git" };
	static const char *const in[] = { "a.git/x", ".github/x", ".well-known/x", "env",
		"a/.environment/x", ".DS_Store/x", "x.DS_Store" };
	size_t i;
	bool skip;

	(void)state;
	begin();
	for (i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		skip = false;
		assert_int_equal(staging_file(st, &fx.rs, out[i], 1, &skip), FZ_OK);
		if (!skip)
			fail_msg("%s is not left out", out[i]);
	}
	assert_int_equal(staging_count(st), 0);
	assert_string_equal(warning(0, "file"), ".git/");
	assert_string_equal(warning(1, "file"), "a/.git/");
	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		must_put(in[i], "x");
	assert_int_equal(staging_count(st), sizeof(in) / sizeof(in[0]));
	staging_free(st);
}

static void
test_warnings_bounded(void **state)
{
	char name[64];
	unsigned i;
	bool skip;

	(void)state;
	begin();
	for (i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "d%u/.env", i);
		assert_int_equal(staging_file(st, &fx.rs, name, 1, &skip), FZ_OK);
		snprintf(name, sizeof(name), ".git/%u", i);
		assert_int_equal(staging_file(st, &fx.rs, name, 1, &skip), FZ_OK);
	}
	assert_string_equal(warning(100, "message"), "401 more warnings");
	assert_null(warning(101, "message"));
	staging_free(st);
}

static void
test_too_large(void **state)
{
	char *big = calloc(1, MIB);
	enum fz_err err = FZ_OK;
	bool skip;
	int i;

	(void)state;
	begin();
	assert_int_equal(staging_file(st, &fx.rs, "a", LIMIT_FILE + 1, &skip),
	    FZ_ARCHIVE_UNSAFE);
	assert_int_equal(staging_file(st, &fx.rs, "a", -1, &skip), FZ_OK);
	for (i = 0; i < 101 && err == FZ_OK; i++)
		err = staging_bytes(st, &fx.rs, big, MIB);
	assert_int_equal(err, FZ_ARCHIVE_UNSAFE);
	assert_int_equal(i, 101);
	staging_free(st);
	free(big);
}

static void
test_strip(void **state)
{
	struct deploy_options opt = { .label = "strip", .by = "ann" };
	struct deploy_result res;
	struct reader *rd;
	struct file f;

	(void)state;
	begin();
	must_put("site-1.0/index.html", "<p>");
	must_put("site-1.0/manifest.json", "{\"spa\":true, \"name\" : \"x\"}");
	assert_int_equal(staging_strip(st, &fx.rs), FZ_OK);
	assert_int_equal(commit(&opt, &res), FZ_OK);
	staging_free(st);
	assert_true(res.version.spa);
	assert_string_equal(res.version.manifest, "{\"spa\":true,\"name\":\"x\"}");
	assert_int_equal(reader_open(fx.node.store, &rd), FZ_OK);
	assert_int_equal(file_get(rd, fx.arena, res.version.id, "index.html", &f), FZ_OK);
	reader_close(rd);
	assert_string_equal(f.mime, "text/html; charset=utf-8");

	begin();
	must_put("a/x", "1");
	must_put("ab/x", "1");
	assert_int_equal(staging_strip(st, &fx.rs), FZ_ARCHIVE_UNSAFE);
	staging_free(st);
	begin();
	must_put("x", "1");
	assert_int_equal(staging_strip(st, &fx.rs), FZ_ARCHIVE_UNSAFE);
	staging_free(st);
}

static void
test_first_and_next(void **state)
{
	struct deploy_result a, b;
	struct deploy_options draft = { .label = "blog", .draft = true, .by = "ann" };
	json_t *view;

	(void)state;
	assert_int_equal(deploy("Blog.Example.COM", "one", &a), FZ_OK);
	assert_string_equal(a.site, "blog");
	assert_string_equal(a.app.title, "blog");
	assert_string_equal(a.app.visibility, "unlisted");
	assert_int_equal(a.version.n, 1);
	assert_true(a.version.live);
	assert_int_equal(a.previous_n, 0);
	assert_int_equal(a.app.live_n, 1);
	assert_string_equal(a.version.deployed_by, "ann");

	assert_int_equal(deploy("blog", "one", &b), FZ_OK);
	assert_true(b.unchanged);
	assert_int_equal(b.version.n, 1);
	assert_int_equal(deploy("blog", "two", &b), FZ_OK);
	assert_false(b.unchanged);
	assert_int_equal(b.version.n, 2);
	assert_int_equal(b.previous_n, 1);

	begin();
	must_put("index.html", "three");
	assert_int_equal(commit(&draft, &b), FZ_OK);
	assert_int_equal(b.version.n, 3);
	assert_false(b.version.live);
	assert_true(b.version.draft);
	assert_int_equal(b.app.live_n, 2);
	view = deploy_view(&fx.rq, st, &b);
	assert_string_equal(json_string_value(json_object_get(view, "url")),
	    "https://blog.example.com");
	assert_string_equal(json_string_value(json_object_get(view, "preview_url")),
	    "https://d3--blog.example.com");
	assert_true(json_is_false(json_object_get(view, "live")));
	json_decref(view);
	staging_free(st);
}

static void
test_names(void **state)
{
	static const struct {
		const char	*label;
		enum fz_err	 err;
	} rows[] = {
		{ "admin", FZ_SYSTEM_ALIAS }, { "ADMIN.example.com", FZ_SYSTEM_ALIAS },
		{ "login", FZ_SYSTEM_ALIAS }, { "www", FZ_RESERVED }, { "api", FZ_RESERVED },
		{ "localhost", FZ_RESERVED }, { "d7--blog", FZ_RESERVED },
		{ "", FZ_VALIDATION_FAILED }, { "-a", FZ_VALIDATION_FAILED },
		{ "a-", FZ_VALIDATION_FAILED }, { "a_b", FZ_VALIDATION_FAILED },
		{ "a.b", FZ_VALIDATION_FAILED }, { "\xc3\xa9", FZ_VALIDATION_FAILED },
		{ "blog.example.org", FZ_VALIDATION_FAILED }, { "../x", FZ_VALIDATION_FAILED },
		{ "a123456789a123456789a123456789a123456789a123456789a123456789abcd",
		    FZ_VALIDATION_FAILED },
		{ "example.com", FZ_OK }, { "404", FZ_OK }, { "a", FZ_OK }, { "x--y", FZ_OK },
	};
	struct deploy_result res;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum fz_err err = deploy(rows[i].label, "x", &res);

		if (err != rows[i].err)
			fail_msg("%s: %s", rows[i].label, err_code(err));
		if (err != FZ_OK)
			assert_int_equal(fixture_count_versions(&fx), 0);
	}
	fx.node.admin_host = "panel.example.org";
	assert_int_equal(deploy("admin", "x", &res), FZ_SYSTEM_ALIAS);
	assert_int_equal(deploy("root", "y", &res), FZ_OK);
	assert_true(res.app.system);
	assert_int_equal(res.version.n, 2);
}

static void
test_other_aliases(void **state)
{
	struct deploy_result res;

	(void)state;
	assert_int_equal(deploy("target", "x", &res), FZ_OK);
	put_alias("goes", ALIAS_REDIRECT, NULL);
	put_alias("kept", ALIAS_RESERVED, NULL);
	put_alias("ab", ALIAS_SPLIT, &res.app);
	put_alias("second", ALIAS_PROXY, &res.app);
	assert_int_equal(deploy("goes", "x", &res), FZ_CONFLICT);
	assert_int_equal(deploy("kept", "x", &res), FZ_CONFLICT);
	assert_int_equal(deploy("ab", "x", &res), FZ_CONFLICT);
	assert_int_equal(deploy("second", "z", &res), FZ_OK);
	assert_string_equal(res.app.title, "target");
	assert_string_equal(res.site, "second");
	assert_int_equal(res.version.n, 2);
}

/* A title counts only for an app without alias. */
static void
test_titles(void **state)
{
	struct app a = { .title = "lonely", .visibility = "public", .tags = "[]",
		.description = "", .source = "deploy", .source_url = "", .source_ref = "",
		.source_commit = "", .original_id = "", .forked_from_id = "" };
	struct deploy_result res;
	struct writer *w;

	(void)state;
	begin();
	staging_free(st);
	assert_int_equal(writer_begin(fx.node.store, 1000, &w), FZ_OK);
	assert_int_equal(app_create(w, fx.arena, &a), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	int64_t id = a.id;
	assert_int_equal(deploy("lonely", "x", &res), FZ_OK);
	assert_int_equal(res.app.id, id);

	assert_int_equal(deploy("journal", "x", &res), FZ_OK);
	id = res.app.id;
	a = res.app;
	a.title = "diary";
	assert_int_equal(writer_begin(fx.node.store, 1000, &w), FZ_OK);
	assert_int_equal(app_update(w, &a), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	assert_int_equal(deploy("diary", "y", &res), FZ_OK);
	assert_int_not_equal(res.app.id, id);
}

static void
test_limited_key(void **state)
{
	struct deploy_options opt = { .label = "blog", .by = "ci" };
	struct deploy_result res;

	(void)state;
	assert_int_equal(deploy("blog", "x", &res), FZ_OK);
	assert_int_equal(deploy("shop", "x", &res), FZ_OK);
	begin();
	limited_key("deploy:blog");
	must_put("index.html", "by key");
	opt.label = "shop";
	assert_int_equal(commit(&opt, &res), FZ_SCOPE_REQUIRED);
	opt.label = "fresh";
	assert_int_equal(commit(&opt, &res), FZ_SCOPE_REQUIRED);
	opt.label = "blog";
	assert_int_equal(commit(&opt, &res), FZ_OK);
	staging_free(st);
	begin();
	limited_key("deploy");
	must_put("index.html", "new");
	opt.label = "fresh";
	assert_int_equal(commit(&opt, &res), FZ_OK);
	staging_free(st);
}

static void
test_if_match(void **state)
{
	static const struct {
		const char	*value;
		int64_t		 live;
		bool		 ok;
	} rows[] = {
		{ NULL, 7, true }, { "\"d7\"", 7, true }, { "\"d8\"", 7, false },
		{ "d7", 7, false }, { "\"d8\", \"d7\"", 7, true }, { "*", 7, true },
		{ "*", 0, false }, { "\"d0\"", 0, true }, { "", 7, false },
		{ "\"d77\"", 7, false }, { "W/\"d7\"", 7, false },
	};
	struct deploy_options opt = { .label = "blog", .if_match = "\"d1\"" };
	struct deploy_result res;

	(void)state;
	fixture_request(&fx);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(deploy_target_if_match(&fx.rs, rows[i].value, rows[i].live),
		    rows[i].ok ? FZ_OK : FZ_PRECONDITION_FAILED);
	assert_int_equal(deploy("blog", "1", &res), FZ_OK);
	assert_int_equal(deploy("blog", "2", &res), FZ_OK);
	begin();
	must_put("index.html", "3");
	assert_int_equal(commit(&opt, &res), FZ_PRECONDITION_FAILED);
	opt.if_match = "\"d2\"";
	assert_int_equal(commit(&opt, &res), FZ_OK);
	assert_int_equal(res.version.n, 3);
	staging_free(st);
}

static void
test_base_version(void **state)
{
	struct deploy_options opt = { .label = "blog", .base_version = STAGING_BASE_NONE };
	struct deploy_result one, res;

	(void)state;
	begin();
	must_put("index.html", "1");
	assert_int_equal(commit(&opt, &one), FZ_OK);
	staging_free(st);
	begin();
	must_put("index.html", "2");
	assert_int_equal(commit(&opt, &res), FZ_AGAIN);
	opt.base_version = one.version.id + 1000;
	assert_int_equal(commit(&opt, &res), FZ_AGAIN);
	opt.base_version = one.version.id;
	assert_int_equal(commit(&opt, &res), FZ_OK);
	staging_free(st);
}

static void
test_rules_and_manifest_warn(void **state)
{
	struct deploy_options opt = { .label = "blog" };
	struct deploy_result res;
	char *large = malloc(LIMIT_MANIFEST + 2);

	(void)state;
	begin();
	must_put("_headers", "/a\n  X-Ok: yes\n  Connection: close\n");
	must_put("_redirects", "/a /b 999\n/c /d\n");
	must_put("manifest.json", "{ not json");
	assert_int_equal(commit(&opt, &res), FZ_OK);
	assert_string_equal(res.version.manifest, "{}");
	assert_string_equal(warning(0, "file"), "manifest.json");
	assert_string_equal(warning(1, "file"), "_headers");
	assert_string_equal(warning(2, "file"), "_redirects");
	staging_free(st);

	memset(large, ' ', LIMIT_MANIFEST + 1);
	large[LIMIT_MANIFEST + 1] = '\0';
	large[0] = '{';
	large[LIMIT_MANIFEST] = '}';
	begin();
	must_put("manifest.json", large);
	assert_int_equal(commit(&opt, &res), FZ_OK);
	assert_string_equal(res.version.manifest, "{}");
	assert_non_null(strstr(warning(0, "message"), "larger"));
	staging_free(st);
	free(large);
}

static void
test_source(void **state)
{
	struct deploy_options opt = { .label = "blog", .source = "git",
		.source_url = "https://git.example/x", .source_ref = "main",
		.source_commit = "abc" };
	struct deploy_result res;

	(void)state;
	assert_int_equal(deploy("blog", "1", &res), FZ_OK);
	begin();
	must_put("index.html", "2");
	assert_int_equal(commit(&opt, &res), FZ_OK);
	staging_free(st);
	assert_string_equal(res.app.source, "git");
	assert_string_equal(res.app.source_ref, "main");
	assert_string_equal(res.version.source_commit, "abc");
	opt = (struct deploy_options){ .label = "blog" };
	begin();
	must_put("index.html", "3");
	assert_int_equal(commit(&opt, &res), FZ_OK);
	staging_free(st);
	assert_string_equal(res.version.source, "deploy");
	assert_string_equal(res.app.source, "git");
}

/* Whatever way it ends, no upload stays behind and compressed variants exist. */
static void
test_variants_and_garbage(void **state)
{
	char text[5000];
	struct deploy_options opt = { .label = "blog" };
	struct deploy_result res;
	struct reader *rd;
	struct deploy_result unused;
	uint8_t sha[SHA256_LEN];
	struct blob_info gone;
	struct file f;
	int64_t removed;
	struct writer *w;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	sha256_of("abandoned", 9, sha);
	begin();
	must_put("abandoned.txt", "abandoned");
	assert_int_equal(reader_open(fx.node.store, &rd), FZ_OK);
	assert_int_equal(blob_find(rd, sha, &gone), FZ_OK);
	reader_close(rd);
	staging_free(st);
	begin();
	must_put("big.css", text);
	text[LIMIT_COMPRESS_FROM - 1] = '\0';
	must_put("small.css", text);
	must_put("big.png", "x");
	assert_int_equal(commit(&opt, &res), FZ_OK);
	/* The upload is over. */
	assert_int_equal(staging_commit(st, &fx.rq, &fx.rs, &opt, &unused), FZ_NOT_FOUND);
	staging_free(st);
	assert_int_equal(reader_open(fx.node.store, &rd), FZ_OK);
	assert_int_equal(file_get(rd, fx.arena, res.version.id, "big.css", &f), FZ_OK);
	assert_true(f.gz > 0 && f.br > 0);
	assert_int_equal(file_get(rd, fx.arena, res.version.id, "small.css", &f), FZ_OK);
	assert_true(f.gz == 0 && f.br == 0);
	reader_close(rd);
	assert_int_equal(writer_begin(fx.node.store, 1000, &w), FZ_OK);
	assert_int_equal(blob_sweep(w, 100, &removed), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
	assert_int_equal(reader_open(fx.node.store, &rd), FZ_OK);
	assert_int_equal(blob_find(rd, sha, &gone), FZ_NOT_FOUND);
	reader_close(rd);
}

/* Set the quotas of an existing app. */
static void
set_quotas(const char *label, const char *quotas)
{
	struct writer *w;
	struct app a;

	assert_int_equal(writer_begin(fx.node.store, 1000, &w), FZ_OK);
	assert_int_equal(app_find(writer_reader(w), fx.arena, label, &a), FZ_OK);
	a.quotas = quotas;
	assert_int_equal(app_update(w, &a), FZ_OK);
	assert_int_equal(writer_commit(w, NULL), FZ_OK);
}

/* Past a quota nothing changes; up to it everything goes on. */
static void
test_quotas(void **state)
{
	struct deploy_options opt = { .label = "blog", .source = "deploy", .by = "ann" };
	struct deploy_result res;

	(void)state;
	assert_int_equal(deploy("blog", "one", &res), FZ_OK);
	set_quotas("blog", "{\"files\":1}");
	begin();
	must_put("index.html", "two");
	must_put("more.html", "three");
	assert_int_equal(commit(&opt, &res), FZ_QUOTA_EXCEEDED);
	assert_string_equal(
	    json_string_value(json_object_get(fx.rs.details, "quota")), "files");
	staging_free(st);
	assert_int_equal(deploy("blog", "two", &res), FZ_OK);
	assert_int_equal(res.version.n, 2);

	/* "one" and "two" are six bytes; four more fit into ten, five do not. */
	set_quotas("blog", "{\"disk_bytes\":10}");
	assert_int_equal(deploy("blog", "fiver", &res), FZ_QUOTA_EXCEEDED);
	assert_int_equal(deploy("blog", "four", &res), FZ_OK);
	assert_int_equal(res.version.n, 3);
	assert_true(res.version.live);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_quotas),
		TEST(test_left_out), TEST(test_warnings_bounded), TEST(test_too_large),
		TEST(test_strip), TEST(test_first_and_next), TEST(test_names),
		TEST(test_other_aliases), TEST(test_titles), TEST(test_limited_key),
		TEST(test_if_match), TEST(test_base_version),
		TEST(test_rules_and_manifest_warn), TEST(test_source),
		TEST(test_variants_and_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
