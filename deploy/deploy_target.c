/*
 * Whose app a deploy means.  An alias leads; a title counts only for an app without any
 * alias, because a second app called "blog" must not be overwritten by a deploy to a
 * name that nobody has taken yet.  An alias that redirects, splits or is reserved is
 * somebody's decision: a deploy does not undo it.
 */
#include "deploy/deploy_target.h"

#include <stdio.h>
#include <string.h>

#include "auth/access.h"
#include "base/str.h"
#include "deploy/app_view.h"
#include "store/alias.h"

/*
 * A well-formed name that str_alias_ok refuses is one of the reserved ones: with a letter
 * before it the same name would do.
 */
static enum fz_err
check_label(struct request *rq, struct response *rs, const char *label)
{
	const struct node *node = rq->node;
	const char *host = arena_printf(rq->arena, "%s.%s", label, node->domain);
	size_t n = strlen(label);

	if (strcmp(label, "admin") == 0 || strcmp(host, node->admin_host) == 0 ||
	    strcmp(host, node->auth_host) == 0)
		return response_why(
		    rs, FZ_SYSTEM_ALIAS, "The name %s belongs to the system", label);
	if (str_alias_ok(label))
		return FZ_OK;
	if (n > 0 && label[0] != '-' && label[n - 1] != '-' &&
	    str_alias_ok(arena_printf(rq->arena, "x%s", label)))
		return response_why(rs, FZ_RESERVED, "The name %s is reserved", label);
	return response_invalid(rs, "site_name",
	    "1-63 of a-z, 0-9 and '-', not at the ends");
}

/* "Blog.example.com" and "blog" are "blog"; the bare domain is the app root. */
static const char *
clean_label(struct request *rq, const char *name)
{
	char *label = arena_strdup(rq->arena, name);
	const char *suffix = arena_printf(rq->arena, ".%s", rq->node->domain);

	str_lower(label);
	if (strcmp(label, rq->node->domain) == 0)
		return "root";
	if (str_ends(label, suffix))
		label[strlen(label) - strlen(suffix)] = '\0';
	return label;
}

static enum fz_err
may_create(struct request *rq, struct response *rs, const char *label)
{
	const char *scope = rq->route != NULL && rq->route->scope != NULL
	    ? rq->route->scope : "deploy";

	if (!access_limited(rq))
		return FZ_OK;
	response_detail(rs, "scope", json_string(scope));
	return response_why(rs, FZ_SCOPE_REQUIRED,
	    "There is no app %s, and this key may not create one", label);
}

/* An app by its title, when it has no alias that could mean something else. */
static enum fz_err
find_by_title(struct request *rq, struct response *rs, struct reader *rd,
    struct deploy_target *t)
{
	const char **names;
	enum fz_err err;
	size_t n;

	err = app_find(rd, rq->arena, t->label, &t->app);
	if (err == FZ_CONFLICT)
		return response_why(rs, err, "Two apps have the title %s", t->label);
	if (err != FZ_OK && err != FZ_APP_NOT_FOUND)
		return err;
	if (err == FZ_OK) {
		err = alias_of_app(rd, rq->arena, t->app.id, &names, &n);
		if (err != FZ_OK)
			return err;
		t->exists = n == 0;
	}
	t->add_alias = true;
	return t->exists ? FZ_OK : may_create(rq, rs, t->label);
}

static enum fz_err
find_by_label(struct request *rq, struct response *rs, struct reader *rd,
    struct deploy_target *t)
{
	struct alias al;
	enum fz_err err;

	err = check_label(rq, rs, t->label);
	if (err != FZ_OK)
		return err;
	err = alias_get(rd, rq->arena, t->label, &al);
	if (err == FZ_ALIAS_NOT_FOUND)
		return find_by_title(rq, rs, rd, t);
	if (err != FZ_OK)
		return err;
	if (al.type != ALIAS_PROXY)
		return response_why(rs, FZ_CONFLICT,
		    "The alias %s exists and is no app (%s)", t->label,
		    alias_type_text(al.type));
	t->exists = true;
	return app_by_id(rd, rq->arena, al.app, &t->app);
}

enum fz_err
deploy_target_find(struct request *rq, struct response *rs, struct reader *rd,
    const char *label, const char *app_uid, struct deploy_target *out)
{
	struct deploy_target t;
	enum fz_err err;

	memset(&t, 0, sizeof(t));
	if (label != NULL) {
		t.label = clean_label(rq, label);
		err = find_by_label(rq, rs, rd, &t);
	} else {
		t.exists = true;
		err = app_by_uid(rd, rq->arena, app_uid, &t.app);
	}
	if (err == FZ_OK && t.exists && t.app.deleted != 0)
		err = FZ_APP_NOT_FOUND;
	if (err == FZ_OK && t.exists)
		err = app_allowed(rq, rs, rd, &t.app);
	if (err == FZ_OK)
		*out = t;
	return err;
}

enum fz_err
deploy_target_if_match(struct response *rs, const char *if_match, int64_t live_n)
{
	char tag[32];
	const char *p = if_match;
	size_t len;

	if (if_match == NULL)
		return FZ_OK;
	snprintf(tag, sizeof(tag), "\"d%lld\"", (long long)live_n);
	len = strlen(tag);
	while (*p != '\0') {
		size_t n;

		p += strspn(p, " \t,");
		n = strcspn(p, " \t,");
		if ((n == len && memcmp(p, tag, n) == 0) ||
		    (n == 1 && *p == '*' && live_n > 0))
			return FZ_OK;
		p += n;
	}
	response_detail(rs, "live", json_integer(live_n));
	return response_why(rs, FZ_PRECONDITION_FAILED, "The live deploy is d%lld",
	    (long long)live_n);
}
