/*
 * The audit log: who did what, append-only, pruned by rows.  Adding copies the row
 * into a bounded ring and returns; the keeper thread writes the ring in one
 * transaction every 200 ms.  A full ring drops the row and counts it.
 *
 * Thread contract: any thread.
 */
#ifndef STORE_ACTIVITY_H
#define STORE_ACTIVITY_H

#include <stdint.h>

#include "store/store.h"

struct activity {
	int64_t		 at;		/* ms */
	int		 weight;	/* 9 security .. 0 debug */
	const char	*actor_type;	/* user system api_key anonymous */
	const char	*actor_id;
	const char	*actor_ip;
	const char	*actor_ua;
	const char	*resource_type;
	const char	*resource_id;
	const char	*app;
	const char	*action;
	const char	*result;	/* success failure */
	const char	*details;	/* JSON text or NULL */
};

/*
 * Texts are cut at 256 bytes, between characters; details over 2 KiB are replaced by
 * {"truncated":true}.  at 0 = now.  NULL stays NULL where the column may be.
 */
void		 activity_add(struct store *, const struct activity *);
uint64_t	 activity_dropped(struct store *);

#endif
