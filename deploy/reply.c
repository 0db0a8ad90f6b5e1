/*
 * Nothing clever: words and shapes that would otherwise stand in every face file, and
 * would differ after a year.
 */
#include "deploy/reply.h"

#include <string.h>

#include "auth/access.h"
#include "base/clock.h"
#include "base/route.h"
#include "base/str.h"

enum fz_err
reply_field(struct response *rs, enum fz_err err, const struct field_error *e)
{
	if (err == FZ_MISSING_FIELD)
		return response_missing(rs, e->field);
	if (err == FZ_VALIDATION_FAILED)
		return response_invalid(rs, e->field, e->constraint);
	return err;
}

enum fz_err
reply_line(struct response *rs, const char *field, const char *text)
{
	for (const char *s = text; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return response_invalid(rs, field, "no control characters");
	if (text[0] != '\0' && text[strspn(text, " ")] == '\0')
		return response_invalid(rs, field, "not only blanks");
	return FZ_OK;
}

json_t *
reply_time(int64_t ms)
{
	char text[CLOCK_RFC3339_LEN];

	if (ms == 0)
		return json_null();
	clock_rfc3339(text, ms);
	return json_string(text);
}

json_t *
reply_names(const char *const *names, size_t n)
{
	json_t *v = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(v, json_string(names[i]));
	return v;
}

enum fz_err
reply_unlimited(struct request *rq, struct response *rs)
{
	const char *scope = rq->route != NULL && rq->route->scope != NULL
	    ? rq->route->scope : "admin";

	if (!access_limited(rq))
		return FZ_OK;
	response_detail(rs, "scope", json_string(scope));
	return response_why(rs, FZ_SCOPE_REQUIRED,
	    "The API key holds the scope %s for single apps only", scope);
}

enum fz_err
reply_message(struct response *rs, const char *text)
{
	return response_data(rs, 200, json_pack("{s:s}", "message", text));
}

enum fz_err
reply_alias_name(struct request *rq, struct response *rs, const char *field,
    const char *name)
{
	static const char *const system[] = { "root", "404", "admin" };
	const struct node *node = rq->node;
	const char *host;

	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		if (strcmp(name, system[i]) == 0)
			return response_why(rs, FZ_SYSTEM_ALIAS,
			    "The alias %s is part of the system", name);
	if (!str_alias_ok(name))
		return response_invalid(rs, field,
		    "1-63 of a-z, 0-9 and '-', not at the ends, no reserved name");
	host = arena_printf(rq->arena, "%s.%s", name, node->domain);
	if (strcmp(host, node->admin_host) == 0 || strcmp(host, node->auth_host) == 0)
		return response_why(
		    rs, FZ_SYSTEM_ALIAS, "The name %s belongs to the system", name);
	return FZ_OK;
}

enum fz_err
reply_commit(struct request *rq, struct writer *w, enum fz_err err)
{
	if (err == FZ_OK)
		return writer_commit(w, &rq->seq);
	writer_abort(w);
	return err;
}
