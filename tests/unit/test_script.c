/*
 * What answers a request (contract 5.1): the order of results, promises, modules.
 */
#include "tests/unit/script_fixture.h"

struct row {
	const char	*source;
	int		 status;
	const char	*body;
};

static void
run_rows(const struct row *rows, size_t n)
{
	struct answer a;

	for (size_t i = 0; i < n; i++) {
		script_eval(&a, rows[i].source);
		if (a.status != rows[i].status || strcmp(a.body, rows[i].body) != 0)
			fail_msg("%s\n  gives %d: %s\n  not   %d: %s", rows[i].source,
			    a.status, a.body, rows[i].status, rows[i].body);
	}
}

static void
test_order(void **state)
{
	static const struct row rows[] = {
		/* 1: the first respond, wherever it was made; code after it runs */
		{ "respond('a'); respond('b')", 200, "a" },
		{ "function f() { respond(201, 'deep'); } [1].forEach(f)", 201, "deep" },
		{ "respond('a'); module.exports = function () { return 'b'; }", 200, "a" },
		{ "module.exports = function () { respond('x'); return 'y'; }", 200, "x" },
		{ "return respond(202, 'r')", 202, "r" },
		{ "var o = { n: 1 }; respond(o); o.n = 2", 200, "{\"n\":1}" },
		/* 2: what is exported */
		{ "module.exports = function (r) { return r.path; }", 200, "/api/x" },
		{ "exports.default = function (r) { return r.method; }", 200, "GET" },
		{ "exports.handler = function (r) { return r === request; }", 200, "true" },
		{ "exports.default = function () { return 'd'; };"
		  "exports.handler = function () { return 'h'; }", 200, "d" },
		{ "module.exports = function () { return { status: 204 }; }", 204, "" },
		{ "module.exports = function () {}", 200, "" },
		{ "module.exports = function () { return 'f'; }; return 'v'", 200, "f" },
		{ "exports.default = 5; exports.handler = function () { return 'h'; }", 200,
		  "h" },
		/* 3: a value */
		{ "return { status: 201, body: 'made', headers: { 'X-A': 'b' } }", 201, "made" },
		{ "return { body: [1, 2] }", 200, "[1,2]" },
		{ "return { headers: {} }", 200, "" },
		{ "return { a: 1 }", 200, "{\"a\":1}" },
		{ "return [1]", 200, "[1]" },
		{ "return 'text'", 200, "text" },
		{ "return 404", 200, "404" },
		{ "return true", 200, "true" },
		{ "return null", 200, "null" },
		{ "return undefined", 200, "" },
		{ "return function () {}", 200, "" },
		{ "function handler() { return 'h'; } return 'value'", 200, "value" },
		{ "return Promise.resolve({ status: 203, body: 'later' })", 203, "later" },
		/* 4: a function called handler */
		{ "function handler(r) { return r.path; }", 200, "/api/x" },
		{ "function handler(r) { respond(201, r.path); }", 201, "/api/x" },
		{ "module.exports = function () {}; function handler() { return 'h'; }", 200,
		  "" },
		/* 5: nothing */
		{ "", 200, "" },
		{ "var x = 1;", 200, "" },
	};

	(void)state;
	run_rows(rows, COUNT(rows));
}

static void
test_promises(void **state)
{
	static const struct row rows[] = {
		{ "return Promise.resolve(1).then(function (n) { return { n: n + 1 }; })", 200,
		  "{\"n\":2}" },
		{ "module.exports = function () { return Promise.resolve('p'); }", 200, "p" },
		{ "Promise.resolve().then(function () { respond('job'); })", 200, "job" },
		{ "module.exports = function () {"
		  " return Promise.resolve().then(function () { respond('r'); }); }", 200, "r" },
		/* nested ones are awaited to the end */
		{ "return Promise.resolve(Promise.resolve('in'))", 200, "in" },
		{ "return { then: function (ok) { ok('thenable'); } }", 200, "thenable" },
		/* a handled rejection is none */
		{ "var p = Promise.reject(new Error('x')); p.catch(function () {});"
		  "return 'fine'", 200, "fine" },
		/* answered: what still waits does not matter */
		{ "respond('a'); return new Promise(function () {})", 200, "a" },
		/* jobs of jobs all run before the answer goes */
		{ "var log = []; Promise.resolve().then(function () { log.push(1);"
		  " Promise.resolve().then(function () { log.push(2); respond(log); }); })", 200,
		  "[1,2]" },
	};
	struct answer a;

	(void)state;
	script_site.show_errors = false;
	run_rows(rows, COUNT(rows));
	script_plain();
	script_throws("return new Promise(function () {})", "nothing will settle");
	script_throws("module.exports = function () { return new Promise(function () {}); }",
	    "nothing will settle");
	script_throws("return Promise.reject(new TypeError('no'))", "TypeError: no");
	script_throws("Promise.reject(new Error('lost')); respond('ok')", "Error: lost");
	script_throws("respond('ok'); throw new Error('after')", "Error: after");
	script_throws("respond('ok'); Promise.resolve().then(function () { null.x; })",
	    "TypeError");
	script_throws("module.exports = function () { throw 'text'; }", "text");
	script_eval(&a, "return Promise.reject(undefined)");
	assert_int_equal(a.status, 500);
}

static void
test_globals(void **state)
{
	(void)state;
	script_is("respond([typeof request, typeof respond, typeof fazt, typeof console])",
	    "[\"object\",\"function\",\"object\",\"object\"]");
	script_is("respond([typeof Duktape, typeof CBOR, typeof __drain, typeof Buffer,"
	    " typeof __promiseState, typeof __unhandled, typeof String.fromBufferRaw])",
	    "[\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\","
	    "\"undefined\",\"undefined\"]");
	script_is("respond(Object.getOwnPropertyNames(globalThis).filter(function (k) {"
	    " return /^__host/.test(k); }))", "[]");
	script_is("respond([typeof setTimeout, typeof process, typeof XMLHttpRequest])",
	    "[\"undefined\",\"undefined\",\"undefined\"]");
	/* They may be shadowed and replaced like any other. */
	script_is("var request = [1]; respond(request)", "[1]");
	script_is("var k = Object.keys(globalThis); respond([k.indexOf('request'),"
	    " k.indexOf('respond'), k.indexOf('fazt'), k.indexOf('console')])",
	    "[-1,-1,-1,-1]");
	script_is("respond(this === module.exports)", "true");
}

static void
deploy_modules(void)
{
	script_deploy("api/main.js",
	    "var n = request.query.m; respond(require(n));",
	    "api/a.js", "module.exports = 'a of api';",
	    "api/lib/a.js", "module.exports = 'a of lib';",
	    "api/lib/b.js", "module.exports = [require('./a'), require('../a'),"
		" require('./only')];",
	    "api/only.js", "exports.only = 1;",
	    "api/data.json", "{\"json\": [1, \"\xc3\xa9\"]}",
	    "api/bad.json", "{nope",
	    "api/dir/index.js", "module.exports = 'index';",
	    "api/deep/er/x.js", "module.exports = require('../../a');",
	    "api/loop1.js", "exports.one = 1; exports.two = require('./loop2').seen;",
	    "api/loop2.js", "exports.seen = Object.keys(require('./loop1'));",
	    "api/throws.js", "throw new RangeError('inside');",
	    "api/self.js", "module.exports = [module.id, module.filename, typeof require,"
		" typeof exports, this === exports];",
	    "api/syntax.js", "var = ;",
	    "secret.js", "module.exports = 'outside';", "outside.json", "1",
	    "private/p.js", "module.exports = 'private';", NULL);
}

static void
test_require(void **state)
{
	static const struct {
		const char	*name;
		const char	*want;		/* body, or part of an error */
	} rows[] = {
		{ "./a", "a of api" },
		{ "./a.js", "a of api" },
		{ "a", "a of api" },
		{ "./lib/b", "[\"a of lib\",\"a of api\",{\"only\":1}]" },
		{ "lib/b.js", "[\"a of lib\",\"a of api\",{\"only\":1}]" },
		{ "./data.json", "{\"json\":[1,\"\xc3\xa9\"]}" },
		{ "./data", "{\"json\":[1,\"\xc3\xa9\"]}" },
		{ "./dir", "index" },
		{ "./dir/", "index" },
		{ "./dir/index", "index" },
		{ "./deep/er/x", "a of api" },
		{ "./deep/../a", "a of api" },
		{ ".//a", "a of api" },
		{ "./loop1", "{\"one\":1,\"two\":[\"one\"]}" },
		{ "./self", "[\"api/self.js\",\"api/self.js\",\"function\",\"object\",true]" },
		{ "./bad", "SyntaxError" },
		{ "./throws", "inside" },
		{ "./syntax", "SyntaxError" },
		{ "./none", "cannot require './none'" },
		{ "none", "cannot require 'none'" },
		{ "../secret", "cannot require '../secret'" },
		{ "../secret.js", "cannot require" },
		{ "../outside.json", "cannot require" },
		{ "../outside", "cannot require" },
		{ "../private/p", "cannot require" },
		{ "../../../../etc/passwd", "cannot require" },
		{ "/api/a", "cannot require" },
		{ "", "cannot require ''" },
		{ "./", "cannot require './'" },
		{ "..", "cannot require '..'" },
		{ "./a/../../secret", "cannot require" },
		{ "transpiler", "cannot require" },
	};
	char uri[200];
	struct answer a;

	(void)state;
	deploy_modules();
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(uri, sizeof(uri), "/api/x?m=%s", rows[i].name);
		script_ask(&a, "GET", uri, NULL, NULL);
		if (strstr(a.body, rows[i].want) == NULL ||
		    (a.status == 200) != (strcmp(a.body, rows[i].want) == 0))
			fail_msg("require('%s') gives %d: %s, not %s", rows[i].name, a.status,
			    a.body, rows[i].want);
	}
	script_throws("require(5)", "TypeError: require needs a name");
	script_throws("require()", "TypeError");
}

static void
test_module_cache(void **state)
{
	struct answer a;

	(void)state;
	script_deploy("api/main.js",
	    "var a = require('./m'), b = require('./m.js'); a.n++;"
	    "var t = 0; for (var i = 0; i < 2; i++) try { require('./t'); } catch (e) { t++; }"
	    "respond([a === b, b.n, t, globalThis.runs])",
	    "api/m.js", "exports.n = 1;",
	    "api/t.js", "globalThis.runs = (globalThis.runs || 0) + 1; throw 1;", NULL);
	for (int i = 0; i < 3; i++) {
		script_ask(&a, "GET", "/api/x", NULL, NULL);
		/* Run anew for each request; one that threw runs again. */
		assert_string_equal(a.body, "[true,2,2,2]");
	}
}

/* The same rules for what apps are really written in. */
static void
test_modern(void **state)
{
	static const struct row rows[] = {
		{ "const { path: p, ...rest } = { path: request.path, a: 1 }; ({ p, rest })", 200,
		  "{\"p\":\"/api/x\",\"rest\":{\"a\":1}}" },
		{ "`t${1 + 1}`", 200, "t2" },
		{ "const x = 5; x", 200, "5" },
		{ "const handler = (r) => r.method;", 200, "GET" },
		{ "async function handler(r) { return { status: 201, body: await r.path }; }", 201,
		  "/api/x" },
		{ "export default (r) => ({ body: r?.query?.none ?? 'none' })", 200, "none" },
		{ "export default async (r) => { respond('r'); }", 200, "r" },
		{ "export async function handler(request) { return request.method; }", 200, "GET" },
		{ "const v = await Promise.resolve('top'); respond(v)", 200, "top" },
		{ "const v = await Promise.resolve('top'); export default () => v", 200, "top" },
		{ "let n = 0; for await (const v of [1, Promise.resolve(2)]) n += v; n", 200, "3" },
		{ "class A { #x = 1; get x() { return this.#x; } } respond({ x: new A().x })", 200,
		  "{\"x\":1}" },
		{ "if (true) return respond(202, 'early'); respond('late')", 202, "early" },
		{ "await new Promise((ok) => queueMicrotask(ok)); respond('micro')", 200, "micro" },
		{ "async () => 1", 200, "" },
		{ "module.exports = async () => { for (const x of new Set([1, 2])) if (x === 2)"
		  " return x; }", 200, "2" },
	};

	(void)state;
	run_rows(rows, COUNT(rows));
	script_throws("await new Promise(() => {}); respond('x')", "nothing will settle");
	script_throws("export default async () => { await null; throw new RangeError('in'); }",
	    "RangeError: in");
	script_throws("const a = ;", "SyntaxError");
}

static void
test_typescript(void **state)
{
	struct answer a;

	(void)state;
	script_deploy("api/main.ts",
	    "import { total, type Item } from './lib/cart.js';\n"
	    "import data from './data.json';\n"
	    "import * as util from './lib/util';\n"
	    "interface Answer { total: number; names: string[] }\n"
	    "export default async function (request: Request): Promise<Answer> {\n"
	    "  const items: Item[] = await util.load<Item>(data as any);\n"
	    "  return { total: total(items), names: items.map((i) => i.name) };\n"
	    "}\n",
	    "api/lib/cart.ts",
	    "export type Item = { name: string; price: number };\n"
	    "export const total = (items: Item[]) => items.reduce((n, i) => n + i.price, 0);\n",
	    "api/lib/util.mts",
	    "export async function load<T>(list: T[]): Promise<T[]> { return list; }\n",
	    "api/data.json", "[{\"name\":\"a\",\"price\":1.5},{\"name\":\"b\",\"price\":2}]", NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "{\"total\":3.5,\"names\":[\"a\",\"b\"]}");
	/* The second time from the store. */
	scripts_trim(script_node.scripts);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "{\"total\":3.5,\"names\":[\"a\",\"b\"]}");
	/* JavaScript comes first where there are both. */
	script_deploy("api/main.ts", "respond('ts')", "api/main.js", "respond('js')", NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "js");
}

/* Places are the author's, with line and column, in the first world and in later ones. */
static void
test_places(void **state)
{
	struct record_line line;
	struct answer a;

	(void)state;
	script_deploy("api/main.ts",
	    "import { fail } from './lib/fail';\n"
	    "\n"
	    "type T = {\n"
	    "  a: string;\n"
	    "};\n"
	    "export default async (r: unknown) => {\n"
	    "  await null;\n"
	    "  const deep = () => {\n"
	    "    fail(`x${\n"
	    "      1}`); };\n"
	    "  deep();\n"
	    "};\n",
	    "api/lib/fail.js",
	    "// comment\n"
	    "export const fail = (m) => {\n"
	    "  console.log('here');\n"
	    "  throw new Error(m);\n"
	    "};\n", NULL);
	for (int i = 0; i < 2; i++) {
		script_ask(&a, "GET", "/api/x", NULL, NULL);
		script_log_line(0, &line);
		if (strstr(line.message, "Error: x1\n    at fail (api/lib/fail.js:4:") == NULL ||
		    strstr(line.message, "at deep (api/main.ts:9:") == NULL ||
		    strstr(line.message, "api/main.ts:11:") == NULL)
			fail_msg("%s", line.message);
		assert_string_equal(line.file, "api/lib/fail.js");
		assert_int_equal(line.line, 4);
		script_log_line(1, &line);
		assert_string_equal(line.message, "here");
		assert_string_equal(line.file, "api/lib/fail.js");
		assert_int_equal(line.line, 3);
		scripts_trim(script_node.scripts);
	}
}

/* Parts of the library that wait until they are used, by a name that can be seen or not. */
static void
test_late_library(void **state)
{
	static const struct row rows[] = {
		{ "respond(new URL('https://x.example/a?b').search)", 200, "?b" },
		{ "const n = 'UR' + 'L'; respond(new globalThis[n]('https://x.example/a?b').search)",
		  200, "?b" },
		{ "const n = 'at' + 'ob'; respond([typeof globalThis[n], globalThis[n]('eA==')])",
		  200, "[\"function\",\"x\"]" },
		{ "respond(structuredClone({ a: [1] }))", 200, "{\"a\":[1]}" },
		{ "Object.prototype.x = 1; const n = 'UR' + 'L';"
		  " respond(new globalThis[n]('https://x.example/a?b').search)", 200, "?b" },
		{ "respond([typeof __lib, typeof __preload, '__lib' in globalThis])", 200,
		  "[\"undefined\",\"undefined\",false]" },
		{ "Object.defineProperty(globalThis, '__lib', { set(v) { globalThis.got = v; },"
		  " get() {}, configurable: true }); const n = 'UR' + 'L';"
		  " respond([typeof globalThis[n], typeof got])", 200,
		  "[\"function\",\"undefined\"]" },
	};

	(void)state;
	for (int i = 0; i < 2; i++)
		run_rows(rows, COUNT(rows));
}

static void
test_stdlib(void **state)
{
	static const struct row rows[] = {
		{ "const _ = require('lodash'); respond(_.chunk([1, 2, 3], 2))", 200,
		  "[[1,2],[3]]" },
		{ "import dayjs from 'dayjs'; respond(dayjs('2026-03-01').format('DD.MM.YYYY'))",
		  200, "01.03.2026" },
		{ "const { marked } = require('marked'); respond(marked('# a').trim())", 200,
		  "<h1 id=\"a\">a</h1>" },
		{ "import { z } from 'zod'; respond(z.object({ a: z.number() }).parse({ a: 1 }))",
		  200, "{\"a\":1}" },
		{ "import cheerio from 'cheerio'; respond(cheerio.load('<p>x</p>')('p').text())",
		  200, "x" },
		{ "respond([require('validator').isEmail('a@b.co')])", 200, "[true]" },
		{ "const { v4, validate } = require('uuid'); const a = v4(), b = v4();"
		  "respond([validate(a), a === b])", 200, "[true,false]" },
		/* by a name nobody could know before */
		{ "const n = 'lod' + 'ash'; respond(require(n).chunk([1, 2, 3], 2))", 200,
		  "[[1,2],[3]]" },
		{ "respond([require('lodash') === require('lodash')])", 200, "[true]" },
		/* the same random bytes are never drawn twice */
		{ "const u = require('uuid'); globalThis.seen = u.v4(); respond('x')", 200, "x" },
	};
	char first[64];
	struct answer a;

	(void)state;
	run_rows(rows, COUNT(rows));
	script_eval(&a, "respond(require('uuid').v4())");
	snprintf(first, sizeof(first), "%s", a.body);
	for (int i = 0; i < 5; i++) {
		script_ask(&a, "GET", "/api/x", NULL, NULL);
		assert_string_not_equal(a.body, first);
	}
	/* An app's own file of that name is behind the library. */
	script_deploy("api/main.js", "respond([require('lodash').mine, require('./lodash').mine])",
	    "api/lodash.js", "exports.mine = 1;", NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "[null,1]");
}

static void
test_main_is_missing(void **state)
{
	struct answer a;

	(void)state;
	script_deploy("index.html", "<p>", NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_int_equal(a.status, 404);
	script_eval(&a, "var = 1;");
	assert_int_equal(a.status, 500);
	assert_non_null(strstr(a.body, "SyntaxError"));
}

static void
test_main_paths(void **state)
{
	(void)state;
	assert_string_equal(script_main(0), "api/main.js");
	assert_string_equal(script_main(1), "api/main.ts");
	assert_null(script_main(7));
	assert_null(script_main(-1));
	assert_null(script_main(1000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_promises),
		cmocka_unit_test(test_globals),
		cmocka_unit_test(test_require),
		cmocka_unit_test(test_module_cache),
		cmocka_unit_test(test_modern),
		cmocka_unit_test(test_typescript),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_late_library),
		cmocka_unit_test(test_stdlib),
		cmocka_unit_test(test_main_is_missing),
		cmocka_unit_test(test_main_paths),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
