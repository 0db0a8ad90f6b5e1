/*
 * Receiving a content.  Up to LIMIT_CHUNK bytes stay in memory: most files of a deploy
 * end there, and then a known content costs one row and a new one a single
 * transaction.  A longer content goes to the file piece by piece under a blob
 * without a hash, which nobody can find; the upload names it from the first piece on, so
 * that it is garbage as soon as the upload is gone, whatever happened in between.
 *
 * Whether the content is known is asked twice: by a reader before compressing,
 * which may take seconds and must not hold the write lock, and again inside the last
 * transaction, where the answer counts.  Two uploads of the same new content both
 * compress; the second then finds the first one's blob and drops its own pieces.
 *
 * Compression reads the pieces back instead of running beside the upload: a client that
 * sends a known content again does not make us compress it, and memory stays one
 * piece and the encoder.  A variant's last piece waits in memory for the last
 * transaction, so a small blob is complete or absent.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/blob.h"
#include "store/compress.h"
#include "store/sql.h"
#include "store/upload.h"

#define ENCS 3

/* One encoding of the content on its way into rows. */
struct stream {
	struct blob_in	*in;
	enum blob_enc	 enc;
	struct buf	 piece;		/* not yet in a row */
	int64_t		 n;		/* rows written */
	uint64_t	 size;
};

struct blob_in {
	struct store	*store;
	char		*upload;
	bool		 compress;
	bool		 compressed;	/* tried */
	bool		 done;
	enum fz_err	 err;
	int64_t		 id;		/* 0 = nothing in the file yet */
	struct sha256	*sha;
	struct stream	 enc[ENCS];
};

struct blob_in *
blob_in_new(struct store *st, const char *upload_id, bool compress)
{
	struct blob_in *in = xcalloc(1, sizeof(*in));

	in->store = st;
	in->upload = xstrdup(upload_id);
	in->compress = compress;
	in->sha = sha256_new();
	for (int i = 0; i < ENCS; i++) {
		in->enc[i].in = in;
		in->enc[i].enc = (enum blob_enc)i;
		buf_init(&in->enc[i].piece, LIMIT_CHUNK);
	}
	return in;
}

/* Once the upload is gone our pieces may be swept at any time: add no more. */
static enum fz_err
still_named(struct writer *w, const struct blob_in *in)
{
	int64_t one;

	return sql_get_int(writer_reader(w), &one, "SELECT 1 FROM upload_blob"
	    " WHERE upload=?1 AND blob=?2", "ti", in->upload, in->id);
}

static enum fz_err
blob_insert(struct writer *w, const char *upload, int64_t *id)
{
	enum fz_err err = sql_run(w, "INSERT INTO blob(size) VALUES(0)", "");
	int64_t made;

	if (err != FZ_OK)
		return err;
	made = sql_rowid(w);
	err = upload_hold(w, upload, made);
	if (err == FZ_OK)
		*id = made;
	return err;
}

static enum fz_err
chunk_insert(struct writer *w, int64_t id, const struct stream *s)
{
	if (s->piece.len == 0)
		return FZ_OK;
	return sql_run(w, "INSERT INTO chunk(blob,enc,n,data) VALUES(?1,?2,?3,?4)",
	    "iiib", id, (int64_t)s->enc, s->n, s->piece.data, s->piece.len);
}

/* A full piece becomes a row, in a transaction of its own. */
static enum fz_err
piece_out(struct stream *s)
{
	struct blob_in *in = s->in;
	int64_t id = in->id;
	struct writer *w;
	enum fz_err err = writer_begin(in->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = id == 0 ? blob_insert(w, in->upload, &id) : still_named(w, in);
	if (err == FZ_OK)
		err = chunk_insert(w, id, s);
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	err = writer_commit(w, NULL);
	if (err != FZ_OK)
		return err;
	in->id = id;
	s->n++;
	buf_reset(&s->piece);
	return FZ_OK;
}

static enum fz_err
stream_add(struct stream *s, const char *p, size_t n)
{
	enum fz_err err = FZ_OK;
	size_t part;

	s->size += n;
	while (err == FZ_OK && n > 0) {
		if (s->piece.len == LIMIT_CHUNK) {
			err = piece_out(s);
			if (err != FZ_OK)
				break;
		}
		part = LIMIT_CHUNK - s->piece.len;
		if (part > n)
			part = n;
		err = buf_add(&s->piece, p, part);
		p += part;
		n -= part;
	}
	return err;
}

enum fz_err
blob_in_add(struct blob_in *in, const void *p, size_t n)
{
	if (in->err != FZ_OK)
		return in->err;
	sha256_add(in->sha, p, n);
	in->err = stream_add(&in->enc[BLOB_PLAIN], p, n);
	return in->err;
}

static enum fz_err
find(struct store *st, const uint8_t sha256[SHA256_LEN], struct blob_info *info)
{
	struct reader *rd;
	enum fz_err err = reader_open(st, &rd);

	if (err != FZ_OK)
		return err;
	err = blob_find(rd, sha256, info);
	reader_close(rd);
	return err;
}

/* The sink of the compressor. */
static enum fz_err
variant_take(void *arg, const void *p, size_t n)
{
	struct stream *s = arg;

	if (s->size + n >= s->in->enc[BLOB_PLAIN].size)
		return FZ_PAYLOAD_TOO_LARGE;
	return stream_add(s, p, n);
}

/* Feed the compressor with what is in rows and then what is in memory. */
static enum fz_err
variant_feed(struct blob_in *in, struct compress *c)
{
	const struct stream *plain = &in->enc[BLOB_PLAIN];
	struct body_source *src;
	enum fz_err err = FZ_OK;
	const void *p;
	size_t n = 1;

	if (plain->n > 0) {
		src = blob_source(in->store, in->id, BLOB_PLAIN, 0,
		    (uint64_t)plain->n * LIMIT_CHUNK);
		while (err == FZ_OK && n > 0) {
			err = src->next(src, &p, &n);
			if (err == FZ_OK && n > 0)
				err = compress_add(c, p, n, false);
		}
		src->close(src);
	}
	if (err == FZ_OK)
		err = compress_add(c, plain->piece.data, plain->piece.len, true);
	return err;
}

/* Forget a variant that did not pay. */
static enum fz_err
variant_drop(struct stream *s)
{
	struct writer *w;
	enum fz_err err;

	if (s->n > 0) {
		err = writer_begin(s->in->store, LIMIT_WRITE_WAIT_MS, &w);
		if (err != FZ_OK)
			return err;
		err = sql_run(w, "DELETE FROM chunk WHERE blob=?1 AND enc=?2", "ii",
		    s->in->id, (int64_t)s->enc);
		if (err != FZ_OK) {
			writer_abort(w);
			return err;
		}
		err = writer_commit(w, NULL);
		if (err != FZ_OK)
			return err;
	}
	buf_fini(&s->piece);
	s->n = 0;
	s->size = 0;
	return FZ_OK;
}

static enum fz_err
variant_make(struct blob_in *in, enum blob_enc enc)
{
	struct stream *s = &in->enc[enc];
	struct compress *c =
	    compress_new(enc == BLOB_GZIP ? COMPRESS_GZIP : COMPRESS_BROTLI,
		in->enc[BLOB_PLAIN].size, variant_take, s);
	enum fz_err err = variant_feed(in, c);

	compress_free(c);
	return err == FZ_PAYLOAD_TOO_LARGE ? variant_drop(s) : err;
}

static enum fz_err
variants_make(struct blob_in *in)
{
	uint64_t size = in->enc[BLOB_PLAIN].size;
	enum fz_err err;

	in->compressed = true;
	if (!in->compress || size < LIMIT_COMPRESS_FROM || size > LIMIT_COMPRESS_TO)
		return FZ_OK;
	err = variant_make(in, BLOB_GZIP);
	return err == FZ_OK ? variant_make(in, BLOB_BROTLI) : err;
}

/* The upload lets go of the pieces; the sweep removes them. */
static enum fz_err
pieces_drop(struct writer *w, struct blob_in *in)
{
	enum fz_err err;

	if (in->id == 0)
		return FZ_OK;
	err = sql_run(w, "DELETE FROM upload_blob WHERE upload=?1 AND blob=?2", "ti",
	    in->upload, in->id);
	if (err == FZ_OK && sql_changes(w) == 0)
		err = FZ_NOT_FOUND;
	return err;
}

static enum fz_err
finish_known(struct writer *w, struct blob_in *in, const struct blob_info *info)
{
	enum fz_err err = pieces_drop(w, in);

	return err == FZ_OK ? upload_hold(w, in->upload, info->id) : err;
}

static enum fz_err
finish_new(struct writer *w, struct blob_in *in, struct blob_info *info)
{
	enum fz_err err;

	info->id = in->id;
	info->size = in->enc[BLOB_PLAIN].size;
	info->gz = in->enc[BLOB_GZIP].size;
	info->br = in->enc[BLOB_BROTLI].size;
	err = in->id == 0 ? blob_insert(w, in->upload, &info->id) : still_named(w, in);
	if (err != FZ_OK)
		return err;
	err = sql_run(w, "UPDATE blob SET sha256=?2,size=?3,gz=?4,br=?5 WHERE id=?1",
	    "ibiii", info->id, info->sha256, sizeof(info->sha256), (int64_t)info->size,
	    (int64_t)info->gz, (int64_t)info->br);
	for (int i = 0; err == FZ_OK && i < ENCS; i++)
		err = chunk_insert(w, info->id, &in->enc[i]);
	return err;
}

/* The last transaction.  FZ_AGAIN: unknown after all, and no variants made yet. */
static enum fz_err
finish(struct blob_in *in, struct blob_info *info)
{
	struct writer *w;
	enum fz_err err = writer_begin(in->store, LIMIT_WRITE_WAIT_MS, &w);

	if (err != FZ_OK)
		return err;
	err = blob_find(writer_reader(w), info->sha256, info);
	if (err == FZ_OK)
		err = finish_known(w, in, info);
	else if (err == FZ_NOT_FOUND)
		err = in->compressed ? finish_new(w, in, info) : FZ_AGAIN;
	if (err != FZ_OK) {
		writer_abort(w);
		return err;
	}
	return writer_commit(w, NULL);
}

enum fz_err
blob_in_end(struct blob_in *in, struct blob_info *out)
{
	struct blob_info info = { 0 };
	enum fz_err err = in->err;

	if (err != FZ_OK)
		return err;
	sha256_take(in->sha, info.sha256);
	err = find(in->store, info.sha256, &info);
	do {
		if (err == FZ_NOT_FOUND || err == FZ_AGAIN)
			err = variants_make(in);
		if (err == FZ_OK)
			err = finish(in, &info);
	} while (err == FZ_AGAIN);
	in->err = err != FZ_OK ? err : FZ_CLOSED;	/* nothing may follow */
	if (err != FZ_OK)
		return err;
	in->done = true;
	*out = info;
	return FZ_OK;
}

/* Let go of the pieces now; if that fails they live until the upload ends. */
static void
give_up(struct blob_in *in)
{
	struct writer *w;

	if (writer_begin(in->store, LIMIT_WRITE_WAIT_MS, &w) != FZ_OK)
		return;
	if (pieces_drop(w, in) == FZ_OK)
		(void)!writer_commit(w, NULL);
	else
		writer_abort(w);
}

void
blob_in_free(struct blob_in *in)
{
	if (in == NULL)
		return;
	if (in->id != 0 && !in->done)
		give_up(in);
	for (int i = 0; i < ENCS; i++)
		buf_fini(&in->enc[i].piece);
	sha256_free(in->sha);
	free(in->upload);
	free(in);
}
