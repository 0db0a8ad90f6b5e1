/*
 * The order inside an app host is a table read from the top: the first row whose path
 * fits answers.  Every row sees the normalised path, so no spelling of /private or /api
 * slips through to the files below.
 *
 * A script of another origin must not act as the visitor (contract 1.2).  Whether one is
 * speaking is decided here, once, from what browsers cannot be made to leave out, and
 * kept in the request; whoever asks for the caller later finds nobody.
 */
#include "fcgi/apphost.h"

#include <string.h>
#include <strings.h>

#include "auth/user_view.h"
#include "base/path.h"
#include "base/str.h"
#include "fcgi/blob_host.h"
#include "fcgi/pages.h"
#include "fcgi/split.h"
#include "fcgi/static.h"
#include "runtime/script.h"

typedef void serve_fn(struct request *, struct response *, const struct site *);

/* Who calls, as far as a script of another origin may speak for them. */
static enum role
visitor(const struct request *rq)
{
	return rq->from_unknown_origin ? ROLE_ANON : rq->caller.role;
}

/* Does this origin ("https://x.example:8443") name the host that was asked? */
static bool
own_origin(const struct request *rq, const char *origin)
{
	const char *host = request_header(rq, "host"), *p = strstr(origin, "://");

	if (p == NULL || host == NULL || strcasecmp(p + 3, host) != 0)
		return false;
	return !rq->secure || str_starts(origin, "https://");
}

static bool
listed_origin(const struct site *site, const char *origin)
{
	char **list = site->edition == NULL ? NULL : site->edition->manifest->cors_origins;

	for (; list != NULL && *list != NULL; list++)
		if (strcmp(*list, origin) == 0)
			return true;
	return false;
}

/* The visitor follows a link: the answer becomes a page, no script gets to see it. */
static bool
navigates(const struct request *rq)
{
	const char *mode = request_header(rq, "sec-fetch-mode");
	const char *dest = request_header(rq, "sec-fetch-dest");

	return (rq->method == METHOD_GET || rq->method == METHOD_HEAD) && mode != NULL &&
	    strcmp(mode, "navigate") == 0 && dest != NULL && strcmp(dest, "document") == 0;
}

static bool
foreign(const struct request *rq, const struct site *site)
{
	const char *from = request_header(rq, "sec-fetch-site");
	const char *origin = request_header(rq, "origin");
	bool other = from != NULL && strcmp(from, "same-origin") != 0 &&
	    strcmp(from, "none") != 0;

	if (origin != NULL && !own_origin(rq, origin))
		other = true;
	if (!other || navigates(rq))
		return false;
	return origin == NULL || !listed_origin(site, origin);
}

static bool
may(const struct request *rq, enum manifest_access access)
{
	switch (access) {
	case ACCESS_PUBLIC:
		return true;
	case ACCESS_LOGIN:
		return visitor(rq) >= ROLE_USER;
	case ACCESS_ADMIN:
		return visitor(rq) >= ROLE_ADMIN;
	case ACCESS_OWNER:
		return visitor(rq) >= ROLE_OWNER;
	case ACCESS_NONE:
		break;
	}
	return false;
}

static void
serve_nothing(struct request *rq, struct response *rs, const struct site *site)
{
	(void)site;
	pages_error(rq, rs, FZ_NOT_FOUND, NULL);
}

/*
 * No Upgrade header, although RFC 9110 wants one here: it is hop by hop, and the front
 * servers pass it to HTTP/2 clients, where it is an error.
 */
static void
serve_socket(struct request *rq, struct response *rs, const struct site *site)
{
	(void)site;
	pages_error(rq, rs, FZ_UPGRADE_REQUIRED, NULL);
}

static void
serve_private(struct request *rq, struct response *rs, const struct site *site)
{
	enum manifest_access access = site->edition == NULL ? ACCESS_LOGIN :
	    site->edition->manifest->private_access;

	if (access == ACCESS_NONE) {
		pages_error(rq, rs, FZ_NOT_FOUND, NULL);
		return;
	}
	if (may(rq, access)) {
		static_private(rq, rs, site);
		return;
	}
	response_text(rs, 401, "Sign in to see this.\n");
	response_header(rs, "Cache-Control", "private, no-cache");
	response_header(rs, "X-Content-Type-Options", "nosniff");
	response_header(rs, "Referrer-Policy", "strict-origin-when-cross-origin");
}

/* What the route says of a script; the texts live as long as the site. */
static void
describe_script(const struct request *rq, const struct site *site, struct script *out)
{
	*out = (struct script){ .app = site->app, .app_uid = site->app_uid,
		.alias = site->alias, .host = rq->host, .version = site->version,
		.deploy = site->deploy, .preview = site->preview, .quota = site->quota,
		.show_errors = visitor(rq) >= ROLE_ADMIN };
	if (site->preview) {
		out->data_none = site->preview_data == DATA_NONE;
		out->data_readonly = site->preview_data == DATA_READONLY;
	}
}

static void
serve_script(struct request *rq, struct response *rs, const struct site *site)
{
	struct script script;
	struct script_used used;

	describe_script(rq, site, &script);
	script_answer(&script, rq, rs, &used);
	if (response_get(rs, "X-Content-Type-Options") == NULL)
		response_header(rs, "X-Content-Type-Options", "nosniff");
}

/* What an app without code is told of its visitor. */
static void
serve_me(struct request *rq, struct response *rs)
{
	struct user user;
	enum fz_err err = FZ_UNAUTHORIZED;

	if (visitor(rq) != ROLE_ANON)
		err = user_view_caller(rq, &user);
	if (err == FZ_OK)
		err = response_data(rs, 200, user_view(&user));
	if (err != FZ_OK)
		pages_error(rq, rs, err, err == FZ_UNAUTHORIZED ? "Nobody is signed in" : NULL);
}

static void
serve_api(struct request *rq, struct response *rs, const struct site *site)
{
	if (site->edition != NULL && site->edition->main != NULL && rq->node->scripts != NULL)
		serve_script(rq, rs, site);
	else if (site->edition != NULL && site->edition->main != NULL)
		pages_error(rq, rs, FZ_NOT_SUPPORTED,
		    "This server does not run app code");
	else if ((rq->method == METHOD_GET || rq->method == METHOD_HEAD) &&
	    strcmp(rq->path, "/api/me") == 0)
		serve_me(rq, rs);
	else
		pages_error(rq, rs, FZ_NOT_FOUND, NULL);
}

static void
serve_files(struct request *rq, struct response *rs, const struct site *site)
{
	if (site->version == 0)
		pages_status(rq, rs, 404, "Nothing here yet", "NOT_FOUND",
		    "This name is ready; nothing has been deployed to it.");
	else
		static_serve(rq, rs, site);
}

static const struct {
	const char	*folder;	/* itself and what is in it */
	serve_fn	*serve;
} rows[] = {
	{ "/_ws", serve_socket },
	{ "/_blob", blob_host_serve },
	{ "/_fazt", serve_nothing },
	{ "/private", serve_private },
	{ "/api", serve_api },
	{ "", serve_files },
};

static void
serve_closed(struct request *rq, struct response *rs, const struct site *site)
{
	pages_error(rq, rs, FZ_MAINTENANCE, site->message);
	response_header(rs, "Retry-After", "60");
}

/* A person is sent to sign in; who is signed in, and a program, are told. */
static void
refuse_preview(struct request *rq, struct response *rs)
{
	const char *here = rq->query[0] == '\0' ? rq->path :
	    arena_printf(rq->arena, "%s?%s", rq->path, rq->query);

	if (visitor(rq) != ROLE_ANON)
		pages_error(rq, rs, FZ_FORBIDDEN, "You may not see this preview");
	else if (rq->method == METHOD_GET && request_wants_page(rq))
		(void)response_go(rs, arena_printf(rq->arena, "/auth/login?redirect=%s",
		    path_escape_value(rq->arena, here)));
	else
		pages_error(rq, rs, FZ_UNAUTHORIZED, "Sign in to see this preview");
}

static void
serve_app(struct request *rq, struct response *rs, const struct site *site)
{
	size_t i = 0;

	if (site->closed) {
		serve_closed(rq, rs, site);
		return;
	}
	rq->from_unknown_origin = foreign(rq, site);
	while (!path_under(rq->path, rows[i].folder))
		i++;
	if (site->preview && rows[i].serve != serve_nothing &&
	    !may(rq, site->preview_access))
		refuse_preview(rq, rs);
	else
		rows[i].serve(rq, rs, site);
	if (site->preview)
		response_header(rs, "X-Robots-Tag", "noindex");
}

/* base URL + path + query; a query or fragment of the base stays behind the path. */
static const char *
joined_url(struct request *rq, const char *base)
{
	size_t n = strcspn(base, "?#"), cut = n;
	const char *rest = base + n, *path = path_escape(rq->arena, rq->path);

	while (cut > 0 && base[cut - 1] == '/')
		cut--;
	if (rq->query[0] == '\0')
		return arena_printf(rq->arena, "%.*s%s%s", (int)cut, base, path, rest);
	if (*rest == '?')
		return arena_printf(rq->arena, "%.*s%s?%s&%s", (int)cut, base, path,
		    rq->query, rest + 1);
	return arena_printf(rq->arena, "%.*s%s?%s%s", (int)cut, base, path, rq->query,
	    rest);
}

static void
serve_redirect(struct request *rq, struct response *rs, const struct site *site)
{
	response_redirect(rs, site->status,
	    site->keep_path ? joined_url(rq, site->url) : site->url);
	response_header(rs, "Cache-Control", site->status == 301 || site->status == 308 ?
	    "public, max-age=300" : "no-cache");
	response_header(rs, "X-Content-Type-Options", "nosniff");
	response_header(rs, "Referrer-Policy", "strict-origin-when-cross-origin");
}

static void
serve_unknown(struct request *rq, struct response *rs, const struct site *site)
{
	const struct site *app = site->fallback;
	bool reads = rq->method == METHOD_GET || rq->method == METHOD_HEAD;

	if (!reads || app == NULL || app->closed ||
	    !static_page(rq, rs, app, "index.html", 404))
		pages_error(rq, rs, FZ_NOT_FOUND, NULL);
}

/* One address, several apps: what a shared cache kept would reach the other half. */
static void
keep_private(struct response *rs)
{
	const char *cache = response_get(rs, "Cache-Control");

	if (cache == NULL || str_starts(cache, "private") ||
	    str_starts(cache, "no-store"))
		return;
	if (str_starts(cache, "public"))
		cache = arena_printf(rs->arena, "private%s", cache + strlen("public"));
	else
		cache = arena_printf(rs->arena, "private, %s", cache);
	response_header(rs, "Cache-Control", cache);
}

void
apphost_answer(struct request *rq, struct response *rs, struct site *site)
{
	switch (site->kind) {
	case SITE_SPLIT:
		rq->site = split_choose(rq, rs, site);
		serve_app(rq, rs, rq->site);
		keep_private(rs);
		break;
	case SITE_APP:
		serve_app(rq, rs, site);
		break;
	case SITE_REDIRECT:
		serve_redirect(rq, rs, site);
		break;
	case SITE_UNKNOWN:
		serve_unknown(rq, rs, site);
		break;
	case SITE_ADMIN:
	case SITE_MISDIRECTED:
		response_bytes(rs, 421, NULL, "", 0);
		break;
	}
	response_header(rs, "X-Request-ID", rq->id);
}
