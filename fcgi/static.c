/*
 * Which file does a path mean?  All questions are answered by the edition in memory,
 * with the normalised path and nothing else.  What is hidden (code, private files, the
 * rule files, dot files) is found by nobody, be it named by a visitor or by a rewrite,
 * and never falls back to the app's page either: a scanner that asks for /.git/config
 * gets a 404 and not a 200 that looks like success.
 *
 * Redirects are made from the normalised path, so they start with exactly one slash and
 * cannot lead to another host, whatever was typed.
 */
#include "fcgi/static.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "fcgi/pages.h"
#include "fcgi/static_send.h"

#define KEY_MAX (LIMIT_FILE_PATH + 16)

/* A path without its leading slash: p[0..n). */
struct key {
	const char	*p;
	size_t		 n;
};

static bool
under(const struct key *k, const char *folder)
{
	size_t n = strlen(folder);

	return k->n >= n && memcmp(k->p, folder, n) == 0 && (k->n == n || k->p[n] == '/');
}

static bool
is(const struct key *k, const char *name)
{
	return k->n == strlen(name) && memcmp(k->p, name, k->n) == 0;
}

static bool
hidden(const struct key *k)
{
	const char *p = k->p, *end = k->p + k->n;

	if (under(k, "api") || under(k, "private") || is(k, "_headers") ||
	    is(k, "_redirects"))
		return true;
	if (under(k, ".well-known"))
		p += strlen(".well-known");
	while (p != NULL && p < end) {
		p += *p == '/';
		if (p < end && *p == '.')
			return true;
		p = p < end ? memchr(p, '/', (size_t)(end - p)) : NULL;
	}
	return false;
}

static const struct edition_file *
find(const struct edition *e, const struct key *k, const char *suffix)
{
	char path[KEY_MAX];
	size_t n = strlen(suffix);

	if (k->n > LIMIT_FILE_PATH)
		return NULL;
	if (n == 0)
		return edition_find(e, k->p, k->n);
	memcpy(path, k->p, k->n);
	memcpy(path + k->n, suffix, n);
	return edition_find(e, path, k->n + n);
}

static const struct edition_file *
find_name(const struct edition *e, const char *name)
{
	return edition_find(e, name, strlen(name));
}

static bool
last_has_dot(const struct key *k)
{
	size_t i = k->n;

	if (i > 0 && k->p[i - 1] == '/')
		i--;
	while (i > 0 && k->p[i - 1] != '/')
		if (k->p[--i] == '.')
			return true;
	return false;
}

/* The page that stands for every path of an app without a file: 200. */
static const struct edition_file *
catch_all(const struct site *site, const struct key *k)
{
	const struct edition_file *f = NULL;

	if (last_has_dot(k))
		return NULL;
	if (site->spa)
		f = find_name(site->edition, "index.html");
	return f != NULL ? f : find_name(site->edition, "200.html");
}

/* The file at the path as it stands: itself or its clean form; no folders. */
static const struct edition_file *
find_clean(const struct edition *e, const struct key *k)
{
	const struct edition_file *f;

	if (k->n == 0 || k->p[k->n - 1] == '/')
		return NULL;
	f = find(e, k, "");
	return f != NULL ? f : find(e, k, ".html");
}

/* The same, and the index of a folder, with or without its slash: for rewrites. */
static const struct edition_file *
find_target(const struct edition *e, const char *path)
{
	struct key k = { path, strlen(path) };
	const struct edition_file *f;

	while (k.n > 0 && *k.p == '/')
		k.p++, k.n--;
	while (k.n > 0 && k.p[k.n - 1] == '/')
		k.n--;
	if (hidden(&k))
		return NULL;
	if (k.n == 0)
		return find_name(e, "index.html");
	f = find_clean(e, &k);
	return f != NULL ? f : find(e, &k, "/index.html");
}

/* Our own texts only; the query came without control bytes (base/path.h). */
static void
redirect(struct request *rq, struct response *rs, int status, const char *to)
{
	const char *hash = strchr(to, '#'), *url = to;

	if (rq->query[0] != '\0' && strchr(to, '?') == NULL)
		url = arena_printf(rq->arena, "%.*s?%s%s",
		    (int)(hash != NULL ? (size_t)(hash - to) : strlen(to)), to, rq->query,
		    hash != NULL ? hash : "");
	response_redirect(rs, status, url);
	response_header(rs, "Cache-Control",
	    status == 301 || status == 308 ? "public, max-age=300" : "no-cache");
	response_header(rs, "Referrer-Policy", "strict-origin-when-cross-origin");
	response_header(rs, "X-Content-Type-Options", "nosniff");
}

static void
redirect_path(struct request *rq, struct response *rs, const struct key *k,
    const char *suffix)
{
	const char *path = arena_strndup(rq->arena, k->p, k->n);

	redirect(rq, rs, 301, arena_printf(rq->arena, "/%s%s",
	    path_escape(rq->arena, path), suffix));
}

static void
not_found(struct request *rq, struct response *rs, const struct site *site)
{
	if (!static_page(rq, rs, site, "404.html", 404))
		pages_error(rq, rs, FZ_NOT_FOUND, NULL);
}

static void
apply_rule(struct request *rq, struct response *rs, const struct site *site,
    const struct rules_hit *hit)
{
	const struct edition_file *f;

	if (hit->status >= 300 && hit->status < 400) {
		redirect(rq, rs, hit->status, hit->to);
		return;
	}
	f = find_target(site->edition, hit->to);
	if (f != NULL)
		static_send(rq, rs, site, f, hit->status, STATIC_SEND_PUBLIC);
	else if (hit->status == 410)
		pages_status(rq, rs, 410, "Gone", "GONE",
		    "What was here has been removed.");
	else
		not_found(rq, rs, site);
}

/* The first _redirects rule that fits. */
static bool
try_rules(struct request *rq, struct response *rs, const struct site *site, bool forced)
{
	struct rules_hit hit;

	if (site->edition->rules == NULL)
		return false;
	if (rq->query[0] != '\0')
		(void)request_arg(rq, "");
	if (!rules_redirect(site->edition->rules, rq->arena, rq->path, &rq->args, forced,
	    &hit))
		return false;
	apply_rule(rq, rs, site, &hit);
	return true;
}

/* "/x/" */
static bool
serve_folder(struct request *rq, struct response *rs, const struct site *site,
    const struct key *path)
{
	const struct edition_file *f = find(site->edition, path, "index.html");
	struct key k = *path;

	if (f != NULL) {
		static_send(rq, rs, site, f, 200, STATIC_SEND_PUBLIC);
		return true;
	}
	if (k.n == 0)
		return false;
	k.n--;
	if (find_clean(site->edition, &k) == NULL && catch_all(site, &k) == NULL)
		return false;
	redirect_path(rq, rs, &k, "");
	return true;
}

/* "/x" */
static bool
serve_name(struct request *rq, struct response *rs, const struct site *site,
    const struct key *k)
{
	const struct edition_file *f = find_clean(site->edition, k);

	if (f != NULL) {
		static_send(rq, rs, site, f, 200, STATIC_SEND_PUBLIC);
		return true;
	}
	if (find(site->edition, k, "/index.html") == NULL)
		return false;
	redirect_path(rq, rs, k, "/");
	return true;
}

static void
serve_path(struct request *rq, struct response *rs, const struct site *site)
{
	struct key k = { rq->path + 1, strlen(rq->path) - 1 };
	const struct edition_file *f;
	bool secret = hidden(&k);

	if (try_rules(rq, rs, site, true))
		return;
	if (!secret && (k.n == 0 || k.p[k.n - 1] == '/' ? serve_folder(rq, rs, site, &k) :
	    serve_name(rq, rs, site, &k)))
		return;
	if (try_rules(rq, rs, site, false))
		return;
	f = secret ? NULL : catch_all(site, &k);
	if (f != NULL)
		static_send(rq, rs, site, f, 200, STATIC_SEND_PUBLIC);
	else
		not_found(rq, rs, site);
}

/* Everything but GET and HEAD. */
static bool
other_method(struct request *rq, struct response *rs)
{
	if (rq->method == METHOD_GET || rq->method == METHOD_HEAD)
		return false;
	if (rq->method == METHOD_OPTIONS)
		response_bytes(rs, 204, NULL, "", 0);
	else
		pages_error(rq, rs, FZ_METHOD_NOT_ALLOWED, NULL);
	response_header(rs, "Allow", "GET, HEAD, OPTIONS");
	response_header(rs, "X-Content-Type-Options", "nosniff");
	response_header(rs, "Referrer-Policy", "strict-origin-when-cross-origin");
	return true;
}

void
static_serve(struct request *rq, struct response *rs, const struct site *site)
{
	if (other_method(rq, rs))
		return;
	if (site->edition == NULL)
		pages_error(rq, rs, FZ_NOT_FOUND, NULL);
	else
		serve_path(rq, rs, site);
}

void
static_private(struct request *rq, struct response *rs, const struct site *site)
{
	struct key k = { rq->path + 1, strlen(rq->path) - 1 };
	const struct edition_file *f = NULL;

	if (other_method(rq, rs))
		return;
	if (site->edition != NULL)
		f = find(site->edition, &k, "");
	if (f == NULL)
		pages_error(rq, rs, FZ_NOT_FOUND, NULL);
	else
		static_send(rq, rs, site, f, 200, STATIC_SEND_PRIVATE);
}

bool
static_page(struct request *rq, struct response *rs, const struct site *site,
    const char *path, int status)
{
	const struct edition_file *f = site->edition == NULL ? NULL :
	    find_name(site->edition, path);

	if (f == NULL)
		return false;
	static_send(rq, rs, site, f, status, STATIC_SEND_PUBLIC);
	return true;
}
