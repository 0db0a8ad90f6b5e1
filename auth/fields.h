/*
 * Members of a request's body for handlers: json_want_* whose failure is told in the answer
 * (details field and constraint).
 *
 * Thread contract: as the response.
 */
#ifndef AUTH_FIELDS_H
#define AUTH_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/response.h"

/* Absent or null: *out stays, unless need. */
enum fz_err	 fields_str(struct response *, const json_t *, const char *name, bool need,
		    size_t max, const char **out) MUST_CHECK;
enum fz_err	 fields_bool(struct response *, const json_t *, const char *name, bool need,
		    bool *out) MUST_CHECK;
enum fz_err	 fields_int(struct response *, const json_t *, const char *name, bool need,
		    int64_t min, int64_t max, int64_t *out) MUST_CHECK;
/* A line for people: no control bytes, not only blanks; "" is fine when !need. */
enum fz_err	 fields_line(struct response *, const json_t *, const char *name, bool need,
		    size_t max, const char **out) MUST_CHECK;

#endif
