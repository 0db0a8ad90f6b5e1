/*
 * Digests, randomness and constant-time comparison, by OpenSSL's libcrypto.
 * Thread contract: a struct sha256 belongs to one thread, the rest any thread.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32
#define SHA256_HEX 65

struct sha256;

struct sha256	*sha256_new(void);
void		 sha256_free(struct sha256 *);
void		 sha256_add(struct sha256 *, const void *, size_t);
/* Result of all bytes so far; the object starts afresh. */
void		 sha256_take(struct sha256 *, uint8_t out[SHA256_LEN]);
void		 sha256_of(const void *, size_t, uint8_t out[SHA256_LEN]);

/* From getrandom(2); ends the process if the kernel has none. */
void		 random_bytes(void *, size_t);
uint32_t	 random_below(uint32_t bound);
bool		 ct_equal(const void *, const void *, size_t);
/* CRC-32 (IEEE 802.3), for the checksum of printed tokens; not a secret. */
uint32_t	 crc32_of(const void *, size_t);

#endif
