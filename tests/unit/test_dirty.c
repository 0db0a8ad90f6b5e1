#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/dirty.h"

#define UNITS 300
#define LEN (UNITS * DIRTY_UNIT + 1234)
#define ROOM (LEN + DIRTY_UNIT)

struct range {
	struct dirty	 dirty;
	char		*base;
	char		*copy;
};

static unsigned seed = 1;

static unsigned
chance(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % n;
}

static void
range_new(struct range *r)
{
	memset(r, 0, sizeof(*r));
	r->base = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(r->base, MAP_FAILED);
	r->copy = malloc(LEN);
	for (size_t i = 0; i < LEN; i++)
		r->base[i] = (char)chance(256);
	memcpy(r->copy, r->base, LEN);
	dirty_watch(&r->dirty, r->base, r->copy, LEN);
}

static void
range_free(struct range *r)
{
	dirty_drop(&r->dirty);
	memset(r->base, 1, ROOM);	/* all of it is writable again */
	munmap(r->base, ROOM);
	free(r->copy);
}

static void
test_nothing(void **state)
{
	struct dirty p = { 0 };

	(void)state;
	dirty_drop(&p);
	dirty_drop(&p);
}

/* Whatever was written where, the restore brings back every byte. */
static void
test_writes(void **state)
{
	struct range r;

	(void)state;
	range_new(&r);
	for (int turn = 0; turn < 2000; turn++) {
		unsigned n = turn % 100 == 0 ? 5000 : chance(40);

		for (unsigned i = 0; i < n; i++)
			r.base[chance(LEN)] = (char)chance(256);
		if (turn % 7 == 0)
			memset(r.base + chance(LEN / 2), 0, chance(LEN / 2));
		dirty_restore(&r.dirty);
		assert_memory_equal(r.base, r.copy, LEN);
	}
	range_free(&r);
}

/* The same few places cost the same few units, and after a storm so again. */
static void
test_hot(void **state)
{
	struct range r;

	(void)state;
	range_new(&r);
	if (r.dirty.slot < 0) {		/* a sanitizer */
		range_free(&r);
		skip();
	}
	for (int turn = 0; turn < 100; turn++) {
		for (size_t i = 10; i < 20; i++)
			r.base[i * DIRTY_UNIT] ^= 1;
		dirty_restore(&r.dirty);
		assert_int_equal(r.dirty.nhot, 11);
	}
	for (size_t i = 0; i < UNITS; i++)
		r.base[i * DIRTY_UNIT] ^= 1;
	dirty_restore(&r.dirty);
	assert_int_equal(r.dirty.nhot, UNITS);
	for (int turn = 0; turn < 600; turn++) {
		for (size_t i = 10; i < 20; i++)
			r.base[i * DIRTY_UNIT] ^= 1;
		dirty_restore(&r.dirty);
		assert_memory_equal(r.base, r.copy, LEN);
	}
	assert_int_equal(r.dirty.nhot, 11);
	range_free(&r);
}

/* Behind the watched part memory is nobody's business. */
static void
test_outside(void **state)
{
	struct range r;

	(void)state;
	range_new(&r);
	memset(r.base + LEN, 7, 1000);
	dirty_restore(&r.dirty);
	assert_int_equal(r.base[LEN], 7);
	range_free(&r);
}

static void
test_again(void **state)
{
	struct range r;

	(void)state;
	range_new(&r);
	memset(r.base, 5, LEN);
	memcpy(r.copy, r.base, LEN);
	dirty_watch(&r.dirty, r.base, r.copy, LEN);
	memset(r.base, 6, LEN);
	dirty_restore(&r.dirty);
	assert_int_equal(r.base[0], 5);
	assert_int_equal(r.base[LEN - 1], 5);
	range_free(&r);
}

/* More ranges than are watched at once: the others are copied whole. */
static void
test_many(void **state)
{
	static struct range ranges[300];
	size_t copied = 0;

	(void)state;
	for (size_t i = 0; i < 300; i++)
		range_new(&ranges[i]);
	for (size_t i = 0; i < 300; i++) {
		copied += ranges[i].dirty.slot < 0;
		for (int n = 0; n < 50; n++)
			ranges[i].base[chance(LEN)] ^= 1;
		dirty_restore(&ranges[i].dirty);
		assert_memory_equal(ranges[i].base, ranges[i].copy, LEN);
	}
	assert_true(copied >= 300 - 256);
	for (size_t i = 0; i < 300; i++)
		range_free(&ranges[i]);
	/* Slots come back. */
	range_new(&ranges[0]);
	assert_true(ranges[0].dirty.slot >= 0 || copied == 300);
	range_free(&ranges[0]);
}

static void *
work(void *arg)
{
	struct range r;
	unsigned n = (unsigned)(uintptr_t)arg;

	for (int round = 0; round < 5; round++) {
		range_new(&r);
		for (int turn = 0; turn < 100; turn++) {
			for (unsigned i = 0; i < 100; i++)
				r.base[(i * 7919 + n * 104729 + (unsigned)turn) % LEN] ^= 1;
			dirty_restore(&r.dirty);
			if (memcmp(r.base, r.copy, LEN) != 0)
				return (void *)1;
		}
		range_free(&r);
	}
	return NULL;
}

static void
test_threads(void **state)
{
	pthread_t threads[4];
	void *wrong;

	(void)state;
	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

/* A fault that is not ours ends the process as it would have. */
static void
test_real_fault(void **state)
{
	struct range r;
	int status;
	pid_t pid;

	(void)state;
	range_new(&r);
	pid = fork();
	if (pid == 0) {
		char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		signal(SIGSEGV, SIG_DFL);
		dirty_drop(&r.dirty);
		*p = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
	range_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_hot),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_real_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
