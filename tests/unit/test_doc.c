/* Documents: what is stored and shown, ids, changes, upsert, deleting, quotas, failures. */
#include "tests/unit/doc_test.h"

#include "base/clock.h"

static void
test_insert(void **state)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{ "{\"id\":\"a\",\"x\":1}", "{\"x\":1}" },
		{ " { \"id\" : \"a\" , \"b\" : [ 1 , 2.50 , -0 , 1e5 ] } ",
		    "{\"b\":[1,2.50,-0,1e5]}" },
		{ "{\"id\":\"a\",\"_createdAt\":5,\"_updatedAt\":6,\"z\":{\"id\":7}}",
		    "{\"z\":{\"id\":7}}" },
		{ "{\"id\":\"a\",\"n\":100000000000000000000,\"f\":0.1,\"g\":1e+21}",
		    "{\"n\":100000000000000000000,\"f\":0.1,\"g\":1e+21}" },
		{ "{\"id\":\"a\",\"s\":\"\\u00e9\\ud83d\\ude00\\n\\u000a\\/\\\"\\u0001\"}",
		    "{\"s\":\"é😀\\n\\n/\\\"\\u0001\"}" },
		{ "{\"id\":\"a\",\"s\":\"\\ud800x\\udc00\"}",
		    "{\"s\":\"\xef\xbf\xbdx\xef\xbf\xbd\"}" },
		{ "{\"id\":\"a\",\"__proto__\":1,\"constructor\":{\"toString\":null}}",
		    "{\"__proto__\":1,\"constructor\":{\"toString\":null}}" },
		{ "{\"id\":\"a\",\"$set\":1,\"a.b\":2,\"\":3}",
		    "{\"$set\":1,\"a.b\":2,\"\":3}" },
		{ "{\"id\":\"a\",\"n\":null,\"e\":{},\"l\":[]}",
		    "{\"n\":null,\"e\":{},\"l\":[]}" },
		{ "{\"id\":\"a\",\"s\":\"x\\u0000y\"}", "{\"s\":\"x\\u0000y\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		doc_empty();
		assert_string_equal(put_doc(rows[i].json), "a");
		assert_string_equal(stored("a"), rows[i].want);
	}
}

static void
test_ids(void **state)
{
	static const struct {
		const char *json, *id;
		enum fz_err err;
	} rows[] = {
		{ "{\"id\":\"x y/é😀\"}", "x y/é😀", FZ_OK },
		{ "{\"id\":\"q\\\"b\\\\\"}", "q\"b\\", FZ_OK },
		{ "{\"id\":42}", "42", FZ_OK },
		{ "{\"id\":-1.5}", "-1.5", FZ_OK },
		{ "{\"id\":\"\"}", NULL, FZ_VALIDATION_FAILED },
		{ "{\"id\":true}", NULL, FZ_VALIDATION_FAILED },
		{ "{\"id\":{}}", NULL, FZ_VALIDATION_FAILED },
		{ "{\"id\":[]}", NULL, FZ_VALIDATION_FAILED },
		{ "{\"id\":\"a\\u0000\"}", NULL, FZ_VALIDATION_FAILED },
		{ "{\"id\":\"a\\n\"}", NULL, FZ_VALIDATION_FAILED },
	};
	const char *id, *other;
	struct doc_text t;
	struct reader *rd;
	char big[600];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		doc_empty();
		assert_int_equal(try_insert(rows[i].json, &id), rows[i].err);
		if (rows[i].err != FZ_OK)
			continue;
		assert_string_equal(id, rows[i].id);
		rd = patient();
		OK(doc_get(rd, ar, &at, id, NULL, &t, &why));
		reader_close(rd);
		assert_int_equal(try_insert(rows[i].json, &other), FZ_DS_DUPLICATE);
		assert_non_null(strstr(why.text, "exists"));
		assert_int_equal(count_of(NULL), 1);
	}
	id = put_doc("{\"id\":null}");
	other = put_doc("{}");
	assert_int_equal(strlen(id), 36);
	assert_int_equal(id[14], '4');
	assert_string_not_equal(id, other);
	memset(big, 'i', sizeof(big));
	memcpy(big, "{\"id\":\"", 7);
	memcpy(big + 7 + DOC_ID_MAX, "\"}", 3);
	assert_string_not_equal(put_doc(big), "");
	memcpy(big + 7 + DOC_ID_MAX, "i\"}", 4);
	assert_int_equal(try_insert(big, &id), FZ_VALIDATION_FAILED);
	check_counters();
}

static void
test_malformed(void **state)
{
	static const char *const rows[] = { "", " ", "null", "[]", "\"a\"", "1", "{", "{]",
		"{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\":1}x",
		"{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}", "{\"a\":1e}",
		"{\"a\":-}", "{\"a\":nul}", "{\"a\":NaN}", "{\"a\":1e999}", "{\"a\":\"x}",
		"{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\\u12g4\"}",
		"{\"a\":\"\n\"}", "{\"a\":1,\"a\":2}", "{\"\\u0061\":1,\"a\":2}",
		"{\"a\":\"\xff\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\\", "{\"a\":[1 2]}",
		"{\"a\":[1,]}", "{,}", "[{}]" };
	const char *id;

	(void)state;
	doc_empty();
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (try_insert(rows[i], &id) != FZ_VALIDATION_FAILED)
			fail_msg("%s", rows[i]);
		assert_string_not_equal(why.text, "");
	}
	assert_int_equal(count_of(NULL), 0);
}

/* {"a":[[[...]]]} */
static char *
nested(int depth)
{
	char *s = arena_alloc(ar, (size_t)depth * 2 + 32), *w = s;

	w = stpcpy(w, "{\"id\":\"n\",\"a\":");
	for (int i = 1; i < depth; i++)
		*w++ = '[';
	for (int i = 1; i < depth; i++)
		*w++ = ']';
	(void)stpcpy(w, "}");
	return s;
}

static void
test_limits(void **state)
{
	size_t room = DOC_BYTES_MAX + 64;
	char *s = malloc(room), name[DOC_COLLECTION_MAX + 2];
	const char *id;
	int64_t n;

	(void)state;
	doc_empty();
	OK(try_insert(nested(64), &id));
	doc_empty();
	assert_int_equal(try_insert(nested(65), &id), FZ_VALIDATION_FAILED);
	/* The stored text may be the limit to the byte. */
	memset(s, 'x', room);
	memcpy(s, "{\"a\":\"", 6);
	memcpy(s + DOC_BYTES_MAX - 2, "\"}", 3);
	OK(try_insert(s, &id));
	memcpy(s + DOC_BYTES_MAX - 2, "x\"}", 4);
	assert_int_equal(try_insert(s, &id), FZ_LIMIT_EXCEEDED);
	/* A change may not grow it past that. */
	assert_int_equal(try_update("{}", "{\"b\":1}", &n), FZ_LIMIT_EXCEEDED);
	assert_int_equal(count_of("{\"b\":1}"), 0);
	free(s);
	memset(name, 'n', sizeof(name));
	name[DOC_COLLECTION_MAX] = '\0';
	at.collection = name;
	OK(try_insert("{}", &id));
	doc_empty();
	name[DOC_COLLECTION_MAX] = 'n';
	name[DOC_COLLECTION_MAX + 1] = '\0';
	assert_int_equal(try_insert("{}", &id), FZ_VALIDATION_FAILED);
	at.collection = "";
	assert_int_equal(try_insert("{}", &id), FZ_VALIDATION_FAILED);
	at.collection = "a\nb";
	assert_int_equal(try_insert("{}", &id), FZ_VALIDATION_FAILED);
	at.collection = "\xff";
	assert_int_equal(try_insert("{}", &id), FZ_VALIDATION_FAILED);
	at.collection = "it's; DROP TABLE doc--";
	OK(try_insert("{}", &id));
	doc_empty();
	at.collection = "c";
	check_counters();
}

static void
test_show(void **state)
{
	struct doc_text t;
	int64_t now = clock_wall_ms();
	char want[200];

	(void)state;
	doc_empty();
	at.now = now;
	put_doc("{\"id\":\"a\",\"x\":{\"y\":[1,2],\"z\":3},\"w\":\"v\"}");
	put_doc("{\"id\":\"e\"}");
	at.now = 0;
	OK(try_find("{\"id\":\"a\"}", NULL, &t));
	(void)snprintf(want, sizeof(want), "[{\"id\":\"a\",\"x\":{\"y\":[1,2],\"z\":3},"
	    "\"w\":\"v\",\"_createdAt\":%lld,\"_updatedAt\":%lld}]", (long long)now,
	    (long long)now);
	assert_string_equal(t.json, want);
	OK(try_find("{\"id\":\"e\"}", NULL, &t));
	(void)snprintf(want, sizeof(want), "[{\"id\":\"e\",\"_createdAt\":%lld,"
	    "\"_updatedAt\":%lld}]", (long long)now, (long long)now);
	assert_string_equal(t.json, want);
	static const struct {
		const char *fields, *want;
	} rows[] = {
		{ "[\"w\"]", "[{\"id\":\"a\",\"w\":\"v\"}]" },
		{ "\"w,x.z\"", "[{\"id\":\"a\",\"x\":{\"z\":3},\"w\":\"v\"}]" },
		{ "[\"x.y.1\"]", "[{\"id\":\"a\",\"x\":{\"y\":[2]}}]" },
		{ "[\"x\",\"x.y\"]", "[{\"id\":\"a\",\"x\":{\"y\":[1,2],\"z\":3}}]" },
		{ "[\"w.q\",\"none\"]", "[{\"id\":\"a\"}]" },
		{ "[\"id\"]", "[{\"id\":\"a\"}]" },
		{ "[]", "[{\"id\":\"a\"}]" },
		{ "{\"w\":1}", "[{\"id\":\"a\",\"w\":\"v\"}]" },
		{ "{\"x\":0,\"_createdAt\":0,\"_updatedAt\":0}",
		    "[{\"id\":\"a\",\"w\":\"v\"}]" },
		{ "{\"x.y\":0,\"id\":0,\"_createdAt\":0,\"_updatedAt\":0}",
		    "[{\"id\":\"a\",\"x\":{\"z\":3},\"w\":\"v\"}]" },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		OK(try_find("{\"id\":\"a\"}",
		    arena_printf(ar, "{\"fields\":%s}", rows[i].fields), &t));
		assert_string_equal(t.json, rows[i].want);
	}
}

static void
test_order(void **state)
{
	(void)state;
	doc_empty();
	IDS(NULL, NULL, "");
	put_doc("{\"id\":\"a\",\"n\":2}");
	put_doc("{\"id\":\"b\",\"n\":1}");
	put_doc("{\"id\":\"c\"}");
	put_doc("{\"id\":\"d\",\"n\":2}");
	IDS(NULL, NULL, "d c b a");
	IDS("{}", "{\"order\":\"asc\"}", "a b c d");
	IDS(NULL, "{\"limit\":2}", "d c");
	IDS(NULL, "{\"limit\":0}", "");
	IDS(NULL, "{\"offset\":1,\"limit\":2}", "c b");
	IDS(NULL, "{\"offset\":9}", "");
	IDS(NULL, "{\"sort\":{\"n\":1}}", "c b d a");
	IDS(NULL, "{\"sort\":\"n\",\"order\":\"asc\"}", "c b a d");
	IDS(NULL, "{\"sort\":\"-n\"}", "d a b c");
	IDS(NULL, "{\"sort\":[\"-n\",\"id\"]}", "a d b c");
	IDS(NULL, "{\"sort\":\"-n,-id\",\"limit\":1}", "d");
	IDS(NULL, "{\"sort\":{\"_createdAt\":1,\"id\":-1},\"limit\":null}", ids(NULL,
	    "{\"sort\":\"_createdAt,-id\"}"));
}

static void
test_cursor(void **state)
{
	const char *opts, *first, *c;
	struct doc_text t;

	(void)state;
	doc_empty();
	for (int i = 0; i < 5; i++)
		put_doc(arena_printf(ar, "{\"id\":\"%d\",\"n\":%d}", i, i % 2));
	OK(try_find(NULL, "{\"limit\":5}", &t));
	assert_null(t.cursor);
	OK(try_find(NULL, "{\"limit\":2}", &t));
	first = t.cursor;
	assert_non_null(first);
	opts = arena_printf(ar, "{\"limit\":2,\"after\":\"%s\"}", first);
	IDS(NULL, opts, "2 1");
	/* Whatever happens to the document it names. */
	struct writer *w = begin();
	OK(doc_remove(w, ar, &at, "3", &why));
	commit(w);
	IDS(NULL, opts, "2 1");
	/* Of another query, sort or order, or of nobody. */
	IDS("{\"n\":1}", opts, "!DS_BAD_QUERY");
	IDS(NULL, arena_printf(ar, "{\"order\":\"asc\",\"after\":\"%s\"}", first),
	    "!DS_BAD_QUERY");
	IDS(NULL, arena_printf(ar, "{\"sort\":\"n\",\"after\":\"%s\"}", first),
	    "!DS_BAD_QUERY");
	at.collection = "other";
	put_doc("{}");
	IDS(NULL, opts, "!DS_BAD_QUERY");
	at.collection = "c";
	static const char *const bad[] = { "", "0", "zz", "00000000000000000000000000000000",
		"ffffffffffffffffffffffffffffffffff" };
	for (size_t i = 0; i < COUNT(bad); i++)
		IDS(NULL, arena_printf(ar, "{\"after\":\"%s\"}", bad[i]), "!DS_BAD_QUERY");
	for (size_t i = 0; first[i] != '\0'; i++) {
		char *wrong = arena_strdup(ar, first);

		wrong[i] = wrong[i] == '0' ? '1' : '0';
		IDS(NULL, arena_printf(ar, "{\"after\":\"%s\"}", wrong), "!DS_BAD_QUERY");
		wrong[i] = '\0';
		IDS(NULL, arena_printf(ar, "{\"after\":\"%s\"}", wrong), "!DS_BAD_QUERY");
	}
	IDS(NULL, "{\"after\":5}", "!DS_BAD_QUERY");
	IDS(NULL, "{\"after\":null,\"limit\":1}", "4");
	OK(try_find(NULL, "{\"sort\":\"n\",\"limit\":2}", &t));
	c = t.cursor;
	IDS(NULL, arena_printf(ar, "{\"sort\":\"n\",\"limit\":2,\"after\":\"%s\"}", c), "0 1");
	at.collection = "other";
	doc_empty();
	at.collection = "c";
}

static void
test_changes(void **state)
{
	static const struct {
		const char *doc, *changes, *want;
	} rows[] = {
		{ "\"x\":1", "{\"x\":2,\"y\":3}", "{\"x\":2,\"y\":3}" },
		{ "\"x\":1", "{}", "{\"x\":1}" },
		{ "\"x\":1", "{\"x\":null}", "{\"x\":null}" },
		{ "\"x\":1,\"y\":2", "{\"$unset\":{\"x\":1,\"none\":1}}", "{\"y\":2}" },
		{ "\"x\":1,\"y\":2", "{\"$unset\":[\"x\",\"y.z\"]}", "{\"y\":2}" },
		{ "\"x\":1", "{\"$inc\":{\"x\":2,\"y\":-1.5,\"z.w\":1}}",
		    "{\"x\":3,\"y\":-1.5,\"z\":{\"w\":1}}" },
		{ "\"x\":null", "{\"$inc\":{\"x\":1}}", "{\"x\":1}" },
		{ "\"x\":0.1", "{\"$inc\":{\"x\":0.2}}", "{\"x\":0.30000000000000004}" },
		{ "\"x\":9007199254740991", "{\"$inc\":{\"x\":1}}",
		    "{\"x\":9007199254740992}" },
		{ "\"x\":1e308", "{\"$inc\":{\"x\":1e308}}", "!" },
		{ "\"x\":\"1\"", "{\"$inc\":{\"x\":1}}", "!" },
		{ "\"x\":true", "{\"$inc\":{\"x\":1}}", "!" },
		{ "\"x\":1", "{\"$inc\":{\"x\":\"1\"}}", "!" },
		{ "\"x\":1", "{\"a.b.c\":2}", "{\"x\":1,\"a\":{\"b\":{\"c\":2}}}" },
		{ "\"a\":{\"b\":1,\"c\":2}", "{\"$set\":{\"a.b\":{\"d\":3}}}",
		    "{\"a\":{\"b\":{\"d\":3},\"c\":2}}" },
		{ "\"a\":null", "{\"a.b\":1}", "{\"a\":{\"b\":1}}" },
		{ "\"a\":5", "{\"a.b\":1}", "!" },
		{ "\"a\":\"s\"", "{\"$inc\":{\"a.b\":1}}", "!" },
		{ "\"a\":[1,2]", "{\"a.1\":9,\"a.2\":3}", "{\"a\":[1,9,3]}" },
		{ "\"a\":[1,2]", "{\"a.3\":9}", "!" },
		{ "\"a\":[1,2]", "{\"a.01\":9}", "!" },
		{ "\"a\":[1,2]", "{\"a.x\":9}", "!" },
		{ "\"a\":[{\"b\":1}]", "{\"$inc\":{\"a.0.b\":1}}", "{\"a\":[{\"b\":2}]}" },
		{ "\"a\":[1,2,3]", "{\"$unset\":{\"a.1\":1}}", "{\"a\":[1,null,3]}" },
		{ "\"a\":{}", "{\"a.0\":1}", "{\"a\":{\"0\":1}}" },
		{ "\"x\":1", "{\"id\":\"z\",\"_createdAt\":1,\"_updatedAt\":2,\"id.q\":1}",
		    "{\"x\":1}" },
		{ "\"x\":1", "{\"$set\":{\"id\":1},\"$unset\":{\"id\":1},\"$inc\":{\"id\":1}}",
		    "{\"x\":1}" },
		{ "\"x\":1", "{\"y\":1,\"$inc\":{\"x\":1,\"y\":1},\"$set\":{\"z\":1},"
		    "\"$unset\":{\"z\":1}}", "{\"x\":2,\"y\":2}" },
		{ "\"x\":1", "{\"__proto__\":1,\"constructor\":2}",
		    "{\"x\":1,\"__proto__\":1,\"constructor\":2}" },
		{ "\"x\":1", "{\"y\":{\"$gt\":1}}", "{\"x\":1,\"y\":{\"$gt\":1}}" },
		{ "\"x\":1", "{\"$push\":{\"x\":1}}", "!" },
		{ "\"x\":1", "{\"$set\":1}", "!" },
		{ "\"x\":1", "{\"$inc\":[\"x\"]}", "!" },
		{ "\"x\":1", "{\"$unset\":[1]}", "!" },
		{ "\"x\":1", "{\"bad name\":1}", "!" },
		{ "\"x\":1", "{\"a..b\":1}", "!" },
		{ "\"x\":1", "{\"\":1}", "!" },
		{ "\"x\":1", "[]", "!" },
		{ "\"x\":1", "5", "!" },
		{ "\"x\":1", "{", "!" },
	};
	int64_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool bad = *rows[i].want == '!';

		doc_empty();
		put_doc(arena_printf(ar, "{\"id\":\"a\",%s}", rows[i].doc));
		if (try_update("{\"id\":\"a\"}", rows[i].changes, &n) !=
		    (bad ? FZ_DS_BAD_UPDATE : FZ_OK))
			fail_msg("%s: %s", rows[i].changes, why.text);
		if (bad)
			assert_string_not_equal(why.text, "");
		else
			assert_int_equal(n, 1);
		assert_string_equal(stored("a"), bad ?
		    arena_printf(ar, "{%s}", rows[i].doc) : rows[i].want);
	}
	check_counters();
}

static enum fz_err
many(struct writer *w, const char *json, const char **list)
{
	return doc_insert_many(w, ar, &at, json, strlen(json), list, &why);
}

/* A failing change takes back what it did to others, also inside a longer transaction. */
static void
test_all_or_none(void **state)
{
	struct writer *w;
	const char *list, *id;
	int64_t n;

	(void)state;
	doc_empty();
	OK(try_index("\"x\"", NULL, &id));
	OK(try_index("\"u\"", "{\"unique\":true}", &id));
	put_doc("{\"id\":\"a\",\"x\":1,\"u\":1}");
	put_doc("{\"id\":\"b\",\"x\":\"s\",\"u\":2}");
	w = begin();
	OK(doc_insert(w, ar, &at, "{\"id\":\"c\",\"x\":5}", strlen("{\"id\":\"c\",\"x\":5}"), &id, &why));
	assert_int_equal(doc_update(w, ar, &at, "{}", "{\"$inc\":{\"x\":1}}", &n, &why),
	    FZ_DS_BAD_UPDATE);
	assert_int_equal(doc_update(w, ar, &at, "{}", "{\"u\":7}", &n, &why),
	    FZ_DS_DUPLICATE);
	assert_int_equal(many(w, "[{\"x\":8},{\"u\":3},{\"u\":3}]", &list), FZ_DS_DUPLICATE);
	assert_non_null(strstr(why.text, "\"u\""));
	assert_int_equal(many(w, "[{\"x\":8},5]", &list),
	    FZ_VALIDATION_FAILED);
	assert_int_equal(many(w, "[{\"x\":8},{]", &list),
	    FZ_VALIDATION_FAILED);
	assert_int_equal(many(w, "{\"x\":8}", &list),
	    FZ_VALIDATION_FAILED);
	OK(doc_insert(w, ar, &at, "{\"id\":\"d\",\"x\":6}", strlen("{\"id\":\"d\",\"x\":6}"), &id, &why));
	commit(w);
	IDS("{\"x\":{\"$gt\":0}}", NULL, "d c a");
	IDS("{\"x\":1}", NULL, "a");
	IDS(NULL, NULL, "d c b a");
	assert_string_equal(stored("a"), "{\"x\":1,\"u\":1}");
	check_counters();
	/* And the transaction as a whole. */
	w = begin();
	OK(doc_delete(w, ar, &at, "{}", &n, &why));
	assert_int_equal(n, 4);
	writer_abort(w);
	IDS(NULL, NULL, "d c b a");
	check_counters();
}

static void
test_insert_many(void **state)
{
	struct writer *w = begin();
	const char *list;
	struct buf b;

	(void)state;
	commit(w);
	doc_empty();
	w = begin();
	OK(many(w, "[]", &list));
	assert_string_equal(list, "[]");
	OK(many(w, " [ {\"id\":\"a\\\"\"} , {\"id\":2} ] ", &list));
	assert_string_equal(list, "[\"a\\\"\",\"2\"]");
	buf_init(&b, 100000);
	buf_putc(&b, '[');
	for (int i = 0; i < DOC_MANY_MAX; i++)
		buf_puts(&b, i > 0 ? ",{}" : "{}");
	buf_putc(&b, ']');
	OK(doc_insert_many(w, ar, &at, b.data, b.len, &list, &why));
	b.data[b.len - 1] = ',';
	buf_puts(&b, "{}]");
	assert_int_equal(doc_insert_many(w, ar, &at, b.data, b.len, &list, &why),
	    FZ_LIMIT_EXCEEDED);
	buf_fini(&b);
	commit(w);
	assert_int_equal(count_of(NULL), DOC_MANY_MAX + 2);
	check_counters();
}

static enum fz_err
upsert(const char *query, const char *changes, const char **id, bool *inserted)
{
	struct writer *w = begin();
	enum fz_err err = doc_upsert(w, ar, &at, query, changes, id, inserted, &why);

	commit(w);
	return err;
}

static void
test_upsert(void **state)
{
	const char *id, *again;
	bool inserted;

	(void)state;
	doc_empty();
	OK(upsert("{\"k\":\"a\",\"n.x\":5,\"z\":{\"$gt\":3},\"e\":{\"$eq\":[1]},"
	    "\"o\":null}", "{\"$inc\":{\"hits\":1},\"t\":\"new\"}", &id, &inserted));
	assert_true(inserted);
	assert_string_equal(stored(id), "{\"k\":\"a\",\"n\":{\"x\":5},\"e\":[1],\"hits\":1,"
	    "\"t\":\"new\"}");
	OK(upsert("{\"k\":\"a\"}", "{\"$inc\":{\"hits\":1}}", &again, &inserted));
	assert_false(inserted);
	assert_string_equal(again, id);
	assert_int_equal(count_of("{\"hits\":2}"), 1);
	OK(upsert("{\"id\":\"my\\\"id\",\"_createdAt\":4}", "{\"x\":1}", &id, &inserted));
	assert_true(inserted);
	assert_string_equal(id, "my\"id");
	OK(upsert("{\"$and\":[{\"id\":7},{\"w\":1}]}", "{}", &id, &inserted));
	assert_string_equal(id, "7");
	assert_string_equal(stored("7"), "{\"w\":1}");
	/* It is there but does not match: the id is taken. */
	assert_int_equal(upsert("{\"id\":7,\"w\":2}", "{}", &id, &inserted),
	    FZ_DS_DUPLICATE);
	put_doc("{\"k\":\"a\"}");
	assert_int_equal(upsert("{\"k\":\"a\"}", "{\"x\":1}", &id, &inserted),
	    FZ_DS_BAD_QUERY);
	assert_int_equal(upsert("{\"a\":1,\"a.b\":2}", "{}", &id, &inserted),
	    FZ_DS_BAD_UPDATE);
	assert_int_equal(count_of(NULL), 4);
	check_counters();
}

static int64_t
oldest(int64_t keep)
{
	struct writer *w = begin();
	int64_t n = -1;

	OK(doc_delete_oldest(w, ar, &at, keep, &n, &why));
	commit(w);
	return n;
}

static void
test_delete(void **state)
{
	struct writer *w;
	int64_t n;

	(void)state;
	doc_empty();
	for (int i = 0; i < 10; i++)
		put_doc(arena_printf(ar, "{\"id\":\"%d\",\"n\":%d}", i, i % 3));
	w = begin();
	OK(doc_delete(w, ar, &at, "{\"n\":0}", &n, &why));
	assert_int_equal(n, 4);
	OK(doc_delete(w, ar, &at, "{\"n\":0}", &n, &why));
	assert_int_equal(n, 0);
	OK(doc_remove(w, ar, &at, "8", &why));
	assert_int_equal(doc_remove(w, ar, &at, "8", &why), FZ_NOT_FOUND);
	assert_int_equal(doc_remove(w, ar, &at, "", &why), FZ_NOT_FOUND);
	commit(w);
	IDS(NULL, NULL, "7 5 4 2 1");
	assert_int_equal(oldest(9), 0);
	assert_int_equal(oldest(3), 2);
	IDS(NULL, NULL, "7 5 4");
	assert_int_equal(oldest(0), 3);
	assert_int_equal(oldest(0), 0);
	at.collection = "never";
	assert_int_equal(oldest(0), 0);
	assert_int_equal(count_of(NULL), 0);
	w = begin();
	OK(doc_delete(w, ar, &at, NULL, &n, &why));
	assert_int_equal(n, 0);
	assert_int_equal(doc_remove(w, ar, &at, "x", &why), FZ_NOT_FOUND);
	commit(w);
	at.collection = "c";
	assert_int_equal(number("SELECT count(*) FROM collection WHERE name='never'"), 0);
	check_counters();
}

static enum fz_err
put_id(struct writer *w, const char *id, const char *json, int64_t created,
    int64_t updated)
{
	return doc_put(w, ar, &at, id, json, strlen(json), created, updated, &why);
}

static void
test_put_walk(void **state)
{
	struct writer *w;
	struct reader *rd;
	struct doc_row *v;
	size_t n;

	(void)state;
	doc_empty();
	w = begin();
	OK(put_id(w, "p\"", "{\"id\":\"other\",\"a\":1}", 100, 200));
	OK(put_id(w, "q", "{\"_updatedAt\":7}", 0, 0));
	OK(put_id(w, "p\"", "{\"a\":2}", 0, 300));
	assert_int_equal(put_id(w, "", "{}", 0, 0),
	    FZ_VALIDATION_FAILED);
	assert_int_equal(put_id(w, "r", "[]", 0, 0),
	    FZ_VALIDATION_FAILED);
	assert_int_equal(put_id(w, "r", "{", 0, 0),
	    FZ_VALIDATION_FAILED);
	commit(w);
	rd = patient();
	OK(doc_walk(rd, ar, &at, 0, 1, &v, &n));
	assert_int_equal(n, 1);
	assert_string_equal(v[0].id, "p\"");
	assert_string_equal(v[0].json, "{\"a\":2}");
	assert_int_equal(v[0].created, 100);
	assert_int_equal(v[0].updated, 300);
	OK(doc_walk(rd, ar, &at, v[0].rid, 10, &v, &n));
	assert_int_equal(n, 1);
	assert_string_equal(v[0].id, "q");
	assert_true(v[0].created > 1000);
	OK(doc_walk(rd, ar, &at, v[0].rid, 10, &v, &n));
	assert_int_equal(n, 0);
	reader_close(rd);
	check_counters();
}

static void
test_quota(void **state)
{
	const char *id;
	int64_t n;

	(void)state;
	doc_empty();
	quota.docs = 2;
	put_doc("{\"id\":\"a\"}");
	put_doc("{\"id\":\"b\"}");
	assert_int_equal(try_insert("{}", &id), FZ_QUOTA_EXCEEDED);
	assert_non_null(strstr(why.text, "2"));
	OK(try_update("{}", "{\"x\":1}", &n));
	struct writer *w = begin();
	bool inserted;
	assert_int_equal(doc_upsert(w, ar, &at, "{\"x\":2}", "{}", &id, &inserted, &why),
	    FZ_QUOTA_EXCEEDED);
	OK(doc_remove(w, ar, &at, "a", &why));
	commit(w);
	put_doc("{}");
	quota.docs = 100;
	quota.disk_bytes = 200;
	assert_int_equal(try_update("{\"id\":\"b\"}", arena_printf(ar, "{\"x\":\"%0200d\"}", 1),
	    &n), FZ_QUOTA_EXCEEDED);
	assert_int_equal(try_insert(arena_printf(ar, "{\"x\":\"%0200d\"}", 1), &id),
	    FZ_QUOTA_EXCEEDED);
	OK(try_update("{\"id\":\"b\"}", "{\"x\":5}", &n));
	quota_read(NULL, &quota);
	check_counters();
}

/* Spaces, apps and sessions do not see each other. */
static void
test_spaces(void **state)
{
	struct doc_at here = at;
	int64_t n;

	(void)state;
	doc_empty();
	put_doc("{\"id\":\"same\",\"v\":1}");
	at.space.user = 7;
	put_doc("{\"id\":\"same\",\"v\":2}");
	assert_int_equal(count_of("{\"v\":1}"), 0);
	OK(try_update("{}", "{\"v\":3}", &n));
	assert_int_equal(n, 1);
	at = here;
	at.space.app += 1000;
	put_doc("{\"id\":\"same\",\"v\":4}");
	assert_int_equal(count_of(NULL), 1);
	struct writer *w = begin();
	OK(doc_delete(w, ar, &at, NULL, &n, &why));
	assert_int_equal(n, 1);
	commit(w);
	at = here;
	assert_int_equal(count_of("{\"v\":1}"), 1);
	at.space.user = 7;
	assert_int_equal(count_of("{\"v\":3}"), 1);
	doc_empty();
	at = here;
}

static void
test_session(void **state)
{
	const char *id;
	bool inserted;
	int64_t n;
	struct doc_text t;
	struct reader *rd;

	(void)state;
	doc_empty();
	put_doc("{\"id\":\"x\",\"session\":\"b\"}");
	put_doc("{\"id\":\"y\"}");
	at.session = "a\"q";
	put_doc("{\"id\":\"1\",\"session\":\"b\"}");
	put_doc("{\"id\":\"2\"}");
	assert_string_equal(stored("1"), "{\"session\":\"a\\\"q\"}");
	IDS(NULL, NULL, "2 1");
	IDS("{\"$or\":[{\"id\":\"x\"},{\"id\":\"1\"}]}", NULL, "1");
	IDS("{\"session\":\"b\"}", NULL, "");
	assert_int_equal(count_of(NULL), 2);
	rd = patient();
	assert_int_equal(doc_get(rd, ar, &at, "x", NULL, &t, &why), FZ_NOT_FOUND);
	OK(doc_get(rd, ar, &at, "1", NULL, &t, &why));
	reader_close(rd);
	OK(try_update("{}", "{\"session\":\"b\",\"v\":1,\"$unset\":{\"session\":1}}", &n));
	assert_int_equal(n, 2);
	IDS("{\"v\":1}", NULL, "2 1");
	OK(upsert("{\"k\":1}", "{}", &id, &inserted));
	assert_true(inserted);
	assert_int_equal(count_of(NULL), 3);
	assert_int_equal(oldest(1), 2);
	struct writer *w = begin();
	OK(doc_delete(w, ar, &at, "{\"id\":\"x\"}", &n, &why));
	assert_int_equal(n, 0);
	OK(doc_delete(w, ar, &at, "{}", &n, &why));
	assert_int_equal(n, 1);
	commit(w);
	at.session = NULL;
	IDS(NULL, NULL, "y x");
	check_counters();
}

static void
test_too_much(void **state)
{
	struct doc_text t;
	struct writer *w;
	const char *list;
	char *big;
	struct buf b;

	(void)state;
	doc_empty();
	buf_init(&b, 100000);
	buf_puts(&b, "[{}");
	for (int i = 1; i < DOC_MANY_MAX; i++)
		buf_puts(&b, ",{}");
	buf_putc(&b, ']');
	w = begin();
	for (int i = 0; i < DOC_ROWS_MAX / DOC_MANY_MAX; i++)
		OK(doc_insert_many(w, ar, &at, b.data, b.len, &list, &why));
	commit(w);
	buf_fini(&b);
	OK(try_find(NULL, NULL, &t));
	assert_int_equal(t.n, DOC_ROWS_MAX);
	put_doc("{}");
	IDS(NULL, NULL, "!LIMIT_EXCEEDED");
	IDS(NULL, "{\"sort\":\"x\"}", "!LIMIT_EXCEEDED");
	OK(try_find(NULL, "{\"limit\":10001}", &t));
	assert_int_equal(t.n, DOC_ROWS_MAX + 1);
	doc_empty();
	big = malloc(1000100);
	memset(big, 'x', 1000100);
	memcpy(big, "{\"a\":\"", 6);
	memcpy(big + 1000000, "\"}", 3);
	for (int i = 0; i < 16; i++)
		put_doc(big);
	OK(try_find(NULL, NULL, &t));
	put_doc(big);
	IDS(NULL, NULL, "!LIMIT_EXCEEDED");
	IDS(NULL, "{\"limit\":17}", "!LIMIT_EXCEEDED");
	OK(try_find(NULL, "{\"fields\":[\"id\"],\"sort\":\"-a\"}", &t));
	assert_int_equal(t.n, 17);
	free(big);
	doc_empty();
	check_counters();
}

/* Time is over before the work is: nothing of it stays. */
static void
test_deadline(void **state)
{
	struct writer *w;
	struct reader *rd;
	struct doc_text t;
	const char *list;
	int64_t n;
	struct buf b;

	(void)state;
	doc_empty();
	buf_init(&b, 100000);
	buf_puts(&b, "[{\"v\":1}");
	for (int i = 1; i < DOC_MANY_MAX; i++)
		buf_puts(&b, ",{\"v\":1}");
	buf_putc(&b, ']');
	w = begin();
	OK(doc_insert_many(w, ar, &at, b.data, b.len, &list, &why));
	commit(w);
	at.deadline = clock_mono_ms() - 1;
	w = begin();
	assert_int_equal(doc_update(w, ar, &at, "{}", "{\"v\":2}", &n, &why), FZ_TIMEOUT);
	assert_int_equal(doc_insert_many(w, ar, &at, b.data, b.len, &list, &why),
	    FZ_TIMEOUT);
	assert_int_equal(doc_delete(w, ar, &at, "{}", &n, &why), FZ_TIMEOUT);
	commit(w);
	rd = patient();
	assert_int_equal(doc_find(rd, ar, &at, "{\"v\":9}", NULL, &t, &why), FZ_TIMEOUT);
	reader_close(rd);
	at.deadline = clock_mono_ms() + PATIENCE_MS;
	buf_fini(&b);
	assert_int_equal(count_of("{\"v\":1}"), DOC_MANY_MAX);
	check_counters();
	doc_empty();
}

static void
test_collections(void **state)
{
	struct doc_collection *v;
	struct reader *rd;
	const char *id;
	char name[32];
	size_t n;

	(void)state;
	doc_empty();
	OK(try_index("[\"a\",\"b\"]", "{\"unique\":true,\"name\":\"q\\\"n\"}", &id));
	put_doc("{\"id\":\"x\"}");
	at.space.user = 3;
	at.collection = "mine";
	put_doc("{}");
	rd = patient();
	OK(doc_collections(rd, ar, (struct space){ at.space.app, -1 }, &v, &n));
	assert_int_equal(n, 2);
	assert_string_equal(v[0].name, "c");
	assert_int_equal(v[0].count, 1);
	assert_int_equal(v[0].bytes, 3);
	assert_string_equal(v[0].indexes,
	    "[{\"name\":\"q\\\"n\",\"fields\":[\"a\",\"b\"],\"unique\":true}]");
	assert_int_equal(v[1].user, 3);
	assert_string_equal(v[1].indexes, "[]");
	OK(doc_collections(rd, ar, (struct space){ at.space.app, 3 }, &v, &n));
	assert_int_equal(n, 1);
	reader_close(rd);
	/* A space may be full of them; then an empty one serves again. */
	at.space.user = 4;
	at.collection = name;
	for (int i = 0; i < DOC_COLLECTIONS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		put_doc("{}");
	}
	(void)snprintf(name, sizeof(name), "one more");
	assert_int_equal(try_insert("{}", &id), FZ_LIMIT_EXCEEDED);
	(void)snprintf(name, sizeof(name), "n5");
	doc_empty();
	(void)snprintf(name, sizeof(name), "one more");
	put_doc("{\"id\":\"new\"}");
	IDS(NULL, NULL, "new");
	assert_int_equal(number("SELECT count(*) FROM collection WHERE user=4"),
	    DOC_COLLECTIONS_MAX);
	for (int i = 0; i < DOC_COLLECTIONS_MAX; i++) {
		(void)snprintf(name, sizeof(name), i == 5 ? "one more" : "n%d", i);
		doc_empty();
	}
	at.collection = "mine";
	at.space.user = 3;
	doc_empty();
	at.space.user = 0;
	at.collection = "c";
	check_counters();
}

static int64_t
sweep_docs(int64_t max)
{
	int64_t all = 0, n;

	do {
		struct writer *w = begin();

		OK(doc_sweep(w, ar, max, &n));
		commit(w);
		all += n;
		assert_true(n <= max + 1);
	} while (n > 0);
	return all;
}

static void
test_sweep(void **state)
{
	struct doc_at here = at;
	struct writer *w;
	const char *id;

	(void)state;
	doc_empty();
	(void)sweep_docs(1000);
	put_doc("{\"id\":\"keep\",\"t\":\"word\"}");
	at.space.user = 9;
	OK(try_index("\"a\"", NULL, &id));
	w = begin();
	OK(doc_search_index(w, ar, &at, "\"t\"", &why));
	commit(w);
	for (int i = 0; i < 25; i++)
		put_doc("{\"a\":[1,2,3],\"t\":\"word\"}");
	assert_int_equal(number("SELECT count(*) FROM ft WHERE ft MATCH '\"'||"
	    "(SELECT id FROM ftdef)||'zword\"'"), 25);
	w = begin();
	OK(doc_disown(w, 9));
	OK(doc_disown(w, 0));
	commit(w);
	assert_int_equal(count_of(NULL), 0);
	assert_int_equal(number("SELECT docs FROM holding"), 1);
	assert_int_equal(number("SELECT count(*) FROM doc"), 26);
	assert_true(sweep_docs(10) > 100);
	assert_int_equal(number("SELECT count(*) FROM doc"), 1);
	assert_int_equal(number("SELECT count(*) FROM dx"), 0);
	assert_int_equal(number("SELECT count(*) FROM dxgone"), 0);
	assert_int_equal(number("SELECT count(*) FROM ftdef"), 0);
	at = here;
	assert_int_equal(count_of(NULL), 1);
	/* An app without its row: all of it. */
	at.space.app += 500;
	put_doc("{}");
	assert_int_equal(sweep_docs(10), 0);
	w = begin();
	OK(sql_run(w, "INSERT INTO garbage_app VALUES(?1)", "i", at.space.app));
	commit(w);
	assert_int_equal(sweep_docs(10), 2);
	at = here;
	assert_int_equal(count_of(NULL), 1);
	assert_int_equal(sweep_docs(10), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_insert), cmocka_unit_test(test_ids),
		cmocka_unit_test(test_malformed), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_show), cmocka_unit_test(test_order),
		cmocka_unit_test(test_cursor), cmocka_unit_test(test_changes),
		cmocka_unit_test(test_all_or_none), cmocka_unit_test(test_insert_many),
		cmocka_unit_test(test_upsert), cmocka_unit_test(test_delete),
		cmocka_unit_test(test_put_walk), cmocka_unit_test(test_quota),
		cmocka_unit_test(test_spaces), cmocka_unit_test(test_session),
		cmocka_unit_test(test_too_much), cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_collections), cmocka_unit_test(test_sweep),
	};

	return cmocka_run_group_tests(tests, doc_setup, store_teardown);
}
