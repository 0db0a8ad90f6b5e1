/*
 * An arena is a list of blocks of 8 KiB filled from the front; what does not fit
 * a good part of a block gets a block of its own, so that one large body does not
 * waste the rest of a small one.  Reset keeps the first block: most requests live
 * in it and then cost no malloc at all.
 *
 * Running out of memory ends the process.  Half-handled allocation failure is code
 * that nobody ever runs; a restart is a state that we test.  There is no free of
 * single pieces and no growing in place: use a struct buf for what grows.
 */
#include "base/mem.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_SIZE 8192
#define ALIGN 16
#define OWN_BLOCK 2048			/* from here on a block of its own */

struct block {
	struct block	*next;
	size_t		 used;
	alignas(ALIGN) unsigned char data[];
};

#define BLOCK_ROOM (BLOCK_SIZE - sizeof(struct block))

struct defer {
	struct defer	*next;
	void		(*fn)(void *);
	void		*arg;
};

struct arena {
	struct block	*first;		/* never freed before the arena */
	struct block	*more;		/* full and own blocks, newest first */
	struct block	*current;
	struct defer	*defers;	/* newest first */
	size_t		 used;
};

/* No logging here: the log may be the one who asked. */
static void
memory_gone(void)
{
	static const char text[] = "fazt: out of memory\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)n;
	abort();
}

void *
xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (p == NULL)
		memory_gone();
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = n && size ? calloc(n, size) : calloc(1, 1);

	if (p == NULL)
		memory_gone();
	return p;
}

void *
xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);

	if (p == NULL)
		memory_gone();
	return p;
}

void *
mem_resize(void *old, size_t n)
{
	return realloc(old, n ? n : 1);
}

void *
xreallocarray(void *old, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		memory_gone();
	return xrealloc(old, bytes);
}

char *
xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

char *
xstrndup(const char *s, size_t max)
{
	size_t n = strnlen(s, max);
	char *p = xmalloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

void *
xmemdup(const void *src, size_t n)
{
	void *p = xmalloc(n);

	if (n > 0)
		memcpy(p, src, n);
	return p;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		memory_gone();
	return s;
}

struct arena *
arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	a->first = xmalloc(BLOCK_SIZE);
	a->first->next = NULL;
	a->first->used = 0;
	a->current = a->first;
	return a;
}

/* A deferred function may still use the arena, even register another one. */
static void
run_defers(struct arena *a)
{
	while (a->defers != NULL) {
		struct defer *d = a->defers;

		a->defers = d->next;
		d->fn(d->arg);
	}
}

void
arena_reset(struct arena *a)
{
	run_defers(a);
	while (a->more != NULL) {
		struct block *next = a->more->next;

		free(a->more);
		a->more = next;
	}
	a->first->used = 0;
	a->current = a->first;
	a->used = 0;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	arena_reset(a);
	free(a->first);
	free(a);
}

static struct block *
block_add(struct arena *a, size_t room)
{
	struct block *b;
	size_t bytes;

	if (__builtin_add_overflow(room, sizeof(*b), &bytes))
		memory_gone();
	b = xmalloc(bytes);
	b->used = 0;
	b->next = a->more;
	a->more = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	struct block *b = a->current;
	size_t size;
	void *p;

	if (__builtin_add_overflow(n ? n : 1, ALIGN - 1, &size))
		memory_gone();
	size &= ~(size_t)(ALIGN - 1);
	if (size > BLOCK_ROOM - b->used) {
		if (size >= OWN_BLOCK) {
			b = block_add(a, size);
		} else {
			b = block_add(a, BLOCK_ROOM);
			a->current = b;
		}
	}
	p = b->data + b->used;
	b->used += size;
	a->used += size;
	return memset(p, 0, size);
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_strndup(struct arena *a, const char *s, size_t max)
{
	size_t n = strnlen(s, max);
	char *p = arena_alloc(a, n + 1);

	memcpy(p, s, n);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *s;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		memory_gone();
	s = arena_alloc(a, (size_t)n + 1);
	(void)vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return s;
}

void
arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct defer *d = arena_alloc(a, sizeof(*d));

	d->fn = fn;
	d->arg = arg;
	d->next = a->defers;
	a->defers = d;
}
