/*
 * An invite is as good as the person who made it: it can be used while that person may
 * still give the role it names, so removing or demoting an admin also ends what they
 * have handed out.  Both questions, and the count of uses, are answered by the one
 * statement that takes a use; of fifty who try at once as many succeed as there are uses.
 *
 * Old ones are removed when new ones are made; the number there can be is limited, since the
 * list is not paged.
 */
#include "store/invite.h"

#include "base/str.h"
#include "store/rows.h"
#include "store/sql.h"

#define UID_RANDOM 12
#define KEPT_MS (90LL * 86400 * 1000)	/* after they expired, to be seen in the list */

#define VALID "(i.created_by IS NULL OR EXISTS(SELECT 1 FROM user u WHERE u.id=i.created_by" \
	" AND NOT u.disabled AND (u.role='owner' OR (u.role='admin' AND i.role<>'owner'))))"
#define FROM "SELECT i.id,i.uid,i.role,i.email,i.created_by,coalesce((SELECT c.uid FROM user c" \
	" WHERE c.id=i.created_by),''),i.created,i.expires,i.max_uses,i.use_count," VALID \
	" FROM invite i "

static void
fill(struct sql *s, struct arena *a, struct invite *i)
{
	int c = 0;

	i->id = sql_int(s, c++);
	i->uid = sql_dup(s, c++, a);
	i->role = sql_dup(s, c++, a);
	i->email = sql_dup(s, c++, a);
	i->created_by = sql_int(s, c++);
	i->created_by_uid = sql_dup(s, c++, a);
	i->created = sql_int(s, c++);
	i->expires = sql_int(s, c++);
	i->max_uses = sql_int(s, c++);
	i->use_count = sql_int(s, c++);
	i->valid = sql_int(s, c++) != 0;
}

/* Room for one more? */
static enum fz_err
make_room(struct writer *w, int64_t now)
{
	int64_t n;
	enum fz_err err = sql_run(w, "DELETE FROM invite WHERE expires<?1", "i",
	    now - KEPT_MS);

	if (err == FZ_OK)
		err = sql_get_int(writer_reader(w), &n, "SELECT count(*) FROM invite", "");
	return err == FZ_OK && n >= INVITE_MAX ? FZ_QUOTA_EXCEEDED : err;
}

enum fz_err
invite_add(struct writer *w, struct arena *a, struct invite *i,
    const uint8_t hash[SHA256_LEN], int64_t now)
{
	char tail[UID_RANDOM + 1];
	const char *uid;
	enum fz_err err = make_room(w, now);

	if (err != FZ_OK)
		return err;
	str_random62(tail, UID_RANDOM);
	uid = arena_printf(a, "fazt_inv_%s", tail);
	err = sql_run(w, "INSERT INTO invite(uid,hash,role,email,created_by,created,expires,"
	    "max_uses) VALUES(?1,?2,?3,lower(?4),?5,?6,?7,?8)", "tbttIiii", uid, hash,
	    (size_t)SHA256_LEN, i->role, rows_or(i->email, ""),
	    i->created_by > 0 ? i->created_by : -1, now, i->expires, i->max_uses);
	if (err != FZ_OK)
		return err;
	i->id = sql_rowid(w);
	i->uid = uid;
	i->created = now;
	i->use_count = 0;
	i->valid = true;
	return FZ_OK;
}

enum fz_err
invite_get(struct reader *rd, struct arena *a, const uint8_t hash[SHA256_LEN], int64_t now,
    struct invite *i)
{
	struct sql *s = sql_open(rd, FROM "WHERE i.hash=?1 AND i.expires>?2"
	    " AND i.use_count<i.max_uses AND " VALID, "bi", hash, (size_t)SHA256_LEN, now);
	enum fz_err err = sql_row(s), end;

	if (err == FZ_OK)
		fill(s, a, i);
	end = sql_close(s);
	return err == FZ_OK ? end : rows_missing(err, FZ_INVITE_NOT_FOUND);
}

enum fz_err
invite_use(struct writer *w, struct arena *a, const uint8_t hash[SHA256_LEN], int64_t now,
    struct invite *i)
{
	struct invite got = { 0 };
	enum fz_err err = invite_get(writer_reader(w), a, hash, now, &got);

	if (err == FZ_OK)
		err = sql_run(w, "UPDATE invite SET use_count=use_count+1 WHERE id=?1"
		    " AND use_count<max_uses", "i", got.id);
	if (err == FZ_OK && sql_changes(w) == 0)
		err = FZ_INVITE_NOT_FOUND;
	if (err != FZ_OK)
		return err;
	got.use_count++;
	*i = got;
	return FZ_OK;
}

enum fz_err
invite_list(struct reader *rd, struct arena *a, struct invite **v, size_t *n)
{
	struct sql *s = sql_open(rd, FROM "ORDER BY i.id DESC", "");
	struct invite *list = NULL;
	size_t count = 0, cap = 0;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		fill(s, a, &list[count++]);
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

enum fz_err
invite_delete(struct writer *w, const char *uid)
{
	enum fz_err err = sql_run(w, "DELETE FROM invite WHERE uid=?1", "t", uid);

	return err == FZ_OK && sql_changes(w) == 0 ? FZ_INVITE_NOT_FOUND : err;
}
