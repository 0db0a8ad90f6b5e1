/*
 * The only address of the outside world that an admin can make this room ask, so it is
 * held tightly: a fixed list of hosts, checked again at every redirect, https with the
 * certificate verified, no proxy of the environment, one deadline over all hops.  The
 * certificate is what makes a forged DNS answer harmless here; addresses are not looked
 * at.
 */
#include "deploy/fetch.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define HOPS 3
#define CONNECT_MS 5000L
#define AGENT "fazt-fcgi/" FAZT_VERSION

struct get {
	CURL		*curl;
	struct spool	*spool;
	enum fz_err	 err;	/* of the spool */
	long		 status;
};

static bool
part_is(CURLU *u, CURLUPart part, const char *want)
{
	char *text = NULL;
	bool same =
	    curl_url_get(u, part, &text, 0) == CURLUE_OK && strcmp(text, want) == 0;

	curl_free(text);
	return same;
}

static bool
part_absent(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool absent = curl_url_get(u, part, &text, 0) != CURLUE_OK;

	curl_free(text);
	return absent;
}

bool
fetch_allowed(const char *url)
{
	static const char *const hosts[] = { "github.com", "codeload.github.com",
		"objects.githubusercontent.com" };
	CURLU *u = curl_url();
	bool ok = false;

	if (u == NULL)
		return false;
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) == CURLUE_OK &&
	    part_is(u, CURLUPART_SCHEME, "https") && part_absent(u, CURLUPART_PORT))
		for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
			ok = ok || part_is(u, CURLUPART_HOST, hosts[i]);
	curl_url_cleanup(u);
	return ok;
}

/* The body of a redirect or an error is not the file. */
static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct get *g = arg;

	if (g->status == 0)
		curl_easy_getinfo(g->curl, CURLINFO_RESPONSE_CODE, &g->status);
	if (g->status != 200)
		return n * size;
	g->err = spool_add(g->spool, p, n * size);
	return g->err == FZ_OK ? n * size : 0;
}

static bool
prepare(struct get *g, const char *url, long ms)
{
	CURL *c = g->curl;

	return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, ms) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_USERAGENT, AGENT) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, g) == CURLE_OK;
}

static enum fz_err
hop(struct get *g, const char *url, int64_t deadline, struct why *why)
{
	int64_t left = deadline - clock_mono_ms();
	CURLcode rc;

	if (!fetch_allowed(url))
		return why_set(why, FZ_SERVICE_UNAVAILABLE,
		    "the download leads to an address that is not GitHub's");
	if (left <= 0)
		return why_set(why, FZ_TIMEOUT, "the download took too long");
	g->status = 0;
	if (!prepare(g, url, (long)left))
		return why_set(why, FZ_SERVICE_UNAVAILABLE, "the download cannot start");
	rc = curl_easy_perform(g->curl);
	if (g->err != FZ_OK)
		return why_set(why, g->err, "the download: %s", err_text(g->err));
	if (rc == CURLE_OPERATION_TIMEDOUT)
		return why_set(why, FZ_TIMEOUT, "the download took too long");
	if (rc != CURLE_OK)
		return why_set(why, FZ_SERVICE_UNAVAILABLE, "the download failed: %s",
		    curl_easy_strerror(rc));
	curl_easy_getinfo(g->curl, CURLINFO_RESPONSE_CODE, &g->status);
	return FZ_OK;
}

/* *next is where a redirect leads, borrowed from the handle; NULL at the end. */
static enum fz_err
judge(struct get *g, char **next, struct why *why)
{
	*next = NULL;
	if (g->status == 200)
		return FZ_OK;
	if (g->status == 404)
		return why_set(why, FZ_NOT_FOUND, "GitHub has no such repository or ref");
	curl_easy_getinfo(g->curl, CURLINFO_REDIRECT_URL, next);
	if (*next != NULL)
		return FZ_OK;
	return why_set(why, FZ_SERVICE_UNAVAILABLE, "GitHub answered %ld", g->status);
}

enum fz_err
fetch_get(const char *url, struct spool *spool, int64_t deadline, struct why *why)
{
	struct get g = { .curl = curl_easy_init(), .spool = spool };
	char *next = NULL, *here = NULL;
	enum fz_err err = FZ_OK;

	if (g.curl == NULL)
		return why_set(why, FZ_SERVICE_UNAVAILABLE, "the download cannot start");
	here = xstrdup(url);
	for (int i = 0; here != NULL && err == FZ_OK; i++) {
		if (i > HOPS)
			err = why_set(why, FZ_SERVICE_UNAVAILABLE, "too many redirects");
		else
			err = hop(&g, here, deadline, why);
		if (err == FZ_OK)
			err = judge(&g, &next, why);
		free(here);
		here = err == FZ_OK && next != NULL ? xstrdup(next) : NULL;
	}
	curl_easy_cleanup(g.curl);
	return err;
}
