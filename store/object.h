/*
 * Blobs of an app ("s3"): content under a path, its bytes in the content-addressed store
 * (store/blob.h), counted in store/usage.h in the same transaction.
 *
 * Paths as object_path leaves them.  Errors besides the store's: FZ_VALIDATION_FAILED for a
 * path, FZ_QUOTA_EXCEEDED past quota->blob_bytes, FZ_PAYLOAD_TOO_LARGE past OBJECT_MAX.
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_OBJECT_H
#define STORE_OBJECT_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/spool.h"
#include "store/blob.h"
#include "store/quota.h"
#include "store/space.h"
#include "store/store.h"

#define OBJECT_PATH_MAX 1024
#define OBJECT_MAX (100UL * 1024 * 1024)
#define OBJECT_MIME_MAX 255
#define OBJECT_ROWS_MAX 10000

struct object {
	const char	*path;
	int64_t		 blob;
	uint64_t	 size;
	const char	*mime;
	uint8_t		 sha256[SHA256_LEN];
	int64_t		 updated;	/* ms */
	int64_t		 user;
};

/*
 * Leading and double '/' removed, 1 to 1024 bytes, no "..", no control bytes, UTF-8.
 * NULL for what cannot be a path.
 */
const char	*object_path(struct arena *, const char *path, size_t len);
/* 1 to 255 bytes of printable ASCII: may stand in a header. */
bool		 object_mime_ok(const char *);
/* FZ_NOT_FOUND. */
enum fz_err	 object_get(struct reader *, struct arena *, struct space, const char *path,
		    struct object *) MUST_CHECK;
/* Could a content of this size be put there now?  FZ_OK, or why not. */
enum fz_err	 object_fits(struct reader *, struct space, const struct quota *,
		    const char *path, uint64_t size) MUST_CHECK;
/* The blob was received for an upload (blob_in_end); that upload is closed here.  NULL:
 * an upload of the caller's holds it and stays open. */
enum fz_err	 object_put(struct writer *, struct space, const struct quota *,
		    const char *upload_id, const char *path, const struct blob_info *,
		    const char *mime, int64_t now) MUST_CHECK;
/* FZ_OK also when it was absent. */
enum fz_err	 object_delete(struct writer *, struct space, const char *path) MUST_CHECK;

struct object_filter {
	const char	*prefix;
	const char	*after;		/* as in struct kv_filter */
	int64_t		 after_user;
	int64_t		 limit;		/* 0 = OBJECT_ROWS_MAX, then FZ_LIMIT_EXCEEDED */
	bool		 all_users;
};
enum fz_err	 object_list(struct reader *, struct arena *, struct space,
		    const struct object_filter *, struct object **v, size_t *n, bool *more)
		    MUST_CHECK;

/* Bytes in memory, or (spool not NULL) len bytes of a spool from `from`. */
struct object_body {
	const void	*bytes;
	const struct spool *spool;
	uint64_t	 from;
	uint64_t	 len;
};
/*
 * All of it: receive, put, close, in transactions of its own; raises *seq.  go_on (may be
 * NULL) is asked before each piece; where it says no the end is FZ_TIMEOUT.  After a
 * failure nothing has changed.  out may be NULL.  Not while the thread holds a writer.
 */
enum fz_err	 object_store(struct store *, struct space, const struct quota *,
		    const char *path, const struct object_body *, const char *mime,
		    bool (*go_on)(void), uint64_t *seq, struct blob_info *out) MUST_CHECK;

#endif
