/*
 * Idempotency-Key around a handler (docs/contract.md 2): the same key and request within
 * a day get the first answer again.
 * Thread contract: as the request.
 */
#ifndef FCGI_ONCE_H
#define FCGI_ONCE_H

#include "base/request.h"
#include "base/response.h"

/*
 * Without the header: FZ_OK.  *again = true: *rs holds the kept answer, do not run the
 * handler.  FZ_IDEMPOTENCY_MISMATCH, FZ_CONFLICT, FZ_VALIDATION_FAILED.
 */
enum fz_err	once_begin(struct request *, struct response *, bool *again) MUST_CHECK;
/* After the handler: keep its answer, or forget the claim when it failed. */
void		once_end(struct request *, struct response *);

#endif
