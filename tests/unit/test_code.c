/* Translated code beside its content: every field, another tool, replacing, the end of the
 * blob. */
#include "tests/unit/store_test.h"

#include "store/code.h"

static char upload[UPLOAD_ID_LEN + 1];

static int64_t
content(const char *text)
{
	struct blob_info info;

	put(upload, text, &info);
	return info.id;
}

static enum fz_err
put_code(int64_t blob, int kind, const char *tool, const struct code *c)
{
	struct writer *w = begin();
	enum fz_err err = code_put(w, blob, kind, tool, c);

	if (err == FZ_OK)
		commit(w);
	else
		writer_abort(w);
	return err;
}

static enum fz_err
get_code(int64_t blob, int kind, const char *tool, struct code *c)
{
	struct reader *rd = reader();
	enum fz_err err = code_get(rd, ar, blob, kind, tool, c);

	reader_close(rd);
	return err;
}

static int
open_upload(void **state)
{
	(void)state;
	return upload_open(st, upload) != FZ_OK;
}

static void
test_fields(void **state)
{
	static const char map[] = "\1\0\0\0\2\0\0\0";
	int64_t blob = content("one");
	struct code in = { .js = "a\0b", .js_len = 3, .map = map, .map_len = 8,
		.uses = "[\"x\"]" };
	struct code out = { .line = -1 };

	(void)state;
	assert_int_equal(get_code(blob, 0, "t1", &out), FZ_NOT_FOUND);
	assert_int_equal(out.line, -1);
	OK(put_code(blob, 0, "t1", &in));
	OK(get_code(blob, 0, "t1", &out));
	assert_int_equal(out.js_len, 3);
	assert_memory_equal(out.js, "a\0b", 4);
	assert_int_equal(out.map_len, 8);
	assert_memory_equal(out.map, map, 8);
	assert_string_equal(out.uses, "[\"x\"]");
	assert_null(out.error);
	assert_int_equal(out.line, 0);
}

static void
test_error(void **state)
{
	int64_t blob = content("wrong");
	struct code in = { .error = "Expression expected.", .line = 7, .column = 12,
		.js = "left over", .js_len = 9 };
	struct code out = { 0 };

	(void)state;
	OK(put_code(blob, 1, "t1", &in));
	OK(get_code(blob, 1, "t1", &out));
	assert_null(out.js);
	assert_string_equal(out.error, "Expression expected.");
	assert_int_equal(out.line, 7);
	assert_int_equal(out.column, 12);
	assert_string_equal(out.uses, "[]");
	// the empty translation is one
	in = (struct code){ .js = "", .js_len = 0, .map = "", .map_len = 0, .uses = "[]" };
	OK(put_code(blob, 1, "t1", &in));
	OK(get_code(blob, 1, "t1", &out));
	assert_non_null(out.js);
	assert_int_equal(out.js_len, 0);
	assert_null(out.error);
}

/* A row a content and kind: of another tool it does not count and is replaced. */
static void
test_tool(void **state)
{
	int64_t blob = content("two"), other = content("three");
	struct code old = { .js = "old", .js_len = 3, .uses = "[]" };
	struct code new = { .js = "new", .js_len = 3, .uses = "[]" };
	struct code out = { 0 };

	(void)state;
	OK(put_code(blob, 0, "t1", &old));
	OK(put_code(blob, 1, "t1", &new));
	assert_int_equal(get_code(blob, 0, "t2", &out), FZ_NOT_FOUND);
	assert_int_equal(get_code(other, 0, "t1", &out), FZ_NOT_FOUND);
	assert_int_equal(get_code(blob, 2, "t1", &out), FZ_NOT_FOUND);
	OK(put_code(blob, 0, "t2", &new));
	assert_int_equal(get_code(blob, 0, "t1", &out), FZ_NOT_FOUND);
	OK(get_code(blob, 0, "t2", &out));
	assert_memory_equal(out.js, "new", 4);
	OK(get_code(blob, 1, "t1", &out));
}

/* The row goes with its blob, and none is made for a blob that is gone. */
static void
test_gone(void **state)
{
	struct code c = { .js = "x", .js_len = 1, .uses = "[]" };
	int64_t blob = content("gone soon");

	(void)state;
	OK(put_code(blob, 0, "t1", &c));
	upload_drop(st, upload);
	(void)sweep();
	assert_int_equal(number("SELECT count(*) FROM code"), 0);
	assert_int_equal(put_code(blob, 0, "t1", &c), FZ_NOT_FOUND);
	assert_int_equal(number("SELECT count(*) FROM code"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fields, open_upload),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_tool),
		cmocka_unit_test(test_gone),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
