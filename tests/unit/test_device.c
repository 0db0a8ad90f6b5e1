/* Devices at rest: found by hash, decided once, given out once, ended by time. */
#include "tests/unit/store_test.h"

#include "store/device.h"

#define NOW 4102444800000LL	/* far ahead: what is over is swept away */

static uint8_t hash[SHA256_LEN];

static enum fz_err
add(uint8_t mark, const char *code, int64_t asked)
{
	struct device d = { .user_code = code, .client = "laptop", .ip = "192.0.2.1",
		.expires = asked + DEVICE_LIFE_MS };
	struct writer *w = begin();
	enum fz_err err;

	memset(hash, mark, sizeof(hash));
	err = device_add(w, hash, &d);
	if (err == FZ_OK)
		commit(w);
	else
		writer_abort(w);
	return err;
}

static enum fz_err
decide(const char *code, enum device_status status, int64_t now)
{
	struct writer *w = begin();
	enum fz_err err = device_decide(w, code, status, 7, "deploy", now);

	if (err == FZ_OK)
		commit(w);
	else
		writer_abort(w);
	return err;
}

static enum fz_err
take(struct device *d, int64_t now)
{
	struct writer *w = begin();
	enum fz_err err = device_take(w, ar, hash, now, d);

	if (err == FZ_OK)
		commit(w);
	else
		writer_abort(w);
	return err;
}

static enum fz_err
get(struct device *d)
{
	struct reader *rd = reader();
	enum fz_err err = device_get(rd, ar, hash, d);

	reader_close(rd);
	return err;
}

static enum fz_err
by_code(const char *code, int64_t now, struct device *d)
{
	struct reader *rd = reader();
	enum fz_err err = device_by_code(rd, ar, code, now, d);

	reader_close(rd);
	return err;
}

static void
test_asked(void **state)
{
	struct device d;
	struct writer *w;

	(void)state;
	OK(add(1, "BBBB-CCCC", NOW));
	OK(get(&d));
	assert_string_equal(d.user_code, "BBBB-CCCC");
	assert_string_equal(d.client, "laptop");
	assert_string_equal(d.ip, "192.0.2.1");
	assert_string_equal(d.scopes, "");
	assert_int_equal(d.status, DEVICE_PENDING);
	assert_int_equal(d.user, 0);
	assert_int_equal(d.polled, 0);
	assert_int_equal(d.expires, NOW + DEVICE_LIFE_MS);
	w = begin();
	OK(device_polled(w, hash, NOW + 5));
	commit(w);
	OK(by_code("BBBB-CCCC", NOW, &d));
	assert_int_equal(d.polled, NOW + 5);
	assert_int_equal(by_code("BBBB-CCCC", d.expires, &d), FZ_NOT_FOUND);
	assert_int_equal(by_code("BBBB-CCCD", NOW, &d), FZ_NOT_FOUND);
	/* The same code, or the same secret, is not given to two. */
	assert_int_equal(add(2, "BBBB-CCCC", NOW), FZ_CONFLICT);
	assert_int_equal(add(1, "BBBB-CCCD", NOW), FZ_CONFLICT);
	hash[0] ^= 1;
	assert_int_equal(get(&d), FZ_NOT_FOUND);
	assert_int_equal(take(&d, NOW), FZ_NOT_FOUND);
}

static void
test_approved(void **state)
{
	struct device d;

	(void)state;
	OK(add(3, "DDDD-FFFF", NOW));
	assert_int_equal(take(&d, NOW), FZ_NOT_FOUND);
	assert_int_equal(decide("DDDD-FFFG", DEVICE_APPROVED, NOW), FZ_NOT_FOUND);
	OK(decide("DDDD-FFFF", DEVICE_APPROVED, NOW));
	/* Nobody takes the decision back behind the device. */
	assert_int_equal(decide("DDDD-FFFF", DEVICE_DENIED, NOW), FZ_NOT_FOUND);
	OK(get(&d));
	assert_int_equal(d.status, DEVICE_APPROVED);
	assert_int_equal(take(&d, NOW + DEVICE_LIFE_MS), FZ_NOT_FOUND);
	OK(take(&d, NOW + DEVICE_LIFE_MS - 1));
	assert_int_equal(d.user, 7);
	assert_string_equal(d.scopes, "deploy");
	assert_string_equal(d.client, "laptop");
	assert_int_equal(take(&d, NOW), FZ_NOT_FOUND);
	assert_int_equal(get(&d), FZ_NOT_FOUND);
}

static void
test_denied(void **state)
{
	struct device d;

	(void)state;
	OK(add(4, "GGGG-HHHH", NOW));
	OK(decide("GGGG-HHHH", DEVICE_DENIED, NOW));
	assert_int_equal(decide("GGGG-HHHH", DEVICE_APPROVED, NOW), FZ_NOT_FOUND);
	OK(get(&d));
	assert_int_equal(d.status, DEVICE_DENIED);
	assert_int_equal(take(&d, NOW), FZ_NOT_FOUND);
	OK(add(5, "JJJJ-KKKK", NOW));
	assert_int_equal(decide("JJJJ-KKKK", DEVICE_APPROVED, NOW + DEVICE_LIFE_MS),
	    FZ_NOT_FOUND);
}

/* An ended row is told apart from an unknown one for an hour. */
static void
test_ended(void **state)
{
	struct device d;

	(void)state;
	OK(add(6, "LLLL-MMMM", NOW));
	OK(add(7, "NNNN-PPPP", NOW + DEVICE_LIFE_MS + 3600000));
	memset(hash, 6, sizeof(hash));
	OK(get(&d));
	OK(add(8, "QQQQ-RRRR", NOW + DEVICE_LIFE_MS + 3600001));
	memset(hash, 6, sizeof(hash));
	assert_int_equal(get(&d), FZ_NOT_FOUND);
}

static void
test_limit(void **state)
{
	const int64_t later = NOW + 100LL * DEVICE_LIFE_MS;
	struct writer *w = begin();

	(void)state;
	OK(sql_run(w, "DELETE FROM device", ""));
	OK(sql_run(w, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n"
	    " WHERE i<2000) INSERT INTO device(hash,user_code,ip,expires)"
	    " SELECT randomblob(32),i,'',?1 FROM n", "i", later));
	commit(w);
	/* One millisecond before they end there is no room, then there is. */
	assert_int_equal(add(9, "SSSS-TTTT", later - 1), FZ_OVERLOADED);
	OK(add(9, "SSSS-TTTT", later));
	assert_int_equal(number("SELECT count(*) FROM device"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_approved),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, store_setup, store_teardown);
}
