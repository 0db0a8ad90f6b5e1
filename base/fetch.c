/*
 * One call is one libcurl handle, made and dropped here: calls are rare (a sign-in, an
 * install), and a kept connection would be state that somebody has to own.
 *
 * A peer that answers slowly, too much or for ever costs its caller the deadline and the
 * maximum, never more.  The deadline holds for the look-up of the name too: the resolver's
 * thread is left behind when time is up (CURLOPT_QUICK_EXIT), it ends by itself.
 *
 * The certificate is what makes a forged DNS answer harmless; addresses are not looked at.
 */
#include "base/fetch.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"

#define CONNECT_MS 5000L
#define HEAD_MAX LIMIT_HEAD
#define AGENT "fazt-fcgi/" FAZT_VERSION

struct call {
	struct fetch	*f;
	CURL		*curl;
	size_t		 head;		/* bytes of the header block so far */
	enum fz_err	 err;		/* of what was received */
	bool		 unwanted;	/* the body of another status than 200 */
};

static bool
absent(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool none = curl_url_get(u, part, &text, 0) != CURLUE_OK;

	curl_free(text);
	return none;
}

bool
fetch_url_ok(const char *url)
{
	size_t len = strlen(url);
	bool ok = false;
	CURLU *u;

	/* libcurl would repair "https:/x" and "https:///x". */
	if (len >= FETCH_URL_MAX || strncasecmp(url, "https://", 8) != 0 || url[8] == '/')
		return false;
	for (size_t i = 0; i < len; i++)
		if (url[i] <= 0x20 || url[i] >= 0x7f || strchr("\\\"<>^`{|}", url[i]))
			return false;
	u = curl_url();
	if (u == NULL)
		return false;
	ok = curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK &&
	    !absent(u, CURLUPART_HOST) && absent(u, CURLUPART_FRAGMENT);
	curl_url_cleanup(u);
	return ok;
}

static size_t
take_head(char *p, size_t size, size_t n, void *arg)
{
	struct call *c = arg;

	(void)p;
	c->head += n * size;
	if (c->head <= HEAD_MAX)
		return n * size;
	c->err = FZ_PAYLOAD_TOO_LARGE;
	return 0;
}

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct call *c = arg;
	long status = 0;

	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		c->unwanted = true;
		return 0;
	}
	if (c->f->spool != NULL)
		c->err = spool_add(c->f->spool, p, n * size);
	else
		c->err = buf_add(c->f->buf, p, n * size);
	return c->err == FZ_OK ? n * size : 0;
}

static bool
set_trust(const struct call *c)
{
	const char *file = c->f->ca_file;

	if (curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYPEER, 1L) != CURLE_OK ||
	    curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYHOST, 2L) != CURLE_OK)
		return false;
	return file == NULL ||
	    (curl_easy_setopt(c->curl, CURLOPT_CAINFO, file) == CURLE_OK &&
	    curl_easy_setopt(c->curl, CURLOPT_CAPATH, NULL) == CURLE_OK);
}

static bool
set_request(const struct call *c, const struct curl_slist *headers)
{
	CURL *h = c->curl;

	return curl_easy_setopt(h, CURLOPT_URL, c->f->url) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_USERAGENT, AGENT) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	    (c->f->form == NULL ||
	    curl_easy_setopt(h, CURLOPT_POSTFIELDS, c->f->form) == CURLE_OK);
}

static bool
set_limits(struct call *c, long ms)
{
	CURL *h = c->curl;

	return curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, ms) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_head) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_HEADERDATA, c) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	    curl_easy_setopt(h, CURLOPT_WRITEDATA, c) == CURLE_OK;
}

static enum fz_err
judge(struct call *c, CURLcode rc, struct why *why)
{
	char *next = NULL;

	if (c->err != FZ_OK)
		return why_set(why, c->err, "the answer: %s", err_text(c->err));
	if (rc == CURLE_OPERATION_TIMEDOUT)
		return why_set(why, FZ_TIMEOUT, "no answer in time");
	if (rc != CURLE_OK && !(rc == CURLE_WRITE_ERROR && c->unwanted))
		return why_set(why, FZ_SERVICE_UNAVAILABLE, "the call failed: %s",
		    curl_easy_strerror(rc));
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &c->f->status);
	curl_easy_getinfo(c->curl, CURLINFO_REDIRECT_URL, &next);
	if (next != NULL && strlen(next) < sizeof(c->f->redirect))
		memcpy(c->f->redirect, next, strlen(next) + 1);
	return FZ_OK;
}

/* NULL with *ok = false when memory is gone. */
static struct curl_slist *
header_list(const char *const *v, bool *ok)
{
	struct curl_slist *list = NULL, *more;

	*ok = true;
	for (; v != NULL && *v != NULL && *ok; v++) {
		more = curl_slist_append(list, *v);
		*ok = more != NULL;
		if (*ok)
			list = more;
	}
	return list;
}

enum fz_err
fetch_run(struct fetch *f, struct why *why)
{
	struct call c = { .f = f };
	int64_t left = f->deadline - clock_mono_ms();
	struct curl_slist *headers;
	enum fz_err err;
	bool ok;

	f->status = 0;
	f->redirect[0] = '\0';
	if (left <= 0)
		return why_set(why, FZ_TIMEOUT, "no time is left for the call");
	if (!fetch_url_ok(f->url))
		return why_set(why, FZ_SERVICE_UNAVAILABLE, "this is no https address");
	headers = header_list(f->headers, &ok);
	c.curl = curl_easy_init();
	if (ok && c.curl != NULL && set_request(&c, headers) && set_trust(&c) &&
	    set_limits(&c, (long)left))
		err = judge(&c, curl_easy_perform(c.curl), why);
	else
		err = why_set(why, FZ_SERVICE_UNAVAILABLE, "the call cannot start");
	curl_easy_cleanup(c.curl);
	curl_slist_free_all(headers);
	return err;
}
