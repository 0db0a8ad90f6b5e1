/*
 * multipart/form-data (RFC 7578, RFC 2046 5.1) over a spooled body.  Parts are
 * ranges of the spool: nothing is copied, a 100 MiB upload costs a scan.
 * Limits: 100 parts, 8 KiB of header each, boundary 1-70 bytes.
 * Thread contract: results live in the arena, borrowed from the spool.
 */
#ifndef BASE_MULTIPART_H
#define BASE_MULTIPART_H

#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/spool.h"

struct part {
	const char	*name;		/* field name, never NULL */
	const char	*filename;	/* NULL = a plain field */
	const char	*type;		/* Content-Type or NULL */
	uint64_t	 off;		/* of the content in the spool */
	uint64_t	 len;
};

struct parts {
	struct part	*v;
	size_t		 n;
};

/* content_type: the request's header.  FZ_BAD_REQUEST with *why, or FZ_IO. */
enum fz_err	 multipart_parse(struct arena *, const struct spool *,
		    const char *content_type, struct parts *, struct why *) MUST_CHECK;
const struct part *parts_find(const struct parts *, const char *name);
/*
 * Content of a plain field as text: FZ_PAYLOAD_TOO_LARGE past max bytes,
 * FZ_BAD_REQUEST with a NUL or invalid UTF-8.
 */
enum fz_err	 part_text(struct arena *, const struct spool *, const struct part *,
		    size_t max, const char **out) MUST_CHECK;

#endif
