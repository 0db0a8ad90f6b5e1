/* Heaps in regions: what a restore takes back, limits, collections, what stays resident. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "runtime/region.c"

#define MIB (1UL << 20)

/* Pages of the process that are in memory. */
static size_t
rss(void)
{
	unsigned long all = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &all, &resident), 2);
	(void)fclose(f);
	return resident * 4096;
}

static duk_ret_t
eval(duk_context *ctx, void *src)
{
	duk_eval_string(ctx, src);
	return 1;
}

/* The value as text; "!" and the error when it threw. */
static const char *
run(struct region *r, const char *src)
{
	static char text[200];
	duk_context *ctx = region_context(r);
	duk_int_t rc = duk_safe_call(ctx, eval, (void *)(uintptr_t)src, 0, 1);

	(void)snprintf(text, sizeof(text), "%s%s", rc == DUK_EXEC_SUCCESS ? "" : "!",
	    duk_safe_to_string(ctx, -1));
	duk_pop(ctx);
	return text;
}

static void
test_new(void **state)
{
	struct region *r;

	(void)state;
	assert_null(region_new(0));
	assert_null(region_new(10000));
	assert_null(region_new(POOL_MAX + 1));
	/* Room for the pool but not for a heap. */
	assert_null(region_new(40000));
	region_free(NULL);
	r = region_new(300000);
	assert_non_null(r);
	assert_string_equal(run(r, "[1, 2, 3].map(function (x) { return x * 2 }) + ''"),
	    "2,4,6");
	region_free(r);
}

static void
test_restore(void **state)
{
	static const char *const attacks[] = {
		"Object.prototype.evil = 1",
		"Array.prototype.push = function () { return 666 }",
		"JSON.stringify = null; Math.max = null; delete String.prototype.trim",
		"globalThis.kept = {}; for (var i = 0; i < 20000; i++) kept['k' + i] = [i]",
		"shared.list.push('secret'); shared.self = shared",
		"Object.setPrototypeOf(shared, { list: [] })",
		"for (var a = [], i = 0; i < 300; i++) a.push(new Array(i * 50).join('x'))",
		"re.lastIndex = 7; counter()",
		"Symbol.for('mine'); shared[Symbol.for('mine')] = 1",
		"Object.defineProperty(Object.prototype, 'get', { get: function () { return 1 } })",
	};
	static const char probe[] =
	    "[Object.keys(globalThis).length, ({}).evil, [].push(1), JSON.stringify({ a: 1 }),"
	    " typeof kept, shared.list.length, re.lastIndex, counter(), typeof ''.trim,"
	    " ({}).get, Object.getOwnPropertySymbols(shared).length].join()";
	struct region *r = region_new(16 * MIB);
	struct pool *range;
	unsigned char *copy;
	char want[200];
	size_t len, used;

	(void)state;
	assert_string_equal(run(r, "shared = { list: [1] }; re = /a/g; "
	    "counter = (function () { var n = 0; return function () { return ++n } })(); 1"),
	    "1");
	region_snapshot(r);
	(void)strcpy(want, run(r, probe));
	assert_non_null(strstr(want, "{\"a\":1},undefined,1,0,1,function,,0"));
	region_restore(r);
	used = region_used(r);
	range = r->pool;
	len = range->end;
	copy = malloc(len);
	memcpy(copy, range, len);
	for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
		(void)run(r, attacks[i]);
		region_restore(r);
		assert_int_equal(region_used(r), used);
		assert_memory_equal(copy, range, len);
		assert_string_equal(run(r, probe), want);
		region_restore(r);
	}
	free(copy);
	region_free(r);
}

/* A second snapshot replaces the first. */
static void
test_again(void **state)
{
	struct region *r = region_new(16 * MIB);

	(void)state;
	region_snapshot(r);
	(void)run(r, "big = new Array(200000).join('x') + 1");
	region_snapshot(r);
	(void)run(r, "big = 0; more = 1");
	region_restore(r);
	assert_string_equal(run(r, "big.length + typeof more"), "200000undefined");
	region_free(r);
}

static void
test_limit(void **state)
{
	struct region *r = region_new(8 * MIB);

	(void)state;
	region_snapshot(r);
	/* Outside of a run it is an error, and the heap stays whole. */
	assert_string_equal(run(r, "'x'.repeat(9000000)"), "!Error: alloc failed");
	assert_string_equal(run(r, "'x'.repeat(3000000).length"), "3000000");
	assert_string_equal(run(r, "new Uint8Array(1000000000).length"),
	    "!Error: alloc failed");
	region_restore(r);
	assert_string_equal(run(r, "a = []; for (;;) a.push({})"),
	    "!Error: alloc failed");
	assert_true(region_peak(r) <= 8 * MIB && region_peak(r) > 7 * MIB);
	region_restore(r);
	assert_string_equal(run(r, "1 + 1"), "2");
	region_restore(r);
	region_limit(r, MIB);
	assert_string_equal(run(r, "'x'.repeat(1000000)"), "!Error: alloc failed");
	assert_true(region_peak(r) <= MIB);
	/* Never above the first one; the restore keeps it. */
	region_limit(r, 100 * MIB);
	region_restore(r);
	assert_string_equal(run(r, "'x'.repeat(9000000)"), "!Error: alloc failed");
	region_limit(r, 8 * MIB);
	assert_string_equal(run(r, "'x'.repeat(3000000).length"), "3000000");
	region_free(r);
}

/* Cyclic garbage of many times the limit, and with much of it alive. */
static void
test_collect(void **state)
{
	struct region *r = region_new(8 * MIB);

	(void)state;
	region_snapshot(r);
	assert_string_equal(run(r, "for (var i = 0; i < 150000; i++) { var o = {};"
	    " o.o = { o: o, s: 'text' + i } } i"), "150000");
	assert_true(region_peak(r) < 5 * MIB);
	region_restore(r);
	assert_string_equal(run(r, "var keep = []; for (var i = 0; i < 25000; i++)"
	    " keep.push({ i: [i] }); for (var k = 0; k < 100000; k++) { var o = {};"
	    " o.o = { o: o, s: 'text' + k } } keep.length"), "25000");
	region_restore(r);
	/* The collector itself asks for memory: it makes the stack smaller. */
	assert_string_equal(run(r, "(function f(n) { if (n) f(n - 1) })(8000);"
	    "for (var i = 0; i < 60; i++) { var o = {}; o.o = o; o.s = 'x'.repeat(200000) + i }"
	    " i"), "60");
	assert_true(region_peak(r) < 5 * MIB);
	region_restore(r);
	/* A text that grows, with garbage in between. */
	assert_string_equal(run(r, "var s = ''; for (var i = 0; i < 20000; i++) {"
	    " s += 'abcdefghijklmnopqrst'; var o = { s: i }; o.o = o } s.length"), "400000");
	region_free(r);
}

static void
test_resident(void **state)
{
	struct region *r = region_new(64 * MIB);
	size_t before, small;

	(void)state;
	region_snapshot(r);
	region_restore(r);
	small = region_resident(r);
	assert_true(small > 100000 && small < MIB);
	before = rss();
	for (int i = 0; i < 3; i++) {
		(void)run(r, "a = []; for (var i = 0; i < 250000; i++) a.push({})");
		assert_true(region_peak(r) > 17 * MIB);
		assert_true(region_resident(r) > 17 * MIB);
		region_restore(r);
		assert_true(region_peak(r) < MIB);
		assert_true(region_resident(r) < small + 2 * MIB);
		assert_true(GUARD_CHECKS || rss() < before + 3 * MIB);
	}
	region_free(r);
	before = rss();
	for (int i = 0; i < 50; i++) {
		r = region_new(64 * MIB);
		region_snapshot(r);
		(void)run(r, "a = []; for (var i = 0; i < 20000; i++) a.push({})");
		region_restore(r);
		region_free(r);
	}
	assert_true(GUARD_CHECKS || rss() < before + 2 * MIB);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_collect),
		cmocka_unit_test(test_resident),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
