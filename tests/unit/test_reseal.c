/*
 * Another master key: what was sealed opens with the key of the file afterwards, whatever
 * ended the process in between.  Each step runs in a child that is killed behind it.
 */
#include "tests/unit/store_test.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/env.h"
#include "store/provider.h"

#include "store/reseal.c"

#define VALUE "canary-0f4a77d1"

static struct app one, two;

static const char *
in_dir(const char *name)
{
	return arena_printf(ar, "%s/%s", test_dir, name);
}

static bool
there(const char *name)
{
	return access(in_dir(name), F_OK) == 0;
}

static void
write_key(const char *name, uint8_t mark, size_t len)
{
	uint8_t key[SEAL_KEY_LEN];
	FILE *f = fopen(in_dir(name), "w");

	memset(key, mark, sizeof(key));
	assert_non_null(f);
	assert_int_equal(fwrite(key, 1, len, f), len);
	(void)fclose(f);
	assert_int_equal(chmod(in_dir(name), 0600), 0);
}

static struct seal *
key_of(const char *name)
{
	struct why why = { 0 };
	struct seal *s = NULL;

	OK(open_key(test_dir, name, &s, &why));
	return s;
}

static bool
same_key(struct seal *a, struct seal *b)
{
	char x[SHA256_HEX], y[SHA256_HEX];

	fingerprint(a, x);
	fingerprint(b, y);
	return strcmp(x, y) == 0;
}

static void
set_env(struct writer *w, const struct seal *s, int64_t app, const char *name)
{
	OK(env_set(w, s, app, name, VALUE, strlen(VALUE), 5));
}

/* A value in every sealed column, under key 1. */
static void
fill(void)
{
	struct provider p = { .name = "google", .display_name = "", .client_id = "c",
		.client_secret = "provider " VALUE, .issuer = "", .scopes = "" };
	struct oauth_state state = { .provider = "google", .pre = "", .nonce = "n",
		.verifier = "verifier " VALUE, .target = "{}", .expires = INT64_MAX };
	uint8_t hash[SHA256_LEN];
	struct writer *w = begin();
	struct seal *s;

	write_key(KEY_FILE, 1, SEAL_KEY_LEN);
	s = key_of(KEY_FILE);
	OK(sql_run(w, "DELETE FROM env", ""));
	OK(sql_run(w, "DELETE FROM provider", ""));
	OK(sql_run(w, "DELETE FROM oauth_state", ""));
	OK(setting_set(w, SETTING, NULL));
	set_env(w, s, one.id, "A");
	set_env(w, s, one.id, "B");
	set_env(w, s, two.id, "A");
	OK(env_set(w, s, two.id, "EMPTY", "", 0, 5));
	OK(provider_put(w, s, &p, 5));
	p.name = "github";
	p.client_secret = NULL;
	OK(provider_put(w, s, &p, 5));
	for (int i = 0; i < 3; i++) {
		memset(hash, 0xa0 + i, sizeof(hash));
		OK(provider_state_add(w, s, hash, &state));
	}
	commit(w);
	seal_free(s);
}

/* Everything opens with the key of master.key. */
static void
check_open(void)
{
	struct oauth_state state;
	struct provider p;
	struct seal *s = key_of(KEY_FILE);
	struct reader *rd = reader();
	uint8_t hash[SHA256_LEN];
	const char *v;
	struct writer *w;
	size_t len;

	OK(env_get(rd, ar, s, one.id, "A", &v, &len));
	assert_string_equal(v, VALUE);
	OK(env_get(rd, ar, s, one.id, "B", &v, &len));
	OK(env_get(rd, ar, s, two.id, "A", &v, &len));
	OK(env_get(rd, ar, s, two.id, "EMPTY", &v, &len));
	assert_int_equal(len, 0);
	OK(provider_get(rd, ar, s, "google", &p));
	assert_string_equal(p.client_secret, "provider " VALUE);
	OK(provider_get(rd, ar, s, "github", &p));
	assert_false(p.has_secret);
	reader_close(rd);
	memset(hash, 0xa1, sizeof(hash));
	w = begin();
	OK(provider_state_take(w, ar, s, hash, 1, &state));
	assert_string_equal(state.verifier, "verifier " VALUE);
	writer_abort(w);
	seal_free(s);
}

static void
clean(void)
{
	(void)unlink(in_dir(KEY_FILE));
	(void)unlink(in_dir(NEW_FILE));
	(void)unlink(in_dir(OLD_FILE));
}

static void
test_rotation(void **state)
{
	struct seal *old, *now;
	struct why why = { 0 };
	struct stat meta;
	size_t n = 0;

	(void)state;
	fill();
	old = key_of(KEY_FILE);
	OK(reseal_fits(st, old, &(bool){ false }));
	OK(reseal_rotate(st, test_dir, &n, &why));
	assert_int_equal(n, 8);
	check_open();
	now = key_of(KEY_FILE);
	assert_false(same_key(old, now));
	seal_free(now);
	now = key_of(OLD_FILE);
	assert_true(same_key(old, now));
	seal_free(now);
	assert_false(there(NEW_FILE));
	assert_int_equal(stat(in_dir(KEY_FILE), &meta), 0);
	assert_int_equal(meta.st_mode & 0777, 0600);
	/* Nothing opens with the old key any more. */
	{
		struct reader *rd = reader();
		const char *v;
		size_t len;

		assert_int_equal(env_get(rd, ar, old, one.id, "A", &v, &len), FZ_CORRUPT);
		reader_close(rd);
	}
	{
		bool fits = true;

		OK(reseal_fits(st, old, &fits));
		assert_false(fits);
		now = key_of(KEY_FILE);
		OK(reseal_fits(st, now, &fits));
		assert_true(fits);
		seal_free(now);
	}
	seal_free(old);
	/* The one before is not overwritten. */
	assert_int_equal(reseal_rotate(st, test_dir, &n, &why), FZ_CONFLICT);
	assert_non_null(strstr(why.text, OLD_FILE));
	assert_int_equal(unlink(in_dir(OLD_FILE)), 0);
	OK(reseal_rotate(st, test_dir, &n, &why));
	check_open();
	clean();
}

static void
test_refusals(void **state)
{
	struct why why = { 0 };
	struct seal *other;
	struct writer *w;
	size_t n = 99;

	(void)state;
	assert_int_equal(reseal_rotate(st, test_dir, &n, &why), FZ_NOT_FOUND);
	assert_non_null(strstr(why.text, "credential"));
	/* One value of another key: nothing changes, the message names it. */
	fill();
	write_key("other", 9, SEAL_KEY_LEN);
	other = key_of("other");
	w = begin();
	set_env(w, other, two.id, "Z");
	commit(w);
	assert_int_equal(reseal_rotate(st, test_dir, &n, &why), FZ_CORRUPT);
	assert_non_null(strstr(why.text, arena_printf(ar, "env|%lld|Z", (long long)two.id)));
	assert_int_equal(n, 99);
	check_open();
	assert_false(there(OLD_FILE));
	/* What is too short to be sealed is named too. */
	w = begin();
	OK(env_delete(w, two.id, 0, "Z"));
	OK(sql_run(w, "UPDATE env SET value=x'0102' WHERE name='EMPTY'", ""));
	commit(w);
	assert_int_equal(reseal_rotate(st, test_dir, &n, &why), FZ_CORRUPT);
	assert_non_null(strstr(why.text, "EMPTY"));
	/* Without it all goes well, also beside the leftovers of what failed. */
	assert_true(there(NEW_FILE));
	fill();
	OK(reseal_rotate(st, test_dir, &n, &why));
	check_open();
	/* The function is not there for anybody else. */
	w = begin();
	assert_int_not_equal(sql_run(w, "UPDATE env SET value=reseal('a',value)", ""), FZ_OK);
	writer_abort(w);
	seal_free(other);
	(void)unlink(in_dir("other"));
	clean();
}

/* --- a process that ends in the middle --- */

enum step { AT_NOTHING, AT_NEW, AT_UPDATES, AT_COMMIT, AT_LINK, AT_RENAME, STEPS };

static void
uncommitted(struct store *mine)
{
	struct change c = { .from = key_of(KEY_FILE), .to = key_of(NEW_FILE) };
	struct why why = { 0 };
	struct writer *w;

	if (writer_begin(mine, 5000, &w) != FZ_OK || reseal_all(w, &c, &why) != FZ_OK)
		_exit(3);
}

/* The steps of reseal_rotate up to and with `last`, then death. */
static void
child(enum step last)
{
	struct store_options o = { .readers = 2, .path = in_dir("data.db") };
	struct why why = { 0 };
	struct store *mine;
	size_t n;

	if (store_open(&o, &mine, &why) != FZ_OK)
		_exit(1);
	if (last >= AT_NEW && write_new(test_dir, &why) != FZ_OK)
		_exit(2);
	if (last == AT_UPDATES)
		uncommitted(mine);
	if (last >= AT_COMMIT && commit_new(mine, test_dir, &n, &why) != FZ_OK)
		_exit(4);
	if (last == AT_LINK && link(in_dir(KEY_FILE), in_dir(OLD_FILE)) != 0)
		_exit(5);
	if (last == AT_RENAME && swap(test_dir, &why) != FZ_OK)
		_exit(6);
	(void)kill(getpid(), SIGKILL);
}

static void
test_killed(void **state)
{
	struct why why = { 0 };
	struct seal *before, *after;
	int status;
	size_t n;
	pid_t pid;

	(void)state;
	for (enum step last = AT_NOTHING; last < STEPS; last++) {
		fill();
		before = key_of(KEY_FILE);
		/* A child of a process with threads may only open a store of its own. */
		store_close(st);
		st = NULL;
		pid = fork();
		if (pid == 0)
			child(last);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		{
			struct store_options o = { .readers = 8, .path = in_dir("data.db") };

			OK(store_open(&o, &st, &why));
		}
		OK(reseal_settle(st, test_dir, &why));
		check_open();
		after = key_of(KEY_FILE);
		assert_int_equal(same_key(before, after), last < AT_COMMIT);
		assert_int_equal(there(OLD_FILE), last >= AT_COMMIT);
		if (last >= AT_COMMIT)
			assert_false(there(NEW_FILE));
		OK(reseal_settle(st, test_dir, &why));
		check_open();
		(void)unlink(in_dir(OLD_FILE));
		OK(reseal_rotate(st, test_dir, &n, &why));
		check_open();
		seal_free(before);
		seal_free(after);
		clean();
	}
}

/* A file that was cut off is no key, one that others may read is an error. */
static void
test_settle(void **state)
{
	struct why why = { 0 };

	(void)state;
	fill();
	OK(reseal_settle(st, test_dir, &why));
	write_key(NEW_FILE, 3, 7);
	OK(reseal_settle(st, test_dir, &why));
	write_key(NEW_FILE, 3, SEAL_KEY_LEN);
	OK(reseal_settle(st, test_dir, &why));
	assert_true(there(NEW_FILE));
	check_open();
	assert_int_equal(chmod(in_dir(NEW_FILE), 0644), 0);
	assert_int_equal(reseal_settle(st, test_dir, &why), FZ_VALIDATION_FAILED);
	assert_non_null(strstr(why.text, "0600"));
	clean();
}

static void
test_lock(void **state)
{
	struct why why = { 0 };
	int a = -1, b = -1, c = -1;

	(void)state;
	OK(reseal_lock(test_dir, false, &a, &why));
	OK(reseal_lock(test_dir, false, &b, &why));
	assert_int_equal(reseal_lock(test_dir, true, &c, &why), FZ_CONFLICT);
	assert_int_equal(c, -1);
	assert_non_null(strstr(why.text, "Stop it first"));
	close(a);
	assert_int_equal(reseal_lock(test_dir, true, &c, &why), FZ_CONFLICT);
	close(b);
	OK(reseal_lock(test_dir, true, &c, &why));
	close(c);
	assert_int_equal(reseal_lock("/nowhere/at/all", true, &c, &why), FZ_IO);
}

static int
setup(void **state)
{
	if (store_setup(state) != 0)
		return -1;
	one = make_app("one");
	two = make_app("two");
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_lock),
	};

	return cmocka_run_group_tests(tests, setup, store_teardown);
}
