/*
 * A scope list stays text from the request to the database to the check: it is short,
 * people read it, and walking it costs less than one header look-up.  All questions are
 * answered by one walk over its items and one rule, holds(): an item holds a wanted
 * scope if it is "admin", the same name, or the name without ".read".
 *
 * Unknown names are refused when a list is made, never when it is read: a list that was
 * stored by a newer program grants what this one knows and nothing else.
 *
 * Some scopes have no meaning for a single app: nobody can run SQL on one app's part of
 * the file.  With an app they hold nothing, so that a handler of the whole server need
 * not remember to ask whether the key is limited.
 */
#include "auth/scope.h"

#include <string.h>

#include "base/buf.h"

const char scope_default[] = "deploy,apps,aliases,logs.read,stats.read,system.read";

static const char *const known[] = {
	"admin", "aliases", "aliases.read", "apps", "apps.read", "auth", "backup", "data",
	"data.read", "deploy", "env", "jobs", "keys", "logs.read", "metrics.read", "net",
	"realtime", "secrets", "sql", "sql.read", "stats.read", "system", "system.read",
	"users", "users.read", NULL
};

static const char *const server_wide[] = {
	"auth", "keys", "metrics.read", "sql", "sql.read", "system", "system.read",
	"users", "users.read", NULL
};

#define APP_REF_MAX 63

struct item {
	const char	*name;
	size_t		 name_len;
	const char	*app;		/* NULL = all */
	size_t		 app_len;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next item of a list without its blanks; false at the end. */
static bool
next_item(const char **p, struct item *it)
{
	const char *end, *next, *colon;

	if (*p == NULL)
		return false;
	end = *p + strcspn(*p, ",");
	next = *end == ',' ? end + 1 : NULL;
	while (*p < end && is_blank(**p))
		(*p)++;
	while (end > *p && is_blank(end[-1]))
		end--;
	colon = memchr(*p, ':', (size_t)(end - *p));
	it->name = *p;
	it->name_len = (size_t)((colon != NULL ? colon : end) - *p);
	it->app = colon != NULL ? colon + 1 : NULL;
	it->app_len = colon != NULL ? (size_t)(end - colon - 1) : 0;
	*p = next;
	return true;
}

static bool
same(const char *a, size_t alen, const char *b, size_t blen)
{
	return alen == blen && (alen == 0 || memcmp(a, b, alen) == 0);
}

static bool
listed(const char *const *names, const char *s, size_t len)
{
	for (; *names != NULL; names++)
		if (same(*names, strlen(*names), s, len))
			return true;
	return false;
}

/* Does an item of this name give that scope, be it for all apps or for some? */
static bool
holds(const struct item *it, const char *want, size_t len)
{
	if (same(it->name, it->name_len, "admin", 5))
		return it->app == NULL;
	if (it->app != NULL && listed(server_wide, want, len))
		return false;
	if (same(it->name, it->name_len, want, len))
		return true;
	return len == it->name_len + 5 && memcmp(want, it->name, it->name_len) == 0 &&
	    memcmp(want + it->name_len, ".read", 5) == 0;
}

static bool
app_ref_ok(const char *s, size_t len)
{
	static const char set[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-";

	return len > 0 && len <= APP_REF_MAX && strspn(s, set) >= len;
}

static enum fz_err
check_item(const struct item *it, struct why *why)
{
	int shown = it->name_len > 40 ? 40 : (int)it->name_len;

	if (it->name_len == 0)
		return why_set(why, FZ_VALIDATION_FAILED, "a scope is empty");
	if (!listed(known, it->name, it->name_len))
		return why_set(why, FZ_VALIDATION_FAILED, "unknown scope \"%.*s\"", shown,
		    it->name);
	if (it->app == NULL)
		return FZ_OK;
	if (same(it->name, it->name_len, "admin", 5))
		return why_set(why, FZ_VALIDATION_FAILED,
		    "scope admin cannot be limited to an app");
	if (!app_ref_ok(it->app, it->app_len))
		return why_set(why, FZ_VALIDATION_FAILED,
		    "scope \"%.*s\" needs an app id or alias after the colon", shown,
		    it->name);
	return FZ_OK;
}

/* Is the item in the list already, letter by letter? */
static bool
repeated(const char *list, const struct item *it)
{
	struct item other;
	const char *p = list;

	while (next_item(&p, &other))
		if (same(other.name, other.name_len, it->name, it->name_len) &&
		    (other.app == NULL) == (it->app == NULL) &&
		    same(other.app, other.app_len, it->app, it->app_len))
			return true;
	return false;
}

static void
add_item(struct buf *b, const struct item *it)
{
	if (b->len > 0)
		buf_putc(b, ',');
	buf_add(b, it->name, it->name_len);
	if (it->app != NULL) {
		buf_putc(b, ':');
		buf_add(b, it->app, it->app_len);
	}
}

enum fz_err
scope_canonical(struct arena *a, const char *list, const char **out, struct why *why)
{
	const char *p = list;
	struct item it;
	struct buf b;
	enum fz_err err;

	if (strlen(list) > SCOPE_LIST_MAX)
		return why_set(why, FZ_VALIDATION_FAILED, "more than %d bytes of scopes",
		    SCOPE_LIST_MAX);
	buf_init(&b, SCOPE_LIST_MAX);
	while (next_item(&p, &it)) {
		err = check_item(&it, why);
		if (err != FZ_OK)
			goto out;
		if (b.len == 0 || !repeated(b.data, &it))
			add_item(&b, &it);
	}
	*out = arena_strdup(a, b.data);
	err = FZ_OK;
out:
	buf_fini(&b);
	return err;
}

enum scope_fit
scope_fits(const char *list, const char *want)
{
	enum scope_fit best = SCOPE_NO;
	const char *p = list;
	struct item it;

	if (strcmp(want, SCOPE_ANY) == 0)
		return SCOPE_YES;
	while (next_item(&p, &it)) {
		if (!holds(&it, want, strlen(want)))
			continue;
		if (it.app == NULL)
			return SCOPE_YES;
		best = SCOPE_SOME_APPS;
	}
	return best;
}

bool
scope_fits_app(const char *list, const char *want, const char *const *names)
{
	const char *p = list;
	struct item it;

	if (strcmp(want, SCOPE_ANY) == 0)
		return true;
	while (next_item(&p, &it))
		if (holds(&it, want, strlen(want)) &&
		    (it.app == NULL || listed(names, it.app, it.app_len)))
			return true;
	return false;
}

/* Does the list hold this item: for all apps, or for the app it names? */
static bool
covers_item(const char *list, const struct item *want)
{
	const char *p = list;
	struct item it;

	while (next_item(&p, &it)) {
		if (it.app == NULL && holds(&it, want->name, want->name_len))
			return true;
		if (it.app != NULL && want->app != NULL &&
		    same(it.app, it.app_len, want->app, want->app_len) &&
		    holds(&it, want->name, want->name_len))
			return true;
	}
	return false;
}

bool
scope_covers(const char *list, const char *wanted, struct arena *a, const char **lacks)
{
	const char *p = wanted;
	struct item it;

	while (next_item(&p, &it)) {
		if (covers_item(list, &it))
			continue;
		if (lacks != NULL)
			*lacks = arena_printf(a, "%.*s%s%.*s", (int)it.name_len, it.name,
			    it.app != NULL ? ":" : "", (int)it.app_len,
			    it.app != NULL ? it.app : "");
		return false;
	}
	return true;
}
