/*
 * Making and dropping indexes.
 *
 * An index is built in the call that asks for it: entries are gathered in memory, sorted,
 * and written in the order of the tree, which is four times as fast as in the order of
 * the documents.  Scripts ask for their indexes at every request, so "is it there
 * already?" is answered without a transaction.
 *
 * Dropping one takes its row away and leaves the entries to the sweep: they may be a
 * million, and nobody can see them without the row.  The full text is different, as its
 * words can only be taken out by telling them.
 */
#include <stdlib.h>
#include <string.h>

#include "store/doc_query.h"
#include "store/doc_rows.h"
#include "store/rows.h"

#define BUILD_ROOM (48UL * 1024 * 1024)
#define NAME_MAX_LEN 128

/* What is asked for. */
struct wish {
	const char	*name;		/* NULL = made from the fields */
	const char	*fields;	/* "a,b.c" */
	bool		 unique;
	struct doc_path	*path;
	size_t		 n;
};

static enum fz_err
wish_fields(struct arena *a, const char *fields, struct wish *w, struct why *why)
{
	struct doc_node *n;
	enum fz_err err = doc_query_json(a, fields, "the fields", FZ_DS_BAD_QUERY, &n,
	    why);

	if (err == FZ_OK)
		err = doc_options_paths(a, n, DOC_INDEX_FIELDS_MAX, &w->path, &w->n, why);
	if (err != FZ_OK)
		return err;
	w->fields = w->path[0].text;
	for (size_t i = 1; i < w->n; i++)
		w->fields = arena_printf(a, "%s,%s", w->fields, w->path[i].text);
	return FZ_OK;
}

static enum fz_err
wish_name(struct arena *a, const struct doc_node *n, struct wish *w, struct why *why)
{
	char *name = arena_alloc(a, n->len + 4);
	size_t len = doc_json_plain(name, n->text, n->len);

	if (len < 1 || len > NAME_MAX_LEN)
		return why_set(why, FZ_DS_BAD_QUERY,
		    "the name of an index has 1 to %d bytes", NAME_MAX_LEN);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return why_set(why, FZ_DS_BAD_QUERY,
			    "the name of an index has no control characters");
	name[len] = '\0';
	if (strcmp(name, DOC_FT_NAME) == 0)
		return why_set(why, FZ_DS_BAD_QUERY,
		    "\"%s\" is the name of the full text index", name);
	w->name = name;
	return FZ_OK;
}

static enum fz_err
wish_option(struct arena *a, const struct doc_node *n, struct wish *w, struct why *why)
{
	bool unique = n->name_len == 6 && memcmp(n->name, "unique", 6) == 0;
	bool name = n->name_len == 4 && memcmp(n->name, "name", 4) == 0;

	if (n->type == DOC_NULL && (unique || name))
		return FZ_OK;
	if (unique && (n->type == DOC_TRUE || n->type == DOC_FALSE)) {
		w->unique = n->type == DOC_TRUE;
		return FZ_OK;
	}
	if (name && n->type == DOC_STRING)
		return wish_name(a, n, w, why);
	return why_set(why, FZ_DS_BAD_QUERY,
	    "the options of an index are unique (true, false) and name (a text)");
}

static enum fz_err
wish_read(struct arena *a, const char *fields, const char *opts, struct wish *w,
    struct why *why)
{
	struct doc_node *n;
	enum fz_err err = wish_fields(a, fields, w, why);

	if (err != FZ_OK || opts == NULL)
		return err;
	err = doc_query_json(a, opts, "the options", FZ_DS_BAD_QUERY, &n, why);
	if (err == FZ_OK && n->type != DOC_OBJECT && n->type != DOC_NULL)
		return why_set(why, FZ_DS_BAD_QUERY, "options are an object");
	for (n = err == FZ_OK ? n->first : NULL; err == FZ_OK && n != NULL; n = n->next)
		err = wish_option(a, n, w, why);
	return err;
}

/* FZ_OK: the very index is there; FZ_NOT_FOUND: it can be made. */
static enum fz_err
wish_there(const struct doc_coll *coll, struct arena *a, struct wish *w, struct why *why)
{
	for (size_t i = 0; i < coll->ndefs; i++) {
		const struct doc_def *d = &coll->def[i];
		bool named = w->name != NULL && strcmp(d->name, w->name) == 0;
		bool same = strcmp(d->fields, w->fields) == 0;

		if (same && d->unique == w->unique && (named || w->name == NULL)) {
			w->name = d->name;
			return FZ_OK;
		}
		if (same || named)
			return why_set(why, FZ_DS_BAD_QUERY, "index \"%.128s\" on %.128s"
			    "%s is there: drop it first", d->name, d->fields,
			    d->unique ? " (unique)" : "");
	}
	if (w->name == NULL) {
		char *name = arena_strdup(a, w->fields);

		if (strcmp(name, DOC_FT_NAME) == 0)
			name = arena_printf(a, "%s_", name);
		name[strlen(name) < NAME_MAX_LEN ? strlen(name) : NAME_MAX_LEN] = '\0';
		w->name = name;
	}
	return FZ_NOT_FOUND;
}

/* --- building --- */

struct entry {
	struct doc_key	 key;
	int64_t		 n;
};

struct build {
	struct doc_write *c;
	struct doc_def	*def;
	struct arena	*keys;
	struct entry	*v;
	size_t		 n;
	size_t		 cap;
};

static int
by_key(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int c = doc_key_order(&a->key, &b->key);

	return c != 0 ? c : (a->n > b->n) - (a->n < b->n);
}

static enum fz_err
build_flush(struct build *b)
{
	enum fz_err err = FZ_OK;

	if (b->n > 0)
		qsort(b->v, b->n, sizeof(*b->v), by_key);
	for (size_t i = 0; err == FZ_OK && i < b->n; i++) {
		err = sql_run(b->c->w, "INSERT INTO dx(def,key,n) VALUES(?1,?2,?3)",
		    "ibi", b->def->id, b->v[i].key.p, b->v[i].key.len, b->v[i].n);
		if (err == FZ_OK)
			err = doc_time_check(&b->c->time);
	}
	b->n = 0;
	arena_reset(b->keys);
	return err;
}

static enum fz_err
build_add(struct build *b, const struct doc_view *v)
{
	struct doc_keys keys;
	enum fz_err err;

	doc_keys_of(b->keys, b->def, v, &keys);
	err = doc_rows_flags(b->c, b->def, keys.flags);
	for (size_t i = 0; i < keys.n; i++) {
		if (b->n == b->cap) {
			b->cap = b->cap > 0 ? b->cap * 2 : 256;
			b->v = xreallocarray(b->v, b->cap, sizeof(*b->v));
		}
		b->v[b->n++] = (struct entry){ keys.v[i], v->rid & DOC_NUMBER_MAX };
	}
	if (err == FZ_OK && arena_used(b->keys) > BUILD_ROOM)
		err = build_flush(b);
	return err == FZ_OK ? doc_time_check(&b->c->time) : err;
}

/* Every document of the collection, oldest first. */
static enum fz_err
each_doc(struct doc_write *c, enum fz_err (*fn)(void *, const struct doc_view *),
    void *arg)
{
	struct sql *s = sql_open(c->rd, "SELECT " DOC_VIEW_COLUMNS " FROM doc"
	    " WHERE rid>?1 AND rid<=?2 ORDER BY rid", "ii", DOC_RID(c->coll.id, 0),
	    DOC_RID(c->coll.id, DOC_NUMBER_MAX));
	struct doc_view v;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		doc_view_row(s, &v);
		err = fn(arg, &v);
		if (err != FZ_OK)
			break;
	}
	return rows_end(err, sql_close(s));
}

static enum fz_err
build_one(void *arg, const struct doc_view *v)
{
	return build_add(arg, v);
}

/* With all entries there, each document is asked whether it is alone. */
static enum fz_err
unique_one(void *arg, const struct doc_view *v)
{
	struct build *b = arg;
	struct doc_keys keys;
	enum fz_err err;

	arena_reset(b->keys);
	doc_keys_of(b->keys, b->def, v, &keys);
	err = doc_rows_unique(b->c, b->def, v, &keys);
	return err == FZ_OK ? doc_time_check(&b->c->time) : err;
}

static enum fz_err
build_all(struct doc_write *c, struct doc_def *def)
{
	struct build b = { .c = c, .def = def, .keys = arena_new() };
	enum fz_err err = each_doc(c, build_one, &b);

	if (err == FZ_OK)
		err = build_flush(&b);
	if (err == FZ_OK && def->unique)
		err = each_doc(c, unique_one, &b);
	free(b.v);
	arena_free(b.keys);
	return err;
}

static enum fz_err
def_make(struct doc_write *c, const struct wish *w)
{
	struct doc_def def = { .name = w->name, .unique = w->unique,
		.n = (unsigned)w->n };
	enum fz_err err;

	if (c->coll.ndefs >= DOC_INDEXES_MAX)
		return why_set(c->why, FZ_LIMIT_EXCEEDED,
		    "a collection has at most %d indexes", DOC_INDEXES_MAX);
	memcpy(def.path, w->path, w->n * sizeof(*w->path));
	err = sql_run(c->w, "INSERT INTO dxdef(collection,name,fields,uniq)"
	    " VALUES(?1,?2,?3,?4)", "itti", c->coll.id, w->name, w->fields,
	    (int64_t)w->unique);
	if (err == FZ_CONFLICT)
		return why_set(c->why, FZ_DS_BAD_QUERY,
		    "index \"%.128s\" is there: give this one a name", w->name);
	def.id = sql_rowid(c->w);
	if (err == FZ_OK)
		err = sql_run(c->w, "UPDATE collection SET indexes=indexes+1"
		    " WHERE id=?1", "i", c->coll.id);
	return err == FZ_OK ? build_all(c, &def) : err;
}

enum fz_err
doc_index(struct writer *wr, struct arena *a, const struct doc_at *at,
    const char *fields, const char *opts, const char **name, struct why *why)
{
	struct wish wish = { 0 };
	struct doc_write c;
	enum fz_err err = doc_write_start(&c, wr, a, at, why);

	if (err == FZ_OK)
		err = wish_read(a, fields, opts, &wish, why);
	if (err == FZ_OK)
		err = doc_write_make(&c);
	if (err == FZ_OK) {
		err = wish_there(&c.coll, a, &wish, why);
		if (err == FZ_NOT_FOUND)
			err = def_make(&c, &wish);
	}
	err = doc_write_end(&c, err);
	if (err == FZ_OK)
		*name = wish.name;
	return err;
}

enum fz_err
doc_index_there(struct reader *rd, struct arena *a, const struct doc_at *at,
    const char *fields, const char *opts, const char **name, struct why *why)
{
	struct wish wish = { 0 };
	struct doc_coll coll;
	enum fz_err err = wish_read(a, fields, opts, &wish, why);

	if (err == FZ_OK)
		err = doc_coll_read(rd, a, at, &coll, why);
	if (err == FZ_OK)
		err = wish_there(&coll, a, &wish, why);
	if (err == FZ_OK)
		*name = wish.name;
	return err;
}

/* --- full text --- */

struct filling {
	struct doc_write *c;
	struct doc_ft	*ft;
	bool		 remove;
};

static enum fz_err
fill_one(void *arg, const struct doc_view *v)
{
	struct filling *f = arg;
	const char *entry;
	enum fz_err err;
	size_t words;

	arena_reset(f->c->scratch);
	entry = doc_ft_entry(f->c->scratch, f->ft, v, &words);
	if (f->remove)
		err = doc_ft_remove(f->c->w, v->rid, entry);
	else
		err = doc_ft_add(f->c->w, v->rid, entry);
	f->ft->docs += *entry != '\0';
	f->ft->words += (int64_t)words;
	return err == FZ_OK ? doc_time_check(&f->c->time) : err;
}

static enum fz_err
ft_drop(struct doc_write *c)
{
	struct filling f = { c, c->coll.ft, true };
	enum fz_err err = each_doc(c, fill_one, &f);

	if (err == FZ_OK)
		err = sql_run(c->w, "DELETE FROM ftdef WHERE id=?1", "i", c->coll.ft->id);
	if (err == FZ_OK)
		err = sql_run(c->w, "UPDATE collection SET indexes=indexes-1"
		    " WHERE id=?1", "i", c->coll.id);
	c->coll.ft = NULL;
	return err;
}

static enum fz_err
ft_make(struct doc_write *c, const struct wish *w)
{
	struct doc_ft ft = { .fields = w->fields, .n = (unsigned)w->n };
	struct filling f = { c, &ft, false };
	enum fz_err err;

	memcpy(ft.path, w->path, w->n * sizeof(*w->path));
	err = sql_run(c->w, "INSERT INTO ftdef(collection,fields) VALUES(?1,?2)", "it",
	    c->coll.id, w->fields);
	ft.id = sql_rowid(c->w);
	if (err == FZ_OK)
		err = sql_run(c->w, "UPDATE collection SET indexes=indexes+1"
		    " WHERE id=?1", "i", c->coll.id);
	if (err == FZ_OK)
		err = each_doc(c, fill_one, &f);
	if (err == FZ_OK)
		err = sql_run(c->w, "UPDATE ftdef SET docs=?2,words=?3 WHERE id=?1",
		    "iii", ft.id, ft.docs, ft.words);
	return err;
}

/* Other fields than before: the former index goes. */
enum fz_err
doc_search_index(struct writer *wr, struct arena *a, const struct doc_at *at,
    const char *fields, struct why *why)
{
	struct wish wish = { 0 };
	struct doc_write c;
	enum fz_err err = doc_write_start(&c, wr, a, at, why);

	if (err == FZ_OK)
		err = wish_read(a, fields, NULL, &wish, why);
	if (err == FZ_OK)
		err = doc_write_make(&c);
	if (err != FZ_OK || (c.coll.ft != NULL &&
	    strcmp(c.coll.ft->fields, wish.fields) == 0))
		return doc_write_end(&c, err);
	if (c.coll.ft != NULL)
		err = ft_drop(&c);
	if (err == FZ_OK)
		err = ft_make(&c, &wish);
	return doc_write_end(&c, err);
}

enum fz_err
doc_search_index_there(struct reader *rd, struct arena *a, const struct doc_at *at,
    const char *fields, struct why *why)
{
	struct wish wish = { 0 };
	struct doc_coll coll;
	enum fz_err err = wish_read(a, fields, NULL, &wish, why);

	if (err == FZ_OK)
		err = doc_coll_read(rd, a, at, &coll, why);
	if (err == FZ_OK && (coll.ft == NULL ||
	    strcmp(coll.ft->fields, wish.fields) != 0))
		err = FZ_NOT_FOUND;
	return err;
}

/* --- dropping --- */

static enum fz_err
def_drop(struct doc_write *c, const char *name)
{
	enum fz_err err;
	int64_t id;

	err = sql_get_int(c->rd, &id, "SELECT id FROM dxdef WHERE collection=?1"
	    " AND name=?2", "it", c->coll.id, name);
	if (err == FZ_OK)
		err = sql_run(c->w, "DELETE FROM dxdef WHERE id=?1", "i", id);
	if (err == FZ_OK)
		err = sql_run(c->w, "INSERT INTO dxgone VALUES(?1)", "i", id);
	if (err == FZ_OK)
		err = sql_run(c->w, "UPDATE collection SET indexes=indexes-1"
		    " WHERE id=?1", "i", c->coll.id);
	return err;
}

enum fz_err
doc_drop_index(struct writer *w, struct arena *a, const struct doc_at *at,
    const char *name, struct why *why)
{
	struct doc_write c;
	enum fz_err err = doc_write_start(&c, w, a, at, why);

	if (err == FZ_OK && !c.there)
		err = FZ_NOT_FOUND;
	if (err == FZ_OK && strcmp(name, DOC_FT_NAME) == 0)
		err = c.coll.ft != NULL ? ft_drop(&c) : FZ_NOT_FOUND;
	else if (err == FZ_OK)
		err = def_drop(&c, name);
	return doc_write_end(&c, err);
}
