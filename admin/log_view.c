/*
 * Written as text: what apps log may be any bytes.
 */
#include "admin/log_view.h"

#include <string.h>

#include "admin/json_text.h"
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
	json_text_put(b, "site_id", app->name);
	json_text_put(b, "level", levels[l->level & 3]);
	json_text_put(b, "message", l->message);
	if (l->file[0] != '\0')
		json_text_put(b, "file", l->file);
	if (l->line > 0)
		buf_printf(b, ",\"line\":%d", l->line);
	if (l->request[0] != '\0')
		json_text_put(b, "request_id", l->request);
	json_text_put_time(b, "created_at", l->at);
	buf_putc(b, '}');
}

void
log_view_request(struct buf *b, struct reader *rd, struct arena *arena,
    struct log_view_app *app, const struct record_request *q)
{
	names_of(rd, arena, app, q->app);
	buf_printf(b, "{\"id\":%lld", (long long)q->id);
	json_text_put_time(b, "at", q->at);
	json_text_put(b, "app_id", app->uid);
	buf_printf(b, ",\"deploy\":%lld", (long long)q->deploy);
	json_text_put(b, "host", q->host);
	json_text_put(b, "method", q->method);
	json_text_put(b, "path", q->path);
	buf_printf(b, ",\"status\":%d,\"ms\":%.3f,\"cpu_ms\":%.3f,\"bytes_in\":%llu,"
	    "\"bytes_out\":%llu", q->status, (double)q->us / 1000, (double)q->cpu_us / 1000,
	    (unsigned long long)q->bytes_in, (unsigned long long)q->bytes_out);
	json_text_put(b, "ip", q->ip);
	json_text_put(b, "ua", q->ua);
	json_text_put(b, "user_id", q->user[0] != '\0' ? q->user : NULL);
	json_text_put(b, "error", q->error[0] != '\0' ? q->error : NULL);
	json_text_put(b, "request_id", q->request);
	buf_putc(b, '}');
}
