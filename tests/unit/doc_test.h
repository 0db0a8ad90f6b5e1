/* A collection to try documents on, and what their tests say often. */
#ifndef DOC_TEST_H
#define DOC_TEST_H

#include "tests/unit/store_test.h"

#include "base/clock.h"
#include "store/dbconn.h"
#include "store/doc.h"
#include "store/usage.h"
#include "base/buf.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct doc_at at;
static struct quota quota;
static struct why why;

/* Time enough for a machine that does ten other things; for both kinds of deadline. */
#define PATIENCE_MS 600000

UNUSED static struct reader *
patient(void)
{
	struct reader *rd = reader();

	rd->deadline += PATIENCE_MS;
	return rd;
}

UNUSED static int
doc_setup(void **state)
{
	if (store_setup(state) != 0)
		return -1;
	quota_read(NULL, &quota);
	at = (struct doc_at){ .space = { make_app("docs").id, 0 }, .collection = "c",
		.quota = &quota, .deadline = clock_mono_ms() + PATIENCE_MS };
	return 0;
}

/* Everything of the collection goes, its indexes too. */
UNUSED static void
doc_empty(void)
{
	struct writer *w = begin();
	int64_t n;

	OK(sql_run(w, "INSERT OR IGNORE INTO dxgone SELECT id FROM dxdef", ""));
	OK(sql_run(w, "DELETE FROM dxdef", ""));
	OK(sql_run(w, "UPDATE collection SET indexes=(SELECT count(*) FROM ftdef"
	    " WHERE collection=collection.id)", ""));
	(void)!doc_drop_index(w, ar, &at, "search", &why);
	OK(doc_delete(w, ar, &at, NULL, &n, &why));
	commit(w);
	arena_reset(ar);
}

UNUSED static enum fz_err
try_insert(const char *json, const char **id)
{
	struct writer *w = begin();
	enum fz_err err;

	memset(&why, 0, sizeof(why));
	err = doc_insert(w, ar, &at, json, strlen(json), id, &why);
	commit(w);
	return err;
}

UNUSED static const char *
put_doc(const char *json)
{
	const char *id = NULL;

	if (try_insert(json, &id) != FZ_OK)
		fail_msg("%s: %s", json, why.text);
	return id;
}

UNUSED static enum fz_err
try_find(const char *query, const char *opts, struct doc_text *out)
{
	struct reader *rd = patient();
	enum fz_err err;

	memset(&why, 0, sizeof(why));
	err = doc_find(rd, ar, &at, query, opts, out, &why);
	reader_close(rd);
	return err;
}

/* The ids found, joined by blanks; "!CODE" for an error. */
UNUSED static const char *
ids(const char *query, const char *opts)
{
	char out[4096] = "", *w = out;
	struct doc_text t;
	enum fz_err err = try_find(query, opts, &t);
	const char *p;

	if (err != FZ_OK)
		return arena_printf(ar, "!%s", err_code(err));
	for (p = strstr(t.json, "{\"id\":\""); p != NULL; p = strstr(p, "{\"id\":\"")) {
		p += 7;
		w += snprintf(w, sizeof(out) - (size_t)(w - out), "%s%.*s",
		    w > out ? " " : "", (int)strcspn(p, "\""), p);
	}
	return arena_strdup(ar, out);
}

#define IDS(query, opts, want) assert_string_equal(ids((query), (opts)), (want))

/* The document as its text is stored. */
UNUSED static const char *
stored(const char *id)
{
	struct reader *rd = patient();
	struct doc_row *v = NULL;
	const char *json = "";
	size_t n = 0;

	OK(doc_walk(rd, ar, &at, 0, 100000, &v, &n));
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].id, id) == 0)
			json = v[i].json;
	reader_close(rd);
	return json;
}

UNUSED static enum fz_err
try_update(const char *query, const char *changes, int64_t *n)
{
	struct writer *w = begin();
	enum fz_err err;

	memset(&why, 0, sizeof(why));
	err = doc_update(w, ar, &at, query, changes, n, &why);
	commit(w);
	return err;
}

UNUSED static int64_t
count_of(const char *query)
{
	struct reader *rd = patient();
	int64_t n = -1;

	OK(doc_count(rd, ar, &at, query, &n, &why));
	reader_close(rd);
	return n;
}

UNUSED static enum fz_err
try_index(const char *fields, const char *opts, const char **name)
{
	struct writer *w = begin();
	enum fz_err err;

	memset(&why, 0, sizeof(why));
	err = doc_index(w, ar, &at, fields, opts, name, &why);
	commit(w);
	return err;
}

UNUSED static const char *
explain(const char *query, const char *opts)
{
	struct reader *rd = patient();
	const char *json = NULL;

	OK(doc_explain(rd, ar, &at, query, opts, &json, &why));
	reader_close(rd);
	return json;
}

/* The counters must say what is there. */
UNUSED static void
check_counters(void)
{
	struct reader *rd = patient();
	struct usage_data u;

	assert_int_equal(number("SELECT count(*) FROM collection c WHERE count<>"
	    "(SELECT count(*) FROM doc WHERE collection=c.id) OR bytes<>(SELECT"
	    " coalesce(sum(length(CAST(data AS BLOB))+length(CAST(id AS BLOB))),0)"
	    " FROM doc WHERE collection=c.id)"), 0);
	assert_int_equal(number("SELECT count(*) FROM dx WHERE def NOT IN (SELECT def"
	    " FROM dxgone) AND NOT EXISTS (SELECT 1 FROM dxdef d JOIN doc"
	    " ON doc.rid=(d.collection<<36|dx.n) WHERE d.id=dx.def)"), 0);
	OK(usage_of_data(rd, at.space.app, &u));
	reader_close(rd);
	assert_int_equal(u.docs, number("SELECT count(*) FROM doc"));
	assert_int_equal(u.doc_bytes, number("SELECT coalesce(sum(bytes),0)"
	    " FROM collection"));
}

#endif
