/*
 * Values compare where they stand in the text.
 *
 * Objects compare whatever the order of their members.  All but the smallest are sorted
 * first: both sides are a peer's choice, and a hundred thousand members against as many
 * must not be ten billion steps.
 */
#include "store/doc_span.h"

#include <stdlib.h>
#include <string.h>

#define SORT_FROM 4

bool
doc_span_numeric(const struct doc_span *v)
{
	return v->type == DOC_NUMBER || v->type == DOC_TRUE || v->type == DOC_FALSE;
}

double
doc_span_double(struct doc_span *v)
{
	if (v->read)
		return v->num;
	v->read = true;
	if (v->type == DOC_NUMBER)
		v->num = doc_json_double(v->p, v->len);
	else
		v->num = v->type == DOC_TRUE ? 1 : 0;
	return v->num;
}

struct member {
	const char	*name;
	size_t		 len;
	struct doc_span	 value;
};

static int
by_name(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	int c = memcmp(a->name, b->name, a->len < b->len ? a->len : b->len);

	return c != 0 ? c : (a->len > b->len) - (a->len < b->len);
}

/* Members that are not null, sorted; the caller frees. */
static struct member *
members(const struct doc_span *object, size_t n)
{
	struct member *v = xreallocarray(NULL, n, sizeof(*v));
	struct doc_child c;
	size_t i = 0;

	doc_child_start(&c, object);
	while (i < n && doc_child_next(&c))
		if (c.value.type != DOC_NULL)
			v[i++] = (struct member){ c.name, c.name_len, c.value };
	qsort(v, i, sizeof(*v), by_name);
	return v;
}

static bool
equal_sorted(const struct doc_span *x, const struct doc_span *y, size_t n)
{
	struct member *a = members(x, n), *b = members(y, n);
	bool same = true;

	for (size_t i = 0; same && i < n; i++)
		same = by_name(&a[i], &b[i]) == 0 &&
		    doc_span_equal(&a[i].value, &b[i].value);
	free(a);
	free(b);
	return same;
}

static size_t
count_members(const struct doc_span *object)
{
	struct doc_child c;
	size_t n = 0;

	doc_child_start(&c, object);
	while (doc_child_next(&c))
		n += c.value.type != DOC_NULL;
	return n;
}

static bool
equal_objects(const struct doc_span *x, const struct doc_span *y)
{
	size_t n = count_members(x);
	struct doc_child c;

	if (count_members(y) != n)
		return false;
	if (n >= SORT_FROM)
		return equal_sorted(x, y, n);
	doc_child_start(&c, x);
	while (doc_child_next(&c)) {
		struct doc_span other;

		if (c.value.type == DOC_NULL)
			continue;
		other = doc_span_member(y, c.name, c.name_len);
		if (!doc_span_equal(&c.value, &other))
			return false;
	}
	return true;
}

static bool
equal_arrays(const struct doc_span *x, const struct doc_span *y)
{
	struct doc_child a, b;
	bool more;

	doc_child_start(&a, x);
	doc_child_start(&b, y);
	for (;;) {
		more = doc_child_next(&a);
		if (more != doc_child_next(&b))
			return false;
		if (!more)
			return true;
		if (!doc_span_equal(&a.value, &b.value))
			return false;
	}
}

bool
doc_span_equal(struct doc_span *x, struct doc_span *y)
{
	if (doc_span_numeric(x) && doc_span_numeric(y))
		return doc_span_double(x) == doc_span_double(y);
	if (x->type != y->type)
		return false;
	switch (x->type) {
	case DOC_STRING:
		return x->len == y->len && memcmp(x->p, y->p, x->len) == 0;
	case DOC_OBJECT:
		return equal_objects(x, y);
	case DOC_ARRAY:
		return equal_arrays(x, y);
	default:
		return true;
	}
}

static bool
escaped(const struct doc_span *v)
{
	return memchr(v->p, '\\', v->len) != NULL;
}

/* The next byte of an escaped body, 256 at the end. */
static unsigned
next_byte(const char **p, const char *end)
{
	const char *s = *p;
	char out[4];
	size_t n;

	if (s >= end)
		return 0x100;
	if (*s != '\\') {
		*p = s + 1;
		return (unsigned char)*s;
	}
	n = end - s > 1 && s[1] == 'u' ? 6 : 2;
	if ((size_t)(end - s) < n)
		n = (size_t)(end - s);
	*p = s + n;
	/* A canonical body escapes nothing that is longer than a byte. */
	return doc_json_plain(out, s, n) == 1 ? (unsigned char)out[0] : '?';
}

int
doc_span_order(const struct doc_span *x, const struct doc_span *y)
{
	const char *a = x->p, *b = y->p, *a_end = a + x->len, *b_end = b + y->len;
	unsigned i, j;
	int c;

	if (!escaped(x) && !escaped(y)) {
		c = memcmp(a, b, x->len < y->len ? x->len : y->len);
		return c != 0 ? c : (x->len > y->len) - (x->len < y->len);
	}
	do {
		i = next_byte(&a, a_end);
		j = next_byte(&b, b_end);
	} while (i == j && i != 0x100);
	if (i == j)
		return 0;
	/* The end comes before every byte. */
	return (i == 0x100 ? -1 : (int)i) - (j == 0x100 ? -1 : (int)j);
}

const char *
doc_span_text(struct arena *a, const struct doc_span *v, size_t *len)
{
	char *out;

	*len = v->len;
	if (!escaped(v))
		return v->p;
	out = arena_alloc(a, v->len + 4);
	*len = doc_json_plain(out, v->p, v->len);
	return out;
}

bool
doc_span_holds(const struct doc_span *v, const char *s, size_t len)
{
	char *plain;
	bool found;

	if (!escaped(v))
		return memmem(v->p, v->len, s, len) != NULL;
	plain = xmalloc(v->len + 4);
	found = memmem(plain, doc_json_plain(plain, v->p, v->len), s, len) != NULL;
	free(plain);
	return found;
}

bool
doc_span_starts(const struct doc_span *v, const char *s, size_t len)
{
	const char *p = v->p, *end = p + v->len;

	for (size_t i = 0; i < len; i++)
		if (next_byte(&p, end) != (unsigned char)s[i])
			return false;
	return true;
}

/* --- hashing --- */

static uint64_t
mix(uint64_t h)
{
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

static uint64_t
hash_bytes(uint64_t h, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * UINT64_C(0x100000001b3);
	return mix(h);
}

static uint64_t
hash_children(const struct doc_span *v)
{
	uint64_t h = v->type;
	struct doc_child c;

	doc_child_start(&c, v);
	while (doc_child_next(&c)) {
		uint64_t one = doc_span_hash(&c.value);

		if (v->type == DOC_ARRAY)
			h = mix(h + one);
		else if (c.value.type != DOC_NULL)
			h += mix(hash_bytes(one, c.name, c.name_len));
	}
	return mix(h);
}

uint64_t
doc_span_hash(struct doc_span *v)
{
	uint64_t bits;
	double d;

	switch (v->type) {
	case DOC_NULL:
		return mix(1);
	case DOC_STRING:
		return hash_bytes(DOC_STRING, v->p, v->len);
	case DOC_OBJECT:
	case DOC_ARRAY:
		return hash_children(v);
	default:
		d = doc_span_double(v) + 0.0;
		memcpy(&bits, &d, sizeof(bits));
		return mix(bits + DOC_NUMBER);
	}
}
