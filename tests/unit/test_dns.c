/* TXT look-ups against a server that answers rightly, wrongly and not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "deploy/dns.c"
#include "tests/unit/dns_server.h"

#define NAME "_fazt.shop.example"
#define TEXT "fazt-verify=abc"

static struct dns_server server;

static int
setup(void **state)
{
	(void)state;
	return dns_server_start(&server) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	dns_server_stop(&server);
	return 0;
}

static enum fz_err
look_up(bool *found, struct why *why)
{
	return dns_has_txt(server.address, NAME, TEXT, found, why);
}

static void
test_records(void **state)
{
#define TXT(s) s, sizeof(s) - 1
	static const struct {
		const char	*rdata;
		size_t		 len;
		bool		 found;
	} cases[] = {
		{ TXT("\x0f" TEXT), true },
		{ TXT("\x04" "fazt" "\x0b" "-verify=abc"), true },
		{ TXT("\x00\x0f" TEXT), true },
		{ TXT("\x0f" TEXT "\x00"), true },
		{ TXT("\x0e" "fazt-verify=ab"), false },
		{ TXT("\x10" TEXT "d"), false },
		{ TXT("\x0f" TEXT "\x01x"), false },
		{ TXT("\x0f" "FAZT-VERIFY=abc"), false },
		{ TXT("\x00"), false },
		{ TXT(""), false },
		{ TXT("\xff" TEXT), false },		/* a string beyond its record */
		{ TXT("\x0f" "fazt"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct why why = { 0 };
		bool found = !cases[i].found;
		enum fz_err err;

		server.txt = cases[i].rdata;
		server.txt_len = cases[i].len;
		err = look_up(&found, &why);
		if (err != FZ_OK || found != cases[i].found)
			fail_msg("case %zu: %s %d %s", i, err_code(err), found, why.text);
		assert_string_equal(server.name, NAME);
	}
}

/* A string that claims more than its record holds; exact memory, for the sanitizer. */
static void
test_short_record(void **state)
{
	unsigned char *p = xmemdup("\x0f" "fazt", 5);

	(void)state;
	assert_false(txt_is(p, 5, TEXT));
	assert_false(txt_is(p, 1, TEXT));
	assert_false(txt_is(p, 0, TEXT));
	free(p);
}

static void
test_no_record(void **state)
{
	struct why why = { 0 };
	bool found = true;

	(void)state;
	assert_int_equal(look_up(&found, &why), FZ_OK);
	assert_false(found);
	found = true;
	server.rcode = 3;	/* the name does not exist */
	assert_int_equal(look_up(&found, &why), FZ_OK);
	assert_false(found);
}

/* A server that fails says nothing about the record. */
static void
test_failing(void **state)
{
	static const int codes[] = { 2, 4, 5 };
	struct why why = { 0 };
	bool found = true;

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		server.rcode = codes[i];
		assert_int_not_equal(look_up(&found, &why), FZ_OK);
		assert_true(found);
		assert_string_not_equal(why.text, "");
	}
}

static void
test_malformed(void **state)
{
	struct why why = { 0 };
	bool found = true;

	(void)state;
	server.txt = "\x0f" TEXT;
	server.txt_len = 16;
	server.answers = 2;	/* one is there */
	assert_int_equal(look_up(&found, &why), FZ_SERVICE_UNAVAILABLE);
	server.answers = 0;
	server.cut = 5;
	assert_int_equal(look_up(&found, &why), FZ_SERVICE_UNAVAILABLE);
	assert_true(found);
}

static void
test_silent(void **state)
{
	int64_t began = clock_mono_ms(), took;
	struct why why = { 0 };
	bool found = true;

	(void)state;
	server.silent = true;
	assert_int_equal(look_up(&found, &why), FZ_TIMEOUT);
	assert_true(found);
	took = clock_mono_ms() - began;
	assert_in_range(took, 2500, 12000);
	assert_int_equal(atomic_load(&server.asked), 2);
}

static void
test_server_parse(void **state)
{
	static const struct {
		const char	*text;
		bool		 ok;
		uint16_t	 port;
	} cases[] = {
		{ "127.0.0.1", true, 53 }, { "127.0.0.1:5353", true, 5353 },
		{ "10.0.0.1:65535", true, 65535 }, { "", false, 0 }, { ":53", false, 0 },
		{ "127.0.0.1:", false, 0 }, { "127.0.0.1:0", false, 0 },
		{ "127.0.0.1:65536", false, 0 }, { "127.0.0.1:5x", false, 0 },
		{ "localhost:53", false, 0 }, { "1.2.3", false, 0 }, { "::1", false, 0 },
		{ "127.0.0.1.127.0.0.1.127.0.0.1", false, 0 },
	};
	struct why why = { 0 };
	bool found;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sockaddr_in sa = { 0 };

		if (dns_server_parse(cases[i].text, &sa) != cases[i].ok)
			fail_msg("%s", cases[i].text);
		assert_int_equal(ntohs(sa.sin_port), cases[i].port);
	}
	assert_int_equal(dns_has_txt("nonsense", NAME, TEXT, &found, &why),
	    FZ_SERVICE_UNAVAILABLE);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_records), TEST(test_short_record), TEST(test_no_record),
		TEST(test_failing),
		TEST(test_malformed), TEST(test_silent), TEST(test_server_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
