/*
 * jansson reads numbers as int64 or double and prints doubles with 17 digits: 0.1 comes
 * back as 0.10000000000000001 and 1e20, which JavaScript prints without a dot, is an error.
 * Documents have to come back as they went in, so they have a reader of their own.  A
 * tree of it costs some 64 bytes a value; whole documents become one only to be written
 * or changed, queries read them as text (store/doc_span.c).
 *
 * Most strings are borrowed from the text as they stand.  Members are found by a linear
 * search up to TABLE_FROM and by a hash table from there on: the names are a peer's
 * choice, and a thousand changes of an object of a hundred thousand members must not take
 * minutes.
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
#include "base/str.h"

#define TABLE_FROM 16

static uint64_t hash_key[2];
static pthread_once_t hash_once = PTHREAD_ONCE_INIT;

struct doc_table {
	size_t		  size;		/* a power of two */
	size_t		  used;
	struct doc_node	**slot;
};

struct parse {
	struct arena	*arena;
	const char	*start;
	const char	*p;
	const char	*end;
	const char	*error;
	unsigned	 depth;
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

/* The name is not there yet. */
static void
member_add(struct arena *a, struct doc_node *object, struct doc_node *child)
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
		member_add(a, object, value);
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
			member_add(a, to, child);
		else
			doc_json_append(to, child);
	}
	return to;
}

/* --- reading --- */

static bool
fail(struct parse *ps, const char *error)
{
	if (ps->error == NULL)
		ps->error = error;
	return false;
}

static void
blanks(struct parse *ps)
{
	while (ps->p < ps->end &&
	    (*ps->p == ' ' || *ps->p == '\t' || *ps->p == '\n' || *ps->p == '\r'))
		ps->p++;
}

static bool
take(struct parse *ps, char c)
{
	blanks(ps);
	if (ps->p == ps->end || *ps->p != c)
		return false;
	ps->p++;
	return true;
}

static bool
hex4(const char *s, unsigned *out)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++) {
		char c = s[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (unsigned)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v << 4 | (unsigned)((c | 32) - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

static size_t
put_code(char *out, unsigned uc)
{
	int n = u8_uctomb((uint8_t *)out, uc, 4);

	if (n > 0)
		return (size_t)n;
	memcpy(out, "\xef\xbf\xbd", 3);
	return 3;
}

/* Behind "\u": a code point, a surrogate pair being one. */
static bool
read_code(struct parse *ps, unsigned *uc)
{
	unsigned low;

	if (ps->end - ps->p < 4 || !hex4(ps->p, uc))
		return fail(ps, "\\u needs four hex digits");
	ps->p += 4;
	if (*uc < 0xd800 || *uc > 0xdbff)
		return true;
	if (ps->end - ps->p >= 6 && ps->p[0] == '\\' && ps->p[1] == 'u' &&
	    hex4(ps->p + 2, &low) && low >= 0xdc00 && low <= 0xdfff) {
		*uc = 0x10000 + ((*uc - 0xd800) << 10) + (low - 0xdc00);
		ps->p += 6;
	}
	return true;
}

static bool
read_escape(struct parse *ps, char *out, size_t *n)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *at;
	unsigned uc;

	if (ps->p == ps->end)
		return fail(ps, "a string does not end");
	if (*ps->p == 'u') {
		ps->p++;
		if (!read_code(ps, &uc))
			return false;
		*n = put_code(out, uc);
		return true;
	}
	at = memchr(names, *ps->p, sizeof(names) - 1);
	if (at == NULL)
		return fail(ps, "unknown escape");
	ps->p++;
	*out = bytes[at - names];
	*n = 1;
	return true;
}

/* Bytes of canonical body for one byte below 0x80 or a whole sequence. */
static size_t
put_body(char *out, const char *s, size_t n)
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

/* A string with escapes; no escape grows, for "\n" and "\u000a" are the shortest. */
static bool
rewrite(struct parse *ps, const char **body, size_t *len)
{
	const char *close = ps->p;
	char *out, *w, one[4];
	size_t n;

	while (close < ps->end && *close != '"')
		close += *close == '\\' ? 2 : 1;
	if (close >= ps->end)
		return fail(ps, "a string does not end");
	out = w = arena_alloc(ps->arena, (size_t)(close - ps->p) + 8);
	while (*ps->p != '"') {
		n = 1;
		one[0] = *ps->p++;
		if ((unsigned char)one[0] < 0x20)
			return fail(ps, "a control character in a string");
		if (one[0] == '\\' && !read_escape(ps, one, &n))
			return false;
		if (n == 1 && (unsigned char)one[0] >= 0x80)
			*w++ = one[0];
		else
			w += put_body(w, one, n);
	}
	ps->p++;
	*body = out;
	*len = (size_t)(w - out);
	return true;
}

/* Behind the opening quote. */
static bool
read_string(struct parse *ps, const char **body, size_t *len)
{
	const char *s = ps->p;

	while (s < ps->end && *s != '"' && *s != '\\' && (unsigned char)*s >= 0x20)
		s++;
	if (s < ps->end && *s == '\\')
		return rewrite(ps, body, len);
	if (s == ps->end)
		return fail(ps, "a string does not end");
	if (*s != '"') {
		ps->p = s;
		return fail(ps, "a control character in a string");
	}
	*body = ps->p;
	*len = (size_t)(s - ps->p);
	ps->p = s + 1;
	return true;
}

static const char *
digits(const char *s, const char *end)
{
	while (s < end && *s >= '0' && *s <= '9')
		s++;
	return s;
}

static bool
read_number(struct parse *ps, struct doc_node *n)
{
	const char *s = ps->p, *whole, *more;

	if (*s == '-')
		s++;
	whole = s;
	s = digits(s, ps->end);
	if (s == whole || (*whole == '0' && s > whole + 1))
		return fail(ps, "not a JSON value");
	if (s < ps->end && *s == '.') {
		more = ++s;
		s = digits(s, ps->end);
		if (s == more)
			return fail(ps, "a digit is missing");
	}
	if (s < ps->end && (*s == 'e' || *s == 'E')) {
		s++;
		if (s < ps->end && (*s == '+' || *s == '-'))
			s++;
		more = s;
		s = digits(s, ps->end);
		if (s == more)
			return fail(ps, "a digit is missing");
	}
	n->type = DOC_NUMBER;
	n->text = ps->p;
	n->len = (size_t)(s - ps->p);
	if (!isfinite(doc_json_double(n->text, n->len)))
		return fail(ps, "a number is too large");
	ps->p = s;
	return true;
}

static bool
read_word(struct parse *ps, const char *word, enum doc_type type, struct doc_node *n)
{
	size_t len = strlen(word);

	if ((size_t)(ps->end - ps->p) < len || memcmp(ps->p, word, len) != 0)
		return fail(ps, "not a JSON value");
	ps->p += len;
	n->type = type;
	return true;
}

static struct doc_node *read_value(struct parse *);

static bool
read_member(struct parse *ps, struct doc_node *object)
{
	const char *name = NULL;
	struct doc_node *child;
	size_t len = 0;

	if (!take(ps, '"'))
		return fail(ps, "a member's name is missing");
	if (!read_string(ps, &name, &len))
		return false;
	if (!take(ps, ':'))
		return fail(ps, "':' is missing");
	if (doc_json_get(object, name, len) != NULL)
		return fail(ps, "a member is named twice");
	child = read_value(ps);
	if (child == NULL)
		return false;
	child->name = name;
	child->name_len = (uint32_t)len;
	member_add(ps->arena, object, child);
	return true;
}

static bool
read_element(struct parse *ps, struct doc_node *array)
{
	struct doc_node *child = read_value(ps);

	if (child != NULL)
		doc_json_append(array, child);
	return child != NULL;
}

static bool
read_children(struct parse *ps, struct doc_node *n)
{
	bool object = *ps->p++ == '{';
	char close = object ? '}' : ']';

	n->type = object ? DOC_OBJECT : DOC_ARRAY;
	if (++ps->depth > LIMIT_JSON_DEPTH)
		return fail(ps, "nested too deeply");
	if (!take(ps, close)) {
		do {
			if (!(object ? read_member(ps, n) : read_element(ps, n)))
				return false;
		} while (take(ps, ','));
		if (!take(ps, close))
			return fail(ps, object ? "'}' is missing" : "']' is missing");
	}
	ps->depth--;
	return true;
}

static struct doc_node *
read_value(struct parse *ps)
{
	struct doc_node *n = doc_json_new(ps->arena, DOC_NULL);
	bool ok;

	blanks(ps);
	switch (ps->p < ps->end ? *ps->p : '\0') {
	case '{':
	case '[':
		ok = read_children(ps, n);
		break;
	case '"':
		ps->p++;
		n->type = DOC_STRING;
		ok = read_string(ps, &n->text, &n->len);
		break;
	case 't':
		ok = read_word(ps, "true", DOC_TRUE, n);
		break;
	case 'f':
		ok = read_word(ps, "false", DOC_FALSE, n);
		break;
	case 'n':
		ok = read_word(ps, "null", DOC_NULL, n);
		break;
	default:
		ok = ps->p < ps->end ? read_number(ps, n) : fail(ps, "a value is missing");
	}
	return ok ? n : NULL;
}

static enum fz_err
refused(const struct parse *ps, struct why *why)
{
	return why_set(why, FZ_INVALID_JSON, "at byte %zu: %s",
	    (size_t)(ps->p - ps->start), ps->error);
}

enum fz_err
doc_json_parse(struct arena *a, const char *s, size_t len, struct doc_node **out,
    struct why *why)
{
	struct parse ps = { .arena = a, .start = s, .p = s, .end = s + len };
	struct doc_node *n;

	if (!str_utf8_ok(s, len))
		return why_set(why, FZ_INVALID_JSON, "not UTF-8");
	n = read_value(&ps);
	blanks(&ps);
	if (n != NULL && ps.p != ps.end)
		(void)fail(&ps, "more than one value");
	if (ps.error != NULL)
		return refused(&ps, why);
	*out = n;
	return FZ_OK;
}

enum fz_err
doc_json_each(struct arena *a, const char *s, size_t len, size_t *at,
    struct doc_node **out, struct why *why)
{
	struct parse ps = { .arena = a, .start = s, .p = s + *at, .end = s + len };
	struct doc_node *n;
	bool first = *at == 0;

	if (first && !str_utf8_ok(s, len))
		return why_set(why, FZ_INVALID_JSON, "not UTF-8");
	if (first && !take(&ps, '['))
		return why_set(why, FZ_INVALID_JSON, "not an array");
	if (take(&ps, ']')) {
		blanks(&ps);
		if (ps.p == ps.end)
			return FZ_NOT_FOUND;
		(void)fail(&ps, "more than one value");
		return refused(&ps, why);
	}
	if (!first && !take(&ps, ','))
		(void)fail(&ps, "']' is missing");
	n = ps.error == NULL ? read_value(&ps) : NULL;
	if (n == NULL)
		return refused(&ps, why);
	*out = n;
	*at = (size_t)(ps.p - s);
	return FZ_OK;
}

/* --- writing --- */

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
			(void)buf_add(b, out, put_body(out, s + i, 1));
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

size_t
doc_json_plain(char *out, const char *body, size_t len)
{
	struct parse ps = { .start = body, .p = body, .end = body + len };
	char *w = out;
	size_t n;

	while (ps.p < ps.end) {
		if (*ps.p != '\\') {
			*w++ = *ps.p++;
			continue;
		}
		ps.p++;
		if (!read_escape(&ps, w, &n))
			break;
		w += n;
	}
	return (size_t)(w - out);
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

/* Whole numbers of up to 15 digits, nearly all there are, without strtod(3). */
double
doc_json_double(const char *s, size_t len)
{
	bool minus = len > 0 && *s == '-';
	char copy[64], *big = NULL;
	int64_t whole = 0;
	size_t i = minus;
	double v;

	for (; i < len && i < 16 && s[i] >= '0' && s[i] <= '9'; i++)
		whole = whole * 10 + (s[i] - '0');
	if (i == len && len > 0)
		return minus ? -(double)whole : (double)whole;
	if (len >= sizeof(copy))
		big = xstrndup(s, len);
	else
		*(char *)mempcpy(copy, s, len) = '\0';
	v = strtod(big != NULL ? big : copy, NULL);
	free(big);
	return v;
}
