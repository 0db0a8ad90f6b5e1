/*
 * One file in the compiler's heap.  For runtime/transpile.c.
 * Thread contract: owned by one thread; a heap by one at a time.
 */
#ifndef RUNTIME_TRANSPILE_JOB_H
#define RUNTIME_TRANSPILE_JOB_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "runtime/region.h"

struct transpile_job {
	int		 kind;
	const char	*src;
	size_t		 len;
	/* results; error has a length if the source is wrong */
	enum fz_err	 err;
	struct buf	 js;
	struct buf	 map;
	struct buf	 uses;
	struct buf	 error;
	int		 line;
	int		 column;
};

void		 transpile_job_init(struct transpile_job *, int kind, const char *src,
		    size_t len);
void		 transpile_job_fini(struct transpile_job *);
/* A heap with the compiler loaded; NULL without memory for it. */
struct region	*transpile_job_heap(void);
/* Translate; the heap is as new afterwards. */
void		 transpile_job_run(struct region *, struct transpile_job *);

#endif
