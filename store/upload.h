/*
 * A deploy on its way.  It names the blobs received so far; when it is closed or
 * expires, what no version took is garbage.  Direct uploads belong to the process that
 * fills them and die with it; delta uploads (manifest first, then missing blobs)
 * live LIMIT_UPLOAD_S.
 *
 * Thread contract: any thread.
 */
#ifndef STORE_UPLOAD_H
#define STORE_UPLOAD_H

#include "base/digest.h"
#include "base/mem.h"
#include "store/store.h"

#define UPLOAD_ID_LEN 24

enum fz_err	 upload_open(struct store *, char id[UPLOAD_ID_LEN + 1]) MUST_CHECK;
/* Delta: app 0 = not created yet; spec is the JSON of the request, caller who may go on. */
enum fz_err	 upload_open_delta(struct store *, int64_t app, const char *spec,
		    const char *caller, char id[UPLOAD_ID_LEN + 1], uint64_t *seq) MUST_CHECK;
struct upload_delta {
	int64_t		 app;
	const char	*spec;
	const char	*caller;
};
/* FZ_NOT_FOUND when unknown or expired. */
enum fz_err	 upload_get_delta(struct reader *, struct arena *, const char *id,
		    struct upload_delta *) MUST_CHECK;
/* Does the upload hold this content, or (app > 0) any version of the app? */
enum fz_err	 upload_knows(struct reader *, const char *id, int64_t app,
		    const uint8_t sha256[SHA256_LEN], int64_t *blob) MUST_CHECK;
/* Inside the transaction that made the version, or alone to give up. */
enum fz_err	 upload_close(struct writer *, const char *id) MUST_CHECK;
void		 upload_drop(struct store *, const char *id);
/* Uploads of processes that are gone, and expired ones. */
enum fz_err	 upload_sweep(struct writer *) MUST_CHECK;

#endif
