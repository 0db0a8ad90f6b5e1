/*
 * Small things that the HTTP faces of this room say in the same words.
 * Thread contract: as the request.
 */
#ifndef DEPLOY_REPLY_H
#define DEPLOY_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/request.h"
#include "base/response.h"
#include "store/store.h"

/* Weights of the audit rows. */
enum { WEIGHT_CONFIG = 7, WEIGHT_DEPLOY = 6 };

/* What json_want_* found wrong, told in *rs.  FZ_OK passes through. */
enum fz_err	 reply_field(struct response *, enum fz_err, const struct field_error *);
/* A name or note of one line: no control characters, not only blanks unless empty. */
enum fz_err	 reply_line(struct response *, const char *field, const char *text)
		    MUST_CHECK;
/* RFC 3339, null for 0. */
json_t		*reply_time(int64_t ms);
json_t		*reply_names(const char *const *names, size_t n);
/* FZ_SCOPE_REQUIRED for a key limited to single apps (it may not list, create). */
enum fz_err	 reply_unlimited(struct request *, struct response *) MUST_CHECK;
/* {"data":{"message":text}} */
enum fz_err	 reply_message(struct response *, const char *text);
/*
 * May an app or alias be called so?  FZ_SYSTEM_ALIAS for root, 404, admin and the labels
 * that the node answers itself, FZ_VALIDATION_FAILED with field for what is no name.
 */
enum fz_err	 reply_alias_name(struct request *, struct response *, const char *field,
		    const char *name) MUST_CHECK;
/* Commit after FZ_OK and raise rq->seq, else abort; returns the first error. */
enum fz_err	 reply_commit(struct request *, struct writer *, enum fz_err) MUST_CHECK;

#endif
