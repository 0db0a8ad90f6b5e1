/*
 * Written as text straight away: what apps log may be any bytes, and the buffer's JSON
 * strings replace what is not UTF-8, where a value of the JSON library would be refused.
 */
#include "admin/log_view.h"

#include <string.h>

#include "base/clock.h"
#include "store/alias.h"
#include "store/app.h"

static const char *const levels[] = { "debug", "info", "warn", "error" };

bool
log_view_level(const char *name, int *level)
{
	for (int i = 0; i < 4; i++)
		if (strcmp(name, levels[i]) == 0) {
			*level = i;
			return true;
		}
	return false;
}

/* ,"name":"text", or null for NULL. */
static void
put(struct buf *b, const char *name, const char *text)
{
	buf_printf(b, ",\"%s\":", name);
	if (text == NULL)
		buf_puts(b, "null");
	else
		buf_json(b, text, strlen(text));
}

static void
put_time(struct buf *b, const char *name, int64_t ms)
{
	char text[CLOCK_RFC3339_LEN];

	clock_rfc3339(text, ms);
	put(b, name, text);
}

/* A look-up that fails leaves the row without names, which is better than no row. */
static void
names_of(struct reader *rd, struct arena *arena, struct log_view_app *app, int64_t id)
{
	const char **names;
	struct app a;
	size_t n;

	if (app->id == id)
		return;
	*app = (struct log_view_app){ .id = id };
	if (app_by_id(rd, arena, id, &a) != FZ_OK)
		return;
	app->uid = app->name = a.uid;
	if (alias_of_app(rd, arena, id, &names, &n) == FZ_OK && n > 0)
		app->name = names[0];
}

void
log_view_line(struct buf *b, struct reader *rd, struct arena *arena,
    struct log_view_app *app, const struct record_line *l)
{
	names_of(rd, arena, app, l->app);
	buf_printf(b, "{\"id\":%lld", (long long)l->id);
	put(b, "site_id", app->name);
	put(b, "level", levels[l->level & 3]);
	put(b, "message", l->message);
	if (l->file[0] != '\0')
		put(b, "file", l->file);
	if (l->line > 0)
		buf_printf(b, ",\"line\":%d", l->line);
	if (l->request[0] != '\0')
		put(b, "request_id", l->request);
	put_time(b, "created_at", l->at);
	buf_putc(b, '}');
}

void
log_view_request(struct buf *b, struct reader *rd, struct arena *arena,
    struct log_view_app *app, const struct record_request *q)
{
	names_of(rd, arena, app, q->app);
	buf_printf(b, "{\"id\":%lld", (long long)q->id);
	put_time(b, "at", q->at);
	put(b, "app_id", app->uid);
	buf_printf(b, ",\"deploy\":%lld", (long long)q->deploy);
	put(b, "host", q->host);
	put(b, "method", q->method);
	put(b, "path", q->path);
	buf_printf(b, ",\"status\":%d,\"ms\":%.3f,\"cpu_ms\":%.3f,\"bytes_in\":%llu,"
	    "\"bytes_out\":%llu", q->status, (double)q->us / 1000, (double)q->cpu_us / 1000,
	    (unsigned long long)q->bytes_in, (unsigned long long)q->bytes_out);
	put(b, "ip", q->ip);
	put(b, "ua", q->ua);
	put(b, "user_id", q->user[0] != '\0' ? q->user : NULL);
	put(b, "error", q->error[0] != '\0' ? q->error : NULL);
	put(b, "request_id", q->request);
	buf_putc(b, '}');
}
