/*
 * What makes two requests "the same": method, path, query and body, hashed.  Only
 * answers that say the work was done (2xx) are kept; after a refusal the caller may
 * mend the request and use the key again.  Who calls is part of the key, so nobody
 * reads another's answer.
 */
#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "fcgi/once.h"
#include "store/idempotency.h"

#define ANSWER_MAX (256 * KIB)

static const char *
caller_of(const struct request *rq)
{
	if (rq->caller.key_id != NULL)
		return rq->caller.key_id;
	return rq->caller.user_uid;
}

static enum fz_err
hash_request(const struct request *rq, uint8_t out[SHA256_LEN])
{
	struct sha256 *h = sha256_new();
	char piece[16 * KIB];
	uint64_t off = 0;
	ssize_t n = 0;

	sha256_add(h, rq->method_name, strlen(rq->method_name) + 1);
	sha256_add(h, rq->path, strlen(rq->path) + 1);
	sha256_add(h, rq->query, strlen(rq->query) + 1);
	while (rq->body != NULL &&
	    (n = spool_read(rq->body, off, piece, sizeof(piece))) > 0) {
		sha256_add(h, piece, (size_t)n);
		off += (uint64_t)n;
	}
	sha256_take(h, out);
	sha256_free(h);
	return n < 0 ? FZ_IO : FZ_OK;
}

enum fz_err
once_begin(struct request *rq, struct response *rs, bool *again)
{
	const char *key = request_header(rq, "idempotency-key"), *answer = NULL;
	uint8_t hash[SHA256_LEN];
	int status = 0;
	enum fz_err err;

	if (key == NULL)
		return FZ_OK;
	if (*key == '\0' || strlen(key) > LIMIT_IDEMPOTENCY_KEY)
		return response_invalid(rs, "Idempotency-Key", "1 to 64 characters");
	if (caller_of(rq) == NULL)
		return FZ_UNAUTHORIZED;
	err = hash_request(rq, hash);
	if (err == FZ_OK)
		err = idempotency_begin(rq->node->store, rq->arena, caller_of(rq), key, hash,
		    &status, &answer);
	if (err == FZ_CONFLICT)
		return response_why(rs, err,
		    "The first request with this Idempotency-Key is still running");
	if (err != FZ_OK || status == 0)
		return err;
	response_bytes(rs, status, "application/json", answer, strlen(answer));
	response_header(rs, "Idempotency-Replayed", "true");
	*again = true;
	return FZ_OK;
}

void
once_end(struct request *rq, struct response *rs)
{
	const char *key = request_header(rq, "idempotency-key");
	bool keep = rs->status >= 200 && rs->status < 300 && rs->source == NULL &&
	    rs->len < ANSWER_MAX;
	const char *answer;
	uint64_t seq = 0;

	if (key == NULL || caller_of(rq) == NULL)
		return;
	answer = keep && rs->len > 0 ? arena_strndup(rq->arena, rs->bytes, rs->len) : "";
	if (idempotency_finish(rq->node->store, caller_of(rq), key, keep ? rs->status : 0,
	    answer, &seq) == FZ_OK && seq > rq->seq)
		rq->seq = seq;
}
