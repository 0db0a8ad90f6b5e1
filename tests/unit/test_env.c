/*
 * Variables: names, the round trip through the file, and that neither the file nor a row
 * that was moved tells a value.
 */
#include "tests/unit/store_test.h"

#include "store/env.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CANARY "canary-5d1f0c7e9b3a"

static struct seal *seal;
static struct app one, two;

static int
setup(void **state)
{
	uint8_t key[SEAL_KEY_LEN] = { 7 };

	if (store_setup(state) != 0)
		return -1;
	seal = seal_of_key(key);
	one = make_app("one");
	two = make_app("two");
	return 0;
}

static int
teardown(void **state)
{
	seal_free(seal);
	return store_teardown(state);
}

static enum fz_err
set(int64_t app, const char *name, const char *value, size_t len, int64_t now)
{
	struct writer *w = begin();
	enum fz_err err = env_set(w, seal, app, name, value, len, now);

	if (err == FZ_OK)
		commit(w);
	else
		writer_abort(w);
	return err;
}

static enum fz_err
get(const struct seal *with, int64_t app, const char *name, const char **value)
{
	struct reader *rd = reader();
	size_t len = 0;
	enum fz_err err = env_get(rd, ar, with, app, name, value, &len);

	reader_close(rd);
	if (err == FZ_OK)
		assert_int_equal(strlen(*value), len);
	return err;
}

static void
run(const char *literal, int64_t a, int64_t b)
{
	struct writer *w = begin();

	OK(sql_run(w, literal, "ii", a, b));
	commit(w);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		bool ok;
	} rows[] = {
		{ "A", true },
		{ "STRIPE_KEY", true },
		{ "A1_", true },
		{ "PATHS", true },
		{ "MY_PATH", true },
		{ "LD", true },
		{ "USER_ID", true },
		{ "ENV", true },
		{ "", false },
		{ "a", false },
		{ "_A", false },
		{ "1A", false },
		{ "A-B", false },
		{ "A B", false },
		{ "A\n", false },
		{ "A=", false },
		{ "\xc3\x84", false },
		{ "Aa", false },
		{ "PATH", false },
		{ "HOME", false },
		{ "LD_PRELOAD", false },
		{ "LD_X", false },
		{ "HTTP_PROXY", false },
		{ "HTTPS_PROXY", false },
		{ "NO_PROXY", false },
		{ "NODE_OPTIONS", false },
		{ "SHELL", false },
		{ "USER", false },
		{ "SSLKEYLOGFILE", false },
		{ "DYLD_INSERT_LIBRARIES", false },
	};
	char name[130];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (env_name_ok(rows[i].name) != rows[i].ok)
			fail_msg("%s", rows[i].name);
	memset(name, 'A', sizeof(name));
	name[128] = '\0';
	assert_true(env_name_ok(name));
	name[128] = 'A';
	name[129] = '\0';
	assert_false(env_name_ok(name));
}

static void
test_round_trip(void **state)
{
	static char large[ENV_VALUE_MAX + 1];
	const char *value = "untouched";

	(void)state;
	assert_int_equal(get(seal, one.id, "KEY", &value), FZ_NOT_FOUND);
	assert_string_equal(value, "untouched");
	OK(set(one.id, "KEY", "a\nb", 3, 1));
	OK(get(seal, one.id, "KEY", &value));
	assert_string_equal(value, "a\nb");
	assert_int_equal(get(seal, two.id, "KEY", &value), FZ_NOT_FOUND);
	OK(set(one.id, "KEY", "\xf0\x9f\x98\x80", 4, 2));
	OK(get(seal, one.id, "KEY", &value));
	assert_string_equal(value, "\xf0\x9f\x98\x80");
	OK(set(one.id, "KEY", "", 0, 3));
	OK(get(seal, one.id, "KEY", &value));
	assert_string_equal(value, "");
	memset(large, 'v', sizeof(large));
	OK(set(one.id, "KEY", large, ENV_VALUE_MAX, 3));
	assert_int_equal(set(one.id, "KEY", large, ENV_VALUE_MAX + 1, 3),
	    FZ_VALIDATION_FAILED);
	assert_int_equal(set(one.id, "KEY", "a\0b", 3, 3), FZ_VALIDATION_FAILED);
	assert_int_equal(set(one.id, "KEY", "\xff", 1, 3), FZ_VALIDATION_FAILED);
	assert_int_equal(set(one.id, "PATH", "x", 1, 3), FZ_VALIDATION_FAILED);
	OK(get(seal, one.id, "KEY", &value));
	assert_int_equal(strlen(value), ENV_VALUE_MAX);
}

static void
test_list_delete(void **state)
{
	struct writer *w;
	struct reader *rd;
	struct env *v;
	int64_t app;
	size_t n;

	(void)state;
	OK(set(two.id, "B", "2", 1, 20));
	OK(set(two.id, "A", "1", 1, 10));
	OK(set(two.id, "C", "3", 1, 30));
	rd = reader();
	OK(env_list(rd, ar, two.id, &v, &n));
	assert_int_equal(n, 3);
	assert_string_equal(v[0].name, "A");
	assert_int_equal(v[0].updated, 10);
	assert_string_equal(v[2].name, "C");
	OK(env_app(rd, v[0].id, &app));
	assert_int_equal(app, two.id);
	assert_int_equal(env_app(rd, 99999, &app), FZ_NOT_FOUND);
	reader_close(rd);
	w = begin();
	assert_int_equal(env_delete(w, one.id, v[0].id, NULL), FZ_NOT_FOUND);
	assert_int_equal(env_delete(w, one.id, 0, "B"), FZ_NOT_FOUND);
	OK(env_delete(w, two.id, v[0].id, NULL));
	assert_int_equal(env_delete(w, two.id, v[0].id, NULL), FZ_NOT_FOUND);
	OK(env_delete(w, two.id, 0, "B"));
	commit(w);
	assert_int_equal(number("SELECT group_concat(name)='C' FROM env WHERE app=2"), 1);
}

static void
test_room(void **state)
{
	struct app full = make_app("full");
	struct writer *w = begin();
	char name[16];

	(void)state;
	for (int i = 0; i < ENV_PER_APP; i++) {
		(void)snprintf(name, sizeof(name), "V%d", i);
		OK(env_set(w, seal, full.id, name, "x", 1, 1));
	}
	assert_int_equal(
	    env_set(w, seal, full.id, "ONE_MORE", "x", 1, 1), FZ_LIMIT_EXCEEDED);
	OK(env_set(w, seal, full.id, "V7", "y", 1, 1));
	OK(env_delete(w, full.id, 0, "V0"));
	OK(env_set(w, seal, full.id, "ONE_MORE", "x", 1, 1));
	commit(w);
}

static void
test_moved_rows(void **state)
{
	uint8_t key[SEAL_KEY_LEN] = { 8 };
	struct seal *other = seal_of_key(key);
	const char *value = "untouched";

	(void)state;
	OK(set(one.id, "SWAP", "of one", 6, 1));
	OK(set(two.id, "SWAP", "of two", 6, 1));
	OK(set(one.id, "OTHER", "other", 5, 1));
	assert_int_equal(get(other, one.id, "SWAP", &value), FZ_CORRUPT);
	run("UPDATE env SET value=(SELECT value FROM env WHERE app=?2 AND name='SWAP')"
	    " WHERE app=?1 AND name='SWAP'", one.id, two.id);
	assert_int_equal(get(seal, one.id, "SWAP", &value), FZ_CORRUPT);
	OK(get(seal, two.id, "SWAP", &value));
	value = "untouched";
	run("UPDATE env SET value=(SELECT value FROM env WHERE app=?2 AND name='OTHER')"
	    " WHERE app=?1 AND name='SWAP'", one.id, one.id);
	assert_int_equal(get(seal, one.id, "SWAP", &value), FZ_CORRUPT);
	run("UPDATE env SET value=x'01' WHERE app=?1 AND name='SWAP' AND ?2", one.id, 1);
	assert_int_equal(get(seal, one.id, "SWAP", &value), FZ_CORRUPT);
	assert_string_equal(value, "untouched");
	seal_free(other);
}

/* Occurrences of the canary in all files of the store. */
static int
leaks(const char *needle)
{
	DIR *d = opendir(test_dir);
	struct dirent *e;
	int hits = 0, files = 0;

	for (e = readdir(d); e != NULL; e = readdir(d)) {
		char path[400];
		char *text = NULL, *p;
		long size;
		FILE *f;

		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", test_dir, e->d_name);
		f = fopen(path, "rb");
		assert_non_null(f);
		fseek(f, 0, SEEK_END);
		size = ftell(f);
		rewind(f);
		text = calloc(1, (size_t)size + 1);
		assert_int_equal(fread(text, 1, (size_t)size, f), size);
		fclose(f);
		for (p = memmem(text, (size_t)size, needle, strlen(needle)); p != NULL;
		     p = memmem(
			 p + 1, (size_t)(text + size - p - 1), needle, strlen(needle)))
			hits++;
		free(text);
		files++;
	}
	closedir(d);
	assert_true(files >= 2);
	return hits;
}

static void
test_at_rest(void **state)
{
	const char *value;

	(void)state;
	for (int i = 0; i < 3; i++)
		OK(set(one.id, "CANARY_NAME", CANARY, strlen(CANARY), i));
	OK(get(seal, one.id, "CANARY_NAME", &value));
	assert_string_equal(value, CANARY);
	assert_true(leaks("CANARY_NAME") > 0);
	assert_int_equal(leaks(CANARY), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_list_delete), cmocka_unit_test(test_room),
		cmocka_unit_test(test_moved_rows), cmocka_unit_test(test_at_rest),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
