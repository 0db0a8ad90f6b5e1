/*
 * An anonymous visitor learns that something failed and an id; who may see more (the
 * owner of the node) also gets message, stack and log lines in the same answer.  The log
 * always gets them.
 *
 * Which failure an error means is read off its name and code.  A script may throw such an
 * error itself: it could send the same answer anyway.
 */
#include "runtime/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/str.h"
#include "runtime/frames.h"
#include "runtime/js.h"
#include "runtime/world.h"

struct outcome {
	int		 status;
	const char	*code;
	const char	*text;
	bool		 expected;	/* part of normal life: not logged */
};

/* "Name: message" and the frames, whatever the script has thrown. */
static const char *
full_text(struct run *run, const struct call_error *e)
{
	const char *name = e->name[0] == '\0' ? "Error" : e->name;

	if (e->stack[0] != '\0')
		return e->stack;
	return e->message[0] == '\0' ? name :
	    arena_printf(run->arena, "%s: %s", name, e->message);
}

/* --- what it means --- */

static const struct {
	const char	*name;
	const char	*code;
	struct outcome	 outcome;
} meanings[] = {
	{ "AuthError", "LOGIN_REQUIRED", { 401, "UNAUTHORIZED", "Sign in to do this", true } },
	{ "AuthError", "FORBIDDEN", { 403, "FORBIDDEN", NULL, true } },
	{ "SessionError", "SESSION_REQUIRED", { 400, "SESSION_REQUIRED", NULL, true } },
	{ "LimitError", "QUOTA_EXCEEDED", { 429, "QUOTA_EXCEEDED",
		"A quota of this app is used up", false } },
	{ "StorageError", "STORAGE_FULL", { 507, "STORAGE_FULL", "The disk is full", false } },
};

static const struct outcome internal = { 500, "INTERNAL_ERROR", "Internal error", false };

static bool
may_retry(const struct call_error *e)
{
	return e->retryable && (strcmp(e->name, "StorageError") == 0 ||
	    strcmp(e->name, "NetError") == 0 || strcmp(e->name, "WorkerError") == 0);
}

static struct outcome
outcome_of_error(const struct call_error *e)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		struct outcome o = meanings[i].outcome;

		if (strcmp(e->name, meanings[i].name) != 0 ||
		    strcmp(e->code, meanings[i].code) != 0)
			continue;
		if (o.text == NULL)
			o.text = e->message;
		return o;
	}
	if (may_retry(e))
		return (struct outcome){ 503, "OVERLOADED", "The server is busy, try again",
			false };
	return internal;
}

static struct outcome
outcome_of(enum guard_end end, const struct call_error *e)
{
	switch (end) {
	case GUARD_TIMEOUT:
	case GUARD_CPU:
		return (struct outcome){ 504, "TIMEOUT", "The app took too long", false };
	case GUARD_MEMORY:
		return (struct outcome){ 500, "MEMORY_LIMIT", "The app used too much memory",
			false };
	case GUARD_BROKEN:
		return internal;
	case GUARD_DONE:
	case GUARD_THREW:
		break;
	}
	return outcome_of_error(e);
}

/* --- the error answer --- */

static bool
wants_page(const struct request *rq)
{
	const char *accept = request_header(rq, "accept");

	return (rq->method == METHOD_GET || rq->method == METHOD_HEAD) && accept != NULL &&
	    strstr(accept, "text/html") != NULL;
}

/* Back to the page that was asked for, or to the front page after a form or a fetch. */
static const char *
login_url(struct run *run)
{
	struct request *rq = run->rq;
	const char *back = "/";

	if (wants_page(rq))
		back = arena_printf(run->arena, "%s%s%s", path_escape(run->arena, rq->path),
		    rq->query[0] == '\0' ? "" : "?", rq->query);
	return run_login_url(run, run->arena, back);
}

static void
forget_answer(struct run *run)
{
	response_fini(run->rs);
	run->rs->nheaders = run->headers_before;
	run->rs->broken = false;
	run->rs->status = 0;
	run->blob = NULL;
}

static void
add_member(struct buf *b, const char *name, const char *text)
{
	buf_printf(b, ",\"%s\":", name);
	buf_json(b, text, strlen(text));
}

static void
write_error(struct run *run, const struct outcome *o, const char *message,
    const char *stack)
{
	struct buf b;

	buf_init(&b, 4 * MIB);
	buf_puts(&b, "{\"error\":");
	buf_json(&b, o->text, strlen(o->text));
	buf_printf(&b, ",\"code\":\"%s\"", o->code);
	if (o->status == 503)
		buf_puts(&b, ",\"retryable\":true");
	if (o->status == 401)
		add_member(&b, "login_url", login_url(run));
	add_member(&b, "id", run->rq->id);
	if (run->script->show_errors) {
		add_member(&b, "message", message);
		add_member(&b, "stack", stack);
		buf_puts(&b, ",\"logs\":[");
		if (run->shown != NULL && run->shown->len > 0)
			buf_add(&b, run->shown->data, run->shown->len);
		buf_putc(&b, ']');
	}
	buf_putc(&b, '}');
	response_bytes(run->rs, o->status, "application/json",
	    arena_strndup(run->arena, b.data, b.len), b.len);
	buf_fini(&b);
	response_header(run->rs, "Cache-Control", "no-store");
	if (o->status == 503)
		response_header(run->rs, "Retry-After", "1");
}

static void
refuse(struct run *run, const struct outcome *o, const char *message, const char *stack)
{
	forget_answer(run);
	if (o->status == 401 && wants_page(run->rq)) {
		response_redirect(run->rs, 303, login_url(run));
		response_header(run->rs, "Cache-Control", "no-store");
	} else
		write_error(run, o, message, stack);
}

/* --- the log --- */

static void
log_limit(struct run *run, enum guard_end end, const struct guard_used *used)
{
	const struct quota *q = &run->script->quota;
	int line = used->line, column;
	char text[200];

	if (end == GUARD_TIMEOUT)
		snprintf(text, sizeof(text), "TIMEOUT: ended after %lld ms",
		    (long long)q->wall_ms);
	else if (end == GUARD_CPU)
		snprintf(text, sizeof(text), "TIMEOUT: ended after %lld ms of CPU time",
		    (long long)q->cpu_ms);
	else if (end == GUARD_MEMORY)
		snprintf(text, sizeof(text), "MEMORY_LIMIT: more than %lld MiB",
		    (long long)q->heap_bytes / (1024 * 1024));
	else
		snprintf(text, sizeof(text), "INTERNAL_ERROR: the engine gave up");
	(void)program_place(run->world->program, used->file, &line, &column);
	run_log_line(run, RECORD_ERROR, text, strlen(text), line > 0 ? used->file : "", line);
}

static const char *
fail(struct run *run, enum guard_end end, const struct guard_used *used,
    const struct call_error *e)
{
	struct outcome o = outcome_of(end, e);
	const char *stack = "", *message = o.text, *file = "";
	int line = 0;

	if (end == GUARD_DONE || end == GUARD_THREW) {
		stack = full_text(run, e);
		message = e->message;
		(void)frames_first(run->arena, stack, &file, &line);
		if (!o.expected)
			run_log_line(run, RECORD_ERROR, stack, strlen(stack), file, line);
	} else
		log_limit(run, end, used);
	refuse(run, &o, message, stack);
	return o.code;
}

/* --- the script's own answer --- */

static const char *
finish(struct run *run)
{
	static const char text[] = "respond was called more than once; "
	    "the first call is the answer";
	struct response *rs = run->rs;

	if (run->ignored > 0)
		run_log_line(run, RECORD_WARN, text, strlen(text), "", 0);
	if (!run->responded)
		response_bytes(rs, 200, NULL, "", 0);
	if (run->blob != NULL)
		js_blob_send(run);
	if (rs->broken)
		return outcome_refuse(run, FZ_INTERNAL_ERROR, "too many headers");
	if (rs->status == 204 || rs->status == 304) {
		response_fini(rs);
		response_unset(rs, "Content-Type");
	}
	return NULL;
}

const char *
outcome_refuse(struct run *run, enum fz_err err, const char *message)
{
	struct outcome o = { err_status(err), err_code(err), err_text(err), false };

	run_log_line(run, RECORD_ERROR, message, strlen(message), "", 0);
	refuse(run, &o, message, "");
	return o.code;
}

const char *
outcome_write(struct run *run, enum guard_end end, const struct guard_used *used,
    const struct call_error *e)
{
	if (end != GUARD_DONE || e->thrown)
		return fail(run, end, used, e);
	return finish(run);
}
