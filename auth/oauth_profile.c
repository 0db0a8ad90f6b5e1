/*
 * Nothing here is trusted to be what it is called: a name may hold anything a person could
 * type at a provider, an address may be nobody's, a picture may be no URL.  What does not
 * look right is left out, it never refuses a sign-in; only a subject that is missing does.
 */
#include "auth/oauth_profile.h"

#include <string.h>

#include "auth/oauth_id_token.h"
#include "base/fetch.h"
#include "base/str.h"

#define NAME_BYTES 200
#define EMAIL_BYTES 254
#define PICTURE_BYTES 1024

/* A C1 control in UTF-8, or a mark that turns the direction of the text after it. */
static bool
is_trick(const unsigned char *s)
{
	if (s[0] == 0xc2)
		return s[1] >= 0x80 && s[1] <= 0x9f;
	if (s[0] != 0xe2)
		return false;
	return (s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) ||
	    (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9);
}

static size_t
char_len(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Whole characters, at most NAME_BYTES; blanks around it are no name. */
static const char *
clean_name(struct arena *a, const json_t *v)
{
	const char *s = json_string_value(v);
	char out[NAME_BYTES + 1];
	size_t n = 0, step;

	if (s == NULL)
		return "";
	for (s += strspn(s, " \t\r\n"); *s != '\0'; s += step) {
		step = char_len((unsigned char)*s);
		if (n + step > NAME_BYTES)
			break;
		if ((unsigned char)*s < 0x20 || *s == 0x7f ||
		    is_trick((const unsigned char *)s)) {
			out[n++] = ' ';
			continue;
		}
		memcpy(out + n, s, step);
		n += step;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	return arena_strndup(a, out, n);
}

/* Something@something, without blanks and control bytes. */
static const char *
clean_email(struct arena *a, const json_t *v)
{
	const char *s = json_string_value(v);
	size_t len = json_string_length(v);
	const char *at = s != NULL ? strchr(s, '@') : NULL;

	if (at == NULL || len > EMAIL_BYTES || at == s || at[1] == '\0' ||
	    strchr(at + 1, '@') != NULL)
		return "";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= 0x20 || s[i] == 0x7f ||
		    is_trick((const unsigned char *)s + i))
			return "";
	return arena_strdup(a, s);
}

static const char *
clean_picture(struct arena *a, const char *url)
{
	return url != NULL && strlen(url) <= PICTURE_BYTES && fetch_url_ok(url) ?
	    arena_strdup(a, url) : "";
}

static bool
empty(const char *s)
{
	return s == NULL || s[0] == '\0';
}

void
oauth_profile_claims(struct arena *a, const json_t *claims, struct oauth_person *p)
{
	const json_t *verified = json_object_get(claims, "email_verified");

	if (empty(p->email)) {
		p->email = clean_email(a, json_object_get(claims, "email"));
		/* Some providers write the truth as a text. */
		p->email_verified = p->email[0] != '\0' && (json_is_true(verified) ||
		    (json_is_string(verified) &&
		    strcmp(json_string_value(verified), "true") == 0));
	}
	if (empty(p->name))
		p->name = clean_name(a, json_object_get(claims, "name"));
	if (empty(p->name))
		p->name = clean_name(a, json_object_get(claims, "preferred_username"));
	if (empty(p->picture))
		p->picture = clean_picture(a,
		    json_string_value(json_object_get(claims, "picture")));
}

/* The primary address; GitHub has checked it or says that it has not. */
static void
github_email(struct arena *a, const json_t *emails, struct oauth_person *p)
{
	const json_t *v;
	size_t i;

	p->email = "";
	json_array_foreach(emails, i, v) {
		if (!json_is_true(json_object_get(v, "primary")))
			continue;
		p->email = clean_email(a, json_object_get(v, "email"));
		p->email_verified = p->email[0] != '\0' &&
		    json_is_true(json_object_get(v, "verified"));
		return;
	}
}

enum fz_err
oauth_profile_github(struct arena *a, const json_t *user, const json_t *emails,
    struct oauth_person *out, struct why *why)
{
	const json_t *id = json_object_get(user, "id");
	struct oauth_person p = { .issuer = "github" };

	if (!json_is_integer(id) || json_integer_value(id) <= 0)
		return why_set(why, FZ_BAD_REQUEST, "the user endpoint gave no id");
	if (!json_is_array(emails))
		return why_set(why, FZ_BAD_REQUEST, "the e-mail endpoint gave no list");
	p.subject = arena_printf(a, "%lld", (long long)json_integer_value(id));
	p.name = clean_name(a, json_object_get(user, "name"));
	if (p.name[0] == '\0')
		p.name = clean_name(a, json_object_get(user, "login"));
	p.picture =
	    clean_picture(a, json_string_value(json_object_get(user, "avatar_url")));
	github_email(a, emails, &p);
	*out = p;
	return FZ_OK;
}

static bool
only(const char *s, const char *set, size_t max)
{
	size_t len = s != NULL ? strlen(s) : 0;

	return len > 0 && len <= max && strspn(s, set) == len;
}

enum fz_err
oauth_profile_discord(struct arena *a, const json_t *user, struct oauth_person *out,
    struct why *why)
{
	const char *id = json_string_value(json_object_get(user, "id"));
	const char *avatar = json_string_value(json_object_get(user, "avatar"));
	struct oauth_person p = { .issuer = "discord", .picture = "" };

	if (!only(id, "0123456789", 20))
		return why_set(why, FZ_BAD_REQUEST, "the user endpoint gave no id");
	p.subject = arena_strdup(a, id);
	p.name = clean_name(a, json_object_get(user, "global_name"));
	if (p.name[0] == '\0')
		p.name = clean_name(a, json_object_get(user, "username"));
	p.email = clean_email(a, json_object_get(user, "email"));
	p.email_verified = p.email[0] != '\0' &&
	    json_is_true(json_object_get(user, "verified"));
	if (only(avatar, "abcdefghijklmnopqrstuvwxyz0123456789_", 64))
		p.picture = arena_printf(
		    a, "https://cdn.discordapp.com/avatars/%s/%s.png", id, avatar);
	*out = p;
	return FZ_OK;
}
