/* A copy of an app's data is the same data and goes its own way from then on. */
#include "tests/unit/store_test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "store/data_copy.h"
#include "store/doc.h"
#include "store/kv.h"
#include "store/object.h"
#include "store/usage.h"
#include "store/user.h"

#define GONE 999
#define KEYS 1200			/* more than two pages */
#define DOCS 150

static struct app from, to;
static int64_t user;
static struct quota quota;

static struct doc_at
at_of(int64_t app, int64_t owner, const char *collection)
{
	return (struct doc_at){ .space = { app, owner }, .collection = collection };
}

static void
fill_keys(struct writer *w, int64_t owner, int n)
{
	char key[32], value[32];

	for (int i = 0; i < n; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		(void)snprintf(value, sizeof(value), "{\"of\":%d}", (int)owner);
		OK(kv_set(w, (struct space){ from.id, owner }, &quota, key, value,
		    strlen(value), i % 3 == 0 ? clock_wall_ms() + 3600000 + i : 0));
	}
}

static void
fill_docs(struct writer *w, int64_t owner, int n)
{
	struct doc_at at = at_of(from.id, owner, "c");
	const char *name;
	int64_t removed;

	OK(doc_index(w, ar, &at, "\"n\"", "{\"unique\":true}", &name, NULL));
	OK(doc_index(w, ar, &at, "[\"t\",\"o.p\"]", "{\"name\":\"tp\"}", &name, NULL));
	OK(doc_search_index(w, ar, &at, "[\"s\",\"t\"]", NULL));
	for (int i = 0; i < n; i++) {
		const char *json = arena_printf(ar, "{\"n\":%d,\"s\":\"word%d both\","
		    "\"t\":[\"x\",\"y%d\"],\"o\":{\"p\":%d}}", i, i % 7, i % 5, i % 2);
		const char *id = arena_printf(ar, "id-%d", (i * 37) % n);

		OK(doc_put(w, ar, &at, id, json, strlen(json), 1000 + i, 2000 + i, NULL));
	}
	OK(doc_delete(w, ar, &at, "{\"n\":{\"$in\":[3,4,50]}}", &removed, NULL));
	assert_int_equal(removed, 3);
}

static void
fill_object(const char *path, int64_t owner, const char *text)
{
	struct object_body body = { .bytes = text, .len = strlen(text) };
	uint64_t seq = 0;

	OK(object_store(st, (struct space){ from.id, owner }, &quota, path, &body,
	    "text/plain", NULL, &seq, NULL));
}

static int
clear(void **state)
{
	int rc = store_teardown(state);

	memcpy(test_dir + strlen(test_dir) - 6, "XXXXXX", 6);
	return rc;
}

static int
fill(void **state)
{
	struct user u = { .username = "a", .role = "user", .email = "", .name = "A" };
	struct doc_at empty, indexed;
	struct writer *w;
	const char *name;

	if (store_setup(state) != 0)
		return -1;
	quota_read(NULL, &quota);
	from = make_app("from");
	to = make_app("to");
	w = begin();
	OK(user_add(w, ar, &u));
	user = u.id;
	fill_keys(w, 0, KEYS);
	fill_keys(w, user, 5);
	fill_docs(w, 0, DOCS);
	fill_docs(w, user, 60);
	empty = at_of(from.id, 0, "empty");
	indexed = at_of(from.id, 0, "only an index");
	OK(doc_put(w, ar, &empty, "x", "{}", 2, 0, 0, NULL));
	OK(doc_remove(w, ar, &empty, "x", NULL));
	OK(doc_index(w, ar, &indexed, "\"a\"", NULL, &name, NULL));
	commit(w);
	fill_object("a/1.txt", 0, "one");
	fill_object("a/2.txt", 0, "two");
	fill_object("a/1.txt", user, "mine");
	return 0;
}

/* Rows of `from` that `to` lacks, or the other way round. */
#define DIFFER(columns, tables) number("SELECT count(*) FROM (SELECT " columns " FROM " \
    tables "app=1 EXCEPT SELECT " columns " FROM " tables "app=2)" \
    " UNION ALL SELECT count(*) FROM (SELECT " columns " FROM " tables "app=2 EXCEPT" \
    " SELECT " columns " FROM " tables "app=1) ORDER BY 1 DESC LIMIT 1")

#define ENTRIES "collection c JOIN dxdef d ON d.collection=c.id JOIN dx ON dx.def=d.id" \
	" JOIN doc ON doc.rid=(c.id<<36|dx.n) WHERE c."

static void
same_data(void)
{
	struct usage_data x, y;
	struct reader *rd;

	assert_int_equal(DIFFER("user,key,value,expires", "kv WHERE "), 0);
	assert_int_equal(DIFFER("user,path,blob,size,mime,updated", "object WHERE "), 0);
	assert_int_equal(DIFFER("c.user,name,d.id,data,created,updated",
	    "collection c JOIN doc d ON d.collection=c.id WHERE c."), 0);
	assert_int_equal(DIFFER("c.user,c.name,d.name,fields,uniq,flags",
	    "collection c JOIN dxdef d ON d.collection=c.id WHERE c."), 0);
	assert_int_equal(DIFFER("c.user,c.name,d.name,dx.key,doc.id", ENTRIES), 0);
	assert_int_equal(DIFFER("user,name,count,bytes,indexes",
	    "collection WHERE name<>'empty' AND "), 0);
	assert_int_equal(DIFFER("user,name,fields,docs,words",
	    "collection c JOIN ftdef f ON f.collection=c.id WHERE c."), 0);
	rd = reader();
	OK(usage_of_data(rd, from.id, &x));
	OK(usage_of_data(rd, to.id, &y));
	reader_close(rd);
	assert_memory_equal(&x, &y, sizeof(x));
}

/* What a script sees: order, full text, an index that is used and is unique. */
static void
same_answers(int64_t owner)
{
	struct doc_at a = at_of(from.id, owner, "c"), b = at_of(to.id, owner, "c");
	struct reader *rd = reader();
	struct doc_text x, y;
	const char *json, *id;
	struct writer *w;

	OK(doc_find(rd, ar, &a, NULL, NULL, &x, NULL));
	OK(doc_find(rd, ar, &b, NULL, NULL, &y, NULL));
	assert_string_equal(x.json, y.json);
	OK(doc_search(rd, ar, &a, "both word3", "{\"limit\":100}", &x, NULL));
	OK(doc_search(rd, ar, &b, "both word3", "{\"limit\":100}", &y, NULL));
	assert_string_equal(x.json, y.json);
	assert_true(x.n > 5);
	OK(doc_explain(rd, ar, &b, "{\"n\":5}", NULL, &json, NULL));
	reader_close(rd);
	assert_non_null(strstr(json, "\"scan\":false"));
	w = begin();
	assert_int_equal(doc_insert(w, ar, &b, "{\"n\":5}", 7, &id, NULL),
	    FZ_DS_DUPLICATE);
	writer_abort(w);
}

static void
copy(int64_t kv, int64_t docs, int64_t objects)
{
	struct data_copy job = { .from = from.id, .to = to.id };
	struct store_stats stats;
	struct why why = { 0 };
	uint64_t seq = 0;

	OK(data_copy_run(st, &job, &seq, &why));
	assert_int_equal(job.kv, kv);
	assert_int_equal(job.docs, docs);
	assert_int_equal(job.objects, objects);
	assert_true(seq > 0);
	store_stats(st, &stats);
	assert_int_equal(stats.readers_used, 0);
}

static void
test_copy(void **state)
{
	(void)state;
	assert_int_equal(from.id, 1);
	assert_int_equal(to.id, 2);
	copy(KEYS + 5, DOCS - 3 + 60 - 3, 3);
	same_data();
	same_answers(0);
	same_answers(user);
	assert_int_equal(number("SELECT count(*) FROM collection WHERE app=2"), 3);
}

/* Each goes its own way afterwards. */
static void
test_apart(void **state)
{
	struct doc_at b = at_of(to.id, 0, "c");
	struct object o;
	struct reader *rd;
	struct writer *w;
	char text[4];
	int64_t n;

	(void)state;
	copy(KEYS + 5, DOCS - 3 + 60 - 3, 3);
	w = begin();
	OK(doc_delete(w, ar, &b, "{}", &n, NULL));
	OK(object_delete(w, (struct space){ from.id, 0 }, "a/1.txt"));
	commit(w);
	(void)sweep();
	assert_int_equal(number("SELECT count FROM collection WHERE app=1 AND user=0"
	    " AND name='c'"), DOCS - 3);
	rd = reader();
	OK(object_get(rd, ar, (struct space){ to.id, 0 }, "a/1.txt", &o));
	OK(blob_copy(rd, o.blob, text, 3));
	assert_memory_equal(text, "one", 3);
	reader_close(rd);
}

static void
test_users_who_are_gone(void **state)
{
	struct doc_at at = at_of(from.id, GONE, "c");
	struct writer *w = begin();

	(void)state;
	fill_keys(w, GONE, 3);
	OK(doc_put(w, ar, &at, "x", "{}", 2, 0, 0, NULL));
	commit(w);
	fill_object("a/1.txt", GONE, "nobody's");
	copy(KEYS + 5, DOCS - 3 + 60 - 3, 3);
	assert_int_equal(number("SELECT (SELECT count(*) FROM kv WHERE app=2 AND user=999)"
	    "+(SELECT count(*) FROM collection WHERE app=2 AND user=999)"
	    "+(SELECT count(*) FROM object WHERE app=2 AND user=999)"), 0);
}

static void
test_nothing(void **state)
{
	struct data_copy job = { .from = to.id, .to = from.id };
	struct why why = { 0 };
	uint64_t seq = 0;

	(void)state;
	OK(data_copy_run(st, &job, &seq, &why));
	assert_int_equal(job.kv + job.docs + job.objects, 0);
	assert_int_equal(number("SELECT count(*) FROM kv WHERE app=1"), KEYS + 5);
}

/* --- while others write --- */

static atomic_bool stop;

static void *
change(void *arg)
{
	struct arena *a = arena_new();
	struct doc_at at = at_of(from.id, 0, "c");
	int64_t n;

	for (int i = 0; !stop; i++) {
		struct writer *w;
		const char *q = arena_printf(a, "{\"n\":{\"$gte\":%d}}", i % DOCS);

		OK(writer_begin(st, 5000, &w));
		if (i % 3 == 0) {
			OK(doc_delete(w, a, &at, "{\"extra\":true}", &n, NULL));
		} else {
			const char *json = arena_printf(a, "{\"extra\":true,\"n\":%d,"
			    "\"t\":[1,2]}", 10000 + i), *id;

			OK(doc_insert(w, a, &at, json, strlen(json), &id, NULL));
			OK(doc_update(w, a, &at, q, "{\"$set\":{\"o.p\":9,\"s\":\"new\"}}",
			    &n, NULL));
		}
		OK(writer_commit(w, NULL));
		arena_reset(a);
	}
	arena_free(a);
	return arg;
}

static void
test_while_written(void **state)
{
	struct data_copy job = { .from = from.id, .to = to.id };
	struct why why = { 0 };
	pthread_t thread;
	uint64_t seq = 0;

	(void)state;
	stop = false;
	assert_int_equal(pthread_create(&thread, NULL, change, NULL), 0);
	OK(data_copy_run(st, &job, &seq, &why));
	stop = true;
	pthread_join(thread, NULL);
	assert_int_equal(number("SELECT count(*) FROM collection c WHERE count<>"
	    "(SELECT count(*) FROM doc WHERE collection=c.id)"), 0);
	assert_int_equal(number("SELECT docs FROM holding WHERE app=2"),
	    number("SELECT sum(count) FROM collection WHERE app=2"));
	assert_int_equal(number("SELECT count(*) FROM collection c JOIN doc ON"
	    " doc.collection=c.id JOIN dxdef d ON d.collection=c.id WHERE c.app=2 AND NOT"
	    " EXISTS(SELECT 1 FROM dx WHERE def=d.id AND n=doc.rid&((1<<36)-1))"), 0);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, fill, clear)
	static const struct CMUnitTest tests[] = {
		TEST(test_copy), TEST(test_apart), TEST(test_users_who_are_gone),
		TEST(test_nothing), TEST(test_while_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
