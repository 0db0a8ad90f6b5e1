/*
 * Whose request it is when a script of another origin sends it (contract 1.2), seen by a
 * file that is for those who are signed in.
 */
#include "tests/unit/site_fixture.h"

static const struct source_file files[] = {
	{ "index.html", "<h1>home</h1>", 0 },
	{ "private/k.txt", "secret file", 0 },
	{ "manifest.json", "{\"cors\":{\"credentials\":[\"https://friend.example\","
		"\"http://localhost:3000\"]}}", 0 },
};

static int
setup(void **state)
{
	int64_t app;

	(void)state;
	fixture_open();
	app = make_app("blog");
	make_alias("blog", app);
	deploy(app, files, COUNT(files), false, true);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

#define BLOG "blog.example.com"
#define HOST "host: blog.example.com"
#define NAVIGATE "sec-fetch-mode: navigate"
#define DOCUMENT "sec-fetch-dest: document"

static const struct {
	const char	*line;
	const char	*headers[4];
	bool		 secure;
	bool		 visitor;	/* counts as the signed-in one */
} rows[] = {
	/* no browser, or an old one without an origin */
	{ "GET", { HOST }, true, true },
	{ "POST", { HOST }, true, true },
	/* Sec-Fetch-Site */
	{ "GET", { HOST, "sec-fetch-site: same-origin" }, true, true },
	{ "GET", { HOST, "sec-fetch-site: none" }, true, true },
	{ "GET", { HOST, "sec-fetch-site: same-site" }, true, false },
	{ "GET", { HOST, "sec-fetch-site: cross-site" }, true, false },
	{ "GET", { HOST, "sec-fetch-site: something" }, true, false },
	{ "GET", { HOST, "sec-fetch-site: " }, true, false },
	/* a top-level navigation */
	{ "GET", { HOST, "sec-fetch-site: cross-site", NAVIGATE, DOCUMENT }, true, true },
	{ "HEAD", { HOST, "sec-fetch-site: cross-site", NAVIGATE, DOCUMENT }, true, true },
	{ "POST", { HOST, "sec-fetch-site: cross-site", NAVIGATE, DOCUMENT }, true, false },
	{ "GET", { HOST, "sec-fetch-site: cross-site", NAVIGATE, "sec-fetch-dest: iframe" },
	  true, false },
	{ "GET", { HOST, "sec-fetch-site: cross-site", NAVIGATE, "sec-fetch-dest: object" },
	  true, false },
	{ "GET", { HOST, "sec-fetch-site: cross-site", NAVIGATE }, true, false },
	{ "GET", { HOST, "sec-fetch-site: cross-site", "sec-fetch-mode: cors", DOCUMENT }, true,
	  false },
	/* Origin */
	{ "GET", { HOST, "origin: https://blog.example.com" }, true, true },
	{ "GET", { HOST, "origin: https://BLOG.example.com" }, true, true },
	{ "GET", { HOST, "origin: http://blog.example.com" }, true, false },
	{ "GET", { HOST, "origin: http://blog.example.com" }, false, true },
	{ "GET", { HOST, "origin: https://blog.example.com:8443" }, true, false },
	{ "GET", { "host: blog.example.com:8443", "origin: https://blog.example.com:8443" },
	  true, true },
	{ "GET", { HOST, "origin: https://evil.example" }, true, false },
	{ "GET", { HOST, "origin: https://blog.example.com.evil.example" }, true, false },
	{ "GET", { HOST, "origin: https://evil.example/blog.example.com" }, true, false },
	{ "GET", { HOST, "origin: https://other.example.com" }, true, false },
	{ "GET", { HOST, "origin: null" }, true, false },
	{ "GET", { HOST, "origin: " }, true, false },
	{ "GET", { HOST, "origin: blog.example.com" }, true, false },
	{ "GET", { HOST, "origin: https://evil.example", "sec-fetch-site: same-origin" }, true,
	  false },
	{ "GET", { "origin: https://blog.example.com" }, true, false },
	/* listed in the manifest */
	{ "GET", { HOST, "origin: https://friend.example", "sec-fetch-site: cross-site" }, true,
	  true },
	{ "POST", { HOST, "origin: https://friend.example" }, true, true },
	{ "GET", { HOST, "origin: http://localhost:3000" }, true, true },
	{ "GET", { HOST, "origin: http://localhost:3001" }, true, false },
	{ "GET", { HOST, "origin: https://friend.example.evil" }, true, false },
	{ "GET", { HOST, "origin: https://FRIEND.example" }, true, false },
	{ "GET", { HOST, "origin: https://x.friend.example" }, true, false },
};

static void
test_origin(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *const *h = rows[i].headers;
		char line[64];
		struct talk t;

		snprintf(line, sizeof(line), "%s /private/k.txt", rows[i].line);
		talk(&t, BLOG, line, h[0], h[1], h[2], h[3], NULL);
		assert_int_equal(t.rs.status, 401);
		response_fini(&t.rs);
		t.rq.caller.role = ROLE_USER;
		t.rq.secure = rows[i].secure;
		apphost_answer(&t.rq, &t.rs, t.rq.site);
		assert_int_equal(t.rq.from_unknown_origin, !rows[i].visitor);
		/* Files answer only GET and HEAD, but never 401 to who may. */
		if ((t.rs.status != 401) != rows[i].visitor)
			fail_msg("row %zu: %s %s %s %s gives %d", i, rows[i].line, h[0],
			    h[1] == NULL ? "" : h[1], h[2] == NULL ? "" : h[2], t.rs.status);
		talk_end(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_origin),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
