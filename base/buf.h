/*
 * A growable byte buffer that cannot be created without a maximum.  Appending
 * past it fails with FZ_PAYLOAD_TOO_LARGE and marks the buffer failed; later appends
 * keep failing, so a writer may append a whole document and check once with
 * buf_ok().  data is always NUL-terminated once something was appended.
 *
 * Thread contract: owned by one thread.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct buf {
	char	*data;
	size_t	 len;
	size_t	 cap;
	size_t	 max;
	bool	 failed;
};

void		 buf_init(struct buf *, size_t max);
void		 buf_fini(struct buf *);
void		 buf_reset(struct buf *);
enum fz_err	 buf_add(struct buf *, const void *, size_t);
enum fz_err	 buf_puts(struct buf *, const char *);
enum fz_err	 buf_putc(struct buf *, char);
enum fz_err	 buf_printf(struct buf *, const char *, ...) PRINTF(2, 3);
/*
 * Append s as a JSON string with quotes; invalid UTF-8 becomes U+FFFD.  Control
 * characters (C0, DEL, C1) and U+2028, U+2029 are escaped, so the text is safe in a
 * log, on a terminal and in JavaScript; '/' and '<' are not.
 */
enum fz_err	 buf_json(struct buf *, const char *s, size_t len);
/*
 * One character of buf_json: escape the first character of s (len >= 1) into out,
 * *n bytes, not NUL-terminated.  Returns how many bytes of s it took, >= 1.
 */
#define BUF_JSON_STEP 8
size_t		 buf_json_step(char out[BUF_JSON_STEP], size_t *n, const char *s,
		    size_t len);
/* Append s with & < > " ' escaped for HTML text and attributes. */
enum fz_err	 buf_html(struct buf *, const char *s);
/*
 * Make room for n more bytes and return where they go, NULL past the maximum.  len
 * stays: the caller adds to it what it wrote, and if that is less than n, sets the NUL.
 */
void		*buf_reserve(struct buf *, size_t n);
bool		 buf_ok(const struct buf *);
/* Move the bytes out (caller frees), never NULL; the buffer is empty afterwards. */
char		*buf_take(struct buf *, size_t *len);

#endif
