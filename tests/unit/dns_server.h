/*
 * A DNS server of one thread on 127.0.0.1, for tests: answers every question over UDP in
 * the way that is set, and counts them.
 */
#ifndef TESTS_DNS_SERVER_H
#define TESTS_DNS_SERVER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct dns_server {
	int		 fd;
	char		 address[32];	/* "127.0.0.1:40123" */
	pthread_t	 thread;
	/* What it answers; set between questions. */
	int		 rcode;
	bool		 silent;
	const void	*txt;		/* rdata of one TXT record; NULL = no record */
	size_t		 txt_len;
	size_t		 cut;		/* bytes cut off the answer's end */
	unsigned	 answers;	/* announced, when not 0 */
	atomic_int	 asked;
	char		 name[256];	/* of the last question, dotted */
};

static inline void
dns_server_name(struct dns_server *s, const uint8_t *q, const uint8_t *end)
{
	size_t n = 0;

	while (q < end && *q != 0 && n + *q + 2 < sizeof(s->name) && q + *q < end) {
		if (n > 0)
			s->name[n++] = '.';
		memcpy(s->name + n, q + 1, *q);
		n += *q;
		q += 1 + *q;
	}
	s->name[n] = '\0';
}

/* The question with an answer behind it (RFC 1035 4.1). */
static inline size_t
dns_server_reply(struct dns_server *s, uint8_t *m, size_t len)
{
	static const uint8_t record[] = { 0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60 };
	const uint8_t *q = m + 12;
	unsigned n = s->answers > 0 ? s->answers : s->txt != NULL;

	dns_server_name(s, q, m + len);
	while (q < m + len && *q != 0)
		q += 1 + *q;
	len = (size_t)(q + 5 - m);
	m[2] = 0x84;
	m[3] = (uint8_t)(0x80 | s->rcode);
	memset(m + 6, 0, 6);
	m[7] = (uint8_t)n;
	if (s->txt != NULL) {
		memcpy(m + len, record, sizeof(record));
		len += sizeof(record);
		m[len++] = (uint8_t)(s->txt_len >> 8);
		m[len++] = (uint8_t)s->txt_len;
		memcpy(m + len, s->txt, s->txt_len);
		len += s->txt_len;
	}
	return len - s->cut;
}

static inline void *
dns_server_run(void *arg)
{
	struct dns_server *s = arg;
	struct sockaddr_in from;
	uint8_t m[2048];

	for (;;) {
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(s->fd, m, 1024, 0, (struct sockaddr *)&from, &size);

		if (n <= 0)
			return NULL;
		if (n < 17)	/* one byte: the end */
			return NULL;
		atomic_fetch_add(&s->asked, 1);
		if (!s->silent)
			sendto(s->fd, m, dns_server_reply(s, m, (size_t)n), 0,
			    (struct sockaddr *)&from, size);
	}
}

static inline bool
dns_server_start(struct dns_server *s)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	socklen_t size = sizeof(sa);

	memset(s, 0, sizeof(*s));
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&sa, &size) != 0)
		return false;
	snprintf(s->address, sizeof(s->address), "127.0.0.1:%d", ntohs(sa.sin_port));
	return pthread_create(&s->thread, NULL, dns_server_run, s) == 0;
}

static inline void
dns_server_stop(struct dns_server *s)
{
	struct sockaddr_in sa;
	socklen_t size = sizeof(sa);

	getsockname(s->fd, (struct sockaddr *)&sa, &size);
	sendto(s->fd, "", 1, 0, (struct sockaddr *)&sa, size);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

#endif
