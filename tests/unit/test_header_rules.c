#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/header_rules.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_names(void **state)
{
	static const char *const denied[] = { "Status", "STATUS", "content-length",
		"Transfer-Encoding", "connection", "Trailer", "Upgrade", "X-Sendfile",
		"x-sendfile", "Strict-Transport-Security", "Alt-Svc", "Clear-Site-Data",
		"X-Accel-Redirect", "x-accel-buffering", "X-ACCEL-", "X-LiteSpeed-Location",
		"x-litespeed-cache-control" };
	static const char *const fine[] = { "Content-Type", "Location", "X-Status",
		"Statuses", "X-Accel", "X-Accelerate", "Connection-X", "ETag", "X-Sendfile2",
		"Set-Cookie", "Access-Control-Allow-Origin", "" };

	(void)state;
	for (size_t i = 0; i < COUNT(denied); i++)
		if (!header_rules_denied(denied[i]))
			fail_msg("%s passes", denied[i]);
	for (size_t i = 0; i < COUNT(fine); i++)
		if (header_rules_denied(fine[i]))
			fail_msg("%s is refused", fine[i]);
}

static void
test_cookies(void **state)
{
	static const char *const denied[] = { "a=1; Domain=x.example", "a=1;Domain=x",
		"a=1; Path=/; domain=x", "a=1;\tDOMAIN\t=x", "a=1; domain", "a=1;;domain=x",
		"a=1; Domain =x", "__Host-fazt=1", "__host-FAZT_admin=1", "__Secure-fazt=1",
		"__Secure-faztX=1", " __Host-fazt=1", "\t__Host-fazt=1", "=__Host-fazt=1",
		" = __Host-fazt=1", "fazt=1", "fazt_sso=1", "Fazt=1", "fazt", "__Host-fazt" };
	static const char *const fine[] = { "a=1", "a=1; Path=/; Secure; HttpOnly",
		"domain=x", "a=domain=x", "a=1; X-Domain=y", "a=1; domains=y",
		"__Host-sid=1; Path=/; Secure", "__Secure-id=1", "myfazt=1", "a=__Host-fazt",
		"a=1; Path=/domain", "", "=" };

	(void)state;
	for (size_t i = 0; i < COUNT(denied); i++)
		if (!header_rules_cookie_denied(denied[i]))
			fail_msg("%s passes", denied[i]);
	for (size_t i = 0; i < COUNT(fine); i++)
		if (header_rules_cookie_denied(fine[i]))
			fail_msg("%s is refused", fine[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cookies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
