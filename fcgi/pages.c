/*
 * A visitor who meets one of these has lost their way in somebody's app, so the pages
 * are short, say what happened in a heading, work without style and script, follow the
 * visitor's light or dark setting, and advertise nothing.  They must not depend on the
 * store, which may be the very thing that is broken, nor on a second request.
 *
 * So the style stands in the page: the few rules these pages need, with names and values
 * of auth/pages/style.css (a test compares them).
 *
 * Every text from outside goes through the one HTML escape.  The policy header
 * forbids all but the style in the page, whatever ends up in it.
 */
#include "fcgi/pages.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define PAGE_MAX 16384

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>";
static const char style[] =
    "</title>\n<style>\n"
    ":root { color-scheme: light dark; --bg: #f3f2ed; --surface: #ffffff; "
    "--text: #1b211f; --muted: #59625e; --line: #dddcd4; --accent: #0b5c54; "
    "--round: .875rem }\n"
    "@media (prefers-color-scheme: dark) { :root { --bg: #101413; --surface: #191f1d; "
    "--text: #e8ecea; --muted: #a0aca7; --line: #2c3532; --accent: #5ccab9 } }\n"
    "body { box-sizing: border-box; min-height: 100vh; margin: 0; padding: 1.25rem; "
    "display: flex; flex-direction: column; justify-content: center; "
    "align-items: center; font: 1rem/1.55 system-ui, sans-serif; color: var(--text); "
    "background: var(--bg) }\n"
    "main { box-sizing: border-box; width: 100%; max-width: 30rem; padding: 2rem; "
    "background: var(--surface); border: 1px solid var(--line); "
    "border-radius: var(--round); overflow-wrap: anywhere }\n"
    "h1 { font-size: 1.5rem; line-height: 1.25; letter-spacing: -.015em; margin: 0 }\n"
    "p { margin: .5rem 0 0 }\n"
    ".status { margin: 0 0 .25rem; color: var(--accent); font-weight: 700 }\n"
    "small { color: var(--muted) }\n"
    "</style>\n</head>\n<body>\n<main>\n<p class=\"status\">";

static bool
wants_json(const struct request *rq)
{
	static const char *const folders[] = { "/api", "/_ws", "/_blob", "/_fazt" };
	const char *accept = request_header(rq, "accept");

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		size_t n = strlen(folders[i]);

		if (strncmp(rq->path, folders[i], n) == 0 &&
		    (rq->path[n] == '/' || rq->path[n] == '\0'))
			return true;
	}
	return accept != NULL && strstr(accept, "application/json") != NULL &&
	       strstr(accept, "text/html") == NULL;
}

static void
write_json(struct buf *b, const struct request *rq, const char *code, const char *text)
{
	buf_puts(b, "{\"error\":");
	buf_json(b, text, strlen(text));
	buf_printf(b, ",\"code\":\"%s\"", code);
	if (strcmp(code, "OVERLOADED") == 0)
		buf_puts(b, ",\"retryable\":true");
	buf_puts(b, ",\"id\":");
	buf_json(b, rq->id, strlen(rq->id));
	buf_puts(b, "}");
}

static void
write_page(struct buf *b, const struct request *rq, int status, const char *title,
    const char *text)
{
	buf_puts(b, head);
	buf_html(b, title);
	buf_puts(b, style);
	buf_printf(b, "%d</p>\n<h1>", status);
	buf_html(b, title);
	buf_puts(b, "</h1>\n");
	if (strcmp(title, text) != 0) {
		buf_puts(b, "<p>");
		buf_html(b, text);
		buf_puts(b, "</p>\n");
	}
	if (rq->id[0] != '\0') {
		buf_puts(b, "<p><small>Request ");
		buf_html(b, rq->id);
		buf_puts(b, "</small></p>\n");
	}
	buf_puts(b, "</main>\n</body>\n</html>\n");
}

void
pages_status(struct request *rq, struct response *rs, int status, const char *title,
    const char *code, const char *text)
{
	bool json = wants_json(rq);
	struct buf b;
	size_t len;
	char *bytes;

	buf_init(&b, PAGE_MAX);
	if (json)
		write_json(&b, rq, code, text);
	else
		write_page(&b, rq, status, title, text);
	if (!buf_ok(&b)) {
		buf_fini(&b);
		response_text(rs, status, title);
		return;
	}
	bytes = buf_take(&b, &len);
	response_bytes(rs, status, json ? "application/json" : "text/html; charset=utf-8",
	    bytes, len);
	rs->release = free;
	rs->release_arg = bytes;
	response_header(rs, "Cache-Control", "no-store");
	response_header(rs, "X-Content-Type-Options", "nosniff");
	response_header(rs, "Referrer-Policy", "strict-origin-when-cross-origin");
	if (!json)
		response_header(rs, "Content-Security-Policy",
		    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
		    "form-action 'none'");
}

void
pages_error(struct request *rq, struct response *rs, enum fz_err err, const char *text)
{
	if (text == NULL || text[0] == '\0')
		text = err_text(err);
	pages_status(rq, rs, err_status(err), err_text(err), err_code(err), text);
}
