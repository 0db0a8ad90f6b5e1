/*
 * The list of files of a delta upload: as the caller sends it, and as the upload keeps
 * it until the commit: {"site_name":..,"files":[["<sha256>",size,"path"],..]}.
 * Thread contract: pure but for its request and response.
 */
#ifndef DEPLOY_DELTA_LIST_H
#define DEPLOY_DELTA_LIST_H

#include <jansson.h>

#include "base/digest.h"
#include "base/request.h"
#include "base/response.h"
#include "deploy/staging.h"

/* "files" of the body, checked, appended to the array out in the kept form. */
enum fz_err	 delta_list_read(struct request *, struct response *, const json_t *in,
		    json_t *out) MUST_CHECK;
/* Fields of the body or of the kept object; the texts are borrowed from it. */
enum fz_err	 delta_list_options(struct response *, const json_t *, struct deploy_options *)
		    MUST_CHECK;
/* What the commit will need again, and nothing else the caller may have sent. */
json_t		*delta_list_spec(const json_t *in, json_t *files);
/* Size and path announced for a hash in the kept text; FZ_NOT_FOUND, FZ_CORRUPT. */
enum fz_err	 delta_list_find(struct arena *, const char *spec, const char hex[SHA256_HEX],
		    uint64_t *size, const char **path) MUST_CHECK;

#endif
