/*
 * Signed addresses of blobs: "/_blob/<path>?e=<seconds since 1970>&k=<MAC>" and what else
 * the signature covers.  Who holds one may do what it says until it ends, without any other
 * right; it is bound to the app, the space, the path and the method.
 *
 * Thread contract: pure functions, results live in the arena.
 */
#ifndef RUNTIME_BLOB_URL_H
#define RUNTIME_BLOB_URL_H

#include <stdint.h>

#include "base/request.h"
#include "base/seal.h"
#include "store/space.h"

#define BLOB_URL_FOLDER "/_blob/"
#define BLOB_URL_NAME_MAX 255
#define BLOB_URL_LIFE 3600		/* s */
#define BLOB_URL_LIFE_MAX (7 * 24 * 3600)

struct blob_url {
	bool		 put;		/* else for GET and HEAD */
	struct space	 space;
	const char	*path;		/* as object_path leaves it */
	int64_t		 expires;	/* s since 1970 */
	uint64_t	 max_size;	/* of a PUT, 0 = what the platform allows */
	const char	*mime;		/* of a PUT, "" = any */
	const char	*download;	/* name to save a GET under, "" = none */
};

/* 1 to 255 bytes of UTF-8 without control bytes. */
bool		 blob_url_name_ok(const char *);
/* The address, from its slash on. */
const char	*blob_url_make(struct arena *, const struct seal *,
		    const struct blob_url *);
/*
 * What the query of a request for path says.  FZ_NOT_FOUND: it is not signed.  FZ_FORBIDDEN
 * with *why: not by us, not for this, or too late.
 */
enum fz_err	 blob_url_read(struct request *, int64_t app, const char *path,
		    struct blob_url *, struct why *) MUST_CHECK;

#endif
