/*
 * An object is a row that names a blob; the bytes are shared with every other name they
 * have, in files and objects of all apps, and counted for each app in full, since what
 * one app removes frees nothing that another still names.
 *
 * Receiving is slow and must not hold the write lock, so it happens in pieces under an
 * upload of this process (store/upload.h); one short transaction at the end names the blob,
 * moves the counters and closes the upload.  At every moment in between a crash leaves
 * only what the sweep of uploads finds: an upload whose process is gone.  Replaced and
 * removed contents are remembered by triggers (schema) and looked at again by blob_sweep.
 *
 * Whether there is room is asked twice: before the bytes are received, because they lie on
 * the disk until they are swept, and in the last transaction, where the answer counts.
 */
#include "store/object.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "store/rows.h"
#include "store/sql.h"
#include "store/upload.h"
#include "store/usage.h"

#define COLS "SELECT o.user,o.path,o.blob,o.size,o.mime,o.updated,b.sha256" \
	" FROM object o JOIN blob b ON b.id=o.blob "

static bool
segment_ok(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			return false;
	return !(n == 2 && p[0] == '.' && p[1] == '.');
}

/* Segments that say nothing ("." as in URLs) are left out: one object, one spelling. */
const char *
object_path(struct arena *a, const char *path, size_t len)
{
	const char *end = path + len, *slash;
	char *out, *p;

	if (len == 0 || len > 2 * OBJECT_PATH_MAX || !str_utf8_ok(path, len))
		return NULL;
	out = p = arena_alloc(a, len + 1);
	for (; path < end; path = slash + (slash < end)) {
		size_t n;

		slash = memchr(path, '/', (size_t)(end - path));
		if (slash == NULL)
			slash = end;
		n = (size_t)(slash - path);
		if (!segment_ok(path, n))
			return NULL;
		if (n == 0 || (n == 1 && *path == '.'))
			continue;
		memcpy(p, path, n);
		p += n;
		if (slash < end)
			*p++ = '/';
	}
	*p = '\0';
	return p > out && p - out <= OBJECT_PATH_MAX ? out : NULL;
}

bool
object_mime_ok(const char *mime)
{
	size_t n = strnlen(mime, OBJECT_MIME_MAX + 1);

	for (size_t i = 0; i < n; i++)
		if (mime[i] < 0x20 || mime[i] > 0x7e)
			return false;
	return n > 0 && n <= OBJECT_MIME_MAX;
}

static enum fz_err
object_fill(struct sql *s, struct arena *a, struct object *o)
{
	const void *hash;
	size_t len;

	memset(o, 0, sizeof(*o));
	o->user = sql_int(s, 0);
	o->path = sql_dup(s, 1, a);
	o->blob = sql_int(s, 2);
	o->size = (uint64_t)sql_int(s, 3);
	o->mime = sql_dup(s, 4, a);
	o->updated = sql_int(s, 5);
	hash = sql_blob(s, 6, &len);
	if (len != sizeof(o->sha256))
		return FZ_CORRUPT;
	memcpy(o->sha256, hash, len);
	return FZ_OK;
}

enum fz_err
object_get(struct reader *rd, struct arena *a, struct space sp, const char *path,
    struct object *out)
{
	struct sql *s = sql_open(rd, COLS "WHERE o.app=?1 AND o.user=?2 AND o.path=?3",
	    "iit", sp.app, sp.user, path);
	enum fz_err err = sql_row(s), end;
	struct object got;

	if (err == FZ_OK)
		err = object_fill(s, a, &got);
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*out = got;
	return err;
}

/* Size of what lies at the path, or -1. */
static enum fz_err
old_size(struct reader *rd, struct space sp, const char *path, int64_t *size)
{
	*size = -1;
	return rows_missing(sql_get_int(rd, size, "SELECT size FROM object"
	    " WHERE app=?1 AND user=?2 AND path=?3", "iit", sp.app, sp.user, path), FZ_OK);
}

static enum fz_err
room(struct reader *rd, int64_t app, const struct quota *q, int64_t more)
{
	struct usage_data u;
	enum fz_err err;

	if (more <= 0)
		return FZ_OK;
	err = usage_of_data(rd, app, &u);
	if (err == FZ_OK && (u.object_bytes + more > q->blob_bytes ||
	    u.object_bytes + u.kv_bytes + u.doc_bytes + more > q->disk_bytes))
		err = FZ_QUOTA_EXCEEDED;
	return err;
}

enum fz_err
object_fits(struct reader *rd, struct space sp, const struct quota *q, const char *path,
    uint64_t size)
{
	int64_t old;
	enum fz_err err;

	if (size > OBJECT_MAX)
		return FZ_PAYLOAD_TOO_LARGE;
	err = old_size(rd, sp, path, &old);
	return err == FZ_OK ?
	    room(rd, sp.app, q, (int64_t)size - (old > 0 ? old : 0)) : err;
}

enum fz_err
object_put(struct writer *w, struct space sp, const struct quota *q,
    const char *upload_id, const char *path, const struct blob_info *info,
    const char *mime, int64_t now)
{
	struct usage_data d = { .object_bytes = (int64_t)info->size };
	int64_t old;
	enum fz_err err;

	if (!object_mime_ok(mime))
		return FZ_VALIDATION_FAILED;
	err = object_fits(writer_reader(w), sp, q, path, info->size);
	if (err == FZ_OK)
		err = old_size(writer_reader(w), sp, path, &old);
	if (err != FZ_OK)
		return err;
	if (old < 0)
		d.objects = 1;
	else
		d.object_bytes -= old;
	err = sql_run(w, "INSERT INTO object(app,user,path,blob,size,mime,updated)"
	    " VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE SET blob=excluded.blob,"
	    "size=excluded.size,mime=excluded.mime,updated=excluded.updated", "iitiiti",
	    sp.app, sp.user, path, info->id, (int64_t)info->size, mime, now);
	if (err == FZ_OK && (d.objects != 0 || d.object_bytes != 0))
		err = usage_add(w, sp.app, &d);
	/* After the row, so that the trigger sees that the blob has a name. */
	return err == FZ_OK && upload_id != NULL ? upload_close(w, upload_id) : err;
}

enum fz_err
object_delete(struct writer *w, struct space sp, const char *path)
{
	struct usage_data d = { .objects = -1 };
	int64_t old;
	enum fz_err err = old_size(writer_reader(w), sp, path, &old);

	if (err != FZ_OK || old < 0)
		return err;
	d.object_bytes = -old;
	err = sql_run(w, "DELETE FROM object WHERE app=?1 AND user=?2 AND path=?3", "iit",
	    sp.app, sp.user, path);
	return err == FZ_OK ? usage_add(w, sp.app, &d) : err;
}

static struct sql *
list_one(struct reader *rd, struct arena *a, struct space sp,
    const struct object_filter *f, int64_t limit)
{
	const char *from = f->prefix;

	if (f->after != NULL && strcmp(f->after, from) >= 0)
		from = rows_next(a, f->after);
	return sql_open(rd, COLS "WHERE o.app=?1 AND o.user=?2 AND o.path>=?3"
	    " AND o.path<?4 ORDER BY o.path LIMIT ?5", "iitti", sp.app, sp.user, from,
	    rows_prefix_end(a, f->prefix), limit);
}

static struct sql *
list_all(struct reader *rd, struct arena *a, struct space sp,
    const struct object_filter *f, int64_t limit)
{
	int64_t user = f->after != NULL ? f->after_user : INT64_MIN;
	const char *after = f->after != NULL ? rows_next(a, f->after) : "";

	return sql_open(rd, COLS "WHERE o.app=?1 AND (o.user,o.path)>=(?2,?3)"
	    " AND o.path>=?4 AND o.path<?5 ORDER BY o.user,o.path LIMIT ?6", "iittti",
	    sp.app, user, after, f->prefix, rows_prefix_end(a, f->prefix), limit);
}

enum fz_err
object_list(struct reader *rd, struct arena *a, struct space sp,
    const struct object_filter *f, struct object **v, size_t *n, bool *more)
{
	bool limited = f->limit > 0 && f->limit <= OBJECT_ROWS_MAX;
	size_t count = 0, cap = 0, most = limited ? (size_t)f->limit : OBJECT_ROWS_MAX;
	struct sql *s = f->all_users ? list_all(rd, a, sp, f, (int64_t)most + 1) :
	    list_one(rd, a, sp, f, (int64_t)most + 1);
	struct object *list = NULL;
	enum fz_err err;
	bool cut;

	for (err = sql_row(s); err == FZ_OK && count < most; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		err = object_fill(s, a, &list[count++]);
		if (err != FZ_OK)
			break;
	}
	cut = err == FZ_OK;
	err = rows_end(err, sql_close(s));
	if (err == FZ_OK && cut && !limited)
		err = FZ_LIMIT_EXCEEDED;
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	*more = cut;
	return FZ_OK;
}

/* From the spool through a buffer of one piece. */
static enum fz_err
feed_spool(struct blob_in *in, const struct object_body *b, bool (*go_on)(void))
{
	char *piece = xmalloc(LIMIT_CHUNK);
	enum fz_err err = FZ_OK;
	uint64_t at = 0;

	while (err == FZ_OK && at < b->len) {
		size_t n = b->len - at < LIMIT_CHUNK ? (size_t)(b->len - at) : LIMIT_CHUNK;
		ssize_t got = spool_read(b->spool, b->from + at, piece, n);

		if (go_on != NULL && !go_on())
			err = FZ_TIMEOUT;
		else
			err = got > 0 ? blob_in_add(in, piece, (size_t)got) : FZ_IO;
		at += got > 0 ? (size_t)got : 0;
	}
	free(piece);
	return err;
}

static enum fz_err
feed_bytes(struct blob_in *in, const struct object_body *b, bool (*go_on)(void))
{
	const char *p = b->bytes;
	enum fz_err err = FZ_OK;
	size_t left = (size_t)b->len, n;

	for (; err == FZ_OK && left > 0; left -= n, p += n) {
		n = left < LIMIT_CHUNK ? left : LIMIT_CHUNK;
		err = go_on != NULL && !go_on() ? FZ_TIMEOUT : blob_in_add(in, p, n);
	}
	return err;
}

static enum fz_err
receive(struct store *st, const char *upload, const struct object_body *b,
    bool (*go_on)(void), struct blob_info *info)
{
	struct blob_in *in = blob_in_new(st, upload, false);
	enum fz_err err;

	err = b->spool != NULL ? feed_spool(in, b, go_on) : feed_bytes(in, b, go_on);
	if (err == FZ_OK)
		err = blob_in_end(in, info);
	blob_in_free(in);
	return err;
}

static enum fz_err
fits_now(struct store *st, struct space sp, const struct quota *q, const char *path,
    uint64_t size)
{
	struct reader *rd;
	enum fz_err err = reader_open(st, &rd);

	if (err != FZ_OK)
		return err;
	err = object_fits(rd, sp, q, path, size);
	reader_close(rd);
	return err;
}

static enum fz_err
put_now(struct store *st, struct space sp, const struct quota *q, const char *upload,
    const char *path, const struct blob_info *info, const char *mime, uint64_t *seq)
{
	struct writer *w;
	enum fz_err err = writer_begin(st, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = object_put(w, sp, q, upload, path, info, mime, clock_wall_ms());
	if (err == FZ_OK)
		return writer_commit(w, seq);
	writer_abort(w);
	return err;
}

enum fz_err
object_store(struct store *st, struct space sp, const struct quota *q, const char *path,
    const struct object_body *body, const char *mime, bool (*go_on)(void), uint64_t *seq,
    struct blob_info *out)
{
	char upload[UPLOAD_ID_LEN + 1];
	struct blob_info info;
	enum fz_err err;

	if (!object_mime_ok(mime))
		return FZ_VALIDATION_FAILED;
	err = fits_now(st, sp, q, path, body->len);
	if (err == FZ_OK)
		err = upload_open(st, upload);
	if (err != FZ_OK)
		return err;
	err = receive(st, upload, body, go_on, &info);
	if (err == FZ_OK)
		err = put_now(st, sp, q, upload, path, &info, mime, seq);
	if (err != FZ_OK)
		upload_drop(st, upload);
	else if (out != NULL)
		*out = info;
	return err;
}
