/*
 * A user as others may see them: the user name stays out (it is half of a sign-in), and
 * so does everything about the password.  An invited person has no name for a sign-in but
 * the e-mail address.
 */
#include "auth/user_view.h"

#include <string.h>

#include "base/str.h"

#define EMAIL_MIN 3
#define EMAIL_MAX 254

json_t *
user_view(const struct user *u)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:b,s:b}", "id", u->uid,
	    "email", u->email, "name", u->name, "picture", u->picture,
	    "provider", u->provider[0] != '\0' ? u->provider : "password", "role", u->role,
	    "created_at", (json_int_t)(u->created / 1000), "disabled", (int)u->disabled,
	    "email_verified", (int)u->email_verified);

	if (u->invited_by_uid[0] != '\0')
		json_object_set_new(o, "invited_by", json_string(u->invited_by_uid));
	if (u->last_login != 0)
		json_object_set_new(o, "last_login", json_integer(u->last_login / 1000));
	return o;
}

enum fz_err
user_view_caller(struct request *rq, struct user *u)
{
	struct reader *rd;
	enum fz_err err;

	if (rq->caller.user == 0)
		return FZ_USER_NOT_FOUND;
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = user_by_id(rd, rq->arena, rq->caller.user, u);
	reader_close(rd);
	return err;
}

enum role
user_view_role(const char *role)
{
	if (strcmp(role, "owner") == 0)
		return ROLE_OWNER;
	if (strcmp(role, "admin") == 0)
		return ROLE_ADMIN;
	return strcmp(role, "user") == 0 ? ROLE_USER : ROLE_ANON;
}

static bool
email_ok(const char *s)
{
	size_t len = strlen(s);
	const char *at = strchr(s, '@');

	if (len < EMAIL_MIN || len > EMAIL_MAX || at == NULL || at == s || at[1] == '\0' ||
	    strchr(at + 1, '@') != NULL || !str_utf8_ok(s, len))
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

enum fz_err
user_view_email(struct response *rs, struct arena *a, const char *email, const char **out)
{
	char *low;

	if (!email_ok(email)) {
		(void)response_invalid(rs, "email", "an e-mail address");
		return response_why(rs, FZ_VALIDATION_FAILED, "This is no e-mail address");
	}
	low = arena_strdup(a, email);
	str_lower(low);
	*out = low;
	return FZ_OK;
}
