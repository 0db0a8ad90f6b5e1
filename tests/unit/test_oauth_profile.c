/* What providers say of people, and what is left of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "auth/oauth_kind.h"
#include "auth/oauth_profile.h"

static struct arena *ar;

static int
setup(void **state)
{
	(void)state;
	ar = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(ar);
	return 0;
}

static json_t *
json(const char *text)
{
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);

	if (v == NULL)
		fail_msg("%s", text);
	return v;
}

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X200 X50 X50 X50 X50
#define AE199 "\xc3\xa4" X50 X50 X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void
test_claims(void **state)
{
	static const struct {
		const char	*claims;
		const char	*name;
		const char	*email;
		bool		 verified;
		const char	*picture;
	} cases[] = {
		{ "{}", "", "", false, "" },
		{ "{\"name\":\"Ann\",\"email\":\"a@b.example\",\"email_verified\":true,"
		    "\"picture\":\"https://b.example/a.png\"}", "Ann", "a@b.example", true,
		    "https://b.example/a.png" },
		{ "{\"email\":\"a@b\",\"email_verified\":false}", "", "a@b", false, "" },
		{ "{\"email\":\"a@b\",\"email_verified\":\"true\"}", "", "a@b", true, "" },
		{ "{\"email\":\"a@b\",\"email_verified\":\"yes\"}", "", "a@b", false, "" },
		{ "{\"email\":\"a@b\",\"email_verified\":1}", "", "a@b", false, "" },
		{ "{\"email\":\"junk\",\"email_verified\":true}", "", "", false, "" },
		{ "{\"email_verified\":true}", "", "", false, "" },
		{ "{\"email\":\"@b\"}", "", "", false, "" },
		{ "{\"email\":\"a@\"}", "", "", false, "" },
		{ "{\"email\":\"a@b@c\"}", "", "", false, "" },
		{ "{\"email\":\"a b@c\"}", "", "", false, "" },
		{ "{\"email\":\"a@b\\n\"}", "", "", false, "" },
		{ "{\"email\":\"a@b\\u202ecom\"}", "", "", false, "" },
		{ "{\"email\":7,\"name\":7,\"picture\":7}", "", "", false, "" },
		{ "{\"email\":\"" X200 X50 "@a.b\"}", "", X200 X50 "@a.b", false, "" },
		{ "{\"email\":\"" X200 X50 "@ab.c\"}", "", "", false, "" },
		{ "{\"preferred_username\":\"ann\"}", "ann", "", false, "" },
		{ "{\"name\":\"  \",\"preferred_username\":\"ann\"}", "ann", "", false, "" },
		{ "{\"name\":\" \\tAnn\\r\\nB\\u007f \\u009b\"}", "Ann  B", "", false, "" },
		{ "{\"name\":\"a\\u202eb\\u2066c\\u2069\\u2028\"}", "a b c", "", false, "" },
		{ "{\"name\":\"\\u2026\\u00e4\\ud83d\\ude00\"}",
		    "\xe2\x80\xa6\xc3\xa4\xf0\x9f\x98\x80", "", false, "" },
		{ "{\"name\":\"" X200 "y\"}", X200, "", false, "" },
		{ "{\"name\":\"" AE199 "\xc3\xa4\"}", AE199, "", false, "" },
		{ "{\"picture\":\"http://b/a.png\"}", "", "", false, "" },
		{ "{\"picture\":\"javascript:alert(1)\"}", "", "", false, "" },
		{ "{\"picture\":\"https://b/\\\"><script>\"}", "", "", false, "" },
		{ "{\"picture\":\"https://u:p@b/a.png\"}", "", "", false, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct oauth_person p = { 0 };
		json_t *v = json(cases[i].claims);

		oauth_profile_claims(ar, v, &p);
		if (strcmp(p.name, cases[i].name) != 0 ||
		    strcmp(p.email, cases[i].email) != 0 ||
		    strcmp(p.picture, cases[i].picture) != 0 ||
		    p.email_verified != cases[i].verified)
			fail_msg("%s: '%s' '%s' %d '%s'", cases[i].claims, p.name, p.email,
			    p.email_verified, p.picture);
		json_decref(v);
	}
}

/* The userinfo endpoint adds, it does not replace. */
static void
test_add(void **state)
{
	struct oauth_person p = { 0 };
	json_t *first = json("{\"email\":\"a@b\",\"email_verified\":false}");
	json_t *more = json("{\"email\":\"c@d\",\"email_verified\":true,\"name\":\"Ann\"}");

	(void)state;
	oauth_profile_claims(ar, first, &p);
	oauth_profile_claims(ar, more, &p);
	assert_string_equal(p.email, "a@b");
	assert_false(p.email_verified);
	assert_string_equal(p.name, "Ann");
	json_decref(first);
	json_decref(more);
}

static void
test_github(void **state)
{
	static const struct {
		const char	*user;
		const char	*emails;
		bool		 ok;
		const char	*name;
		const char	*email;
		bool		 verified;
	} cases[] = {
		{ "{\"id\":583231,\"login\":\"octo\",\"name\":\"The Cat\"}",
		    "[{\"email\":\"x@y\",\"primary\":false,\"verified\":true},"
		    "{\"email\":\"a@b\",\"primary\":true,\"verified\":true}]", true,
		    "The Cat", "a@b", true },
		{ "{\"id\":583231,\"login\":\"octo\",\"name\":null}",
		    "[{\"email\":\"a@b\",\"primary\":true,\"verified\":false}]", true, "octo",
		    "a@b", false },
		{ "{\"id\":583231,\"email\":\"pub@lic\"}",
		    "[{\"email\":\"a@b\",\"primary\":false,\"verified\":true}]", true, "", "",
		    false },
		{ "{\"id\":583231}", "[]", true, "", "", false },
		{ "{\"id\":583231}", "[7,null,\"x\"]", true, "", "", false },
		{ "{\"id\":583231}", "{}", false, "", "", false },
		{ "{\"id\":\"583231\"}", "[]", false, "", "", false },
		{ "{\"id\":0}", "[]", false, "", "", false },
		{ "{\"id\":-1}", "[]", false, "", "", false },
		{ "{\"id\":1.5}", "[]", false, "", "", false },
		{ "{\"login\":\"octo\"}", "[]", false, "", "", false },
		{ "[]", "[]", false, "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct oauth_person p = { 0 };
		json_t *user = json(cases[i].user), *emails = json(cases[i].emails);
		enum fz_err err = oauth_profile_github(ar, user, emails, &p, NULL);

		if (err != (cases[i].ok ? FZ_OK : FZ_BAD_REQUEST))
			fail_msg("%s: %s", cases[i].user, err_code(err));
		if (cases[i].ok) {
			assert_string_equal(p.issuer, "github");
			assert_string_equal(p.subject, "583231");
			assert_string_equal(p.name, cases[i].name);
			assert_string_equal(p.email, cases[i].email);
			assert_int_equal(p.email_verified, cases[i].verified);
		}
		json_decref(user);
		json_decref(emails);
	}
}

static void
test_discord(void **state)
{
	static const struct {
		const char	*user;
		bool		 ok;
		const char	*name;
		const char	*email;
		bool		 verified;
		const char	*picture;
	} cases[] = {
		{ "{\"id\":\"80351110224678912\",\"username\":\"nelly\",\"global_name\":"
		    "\"Nelly\",\"email\":\"n@d\",\"verified\":true,\"avatar\":\"8342729096ea\"}",
		    true, "Nelly", "n@d", true,
		    "https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea.png" },
		{ "{\"id\":\"80351110224678912\",\"username\":\"nelly\",\"global_name\":null,"
		    "\"email\":\"n@d\",\"verified\":false,\"avatar\":null}", true, "nelly",
		    "n@d", false, "" },
		{ "{\"id\":\"80351110224678912\",\"avatar\":\"../x\",\"verified\":true}", true,
		    "", "", false, "" },
		{ "{\"id\":80351110224678912}", false, "", "", false, "" },
		{ "{\"id\":\"\"}", false, "", "", false, "" },
		{ "{\"id\":\"8035x\"}", false, "", "", false, "" },
		{ "{\"id\":\"111111111111111111111\"}", false, "", "", false, "" },
		{ "{}", false, "", "", false, "" },
		{ "null", false, "", "", false, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct oauth_person p = { 0 };
		json_t *user = json(cases[i].user);
		enum fz_err err = oauth_profile_discord(ar, user, &p, NULL);

		if (err != (cases[i].ok ? FZ_OK : FZ_BAD_REQUEST))
			fail_msg("%s: %s", cases[i].user, err_code(err));
		if (cases[i].ok) {
			assert_string_equal(p.issuer, "discord");
			assert_string_equal(p.subject, "80351110224678912");
			assert_string_equal(p.name, cases[i].name);
			assert_string_equal(p.email, cases[i].email);
			assert_int_equal(p.email_verified, cases[i].verified);
			assert_string_equal(p.picture, cases[i].picture);
		}
		json_decref(user);
	}
}

static void
test_kind(void **state)
{
	static const char *const good[] = { "google", "a", "0", "my-idp", "a-",
		"abcdefghijklmnopqrstuvwxyz012345" };
	static const char *const bad[] = { "", "-a", "A", "a_b", "a.b", "a/b", "a b", "\xc3\xa4",
		"abcdefghijklmnopqrstuvwxyz0123456" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(oauth_kind_name_ok(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(oauth_kind_name_ok(bad[i]));
	assert_string_equal(oauth_kind("github")->name, "github");
	assert_int_equal(oauth_kind("github")->how, OAUTH_GITHUB);
	assert_int_equal(oauth_kind("google")->how, OAUTH_OIDC);
	assert_true(oauth_kind("microsoft")->email_is_text);
	assert_false(oauth_kind("google")->email_is_text);
	assert_string_equal(oauth_kind("corp")->name, "");
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_claims), TEST(test_add), TEST(test_github), TEST(test_discord),
		TEST(test_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
