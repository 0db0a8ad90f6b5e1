/* Query strings and cookies: tables of input and list, every malformed form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/query.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Lists are written as "name>value|name>value". */
static char *
written(struct arena *a, const struct pairs *list)
{
	char *s = arena_strdup(a, "");

	for (size_t i = 0; i < list->n; i++)
		s = arena_printf(a, "%s%s%s>%s", s, i > 0 ? "|" : "", list->v[i].name,
		    list->v[i].value);
	return s;
}

static void
test_query(void **state)
{
	static const struct {
		const char	*raw;
		const char	*list;
	} t[] = {
		{ "", "" },
		{ "a=1", "a>1" },
		{ "a=1&b=2", "a>1|b>2" },
		{ "a=1&a=2", "a>1|a>2" },
		{ "a", "a>" },
		{ "a=", "a>" },
		{ "=a", ">a" },
		{ "=", ">" },
		{ "&&a=1&&b&", "a>1|b>" },
		{ "&", "" },
		{ "a=b=c", "a>b=c" },
		{ "a+b=c+d", "a b>c d" },
		{ "a%3Db=%26%3d", "a=b>&=" },
		{ "a=%2B+", "a>+ " },
		{ "a=%25%32%35", "a>%25" },
		{ "a;b=1", "a;b>1" },
		{ "\xc3\xa4=%E2%82%AC", "\xc3\xa4>\xe2\x82\xac" },
		{ "a=%0a", "a>\n" },
		{ "a=%", NULL },
		{ "a=%4", NULL },
		{ "a=%4&b=1", NULL },
		{ "a=%zz", NULL },
		{ "%zz=a", NULL },
		{ "%=a", NULL },
		{ "a=%00", NULL },
		{ "a=1&b=%ff", NULL },
		{ "%c3=%a4", NULL },
		{ "a=\xff", NULL },
		{ "a=%ed%a0%80", NULL },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct pairs list = { NULL, 77 };
		enum fz_err err = query_parse(a, t[i].raw, strlen(t[i].raw), &list);

		if ((err == FZ_OK) != (t[i].list != NULL))
			fail_msg("wrong: %s", t[i].raw);
		if (err == FZ_OK) {
			assert_string_equal(written(a, &list), t[i].list);
			continue;
		}
		assert_int_equal(err, FZ_BAD_REQUEST);
		assert_int_equal(list.n, 77);
	}
	arena_free(a);
}

static void
test_query_length(void **state)
{
	struct arena *a = arena_new();
	struct pairs list;

	(void)state;
	assert_int_equal(query_parse(a, "a\0b=1", 5, &list), FZ_BAD_REQUEST);
	/* Bytes behind len do not exist, not even for an escape. */
	assert_int_equal(query_parse(a, "a=1&b=2", 3, &list), FZ_OK);
	assert_string_equal(written(a, &list), "a>1");
	assert_int_equal(query_parse(a, "a=%41", 4, &list), FZ_BAD_REQUEST);
	arena_free(a);
}

static void
test_get(void **state)
{
	struct arena *a = arena_new();
	struct pairs list;

	(void)state;
	assert_int_equal(query_parse(a, "a=1&b=2&a=3&A=4", 15, &list), FZ_OK);
	assert_string_equal(pairs_get(&list, "a"), "1");
	assert_string_equal(pairs_get(&list, "b"), "2");
	assert_string_equal(pairs_get(&list, "A"), "4");
	assert_null(pairs_get(&list, "c"));
	arena_free(a);
}

static void
test_cookies(void **state)
{
	static const struct {
		const char	*header;
		const char	*list;
	} t[] = {
		{ NULL, "" },
		{ "", "" },
		{ "a=1", "a>1" },
		{ "a=1; b=2", "a>1|b>2" },
		{ "a=1;b=2", "a>1|b>2" },
		{ "a=1, b=2", "a>1|b>2" },
		{ "a=1,b=2", "a>1,b=2" },
		{ " a=1 ;\tb=2\t", "a>1|b>2" },
		{ "a=1; a=2", "a>1|a>2" },
		{ "a=", "a>" },
		{ "a= 1", "a> 1" },
		{ "a=b=c==", "a>b=c==" },
		{ "a=\"q\"", "a>\"q\"" },
		{ "a=%20+", "a>%20+" },
		{ "a[b]=1", "a[b]>1" },
		{ "$Version=1; a=\"x; b=2\"", "$Version>1|a>\"x|b>2\"" },
		/* skipped */
		{ "a", "" },
		{ "=a", "" },
		{ "a; b=1; ; c", "b>1" },
		{ "a b=1; c=2", "c>2" },
		{ "a =1", "" },
		{ "a\x01=1; b=\x02; c=3", "c>3" },
		{ "a=\x7f; b=1", "b>1" },
		{ "a=\xff; \xff=1; b=1", "b>1" },
		{ "a=1\t2; b=1", "b>1" },
		/* names are bytes: these are other cookies */
		{ "\xe2\x80\x80__Host-x=1", "\xe2\x80\x80__Host-x>1" },
		{ "\xc2\xa0" "a=1", "\xc2\xa0" "a>1" },
		/* a protected name out of another cookie's value is worth nothing */
		{ "__Host-x=1; a=2", "__Host-x>1|a>2" },
		{ "a=2; __Host-x=1", "a>2|__Host-x>1" },
		{ "__Host-x=1, a=2", "__Host-x>1|a>2" },
		{ "a=2, __Host-x=1", "a>2|__Host-x>" },
		{ "a=2, __hoST-x=1", "a>2|__hoST-x>" },
		{ "a=2, __Secure-x=1; __Host-y=2", "a>2|__Secure-x>|__Host-y>2" },
		{ "a=2,  __Host-x=1", "a>2|__Host-x>" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct pairs list;

		cookie_parse(a, t[i].header, &list);
		assert_string_equal(written(a, &list), t[i].list);
	}
	arena_free(a);
}

static void
test_single(void **state)
{
	static const struct {
		const char	*header;
		const char	*value;
	} t[] = {
		{ "__Host-x=1", "1" },
		{ "a=1; __Host-x=1; b=2", "1" },
		{ "", NULL },
		{ "__host-x=1", NULL },
		{ "x=1", NULL },
		{ "a=1; __Host-x=1; __Host-x=2", NULL },
		{ "__Host-x=1; __Host-x=1", NULL },
		{ "__Host-x=1, __Host-x=2", NULL },
		{ "__Host-x=1; a=b, __Host-x=2", NULL },
		{ "a=b, __Host-x=2", "" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct pairs list;
		const char *value;

		cookie_parse(a, t[i].header, &list);
		value = cookie_single(&list, "__Host-x");
		assert_int_equal(value != NULL, t[i].value != NULL);
		if (value != NULL)
			assert_string_equal(value, t[i].value);
	}
	arena_free(a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_query_length),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_single),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
