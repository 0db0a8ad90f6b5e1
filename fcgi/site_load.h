/*
 * Reading one site from the store.  Private to sites.c.
 *
 * Thread contract: any thread.
 */
#ifndef FCGI_SITE_LOAD_H
#define FCGI_SITE_LOAD_H

#include "fcgi/sites.h"

/* A new site for host, one reference. */
enum fz_err	 site_load(const struct node *, const char *host, struct site **)
		    MUST_CHECK;

#endif
