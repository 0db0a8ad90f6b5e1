/*
 * Where a request goes.  dispatch_head decides everything that can be decided
 * without the body: rate, host class, row of the route table, caller, how much body
 * may come.  dispatch_run calls exactly one thing: the row's handler, or the site.
 * dispatch_done keeps the books.
 *
 * Between the two stands dispatch_script: scripts wait for their turn before they run
 * (lane.h), nothing else does.
 *
 * Deny by default: on the admin and sign-in hosts, under /auth/ of app hosts and for
 * internal requests only rows of the table exist, and a row is entered only through
 * access_check and the rule against requests that another site forged.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "admin/metrics.h"
#include "auth/access.h"
#include "auth/rate.h"
#include "auth/session_cookie.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/path.h"
#include "base/route.h"
#include "fcgi/apphost.h"
#include "fcgi/blob_host.h"
#include "fcgi/dispatch.h"
#include "fcgi/once.h"
#include "fcgi/pages.h"
#include "fcgi/sites.h"
#include "fcgi/split.h"
#include "store/activity.h"
#include "store/recorder.h"

#define SLOW_US 1000000
#define WEIGHT_DEPLOYMENT 6

static void
fail(struct request *rq, struct response *rs, enum fz_err err)
{
	response_error(rs, err);
	response_header(rs, "X-Request-ID", rq->id);
}

static bool
rate_ok(struct request *rq, struct response *rs)
{
	struct rate_answer answer;

	if (rq->node->rate == NULL || rq->internal)
		return true;
	rate_take(rq->node->rate, rq->ip, &answer);
	if (answer.allowed)
		return true;
	fail(rq, rs, response_why(rs, FZ_RATE_LIMIT_EXCEEDED, "Too many requests from %s",
	    rq->ip));
	response_headerf(rs, "Retry-After", "%lld", (long long)answer.reset_s);
	response_header(rs, "X-RateLimit-Remaining", "0");
	response_headerf(rs, "X-RateLimit-Reset", "%lld", (long long)answer.reset_s);
	return false;
}

static uint64_t
body_limit(const struct request *rq, const struct route *row)
{
	if (rq->method == METHOD_GET || rq->method == METHOD_HEAD)
		return 0;
	return row->flags & ROUTE_BODY_RAW ? rq->node->max_archive : rq->node->max_json;
}

/* What every answer of the admin API carries, unless the handler said otherwise. */
static void
admin_headers(struct request *rq, struct response *rs)
{
	if (response_get(rs, "Cache-Control") == NULL)
		response_header(rs, "Cache-Control", "no-store");
	response_header(rs, "X-Content-Type-Options", "nosniff");
	if (response_get(rs, "Referrer-Policy") == NULL)
		response_header(rs, "Referrer-Policy", "no-referrer");
	if (response_get(rs, "Content-Security-Policy") == NULL)
		response_header(rs, "Content-Security-Policy",
		    "default-src 'none'; frame-ancestors 'none'");
	response_header(rs, "Vary", "Cookie, Origin");
	response_header(rs, "X-Request-ID", rq->id);
}

/* Where the table decides: a row, or nothing. */
static void
head_row(struct request *rq, struct response *rs, int host_classes)
{
	const struct route *row = NULL;
	const char *allow = NULL;
	enum fz_err err = FZ_OK;

	switch (route_find(rq->node->routes, host_classes, rq->method, rq->path, rq->arena,
	    &row, &rq->params, &allow)) {
	case ROUTE_UNKNOWN:
		fail(rq, rs, response_why(rs, FZ_NOT_FOUND, "Nothing answers at this path"));
		return;
	case ROUTE_OTHER_METHOD:
		fail(rq, rs, FZ_METHOD_NOT_ALLOWED);
		response_header(rs, "Allow", allow);
		return;
	case ROUTE_FOUND:
		break;
	}
	rq->route = row;
	err = access_identify(rq, rs);
	if (err == FZ_OK)
		err = access_check(rq, rs, row);
	if (err == FZ_OK)
		err = session_cookie_csrf(rq, rs);
	if (err != FZ_OK) {
		fail(rq, rs, err);
		return;
	}
	rq->body_max = body_limit(rq, row);
	if (rq->content_length > 0 && rq->body_max > 0 &&
	    (uint64_t)rq->content_length > rq->body_max) {
		response_detail(rs, "limit", json_integer((json_int_t)rq->body_max));
		fail(rq, rs, FZ_PAYLOAD_TOO_LARGE);
	}
}

/* The folder whose requests are an app's own code. */
static bool
is_api(const char *path)
{
	return path_under(path, "/api");
}

/*
 * What an app host collects: nothing but for blobs that somebody was allowed to put and for
 * scripts.  Which app of a split answers is not known yet; any of them may have a script.
 */
static uint64_t
site_body_max(struct request *rq)
{
	const struct site *site = rq->site;

	if (rq->method == METHOD_GET || rq->method == METHOD_HEAD)
		return 0;
	if (blob_host_path(rq->path))
		return blob_host_body_max(rq, site);
	if (!is_api(rq->path) || (site->kind != SITE_SPLIT && (site->kind != SITE_APP ||
	    site->edition == NULL || site->edition->main == NULL)))
		return 0;
	return strncasecmp(rq->content_type, "multipart/form-data", 19) == 0 ?
	    rq->node->max_upload : rq->node->max_json;
}

static void
release_site(void *arg)
{
	site_unref(arg);
}

static bool
is_auth(const char *path)
{
	return strncmp(path, "/auth/", 6) == 0;
}

/*
 * What the table answers at this host; 0 = the host is an app's.  An AUTH that is also the
 * domain is the sign-in host under /auth/ and else the root app's.
 */
static int
host_classes(const struct request *rq)
{
	const struct node *node = rq->node;

	if (rq->internal)
		return ON_INTERNAL;
	if (request_at(rq, node->admin_host))
		return strcmp(node->auth_host, node->admin_host) == 0 ?
		    ON_ADMIN | ON_AUTH : ON_ADMIN;
	if (request_at(rq, node->auth_host) &&
	    (is_auth(rq->path) || strcmp(node->auth_host, node->domain) != 0))
		return ON_AUTH;
	return 0;
}

/*
 * Who visits matters to code, blobs, private files and previews; the files everybody may
 * see are sent without a look at cookies.
 */
static void
head_visitor(struct request *rq, struct response *rs)
{
	const struct site *site = rq->site;
	enum fz_err err;

	if (!site->preview && !is_api(rq->path) && !blob_host_path(rq->path) &&
	    !path_under(rq->path, "/private"))
		return;
	err = session_cookie_identify(rq, NULL);
	if (err != FZ_OK)
		dispatch_refuse(rq, rs, err, NULL, 1);
}

void
dispatch_head(struct request *rq, struct response *rs)
{
	int classes;

	if (!rate_ok(rq, rs))
		return;
	if (rq->method == METHOD_OTHER) {
		fail(rq, rs, FZ_METHOD_NOT_ALLOWED);
		response_header(rs, "Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
		return;
	}
	classes = host_classes(rq);
	if (classes != 0) {
		head_row(rq, rs, classes);
		if (rs->status != 0)
			admin_headers(rq, rs);
		return;
	}
	rq->site = sites_lookup(rq->node, rq->host);
	if (rq->site == NULL) {
		fail(rq, rs, FZ_SERVICE_UNAVAILABLE);
		response_header(rs, "Retry-After", "1");
		return;
	}
	arena_defer(rq->arena, release_site, rq->site);
	rq->app = rq->site->app;
	if (is_auth(rq->path) && !rq->site->closed &&
	    (rq->site->kind == SITE_APP || rq->site->kind == SITE_SPLIT)) {
		head_row(rq, rs, ON_APP);
		if (rs->status != 0)
			admin_headers(rq, rs);
		return;
	}
	head_visitor(rq, rs);
	if (rs->status == 0)
		rq->body_max = site_body_max(rq);
}

static void
run_row(struct request *rq, struct response *rs)
{
	bool again = false;
	enum fz_err err = FZ_OK;

	if (rq->route->flags & ROUTE_IDEMPOTENT)
		err = once_begin(rq, rs, &again);
	if (err == FZ_OK && !again) {
		err = rq->route->handle(rq, rs);
		if (err != FZ_OK)
			response_error(rs, err);
		if (rq->route->flags & ROUTE_IDEMPOTENT)
			once_end(rq, rs);
	} else if (err != FZ_OK)
		response_error(rs, err);
	if (rs->status == 503 && response_get(rs, "Retry-After") == NULL)
		response_header(rs, "Retry-After", "1");
	admin_headers(rq, rs);
}

void
dispatch_run(struct request *rq, struct response *rs)
{
	if (rq->route != NULL)
		run_row(rq, rs);
	else
		apphost_answer(rq, rs, rq->site);
}

bool
dispatch_script(struct request *rq, struct response *rs, struct dispatch_script *out)
{
	const struct site *site = rq->site;

	if (site == NULL || !is_api(rq->path))
		return false;
	/* apphost_answer draws the same one again. */
	if (site->kind == SITE_SPLIT)
		site = split_choose(rq, rs, site);
	if (site->kind != SITE_APP || site->closed || site->edition == NULL ||
	    site->edition->main == NULL)
		return false;
	out->app = site->app;
	out->version = site->version;
	out->quota = &site->quota;
	return true;
}

void
dispatch_refuse(struct request *rq, struct response *rs, enum fz_err err, const char *text,
    int64_t retry_s)
{
	pages_error(rq, rs, err, text);
	if (retry_s > 0)
		response_headerf(rs, "Retry-After", "%lld", (long long)retry_s);
	response_header(rs, "X-Request-ID", rq->id);
}

/* The last literal word of the row's path, or what the method does. */
static const char *
action_of(const struct request *rq, char *out, size_t size)
{
	const char *path = rq->route->path, *slash = strrchr(path, '/');

	if (rq->method == METHOD_POST && slash != NULL && slash[1] != '{') {
		snprintf(out, size, "%s", slash + 1);
		return out;
	}
	switch (rq->method) {
	case METHOD_POST:
		return "create";
	case METHOD_DELETE:
		return "delete";
	default:
		return "update";
	}
}

/* "apps" of "/api/apps/{app}/...". */
static const char *
resource_of(const struct request *rq, char *out, size_t size)
{
	const char *path = rq->route->path;

	if (strncmp(path, "/api/", 5) == 0)
		path += 5;
	snprintf(out, size, "%.*s", (int)strcspn(path, "/"), path);
	return out;
}

static void
audit(struct request *rq, const struct response *rs)
{
	char action[64], resource[64], details[64];
	const char *id = rq->params.n > 0 ? rq->params.v[0].value : NULL;
	struct activity row = { 0 };

	snprintf(details, sizeof(details), "{\"status\":%d}", rs->status);
	row.at = clock_wall_ms();
	row.weight = rq->route->weight;
	row.actor_type = rq->caller.key_id != NULL ? "api_key" :
	    rq->caller.user_uid != NULL ? "user" : "anonymous";
	row.actor_id = rq->caller.key_id != NULL ? rq->caller.key_id : rq->caller.user_uid;
	row.actor_ip = rq->ip;
	row.actor_ua = request_header(rq, "user-agent");
	row.resource_type = resource_of(rq, resource, sizeof(resource));
	row.resource_id = id;
	row.app = request_param(rq, "app")[0] != '\0' ? request_param(rq, "app") : NULL;
	row.action = action_of(rq, action, sizeof(action));
	row.result = rs->status < 400 ? "success" : "failure";
	row.details = details;
	activity_add(rq->node->store, &row);
}

/* The path as records may show it: the code of an invite is a secret until it is used. */
static const char *
shown_path(const struct request *rq)
{
	if (rq->path == NULL)
		return "?";
	return path_under(rq->path, "/auth/invite") ? "/auth/invite" : rq->path;
}

static void
access_line(struct request *rq, const struct response *rs, uint64_t bytes_out, int64_t us)
{
	char status[16], bytes[32], ms[32];

	snprintf(status, sizeof(status), "%d", rs->status);
	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)bytes_out);
	snprintf(ms, sizeof(ms), "%lld.%03d", (long long)(us / 1000), (int)(us % 1000));
	log_line(rs->status >= 500 ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "request", "id",
	    rq->id, "host", rq->host, "method",
	    rq->method_name == NULL ? "?" : rq->method_name, "path",
	    shown_path(rq), "status", status, "bytes", bytes, "ms", ms,
	    "ip", rq->ip == NULL ? "?" : rq->ip, "why",
	    rs->why.text[0] == '\0' ? NULL : rs->why.text, NULL);
}

/*
 * The member "code" of an error answer that is JSON, whoever wrote it; "" = none.  A quote
 * inside a JSON text is escaped, so what is found is a member.
 */
static const char *
error_code(struct request *rq, const struct response *rs)
{
	static const char member[] = "\"code\":\"";
	const char *p;
	size_t n;

	if (rs->status < 400 || rs->bytes == NULL || rs->len > 4096)
		return "";
	p = memmem(rs->bytes, rs->len, member, sizeof(member) - 1);
	if (p == NULL)
		return "";
	p += sizeof(member) - 1;
	for (n = 0; p + n < (const char *)rs->bytes + rs->len && n < 40; n++)
		if ((p[n] < 'A' || p[n] > 'Z') && p[n] != '_')
			break;
	return arena_strndup(rq->arena, p, n);
}

/* One row of the app's requests; of files only as many as anybody may want to see. */
static void
record(struct request *rq, const struct response *rs, const struct dispatch_books *books,
    int64_t us)
{
	const struct site *site = rq->site;
	struct record_request row = { 0 };

	if (rq->node->recorder == NULL || site == NULL || site->kind != SITE_APP ||
	    !recorder_wants(rq->node->recorder, !books->script && rs->status < 400))
		return;
	row.app = site->app;
	row.deploy = site->deploy;
	row.host = rq->host;
	row.method = rq->method_name;
	row.path = shown_path(rq);
	row.status = rs->status;
	row.us = us;
	row.cpu_us = books->cpu_us;
	row.bytes_in = books->bytes_in;
	row.bytes_out = books->bytes_out;
	row.ip = rq->ip;
	row.ua = request_header(rq, "user-agent");
	row.user = rq->caller.user_uid;
	row.error = error_code(rq, rs);
	row.request = rq->id;
	recorder_request(rq->node->recorder, &row);
}

static enum metric_run
run_result(struct request *rq, const struct response *rs)
{
	const char *code = error_code(rq, rs);

	if (strcmp(code, "TIMEOUT") == 0)
		return METRIC_RUN_TIMEOUT;
	if (strcmp(code, "MEMORY_LIMIT") == 0)
		return METRIC_RUN_MEMORY;
	if (rs->status == 429 || rs->status == 503)
		return METRIC_RUN_REFUSED;
	return rs->status >= 500 ? METRIC_RUN_ERROR : METRIC_RUN_OK;
}

void
dispatch_done(struct request *rq, const struct response *rs,
    const struct dispatch_books *books)
{
	int64_t us = clock_mono_us() - rq->began_us;
	const char *app = rq->site == NULL ? NULL : site_app_uid(rq->site);

	/* How long somebody watched is no duration to draw conclusions from. */
	metrics_request(rq->node->metrics, app, rs->status, books->streamed ? 0 : us);
	if (books->script)
		metrics_run(rq->node->metrics, app, run_result(rq, rs), us);
	record(rq, rs, books, us);
	if (rq->node->access_log == 2 || (rq->node->access_log == 1 &&
	    (rs->status >= 500 || (us > SLOW_US && !books->streamed))))
		access_line(rq, rs, books->bytes_out, us);
	if (rq->route == NULL || rq->route->weight == 0 ||
	    (rq->route->flags & ROUTE_AUDITS))
		return;
	audit(rq, rs);
	if (rq->route->weight == WEIGHT_DEPLOYMENT)
		metrics_add(rq->node->metrics,
		    rs->status < 400 ? METRIC_DEPLOYS_OK : METRIC_DEPLOYS_FAILED, 1);
}
