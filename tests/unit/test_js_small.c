/* What scripts learn about their app: names, variables, private files, log lines. */
#include "tests/unit/script_fixture.h"

#include "base/clock.h"
#include "store/env.h"

#define CANARY "canary-7711aa"

static void
set_env(int64_t app, const char *name, const char *value)
{
	struct writer *w;

	OK(writer_begin(script_node.store, 1000, &w));
	OK(env_set(
	    w, script_node.seal, app, name, value, strlen(value), clock_wall_ms()));
	OK(writer_commit(w, NULL));
}

static void
test_app(void **state)
{
	struct answer a;

	(void)state;
	script_plain();
	script_is("respond(fazt.app.id + ' ' + fazt.app.name)", "fazt_app_test test");
	script_is("respond([typeof fazt.app.deploy, fazt.app.preview])",
	    "[\"number\",false]");
	script_is("respond([fazt.server.name, typeof fazt.server.version, fazt.version])",
	    "[\"fazt-fcgi\",\"string\",\"1.0.0\"]");
	/* Nothing of it can be changed, in strict code not silently either. */
	script_is("fazt.app.id = 'x'; fazt.version = 'x'; fazt.server.name = 'x';"
	    "delete fazt.app.id; respond(fazt.app.id + fazt.version + fazt.server.name)",
	    "fazt_app_test1.0.0fazt-fcgi");
	script_is(
	    "try { Object.defineProperty(fazt.app, 'id', {value: 'x'}) } catch (e) {}"
	    "respond(fazt.app.id)",
	    "fazt_app_test");
	/* One warm heap, two names and states. */
	script_deploy("api/main.js", "respond([fazt.app.name, fazt.app.preview])", NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "[\"test\",false]");
	script_site.alias = "other";
	script_site.preview = true;
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "[\"other\",true]");
	script_site.alias = NULL;
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "[null,true]");
	script_plain();
}

static void
test_env(void **state)
{
	static const char main[] = "respond([fazt.env.get('KEY'), fazt.env.has('KEY'), "
	    "fazt.env.get('NONE') === undefined, fazt.env.get('NONE', 7), "
	    "fazt.env.has('NONE'), fazt.env.get('EMPTY', 'd'), fazt.env.has('EMPTY')])";
	int64_t other = script_make_app("other");
	struct answer a;

	(void)state;
	set_env(script_app, "KEY", "v\xc3\xa4lue \xf0\x9f\x98\x80\n2");
	set_env(script_app, "EMPTY", "");
	set_env(other, "OTHERS", "secret");
	script_is(main,
	    "[\"v\xc3\xa4lue \xf0\x9f\x98\x80\\n2\",true,true,7,false,\"\",true]");
	script_is("respond([fazt.env.get('OTHERS'), fazt.env.has('OTHERS')])",
	    "[null,false]");
	script_is("respond('' + fazt.env.get('KEY').length)", "10");
	script_is("respond([fazt.env.get('path'), fazt.env.get('PATH'), "
	    "fazt.env.get('toString'), fazt.env.get('__proto__'), fazt.env.get(''), "
	    "fazt.env.get('\\ud83d\\ude00')])", "[null,null,null,null,null,null]");
	script_is("respond(JSON.stringify(fazt.env))", "{}");
	script_throws("fazt.env.get()", "env.get requires a name");
	script_throws("fazt.env.get(7)", "env.get requires a name");
	script_throws("fazt.env.has(null)", "env.get requires a name");
	script_throws("fazt.env.get('A\\0B')", "env.get requires a name");
	/* The next request of the same heap sees the change. */
	script_deploy(
	    "api/main.js", "fazt.env.get('TURN'); respond(fazt.env.get('TURN'))", NULL);
	set_env(script_app, "TURN", "one");
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "one");
	set_env(script_app, "TURN", "two");
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "two");
}

/* Within one request a value is read once; a wrong key is an error and no value. */
static void
test_env_sealed(void **state)
{
	static const uint8_t key[SEAL_KEY_LEN] = { 9 };
	struct seal *right = script_node.seal, *wrong = seal_of_key(key);
	struct writer *w;

	(void)state;
	set_env(script_app, "SEALED", CANARY);
	script_is("respond(fazt.env.get('SEALED'))", CANARY);
	script_node.seal = wrong;
	script_throws("fazt.env.get('SEALED')", "env.get");
	script_throws("fazt.env.has('SEALED')", "env.get");
	script_node.seal = NULL;
	script_throws("fazt.env.get('SEALED')", "env.get");
	script_is("respond(fazt.env.get('ABSENT', 'd'))", "d");
	script_node.seal = right;
	seal_free(wrong);
	OK(writer_begin(script_node.store, 1000, &w));
	OK(env_delete(w, script_app, 0, "SEALED"));
	OK(writer_commit(w, NULL));
	script_is("respond(fazt.env.has('SEALED'))", "false");
}

#define FILES "private/a.txt", "text \xc3\xa4", "private/dir/b.json", "{\"x\":[1,2]}", \
	"private/bad.json", "{x}", "private/empty", "", "private/bytes", "\xff\xfe\x80", \
	"private/dup.json", "{\"a\":1,\"a\":2}", "privateer.txt", "no", \
	"api/secret.js", "no", "index.html", "<p>"

static void
private_is(const char *expression, const char *want)
{
	char main[500];
	struct answer a;

	snprintf(main, sizeof(main), "respond(JSON.stringify(%s))", expression);
	script_deploy("api/main.js", main, FILES, NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	if (a.status != 200 || strcmp(a.body, want) != 0)
		fail_msg("%s\n%d %s", expression, a.status, a.body);
}

static void
test_private(void **state)
{
	(void)state;
	private_is("fazt.private.list()",
	    "[\"a.txt\",\"bad.json\",\"bytes\",\"dir/b.json\","
	    "\"dup.json\",\"empty\"]");
	private_is("fazt.private.read('a.txt')", "\"text \xc3\xa4\"");
	private_is("fazt.private.read('/dir//b.json')", "\"{\\\"x\\\":[1,2]}\"");
	private_is("fazt.private.read('empty')", "\"\"");
	private_is(
	    "fazt.private.read('bytes')", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	private_is("fazt.private.readJSON('dir/b.json')", "{\"x\":[1,2]}");
	private_is("fazt.private.readJSON('dup.json')", "{\"a\":2}");
	private_is("[fazt.private.readJSON('bad.json'), fazt.private.readJSON('empty'), "
	    "fazt.private.readJSON('none')]", "[null,null,null]");
	private_is("Array.prototype.slice.call(new Uint8Array("
	    "fazt.private.readBytes('bytes')))", "[255,254,128]");
	private_is("[fazt.private.readBytes('none') === undefined, "
	    "fazt.private.read('none') === undefined]", "[true,true]");
	private_is("fazt.private.readBytes('empty').byteLength", "0");
	private_is(
	    "['a.txt', 'dir/b.json', 'dir', 'none', '', '/'].map(fazt.private.exists)",
	    "[true,true,false,false,false,false]");
}

static void
test_private_escapes(void **state)
{
	static const char *const paths[] = { "../index.html", "../api/secret.js",
		"dir/../../index.html", "..", "../privateer.txt", "./../index.html",
		"/../index.html", "dir/../a.txt", "a.txt/", "A.TXT", "a.txt\\u0000",
		"private/a.txt", "%2e%2e/index.html", "..\\\\index.html", "er.txt" };
	char text[200];

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		snprintf(text, sizeof(text),
		    "(function () { try { return "
		    "fazt.private.exists('%s') } catch (e) { return e.name } })()",
		    paths[i]);
		private_is(
		    text, strstr(paths[i], "u0000") != NULL ? "\"TypeError\"" : "false");
	}
	private_is("fazt.private.read('../index.html') === undefined", "true");
	private_is("fazt.private.readJSON('../index.html')", "null");
	script_throws("fazt.private.read()", "private.read requires a path");
	script_throws("fazt.private.readJSON({})", "private.readJSON requires a path");
	script_throws("fazt.private.exists(1)", "private.exists requires a path");
}

/* A version reads its own files, also in a heap that is warm. */
static void
test_private_versions(void **state)
{
	struct script first;
	struct answer a;

	(void)state;
	script_deploy(
	    "api/main.js", "respond(fazt.private.read('v'))", "private/v", "1", NULL);
	first = script_site;
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "1");
	script_deploy(
	    "api/main.js", "respond(fazt.private.read('v'))", "private/v", "2", NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "2");
	script_site = first;
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "1");
}

static void
test_private_large(void **state)
{
	size_t n = 16 * MIB + 1;
	char *text = malloc(n + 1);
	struct answer a;

	(void)state;
	memset(text, 'x', n);
	text[n] = '\0';
	script_deploy("api/main.js", "try { fazt.private.readBytes('big') } catch (e) {"
	    "respond([e.name, e.code, fazt.private.exists('big'),"
	    "fazt.private.readBytes('fits').byteLength]) }", "private/big", text,
	    "private/fits", text + 1, NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_equal(a.body, "[\"LimitError\",\"LIMIT_EXCEEDED\",true,16777216]");
	free(text);
}

static void
test_log(void **state)
{
	static const enum recorder_level levels[] = { RECORD_ERROR, RECORD_WARN,
		RECORD_INFO, RECORD_DEBUG };
	struct record_line line;

	(void)state;
	script_is("fazt.log.debug('d'); fazt.log.info('i \xf0\x9f\x98\x80');\n"
	    "fazt.log.warn('w'); fazt.log.error(7); respond('ok')", "ok");
	for (size_t i = 0; i < COUNT(levels); i++) {
		script_log_line(i, &line);
		assert_int_equal(line.level, levels[i]);
		assert_string_equal(line.request, "0123456789abcdef");
	}
	assert_string_equal(script_log(0), "7");
	assert_string_equal(script_log(2), "i \xf0\x9f\x98\x80");
	assert_string_equal(script_log(3), "d");
	script_log_line(1, &line);
	assert_string_equal(line.file, "api/main.js");
	assert_int_equal(line.line, 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_app), cmocka_unit_test(test_env),
		cmocka_unit_test(test_env_sealed), cmocka_unit_test(test_private),
		cmocka_unit_test(test_private_escapes),
		cmocka_unit_test(test_private_versions),
		cmocka_unit_test(test_private_large), cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
