/*
 * Input: _headers, _redirects, request target, each ended by a NUL byte.  Whatever the
 * files say and the visitor asks: a Location starts with exactly one slash or with a host
 * that stands in the file, holds no byte that needs escaping, and no header of the deny
 * list or with a bad value is set.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/header_rules.h"
#include "base/path.h"
#include "base/query.h"
#include "deploy/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
warn(void *arg, const char *file, int line, int column, const char *message)
{
	(void)arg;
	check(file[0] == '_' && line > 0 && column == 1 && message[0] != '\0');
}

static void
check_location(const char *to, const char *file, size_t len)
{
	const char *host = strstr(to, "://");

	for (const char *p = to; *p != '\0'; p++)
		check((unsigned char)*p > 0x20 && (unsigned char)*p < 0x7f && *p != '\\');
	if (to[0] == '/') {
		check(to[1] != '/');
		return;
	}
	check(host != NULL && (strncasecmp(to, "http://", 7) == 0 ||
	    strncasecmp(to, "https://", 8) == 0));
	host += 3;
	/* Bytes above ASCII were escaped; then the host is not verbatim in the file. */
	if (memchr(host, '%', strcspn(host, "/?#")) == NULL)
		check(memmem(file, len, host, strcspn(host, "/?#")) != NULL);
}

static void
ask(struct arena *a, struct rules *r, const char *target, const char *file, size_t len)
{
	const char *path, *query;
	struct pairs args = { 0 };
	struct response rs;
	struct rules_hit hit;

	if (path_normalise(a, target, &path, &query) != FZ_OK)
		return;
	if (query_parse(a, query, strlen(query), &args) != FZ_OK)
		args.n = 0;
	for (int forced = 0; forced < 2; forced++) {
		if (!rules_redirect(r, a, path, &args, forced, &hit))
			continue;
		if (hit.status >= 300 && hit.status < 400)
			check_location(hit.to, file, len);
		else
			check(hit.status == 200 || hit.status == 404 ||
			    hit.status == 410);
	}
	response_init(&rs, a);
	rules_headers(r, path, &rs);
	check(!rs.broken);
	for (size_t i = 0; i < rs.nheaders; i++)
		check(!header_rules_denied(rs.headers[i].name) &&
		    strpbrk(rs.headers[i].value, "\r\n") == NULL);
}

static size_t
part(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);

	return end == NULL ? size : (size_t)(end - data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text[3] = { "", "", "" };
	size_t len[3] = { 0 }, at = 0;
	struct arena *a;
	struct rules *r;

	if (size == 0 || size > 20000)
		return 0;
	for (size_t i = 0; i < 3 && at < size; i++) {
		len[i] = part(data + at, size - at);
		text[i] = (const char *)data + at;
		at += len[i] + 1;
	}
	a = arena_new();
	r = rules_parse(text[0], len[0], text[1], len[1], warn, NULL);
	ask(a, r, arena_strndup(a, text[2], len[2]), text[1], len[1]);
	ask(a, r, "/a/b?k=v", text[1], len[1]);
	rules_free(r);
	arena_free(a);
	return 0;
}
