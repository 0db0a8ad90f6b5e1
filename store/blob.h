/*
 * Content-addressed bytes: every distinct content is stored once, in pieces of
 * LIMIT_CHUNK, each piece its own short transaction, so that a large upload lets
 * other writers in between.  Bytes are hashed while they come.  Compressed variants
 * are made when the content is new, never twice.  A blob's id never comes back.
 *
 * Thread contract: any thread; a blob_in belongs to one thread.
 */
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/response.h"
#include "store/store.h"

enum blob_enc { BLOB_PLAIN, BLOB_GZIP, BLOB_BROTLI };

struct blob_info {
	int64_t		 id;
	uint8_t		 sha256[SHA256_LEN];
	uint64_t	 size;
	uint64_t	 gz;		/* size of the variant, 0 = none */
	uint64_t	 br;
};

/*
 * Receive one content for an upload (store/upload.h), which keeps it alive until
 * a version names it.
 */
struct blob_in;

/*
 * compress: make gzip and brotli variants where they are smaller (text of
 * LIMIT_COMPRESS_FROM..LIMIT_COMPRESS_TO bytes).  At most a few LIMIT_CHUNK are in memory
 * at a time, plus brotli's state: 1 MiB up to 64 KiB of content, then 30 to 50 MiB.
 */
struct blob_in	*blob_in_new(struct store *, const char *upload_id, bool compress);
enum fz_err	 blob_in_add(struct blob_in *, const void *, size_t) MUST_CHECK;
/*
 * All bytes are in: find or create the blob.  Frees nothing.  Waits for no sync: the
 * durable commit of the version covers it.  FZ_NOT_FOUND when the upload is gone.
 */
enum fz_err	 blob_in_end(struct blob_in *, struct blob_info *) MUST_CHECK;
/* An unfinished one leaves nothing behind. */
void		 blob_in_free(struct blob_in *);

enum fz_err	 blob_find(struct reader *, const uint8_t sha256[SHA256_LEN],
		    struct blob_info *) MUST_CHECK;
enum fz_err	 blob_get(struct reader *, int64_t id, struct blob_info *) MUST_CHECK;
/*
 * The whole content into memory the caller frees, with a NUL after it.  Past max bytes
 * FZ_PAYLOAD_TOO_LARGE; a variant that was not made is FZ_NOT_FOUND.
 */
enum fz_err	 blob_read(struct reader *, int64_t id, enum blob_enc, size_t max,
		    void **out, size_t *len) MUST_CHECK;
/* All size bytes of the plain content to out; FZ_CORRUPT if they are not there. */
enum fz_err	 blob_copy(struct reader *, int64_t id, void *out, size_t size) MUST_CHECK;
/*
 * Stream bytes [from, from+len) piece by piece, a pooled reader a piece; if the blob
 * vanishes meanwhile next() fails with FZ_NOT_FOUND.  The caller has cut the range to
 * the size of the blob or variant; close() frees.
 */
struct body_source *blob_source(struct store *, int64_t id, enum blob_enc, uint64_t from,
		    uint64_t len);
/*
 * Remove what no version, no object and no upload names: at most max blobs (fewer when they
 * are large) and a few thousand file rows of deleted versions.  *removed counts both;
 * 0 = nothing is left, else call again in another transaction.
 */
enum fz_err	 blob_sweep(struct writer *, int64_t max, int64_t *removed) MUST_CHECK;

#endif
