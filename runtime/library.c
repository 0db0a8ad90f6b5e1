/*
 * Compiling the library costs tens of milliseconds a heap, loading its bytecode a fraction
 * of one.  The engine trusts bytecode blindly and its format belongs to this very build,
 * so it is made here, from the text inside the binary, and kept in memory only.
 *
 * An entry is written once under the lock and then never changes, so its bytes may be read
 * without it.
 */
#include "runtime/library.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "runtime/guard.h"

struct entry {
	struct entry	*next;
	const struct embed *file;
	void		*bytecode;
	size_t		 len;
};

struct library {
	pthread_mutex_t	 lock;		/* guards the list */
	struct entry	*entries;
};

struct library *
library_new(void)
{
	struct library *l = xcalloc(1, sizeof(*l));

	pthread_mutex_init(&l->lock, NULL);
	return l;
}

void
library_free(struct library *l)
{
	struct entry *e, *next;

	if (l == NULL)
		return;
	for (e = l->entries; e != NULL; e = next) {
		next = e->next;
		free(e->bytecode);
		free(e);
	}
	pthread_mutex_destroy(&l->lock);
	free(l);
}

static const struct entry *
find(struct library *l, const struct embed *file)
{
	const struct entry *e;

	pthread_mutex_lock(&l->lock);
	for (e = l->entries; e != NULL && e->file != file; e = e->next)
		continue;
	pthread_mutex_unlock(&l->lock);
	return e;
}

/* Two heaps may compile the same file at once; the second one is kept too, unused. */
static void
keep(struct library *l, const struct embed *file, const void *bytecode, size_t len)
{
	struct entry *e = xcalloc(1, sizeof(*e));

	e->file = file;
	e->bytecode = xmemdup(bytecode, len);
	e->len = len;
	pthread_mutex_lock(&l->lock);
	e->next = l->entries;
	l->entries = e;
	pthread_mutex_unlock(&l->lock);
}

/* Frames of these files are told from the app's by their name. */
static void
push_name(duk_context *ctx, const struct embed *file)
{
	const char *slash = strrchr(file->path, '/');

	duk_push_sprintf(ctx, "fazt:%s", slash == NULL ? file->path : slash + 1);
}

static void
compile(duk_context *ctx, const struct embed *file, duk_uint_t flags)
{
	duk_push_lstring(ctx, file->data, (size_t)file->len);
	push_name(ctx, file);
	duk_compile(ctx, flags);
}

static void
push(struct library *l, duk_context *ctx, const struct embed *file, duk_uint_t flags)
{
	const struct entry *e;
	const void *bytes;
	duk_size_t len;

	guard_out();
	e = find(l, file);
	guard_in(ctx);
	if (e != NULL) {
		/* Not copied into the heap, where it would leave holes in the snapshot. */
		duk_push_external_buffer(ctx);
		duk_config_buffer(ctx, -1, e->bytecode, e->len);
		duk_load_function(ctx);
		return;
	}
	compile(ctx, file, flags);
	duk_dup_top(ctx);
	duk_dump_function(ctx);
	bytes = duk_get_buffer(ctx, -1, &len);
	guard_out();
	keep(l, file, bytes, len);
	guard_in(ctx);
	duk_pop(ctx);
}

bool
library_is_lazy(const struct embed *file)
{
	return str_ends(file->path, ".lazy.js");
}

void
library_push(struct library *l, duk_context *ctx, const struct embed *file)
{
	push(l, ctx, file, 0);
}

void
library_push_module(struct library *l, duk_context *ctx, const struct embed *file)
{
	push(l, ctx, file, DUK_COMPILE_EVAL);
	duk_call(ctx, 0);
}
