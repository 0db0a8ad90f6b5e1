/*
 * A source that looks into the tables when the recorder has written something and says
 * FZ_AGAIN otherwise; the gate asks it four times a second.  It follows by id, so nothing
 * is lost or told twice however often it looks, and a client that comes back says where it
 * was: "12.34", the last line and the last request.
 *
 * A stream ends after an hour: its key may have been revoked, and a client that is still
 * there comes back by itself.
 */
#include "admin/log_stream.h"

#include <stdlib.h>
#include <string.h>

#include "admin/log_view.h"
#include "admin/metrics.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"

#define ROWS 32			/* of each kind in one piece */
#define PIECE_MAX (16 * MIB)
#define KEEP_MAX (64 * KIB)	/* a larger piece is not kept for the next */

struct stream {
	struct body_source source;
	const struct node *node;
	const char	*site;		/* of the request's arena */
	struct record_filter lines;
	struct record_filter requests;
	bool		 with_requests;
	bool		 greeted;
	bool		 behind;	/* there was more than one piece holds */
	uint64_t	 seen;		/* generation of the recorder */
	int64_t		 began_ms;
	int64_t		 said_ms;
	struct arena	*arena;		/* of one piece */
	struct buf	 out;
};

static void
put_id(struct stream *s)
{
	buf_printf(&s->out, "id: %lld.%lld\n", (long long)s->lines.after,
	    (long long)s->requests.after);
}

static enum fz_err
put_lines(struct stream *s, struct reader *rd, struct log_view_app *app)
{
	struct record_line *v;
	bool more;
	size_t n;
	enum fz_err err = recorder_lines(rd, s->arena, &s->lines, &v, &n, &more);

	if (err != FZ_OK)
		return err;
	for (size_t i = 0; i < n; i++) {
		s->lines.after = v[i].id;
		put_id(s);
		buf_puts(&s->out, "event: log\ndata: ");
		log_view_line(&s->out, rd, s->arena, app, &v[i]);
		buf_puts(&s->out, "\n\n");
	}
	s->behind = s->behind || more;
	return FZ_OK;
}

static enum fz_err
put_requests(struct stream *s, struct reader *rd, struct log_view_app *app)
{
	struct record_request *v;
	bool more;
	size_t n;
	enum fz_err err = recorder_requests(rd, s->arena, &s->requests, &v, &n, &more);

	if (err != FZ_OK)
		return err;
	for (size_t i = 0; i < n; i++) {
		s->requests.after = v[i].id;
		put_id(s);
		buf_puts(&s->out, "event: request\ndata: ");
		log_view_request(&s->out, rd, s->arena, app, &v[i]);
		buf_puts(&s->out, "\n\n");
	}
	s->behind = s->behind || more;
	return FZ_OK;
}

/* What was written since the last look; a store that is busy is asked again. */
static void
look(struct stream *s)
{
	uint64_t generation = recorder_generation(s->node->recorder);
	struct log_view_app app = { 0 };
	struct reader *rd;
	enum fz_err err;

	if (generation == s->seen && !s->behind)
		return;
	if (reader_open(s->node->store, &rd) != FZ_OK)
		return;
	s->behind = false;
	err = put_lines(s, rd, &app);
	if (err == FZ_OK && s->with_requests)
		err = put_requests(s, rd, &app);
	reader_close(rd);
	if (err == FZ_OK)
		s->seen = generation;
}

static enum fz_err
next(struct body_source *source, const void **p, size_t *n)
{
	struct stream *s = (struct stream *)source;
	int64_t now = clock_mono_ms();

	if (s->out.cap > KEEP_MAX)
		buf_fini(&s->out);
	buf_reset(&s->out);
	arena_reset(s->arena);
	*n = 0;
	if (!s->greeted) {
		put_id(s);
		buf_puts(&s->out, "event: connected\ndata: {\"site_id\":");
		buf_json(&s->out, s->site, strlen(s->site));
		buf_puts(&s->out, "}\n\n");
		s->greeted = true;
	} else if (now - s->began_ms > LOG_STREAM_LAST_MS) {
		return FZ_OK;
	} else {
		look(s);
		if (s->out.len == 0 && now - s->said_ms >= LOG_STREAM_COMMENT_MS)
			buf_puts(&s->out, ":\n\n");
	}
	if (s->out.len == 0)
		return FZ_AGAIN;
	s->said_ms = now;
	*p = s->out.data;
	*n = s->out.len;
	return buf_ok(&s->out) ? FZ_OK : FZ_IO;
}

static void
finish(struct body_source *source)
{
	struct stream *s = (struct stream *)source;

	metrics_add(s->node->metrics, METRIC_STREAMS, -1);
	arena_free(s->arena);
	buf_fini(&s->out);
	free(s);
}

/* "12.34", or "12" from a client that followed no requests. */
static bool
parse_position(struct arena *arena, const char *text, int64_t *line, int64_t *request)
{
	const char *dot = strchr(text, '.');
	int64_t l, q;

	if (dot == NULL)
		return str_i64(text, line);
	if (!str_i64(arena_strndup(arena, text, (size_t)(dot - text)), &l) ||
	    !str_i64(dot + 1, &q))
		return false;
	*line = l;
	*request = q;
	return true;
}

/* From the newest rows on, or from where the client was. */
static enum fz_err
position(struct request *rq, int64_t *line, int64_t *request)
{
	const char *last = request_header(rq, "last-event-id");
	struct reader *rd;
	enum fz_err err = reader_open(rq->node->store, &rd);

	if (err != FZ_OK)
		return err;
	err = recorder_newest(rd, line, request);
	reader_close(rd);
	if (err == FZ_OK && last != NULL)
		(void)parse_position(rq->arena, last, line, request);
	return err;
}

enum fz_err
log_stream_begin(struct request *rq, struct response *rs,
    const struct log_stream_options *o)
{
	int64_t line = 0, request = 0;
	struct stream *s;
	enum fz_err err = position(rq, &line, &request);

	if (err != FZ_OK)
		return err;
	metrics_add(rq->node->metrics, METRIC_STREAMS, 1);
	if (metrics_get(rq->node->metrics, METRIC_STREAMS) > LOG_STREAM_MOST) {
		metrics_add(rq->node->metrics, METRIC_STREAMS, -1);
		return response_why(rs, FZ_OVERLOADED, "%d logs are followed already",
		    LOG_STREAM_MOST);
	}
	s = xcalloc(1, sizeof(*s));
	s->source.next = next;
	s->source.close = finish;
	s->node = rq->node;
	s->site = o->site;
	s->lines = o->lines;
	s->lines.forward = true;
	s->lines.after = line;
	s->lines.limit = ROWS;
	s->requests.app = o->lines.app;
	s->requests.text = o->lines.text;
	s->requests.forward = true;
	s->requests.after = request;
	s->requests.limit = ROWS;
	s->with_requests = o->requests;
	s->behind = true;
	s->began_ms = s->said_ms = clock_mono_ms();
	s->arena = arena_new();
	buf_init(&s->out, PIECE_MAX);
	rs->status = 200;
	rs->source = &s->source;
	rs->source_len = -1;
	response_header(rs, "Content-Type", "text/event-stream");
	/* nginx would collect the answer otherwise. */
	response_header(rs, "X-Accel-Buffering", "no");
	return FZ_OK;
}
