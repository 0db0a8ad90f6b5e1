/*
 * gzip (level 9, no time stamp) and brotli (quality 9, text) as streams: the same bytes
 * in give the same bytes out.  Private to store/.
 *
 * Thread contract: a struct compress belongs to one thread.
 */
#ifndef STORE_COMPRESS_H
#define STORE_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum compress_kind { COMPRESS_GZIP, COMPRESS_BROTLI };

/* Takes what came out; an error ends the compression with it. */
typedef enum fz_err (*compress_sink)(void *arg, const void *, size_t);

struct compress;

/* size: of the whole content, so that small ones take little memory. */
struct compress	*compress_new(enum compress_kind, uint64_t size, compress_sink, void *arg);
/* last: nothing follows; n may be 0. */
enum fz_err	 compress_add(struct compress *, const void *, size_t n, bool last) MUST_CHECK;
void		 compress_free(struct compress *);

#endif
