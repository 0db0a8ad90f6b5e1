/* Pages: nothing from outside becomes markup, and the headers that hold if it did. */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "auth/page.h"
#include "base/buf.h"
#include "base/embed.h"
#include "tests/unit/xss.h"

static struct node node = { .domain = "example.com", .admin_host = "admin.example.com",
	.auth_host = "admin.example.com", .scheme = "https", .port_suffix = "" };
static struct pair accept_html = { "accept", "text/html,*/*;q=0.8" };
static struct request rq;
static struct response rs;

static int
setup(void **state)
{
	(void)state;
	memset(&rq, 0, sizeof(rq));
	rq.arena = arena_new();
	rq.node = &node;
	rq.method = METHOD_GET;
	rq.path = "/auth/login";
	rq.query = rq.content_type = "";
	strcpy(rq.host, "admin.example.com");
	strcpy(rq.id, "rq-1");
	rq.headers = (struct pairs){ &accept_html, 1 };
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

static void
again(void)
{
	(void)teardown(NULL);
	(void)setup(NULL);
}

static const char *
body(void)
{
	assert_false(rs.broken);
	assert_non_null(rs.bytes);
	return rs.bytes;
}

static void
shows(const char *part)
{
	if (strstr(body(), part) == NULL) {
		fprintf(stderr, "%s\n", body());
		fail_msg("has no %s", part);
	}
}

static void
markup_is_whole(void **state)
{
	struct page_out p;

	(void)state;
	page_open(&p, &rq, &rs, "Sign in & out");
	page_alert(&p, "no %s, %d", "<luck>", 7);
	page_hidden(&p, "redirect", "/a?b=\"c\"&d='e'");
	page_field(&p, &(struct page_field){ .name = "email", .label = "E-mail <you>",
	    .type = "email", .autocomplete = "email", .value = "a\"b", .hint = "x < y",
	    .required = true, .focus = true, .min = 3, .max = 254 });
	page_field(&p, &(struct page_field){ .name = "username", .label = "Name",
	    .type = "text", .autocomplete = "username" });
	page_text(&p, "%s", "<end>");
	assert_int_equal(page_send(&p, 401), FZ_OK);
	assert_int_equal(rs.status, 401);
	assert_int_equal(strncmp(body(), "<!doctype html>\n<html lang=\"en\">", 32), 0);
	shows("<title>Sign in &amp; out - fazt</title>");
	shows("<h1>Sign in &amp; out</h1>");
	shows("<p class=\"why\" role=\"alert\">no &lt;luck&gt;, 7</p>\n"
	    "<input type=\"hidden\" name=\"redirect\" "
	    "value=\"/a?b=&quot;c&quot;&amp;d=&#39;e&#39;\">\n"
	    "<div class=\"field\">\n<label for=\"email\">E-mail &lt;you&gt;</label>\n"
	    "<input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"email\" "
	    "value=\"a&quot;b\" minlength=\"3\" maxlength=\"254\" "
	    "aria-describedby=\"email-hint\" required autofocus>\n"
	    "<p class=\"hint\" id=\"email-hint\">x &lt; y</p>\n</div>\n"
	    "<div class=\"field\">\n<label for=\"username\">Name</label>\n"
	    "<input id=\"username\" name=\"username\" type=\"text\" "
	    "autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\">\n"
	    "</div>\n&lt;end&gt;</main>\n</body>\n</html>\n");
	assert_int_equal(rs.len, strlen(body()));
}

static void
headers_are_strict(void **state)
{
	static const struct pair want[] = {
		{ "Content-Type", "text/html; charset=utf-8" },
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "same-origin" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
		{ "X-Robots-Tag", "noindex" },
		{ "Content-Security-Policy",
		    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
		    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'" },
	};
	struct page_out p;

	(void)state;
	page_open(&p, &rq, &rs, "x");
	assert_int_equal(page_send(&p, 200), FZ_OK);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_string_equal(response_get(&rs, want[i].name), want[i].value);
	assert_null(strstr(body(), "<script"));
	assert_null(strstr(body(), "style="));
}

static void
style_is_linked_by_its_hash(void **state)
{
	char tag[HTTP_COND_TAG], link[128];
	const struct embed *e = page_style(tag);
	struct page_out p;

	(void)state;
	assert_true(e->len > 1000 && e->len < 8192);
	assert_null(strstr(e->data, "url("));
	assert_null(strstr(e->data, "@import"));
	page_open(&p, &rq, &rs, "x");
	assert_int_equal(page_send(&p, 200), FZ_OK);
	snprintf(link, sizeof(link), "href=\"/auth/style.css?v=%.16s\"", tag + 1);
	shows(link);
}

static void
every_piece(const char *text)
{
	struct page_out p;

	again();
	page_open(&p, &rq, &rs, text);
	page_alert(&p, "%s", text);
	page_hidden(&p, text, text);
	page_field(&p, &(struct page_field){ .name = text, .label = text, .type = "text",
	    .value = text, .hint = text });
	page_text(&p, "%s", text);
	assert_int_equal(page_send(&p, 200), FZ_OK);
}

static void
payloads_stay_text(void **state)
{
	char plain[XSS_SKELETON], got[XSS_SKELETON];

	(void)state;
	every_piece("plain");
	xss_skeleton(plain, body());
	for (size_t i = 0; i < XSS_COUNT; i++) {
		every_piece(xss[i]);
		xss_skeleton(got, body());
		assert_string_equal(got, plain);
		again();
		assert_int_equal(page_error(&rq, &rs, FZ_BAD_REQUEST, "t", xss[i], xss[i]),
		    FZ_OK);
		assert_null(strstr(body(), "<img"));
		assert_null(strstr(body(), "<script"));
		again();
		assert_int_equal(page_forward(&rq, &rs, xss[i]), FZ_OK);
		assert_null(strstr(body(), "<img"));
		assert_null(strstr(body(), "<script"));
	}
}

static void
error_for_a_person(void **state)
{
	(void)state;
	assert_int_equal(page_error(&rq, &rs, FZ_BAD_REQUEST, "Gone <by>", "Too late",
	    "/auth/login"), FZ_OK);
	assert_int_equal(rs.status, 400);
	shows("<h1>Gone &lt;by&gt;</h1>\n<p class=\"lead\">Too late</p>\n<p class=\"actions\">"
	    "<a class=\"button\" href=\"/auth/login\">Try again</a></p>\n"
	    "<p class=\"hint\">Request rq-1</p>");
	again();
	(void)response_why(&rs, FZ_NOT_FOUND, "no invite of that name");
	assert_int_equal(page_error(&rq, &rs, FZ_NOT_FOUND, "No", NULL, NULL), FZ_OK);
	assert_int_equal(rs.status, 404);
	shows("no invite of that name");
	assert_null(strstr(body(), "Try again"));
	again();
	assert_int_equal(page_error(&rq, &rs, FZ_CONFLICT, "No", NULL, NULL), FZ_OK);
	shows(err_text(FZ_CONFLICT));
}

static void
error_hides_its_cause(void **state)
{
	(void)state;
	(void)response_why(&rs, FZ_IO, "disk /secret failed");
	assert_int_equal(page_error(&rq, &rs, FZ_IO, "No", NULL, NULL), FZ_OK);
	assert_int_equal(rs.status, 500);
	assert_null(strstr(body(), "secret"));
	shows("rq-1");
}

static void
error_for_a_program(void **state)
{
	(void)state;
	rq.headers.n = 0;
	assert_int_equal(page_error(&rq, &rs, FZ_BAD_REQUEST, "t", "Too late", "/x"),
	    FZ_BAD_REQUEST);
	assert_int_equal(rs.status, 0);
	assert_string_equal(rs.why.text, "Too late");
	again();
	rq.headers.n = 0;
	(void)response_why(&rs, FZ_BAD_REQUEST, "closer");
	assert_int_equal(page_error(&rq, &rs, FZ_BAD_REQUEST, "t", "Too late", "/x"),
	    FZ_BAD_REQUEST);
	assert_string_equal(rs.why.text, "closer");
}

static void
forward_goes_on_by_itself(void **state)
{
	(void)state;
	assert_int_equal(page_forward(&rq, &rs, "/a?b=1&c=\"2\""), FZ_OK);
	assert_int_equal(rs.status, 200);
	shows("<meta http-equiv=\"refresh\" "
	    "content=\"0; url=/a?b=1&amp;c=&quot;2&quot;\">\n");
	shows("<a class=\"button\" href=\"/a?b=1&amp;c=&quot;2&quot;\">");
}

static void
too_large_is_an_error(void **state)
{
	char *big = malloc(70000);
	struct page_out p;

	(void)state;
	memset(big, '<', 69999);
	big[69999] = '\0';
	page_open(&p, &rq, &rs, "x");
	page_text(&p, "%s", big);
	assert_int_equal(page_send(&p, 200), FZ_INTERNAL_ERROR);
	assert_int_equal(rs.status, 0);
	again();
	assert_int_equal(page_error(&rq, &rs, FZ_NOT_FOUND, "t", big, NULL), FZ_NOT_FOUND);
	free(big);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(markup_is_whole),
		TEST(headers_are_strict),
		TEST(style_is_linked_by_its_hash),
		TEST(payloads_stay_text),
		TEST(error_for_a_person),
		TEST(error_hides_its_cause),
		TEST(error_for_a_program),
		TEST(forward_goes_on_by_itself),
		TEST(too_large_is_an_error),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
