/*
 * An alias is one row; the targets of a split are rows of their own so that an app's
 * removal finds them by index.  Putting an alias always clears its targets first,
 * whatever it was: no leftover of an old split can come back to life.
 *
 * That a target exists is checked here, inside the transaction, because the caller
 * looked it up in an older snapshot.  What a name may look like and who may take it
 * is the business of the callers.
 */
#include "store/alias.h"

#include <string.h>

#include "base/clock.h"
#include "store/rows.h"
#include "store/sql.h"

#define WEIGHTS 100			/* what they sum to */
#define SELECT "SELECT l.name,l.type,l.app,a.uid,l.url,l.status,l.keep_path,l.created," \
	"l.updated FROM alias l LEFT JOIN app a ON a.id=l.app "

static const char *const types[] = {
	[ALIAS_PROXY] = "proxy",
	[ALIAS_REDIRECT] = "redirect",
	[ALIAS_RESERVED] = "reserved",
	[ALIAS_SPLIT] = "split",
};

const char *
alias_type_text(enum alias_type type)
{
	return types[type];
}

bool
alias_type_parse(const char *text, enum alias_type *type)
{
	if (strcmp(text, "app") == 0)
		text = types[ALIAS_PROXY];
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(text, types[i]) == 0) {
			*type = (enum alias_type)i;
			return true;
		}
	}
	return false;
}

static enum fz_err
targets_read(struct reader *rd, struct arena *a, const char *name,
    struct alias_target v[ALIAS_TARGETS], size_t *n)
{
	struct sql *s = sql_open(rd,
	    "SELECT t.app,a.uid,t.weight FROM alias_target t"
	    " JOIN app a ON a.id=t.app WHERE t.alias=?1 ORDER BY t.n LIMIT 10",
	    "t", name);
	enum fz_err err = FZ_OK;

	_Static_assert(ALIAS_TARGETS == 10, "the LIMIT above");
	for (*n = 0; *n < ALIAS_TARGETS; (*n)++) {
		err = sql_row(s);
		if (err != FZ_OK)
			break;
		v[*n].app = sql_int(s, 0);
		v[*n].app_uid = sql_dup(s, 1, a);
		v[*n].weight = (int)sql_int(s, 2);
	}
	return rows_end(err, sql_close(s));
}

static enum fz_err
alias_fill(struct reader *rd, struct sql *s, struct arena *a, struct alias *out)
{
	int c = 0;

	memset(out, 0, sizeof(*out));
	out->name = sql_dup(s, c++, a);
	if (!alias_type_parse(sql_text(s, c++), &out->type))
		return FZ_CORRUPT;
	out->app = sql_int(s, c++);
	out->app_uid = arena_strdup(a, sql_text(s, c++));
	out->url = sql_dup(s, c++, a);
	out->status = (int)sql_int(s, c++);
	out->keep_path = sql_int(s, c++) != 0;
	out->created = sql_int(s, c++);
	out->updated = sql_int(s, c++);
	if (out->type != ALIAS_SPLIT)
		return FZ_OK;
	return targets_read(rd, a, out->name, out->targets, &out->ntargets);
}

enum fz_err
alias_get(struct reader *rd, struct arena *a, const char *name, struct alias *out)
{
	struct sql *s = sql_open(rd, SELECT "WHERE l.name=?1", "t", name);
	enum fz_err err = sql_row(s), end;
	struct alias got;

	if (err == FZ_OK)
		err = alias_fill(rd, s, a, &got);
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*out = got;
	return rows_missing(err, FZ_ALIAS_NOT_FOUND);
}

enum fz_err
alias_list(struct reader *rd, struct arena *a, int64_t offset, int64_t limit,
    struct alias **v, size_t *n, int64_t *total)
{
	struct sql *s = sql_open(rd, SELECT "ORDER BY l.name LIMIT ?1 OFFSET ?2", "ii",
	    limit, offset);
	size_t count = 0, cap = 0;
	struct alias *list = NULL;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		err = alias_fill(rd, s, a, &list[count]);
		if (err != FZ_OK)
			break;
		count++;
	}
	err = rows_end(err, sql_close(s));
	if (err == FZ_OK)
		err = sql_get_int(rd, total, "SELECT count(*) FROM alias", "");
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

enum fz_err
alias_of_app(struct reader *rd, struct arena *a, int64_t app, const char ***names,
    size_t *n)
{
	struct sql *s = sql_open(rd,
	    "SELECT name FROM alias WHERE app=?1 AND type='proxy'"
	    " ORDER BY created,name",
	    "i", app);
	size_t count = 0, cap = 0;
	const char **list = NULL;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		list[count++] = sql_dup(s, 0, a);
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*names = list;
	*n = count;
	return FZ_OK;
}

static enum fz_err
app_there(struct writer *w, int64_t app)
{
	int64_t one;

	return rows_missing(sql_get_int(writer_reader(w), &one,
	    "SELECT 1 FROM app WHERE id=?1 AND deleted IS NULL", "i", app),
	    FZ_APP_NOT_FOUND);
}

static enum fz_err
targets_check(struct writer *w, const struct alias *al)
{
	int sum = 0;
	enum fz_err err;

	if (al->type == ALIAS_PROXY)
		return app_there(w, al->app);
	if (al->type != ALIAS_SPLIT)
		return FZ_OK;
	if (al->ntargets < 2 || al->ntargets > ALIAS_TARGETS)
		return FZ_VALIDATION_FAILED;
	for (size_t i = 0; i < al->ntargets; i++) {
		if (al->targets[i].weight < 1 || al->targets[i].weight > WEIGHTS)
			return FZ_VALIDATION_FAILED;
		sum += al->targets[i].weight;
		err = app_there(w, al->targets[i].app);
		if (err != FZ_OK)
			return err;
	}
	return sum == WEIGHTS ? FZ_OK : FZ_VALIDATION_FAILED;
}

static enum fz_err
targets_write(struct writer *w, const char *name, const struct alias_target *v, size_t n)
{
	enum fz_err err =
	    sql_run(w, "DELETE FROM alias_target WHERE alias=?1", "t", name);

	for (size_t i = 0; err == FZ_OK && i < n; i++)
		err = sql_run(w, "INSERT INTO alias_target(alias,n,app,weight)"
		    " VALUES(?1,?2,?3,?4)", "tiii", name, (int64_t)i, v[i].app,
		    (int64_t)v[i].weight);
	return err;
}

static enum fz_err
write_all(struct writer *w, const struct alias *al)
{
	int64_t now = clock_wall_ms();
	enum fz_err err;

	writer_touch(w);
	err = sql_run(w,
	    "INSERT INTO alias(name,type,app,url,status,keep_path,created,updated)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?7) ON CONFLICT(name) DO UPDATE SET"
	    " type=excluded.type, app=excluded.app, url=excluded.url,"
	    " status=excluded.status, keep_path=excluded.keep_path,"
	    " updated=excluded.updated",
	    "ttItiii", al->name, types[al->type],
	    al->type == ALIAS_PROXY ? al->app : (int64_t)-1,
	    al->type == ALIAS_REDIRECT ? rows_or(al->url, "") : "",
	    (int64_t)(al->status != 0 ? al->status : 301), (int64_t)al->keep_path, now);
	if (err != FZ_OK)
		return err;
	return targets_write(w, al->name, al->targets,
	    al->type == ALIAS_SPLIT ? al->ntargets : 0);
}

enum fz_err
alias_put(struct writer *w, const struct alias *al)
{
	enum fz_err err = targets_check(w, al);

	return err == FZ_OK ? write_all(w, al) : err;
}

enum fz_err
alias_delete(struct writer *w, const char *name)
{
	enum fz_err err = targets_write(w, name, NULL, 0);

	if (err != FZ_OK)
		return err;
	err = sql_run(w, "DELETE FROM alias WHERE name=?1", "t", name);
	if (err == FZ_OK && sql_changes(w) == 0)
		return FZ_ALIAS_NOT_FOUND;
	writer_touch(w);
	return err;
}

static enum fz_err
proxy_app(struct writer *w, const char *name, int64_t *app)
{
	enum fz_err err = sql_get_int(writer_reader(w), app,
	    "SELECT CASE type WHEN 'proxy' THEN app END FROM alias WHERE name=?1", "t",
	    name);

	if (err == FZ_OK && *app == 0)
		return FZ_CONFLICT;
	return rows_missing(err, FZ_ALIAS_NOT_FOUND);
}

enum fz_err
alias_swap(struct writer *w, const char *a, const char *b)
{
	int64_t app_a, app_b, now = clock_wall_ms();
	enum fz_err err = proxy_app(w, a, &app_a);

	if (err == FZ_OK)
		err = proxy_app(w, b, &app_b);
	if (err != FZ_OK)
		return err;
	writer_touch(w);
	err = sql_run(w, "UPDATE alias SET app=?2, updated=?3 WHERE name=?1", "tii",
	    a, app_b, now);
	if (err != FZ_OK)
		return err;
	return sql_run(w, "UPDATE alias SET app=?2, updated=?3 WHERE name=?1", "tii",
	    b, app_a, now);
}

/* Scale to a sum of 100; what rounding leaves over goes to the first. */
static void
weights_scale(struct alias_target *v, size_t n)
{
	int sum = 0, left = WEIGHTS;

	for (size_t i = 0; i < n; i++)
		sum += v[i].weight;
	for (size_t i = 0; i < n && sum > 0; i++) {
		v[i].weight = v[i].weight * WEIGHTS / sum;
		left -= v[i].weight;
	}
	v[0].weight += left;
}

static enum fz_err
split_leave(struct writer *w, struct arena *a, const char *name, int64_t app)
{
	struct alias al;
	size_t n = 0;
	enum fz_err err = alias_get(writer_reader(w), a, name, &al);

	if (err != FZ_OK)
		return err;
	for (size_t i = 0; i < al.ntargets; i++)
		if (al.targets[i].app != app)
			al.targets[n++] = al.targets[i];
	al.ntargets = n;
	if (n == 0)
		return alias_delete(w, name);
	if (n == 1) {
		al.type = ALIAS_PROXY;
		al.app = al.targets[0].app;
	} else {
		weights_scale(al.targets, n);
	}
	return write_all(w, &al);
}

enum fz_err
alias_leave(struct writer *w, int64_t app)
{
	struct arena *a = arena_new();
	struct sql *s = sql_open(writer_reader(w),
	    "SELECT DISTINCT alias FROM alias_target WHERE app=?1", "i", app);
	const char **names = NULL;
	size_t n = 0, cap = 0;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		names = rows_more(a, names, n, &cap, sizeof(*names));
		names[n++] = sql_dup(s, 0, a);
	}
	err = rows_end(err, sql_close(s));
	for (size_t i = 0; err == FZ_OK && i < n; i++)
		err = split_leave(w, a, names[i], app);
	if (err == FZ_OK)
		err = sql_run(w, "DELETE FROM alias WHERE app=?1", "i", app);
	writer_touch(w);
	arena_free(a);
	return err;
}
