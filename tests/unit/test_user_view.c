/* A user as JSON, and what looks like an e-mail address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "auth/user_view.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
assert_view(const struct user *u, const char *want)
{
	json_t *v = user_view(u);
	char *text = json_dumps(v, JSON_COMPACT);

	assert_string_equal(text, want);
	free(text);
	json_decref(v);
}

static void
test_view(void **state)
{
	struct user u = { .id = 7, .uid = "fazt_usr_a", .username = "secret-name",
		.email = "a@b.c", .name = "Ann", .picture = "", .provider = "",
		.role = "admin", .password = "$argon2id$secret", .invited_by_uid = "",
		.created = 1772359200999 };

	(void)state;
	assert_view(&u, "{\"id\":\"fazt_usr_a\",\"email\":\"a@b.c\",\"name\":\"Ann\","
	    "\"picture\":\"\",\"provider\":\"password\",\"role\":\"admin\","
	    "\"created_at\":1772359200,\"disabled\":false,\"email_verified\":false}");
	u.picture = "https://x/p.png";
	u.provider = "github";
	u.email_verified = u.disabled = true;
	u.invited_by_uid = "fazt_usr_b";
	u.last_login = 1772362800000;
	assert_view(&u, "{\"id\":\"fazt_usr_a\",\"email\":\"a@b.c\",\"name\":\"Ann\","
	    "\"picture\":\"https://x/p.png\",\"provider\":\"github\",\"role\":\"admin\","
	    "\"created_at\":1772359200,\"disabled\":true,\"email_verified\":true,"
	    "\"invited_by\":\"fazt_usr_b\",\"last_login\":1772362800}");
}

static void
test_role(void **state)
{
	(void)state;
	assert_int_equal(user_view_role("owner"), ROLE_OWNER);
	assert_int_equal(user_view_role("admin"), ROLE_ADMIN);
	assert_int_equal(user_view_role("user"), ROLE_USER);
	assert_int_equal(user_view_role("Owner"), ROLE_ANON);
	assert_int_equal(user_view_role(""), ROLE_ANON);
	assert_true(ROLE_OWNER > ROLE_ADMIN && ROLE_ADMIN > ROLE_USER);
}

static void
test_email(void **state)
{
	static const struct {
		const char	*in;
		const char	*out;	/* NULL = refused */
	} t[] = {
		{ "a@b", "a@b" },
		{ "Ann.Lee+x@Example.COM", "ann.lee+x@example.com" },
		{ "\xc3\xa9@b.c", "\xc3\xa9@b.c" },
		{ "", NULL },
		{ "a@", NULL },
		{ "@b", NULL },
		{ "ab", NULL },
		{ "a@b@c", NULL },
		{ "a b@c.d", NULL },
		{ "a@b.c ", NULL },
		{ "a@b.c\n", NULL },
		{ "a\x7f@b.c", NULL },
		{ "\xff@b.c", NULL },
	};
	char longest[256];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[1] = '@';
	longest[255] = '\0';
	for (size_t i = 0; i <= COUNT(t); i++) {
		struct arena *a = arena_new();
		struct response rs;
		const char *out = NULL;

		response_init(&rs, a);
		if (i == COUNT(t)) {
			assert_int_equal(user_view_email(&rs, a, longest, &out),
			    FZ_VALIDATION_FAILED);
			longest[254] = '\0';
			assert_int_equal(user_view_email(&rs, a, longest, &out), FZ_OK);
		} else if (t[i].out != NULL) {
			assert_int_equal(user_view_email(&rs, a, t[i].in, &out), FZ_OK);
			assert_string_equal(out, t[i].out);
		} else {
			assert_int_equal(user_view_email(&rs, a, t[i].in, &out),
			    FZ_VALIDATION_FAILED);
			assert_string_equal(json_string_value(json_object_get(rs.details,
			    "field")), "email");
			assert_null(out);
		}
		response_fini(&rs);
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_role),
		cmocka_unit_test(test_email),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
