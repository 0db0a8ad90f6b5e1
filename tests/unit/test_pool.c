/* The allocator: random use against a model, its structure walked, a copy put back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/pool.c"

#define RANGE (8UL << 20)
#define BLOCKS 4000

struct held {
	unsigned char	*p;
	size_t		 n;
	unsigned char	 byte;
};

static struct pool *pool;
static struct held held[BLOCKS];
static uint64_t seed = 88172645463325252U;

static uint64_t
chance(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int
setup(void **state)
{
	(void)state;
	pool = aligned_alloc(4096, RANGE);
	memset(pool, 0, sizeof(*pool));
	memset(held, 0, sizeof(held));
	pool_init(pool, RANGE);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(pool);
	return 0;
}

static void
fill(struct held *h)
{
	h->byte = (unsigned char)chance();
	memset(h->p, h->byte, h->n);
}

static void
verify(const struct held *h, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (h->p[i] != h->byte)
			fail_msg("byte %zu of %zu", i, h->n);
}

/* Small ones mostly, as a script's are. */
static size_t
some_size(void)
{
	switch (chance() % 16) {
	case 0:
		return 1 + chance() % 100000;
	case 1:
	case 2:
		return 1 + chance() % 4000;
	default:
		return 1 + chance() % 200;
	}
}

/* Every block from the first to `end`, and every list, agree. */
static void
walk(void)
{
	size_t in_lists = 0, found = 0, offset = FIRST;
	bool prev_free = false;

	while (offset < pool->end) {
		struct pool_block *b = at(pool, (ptrdiff_t)offset);
		bool is_free = (b->size & FREE) != 0;

		assert_true(size_of(b) >= MIN_SIZE && size_of(b) % GRANULE == 0);
		assert_int_equal((b->size & PREV_FREE) != 0, prev_free);
		assert_false(is_free && prev_free);
		found += is_free;
		prev_free = is_free;
		offset += size_of(b);
	}
	assert_int_equal(offset, pool->end);
	assert_false(prev_free);
	for (unsigned l = 0; l < POOL_LEVELS; l++) {
		assert_int_equal((pool->levels >> l & 1) != 0, pool->steps[l] != 0);
		for (unsigned s = 0; s < POOL_STEPS; s++) {
			struct pool_block *b = pool->lists[l][s], *prev = NULL;

			assert_int_equal((pool->steps[l] >> s & 1) != 0, b != NULL);
			for (; b != NULL; prev = b, b = b->next) {
				unsigned level, step;

				place_of(size_of(b), &level, &step);
				assert_true(b->size & FREE);
				assert_ptr_equal(b->prev, prev);
				assert_int_equal(level, l);
				assert_int_equal(step, s);
				in_lists++;
			}
		}
	}
	assert_int_equal(in_lists, found);
}

static void
step(void)
{
	struct held *h = &held[chance() % BLOCKS];
	size_t n = some_size();
	unsigned char *p;

	if (h->p == NULL) {
		p = pool_take(pool, n);
		if (p == NULL)
			return;
		assert_int_equal((uintptr_t)p % 16, 0);
		h->p = p;
		h->n = n;
		fill(h);
	} else if (chance() % 3 == 0) {
		verify(h, h->n);
		p = pool_resize(pool, h->p, n);
		if (p == NULL) {
			verify(h, h->n);
			return;
		}
		assert_int_equal((uintptr_t)p % 16, 0);
		h->p = p;
		verify(h, h->n < n ? h->n : n);
		h->n = n;
		fill(h);
	} else {
		verify(h, h->n);
		pool_give(pool, h->p);
		h->p = NULL;
	}
}

static void
give_all(void)
{
	for (size_t i = 0; i < BLOCKS; i++) {
		if (held[i].p != NULL) {
			verify(&held[i], held[i].n);
			pool_give(pool, held[i].p);
		}
		held[i].p = NULL;
	}
}

static void
test_random(void **state)
{
	size_t refused = 0;

	(void)state;
	for (int round = 0; round < 4; round++) {
		pool->ceiling = round % 2 ? RANGE : RANGE / 4;
		for (int i = 0; i < 60000; i++) {
			size_t used = pool->used;

			step();
			refused += pool->used == used;
			assert_true(pool->end <= pool->ceiling && pool->top >= pool->end);
			if (i % 3000 == 0)
				walk();
		}
		give_all();
		assert_int_equal(pool->used, 0);
		pool_settle(pool);
		/* All of it is one again. */
		assert_int_equal(pool->end, FIRST);
		walk();
	}
	assert_true(refused > 0);
}

static void
test_copy(void **state)
{
	struct held *then = malloc(sizeof(held));
	unsigned char *copy;
	size_t len;

	(void)state;
	for (int i = 0; i < 20000; i++)
		step();
	len = pool->end;
	copy = malloc(len);
	pool_show(pool, len);
	memcpy(copy, pool, len);
	memcpy(then, held, sizeof(held));
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 10000; i++)
			step();
		pool_show(pool, len);
		memcpy(pool, copy, len);
		memcpy(held, then, sizeof(held));
		walk();
		for (size_t i = 0; i < BLOCKS; i++)
			if (held[i].p != NULL)
				verify(&held[i], held[i].n);
	}
	free(copy);
	free(then);
}

/* A text that grows by appending: old copies must not eat the range. */
static void
test_growing(void **state)
{
	void *p = NULL, *q;

	(void)state;
	for (size_t n = 1000; n < RANGE / 4; n += n / 20) {
		q = pool_take(pool, n);
		assert_non_null(q);
		if (p != NULL)
			pool_give(pool, p);
		p = q;
		assert_non_null(pool_take(pool, 40));
	}
	assert_true(pool->top < RANGE);
	walk();
}

static void
test_in_place(void **state)
{
	char *a = pool_take(pool, 1000), *b = pool_take(pool, 1000);

	(void)state;
	memset(a, 'a', 1000);
	assert_ptr_not_equal(pool_resize(pool, a, 5000), a);
	a = pool_take(pool, 1000);
	/* The last block grows where it is, and shrinks. */
	b = pool_resize(pool, b, 2000);
	assert_ptr_equal(pool_resize(pool, b, 100), b);
	assert_ptr_equal(pool_resize(pool, b, 900), b);
	walk();
	pool_give(pool, a);
	pool_give(pool, b);
}

static void
test_ceiling(void **state)
{
	void *p;

	(void)state;
	assert_null(pool_take(pool, RANGE));
	assert_null(pool_take(pool, POOL_MAX + 1));
	assert_null(pool_take(pool, SIZE_MAX));
	p = pool_take(pool, 100);
	assert_non_null(p);
	assert_null(pool_resize(pool, p, SIZE_MAX));
	assert_null(pool_resize(pool, p, SIZE_MAX - 8));
	assert_null(pool_resize(pool, p, RANGE));
	pool->ceiling = pool->end;
	assert_null(pool_take(pool, 8000));
	/* The chunk still has some. */
	assert_non_null(pool_take(pool, 100));
	pool->ceiling = pool->end + POOL_GROWTH(8000);
	assert_non_null(pool_take(pool, 8000));
	/* Freed small blocks become a large one before the ceiling counts. */
	pool->ceiling = RANGE;
	for (size_t i = 0; i < BLOCKS; i++)
		held[i].p = pool_take(pool, 100);
	p = pool_take(pool, 1);
	pool->ceiling = pool->end;
	for (size_t i = 0; i < BLOCKS; i++)
		pool_give(pool, held[i].p);
	assert_non_null(pool_take(pool, BLOCKS * 80));
	walk();
}

/* What AddressSanitizer knows of the blocks. */
static void
test_hidden(void **state)
{
	(void)state;
#ifdef SANITIZED
	for (size_t n = 1; n < 3000; n = n * 2 + 3) {
		char *p = pool_take(pool, n), *q;

		assert_false(__asan_address_is_poisoned(p + n - 1));
		if (n % 8 != 0)
			assert_true(__asan_address_is_poisoned(p + n));
		assert_null(__asan_region_is_poisoned(p, n));
		q = pool_resize(pool, p, n / 2 + 1);
		assert_null(__asan_region_is_poisoned(q, n / 2 + 1));
		q = pool_resize(pool, q, n + 100);
		assert_null(__asan_region_is_poisoned(q, n + 100));
		assert_true(__asan_address_is_poisoned(q + (n + 107) / 8 * 8) ||
		    (n + 100) % 16 <= 8);
		pool_give(pool, q);
		assert_true(__asan_address_is_poisoned(q + 32));
		assert_false(__asan_address_is_poisoned(q + 8));
	}
#else
	skip();
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_growing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ceiling, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hidden, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
