/*
 * A row a provider.  Microsoft's issuer is a template: one discovery document serves all
 * tenants, and each tenant signs as an issuer of its own.  So the identity carries the true
 * issuer, and an e-mail address from there is what the tenant's administrator typed.
 */
#include "auth/oauth_kind.h"

#include <string.h>

#define OIDC_SCOPES "openid email profile"

const struct oauth_kind oauth_kind_all[] = {
	{ .name = "discord",
	    .display_name = "Discord",
	    .how = OAUTH_DISCORD,
	    .issuer = "https://discord.com",
	    .token_issuer = "",
	    .scopes = "identify email",
	    .authorize = "https://discord.com/oauth2/authorize",
	    .token = "https://discord.com/api/oauth2/token",
	    .user = "https://discord.com/api/users/@me" },
	{ .name = "github",
	    .display_name = "GitHub",
	    .how = OAUTH_GITHUB,
	    .issuer = "https://github.com/login/oauth",
	    .token_issuer = "",
	    .scopes = "read:user user:email",
	    .authorize = "https://github.com/login/oauth/authorize",
	    .token = "https://github.com/login/oauth/access_token",
	    .user = "https://api.github.com/user",
	    .emails = "https://api.github.com/user/emails" },
	{ .name = "google",
	    .display_name = "Google",
	    .how = OAUTH_OIDC,
	    .issuer = "https://accounts.google.com",
	    .token_issuer = "",
	    .scopes = OIDC_SCOPES },
	{ .name = "microsoft",
	    .display_name = "Microsoft",
	    .how = OAUTH_OIDC,
	    .issuer = "https://login.microsoftonline.com/common/v2.0",
	    .token_issuer = "https://login.microsoftonline.com/{tenantid}/v2.0",
	    .email_is_text = true,
	    .scopes = OIDC_SCOPES },
	{ .name = "",
	    .display_name = "",
	    .how = OAUTH_OIDC,
	    .issuer = "",
	    .token_issuer = "",
	    .scopes = OIDC_SCOPES },
};

const struct oauth_kind *
oauth_kind(const char *name)
{
	const struct oauth_kind *k = oauth_kind_all;

	while (k->name[0] != '\0' && strcmp(k->name, name) != 0)
		k++;
	return k;
}

bool
oauth_kind_name_ok(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(name);

	return len > 0 && len <= OAUTH_NAME_MAX && name[0] != '-' &&
	    strspn(name, set) == len;
}
