/*
 * Files embedded in the binary at build time by base/embed.sh: one sorted table
 * per name, ended by a row with path NULL.
 * Thread contract: immutable.
 */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

#include <stddef.h>
#include <stdint.h>

struct embed {
	const char	*path;		/* as in the source tree */
	const char	*data;		/* NUL-terminated */
	uint64_t	 len;		/* without the NUL */
};

extern const struct embed embed_schema[];
extern const struct embed embed_templates[];
extern const struct embed embed_snippets[];
extern const struct embed embed_pages[];	/* auth/pages */
extern const struct embed embed_jslib[];	/* runtime/lib */
extern const struct embed embed_modules[];	/* what runtime/modules builds */

#endif
