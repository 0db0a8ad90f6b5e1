/*
 * What is known of providers before anybody is asked: the built-in ones by name, and every
 * other name as OpenID Connect at the issuer the owner gave.
 * Thread contract: immutable.
 */
#ifndef AUTH_OAUTH_KIND_H
#define AUTH_OAUTH_KIND_H

#include <stdbool.h>

#define OAUTH_NAME_MAX 32

enum oauth_how {
	OAUTH_OIDC,
	OAUTH_GITHUB,
	OAUTH_DISCORD,
};

struct oauth_kind {
	const char	*name;		/* "" = every other */
	const char	*display_name;
	enum oauth_how	 how;
	const char	*issuer;	/* "" = the owner says */
	/* iss of ID tokens, {tenantid} in it standing for the claim tid; "" = issuer. */
	const char	*token_issuer;
	bool email_is_text; /* whatever it says of the e-mail, nobody checked it */
	const char	*scopes;
	/* Fixed endpoints of those without discovery. */
	const char	*authorize;
	const char	*token;
	const char	*user;
	const char	*emails;
};

/* Never NULL. */
const struct oauth_kind *oauth_kind(const char *name);
/* The built-in ones, ended by the name "". */
extern const struct oauth_kind oauth_kind_all[];
/* ^[a-z0-9][a-z0-9-]{0,31}$ */
bool		 oauth_kind_name_ok(const char *);

#endif
