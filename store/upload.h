/*
 * A deploy on its way.  It names the blobs received so far; when it is closed or
 * expires, what no version took is garbage.  Direct uploads belong to the process that
 * fills them and die with it; delta uploads (manifest first, then missing blobs)
 * live LIMIT_UPLOAD_S.  A direct one that receives nothing for so long expires too.
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
/* Name a blob that is there already (upload_knows), so that it stays until the close. */
enum fz_err	 upload_hold(struct writer *, const char *id, int64_t blob) MUST_CHECK;
/* Delta: app 0 = not created yet; spec is the JSON of the request, caller who may go on. */
enum fz_err	 upload_open_delta(struct store *, int64_t app, const char *spec,
		    const char *caller, char id[UPLOAD_ID_LEN + 1], uint64_t *seq) MUST_CHECK;
struct upload_delta {
	int64_t		 app;		/* 0 = not created yet */
	const char	*spec;
	const char	*caller;
};
/* FZ_NOT_FOUND when unknown, expired or a direct one. */
enum fz_err	 upload_get_delta(struct reader *, struct arena *, const char *id,
		    struct upload_delta *) MUST_CHECK;
/* Does the upload, or (app > 0) any version of the app, hold this?  FZ_NOT_FOUND. */
enum fz_err	 upload_knows(struct reader *, const char *id, int64_t app,
		    const uint8_t sha256[SHA256_LEN], int64_t *blob) MUST_CHECK;
/* Inside the transaction that made the version.  FZ_NOT_FOUND when it is gone. */
enum fz_err	 upload_close(struct writer *, const char *id) MUST_CHECK;
/* Alone, to give up; what fails here is left to the sweep. */
void		 upload_drop(struct store *, const char *id);
/* Remove uploads of processes that are gone, and expired ones. */
enum fz_err	 upload_sweep(struct writer *) MUST_CHECK;

#endif
