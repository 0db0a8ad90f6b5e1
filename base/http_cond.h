/*
 * Conditional and range requests and the choice of an encoding: RFC 9110 sections 8.8.3,
 * 12.5.3, 13.1 and 14.
 *
 * Thread contract: pure functions, any thread.
 */
#ifndef BASE_HTTP_COND_H
#define BASE_HTTP_COND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_COND_TAG 40	/* bytes of a tag with its quotes, a suffix and the NUL */
/* The strong tag of a content: half of its SHA-256, and for a variant "-gz" or "-br". */
void	http_cond_tag(char out[HTTP_COND_TAG], const uint8_t sha256[32], const char *suffix);
/* Does If-None-Match name this tag (weak comparison)?  etag has its quotes. */
bool	http_cond_etag(const char *list, const char *etag);
/* If-Range: the same strong tag, or exactly this date.  NULL header: true. */
bool	http_cond_if_range(const char *value, const char *etag, int64_t modified_ms);

enum http_cond_range {
	HTTP_COND_WHOLE,	/* no range, several, or none we understand */
	HTTP_COND_PART,
	HTTP_COND_UNSATISFIABLE,
};
/* On HTTP_COND_PART [*from, *from + *len) lies inside size and is not empty. */
enum http_cond_range http_cond_range(const char *value, uint64_t size, uint64_t *from,
	    uint64_t *len);

enum http_cond_enc { HTTP_COND_PLAIN, HTTP_COND_GZIP, HTTP_COND_BROTLI };
/* The best of plain and what exists; header may be NULL. */
enum http_cond_enc http_cond_encoding(const char *accept, bool gzip, bool brotli);

#endif
