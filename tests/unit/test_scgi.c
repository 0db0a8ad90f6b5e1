/*
 * The SCGI reader on its own: whole heads, every cut, every malformed form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "fcgi/dispatch.h"
#include "fcgi/gate_inner.h"

/* Not reached here: only heads are read. */
void
dispatch_head(struct request *rq, struct response *rs)
{
	(void)rq;
	(void)rs;
}

void
dispatch_run(struct request *rq, struct response *rs)
{
	(void)rq;
	(void)rs;
}

bool
dispatch_script(struct request *rq, struct response *rs, struct dispatch_script *out)
{
	(void)rq;
	(void)rs;
	(void)out;
	return false;
}

void
dispatch_refuse(struct request *rq, struct response *rs, enum fz_err err, const char *text,
    int64_t retry_s)
{
	(void)rq;
	(void)rs;
	(void)err;
	(void)text;
	(void)retry_s;
}

void
dispatch_done(struct request *rq, const struct response *rs,
    const struct dispatch_books *books)
{
	(void)rq;
	(void)rs;
	(void)books;
}

static struct node node = { .tmp_dir = "/tmp" };
static struct gate_view view = { .node = &node };

static struct conn *
conn_with(const char *bytes, size_t n)
{
	struct conn *c = conn_new(open("/dev/null", O_RDONLY), &scgi_transport);

	view.refs = 1000;
	c->view = &view;
	c->rq.arena = c->arena;
	c->rq.node = &node;
	cgi_vars_defaults(&c->rq);
	response_init(&c->rs, c->arena);
	c->in = xmemdup(bytes, n);
	c->in_len = c->in_cap = n;
	return c;
}

static enum fz_err
head_of(const char *bytes, size_t n)
{
	struct conn *c = conn_with(bytes, n);
	enum fz_err err = scgi_transport.head(c, NULL);

	conn_free(c);
	return err;
}

static const char good[] = "83:CONTENT_LENGTH\0" "3\0" "SCGI\0" "1\0" "REQUEST_METHOD\0"
    "POST\0" "REQUEST_URI\0" "/a?b=c\0" "HTTP_HOST\0" "h.example\0" ",xyz";

static void
whole_head(void **state)
{
	size_t n = sizeof(good) - 1;
	struct conn *c = conn_with(good, n);

	(void)state;
	assert_int_equal(scgi_transport.head(c, NULL), FZ_OK);
	assert_int_equal(c->rq.method, METHOD_POST);
	assert_string_equal(c->rq.path, "/a");
	assert_string_equal(c->rq.query, "b=c");
	assert_string_equal(c->rq.host, "h.example");
	assert_int_equal(c->rq.content_length, 3);
	assert_int_equal(c->scan, n - 3);
	assert_false(c->body_end);
	c->discard = true;
	assert_int_equal(scgi_transport.body(c, (const unsigned char *)"xy", 2), FZ_AGAIN);
	assert_int_equal(scgi_transport.body(c, (const unsigned char *)"z", 1), FZ_OK);
	assert_int_equal(c->received, 3);
	/* What comes after the announced length is not body. */
	assert_int_equal(scgi_transport.body(c, (const unsigned char *)"more", 4), FZ_OK);
	assert_int_equal(c->received, 3);
	conn_free(c);
}

static void
every_cut(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(good) - 4; n++)
		assert_int_equal(head_of(good, n), FZ_AGAIN);
}

static void
malformed(void **state)
{
#define ROW(text, err) { text, sizeof(text) - 1, err }
	static const struct {
		const char	*text;
		size_t		 n;
		enum fz_err	 err;
	} rows[] = {
		ROW(":", FZ_CLOSED),
		ROW("x", FZ_CLOSED),
		ROW("-5:", FZ_CLOSED),
		ROW(" 5:", FZ_CLOSED),
		ROW("07:", FZ_CLOSED),
		ROW("00:", FZ_CLOSED),
		ROW("5x:", FZ_CLOSED),
		ROW("1234567", FZ_CLOSED),
		ROW("0000005:", FZ_CLOSED),
		ROW("65537:", FZ_HEADERS_TOO_LARGE),
		ROW("999999:", FZ_HEADERS_TOO_LARGE),
		ROW("0:,", FZ_BAD_REQUEST),
		ROW("3:abc,", FZ_BAD_REQUEST),
		ROW("3:abcd", FZ_CLOSED),
		ROW("4:a\0b\0,", FZ_BAD_REQUEST),
		ROW("2:a\0,", FZ_BAD_REQUEST),
		ROW("2:\0\0,", FZ_BAD_REQUEST),
		/* CONTENT_LENGTH not first, empty, junk; SCGI absent or another version. */
		ROW("25:SCGI\0" "1\0" "CONTENT_LENGTH\0" "00\0,", FZ_BAD_REQUEST),
		ROW("38:CONTENT_LENGTH\0" "\0" "SCGI\0" "1\0" "REQUEST_URI\0" "/\0" "A\0,",
		    FZ_CLOSED),
		ROW("17:CONTENT_LENGTH\0" "0\0,", FZ_BAD_REQUEST),
		ROW("24:CONTENT_LENGTH\0" "0\0" "SCGI\0" "2\0,", FZ_BAD_REQUEST),
		ROW("23:CONTENT_LENGTH\0" "\0" "SCGI\0" "1\0,", FZ_BAD_REQUEST),
		ROW("25:CONTENT_LENGTH\0" "-1\0" "SCGI\0" "1\0,", FZ_BAD_REQUEST),
		ROW("24:CONTENT_LENGTH\0" "x\0" "SCGI\0" "1\0,", FZ_BAD_REQUEST),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (head_of(rows[i].text, rows[i].n) != rows[i].err)
			fail_msg("row %zu %.20s: %d, want %d", i, rows[i].text,
			    head_of(rows[i].text, rows[i].n), rows[i].err);
}

static void
many_and_long(void **state)
{
	struct buf b, all;
	char name[400];

	(void)state;
	buf_init(&b, MIB);
	buf_init(&all, MIB);
	buf_add(&b, "CONTENT_LENGTH\0" "0\0" "SCGI\0" "1", 24);
	for (int i = 0; i < LIMIT_PARAMS; i++)
		buf_add(&b, "A\0b", 4);
	buf_printf(&all, "%zu:", b.len);
	buf_add(&all, b.data, b.len);
	buf_putc(&all, ',');
	assert_int_equal(head_of(all.data, all.len), FZ_HEADERS_TOO_LARGE);

	buf_reset(&b);
	buf_reset(&all);
	memset(name, 'N', sizeof(name));
	buf_add(&b, "CONTENT_LENGTH\0" "0\0" "SCGI\0" "1", 24);
	buf_add(&b, name, LIMIT_PARAM_NAME + 1);
	buf_add(&b, "\0b", 3);
	buf_printf(&all, "%zu:", b.len);
	buf_add(&all, b.data, b.len);
	buf_putc(&all, ',');
	assert_int_equal(head_of(all.data, all.len), FZ_HEADERS_TOO_LARGE);
	buf_fini(&b);
	buf_fini(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_head),
		cmocka_unit_test(every_cut),
		cmocka_unit_test(malformed),
		cmocka_unit_test(many_and_long),
	};

	return cmocka_run_group_tests_name("scgi", tests, NULL, NULL);
}
