/*
 * What a visitor is told when a script fails (contract 5.4), and what the log is told.
 */
#include "tests/unit/script_fixture.h"

/* Errors as the bindings throw them. */
#define ERROR(name, code, retryable)						\
	"var e = new Error('the message'); e.name = '" name "'; e.code = '" code "';" \
	" e.retryable = " retryable "; throw e"

struct row {
	const char	*source;
	int		 status;
	const char	*body;
	const char	*code;
};

#define ID ",\"id\":\"0123456789abcdef\"}"
#define INTERNAL "{\"error\":\"Internal error\",\"code\":\"INTERNAL_ERROR\"" ID
#define BUSY "{\"error\":\"The server is busy, try again\",\"code\":\"OVERLOADED\"," \
	"\"retryable\":true" ID

static void
test_answers(void **state)
{
	static const struct row rows[] = {
		{ "throw new Error('secret')", 500, INTERNAL, "INTERNAL_ERROR" },
		{ "null.x", 500, INTERNAL, "INTERNAL_ERROR" },
		{ "throw 'secret'", 500, INTERNAL, "INTERNAL_ERROR" },
		{ "throw null", 500, INTERNAL, "INTERNAL_ERROR" },
		{ "throw undefined", 500, INTERNAL, "INTERNAL_ERROR" },
		{ "throw { code: 'x' }", 500, INTERNAL, "INTERNAL_ERROR" },
		{ "respond('fine'); throw new Error('secret')", 500, INTERNAL,
		  "INTERNAL_ERROR" },
		{ "respond(200, 'x', { 'X-A': 'b' }); throw 1", 500, INTERNAL,
		  "INTERNAL_ERROR" },
		{ ERROR("AuthError", "LOGIN_REQUIRED", "false"), 401,
		  "{\"error\":\"Sign in to do this\",\"code\":\"UNAUTHORIZED\",\"login_url\":"
		  "\"/auth/login?redirect=%2F&app=fazt_app_test\"" ID, "UNAUTHORIZED" },
		{ ERROR("AuthError", "FORBIDDEN", "false"), 403,
		  "{\"error\":\"the message\",\"code\":\"FORBIDDEN\"" ID, "FORBIDDEN" },
		{ ERROR("LimitError", "QUOTA_EXCEEDED", "false"), 429,
		  "{\"error\":\"A quota of this app is used up\",\"code\":\"QUOTA_EXCEEDED\"" ID,
		  "QUOTA_EXCEEDED" },
		{ ERROR("StorageError", "STORAGE_FULL", "false"), 507,
		  "{\"error\":\"The disk is full\",\"code\":\"STORAGE_FULL\"" ID,
		  "STORAGE_FULL" },
		{ ERROR("StorageError", "BUSY", "true"), 503, BUSY, "OVERLOADED" },
		{ ERROR("StorageError", "TIMEOUT", "true"), 503, BUSY, "OVERLOADED" },
		{ ERROR("NetError", "NET_RATE", "true"), 503, BUSY, "OVERLOADED" },
		{ ERROR("WorkerError", "QUEUE_FULL", "true"), 503, BUSY, "OVERLOADED" },
		{ ERROR("SessionError", "SESSION_REQUIRED", "false"), 400,
		  "{\"error\":\"the message\",\"code\":\"SESSION_REQUIRED\"" ID,
		  "SESSION_REQUIRED" },
		{ ERROR("StorageError", "DS_DUPLICATE", "false"), 500, INTERNAL,
		  "INTERNAL_ERROR" },
		{ ERROR("LimitError", "LIMIT_EXCEEDED", "false"), 500, INTERNAL,
		  "INTERNAL_ERROR" },
		{ ERROR("Error", "BUSY", "true"), 500, INTERNAL, "INTERNAL_ERROR" },
		{ ERROR("StorageError", "BUSY", "'true'"), 500, INTERNAL, "INTERNAL_ERROR" },
		{ ERROR("Error", "LOGIN_REQUIRED", "false"), 500, INTERNAL, "INTERNAL_ERROR" },
		/* values that fight being read */
		{ "throw { get message() { throw 1; } }", 500, INTERNAL, "INTERNAL_ERROR" },
		{ "throw { get name() { return respond('x'); } }", 500, INTERNAL,
		  "INTERNAL_ERROR" },
		{ "throw { toString: function () { throw 1; } }", 500, INTERNAL,
		  "INTERNAL_ERROR" },
		{ "throw Symbol('x')", 500, INTERNAL, "INTERNAL_ERROR" },
		{ "var e = new Error(); e.message = {}; e.stack = 5; throw e", 500, INTERNAL,
		  "INTERNAL_ERROR" },
		{ "Object.defineProperty(Error.prototype, 'stack', { get: function () {"
		  " throw 1; } }); null.x", 500, INTERNAL, "INTERNAL_ERROR" },
	};
	struct answer a;

	(void)state;
	script_site.show_errors = false;
	for (size_t i = 0; i < COUNT(rows); i++) {
		script_deploy("api/main.js", rows[i].source, NULL);
		script_ask(&a, "POST", "/api/x", "", NULL);
		if (a.status != rows[i].status || strcmp(a.body, rows[i].body) != 0 ||
		    strcmp(a.error, rows[i].code) != 0)
			fail_msg("%s\n  gives %d %s: %s", rows[i].source, a.status, a.error,
			    a.body);
		assert_string_equal(script_header(&a, "Content-Type"), "application/json");
		assert_string_equal(script_header(&a, "Cache-Control"), "no-store");
		assert_string_equal(script_header(&a, "Retry-After"),
		    a.status == 503 ? "1" : "-");
		assert_string_equal(script_header(&a, "X-A"), "-");
	}
	script_plain();
}

static void
test_login(void **state)
{
	static const struct {
		const char	*method;
		const char	*uri;
		const char	*accept;
		const char	*location;	/* NULL: 401 */
	} rows[] = {
		{ "GET", "/api/x?a=b&c=%20", "accept: text/html,*/*",
		  "/auth/login?redirect=%2Fapi%2Fx%3Fa%3Db%26c%3D%2520&app=fazt_app_test" },
		{ "HEAD", "/api/x", "accept: text/html",
		  "/auth/login?redirect=%2Fapi%2Fx&app=fazt_app_test" },
		{ "GET", "/api/%C3%A9", "accept: text/html",
		  "/auth/login?redirect=%2Fapi%2F%25C3%25A9&app=fazt_app_test" },
		{ "POST", "/api/x", "accept: text/html", NULL },
		{ "GET", "/api/x", "accept: application/json", NULL },
		{ "GET", "/api/x", NULL, NULL },
	};
	struct answer a;

	(void)state;
	script_deploy("api/main.js", ERROR("AuthError", "LOGIN_REQUIRED", "false"), NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		script_ask(&a, rows[i].method, rows[i].uri, NULL, rows[i].accept, NULL);
		assert_int_equal(a.status, rows[i].location == NULL ? 401 : 303);
		assert_string_equal(script_header(&a, "Location"),
		    rows[i].location == NULL ? "-" : rows[i].location);
		assert_string_equal(script_header(&a, "Cache-Control"), "no-store");
		/* Part of normal life, no line in the log. */
		assert_string_equal(script_log(0), "");
	}
}

static void
test_limits(void **state)
{
	static const struct {
		const char	*source;
		int		 status;
		const char	*code;	/* NULL: either limit */
	} rows[] = {
		{ "for (;;) ;", 504, "TIMEOUT" },
		{ "try { for (;;) ; } catch (e) { respond('caught'); }", 504, "TIMEOUT" },
		{ "respond('early'); for (;;) ;", 504, "TIMEOUT" },
		{ "Promise.resolve().then(function f() { return Promise.resolve().then(f); })",
		  504, "TIMEOUT" },
		{ "throw { get message() { for (;;) ; } }", 504, "TIMEOUT" },
		{ "/^(a+)+$/.test(new Array(40).join('a') + 'b')", 504, "TIMEOUT" },
		{ "var a = []; for (;;) a.push(new Uint8Array(100000));", 500, "MEMORY_LIMIT" },
		{ "var a = []; for (;;) a.push(new Array(1000).join('x') + a.length);", 0,
		  NULL },
		{ "var s = 'x'; for (;;) s += s;", 500, "MEMORY_LIMIT" },
		{ "var t = {}; for (;;) { t.n = {}; t = t.n; }", 0, NULL },
		{ "(function f() { f(); })()", 500, "INTERNAL_ERROR" },
		{ "new Uint8Array(64 * 1024 * 1024); respond('x')", 500, "MEMORY_LIMIT" },
	};
	struct answer a;

	(void)state;
	script_site.show_errors = false;
	script_site.quota.wall_ms = 300;
	script_site.quota.cpu_ms = 200;
	for (size_t i = 0; i < COUNT(rows); i++) {
		script_eval(&a, rows[i].source);
		if (a.status < 500 || (rows[i].code != NULL &&
		    (a.status != rows[i].status || strcmp(a.error, rows[i].code) != 0)))
			fail_msg("%s gives %d %s", rows[i].source, a.status, a.body);
		/* and the same world answers the next request */
		script_ask(&a, "GET", "/api/x", NULL, NULL);
		assert_true(a.status >= 500);
	}
	script_eval(&a, "for (;;) ;");
	assert_non_null(strstr(a.body, "{\"error\":\"The app took too long\",\"code\":\"TIMEOUT\","
	    "\"id\":\"0123456789abcdef\"}"));
	assert_non_null(strstr(script_log(0), "TIMEOUT: ended after "));
	script_plain();
}

static void
test_shown(void **state)
{
	struct answer a;

	(void)state;
	script_plain();
	script_eval(&a, "console.log('one', 1); console.warn('two');\n"
	    "function inner() {\n\tthrow new TypeError('the \"message\"');\n}\ninner();");
	assert_int_equal(a.status, 500);
	assert_non_null(strstr(a.body, "\"error\":\"Internal error\""));
	assert_non_null(strstr(a.body, "\"message\":\"the \\\"message\\\"\""));
	assert_non_null(strstr(a.body, "\"stack\":\"TypeError: the \\\"message\\\"\\n"
	    "    at inner (api/main.js:3"));
	assert_non_null(strstr(a.body, "api/main.js:5"));
	assert_non_null(strstr(a.body, "\"logs\":[{\"level\":\"info\",\"message\":\"one 1\"},"
	    "{\"level\":\"warn\",\"message\":\"two\"},{\"level\":\"error\","));
	script_site.show_errors = false;
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, INTERNAL);
	script_plain();
}

/* Frames of the library, of C and of the engine are nobody's business. */
static void
test_stack(void **state)
{
	static const char *const hidden[] = { "fazt:", "runtime/", "native", "eval",
		"[anon]", ".c:", "duk", "preventsyield" };
	struct answer a;
	struct record_line line;

	(void)state;
	script_plain();
	script_deploy("api/main.js", "var m = require('./lib/m');\n"
	    "module.exports = function () {\n  return Promise.resolve().then(function job() {\n"
	    "    new Map([[3, 1]]).forEach(function each() { m.fail(); });\n  });\n"
	    "};",
	    "api/lib/m.js", "exports.fail = function fail() {\n\n  require('nothing');\n};",
	    NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_int_equal(a.status, 500);
	assert_non_null(strstr(a.body, "at fail (api/lib/m.js:3"));
	assert_non_null(strstr(a.body, "at each (api/main.js:4"));
	assert_non_null(strstr(a.body, "at job (api/main.js:4"));
	for (size_t i = 0; i < COUNT(hidden); i++)
		if (strstr(a.body, hidden[i]) != NULL)
			fail_msg("%s in %s", hidden[i], a.body);
	script_log_line(0, &line);
	assert_string_equal(line.file, "api/lib/m.js");
	assert_int_equal(line.line, 3);
	assert_int_equal(line.level, RECORD_ERROR);
	assert_string_equal(line.request, "0123456789abcdef");
	assert_non_null(strstr(line.message, "Error: cannot require 'nothing'\n    at fail"));
	/* A script sees the same text, and may say something else. */
	script_eval(&a, "\nfunction f() {\n  try { null.x; } catch (e) { respond(e.stack); }\n}"
	    "\nf();");
	assert_non_null(strstr(a.body, "\n    at f (api/main.js:3"));
	assert_non_null(strstr(a.body, "\n    at api/main.js:5"));
	for (size_t i = 0; i < COUNT(hidden); i++)
		if (strstr(a.body, hidden[i]) != NULL)
			fail_msg("%s in %s", hidden[i], a.body);
	script_is("var e = new Error('a\\nb'); e.stack = 'mine'; respond(e.stack)", "mine");
	script_is("respond([new Error('a\\nb').stack.split('\\n').slice(0, 2)])",
	    "[[\"Error: a\",\"b\"]]");
}

static void
test_place_of_a_limit(void **state)
{
	struct record_line line;
	struct answer a;

	(void)state;
	script_plain();
	script_site.quota.cpu_ms = 100;
	/* On a machine that is too busy the end may come where nothing is known. */
	for (int i = 0; i < 5; i++) {
		script_eval(&a, "\n\nfunction spin() {\n  for (;;) ;\n}\nspin();");
		assert_int_equal(a.status, 504);
		script_log_line(0, &line);
		if (line.line > 0)
			break;
	}
	assert_string_equal(line.file, "api/main.js");
	assert_int_equal(line.line, 4);
	script_plain();
}

/* A page of another origin does not speak for its visitor. */
static void
test_foreign(void **state)
{
	struct answer a;

	(void)state;
	script_plain();
	script_as = (struct caller){ .role = ROLE_USER, .user = 7, .user_uid = "u7",
		.name = "ann", .email = "ann@x.example" };
	script_foreign = true;
	script_eval(&a, "respond('x')");
	assert_int_equal(script_rq.caller.role, ROLE_ANON);
	assert_int_equal(script_rq.caller.user, 0);
	assert_null(script_rq.caller.user_uid);
	assert_null(script_rq.caller.email);
	script_foreign = false;
	script_eval(&a, "respond('x')");
	assert_int_equal(script_rq.caller.user, 7);
	script_plain();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_place_of_a_limit),
		cmocka_unit_test(test_foreign),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
