/*
 * A store with apps in it, a node, and requests to its hosts, for the tests of what app
 * hosts answer.  Header only: each test is one program.
 */
#ifndef TESTS_SITE_FIXTURE_H
#define TESTS_SITE_FIXTURE_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/limits.h"
#include "base/mime.h"
#include "base/path.h"
#include "fcgi/apphost.h"
#include "fcgi/cache.h"
#include "fcgi/sites.h"
#include "store/alias.h"
#include "store/app.h"
#include "store/blob.h"
#include "store/domain.h"
#include "store/setting.h"
#include "store/store.h"
#include "store/upload.h"
#include "store/version.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define OK(call) assert_int_equal((call), FZ_OK)

struct source_file {
	const char	*path;
	const char	*text;
	size_t		 size;		/* > 0: the text is repeated up to it */
};

static char dir[64];
static struct node node;

/* One request and its answer. */
struct talk {
	struct arena	*arena;
	struct request	 rq;
	struct response	 rs;
	struct pair	 headers[16];
	bool		 stored;	/* no site was needed */
};

static inline void
fixture_open(void)
{
	struct store_options options = { .readers = 8, .may_create = true };
	struct why why = { 0 };
	char path[96];

	snprintf(dir, sizeof(dir), "/tmp/fazt-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/data.db", dir);
	options.path = path;
	memset(&node, 0, sizeof(node));
	if (store_open(&options, &node.store, &why) != FZ_OK)
		fail_msg("store_open: %s", why.text);
	node.domain = "example.com";
	node.admin_host = "admin.example.com";
	node.auth_host = "login.example.com";
	node.scheme = "https";
	node.port_suffix = "";
	node.state_dir = node.tmp_dir = dir;
	node.sites = sites_new();
	node.cache = cache_new(16 * MIB);
}

static inline void
fixture_close(void)
{
	struct dirent *e;
	char path[400];
	DIR *d;

	sites_free(node.sites);
	cache_free(node.cache);
	store_close(node.store);
	d = opendir(dir);
	for (e = d == NULL ? NULL : readdir(d); e != NULL; e = readdir(d)) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		unlink(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(dir);
}

static inline struct writer *
begin(void)
{
	struct writer *w;

	OK(writer_begin(node.store, 5000, &w));
	return w;
}

static inline void
commit(struct writer *w)
{
	uint64_t seq = 0;

	OK(writer_commit(w, &seq));
}

static inline int64_t
make_app(const char *title)
{
	struct arena *a = arena_new();
	struct app app = { .title = title, .description = "", .tags = "[]",
		.visibility = "public", .source = "deploy", .source_url = "",
		.source_ref = "", .source_commit = "", .original_id = "",
		.forked_from_id = "" };
	struct writer *w = begin();

	OK(app_create(w, a, &app));
	commit(w);
	arena_free(a);
	return app.id;
}

static inline void
put_alias(const struct alias *alias)
{
	struct writer *w = begin();

	OK(alias_put(w, alias));
	commit(w);
}

static inline void
make_alias(const char *name, int64_t app)
{
	struct alias a = { .name = name, .type = ALIAS_PROXY, .app = app, .app_uid = "",
		.url = "", .status = 301 };

	put_alias(&a);
}

/* app.flags after fn changed the row. */
static inline void
change_app(int64_t id, void (*fn)(struct app *))
{
	struct arena *a = arena_new();
	struct writer *w = begin();
	struct app app;

	OK(app_by_id(writer_reader(w), a, id, &app));
	fn(&app);
	OK(app_update(w, &app));
	commit(w);
	arena_free(a);
}

static inline void
receive(const char *upload, const struct source_file *s, struct file *f)
{
	size_t n = strlen(s->text), left = s->size > 0 ? s->size : n, piece;
	struct blob_in *in;
	struct blob_info info;

	f->path = s->path;
	f->mime = mime_of(s->path);
	in = blob_in_new(node.store, upload, mime_is_text(f->mime) &&
	    left >= LIMIT_COMPRESS_FROM);
	for (; left > 0; left -= piece) {
		piece = left < n ? left : n;
		OK(blob_in_add(in, s->text, piece));
	}
	OK(blob_in_end(in, &info));
	blob_in_free(in);
	f->blob = info.id;
	f->size = info.size;
	memcpy(f->sha256, info.sha256, sizeof(f->sha256));
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static inline int64_t
deploy(int64_t app, const struct source_file *files, size_t n, bool spa, bool live)
{
	struct version v = { .app = app, .spa = spa, .manifest = "{}", .message = "",
		.source = "deploy", .source_url = "", .source_ref = "",
		.source_commit = "", .deployed_by = "" };
	struct file list[64] = { { 0 } };
	char upload[UPLOAD_ID_LEN + 1];
	struct writer *w;

	assert_true(n <= COUNT(list));
	OK(upload_open(node.store, upload));
	for (size_t i = 0; i < n; i++) {
		receive(upload, &files[i], &list[i]);
		if (strcmp(files[i].path, "manifest.json") == 0)
			v.manifest = files[i].text;
	}
	qsort(list, n, sizeof(list[0]), by_path);
	w = begin();
	OK(version_create(w, &v, list, n));
	OK(upload_close(w, upload));
	if (live)
		OK(version_go_live(w, app, v.id));
	commit(w);
	return v.n;
}

static inline void
talk_end(struct talk *t)
{
	response_fini(&t->rs);
	arena_free(t->arena);
}

static void
unref_site(void *site)
{
	site_unref(site);
}

/*
 * "GET /x?y" at a host as the client spells it, with "Name: value" header lines; names in
 * lower case.
 */
static inline void
talk(struct talk *t, const char *host, const char *line, ...)
{
	const char *space = strchr(line, ' '), *path, *query;
	struct site *site;
	const char *h;
	va_list ap;

	memset(t, 0, sizeof(*t));
	t->arena = arena_new();
	response_init(&t->rs, t->arena);
	t->rq.arena = t->arena;
	t->rq.node = &node;
	t->rq.method_name = arena_strndup(t->arena, line, (size_t)(space - line));
	t->rq.method = method_parse(t->rq.method_name);
	t->rq.content_type = "";
	t->rq.headers.v = t->headers;
	snprintf(t->rq.id, sizeof(t->rq.id), "0123456789abcdef");
	va_start(ap, line);
	for (h = va_arg(ap, const char *); h != NULL; h = va_arg(ap, const char *)) {
		struct pair *p = &t->headers[t->rq.headers.n++];
		const char *colon = strchr(h, ':');

		p->name = arena_strndup(t->arena, h, (size_t)(colon - h));
		p->value = colon + 2;
	}
	va_end(ap);
	OK(path_normalise(t->arena, space + 1, &path, &query));
	t->rq.path = path;
	t->rq.query = query;
	if (!path_host(host, t->rq.host))
		t->rq.host[0] = '\0';
	site = sites_lookup(&node, t->rq.host);
	assert_non_null(site);
	arena_defer(t->arena, unref_site, site);
	t->rq.site = site;
	apphost_answer(&t->rq, &t->rs, site);
	assert_false(t->rs.broken);
}

/* The body as text, also when it is streamed; in the arena. */
static inline const char *
body(struct talk *t, size_t *len)
{
	char *out;
	const void *p;
	size_t n = 0, at = 0;

	if (t->rs.source == NULL) {
		*len = t->rs.len;
		return arena_strndup(t->arena, t->rs.len > 0 ? t->rs.bytes : "",
		    t->rs.len);
	}
	out = arena_alloc(t->arena, (size_t)t->rs.source_len + 1);
	for (;;) {
		OK(t->rs.source->next(t->rs.source, &p, &n));
		if (n == 0)
			break;
		memcpy(out + at, p, n);
		at += n;
	}
	assert_int_equal(at, t->rs.source_len);
	*len = at;
	return out;
}

static inline const char *
header(const struct talk *t, const char *name)
{
	const char *v = response_get(&t->rs, name);

	return v == NULL ? "-" : v;
}

#endif
