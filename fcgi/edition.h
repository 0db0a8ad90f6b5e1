/*
 * Everything about a version that serving it needs, in memory: its list of files,
 * its manifest, its rules.  Which path is which file is then answered without the
 * store, also for paths that do not exist, so a flood of those costs no SQL.
 *
 * Thread contract: immutable once loaded; counted by fcgi/cache.h.
 */
#ifndef FCGI_EDITION_H
#define FCGI_EDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "deploy/manifest.h"
#include "deploy/rules.h"
#include "fcgi/cache.h"
#include "store/version.h"

enum edition_age {
	EDITION_CHECK,		/* HTML: ask again every time */
	EDITION_SHORT,		/* a few minutes */
	EDITION_FOREVER,	/* the name carries a hash of the content */
};

struct edition_file {
	const char	*path;
	int64_t		 blob;
	uint8_t		 sha256[SHA256_LEN];
	uint64_t	 size;
	uint64_t	 gz;		/* size of the variant, 0 = none */
	uint64_t	 br;
	const char	*mime;
	const char	*modified;	/* since as HTTP date */
	int64_t		 since;		/* ms */
	enum edition_age age;
	uint32_t	 chain;
};

struct edition {
	struct cache_object object;
	int64_t		 version;
	struct arena	*arena;
	struct manifest	*manifest;
	struct rules	*rules;		/* NULL when the version has neither file */
	struct edition_file *files;
	size_t		 nfiles;
	uint32_t	*index;
	uint32_t	 mask;
	const char	*main;		/* path of api/main.*; NULL = no code to run */
};

/* *out is a reference of the caller's.  Opens a reader of its own. */
enum fz_err	 edition_get(struct cache *, struct store *, const struct version *,
		    struct edition **out) MUST_CHECK;
/* The file of exactly this path (no leading slash), hidden ones too, or NULL. */
const struct edition_file *edition_find(const struct edition *, const char *path,
		    size_t len);
/* How long a file may be kept by a client, by its path and type. */
enum edition_age edition_age_of(const char *path, const char *mime);

#endif
