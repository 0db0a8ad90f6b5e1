/*
 * The bytes of files, kept in memory under their digest: the same content in another
 * version, fork or preview is the same entry.  Only contents up to CONTENT_MAX are
 * kept; larger ones are streamed by store/blob.h.
 *
 * Thread contract: any thread; a struct content is immutable and counted.
 */
#ifndef FCGI_CONTENT_H
#define FCGI_CONTENT_H

#include "base/node.h"
#include "fcgi/cache.h"
#include "fcgi/edition.h"
#include "store/blob.h"

#define CONTENT_MAX (1UL << 20)

struct content {
	struct cache_object object;
	void		*bytes;
	size_t		 len;
};

/*
 * Kept in node->cache; *out is a reference of the caller's.  FZ_NOT_FOUND when the blob
 * is gone.
 */
enum fz_err	 content_get(const struct node *, const struct edition_file *,
		    enum blob_enc, struct content **out) MUST_CHECK;
void		 content_unref(void *);

#endif
