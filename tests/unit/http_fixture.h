/*
 * Calls of the route table's rows without a socket: a request is built as the gate would,
 * the row is found by route_find, its handler runs, an error becomes the envelope.
 * Access is not judged here (tests/unit/test_access.c); a key is given by http_key.
 *
 *	static const struct route *const tables[] = { app_routes, NULL };
 *	assert_int_equal(http(&f, tables, "POST", "/api/apps", "{\"title\":\"a\"}"), 201);
 *	assert_string_equal(http_text("data.title"), "a");
 */
#ifndef TESTS_HTTP_FIXTURE_H
#define TESTS_HTTP_FIXTURE_H

#include "tests/unit/deploy_fixture.h"

#include "base/buf.h"

static const char *http_scopes;		/* of the key that calls, NULL = the owner */
static json_t *http_answer;		/* of the last call, NULL when it was no JSON */
static struct buf http_bytes;		/* body of the last call */

/* The next calls come from a key with these scopes; NULL = the owner again. */
static inline void
http_key(const char *scopes)
{
	http_scopes = scopes;
}

static inline void
http_forget(void)
{
	json_decref(http_answer);
	http_answer = NULL;
	buf_fini(&http_bytes);
}

static inline void
http_read_body(struct response *rs)
{
	const void *p = rs->bytes;
	size_t n = rs->len;

	buf_init(&http_bytes, 2 * LIMIT_TREE);
	if (rs->source == NULL) {
		buf_add(&http_bytes, p, n);
	} else {
		do {
			assert_int_equal(rs->source->next(rs->source, &p, &n), FZ_OK);
			buf_add(&http_bytes, p, n);
		} while (n > 0);
		if (rs->source_len >= 0)
			assert_int_equal(rs->source_len, http_bytes.len);
	}
	if (http_bytes.len > 0)
		http_answer = json_loadb(http_bytes.data, http_bytes.len, 0, NULL);
}

/* The status; target is path and query, as a client sends them decoded. */
static inline int
http_send(struct fixture *f, const struct route *const *tables, const char *method,
    const char *target, const char *type, const void *body, size_t len)
{
	const char *allow, *query = strchr(target, '?');
	enum fz_err err;

	http_forget();
	fixture_request(f);
	f->rq.method = method_parse(method);
	f->rq.method_name = method;
	f->rq.path = query == NULL ? target :
	    arena_strndup(f->arena, target, (size_t)(query - target));
	f->rq.query = query != NULL ? query + 1 : "";
	if (http_scopes != NULL)
		f->rq.caller = (struct caller){ .role = ROLE_ANON, .name = "key",
			.key_id = "fazt_key_000000000000", .key_scopes = http_scopes };
	if (body != NULL)
		fixture_body(f, type, body, len);
	if (route_find(tables, ON_ADMIN, f->rq.method, f->rq.path, f->arena, &f->rq.route,
	    &f->rq.params, &allow) != ROUTE_FOUND)
		fail_msg("no row for %s %s", method, target);
	err = f->rq.route->handle(&f->rq, &f->rs);
	store_durable(f->node.store, f->rq.seq);
	if (err != FZ_OK)
		response_error(&f->rs, err);
	assert_false(f->rs.broken);
	http_read_body(&f->rs);
	return f->rs.status;
}

static inline int
http(struct fixture *f, const struct route *const *tables, const char *method,
    const char *target, const char *json)
{
	return http_send(f, tables, method, target, "application/json", json,
	    json != NULL ? strlen(json) : 0);
}

/* Member of the answer by path, "data.aliases.0"; NULL when absent. */
static inline json_t *
http_at(const char *path)
{
	json_t *v = http_answer;
	char name[64];

	while (v != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		if (json_is_array(v))
			v = json_array_get(v, (size_t)strtoul(name, NULL, 10));
		else
			v = json_object_get(v, name);
		path += n + (path[n] == '.');
	}
	return v;
}

/* Its text, or what stands for other things: "(absent)", "null", "true", "7". */
static inline const char *
http_text(const char *path)
{
	static char texts[8][512];
	static unsigned turn;
	char *out = texts[turn++ % 8];
	json_t *v = http_at(path);
	char *s;

	if (v == NULL)
		return "(absent)";
	if (json_is_string(v))
		return json_string_value(v);
	s = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	snprintf(out, sizeof(texts[0]), "%s", s);
	free(s);
	return out;
}

#define assert_http(path, want) assert_string_equal(http_text(path), want)
/* The call fails with this status and code. */
#define assert_refused(call, status, code) do {			\
		assert_int_equal(call, status);			\
		assert_http("error.code", code);		\
	} while (0)

#endif
