/*
 * request (contract 5.2): every member, the bodies, and what is kept from scripts.
 */
#include "tests/unit/script_fixture.h"

/* Deploy "respond(EXPR)" with the value as JSON. */
static void
deploy_value(const char *expression)
{
	char source[2000];

	snprintf(source, sizeof(source), "respond(200, JSON.stringify({v: %s}))", expression);
	script_deploy("api/main.js", source, NULL);
}

static void
assert_value(const struct answer *a, const char *expression, const char *want)
{
	char body[4000];

	snprintf(body, sizeof(body), "{\"v\":%s}", want);
	if (a->status != 200 || strcmp(a->body, strcmp(want, "undefined") == 0 ? "{}" : body))
		fail_msg("%s\n  gives %d: %s\n  not %s", expression, a->status, a->body, want);
}

struct plain {
	const char	*method;
	const char	*uri;
	const char	*expression;
	const char	*want;
};

static void
test_head(void **state)
{
	static const struct plain rows[] = {
		{ "POST", "/api/items/7", "request.method", "\"POST\"" },
		{ "HEAD", "/api/x", "request.method", "\"HEAD\"" },
		{ "OPTIONS", "/api/x", "request.method", "\"OPTIONS\"" },
		{ "GET", "/api//items/./7/../8/", "request.path", "\"/api/items/8/\"" },
		{ "GET", "/api/caf%C3%A9%20x", "request.path", "\"/api/caf\xc3\xa9 x\"" },
		{ "GET", "/api/%F0%9F%98%80", "[request.path, request.path.length]",
		  "[\"/api/\xf0\x9f\x98\x80\",7]" },
		{ "GET", "/api/x?a=1&b=2&a=3&c&=e", "request.query",
		  "{\"a\":\"1\",\"b\":\"2\",\"c\":\"\",\"\":\"e\"}" },
		{ "GET", "/api/x?a=1&b=2&a=3", "request.queryAll",
		  "{\"a\":[\"1\",\"3\"],\"b\":[\"2\"]}" },
		{ "GET", "/api/x?q=a+b%2Bc%C3%A9%F0%9F%98%80", "request.query.q",
		  "\"a b+c\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "GET", "/api/x?q=%ff", "request.query", "{}" },
		{ "GET", "/api/x?q=%zz", "request.query", "{}" },
		{ "GET", "/api/x", "request.query", "{}" },
		{ "GET", "/api/x?__proto__=1&constructor=2&toString=3",
		  "[Object.keys(request.query), request.query.constructor]",
		  "[[\"__proto__\",\"constructor\",\"toString\"],\"2\"]" },
		{ "GET", "/api/x?__proto__=a&__proto__=b", "request.queryAll",
		  "{\"__proto__\":[\"a\",\"b\"]}" },
		{ "GET", "/api/x?a=1", "request.query.hasOwnProperty('a')", "true" },
		{ "GET", "/api/x?a=1", "[request.query.b, request.query.valueOf()]",
		  "[null,{\"a\":\"1\"}]" },
		{ "GET", "/api/x", "request.host", "\"test.example.com\"" },
		{ "GET", "/api/a%20b?q=%20", "request.url",
		  "\"https://test.example.com/api/a%20b?q=%20\"" },
		{ "GET", "/api/x", "request.url", "\"https://test.example.com/api/x\"" },
		{ "GET", "/api/x", "request.ip", "\"192.0.2.7\"" },
		{ "GET", "/api/x", "request.id", "\"0123456789abcdef\"" },
		{ "GET", "/api/x", "request.secure", "true" },
		{ "GET", "/api/x", "typeof request.deploy", "\"number\"" },
		{ "GET", "/api/x", "request.files", "undefined" },
		{ "GET", "/api/x", "request.body", "null" },
		{ "GET", "/api/x", "request.bodyError", "undefined" },
		{ "GET", "/api/x", "request.form", "{}" },
		{ "GET", "/api/x", "request.raw.byteLength", "0" },
		{ "GET", "/api/x", "request.text()", "\"\"" },
		/* plain members from the first reading on, and writable */
		{ "GET", "/api/x?a=1", "request.query === request.query", "true" },
		{ "GET", "/api/x", "(request.path = '/y', request.path)", "\"/y\"" },
		{ "GET", "/api/x", "(request.body = {a: 1}, request.body)", "{\"a\":1}" },
		{ "GET", "/api/x", "(request.user = 1, request.user)", "1" },
		{ "GET", "/api/x", "(delete request.path, request.path)", "undefined" },
		{ "GET", "/api/x", "Object.create(request).path", "\"/api/x\"" },
		{ "GET", "/api/x", "Object.keys(request)",
		  "[\"method\",\"path\",\"query\",\"headers\",\"body\",\"files\",\"host\","
		  "\"url\",\"ip\",\"id\",\"secure\",\"deploy\"]" },
		{ "GET", "/api/x?a=1", "Object.assign({}, request).query", "{\"a\":\"1\"}" },
	};
	struct answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		deploy_value(rows[i].expression);
		script_ask(&a, rows[i].method, rows[i].uri, NULL, NULL);
		assert_value(&a, rows[i].expression, rows[i].want);
	}
}

static void
test_headers(void **state)
{
	static const struct plain rows[] = {
		{ "", "", "request.headers['x-one']", "\"1\"" },
		{ "", "", "request.headers['X-One']", "\"1\"" },
		{ "", "", "request.headers['X-ONE']", "\"1\"" },
		{ "", "", "request.headers['x-none']", "undefined" },
		{ "", "", "request.headers['Content-Type']", "\"text/x; charset=utf-8\"" },
		{ "", "", "Object.keys(request.headers)",
		  "[\"host\",\"x-one\",\"content-type\",\"x-uni\",\"constructor\"]" },
		{ "", "", "JSON.stringify(request.headers)",
		  "\"{\\\"host\\\":\\\"test.example.com\\\",\\\"x-one\\\":\\\"1\\\","
		  "\\\"content-type\\\":\\\"text/x; charset=utf-8\\\","
		  "\\\"x-uni\\\":\\\"\xc3\xa9\xef\xbf\xbd\\\",\\\"constructor\\\":\\\"c\\\"}\"" },
		{ "", "", "request.headers['x-uni']", "\"\xc3\xa9\xef\xbf\xbd\"" },
		{ "", "", "request.headersAll['x-one']", "[\"1\"]" },
		{ "", "", "request.headers.constructor", "\"c\"" },
		{ "", "", "typeof request.headers.hasOwnProperty", "\"function\"" },
		{ "", "", "'x-one' in request.headers", "true" },
		{ "", "", "(request.headers['x-one'] = '2', request.headers['X-One'])",
		  "\"2\"" },
		{ "", "", "Object.assign({}, request.headers)['x-one']", "\"1\"" },
		{ "", "", "(function () { var n = 0; for (var k in request.headers) n++;"
		  " return n; })()", "5" },
		{ "", "", "request.headers[Symbol.iterator]", "undefined" },
	};
	struct answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		deploy_value(rows[i].expression);
		script_ask(&a, "GET", "/api/x", NULL, "x-one: 1",
		    "Content-Type: text/x; charset=utf-8", "x-uni: \xc3\xa9\xff",
		    "constructor: c", NULL);
		assert_value(&a, rows[i].expression, rows[i].want);
	}
}

static void
test_cookies(void **state)
{
	static const struct {
		const char	*sent;
		const char	*cookies;
		const char	*header;	/* "undefined" = none */
	} rows[] = {
		{ "a=1; b=2", "{\"a\":\"1\",\"b\":\"2\"}", "\"a=1; b=2\"" },
		{ "a=1, b=2", "{\"a\":\"1\",\"b\":\"2\"}", "\"a=1, b=2\"" },
		{ "a=1; a=2", "{\"a\":\"1\"}", "\"a=1; a=2\"" },
		{ "a=\"x y\"; odd", "{\"a\":\"\\\"x y\\\"\"}", "\"a=\\\"x y\\\"; odd\"" },
		{ "__proto__=x; a=1", "{\"__proto__\":\"x\",\"a\":\"1\"}",
		  "\"__proto__=x; a=1\"" },
		{ "__Host-sid=mine; a=1", "{\"__Host-sid\":\"mine\",\"a\":\"1\"}",
		  "\"__Host-sid=mine; a=1\"" },
		/* the platform's */
		{ "__Host-fazt=secret", "{}", "undefined" },
		{ "a=1; __Host-fazt=secret; b=2", "{\"a\":\"1\",\"b\":\"2\"}", "\"a=1; b=2\"" },
		{ "a=1, __Host-fazt=secret, b=2", "{\"a\":\"1\",\"b\":\"2\"}", "\"a=1; b=2\"" },
		{ "a=1;__Host-fazt_admin=secret", "{\"a\":\"1\"}", "\"a=1\"" },
		{ "__Secure-fazt_x=secret; a=1", "{\"a\":\"1\"}", "\"a=1\"" },
		{ "__host-FAZT=secret; a=1", "{\"a\":\"1\"}", "\"a=1\"" },
		{ "fazt=secret; fazt_sso=secret; a=1", "{\"a\":\"1\"}", "\"a=1\"" },
		{ "faztastic=fine", "{\"faztastic\":\"fine\"}", "\"faztastic=fine\"" },
		{ " \t__Host-fazt=secret ; a=1", "{\"a\":\"1\"}", "\"a=1\"" },
		{ "\xe2\x80\x80__Host-fazt=secret; a=1",
		  "{\"\xe2\x80\x80__Host-fazt\":\"secret\",\"a\":\"1\"}",
		  "\"\xe2\x80\x80__Host-fazt=secret; a=1\"" },
		{ "x=1, __Host-y=z; v=fazt", "{\"x\":\"1\",\"__Host-y\":\"\",\"v\":\"fazt\"}",
		  "\"x=1; __Host-y=; v=fazt\"" },
		{ "__Host-fazt", "{}", "undefined" },
		{ "__Host-fazt = secret; a=1", "{\"a\":\"1\"}", "\"a=1\"" },
		{ "fazt", "{}", "undefined" },
	};
	char line[300];
	struct answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(line, sizeof(line), "cookie: %s", rows[i].sent);
		deploy_value("request.cookies");
		script_ask(&a, "GET", "/api/x", NULL, line, NULL);
		assert_value(&a, rows[i].sent, rows[i].cookies);
		deploy_value("request.headers.Cookie");
		script_ask(&a, "GET", "/api/x", NULL, line, NULL);
		assert_value(&a, rows[i].sent, rows[i].header);
		deploy_value("(request.headersAll.cookie || [])[0]");
		script_ask(&a, "GET", "/api/x", NULL, line, NULL);
		assert_value(&a, rows[i].sent, rows[i].header);
	}
}

struct typed {
	const char	*type;
	const char	*body;
	const char	*expression;
	const char	*want;
};

static void
run_typed(const struct typed *rows, size_t n)
{
	struct answer a;
	char line[300];

	for (size_t i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "content-type: %s", rows[i].type);
		deploy_value(rows[i].expression);
		script_ask(&a, "POST", "/api/x", rows[i].body,
		    rows[i].type[0] == '\0' ? NULL : line, NULL);
		assert_value(&a, rows[i].expression, rows[i].want);
	}
}

static void
test_bodies(void **state)
{
	static const char json[] = "application/json";
	static const char form[] = "application/x-www-form-urlencoded";
	static const struct typed rows[] = {
		{ json, "{\"a\":[1,null]}", "request.body", "{\"a\":[1,null]}" },
		{ "application/JSON; charset=utf-8", "[1]", "request.body", "[1]" },
		{ "application/ld+json", "{}", "request.body", "{}" },
		{ json, "\"text\"", "request.body", "\"text\"" },
		{ json, "\"\\ud83d\\ude00 \xf0\x9f\x98\x80\"", "request.body",
		  "\"\xf0\x9f\x98\x80 \xf0\x9f\x98\x80\"" },
		{ json, "\"\xf0\x9f\x98\x80\"", "request.body === '\\ud83d\\ude00'", "true" },
		{ json, "{\"__proto__\":{\"x\":1}}", "[request.body.x, Object.keys(request.body)]",
		  "[null,[\"__proto__\"]]" },
		{ json, "", "[request.body, request.bodyError]",
		  "[null,\"the body is empty\"]" },
		{ json, "{\"a\":", "[request.body, request.bodyError]",
		  "[null,\"the body is not valid JSON\"]" },
		{ json, "{\"a\":1}x", "request.body", "null" },
		{ json, "\"\xff\"", "[request.body, request.bodyError]",
		  "[null,\"the body is not valid UTF-8\"]" },
		{ json, "{}", "request.bodyError", "undefined" },
		{ json, "[1]", "request.form", "{}" },
		{ json, "[1 ]", "request.text()", "\"[1 ]\"" },
		{ json, "[1]", "(request.bodyError, request.body)", "[1]" },
		{ "text/plain", "h\xc3\xa9\xff", "request.body", "\"h\xc3\xa9\xef\xbf\xbd\"" },
		{ "text/csv; header=present", "a,b", "request.body", "\"a,b\"" },
		{ "application/octet-stream", "abc", "request.body", "null" },
		{ "application/octet-stream", "abc",
		  "[request.raw.byteLength, new Uint8Array(request.raw)[2]]", "[3,99]" },
		{ "application/octet-stream", "abc", "request.text()", "\"abc\"" },
		{ "application/octet-stream", "abc",
		  "Object.prototype.toString.call(request.raw)", "\"[object ArrayBuffer]\"" },
		{ "", "abc", "[request.body, request.bodyError]", "[null,null]" },
		{ form, "a=1&b=x+y%26&a=2", "request.body", "{\"a\":\"1\",\"b\":\"x y&\"}" },
		{ form, "a=1&b=2&a=3", "request.formAll", "{\"a\":[\"1\",\"3\"],\"b\":[\"2\"]}" },
		{ form, "a=1", "request.form", "{\"a\":\"1\"}" },
		{ form, "__proto__=1", "Object.keys(request.form)", "[\"__proto__\"]" },
		{ form, "a=%zz", "[request.body, request.bodyError]",
		  "[null,\"the form is malformed\"]" },
		{ form, "", "request.body", "{}" },
		{ form, "a=1", "request.files", "undefined" },
		/* a first byte that would make the engine's string a Symbol */
		{ "text/plain", "\xff" "x", "typeof request.body", "\"string\"" },
		{ "text/plain", "\x80" "x", "typeof request.body", "\"string\"" },
		{ "text/plain", "\x81" "x", "typeof request.body", "\"string\"" },
		{ form, "%C3%BFa=1", "Object.keys(request.body)", "[\"\xc3\xbf" "a\"]" },
	};
	struct answer a;

	(void)state;
	run_typed(rows, COUNT(rows));
	/* GET has no body, whatever is sent. */
	deploy_value("request.body");
	script_ask(&a, "GET", "/api/x", "{\"a\":1}", "content-type: application/json", NULL);
	assert_value(&a, "GET", "null");
}

#define PART(head, body) "--B\r\n" head "\r\n\r\n" body "\r\n"
static const char upload_type[] = "content-type: multipart/form-data; boundary=B";
static const char upload[] =
    PART("Content-Disposition: form-data; name=\"title\"", "h\xc3\xa9llo")
    PART("Content-Disposition: form-data; name=\"pic\"; filename=\"a.png\"\r\n"
	"Content-Type: image/png", "\x89PNG\r\n!")
    PART("Content-Disposition: form-data; name=\"title\"", "second")
    PART("Content-Disposition: form-data; name=\"pic\"; filename=\"b.txt\"", "bbb")
    PART("Content-Disposition: form-data; name=\"__proto__\"; filename=\"p\"", "x")
    PART("Content-Disposition: form-data; name=\"__proto__\"", "y")
    PART("Content-Disposition: form-data; name=\"last\"; filename=\"z\"", "end")
    "--B--\r\n";

static void
test_multipart(void **state)
{
	static const struct typed rows[] = {
		{ "", "", "request.body.title", "\"h\xc3\xa9llo\"" },
		{ "", "", "Object.keys(request.body)", "[\"title\",\"__proto__\"]" },
		{ "", "", "request.formAll.title", "[\"h\xc3\xa9llo\",\"second\"]" },
		{ "", "", "Object.keys(request.files)", "[\"pic\",\"__proto__\",\"last\"]" },
		{ "", "", "[request.files.pic.name, request.files.pic.type,"
		  " request.files.pic.size]", "[\"a.png\",\"image/png\",7]" },
		{ "", "", "Object.keys(request.files.pic)",
		  "[\"name\",\"type\",\"size\",\"data\"]" },
		{ "", "", "Array.prototype.slice.call(new Uint8Array(request.files.pic.data))",
		  "[137,80,78,71,13,10,33]" },
		{ "", "", "request.files.pic.data === request.files.pic.data", "true" },
		{ "", "", "request.filesAll.pic.map(function (f) { return f.name; })",
		  "[\"a.png\",\"b.txt\"]" },
		{ "", "", "request.filesAll.pic[1].type", "\"application/octet-stream\"" },
		{ "", "", "request.filesAll.pic[1].data.byteLength", "3" },
		{ "", "", "request.files.last.data.byteLength", "3" },
		{ "", "", "Object.getOwnPropertySymbols(request.files.pic)", "[]" },
		{ "", "", "request.raw.byteLength > 400", "true" },
		{ "", "", "Object.getOwnPropertyDescriptor(request.files.pic,"
		  " 'data').get.call({})", "undefined" },
	};
	struct answer a;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		deploy_value(rows[i].expression);
		script_ask(&a, "POST", "/api/x", upload, upload_type, NULL);
		assert_value(&a, rows[i].expression, rows[i].want);
	}
	deploy_value("[request.body, typeof request.bodyError, request.files]");
	script_ask(&a, "POST", "/api/x", "--B\r\nnonsense", upload_type, NULL);
	assert_value(&a, "malformed", "[null,\"string\",null]");
	script_ask(&a, "POST", "/api/x", upload, "content-type: multipart/form-data", NULL);
	assert_value(&a, "no boundary", "[null,\"string\",null]");
}

/* Larger than what a spool keeps in memory: read from the file. */
static void
test_large(void **state)
{
	size_t n = 3 * MIB;
	char *body = xmalloc(n + 1);
	struct answer a;

	(void)state;
	memset(body, 'x', n);
	memcpy(body, "\"", 1);
	memcpy(body + n - 1, "\"", 2);
	deploy_value("[request.body.length, request.text().length, request.raw.byteLength]");
	script_ask(&a, "POST", "/api/x", body, "content-type: application/json", NULL);
	assert_value(&a, "3 MiB", "[3145726,3145728,3145728]");
	/* More than the heap may hold is told, not fatal. */
	script_site.quota.heap_bytes = 4 * MIB;
	deploy_value("(function () { try { request.raw; request.text(); return 1; }"
	    " catch (e) { return e.code; } })()");
	body = xrealloc(body, 5 * MIB + 1);
	memset(body, 'x', 5 * MIB);
	body[5 * MIB] = '\0';
	script_ask(&a, "POST", "/api/x", body, "content-type: text/plain", NULL);
	assert_value(&a, "5 MiB", "\"LIMIT_EXCEEDED\"");
	free(body);
	script_plain();
}

static void
test_unread_costs_nothing(void **state)
{
	struct answer a;
	size_t before;

	(void)state;
	script_deploy("api/main.js", "respond(204)", NULL);
	script_ask(&a, "POST", "/api/x", upload, upload_type, NULL);
	assert_int_equal(a.status, 204);
	before = arena_used(script_arena);
	assert_true(before < 8192);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_multipart),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_unread_costs_nothing),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
