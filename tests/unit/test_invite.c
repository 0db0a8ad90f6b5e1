/* Invites: counted uses, ends, and that they are as good as who made them. */
#include "tests/unit/store_test.h"

#include "store/invite.h"
#include "store/user.h"

#define NOW 1000000
#define DAY 86400000LL

static uint8_t last;

static struct user
person(const char *role)
{
	struct user u = { .email = "", .role = role };
	struct writer *w = begin();

	OK(user_add(w, ar, &u));
	commit(w);
	return u;
}

/* One of 32 equal bytes. */
static struct invite
add(const char *role, int64_t by, int64_t uses, uint8_t hash[SHA256_LEN])
{
	struct invite i = { .role = role, .email = "Ann@X.y", .created_by = by,
		.expires = NOW + DAY, .max_uses = uses };
	struct writer *w = begin();

	memset(hash, ++last, SHA256_LEN);
	OK(invite_add(w, ar, &i, hash, NOW));
	commit(w);
	return i;
}

static enum fz_err
get(const uint8_t hash[SHA256_LEN], int64_t now, struct invite *i)
{
	struct reader *rd = reader();
	enum fz_err err = invite_get(rd, ar, hash, now, i);

	reader_close(rd);
	return err;
}

static enum fz_err
use(const uint8_t hash[SHA256_LEN], int64_t now)
{
	struct writer *w = begin();
	struct invite i;
	enum fz_err err = invite_use(w, ar, hash, now, &i);

	commit(w);
	return err;
}

static void
test_uses(void **state)
{
	struct user by = person("owner");
	uint8_t hash[SHA256_LEN], wrong[SHA256_LEN] = { 0 };
	struct invite i = add("user", by.id, 2, hash), got;

	(void)state;
	assert_memory_equal(i.uid, "fazt_inv_", 9);
	assert_int_equal(strlen(i.uid), 9 + 12);
	OK(get(hash, NOW, &got));
	assert_string_equal(got.uid, i.uid);
	assert_string_equal(got.role, "user");
	assert_string_equal(got.email, "ann@x.y");
	assert_string_equal(got.created_by_uid, by.uid);
	assert_int_equal(got.created, NOW);
	assert_int_equal(got.use_count, 0);
	assert_true(got.valid);
	assert_int_equal(get(wrong, NOW, &got), FZ_INVITE_NOT_FOUND);
	assert_int_equal(use(wrong, NOW), FZ_INVITE_NOT_FOUND);
	OK(get(hash, NOW + DAY - 1, &got));
	assert_int_equal(get(hash, NOW + DAY, &got), FZ_INVITE_NOT_FOUND);
	assert_int_equal(use(hash, NOW + DAY), FZ_INVITE_NOT_FOUND);
	OK(use(hash, NOW));
	OK(get(hash, NOW, &got));
	assert_int_equal(got.use_count, 1);
	OK(use(hash, NOW));
	assert_int_equal(use(hash, NOW), FZ_INVITE_NOT_FOUND);
	assert_int_equal(get(hash, NOW, &got), FZ_INVITE_NOT_FOUND);
}

/* A use is only taken with the transaction it belongs to. */
static void
test_abort(void **state)
{
	uint8_t hash[SHA256_LEN];
	struct invite i = add("user", 0, 1, hash);
	struct writer *w = begin();

	(void)state;
	OK(invite_use(w, ar, hash, NOW, &i));
	assert_int_equal(i.use_count, 1);
	writer_abort(w);
	OK(use(hash, NOW));
}

static void
test_who_made_it(void **state)
{
	static const struct {
		const char	*role;		/* of the invite */
		const char	*then;		/* of who made it */
		bool		 valid;
	} t[] = {
		{ "user", "owner", true }, { "user", "admin", true }, { "user", "user", false },
		{ "admin", "owner", true }, { "admin", "admin", true },
		{ "admin", "user", false }, { "owner", "owner", true },
		{ "owner", "admin", false }, { "owner", "user", false },
	};
	uint8_t hash[SHA256_LEN];
	struct user keeps = person("owner"), by;
	struct invite i;
	struct writer *w;

	(void)state;
	for (size_t k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
		by = person("owner");
		(void)add(t[k].role, by.id, 1, hash);
		w = begin();
		OK(user_set_role(w, by.id, t[k].then));
		commit(w);
		assert_int_equal(get(hash, NOW, &i) == FZ_OK, t[k].valid);
		assert_int_equal(use(hash, NOW) == FZ_OK, t[k].valid);
	}
	by = person("admin");
	(void)add("user", by.id, 1, hash);
	w = begin();
	OK(user_set_disabled(w, by.id, true));
	commit(w);
	assert_int_equal(use(hash, NOW), FZ_INVITE_NOT_FOUND);
	w = begin();
	OK(user_set_disabled(w, by.id, false));
	OK(invite_get(writer_reader(w), ar, hash, NOW, &i));
	OK(user_delete(w, by.id));
	commit(w);
	assert_int_equal(use(hash, NOW), FZ_INVITE_NOT_FOUND);
	/* A key's. */
	(void)add("owner", 0, 1, hash);
	OK(use(hash, NOW));
	assert_true(keeps.id > 0);
}

static void
test_list_delete(void **state)
{
	uint8_t hash[SHA256_LEN];
	struct invite i = add("user", 0, 1, hash), *v;
	struct reader *rd = reader();
	struct writer *w;
	size_t n;

	(void)state;
	OK(invite_list(rd, ar, &v, &n));
	reader_close(rd);
	assert_true(n > 3);
	assert_string_equal(v[0].uid, i.uid);
	assert_string_equal(v[0].created_by_uid, "");
	assert_true(v[0].created_by == 0 && v[0].valid);
	w = begin();
	OK(invite_delete(w, i.uid));
	assert_int_equal(invite_delete(w, i.uid), FZ_INVITE_NOT_FOUND);
	commit(w);
	assert_int_equal(use(hash, NOW), FZ_INVITE_NOT_FOUND);
}

static void
test_at_most_so_many(void **state)
{
	struct invite i = { .role = "user", .email = "", .expires = NOW, .max_uses = 1 };
	uint8_t hash[SHA256_LEN] = { 0 };
	struct writer *w = begin();
	int64_t n;

	(void)state;
	OK(sql_get_int(writer_reader(w), &n, "SELECT count(*) FROM invite", ""));
	for (; n < INVITE_MAX; n++) {
		memcpy(hash, &n, sizeof(n));
		hash[31] = 1;
		OK(invite_add(w, ar, &i, hash, NOW));
	}
	hash[31] = 2;
	assert_int_equal(invite_add(w, ar, &i, hash, NOW), FZ_QUOTA_EXCEEDED);
	/* What ended a season ago makes room. */
	OK(invite_add(w, ar, &i, hash, NOW + 92 * DAY));
	commit(w);
	assert_int_equal(number("SELECT count(*) FROM invite"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_who_made_it),
		cmocka_unit_test(test_list_delete),
		cmocka_unit_test(test_at_most_so_many),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
