/*
 * Collections as their owner's tools see them, and what is left of those that nobody owns
 * any more: their rows may be a million, so they are disowned in a moment and removed in
 * slices.
 */
#include <string.h>

#include "store/doc_coll.h"
#include "store/doc_rows.h"
#include "store/rows.h"

static enum fz_err
list_fill(struct reader *rd, struct arena *a, struct sql *s, struct doc_collection *out)
{
	struct doc_coll coll = { .id = sql_int(s, 0) };
	enum fz_err err;

	out->user = sql_int(s, 1);
	out->name = sql_dup(s, 2, a);
	out->count = sql_int(s, 3);
	out->bytes = sql_int(s, 4);
	err = doc_coll_indexes(rd, a, &coll);
	return err == FZ_OK ? doc_coll_describe(a, &coll, &out->indexes) : err;
}

enum fz_err
doc_collections(struct reader *rd, struct arena *a, struct space space,
    struct doc_collection **v, size_t *n)
{
	struct sql *s = sql_open(rd, "SELECT id,user,name,count,bytes FROM collection"
	    " WHERE app=?1 AND (?2<0 OR user=?2) AND (count>0 OR indexes>0)"
	    " ORDER BY user,name", "ii", space.app, space.user);
	struct doc_collection *list = NULL;
	size_t count = 0, cap = 0;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		err = list_fill(rd, a, s, &list[count]);
		if (err != FZ_OK)
			break;
		count++;
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

enum fz_err
doc_indexes(struct reader *rd, struct arena *a, const struct doc_at *at,
    const char **json)
{
	struct doc_coll coll = { 0 };
	struct why why = { 0 };
	enum fz_err err = doc_coll_read(rd, a, at, &coll, &why);

	if (err == FZ_OK || err == FZ_NOT_FOUND)
		err = doc_coll_describe(a, &coll, json);
	return err;
}

static void
row_fill(struct sql *s, struct arena *a, struct doc_row *row)
{
	struct doc_view v;
	char *id;

	doc_view_row(s, &v);
	id = arena_alloc(a, v.id_len + 4);
	id[doc_json_plain(id, v.id, v.id_len)] = '\0';
	*row = (struct doc_row){ .rid = v.rid, .id = id,
		.json = arena_strndup(a, v.json, v.len), .len = v.len,
		.created = v.created, .updated = v.updated };
}

enum fz_err
doc_walk(struct reader *rd, struct arena *a, const struct doc_at *at, int64_t rid,
    int64_t limit, struct doc_row **v, size_t *n)
{
	struct doc_coll coll = { .id = -1 };
	struct why why = { 0 };
	struct doc_row *list = NULL;
	size_t count = 0, cap = 0;
	struct sql *s;
	enum fz_err err = doc_coll_read(rd, a, at, &coll, &why);

	if (err != FZ_OK && err != FZ_NOT_FOUND)
		return err;
	if (rid < DOC_RID(coll.id, 0))
		rid = DOC_RID(coll.id, 0);
	s = sql_open(rd, "SELECT " DOC_VIEW_COLUMNS " FROM doc WHERE rid>?1 AND rid<=?2"
	    " ORDER BY rid LIMIT ?3", "iii", rid, DOC_RID(coll.id, DOC_NUMBER_MAX),
	    limit);
	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		row_fill(s, a, &list[count++]);
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

/* --- what nobody owns --- */

/* Each collection becomes one of an app of its own that never was. */
enum fz_err
doc_disown(struct writer *w, int64_t user)
{
	struct reader *rd = writer_reader(w);
	struct usage_data less = { 0 };
	enum fz_err err = FZ_OK;
	struct sql *s;

	if (user == 0)
		return FZ_OK;
	s = sql_open(rd, "SELECT app,-sum(count),-sum(bytes) FROM collection"
	    " WHERE user=?1 AND app>0 GROUP BY app", "i", user);
	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		less.docs = sql_int(s, 1);
		less.doc_bytes = sql_int(s, 2);
		err = usage_add(w, sql_int(s, 0), &less);
		if (err != FZ_OK)
			break;
	}
	err = rows_end(err, sql_close(s));
	if (err == FZ_OK)
		err = sql_run(w, "INSERT INTO garbage_app SELECT -id FROM collection"
		    " WHERE user=?1 AND app>0", "i", user);
	if (err == FZ_OK)
		err = sql_run(w, "UPDATE collection SET app=-id WHERE user=?1 AND app>0",
		    "i", user);
	return err;
}

/* Its indexes go first, so what is left of the documents needs no entries removed. */
static enum fz_err
indexes_drop(struct writer *w, struct doc_coll *coll)
{
	enum fz_err err;

	err = sql_run(w, "INSERT OR IGNORE INTO dxgone SELECT id FROM dxdef"
	    " WHERE collection=?1", "i", coll->id);
	if (err == FZ_OK)
		err = sql_run(w, "DELETE FROM dxdef WHERE collection=?1", "i", coll->id);
	return err;
}

static enum fz_err
docs_drop(struct writer *w, const struct doc_coll *coll, int64_t max, int64_t *n)
{
	struct sql *s = sql_open(writer_reader(w), "SELECT " DOC_VIEW_COLUMNS " FROM doc"
	    " WHERE rid>?1 AND rid<=?2 ORDER BY rid LIMIT ?3", "iii",
	    DOC_RID(coll->id, 0), DOC_RID(coll->id, DOC_NUMBER_MAX), max);
	struct arena *scratch = arena_new();
	struct doc_view v;
	enum fz_err err;
	size_t words;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		arena_reset(scratch);
		doc_view_row(s, &v);
		if (coll->ft != NULL)
			err = doc_ft_remove(w, v.rid,
			    doc_ft_entry(scratch, coll->ft, &v, &words));
		if (err == FZ_OK)
			err = sql_run(w, "DELETE FROM doc WHERE rid=?1", "i", v.rid);
		if (err != FZ_OK)
			break;
		(*n)++;
	}
	arena_free(scratch);
	return rows_end(err, sql_close(s));
}

/* A collection of an app that is gone.  The counters are not its business. */
static enum fz_err
collection_sweep(struct writer *w, struct arena *a, int64_t max, int64_t *n)
{
	struct doc_coll coll = { 0 };
	int64_t docs = 0;
	enum fz_err err;

	err = sql_get_int(writer_reader(w), &coll.id, "SELECT c.id FROM garbage_app g"
	    " JOIN collection c ON c.app=g.app LIMIT 1", "");
	if (err != FZ_OK)
		return err == FZ_NOT_FOUND ? FZ_OK : err;
	err = doc_coll_indexes(writer_reader(w), a, &coll);
	if (err == FZ_OK && coll.ndefs > 0)
		err = indexes_drop(w, &coll);
	if (err == FZ_OK)
		err = docs_drop(w, &coll, max, &docs);
	if (err == FZ_OK && docs < max) {
		err = sql_run(w, "DELETE FROM ftdef WHERE collection=?1", "i", coll.id);
		if (err == FZ_OK)
			err = sql_run(w, "DELETE FROM collection WHERE id=?1", "i",
			    coll.id);
		docs++;
	}
	*n += docs;
	return err;
}

static enum fz_err
entries_sweep(struct writer *w, int64_t max, int64_t *n)
{
	enum fz_err err;
	int64_t def;

	err = sql_get_int(writer_reader(w), &def, "SELECT def FROM dxgone LIMIT 1", "");
	if (err != FZ_OK)
		return err == FZ_NOT_FOUND ? FZ_OK : err;
	err = sql_run(w, "DELETE FROM dx WHERE def=?1 AND (key,n) IN"
	    " (SELECT key,n FROM dx WHERE def=?1 LIMIT ?2)", "ii", def, max);
	if (err != FZ_OK)
		return err;
	if (sql_changes(w) < max) {
		(*n)++;
		err = sql_run(w, "DELETE FROM dxgone WHERE def=?1", "i", def);
	} else {
		*n += max;
	}
	return err;
}

enum fz_err
doc_sweep(struct writer *w, struct arena *a, int64_t max, int64_t *removed)
{
	int64_t n = 0;
	enum fz_err err = entries_sweep(w, max, &n);

	if (err == FZ_OK && n < max)
		err = collection_sweep(w, a, max - n, &n);
	if (err == FZ_OK)
		*removed = n;
	return err;
}
