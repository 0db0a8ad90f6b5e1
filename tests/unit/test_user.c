/* People: one name however it is written, the oldest owner, the password. */
#include "tests/unit/store_test.h"

#include "store/user.h"

static enum fz_err
add(const char *username, const char *role, struct user *u)
{
	struct writer *w = begin();
	enum fz_err err;

	*u = (struct user){ .username = username, .role = role, .email = "a@b.c",
		.password = "$argon2id$x" };
	err = user_add(w, ar, u);
	commit(w);
	return err;
}

static void
test_user(void **state)
{
	struct user ann, bob, got;
	struct reader *rd = reader();

	(void)state;
	assert_int_equal(user_owner(rd, ar, &got), FZ_USER_NOT_FOUND);
	reader_close(rd);
	OK(add("bob", "admin", &bob));
	OK(add("ann", "owner", &ann));
	assert_memory_equal(ann.uid, "fazt_usr_", 9);
	assert_int_equal(strlen(ann.uid), 9 + 12);
	assert_true(ann.id > bob.id && ann.created > 0);
	assert_int_equal(add("Ann", "user", &got), FZ_CONFLICT);
	OK(add("cid", "owner", &got));
	rd = reader();
	OK(user_by_username(rd, ar, "ANN", &got));
	assert_string_equal(got.username, "ann");
	assert_string_equal(got.uid, ann.uid);
	assert_string_equal(got.email, "a@b.c");
	assert_string_equal(got.name, "");
	assert_string_equal(got.password, "$argon2id$x");
	assert_false(got.disabled);
	assert_int_equal(got.last_login, 0);
	OK(user_owner(rd, ar, &got));
	assert_string_equal(got.username, "ann");
	assert_int_equal(user_by_username(rd, ar, "an", &got), FZ_USER_NOT_FOUND);
	reader_close(rd);
}

static void
test_password(void **state)
{
	struct user u;
	struct reader *rd = reader();
	struct writer *w;

	(void)state;
	OK(user_owner(rd, ar, &u));
	reader_close(rd);
	w = begin();
	OK(user_set_password(w, u.id, "$argon2id$y"));
	assert_int_equal(user_set_password(w, 999, "$argon2id$y"), FZ_USER_NOT_FOUND);
	commit(w);
	rd = reader();
	OK(user_owner(rd, ar, &u));
	assert_string_equal(u.password, "$argon2id$y");
	OK(user_by_username(rd, ar, "bob", &u));
	assert_string_equal(u.password, "$argon2id$x");
	reader_close(rd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_password),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
