/*
 * Device sign-ins (RFC 8628): a command line asks, a person approves in a browser.
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_DEVICE_H
#define STORE_DEVICE_H

#include <stdint.h>

#include "base/digest.h"
#include "base/mem.h"
#include "store/store.h"

#define DEVICE_LIFE_MS 600000	/* from asking to the end */

enum device_status { DEVICE_PENDING, DEVICE_APPROVED, DEVICE_DENIED };

struct device {
	const char	*user_code;	/* "BDWP-HQPK" */
	const char	*client;
	const char	*ip;
	enum device_status status;
	int64_t		 user;		/* who approved */
	const char	*scopes;
	int64_t		 polled;	/* ms, last time it was asked */
	int64_t		 expires;
};

/*
 * It ends DEVICE_LIFE_MS after it was asked: d->expires.  FZ_CONFLICT when the user code is
 * taken: try another.  FZ_OVERLOADED when too many wait already.
 */
enum fz_err	 device_add(struct writer *, const uint8_t hash[SHA256_LEN],
		    const struct device *) MUST_CHECK;
/* FZ_NOT_FOUND when unknown; an expired one is found (the answer differs). */
enum fz_err	 device_get(struct reader *, struct arena *, const uint8_t hash[SHA256_LEN],
		    struct device *) MUST_CHECK;
enum fz_err	 device_by_code(struct reader *, struct arena *, const char *user_code,
		    int64_t now, struct device *) MUST_CHECK;
enum fz_err	 device_polled(struct writer *, const uint8_t hash[SHA256_LEN], int64_t now)
		    MUST_CHECK;
/* pending -> approved or denied; FZ_NOT_FOUND when it is not pending any more. */
enum fz_err	 device_decide(struct writer *, const char *user_code, enum device_status,
		    int64_t user, const char *scopes, int64_t now) MUST_CHECK;
/* Give it out once: removes an approved one.  FZ_NOT_FOUND. */
enum fz_err	 device_take(struct writer *, struct arena *, const uint8_t hash[SHA256_LEN],
		    int64_t now, struct device *) MUST_CHECK;

#endif
