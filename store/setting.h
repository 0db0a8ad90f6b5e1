/*
 * Settings that travel with the file: domain, admin_host, auth_host, maintenance
 * (JSON of /api/system/maintenance).
 * Thread contract: as the reader or writer given.
 */
#ifndef STORE_SETTING_H
#define STORE_SETTING_H

#include "base/mem.h"
#include "store/store.h"

/* NULL in *value when unset. */
enum fz_err	 setting_get(struct reader *, struct arena *, const char *name,
		    const char **value) MUST_CHECK;
/* NULL removes.  Touches the site table. */
enum fz_err	 setting_set(struct writer *, const char *name, const char *value) MUST_CHECK;

#endif
