/*
 * A blob is a row of sizes and its bytes in rows of `chunk`, so that a range is found by
 * division: SQLite's own incremental blob interface walks the chain of overflow pages to
 * its offset, 29 ms for the end of 50 MiB against less than a tenth of one here.
 *
 * A source keeps no snapshot between pieces.  A slow client would hold the WAL back
 * for as long as it likes; instead each piece is found anew, and since ids never come
 * back the worst that can happen is that a removed blob ends the answer early.
 *
 * Garbage is found from the places that lose a name (triggers of the schema fill the
 * garbage tables), never by looking at all blobs.  What is found is looked at again under
 * the write lock: a later upload may have named it meanwhile.  Each call does a
 * bounded piece of work, because everybody's writes wait for it.
 */
#include "store/blob.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "store/rows.h"
#include "store/sql.h"

#define SWEEP_FILES 4000		/* file rows a call */
#define SWEEP_BYTES (64 * MIB)		/* of removed blobs a call */

static enum fz_err
info_one(struct sql *s, struct blob_info *info)
{
	enum fz_err err = sql_row(s), end;
	struct blob_info got;
	const void *hash;
	size_t len;

	if (err == FZ_OK) {
		got.id = sql_int(s, 0);
		hash = sql_blob(s, 1, &len);
		if (len == sizeof(got.sha256))
			memcpy(got.sha256, hash, len);
		else
			err = FZ_CORRUPT;
		got.size = (uint64_t)sql_int(s, 2);
		got.gz = (uint64_t)sql_int(s, 3);
		got.br = (uint64_t)sql_int(s, 4);
	}
	end = sql_close(s);
	if (err == FZ_OK)
		err = end;
	if (err == FZ_OK)
		*info = got;
	return err;
}

enum fz_err
blob_find(struct reader *rd, const uint8_t sha256[SHA256_LEN], struct blob_info *info)
{
	return info_one(
	    sql_open(rd, "SELECT id,sha256,size,gz,br FROM blob WHERE sha256=?1", "b",
		sha256, (size_t)SHA256_LEN),
	    info);
}

enum fz_err
blob_get(struct reader *rd, int64_t id, struct blob_info *info)
{
	return info_one(sql_open(rd, "SELECT id,sha256,size,gz,br FROM blob WHERE id=?1"
	    " AND sha256 IS NOT NULL", "i", id), info);
}

/* Copy n bytes from offset `from` of piece number piece. */
static enum fz_err
piece_read(struct reader *rd, int64_t id, enum blob_enc enc, uint64_t piece, size_t from,
    void *out, size_t n)
{
	struct sql *s = sql_open(rd, "SELECT data FROM chunk WHERE blob=?1 AND enc=?2"
	    " AND n=?3", "iii", id, (int64_t)enc, (int64_t)piece);
	enum fz_err err = sql_row(s), end;
	const char *data;
	size_t len;

	if (err == FZ_OK) {
		data = sql_blob(s, 0, &len);
		if (from > len || n > len - from)
			err = FZ_CORRUPT;
		else
			memcpy(out, data + from, n);
	}
	end = sql_close(s);
	return err == FZ_OK ? end : err;
}

static uint64_t
enc_size(const struct blob_info *info, enum blob_enc enc)
{
	switch (enc) {
	case BLOB_GZIP:
		return info->gz;
	case BLOB_BROTLI:
		return info->br;
	default:
		return info->size;
	}
}

static enum fz_err
pieces_read(struct reader *rd, int64_t id, enum blob_enc enc, char *out, size_t size)
{
	enum fz_err err = FZ_OK;
	size_t done, n;

	for (done = 0; err == FZ_OK && done < size; done += n) {
		n = size - done < LIMIT_CHUNK ? size - done : LIMIT_CHUNK;
		err = piece_read(rd, id, enc, done / LIMIT_CHUNK, 0, out + done, n);
	}
	return rows_missing(err, FZ_CORRUPT);
}

enum fz_err
blob_copy(struct reader *rd, int64_t id, void *out, size_t size)
{
	return pieces_read(rd, id, BLOB_PLAIN, out, size);
}

enum fz_err
blob_read(struct reader *rd, int64_t id, enum blob_enc enc, size_t max, void **out,
    size_t *len)
{
	struct blob_info info;
	enum fz_err err = blob_get(rd, id, &info);
	uint64_t size;
	char *p;

	if (err != FZ_OK)
		return err;
	size = enc_size(&info, enc);
	if (size == 0 && enc != BLOB_PLAIN)
		return FZ_NOT_FOUND;
	if (size > max || size >= SIZE_MAX)
		return FZ_PAYLOAD_TOO_LARGE;
	p = xmalloc((size_t)size + 1);
	err = pieces_read(rd, id, enc, p, (size_t)size);
	if (err != FZ_OK) {
		free(p);
		return err;
	}
	p[size] = '\0';
	*out = p;
	*len = (size_t)size;
	return FZ_OK;
}

struct source {
	struct body_source body;	/* first: the two are one pointer */
	struct store	*store;
	int64_t		 id;
	enum blob_enc	 enc;
	uint64_t	 at;
	uint64_t	 end;
	char		*piece;
};

static enum fz_err
source_next(struct body_source *body, const void **p, size_t *n)
{
	struct source *src = (struct source *)body;
	size_t from = (size_t)(src->at % LIMIT_CHUNK), len = LIMIT_CHUNK - from;
	struct reader *rd;
	enum fz_err err;

	if (src->at >= src->end) {
		*n = 0;
		return FZ_OK;
	}
	if (len > src->end - src->at)
		len = (size_t)(src->end - src->at);
	err = reader_open(src->store, &rd);
	if (err != FZ_OK)
		return err;
	err = piece_read(
	    rd, src->id, src->enc, src->at / LIMIT_CHUNK, from, src->piece, len);
	reader_close(rd);
	if (err != FZ_OK)
		return err;
	src->at += len;
	*p = src->piece;
	*n = len;
	return FZ_OK;
}

static void
source_close(struct body_source *body)
{
	struct source *src = (struct source *)body;

	free(src->piece);
	free(src);
}

struct body_source *
blob_source(struct store *st, int64_t id, enum blob_enc enc, uint64_t from, uint64_t len)
{
	struct source *src = xcalloc(1, sizeof(*src));

	src->body = (struct body_source){ .next = source_next, .close = source_close };
	src->store = st;
	src->id = id;
	src->enc = enc;
	src->at = from;
	if (__builtin_add_overflow(from, len, &src->end))
		src->end = UINT64_MAX;
	src->piece = xmalloc(len < LIMIT_CHUNK ? (size_t)len : LIMIT_CHUNK);
	return &src->body;
}

/* File rows of versions that are gone, a bounded number of them. */
static enum fz_err
sweep_files(struct writer *w, int64_t *removed)
{
	int64_t version, left = SWEEP_FILES, n;
	enum fz_err err;

	while (left > 0) {
		err = sql_get_int(writer_reader(w), &version,
		    "SELECT version FROM garbage_version LIMIT 1", "");
		if (err != FZ_OK)
			return rows_missing(err, FZ_OK);
		err = sql_run(w,
		    "DELETE FROM file WHERE version=?1 AND path IN"
		    " (SELECT path FROM file WHERE version=?1 LIMIT ?2)",
		    "ii", version, left);
		if (err != FZ_OK)
			return err;
		n = sql_changes(w);
		*removed += n;
		if (n < left) {
			err = sql_run(w, "DELETE FROM garbage_version WHERE version=?1",
			    "i", version);
			if (err != FZ_OK)
				return err;
		}
		left -= n;
	}
	return FZ_OK;
}

static enum fz_err
blob_remove(struct writer *w, int64_t id)
{
	enum fz_err err = sql_run(w, "DELETE FROM chunk WHERE blob=?1", "i", id);

	if (err == FZ_OK)
		err = sql_run(w, "DELETE FROM blob WHERE id=?1", "i", id);
	return err;
}

/* Take one candidate off the list; *bytes is -1 when somebody names it after all. */
static enum fz_err
candidate(struct writer *w, int64_t *id, int64_t *bytes)
{
	struct reader *rd = writer_reader(w);
	int64_t named;
	enum fz_err err;

	err = sql_get_int(rd, id, "SELECT blob FROM garbage_blob LIMIT 1", "");
	if (err != FZ_OK)
		return err;
	err = sql_run(w, "DELETE FROM garbage_blob WHERE blob=?1", "i", *id);
	if (err != FZ_OK)
		return err;
	err = sql_get_int(rd, &named, "SELECT EXISTS(SELECT 1 FROM file WHERE blob=?1)"
	    " OR EXISTS(SELECT 1 FROM object WHERE blob=?1)"
	    " OR EXISTS(SELECT 1 FROM upload_blob WHERE blob=?1)", "i", *id);
	if (err != FZ_OK)
		return err;
	*bytes = -1;
	if (named)
		return FZ_OK;
	return rows_missing(sql_get_int(rd, bytes,
	    "SELECT size+gz+br FROM blob WHERE id=?1", "i", *id), FZ_OK);
}

enum fz_err
blob_sweep(struct writer *w, int64_t max, int64_t *removed)
{
	int64_t count = 0, bytes = 0, blobs = 0, id, size;
	enum fz_err err = sweep_files(w, &count);

	while (err == FZ_OK && blobs < max && bytes < (int64_t)SWEEP_BYTES) {
		err = candidate(w, &id, &size);
		if (err != FZ_OK || size < 0)
			continue;
		err = blob_remove(w, id);
		blobs++;
		bytes += size;
	}
	if (err != FZ_OK && err != FZ_NOT_FOUND)
		return err;
	*removed = count + blobs;
	return FZ_OK;
}
