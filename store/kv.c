/*
 * One row a key, in a table without rowid: the value lies beside its key in one tree, and
 * a write touches one page.  Every change reads the old row first, in the transaction it
 * changes, for three answers at once: was there one, had it expired, how long was it.
 * Most sets of a counter or a session leave number and length as they were; then the
 * counters are not touched and the commit stays one page.
 *
 * What has expired is no row to anybody from that millisecond on, but it lies there and
 * counts until kv_sweep takes it.  A quota that is full of such rows would be a
 * lie, so a key that finds no room sweeps before it is refused.
 *
 * Nothing is written before everything is known to fit: inside a transaction of several
 * calls a script may catch the error of one and go on.
 *
 * Comparing two values (cas) means comparing JSON, not bytes: members in any order,
 * 1 and 1.0 alike.  All numbers are read as doubles, which is what the script that wrote
 * them has.
 */
#include "store/kv.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/str.h"
#include "store/rows.h"
#include "store/sql.h"
#include "store/usage.h"

#define SWEEP_BEFORE_REFUSING 1000
#define SWEEP_BYTES (8UL * 1024 * 1024)

static bool
key_ok(const char *key)
{
	size_t n = strnlen(key, KV_KEY_MAX + 1);

	return n > 0 && n <= KV_KEY_MAX && str_utf8_ok(key, n);
}

static bool
value_ok(const char *value, size_t len)
{
	return len > 0 && len <= KV_VALUE_MAX && memchr(value, '\0', len) == NULL;
}

static bool
passed(int64_t expires, int64_t now)
{
	return expires != 0 && expires <= now;
}

/* What lies under a key. */
struct old {
	bool	 there;			/* a row, expired or not */
	bool	 live;
	int64_t	 expires;
	size_t	 len;			/* of the value */
	char	 number[NUMBER_TEXT];	/* the value if it is short, else "" */
	const char *value;		/* only with an arena */
};

static void
old_fill(struct sql *s, struct arena *a, int64_t now, struct old *o)
{
	const char *value = sql_blob(s, 0, &o->len);

	o->there = true;
	o->expires = sql_int(s, 1);
	o->live = !passed(o->expires, now);
	if (o->len < sizeof(o->number))
		memcpy(o->number, value, o->len);
	if (a != NULL)
		o->value = arena_strndup(a, value, o->len);
}

static enum fz_err
old_read(struct writer *w, struct arena *a, struct space sp, const char *key, int64_t now,
    struct old *o)
{
	struct sql *s = sql_open(writer_reader(w), "SELECT value,expires FROM kv"
	    " WHERE app=?1 AND user=?2 AND key=?3", "iit", sp.app, sp.user, key);
	enum fz_err err = sql_row(s);

	memset(o, 0, sizeof(*o));
	if (err == FZ_OK)
		old_fill(s, a, now, o);
	return rows_end(err, sql_close(s));
}

enum fz_err
kv_get(struct reader *rd, struct arena *a, struct space sp, const char *key,
    struct kv *out)
{
	struct sql *s = sql_open(rd, "SELECT value,expires FROM kv WHERE app=?1 AND user=?2"
	    " AND key=?3 AND (expires IS NULL OR expires>?4)", "iiti", sp.app, sp.user,
	    key, clock_wall_ms());
	enum fz_err err = sql_row(s), end;
	struct kv got = { .user = sp.user };
	const char *value;

	if (err == FZ_OK) {
		value = sql_blob(s, 0, &got.value_len);
		got.value = arena_strndup(a, value, got.value_len);
		got.expires = sql_int(s, 1);
		got.key = arena_strdup(a, key);
	}
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*out = got;
	return err;
}

static bool
too_many(const struct usage_data *u, const struct quota *q, const struct usage_data *d)
{
	return d->kv_keys > 0 && u->kv_keys + d->kv_keys > q->kv_keys;
}

/* May the app grow by this?  Nothing is changed but for rows that have expired. */
static enum fz_err
room(struct writer *w, int64_t app, const struct quota *q, const struct usage_data *d,
    int64_t now)
{
	struct usage_data u;
	int64_t removed;
	enum fz_err err = usage_of_data(writer_reader(w), app, &u);

	if (err == FZ_OK && too_many(&u, q, d)) {
		err = kv_sweep(w, now, SWEEP_BEFORE_REFUSING, &removed);
		if (err == FZ_OK)
			err = usage_of_data(writer_reader(w), app, &u);
	}
	if (err != FZ_OK)
		return err;
	if (too_many(&u, q, d) || (d->kv_bytes > 0 &&
	    u.kv_bytes + u.doc_bytes + u.object_bytes + d->kv_bytes > q->disk_bytes))
		return FZ_QUOTA_EXCEEDED;
	return FZ_OK;
}

static enum fz_err
drop(struct writer *w, struct space sp, const char *key, const struct old *o)
{
	struct usage_data d = { .kv_keys = -1,
		.kv_bytes = -(int64_t)(strlen(key) + o->len) };
	enum fz_err err;

	if (!o->there)
		return FZ_OK;
	err = sql_run(w, "DELETE FROM kv WHERE app=?1 AND user=?2 AND key=?3", "iit",
	    sp.app, sp.user, key);
	return err == FZ_OK ? usage_add(w, sp.app, &d) : err;
}

static enum fz_err
put(struct writer *w, struct space sp, const struct quota *q, const char *key,
    const struct old *o, const char *value, size_t len, int64_t expires, int64_t now)
{
	struct usage_data d = { .kv_bytes = (int64_t)len - (int64_t)o->len };
	enum fz_err err = FZ_OK;

	if (passed(expires, now))
		return drop(w, sp, key, o);
	if (!o->there) {
		d.kv_keys = 1;
		d.kv_bytes += (int64_t)strlen(key);
	}
	if (d.kv_bytes > 0)
		err = room(w, sp.app, q, &d, now);
	if (err == FZ_OK)
		err = sql_run(w, "INSERT INTO kv(app,user,key,value,expires)"
		    " VALUES(?1,?2,?3,CAST(?4 AS TEXT),?5) ON CONFLICT DO UPDATE"
		    " SET value=excluded.value,expires=excluded.expires", "iitbI", sp.app,
		    sp.user, key, value, len, expires == 0 ? (int64_t)-1 : expires);
	if (err == FZ_OK && d.kv_bytes != 0)
		err = usage_add(w, sp.app, &d);
	return err;
}

enum fz_err
kv_set(struct writer *w, struct space sp, const struct quota *q, const char *key,
    const char *value, size_t len, int64_t expires)
{
	int64_t now = clock_wall_ms();
	struct old o;
	enum fz_err err;

	if (!key_ok(key) || !value_ok(value, len))
		return FZ_VALIDATION_FAILED;
	err = old_read(w, NULL, sp, key, now, &o);
	return err == FZ_OK ? put(w, sp, q, key, &o, value, len, expires, now) : err;
}

enum fz_err
kv_delete(struct writer *w, struct space sp, const char *key)
{
	struct old o;
	enum fz_err err;

	if (!key_ok(key))
		return FZ_VALIDATION_FAILED;
	err = old_read(w, NULL, sp, key, 0, &o);
	return err == FZ_OK ? drop(w, sp, key, &o) : err;
}

enum fz_err
kv_incr(struct writer *w, struct space sp, const struct quota *q, const char *key,
    double by, bool keep_expiry, int64_t expires, double *out)
{
	int64_t now = clock_wall_ms();
	char text[NUMBER_TEXT];
	double x = 0;
	struct old o;
	enum fz_err err;

	if (!key_ok(key) || !isfinite(by))
		return FZ_VALIDATION_FAILED;
	err = old_read(w, NULL, sp, key, now, &o);
	if (err != FZ_OK)
		return err;
	if (o.live && !number_parse(o.number, strlen(o.number), &x))
		return FZ_KV_NOT_NUMBER;
	x += by;
	if (!isfinite(x))
		return FZ_KV_NOT_NUMBER;
	number_text(text, x);
	if (keep_expiry)
		expires = o.live ? o.expires : 0;
	err = put(w, sp, q, key, &o, text, strlen(text), expires, now);
	if (err == FZ_OK)
		*out = x;
	return err;
}

static json_t *
json_read(const char *text, size_t len)
{
	return json_loadb(text, len, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL |
	    JSON_ALLOW_NUL, NULL);
}

/* What jansson cannot hold (a NUL in a member's name) is equal by its bytes or not. */
static bool
same_json(const char *a, size_t alen, const char *b, size_t blen)
{
	json_t *ja, *jb = NULL;
	bool same = alen == blen && memcmp(a, b, alen) == 0;

	if (same)
		return true;
	ja = json_read(a, alen);
	if (ja != NULL)
		jb = json_read(b, blen);
	same = ja != NULL && jb != NULL && json_equal(ja, jb) == 1;
	json_decref(ja);
	json_decref(jb);
	return same;
}

enum fz_err
kv_cas(struct writer *w, struct arena *a, struct space sp, const struct quota *q,
    const char *key, const char *expected, size_t expected_len, const char *value,
    size_t value_len, int64_t expires, bool *done)
{
	int64_t now = clock_wall_ms();
	struct old o;
	enum fz_err err;
	bool same;

	if (!key_ok(key) || (value != NULL && !value_ok(value, value_len)))
		return FZ_VALIDATION_FAILED;
	err = old_read(w, a, sp, key, now, &o);
	if (err != FZ_OK)
		return err;
	if (expected == NULL)
		same = !o.live;
	else
		same = o.live && same_json(o.value, o.len, expected, expected_len);
	if (same && value == NULL)
		err = drop(w, sp, key, &o);
	else if (same)
		err = put(w, sp, q, key, &o, value, value_len, expires, now);
	if (err == FZ_OK)
		*done = same;
	return err;
}

static struct sql *
list_one(struct reader *rd, struct arena *a, struct space sp, const struct kv_filter *f,
    int64_t limit)
{
	const char *from = f->prefix, *to = rows_prefix_end(a, f->prefix);

	if (f->after != NULL && strcmp(f->after, from) >= 0)
		from = rows_next(a, f->after);
	return sql_open(rd, "SELECT user,key,expires,CASE WHEN ?7 THEN value END FROM kv"
	    " WHERE app=?1 AND user=?2 AND key>=?3 AND key<?4"
	    " AND (expires IS NULL OR expires>?5) ORDER BY key LIMIT ?6", "iittiii",
	    sp.app, sp.user, from, to, clock_wall_ms(), limit, (int64_t)!f->keys_only);
}

static struct sql *
list_all(struct reader *rd, struct arena *a, struct space sp, const struct kv_filter *f,
    int64_t limit)
{
	const char *to = rows_prefix_end(a, f->prefix), *after = "";
	int64_t user = INT64_MIN;

	if (f->after != NULL) {
		user = f->after_user;
		after = rows_next(a, f->after);
	}
	return sql_open(rd, "SELECT user,key,expires,CASE WHEN ?7 THEN value END FROM kv"
	    " WHERE app=?1 AND (user,key)>=(?2,?8) AND key>=?3 AND key<?4"
	    " AND (expires IS NULL OR expires>?5) ORDER BY user,key LIMIT ?6", "iittiiit",
	    sp.app, user, f->prefix, to, clock_wall_ms(), limit,
	    (int64_t)!f->keys_only, after);
}

static size_t
list_row(struct sql *s, struct arena *a, struct kv *kv)
{
	const char *value;

	memset(kv, 0, sizeof(*kv));
	kv->user = sql_int(s, 0);
	kv->key = sql_dup(s, 1, a);
	kv->expires = sql_int(s, 2);
	if (!sql_is_null(s, 3)) {
		value = sql_blob(s, 3, &kv->value_len);
		kv->value = arena_strndup(a, value, kv->value_len);
	}
	return strlen(kv->key) + kv->value_len;
}

enum fz_err
kv_list(struct reader *rd, struct arena *a, struct space sp, const struct kv_filter *f,
    struct kv **v, size_t *n, bool *more)
{
	bool limited = f->limit > 0 && f->limit <= KV_ROWS_MAX;
	size_t count = 0, cap = 0, bytes = 0,
	    most = limited ? (size_t)f->limit : KV_ROWS_MAX;
	struct sql *s = f->all_users ? list_all(rd, a, sp, f, (int64_t)most + 1) :
	    list_one(rd, a, sp, f, (int64_t)most + 1);
	struct kv *list = NULL;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK && count < most; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		bytes += list_row(s, a, &list[count++]);
		if (bytes > KV_BYTES_MAX)
			break;
	}
	if (err == FZ_OK && (bytes > KV_BYTES_MAX || !limited)) {
		(void)sql_close(s);
		return FZ_LIMIT_EXCEEDED;
	}
	*more = err == FZ_OK;
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

enum fz_err
kv_expired(struct reader *rd, int64_t now, bool *out)
{
	int64_t any;
	enum fz_err err = sql_get_int(rd, &any, "SELECT EXISTS(SELECT 1 FROM kv"
	    " WHERE expires IS NOT NULL AND expires<=?1)", "i", now);

	if (err == FZ_OK)
		*out = any != 0;
	return err;
}

/* The row that expired first; FZ_NOT_FOUND when none has. */
static enum fz_err
expired_one(struct writer *w, struct arena *a, int64_t now, struct space *sp,
    const char **key, size_t *len)
{
	struct sql *s = sql_open(writer_reader(w), "SELECT app,user,key,value FROM kv"
	    " WHERE expires IS NOT NULL AND expires<=?1 ORDER BY expires LIMIT 1", "i",
	    now);
	enum fz_err err = sql_row(s), end;

	if (err == FZ_OK) {
		*sp = (struct space){ sql_int(s, 0), sql_int(s, 1) };
		*key = sql_dup(s, 2, a);
		(void)sql_blob(s, 3, len);
	}
	end = sql_close(s);
	return err == FZ_OK ? end : err;
}

enum fz_err
kv_sweep(struct writer *w, int64_t now, int64_t max, int64_t *removed)
{
	struct arena *a = arena_new();
	int64_t count = 0;
	size_t bytes = 0;
	enum fz_err err = FZ_OK;

	while (err == FZ_OK && count < max && bytes < SWEEP_BYTES) {
		struct old o = { .there = true };
		const char *key;
		struct space sp;

		err = expired_one(w, a, now, &sp, &key, &o.len);
		if (err == FZ_OK)
			err = drop(w, sp, key, &o);
		if (err == FZ_OK)
			count++;
		bytes += o.len;
		arena_reset(a);
	}
	arena_free(a);
	if (err != FZ_OK && err != FZ_NOT_FOUND)
		return err;
	*removed = count;
	return FZ_OK;
}
