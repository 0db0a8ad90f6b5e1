/* Apps: how they are found, listed, trashed, restored and purged. */
#include "tests/unit/store_test.h"

#include "base/clock.h"
#include "base/str.h"
#include "store/alias.h"
#include "store/domain.h"

static enum fz_err
find(const char *ref, struct app *a)
{
	struct reader *rd = reader();
	enum fz_err err = app_find(rd, ar, ref, a);

	reader_close(rd);
	return err;
}

static void
put_proxy(const char *name, int64_t app)
{
	struct alias al = { .name = name, .type = ALIAS_PROXY, .app = app };
	struct writer *w = begin();

	OK(alias_put(w, &al));
	commit(w);
}

static void
put_reserved(const char *name)
{
	struct alias al = { .name = name, .type = ALIAS_RESERVED };
	struct writer *w = begin();

	OK(alias_put(w, &al));
	commit(w);
}

static void
trash(int64_t id)
{
	struct writer *w = begin();

	OK(app_trash(w, id));
	commit(w);
}

static void
deploy(int64_t app, const char *content)
{
	struct version v = { .app = app, .manifest = "{\"name\":\"x\"}", .spa = true };
	struct file f = { .path = "index.html", .mime = "text/html" };
	char upload[UPLOAD_ID_LEN + 1];
	struct blob_info info;
	struct writer *w;

	OK(upload_open(st, upload));
	put(upload, content, &info);
	f.blob = info.id;
	w = begin();
	OK(version_create(w, &v, &f, 1));
	OK(version_go_live(w, app, v.id));
	OK(upload_close(w, upload));
	commit(w);
}

static void
test_create(void **state)
{
	struct app a = { .title = "full",
		.description = "d",
		.tags = "[\"t\"]",
		.visibility = "public",
		.system = true,
		.source = "git",
		.source_url = "u",
		.source_ref = "r",
		.source_commit = "c",
		.original_id = "o",
		.forked_from_id = "f" }, got, plain;
	uint64_t g = store_generation(st);
	struct writer *w = begin();

	(void)state;
	OK(app_create(w, ar, &a));
	commit(w);
	assert_true(store_generation(st) != g);
	assert_true(str_starts(a.uid, "fazt_app_"));
	assert_int_equal(strlen(a.uid), 9 + 12);
	OK(find(a.uid, &got));
	assert_int_equal(got.id, a.id);
	assert_string_equal(got.description, "d");
	assert_string_equal(got.tags, "[\"t\"]");
	assert_string_equal(got.visibility, "public");
	assert_true(got.system);
	assert_string_equal(got.source, "git");
	assert_string_equal(got.source_url, "u");
	assert_string_equal(got.source_ref, "r");
	assert_string_equal(got.source_commit, "c");
	assert_string_equal(got.original_id, "o");
	assert_string_equal(got.forked_from_id, "f");
	plain = make_app("plain");
	assert_string_equal(plain.tags, "[]");
	assert_string_equal(plain.visibility, "unlisted");
	assert_string_equal(plain.source, "deploy");
	assert_string_equal(plain.manifest, "{}");
	assert_string_equal(plain.quotas, "{}");
	assert_true(plain.enabled && !plain.system && !plain.maintenance && !plain.spa);
	assert_int_equal(plain.keep_deploys, LIMIT_DEPLOYS_KEPT);
	assert_int_equal(plain.live + plain.live_n + plain.file_count + plain.size, 0);
	assert_int_equal(plain.deleted, 0);
	assert_true(plain.created > 0 && plain.updated == plain.created);
}

static void
test_find(void **state)
{
	struct app one = make_app("find-1"), two = make_app("find-2"), got;
	struct app tricky = make_app(one.uid);
	struct alias redirect = { .name = "find-1", .type = ALIAS_REDIRECT, .url = "x" };
	struct writer *w;

	(void)state;
	OK(find("find-1", &got));
	assert_int_equal(got.id, one.id);
	/* The id beats an alias, an alias beats a title. */
	OK(find(one.uid, &got));
	assert_int_equal(got.id, one.id);
	put_proxy("find-1", two.id);
	OK(find("find-1", &got));
	assert_int_equal(got.id, two.id);
	/* A redirect is no app: the title again. */
	w = begin();
	OK(alias_put(w, &redirect));
	commit(w);
	OK(find("find-1", &got));
	assert_int_equal(got.id, one.id);
	put_reserved("find-1");
	assert_int_equal(find("find-1", &got), FZ_RESERVED);
	assert_int_equal(find("nothing", &got), FZ_APP_NOT_FOUND);
	assert_int_equal(find("", &got), FZ_APP_NOT_FOUND);
	(void)make_app("find-2");
	assert_int_equal(find("find-2", &got), FZ_CONFLICT);
	trash(two.id);
	OK(find("find-2", &got));
	assert_int_equal(find(two.uid, &got), FZ_APP_NOT_FOUND);
	trash(tricky.id);
}

static void
test_live_columns(void **state)
{
	struct app a = make_app("live"), got;

	(void)state;
	deploy(a.id, "<p>hello</p>");
	deploy(a.id, "<p>hello again</p>");
	OK(find(a.uid, &got));
	assert_int_equal(got.live_n, 2);
	assert_true(got.live > 0 && got.live_spa && !got.spa);
	assert_int_equal(got.file_count, 1);
	assert_int_equal(got.size, strlen("<p>hello again</p>"));
	assert_string_equal(got.manifest, "{\"name\":\"x\"}");
}

static void
test_update(void **state)
{
	struct app a = make_app("before"), got;
	struct writer *w;

	(void)state;
	deploy(a.id, "update");
	OK(find(a.uid, &a));
	a.title = "after";
	a.description = "dd";
	a.tags = "[1]";
	a.visibility = "private";
	a.source = "fork";
	a.source_url = "uu";
	a.source_ref = "rr";
	a.source_commit = "cc";
	a.spa = true;
	a.enabled = false;
	a.maintenance = true;
	a.maintenance_message = "soon";
	a.preview_data = "live";
	a.preview_access = "login";
	a.keep_deploys = 12;
	a.quotas = "{\"files\":1}";
	usleep(2000);
	w = begin();
	OK(app_update(w, &a));
	commit(w);
	OK(find("after", &got));
	assert_string_equal(got.description, "dd");
	assert_string_equal(got.tags, "[1]");
	assert_string_equal(got.visibility, "private");
	assert_string_equal(got.source, "fork");
	assert_string_equal(got.source_url, "uu");
	assert_string_equal(got.source_ref, "rr");
	assert_string_equal(got.source_commit, "cc");
	assert_true(got.spa && !got.enabled && got.maintenance);
	assert_string_equal(got.maintenance_message, "soon");
	assert_string_equal(got.preview_data, "live");
	assert_string_equal(got.preview_access, "login");
	assert_int_equal(got.keep_deploys, 12);
	assert_string_equal(got.quotas, "{\"files\":1}");
	assert_true(got.updated > got.created);
	assert_int_equal(got.live, a.live);
	trash(a.id);
	w = begin();
	assert_int_equal(app_update(w, &a), FZ_APP_NOT_FOUND);
	commit(w);
}

static size_t
list(const struct app_filter *f, struct app **v, int64_t *total)
{
	struct reader *rd = reader();
	size_t n;

	OK(app_list(rd, ar, f, v, &n, total));
	reader_close(rd);
	return n;
}

static void
test_list(void **state)
{
	struct app a = { .title = "Blog_100%", .visibility = "public" }, b, *v;
	struct app_filter f = { .all = true, .limit = -1 };
	struct writer *w = begin();
	int64_t total;

	(void)state;
	OK(app_create(w, ar, &a));
	commit(w);
	b = make_app("shop");
	put_proxy("weblog", b.id);
	f.text = "BLOG";
	assert_int_equal(list(&f, &v, &total), 2);
	assert_int_equal(total, 2);
	assert_int_equal(v[0].id, a.id);
	assert_int_equal(v[1].id, b.id);
	f.limit = 1;
	f.offset = 1;
	assert_int_equal(list(&f, &v, &total), 1);
	assert_int_equal(total, 2);
	assert_int_equal(v[0].id, b.id);
	f = (struct app_filter){ .limit = -1, .text = "blog" };
	assert_int_equal(list(&f, &v, &total), 1);
	/* The signs of LIKE stand for themselves. */
	f = (struct app_filter){ .all = true, .limit = -1, .text = "_100%" };
	assert_int_equal(list(&f, &v, &total), 1);
	f.text = "b%g";
	assert_int_equal(list(&f, &v, &total), 0);
	f.text = "s_op";
	assert_int_equal(list(&f, &v, &total), 0);
	f.text = "\\";
	assert_int_equal(list(&f, &v, &total), 0);
	trash(b.id);
	f = (struct app_filter){
		.all = true, .limit = -1, .trash = true, .text = "shop"
	};
	assert_int_equal(list(&f, &v, &total), 1);
	f.trash = false;
	assert_int_equal(list(&f, &v, &total), 0);
}

static void
test_forks(void **state)
{
	struct app parent = make_app("parent"), *v, got;
	struct app child = { .title = "child", .forked_from_id = parent.uid };
	struct reader *rd;
	struct writer *w = begin();
	size_t n;

	(void)state;
	OK(app_create(w, ar, &child));
	commit(w);
	rd = reader();
	OK(app_forks(rd, ar, parent.uid, &v, &n));
	assert_int_equal(n, 1);
	assert_int_equal(v[0].id, child.id);
	OK(app_forks(rd, ar, child.uid, &v, &n));
	assert_int_equal(n, 0);
	reader_close(rd);
	trash(child.id);
	rd = reader();
	OK(app_forks(rd, ar, parent.uid, &v, &n));
	assert_int_equal(n, 0);
	OK(app_by_uid(rd, ar, child.uid, &got));
	assert_true(got.deleted > 0);
	reader_close(rd);
}

static void
test_trash(void **state)
{
	struct app a = make_app("bin"), other = make_app("other"), got;
	struct domain d = { .domain = "bin.example", .app = a.id, .token = "t" };
	struct alias split = { .name = "bin-split",
		.type = ALIAS_SPLIT,
		.ntargets = 2,
		.targets = {
		    { .app = a.id, .weight = 40 }, { .app = other.id, .weight = 60 } } };
	uint64_t g;
	struct writer *w;
	struct alias al;
	struct reader *rd;

	(void)state;
	deploy(a.id, "bin");
	put_proxy("bin", a.id);
	w = begin();
	OK(domain_add(w, &d));
	OK(alias_put(w, &split));
	commit(w);
	g = store_generation(st);
	trash(a.id);
	assert_true(store_generation(st) != g);
	assert_int_equal(find("bin", &got), FZ_APP_NOT_FOUND);
	rd = reader();
	assert_int_equal(alias_get(rd, ar, "bin", &al), FZ_ALIAS_NOT_FOUND);
	assert_int_equal(domain_get(rd, ar, "bin.example", &d), FZ_DOMAIN_NOT_FOUND);
	OK(alias_get(rd, ar, "bin-split", &al));
	assert_int_equal(al.type, ALIAS_PROXY);
	assert_int_equal(al.app, other.id);
	reader_close(rd);
	w = begin();
	assert_int_equal(app_trash(w, a.id), FZ_APP_NOT_FOUND);
	assert_int_equal(app_restore(w, other.id), FZ_APP_NOT_FOUND);
	OK(app_restore(w, a.id));
	commit(w);
	OK(find("bin", &got));
	assert_int_equal(got.id, a.id);
	assert_int_equal(got.live_n, 1);
}

static void
test_purge(void **state)
{
	struct app a = make_app("purged"), keeper = make_app("keeper"), got;
	int64_t blobs;
	struct writer *w;
	struct reader *rd;

	(void)state;
	(void)sweep();
	deploy(keeper.id, "shared");
	blobs = number("SELECT count(*) FROM blob");
	deploy(a.id, "shared");
	deploy(a.id, "only mine");
	put_proxy("purged", a.id);
	w = begin();
	OK(app_purge(w, a.id));
	assert_int_equal(app_purge(w, a.id), FZ_APP_NOT_FOUND);
	commit(w);
	rd = reader();
	assert_int_equal(app_by_id(rd, ar, a.id, &got), FZ_APP_NOT_FOUND);
	reader_close(rd);
	assert_int_equal(find("purged", &got), FZ_APP_NOT_FOUND);
	assert_true(sweep() > 0);
	assert_int_equal(number("SELECT count(*) FROM blob"), blobs);
	assert_int_equal(number("SELECT count(*) FROM file WHERE version NOT IN"
	    " (SELECT id FROM version)"), 0);
}

static void
test_id_is_not_reused(void **state)
{
	struct app a = make_app("last");
	struct writer *w = begin();

	(void)state;
	OK(app_purge(w, a.id));
	commit(w);
	assert_true(make_app("after").id > a.id);
}

static void
test_sweep(void **state)
{
	struct app old = make_app("old"), young = make_app("young"), got;
	const int64_t day = 24 * 3600 * INT64_C(1000);
	struct reader *rd;
	struct writer *w;

	(void)state;
	trash(old.id);
	trash(young.id);
	w = begin();
	OK(sql_run(
	    w, "UPDATE app SET deleted=deleted-?2 WHERE id=?1", "ii", old.id, day));
	OK(app_sweep(w, clock_wall_ms() + LIMIT_TRASH_DAYS * day - 3600 * 1000));
	commit(w);
	rd = reader();
	assert_int_equal(app_by_uid(rd, ar, old.uid, &got), FZ_APP_NOT_FOUND);
	OK(app_by_uid(rd, ar, young.uid, &got));
	reader_close(rd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_live_columns),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_forks),
		cmocka_unit_test(test_trash),
		cmocka_unit_test(test_purge),
		cmocka_unit_test(test_id_is_not_reused),
		cmocka_unit_test(test_sweep),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
