/*
 * Scripts of a deploy are translated with it: rows in the store, warnings with places, and
 * nothing that stands in the way of the deploy.
 */
#include "tests/unit/deploy_fixture.h"

#include "deploy/translate.h"
#include "runtime/guard.h"
#include "runtime/transpile.h"
#include "store/code.h"
#include "store/sql.h"

static struct fixture fx;

/* Pairs of name and text, ended by NULL; the answer's warnings. */
static json_t *
deploy(const char *name, const char *text, ...)
{
	struct deploy_options opt = { .label = "app", .source = "deploy", .by = "ann" };
	struct deploy_result res;
	struct staging *st;
	json_t *view, *warnings;
	bool skip = false;
	va_list ap;

	fixture_request(&fx);
	assert_int_equal(staging_new(fx.node.store, fx.arena, &st), FZ_OK);
	va_start(ap, text);
	while (name != NULL) {
		assert_int_equal(staging_file(st, &fx.rs, name, (int64_t)strlen(text), &skip),
		    FZ_OK);
		assert_int_equal(staging_bytes(st, &fx.rs, text, strlen(text)), FZ_OK);
		assert_int_equal(staging_file_end(st), FZ_OK);
		name = va_arg(ap, const char *);
		text = name == NULL ? NULL : va_arg(ap, const char *);
	}
	va_end(ap);
	assert_int_equal(staging_commit(st, &fx.rq, &fx.rs, &opt, &res), FZ_OK);
	view = deploy_view(&fx.rq, st, &res);
	warnings = json_incref(json_object_get(view, "warnings"));
	json_decref(view);
	staging_free(st);
	return warnings;
}

static int64_t
rows(const char *where)
{
	struct reader *rd;
	int64_t n = -1;

	assert_int_equal(reader_open(fx.node.store, &rd), FZ_OK);
	if (strcmp(where, "all") == 0)
		assert_int_equal(sql_get_int(rd, &n, "SELECT count(*) FROM code", ""), FZ_OK);
	else
		assert_int_equal(sql_get_int(rd, &n, "SELECT count(*) FROM code WHERE error"
		    " IS NOT NULL AND js IS NULL", ""), FZ_OK);
	reader_close(rd);
	return n;
}

static void
says(const json_t *warnings, size_t i, const char *file, int line, int column,
    const char *part)
{
	const json_t *w = json_array_get(warnings, i);

	assert_non_null(w);
	assert_string_equal(json_string_value(json_object_get(w, "file")), file);
	assert_int_equal(json_integer_value(json_object_get(w, "line")), line);
	assert_int_equal(json_integer_value(json_object_get(w, "column")), column);
	assert_non_null(strstr(json_string_value(json_object_get(w, "message")), part));
}

static void
test_rows(void **state)
{
	json_t *w = deploy("api/main.js", "export default () => 1", "api/lib/a.ts",
	    "export const a: number = 1", "api/data.json", "{ not json", "index.html", "x",
	    "app.js", "let broken = ;", "api/types.d.ts", "export type T = 1", NULL);

	(void)state;
	assert_int_equal(json_array_size(w), 0);
	json_decref(w);
	assert_int_equal(rows("all"), 2);
	// the same content is known, whatever its name; as main it is another kind
	w = deploy("api/main.js", "export default () => 1", "api/lib/b.ts",
	    "export const a: number = 1", "api/copy.js", "export default () => 1", NULL);
	assert_int_equal(json_array_size(w), 0);
	json_decref(w);
	assert_int_equal(rows("all"), 3);
}

static void
test_warnings(void **state)
{
	json_t *w = deploy("api/main.js", "const a = 1;\nlet b = ;\n", "api/x.ts",
	    "\n\n  const big = 10n;", NULL);

	(void)state;
	assert_int_equal(json_array_size(w), 2);
	says(w, 0, "api/main.js", 2, 9, "Expression expected");
	says(w, 1, "api/x.ts", 3, 15, "BigInt");
	json_decref(w);
	assert_int_equal(rows("errors"), 2);
	// again: from the store
	w = deploy("api/main.js", "const a = 1;\nlet b = ;\n", "index.html", "y", NULL);
	assert_int_equal(json_array_size(w), 1);
	says(w, 0, "api/main.js", 2, 9, "Expression expected");
	json_decref(w);
	assert_int_equal(rows("errors"), 2);
}

static void
test_too_large(void **state)
{
	char *text = malloc(TRANSPILE_MAX + 100);
	json_t *w;

	(void)state;
	assert_non_null(text);
	memset(text, ' ', TRANSPILE_MAX + 99);
	text[TRANSPILE_MAX + 99] = '\0';
	w = deploy("api/big.js", text, NULL);
	assert_int_equal(json_array_size(w), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(w, 0), "file")),
	    "api/big.js");
	json_decref(w);
	free(text);
}

/* Many files at once, and no transaction of theirs is left open. */
static void
test_many(void **state)
{
	struct deploy_options opt = { .label = "many", .source = "deploy", .by = "ann" };
	struct deploy_result res;
	int64_t before = rows("all");
	struct staging *st;
	struct writer *w;
	bool skip;

	(void)state;
	fixture_request(&fx);
	assert_int_equal(staging_new(fx.node.store, fx.arena, &st), FZ_OK);
	for (int i = 0; i < 40; i++) {
		char name[32], text[64];

		snprintf(name, sizeof(name), "api/f%d.js", i);
		snprintf(text, sizeof(text), "export const n = () => %d", i);
		assert_int_equal(staging_file(st, &fx.rs, name, -1, &skip), FZ_OK);
		assert_int_equal(staging_bytes(st, &fx.rs, text, strlen(text)), FZ_OK);
		assert_int_equal(staging_file_end(st), FZ_OK);
	}
	assert_int_equal(staging_commit(st, &fx.rq, &fx.rs, &opt, &res), FZ_OK);
	staging_free(st);
	assert_int_equal(rows("all"), before + 40);
	assert_int_equal(writer_begin(fx.node.store, 100, &w), FZ_OK);
	writer_abort(w);
}

static int
setup(void **state)
{
	struct why why = { 0 };

	(void)state;
	fixture_open(&fx);
	return guard_start(&why) == FZ_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	transpile_trim();
	guard_stop();
	fixture_close(&fx);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
