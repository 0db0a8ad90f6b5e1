/*
 * The first byte chooses the window, the first line is the boundary parameter, the rest
 * the body.  Oracle: a body in a file, searched with a window barely larger than the
 * delimiter, gives the same parts as the body in memory with the real window; parts lie
 * in order inside the body and no delimiter is left in them.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#undef LIMIT_SPOOL_MEMORY
#define LIMIT_SPOOL_MEMORY memory_limit
static size_t memory_limit;

#include "base/multipart.c"
#include "base/spool.c"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct spool *
body_of(const uint8_t *data, size_t size, size_t limit)
{
	struct spool *s = spool_new("/tmp", UINT64_MAX);

	memory_limit = limit;
	if (spool_add(s, data, size) != FZ_OK)
		abort();
	if (size > 0 && (spool_fd(s) >= 0) != (limit == 0))
		abort();
	return s;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
check_part(const struct part *p, const struct part *q, uint64_t *end, const uint8_t *data,
    size_t size, const char *delimiter)
{
	if (p->off != q->off || p->len != q->len || !same_text(p->name, q->name) ||
	    !same_text(p->filename, q->filename) || !same_text(p->type, q->type))
		abort();
	if (p->off < *end || p->off > size || p->len > size - p->off)
		abort();
	if (memmem(data + p->off, p->len, delimiter, strlen(delimiter)) != NULL)
		abort();
	if (p->off + p->len + strlen(delimiter) > size ||
	    memcmp(data + p->off + p->len, delimiter, strlen(delimiter)) != 0)
		abort();
	if (!str_utf8_ok(p->name, strlen(p->name)))
		abort();
	*end = p->off + p->len;
}

static void
check(struct arena *a, const char *type, size_t extra, const uint8_t *data, size_t size)
{
	struct spool *memory = body_of(data, size, 64 * KIB);
	struct spool *file = body_of(data, size, 0);
	struct scan probe = { .arena = a };
	struct parts p = { 0 }, q = { 0 };
	const char *one = NULL, *two = NULL;
	struct why why = { 0 }, why2 = { 0 };
	uint64_t end = 0;
	size_t window;
	enum fz_err err;

	window = take_boundary(&probe, type) == FZ_OK ? probe.dlen + extra : WINDOW;
	err = multipart_parse(a, memory, type, &p, &why);
	if (err != parse(a, file, type, window, &q, &why2) || p.n != q.n)
		abort();
	if (strcmp(why.text, why2.text) != 0)
		abort();
	for (size_t i = 0; i < p.n; i++) {
		check_part(&p.v[i], &q.v[i], &end, data, size, probe.delimiter);
		err = part_text(a, memory, &p.v[i], 100, &one);
		if (err != part_text(a, file, &q.v[i], 100, &two))
			abort();
		if (err == FZ_OK && strcmp(one, two) != 0)
			abort();
	}
	spool_free(memory);
	spool_free(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *lf;
	struct arena *a;
	char *type;

	if (size < 2 || size > 64 * KIB)
		return 0;
	lf = memchr(data + 1, '\n', size - 1);
	if (lf == NULL)
		return 0;
	a = arena_new();
	type = arena_printf(a, "multipart/form-data; boundary=%.*s", (int)(lf - data - 1),
	    (const char *)data + 1);
	check(a, type, data[0] % 8, lf + 1, size - (size_t)(lf + 1 - data));
	arena_free(a);
	return 0;
}
