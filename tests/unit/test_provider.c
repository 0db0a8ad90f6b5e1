/* Providers, identities and sign-ins on their way, and that their secrets lie sealed. */
#include "tests/unit/store_test.h"

#include "store/provider.h"

static const uint8_t key[SEAL_KEY_LEN] = { 1, 2, 3 };
static const uint8_t other_key[SEAL_KEY_LEN] = { 4 };
static struct seal *seal, *other;

static int
setup(void **state)
{
	seal = seal_of_key(key);
	other = seal_of_key(other_key);
	return store_setup(state);
}

static int
teardown(void **state)
{
	seal_free(seal);
	seal_free(other);
	return store_teardown(state);
}

static enum fz_err
put_provider(const struct seal *with, const struct provider *p)
{
	struct writer *w = begin();
	enum fz_err err = provider_put(w, with, p, 1000);

	if (err == FZ_OK)
		commit(w);
	else
		writer_abort(w);
	return err;
}

static enum fz_err
get(const struct seal *with, const char *name, struct provider *p)
{
	struct reader *rd = reader();
	enum fz_err err = provider_get(rd, ar, with, name, p);

	reader_close(rd);
	return err;
}

static void
test_put_get(void **state)
{
	struct provider p = { .name = "corp", .display_name = "Corp", .client_id = "id",
		.client_secret = "hush", .issuer = "https://corp.example",
		.scopes = "openid", .enabled = true };
	struct provider got = { .name = "untouched" };

	(void)state;
	assert_int_equal(get(seal, "corp", &got), FZ_PROVIDER_NOT_FOUND);
	assert_string_equal(got.name, "untouched");
	OK(put_provider(seal, &p));
	OK(get(seal, "corp", &got));
	assert_string_equal(got.name, "corp");
	assert_string_equal(got.display_name, "Corp");
	assert_string_equal(got.client_id, "id");
	assert_string_equal(got.client_secret, "hush");
	assert_string_equal(got.issuer, "https://corp.example");
	assert_string_equal(got.scopes, "openid");
	assert_true(got.enabled && got.has_secret);
	assert_int_equal(got.updated, 1000);
	OK(get(NULL, "corp", &got));
	assert_null(got.client_secret);
	assert_true(got.has_secret);
	assert_int_equal(get(other, "corp", &got), FZ_CORRUPT);
}

/* NULL keeps, "" removes, and without a key nothing is kept in clear. */
static void
test_secret(void **state)
{
	struct provider p = { .name = "s", .client_id = "id", .client_secret = "one" }, got;

	(void)state;
	OK(put_provider(seal, &p));
	p.client_secret = NULL;
	p.client_id = "id2";
	OK(put_provider(NULL, &p));
	OK(get(seal, "s", &got));
	assert_string_equal(got.client_secret, "one");
	assert_string_equal(got.client_id, "id2");
	p.client_secret = "two";
	assert_int_equal(put_provider(NULL, &p), FZ_SERVICE_UNAVAILABLE);
	OK(get(seal, "s", &got));
	assert_string_equal(got.client_secret, "one");
	p.client_secret = "";
	OK(put_provider(NULL, &p));
	OK(get(seal, "s", &got));
	assert_false(got.has_secret);
	assert_null(got.client_secret);
}

/* A sealed secret opens in its own row only. */
static void
test_moved(void **state)
{
	struct provider a = { .name = "a", .client_id = "a", .client_secret = "of a" };
	struct provider b = { .name = "b", .client_id = "b", .client_secret = "of b" }, got;
	struct writer *w;

	(void)state;
	OK(put_provider(seal, &a));
	OK(put_provider(seal, &b));
	assert_int_equal(number("SELECT count(*) FROM provider WHERE"
	    " instr(client_secret,'of ')>0"), 0);
	w = begin();
	OK(sql_run(w, "UPDATE provider SET client_secret=(SELECT client_secret FROM provider"
	    " WHERE name='a') WHERE name='b'", ""));
	commit(w);
	OK(get(seal, "a", &got));
	assert_int_equal(get(seal, "b", &got), FZ_CORRUPT);
}

static void
test_list(void **state)
{
	struct reader *rd;
	struct provider *v, p = { .client_id = "x" };
	char name[16];
	size_t n;

	(void)state;
	for (int i = 0; i < PROVIDERS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "p%02d", i);
		p.name = name;
		OK(put_provider(seal, &p));
	}
	p.name = "more";
	assert_int_equal(put_provider(seal, &p), FZ_LIMIT_EXCEEDED);
	p.name = "p07";
	OK(put_provider(seal, &p));
	rd = reader();
	OK(provider_list(rd, ar, &v, &n));
	reader_close(rd);
	assert_int_equal(n, PROVIDERS_MAX);
	assert_string_equal(v[0].name, "p00");
	assert_string_equal(v[49].name, "p49");
	assert_null(v[0].client_secret);
}

static enum fz_err
link_to(int64_t user, const char *provider, const char *issuer, const char *subject,
    const char *email, int64_t now)
{
	struct identity id = { .provider = provider, .issuer = issuer, .subject = subject,
		.email = email, .user = user };
	struct writer *w = begin();
	enum fz_err err = provider_link(w, &id, now);

	if (err == FZ_OK)
		commit(w);
	else
		writer_abort(w);
	return err;
}

static void
test_identity(void **state)
{
	struct reader *rd;
	struct identity id, *v;
	size_t n;

	(void)state;
	OK(link_to(7, "corp", "https://a", "s1", "a@x", 100));
	OK(link_to(7, "corp", "https://b", "s1", "b@x", 100));
	OK(link_to(8, "google", "https://a", "s1", "c@x", 100));
	OK(link_to(7, "corp", "https://a", "s1", "new@x", 200));
	assert_int_equal(link_to(8, "corp", "https://a", "s1", "evil@x", 300), FZ_CONFLICT);
	rd = reader();
	OK(provider_identity(rd, ar, "corp", "https://a", "s1", &id));
	assert_int_equal(id.user, 7);
	assert_string_equal(id.email, "new@x");
	assert_int_equal(id.created, 100);
	assert_int_equal(id.last_login, 200);
	OK(provider_identity(rd, ar, "google", "https://a", "s1", &id));
	assert_int_equal(id.user, 8);
	assert_int_equal(provider_identity(rd, ar, "corp", "https://a", "S1", &id),
	    FZ_USER_NOT_FOUND);
	assert_int_equal(provider_identity(rd, ar, "google", "https://b", "s1", &id),
	    FZ_USER_NOT_FOUND);
	OK(provider_identities(rd, ar, 7, &v, &n));
	assert_int_equal(n, 2);
	assert_string_equal(v[0].issuer, "https://a");
	assert_string_equal(v[1].issuer, "https://b");
	OK(provider_identities(rd, ar, 9, &v, &n));
	assert_int_equal(n, 0);
	reader_close(rd);
}

static const uint8_t hash1[SHA256_LEN] = { 1 }, hash2[SHA256_LEN] = { 2 };

static enum fz_err
add_state(const struct seal *with, const uint8_t *hash, int64_t expires)
{
	struct oauth_state s = { .provider = "corp", .pre = "aa", .nonce = "n",
		.verifier = "the verifier", .target = "{}", .expires = expires,
		.link_user = hash == hash2 ? 5 : 0 };
	struct writer *w = begin();
	enum fz_err err = provider_state_add(w, with, hash, &s);

	if (err == FZ_OK)
		commit(w);
	else
		writer_abort(w);
	return err;
}

static enum fz_err
take_state(const struct seal *with, const uint8_t *hash, int64_t now, struct oauth_state *s)
{
	struct writer *w = begin();
	enum fz_err err = provider_state_take(w, ar, with, hash, now, s);

	commit(w);
	return err;
}

static void
test_state(void **state)
{
	struct oauth_state s = { .target = "untouched" };

	(void)state;
	assert_int_equal(add_state(NULL, hash1, 100), FZ_SERVICE_UNAVAILABLE);
	OK(add_state(seal, hash1, 100));
	OK(add_state(seal, hash2, 100));
	assert_int_equal(number("SELECT count(*) FROM oauth_state WHERE"
	    " instr(verifier,'verifier')>0"), 0);
	OK(take_state(seal, hash1, 99, &s));
	assert_string_equal(s.provider, "corp");
	assert_string_equal(s.pre, "aa");
	assert_string_equal(s.nonce, "n");
	assert_string_equal(s.verifier, "the verifier");
	assert_string_equal(s.target, "{}");
	assert_int_equal(s.link_user, 0);
	assert_int_equal(s.expires, 100);
	assert_int_equal(take_state(seal, hash1, 99, &s), FZ_NOT_FOUND);
	OK(take_state(seal, hash2, 99, &s));
	assert_int_equal(s.link_user, 5);
}

/* Whatever comes of it, a state is used up. */
static void
test_state_gone(void **state)
{
	struct oauth_state s = { .target = "untouched" };
	struct writer *w;

	(void)state;
	OK(add_state(seal, hash1, 100));
	assert_int_equal(take_state(seal, hash1, 100, &s), FZ_NOT_FOUND);
	assert_int_equal(take_state(seal, hash1, 1, &s), FZ_NOT_FOUND);
	OK(add_state(seal, hash1, 100));
	assert_int_equal(take_state(other, hash1, 1, &s), FZ_CORRUPT);
	assert_int_equal(take_state(seal, hash1, 1, &s), FZ_NOT_FOUND);
	OK(add_state(seal, hash1, 100));
	w = begin();
	OK(sql_run(w, "UPDATE oauth_state SET hash=?1", "b", hash2, (size_t)SHA256_LEN));
	commit(w);
	assert_int_equal(take_state(seal, hash2, 1, &s), FZ_CORRUPT);
	assert_string_equal(s.target, "untouched");
	assert_int_equal(number("SELECT count(*) FROM oauth_state"), 0);
}

static void
test_vouch(void **state)
{
	struct user u = { .email = "a@b.example", .role = "user" };
	struct writer *w = begin();

	(void)state;
	OK(user_add(w, ar, &u));
	assert_false(u.email_verified);
	OK(provider_vouch(w, u.id, true));
	OK(user_by_id(writer_reader(w), ar, u.id, &u));
	assert_true(u.email_verified);
	OK(provider_vouch(w, u.id, false));
	OK(user_by_id(writer_reader(w), ar, u.id, &u));
	assert_false(u.email_verified);
	writer_abort(w);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_get), cmocka_unit_test(test_secret),
		cmocka_unit_test(test_moved), cmocka_unit_test(test_identity),
		cmocka_unit_test(test_state), cmocka_unit_test(test_state_gone),
		cmocka_unit_test(test_vouch),
	};
	static const struct CMUnitTest alone[] = { cmocka_unit_test(test_list) };
	int failed = cmocka_run_group_tests(alone, setup, teardown);

	(void)strcpy(test_dir + strlen(test_dir) - 6, "XXXXXX");
	return failed + cmocka_run_group_tests(tests, setup, teardown);
}
