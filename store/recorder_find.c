/*
 * Look-ups.  Four statements, by table and by whether one app is asked for or all, as the
 * index begins with the app; each once from the newest row back and once forward.  What
 * is not filtered is bound to a value that lets everything pass.
 */
#include <stdint.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "store/recorder.h"
#include "store/sql.h"

#define ONE "app=?1 AND "
#define ALL "?1 IS NOT NULL AND "
#define BACK "id < ?2"
#define FORTH "id > ?2"
#define DOWN " ORDER BY id DESC LIMIT ?3 + 1"
#define UP " ORDER BY id LIMIT ?3 + 1"
#define BYTES_MAX (4 * MIB)

#define LINES(app, from, order) \
	"SELECT id, app, at, level, message, file, line, request FROM log WHERE " app from \
	" AND at >= ?4 AND at <= ?5 AND level >= ?6" \
	" AND (?7 IS NULL OR instr(lower(message), ?7) > 0)" order
#define REQUESTS(app, from, order) \
	"SELECT id, app, at, deploy, host, method, path, status, us, cpu_us, bytes_in," \
	" bytes_out, ip, ua, user, error, request FROM request WHERE " app from \
	" AND at >= ?4 AND at <= ?5 AND status >= ?6 AND status <= ?8 AND us >= ?9" \
	" AND (?7 IS NULL OR instr(lower(path || ' ' || ua || ' ' || error || ' ' || user" \
	" || ' ' || request), ?7) > 0) AND (?10 IS NULL OR method=?10)" \
	" AND (?11 IS NULL OR ip=?11)" \
	" AND (?12 IS NULL OR substr(path, 1, length(?12))=?12)" order

/* What both tables ask alike. */
struct asked {
	int64_t		 id;
	int64_t		 until;
	const char	*text;
};

static struct asked
ask(struct arena *arena, const struct record_filter *f)
{
	struct asked a = { .until = f->until != 0 ? f->until : INT64_MAX };

	a.id = f->forward ? f->after : f->before != 0 ? f->before : INT64_MAX;
	if (f->text != NULL) {
		char *lower = arena_strdup(arena, f->text);

		str_lower(lower);
		a.text = lower;
	}
	return a;
}

enum fz_err
recorder_lines(struct reader *rd, struct arena *arena, const struct record_filter *f,
    struct record_line **v, size_t *n, bool *more)
{
	struct record_line *list = arena_alloc(arena, (size_t)f->limit * sizeof(*list));
	struct asked a = ask(arena, f);
	size_t got = 0, bytes = 0;
	bool left = false;
	struct sql *s;
	enum fz_err err;

	s = sql_open(rd, f->forward ?
	    (f->app != 0 ? LINES(ONE, FORTH, UP) : LINES(ALL, FORTH, UP)) :
	    (f->app != 0 ? LINES(ONE, BACK, DOWN) : LINES(ALL, BACK, DOWN)),
	    "iiiiiit", f->app, a.id, f->limit, f->since, a.until, (int64_t)f->level, a.text);
	while (!left && sql_row(s) == FZ_OK) {
		struct record_line *l = &list[got];

		left = got == (size_t)f->limit || bytes > BYTES_MAX;
		if (left)
			continue;
		got++;
		l->id = sql_int(s, 0);
		l->app = sql_int(s, 1);
		l->at = sql_int(s, 2);
		l->level = (enum recorder_level)sql_int(s, 3);
		l->message = arena_strdup(arena, sql_text(s, 4));
		bytes += strlen(l->message);
		l->file = arena_strdup(arena, sql_text(s, 5));
		l->line = (int)sql_int(s, 6);
		l->request = arena_strdup(arena, sql_text(s, 7));
	}
	err = sql_close(s);
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = got;
	*more = left;
	return FZ_OK;
}

static void
request_row(struct sql *s, struct arena *arena, struct record_request *q)
{
	q->id = sql_int(s, 0);
	q->app = sql_int(s, 1);
	q->at = sql_int(s, 2);
	q->deploy = sql_int(s, 3);
	q->host = arena_strdup(arena, sql_text(s, 4));
	q->method = arena_strdup(arena, sql_text(s, 5));
	q->path = arena_strdup(arena, sql_text(s, 6));
	q->status = (int)sql_int(s, 7);
	q->us = sql_int(s, 8);
	q->cpu_us = sql_int(s, 9);
	q->bytes_in = (uint64_t)sql_int(s, 10);
	q->bytes_out = (uint64_t)sql_int(s, 11);
	q->ip = arena_strdup(arena, sql_text(s, 12));
	q->ua = arena_strdup(arena, sql_text(s, 13));
	q->user = arena_strdup(arena, sql_text(s, 14));
	q->error = arena_strdup(arena, sql_text(s, 15));
	q->request = arena_strdup(arena, sql_text(s, 16));
}

enum fz_err
recorder_requests(struct reader *rd, struct arena *arena, const struct record_filter *f,
    struct record_request **v, size_t *n, bool *more)
{
	struct record_request *list = arena_alloc(arena, (size_t)f->limit * sizeof(*list));
	int64_t least = f->status, most = f->status != 0 ? f->status : INT64_MAX;
	struct asked a = ask(arena, f);
	bool left = false;
	size_t got = 0;
	struct sql *s;
	enum fz_err err;

	if (f->status > 0 && f->status < 10) {
		least = f->status * 100;
		most = least + 99;
	}
	s = sql_open(rd, f->forward ?
	    (f->app != 0 ? REQUESTS(ONE, FORTH, UP) : REQUESTS(ALL, FORTH, UP)) :
	    (f->app != 0 ? REQUESTS(ONE, BACK, DOWN) : REQUESTS(ALL, BACK, DOWN)),
	    "iiiiiitiittt", f->app, a.id, f->limit, f->since, a.until, least, a.text, most,
	    f->min_us, f->method, f->ip, f->path);
	while (!left && sql_row(s) == FZ_OK) {
		left = got == (size_t)f->limit;
		if (!left)
			request_row(s, arena, &list[got++]);
	}
	err = sql_close(s);
	if (err != FZ_OK)
		return err;
	*v = list;
	*n = got;
	*more = left;
	return FZ_OK;
}

enum fz_err
recorder_newest(struct reader *rd, int64_t *line, int64_t *request)
{
	int64_t newest = 0;
	enum fz_err err = sql_get_int(rd, &newest, "SELECT coalesce(max(id), 0) FROM log", "");

	if (err == FZ_OK)
		err = sql_get_int(rd, request, "SELECT coalesce(max(id), 0) FROM request", "");
	if (err == FZ_OK)
		*line = newest;
	return err;
}
