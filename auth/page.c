/*
 * Pages are appended to one capped buffer from top to bottom.  There is no template
 * language: our own markup is constant text in the handlers, everything else goes through
 * page_text, and the difference is visible in the name of the call.
 *
 * The policy lets a page do very little: no script at all, one style sheet from this
 * host, forms only to this host.  Chromium also holds the redirects that follow a form
 * against form-action, to the last one, also those that an app adds; so what answers a form
 * goes to another host by page_forward.
 * Referrer-Policy is same-origin, not no-referrer: that one makes browsers send "Origin:
 * null" with our own forms.
 *
 * The sheet is linked with a part of its hash, so that it is kept for a year and a new
 * release is seen at once.
 */
#include "auth/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/embed.h"
#include "base/str.h"

#define PAGE_MAX 65536
#define STYLE "auth/pages/style.css"
#define VERSION_LEN 16

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<link rel=\"icon\" href=\"data:image/svg+xml,"
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect width='32' height='32' rx='7' fill='%230b5c54'/%3E"
    "%3Cpath d='M13 8h14l-1 4H12zM7 14h18l-1 4H6zM14 20h9l-1 4h-9z' fill='%23fff'/%3E"
    "%3C/svg%3E\">\n";

const struct embed *
page_style(char tag[HTTP_COND_TAG])
{
	const struct embed *e = embed_pages;
	uint8_t hash[SHA256_LEN];

	while (e->path != NULL && strcmp(e->path, STYLE) != 0)
		e++;
	if (e->path == NULL)
		abort();
	sha256_of(e->data, e->len, hash);
	http_cond_tag(tag, hash, "");
	return e;
}

/* Head up to the brand; extra is markup for <head>. */
static void
begin(struct page_out *p, struct request *rq, struct response *rs, const char *title,
    const char *refresh)
{
	char tag[HTTP_COND_TAG];

	*p = (struct page_out){ .rq = rq, .rs = rs };
	buf_init(&p->b, PAGE_MAX);
	(void)page_style(tag);
	page_html(p, head);
	buf_printf(&p->b, "<link rel=\"stylesheet\" href=\"/auth/style.css?v=%.*s\">\n",
	    VERSION_LEN, tag + 1);
	if (refresh != NULL) {
		page_html(p, "<meta http-equiv=\"refresh\" content=\"0; url=");
		page_text(p, "%s", refresh);
		page_html(p, "\">\n");
	}
	page_html(p, "<title>");
	page_text(p, "%s", title);
	page_html(p, " - fazt</title>\n</head>\n<body>\n"
	    "<header class=\"brand\"><span class=\"wordmark\">fazt</span></header>\n"
	    "<main class=\"card\">\n<h1>");
	page_text(p, "%s", title);
	page_html(p, "</h1>\n");
}

void
page_open(struct page_out *p, struct request *rq, struct response *rs, const char *title)
{
	begin(p, rq, rs, title, NULL);
}

void
page_html(struct page_out *p, const char *markup)
{
	buf_puts(&p->b, markup);
}

static void PRINTF(2, 0)
put_text(struct page_out *p, const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0) {
		p->b.failed = true;
		return;
	}
	buf_html(&p->b, text);
	free(text);
}

void
page_text(struct page_out *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_text(p, fmt, ap);
	va_end(ap);
}

void
page_alert(struct page_out *p, const char *fmt, ...)
{
	va_list ap;

	page_html(p, "<p class=\"why\" role=\"alert\">");
	va_start(ap, fmt);
	put_text(p, fmt, ap);
	va_end(ap);
	page_html(p, "</p>\n");
}

static void
attribute(struct page_out *p, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(&p->b, " %s=\"", name);
	page_text(p, "%s", value);
	page_html(p, "\"");
}

void
page_hidden(struct page_out *p, const char *name, const char *value)
{
	page_html(p, "<input type=\"hidden\"");
	attribute(p, "name", name);
	attribute(p, "value", value);
	page_html(p, ">\n");
}

void
page_field(struct page_out *p, const struct page_field *f)
{
	bool login = f->autocomplete != NULL && strcmp(f->autocomplete, "username") == 0;

	page_html(p, "<div class=\"field\">\n<label for=\"");
	page_text(p, "%s", f->name);
	page_html(p, "\">");
	page_text(p, "%s", f->label);
	page_html(p, "</label>\n<input");
	attribute(p, "id", f->name);
	attribute(p, "name", f->name);
	attribute(p, "type", f->type);
	attribute(p, "autocomplete", f->autocomplete);
	attribute(p, "value", f->value);
	page_html(p, login ? " autocapitalize=\"none\" spellcheck=\"false\"" : "");
	if (f->min > 0)
		buf_printf(&p->b, " minlength=\"%d\"", f->min);
	if (f->max > 0)
		buf_printf(&p->b, " maxlength=\"%d\"", f->max);
	if (f->hint != NULL) {
		page_html(p, " aria-describedby=\"");
		page_text(p, "%s-hint", f->name);
		page_html(p, "\"");
	}
	page_html(p, f->required ? " required" : "");
	page_html(p, f->focus ? " autofocus>\n" : ">\n");
	if (f->hint != NULL) {
		page_html(p, "<p class=\"hint\" id=\"");
		page_text(p, "%s-hint", f->name);
		page_html(p, "\">");
		page_text(p, "%s", f->hint);
		page_html(p, "</p>\n");
	}
	page_html(p, "</div>\n");
}

static void
headers(struct page_out *p)
{
	response_header(p->rs, "Content-Security-Policy",
	    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
	    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
	response_header(p->rs, "Cache-Control", "no-store");
	response_header(p->rs, "X-Content-Type-Options", "nosniff");
	response_header(p->rs, "Referrer-Policy", "same-origin");
	response_header(p->rs, "Cross-Origin-Opener-Policy", "same-origin");
	response_header(p->rs, "X-Robots-Tag", "noindex");
}

enum fz_err
page_send(struct page_out *p, int status)
{
	size_t len;
	char *bytes;

	page_html(p, "</main>\n</body>\n</html>\n");
	if (!buf_ok(&p->b)) {
		buf_fini(&p->b);
		return response_why(p->rs, FZ_INTERNAL_ERROR, "the page is too large");
	}
	bytes = buf_take(&p->b, &len);
	response_bytes(p->rs, status, "text/html; charset=utf-8", bytes, len);
	p->rs->release = free;
	p->rs->release_arg = bytes;
	headers(p);
	return FZ_OK;
}

/* What may be said of an error; the cause of a 500 is for the log alone. */
static const char *
error_text(const struct response *rs, enum fz_err err, const char *text)
{
	if (err_status(err) == 500)
		return err_text(err);
	if (text != NULL)
		return text;
	return rs->why.text[0] != '\0' ? rs->why.text : err_text(err);
}

enum fz_err
page_error(struct request *rq, struct response *rs, enum fz_err err, const char *title,
    const char *text, const char *again)
{
	struct page_out p;

	if (!request_wants_page(rq)) {
		if (text != NULL && rs->why.text[0] == '\0')
			return response_why(rs, err, "%s", text);
		return err;
	}
	page_open(&p, rq, rs, title);
	page_html(&p, "<p class=\"lead\">");
	page_text(&p, "%s", error_text(rs, err, text));
	page_html(&p, "</p>\n");
	if (again != NULL) {
		page_html(&p, "<p class=\"actions\"><a class=\"button\" href=\"");
		page_text(&p, "%s", again);
		page_html(&p, "\">Try again</a></p>\n");
	}
	if (rq->id[0] != '\0') {
		page_html(&p, "<p class=\"hint\">Request ");
		page_text(&p, "%s", rq->id);
		page_html(&p, "</p>\n");
	}
	return page_send(&p, err_status(err)) == FZ_OK ? FZ_OK : err;
}

enum fz_err
page_forward(struct request *rq, struct response *rs, const char *url)
{
	struct page_out p;

	begin(&p, rq, rs, "Signing you in", url);
	page_html(&p, "<p class=\"lead\">You are on your way.</p>\n"
	    "<p class=\"actions\"><a class=\"button\" href=\"");
	page_text(&p, "%s", url);
	page_html(&p, "\">Go on</a></p>\n");
	return page_send(&p, 200);
}
