/*
 * manifest.json: the fields the platform reads (docs/contract.md 1.4).  Unknown ones are
 * ignored, wrong types are warnings, so a web-app manifest passes.
 *
 * Thread contract: immutable after parsing.
 */
#ifndef DEPLOY_MANIFEST_H
#define DEPLOY_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "deploy/rules.h"

enum manifest_access { ACCESS_PUBLIC, ACCESS_LOGIN, ACCESS_ADMIN, ACCESS_OWNER, ACCESS_NONE };
enum manifest_data { DATA_READONLY, DATA_LIVE, DATA_NONE };

struct manifest {
	bool			 spa;
	enum manifest_access	 private_access;	/* default ACCESS_LOGIN */
	enum manifest_data	 preview_data;		/* default DATA_READONLY */
	enum manifest_access	 preview_access;	/* default ACCESS_PUBLIC */
	char			**cors_origins;		/* NULL-ended */
	char			**blobs_public;		/* prefixes; NULL-ended */
};

/* text may be NULL or no JSON: the defaults, and a warning. */
struct manifest	*manifest_parse(const char *text, size_t len, rules_warn_fn *, void *arg);
void		 manifest_free(struct manifest *);
bool		 manifest_preview_access_parse(const char *, enum manifest_access *);
bool		 manifest_preview_data_parse(const char *, enum manifest_data *);

#endif
