/* Key-values: bounds, expiry to the millisecond, counters, quotas, spaces, many at once. */
#include "tests/unit/store_test.h"

#include <pthread.h>

#include "base/clock.h"
#include "store/data.h"
#include "store/kv.h"
#include "store/usage.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct quota quota;
static struct space mine = { 7, 0 };

static int
clear(void **state)
{
	struct writer *w = begin();

	(void)state;
	quota_read(NULL, &quota);
	OK(sql_run(w, "DELETE FROM kv", ""));
	OK(sql_run(w, "DELETE FROM holding", ""));
	commit(w);
	return 0;
}

static enum fz_err
set_at(struct space sp, const char *key, const char *value, int64_t expires)
{
	struct writer *w = begin();
	enum fz_err err = kv_set(w, sp, &quota, key, value, strlen(value), expires);

	commit(w);
	return err;
}

static enum fz_err
set(const char *key, const char *value)
{
	return set_at(mine, key, value, 0);
}

static const char *
get_in(struct space sp, const char *key)
{
	struct reader *rd = reader();
	struct kv kv = { .value = "-" };
	enum fz_err err = kv_get(rd, ar, sp, key, &kv);

	reader_close(rd);
	assert_true(err == FZ_OK || err == FZ_NOT_FOUND);
	if (err == FZ_OK) {
		assert_int_equal(kv.value_len, strlen(kv.value));
		assert_string_equal(kv.key, key);
		assert_int_equal(kv.user, sp.user);
	}
	return kv.value;
}

static const char *
get(const char *key)
{
	return get_in(mine, key);
}

static enum fz_err
drop(struct space sp, const char *key)
{
	struct writer *w = begin();
	enum fz_err err = kv_delete(w, sp, key);

	commit(w);
	return err;
}

static enum fz_err
incr(const char *key, double by, double *out)
{
	struct writer *w = begin();
	enum fz_err err = kv_incr(w, mine, &quota, key, by, true, 0, out);

	commit(w);
	return err;
}

static enum fz_err
cas(const char *key, const char *expected, const char *value, bool *done)
{
	struct writer *w = begin();
	enum fz_err err = kv_cas(w, ar, mine, &quota, key, expected,
	    expected ? strlen(expected) : 0, value, value ? strlen(value) : 0, 0, done);

	commit(w);
	return err;
}

/* The counters are what the rows add up to, whatever happened. */
static void
counters_ok(int64_t app)
{
	struct reader *rd = reader();
	struct usage_data u;
	int64_t n, bytes;

	OK(usage_of_data(rd, app, &u));
	OK(sql_get_int(rd, &n, "SELECT count(*) FROM kv WHERE app=?1", "i", app));
	OK(sql_get_int(rd, &bytes, "SELECT coalesce(sum(length(CAST(key AS BLOB))+"
	    "length(CAST(value AS BLOB))),0) FROM kv WHERE app=?1", "i", app));
	reader_close(rd);
	assert_int_equal(u.kv_keys, n);
	assert_int_equal(u.kv_bytes, bytes);
}

static void
test_values(void **state)
{
	static const char *const values[] = { "1", "null", "true", "\"\"", "\"a\"", "[]",
		"{\"a\":[1,2,{\"b\":null}]}", "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\"",
		"-0.5", "\"\\u0000\"" };

	(void)state;
	assert_string_equal(get("k"), "-");
	for (size_t i = 0; i < COUNT(values); i++) {
		OK(set("k", values[i]));
		assert_string_equal(get("k"), values[i]);
		counters_ok(7);
	}
	assert_int_equal(number("SELECT count(*) FROM kv"), 1);
	assert_int_equal(number("SELECT typeof(value)='text' FROM kv"), 1);
	OK(drop(mine, "k"));
	OK(drop(mine, "k"));
	assert_string_equal(get("k"), "-");
	counters_ok(7);
}

static void
test_bounds(void **state)
{
	static const char *const bad[] = { "", "\xff", "a\xc3", "\xed\xa0\x80",
		"\xf0\x9f\x98" };
	char key[KV_KEY_MAX + 2], *value = xmalloc(KV_VALUE_MAX + 2);
	struct writer *w;
	double x = 5;
	bool done = true;

	(void)state;
	memset(key, 'k', sizeof(key));
	key[KV_KEY_MAX] = '\0';
	OK(set(key, "1"));
	assert_string_equal(get(key), "1");
	key[KV_KEY_MAX] = 'k';
	key[KV_KEY_MAX + 1] = '\0';
	assert_int_equal(set(key, "1"), FZ_VALIDATION_FAILED);
	assert_int_equal(incr(key, 1, &x), FZ_VALIDATION_FAILED);
	assert_int_equal(cas(key, NULL, "1", &done), FZ_VALIDATION_FAILED);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(set(bad[i], "1"), FZ_VALIDATION_FAILED);
		assert_int_equal(incr(bad[i], 1, &x), FZ_VALIDATION_FAILED);
		assert_int_equal(cas(bad[i], NULL, "1", &done), FZ_VALIDATION_FAILED);
		assert_int_equal(drop(mine, bad[i]), FZ_VALIDATION_FAILED);
		assert_string_equal(get(bad[i]), "-");
	}
	assert_true(x == 5 && done);
	memset(value, 'v', KV_VALUE_MAX + 2);
	value[0] = value[KV_VALUE_MAX - 1] = '"';
	value[KV_VALUE_MAX] = '\0';
	OK(set("big", value));
	assert_string_equal(get("big"), value);
	value[KV_VALUE_MAX] = ' ';
	value[KV_VALUE_MAX + 1] = '\0';
	assert_int_equal(set("big", value), FZ_VALIDATION_FAILED);
	assert_int_equal(cas("none", NULL, value, &done), FZ_VALIDATION_FAILED);
	assert_int_equal(set("big", ""), FZ_VALIDATION_FAILED);
	w = begin();
	assert_int_equal(kv_set(w, mine, &quota, "nul", "1\0002", 3, 0),
	    FZ_VALIDATION_FAILED);
	/* Exactly the bytes given, also without a NUL behind them. */
	OK(kv_set(w, mine, &quota, "cut", "12345", 2, 0));
	commit(w);
	assert_string_equal(get("cut"), "12");
	counters_ok(7);
	free(value);
}

static void
test_spaces(void **state)
{
	static const struct space spaces[] = { { 7, 0 }, { 7, 1 }, { 7, 2 }, { 8, 0 },
		{ 8, 1 }, { 70, 0 } };
	char text[16];

	(void)state;
	for (size_t i = 0; i < COUNT(spaces); i++) {
		(void)snprintf(text, sizeof(text), "%zu", i);
		OK(set_at(spaces[i], "same", text, 0));
	}
	for (size_t i = 0; i < COUNT(spaces); i++) {
		struct kv_filter f = { .prefix = "" };
		struct reader *rd = reader();
		struct kv *v;
		bool more;
		size_t n;

		(void)snprintf(text, sizeof(text), "%zu", i);
		assert_string_equal(get_in(spaces[i], "same"), text);
		OK(kv_list(rd, ar, spaces[i], &f, &v, &n, &more));
		assert_int_equal(n, 1);
		assert_string_equal(v[0].value, text);
		assert_int_equal(v[0].user, spaces[i].user);
		reader_close(rd);
	}
	OK(drop(spaces[1], "same"));
	for (size_t i = 0; i < COUNT(spaces); i++)
		assert_int_equal(strcmp(get_in(spaces[i], "same"), "-") == 0, i == 1);
	counters_ok(7);
	counters_ok(8);
	counters_ok(70);
}

static void
test_expiry(void **state)
{
	int64_t now = clock_wall_ms();

	(void)state;
	OK(set_at(mine, "k", "1", now + 100000));
	assert_string_equal(get("k"), "1");
	/* An expiry that has passed deletes; without one an old one is cleared. */
	OK(set_at(mine, "k", "2", now));
	assert_string_equal(get("k"), "-");
	assert_int_equal(number("SELECT count(*) FROM kv"), 0);
	OK(set_at(mine, "absent", "2", 1));
	assert_int_equal(number("SELECT count(*) FROM kv"), 0);
	OK(set_at(mine, "k", "1", now + 100000));
	OK(set("k", "3"));
	assert_int_equal(number("SELECT expires IS NULL FROM kv"), 1);
	counters_ok(7);
	/* To the millisecond: seen before, not seen at it. */
	for (int i = 0; i < 5; i++) {
		int64_t at = clock_wall_ms() + 8, before, after;
		const char *seen;

		OK(set_at(mine, "short", "1", at));
		do {
			before = clock_wall_ms();
			seen = get("short");
			after = clock_wall_ms();
			if (before >= at)
				assert_string_equal(seen, "-");
			if (after < at)
				assert_string_equal(seen, "1");
		} while (before < at + 2);
	}
}

/* What has expired but lies there is absent to every call. */
static void
test_expired_row(void **state)
{
	struct kv_filter f = { .prefix = "" };
	struct writer *w;
	struct reader *rd;
	struct kv *v;
	bool done, more;
	double x;
	size_t n;

	(void)state;
	for (int i = 0; i < 4; i++) {
		w = begin();
		OK(kv_set(w, mine, &quota, "old", "\"text\"", 6, clock_wall_ms() + 100000));
		OK(sql_run(w, "UPDATE kv SET expires=1 WHERE key='old'", ""));
		/* In the same transaction: the keeper must not come first. */
		if (i == 0) {
			OK(kv_incr(w, mine, &quota, "old", 2, true, 0, &x));
			assert_true(x == 2);
			OK(sql_get_int(writer_reader(w), &(int64_t){ 0 }, "SELECT 1 FROM kv"
			    " WHERE key='old' AND expires IS NULL AND value='2'", ""));
		} else if (i == 1) {
			OK(kv_cas(w, ar, mine, &quota, "old", "\"text\"", 6, "1", 1, 0,
			    &done));
			assert_false(done);
			OK(kv_cas(w, ar, mine, &quota, "old", NULL, 0, "1", 1, 0, &done));
			assert_true(done);
		} else if (i == 2) {
			rd = writer_reader(w);
			assert_int_equal(kv_get(rd, ar, mine, "old", &(struct kv){ 0 }),
			    FZ_NOT_FOUND);
			OK(kv_list(rd, ar, mine, &f, &v, &n, &more));
			assert_int_equal(n, 0);
			OK(kv_delete(w, mine, "old"));
		} else {
			OK(kv_set(w, mine, &quota, "old", "\"new\"", 5, 0));
		}
		commit(w);
		counters_ok(7);
	}
	assert_string_equal(get("old"), "\"new\"");
}

static void
test_sweep(void **state)
{
	int64_t removed, now = clock_wall_ms();
	struct writer *w = begin();
	char key[16];
	bool any;

	(void)state;
	OK(kv_expired(writer_reader(w), now + 999, &any));
	assert_false(any);
	for (int i = 0; i < 30; i++) {
		struct space sp = { i % 3 + 1, i % 2 };

		(void)snprintf(key, sizeof(key), "k%d", i);
		OK(kv_set(w, sp, &quota, key, "\"x\"", 3, i % 5 == 0 ? 0 :
		    now + 1000 + i));
	}
	OK(kv_expired(writer_reader(w), now + 1000, &any));
	assert_false(any);
	OK(kv_sweep(w, now + 1000, 100, &removed));
	assert_int_equal(removed, 0);
	OK(kv_expired(writer_reader(w), now + 1001, &any));
	assert_true(any);
	OK(kv_sweep(w, now + 1001, 100, &removed));
	assert_int_equal(removed, 1);
	OK(kv_sweep(w, now + 5000, 10, &removed));
	assert_int_equal(removed, 10);
	OK(kv_sweep(w, now + 5000, 100, &removed));
	assert_int_equal(removed, 13);
	OK(kv_sweep(w, now + 5000, 100, &removed));
	assert_int_equal(removed, 0);
	commit(w);
	assert_int_equal(number("SELECT count(*) FROM kv"), 6);
	for (int i = 1; i < 4; i++)
		counters_ok(i);
}

/* A transaction takes values of some megabytes, however many rows were asked for. */
static void
test_sweep_bytes(void **state)
{
	char *value = xmalloc(KV_VALUE_MAX);
	struct writer *w = begin();
	int64_t removed;
	char key[16];

	(void)state;
	memset(value, ' ', KV_VALUE_MAX);
	value[0] = '1';
	for (int i = 0; i < 12; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		OK(kv_set(w, mine, &quota, key, value, KV_VALUE_MAX,
		    clock_wall_ms() + 900000));
	}
	OK(kv_sweep(w, clock_wall_ms() + 1000000, 100, &removed));
	assert_int_equal(removed, 8);
	writer_abort(w);
	free(value);
}

/* The keeper removes what nobody asks for again. */
static void
test_keeper(void **state)
{
	int64_t end = clock_mono_ms() + 20000;
	struct writer *w = begin();
	char key[16];

	(void)state;
	for (int i = 0; i < 1500; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		OK(kv_set(w, mine, &quota, key, "1", 1, clock_wall_ms() + 5 + i % 90));
	}
	OK(kv_set(w, mine, &quota, "stays", "1", 1, 0));
	commit(w);
	while (number("SELECT count(*) FROM kv") > 1 && clock_mono_ms() < end)
		(void)usleep(20000);
	assert_int_equal(number("SELECT count(*) FROM kv"), 1);
	counters_ok(7);
}

static void
test_incr(void **state)
{
	static const struct {
		const char	*before;	/* NULL = absent */
		double		 by;
		const char	*after;		/* NULL = FZ_KV_NOT_NUMBER */
	} rows[] = {
		{ NULL, 1, "1" }, { NULL, 0, "0" }, { NULL, -3, "-3" }, { "1", 1, "2" },
		{ "9", 1, "10" }, { "10", -1, "9" }, { "0.1", 0.2, "0.30000000000000004" },
		{ "1.5", 1.5, "3" }, { "9007199254740991", 1, "9007199254740992" },
		{ "9007199254740990", 1, "9007199254740991" },
		{ "-9007199254740991", -1, "-9007199254740992" },
		{ "100000000000000000000", 1, "100000000000000000000" },
		{ "1e21", 0, "1e+21" }, { "1e-7", 0, "1e-7" }, { "-0", 0, "0" },
		{ "1.7976931348623157e308", 1.7976931348623157e308, NULL },
		{ "\"1\"", 1, NULL }, { "null", 1, NULL }, { "true", 1, NULL },
		{ "[]", 1, NULL }, { "{\"a\":1}", 1, NULL },
		{ "\"a text that is much longer than any number is\"", 1, NULL },
	};
	double x;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		OK(drop(mine, "n"));
		if (rows[i].before != NULL)
			OK(set("n", rows[i].before));
		x = 77;
		if (rows[i].after == NULL) {
			assert_int_equal(incr("n", rows[i].by, &x), FZ_KV_NOT_NUMBER);
			assert_string_equal(get("n"), rows[i].before);
			assert_true(x == 77);
		} else {
			OK(incr("n", rows[i].by, &x));
			assert_string_equal(get("n"), rows[i].after);
			assert_true(x == strtod(rows[i].after, NULL));
		}
		counters_ok(7);
	}
	assert_int_equal(incr("n", 0.0 / 0.0, &x), FZ_VALIDATION_FAILED);
	assert_int_equal(incr("n", 1.0 / 0.0, &x), FZ_VALIDATION_FAILED);
}

static void
test_incr_expiry(void **state)
{
	int64_t at = clock_wall_ms() + 500000;
	struct writer *w;
	double x;

	(void)state;
	OK(set_at(mine, "n", "1", at));
	OK(incr("n", 1, &x));
	assert_int_equal(number("SELECT expires FROM kv"), at);
	w = begin();
	OK(kv_incr(w, mine, &quota, "n", 1, false, at + 7, &x));
	commit(w);
	assert_int_equal(number("SELECT expires FROM kv"), at + 7);
	w = begin();
	OK(kv_incr(w, mine, &quota, "n", 1, false, 0, &x));
	commit(w);
	assert_true(x == 4);
	assert_int_equal(number("SELECT expires IS NULL FROM kv"), 1);
	w = begin();
	OK(kv_incr(w, mine, &quota, "n", 1, false, 5, &x));
	commit(w);
	assert_true(x == 5);
	assert_string_equal(get("n"), "-");
	counters_ok(7);
}

static void
test_cas(void **state)
{
	static const struct {
		const char	*present;
		const char	*expected;
		bool		 same;
	} rows[] = {
		{ NULL, NULL, true }, { NULL, "1", false }, { NULL, "null", false },
		{ "1", NULL, false }, { "null", NULL, false }, { "null", "null", true },
		{ "1", "1", true }, { "1", "1.0", true }, { "1.0", "1", true },
		{ "100", "1e2", true }, { "0", "-0", true }, { "1", "2", false },
		{ "1", "\"1\"", false }, { "1", "true", false }, { "0", "false", false },
		{ "0", "null", false }, { "\"\"", "null", false },
		{ "12345678901234567890", "12345678901234567000", true },
		{ "12345678901234567890", "12345678901234569000", false },
		{ "\"a\"", "\"a\"", true }, { "\"a\"", "\"\\u0061\"", true },
		{ "\"a\"", "\"A\"", false }, { "\"a\\u0000b\"", "\"a\\u0000b\"", true },
		{ "\"a\\u0000b\"", "\"a\\u0000c\"", false },
		{ "\"a\\u0000b\"", "\"a\"", false },
		{ "[]", "[]", true }, { "[]", "{}", false }, { "[1,2]", "[1, 2.0]", true },
		{ "[1,2]", "[2,1]", false }, { "[1,2]", "[1,2,3]", false },
		{ "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":1,\"b\":null}", false },
		{ "{\"a\":{\"b\":[1,{\"c\":1}]}}", "{\"a\":{\"b\":[1,{\"c\":1.0}]}}", true },
		{ "{\"a\":{\"b\":[1,{\"c\":1}]}}", "{\"a\":{\"b\":[1,{\"c\":2}]}}", false },
		/* What the reader of JSON cannot hold compares by its bytes. */
		{ "{\"\\u0000\":1}", "{\"\\u0000\":1}", true },
		{ "{\"\\u0000\":1}", "{\"\\u0000\":1.0}", false },
		{ "1", "not json", false }, { "1", "", false },
	};
	bool done;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		OK(drop(mine, "c"));
		if (rows[i].present != NULL)
			OK(set("c", rows[i].present));
		OK(cas("c", rows[i].expected, "\"new\"", &done));
		if (done != rows[i].same)
			fail_msg("%s against %s", rows[i].present, rows[i].expected);
		assert_string_equal(get("c"), done ? "\"new\"" :
		    rows[i].present == NULL ? "-" : rows[i].present);
		counters_ok(7);
	}
	OK(set("c", "1"));
	OK(cas("c", "2", NULL, &done));
	assert_false(done);
	OK(cas("c", "1", NULL, &done));
	assert_true(done);
	assert_string_equal(get("c"), "-");
	OK(cas("c", NULL, NULL, &done));
	assert_true(done);
	counters_ok(7);
}

static void
test_cas_deep(void **state)
{
	enum { DEEP = 1500 };
	char *a = xmalloc(2 * DEEP + 4), *b = xmalloc(2 * DEEP + 4);
	bool done;

	(void)state;
	memset(a, '[', DEEP);
	(void)strcpy(a + DEEP, "1");
	memset(a + DEEP + 1, ']', DEEP);
	a[2 * DEEP + 1] = '\0';
	memcpy(b, a, 2 * DEEP + 2);
	b[DEEP] = '2';
	OK(set("deep", a));
	OK(cas("deep", b, "1", &done));
	assert_false(done);
	OK(cas("deep", a, "1", &done));
	assert_true(done);
	free(a);
	free(b);
}

/* The keys of a listing, joined. */
static const char *
keys(struct space sp, const struct kv_filter *f, bool *more)
{
	struct reader *rd = reader();
	char *all = arena_strdup(ar, "");
	struct kv *v = NULL;
	size_t n = 0;

	OK(kv_list(rd, ar, sp, f, &v, &n, more));
	reader_close(rd);
	for (size_t i = 0; i < n; i++)
		all = arena_printf(ar, "%s%s%s", all, i > 0 ? " " : "", v[i].key);
	return all;
}

static void
test_list(void **state)
{
	static const char *const all[] = { "a", "a/1", "a/2", "a0", "b", "b%", "b_", "ba",
		"b\xc3\xa9", "b\xf4\x8f\xbf\xbf", "b\xf4\x8f\xbf\xbfz", "c", "\x7f",
		"\x7fx", "\xc2\x80" };
	static const struct {
		const char	*prefix;
		const char	*after;
		int64_t		 limit;
		const char	*keys;
		bool		 more;
	} rows[] = {
		{ "a", NULL, 0, "a a/1 a/2 a0", false },
		{ "a/", NULL, 0, "a/1 a/2", false },
		{ "a/", NULL, 2, "a/1 a/2", false },
		{ "a/", NULL, 1, "a/1", true },
		{ "a/", "a/1", 1, "a/2", false },
		{ "a/", "a/2", 1, "", false },
		{ "a/", "a", 0, "a/1 a/2", false },
		{ "a/", "", 0, "a/1 a/2", false },
		{ "a/", "b", 0, "", false },
		{ "", "a0", 2, "b b%", true },
		{ "b%", NULL, 0, "b%", false },
		{ "b_", NULL, 0, "b_", false },
		{ "b*", NULL, 0, "", false },
		{ "b\xf4\x8f\xbf\xbf", NULL, 0, "b\xf4\x8f\xbf\xbf b\xf4\x8f\xbf\xbfz",
		    false },
		{ "\x7f", NULL, 0, "\x7f \x7fx", false },
		{ "\x7f", "\x7f", 0, "\x7fx", false },
		{ "zz", NULL, 0, "", false },
		{ "", NULL, 1, "a", true },
		{ "", NULL, 10000, "a a/1 a/2 a0 b b% b_ ba b\xc3\xa9 b\xf4\x8f\xbf\xbf"
		    " b\xf4\x8f\xbf\xbfz c \x7f \x7fx \xc2\x80", false },
	};
	bool more;

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		OK(set(all[COUNT(all) - 1 - i], "1"));
	OK(set_at((struct space){ 7, 5 }, "a/user", "1", 0));
	OK(set_at((struct space){ 8, 0 }, "a/other", "1", 0));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct kv_filter f = { rows[i].prefix, rows[i].after, 0, rows[i].limit,
			false, false };

		assert_string_equal(keys(mine, &f, &more), rows[i].keys);
		assert_int_equal(more, rows[i].more);
	}
}

static void
test_list_all_users(void **state)
{
	struct kv_filter f = { .prefix = "k", .all_users = true, .limit = 1 };
	struct reader *rd;
	struct kv *v;
	bool more;
	size_t n, got = 0;

	(void)state;
	for (int user = 0; user < 3; user++) {
		OK(set_at((struct space){ 7, user }, "k1", "1", 0));
		OK(set_at((struct space){ 7, user }, "k2", "1", 0));
		OK(set_at((struct space){ 7, user }, "x", "1", 0));
	}
	OK(set_at((struct space){ 8, 1 }, "k1", "1", 0));
	do {
		rd = reader();
		OK(kv_list(rd, ar, mine, &f, &v, &n, &more));
		reader_close(rd);
		assert_int_equal(n, 1);
		assert_int_equal(v[0].user, (int64_t)(got / 2));
		assert_string_equal(v[0].key, got % 2 ? "k2" : "k1");
		f.after = v[0].key;
		f.after_user = v[0].user;
		got++;
	} while (more);
	assert_int_equal(got, 6);
}

static void
test_list_limits(void **state)
{
	struct kv_filter f = { .prefix = "" };
	char key[16], *value = xmalloc(KV_VALUE_MAX);
	struct writer *w = begin();
	struct reader *rd;
	struct kv *v = NULL;
	bool more;
	size_t n = 0;

	(void)state;
	for (int i = 0; i < KV_ROWS_MAX; i++) {
		(void)snprintf(key, sizeof(key), "k%05d", i);
		OK(kv_set(w, mine, &quota, key, "1", 1, 0));
	}
	commit(w);
	rd = reader();
	OK(kv_list(rd, ar, mine, &f, &v, &n, &more));
	assert_int_equal(n, KV_ROWS_MAX);
	assert_false(more);
	reader_close(rd);
	OK(set("one more", "1"));
	rd = reader();
	assert_int_equal(kv_list(rd, ar, mine, &f, &v, &n, &more), FZ_LIMIT_EXCEEDED);
	f.limit = KV_ROWS_MAX + 1;	/* what one call may not take, no limit allows */
	assert_int_equal(kv_list(rd, ar, mine, &f, &v, &n, &more), FZ_LIMIT_EXCEEDED);
	f.limit = KV_ROWS_MAX;
	OK(kv_list(rd, ar, mine, &f, &v, &n, &more));
	assert_true(more);
	reader_close(rd);
	memset(value, ' ', KV_VALUE_MAX);
	value[0] = '1';
	w = begin();
	for (int i = 0; i < 9; i++) {
		(void)snprintf(key, sizeof(key), "v%d", i);
		OK(kv_set(w, mine, &quota, key, value, KV_VALUE_MAX - 100, 0));
	}
	commit(w);
	rd = reader();
	f = (struct kv_filter){ .prefix = "v" };
	assert_int_equal(kv_list(rd, ar, mine, &f, &v, &n, &more), FZ_LIMIT_EXCEEDED);
	f.limit = 9;
	assert_int_equal(kv_list(rd, ar, mine, &f, &v, &n, &more), FZ_LIMIT_EXCEEDED);
	f.limit = 8;
	OK(kv_list(rd, ar, mine, &f, &v, &n, &more));
	assert_int_equal(n, 8);
	f = (struct kv_filter){ .prefix = "v", .keys_only = true };
	OK(kv_list(rd, ar, mine, &f, &v, &n, &more));
	assert_int_equal(n, 9);
	assert_null(v[0].value);
	assert_string_equal(v[8].key, "v8");
	reader_close(rd);
	free(value);
}

static void
test_quota(void **state)
{
	struct writer *w;
	double x;
	bool done;

	(void)state;
	quota.kv_keys = 3;
	OK(set("a", "1"));
	OK(set_at((struct space){ 7, 9 }, "b", "1", 0));
	OK(set("c", "1"));
	assert_int_equal(set("d", "1"), FZ_QUOTA_EXCEEDED);
	assert_int_equal(set_at((struct space){ 7, 9 }, "d", "1", 0), FZ_QUOTA_EXCEEDED);
	assert_int_equal(incr("d", 1, &x), FZ_QUOTA_EXCEEDED);
	assert_int_equal(cas("d", NULL, "1", &done), FZ_QUOTA_EXCEEDED);
	/* Another app has its own; what is there may change; what goes makes room. */
	OK(set_at((struct space){ 8, 0 }, "d", "1", 0));
	OK(set("a", "\"longer than before\""));
	OK(incr("c", 1, &x));
	counters_ok(7);
	OK(drop(mine, "a"));
	OK(set("d", "1"));
	/* What has expired makes room at once. */
	w = begin();
	OK(sql_run(w, "UPDATE kv SET expires=1 WHERE key='d' AND app=7", ""));
	OK(kv_set(w, mine, &quota, "e", "1", 1, 0));
	commit(w);
	assert_string_equal(get("e"), "1");
	counters_ok(7);
	/* Bytes: of all data together. */
	quota.kv_keys = 1000;
	quota.disk_bytes = 1000;
	w = begin();
	OK(usage_add(w, 7, &(struct usage_data){ .doc_bytes = 400, .object_bytes = 400 }));
	commit(w);
	OK(set("e", "\"150 bytes at most, so this is fine\""));
	assert_int_equal(set("e", "\"0123456789012345678901234567890123456789012345678901"
	    "234567890123456789012345678901234567890123456789012345678901234567890123"
	    "45678901234567890123456789012345678901234567890123456789012345678901234567"
	    "89012345678901234567890\""), FZ_QUOTA_EXCEEDED);
	assert_string_equal(get("e"), "\"150 bytes at most, so this is fine\"");
	OK(set("e", "1"));
}

/* After a refused call nothing of it is left, whatever the transaction does next. */
static void
test_failure_changes_nothing(void **state)
{
	struct writer *w = begin();
	bool done;
	double x;

	(void)state;
	quota.kv_keys = 1;
	OK(kv_set(w, mine, &quota, "a", "\"x\"", 3, 0));
	assert_int_equal(kv_set(w, mine, &quota, "b", "1", 1, 0), FZ_QUOTA_EXCEEDED);
	assert_int_equal(kv_incr(w, mine, &quota, "b", 1, true, 0, &x), FZ_QUOTA_EXCEEDED);
	assert_int_equal(kv_incr(w, mine, &quota, "a", 1, true, 0, &x), FZ_KV_NOT_NUMBER);
	assert_int_equal(kv_cas(w, ar, mine, &quota, "b", NULL, 0, "1", 1, 0, &done),
	    FZ_QUOTA_EXCEEDED);
	commit(w);
	assert_int_equal(number("SELECT count(*) FROM kv"), 1);
	assert_string_equal(get("a"), "\"x\"");
	counters_ok(7);
}

enum { THREADS = 8, TIMES = 1000 };

static void *
count_up(void *arg)
{
	(void)arg;
	for (int i = 0; i < TIMES; i++) {
		struct writer *w = begin();
		double x;

		OK(kv_incr(w, mine, &quota, "n", 1, true, 0, &x));
		commit(w);
	}
	return NULL;
}

/* Read, add, compare and set until it works. */
static void *
count_cas(void *arg)
{
	struct arena *a = arena_new();

	for (int i = 0; i < TIMES / 10; i++) {
		bool done = false;

		while (!done) {
			struct reader *rd = reader();
			char next[32], *old = NULL;
			struct writer *w;
			struct kv kv;

			if (kv_get(rd, a, mine, arg, &kv) == FZ_OK)
				old = arena_strdup(a, kv.value);
			reader_close(rd);
			(void)snprintf(next, sizeof(next), "%d",
			    old == NULL ? 1 : (int)strtol(old, NULL, 10) + 1);
			w = begin();
			OK(kv_cas(w, a, mine, &quota, arg, old, old ? strlen(old) : 0,
			    next, strlen(next), 0, &done));
			commit(w);
			arena_reset(a);
		}
	}
	arena_free(a);
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t t[2 * THREADS];

	(void)state;
	for (int i = 0; i < 2 * THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, i % 2 ? count_up : count_cas,
		    (void *)(uintptr_t) "c"), 0);
	for (int i = 0; i < 2 * THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	assert_string_equal(get("n"), "8000");
	assert_string_equal(get("c"), "800");
	counters_ok(7);
}

#define TEST(f) cmocka_unit_test_setup(f, clear)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values),
		TEST(test_bounds),
		TEST(test_spaces),
		TEST(test_expiry),
		TEST(test_expired_row),
		TEST(test_sweep),
		TEST(test_sweep_bytes),
		TEST(test_keeper),
		TEST(test_incr),
		TEST(test_incr_expiry),
		TEST(test_cas),
		TEST(test_cas_deep),
		TEST(test_list),
		TEST(test_list_all_users),
		TEST(test_list_limits),
		TEST(test_quota),
		TEST(test_failure_changes_nothing),
		TEST(test_threads),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
