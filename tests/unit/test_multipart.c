/*
 * Multipart: whole bodies and their parts, every malformed form, and delimiters at
 * every place of a small window.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/multipart.c"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TYPE "multipart/form-data; boundary=B"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n"

/* "name|filename|type|content" of each part, joined by LF; an absent one is "-". */
static char *
written(struct arena *a, const struct spool *body, const struct parts *parts)
{
	char *s = arena_strdup(a, "");

	for (size_t i = 0; i < parts->n; i++) {
		const struct part *p = &parts->v[i];
		char *content = arena_alloc(a, p->len + 1);

		assert_int_equal(spool_read(body, p->off, content, p->len), p->len);
		s = arena_printf(a, "%s%s%s|%s|%s|%s", s, i > 0 ? "\n" : "", p->name,
		    p->filename != NULL ? p->filename : "-", p->type != NULL ? p->type : "-",
		    content);
	}
	return s;
}

static struct spool *
body_of(const char *text, size_t n)
{
	struct spool *s = spool_new("/tmp", UINT64_MAX);

	assert_int_equal(spool_add(s, text, n), FZ_OK);
	return s;
}

static enum fz_err
parse_text(struct arena *a, const char *type, const char *text, char **out)
{
	struct spool *body = body_of(text, strlen(text));
	struct parts parts = { NULL, 77 };
	struct why why = { 0 };
	enum fz_err err = multipart_parse(a, body, type, &parts, &why);

	if (err == FZ_OK) {
		*out = written(a, body, &parts);
	} else {
		assert_int_equal(parts.n, 77);
		assert_true(why.text[0] != '\0');
	}
	spool_free(body);
	return err;
}

static void
test_bodies(void **state)
{
	static const struct {
		const char	*body;
		const char	*parts;
	} t[] = {
		{ "--B--", "" },
		{ "--B--\r\n", "" },
		{ "--B\r\n" FIELD("a") "\r\nx\r\n--B--", "a|-|-|x" },
		{ "--B\r\n" FIELD("a") "\r\nx\r\n--B--\r\n", "a|-|-|x" },
		{ "--B\r\n" FIELD("a") "\r\n\r\n--B--", "a|-|-|" },
		{ "--B\r\n" FIELD("") "\r\n\r\n--B--", "|-|-|" },
		{ "--B\r\n" FIELD("a") "\r\n1\r\n--B\r\n" FIELD("b") "\r\n2\r\n--B--",
		    "a|-|-|1\nb|-|-|2" },
		{ "--B\r\n" FIELD("a") "\r\n\r\n\r\n--B--", "a|-|-|\r\n" },
		{ "--B\r\n" FIELD("a") "\r\n--B--\r\n--B--", "a|-|-|--B--" },
		{ "--B\r\n" FIELD("a") "\r\nx\n--B--\n\r\n-B\r\n--A\r\n--B--",
		    "a|-|-|x\n--B--\n\r\n-B\r\n--A" },
		{ "--B\r\ncontent-disposition:FORM-DATA;NAME=a;FileName=f\r\n\r\nx\r\n--B--",
		    "a|f|-|x" },
		{ "--B\r\nContent-Disposition: form-data; filename=\"f.txt\"; name=\"a\"\r\n"
		  "Content-Type: text/plain; charset=utf-8 \r\nX-Other: y\r\n\r\nx\r\n--B--",
		    "a|f.txt|text/plain; charset=utf-8|x" },
		{ "--B\r\n" FIELD("a") "Content-Transfer-Encoding: BINARY\r\n\r\nx\r\n--B--",
		    "a|-|-|x" },
		{ "--B\r\n" FIELD("a") "Content-Type:\r\n\r\nx\r\n--B--", "a|-||x" },
		/* file names */
		{ "--B\r\n" FIELD("a\"; filename=\"") "\r\n\r\n--B--", "a||-|" },
		{ "--B\r\n" FIELD("a\"; filename=\"q%22q") "\r\n\r\n--B--", "a|q%22q|-|" },
		{ "--B\r\n" FIELD("a\"; filename=\"q\\\"q") "\r\n\r\n--B--", "a|q\"q|-|" },
		{ "--B\r\n" FIELD("a\"; filename=\"b\\\\c") "\r\n\r\n--B--", "a|b\\c|-|" },
		{ "--B\r\n" FIELD("a\"; filename=\"C:\\d\\e") "\r\n\r\n--B--", "a|C:\\d\\e|-|" },
		{ "--B\r\n" FIELD("a\"; filename=\"a;b=c") "\r\n\r\n--B--", "a|a;b=c|-|" },
		{ "--B\r\n" FIELD("a\"; filename=\"../\xc3\xa4") "\r\n\r\n--B--",
		    "a|../\xc3\xa4|-|" },
		{ "--B\r\n" FIELD("a\"; filename=\"f\"; filename*=\"junk") "\r\n\r\n--B--",
		    "a|f|-|" },
		{ "--B\r\nContent-Disposition: form-data; name=a; "
		  "filename*=utf-8'de'%c3%a4%20x\r\n\r\n\r\n--B--",
		    "a|\xc3\xa4 x|-|" },
		{ "--B\r\nContent-Disposition: form-data; name=a; "
		  "filename*=UTF-8''\r\n\r\n\r\n--B--",
		    "a||-|" },
		{ "--B\r\nContent-Disposition: form-data; name=a ; x=y;\r\n\r\n\r\n--B--",
		    "a|-|-|" },
	};
	struct arena *a = arena_new();
	char *out;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		if (parse_text(a, TYPE, t[i].body, &out) != FZ_OK)
			fail_msg("refused: %s", t[i].body);
		assert_string_equal(out, t[i].parts);
	}
	arena_free(a);
}

static void
test_malformed_bodies(void **state)
{
	static const char *const t[] = {
		"",
		"-",
		"--",
		"--B",
		"--B-",
		"--B\r",
		"--B\r\n",
		"--C--",
		"--b--",
		"\r\n--B--",
		"preamble\r\n--B--",
		"--B--\n",
		"--B--\r\n\r\n",
		"--B--x",
		"--B--\r\nepilogue",
		"--B \r\n" FIELD("a") "\r\nx\r\n--B--",
		"--B\n" FIELD("a") "\r\nx\r\n--B--",
		"--BC\r\n" FIELD("a") "\r\nx\r\n--B--",
		/* the end is missing or cut */
		"--B\r\n" FIELD("a"),
		"--B\r\n" FIELD("a") "\r\n",
		"--B\r\n" FIELD("a") "\r\nx",
		"--B\r\n" FIELD("a") "\r\nx\r\n--B",
		"--B\r\n" FIELD("a") "\r\nx\r\n--B-",
		"--B\r\n" FIELD("a") "\r\nx\r\n--B\r\n",
		"--B\r\n" FIELD("a") "\r\nx--B--",
		"--B\r\n" FIELD("a") "\r\nx\n--B--",
		"--B\r\n" FIELD("a") "\r\n--B--",
		/* a longer line than the delimiter */
		"--B\r\n" FIELD("a") "\r\nx\r\n--Bx\r\n--B--",
		"--B\r\n" FIELD("a") "\r\nx\r\n--B-x\r\n--B--",
		/* headers */
		"--B\r\n\r\nx\r\n--B--",
		"--B\r\n--B--",
		"--B\r\nX: y\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") FIELD("a") "\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") "Content-Disposition: form-data; filename=f\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") "Content-Type: \xff\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") "Content-Transfer-Encoding: base64\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") "Content-Transfer-Encoding:\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") "no colon\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") ": no name\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") "X : y\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") " folded\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") "X: a\nY: b\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") "X: a\rY: b\r\n\r\nx\r\n--B--",
		"--B\r\n" FIELD("a") "X: \x7f\r\n\r\nx\r\n--B--",
		"--B\nContent-Disposition: form-data; name=a\n\nx\n--B--",
		"--B\r\nContent-Disposition: form-data; name=a\n\nx\r\n--B--",
		/* Content-Disposition */
		"--B\r\nContent-Disposition:\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: name=a\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; filename=a\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name=\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name=\"a\\\"\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name=\"a\"b\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name=a\"b\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name=a b\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name =a\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data;; name=a\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n--B--",
		"--B\r\nContent-Disposition: form-data; name=a; filename=f; filename=g\r\n"
		"\r\nx\r\n--B--",
		"--B\r\n" FIELD("\xff") "\r\nx\r\n--B--",
		"--B\r\n" FIELD("a\tb") "\r\nx\r\n--B--",
		"--B\r\n" FIELD("a\"; filename=\"\xc0\xaf") "\r\nx\r\n--B--",
		"--B\r\n" FIELD("a\"; filename*=\"x") "\r\nx\r\n--B--",
		"--B\r\n" FIELD("a\"; filename*=\"latin1''x") "\r\nx\r\n--B--",
		"--B\r\n" FIELD("a\"; filename*=\"utf-8'x") "\r\nx\r\n--B--",
		"--B\r\n" FIELD("a\"; filename*=\"utf-8''%ff") "\r\nx\r\n--B--",
		"--B\r\n" FIELD("a\"; filename*=\"utf-8''%0a") "\r\nx\r\n--B--",
		"--B\r\n" FIELD("a\"; filename*=\"utf-8''%00") "\r\nx\r\n--B--",
		"--B\r\n" FIELD("a\"; filename*=\"utf-8''%4") "\r\nx\r\n--B--",
	};
	struct arena *a = arena_new();
	char *out;

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (parse_text(a, TYPE, t[i], &out) != FZ_BAD_REQUEST)
			fail_msg("accepted: %s", t[i]);
	arena_free(a);
}

static void
test_nul_in_header(void **state)
{
	static const char text[] = "--B\r\n" FIELD("a\0b") "\r\nx\r\n--B--";
	struct spool *body = body_of(text, sizeof(text) - 1);
	struct arena *a = arena_new();
	struct parts parts;

	(void)state;
	assert_int_equal(multipart_parse(a, body, TYPE, &parts, NULL), FZ_BAD_REQUEST);
	spool_free(body);
	arena_free(a);
}

#define TEN "0123456789"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static void
test_boundaries(void **state)
{
	static const struct {
		const char	*type;
		const char	*body;		/* NULL = refused */
	} t[] = {
		{ "multipart/form-data;boundary=B", "--B--" },
		{ "Multipart/Form-Data ; Boundary=\"B\" ; charset=utf-8", "--B--" },
		{ "multipart/form-data; boundary=----WebKitFormBoundaryAbC",
		    "------WebKitFormBoundaryAbC--" },
		{ "multipart/form-data; boundary=\"a b:c\"", "--a b:c--" },
		{ "multipart/form-data; boundary=a:/=?b", "--a:/=?b--" },
		{ "multipart/form-data; boundary=" SEVENTY, "--" SEVENTY "--" },
		{ "multipart/form-data", NULL },
		{ "multipart/form-data;", NULL },
		{ "multipart/form-data; boundary", NULL },
		{ "multipart/form-data; boundary=", NULL },
		{ "multipart/form-data; boundary=\"\"", NULL },
		{ "multipart/form-data; boundary=\"B", NULL },
		{ "multipart/form-data; boundary=\"B \"", NULL },
		{ "multipart/form-data; boundary=B; boundary=B", NULL },
		{ "multipart/form-data; boundary=B; boundary=C", NULL },
		{ "multipart/form-data; boundary=B, x", NULL },
		{ "multipart/form-data; boundary=\"a\\\"b\"", NULL },
		{ "multipart/form-data; boundary=a\nb", NULL },
		{ "multipart/form-data; boundary=\xc3\xa4", NULL },
		{ "multipart/form-data; boundary=" SEVENTY "0", NULL },
		{ "multipart/mixed; boundary=B", NULL },
		{ "multipart/form-datax; boundary=B", NULL },
		{ "text/plain", NULL },
		{ "", NULL },
	};
	struct arena *a = arena_new();
	char *out;

	(void)state;
	assert_int_equal(parse_text(a, "multipart/form-data; boundary=\"B \"", "--B --", &out),
	    FZ_BAD_REQUEST);
	assert_int_equal(parse_text(a, "multipart/form-data; boundary=" SEVENTY "0",
	    "--" SEVENTY "0--", &out), FZ_BAD_REQUEST);
	assert_int_equal(parse_text(a, "multipart/form-data; boundary=\"a\\\"b\"",
	    "--a\"b--", &out), FZ_BAD_REQUEST);
	for (size_t i = 0; i < COUNT(t); i++) {
		const char *body = t[i].body != NULL ? t[i].body : "--B--";

		if ((parse_text(a, t[i].type, body, &out) == FZ_OK) != (t[i].body != NULL))
			fail_msg("wrong: %s", t[i].type);
	}
	arena_free(a);
}

static void
test_limits(void **state)
{
	static const char part[] = "--B\r\n" FIELD("a") "\r\nx\r\n";
	struct arena *a = arena_new();
	char *text = arena_alloc(a, 200 * sizeof(part) + 2 * LIMIT_PART_HEADER), *out, *p;
	const size_t fixed = strlen(FIELD("a")) + strlen("X: \r\n");

	(void)state;
	for (int n = LIMIT_PARTS; n <= LIMIT_PARTS + 1; n++) {
		for (p = text; p < text + (size_t)n * (sizeof(part) - 1);)
			p = stpcpy(p, part);
		strcpy(p, "--B--");
		assert_int_equal(parse_text(a, TYPE, text, &out),
		    n <= LIMIT_PARTS ? FZ_OK : FZ_BAD_REQUEST);
	}
	for (size_t n = LIMIT_PART_HEADER; n <= LIMIT_PART_HEADER + 1; n++) {
		p = stpcpy(text, "--B\r\n" FIELD("a") "X: ");
		memset(p, 'y', n - fixed);
		strcpy(p + n - fixed, "\r\n\r\nx\r\n--B--");
		assert_int_equal(parse_text(a, TYPE, text, &out),
		    n <= LIMIT_PART_HEADER ? FZ_OK : FZ_BAD_REQUEST);
	}
	arena_free(a);
}

/* The delimiter at every offset of windows from the smallest one on. */
static void
test_windows(void **state)
{
	struct arena *a = arena_new();
	const char *end = "\r\n--B--";
	struct parts parts;
	char text[200];

	(void)state;
	for (size_t window = 5; window < 20; window++)
		for (size_t n = 0; n < 60; n++) {
			char *p = stpcpy(text, "--B\r\n" FIELD("a") "\r\n");
			struct spool *body;

			/* Starts of delimiters all the way. */
			for (size_t i = 0; i < n; i++)
				*p++ = "\r\n--"[i % 4];
			strcpy(p, end);
			body = body_of(text, strlen(text));
			assert_int_equal(parse(a, body, TYPE, window, &parts, NULL), FZ_OK);
			assert_int_equal(parts.n, 1);
			assert_int_equal(parts.v[0].len, n);
			spool_free(body);
			arena_reset(a);
		}
	arena_free(a);
}

/* A body in a file, its delimiter around the edge of the real window. */
static void
test_large(void **state)
{
	static const char head[] = "--B\r\n" FIELD("a\"; filename=\"f") "\r\n";
	static const char tail[] = "\r\n--B\r\n" FIELD("b") "\r\nlast\r\n--B--\r\n";
	char *content = calloc(1, 3 * WINDOW);
	struct arena *a = arena_new();
	struct parts parts;
	const char *text;

	(void)state;
	for (size_t n = 2 * WINDOW - 12; n < 2 * WINDOW + 12; n++) {
		struct spool *body = body_of(head, sizeof(head) - 1);

		assert_int_equal(spool_add(body, content, n), FZ_OK);
		assert_int_equal(spool_add(body, tail, sizeof(tail) - 1), FZ_OK);
		assert_true(spool_fd(body) >= 0);
		assert_int_equal(multipart_parse(a, body, TYPE, &parts, NULL), FZ_OK);
		assert_int_equal(parts.n, 2);
		assert_int_equal(parts.v[0].off, sizeof(head) - 1);
		assert_int_equal(parts.v[0].len, n);
		assert_int_equal(part_text(a, body, &parts.v[1], 4, &text), FZ_OK);
		assert_string_equal(text, "last");
		spool_free(body);
		arena_reset(a);
	}
	free(content);
	arena_free(a);
}

static void
test_find_and_text(void **state)
{
	static const char text[] = "--B\r\n" FIELD("a") "\r\none\r\n"
				   "--B\r\n" FIELD("b") "\r\nx\0y\r\n"
				   "--B\r\n" FIELD("c") "\r\n\xff\r\n"
				   "--B\r\n" FIELD("a") "\r\ntwo\r\n--B--";
	struct spool *body = body_of(text, sizeof(text) - 1);
	struct arena *a = arena_new();
	struct parts parts;
	const char *out = NULL;

	(void)state;
	assert_int_equal(multipart_parse(a, body, TYPE, &parts, NULL), FZ_OK);
	assert_ptr_equal(parts_find(&parts, "a"), &parts.v[0]);
	assert_ptr_equal(parts_find(&parts, "c"), &parts.v[2]);
	assert_null(parts_find(&parts, "A"));
	assert_int_equal(part_text(a, body, &parts.v[0], 2, &out), FZ_PAYLOAD_TOO_LARGE);
	assert_int_equal(part_text(a, body, &parts.v[1], 9, &out), FZ_BAD_REQUEST);
	assert_int_equal(part_text(a, body, &parts.v[2], 9, &out), FZ_BAD_REQUEST);
	assert_null(out);
	assert_int_equal(part_text(a, body, &parts.v[0], 3, &out), FZ_OK);
	assert_string_equal(out, "one");
	spool_free(body);
	arena_free(a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_malformed_bodies),
		cmocka_unit_test(test_nul_in_header),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_find_and_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
