/* Keys at rest, and noting their use: once a minute, never in the caller's way. */
#include "tests/unit/store_test.h"

#include "base/clock.h"
#include "store/apikey.h"

static struct apikey key;

static void
test_add(void **state)
{
	struct apikey got, twice, *v;
	struct reader *rd;
	struct writer *w = begin();
	size_t n;

	(void)state;
	key = (struct apikey){ .key_id = "fazt_key_aaaaaaaaaaaa", .name = "ci",
		.scopes = "deploy:blog", .created_by = "ann", .expires = 5000 };
	memset(key.hash, 7, sizeof(key.hash));
	OK(apikey_add(w, &key));
	twice = key;
	assert_int_equal(apikey_add(w, &twice), FZ_CONFLICT);
	twice.key_id = "fazt_key_bbbbbbbbbbbb";
	twice.expires = 0;
	OK(apikey_add(w, &twice));
	commit(w);
	assert_true(key.id > 0 && key.created > 0);
	rd = reader();
	OK(apikey_get(rd, ar, key.key_id, &got));
	assert_int_equal(got.id, key.id);
	assert_memory_equal(got.hash, key.hash, sizeof(got.hash));
	assert_string_equal(got.name, "ci");
	assert_string_equal(got.scopes, "deploy:blog");
	assert_string_equal(got.created_by, "ann");
	assert_int_equal(got.expires, 5000);
	assert_int_equal(got.last_used, 0);
	assert_string_equal(got.last_ip, "");
	assert_int_equal(apikey_get(rd, ar, "fazt_key_", &got), FZ_KEY_NOT_FOUND);
	OK(apikey_list(rd, ar, &v, &n));
	assert_int_equal(n, 2);
	assert_string_equal(v[0].key_id, key.key_id);
	assert_int_equal(v[1].expires, 0);
	reader_close(rd);
}

static int64_t
last_used(const char **ip)
{
	struct apikey got;
	struct reader *rd = reader();

	OK(apikey_get(rd, ar, key.key_id, &got));
	reader_close(rd);
	*ip = got.last_ip;
	return got.last_used;
}

static void
test_used(void **state)
{
	const int64_t t = 1000000000;
	static const struct {
		int64_t after;
		const char *ip;
		int64_t noted;
	} uses[] = {
		{ 0, "192.0.2.1", 0 },
		{ 1, "192.0.2.2", 0 },
		{ 59999, "192.0.2.3", 0 },
		{ 60000, "192.0.2.4", 60000 },
		{ 60001, "192.0.2.5", 60000 },
		{ 500000, "2001:db8::1", 500000 },
		{ 1000, "192.0.2.6", 1000 },	/* the clock was set back */
	};
	const char *ip, *want = "";

	(void)state;
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		apikey_used(st, key.id, t + uses[i].after, uses[i].ip);
		if (uses[i].after == uses[i].noted)
			want = uses[i].ip;
		assert_int_equal(last_used(&ip), t + uses[i].noted);
		assert_string_equal(ip, want);
	}
	assert_int_equal(
	    number("SELECT count(*) FROM apikey WHERE last_used IS NULL"), 1);
	apikey_used(st, 999, t, "192.0.2.1");
	/* No commit at all within the minute. */
	{
		struct store_stats before, after;

		store_stats(st, &before);
		apikey_used(st, key.id, t + 1001, "192.0.2.9");
		store_stats(st, &after);
		assert_int_equal(before.commits, after.commits);
	}
}

/* Somebody holds the writer: the use is not noted and nobody waits for it. */
static void
test_used_busy(void **state)
{
	const int64_t t = 2000000000;
	struct writer *w = begin();
	int64_t from = clock_mono_ms();
	const char *ip;

	(void)state;
	apikey_used(st, key.id, t, "192.0.2.7");
	assert_true(clock_mono_ms() - from < 5000);
	writer_abort(w);
	assert_true(last_used(&ip) < t);
	apikey_used(st, key.id, t, "192.0.2.7");
	assert_int_equal(last_used(&ip), t);
}

static void
test_delete(void **state)
{
	struct writer *w = begin();
	struct apikey got;
	struct reader *rd;

	(void)state;
	OK(apikey_delete(w, key.id));
	assert_int_equal(apikey_delete(w, key.id), FZ_KEY_NOT_FOUND);
	commit(w);
	rd = reader();
	assert_int_equal(apikey_get(rd, ar, key.key_id, &got), FZ_KEY_NOT_FOUND);
	reader_close(rd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_used),
		cmocka_unit_test(test_used_busy),
		cmocka_unit_test(test_delete),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
