/*
 * A tree of files on its way to becoming a version.  Archives, delta uploads, single
 * files, templates and imports all fill a staging and commit it; nothing is visible
 * before, an abandoned one leaves only garbage that the next sweep removes.
 *
 * What it decides: names (base/path.h), no duplicates to a person (NFC and case
 * folding), counts and sizes (base/limits.h), silently dropped names with a warning
 * (.git/ __MACOSX/ .DS_Store .env*), content type, which files get compressed variants,
 * manifest.json, and the warnings of _headers and _redirects (deploy/rules.h).
 *
 * Thread contract: owned by one thread.
 */
#ifndef DEPLOY_STAGING_H
#define DEPLOY_STAGING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/request.h"
#include "base/response.h"
#include "store/app.h"
#include "store/blob.h"
#include "store/version.h"

struct staging;

struct deploy_options {
	const char	*label;		/* alias = app name; created if missing; or NULL */
	const char	*app_uid;	/* an existing app instead of label */
	bool		 spa;
	bool		 draft;
	const char	*message;
	/* deploy git template import; NULL = "deploy", and the app's own record stays */
	const char	*source;
	const char	*source_url;
	const char	*source_ref;
	const char	*source_commit;
	const char	*by;		/* caller's name, for the record */
	const char	*if_match;	/* "\"d7\"" or NULL: FZ_PRECONDITION_FAILED */
	/*
	 * Commit only while this version.id is the live one, else FZ_AGAIN without a
	 * word in *rs; 0 = whatever is live, STAGING_BASE_NONE = only while none is.
	 */
	int64_t		 base_version;
};

#define STAGING_BASE_NONE (-1)

struct deploy_result {
	struct app	 app;
	struct version	 version;	/* new, or the live one when unchanged */
	bool		 unchanged;
	int64_t		 previous_n;	/* live before, 0 = none */
	const char	*site;		/* alias shown to people, NULL = it has none */
};

/* Opens an upload in the store. */
enum fz_err	 staging_new(struct store *, struct arena *, struct staging **) MUST_CHECK;
/* For an open delta upload, which outlives a staging that is not committed. */
struct staging	*staging_of_upload(struct store *, struct arena *, const char *upload_id);
/* Drops the upload that staging_new opened, unless committed.  NULL is nothing. */
void		 staging_free(struct staging *);

/*
 * Begin a file.  *skip = true: the name is dropped with a warning, read past it.
 * FZ_ARCHIVE_UNSAFE with details entry and reason in *rs for a refused name or one
 * file too many.  size: announced, -1 = unknown.
 */
enum fz_err	 staging_file(struct staging *, struct response *rs, const char *name,
		    int64_t size, bool *skip) MUST_CHECK;
/* A folder: its name is checked and nothing is kept. */
enum fz_err	 staging_folder(struct staging *, struct response *rs, const char *name)
		    MUST_CHECK;
/* Bytes of the file begun; FZ_ARCHIVE_UNSAFE past LIMIT_FILE or LIMIT_TREE. */
enum fz_err	 staging_bytes(struct staging *, struct response *rs, const void *, size_t)
		    MUST_CHECK;
enum fz_err	 staging_file_end(struct staging *) MUST_CHECK;
/* A file whose bytes the store already holds; same checks of the name. */
enum fz_err	 staging_known(struct staging *, struct response *rs, const char *name,
		    const struct blob_info *) MUST_CHECK;
/* Drop one leading folder that all files share; FZ_ARCHIVE_UNSAFE if they do not. */
enum fz_err	 staging_strip(struct staging *, struct response *rs) MUST_CHECK;
void		 staging_warn(struct staging *, const char *file, int line, int column,
		    const char *fmt, ...) PRINTF(5, 6);
size_t		 staging_count(const struct staging *);

/*
 * Sort, and refuse what is one name to a person (NFC and case folding) and a file where
 * others have a folder.  staging_commit does it; here for callers who want to know.
 */
enum fz_err	 staging_seal(struct staging *, struct response *rs) MUST_CHECK;

/*
 * Make the version, and live unless draft, in one transaction; raises rq->seq.
 * Creates app and alias when label names none (*opt->label).  The same tree as the
 * live one: no new version, unchanged.  Errors carry their text in *rs.
 */
enum fz_err	 staging_commit(struct staging *, struct request *, struct response *rs,
		    const struct deploy_options *, struct deploy_result *) MUST_CHECK;
/* The answer of POST /api/deploy. */
json_t		*deploy_view(struct request *, const struct staging *,
		    const struct deploy_result *);

#endif
