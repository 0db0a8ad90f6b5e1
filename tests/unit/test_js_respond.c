/*
 * respond (contract 5.3): its forms, the body table, what is refused.
 */
#include "tests/unit/script_fixture.h"

struct row {
	const char	*source;
	int		 status;
	const char	*type;		/* Content-Type, "-" = none */
	const char	*body;
};

static const char text[] = "text/plain; charset=utf-8";
static const char json[] = "application/json";
static const char bytes[] = "application/octet-stream";

static void
run_rows(const struct row *rows, size_t n)
{
	struct answer a;

	for (size_t i = 0; i < n; i++) {
		script_eval(&a, rows[i].source);
		if (a.status != rows[i].status || strcmp(a.body, rows[i].body) != 0 ||
		    strcmp(script_header(&a, "Content-Type"), rows[i].type) != 0)
			fail_msg("%s\n  gives %d %s: %s\n  not   %d %s: %s", rows[i].source,
			    a.status, script_header(&a, "Content-Type"), a.body,
			    rows[i].status, rows[i].type, rows[i].body);
	}
}

static void
test_forms(void **state)
{
	static const struct row rows[] = {
		{ "respond()", 200, "-", "" },
		{ "respond(201)", 201, "-", "" },
		{ "respond('x')", 200, text, "x" },
		{ "respond('201')", 200, text, "201" },
		{ "respond(undefined)", 200, "-", "" },
		{ "respond(200, 'x')", 200, text, "x" },
		{ "respond('404', 'x')", 404, text, "x" },
		{ "respond(599, 'x')", 599, text, "x" },
		{ "respond(200, 'x', undefined)", 200, text, "x" },
		{ "respond(200, 'x', null)", 200, text, "x" },
		{ "respond(200, 'x', {})", 200, text, "x" },
		{ "respond(200, 'x', { 'Content-Type': 'text/html' })", 200, "text/html", "x" },
		{ "respond(200, {}, { 'content-type': 'application/ld+json' })", 200,
		  "application/ld+json", "{}" },
		{ "respond(204, { a: 1 })", 204, "-", "" },
		{ "respond(304, 'x', { 'Content-Type': 'text/html' })", 304, "-", "" },
		{ "respond(201, undefined)", 201, "-", "" },
		/* every form returns the response object */
		{ "var r = respond(201, 'b', { 'X-A': '1' }); module.exports = function () {};"
		  "if (r.status !== 201 || r.body !== 'b' || r.headers['X-A'] !== '1') throw 1",
		  201, text, "b" },
		{ "var r = respond(201); if (r.status !== 201) throw 1", 201, "-", "" },
		{ "respond('a'); var r = respond(500, 'b'); if (r.status !== 500) throw 1", 200,
		  text, "a" },
		{ "respond.redirect('/x')", 302, "-", "" },
		{ "respond.redirect('/x', 308)", 308, "-", "" },
		{ "return respond.redirect('/x', '301')", 301, "-", "" },
	};

	(void)state;
	run_rows(rows, COUNT(rows));
}

static void
test_bodies(void **state)
{
	static const struct row rows[] = {
		{ "respond({ a: 1, b: undefined, c: function () {} })", 200, json, "{\"a\":1}" },
		{ "respond([1, undefined, 'x'])", 200, json, "[1,null,\"x\"]" },
		{ "respond(true)", 200, json, "true" },
		{ "respond(null)", 200, json, "null" },
		{ "respond(200, 7)", 200, json, "7" },
		{ "respond(200, NaN)", 200, json, "null" },
		{ "respond(200, -0.5)", 200, json, "-0.5" },
		{ "respond({ d: new Date(0) })", 200, json,
		  "{\"d\":\"1970-01-01T00:00:00.000Z\"}" },
		{ "respond({ toJSON: function () { return 'j'; } })", 200, json, "\"j\"" },
		{ "respond({ toJSON: function () {} })", 200, json, "" },
		{ "respond('{\"a\":1}')", 200, json, "{\"a\":1}" },
		{ "respond(' \\n\\t[broken')", 200, json, " \n\t[broken" },
		{ "respond('\"quoted\"')", 200, text, "\"quoted\"" },
		{ "respond('')", 200, text, "" },
		{ "respond('\\u00e9\\ud83d\\ude00')", 200, text,
		  "\xc3\xa9\xf0\x9f\x98\x80" },
		{ "respond({ s: '\\ud83d\\ude00', k: '\\ud83d' })", 200, json,
		  "{\"s\":\"\xf0\x9f\x98\x80\",\"k\":\"\xef\xbf\xbd\"}" },
		{ "respond('\\ud83d')", 200, text, "\xef\xbf\xbd" },
		{ "respond('\\u0000x'.slice(1))", 200, text, "x" },
		{ "respond(new Uint8Array([104, 105]))", 200, bytes, "hi" },
		{ "respond(new Uint8Array([0, 104, 105]).subarray(1))", 200, bytes, "hi" },
		{ "respond(new Uint8Array([104, 105]).buffer)", 200, bytes, "hi" },
		{ "respond(new Uint16Array([0x6968]))", 200, bytes, "hi" },
		{ "respond(new ArrayBuffer(0))", 200, bytes, "" },
		{ "respond(new DataView(new Uint8Array([104, 105]).buffer, 1))", 200, bytes, "i" },
		{ "respond(200, new Uint8Array([104]), { 'Content-Type': 'image/png' })", 200,
		  "image/png", "h" },
		{ "respond(new Error('e'))", 200, json, "{}" },
		{ "respond({ error: 'not a response', code: 1 })", 200, json,
		  "{\"error\":\"not a response\",\"code\":1}" },
		/* in respond() an object is a body, whatever its members */
		{ "respond({ status: 404, body: 'x' })", 200, json,
		  "{\"status\":404,\"body\":\"x\"}" },
	};
	struct answer a;

	(void)state;
	run_rows(rows, COUNT(rows));
	/* bytes go out as they are, also those that are no text */
	script_eval(&a, "respond(new Uint8Array([0, 255, 128, 10]))");
	assert_int_equal(a.len, 4);
	assert_memory_equal(a.body, "\0\xff\x80\n", 4);
	script_eval(&a, "respond('a\\u0000b')");
	assert_int_equal(a.len, 3);
	assert_memory_equal(a.body, "a\0b", 3);
}

static void
test_wrong_calls(void **state)
{
	static const char *const statuses[] = { "respond(199, 'x')", "respond(600, 'x')",
		"respond(200.5, 'x')", "respond('2e2', 'x')", "respond('abc', 'x')",
		"respond(NaN, 'x')", "respond(Infinity, 'x')", "respond(-200, 'x')",
		"respond(undefined, 'x')", "respond(null, 'x')", "respond({}, 'x')",
		"respond('', 'x')", "respond('0200', 'x')", "respond(100)", "respond(0)",
		"respond(true, 'x')", "respond(Symbol('x'), 'x')", "respond([200], 'x')",
		"return { status: 'done' }", "return { status: 99 }",
		"respond('a', 'b', 'c')" };

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++)
		script_throws(statuses[i],
		    "TypeError: respond: status must be an integer from 200 to 599");
	script_throws("respond(Symbol('x'))", "no body");
	script_throws("respond(200, function () {})", "no body");
	script_throws("var o = {}; o.o = o; respond(o)", "TypeError");
	script_throws("respond({ toJSON: function () { throw new Error('in toJSON'); } })",
	    "in toJSON");
	script_throws("respond(200, 'x', 'headers')", "headers must be an object");
	script_throws("respond(200, 'x', 5)", "headers must be an object");
	script_throws("respond.redirect()", "requires a URL");
	script_throws("respond.redirect('/x', 200)", "must be a redirect");
	script_throws("respond.redirect('/x', 304)", "must be a redirect");
	script_throws("respond.redirect('/x\\r\\nSet-Cookie: a=b')", "bad value");
	/* A refused call may be caught and said better. */
	script_is("try { respond(99, 'x'); } catch (e) { respond('caught'); }", "caught");
	script_is("try { respond(200, 'a', { Connection: 'x', 'X-Y': '1' }); }"
	    " catch (e) { respond('caught'); }", "caught");
	script_is("var o = { toJSON: function () { respond('inner'); return 'outer'; } };"
	    "respond(o)", "inner");
}

static void
test_headers(void **state)
{
	struct answer a;
	size_t cookies = 0;

	(void)state;
	script_eval(&a, "respond(200, 'x', { 'X-Text': 'a b', 'x-number': 7, 'X-Flag': true,"
	    " 'X-List': ['a', 2], 'X-None': undefined, 'X-Null': null, 'X-Empty': '',"
	    " 'Vary': ['A', 'B'], 'X-Latin': '\\u00e9', 'X-Tab': 'a\\tb',"
	    " 'Set-Cookie': ['a=1; Path=/', 'b=2'], 'Link': ['<a>', '<b>'] })");
	assert_int_equal(a.status, 200);
	assert_string_equal(script_header(&a, "X-Text"), "a b");
	assert_string_equal(script_header(&a, "X-Number"), "7");
	assert_string_equal(script_header(&a, "X-Flag"), "true");
	assert_string_equal(script_header(&a, "X-List"), "a, 2");
	assert_string_equal(script_header(&a, "X-None"), "-");
	assert_string_equal(script_header(&a, "X-Null"), "-");
	assert_string_equal(script_header(&a, "X-Empty"), "");
	assert_string_equal(script_header(&a, "Vary"), "A, B");
	assert_string_equal(script_header(&a, "X-Latin"), "\xc3\xa9");
	assert_string_equal(script_header(&a, "X-Tab"), "a\tb");
	for (size_t i = 0; i < a.rs->nheaders; i++)
		cookies += str_ieq(a.rs->headers[i].name, "Set-Cookie") ||
		    str_ieq(a.rs->headers[i].name, "Link");
	assert_int_equal(cookies, 4);
	script_eval(&a, "return { status: 201, headers: { Location: '/api/1' }, body: {} }");
	assert_string_equal(script_header(&a, "Location"), "/api/1");
	script_eval(&a, "respond.redirect('https://x.example/a?b', 303)");
	assert_int_equal(a.status, 303);
	assert_string_equal(script_header(&a, "Location"), "https://x.example/a?b");
}

/* Each is refused: 500, a line in the log, and nothing of it reaches the client. */
static const char *const injections[] = {
	"'X-A': 'a\\nX-Evil: 1'", "'X-A': 'a\\rX-Evil: 1'", "'X-A': 'a\\r\\nX-Evil: 1'",
	"'X-A': 'a\\r\\n\\r\\n<script>'", "'X-A': '\\u0000'", "'X-A': 'a\\u0000b'",
	"'X-A': 'a\\u000bX-Evil: 1'", "'X-A': 'a\\u000cX-Evil: 1'", "'X-A': '\\u001b[2J'",
	"'X-A': '\\u007f'", "'X-A': '\\u0085X-Evil: 1'", "'X-A': '\\u009b'",
	"'X-A': 'a\\u560a\\u560dX-Evil: 1'", "'X-A': '\\u010aX-Evil: 1'",
	"'X-A': 'a\\u2028b'", "'X-A': '\\ud83d\\ude00'", "'X-A': '\\ud83d'",
	"'X-A': ['ok', 'a\\nX-Evil: 1']", "'X-A\\r\\nX-Evil: 1': 'x'", "'X-A\\nX-Evil': 'x'",
	"'X-A ': 'x'", "' X-A': 'x'", "'X-A:': 'x'", "'': 'x'", "'X A': 'x'",
	"'X-\\u00c4': 'x'", "'X-A\\u0000': 'x'", "'X-(A)': 'x'",
	"'Status': '200'", "'status': '200'", "'Content-Length': '0'", "'content-length': 5",
	"'Transfer-Encoding': 'chunked'", "'Connection': 'Upgrade'", "'Trailer': 'X'",
	"'Upgrade': 'h2c'", "'X-Accel-Redirect': '/etc/passwd'", "'x-accel-expires': '1'",
	"'X-Sendfile': '/etc/passwd'", "'X-LiteSpeed-Location': '/x'",
	"'Strict-Transport-Security': 'max-age=0'", "'Alt-Svc': 'h3'",
	"'Clear-Site-Data': '*'",
	"'Set-Cookie': 'a=1; Domain=example.com'", "'Set-Cookie': 'a=1;domain=.com'",
	"'Set-Cookie': ['b=1', 'a=1; Path=/; DOMAIN =x']", "'Set-Cookie': '__Host-fazt=x'",
	"'set-cookie': '__Host-fazt_admin=x; Secure'", "'Set-Cookie': '__Secure-fazt=x'",
	"'Set-Cookie': ' __Host-fazt=x'", "'Set-Cookie': '=__Host-fazt=x'",
	"'Set-Cookie': 'fazt=x'", "'Set-Cookie': 'a=1\\r\\nSet-Cookie: __Host-fazt=x'",
	"'X-A': {}", "'X-A': [[]]", "'X-A': function () {}", "'X-A': Symbol('x')",
	"'X-A': new Date(0)",
};

static void
test_injections(void **state)
{
	static const char *const forms[] = { "respond(200, 'body', {'X-First': '1', %s})",
		"return { status: 200, body: 'body', headers: {'X-First': '1', %s} }" };
	char source[500];
	struct answer a;

	(void)state;
	assert_true(COUNT(injections) >= 40);
	script_site.show_errors = false;
	for (size_t i = 0; i < 2 * COUNT(injections); i++) {
		snprintf(source, sizeof(source), forms[i % 2], injections[i / 2]);
		script_eval(&a, source);
		if (a.status != 500 || strstr(a.body, "INTERNAL_ERROR") == NULL ||
		    a.rs->nheaders != 2)
			fail_msg("%s gives %d %s", source, a.status, a.body);
		if (strstr(script_log(0), "TypeError: respond: ") == NULL)
			fail_msg("%s logs %s", source, script_log(0));
	}
	script_plain();
}

static void
test_amounts(void **state)
{
	static const char cookies[] = "var c = []; for (var i = 0; i < %d; i++)"
	    " c.push('c' + i + '=1'); respond(200, '', { 'Set-Cookie': c })";
	static const char large[] = "var h = {}; for (var i = 0; i < %d; i++)"
	    " h['X-' + i] = new Array(%d).join('x'); respond(200, '', h)";
	char source[300];
	struct answer a;

	(void)state;
	snprintf(source, sizeof(source), cookies, 20);
	script_eval(&a, source);
	assert_int_equal(a.status, 200);
	snprintf(source, sizeof(source), cookies, 21);
	script_throws(source, "too many headers");
	snprintf(source, sizeof(source), large, 30, 400);
	script_eval(&a, source);
	assert_int_equal(a.status, 200);
	snprintf(source, sizeof(source), large, 33, 2);
	script_throws(source, "too many headers");
	snprintf(source, sizeof(source), large, 100000, 2);
	script_throws(source, "too many headers");
	snprintf(source, sizeof(source), large, 4, 4100);
	script_throws(source, "too many headers");
	snprintf(source, sizeof(source), large, 1, 9000);
	script_throws(source, "bad value");
	script_throws("respond(200, '', { 'Link': new Array(1000).join('a').split('') })",
	    "too many headers");
}

static void
test_body_limit(void **state)
{
	struct answer a;

	(void)state;
	script_site.quota.heap_bytes = 96 * MIB;
	script_eval(&a, "var s = 'x'; while (s.length < 1 << 24) s += s; respond(s)");
	assert_int_equal(a.status, 200);
	assert_int_equal(a.len, 16 * MIB);
	script_throws("var s = 'x'; while (s.length < 1 << 24) s += s; respond(s + 'x')",
	    "LimitError: respond: the body is larger than 16 MiB");
	script_throws("respond(new Uint8Array(16 * 1024 * 1024 + 1))", "LimitError");
	/* Bytes of the wire count, not characters. */
	script_throws("var s = '\\u00e9'; while (s.length < 1 << 23) s += s; respond(s + 'x')",
	    "LimitError");
	script_plain();
}

static void
test_ignored(void **state)
{
	struct record_line line;

	(void)state;
	script_is("respond('a'); for (var i = 0; i < 1000; i++) respond('b')", "a");
	script_log_line(0, &line);
	assert_non_null(strstr(line.message, "more than once"));
	assert_int_equal(line.level, RECORD_WARN);
	assert_null(strstr(script_log(1), "more than once"));
}

/* Headers that were there before the run stay, whatever the script does. */
static void
test_earlier_headers(void **state)
{
	struct answer a;

	(void)state;
	script_deploy("api/main.js",
	    "respond(200, 'x', { 'Set-Cookie': 'mine=1' }); if (request.query.t) throw 1",
	    NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	for (int i = 0; i < 2; i++) {
		response_fini(&script_rs);
		script_rs.nheaders = 0;
		response_header(&script_rs, "Set-Cookie", "__Host-fazt_split=1");
		script_rq.query = i == 0 ? "" : "t=1";
		script_rq.args_parsed = false;
		script_run(&a);
		assert_int_equal(script_rs.status, i == 0 ? 200 : 500);
		assert_string_equal(script_rs.headers[0].value, "__Host-fazt_split=1");
		assert_int_equal(script_rs.nheaders, 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_wrong_calls),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_injections),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_body_limit),
		cmocka_unit_test(test_ignored),
		cmocka_unit_test(test_earlier_headers),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
