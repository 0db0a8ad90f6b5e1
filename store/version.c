/*
 * A version is a row and its files; both never change but for two things that going
 * live writes: the draft mark, and since when a file's content has been public at its
 * path, which is what Last-Modified tells.
 *
 * Creating one is two passes over the files: the first asks for each blob and hashes the
 * tree, the second inserts.  Sizes and hashes come from the blobs, not from the caller,
 * so the digest is that of what will be served.  10,000 files are a tenth of a second
 * under the write lock, once; the bytes themselves came before, piece by piece.
 *
 * Deleting removes the row alone.  The schema's trigger remembers the id, blob_sweep
 * takes the files in slices, and since ids never come back nobody sees them meanwhile.
 */
#include "store/version.h"

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/rows.h"
#include "store/sql.h"

#define DIGEST_FORMAT "fazt-tree-1"
#define COLS "SELECT v.id,v.app,v.n,v.draft,a.live=v.id,v.digest,v.file_count,v.size," \
	"v.spa,v.manifest,v.message,v.source,v.source_url,v.source_ref,v.source_commit," \
	"v.deployed_by,v.created FROM version v JOIN app a ON a.id=v.app "

static enum fz_err
hash_fill(struct sql *s, int col, uint8_t out[SHA256_LEN])
{
	size_t len;
	const void *hash = sql_blob(s, col, &len);

	if (len != SHA256_LEN)
		return FZ_CORRUPT;
	memcpy(out, hash, SHA256_LEN);
	return FZ_OK;
}

static enum fz_err
version_fill(struct sql *s, struct arena *a, struct version *v)
{
	enum fz_err err;
	int c = 0;

	v->id = sql_int(s, c++);
	v->app = sql_int(s, c++);
	v->n = sql_int(s, c++);
	v->draft = sql_int(s, c++) != 0;
	v->live = sql_int(s, c++) != 0;
	err = hash_fill(s, c++, v->digest);
	v->file_count = sql_int(s, c++);
	v->size = sql_int(s, c++);
	v->spa = sql_int(s, c++) != 0;
	v->manifest = sql_dup(s, c++, a);
	v->message = sql_dup(s, c++, a);
	v->source = sql_dup(s, c++, a);
	v->source_url = sql_dup(s, c++, a);
	v->source_ref = sql_dup(s, c++, a);
	v->source_commit = sql_dup(s, c++, a);
	v->deployed_by = sql_dup(s, c++, a);
	v->created = sql_int(s, c++);
	return err;
}

static enum fz_err
version_one(struct sql *s, struct arena *a, struct version *v)
{
	enum fz_err err = sql_row(s), end;
	struct version got;

	if (err == FZ_OK)
		err = version_fill(s, a, &got);
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*v = got;
	return rows_missing(err, FZ_DEPLOY_NOT_FOUND);
}

enum fz_err
version_get(struct reader *rd, struct arena *a, int64_t app, int64_t n, struct version *v)
{
	if (n == 0)
		return version_one(sql_open(rd, COLS "WHERE a.id=?1 AND v.id=a.live",
		    "i", app), a, v);
	return version_one(sql_open(rd, COLS "WHERE v.app=?1 AND v.n=?2", "ii", app, n),
	    a, v);
}

enum fz_err
version_by_id(struct reader *rd, struct arena *a, int64_t id, struct version *v)
{
	return version_one(sql_open(rd, COLS "WHERE v.id=?1", "i", id), a, v);
}

static enum fz_err
versions_all(struct sql *s, struct arena *a, struct version **v, size_t *n)
{
	size_t count = 0, cap = 0;
	struct version *list = NULL;
	enum fz_err err;

	for (err = sql_row(s); err == FZ_OK; err = sql_row(s)) {
		list = rows_more(a, list, count, &cap, sizeof(*list));
		err = version_fill(s, a, &list[count]);
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

enum fz_err
version_list(struct reader *rd, struct arena *a, int64_t app, int64_t offset,
    int64_t limit, struct version **v, size_t *n, int64_t *total)
{
	int64_t count;
	enum fz_err err;

	if (app != 0) {
		err = sql_get_int(rd, &count, "SELECT count(*) FROM version WHERE app=?1",
		    "i", app);
		if (err == FZ_OK)
			err = versions_all(sql_open(rd, COLS "WHERE v.app=?1"
			    " ORDER BY v.n DESC LIMIT ?2 OFFSET ?3", "iii", app, limit,
			    offset), a, v, n);
	} else {
		err = sql_get_int(rd, &count, "SELECT count(*) FROM version v"
		    " JOIN app a ON a.id=v.app WHERE a.deleted IS NULL", "");
		if (err == FZ_OK)
			err = versions_all(sql_open(rd, COLS "WHERE a.deleted IS NULL"
			    " ORDER BY v.id DESC LIMIT ?1 OFFSET ?2", "ii", limit,
			    offset),
			    a, v, n);
	}
	if (err == FZ_OK)
		*total = count;
	return err;
}

enum fz_err
version_before(struct reader *rd, int64_t app, int64_t *n)
{
	return rows_missing(sql_get_int(rd, n, "SELECT v.n FROM app a"
	    " JOIN version l ON l.id=a.live JOIN version v ON v.app=a.id AND v.n<l.n"
	    " WHERE a.id=?1 AND v.draft=0 ORDER BY v.n DESC LIMIT 1", "i", app),
	    FZ_DEPLOY_NOT_FOUND);
}

static struct sha256 *
digest_start(bool spa)
{
	struct sha256 *sha = sha256_new();
	uint8_t flag = spa;

	sha256_add(sha, DIGEST_FORMAT, sizeof(DIGEST_FORMAT));
	sha256_add(sha, &flag, 1);
	return sha;
}

/* Texts with their NUL, numbers of fixed width: no two trees read the same. */
static void
digest_file(struct sha256 *sha, const char *path, const uint8_t hash[SHA256_LEN],
    uint64_t size, const char *mime)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(size >> (56 - 8 * i));
	sha256_add(sha, path, strlen(path) + 1);
	sha256_add(sha, hash, SHA256_LEN);
	sha256_add(sha, bytes, sizeof(bytes));
	sha256_add(sha, mime, strlen(mime) + 1);
}

void
version_digest(const struct file *files, size_t n, bool spa, uint8_t out[SHA256_LEN])
{
	struct sha256 *sha = digest_start(spa);

	for (size_t i = 0; i < n; i++)
		digest_file(sha, files[i].path, files[i].sha256, files[i].size,
		    files[i].mime);
	sha256_take(sha, out);
	sha256_free(sha);
}

/* The first pass: are the blobs there, and what do they add up to? */
static enum fz_err
tree_check(struct reader *rd, const struct file *files, size_t n, struct sha256 *sha,
    int64_t *size)
{
	uint8_t hash[SHA256_LEN];
	int64_t bytes;
	enum fz_err err, end;
	struct sql *s;

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(files[i - 1].path, files[i].path) >= 0)
			return FZ_VALIDATION_FAILED;
		s = sql_open(rd, "SELECT sha256,size FROM blob WHERE id=?1"
		    " AND sha256 IS NOT NULL", "i", files[i].blob);
		err = sql_row(s);
		if (err == FZ_OK)
			err = hash_fill(s, 0, hash);
		bytes = err == FZ_OK ? sql_int(s, 1) : 0;
		end = sql_close(s);
		if (err == FZ_OK)
			err = end;
		if (err != FZ_OK)
			return rows_missing(err, FZ_SERVICE_UNAVAILABLE);
		if (__builtin_add_overflow(*size, bytes, size))
			return FZ_PAYLOAD_TOO_LARGE;
		digest_file(sha, files[i].path, hash, (uint64_t)bytes, files[i].mime);
	}
	return FZ_OK;
}

static enum fz_err
files_insert(struct writer *w, int64_t version, const struct file *files, size_t n)
{
	enum fz_err err = FZ_OK;

	for (size_t i = 0; err == FZ_OK && i < n; i++)
		err = sql_run(w, "INSERT INTO file(version,path,blob,size,mime)"
		    " SELECT ?1,?2,id,size,?4 FROM blob WHERE id=?3", "itit", version,
		    files[i].path, files[i].blob, files[i].mime);
	return err;
}

/* The app's next number; a number is never given twice, even after a delete. */
static enum fz_err
next_n(struct writer *w, int64_t app, int64_t *n)
{
	enum fz_err err = sql_run(w, "UPDATE app SET last_n=last_n+1 WHERE id=?1"
	    " AND deleted IS NULL", "i", app);

	if (err == FZ_OK && sql_changes(w) == 0)
		return FZ_APP_NOT_FOUND;
	if (err != FZ_OK)
		return err;
	return sql_get_int(writer_reader(w), n, "SELECT last_n FROM app WHERE id=?1",
	    "i", app);
}

static enum fz_err
version_insert(struct writer *w, struct version *v)
{
	enum fz_err err = next_n(w, v->app, &v->n);

	if (err != FZ_OK)
		return err;
	err = sql_run(w,
	    "INSERT INTO version(app,n,draft,digest,file_count,size,spa,"
	    "manifest,message,source,source_url,source_ref,source_commit,deployed_by,"
	    "created)"
	    " VALUES(?1,?2,1,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)",
	    "iibiiittttttti", v->app, v->n, v->digest, sizeof(v->digest), v->file_count,
	    v->size, (int64_t)v->spa, rows_or(v->manifest, "{}"), rows_or(v->message, ""),
	    rows_or(v->source, "deploy"), rows_or(v->source_url, ""),
	    rows_or(v->source_ref, ""), rows_or(v->source_commit, ""),
	    rows_or(v->deployed_by, ""), v->created);
	v->id = sql_rowid(w);
	return err;
}

enum fz_err
version_create(struct writer *w, struct version *out, const struct file *files, size_t n)
{
	struct sha256 *sha = digest_start(out->spa);
	struct version v = *out;
	enum fz_err err;

	v.size = 0;
	v.file_count = (int64_t)n;
	v.created = clock_wall_ms();
	v.draft = true;
	v.live = false;
	err = tree_check(writer_reader(w), files, n, sha, &v.size);
	if (err != FZ_OK)
		goto out;
	sha256_take(sha, v.digest);
	err = version_insert(w, &v);
	if (err == FZ_OK)
		err = files_insert(w, v.id, files, n);
	if (err == FZ_OK)
		*out = v;
out:
	sha256_free(sha);
	return err;
}

static enum fz_err
version_mine(struct reader *rd, int64_t app, int64_t id)
{
	int64_t one;

	return rows_missing(sql_get_int(rd, &one, "SELECT 1 FROM version WHERE id=?1"
	    " AND app=?2", "ii", id, app), FZ_DEPLOY_NOT_FOUND);
}

enum fz_err
version_go_live(struct writer *w, int64_t app, int64_t id)
{
	int64_t now = clock_wall_ms(), live;
	enum fz_err err = version_mine(writer_reader(w), app, id);

	if (err == FZ_OK)
		err = rows_missing(sql_get_int(writer_reader(w), &live,
		    "SELECT coalesce(live,0) FROM app WHERE id=?1", "i", app),
		    FZ_APP_NOT_FOUND);
	if (err == FZ_OK)
		err = sql_run(w,
		    "UPDATE file SET since=coalesce((SELECT p.since FROM file p"
		    " WHERE p.version=?2 AND p.path=file.path AND p.blob=file.blob), ?3)"
		    " WHERE version=?1 AND since IS NULL",
		    "iii", id, live, now);
	if (err == FZ_OK)
		err = sql_run(w, "UPDATE version SET draft=0 WHERE id=?1", "i", id);
	if (err == FZ_OK)
		err = sql_run(w, "UPDATE app SET live=?2, updated=?3 WHERE id=?1", "iii",
		    app, id, now);
	writer_touch(w);
	return err;
}

enum fz_err
version_delete(struct writer *w, int64_t app, int64_t n)
{
	int64_t live;
	enum fz_err err;

	err = sql_get_int(writer_reader(w), &live, "SELECT coalesce(a.live=v.id,0)"
	    " FROM version v JOIN app a ON a.id=v.app WHERE v.app=?1 AND v.n=?2", "ii",
	    app, n);
	if (err != FZ_OK)
		return rows_missing(err, FZ_DEPLOY_NOT_FOUND);
	if (live)
		return FZ_CONFLICT;
	writer_touch(w);
	return sql_run(w, "DELETE FROM version WHERE app=?1 AND n=?2", "ii", app, n);
}

enum fz_err
version_prune(struct writer *w, int64_t app)
{
	int64_t keep;
	enum fz_err err = sql_get_int(writer_reader(w), &keep,
	    "SELECT keep_deploys FROM app WHERE id=?1", "i", app);

	if (err != FZ_OK)
		return rows_missing(err, FZ_APP_NOT_FOUND);
	if (keep < LIMIT_DEPLOYS_LAST)
		keep = LIMIT_DEPLOYS_LAST;
	err = sql_run(w, "DELETE FROM version WHERE app=?1 AND n<=(SELECT n FROM version"
	    " WHERE app=?1 ORDER BY n DESC LIMIT 1 OFFSET ?2)"
	    " AND id IS NOT (SELECT live FROM app WHERE id=?1)", "ii", app, keep);
	if (err == FZ_OK && sql_changes(w) > 0)
		writer_touch(w);
	return err;
}
