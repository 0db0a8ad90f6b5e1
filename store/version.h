/*
 * Versions: numbered, immutable deploys of an app, and their files.  Going live is
 * one pointer in one transaction.
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_VERSION_H
#define STORE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/mem.h"
#include "store/store.h"

struct version {
	int64_t		 id;
	int64_t		 app;
	int64_t		 n;
	bool		 draft;		/* never was live */
	bool		 live;
	uint8_t		 digest[SHA256_LEN];
	int64_t		 file_count;
	int64_t		 size;
	bool		 spa;
	const char	*manifest;	/* JSON text */
	const char	*message;
	const char	*source;
	const char	*source_url;
	const char	*source_ref;
	const char	*source_commit;
	const char	*deployed_by;
	int64_t		 created;
};

struct file {
	const char	*path;
	int64_t		 blob;
	uint8_t		 sha256[SHA256_LEN];
	uint64_t	 size;
	uint64_t	 gz;
	uint64_t	 br;
	const char	*mime;
	int64_t		 since;		/* ms; the version's creation while a draft */
};

/* n = 0: the live one.  FZ_DEPLOY_NOT_FOUND. */
enum fz_err	 version_get(struct reader *, struct arena *, int64_t app, int64_t n,
		    struct version *) MUST_CHECK;
enum fz_err	 version_by_id(struct reader *, struct arena *, int64_t id, struct version *)
		    MUST_CHECK;
/* Newest first.  app 0 = of all apps that are not in the trash. */
enum fz_err	 version_list(struct reader *, struct arena *, int64_t app, int64_t offset,
		    int64_t limit, struct version **v, size_t *n, int64_t *total) MUST_CHECK;
/* The version that was live before the live one, by number.  FZ_DEPLOY_NOT_FOUND. */
enum fz_err	 version_before(struct reader *, int64_t app, int64_t *n) MUST_CHECK;

/*
 * Create version last_n+1 of v->app from files sorted by path (path, blob, mime used;
 * the blobs must exist, else FZ_SERVICE_UNAVAILABLE).  FZ_VALIDATION_FAILED when the
 * paths are not strictly ascending.  Fills id, n, draft, digest, file_count, size, created.
 * Does not go live.  FZ_APP_NOT_FOUND also for an app in the trash.
 */
enum fz_err	 version_create(struct writer *, struct version *v, const struct file *,
		    size_t nfiles) MUST_CHECK;
/* The digest version_create computes (of path, sha256, size, mime), to recognise the
 * same tree beforehand. */
void		 version_digest(const struct file *, size_t nfiles, bool spa,
		    uint8_t out[SHA256_LEN]);
/*
 * Make it live: pointer, app.updated, touches the site table.  A file keeps the since of
 * its own earlier time live or of the same content at that path in the version it
 * replaces, else it is now.
 */
enum fz_err	 version_go_live(struct writer *, int64_t app, int64_t id) MUST_CHECK;
/* FZ_CONFLICT for the live one. */
enum fz_err	 version_delete(struct writer *, int64_t app, int64_t n) MUST_CHECK;
/* Remove all but the newest keep_deploys of the app, at least LIMIT_DEPLOYS_LAST, and
 * never the live one. */
enum fz_err	 version_prune(struct writer *, int64_t app) MUST_CHECK;

/* One file.  FZ_FILE_NOT_FOUND. */
enum fz_err	 file_get(struct reader *, struct arena *, int64_t version, const char *path,
		    struct file *) MUST_CHECK;
/* All files, sorted by path (bytes). */
enum fz_err	 file_list(struct reader *, struct arena *, int64_t version,
		    struct file **v, size_t *n) MUST_CHECK;

struct file_diff {
	const char	**added;
	size_t		 nadded;
	const char	**changed;
	size_t		 nchanged;
	const char	**removed;
	size_t		 nremoved;
};
/* What `to` has against `from` (0 = empty). */
enum fz_err	 file_compare(struct reader *, struct arena *, int64_t from, int64_t to,
		    struct file_diff *) MUST_CHECK;

#endif
