/*
 * Aliases: the names under the domain.  Every change touches the site table.
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_ALIAS_H
#define STORE_ALIAS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "store/store.h"

enum alias_type { ALIAS_PROXY, ALIAS_REDIRECT, ALIAS_RESERVED, ALIAS_SPLIT };

#define ALIAS_TARGETS 10

struct alias_target {
	int64_t		 app;
	const char	*app_uid;
	int		 weight;
};

struct alias {
	const char	*name;
	enum alias_type	 type;
	int64_t		 app;		/* proxy */
	const char	*app_uid;	/* proxy; "" otherwise */
	const char	*url;		/* redirect */
	int		 status;	/* redirect: 301 302 307 308 */
	bool		 keep_path;
	struct alias_target targets[ALIAS_TARGETS];	/* split */
	size_t		 ntargets;
	int64_t		 created;
	int64_t		 updated;
};

const char	*alias_type_text(enum alias_type);
bool		 alias_type_parse(const char *, enum alias_type *);	/* "app" = proxy */

enum fz_err	 alias_get(struct reader *, struct arena *, const char *name, struct alias *)
		    MUST_CHECK;		/* FZ_ALIAS_NOT_FOUND */
enum fz_err	 alias_list(struct reader *, struct arena *, int64_t offset, int64_t limit,
		    struct alias **v, size_t *n, int64_t *total) MUST_CHECK;
/* Names of proxy aliases of an app, oldest first. */
enum fz_err	 alias_of_app(struct reader *, struct arena *, int64_t app,
		    const char ***names, size_t *n) MUST_CHECK;
/*
 * Create or replace; created is kept when it exists.  FZ_APP_NOT_FOUND when a target is
 * absent or in the trash, FZ_VALIDATION_FAILED for a split without 2..ALIAS_TARGETS
 * targets of weight 1..100 that sum to 100.
 */
enum fz_err	 alias_put(struct writer *, const struct alias *) MUST_CHECK;
enum fz_err	 alias_delete(struct writer *, const char *name) MUST_CHECK;
/* Both proxy, else FZ_CONFLICT. */
enum fz_err	 alias_swap(struct writer *, const char *a, const char *b) MUST_CHECK;
/*
 * The app goes away: its proxies are deleted and it leaves every split.  The others'
 * weights are scaled to 100; a split of one becomes a proxy.
 */
enum fz_err	 alias_leave(struct writer *, int64_t app) MUST_CHECK;

#endif
