/* Strict reading, printing and the typed getters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_refused(void **state)
{
	static const struct {
		const char	*s;
		size_t		 n;	/* 0 = strlen */
	} t[] = {
		{ "", 0 }, { " ", 0 }, { "{", 0 }, { "}", 0 }, { "[", 0 }, { "]]", 0 },
		{ "[1,]", 0 }, { "{\"a\":1,}", 0 }, { "{a:1}", 0 }, { "{'a':1}", 0 },
		{ "{\"a\"}", 0 }, { "{\"a\":}", 0 }, { "{1:1}", 0 }, { "[1 2]", 0 },
		{ "1 2", 0 }, { "{} x", 0 }, { "nul", 0 }, { "True", 0 }, { "NaN", 0 },
		{ "Infinity", 0 }, { "01", 0 }, { "+1", 0 }, { "1.", 0 }, { ".5", 0 },
		{ "0x1", 0 }, { "1e", 0 }, { "-", 0 }, { "1e999", 0 },
		{ "9223372036854775808", 0 }, { "[1]//c", 0 }, { "\xef\xbb\xbf{}", 0 },
		/* strings */
		{ "\"", 0 }, { "\"\\", 0 }, { "\"\\x\"", 0 }, { "\"\\u12\"", 0 },
		{ "\"a\nb\"", 0 }, { "\"\x01\"", 0 }, { "\"\\ud800\"", 0 },
		{ "\"\\udc00\\ud800\"", 0 }, { "\"\xff\"", 0 }, { "\"\xc0\x80\"", 0 },
		{ "\"\xed\xa0\x80\"", 0 }, { "\"\xc3\"", 0 },
		/* NUL: escaped, raw in a string, raw elsewhere, in a name */
		{ "\"\\u0000\"", 0 }, { "\"a\0b\"", 5 }, { "{}\0", 3 }, { "\0", 1 },
		{ "[1\0]", 4 }, { "{\"a\\u0000\":1}", 0 },
		/* one name twice, also spelt differently */
		{ "{\"a\":1,\"a\":1}", 0 }, { "{\"a\":1,\"\\u0061\":2}", 0 },
		{ "[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		json_t *v = NULL;
		struct why why = { 0 };
		size_t n = t[i].n > 0 ? t[i].n : strlen(t[i].s);

		if (json_parse(t[i].s, n, &v, &why) != FZ_INVALID_JSON)
			fail_msg("accepted %s", t[i].s);
		assert_null(v);
		assert_memory_equal(why.text, "line ", 5);
	}
	assert_int_equal(json_parse("[", 1, &(json_t *){ NULL }, NULL), FZ_INVALID_JSON);
}

static void
test_round(void **state)
{
	static const struct {
		const char	*in;
		const char	*out;
	} t[] = {
		{ " { } ", "{}" },
		{ "null", "null" },
		{ "-0", "0" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
		{ "1.5e1", "15.0" },
		{ "{\"z\":1, \"a\":[true,false,null], \"m\":{\"\":\"\"}}",
		    "{\"z\":1,\"a\":[true,false,null],\"m\":{\"\":\"\"}}" },
		{ "\"a\\/b/\\u00e9\\ud83d\\ude00\"", "\"a/b/\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "\"[[{\\\"[\"", "\"[[{\\\"[\"" },
		{ "\"\\u0001\\n\"", "\"\\u0001\\n\"" },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (size_t i = 0; i < COUNT(t); i++) {
		json_t *v = NULL;

		buf_reset(&b);
		assert_int_equal(json_parse(t[i].in, strlen(t[i].in), &v, NULL), FZ_OK);
		assert_int_equal(json_print(&b, v), FZ_OK);
		assert_string_equal(b.data, t[i].out);
		json_decref(v);
	}
	buf_fini(&b);
}

static enum fz_err
nested(int depth, char open, struct why *why)
{
	char text[2000];
	size_t n = 0;
	json_t *v = NULL;
	enum fz_err err;

	for (int i = 0; i < depth; i++) {
		text[n++] = open;
		if (open == '{') {
			memcpy(text + n, "\"a\":", 4);
			n += 4;
		}
	}
	text[n++] = '1';
	for (int i = 0; i < depth; i++)
		text[n++] = open == '{' ? '}' : ']';
	err = json_parse(text, n, &v, why);
	json_decref(v);
	return err;
}

static void
test_depth(void **state)
{
	struct why why = { 0 };
	char text[500] = "[[],{},\"[[[[\\\"[[\",";
	size_t n = strlen(text);
	json_t *v = NULL;

	(void)state;
	assert_int_equal(nested(64, '[', &why), FZ_OK);
	assert_int_equal(nested(64, '{', &why), FZ_OK);
	assert_int_equal(nested(65, '{', &why), FZ_INVALID_JSON);
	assert_int_equal(nested(65, '[', &why), FZ_INVALID_JSON);
	assert_string_equal(why.text, "line 1 column 65: nested too deeply");
	/* What stands side by side or in a string is not depth. */
	text[n++] = '"';
	memset(text + n, '[', 70);
	memcpy(text + n + 70, "\\\"", 2);
	memset(text + n + 72, '{', 70);
	memcpy(text + n + 142, "\\\\\",", 4);
	n += 146;
	while (n < 400) {
		memcpy(text + n, "[],", 3);
		n += 3;
	}
	text[n++] = '1';
	text[n++] = ']';
	assert_int_equal(json_parse(text, n, &v, &why), FZ_OK);
	json_decref(v);
}

static void
test_where(void **state)
{
	struct why why = { 0 };
	json_t *v = NULL;

	(void)state;
	assert_int_equal(json_parse("{\n \"a\": x\n}", 11, &v, &why), FZ_INVALID_JSON);
	assert_memory_equal(why.text, "line 2 column ", 14);
	assert_int_equal(json_parse("[1,\n\"\xc3\xa9\",\0]", 11, &v, &why),
	    FZ_INVALID_JSON);
	assert_string_equal(why.text, "line 2 column 5: NUL byte");
}

static void
test_print_fails(void **state)
{
	json_t *list = json_pack("[s,s]", "abcdef", "ghijkl");
	struct buf b;

	(void)state;
	buf_init(&b, 18);
	assert_int_equal(json_print(&b, list), FZ_PAYLOAD_TOO_LARGE);
	assert_false(buf_ok(&b));
	buf_fini(&b);
	buf_init(&b, 19);
	assert_int_equal(json_print(&b, list), FZ_OK);
	assert_string_equal(b.data, "[\"abcdef\",\"ghijkl\"]");
	buf_reset(&b);
	assert_int_equal(json_print(&b, NULL), FZ_INTERNAL_ERROR);
	assert_true(buf_ok(&b));
	buf_fini(&b);
	json_decref(list);
}

static json_t *object;

static void
test_want_str(void **state)
{
	const char *s = "same";
	struct field_error e = { 0 };

	(void)state;
	assert_int_equal(json_want_str(object, "s", true, 3, &s, &e), FZ_OK);
	assert_string_equal(s, "abc");
	s = "same";
	assert_int_equal(json_want_str(object, "none", false, 3, &s, &e), FZ_OK);
	assert_int_equal(json_want_str(object, "null", false, 3, &s, &e), FZ_OK);
	assert_null(e.field);
	assert_int_equal(json_want_str(object, "null", true, 3, &s, &e),
	    FZ_MISSING_FIELD);
	assert_string_equal(e.field, "null");
	assert_int_equal(json_want_str(object, "none", true, 3, &s, &e),
	    FZ_MISSING_FIELD);
	assert_string_equal(e.field, "none");
	assert_int_equal(json_want_str(object, "s", true, 2, &s, &e),
	    FZ_VALIDATION_FAILED);
	assert_string_equal(e.field, "s");
	assert_string_equal(e.constraint, "too long");
	assert_int_equal(json_want_str(object, "i", false, 9, &s, &e),
	    FZ_VALIDATION_FAILED);
	assert_string_equal(e.field, "i");
	assert_string_equal(e.constraint, "string");
	assert_int_equal(json_want_str(object, "nul", true, 9, &s, &e),
	    FZ_VALIDATION_FAILED);
	assert_int_equal(json_want_str(NULL, "s", true, 9, &s, &e), FZ_MISSING_FIELD);
	assert_string_equal(s, "same");
}

static void
test_want_bool(void **state)
{
	struct field_error e = { 0 };
	bool b = false;

	(void)state;
	assert_int_equal(json_want_bool(object, "yes", true, &b, &e), FZ_OK);
	assert_true(b);
	assert_int_equal(json_want_bool(object, "null", false, &b, &e), FZ_OK);
	assert_true(b);
	assert_int_equal(json_want_bool(object, "no", true, &b, &e), FZ_OK);
	assert_false(b);
	assert_int_equal(json_want_bool(object, "none", true, &b, &e), FZ_MISSING_FIELD);
	assert_string_equal(e.field, "none");
	assert_int_equal(json_want_bool(object, "i", true, &b, &e), FZ_VALIDATION_FAILED);
	assert_string_equal(e.field, "i");
	assert_int_equal(json_want_bool(object, "s", true, &b, &e), FZ_VALIDATION_FAILED);
}

static void
test_want_int(void **state)
{
	struct field_error e = { 0 };
	int64_t n = 1;

	(void)state;
	assert_int_equal(json_want_int(object, "i", true, 5, 5, &n, &e), FZ_OK);
	assert_int_equal(n, 5);
	assert_int_equal(json_want_int(object, "none", false, 0, 9, &n, &e), FZ_OK);
	assert_int_equal(json_want_int(object, "none", true, 0, 9, &n, &e),
	    FZ_MISSING_FIELD);
	assert_int_equal(json_want_int(object, "i", true, 6, 9, &n, &e),
	    FZ_VALIDATION_FAILED);
	assert_string_equal(e.constraint, "out of range");
	assert_int_equal(json_want_int(object, "i", true, 0, 4, &n, &e),
	    FZ_VALIDATION_FAILED);
	assert_int_equal(json_want_int(object, "r", true, 0, 9, &n, &e),
	    FZ_VALIDATION_FAILED);
	assert_string_equal(e.constraint, "integer");
	assert_int_equal(json_want_int(object, "s", true, 0, 9, &n, &e),
	    FZ_VALIDATION_FAILED);
	assert_string_equal(e.field, "s");
	assert_int_equal(json_want_int(object, "yes", true, 0, 9, &n, &e),
	    FZ_VALIDATION_FAILED);
	assert_int_equal(n, 5);
}

static int
setup(void **state)
{
	(void)state;
	object = json_pack("{s:s,s:i,s:f,s:b,s:b,s:n,s:s%}", "s", "abc", "i", 5, "r", 5.0,
	    "yes", 1, "no", 0, "null", "nul", "a\0b", (size_t)3);
	return object == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	json_decref(object);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_print_fails),
		cmocka_unit_test(test_want_str),
		cmocka_unit_test(test_want_bool),
		cmocka_unit_test(test_want_int),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
