/*
 * Host name -> what answers there.  A site is read from the store when somebody asks
 * for it and belongs to one generation of the site table (apps, aliases, domains,
 * settings): after a change every host is read again when it is next asked for.  Names
 * that nobody has are remembered in a table of their own, so that a flood of them
 * cannot push out the others.
 *
 * Thread contract: any thread; a struct site is immutable and counted.
 */
#ifndef FCGI_SITES_H
#define FCGI_SITES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/node.h"
#include "fcgi/cache.h"
#include "fcgi/edition.h"
#include "store/alias.h"
#include "store/quota.h"

enum site_kind {
	SITE_ADMIN,		/* the admin host: not content, never served from here */
	SITE_APP,		/* an app, its preview or its custom domain */
	SITE_SPLIT,		/* one of targets, chosen per visitor */
	SITE_REDIRECT,		/* alias, www, custom domain with redirect_to */
	SITE_UNKNOWN,		/* under our domain but nobody's: page of app 404 */
	SITE_MISDIRECTED,	/* 421 */
};

struct site_target {
	struct site	*site;		/* SITE_APP */
	int		 weight;
};

struct site {
	struct cache_object object;
	enum site_kind	 kind;
	bool		 known;		/* served here: may have a certificate */
	/* SITE_APP */
	int64_t		 app;
	char		*app_uid;	/* "" for other kinds */
	char		*alias;		/* the name in the host, "" for custom domains */
	int64_t		 version;	/* 0 = nothing deployed */
	int64_t		 deploy;	/* its number */
	bool		 preview;
	bool		 spa;
	bool		 closed;	/* maintenance of app or node, or disabled */
	char		*message;	/* shown while closed, "" = the usual one */
	enum manifest_data preview_data;
	enum manifest_access preview_access;
	struct quota	 quota;
	struct edition	*edition;	/* NULL when version is 0 */
	/* SITE_REDIRECT */
	char		*url;
	int		 status;
	bool		 keep_path;	/* append path and query of the request */
	/* SITE_SPLIT */
	struct site_target targets[ALIAS_TARGETS];
	size_t		 ntargets;
	/* SITE_UNKNOWN: app 404, or NULL */
	struct site	*fallback;
};

struct sites	*sites_new(void);
void		 sites_free(struct sites *);
/* The node's names were read again: call after node->domain and the like changed. */
void		 sites_forget(struct sites *);

/*
 * What answers at host (as base/path.h:path_host left it, "" = invalid).  The caller
 * lets go with site_unref.  NULL when the store cannot be read now.
 */
struct site	*sites_lookup(const struct node *, const char *host);
/* Do we serve that name right now (on-demand TLS, contract 3.11)? */
bool		 sites_knows(const struct node *, const char *host);
/* May somebody sign in at host: does an app answer there, or is it ADMIN or AUTH? */
bool		 sites_serves(const struct node *, const char *host);
void		 site_unref(struct site *);
/* "" for what is no app. */
const char	*site_app_uid(const struct site *);

/* The tables, for those who load into them and for statistics. */
struct cache	*sites_editions(struct sites *);
struct cache	*sites_hosts(struct sites *);

#endif
