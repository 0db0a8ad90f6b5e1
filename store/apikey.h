/*
 * API keys at rest: found by id, the secret only as SHA-256.
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_APIKEY_H
#define STORE_APIKEY_H

#include <stdint.h>

#include "base/digest.h"
#include "base/mem.h"
#include "store/store.h"

struct apikey {
	int64_t		 id;
	const char	*key_id;	/* "fazt_key_" + 12 */
	uint8_t		 hash[SHA256_LEN];
	const char	*name;
	const char	*scopes;	/* "deploy,apps:blog" */
	int64_t		 created;
	const char	*created_by;
	int64_t		 expires;	/* 0 = never */
	int64_t		 last_used;	/* 0 = never */
	const char	*last_ip;
};

enum fz_err	 apikey_add(struct writer *, struct apikey *) MUST_CHECK; /* fills id, created */
enum fz_err	 apikey_get(struct reader *, struct arena *, const char *key_id,
		    struct apikey *) MUST_CHECK;	/* FZ_KEY_NOT_FOUND */
enum fz_err	 apikey_list(struct reader *, struct arena *, struct apikey **v, size_t *n)
		    MUST_CHECK;
enum fz_err	 apikey_delete(struct writer *, int64_t id) MUST_CHECK;
/* Note a use; written lazily, at most once a minute a key, never awaited. */
void		 apikey_used(struct store *, int64_t id, int64_t now, const char *ip);

#endif
