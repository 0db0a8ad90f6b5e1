/*
 * What a run holds is little and named: at most one reader, and the transaction of
 * fazt.tx.  Both are taken and given back between guard_out and guard_in, so an abort
 * never falls between "taken" and "named"; run_end is the broom for the transaction,
 * which alone stays open while the script runs.
 *
 * The log of a request is bounded twice, in lines and in bytes; after the first line that
 * does not fit all others are counted and said once at the end.  How the run itself ended
 * is told in any case.
 */
#include "runtime/run.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/node.h"
#include "base/path.h"
#include "runtime/guard.h"
#include "runtime/world.h"

#define LINE_MAX_BYTES 8192

enum fz_err
run_read(struct run *run, struct reader **out)
{
	enum fz_err err;

	if (run->tx != NULL) {
		*out = writer_reader(run->tx);
		return FZ_OK;
	}
	err = reader_open(run->rq->node->store, &run->rd);
	if (err == FZ_OK)
		*out = run->rd;
	return err;
}

void
run_read_end(struct run *run)
{
	if (run->rd != NULL)
		reader_close(run->rd);
	run->rd = NULL;
}

enum fz_err
run_may_write(const struct run *run)
{
	if (run->script->data_none)
		return FZ_NOT_SUPPORTED;
	return run->script->data_readonly ? FZ_READ_ONLY : FZ_OK;
}

enum fz_err
run_begin(struct run *run, struct writer **out)
{
	int64_t wait = guard_left_ms();
	enum fz_err err = run_may_write(run);

	if (err != FZ_OK)
		return err;
	if (wait > LIMIT_WRITE_WAIT_MS)
		wait = LIMIT_WRITE_WAIT_MS;
	return writer_begin(run->rq->node->store, wait, out);
}

enum fz_err
run_write(struct run *run, struct writer **out)
{
	if (run->tx == NULL)
		return run_begin(run, out);
	*out = run->tx;
	return FZ_OK;
}

enum fz_err
run_write_end(struct run *run, struct writer *w, enum fz_err err)
{
	if (w == run->tx)
		return err;
	if (err == FZ_OK)
		return writer_commit(w, &run->rq->seq);
	writer_abort(w);
	return err;
}

const char *
run_login_url(const struct run *run, struct arena *a, const char *back)
{
	return arena_printf(a, "/auth/login?redirect=%s&app=%s", path_escape_value(a, back),
	    path_escape_value(a, run->script->app_uid));
}

static const char *
level_name(enum recorder_level level)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	return names[level];
}

/* For a caller who may see them: a JSON array under construction. */
static void
show(struct run *run, enum recorder_level level, const char *message, size_t len)
{
	if (run->shown == NULL)
		return;
	buf_puts(run->shown, run->shown->len == 0 ? "{\"level\":" : ",{\"level\":");
	buf_printf(run->shown, "\"%s\",\"message\":", level_name(level));
	buf_json(run->shown, message, len);
	buf_putc(run->shown, '}');
}

static void
record(struct run *run, enum recorder_level level, const char *message, const char *file,
    int line)
{
	struct record_line r = { .app = run->script->app, .at = clock_wall_ms(),
		.level = level, .message = message, .file = file == NULL ? "" : file,
		.line = line, .request = run->rq->id };

	if (run->rq->node->recorder != NULL)
		recorder_line(run->rq->node->recorder, &r, run->script->quota.log_rows);
}

void
run_log_line(struct run *run, enum recorder_level level, const char *message, size_t len,
    const char *file, int line)
{
	char text[LINE_MAX_BYTES + 1];

	if (len > LINE_MAX_BYTES) {
		len = LINE_MAX_BYTES;
		while (len > 0 && ((unsigned char)message[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(text, message, len);
	text[len] = '\0';
	show(run, level, text, len);
	record(run, level, text, file, line);
}

bool
run_log_full(struct run *run)
{
	if (run->lines < RUN_LINES && run->lines_dropped == 0)
		return false;
	run->lines_dropped++;
	return true;
}

void
run_log(struct run *run, enum recorder_level level, const char *message, size_t len,
    const char *file, int line)
{
	char place[GUARD_FILE] = "";
	int column;

	if (run_log_full(run))
		return;
	if (run->line_bytes + len > RUN_LINE_BYTES) {
		run->lines_dropped++;
		return;
	}
	run->lines++;
	run->line_bytes += len;
	if (file == NULL && run->world != NULL &&
	    engine_place(run->world->ctx, place, sizeof(place), &line))
		file = place;
	if (file == NULL || run->world == NULL) {
		file = "";
		line = 0;
	}
	if (file[0] != '\0')
		(void)program_place(run->world->program, file, &line, &column);
	run_log_line(run, level, message, len, file, line);
}

void
run_release(struct run *run)
{
	if (run->tx != NULL)
		writer_abort(run->tx);
	run->tx = NULL;
	run_read_end(run);
}

void
run_end(struct run *run)
{
	char text[64];

	if (run->lines_dropped == 0)
		return;
	snprintf(text, sizeof(text), "%u more lines dropped", run->lines_dropped);
	record(run, RECORD_WARN, text, "", 0);
	run->lines_dropped = 0;
}
