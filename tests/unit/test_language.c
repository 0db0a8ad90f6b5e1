/*
 * Modern JavaScript through the translator, the library and a real request: every piece of
 * tests/corpus/language/cases.js has the value Node gives it (expected.json beside it).
 * LANGUAGE=word runs the pieces whose name has the word and shows them.
 */
#include "tests/unit/script_fixture.h"

#include "base/buf.h"
#include "base/json.h"

#define CASES "tests/corpus/language/cases.js"
#define EXPECTED "tests/corpus/language/expected.json"
#define MARK "//--- "

static char *
slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b;
	char part[4096];
	size_t n;

	buf_init(&b, 4 * MIB);
	if (f == NULL)
		fail_msg("%s: cannot be read; run from the top of the tree", path);
	for (n = fread(part, 1, sizeof(part), f); n > 0; n = fread(part, 1, sizeof(part), f))
		OK(buf_add(&b, part, n));
	fclose(f);
	return buf_take(&b, &n);
}

/* As expect.mjs frames it. */
static const char *
frame(const char *source)
{
	return arena_printf(script_kept, "%sfunction run() {\n%s\n}\n"
	    "(async () => {\n\ttry {\n\t\trespond({ value: await run() });\n"
	    "\t} catch (e) {\n\t\trespond({ error: e.name, message: e.message });\n\t}\n"
	    "})();\n", strstr(source, "await") != NULL ? "async " : "", source);
}

static bool
same(const char *got, const json_t *want)
{
	json_t *j = json_loads(got, JSON_DECODE_ANY, NULL);
	bool equal = j != NULL && json_equal(j, want);

	json_decref(j);
	return equal;
}

static int
run_piece(const char *name, const char *source, const json_t *expected)
{
	const char *only = getenv("LANGUAGE");
	const json_t *want = json_object_get(expected, name);
	struct answer a;
	char *text;

	if (only != NULL && strstr(name, only) == NULL)
		return 0;
	if (want == NULL)
		fail_msg("%s: not in %s", name, EXPECTED);
	script_eval(&a, frame(source));
	if (a.status == 200 && same(a.body, want) && only == NULL)
		return 0;
	text = json_dumps(want, JSON_COMPACT);
	print_message("%s\n  want %s\n  got  %d %s\n", name, text, a.status, a.body);
	free(text);
	return a.status != 200 || !same(a.body, want);
}

static void
test_pieces(void **state)
{
	char *text = slurp(CASES), *all = slurp(EXPECTED), *at, *next, *line;
	json_t *expected = json_loads(all, 0, NULL);
	int bad = 0, n = 0;

	(void)state;
	assert_non_null(expected);
	script_kept = arena_new();
	for (at = strstr(text, "\n" MARK); at != NULL; at = next) {
		at += strlen("\n" MARK);
		next = strstr(at, "\n" MARK);
		if (next != NULL)
			*next = '\0';
		line = strchr(at, '\n');
		assert_non_null(line);
		*line = '\0';
		bad += run_piece(at, line + 1, expected);
		n++;
	}
	print_message("%d pieces, %d differ\n", n, bad);
	assert_int_equal(n, json_object_size(expected));
	assert_int_equal(bad, 0);
	json_decref(expected);
	free(text);
	free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
