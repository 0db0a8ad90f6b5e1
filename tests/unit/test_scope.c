/* Scopes: canonical form, what holds what, what a holder may give away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "auth/scope.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
test_canonical(void **state)
{
	static const struct {
		const char	*in;
		const char	*out;		/* NULL = refused */
	} t[] = {
		{ "deploy", "deploy" },
		{ " deploy , apps:blog\t,deploy", "deploy,apps:blog" },
		{ "deploy:blog,deploy:shop,deploy:blog", "deploy:blog,deploy:shop" },
		{ "deploy,deploy:blog", "deploy,deploy:blog" },
		{ "deploy:blog,deploy", "deploy:blog,deploy" },
		{ "apps,apps.read", "apps,apps.read" },
		{ "admin", "admin" },
		{ "deploy:fazt_app_9kQ2mZ7xWb1C", "deploy:fazt_app_9kQ2mZ7xWb1C" },
		{ scope_default, scope_default },
		{ "", NULL },
		{ ",", NULL },
		{ "deploy,", NULL },
		{ ",deploy", NULL },
		{ "deploy,,apps", NULL },
		{ "Deploy", NULL },
		{ "deploys", NULL },
		{ "deplo", NULL },
		{ "deploy.read", NULL },
		{ "env.read", NULL },
		{ "logs", NULL },
		{ "*", NULL },
		{ "deploy apps", NULL },
		{ "admin:blog", NULL },
		{ "admin:", NULL },
		{ "deploy:", NULL },
		{ "deploy: blog", NULL },
		{ "deploy :blog", NULL },
		{ "deploy:a:b", NULL },
		{ "deploy:bl/og", NULL },
		{ "deploy:bl*", NULL },
		{ "deploy:bl\xc3\xb6g", NULL },
		{ "deploy\n", NULL },
		{ ":blog", NULL },
		{ "deploy:0123456789012345678901234567890123456789012345678901234567890123",
		    NULL },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct why why = { 0 };
		const char *out = "untouched";
		enum fz_err err = scope_canonical(a, t[i].in, &out, &why);

		if (t[i].out != NULL) {
			assert_int_equal(err, FZ_OK);
			assert_string_equal(out, t[i].out);
			continue;
		}
		if (err != FZ_VALIDATION_FAILED)
			fail_msg("accepted \"%s\"", t[i].in);
		assert_string_equal(out, "untouched");
		assert_true(why.text[0] != '\0');
	}
	arena_free(a);
}

static void
test_canonical_long(void **state)
{
	struct arena *a = arena_new();
	char *list = arena_alloc(a, SCOPE_LIST_MAX + 8);
	const char *out;

	(void)state;
	memset(list, ' ', SCOPE_LIST_MAX);
	memcpy(list, "apps", 4);
	assert_int_equal(scope_canonical(a, list, &out, NULL), FZ_OK);
	assert_string_equal(out, "apps");
	list[SCOPE_LIST_MAX] = ' ';
	assert_int_equal(scope_canonical(a, list, &out, NULL), FZ_VALIDATION_FAILED);
	arena_free(a);
}

static void
test_fits(void **state)
{
	static const struct {
		const char	*list;
		const char	*want;
		enum scope_fit	 fit;
	} t[] = {
		{ "deploy", "deploy", SCOPE_YES },
		{ "deploy", "apps", SCOPE_NO },
		{ "deploy", "deploy.read", SCOPE_YES },
		{ "apps", "apps.read", SCOPE_YES },
		{ "apps.read", "apps", SCOPE_NO },
		{ "apps", "app", SCOPE_NO },
		{ "apps", "apps.reader", SCOPE_NO },
		{ "sql.read", "sql", SCOPE_NO },
		{ "admin", "sql", SCOPE_YES },
		{ "admin", "deploy", SCOPE_YES },
		{ "admin:blog", "deploy", SCOPE_NO },
		{ "deploy:blog", "deploy", SCOPE_SOME_APPS },
		{ "deploy:blog", "apps.read", SCOPE_NO },
		{ "apps:blog", "apps.read", SCOPE_SOME_APPS },
		{ "deploy:blog,deploy", "deploy", SCOPE_YES },
		{ "apps:blog,apps.read", "apps", SCOPE_SOME_APPS },
		{ "apps:blog,apps.read", "apps.read", SCOPE_YES },
		/* of the whole server: with an app they give nothing */
		{ "sql:blog", "sql", SCOPE_NO },
		{ "sql:blog", "sql.read", SCOPE_NO },
		{ "keys:blog", "keys", SCOPE_NO },
		{ "users:blog", "users.read", SCOPE_NO },
		{ "system:blog", "system.read", SCOPE_NO },
		{ "metrics.read:blog", "metrics.read", SCOPE_NO },
		{ "auth:blog", "auth", SCOPE_NO },
		{ "", "deploy", SCOPE_NO },
		{ "", SCOPE_ANY, SCOPE_YES },
		{ "deploy:blog", SCOPE_ANY, SCOPE_YES },
		{ "*", "deploy", SCOPE_NO },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (scope_fits(t[i].list, t[i].want) != t[i].fit)
			fail_msg("\"%s\" wants \"%s\"", t[i].list, t[i].want);
}

static void
test_fits_app(void **state)
{
	static const char *const names[] = { "fazt_app_9kQ2mZ7xWb1C", "blog", "www2", NULL };
	static const char *const none[] = { NULL };
	static const struct {
		const char	*list;
		bool		 ok;
	} t[] = {
		{ "deploy", true },
		{ "admin", true },
		{ "deploy:blog", true },
		{ "deploy:www2", true },
		{ "deploy:fazt_app_9kQ2mZ7xWb1C", true },
		{ "deploy:shop,deploy:blog", true },
		{ "deploy:shop", false },
		{ "deploy:blo", false },
		{ "deploy:blog2", false },
		{ "deploy:Blog", false },
		{ "apps:blog", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (scope_fits_app(t[i].list, "deploy", names) != t[i].ok)
			fail_msg("\"%s\"", t[i].list);
	assert_true(scope_fits_app("deploy", "deploy", none));
	assert_false(scope_fits_app("deploy:blog", "deploy", none));
	assert_false(scope_fits_app("sql:blog", "sql", names));
	assert_true(scope_fits_app("apps:blog", "apps.read", names));
	assert_false(scope_fits_app("apps.read:blog", "apps", names));
}

static void
test_covers(void **state)
{
	static const struct {
		const char	*list;
		const char	*wanted;
		const char	*lacks;		/* NULL = covered */
	} t[] = {
		{ "deploy,apps", "apps,deploy", NULL },
		{ "deploy,apps", "apps.read", NULL },
		{ "apps.read", "apps.read,apps", "apps" },
		{ "deploy", "deploy:blog", NULL },
		{ "deploy:blog", "deploy:blog", NULL },
		{ "deploy:blog", "deploy", "deploy" },
		{ "deploy:blog", "deploy:shop", "deploy:shop" },
		{ "apps:blog", "apps.read:blog", NULL },
		{ "apps.read:blog", "apps:blog", "apps:blog" },
		{ "admin", "sql,keys,deploy:blog,admin", NULL },
		{ "keys,deploy", "keys,deploy,admin", "admin" },
		{ "keys", "keys:blog", NULL },
		{ "", "deploy", "deploy" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		const char *lacks = NULL;
		bool ok = scope_covers(t[i].list, t[i].wanted, a, &lacks);

		assert_int_equal(ok, t[i].lacks == NULL);
		assert_int_equal(scope_covers(t[i].list, t[i].wanted, a, NULL), ok);
		if (!ok)
			assert_string_equal(lacks, t[i].lacks);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_canonical_long),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_fits_app),
		cmocka_unit_test(test_covers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
