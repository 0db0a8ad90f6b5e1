/*
 * Memory.  x*: small internal allocations that end the process when memory is
 * gone (the service manager restarts it).  struct arena: everything a request
 * needs until its answer is out, freed in one stroke.  Sizes that a peer
 * chooses are bounded (base/limits.h) before they come here.
 *
 * Thread contract: x* any thread; an arena belongs to one thread at a time.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"

void	*xmalloc(size_t) __attribute__((malloc, returns_nonnull));
void	*xcalloc(size_t, size_t) __attribute__((malloc, returns_nonnull));
void	*xrealloc(void *, size_t) __attribute__((returns_nonnull));
void	*xreallocarray(void *, size_t, size_t) __attribute__((returns_nonnull));
char	*xstrdup(const char *) __attribute__((malloc, returns_nonnull));
char	*xstrndup(const char *, size_t) __attribute__((malloc, returns_nonnull));
void	*xmemdup(const void *, size_t) __attribute__((malloc, returns_nonnull));
char	*xasprintf(const char *, ...) PRINTF(1, 2) __attribute__((returns_nonnull));

/* realloc(3) for a size that a peer chose: NULL when memory is gone, old stays. */
void	*mem_resize(void *, size_t) MUST_CHECK;

struct arena;

struct arena	*arena_new(void);
void		 arena_free(struct arena *);
/* Forget everything but keep the first block, for the next request. */
void		 arena_reset(struct arena *);
/* Bytes handed out since it was new or reset. */
size_t		 arena_used(const struct arena *);
/* 16-byte aligned, zeroed. */
void		*arena_alloc(struct arena *, size_t) __attribute__((returns_nonnull));
char		*arena_strdup(struct arena *, const char *)
		    __attribute__((returns_nonnull));
char		*arena_strndup(struct arena *, const char *, size_t)
		    __attribute__((returns_nonnull));
char		*arena_printf(struct arena *, const char *, ...) PRINTF(2, 3)
		    __attribute__((returns_nonnull));
/* Call fn(arg) when the arena is reset or freed, last registered first. */
void		 arena_defer(struct arena *, void (*fn)(void *), void *arg);

#endif
