/*
 * What apps hold for one user.
 * Thread contract: as the reader given; user_data_delete any thread that holds neither
 * reader nor writer.
 */
#ifndef STORE_USER_DATA_H
#define STORE_USER_DATA_H

#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "store/store.h"

struct user_data {
	const char	*app_uid;
	int64_t		 kv;		/* keys that have not expired */
	int64_t		 docs;
};

/* Apps that are not in the trash and hold something of the user, oldest first. */
enum fz_err	 user_data_list(struct reader *, struct arena *, int64_t user, int64_t now,
		    struct user_data **v, size_t *n) MUST_CHECK;
/*
 * Remove key-values and blobs in short transactions, then leave the documents to the next
 * sweeps.  Raises *seq.  The user should not be able to sign in any more; what comes in
 * nevertheless meanwhile stays.
 */
enum fz_err	 user_data_delete(struct store *, int64_t user, uint64_t *seq) MUST_CHECK;

#endif
