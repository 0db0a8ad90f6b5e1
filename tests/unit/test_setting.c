/* Settings: set, replace, remove, and the site table hears of it. */
#include "tests/unit/store_test.h"

#include "store/setting.h"

static void
set(const char *name, const char *value)
{
	uint64_t g = store_generation(st);
	struct writer *w = begin();

	OK(setting_set(w, name, value));
	commit(w);
	assert_true(store_generation(st) != g);
}

static const char *
get(const char *name)
{
	struct reader *rd = reader();
	const char *value = "untouched";

	OK(setting_get(rd, ar, name, &value));
	reader_close(rd);
	return value;
}

static void
test_setting(void **state)
{
	(void)state;
	assert_null(get("domain"));
	set("domain", "example.org");
	set("other", "");
	assert_string_equal(get("domain"), "example.org");
	assert_string_equal(get("other"), "");
	set("domain", "fjord.example");
	assert_string_equal(get("domain"), "fjord.example");
	set("domain", NULL);
	assert_null(get("domain"));
	set("domain", NULL);
	assert_string_equal(get("other"), "");
}

static void
test_aborted(void **state)
{
	struct writer *w = begin();

	(void)state;
	OK(setting_set(w, "maintenance", "1"));
	writer_abort(w);
	assert_null(get("maintenance"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setting),
		cmocka_unit_test(test_aborted),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
