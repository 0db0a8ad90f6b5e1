/* fazt.app.kv as scripts see it: values, errors by class and code, spaces, switches. */
#include "tests/unit/script_fixture.h"

#include "base/clock.h"

/* A function that runs body and tells what it threw. */
#define TRY "function t(f){try{return f()}catch(e){return [e.name,e.code||'-'," \
	"!!e.retryable].join(' ')}} var kv=fazt.app.kv;"
#define MESSAGE "function t(f){try{f();return '-'}catch(e){return e.message}}" \
	" var kv=fazt.app.kv;"

static void
test_values(void **state)
{
	static const struct {
		const char	*value;		/* as a script writes it */
		const char	*json;		/* as JSON.stringify shows what comes back */
	} rows[] = {
		{ "1", "1" }, { "0.1+0.2", "0.30000000000000004" }, { "'a'", "\"a\"" },
		{ "''", "\"\"" }, { "true", "true" }, { "null", "null" }, { "NaN", "null" },
		{ "[1,[2,{a:3}]]", "[1,[2,{\"a\":3}]]" }, { "[]", "[]" }, { "{}", "{}" },
		{ "[undefined,function(){}]", "[null,null]" },
		{ "{a:undefined,b:1,c:function(){}}", "{\"b\":1}" },
		{ "new Date(0)", "\"1970-01-01T00:00:00.000Z\"" },
		{ "{toJSON:function(){return 7}}", "7" },
		{ "'gr\\u00fc\\u00df \\ud83d\\ude00'", "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\"" },
		{ "'a\\u0000b'", "\"a\\u0000b\"" },
		{ "{'\\u0000k':1}", "{\"\\u0000k\":1}" },
		{ "'\\ud800'", "\"\xef\xbf\xbd\"" },
		{ "{constructor:1,toString:2}", "{\"constructor\":1,\"toString\":2}" },
		{ "1e21", "1e+21" }, { "new String('x')", "\"x\"" },
	};
	char source[400];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(source, sizeof(source), "var kv = fazt.app.kv;"
		    "if (kv.set('k', %s) !== undefined) throw 1;"
		    "respond(200, JSON.stringify(kv.get('k')), {'Content-Type': 'a/b'})",
		    rows[i].value);
		script_is(source, rows[i].json);
	}
	script_is("fazt.app.kv.delete('k'); respond(String(fazt.app.kv.get('k')))",
	    "undefined");
	script_is("respond(String(fazt.app.kv.delete('never')))", "undefined");
}

static void
test_keys(void **state)
{
	static const char *const keys[] = { "a", " ", "a/b", "gr\\u00fc", "\\ud83d\\ude00",
		"__proto__", "constructor", "%_*", "a'b\\\"", "\\u0001", "..", "42" };
	char source[300];

	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		(void)snprintf(source, sizeof(source), "var kv = fazt.app.kv, k = \"%s\";"
		    "kv.set(k, 1); var l = kv.list(k); respond([kv.get(k), l.length,"
		    " l[0].key === k].join()); kv.delete(k)", keys[i]);
		script_is(source, "1,1,true");
	}
	script_is(TRY "var k = 'k'; while (k.length < 512) k += 'k'; kv.set(k, 1);"
	    "respond(kv.get(k) + ' ' + t(function () { kv.set(k + 'k', 1) }))",
	    "1 TypeError - false");
	/* 512 bytes, not characters. */
	script_is(TRY "var k = ''; while (k.length < 171) k += '\\u20ac';"
	    "respond(t(function () { kv.set(k, 1) }))", "TypeError - false");
}

static void
test_arguments(void **state)
{
	static const struct {
		const char	*call;
		const char	*message;
	} rows[] = {
		{ "kv.set()", "kv.set requires key and value" },
		{ "kv.set('k')", "kv.set requires key and value" },
		{ "kv.set('k', undefined)", "kv.set requires key and value" },
		{ "kv.set(1, 1)", "kv.set requires key and value" },
		{ "kv.set(null, 1)", "kv.set requires key and value" },
		{ "kv.set({}, 1)", "kv.set requires key and value" },
		{ "kv.set(Symbol('k'), 1)", "kv.set requires key and value" },
		{ "kv.set('a\\u0000b', 1)", "kv.set requires key and value" },
		{ "kv.set('', 1)", "kv.set: a key has 1 to 512 bytes" },
		{ "kv.set('k', function () {})", "kv.set: this value has no JSON" },
		{ "kv.set('k', Symbol('x'))", "kv.set: this value has no JSON" },
		{ "kv.set('k', {toJSON: function () {}})", "kv.set: this value has no JSON" },
		{ "kv.set('k', 1, 'soon')", "kv.set: ttl must be a number of milliseconds" },
		{ "kv.set('k', 1, NaN)", "kv.set: ttl must be a number of milliseconds" },
		{ "kv.set('k', 1, {})", "kv.set: ttl must be a number of milliseconds" },
		{ "kv.get()", "kv.get requires a key" },
		{ "kv.get(['k'])", "kv.get requires a key" },
		{ "kv.delete()", "kv.delete requires a key" },
		{ "kv.incr()", "kv.incr requires a key" },
		{ "kv.incr('k', '1')", "kv.incr: by must be a number" },
		{ "kv.incr('k', null)", "kv.incr: by must be a number" },
		{ "kv.incr('k', NaN)", "kv.incr: by must be a number" },
		{ "kv.incr('k', Infinity)", "kv.incr: by must be a number" },
		{ "kv.incr('k', 1, 'x')", "kv.incr: ttl must be a number of milliseconds" },
		{ "kv.cas()", "kv.cas requires a key" },
		{ "kv.cas('k', 1, function () {})", "kv.cas: this value has no JSON" },
		{ "kv.cas('k', function () {}, 1)", "kv.cas: this value has no JSON" },
		{ "kv.list(1)", "kv.list: prefix must be a string" },
		{ "kv.list('', 1)", "options must be an object" },
		{ "kv.list('', {limit: 0})", "kv.list: limit must be at least 1" },
		{ "kv.list('', {limit: '1'})", "option limit must be a number" },
		{ "kv.list('', {after: 1})", "option after must be a string" },
	};
	char source[400];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(source, sizeof(source), MESSAGE
		    "respond(t(function () { %s }))", rows[i].call);
		script_is(source, rows[i].message);
		(void)snprintf(source, sizeof(source), TRY
		    "respond(t(function () { %s }))", rows[i].call);
		script_is(source, "TypeError - false");
	}
	script_throws("var a = []; a[0] = a; fazt.app.kv.set('k', a)", "cyclic");
}

static void
test_ttl(void **state)
{
	(void)state;
	script_is("var kv = fazt.app.kv; kv.set('t', 1, 60000); var l = kv.list('t')[0];"
	    "respond(kv.get('t') + ' ' + (Math.abs(l.expiresAt - Date.now() - 60000) < 5000))",
	    "1 true");
	script_is("var kv = fazt.app.kv; kv.set('t', 2); respond(Object.keys(kv.list('t')[0]))",
	    "[\"key\",\"value\"]");
	script_is("var kv = fazt.app.kv; kv.set('t', 3, 0); respond(String(kv.get('t')))",
	    "undefined");
	script_is("var kv = fazt.app.kv; kv.set('t', 3); kv.set('t', 3, -Infinity);"
	    "respond(String(kv.get('t')))", "undefined");
	script_is("var kv = fazt.app.kv; kv.set('t', 3); kv.set('t', 3, -5);"
	    "respond(String(kv.get('t')))", "undefined");
	script_is("var kv = fazt.app.kv; kv.set('t', 3, 0.5);"
	    "var e = Date.now() + 3; while (Date.now() < e) ; respond(String(kv.get('t')))",
	    "undefined");
	script_is("var kv = fazt.app.kv; kv.set('t', 4, 25); var a = kv.get('t');"
	    "var e = Date.now() + 26; while (Date.now() < e) ; respond(a + ' ' + kv.get('t')"
	    " + ' ' + kv.list('t').length)", "4 undefined 0");
	script_is("var kv = fazt.app.kv; kv.set('t', 5, Infinity); kv.set('u', 5, 1e300);"
	    "respond([kv.get('t'), kv.get('u')].join())", "5,5");
	script_is("var kv = fazt.app.kv; kv.set('t', 6, null); kv.set('u', 6, undefined);"
	    "respond([kv.list('t')[0].expiresAt, kv.list('u')[0].expiresAt].join())", ",");
}

static void
test_incr(void **state)
{
	(void)state;
	script_is("var kv = fazt.app.kv; kv.delete('n'); respond([kv.incr('n'), kv.incr('n', 5),"
	    " kv.incr('n', -2), kv.incr('n', 0.5), kv.get('n')].join())", "1,6,4,4.5,4.5");
	script_is("var kv = fazt.app.kv; kv.set('n', 0.1); respond(JSON.stringify("
	    "[kv.incr('n', 0.2), kv.get('n') === 0.1 + 0.2]))", "[0.30000000000000004,true]");
	script_is("var kv = fazt.app.kv; kv.set('n', 9007199254740991);"
	    "respond(String(kv.incr('n', 1) === 9007199254740992 && kv.get('n')))",
	    "9007199254740992");
	script_is(TRY "kv.set('n', '1'); respond(t(function () { kv.incr('n') }) + kv.get('n'))",
	    "StorageError KV_NOT_NUMBER false1");
	script_is("var kv = fazt.app.kv; kv.set('n', 1, 60000); kv.incr('n');"
	    "var a = !!kv.list('n')[0].expiresAt; kv.incr('n', 1, 0);"
	    "respond(a + ' ' + kv.get('n'))", "true undefined");
}

static void
test_cas(void **state)
{
	static const struct {
		const char	*present;
		const char	*expected;
		const char	*done;
	} rows[] = {
		{ "undefined", "undefined", "true" }, { "undefined", "null", "false" },
		{ "1", "1", "true" }, { "1", "undefined", "false" }, { "1", "'1'", "false" },
		{ "{a:1,b:[2,{c:3}]}", "{b:[2,{c:3}],a:1}", "true" },
		{ "{a:1}", "{a:1,b:undefined}", "true" }, { "{a:1}", "{a:1,b:null}", "false" },
		{ "[1,2]", "[2,1]", "false" }, { "null", "null", "true" },
		{ "'\\ud83d\\ude00'", "'\\ud83d\\ude00'", "true" },
		{ "0", "-0", "true" }, { "1e21", "1e21", "true" },
	};
	char source[400];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(source, sizeof(source), "var kv = fazt.app.kv, p = %s;"
		    "kv.delete('c'); if (p !== undefined) kv.set('c', p);"
		    "var d = kv.cas('c', %s, 'new'); respond(String(d));"
		    "if (d !== (kv.get('c') === 'new')) throw new Error('lied')",
		    rows[i].present, rows[i].expected);
		script_is(source, rows[i].done);
	}
	script_is("var kv = fazt.app.kv; kv.set('c', 1); respond([kv.cas('c', 2, undefined),"
	    " kv.get('c'), kv.cas('c', 1, undefined), kv.get('c')].join())",
	    "false,1,true,");
	script_is("var kv = fazt.app.kv; kv.set('c', 1); kv.cas('c', 1, 2, 60000);"
	    "respond(String(!!kv.list('c')[0].expiresAt))", "true");
}

static void
test_list(void **state)
{
	static const char fill[] = "var kv = fazt.app.kv; ['l/b','l/a','l/c','m','l'].forEach("
	    "function (k, i) { kv.set(k, {i: i}) });";
	static const struct {
		const char	*call;
		const char	*json;
	} rows[] = {
		{ "kv.list('l/')", "[{\"key\":\"l/a\",\"value\":{\"i\":1}},"
		    "{\"key\":\"l/b\",\"value\":{\"i\":0}},{\"key\":\"l/c\",\"value\":{\"i\":2}}]" },
		{ "kv.list('l/', {keysOnly: true, limit: 2})",
		    "[{\"key\":\"l/a\"},{\"key\":\"l/b\"}]" },
		{ "kv.list('l/', {keysOnly: true, after: 'l/b'})", "[{\"key\":\"l/c\"}]" },
		{ "kv.list('l/', {limit: 1.9})", "[{\"key\":\"l/a\",\"value\":{\"i\":1}}]" },
		{ "kv.list('none')", "[]" },
		{ "kv.list('l', null).length", "4" },
		{ "kv.list('l', {limit: 1e9}).length", "4" },
		{ "Array.isArray(kv.list())", "true" },
		{ "kv.list(undefined, {limit: 1, keysOnly: true}).length", "1" },
		{ "kv.list(null, {limit: 1, keysOnly: true}).length", "1" },
	};
	char source[600];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(source, sizeof(source), "%s respond(200, JSON.stringify(%s))",
		    fill, rows[i].call);
		script_is(source, rows[i].json);
	}
}

static void
test_limits(void **state)
{
	(void)state;
	/* Megabytes take their time under a sanitizer. */
	script_site.quota.wall_ms = script_site.quota.cpu_ms = 30000;
	script_is(TRY "var s = new Array(1048576 - 1).join('x');" /* + 2 quotes */
	    "kv.set('big', s); respond(kv.get('big').length + ' ' +"
	    " t(function () { kv.set('big', s + 'x') + 'y' }) + ' ' +"
	    " t(function () { kv.cas('none', undefined, s + 'xy') }))",
	    "1048574 LimitError LIMIT_EXCEEDED false LimitError LIMIT_EXCEEDED false");
	script_is(TRY "var s = new Array(1048000).join('x'); for (var i = 0; i < 9; i++)"
	    " kv.set('v' + i, s); respond(t(function () { kv.list('v') }) + ' ' +"
	    " kv.list('v', {keysOnly: true}).length)", "LimitError LIMIT_EXCEEDED false 9");
	script_is("for (var i = 0; i < 9; i++) fazt.app.kv.delete('v' + i); respond('ok')",
	    "ok");
	script_site.quota.kv_keys = 1;
	script_is(TRY "kv.list().forEach(function (r) { kv.delete(r.key) }); kv.set('a', 1);"
	    "respond(t(function () { kv.set('b', 1) }) + ' ' + kv.incr('a'))",
	    "LimitError QUOTA_EXCEEDED false 2");
	{
		struct answer a;

		script_eval(&a, "fazt.app.kv.set('b', 1)");
		assert_int_equal(a.status, 429);
		assert_string_equal(a.error, "QUOTA_EXCEEDED");
	}
	script_plain();
}

static void
test_users(void **state)
{
	struct answer a;

	(void)state;
	script_is("var e = []; ['get', 'set', 'delete', 'list', 'incr', 'cas'].forEach("
	    "function (f) { try { fazt.app.user.kv[f]('k', 1) } catch (x) {"
	    " e.push(x.name, x.code, x.message) } }); respond(e.join('|'))",
	    "AuthError|LOGIN_REQUIRED|fazt.app.user.kv.get requires login"
	    "|AuthError|LOGIN_REQUIRED|fazt.app.user.kv.set requires login"
	    "|AuthError|LOGIN_REQUIRED|fazt.app.user.kv.delete requires login"
	    "|AuthError|LOGIN_REQUIRED|fazt.app.user.kv.list requires login"
	    "|AuthError|LOGIN_REQUIRED|fazt.app.user.kv.incr requires login"
	    "|AuthError|LOGIN_REQUIRED|fazt.app.user.kv.cas requires login");
	script_eval(&a, "fazt.app.user.kv.get('k')");
	assert_int_equal(a.status, 401);
	script_is("fazt.app.kv.set('mine', 'shared'); respond('ok')", "ok");
	for (int user = 7; user < 9; user++) {
		script_as.user = user;
		script_is("var u = fazt.app.user.kv; var had = u.get('mine');"
		    "u.set('mine', 'own'); respond([had, u.get('mine'),"
		    " fazt.app.kv.get('mine'), u.list().length].join())", ",own,shared,1");
	}
	/* No spelling of a key leads from one space to another. */
	script_is("var kv = fazt.app.kv, n = 0; ['7/mine', '7:mine', '/7/mine', 'user/7/mine',"
	    " '../7/mine', '7', 'mine\\u0001', 'u7/mine', '0/mine'].forEach(function (k) {"
	    " if (kv.get(k) !== undefined || kv.list(k).length > 0) n++ }); respond(n + '')",
	    "0");
	script_plain();
}

static void
test_apps(void **state)
{
	int64_t first = script_app;
	int64_t second = script_make_app("second");

	(void)state;
	script_is("fazt.app.kv.set('canary', 'first'); fazt.app.kv.set('n', 41);"
	    "respond('ok')", "ok");
	script_app = second;
	script_plain();
	script_is("var kv = fazt.app.kv; var got = [kv.get('canary'), kv.list().length,"
	    " kv.incr('n'), kv.cas('canary', 'first', 'mine')];"
	    "kv.set('canary', 'second'); kv.delete('n'); respond(JSON.stringify(got))",
	    "[null,0,1,false]");
	script_app = first;
	script_plain();
	script_is("respond([fazt.app.kv.get('canary'), fazt.app.kv.get('n')].join())",
	    "first,41");
}

static void
test_same_data(void **state)
{
	(void)state;
	script_is("fazt.storage.kv.set('s', 1); respond([fazt.app.kv.get('s'),"
	    " fazt.storage.kv === fazt.app.kv].join())", "1,true");
	script_is("respond(Object.keys(fazt.app.kv).sort().join())",
	    "cas,delete,get,incr,list,set");
	script_is("respond(Object.keys(fazt.app.user.kv).sort().join())",
	    "cas,delete,get,incr,list,set");
}

static void
test_modes(void **state)
{
	static const char all[] = TRY "respond([t(function () { return kv.get('s') }),"
	    " t(function () { return kv.list('s').length }),"
	    " t(function () { kv.set('s', 2) }), t(function () { kv.delete('s') }),"
	    " t(function () { kv.incr('s') }), t(function () { kv.cas('s', 1, 2) })].join())";

	(void)state;
	script_is("fazt.app.kv.set('s', 1); respond('ok')", "ok");
	script_site.data_readonly = true;
	script_is(all, "1,1,StorageError READ_ONLY false,StorageError READ_ONLY false,"
	    "StorageError READ_ONLY false,StorageError READ_ONLY false");
	script_site.data_none = true;
	script_is(all, "StorageError NOT_SUPPORTED false,StorageError NOT_SUPPORTED false,"
	    "StorageError NOT_SUPPORTED false,StorageError NOT_SUPPORTED false,"
	    "StorageError NOT_SUPPORTED false,StorageError NOT_SUPPORTED false");
	script_plain();
	script_is("respond(fazt.app.kv.get('s') + '')", "1");
}

/* What a getter of the value does must not disturb the call that reads it. */
static void
test_reentry(void **state)
{
	(void)state;
	script_is("var kv = fazt.app.kv; var key = 'gr\\u00fc\\ud83d\\ude00'; kv.set(key,"
	    " {get a() { kv.set('inner\\u00fc', [1, 2, 3]); kv.list(); return 1 },"
	    " toJSON: function () { for (var i = 0; i < 50; i++) kv.get('inner\\u00fc');"
	    " return {a: this.a} }}); respond([JSON.stringify(kv.get(key)),"
	    " kv.list('gr').length, kv.list('inner').length].join())", "{\"a\":1},1,1");
	script_is("var kv = fazt.app.kv; kv.set('a1', 1); kv.set('a2', 1); kv.set('a3', 1);"
	    "var l = kv.list('a', {get after() { kv.set('zz\\u00fc', 'x'); return 'a1' },"
	    " get limit() { kv.list('\\u00fc'); return 1 }}); respond(l[0].key)", "a2");
}

/* Inside fazt.tx: all or nothing, and a refused call changes nothing by itself. */
static void
test_transaction(void **state)
{
	(void)state;
	script_is(TRY "kv.set('n', 1); kv.delete('m'); t(function () { fazt.tx(function () {"
	    " kv.set('m', 1); kv.incr('n', 5); kv.delete('n'); throw new Error('no') }) });"
	    "respond([kv.get('n'), kv.get('m')].join())", "1,");
	script_is(TRY "var r = fazt.tx(function () { kv.set('n', 'text');"
	    " var e = t(function () { kv.incr('n') }); kv.set('m', 2);"
	    " return [e, kv.get('n'), kv.cas('m', 2, 3), kv.get('m'), kv.list('m', {limit: 1}).length]"
	    " }); respond(r.join() + ' ' + kv.get('n') + kv.get('m'))",
	    "StorageError KV_NOT_NUMBER false,text,true,3,1 text3");
}

/* Nothing is left of a run that ends in the middle. */
static void
test_ended(void **state)
{
	struct answer a;

	(void)state;
	script_site.quota.wall_ms = 100;
	script_site.quota.cpu_ms = 100;
	script_eval(&a, "for (;;) try { fazt.app.kv.incr('endless') } catch (e) { }");
	assert_int_equal(a.status, 504);
	script_plain();
	script_is("respond(String(fazt.app.kv.get('endless') > 0))", "true");
	script_is("fazt.app.kv.set('after', 1); respond(fazt.app.kv.get('after') + '')", "1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_incr),
		cmocka_unit_test(test_cas),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_apps),
		cmocka_unit_test(test_same_data),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_reentry),
		cmocka_unit_test(test_transaction),
		cmocka_unit_test(test_ended),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
