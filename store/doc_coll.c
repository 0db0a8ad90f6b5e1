/*
 * A collection comes into being with its first document or index and then stays: its
 * number is half of every document's, and numbers last.  When a space is full of
 * collections an empty one of its own is given the new name, so neither the table nor the
 * numbers can be used up by somebody who makes and empties them.
 *
 * Every write sits in a savepoint.  Inside fazt.tx a script may catch an error and go on,
 * and what it commits then must not hold half of a failed call.
 *
 * Counters are added up during a call and written once at its end.
 */
#include "store/doc_coll.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/dbconn.h"
#include "store/rows.h"

#define STEPS 16		/* between two looks at the clock */

/* --- time --- */

void
doc_time_start(struct doc_time *t, struct reader *rd, const struct doc_at *at)
{
	*t = (struct doc_time){ .rd = rd, .before = rd->deadline };
	t->until = at->deadline != 0 ? at->deadline : clock_mono_ms() + DOC_CALL_MS;
	if (rd->deadline == 0 || rd->deadline > t->until)
		rd->deadline = t->until;
}

void
doc_time_end(struct doc_time *t)
{
	t->rd->deadline = t->before;
}

enum fz_err
doc_time_check(struct doc_time *t)
{
	if (++t->steps % STEPS != 0 || clock_mono_ms() <= t->rd->deadline)
		return FZ_OK;
	return FZ_TIMEOUT;
}

/* --- reading --- */

static enum fz_err
name_check(const char *name, struct why *why)
{
	size_t len = strlen(name);

	if (len < 1 || len > DOC_COLLECTION_MAX)
		return why_set(why, FZ_VALIDATION_FAILED,
		    "the name of a collection has 1 to %d bytes", DOC_COLLECTION_MAX);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return why_set(why, FZ_VALIDATION_FAILED,
			    "the name of a collection has no control characters");
	if (!str_utf8_ok(name, len))
		return why_set(why, FZ_VALIDATION_FAILED,
		    "the name of a collection is not UTF-8");
	return FZ_OK;
}

/* "a,b.c", as we wrote it. */
static enum fz_err
paths_read(struct arena *a, const char *s, struct doc_path *v, size_t max, unsigned *n)
{
	for (*n = 0; *s != '\0'; (*n)++) {
		size_t len = strcspn(s, ",");

		if (*n == max || !doc_path_parse(a, s, len, &v[*n]))
			return FZ_CORRUPT;
		s += len + (s[len] == ',');
	}
	return FZ_OK;
}

static enum fz_err
defs_read(struct reader *rd, struct arena *a, struct doc_coll *c)
{
	struct sql *s = sql_open(rd, "SELECT id,name,fields,uniq,flags FROM dxdef"
	    " WHERE collection=?1 ORDER BY id LIMIT 16", "i", c->id);
	enum fz_err err;

	_Static_assert(DOC_INDEXES_MAX == 16, "the LIMIT above");
	c->def = arena_alloc(a, DOC_INDEXES_MAX * sizeof(*c->def));
	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		struct doc_def *d = &c->def[c->ndefs++];

		d->id = sql_int(s, 0);
		d->name = sql_dup(s, 1, a);
		d->fields = sql_dup(s, 2, a);
		d->unique = sql_int(s, 3) != 0;
		d->flags = (int)sql_int(s, 4);
		err = paths_read(a, d->fields, d->path, DOC_INDEX_FIELDS_MAX, &d->n);
		if (err != FZ_OK)
			break;
	}
	return rows_end(err, sql_close(s));
}

static enum fz_err
ft_read(struct reader *rd, struct arena *a, struct doc_coll *c)
{
	struct sql *s = sql_open(rd, "SELECT id,fields,docs,words FROM ftdef"
	    " WHERE collection=?1", "i", c->id);
	enum fz_err err = sql_row(s);
	struct doc_ft *ft;

	if (err == FZ_OK) {
		ft = arena_alloc(a, sizeof(*ft));
		ft->id = sql_int(s, 0);
		ft->fields = sql_dup(s, 1, a);
		ft->docs = sql_int(s, 2);
		ft->words = sql_int(s, 3);
		err = paths_read(a, ft->fields, ft->path, DOC_INDEX_FIELDS_MAX, &ft->n);
		c->ft = ft;
	}
	return rows_end(err, sql_close(s));
}

enum fz_err
doc_coll_indexes(struct reader *rd, struct arena *a, struct doc_coll *c)
{
	enum fz_err err = defs_read(rd, a, c);

	return err == FZ_OK ? ft_read(rd, a, c) : err;
}

enum fz_err
doc_coll_read(struct reader *rd, struct arena *a, const struct doc_at *at,
    struct doc_coll *out, struct why *why)
{
	enum fz_err err = name_check(at->collection, why), end;
	struct doc_coll c = { 0 };
	bool indexed = false;
	struct sql *s;

	if (err != FZ_OK)
		return err;
	s = sql_open(rd, "SELECT id,count,bytes,last,indexes FROM collection"
	    " WHERE app=?1 AND user=?2 AND name=?3", "iit", at->space.app,
	    at->space.user, at->collection);
	err = sql_row(s);
	if (err == FZ_OK) {
		c.id = sql_int(s, 0);
		c.count = sql_int(s, 1);
		c.bytes = sql_int(s, 2);
		c.last = sql_int(s, 3);
		indexed = sql_int(s, 4) > 0;
	}
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK && indexed)
		err = doc_coll_indexes(rd, a, &c);
	if (err == FZ_OK)
		*out = c;
	return err;
}

static void
describe_fields(struct buf *b, const char *fields)
{
	(void)buf_puts(b, ",\"fields\":[\"");
	for (; *fields != '\0'; fields++)
		if (*fields == ',')
			(void)buf_puts(b, "\",\"");
		else
			(void)buf_putc(b, *fields);
	(void)buf_puts(b, "\"]");
}

enum fz_err
doc_coll_describe(struct arena *a, const struct doc_coll *c, const char **json)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	(void)buf_putc(&b, '[');
	for (size_t i = 0; i < c->ndefs; i++) {
		(void)buf_puts(&b, i > 0 ? ",{\"name\":" : "{\"name\":");
		(void)doc_json_string(&b, c->def[i].name, strlen(c->def[i].name));
		describe_fields(&b, c->def[i].fields);
		(void)buf_printf(&b, ",\"unique\":%s}",
		    c->def[i].unique ? "true" : "false");
	}
	if (c->ft != NULL) {
		(void)buf_puts(&b, c->ndefs > 0 ? ",{\"name\":" : "{\"name\":");
		(void)buf_puts(&b, "\"" DOC_FT_NAME "\"");
		describe_fields(&b, c->ft->fields);
		(void)buf_puts(&b, ",\"search\":true}");
	}
	(void)buf_putc(&b, ']');
	*json = arena_strndup(a, b.data, b.len);
	buf_fini(&b);
	return FZ_OK;
}

/* --- writing --- */

enum fz_err
doc_write_start(struct doc_write *c, struct writer *w, struct arena *a,
    const struct doc_at *at, struct why *why)
{
	enum fz_err err;

	*c = (struct doc_write){ .w = w, .rd = writer_reader(w), .arena = a, .at = at,
		.why = why, .scratch = arena_new() };
	doc_time_start(&c->time, c->rd, at);
	err = sql_run(w, "SAVEPOINT doc", "");
	c->marked = err == FZ_OK;
	if (err == FZ_OK)
		err = doc_coll_read(c->rd, a, at, &c->coll, why);
	c->there = err == FZ_OK;
	c->last = c->coll.last;
	return err == FZ_NOT_FOUND ? FZ_OK : err;
}

static enum fz_err
write_counters(struct doc_write *c)
{
	enum fz_err err = FZ_OK;

	if (c->add.docs != 0 || c->add.doc_bytes != 0 || c->coll.last != c->last)
		err = sql_run(c->w, "UPDATE collection SET count=count+?2,"
		    "bytes=bytes+?3,last=?4 WHERE id=?1", "iiii", c->coll.id,
		    c->add.docs, c->add.doc_bytes, c->coll.last);
	if (err == FZ_OK && (c->add.docs != 0 || c->add.doc_bytes != 0))
		err = usage_add(c->w, c->at->space.app, &c->add);
	if (err == FZ_OK && c->coll.ft != NULL && (c->ft_docs != 0 || c->ft_words != 0))
		err = sql_run(c->w, "UPDATE ftdef SET docs=docs+?2,words=words+?3"
		    " WHERE id=?1", "iii", c->coll.ft->id, c->ft_docs, c->ft_words);
	return err;
}

/* The time is over only for the work: taking back and letting go always run. */
enum fz_err
doc_write_end(struct doc_write *c, enum fz_err err)
{
	enum fz_err undo = FZ_OK;

	if (err == FZ_OK)
		err = write_counters(c);
	doc_time_end(&c->time);
	if (c->marked && err != FZ_OK)
		undo = sql_run(c->w, "ROLLBACK TO doc", "");
	if (c->marked && undo == FZ_OK)
		undo = sql_run(c->w, "RELEASE doc", "");
	arena_free(c->scratch);
	return err != FZ_OK ? err : undo;
}

static enum fz_err
reuse_row(struct doc_write *c, int64_t *id)
{
	enum fz_err err = sql_get_int(c->rd, id, "SELECT id FROM collection WHERE app=?1"
	    " AND user=?2 AND count=0 AND indexes=0 LIMIT 1", "ii", c->at->space.app,
	    c->at->space.user);

	if (err == FZ_NOT_FOUND)
		return why_set(c->why, FZ_LIMIT_EXCEEDED, "there are %d collections",
		    DOC_COLLECTIONS_MAX);
	if (err == FZ_OK)
		err = sql_run(c->w, "UPDATE collection SET name=?2 WHERE id=?1", "it",
		    *id, c->at->collection);
	return err;
}

enum fz_err
doc_write_make(struct doc_write *c)
{
	int64_t n, id;
	enum fz_err err;

	if (c->there)
		return FZ_OK;
	err = sql_get_int(c->rd, &n, "SELECT count(*) FROM collection WHERE app=?1"
	    " AND user=?2", "ii", c->at->space.app, c->at->space.user);
	if (err != FZ_OK)
		return err;
	if (n >= DOC_COLLECTIONS_MAX) {
		err = reuse_row(c, &id);
	} else {
		err = sql_run(c->w, "INSERT INTO collection(app,user,name)"
		    " VALUES(?1,?2,?3)", "iit", c->at->space.app, c->at->space.user,
		    c->at->collection);
	}
	if (err == FZ_OK)
		err = doc_coll_read(c->rd, c->arena, c->at, &c->coll, c->why);
	c->there = err == FZ_OK;
	c->last = c->coll.last;
	return err;
}

enum fz_err
doc_write_room(struct doc_write *c, int64_t docs, int64_t bytes)
{
	const struct quota *q = c->at->quota;
	const struct usage_data *u = &c->had;
	enum fz_err err = FZ_OK;

	if (q == NULL)
		return FZ_OK;
	if (!c->had_read)
		err = usage_of_data(c->rd, c->at->space.app, &c->had);
	if (err != FZ_OK)
		return err;
	c->had_read = true;
	if (docs > 0 && u->docs + c->add.docs + docs > q->docs)
		return why_set(c->why, FZ_QUOTA_EXCEEDED,
		    "documents: this app may hold %lld", (long long)q->docs);
	if (bytes > 0 && u->doc_bytes + c->add.doc_bytes + bytes + u->kv_bytes +
	    u->object_bytes > q->disk_bytes)
		return why_set(c->why, FZ_QUOTA_EXCEEDED,
		    "the data of this app may take %lld bytes",
		    (long long)q->disk_bytes);
	return FZ_OK;
}
