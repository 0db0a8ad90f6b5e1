/* Queries and options: what every operator means, every malformed form, the limits. */
#include "tests/unit/doc_test.h"

/* One document, one query. */
static void
test_terms(void **state)
{
	static const struct {
		const char *doc, *query;
		bool match;
	} rows[] = {
		/* equality */
		{ "{\"a\":1}", "{\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":1.0}", true },
		{ "{\"a\":1e0}", "{\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":2}", false },
		{ "{\"a\":0}", "{\"a\":-0}", true },
		{ "{\"a\":100000000000000000000}", "{\"a\":1e20}", true },
		{ "{\"a\":true}", "{\"a\":1}", true },
		{ "{\"a\":0}", "{\"a\":false}", true },
		{ "{\"a\":true}", "{\"a\":2}", false },
		{ "{\"a\":\"1\"}", "{\"a\":1}", false },
		{ "{\"a\":\"x\"}", "{\"a\":\"x\"}", true },
		{ "{\"a\":\"x\"}", "{\"a\":\"\\u0078\"}", true },
		{ "{\"a\":\"x\\n\"}", "{\"a\":\"x\\u000a\"}", true },
		{ "{\"a\":\"\\u0000b\"}", "{\"a\":\"\\u0000b\"}", true },
		{ "{\"a\":\"\"}", "{\"a\":null}", false },
		{ "{\"a\":null}", "{\"a\":null}", true },
		{ "{}", "{\"a\":null}", true },
		{ "{\"a\":0}", "{\"a\":null}", false },
		{ "{\"a\":[]}", "{\"a\":null}", false },
		{ "{\"a\":[1,\"x\",[true]]}", "{\"a\":[1,\"x\",[1]]}", true },
		{ "{\"a\":[1,2]}", "{\"a\":[2,1]}", false },
		{ "{\"a\":[1]}", "{\"a\":[1,2]}", false },
		{ "{\"a\":[1]}", "{\"a\":1}", false },
		{ "{\"a\":{\"x\":1,\"y\":[2]}}", "{\"a\":{\"y\":[2],\"x\":1}}", true },
		{ "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"x\":1}}", false },
		{ "{\"a\":{\"x\":1,\"y\":null}}", "{\"a\":{\"x\":1,\"z\":null}}", true },
		{ "{\"a\":{}}", "{\"a\":{}}", true },
		{ "{\"a\":{}}", "{\"a\":[]}", false },
		{ "{\"a\":{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5}}",
		    "{\"a\":{\"e\":5,\"d\":4,\"c\":3,\"b\":2,\"a\":1}}", true },
		{ "{\"a\":{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5}}",
		    "{\"a\":{\"e\":5,\"d\":4,\"c\":3,\"b\":2,\"f\":1}}", false },
		/* paths */
		{ "{\"a\":{\"b\":{\"c\":1}}}", "{\"a.b.c\":1}", true },
		{ "{\"a\":{\"b\":1}}", "{\"a.b.c\":1}", false },
		{ "{\"a\":{\"b\":1}}", "{\"a.b.c\":null}", true },
		{ "{\"a.b\":1}", "{\"a.b\":1}", false },
		{ "{\"a\":[5,{\"b\":6}]}", "{\"a.0\":5,\"a.1.b\":6}", true },
		{ "{\"a\":[5]}", "{\"a.1\":null}", true },
		{ "{\"a\":[5]}", "{\"a.00\":5}", false },
		{ "{\"a\":{\"0\":5}}", "{\"a.0\":5}", true },
		{ "{\"a\":[{\"b\":1}]}", "{\"a.b\":1}", false },
		{ "{\"a-b_c\":1}", "{\"a-b_c\":1}", true },
		{ "{\"__proto__\":1}", "{\"__proto__\":1}", true },
		{ "{}", "{\"constructor\":null}", true },
		{ "{\"x\":\"{\\\"a\\\":1}\"}", "{\"a\":1}", false },
		{ "{\"x\":\",\\\"a\\\":1\"}", "{\"a\":1}", false },
		{ "{\"b\":{\"a\":1}}", "{\"a\":1}", false },
		/* order */
		{ "{\"a\":2}", "{\"a\":{\"$gt\":1}}", true },
		{ "{\"a\":1}", "{\"a\":{\"$gt\":1}}", false },
		{ "{\"a\":1}", "{\"a\":{\"$gte\":1}}", true },
		{ "{\"a\":10}", "{\"a\":{\"$lt\":9}}", false },
		{ "{\"a\":\"10\"}", "{\"a\":{\"$lt\":\"9\"}}", true },
		{ "{\"a\":\"10\"}", "{\"a\":{\"$lt\":11}}", false },
		{ "{\"a\":5}", "{\"a\":{\"$gt\":\"\"}}", false },
		{ "{\"a\":\"a\\n\"}", "{\"a\":{\"$lt\":\"a!\"}}", true },
		{ "{\"a\":\"z\"}", "{\"a\":{\"$lt\":\"é\"}}", true },
		{ "{\"a\":\"\\uff00\"}", "{\"a\":{\"$lt\":\"\\ud83d\\ude00\"}}", true },
		{ "{\"a\":\"ab\"}", "{\"a\":{\"$gt\":\"a\",\"$lte\":\"ab\"}}", true },
		{ "{\"a\":true}", "{\"a\":{\"$gt\":0}}", true },
		{ "{\"a\":null}", "{\"a\":{\"$lt\":1}}", false },
		{ "{}", "{\"a\":{\"$gte\":null}}", false },
		{ "{\"a\":[2]}", "{\"a\":{\"$gt\":1}}", false },
		{ "{\"a\":2}", "{\"a\":{\"$gt\":[1]}}", false },
		/* the rest */
		{ "{\"a\":1}", "{\"a\":{\"$ne\":2}}", true },
		{ "{}", "{\"a\":{\"$ne\":2}}", true },
		{ "{}", "{\"a\":{\"$ne\":null}}", false },
		{ "{\"a\":1}", "{\"a\":{\"$in\":[\"x\",true]}}", true },
		{ "{}", "{\"a\":{\"$in\":[1,null]}}", true },
		{ "{\"a\":1}", "{\"a\":{\"$in\":[]}}", false },
		{ "{\"a\":1}", "{\"a\":{\"$nin\":[]}}", true },
		{ "{}", "{\"a\":{\"$nin\":[1]}}", true },
		{ "{\"a\":[1,\"x\"]}", "{\"a\":{\"$contains\":\"x\"}}", true },
		{ "{\"a\":[1,\"xy\"]}", "{\"a\":{\"$contains\":\"x\"}}", false },
		{ "{\"a\":[1]}", "{\"a\":{\"$contains\":true}}", true },
		{ "{\"a\":[[1],{\"b\":2}]}", "{\"a\":{\"$contains\":{\"b\":2}}}", true },
		{ "{\"a\":\"hello\"}", "{\"a\":{\"$contains\":\"ell\"}}", true },
		{ "{\"a\":\"tab\\there\"}", "{\"a\":{\"$contains\":\"\\th\"}}", true },
		{ "{\"a\":\"tab\\there\"}", "{\"a\":{\"$contains\":\"there\"}}", false },
		{ "{\"a\":\"x\"}", "{\"a\":{\"$contains\":\"\"}}", true },
		{ "{\"a\":\"1\"}", "{\"a\":{\"$contains\":1}}", false },
		{ "{\"a\":{\"b\":1}}", "{\"a\":{\"$contains\":\"b\"}}", false },
		{ "{\"a\":0}", "{\"a\":{\"$exists\":true}}", true },
		{ "{\"a\":null}", "{\"a\":{\"$exists\":true}}", false },
		{ "{}", "{\"a\":{\"$exists\":false}}", true },
		{ "{\"a\":\"hello\"}", "{\"a\":{\"$prefix\":\"hel\"}}", true },
		{ "{\"a\":\"hello\"}", "{\"a\":{\"$prefix\":\"ello\"}}", false },
		{ "{\"a\":\"he\"}", "{\"a\":{\"$prefix\":\"hel\"}}", false },
		{ "{\"a\":\"\\\"q\"}", "{\"a\":{\"$prefix\":\"\\\"\"}}", true },
		{ "{\"a\":[\"h\"]}", "{\"a\":{\"$prefix\":\"h\"}}", false },
		{ "{\"a\":5}", "{\"a\":{\"$not\":{\"$gt\":9}}}", true },
		{ "{}", "{\"a\":{\"$not\":{\"$gt\":9}}}", true },
		{ "{\"a\":10}", "{\"a\":{\"$not\":{\"$gt\":9,\"$lt\":12}}}", false },
		{ "{\"a\":1,\"b\":2}", "{\"$or\":[{\"a\":2},{\"b\":2}]}", true },
		{ "{\"a\":1,\"b\":2}", "{\"$or\":[{\"a\":2},{\"b\":1}]}", false },
		{ "{\"a\":1,\"b\":2}", "{\"$and\":[{\"a\":1},{\"b\":1}]}", false },
		{ "{\"a\":1}", "{\"$and\":[{\"a\":{\"$gt\":0}},{\"a\":{\"$lt\":2}}]}", true },
		{ "{\"a\":1}", "{\"$not\":{\"a\":1}}", false },
		{ "{\"a\":1}", "{\"$not\":{\"a\":1,\"b\":1}}", true },
		{ "{\"a\":1}", "{\"$or\":[{}]}", true },
		{ "{\"a\":1}", "{\"$not\":{}}", false },
		/* id and times */
		{ "{}", "{\"id\":\"7\"}", true },
		{ "{}", "{\"id\":7}", true },
		{ "{}", "{\"id\":8}", false },
		{ "{}", "{\"id\":{\"$in\":[1,7,\"x\"]}}", true },
		{ "{}", "{\"id\":{\"$ne\":7}}", false },
		{ "{}", "{\"id\":{\"$prefix\":\"7\"},\"id.x\":null}", true },
		{ "{}", "{\"id\":null}", false },
		{ "{}", "{\"_createdAt\":1000}", true },
		{ "{}", "{\"_createdAt\":{\"$gt\":999,\"$lt\":1001}}", true },
		{ "{}", "{\"_updatedAt\":2000,\"_updatedAt.x\":null}", true },
		{ "{\"x\":{\"id\":5}}", "{\"x.id\":5}", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct writer *w;

		doc_empty();
		w = begin();
		OK(doc_put(w, ar, &at, "7", rows[i].doc, strlen(rows[i].doc), 1000, 2000,
		    &why));
		commit(w);
		if (strcmp(ids(rows[i].query, NULL), rows[i].match ? "7" : "") != 0)
			fail_msg("%s on %s: %s %s", rows[i].query, rows[i].doc,
			    ids(rows[i].query, NULL), why.text);
		assert_int_equal(count_of(rows[i].query), rows[i].match);
	}
}

static void
test_bad(void **state)
{
	static const char *const rows[] = { "", "[]", "null", "5", "\"a\"", "{", "{\"a\":}",
		"{\"a\":1,\"a\":2}", "{\"\":1}", "{\"a b\":1}", "{\"1a\":1}", "{\".a\":1}",
		"{\"a.\":1}", "{\"a..b\":1}", "{\"-a\":1}", "{\"a.-b\":1}", "{\"é\":1}",
		"{\"a\\u0000\":1}", "{\"a'\":1}", "{\"a\\\"\":1}", "{\"a[0]\":1}",
		"{\"x') = ? UNION SELECT data FROM doc --\":1}",
		"{\"a.b.c.d.e.f.g.h.i\":1}", "{\"$where\":\"1\"}", "{\"$eq\":1}",
		"{\"a\":{\"$gtt\":1}}", "{\"a\":{\"$\":1}}", "{\"a\":{\"$gt\":1,\"b\":2}}",
		"{\"a\":{\"b\":2,\"$gt\":1}}", "{\"a\":{\"$in\":5}}", "{\"a\":{\"$nin\":{}}}",
		"{\"a\":{\"$exists\":1}}", "{\"a\":{\"$exists\":null}}",
		"{\"a\":{\"$prefix\":1}}", "{\"a\":{\"$not\":1}}", "{\"a\":{\"$not\":{}}}",
		"{\"a\":{\"$not\":{\"b\":1}}}", "{\"$and\":{}}", "{\"$and\":[]}",
		"{\"$or\":[]}", "{\"$or\":[1]}", "{\"$or\":[[]]}", "{\"$not\":[]}",
		"{\"$not\":1}", "{\"a\":{\"$regex\":\"x\"}}", "{\"a\":1}{}" };
	struct writer *w;
	int64_t n;

	(void)state;
	doc_empty();
	put_doc("{\"id\":\"a\"}");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct doc_text t;

		if (try_find(rows[i], NULL, &t) != FZ_DS_BAD_QUERY)
			fail_msg("%s", rows[i]);
		assert_string_not_equal(why.text, "");
		w = begin();
		assert_int_equal(doc_delete(w, ar, &at, rows[i], &n, &why),
		    FZ_DS_BAD_QUERY);
		commit(w);
	}
	assert_int_equal(count_of(NULL), 1);
}

static const char *
repeat(const char *start, const char *each, int n, const char *end)
{
	struct buf b;
	const char *out;

	buf_init(&b, 1 << 20);
	buf_puts(&b, start);
	for (int i = 0; i < n; i++)
		buf_printf(&b, each, i);
	buf_puts(&b, end);
	out = arena_strdup(ar, b.data);
	buf_fini(&b);
	return out;
}

static void
test_limits(void **state)
{
	(void)state;
	doc_empty();
	put_doc("{\"id\":\"a\",\"x\":5}");
	IDS(repeat("{\"x\":5", ",\"f%d\":null", 63, "}"), NULL, "a");
	IDS(repeat("{\"x\":5", ",\"f%d\":null", 64, "}"), NULL, "!DS_BAD_QUERY");
	IDS(repeat("{\"$and\":[{\"x\":5}", ",{\"f%d\":{\"$ne\":1}}", 63, "]}"), NULL, "a");
	IDS(repeat("{\"$and\":[{\"x\":5}", ",{\"x\":{\"$ne\":%d}}", 64, "]}"), NULL,
	    "!DS_BAD_QUERY");
	IDS(repeat("{\"$or\":[{}", ",{}", 300, "]}"), NULL, "!DS_BAD_QUERY");
	IDS(repeat("{\"x\":{\"$in\":[5", ",%d", 199, "]}}"), NULL, "a");
	IDS(repeat("{\"x\":{\"$in\":[5", ",%d", 200, "]}}"), NULL, "!DS_BAD_QUERY");
	for (int depth = 7; depth <= 10; depth++) {
		const char *open = repeat("", "{\"$and\":[", depth, "{\"x\":5}");
		const char *nots = repeat("{\"x\":", "{\"$not\":", depth, "{\"$gt\":9}");

		IDS(repeat(open, "]}", depth, ""), NULL, depth <= 8 ? "a" : "!DS_BAD_QUERY");
		IDS(repeat(nots, "}", depth, "}"), NULL, depth > 8 ? "!DS_BAD_QUERY" :
		    depth % 2 == 0 ? "" : "a");
	}
	IDS("{\"a.b.c.d.e.f.g.h\":null}", NULL, "a");
	IDS(repeat("{\"", "a", 64, "\":null}"), NULL, "a");
	IDS(repeat("{\"", "a", 65, "\":null}"), NULL, "!DS_BAD_QUERY");
	IDS(repeat("{\"b.", "a", 64, "\":null}"), NULL, "a");
	IDS(repeat("{\"b.", "a", 65, "\":null}"), NULL, "!DS_BAD_QUERY");
	IDS(repeat("{\"x\":", "[", 63, repeat("", "]", 63, "}")), NULL, "");
	IDS(repeat("{\"x\":", "[", 64, repeat("", "]", 64, "}")), NULL, "!DS_BAD_QUERY");
}

static void
test_options(void **state)
{
	static const char *const bad[] = { "[]", "5", "{", "{\"limt\":5}", "{\"limit\":-1}",
		"{\"limit\":1.5}", "{\"limit\":\"5\"}", "{\"limit\":1e300}", "{\"limit\":true}",
		"{\"offset\":-1}", "{\"offset\":{}}", "{\"order\":\"up\"}", "{\"order\":1}",
		"{\"sort\":5}", "{\"sort\":{\"a\":2}}", "{\"sort\":{\"a\":\"up\"}}",
		"{\"sort\":{\"a b\":1}}", "{\"sort\":\"a b\"}", "{\"sort\":\"--a\"}",
		"{\"sort\":[1]}", "{\"sort\":\"a,,b\"}", "{\"sort\":\"a,b,c,d,e,f,g,h,i\"}",
		"{\"fields\":5}", "{\"fields\":[1]}", "{\"fields\":[\"a b\"]}",
		"{\"fields\":{\"a\":1,\"b\":0}}", "{\"fields\":{\"a\":5}}", "{\"after\":1}",
		"{\"where\":{}}", "{\"highlight\":true}" };
	static const char *const good[] = { "null", "{}", "{\"limit\":5.0}",
		"{\"limit\":null,\"offset\":null,\"order\":null,\"sort\":null,\"fields\":null,"
		"\"after\":null}", "{\"sort\":\"\"}", "{\"sort\":{}}", "{\"sort\":[]}",
		"{\"sort\":{\"a\":\"desc\",\"b.c\":\"asc\"}}", "{\"sort\":\"-a, b.c\"}",
		"{\"fields\":{}}", "{\"fields\":\"a,b\"}", "{\"fields\":{\"a\":true}}",
		"{\"limit\":9007199254740991,\"offset\":0}" };

	(void)state;
	doc_empty();
	put_doc("{\"id\":\"a\"}");
	for (size_t i = 0; i < COUNT(bad); i++)
		if (strcmp(ids(NULL, bad[i]), "!DS_BAD_QUERY") != 0)
			fail_msg("%s", bad[i]);
	for (size_t i = 0; i < COUNT(good); i++)
		if (strcmp(ids(NULL, good[i]), "a") != 0)
			fail_msg("%s: %s", good[i], why.text);
	IDS(NULL, repeat("{\"fields\":[\"id\"", ",\"f%d\"", 63, "]}"), "a");
	IDS(NULL, repeat("{\"fields\":[\"id\"", ",\"f%d\"", 64, "]}"), "!DS_BAD_QUERY");
}

/* Many members on both sides: no more than sorting them. */
static void
test_large_values(void **state)
{
	struct buf d, q;
	int n = 30000;

	(void)state;
	doc_empty();
	buf_init(&d, 1 << 20);
	buf_init(&q, 1 << 20);
	buf_puts(&d, "{\"id\":\"a\",\"o\":{");
	buf_puts(&q, "{\"o\":{");
	for (int i = 0; i < n; i++) {
		buf_printf(&d, "%s\"m%d\":%d", i > 0 ? "," : "", i, i);
		buf_printf(&q, "%s\"m%d\":%d", i > 0 ? "," : "", n - 1 - i, n - 1 - i);
	}
	buf_puts(&d, "}}");
	buf_puts(&q, "}}");
	put_doc(d.data);
	IDS(q.data, NULL, "a");
	q.data[q.len - 3] = '7';
	IDS(q.data, NULL, "");
	buf_fini(&d);
	buf_fini(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_terms), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_options),
		cmocka_unit_test(test_large_values),
	};

	return cmocka_run_group_tests(tests, doc_setup, store_teardown);
}
