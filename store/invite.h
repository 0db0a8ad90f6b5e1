/*
 * Invites: codes that make an account, of which only the SHA-256 is kept.
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_INVITE_H
#define STORE_INVITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/mem.h"
#include "store/store.h"

struct invite {
	int64_t		 id;
	const char	*uid;		/* "fazt_inv_..." */
	const char	*role;
	const char	*email;		/* "" = anybody's */
	int64_t		 created_by;	/* user, 0 = none */
	const char	*created_by_uid;	/* "" = none, or gone */
	int64_t		 created;
	int64_t		 expires;
	int64_t		 max_uses;
	int64_t		 use_count;
	bool		 valid;		/* who made it may still give this role */
};

#define INVITE_MAX 1000			/* there can be */

/* Takes role, email, created_by, expires, max_uses.  FZ_QUOTA_EXCEEDED past INVITE_MAX. */
enum fz_err	 invite_add(struct writer *, struct arena *, struct invite *,
		    const uint8_t hash[SHA256_LEN], int64_t now) MUST_CHECK;
/* One that can still be used: valid, not expired, uses left.  FZ_INVITE_NOT_FOUND. */
enum fz_err	 invite_get(struct reader *, struct arena *, const uint8_t hash[SHA256_LEN],
		    int64_t now, struct invite *) MUST_CHECK;
/* Take one use inside the transaction that makes the account.  FZ_INVITE_NOT_FOUND. */
enum fz_err	 invite_use(struct writer *, struct arena *, const uint8_t hash[SHA256_LEN],
		    int64_t now, struct invite *) MUST_CHECK;
/* Newest first, with those that are over. */
enum fz_err	 invite_list(struct reader *, struct arena *, struct invite **v, size_t *n)
		    MUST_CHECK;
/* FZ_INVITE_NOT_FOUND. */
enum fz_err	 invite_delete(struct writer *, const char *uid) MUST_CHECK;

#endif
