/*
 * Reading the files of a version.  The version's row is joined although file rows would
 * do: a deleted version's files linger until the sweep and must not be found.
 *
 * Comparing walks two sorted lists side by side; the same blob is the same content.
 */
#include <string.h>

#include "store/rows.h"
#include "store/sql.h"
#include "store/version.h"

#define COLS "SELECT f.path,f.blob,b.sha256,b.size,b.gz,b.br,f.mime," \
	"coalesce(f.since,v.created) FROM version v JOIN file f ON f.version=v.id" \
	" JOIN blob b ON b.id=f.blob "

static enum fz_err
file_fill(struct sql *s, struct arena *a, struct file *f)
{
	const void *hash;
	size_t len;
	int c = 0;

	f->path = sql_dup(s, c++, a);
	f->blob = sql_int(s, c++);
	hash = sql_blob(s, c++, &len);
	if (len != sizeof(f->sha256))
		return FZ_CORRUPT;
	memcpy(f->sha256, hash, len);
	f->size = (uint64_t)sql_int(s, c++);
	f->gz = (uint64_t)sql_int(s, c++);
	f->br = (uint64_t)sql_int(s, c++);
	f->mime = sql_dup(s, c++, a);
	f->since = sql_int(s, c++);
	return FZ_OK;
}

enum fz_err
file_get(struct reader *rd, struct arena *a, int64_t version, const char *path,
    struct file *f)
{
	struct sql *s =
	    sql_open(rd, COLS "WHERE v.id=?1 AND f.path=?2", "it", version, path);
	enum fz_err err = sql_row(s), end;
	struct file got;

	if (err == FZ_OK)
		err = file_fill(s, a, &got);
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*f = got;
	return rows_missing(err, FZ_FILE_NOT_FOUND);
}

enum fz_err
file_list(struct reader *rd, struct arena *a, int64_t version, struct file **v, size_t *n)
{
	struct sql *s = sql_open(rd, COLS "WHERE v.id=?1 ORDER BY f.path", "i", version);
	size_t count = 0, cap = 0;
	struct file *list = NULL;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		err = file_fill(s, a, &list[count]);
		if (err != FZ_OK)
			break;
		count++;
	}
	err = rows_end(err, sql_close(s));
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = count;
	return FZ_OK;
}

static int
file_order(const struct file *a, size_t na, const struct file *b, size_t nb)
{
	if (na == 0)
		return 1;
	return nb == 0 ? -1 : strcmp(a->path, b->path);
}

enum fz_err
file_compare(struct reader *rd, struct arena *a, int64_t from, int64_t to,
    struct file_diff *out)
{
	struct file *old = NULL, *new = NULL;
	struct file_diff d = { 0 };
	size_t nold = 0, nnew = 0;
	enum fz_err err = FZ_OK;

	if (from != 0)
		err = file_list(rd, a, from, &old, &nold);
	if (err == FZ_OK && to != 0)
		err = file_list(rd, a, to, &new, &nnew);
	if (err != FZ_OK)
		return err;
	d.added = arena_alloc(a, nnew * sizeof(*d.added));
	d.changed = arena_alloc(a, nnew * sizeof(*d.changed));
	d.removed = arena_alloc(a, nold * sizeof(*d.removed));
	while (nold > 0 || nnew > 0) {
		int order = file_order(old, nold, new, nnew);

		if (order < 0)
			d.removed[d.nremoved++] = old->path;
		else if (order > 0)
			d.added[d.nadded++] = new->path;
		else if (old->blob != new->blob)
			d.changed[d.nchanged++] = new->path;
		if (order <= 0) {
			old++;
			nold--;
		}
		if (order >= 0) {
			new++;
			nnew--;
		}
	}
	*out = d;
	return FZ_OK;
}
