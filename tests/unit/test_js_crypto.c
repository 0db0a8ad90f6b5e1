/*
 * fazt.crypto against what another implementation computes, every malformed base64, and
 * randomness that no warm heap brings back.
 */
#include "tests/unit/script_fixture.h"

#define RESPOND(expression) "respond('' + (" expression "))"
#define BYTES(list) "new Uint8Array([" list "])"
#define THROWN(call) "try { " call "; respond('none') } catch (e) { respond(e.name) }"

static void
test_digests(void **state)
{
	static const struct {
		const char *call, *want;
	} rows[] = {
		{ "sha256('abc')",
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "sha256('abc', 'hex')",
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "sha256('abc', undefined)",
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "sha256('abc', 'base64')",
		    "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=" },
		{ "sha256('abc', 'base64url')",
		    "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0" },
		{ "sha256('abc', 'buffer').byteLength", "32" },
		{ "sha256('')",
		    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "sha256('\xc3\xa4\xf0\x9f\x98\x80')",
		    "41cdb6f90a10b81f7bb0b8654e469a8866b8d24988d1bb2706dadc3641a8db3b" },
		{ "sha256(" BYTES("1,2,255") ")",
		    "0526d0e18ea19dfaad9d79166bec1e18d6221ef6b1830385fe9bf67022ed5f96" },
		{ "sha256(" BYTES("1,2,255") ".buffer)",
		    "0526d0e18ea19dfaad9d79166bec1e18d6221ef6b1830385fe9bf67022ed5f96" },
		{ "sha256(new Uint8Array(" BYTES("9,1,2,255,9") ".buffer, 1, 3))",
		    "0526d0e18ea19dfaad9d79166bec1e18d6221ef6b1830385fe9bf67022ed5f96" },
		{ "hmac('sha1', 'key', 'data')",
		    "104152c5bfdca07bc633eebd46199f0255c9f49d" },
		{ "hmac('sha1', '', '')", "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d" },
		{ "hmac('sha256', 'key', 'data')",
		    "5031fe3d989c6d1537a013fa6e739da23463fdaec3b70137d828e36ace221bd0" },
		{ "hmac('sha256', '', '')",
		    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
		{ "hmac('sha512', 'key', 'data')",
		    "3c5953a18f7303ec653ba170ae334fafa08e3846f2efe"
		    "317b87efce82376253cb52a8c31ddcde5a3a2eee183c2b34cb91f85e64ddbc325f76"
		    "92b199473"
		    "579c58" },
		{ "hmac('sha256', '\xc3\xa4', '\xf0\x9f\x98\x80', 'base64url')",
		    "jr49tv1DyEAQCSJM5ybEw-ffFXTIKS2okY6YqeATr5k" },
		{ "hmac('sha256', new Uint8Array(200).map(function () { return 7 }), "
		  "'x')",
		    "63ed685ccbbdf89d551a7f26bfc0a1849e045a3eccd6910cda036c88d864323d" },
		{ "hmac('sha512', 'k', 'd', 'buffer').byteLength", "64" },
	};
	char main[400];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(main, sizeof(main), RESPOND("fazt.crypto.%s"), rows[i].call);
		script_is(main, rows[i].want);
	}
	script_is("var s = '\xc3\xa4'; while (s.length < 5e5) s += s;"
	    RESPOND("fazt.crypto.sha256(s).length"), "64");
}

static void
test_digest_refusals(void **state)
{
	static const char *const calls[] = { "sha256()", "sha256(7)", "sha256({})",
		"sha256(null)", "sha256([1])", "sha256('a', 'HEX')", "sha256('a', '')",
		"sha256('a', null)", "sha256('a', 7)", "sha256('a', 'utf8')",
		"sha256(Symbol('a'))", "hmac()", "hmac('sha256')", "hmac('sha256', 'k')",
		"hmac('md5', 'k', 'd')", "hmac('SHA256', 'k', 'd')", "hmac('', 'k', 'd')",
		"hmac(256, 'k', 'd')", "hmac('sha256', null, 'd')",
		"hmac('sha256', 7, 'd')", "hmac('sha256', 'k', {})",
		"hmac('sha256', 'k', 'd', 'x')", "hmac('sha256\\0', 'k', 'd')",
		"timingSafeEqual()", "timingSafeEqual('a')", "timingSafeEqual('a', 1)",
		"timingSafeEqual(null, 'a')", "randomBytes()", "randomBytes(-1)",
		"randomBytes(65537)", "randomBytes(1.5)", "randomBytes('8')",
		"randomBytes(NaN)", "randomBytes(Infinity)", "randomBytes(1e300)",
		"base64.encode()", "base64.encode(7)", "base64.encode('a', 7)",
		"base64.decode()", "base64.decode(7)", "base64.decode(null)",
		"base64.decode(new Uint8Array(4))" };
	char main[200];

	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++) {
		snprintf(main, sizeof(main), THROWN("fazt.crypto.%s"), calls[i]);
		script_is(main, "TypeError");
	}
}

static void
test_base64(void **state)
{
	static const struct {
		const char *bytes, *plain, *url;
	} rows[] = {
		{ "", "", "" },
		{ "0", "AA==", "AA" },
		{ "255", "/w==", "_w" },
		{ "102,111", "Zm8=", "Zm8" },
		{ "102,111,111", "Zm9v", "Zm9v" },
		{ "102,111,111,98", "Zm9vYg==", "Zm9vYg" },
		{ "102,111,111,98,97", "Zm9vYmE=", "Zm9vYmE" },
		{ "251,255,254", "+//+", "-__-" },
		{ "251,255,254,1", "+//+AQ==", "-__-AQ" },
	};
	char main[400], want[100];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(main, sizeof(main),
		    "var b = " BYTES(
			"%s") ", c = fazt.crypto.base64;"
			      "respond([c.encode(b), c.encode(b.buffer, {}), c.encode(b, "
			      "{url: true})]"
			      ".concat(['%s', '%s'].map(function (s) { return "
			      "Array.prototype.join.call("
			      "new Uint8Array(c.decode(s)), ',') })).join(' '))",
		    rows[i].bytes, rows[i].plain, rows[i].url);
		snprintf(want, sizeof(want), "%s %s %s %s %s", rows[i].plain,
		    rows[i].plain, rows[i].url, rows[i].bytes, rows[i].bytes);
		script_is(main, want);
	}
	script_is(RESPOND("fazt.crypto.base64.encode('\xc3\xa4\xf0\x9f\x98\x80')"),
	    "w6Twn5iA");
	script_is(RESPOND("fazt.crypto.base64.decode('w6Twn5iA') instanceof ArrayBuffer"),
	    "true");
	script_is("var b = new Uint8Array(fazt.crypto.randomBytes(60000)), c = "
	    "fazt.crypto.base64, d = new Uint8Array(c.decode(c.encode(b))), same = "
	    "b.length === d.length; for (var i = 0; i < b.length; i++) same = same && "
	    "b[i] === d[i]; respond('' + same)", "true");
}

static void
test_base64_strict(void **state)
{
	static const char *const bad[] = { "A",
		"AA=", "AA===", "AAA==", "AAAA=", "AAAA====", "=",
		"==", "====", "A===", "=AAA", "AA=A", "AAAAA", " AAAA", "AAAA ", "AA AA",
		"AAAA\\n", "A\\r\\nAAA", "AAA\xc3\xa4", "AA!A", "+_AA", "-/AA", "AAAA\\0",
		"AB==", "AB", "AAB=", "AAB", "\\ud83dAAA", "AAA,", "AAAA=AAA" };
	char main[200];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(main, sizeof(main), THROWN("fazt.crypto.base64.decode('%s')"),
		    bad[i]);
		script_is(main, "TypeError");
	}
}

static void
test_equal(void **state)
{
	static const struct {
		const char *a, *b, *want;
	} rows[] = {
		{ "'a'", "'a'", "true" }, { "'a'", "'b'", "false" }, { "''", "''", "true" },
		{ "'a'", "'ab'", "false" }, { "'ab'", "'a'", "false" },
		{ "'\xc3\xa4'", "'\xc3\xa4'", "true" },
		{ "'\xc3\xa4'", BYTES("195,164"), "true" },
		{ BYTES("1,2"), BYTES("1,2") ".buffer", "true" },
		{ BYTES("1,2"), BYTES("1,3"), "false" }, { "'a'", BYTES(""), "false" },
	};
	char main[200];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(main, sizeof(main), RESPOND("fazt.crypto.timingSafeEqual(%s, %s)"),
		    rows[i].a, rows[i].b);
		script_is(main, rows[i].want);
	}
}

static void
test_random(void **state)
{
	char first[100];
	struct answer a;

	(void)state;
	script_is(RESPOND("/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
	    "[0-9a-f]{12}$/.test(fazt.crypto.randomUUID())"), "true");
	script_is("var seen = {}, n = 0; for (var i = 0; i < 500; i++) {"
		  "var u = fazt.crypto.randomUUID(); n += !seen[u]; seen[u] = 1 } "
		  "respond('' + n)",
	    "500");
	script_is(RESPOND("[0, 1, 65536].map(function (n) {"
	    "return fazt.crypto.randomBytes(n).byteLength })"), "0,1,65536");
	script_is("var c = {}, b = new Uint8Array(fazt.crypto.randomBytes(65536)), n = 0;"
	    "for (var i = 0; i < b.length; i++) c[b[i]] = (c[b[i]] || 0) + 1;"
	    "for (var k in c) n += c[k] > 100 && c[k] < 420; respond('' + n)", "256");
	/* A warm heap begins each time as its snapshot was; this does not. */
	script_deploy("api/main.js", "respond(fazt.crypto.randomUUID())", NULL);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	snprintf(first, sizeof(first), "%s", a.body);
	script_ask(&a, "GET", "/api/x", NULL, NULL);
	assert_string_not_equal(a.body, first);
}

/* What is made of a text lies outside of the heap and its limit. */
static void
test_normalize_limit(void **state)
{
	(void)state;
	script_site.quota.wall_ms = script_site.quota.cpu_ms = 60000;
	script_is(RESPOND("'\xc3\xa4'.repeat(2 << 20).normalize('NFKC').length"), "2097152");
	script_is(THROWN("'\xc3\xa4'.repeat((2 << 20) + 1).normalize()"), "RangeError");
	script_plain();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digests), cmocka_unit_test(test_digest_refusals),
		cmocka_unit_test(test_base64), cmocka_unit_test(test_base64_strict),
		cmocka_unit_test(test_equal), cmocka_unit_test(test_random),
		cmocka_unit_test(test_normalize_limit),
	};

	return cmocka_run_group_tests(tests, script_setup, script_teardown);
}
