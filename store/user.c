/*
 * People at rest.  Names are compared without case (ASCII) by the column's collation, so
 * that "Ann" and "ann" cannot be two people; e-mail addresses are kept in lower case for
 * the same reason.  An address is no identity: several people may have it, and then nobody
 * is found by it.  Only among those with a password the invite makes sure that one has it,
 * so that it can stand in for the user name.
 *
 * Whoever came by an invite or a provider has no user name: the column is NULL then and the
 * member "".  The password is a PHC string made and checked in auth/; nothing here ever
 * sees a clear one.
 *
 * A node without an owner who can enter is lost to everybody but root, so whatever would
 * lead there is refused, inside the transaction that would do it.
 */
#include "store/user.h"

#include "base/clock.h"
#include "base/str.h"
#include "store/rows.h"
#include "store/sql.h"

#define UID_RANDOM 12
#define COLS "u.id,u.uid,coalesce(u.username,''),u.email,u.name,u.picture,u.provider,u.role," \
	"u.password,u.email_verified,u.disabled,u.invited_by,coalesce((SELECT i.uid FROM user i" \
	" WHERE i.id=u.invited_by),''),u.created,u.last_login"
#define FROM "SELECT " COLS " FROM user u "

static void
user_fill(struct sql *s, struct arena *a, struct user *u)
{
	int c = 0;

	u->id = sql_int(s, c++);
	u->uid = sql_dup(s, c++, a);
	u->username = sql_dup(s, c++, a);
	u->email = sql_dup(s, c++, a);
	u->name = sql_dup(s, c++, a);
	u->picture = sql_dup(s, c++, a);
	u->provider = sql_dup(s, c++, a);
	u->role = sql_dup(s, c++, a);
	u->password = sql_dup(s, c++, a);
	u->email_verified = sql_int(s, c++) != 0;
	u->disabled = sql_int(s, c++) != 0;
	u->invited_by = sql_int(s, c++);
	u->invited_by_uid = sql_dup(s, c++, a);
	u->created = sql_int(s, c++);
	u->last_login = sql_int(s, c++);
}

static enum fz_err
user_one(struct sql *s, struct arena *a, struct user *u)
{
	enum fz_err err = sql_row(s), end;

	if (err == FZ_OK)
		user_fill(s, a, u);
	end = sql_close(s);
	return err == FZ_OK ? end : rows_missing(err, FZ_USER_NOT_FOUND);
}

/* The one row there is; FZ_CONFLICT for several. */
static enum fz_err
user_only(struct sql *s, struct arena *a, struct user *out)
{
	enum fz_err err = sql_row(s), end;
	struct user u;

	if (err == FZ_OK) {
		user_fill(s, a, &u);
		err = sql_row(s) == FZ_OK ? FZ_CONFLICT : FZ_OK;
	}
	end = sql_close(s);
	if (err == FZ_OK && end == FZ_OK)
		*out = u;
	return err == FZ_OK ? end : rows_missing(err, FZ_USER_NOT_FOUND);
}

static const char *
lower(struct arena *a, const char *s)
{
	char *out = arena_strdup(a, s);

	str_lower(out);
	return out;
}

/* NULL for none, so that the column's UNIQUE says nothing about those without. */
static const char *
or_null(const char *s)
{
	return s != NULL && *s != '\0' ? s : NULL;
}

enum fz_err
user_add(struct writer *w, struct arena *a, struct user *u)
{
	int64_t now = clock_wall_ms();
	char tail[UID_RANDOM + 1];
	const char *uid;
	enum fz_err err;

	str_random62(tail, UID_RANDOM);
	uid = arena_printf(a, "fazt_usr_%s", tail);
	err = sql_run(w,
	    "INSERT INTO user(uid,username,email,name,picture,provider,role,password,"
	    "email_verified,disabled,invited_by,created)"
	    " VALUES(?1,?2,lower(?3),?4,?5,?6,?7,?8,?9,?10,?11,?12)",
	    "ttttttttiiIi", uid, or_null(u->username), rows_or(u->email, ""),
	    rows_or(u->name, ""), rows_or(u->picture, ""), rows_or(u->provider, ""),
	    rows_or(u->role, "user"), u->password, (int64_t)u->email_verified,
	    (int64_t)u->disabled, u->invited_by > 0 ? u->invited_by : -1, now);
	if (err != FZ_OK)
		return err;
	return user_by_id(writer_reader(w), a, sql_rowid(w), u);
}

enum fz_err
user_by_username(struct reader *rd, struct arena *a, const char *name, struct user *u)
{
	return user_one(sql_open(rd, FROM "WHERE u.username=?1", "t", name), a, u);
}

enum fz_err
user_by_id(struct reader *rd, struct arena *a, int64_t id, struct user *u)
{
	return user_one(sql_open(rd, FROM "WHERE u.id=?1", "i", id), a, u);
}

enum fz_err
user_by_uid(struct reader *rd, struct arena *a, const char *uid, struct user *u)
{
	return user_one(sql_open(rd, FROM "WHERE u.uid=?1", "t", uid), a, u);
}

enum fz_err
user_owner(struct reader *rd, struct arena *a, struct user *u)
{
	return user_one(sql_open(rd, FROM "WHERE u.role='owner' ORDER BY u.id LIMIT 1", ""),
	    a, u);
}

enum fz_err
user_by_login(struct reader *rd, struct arena *a, const char *text, struct user *u)
{
	enum fz_err err;

	if (*text == '\0')
		return FZ_USER_NOT_FOUND;
	err = user_by_username(rd, a, text, u);
	if (err != FZ_USER_NOT_FOUND)
		return err;
	err = user_only(sql_open(rd, FROM "WHERE u.email=?1 AND u.password IS NOT NULL LIMIT 2",
	    "t", lower(a, text)), a, u);
	return err == FZ_CONFLICT ? FZ_USER_NOT_FOUND : err;
}

enum fz_err
user_signs_in(struct reader *rd, const char *email, bool *out)
{
	int64_t yes;
	enum fz_err err = sql_get_int(rd, &yes, "SELECT EXISTS(SELECT 1 FROM user"
	    " WHERE email=lower(?1) AND password IS NOT NULL)"
	    " OR EXISTS(SELECT 1 FROM user WHERE username=?1)", "t", email);

	if (err == FZ_OK)
		*out = yes != 0;
	return err;
}

enum fz_err
user_find(struct reader *rd, struct arena *a, const char *ref, struct user *u)
{
	if (str_starts(ref, "fazt_usr_"))
		return user_by_uid(rd, a, ref, u);
	if (*ref == '\0')
		return FZ_USER_NOT_FOUND;
	return user_only(sql_open(rd, FROM "WHERE u.email=?1 LIMIT 2", "t", lower(a, ref)), a,
	    u);
}

/* Texts are compared by the bytes of their lower case: a part of a name, no pattern. */
#define FILTER "WHERE (?1 IS NULL OR instr(lower(u.name),?1) OR instr(u.email,?1)" \
	" OR instr(lower(u.username),?1)) AND (?2 IS NULL OR u.role=?2) AND (?3=0" \
	" OR EXISTS(SELECT 1 FROM session s WHERE s.user=u.id AND s.app=?3)" \
	" OR EXISTS(SELECT 1 FROM kv WHERE kv.app=?3 AND kv.user=u.id)" \
	" OR EXISTS(SELECT 1 FROM collection c WHERE c.app=?3 AND c.user=u.id AND c.count>0)" \
	" OR EXISTS(SELECT 1 FROM object o WHERE o.app=?3 AND o.user=u.id))"

enum fz_err
user_list(struct reader *rd, struct arena *a, const struct user_filter *f, int64_t offset,
    int64_t limit, struct user **v, size_t *n, int64_t *total)
{
	const char *q = or_null(f->q) != NULL ? lower(a, f->q) : NULL;
	struct user *list = NULL;
	size_t count = 0, cap = 0;
	struct sql *s;
	int64_t all;
	enum fz_err err = sql_get_int(rd, &all, "SELECT count(*) FROM user u " FILTER, "tti",
	    q, f->role, f->app);

	if (err != FZ_OK)
		return err;
	s = sql_open(rd, FROM FILTER " ORDER BY u.id LIMIT ?4 OFFSET ?5", "ttiii", q, f->role,
	    f->app, limit, offset);
	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		user_fill(s, a, &list[count++]);
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	*total = all;
	return FZ_OK;
}

static enum fz_err
changed(struct writer *w, enum fz_err err)
{
	return err == FZ_OK && sql_changes(w) == 0 ? FZ_USER_NOT_FOUND : err;
}

enum fz_err
user_set_password(struct writer *w, int64_t id, const char *phc)
{
	return changed(w, sql_run(w, "UPDATE user SET password=?2 WHERE id=?1", "it", id, phc));
}

/* An address that nobody vouched for takes the place of one somebody did. */
enum fz_err
user_set_profile(struct writer *w, int64_t id, const char *name, const char *email,
    const char *picture)
{
	return changed(w, sql_run(w, "UPDATE user SET name=coalesce(?2,name),"
	    "email_verified=email_verified AND email=coalesce(lower(?3),email),"
	    "email=coalesce(lower(?3),email),picture=coalesce(?4,picture) WHERE id=?1",
	    "ittt", id, name, email, picture));
}

/* May this user stop being an owner who can enter? */
static enum fz_err
spare(struct writer *w, int64_t id)
{
	int64_t last;
	enum fz_err err = sql_get_int(writer_reader(w), &last,
	    "SELECT EXISTS(SELECT 1 FROM user WHERE id=?1 AND role='owner' AND NOT disabled)"
	    " AND NOT EXISTS(SELECT 1 FROM user WHERE id<>?1 AND role='owner'"
	    " AND NOT disabled)", "i", id);

	return err == FZ_OK && last ? FZ_LAST_OWNER : err;
}

enum fz_err
user_set_role(struct writer *w, int64_t id, const char *role)
{
	enum fz_err err = strcmp(role, "owner") == 0 ? FZ_OK : spare(w, id);

	if (err != FZ_OK)
		return err;
	return changed(w, sql_run(w, "UPDATE user SET role=?2 WHERE id=?1", "it", id, role));
}

enum fz_err
user_set_disabled(struct writer *w, int64_t id, bool disabled)
{
	enum fz_err err = disabled ? spare(w, id) : FZ_OK;

	if (err != FZ_OK)
		return err;
	return changed(w, sql_run(w, "UPDATE user SET disabled=?2 WHERE id=?1", "ii", id,
	    (int64_t)disabled));
}

/* A literal each: a statement is kept by the address of its text. */
static const char *const belongings[] = {
	"DELETE FROM session WHERE user=?1",
	"DELETE FROM handoff WHERE user=?1",
	"DELETE FROM identity WHERE user=?1",
	"DELETE FROM oauth_state WHERE link_user=?1",
	"DELETE FROM device WHERE user=?1",
};

enum fz_err
user_delete(struct writer *w, int64_t id)
{
	enum fz_err err = spare(w, id);

	for (size_t i = 0; err == FZ_OK && i < sizeof(belongings) / sizeof(belongings[0]); i++)
		err = sql_run(w, belongings[i], "i", id);
	if (err != FZ_OK)
		return err;
	return changed(w, sql_run(w, "DELETE FROM user WHERE id=?1", "i", id));
}

enum fz_err
user_signed_in(struct writer *w, int64_t id, const char *provider, int64_t now)
{
	return changed(w, sql_run(w, "UPDATE user SET last_login=?2,provider=?3 WHERE id=?1",
	    "iit", id, now, provider));
}
