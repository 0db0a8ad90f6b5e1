/* What handlers read from a request, and the links of a node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "base/request.h"
#include "base/route.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct arena *arena;
static const struct node node = { .max_json = LIMIT_SPOOL_MEMORY + 1000 };

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct request
make_request(const char *query)
{
	return (struct request){ .arena = arena, .node = &node, .query = query,
		.content_type = "application/json" };
}

static void
set_body(struct request *r, const char *text)
{
	spool_free(r->body);
	r->body = spool_new("/tmp", UINT64_MAX);
	assert_int_equal(spool_add(r->body, text, strlen(text)), FZ_OK);
}

static void
test_methods(void **state)
{
	static const char *const names[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE",
		"OPTIONS" };
	static const char *const others[] = { "", "get", "Get", "GET ", "GE", "TRACE",
		"CONNECT", "OTHER" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		assert_int_equal(method_parse(names[i]), i);
		assert_string_equal(method_text((enum method)i), names[i]);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(method_parse(others[i]), METHOD_OTHER);
	assert_int_equal(method_parse(NULL), METHOD_OTHER);
	assert_string_equal(method_text(METHOD_OTHER), "OTHER");
}

static void
test_lookups(void **state)
{
	struct pair headers[] = { { "host", "x" }, { "accept", "*/*" } };
	struct pair params[] = { { "app", "blog" } };
	struct request r = make_request("a=1&a=2&t=true&n=1&f=false&T=TRUE&e=");

	(void)state;
	r.headers = (struct pairs){ headers, 2 };
	r.params = (struct pairs){ params, 1 };
	assert_string_equal(request_header(&r, "accept"), "*/*");
	assert_null(request_header(&r, "cookie"));
	assert_string_equal(request_param(&r, "app"), "blog");
	assert_string_equal(request_param(&r, "id"), "");
	assert_string_equal(request_arg(&r, "a"), "1");
	assert_string_equal(request_arg(&r, "e"), "");
	assert_null(request_arg(&r, "b"));
	assert_true(request_flag(&r, "t"));
	assert_true(request_flag(&r, "n"));
	assert_false(request_flag(&r, "f"));
	assert_false(request_flag(&r, "T"));
	assert_false(request_flag(&r, "e"));
	assert_false(request_flag(&r, "b"));

	r = make_request("a=1&b=%zz");
	assert_null(request_arg(&r, "a"));
	assert_int_equal(r.args.n, 0);
}

static void
test_text(void **state)
{
	struct request r = make_request("");
	char *large = arena_alloc(arena, 100001);
	const char *text = NULL;
	size_t len = 77;

	(void)state;
	assert_int_equal(request_text(&r, 0, &text, &len), FZ_OK);
	assert_string_equal(text, "");
	assert_int_equal(len, 0);
	set_body(&r, "abc");
	assert_int_equal(request_text(&r, 3, &text, &len), FZ_OK);
	assert_string_equal(text, "abc");
	assert_int_equal(len, 3);
	assert_int_equal(request_text(&r, 2, &text, &len), FZ_PAYLOAD_TOO_LARGE);
	memset(large, 'x', 100000);
	set_body(&r, large);
	assert_true(spool_fd(r.body) >= 0);
	assert_int_equal(request_text(&r, 100000, &text, &len), FZ_OK);
	assert_string_equal(text, large);
	assert_int_equal(len, 100000);
	assert_int_equal(request_text(&r, 99999, &text, &len), FZ_PAYLOAD_TOO_LARGE);
	spool_free(r.body);
}

static void
test_json(void **state)
{
	static const struct {
		const char	*type;
		const char	*body;
		enum fz_err	 err;
	} t[] = {
		{ "application/json", "{\"a\":1}", FZ_OK },
		{ "APPLICATION/json; charset=utf-8", " {\"a\":1} ", FZ_OK },
		{ "", "{}", FZ_UNSUPPORTED_MEDIA_TYPE },
		{ "text/plain", "{}", FZ_UNSUPPORTED_MEDIA_TYPE },
		{ "text/plain; application/json", "{}", FZ_UNSUPPORTED_MEDIA_TYPE },
		{ "application/jsonp", "{}", FZ_UNSUPPORTED_MEDIA_TYPE },
		{ "application/x-www-form-urlencoded", "a=1", FZ_UNSUPPORTED_MEDIA_TYPE },
		{ "application/json", " ", FZ_INVALID_JSON },
		{ "application/json", "{", FZ_INVALID_JSON },
		{ "application/json", "{} x", FZ_INVALID_JSON },
		{ "application/json", "{\"a\":1,\"a\":2}", FZ_INVALID_JSON },
		{ "application/json", "[]", FZ_INVALID_JSON },
		{ "application/json", "null", FZ_INVALID_JSON },
		{ "application/json", "1", FZ_INVALID_JSON },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct request r = make_request("");
		struct why why = { 0 };
		json_t *value = NULL;

		r.content_type = t[i].type;
		set_body(&r, t[i].body);
		assert_int_equal(request_json(&r, &value, &why), t[i].err);
		if (t[i].err == FZ_OK) {
			assert_int_equal(json_integer_value(json_object_get(value, "a")),
			    strchr(t[i].body, '1') != NULL);
		} else {
			assert_null(value);
			assert_true(why.text[0] != '\0');
		}
		spool_free(r.body);
	}
}

/* A form is read only where the row takes one, every value a text, the first one counts. */
static void
test_form(void **state)
{
	static const struct route takes = { .flags = ROUTE_BODY_FORM }, refuses = { 0 };
	static const char text[] = "a=1&b=x+y&a=2&c=%C3%A9&d=";
	struct request r = make_request("");
	json_t *value = NULL;

	(void)state;
	r.content_type = "application/x-www-form-urlencoded; charset=utf-8";
	assert_false(request_wants_page(&r));	/* no body: Caddy says so of every POST */
	r.content_length = (int64_t)strlen(text);
	set_body(&r, text);
	assert_true(request_is_form(&r) && request_wants_page(&r));
	assert_int_equal(request_json(&r, &value, NULL), FZ_UNSUPPORTED_MEDIA_TYPE);
	r.route = &refuses;
	assert_int_equal(request_json(&r, &value, NULL), FZ_UNSUPPORTED_MEDIA_TYPE);
	r.route = &takes;
	assert_int_equal(request_json(&r, &value, NULL), FZ_OK);
	assert_int_equal(json_object_size(value), 4);
	assert_string_equal(json_string_value(json_object_get(value, "a")), "1");
	assert_string_equal(json_string_value(json_object_get(value, "b")), "x y");
	assert_string_equal(json_string_value(json_object_get(value, "c")), "\xc3\xa9");
	assert_string_equal(json_string_value(json_object_get(value, "d")), "");
	set_body(&r, "a=%zz");
	assert_int_equal(request_json(&r, &value, NULL), FZ_BAD_REQUEST);
	spool_free(r.body);
}

static void
test_json_sizes(void **state)
{
	struct request r = make_request("");
	char *large = arena_alloc(arena, 200000);
	json_t *value = NULL;

	(void)state;
	r.content_type = "text/plain";
	assert_int_equal(request_json(&r, &value, NULL), FZ_OK);
	assert_int_equal(json_object_size(value), 0);
	set_body(&r, "");
	assert_int_equal(request_json(&r, &value, NULL), FZ_OK);

	r.content_type = "application/json";
	memset(large, ' ', node.max_json);
	memcpy(large, "{\"a\":1}", 7);
	set_body(&r, large);
	assert_true(spool_fd(r.body) >= 0);
	assert_int_equal(request_json(&r, &value, NULL), FZ_OK);
	assert_int_equal(json_object_size(value), 1);
	assert_int_equal(spool_add(r.body, " ", 1), FZ_OK);
	assert_int_equal(request_json(&r, &value, NULL), FZ_PAYLOAD_TOO_LARGE);
	spool_free(r.body);
}

static void
test_page(void **state)
{
	static const struct {
		const char	*query;
		int64_t		 offset;
		int64_t		 limit;
		const char	*field;
	} t[] = {
		{ "", 0, 20, NULL },
		{ "offset=5", 5, 20, NULL },
		{ "limit=1&offset=0", 0, 1, NULL },
		{ "limit=100", 0, 100, NULL },
		{ "offset=9223372036854775807", INT64_MAX, 20, NULL },
		{ "limit=0", 0, 0, "limit" },
		{ "limit=101", 0, 0, "limit" },
		{ "limit=-1", 0, 0, "limit" },
		{ "limit=", 0, 0, "limit" },
		{ "limit=1x", 0, 0, "limit" },
		{ "limit=+1", 0, 0, "limit" },
		{ "limit=1.5", 0, 0, "limit" },
		{ "offset=-1", 0, 0, "offset" },
		{ "offset=9223372036854775808", 0, 0, "offset" },
		{ "offset=x&limit=x", 0, 0, "offset" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct request r = make_request(t[i].query);
		struct page page = { -7, -7 };
		const char *field = NULL;
		enum fz_err err = request_page(&r, 20, 100, &page, &field);

		if (t[i].field == NULL) {
			assert_int_equal(err, FZ_OK);
			assert_int_equal(page.offset, t[i].offset);
			assert_int_equal(page.limit, t[i].limit);
		} else {
			assert_int_equal(err, FZ_VALIDATION_FAILED);
			assert_string_equal(field, t[i].field);
			assert_int_equal(page.limit, -7);
		}
	}
}

static void
test_links(void **state)
{
	static const struct node n = { .domain = "example.com", .scheme = "http",
		.port_suffix = ":8080" };

	(void)state;
	assert_string_equal(node_url(&n, arena, "blog", "/x"),
	    "http://blog.example.com:8080/x");
	assert_string_equal(node_url(&n, arena, "", ""), "http://example.com:8080");
	assert_string_equal(node_host_url(&n, arena, "own.org", "/"), "http://own.org:8080/");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_lookups),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_json_sizes),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
