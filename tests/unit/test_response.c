/* Responses: headers that are refused, the envelopes byte for byte, who frees what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "base/response.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct arena *arena;
static struct response r;
static int released;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	response_init(&r, arena);
	released = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	response_fini(&r);
	arena_free(arena);
	return 0;
}

static void
assert_body(const char *text)
{
	assert_int_equal(r.len, strlen(text));
	assert_memory_equal(r.bytes, text, r.len);
}

static void
test_bad_headers(void **state)
{
	static const struct {
		const char	*name;
		const char	*value;
		bool		 ok;
	} t[] = {
		{ "X-A", "b", true },
		{ "x!#$%&'*+-.^_`|~9", "b", true },
		{ "X", "", true },
		{ "X", "a\tb \"c\" \xc3\xa4\xff", true },
		{ "", "b", false },
		{ "X A", "b", false },
		{ "X:", "b", false },
		{ "X\r\nY", "b", false },
		{ "X\n", "b", false },
		{ " X", "b", false },
		{ "X\t", "b", false },
		{ "X(", "b", false },
		{ "X\"", "b", false },
		{ "X/", "b", false },
		{ "X\x7f", "b", false },
		{ "\xc3\xa4", "b", false },
		{ "X", NULL, false },
		{ "X", "a\nb", false },
		{ "X", "a\rb", false },
		{ "X", "a\r\nSet-Cookie: b=c", false },
		{ "X", "\n", false },
		{ "X", "a\x01", false },
		{ "X", "a\x1f", false },
		{ "X", "a\x7f", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		r.broken = false;
		r.nheaders = 0;
		response_header(&r, t[i].name, t[i].value);
		if (r.broken == t[i].ok)
			fail_msg("wrong: row %zu", i);
		assert_int_equal(r.nheaders, t[i].ok ? 1 : 0);
	}
	r.broken = false;
	response_headerf(&r, "X", "%s", "a\nb");
	assert_true(r.broken);
}

static void
test_headers(void **state)
{
	char name[] = "X-Name", value[] = "1";

	(void)state;
	response_header(&r, name, value);
	name[0] = value[0] = '?';
	assert_string_equal(response_get(&r, "x-nAME"), "1");
	response_header(&r, "x-name", "2");
	assert_int_equal(r.nheaders, 1);
	assert_string_equal(response_get(&r, "X-Name"), "2");
	response_header(&r, "Set-Cookie", "a=1");
	response_header(&r, "set-cookie", "b=2");
	response_header(&r, "Link", "<a>");
	response_header(&r, "Link", "<b>");
	response_headerf(&r, "X-Number", "%d/%s", 7, "x");
	assert_int_equal(r.nheaders, 6);
	assert_string_equal(response_get(&r, "Set-Cookie"), "a=1");
	assert_string_equal(response_get(&r, "X-Number"), "7/x");
	response_unset(&r, "SET-COOKIE");
	assert_int_equal(r.nheaders, 4);
	assert_null(response_get(&r, "Set-Cookie"));
	assert_string_equal(response_get(&r, "Link"), "<a>");
	assert_false(r.broken);
}

static void
test_header_limits(void **state)
{
	char *large = arena_alloc(arena, LIMIT_RESPONSE_HEADERS + 1);

	(void)state;
	for (int i = 0; i < RESPONSE_HEADERS; i++)
		response_header(&r, "Set-Cookie", "a=1");
	assert_false(r.broken);
	response_header(&r, "X", "1");
	assert_true(r.broken);
	assert_int_equal(r.nheaders, RESPONSE_HEADERS);

	response_init(&r, arena);
	memset(large, 'a', LIMIT_RESPONSE_HEADERS - 5);
	response_header(&r, "X", large);
	assert_false(r.broken);
	response_header(&r, "Y", "");
	assert_true(r.broken);
}

static void
count_release(void *arg)
{
	released += *(int *)arg;
}

static void
count_close(struct body_source *s)
{
	(void)s;
	released += 100;
}

static void
test_bodies(void **state)
{
	struct body_source source = { .close = count_close };
	int one = 1;

	(void)state;
	response_bytes(&r, 200, "image/png", "\0\1\2", 3);
	assert_int_equal(r.status, 200);
	assert_int_equal(r.len, 3);
	assert_string_equal(response_get(&r, "Content-Type"), "image/png");
	r.release = count_release;
	r.release_arg = &one;
	r.source = &source;
	r.source_len = 9;
	response_text(&r, 404, "gone");
	assert_int_equal(released, 101);
	assert_null(r.source);
	assert_int_equal(r.source_len, -1);
	assert_int_equal(r.status, 404);
	assert_string_equal(response_get(&r, "Content-Type"), "text/plain; charset=utf-8");
	assert_body("gone");
	response_redirect(&r, 302, "/x?y");
	assert_int_equal(r.status, 302);
	assert_string_equal(response_get(&r, "Location"), "/x?y");
	assert_null(response_get(&r, "Content-Type"));
	assert_body("");
	r.source = &source;
	response_fini(&r);
	response_fini(&r);
	assert_int_equal(released, 201);
	response_redirect(&r, 302, "/x\r\nSet-Cookie: a=b");
	assert_true(r.broken);
}

static void
test_envelopes(void **state)
{
	(void)state;
	assert_int_equal(response_data(&r, 201,
	    json_pack("{s:s,s:i}", "b", "/\xc3\xa4", "a", 1)), FZ_OK);
	assert_int_equal(r.status, 201);
	assert_body("{\"data\":{\"b\":\"/\xc3\xa4\",\"a\":1}}");
	assert_string_equal(response_get(&r, "Content-Type"), "application/json");
	assert_string_equal(response_get(&r, "Cache-Control"), "no-store");
	assert_int_equal(response_data(&r, 200, NULL), FZ_OK);
	assert_body("{\"data\":null}");
	assert_int_equal(response_data(&r, 200, json_null()), FZ_OK);
	assert_body("{\"data\":null}");
	response_header(&r, "Cache-Control", "max-age=1");
	assert_int_equal(response_bare(&r, 200, json_pack("[i,b]", 1, 1)), FZ_OK);
	assert_body("[1,true]");
	assert_string_equal(response_get(&r, "Cache-Control"), "max-age=1");
}

static void
test_pages(void **state)
{
	static const struct {
		int64_t		 offset;
		int64_t		 limit;
		int64_t		 total;
		const char	*meta;
	} t[] = {
		{ 0, 20, 57, "\"offset\":0,\"limit\":20,\"total\":57,\"has_more\":true" },
		{ 40, 20, 57, "\"offset\":40,\"limit\":20,\"total\":57,\"has_more\":false" },
		{ 37, 20, 57, "\"offset\":37,\"limit\":20,\"total\":57,\"has_more\":false" },
		{ 36, 20, 57, "\"offset\":36,\"limit\":20,\"total\":57,\"has_more\":true" },
		{ 0, 20, 0, "\"offset\":0,\"limit\":20,\"total\":0,\"has_more\":false" },
		{ INT64_MAX, 100, 5, "\"offset\":9223372036854775807,\"limit\":100,\"total\":5,"
		    "\"has_more\":false" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		assert_int_equal(response_page(&r, json_array(), t[i].offset, t[i].limit,
		    t[i].total), FZ_OK);
		assert_body(arena_printf(arena, "{\"data\":[],\"meta\":{%s}}", t[i].meta));
		assert_int_equal(r.status, 200);
	}
}

static void
test_errors(void **state)
{
	(void)state;
	response_header(&r, "ETag", "\"x\"");
	response_header(&r, "Cache-Control", "max-age=9");
	response_header(&r, "Retry-After", "1");
	response_error(&r, FZ_APP_NOT_FOUND);
	assert_int_equal(r.status, 404);
	assert_body("{\"error\":{\"code\":\"APP_NOT_FOUND\",\"message\":\"No such app\"}}");
	assert_string_equal(response_get(&r, "Content-Type"), "application/json");
	assert_string_equal(response_get(&r, "Cache-Control"), "no-store");
	assert_string_equal(response_get(&r, "Retry-After"), "1");
	assert_null(response_get(&r, "ETag"));

	assert_int_equal(response_why(&r, FZ_CONFLICT, "\"%s\" \xff exists", "blog"),
	    FZ_CONFLICT);
	response_detail(&r, "limit", json_integer(7));
	response_detail(&r, "name", json_string("a/b"));
	response_error(&r, FZ_CONFLICT);
	assert_int_equal(r.status, 409);
	assert_body("{\"error\":{\"code\":\"CONFLICT\",\"message\":\"\\\"blog\\\" \xef\xbf\xbd "
		    "exists\",\"details\":{\"limit\":7,\"name\":\"a/b\"}}}");

	/* The cause of a 500 stays inside. */
	response_error(&r, FZ_IO);
	assert_int_equal(r.status, 500);
	assert_body("{\"error\":{\"code\":\"INTERNAL_ERROR\",\"message\":\"Internal error\"}}");
}

static void
test_fields(void **state)
{
	(void)state;
	assert_int_equal(response_missing(&r, "name"), FZ_MISSING_FIELD);
	response_error(&r, FZ_MISSING_FIELD);
	assert_int_equal(r.status, 400);
	assert_body("{\"error\":{\"code\":\"MISSING_FIELD\",\"message\":\"name is required\","
		    "\"details\":{\"field\":\"name\"}}}");
	assert_int_equal(response_invalid(&r, "limit", "1..100"), FZ_VALIDATION_FAILED);
	response_error(&r, FZ_VALIDATION_FAILED);
	assert_body("{\"error\":{\"code\":\"VALIDATION_FAILED\",\"message\":\"limit: 1..100\","
		    "\"details\":{\"field\":\"limit\",\"constraint\":\"1..100\"}}}");
}

static void
test_broken_becomes_500(void **state)
{
	(void)state;
	for (int i = 0; i < RESPONSE_HEADERS + 1; i++)
		response_header(&r, "Set-Cookie", "a=1");
	assert_true(r.broken);
	response_why(&r, FZ_CONFLICT, "secret");
	response_error(&r, FZ_CONFLICT);
	assert_int_equal(r.status, 500);
	assert_false(r.broken);
	assert_null(response_get(&r, "Set-Cookie"));
	assert_body("{\"error\":{\"code\":\"INTERNAL_ERROR\",\"message\":\"Internal error\"}}");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_bad_headers),
		TEST(test_headers),
		TEST(test_header_limits),
		TEST(test_bodies),
		TEST(test_envelopes),
		TEST(test_pages),
		TEST(test_errors),
		TEST(test_fields),
		TEST(test_broken_becomes_500),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
