/* What the platform says on app hosts: a page for people, JSON for programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "auth/page.h"
#include "base/embed.h"
#include "fcgi/pages.h"
#include "tests/unit/xss.h"

static struct node node = { .domain = "example.com" };
static struct pair accept = { "accept", "text/html" };
static struct request rq;
static struct response rs;

static int
setup(void **state)
{
	(void)state;
	memset(&rq, 0, sizeof(rq));
	rq.arena = arena_new();
	rq.node = &node;
	rq.path = "/x";
	rq.query = rq.content_type = "";
	strcpy(rq.id, "rq-1");
	accept.value = "text/html";
	rq.headers = (struct pairs){ &accept, 1 };
	response_init(&rs, rq.arena);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	response_fini(&rs);
	arena_free(rq.arena);
	return 0;
}

static const char *
body(void)
{
	assert_false(rs.broken);
	return rs.bytes;
}

static void
page_for_people(void **state)
{
	(void)state;
	pages_error(&rq, &rs, FZ_MAINTENANCE, "Back at <noon> & not before");
	assert_int_equal(rs.status, 503);
	assert_string_equal(response_get(&rs, "Content-Type"), "text/html; charset=utf-8");
	assert_string_equal(response_get(&rs, "Cache-Control"), "no-store");
	assert_string_equal(response_get(&rs, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(response_get(&rs, "Content-Security-Policy"),
	    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
	    "form-action 'none'");
	assert_non_null(strstr(body(), "<main>\n<p class=\"status\">503</p>\n"
	    "<h1>Under maintenance</h1>\n<p>Back at &lt;noon&gt; &amp; not before</p>\n"
	    "<p><small>Request rq-1</small></p>\n</main>"));
	assert_null(strstr(body(), "fazt"));
	assert_null(strstr(body(), "http"));
}

static void
heading_is_not_said_twice(void **state)
{
	(void)state;
	pages_error(&rq, &rs, FZ_NOT_FOUND, NULL);
	assert_int_equal(rs.status, 404);
	assert_non_null(strstr(body(), "<h1>Not found</h1>\n<p><small>"));
}

static void
json_for_programs(void **state)
{
	static const struct { const char *path, *accept; bool json; } rows[] = {
		{ "/x", "application/json", true },
		{ "/x", "text/html, application/json", false },
		{ "/x", "*/*", false },
		{ "/api", "text/html", true },
		{ "/api/x", "text/html", true },
		{ "/apix", "text/html", false },
		{ "/_blob/x", "text/html", true },
		{ "/_ws", "text/html", true },
		{ "/_fazt/x", "text/html", true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)teardown(state);
		(void)setup(state);
		rq.path = rows[i].path;
		accept.value = rows[i].accept;
		pages_status(&rq, &rs, 410, "Gone", "GONE", "it \"went\"");
		assert_int_equal(rs.status, 410);
		if (rows[i].json)
			assert_string_equal(body(),
			    "{\"error\":\"it \\\"went\\\"\",\"code\":\"GONE\",\"id\":\"rq-1\"}");
		else
			assert_non_null(strstr(body(), "<h1>Gone</h1>"));
	}
	(void)teardown(state);
	(void)setup(state);
	rq.path = "/api/x";
	pages_error(&rq, &rs, FZ_OVERLOADED, NULL);
	assert_non_null(strstr(body(), ",\"code\":\"OVERLOADED\",\"retryable\":true,"));
}

static void
payloads_stay_text(void **state)
{
	char want[XSS_SKELETON], got[XSS_SKELETON];

	pages_error(&rq, &rs, FZ_MAINTENANCE, "plain");
	xss_skeleton(want, body());
	for (size_t i = 0; i < XSS_COUNT; i++) {
		(void)teardown(state);
		(void)setup(state);
		pages_error(&rq, &rs, FZ_MAINTENANCE, xss[i]);
		xss_skeleton(got, body());
		assert_string_equal(got, want);
	}
}

/*
 * Every "--name: value" of the page stands in the sheet of the other pages too, for the
 * same setting: light before dark.
 */
static void
looks_like_the_others(void **state)
{
	char tag[HTTP_COND_TAG], rule[100];
	const char *at, *sheet = page_style(tag)->data;
	const char *sheet_dark = strstr(sheet, "@media (prefers-color-scheme: dark)");
	const char *page_dark;
	int n = 0;

	(void)state;
	pages_error(&rq, &rs, FZ_NOT_FOUND, NULL);
	page_dark = strstr(body(), "@media (prefers-color-scheme: dark)");
	assert_true(sheet_dark != NULL && page_dark != NULL);
	for (at = strstr(body(), "--"); at != NULL; at = strstr(at + 2, "--")) {
		size_t len = strcspn(at, ";} ");

		if (at[len - 1] != ':')
			continue;
		len += strcspn(at + len, ";}");
		while (at[len - 1] == ' ')
			len--;
		snprintf(rule, sizeof(rule), "\t%.*s;", (int)len, at);
		if (strstr(at > page_dark ? sheet_dark : sheet, rule) == NULL)
			fail_msg("the sheet has no %s", rule);
		n++;
	}
	assert_int_equal(n, 13);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(page_for_people),
		TEST(heading_is_not_said_twice),
		TEST(json_for_programs),
		TEST(payloads_stay_text),
		TEST(looks_like_the_others),
	};

	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
