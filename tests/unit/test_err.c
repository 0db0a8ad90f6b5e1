/* The error table: every row has all columns, what is internal stays internal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"

static void
test_rows(void **state)
{
	static const struct {
		enum fz_err	 err;
		int		 status;
		const char	*code;
	} t[] = {
		{ FZ_OK, 200, "OK" },
		{ FZ_BAD_REQUEST, 400, "BAD_REQUEST" },
		{ FZ_SESSION_EXPIRED, 401, "SESSION_EXPIRED" },
		{ FZ_CSRF_REJECTED, 403, "CSRF_REJECTED" },
		{ FZ_APP_NOT_FOUND, 404, "APP_NOT_FOUND" },
		{ FZ_METHOD_NOT_ALLOWED, 405, "METHOD_NOT_ALLOWED" },
		{ FZ_PRECONDITION_FAILED, 412, "PRECONDITION_FAILED" },
		{ FZ_PAYLOAD_TOO_LARGE, 413, "PAYLOAD_TOO_LARGE" },
		{ FZ_MISDIRECTED, 421, "MISDIRECTED" },
		{ FZ_RATE_LIMIT_EXCEEDED, 429, "RATE_LIMIT_EXCEEDED" },
		{ FZ_STORAGE_FULL, 507, "STORAGE_FULL" },
		{ FZ_AGAIN, 500, "INTERNAL_ERROR" },
		{ FZ_CLOSED, 500, "INTERNAL_ERROR" },
		{ FZ_IO, 500, "INTERNAL_ERROR" },
		{ FZ_CORRUPT, 503, "SERVICE_UNAVAILABLE" },
		{ FZ_ERR_COUNT, 500, "INTERNAL_ERROR" },
		{ (enum fz_err)-1, 500, "INTERNAL_ERROR" },
		{ (enum fz_err)100000, 500, "INTERNAL_ERROR" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(err_status(t[i].err), t[i].status);
		assert_string_equal(err_code(t[i].err), t[i].code);
	}
}

static void
test_complete(void **state)
{
	(void)state;
	for (int i = 1; i < FZ_ERR_COUNT; i++) {
		int status = err_status((enum fz_err)i);

		assert_true(status >= 400 && status <= 507);
		assert_true(strlen(err_text((enum fz_err)i)) > 5);
		for (int j = 1; j < i && i < FZ_AGAIN; j++)
			assert_string_not_equal(err_code((enum fz_err)i),
			    err_code((enum fz_err)j));
	}
}

static void
test_why(void **state)
{
	struct why why = { 0 };
	char big[1000];

	(void)state;
	assert_int_equal(why_set(NULL, FZ_IO, "%s", "x"), FZ_IO);
	assert_int_equal(why_set(&why, FZ_CONFLICT, "line %d: %s", 3, "no"), FZ_CONFLICT);
	assert_string_equal(why.text, "line 3: no");
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(why_set(&why, FZ_CONFLICT, "%s", big), FZ_CONFLICT);
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
