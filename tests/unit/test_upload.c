/* Uploads: what they know and hold, and the three ways they end. */
#include "tests/unit/store_test.h"

static char id[UPLOAD_ID_LEN + 1];

static void
hash_of(const char *text, uint8_t out[SHA256_LEN])
{
	sha256_of(text, strlen(text), out);
}

static enum fz_err
knows(const char *upload, int64_t app, const char *text)
{
	struct reader *rd = reader();
	uint8_t hash[SHA256_LEN];
	int64_t blob = -1;
	enum fz_err err;

	hash_of(text, hash);
	err = upload_knows(rd, upload, app, hash, &blob);
	assert_true((err == FZ_OK) == (blob > 0));
	reader_close(rd);
	return err;
}

static void
run(const char *literal)
{
	struct writer *w = begin();

	OK(sql_run(w, literal, ""));
	commit(w);
}

static void
test_delta(void **state)
{
	struct upload_delta u;
	struct reader *rd;
	uint64_t seq = 0;

	(void)state;
	OK(upload_open_delta(st, 7, "{\"a\":1}", "key:4", id, &seq));
	assert_int_equal(strlen(id), UPLOAD_ID_LEN);
	assert_true(seq > 0);
	rd = reader();
	OK(upload_get_delta(rd, ar, id, &u));
	assert_int_equal(u.app, 7);
	assert_string_equal(u.spec, "{\"a\":1}");
	assert_string_equal(u.caller, "key:4");
	assert_int_equal(upload_get_delta(rd, ar, "nope", &u), FZ_NOT_FOUND);
	reader_close(rd);
	upload_drop(st, id);
	OK(upload_open_delta(st, 0, "{}", "key:4", id, &seq));
	rd = reader();
	OK(upload_get_delta(rd, ar, id, &u));
	assert_int_equal(u.app, 0);
	reader_close(rd);
	upload_drop(st, id);
	rd = reader();
	assert_int_equal(upload_get_delta(rd, ar, id, &u), FZ_NOT_FOUND);
	reader_close(rd);
}

static void
test_direct_is_no_delta(void **state)
{
	struct upload_delta u;
	struct reader *rd;

	(void)state;
	OK(upload_open(st, id));
	rd = reader();
	assert_int_equal(upload_get_delta(rd, ar, id, &u), FZ_NOT_FOUND);
	reader_close(rd);
	upload_drop(st, id);
}

static void
test_expired(void **state)
{
	struct upload_delta u;
	struct blob_info info;
	struct reader *rd;
	struct writer *w;

	(void)state;
	OK(upload_open_delta(st, 0, "{}", "key:4", id, NULL));
	put(id, "soon gone", &info);
	run("UPDATE upload SET expires=1");
	rd = reader();
	assert_int_equal(upload_get_delta(rd, ar, id, &u), FZ_NOT_FOUND);
	reader_close(rd);
	assert_int_equal(put_steps(id, "x", 1, 1, false, &info), FZ_NOT_FOUND);
	w = begin();
	OK(upload_sweep(w));
	commit(w);
	assert_int_equal(number("SELECT count(*) FROM upload"), 0);
	assert_int_equal(sweep(), 1);
	assert_int_equal(number("SELECT count(*) FROM blob"), 0);
}

static void
test_direct_lives_on(void **state)
{
	struct blob_info info;

	(void)state;
	OK(upload_open(st, id));
	put(id, "first", &info);
	run("UPDATE upload SET expires=expires-3000000");
	put(id, "second", &info);
	assert_int_equal(number("SELECT (expires/1000-unixepoch()) BETWEEN 3590 AND 3601"
	    " FROM upload"), 1);
	upload_drop(st, id);
	/* A delta upload told its caller when it ends. */
	OK(upload_open_delta(st, 0, "{}", "key:4", id, NULL));
	run("UPDATE upload SET expires=expires-3000000");
	put(id, "second", &info);
	assert_int_equal(
	    number("SELECT (expires/1000-unixepoch()) < 700 FROM upload"), 1);
	upload_drop(st, id);
	(void)sweep();
}

static void
test_processes(void **state)
{
	struct blob_info info;
	struct writer *w;

	(void)state;
	OK(upload_open(st, id));
	put(id, "mine", &info);
	run("INSERT INTO upload(id,owner,expires) VALUES"
	    "('dead','4194304:1:00000000',9e15),('odd','x',9e15)");
	run("INSERT INTO upload_blob VALUES('dead',1),('odd',1)");
	w = begin();
	OK(upload_sweep(w));
	commit(w);
	assert_int_equal(number("SELECT count(*) FROM upload"), 1);
	assert_int_equal(number("SELECT count(*) FROM upload_blob"), 1);
	assert_int_equal(sweep(), 0);
	upload_drop(st, id);
	assert_int_equal(sweep(), 1);
}

static void
test_knows(void **state)
{
	struct app mine = make_app("mine"), other = make_app("other");
	struct version v = { .app = other.id };
	struct file f = { .path = "a.txt", .mime = "text/plain" };
	char second[UPLOAD_ID_LEN + 1];
	struct blob_info info;
	struct writer *w;

	(void)state;
	OK(upload_open_delta(st, mine.id, "{}", "key:4", id, NULL));
	OK(upload_open_delta(st, mine.id, "{}", "key:4", second, NULL));
	assert_int_equal(knows(id, mine.id, "theirs"), FZ_NOT_FOUND);
	put(second, "theirs", &info);
	OK(knows(second, mine.id, "theirs"));
	assert_int_equal(knows(id, mine.id, "theirs"), FZ_NOT_FOUND);
	f.blob = info.id;
	w = begin();
	OK(version_create(w, &v, &f, 1));
	OK(upload_close(w, second));
	commit(w);
	/* In a version of another app: as unknown as if it were not there. */
	assert_int_equal(knows(id, mine.id, "theirs"), FZ_NOT_FOUND);
	assert_int_equal(knows(id, 0, "theirs"), FZ_NOT_FOUND);
	OK(knows(id, other.id, "theirs"));
	v.app = mine.id;
	w = begin();
	OK(version_create(w, &v, &f, 1));
	commit(w);
	OK(knows(id, mine.id, "theirs"));
	/* Of a deleted version, before its files are swept. */
	w = begin();
	OK(version_delete(w, mine.id, v.n));
	commit(w);
	assert_int_equal(knows(id, mine.id, "theirs"), FZ_NOT_FOUND);
	upload_drop(st, id);
}

static void
test_hold(void **state)
{
	char first[UPLOAD_ID_LEN + 1];
	struct blob_info info;
	struct writer *w;

	(void)state;
	OK(upload_open(st, first));
	put(first, "held by both", &info);
	OK(upload_open_delta(st, 0, "{}", "key:4", id, NULL));
	w = begin();
	OK(upload_hold(w, id, info.id));
	OK(upload_hold(w, id, info.id));
	assert_int_equal(upload_hold(w, "nope", info.id), FZ_NOT_FOUND);
	commit(w);
	upload_drop(st, first);
	(void)sweep();
	OK(knows(id, 0, "held by both"));
	upload_drop(st, id);
	(void)sweep();
	assert_int_equal(knows(id, 0, "held by both"), FZ_NOT_FOUND);
}

static void
test_close(void **state)
{
	struct writer *w;

	(void)state;
	OK(upload_open(st, id));
	w = begin();
	OK(upload_close(w, id));
	assert_int_equal(upload_close(w, id), FZ_NOT_FOUND);
	commit(w);
	upload_drop(st, "nope");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delta),
		cmocka_unit_test(test_direct_is_no_delta),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_direct_lives_on),
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_knows),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_close),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
