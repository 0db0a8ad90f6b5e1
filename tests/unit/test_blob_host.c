/* /_blob: who may, what is sent, what runs nowhere, and what a signature covers. */
#include "tests/unit/site_fixture.h"

#include "base/clock.h"
#include "base/seal.h"
#include "base/str.h"
#include "fcgi/blob_host.h"
#include "runtime/blob_send.h"
#include "runtime/blob_url.h"
#include "store/object.h"
#include "store/quota.h"

static int64_t app, other;
static struct quota quota;

static void
keep_as(struct space sp, const char *path, const char *text, const char *mime)
{
	struct object_body body = { .bytes = text, .len = strlen(text) };

	OK(object_store(node.store, sp, &quota, path, &body, mime, NULL, NULL, NULL));
}

static int
setup(void **state)
{
	static const uint8_t key[SEAL_KEY_LEN] = { 5, 6, 7 };
	static const struct source_file plain[] = { { "index.html", "hi", 0 } };
	static const struct source_file own[] = { { "manifest.json",
	    "{\"blobs\":{\"public\":[\"open/\",\"img-\"]}}", 0 } };

	(void)state;
	fixture_open();
	quota_read(NULL, &quota);
	node.seal = seal_of_key(key);
	app = make_app("app");
	other = make_app("other");
	make_alias("app", app);
	make_alias("other", other);
	(void)deploy(app, plain, 1, false, true);
	(void)deploy(other, own, 1, false, true);
	keep_as((struct space){ app, 0 }, "public/a.txt", "0123456789", "text/plain");
	keep_as((struct space){ app, 0 }, "secret/a.txt", "0123456789", "text/plain");
	keep_as((struct space){ app, 9 }, "secret/a.txt", "of user 9", "text/plain");
	keep_as((struct space){ app, 9 }, "public/mine.txt", "of user 9", "text/plain");
	keep_as((struct space){ app, 0 }, "public/gr\xc3\xbc\xc3\x9f & co?.txt", "name",
	    "text/plain");
	keep_as((struct space){ other, 0 }, "secret/a.txt", "of other", "text/plain");
	keep_as((struct space){ other, 0 }, "open/a.txt", "open", "text/plain");
	keep_as((struct space){ other, 0 }, "img-1", "image", "image/png");
	keep_as((struct space){ other, 0 }, "public/a.txt", "not open here", "text/plain");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	seal_free(node.seal);
	fixture_close();
	return 0;
}

/* As the gate would: the path rule, the site of the host, no more. */
static void
ask_body(struct talk *t, const char *host, const char *method, const char *uri,
    const char *body, const char *const *lines)
{
	const char *path, *query;
	struct site *site;

	memset(t, 0, sizeof(*t));
	t->arena = arena_new();
	response_init(&t->rs, t->arena);
	t->rq.arena = t->arena;
	t->rq.node = &node;
	t->rq.method_name = method;
	t->rq.method = method_parse(method);
	t->rq.content_type = "";
	t->rq.headers.v = t->headers;
	for (; lines != NULL && *lines != NULL; lines++) {
		const char *colon = strchr(*lines, ':');
		struct pair *p = &t->headers[t->rq.headers.n++];

		p->name = arena_strndup(t->arena, *lines, (size_t)(colon - *lines));
		p->value = colon + 2;
		if (strcmp(p->name, "content-type") == 0)
			t->rq.content_type = p->value;
	}
	OK(path_normalise(t->arena, uri, &path, &query));
	t->rq.path = path;
	t->rq.query = query;
	assert_true(path_host(host, t->rq.host));
	if (body != NULL) {
		t->rq.body = spool_new(dir, 100 * MIB);
		OK(spool_add(t->rq.body, body, strlen(body)));
	}
	site = sites_lookup(&node, t->rq.host);
	assert_non_null(site);
	arena_defer(t->arena, unref_site, site);
	t->rq.site = site;
	t->rq.body_max = blob_host_path(path) ? blob_host_body_max(&t->rq, site) : 0;
	blob_host_serve(&t->rq, &t->rs, site);
	assert_false(t->rs.broken);
	assert_string_equal(header(t, "X-Content-Type-Options"), "nosniff");
}

static void
ask(struct talk *t, const char *method, const char *uri, const char *line)
{
	const char *lines[] = { line, NULL };

	ask_body(t, "app.example.com", method, uri, NULL, lines);
}

static void
end(struct talk *t)
{
	spool_free(t->rq.body);
	talk_end(t);
}

static const char *
text_of(struct talk *t)
{
	size_t len;

	return body(t, &len);
}

static const char *
sign(struct arena *a, const struct blob_url *u)
{
	struct blob_url all = *u;

	if (all.space.app == 0)
		all.space.app = app;
	if (all.expires == 0)
		all.expires = clock_wall_ms() / 1000 + 60;
	if (all.mime == NULL)
		all.mime = "";
	if (all.download == NULL)
		all.download = "";
	return blob_url_make(a, node.seal, &all);
}

/* text with the first `from` replaced; it must be there. */
static const char *
change(struct arena *a, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (at == NULL)
		fail_msg("no %s in %s", from, text);
	return arena_printf(a, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void
test_public(void **state)
{
	static const struct {
		const char	*host;
		const char	*uri;
		int		 status;
		const char	*body;		/* NULL = an error in JSON */
	} rows[] = {
		{ "app.example.com", "/_blob/public/a.txt", 200, "0123456789" },
		{ "app.example.com", "/_blob//public///a.txt", 200, "0123456789" },
		{ "app.example.com", "/_blob/./public/a.txt?x=1", 200, "0123456789" },
		{ "app.example.com", "/_blob/public/gr%C3%BC%C3%9F%20&%20co%3F.txt", 200,
		    "name" },
		{ "app.example.com", "/_blob/public/none", 404, NULL },
		{ "app.example.com", "/_blob/public/mine.txt", 404, NULL },
		{ "app.example.com", "/_blob/public/mine.txt?u=9", 404, NULL },
		{ "app.example.com", "/_blob/public", 403, NULL },
		{ "app.example.com", "/_blob/secret/a.txt", 403, NULL },
		{ "app.example.com", "/_blob/secret/none", 403, NULL },
		{ "app.example.com", "/_blob/public/../secret/a.txt", 403, NULL },
		{ "app.example.com", "/_blob/public/%2e%2e/secret/a.txt", 403, NULL },
		{ "app.example.com", "/_blob/Public/a.txt", 403, NULL },
		{ "app.example.com", "/_blob/", 404, NULL },
		{ "app.example.com", "/_blob", 404, NULL },
		{ "app.example.com", "/_blob/public/a.txt?e=1", 403, NULL },
		{ "app.example.com", "/_blob/public/a.txt?k=x", 403, NULL },
		{ "other.example.com", "/_blob/open/a.txt", 200, "open" },
		{ "other.example.com", "/_blob/img-1", 200, "image" },
		{ "other.example.com", "/_blob/public/a.txt", 403, NULL },
		{ "other.example.com", "/_blob/opener", 403, NULL },
	};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask_body(&t, rows[i].host, "GET", rows[i].uri, NULL, NULL);
		if (t.rs.status != rows[i].status)
			fail_msg("%s: %d", rows[i].uri, t.rs.status);
		if (rows[i].body != NULL) {
			assert_string_equal(text_of(&t), rows[i].body);
			assert_string_equal(header(&t, "Cache-Control"),
			    "public, max-age=300");
		} else {
			assert_string_equal(header(&t, "Content-Type"), "application/json");
			assert_non_null(strstr(text_of(&t), t.rs.status == 403 ?
			    "\"code\":\"FORBIDDEN\"" : "\"code\":\"NOT_FOUND\""));
			assert_string_equal(header(&t, "Cache-Control"), "no-store");
		}
		end(&t);
	}
}

static void
test_signed(void **state)
{
	struct blob_url get = { .path = "secret/a.txt" };
	struct arena *a = arena_new();
	const char *url = sign(a, &get);
	struct talk t;

	(void)state;
	ask(&t, "GET", url, NULL);
	assert_int_equal(t.rs.status, 200);
	assert_string_equal(text_of(&t), "0123456789");
	assert_string_equal(header(&t, "Cache-Control"), "private, no-cache");
	assert_string_equal(header(&t, "Content-Disposition"), "-");
	end(&t);
	ask(&t, "HEAD", url, NULL);
	assert_int_equal(t.rs.status, 200);
	assert_int_equal(t.rs.source_len, 10);
	end(&t);
	get.space = (struct space){ app, 9 };
	ask(&t, "GET", sign(a, &get), NULL);
	assert_string_equal(text_of(&t), "of user 9");
	end(&t);
	get.download = "r\xc3\xa9sum\xc3\xa9 \"1\".txt";
	ask(&t, "GET", sign(a, &get), NULL);
	assert_string_equal(header(&t, "Content-Disposition"),
	    "attachment; filename=\"r__sum__ _1_.txt\"; "
	    "filename*=UTF-8''r%C3%A9sum%C3%A9%20%221%22.txt");
	end(&t);
	get = (struct blob_url){ .path = "public/gr\xc3\xbc\xc3\x9f & co?.txt" };
	ask(&t, "GET", sign(a, &get), NULL);
	assert_string_equal(text_of(&t), "name");
	end(&t);
	arena_free(a);
}

/* Every part of a signed address that is changed, added or left out. */
static void
test_forged(void **state)
{
	struct blob_url get = { .path = "secret/a.txt", .download = "name" },
	    put = { .path = "secret/new.txt", .put = true, .max_size = 100,
		.mime = "text/plain" },
	    user = { .path = "secret/a.txt", .space = { app, 9 } },
	    plain = { .path = "secret/a.txt" };
	static const char wrong[] = "signature of this address is wrong";
	struct arena *a = arena_new();
	const char *g = sign(a, &get), *p = sign(a, &put), *u = sign(a, &user);
	const char *n = sign(a, &plain), *k = strstr(n, "&k=");
	const struct {
		const char	*host;
		const char	*method;
		const char	*uri;
	} rows[] = {
		{ "app", "GET", change(a, g, "a.txt", "b.txt") },
		{ "app", "GET", change(a, g, "secret/", "public/") },
		{ "app", "GET", change(a, g, "e=1", "e=2") },
		{ "app", "GET", change(a, g, "e=1", "e=01") },
		{ "app", "GET", change(a, g, "e=1", "e=%2B1") },
		{ "app", "GET", change(a, g, "e=", "x=") },
		{ "app", "GET", change(a, g, "k=", "k=A") },
		{ "app", "GET", change(a, g, "&k=", "&k=%01") },
		{ "app", "GET", change(a, g, "&k=", "&x=") },
		{ "app", "GET", change(a, g, "d=name", "d=names") },
		{ "app", "GET", change(a, g, "&d=name", "") },
		{ "app", "GET", change(a, g, "d=name", "d=name%0Ax") },
		{ "app", "GET", arena_printf(a, "%s&u=9", g) },
		{ "app", "GET", arena_printf(a, "%s&m=PUT", g) },
		{ "app", "GET", arena_printf(a, "%s&n=5", g) },
		{ "app", "GET", arena_printf(a, "%s&n=-5", g) },
		{ "app", "GET", arena_printf(a, "%s&t=text%%2Fplain", g) },
		{ "app", "GET", arena_printf(a, "%s&m=POST", g) },
		{ "app", "GET", change(a, u, "u=9", "u=8") },
		{ "app", "GET", change(a, u, "&u=9", "") },
		{ "app", "GET", change(a, u, "u=9", "u=09") },
		{ "app", "GET", arena_printf(a, "%.*s", (int)(strlen(n) - 1), n) },
		{ "app", "GET", arena_printf(a, "%s=", n) },
		{ "app", "GET", arena_printf(a, "%.*s&k=%.43s%s",
		    (int)(k - n), n, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", k) },
		{ "app", "PUT", arena_printf(a, "%s&m=PUT", n) },
		{ "app", "GET", arena_printf(a, "%.*s%c", (int)(strlen(n) - 1), n,
		    n[strlen(n) - 1] == 'A' ? 'E' : 'A') },
		{ "app", "PUT", g }, { "app", "GET", p }, { "app", "HEAD", p },
		{ "app", "PUT", change(a, p, "&m=PUT", "") },
		{ "app", "PUT", change(a, p, "n=100", "n=1000") },
		{ "app", "PUT", change(a, p, "&n=100", "") },
		{ "app", "PUT", change(a, p, "t=text%2Fplain", "t=text%2Fhtml") },
		{ "app", "PUT", change(a, p, "&t=text%2Fplain", "") },
		{ "app", "PUT", change(a, p, "new.txt", "a.txt") },
		{ "other", "GET", g }, { "other", "GET", n }, { "other", "PUT", p },
		{ "other", "GET", change(a, n, "secret/", "open/") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static const char *const type[] = { "content-type: text/plain", NULL };
		const char *host = arena_printf(a, "%s.example.com", rows[i].host);
		struct talk t;

		ask_body(&t, host, rows[i].method, rows[i].uri, "x", type);
		if (t.rs.status != 403 || strstr(text_of(&t), wrong) == NULL)
			fail_msg("%s %s: %d %s", rows[i].method, rows[i].uri, t.rs.status,
			    text_of(&t));
		assert_int_equal(t.rq.body_max, 0);
		end(&t);
	}
	arena_free(a);
}

static void
test_expired(void **state)
{
	struct blob_url get = { .path = "secret/a.txt" };
	struct arena *a = arena_new();
	int64_t now = clock_wall_ms() / 1000;
	struct talk t;

	(void)state;
	get.expires = now;
	ask(&t, "GET", sign(a, &get), NULL);
	assert_int_equal(t.rs.status, 403);
	assert_non_null(strstr(text_of(&t), "expired"));
	assert_non_null(strstr(text_of(&t), "\"code\":\"FORBIDDEN\""));
	end(&t);
	get.expires = now + 5;
	ask(&t, "GET", sign(a, &get), NULL);
	assert_int_equal(t.rs.status, 200);
	end(&t);
	/* Even what is public: who sends a signature means it. */
	get.path = "public/a.txt";
	get.expires = 1;
	ask(&t, "GET", sign(a, &get), NULL);
	assert_int_equal(t.rs.status, 403);
	end(&t);
	arena_free(a);
}

static void
test_no_key(void **state)
{
	struct blob_url get = { .path = "secret/a.txt" };
	struct arena *a = arena_new();
	const char *url = sign(a, &get);
	struct seal *seal = node.seal;
	struct talk t;

	(void)state;
	node.seal = NULL;
	ask(&t, "GET", url, NULL);
	assert_int_equal(t.rs.status, 403);
	end(&t);
	ask(&t, "GET", "/_blob/public/a.txt", NULL);
	assert_int_equal(t.rs.status, 200);
	end(&t);
	node.seal = seal;
	arena_free(a);
}

static void
test_types(void **state)
{
	static const struct {
		const char	*stored;
		const char	*sent;
		bool		 shown;
	} rows[] = {
		{ "image/png", "image/png", true }, { "IMAGE/PNG", "IMAGE/PNG", true },
		{ "image/svg+xml", "image/svg+xml", false },
		{ "text/html", "text/html", false },
		{ "text/html; charset=utf-8", "text/html; charset=utf-8", false },
		{ "Text/HTML", "Text/HTML", false },
		{ "application/xhtml+xml", "application/xhtml+xml", false },
		{ "text/xml", "text/xml", false }, { "application/xml", "application/xml",
		    false },
		{ "application/rss+xml", "application/rss+xml", false },
		{ "text/plain; charset=utf-8", "text/plain; charset=utf-8", true },
		{ "application/json", "application/json", true },
		{ "application/pdf", "application/pdf", true },
		{ "audio/mpeg", "audio/mpeg", true }, { "video/mp4", "video/mp4", true },
		{ "video/x+xml", "video/x+xml", false }, { "font/woff2", "font/woff2", true },
		{ "text/css", "text/css", false },
		{ "application/x-unknown", "application/x-unknown", false },
		{ "multipart/x-mixed-replace", "multipart/x-mixed-replace", false },
		{ "text/javascript", "application/octet-stream", false },
		{ "application/javascript; charset=utf-8", "application/octet-stream", false },
		{ "application/x-ECMAScript", "application/octet-stream", false },
		{ "text/jscript", "application/octet-stream", false },
		{ "html", "application/octet-stream", false },
		{ "text/", "application/octet-stream", false },
		{ "/html", "application/octet-stream", false },
		{ "text/plain, text/html", "application/octet-stream", false },
		{ "image/png,text/html", "application/octet-stream", false },
		{ "image /png", "application/octet-stream", false },
		{ "application/octet-stream", "application/octet-stream", true },
	};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		keep_as((struct space){ app, 0 }, "public/type", "<script>1</script>",
		    rows[i].stored);
		ask(&t, "GET", "/_blob/public/type", NULL);
		assert_int_equal(t.rs.status, 200);
		assert_string_equal(header(&t, "Content-Type"), rows[i].sent);
		assert_int_equal(blob_send_safe(rows[i].stored), rows[i].shown);
		if (strcmp(header(&t, "Content-Disposition"),
		    rows[i].shown ? "-" : "attachment") != 0)
			fail_msg("%s: %s", rows[i].stored, header(&t, "Content-Disposition"));
		assert_string_equal(header(&t, "Content-Security-Policy"),
		    rows[i].shown ? "-" : "sandbox");
		end(&t);
	}
}

static void
test_conditions(void **state)
{
	/* First 32 hex digits of the SHA-256 of 0123456789. */
	static const char tag[] = "\"84d89877f0d4041efb6bf91a16f0248f\"";
	static const struct {
		const char	*method;
		const char	*line;
		int		 status;
		const char	*body;
		const char	*range;
	} rows[] = {
		{ "GET", "x-none: 1", 200, "0123456789", "-" },
		{ "GET", "if-none-match: \"84d89877f0d4041efb6bf91a16f0248f\"", 304, "", "-" },
		{ "HEAD", "if-none-match: \"84d89877f0d4041efb6bf91a16f0248f\"", 304, "", "-" },
		{ "GET", "if-none-match: \"x\", W/\"84d89877f0d4041efb6bf91a16f0248f\"", 304,
		    "", "-" },
		{ "GET", "if-none-match: *", 304, "", "-" },
		{ "GET", "if-none-match: \"x\"", 200, "0123456789", "-" },
		{ "GET", "if-modified-since: Fri, 01 Jan 2100 00:00:00 GMT", 304, "", "-" },
		{ "GET", "if-modified-since: Thu, 01 Jan 1970 00:00:00 GMT", 200,
		    "0123456789", "-" },
		{ "GET", "range: bytes=0-3", 206, "0123", "bytes 0-3/10" },
		{ "GET", "range: bytes=9-", 206, "9", "bytes 9-9/10" },
		{ "GET", "range: bytes=-3", 206, "789", "bytes 7-9/10" },
		{ "GET", "range: bytes=5-99", 206, "56789", "bytes 5-9/10" },
		{ "GET", "range: bytes=10-", 416, "", "bytes */10" },
		{ "GET", "range: bytes=3-1", 200, "0123456789", "-" },
		{ "GET", "range: bytes=0-1,3-4", 200, "0123456789", "-" },
		{ "GET", "range: lines=0-1", 200, "0123456789", "-" },
		{ "HEAD", "range: bytes=0-3", 200, "0123456789", "-" },
	};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask(&t, rows[i].method, "/_blob/public/a.txt", rows[i].line);
		if (t.rs.status != rows[i].status)
			fail_msg("%s: %d", rows[i].line, t.rs.status);
		assert_string_equal(text_of(&t), rows[i].body);
		assert_string_equal(header(&t, "Content-Range"), rows[i].range);
		assert_string_equal(header(&t, "ETag"), tag);
		assert_string_equal(header(&t, "Accept-Ranges"), "bytes");
		assert_string_not_equal(header(&t, "Last-Modified"), "-");
		assert_string_equal(header(&t, "Content-Type"), rows[i].status == 304 ||
		    rows[i].status == 416 ? "-" : "text/plain");
		end(&t);
	}
	{
		static const char *const same[] = { "range: bytes=1-2",
			"if-range: \"84d89877f0d4041efb6bf91a16f0248f\"", NULL };
		static const char *const others[] = { "range: bytes=1-2",
			"if-range: \"other\"", NULL };

		ask_body(&t, "app.example.com", "GET", "/_blob/public/a.txt", NULL, same);
		assert_int_equal(t.rs.status, 206);
		end(&t);
		ask_body(&t, "app.example.com", "GET", "/_blob/public/a.txt", NULL, others);
		assert_int_equal(t.rs.status, 200);
		end(&t);
	}
	keep_as((struct space){ app, 0 }, "public/empty", "", "text/plain");
	ask(&t, "GET", "/_blob/public/empty", "range: bytes=0-");
	assert_int_equal(t.rs.status, 416);
	end(&t);
	ask(&t, "GET", "/_blob/public/empty", NULL);
	assert_int_equal(t.rs.status, 200);
	assert_string_equal(text_of(&t), "");
	end(&t);
}

static void
put(struct talk *t, const char *uri, const char *text, const char *type)
{
	const char *lines[] = { type, NULL };

	ask_body(t, "app.example.com", "PUT", uri, text, lines);
}

static void
test_put(void **state)
{
	struct blob_url any = { .path = "up/a b.txt", .put = true },
	    tight = { .path = "up/tight", .put = true, .max_size = 5,
		.mime = "image/png" },
	    user = { .path = "up/a b.txt", .put = true, .space = { app, 9 } };
	struct arena *a = arena_new();
	struct talk t;

	(void)state;
	put(&t, sign(a, &any), "hello", "content-type: text/plain; charset=utf-8");
	assert_int_equal(t.rs.status, 201);
	assert_true(t.rq.seq > 0);
	assert_int_equal(t.rq.body_max, OBJECT_MAX);
	assert_string_equal(text_of(&t), "{\"path\":\"up/a b.txt\",\"size\":5,\"hash\":"
	    "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"}");
	assert_string_equal(header(&t, "Content-Type"), "application/json");
	assert_string_equal(header(&t, "Cache-Control"), "no-store");
	end(&t);
	any.put = false;
	ask(&t, "GET", sign(a, &any), NULL);
	assert_string_equal(text_of(&t), "hello");
	assert_string_equal(header(&t, "Content-Type"), "text/plain; charset=utf-8");
	end(&t);
	put(&t, sign(a, &user), "mine", "content-type: a/b");
	assert_int_equal(t.rs.status, 201);
	end(&t);
	ask(&t, "GET", sign(a, &any), NULL);
	assert_string_equal(text_of(&t), "hello");
	end(&t);
	/* No type, or none that could be sent again: octets.  No body: an empty blob. */
	any.put = true;
	put(&t, sign(a, &any), NULL, NULL);
	assert_int_equal(t.rs.status, 201);
	assert_non_null(strstr(text_of(&t), "\"size\":0"));
	end(&t);
	any.put = false;
	ask(&t, "GET", sign(a, &any), NULL);
	assert_string_equal(header(&t, "Content-Type"), "application/octet-stream");
	end(&t);
	put(&t, sign(a, &tight), "12345", "content-type: image/png");
	assert_int_equal(t.rs.status, 201);
	assert_int_equal(t.rq.body_max, 5);
	end(&t);
	put(&t, sign(a, &tight), "123456", "content-type: image/png");
	assert_int_equal(t.rs.status, 413);
	end(&t);
	put(&t, sign(a, &tight), "12345", "content-type: image/jpeg");
	assert_int_equal(t.rs.status, 415);
	end(&t);
	put(&t, sign(a, &tight), "12345", NULL);
	assert_int_equal(t.rs.status, 415);
	end(&t);
	put(&t, sign(a, &any), "", NULL);
	t.rq.body_max = 0;
	t.rq.method = METHOD_PUT;
	OK(path_normalise(t.arena, sign(a, &(struct blob_url){ .path = "up/lost",
	    .put = true }), &t.rq.path, &t.rq.query));
	t.rq.args_parsed = false;
	blob_host_serve(&t.rq, &t.rs, t.rq.site);
	assert_int_equal(t.rs.status, 503);
	end(&t);
	put(&t, "/_blob/public/new", "12345", NULL);
	assert_int_equal(t.rs.status, 403);
	assert_int_equal(t.rq.body_max, 0);
	end(&t);
	arena_free(a);
}

static void
small_quota(struct app *row)
{
	row->quotas = "{\"blob_bytes\":1000}";
}

static void
old_quota(struct app *row)
{
	row->quotas = "{}";
}

static void
test_put_quota(void **state)
{
	struct blob_url any = { .path = "up/large", .put = true };
	struct arena *a = arena_new();
	char *text = xmalloc(1001);
	struct talk t;

	(void)state;
	memset(text, 'x', 1000);
	text[1000] = '\0';
	change_app(app, small_quota);
	put(&t, sign(a, &any), text, "content-type: a/b");
	assert_int_equal(t.rs.status, 429);
	assert_non_null(strstr(text_of(&t), "QUOTA_EXCEEDED"));
	end(&t);
	change_app(app, old_quota);
	put(&t, sign(a, &any), text, "content-type: a/b");
	assert_int_equal(t.rs.status, 201);
	end(&t);
	free(text);
	arena_free(a);
}

static void
test_methods(void **state)
{
	static const struct {
		const char	*method;
		int		 status;
	} rows[] = { { "OPTIONS", 204 }, { "POST", 405 }, { "DELETE", 405 },
		{ "PATCH", 405 } };
	struct blob_url get = { .path = "secret/a.txt" };
	struct arena *a = arena_new();
	struct talk t;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		ask(&t, rows[i].method, sign(a, &get), NULL);
		assert_int_equal(t.rs.status, rows[i].status);
		assert_string_equal(header(&t, "Allow"), "GET, HEAD, PUT, OPTIONS");
		end(&t);
	}
	arena_free(a);
}

static void
data_live(struct app *row)
{
	row->preview_data = "live";
}

static void
data_none(struct app *row)
{
	row->preview_data = "none";
}

/* Storage of a preview: read-only, live, absent. */
static void
test_preview(void **state)
{
	struct blob_url putting = { .path = "up/preview", .put = true };
	const char *host = "d1--app.example.com", *type[] = { "content-type: a/b", NULL };
	struct arena *a = arena_new();
	struct talk t;

	(void)state;
	ask_body(&t, host, "GET", "/_blob/public/a.txt", NULL, NULL);
	assert_int_equal(t.rs.status, 200);
	end(&t);
	ask_body(&t, host, "PUT", sign(a, &putting), "x", type);
	assert_int_equal(t.rs.status, 403);
	assert_int_equal(t.rq.body_max, 0);
	assert_non_null(strstr(text_of(&t), "READ_ONLY"));
	end(&t);
	change_app(app, data_live);
	ask_body(&t, host, "PUT", sign(a, &putting), "x", type);
	assert_int_equal(t.rs.status, 201);
	end(&t);
	change_app(app, data_none);
	ask_body(&t, host, "GET", "/_blob/public/a.txt", NULL, NULL);
	assert_int_equal(t.rs.status, 404);
	end(&t);
	ask_body(&t, host, "PUT", sign(a, &putting), "x", type);
	assert_int_equal(t.rs.status, 404);
	end(&t);
	ask_body(&t, "app.example.com", "GET", "/_blob/public/a.txt", NULL, NULL);
	assert_int_equal(t.rs.status, 200);
	end(&t);
	arena_free(a);
}

/* The app of a split is chosen later: a body is wanted if any of them signed it. */
static void
test_split(void **state)
{
	struct alias split = { .name = "both", .type = ALIAS_SPLIT, .app_uid = "",
		.url = "", .status = 301, .ntargets = 2 };
	struct blob_url putting = { .path = "x", .put = true, .max_size = 7 };
	struct arena *a = arena_new();
	struct request rq = { .arena = a, .node = &node, .method = METHOD_PUT };
	struct site *site;

	(void)state;
	split.targets[0] = (struct alias_target){ app, "", 50 };
	split.targets[1] = (struct alias_target){ other, "", 50 };
	put_alias(&split);
	site = sites_lookup(&node, "both.example.com");
	assert_non_null(site);
	assert_int_equal(site->kind, SITE_SPLIT);
	OK(path_normalise(a, sign(a, &putting), &rq.path, &rq.query));
	assert_int_equal(blob_host_body_max(&rq, site), 7);
	rq.args_parsed = false;
	putting.space.app = other;
	OK(path_normalise(a, sign(a, &putting), &rq.path, &rq.query));
	assert_int_equal(blob_host_body_max(&rq, site), 7);
	rq.args_parsed = false;
	putting.space.app = other + 100;
	OK(path_normalise(a, sign(a, &putting), &rq.path, &rq.query));
	assert_int_equal(blob_host_body_max(&rq, site), 0);
	rq.method = METHOD_GET;
	assert_int_equal(blob_host_body_max(&rq, site), 0);
	site_unref(site);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_no_key),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_put_quota),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_preview),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
