/* Workspaces in the URL: where a name is read, what a name is, and names that are made.
 */
#include "tests/unit/script_fixture.h"

#include "runtime/words.h"

static void
ask(const char *method, const char *query, const char *type, const char *body,
    const char *want)
{
	char uri[300], line[80];
	struct answer a;

	snprintf(uri, sizeof(uri), "/api/x%s", query);
	snprintf(line, sizeof(line), "content-type: %s", type);
	script_ask(&a, method, uri, body, type[0] != '\0' ? line : NULL, NULL);
	if (a.status != 200 || strcmp(a.body, want) != 0)
		fail_msg("%s %s: %d %s, wanted %s", query, body == NULL ? "" : body,
		    a.status, a.body, want);
}

static void
test_sources(void **state)
{
	static const char form[] = "application/x-www-form-urlencoded";
	static const char json[] = "application/json";

	(void)state;
	script_deploy("api/main.js", "respond([fazt.session.id()])", NULL);
	ask("GET", "", "", NULL, "[null]");
	ask("GET", "?s=a-b", "", NULL, "[\"a-b\"]");
	ask("GET", "?session=a-b", "", NULL, "[\"a-b\"]");
	ask("GET", "?session=c-d&s=a-b", "", NULL, "[\"a-b\"]");
	ask("GET", "?s=a-b&s=c-d", "", NULL, "[\"a-b\"]");
	ask("GET", "?s=bad&session=c-d", "", NULL, "[null]");
	ask("GET", "?s=&session=c-d", "", NULL, "[null]");
	ask("POST", "", json, "{\"session\":\"e-f\"}", "[\"e-f\"]");
	ask("POST", "", form, "session=e-f", "[\"e-f\"]");
	ask("POST", "?s=a-b", json, "{\"session\":\"e-f\"}", "[\"a-b\"]");
	ask("POST", "", json, "{\"s\":\"e-f\"}", "[null]");
	ask("POST", "", json, "{\"session\":[\"e-f\"]}", "[null]");
	ask("POST", "", json, "{\"session\":null}", "[null]");
	ask("POST", "", json, "[\"e-f\"]", "[null]");
	ask("POST", "", json, "\"e-f\"", "[null]");
	ask("POST", "", json, "{bad", "[null]");
	ask("POST", "", "text/plain", "session=e-f", "[null]");
	/* A script that shadows request hides its body and nothing else. */
	script_deploy(
	    "api/main.js", "request = null; respond([fazt.session.id()])", NULL);
	ask("POST", "", json, "{\"session\":\"e-f\"}", "[null]");
	ask("POST", "?s=a-b", json, "{\"session\":\"e-f\"}", "[\"a-b\"]");
}

#define W8 "aaaaaaaa"
#define W61 W8 W8 W8 W8 W8 W8 W8 "aaaaa"

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} rows[] = {
		{ "a-b", true },
		{ "cat-blue-river", true },
		{ "0-9", true },
		{ "1-2-3-4-5-6-7-8", true },
		{ W61 "-bb", true },
		{ "a", false },
		{ "1-2-3-4-5-6-7-8-9", false },
		{ W61 "-bbb", false },
		{ "-a-b", false },
		{ "a-b-", false },
		{ "a--b", false },
		{ "-", false },
		{ "A-b", false },
		{ "a_b-c", false },
		{ "a-%20b", false },
		{ "a-b%0a", false },
		{ "a-%C3%A4", false },
		{ "a-b%2F..", false },
		{ "a.b-c", false },
	};
	char query[100], want[100];

	(void)state;
	script_deploy("api/main.js", "respond([fazt.session.id()])", NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(query, sizeof(query), "?s=%s", rows[i].name);
		snprintf(
		    want, sizeof(want), rows[i].ok ? "[\"%s\"]" : "[null]", rows[i].name);
		ask("GET", query, "", NULL, want);
	}
	script_deploy("api/main.js", "respond([fazt.session.id()])", NULL);
	ask("POST", "", "application/json", "{\"session\":\"a-b\\u0000\"}", "[null]");
}

static void
test_require(void **state)
{
	struct answer a;

	(void)state;
	script_deploy("api/main.js", "respond([fazt.session.require()])", NULL);
	ask("GET", "?s=a-b", "", NULL, "[\"a-b\"]");
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_int_equal(a.status, 400);
	assert_non_null(strstr(a.body, "\"error\":\"session required\""));
	script_ask(&a, "GET", "/api/x?s=bad", NULL, NULL);
	assert_int_equal(a.status, 400);
}

/* fazt.session.ds: what one workspace writes another does not see. */
static void
test_ds(void **state)
{
	struct answer a;

	(void)state;
	script_deploy("api/main.js",
	    "var d = fazt.session.ds;"
	    "if (request.method === 'POST') respond([d.insert('c', {session: 'x-y', n: "
	    "1})]"
	    ".length); else respond([d.count('c'), d.find('c').map(function (x) {"
	    "return x.session }), fazt.app.ds.count('c'), d.update('c', {}, {n: 2})])",
	    NULL);
	script_ask(&a, "POST", "/api/x?s=a-b", "", NULL);
	script_ask(&a, "POST", "/api/x?s=a-b", "", NULL);
	script_ask(&a, "POST", "/api/x?s=c-d", "", NULL);
	ask("GET", "?s=a-b", "", NULL, "[2,[\"a-b\",\"a-b\"],3,2]");
	ask("GET", "?s=c-d", "", NULL, "[1,[\"c-d\"],3,1]");
	ask("GET", "?s=e-f", "", NULL, "[0,[],3,0]");
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_int_equal(a.status, 400);
	assert_non_null(strstr(a.body, "\"error\":\"session required\""));
}

static bool
listed(const char *const *words, unsigned n, const char *s, size_t len)
{
	for (unsigned i = 0; i < n; i++)
		if (strlen(words[i]) == len && memcmp(words[i], s, len) == 0)
			return true;
	return false;
}

static void
test_create(void **state)
{
	struct answer a;

	(void)state;
	for (int words = 2; words <= 8; words++) {
		char main[100];
		const char *p;
		int n = 0;
		size_t len;

		snprintf(main, sizeof(main), "respond(fazt.session.create(%d))", words);
		script_eval(&a, main);
		assert_int_equal(a.status, 200);
		assert_in_range(a.len, 3, 64);
		for (p = a.body; *p != '\0'; p += len + (p[len] == '-')) {
			len = strcspn(p, "-");
			if (++n < words)
				assert_true(
				    listed(words_first, words_first_count, p, len));
			else
				assert_true(listed(words_last, words_last_count, p, len));
		}
		assert_int_equal(n, words);
	}
	script_is("respond('' + fazt.session.create().split('-').length)", "3");
	script_is("var bad = [1, 9, 0, -1, 2.5, '3', null, NaN, {}, Infinity].filter("
	    "function (n) { try { fazt.session.create(n) } catch (e) {"
	    "return e.name !== 'TypeError' } return true }); respond(bad)", "[]");
	script_is("var seen = {}, n = 0; for (var i = 0; i < 200; i++) {"
		  "var s = fazt.session.create(8); n += !seen[s]; seen[s] = 1 } "
		  "respond('' + n)",
	    "200");
}

/* Every word turns up, the first and the last of a list too. */
static void
test_words(void **state)
{
	(void)state;
	assert_true(words_first_count >= 256 && words_last_count >= 256);
	for (unsigned i = 0; i < words_first_count; i++) {
		size_t n = strlen(words_first[i]);

		assert_in_range(n, 2, WORDS_LETTERS);
		assert_int_equal(strspn(words_first[i], "abcdefghijklmnopqrstuvwxyz"), n);
		assert_false(listed(words_last, words_last_count, words_first[i], n));
		if (i > 0)
			assert_true(strcmp(words_first[i - 1], words_first[i]) < 0);
	}
	for (unsigned i = 0; i < words_last_count; i++) {
		size_t n = strlen(words_last[i]);

		assert_in_range(n, 2, WORDS_LETTERS);
		assert_int_equal(strspn(words_last[i], "abcdefghijklmnopqrstuvwxyz"), n);
		if (i > 0)
			assert_true(strcmp(words_last[i - 1], words_last[i]) < 0);
	}
	script_is("var seen = {}; for (var i = 0; i < 3000; i++) {"
		  "var s = fazt.session.create(8).split('-'); seen['!' + s.pop()] = 1;"
		  "s.forEach(function (w) { seen[w] = 1 }) } var n = 0, m = 0; for (var "
		  "k in seen)"
		  "k[0] === '!' ? m++ : n++; respond([n, m > 380])",
	    "[365,true]");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources), cmocka_unit_test(test_names),
		cmocka_unit_test(test_require), cmocka_unit_test(test_ds),
		cmocka_unit_test(test_create), cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
