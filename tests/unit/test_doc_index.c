/*
 * Indexes: making and dropping, unique ones, what plan a query gets, and that every
 * plan gives the same answer.
 */
#include "tests/unit/doc_test.h"

#include <pthread.h>

#include "base/clock.h"
#include "store/doc_select.h"

static void
drop(const char *name, enum fz_err want)
{
	struct writer *w = begin();

	assert_int_equal(doc_drop_index(w, ar, &at, name, &why), want);
	commit(w);
}

static const char *
index_list(void)
{
	struct reader *rd = patient();
	const char *json;

	OK(doc_indexes(rd, ar, &at, &json));
	reader_close(rd);
	return json;
}

static enum fz_err
there(const char *fields, const char *opts)
{
	struct reader *rd = patient();
	const char *name;
	enum fz_err err = doc_index_there(rd, ar, &at, fields, opts, &name, &why);

	reader_close(rd);
	return err;
}

static void
test_define(void **state)
{
	static const char *const bad[] = { "", "5", "{}", "[]", "\"\"", "\"a b\"", "[5]",
		"[\"a\",\"a\"]", "[[\"a\"]]", "null", "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\","
		"\"h\",\"i\"]" };
	static const char *const bad_opts[] = { "[]", "{\"unique\":1}", "{\"name\":5}",
		"{\"name\":\"\"}", "{\"name\":\"a\\n\"}", "{\"name\":\"search\"}",
		"{\"sparse\":true}" };
	const char *name;

	(void)state;
	doc_empty();
	assert_string_equal(index_list(), "[]");
	assert_int_equal(there("\"a\"", NULL), FZ_NOT_FOUND);
	OK(try_index("\"a\"", NULL, &name));
	assert_string_equal(name, "a");
	OK(there("\"a\"", NULL));
	OK(there("[\"a\"]", "{\"unique\":false,\"name\":null}"));
	OK(try_index("[\"a\"]", "{\"unique\":null}", &name));
	OK(try_index("[\"a\",\"b.c\"]", "{\"name\":\"two\"}", &name));
	assert_string_equal(name, "two");
	OK(try_index("[\"a\",\"b.c\"]", NULL, &name));
	assert_string_equal(name, "two");
	assert_int_equal(try_index("\"a\"", "{\"unique\":true}", &name), FZ_DS_BAD_QUERY);
	assert_int_equal(try_index("\"z\"", "{\"name\":\"two\"}", &name), FZ_DS_BAD_QUERY);
	assert_int_equal(there("\"z\"", "{\"name\":\"two\"}"), FZ_DS_BAD_QUERY);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(try_index(bad[i], NULL, &name), FZ_DS_BAD_QUERY);
		assert_int_equal(there(bad[i], NULL), FZ_DS_BAD_QUERY);
	}
	for (size_t i = 0; i < COUNT(bad_opts); i++)
		assert_int_equal(try_index("\"q\"", bad_opts[i], &name), FZ_DS_BAD_QUERY);
	assert_string_equal(index_list(), "[{\"name\":\"a\",\"fields\":[\"a\"],\"unique\":"
	    "false},{\"name\":\"two\",\"fields\":[\"a\",\"b.c\"],\"unique\":false}]");
	drop("none", FZ_NOT_FOUND);
	drop("two", FZ_OK);
	drop("two", FZ_NOT_FOUND);
	for (int i = 1; i < DOC_INDEXES_MAX; i++)
		OK(try_index(arena_printf(ar, "\"f%d\"", i), NULL, &name));
	assert_int_equal(try_index("\"more\"", NULL, &name), FZ_LIMIT_EXCEEDED);
	OK(try_index("\"a\"", NULL, &name));
}

static void
test_unique(void **state)
{
	static const struct {
		const char *first, *second;
		bool taken;
	} rows[] = {
		{ "\"u\":1", "\"u\":1", true },
		{ "\"u\":1", "\"u\":true", true },
		{ "\"u\":1", "\"u\":\"1\"", false },
		{ "\"u\":\"a\"", "\"u\":\"A\"", false },
		{ "\"u\":null", "\"u\":null", false },
		{ "\"x\":1", "\"x\":1", false },
		{ "\"u\":[1]", "\"u\":[1]", true },
		{ "\"u\":[1]", "\"u\":[1,2]", false },
		{ "\"u\":{\"a\":1,\"b\":2}", "\"u\":{\"b\":2,\"a\":1}", true },
	};
	char tail[DOC_KEY_CUT + 40];
	const char *id, *name;
	int64_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		doc_empty();
		OK(try_index("\"u\"", "{\"unique\":true,\"name\":\"my u\"}", &name));
		put_doc(arena_printf(ar, "{\"id\":\"a\",%s}", rows[i].first));
		assert_int_equal(try_insert(arena_printf(ar, "{\"id\":\"b\",%s}",
		    rows[i].second), &id), rows[i].taken ? FZ_DS_DUPLICATE : FZ_OK);
		if (rows[i].taken)
			assert_non_null(strstr(why.text, "\"my u\""));
		/* The same by a change, and by an index that comes later. */
		drop("my u", FZ_OK);
		put_doc(arena_printf(ar, "{\"id\":\"c\",%s}", rows[i].second));
		struct writer *w = begin();
		(void)!doc_remove(w, ar, &at, "b", &why);
		commit(w);
		assert_int_equal(try_index("\"u\"", "{\"unique\":true}", &name),
		    rows[i].taken ? FZ_DS_DUPLICATE : FZ_OK);
		assert_string_equal(index_list(), rows[i].taken ? "[]" :
		    "[{\"name\":\"u\",\"fields\":[\"u\"],\"unique\":true}]");
		check_counters();
	}
	doc_empty();
	OK(try_index("\"u\"", "{\"unique\":true}", &name));
	put_doc("{\"id\":\"a\",\"u\":1}");
	put_doc("{\"id\":\"b\",\"u\":2}");
	assert_int_equal(try_update("{\"id\":\"b\"}", "{\"u\":1}", &n), FZ_DS_DUPLICATE);
	OK(try_update("{\"id\":\"b\"}", "{\"u\":2,\"x\":1}", &n));
	assert_int_equal(try_update("{}", "{\"$inc\":{\"u\":1}}", &n), FZ_DS_DUPLICATE);
	OK(try_update("{}", "{\"$inc\":{\"u\":-1}}", &n));
	IDS("{\"u\":0}", NULL, "a");
	/* Texts that differ only behind what the key holds. */
	memset(tail, 'x', sizeof(tail));
	tail[sizeof(tail) - 1] = '\0';
	put_doc(arena_printf(ar, "{\"id\":\"l1\",\"u\":\"%s1\"}", tail));
	put_doc(arena_printf(ar, "{\"id\":\"l2\",\"u\":\"%s2\"}", tail));
	assert_int_equal(try_insert(arena_printf(ar, "{\"u\":\"%s1\"}", tail), &id),
	    FZ_DS_DUPLICATE);
	IDS(arena_printf(ar, "{\"u\":\"%s2\"}", tail), NULL, "l2");
	IDS(arena_printf(ar, "{\"u\":{\"$gt\":\"%s1\"}}", tail), NULL, "l2");
	IDS(arena_printf(ar, "{\"u\":{\"$lt\":\"%s2\"}}", tail), NULL, "l1");
	IDS(arena_printf(ar, "{\"u\":{\"$prefix\":\"%s2\"}}", tail), NULL, "l2");
	IDS("{\"u\":{\"$gt\":\"\"}}", "{\"sort\":\"-u\"}", "l2 l1");
	/* Two fields. */
	OK(try_index("[\"p\",\"q\"]", "{\"unique\":true}", &name));
	put_doc("{\"p\":1,\"q\":1}");
	put_doc("{\"p\":1,\"q\":2}");
	put_doc("{\"p\":1}");
	put_doc("{\"p\":1}");
	assert_int_equal(try_insert("{\"p\":1,\"q\":2}", &id), FZ_DS_DUPLICATE);
	check_counters();
}

static void
fill(int n)
{
	struct writer *w = begin();
	const char *list;
	struct buf b;

	buf_init(&b, 1 << 24);
	for (int i = 0; i < n; i++) {
		buf_printf(&b, "%s{\"id\":\"%d\",\"k\":%d,\"s\":\"s%03d\",\"m\":%d,\"t\":[\"t%d\","
		    "\"u%d\"],\"o\":{\"x\":%d}}", i % 500 == 0 ? "[" : ",", i, i, i, i % 7,
		    i % 11, i % 3, i % 5);
		if (i % 500 != 499 && i + 1 < n)
			continue;
		buf_putc(&b, ']');
		OK(doc_insert_many(w, ar, &at, b.data, b.len, &list, &why));
		buf_reset(&b);
	}
	buf_fini(&b);
	commit(w);
}

#define PLAN(query, opts, want) \
	assert_string_equal(explain((query), (opts)), "{\"indexes\":[" want "}")

static void
test_plans(void **state)
{
	const char *name;

	(void)state;
	doc_empty();
	fill(1000);
	PLAN("{\"k\":5}", NULL, "],\"scan\":true");
	OK(try_index("\"k\"", "{\"unique\":true}", &name));
	OK(try_index("\"s\"", NULL, &name));
	OK(try_index("\"m\"", NULL, &name));
	OK(try_index("\"t\"", NULL, &name));
	OK(try_index("[\"m\",\"k\"]", NULL, &name));
	PLAN("{\"id\":\"5\"}", NULL, "\"id\"],\"scan\":false");
	PLAN("{\"id\":{\"$in\":[\"5\",6]},\"k\":1}", NULL, "\"id\"],\"scan\":false");
	PLAN("{\"k\":5}", NULL, "\"k\"],\"scan\":false");
	PLAN("{\"k\":5,\"m\":5}", NULL, "\"k\"],\"scan\":false");
	PLAN("{\"k\":{\"$in\":[1,2]}}", NULL, "\"k\"],\"scan\":false");
	PLAN("{\"s\":{\"$prefix\":\"s00\"}}", NULL, "\"s\"],\"scan\":false");
	PLAN("{\"s\":{\"$gt\":\"s9\"},\"m\":1}", NULL, "\"s\"],\"scan\":false");
	PLAN("{\"t\":{\"$contains\":\"t3\"}}", NULL, "\"t\"],\"scan\":false");
	PLAN("{\"m\":3,\"k\":{\"$lt\":20}}", NULL, "\"m,k\"],\"scan\":false");
	PLAN("{\"m\":3}", "{\"sort\":\"k\",\"limit\":5}", "\"m,k\"],\"scan\":false");
	PLAN("{\"m\":3}", "{\"sort\":\"-k\",\"limit\":5}", "\"m,k\"],\"scan\":false");
	PLAN(NULL, "{\"sort\":\"-s\",\"limit\":5}", "\"s\"],\"scan\":false");
	PLAN(NULL, "{\"sort\":\"m,k\",\"limit\":5}", "\"m,k\"],\"scan\":false");
	PLAN(NULL, "{\"sort\":\"m,-k\",\"limit\":5}", "],\"scan\":true");
	PLAN(NULL, "{\"sort\":\"o\"}", "],\"scan\":true");
	PLAN("{\"$or\":[{\"k\":1},{\"s\":\"s007\"}]}", NULL, "\"k\",\"s\"],\"scan\":false");
	PLAN("{\"$or\":[{\"k\":1},{\"o\":7}]}", NULL, "],\"scan\":true");
	PLAN("{\"$and\":[{\"o\":1},{\"$and\":[{\"k\":1}]}]}", NULL, "\"k\"],\"scan\":false");
	PLAN("{\"k\":{\"$ne\":1}}", NULL, "],\"scan\":true");
	PLAN("{\"k\":{\"$nin\":[1]}}", NULL, "],\"scan\":true");
	PLAN("{\"$not\":{\"k\":1}}", NULL, "],\"scan\":true");
	PLAN("{\"k\":{\"$in\":[]}}", NULL, "],\"scan\":false");
	PLAN(NULL, NULL, "],\"scan\":true");
	PLAN("{\"k\":null}", NULL, "\"k\"],\"scan\":false");
	PLAN("{\"k\":{\"$exists\":false}}", NULL, "\"k\"],\"scan\":false");
	PLAN("{\"m\":1,\"o\":{\"x\":2}}", "{\"limit\":3}", "\"m\"],\"scan\":false");
	assert_int_equal(count_of("{\"t\":{\"$contains\":\"t3\"}}"), 91);
	put_doc("{\"id\":\"text\",\"t\":\"at3b\"}");
	assert_int_equal(count_of("{\"t\":{\"$contains\":\"t3\"}}"), 92);
	assert_int_equal(count_of("{\"m\":3,\"k\":{\"$lt\":20}}"), 3);
	assert_int_equal(count_of("{\"k\":{\"$in\":[1,true,2,1.0]}}"), 2);
	check_counters();
}

static enum fz_err
collect(void *arg, const struct doc_view *v)
{
	buf_printf(arg, "%lld ", (long long)(v->rid & DOC_NUMBER_MAX));
	return FZ_OK;
}

static void
run_plan(const char *query, const char *opts, int without, struct buf *out)
{
	struct reader *rd = patient();
	struct doc_options o;
	struct doc_coll coll;
	struct doc_query q;
	struct doc_plan plan;
	struct doc_time time;
	struct doc_select s = { .rd = rd, .arena = ar, .time = &time, .coll = &coll, .q = &q,
		.o = &o, .plan = &plan, .emit = collect, .arg = out };

	doc_time_start(&time, rd, &at);
	OK(doc_coll_read(rd, ar, &at, &coll, &why));
	OK(doc_query_parse(ar, query, NULL, &q, &why));
	OK(doc_options_parse(ar, opts, DOC_OPTIONS_FIND, &o, &why));
	OK(doc_plan_make(rd, ar, &coll, &q, &o, without, &plan));
	s.limit = o.limit < 0 ? DOC_ROWS_MAX : o.limit;
	OK(doc_select_run(&s, &why));
	doc_time_end(&time);
	reader_close(rd);
}

/* Each plan is ruled out in turn, and each index dropped: nothing may change. */
static void
test_every_plan(void **state)
{
	static const char *const queries[] = { "{}", "{\"k\":5}", "{\"id\":\"5\",\"k\":5}",
		"{\"m\":3}", "{\"m\":3,\"k\":{\"$gte\":100,\"$lt\":300}}",
		"{\"t\":{\"$contains\":\"t3\"},\"m\":{\"$in\":[1,2]}}",
		"{\"$or\":[{\"k\":{\"$lt\":5}},{\"t\":{\"$contains\":\"t3\"}},{\"s\":\"s007\"}]}",
		"{\"s\":{\"$prefix\":\"s0\"},\"m\":{\"$ne\":2}}", "{\"o.x\":2}",
		"{\"id\":{\"$in\":[\"1\",\"77\",\"1\"]}}", "{\"none\":null,\"m\":1}" };
	static const char *const options[] = { "{}", "{\"order\":\"asc\",\"limit\":7}",
		"{\"offset\":3,\"limit\":10}", "{\"sort\":\"k\",\"limit\":20}",
		"{\"sort\":\"-k\",\"offset\":2}", "{\"sort\":\"m\",\"limit\":30}",
		"{\"sort\":\"-m\",\"order\":\"asc\",\"limit\":30}",
		"{\"sort\":\"m\",\"order\":\"asc\"}", "{\"sort\":\"-m,-k\"}",
		"{\"sort\":\"o.x,-s\",\"limit\":50}", "{\"sort\":\"none\"}" };
	static const char *const drops[] = { "", "m,k", "k", "t", "m", "s" };
	struct buf got;
	char *want[COUNT(queries)][COUNT(options)];

	(void)state;
	for (size_t d = 0; d < COUNT(drops); d++) {
		if (d > 0)
			drop(drops[d], FZ_OK);
		for (size_t i = 0; i < COUNT(queries); i++) {
			for (size_t k = 0; k < COUNT(options); k++) {
				for (int without = 0; without < 8; without++) {
					buf_init(&got, 1 << 20);
					buf_puts(&got, "");
					run_plan(queries[i], options[k], without, &got);
					if (d == 0 && without == 0)
						want[i][k] = strdup(got.data);
					else if (strcmp(want[i][k], got.data) != 0)
						fail_msg("%s %s without %d: %s", queries[i],
						    options[k], without, got.data);
					buf_fini(&got);
				}
			}
			arena_reset(ar);
		}
	}
	for (size_t i = 0; i < COUNT(queries); i++)
		for (size_t k = 0; k < COUNT(options); k++)
			free(want[i][k]);
}

/* Flags of an index: order and elements it cannot be asked for any more. */
static void
test_flags(void **state)
{
	char tail[300];
	const char *name;
	struct buf b;
	int64_t n;

	(void)state;
	doc_empty();
	OK(try_index("\"s\"", NULL, &name));
	put_doc("{\"id\":\"a\",\"s\":\"x\"}");
	PLAN(NULL, "{\"sort\":\"s\",\"limit\":5}", "\"s\"],\"scan\":false");
	memset(tail, 'x', sizeof(tail));
	tail[sizeof(tail) - 1] = '\0';
	put_doc(arena_printf(ar, "{\"id\":\"c\",\"s\":\"%sc\"}", tail));
	put_doc(arena_printf(ar, "{\"id\":\"b\",\"s\":\"%sb\"}", tail));
	PLAN(NULL, "{\"sort\":\"s\",\"limit\":5}", "],\"scan\":true");
	IDS(NULL, "{\"sort\":\"s\",\"limit\":5}", "a b c");
	IDS("{\"s\":{\"$gt\":\"x\"}}", "{\"sort\":\"-s\",\"limit\":5}", "c b");
	/* Made later it sees the same. */
	drop("s", FZ_OK);
	OK(try_index("\"s\"", NULL, &name));
	PLAN(NULL, "{\"sort\":\"s\",\"limit\":5}", "],\"scan\":true");
	OK(try_index("\"t\"", NULL, &name));
	put_doc("{\"id\":\"few\",\"t\":[5]}");
	PLAN("{\"t\":{\"$contains\":5}}", NULL, "\"t\"],\"scan\":false");
	buf_init(&b, 1 << 20);
	buf_puts(&b, "{\"id\":\"many\",\"t\":[0");
	for (int i = 1; i <= DOC_KEY_ELEMENTS; i++)
		buf_printf(&b, ",%d", i);
	buf_puts(&b, "]}");
	put_doc(b.data);
	buf_fini(&b);
	PLAN("{\"t\":{\"$contains\":5}}", NULL, "],\"scan\":true");
	IDS("{\"t\":{\"$contains\":5}}", NULL, "many few");
	OK(try_update("{\"id\":\"many\"}", "{\"t\":[1]}", &n));
	IDS("{\"t\":{\"$contains\":5}}", NULL, "few");
	check_counters();
	doc_empty();
}

/* A drop and an old transaction: the entries of a dropped index are never found. */
static void
test_drop_and_again(void **state)
{
	const char *name;

	(void)state;
	doc_empty();
	OK(try_index("\"k\"", NULL, &name));
	put_doc("{\"id\":\"a\",\"k\":1}");
	drop("k", FZ_OK);
	put_doc("{\"id\":\"b\",\"k\":1}");
	OK(try_update("{\"id\":\"a\"}", "{\"k\":2}", &(int64_t){ 0 }));
	OK(try_index("\"k\"", NULL, &name));
	IDS("{\"k\":1}", NULL, "b");
	IDS("{\"k\":2}", NULL, "a");
	check_counters();
}

/* --- many threads --- */

#define CALLERS 16
#define ROUNDS 100

static void *
increment(void *arg)
{
	struct doc_at mine = at;
	struct arena *a = arena_new();
	int64_t n;

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct writer *w;
		enum fz_err err = writer_begin(st, 60000, &w);

		if (err != FZ_OK)
			return (void *)"begin";
		err = doc_update(w, a, &mine, "{\"k\":\"counter\"}",
		    "{\"$inc\":{\"n\":1}}", &n, NULL);
		if (err != FZ_OK || n != 1)
			return (void *)"update";
		/* Every third change is not meant to stay. */
		if (i % 3 == 2)
			writer_abort(w);
		else if (writer_commit(w, NULL) != FZ_OK)
			return (void *)"commit";
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t t[CALLERS];
	const char *name;
	void *failed;

	(void)state;
	doc_empty();
	OK(try_index("\"k\"", "{\"unique\":true}", &name));
	OK(try_index("\"n\"", NULL, &name));
	put_doc("{\"id\":\"c\",\"k\":\"counter\",\"n\":0}");
	for (int i = 0; i < CALLERS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, increment, NULL), 0);
	for (int i = 0; i < CALLERS; i++) {
		assert_int_equal(pthread_join(t[i], &failed), 0);
		assert_null(failed);
	}
	IDS(arena_printf(ar, "{\"n\":%d}", CALLERS * (ROUNDS - ROUNDS / 3)), NULL, "c");
	check_counters();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_define), cmocka_unit_test(test_unique),
		cmocka_unit_test(test_plans), cmocka_unit_test(test_every_plan),
		cmocka_unit_test(test_flags), cmocka_unit_test(test_drop_and_again),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, doc_setup, store_teardown);
}
