/*
 * The encoding follows equality: what compares equal has equal bytes, so an index can be
 * asked for a value, and what it finds is checked on the document only where the key
 * says less than the value: strings longer than DOC_KEY_CUT, objects and arrays.
 *
 * Elements have entries of their own, one for each different one, for $contains.  The
 * entries of an array with more than DOC_KEY_ELEMENTS would cost more than the array is
 * worth; it has none, and a flag of the index says that $contains must look elsewhere.
 */
#include "store/doc_key.h"

#include <stdlib.h>
#include <string.h>

#define KEY_ROOM (4UL * 1024 * 1024)	/* of a part; documents are smaller */

static void
put_u64(struct buf *b, uint64_t v)
{
	v = __builtin_bswap64(v);
	(void)buf_add(b, &v, sizeof(v));
}

static void
put_number(struct buf *b, double d)
{
	uint64_t bits;

	d += 0.0;		/* -0 is 0 */
	memcpy(&bits, &d, sizeof(bits));
	bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
	(void)buf_putc(b, DOC_KEY_NUMBER);
	put_u64(b, bits);
}

static void
put_bytes(struct buf *b, const char *s, size_t len)
{
	const char *nul;

	while (len > 0) {
		nul = memchr(s, '\0', len);
		(void)buf_add(b, s, nul != NULL ? (size_t)(nul - s) : len);
		if (nul == NULL)
			return;
		(void)buf_add(b, "\0\xff", 2);
		len -= (size_t)(nul - s) + 1;
		s = nul + 1;
	}
}

static int
put_string(struct buf *b, struct doc_span *v, size_t cut)
{
	struct arena *a = memchr(v->p, '\\', v->len) != NULL ? arena_new() : NULL;
	const char *s = v->p;
	size_t len = v->len;
	bool shorter;

	if (a != NULL)
		s = doc_span_text(a, v, &len);
	shorter = cut > 0 && len > cut;
	(void)buf_putc(b, DOC_KEY_STRING);
	put_bytes(b, s, shorter ? cut : len);
	(void)buf_add(b, shorter ? "\0\2" : "\0\1", 2);
	arena_free(a);
	return shorter ? DOC_KEY_SHORT : DOC_KEY_EXACT;
}

int
doc_key_part(struct buf *b, struct doc_span *v, size_t cut)
{
	switch (v->type) {
	case DOC_NULL:
		(void)buf_putc(b, 0x10);
		return DOC_KEY_EXACT;
	case DOC_STRING:
		return put_string(b, v, cut);
	case DOC_OBJECT:
	case DOC_ARRAY:
		(void)buf_putc(b, v->type == DOC_OBJECT ? 0x40 : 0x50);
		put_u64(b, doc_span_hash(v));
		return DOC_KEY_HASHED;
	default:
		put_number(b, doc_span_double(v));
		return DOC_KEY_EXACT;
	}
}

int
doc_key_prefix(struct buf *b, const char *s, size_t len, size_t cut)
{
	(void)buf_putc(b, DOC_KEY_STRING);
	put_bytes(b, s, len > cut ? cut : len);
	if (len <= cut)
		return DOC_KEY_EXACT;
	(void)buf_add(b, "\0\2", 2);
	return DOC_KEY_SHORT;
}

void
doc_key_turn(struct buf *b, size_t from)
{
	for (; from < b->len; from++)
		b->data[from] = (char)~b->data[from];
}

void
doc_key_after(struct buf *b)
{
	while (b->len > 0 && (unsigned char)b->data[b->len - 1] == 0xff)
		b->len--;
	/* Every key begins with DOC_KEY_VALUE or DOC_KEY_ELEMENT: something is left. */
	b->data[b->len - 1]++;
}

int
doc_key_order(const struct doc_key *x, const struct doc_key *y)
{
	int c = memcmp(x->p, y->p, x->len < y->len ? x->len : y->len);

	return c != 0 ? c : (x->len > y->len) - (x->len < y->len);
}

static int
by_key(const void *x, const void *y)
{
	return doc_key_order(x, y);
}

static void
keep(struct arena *a, struct doc_key *key, const struct buf *b)
{
	key->p = memcpy(arena_alloc(a, b->len), b->data, b->len);
	key->len = b->len;
}

static void
add_elements(struct arena *a, struct buf *b, struct doc_span *array, struct doc_keys *out)
{
	size_t n = 0, last = 0;
	struct doc_key *v;
	struct doc_child c;

	doc_child_start(&c, array);
	while (n <= DOC_KEY_ELEMENTS && doc_child_next(&c))
		n++;
	if (n > DOC_KEY_ELEMENTS) {
		out->flags |= DOC_KEY_MANY;
		return;
	}
	v = arena_alloc(a, (n + 1) * sizeof(*v));
	v[0] = out->v[0];
	n = 1;
	doc_child_start(&c, array);
	for (; doc_child_next(&c); n++) {
		buf_reset(b);
		(void)buf_putc(b, DOC_KEY_ELEMENT);
		out->flags |= doc_key_part(b, &c.value, DOC_KEY_CUT);
		keep(a, &v[n], b);
	}
	qsort(v, n, sizeof(*v), by_key);
	for (size_t i = 1; i < n; i++)
		if (doc_key_order(&v[last], &v[i]) != 0)
			v[++last] = v[i];
	out->v = v;
	out->n = last + 1;
}

void
doc_keys_of(struct arena *a, const struct doc_def *def, const struct doc_view *view,
    struct doc_keys *out)
{
	struct doc_span v = { .type = DOC_NULL };
	struct buf b;

	*out = (struct doc_keys){ .n = 1 };
	out->v = arena_alloc(a, sizeof(*out->v));
	buf_init(&b, KEY_ROOM);
	(void)buf_putc(&b, DOC_KEY_VALUE);
	for (unsigned i = 0; i < def->n; i++) {
		v = doc_view_field(view, &def->path[i]);
		out->flags |= doc_key_part(&b, &v, DOC_KEY_CUT);
		out->null = out->null || v.type == DOC_NULL;
	}
	keep(a, &out->v[0], &b);
	if (def->n == 1 && v.type == DOC_ARRAY)
		add_elements(a, &b, &v, out);
	buf_fini(&b);
	out->flags &= DOC_KEY_SHORT | DOC_KEY_MANY;
}
