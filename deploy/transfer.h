/*
 * An app as one zip archive that another node can read: export.json (format 1), then
 * files/... , then, if asked for, data/... (deploy/datadump.h) and blobs/<sha256>.  It
 * holds no secret: of variables it has the names, and no keys or tokens.
 *
 *	{"format":1,"generator","exported_at","app":App,"deploy":{"n","digest","message",
 *	 "created_at"} or null,"files":[{"path","size","sha256","mime_type"}],
 *	 "env":[name],"data":{"kv","docs","blobs","one_moment"} or null}
 *
 * one_moment: settings, files and data are what they were at exported_at; else the data
 * took longer to read than a snapshot may be held, and each row is right for itself.
 *
 * An archive may become larger than what an import takes (base/limits.h); it can still be
 * unpacked by hand.
 *
 * Thread contract: as the request.
 */
#ifndef DEPLOY_TRANSFER_H
#define DEPLOY_TRANSFER_H

#include <jansson.h>

#include "base/request.h"
#include "base/response.h"
#include "base/spool.h"
#include "deploy/datadump.h"
#include "deploy/staging.h"
#include "store/env.h"
#include "store/version.h"

struct transfer {
	json_t		*app;		/* as deploy/app_view.h shows it */
	const struct version *version;	/* NULL: it has none */
	const struct file *files;
	size_t		 nfiles;
	const struct env *env;
	size_t		 nenv;
	const struct datadump *data;	/* NULL: without */
};

/*
 * Write the archive.  No reader may be held: the contents are read piece by piece.
 * FZ_SERVICE_UNAVAILABLE when a content vanished meanwhile, FZ_STORAGE_FULL.
 */
enum fz_err	 transfer_write(struct request *, const struct transfer *,
		    struct spool *out) MUST_CHECK;
/*
 * Read an archive: its files into st, what lies below data/ and blobs/ in *rest (arena;
 * the upload of st holds it), and export.json in *doc, which goes with the arena.
 * FZ_ARCHIVE_INVALID, FZ_ARCHIVE_UNSAFE, FZ_HASH_MISMATCH, told in *rs.
 */
struct transfer_rest {
	struct file	*v;
	size_t		 n;
};
enum fz_err	 transfer_read(struct request *, struct response *, struct staging *,
		    const struct spool *, uint64_t off, uint64_t len, json_t **doc,
		    struct transfer_rest *rest) MUST_CHECK;

#endif
