/*
 * Secrets at rest: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce, bound to a
 * context text, under a key derived (HKDF-SHA-256, RFC 5869) from the node's master key.
 *
 *	sealed = version 1 | nonce 12 | ciphertext | tag 16
 *
 * Thread contract: immutable after seal_open; any thread.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct seal;

#define SEAL_KEY_LEN 32
#define SEAL_EXTRA 29		/* bytes a sealed text is longer */

/* FZ_NOT_FOUND without the file; FZ_VALIDATION_FAILED if it is neither 32 bytes (as init
 * writes it) nor 64 hex digits with or without a newline, or if others may read it. */
enum fz_err	 seal_open(const char *path, struct seal **, struct why *) MUST_CHECK;
struct seal	*seal_of_key(const uint8_t key[SEAL_KEY_LEN]);
void		 seal_free(struct seal *);
/* out has room for len + SEAL_EXTRA bytes.  FZ_IO if the library fails. */
enum fz_err	 seal_lock(const struct seal *, const char *context, const void *, size_t len,
		    uint8_t *out) MUST_CHECK;
/* out has room for len - SEAL_EXTRA.  FZ_CORRUPT if anything of it was changed or it was
 * sealed for another context; out is then cleared. */
enum fz_err	 seal_unlock(const struct seal *, const char *context, const void *, size_t len,
		    uint8_t *out) MUST_CHECK;
/* A key for one purpose ("blob urls"), 32 bytes. */
void		 seal_derive(const struct seal *, const char *purpose,
		    uint8_t out[SEAL_KEY_LEN]);

#endif
