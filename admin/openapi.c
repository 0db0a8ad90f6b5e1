/*
 * The document is written straight from the route table, once an answer: a hundred rows
 * and seventy shapes are some 50 KiB and well under a millisecond, and nothing can be
 * stale.  It says what the table says and nothing else; what a row does not know (query
 * arguments, the exact success status) stays in the manual.
 *
 * Rows of one path form one path item.  A method may have a second row for internal
 * requests; the document is the one of the admin host, so the row for it is shown.
 */
#include "admin/openapi.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/schema.h"
#include "base/json.h"
#include "base/log.h"
#include "base/route.h"
#include "base/str.h"

static const char *const who_names[] = {
	[WHO_ANON] = "anon",
	[WHO_USER] = "user",
	[WHO_ADMIN] = "admin",
	[WHO_OWNER] = "owner",
	[WHO_FRESH] = "fresh",
};

static void
put_string(struct buf *b, const char *s)
{
	buf_json(b, s, strlen(s));
}

/* "{path...}" is "{path}" here; the standard knows one segment only. */
static void
put_path(struct buf *b, const char *path)
{
	buf_putc(b, '"');
	for (; *path != '\0'; path++) {
		if (str_starts(path, "...}"))
			path += 3;
		buf_putc(b, *path);
	}
	buf_putc(b, '"');
}

/* Method names are lower-case here. */
static void
put_method(struct buf *b, enum method m)
{
	char name[16];

	snprintf(name, sizeof(name), "%s", method_text(m));
	str_lower(name);
	buf_puts(b, name);
}

/* "get_api_apps_app_files": method and words of the path. */
static void
put_operation_id(struct buf *b, const struct route *row)
{
	bool gap = true;

	buf_puts(b, "\"operationId\":\"");
	put_method(b, row->method);
	for (const char *p = row->path; *p != '\0'; p++) {
		bool word = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9');

		if (word && gap)
			buf_putc(b, '_');
		if (word)
			buf_putc(b, *p);
		gap = !word;
	}
	buf_putc(b, '"');
}

/* The first word behind "/api/", or of the path: what the operation is about. */
static void
put_tag(struct buf *b, const char *path)
{
	path += str_starts(path, "/api/") ? 5 : 1;
	buf_printf(b, ",\"tags\":[\"%.*s\"]", (int)strcspn(path, "/."), path);
}

static void
put_path_param(struct buf *b, const char *name, size_t len)
{
	bool rest = len > 3 && memcmp(name + len - 3, "...", 3) == 0;

	buf_printf(b, "{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,",
	    (int)(rest ? len - 3 : len), name);
	if (rest)
		buf_puts(b, "\"description\":\"One or more segments, with their '/'\","
		    "\"x-segments\":true,");
	buf_puts(b, "\"schema\":{\"type\":\"string\"}}");
}

static void
put_params(struct buf *b, const struct route *row)
{
	const char *sep = "";
	const char *p = strchr(row->path, '{');

	buf_puts(b, ",\"parameters\":[");
	for (; p != NULL; p = strchr(p + 1, '{')) {
		buf_puts(b, sep);
		put_path_param(b, p + 1, strcspn(p + 1, "}"));
		sep = ",";
	}
	if (row->flags & ROUTE_IDEMPOTENT)
		buf_printf(b, "%s{\"name\":\"Idempotency-Key\",\"in\":\"header\","
		    "\"schema\":{\"type\":\"string\",\"maxLength\":64}}", sep);
	buf_putc(b, ']');
}

/* "content" of a body; bytes in every media type but the first. */
static void
put_content(struct buf *b, const char *media, const char *schema, bool envelope)
{
	const char *sep = "";
	bool first = true;

	buf_puts(b, "\"content\":{");
	for (size_t n; *media != '\0'; media += n + (media[n] == ',')) {
		n = strcspn(media, ",");
		buf_printf(b, "%s\"%.*s\":{\"schema\":", sep, (int)n, media);
		if (!first) {
			buf_puts(b, "{}");
		} else if (envelope) {
			buf_puts(b, "{\"type\":\"object\",\"required\":[\"data\"],"
			    "\"properties\":{\"data\":");
			schema_ref(b, schema);
			buf_puts(b, ",\"meta\":");
			schema_ref(b, "Meta");
			buf_puts(b, "}}");
		} else {
			schema_ref(b, schema);
		}
		buf_putc(b, '}');
		sep = ",";
		first = false;
	}
	buf_putc(b, '}');
}

static void
put_body(const struct node *node, struct buf *b, const struct route *row)
{
	uint64_t limit = row->flags & ROUTE_BODY_RAW ? node->max_archive : node->max_json;

	if (row->takes != NULL) {
		buf_puts(b, ",\"requestBody\":{");
		put_content(b, schema_media(row->takes), row->takes, false);
		buf_putc(b, '}');
	}
	if (row->method != METHOD_GET && row->method != METHOD_HEAD)
		buf_printf(b, ",\"x-body-limit\":%" PRIu64, limit);
}

static void
put_responses(struct buf *b, const struct route *row)
{
	buf_puts(b, ",\"responses\":{\"2XX\":{\"description\":\"Success\"");
	if (!(row->flags & ROUTE_BARE)) {
		buf_putc(b, ',');
		put_content(b, "application/json", row->gives, true);
	} else if (row->gives != NULL) {
		buf_putc(b, ',');
		put_content(b, schema_media(row->gives), row->gives, false);
	}
	buf_puts(b, "},\"default\":{\"$ref\":\"#/components/responses/Error\"}}");
}

static void
put_hosts(struct buf *b, int hosts)
{
	static const char *const names[] = { "admin", "internal", "auth", "app" };
	const char *between = "";

	buf_puts(b, ",\"x-hosts\":[");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (hosts & 1 << i) {
			buf_printf(b, "%s\"%s\"", between, names[i]);
			between = ",";
		}
	buf_puts(b, "]");
}

static void
put_access(struct buf *b, const struct route *row)
{
	const char *who = "?";

	if (row->who >= 0 && (size_t)row->who < sizeof(who_names) / sizeof(who_names[0]))
		who = who_names[row->who];
	buf_printf(b, ",\"x-who\":\"%s\"", who);
	if (row->scope != NULL)
		buf_printf(b, ",\"x-scope\":\"%s\"", row->scope);
	if (row->who == WHO_ANON)
		buf_puts(b, ",\"security\":[]");
	else if (row->scope != NULL)
		buf_printf(b, ",\"security\":[{\"key\":[\"%s\"]},"
		    "{\"keyBasic\":[\"%s\"]}]", row->scope, row->scope);
	else
		buf_puts(b, ",\"security\":[{\"session\":[]}]");
	put_hosts(b, row->hosts);
	if (row->weight > 0)
		buf_printf(b, ",\"x-audit-weight\":%d", row->weight);
}

static void
put_operation(const struct node *node, struct buf *b, const struct route *row)
{
	buf_putc(b, '"');
	put_method(b, row->method);
	buf_puts(b, "\":{");
	put_operation_id(b, row);
	buf_puts(b, ",\"summary\":");
	put_string(b, row->help != NULL ? row->help : row->path);
	put_tag(b, row->path);
	put_access(b, row);
	put_params(b, row);
	put_body(node, b, row);
	put_responses(b, row);
	buf_putc(b, '}');
}

/* The row to show for a method of a path: the admin host's before another. */
static const struct route *
row_of(const struct route *const *tables, const char *path, enum method m)
{
	const struct route *row, *found = NULL;

	for (; *tables != NULL; tables++)
		for (row = *tables; row->path != NULL; row++) {
			if (row->method != m || strcmp(row->path, path) != 0)
				continue;
			if (row->hosts & ON_ADMIN)
				return row;
			if (found == NULL)
				found = row;
		}
	return found;
}

static bool
first_of_path(const struct route *const *tables, const struct route *this)
{
	const struct route *row;

	for (; *tables != NULL; tables++)
		for (row = *tables; row->path != NULL; row++)
			if (strcmp(row->path, this->path) == 0)
				return row == this;
	return false;
}

static void
put_path_item(const struct node *node, struct buf *b, const char *path)
{
	const char *sep = "";

	put_path(b, path);
	buf_puts(b, ":{");
	for (enum method m = METHOD_GET; m < METHOD_OTHER; m++) {
		const struct route *row = row_of(node->routes, path, m);

		if (row == NULL)
			continue;
		buf_puts(b, sep);
		put_operation(node, b, row);
		sep = ",";
	}
	buf_putc(b, '}');
}

static void
put_paths(const struct node *node, struct buf *b)
{
	const struct route *const *tables;
	const struct route *row;
	const char *sep = "";

	buf_puts(b, ",\"paths\":{");
	for (tables = node->routes; *tables != NULL; tables++)
		for (row = *tables; row->path != NULL; row++) {
			if (!first_of_path(node->routes, row))
				continue;
			buf_puts(b, sep);
			put_path_item(node, b, row->path);
			sep = ",";
		}
	buf_putc(b, '}');
}

static bool
sessions_only(const struct node *node)
{
	const struct route *const *tables;
	const struct route *row;

	for (tables = node->routes; *tables != NULL; tables++)
		for (row = *tables; row->path != NULL; row++)
			if (row->who != WHO_ANON && row->scope == NULL)
				return true;
	return false;
}

static void
put_components(const struct node *node, struct buf *b)
{
	buf_puts(b, ",\"components\":{\"securitySchemes\":{"
	    "\"key\":{\"type\":\"http\",\"scheme\":\"bearer\","
	    "\"bearerFormat\":\"fazt_key\",\"description\":"
	    "\"API key; the operation's x-scope must be among its scopes\"},"
	    "\"keyBasic\":{\"type\":\"http\",\"scheme\":\"basic\","
	    "\"description\":\"The API key as password, any user name\"}");
	if (sessions_only(node))
		buf_puts(b, ",\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\","
		    "\"name\":\"__Host-fazt_admin\"}");
	buf_puts(b, "},\"responses\":{\"Error\":{\"description\":\"Failure\","
	    "\"content\":{\"application/json\":{\"schema\":"
	    "{\"$ref\":\"#/components/schemas/Error\"}}}}},\"schemas\":{");
	schema_print(b);
	buf_puts(b, "}}");
}

void
openapi_print(const struct node *node, struct buf *b)
{
	buf_puts(b, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"fazt\",\"version\":");
	put_string(b, node->version);
	buf_puts(b, ",\"description\":\"Success is {data[,meta]} unless an operation "
	    "gives something bare; failure is {error:{code,message[,details]}}.\"},"
	    "\"servers\":[{\"url\":");
	buf_printf(b, "\"%s://%s%s\"}]", node->scheme, node->admin_host,
	    node->port_suffix);
	put_paths(node, b);
	put_components(node, b);
	buf_putc(b, '}');
}

json_t *
openapi_document(const struct node *node)
{
	struct why why = { 0 };
	json_t *doc = NULL;
	struct buf b;

	buf_init(&b, OPENAPI_MAX);
	openapi_print(node, &b);
	if (!buf_ok(&b) || json_parse(b.data, b.len, &doc, &why) != FZ_OK)
		log_fatal("the API document is broken", "why", why.text, NULL);
	buf_fini(&b);
	return doc;
}
