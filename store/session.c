/*
 * A session is one row, found by the hash of its token.  Whether it still counts is asked
 * in the same statement, so that there is one definition (LIVE) for a cookie, for the list
 * people see and for a hand-off: the user is enabled, neither time is over, and the same
 * holds for the session it was born from.
 *
 * Times are compared as they are stored.  A clock that was set back makes the time since
 * the last use negative, which is less than any idle time.
 *
 * Ending deletes rows; there is no state "ended".  What is over by time alone stays until the
 * next sweep, so that its owner can be told why they are asked again.
 *
 * Nobody fills the disk with sessions: of one user and kind the newest SESSION_MAX stay, of
 * one sign-in the newest hand-offs.
 *
 * Noting a use follows store/apikey.c: one short transaction that gives up when the writer
 * is busy.  The row was read with the request, so the minute is judged without a look-up.
 */
#include "store/session.h"

#include "base/clock.h"
#include "base/str.h"
#include "store/rows.h"
#include "store/sql.h"

#define UID_RANDOM 12
#define USED_EVERY_MS 60000
#define USED_WAIT_MS 5
#define HANDOFFS_MAX "50"

#define COLS "SELECT s.id,s.uid,s.kind,s.host,s.app,a.uid,s.parent,s.ip,s.ua,s.created," \
	"s.seen,s.idle,s.expires,s.fresh,u.id,u.uid,u.username,u.email,u.name,u.picture," \
	"u.provider,u.role,u.email_verified,u.disabled,u.invited_by,i.uid,u.created," \
	"u.last_login"
#define FROM " FROM session s JOIN user u ON u.id=s.user" \
	" LEFT JOIN user i ON i.id=u.invited_by LEFT JOIN app a ON a.id=s.app "
#define IN_TIME(s, now) s ".expires>" now " AND " now "-" s ".seen<" s ".idle"
#define LIVE(now) "(u.disabled=0 AND " IN_TIME("s", now) " AND (s.parent IS NULL OR" \
	" EXISTS(SELECT 1 FROM session p WHERE p.id=s.parent AND " IN_TIME("p", now) ")))"
#define LIVE_COL 28

static void
user_columns(struct sql *s, struct arena *a, struct user *u)
{
	int c = 14;

	memset(u, 0, sizeof(*u));
	u->id = sql_int(s, c++);
	u->uid = sql_dup(s, c++, a);
	u->username = arena_strdup(a, sql_text(s, c++));
	u->email = sql_dup(s, c++, a);
	u->name = sql_dup(s, c++, a);
	u->picture = sql_dup(s, c++, a);
	u->provider = sql_dup(s, c++, a);
	u->role = sql_dup(s, c++, a);
	u->email_verified = sql_int(s, c++) != 0;
	u->disabled = sql_int(s, c++) != 0;
	u->invited_by = sql_int(s, c++);
	u->invited_by_uid = arena_strdup(a, sql_text(s, c++));
	u->created = sql_int(s, c++);
	u->last_login = sql_int(s, c++);
}

static void
session_fill(struct sql *s, struct arena *a, struct session *out)
{
	int c = 0;

	out->id = sql_int(s, c++);
	out->uid = sql_dup(s, c++, a);
	out->kind = sql_dup(s, c++, a);
	out->host = sql_dup(s, c++, a);
	out->app = sql_int(s, c++);
	out->app_uid = arena_strdup(a, sql_text(s, c++));
	out->parent = sql_int(s, c++);
	out->ip = sql_dup(s, c++, a);
	out->ua = sql_dup(s, c++, a);
	out->created = sql_int(s, c++);
	out->seen = sql_int(s, c++);
	out->idle = sql_int(s, c++);
	out->expires = sql_int(s, c++);
	out->fresh = sql_int(s, c++);
	user_columns(s, a, &out->user);
}

/* One row; FZ_SESSION_EXPIRED unless the column behind the others says that it lives. */
static enum fz_err
session_one(struct sql *s, struct arena *a, struct session *out)
{
	enum fz_err err = sql_row(s), end;
	struct session got;

	if (err == FZ_OK && sql_int(s, LIVE_COL) == 0)
		err = FZ_SESSION_EXPIRED;
	if (err == FZ_OK)
		session_fill(s, a, &got);
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*out = got;
	return rows_missing(err, FZ_SESSION_NOT_FOUND);
}

enum fz_err
session_get(struct reader *rd, struct arena *a, const uint8_t hash[SHA256_LEN],
    const char *kind, const char *host, int64_t now, struct session *out)
{
	return session_one(sql_open(rd, COLS "," LIVE("?4") FROM
	    "WHERE s.hash=?1 AND s.kind=?2 AND s.host=?3", "btti", hash,
	    (size_t)SHA256_LEN, kind, host, now), a, out);
}

enum fz_err
session_by_id(struct reader *rd, struct arena *a, int64_t id, int64_t now,
    struct session *out)
{
	return session_one(sql_open(rd, COLS "," LIVE("?2") FROM "WHERE s.id=?1", "ii", id,
	    now), a, out);
}

enum fz_err
session_by_uid(struct reader *rd, struct arena *a, const char *uid, struct session *out)
{
	return session_one(sql_open(rd, COLS ",1" FROM "WHERE s.uid=?1", "t", uid), a, out);
}

/* Make room for one more of its kind. */
static enum fz_err
make_room(struct writer *w, const struct session *s)
{
	return sql_run(w, "DELETE FROM session WHERE id IN(SELECT id FROM session"
	    " WHERE user=?1 AND kind=?2 ORDER BY id DESC LIMIT -1 OFFSET ?3)", "iti",
	    s->user.id, s->kind, (int64_t)SESSION_MAX - 1);
}

enum fz_err
session_add(struct writer *w, struct arena *a, struct session *s,
    const uint8_t hash[SHA256_LEN], int64_t now)
{
	char tail[UID_RANDOM + 1];
	const char *uid;
	enum fz_err err;

	str_random62(tail, UID_RANDOM);
	uid = arena_printf(a, "fazt_ses_%s", tail);
	err = make_room(w, s);
	if (err != FZ_OK)
		return err;
	err = sql_run(w, "INSERT INTO session(uid,hash,kind,user,host,app,parent,ip,ua,"
	    "created,seen,idle,expires,fresh)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?10,?11,?12,?13)", "tbtitIIttiiii",
	    uid, hash, (size_t)SHA256_LEN, s->kind, s->user.id, s->host,
	    s->app > 0 ? s->app : (int64_t)-1, s->parent > 0 ? s->parent : (int64_t)-1,
	    rows_or(s->ip, ""), rows_or(s->ua, ""), now, s->idle, s->expires, s->fresh);
	if (err != FZ_OK)
		return err;
	s->id = sql_rowid(w);
	s->uid = uid;
	s->created = s->seen = now;
	return FZ_OK;
}

void
session_used(struct store *st, const struct session *s, int64_t now)
{
	struct writer *w;
	enum fz_err err;

	/* A clock that was set back must not stop the notes for long. */
	if (s->seen <= now && now - s->seen < USED_EVERY_MS)
		return;
	if (writer_begin(st, USED_WAIT_MS, &w) != FZ_OK)
		return;
	err = sql_run(w, "UPDATE session SET seen=?3 WHERE id IN(?1,?2)"
	    " AND (?3-seen>=?4 OR seen>?3)", "iiii", s->id, s->parent, now,
	    (int64_t)USED_EVERY_MS);
	if (err != FZ_OK || sql_changes(w) == 0)
		writer_abort(w);
	else
		(void)!writer_commit(w, NULL);
}

enum fz_err
session_refresh(struct writer *w, int64_t id, int64_t fresh_until)
{
	enum fz_err err = sql_run(w, "UPDATE session SET fresh=?2 WHERE id=?1", "ii", id,
	    fresh_until);

	if (err == FZ_OK && sql_changes(w) == 0)
		return FZ_SESSION_NOT_FOUND;
	return err;
}

#define FILTER "WHERE (?1=0 OR s.user=?1) AND (?2 IS NULL OR s.kind=?2)" \
	" AND (?3=0 OR s.parent=?3) AND " LIVE("?4")

enum fz_err
session_list(struct reader *rd, struct arena *a, const struct session_filter *f,
    int64_t now, struct session **v, size_t *n, int64_t *total)
{
	struct session *list = NULL;
	size_t count = 0, cap = 0;
	struct sql *s;
	enum fz_err err;
	int64_t all;

	err = sql_get_int(rd, &all, "SELECT count(*)" FROM FILTER, "itii", f->user, f->kind,
	    f->parent, now);
	if (err != FZ_OK)
		return err;
	s = sql_open(rd, COLS FROM FILTER " ORDER BY s.id DESC LIMIT ?5 OFFSET ?6", "itiiii",
	    f->user, f->kind, f->parent, now, f->limit, f->offset);
	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		session_fill(s, a, &list[count++]);
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	*total = all;
	return FZ_OK;
}

enum fz_err
session_end(struct writer *w, int64_t id, int64_t *n)
{
	enum fz_err err;

	err = sql_run(w, "DELETE FROM handoff WHERE session=?1", "i", id);
	if (err == FZ_OK)
		err = sql_run(w, "DELETE FROM session WHERE id=?1 OR parent=?1", "i", id);
	if (err == FZ_OK)
		*n = sql_changes(w);
	return err;
}

enum fz_err
session_succeed(struct writer *w, int64_t old, int64_t successor)
{
	int64_t ended;
	enum fz_err err;

	err = sql_run(w, "UPDATE session SET parent=?2 WHERE parent=?1 AND user="
	    "(SELECT user FROM session WHERE id=?1) AND user="
	    "(SELECT user FROM session WHERE id=?2)", "ii", old, successor);
	return err == FZ_OK ? session_end(w, old, &ended) : err;
}

enum fz_err
session_end_user(struct writer *w, int64_t user, int64_t keep, int64_t *n)
{
	enum fz_err err;

	err = sql_run(w, "DELETE FROM handoff WHERE user=?1", "i", user);
	if (err == FZ_OK)
		err = sql_run(w, "DELETE FROM session WHERE user=?1 AND id<>?2"
		    " AND coalesce(parent,0)<>?3 AND id<>coalesce("
		    "(SELECT k.parent FROM session k WHERE k.id=?2),0)", "iii", user, keep,
		    keep > 0 ? keep : (int64_t)-1);
	if (err == FZ_OK)
		*n = sql_changes(w);
	return err;
}

/* One step of the sweep; its removed rows are added. */
#define SWEEP(removed, w, literal, now, max)					\
	sweep_step(sql_run(w, literal, "ii", now, max), w, removed)

static enum fz_err
sweep_step(enum fz_err err, struct writer *w, int64_t *removed)
{
	if (err == FZ_OK)
		*removed += sql_changes(w);
	return err;
}

enum fz_err
session_sweep(struct writer *w, int64_t now, int64_t max, int64_t *removed)
{
	int64_t n = 0;
	enum fz_err err;

	err = SWEEP(&n, w, "DELETE FROM session WHERE id IN(SELECT s.id FROM session s"
	    " WHERE NOT(" IN_TIME("s", "?1") ") OR s.parent NOT IN(SELECT id FROM session)"
	    " LIMIT ?2)", now, max);
	if (err == FZ_OK)
		err = SWEEP(&n, w, "DELETE FROM handoff WHERE hash IN(SELECT hash FROM handoff"
		    " WHERE expires<=?1 LIMIT ?2)", now, max);
	if (err == FZ_OK)
		err = SWEEP(&n, w, "DELETE FROM oauth_state WHERE hash IN(SELECT hash"
		    " FROM oauth_state WHERE expires<=?1 LIMIT ?2)", now, max);
	if (err == FZ_OK)
		err = SWEEP(&n, w, "DELETE FROM device WHERE hash IN(SELECT hash FROM device"
		    " WHERE expires<=?1 LIMIT ?2)", now, max);
	if (err == FZ_OK)
		*removed = n;
	return err;
}

enum fz_err
session_handoff_add(struct writer *w, const uint8_t hash[SHA256_LEN],
    const struct handoff *h)
{
	enum fz_err err;

	err = sql_run(w, "DELETE FROM handoff WHERE hash IN(SELECT hash FROM handoff"
	    " WHERE session=?1 ORDER BY expires DESC LIMIT -1 OFFSET " HANDOFFS_MAX "-1)",
	    "i", h->session);
	if (err != FZ_OK)
		return err;
	return sql_run(w, "INSERT INTO handoff(hash,user,session,host,pre,redirect,expires)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7)", "biittti", hash, (size_t)SHA256_LEN, h->user,
	    h->session, h->host, h->pre, h->redirect, h->expires);
}

enum fz_err
session_handoff_take(struct writer *w, struct arena *a, const uint8_t hash[SHA256_LEN],
    int64_t now, struct handoff *h)
{
	struct sql *s = sql_open(writer_reader(w), "SELECT user,session,host,pre,redirect,"
	    "expires FROM handoff WHERE hash=?1", "b", hash, (size_t)SHA256_LEN);
	enum fz_err err = sql_row(s), end;
	struct handoff got = { 0 };

	if (err == FZ_OK)
		got = (struct handoff){ sql_int(s, 0), sql_int(s, 1), sql_dup(s, 2, a),
			sql_dup(s, 3, a), sql_dup(s, 4, a), sql_int(s, 5) };
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		err = sql_run(w, "DELETE FROM handoff WHERE hash=?1", "b", hash,
		    (size_t)SHA256_LEN);
	if (err == FZ_OK && got.expires <= now)
		err = FZ_NOT_FOUND;
	if (err == FZ_OK)
		*h = got;
	return err;
}
