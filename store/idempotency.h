/*
 * Idempotency-Key: the first answer to (caller, key) is kept for a day and given
 * again to the same request; another request with that key is refused.
 * Thread contract: any thread.
 */
#ifndef STORE_IDEMPOTENCY_H
#define STORE_IDEMPOTENCY_H

#include "base/digest.h"
#include "base/mem.h"
#include "store/store.h"

/*
 * Claim the key.  FZ_OK and *status = 0: go on, then _finish.  FZ_OK and *status > 0:
 * give *answer (arena) again.  FZ_IDEMPOTENCY_MISMATCH: used for another request.
 * FZ_CONFLICT: the first one is still running (the claim of a killed process is taken
 * over).
 */
enum fz_err	 idempotency_begin(struct store *, struct arena *, const char *caller,
		    const char *key, const uint8_t request[SHA256_LEN], int *status,
		    const char **answer) MUST_CHECK;
/* Keep the answer; status 0 forgets the claim (the request failed, try again). */
enum fz_err	 idempotency_finish(struct store *, const char *caller, const char *key,
		    int status, const char *answer, uint64_t *seq) MUST_CHECK;

#endif
