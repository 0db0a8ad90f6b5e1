/*
 * One question to the DNS: does a name hold this text (RFC 1035 3.3.14)?  Asks the
 * servers of resolv.conf, or one that is named.
 * Thread contract: any thread; waits for the network, at most some 6 seconds a server.
 */
#ifndef DEPLOY_DNS_H
#define DEPLOY_DNS_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/err.h"

/*
 * *found: some TXT record of name is exactly text.  FZ_OK also when the name does not
 * exist; FZ_TIMEOUT and FZ_SERVICE_UNAVAILABLE with *why when the DNS gave no answer.
 * server: "127.0.0.1:5353", an IPv4 address with or without port; NULL = resolv.conf.
 */
enum fz_err	 dns_has_txt(const char *server, const char *name, const char *text,
		    bool *found, struct why *) MUST_CHECK;
/* "127.0.0.1" or "127.0.0.1:5353". */
bool		 dns_server_parse(const char *, struct sockaddr_in *);

#endif
