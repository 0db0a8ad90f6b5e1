/* Keys: their bytes sort like the values they stand for, parts joined or turned too. */
#include "tests/unit/doc_test.h"

#include <math.h>

#include "store/doc_key.h"

static struct doc_key
key_of(const char *json, size_t cut, bool down, int *flags)
{
	struct doc_node *n;
	struct doc_span v;
	struct buf b;
	struct doc_key k;

	buf_init(&b, 1 << 22);
	OK(doc_json_parse(ar, json, strlen(json), &n, &why));
	v = doc_span_node(ar, n);
	*flags = doc_key_part(&b, &v, cut);
	if (down)
		doc_key_turn(&b, 0);
	k = (struct doc_key){ memcpy(arena_alloc(ar, b.len), b.data, b.len), b.len };
	buf_fini(&b);
	return k;
}

/* Rising; "=" = equal to the one before. */
static const char *const ladder[] = { "null",
	"-1.7976931348623157e308", "-1e20", "-5", "-1.5", "-1e-300", "-5e-324",
	"0", "=-0", "=false", "=0.0", "5e-324", "1e-300", "0.1", "1", "=true", "=1e0",
	"1.0000000000000002", "2", "10", "9007199254740992", "=9007199254740993", "1e20",
	"=100000000000000000000", "1.7976931348623157e308",
	"\"\"", "\"\\u0000\"", "\"\\u0000\\u0000\"", "\"\\u0000\\u0001\"",
	"\"\\u0000a\"", "\"\\u0001\"", "\"\\n\"", "=\"\\u000a\"", "\" \"", "\"\\\"\"",
	"\"A\"", "\"\\\\\"", "\"a\"", "\"a\\u0000\"", "\"a\\u0001\"", "\"a\\n\"", "\"a!\"",
	"\"ab\"", "\"b\"", "\"é\"", "\"\\uffff\"", "\"\\ud83d\\ude00\"" };

static void
test_ladder(void **state)
{
	(void)state;
	for (int down = 0; down < 2; down++) {
		for (size_t i = 0; i < COUNT(ladder); i++) {
			for (size_t k = 0; k < COUNT(ladder); k++) {
				int fi, fk, want = i < k ? -1 : i > k, got;
				const char *x = ladder[i] + (*ladder[i] == '=');
				const char *y = ladder[k] + (*ladder[k] == '=');
				struct doc_key a = key_of(x, DOC_KEY_CUT, down, &fi);
				struct doc_key b = key_of(y, DOC_KEY_CUT, down, &fk);
				bool same = true;

				for (size_t j = (i < k ? i : k) + 1; j <= (i < k ? k : i); j++)
					same = same && *ladder[j] == '=';
				got = doc_key_order(&a, &b);
				got = (got > 0) - (got < 0);
				if (got != (same ? 0 : down ? -want : want))
					fail_msg("%s and %s: %d", x, y, got);
				assert_int_equal(fi, DOC_KEY_EXACT);
				/* No part is the beginning of another. */
				if (!same && a.len < b.len)
					assert_int_not_equal(memcmp(a.p, b.p, a.len), 0);
			}
		}
		arena_reset(ar);
	}
}

static void
test_containers(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "{}", "{\"a\":null}", true },
		{ "{\"a\":1,\"b\":[true]}", "{\"b\":[1],\"a\":true}", true },
		{ "{\"a\":1}", "{\"a\":2}", false },
		{ "{\"a\":1}", "{\"b\":1}", false },
		{ "{\"a\":{\"b\":1}}", "{\"a\":{\"c\":1}}", false },
		{ "[]", "{}", false },
		{ "[1,2]", "[2,1]", false },
		{ "[1]", "[1,1]", false },
		{ "[null]", "[]", false },
		{ "[[1],2]", "[1,[2]]", false },
		{ "[0]", "[-0]", true },
		{ "[\"1\"]", "[1]", false },
		{ "[\"\\n\"]", "[\"\\u000a\"]", true },
	};
	int flags;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct doc_key a = key_of(rows[i].a, 0, false, &flags);
		struct doc_key b;

		assert_int_equal(flags, DOC_KEY_HASHED);
		b = key_of(rows[i].b, 0, false, &flags);
		if ((doc_key_order(&a, &b) == 0) != rows[i].same)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
	/* Behind all strings, objects before arrays. */
	struct doc_key s = key_of("\"\\ud83d\\ude00\"", 0, false, &flags);
	struct doc_key o = key_of("{}", 0, false, &flags);
	struct doc_key l = key_of("[]", 0, false, &flags);
	assert_true(doc_key_order(&s, &o) < 0 && doc_key_order(&o, &l) < 0);
}

/* A cut key stands behind every uncut one with that beginning, and before all others. */
static void
test_cut(void **state)
{
	char text[DOC_KEY_CUT + 8];
	struct doc_key full, longer, other, next;
	int flags;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '"';
	(void)strcpy(text + DOC_KEY_CUT + 1, "\"");
	full = key_of(text, DOC_KEY_CUT, false, &flags);
	assert_int_equal(flags, DOC_KEY_EXACT);
	(void)strcpy(text + DOC_KEY_CUT + 1, "x\"");
	longer = key_of(text, DOC_KEY_CUT, false, &flags);
	assert_int_equal(flags, DOC_KEY_SHORT);
	(void)strcpy(text + DOC_KEY_CUT + 1, "yyy\"");
	other = key_of(text, DOC_KEY_CUT, false, &flags);
	(void)strcpy(text + DOC_KEY_CUT, "y\"");
	next = key_of(text, DOC_KEY_CUT, false, &flags);
	assert_true(doc_key_order(&full, &longer) < 0);
	assert_int_equal(doc_key_order(&longer, &other), 0);
	assert_true(doc_key_order(&longer, &next) < 0);
	assert_true(longer.len <= DOC_KEY_CUT + 3);
	(void)strcpy(text + DOC_KEY_CUT, "xyyy\"");
	full = key_of(text, 0, false, &flags);
	assert_int_equal(flags, DOC_KEY_EXACT);
}

static void
test_after(void **state)
{
	static const struct {
		const char *key;
		size_t len;
		const char *after;
		size_t after_len;
	} rows[] = {
		{ "\1", 1, "\2", 1 },
		{ "\1\x20", 2, "\1\x21", 2 },
		{ "\1\xff", 2, "\2", 1 },
		{ "\1\x10\xff\xff", 4, "\1\x11", 2 },
		{ "\1\0", 2, "\1\1", 2 },
	};
	struct buf b;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_init(&b, 100);
		buf_add(&b, rows[i].key, rows[i].len);
		doc_key_after(&b);
		assert_int_equal(b.len, rows[i].after_len);
		assert_memory_equal(b.data, rows[i].after, b.len);
		buf_fini(&b);
	}
}

static void
test_entries(void **state)
{
	static const struct {
		const char *json;
		size_t n;
		bool null;
	} rows[] = {
		{ "{}", 1, true },
		{ "{\"a\":null}", 1, true },
		{ "{\"a\":5}", 1, false },
		{ "{\"a\":[]}", 1, false },
		{ "{\"a\":[1,true,1.0,\"1\",null]}", 4, false },
		{ "{\"a\":[[1],[1],{}]}", 3, false },
	};
	struct doc_def def = { .n = 1 };
	struct doc_keys keys;
	struct doc_view v = { .id = "", .rid = 1 };
	struct buf b;

	(void)state;
	assert_true(doc_path_parse(ar, "a", 1, &def.path[0]));
	for (size_t i = 0; i < COUNT(rows); i++) {
		v.json = rows[i].json;
		v.len = strlen(v.json);
		doc_keys_of(ar, &def, &v, &keys);
		assert_int_equal(keys.n, rows[i].n);
		assert_int_equal(keys.null, rows[i].null);
		assert_int_equal(keys.v[0].p[0], DOC_KEY_VALUE);
		for (size_t k = 1; k < keys.n; k++) {
			assert_int_equal(keys.v[k].p[0], DOC_KEY_ELEMENT);
			assert_true(doc_key_order(&keys.v[k - 1], &keys.v[k]) < 0);
		}
	}
	buf_init(&b, 1 << 20);
	buf_puts(&b, "{\"a\":[0");
	for (int i = 1; i < DOC_KEY_ELEMENTS; i++)
		buf_printf(&b, ",%d", i);
	v.json = arena_printf(ar, "%s]}", b.data);
	v.len = strlen(v.json);
	doc_keys_of(ar, &def, &v, &keys);
	assert_int_equal(keys.n, DOC_KEY_ELEMENTS + 1);
	assert_int_equal(keys.flags & DOC_KEY_MANY, 0);
	v.json = arena_printf(ar, "%s,7]}", b.data);
	v.len = strlen(v.json);
	doc_keys_of(ar, &def, &v, &keys);
	assert_int_equal(keys.n, 1);
	assert_int_equal(keys.flags & DOC_KEY_MANY, DOC_KEY_MANY);
	buf_fini(&b);
}

/* Whatever the text is, nothing outside of it is read (the sanitizer would tell). */
static void
test_broken_text(void **state)
{
	static const char *const rows[] = { "{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"",
		"{\"a\":\"\\", "{\"a\":[", "{\"a\":[[", "{\"a\":[1", "{\"a\":{", "{\"a\":tru",
		"{\"a\":1,", "{\"a\":1,\"", "{\"a\\", "{\"a\\\"", "", "[", "\"", "}", "{}",
		"{\"a\":]", "{\"a\"}", "{:1}", "{\"b\":\"\\\"", "{a:1}", "{\"a\":[}" };
	struct doc_path path;

	(void)state;
	assert_true(doc_path_parse(ar, "a.0.b", 5, &path));
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = strlen(rows[i]);
		char *exact = memcpy(malloc(n + 1), rows[i], n);
		struct doc_view v = { .json = exact, .len = n, .id = "" };
		struct doc_span a, all;

		exact = realloc(exact, n > 0 ? n : 1);
		v.json = exact;
		a = doc_view_field(&v, &path);
		(void)doc_span_hash(&a);
		all = doc_view_object(&v);
		if (n > 0)
			(void)doc_span_equal(&all, &all);
		free(exact);
	}
}

static void
test_numbers(void **state)
{
	static const double rows[] = { 0, 1, -1, 0.1, 1.5, 1e20, 1e21, 1e-7, 5e-324, 1e300,
		123456789012345680.0, 9007199254740993.0, 0.30000000000000004, 1.0 / 3 };
	char text[DOC_JSON_NUMBER];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct doc_node *n;

		doc_json_number(text, rows[i]);
		assert_true(strtod(text, NULL) == rows[i]);
		OK(doc_json_parse(ar, text, strlen(text), &n, &why));
		assert_int_equal(n->type, DOC_NUMBER);
		assert_true(doc_json_double(n->text, n->len) == rows[i]);
	}
	doc_json_number(text, -0.0);
	assert_string_equal(text, "0");
	doc_json_number(text, 0.1);
	assert_string_equal(text, "0.1");
	assert_true(doc_json_double("999999999999999", 15) == 999999999999999.0);
	assert_true(doc_json_double("-999999999999999999", 19) == -999999999999999999.0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ladder), cmocka_unit_test(test_containers),
		cmocka_unit_test(test_cut), cmocka_unit_test(test_after),
		cmocka_unit_test(test_entries), cmocka_unit_test(test_broken_text),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, doc_setup, store_teardown);
}
