/*
 * Oracle: a platform cookie counts only if the header holds its exact name once, at
 * the start or behind a ';'; and no other spelling makes one.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/query.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define NAME "__Host-fazt"

/* Times that NAME= stands in the text, wherever. */
static int
occurrences(const char *s)
{
	int n = 0;

	for (s = strstr(s, NAME "="); s != NULL; s = strstr(s + 1, NAME "="))
		n++;
	return n;
}

static bool
stands_behind(const char *header, const char *separators)
{
	for (const char *s = header; (s = strstr(s, NAME "=")) != NULL; s++) {
		const char *p = s;

		while (p > header && (p[-1] == ' ' || p[-1] == '\t'))
			p--;
		if (p == header || strchr(separators, p[-1]) != NULL)
			return true;
	}
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	char *header = arena_strndup(a, (const char *)data, size);
	struct pairs list;
	const char *value;
	size_t total = 0;

	cookie_parse(a, header, &list);
	for (size_t i = 0; i < list.n; i++) {
		const char *name = list.v[i].name;

		if (*name == '\0' || !str_utf8_ok(name, strlen(name)) ||
		    !str_utf8_ok(list.v[i].value, strlen(list.v[i].value)))
			abort();
		if (strpbrk(name, "=; \t") != NULL ||
		    strchr(list.v[i].value, ';') != NULL)
			abort();
		total += strlen(name) + strlen(list.v[i].value) + 1;
	}
	if (total > strlen(header))
		abort();
	value = cookie_single(&list, NAME);
	if (value != NULL && *value != '\0' && !stands_behind(header, ";"))
		abort();
	if (value != NULL && occurrences(header) == 0)
		abort();
	if (pairs_get(&list, NAME) != NULL && !stands_behind(header, ";,"))
		abort();
	arena_free(a);
	return 0;
}
