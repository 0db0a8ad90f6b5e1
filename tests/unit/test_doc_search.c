/* Full text: what is found, in which order, marked how, and by nobody else. */
#include "tests/unit/doc_test.h"

#include "store/doc_words.h"

static enum fz_err
try_search(const char *text, const char *opts, struct doc_text *out)
{
	struct reader *rd = patient();
	enum fz_err err;

	memset(&why, 0, sizeof(why));
	err = doc_search(rd, ar, &at, text, opts, out, &why);
	reader_close(rd);
	return err;
}

static const char *
found(const char *text, const char *opts)
{
	char out[1024] = "", *w = out;
	struct doc_text t;
	enum fz_err err = try_search(text, opts, &t);

	if (err != FZ_OK)
		return arena_printf(ar, "!%s", err_code(err));
	for (const char *p = strstr(t.json, "{\"doc\":{\"id\":\""); p != NULL;
	     p = strstr(p, "{\"doc\":{\"id\":\"")) {
		p += 14;
		w += snprintf(w, sizeof(out) - (size_t)(w - out), "%s%.*s",
		    w > out ? " " : "", (int)strcspn(p, "\""), p);
	}
	return arena_strdup(ar, out);
}

#define FOUND(text, opts, want) assert_string_equal(found((text), (opts)), (want))

static void
index_on(const char *fields)
{
	struct writer *w = begin();

	memset(&why, 0, sizeof(why));
	if (doc_search_index(w, ar, &at, fields, &why) != FZ_OK)
		fail_msg("%s", why.text);
	commit(w);
}

static void
test_words(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "", "" }, { " \t.,;", "" }, { "Hello, World", "hello|world" },
		{ "don't", "don|t" }, { "a_b-c", "a|b|c" }, { "x1 2y", "x1|2y" },
		{ "Caf\u00e9 CAFE cafe\u0301", "cafe|cafe|cafe" },
		{ "Stra\u00dfe STRASSE", "strasse|strasse" },
		{ "\u0130stanbul", "istanbul" },
		{ "\u041f\u0440\u0438\u0432\u0435\u0442", "\u043f\u0440\u0438\u0432\u0435\u0442" },
		{ "\u03a3\u03b5\u03c2 \u03c3\u03b5\u03c3", "\u03c3\u03b5\u03c3|\u03c3\u03b5\u03c3" },
		{ "\u6771\u4eac tower", "\u6771|\u4eac|tower" }, { "abc\u6771", "abc|\u6771" },
		{ "\ufb01ne", "fine" }, { "\u2167", "viii" }, { "\u00b2", "2" },
		{ "a\xff" "b", "a|b" }, { "\xf0\x9f\x98\x80ok", "ok" }, { "\u0301 x", "x" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char got[200] = "";
		struct doc_words w;

		doc_words_start(&w, rows[i].text, strlen(rows[i].text));
		while (doc_words_next(&w)) {
			if (*got != '\0')
				(void)strcat(got, "|");
			(void)strcat(got, w.word);
			assert_true(w.from < w.to && w.to <= strlen(rows[i].text));
		}
		assert_string_equal(got, rows[i].words);
	}
}

/* Ids of one letter in the order of the alphabet. */
static const char *
letters(const char *list)
{
	char *out = arena_alloc(ar, strlen(list) + 8), *w = out;

	if (*list == '!')
		return list;
	for (char c = 'a'; c <= 'e'; c++)
		if (strchr(list, c) != NULL) {
			*w++ = c;
			*w++ = ' ';
		}
	if (w > out)
		w[-1] = '\0';
	return out;
}

static void
test_found(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "soup", "a b" }, { "SOUP", "a b" }, { "soups", "" }, { "sou*", "a b" },
		{ "s*", "a b c d" }, { "tomato soup", "a b" }, { "soup tomato", "a b" },
		{ "\"tomato soup\"", "a" }, { "\"soup tomato\"", "b" }, { "tomato -soup", "c" },
		{ "tomato -\"tomato soup\"", "b c" }, { "-soup", "" }, { "soup -tomato", "" },
		{ "", "" }, { "   ", "" }, { "!!!", "" }, { "\"\"", "" }, { "\"", "" },
		{ "cafe", "d" }, { "caf\u00e9", "d" }, { "e-mail", "d" }, { "\"e mail\"", "d" },
		{ "mail e", "d" }, { "mail-e", "" }, { "\u6771\u4eac", "c" }, { "\u4eac", "c" },
		{ "\u4eac\u6771", "" }, { "tomato soup tomato", "a b" }, { "fresh basil", "a" },
		{ "basil fresh", "a" }, { "\"basil fresh\"", "" }, { "\"tomato sou*\"", "" },
		/* nothing of these is a query language */
		{ "soup OR basil", "" }, { "soup AND", "" }, { "NEAR(soup tomato)", "" },
		{ "body:soup", "" }, { "^soup", "a b" }, { "soup) OR (basil", "" },
		{ "soup\" OR \"basil", "" }, { "{soup}", "a b" }, { "soup''", "a b" },
		{ "\\soup", "a b" }, { "so*up", "" }, { "*", "" }, { "-*", "" }, { "- soup", "a b" },
	};

	(void)state;
	doc_empty();
	put_doc("{\"id\":\"x\",\"title\":\"before the index\"}");
	FOUND("before", NULL, "!DS_BAD_QUERY");
	index_on("[\"title\",\"tags\",\"o.note\"]");
	FOUND("before", NULL, "x");
	struct writer *w = begin();
	OK(doc_remove(w, ar, &at, "x", &why));
	commit(w);
	FOUND("before", NULL, "");
	put_doc("{\"id\":\"a\",\"title\":\"Tomato soup!\",\"tags\":[\"fresh\",\"basil\"]}");
	put_doc("{\"id\":\"b\",\"title\":\"Soup: tomato\",\"o\":{\"note\":\"simmer\"}}");
	put_doc("{\"id\":\"c\",\"title\":\"salad \u6771\u4eac\",\"tags\":[\"tomato\",5,[\"no\"]]}");
	put_doc("{\"id\":\"d\",\"title\":\"Caf\u00e9 e-mail\",\"o\":{\"note\":\"simple\"},"
	    "\"text\":\"soup\"}");
	put_doc("{\"id\":\"e\",\"title\":7}");
	for (size_t i = 0; i < COUNT(rows); i++)
		if (strcmp(letters(found(rows[i].text, NULL)), rows[i].want) != 0)
			fail_msg("%s: %s %s", rows[i].text, found(rows[i].text, NULL),
			    why.text);
	FOUND("simmer", NULL, "b");
	FOUND("no", NULL, "");
	check_counters();
}

/* Documents under a word of the only index, by the table alone. */
static int64_t
entries(const char *word)
{
	struct reader *rd = patient();
	int64_t n = -1;

	OK(sql_get_int(rd, &n, "SELECT count(*) FROM ft WHERE ft MATCH"
	    " '\"'||(SELECT id FROM ftdef)||'z'||?1||'\"'", "t", word));
	reader_close(rd);
	return n;
}

static void
test_changes(void **state)
{
	int64_t n;
	struct writer *w;

	(void)state;
	doc_empty();
	index_on("\"t\"");
	put_doc("{\"id\":\"a\",\"t\":\"one two\"}");
	OK(try_update("{}", "{\"x\":1}", &n));
	FOUND("one two", NULL, "a");
	OK(try_update("{}", "{\"t\":\"two three\"}", &n));
	FOUND("one", NULL, "");
	FOUND("two three", NULL, "a");
	/* Not only is the document looked at again: the word is gone from the table. */
	assert_int_equal(entries("one"), 0);
	assert_int_equal(entries("two"), 1);
	OK(try_update("{}", "{\"$unset\":{\"t\":1}}", &n));
	FOUND("two", NULL, "");
	OK(try_update("{}", "{\"t\":\"four\"}", &n));
	FOUND("four", NULL, "a");
	assert_int_equal(number("SELECT docs FROM ftdef"), 1);
	assert_int_equal(number("SELECT words FROM ftdef"), 1);
	/* A transaction that is taken back, and a call that fails within one. */
	w = begin();
	OK(doc_update(w, ar, &at, "{}", "{\"t\":\"five\"}", &n, &why));
	writer_abort(w);
	FOUND("four", NULL, "a");
	FOUND("five", NULL, "");
	put_doc("{\"id\":\"b\",\"t\":\"six\",\"n\":\"x\"}");
	w = begin();
	assert_int_equal(doc_update(w, ar, &at, "{}", "{\"t\":\"seven\",\"$inc\":{\"n\":1}}",
	    &n, &why), FZ_DS_BAD_UPDATE);
	commit(w);
	FOUND("four", NULL, "a");
	FOUND("seven", NULL, "");
	/* Other fields, then none. */
	index_on("\"n\"");
	FOUND("six", NULL, "");
	FOUND("x", NULL, "b");
	w = begin();
	OK(doc_drop_index(w, ar, &at, "search", &why));
	assert_int_equal(doc_drop_index(w, ar, &at, "search", &why), FZ_NOT_FOUND);
	commit(w);
	FOUND("x", NULL, "!DS_BAD_QUERY");
	assert_int_equal(number("SELECT count(*) FROM ftdef"), 0);
	put_doc("{\"id\":\"c\",\"n\":\"x\"}");
	index_on("\"n\"");
	index_on("[\"n\"]");
	FOUND("x", NULL, "c b");
	w = begin();
	OK(doc_delete(w, ar, &at, "{}", &n, &why));
	commit(w);
	FOUND("x", NULL, "");
	assert_int_equal(entries("x"), 0);
	assert_int_equal(number("SELECT docs+words FROM ftdef"), 0);
}

static void
test_ranking(void **state)
{
	struct doc_text t;

	(void)state;
	doc_empty();
	index_on("\"t\"");
	put_doc("{\"id\":\"once\",\"t\":\"apple and many other words that are no fruit at all\"}");
	put_doc("{\"id\":\"short\",\"t\":\"apple pie\"}");
	put_doc("{\"id\":\"twice\",\"t\":\"apple apple pie\"}");
	put_doc("{\"id\":\"rare\",\"t\":\"apple quince\"}");
	put_doc("{\"id\":\"none\",\"t\":\"pear\"}");
	assert_string_equal(found("apple*", "{\"limit\":1}"), "twice");
	assert_memory_equal(found("apple", NULL), "twice ", 6);
	assert_string_equal(found("apple", NULL) + strlen(found("apple", NULL)) - 4, "once");
	FOUND("apple", "{\"limit\":1,\"offset\":3}", "once");
	FOUND("apple", "{\"offset\":4}", "");
	FOUND("apple", "{\"limit\":0}", "");
	FOUND("apple", "{\"where\":{\"id\":{\"$in\":[\"once\",\"rare\"]}}}", "rare once");
	FOUND("apple", "{\"where\":{\"$bad\":1}}", "!DS_BAD_QUERY");
	FOUND("apple", "{\"limit\":1001}", "!DS_BAD_QUERY");
	FOUND("apple", "{\"sort\":\"t\"}", "!DS_BAD_QUERY");
	OK(try_search("apple quince", NULL, &t));
	assert_int_equal(t.n, 1);
	assert_non_null(strstr(t.json, "\"score\":"));
	assert_null(strstr(t.json, "\"score\":-"));
	assert_null(strstr(t.json, "highlight"));
}

static const char *
highlight(const char *text)
{
	struct doc_text t;
	const char *p;

	OK(try_search(text, "{\"highlight\":true}", &t));
	p = strstr(t.json, "\"highlight\":");
	assert_non_null(p);
	return arena_strndup(ar, p + 12, strlen(p + 12) - 2);
}

static void
test_highlight(void **state)
{
	struct buf b;

	(void)state;
	doc_empty();
	index_on("[\"t\",\"l\",\"o.n\"]");
	put_doc("{\"id\":\"a\",\"t\":\"<b>Soup</b> & \\\"soup\\\" 'x'\",\"l\":[\"no\",\"hot soup\","
	    "\"soup\"],\"o\":{\"n\":\"broth\"}}");
	assert_string_equal(highlight("soup"), "{\"t\":\"&lt;b&gt;<mark>Soup</mark>&lt;/b&gt; "
	    "&amp; &quot;<mark>soup</mark>&quot; &#39;x&#39;\",\"l\":\"hot <mark>soup</mark>\"}");
	assert_string_equal(highlight("\"hot soup\""),
	    "{\"l\":\"<mark>hot</mark> <mark>soup</mark>\"}");
	assert_string_equal(highlight("bro* -none"), "{\"o.n\":\"<mark>broth</mark>\"}");
	doc_empty();
	index_on("\"t\"");
	buf_init(&b, 1 << 20);
	buf_puts(&b, "{\"id\":\"a\",\"t\":\"");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "word%d%s", i, i == 100 ? " caf\u00e9 " : " ");
	buf_puts(&b, "\"}");
	put_doc(b.data);
	assert_memory_equal(highlight("cafe"), "{\"t\":\"…word93 word94", 20);
	assert_non_null(strstr(highlight("cafe"), "word100 <mark>café</mark> word101"));
	assert_non_null(strstr(highlight("cafe"), "word123…\"}"));
	assert_memory_equal(highlight("word0"), "{\"t\":\"<mark>word0</mark> word1 ", 30);
	assert_non_null(strstr(highlight("word199"), "<mark>word199</mark> \"}"));
	buf_fini(&b);
}

/* The same words in other collections, spaces and apps: seen by none, counted by none. */
static void
test_foreign(void **state)
{
	struct doc_at here = at;
	struct doc_text before, after;

	(void)state;
	doc_empty();
	index_on("\"t\"");
	put_doc("{\"id\":\"mine\",\"t\":\"canary song\"}");
	put_doc("{\"id\":\"also\",\"t\":\"song\"}");
	OK(try_search("canary song", NULL, &before));
	for (int i = 0; i < 3; i++) {
		if (i == 0)
			at.collection = "other";
		else if (i == 1)
			at.space.user = 5;
		else
			at.space.app += 100;
		index_on("\"t\"");
		for (int k = 0; k < 20; k++)
			put_doc("{\"t\":\"canary secret\"}");
		assert_int_equal(strlen(found("canary", NULL)), 20 * 37 - 1);
		at = here;
	}
	FOUND("canary", NULL, "mine");
	FOUND("secret", NULL, "");
	FOUND("s*", NULL, "also mine");
	OK(try_search("canary song", NULL, &after));
	assert_string_equal(before.json, after.json);
	static const char *const forged[] = { "2zcanary", "3z*", "2z", "\"2zsecret\"", "2zs*" };
	for (size_t i = 0; i < COUNT(forged); i++)
		FOUND(forged[i], NULL, "");
	at.session = "s";
	FOUND("canary", NULL, "");
	put_doc("{\"id\":\"in\",\"t\":\"canary\"}");
	FOUND("canary", NULL, "in");
	at = here;
}

static void
test_limits(void **state)
{
	struct buf b;
	char *big;

	(void)state;
	doc_empty();
	index_on("\"t\"");
	put_doc("{\"id\":\"a\",\"t\":\"w\"}");
	buf_init(&b, 10000);
	for (int i = 0; i < 64; i++)
		buf_puts(&b, "w ");
	FOUND(b.data, NULL, "a");
	buf_puts(&b, "w");
	FOUND(b.data, NULL, "!DS_BAD_QUERY");
	buf_reset(&b);
	for (int i = 0; i < 4096; i++)
		buf_putc(&b, 'w');
	FOUND(b.data, NULL, "");
	buf_putc(&b, 'w');
	FOUND(b.data, NULL, "!DS_BAD_QUERY");
	buf_fini(&b);
	/* A word of a megabyte, and a megabyte of words. */
	big = malloc(1000000);
	memset(big, 'x', 999999);
	memcpy(big, "{\"id\":\"b\",\"t\":\"", 15);
	(void)strcpy(big + 999900, "\"}");
	put_doc(big);
	FOUND("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", NULL, "b");
	for (size_t i = 16; i < 999900; i += 2)
		big[i] = ' ';
	big[10] = 'c';
	memcpy(big, "{\"id\":\"c\",\"t\":\"", 15);
	put_doc(big);
	FOUND("x", NULL, "c");
	free(big);
	doc_empty();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words), cmocka_unit_test(test_found),
		cmocka_unit_test(test_changes), cmocka_unit_test(test_ranking),
		cmocka_unit_test(test_highlight), cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, doc_setup, store_teardown);
}
