/*
 * A process that writes documents is killed at any moment: what is found afterwards is
 * whole transactions, with counters, index entries and words that fit.
 */
#include "tests/unit/store_dir.h"
#include "tests/unit/doc_test.h"

#include <signal.h>
#include <sys/wait.h>

#define KILLS 10
#define GROUP 3

static void
open_store(void)
{
	struct store_options o = { .path = store_db, .readers = 4, .may_create = true };

	memset(&why, 0, sizeof(why));
	if (store_open(&o, &st, &why) != FZ_OK)
		fail_msg("%s", why.text);
	ar = arena_new();
}

static void
close_store(void)
{
	arena_free(ar);
	store_close(st);
}

static void
must(enum fz_err err)
{
	if (err != FZ_OK)
		_exit(1);
}

/* A group of documents, an older group gone or changed, and the count: one transaction. */
static void
step(struct writer *w, struct arena *a, int i)
{
	const char *text = arena_printf(a, "[{\"g\":%d,\"t\":\"red\"},{\"g\":%d,\"t\":"
	    "[\"green\"]},{\"g\":%d,\"t\":\"blue %d\"}]", i, i, i, i);
	const char *list;
	int64_t n;

	must(doc_insert_many(w, a, &at, text, strlen(text), &list, NULL));
	must(doc_update(w, a, &at, "{\"id\":\"count\"}", "{\"$inc\":{\"n\":1}}", &n, NULL));
	if (i % 3 == 0)
		must(doc_update(w, a, &at, arena_printf(a, "{\"g\":%d}", i / 2),
		    "{\"t\":\"other words\"}", &n, NULL));
	if (i % 7 == 0) {
		must(doc_delete(w, a, &at, arena_printf(a, "{\"g\":%d}", i / 7), &n, NULL));
		if (n > 0)
			must(doc_update(w, a, &at, "{\"id\":\"count\"}",
			    "{\"$inc\":{\"n\":-1}}", &n, NULL));
	}
}

static void
write_for_ever(int from)
{
	struct arena *a;

	open_store();
	a = arena_new();
	for (int i = from;; i++) {
		struct writer *w;
		uint64_t seq = 0;

		must(writer_begin(st, 5000, &w));
		step(w, a, i);
		must(writer_commit(w, &seq));
		if (i % 5 == 0)
			store_durable(st, seq);
		arena_reset(a);
	}
}

static void
prepare(void)
{
	struct writer *w;
	const char *name;

	open_store();
	quota_read(NULL, &quota);
	at = (struct doc_at){ .space = { make_app("crash").id, 0 }, .collection = "c",
		.deadline = clock_mono_ms() + PATIENCE_MS };
	w = begin();
	OK(doc_index(w, ar, &at, "\"g\"", NULL, &name, &why));
	OK(doc_index(w, ar, &at, "\"t\"", NULL, &name, &why));
	OK(doc_search_index(w, ar, &at, "\"t\"", &why));
	commit(w);
	put_doc("{\"id\":\"count\",\"n\":0}");
	close_store();
}

static void
check_found(int *next)
{
	struct reader *rd = reader();
	int64_t groups, docs, most, words, hits;
	struct doc_text t;

	check_counters();
	docs = count_of("{\"g\":{\"$gte\":0}}");
	groups = number("SELECT json_extract(data,'$.n') FROM doc WHERE id='count'");
	assert_int_equal(docs, groups * GROUP);
	assert_int_equal(number("SELECT count(*) FROM (SELECT 1 FROM doc WHERE id<>'count'"
	    " GROUP BY json_extract(data,'$.g') HAVING count(*)<>3)"), 0);
	words = number("SELECT docs FROM ftdef");
	assert_int_equal(words, docs);
	/* Every document is found by its words, through the table of words alone. */
	hits = number("SELECT count(*) FROM ft WHERE ft MATCH '\"'||(SELECT id FROM ftdef)"
	    "||'zred\" OR \"'||(SELECT id FROM ftdef)||'zgreen\" OR \"'||(SELECT id FROM"
	    " ftdef)||'zblue\" OR \"'||(SELECT id FROM ftdef)||'zother\"'");
	assert_int_equal(hits, docs);
	if (docs > 0)
		OK(doc_search(rd, ar, &at, "red", NULL, &t, &why));
	most = number("SELECT coalesce(max(json_extract(data,'$.g')),0) FROM doc");
	*next = (int)most + 1;
	reader_close(rd);
}

static void
test_kill(void **state)
{
	int next = 1, before;

	(void)state;
	prepare();
	for (int i = 0; i < KILLS; i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			write_for_ever(next);
			_exit(1);
		}
		assert_true(pid > 0);
		(void)usleep(60000 + (useconds_t)i * 17000);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		before = next;
		open_store();
		check_found(&next);
		close_store();
		assert_true(next >= before);
	}
	assert_true(next > KILLS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kill) };

	return cmocka_run_group_tests(tests, store_dir_new, store_dir_drop);
}
