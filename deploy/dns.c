/*
 * libresolv asks and retries; this file reads the answer.  A resolver state of its own
 * for each question makes it safe in any thread, and a change of resolv.conf is seen at
 * once.
 *
 * The records come from whoever owns the domain, so they are bytes, not text: a record is
 * compared as it is joined from its strings, and one that does not add up counts as none.
 * A name without records is an answer; a server that fails or says nothing is not, and
 * the caller must not conclude from it that the proof is gone.
 */
#include "deploy/dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define WAIT_S 3
#define TRIES 2
#define ANSWER_MAX 65535
#define DNS_PORT 53

bool
dns_server_parse(const char *s, struct sockaddr_in *out)
{
	size_t n = strcspn(s, ":");
	struct sockaddr_in sa = { .sin_family = AF_INET };
	uint64_t port = DNS_PORT;
	char host[INET_ADDRSTRLEN];

	if (n >= sizeof(host))
		return false;
	memcpy(host, s, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &sa.sin_addr) != 1)
		return false;
	if (s[n] == ':' && (!str_u64(s + n + 1, &port) || port < 1 || port > 65535))
		return false;
	sa.sin_port = htons((uint16_t)port);
	*out = sa;
	return true;
}

/* The strings of a TXT record, joined, are exactly text. */
static bool
txt_is(const unsigned char *p, size_t len, const char *text)
{
	size_t want = strlen(text);

	while (len > 0) {
		size_t n = *p++;

		len--;
		if (n > len || n > want || memcmp(p, text, n) != 0)
			return false;
		p += n;
		len -= n;
		text += n;
		want -= n;
	}
	return want == 0;
}

static enum fz_err
read_answer(const unsigned char *msg, int len, const char *text, bool *found,
    struct why *why)
{
	bool seen = false;
	ns_msg m;
	ns_rr rr;

	if (ns_initparse(msg, len, &m) != 0)
		return why_set(
		    why, FZ_SERVICE_UNAVAILABLE, "the DNS answer is malformed");
	for (int i = 0; i < ns_msg_count(m, ns_s_an); i++) {
		if (ns_parserr(&m, ns_s_an, i, &rr) != 0)
			return why_set(why, FZ_SERVICE_UNAVAILABLE,
			    "the DNS answer is malformed");
		if (ns_rr_type(rr) == ns_t_txt && ns_rr_class(rr) == ns_c_in &&
		    txt_is(ns_rr_rdata(rr), ns_rr_rdlen(rr), text))
			seen = true;
	}
	*found = seen;
	return FZ_OK;
}

/* Why libresolv has no answer. */
static enum fz_err
no_answer(int reason, bool *found, struct why *why)
{
	switch (reason) {
	case HOST_NOT_FOUND:
	case NO_DATA:
		*found = false;
		return FZ_OK;
	case TRY_AGAIN:
		return why_set(why, FZ_TIMEOUT, "the DNS gave no answer");
	default:
		return why_set(why, FZ_SERVICE_UNAVAILABLE, "the DNS could not be asked");
	}
}

static enum fz_err
ask(res_state st, const char *name, const char *text, bool *found, struct why *why)
{
	unsigned char *msg = xmalloc(ANSWER_MAX);
	int len = res_nquery(st, name, ns_c_in, ns_t_txt, msg, ANSWER_MAX);
	enum fz_err err;

	if (len < 0)
		err = no_answer(st->res_h_errno, found, why);
	else if (len > ANSWER_MAX)
		err = why_set(why, FZ_SERVICE_UNAVAILABLE, "the DNS answer is too large");
	else
		err = read_answer(msg, len, text, found, why);
	free(msg);
	return err;
}

enum fz_err
dns_has_txt(const char *server, const char *name, const char *text, bool *found,
    struct why *why)
{
	struct __res_state st;
	struct sockaddr_in sa;
	enum fz_err err;

	memset(&st, 0, sizeof(st));
	if (server != NULL && !dns_server_parse(server, &sa))
		return why_set(why, FZ_SERVICE_UNAVAILABLE,
		    "dns_server is no address: %.60s", server);
	if (res_ninit(&st) != 0)
		return why_set(why, FZ_SERVICE_UNAVAILABLE, "the resolver cannot start");
	st.retrans = WAIT_S;
	st.retry = TRIES;
	if (server != NULL) {
		st.nsaddr_list[0] = sa;
		st.nscount = 1;
	}
	err = ask(&st, name, text, found, why);
	res_nclose(&st);
	return err;
}
