/*
 * An app as one zip archive that another node can read: export.json (format 1), then
 * files/... .  It holds no secret: no env values, keys or tokens.
 *
 *	{"format":1,"generator","exported_at","app":App,"deploy":{"n","digest","message",
 *	 "created_at"} or null,"files":[{"path","size","sha256","mime_type"}]}
 *
 * Thread contract: as the request.
 */
#ifndef DEPLOY_TRANSFER_H
#define DEPLOY_TRANSFER_H

#include <jansson.h>

#include "base/request.h"
#include "base/response.h"
#include "base/spool.h"
#include "deploy/staging.h"
#include "store/version.h"

/*
 * Write the archive of the app shown by `app` (deploy/app_view.h).  v = NULL: it has no
 * version.  No reader may be held: the contents are read piece by piece.
 * FZ_SERVICE_UNAVAILABLE when a content vanished meanwhile, FZ_STORAGE_FULL.
 */
enum fz_err	 transfer_write(struct request *, const json_t *app,
		    const struct version *v, const struct file *, size_t nfiles,
		    struct spool *out) MUST_CHECK;
/*
 * Read an archive: its files into st, and export.json in *doc, which goes with the arena.
 * FZ_ARCHIVE_INVALID, FZ_ARCHIVE_UNSAFE, FZ_HASH_MISMATCH, told in *rs.
 */
enum fz_err	 transfer_read(struct request *, struct response *, struct staging *,
		    const struct spool *, uint64_t off, uint64_t len, json_t **doc)
		    MUST_CHECK;

#endif
