/*
 * console (contract 5.5): the lines, their place, and how many there may be.
 */
#include "tests/unit/script_fixture.h"

struct row {
	const char	*arguments;
	const char	*want;
};

static void
test_format(void **state)
{
	static const struct row rows[] = {
		{ "", "" },
		{ "'text'", "text" },
		{ "'a', 'b', 1", "a b 1" },
		{ "1, null, undefined, true", "1 null undefined true" },
		{ "1.5, -0, NaN, 1e21", "1.5 0 NaN 1e+21" },
		{ "{ a: [1, 'x', null], b: undefined }",
		  "{\"a\":[1,\"x\",null],\"b\":undefined}" },
		{ "[]", "[]" },
		{ "{}", "{}" },
		{ "'%s is %d', 'x', 7", "x is 7" },
		{ "'%s'", "%s" },
		{ "'%s %s', 1", "1 %s" },
		{ "'%s', 1, 2", "1 2" },
		{ "'%d %i %f', 1.9, 1.9, 1.9", "1.9 1 1.9" },
		{ "'%d', 'x'", "NaN" },
		{ "'%d', '0x10'", "16" },
		{ "'%j', { a: 's' }", "{\"a\":\"s\"}" },
		{ "'%j', 'quoted'", "\"quoted\"" },
		{ "'%o %O %v', [1], [2], [3]", "[1] [2] [3]" },
		{ "'%%', 1", "% 1" },
		{ "'100%'", "100%" },
		{ "'%', 1", "% 1" },
		{ "'%x', 1", "%x 1" },
		{ "'%s', '%s', 1", "%s 1" },
		{ "{}, '%s', 1", "{} %s 1" },
		{ "new Date(0)", "1970-01-01T00:00:00.000Z" },
		{ "[new Date(0)]", "[\"1970-01-01T00:00:00.000Z\"]" },
		{ "function f() {}", "[Function: f]" },
		{ "[function () {}]", "[[Function]]" },
		{ "Symbol('x')", "Symbol()" },
		{ "'%s', Symbol('x')", "Symbol()" },
		{ "'%d', Symbol('x')", "NaN" },
		{ "new Uint8Array(3)", "[3 bytes]" },
		{ "{ a: { b: { c: { d: { e: 1 } } } } }",
		  "{\"a\":{\"b\":{\"c\":{\"d\":[Object]}}}}" },
		{ "[[[[[1]]]]]", "[[[[[Array]]]]]" },
		{ "(function () { var o = { n: 1 }; o.self = o; return o; })()",
		  "{\"n\":1,\"self\":[Circular]}" },
		{ "(function () { var o = {}; return [o, o]; })()", "[{},{}]" },
		{ "{ toJSON: function () { return { j: 1 }; } }", "{\"j\":1}" },
		{ "'\\ud83d\\ude00 \\u00e9'", "\xf0\x9f\x98\x80 \xc3\xa9" },
		{ "'a\\nb\\u0001'", "a\nb\x01" },
	};
	char source[600];
	struct answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(source, sizeof(source), "console.log(%s); respond('ok')",
		    rows[i].arguments);
		script_eval(&a, source);
		assert_string_equal(a.body, "ok");
		if (strcmp(script_log(0), rows[i].want) != 0)
			fail_msg("console.log(%s) gives %s, not %s", rows[i].arguments,
			    script_log(0), rows[i].want);
	}
	/* Errors come with their stack. */
	script_eval(&a, "console.error(new TypeError('why')); respond('ok')");
	assert_true(str_starts(script_log(0), "TypeError: why\n    at "));
	script_eval(&a, "console.log({ get x() { throw new Error('getter'); } })");
	assert_int_equal(a.status, 500);
}

static void
test_levels(void **state)
{
	static const struct {
		const char	*name;
		enum recorder_level level;
	} rows[] = { { "log", RECORD_INFO }, { "info", RECORD_INFO }, { "warn", RECORD_WARN },
		{ "error", RECORD_ERROR }, { "debug", RECORD_DEBUG } };
	struct record_line line;
	char source[100];
	struct answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(source, sizeof(source), "\n\nconsole.%s('x')", rows[i].name);
		script_eval(&a, source);
		script_log_line(0, &line);
		assert_int_equal(line.level, rows[i].level);
		assert_string_equal(line.file, "api/main.js");
		assert_int_equal(line.line, 3);
		assert_string_equal(line.request, "0123456789abcdef");
		assert_int_equal(line.app, script_app);
	}
}

/* An app of its own, so that only these lines are there. */
static size_t
lines_of(const char *source, const char **newest)
{
	static int64_t app;
	struct record_line line;
	struct answer a;
	size_t n = 0;

	app = script_make_app("lines");
	script_site.app = app;
	script_eval(&a, source);
	while (script_log_line(n, &line)[0] != '\0')
		n++;
	*newest = script_log(0);
	return n;
}

static void
test_amount(void **state)
{
	const char *newest;
	struct answer a;

	(void)state;
	assert_int_equal(lines_of("for (var i = 0; i < 200; i++) console.log('x' + i)",
	    &newest), 200);
	assert_string_equal(newest, "x199");
	assert_int_equal(lines_of("for (var i = 0; i < 1000; i++) console.log('x' + i)",
	    &newest), 201);
	assert_string_equal(newest, "800 more lines dropped");
	/* 64 KiB */
	assert_int_equal(lines_of("var s = new Array(1025).join('x');"
	    "for (var i = 0; i < 100; i++) console.log(s)", &newest), 65);
	assert_string_equal(newest, "36 more lines dropped");
	/* One line is cut, never in the middle of a character. */
	assert_int_equal(lines_of("console.log('x' + new Array(20000).join('\\u00e9'))",
	    &newest), 1);
	assert_true(strlen(newest) > 8000 && strlen(newest) <= 8192);
	assert_true(str_utf8_ok(newest, strlen(newest)));
	/* How it ended is told in any case. */
	assert_int_equal(lines_of("for (var i = 0; i < 300; i++) console.log(i); null.x",
	    &newest), 202);
	assert_string_equal(newest, "100 more lines dropped");
	assert_true(str_starts(script_log(1), "TypeError: "));
	script_plain();
	/* Cheap to print, cheap to drop. */
	script_eval(&a, "var o = []; for (var i = 0; i < 100000; i++) o.push(i);"
	    "for (i = 0; i < 5000; i++) console.log(o); respond('ok')");
	assert_string_equal(a.body, "ok");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_amount),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
