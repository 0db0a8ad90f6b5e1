/*
 * The front server's side of FastCGI and SCGI for tests: builds bytes, reads answers.
 * It does what it is told, right or wrong.
 * Thread contract: a buffer belongs to one thread.
 */
#ifndef TESTS_TOOLS_CGI_CLIENT_H
#define TESTS_TOOLS_CGI_CLIENT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct cc_bytes {
	unsigned char	*p;
	size_t		 len;
	size_t		 cap;
};

static inline void
cc_add(struct cc_bytes *b, const void *p, size_t n)
{
	if (b->len + n + 1 > b->cap) {
		b->cap = (b->len + n + 1) * 2;
		b->p = realloc(b->p, b->cap);
		if (b->p == NULL)
			abort();
	}
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

static inline void
cc_fini(struct cc_bytes *b)
{
	free(b->p);
	memset(b, 0, sizeof(*b));
}

static inline void
cc_record(struct cc_bytes *b, unsigned type, unsigned id, const void *p, size_t n,
    unsigned padding)
{
	static const unsigned char zeros[256];
	unsigned char h[8] = { 1, (unsigned char)type, (unsigned char)(id >> 8),
		(unsigned char)id, (unsigned char)(n >> 8), (unsigned char)n,
		(unsigned char)padding, 0 };

	cc_add(b, h, 8);
	cc_add(b, p, n);
	cc_add(b, zeros, padding);
}

static inline void
cc_begin(struct cc_bytes *b, unsigned id, bool keep)
{
	unsigned char body[8] = { 0, 1, keep ? 1 : 0, 0, 0, 0, 0, 0 };

	cc_record(b, 1, id, body, 8, 0);
}

/* Any length as FastCGI writes it: one byte or four. */
static inline void
cc_length(struct cc_bytes *b, size_t n)
{
	unsigned char l[4] = { (unsigned char)(0x80 | n >> 24), (unsigned char)(n >> 16),
		(unsigned char)(n >> 8), (unsigned char)n };
	unsigned char one = (unsigned char)n;

	if (n < 128)
		cc_add(b, &one, 1);
	else
		cc_add(b, l, 4);
}

/* One variable for a PARAMS stream. */
static inline void
cc_pair(struct cc_bytes *b, const char *name, const char *value)
{
	cc_length(b, strlen(name));
	cc_length(b, strlen(value));
	cc_add(b, name, strlen(name));
	cc_add(b, value, strlen(value));
}

/* A stream in records of at most 65,535 bytes; the empty record ends it. */
static inline void
cc_stream(struct cc_bytes *b, unsigned type, unsigned id, const void *bytes, size_t n,
    bool close)
{
	const unsigned char *p = bytes;

	while (n > 0) {
		size_t take = n < 65528 ? n : 65528;

		cc_record(b, type, id, p, take, (unsigned)((8 - take % 8) % 8));
		p += take;
		n -= take;
	}
	if (close)
		cc_record(b, type, id, NULL, 0, 0);
}

/* "name=value" texts, NULL-ended, as one FastCGI head. */
static inline void
cc_fcgi_head(struct cc_bytes *b, unsigned id, bool keep, const char *const *vars)
{
	struct cc_bytes pairs = { 0 };

	for (; *vars != NULL; vars++) {
		const char *eq = strchr(*vars, '=');
		char *name = strndup(*vars, (size_t)(eq - *vars));

		cc_pair(&pairs, name, eq + 1);
		free(name);
	}
	cc_begin(b, id, keep);
	cc_stream(b, 4, id, pairs.p, pairs.len, true);
	cc_fini(&pairs);
}

/* The same as a netstring. */
static inline void
cc_scgi_head(struct cc_bytes *b, const char *const *vars)
{
	struct cc_bytes pairs = { 0 };
	char len[32];

	for (; *vars != NULL; vars++) {
		const char *eq = strchr(*vars, '=');

		cc_add(&pairs, *vars, (size_t)(eq - *vars));
		cc_add(&pairs, "", 1);
		cc_add(&pairs, eq + 1, strlen(eq + 1) + 1);
	}
	cc_add(b, len, (size_t)snprintf(len, sizeof(len), "%zu:", pairs.len));
	cc_add(b, pairs.p, pairs.len);
	cc_add(b, ",", 1);
	cc_fini(&pairs);
}

/* "/path", "unix:/path" or "127.0.0.1:port"; -1 with errno. */
static inline int
cc_connect(const char *where)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET };
	const char *colon = strrchr(where, ':');
	int fd;

	if (strncmp(where, "unix:", 5) == 0)
		where += 5;
	if (where[0] == '/') {
		snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", where);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd >= 0 && connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
			int saved = errno;

			close(fd);
			errno = saved;
			return -1;
		}
		return fd;
	}
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in.sin_port = htons((unsigned short)strtoul(colon != NULL ? colon + 1 : where, NULL,
	    10));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&in, sizeof(in)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* All of it, false when the peer is gone. */
static inline bool
cc_send(int fd, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	while (n > 0) {
		ssize_t done = send(fd, p, n, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* Exactly n bytes within ms of silence; what came otherwise. */
static inline size_t
cc_recv(int fd, void *to, size_t n, int ms)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	size_t have = 0;

	while (have < n && poll(&pfd, 1, ms) > 0) {
		ssize_t got = recv(fd, (char *)to + have, n - have, 0);

		if (got <= 0)
			break;
		have += (size_t)got;
	}
	return have;
}

enum cc_end { CC_COMPLETE, CC_CLOSED, CC_SILENT };

/* Content of STDOUT until END_REQUEST. */
static inline enum cc_end
cc_fcgi_answer(int fd, unsigned id, struct cc_bytes *out, int ms)
{
	unsigned char h[8], *content = malloc(65536 + 256);
	enum cc_end end = CC_SILENT;

	while (content != NULL) {
		size_t got = cc_recv(fd, h, 8, ms), len, rest;

		if (got < 8) {
			struct pollfd pfd = { fd, POLLIN, 0 };

			end = poll(&pfd, 1, 0) > 0 ? CC_CLOSED : CC_SILENT;
			break;
		}
		len = (size_t)h[4] << 8 | h[5];
		rest = len + h[6];
		if (cc_recv(fd, content, rest, ms) != rest ||
		    ((unsigned)h[2] << 8 | h[3]) != id) {
			end = CC_CLOSED;
			break;
		}
		if (h[1] == 6)
			cc_add(out, content, len);
		if (h[1] == 3) {
			end = CC_COMPLETE;
			break;
		}
	}
	free(content);
	if (out->p == NULL)
		cc_add(out, "", 0);
	return end;
}

/* Everything until the peer closes. */
static inline enum cc_end
cc_scgi_answer(int fd, struct cc_bytes *out, int ms)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	char buf[65536];

	cc_add(out, "", 0);
	while (poll(&pfd, 1, ms) > 0) {
		ssize_t got = recv(fd, buf, sizeof(buf), 0);

		if (got <= 0)
			return CC_COMPLETE;
		cc_add(out, buf, (size_t)got);
	}
	return CC_SILENT;
}

/* 200 of "Status: 200 OK"; 0 = none. */
static inline int
cc_status(const struct cc_bytes *answer)
{
	if (answer->p == NULL || strncmp((char *)answer->p, "Status: ", 8) != 0)
		return 0;
	return (int)strtol((char *)answer->p + 8, NULL, 10);
}

/* Behind the empty line; "" when there is none. */
static inline const char *
cc_body(const struct cc_bytes *answer, size_t *len)
{
	const char *p = answer->p == NULL ? NULL : strstr((char *)answer->p, "\r\n\r\n");

	if (p == NULL) {
		*len = 0;
		return "";
	}
	p += 4;
	*len = answer->len - (size_t)(p - (char *)answer->p);
	return p;
}

#endif
