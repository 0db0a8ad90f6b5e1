/* Hosts: every spelling, every kind of name, what changes take effect, splits. */
#include "tests/unit/site_fixture.h"

#include <pthread.h>

#include "fcgi/split.h"

static const struct source_file one[] = {
	{ "index.html", "one", 0 }, { "a.css", "a{}", 0 }, { "api/x.js", "x", 0 },
};
static const struct source_file two[] = { { "index.html", "two", 0 } };
static const struct source_file lost[] = { { "index.html", "nobody here", 0 } };
static const struct source_file root[] = { { "index.html", "welcome", 0 } };
static const struct source_file strict[] = {
	{ "index.html", "closed preview", 0 },
	{ "manifest.json",
	    "{\"spa\":true,\"preview\":{\"access\":\"login\",\"data\":\"none\"},"
	    "\"private\":{\"access\":\"none\"}}", 0 },
	{ "private/x", "x", 0 }, { "api/main.js", "respond(1)", 0 },
};

static int64_t app1, app2;

static void
add_domain(const char *name, int64_t app, const char *redirect, const char *status)
{
	struct domain d = { .domain = name, .app = app, .app_uid = "",
	    .redirect_to = redirect,
		.token = "t", .status = "pending", .error = "" };
	struct writer *w = begin();

	OK(domain_add(w, &d));
	OK(domain_checked(w, name, status, ""));
	commit(w);
}

static void
add_names(void)
{
	struct alias a = { .name = "go", .type = ALIAS_REDIRECT, .app_uid = "",
		.url = "https://other.example/base?x=1#f", .status = 301 };
	int64_t id;

	put_alias(&a);
	a.name = "gokeep";
	a.status = 308;
	a.keep_path = true;
	put_alias(&a);
	a = (struct alias){ .name = "held", .type = ALIAS_RESERVED, .app_uid = "",
	    .url = "" };
	put_alias(&a);
	a = (struct alias){ .name = "ab", .type = ALIAS_SPLIT, .app_uid = "", .url = "",
		.targets = { { app1, "", 70 }, { app2, "", 30 } }, .ntargets = 2 };
	put_alias(&a);
	id = make_app("strict");
	make_alias("strict", id);
	deploy(id, strict, COUNT(strict), false, true);
	add_domain("shop.test", app1, NULL, "active");
	add_domain("www.shop.test", app1, "shop.test", "active");
	add_domain("soon.test", app1, NULL, "pending");
}

static int
setup(void **state)
{
	int64_t id;

	(void)state;
	fixture_open();
	app1 = make_app("one");
	make_alias("one", app1);
	deploy(app1, one, COUNT(one), false, true);
	app2 = make_app("two");
	make_alias("two", app2);
	deploy(app2, two, COUNT(two), false, true);
	deploy(app2, one, COUNT(one), false, false);
	id = make_app("404");
	make_alias("404", id);
	deploy(id, lost, COUNT(lost), false, true);
	id = make_app("root");
	make_alias("root", id);
	deploy(id, root, COUNT(root), false, true);
	add_names();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

/* text: the body, or the Location of a redirect. */
static void
expect(const char *host, const char *line, int status, const char *text)
{
	const char *got;
	struct talk t;
	size_t len;

	talk(&t, host, line, NULL);
	got = t.rs.status >= 300 && t.rs.status < 400 ? header(&t, "Location") :
	    body(&t, &len);
	if (t.rs.status != status || (text != NULL && strcmp(got, text) != 0))
		fail_msg("%s %s gave %d %s", host, line, t.rs.status, got);
	talk_end(&t);
}

static void
test_spellings(void **state)
{
	static const struct {
		const char	*host;
		int		 status;
		const char	*text;
	} rows[] = {
		{ "example.com", 200, "welcome" }, { "EXAMPLE.COM", 200, "welcome" },
		{ "example.com:8080", 200, "welcome" },
		{ "example.com.", 200, "welcome" },
		{ "example.com.:443", 200, "welcome" },
		{ "root.example.com", 200, "welcome" },
		{ "One.Example.Com:80", 200, "one" }, { "one.example.com.", 200, "one" },
		{ "404.example.com", 200, "nobody here" },
		{ "none.example.com", 404, "nobody here" },
		{ "a.b.example.com", 404, "nobody here" },
		{ "one.one.example.com", 404, "nobody here" },
		{ "held.example.com", 404, "nobody here" },
		{ "login.example.com", 404, "nobody here" },
		{ "mail.example.com", 404, "nobody here" },
		{ ".example.com", 421, "" },
		{ "admin.example.com", 421, "" }, { "ADMIN.EXAMPLE.COM:8080", 421, "" },
		{ "admin.example.com.", 421, "" },
		{ "", 421, "" }, { "a@admin.example.com", 421, "" },
		{ "a.b,admin.example.com", 421, "" }, { "127.0.0.1", 421, "" },
		{ "[::1]", 421, "" }, { "localhost", 421, "" }, { "one", 421, "" },
		{ "notexample.com", 421, "" }, { "example.com.evil.test", 421, "" },
		{ "one.example.com..", 421, "" }, { "one.example.com:80:80", 421, "" },
		{ "one_.example.com", 421, "" }, { "one.example.com/x", 421, "" },
		{ "one.example.com ", 421, "" }, { "\xc3\xb6.example.com", 421, "" },
		{ "soon.test", 421, "" }, { "shop.test", 200, "one" },
		{ "SHOP.test.", 200, "one" },
	};
	char longest[400];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect(rows[i].host, "GET /", rows[i].status, rows[i].text);
	memset(longest, 'a', 300);
	snprintf(longest + 300, 20, ".example.com");
	expect(longest, "GET /", 421, "");
}

static void
test_redirects(void **state)
{
	(void)state;
	expect("www.example.com", "GET /a%20b?c=d", 301, "https://example.com/a%20b?c=d");
	expect("www.example.com", "POST /", 301, "https://example.com/");
	expect("go.example.com", "GET /x?y", 301, "https://other.example/base?x=1#f");
	expect("gokeep.example.com", "GET /x", 308, "https://other.example/base/x?x=1#f");
	expect("gokeep.example.com", "GET /x?y", 308,
	    "https://other.example/base/x?y&x=1#f");
	expect("www.shop.test", "GET /p?q=1", 301, "https://shop.test/p?q=1");
}

static void
test_previews(void **state)
{
	struct talk t;

	(void)state;
	expect("d1--two.example.com", "GET /", 200, "two");
	expect("d2--two.example.com", "GET /", 200, "one");
	expect("two.example.com", "GET /", 200, "two");
	expect("d3--two.example.com", "GET /", 404, "nobody here");
	expect("d0--two.example.com", "GET /", 404, "nobody here");
	expect("d01--two.example.com", "GET /", 404, "nobody here");
	expect("d1--ab.example.com", "GET /", 404, "nobody here");
	expect("d1--go.example.com", "GET /", 404, "nobody here");
	expect("d99999999999999999999--two.example.com", "GET /", 404, "nobody here");
	talk(&t, "d2--two.example.com", "GET /", NULL);
	assert_string_equal(header(&t, "X-Robots-Tag"), "noindex");
	assert_true(t.rq.site->preview);
	assert_int_equal(t.rq.site->deploy, 2);
	assert_int_equal(t.rq.site->preview_data, DATA_READONLY);
	talk_end(&t);
	talk(&t, "d2--two.example.com", "GET /none", NULL);
	assert_string_equal(header(&t, "X-Robots-Tag"), "noindex");
	talk_end(&t);
	expect("d1--strict.example.com", "GET /", 401, NULL);
	talk(&t, "d1--strict.example.com", "GET /", NULL);
	assert_int_equal(t.rq.site->preview_data, DATA_NONE);
	t.rq.caller.role = ROLE_USER;
	apphost_answer(&t.rq, &t.rs, t.rq.site);
	assert_int_equal(t.rs.status, 200);
	talk_end(&t);
}

static void
test_manifest(void **state)
{
	struct talk t;

	(void)state;
	expect("strict.example.com", "GET /deep", 200, "closed preview");
	expect("strict.example.com", "GET /private/x", 404, NULL);
	expect("strict.example.com", "GET /api/me", 501, NULL);
	talk(&t, "strict.example.com", "GET /", NULL);
	assert_true(t.rq.site->spa);
	assert_string_equal(site_app_uid(t.rq.site), t.rq.site->app_uid);
	assert_string_equal(t.rq.site->alias, "strict");
	talk_end(&t);
}

static void
close_app(struct app *a)
{
	a->maintenance = true;
	a->maintenance_message = "Back <b>soon</b>";
}

static void
disable_app(struct app *a)
{
	a->maintenance = false;
	a->enabled = false;
}

static void
open_app(struct app *a)
{
	a->maintenance = false;
	a->enabled = true;
	a->spa = true;
}

static void
set(const char *name, const char *value)
{
	struct writer *w = begin();

	OK(setting_set(w, name, value));
	commit(w);
}

static void
test_closed(void **state)
{
	struct talk t;
	size_t len;

	(void)state;
	change_app(app1, close_app);
	talk(&t, "one.example.com", "GET /", NULL);
	assert_int_equal(t.rs.status, 503);
	assert_string_equal(header(&t, "Retry-After"), "60");
	assert_non_null(strstr(body(&t, &len), "<p>Back &lt;b&gt;soon&lt;/b&gt;</p>"));
	talk_end(&t);
	talk(&t, "one.example.com", "GET /api/x", NULL);
	assert_int_equal(t.rs.status, 503);
	assert_string_equal(body(&t, &len), "{\"error\":\"Back <b>soon</b>\","
	    "\"code\":\"MAINTENANCE\",\"id\":\"0123456789abcdef\"}");
	talk_end(&t);
	expect("shop.test", "GET /", 503, NULL);
	change_app(app1, disable_app);
	expect("one.example.com", "GET /private/x", 503, NULL);
	change_app(app1, open_app);
	expect("one.example.com", "GET /deep", 200, "one");
	set("maintenance", "{\"enabled\":true,\"message\":\"all\"}");
	expect("one.example.com", "GET /", 503, NULL);
	expect("example.com", "GET /", 503, NULL);
	expect("none.example.com", "GET /", 404, NULL);
	expect("www.example.com", "GET /", 301, NULL);
	set("maintenance", "{\"enabled\":false,\"message\":\"all\"}");
	expect("one.example.com", "GET /", 200, "one");
	set("maintenance", "broken");
	expect("one.example.com", "GET /", 200, "one");
	set("maintenance", NULL);
}

/* A change is seen by the next request, and nothing is read again without one. */
static void
test_changes(void **state)
{
	struct cache_stats before, after;
	int64_t id = make_app("new");

	(void)state;
	expect("new.example.com", "GET /", 404, "nobody here");
	make_alias("new", id);
	expect("new.example.com", "GET /", 404, NULL);
	deploy(id, one, COUNT(one), false, true);
	expect("new.example.com", "GET /", 200, "one");
	deploy(id, two, COUNT(two), false, true);
	expect("new.example.com", "GET /", 200, "two");
	cache_stats(sites_hosts(node.sites), &before);
	for (int i = 0; i < 100; i++)
		expect("new.example.com", "GET /", 200, "two");
	cache_stats(sites_hosts(node.sites), &after);
	assert_int_equal(after.misses, before.misses);
	assert_int_equal(after.hits, before.hits + 100);
	/* A new alias elsewhere reads sites again, but no version. */
	cache_stats(sites_editions(node.sites), &before);
	make_alias("other", id);
	expect("new.example.com", "GET /", 200, "two");
	expect("other.example.com", "GET /", 200, "two");
	cache_stats(sites_editions(node.sites), &after);
	assert_int_equal(after.misses, before.misses);
	{
		struct writer *w = begin();

		OK(app_trash(w, id));
		commit(w);
	}
	expect("new.example.com", "GET /", 404, "nobody here");
	/* Names nobody has do not push out the others. */
	cache_stats(sites_hosts(node.sites), &before);
	for (int i = 0; i < 300; i++) {
		char host[64];

		snprintf(host, sizeof(host), "nobody-%d.example.com", i);
		expect(host, "GET /", 404, "nobody here");
	}
	cache_stats(sites_hosts(node.sites), &after);
	assert_int_equal(after.entries, before.entries);
	sites_forget(node.sites);
	expect("one.example.com", "GET /", 200, "one");
}

static void
test_knows(void **state)
{
	static const char *const yes[] = { "example.com", "www.example.com",
		"root.example.com", "404.example.com", "admin.example.com",
		"login.example.com", "one.example.com", "d1--one.example.com",
		"go.example.com", "held.example.com", "ab.example.com", "shop.test",
		"www.shop.test" };
	static const char *const no[] = { "", "none.example.com", "d9--one.example.com",
		"d1--none.example.com", "soon.test", "evil.test", "a.one.example.com",
		"localhost" };

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++)
		if (!sites_knows(&node, yes[i]))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < COUNT(no); i++)
		if (sites_knows(&node, no[i]))
			fail_msg("%s", no[i]);
}

static const char *
cookie_of(const struct talk *t, char *out, size_t size)
{
	const char *v = header(t, "Set-Cookie");

	snprintf(out, size, "cookie: a=b; %.*s", (int)strcspn(v, ";"), v);
	return out;
}

static void
test_split(void **state)
{
	char cookie[128], other[160];
	struct talk t;
	int ones = 0;
	size_t len;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		talk(&t, "ab.example.com", "GET /", NULL);
		ones += strcmp(body(&t, &len), "one") == 0;
		talk_end(&t);
	}
	assert_in_range(ones, 6800, 7200);
	talk(&t, "ab.example.com", "GET /", NULL);
	(void)cookie_of(&t, cookie, sizeof(cookie));
	assert_non_null(strstr(header(&t, "Set-Cookie"), "__Host-fazt_split=fazt_app_"));
	assert_non_null(strstr(header(&t, "Set-Cookie"),
	    "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure"));
	assert_string_equal(header(&t, "Cache-Control"), "private, no-cache");
	snprintf(other, sizeof(other), "%s", body(&t, &len));
	talk_end(&t);
	for (int i = 0; i < 200; i++) {
		talk(&t, "ab.example.com", "GET /", cookie, NULL);
		assert_string_equal(body(&t, &len), other);
		assert_string_equal(header(&t, "Set-Cookie"), "-");
		assert_string_equal(site_app_uid(t.rq.site), strchr(cookie, ';') + 20);
		talk_end(&t);
	}
	/* Tossed twice, or of an app that is no target: drawn again. */
	snprintf(other, sizeof(other), "%s; %s", cookie, strchr(cookie, ';') + 2);
	talk(&t, "ab.example.com", "GET /", other, NULL);
	assert_string_not_equal(header(&t, "Set-Cookie"), "-");
	talk_end(&t);
	talk(&t, "ab.example.com", "GET /", "cookie: __Host-fazt_split=fazt_app_x", NULL);
	assert_string_not_equal(header(&t, "Set-Cookie"), "-");
	talk_end(&t);
	talk(&t, "ab.example.com", "GET /a.css", cookie, NULL);
	assert_true(t.rs.status == 404 ||
	    strcmp(header(&t, "Cache-Control"), "private, max-age=300") == 0);
	talk_end(&t);
}

static void
test_split_changes(void **state)
{
	struct alias a = { .name = "ab", .type = ALIAS_SPLIT, .app_uid = "", .url = "",
		.targets = { { app2, "", 50 }, { 0, "", 50 } }, .ntargets = 2 };
	char cookie[128];
	struct talk t;
	size_t len;

	(void)state;
	do {
		talk(&t, "ab.example.com", "GET /", NULL);
		(void)cookie_of(&t, cookie, sizeof(cookie));
		len = t.rs.len;
		assert_int_equal(len, 3);
		len = memcmp(t.rs.bytes, "one", 3) == 0;
		talk_end(&t);
	} while (len == 0);
	a.targets[1].app = make_app("three");
	deploy(a.targets[1].app, two, COUNT(two), false, true);
	put_alias(&a);
	talk(&t, "ab.example.com", "GET /", cookie, NULL);
	assert_string_equal(body(&t, &len), "two");
	assert_string_not_equal(header(&t, "Set-Cookie"), "-");
	talk_end(&t);
	node.dev = true;
	talk(&t, "ab.example.com", "GET /", NULL);
	assert_true(strncmp(header(&t, "Set-Cookie"), "fazt_split=", 11) == 0);
	assert_null(strstr(header(&t, "Set-Cookie"), "Secure"));
	talk_end(&t);
	node.dev = false;
}

/* Each target gets its share of the tickets, in order. */
static void
test_tickets(void **state)
{
	struct site sites[3] = { { .app = 0 }, { .app = 1 }, { .app = 2 } };
	struct site split = { .targets = { { &sites[0], 1 }, { &sites[1], 89 },
	    { &sites[2], 10 } }, .ntargets = 3 };

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(split_by_ticket(&split, i)->app, i < 1 ? 0 : i < 90 ? 1 : 2);
}

/* An app in the trash leaves its splits; without any app left the name is unknown. */
static void
test_split_trash(void **state)
{
	struct alias a = { .name = "gone", .type = ALIAS_SPLIT, .app_uid = "", .url = "",
		.targets = { { 0, "", 50 }, { 0, "", 50 } }, .ntargets = 2 };

	(void)state;
	a.targets[0].app = make_app("g1");
	a.targets[1].app = make_app("g2");
	deploy(a.targets[0].app, one, COUNT(one), false, true);
	deploy(a.targets[1].app, two, COUNT(two), false, true);
	put_alias(&a);
	for (int i = 0; i < 2; i++) {
		struct writer *w = begin();

		OK(app_trash(w, a.targets[i].app));
		commit(w);
		for (int k = 0; k < 20; k++)
			expect("gone.example.com", "GET /", i == 0 ? 200 : 404,
			    i == 0 ? "two" : "nobody here");
	}
}

static void *
visit(void *arg)
{
	static const char *const hosts[] = { "one.example.com", "two.example.com",
		"none.example.com", "ab.example.com", "shop.test", "www.example.com" };

	for (int i = 0; i < 300; i++) {
		struct talk t;

		talk(&t, hosts[(i + *(int *)arg) % 6], "GET /", NULL);
		if (t.rs.status >= 500)
			abort();
		talk_end(&t);
	}
	return NULL;
}

/* Visitors while names change. */
static void
test_threads(void **state)
{
	pthread_t threads[4];
	int n[4] = { 0, 1, 2, 3 };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, visit, &n[i]), 0);
	for (int i = 0; i < 30; i++) {
		make_alias(i % 2 ? "none" : "some", app1);
		if (i % 10 == 0)
			sites_forget(node.sites);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_previews),
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_knows),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_changes),
		cmocka_unit_test(test_tickets),
		cmocka_unit_test(test_split_trash),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
