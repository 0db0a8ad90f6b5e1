/* Custom domains: who holds one, what adding again changes, checking and leaving. */
#include "tests/unit/store_test.h"

#include "store/domain.h"

static struct app one, two;

static int
setup(void **state)
{
	if (store_setup(state) != 0)
		return -1;
	one = make_app("one");
	two = make_app("two");
	return 0;
}

static enum fz_err
add(const char *name, int64_t app, const char *to, const char *token)
{
	struct domain d = {
		.domain = name, .app = app, .redirect_to = to, .token = token
	};
	struct writer *w = begin();
	enum fz_err err = domain_add(w, &d);

	commit(w);
	return err;
}

static enum fz_err
get(const char *name, struct domain *d)
{
	struct reader *rd = reader();
	enum fz_err err = domain_get(rd, ar, name, d);

	reader_close(rd);
	return err;
}

static void
test_add(void **state)
{
	struct domain d;

	(void)state;
	assert_int_equal(get("shop.example", &d), FZ_DOMAIN_NOT_FOUND);
	assert_int_equal(add("shop.example", 99, NULL, "t1"), FZ_APP_NOT_FOUND);
	OK(add("shop.example", one.id, NULL, "t1"));
	OK(get("shop.example", &d));
	assert_int_equal(d.app, one.id);
	assert_string_equal(d.app_uid, one.uid);
	assert_null(d.redirect_to);
	assert_string_equal(d.token, "t1");
	assert_string_equal(d.status, "pending");
	assert_string_equal(d.error, "");
	assert_int_equal(d.checked, 0);
	assert_true(d.created > 0);
	assert_int_equal(add("shop.example", two.id, NULL, "t2"), FZ_DOMAIN_TAKEN);
}

static void
test_checked(void **state)
{
	struct domain d;
	struct writer *w = begin();

	(void)state;
	OK(domain_checked(w, "shop.example", "error", "no TXT record"));
	assert_int_equal(domain_checked(w, "nope.example", "active", NULL),
	    FZ_DOMAIN_NOT_FOUND);
	commit(w);
	OK(get("shop.example", &d));
	assert_string_equal(d.status, "error");
	assert_string_equal(d.error, "no TXT record");
	assert_true(d.checked > 0);
	w = begin();
	OK(domain_checked(w, "shop.example", "active", NULL));
	commit(w);
	/* Again for the same app: where it leads, not what was proved. */
	OK(add("shop.example", one.id, "https://www.shop.example", "t3"));
	OK(get("shop.example", &d));
	assert_string_equal(d.redirect_to, "https://www.shop.example");
	assert_string_equal(d.token, "t1");
	assert_string_equal(d.status, "active");
	assert_string_equal(d.error, "");
}

static void
test_list_and_leave(void **state)
{
	struct reader *rd;
	struct domain *v;
	struct writer *w;
	size_t n;

	(void)state;
	OK(add("b.example", two.id, NULL, "t"));
	OK(add("a.example", one.id, NULL, "t"));
	rd = reader();
	OK(domain_list(rd, ar, &v, &n));
	reader_close(rd);
	assert_int_equal(n, 3);
	assert_string_equal(v[0].domain, "a.example");
	assert_string_equal(v[1].app_uid, two.uid);
	w = begin();
	OK(domain_leave(w, one.id));
	commit(w);
	rd = reader();
	OK(domain_list(rd, ar, &v, &n));
	reader_close(rd);
	assert_int_equal(n, 1);
	assert_string_equal(v[0].domain, "b.example");
	w = begin();
	OK(domain_delete(w, "b.example"));
	assert_int_equal(domain_delete(w, "b.example"), FZ_DOMAIN_NOT_FOUND);
	commit(w);
	/* Free for the other one now. */
	OK(add("b.example", one.id, NULL, "t"));
}

static void
test_generation(void **state)
{
	uint64_t g = store_generation(st);
	struct writer *w;

	(void)state;
	OK(add("g.example", one.id, NULL, "t"));
	assert_true(store_generation(st) != g);
	g = store_generation(st);
	w = begin();
	OK(domain_checked(w, "g.example", "active", NULL));
	commit(w);
	assert_true(store_generation(st) != g);
	g = store_generation(st);
	w = begin();
	OK(domain_delete(w, "g.example"));
	commit(w);
	assert_true(store_generation(st) != g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_checked),
		cmocka_unit_test(test_list_and_leave),
		cmocka_unit_test(test_generation),
	};

	return cmocka_run_group_tests(tests, setup, store_teardown);
}
