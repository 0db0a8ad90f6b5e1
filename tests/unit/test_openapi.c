/*
 * The document: it is JSON, says what every row says, and every reference in it leads
 * somewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "admin/openapi.h"
#include "admin/schema.h"
#include "base/route.h"
#include "base/str.h"
#include "fcgi/routes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum fz_err
nothing(struct request *q, struct response *s)
{
	(void)q;
	(void)s;
	return FZ_OK;
}

/* Every form a row can have. */
static const struct route odd_routes[] = {
	{ METHOD_GET, "/odd/apps/{app}", nothing, WHO_ADMIN, "apps.read", ON_ADMIN, 0, 0,
	    "One \"app\"", NULL, "App" },
	{ METHOD_GET, "/odd/apps", nothing, WHO_ADMIN, "apps.read", ON_ADMIN, 0, 0,
	    "All apps", NULL, "[App]" },
	{ METHOD_GET, "/odd/apps/{app}/files/{path...}", nothing, WHO_ADMIN, "apps.read",
	    ON_ADMIN, ROUTE_BARE, 0, "A file's bytes", NULL, "Bytes" },
	{ METHOD_PUT, "/odd/apps/{app}/files/{path...}", nothing, WHO_ADMIN, "deploy",
	    ON_ADMIN, ROUTE_BODY_RAW, 6, "Change one file", "Bytes", "FileWritten" },
	{ METHOD_POST, "/odd/deploy", nothing, WHO_ADMIN, "deploy", ON_ADMIN,
	    ROUTE_BODY_RAW | ROUTE_IDEMPOTENT, 6, "Deploy", "DeployUpload", "DeployResult" },
	{ METHOD_DELETE, "/odd/apps/{app}", nothing, WHO_OWNER, NULL, ON_ADMIN, 0, 9,
	    "Sessions only", NULL, NULL },
	{ METHOD_PATCH, "/odd/x/{a}/y/{b}", nothing, WHO_FRESH, "backup", ON_ADMIN, 0, 0,
	    NULL, "NoSuchShape", "[NoSuchShape]" },
	{ METHOD_GET, "/odd/inside", nothing, WHO_ANON, NULL, ON_INTERNAL, ROUTE_BARE, 0,
	    "Internal, no body", NULL, NULL },
	{ 0 }
};

/* The real tables and the odd one. */
static const struct route *tables[64];

static const struct node node = { .version = "1.2.3", .scheme = "https",
	.admin_host = "admin.example.com", .port_suffix = ":8443", .max_json = 1048576,
	.max_archive = 104857600, .routes = tables };

static json_t *doc;

static int
load(void **state)
{
	size_t n = 0;

	(void)state;
	for (; routes_all[n] != NULL; n++)
		tables[n] = routes_all[n];
	tables[n] = odd_routes;
	assert_true(n + 1 < COUNT(tables));
	doc = openapi_document(&node);
	return doc == NULL;
}

static int
unload(void **state)
{
	(void)state;
	json_decref(doc);
	return 0;
}

/* A member by its way, "a.b.c". */
static const json_t *
at(const json_t *v, const char *dotted)
{
	char name[80];
	size_t n;

	for (; *dotted != '\0'; dotted += n + (dotted[n] == '.')) {
		n = strcspn(dotted, ".");
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, dotted);
		v = json_object_get(v, name);
	}
	return v;
}

static const char *
text_at(const json_t *v, const char *dotted)
{
	const char *s = json_string_value(at(v, dotted));

	return s != NULL ? s : "(none)";
}

static const json_t *
operation(const char *path, const char *method)
{
	const json_t *op = at(json_object_get(json_object_get(doc, "paths"), path), method);

	if (op == NULL)
		fail_msg("%s %s is not in the document", method, path);
	return op;
}

static const json_t *
media(const json_t *body, const char *type)
{
	return json_object_get(json_object_get(json_object_get(body, "content"), type),
	    "schema");
}

static void
test_head(void **state)
{
	(void)state;
	assert_string_equal(text_at(doc, "openapi"), "3.1.0");
	assert_string_equal(text_at(doc, "info.version"), "1.2.3");
	assert_string_equal(json_string_value(json_object_get(json_array_get(
	    json_object_get(doc, "servers"), 0), "url")), "https://admin.example.com:8443");
	assert_string_equal(text_at(doc, "components.securitySchemes.key.scheme"), "bearer");
	assert_string_equal(text_at(doc, "components.securitySchemes.session.in"), "cookie");
}

/* Path as the document spells it. */
static void
plain(char out[256], const char *path)
{
	size_t n = 0;

	for (; *path != '\0'; path++) {
		if (strncmp(path, "...}", 4) == 0)
			path += 3;
		out[n++] = *path;
	}
	out[n] = '\0';
}

static size_t
count_params(const char *path)
{
	size_t n = 0;

	for (; *path != '\0'; path++)
		n += *path == '{';
	return n;
}

static void
check_row(const struct route *row)
{
	char path[256], method[16];
	const json_t *op, *params, *p;
	size_t i, in_path = 0;

	plain(path, row->path);
	(void)snprintf(method, sizeof(method), "%s", method_text(row->method));
	str_lower(method);
	op = operation(path, method);
	assert_non_null(at(op, "operationId"));
	assert_non_null(at(op, "summary"));
	assert_non_null(at(op, "responses.2XX"));
	assert_string_equal(text_at(op, "responses.default.$ref"),
	    "#/components/responses/Error");
	params = at(op, "parameters");
	json_array_foreach(params, i, p) {
		if (strcmp(text_at(p, "in"), "path") != 0)
			continue;
		assert_true(json_is_true(json_object_get(p, "required")));
		assert_non_null(strstr(path, text_at(p, "name")));
		in_path++;
	}
	assert_int_equal(in_path, count_params(row->path));
	/* A second row for internal requests stands behind the one of the admin host. */
	if (!(row->hosts & ON_ADMIN) && strcmp(row->path, "/metrics") == 0)
		return;
	assert_string_equal(text_at(op, "x-scope"),
	    row->scope != NULL ? row->scope : "(none)");
	assert_int_equal(json_integer_value(at(op, "x-audit-weight")), row->weight);
	assert_int_equal(json_array_size(at(op, "security")), row->who == WHO_ANON ? 0 :
	    row->scope != NULL ? 2 : 1);
	assert_int_equal(at(op, "requestBody") != NULL, row->takes != NULL);
}

static void
test_every_row(void **state)
{
	size_t n = 0, ops = 0;
	const char *path, *method;
	json_t *item, *op;

	(void)state;
	for (size_t i = 0; tables[i] != NULL; i++)
		for (const struct route *row = tables[i]; row->path != NULL; row++) {
			check_row(row);
			n++;
		}
	json_object_foreach(json_object_get(doc, "paths"), path, item)
		json_object_foreach(item, method, op)
			ops++;
	assert_int_equal(ops, n - 1);		/* /metrics has two rows */
}

static void
test_one_row_in_full(void **state)
{
	const json_t *op = operation("/odd/deploy", "post"), *body = at(op, "requestBody");

	(void)state;
	assert_string_equal(text_at(op, "operationId"), "post_odd_deploy");
	assert_string_equal(text_at(op, "x-who"), "admin");
	assert_int_equal(json_integer_value(at(op, "x-body-limit")), 104857600);
	assert_string_equal(text_at(media(body, "multipart/form-data"), "$ref"),
	    "#/components/schemas/DeployUpload");
	assert_int_equal(json_object_size(media(body, "application/zip")), 0);
	assert_non_null(media(body, "application/x-tar"));
	assert_string_equal(text_at(media(at(op, "responses.2XX"), "application/json"),
	    "properties.data.$ref"), "#/components/schemas/DeployResult");
	assert_string_equal(json_string_value(json_object_get(json_array_get(
	    at(op, "parameters"), 0), "name")), "Idempotency-Key");
}

static void
test_forms(void **state)
{
	const json_t *op = operation("/odd/apps", "get");
	const json_t *data = at(media(at(op, "responses.2XX"), "application/json"),
	    "properties.data");

	(void)state;
	assert_string_equal(text_at(data, "type"), "array");
	assert_string_equal(text_at(data, "items.$ref"), "#/components/schemas/App");
	op = operation("/odd/apps/{app}/files/{path}", "get");
	assert_non_null(media(at(op, "responses.2XX"), "application/octet-stream"));
	assert_null(media(at(op, "responses.2XX"), "application/json"));
	assert_null(at(json_array_get(at(op, "parameters"), 0), "x-segments"));
	assert_non_null(at(json_array_get(at(op, "parameters"), 1), "x-segments"));
	op = operation("/odd/x/{a}/y/{b}", "patch");
	assert_int_equal(json_object_size(media(at(op, "requestBody"), "application/json")),
	    0);
	assert_int_equal(json_integer_value(at(op, "x-body-limit")), 1048576);
	assert_string_equal(text_at(op, "x-who"), "fresh");
	op = operation("/odd/inside", "get");
	assert_null(at(op, "responses.2XX.content"));
	assert_string_equal(json_string_value(json_array_get(at(op, "x-hosts"), 0)),
	    "internal");
	assert_string_equal(text_at(operation("/metrics", "get"), "x-scope"),
	    "metrics.read");
	assert_string_equal(text_at(operation("/odd/apps/{app}", "get"), "summary"),
	    "One \"app\"");
}

/* Every {"$ref": "#/a/b"} below v leads to something. */
static void
check_refs(const json_t *v, int *refs)
{
	const char *name, *ref;
	const json_t *to = doc;
	json_t *member;
	char word[80];
	size_t i, n;

	json_array_foreach(v, i, member)
		check_refs(member, refs);
	if (!json_is_object(v))
		return;
	json_object_foreach((json_t *)v, name, member)
		check_refs(member, refs);
	ref = json_string_value(json_object_get(v, "$ref"));
	if (ref == NULL)
		return;
	(*refs)++;
	assert_int_equal(strncmp(ref, "#/", 2), 0);
	for (const char *p = ref + 2; *p != '\0'; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		(void)snprintf(word, sizeof(word), "%.*s", (int)n, p);
		to = json_object_get(to, word);
	}
	if (to == NULL)
		fail_msg("%s leads nowhere", ref);
}

static void
test_references(void **state)
{
	int refs = 0;

	(void)state;
	check_refs(doc, &refs);
	assert_true(refs > 50);
}

/* The shapes that real rows name exist. */
static void
test_known_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; tables[i] != NULL; i++)
		for (const struct route *row = tables[i];
		    tables[i] != odd_routes && row->path != NULL; row++) {
			if (row->takes != NULL && !schema_known(row->takes))
				fail_msg("%s takes %s", row->path, row->takes);
			if (row->gives != NULL && !schema_known(row->gives))
				fail_msg("%s gives %s", row->path, row->gives);
		}
	assert_true(schema_known("[App]"));
	assert_false(schema_known("Ap"));
	assert_false(schema_known("[App"));
	assert_false(schema_known(""));
	assert_false(schema_known("[]"));
	assert_false(schema_known(NULL));
}

static void
test_operation_ids_are_unique(void **state)
{
	json_t *seen = json_object(), *item, *op;
	const char *path, *method;

	(void)state;
	json_object_foreach(json_object_get(doc, "paths"), path, item)
		json_object_foreach(item, method, op) {
			const char *id = text_at(op, "operationId");

			assert_null(json_object_get(seen, id));
			json_object_set_new(seen, id, json_true());
		}
	json_decref(seen);
}

/* The small notation, in all its forms. */
static void
test_shapes(void **state)
{
	const json_t *all = at(doc, "components.schemas"), *v;

	(void)state;
	v = at(all, "Domain.properties");
	assert_int_equal(json_array_size(at(v, "status.enum")), 3);
	assert_string_equal(json_string_value(json_array_get(at(v, "status.enum"), 2)),
	    "error");
	assert_string_equal(text_at(json_array_get(at(v, "checked_at.anyOf"), 0), "format"),
	    "date-time");
	assert_string_equal(text_at(json_array_get(at(v, "checked_at.anyOf"), 1), "type"),
	    "null");
	assert_string_equal(text_at(v, "dns.$ref"), "#/components/schemas/DomainDns");
	v = at(all, "AppLineage");
	assert_string_equal(text_at(v, "properties.forks.items.$ref"),
	    "#/components/schemas/AppLineage");
	assert_int_equal(json_array_size(at(v, "required")), 4);
	v = at(all, "DomainCreate");
	assert_int_equal(json_array_size(at(v, "required")), 1);
	assert_non_null(at(v, "properties.redirect_to"));
	assert_string_equal(text_at(json_array_get(at(all, "DeployDetail.allOf"), 0),
	    "$ref"), "#/components/schemas/Deploy");
	v = at(all, "Error.properties.error.properties.code.enum");
	assert_int_equal(json_array_size(v), FZ_AGAIN - 1);
}

static void
test_cost(void **state)
{
	struct timespec a, b;
	struct buf out;
	double us;

	(void)state;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
	for (int i = 0; i < 100; i++) {
		buf_init(&out, OPENAPI_MAX);
		openapi_print(&node, &out);
		assert_true(buf_ok(&out));
		buf_fini(&out);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
	us = (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
	print_message("one document: %.0f us of CPU\n", us / 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_one_row_in_full),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_known_shapes),
		cmocka_unit_test(test_operation_ids_are_unique),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
