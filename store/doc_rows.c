/*
 * Index entries are written here and nowhere else, next to the row they describe: the old
 * and the new document give two sorted lists of keys, and only what differs is touched.
 *
 * A unique index is asked before anything is written.  Where a key says less than its
 * value (long strings, objects) the documents under the same key are compared.  A
 * document that lacks one of the fields is not held against another one, as in SQL.
 */
#include "store/doc_rows.h"

#include <string.h>

#include "store/rows.h"

static enum fz_err
duplicate(struct doc_write *c, const char *name)
{
	return why_set(c->why, FZ_DS_DUPLICATE,
	    "index \"%.128s\": another document has this value", name);
}

static bool
same_fields(const struct doc_def *def, const struct doc_view *x, const struct doc_view *y)
{
	for (unsigned i = 0; i < def->n; i++) {
		struct doc_span a = doc_view_field(x, &def->path[i]);
		struct doc_span b = doc_view_field(y, &def->path[i]);

		if (!doc_span_equal(&a, &b))
			return false;
	}
	return true;
}

/* Does the document of this number, which has the same key, have the same values? */
static enum fz_err
compare_with(struct doc_write *c, const struct doc_def *def, const struct doc_view *view,
    int64_t n)
{
	struct doc_view other;
	struct sql *s;
	enum fz_err err, end;

	err = doc_view_read(c->rd, DOC_RID(c->coll.id, n), &s, &other);
	if (err == FZ_OK && same_fields(def, view, &other))
		err = duplicate(c, def->name);
	end = sql_close(s);
	return err == FZ_OK || err == FZ_NOT_FOUND ? end : err;
}

enum fz_err
doc_rows_unique(struct doc_write *c, const struct doc_def *def,
    const struct doc_view *view, const struct doc_keys *keys)
{
	enum fz_err err;
	struct sql *s;

	if (!def->unique || keys->null)
		return FZ_OK;
	s = sql_open(c->rd, "SELECT n FROM dx WHERE def=?1 AND key=?2", "ib", def->id,
	    keys->v[0].p, keys->v[0].len);
	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		int64_t n = sql_int(s, 0);

		if (DOC_RID(c->coll.id, n) == view->rid)
			continue;
		if (keys->flags == DOC_KEY_EXACT)
			err = duplicate(c, def->name);
		else
			err = compare_with(c, def, view, n);
		if (err == FZ_OK)
			err = doc_time_check(&c->time);
		if (err != FZ_OK)
			break;
	}
	return rows_end(err, sql_close(s));
}

enum fz_err
doc_rows_flags(struct doc_write *c, struct doc_def *def, int flags)
{
	flags &= DOC_KEY_SHORT | DOC_KEY_MANY;
	if ((flags & ~def->flags) == 0)
		return FZ_OK;
	def->flags |= flags;
	return sql_run(c->w, "UPDATE dxdef SET flags=?2 WHERE id=?1", "ii", def->id,
	    (int64_t)def->flags);
}

static enum fz_err
key_remove(struct doc_write *c, const struct doc_def *def, const struct doc_key *k,
    int64_t n)
{
	return sql_run(c->w, "DELETE FROM dx WHERE def=?1 AND key=?2 AND n=?3", "ibi",
	    def->id, k->p, k->len, n);
}

static enum fz_err
key_add(struct doc_write *c, const struct doc_def *def, const struct doc_key *k,
    int64_t n)
{
	return sql_run(c->w, "INSERT INTO dx(def,key,n) VALUES(?1,?2,?3)", "ibi",
	    def->id, k->p, k->len, n);
}

/* Two sorted lists: leave what is in both. */
static enum fz_err
keys_write(struct doc_write *c, const struct doc_def *def, const struct doc_keys *from,
    const struct doc_keys *to, int64_t n)
{
	size_t i = 0, j = 0;
	enum fz_err err = FZ_OK;
	int order;

	while (err == FZ_OK && (i < from->n || j < to->n)) {
		order = i == from->n ? 1 : j == to->n ? -1 :
		    doc_key_order(&from->v[i], &to->v[j]);
		if (order < 0)
			err = key_remove(c, def, &from->v[i++], n);
		else if (order > 0)
			err = key_add(c, def, &to->v[j++], n);
		else
			i++, j++;
	}
	return err;
}

/* from or to NULL: there is none. */
static enum fz_err
def_write(struct doc_write *c, struct doc_def *def, const struct doc_view *from,
    const struct doc_view *to)
{
	int64_t n = (to != NULL ? to : from)->rid & DOC_NUMBER_MAX;
	struct doc_keys old = { 0 }, new = { 0 };
	enum fz_err err = FZ_OK;

	if (from != NULL)
		doc_keys_of(c->scratch, def, from, &old);
	if (to != NULL) {
		doc_keys_of(c->scratch, def, to, &new);
		err = doc_rows_flags(c, def, new.flags);
	}
	return err == FZ_OK ? keys_write(c, def, &old, &new, n) : err;
}

static enum fz_err
indexes_write(struct doc_write *c, const struct doc_view *from, const struct doc_view *to)
{
	enum fz_err err = FZ_OK;

	for (size_t i = 0; err == FZ_OK && i < c->coll.ndefs; i++)
		err = def_write(c, &c->coll.def[i], from, to);
	return err;
}

static enum fz_err
ft_write(struct doc_write *c, const struct doc_view *from, const struct doc_view *to)
{
	const char *old = "", *new = "";
	size_t had = 0, has = 0;
	enum fz_err err = FZ_OK;

	if (c->coll.ft == NULL)
		return FZ_OK;
	if (from != NULL)
		old = doc_ft_entry(c->scratch, c->coll.ft, from, &had);
	if (to != NULL)
		new = doc_ft_entry(c->scratch, c->coll.ft, to, &has);
	c->ft_words += (int64_t)has - (int64_t)had;
	c->ft_docs += (*new != '\0') - (*old != '\0');
	if (strcmp(old, new) == 0)
		return FZ_OK;
	err = doc_ft_remove(c->w, (from != NULL ? from : to)->rid, old);
	return err == FZ_OK ? doc_ft_add(c->w, (from != NULL ? from : to)->rid, new) :
	    err;
}

static enum fz_err
unique_check(struct doc_write *c, const struct doc_view *view)
{
	enum fz_err err = FZ_OK;
	struct doc_keys keys;

	for (size_t i = 0; err == FZ_OK && i < c->coll.ndefs; i++) {
		if (!c->coll.def[i].unique)
			continue;
		doc_keys_of(c->scratch, &c->coll.def[i], view, &keys);
		err = doc_rows_unique(c, &c->coll.def[i], view, &keys);
	}
	return err;
}

static enum fz_err
size_check(struct doc_write *c, const struct doc_view *view)
{
	if (view->len > DOC_BYTES_MAX)
		return why_set(c->why, FZ_LIMIT_EXCEEDED,
		    "a document has at most %lu bytes", DOC_BYTES_MAX);
	return FZ_OK;
}

static int64_t
size_of(const struct doc_view *v)
{
	return (int64_t)(v->len + v->id_len);
}

static enum fz_err
row_insert(struct doc_write *c, const struct doc_view *v)
{
	enum fz_err err = sql_run(c->w, "INSERT INTO doc(rid,collection,id,data,created,"
	    "updated) VALUES(?1,?2,?3,?4,?5,?6)", "iittii", v->rid, c->coll.id, v->id,
	    v->json, v->created, v->updated);

	if (err == FZ_CONFLICT)
		return why_set(c->why, FZ_DS_DUPLICATE,
		    "a document with the id \"%.*s\" exists",
		    v->id_len < 128 ? (int)v->id_len : 128, v->id);
	return err;
}

enum fz_err
doc_rows_add(struct doc_write *c, struct doc_view *v)
{
	enum fz_err err = size_check(c, v);

	if (err == FZ_OK)
		err = doc_write_make(c);
	if (err == FZ_OK)
		err = doc_write_room(c, 1, size_of(v));
	if (err == FZ_OK && c->coll.last == DOC_NUMBER_MAX)
		err = why_set(c->why, FZ_LIMIT_EXCEEDED, "the collection is used up");
	if (err != FZ_OK)
		return err;
	v->rid = DOC_RID(c->coll.id, c->coll.last + 1);
	err = unique_check(c, v);
	if (err == FZ_OK)
		err = row_insert(c, v);
	if (err == FZ_OK)
		err = indexes_write(c, NULL, v);
	if (err == FZ_OK)
		err = ft_write(c, NULL, v);
	c->coll.last++;
	c->add.docs++;
	c->add.doc_bytes += size_of(v);
	return err;
}

enum fz_err
doc_rows_change(struct doc_write *c, const struct doc_view *from,
    const struct doc_view *to)
{
	int64_t more = size_of(to) - size_of(from);
	enum fz_err err = size_check(c, to);

	if (err == FZ_OK)
		err = doc_write_room(c, 0, more);
	if (err == FZ_OK)
		err = unique_check(c, to);
	if (err == FZ_OK)
		err = sql_run(c->w, "UPDATE doc SET data=?2,created=?3,updated=?4"
		    " WHERE rid=?1", "itii", to->rid, to->json, to->created,
		    to->updated);
	if (err == FZ_OK)
		err = indexes_write(c, from, to);
	if (err == FZ_OK)
		err = ft_write(c, from, to);
	c->add.doc_bytes += more;
	return err;
}

enum fz_err
doc_rows_remove(struct doc_write *c, const struct doc_view *v)
{
	enum fz_err err = sql_run(c->w, "DELETE FROM doc WHERE rid=?1", "i", v->rid);

	if (err == FZ_OK)
		err = indexes_write(c, v, NULL);
	if (err == FZ_OK)
		err = ft_write(c, v, NULL);
	c->add.docs--;
	c->add.doc_bytes -= size_of(v);
	return err;
}
