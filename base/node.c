/*
 * Links are built from the node's own names only.  What a request says about its host
 * never enters one: a forged Host header would otherwise end up in mails, redirects
 * and sign-in hand-offs.
 */
#include "base/node.h"

const char *
node_host_url(const struct node *n, struct arena *a, const char *host, const char *path)
{
	return arena_printf(a, "%s://%s%s%s", n->scheme, host, n->port_suffix, path);
}

const char *
node_url(const struct node *n, struct arena *a, const char *label, const char *path)
{
	const char *host = n->domain;

	if (label[0] != '\0')
		host = arena_printf(a, "%s.%s", label, n->domain);
	return node_host_url(n, a, host, path);
}
