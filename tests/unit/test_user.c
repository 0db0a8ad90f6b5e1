/* People: one name however it is written, who signs in, lists, and the last owner. */
#include "tests/unit/store_test.h"

#include "base/digest.h"
#include "store/kv.h"
#include "store/quota.h"
#include "store/session.h"
#include "store/user.h"
#include "store/user_data.h"

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

/* Somebody without a user name. */
static struct user
join(const char *email, const char *role, const char *password)
{
	struct user u = { .email = email, .role = role, .password = password };
	struct writer *w = begin();

	OK(user_add(w, ar, &u));
	commit(w);
	return u;
}

static void
test_without_username(void **state)
{
	struct user a = join("Pat@Example.com", "user", "$x"), b = join("", "user", NULL), got;
	struct reader *rd = reader();

	(void)state;
	assert_string_equal(a.username, "");
	assert_string_equal(a.email, "pat@example.com");
	assert_string_equal(b.username, "");
	OK(user_by_uid(rd, ar, a.uid, &got));
	assert_string_equal(got.username, "");
	assert_string_equal(got.provider, "");
	assert_string_equal(got.picture, "");
	assert_string_equal(got.invited_by_uid, "");
	assert_int_equal(user_by_username(rd, ar, "", &got), FZ_USER_NOT_FOUND);
	reader_close(rd);
}

static void
test_login_names(void **state)
{
	struct user one = join("one@x.y", "user", "$x"), provided, got;
	struct reader *rd;
	bool taken;

	(void)state;
	provided = join("one@x.y", "user", NULL);
	(void)join("two@x.y", "user", "$x");
	(void)join("two@x.y", "user", "$x");
	(void)join("none@x.y", "user", NULL);
	rd = reader();
	OK(user_by_login(rd, ar, "ANN", &got));
	assert_string_equal(got.username, "ann");
	OK(user_by_login(rd, ar, "One@X.Y", &got));
	assert_int_equal(got.id, one.id);
	assert_int_equal(user_by_login(rd, ar, "two@x.y", &got), FZ_USER_NOT_FOUND);
	assert_int_equal(user_by_login(rd, ar, "none@x.y", &got), FZ_USER_NOT_FOUND);
	assert_int_equal(user_by_login(rd, ar, "", &got), FZ_USER_NOT_FOUND);
	assert_int_equal(user_by_login(rd, ar, provided.uid, &got), FZ_USER_NOT_FOUND);
	OK(user_signs_in(rd, "ONE@x.y", &taken));
	assert_true(taken);
	OK(user_signs_in(rd, "none@x.y", &taken));
	assert_false(taken);
	OK(user_signs_in(rd, "Ann", &taken));
	assert_true(taken);

	OK(user_find(rd, ar, one.uid, &got));
	assert_int_equal(got.id, one.id);
	assert_int_equal(user_find(rd, ar, "one@x.y", &got), FZ_CONFLICT);
	OK(user_find(rd, ar, "None@x.y", &got));
	assert_int_equal(user_find(rd, ar, "", &got), FZ_USER_NOT_FOUND);
	assert_int_equal(user_find(rd, ar, "fazt_usr_nobody", &got), FZ_USER_NOT_FOUND);
	reader_close(rd);
}

static void
test_profile(void **state)
{
	struct user u = { .email = "v@x.y", .email_verified = true, .provider = "github",
		.picture = "p", .role = "user", .name = "V" }, got;
	struct user host = join("host@x.y", "admin", NULL);
	struct writer *w = begin();
	struct reader *rd;

	(void)state;
	u.invited_by = host.id;
	OK(user_add(w, ar, &u));
	OK(user_set_profile(w, u.id, "Vera", NULL, NULL));
	OK(user_signed_in(w, u.id, "google", 12345));
	assert_int_equal(user_set_profile(w, 9999, "x", NULL, NULL), FZ_USER_NOT_FOUND);
	assert_int_equal(user_signed_in(w, 9999, "", 1), FZ_USER_NOT_FOUND);
	commit(w);
	rd = reader();
	OK(user_by_id(rd, ar, u.id, &got));
	reader_close(rd);
	assert_string_equal(got.name, "Vera");
	assert_string_equal(got.email, "v@x.y");
	assert_string_equal(got.picture, "p");
	assert_string_equal(got.provider, "google");
	assert_string_equal(got.invited_by_uid, host.uid);
	assert_int_equal(got.last_login, 12345);
	assert_true(got.email_verified);
	w = begin();
	OK(user_set_profile(w, u.id, NULL, "V@x.y", "q"));
	OK(user_by_id(writer_reader(w), ar, u.id, &got));
	assert_true(got.email_verified);
	assert_string_equal(got.picture, "q");
	OK(user_set_profile(w, u.id, NULL, "Other@x.y", NULL));
	OK(user_by_id(writer_reader(w), ar, u.id, &got));
	assert_false(got.email_verified);
	assert_string_equal(got.email, "other@x.y");
	commit(w);
}

static int64_t
count_list(struct user_filter f, int64_t offset, int64_t limit, size_t *n)
{
	struct reader *rd = reader();
	struct user *v = NULL;
	int64_t total = -1;

	OK(user_list(rd, ar, &f, offset, limit, &v, n, &total));
	for (size_t i = 1; i < *n; i++)
		assert_true(v[i - 1].id < v[i].id);
	reader_close(rd);
	return total;
}

static void
test_list(void **state)
{
	static const struct quota quota = { .kv_keys = 100, .disk_bytes = INT64_MAX };
	struct user keyed = join("keyed@list.x", "user", NULL);
	struct user seen = join("seen@list.x", "admin", NULL);
	struct app app = make_app("list"), other = make_app("other");
	struct session s = { .kind = SESSION_APP, .user = seen, .host = "h", .app = app.id,
		.ip = "", .ua = "", .idle = 1000, .expires = INT64_MAX / 2 };
	uint8_t hash[SHA256_LEN] = { 1 };
	struct user_data *data;
	struct writer *w = begin();
	struct reader *rd;
	int64_t all;
	size_t n;

	(void)state;
	OK(kv_set(w, (struct space){ app.id, keyed.id }, &quota, "k", "1", 1, 0));
	OK(session_add(w, ar, &s, hash, 1));
	commit(w);
	all = number("SELECT count(*) FROM user");
	assert_int_equal(count_list((struct user_filter){ 0 }, 0, 1000, &n), all);
	assert_int_equal(n, all);
	assert_int_equal(count_list((struct user_filter){ 0 }, 2, 3, &n), all);
	assert_int_equal(n, 3);
	assert_int_equal(count_list((struct user_filter){ 0 }, all, 3, &n), all);
	assert_int_equal(n, 0);
	assert_int_equal(count_list((struct user_filter){ .q = "LIST.x" }, 0, 9, &n), 2);
	assert_int_equal(count_list((struct user_filter){ .q = "%" }, 0, 9, &n), 0);
	assert_int_equal(count_list((struct user_filter){ .q = "" }, 0, 9, &n), all);
	assert_int_equal(count_list((struct user_filter){ .q = "Vera" }, 0, 9, &n), 1);
	assert_int_equal(count_list((struct user_filter){ .q = "cid" }, 0, 9, &n), 1);
	assert_int_equal(count_list((struct user_filter){ .q = "list.x",
	    .role = "admin" }, 0, 9, &n), 1);
	assert_int_equal(count_list((struct user_filter){ .app = app.id }, 0, 9, &n), 2);
	assert_int_equal(count_list((struct user_filter){ .app = other.id }, 0, 9, &n), 0);

	rd = reader();
	OK(user_data_list(rd, ar, keyed.id, 1, &data, &n));
	assert_int_equal(n, 1);
	assert_string_equal(data[0].app_uid, app.uid);
	assert_int_equal(data[0].kv, 1);
	assert_int_equal(data[0].docs, 0);
	OK(user_data_list(rd, ar, seen.id, 1, &data, &n));
	assert_int_equal(n, 0);
	reader_close(rd);
}

/* Whatever takes the last enabled owner away is refused, and only that. */
static void
test_last_owner(void **state)
{
	struct user got;
	struct writer *w = begin();
	int64_t ann, cid;

	(void)state;
	OK(user_by_username(writer_reader(w), ar, "ann", &got));
	ann = got.id;
	OK(user_by_username(writer_reader(w), ar, "cid", &got));
	cid = got.id;
	OK(user_set_disabled(w, cid, true));
	assert_int_equal(user_set_role(w, ann, "admin"), FZ_LAST_OWNER);
	assert_int_equal(user_set_disabled(w, ann, true), FZ_LAST_OWNER);
	assert_int_equal(user_delete(w, ann), FZ_LAST_OWNER);
	OK(user_set_role(w, ann, "owner"));
	OK(user_set_disabled(w, ann, false));
	/* One who is disabled is none. */
	OK(user_set_role(w, cid, "admin"));
	OK(user_set_role(w, cid, "owner"));
	OK(user_set_disabled(w, cid, false));
	OK(user_set_role(w, ann, "user"));
	assert_int_equal(user_delete(w, cid), FZ_LAST_OWNER);
	OK(user_set_role(w, ann, "owner"));
	OK(user_delete(w, cid));
	assert_int_equal(user_set_role(w, 9999, "user"), FZ_USER_NOT_FOUND);
	assert_int_equal(user_set_disabled(w, 9999, true), FZ_USER_NOT_FOUND);
	assert_int_equal(user_delete(w, 9999), FZ_USER_NOT_FOUND);
	commit(w);
}

static int64_t
of_user(const char *table, int64_t id)
{
	struct reader *rd = reader();
	int64_t n = -1;

	OK(sql_get_int(rd, &n, arena_printf(ar, "SELECT count(*) FROM %s=%lld", table,
	    (long long)id), ""));
	reader_close(rd);
	return n;
}

static void
test_delete(void **state)
{
	static const char *const tables[] = { "session WHERE user", "handoff WHERE user",
		"identity WHERE user", "oauth_state WHERE link_user", "device WHERE user",
		"user WHERE id" };
	struct user gone = join("gone@x.y", "user", NULL), stays = join("s@x.y", "user", NULL);
	const int64_t ids[] = { gone.id, stays.id };
	struct writer *w = begin();

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		OK(sql_run(w, "INSERT INTO session(uid,hash,kind,user,host,ip,ua,created,seen,"
		    "idle,expires) VALUES('u'||?1,'s'||?1,'sso',?1,'h','','',1,1,1,1)", "i",
		    ids[i]));
		OK(sql_run(w, "INSERT INTO handoff VALUES('h'||?1,?1,1,'','','',1)", "i",
		    ids[i]));
		OK(sql_run(w, "INSERT INTO identity VALUES('p','i',?1,?1,'',1,1)", "i",
		    ids[i]));
		OK(sql_run(w, "INSERT INTO oauth_state VALUES('o'||?1,'p','','','','',?1,1)",
		    "i", ids[i]));
		OK(sql_run(w, "INSERT INTO device(hash,user_code,ip,user,expires)"
		    " VALUES('d'||?1,'c'||?1,'',?1,1)", "i", ids[i]));
	}
	OK(user_delete(w, gone.id));
	commit(w);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		assert_int_equal(of_user(tables[i], gone.id), 0);
		assert_int_equal(of_user(tables[i], stays.id), 1);
	}
}

/* More than a page of keys, in two apps; other people's stay. */
static void
test_data_delete(void **state)
{
	static const struct quota quota = { .kv_keys = 1000,
		.disk_bytes = INT64_MAX };
	struct user gone = join("g@d.x", "user", NULL), stays = join("s@d.x", "user", NULL);
	struct app a = make_app("da"), b = make_app("db");
	struct writer *w = begin();
	uint64_t seq = 0;

	(void)state;
	for (int i = 0; i < 250; i++)
		OK(kv_set(w, (struct space){ a.id, gone.id }, &quota,
		    arena_printf(ar, "k%d", i), "1", 1, 0));
	OK(kv_set(w, (struct space){ b.id, gone.id }, &quota, "k", "1", 1, 0));
	OK(kv_set(w, (struct space){ b.id, stays.id }, &quota, "k", "1", 1, 0));
	OK(kv_set(w, (struct space){ b.id, 0 }, &quota, "k", "1", 1, 0));
	commit(w);
	OK(user_data_delete(st, gone.id, &seq));
	assert_true(seq > 0);
	assert_int_equal(of_user("kv WHERE user", gone.id), 0);
	assert_int_equal(of_user("kv WHERE user", stays.id), 1);
	assert_int_equal(of_user("kv WHERE user=0 AND app", b.id), 1);
	assert_int_equal(of_user("holding WHERE kv_keys=0 AND app", a.id), 1);
	assert_int_equal(of_user("holding WHERE kv_keys=2 AND app", b.id), 1);
	OK(user_data_delete(st, gone.id, &seq));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_without_username),
		cmocka_unit_test(test_login_names),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_last_owner),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_data_delete),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
