/*
 * Custom domains attached to apps.  They serve only once status is "active".
 *
 * Thread contract: as the reader or writer given; results live in the arena.
 */
#ifndef STORE_DOMAIN_H
#define STORE_DOMAIN_H

#include <stdint.h>

#include "base/mem.h"
#include "store/store.h"

struct domain {
	const char	*domain;
	int64_t		 app;
	const char	*app_uid;
	const char	*redirect_to;	/* NULL = serve the app */
	const char	*token;		/* TXT value is "fazt-verify=" token */
	const char	*status;	/* pending active error */
	const char	*error;
	int64_t		 checked;	/* 0 = never */
	int64_t		 created;
};

enum fz_err	 domain_get(struct reader *, struct arena *, const char *name,
		    struct domain *) MUST_CHECK;	/* FZ_DOMAIN_NOT_FOUND */
enum fz_err	 domain_list(struct reader *, struct arena *, struct domain **v, size_t *n)
		    MUST_CHECK;
/*
 * status, error, checked, created may be left empty.  Again for the same app: only
 * redirect_to changes.  FZ_DOMAIN_TAKEN when another app holds it, FZ_APP_NOT_FOUND.
 */
enum fz_err	 domain_add(struct writer *, const struct domain *) MUST_CHECK;
enum fz_err	 domain_checked(struct writer *, const char *name, const char *status,
		    const char *error) MUST_CHECK;
enum fz_err	 domain_delete(struct writer *, const char *name) MUST_CHECK;
/* The app goes away: all of its domains. */
enum fz_err	 domain_leave(struct writer *, int64_t app) MUST_CHECK;

#endif
