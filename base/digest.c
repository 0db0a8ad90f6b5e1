/*
 * SHA-256 through EVP, with the algorithm fetched once: an implicit fetch for each
 * digest costs more than hashing a small file.  Randomness comes straight from the
 * kernel, so a fork or a forgotten seed cannot repeat it.
 *
 * None of these functions can fail in a way a caller could mend: libcrypto without
 * SHA-256 or a kernel without randomness ends the process.
 */
#include "base/digest.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <zlib.h>

#include "base/log.h"
#include "base/mem.h"

struct sha256 {
	EVP_MD_CTX	*ctx;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *algorithm;		/* set once, lives as long as the process */

static void
fetch(void)
{
	algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static const EVP_MD *
sha256(void)
{
	if (pthread_once(&once, fetch) != 0 || algorithm == NULL)
		log_fatal("libcrypto has no SHA-256", NULL);
	return algorithm;
}

static void
need(int ok)
{
	if (ok != 1)
		log_fatal("libcrypto failed to compute a SHA-256", NULL);
}

struct sha256 *
sha256_new(void)
{
	struct sha256 *h = xmalloc(sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	need(h->ctx != NULL && EVP_DigestInit_ex2(h->ctx, sha256(), NULL) == 1);
	return h;
}

void
sha256_free(struct sha256 *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void
sha256_add(struct sha256 *h, const void *p, size_t n)
{
	need(EVP_DigestUpdate(h->ctx, p, n));
}

void
sha256_take(struct sha256 *h, uint8_t out[SHA256_LEN])
{
	need(EVP_DigestFinal_ex(h->ctx, out, NULL));
	need(EVP_DigestInit_ex2(h->ctx, sha256(), NULL));
}

void
sha256_of(const void *p, size_t n, uint8_t out[SHA256_LEN])
{
	need(EVP_Digest(p, n, out, NULL, sha256(), NULL));
}

void
random_bytes(void *out, size_t n)
{
	unsigned char *p = out;

	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			log_fatal("the kernel gives no randomness", "error",
			    strerrordesc_np(errno), NULL);
		p += got;
		n -= (size_t)got;
	}
}

uint32_t
random_below(uint32_t bound)
{
	uint32_t v, unfair;

	if (bound < 2)
		return 0;
	/* 2^32 mod bound: the first values that a plain remainder would favour. */
	unfair = -bound % bound;
	do {
		random_bytes(&v, sizeof(v));
	} while (v < unfair);
	return v % bound;
}

bool
ct_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

uint32_t
crc32_of(const void *p, size_t n)
{
	return n > 0 ? (uint32_t)crc32_z(0, p, n) : 0;
}
