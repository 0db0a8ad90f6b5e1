/* The route table: which row answers, with what parameters, and what Allow says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/route.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct route first[] = {
	{ METHOD_GET, "/", .hosts = ON_ADMIN, .help = "root" },
	{ METHOD_GET, "/api/apps/{app}", .hosts = ON_ADMIN, .help = "app" },
	{ METHOD_DELETE, "/api/apps/{app}", .hosts = ON_ADMIN, .help = "app-delete" },
	{ METHOD_GET, "/api/apps", .hosts = ON_ADMIN, .help = "apps" },
	{ METHOD_POST, "/api/apps", .hosts = ON_ADMIN, .help = "apps-post" },
	{ METHOD_POST, "/api/apps/install", .hosts = ON_ADMIN, .help = "install" },
	{ METHOD_GET, "/api/{rest...}", .hosts = ON_ADMIN, .help = "rest" },
	{ 0 },
};

static const struct route second[] = {
	{ METHOD_PUT, "/api/apps/{app}/files/{path...}", .hosts = ON_ADMIN, .help = "file" },
	{ METHOD_GET, "/api/apps/{app}/files/{path...}", .hosts = ON_ADMIN, .help = "get" },
	{ METHOD_GET, "/api/apps/{app}/files/index", .hosts = ON_ADMIN, .help = "index" },
	{ METHOD_GET, "/api/{kind}/new", .hosts = ON_ADMIN, .help = "kind-new" },
	{ METHOD_HEAD, "/api/head", .hosts = ON_ADMIN, .help = "head-head" },
	{ METHOD_GET, "/health", .hosts = ON_ADMIN | ON_INTERNAL, .help = "health" },
	{ METHOD_GET, "/inside", .hosts = ON_INTERNAL, .help = "inside" },
	{ METHOD_GET, "/api/head", .hosts = ON_ADMIN, .help = "head-get" },
	{ METHOD_POST, "/both", .hosts = ON_INTERNAL, .help = "both-in" },
	{ METHOD_GET, "/both", .hosts = ON_ADMIN, .help = "both-get" },
	{ METHOD_GET, "/both", .hosts = ON_ADMIN, .help = "both-later" },
	{ METHOD_DELETE, "/both", .hosts = ON_ADMIN, .help = "both-delete" },
	{ METHOD_OPTIONS, "/both", .hosts = ON_ADMIN, .help = "both-options" },
	{ METHOD_PUT, "/x/{a}/{b}", .hosts = ON_ADMIN, .help = "x" },
	{ 0 },
};

static const struct route *const tables[] = { first, second, NULL };

static void
test_find(void **state)
{
	static const struct {
		int		 hosts;
		enum method	 method;
		const char	*path;
		const char	*row;		/* NULL = 404, or 405 with allow */
		const char	*rest;		/* params "a>1|b>2", or Allow */
	} t[] = {
		{ ON_ADMIN, METHOD_GET, "/", "root", "" },
		{ ON_ADMIN, METHOD_GET, "/api/apps", "apps", "" },
		{ ON_ADMIN, METHOD_HEAD, "/api/apps", "apps", "" },
		{ ON_ADMIN, METHOD_POST, "/api/apps", "apps-post", "" },
		{ ON_ADMIN, METHOD_GET, "/api/apps/blog", "app", "app>blog" },
		{ ON_ADMIN, METHOD_DELETE, "/api/apps/a b", "app-delete", "app>a b" },
		{ ON_ADMIN, METHOD_POST, "/api/apps/install", "install", "" },
		{ ON_ADMIN, METHOD_GET, "/api/apps/install", "app", "app>install" },
		{ ON_ADMIN, METHOD_PUT, "/api/apps/b/files/c", "file", "app>b|path>c" },
		{ ON_ADMIN, METHOD_PUT, "/api/apps/b/files/c/d/", "file", "app>b|path>c/d/" },
		{ ON_ADMIN, METHOD_GET, "/api/apps/b/files/index", "index", "app>b" },
		{ ON_ADMIN, METHOD_GET, "/api/apps/b/files/index/x", "get",
		    "app>b|path>index/x" },
		{ ON_ADMIN, METHOD_PUT, "/x/1/2", "x", "a>1|b>2" },
		/* literal first segments win even against a later literal */
		{ ON_ADMIN, METHOD_GET, "/api/apps/new", "app", "app>new" },
		{ ON_ADMIN, METHOD_GET, "/api/other/new", "kind-new", "kind>other" },
		{ ON_ADMIN, METHOD_GET, "/api/other/old", "rest", "rest>other/old" },
		{ ON_ADMIN, METHOD_GET, "/api/apps/", "rest", "rest>apps/" },
		{ ON_ADMIN, METHOD_GET, "/api/head", "head-get", "" },
		{ ON_ADMIN, METHOD_HEAD, "/api/head", "head-head", "" },
		{ ON_ADMIN, METHOD_GET, "/both", "both-get", "" },
		/* host classes */
		{ ON_ADMIN, METHOD_GET, "/health", "health", "" },
		{ ON_INTERNAL, METHOD_GET, "/health", "health", "" },
		{ ON_INTERNAL, METHOD_GET, "/inside", "inside", "" },
		{ ON_ADMIN, METHOD_GET, "/inside", NULL, NULL },
		{ ON_INTERNAL, METHOD_GET, "/api/apps", NULL, NULL },
		{ 0, METHOD_GET, "/", NULL, NULL },
		/* unknown */
		{ ON_ADMIN, METHOD_GET, "/x", NULL, NULL },
		{ ON_ADMIN, METHOD_PUT, "/x/1", NULL, NULL },
		{ ON_ADMIN, METHOD_PUT, "/x/1/", NULL, NULL },
		{ ON_ADMIN, METHOD_PUT, "/x/1/2/", NULL, NULL },
		{ ON_ADMIN, METHOD_PUT, "/x/1/2/3", NULL, NULL },
		{ ON_ADMIN, METHOD_GET, "/api/", NULL, NULL },
		{ ON_ADMIN, METHOD_GET, "/api", NULL, NULL },
		{ ON_ADMIN, METHOD_GET, "/healthx", NULL, NULL },
		{ ON_ADMIN, METHOD_GET, "/health/", NULL, NULL },
		{ ON_ADMIN, METHOD_GET, "/Health", NULL, NULL },
		{ ON_ADMIN, METHOD_OTHER, "/nothing", NULL, NULL },
		/* other methods */
		{ ON_ADMIN, METHOD_POST, "/both", NULL, "GET, HEAD, DELETE, OPTIONS" },
		{ ON_INTERNAL, METHOD_GET, "/both", NULL, "POST" },
		{ ON_INTERNAL, METHOD_HEAD, "/both", NULL, "POST" },
		{ ON_ADMIN, METHOD_OTHER, "/health", NULL, "GET, HEAD" },
		{ ON_ADMIN, METHOD_PUT, "/api/apps/install", NULL, "GET, HEAD, POST, DELETE" },
		{ ON_ADMIN, METHOD_PATCH, "/api/apps/b/files/c", NULL, "GET, HEAD, PUT" },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		const struct route *row = NULL;
		struct pairs params = { 0 };
		const char *allow = NULL;
		enum route_match m = route_find(tables, t[i].hosts, t[i].method, t[i].path, a,
		    &row, &params, &allow);
		char *s = arena_strdup(a, "");

		if (t[i].row == NULL) {
			assert_null(row);
			assert_int_equal(m, t[i].rest ? ROUTE_OTHER_METHOD : ROUTE_UNKNOWN);
			if (t[i].rest != NULL)
				assert_string_equal(allow, t[i].rest);
			continue;
		}
		if (m != ROUTE_FOUND)
			fail_msg("not found: %s", t[i].path);
		assert_string_equal(row->help, t[i].row);
		for (size_t k = 0; k < params.n; k++)
			s = arena_printf(a, "%s%s%s>%s", s, k > 0 ? "|" : "", params.v[k].name,
			    params.v[k].value);
		assert_string_equal(s, t[i].rest);
		assert_null(allow);
	}
	arena_free(a);
}

/* More segments than the rank has room for. */
static void
test_many_segments(void **state)
{
	static char pattern[200], path[200];
	struct route rows[2] = { { METHOD_GET, pattern, .hosts = ON_ADMIN }, { 0 } };
	const struct route *const list[] = { rows, NULL };
	struct arena *a = arena_new();
	const struct route *row;
	struct pairs params;
	const char *allow;

	(void)state;
	for (int i = 0; i < 50; i++) {
		strcat(pattern, i == 49 ? "/{b}" : "/a");
		strcat(path, "/a");
	}
	assert_int_equal(route_find(list, ON_ADMIN, METHOD_GET, path, a, &row, &params, &allow),
	    ROUTE_FOUND);
	assert_string_equal(pairs_get(&params, "b"), "a");
	arena_free(a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_many_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
