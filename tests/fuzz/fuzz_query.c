/*
 * Oracle: a list written back with every byte escaped reads as the same list, and what
 * was accepted is UTF-8 without NUL.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/query.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char *
escaped(char *w, const char *s)
{
	char hex[3];

	for (; *s != '\0'; s++) {
		str_hex(hex, s, 1);
		*w++ = '%';
		w = stpcpy(w, hex);
	}
	return w;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct pairs list, again;
	char *text, *w;

	if (query_parse(a, (const char *)data, size, &list) != FZ_OK) {
		arena_free(a);
		return 0;
	}
	text = w = arena_alloc(a, 3 * size + 2 * list.n + 1);
	for (size_t i = 0; i < list.n; i++) {
		const struct pair *p = &list.v[i];

		if (!str_utf8_ok(p->name, strlen(p->name)) ||
		    !str_utf8_ok(p->value, strlen(p->value)))
			abort();
		w = escaped(w, p->name);
		*w++ = '=';
		w = escaped(w, p->value);
		*w++ = '&';
	}
	if (query_parse(a, text, (size_t)(w - text), &again) != FZ_OK ||
	    again.n != list.n)
		abort();
	for (size_t i = 0; i < list.n; i++)
		if (strcmp(list.v[i].name, again.v[i].name) != 0 ||
		    strcmp(list.v[i].value, again.v[i].value) != 0)
			abort();
	arena_free(a);
	return 0;
}
