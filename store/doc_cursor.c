/*
 * Hex of: a check over all that follows and over what was asked, the number of the last
 * document, its sort parts.  The check tells a cursor of another query from a good
 * one; it is no secret.  A forged cursor begins a scan of the caller's own query at
 * another place, which an offset does as well.
 */
#include "store/doc_cursor.h"

#include <string.h>

#include "base/str.h"

#define HEAD 16			/* check and number, 8 bytes each */

static uint64_t
hash(uint64_t h, const void *p, size_t len)
{
	const unsigned char *s = p;

	for (size_t i = 0; i < len; i++)
		h = (h ^ s[i]) * UINT64_C(0x100000001b3);
	h = (h ^ len) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

static uint64_t
check(const struct doc_coll *coll, const struct doc_query *q, const struct doc_options *o,
    int64_t n, const struct doc_key *k)
{
	uint64_t h = hash(UINT64_C(0xcbf29ce484222325), &coll->id, sizeof(coll->id));

	h = hash(h, &q->hash, sizeof(q->hash));
	h = hash(h, &o->up, sizeof(o->up));
	for (unsigned i = 0; i < o->nsort; i++) {
		h = hash(h, o->sort[i].path.text, strlen(o->sort[i].path.text));
		h = hash(h, &o->sort[i].down, sizeof(o->sort[i].down));
	}
	h = hash(h, &n, sizeof(n));
	return hash(h, k->p, k->len);
}

const char *
doc_cursor_print(struct arena *a, const struct doc_coll *coll, const struct doc_query *q,
    const struct doc_options *o, int64_t n, const struct doc_key *k)
{
	uint64_t sum = check(coll, q, o, n, k);
	char *bytes = arena_alloc(a, HEAD + k->len);
	char *text = arena_alloc(a, 2 * (HEAD + k->len) + 1);

	memcpy(bytes, &sum, 8);
	memcpy(bytes + 8, &n, 8);
	memcpy(bytes + HEAD, k->p, k->len);
	str_hex(text, bytes, HEAD + k->len);
	return text;
}

bool
doc_cursor_parse(struct arena *a, const struct doc_coll *coll, const struct doc_query *q,
    const struct doc_options *o, const char *text, int64_t *n, struct doc_key *k)
{
	size_t len = strlen(text), bytes = len / 2;
	unsigned char *p = arena_alloc(a, bytes + 1);
	struct doc_key key;
	uint64_t sum;
	int64_t number;

	if (bytes < HEAD || !str_unhex(p, bytes, text, len))
		return false;
	memcpy(&sum, p, 8);
	memcpy(&number, p + 8, 8);
	key = (struct doc_key){ p + HEAD, bytes - HEAD };
	if (sum != check(coll, q, o, number, &key) || number < 0 ||
	    number > DOC_NUMBER_MAX || (key.len == 0) != (o->nsort == 0))
		return false;
	*n = number;
	*k = key;
	return true;
}
