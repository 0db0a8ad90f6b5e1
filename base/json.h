/*
 * JSON over jansson: strict reading for the API and typed getters that report
 * which field is wrong.
 * Thread contract: a json_t belongs to one thread.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * RFC 8259, depth <= 64, duplicate member names and NUL refused.  Any JSON value.
 * FZ_INVALID_JSON with *why saying line and column.  The caller owns *out.
 */
enum fz_err	 json_parse(const char *, size_t, json_t **out, struct why *) MUST_CHECK;
/* Compact, raw UTF-8, '/' unescaped, members in insertion order. */
enum fz_err	 json_print(struct buf *, const json_t *);

/*
 * Fields of a request object.  Absent or null: FZ_OK and *out untouched, unless
 * need, then FZ_MISSING_FIELD.  Wrong type or out of bounds (max in bytes):
 * FZ_VALIDATION_FAILED.  In both cases *field names the member and *constraint says
 * in a word or two what was wanted.  Strings are borrowed from the object, no NUL.
 */
struct field_error {
	const char	*field;
	const char	*constraint;
};
enum fz_err	 json_want_str(const json_t *, const char *name, bool need, size_t max,
		    const char **out, struct field_error *) MUST_CHECK;
enum fz_err	 json_want_bool(const json_t *, const char *name, bool need, bool *out,
		    struct field_error *) MUST_CHECK;
enum fz_err	 json_want_int(const json_t *, const char *name, bool need, int64_t min,
		    int64_t max, int64_t *out, struct field_error *) MUST_CHECK;

#endif
