/*
 * A device that signs in is a row for ten minutes.  Its secret, the device code, is kept as
 * a hash; the user code is no secret worth much: whoever types it must be signed in, and
 * typing it gives the device something, not the typist.
 *
 * Approving makes no key.  The key is made when the device comes for it, in the transaction
 * that removes the row, so that nothing is given out twice and a device that never comes
 * back leaves no key behind.
 *
 * Ended rows are swept away with old sessions (session.c); a device that comes later is told
 * the same as one that comes too late.  Anybody may make rows, so there is a limit to them;
 * the ended ones make room first.
 */
#include "store/device.h"

#include <string.h>

#include "store/rows.h"
#include "store/sql.h"

#define ROWS_MAX 2000
#define KEEP_MS 3600000
#define COLS "user_code,client,ip,status,user,scopes,polled,expires"

static const char *const statuses[] = {
	[DEVICE_PENDING] = "pending",
	[DEVICE_APPROVED] = "approved",
	[DEVICE_DENIED] = "denied",
};

static enum fz_err
device_fill(struct sql *s, struct arena *a, struct device *d)
{
	const char *status;
	int c = 0;

	d->user_code = sql_dup(s, c++, a);
	d->client = sql_dup(s, c++, a);
	d->ip = sql_dup(s, c++, a);
	status = sql_text(s, c++);
	d->user = sql_int(s, c++);
	d->scopes = sql_dup(s, c++, a);
	d->polled = sql_int(s, c++);
	d->expires = sql_int(s, c++);
	for (int i = DEVICE_PENDING; i <= DEVICE_DENIED; i++)
		if (strcmp(status, statuses[i]) == 0) {
			d->status = (enum device_status)i;
			return FZ_OK;
		}
	return FZ_CORRUPT;
}

/* The one row of a statement; closes it. */
static enum fz_err
one_row(struct sql *s, struct arena *a, struct device *d)
{
	enum fz_err err = sql_row(s), end;
	struct device got = { 0 };

	if (err == FZ_OK)
		err = device_fill(s, a, &got);
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*d = got;
	return err;
}

enum fz_err
device_add(struct writer *w, const uint8_t hash[SHA256_LEN], const struct device *d)
{
	int64_t rows = 0, now = d->expires - DEVICE_LIFE_MS;
	enum fz_err err;

	err = sql_run(w, "DELETE FROM device WHERE expires<?1", "i", now - KEEP_MS);
	if (err == FZ_OK)
		err = sql_get_int(writer_reader(w), &rows, "SELECT count(*) FROM device", "");
	if (err == FZ_OK && rows >= ROWS_MAX)
		err = sql_run(w, "DELETE FROM device WHERE expires<=?1", "i", now);
	if (err == FZ_OK && rows >= ROWS_MAX && sql_changes(w) == 0)
		return FZ_OVERLOADED;
	if (err != FZ_OK)
		return err;
	return sql_run(w, "INSERT INTO device(hash,user_code,client,ip,expires)"
	    " VALUES(?1,?2,?3,?4,?5)", "btttI", hash, (size_t)SHA256_LEN, d->user_code,
	    rows_or(d->client, ""), rows_or(d->ip, ""), d->expires);
}

enum fz_err
device_get(struct reader *rd, struct arena *a, const uint8_t hash[SHA256_LEN],
    struct device *d)
{
	return one_row(sql_open(rd, "SELECT " COLS " FROM device WHERE hash=?1", "b", hash,
	    (size_t)SHA256_LEN), a, d);
}

enum fz_err
device_by_code(struct reader *rd, struct arena *a, const char *user_code, int64_t now,
    struct device *d)
{
	return one_row(sql_open(rd, "SELECT " COLS " FROM device WHERE user_code=?1"
	    " AND expires>?2", "ti", user_code, now), a, d);
}

enum fz_err
device_polled(struct writer *w, const uint8_t hash[SHA256_LEN], int64_t now)
{
	return sql_run(w, "UPDATE device SET polled=?2 WHERE hash=?1", "bi", hash,
	    (size_t)SHA256_LEN, now);
}

enum fz_err
device_decide(struct writer *w, const char *user_code, enum device_status status,
    int64_t user, const char *scopes, int64_t now)
{
	enum fz_err err = sql_run(w, "UPDATE device SET status=?2,user=?3,scopes=?4"
	    " WHERE user_code=?1 AND status='pending' AND expires>?5", "ttiti", user_code,
	    statuses[status], user, rows_or(scopes, ""), now);

	if (err != FZ_OK)
		return err;
	return sql_changes(w) > 0 ? FZ_OK : FZ_NOT_FOUND;
}

enum fz_err
device_take(struct writer *w, struct arena *a, const uint8_t hash[SHA256_LEN], int64_t now,
    struct device *d)
{
	struct device got;
	enum fz_err err = device_get(writer_reader(w), a, hash, &got);

	if (err == FZ_OK && (got.status != DEVICE_APPROVED || got.expires <= now))
		err = FZ_NOT_FOUND;
	if (err == FZ_OK)
		err = sql_run(w, "DELETE FROM device WHERE hash=?1", "b", hash,
		    (size_t)SHA256_LEN);
	if (err == FZ_OK)
		*d = got;
	return err;
}
