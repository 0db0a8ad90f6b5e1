/*
 * Key-values of an app: JSON text under a key of 1 to 512 bytes, with an expiry in
 * milliseconds since 1970 (0 = never).  What has expired is absent to every reader at that
 * millisecond and removed by the keeper later.
 *
 * Keys are UTF-8 without NUL; values are canonical JSON text (raw UTF-8).  The counters of
 * store/usage.h move in the same transaction.
 *
 * Errors besides the store's: FZ_VALIDATION_FAILED for a key or value out of bounds,
 * FZ_QUOTA_EXCEEDED past quota->kv_keys.
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_KV_H
#define STORE_KV_H

#include <stdbool.h>

#include "base/mem.h"
#include "store/quota.h"
#include "store/space.h"
#include "store/store.h"

#define KV_KEY_MAX 512
#define KV_VALUE_MAX (1024UL * 1024)

struct kv {
	const char	*key;
	const char	*value;		/* NULL when only keys were asked for */
	size_t		 value_len;
	int64_t		 expires;	/* 0 = never */
	int64_t		 user;
};

/* FZ_NOT_FOUND when absent or expired.  *out in the arena. */
enum fz_err	 kv_get(struct reader *, struct arena *, struct space, const char *key,
		    struct kv *out) MUST_CHECK;
/* expires 0 clears an old expiry; one that has passed deletes. */
enum fz_err	 kv_set(struct writer *, struct space, const struct quota *, const char *key,
		    const char *value, size_t len, int64_t expires) MUST_CHECK;
/* FZ_OK also when it was absent. */
enum fz_err	 kv_delete(struct writer *, struct space, const char *key) MUST_CHECK;
/*
 * Add by to a number (absent counts as 0), *out is the new one.  keep_expiry: leave the
 * expiry as it is, else set expires.  FZ_KV_NOT_NUMBER.  Integers stay exact to 2^53.
 */
enum fz_err	 kv_incr(struct writer *, struct space, const struct quota *, const char *key,
		    double by, bool keep_expiry, int64_t expires, double *out) MUST_CHECK;
/*
 * If the present value equals expected (JSON texts, deep equality; NULL = must be absent)
 * set value (NULL = delete).  *done says whether.
 */
enum fz_err	 kv_cas(struct writer *, struct arena *, struct space, const struct quota *,
		    const char *key, const char *expected, size_t expected_len,
		    const char *value, size_t value_len, int64_t expires, bool *done)
		    MUST_CHECK;

struct kv_filter {
	const char	*prefix;	/* literal, "" = all */
	const char	*after;		/* keys > this, NULL = from the start */
	int64_t		 after_user;	/* whose `after` is, with all_users */
	int64_t		 limit;		/* rows at most; 0 = none, see below */
	bool		 keys_only;
	bool		 all_users;	/* every space of the app, for the owner's tools */
};
#define KV_ROWS_MAX 10000
#define KV_BYTES_MAX (8UL * 1024 * 1024)
/*
 * By key (bytes), with all_users by user and then key; *more: the limit cut it.  More than
 * KV_ROWS_MAX rows or KV_BYTES_MAX bytes that no limit cut are FZ_LIMIT_EXCEEDED.
 */
enum fz_err	 kv_list(struct reader *, struct arena *, struct space,
		    const struct kv_filter *, struct kv **v, size_t *n, bool *more) MUST_CHECK;
/* Has anything expired that still lies there? */
enum fz_err	 kv_expired(struct reader *, int64_t now, bool *) MUST_CHECK;
/* Remove what has expired, at most max rows; *removed. */
enum fz_err	 kv_sweep(struct writer *, int64_t now, int64_t max, int64_t *removed)
		    MUST_CHECK;

#endif
