/*
 * The tree.  It costs some 64 bytes a value; whole documents become one only to be
 * written or changed, queries read them as text (store/doc_span.c).
 *
 * Members are found by a linear search up to TABLE_FROM and by a hash table from there
 * on: the names are a peer's choice, and a thousand changes of an object of a hundred
 * thousand members must not take minutes.
 */
#include "store/doc_json.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "base/digest.h"
#include "base/limits.h"

#define TABLE_FROM 16

static uint64_t hash_key[2];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

struct doc_table {
	size_t		  size;		/* a power of two */
	size_t		  used;
	struct doc_node	**slot;
};

/* --- trees --- */

struct doc_node *
doc_json_new(struct arena *a, enum doc_type type)
{
	struct doc_node *n = arena_alloc(a, sizeof(*n));

	n->type = type;
	return n;
}

struct doc_node *
doc_json_text(struct arena *a, enum doc_type type, const char *text, size_t len)
{
	struct doc_node *n = doc_json_new(a, type);

	n->text = text;
	n->len = len;
	return n;
}

static void
key_make(void)
{
	random_bytes(hash_key, sizeof(hash_key));
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = (v[1] << 13 | v[1] >> 51) ^ v[0];
	v[0] = v[0] << 32 | v[0] >> 32;
	v[2] += v[3];
	v[3] = (v[3] << 16 | v[3] >> 48) ^ v[2];
	v[0] += v[3];
	v[3] = (v[3] << 21 | v[3] >> 43) ^ v[0];
	v[2] += v[1];
	v[1] = (v[1] << 17 | v[1] >> 47) ^ v[2];
	v[2] = v[2] << 32 | v[2] >> 32;
}

/* SipHash-1-3: nobody can choose names that fall into one slot. */
static uint64_t
hash_of(const char *s, size_t len)
{
	uint64_t m, v[4] = { hash_key[0] ^ UINT64_C(0x736f6d6570736575),
		hash_key[1] ^ UINT64_C(0x646f72616e646f6d),
		hash_key[0] ^ UINT64_C(0x6c7967656e657261),
		hash_key[1] ^ UINT64_C(0x7465646279746573) };

	for (size_t left = len;; s += 8, left -= 8) {
		m = left < 8 ? (uint64_t)len << 56 : 0;
		memcpy(&m, s, left < 8 ? left : 8);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
		if (left < 8)
			break;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void
table_put(struct doc_table *t, struct doc_node *n)
{
	size_t i = hash_of(n->name, n->name_len) & (t->size - 1);

	while (t->slot[i] != NULL)
		i = (i + 1) & (t->size - 1);
	t->slot[i] = n;
	t->used++;
}

static void
table_make(struct arena *a, struct doc_node *object)
{
	struct doc_table *t = arena_alloc(a, sizeof(*t));

	(void)pthread_once(&hash_once, key_make);
	for (t->size = 64; t->size < object->n * 4; t->size *= 2)
		continue;
	t->slot = arena_alloc(a, t->size * sizeof(struct doc_node *));
	for (struct doc_node *n = object->first; n != NULL; n = n->next)
		table_put(t, n);
	object->table = t;
}

static struct doc_node *
table_get(struct doc_table *t, const char *name, size_t len)
{
	size_t i = hash_of(name, len) & (t->size - 1);

	for (; t->slot[i] != NULL; i = (i + 1) & (t->size - 1)) {
		struct doc_node *n = t->slot[i];

		if (!n->gone && n->name_len == len && memcmp(n->name, name, len) == 0)
			return n;
	}
	return NULL;
}

struct doc_node *
doc_json_get(struct doc_node *object, const char *name, size_t len)
{
	if (object->table != NULL)
		return table_get(object->table, name, len);
	for (struct doc_node *n = object->first; n != NULL; n = n->next)
		if (n->name_len == len && memcmp(n->name, name, len) == 0)
			return n;
	return NULL;
}

void
doc_json_append(struct doc_node *parent, struct doc_node *child)
{
	child->next = NULL;
	child->prev = parent->last;
	if (parent->last != NULL)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->n++;
}

void
doc_json_add(struct arena *a, struct doc_node *object, struct doc_node *child)
{
	struct doc_table *t = object->table;

	doc_json_append(object, child);
	if (t != NULL && t->used + 1 < t->size / 2)
		table_put(t, child);
	else if (object->n >= TABLE_FROM)
		table_make(a, object);
}

void
doc_json_replace(struct doc_node *parent, struct doc_node *old, struct doc_node *value)
{
	value->name = old->name;
	value->name_len = old->name_len;
	value->next = old->next;
	value->prev = old->prev;
	if (old->prev != NULL)
		old->prev->next = value;
	else
		parent->first = value;
	if (old->next != NULL)
		old->next->prev = value;
	else
		parent->last = value;
	old->gone = true;
}

void
doc_json_set(struct arena *a, struct doc_node *object, const char *name, size_t len,
    struct doc_node *value)
{
	struct doc_node *old = doc_json_get(object, name, len);
	struct doc_table *t = object->table;

	if (old == NULL) {
		value->name = name;
		value->name_len = (uint32_t)len;
		doc_json_add(a, object, value);
		return;
	}
	doc_json_replace(object, old, value);
	if (t != NULL && t->used + 1 < t->size / 2)
		table_put(t, value);
	else if (t != NULL)
		table_make(a, object);
}

void
doc_json_remove(struct doc_node *parent, struct doc_node *child)
{
	if (child->prev != NULL)
		child->prev->next = child->next;
	else
		parent->first = child->next;
	if (child->next != NULL)
		child->next->prev = child->prev;
	else
		parent->last = child->prev;
	child->gone = true;
	parent->n--;
}

struct doc_node *
doc_json_copy(struct arena *a, const struct doc_node *from)
{
	struct doc_node *to = doc_json_text(a, from->type, from->text, from->len);

	for (const struct doc_node *n = from->first; n != NULL; n = n->next) {
		struct doc_node *child = doc_json_copy(a, n);

		child->name = n->name;
		child->name_len = n->name_len;
		if (from->type == DOC_OBJECT)
			doc_json_add(a, to, child);
		else
			doc_json_append(to, child);
	}
	return to;
}

/* --- writing --- */

size_t
doc_json_escape(char *out, const char *s, size_t n)
{
	static const char shorts[] = "btn?fr";
	static const char hex[] = "0123456789abcdef";
	unsigned char c = (unsigned char)*s;

	if (n > 1 || (c >= 0x20 && c != '"' && c != '\\')) {
		memcpy(out, s, n);
		return n;
	}
	out[0] = '\\';
	if (c >= 0x20 || (c >= 8 && c <= 13 && c != 11)) {
		out[1] = c >= 0x20 ? *s : shorts[c - 8];
		return 2;
	}
	memcpy(out + 1, "u00", 3);
	out[4] = hex[c >> 4];
	out[5] = hex[c & 15];
	return 6;
}

enum fz_err
doc_json_body(struct buf *b, const char *s, size_t len)
{
	char out[8];
	size_t from = 0, i = 0;

	while (i < len) {
		unsigned char c = (unsigned char)s[i];
		ucs4_t uc;
		int n = 1;

		if (c >= 0x80)
			n = u8_mbtoucr(&uc, (const uint8_t *)s + i, len - i);
		if (n > 0 && (c >= 0x80 || (c >= 0x20 && c != '"' && c != '\\'))) {
			i += (size_t)n;
			continue;
		}
		(void)buf_add(b, s + from, i - from);
		if (c < 0x80)
			(void)buf_add(b, out, doc_json_escape(out, s + i, 1));
		else
			(void)buf_puts(b, "\xef\xbf\xbd");
		from = ++i;
	}
	return buf_add(b, s + from, len - from);
}

enum fz_err
doc_json_string(struct buf *b, const char *s, size_t len)
{
	(void)buf_putc(b, '"');
	(void)doc_json_body(b, s, len);
	return buf_putc(b, '"');
}

static void
print_children(struct buf *b, const struct doc_node *n, unsigned depth, bool *deep);

static void
print_value(struct buf *b, const struct doc_node *n, unsigned depth, bool *deep)
{
	switch (n->type) {
	case DOC_NULL:
		(void)buf_puts(b, "null");
		return;
	case DOC_FALSE:
		(void)buf_puts(b, "false");
		return;
	case DOC_TRUE:
		(void)buf_puts(b, "true");
		return;
	case DOC_NUMBER:
		(void)buf_add(b, n->text, n->len);
		return;
	case DOC_STRING:
		(void)buf_putc(b, '"');
		(void)buf_add(b, n->text, n->len);
		(void)buf_putc(b, '"');
		return;
	default:
		print_children(b, n, depth + 1, deep);
	}
}

static void
print_children(struct buf *b, const struct doc_node *n, unsigned depth, bool *deep)
{
	bool object = n->type == DOC_OBJECT;

	if (depth > LIMIT_JSON_DEPTH) {
		*deep = true;
		return;
	}
	(void)buf_putc(b, object ? '{' : '[');
	for (const struct doc_node *c = n->first; c != NULL; c = c->next) {
		if (c != n->first)
			(void)buf_putc(b, ',');
		if (object) {
			(void)buf_putc(b, '"');
			(void)buf_add(b, c->name, c->name_len);
			(void)buf_add(b, "\":", 2);
		}
		print_value(b, c, depth, deep);
	}
	(void)buf_putc(b, object ? '}' : ']');
}

enum fz_err
doc_json_print(struct buf *b, const struct doc_node *n)
{
	bool deep = false;

	print_value(b, n, 0, &deep);
	if (deep)
		return FZ_VALIDATION_FAILED;
	return buf_ok(b) ? FZ_OK : FZ_PAYLOAD_TOO_LARGE;
}

void
doc_json_number(char out[DOC_JSON_NUMBER], double v)
{
	int digits = 15;

	if (fabs(v) < 1e21 && v == trunc(v)) {
		(void)snprintf(out, DOC_JSON_NUMBER, "%.0f", v + 0.0);
		return;
	}
	do
		(void)snprintf(out, DOC_JSON_NUMBER, "%.*g", digits, v);
	while (++digits <= 17 && strtod(out, NULL) != v);
}
