/* _headers and _redirects: every form of a line, what is refused, what a match gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "deploy/rules.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct warned {
	int	 n;
	int	 line;
	char	 file[32];
	char	 text[256];
};

static void
warn(void *arg, const char *file, int line, int column, const char *message)
{
	struct warned *w = arg;

	assert_int_equal(column, 1);
	w->n++;
	w->line = line;
	snprintf(w->file, sizeof(w->file), "%s", file);
	snprintf(w->text, sizeof(w->text), "%s", message);
}

static struct rules *
headers(const char *text, struct warned *w)
{
	memset(w, 0, sizeof(*w));
	return rules_parse(text, strlen(text), NULL, 0, warn, w);
}

static struct rules *
redirects(const char *text, struct warned *w)
{
	memset(w, 0, sizeof(*w));
	return rules_parse(NULL, 0, text, strlen(text), warn, w);
}

/* "STATUS TO" of the first rule that fits, "-" for none. */
static const char *
go(struct arena *a, const struct rules *r, const char *path, const char *query,
    bool forced)
{
	struct pairs args = { 0 };
	struct rules_hit hit;

	assert_int_equal(query_parse(a, query, strlen(query), &args), FZ_OK);
	if (!rules_redirect(r, a, path, &args, forced, &hit))
		return "-";
	return arena_printf(a, "%d %s", hit.status, hit.to);
}

static void
test_redirects(void **state)
{
	static const struct {
		const char	*rule, *path, *query, *want;
	} t[] = {
		{ "/a /b", "/a", "", "301 /b" }, { "/a /b", "/a/", "", "301 /b" },
		{ "/a/ /b", "/a", "", "301 /b" }, { "/a /b", "/ab", "", "-" },
		{ "/a /b", "/a/b", "", "-" }, { "/a /b", "/A", "", "-" },
		{ "/a /b", "/", "", "-" },
		{ "/ /b", "/", "", "301 /b" }, { "/ /b", "/a", "", "-" },
		{ "  /a\t/b  302 \r", "/a", "", "302 /b" },
		{ "/a /b # why", "/a", "", "301 /b" },
		{ "/a /b 303", "/a", "", "303 /b" }, { "/a /b 307", "/a", "", "307 /b" },
		{ "/a /b 308", "/a", "", "308 /b" }, { "/a /b 200", "/a", "", "200 /b" },
		{ "/a /b 404", "/a", "", "404 /b" }, { "/a /b 410", "/a", "", "410 /b" },
		{ "/a https://x.example/", "/a", "", "301 https://x.example/" },
		{ "/a HTTP://x.example", "/a", "", "301 HTTP://x.example" },
		{ "/a%20b /c", "/a b", "", "301 /c" },
		{ "/\xc3\xa4 /c", "/\xc3\xa4", "", "301 /c" },
		{ "/a /\xc3\xa4", "/a", "", "301 /%C3%A4" },
		{ "/a /b%20c 200", "/a", "", "200 /b c" },
		{ "/a /b?x#y 200", "/a", "", "200 /b" },
		{ "/a /b%20c", "/a", "", "301 /b%20c" },
		/* placeholders */
		{ "/u/:id /v/:id", "/u/7", "", "301 /v/7" },
		{ "/u/:id /v/:id", "/u", "", "-" },
		{ "/u/:id /v/:id", "/u/", "", "-" },
		{ "/u/:id /v/:id", "/u/7/8", "", "-" },
		{ "/:a/:b /:b/:a", "/x/y", "", "301 /y/x" },
		{ "/:a /x/:ab/:a-z", "/1", "", "301 /x/:ab/1-z" },
		{ "/:a /x?y=:a&z=:a", "/1 &=/2", "", "-" },
		{ "/:a /x?y=:a", "/1 &=+", "", "301 /x?y=1%20%26%3D%2B" },
		{ "/:a /x/:a", "/1 ?#%<\"", "", "301 /x/1%20%3F%23%25%3C%22" },
		{ "/:a /x/:a 200", "/1 ?", "", "200 /x/1 ?" },
		{ "/:a https://x.example:8080/:a", "/1", "",
		    "301 https://x.example:8080/1" },
		/* splat */
		{ "/s/* /t/:splat", "/s/a/b", "", "301 /t/a/b" },
		{ "/s/* /t/:splat", "/s/", "", "301 /t/" },
		{ "/s/* /t/:splat", "/s", "", "301 /t/" },
		{ "/s/* /t/:splat", "/sx", "", "-" }, { "/* /t", "/", "", "301 /t" },
		{ "/* /:splat/x", "/a", "", "301 /a/x" }, { "/* /:splat", "/a", "", "-" },
		{ "/img-* /i/:splat", "/img-1/2", "", "301 /i/1/2" },
		{ "/img-* /i/:splat", "/im", "", "-" },
		{ "/* /:splatter", "/a", "", "301 /:splatter" },
		{ "/:a/* https://x.example/:splat?u=:a", "/b/c d", "",
		    "301 https://x.example/c%20d?u=b" },
		/* query */
		{ "/a k=v /b", "/a", "k=v", "301 /b" }, { "/a k=v /b", "/a", "k=w", "-" },
		{ "/a k=v /b", "/a", "", "-" },
		{ "/a k=v /b", "/a", "x=1&k=v", "301 /b" },
		{ "/a k=:x /b/:x", "/a", "k=1", "301 /b/1" },
		{ "/a k=:x /b/:x", "/a", "k=%2Fevil", "301 /b//evil" },
		{ "/a k=:x /:x", "/a", "k=/evil.example", "301 /evil.example" },
		{ "/a k=:x /:x", "/a", "k=%5Cevil.example", "301 /%5Cevil.example" },
		{ "/a k=:x /b?r=:x", "/a", "k=a%0d%0ab", "301 /b?r=a%0D%0Ab" },
		{ "/a k=:x l=:y /:y/:x", "/a", "l=1&k=2", "301 /1/2" },
		{ "/a k=a%20b /b", "/a", "k=a+b", "301 /b" },
		{ "/a k= /b", "/a", "k", "301 /b" },
		/* no loops */
		{ "/a /a/", "/a", "", "301 /a/" }, { "/a /a/", "/a/", "", "-" },
		{ "/a /a?x=1", "/a", "", "-" }, { "/* /x", "/x", "", "-" },
		{ "/a%20b /a%20b", "/a b", "", "-" }, { "/a /a 200", "/a", "", "200 /a" },
		/* order */
		{ "/a /1\n/a /2", "/a", "", "301 /1" },
		{ "/a k=1 /1\n/a /2", "/a", "", "301 /2" },
		{ "\xef\xbb\xbf/a /1", "/a", "", "301 /1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct arena *a = arena_new();
		struct warned w;
		struct rules *r = redirects(t[i].rule, &w);
		const char *got = go(a, r, t[i].path, t[i].query, false);

		if (w.n != 0 || strcmp(got, t[i].want) != 0)
			fail_msg("%s on %s?%s gave %s (%s)", t[i].rule, t[i].path,
			    t[i].query, got, w.text);
		assert_string_equal(go(a, r, t[i].path, t[i].query, true), "-");
		rules_free(r);
		arena_free(a);
	}
}

static void
test_forced(void **state)
{
	struct arena *a = arena_new();
	struct warned w;
	struct rules *r = redirects("/a /1\n/a /2 302!\n/b /3 200!", &w);

	(void)state;
	assert_int_equal(w.n, 0);
	assert_string_equal(go(a, r, "/a", "", true), "302 /2");
	assert_string_equal(go(a, r, "/a", "", false), "301 /1");
	assert_string_equal(go(a, r, "/b", "", true), "200 /3");
	assert_string_equal(go(a, r, "/b", "", false), "-");
	rules_free(r);
	arena_free(a);
}

static void
test_refused_redirects(void **state)
{
	static const char *const bad[] = { "/a", "a /b", "/a b", "/a /b 299", "/a /b 999",
		"/a /b 301 x", "/a /b x", "/a /b 301?", "/a /b 3011", "/a /b 0301",
		    "/a /b !",
		"/a //evil.example/", "/a /\\evil.example", "/a ftp://x/", "/a https://",
		"/a https:///x", "/a https://x.example 200", "/a http://x.example 404",
		"/a javascript:alert(1)", "/*/a /b", "/a*b /c", "/** /b", "/:a: /b",
		    "/: /b",
		"/:1 /b", "/a:b/:c-d /b", "/%zz /b", "/%00 /b", "/\xff /b", "/a /\xff",
		"/:h https://:h/x", "/:h https://x.:h.example/", "/a k=:h https://:h",
		"/a k=: /b", "/a k=:a-b /b", "/a =v /b", "/a k=%zz /b", "/a k=v",
		"/a 1=1 2=2 3=3 4=4 5=5 6=6 7=7 8=8 9=9 /b",
		    "/1/:a/:b/:c/:d/:e/:f/:g/:h/:i /b",
		"/a /b 301 Country=us", "https://x.example/a /b", "/a /b\x01",
		    "/a /%zz 200" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		char text[512];
		struct warned w;
		struct rules *r;
		struct arena *a = arena_new();

		snprintf(text, sizeof(text), "# first\n%s\n/last /ok", bad[i]);
		r = redirects(text, &w);
		if (w.n != 1 || w.line != 2 || strcmp(w.file, "_redirects") != 0)
			fail_msg("%s: %d warnings, line %d: %s", bad[i], w.n, w.line,
			    w.text);
		assert_string_equal(go(a, r, "/last", "", false), "301 /ok");
		rules_free(r);
		arena_free(a);
	}
}

static void
test_limits(void **state)
{
	struct arena *a = arena_new();
	struct warned w = { 0 };
	struct response rs;
	struct rules *r;
	struct buf red, head;

	(void)state;
	buf_init(&red, MIB);
	buf_init(&head, MIB);
	for (int i = 0; i < 1002; i++)
		buf_printf(&red, "/r%d /t\n", i);
	for (int i = 0; i < 202; i++)
		buf_printf(&head, "/h%d\n  X-N: %d\n", i, i);
	r = rules_parse(head.data, head.len, red.data, red.len, warn, &w);
	assert_int_equal(w.n, 3);
	assert_string_equal(go(a, r, "/r999", "", false), "301 /t");
	assert_string_equal(go(a, r, "/r1000", "", false), "-");
	response_init(&rs, a);
	rules_headers(r, "/h200", &rs);
	assert_null(response_get(&rs, "X-N"));
	rules_headers(r, "/h199", &rs);
	assert_string_equal(response_get(&rs, "X-N"), "199");
	rules_free(r);
	buf_fini(&red);
	buf_fini(&head);
	arena_free(a);
}

static void
test_headers(void **state)
{
	static const char text[] = "# top\n/*\n  X-All: 1\n\tX-Frame-Options: DENY\n"
	    "/a/:b\r\n  X-All:2:3 \r\n  ! X-Gone\n/a/b/*\n  Link: </x>; rel=preload\n"
	    "  Link: </y>; rel=preload\n  Set-Cookie: a=b; Path=/\n  X-Empty:\n";
	struct arena *a = arena_new();
	struct warned w;
	struct rules *r = headers(text, &w);
	struct response rs;
	size_t links = 0;

	(void)state;
	assert_int_equal(w.n, 0);
	response_init(&rs, a);
	response_header(&rs, "X-Gone", "1");
	rules_headers(r, "/x", &rs);
	assert_string_equal(response_get(&rs, "X-All"), "1");
	assert_string_equal(response_get(&rs, "X-Frame-Options"), "DENY");
	assert_string_equal(response_get(&rs, "X-Gone"), "1");
	rules_headers(r, "/a/b/", &rs);
	assert_string_equal(response_get(&rs, "X-All"), "2:3");
	assert_null(response_get(&rs, "X-Gone"));
	assert_string_equal(response_get(&rs, "X-Empty"), "");
	for (size_t i = 0; i < rs.nheaders; i++)
		links += strcmp(rs.headers[i].name, "Link") == 0;
	assert_int_equal(links, 2);
	assert_false(rs.broken);
	rules_headers(NULL, "/", &rs);
	rules_free(r);
	arena_free(a);
}

/* More headers than an answer may have leave room for the server's own. */
static void
test_many_headers(void **state)
{
	struct arena *a = arena_new();
	struct response rs;
	struct rules *r;
	struct warned w;
	struct buf b;

	(void)state;
	buf_init(&b, MIB);
	buf_puts(&b, "/*\n");
	for (int i = 0; i < 100; i++)
		buf_printf(&b, "  X-%d: %01000d\n", i, i);
	r = headers(b.data, &w);
	response_init(&rs, a);
	rules_headers(r, "/", &rs);
	for (int i = 0; i < 10; i++)
		response_headerf(&rs, "X-Own", "%d", i);
	assert_false(rs.broken);
	assert_true(rs.nheaders > 4);
	rules_free(r);
	buf_fini(&b);
	arena_free(a);
}

static void
test_refused_headers(void **state)
{
	static const struct {
		const char	*line;
		int		 at;
	} t[] = {
		{ "/a\n  Status: 200", 2 }, { "/a\n  content-length: 1", 2 },
		{ "/a\n  Transfer-Encoding: x", 2 }, { "/a\n  Connection: x", 2 },
		{ "/a\n  Trailer: x", 2 }, { "/a\n  Upgrade: x", 2 },
		{ "/a\n  X-Accel-Redirect: /x", 2 }, { "/a\n  x-accel-buffering: no", 2 },
		{ "/a\n  X-Sendfile: /etc/passwd", 2 },
		{ "/a\n  X-LiteSpeed-Location: /x", 2 },
		{ "/a\n  Strict-Transport-Security: x", 2 }, { "/a\n  Alt-Svc: x", 2 },
		{ "/a\n  Clear-Site-Data: x", 2 }, { "/a\n  ! Connection", 2 },
		{ "/a\n  Set-Cookie: a=b; Domain=example.com", 2 },
		{ "/a\n  Set-Cookie: a=b;domain = x", 2 },
		{ "/a\n  Set-Cookie: __Host-fazt=x", 2 },
		{ "/a\n  Set-Cookie: __HOST-fazt_admin=x", 2 },
		{ "/a\n  Set-Cookie: fazt_split=x", 2 },
		{ "/a\n  Set-Cookie: __Secure-fazt=1", 2 },
		{ "/a\n  No colon", 2 }, { "/a\n  : x", 2 }, { "/a\n  A b: x", 2 },
		{ "/a\n  X: a\x01z", 2 }, { "/a\n  X: a\x7fz", 2 },
		{ "/a\n  X\x01: a", 2 },
		{ "/a\n  !", 2 }, { "/a\n  ! a b", 2 },
		{ "a\n  X: 1", 1 }, { "/*/x\n  X: 1", 1 }, { "/:\n  X: 1", 1 },
		{ "  X: 1", 1 },
		{ "https://x.example/a\n  X: 1", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct arena *a = arena_new();
		struct warned w;
		struct rules *r = headers(t[i].line, &w);
		struct response rs;

		if (w.n != 1 || w.line != t[i].at || strcmp(w.file, "_headers") != 0)
			fail_msg("%s: %d warnings, line %d: %s", t[i].line, w.n, w.line,
			    w.text);
		response_init(&rs, a);
		rules_headers(r, "/a", &rs);
		assert_int_equal(rs.nheaders, 0);
		assert_false(rs.broken);
		rules_free(r);
		arena_free(a);
	}
}

static void
test_nul(void **state)
{
	static const char text[] = "/a\n  X: a\0b\n  Y: 1\n";
	struct arena *a = arena_new();
	struct warned w = { 0 };
	struct rules *r = rules_parse(text, sizeof(text) - 1, NULL, 0, warn, &w);
	struct response rs;

	(void)state;
	assert_int_equal(w.n, 1);
	response_init(&rs, a);
	rules_headers(r, "/a", &rs);
	assert_null(response_get(&rs, "X"));
	assert_string_equal(response_get(&rs, "Y"), "1");
	rules_free(r);
	arena_free(a);
	rules_free(rules_parse(NULL, 0, NULL, 0, NULL, NULL));
	rules_free(rules_parse("", 0, "", 0, NULL, NULL));
	rules_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_forced),
		cmocka_unit_test(test_refused_redirects),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_many_headers),
		cmocka_unit_test(test_refused_headers),
		cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
