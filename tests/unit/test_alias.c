/* Aliases of every type, replacing, swapping, and what happens when an app leaves. */
#include "tests/unit/store_test.h"

#include "store/alias.h"

static struct app one, two, three;

static int
setup(void **state)
{
	if (store_setup(state) != 0)
		return -1;
	one = make_app("one");
	two = make_app("two");
	three = make_app("three");
	return 0;
}

static enum fz_err
put_alias(const struct alias *al)
{
	uint64_t before = store_generation(st);
	struct writer *w = begin();
	enum fz_err err = alias_put(w, al);

	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	commit(w);
	assert_true(store_generation(st) != before);
	return FZ_OK;
}

static enum fz_err
get(const char *name, struct alias *al)
{
	struct reader *rd = reader();
	enum fz_err err = alias_get(rd, ar, name, al);

	reader_close(rd);
	return err;
}

static void
test_types(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		enum alias_type type;
	} texts[] = {
		{ "proxy", true, ALIAS_PROXY },
		{ "app", true, ALIAS_PROXY },
		{ "redirect", true, ALIAS_REDIRECT },
		{ "reserved", true, ALIAS_RESERVED },
		{ "split", true, ALIAS_SPLIT },
		{ "", false, 0 },
		{ "Proxy", false, 0 },
		{ "prox", false, 0 },
		{ "splits", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		enum alias_type t = ALIAS_SPLIT;

		assert_int_equal(alias_type_parse(texts[i].text, &t), texts[i].ok);
		if (texts[i].ok)
			assert_int_equal(t, texts[i].type);
	}
	assert_string_equal(alias_type_text(ALIAS_PROXY), "proxy");
	assert_string_equal(alias_type_text(ALIAS_SPLIT), "split");
}

static void
test_put_get(void **state)
{
	struct alias al = { .name = "a", .type = ALIAS_PROXY, .app = one.id }, got;
	int64_t created;

	(void)state;
	assert_int_equal(get("a", &got), FZ_ALIAS_NOT_FOUND);
	OK(put_alias(&al));
	OK(get("a", &got));
	assert_int_equal(got.type, ALIAS_PROXY);
	assert_int_equal(got.app, one.id);
	assert_string_equal(got.app_uid, one.uid);
	assert_true(got.created > 0 && got.updated == got.created);
	created = got.created;
	usleep(2000);
	al = (struct alias){ .name = "a",
		.type = ALIAS_REDIRECT,
		.url = "https://x.example/",
		.status = 308,
		.keep_path = true };
	OK(put_alias(&al));
	OK(get("a", &got));
	assert_int_equal(got.type, ALIAS_REDIRECT);
	assert_int_equal(got.app, 0);
	assert_string_equal(got.app_uid, "");
	assert_string_equal(got.url, "https://x.example/");
	assert_int_equal(got.status, 308);
	assert_true(got.keep_path);
	assert_int_equal(got.created, created);
	assert_true(got.updated > created);
	al = (struct alias){
		.name = "a", .type = ALIAS_RESERVED, .app = one.id, .url = "x"
	};
	OK(put_alias(&al));
	OK(get("a", &got));
	assert_int_equal(got.type, ALIAS_RESERVED);
	assert_int_equal(got.app, 0);
	assert_string_equal(got.url, "");
}

static void
test_split(void **state)
{
	struct alias al = { .name = "s", .type = ALIAS_SPLIT, .ntargets = 3, .targets = {
		{ .app = one.id, .weight = 50 }, { .app = two.id, .weight = 30 },
		{ .app = three.id, .weight = 20 } } }, got;

	(void)state;
	OK(put_alias(&al));
	OK(get("s", &got));
	assert_int_equal(got.ntargets, 3);
	assert_string_equal(got.targets[1].app_uid, two.uid);
	assert_int_equal(got.targets[2].weight, 20);
	/* Becoming something else and a split again: nothing of the old one is left. */
	al.type = ALIAS_PROXY;
	al.app = two.id;
	OK(put_alias(&al));
	OK(get("s", &got));
	assert_int_equal(got.ntargets, 0);
	assert_int_equal(number("SELECT count(*) FROM alias_target"), 0);
	al.type = ALIAS_SPLIT;
	al.ntargets = 2;
	al.targets[1].weight = 50;
	OK(put_alias(&al));
	OK(get("s", &got));
	assert_int_equal(got.ntargets, 2);
	assert_int_equal(got.app, 0);
}

static void
test_refused(void **state)
{
	struct alias al = { .name = "bad", .type = ALIAS_PROXY, .app = 999 }, got;
	static const struct {
		size_t n;
		int a, b;
	} splits[] = { { 0, 50, 50 }, { 1, 100, 0 }, { 2, 50, 49 }, { 2, 0, 100 },
		{ 2, 101, -1 }, { 11, 50, 50 } };

	(void)state;
	assert_int_equal(put_alias(&al), FZ_APP_NOT_FOUND);
	al.type = ALIAS_SPLIT;
	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		al.ntargets = splits[i].n;
		al.targets[0] =
		    (struct alias_target){ .app = one.id, .weight = splits[i].a };
		al.targets[1] =
		    (struct alias_target){ .app = two.id, .weight = splits[i].b };
		assert_int_equal(put_alias(&al), FZ_VALIDATION_FAILED);
	}
	al.ntargets = 2;
	al.targets[0].weight = al.targets[1].weight = 50;
	al.targets[1].app = 999;
	assert_int_equal(put_alias(&al), FZ_APP_NOT_FOUND);
	assert_int_equal(get("bad", &got), FZ_ALIAS_NOT_FOUND);
}

static void
test_list(void **state)
{
	struct reader *rd;
	const char **names;
	struct alias al = { .type = ALIAS_PROXY, .app = three.id }, *v;
	int64_t total;
	size_t n;

	(void)state;
	al.name = "z";
	OK(put_alias(&al));
	usleep(2000);
	al.name = "y";
	OK(put_alias(&al));
	rd = reader();
	OK(alias_list(rd, ar, 0, -1, &v, &n, &total));
	assert_int_equal(n, 4);
	assert_int_equal(total, 4);
	assert_string_equal(v[0].name, "a");
	assert_string_equal(v[1].name, "s");
	assert_int_equal(v[1].ntargets, 2);
	OK(alias_list(rd, ar, 1, 2, &v, &n, &total));
	assert_int_equal(n, 2);
	assert_int_equal(total, 4);
	assert_string_equal(v[1].name, "y");
	OK(alias_list(rd, ar, 9, 2, &v, &n, &total));
	assert_int_equal(n, 0);
	OK(alias_of_app(rd, ar, three.id, &names, &n));
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "z");
	assert_string_equal(names[1], "y");
	OK(alias_of_app(rd, ar, 999, &names, &n));
	assert_int_equal(n, 0);
	reader_close(rd);
}

static void
test_swap(void **state)
{
	struct alias al = { .name = "p", .type = ALIAS_PROXY, .app = one.id }, got;
	struct writer *w;

	(void)state;
	OK(put_alias(&al));
	al.name = "q";
	al.app = two.id;
	OK(put_alias(&al));
	w = begin();
	OK(alias_swap(w, "p", "q"));
	commit(w);
	OK(get("p", &got));
	assert_int_equal(got.app, two.id);
	OK(get("q", &got));
	assert_int_equal(got.app, one.id);
	w = begin();
	assert_int_equal(alias_swap(w, "p", "s"), FZ_CONFLICT);
	assert_int_equal(alias_swap(w, "a", "q"), FZ_CONFLICT);
	assert_int_equal(alias_swap(w, "p", "nope"), FZ_ALIAS_NOT_FOUND);
	OK(alias_swap(w, "p", "p"));
	commit(w);
	OK(get("p", &got));
	assert_int_equal(got.app, two.id);
}

static void
test_delete(void **state)
{
	struct writer *w = begin();
	struct alias got;

	(void)state;
	OK(alias_delete(w, "s"));
	assert_int_equal(alias_delete(w, "s"), FZ_ALIAS_NOT_FOUND);
	commit(w);
	assert_int_equal(get("s", &got), FZ_ALIAS_NOT_FOUND);
	assert_int_equal(number("SELECT count(*) FROM alias_target"), 0);
}

/* Weights before, and after app one left; 0 = deleted, 1 = a proxy. */
static void
test_leave(void **state)
{
	static const struct {
		int n, apps[4], weights[4], left, after[3];
	} splits[] = {
		{ 2, { 1, 1 }, { 70, 30 }, 0, { 0 } },
		{ 2, { 1, 2 }, { 70, 30 }, 1, { 0 } },
		{ 2, { 2, 3 }, { 70, 30 }, 2, { 70, 30 } },
		{ 3, { 1, 2, 3 }, { 20, 50, 30 }, 2, { 63, 37 } },
		{ 3, { 2, 1, 3 }, { 1, 98, 1 }, 2, { 50, 50 } },
		{ 4, { 2, 3, 1, 2 }, { 10, 10, 70, 10 }, 3, { 34, 33, 33 } },
	};
	const struct app apps[] = { { 0 }, make_app("one again"), two, three };
	const size_t count = sizeof(splits) / sizeof(splits[0]);
	struct alias al, got;
	struct writer *w;
	char name[8];

	(void)state;
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "l%zu", i);
		al = (struct alias){ .name = name, .type = ALIAS_SPLIT };
		al.ntargets = (size_t)splits[i].n;
		for (int k = 0; k < splits[i].n; k++)
			al.targets[k] = (struct alias_target){
				.app = apps[splits[i].apps[k]].id,
				.weight = splits[i].weights[k] };
		OK(put_alias(&al));
	}
	al = (struct alias){ .name = "lp", .type = ALIAS_PROXY, .app = apps[1].id };
	OK(put_alias(&al));
	w = begin();
	OK(alias_leave(w, apps[1].id));
	commit(w);
	assert_int_equal(get("lp", &got), FZ_ALIAS_NOT_FOUND);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "l%zu", i);
		if (splits[i].left == 0) {
			assert_int_equal(get(name, &got), FZ_ALIAS_NOT_FOUND);
			continue;
		}
		OK(get(name, &got));
		if (splits[i].left == 1) {
			assert_int_equal(got.type, ALIAS_PROXY);
			assert_int_equal(got.app, two.id);
			assert_int_equal(got.ntargets, 0);
			continue;
		}
		assert_int_equal(got.ntargets, splits[i].left);
		for (int k = 0; k < splits[i].left; k++)
			assert_int_equal(got.targets[k].weight, splits[i].after[k]);
	}
	assert_int_equal(number("SELECT count(*) FROM alias_target t"
	    " LEFT JOIN alias l ON l.name=t.alias WHERE l.type IS NOT 'split'"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_put_get),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_leave),
	};

	return cmocka_run_group_tests(tests, setup, store_teardown);
}
