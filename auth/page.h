/*
 * The platform's own pages: sign-in, invite, device, errors.  Server-rendered HTML that
 * needs no script, follows the visitor's light or dark setting and passes axe; one style
 * sheet (/auth/style.css), policy default-src 'none' but for style-src, img-src and
 * form-action 'self'.
 * Every text from outside goes through page_text and its like, which escape.
 *
 * Thread contract: a page belongs to its request.
 */
#ifndef AUTH_PAGE_H
#define AUTH_PAGE_H

#include "base/buf.h"
#include "base/http_cond.h"
#include "base/request.h"
#include "base/response.h"

struct page_out {
	struct request	*rq;
	struct response	*rs;
	struct buf	 b;
};

/*
 * Head, brand, <main> and <h1>.  Every page that is opened is sent: page_send gives the
 * memory back.  Classes of the sheet for page_html: lead (first line below the heading),
 * hint, muted, note (good news), code (a code to compare or type), facts (<dl> of
 * <div>s), actions (a row of buttons, one of them "button"), button, button plain, button
 * danger, check (<label> around a checkbox), or (a divider), choices (<ul> of buttons).
 */
void	page_open(struct page_out *, struct request *, struct response *,
	    const char *title);
/* Our own constant markup, unescaped. */
void	page_html(struct page_out *, const char *markup);
/* Text, escaped; for element content and double-quoted attributes alike. */
void	page_text(struct page_out *, const char *fmt, ...) PRINTF(2, 3);
/* <p class="why" role="alert">: what went wrong. */
void	page_alert(struct page_out *, const char *fmt, ...) PRINTF(2, 3);
/* <input type="hidden">. */
void	page_hidden(struct page_out *, const char *name, const char *value);
/* A labelled field of a form; type as in HTML, autocomplete and value may be NULL. */
struct page_field {
	const char	*name;
	const char	*label;
	const char	*type;		/* text email password */
	const char	*autocomplete;
	const char	*value;
	const char	*hint;		/* below it, NULL = none */
	bool		 required;
	bool		 focus;
	int		 min, max;	/* length, 0 = none */
};
void	page_field(struct page_out *, const struct page_field *);
/* Close and make it the answer, no-store.  FZ_OK, or FZ_INTERNAL_ERROR past 64 KiB. */
enum fz_err page_send(struct page_out *, int status) MUST_CHECK;
/*
 * An error for whoever asked: a page (title, text, request id, a link back to `again`
 * when not NULL) if request_wants_page, else err itself for the JSON envelope.  text
 * NULL: what response_why said.
 */
enum fz_err page_error(struct request *, struct response *, enum fz_err,
	    const char *title, const char *text, const char *again);
/* The style sheet, and its tag as in HTTP, with quotes. */
struct embed;
const struct embed *page_style(char tag[HTTP_COND_TAG]);
/*
 * A 200 page that goes on to url by itself: the first request there carries Strict
 * cookies, and no form-action holds for it.
 */
enum fz_err page_forward(struct request *, struct response *, const char *url) MUST_CHECK;

#endif
