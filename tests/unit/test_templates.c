/* Every template can be deployed, is described, and holds what its kind needs. */
#include "tests/unit/deploy_fixture.h"

#include "base/json.h"
#include "deploy/staging_pick.h"
#include "deploy/templates.h"
#include "store/blob.h"

static struct fixture f;

static int
setup(void **state)
{
	(void)state;
	fixture_open(&f);
	fixture_request(&f);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void
test_table(void **state)
{
	static const char *const ids[] = { "minimal", "static", "vite", "vue",
		"vue-api" };
	size_t n = 0;

	(void)state;
	for (; templates_all[n].id != NULL; n++) {
		assert_string_equal(templates_all[n].id, ids[n]);
		assert_ptr_equal(templates_find(ids[n]), &templates_all[n]);
		assert_string_not_equal(templates_all[n].description, "");
	}
	assert_int_equal(n, 5);
	assert_null(templates_find("mini"));
	assert_null(templates_find(""));
	assert_null(templates_find("vue/src"));
}

static struct staging *
stage(const char *id)
{
	struct staging *st;

	assert_int_equal(staging_new(f.node.store, f.arena, &st), FZ_OK);
	assert_int_equal(templates_stage(templates_find(id), st, &f.rs), FZ_OK);
	return st;
}

static void
test_files(void **state)
{
	static const struct {
		const char	*id;
		const char	*has[4];
		const char	*lacks;
	} cases[] = {
		{ "minimal", { "index.html", "manifest.json" }, "src/main.js" },
		{ "static", { "index.html", "about/index.html", "404.html", "_headers" },
		    "package.json" },
		{ "vite", { "package.json", "index.html", "src/main.js" },
		    "src/App.vue" },
		{ "vue", { "package.json", "src/App.vue", "vite.config.js" },
		    "api/main.js" },
		{ "vue-api", { "package.json", "src/App.vue", "api/main.js" }, "vue" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct staging *st = stage(cases[i].id);

		for (size_t j = 0; j < 4 && cases[i].has[j] != NULL; j++)
			if (staging_pick_find(st, cases[i].has[j]) == NULL)
				fail_msg("%s has no %s", cases[i].id, cases[i].has[j]);
		assert_null(staging_pick_find(st, cases[i].lacks));
		staging_free(st);
	}
}

/* JSON that parses, pages that name their language, nothing that warns. */
static void
check_content(const char *id, const struct file *file)
{
	struct reader *rd;
	json_t *j = NULL;
	void *text;
	size_t len;

	assert_int_equal(reader_open(f.node.store, &rd), FZ_OK);
	assert_int_equal(blob_read(rd, file->blob, BLOB_PLAIN, MIB, &text, &len), FZ_OK);
	reader_close(rd);
	if (strstr(file->path, ".json") != NULL &&
	    json_parse(text, len, &j, NULL) != FZ_OK)
		fail_msg("%s/%s is no JSON", id, file->path);
	json_decref(j);
	if (strstr(file->path, ".html") != NULL && (strstr(text, "<html lang=") == NULL ||
	    strstr(text, "<title>") == NULL || strstr(text, "<main") == NULL))
		fail_msg("%s/%s lacks lang, title or main", id, file->path);
	free(text);
}

static void
test_content(void **state)
{
	(void)state;
	for (const struct template *t = templates_all; t->id != NULL; t++) {
		struct deploy_options opt = { .label = t->id };
		struct deploy_result res;
		struct staging *st = stage(t->id);
		json_t *view;

		for (size_t i = 0; i < staging_count(st); i++)
			check_content(t->id, staging_pick_at(st, i));
		assert_int_equal(staging_commit(st, &f.rq, &f.rs, &opt, &res), FZ_OK);
		view = deploy_view(&f.rq, st, &res);
		assert_int_equal(json_array_size(json_object_get(view, "warnings")), 0);
		json_decref(view);
		staging_free(st);
	}
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_table), TEST(test_files), TEST(test_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
