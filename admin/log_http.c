/*
 * What apps logged and who called them: lists with filters, newest first, and the stream.
 * A cursor is the id of the last row shown; rows that came meanwhile do not move it.
 *
 * The store is behind by up to a fifth of a second (store/recorder.h).
 */
#include <string.h>

#include "admin/json_text.h"
#include "admin/log_stream.h"
#include "admin/log_view.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/route.h"
#include "base/str.h"
#include "deploy/app_view.h"
#include "deploy/reply.h"

#define LIMIT_STANDARD 50
#define LIMIT_MOST 1000

/* An argument that is there and not empty. */
static const char *
arg(struct request *rq, const char *name)
{
	const char *s = request_arg(rq, name);

	return s != NULL && s[0] != '\0' ? s : NULL;
}

/* The app an argument names, as id; 0 for "all". */
static enum fz_err
want_app(struct request *rq, struct response *rs, const char *ref, int64_t *id)
{
	struct reader *rd;
	struct app a;
	enum fz_err err;

	if (strcmp(ref, "all") == 0) {
		*id = 0;
		return reply_unlimited(rq, rs);
	}
	err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = app_named(rq, rs, rd, ref, &a);
	reader_close(rd);
	if (err == FZ_OK)
		*id = a.id;
	return err;
}

/* "24h" ago, a day, or RFC 3339; absent leaves *ms. */
static enum fz_err
want_time(struct request *rq, struct response *rs, const char *name, int64_t *ms)
{
	const char *text = arg(rq, name);
	int64_t ago;

	if (text == NULL || clock_parse_rfc3339(text, ms))
		return FZ_OK;
	if (str_duration(text, &ago)) {
		*ms = clock_wall_ms() - ago;
		return FZ_OK;
	}
	if (strlen(text) == 10 &&
	    clock_parse_rfc3339(arena_printf(rq->arena, "%sT00:00:00Z", text), ms))
		return FZ_OK;
	return response_invalid(rs, name, "a time as 24h, 2026-01-31 or RFC 3339");
}

static enum fz_err
want_number(struct request *rq, struct response *rs, const char *name, int64_t least,
    int64_t most, int64_t *n)
{
	const char *text = arg(rq, name);
	int64_t got;

	if (text == NULL)
		return FZ_OK;
	if (!str_i64(text, &got) || got < least || got > most)
		return response_invalid(rs, name, "out of range");
	*n = got;
	return FZ_OK;
}

static enum fz_err
want_level(struct request *rq, struct response *rs, int *level)
{
	const char *text = arg(rq, "level");

	if (text == NULL || log_view_level(text, level))
		return FZ_OK;
	return response_invalid(rs, "level", "debug, info, warn or error");
}

/* "404" or "4xx". */
static enum fz_err
want_status(struct request *rq, struct response *rs, int *status)
{
	const char *text = arg(rq, "status");

	if (text == NULL)
		return FZ_OK;
	if (strlen(text) != 3 || text[0] < '1' || text[0] > '5')
		return response_invalid(rs, "status", "a status as 404 or 5xx");
	*status = text[0] - '0';
	if (strcmp(text + 1, "xx") == 0)
		return FZ_OK;
	if (text[1] < '0' || text[1] > '9' || text[2] < '0' || text[2] > '9')
		return response_invalid(rs, "status", "a status as 404 or 5xx");
	*status = *status * 100 + (text[1] - '0') * 10 + text[2] - '0';
	return FZ_OK;
}

/* What both lists ask alike. */
static enum fz_err
want_filter(struct request *rq, struct response *rs, const char *ref,
    struct record_filter *f)
{
	enum fz_err err = want_app(rq, rs, ref, &f->app);

	f->limit = LIMIT_STANDARD;
	f->text = arg(rq, "q");
	if (err == FZ_OK)
		err = want_number(rq, rs, "limit", 1, LIMIT_MOST, &f->limit);
	if (err == FZ_OK)
		err = want_number(rq, rs, "cursor", 1, INT64_MAX, &f->before);
	if (err == FZ_OK)
		err = want_time(rq, rs, "since", &f->since);
	if (err == FZ_OK)
		err = want_time(rq, rs, "until", &f->until);
	return err;
}

/* The end of a list, whose cursor is the last row's id. */
static enum fz_err
send_list(struct request *rq, struct response *rs, struct buf *b, int64_t limit, bool more,
    int64_t last)
{
	return json_text_list(rs, b, limit,
	    more ? arena_printf(rq->arena, "%lld", (long long)last) : NULL);
}

static enum fz_err
list_lines(struct request *rq, struct response *rs)
{
	const char *ref = arg(rq, "site_id");
	struct record_filter f = { 0 };
	struct log_view_app app = { 0 };
	struct record_line *v;
	struct reader *rd;
	bool more = false;
	struct buf b;
	size_t n = 0;
	enum fz_err err;

	if (ref == NULL)
		return response_missing(rs, "site_id");
	err = want_filter(rq, rs, ref, &f);
	if (err == FZ_OK)
		err = want_level(rq, rs, &f.level);
	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = recorder_lines(rd, rq->arena, &f, &v, &n, &more);
	buf_init(&b, LIMIT_RESPONSE_JSON);
	buf_puts(&b, "{\"data\":{\"logs\":[");
	for (size_t i = 0; err == FZ_OK && i < n; i++) {
		if (i > 0)
			buf_putc(&b, ',');
		log_view_line(&b, rd, rq->arena, &app, &v[i]);
	}
	reader_close(rd);
	if (err != FZ_OK) {
		buf_fini(&b);
		return err;
	}
	buf_puts(&b, "]}");
	return send_list(rq, rs, &b, f.limit, more, more ? v[n - 1].id : 0);
}

static enum fz_err
want_requests(struct request *rq, struct response *rs, struct record_filter *f)
{
	const char *ref = arg(rq, "app");
	int64_t min_ms = 0;
	enum fz_err err = want_filter(rq, rs, ref == NULL ? "all" : ref, f);

	f->path = arg(rq, "path");
	f->method = arg(rq, "method");
	f->ip = arg(rq, "ip");
	if (err == FZ_OK)
		err = want_status(rq, rs, &f->status);
	if (err == FZ_OK)
		err = want_number(rq, rs, "min_ms", 0, 86400000, &min_ms);
	f->min_us = min_ms * 1000;
	return err;
}

static enum fz_err
list_requests(struct request *rq, struct response *rs)
{
	struct record_filter f = { 0 };
	struct log_view_app app = { 0 };
	struct record_request *v;
	struct reader *rd;
	bool more = false;
	struct buf b;
	size_t n = 0;
	enum fz_err err = want_requests(rq, rs, &f);

	if (err == FZ_OK)
		err = reader_open(rq->node->store, &rd);
	if (err != FZ_OK)
		return err;
	err = recorder_requests(rd, rq->arena, &f, &v, &n, &more);
	buf_init(&b, LIMIT_RESPONSE_JSON);
	buf_puts(&b, "{\"data\":[");
	for (size_t i = 0; err == FZ_OK && i < n; i++) {
		if (i > 0)
			buf_putc(&b, ',');
		log_view_request(&b, rd, rq->arena, &app, &v[i]);
	}
	reader_close(rd);
	if (err != FZ_OK) {
		buf_fini(&b);
		return err;
	}
	buf_puts(&b, "]");
	return send_list(rq, rs, &b, f.limit, more, more ? v[n - 1].id : 0);
}

static enum fz_err
follow(struct request *rq, struct response *rs)
{
	struct log_stream_options o = { .site = arg(rq, "site_id") };
	enum fz_err err;

	if (o.site == NULL)
		return response_missing(rs, "site_id");
	err = want_app(rq, rs, o.site, &o.lines.app);
	if (err == FZ_OK)
		err = want_level(rq, rs, &o.lines.level);
	if (err != FZ_OK)
		return err;
	o.lines.text = arg(rq, "q");
	o.requests = request_flag(rq, "requests");
	if (rq->node->recorder == NULL)
		return FZ_SERVICE_UNAVAILABLE;
	return log_stream_begin(rq, rs, &o);
}

extern const struct route log_routes[];

const struct route log_routes[] = {
	{ METHOD_GET, "/api/logs", list_lines, WHO_ADMIN, "logs.read", ON_ADMIN, 0, 0,
	    "What an app logged (?site_id=&level=&q=&since=&until=&limit=&cursor=)", NULL,
	    "Logs" },
	{ METHOD_GET, "/api/logs/stream", follow, WHO_ADMIN, "logs.read", ON_ADMIN, ROUTE_BARE,
	    0, "Follow an app's log (?site_id=&level=&q=&requests=)", NULL, "LogStream" },
	{ METHOD_GET, "/api/requests", list_requests, WHO_ADMIN, "logs.read", ON_ADMIN, 0, 0,
	    "Requests (?app=&status=&method=&path=&min_ms=&ip=&since=&until=&q=&limit="
	    "&cursor=)", NULL, "[RequestRecord]" },
	{ 0 }
};
