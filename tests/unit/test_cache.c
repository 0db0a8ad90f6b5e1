/* The cache: hits, tags, the bound, one load for many, and all of it with threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "fcgi/cache.h"

#define THREADS 8

struct thing {
	struct cache_object object;
	unsigned	 n;
};

static unsigned alive, loads;

static void
destroy(struct cache_object *o)
{
	__atomic_sub_fetch(&alive, 1, __ATOMIC_SEQ_CST);
	((struct thing *)o)->n = 0xdead;
	free(o);
}

struct wish {
	unsigned	 n;
	size_t		 cost;
	bool		 passing;
	bool		 slow;
	enum fz_err	 err;
};

static enum fz_err
load(void *arg, struct cache_object **out)
{
	struct wish *w = arg;
	struct thing *t;

	__atomic_add_fetch(&loads, 1, __ATOMIC_SEQ_CST);
	if (w->slow)
		usleep(50000);
	if (w->err != FZ_OK)
		return w->err;
	t = xcalloc(1, sizeof(*t));
	cache_object_init(&t->object, w->cost, destroy);
	t->object.passing = w->passing;
	t->n = w->n;
	__atomic_add_fetch(&alive, 1, __ATOMIC_SEQ_CST);
	*out = &t->object;
	return FZ_OK;
}

/* Ask for key n under tag; the caller has a reference. */
static struct thing *
ask(struct cache *c, unsigned n, uint64_t tag, struct wish *w)
{
	struct cache_object *o = NULL;

	w->n = n;
	assert_int_equal(cache_get(c, &n, sizeof(n), tag, load, w, &o), FZ_OK);
	return (struct thing *)o;
}

static void
test_basics(void **state)
{
	struct cache *c = cache_new(1 << 20);
	struct wish w = { .cost = 100 };
	struct cache_object *o = NULL;
	struct cache_stats st;
	struct thing *a, *b;
	unsigned key = 1;

	(void)state;
	loads = 0;
	a = ask(c, 1, 0, &w);
	b = ask(c, 1, 0, &w);
	assert_ptr_equal(a, b);
	assert_int_equal(loads, 1);
	cache_unref(&b->object);
	/* Another tag is another object, and the old one lives while it is held. */
	b = ask(c, 1, 7, &w);
	assert_ptr_not_equal(a, b);
	assert_int_equal(a->n, 1);
	assert_int_equal(alive, 2);
	cache_unref(&a->object);
	assert_int_equal(alive, 1);
	assert_null(cache_find(c, &key, sizeof(key), 0));
	o = cache_find(c, &key, sizeof(key), 7);
	assert_ptr_equal(o, b);
	cache_unref(o);
	cache_unref(&b->object);
	/* Errors are told and not kept; passing objects are given and not kept. */
	w.err = FZ_IO;
	key = 2;
	o = NULL;
	assert_int_equal(cache_get(c, &key, sizeof(key), 0, load, &w, &o), FZ_IO);
	assert_null(o);
	w.err = FZ_OK;
	w.passing = true;
	a = ask(c, 2, 0, &w);
	assert_null(cache_find(c, &key, sizeof(key), 0));
	cache_put(c, &key, sizeof(key), 0, &a->object);
	cache_unref(&a->object);
	cache_stats(c, &st);
	assert_int_equal(st.entries, 2);
	cache_clear(c);
	assert_int_equal(alive, 0);
	cache_stats(c, &st);
	assert_int_equal(st.entries + st.bytes, 0);
	cache_free(c);
}

/* The sum of costs never passes the bound, what is used stays, what is too big goes. */
static void
test_bound(void **state)
{
	struct cache *c = cache_new_shards(64 * 1024, 4, 16);
	struct wish w = { .cost = 1000 };
	struct cache_stats st;
	unsigned hot = 5, kept = 0;
	struct cache_object *o;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		cache_unref(&ask(c, i, 0, &w)->object);
		o = cache_find(c, &hot, sizeof(hot), 0);
		kept += o != NULL;
		cache_unref(o);
		cache_stats(c, &st);
		assert_true(st.bytes <= 64 * 1024);
	}
	assert_true(st.entries >= 40);
	assert_true(st.evicted > 900);
	/* From when it first was there; a clock may err, seldom. */
	assert_true(kept >= 990);
	assert_int_equal(alive, st.entries);
	w.cost = 17 * 1024;
	cache_unref(&ask(c, 5000, 0, &w)->object);
	cache_stats(c, &st);
	assert_int_equal(alive, st.entries);
	assert_true(st.entries >= 40);
	cache_free(c);
	assert_int_equal(alive, 0);
}

struct crowd {
	struct cache	*cache;
	pthread_barrier_t start;
	struct wish	 wish;
	struct thing	*got[THREADS];
	enum fz_err	 err[THREADS];
};

struct member {
	struct crowd	*crowd;
	unsigned	 n;
};

static void *
ask_once(void *arg)
{
	struct member *m = arg;
	struct wish w = m->crowd->wish;
	struct cache_object *o = NULL;
	unsigned key = 77;

	w.n = key;
	pthread_barrier_wait(&m->crowd->start);
	m->crowd->err[m->n] = cache_get(m->crowd->cache, &key, sizeof(key), 0, load, &w,
	    &o);
	m->crowd->got[m->n] = (struct thing *)o;
	return NULL;
}

static void *
ask_many(void *arg)
{
	struct member *m = arg;
	struct wish w = { .cost = 500 };
	unsigned seed = m->n * 7919 + 1, key;
	struct cache_object *o;

	pthread_barrier_wait(&m->crowd->start);
	for (int i = 0; i < 3000; i++) {
		seed = seed * 1664525 + 1013904223;
		key = seed >> 24;
		w.n = key;
		w.passing = key % 16 == 0;
		o = NULL;
		if (cache_get(m->crowd->cache, &key, sizeof(key), i / 1000, load, &w,
		    &o) !=
		    FZ_OK || ((struct thing *)o)->n != key)
			abort();
		cache_unref(o);
		if (m->n == 0 && i % 500 == 0)
			cache_clear(m->crowd->cache);
	}
	return NULL;
}

static void
together(struct crowd *crowd, void *(*fn)(void *))
{
	struct member members[THREADS];
	pthread_t threads[THREADS];

	pthread_barrier_init(&crowd->start, NULL, THREADS);
	for (unsigned i = 0; i < THREADS; i++) {
		members[i] = (struct member){ crowd, i };
		assert_int_equal(pthread_create(&threads[i], NULL, fn, &members[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&crowd->start);
}

static void
test_one_load(void **state)
{
	static const struct wish wishes[] = {
		{ .cost = 10, .slow = true },
		{ .cost = 10, .slow = true, .passing = true },
		{ .slow = true, .err = FZ_OVERLOADED },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct crowd crowd = { .cache = cache_new(1 << 20), .wish = wishes[i] };

		loads = 0;
		together(&crowd, ask_once);
		assert_int_equal(loads, 1);
		for (unsigned k = 0; k < THREADS; k++) {
			assert_int_equal(crowd.err[k], wishes[i].err);
			assert_ptr_equal(crowd.got[k], crowd.got[0]);
			cache_unref((struct cache_object *)crowd.got[k]);
		}
		cache_free(crowd.cache);
		assert_int_equal(alive, 0);
	}
}

static void *
ask_tagged(void *arg)
{
	struct member *m = arg;
	struct wish w = { .cost = 10, .slow = true, .n = m->n };
	struct cache_object *o = NULL;
	unsigned key = 77;

	pthread_barrier_wait(&m->crowd->start);
	m->crowd->err[m->n] = cache_get(m->crowd->cache, &key, sizeof(key), m->n % 2, load,
	    &w, &o);
	m->crowd->got[m->n] = (struct thing *)o;
	return NULL;
}

/* A load for another tag may have begun before a change: it is not waited for. */
static void
test_tagged_loads(void **state)
{
	struct crowd crowd = { .cache = cache_new(1 << 20) };

	(void)state;
	loads = 0;
	together(&crowd, ask_tagged);
	assert_int_equal(loads, 2);
	for (unsigned k = 0; k < THREADS; k++) {
		assert_int_equal(crowd.got[k]->n % 2, k % 2);
		cache_unref(&crowd.got[k]->object);
	}
	cache_free(crowd.cache);
	assert_int_equal(alive, 0);
}

static void
test_threads(void **state)
{
	struct crowd crowd = { .cache = cache_new_shards(20000, 2, 8) };
	struct cache_stats st;

	(void)state;
	together(&crowd, ask_many);
	cache_stats(crowd.cache, &st);
	assert_true(st.bytes <= 20000);
	assert_int_equal(alive, st.entries);
	cache_free(crowd.cache);
	assert_int_equal(alive, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_basics),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_one_load),
		cmocka_unit_test(test_tagged_loads),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
