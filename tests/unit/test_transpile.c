/*
 * The translator: what it makes of a file, what it says about a wrong one, and that a line
 * of the result leads back to the author's line and column.  The language itself is
 * test_language.c.
 */
#include "tests/unit/script_fixture.h"

#include "base/buf.h"

/* The translator itself, so that what takes too long takes less here. */
#ifdef __SANITIZE_ADDRESS__
#define TRANSPILE_CPU_MS 10000
#else
#define TRANSPILE_CPU_MS 3000
#endif
#include "runtime/transpile.h"
#include "runtime/transpile_job.c"

static int
group_setup(void **state)
{
	if (script_setup(state) != 0)
		return -1;
	script_kept = arena_new();
	return 0;
}

static int
group_teardown(void **state)
{
	transpile_trim();
	return script_teardown(state);
}

static struct code
made(int kind, const char *src)
{
	struct code c;

	OK(transpile(script_kept, kind, "api/x", src, strlen(src), &c));
	return c;
}

static void
test_kind(void **state)
{
	static const struct {
		const char	*path;
		int		 kind;
	} v[] = {
		{ "api/main.js", TRANSPILE_MAIN },
		{ "api/main.mjs", TRANSPILE_MAIN },
		{ "api/main.cjs", TRANSPILE_MAIN },
		{ "api/main.ts", TRANSPILE_MAIN | TRANSPILE_TS },
		{ "api/main.mts", TRANSPILE_MAIN | TRANSPILE_TS },
		{ "api/main.jsx", TRANSPILE_MAIN | TRANSPILE_JSX },
		{ "api/main.tsx", TRANSPILE_MAIN | TRANSPILE_TS | TRANSPILE_JSX },
		{ "api/lib.js", 0 },
		{ "api/main/main.js", 0 },
		{ "api/a/b.cts", TRANSPILE_TS },
		{ "api/main.test.js", 0 },
		{ "api/types.d.ts", -1 },
		{ "api/data.json", -1 },
		{ "api/main", -1 },
		{ "api/.js", 0 },
		{ "main.js", -1 },
		{ "apix/main.js", -1 },
		{ "static/api/main.js", -1 },
		{ "api/README.md", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++)
		if (transpile_kind_of(v[i].path) != v[i].kind)
			fail_msg("%s: %d", v[i].path, transpile_kind_of(v[i].path));
}

/* --- main as a function body --- */

static void
test_value(void **state)
{
	static const char *const v[][2] = {
		{ "'last'", "last" },
		{ "'first'; 'last'", "last" },
		{ "'use strict'; 'value'", "value" },
		{ "let s = 'a'; s += 'b'", "ab" },
		{ "'v'; function f() {} class A {} var x = 1; const y = 2;", "v" },
		{ "if (Date) { 'yes' } else { 'no' }", "yes" },
		{ "if (!Date) 'yes'; else if (1) { { 'deep' } } else 'no'", "deep" },
		{ "try { null.x } catch { 'caught' } finally { 'finally' }", "caught" },
		{ "try { 'tried' } catch { 'caught' }", "tried" },
		{ "l: { 'labelled' }", "labelled" },
		{ "return 'returned'; 'never'", "returned" },
		{ "if (1) { return 'early' } 'late'", "early" },
		{ "await 'waited'", "waited" },
		{ "const p = Promise.resolve('p'); (await p) + 'q'", "pq" },
		{ "for await (const x of [Promise.resolve(1)]) { return 'x' + x }", "x1" },
		{ "if (1) { await 0; 'inner' }", "inner" },
		{ "'v'; for (const x of [1]) x;", "" },
		{ "const a = 1", "" },
		{ "'use strict'", "" },
		{ "", "" },
		{ "// nothing", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++)
		script_is(v[i][0], v[i][1]);
}

static void
test_handler(void **state)
{
	static const char *const v[][2] = {
		{ "function handler(r) { return 'h ' + r.method }", "h GET" },
		{ "async function handler(r) { await 0; return 'h ' + r.path }", "h /api/x" },
		{ "return undefined; function handler() { return 'hoisted' }", "hoisted" },
		{ "const handler = () => 'const'", "const" },
		{ "let handler; handler = () => 'assigned'", "assigned" },
		{ "var { handler } = { handler: () => 'pattern' }", "pattern" },
		{ "const handler = await (async () => () => 'awaited')()", "awaited" },
		{ "const x = await 0; function handler() { return 'after' }", "after" },
		{ "'use strict'; function handler() { return String(this) }", "undefined" },
		{ "export default (r) => 'default ' + r.method", "default GET" },
		{ "export default async function (r) { return 'fn' }", "fn" },
		{ "export default async function handler(r) { return 'named' }", "named" },
		{ "export const handler = () => 'exported'", "exported" },
		{ "export function handler() { return 'exported fn' }", "exported fn" },
		{ "export { h as default }; const h = () => 'list'", "list" },
		{ "module.exports = () => 'cjs'", "cjs" },
		{ "exports.handler = () => 'exports'", "exports" },
		{ "const x = await 'tla'; export default () => x", "tla" },
		{ "export default () => y; export let y = 1; y = 'live'; await 0", "live" },
		{ "function notHandler() {} { function handler2() {} }", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++)
		script_is(v[i][0], v[i][1]);
}

/* Files at path with text, then the body that /api/x answers. */
#define FILES(want, ...) files_at(__LINE__, (want), __VA_ARGS__)
static void
files_at(int line, const char *want, const char *path, const char *text,
    const char *path2, const char *text2, const char *path3, const char *text3)
{
	struct answer a;

	script_deploy(path, text, path2, text2, path3, text3, NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	if (a.status != 200 || strcmp(a.body, want) != 0)
		fail_msg("line %d: %d %s", line, a.status, a.body);
}

static void
test_modules(void **state)
{
	(void)state;
	FILES("1 2 def", "api/main.js", "import d, { a, b as c } from './lib';\n"
	    "return [a, c, d].join(' ')", "api/lib.js", "export const a = 1;\n"
	    "export let b = 1; b = 2; export default 'def'", NULL, NULL);
	FILES("5 7", "api/main.js", "import * as m from './lib.js'; `${m.x} ${m.default.y}`",
	    "api/lib.js", "exports.x = 5; exports.y = 7;", NULL, NULL);
	FILES("cjs", "api/main.js", "import f from './lib'; f()", "api/lib.js",
	    "module.exports = () => 'cjs'", NULL, NULL);
	FILES("a,b", "api/main.js", "const { a, b } = require('./lib'); [a, b].join()",
	    "api/lib.js", "export { a } from './more'; export * from './more'",
	    "api/more.js", "export const a = 'a', b = 'b'");
	FILES("dyn", "api/main.js", "const { d } = await import('./lib'); d", "api/lib.js",
	    "export const d = 'dyn'", NULL, NULL);
	FILES("ts 3", "api/main.ts", "import type { T } from './types';\n"
	    "import { add } from './lib';\nenum E { A = 'ts' }\n"
	    "const f = <X,>(x: X): X => x;\nclass P { constructor(private n: number) {}\n"
	    "get v(): number { return this.n! } }\n"
	    "export default (r: { method: string }) =>\n"
	    "`${E.A as string} ${f<number>(add(new P(1).v, 2))}` satisfies string",
	    "api/lib.ts", "export function add(a: number, b: number): number;\n"
	    "export function add(a: any, b: any) { return a + b }", "api/types.ts",
	    "export interface T { a: 1 }");
	FILES("<b>hi 2</b>", "api/main.jsx", "const React = { createElement: (t, p, ...c) =>"
	    " `<${t}>${c.join('')}</${t}>` };\nreturn <b>hi {1 + 1}</b>", NULL, NULL, NULL,
	    NULL);
	FILES("<i>x</i>", "api/main.tsx", "/** @jsx h */\nconst h = (t: string, p: any,"
	    " ...c: string[]) => `<${t}>${c.join('')}</${t}>`;\nconst v: string = 'x';\n"
	    "<i>{v}</i>", NULL, NULL, NULL, NULL);
	FILES("bom", "api/main.js", "\xef\xbb\xbf'bom'", NULL, NULL, NULL, NULL);
	FILES("shebang", "api/main.js", "#!/usr/bin/env node\n'shebang'", NULL, NULL, NULL,
	    NULL);
	FILES("3", "api/main.mjs", "import _ from 'lodash'; String(_.sum([1, 2]))", NULL, NULL,
	    NULL, NULL);
	FILES("once", "api/main.js", "export const n = await import('./lib').then(m => m.n);"
	    " n", "api/lib.js", "export const n = 'once'", NULL, NULL);
}

static void
test_uses(void **state)
{
	struct code c;

	(void)state;
	c = made(0, "import a from 'lodash'; import './side'; export * from \"./re\";\n"
	    "const b = require('zod'), d = require(`./t`), e = require(name);\n"
	    "import('./dyn'); require('lodash'); x.require('no')");
	assert_string_equal(c.uses, "[\"lodash\",\"./side\",\"./re\",\"zod\",\"./t\","
	    "\"./dyn\"]");
	c = made(TRANSPILE_TS, "import type { T } from './types'; import x = require('./x');"
	    " x()");
	assert_string_equal(c.uses, "[\"./x\"]");
	assert_string_equal(made(0, "1").uses, "[]");
}

/* The result is ASCII whatever the source holds. */
static void
test_ascii(void **state)
{
	struct code c = made(0, "const größe = '日本 😀', r = /[à-ü]/u; // ©\n"
	    "module.exports = { größe, é() { return `ü${größe}\xe2\x80\xa8` } }");

	(void)state;
	assert_null(c.error);
	for (size_t i = 0; i < c.js_len; i++)
		assert_true((unsigned char)c.js[i] < 0x80);
	FILES("日本 😀ü", "api/main.js", "const größe = '日本 😀', o = { é: () => `ü` };"
	    " größe + o.é()", NULL, NULL, NULL, NULL);
	// bytes that are no UTF-8 become U+FFFD, nothing else happens
	FILES("\xef\xbf\xbd", "api/main.js", "'\xff'", NULL, NULL, NULL, NULL);
}

/* --- what is wrong with a file --- */

static void
test_errors(void **state)
{
	static const struct {
		const char	*src;
		int		 line;
		int		 column;
		const char	*says;
	} v[] = {
		{ "let x = ;", 1, 9, "Expression expected" },
		{ "const a = 1;\n  const b = {a:1,\n", 3, 1, "'}' expected" },
		{ "let a; let a;", 1, 5, "Cannot redeclare block-scoped variable 'a'" },
		{ "const x", 1, 7, "Missing initializer" },
		{ "\n\n  'abc", 3, 7, "Unterminated string" },
		{ "`${", 1, 4, "Expression expected" },
		{ "/a", 1, 1, "Unterminated regular expression" },
		{ "f(1)\n  10n", 2, 3, "BigInt" },
		{ "x = /(?<=a)b/", 1, 5, "Lookbehind" },
		{ "x = /(?<!a)b/", 1, 5, "Lookbehind" },
		{ "x = /\\p{Foo}/u", 1, 5, "property" },
		{ "x = /(/", 1, 5, "pattern" },
		{ "x = /(?<a>.)(?<a>.)/", 1, 5, "Duplicate" },
		{ "function f() {\n await 1 }", 2, 2, "await is only valid" },
		{ "export default 1; export default 2", 1, 1, "multiple default" },
		{ "import.meta.url", 1, 1, "import.meta" },
		{ "if (1) { import x from 'y' }", 1, 10, "top of a file" },
		{ "function f() { export const a = 1 }", 1, 16, "top of a file" },
		{ "const o = { f() { super.f() } }", 1, 19, "super in an object" },
		{ "super.x", 1, 1, "'super'" },
		{ "new.target", 1, 1, "new.target" },
		{ "class A { constructor() {} constructor() {} }", 1, 1, "one constructor" },
		{ "a?.b = 1", 1, 1, "left-hand side" },
		{ "f() = 1", 1, 1, "left-hand side" },
		{ "[a, f()] = [1]", 1, 5, "left-hand side" },
		{ "1++", 1, 1, "left-hand side" },
		{ "'use strict'; with (a) {}", 1, 15, "strict mode" },
		{ "a b", 1, 1, "Unexpected" },
		{ "x = y => { ", 1, 12, "'}' expected" },
		{ "\n  break;", 2, 3, "label" },
		{ "x: for (;;) {\n  continue y; }", 2, 3, "label" },
		{ "class A { m() { this.#x } }", 1, 17, "" },
		{ "</script>", 1, 1, "" },
		{ "{\"json\": 1}", 1, 8, "" },
		{ "import { a } from 'x';\nexport { b", 2, 11, "'}' expected" },
		{ "\xc3\xa4\xf0\x9f\x98\x80; let x = ;", 1, 2, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		struct code c = made(TRANSPILE_MAIN, v[i].src);

		if (c.error == NULL)
			fail_msg("no error: %s\n%s", v[i].src, c.js);
		if (c.line != v[i].line || c.column != v[i].column ||
		    strstr(c.error, v[i].says) == NULL)
			fail_msg("%s: %d:%d %s", v[i].src, c.line, c.column, c.error);
		assert_null(c.js);
	}
}

/* What people may write although another tool would not like it. */
static void
test_accepts(void **state)
{
	static const char *const v[] = { "var x: number = 1", "with (a) { b }", "delete x",
		"010 + '\\01'", "var await = 1", "var yield = 1; yield++", "a = b\n++c",
		"for (var i = 0 in {});", "if (a) function f() {}", "label: function f() {}",
		"x = { a, b, ...c }", "<!-- html\nx", "new Foo", "a\n/re/g.test(b)",
		"function f(a, a) {}", "({}).x = ({ y }) => y", "import 'a'; await b",
		"@dec class A {}", "using x = f()", "x = async () => {}, async function f() {}",
		"let async, of, get, set, from, type, as; async = of",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		struct code c = made(TRANSPILE_MAIN, v[i]);

		if (c.error != NULL && strcmp(v[i], "for (var i = 0 in {});") != 0 &&
		    strcmp(v[i], "<!-- html\nx") != 0 && strcmp(v[i], "var await = 1") != 0)
			fail_msg("%s: %d:%d %s", v[i], c.line, c.column, c.error);
	}
}

/* --- from a line of the result to the source --- */

/* Places, "line:column", of the first frames of api/main.js in the stack main answers; a
 * line less, for the frame around the source. */
static const char *
frames(const char *src)
{
	struct answer a;
	struct buf b;
	const char *at;
	int line, column;

	script_eval(&a, src);
	buf_init(&b, 4096);
	buf_puts(&b, "");
	for (at = strstr(a.body, "api/main.js:"); at != NULL && b.len < 20;
	    at = strstr(at + 1, "api/main.js:"))
		if (sscanf(at, "api/main.js:%d:%d", &line, &column) == 2)
			buf_printf(&b, "%s%d:%d", b.len > 0 ? " " : "", line - 1, column);
	at = arena_strdup(script_kept, b.data);
	buf_fini(&b);
	return at;
}

static void
test_places(void **state)
{
	static const struct {
		const char	*src;
		const char	*want;
	} v[] = {
		{ "null.x", "1:6" },
		{ "const a = {};\n  a.b.c", "2:7" },
		{ "\n\n   throw new Error('x')", "3:10" },
		{ "const o = { a: null };\nreturn [\n  1,\n  o.a.b,\n]", "4:7" },
		{ "function f() { missing }\n\n  f();", "1:16 3:3" },
		{ "const f = () => undefinedThing;\nconst g = () => 1 + f();\ng()",
		    "1:17 2:21 3:1" },
		{ "class A { m() {\n return this.x.y; } }\nnew A().m()", "2:16 3:9" },
		{ "class A { static s = null.x }", "1:27" },
		{ "class A { constructor() { this.a.b } }\nnew A(\n)", "1:34 2:1" },
		{ "const f = (\n  a = oops\n) => a;\nf()", "2:7 4:1" },
		{ "[1].map(x =>\n  x.y.z)", "2:7 1:5" },
		{ "const f = async () => {\n  await 0;\n  null.z;\n};\nawait f()", "3:8" },
		{ "class A { async m(v) {\n  try { await v } finally { v.q.r } } }\n"
		    "await new A().m(1)", "2:33" },
		{ "function* g() {\n  yield 1;\n  throw new TypeError('g');\n}\n[...g()]",
		    "3:9 5:5" },
		{ "const t = `a ${\n  nothing.here\n}`", "2:3" },
		{ "Math.max(\n  1,\n  JSON.parse(\n    '{'\n  )\n)", "3:8" },
		{ "throw Object.assign(new RangeError('multi' +\n  'line'), { a: 1 })", "1:21" },
		{ "const { a: { b } } = {}", "1:14" },
		{ "for (const [k, v] of Object.entries(null)) k", "1:29" },
		{ "let x;\nx?.y;\nx\n  .y\n  .z", "4:4" },
		{ "é = '😀'; é.x.y", "1:15" },
		{ "const r = /(?<a>.)/u;\nr.exec('x').groups.b.c", "2:22" },
		{ "switch (1) { case 1: {\n  let q = null; q.r } }", "2:19" },
		{ "label: for (let i = 0; i < 2; i++) { const f = () => i;\n  if (i) f().x.y }",
		    "2:16" },
	};
	char src[512];
	int bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		const char *got;

		// the frame adds a line before the source
		snprintf(src, sizeof(src), "try {\n%s\n} catch (e) { return e.stack }",
		    v[i].src);
		got = frames(src);
		if (strncmp(got, v[i].want, strlen(v[i].want)) == 0)
			continue;
		print_message("%s\n  want %s\n  got  %s\n", v[i].src, v[i].want, got);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* What the caller of a failing script sees. */
static void
test_place_shown(void **state)
{
	struct answer a;

	(void)state;
	script_eval(&a, "import _ from 'lodash';\nexport default () => {\n"
	    "\treturn _.map([1], () => nope);\n}");
	assert_int_equal(a.status, 500);
	assert_non_null(strstr(a.body, "api/main.js:3:26"));
	script_deploy("api/main.js", "import { f } from './lib';\nf()", "api/lib.ts",
	    "export const f = (): void => {\n  throw new TypeError('ts') }", NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_non_null(strstr(a.body, "api/lib.ts:2:9"));
	assert_non_null(strstr(a.body, "api/main.js:2:1"));
}

static void
test_place_bounds(void **state)
{
	static const uint8_t map[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 0, 0, 0, 9 };
	int line = -1, column = -1;

	(void)state;
	assert_false(transpile_place(map, sizeof(map), 0, &line, &column));
	assert_false(transpile_place(map, sizeof(map), -1, &line, &column));
	assert_false(transpile_place(map, sizeof(map), 1, &line, &column));
	assert_false(transpile_place(map, sizeof(map), 3, &line, &column));
	assert_false(transpile_place(NULL, 0, 1, &line, &column));
	assert_int_equal(line, -1);
	assert_true(transpile_place(map, sizeof(map), 2, &line, &column));
	assert_int_equal(line, 513);
	assert_int_equal(column, 3);
}

/* --- large ES5 modules --- */

static char *
es5(const char *first, size_t size)
{
	static const char line[] = "var filler = function (a, b) { return a + b; };"
	    " // a long remark, so that there is much to read and little to translate,"
	    " as in a library with its documentation in place\n";
	char *s = arena_alloc(script_kept, size + strlen(first) + sizeof(line));
	size_t at = (size_t)sprintf(s, "%s", first);

	while (at < size)
		at += (size_t)sprintf(s + at, "%s", line);
	return s;
}

static void
test_es5(void **state)
{
	const char *src = es5("  var a = require( 'x' ), b = require(\"y\"), c = require('x');\n"
	    "\tvar s = 'é😀\\é', r = /[à]/; // © 日本\nmodule.exports = s + r.test('à');\n",
	    40000);
	struct code c = made(0, src);
	int line, column;

	(void)state;
	assert_null(c.error);
	assert_non_null(strstr(c.js, "\\u00e9\\ud83d\\ude00\\u00e9'"));
	assert_non_null(strstr(c.js, "var filler = function (a, b) { return a + b; };"));
	assert_string_equal(c.uses, "[\"x\",\"y\"]");
	assert_true(transpile_place(c.map, c.map_len, 1, &line, &column));
	assert_int_equal(line * 100 + column, 103);
	assert_true(transpile_place(c.map, c.map_len, 2, &line, &column));
	assert_int_equal(line * 100 + column, 202);
	// what is not ES5, or const, goes the long way
	c = made(0, es5("var f = () => 1;\n", 40000));
	assert_non_null(strstr(c.js, "function f() {"));
	c = made(0, es5("const q = 1;\n", 40000));
	assert_null(strstr(c.js, "const"));
	c = made(0, es5("var x = ;\n", 40000));
	assert_int_equal(c.line * 100 + c.column, 109);
	FILES("é😀étrue", "api/main.js", "require('./big')", "api/big.js",
	    es5("var s = 'é😀\\é', r = /[à]/; // © 日本\nmodule.exports = s + r.test('à');\n",
	    40000), NULL, NULL);
}

/* --- hostile sources: an answer, and the next file is translated as ever --- */

static char *
repeat(const char *head, const char *unit, size_t n, const char *tail)
{
	struct buf b;
	size_t len;
	char *s;

	buf_init(&b, 4 * TRANSPILE_MAX);
	buf_puts(&b, head);
	for (size_t i = 0; i < n; i++)
		buf_puts(&b, unit);
	buf_puts(&b, tail);
	assert_true(buf_ok(&b));
	s = buf_take(&b, &len);
	return s;
}

static void
test_hostile(void **state)
{
	const struct {
		const char	*head;
		const char	*unit;
		size_t		 n;
		const char	*tail;
	} v[] = {
		{ "", "[", 2000000, "" },
		{ "", "{", 50000, "" },
		{ "x = ", "a(", 20000, "" },
		{ "x = ", "-", 100000, "1" },
		{ "x = 1", "+1", 200000, "" },
		{ "x = ", "a?b:", 30000, "c" },
		{ "", "if(a)", 50000, ";" },
		{ "`", "${`", 20000, "" },
		{ "x = /", "(", 100000, "/" },
		{ "x = /", "(a|", 20000, "/u" },
		{ "x = /", "(?<n>a)", 20000, "/" },
		{ "x = /[", "\\u{1F600}-\\u{1F64F}", 5000, "]/u" },
		{ "x = /", "\\p{L}", 3000, "/u" },
		{ "/*", "*", 2000000, "" },
		{ "", "\n", 2000000, "" },
		{ "", "a ", 500000, "" },
		{ "", "async function f() { await ", 5000, "" },
		{ "x = a", ".b", 300000, "" },
		{ "x = a", "?.b", 50000, "" },
		{ "let ", "[", 20000, "" },
		{ "x = <", "a", 1000000, "" },
		{ "", "\xf0\x9f\x98\x80", 500000, "" },
		{ "x = '", "\xc3\xa9", 700000, "'" },
		{ "x = {", "a:1,", 20000, "}" },
		{ "", "export default ", 1000, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(v); i++) {
		char *src = repeat(v[i].head, v[i].unit, v[i].n, v[i].tail);
		size_t len = strlen(src);
		struct arena *a = arena_new();
		struct code c = { 0 };
		enum fz_err err = transpile(a, TRANSPILE_MAIN | TRANSPILE_TS, "api/main.ts",
		    src, len < TRANSPILE_MAX ? len : TRANSPILE_MAX, &c);

		if (err != FZ_OK && err != FZ_TIMEOUT)
			fail_msg("%s%s...: %s", v[i].head, v[i].unit, err_code(err));
		if (getenv("HOSTILE") != NULL)
			print_message("%s%s... %zu: %s\n", v[i].head, v[i].unit, v[i].n,
			    err != FZ_OK ? err_code(err) : c.error != NULL ? c.error : "fine");
		arena_free(a);
		free(src);
	}
	assert_null(made(0, "const fine = 1").error);
}

static void
test_too_large(void **state)
{
	char *src = repeat("", "0123456789abcdef", TRANSPILE_MAX / 16, "x");
	struct code c;

	(void)state;
	assert_int_equal(transpile(script_kept, 0, "api/x.js", src, TRANSPILE_MAX + 1, &c),
	    FZ_PAYLOAD_TOO_LARGE);
	free(src);
}

/* One file cannot change how the next is translated. */
static void
test_fresh(void **state)
{
	struct code a, b;

	(void)state;
	a = made(0, "export const x = 1; class A {} const f = async () => 1;");
	(void)made(0, "let broken = ;");
	(void)made(TRANSPILE_TS, "namespace N { export const q = 1 } declare global {}");
	b = made(0, "export const x = 1; class A {} const f = async () => 1;");
	assert_string_equal(a.js, b.js);
	transpile_trim();
	b = made(0, "export const x = 1; class A {} const f = async () => 1;");
	assert_string_equal(a.js, b.js);
}

static void *
many(void *arg)
{
	int *bad = arg;

	for (int i = 0; i < 5; i++) {
		struct arena *a = arena_new();
		char src[64];
		struct code c;

		snprintf(src, sizeof(src), "export const x%d = () => %d", i, i);
		if (transpile(a, 0, "api/x.js", src, strlen(src), &c) != FZ_OK ||
		    c.error != NULL || strstr(c.js, src + 13) != NULL)
			(*bad)++;
		arena_free(a);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t t[6];
	int bad[6] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, many, &bad[i]), 0);
	for (size_t i = 0; i < COUNT(t); i++) {
		pthread_join(t[i], NULL);
		assert_int_equal(bad[i], 0);
	}
	transpile_trim();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_handler),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_place_shown),
		cmocka_unit_test(test_place_bounds),
		cmocka_unit_test(test_es5),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_threads),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	cmocka_set_skip_filter(getenv("SKIP"));
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
