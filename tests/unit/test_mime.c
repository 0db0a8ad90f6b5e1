/* Content types: the table is sorted, the web's types are right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/mime.c"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_table(void **state)
{
	char name[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *slash = strchr(rows[i].type, '/');
		size_t n;

		if (i > 0 && strcmp(rows[i - 1].extension, rows[i].extension) >= 0)
			fail_msg("not sorted: %s", rows[i].extension);
		assert_true(strlen(rows[i].extension) <= EXTENSION_MAX);
		snprintf(name, sizeof(name), "a/b.c.%s", rows[i].extension);
		assert_string_equal(mime_of(name), rows[i].type);
		assert_non_null(slash);
		essence(rows[i].type, &n);
		assert_true(mime_token(rows[i].type, (size_t)(slash - rows[i].type)));
		assert_true(mime_token(slash + 1, n - (size_t)(slash + 1 - rows[i].type)));
		if (strncmp(rows[i].type, "text/", 5) == 0)
			assert_non_null(strstr(rows[i].type, "; charset=utf-8"));
	}
}

static void
test_of(void **state)
{
	static const struct {
		const char	*path;
		const char	*type;
	} t[] = {
		{ "index.html", "text/html; charset=utf-8" },
		{ "/a/INDEX.HTML", "text/html; charset=utf-8" },
		{ "a.js", "text/javascript; charset=utf-8" },
		{ "a.min.mjs", "text/javascript; charset=utf-8" },
		{ "a.cjs", "text/javascript; charset=utf-8" },
		{ "a.js.map", "application/json" },
		{ "a.ts", "text/plain; charset=utf-8" },
		{ "a.tsx", "text/plain; charset=utf-8" },
		{ "a.jsx", "text/plain; charset=utf-8" },
		{ "a.css", "text/css; charset=utf-8" },
		{ "a.json", "application/json" },
		{ "a.wasm", "application/wasm" },
		{ "site.webmanifest", "application/manifest+json" },
		{ "a.svg", "image/svg+xml" },
		{ "a.avif", "image/avif" },
		{ "a.webp", "image/webp" },
		{ "favicon.ico", "image/x-icon" },
		{ "a.woff2", "font/woff2" },
		{ "a.glb", "model/gltf-binary" },
		{ "a.gltf", "model/gltf+json" },
		{ "a.usdz", "model/vnd.usdz+zip" },
		{ "a.hdr", "application/octet-stream" },
		{ "a.md", "text/markdown; charset=utf-8" },
		{ "a.mp4", "video/mp4" },
		{ "a.pdf", "application/pdf" },
		{ "a.tar.gz", "application/gzip" },
		{ "LICENSE", "application/octet-stream" },
		{ "", "application/octet-stream" },
		{ "a.", "application/octet-stream" },
		{ ".js", "application/octet-stream" },
		{ "a/.html", "application/octet-stream" },
		{ "a.html/b", "application/octet-stream" },
		{ "a.unknown", "application/octet-stream" },
		{ "a.htmlhtmlhtmlhtml", "application/octet-stream" },
		{ "a.ht ml", "application/octet-stream" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		assert_string_equal(mime_of(t[i].path), t[i].type);
}

static void
test_classes(void **state)
{
	static const struct {
		const char	*type;
		bool		 text;
		bool		 active;
	} t[] = {
		{ "text/html; charset=utf-8", true, true },
		{ "TEXT/HTML", true, true },
		{ " text/html ;x", true, true },
		{ "application/xhtml+xml", true, true },
		{ "image/svg+xml", true, true },
		{ "text/xml", true, true },
		{ "application/xml", true, true },
		{ "application/rss+xml", true, true },
		{ "text/xsl", true, true },
		{ "multipart/x-mixed-replace; boundary=x", false, true },
		{ "text/plain", true, false },
		{ "text/javascript", true, false },
		{ "application/json", true, false },
		{ "application/manifest+json", true, false },
		{ "application/wasm", true, false },
		{ "font/ttf", true, false },
		{ "font/woff2", false, false },
		{ "image/png", false, false },
		{ "image/webp", false, false },
		{ "application/zip", false, false },
		{ "application/octet-stream", false, false },
		/* malformed: nobody knows what a browser makes of it */
		{ "", false, true },
		{ "html", false, true },
		{ "image/", false, true },
		{ "/png", false, true },
		{ "image/png, text/html", false, true },
		{ "image/png;a=b, text/html", false, true },
		{ "image/png x", false, true },
		{ "image/p\"g", false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		if (mime_is_text(t[i].type) != t[i].text)
			fail_msg("text: %s", t[i].type);
		if (mime_is_active(t[i].type) != t[i].active)
			fail_msg("active: %s", t[i].type);
	}
}

static void
test_is(void **state)
{
	(void)state;
	assert_true(mime_is("application/json", "application/json"));
	assert_true(mime_is("Application/JSON;charset=utf-8", "application/json"));
	assert_true(mime_is(" application/json ; a=b", "application/json"));
	assert_false(mime_is("application/jsonp", "application/json"));
	assert_false(mime_is("application/jso", "application/json"));
	assert_false(mime_is("application/json,text/html", "application/json"));
	assert_false(mime_is("", "application/json"));
	assert_true(mime_token("X-a_b", 5));
	assert_false(mime_token("", 0));
	assert_false(mime_token("a b", 3));
	assert_false(mime_token("a:", 2));
	assert_false(mime_token("a\0", 2));
	assert_false(mime_token("\xc3\xa4", 2));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_of),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
