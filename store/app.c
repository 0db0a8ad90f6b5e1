/*
 * Apps are rows with a small integer id for the other tables and a uid for the world.
 * What an app serves is its live version, so every read joins it: there is no copy of
 * file_count, size or manifest that could disagree.
 *
 * The trash is a time stamp.  A trashed app keeps its versions and data, but nothing
 * that leads to it: names are scarce and must be free at once, so restoring it does not
 * bring them back.  Purging removes the rows that make it an app; its files and its data,
 * which may be a million rows, are left to blob_sweep and data_sweep, since one
 * transaction over all of them would stall every writer of the node for seconds.
 */
#include "store/app.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "store/alias.h"
#include "store/domain.h"
#include "store/rows.h"
#include "store/sql.h"

#define UID_RANDOM 12
#define DAY_MS (24 * 3600 * INT64_C(1000))
#define COLS "SELECT a.id,a.uid,a.title,a.description,a.tags,a.visibility,a.system," \
	"a.source,a.source_url,a.source_ref,a.source_commit,a.original_id," \
	"a.forked_from_id,v.id,v.n,v.file_count,v.size,v.manifest,v.spa,a.spa," \
	"a.enabled,a.maintenance,a.maintenance_message,a.preview_data,a.preview_access," \
	"a.keep_deploys,a.quotas,a.created,a.updated,a.deleted"
#define FROM " FROM app a LEFT JOIN version v ON v.id=a.live "

static void
app_fill(struct sql *s, struct arena *ar, struct app *a)
{
	const char *manifest;
	int c = 0;

	a->id = sql_int(s, c++);
	a->uid = sql_dup(s, c++, ar);
	a->title = sql_dup(s, c++, ar);
	a->description = sql_dup(s, c++, ar);
	a->tags = sql_dup(s, c++, ar);
	a->visibility = sql_dup(s, c++, ar);
	a->system = sql_int(s, c++) != 0;
	a->source = sql_dup(s, c++, ar);
	a->source_url = sql_dup(s, c++, ar);
	a->source_ref = sql_dup(s, c++, ar);
	a->source_commit = sql_dup(s, c++, ar);
	a->original_id = sql_dup(s, c++, ar);
	a->forked_from_id = sql_dup(s, c++, ar);
	a->live = sql_int(s, c++);
	a->live_n = sql_int(s, c++);
	a->file_count = sql_int(s, c++);
	a->size = sql_int(s, c++);
	manifest = sql_dup(s, c++, ar);
	a->manifest = manifest != NULL ? manifest : "{}";
	a->live_spa = sql_int(s, c++) != 0;
	a->spa = sql_int(s, c++) != 0;
	a->enabled = sql_int(s, c++) != 0;
	a->maintenance = sql_int(s, c++) != 0;
	a->maintenance_message = sql_dup(s, c++, ar);
	a->preview_data = sql_dup(s, c++, ar);
	a->preview_access = sql_dup(s, c++, ar);
	a->keep_deploys = sql_int(s, c++);
	a->quotas = sql_dup(s, c++, ar);
	a->created = sql_int(s, c++);
	a->updated = sql_int(s, c++);
	a->deleted = sql_int(s, c++);
}

/* The only row: none is FZ_APP_NOT_FOUND, a second FZ_CONFLICT. */
static enum fz_err
app_one(struct sql *s, struct arena *ar, struct app *a)
{
	enum fz_err err = sql_row(s), end;
	struct app got;

	if (err == FZ_OK) {
		app_fill(s, ar, &got);
		if (sql_row(s) == FZ_OK)
			err = FZ_CONFLICT;
	}
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*a = got;
	return rows_missing(err, FZ_APP_NOT_FOUND);
}

static enum fz_err
apps_all(struct sql *s, struct arena *ar, struct app **v, size_t *n)
{
	size_t count = 0, cap = 0;
	struct app *list = NULL;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(ar, list, count, &cap, sizeof(*list));
		app_fill(s, ar, &list[count++]);
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

enum fz_err
app_by_uid(struct reader *rd, struct arena *ar, const char *uid, struct app *a)
{
	return app_one(sql_open(rd, COLS FROM "WHERE a.uid=?1", "t", uid), ar, a);
}

enum fz_err
app_by_id(struct reader *rd, struct arena *ar, int64_t id, struct app *a)
{
	return app_one(sql_open(rd, COLS FROM "WHERE a.id=?1", "i", id), ar, a);
}

static enum fz_err
app_by_alias(struct reader *rd, struct arena *ar, const char *name, struct app *a)
{
	int64_t reserved;
	enum fz_err err = sql_get_int(rd, &reserved,
	    "SELECT type='reserved' FROM alias WHERE name=?1", "t", name);

	if (err != FZ_OK)
		return rows_missing(err, FZ_APP_NOT_FOUND);
	if (reserved)
		return FZ_RESERVED;
	return app_one(sql_open(rd, COLS " FROM alias l JOIN app a ON a.id=l.app"
	    " LEFT JOIN version v ON v.id=a.live WHERE l.name=?1 AND l.type='proxy'"
	    " AND a.deleted IS NULL", "t", name), ar, a);
}

enum fz_err
app_find(struct reader *rd, struct arena *ar, const char *ref, struct app *a)
{
	enum fz_err err;

	err = app_one(sql_open(rd, COLS FROM "WHERE a.uid=?1 AND a.deleted IS NULL",
	    "t", ref), ar, a);
	if (err != FZ_APP_NOT_FOUND)
		return err;
	err = app_by_alias(rd, ar, ref, a);
	if (err != FZ_APP_NOT_FOUND)
		return err;
	return app_one(sql_open(rd, COLS FROM "WHERE a.title=?1 AND a.deleted IS NULL"
	    " LIMIT 2", "t", ref), ar, a);
}

/* "%text%" for LIKE with its own signs escaped; NULL stays NULL. */
static const char *
like(struct arena *ar, const char *text)
{
	char *out, *p;

	if (text == NULL)
		return NULL;
	out = p = arena_alloc(ar, 2 * strlen(text) + 3);
	*p++ = '%';
	for (; *text != '\0'; text++) {
		if (strchr("%_\\", *text) != NULL)
			*p++ = '\\';
		*p++ = *text;
	}
	*p = '%';
	return out;
}

#define LIKE " LIKE ?3 ESCAPE '\\'"
#define FILTER "WHERE (a.deleted IS NOT NULL)=?1 AND (?2 OR a.visibility='public')" \
	" AND (?3 IS NULL OR a.title" LIKE " OR a.description" LIKE \
	" OR EXISTS(SELECT 1 FROM alias l WHERE l.app=a.id AND l.name" LIKE "))"

enum fz_err
app_list(struct reader *rd, struct arena *ar, const struct app_filter *f, struct app **v,
    size_t *n, int64_t *total)
{
	int64_t trash = f->trash, all = f->all, count;
	const char *text = like(ar, f->text);
	enum fz_err err;

	err = sql_get_int(rd, &count, "SELECT count(*) FROM app a " FILTER, "iit", trash,
	    all, text);
	if (err != FZ_OK)
		return err;
	err = apps_all(sql_open(rd, COLS FROM FILTER " ORDER BY a.id LIMIT ?4 OFFSET ?5",
	    "iitii", trash, all, text, f->limit, f->offset), ar, v, n);
	if (err == FZ_OK)
		*total = count;
	return err;
}

enum fz_err
app_forks(struct reader *rd, struct arena *ar, const char *uid, struct app **v, size_t *n)
{
	return apps_all(sql_open(rd, COLS FROM "WHERE a.forked_from_id=?1"
	    " AND a.deleted IS NULL ORDER BY a.id", "t", uid), ar, v, n);
}

enum fz_err
app_create(struct writer *w, struct arena *ar, struct app *a)
{
	char tail[UID_RANDOM + 1], uid[APP_UID_MAX];
	enum fz_err err;

	str_random62(tail, UID_RANDOM);
	(void)snprintf(uid, sizeof(uid), "fazt_app_%s", tail);
	writer_touch(w);
	err = sql_run(w,
	    "INSERT INTO app(uid,title,description,tags,visibility,system,"
	    "source,source_url,source_ref,source_commit,original_id,forked_from_id,"
	    "created,updated) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?13)",
	    "tttttitttttti", uid, a->title, rows_or(a->description, ""),
	    rows_or(a->tags, "[]"), rows_or(a->visibility, "unlisted"),
	    (int64_t)a->system, rows_or(a->source, "deploy"), rows_or(a->source_url, ""),
	    rows_or(a->source_ref, ""), rows_or(a->source_commit, ""),
	    rows_or(a->original_id, ""), rows_or(a->forked_from_id, ""), clock_wall_ms());
	if (err != FZ_OK)
		return err;
	return app_by_id(writer_reader(w), ar, sql_rowid(w), a);
}

/* The sites may have changed; an UPDATE without a row had no app. */
static enum fz_err
changed(struct writer *w, enum fz_err err)
{
	if (err == FZ_OK && sql_changes(w) == 0)
		return FZ_APP_NOT_FOUND;
	writer_touch(w);
	return err;
}

enum fz_err
app_update(struct writer *w, const struct app *a)
{
	enum fz_err err = sql_run(w, "UPDATE app SET title=?2,description=?3,tags=?4,"
	    "visibility=?5,source=?6,source_url=?7,source_ref=?8,source_commit=?9,"
	    "spa=?10,enabled=?11,maintenance=?12,maintenance_message=?13,"
	    "preview_data=?14,preview_access=?15,keep_deploys=?16,quotas=?17,updated=?18"
	    " WHERE id=?1 AND deleted IS NULL", "ittttttttiiitttiti", a->id, a->title,
	    a->description, a->tags, a->visibility, a->source, a->source_url,
	    a->source_ref, a->source_commit, (int64_t)a->spa, (int64_t)a->enabled,
	    (int64_t)a->maintenance, a->maintenance_message, a->preview_data,
	    a->preview_access, a->keep_deploys, a->quotas, clock_wall_ms());

	return changed(w, err);
}

/* Nothing leads to the app any more. */
static enum fz_err
names_leave(struct writer *w, int64_t id)
{
	enum fz_err err = alias_leave(w, id);

	return err == FZ_OK ? domain_leave(w, id) : err;
}

enum fz_err
app_trash(struct writer *w, int64_t id)
{
	enum fz_err err = changed(w, sql_run(w, "UPDATE app SET deleted=?2"
	    " WHERE id=?1 AND deleted IS NULL", "ii", id, clock_wall_ms()));

	return err == FZ_OK ? names_leave(w, id) : err;
}

enum fz_err
app_restore(struct writer *w, int64_t id)
{
	return changed(w, sql_run(w, "UPDATE app SET deleted=NULL, updated=?2"
	    " WHERE id=?1 AND deleted IS NOT NULL", "ii", id, clock_wall_ms()));
}

enum fz_err
app_purge(struct writer *w, int64_t id)
{
	enum fz_err err = changed(w, sql_run(w, "DELETE FROM app WHERE id=?1", "i", id));

	if (err == FZ_OK)
		err = names_leave(w, id);
	if (err == FZ_OK)
		err = sql_run(w, "DELETE FROM version WHERE app=?1", "i", id);
	return err;
}

enum fz_err
app_sweep(struct writer *w, int64_t now)
{
	int64_t before = now - LIMIT_TRASH_DAYS * DAY_MS, id;
	enum fz_err err = FZ_OK;

	while (err == FZ_OK) {
		err = sql_get_int(writer_reader(w), &id, "SELECT id FROM app"
		    " WHERE deleted IS NOT NULL AND deleted<?1 LIMIT 1", "i", before);
		if (err == FZ_OK)
			err = app_purge(w, id);
	}
	return rows_missing(err, FZ_OK);
}
