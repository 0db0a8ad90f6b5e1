/*
 * The only address of the outside world that an admin can make this room ask, so it is
 * held tightly: a fixed list of hosts, checked again at every redirect, and one deadline
 * over all hops.
 */
#include "deploy/github.h"

#include <curl/curl.h>
#include <string.h>

#include "base/fetch.h"

#define HOPS 3

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
github_allowed(const char *url)
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

static enum fz_err
hop(struct fetch *f, struct why *why)
{
	struct why reason = { 0 };
	enum fz_err err;

	if (!github_allowed(f->url))
		return why_set(why, FZ_SERVICE_UNAVAILABLE,
		    "the download leads to an address that is not GitHub's");
	err = fetch_run(f, &reason);
	if (err != FZ_OK)
		return why_set(why, err, "the download: %s", reason.text);
	if (f->status == 404)
		return why_set(why, FZ_NOT_FOUND, "GitHub has no such repository or ref");
	if (f->status != 200 && f->redirect[0] == '\0')
		return why_set(why, FZ_SERVICE_UNAVAILABLE, "GitHub answered %ld",
		    f->status);
	return FZ_OK;
}

enum fz_err
github_get(const char *url, const char *ca_file, struct spool *spool, int64_t deadline,
    struct why *why)
{
	struct fetch f = { .url = url, .ca_file = ca_file, .spool = spool,
		.deadline = deadline };
	char here[FETCH_URL_MAX];
	enum fz_err err;

	for (int i = 0; i <= HOPS; i++) {
		err = hop(&f, why);
		if (err != FZ_OK || f.status == 200)
			return err;
		memcpy(here, f.redirect, sizeof(here));
		f.url = here;
	}
	return why_set(why, FZ_SERVICE_UNAVAILABLE, "too many redirects");
}
