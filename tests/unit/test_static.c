/* Static files: every row of the path table, headers, ranges, rules, what is hidden. */
#include "tests/unit/site_fixture.h"

#include <time.h>

#define HASH "9f86d081884c7d659a2feaa0c55ad015"	/* sha256("test"), its first 32 digits */
#define BLOG "blog.example.com"

static const struct source_file blog[] = {
	{ "index.html", "home", 0 }, { "about.html", "about", 0 },
	{ "dir/index.html", "folder", 0 }, { "both.html", "both file", 0 },
	{ "both/index.html", "both folder", 0 }, { "docs/a.html", "doc a", 0 },
	{ "a b/\xc3\xa4.txt", "umlaut", 0 }, { "test.txt", "test", 0 },
	{ "empty.txt", "", 0 }, { "404.html", "lost", 0 },
	{ "api/lib.js", "secret code", 0 }, { "private/k.txt", "secret file", 0 },
	{ ".env.txt", "secret", 0 }, { "x/.git/config", "secret", 0 },
	{ ".well-known/acme", "well", 0 }, { ".well-known/.hidden", "secret", 0 },
	{ "manifest.json", "{\"name\":\"blog\"}", 0 },
	{ "assets/app-x1.js", "var a;", 0 }, { "assets/plain.js", "var b;", 0 },
	{ "style.3f2a1b9c.css", "a{}", 0 },
	{ "big.js", "let x = 'compress me';\n", 4000 },
	{ "huge.bin", "0123456789abcdef", 3 * 1024 * 1024 },
	{ "_headers", "/test.txt\n  X-Rule: one\n  Cache-Control: public, max-age=7\n"
	    "  X-Content-Type-Options: sniff\n  ETag: \"mine\"\n  Vary: Cookie\n"
	    "/docs/*\n  X-Docs: yes\n/docs/a\n  ! X-Docs\n"
	    "/private/*\n  X-Rule: never\n", 0 },
	{ "_redirects", "/old /new 302\n/ext https://other.example/x\n"
	    "/u/:id /users/:id\n/s/* /t/:splat 308\n/forced /about 301!\n"
	    "/about /never\n/rw /about 200\n/rw2/* /dir/ 200\n/rwapi /api/lib.js 200\n"
	    "/rwpriv /private/k.txt 200\n/rwup k=:f /docs/:f 200\n/gone /none 410\n"
	    "/gone2 /about 410\n/lost2 /about 404\n/q id=:id /item/:id\n"
	    "/q /noid?x=1 302\n/frag /about#top 302\n/loop /loop/\n"
	    "/api/* /about 200!\n/private/* /about 200!\n", 0 },
};
static const struct source_file spa[] = {
	{ "index.html", "app", 0 }, { "x/index.html", "sub", 0 }, { "a.js", "js", 0 },
};
static const struct source_file page200[] = {
	{ "200.html", "all", 0 }, { "file.txt", "f", 0 },
};
static const struct source_file bare[] = {
	{ "a.txt", "a", 0 }, { "ten.js", "let x = 'compress me';\n", 10240 },
};

static int
setup(void **state)
{
	int64_t app;

	(void)state;
	fixture_open();
	app = make_app("blog");
	make_alias("blog", app);
	deploy(app, blog, COUNT(blog), false, true);
	app = make_app("spa");
	make_alias("spa", app);
	deploy(app, spa, COUNT(spa), true, true);
	app = make_app("all");
	make_alias("all", app);
	deploy(app, page200, COUNT(page200), false, true);
	app = make_app("bare");
	make_alias("bare", app);
	deploy(app, bare, COUNT(bare), false, true);
	make_alias("empty", make_app("empty"));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

/* body "" = do not look; a redirect's body column is its Location. */
struct path_row {
	const char	*host;
	const char	*line;
	int		 status;
	const char	*body;
};

static void
check_rows(const struct path_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct path_row *r = &rows[i];
		bool moved = r->status >= 300 && r->status < 400;
		const char *got;
		struct talk t;
		size_t len;

		talk(&t, r->host, r->line, NULL);
		got = moved ? header(&t, "Location") : body(&t, &len);
		if (t.rs.status != r->status ||
		    (r->body[0] != '\0' && strcmp(got, r->body) != 0))
			fail_msg("%s %s gave %d: %s", r->host, r->line, t.rs.status, got);
		talk_end(&t);
	}
}

static void
test_paths(void **state)
{
	static const struct path_row rows[] = {
		{ BLOG, "GET /", 200, "home" }, { BLOG, "GET //", 200, "home" },
		{ BLOG, "GET /index.html", 200, "home" },
		{ BLOG, "GET /index", 200, "home" },
		{ BLOG, "GET /about.html", 200, "about" },
		{ BLOG, "GET /dir/", 200, "folder" }, { BLOG, "GET /dir", 301, "/dir/" },
		{ BLOG, "GET /dir?a=1&b=%20", 301, "/dir/?a=1&b=%20" },
		{ BLOG, "GET /dir/index", 200, "folder" },
		{ BLOG, "GET /both", 200, "both file" },
		{ BLOG, "GET /both/", 200, "both folder" },
		{ BLOG, "GET /docs", 404, "lost" }, { BLOG, "GET /docs/", 404, "lost" },
		{ BLOG, "GET /docs/a", 200, "doc a" },
		{ BLOG, "GET /docs/a/", 301, "/docs/a" },
		{ BLOG, "GET /docs/a.html/?q", 301, "/docs/a.html?q" },
		{ BLOG, "GET /test.txt/", 301, "/test.txt" },
		{ BLOG, "GET /a%20b/%C3%A4.txt", 200, "umlaut" },
		{ BLOG, "GET /a%20b/%C3%A4.txt/", 301, "/a%20b/%C3%A4.txt" },
		{ BLOG, "GET //dir", 301, "/dir/" },
		{ BLOG, "GET /%2fdir", 301, "/dir/" },
		{ BLOG, "GET /none", 404, "lost" },
		{ BLOG, "GET /none.txt", 404, "lost" },
		{ BLOG, "GET /About.html", 404, "lost" },
		{ BLOG, "GET /empty.txt", 200, "" },
		{ BLOG, "GET /manifest.json", 200, "{\"name\":\"blog\"}" },
		{ BLOG, "GET /404", 200, "lost" },
		/* SPA */
		{ "spa.example.com", "GET /", 200, "app" },
		{ "spa.example.com", "GET /deep/er", 200, "app" },
		{ "spa.example.com", "GET /deep/er/?x=1", 301, "/deep/er?x=1" },
		{ "spa.example.com", "GET /x", 301, "/x/" },
		{ "spa.example.com", "GET /x/", 200, "sub" },
		{ "spa.example.com", "GET /missing.js", 404, "" },
		{ "spa.example.com", "GET /v1.2/page", 200, "app" },
		{ "spa.example.com", "GET /missing.js/", 404, "" },
		{ "spa.example.com", "GET /.git/config", 404, "" },
		{ "spa.example.com", "GET /_headers", 404, "" },
		/* 200.html */
		{ "all.example.com", "GET /", 200, "all" },
		{ "all.example.com", "GET /x", 200, "all" },
		{ "all.example.com", "GET /x/", 301, "/x" },
		{ "all.example.com", "GET /x.png", 404, "" },
		/* neither */
		{ "bare.example.com", "GET /", 404, "" },
		{ "bare.example.com", "GET /a", 404, "" },
		{ "bare.example.com", "GET /a.txt", 200, "a" },
		{ "empty.example.com", "GET /", 404, "" },
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void
test_hidden(void **state)
{
	static const struct path_row rows[] = {
		{ BLOG, "GET /_headers", 404, "lost" },
		{ BLOG, "GET /_redirects", 404, "lost" },
		{ BLOG, "GET /.env.txt", 404, "lost" },
		{ BLOG, "GET /.env", 404, "lost" },
		{ BLOG, "GET /x/.git/config", 404, "lost" },
		{ BLOG, "GET /x/%2egit/config", 404, "lost" },
		{ BLOG, "GET /.well-known/acme", 200, "well" },
		{ BLOG, "GET /.well-known/.hidden", 404, "lost" },
		{ BLOG, "GET /api/lib.js", 404, "" },
		{ BLOG, "GET //api//lib.js", 404, "" },
		{ BLOG, "GET /x/../api/lib.js", 404, "" },
		{ BLOG, "GET /x%2f..%2fapi%2flib.js", 404, "" },
		{ BLOG, "GET /private/k.txt", 401, "Sign in to see this.\n" },
		{ BLOG, "GET //private///k.txt", 401, "Sign in to see this.\n" },
		{ BLOG, "GET /x/%2e%2e/private/k.txt", 401, "Sign in to see this.\n" },
		{ BLOG, "GET /x%2f..%2fprivate/k.txt", 401, "Sign in to see this.\n" },
		{ BLOG, "GET /private", 401, "Sign in to see this.\n" },
		{ BLOG, "GET /private/", 401, "Sign in to see this.\n" },
		{ BLOG, "GET /private/none", 401, "Sign in to see this.\n" },
		{ BLOG, "GET /PRIVATE/k.txt", 404, "lost" },
		{ BLOG, "GET /rwapi", 404, "lost" }, { BLOG, "GET /rwpriv", 404, "lost" },
		{ BLOG, "GET /rwup?k=../private/k.txt", 404, "lost" },
		{ BLOG, "GET /rwup?k=a", 200, "doc a" },
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void
test_rules(void **state)
{
	static const struct path_row rows[] = {
		{ BLOG, "GET /old", 302, "/new" }, { BLOG, "GET /old/", 302, "/new" },
		{ BLOG, "GET /old?a=b", 302, "/new?a=b" },
		{ BLOG, "GET /ext", 301, "https://other.example/x" },
		{ BLOG, "GET /u/7", 301, "/users/7" },
		{ BLOG, "GET /u/a%2Fb", 404, "lost" },
		{ BLOG, "GET /u/%3Fx%23", 301, "/users/%3Fx%23" },
		{ BLOG, "GET /s/a/b", 308, "/t/a/b" }, { BLOG, "GET /s/", 308, "/t/" },
		{ BLOG, "GET /s//evil.example/", 308, "/t/evil.example/" },
		{ BLOG, "GET /forced", 301, "/about" },
		{ BLOG, "GET /about", 200, "about" },
		{ BLOG, "GET /rw", 200, "about" },
		{ BLOG, "GET /rw2/x/y.z", 200, "folder" },
		{ BLOG, "GET /gone", 410, "" }, { BLOG, "GET /gone2", 410, "about" },
		{ BLOG, "GET /lost2", 404, "about" },
		{ BLOG, "GET /q?id=a%20b/c", 301, "/item/a%20b/c?id=a%20b/c" },
		{ BLOG, "GET /q", 302, "/noid?x=1" },
		{ BLOG, "GET /frag?a", 302, "/about?a#top" },
		{ BLOG, "GET /loop", 301, "/loop/" }, { BLOG, "GET /loop/", 404, "lost" },
		{ BLOG, "GET /api/x", 404, "" },
	};
	struct talk t;

	(void)state;
	check_rows(rows, COUNT(rows));
	talk(&t, BLOG, "GET /test.txt", NULL);
	assert_string_equal(header(&t, "X-Rule"), "one");
	assert_string_equal(header(&t, "Cache-Control"), "public, max-age=7");
	assert_string_equal(header(&t, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(header(&t, "ETag"), "\"" HASH "\"");
	assert_string_equal(header(&t, "Vary"), "Cookie");
	talk_end(&t);
	talk(&t, BLOG, "GET /docs/a", NULL);
	assert_string_equal(header(&t, "X-Docs"), "-");
	talk_end(&t);
	talk(&t, BLOG, "GET /docs/a.html", NULL);
	assert_string_equal(header(&t, "X-Docs"), "yes");
	talk_end(&t);
}

static void
test_headers(void **state)
{
	static const struct {
		const char	*path;
		const char	*type;
		const char	*cache;
	} rows[] = {
		{ "/", "text/html; charset=utf-8", "no-cache" },
		{ "/assets/app-x1.js", "text/javascript; charset=utf-8",
		    "public, max-age=31536000, immutable" },
		{ "/assets/plain.js", "text/javascript; charset=utf-8",
		    "public, max-age=300" },
		{ "/style.3f2a1b9c.css", "text/css; charset=utf-8",
		    "public, max-age=31536000, immutable" },
		{ "/manifest.json", "application/json", "public, max-age=300" },
		{ "/none", "text/html; charset=utf-8", "no-cache" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char line[64];
		struct talk t;

		snprintf(line, sizeof(line), "GET %s", rows[i].path);
		talk(&t, BLOG, line, NULL);
		assert_string_equal(header(&t, "Content-Type"), rows[i].type);
		assert_string_equal(header(&t, "Cache-Control"), rows[i].cache);
		assert_string_equal(header(&t, "X-Content-Type-Options"), "nosniff");
		assert_string_equal(header(&t, "Referrer-Policy"),
		    "strict-origin-when-cross-origin");
		assert_string_equal(header(&t, "Allow"), "GET, HEAD, OPTIONS");
		assert_string_equal(header(&t, "X-Request-ID"), "0123456789abcdef");
		assert_string_equal(header(&t, "X-Robots-Tag"), "-");
		talk_end(&t);
	}
}

static void
test_age(void **state)
{
	static const struct {
		const char	*path;
		enum edition_age age;
	} rows[] = {
		{ "a.html", EDITION_CHECK }, { "assets/a-b.html", EDITION_CHECK },
		{ "a.js", EDITION_SHORT }, { "app.deadbeef.js", EDITION_FOREVER },
		{ "app.1234abcd.js", EDITION_FOREVER },
		{ "app-1234abcd.min.js", EDITION_FOREVER },
		{ "img/logo_0a1b2c3d4e.png", EDITION_FOREVER },
		{ "js/chunk-5XKWPN2D.js", EDITION_FOREVER },
		{ "js/index.Dq8_wrgTd4a.js", EDITION_FOREVER },
		{ "app.1234abc.js", EDITION_SHORT },
		{ "report-20240131.pdf", EDITION_SHORT },
		{ "jquery.validate.js", EDITION_SHORT },
		{ "my-component.js", EDITION_SHORT },
		{ "photo-Summer2024.jpg", EDITION_SHORT },
		{ "deadbeef.js", EDITION_SHORT },
		{ "deadbeef/a.js", EDITION_SHORT }, { "x/assets/a-b.js", EDITION_SHORT },
		{ "assets/x/a-b.js", EDITION_FOREVER }, { "assets/-a.js", EDITION_SHORT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (edition_age_of(rows[i].path, mime_of(rows[i].path)) != rows[i].age)
			fail_msg("%s", rows[i].path);
}

static void
test_methods(void **state)
{
	static const struct {
		const char	*line;
		int		 status;
	} rows[] = {
		{ "OPTIONS /", 204 }, { "OPTIONS /none", 204 }, { "POST /", 405 },
		{ "PUT /test.txt", 405 }, { "DELETE /none", 405 }, { "PATCH /", 405 },
	};
	struct talk t, head;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		talk(&t, BLOG, rows[i].line, NULL);
		assert_int_equal(t.rs.status, rows[i].status);
		assert_string_equal(header(&t, "Allow"), "GET, HEAD, OPTIONS");
		talk_end(&t);
	}
	talk(&t, BLOG, "GET /big.js", "accept-encoding: gzip", NULL);
	talk(&head, BLOG, "HEAD /big.js", "accept-encoding: gzip", NULL);
	assert_int_equal(head.rs.status, 200);
	assert_int_equal(head.rs.len, t.rs.len);
	assert_int_equal(head.rs.nheaders, t.rs.nheaders);
	for (size_t i = 0; i < t.rs.nheaders; i++)
		assert_string_equal(header(&head, t.rs.headers[i].name),
		    t.rs.headers[i].value);
	talk_end(&head);
	talk(&head, BLOG, "HEAD /big.js", "range: bytes=0-1", NULL);
	assert_int_equal(head.rs.status, 200);
	talk_end(&head);
	talk_end(&t);
}

static void
test_conditions(void **state)
{
	static const struct {
		const char	*header;
		int		 status;
	} rows[] = {
		{ "if-none-match: \"" HASH "\"", 304 },
		{ "if-none-match: W/\"" HASH "\"", 304 },
		{ "if-none-match: \"x\", \"" HASH "\"", 304 },
		{ "if-none-match: *", 304 },
		{ "if-none-match: \"x\"", 200 }, { "if-none-match: " HASH, 200 },
		{ "if-none-match: \"" HASH "-gz\"", 200 },
		{ "if-modified-since: Fri, 31 Dec 2100 23:59:59 GMT", 304 },
		{ "if-modified-since: Sun, 06 Nov 1994 08:49:37 GMT", 200 },
		{ "if-modified-since: nonsense", 200 },
	};
	char line[96];
	struct talk t;
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		talk(&t, BLOG, "GET /test.txt", rows[i].header, NULL);
		if (t.rs.status != rows[i].status)
			fail_msg("%s gave %d", rows[i].header, t.rs.status);
		assert_string_equal(header(&t, "ETag"), "\"" HASH "\"");
		assert_string_equal(header(&t, "Cache-Control"), "public, max-age=7");
		(void)body(&t, &len);
		assert_int_equal(len, t.rs.status == 304 ? 0 : 4);
		talk_end(&t);
	}
	/* If-Modified-Since counts only without If-None-Match. */
	talk(&t, BLOG, "GET /test.txt", "if-none-match: \"x\"",
	    "if-modified-since: Fri, 31 Dec 2100 23:59:59 GMT", NULL);
	assert_int_equal(t.rs.status, 200);
	snprintf(line, sizeof(line), "if-modified-since: %s", header(&t,
	    "Last-Modified"));
	talk_end(&t);
	talk(&t, BLOG, "HEAD /test.txt", line, NULL);
	assert_int_equal(t.rs.status, 304);
	talk_end(&t);
	/* Pages of an error have no conditions. */
	talk(&t, BLOG, "GET /none", "if-none-match: *", "range: bytes=0-1", NULL);
	assert_int_equal(t.rs.status, 404);
	assert_string_equal(header(&t, "ETag"), "-");
	talk_end(&t);
}

static void
test_ranges(void **state)
{
	static const struct {
		const char	*range, *if_range;
		int		 status;
		const char	*body, *content_range;
	} rows[] = {
		{ "bytes=0-1", NULL, 206, "te", "bytes 0-1/4" },
		{ "bytes=2-", NULL, 206, "st", "bytes 2-3/4" },
		{ "bytes=-3", NULL, 206, "est", "bytes 1-3/4" },
		{ "bytes=0-", NULL, 206, "test", "bytes 0-3/4" },
		{ "bytes=1-99", NULL, 206, "est", "bytes 1-3/4" },
		{ "bytes=4-", NULL, 416, "", "bytes */4" },
		{ "bytes=-0", NULL, 416, "", "bytes */4" },
		{ "bytes=0-1,2-3", NULL, 200, "test", "-" },
		{ "bytes=2-1", NULL, 200, "test", "-" },
		{ "octets=0-1", NULL, 200, "test", "-" },
		{ "bytes=0-1", "\"" HASH "\"", 206, "te", "bytes 0-1/4" },
		{ "bytes=0-1", "W/\"" HASH "\"", 200, "test", "-" },
		{ "bytes=0-1", "\"x\"", 200, "test", "-" },
		{ "bytes=9-", "\"x\"", 200, "test", "-" },
		{ "bytes=0-1", "Sun, 06 Nov 1994 08:49:37 GMT", 200, "test", "-" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char range[64], if_range[64];
		struct talk t;
		size_t len;

		snprintf(range, sizeof(range), "range: %s", rows[i].range);
		snprintf(if_range, sizeof(if_range), "if-range: %s",
		    rows[i].if_range == NULL ? "" : rows[i].if_range);
		talk(&t, BLOG, "GET /test.txt", range,
		    rows[i].if_range == NULL ? NULL : if_range, NULL);
		if (t.rs.status != rows[i].status ||
		    strcmp(body(&t, &len), rows[i].body) != 0 ||
		    strcmp(header(&t, "Content-Range"), rows[i].content_range) != 0)
			fail_msg("%s %s gave %d %s", range, if_range, t.rs.status,
			    header(&t, "Content-Range"));
		talk_end(&t);
	}
}

static void
test_variants(void **state)
{
	static const struct {
		const char	*accept, *encoding, *end;
	} rows[] = {
		{ "gzip", "gzip", "-gz\"" }, { "gzip, br", "br", "-br\"" },
		{ "br;q=0.1, gzip", "gzip", "-gz\"" }, { "identity", "-", "\"" },
		{ "gzip;q=0", "-", "\"" },
	};
	char line[96], tag[64];
	struct talk t;
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(line, sizeof(line), "accept-encoding: %s", rows[i].accept);
		talk(&t, BLOG, "GET /big.js", line, NULL);
		assert_int_equal(t.rs.status, 200);
		assert_string_equal(header(&t, "Content-Encoding"), rows[i].encoding);
		assert_string_equal(header(&t, "ETag") + 33, rows[i].end);
		assert_string_equal(header(&t, "Vary"), "Accept-Encoding");
		(void)body(&t, &len);
		if (strcmp(rows[i].encoding, "-") == 0)
			assert_int_equal(len, 4000);
		else
			assert_true(len < 1000);
		snprintf(tag, sizeof(tag), "%s", header(&t, "ETag"));
		talk_end(&t);
		/* The tag of any variant is good, and comes back. */
		snprintf(line, sizeof(line), "if-none-match: %s", tag);
		talk(&t, BLOG, "GET /big.js", line, "accept-encoding: br", NULL);
		assert_int_equal(t.rs.status, 304);
		assert_string_equal(header(&t, "ETag"), tag);
		assert_string_equal(header(&t, "Vary"), "Accept-Encoding");
		assert_string_equal(header(&t, "Content-Encoding"), "-");
		talk_end(&t);
	}
	talk(&t, BLOG, "GET /big.js", "accept-encoding: br", "range: bytes=0-2", NULL);
	assert_int_equal(t.rs.status, 206);
	assert_string_equal(header(&t, "Content-Encoding"), "-");
	assert_string_equal(header(&t, "Vary"), "Accept-Encoding");
	assert_string_equal(body(&t, &len), "let");
	assert_int_equal(strlen(header(&t, "ETag")), 34);
	talk_end(&t);
	talk(&t, BLOG, "GET /test.txt", "accept-encoding: br", NULL);
	assert_string_equal(header(&t, "Content-Encoding"), "-");
	talk_end(&t);
}

/* Large files are streamed and not kept. */
static void
test_large(void **state)
{
	struct cache_stats before, after;
	struct talk t;
	const char *got;
	size_t len;

	(void)state;
	cache_stats(node.cache, &before);
	talk(&t, BLOG, "GET /huge.bin", NULL);
	assert_int_equal(t.rs.status, 200);
	assert_non_null(t.rs.source);
	got = body(&t, &len);
	assert_int_equal(len, 3 * 1024 * 1024);
	for (size_t i = 0; i < len; i += 4093)
		assert_int_equal(got[i], "0123456789abcdef"[i % 16]);
	talk_end(&t);
	talk(&t, BLOG, "GET /huge.bin", "range: bytes=1000000-1500000", NULL);
	assert_int_equal(t.rs.status, 206);
	got = body(&t, &len);
	assert_int_equal(len, 500001);
	assert_int_equal(got[0], "0123456789abcdef"[1000000 % 16]);
	assert_int_equal(got[500000], "0123456789abcdef"[1500000 % 16]);
	assert_string_equal(header(&t, "Content-Range"), "bytes 1000000-1500000/3145728");
	talk_end(&t);
	cache_stats(node.cache, &after);
	assert_int_equal(after.entries, before.entries);
}

/* Who is signed in may read private files; scripts of other origins may not. */
static void
test_private(void **state)
{
	struct talk t;
	size_t len;

	(void)state;
	talk(&t, BLOG, "GET /private/k.txt", NULL);
	assert_string_equal(header(&t, "Content-Type"), "text/plain; charset=utf-8");
	assert_string_equal(header(&t, "Cache-Control"), "private, no-cache");
	t.rq.caller.role = ROLE_USER;
	apphost_answer(&t.rq, &t.rs, t.rq.site);
	assert_int_equal(t.rs.status, 200);
	assert_string_equal(body(&t, &len), "secret file");
	assert_string_equal(header(&t, "Cache-Control"), "private, no-cache");
	assert_string_equal(header(&t, "X-Rule"), "-");
	t.headers[t.rq.headers.n++] = (struct pair){ "sec-fetch-site", "cross-site" };
	apphost_answer(&t.rq, &t.rs, t.rq.site);
	assert_int_equal(t.rs.status, 401);
	talk_end(&t);
}

static void
test_platform_paths(void **state)
{
	static const struct {
		const char	*line;
		int		 status;
		const char	*type, *text;
	} rows[] = {
		{ "GET /_ws", 426, "application/json", "\"code\":\"UPGRADE_REQUIRED\"" },
		{ "GET /_ws/x", 426, "application/json",
		    "\"code\":\"UPGRADE_REQUIRED\"" },
		{ "POST /_ws", 426, "application/json", "\"code\":\"UPGRADE_REQUIRED\"" },
		{ "GET /_wsx", 404, "text/html; charset=utf-8", "lost" },
		{ "GET /_blob/x", 403, "application/json", "\"code\":\"FORBIDDEN\"" },
		{ "GET /_fazt/tls", 404, "application/json", "\"code\":\"NOT_FOUND\"" },
		{ "GET /api/me", 401, "application/json", "\"code\":\"UNAUTHORIZED\"" },
		{ "POST /api/me", 404, "application/json", "\"code\":\"NOT_FOUND\"" },
		{ "GET /api", 404, "application/json", "\"id\":\"0123456789abcdef\"" },
		{ "GET /apix", 404, "text/html; charset=utf-8", "lost" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct talk t;
		size_t len;

		talk(&t, BLOG, rows[i].line, NULL);
		if (t.rs.status != rows[i].status ||
		    strcmp(header(&t, "Content-Type"), rows[i].type) != 0 ||
		    strstr(body(&t, &len), rows[i].text) == NULL)
			fail_msg("%s gave %d %s", rows[i].line, t.rs.status,
			    body(&t, &len));
		talk_end(&t);
	}
}

/* Of this thread alone: other work on the machine does not count. */
static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static double
measure(const char *host, const char *line, int n)
{
	struct site *site;
	struct talk t;
	int64_t began;

	talk(&t, host, line, "accept-encoding: gzip", NULL);
	t.headers[0].name = "accept-encoding";
	began = cpu_us();
	for (int i = 0; i < n; i++) {
		response_fini(&t.rs);
		arena_reset(t.arena);
		response_init(&t.rs, t.arena);
		t.rq.path = line + 4;
		t.rq.query = "";
		site = sites_lookup(&node, host);
		apphost_answer(&t.rq, &t.rs, site);
		site_unref(site);
	}
	began = cpu_us() - began;
	assert_int_equal(t.rs.status, 200);
	talk_end(&t);
	return (double)began * 1000 / n;
}

/* What is cached is answered without the store; FAZT_MEASURE=1 prints how fast. */
static void
test_cached(void **state)
{
	int n = getenv("FAZT_MEASURE") == NULL ? 10 : 100000;
	struct cache_stats before, after;
	double plain, ruled;

	(void)state;
	(void)measure(BLOG, "GET /big.js", 1);
	(void)measure("bare.example.com", "GET /ten.js", 1);
	cache_stats(node.cache, &before);
	for (int i = 0; i < 5; i++) {
		ruled = measure(BLOG, "GET /big.js", n);
		plain = measure("bare.example.com", "GET /ten.js", n);
		if (n > 10)
			print_message("%.0f ns an answer, %.0f with rules\n", plain,
			    ruled);
	}
	cache_stats(node.cache, &after);
	assert_int_equal(after.misses, before.misses);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_private),
		cmocka_unit_test(test_platform_paths),
		cmocka_unit_test(test_cached),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
