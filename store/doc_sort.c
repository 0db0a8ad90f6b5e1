/*
 * A document is its sort parts (doc_key.h) and its number.  Of all that come only the
 * best `keep` are wanted: when there are twice as many, they are sorted, the rest is
 * forgotten and the keys that stay are packed, so a sort with a limit holds little however
 * many documents there are.  What is worse than the last one kept is not even stored.
 */
#include "store/doc_sort.h"

#include <stdlib.h>
#include <string.h>

#define SORT_ROOM (64UL * 1024 * 1024)	/* bytes of sort parts held */
#define KEY_ROOM (4UL * 1024 * 1024)

struct item {
	struct doc_key	 key;
	int64_t		 n;
};

struct doc_sorting {
	const struct doc_options *o;
	struct arena	*keys;
	struct buf	 part;
	struct item	*v;
	size_t		 n;
	size_t		 cap;
	uint64_t	 keep;
	bool		 cut;		/* v[keep-1] is the worst that still counts */
	bool		 resumed;
	struct item	 after;
};

struct doc_sorting *
doc_sort_new(const struct doc_options *o, uint64_t keep)
{
	struct doc_sorting *so = xcalloc(1, sizeof(*so));

	so->o = o;
	so->keep = keep;
	so->keys = arena_new();
	buf_init(&so->part, KEY_ROOM);
	return so;
}

void
doc_sort_free(struct doc_sorting *so)
{
	arena_free(so->keys);
	buf_fini(&so->part);
	free(so->v);
	free(so);
}

void
doc_sort_after(struct doc_sorting *so, struct doc_key key, int64_t n)
{
	so->after = (struct item){ key, n };
	so->resumed = true;
}

static int
by_item(const void *x, const void *y, void *arg)
{
	const struct item *a = x, *b = y;
	const struct doc_sorting *so = arg;
	int c = doc_key_order(&a->key, &b->key);

	if (c != 0)
		return c;
	c = (a->n > b->n) - (a->n < b->n);
	return so->o->up ? c : -c;
}

void
doc_sort_part(const struct doc_options *o, const struct doc_view *v, struct buf *b)
{
	buf_reset(b);
	for (unsigned i = 0; i < o->nsort; i++) {
		struct doc_span value = doc_view_field(v, &o->sort[i].path);
		size_t from = b->len;

		(void)doc_key_part(b, &value, 0);
		if (o->sort[i].down)
			doc_key_turn(b, from);
	}
}

static struct doc_key
key_keep(struct arena *a, struct doc_key k)
{
	return (struct doc_key){ memcpy(arena_alloc(a, k.len), k.p, k.len), k.len };
}

static void
cut(struct doc_sorting *so)
{
	struct arena *keys;

	if (so->n > 0)
		qsort_r(so->v, so->n, sizeof(*so->v), by_item, so);
	if (so->n < so->keep)
		return;
	so->n = so->keep;
	so->cut = so->n > 0;
	keys = arena_new();
	for (size_t i = 0; i < so->n; i++)
		so->v[i].key = key_keep(keys, so->v[i].key);
	arena_free(so->keys);
	so->keys = keys;
}

enum fz_err
doc_sort_add(struct doc_sorting *so, const struct doc_view *v)
{
	struct item item = { .n = v->rid & DOC_NUMBER_MAX };

	doc_sort_part(so->o, v, &so->part);
	item.key = (struct doc_key){ (unsigned char *)so->part.data, so->part.len };
	if (so->resumed && by_item(&item, &so->after, so) <= 0)
		return FZ_OK;
	if (so->cut && by_item(&item, &so->v[so->keep - 1], so) >= 0)
		return FZ_OK;
	if (so->n == so->cap) {
		so->cap = so->cap > 0 ? so->cap * 2 : 64;
		so->v = xreallocarray(so->v, so->cap, sizeof(*so->v));
	}
	item.key = key_keep(so->keys, item.key);
	so->v[so->n++] = item;
	if (so->n / 2 >= so->keep + 32 || arena_used(so->keys) > SORT_ROOM)
		cut(so);
	return arena_used(so->keys) > SORT_ROOM ? FZ_LIMIT_EXCEEDED : FZ_OK;
}

size_t
doc_sort_end(struct doc_sorting *so)
{
	cut(so);
	return so->n;
}

int64_t
doc_sort_get(const struct doc_sorting *so, size_t i)
{
	return so->v[i].n;
}
