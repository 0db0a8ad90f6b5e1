/*
 * Environment variables of an app.  Values are sealed with the node's master key
 * (base/seal.h) for their app and name: a copied file or a row moved to another app gives
 * nothing.  Names: ^[A-Z][A-Z0-9_]{0,127}$ and not one a process gives meaning to.
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_ENV_H
#define STORE_ENV_H

#include <stdbool.h>

#include "base/mem.h"
#include "base/seal.h"
#include "store/store.h"

#define ENV_VALUE_MAX (64UL * 1024)
#define ENV_PER_APP 200

struct env {
	int64_t		 id;
	const char	*name;
	int64_t		 updated;
};

bool		 env_name_ok(const char *);
/* FZ_NOT_FOUND; FZ_CORRUPT when the key (NULL = there is none) does not open it. */
enum fz_err	 env_get(struct reader *, struct arena *, const struct seal *, int64_t app,
		    const char *name, const char **value, size_t *len) MUST_CHECK;
/* FZ_LIMIT_EXCEEDED past ENV_PER_APP, FZ_VALIDATION_FAILED for name or value. */
enum fz_err	 env_set(struct writer *, const struct seal *, int64_t app, const char *name,
		    const char *value, size_t len, int64_t now) MUST_CHECK;
/* By id or, with id 0, by name.  FZ_NOT_FOUND. */
enum fz_err	 env_delete(struct writer *, int64_t app, int64_t id, const char *name)
		    MUST_CHECK;
enum fz_err	 env_list(struct reader *, struct arena *, int64_t app, struct env **v,
		    size_t *n) MUST_CHECK;
/* Whose variable is that?  FZ_NOT_FOUND. */
enum fz_err	 env_app(struct reader *, int64_t id, int64_t *app) MUST_CHECK;

#endif
