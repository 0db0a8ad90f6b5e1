/*
 * Passwords: Argon2id (RFC 9106), m=46 MiB t=1 p=1, as PHC strings.  At most two
 * hashes (one with fewer than four cores) run at once, eight more may wait, others are
 * told FZ_OVERLOADED.
 *
 * Thread contract: any thread.
 */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define PASSWORD_PHC_MAX 160
#define PASSWORD_MIN 8		/* bytes */
#define PASSWORD_MAX 1024

/*
 * PASSWORD_MIN to PASSWORD_MAX bytes and not among the most common ones;
 * FZ_VALIDATION_FAILED with *why.
 */
enum fz_err	 password_ok(const char *, size_t, struct why *) MUST_CHECK;
enum fz_err	 password_hash(const char *, size_t, char phc[PASSWORD_PHC_MAX]) MUST_CHECK;
/* *ok = does it match; phc NULL does the same work and says no. */
enum fz_err	 password_check(const char *phc, const char *, size_t, bool *ok) MUST_CHECK;
/* Was this PHC string made with less work than we do now?  False for NULL. */
bool		 password_stale(const char *phc);
/* 22 characters of base62 from the kernel: more than 128 bits. */
void		 password_generate(char out[23]);

#endif
