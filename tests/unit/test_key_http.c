/* Keys over HTTP: the forms, who may give what to whom, and that no secret is kept. */
#include "tests/unit/store_test.h"

#include "auth/access.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/spool.h"
#include "store/apikey.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

extern const struct route key_routes[];

static struct node node;
static struct request rq;
static struct response rs;
static char text_of_key[TOKEN_MAX];
static char id_of_key[TOKEN_ID_LEN + 1];
static int64_t row_of_key;

/* A key that calls; life in ms, 0 = without end. */
static void
make_caller(const char *scopes, int64_t life)
{
	struct apikey k = { .key_id = id_of_key, .name = "caller", .scopes = scopes };
	struct writer *w = begin();

	token_make(text_of_key, id_of_key, k.hash);
	k.expires = life != 0 ? clock_wall_ms() + life : 0;
	OK(apikey_add(w, &k));
	OK(writer_commit(w, NULL));
	row_of_key = k.id;
}

static void
fill_body(const char *body)
{
	if (body == NULL)
		return;
	rq.content_type = "application/json";
	rq.body = spool_new(NULL, MIB);
	OK(spool_add(rq.body, body, strlen(body)));
}

/* One request with the caller's key through route, identity and access to the handler. */
static enum fz_err
call(enum method m, const char *path, const char *query, const char *body)
{
	const struct route *const tables[] = { key_routes, NULL };
	static struct pair header;
	const char *allow;
	enum fz_err err;

	memset(&rq, 0, sizeof(rq));
	rq.arena = ar;
	rq.node = &node;
	rq.method = m;
	rq.path = path;
	rq.query = query;
	rq.ip = "192.0.2.1";
	rq.content_type = "";
	header = (struct pair){ "authorization", arena_printf(ar, "Bearer %s", text_of_key) };
	rq.headers = (struct pairs){ &header, text_of_key[0] != '\0' };
	response_init(&rs, ar);
	fill_body(body);
	assert_int_equal(route_find(tables, ON_ADMIN, m, path, ar, &rq.route, &rq.params,
	    &allow), ROUTE_FOUND);
	err = access_identify(&rq, &rs);
	if (err == FZ_OK)
		err = access_check(&rq, &rs, rq.route);
	if (err == FZ_OK)
		err = rq.route->handle(&rq, &rs);
	spool_free(rq.body);
	return err;
}

static void
drop(void *value)
{
	json_decref(value);
}

/* "data" of the answer, borrowed from the arena. */
static json_t *
data(void)
{
	struct why why = { 0 };
	json_t *doc;

	OK(json_parse(rs.bytes, rs.len, &doc, &why));
	arena_defer(ar, drop, doc);
	response_fini(&rs);
	return json_object_get(doc, "data");
}

static const char *
detail(const char *name)
{
	return json_string_value(json_object_get(rs.details, name));
}

static const char *
str(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static void
test_self(void **state)
{
	json_t *key;

	(void)state;
	make_caller("deploy:blog", 86400000);
	OK(call(METHOD_GET, "/api/me", "", NULL));
	key = json_object_get(data(), "key");
	assert_int_equal(json_integer_value(json_object_get(key, "id")), row_of_key);
	assert_string_equal(str(key, "key_id"), id_of_key);
	assert_string_equal(str(key, "name"), "caller");
	assert_string_equal(str(key, "scopes"), "deploy:blog");
	assert_int_equal(strlen(str(key, "expires_at")), 20);
	make_caller("deploy", 0);
	OK(call(METHOD_GET, "/api/me", "", NULL));
	key = json_object_get(data(), "key");
	assert_true(json_is_null(json_object_get(key, "expires_at")));
	text_of_key[0] = '\0';
	assert_int_equal(call(METHOD_GET, "/api/me", "", NULL), FZ_UNAUTHORIZED);
}

static void
test_who(void **state)
{
	static const char *const without[] = { "deploy", "keys:blog", "users,apps,system" };

	(void)state;
	text_of_key[0] = '\0';
	assert_int_equal(call(METHOD_GET, "/api/keys", "", NULL), FZ_UNAUTHORIZED);
	assert_int_equal(call(METHOD_POST, "/api/keys", "", "{}"), FZ_UNAUTHORIZED);
	assert_int_equal(call(METHOD_DELETE, "/api/keys", "id=1", NULL), FZ_UNAUTHORIZED);
	for (size_t i = 0; i < COUNT(without); i++) {
		make_caller(without[i], 0);
		assert_int_equal(call(METHOD_GET, "/api/keys", "", NULL), FZ_SCOPE_REQUIRED);
		assert_string_equal(detail("scope"), "keys");
		assert_int_equal(call(METHOD_POST, "/api/keys", "", "{\"name\":\"x\"}"),
		    FZ_SCOPE_REQUIRED);
		assert_int_equal(call(METHOD_DELETE, "/api/keys", "id=1", NULL),
		    FZ_SCOPE_REQUIRED);
	}
}

static void
test_create_use_list_delete(void **state)
{
	char made[TOKEN_MAX], admin[TOKEN_MAX], id[TOKEN_ID_LEN + 1];
	uint8_t hash[SHA256_LEN];
	json_t *d, *list, *key = NULL;
	size_t i;
	int64_t row;

	(void)state;
	make_caller("admin", 0);
	memcpy(admin, text_of_key, sizeof(admin));
	OK(call(METHOD_POST, "/api/keys", "", "{\"name\":\"ci\",\"scopes\":"
	    "\" deploy:blog , apps.read\",\"expires_in\":\"90d\"}"));
	assert_int_equal(rs.status, 200);
	assert_true(rq.seq > 0);
	d = data();
	assert_true(token_parse(str(d, "token"), id, hash));
	assert_string_equal(str(d, "key_id"), id);
	assert_string_equal(str(d, "scopes"), "deploy:blog,apps.read");
	assert_non_null(str(d, "expires_at"));
	assert_non_null(str(d, "message"));
	row = json_integer_value(json_object_get(d, "id"));
	(void)snprintf(made, sizeof(made), "%s", str(d, "token"));

	memcpy(text_of_key, made, sizeof(made));
	OK(call(METHOD_GET, "/api/me", "", NULL));
	assert_string_equal(str(json_object_get(data(), "key"), "name"), "ci");

	memcpy(text_of_key, admin, sizeof(admin));
	OK(call(METHOD_GET, "/api/keys", "", NULL));
	assert_null(memmem(rs.bytes, rs.len, made + TOKEN_ID_LEN + 1, 43));
	list = json_object_get(data(), "keys");
	json_array_foreach(list, i, d)
		if (json_integer_value(json_object_get(d, "id")) == row)
			key = d;
	assert_non_null(key);
	assert_string_equal(str(key, "scopes"), "deploy:blog,apps.read");
	assert_string_equal(str(key, "created_by"), id_of_key);
	assert_string_equal(str(key, "last_used_ip"), "192.0.2.1");
	assert_non_null(str(key, "last_used_at"));
	assert_int_equal(strncmp(made, str(key, "prefix"), strlen(str(key, "prefix"))), 0);

	OK(call(METHOD_DELETE, "/api/keys", arena_printf(ar, "id=%lld", (long long)row),
	    NULL));
	assert_true(rq.seq > 0);
	response_fini(&rs);
	memcpy(text_of_key, made, sizeof(made));
	assert_int_equal(call(METHOD_GET, "/api/me", "", NULL), FZ_INVALID_API_KEY);
	memcpy(text_of_key, admin, sizeof(admin));
	assert_int_equal(call(METHOD_DELETE, "/api/keys",
	    arena_printf(ar, "id=%lld", (long long)row), NULL), FZ_KEY_NOT_FOUND);
}

static void
test_bodies(void **state)
{
	static const struct {
		const char	*body;
		enum fz_err	 err;
		const char	*field;
	} t[] = {
		{ "{\"name\":\"x\"}", FZ_OK, NULL },
		{ "{\"name\":\"x\",\"scopes\":null,\"expires_in\":null}", FZ_OK, NULL },
		{ "{\"name\":\"x\",\"scopes\":[\"deploy\",\"apps:blog\"]}", FZ_OK, NULL },
		{ "{\"name\":\"x\",\"expires_in\":1}", FZ_OK, NULL },
		{ "{\"name\":\"x\",\"expires_in\":\"3600\"}", FZ_OK, NULL },
		{ "{\"name\":\"x\",\"expires_in\":315360000}", FZ_OK, NULL },
		{ "{\"name\":\"\xc3\xa9t\xc3\xa9\"}", FZ_OK, NULL },
		{ NULL, FZ_MISSING_FIELD, "name" },
		{ "{}", FZ_MISSING_FIELD, "name" },
		{ "{\"name\":null}", FZ_MISSING_FIELD, "name" },
		{ "{\"name\":1}", FZ_VALIDATION_FAILED, "name" },
		{ "{\"name\":\"\"}", FZ_VALIDATION_FAILED, "name" },
		{ "{\"name\":\"  \"}", FZ_VALIDATION_FAILED, "name" },
		{ "{\"name\":\"a\\nb\"}", FZ_VALIDATION_FAILED, "name" },
		{ "{\"name\":\"a\\u007fb\"}", FZ_VALIDATION_FAILED, "name" },
		{ "{\"name\":\"x\",\"scopes\":\"\"}", FZ_VALIDATION_FAILED, "scopes" },
		{ "{\"name\":\"x\",\"scopes\":[]}", FZ_VALIDATION_FAILED, "scopes" },
		{ "{\"name\":\"x\",\"scopes\":[\"deploy,apps\"]}", FZ_VALIDATION_FAILED,
		    "scopes" },
		{ "{\"name\":\"x\",\"scopes\":[1]}", FZ_VALIDATION_FAILED, "scopes" },
		{ "{\"name\":\"x\",\"scopes\":[null]}", FZ_VALIDATION_FAILED, "scopes" },
		{ "{\"name\":\"x\",\"scopes\":[\"\"]}", FZ_VALIDATION_FAILED, "scopes" },
		{ "{\"name\":\"x\",\"scopes\":7}", FZ_VALIDATION_FAILED, "scopes" },
		{ "{\"name\":\"x\",\"scopes\":\"everything\"}", FZ_VALIDATION_FAILED,
		    "scopes" },
		{ "{\"name\":\"x\",\"scopes\":\"admin:blog\"}", FZ_VALIDATION_FAILED,
		    "scopes" },
		{ "{\"name\":\"x\",\"expires_in\":0}", FZ_VALIDATION_FAILED, "expires_in" },
		{ "{\"name\":\"x\",\"expires_in\":-5}", FZ_VALIDATION_FAILED, "expires_in" },
		{ "{\"name\":\"x\",\"expires_in\":-9223372036854775807}",
		    FZ_VALIDATION_FAILED, "expires_in" },
		{ "{\"name\":\"x\",\"expires_in\":9223372036854775807}",
		    FZ_VALIDATION_FAILED, "expires_in" },
		{ "{\"name\":\"x\",\"expires_in\":315360001}", FZ_VALIDATION_FAILED,
		    "expires_in" },
		{ "{\"name\":\"x\",\"expires_in\":1.5}", FZ_VALIDATION_FAILED,
		    "expires_in" },
		{ "{\"name\":\"x\",\"expires_in\":\"soon\"}", FZ_VALIDATION_FAILED,
		    "expires_in" },
		{ "{\"name\":\"x\",\"expires_in\":\"500ms\"}", FZ_VALIDATION_FAILED,
		    "expires_in" },
		{ "{\"name\":\"x\",\"expires_in\":true}", FZ_VALIDATION_FAILED,
		    "expires_in" },
		{ "[]", FZ_INVALID_JSON, NULL },
		{ "{", FZ_INVALID_JSON, NULL },
	};

	(void)state;
	make_caller("admin", 0);
	for (size_t i = 0; i < COUNT(t); i++) {
		enum fz_err err = call(METHOD_POST, "/api/keys", "", t[i].body);

		if (err != t[i].err)
			fail_msg("%s: %s", t[i].body, err_code(err));
		if (t[i].field != NULL)
			assert_string_equal(detail("field"), t[i].field);
		response_fini(&rs);
	}
	OK(call(METHOD_POST, "/api/keys", "", "{\"name\":\"x\"}"));
	assert_string_equal(str(data(), "scopes"),
	    "deploy,apps,aliases,logs.read,stats.read,system.read");
	assert_int_equal(call(METHOD_DELETE, "/api/keys", "", NULL), FZ_MISSING_FIELD);
	assert_int_equal(call(METHOD_DELETE, "/api/keys", "id=x", NULL),
	    FZ_VALIDATION_FAILED);
	assert_int_equal(call(METHOD_DELETE, "/api/keys", "id=0", NULL), FZ_KEY_NOT_FOUND);
}

/* Nobody gives more than they have. */
static void
test_giving(void **state)
{
	static const struct {
		const char	*has;
		const char	*gives;
		enum fz_err	 err;
		const char	*lacks;
	} t[] = {
		{ "keys,deploy", "deploy", FZ_OK, NULL },
		{ "keys,deploy", "deploy:blog", FZ_OK, NULL },
		{ "keys,deploy", "keys", FZ_OK, NULL },
		{ "keys,apps", "apps.read", FZ_OK, NULL },
		{ "keys,apps.read", "apps", FZ_SCOPE_REQUIRED, "apps" },
		{ "keys,deploy:blog", "deploy", FZ_SCOPE_REQUIRED, "deploy" },
		{ "keys,deploy:blog", "deploy:blog,deploy:shop", FZ_SCOPE_REQUIRED,
		    "deploy:shop" },
		{ "keys", "sql", FZ_SCOPE_REQUIRED, "sql" },
		{ "keys", "admin", FZ_REAUTH_REQUIRED, NULL },
		{ "admin", "sql,keys,users", FZ_OK, NULL },
		{ "admin", "admin", FZ_REAUTH_REQUIRED, NULL },
		{ "admin", "deploy,admin", FZ_REAUTH_REQUIRED, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		make_caller(t[i].has, 0);
		assert_int_equal(call(METHOD_POST, "/api/keys", "",
		    arena_printf(ar, "{\"name\":\"x\",\"scopes\":\"%s\"}", t[i].gives)),
		    t[i].err);
		if (t[i].lacks != NULL)
			assert_string_equal(detail("scope"), t[i].lacks);
		response_fini(&rs);
	}
}

/* A key that ends leaves none behind that lives longer. */
static void
test_life_of_a_child(void **state)
{
	int64_t until, child;

	(void)state;
	make_caller("keys,deploy", 3600000);
	until = clock_wall_ms() + 3600000;
	OK(call(METHOD_POST, "/api/keys", "", "{\"name\":\"x\",\"scopes\":\"deploy\"}"));
	assert_true(clock_parse_rfc3339(str(data(), "expires_at"), &child));
	assert_true(child <= until && child > until - 10000);
	OK(call(METHOD_POST, "/api/keys", "",
	    "{\"name\":\"x\",\"scopes\":\"deploy\",\"expires_in\":\"10m\"}"));
	response_fini(&rs);
	assert_int_equal(call(METHOD_POST, "/api/keys", "",
	    "{\"name\":\"x\",\"scopes\":\"deploy\",\"expires_in\":\"2h\"}"),
	    FZ_VALIDATION_FAILED);
	assert_string_equal(detail("field"), "expires_in");
}

static void
test_at_most_so_many(void **state)
{
	struct writer *w;
	int64_t used;

	(void)state;
	make_caller("admin", 0);
	w = begin();
	for (int i = 0; i < 1000; i++) {
		char text[TOKEN_MAX], id[TOKEN_ID_LEN + 1];
		struct apikey k = { .key_id = id, .name = "x", .scopes = "deploy" };

		token_make(text, id, k.hash);
		OK(apikey_add(w, &k));
	}
	OK(writer_commit(w, NULL));
	assert_int_equal(call(METHOD_POST, "/api/keys", "", "{\"name\":\"x\"}"),
	    FZ_QUOTA_EXCEEDED);
	used = json_integer_value(json_object_get(rs.details, "used"));
	assert_true(used >= 1000);
	assert_string_equal(detail("quota"), "keys");
}

static int
setup(void **state)
{
	int rc = store_setup(state);

	node.store = st;
	node.max_json = MIB;
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_create_use_list_delete),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_giving),
		cmocka_unit_test(test_life_of_a_child),
		cmocka_unit_test(test_at_most_so_many),
	};

	return cmocka_run_group_tests(tests, setup, store_teardown);
}
