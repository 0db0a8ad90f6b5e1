/* The capped buffer: exact maximum, sticky failure, escaping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"

static void
test_max(void **state)
{
	static const size_t maxima[] = { 0, 1, 255, 256, 257, 511, 512, 1000, 4097 };

	(void)state;
	for (size_t i = 0; i < sizeof(maxima) / sizeof(maxima[0]); i++) {
		struct buf b;

		buf_init(&b, maxima[i]);
		for (size_t n = 0; n < maxima[i]; n++)
			assert_int_equal(buf_putc(&b, 'x'), FZ_OK);
		assert_true(buf_ok(&b));
		assert_int_equal(b.len, maxima[i]);
		assert_true(b.cap <= maxima[i] + 1);
		if (b.len > 0)
			assert_int_equal(strlen(b.data), maxima[i]);
		assert_int_equal(buf_putc(&b, 'y'), FZ_PAYLOAD_TOO_LARGE);
		assert_false(buf_ok(&b));
		assert_int_equal(b.len, maxima[i]);
		assert_int_equal(buf_puts(&b, ""), FZ_PAYLOAD_TOO_LARGE);
		buf_reset(&b);
		assert_true(buf_ok(&b));
		assert_int_equal(b.len, 0);
		buf_fini(&b);
	}
}

/* Without it ASan reports a refused size instead of returning NULL. */
const char	*__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void
test_whole_or_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(buf_puts(&b, "12345678"), FZ_OK);
	assert_int_equal(buf_printf(&b, "%s", "abc"), FZ_PAYLOAD_TOO_LARGE);
	assert_string_equal(b.data, "12345678");
	assert_int_equal(buf_putc(&b, 'a'), FZ_PAYLOAD_TOO_LARGE);
	assert_string_equal(b.data, "12345678");
	assert_null(buf_reserve(&b, 0));
	buf_reset(&b);
	assert_int_equal(buf_printf(&b, "%d:%s", 12, "3456789"), FZ_OK);
	assert_string_equal(b.data, "12:3456789");
	buf_fini(&b);
	assert_null(b.data);

	buf_init(&b, SIZE_MAX);
	assert_int_equal(buf_puts(&b, "a"), FZ_OK);
	/* Within the maximum, past the memory: the bytes stay, nothing ends. */
	assert_null(buf_reserve(&b, SIZE_MAX / 4));
	assert_false(buf_ok(&b));
	assert_string_equal(b.data, "a");
	buf_reset(&b);
	assert_int_equal(buf_puts(&b, "a"), FZ_OK);
	assert_null(buf_reserve(&b, SIZE_MAX - 1));
	assert_int_equal(buf_puts(&b, "b"), FZ_PAYLOAD_TOO_LARGE);
	buf_fini(&b);
}

static void
test_reserve_take(void **state)
{
	struct buf b;
	size_t len = 9;
	char *p;

	(void)state;
	buf_init(&b, 1000);
	p = buf_take(&b, &len);
	assert_string_equal(p, "");
	assert_int_equal(len, 0);
	free(p);
	assert_int_equal(buf_add(&b, "a\0b", 3), FZ_OK);
	p = buf_reserve(&b, 900);
	assert_ptr_equal(p, b.data + 3);
	assert_int_equal(b.len, 3);
	memset(p, 'z', 900);
	b.len += 900;
	assert_int_equal(b.data[903], '\0');
	assert_int_equal(buf_putc(&b, '!'), FZ_OK);
	p = buf_take(&b, &len);
	assert_int_equal(len, 904);
	assert_memory_equal(p, "a\0bzz", 5);
	assert_string_equal(p + 902, "z!");
	free(p);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_puts(&b, "again"), FZ_OK);
	p = buf_take(&b, NULL);
	assert_string_equal(p, "again");
	free(p);
	buf_fini(&b);
}

#define FFFD "\xef\xbf\xbd"

static void
test_json(void **state)
{
	static const struct {
		const char	*in;
		size_t		 len;
		const char	*out;
	} t[] = {
		{ "", 0, "\"\"" },
		{ "a/b<", 4, "\"a/b<\"" },
		{ "\"\\", 2, "\"\\\"\\\\\"" },
		{ "\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"" },
		{ "\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\"" },
		{ "\xc2\x9b", 2, "\"\\u009b\"" },
		{ "\xc2\xa0", 2, "\"\xc2\xa0\"" },
		{ "\xe2\x80\xa8\xe2\x80\xa9", 6, "\"\\u2028\\u2029\"" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
		    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "a\xff" "b", 3, "\"a" FFFD "b\"" },
		{ "\xc3", 1, "\"" FFFD "\"" },
		{ "\xc3(", 2, "\"" FFFD "(\"" },
		{ "\xe2\x82", 2, "\"" FFFD "\"" },
		{ "\xe2\x82\xac", 2, "\"" FFFD "\"" },
		{ "\xe2\x82x", 3, "\"" FFFD "x\"" },
		{ "x\xf0\x9f\x98", 4, "\"x" FFFD "\"" },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		buf_reset(&b);
		assert_int_equal(buf_json(&b, t[i].in, t[i].len), FZ_OK);
		assert_string_equal(b.data, t[i].out);
	}
	buf_fini(&b);
	buf_init(&b, 6);
	assert_int_equal(buf_json(&b, "abcd", 4), FZ_OK);
	buf_reset(&b);
	assert_int_equal(buf_json(&b, "abcde", 5), FZ_PAYLOAD_TOO_LARGE);
	buf_fini(&b);
}

/* Forms that decoders disagree on: no byte is lost into a character of ours. */
static void
test_json_invalid(void **state)
{
	static const char *const bad[] = { "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf",
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80\x80", "\x80", "\xfe", "\xc1\xbf" };
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *p;

		buf_reset(&b);
		assert_int_equal(buf_json(&b, bad[i], strlen(bad[i])), FZ_OK);
		p = b.data + 1;
		assert_true(b.len >= 5);
		for (; *p != '"'; p += 3)
			assert_memory_equal(p, FFFD, 3);
		assert_int_equal(p[1], '\0');
	}
	buf_fini(&b);
}

static void
test_html(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 60);
	assert_int_equal(buf_html(&b, ""), FZ_OK);
	assert_int_equal(buf_html(&b, "a<b>&\"c'\xc3\xa9"), FZ_OK);
	assert_string_equal(b.data, "a&lt;b&gt;&amp;&quot;c&#39;\xc3\xa9");
	assert_int_equal(buf_html(&b, "&&&&&&&&&&&&&&&&"), FZ_PAYLOAD_TOO_LARGE);
	assert_int_equal(buf_html(&b, ""), FZ_PAYLOAD_TOO_LARGE);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_max),
		cmocka_unit_test(test_whole_or_nothing),
		cmocka_unit_test(test_reserve_take),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_invalid),
		cmocka_unit_test(test_html),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
