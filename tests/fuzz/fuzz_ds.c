/*
 * Queries, options, changes, documents and search texts on a store that also holds
 * canaries: documents of another app, another user and another collection.
 *
 * The first byte says what to do, two texts follow, divided by a line feed.
 *
 * Oracle: only errors of the caller's making; never a canary in an answer; canaries are
 * left as they are; a collection with indexes answers like one without; what a change
 * wrote can be found and counted, and its counters and index entries fit.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "store/doc.h"
#include "store/sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define CANARY "{\"id\":\"a\",\"k\":1,\"s\":\"CANARY\",\"t\":[\"CANARY\",1],\"n\":{\"x\":1}}"

static char dir[] = "/tmp/fazt-fuzz-XXXXXX";
static struct store *st;
static struct doc_at plain, indexed;

static const char *const docs[] = {
	"{\"id\":\"a\",\"k\":1,\"s\":\"one\",\"t\":[1,\"x\",null],\"n\":{\"x\":1}}",
	"{\"id\":\"b\",\"k\":2,\"s\":\"two words\",\"t\":\"text\",\"n\":{\"x\":null}}",
	"{\"id\":\"c\",\"k\":null,\"s\":\"\\n\\\"\",\"t\":[],\"n\":[1,{\"x\":2}]}",
	"{\"id\":\"d\",\"k\":true,\"s\":\"\u00e9\\ud83d\\ude00\",\"t\":[[1],{\"y\":1}]}",
	"{\"id\":\"e\",\"s\":\"one\",\"k\":-1.5e3}",
	"{\"id\":\"f\"}",
};

static void
sweep_dir(void)
{
	char path[96];

	store_close(st);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/data.db%s", dir,
		    i == 0 ? "" : i == 1 ? "-wal" : "-shm");
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
add(struct writer *w, struct arena *a, int64_t app, int64_t user, const char *collection,
    const char *json)
{
	struct doc_at at = { .space = { app, user }, .collection = collection,
		.now = 1000 };
	const char *id;

	must(doc_insert(w, a, &at, json, strlen(json), &id, NULL) == FZ_OK);
}

static void
set_up(void)
{
	static const char *const indexes[] = { "\"k\"", "\"s\"", "\"t\"", "\"n.x\"",
		"[\"k\",\"s\"]", "[\"s\",\"k\"]" };
	struct store_options o = { .readers = 2, .may_create = true };
	struct arena *a = arena_new();
	struct writer *w;
	const char *name;
	char path[64];

	must(mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/data.db", dir);
	o.path = path;
	must(store_open(&o, &st, NULL) == FZ_OK);
	(void)atexit(sweep_dir);
	plain = (struct doc_at){ .space = { 1, 0 }, .collection = "plain", .now = 1000 };
	indexed = plain;
	indexed.collection = "indexed";
	must(writer_begin(st, 1000, &w) == FZ_OK);
	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++)
		must(doc_index(w, a, &indexed, indexes[i], NULL, &name, NULL) == FZ_OK);
	must(doc_search_index(w, a, &plain, "[\"s\",\"t\"]", NULL) == FZ_OK);
	must(doc_search_index(w, a, &indexed, "[\"s\",\"t\"]", NULL) == FZ_OK);
	for (size_t i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {
		add(w, a, 1, 0, "plain", docs[i]);
		add(w, a, 1, 0, "indexed", docs[i]);
	}
	add(w, a, 1, 0, "other", CANARY);
	add(w, a, 1, 7, "plain", CANARY);
	add(w, a, 2, 0, "plain", CANARY);
	add(w, a, 2, 0, "indexed", CANARY);
	must(writer_commit(w, NULL) == FZ_OK);
	arena_free(a);
}

/* What a caller can cause. */
static void
check(enum fz_err err)
{
	switch (err) {
	case FZ_OK:
	case FZ_NOT_FOUND:
	case FZ_DS_BAD_QUERY:
	case FZ_DS_BAD_UPDATE:
	case FZ_DS_DUPLICATE:
	case FZ_VALIDATION_FAILED:
	case FZ_LIMIT_EXCEEDED:
		return;
	default:
		fprintf(stderr, "%s\n", err_text(err));
		abort();
	}
}

static void
no_canary(const char *json)
{
	must(strstr(json, "CANARY") == NULL);
}

static int64_t
number(struct reader *rd, const char *sql)
{
	int64_t n = -1;

	must(sql_get_int(rd, &n, sql, "") == FZ_OK);
	return n;
}

/* A cursor is for one of both. */
static void
fuzz_find(struct arena *a, const char *query, const char *opts)
{
	struct doc_text x = { 0 }, y = { 0 };
	struct reader *rd;
	const char *json;
	enum fz_err err;
	int64_t n, m;

	must(reader_open(st, &rd) == FZ_OK);
	err = doc_find(rd, a, &plain, query, opts, &x, NULL);
	check(err);
	must(doc_find(rd, a, &indexed, query, opts, &y, NULL) == err);
	if (err == FZ_OK) {
		no_canary(x.json);
		must(x.n == y.n && strcmp(x.json, y.json) == 0);
		must((x.cursor == NULL) == (y.cursor == NULL));
		must(doc_explain(rd, a, &indexed, query, opts, &json, NULL) == FZ_OK);
		must(doc_count(rd, a, &plain, query, &n, NULL) == FZ_OK);
		must(doc_count(rd, a, &indexed, query, &m, NULL) == FZ_OK);
		must(n == m && n >= (int64_t)x.n);
	}
	reader_close(rd);
}

static void
fuzz_search(struct arena *a, const char *text, const char *opts)
{
	struct doc_text x = { 0 }, y = { 0 };
	struct reader *rd;
	enum fz_err err;

	must(reader_open(st, &rd) == FZ_OK);
	err = doc_search(rd, a, &plain, text, opts, &x, NULL);
	check(err);
	must(doc_search(rd, a, &indexed, text, opts, &y, NULL) == err);
	if (err == FZ_OK) {
		no_canary(x.json);
		must(strcmp(x.json, y.json) == 0);
	}
	reader_close(rd);
}

static void
fits(struct reader *rd)
{
	must(number(rd, "SELECT count(*) FROM doc WHERE data LIKE '%\"CANARY\"%'") == 4);
	must(number(rd, "SELECT count(*) FROM collection c WHERE count<>(SELECT count(*)"
	    " FROM doc WHERE collection=c.id)") == 0);
	must(number(rd, "SELECT count(*) FROM doc d JOIN dxdef f ON f.collection="
	    "d.collection WHERE NOT EXISTS (SELECT 1 FROM dx WHERE def=f.id"
	    " AND n=d.rid&((1<<36)-1) AND substr(key,1,1)=x'01')") == 0);
	must(number(rd, "SELECT count(*) FROM dx WHERE def NOT IN (SELECT def FROM dxgone)"
	    " AND NOT EXISTS (SELECT 1 FROM dxdef d"
	    " JOIN doc ON doc.rid=(d.collection<<36|dx.n) WHERE d.id=dx.def)") == 0);
	must(number(rd, "SELECT count(*) FROM (SELECT id,data FROM doc WHERE collection=(SELECT"
	    " id FROM collection WHERE name='plain' AND app=1 AND user=0) AND length(id)<30"
	    " EXCEPT SELECT id,data FROM doc WHERE collection=(SELECT id FROM collection"
	    " WHERE name='indexed' AND app=1))") == 0);
}

static enum fz_err
change(struct writer *w, struct arena *a, const struct doc_at *at, int what,
    const char *one, const char *two)
{
	const char *id;
	bool inserted;
	int64_t n;

	switch (what) {
	case 0:
		return doc_update(w, a, at, one, two, &n, NULL);
	case 1:
		return doc_delete(w, a, at, one, &n, NULL);
	case 2:
		return doc_upsert(w, a, at, one, two, &id, &inserted, NULL);
	case 3:
		return doc_insert(w, a, at, one, strlen(one), &id, NULL);
	case 4:
		return doc_insert_many(w, a, at, one, strlen(one), &id, NULL);
	case 5:
		return doc_put(w, a, at, two, one, strlen(one), 0, 0, NULL);
	default:
		return doc_remove(w, a, at, one, NULL);
	}
}

static void
fuzz_change(struct arena *a, int what, const char *one, const char *two)
{
	struct doc_text all;
	struct writer *w;
	enum fz_err err;

	must(writer_begin(st, 1000, &w) == FZ_OK);
	err = change(w, a, &plain, what, one, two);
	check(err);
	must(change(w, a, &indexed, what, one, two) == err);
	fits(writer_reader(w));
	if (doc_find(writer_reader(w), a, &indexed, NULL, NULL, &all, NULL) == FZ_OK)
		no_canary(what == 1 ? all.json : "");
	writer_abort(w);
}

static void
fuzz_index(struct arena *a, const char *fields, const char *opts)
{
	struct writer *w;
	const char *name;
	enum fz_err err;

	must(writer_begin(st, 1000, &w) == FZ_OK);
	err = doc_index(w, a, &plain, fields, opts, &name, NULL);
	check(err);
	fits(writer_reader(w));
	if (err == FZ_OK)
		must(doc_drop_index(w, a, &plain, name, NULL) == FZ_OK);
	check(doc_search_index(w, a, &plain, fields, NULL));
	fits(writer_reader(w));
	writer_abort(w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a;
	char *one, *two;
	int what;

	if (st == NULL)
		set_up();
	if (size == 0)
		return 0;
	a = arena_new();
	what = data[0] % 12;
	one = arena_strndup(a, (const char *)data + 1, size - 1);
	two = strchr(one, '\n');
	if (two != NULL)
		*two++ = '\0';
	if (what < 3)
		fuzz_find(a, one, two);
	else if (what == 3)
		fuzz_search(a, one, two);
	else if (what == 4)
		fuzz_index(a, one, two);
	else
		fuzz_change(a, what - 5, one, two != NULL ? two : "{}");
	arena_free(a);
	return 0;
}
