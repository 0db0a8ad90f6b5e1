/* Versions: creating, going live and back, since, pruning, comparing, 10,000 files. */
#include "tests/unit/store_test.h"

#include "base/clock.h"

static char upload[UPLOAD_ID_LEN + 1];

static int
setup(void **state)
{
	return store_setup(state) != 0 || upload_open(st, upload) != FZ_OK ? -1 : 0;
}

/* A version from path, content, path, content, ..., NULL. */
static enum fz_err
create(struct version *v, const char *const *tree)
{
	struct file files[16];
	struct writer *w;
	enum fz_err err;
	size_t n = 0;

	for (; tree[2 * n] != NULL; n++) {
		struct blob_info info;

		put(upload, tree[2 * n + 1], &info);
		files[n] = (struct file){ .path = tree[2 * n], .blob = info.id,
			.size = info.size, .mime = "text/plain" };
		memcpy(files[n].sha256, info.sha256, SHA256_LEN);
	}
	w = begin();
	err = version_create(w, v, files, n);
	if (err == FZ_OK) {
		uint8_t digest[SHA256_LEN];

		version_digest(files, n, v->spa, digest);
		assert_memory_equal(digest, v->digest, SHA256_LEN);
		commit(w);
	} else {
		writer_abort(w);
	}
	return err;
}

static void
go_live(int64_t app, int64_t id)
{
	struct writer *w = begin();

	OK(version_go_live(w, app, id));
	commit(w);
}

static int64_t
make(int64_t app, const char *const *tree, bool live)
{
	struct version v = { .app = app };

	OK(create(&v, tree));
	if (live)
		go_live(app, v.id);
	return v.id;
}

static struct file
file(int64_t version, const char *path)
{
	struct reader *rd = reader();
	struct file f;

	OK(file_get(rd, ar, version, path, &f));
	reader_close(rd);
	return f;
}

static enum fz_err
get(int64_t app, int64_t n, struct version *v)
{
	struct reader *rd = reader();
	enum fz_err err = version_get(rd, ar, app, n, v);

	reader_close(rd);
	return err;
}

#define TREE(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_create(void **state)
{
	struct app a = make_app("create");
	struct version v = { .app = a.id, .spa = true, .manifest = "{\"a\":1}",
		.message = "m", .source = "git", .source_url = "u", .source_ref = "r",
		.source_commit = "c", .deployed_by = "ann" }, got;
	struct reader *rd;
	struct file *files, f;
	size_t n;

	(void)state;
	OK(create(&v, TREE("a", "1", "a.b", "22", "a/b", "333")));
	assert_int_equal(v.n, 1);
	assert_int_equal(v.file_count, 3);
	assert_int_equal(v.size, 6);
	assert_true(v.draft && !v.live && v.created > 0);
	OK(get(a.id, 1, &got));
	assert_int_equal(got.id, v.id);
	assert_memory_equal(got.digest, v.digest, SHA256_LEN);
	assert_true(got.draft && !got.live && got.spa);
	assert_string_equal(got.manifest, "{\"a\":1}");
	assert_string_equal(got.message, "m");
	assert_string_equal(got.source, "git");
	assert_string_equal(got.source_url, "u");
	assert_string_equal(got.source_ref, "r");
	assert_string_equal(got.source_commit, "c");
	assert_string_equal(got.deployed_by, "ann");
	rd = reader();
	OK(version_by_id(rd, ar, v.id, &got));
	assert_int_equal(got.n, 1);
	assert_int_equal(version_by_id(rd, ar, 999, &got), FZ_DEPLOY_NOT_FOUND);
	assert_int_equal(version_get(rd, ar, a.id, 0, &got), FZ_DEPLOY_NOT_FOUND);
	assert_int_equal(version_get(rd, ar, a.id, 2, &got), FZ_DEPLOY_NOT_FOUND);
	OK(file_list(rd, ar, v.id, &files, &n));
	assert_int_equal(n, 3);
	assert_string_equal(files[0].path, "a");
	assert_string_equal(files[1].path, "a.b");
	assert_string_equal(files[2].path, "a/b");
	assert_int_equal(files[2].size, 3);
	assert_string_equal(files[2].mime, "text/plain");
	assert_int_equal(files[2].since, v.created);
	assert_int_equal(file_get(rd, ar, v.id, "A", &f), FZ_FILE_NOT_FOUND);
	assert_int_equal(file_get(rd, ar, 999, "a", &f), FZ_FILE_NOT_FOUND);
	reader_close(rd);
	v = (struct version){ .app = a.id };
	OK(create(&v, TREE(NULL)));
	assert_int_equal(v.n, 2);
	assert_int_equal(v.file_count + v.size, 0);
}

static void
test_refused(void **state)
{
	static const char *const unsorted[] = { "b", "1", "a", "1", NULL };
	static const char *const twice[] = { "a", "1", "a", "2", NULL };
	struct app a = make_app("refused");
	struct version v = { .app = a.id };
	struct file f = { .path = "a", .blob = 12345, .mime = "text/plain" };
	struct writer *w;

	(void)state;
	assert_int_equal(create(&v, unsorted), FZ_VALIDATION_FAILED);
	assert_int_equal(create(&v, twice), FZ_VALIDATION_FAILED);
	w = begin();
	assert_int_equal(version_create(w, &v, &f, 1), FZ_SERVICE_UNAVAILABLE);
	OK(sql_run(w, "INSERT INTO blob(id,size) VALUES(12345,0)", ""));
	/* Still being received. */
	assert_int_equal(version_create(w, &v, &f, 1), FZ_SERVICE_UNAVAILABLE);
	writer_abort(w);
	assert_int_equal(v.id, 0);
	v.app = 999;
	assert_int_equal(create(&v, TREE("a", "1")), FZ_APP_NOT_FOUND);
	w = begin();
	OK(app_trash(w, a.id));
	commit(w);
	v.app = a.id;
	assert_int_equal(create(&v, TREE("a", "1")), FZ_APP_NOT_FOUND);
}

static void
test_digest(void **state)
{
	static const struct file same = {
		.path = "a", .size = 1, .mime = "m", .sha256 = { 1 }
	};
	struct file others[5] = { same, same, same, same, { .path = "am", .size = 1,
		.mime = "", .sha256 = { 1 } } };
	uint8_t want[SHA256_LEN], got[SHA256_LEN];

	(void)state;
	others[0].path = "b";
	others[1].size = 256;
	others[2].mime = "n";
	others[3].sha256[31] = 1;
	version_digest(&same, 1, false, want);
	for (int i = 0; i < 5; i++) {
		version_digest(&others[i], 1, false, got);
		assert_memory_not_equal(want, got, SHA256_LEN);
	}
	version_digest(&same, 1, true, got);
	assert_memory_not_equal(want, got, SHA256_LEN);
	version_digest(&same, 0, false, got);
	assert_memory_not_equal(want, got, SHA256_LEN);
	version_digest(&same, 1, false, got);
	assert_memory_equal(want, got, SHA256_LEN);
}

static void
test_live(void **state)
{
	struct app a = make_app("live"), other = make_app("not mine");
	uint64_t g;
	int64_t one = make(a.id, TREE("x", "1"), false), n;
	int64_t two = make(a.id, TREE("x", "2"), false);
	struct version v;
	struct reader *rd;
	struct writer *w;

	(void)state;
	rd = reader();
	assert_int_equal(version_before(rd, a.id, &n), FZ_DEPLOY_NOT_FOUND);
	reader_close(rd);
	g = store_generation(st);
	go_live(a.id, one);
	assert_true(store_generation(st) != g);
	OK(get(a.id, 0, &v));
	assert_int_equal(v.id, one);
	assert_true(v.live && !v.draft);
	go_live(a.id, two);
	OK(get(a.id, 0, &v));
	assert_int_equal(v.n, 2);
	OK(get(a.id, 1, &v));
	assert_true(!v.live && !v.draft);
	(void)make(a.id, TREE("x", "3"), false);
	(void)make(a.id, TREE("x", "4"), true);
	rd = reader();
	/* Number 3 is a draft: it was never live. */
	OK(version_before(rd, a.id, &n));
	assert_int_equal(n, 2);
	reader_close(rd);
	go_live(a.id, one);
	rd = reader();
	assert_int_equal(version_before(rd, a.id, &n), FZ_DEPLOY_NOT_FOUND);
	reader_close(rd);
	w = begin();
	assert_int_equal(version_go_live(w, other.id, one), FZ_DEPLOY_NOT_FOUND);
	assert_int_equal(version_go_live(w, a.id, 999), FZ_DEPLOY_NOT_FOUND);
	assert_int_equal(version_delete(w, a.id, 1), FZ_CONFLICT);
	assert_int_equal(version_delete(w, a.id, 99), FZ_DEPLOY_NOT_FOUND);
	OK(version_delete(w, a.id, 4));
	commit(w);
	assert_int_equal(get(a.id, 4, &v), FZ_DEPLOY_NOT_FOUND);
	/* A number is never given twice. */
	v = (struct version){ .app = a.id };
	OK(create(&v, TREE("x", "5")));
	assert_int_equal(v.n, 5);
}

static void
test_since(void **state)
{
	struct app a = make_app("since");
	int64_t one, two, three, t1, t2;

	(void)state;
	one = make(a.id, TREE("changed", "1", "gone", "1", "kept", "1"), true);
	t1 = file(one, "kept").since;
	usleep(3000);
	two = make(a.id, TREE("changed", "2", "kept", "1", "new", "1"), true);
	t2 = file(two, "changed").since;
	assert_true(t2 > t1);
	assert_int_equal(file(two, "kept").since, t1);
	assert_int_equal(file(two, "new").since, t2);
	usleep(3000);
	/* Back: what went live then keeps its time. */
	go_live(a.id, one);
	assert_int_equal(file(one, "changed").since, t1);
	assert_int_equal(file(one, "gone").since, t1);
	/* And on from there: "new" was in two, but two is not what it replaces. */
	three = make(a.id, TREE("changed", "1", "gone", "1", "new", "1"), false);
	usleep(3000);
	go_live(a.id, three);
	assert_int_equal(file(three, "changed").since, t1);
	assert_true(file(three, "new").since > t2);
	/* The same content at another path is new there. */
	usleep(3000);
	one = make(a.id, TREE("elsewhere", "1", "new", "1"), true);
	assert_true(file(one, "elsewhere").since > file(one, "new").since);
}

static void
test_list(void **state)
{
	struct app a = make_app("list"), b = make_app("list too");
	struct version *v;
	struct writer *w;
	struct reader *rd;
	int64_t total, before;
	size_t n;

	(void)state;
	rd = reader();
	OK(version_list(rd, ar, 0, 0, -1, &v, &n, &total));
	before = total;
	reader_close(rd);
	for (int i = 0; i < 5; i++) {
		(void)make(a.id, TREE("x", "1"), true);
		(void)make(b.id, TREE("x", "1"), false);
	}
	rd = reader();
	OK(version_list(rd, ar, a.id, 1, 2, &v, &n, &total));
	assert_int_equal(n, 2);
	assert_int_equal(total, 5);
	assert_int_equal(v[0].n, 4);
	assert_int_equal(v[1].n, 3);
	OK(version_list(rd, ar, 0, 0, 3, &v, &n, &total));
	assert_int_equal(n, 3);
	assert_int_equal(total, before + 10);
	assert_int_equal(v[0].app, b.id);
	assert_int_equal(v[1].app, a.id);
	assert_true(v[1].live);
	reader_close(rd);
	w = begin();
	OK(app_trash(w, b.id));
	commit(w);
	rd = reader();
	OK(version_list(rd, ar, 0, 0, 3, &v, &n, &total));
	assert_int_equal(total, before + 5);
	assert_int_equal(v[1].app, a.id);
	reader_close(rd);
}

static void
keep(struct app *a, int64_t n)
{
	struct writer *w = begin();
	struct reader *rd = writer_reader(w);

	OK(app_by_id(rd, ar, a->id, a));
	a->keep_deploys = n;
	OK(app_update(w, a));
	OK(version_prune(w, a->id));
	commit(w);
}

static void
test_prune(void **state)
{
	struct app a = make_app("prune");
	struct version *v, live;
	struct writer *w;
	struct reader *rd;
	int64_t total;
	char text[16];
	size_t n;

	(void)state;
	for (int i = 1; i <= 30; i++) {
		(void)snprintf(text, sizeof(text), "prune %d", i);
		(void)make(a.id, TREE("x", text), i == 3);
	}
	keep(&a, 30);
	rd = reader();
	OK(version_list(rd, ar, a.id, 0, -1, &v, &n, &total));
	assert_int_equal(n, 30);
	reader_close(rd);
	keep(&a, 20);
	rd = reader();
	OK(version_list(rd, ar, a.id, 0, -1, &v, &n, &total));
	assert_int_equal(n, 21);		/* 11..30 and the live one */
	assert_int_equal(v[19].n, 11);
	assert_int_equal(v[20].n, 3);
	reader_close(rd);
	keep(&a, 0);
	rd = reader();
	OK(version_list(rd, ar, a.id, 0, -1, &v, &n, &total));
	assert_int_equal(n, 11);
	assert_int_equal(v[9].n, 21);
	assert_int_equal(v[10].n, 3);
	reader_close(rd);
	OK(get(a.id, 0, &live));
	(void)file(live.id, "x");
	/* Nothing live at all. */
	a = make_app("prune drafts");
	for (int i = 1; i <= 12; i++)
		(void)make(a.id, TREE("x", "prune"), false);
	keep(&a, 1);
	rd = reader();
	OK(version_list(rd, ar, a.id, 0, -1, &v, &n, &total));
	assert_int_equal(n, 10);
	reader_close(rd);
	w = begin();
	assert_int_equal(version_prune(w, 999), FZ_APP_NOT_FOUND);
	writer_abort(w);
}

static void
names(const char *const *got, size_t n, const char *want)
{
	char text[100] = "";

	for (size_t i = 0; i < n; i++) {
		strncat(text, got[i], sizeof(text) - strlen(text) - 1);
		strncat(text, " ", sizeof(text) - strlen(text) - 1);
	}
	assert_string_equal(text, want);
}

static void
test_compare(void **state)
{
	struct app a = make_app("compare");
	int64_t one = make(a.id, TREE("a", "1", "b", "1", "c", "1", "d", "1"), false);
	int64_t two =
	    make(a.id, TREE("A", "1", "b", "2", "c", "1", "e", "1", "f", "1"), false);
	static const struct {
		int from, to;
		const char *added, *changed, *removed;
	} tests[] = {
		{ 1, 2, "A e f ", "b ", "a d " },
		{ 2, 1, "a d ", "b ", "A e f " },
		{ 0, 1, "a b c d ", "", "" },
		{ 1, 0, "", "", "a b c d " },
		{ 1, 1, "", "", "" },
		{ 0, 0, "", "", "" },
	};
	const int64_t ids[] = { 0, one, two };
	struct file_diff d;
	struct reader *rd = reader();

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		OK(file_compare(rd, ar, ids[tests[i].from], ids[tests[i].to], &d));
		names(d.added, d.nadded, tests[i].added);
		names(d.changed, d.nchanged, tests[i].changed);
		names(d.removed, d.nremoved, tests[i].removed);
	}
	reader_close(rd);
}

static void
test_deleted_is_unseen(void **state)
{
	struct app a = make_app("unseen");
	int64_t id = make(a.id, TREE("x", "only here"), false), files;
	struct reader *rd;
	struct writer *w;
	struct file *v, f;
	size_t n;

	(void)state;
	(void)sweep();
	files = number("SELECT count(*) FROM file");
	w = begin();
	OK(version_delete(w, a.id, 1));
	commit(w);
	rd = reader();
	assert_int_equal(file_get(rd, ar, id, "x", &f), FZ_FILE_NOT_FOUND);
	OK(file_list(rd, ar, id, &v, &n));
	assert_int_equal(n, 0);
	reader_close(rd);
	(void)sweep();
	assert_int_equal(number("SELECT count(*) FROM file"), files - 1);
}

static void
test_many(void **state)
{
	enum { MANY = 10000 };
	struct app a = make_app("many");
	struct file *files = xcalloc(MANY, sizeof(*files)), *got;
	struct version v = { .app = a.id };
	int64_t from, took[3];
	struct writer *w;
	struct reader *rd;
	size_t n;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		struct blob_info info;
		char text[32];

		(void)snprintf(text, sizeof(text), "many %d", i / 2);
		put(upload, text, &info);
		files[i] = (struct file){ .blob = info.id, .mime = "text/plain",
			.path = arena_printf(ar, "some/folder/%05d.txt", i) };
	}
	from = clock_mono_ms();
	w = begin();
	OK(version_create(w, &v, files, MANY));
	took[0] = clock_mono_ms() - from;
	OK(version_go_live(w, a.id, v.id));
	commit(w);
	from = clock_mono_ms();
	v.manifest = NULL;
	w = begin();
	OK(version_create(w, &v, files, MANY));
	OK(version_go_live(w, a.id, v.id));
	commit(w);
	took[1] = clock_mono_ms() - from;
	rd = reader();
	OK(file_list(rd, ar, v.id, &got, &n));
	assert_int_equal(n, MANY);
	assert_string_equal(got[MANY - 1].path, "some/folder/09999.txt");
	reader_close(rd);
	w = begin();
	OK(version_delete(w, a.id, 1));
	commit(w);
	from = clock_mono_ms();
	assert_int_equal(sweep(), MANY);
	took[2] = clock_mono_ms() - from;
	print_message("create %d ms, create and go live %d ms, sweep %d ms\n",
	    (int)took[0], (int)took[1], (int)took[2]);
	free(files);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_prune),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_deleted_is_unseen),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, setup, store_teardown);
}
