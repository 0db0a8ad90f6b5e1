/*
 * A domain belongs to one app at a time, verified or not: whoever holds it has to let
 * go of it first.  Adding it again to the same app changes where it leads and keeps
 * token and status, because the TXT record the token stands in is already published.
 */
#include "store/domain.h"

#include "base/clock.h"
#include "store/rows.h"
#include "store/sql.h"

#define SELECT "SELECT d.domain,d.app,a.uid,d.redirect_to,d.token,d.status,d.error," \
	"d.checked,d.created FROM domain d LEFT JOIN app a ON a.id=d.app "

static void
domain_fill(struct sql *s, struct arena *a, struct domain *d)
{
	int c = 0;

	d->domain = sql_dup(s, c++, a);
	d->app = sql_int(s, c++);
	d->app_uid = arena_strdup(a, sql_text(s, c++));
	d->redirect_to = sql_dup(s, c++, a);
	d->token = sql_dup(s, c++, a);
	d->status = sql_dup(s, c++, a);
	d->error = sql_dup(s, c++, a);
	d->checked = sql_int(s, c++);
	d->created = sql_int(s, c++);
}

enum fz_err
domain_get(struct reader *rd, struct arena *a, const char *name, struct domain *d)
{
	struct sql *s = sql_open(rd, SELECT "WHERE d.domain=?1", "t", name);
	enum fz_err err = sql_row(s), end;

	if (err == FZ_OK)
		domain_fill(s, a, d);
	end = sql_close(s);
	return err == FZ_OK ? end : rows_missing(err, FZ_DOMAIN_NOT_FOUND);
}

enum fz_err
domain_list(struct reader *rd, struct arena *a, struct domain **v, size_t *n)
{
	struct sql *s = sql_open(rd, SELECT "ORDER BY d.domain", "");
	size_t count = 0, cap = 0;
	struct domain *list = NULL;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		domain_fill(s, a, &list[count++]);
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
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

enum fz_err
domain_add(struct writer *w, const struct domain *d)
{
	enum fz_err err = app_there(w, d->app);
	int64_t holder = 0;

	if (err != FZ_OK)
		return err;
	err = sql_get_int(writer_reader(w), &holder,
	    "SELECT app FROM domain WHERE domain=?1", "t", d->domain);
	if (err != FZ_OK && err != FZ_NOT_FOUND)
		return err;
	if (err == FZ_OK && holder != d->app)
		return FZ_DOMAIN_TAKEN;
	writer_touch(w);
	return sql_run(w, "INSERT INTO domain(domain,app,redirect_to,token,status,error,"
	    "checked,created) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"
	    " ON CONFLICT(domain) DO UPDATE SET redirect_to=excluded.redirect_to",
	    "tittttIi", d->domain, d->app, d->redirect_to, d->token,
	    rows_or(d->status, "pending"), rows_or(d->error, ""),
	    d->checked > 0 ? d->checked : (int64_t)-1,
	    d->created > 0 ? d->created : clock_wall_ms());
}

static enum fz_err
changed(struct writer *w, enum fz_err err)
{
	if (err == FZ_OK && sql_changes(w) == 0)
		return FZ_DOMAIN_NOT_FOUND;
	writer_touch(w);
	return err;
}

enum fz_err
domain_checked(struct writer *w, const char *name, const char *status, const char *error)
{
	return changed(w, sql_run(w, "UPDATE domain SET status=?2, error=?3, checked=?4"
	    " WHERE domain=?1", "ttti", name, status, rows_or(error, ""),
	    clock_wall_ms()));
}

enum fz_err
domain_delete(struct writer *w, const char *name)
{
	return changed(w, sql_run(w, "DELETE FROM domain WHERE domain=?1", "t", name));
}

enum fz_err
domain_leave(struct writer *w, int64_t app)
{
	writer_touch(w);
	return sql_run(w, "DELETE FROM domain WHERE app=?1", "i", app);
}
