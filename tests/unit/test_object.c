/* Objects: paths, contents, quotas, who sees them, and what garbage collection leaves. */
#include "tests/unit/store_test.h"

#include <fcntl.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/spool.h"
#include "store/data.h"
#include "store/doc.h"
#include "store/kv.h"
#include "store/object.h"
#include "store/usage.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define K ((size_t)1024)

static struct quota quota;
static struct space mine = { 7, 0 };

static int
clear(void **state)
{
	struct writer *w = begin();

	(void)state;
	quota_read(NULL, &quota);
	OK(sql_run(w, "DELETE FROM object", ""));
	OK(sql_run(w, "DELETE FROM holding", ""));
	commit(w);
	(void)sweep();
	return number("SELECT (SELECT count(*) FROM blob)+(SELECT count(*) FROM chunk)"
	    "+(SELECT count(*) FROM upload)+(SELECT count(*) FROM upload_blob)"
	    "+(SELECT count(*) FROM garbage_blob)") != 0;
}

static enum fz_err
store_n(struct space sp, const char *path, const void *bytes, size_t n)
{
	struct object_body body = { .bytes = bytes, .len = n };
	struct blob_info info;
	uint8_t hash[SHA256_LEN];
	uint64_t seq = 0;
	enum fz_err err = object_store(st, sp, &quota, path, &body, "text/plain", NULL, &seq,
	    &info);

	if (err == FZ_OK) {
		sha256_of(bytes, n, hash);
		assert_memory_equal(info.sha256, hash, SHA256_LEN);
		assert_int_equal(info.size, n);
		assert_true(seq > 0);
	}
	assert_int_equal(number("SELECT count(*) FROM upload"), 0);
	return err;
}

static enum fz_err
keep(struct space sp, const char *path, const char *text)
{
	return store_n(sp, path, text, strlen(text));
}

static const char *
text_of(struct space sp, const char *path)
{
	struct reader *rd = reader();
	struct object o;
	enum fz_err err = object_get(rd, ar, sp, path, &o);
	char *copy;
	void *p;
	size_t n;

	if (err != FZ_OK) {
		assert_int_equal(err, FZ_NOT_FOUND);
		reader_close(rd);
		return "-";
	}
	OK(blob_read(rd, o.blob, BLOB_PLAIN, OBJECT_MAX, &p, &n));
	reader_close(rd);
	assert_int_equal(n, o.size);
	assert_string_equal(o.path, path);
	assert_int_equal(o.user, sp.user);
	assert_true(o.updated > clock_wall_ms() - 60000);
	copy = arena_strndup(ar, p, n);
	free(p);
	return copy;
}

static enum fz_err
drop(struct space sp, const char *path)
{
	struct writer *w = begin();
	enum fz_err err = object_delete(w, sp, path);

	commit(w);
	return err;
}

static void
counters_ok(int64_t app)
{
	struct reader *rd = reader();
	struct usage_data u;
	int64_t n, bytes;

	OK(usage_of_data(rd, app, &u));
	OK(sql_get_int(rd, &n, "SELECT count(*) FROM object WHERE app=?1", "i", app));
	OK(sql_get_int(rd, &bytes, "SELECT coalesce(sum(size),0) FROM object WHERE app=?1",
	    "i", app));
	reader_close(rd);
	assert_int_equal(u.objects, n);
	assert_int_equal(u.object_bytes, bytes);
}

static void
test_paths(void **state)
{
	static const struct {
		const char	*in;
		const char	*out;	/* NULL = refused */
	} rows[] = {
		{ "a", "a" }, { "/a", "a" }, { "///a", "a" }, { "a/b", "a/b" },
		{ "a//b", "a/b" }, { "/a///b//c", "a/b/c" }, { "a/", "a/" },
		{ "a//", "a/" }, { "./a", "a" }, { "a/./b", "a/b" }, { "a/.", "a/" },
		{ ".a", ".a" }, { "..a", "..a" }, { "a..", "a.." }, { "a..b", "a..b" },
		{ "...", "..." }, { "a b", "a b" }, { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xf0\x9f\x98\x80.png", "\xf0\x9f\x98\x80.png" }, { "a?b#c%20", "a?b#c%20" },
		{ "a\\b", "a\\b" },
		{ "", NULL }, { "/", NULL }, { "//", NULL }, { ".", NULL }, { "./", NULL },
		{ "/.", NULL }, { "..", NULL }, { "../a", NULL }, { "a/..", NULL },
		{ "a/../b", NULL }, { "/..//a", NULL }, { "a\nb", NULL }, { "a\x01", NULL },
		{ "\x7f", NULL }, { "a\tb", NULL }, { "\xff", NULL }, { "a\xc3", NULL },
		{ "\xed\xa0\x80", NULL },
	};
	char path[OBJECT_PATH_MAX + 8];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = object_path(ar, rows[i].in, strlen(rows[i].in));

		if ((got == NULL) != (rows[i].out == NULL))
			fail_msg("%s", rows[i].in);
		if (got != NULL)
			assert_string_equal(got, rows[i].out);
	}
	assert_null(object_path(ar, "a\0b", 3));
	memset(path, 'p', sizeof(path));
	assert_non_null(object_path(ar, path, OBJECT_PATH_MAX));
	assert_null(object_path(ar, path, OBJECT_PATH_MAX + 1));
	path[0] = '/';
	assert_non_null(object_path(ar, path, OBJECT_PATH_MAX + 1));
}

static void
test_mimes(void **state)
{
	char mime[OBJECT_MIME_MAX + 2];

	(void)state;
	assert_true(object_mime_ok("text/html; charset=utf-8"));
	assert_true(object_mime_ok("odd"));
	assert_false(object_mime_ok(""));
	assert_false(object_mime_ok("text/html\r\nX: y"));
	assert_false(object_mime_ok("text/\xc3\xbc"));
	assert_false(object_mime_ok("a\tb"));
	memset(mime, 'm', sizeof(mime));
	mime[OBJECT_MIME_MAX] = '\0';
	assert_true(object_mime_ok(mime));
	mime[OBJECT_MIME_MAX] = 'm';
	mime[OBJECT_MIME_MAX + 1] = '\0';
	assert_false(object_mime_ok(mime));
}

static void
test_put_get(void **state)
{
	static const size_t sizes[] = { 0, 1, 256 * K - 1, 256 * K, 256 * K + 1, 700 * K };
	char *p = xmalloc(700 * K);

	(void)state;
	memset(p, 'x', 700 * K);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		OK(store_n(mine, "f", p, sizes[i]));
		assert_int_equal(strlen(text_of(mine, "f")), sizes[i]);
		counters_ok(7);
	}
	assert_int_equal(number("SELECT count(*) FROM object"), 1);
	/* What was replaced is garbage, what is named is not. */
	assert_true(sweep() > 0);
	assert_int_equal(number("SELECT count(*) FROM blob"), 1);
	assert_int_equal(strlen(text_of(mine, "f")), 700 * K);
	OK(drop(mine, "f"));
	OK(drop(mine, "f"));
	assert_string_equal(text_of(mine, "f"), "-");
	counters_ok(7);
	assert_true(sweep() > 0);
	assert_int_equal(number("SELECT count(*) FROM blob"), 0);
	assert_int_equal(number("SELECT count(*) FROM chunk"), 0);
	free(p);
}

static void
test_spool_ranges(void **state)
{
	static const struct {
		size_t	from, len;
	} rows[] = { { 0, 0 }, { 0, 10 }, { 5, 1 }, { 100, 300 * K }, { 255 * K, 2 * K },
		{ 0, 600 * K }, { 600 * K, 0 } };
	char *p = xmalloc(600 * K);
	struct spool *spool;

	(void)state;
	for (size_t i = 0; i < 600 * K; i++)
		p[i] = (char)('a' + i % 23);
	spool = spool_new(test_dir, 1024 * K);
	OK(spool_add(spool, p, 600 * K));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct object_body body = { .spool = spool, .from = rows[i].from,
			.len = rows[i].len };
		uint64_t seq = 0;
		const char *got;

		OK(object_store(st, mine, &quota, "f", &body, "text/plain", NULL, &seq,
		    NULL));
		got = text_of(mine, "f");
		assert_int_equal(strlen(got), rows[i].len);
		assert_memory_equal(got, p + rows[i].from, rows[i].len);
	}
	/* Less than was promised: nothing is stored. */
	assert_int_equal(object_store(st, mine, &quota, "g", &(struct object_body){
	    .spool = spool, .from = 600 * K - 5, .len = 6 }, "text/plain", NULL, NULL, NULL),
	    FZ_IO);
	assert_string_equal(text_of(mine, "g"), "-");
	spool_free(spool);
	free(p);
}

static int pieces_left;

static bool
some_pieces(void)
{
	return pieces_left-- > 0;
}

static void
test_stopped(void **state)
{
	char *p = xcalloc(1, 900 * K);
	struct object_body body = { .bytes = p, .len = 900 * K };

	(void)state;
	OK(keep(mine, "f", "before"));
	for (int i = 0; i < 4; i++) {
		pieces_left = i;
		assert_int_equal(object_store(st, mine, &quota, "f", &body, "text/plain",
		    some_pieces, NULL, NULL), FZ_TIMEOUT);
		assert_string_equal(text_of(mine, "f"), "before");
		counters_ok(7);
	}
	body.spool = spool_new(test_dir, 1024 * K);
	OK(spool_add((struct spool *)(uintptr_t)body.spool, p, 900 * K));
	pieces_left = 3;
	assert_int_equal(object_store(st, mine, &quota, "f", &body, "text/plain",
	    some_pieces, NULL, NULL), FZ_TIMEOUT);
	spool_free((struct spool *)(uintptr_t)body.spool);
	body.spool = NULL;
	pieces_left = 4;
	OK(object_store(st, mine, &quota, "f", &body, "text/plain", some_pieces, NULL,
	    NULL));
	assert_int_equal(object_store(st, mine, &quota, "f", &body, "a\nb", NULL, NULL,
	    NULL), FZ_VALIDATION_FAILED);
	(void)sweep();
	assert_int_equal(number("SELECT count(*) FROM blob"), 1);
	free(p);
}

static void
test_spaces(void **state)
{
	static const struct space spaces[] = { { 7, 0 }, { 7, 1 }, { 8, 0 }, { 8, 1 },
		{ 70, 0 } };
	char text[32];

	(void)state;
	for (size_t i = 0; i < COUNT(spaces); i++) {
		(void)snprintf(text, sizeof(text), "content %zu", i);
		OK(keep(spaces[i], "same", text));
	}
	for (size_t i = 0; i < COUNT(spaces); i++) {
		struct object_filter f = { .prefix = "" };
		struct reader *rd = reader();
		struct object *v;
		bool more;
		size_t n;

		(void)snprintf(text, sizeof(text), "content %zu", i);
		assert_string_equal(text_of(spaces[i], "same"), text);
		OK(object_list(rd, ar, spaces[i], &f, &v, &n, &more));
		assert_int_equal(n, 1);
		assert_int_equal(v[0].user, spaces[i].user);
		reader_close(rd);
	}
	OK(drop(spaces[1], "same"));
	for (size_t i = 0; i < COUNT(spaces); i++)
		assert_int_equal(strcmp(text_of(spaces[i], "same"), "-") == 0, i == 1);
	counters_ok(7);
	counters_ok(8);
}

static int64_t
version_with(int64_t app, int64_t blob, uint64_t size)
{
	struct file f = { .path = "f", .blob = blob, .size = size, .mime = "text/plain" };
	struct version v = { .app = app, .manifest = "{}", .message = "",
		.source = "deploy", .source_url = "", .source_ref = "",
		.source_commit = "", .deployed_by = "" };
	struct writer *w = begin();

	OK(version_create(w, &v, &f, 1));
	OK(version_go_live(w, app, v.id));
	commit(w);
	return v.id;
}

/* One content with several names: it lives as long as any of them. */
static void
test_shared(void **state)
{
	char upload[UPLOAD_ID_LEN + 1];
	struct app app = make_app("shared");
	struct blob_info info;
	struct writer *w;

	(void)state;
	OK(keep(mine, "a", "the same"));
	OK(keep(mine, "b", "the same"));
	OK(keep((struct space){ 8, 3 }, "c", "the same"));
	assert_int_equal(number("SELECT count(*) FROM blob"), 1);
	/* Closing an upload of what has a name leaves no entry for the sweep. */
	assert_int_equal(number("SELECT count(*) FROM garbage_blob"), 0);
	OK(drop(mine, "a"));
	(void)sweep();
	assert_string_equal(text_of(mine, "b"), "the same");
	OK(drop(mine, "b"));
	(void)sweep();
	assert_string_equal(text_of((struct space){ 8, 3 }, "c"), "the same");
	/* A file of a version names it too. */
	OK(upload_open(st, upload));
	put(upload, "the same", &info);
	(void)version_with(app.id, info.id, info.size);
	upload_drop(st, upload);
	OK(drop((struct space){ 8, 3 }, "c"));
	(void)sweep();
	assert_int_equal(number("SELECT count(*) FROM blob"), 1);
	OK(keep(mine, "again", "the same"));
	w = begin();
	OK(app_purge(w, app.id));
	commit(w);
	(void)sweep();
	assert_string_equal(text_of(mine, "again"), "the same");
	/* To and fro, before any sweep: what is named last stays. */
	for (int i = 0; i < 3; i++) {
		OK(keep(mine, "again", "other"));
		OK(keep(mine, "again", "the same"));
	}
	(void)sweep();
	assert_string_equal(text_of(mine, "again"), "the same");
	assert_int_equal(number("SELECT count(*) FROM blob"), 1);
}

static void
test_quota(void **state)
{
	struct object_body large = { .bytes = "", .len = OBJECT_MAX + 1 };
	char *p = xcalloc(1, 600);
	struct reader *rd;

	(void)state;
	quota.blob_bytes = 1000;
	OK(store_n(mine, "a", p, 600));
	assert_int_equal(store_n(mine, "b", p, 401), FZ_QUOTA_EXCEEDED);
	assert_int_equal(store_n((struct space){ 7, 4 }, "b", p, 401), FZ_QUOTA_EXCEEDED);
	OK(store_n((struct space){ 8, 0 }, "b", p, 401));
	OK(store_n((struct space){ 7, 4 }, "b", p, 400));
	/* What is replaced makes room, for itself too. */
	OK(store_n(mine, "a", p, 600));
	assert_int_equal(store_n(mine, "a", p, 601), FZ_QUOTA_EXCEEDED);
	OK(store_n(mine, "a", p, 599));
	OK(drop(mine, "a"));
	OK(store_n(mine, "c", p, 600));
	counters_ok(7);
	quota.blob_bytes = 100000;
	quota.disk_bytes = 1100;
	assert_int_equal(store_n(mine, "d", p, 101), FZ_QUOTA_EXCEEDED);
	OK(store_n(mine, "d", p, 100));
	assert_int_equal(object_store(st, mine, &quota, "e", &large, "a/b", NULL, NULL,
	    NULL), FZ_PAYLOAD_TOO_LARGE);
	rd = reader();
	quota_read(NULL, &quota);
	OK(object_fits(rd, mine, &quota, "e", OBJECT_MAX));
	assert_int_equal(object_fits(rd, mine, &quota, "e", OBJECT_MAX + 1),
	    FZ_PAYLOAD_TOO_LARGE);
	reader_close(rd);
	/* Nothing of what was refused is left, and nobody received it. */
	(void)sweep();
	assert_int_equal(number("SELECT count(*) FROM blob"), 4);
	free(p);
}

/* The answer counts that is given in the last transaction. */
static void
test_put_races(void **state)
{
	char upload[UPLOAD_ID_LEN + 1];
	struct blob_info info;
	struct writer *w;

	(void)state;
	OK(upload_open(st, upload));
	put(upload, "0123456789", &info);
	quota.blob_bytes = 9;
	w = begin();
	assert_int_equal(object_put(w, mine, &quota, upload, "f", &info, "a/b", 1),
	    FZ_QUOTA_EXCEEDED);
	quota.blob_bytes = 10;
	assert_int_equal(object_put(w, mine, &quota, "gone", "f", &info, "a/b", 1),
	    FZ_NOT_FOUND);
	writer_abort(w);
	w = begin();
	OK(object_put(w, mine, &quota, upload, "f", &info, "a/b", 1));
	/* Until the commit everything is taken back by an abort. */
	writer_abort(w);
	assert_int_equal(number("SELECT count(*) FROM object"), 0);
	assert_int_equal(number("SELECT count(*) FROM upload"), 1);
	upload_drop(st, upload);
}

static const char *
paths(struct space sp, const struct object_filter *f, bool *more)
{
	struct reader *rd = reader();
	char *all = arena_strdup(ar, "");
	struct object *v = NULL;
	size_t n = 0;

	OK(object_list(rd, ar, sp, f, &v, &n, more));
	reader_close(rd);
	for (size_t i = 0; i < n; i++)
		all = arena_printf(ar, "%s%s%d:%s", all, i > 0 ? " " : "", (int)v[i].user,
		    v[i].path);
	return all;
}

static void
test_list(void **state)
{
	static const char *const all[] = { "a", "a/1", "a/2", "a0", "b%", "b_x",
		"\xf4\x8f\xbf\xbf" };
	static const struct {
		struct object_filter f;
		const char	*paths;
		bool		 more;
	} rows[] = {
		{ { "a/", NULL, 0, 0, false }, "0:a/1 0:a/2", false },
		{ { "a/", NULL, 0, 1, false }, "0:a/1", true },
		{ { "a/", "a/1", 0, 5, false }, "0:a/2", false },
		{ { "b%", NULL, 0, 0, false }, "0:b%", false },
		{ { "", "a0", 0, 2, false }, "0:b% 0:b_x", true },
		{ { "", "b_x", 0, 0, false }, "0:\xf4\x8f\xbf\xbf", false },
		{ { "a/", NULL, 0, 3, true }, "0:a/1 0:a/2 5:a/1", false },
		{ { "a/", "a/2", 0, 3, true }, "5:a/1", false },
		{ { "a/", "a/1", 0, 1, true }, "0:a/2", true },
		{ { "a/", "a/1", 5, 1, true }, "", false },
	};
	bool more;

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		OK(keep(mine, all[i], "x"));
	OK(keep((struct space){ 7, 5 }, "a/1", "y"));
	OK(keep((struct space){ 8, 0 }, "a/3", "y"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_string_equal(paths(mine, &rows[i].f, &more), rows[i].paths);
		assert_int_equal(more, rows[i].more);
	}
}

static void
test_list_limit(void **state)
{
	struct object_filter f = { .prefix = "many/" };
	struct object *v = NULL;
	struct reader *rd;
	struct writer *w;
	bool more;
	size_t n = 0;

	(void)state;
	OK(keep(mine, "x", "x"));
	w = begin();
	OK(sql_run(w, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE"
	    " i<=10000) INSERT INTO object SELECT 7,0,'many/'||i,(SELECT blob FROM object),"
	    "1,'a/b',1 FROM c", ""));
	commit(w);
	rd = reader();
	assert_int_equal(object_list(rd, ar, mine, &f, &v, &n, &more), FZ_LIMIT_EXCEEDED);
	f.limit = 10001;
	assert_int_equal(object_list(rd, ar, mine, &f, &v, &n, &more), FZ_LIMIT_EXCEEDED);
	f.limit = 10000;
	OK(object_list(rd, ar, mine, &f, &v, &n, &more));
	assert_int_equal(n, 10000);
	assert_true(more);
	reader_close(rd);
}

static void
fill_app(int64_t app)
{
	struct space sp = { app, 0 };
	struct writer *w = begin();
	char text[32];

	for (int i = 0; i < 3000; i++) {
		(void)snprintf(text, sizeof(text), "k%d", i);
		sp.user = i % 3;
		OK(kv_set(w, sp, &quota, text, "1", 1, 0));
	}
	for (int i = 0; i < 500; i++) {
		struct doc_at at = { .space = { app, i % 2 }, .collection = "c",
			.quota = &quota, .now = 1 };
		const char *id, *name;
		struct why why = { 0 };

		if (i < 2) {
			OK(doc_index(w, ar, &at, "\"n\"", NULL, &name, &why));
			OK(doc_search_index(w, ar, &at, "[\"text\"]", &why));
		}
		(void)snprintf(text, sizeof(text), "{\"n\":%d,\"text\":\"word\"}", i);
		OK(doc_insert(w, ar, &at, text, strlen(text), &id, &why));
	}
	OK(sql_run(w, "INSERT INTO env(app,name,value,updated) VALUES(?1,'N','v',1)", "i",
	    app));
	OK(sql_run(w, "INSERT INTO log(app,at,level,message) VALUES(?1,1,1,'m')", "i", app));
	OK(sql_run(w, "INSERT INTO request(app,at,deploy,host,method,path,status,us,cpu_us,"
	    "bytes_in,bytes_out,ip,ua,user,error,request)"
	    " VALUES(?1,1,1,'','','',1,1,1,1,1,'','','','','')", "i", app));
	commit(w);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(text, sizeof(text), "o%d of %d", i, (int)app);
		OK(keep(sp, text, text));
	}
}

static int64_t
rows_of(int64_t app)
{
	struct reader *rd = reader();
	int64_t n;

	OK(sql_get_int(rd, &n, "SELECT (SELECT count(*) FROM kv WHERE app=?1)"
	    "+(SELECT count(*) FROM object WHERE app=?1)"
	    "+(SELECT count(*) FROM collection WHERE app=?1)"
	    "+(SELECT count(*) FROM doc WHERE rid>>36 NOT IN(SELECT id FROM collection))"
	    "+(SELECT count(*) FROM doc WHERE collection IN(SELECT id FROM collection"
	    " WHERE app=?1))"
	    "+(SELECT count(*) FROM dx WHERE def NOT IN(SELECT id FROM dxdef))"
	    "+(SELECT count(*) FROM dxdef WHERE collection NOT IN(SELECT id FROM collection))"
	    "+(SELECT count(*) FROM ftdef WHERE collection NOT IN(SELECT id FROM collection))"
	    "+(SELECT count(*) FROM dxgone)"
	    "+(SELECT count(*) FROM env WHERE app=?1)"
	    "+(SELECT count(*) FROM log WHERE app=?1)"
	    "+(SELECT count(*) FROM request WHERE app=?1)"
	    "+(SELECT count(*) FROM holding WHERE app=?1)"
	    "+(SELECT count(*) FROM garbage_app WHERE app=?1)", "i", app));
	reader_close(rd);
	return n;
}

/* All of an app's data goes, slice by slice, and nothing of another's. */
static void
test_purge(void **state)
{
	struct app gone = make_app("gone"), stays = make_app("stays");
	int64_t n, before, rows;
	struct writer *w;
	int slices = 0;

	(void)state;
	fill_app(gone.id);
	fill_app(stays.id);
	before = rows_of(stays.id);
	assert_true(before > 3000);
	/* The keeper would come first. */
	assert_true(writer_begin(st, 1000, &w) == FZ_OK);
	OK(app_purge(w, gone.id));
	do {
		int64_t start = clock_mono_ms();

		OK(data_sweep(w, &n));
		assert_true(clock_mono_ms() - start < 1000);
		slices++;
		assert_true(slices < 10000);
	} while (n > 0);
	commit(w);
	assert_int_equal(rows_of(gone.id), 0);
	assert_int_equal(rows_of(stays.id), before);
	(void)sweep();
	assert_int_equal(number("SELECT count(*) FROM blob"), 20);
	/* A script of the app that was still running writes once more. */
	w = begin();
	OK(kv_set(w, (struct space){ gone.id, 0 }, &quota, "late", "1", 1, 0));
	OK(sql_run(w, "DELETE FROM holding", ""));
	OK(kv_set(w, (struct space){ gone.id, 0 }, &quota, "later", "1", 1, 0));
	OK(sql_get_int(writer_reader(w), &rows, "SELECT count(*) FROM garbage_app", ""));
	assert_int_equal(rows, 1);
	OK(data_sweep(w, &n));
	assert_int_equal(n, 2);
	OK(data_sweep(w, &n));
	assert_int_equal(n, 1);
	OK(data_sweep(w, &n));
	assert_int_equal(n, 0);
	commit(w);
	assert_int_equal(rows_of(gone.id), 0);
	/* Data of an app that is there, or never was, is nobody's garbage. */
	w = begin();
	OK(sql_run(w, "DELETE FROM holding", ""));
	OK(kv_set(w, (struct space){ stays.id, 0 }, &quota, "more", "1", 1, 0));
	OK(kv_set(w, (struct space){ 100000, 0 }, &quota, "more", "1", 1, 0));
	OK(data_sweep(w, &n));
	assert_int_equal(n, 0);
	writer_abort(w);
	w = begin();
	OK(app_purge(w, stays.id));
	do
		OK(data_sweep(w, &n));
	while (n > 0);
	commit(w);
}

/* One call ends soon, whatever there is to remove. */
static void
test_purge_slice(void **state)
{
	struct app app = make_app("large");
	struct writer *w = begin();
	int64_t n, left = 60000, start;

	(void)state;
	OK(sql_run(w, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE"
	    " i<60000) INSERT INTO kv SELECT ?1,0,'key'||i,hex(zeroblob(100)),NULL FROM c",
	    "i", app.id));
	OK(app_purge(w, app.id));
	while (left > 0) {
		start = clock_mono_ms();
		OK(data_sweep(w, &n));
		assert_true(n > 0 && n < 60000);
		assert_true(clock_mono_ms() - start < 1000);
		left -= n;
	}
	OK(data_sweep(w, &n));
	OK(data_sweep(w, &n));
	assert_int_equal(n, 0);
	commit(w);
}

/* What is replaced again and again must not fill the disk until the hour is over. */
static void
test_waits(void **state)
{
	char text[32];
	int64_t end = clock_mono_ms() + 20000;
	struct reader *rd;
	bool waits;

	(void)state;
	OK(keep(mine, "f", "1"));
	OK(keep(mine, "f", "2"));
	rd = reader();
	OK(data_waits(rd, &waits));
	assert_false(waits);
	reader_close(rd);
	for (int i = 0; i < 260; i++) {
		(void)snprintf(text, sizeof(text), "%020d", i);
		OK(keep(mine, "f", text));
	}
	rd = reader();
	OK(data_waits(rd, &waits));
	reader_close(rd);
	while (number("SELECT count(*) FROM blob") > 60 && clock_mono_ms() < end)
		(void)usleep(20000);
	assert_true(number("SELECT count(*) FROM blob") <= 60);
	assert_int_equal(strlen(text_of(mine, "f")), 20);
}

static void *
put_often(void *arg)
{
	char text[64];

	for (int i = 0; i < 60; i++) {
		struct object_body body = { .bytes = text };

		(void)snprintf(text, sizeof(text), "content %d", i % 7);
		body.len = strlen(text);
		OK(object_store(st, mine, &quota, arg, &body, "a/b", NULL, NULL, NULL));
		if (i % 5 == 0)
			(void)sweep();
		if (i % 9 == 0)
			OK(drop(mine, arg));
	}
	return NULL;
}

/* The same contents come and go under several names, with sweeps in between. */
static void
test_threads(void **state)
{
	static char names[4][4] = { "a", "b", "c", "a" };
	pthread_t t[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, put_often, names[i]), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	(void)sweep();
	counters_ok(7);
	assert_int_equal(number("SELECT count(*) FROM object WHERE blob NOT IN"
	    "(SELECT id FROM blob)"), 0);
	assert_int_equal(number("SELECT count(*) FROM blob WHERE id NOT IN"
	    "(SELECT blob FROM object)"), 0);
}

#define TEST(f) cmocka_unit_test_setup(f, clear)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_paths),
		TEST(test_mimes),
		TEST(test_put_get),
		TEST(test_spool_ranges),
		TEST(test_stopped),
		TEST(test_spaces),
		TEST(test_shared),
		TEST(test_quota),
		TEST(test_put_races),
		TEST(test_list),
		TEST(test_list_limit),
		TEST(test_purge),
		TEST(test_purge_slice),
		TEST(test_waits),
		TEST(test_threads),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
