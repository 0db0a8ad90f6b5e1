/*
 * jansson does the reading; what it would let through is refused here: nesting past
 * 64 levels (its own limit is 2048 and costs stack in everything that walks the
 * value later) is counted over the bytes first, before anything is allocated; a NUL
 * byte too, because its lexer skips one behind a number.  Numbers outside int64 and
 * double are errors, not approximations.
 *
 * Printing goes straight into a capped buffer, so an answer has a maximum too.
 */
#include "base/json.h"

#include <string.h>

#include "base/limits.h"

/* Brackets outside of strings; a malformed text is left to the parser. */
static bool
depth_ok(const char *s, size_t len, size_t *at)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && depth > 0)
			depth--;
		if (depth > LIMIT_JSON_DEPTH) {
			*at = i;
			return false;
		}
	}
	return true;
}

/* Says line and column of a byte as jansson does, columns in characters. */
static enum fz_err
refuse(const char *s, size_t at, const char *reason, struct why *why)
{
	int line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		if (s[i] == '\n') {
			line++;
			column = 0;
		}
		column += (s[i] & 0xc0) != 0x80;
	}
	return why_set(why, FZ_INVALID_JSON, "line %d column %d: %s", line, column,
	    reason);
}

enum fz_err
json_parse(const char *s, size_t len, json_t **out, struct why *why)
{
	json_error_t error;
	const char *nul = len > 0 ? memchr(s, '\0', len) : NULL;
	json_t *value;
	size_t at;

	if (nul != NULL)
		return refuse(s, (size_t)(nul - s), "NUL byte", why);
	if (!depth_ok(s, len, &at))
		return refuse(s, at, "nested too deeply", why);
	value = json_loadb(s, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (value == NULL)
		return why_set(why, FZ_INVALID_JSON, "line %d column %d: %s", error.line,
		    error.column, error.text);
	*out = value;
	return FZ_OK;
}

static int
append(const char *p, size_t n, void *arg)
{
	return buf_add(arg, p, n) == FZ_OK ? 0 : -1;
}

enum fz_err
json_print(struct buf *b, const json_t *value)
{
	if (json_dump_callback(value, append, b, JSON_COMPACT | JSON_ENCODE_ANY) == 0)
		return FZ_OK;
	return buf_ok(b) ? FZ_INTERNAL_ERROR : FZ_PAYLOAD_TOO_LARGE;
}

static enum fz_err
invalid(struct field_error *e, const char *name, const char *constraint)
{
	e->field = name;
	e->constraint = constraint;
	return FZ_VALIDATION_FAILED;
}

/* *value is NULL when there is nothing to read; the result says if that is fine. */
static enum fz_err
member(const json_t *object, const char *name, bool need, const json_t **value,
    struct field_error *e)
{
	const json_t *v = json_object_get(object, name);

	*value = json_is_null(v) ? NULL : v;
	if (*value != NULL || !need)
		return FZ_OK;
	e->field = name;
	e->constraint = "required";
	return FZ_MISSING_FIELD;
}

enum fz_err
json_want_str(const json_t *object, const char *name, bool need, size_t max,
    const char **out, struct field_error *e)
{
	const json_t *v;
	enum fz_err err = member(object, name, need, &v, e);
	const char *s;

	if (v == NULL)
		return err;
	if (!json_is_string(v))
		return invalid(e, name, "string");
	s = json_string_value(v);
	if (strlen(s) != json_string_length(v))
		return invalid(e, name, "no NUL");
	if (json_string_length(v) > max)
		return invalid(e, name, "too long");
	*out = s;
	return FZ_OK;
}

enum fz_err
json_want_bool(const json_t *object, const char *name, bool need, bool *out,
    struct field_error *e)
{
	const json_t *v;
	enum fz_err err = member(object, name, need, &v, e);

	if (v == NULL)
		return err;
	if (!json_is_boolean(v))
		return invalid(e, name, "boolean");
	*out = json_is_true(v);
	return FZ_OK;
}

enum fz_err
json_want_int(const json_t *object, const char *name, bool need, int64_t min, int64_t max,
    int64_t *out, struct field_error *e)
{
	const json_t *v;
	enum fz_err err = member(object, name, need, &v, e);
	int64_t n;

	if (v == NULL)
		return err;
	if (!json_is_integer(v))
		return invalid(e, name, "integer");
	n = json_integer_value(v);
	if (n < min || n > max)
		return invalid(e, name, "out of range");
	*out = n;
	return FZ_OK;
}
