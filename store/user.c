/*
 * People at rest.  Names are compared without case (ASCII) by the column's collation, so
 * that "Ann" and "ann" cannot be two people.  The password is a PHC string made and
 * checked in auth/; nothing here ever sees a clear one.
 */
#include "store/user.h"

#include "base/clock.h"
#include "base/str.h"
#include "store/rows.h"
#include "store/sql.h"

#define UID_RANDOM 12
#define COLS "id,uid,username,email,name,role,password,disabled,created,last_login"

static void
user_fill(struct sql *s, struct arena *a, struct user *u)
{
	int c = 0;

	u->id = sql_int(s, c++);
	u->uid = sql_dup(s, c++, a);
	u->username = sql_dup(s, c++, a);
	u->email = sql_dup(s, c++, a);
	u->name = sql_dup(s, c++, a);
	u->role = sql_dup(s, c++, a);
	u->password = sql_dup(s, c++, a);
	u->disabled = sql_int(s, c++) != 0;
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
	    "INSERT INTO user(uid,username,email,name,role,password,disabled,"
	    "created) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
	    "ttttttii", uid, u->username, rows_or(u->email, ""), rows_or(u->name, ""),
	    rows_or(u->role, "user"), u->password, (int64_t)u->disabled, now);
	if (err != FZ_OK)
		return err;
	u->id = sql_rowid(w);
	u->uid = uid;
	u->created = now;
	return FZ_OK;
}

enum fz_err
user_by_username(struct reader *rd, struct arena *a, const char *name, struct user *u)
{
	return user_one(sql_open(rd, "SELECT " COLS " FROM user WHERE username=?1",
	    "t", name), a, u);
}

enum fz_err
user_by_id(struct reader *rd, struct arena *a, int64_t id, struct user *u)
{
	return user_one(sql_open(rd, "SELECT " COLS " FROM user WHERE id=?1", "i", id), a,
	    u);
}

enum fz_err
user_by_uid(struct reader *rd, struct arena *a, const char *uid, struct user *u)
{
	return user_one(sql_open(rd, "SELECT " COLS " FROM user WHERE uid=?1", "t", uid), a,
	    u);
}

enum fz_err
user_owner(struct reader *rd, struct arena *a, struct user *u)
{
	return user_one(sql_open(rd, "SELECT " COLS " FROM user WHERE role='owner'"
	    " ORDER BY id LIMIT 1", ""), a, u);
}

enum fz_err
user_set_password(struct writer *w, int64_t id, const char *phc)
{
	enum fz_err err = sql_run(w, "UPDATE user SET password=?2 WHERE id=?1",
	    "it", id, phc);

	if (err == FZ_OK && sql_changes(w) == 0)
		return FZ_USER_NOT_FOUND;
	return err;
}
