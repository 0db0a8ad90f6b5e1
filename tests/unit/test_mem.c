/* Allocation: alignment, zeroes, own blocks, reset, defers, and the end of memory. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"

static void
test_x(void **state)
{
	char *p;

	(void)state;
	free(xmalloc(0));
	free(xcalloc(0, 8));
	p = xrealloc(NULL, 0);
	p = xreallocarray(p, 3, 4);
	memset(p, 1, 12);
	free(p);
	p = xcalloc(3, 4);
	assert_memory_equal(p, "\0\0\0\0\0\0\0\0\0\0\0", 12);
	free(p);
	p = xstrdup("abc");
	assert_string_equal(p, "abc");
	free(p);
	p = xstrndup("abc", 2);
	assert_string_equal(p, "ab");
	free(p);
	p = xstrndup("abc", 9);
	assert_string_equal(p, "abc");
	free(p);
	p = xmemdup("a\0b", 3);
	assert_memory_equal(p, "a\0b", 3);
	free(p);
	free(xmemdup(NULL, 0));
	p = xasprintf("%d-%s", 7, "x");
	assert_string_equal(p, "7-x");
	free(p);
}

static void
test_alloc(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 100, 2047, 2048, 2049, 8175,
		8176, 8177, 8192, 9000, 100000, 3 };
	struct arena *a = arena_new();

	(void)state;
	/* Twice, so that zeroes must come from the arena and not from fresh pages. */
	for (int round = 0; round < 2; round++) {
		unsigned char *all[16 * 8];
		size_t n = 0;

		for (size_t i = 0; i < 16 * 8; i++) {
			size_t size = sizes[i % 16];
			unsigned char *p = arena_alloc(a, size);

			assert_int_equal((uintptr_t)p % 16, 0);
			for (size_t j = 0; j < size; j++)
				assert_int_equal(p[j], 0);
			memset(p, (int)i + 1, size);
			all[n++] = p;
		}
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < sizes[i % 16]; j++)
				assert_int_equal(all[i][j], (unsigned char)(i + 1));
		arena_reset(a);
	}
	arena_free(a);
}

static void
test_blocks(void **state)
{
	struct arena *a = arena_new();
	char *first = arena_alloc(a, 16), *small, *next;

	(void)state;
	/* A large piece has a block of its own and leaves the current one as it was. */
	assert_non_null(arena_alloc(a, 8000));
	small = arena_alloc(a, 16);
	assert_ptr_equal(small, first + 16 + 8000);
	arena_alloc(a, 100000);
	next = arena_alloc(a, 16);
	assert_ptr_equal(next, small + 16);
	/* A new block for small pieces becomes the current one. */
	small = arena_alloc(a, 1600);
	next = arena_alloc(a, 1600);
	assert_ptr_equal(next, small + 1600);
	arena_reset(a);
	assert_ptr_equal(arena_alloc(a, 16), first);
	arena_free(a);
	arena_free(NULL);
}

static void
test_text(void **state)
{
	struct arena *a = arena_new();
	char big[10000];

	(void)state;
	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_string_equal(arena_strdup(a, ""), "");
	assert_string_equal(arena_strdup(a, "abc"), "abc");
	assert_string_equal(arena_strdup(a, big), big);
	assert_string_equal(arena_strndup(a, "abc", 2), "ab");
	assert_string_equal(arena_strndup(a, "abc", 0), "");
	assert_string_equal(arena_strndup(a, "abc", 5), "abc");
	assert_string_equal(arena_printf(a, "%s/%d", "x", 42), "x/42");
	assert_string_equal(arena_printf(a, "%s", ""), "");
	assert_string_equal(arena_printf(a, "%s", big), big);
	arena_free(a);
}

static char order[16];

static void
note(void *arg)
{
	size_t n = strlen(order);

	order[n] = *(const char *)arg;
	order[n + 1] = '\0';
}

static void
free_it(void *arg)
{
	free(arg);
}

struct nested {
	struct arena	*a;
	char		 what;
};

static void
note_again(void *arg)
{
	struct nested *n = arg;

	note(&n->what);
	if (n->what == 'x') {
		n->what = 'y';
		arena_defer(n->a, note_again, n);
	}
}

static void
test_defer(void **state)
{
	struct arena *a = arena_new();
	struct nested n = { a, 'x' };
	char letters[] = "abcd";

	(void)state;
	arena_defer(a, note, letters);
	arena_defer(a, free_it, xmalloc(10));
	arena_defer(a, note, letters + 1);
	arena_defer(a, note_again, &n);
	arena_defer(a, note, letters + 2);
	assert_string_equal(order, "");
	arena_reset(a);
	assert_string_equal(order, "cxyba");
	arena_reset(a);
	assert_string_equal(order, "cxyba");
	arena_defer(a, note, letters + 3);
	arena_free(a);
	assert_string_equal(order, "cxybad");
}

/* Without it ASan reports a refused size instead of returning NULL. */
const char	*__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void
ask(int what)
{
	volatile size_t huge = SIZE_MAX;
	struct arena *a = arena_new();

	if (what == 0)
		free(xreallocarray(NULL, huge / 2 + 2, 2));
	if (what == 1)
		arena_alloc(a, huge);
	if (what == 2)
		arena_alloc(a, huge - 16);
	if (what == 3)
		arena_alloc(a, huge - 40);
}

static void
test_gone(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0) {
			close(STDERR_FILENO);
			ask(i);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x),
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_defer),
		cmocka_unit_test(test_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
