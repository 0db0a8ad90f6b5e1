/*
 * That nothing crosses from one request to the next, nor from one app to another, and that
 * the pool of heaps keeps within its bounds.
 */
#include "tests/unit/script_fixture.h"

#include "base/buf.h"
#include "runtime/transpile.h"
#include "store/code.h"

/*
 * What an attacker leaves behind, and what a later request must see of it: the value of
 * `look` in an untouched heap.
 */
static const struct {
	const char	*attack;
	const char	*look;
} leaks[] = {
	{ "stolen = 'secret'", "typeof stolen" },
	{ "globalThis.stolen = 'secret'", "typeof globalThis.stolen" },
	{ "var stolen = 'secret'", "typeof stolen" },
	{ "Object.prototype.stolen = 'secret'", "typeof ({}).stolen" },
	{ "Array.prototype.push = function () { return 'evil'; }", "[].push(1)" },
	{ "String.prototype.evil = 1", "typeof ''.evil" },
	{ "Function.prototype.call = null", "typeof Function.prototype.call" },
	{ "JSON.stringify = function () { return 'evil'; }", "JSON.stringify([1])" },
	{ "JSON.parse = null", "JSON.parse('[1]')[0]" },
	{ "JSON = { stringify: function () { return 'evil'; } }", "JSON.stringify(1)" },
	{ "Math.max = function () { return 666; }", "Math.max(1, 2)" },
	{ "Date.now = function () { return 1; }", "Date.now() > 1e12" },
	{ "Promise = null", "typeof Promise" },
	{ "Promise.resolve = Promise.prototype.then = null",
	  "typeof Promise.resolve + typeof Promise.prototype.then" },
	{ "Promise.resolve().then(function f() { globalThis.late = 1;"
	  " if (!globalThis.n) globalThis.n = 0; if (globalThis.n++ < 5)"
	  " Promise.resolve().then(f); })", "typeof late" },
	{ "new Promise(function () {})", "'no job'" },
	{ "Promise.reject(new Error('left')).catch(function () {})", "'no rejection'" },
	{ "fazt.evil = 1; fazt.app = null", "typeof fazt.evil + typeof fazt.app" },
	{ "fazt = null", "typeof fazt" },
	{ "request.path = '/evil'; request.evil = 1", "request.path + typeof request.evil" },
	{ "request.headers['x-evil'] = 1; request.query.evil = 1",
	  "typeof request.headers['x-evil'] + typeof request.query.evil" },
	{ "Object.defineProperty(request, 'body', { value: 'evil' })", "request.body" },
	{ "Object.freeze(request)", "(request.fresh = 1, request.fresh)" },
	{ "respond = function () {}", "typeof respond" },
	{ "respond.evil = 1; respond.redirect = null",
	  "typeof respond.evil + typeof respond.redirect" },
	{ "console.log = null", "typeof console.log" },
	{ "require('./m').n++; require('./m').list.push(1)",
	  "require('./m').n + require('./m').list.length" },
	{ "require('./m').re.exec('aaa'); require('./m').re.lastIndex = 2",
	  "require('./m').re.lastIndex" },
	{ "require('./m').count(); require('./m').count()", "require('./m').count()" },
	{ "require('./data.json').a = 'evil'", "require('./data.json').a" },
	{ "module.exports.left = 1; module.left = 1",
	  "typeof module.exports.left + typeof module.left" },
	{ "exports.evil = 1", "Object.keys(exports).length" },
	{ "this.left = 1", "typeof this.left" },
	{ "require.evil = 1", "typeof require.evil" },
	{ "arguments.callee.secret = 1", "typeof arguments.callee.secret" },
	{ "(function () {}).constructor.prototype.secret = 1", "typeof function () {}.secret" },
	{ "Symbol.for('shared').secret = 1; Object.prototype[Symbol.for('s')] = 1",
	  "typeof ({})[Symbol.for('s')]" },
	{ "Object.defineProperty(Object.prototype, 'then', { get: function () { return 1; } })",
	  "typeof ({}).then" },
	{ "Object.setPrototypeOf(Object.prototype.constructor, { evil: 1 })",
	  "typeof Object.evil" },
	{ "Object.getPrototypeOf([][Symbol.iterator]()).evil = 1",
	  "typeof Object.getPrototypeOf([][Symbol.iterator]()).evil" },
	{ "Object.getPrototypeOf(new Map().entries()).next = null",
	  "typeof new Map().entries().next" },
	{ "Map.prototype.get = Set.prototype.has = null",
	  "typeof Map.prototype.get + typeof Set.prototype.has" },
	{ "Error.prototype.toString = function () { return 'evil'; }", "String(new Error('e'))" },
	{ "Error.stackTraceLimit = 0; TypeError = null", "typeof TypeError" },
	{ "RegExp.prototype.exec = null; /x/.test('x')", "typeof RegExp.prototype.exec" },
	{ "delete globalThis.Array; Uint8Array.prototype.set = null",
	  "typeof Array + typeof Uint8Array.prototype.set" },
	{ "Object.preventExtensions(globalThis)", "(fresh = 1, fresh)" },
	{ "for (var k in globalThis) delete globalThis[k]; Object.freeze(Object.prototype)",
	  "typeof JSON" },
	{ "__awaiter = __generator = null", "typeof __awaiter" },
	{ "for (;;) x = [x, x]", "typeof x" },
	{ "var big = []; for (;;) big.push(new Uint8Array(1e6))", "typeof big" },
	{ "(function f() { globalThis.deep = f; f(); })()", "typeof deep" },
};

static const char module_source[] = "exports.n = 1; exports.list = []; exports.re = /a/g;"
    "var c = 0; exports.count = function () { return ++c; };";

/* One version with the attack and a look at what is left, chosen by the query. */
static void
deploy_leak(size_t i)
{
	char source[1200];

	snprintf(source, sizeof(source), "if (request.query.attack) { %s; }\n"
	    "else respond(String(%s));", leaks[i].attack, leaks[i].look);
	script_deploy("api/main.js", source, "api/m.js", module_source, "api/data.json",
	    "{\"a\":1}", NULL);
}

static void
look(size_t i, const char *want)
{
	struct answer a;

	script_ask(&a, "GET", "/api/x", NULL, NULL);
	if (a.status != 200 || strcmp(a.body, want) != 0)
		fail_msg("after %s: %s gives %d %s, not %s", leaks[i].attack, leaks[i].look,
		    a.status, a.body, want);
}

static void
test_requests(void **state)
{
	struct answer a;
	char *want;

	(void)state;
	script_site.quota.wall_ms = 300;
	script_site.quota.cpu_ms = 200;
	for (size_t i = 0; i < COUNT(leaks); i++) {
		deploy_leak(i);
		script_ask(&a, "GET", "/api/x", NULL, NULL);
		want = xstrdup(a.body);
		assert_int_equal(a.status, 200);
		for (int n = 0; n < 3; n++) {
			script_ask(&a, "GET", "/api/x?attack=1", NULL, NULL);
			for (int m = 0; m < 10; m++)
				look(i, want);
		}
		free(want);
	}
	script_plain();
}

/* One thousand requests after an attack, another app's among them. */
static void
test_thousand(void **state)
{
	static const char other[] = "respond([typeof stolen, typeof ({}).stolen,"
	    " JSON.stringify([1]), typeof fazt.evil])";
	static const char clean[] = "[\"undefined\",\"undefined\",\"[1]\",\"undefined\"]";
	int64_t attacker, victim, victim_app = script_make_app("victim");
	struct answer a;

	(void)state;
	script_deploy("api/main.js", "if (request.query.attack) { stolen = 'secret';"
	    " Object.prototype.stolen = 'secret'; fazt.evil = 1; var s = JSON.stringify;"
	    " JSON.stringify = function () { return 'evil'; }; }"
	    " respond([typeof stolen, typeof ({}).stolen, JSON.stringify([1]),"
	    " typeof fazt.evil])", NULL);
	attacker = script_site.version;
	script_site.app = victim_app;
	script_deploy("api/main.js", other, NULL);
	victim = script_site.version;
	script_site.version = attacker;
	script_ask(&a, "GET", "/api/x?attack=1", NULL, NULL);
	assert_non_null(strstr(a.body, "string"));
	for (int i = 0; i < 1000; i++) {
		script_site.version = i % 2 == 0 ? victim : attacker;
		script_site.app = i % 2 == 0 ? victim_app : script_app;
		script_ask(&a, "GET", "/api/x", NULL, NULL);
		assert_string_equal(a.body, clean);
	}
	script_plain();
}

static void
test_chance(void **state)
{
	char seen[20][64];
	struct answer a;

	(void)state;
	script_deploy("api/main.js", "respond(String(Math.random()))", NULL);
	for (int i = 0; i < 20; i++) {
		script_ask(&a, "GET", "/api/x", NULL, NULL);
		snprintf(seen[i], sizeof(seen[i]), "%s", a.body);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	}
}

/* --- the pool --- */

static struct scripts_stats
stats(void)
{
	struct scripts_stats s;

	scripts_stats(script_node.scripts, &s);
	return s;
}

static void
test_reuse(void **state)
{
	struct scripts_stats before, after;
	struct answer a;

	(void)state;
	script_eval(&a, "respond('x')");
	before = stats();
	for (int i = 0; i < 100; i++)
		script_ask(&a, "GET", "/api/x", NULL, NULL);
	after = stats();
	assert_int_equal(after.made, before.made);
	assert_int_equal(after.runs, before.runs + 100);
	assert_int_equal(after.worlds, before.worlds);
	assert_int_equal(after.idle, after.worlds);
	/* Another quota needs another heap; the old one goes. */
	script_site.quota.heap_bytes = 8 * MIB;
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_int_equal(stats().made, before.made + 1);
	assert_int_equal(stats().worlds, before.worlds);
	script_plain();
}

static void
test_bound(void **state)
{
	struct scripts_stats s;
	struct answer a;

	(void)state;
	for (int i = 0; i < 150; i++) {
		script_eval(&a, "respond('x')");
		assert_string_equal(a.body, "x");
		assert_true(stats().bytes <= 64 * MIB);
	}
	s = stats();
	assert_true(s.idle > 10 && s.idle < 150);
	assert_int_equal(s.idle, s.worlds);
	scripts_trim(script_node.scripts);
	s = stats();
	assert_int_equal(s.worlds, 0);
	assert_int_equal(s.idle, 0);
	assert_int_equal(s.bytes, 0);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "x");
}

static void
test_counts(void **state)
{
	struct scripts_stats before = stats(), after;
	struct answer a;

	(void)state;
	script_site.quota.cpu_ms = 50;
	script_eval(&a, "for (;;) ;");
	script_eval(&a, "new Uint8Array(60e6)");
	script_eval(&a, "respond('x')");
	after = stats();
	assert_int_equal(after.timeouts, before.timeouts + 1);
	assert_int_equal(after.memory, before.memory + 1);
	assert_int_equal(after.runs, before.runs + 3);
	script_plain();
}

/* As if the translator had made this of api/main.js. */
static void
put_code(const char *js, size_t len)
{
	struct code code = { .js = js, .js_len = len, .uses = "[]" };
	struct arena *arena = arena_new();
	struct reader *rd;
	struct writer *w;
	struct file file;

	OK(reader_open(script_node.store, &rd));
	OK(file_get(rd, arena, script_site.version, "api/main.js", &file));
	reader_close(rd);
	OK(writer_begin(script_node.store, 5000, &w));
	OK(code_put(w, file.blob, transpile_kind_of("api/main.js"), transpile_tool, &code));
	OK(writer_commit(w, NULL));
	arena_free(arena);
}

/* Code that is too much for a heap costs the first request, not every one. */
static void
test_too_much(void **state)
{
	static const char head[] = "(function (exports, require, module, __host) {\n";
	static const char open[] = "g=function(){", close[] = "};\n";
	static const char piece[] = "f=function(){return{}};";
	struct scripts_stats before;
	struct answer a;
	struct buf js;

	(void)state;
	buf_init(&js, 64 * MIB);
	buf_puts(&js, head);
	for (int i = 0; i < 600000; i++) {
		if (i % 1000 == 0)
			buf_puts(&js, i == 0 ? open : "};\ng=function(){");
		buf_puts(&js, piece);
	}
	buf_puts(&js, close);
	buf_puts(&js, "})");
	assert_true(buf_ok(&js));
	script_deploy("api/main.js", "respond('too much')", NULL);
	put_code(js.data, js.len);
	buf_fini(&js);
	before = stats();
	for (int i = 0; i < 5; i++) {
		script_ask(&a, "GET", "/api/x", NULL, NULL);
		assert_true(strcmp(a.error, "MEMORY_LIMIT") == 0 ||
		    strcmp(a.error, "TIMEOUT") == 0);
		assert_int_equal(stats().made, before.made + 1);
		assert_int_equal(stats().worlds, before.worlds);
	}
	/* Others are not concerned. */
	script_eval(&a, "respond('x')");
	assert_string_equal(a.body, "x");
}

/* Many threads, few versions: everybody gets the answer of the version asked for. */
struct client {
	pthread_t	 thread;
	int64_t		 version[4];
	unsigned	 number;
	unsigned	 wrong;
};

static void *
client(void *arg)
{
	struct client *c = arg;
	struct script site = script_site;

	for (unsigned i = 0; i < 200; i++) {
		unsigned k = (i + c->number) % 4;
		struct arena *arena = arena_new();
		struct request rq = { .arena = arena, .node = &script_node,
			.method = METHOD_GET, .path = "/api/x", .query = "", .ip = "",
			.content_type = "", .host = "test.example.com" };
		struct response rs;
		struct script_used used;
		char want[20];

		site.version = c->version[k];
		response_init(&rs, arena);
		script_answer(&site, &rq, &rs, &used);
		snprintf(want, sizeof(want), "v%u", k);
		c->wrong += rs.status != 200 || rs.len != 2 ||
		    memcmp(rs.bytes, want, 2) != 0;
		response_fini(&rs);
		arena_free(arena);
		if (i % 50 == 0)
			scripts_trim(script_node.scripts);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct client clients[4] = { 0 };
	int64_t version[4];
	pthread_attr_t attr;
	char source[60];

	(void)state;
	for (unsigned k = 0; k < 4; k++) {
		snprintf(source, sizeof(source), "module.exports = function () {"
		    " return 'v%u'; }", k);
		script_deploy("api/main.js", source, NULL);
		version[k] = script_site.version;
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, GUARD_STACK + MIB);
	for (unsigned i = 0; i < 4; i++) {
		memcpy(clients[i].version, version, sizeof(version));
		clients[i].number = i;
		pthread_create(&clients[i].thread, &attr, client, &clients[i]);
	}
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(clients[i].thread, NULL);
		assert_int_equal(clients[i].wrong, 0);
	}
	pthread_attr_destroy(&attr);
	assert_int_equal(stats().idle, stats().worlds);
}

/* A heap that cannot be made is one app's failure. */
static void
test_code_that_throws(void **state)
{
	struct code code = { .js = "null.x", .js_len = 6 };
	struct arena *a = arena_new();
	struct answer answer;
	struct writer *w;
	struct file f;

	(void)state;
	script_deploy("api/main.js", "respond('made a heap that throws')", NULL);
	OK(writer_begin(script_node.store, 5000, &w));
	OK(file_get(writer_reader(w), a, script_site.version, "api/main.js", &f));
	OK(code_put(w, f.blob, TRANSPILE_MAIN, transpile_tool, &code));
	OK(writer_commit(w, NULL));
	script_ask(&answer, "GET", "/api/x", NULL, NULL);
	assert_int_equal(answer.status, 500);
	assert_string_equal(answer.error, "INTERNAL_ERROR");
	arena_free(a);
	script_is("respond('next')", "next");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_thousand),
		cmocka_unit_test(test_chance),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_code_that_throws),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
