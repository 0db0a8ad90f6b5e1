/*
 * Base64 (RFC 4648 4) and base64url (RFC 4648 5, written without padding).
 * Thread contract: pure functions.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for n bytes in either form, with the NUL; n is at most 1 GiB. */
#define BASE64_SIZE(n) (((size_t)(n) + 2) / 3 * 4 + 1)
/* Room for what len characters decode to. */
#define BASE64_ROOM(len) ((size_t)(len) / 4 * 3 + 3)

/* How many characters were written before the NUL. */
size_t	base64_encode(char *out, const void *, size_t n, bool url);
/*
 * Strict, since a lenient decoder lets two texts mean the same bytes: one alphabet, no
 * blanks, padding whole or left out, no bits left over.
 */
bool	base64_decode(const char *, size_t len, void *out, size_t *outlen);

#endif
