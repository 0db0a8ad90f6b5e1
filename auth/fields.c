/*
 * Every handler says in the same words what is wrong with a member, so that a program
 * needs to read one form only.
 */
#include "auth/fields.h"

#include <string.h>

#include "base/json.h"

static enum fz_err
tell(struct response *rs, enum fz_err err, const struct field_error *e)
{
	if (err == FZ_MISSING_FIELD)
		return response_missing(rs, e->field);
	if (err == FZ_VALIDATION_FAILED)
		return response_invalid(rs, e->field, e->constraint);
	return err;
}

enum fz_err
fields_str(struct response *rs, const json_t *body, const char *name, bool need, size_t max,
    const char **out)
{
	struct field_error e = { 0 };

	return tell(rs, json_want_str(body, name, need, max, out, &e), &e);
}

enum fz_err
fields_bool(struct response *rs, const json_t *body, const char *name, bool need, bool *out)
{
	struct field_error e = { 0 };

	return tell(rs, json_want_bool(body, name, need, out, &e), &e);
}

enum fz_err
fields_int(struct response *rs, const json_t *body, const char *name, bool need,
    int64_t min, int64_t max, int64_t *out)
{
	struct field_error e = { 0 };

	return tell(rs, json_want_int(body, name, need, min, max, out, &e), &e);
}

enum fz_err
fields_line(struct response *rs, const json_t *body, const char *name, bool need, size_t max,
    const char **out)
{
	const char *line = NULL;
	enum fz_err err = fields_str(rs, body, name, need, max, &line);

	if (err != FZ_OK || line == NULL)
		return err;
	for (const char *s = line; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return response_invalid(rs, name, "no control characters");
	if (need && line[strspn(line, " ")] == '\0')
		return response_invalid(rs, name, "not empty");
	*out = line;
	return FZ_OK;
}
