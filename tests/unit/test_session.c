/*
 * Sessions at rest: what counts, what is over and why, what ends with what; the hand-off's
 * code; sweeping.  Times are given, so every bound is tried on both of its sides.
 */
#include "tests/unit/store_test.h"

#include "store/session.h"

#define T0 4102444800000LL	/* far ahead: what is over is swept away */
#define MINUTE 60000LL
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static uint8_t next_hash = 1;
static uint8_t last_hash[SHA256_LEN];

static struct user
make_user(const char *name, const char *role)
{
	struct user u = { .username = name, .role = role, .name = name };
	struct writer *w = begin();

	OK(user_add(w, ar, &u));
	commit(w);
	return u;
}

/* idle a day, life a week; its hash is in last_hash. */
static struct session
make(const struct user *u, const char *kind, int64_t parent, int64_t now)
{
	struct session s = { .kind = kind, .user = *u, .host = "blog.example.com",
		.parent = parent, .ip = "192.0.2.1", .ua = "curl", .idle = DAY,
		.expires = now + 7 * DAY, .fresh = 5 };
	struct writer *w = begin();

	memset(last_hash, next_hash++, sizeof(last_hash));
	OK(session_add(w, ar, &s, last_hash, now));
	commit(w);
	return s;
}

static enum fz_err
get(const uint8_t *hash, const char *kind, const char *host, int64_t now,
    struct session *s)
{
	struct reader *rd = reader();
	enum fz_err err = session_get(rd, ar, hash, kind, host, now, s);

	reader_close(rd);
	return err;
}

static enum fz_err
by_id(int64_t id, int64_t now)
{
	struct session s;
	struct reader *rd = reader();
	enum fz_err err = session_by_id(rd, ar, id, now, &s);

	reader_close(rd);
	return err;
}

static void
run(const char *literal)
{
	struct writer *w = begin();

	OK(sql_run(w, literal, ""));
	commit(w);
}

static void
empty(void)
{
	run("DELETE FROM session");
	run("DELETE FROM handoff");
	run("DELETE FROM oauth_state");
	run("DELETE FROM device");
	run("DELETE FROM user");
}

static void
test_what_is_kept(void **state)
{
	struct user ann = make_user("ann", "admin");
	struct app app = make_app("Blog");
	struct session s = { .kind = SESSION_APP, .user = ann, .host = "blog.example.com",
		.app = app.id, .ip = "192.0.2.1", .ua = "curl", .idle = 7, .expires = T0 + 9,
		.fresh = 3 }, got;
	struct writer *w = begin();

	(void)state;
	memset(last_hash, next_hash++, sizeof(last_hash));
	OK(session_add(w, ar, &s, last_hash, T0));
	commit(w);
	assert_true(s.id > 0);
	assert_memory_equal(s.uid, "fazt_ses_", 9);
	assert_int_equal(strlen(s.uid), 21);
	assert_int_equal(s.created, T0);
	assert_int_equal(s.seen, T0);
	OK(get(last_hash, SESSION_APP, "blog.example.com", T0, &got));
	assert_int_equal(got.id, s.id);
	assert_string_equal(got.uid, s.uid);
	assert_string_equal(got.kind, SESSION_APP);
	assert_int_equal(got.user.id, ann.id);
	assert_string_equal(got.user.uid, ann.uid);
	assert_string_equal(got.user.username, "ann");
	assert_string_equal(got.user.role, "admin");
	assert_null(got.user.password);
	assert_string_equal(got.host, "blog.example.com");
	assert_int_equal(got.app, app.id);
	assert_string_equal(got.app_uid, app.uid);
	assert_int_equal(got.parent, 0);
	assert_string_equal(got.ip, "192.0.2.1");
	assert_string_equal(got.ua, "curl");
	assert_int_equal(got.created, T0);
	assert_int_equal(got.seen, T0);
	assert_int_equal(got.idle, 7);
	assert_int_equal(got.expires, T0 + 9);
	assert_int_equal(got.fresh, 3);
	empty();
}

/* A token counts for its kind on its host, and a failure leaves the result untouched. */
static void
test_only_there(void **state)
{
	struct user ann = make_user("ann", "user");
	struct session got = { .id = 77 };
	uint8_t other[SHA256_LEN] = { 0 };

	(void)state;
	(void)make(&ann, SESSION_APP, 0, T0);
	assert_int_equal(get(last_hash, SESSION_SSO, "blog.example.com", T0, &got),
	    FZ_SESSION_NOT_FOUND);
	assert_int_equal(get(last_hash, SESSION_ADMIN, "blog.example.com", T0, &got),
	    FZ_SESSION_NOT_FOUND);
	assert_int_equal(get(last_hash, SESSION_APP, "shop.example.com", T0, &got),
	    FZ_SESSION_NOT_FOUND);
	assert_int_equal(get(other, SESSION_APP, "blog.example.com", T0, &got),
	    FZ_SESSION_NOT_FOUND);
	assert_int_equal(got.id, 77);
	OK(get(last_hash, SESSION_APP, "blog.example.com", T0, &got));
	empty();
}

static void
test_times(void **state)
{
	static const struct {
		int64_t	 seen, now;
		enum fz_err want;
	} t[] = {
		{ T0, T0, FZ_OK },
		{ T0, T0 + DAY - 1, FZ_OK },
		{ T0, T0 + DAY, FZ_SESSION_EXPIRED },		/* idle */
		{ T0 + 7 * DAY - 2, T0 + 7 * DAY - 1, FZ_OK },
		{ T0 + 7 * DAY - 1, T0 + 7 * DAY, FZ_SESSION_EXPIRED },	/* absolute */
		{ T0, T0 - DAY, FZ_OK },		/* the clock went back */
		{ T0, T0 - 300 * DAY, FZ_OK },
		{ T0, T0 + 300 * DAY, FZ_SESSION_EXPIRED },
	};
	struct user ann = make_user("ann", "user");
	struct session s = make(&ann, SESSION_SSO, 0, T0), got;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct writer *w = begin();

		OK(sql_run(w, "UPDATE session SET seen=?1", "i", t[i].seen));
		commit(w);
		if (get(last_hash, SESSION_SSO, "blog.example.com", t[i].now, &got) != t[i].want)
			fail_msg("case %zu", i);
		assert_int_equal(by_id(s.id, t[i].now), t[i].want);
	}
	empty();
}

static void
test_disabled_user_and_parent(void **state)
{
	struct user ann = make_user("ann", "user");
	struct session sso = make(&ann, SESSION_SSO, 0, T0);
	struct session app = make(&ann, SESSION_APP, sso.id, T0);

	(void)state;
	OK(by_id(app.id, T0 + HOUR));
	run("UPDATE user SET disabled=1");
	assert_int_equal(by_id(app.id, T0 + HOUR), FZ_SESSION_EXPIRED);
	assert_int_equal(by_id(sso.id, T0 + HOUR), FZ_SESSION_EXPIRED);
	run("UPDATE user SET disabled=0");
	OK(by_id(app.id, T0 + HOUR));
	run("UPDATE session SET idle=60000 WHERE parent IS NULL");
	assert_int_equal(by_id(app.id, T0 + HOUR), FZ_SESSION_EXPIRED);
	run("UPDATE session SET idle=86400000, expires=4102444800001 WHERE parent IS NULL");
	assert_int_equal(by_id(app.id, T0 + HOUR), FZ_SESSION_EXPIRED);
	OK(by_id(app.id, T0));
	run("DELETE FROM session WHERE parent IS NULL");
	assert_int_equal(by_id(app.id, T0), FZ_SESSION_EXPIRED);
	run("DELETE FROM user");
	assert_int_equal(by_id(app.id, T0), FZ_SESSION_NOT_FOUND);
	empty();
}

static int64_t
seen_of(int64_t id)
{
	struct reader *rd = reader();
	int64_t n = -1;

	OK(sql_get_int(rd, &n, "SELECT seen FROM session WHERE id=?1", "i", id));
	reader_close(rd);
	return n;
}

static struct session
read_back(int64_t id, int64_t now)
{
	struct reader *rd = reader();
	struct session s;

	OK(session_by_id(rd, ar, id, now, &s));
	reader_close(rd);
	return s;
}

static void
test_uses_are_noted_once_a_minute(void **state)
{
	struct user ann = make_user("ann", "user");
	struct session sso = make(&ann, SESSION_SSO, 0, T0);
	struct session app = make(&ann, SESSION_APP, sso.id, T0), other, s;
	struct store_stats before, after;

	(void)state;
	other = make(&ann, SESSION_APP, sso.id, T0);
	store_stats(st, &before);
	session_used(st, &app, T0 + MINUTE - 1);
	store_stats(st, &after);
	assert_int_equal(before.commits, after.commits);
	assert_int_equal(seen_of(app.id), T0);
	session_used(st, &app, T0 + MINUTE);
	assert_int_equal(seen_of(app.id), T0 + MINUTE);
	assert_int_equal(seen_of(sso.id), T0 + MINUTE);
	assert_int_equal(seen_of(other.id), T0);
	/* Somebody else noted it since it was read: nothing is written. */
	store_stats(st, &before);
	session_used(st, &app, T0 + MINUTE + 5);
	store_stats(st, &after);
	assert_int_equal(before.commits, after.commits);
	/* A parent that was used elsewhere stays as it is, the child moves. */
	s = read_back(other.id, T0 + MINUTE);
	session_used(st, &s, T0 + MINUTE + 9);
	assert_int_equal(seen_of(other.id), T0 + MINUTE + 9);
	assert_int_equal(seen_of(sso.id), T0 + MINUTE);
	/* The clock went back: noted, and from then on it counts again. */
	s = read_back(app.id, T0);
	session_used(st, &s, T0 - HOUR);
	assert_int_equal(seen_of(app.id), T0 - HOUR);
	empty();
}

static void
test_a_busy_writer_is_not_waited_for(void **state)
{
	struct user ann = make_user("ann", "user");
	struct session s = make(&ann, SESSION_SSO, 0, T0);
	struct writer *w = begin();

	(void)state;
	session_used(st, &s, T0 + HOUR);
	writer_abort(w);
	assert_int_equal(seen_of(s.id), T0);
	empty();
}

static void
test_refresh(void **state)
{
	struct user ann = make_user("ann", "owner");
	struct session s = make(&ann, SESSION_ADMIN, 0, T0);
	struct writer *w = begin();

	(void)state;
	OK(session_refresh(w, s.id, T0 + 600));
	assert_int_equal(session_refresh(w, s.id + 100, T0), FZ_SESSION_NOT_FOUND);
	commit(w);
	assert_int_equal(read_back(s.id, T0).fresh, T0 + 600);
	empty();
}

static void
expect_list(const struct session_filter *f, int64_t now, int64_t total, size_t count,
    int64_t first)
{
	struct reader *rd = reader();
	struct session *v = NULL;
	int64_t all = -1;
	size_t n = 99;

	OK(session_list(rd, ar, f, now, &v, &n, &all));
	reader_close(rd);
	assert_int_equal(all, total);
	assert_int_equal(n, count);
	if (n > 0)
		assert_int_equal(v[0].id, first);
}

static void
test_lists(void **state)
{
	struct user ann = make_user("ann", "user"), bob = make_user("bob", "user");
	struct session sso = make(&ann, SESSION_SSO, 0, T0);
	struct session app = make(&ann, SESSION_APP, sso.id, T0);
	struct session his = make(&bob, SESSION_SSO, 0, T0 + DAY);
	struct session s;
	struct reader *rd;

	(void)state;
	expect_list(&(struct session_filter){ .limit = -1 }, T0 + 1, 3, 3, his.id);
	expect_list(&(struct session_filter){ .limit = 2 }, T0 + 1, 3, 2, his.id);
	expect_list(&(struct session_filter){ .limit = 2, .offset = 2 }, T0 + 1, 3, 1, sso.id);
	expect_list(&(struct session_filter){ .limit = -1, .user = ann.id }, T0 + 1, 2, 2,
	    app.id);
	expect_list(&(struct session_filter){ .limit = -1, .kind = SESSION_SSO }, T0 + 1, 2,
	    2, his.id);
	expect_list(&(struct session_filter){ .limit = -1, .user = ann.id,
	    .kind = SESSION_SSO }, T0 + 1, 1, 1, sso.id);
	expect_list(&(struct session_filter){ .limit = -1, .parent = sso.id }, T0 + 1, 1, 1,
	    app.id);
	expect_list(&(struct session_filter){ .limit = -1, .user = 4711 }, T0, 0, 0, 0);
	/* Ann's are idle by now. */
	expect_list(&(struct session_filter){ .limit = -1 }, T0 + DAY, 1, 1, his.id);
	rd = reader();
	OK(session_by_uid(rd, ar, app.uid, &s));
	assert_int_equal(s.id, app.id);
	assert_int_equal(session_by_uid(rd, ar, "fazt_ses_000000000000", &s),
	    FZ_SESSION_NOT_FOUND);
	assert_int_equal(session_by_uid(rd, ar, "", &s), FZ_SESSION_NOT_FOUND);
	reader_close(rd);
	empty();
}

static void
add_handoff(uint8_t byte, int64_t user, int64_t session)
{
	struct handoff h = { user, session, "blog.example.com", "abc", "/x?y#z", T0 + MINUTE };
	uint8_t hash[SHA256_LEN];
	struct writer *w = begin();

	memset(hash, byte, sizeof(hash));
	OK(session_handoff_add(w, hash, &h));
	commit(w);
}

static void
test_ending_takes_what_was_born(void **state)
{
	struct user ann = make_user("ann", "user");
	struct session sso = make(&ann, SESSION_SSO, 0, T0);
	struct session a = make(&ann, SESSION_APP, sso.id, T0);
	struct session b = make(&ann, SESSION_APP, sso.id, T0);
	struct session alone = make(&ann, SESSION_SSO, 0, T0);
	struct writer *w;
	int64_t n = -1;

	(void)state;
	add_handoff(1, ann.id, sso.id);
	add_handoff(2, ann.id, alone.id);
	w = begin();
	OK(session_end(w, a.id, &n));
	assert_int_equal(n, 1);
	OK(session_end(w, a.id, &n));
	assert_int_equal(n, 0);
	commit(w);
	OK(by_id(b.id, T0));
	OK(by_id(sso.id, T0));
	assert_int_equal(number("SELECT count(*) FROM handoff"), 2);
	w = begin();
	OK(session_end(w, sso.id, &n));
	commit(w);
	assert_int_equal(n, 2);
	assert_int_equal(by_id(b.id, T0), FZ_SESSION_NOT_FOUND);
	OK(by_id(alone.id, T0));
	assert_int_equal(number("SELECT count(*) FROM handoff"), 1);
	empty();
}

static void
test_succession(void **state)
{
	struct user ann = make_user("ann", "user"), bob = make_user("bob", "user");
	struct session old = make(&ann, SESSION_SSO, 0, T0);
	struct session app = make(&ann, SESSION_APP, old.id, T0);
	struct session renewed = make(&ann, SESSION_SSO, 0, T0);
	struct session his = make(&bob, SESSION_SSO, 0, T0);
	struct writer *w = begin();

	(void)state;
	OK(session_succeed(w, old.id, renewed.id));
	commit(w);
	assert_int_equal(by_id(old.id, T0), FZ_SESSION_NOT_FOUND);
	assert_int_equal(read_back(app.id, T0).parent, renewed.id);
	w = begin();
	OK(session_succeed(w, renewed.id, his.id));
	commit(w);
	assert_int_equal(by_id(app.id, T0), FZ_SESSION_NOT_FOUND);
	assert_int_equal(by_id(renewed.id, T0), FZ_SESSION_NOT_FOUND);
	OK(by_id(his.id, T0));
	empty();
}

static void
test_ending_all_of_a_user(void **state)
{
	struct user ann = make_user("ann", "user"), bob = make_user("bob", "user");
	struct session sso = make(&ann, SESSION_SSO, 0, T0);
	struct session admin = make(&ann, SESSION_ADMIN, sso.id, T0);
	struct session app = make(&ann, SESSION_APP, sso.id, T0);
	struct session phone = make(&ann, SESSION_SSO, 0, T0);
	struct session phone_app = make(&ann, SESSION_APP, phone.id, T0);
	struct session his = make(&bob, SESSION_SSO, 0, T0);
	struct writer *w;
	int64_t n = -1;

	(void)state;
	add_handoff(3, ann.id, phone.id);
	add_handoff(4, bob.id, his.id);
	/* One's own stays, with the one it was born from. */
	w = begin();
	OK(session_end_user(w, ann.id, admin.id, &n));
	commit(w);
	assert_int_equal(n, 3);
	OK(by_id(admin.id, T0));
	OK(by_id(sso.id, T0));
	assert_int_equal(by_id(app.id, T0), FZ_SESSION_NOT_FOUND);
	assert_int_equal(by_id(phone.id, T0), FZ_SESSION_NOT_FOUND);
	assert_int_equal(by_id(phone_app.id, T0), FZ_SESSION_NOT_FOUND);
	assert_int_equal(number("SELECT count(*) FROM handoff"), 1);
	/* Or with its children. */
	app = make(&ann, SESSION_APP, sso.id, T0);
	w = begin();
	OK(session_end_user(w, ann.id, sso.id, &n));
	commit(w);
	assert_int_equal(n, 0);
	OK(by_id(app.id, T0));
	w = begin();
	OK(session_end_user(w, ann.id, 0, &n));
	commit(w);
	assert_int_equal(n, 3);
	OK(by_id(his.id, T0));
	empty();
}

static void
test_handoff(void **state)
{
	struct handoff h = { .user = 77 };
	uint8_t hash[SHA256_LEN], other[SHA256_LEN];
	struct writer *w;

	(void)state;
	add_handoff(9, 5, 6);
	add_handoff(10, 5, 6);
	memset(hash, 9, sizeof(hash));
	memset(other, 8, sizeof(other));
	w = begin();
	assert_int_equal(session_handoff_take(w, ar, other, T0, &h), FZ_NOT_FOUND);
	assert_int_equal(h.user, 77);
	OK(session_handoff_take(w, ar, hash, T0 + MINUTE - 1, &h));
	assert_int_equal(h.user, 5);
	assert_int_equal(h.session, 6);
	assert_string_equal(h.host, "blog.example.com");
	assert_string_equal(h.pre, "abc");
	assert_string_equal(h.redirect, "/x?y#z");
	assert_int_equal(session_handoff_take(w, ar, hash, T0, &h), FZ_NOT_FOUND);
	/* A late one is used up too. */
	memset(hash, 10, sizeof(hash));
	assert_int_equal(session_handoff_take(w, ar, hash, T0 + MINUTE, &h), FZ_NOT_FOUND);
	assert_int_equal(session_handoff_take(w, ar, hash, T0, &h), FZ_NOT_FOUND);
	commit(w);
	empty();
}

/* Who asks for more and more sessions or codes does not fill the disk. */
static void
test_bounds(void **state)
{
	struct user ann = make_user("ann", "user"), bob = make_user("bob", "user");
	struct session sso = make(&ann, SESSION_SSO, 0, T0), his = make(&bob, SESSION_APP, 0, T0);
	struct session first = { .kind = SESSION_APP, .user = ann, .host = "h",
		.idle = DAY, .expires = T0 + DAY }, s;
	struct handoff h = { ann.id, sso.id, "h", "p", "/", T0 };
	struct writer *w = begin();
	uint8_t hash[SHA256_LEN] = { 7 };

	(void)state;
	for (int i = 0; i < SESSION_MAX + 3; i++) {
		s = first;
		memcpy(hash + 1, &i, sizeof(i));
		OK(session_add(w, ar, &s, hash, T0));
		if (i == 2)
			first.id = s.id;
		h.expires = T0 + i;
		OK(session_handoff_add(w, hash, &h));
	}
	commit(w);
	assert_int_equal(number("SELECT count(*) FROM session WHERE kind='app'"),
	    SESSION_MAX + 1);
	assert_int_equal(by_id(first.id, T0), FZ_SESSION_NOT_FOUND);
	OK(by_id(first.id + 1, T0));
	OK(by_id(s.id, T0));
	OK(by_id(sso.id, T0));
	OK(by_id(his.id, T0));
	assert_int_equal(number("SELECT count(*) FROM handoff"), 50);
	assert_int_equal(number("SELECT max(expires) FROM handoff"), T0 + SESSION_MAX + 2);
	assert_int_equal(number("SELECT min(expires) FROM handoff"), T0 + SESSION_MAX - 47);
	empty();
}

static int64_t
sweep_at(int64_t now, int64_t max)
{
	struct writer *w = begin();
	int64_t n = -1;

	OK(session_sweep(w, now, max, &n));
	commit(w);
	return n;
}

static void
test_sweep(void **state)
{
	struct user ann = make_user("ann", "user");
	struct session sso = make(&ann, SESSION_SSO, 0, T0);
	struct session app = make(&ann, SESSION_APP, sso.id, T0);

	(void)state;
	add_handoff(20, ann.id, sso.id);
	run("INSERT INTO oauth_state VALUES(x'01','p','x','n',x'00','{}',NULL,4102444860000)");
	run("INSERT INTO oauth_state VALUES(x'02','p','x','n',x'00','{}',NULL,4102444860001)");
	run("INSERT INTO device(hash,user_code,ip,expires) VALUES(x'01','A','',4102444860000)");
	run("INSERT INTO invite(uid,hash,role,created,expires,max_uses)"
	    " VALUES('fazt_inv_0',x'01','user',1,2,1)");
	assert_int_equal(sweep_at(T0, 100), 0);
	assert_int_equal(sweep_at(T0 + MINUTE, 100), 3);
	assert_int_equal(number("SELECT count(*) FROM handoff"), 0);
	assert_int_equal(number("SELECT count(*) FROM oauth_state"), 1);
	assert_int_equal(number("SELECT count(*) FROM device"), 0);
	OK(by_id(app.id, T0));
	/* Without its parent, one at a time, and invites stay. */
	run("UPDATE session SET expires=1 WHERE parent IS NULL");
	assert_int_equal(sweep_at(T0 + MINUTE, 1), 1);
	assert_int_equal(number("SELECT count(*) FROM session"), 1);
	assert_int_equal(sweep_at(T0 + MINUTE, 1), 1);
	assert_int_equal(number("SELECT count(*) FROM session"), 0);
	assert_int_equal(number("SELECT count(*) FROM invite"), 1);
	/* Idle ones. */
	(void)make(&ann, SESSION_SSO, 0, T0);
	assert_int_equal(sweep_at(T0 + DAY - 1, 100), 1);	/* the other state */
	assert_int_equal(sweep_at(T0 + DAY, 100), 1);
	empty();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_kept),
		cmocka_unit_test(test_only_there),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_disabled_user_and_parent),
		cmocka_unit_test(test_uses_are_noted_once_a_minute),
		cmocka_unit_test(test_a_busy_writer_is_not_waited_for),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_ending_takes_what_was_born),
		cmocka_unit_test(test_succession),
		cmocka_unit_test(test_ending_all_of_a_user),
		cmocka_unit_test(test_handoff),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_sweep),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
